//! What the loaded model is.

use crate::model::{Loaded, words};
use std::rc::Rc;
use yew::prelude::*;

/// Which model.
#[derive(Properties, PartialEq)]
pub struct AboutProps {
    pub loaded: Rc<Loaded>,
}

/// What a model is, where it runs, and what it took to get there.
#[component]
pub fn AboutModel(props: &AboutProps) -> Html {
    let about = &props.loaded.about;
    let [fetched, built, warmed] = about.milliseconds.map(words::time);
    let (eye, decoder) = about.layers;
    let (side, tokens) = about.image;
    let rows = [
        ("device", "Runs on", about.device.clone()),
        ("choice", "Why there", words::chosen(&props.loaded.choice)),
        (
            "parameters",
            "Parameters",
            format!(
                "{}, {} of them the token table",
                words::grouped(about.parameters),
                words::grouped(about.table)
            ),
        ),
        ("layers", "Layers", format!("{eye} that see, {decoder} that write")),
        ("image", "Image", format!("{side} × {side} pixels, {}", words::tokens(tokens as usize))),
        ("vocabulary", "Vocabulary", words::tokens(about.vocabulary as usize)),
        ("longest", "Longest text", words::tokens(about.longest as usize)),
        (
            "times",
            "Times",
            format!("Fetched and checked in {fetched}, built in {built}, warmed up in {warmed}"),
        ),
        ("bytes", "Files", words::came_from(&props.loaded)),
    ];
    let row = |(id, name, value): &(&'static str, &'static str, String)| {
        html! { <><dt>{ *name }</dt><dd id={format!("model-{id}")}>{ value }</dd></> }
    };
    let file = |(name, bytes, sum): &(String, u64, String)| {
        html! {
            <li>
                <span>{ name }</span>
                <span>{ words::size(*bytes) }</span>
                <code title={format!("SHA-256: {sum}")}>{ sum.chars().take(12).collect::<String>() }</code>
            </li>
        }
    };
    html! {
        <div class="about">
            <dl class="facts">{ for rows.iter().map(row) }</dl>
            <ul id="model-files-list" class="files" aria-label="Files, with the beginnings of their SHA-256 sums">
                { for about.files.iter().map(file) }
            </ul>
        </div>
    }
}
