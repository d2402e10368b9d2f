//! Everything that the page says about a game in words: what happened, what is on the board, what a
//! chart shows. Only what the picture shows too, never a hidden rule.

use crate::board::{Board, Moment};
use crate::state::State;
use rulewright::env::{Action, Environment};
use rulewright::games::arcade::{Arcade, Ground};
use rulewright::games::desk::{Chart, Desk, DeskFile};
use rulewright::games::grid::Heading;
use rulewright::games::replay::Move;
use rulewright::games::{Episode, Game, Trigger};

/// What happened in a moment of a board's history, as a sentence.
pub fn told(board: &Board, moment: usize) -> String {
    let Some(last) = board.history.get(moment) else { return String::new() };
    let Move::Act(action) = last.done else { return "A twist: some hidden rules have changed.".into() };
    let who = if last.decision.is_some() { "it" } else { "you" };
    let what = match (&last.after, board.before(moment)) {
        (Episode::Arcade(after), Episode::Arcade(before)) => met(who, before, after, action),
        _ => format!("{who} chose {action}"),
    };
    let change = change(last);
    let colon = if change.is_empty() { "" } else { ": " };
    capitalised(&format!("{what}{colon}{change}."))
}

/// Whether a moment is worth interrupting somebody who listens.
pub fn is_news(last: &Moment) -> bool {
    let met = matches!(&last.after, Episode::Arcade(arcade) if !arcade.events().is_empty());
    met || last.done == Move::Twist || last.outcome.done || !change(last).is_empty()
}

fn met(who: &str, before: &Arcade, after: &Arcade, action: Action) -> String {
    let mut parts = Vec::new();
    for event in after.events() {
        let sprite = after.rules().kinds[usize::from(event.kind)].sprite;
        match (event.trigger, event.took) {
            (Trigger::Touch, true) => parts.push(format!("{who} met the {sprite}")),
            (Trigger::Touch, false) => parts.push(format!("the {sprite} is in the way")),
            (Trigger::Shot, _) => parts.push(format!("{who} hit the {sprite}")),
            (Trigger::Leave, true) => parts.push(format!("the {sprite} left the board")),
            (Trigger::Leave, false) => {}
            (Trigger::Drop, _) => parts.push(format!("the {sprite} fell into place")),
        }
    }
    if !parts.is_empty() {
        return parts.join(", ");
    }
    let moves = matches!(action, Action::Up | Action::Down | Action::Left | Action::Right);
    match action {
        Action::Fire => format!("{who} shot, and hit nothing"),
        Action::Wait => format!("{who} waited"),
        _ if moves && before.player() == after.player() => "something is in the way".into(),
        _ => format!("{who} moved {action}"),
    }
}

/// What a moment changed, such as `+1 score, -1 life`.
pub fn change(moment: &Moment) -> String {
    let mut parts = Vec::new();
    if moment.outcome.score != 0 {
        parts.push(format!("{:+} score", moment.outcome.score));
    }
    if moment.outcome.lives != 0 {
        let noun = if moment.outcome.lives.abs() == 1 { "life" } else { "lives" };
        parts.push(format!("{:+} {noun}", moment.outcome.lives));
    }
    parts.join(", ")
}

/// Why the episode is over.
pub fn ended(state: &State) -> &'static str {
    let status = state.board.now().status();
    let limit = state.game().map_or(0, |game| usize::from(game.file.steps));
    match (status.lives, state.board.steps()) {
        (..=0, _) => "No lives left",
        (_, steps) if steps >= limit => "Time is up",
        _ => "You are through",
    }
}

/// How one plays a game, before the first move.
pub fn how_to_play(game: &Game, actions: &[Action]) -> String {
    let choose;
    let mut ways = Vec::new();
    match (actions.contains(&Action::Up), actions.contains(&Action::Left)) {
        (true, true) => ways.push("arrow keys or swipes move"),
        (true, false) => ways.push("↑ ↓ or swipes move"),
        (false, true) => ways.push("← → or swipes move"),
        (false, false) => {
            choose = format!("choose with the keys 1 to {} or the buttons", actions.len());
            ways.push(&choose);
        }
    }
    if actions.contains(&Action::Fire) {
        ways.push("space fires");
    }
    let limit = game.file.steps;
    capitalised(&format!("{}. You have {limit} steps; nothing moves before you do.", ways.join(", ")))
}

