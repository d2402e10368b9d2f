//! A visitor of the built page in a real Chromium: presses keys, touches, reads, and keeps account
//! of everything that the page logged and fetched.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::RANGE;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use chromiumoxide::browser::{Browser, BrowserConfig};
use chromiumoxide::cdp::browser_protocol::browser::{
    CrashGpuProcessParams, PermissionDescriptor, PermissionSetting, SetDownloadBehaviorBehavior,
    SetDownloadBehaviorParams, SetPermissionParams,
};
use chromiumoxide::cdp::browser_protocol::dom::SetFileInputFilesParams;
use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetFocusEmulationEnabledParams,
    SetTouchEmulationEnabledParams,
};
use chromiumoxide::cdp::browser_protocol::input::{
    DispatchKeyEventParams, DispatchKeyEventType, DispatchMouseEventParams, DispatchMouseEventType,
    DispatchTouchEventReturns, DispatchTouchEventType, InsertTextParams, MouseButton, TouchPoint,
};
use chromiumoxide::cdp::browser_protocol::log::EventEntryAdded;
use chromiumoxide::cdp::browser_protocol::network::{
    BlockPattern, EventRequestWillBeSent, SetBlockedUrLsParams, SetBypassServiceWorkerParams,
    SetCacheDisabledParams,
};
use chromiumoxide::cdp::browser_protocol::page::CaptureScreenshotFormat;
use chromiumoxide::cdp::browser_protocol::system_info::{GetProcessInfoParams, ProcessInfo};
use chromiumoxide::cdp::browser_protocol::target::SetAutoAttachParams;
use chromiumoxide::cdp::js_protocol::runtime::{EvaluateParams, EventConsoleApiCalled, EventExceptionThrown};
use chromiumoxide::page::{Page, ScreenshotParams};
use chromiumoxide::types::{Command, Method, MethodId};
use futures::StreamExt;
use rulewright::frame::Frame;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Notify;
use tower_http::services::ServeDir;

/// Chromium's switches for a GPU that is software.
pub const SOFTWARE_GPU: [&str; 3] =
    ["enable-unsafe-webgpu", "use-webgpu-adapter=swiftshader", "enable-unsafe-swiftshader"];

/// Seconds of patience with it: it compiles everything that the model computes.
pub const SLOW: u32 = 240;

/// Seconds after which something that should come about counts as missing. Nothing waits for so long
/// when all is well.
pub const PATIENCE: u32 = 20;

/// How often a click is tried on an element that moves.
const AIMS: usize = 10;

/// Waits until the element of a selector rests and may be pressed, and gives the middle of it. Until the pointer was down and up
/// over it, it alone hears of the pointer; `window.aim.hit()` tells whether that came about.
const AIM: &str = "async selector => {
    const frame = () =>
        Promise.race([new Promise(requestAnimationFrame), new Promise(done => setTimeout(done, 500))]);
    const middle = () => {
        const element = document.querySelector(selector);
        if (!element) throw new Error('there is no such element');
        element.scrollIntoViewIfNeeded();
        const { x, y, width, height } = element.getClientRects()[0] ?? {};
        if (!width || !height) throw new Error('it is not to be seen');
        return { element, x: x + width / 2, y: y + height / 2 };
    };
    let last = {}, now = middle();
    const moves = () => now.element !== last.element || now.x !== last.x || now.y !== last.y;
    const blocked = () => now.element.matches(':disabled');
    // One may press what is off, and nothing comes of it; but first it gets some time to come on.
    const off = frames => frames < 100 && now.element.matches('[aria-disabled=true]');
    for (let frames = 0; (moves() || blocked() || off(frames)) && frames < 600; frames++) {
        await frame();
        [last, now] = [now, middle()];
    }
    if (blocked()) throw new Error('it cannot be pressed');
    const seen = [], kinds = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click'];
    const watch = event => {
        const inside = now.element.contains(event.composedPath()[0]);
        seen.push(inside);
        if (!inside) {
            event.preventDefault();
            event.stopImmediatePropagation();
        }
    };
    kinds.forEach(kind => window.addEventListener(kind, watch, true));
    window.aim = {
        hit: () => {
            kinds.forEach(kind => window.removeEventListener(kind, watch, true));
            return seen.length > 0 && seen.every(inside => inside);
        },
    };
    return [now.x, now.y];
}";

/// Whether the page is wider than what it is seen on: a phone makes its window as wide as the page, and shows a part.
pub const TOO_WIDE: &str = "document.documentElement.scrollWidth > document.documentElement.clientWidth";

/// Says in JavaScript whether all of a part of the page is in the window, from its top to its bottom.
pub fn inside(part: &str) -> String {
    format!(
        "(() => {{ const at = document.querySelector('{part}').getBoundingClientRect();
            return at.height > 0 && at.top >= 0 && at.bottom <= innerHeight; }})()"
    )
}

