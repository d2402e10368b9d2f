//! What a visitor tries out: a game side by side with the agent, the one-click experiments, and the curves
//! as a picture.
//!
//! But for one test, the model is a tiny one of `tests/parity` with random weights, as in `agent.rs`.

use rulewright_browser_tests::{IDLE, PATIENCE, Visitor};

/// What the rules say, in order.
const SAYS: &str = "[...document.querySelectorAll('.rules .rule-says')].map(p => p.textContent)";

/// Opens the page with a model of `tests/parity` beside it, and waits until it is there.
async fn with_model(model: &str, fragment: &str) -> Visitor {
    let mut visitor = Visitor::open("").await;
    match model {
        "shipped" => visitor.site.put_shipped_model(),
        model => visitor.site.put_model(model, "model"),
    }
    visitor.go(fragment).await;
    visitor.until_within(120, IDLE).await;
    visitor
}

/// Waits until an element shows a number.
async fn until_shows(visitor: &Visitor, selector: &str, number: i32) {
    visitor.until(&format!("+document.querySelector({selector:?}).innerText == {number}")).await;
}

#[tokio::test]
async fn side_by_side_each_has_a_board_of_the_same_game() {
    let visitor = with_model("grouped", "#game=orchard&seed=3").await;
    visitor.press("ArrowUp").await;
    until_shows(&visitor, "#steps", 1).await;
    visitor.run("document.querySelector('[name=who][value=both]').click()").await;
    visitor.until("location.hash.includes('who=both')").await;
    // What the visitor has played stays theirs, and the agent begins anew.
    until_shows(&visitor, "#own-steps", 1).await;
    until_shows(&visitor, "#steps", 0).await;
    visitor.press("ArrowUp").await;
    until_shows(&visitor, "#own-steps", 2).await;
    visitor.agent_step(PATIENCE).await;
    assert_eq!(visitor.number("#own-steps").await, 2, "the agent's step is its own");
    assert!(visitor.text("#standing").await.ends_with("after 1 step each."));
    visitor.click(".own [data-action=left]").await;
    until_shows(&visitor, "#own-steps", 3).await;
    visitor.swipe("#own-board", 80.0, 5.0).await;
    until_shows(&visitor, "#own-steps", 4).await;
    assert_eq!(visitor.number("#steps").await, 1);
    assert_eq!(visitor.barriers().await, Vec::<String>::new());
    // A slip of the finger does not have the agent forgotten.
    visitor.press("r").await;
    visitor.until("document.querySelector('#notices').innerText.includes('R once more')").await;
    assert_eq!((visitor.number("#own-steps").await, visitor.number("#steps").await), (4, 1));
    visitor.press("r").await;
    until_shows(&visitor, "#own-steps", 0).await;
    until_shows(&visitor, "#steps", 0).await;
    visitor.leave().await;
}

#[tokio::test]
async fn side_by_side_fits_every_window() {
    let visitor = with_model("grouped", "#game=orchard&who=both&panels=pad,experiments,learning").await;
    visitor.agent_step(PATIENCE).await;
    for (width, height) in [(320, 640), (390, 844), (844, 390), (820, 1180), (1366, 768), (1920, 1080)] {
        visitor.size(width, height, width < 900).await;
        assert_eq!(visitor.sticking_out().await, Vec::<String>::new(), "{width}x{height}");
        let [beside, below]: [bool; 2] = visitor
            .js("(([agents, own]) => [own.left >= agents.right, own.top >= agents.bottom])(
                ['#board', '#own-board'].map(id => document.querySelector(id).getBoundingClientRect()))")
            .await;
        assert_eq!((beside, below), (width >= 1200, width < 1200), "{width}x{height}");
    }
    visitor.leave().await;
}

#[tokio::test]
async fn the_agent_waits_for_the_visitor_when_its_episode_is_over() {
    let link = "#game=trading&seed=3&who=both&votes=1&learns=no&reflects=no";
    let visitor = with_model("grouped", link).await;
    visitor.press("1").await;
    until_shows(&visitor, "#own-steps", 1).await;
    visitor.click("#pause").await;
    visitor.until_within(240, "document.querySelector('#round-over')").await;
    assert_eq!(visitor.number("#own-steps").await, 1, "the visitor's board is as it was");
    visitor.press("1").await;
    until_shows(&visitor, "#own-steps", 2).await;
    assert!(visitor.text("#standing").await.ends_with("after 2 steps each."));
    assert!(visitor.js::<bool>("document.querySelector('#pause').disabled").await);
    visitor.click("#next-round").await;
    visitor.until("location.hash.includes('seed=4')").await;
    until_shows(&visitor, "#own-steps", 0).await;
    visitor.until("+document.querySelector('#steps').innerText > 0").await;
    visitor.leave().await;
}

