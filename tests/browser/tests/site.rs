//! The page as others serve it: in a course's page, from a stick by a plain server, and as an app of its own.

use chromiumoxide::cdp::browser_protocol::page::{GetAppManifestParams, GetInstallabilityErrorsParams};
use rulewright_browser_tests::{IDLE, Visitor, root, texts};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Seconds for what the model has to think about: the machine may be busy with other tests.
const THOUGHT: u32 = 300;

/// Waits in a frame of the page until something is so.
async fn until_in_frame(visitor: &Visitor, condition: &str) {
    let inside = condition.replace("document.", "window.inside.");
    let frame = "(window.inside = window.document.querySelector('iframe').contentDocument)";
    visitor.until_within(THOUGHT, &format!("{frame} && {inside}")).await;
}

#[tokio::test]
async fn what_the_teachers_page_gives_for_a_course_page_has_the_agent_play_there() {
    let visitor = Visitor::open("#teach=yes").await;
    visitor.site.put_shipped_model();
    visitor.click("#teacher #embed").await;
    visitor.click("#teacher details summary").await;
    visitor.until("document.querySelector('#teacher .frame')?.innerText.includes('embed=yes')").await;
    let frame = visitor.text("#teacher .frame").await;
    let course = format!(
        "<!doctype html><html lang=en><link rel=icon href=icon.svg><title>A course</title><h1>Today</h1>{frame}</html>"
    );
    std::fs::write(visitor.site.folder.path().join("course.html"), course).expect("a course's page");
    visitor.page.goto(format!("{}course.html", visitor.site.address)).await.expect("the course's page");
    until_in_frame(&visitor, "document.querySelector('.lesson-open')").await;
    visitor.run("window.inside.querySelector('.lesson-open').click()").await;
    until_in_frame(&visitor, IDLE).await;
    visitor.run("window.inside.querySelector('#pause').click()").await;
    until_in_frame(&visitor, "+document.querySelector('#steps').innerText >= 2").await;
    until_in_frame(&visitor, "document.querySelectorAll('#ballots .ballot').length == 3").await;
    let wider = "window.inside.documentElement.scrollWidth > window.inside.documentElement.clientWidth";
    assert!(!visitor.js::<bool>(wider).await, "the frame does not scroll sideways");
    visitor.screenshot("course").await;
    visitor.page.goto("about:blank").await.expect("an empty page");
    visitor.leave().await;
}

#[tokio::test]
async fn the_page_can_be_installed() {
    let mut visitor = Visitor::open_and_keep("").await;
    visitor.until_within(THOUGHT, "navigator.serviceWorker.controller?.state == 'activated'").await;
    let manifest = visitor.page.execute(GetAppManifestParams::default()).await.expect("a manifest");
    let problems: Vec<String> = manifest.errors.iter().map(|error| error.message.clone()).collect();
    assert_eq!(problems, Vec::<String>::new(), "the manifest");
    let missing = visitor.page.execute(GetInstallabilityErrorsParams::default()).await.expect("an answer");
    let missing: Vec<String> =
        missing.installability_errors.iter().map(|error| error.error_id.clone()).collect();
    assert_eq!(missing, Vec::<String>::new(), "what keeps it from being installed");
    // As an app it begins where the manifest says, without a network too.
    visitor.site.cut(Some("/"));
    visitor.go("./").await;
    visitor.press("ArrowUp").await;
    visitor.until("+document.querySelector('#steps').innerText == 1").await;
    visitor.forget_logged();
    visitor.close().await;
}

/// The page's caches, and which version's style the page has.
const CACHES: &str = "caches.keys().then(names => names.filter(name => name.startsWith('rulewright-page-')))";
const STYLE: &str = "getComputedStyle(document.documentElement).getPropertyValue('--version')";

