//! The worker that runs the model: it hears requests, does them one after another, and answers.
//!
//! What it asks and answers is in `rulewright_protocol`; `web/worker.js` starts it, and tells the page
//! when it breaks down.

mod device;
mod page;
mod queue;
mod session;
mod store;

use std::panic;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use queue::Queue;
use rulewright_protocol::{Reply, Request};

fn main() {
    // The panic itself is a trap, of which `worker.js` tells the page; its words are for developers.
    panic::set_hook(Box::new(|panic| web_sys::console::error_1(&panic.to_string().into())));
    let queue = Rc::new(Queue::default());
    let inbox = queue.clone();
    page::listen(move |heard| match heard {
        Ok(Request::Cancel { job }) => {
            if inbox.cancel(job) {
                page::post(&Reply::Cancelled { job });
            }
        }
        Ok(request) => inbox.add(request),
        Err(problem) => page::post(&Reply::Failed { job: None, problem }),
    });
    spawn_local(session::run(queue));
    page::post(&Reply::Ready);
}
