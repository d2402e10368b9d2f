//! What the lessons promise, played with the model that the page ships: who follows one sees what it says.

use rulewright::env::{Environment, Status, Value};
use rulewright::games::Game;
use rulewright::games::replay::Move;
use rulewright_browser_tests::{IDLE, Visitor, texts};

/// Seconds for what the model has to think about: the machine may be busy with other tests.
const THOUGHT: u32 = 600;

/// Whether some element says something.
fn says(selector: &str, what: &str) -> String {
    format!("[...document.querySelectorAll({selector:?})].some(e => e.innerText.includes({what:?}))")
}

/// Opens a step of a lesson, counted from 1 as on the page, and sets the page up for it, but for the pace.
async fn open(visitor: &mut Visitor, lesson: &str, step: u8) {
    visitor.go(&format!("#lesson={lesson}&step={step}")).await;
    set_up(visitor).await;
}

/// Goes on to the next step.
async fn next(visitor: &Visitor) {
    visitor.click("#lesson-next").await;
    set_up(visitor).await;
}

/// With one worker: what is learned hangs on the order in which workers' gradients are summed.
async fn set_up(visitor: &Visitor) {
    visitor.click(".lesson-open").await;
    visitor.until("location.hash.includes('who=agent')").await;
    visitor.until_within(THOUGHT, IDLE).await;
    visitor.run("location.hash += '&workers=1'").await;
    visitor.until("location.hash.includes('workers=1')").await;
    visitor.run("document.querySelector('[name=pace][value=fast]').click()").await;
    for panel in ["history", "strategist", "learning"] {
        let toggle = format!("[aria-controls=panel-{panel}]");
        visitor
            .run(&format!(
                "const b = document.querySelector({toggle:?}); if (b.ariaExpanded == 'false') b.click()"
            ))
            .await;
    }
}

/// Lets the agent play until something is so, and then pauses it.
async fn play_until(visitor: &Visitor, condition: &str) {
    visitor.click("#pause").await;
    visitor.until_within(THOUGHT, condition).await;
    visitor.click("#pause").await;
    visitor.until_within(THOUGHT, IDLE).await;
}

/// The same, of so many steps.
async fn play(visitor: &Visitor, steps: u32) {
    play_until(visitor, &format!("+document.querySelector('#steps').innerText >= {steps}")).await;
}

/// What is so when one of the rules that stand there now is gone, or says something else.
async fn rewritten(visitor: &Visitor) -> String {
    let says: Vec<String> = visitor.js(&texts(".rule .rule-says")).await;
    let now = "[...document.querySelectorAll('.rule .rule-says')].map(p => p.innerText)";
    format!("{says:?}.some(was => !{now}.includes(was))")
}

/// A decision's point on the curves.
struct Point {
    score: f32,
    coherence: f32,
    majority: f32,
    entropy: f32,
    reward: f32,
    learned: f32,
}

/// The curves, as the page gives them away.
async fn curves(visitor: &Visitor) -> Vec<Point> {
    let game = visitor.js::<String>("new URLSearchParams(location.hash.slice(1)).get('game')").await;
    let table = visitor.download("#csv", &format!("rulewright-{game}.csv")).await;
    let point = |line: &str| {
        let cells: Vec<f32> = line.split(',').map(|cell| cell.parse().unwrap_or(f32::NAN)).collect();
        Point {
            score: cells[1],
            coherence: cells[2],
            majority: cells[3],
            entropy: cells[4],
            reward: cells[5],
            learned: cells[15],
        }
    };
    table.lines().skip(1).map(point).collect()
}

/// How often the score fell in the first so many decisions.
async fn harmed(visitor: &Visitor, decisions: usize) -> usize {
    let curves = curves(visitor).await;
    let fell = |pair: &&[Point]| pair[1].score < pair[0].score;
    curves[..decisions].windows(2).filter(|pair| fell(pair)).count()
}

/// In how many decisions the ballots parted.
async fn parted(visitor: &Visitor) -> usize {
    curves(visitor).await.iter().filter(|point| point.coherence < 1.0).count()
}

