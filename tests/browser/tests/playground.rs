//! What the page is for, with the model that it ships: it plays, votes and writes a rule; a threshold that is moved, or a
//! rule that is edited, changes how it plays; every lesson opens what it says; a course page embeds it.

use rulewright_browser_tests::{IDLE, Visitor, texts};

/// Seconds for what the model has to think about: the machine may be busy with other tests.
const THOUGHT: u32 = 300;

/// Waits until so many steps were taken.
async fn until_steps(visitor: &Visitor, steps: usize) {
    visitor.until_within(THOUGHT, &format!("+document.querySelector('#steps').innerText >= {steps}")).await;
}

/// The first actions that were played.
async fn actions(visitor: &Visitor, steps: usize) -> Vec<String> {
    until_steps(visitor, steps).await;
    let mut actions: Vec<String> = visitor.js(&texts("#moments .moment span:nth-child(2)")).await;
    actions.reverse();
    actions.truncate(steps);
    actions
}

/// The first actions after a restart; then the agent pauses.
async fn played_anew(visitor: &Visitor, steps: usize) -> Vec<String> {
    visitor.click("#restart").await;
    visitor.until("+document.querySelector('#steps').innerText == 0").await;
    visitor.click("#pause").await;
    let played = actions(visitor, steps).await;
    visitor.click("#pause").await;
    visitor.until_within(THOUGHT, IDLE).await;
    played
}

#[tokio::test]
async fn a_visitor_plays_then_the_agent_votes_and_scores_by_the_rules_that_it_wrote() {
    let mut visitor = Visitor::open("").await;
    visitor.site.put_shipped_model();
    visitor.site.hold("model.safetensors");
    visitor.go("").await;
    // At once, while the model comes in: it breaks off in the middle, and the rest follows.
    visitor.press("ArrowUp").await;
    visitor.until("+document.querySelector('#steps').innerText == 1").await;
    let bytes =
        "/loading: [\\d.]+ [KM]B of [\\d.]+ MB/.test(document.querySelector('#agent-status').innerText)";
    visitor.until(bytes).await;
    visitor.site.let_go();
    visitor.until(IDLE).await;
    assert_eq!(visitor.site.asked("safetensors").len(), 2);
    visitor.forget_logged();
    visitor.time_tasks().await;
    visitor.click("#let-play").await;
    visitor.until("document.querySelectorAll('#ballots .ballot').length == 3").await;
    visitor.until_within(THOUGHT, "document.querySelectorAll('.reward').length == 3").await;
    visitor.until_within(THOUGHT, "document.querySelector('.rules .rule-says')").await;
    visitor.click("#pause").await;
    visitor.until_within(THOUGHT, IDLE).await;
    let why: Vec<String> = visitor.js(&texts("#verdicts .yes")).await;
    assert!(!why.is_empty(), "it reflected and does not say why");
    // A rule that the votes go by is marked in the rulebook, and the points come by it.
    visitor.click("#pause").await;
    visitor
        .until_within(
            THOUGHT,
            "document.querySelector('.ballot-text mark') && document.querySelector('.rule.marked')",
        )
        .await;
    let score = in_a_hundred_steps(&visitor).await;
    // A rule's evidence leads to the moment that it rests on.
    let chip: String = visitor.js("document.querySelector('.rules button.chip').ariaLabel").await;
    let seen = evidence(&visitor, &chip).await;
    visitor.screenshot("main-job").await;
    // A machine that is busy with other tests says little about the page; `make soak` counts on a quiet one.
    println!("The page was blocked for longer than 50 ms: {:?} ms.", visitor.long_tasks().await);
    // The next time the model is there already.
    visitor.reload().await;
    visitor.until_within(THOUGHT, IDLE).await;
    assert_eq!(visitor.site.asked("safetensors").len(), 2);
    // And so is that moment, word for word.
    assert_eq!(evidence(&visitor, &chip).await, seen);
    assert!(visitor.text(".way-on").await.contains("kept as evidence, in Orchard"));
    visitor.leave().await;
    let without = without_rules("#game=orchard&seed=1").await;
    println!("{score} points with rules, {without} without");
    assert!(2 * score > 3 * without, "rules gain little: {score} points, and {without} without them");
}

