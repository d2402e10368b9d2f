//! A worker with a model in it, as the page holds it.
//!
//! Whoever has a worker gives it jobs and hears [`News`]. When its program breaks down, it starts a
//! fresh one, which loads the model again and does the unfinished jobs again: seeds make them come out
//! the same. Where a GPU does not come back, the fresh one may run on the CPU.

use super::device::Backend;
use super::ledger::{Ledger, News};
use super::trial::LONGEST;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::future::TimeoutFuture;
use rulewright_protocol::{Job, Reply, Request, Source};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{ErrorEvent, MessageEvent, WorkerOptions, WorkerType};

/// Times its warm-up, which is three prompts and some words after each, is more than any job takes without a word.
const WARM: f64 = 20.0;

/// A worker with a model. It ends with its owner, and whatever it does then is lost.
pub struct Worker {
    desk: Rc<RefCell<Desk>>,
}

/// Both ends of the conversation: the program, and what it has to do.
struct Desk {
    backend: Backend,
    ledger: Ledger,
    post: Option<Post>,
    /// Programs so far: the number of the last one.
    hired: u32,
    /// Replies so far.
    replies: u32,
    /// Milliseconds in which it has to say something of a job.
    patience: u32,
    /// Whether the CPU may take the place of a GPU.
    falls_back: bool,
    tell: UnboundedSender<News>,
}

/// A running program and the ears for it.
struct Post {
    worker: web_sys::Worker,
    _ears: [EventListener; 2],
}

impl Worker {
    /// Starts one that loads a model, and gives what will be heard of it.
    pub fn start(backend: Backend, source: Source) -> (Self, UnboundedReceiver<News>) {
        let (tell, heard) = unbounded();
        let ledger = Ledger::new(source);
        let (hired, replies, patience) = (0, 0, LONGEST);
        let desk = Desk { backend, ledger, post: None, hired, replies, patience, falls_back: false, tell };
        let desk = Rc::new(RefCell::new(desk));
        hire(&desk);
        (Self { desk }, heard)
    }

    /// Gives the worker a job, made from the number that it gets.
    pub fn give(&self, request: impl FnOnce(Job) -> Request) -> Job {
        let mut desk = self.desk.borrow_mut();
        let (job, send) = desk.ledger.give(request);
        desk.send(send);
        job
    }

    /// From now on, where the GPU does not come back, the CPU goes on.
    pub fn fall_back(&self) {
        self.desk.borrow_mut().falls_back = true;
    }

    /// What it runs on now.
    pub fn backend(&self) -> Backend {
        self.desk.borrow().backend
    }

    /// Stops a job; it ends in [`Reply::Cancelled`] unless it has ended already.
    pub fn cancel(&self, job: Job) {
        let mut desk = self.desk.borrow_mut();
        let (send, tell) = desk.ledger.cancel(job);
        desk.send(send);
        desk.tell(tell);
    }
}

impl Desk {
    fn send(&mut self, requests: Vec<Request>) {
        let Some(post) = &self.post else { return };
        for request in requests {
            // Our own types, written by one version of this program and read by the same. A seed may be
            // larger than JavaScript's numbers are exact.
            let serializer = Serializer::new().serialize_large_number_types_as_bigints(true);
            if let Ok(message) = request.serialize(&serializer) {
                let _ = post.worker.post_message(&message);
            }
        }
    }

    fn tell(&self, news: Vec<News>) {
        for news in news {
            // Nobody listens any more: then nobody wants to know.
            let _ = self.tell.unbounded_send(news);
        }
    }

    /// Whether the CPU is to go on where the GPU can't.
    fn can_fall_back(&self) -> bool {
        self.falls_back && self.backend == Backend::Gpu
    }

    /// Whether what can't be loaded now may be loaded on the CPU.
    fn is_without_gpu(&self) -> bool {
        self.can_fall_back() && self.ledger.is_loading()
    }

