//! Markdown as parts of the page: text only, whatever is in it.

use pulldown_cmark::{Event, Tag, TagEnd};
use yew::prelude::*;

/// What was read of a Markdown text, as parts of the page. Raw HTML in it is shown as the text that it is.
pub fn html(events: &[Event<'static>]) -> Html {
    let mut open: Vec<(Option<Tag<'static>>, Vec<Html>)> = vec![(None, vec![])];
    for event in events {
        let done = match event {
            Event::Start(tag) => {
                open.push((Some(tag.clone()), vec![]));
                continue;
            }
            Event::End(end) => match open.pop() {
                Some((Some(tag), inside)) => element(&tag, end, inside),
                // What was never opened closes nothing.
                other => {
                    open.extend(other);
                    continue;
                }
            },
            Event::Code(code) => html! { <code>{ code.to_string() }</code> },
            Event::SoftBreak | Event::HardBreak => html! { { " " } },
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => html! { { text.to_string() } },
            _ => continue,
        };
        if let Some((_, parts)) = open.last_mut() {
            parts.push(done);
        }
    }
    open.into_iter().flat_map(|(_, parts)| parts).collect()
}

fn element(tag: &Tag, end: &TagEnd, inside: Vec<Html>) -> Html {
    let inside: Html = inside.into_iter().collect();
    match tag {
        Tag::Emphasis => html! { <em>{ inside }</em> },
        Tag::Strong => html! { <strong>{ inside }</strong> },
        Tag::List(Some(_)) => html! { <ol>{ inside }</ol> },
        Tag::List(None) => html! { <ul>{ inside }</ul> },
        Tag::Item => html! { <li>{ inside }</li> },
        Tag::BlockQuote(_) => html! { <blockquote>{ inside }</blockquote> },
        Tag::CodeBlock(_) => html! { <pre>{ inside }</pre> },
        _ if matches!(end, TagEnd::Paragraph) => html! { <p>{ inside }</p> },
        _ => inside,
    }
}