/// The ballots of the moment that a piece of a rule's evidence leads to, by the name of the way there.
async fn evidence(visitor: &Visitor, chip: &str) -> Vec<String> {
    visitor.click(&format!(".rules [aria-label='{chip}']")).await;
    let number = chip.strip_prefix("Show decision ").expect("a number");
    visitor.until(&format!("document.querySelector('#past-title')?.innerText.endsWith(' {number}')")).await;
    visitor.js(&texts("#ballots .ballot-text")).await
}

/// What a playing agent has after a hundred steps; then it pauses.
async fn in_a_hundred_steps(visitor: &Visitor) -> i32 {
    until_steps(visitor, 100).await;
    visitor.click("#pause").await;
    visitor.until_within(THOUGHT, IDLE).await;
    visitor.number("#score").await
}

/// The same of one that never looks back, and has no rules.
async fn without_rules(fragment: &str) -> i32 {
    let visitor = Visitor::open_shipped(&format!("{fragment}&reflects=no")).await;
    visitor.until_within(THOUGHT, IDLE).await;
    visitor.click("#let-play").await;
    let score = in_a_hundred_steps(&visitor).await;
    assert!(!visitor.js::<bool>("!!document.querySelector('.rules .rule')").await, "it has rules");
    visitor.leave().await;
    score
}

#[tokio::test]
async fn three_workers_vote_together_and_score_by_the_rules_that_they_wrote() {
    let visitor = Visitor::open_shipped("#game=orchard&seed=4&workers=3").await;
    visitor.until_within(THOUGHT, IDLE).await;
    visitor.click("#let-play").await;
    // The first one begins; the others load meanwhile.
    visitor
        .until_within(THOUGHT, "document.querySelector('#device-name').innerText == 'CPU, 3 workers'")
        .await;
    visitor.until_within(THOUGHT, "new Set([...document.querySelectorAll('.ballot .trace-head span:last-child')].map(s => s.innerText)).size == 3").await;
    let mut writers: Vec<String> = visitor.js(&texts(".ballot .trace-head span:last-child")).await;
    writers.sort();
    assert_eq!(writers, ["worker 1", "worker 2", "worker 3"]);
    let score = in_a_hundred_steps(&visitor).await;
    visitor.leave().await;
    let without = without_rules("#game=orchard&seed=4").await;
    println!("{score} points with rules, {without} without");
    assert!(2 * score > 3 * without, "rules gain little: {score} points, and {without} without them");
}

#[tokio::test]
async fn the_threshold_of_the_articles_rule_is_read_as_it_is_written_and_moving_it_changes_what_is_played() {
    let visitor = Visitor::open_shipped("#lesson=6-trading&step=3").await;
    visitor.click(".lesson-open").await;
    visitor.until("document.querySelector('.rules').innerText.includes('volatility > 0.60')").await;
    visitor.until(IDLE).await;
    visitor.run("document.querySelector('[name=pace][value=fast]').click()").await;
    let play = async || {
        let played = played_anew(&visitor, 20).await;
        (played, visitor.js::<Vec<String>>(&texts("#ballots .ballot-text")).await.join("\n"))
    };
    let (first, said) = play().await;
    assert!(said.contains("rule 3 volatility 0.") && said.contains(" > 0.60"), "{said}");
    let moved = "when volatility > 0.90 and volume < 100k and trend up, buy trailing";
    visitor.edit_rule("ASSET_VOL_22", moved).await;
    let (then, said) = play().await;
    assert!(said.contains(" > 0.90"), "{said}");
    let parted = first.iter().zip(&then).position(|(first, then)| first != then);
    let parted = parted.expect("the threshold changed nothing");
    assert_eq!(first[parted], "buy trailing", "there the rule decided, and with 0.90 it no longer does");
    visitor.leave().await;
}

#[tokio::test]
async fn a_rule_edited_in_the_form_changes_what_is_played_and_a_restart_alone_does_not() {
    let visitor = Visitor::open_shipped("#lesson=1-one-sentence&step=2").await;
    visitor.click(".lesson-open").await;
    visitor.until("document.querySelector('.rules').innerText.includes('touch green diamonds')").await;
    visitor.until(IDLE).await;
    visitor.run("document.querySelector('[name=pace][value=fast]').click()").await;
    let first = played_anew(&visitor, 20).await;
    assert_eq!(played_anew(&visitor, 20).await, first, "the same seed and rules");
    visitor.edit_rule("R2", "avoid green diamonds, they cost 5 points").await;
    assert_ne!(played_anew(&visitor, 20).await, first, "the edit changed nothing");
    visitor.leave().await;
}

