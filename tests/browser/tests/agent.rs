//! The agent on the page, as visitors meet it: they let it play, watch it vote, stop it, take over, and
//! have bad luck.
//!
//! But where a worker is killed, the model is a tiny one of `tests/parity` with random weights: what it writes is noise,
//! but its votes are real.

use rulewright_browser_tests::{
    IDLE, PATIENCE, SLOW, SOFTWARE_GPU, TOO_WIDE, Visitor, forging, inside, texts,
};

/// The ballots' actions, in their order; `null` for one that abstains.
const ACTIONS: &str = "[...document.querySelectorAll('.ballot-action')]
    .map(action => action.innerText.startsWith('abstains') ? null : action.innerText)";

/// The tally: what was voted for, and how often.
const TALLY: &str = "[...document.querySelectorAll('#tally li')].map(row =>
    [row.querySelector('.what').innerText, row.querySelectorAll('.full').length])";

/// Every ballot's reasons.
const TEXTS: &str = "[...document.querySelectorAll('.ballot-text')].map(text => text.textContent)";

/// Has a worker take its time over what it says: a test model's vote is over before one has looked.
const DELAY: &str = "const say = postMessage.bind(self);
    self.postMessage = (what) => {
        say(what);
        for (const end = performance.now() + 30; performance.now() < end; );
    };";

/// Opens the page, which ships a model.
async fn visit(fragment: &str) -> Visitor {
    let mut visitor = Visitor::open("").await;
    visitor.site.put_model("grouped", "model");
    visitor.go(fragment).await;
    visitor
}

/// Opens the page and waits until the model that it ships is there.
async fn with_model(fragment: &str) -> Visitor {
    let visitor = visit(fragment).await;
    visitor.until(IDLE).await;
    visitor
}

#[tokio::test]
async fn the_pages_own_model_loads_by_itself_while_the_game_is_played_by_hand() {
    let visitor = visit("#game=orchard").await;
    visitor.press("ArrowUp").await;
    visitor.until("+document.querySelector('#steps').innerText == 1").await;
    visitor.until(IDLE).await;
    visitor.leave().await;

    let visitor = Visitor::open("").await;
    visitor.until("document.querySelector('#agent-status').innerText.startsWith('There is no model')").await;
    assert_eq!(
        visitor.site.asked("worker"),
        Vec::<String>::new(),
        "a page without a model fetches no worker"
    );
    visitor.click("#let-play").await;
    visitor.until("document.querySelector('#notices').innerText.includes('needs a model')").await;
    visitor.leave().await;
}

#[tokio::test]
async fn the_agent_plays_when_it_is_let_and_pauses_when_it_is_told_to() {
    let visitor = with_model("#game=orchard&seed=3").await;
    visitor.click("#let-play").await;
    visitor.until("+document.querySelector('#steps').innerText >= 3").await;
    visitor.until("document.querySelectorAll('#ballots .ballot').length == 3").await;
    assert!(visitor.js::<bool>("location.hash.includes('who=agent')").await);
    visitor.click("#pause").await;
    visitor.until(IDLE).await;
    let steps = visitor.number("#steps").await;
    visitor.js::<bool>("new Promise(done => setTimeout(() => done(true), 700))").await;
    assert_eq!(visitor.number("#steps").await, steps, "it has stopped");
    visitor.agent_step(PATIENCE).await;
    // Nobody but the agent plays, until somebody takes over; the episode stays.
    visitor.press("ArrowUp").await;
    visitor.run("document.querySelector('[name=who][value=you]').click()").await;
    visitor.until("document.querySelector('[data-action=up]')").await;
    assert_eq!(visitor.number("#steps").await, steps + 1);
    visitor.press("ArrowUp").await;
    visitor.until(&format!("+document.querySelector('#steps').innerText == {}", steps + 2)).await;
    visitor.run("document.querySelector('[name=who][value=agent]').click()").await;
    visitor.until("!document.querySelector('[data-action=up]')").await;
    visitor.agent_step(PATIENCE).await;
    assert_eq!(visitor.number("#steps").await, steps + 3);
    visitor.leave().await;
}

