//! A window in front of the page. Whoever closes it finds the focus where it was.

use super::icon::Icon;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

/// What is in the window.
#[derive(Properties, PartialEq)]
pub struct ModalProps {
    /// The window's name in the page.
    pub id: AttrValue,
    pub title: AttrValue,
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
            class="modal"
            aria-labelledby={title.clone()}
            onclose={props.onclose.reform(|_: yew::Event| ())}
            onclick={backdrop}
            onkeydown={keep}
        >
            <div class="modal-head">
                <h2 id={title}>{ &props.title }</h2>
                <button type="button" class="plain" aria-label="Close" onclick={close}>
                    <Icon name="close" />
                </button>
            </div>
            { props.children.clone() }
        </dialog>
    }
}
