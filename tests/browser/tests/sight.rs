//! What the model saw, with the model that the page ships: the exact prompt of a decision, the rules as they
//! were then, and where on the frame the attention lay when a word was written.

use rulewright_browser_tests::{IDLE, Visitor};

/// Seconds for what the model has to think about: the machine may be busy with other tests.
const THOUGHT: u32 = 300;

/// The lesson whose agent has three rules and does not change them.
const LESSON: &str = "#lesson=1-one-sentence";

/// What the light on the frame stands for.
const SHARES: &str = "[...document.querySelectorAll('#spotlight rect')].map(square => +square.dataset.share)";

/// The words of the ballot that is looked into.
const WORDS: &str = "[...document.querySelectorAll('#glances [role=option]')].map(word => word.textContent)";

/// The moment that is shown, by its number in the history.
const SHOWN: &str = "document.querySelector('#moments [aria-current] .number')?.innerText ?? ''";

/// Opens the page with the model that it ships, and waits until it is there.
async fn visit(fragment: &str) -> Visitor {
    let visitor = Visitor::open_shipped(fragment).await;
    visitor.until_within(THOUGHT, IDLE).await;
    visitor
}

/// Opens the first lesson's game and rules.
async fn with_rules() -> Visitor {
    let visitor = visit(LESSON).await;
    visitor.click(".lesson-open").await;
    visitor.until("document.querySelector('.rules').innerText.includes('avoid green diamonds')").await;
    visitor.until_within(THOUGHT, IDLE).await;
    visitor
}

/// Looks into a ballot, and waits until it is found where it looked.
async fn look(visitor: &Visitor, ballot: usize) {
    visitor.click(&format!("#look-{ballot}")).await;
    visitor.until_within(THOUGHT, "document.querySelector('#glances')").await;
}

#[tokio::test]
async fn the_prompt_of_a_decision_is_shown_word_for_word() {
    let visitor = with_rules().await;
    visitor.click("[aria-controls=panel-sight]").await;
    visitor.until("document.querySelector('#sight-caption').innerText.includes('as 36 tokens')").await;
    assert!(!visitor.js::<bool>("!!document.querySelector('#asked')").await, "nothing was asked yet");
    visitor.agent_step(THOUGHT).await;
    let asked = visitor.text("#asked").await;
    for words in [
        "You play a game. [KNOWLEDGE_MEMORY]",
        "avoid green diamonds, they cost 1 point",
        "the frame stands here",
        "score 0",
        "actions: up",
    ] {
        assert!(asked.contains(words), "{words:?} is not in {asked:?}");
    }
    let length = visitor.text("#prompt-length").await;
    let tokens = length.split(" tokens").next().and_then(|text| text.rsplit(' ').next());
    // The frame alone takes 36.
    assert!(tokens.and_then(|tokens| tokens.parse().ok()).is_some_and(|tokens: u32| tokens > 36), "{length}");
    // The status is that of its own moment, when one looks back as well.
    visitor.agent_step(THOUGHT).await;
    let later = visitor.text("#prompt-length").await;
    assert!(later.contains("decision 2"), "{later}");
    visitor.click("#back").await;
    visitor.until("document.querySelector('#prompt-length').innerText.includes('decision 1')").await;
    assert_eq!(visitor.text("#asked").await, asked);
    visitor.leave().await;
}

