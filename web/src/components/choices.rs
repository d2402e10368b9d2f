//! One of a few, side by side.

use yew::prelude::*;

/// What can be chosen.
#[derive(Properties, PartialEq)]
pub struct ChoicesProps {
    pub legend: AttrValue,
    /// The group's name in the page.
    pub name: AttrValue,
    /// For each: its value in the page, its label, and what it means.
    pub options: Vec<(AttrValue, AttrValue, AttrValue)>,
    /// Which of them is chosen.
    pub chosen: usize,
    pub choose: Callback<usize>,
}

/// A group of radio buttons that look like buttons.
#[component]
pub fn Choices(props: &ChoicesProps) -> Html {
    let option = |(index, (value, label, hint)): (usize, &(AttrValue, AttrValue, AttrValue))| {
        let choose = props.choose.clone();
        html! {
            <label class="choice" title={(!hint.is_empty()).then(|| hint.clone())}>
                <input
                    type="radio"
                    name={&props.name}
                    {value}
                    checked={props.chosen == index}
                    onchange={move |_: Event| choose.emit(index)}
                />
                <span>{ label }</span>
            </label>
        }
    };
    html! {
        <fieldset class="choices">
            <legend>{ &props.legend }</legend>
            { for props.options.iter().enumerate().map(option) }
        </fieldset>
    }
}
