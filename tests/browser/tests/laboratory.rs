//! The laboratory on the page: rules are put to the test and agents race in the background, with a worker of
//! their own, while the game goes on.
//!
//! The model is a tiny one of `tests/parity` with random weights, where it does not matter what is played: noise is
//! measured as anything else is. What a rule is worth is also asked of the model that ships.

use rulewright_browser_tests::{IDLE, Visitor};

/// Seconds of patience with a measurement: some hundred decisions beside other browsers.
const PATIENCE: u32 = 240;
/// And with one by the model that ships.
const LONG: u32 = 900;

/// Opens the page and waits until the model that it ships is there.
async fn with_model(fragment: &str) -> Visitor {
    let mut visitor = Visitor::open("").await;
    visitor.site.put_model("grouped", "model");
    visitor.go(fragment).await;
    visitor.until(IDLE).await;
    visitor
}

/// Has exactly these race.
async fn enter(visitor: &Visitor, contenders: &[&str]) {
    // One after another, as a person does.
    let clicks = format!(
        "(async () => {{
            for (const box of document.querySelectorAll('[name=contender]')) {{
                if (box.checked != {contenders:?}.includes(box.value)) box.click();
                await new Promise(requestAnimationFrame);
            }}
            return true;
        }})()"
    );
    visitor.js::<bool>(&clicks).await;
    let chosen = "[...document.querySelectorAll('[name=contender]:checked')].map(box => box.value)";
    visitor.until(&format!("{chosen}.length == {}", contenders.len())).await;
}

/// What the table says of a contender, in a column.
async fn cell(visitor: &Visitor, contender: &str, column: &str) -> String {
    visitor.text(&format!("[data-contender={contender}] [data-name='{column}']")).await
}

async fn choose(visitor: &Visitor, name: &str, value: u32) {
    visitor.run(&format!("document.querySelector('[name={name}][value=\"{value}\"]').click()")).await;
    visitor.until(&format!("document.querySelector('[name={name}][value=\"{value}\"]').checked")).await;
}

/// How many programs of workers run in the page.
async fn workers(visitor: &Visitor) -> usize {
    visitor.js("window.workers.size").await
}

/// Counts the page's workers from now on, in `window.workers`.
const COUNTING: &str = "window.workers = new Set();
    const Plain = Worker;
    window.Worker = class extends Plain {
        constructor(...how) { super(...how); window.workers.add(this); }
        terminate() { window.workers.delete(this); super.terminate(); }
    };";

#[tokio::test]
async fn rules_are_tested_in_the_background_while_the_game_is_played_by_hand() {
    let visitor = with_model("#game=orchard&seed=3").await;
    assert_eq!(visitor.js::<String>("document.querySelector('#worth').ariaDisabled").await, "true");
    assert!(visitor.text("#worth-method").await.contains("no rule to test"));
    visitor.run(COUNTING).await;
    visitor.add_rule("touch red rings").await;
    visitor.click("#worth").await;
    visitor.until("document.querySelector('#worth-stop')").await;
    assert!(visitor.text("#worth-method").await.contains("40 decisions on each of 3 seeds"));
    visitor
        .until_within(PATIENCE, "/: [1-3] of 9 /.test(document.querySelector('#worth-told').innerText)")
        .await;
    assert_eq!(workers(&visitor).await, 1, "it has a worker of its own");
    // The page plays on meanwhile, for a visitor who goes back to the board: the rulebook keeps its keys.
    visitor.run("document.querySelector('#board').focus()").await;
    visitor.press("ArrowUp").await;
    visitor.until("+document.querySelector('#steps').innerText == 1").await;
    assert!(visitor.js::<bool>("!!document.querySelector('#worth-stop')").await, "the test still goes on");
    visitor.until_within(PATIENCE, "document.querySelector('#worth')").await;
    let told = visitor.text("#worth-told").await;
    assert!(told.contains("seeds 3 to 5. All rules together are worth"), "{told}");
    let worth = visitor.text(".rule .rule-fields").await;
    assert!(worth.contains("points an episode (from"), "{worth}");
    visitor.until("window.workers.size == 0").await;
    assert_eq!(visitor.number("#steps").await, 1, "nobody played on the page but the visitor");

    // What was measured is of the rule as it was.
    visitor.run("document.querySelector('[id=edit-R1]').click()").await;
    visitor.until("document.activeElement.classList.contains('form-heuristic')").await;
    visitor.type_into(".form-heuristic", "avoid red rings").await;
    visitor.click(".rule-form [type=submit]").await;
    visitor.until("document.querySelector('.rule') && !document.querySelector('.rule-form')").await;
    visitor.until("!document.querySelector('.rules').innerText.includes('points an episode')").await;
    visitor.leave().await;
}

