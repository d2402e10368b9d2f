//! The teacher's page: for each lesson what it shows, how long it takes, a hint, and ways to hand it out.

use super::Shared;
use super::icon::Icon;
use super::modal::Modal;
use super::share::{copy, qr::Qr};
use crate::address::{self, Region};
use crate::lessons::Lesson;
use crate::shelf::address_of;
use crate::state::Event;
use std::collections::BTreeSet;
use strum::VariantArray;
use yew::prelude::*;

/// Parts that may be left out, in words; in the order of [`Region`].
const PARTS: [&str; 4] =
    ["who plays and the buttons below the game", "the votes", "the rulebook", "all below"];

/// What a lesson's links leave out.
#[derive(Debug, Clone, Default, PartialEq)]
struct Without {
    hide: BTreeSet<Region>,
    embed: bool,
}

/// The window.
#[component]
pub fn Teacher(props: &Shared) -> Html {
    let without = use_state(Without::default);
    let close = {
        let dispatcher = props.state.dispatcher();
        Callback::from(move |()| dispatcher.dispatch(Event::Ask(None)))
    };
    let check = |id: String, label: String, on: bool, next: Without| {
        let without = without.clone();
        let change = move |_: yew::Event| without.set(next.clone());
        html! {
            <label class="check"><input {id} type="checkbox" checked={on} onchange={change} />{ label }</label>
        }
    };
    let part = |(region, label): (&Region, &&str)| {
        let mut next = (*without).clone();
        let on = next.hide.remove(region);
        if !on {
            next.hide.insert(*region);
        }
        check(format!("hide-{region}"), format!("Leave out {label}"), on, next)
    };
    let embedded = Without { embed: !without.embed, ..(*without).clone() };
    html! {
        <Modal id="teacher" title="For teachers" onclose={close}>
            <p>{ reach() }{ " The links, codes and frames below do as you tick here." }</p>
            <div class="row">
                { for Region::VARIANTS.iter().zip(&PARTS).map(part) }
                { check("embed".into(), "As a part of another page, without the head of this one".into(), without.embed, embedded) }
            </div>
            <ol class="lesson-list">
                { for Lesson::all().iter().map(|lesson| html! {
                    <Handout key={lesson.name.as_str()} {lesson} without={(*without).clone()} />
                }) }
            </ol>
        </Modal>
    }
}

/// Who can open the links, and whether they work without a network later: that depends on where the page is.
fn reach() -> &'static str {
    let Some(window) = web_sys::window() else { return "" };
    let host = window.location().hostname().unwrap_or_default();
    if ["127.0.0.1", "localhost", "[::1]"].contains(&host.as_str()) {
        "The links name this machine, and open on it alone: open the page from where pupils find it, and take them from there."
    } else if window.is_secure_context() {
        "Open each link once with a network; then everything works without one."
    } else {
        "This page came by plain http, and browsers keep nothing of such a page: each link needs the network, every time. \
         By https, or on each machine by itself, everything works without one after the first visit."
    }
}

#[derive(Properties, PartialEq)]
struct HandoutProps {
    lesson: &'static Lesson,
    without: Without,
}

/// A lesson, and what to hand out.
#[component]
fn Handout(props: &HandoutProps) -> Html {
    let HandoutProps { lesson, without: Without { hide, embed } } = props;
    let told = use_state(String::new);
    let link = address_of(&address::of_lesson(&lesson.name, hide, *embed));
    let frame = frame(lesson, &address_of(&address::of_lesson(&lesson.name, hide, true)));
    let button = |label: &'static str, text: &str| {
        let (text, told) = (text.to_string(), told.clone());
        let onclick = move |_: MouseEvent| copy(text.clone(), told.clone());
        html! { <button type="button" {onclick}><Icon name="copy" />{ label }</button> }
    };
    html! {
        <li class="lesson-entry">
            <h3>{ &lesson.notes.title }</h3>
            <p class="caption">{ format!("{} steps, about {} minutes", lesson.steps.len(), lesson.notes.minutes) }</p>
            <p>{ &lesson.notes.shows }</p>
            <p>{ &lesson.notes.teacher }</p>
            <p><a href={link.clone()}>{ &link }</a></p>
            <div class="row">
                { button("Copy the link", &link) }
                { button("Copy a frame for a course page", &frame) }
                <p class="caption" role="status">{ (*told).clone() }</p>
            </div>
            <details>
                <summary>{ "QR code and frame" }</summary>
                <Qr text={link} />
                <pre class="frame"><code>{ frame }</code></pre>
            </details>
        </li>
    }
}

/// The piece of HTML that embeds a lesson.
fn frame(lesson: &Lesson, link: &str) -> String {
    let link = link.replace('&', "&amp;");
    format!(
        "<iframe src=\"{link}\" title=\"Rulewright: {}\" width=\"100%\" height=\"900\" allow=\"clipboard-write\"></iframe>",
        lesson.notes.title
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_is_handed_out_as_a_link_that_opens_it_and_as_a_frame() {
        let lesson = &Lesson::all()[0];
        let hide = [Region::Controls, Region::More].into();
        let fragment = address::of_lesson(&lesson.name, &hide, true);
        let (settings, notices) = address::read(&fragment);
        assert_eq!((notices.len(), settings.lesson, settings.embed), (0, Some(lesson.name.as_str()), true));
        assert_eq!(settings.hide, hide);
        assert_eq!(
            address::of_lesson(&lesson.name, &BTreeSet::new(), false),
            format!("lesson={}", lesson.name)
        );
        let frame = frame(lesson, &format!("http://x/#{fragment}"));
        assert!(frame.contains("&amp;embed=yes") && frame.contains(&lesson.notes.title), "{frame}");
    }
}