#[tokio::test]
async fn a_newer_version_takes_over_whole_once_no_page_of_the_older_one_is_open() {
    let mut visitor = Visitor::open_and_keep("").await;
    visitor.until_within(THOUGHT, "navigator.serviceWorker.controller?.state == 'activated'").await;
    visitor.add_rule("touch red rings for points").await;
    let caches: Vec<String> = visitor.js(CACHES).await;
    let [old] = caches.as_slice() else { panic!("{caches:?}") };
    let version = old.strip_prefix("rulewright-page-").expect("it bears its version").to_string();
    // The host has another one from now on.
    for part in ["index.html", "start.js", "offline.js", "manifest.webmanifest", "style.css"] {
        let mut text = std::fs::read_to_string(root().join("dist").join(part)).expect("a part of the page");
        text = text.replace(&version, "newer");
        if part == "style.css" {
            text.push_str(":root { --version: newer; }");
        }
        std::fs::write(visitor.site.folder.path().join(part), text).expect("a part of the newer page");
    }
    let update = "navigator.serviceWorker.getRegistration().then(found => (window.found = found).update())";
    visitor.js::<bool>(&format!("{update}.then(() => true)")).await;
    visitor.until_within(THOUGHT, "found.waiting").await;
    // Whoever is on the page stays on his version, also when he loads it anew.
    visitor.reload().await;
    assert_eq!(visitor.js::<String>(STYLE).await, "");
    assert_eq!(visitor.js::<Vec<String>>(CACHES).await.len(), 2);
    let mut style = String::new();
    for _ in 0..20 {
        visitor.go("").await;
        style = visitor.js(STYLE).await;
        if !style.is_empty() {
            break;
        }
    }
    assert_eq!(style, "newer");
    visitor.site.cut(Some("/"));
    visitor.reload().await;
    assert_eq!(visitor.js::<String>(STYLE).await, "newer", "it is whole without a network");
    assert_eq!(visitor.js::<Vec<String>>(CACHES).await, ["rulewright-page-newer"]);
    assert_eq!(visitor.js::<Vec<String>>(&texts(".rule-says")).await, ["touch red rings for points"]);
    visitor.forget_logged();
    visitor.close().await;
}

/// A server that knows nothing of the page.
struct PlainServer(Child);

impl PlainServer {
    /// Serves a folder, and says where.
    fn start(folder: &std::path::Path) -> (Self, String) {
        let mut command = Command::new("python3");
        command.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory"]).arg(folder);
        let mut server =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("Python is installed");
        let mut line = String::new();
        let said = BufReader::new(server.stdout.as_mut().expect("its words")).read_line(&mut line);
        said.expect("it says where it serves");
        let port = line.split("port ").nth(1).and_then(|rest| rest.split_whitespace().next());
        let address = format!("http://127.0.0.1:{}/", port.unwrap_or_else(|| panic!("no port: {line}")));
        (Self(server), address)
    }
}

impl Drop for PlainServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_zip_of_the_site_unpacked_and_served_by_a_plain_server_is_the_whole_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let zip = folder.path().join("site.zip");
    let zipped = Command::new(root().join("scripts/zip.sh")).arg(&zip).status();
    assert!(zipped.is_ok_and(|status| status.success()), "the site is zipped");
    let stick = folder.path().join("stick");
    let unpack = Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&zip).arg(&stick).status();
    assert!(unpack.is_ok_and(|status| status.success()), "the zip unpacks");
    let (_server, address) = PlainServer::start(&stick);
    let visitor = Visitor::open("").await;
    visitor.page.goto(format!("{address}#game=orchard&seed=4&who=agent&workers=1")).await.expect("the page");
    visitor.until("document.querySelector('#board canvas')").await;
    visitor.until_within(THOUGHT, IDLE).await;
    visitor.agent_step(THOUGHT).await;
    assert_eq!(visitor.logged(), Vec::<String>::new(), "the console is not clean");
    let fetched = visitor.fetched();
    let elsewhere = |asked: &&String| {
        ![&*address, &*visitor.site.address, "about:"].iter().any(|own| asked.starts_with(own))
    };
    assert_eq!(fetched.iter().find(elsewhere), None, "a request to elsewhere");
    visitor.close().await;
}
