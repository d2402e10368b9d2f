//! The open lesson: its step, what the step opens, and its question.

use super::Shared;
use super::icon::Icon;
use super::markdown;
use super::modal::Modal;
use crate::lessons::{Lesson, Part, Prediction, Scene, SceneRule};
use crate::shelf::{self, Rulebooks};
use crate::state::{Dialog, Event, State};
use yew::prelude::*;

/// What the panel needs: the page's state, and the rulebooks, one of which is the lesson's.
#[derive(Properties, PartialEq)]
pub struct LessonProps {
    pub state: UseReducerHandle<State>,
    pub rulebooks: UseReducerDispatcher<Rulebooks>,
}

/// The panel; nothing while no lesson is open.
#[component]
pub fn LessonPanel(props: &LessonProps) -> Html {
    let LessonProps { state, rulebooks } = props;
    // Whoever opens a lesson or goes on in it reads from the step's title on.
    use_effect_with((state.settings.lesson, state.settings.step), |_| {
        crate::focus::focus("lesson-title");
    });
    let Some(lesson) = state.settings.lesson.and_then(Lesson::find) else { return html! {} };
    let last = lesson.steps.len() - 1;
    let at = usize::from(state.settings.step).min(last);
    let step = &lesson.steps[at];
    let go = |to: usize| {
        let dispatcher = state.dispatcher();
        move |_: MouseEvent| dispatcher.dispatch(Event::Lesson(Some(&lesson.name), to as u8))
    };
    let close = {
        let dispatcher = state.dispatcher();
        move |_: MouseEvent| {
            // The button goes.
            crate::focus::focus_board();
            dispatcher.dispatch(Event::Lesson(None, 0));
        }
    };
    let part = |(place, part): (usize, &'static Part)| match part {
        Part::Text(text) => markdown::html(text),
        Part::Scene(scene) => open(lesson, scene, state, rulebooks),
        Part::Prediction(prediction) => {
            html! { <Predict key={format!("{}-{at}-{place}", lesson.name)} {prediction} /> }
        }
    };
    html! {
        <section class="lesson" aria-labelledby="lesson-title">
            <div class="lesson-head">
                <p class="caption">{ format!("Lesson: {}. Step {} of {}", lesson.notes.title, at + 1, last + 1) }</p>
                <button type="button" id="lesson-close" class="plain" aria-label="Close the lesson" onclick={close}>
                    <Icon name="close" />
                </button>
            </div>
            <h2 id="lesson-title" tabindex="-1">{ &step.title }</h2>
            <div class="lesson-text">{ for step.parts.iter().enumerate().map(part) }</div>
            <div class="row">
                <button type="button" id="lesson-back" disabled={at == 0} onclick={go(at.saturating_sub(1))}>
                    <Icon name="back" />{ "Back" }
                </button>
                <button type="button" id="lesson-next" disabled={at == last} onclick={go((at + 1).min(last))}>
                    <Icon name="forward" />{ "Next step" }
                </button>
            </div>
        </section>
    }
}

/// The button that opens a scene.
fn open(
    lesson: &'static Lesson,
    scene: &'static Scene,
    state: &UseReducerHandle<State>,
    rulebooks: &UseReducerDispatcher<Rulebooks>,
) -> Html {
    let (dispatcher, rulebooks) = (state.dispatcher(), rulebooks.clone());
    let settings = scene.settings(&state.settings);
    let onclick = move |_: MouseEvent| {
        let rules = scene.rules.as_ref().map(|rules| rules.iter().map(SceneRule::words).collect());
        let goes_on = rules.is_none();
        rulebooks.dispatch(shelf::Event::Lesson(lesson.notes.title.clone(), rules));
        dispatcher.dispatch(Event::Scene(settings.clone(), goes_on));
        crate::focus::focus_board();
    };
    html! {
        <button type="button" class="primary lesson-open" {onclick}>
            <Icon name="restart" />{ "Set the page up for this step" }
        </button>
    }
}

/// A question.
#[derive(Properties, PartialEq)]
struct PredictProps {
    prediction: &'static Prediction,
}

/// A question; the answer shows when one has chosen.
#[component]
fn Predict(props: &PredictProps) -> Html {
    let chosen = use_state(|| None::<usize>);
    let Prediction { question, choices, answer, because } = props.prediction;
    let choice = |(place, text): (usize, &String)| {
        let onclick = {
            let chosen = chosen.clone();
            move |_: MouseEvent| chosen.set(Some(place))
        };
        let class = (*chosen).filter(|_| place == *answer).map(|_| "right");
        html! {
            <button type="button" {class} aria-pressed={(*chosen == Some(place)).to_string()} {onclick}>{ text }</button>
        }
    };
    html! {
        <div class="predict" role="group" aria-label={question.clone()}>
            <p><strong>{ "Predict: " }</strong>{ question }</p>
            <div class="predict-choices">{ for choices.iter().enumerate().map(choice) }</div>
            <p class="predict-answer" role="status">
                if let Some(chosen) = *chosen {
                    <strong>
                        { if chosen == *answer { "Yes. ".into() } else { format!("No: {}. ", choices[*answer]) } }
                    </strong>
                    { because }
                }
            </p>
        </div>
    }
}

/// The window with all lessons.
#[component]
pub fn Lessons(props: &Shared) -> Html {
    let close = {
        let dispatcher = props.state.dispatcher();
        Callback::from(move |()| dispatcher.dispatch(Event::Ask(None)))
    };
    let teach = {
        let dispatcher = props.state.dispatcher();
        move |_: MouseEvent| dispatcher.dispatch(Event::Ask(Some(Dialog::Teacher)))
    };
    let entry = |lesson: &'static Lesson| {
        let dispatcher = props.state.dispatcher();
        let onclick = move |_: MouseEvent| {
            dispatcher.dispatch(Event::Lesson(Some(&lesson.name), 0));
        };
        html! {
            <li class="lesson-entry">
                <h3>{ &lesson.notes.title }</h3>
                <p>{ &lesson.notes.shows }</p>
                <div class="row">
                    <button type="button" id={format!("lesson-{}", lesson.name)} class="primary" {onclick}>{ "Begin" }</button>
                    <span class="caption">{ format!("{} steps, about {} minutes", lesson.steps.len(), lesson.notes.minutes) }</span>
                </div>
            </li>
        }
    };
    html! {
        <Modal id="lessons" title="Lessons" onclose={close}>
            <p>{ "Each sets the page up, asks what will happen, and lets you see. A lesson's rules are a rulebook of their own: yours stay as they are." }</p>
            <ol class="lesson-list">{ for Lesson::all().iter().map(entry) }</ol>
            <button type="button" id="for-teachers" onclick={teach}>{ "For teachers: hints, links and QR codes" }</button>
        </Modal>
    }
}