/// Whether the agent has its model, and nothing is under way.
pub const IDLE: &str = "document.querySelector('#agent-status').innerText == 'Ready.'";

/// The texts of elements, as JavaScript.
pub fn texts(selector: &str) -> String {
    format!("[...document.querySelectorAll({selector:?})].map(element => element.innerText)")
}

/// Lines for [`Site::put_crashable_worker`]: what a job has written comes as a JavaScript function of the completions
/// makes it, and all at once.
pub fn forging(forge: &str) -> String {
    format!(
        "const post = postMessage.bind(self), forge = {forge};
        self.postMessage = reply => {{
            if (reply.Tokens) return;
            if (reply.Written) reply.Written.completions = forge(reply.Written.completions);
            post(reply);
        }};"
    )
}

/// The repository's root.
pub fn root() -> PathBuf {
    // Asked when it runs: clones that share a target directory share this program.
    let package = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this");
    Path::new(&package).join("../..")
}

/// The built page below a path, as a page in somebody's folder, and more files beside it.
pub struct Site {
    /// The page's address.
    pub address: String,
    /// What lies here is served too, and goes before the page's own files.
    pub folder: TempDir,
    asked: Arc<Mutex<Vec<String>>>,
    cut: Arc<Mutex<Option<String>>>,
    torn: Arc<Mutex<Option<Torn>>>,
    let_go: Arc<Notify>,
    silent: Arc<AtomicBool>,
}

/// A file that breaks off in the middle when it is asked for the first time.
struct Torn {
    part: String,
    /// Whether the host gives pieces of it.
    ranges: bool,
    /// Whether it breaks off only when the test says so.
    held: bool,
    is_first: bool,
}

impl Site {
    /// Serves the page.
    pub async fn open() -> Site {
        let dist = root().join("dist");
        assert!(dist.join("index.html").exists(), "there is no built page: run `make site` first");
        let folder = tempfile::tempdir().expect("a folder to serve");
        // A model that the page ships would load by itself in every test; those that want one put it here.
        let model = folder.path().join("model");
        let files = ServeDir::new(folder.path());
        let files = files.fallback(ServeDir::new(dist));
        let (asked, cut) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Mutex<Option<String>>>::default());
        let torn = Arc::<Mutex<Option<Torn>>>::default();
        let (silent, let_go) = (Arc::<AtomicBool>::default(), Arc::<Notify>::default());
        let keep = {
            let (asked, cut, torn, silent) = (asked.clone(), cut.clone(), torn.clone(), silent.clone());
            let let_go = let_go.clone();
            move |mut request: Request, next: Next| {
                let path = request.uri().path().to_string();
                let is_cut = cut.lock().expect("one writer").as_ref().is_some_and(|part| path.contains(part));
                let is_missing = path.contains("/rulewright/model/") && !model.exists();
                let mut torn = torn.lock().expect("one writer");
                let torn = torn.as_mut().filter(|torn| path.contains(&torn.part));
                let breaks = torn.and_then(|torn| {
                    if !torn.ranges {
                        request.headers_mut().remove(RANGE);
                    }
                    std::mem::take(&mut torn.is_first).then(|| torn.held.then(|| let_go.clone()))
                });
                asked.lock().expect("one writer").push(path);
                let is_silent = silent.load(Ordering::Relaxed);
                async move {
                    if is_silent {
                        std::future::pending::<()>().await;
                    }
                    match (is_cut, is_missing) {
                        (true, _) => broken_off(),
                        (_, true) => StatusCode::NOT_FOUND.into_response(),
                        _ => match breaks {
                            Some(held) => half(next.run(request).await, held).await,
                            None => next.run(request).await,
                        },
                    }
                }
            }
        };
        let pages = Router::new().nest_service("/courses/rulewright", files).layer(from_fn(keep));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, pages).await });
        let address = format!("http://{address}/courses/rulewright/");
        Site { address, folder, asked, cut, torn, let_go, silent }
    }

    /// Puts a model of `tests/parity` beside the page.
    pub fn put_model(&self, model: &str, name: &str) {
        let (from, to) = (root().join("tests/parity").join(model), self.folder.path().join(name));
        std::fs::create_dir_all(&to).expect("a folder for the model");
        let mut sums = String::new();
        for file in std::fs::read_dir(&from).expect("a model in tests/parity") {
            let name = file.expect("a file").file_name().into_string().expect("a name");
            if name == "reference.safetensors" {
                continue;
            }
            let bytes = std::fs::read(from.join(&name)).expect("a file of the model");
            let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            sums.push_str(&format!("{sum}  {name}\n"));
            std::fs::write(to.join(&name), bytes).expect("the file is copied");
        }
        std::fs::write(to.join("SHA256SUMS"), sums).expect("the list of files");
    }

    /// Puts the model beside the page that the page ships.
    pub fn put_shipped_model(&self) {
        let (from, to) = (root().join("dist/model"), self.folder.path().join("model"));
        std::fs::create_dir_all(&to).expect("a folder for the model");
        for file in std::fs::read_dir(from).expect("the page ships a model: run `make site` first") {
            let file = file.expect("a file");
            std::fs::copy(file.path(), to.join(file.file_name())).expect("the file is copied");
        }
    }

    /// Serves a worker that [`Visitor::crash_workers`] breaks, with some lines of its own before the first.
    pub fn put_crashable_worker(&self, lines: &str) {
        let worker = std::fs::read_to_string(root().join("dist/worker.js")).expect("the built worker");
        let begin = "await start(";
        assert_eq!(worker.matches(begin).count(), 1, "the worker starts its program otherwise by now");
        let worker = worker.replace(begin, &format!("self.program = {begin}"));
        // A program whose memory is wrecked traps at its next step, as it does after a panic.
        let crash = "new BroadcastChannel('crash').onmessage =
            () => new Uint8Array(self.program.memory.buffer).fill(255);";
        std::fs::write(self.folder.path().join("worker.js"), format!("{crash}\n{lines}\n{worker}"))
            .expect("a worker");
    }

    /// From now on the connection breaks off for paths that contain this; for none if `None`.
    pub fn cut(&self, part: Option<&str>) {
        *self.cut.lock().expect("one writer") = part.map(str::to_string);
    }

    /// From now on the network takes every question and answers none, as bad wifi does.
    pub fn fall_silent(&self) {
        self.silent.store(true, Ordering::Relaxed);
    }

    /// The next answer for a path that contains this breaks off in the middle. Afterwards the host gives pieces of
    /// it, or only the whole.
    pub fn tear(&self, part: &str, ranges: bool) {
        let torn = Torn { part: part.into(), ranges, held: false, is_first: true };
        *self.torn.lock().expect("one writer") = Some(torn);
    }

    /// The same, but that it stops there, and breaks off when [`Site::let_go`] says so.
    pub fn hold(&self, part: &str) {
        let torn = Torn { part: part.into(), ranges: true, held: true, is_first: true };
        *self.torn.lock().expect("one writer") = Some(torn);
    }

    /// What is held breaks off.
    pub fn let_go(&self) {
        self.let_go.notify_one();
    }

    /// The paths that were asked for and contain this, by the page or by a worker.
    pub fn asked(&self, part: &str) -> Vec<String> {
        let asked = self.asked.lock().expect("one writer");
        asked.iter().filter(|path| path.contains(part)).cloned().collect()
    }
}