/// Has the agent begin a step, and waits until it is in the middle of its vote.
async fn begin_a_vote(visitor: &Visitor) {
    visitor.click("#step").await;
    let writes = "document.querySelector('#ballots[aria-busy=true] .ballot-text').textContent.length > 9";
    visitor.until_within(SLOW, writes).await;
}

/// Watches every frame that is drawn: where the rulebook stands in it, and every tally that is not what the ballots
/// below it say. An observer that is new is told once a frame is laid out for good; before that the page may still
/// change it.
const WATCH: &str = "window.places = []; window.wrong = [];
    const title = document.querySelector('#rulebook-title');
    const frame = () => new IntersectionObserver(([seen], observer) => {
        observer.disconnect();
        places.push(Math.round(seen.boundingClientRect.top + scrollY));
        const won = document.querySelector('.count-of.won');
        if (won) {
            const what = won.querySelector('.what').innerText;
            const said = [...document.querySelectorAll('.ballot-action')].map(action => action.innerText);
            const dots = won.querySelectorAll('.dot.full').length;
            const voted = said.filter(action => action == what).length;
            // The grammar leaves nobody without an action.
            if (voted != dots || said.some(action => action.startsWith('abstains'))) wrong.push([what, dots, said]);
        }
        frame();
    }).observe(title);
    frame()";

#[tokio::test]
async fn while_it_votes_the_tally_is_that_of_the_ballots_and_nothing_below_them_jumps() {
    let visitor = with_model("#game=orchard&seed=3").await;
    // The rulebook is below the ballots, and not beside them.
    visitor.size(1200, 768, false).await;
    visitor.run("document.querySelector('#let-play').focus()").await;
    visitor.press("Enter").await;
    visitor.until("document.querySelectorAll('.reward').length == 3").await;
    assert_eq!(visitor.js::<String>("document.activeElement.id").await, "board", "the button went away");
    visitor.run(WATCH).await;
    visitor.until("+document.querySelector('#steps').innerText >= 20").await;
    // No click: that would scroll.
    visitor.run("document.querySelector('#pause').click()").await;
    visitor.until(IDLE).await;
    let places: Vec<i32> = visitor.js("places").await;
    // What is longer than all before it makes room for itself, once.
    let up = places.windows(2).any(|two| two[1] < two[0]);
    assert!(places.len() > 50 && !up, "the rulebook jumped: {places:?}");
    let wrong: Vec<(String, usize, Vec<String>)> = visitor.js("wrong").await;
    assert!(wrong.is_empty(), "{wrong:?}");
    // In a wider window the ballots need less room, and get less; that they are of another size is no error.
    let high = visitor.js::<f64>("document.querySelector('#ballots').offsetHeight").await;
    visitor.size(1270, 768, false).await;
    visitor.agent_step(PATIENCE).await;
    assert!(visitor.js::<f64>("document.querySelector('#ballots').offsetHeight").await < high);
    assert!(visitor.js::<bool>("document.querySelector('#fault').hidden").await);
    visitor.leave().await;
}

#[tokio::test]
async fn on_a_laptop_board_ballots_and_rules_are_seen_together() {
    let visitor = with_model("#game=orchard&seed=3").await;
    visitor.add_rule("avoid green diamonds").await;
    visitor.run("window.scrollTo(0, 0)").await;
    visitor.size(1280, 720, false).await;
    visitor.click("#let-play").await;
    visitor.until("document.querySelectorAll('.reward').length == 3").await;
    visitor.click("#pause").await;
    visitor.until(IDLE).await;
    for (width, height) in [(1280, 720), (1366, 768), (1920, 1080)] {
        visitor.size(width, height, false).await;
        visitor.run("window.scrollTo(0, 0)").await;
        for part in ["#board", "#settled", ".ballot", ".rule"] {
            assert!(visitor.js::<bool>(&inside(part)).await, "{width}x{height}: one has to scroll to {part}");
        }
    }
    visitor.leave().await;
}