#[tokio::test]
async fn a_bad_rule_goes_in_once_and_comes_out_by_undo() {
    let visitor = Visitor::open("#game=orchard&panels=experiments").await;
    let bad = vec!["avoid yellow cups, they cost 4 points".to_string()];
    for _ in 0..2 {
        visitor.click("#experiment-lie").await;
        visitor.until("document.querySelector('#lie-news').innerText.startsWith('R1 ')").await;
        assert_eq!(visitor.js::<Vec<String>>(SAYS).await, bad);
    }
    let card = visitor.text(".rule").await;
    assert!(card.contains("an experiment") && card.contains("by you"), "{card}");
    visitor.click("#undo").await;
    visitor.until("document.querySelectorAll('.rule').length == 0").await;
    assert!(visitor.text("#lie-news").await.contains(&bad[0]), "it may go in again");
    visitor.click("#experiment-twist").await;
    visitor.until("document.querySelector('#said').innerText.startsWith('A twist')").await;
    assert_eq!(visitor.barriers().await, Vec::<String>::new());
    visitor.leave().await;
}

/// A bad rule is worth the name only if the model that ships obeys it.
#[tokio::test]
async fn the_agent_obeys_a_bad_rule() {
    let visitor = with_model(
        "shipped",
        "#game=orchard&seed=3&who=agent&votes=1&temperature=0&learns=no&reflects=no&panels=experiments",
    )
    .await;
    visitor.click("#experiment-lie").await;
    visitor.until(&format!("{SAYS}.length == 1")).await;
    visitor.click("#step").await;
    visitor.until_within(120, &format!("+document.querySelector('#steps').innerText == 1 && {IDLE}")).await;
    let said = visitor.text(".ballot-text").await;
    assert!(said.contains("1 yellow cup bad") && !said.contains("goal touch yellow cup"), "{said}");
    visitor.leave().await;
}

#[tokio::test]
async fn the_collapse_lab_sets_the_page_up_and_puts_it_back() {
    let visitor =
        with_model("grouped", "#game=orchard&seed=3&votes=2&workers=1&panels=experiments,voting").await;
    let book: String = visitor.js("document.querySelector('#books').value").await;
    visitor.click("#experiment-lie").await;
    visitor.until(&format!("{SAYS}.length == 1")).await;
    visitor.click("#experiment-collapse").await;
    visitor.until("location.hash.includes('guard=no') && location.hash.includes('who=agent')").await;
    let hash: String = visitor.js("location.hash").await;
    for part in ["temperature=12", "reflects=no", "votes=8", "learning"] {
        assert!(hash.contains(part), "{hash}");
    }
    assert_eq!(visitor.js::<String>("document.querySelector('#books').value").await, "Vote-collapse lab");
    assert_eq!(visitor.js::<usize>(&format!("{SAYS}.length")).await, 2);
    assert!(!visitor.js::<bool>("document.querySelector('#guard').checked").await);
    visitor.until("+document.querySelector('#steps').innerText >= 2").await;
    visitor.until("document.querySelectorAll('#ballots .ballot').length == 8").await;
    // Whoever comes back later finds their own rules open.
    let later = visitor.tab("#game=orchard").await;
    assert_eq!(later.js::<String>("document.querySelector('#books').value").await, book);
    later.page.clone().close().await.expect("the tab closes");
    drop(later);
    visitor.click("#experiment-normal").await;
    visitor.until("!location.hash.includes('guard') && location.hash.includes('votes=2')").await;
    assert_eq!(visitor.js::<String>("document.querySelector('#books').value").await, book);
    assert_eq!(
        visitor.js::<usize>(&format!("{SAYS}.length")).await,
        1,
        "the visitor's rules are as they were"
    );
    assert!(visitor.js::<bool>("document.querySelector('#experiment-normal').ariaDisabled == 'true'").await);
    visitor.leave().await;
}

#[tokio::test]
async fn the_curves_are_given_as_one_picture() {
    let visitor = with_model("grouped", "#game=orchard&seed=3&who=agent&panels=learning").await;
    for _ in 0..3 {
        visitor.agent_step(PATIENCE).await;
    }
    let text = visitor.download("#svg", "rulewright-orchard.svg").await;
    let text_in_js = serde_json::to_string(&text).expect("a text");
    // Titles, curves and axes, if the browser can read it at all.
    let [curves, titles]: [usize; 2] = visitor
        .js(&format!(
            "(() => {{ const picture = new DOMParser().parseFromString({text_in_js}, 'image/svg+xml');
                if (picture.querySelector('parsererror')) throw new Error('it is no picture');
                return [picture.querySelectorAll('polyline[stroke-width=\"2\"]').length,
                    picture.querySelectorAll('text[font-weight]').length]; }})()"
        ))
        .await;
    assert!(curves >= 6 && titles == 5, "{curves} curves, {titles} titles: {text}");
    assert!(text.contains("Learning: Orchard") && text.contains("Agreement of the votes"), "{text}");
    visitor.leave().await;
}