#[tokio::test]
async fn after_one_visit_the_agent_plays_without_a_network() {
    let mut visitor = Visitor::open_and_keep("").await;
    visitor.site.put_shipped_model();
    visitor.go("#game=orchard&seed=4&who=agent&workers=1").await;
    visitor.until_within(THOUGHT, IDLE).await;
    visitor.until("navigator.serviceWorker.controller?.state == 'activated'").await;
    visitor.site.cut(Some("/"));
    visitor.reload().await;
    visitor.until_within(THOUGHT, IDLE).await;
    visitor.agent_step(THOUGHT).await;
    // Nor with one that never answers.
    visitor.site.fall_silent();
    visitor.reload().await;
    visitor.until_within(60, IDLE).await;
    visitor.agent_step(THOUGHT).await;
    // It asked for the list of the model's files, and heard that there is no network.
    visitor.forget_logged();
    visitor.close().await;
}

#[tokio::test]
async fn pictures_of_the_agent_for_a_person_to_look_at() {
    let visitor = Visitor::open_shipped("#game=orchard&seed=3&who=agent&workers=1").await;
    visitor.until(IDLE).await;
    visitor.add_rule("avoid yellow cups, they cost 4 points").await;
    visitor.click("#pause").await;
    until_steps(&visitor, 12).await;
    visitor.click("#pause").await;
    visitor.until_within(THOUGHT, IDLE).await;
    let address: String = visitor.js("location.hash").await;
    let views = [
        ("page", "", "header"),
        ("agent", "", "#ballots"),
        ("rulebook", "", "#rulebook-title"),
        ("learning", "", "[aria-controls=panel-learning]"),
        ("lesson", "&lesson=4-agreement&step=2", ".lesson"),
        ("teacher", "&teach=yes", "#teacher"),
        ("embed", "&embed=yes", "#board"),
    ];
    for (size, width, height) in [("phone", 390, 844), ("laptop", 1366, 768), ("projector", 1920, 1080)] {
        visitor.size(width, height, size == "phone").await;
        for theme in ["light", "dark"] {
            for (view, more, place) in views {
                // The same game and seed: the agent's episode stays.
                visitor.run(&format!("location.hash = {address:?} + '&theme={theme}{more}'")).await;
                visitor.until(&format!("document.documentElement.dataset.theme == {theme:?}")).await;
                visitor.until(&format!("document.querySelector({place:?})")).await;
                visitor.run(&format!("document.querySelector({place:?}).scrollIntoView()")).await;
                visitor.screenshot(&format!("{size}-{theme}-{view}")).await;
            }
        }
    }
    visitor.leave().await;
}

#[tokio::test]
async fn every_lesson_opens_what_its_steps_say_and_the_question_answers() {
    let mut visitor = Visitor::open("").await;
    visitor.click("#teach").await;
    let lessons: Vec<String> =
        visitor.js("[...document.querySelectorAll('.lesson-entry button')].map(b => b.id.slice(7))").await;
    assert!(lessons.len() >= 6, "{lessons:?}");
    assert_eq!(visitor.barriers().await, Vec::<String>::new(), "the window with the lessons");
    // A lesson's link in an open page closes what is in front of it.
    visitor.run("location.hash = 'lesson=1-one-sentence'").await;
    visitor.until("document.querySelector('.lesson') && !document.querySelector('#lessons')").await;
    assert_eq!(visitor.barriers().await, Vec::<String>::new(), "a lesson");
    for lesson in lessons {
        visitor.go(&format!("#lesson={lesson}")).await;
        loop {
            visitor.until("document.querySelector('#lesson-title')").await;
            let title = visitor.text("#lesson-title").await;
            visitor.click(".lesson-open").await;
            visitor.until("location.hash.includes('who=agent')").await;
            assert_eq!(visitor.text("#lesson-title").await, title, "{lesson}: the lesson stays open");
            if visitor.js("!!document.querySelector('.predict-choices button')").await {
                visitor.click(".predict-choices button").await;
                let answered =
                    "/^(Yes\\.|No: .+\\.) \\w/.test(document.querySelector('.predict-answer').innerText)";
                visitor.until(answered).await;
            }
            assert_eq!(
                visitor.js::<Vec<String>>(&texts("#notices li, #notices p")).await,
                Vec::<String>::new()
            );
            if visitor.js("document.querySelector('#lesson-next').disabled").await {
                break;
            }
            visitor.click("#lesson-next").await;
            visitor.until(&format!("document.querySelector('#lesson-title').innerText != {title:?}")).await;
        }
        assert_ne!(visitor.js::<String>("document.querySelector('#books').value").await, "My rules");
        visitor.click("#lesson-close").await;
        visitor.until("!document.querySelector('.lesson')").await;
        visitor.until("document.querySelector('#books').value == 'My rules'").await;
    }
    visitor.leave().await;
}

