//! Downloads: a broken one goes on where it broke, or starts over; what arrives is checked.

use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use gloo_net::http::{Request, Response};
use gloo_timers::future::sleep;
use js_sys::{Reflect, Uint8Array};
use rulewright::vlm::folder::{CHECKSUMS, ModelError, sha256};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader, RequestCache};

use super::{File, TOO_LARGE};

/// Pauses before another try.
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(6)];
/// How long nothing may come before a download counts as broken.
const PATIENCE: Duration = Duration::from_secs(30);
/// The same for the list of files, where an older one is at hand.
const LITTLE_PATIENCE: Duration = Duration::from_secs(4);
/// So many new bytes make it worth to try as often again.
const PROGRESS: usize = 1 << 20;

/// Why a try came to nothing.
enum Trouble {
    /// Another try may help.
    Passing(String),
    /// It would not.
    Lasting(String),
}

impl Trouble {
    fn into_words(self) -> String {
        match self {
            Self::Passing(problem) | Self::Lasting(problem) => problem,
        }
    }
}

/// Downloads the list of a model's files. Where an older one is at hand, one try is enough.
pub async fn list(address: &str, older: bool) -> Result<Vec<u8>, ModelError> {
    let (pauses, patience) = if older { (&PAUSES[..0], LITTLE_PATIENCE) } else { (&PAUSES[..], PATIENCE) };
    let mut download = Download { address, cache: RequestCache::NoCache, patience, bytes: Vec::new() };
    let mut pauses = pauses.iter();
    loop {
        download.bytes.clear();
        match (download.advance(|_, _, _| ()).await, pauses.next()) {
            (Ok(()), _) => return Ok(download.bytes),
            (Err(Trouble::Passing(_)), Some(pause)) => sleep(*pause).await,
            (Err(trouble), _) => return Err(ModelError::new(CHECKSUMS, trouble.into_words())),
        }
    }
}

/// Downloads a file of a model; `tell` hears how far it is, and of how much.
pub async fn file(
    file: &File,
    kept: bool,
    downloaded: &Cell<u64>,
    tell: impl Fn(u64, Option<u64>),
) -> Result<Vec<u8>, ModelError> {
    // What we keep ourselves the browser need not keep too.
    let cache = if kept { RequestCache::NoStore } else { RequestCache::Default };
    let mut download = Download { address: &file.address, cache, patience: PATIENCE, bytes: Vec::new() };
    let (mut tries, mut furthest) = (0, 0);
    loop {
        let done = download.advance(|new, bytes, total| {
            downloaded.set(downloaded.get() + new);
            tell(bytes, total);
        });
        let trouble = match done.await {
            Ok(()) if sha256(&download.bytes) == file.sum => return Ok(download.bytes),
            Ok(()) => {
                download.bytes.clear();
                let problem = "what arrives does not fit its checksum: it is damaged or another version";
                // Whoever keeps copies on the way may have kept a bad one; past those, there is one other try.
                match std::mem::replace(&mut download.cache, RequestCache::Reload) {
                    RequestCache::Reload => Trouble::Lasting(problem.into()),
                    _ => Trouble::Passing(problem.into()),
                }
            }
            Err(trouble) => trouble,
        };
        if download.bytes.len() >= furthest + PROGRESS {
            (tries, furthest) = (0, download.bytes.len());
        }
        match (trouble, PAUSES.get(tries)) {
            (Trouble::Passing(_), Some(pause)) => sleep(*pause).await,
            (trouble, _) => return Err(ModelError::new(&file.name, trouble.into_words())),
        }
        tries += 1;
    }
}

/// A file on its way.
struct Download<'a> {
    address: &'a str,
    cache: RequestCache,
    patience: Duration,
    /// What is here.
    bytes: Vec<u8>,
}