/// An answer that never arrives: the connection closes.
fn broken_off() -> Response {
    let cut = async { Err::<Vec<u8>, _>(io::Error::other("the network is cut")) };
    Response::new(Body::from_stream(futures::stream::once(cut)))
}

/// An answer whose first half arrives before the connection closes, soon or when it is let go.
async fn half(response: Response, held: Option<Arc<Notify>>) -> Response {
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("a whole answer");
    let first = bytes.slice(..bytes.len() / 2);
    let cut = async move {
        match held {
            Some(held) => held.notified().await,
            // What was written is on its way by then.
            None => tokio::time::sleep(Duration::from_millis(300)).await,
        }
        Err(io::Error::other("the network is cut"))
    };
    let parts = futures::stream::iter([Ok(first)]).chain(futures::stream::once(cut));
    Response::from_parts(head, Body::from_stream(parts))
}

/// Chromium's touch event. The crate's own leaves out an empty list of points, which the end of a
/// touch must have.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Touch {
    #[serde(rename = "type")]
    kind: DispatchTouchEventType,
    touch_points: Vec<TouchPoint>,
}

impl Method for Touch {
    fn identifier(&self) -> MethodId {
        "Input.dispatchTouchEvent".into()
    }
}

impl Command for Touch {
    type Response = DispatchTouchEventReturns;
}

/// A browser of its own, with one page open.
pub struct Visitor {
    /// The page, for what this type has no word for.
    pub page: Page,
    /// Where the page is served.
    pub site: Arc<Site>,
    browser: Arc<tokio::sync::Mutex<Browser>>,
    logged: Arc<Mutex<Vec<String>>>,
    fetched: Arc<Mutex<Vec<String>>>,
    keeps: bool,
    _profile: Arc<TempDir>,
}

impl Visitor {
    /// Starts a browser with an empty profile and opens the page at a fragment.
    pub async fn open(fragment: &str) -> Visitor {
        Visitor::open_with(fragment, &["disable-gpu"]).await
    }

