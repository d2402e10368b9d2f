//! The list of what happened so far.

use super::Shared;
use super::fold::Fold;
use crate::address::Panel;
use crate::board::Moment;
use crate::state::Event;
use crate::words;
use rulewright::games::replay::Move;
use std::rc::Rc;
use yew::prelude::*;

/// Rows of the list that are on the page, on either side of the moment that is shown.
const ROWS: usize = 60;

/// The history.
#[component]
pub fn History(props: &Shared) -> Html {
    let state = &props.state;
    let from = state.shown.saturating_sub(ROWS);
    let mut steps = state.board.steps_among(from);
    let row = |(index, moment): (usize, &Rc<Moment>)| {
        let dispatcher = state.dispatcher();
        let step = match moment.done {
            Move::Twist => "·".into(),
            Move::Act(_) => {
                steps += 1;
                steps.to_string()
            }
        };
        html! {
            <li key={index}>
                <button
                    type="button"
                    class={classes!("moment", mood(moment))}
                    aria-current={(index + 1 == state.shown && state.recalled().is_none()).then_some("step")}
                    onclick={move |_: MouseEvent| dispatcher.dispatch(Event::Show(index + 1))}
                >
                    <span class="number">{ step }</span>
                    <span>{ moment.done.to_string() }</span>
                    <span class="change">{ words::change(moment) }</span>
                </button>
            </li>
        }
    };
    // Counted from the oldest on, shown with the newest on top.
    let rows: Vec<Html> = state.board.history.iter().enumerate().skip(from).take(2 * ROWS).map(row).collect();
    html! {
        <Fold state={state.clone()} panel={Panel::History} title="History">
            if state.board.history.is_empty() {
                <p class="empty">{ "Nothing has happened yet." }</p>
            } else {
                <ol id="moments" class="moments" reversed=true>{ for rows.into_iter().rev() }</ol>
            }
        </Fold>
    }
}

fn mood(moment: &Moment) -> Option<&'static str> {
    match (moment.done, moment.outcome.score, moment.outcome.lives) {
        (Move::Twist, ..) => Some("turn"),
        (_, score, lives) if score < 0 || lives < 0 => Some("harm"),
        (_, score, lives) if score > 0 || lives > 0 => Some("gain"),
        _ => None,
    }
}