/// How many ballots the last vote has.
async fn ballots(visitor: &Visitor) -> usize {
    visitor.js("document.querySelectorAll('#ballots .ballot').length").await
}

fn mean(points: &[Point], value: impl Fn(&Point) -> f32) -> f32 {
    points.iter().map(value).sum::<f32>() / points.len() as f32
}

#[tokio::test]
async fn lesson_1_it_gathers_what_a_sentence_calls_good_and_shuns_it_when_another_calls_it_poison() {
    let mut visitor = Visitor::open_shipped("").await;
    let mut harms = Vec::new();
    for step in [1, 2] {
        open(&mut visitor, "1-one-sentence", step).await;
        play(&visitor, 60).await;
        harms.push(harmed(&visitor, 60).await);
    }
    println!("harmed {harms:?} times");
    assert!(harms[1] > harms[0] + 1, "with the rule turned round it gathers what hurts: {harms:?}");
    // In a visitor's own words.
    next(&visitor).await;
    visitor.edit_rule("R2", "green diamonds are poison").await;
    play(&visitor, 60).await;
    let cited = visitor.js::<Vec<String>>(&texts("#ballots .ballot-text")).await;
    assert!(cited.iter().any(|said| said.contains("2 green diamond bad")), "{cited:?}");
    let now = harmed(&visitor, 60).await;
    assert!(now + 1 < harms[1], "it shuns poison: {now} and {harms:?}");
    visitor.leave().await;
}

#[tokio::test]
async fn lesson_2_a_maybe_becomes_sure_by_what_happens_and_a_false_rule_does_not_stand() {
    let mut visitor = Visitor::open_shipped("").await;
    open(&mut visitor, "2-hypotheses", 1).await;
    for reflections in 1.. {
        visitor.click("#to-reflection").await;
        let stopped = "document.querySelector('#pause').innerText.trim() == 'Play'";
        let over = format!("document.querySelectorAll('.reflection').length == {reflections} && {IDLE}");
        visitor.until_within(THOUGHT, &format!("{over} && {stopped}")).await;
        assert!(visitor.js::<bool>("!!document.querySelector('#verdicts .yes')").await);
        if visitor.js("!!document.querySelector('.rule')").await {
            break;
        }
        assert!(reflections < 8, "it writes no rule: {}", visitor.text("#panel-strategist").await);
    }
    assert!(visitor.js::<bool>(&says(".rule", "maybe")).await, "{}", visitor.text(".rules").await);
    // The evidence leads to the moment that it rests on.
    visitor.click(".rules button.chip").await;
    visitor.until("document.querySelector('#play-on')").await;
    visitor.click("#to-now").await;
    let sure = "[...document.querySelectorAll('.rule')].some(r => r.innerText.includes('confirmed') && !r.innerText.includes('maybe'))";
    play_until(&visitor, sure).await;
    let rules = visitor.text(".rules").await;
    next(&visitor).await;
    assert_eq!(visitor.text(".rules").await, rules, "it goes on with its rules");
    next(&visitor).await;
    visitor.click("#add-rule").await;
    visitor.until("document.activeElement.classList.contains('form-heuristic')").await;
    visitor.type_into(".form-heuristic", "touch green moons for 5 points").await;
    visitor.type_into(".form-trigger", "touch green moon").await;
    visitor.type_into(".form-observation", "+5 in 1 of 1").await;
    visitor.click(".rule-form [type=submit]").await;
    visitor.until(&says(".rule", "touch green moons for 5 points")).await;
    let taken: u32 = visitor.js("+document.querySelector('#verdicts .number').innerText").await;
    play_until(&visitor, &format!("+document.querySelector('#verdicts .number').innerText >= {}", taken + 1))
        .await;
    let said = visitor.js::<Vec<String>>(&texts("#ballots .ballot-text")).await;
    assert!(said.iter().any(|said| said.contains("green moon good 5")), "it obeys: {said:?}");
    // Contradicted, called a guess, edited, or gone.
    let doubted = "(rule => !rule || /maybe|Against/.test(rule.innerText))(
        [...document.querySelectorAll('.rule')].find(r => r.innerText.includes('touch green moons for 5 points')))";
    play_until(&visitor, doubted).await;
    visitor.leave().await;
}