    fn hear(&mut self, reply: Reply) {
        self.replies += 1;
        if let Reply::Loaded(about) = &reply {
            self.patience = LONGEST.max((about.milliseconds[2] * WARM) as u32);
        }
        let (send, tell) = self.ledger.hear(reply);
        self.send(send);
        self.tell(tell);
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Gives a desk a fresh worker.
fn hire(desk: &Rc<RefCell<Desk>>) {
    let mut this = desk.borrow_mut();
    this.hired += 1;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    options.set_name(&this.backend.to_string());
    match web_sys::Worker::new_with_options(&address(this.backend), &options) {
        Ok(worker) => {
            let ears = ears(&worker, this.hired, &Rc::downgrade(desk));
            this.post = Some(Post { worker, _ears: ears });
            look_after(this.hired, Rc::downgrade(desk));
        }
        Err(_) => {
            let problem = "This browser doesn't let the page start a worker for the model.";
            this.tell(vec![News::Lost(problem.into())]);
        }
    }
}

fn ears(worker: &web_sys::Worker, number: u32, desk: &Weak<RefCell<Desk>>) -> [EventListener; 2] {
    let message = {
        let desk = desk.clone();
        EventListener::new(worker, "message", move |event| {
            let Some(event) = event.dyn_ref::<MessageEvent>() else { return };
            match (serde_wasm_bindgen::from_value(event.data()), desk.upgrade()) {
                (Ok(Reply::Broken { problem }), _) => broken(&desk, number, problem, false),
                (Ok(Reply::Failed { job: None, problem }), Some(this)) if this.borrow().is_without_gpu() => {
                    broken(&desk, number, problem, true);
                }
                (Ok(reply), Some(desk)) => desk.borrow_mut().hear(reply),
                (Ok(_), None) => {}
                (Err(error), _) => {
                    broken(&desk, number, format!("it said what nobody understands ({error})"), false);
                }
            }
        })
    };
    let unreadable = {
        let desk = desk.clone();
        EventListener::new(worker, "messageerror", move |_| {
            broken(&desk, number, "the browser lost one of its messages".into(), false);
        })
    };
    let error = {
        let desk = desk.clone();
        // An error that is heard here is not the page's error any more.
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(worker, "error", options, move |event| {
            event.prevent_default();
            // A program that can't be fetched is an error without a message.
            let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
            let problem = match message.trim() {
                "" => "its program could not be fetched or started".into(),
                message => message.to_string(),
            };
            broken(&desk, number, problem, false);
        })
    };
    // It stays: an error may still be on its way when its worker is gone.
    error.forget();
    [message, unreadable]
}

/// Replaces the worker with this number, which broke down; one of its kind is of no use any more if it did `for_good`.
/// Afterwards, since one of its ears is just hearing of it.
fn broken(desk: &Weak<RefCell<Desk>>, number: u32, problem: String, for_good: bool) {
    let desk = desk.clone();
    spawn_local(async move {
        let Some(desk) = desk.upgrade() else { return };
        let again = {
            let mut desk = desk.borrow_mut();
            if desk.hired != number || desk.post.take().is_none() {
                return; // it was heard of twice
            }
            let (mut again, mut tell) =
                if for_good { (false, Vec::new()) } else { desk.ledger.broke(&problem) };
            if !again && desk.can_fall_back() {
                desk.backend = Backend::Cpu;
                let why = format!("no GPU took the model again, so the CPU goes on: {problem}");
                (again, tell) = (true, desk.ledger.taken_over(&why));
            }
            desk.tell(tell);
            again
        };
        if again {
            hire(&desk);
            impatient(&desk);
        }
    });
}

/// Replaces the worker with this number when it hangs: when for a whole minute it says nothing of a job, or for longer
/// with a model that is slow.
fn look_after(number: u32, desk: Weak<RefCell<Desk>>) {
    spawn_local(async move {
        let mut before = None;
        loop {
            let patience = desk.upgrade().map_or(LONGEST, |desk| desk.borrow().patience);
            TimeoutFuture::new(patience).await;
            let Some(this) = desk.upgrade().filter(|desk| desk.borrow().hired == number) else { return };
            let this = this.borrow();
            let now = this.ledger.oldest().map(|job| (job, this.replies));
            if now.is_some() && now == before {
                let problem = format!("it has said nothing for {} seconds", patience / 1000);
                return broken(&desk, number, problem, false);
            }
            before = now;
        }
    });
}

/// A GPU that had the model and hangs as it is to take it again would keep everybody waiting for ever.
fn impatient(desk: &Rc<RefCell<Desk>>) {
    let (number, desk) = (desk.borrow().hired, Rc::downgrade(desk));
    spawn_local(async move {
        TimeoutFuture::new(LONGEST).await;
        if desk.upgrade().is_some_and(|desk| desk.borrow().hired == number && desk.borrow().is_without_gpu())
        {
            let problem = format!("it was not ready after {} seconds", LONGEST / 1000);
            broken(&desk, number, problem, true);
        }
    });
}

/// Where the worker's program is. It bears the version of the page's own program, so that a host's cache
/// never pairs an old one with a new one.
fn address(backend: Backend) -> String {
    let version = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|page| page.query_selector("script[src*='start.js?']").ok().flatten())
        .and_then(|script| script.get_attribute("src"))
        .and_then(|address| address.split_once('?').map(|(_, version)| format!("&{version}")))
        .unwrap_or_default();
    format!("./worker.js?backend={backend}{version}")
}