#[tokio::test]
async fn on_a_phone_the_way_in_is_in_sight_and_board_and_votes_are_seen_together() {
    let visitor = with_model("#game=orchard&seed=3").await;
    visitor.size(390, 844, true).await;
    let overlap = "(() => {
        const name = document.createRange();
        name.selectNodeContents(document.querySelector('h1'));
        return name.getBoundingClientRect().right > document.querySelector('#choose').getBoundingClientRect().left;
    })()";
    assert!(!visitor.js::<bool>(overlap).await, "a button lies on the page's name");
    assert_eq!(visitor.text("#choose").await, "Games", "its name is there for who can't see the icon");
    assert!(visitor.js::<bool>(&inside("#let-play-above")).await, "one would have to scroll to it");
    visitor.click("#let-play-above").await;
    visitor.until("document.querySelectorAll('.reward').length == 3").await;
    for part in ["#board", "#votes-title", "#settled"] {
        visitor.until(&inside(part)).await;
    }
    assert!(!visitor.js::<bool>(TOO_WIDE).await, "the window would be wider and higher than the phone");
    // Farther down the board is still there, and does not lie on what was scrolled to.
    visitor.run("document.querySelector('#rulebook-title').scrollIntoView()").await;
    visitor.until(&inside("#board")).await;
    let below = "document.querySelector('#rulebook-title').getBoundingClientRect().top
        >= document.querySelector('#board').getBoundingClientRect().bottom";
    visitor.until(below).await;
    visitor.leave().await;
}

#[tokio::test]
async fn every_ballot_is_shown_and_counted() {
    for (votes, workers) in [(1, 1), (5, 2)] {
        let visitor = with_model(&format!(
            "#game=orchard&seed=3&who=agent&votes={votes}&workers={workers}&temperature=10"
        ))
        .await;
        for _ in 0..3 {
            visitor.agent_step(PATIENCE).await;
            let actions: Vec<Option<String>> = visitor.js(ACTIONS).await;
            assert_eq!(actions.len(), votes);
            let settled = visitor.text("#settled").await;
            let count = |action: &str| actions.iter().flatten().filter(|other| *other == action).count();
            let tally: Vec<(String, usize)> = visitor.js(TALLY).await;
            let counted: usize = tally.iter().map(|(_, votes)| votes).sum();
            assert_eq!(counted, votes, "{tally:?}");
            for (action, votes) in tally.iter().filter(|(action, _)| action != "abstained") {
                assert_eq!(count(action), *votes, "{tally:?} of {actions:?}");
            }
            let winner = &tally[0].0;
            assert!(settled.contains(winner.as_str()), "{settled} {tally:?}");
            let played = visitor.text("#moments li").await;
            assert!(played.contains(winner.as_str()), "{played} is what {tally:?} wants");
            let rewards: Vec<String> =
                visitor.js("[...document.querySelectorAll('.reward')].map(reward => reward.innerText)").await;
            let agrees =
                |action: &Option<String>| if action.as_ref() == Some(winner) { "+1" } else { "−1" };
            assert_eq!(rewards, actions.iter().map(agrees).collect::<Vec<_>>());
        }
        visitor.leave().await;
    }
}

/// Votes that a worker is to bring, after one of its own: each ballot with its action, if it has one, and how likely it
/// was, as a logarithm.
const VOTES: &str = "const votes = [
    null,
    [['up', -3], ['left', -1.5], ['up', -2], ['left', -0.5]],
    [['up', -2], ['down', -2], [null, -1], [null, -1]],
    [['right', -4], ['right', -3], ['left', -1], [null, -0.5]],
    [[null, -1], ['left', -9], [null, -2], [null, -3]],
    [[null, -1], [null, -2], [null, -3], ['fly', -4]],
];";

/// Brings them: what the grammar makes a model write never abstains. Of its own vote it tells how likely each ballot was.
const BRING: &str = "all => {
    const vote = votes.shift();
    if (!vote) {
        const likely = written => written.log_probabilities.reduce((sum, one) => sum + one, 0);
        new BroadcastChannel('likely').postMessage(all.map(likely));
        return all;
    }
    return all.map((written, ballot) => {
        const [action, likely] = vote[ballot];
        const text = 'it may go up' + (action ? `\\naction: ${action}` : '');
        return { ...written, text, log_probabilities: [likely] };
    });
}";

