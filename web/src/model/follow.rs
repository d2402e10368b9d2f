//! Makes a worker follow the state: an order starts one, a question gives it work, and what it says
//! comes back as events, once a frame of the screen.

use super::{Event, Folder, Order, words};
use crate::mind::{self, Mind};
use crate::state::{self, State};
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{AbortHandle, Abortable, join};
use js_sys::Promise;
use rulewright_protocol::{Request, Source};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{RequestInit, Response, Url};
use yew::prelude::*;

/// Keeps the worker as the state wants it.
#[hook]
pub fn use_model(state: &UseReducerHandle<State>) {
    let mind = use_mut_ref(|| None::<Mind>);
    let job = use_mut_ref(|| None);
    let (holder, page) = (mind.clone(), state.dispatcher());
    use_effect_with(state.model.order.clone(), move |order| {
        let (stop, stopped) = AbortHandle::new_pair();
        if let Some(order) = order.clone() {
            let work = Abortable::new(follow(order, holder.clone(), page), stopped);
            spawn_local(async move {
                let _ = work.await;
            });
        }
        move || {
            stop.abort();
            holder.take();
        }
    });
    let answer = state.model.answer.as_ref();
    let (holder, asked) = (mind.clone(), job.clone());
    use_effect_with(answer.map(|answer| answer.question.clone()), move |question| {
        let (Some(question), Some(mind)) = (question, &*holder.borrow()) else { return };
        let (messages, style) = (question.messages.clone(), question.style.clone());
        *asked.borrow_mut() = Some(mind.give(|job| Request::Write { job, messages, style }));
    });
    use_effect_with(answer.is_some_and(|answer| answer.stopping), move |stopping| {
        let (mind, job) = (mind.borrow(), *job.borrow());
        if let (true, Some(mind), Some(job)) = (*stopping, &*mind, job) {
            mind.cancel(job);
        }
    });
}

/// Loads a model and tells the page what is heard of it, until the model goes.
async fn follow(order: Rc<Order>, holder: Rc<RefCell<Option<Mind>>>, page: UseReducerDispatcher<State>) {
    let (tell, told) = unbounded();
    join(listen(order, holder, tell), show(told, page)).await;
}

async fn listen(order: Rc<Order>, holder: Rc<RefCell<Option<Mind>>>, tell: UnboundedSender<Event>) {
    let tell = |event| {
        // The other end lives as long as this one.
        let _ = tell.unbounded_send(event);
    };
    let source = match source(&order.folder) {
        Ok(source) => source,
        Err(problem) => return tell(Event::Failed(problem)),
    };
    match mind::load(order.backend, source, &|step| tell(Event::Loading(step))).await {
        Ok((mut ready, choice)) => {
            *holder.borrow_mut() = Some(ready.mind);
            tell(Event::Loaded(ready.about, choice));
            while let Some(news) = ready.heard.next().await {
                tell(Event::Heard(news));
            }
        }
        Err(_) if order.folder == Folder::Own && ships_no_model().await => {
            tell(Event::Failed(words::NO_MODEL.into()));
        }
        Err(problem) => tell(Event::Failed(problem)),
    }
}

/// Hands events to the page, at most once a frame: a fast model writes several tokens in that time.
async fn show(mut told: UnboundedReceiver<Event>, page: UseReducerDispatcher<State>) {
    while let Some(first) = told.next().await {
        next_frame().await;
        let mut events = vec![first];
        while let Ok(event) = told.try_recv() {
            events.push(event);
        }
        page.dispatch(state::Event::Model(Event::Several(events)));
    }
}

async fn next_frame() {
    let frame = Promise::new(&mut |draw, _| {
        if let Some(window) = web_sys::window() {
            // Every browser with WebAssembly has frames.
            let _ = window.request_animation_frame(&draw);
        }
    });
    let _ = JsFuture::from(frame).await;
}

/// Where the worker finds a folder, or why it can't.
fn source(folder: &Folder) -> Result<Source, String> {
    match folder {
        Folder::Own => absolute(OWN).map(Source::Address),
        Folder::At(address) => absolute(address).map(Source::Address),
        Folder::Disk(files) => Ok(Source::Files(files.clone())),
    }
}

/// The folder that a page with a model ships.
const OWN: &str = "model/";

/// An address as the worker wants it: in full, and with a slash at its end.
fn absolute(address: &str) -> Result<String, String> {
    let wrong = |_| words::no_address(address);
    let location = web_sys::window().ok_or_else(|| words::no_address(address))?.location();
    let url = Url::new_with_base(address, &location.href().map_err(wrong)?).map_err(wrong)?;
    if Some(url.origin()) != location.origin().ok() {
        return Err(words::elsewhere(&url.host()));
    }
    url.set_search("");
    url.set_hash("");
    if !url.pathname().ends_with('/') {
        url.set_pathname(&format!("{}/", url.pathname()));
    }
    Ok(url.href())
}

/// Whether the page's host answers that the page's own model is not there.
async fn ships_no_model() -> bool {
    let asked = async {
        let ask = RequestInit::new();
        ask.set_method("HEAD");
        let address = format!("{}SHA256SUMS", absolute(OWN).ok()?);
        let answer = web_sys::window()?.fetch_with_str_and_init(&address, &ask);
        let answer: Response = JsFuture::from(answer).await.ok()?.dyn_into().ok()?;
        Some(answer.status() == 404)
    };
    asked.await.unwrap_or(false)
}