#[tokio::test]
async fn with_the_model_that_ships_true_rules_are_worth_points() {
    let visitor = Visitor::open_shipped("#game=orchard&seed=3").await;
    visitor.until_within(LONG, IDLE).await;
    visitor.add_rule("touch orange circles for 1 point").await;
    visitor.add_rule("touch yellow cups for 4 points").await;
    visitor.add_rule("avoid green diamonds, they cost 1 point").await;
    visitor.click("#worth").await;
    visitor.until("document.querySelector('#worth-stop')").await;
    visitor.until_within(LONG, "document.querySelector('#worth')").await;
    let told = visitor.text("#worth-told").await;
    let all = told.split("All rules together are worth +").nth(1).and_then(|all| all.split(' ').next());
    let points: f32 = all.and_then(|points| points.parse().ok()).unwrap_or_default();
    assert!(points > 0.0, "who knows what is good gathers more of it: {told}");
    visitor.leave().await;
}

#[tokio::test]
async fn a_test_is_stopped_and_leaves_nothing_behind() {
    let visitor = with_model("#game=orchard&seed=3&who=agent&workers=1").await;
    visitor.run(COUNTING).await;
    visitor.add_rule("touch red rings").await;
    visitor.click("#worth").await;
    visitor.until("document.querySelector('#worth-told').innerText.includes('the first episode')").await;
    visitor.click("#worth-stop").await;
    visitor.until("document.querySelector('#worth-told').innerText.startsWith('Stopped after')").await;
    visitor.until("window.workers.size == 0").await;
    // The agent has its own workers still, and takes a step with them.
    visitor.click("#step").await;
    visitor.until("+document.querySelector('#steps').innerText == 1").await;
    // A fresh one begins at the beginning.
    visitor.click("#worth").await;
    visitor.until("document.querySelector('#worth-told').innerText.includes('the first episode')").await;
    assert_eq!(workers(&visitor).await, 1);
    visitor.leave().await;
}

#[tokio::test]
async fn agents_race_on_the_same_seeds_while_the_agent_plays() {
    let visitor = with_model("#game=orchard&seed=3&who=agent&workers=1&panels=arena").await;
    visitor.run(COUNTING).await;
    enter(&visitor, &["static", "random", "oracle"]).await;
    choose(&visitor, "race-seeds", 3).await;
    choose(&visitor, "race-steps", 20).await;
    visitor.click("#race").await;
    visitor.until("document.querySelector('#race-stop')").await;
    visitor.until("document.querySelector('[data-contender=static] .badge')").await;
    assert_eq!(workers(&visitor).await, 1, "it has a worker of its own");
    visitor.click("#step").await;
    visitor.until("+document.querySelector('#steps').innerText == 1").await;
    visitor.until_within(PATIENCE, "document.querySelector('#race')").await;
    visitor.until("document.querySelector('#race-told').innerText.includes('the race is over')").await;
    visitor.until("window.workers.size == 0").await;
    for contender in ["static", "random", "oracle"] {
        assert_eq!(cell(&visitor, contender, "Seeds").await, "3 of 3");
        let decisions: u32 = cell(&visitor, contender, "Decisions").await.parse().expect("a number");
        assert!((6..=120).contains(&decisions), "{contender}: {decisions}");
        assert_eq!(cell(&visitor, contender, "Reflections").await, "0");
        let points = cell(&visitor, contender, "Points an episode").await;
        assert!(points.contains(" to "), "{contender} has an interval: {points}");
        assert_eq!(cell(&visitor, contender, "Tokens").await == "0", contender != "static");
    }
    let share = "Random 0, oracle 1";
    assert!(cell(&visitor, "random", share).await.starts_with("0.0 "));
    assert!(cell(&visitor, "oracle", share).await.starts_with("1.0 "));
    let curves = "['#000003', '#00000A', '#00000B']
        .every(colour => document.querySelector(`.arena .chart [stroke='${colour}']`))";
    assert!(visitor.js::<bool>(curves).await, "everybody has a curve");
    assert_eq!(visitor.number("#steps").await, 1, "the race played on no board of the page");

    // The same race gives the same points.
    let points = async || -> Vec<String> {
        visitor
            .js("[...document.querySelectorAll('#race-table td:nth-of-type(1)')].map(td => td.innerText)")
            .await
    };
    let first = points().await;
    visitor.click("#race").await;
    visitor.until("document.querySelector('#race-stop')").await;
    visitor.until_within(PATIENCE, "document.querySelector('#race')").await;
    assert_eq!(points().await, first);
    visitor.leave().await;
}