#[tokio::test]
async fn the_light_on_the_frame_follows_the_words_of_a_ballot() {
    let visitor = with_rules().await;
    visitor.agent_step(THOUGHT).await;
    let steps = visitor.number("#steps").await;
    look(&visitor, 1).await;
    let words: Vec<String> = visitor.js(WORDS).await;
    let reasons = visitor.text(".ballot-text").await;
    assert!(words.concat().replace('↵', "\n").contains(reasons.trim()), "{words:?} is not {reasons:?}");
    assert!(words.concat().contains("action:"), "{words:?}");
    visitor.until("document.activeElement.id == 'glances'").await;
    let first: Vec<f64> = visitor.js(SHARES).await;
    assert_eq!(first.len(), 36, "a square for each token of the frame");
    let sum: f64 = first.iter().sum();
    assert!(first.iter().all(|share| *share >= 0.0) && sum > 0.0 && sum < 1.0, "{first:?}");
    assert!(visitor.text("#glance-said").await.contains("of the attention lay on the frame"));
    // By the keyboard, which plays nothing here.
    visitor.press("ArrowRight").await;
    visitor.until("document.querySelector('#glance-1').ariaSelected == 'true'").await;
    let second: Vec<f64> = visitor.js(SHARES).await;
    assert_ne!(first, second, "another word, the same light");
    visitor.press("ArrowLeft").await;
    visitor.until("document.querySelector('#glance-0').ariaSelected == 'true'").await;
    assert_eq!(visitor.js::<Vec<f64>>(SHARES).await, first);
    // By a click on a word of another ballot: its last one.
    let last = "[...document.querySelectorAll('.ballot')][1].querySelector('.ballot-text span:last-of-type')";
    let word: String = visitor.js(&format!("{last}.textContent.trim()")).await;
    visitor.run(&format!("{last}.click()")).await;
    visitor
        .until_within(THOUGHT, "document.querySelector('#look-title').innerText.includes('ballot 2')")
        .await;
    visitor.until_within(THOUGHT, "document.querySelector('#glances')").await;
    let chosen = visitor.text("#glances [aria-selected=true]").await;
    assert!(!chosen.trim().is_empty() && word.starts_with(chosen.trim()), "{chosen:?} begins {word:?}");
    assert_eq!(visitor.number("#steps").await, steps, "nothing was played");
    assert_eq!(visitor.barriers().await, Vec::<String>::new());
    visitor.size(320, 640, true).await;
    assert_eq!(visitor.sticking_out().await, Vec::<String>::new());
    visitor.click("#look-away").await;
    visitor.until("!document.querySelector('#spotlight') && !document.querySelector('#glances')").await;
    visitor.leave().await;
}

#[tokio::test]
async fn who_looks_into_a_ballot_does_not_stop_the_agent() {
    let visitor = with_rules().await;
    visitor.agent_step(THOUGHT).await;
    visitor.run("document.querySelector('[name=pace][value=fast]').click()").await;
    // In the middle of a vote, and out of the same click: the ballots of the last one are still there.
    visitor.run("document.querySelector('#look-1').click(); document.querySelector('#pause').click()").await;
    visitor.until_within(THOUGHT, "document.querySelector('#glances')").await;
    assert!(visitor.text("#look-title").await.contains("decision 1"), "the ballot that was chosen stays");
    visitor.until_within(THOUGHT, "+document.querySelector('#steps').innerText >= 3").await;
    assert!(visitor.text("#look-title").await.contains("decision 1"));
    visitor.click("#pause").await;
    visitor.until_within(THOUGHT, IDLE).await;
    // Who looks back at another moment looks away.
    visitor.click("#to-start").await;
    visitor.until("!document.querySelector('#look-title')").await;
    visitor.leave().await;
}

#[tokio::test]
async fn who_looks_back_sees_the_rules_as_they_were_and_what_became_of_them() {
    let visitor = with_rules().await;
    visitor.agent_step(THOUGHT).await;
    visitor.agent_step(THOUGHT).await;
    let past = "!!document.querySelector('#past-rules')";
    assert!(!visitor.js::<bool>(past).await, "this is now");
    let gone = "[...document.querySelectorAll('.rules .rule')]
        .find(rule => rule.innerText.includes('avoid green diamonds'))";
    visitor.run(&format!("{gone}.querySelector('[id^=delete-]').click()")).await;
    visitor.until("!document.querySelector('.rules').innerText.includes('avoid green diamonds')").await;
    visitor.click("#back").await;
    visitor.until(past).await;
    assert!(visitor.text("#past-title").await.ends_with("decision 1"));
    let rules: Vec<String> =
        visitor.js("[...document.querySelectorAll('.past-rule')].map(rule => rule.innerText)").await;
    assert_eq!(rules.len(), 3, "{rules:?}");
    for rule in &rules {
        let deleted = rule.contains("avoid green diamonds");
        assert_eq!(rule.contains("gone since"), deleted, "{rule}");
    }
    let changes: usize = visitor.js("document.querySelectorAll('#past-rules button').length").await;
    assert_eq!(changes, 1, "the past can only be left");
    assert_eq!(visitor.barriers().await, Vec::<String>::new());
    visitor.click("#past-now").await;
    visitor.until(&format!("!({past})")).await;
    visitor.leave().await;
}