/// What a vote comes to: what is played, what is said of it, what was voted for, the rewards, and how likely the ballots
/// were.
type Told = (&'static str, &'static str, &'static [(&'static str, usize)], &'static str, &'static str);

#[tokio::test]
async fn ties_and_abstentions_are_shown_as_such_and_how_likely_each_ballot_was() {
    let mut visitor = Visitor::open("").await;
    visitor.site.put_model("grouped", "model");
    visitor.site.put_crashable_worker(&format!("{VOTES}\n{}", forging(BRING)));
    visitor.go("#game=orchard&seed=3&who=agent&votes=4&workers=1&learns=no&reflects=no").await;
    visitor.until(IDLE).await;
    let shown = async || -> Vec<String> { visitor.js(&texts(".ballot .trace-foot span:last-child")).await };
    visitor.run("new BroadcastChannel('likely').onmessage = told => { window.likely = told.data }").await;
    visitor.agent_step(PATIENCE).await;
    let told: Vec<f64> = visitor.js("window.likely").await;
    let own: Vec<String> = told.iter().map(|told| format!("log p {told:.1}").replace('-', "−")).collect();
    assert_eq!(shown().await, own);
    assert!(told.len() == 4 && told.iter().all(|told| *told < -1.0), "{told:?}");
    // What is played in each of the other votes, what is said of it, and each ballot's reward and how likely it was.
    let expected: [Told; 5] = [
        (
            "left",
            "A tie, settled by likelihood: left.",
            &[("left", 2), ("up", 2)],
            "−1 +1 −1 +1",
            "−3.0 −1.5 −2.0 −0.5",
        ),
        (
            "down",
            "A tie, settled by the seed: down; 2 abstained.",
            &[("down", 1), ("up", 1), ("abstained", 2)],
            "−1 +1 −1 −1",
            "−2.0 −2.0 −1.0 −1.0",
        ),
        (
            "right",
            "2 of 4 for right; one abstained.",
            &[("right", 2), ("left", 1), ("abstained", 1)],
            "+1 +1 −1 −1",
            "−4.0 −3.0 −1.0 −0.5",
        ),
        (
            "left",
            "Only one ballot could be read: left; 3 abstained.",
            &[("left", 1), ("abstained", 3)],
            "−1 +1 −1 −1",
            "−1.0 −9.0 −2.0 −3.0",
        ),
        (
            "wait",
            "Nobody could be read: it does the least, wait; 4 abstained.",
            &[("abstained", 4)],
            "",
            "−1.0 −2.0 −3.0 −4.0",
        ),
    ];
    for (played, said, counted, rewards, likely) in expected {
        visitor.agent_step(PATIENCE).await;
        assert_eq!(visitor.text("#settled").await, said);
        let counted: Vec<(String, usize)> =
            counted.iter().map(|(what, votes)| (what.to_string(), *votes)).collect();
        assert_eq!(visitor.js::<Vec<(String, usize)>>(TALLY).await, counted, "{said}");
        assert_eq!(visitor.js::<Vec<String>>(&texts(".reward")).await.join(" "), rewards, "{said}");
        assert_eq!(shown().await.join(" ").replace("log p ", ""), likely, "{said}");
        let abstain = "[...document.querySelectorAll('.ballot-action')].filter(a => a.innerText == 'abstains: no action could be read').length";
        let abstained = counted.iter().find(|(what, _)| what == "abstained").map_or(0, |(_, votes)| *votes);
        assert_eq!(visitor.js::<usize>(abstain).await, abstained, "{said}");
        assert_eq!(visitor.text("#moments li span:nth-child(2)").await, played, "{said}");
    }
    visitor.leave().await;
}

