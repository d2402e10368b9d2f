//! Starts the page.

mod address;
mod app;
mod board;
mod components;
mod exhibits;
mod experiments;
mod field;
mod focus;
mod lab;
mod lessons;
mod mind;
mod model;
mod player;
mod same;
mod shelf;
mod state;
mod steady;
mod storage;
mod watch;
mod words;
mod work;

use gloo_timers::callback::Timeout;
use rulewright::games::Game;

fn main() {
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("app"));
    if let Some(root) = root {
        // In tasks of their own: nobody should wait long for a key, not even at the start.
        soon(|| {
            // The first file that is read has the browser compile what reads them.
            Game::find(address::Settings::default().game);
            soon(|| {
                let opened = app::Opened::read();
                soon(move || {
                    // What stands there until now says that the app is starting.
                    root.set_inner_html("");
                    yew::Renderer::<app::App>::with_root_and_props(root, opened).render();
                });
            });
        });
    }
}

fn soon(what: impl FnOnce() + 'static) {
    Timeout::new(0, what).forget();
}