#[tokio::test]
async fn decisions_of_an_earlier_episode_can_still_be_looked_at() {
    let visitor = with_rules().await;
    let begins = visitor.canvas().await;
    visitor.agent_step(THOUGHT).await;
    visitor.agent_step(THOUGHT).await;
    assert!(!visitor.js::<bool>("!!document.querySelector('#episode-back')").await, "this is the first one");
    let last = visitor.canvas().await;
    // Side by side a visitor whose board is over has the next round begin; the agent stays the same.
    visitor.run("document.querySelector('[name=who][value=both]').click()").await;
    while !visitor.js::<bool>("!!document.querySelector('#next-round')").await {
        visitor.press(".").await;
    }
    visitor.click("#next-round").await;
    visitor.until("location.hash.includes('seed=3')").await;
    // It has begun to play.
    visitor.click("#pause").await;
    visitor.until_within(THOUGHT, IDLE).await;
    let is_at = |decision: u32| {
        format!("document.querySelector('.way-on')?.innerText.includes('decision {decision}, in an earlier')")
    };
    visitor.click("#episode-back").await;
    visitor.until(&is_at(2)).await;
    assert!(!visitor.js::<bool>("!!document.querySelector('#play-on')").await, "what is over is over");
    visitor.press("[").await;
    visitor.until(&is_at(1)).await;
    assert!(visitor.text("#past-title").await.ends_with("decision 1"));
    assert_eq!(visitor.js::<usize>("document.querySelectorAll('#ballots .ballot').length").await, 3);
    assert_eq!(visitor.canvas().await, begins, "as it was before the first step");
    assert_ne!(last, begins, "two steps did something");
    visitor.click("#to-now").await;
    visitor.until("!document.querySelector('.way-on')").await;
    visitor.leave().await;
}

#[tokio::test]
async fn one_jumps_to_changes_of_score_and_to_reflections() {
    let visitor = visit("#game=orchard&seed=3&panels=history,strategist&reflects=no").await;
    // Whoever walks around in the orchard long enough meets something.
    for key in ["ArrowUp", "ArrowRight", "ArrowDown"] {
        for _ in 0..9 {
            visitor.press(key).await;
        }
    }
    visitor.until("+document.querySelector('#steps').innerText == 27").await;
    let scored: Vec<String> = visitor
        .js("[...document.querySelectorAll('#moments .moment')]
            .filter(moment => moment.querySelector('.change').innerText.includes('score'))
            .map(moment => moment.querySelector('.number').innerText)")
        .await;
    assert!(!scored.is_empty(), "it met nothing");
    // The newest first.
    for number in scored.iter().filter(|number| *number != "27") {
        visitor.click("#score-back").await;
        visitor.until(&format!("({SHOWN}) == {number:?}")).await;
    }
    assert!(
        visitor.js::<bool>("document.querySelector('#score-back').ariaDisabled == 'true'").await,
        "there is no earlier one"
    );
    for number in scored.iter().rev().skip(1) {
        visitor.click("#score-on").await;
        visitor.until(&format!("({SHOWN}) == {number:?}")).await;
    }
    assert!(!visitor.js::<bool>("!!document.querySelector('#reflection-back')").await, "it never reflected");
    visitor.click("#to-end").await;
    visitor.run("document.querySelector('[name=who][value=agent]').click()").await;
    visitor.until_within(THOUGHT, IDLE).await;
    visitor.agent_step(THOUGHT).await;
    visitor.click("#reflect").await;
    visitor.until_within(THOUGHT, &format!("document.querySelector('details.reflection') && {IDLE}")).await;
    visitor.agent_step(THOUGHT).await;
    visitor.click("#reflection-back").await;
    visitor.until(&format!("({SHOWN}) == '28'")).await;
    assert!(visitor.js::<bool>("document.querySelector('#reflection-on').ariaDisabled == 'true'").await);
    visitor.leave().await;
}
