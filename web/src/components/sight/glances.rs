//! Where the model looked when it wrote a ballot: its words, one of them chosen, and a light on the frame
//! where the attention lay.

use crate::focus::{focus, focus_board};
use crate::model::words::sentence;
use crate::state::{self, State};
use crate::watch;
use crate::watch::look::{Look, said, shown, side};
use rulewright::mind::Glance;
use web_sys::HtmlElement;
use yew::prelude::*;

/// How dark a square is that got no attention.
const DARKEST: f32 = 0.85;

/// What is looked into.
#[derive(Properties, PartialEq)]
pub struct SpotlightProps {
    pub look: Look,
}

/// Lies over the frame, and leaves in the light what got most of the attention that the frame got.
#[component]
pub fn Spotlight(props: &SpotlightProps) -> Html {
    let glances = props.look.glances();
    let squares = glances.get(props.look.chosen()).map_or(&[][..], |(_, glance)| &glance.squares);
    let Some(side) = side(squares.len()) else { return Html::default() };
    let most = squares.iter().fold(f32::MIN_POSITIVE, |most, share| most.max(*share));
    let square = |(at, share): (usize, &f32)| {
        html! {
            <rect
                x={(at % side).to_string()}
                y={(at / side).to_string()}
                width="1"
                height="1"
                fill-opacity={format!("{:.3}", DARKEST * (1.0 - share / most))}
                data-share={format!("{share:.5}")}
            />
        }
    };
    html! {
        <svg id="spotlight" viewBox={format!("0 0 {side} {side}")} aria-hidden="true" focusable="false">
            { for squares.iter().enumerate().map(square) }
        </svg>
    }
}

/// What the words need.
#[derive(Properties, PartialEq)]
pub struct GlancesProps {
    pub state: UseReducerHandle<State>,
    pub look: Look,
}

/// The ballot's words.
#[component]
pub fn Glances(props: &GlancesProps) -> Html {
    let Look { decision, ballot, .. } = props.look;
    let (place, words) = (use_node_ref(), use_node_ref());
    {
        // Whoever asks goes on here, by the keyboard too: at the words, when they are there.
        let (place, words) = (place.clone(), words.clone());
        use_effect_with((decision, ballot, props.look.found.is_some()), move |(_, _, found)| {
            let Some(place) = place.cast::<HtmlElement>() else { return };
            let is_here = place.owner_document().and_then(|page| page.active_element());
            let is_here = is_here.is_some_and(|focused| *focused == **place);
            let next = if *found { words.cast().filter(|_| is_here) } else { Some(place) };
            if let Some(next) = next {
                // An element that can't take the focus is no harm.
                let _ = next.focus();
            }
        });
    }
    let away = {
        let dispatcher = props.state.dispatcher();
        move |_: MouseEvent| {
            // Back to where one came from: this goes.
            if !focus(&format!("look-{}", ballot + 1)) {
                focus_board();
            }
            dispatcher.dispatch(state::Event::Watch(watch::Event::LookAway));
        }
    };
    html! {
        <section class="look" tabindex="-1" ref={place} aria-labelledby="look-title">
            <div class="row">
                <h4 id="look-title">
                    { format!("Where it looked: ballot {} of decision {}", ballot + 1, decision + 1) }
                </h4>
                <button type="button" id="look-away" onclick={away}>{ "Close" }</button>
            </div>
            { found(props, &words) }
        </section>
    }
}

fn found(props: &GlancesProps, place: &NodeRef) -> Html {
    match &props.look.found {
        None if props.state.watch.is_busy() => {
            html! { <p class="empty" role="status">{ "The model is asked when the step is over…" }</p> }
        }
        None => html! { <p class="empty" role="status">{ "The model looks back…" }</p> },
        Some(Err(problem)) => html! { <p class="problem" role="status">{ sentence(problem) }</p> },
        Some(Ok(_)) => words(props, place),
    }
}

fn words(props: &GlancesProps, place: &NodeRef) -> Html {
    let look = &props.look;
    let (glances, chosen) = (look.glances(), look.chosen());
    let begins: Vec<usize> = glances.iter().map(|(begins, _)| *begins).collect();
    let choose = {
        let (dispatcher, Look { decision, ballot, .. }) = (props.state.dispatcher(), look.clone());
        Callback::from(move |at: usize| {
            dispatcher.dispatch(state::Event::Watch(watch::Event::Look { decision, ballot, at }))
        })
    };
    let press = {
        let (begins, choose) = (begins.clone(), choose.clone());
        move |key: KeyboardEvent| {
            let last = begins.len().saturating_sub(1);
            let next = match key.key().as_str() {
                "ArrowLeft" | "ArrowUp" => chosen.saturating_sub(1),
                "ArrowRight" | "ArrowDown" => (chosen + 1).min(last),
                "Home" => 0,
                "End" => last,
                _ => return,
            };
            // The key is not for the game, nor for the page to scroll.
            key.stop_propagation();
            key.prevent_default();
            if let Some(at) = begins.get(next) {
                choose.emit(*at);
            }
        }
    };
    let word = |(place, (begins, glance)): (usize, &(usize, &Glance))| {
        let (choose, begins) = (choose.clone(), *begins);
        html! {
            <span
                key={place}
                id={format!("glance-{place}")}
                class="glance"
                role="option"
                aria-selected={(place == chosen).to_string()}
                onclick={move |_: MouseEvent| choose.emit(begins)}
            >{ shown(&glance.text) }</span>
        }
    };
    html! {
        <>
            <p class="caption">
                { "Choose a word: by clicking it, or with the arrow keys. The light on the frame shows where the \
                   attention lay when it was written, averaged over all of the model's layers and heads. It is \
                   found out anew, with what the model has learned by now." }
            </p>
            <div
                id="glances"
                ref={place.clone()}
                class="glances"
                role="listbox"
                tabindex="0"
                dir="ltr"
                aria-label="The ballot's words"
                aria-orientation="horizontal"
                aria-activedescendant={format!("glance-{chosen}")}
                onkeydown={press}
            >
                { for glances.iter().enumerate().map(word) }
            </div>
            <p id="glance-said" role="status">{ glances.get(chosen).map(|(_, glance)| said(glance)) }</p>
        </>
    }
}