#[tokio::test]
async fn lesson_3_ballots_part_by_chance_and_without_chance_they_are_one() {
    let mut visitor = Visitor::open_shipped("").await;
    open(&mut visitor, "3-voting", 1).await;
    play(&visitor, 3).await;
    assert_eq!(ballots(&visitor).await, 1);
    next(&visitor).await;
    play(&visitor, 25).await;
    assert_eq!(ballots(&visitor).await, 5);
    let times = parted(&visitor).await;
    assert!(times >= 3, "five voices parted {times} times");
    next(&visitor).await;
    play(&visitor, 10).await;
    let times = parted(&visitor).await;
    assert_eq!(times, 0, "without chance they are one mind");
    // The same agent plays on, as hot as can be.
    visitor.slide("#heat", 20).await;
    visitor.until("location.hash.includes('temperature=20')").await;
    play(&visitor, 35).await;
    let hot = parted(&visitor).await;
    assert!(hot >= 15, "hot heads part most of the time: {hot}");
    visitor.leave().await;
}

#[tokio::test]
async fn lesson_4_it_is_rewarded_for_agreeing_whatever_the_score_does() {
    let mut visitor = Visitor::open_shipped("").await;
    open(&mut visitor, "4-agreement", 1).await;
    play(&visitor, 60).await;
    let points = curves(&visitor).await;
    for (at, point) in points.iter().enumerate() {
        let agreed = 2.0 * point.majority - 1.0;
        assert!((point.reward - agreed).abs() < 0.01, "{at}: {} and not {agreed}", point.reward);
    }
    let lost = points.windows(2).filter(|pair| pair[1].score < pair[0].score && pair[1].reward > 0.0).count();
    assert!(lost > 0, "what costs a point is rewarded too");
    assert!(points[points.len() - 1].learned > 0.0, "it learns from that");
    visitor.leave().await;
}

#[tokio::test]
async fn lesson_4_agreement_rises_in_the_lab_and_the_score_only_when_it_looks_back() {
    let mut visitor = Visitor::open_shipped("").await;
    open(&mut visitor, "4-agreement", 2).await;
    play(&visitor, 110).await;
    let points = curves(&visitor).await;
    let (early, late) = (&points[..30], &points[points.len() - 30..]);
    let coherence = [early, late].map(|part| mean(part, |point| point.coherence));
    let entropy = [early, late].map(|part| mean(part, |point| point.entropy));
    let score = points[points.len() - 1].score;
    println!("coherence {coherence:?}, entropy {entropy:?}, score {score}");
    assert!(coherence[1] > coherence[0] + 0.02, "they agree more: {coherence:?}");
    assert!(entropy[1] < 0.8 * entropy[0], "they hesitate less: {entropy:?}");
    assert!(score < 0.0, "and are wrong: {score}");
    // The last step has the same rules, a guard, and somebody who looks back.
    next(&visitor).await;
    play_until(&visitor, &rewritten(&visitor).await).await;
    // Looking back mends the score, as agreeing did not.
    let before = curves(&visitor).await.len();
    let taken = "+document.querySelector('#verdicts .number').innerText";
    play_until(&visitor, &format!("{taken} >= {}", before + 100)).await;
    let points = curves(&visitor).await;
    let gained = points[points.len() - 1].score - points[before - 1].score;
    assert!(gained > 15.0, "it plays by what it saw: {gained}");
    visitor.leave().await;
}