    /// The same, with some of Chromium's switches.
    pub async fn open_with(fragment: &str, switches: &[&str]) -> Visitor {
        Visitor::start(Site::open().await, fragment, switches, false).await
    }

    /// The same, of the page with the model that it ships.
    pub async fn open_shipped(fragment: &str) -> Visitor {
        let site = Site::open().await;
        site.put_shipped_model();
        Visitor::start(site, fragment, &["disable-gpu"], false).await
    }

    /// The same, and the page may keep itself for when there is no network.
    pub async fn open_and_keep(fragment: &str) -> Visitor {
        Visitor::start(Site::open().await, fragment, &["disable-gpu"], true).await
    }

    async fn start(site: Site, fragment: &str, switches: &[&str], keeps: bool) -> Visitor {
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let quiet = [
            "disable-quic",
            "no-first-run",
            "disable-background-networking",
            "disable-component-update",
            "disable-sync",
        ];
        let config = BrowserConfig::builder()
            .no_sandbox()
            .new_headless_mode()
            .user_data_dir(profile.path())
            .viewport(None)
            .window_size(1366, 768)
            .request_timeout(Duration::from_secs(600))
            .args(quiet)
            .args(switches.iter().copied())
            .build()
            .expect("Chromium is installed: run `make test`, which sees to it");
        let (browser, mut events) = Browser::launch(config).await.expect("Chromium starts");
        tokio::spawn(async move { while events.next().await.is_some() {} });
        let page = browser.new_page("about:blank").await.expect("a page");
        let mut visitor = Visitor {
            page,
            site: Arc::new(site),
            browser: Arc::new(tokio::sync::Mutex::new(browser)),
            logged: Arc::default(),
            fetched: Arc::default(),
            keeps,
            _profile: Arc::new(profile),
        };
        visitor.listen().await;
        visitor.size(1366, 768, false).await;
        // Several browsers at once can't all be in front; each behaves as if it were.
        visitor.page.execute(SetFocusEmulationEnabledParams::new(true)).await.expect("the focus");
        visitor.go(fragment).await;
        visitor
    }

    /// Opens the page in another tab of the same browser.
    pub async fn tab(&self, fragment: &str) -> Visitor {
        self.tab_at(self.site.clone(), fragment).await
    }

    /// The same, served from elsewhere: nothing of it was fetched or kept before.
    pub async fn tab_at(&self, site: Arc<Site>, fragment: &str) -> Visitor {
        let page = self.browser.lock().await.new_page("about:blank").await.expect("a page");
        let mut tab = Visitor {
            page,
            site,
            browser: self.browser.clone(),
            logged: self.logged.clone(),
            fetched: self.fetched.clone(),
            keeps: self.keeps,
            _profile: self._profile.clone(),
        };
        tab.listen().await;
        tab.size(1366, 768, false).await;
        tab.page.execute(SetFocusEmulationEnabledParams::new(true)).await.expect("the focus");
        tab.go(fragment).await;
        tab
    }

    /// Opens another address of the page, as a link from elsewhere does.
    pub async fn go(&mut self, fragment: &str) {
        self.page.goto("about:blank").await.expect("an empty page");
        self.page.goto(format!("{}{fragment}", self.site.address)).await.expect("the page opens");
        self.until_ready("").await;
    }

    /// Waits until the page is on the screen, all its parts. Chromium drops keys until a page was painted, so that
    /// nobody plays what he can't see.
    async fn until_ready(&self, and: &str) {
        let painted = "performance.getEntriesByName('first-contentful-paint').length";
        let whole = "document.querySelector('#board canvas') && !document.querySelector('main[aria-busy]')";
        self.until(&format!("{and} {whole} && {painted} > 0")).await;
        self.js::<f64>("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))").await;
    }

    /// Loads the page anew.
    pub async fn reload(&self) {
        self.run("window.old = true").await;
        self.page.reload().await.expect("a reload");
        self.until_ready("!window.old &&").await;
    }

    /// Waits until a JavaScript expression is true, checked at every frame of the screen.
    pub async fn until(&self, condition: &str) {
        self.until_within(PATIENCE, condition).await;
    }

