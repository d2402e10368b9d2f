//! What the page has asked for and is not done yet.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use rulewright_protocol::{Job, Request};

/// Requests in the order of their coming, and the one that is being done.
#[derive(Default)]
pub struct Queue {
    waiting: RefCell<VecDeque<Request>>,
    current: Cell<Option<Job>>,
    stopped: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

impl Queue {
    /// Takes a request on.
    pub fn add(&self, request: Request) {
        self.waiting.borrow_mut().push_back(request);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Stops a job. Whether it was still waiting: it is gone then, and nobody else will answer for it.
    pub fn cancel(&self, job: Job) -> bool {
        if self.current.get() == Some(job) {
            self.stopped.set(true);
            return false;
        }
        let mut waiting = self.waiting.borrow_mut();
        let before = waiting.len();
        waiting.retain(|request| request.job() != Some(job));
        waiting.len() < before
    }

    /// The next request, which is the current one from now on.
    pub async fn next(&self) -> Request {
        self.current.set(None);
        let request = poll_fn(|context| match self.waiting.borrow_mut().pop_front() {
            Some(request) => Poll::Ready(request),
            None => {
                self.waker.set(Some(context.waker().clone()));
                Poll::Pending
            }
        });
        let request = request.await;
        self.stopped.set(false);
        self.current.set(request.job());
        request
    }

    /// Whether the current job is to stop.
    pub fn stopped(&self) -> bool {
        self.stopped.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::Context;

    fn adopt(job: Job) -> Request {
        Request::Adopt { job, adapter: None }
    }

    fn next(queue: &Queue) -> Option<Request> {
        match pin!(queue.next()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(request) => Some(request),
            Poll::Pending => None,
        }
    }

    #[test]
    fn requests_come_out_in_their_order() {
        let queue = Queue::default();
        assert_eq!(next(&queue), None);
        queue.add(adopt(1));
        queue.add(adopt(2));
        assert_eq!(next(&queue), Some(adopt(1)));
        assert_eq!(next(&queue), Some(adopt(2)));
        assert_eq!(next(&queue), None);
    }

    #[test]
    fn a_job_that_waits_is_gone_and_the_current_one_is_told_to_stop() {
        let queue = Queue::default();
        queue.add(adopt(1));
        queue.add(adopt(2));
        assert_eq!(next(&queue), Some(adopt(1)));
        assert!(queue.cancel(2) && !queue.stopped());
        assert!(!queue.cancel(1) && queue.stopped());
        assert!(!queue.cancel(7), "nobody knows it");
        queue.add(adopt(3));
        assert_eq!(next(&queue), Some(adopt(3)));
        assert!(!queue.stopped(), "the next job does not inherit it");
    }
}