#[tokio::test]
async fn lesson_5_a_twist_is_a_surprise_and_the_log_keeps_what_was_true() {
    let mut visitor = Visitor::open_shipped("").await;
    open(&mut visitor, "5-surprise", 1).await;
    play(&visitor, 40).await;
    let verdicts: Vec<String> = visitor.js(&texts("#verdicts li")).await;
    let yes: usize = visitor.js("document.querySelectorAll('#verdicts .yes').length").await;
    assert!(yes * 8 <= verdicts.len(), "mostly no: {yes} of {}", verdicts.len());
    open(&mut visitor, "5-surprise", 2).await;
    play(&visitor, 30).await;
    visitor.click("#twist").await;
    let rewritten = rewritten(&visitor).await;
    let otherwise =
        "[...document.querySelectorAll('#verdicts .yes')].some(v => v.innerText.includes('says otherwise'))";
    play_until(&visitor, otherwise).await;
    play_until(&visitor, &rewritten).await;
    visitor.click("#log-toggle").await;
    visitor.until("document.querySelectorAll('#log .revision').length > 1").await;
    visitor.leave().await;
}

/// An order at the trading desk: what stood beside the chart before it, in hundredths and thousands, and what it brought.
#[derive(Debug)]
struct Order {
    what: String,
    volatility: i32,
    volume: i32,
    brought: i32,
}

/// The orders in the history, played once more on a desk of the same seed.
async fn orders(visitor: &Visitor, seed: u32) -> Vec<Order> {
    let mut orders: Vec<String> = visitor.js(&texts("#moments .moment span:nth-child(2)")).await;
    orders.reverse();
    let mut desk = Game::find("trading").expect("a shipped game").start(seed);
    let order = |what: String| {
        let Status { score, readings, .. } = desk.status();
        let reading = |name: &str| match readings.iter().find(|reading| reading.name == name)?.value {
            Value::Hundredths(value) | Value::Thousands(value) | Value::Count(value) => Some(value),
        };
        let [volatility, volume] =
            ["volatility", "volume"].map(|name| reading(name).expect("the desk says it"));
        Move::play(what.parse().expect("an order"), &mut desk);
        Order { what, volatility, volume, brought: desk.status().score - score }
    };
    orders.into_iter().map(order).collect()
}

#[tokio::test]
async fn lesson_6_two_rules_lose_money_when_the_market_is_wild_and_thin() {
    let mut visitor = Visitor::open_shipped("").await;
    open(&mut visitor, "6-trading", 1).await;
    play(&visitor, 55).await;
    let orders = orders(&visitor, 4).await;
    assert_eq!(orders.iter().map(|order| order.brought).sum::<i32>(), visitor.number("#score").await);
    // A stop that is run over costs four and more.
    let losses: Vec<&Order> = orders.iter().filter(|order| order.brought <= -4).collect();
    assert!(losses.len() >= 10, "the rules lose now and then: {losses:?}");
    for loss in &losses {
        assert!(loss.volatility >= 45 && loss.volume < 100, "not wild and thin: {loss:?}");
    }
    for side in ["buy fixed", "sell fixed"] {
        assert!(losses.iter().any(|loss| loss.what == side), "whichever way the trend goes: {losses:?}");
    }
    let calm: Vec<i32> =
        orders.iter().filter(|order| order.volatility < 45).map(|order| order.brought).collect();
    assert!(calm.iter().sum::<i32>() > 0, "when it is calm they gain: {calm:?}");
    visitor.leave().await;
}

#[tokio::test]
async fn lesson_6_its_own_threshold_is_a_number_that_it_has_seen() {
    let mut visitor = Visitor::open_shipped("").await;
    open(&mut visitor, "6-trading", 4).await;
    // That takes it more than one episode.
    let compares = "/ [<>]=? -?[0-9]/";
    let rule =
        format!("[...document.querySelectorAll('.rule-says')].find(rule => {compares}.test(rule.innerText))");
    play_until(&visitor, &rule).await;
    let numbers: Vec<String> = visitor
        .js(&format!("[...{rule}.innerText.matchAll(/ [<>]=? (-?[0-9.]+k?)/g)].map(found => found[1])"))
        .await;
    let asked =
        "[...document.querySelectorAll('.reflection .prompt')].map(asked => asked.textContent).join(' ')";
    let asked: String = visitor.js(asked).await;
    let seen: Vec<&str> = asked.split([' ', ',', ':']).collect();
    for number in &numbers {
        assert!(seen.contains(&number.as_str()), "{number} of {numbers:?} is not from {asked}");
    }
    visitor.leave().await;
}