/// Everything in the picture, seen from the player.
pub fn described(episode: &Episode) -> String {
    let arcade = match episode {
        Episode::Arcade(arcade) => arcade,
        Episode::Desk(desk) => return charted(desk),
    };
    let (px, py) = arcade.player();
    let mut parts = vec![format!("You are in column {}, row {}", px + 1, py + 1)];
    let beside = Heading::STRAIGHT.iter().filter_map(|&heading| match arcade.beside(heading) {
        Ground::Floor => None,
        Ground::Wall => Some(format!("wall {heading}")),
        Ground::Soil => Some(format!("earth {heading}")),
    });
    parts.extend(beside);
    let mut things = arcade.sightings();
    things.sort_by_key(|t| t.x.abs_diff(px) + t.y.abs_diff(py));
    for thing in &things {
        let place = [
            away(i32::from(thing.x) - i32::from(px), "right", "left"),
            away(i32::from(thing.y) - i32::from(py), "down", "up"),
        ];
        let place: Vec<_> = place.into_iter().flatten().collect();
        let heading = thing.heading.map(|h| format!(", heading {h}")).unwrap_or_default();
        parts.push(format!("{} {}{heading}", thing.sprite, place.join(" ")));
    }
    parts.join("; ") + "."
}

fn charted(desk: &Desk) -> String {
    let readings = desk.status().readings;
    let mut parts: Vec<_> = readings.iter().map(|r| format!("{} {}", r.name, r.value)).collect();
    parts.extend(desk.price_move().map(|change| match change {
        1.. => "the price rose".into(),
        0 => "the price stood still".into(),
        _ => "the price fell".into(),
    }));
    format!("A chart. {}.", capitalised(&parts.join(", ")))
}

fn away(steps: i32, ahead: &str, behind: &str) -> Option<String> {
    match steps {
        0 => None,
        n if n > 0 => Some(format!("{n} {ahead}")),
        n => Some(format!("{} {behind}", -n)),
    }
}

/// What a desk's chart shows.
pub fn caption(desk: &DeskFile) -> String {
    let names = |skip: usize| {
        let shown = desk.reading.len() - skip;
        desk.reading[..shown].iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(" and ")
    };
    let chart = match desk.chart {
        Chart::Prices => format!("The line is the price; the bars are {}", names(1)),
        Chart::Queues => format!("The stacks are {}; thin bars are the last steps", names(0)),
        Chart::Tiers => format!("The bars are {}; grey ones are the last steps", names(0)),
    };
    match &desk.stock {
        Some(stock) => {
            let [low, high] = stock.range;
            format!("{chart}. The row on top is the {}, {low} to {high}.", stock.name)
        }
        None => format!("{chart}."),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Settings;
    use crate::state::Event;
    use std::rc::Rc;
    use yew::Reducible;

    fn played(game: &str, seed: u32, actions: &[Action]) -> Rc<State> {
        let game = &Game::find(game).expect("a shipped game").id;
        let state = Rc::new(State::new(Settings { game, seed, ..Settings::default() }, vec![]));
        actions.iter().fold(state, |state, &action| state.reduce(Event::Press(action)))
    }

    #[test]
    fn a_step_is_told_by_what_was_met_and_what_it_changed() {
        // Whoever walks to and fro in the orchard long enough meets something.
        let walk: Vec<_> =
            [Action::Up; 9].into_iter().chain([Action::Right; 9]).chain([Action::Down; 9]).collect();
        let state = played("orchard", 3, &walk);
        let told: Vec<_> = (0..state.board.history.len()).map(|i| told(&state.board, i)).collect();
        assert!(told.iter().any(|t| t == "You moved up."), "{told:?}");
        assert!(told.iter().any(|t| t == "Something is in the way."), "{told:?}");
        for (i, moment) in state.board.history.iter().enumerate() {
            assert_eq!(moment.outcome.score != 0, told[i].contains("score"), "{}", told[i]);
            assert_eq!(moment.outcome.score != 0, told[i].starts_with("You met the"), "{}", told[i]);
            assert_eq!(is_news(moment), moment.outcome.score != 0, "{}", told[i]);
        }
        assert!(told.iter().any(|t| t.starts_with("You met the")), "{told:?}");
    }

    #[test]
    fn the_board_in_words_names_the_walls_around() {
        let state = played("orchard", 1, &[Action::Left; 12]);
        assert!(described(state.board.now()).contains("wall left"), "{}", described(state.board.now()));
        assert!(described(played("mole", 1, &[Action::Left, Action::Left]).board.now()).contains("earth"));
    }

    #[test]
    fn a_desk_in_words_tells_where_the_price_went() {
        // Seed 3 begins with a falling line.
        let words = described(played("trading", 3, &[]).board.now());
        assert!(words.contains("Volatility 0.") && words.ends_with("the price fell."), "{words}");
        assert!(!described(played("warehouse", 3, &[]).board.now()).contains("price"));
    }

    #[test]
    fn every_game_says_how_it_is_played_and_no_sentence_tells_a_rule() {
        for game in Game::all() {
            let how = how_to_play(game, game.start(0).actions());
            assert!(how.contains(&game.file.steps.to_string()), "{how}");
        }
    }
}