    /// The same with so many seconds of patience.
    pub async fn until_within(&self, seconds: u32, condition: &str) {
        let wait = format!(
            "new Promise((yes, no) => {{
                const end = performance.now() + {seconds}000;
                const look = () => {{
                    let met = false;
                    try {{ met = {condition}; }} catch (_) {{}}
                    if (met) yes(true);
                    else if (performance.now() > end) no(new Error('never came about'));
                    else {{
                        // Now and then a Chromium draws no more; that is to be told of, not waited for.
                        const later = setTimeout(() => (cancelAnimationFrame(next), look()), 500);
                        const next = requestAnimationFrame(() => (clearTimeout(later), look()));
                    }}
                }};
                look();
            }})"
        );
        if let Err(error) = self.try_js::<bool>(&wait).await {
            let address: String = self.js("location.href").await;
            panic!("{condition}: {error}\non the page {address}: {}", self.text("body").await);
        }
    }

    /// The value of a JavaScript expression; a promise is awaited.
    pub async fn js<T: DeserializeOwned>(&self, expression: &str) -> T {
        self.try_js(expression).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Runs JavaScript for its effect.
    pub async fn run(&self, code: &str) {
        self.js::<bool>(&format!("(() => {{ {code}; return true; }})()")).await;
    }

    /// The same, with the error as a text.
    pub async fn try_js<T: DeserializeOwned>(&self, expression: &str) -> Result<T, String> {
        let call = EvaluateParams::builder()
            .expression(expression)
            .await_promise(true)
            .return_by_value(true)
            .build()?;
        let result = self.page.evaluate(call).await.map_err(|e| e.to_string())?;
        result.into_value().map_err(|e| e.to_string())
    }

    /// The text of the first element that fits.
    pub async fn text(&self, selector: &str) -> String {
        self.js(&format!("document.querySelector({selector:?})?.innerText ?? '(no such element)'")).await
    }

    /// A number that the page shows.
    pub async fn number(&self, selector: &str) -> i32 {
        let text = self.text(selector).await;
        text.trim().parse().unwrap_or_else(|_| panic!("{selector} shows “{text}”, not a number"))
    }

    /// Clicks the middle of the first element that fits, with a real pointer. Where the page moves in between
    /// and the pointer is over something else, that hears nothing, and the click is tried again.
    pub async fn click(&self, selector: &str) {
        for _ in 0..AIMS {
            let aim = format!("({AIM})({selector:?})");
            let [x, y]: [f64; 2] = self.try_js(&aim).await.unwrap_or_else(|e| panic!("{selector}: {e}"));
            for (kind, button) in [
                (DispatchMouseEventType::MouseMoved, MouseButton::None),
                (DispatchMouseEventType::MousePressed, MouseButton::Left),
                (DispatchMouseEventType::MouseReleased, MouseButton::Left),
            ] {
                let event = DispatchMouseEventParams::builder().r#type(kind).x(x).y(y).button(button);
                let event = event.click_count(1).build().expect("a pointer event");
                self.page.execute(event).await.expect("the pointer arrives");
            }
            // A click that led to another page has hit.
            if self.js("window.aim?.hit() ?? true").await {
                return;
            }
        }
        panic!("{selector}: something else is in front of it: {}", self.text("body").await);
    }

    /// Types a text into a field, in place of what it holds.
    pub async fn type_into(&self, field: &str, text: &str) {
        self.run(&format!("const field = document.querySelector({field:?}); field.focus(); field.select()"))
            .await;
        self.page.execute(InsertTextParams::new(text)).await.expect("the text arrives");
    }

    /// Chooses files, or a folder, from the disk.
    pub async fn choose_files(&self, field: &str, paths: &[&Path]) {
        let element = self.page.find_element(field).await.unwrap_or_else(|e| panic!("{field}: {e}"));
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        let choice =
            SetFileInputFilesParams::builder().files(paths).object_id(element.remote_object_id.clone());
        let choice = choice.build().expect("a choice");
        self.page.execute(choice).await.expect("the files are chosen");
    }

    /// Clicks something that gives a file away, and reads it.
    pub async fn download(&self, selector: &str, name: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let downloads = SetDownloadBehaviorParams::builder()
            .behavior(SetDownloadBehaviorBehavior::Allow)
            .download_path(folder.path().display().to_string());
        self.page.execute(downloads.build().expect("a folder for downloads")).await.expect("downloads");
        self.click(selector).await;
        let path = folder.path().join(name);
        for _ in 0..PATIENCE * 20 {
            if std::fs::metadata(&path).is_ok_and(|file| file.len() > 0) {
                return std::fs::read_to_string(&path).expect("a text");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{selector} gave no {name}");
    }

    /// Presses the pointer down on the middle of an element, or lifts it there.
    pub async fn hold(&self, selector: &str, down: bool) {
        let element = self.page.find_element(selector).await;
        let element = element.unwrap_or_else(|e| panic!("{selector}: {e}"));
        element.scroll_into_view().await.expect("it can be scrolled to");
        let at = element.clickable_point().await.expect("a place to press");
        let kind =
            if down { DispatchMouseEventType::MousePressed } else { DispatchMouseEventType::MouseReleased };
        let event = DispatchMouseEventParams::builder().r#type(kind).x(at.x).y(at.y);
        let event = event.button(MouseButton::Left).click_count(1).build().expect("a pointer event");
        self.page.execute(event).await.expect("the pointer arrives");
    }

    /// Presses and releases a key, named as in `KeyboardEvent.key`.
    pub async fn press(&self, key: &str) {
        self.key(key, true).await;
        self.key(key, false).await;
    }

    /// Presses a key down, or releases it.
    pub async fn key(&self, key: &str, down: bool) {
        self.send_key(key, down, false).await;
    }

    /// Goes on holding a key that is down: it comes once more by itself.
    pub async fn hold_on(&self, key: &str) {
        self.send_key(key, true, true).await;
    }

    async fn send_key(&self, key: &str, down: bool, again: bool) {
        let kind = if down { DispatchKeyEventType::KeyDown } else { DispatchKeyEventType::KeyUp };
        let mut event = DispatchKeyEventParams::builder().r#type(kind).key(key).auto_repeat(again);
        // What the browser itself does with a key (follow the focus, press a button) hangs on these.
        let (code, number, text) = match key {
            "Tab" => ("Tab", 9, None),
            "Enter" => ("Enter", 13, Some("\r")),
            "Escape" => ("Escape", 27, None),
            " " => ("Space", 32, Some(" ")),
            "ArrowLeft" => (key, 37, None),
            "ArrowUp" => (key, 38, None),
            "ArrowRight" => (key, 39, None),
            "ArrowDown" => (key, 40, None),
            letter => ("", 0, Some(letter)),
        };
        event = event.code(code).windows_virtual_key_code(number);
        if let Some(text) = text.filter(|_| down) {
            event = event.text(text);
        }
        self.page.execute(event.build().expect("a key event")).await.expect("the key arrives");
    }

    /// Draws a finger over the middle of an element, by so many pixels.
    pub async fn swipe(&self, selector: &str, dx: f64, dy: f64) {
        let [x, y]: [f64; 2] = self
            .js(&format!(
                "(() => {{ const r = document.querySelector({selector:?}).getBoundingClientRect();
                return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
            ))
            .await;
        let touch = async |kind, touch_points: Vec<TouchPoint>| {
            self.page.execute(Touch { kind, touch_points }).await.expect("the touch arrives");
        };
        touch(DispatchTouchEventType::TouchStart, vec![TouchPoint::new(x, y)]).await;
        touch(DispatchTouchEventType::TouchMove, vec![TouchPoint::new(x + dx / 2.0, y + dy / 2.0)]).await;
        touch(DispatchTouchEventType::TouchMove, vec![TouchPoint::new(x + dx, y + dy)]).await;
        touch(DispatchTouchEventType::TouchEnd, vec![]).await;
    }

    /// Gives the window a size; a phone also has touch.
    pub async fn size(&self, width: i64, height: i64, phone: bool) {
        let metrics =
            SetDeviceMetricsOverrideParams::new(width, height, if phone { 2.0 } else { 1.0 }, phone);
        self.page.execute(metrics).await.expect("a size");
        self.page.execute(SetTouchEmulationEnabledParams::new(phone)).await.expect("touch");
    }

    /// Has the agent take one step, and waits until it is over, for so many seconds at most.
    pub async fn agent_step(&self, seconds: u32) {
        let steps = self.number("#steps").await;
        self.click("#step").await;
        let over = format!("+document.querySelector('#steps').innerText == {} && {IDLE}", steps + 1);
        self.until_within(seconds, &over).await;
    }

    /// Adds a rule as a person does.
    pub async fn add_rule(&self, says: &str) {
        let count: usize = self.js("document.querySelectorAll('.rule').length").await;
        self.click("#add-rule").await;
        self.until("document.activeElement.classList.contains('form-heuristic')").await;
        self.type_into(".form-heuristic", says).await;
        self.click(".rule-form [type=submit]").await;
        self.until(&format!("document.querySelectorAll('.rule').length == {}", count + 1)).await;
    }

    /// Has a rule say something else, in its form.
    pub async fn edit_rule(&self, rule: &str, says: &str) {
        self.click(&format!("#edit-{rule}")).await;
        self.until("document.activeElement.closest('.rule-form')").await;
        self.type_into(".form-heuristic", says).await;
        self.click(".rule-form [type=submit]").await;
        self.until(&format!("document.querySelector('.rules').innerText.includes({says:?})")).await;
    }

    /// Breaks the programs of all workers, in the middle of whatever they do.
    pub async fn crash_workers(&self) {
        self.run("new BroadcastChannel('crash').postMessage(1)").await;
    }

    /// From now on the page asks the network for everything: nothing comes from the browser's caches.
    pub async fn without_caches(&self) {
        self.page.execute(SetBypassServiceWorkerParams::new(true)).await.expect("no service worker");
        self.page.execute(SetCacheDisabledParams::new(true)).await.expect("no cache");
    }

    /// Cuts the network off for addresses that fit a URL pattern.
    pub async fn block(&self, pattern: &str) {
        let pattern = BlockPattern::new(pattern, true);
        let block = SetBlockedUrLsParams::builder().url_pattern(pattern).build();
        self.page.execute(block).await.expect("the network is cut");
    }

    /// Keeps account of the tasks that block the page for longer than 50 ms, since it was opened.
    pub async fn time_tasks(&self) {
        self.run(
            "window.longTasks = [];
            const keep = tasks => tasks.forEach(task => longTasks.push(Math.round(task.duration)));
            const observer = new PerformanceObserver(list => keep(list.getEntries()));
            observer.observe({ type: 'longtask', buffered: true });
            keep(observer.takeRecords())",
        )
        .await;
    }

    /// What they took, in milliseconds.
    pub async fn long_tasks(&self) -> Vec<u32> {
        self.js("window.longTasks").await
    }

    /// Mebibytes that the browser's processes hold, all together.
    pub async fn memory(&self) -> f64 {
        self.processes("RssAnon:").await.iter().map(|(_, held)| held).sum()
    }

    /// The most mebibytes that the page's own process has held, with its workers.
    pub async fn peak_memory(&self) -> f64 {
        let processes = self.processes("VmHWM:").await;
        processes.iter().filter(|(kind, _)| kind == "renderer").fold(0.0, |most, (_, held)| held.max(most))
    }

    /// The browser's processes, by their kind, with a line of what the system says of them, in mebibytes.
    async fn processes(&self, line: &str) -> Vec<(String, f64)> {
        let asked = self.browser.lock().await.execute(GetProcessInfoParams::default()).await;
        let held = |process: &ProcessInfo| {
            let status = std::fs::read_to_string(format!("/proc/{}/status", process.id)).unwrap_or_default();
            let held = status.lines().find_map(|found| found.strip_prefix(line));
            let held = held.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            (process.r#type.clone(), held.unwrap_or_default() / 1024.0)
        };
        asked.expect("the processes").process_info.iter().map(held).collect()
    }

    /// The program that draws for all pages crashes, and every GPU device is lost.
    pub async fn lose_gpu(&self) {
        self.browser.lock().await.execute(CrashGpuProcessParams::default()).await.expect("a crash");
    }

    /// What the visitor prefers, such as `prefers-color-scheme: dark`.
    pub async fn prefer(&self, feature: &str, value: &str) {
        let feature = MediaFeature::new(feature, value);
        self.page.emulate_media_features(vec![feature]).await.expect("a preference");
    }

    /// The frame that the board's canvas shows.
    pub async fn canvas(&self) -> Vec<u8> {
        self.js(
            "(() => { const c = document.querySelector('#board canvas');
            const copy = new OffscreenCanvas(c.width, c.height).getContext('2d', { willReadFrequently: true });
            copy.drawImage(c, 0, 0);
            const d = copy.getImageData(0, 0, c.width, c.height).data;
            return Array.from(d).filter((_, i) => i % 4 < 3); })()",
        )
        .await
    }

    /// The board must show exactly this frame; it may come a frame of the screen later than the words about it,
    /// as Yew lets the browser draw between what it renders and what follows from that.
    pub async fn board_shows(&self, frame: &Frame, what: &str) {
        let mut shown = self.canvas().await;
        for _ in 0..AIMS {
            if shown == frame.rgb() {
                return;
            }
            self.js::<f64>("new Promise(done => requestAnimationFrame(done))").await;
            shown = self.canvas().await;
        }
        let apart = shown.iter().zip(frame.rgb()).filter(|(a, b)| a != b).count();
        assert_eq!((shown.len(), apart), (frame.rgb().len(), 0), "{what}: the board shows another frame");
    }

    /// Moves a slider as far as this.
    pub async fn slide(&self, slider: &str, to: u8) {
        self.run(&format!(
            "const slider = document.querySelector({slider:?});
            slider.value = {to}; slider.dispatchEvent(new Event('input', {{ bubbles: true }}))"
        ))
        .await;
    }

    /// Lets the page write to the clipboard and read it, as a person who presses a button does.
    pub async fn grant_clipboard(&self) {
        for permission in ["clipboard-read", "clipboard-write"] {
            let permission = PermissionDescriptor::new(permission);
            let grant = SetPermissionParams::new(permission, PermissionSetting::Granted);
            self.browser.lock().await.execute(grant).await.expect("the clipboard");
        }
    }

    /// What a camera reads from a QR code.
    pub async fn read_qr(&self, code: &str) -> String {
        let code = self.page.find_element(code).await.expect("a QR code");
        let picture = code.screenshot(CaptureScreenshotFormat::Png).await.expect("a picture of it");
        let picture = image::load_from_memory(&picture).expect("a picture").to_luma8();
        let mut picture = rqrr::PreparedImage::prepare(picture);
        let grids = picture.detect_grids();
        grids.first().expect("there is a code").decode().expect("it can be read").1
    }

    /// Saves what is on the screen to `shots/` in the repository, for a person to look at.
    pub async fn screenshot(&self, name: &str) {
        let folder = root().join("shots");
        std::fs::create_dir_all(&folder).expect("a folder for screenshots");
        let picture = self.page.screenshot(ScreenshotParams::default()).await.expect("a picture");
        std::fs::write(folder.join(format!("{name}.png")), picture).expect("the picture is saved");
    }

    /// What is wider than the window, by the beginning of its mark-up.
    pub async fn sticking_out(&self) -> Vec<String> {
        self.js("[...document.querySelectorAll('body *')].filter(e => !e.closest('.hidden, .skip')
                && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))")
            .await
    }

    /// What an automatic checker (axe) finds wrong with the page for people with disabilities.
    pub async fn barriers(&self) -> Vec<String> {
        let axe = root().join("tests/browser/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(axe).expect("axe is installed: run `make test`, which sees to it");
        self.run(&format!("if (!window.axe) {{ {axe} }}")).await;
        // What is still fading in has less contrast than it will have.
        self.js("Promise.allSettled(document.getAnimations().map(a => a.finished))
                .then(() => axe.run(document, { resultTypes: ['violations'] })).then(found => found.violations.map(v =>
                v.id + ': ' + v.help + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(', ')))")
            .await
    }

    /// Everything that was logged to the console, but for plain chatter, and every error.
    pub fn logged(&self) -> Vec<String> {
        self.logged.lock().expect("one writer").clone()
    }

    /// Every address that was fetched.
    pub fn fetched(&self) -> Vec<String> {
        self.fetched.lock().expect("one writer").clone()
    }

    /// Forgets what was logged: it was expected.
    pub fn forget_logged(&self) {
        self.logged.lock().expect("one writer").clear();
    }

    /// Leaves; the console must have stayed clean and nothing may have come from elsewhere.
    pub async fn leave(self) {
        assert_eq!(self.logged(), Vec::<String>::new(), "the console is not clean");
        let own = |address: &String| address.starts_with(&self.site.address) || address.starts_with("about:");
        let foreign: Vec<_> = self.fetched().into_iter().filter(|a| !own(a)).collect();
        assert_eq!(foreign, Vec::<String>::new(), "requests to elsewhere");
        self.close().await;
    }

    /// Ends the browser, whatever it did.
    pub async fn close(self) {
        let mut browser = self.browser.lock().await;
        browser.close().await.expect("the browser closes");
        browser.wait().await.expect("the browser ends");
    }

    async fn listen(&mut self) {
        self.page.enable_log().await.expect("the log");
        // The crate has workers wait for a debugger, and a service worker waits for ever.
        self.page.execute(SetAutoAttachParams::new(false, false)).await.expect("nobody waits");
        if !self.keeps {
            // What a test serves or cuts off is what the page gets, whatever an earlier page kept.
            let none = "Object.defineProperty(Navigator.prototype, 'serviceWorker', { value: undefined })";
            self.page.evaluate_on_new_document(none).await.expect("a script before the page's own");
        }
        let mut console = self.page.event_listener::<EventConsoleApiCalled>().await.expect("the console");
        let mut errors = self.page.event_listener::<EventExceptionThrown>().await.expect("exceptions");
        let mut entries = self.page.event_listener::<EventEntryAdded>().await.expect("the log");
        let mut requests = self.page.event_listener::<EventRequestWillBeSent>().await.expect("requests");
        let (logged, fetched) = (self.logged.clone(), self.fetched.clone());
        let note = move |text: String| {
            // How Chromium comments on a page that asks for a GPU where there is none.
            if !text.contains("No available adapters.") {
                logged.lock().expect("one writer").push(text);
            }
        };
        tokio::spawn({
            let note = note.clone();
            async move {
                while let Some(event) = console.next().await {
                    note(format!("console: {:?}", event.args));
                }
            }
        });
        tokio::spawn({
            let note = note.clone();
            async move {
                while let Some(event) = errors.next().await {
                    note(format!("exception: {}", event.exception_details.text));
                }
            }
        });
        tokio::spawn(async move {
            while let Some(event) = entries.next().await {
                // How Chromium comments on a page that asks whether it ships a model, and ships none.
                let is_model = |url: &String| url.ends_with("/rulewright/model/SHA256SUMS");
                if event.entry.url.as_ref().is_some_and(is_model) {
                    continue;
                }
                note(format!("{:?}: {}", event.entry.level, event.entry.text));
            }
        });
        tokio::spawn(async move {
            while let Some(event) = requests.next().await {
                fetched.lock().expect("one writer").push(event.request.url.clone());
            }
        });
    }
}