#[tokio::test]
async fn how_it_votes_and_learns_is_chosen_while_it_plays() {
    let visitor = with_model("#game=trading&seed=3&who=agent&workers=1&panels=voting,learning").await;
    visitor.slide("#votes", 5).await;
    visitor.slide("#heat", 0).await;
    visitor.until("location.hash.includes('votes=5') && location.hash.includes('temperature=0')").await;
    visitor.agent_step(PATIENCE).await;
    let texts: Vec<String> = visitor.js(TEXTS).await;
    assert!(
        texts.len() == 5 && texts.iter().all(|text| *text == texts[0]),
        "nothing is left to chance: {texts:?}"
    );
    // What it spends on learning stays at nothing until it is to learn.
    visitor.click("#learns").await;
    visitor.until("location.hash.includes('learns=no')").await;
    let learned = async || {
        let table = visitor.download("#csv", "rulewright-trading.csv").await;
        let mut rows = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let place = rows.next().and_then(|head| head.iter().position(|name| *name == "tokens_learning"));
        let last = rows.next_back().expect("a decision");
        last[place.expect("a column")].parse::<u32>().expect("a number")
    };
    visitor.click("#to-episode-end").await;
    let over = format!("+document.querySelector('#steps').innerText == 80 && {IDLE}");
    visitor.until_within(240, &over).await;
    assert!(visitor.js::<bool>("location.hash.includes('seed=3')").await, "it stops there");
    assert_eq!(learned().await, 0);
    visitor.click("#learns").await;
    visitor.slide("#heat", 10).await;
    visitor.click("#pause").await;
    visitor
        .until_within(
            240,
            "+document.querySelector('#steps').innerText >= 12 && location.hash.includes('seed=4')",
        )
        .await;
    visitor.click("#pause").await;
    visitor.until(IDLE).await;
    assert!(learned().await > 0);
    visitor.click("#reset-policy").await;
    visitor.agent_step(PATIENCE).await;
    visitor.leave().await;
}

#[tokio::test]
async fn three_workers_load_what_was_downloaded_once_and_the_page_says_how_fast_they_are() {
    let visitor = with_model("#game=orchard&seed=3&who=agent&workers=3").await;
    visitor.agent_step(PATIENCE).await;
    visitor.until("document.querySelector('#device-name').innerText == 'CPU, 3 workers'").await;
    assert_eq!(visitor.site.asked("safetensors").len(), 1);
    visitor.agent_step(PATIENCE).await;
    let speed = visitor.text("#device-speed").await;
    assert!(speed.contains("decisions a second") && speed.contains("tokens a second"), "{speed}");
    // Another device in the middle of the game: it goes on there.
    visitor.click("#pause").await;
    visitor
        .run(
            "const list = document.querySelector('#device-choice');
            list.selectedIndex = 1; list.dispatchEvent(new Event('change', { bubbles: true }))",
        )
        .await;
    visitor.until("location.hash.includes('device=cpu')").await;
    visitor.until("+document.querySelector('#steps').innerText >= 6").await;
    visitor.leave().await;
}

#[tokio::test]
async fn a_model_that_did_not_come_is_tried_again_by_a_click_also_in_a_frame() {
    let mut visitor = Visitor::open("").await;
    visitor.site.put_model("grouped", "model");
    visitor.site.cut(Some("safetensors"));
    visitor.go("?embed#game=orchard").await;
    visitor.until_within(60, "document.querySelector('#try-again')").await;
    assert!(visitor.text("#agent-fault").await.contains("model.safetensors"));
    assert_eq!(visitor.barriers().await, Vec::<String>::new());
    visitor.site.cut(None);
    visitor.click("#try-again").await;
    visitor.until(IDLE).await;
    assert!(!visitor.js::<bool>("!!document.querySelector('#try-again')").await);
    visitor.forget_logged();
    visitor.leave().await;
}