#[tokio::test]
async fn a_race_is_stopped_and_one_thing_is_measured_at_a_time() {
    let visitor = with_model("#game=orchard&seed=3&panels=arena").await;
    visitor.run(COUNTING).await;
    visitor.add_rule("touch red rings").await;
    enter(&visitor, &[]).await;
    assert!(visitor.text("#race-method").await.contains("Choose who is to race"));
    enter(&visitor, &["full", "static"]).await;
    visitor.click("#race").await;
    visitor.until("document.querySelector('[data-contender=full] .badge')").await;
    assert!(visitor.text("#worth-method").await.contains("one thing at a time"));
    visitor.click("#worth").await;
    visitor.click("#race-stop").await;
    visitor.until("document.querySelector('#race-told').innerText.includes('stopped after')").await;
    visitor.until("window.workers.size == 0").await;
    assert_eq!(visitor.text("#worth-told").await, "", "the test of the rules was not begun");
    assert_eq!(cell(&visitor, "static", "Seeds").await, "0 of 3");
    visitor.leave().await;
}

#[tokio::test]
async fn without_a_model_the_page_says_what_is_missing() {
    let visitor = Visitor::open("#game=orchard&panels=arena").await;
    for method in ["#worth-method", "#race-method"] {
        assert!(visitor.text(method).await.contains("needs a model"), "{method}");
    }
    visitor.click("#race").await;
    visitor.click("#worth").await;
    assert!(!visitor.js::<bool>("!!document.querySelector('#race-stop, #worth-stop')").await);
    visitor.leave().await;
}

#[tokio::test]
async fn nothing_of_the_laboratory_stands_in_the_way_or_sticks_out() {
    for theme in ["light", "dark"] {
        let visitor = with_model(&format!("#game=orchard&theme={theme}&panels=arena")).await;
        visitor.add_rule("touch red rings").await;
        let all = ["full", "rules", "learning", "static", "entropy", "retrieval", "random", "oracle"];
        enter(&visitor, &all).await;
        visitor.click("#race").await;
        visitor.until("document.querySelector('[data-contender=full] .badge')").await;
        assert_eq!(visitor.barriers().await, Vec::<String>::new(), "{theme}");
        for (width, height) in [(320, 640), (390, 844), (820, 1180), (1366, 768), (1920, 1080)] {
            visitor.size(width, height, width < 900).await;
            let out: Vec<String> = visitor
                .js("[...document.querySelectorAll('body *')].filter(e => !e.closest('.hidden, .skip, thead')
                    && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))")
                .await;
            assert_eq!(out, Vec::<String>::new(), "{width}x{height}");
        }
        visitor.click("#race-stop").await;
        visitor.until("document.querySelector('#race')").await;
        visitor.leave().await;
    }
}