impl Download<'_> {
    /// Gets what is not here yet; `tell` hears how many bytes are new, how many are here, and of how many.
    async fn advance(&mut self, tell: impl Fn(u64, u64, Option<u64>)) -> Result<(), Trouble> {
        let connection = Connection::new();
        let mut request =
            Request::get(self.address).cache(self.cache).abort_signal(connection.signal().as_ref());
        if !self.bytes.is_empty() {
            request = request.header("Range", &format!("bytes={}-", self.bytes.len()));
        }
        let response = self.soon(request.send()).await?.map_err(|error| {
            Trouble::Passing(format!("the download broke off, or the network can't be reached ({error})"))
        })?;
        match response.status() {
            206 => {}
            200 => self.bytes.clear(),
            // Nothing there from here on: what is here is no beginning of it.
            416 => {
                self.bytes.clear();
                return Err(Trouble::Passing("the server has another version of the file".into()));
            }
            404 | 410 => return Err(Trouble::Lasting(format!("there is no such file at {}", self.address))),
            status @ (408 | 425 | 429 | 500..) => {
                return Err(Trouble::Passing(format!("the server can't give it now (status {status})")));
            }
            status => return Err(Trouble::Lasting(format!("the server does not give it (status {status})"))),
        }
        let total = length(&response).map(|length| self.bytes.len() as u64 + length);
        if let Some(total) = total {
            self.make_room(total - self.bytes.len() as u64, 0)?;
        }
        tell(0, self.bytes.len() as u64, total);
        let broken = || Trouble::Passing("the download broke off again and again".into());
        let Some(body) = response.body() else { return Ok(()) };
        let reader = ReadableStreamDefaultReader::new(&body).map_err(|_| broken())?;
        loop {
            let part = self.soon(JsFuture::from(reader.read())).await?.map_err(|_| broken())?;
            let get = |name: &str| Reflect::get(&part, &name.into()).unwrap_or_default();
            if get("done").is_truthy() {
                return Ok(());
            }
            let part = Uint8Array::new(&get("value"));
            let (at, new) = (self.bytes.len(), part.length());
            self.make_room(new.into(), PROGRESS.max(at / 4))?;
            self.bytes.resize(at + new as usize, 0);
            part.copy_to(&mut self.bytes[at..]);
            tell(u64::from(new), self.bytes.len() as u64, total);
        }
    }

    /// Makes room for so many bytes more, and for some to spare if there is none yet: where the whole length is not
    /// known, it grows by more than a piece at a time.
    fn make_room(&mut self, more: u64, spare: usize) -> Result<(), Trouble> {
        let is_made = usize::try_from(more).is_ok_and(|more| {
            self.bytes.capacity() - self.bytes.len() >= more
                || self.bytes.try_reserve_exact(more.saturating_add(spare)).is_ok()
                || self.bytes.try_reserve_exact(more).is_ok()
        });
        if is_made { Ok(()) } else { Err(Trouble::Lasting(TOO_LARGE.into())) }
    }

    /// Waits for something, but not longer than our patience.
    async fn soon<T>(&self, coming: impl Future<Output = T>) -> Result<T, Trouble> {
        match select(pin!(coming), pin!(sleep(self.patience))).await {
            Either::Left((come, _)) => Ok(come),
            Either::Right(_) => {
                let seconds = self.patience.as_secs();
                Err(Trouble::Passing(format!("nothing came for {seconds} seconds, again and again")))
            }
        }
    }
}

/// How many bytes a response has; unknown if it is compressed on the way.
fn length(response: &Response) -> Option<u64> {
    let headers = response.headers();
    if headers.get("content-encoding").is_some() {
        return None;
    }
    headers.get("content-length")?.parse().ok()
}

/// A connection, which is closed when it is dropped.
struct Connection {
    controller: Option<AbortController>,
}

impl Connection {
    fn new() -> Self {
        Self { controller: AbortController::new().ok() }
    }

    fn signal(&self) -> Option<web_sys::AbortSignal> {
        self.controller.as_ref().map(AbortController::signal)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(controller) = &self.controller {
            controller.abort();
        }
    }
}