#[tokio::test]
async fn the_same_seed_plays_the_same_after_a_restart_whatever_was_learned() {
    let visitor = with_model("#game=orchard&seed=3&who=agent&workers=1").await;
    let mut played = Vec::new();
    for _ in 0..2 {
        let mut texts = Vec::new();
        for _ in 0..4 {
            visitor.agent_step(PATIENCE).await;
            texts.push(visitor.js::<Vec<String>>(TEXTS).await);
        }
        played.push(texts);
        visitor.click("#restart").await;
        visitor.until("+document.querySelector('#steps').innerText == 0").await;
    }
    assert_eq!(played[0], played[1]);
    visitor.leave().await;
}

#[tokio::test]
async fn the_same_seed_plays_the_same_however_many_workers_write() {
    let mut played = Vec::new();
    for workers in [1, 2] {
        let visitor = with_model(&format!("#game=orchard&seed=3&who=agent&workers={workers}")).await;
        let mut texts = Vec::new();
        for _ in 0..3 {
            visitor.agent_step(PATIENCE).await;
            texts.push(visitor.js::<Vec<String>>(TEXTS).await);
        }
        played.push(texts);
        visitor.leave().await;
    }
    assert_eq!(played[0], played[1]);
}

#[tokio::test]
async fn a_worker_killed_in_the_middle_of_a_vote_is_replaced_and_the_episode_goes_on() {
    let mut visitor = Visitor::open("").await;
    visitor.site.put_shipped_model();
    visitor.site.put_crashable_worker(DELAY);
    visitor.go("#game=orchard&seed=3&who=agent&workers=2").await;
    visitor.until_within(SLOW, IDLE).await;
    visitor.agent_step(SLOW).await;
    visitor.agent_step(SLOW).await;
    begin_a_vote(&visitor).await;
    visitor.crash_workers().await;
    visitor.until_within(SLOW, &format!("+document.querySelector('#steps').innerText == 3 && {IDLE}")).await;
    let texts: Vec<String> = visitor.js(TEXTS).await;
    assert!(texts.len() == 3 && texts.iter().all(|text| !text.is_empty()), "{texts:?}");
    assert!(visitor.js::<bool>("document.querySelector('#fault').hidden").await, "the page itself is well");
    visitor.agent_step(SLOW).await;
    visitor.forget_logged();
    visitor.close().await;
}

#[tokio::test]
async fn a_gpu_that_is_lost_in_the_middle_of_a_vote_comes_back_and_the_episode_goes_on() {
    let mut visitor = Visitor::open_with("", &SOFTWARE_GPU).await;
    visitor.site.put_model("grouped", "model");
    visitor.go("#game=orchard&seed=3&who=agent&votes=1&learns=no&reflects=no&device=gpu").await;
    visitor.until_within(SLOW, IDLE).await;
    visitor.agent_step(SLOW).await;
    begin_a_vote(&visitor).await;
    visitor.lose_gpu().await;
    visitor.until_within(SLOW, "document.body.innerText.includes('a fresh one')").await;
    visitor.until_within(SLOW, &format!("+document.querySelector('#steps').innerText == 2 && {IDLE}")).await;
    assert!(visitor.text("#device-memory").await.contains("some of the GPU's"));
    visitor.forget_logged();
    visitor.leave().await;
}

#[tokio::test]
async fn a_model_that_is_lost_for_good_in_a_reflection_can_be_loaded_again() {
    let mut visitor = Visitor::open("").await;
    visitor.site.put_model("grouped", "model");
    visitor.site.put_crashable_worker(DELAY);
    visitor.go("#game=orchard&seed=3&who=agent&workers=1&panels=strategist,model").await;
    visitor.until(IDLE).await;
    visitor.agent_step(PATIENCE).await;
    // Neither the browser nor the network has it any more when a fresh worker asks for it.
    let gone =
        "(async () => { for (const name of await caches.keys()) await caches.delete(name); return true })()";
    visitor.js::<bool>(gone).await;
    visitor.site.cut(Some("safetensors"));
    visitor.click("#reflect").await;
    visitor.until("document.querySelector('#agent-status').innerText.includes('rewrites')").await;
    visitor.crash_workers().await;
    visitor.until("document.querySelector('#model-fault')?.innerText").await;
    visitor.site.cut(None);
    visitor.click("#model-load").await;
    visitor.until(IDLE).await;
    visitor.until("document.querySelector('#reflect').ariaDisabled == 'false'").await;
    visitor.agent_step(PATIENCE).await;
    visitor.forget_logged();
    visitor.close().await;
}

