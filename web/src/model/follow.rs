//! Makes workers follow the state: an order starts one, a question gives it work, and what they say
//! comes back as events, some twenty times a second.

use super::{Event, Folder, Order, words};
use crate::mind::{self, Choice, News, Pool, Told};
use crate::state::{self, State};
use crate::watch;
use crate::work::spawn;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{Either, join, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::Promise;
use rulewright::mind::{Policy, Purpose};
use rulewright_protocol::{Reply, Request, Source};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response, Url};
use yew::prelude::*;

/// Milliseconds after which a frame counts as drawn: a tab that nobody sees draws none.
const UNSEEN: u32 = 250;
/// Milliseconds in which a host has to say that it has no model. One that says nothing may be a bad network, and the
/// model in the browser's cache.
const ANSWER: u32 = 2000;
/// Milliseconds in which nothing is handed on after a frame: nobody reads faster, and the workers need the
/// time.
const REST: u32 = 100;

/// The loaded model's workers, if there are any.
pub type Holder = Rc<RefCell<Option<Pool>>>;

/// Keeps the workers as the state wants them. The model that the page ships is loaded once the page is drawn:
/// a worker that starts earlier takes the time that drawing needs, where there are two cores.
#[hook]
pub fn use_model(state: &UseReducerHandle<State>, drawn: bool) -> Holder {
    let pool: Holder = use_mut_ref(|| None::<Pool>);
    let job = use_mut_ref(|| None);
    let page = state.dispatcher();
    use_effect_with(drawn, move |drawn| {
        if *drawn {
            page.dispatch(state::Event::Model(Event::Open));
        }
    });
    let (holder, page) = (pool.clone(), state.dispatcher());
    use_effect_with(state.model.order.clone(), move |order| {
        let stop = spawn(order.clone().map(|order| follow(order, holder.clone(), page)));
        move || {
            stop();
            holder.take();
        }
    });
    let answer = state.model.answer.as_ref();
    let (holder, asked) = (pool.clone(), job.clone());
    use_effect_with(answer.map(|answer| answer.question.clone()), move |question| {
        let (Some(question), Some(pool)) = (question, &*holder.borrow()) else { return };
        let (messages, style) = (question.messages.clone(), question.style.clone());
        *asked.borrow_mut() =
            pool.ask(|job| Request::Write { job, purpose: Purpose::Vote(Policy::Adapted), messages, style });
    });
    let holder = pool.clone();
    let stopping = answer.map(|answer| (answer.question.number, answer.stopping));
    use_effect_with(stopping, move |stopping| {
        let (pool, job) = (holder.borrow(), *job.borrow());
        if let (Some((_, true)), Some(pool), Some(job)) = (*stopping, &*pool, job) {
            pool.stop(job);
        }
    });
    pool
}

/// Loads a model and tells the page what is heard of it, until the model goes.
async fn follow(order: Rc<Order>, holder: Holder, page: UseReducerDispatcher<State>) {
    let (tell, told) = unbounded();
    let number = order.number;
    join(listen(order, holder, tell), show(told, number, page)).await;
}

async fn listen(order: Rc<Order>, holder: Holder, tell: UnboundedSender<state::Event>) {
    let say = |event| {
        // The other end lives as long as this one.
        let _ = tell.unbounded_send(event);
    };
    let tell = |event| say(state::Event::Model(event));
    let own = order.folder == Folder::Own;
    if own && order.quiet && ships_no_model().await {
        return tell(Event::Missing);
    }
    let source = match source(&order.folder) {
        Ok(source) => source,
        Err(problem) => return tell(Event::Failed(problem)),
    };
    match mind::load(order.backend, source.clone(), &|step| tell(Event::Loading(step))).await {
        Ok((ready, mut choice)) => {
            let about = ready.about.clone();
            let (pool, mut told) = Pool::new(ready, choice.backend(), source);
            *holder.borrow_mut() = Some(pool);
            tell(Event::Loaded(about, choice.clone()));
            let mut trouble = String::new();
            while let Some(told) = told.next().await {
                match told {
                    Told::Heard(News::Said(Reply::Loaded(about))) => {
                        // The fresh worker may run on another device.
                        let backend = holder.borrow().as_ref().map(Pool::backend);
                        if let Some(backend) = backend.filter(|backend| *backend != choice.backend()) {
                            choice = Choice::Left(backend, std::mem::take(&mut trouble));
                        }
                        tell(Event::Loaded(about, choice.clone()));
                    }
                    Told::Heard(news) => {
                        if let News::Again(problem) = &news {
                            trouble.clone_from(problem);
                        }
                        tell(Event::Heard(news));
                    }
                    other => say(state::Event::Watch(watch::Event::Told(other))),
                }
            }
        }
        Err(_) if own && ships_no_model().await => tell(Event::Failed(words::NO_MODEL.into())),
        Err(problem) => tell(Event::Failed(problem)),
    }
}

/// Hands events to the page, before a frame is drawn: a fast model writes several tokens in that time.
async fn show(mut told: UnboundedReceiver<state::Event>, order: u32, page: UseReducerDispatcher<State>) {
    while let Some(first) = told.next().await {
        select(next_frame(), TimeoutFuture::new(UNSEEN)).await;
        let mut events = vec![first];
        while let Ok(event) = told.try_recv() {
            events.push(event);
        }
        page.dispatch(state::Event::Heard(order, events));
        TimeoutFuture::new(REST).await;
    }
}

/// The next frame of the screen.
fn next_frame() -> JsFuture {
    JsFuture::from(Promise::new(&mut |draw, _| {
        if let Some(window) = web_sys::window() {
            // Every browser with WebAssembly has frames.
            let _ = window.request_animation_frame(&draw);
        }
    }))
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
    let asked = select(Box::pin(asked), TimeoutFuture::new(ANSWER)).await;
    matches!(asked, Either::Left((Some(true), _)))
}
