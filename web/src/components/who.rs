//! Who plays.

use super::Shared;
use super::choices::Choices;
use crate::address::Who;
use crate::state::Event;
use strum::VariantArray;
use yew::prelude::*;

/// Who may play, with their values in the page, labels and hints; in the order of [`Who`].
const WHO: [(&str, &str, &str); 3] = [
    ("you", "you", "Keys, swipes and the pad play"),
    ("agent", "the agent", "The model's votes play"),
    ("both", "side by side", "The same game and seed for both, each on a board of their own"),
];

/// The choice.
#[component]
pub fn WhoPlays(props: &Shared) -> Html {
    let state = &props.state;
    let who = Who::VARIANTS.iter().position(|who| *who == state.settings.who);
    let choose = {
        let dispatcher = state.dispatcher();
        move |index: usize| dispatcher.dispatch(Event::Who(Who::VARIANTS[index]))
    };
    html! {
        <div class="who">
            <Choices
                legend="Who plays"
                name="who"
                options={WHO.map(|(value, label, hint)| (value.into(), label.into(), hint.into())).to_vec()}
                chosen={who.unwrap_or_default()}
                {choose}
            />
        </div>
    }
}
