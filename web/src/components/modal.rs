//! A window in front of the page. Whoever closes it finds the focus where it was.

use super::icon::Icon;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement};
use yew::prelude::*;

/// What is in the window.
#[derive(Properties, PartialEq)]
pub struct ModalProps {
    /// The window's name in the page.
    pub id: AttrValue,
    pub title: AttrValue,
    /// What it looks like besides.
    #[prop_or_default]
    pub class: Classes,
    /// What stands beside the title.
    #[prop_or_default]
    pub beside: Html,
    /// It is closed: by its button, by Escape, or beside it.
    pub onclose: Callback<()>,
    pub children: Html,
}

/// The window.
#[component]
pub fn Modal(props: &ModalProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            let dialog = node.cast::<HtmlDialogElement>();
            if let Some(dialog) = &dialog {
                // It is on the page and closed, so this can't fail.
                let _ = dialog.show_modal();
            }
            // One that goes by what was done in it gives the focus back too.
            move || {
                if let Some(dialog) = dialog {
                    dialog.close();
                }
            }
        });
    }
    let close = {
        let node = node.clone();
        move |_: MouseEvent| {
            if let Some(dialog) = node.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        }
    };
    let backdrop = {
        let (node, close) = (node.clone(), close.clone());
        move |event: MouseEvent| {
            if event.target().is_some_and(|target| node.get().is_some_and(|node| *node == target)) {
                close(event);
            }
        }
    };
    // A key that is pressed here is not for the game.
    let keep = |key: KeyboardEvent| key.stop_propagation();
    let title = format!("{}-title", props.id);
    html! {
        <dialog
            ref={node}
            id={&props.id}
            class={classes!("modal", props.class.clone())}
            aria-labelledby={title.clone()}
            onclose={props.onclose.reform(|_: yew::Event| ())}
            onclick={backdrop}
            onkeydown={keep}
        >
            <div class="modal-head">
                <h2 id={title}>{ &props.title }</h2>
                { props.beside.clone() }
                <button type="button" class="plain" aria-label="Close" onclick={close}>
                    <Icon name="close" />
                </button>
            </div>
            { props.children.clone() }
        </dialog>
    }
}

/// Closes the window in which something was done, at once: afterwards the focus may go elsewhere.
pub fn close_around(event: &web_sys::Event) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let dialog = target.and_then(|target| target.closest("dialog").ok().flatten());
    if let Some(dialog) = dialog.and_then(|dialog| dialog.dyn_into::<HtmlDialogElement>().ok()) {
        dialog.close();
    }
}