#[tokio::test]
async fn a_course_page_embeds_game_votes_and_rulebook_and_a_teacher_hides_what_distracts() {
    let mut visitor = Visitor::open("#embed=yes&game=vault").await;
    let there = |what: &str| format!("!!document.querySelector({what:?})");
    for (part, expected) in [
        ("#board", true),
        ("#votes-title", true),
        ("#rulebook-title", true),
        ("#choose", false),
        (".side", false),
    ] {
        assert_eq!(visitor.js::<bool>(&there(part)).await, expected, "{part} in the embedded page");
    }
    assert_eq!(visitor.barriers().await, Vec::<String>::new());
    visitor.press("ArrowUp").await;
    visitor.until("+document.querySelector('#steps').innerText == 1").await;
    // Whoever does not know fragments writes it otherwise, and the way to the whole page leaves it out.
    visitor.go("?embed#game=vault").await;
    visitor.until("!document.querySelector('#choose')").await;
    let whole: String = visitor.js("document.querySelector('#in-full').href").await;
    assert!(whole.ends_with("/rulewright/#game=vault&seed=1"), "{whole}");
    // A lesson's steps speak of panels.
    visitor.go("#embed=yes&lesson=5-surprise").await;
    visitor.click(".lesson-open").await;
    visitor.until("document.querySelector('.side #panel-strategist:not([hidden])')").await;
    visitor.go("#hide=controls,votes,rulebook,more").await;
    for part in ["#pause", "#votes-title", "#rulebook-title", ".side"] {
        assert!(!visitor.js::<bool>(&there(part)).await, "{part} is hidden");
    }
    // What is hidden has no key either.
    visitor.press("t").await;
    visitor.press("ArrowUp").await;
    visitor.until("+document.querySelector('#steps').innerText == 1").await;
    visitor.press("r").await;
    assert_eq!(visitor.number("#steps").await, 1);
    // What moves by itself can be paused all the same.
    visitor.go("#hide=controls&speed=4").await;
    visitor.click("#pause").await;
    visitor.until("+document.querySelector('#steps').innerText > 1").await;
    visitor.click("#pause").await;
    visitor.until("document.querySelector('#pause').innerText.trim() == 'Play'").await;
    assert!(!visitor.js::<bool>(&there("#restart")).await);
    visitor.leave().await;
}

#[tokio::test]
async fn a_teacher_ticks_what_the_links_leave_out() {
    let visitor = Visitor::open("#teach=yes").await;
    visitor.until("document.querySelector('#teacher')?.open").await;
    let link = "document.querySelector('#teacher .lesson-entry a').hash";
    assert_eq!(visitor.js::<String>(link).await, "#lesson=1-one-sentence");
    visitor.click("#hide-more").await;
    visitor.until(&format!("{link} == '#lesson=1-one-sentence&hide=more'")).await;
    visitor.click("#teacher #embed").await;
    visitor.until(&format!("{link} == '#lesson=1-one-sentence&hide=more&embed=yes'")).await;
    visitor.click("#teacher details summary").await;
    assert!(visitor.text("#teacher .frame").await.starts_with("<iframe src="));
    assert_eq!(visitor.barriers().await, Vec::<String>::new());
    // What a pupil's camera reads is the lesson's link.
    let links: Vec<String> =
        visitor.js("[...document.querySelectorAll('#teacher .lesson-entry a')].map(a => a.href)").await;
    visitor.run("document.querySelectorAll('#teacher details').forEach(part => part.open = true)").await;
    for (place, link) in links.iter().enumerate() {
        let code = format!("#teacher .lesson-entry:nth-child({}) .qr", place + 1);
        assert_eq!(visitor.read_qr(&code).await, *link);
    }
    visitor.press("Escape").await;
    visitor.until("!location.hash.includes('teach')").await;
    visitor.leave().await;
}