#[tokio::test]
async fn what_is_done_to_the_game_during_a_vote_counts_and_the_agent_votes_anew() {
    let visitor = with_model("#game=orchard&seed=3").await;
    visitor.click("#let-play").await;
    visitor.until("+document.querySelector('#steps').innerText >= 2").await;
    visitor.press("t").await;
    visitor.until("document.querySelector('#moments').innerText.includes('twist')").await;
    let steps = visitor.number("#steps").await;
    visitor.until(&format!("+document.querySelector('#steps').innerText > {}", steps + 1)).await;
    visitor.click("#restart").await;
    visitor.until("+document.querySelector('#steps').innerText == 0").await;
    visitor.click("#pause").await;
    visitor.until("+document.querySelector('#steps').innerText == 2").await;
    visitor.press("[").await;
    visitor.until("document.querySelector('#play-on')").await;
    visitor.click("#to-now").await;
    visitor.until("!document.querySelector('#play-on')").await;
    visitor.leave().await;
}

#[tokio::test]
async fn the_rulebook_the_strategist_and_the_curves_are_there() {
    let visitor =
        with_model("#game=orchard&seed=3&who=agent&panels=history,strategist,learning,voting").await;
    assert!(visitor.text(".rulebook").await.contains("No rules yet"));
    for _ in 0..4 {
        visitor.agent_step(PATIENCE).await;
    }
    assert_eq!(visitor.js::<usize>("document.querySelectorAll('#verdicts li').length").await, 4);
    assert_eq!(visitor.js::<usize>("document.querySelectorAll('.chart svg').length").await, 4);
    visitor.click("#reflect").await;
    visitor.until("document.querySelector('details.reflection')").await;
    let thought = visitor.text("details.reflection summary").await;
    assert!(thought.starts_with("After decision 4: "), "{thought}");
    visitor.click("details.reflection summary").await;
    let asked = visitor.text("details.reflection .prompt").await;
    assert!(asked.contains("You write the rules. [KNOWLEDGE_MEMORY]"), "{asked}");
    // Also of one that somebody asked for; at an interval there would have been none yet.
    let cost = visitor.text("#reflections-cost").await;
    assert!(cost.ends_with("every 16 decisions would have cost 0 by now."), "{cost}");
    assert!(!cost.contains("cost 0 tokens"), "{cost}");
    let rules: usize = visitor.js("document.querySelectorAll('.rules .rule').length").await;
    let empty = visitor.text(".rulebook").await.contains("No rules yet");
    assert!(empty == (rules == 0), "{rules} rules");
    assert_eq!(visitor.barriers().await, Vec::<String>::new());
    visitor.leave().await;
}

#[tokio::test]
async fn nothing_of_the_agent_stands_in_the_way_or_sticks_out() {
    let all = "panels=pad,history,strategist,learning,voting,sight,keys,model";
    for theme in ["light", "dark"] {
        let visitor = with_model(&format!("#game=orchard&who=agent&votes=8&theme={theme}&{all}")).await;
        visitor.agent_step(PATIENCE).await;
        visitor.agent_step(PATIENCE).await;
        assert_eq!(visitor.barriers().await, Vec::<String>::new(), "{theme}");
        for (width, height) in
            [(320, 640), (390, 844), (683, 384), (844, 390), (820, 1180), (1366, 768), (1920, 1080)]
        {
            visitor.size(width, height, width < 900).await;
            assert_eq!(visitor.sticking_out().await, Vec::<String>::new(), "{width}x{height}");
            let board: f64 = visitor.js("document.querySelector('#board').offsetWidth").await;
            assert!(board >= 200.0, "{width}x{height}: the board is {board} px wide");
        }
        assert_eq!(visitor.barriers().await, Vec::<String>::new(), "{theme}, on a projector");
        visitor.leave().await;
    }
}
