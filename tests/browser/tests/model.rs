//! The model on the page, as visitors meet it: they load a folder, ask, stop, come back, and have bad luck.
//!
//! The model is a tiny one of `tests/parity` with random weights, unless said: its noise is real.

use rulewright::arena::eval::questions;
use rulewright::env::Environment;
use rulewright::games::Game;
use rulewright::mind::{Completion, Gradient, Message, Part, Role, Style};
use rulewright_browser_tests::{SLOW, SOFTWARE_GPU, Visitor, root};
use serde_json::{Value, json};
use std::path::Path;

/// The text of all answers.
const TEXTS: &str = "[...document.querySelectorAll('.trace-text')].map(text => text.textContent)";

/// Whether the last question has been answered.
const ANSWERED: &str = "document.querySelector('#answer-end').innerText.includes('had to be read anew')";

/// Opens the page with the panel, and a model at `test-model/` beside it.
async fn visit(fragment: &str) -> Visitor {
    let visitor = Visitor::open(fragment).await;
    visitor.site.put_model("grouped", "test-model");
    visitor
}

/// Types a folder's address and presses Load.
async fn load(visitor: &Visitor, address: &str) {
    visitor.run("document.querySelector('[name=place][value=address]').click()").await;
    visitor.until("document.querySelector('#model-address')").await;
    visitor.type_into("#model-address", address).await;
    visitor.click("#model-load").await;
}

/// The page with the model loaded.
async fn with_model(fragment: &str) -> Visitor {
    let visitor = visit(fragment).await;
    load(&visitor, "test-model").await;
    visitor.until("document.querySelector('#send')").await;
    visitor
}

/// Sends the form, and waits until the page is about this question and not the last one.
async fn send(visitor: &Visitor) {
    visitor.run("document.querySelector('.answers')?.classList.add('old')").await;
    visitor.click("#send").await;
    visitor.until("document.querySelector('.answers:not(.old)')").await;
}

/// Sends the form and waits until everything is written.
async fn ask(visitor: &Visitor) -> Vec<String> {
    send(visitor).await;
    visitor.until(ANSWERED).await;
    visitor.js(TEXTS).await
}

/// Presses a radio button of the panel.
async fn choose(visitor: &Visitor, name: &str, value: &str) {
    visitor.run(&format!("document.querySelector('[name={name}][value={value}]').click()")).await;
    visitor.until(&format!("document.querySelector('[name={name}][value={value}]').checked")).await;
}

fn config() -> Value {
    let path = root().join("tests/parity/grouped/config.json");
    serde_json::from_slice(&std::fs::read(path).expect("the model's sizes")).expect("JSON")
}

#[tokio::test]
async fn a_model_loads_when_asked_to_and_says_what_it_is() {
    let visitor = visit("#panels=model").await;
    assert_eq!(visitor.site.asked("worker"), Vec::<String>::new(), "nothing before it is asked for");
    visitor
        .run("window.seen = []; new MutationObserver(() => { const bar = document.querySelector('#model-progress');
            if (bar?.hasAttribute('max')) window.seen.push([bar.value, bar.max]); })
            .observe(document.querySelector('.model'), { subtree: true, childList: true, attributes: true })")
        .await;
    load(&visitor, "test-model").await;
    visitor.until("document.querySelector('#send')").await;
    let seen: Vec<(f64, f64)> = visitor.js("window.seen").await;
    let (last, total) = *seen.last().expect("the bar was seen");
    assert!(last == total && total >= 93_632.0, "{seen:?}");
    assert!(seen.is_sorted_by(|a, b| a.0 <= b.0), "{seen:?}");

    let config = config();
    let (text, vision) = (&config["text_config"], &config["vision_config"]);
    let number = |of: &Value| of.as_u64().expect("a number");
    let layers = (number(&vision["num_hidden_layers"]), number(&text["num_hidden_layers"]));
    let side = number(&vision["image_size"]);
    let tokens = (side / number(&vision["patch_size"]) / number(&config["scale_factor"])).pow(2);
    let table = number(&text["vocab_size"]) * number(&text["hidden_size"]);
    let longest = number(&text["max_position_embeddings"]);
    assert_eq!(visitor.text("#model-device").await, "CPU");
    assert_eq!(
        visitor.text("#model-layers").await,
        format!("{} that see, {} that write", layers.0, layers.1)
    );
    assert_eq!(visitor.text("#model-image").await, format!("{side} × {side} pixels, {tokens} tokens"));
    let plain = async |field: &str| visitor.text(field).await.replace(',', "");
    assert!(plain("#model-parameters").await.ends_with(&format!(" {table} of them the token table")));
    assert_eq!(plain("#model-vocabulary").await, format!("{} tokens", number(&text["vocab_size"])));
    assert_eq!(plain("#model-longest").await, format!("{longest} tokens"));
    assert!(visitor.text("#model-bytes").await.ends_with("downloaded"));
    assert!(
        visitor.text("#model-choice").await.contains("no GPU"),
        "{}",
        visitor.text("#model-choice").await
    );
    let listed = visitor.text("#model-files-list").await;
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        let sums = std::fs::read_to_string(visitor.site.folder.path().join("test-model/SHA256SUMS"));
        let sums = sums.expect("the list of files");
        let sum = sums.lines().find(|line| line.ends_with(file)).expect("a listed file");
        assert!(listed.contains(file) && listed.contains(&sum[..12]), "{file}: {listed}");
    }
    assert_eq!(visitor.site.asked("worker-gpu"), Vec::<String>::new(), "one program only");
    visitor.leave().await;
}

#[tokio::test]
async fn a_frame_and_a_prompt_are_answered_and_the_same_seed_answers_the_same() {
    let visitor = with_model("#panels=model&game=vault&seed=9").await;
    visitor.type_into("#prompt", "What is to the left?").await;
    visitor.type_into("#traces", "3").await;
    visitor.type_into("#most", "24").await;
    let first = ask(&visitor).await;
    assert!(first.len() == 3 && first.iter().any(|text| !text.is_empty()), "{first:?}");
    assert!(first[0] != first[1] || first[1] != first[2], "every answer has its own seed: {first:?}");
    let end = visitor.text("#answer-end").await;
    assert!(end.contains("tokens in") && end.contains("tokens a second"), "{end}");
    assert_eq!(ask(&visitor).await, first, "the same again");
    visitor.type_into("#model-seed", "77").await;
    assert_ne!(ask(&visitor).await, first, "another seed");
    visitor.type_into("#model-seed", "1").await;
    visitor.click("#show-frame").await;
    assert_ne!(ask(&visitor).await, first, "without the frame");
    assert_eq!(visitor.text("#model-news").await, "3 answers are there.");
    visitor.leave().await;
}

#[tokio::test]
async fn tokens_arrive_one_after_another() {
    let visitor = with_model("#panels=model").await;
    visitor.type_into("#traces", "1").await;
    // Long enough to be seen growing also where the machine is busy and draws seldom.
    visitor.type_into("#most", "1600").await;
    visitor.run("document.querySelector('[name=grammar][value=own]').click()").await;
    visitor.until("document.querySelector('#pattern')").await;
    visitor.type_into("#pattern", "[a-z ]{1200,}").await;
    visitor
        .run("window.seen = new Set(); new MutationObserver(() => {
            window.seen.add(document.querySelector('.trace-text')?.textContent.length); })
            .observe(document.querySelector('.model'), { subtree: true, childList: true, characterData: true })")
        .await;
    let texts = ask(&visitor).await;
    assert!(texts[0].len() >= 1200, "{texts:?}");
    let lengths: Vec<usize> = visitor.js("[...window.seen]").await;
    assert!(lengths.len() > 3 && lengths.is_sorted(), "it grew on the screen: {lengths:?}");
    visitor.leave().await;
}

#[tokio::test]
async fn a_vote_by_ones_own_rules_ends_in_an_action() {
    let visitor = with_model("#panels=model&game=orchard").await;
    choose(&visitor, "grammar", "vote").await;
    visitor.type_into("#rules", "red rings give points").await;
    visitor.type_into("#traces", "3").await;
    let texts = ask(&visitor).await;
    let played: Vec<String> =
        visitor.js("[...document.querySelectorAll('.trace-plays strong')].map(e => e.textContent)").await;
    assert_eq!((texts.len(), played.len()), (3, 3), "{texts:?} {played:?}");
    for (text, action) in texts.iter().zip(&played) {
        assert!(text.ends_with(&format!("\naction: {action}")), "{text:?} plays {action}");
    }
    visitor.leave().await;
}

#[tokio::test]
async fn an_answer_can_be_one_of_the_games_actions() {
    for game in ["orchard", "trading"] {
        let visitor = with_model(&format!("#panels=model&game={game}")).await;
        choose(&visitor, "grammar", "action").await;
        visitor.type_into("#traces", "8").await;
        let names: Vec<String> = Game::find(game)
            .expect("a shipped game")
            .start(1)
            .actions()
            .iter()
            .map(ToString::to_string)
            .collect();
        let texts = ask(&visitor).await;
        assert!(texts.len() == 8 && texts.iter().all(|text| names.contains(text)), "{game}: {texts:?}");
        visitor.leave().await;
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_in_a_sentence_and_the_model_goes_on() {
    let visitor = with_model("#panels=model").await;
    visitor.type_into("#traces", "9").await;
    visitor.click("#send").await;
    visitor.until("document.querySelector('#unsent').innerText.includes('may be 1 to 8, not “9”.')").await;
    visitor.type_into("#traces", "1").await;
    choose(&visitor, "grammar", "own").await;
    visitor.type_into("#pattern", "(up").await;
    visitor.click("#send").await;
    visitor.until("document.querySelector('#answer-fault')?.innerText.endsWith('.')").await;
    assert_eq!(
        visitor.js::<String>("document.querySelector('#answer-fault').getAttribute('role')").await,
        "alert"
    );
    visitor.type_into("#pattern", "up|down").await;
    assert!(["up", "down"].contains(&ask(&visitor).await[0].as_str()));
    visitor.leave().await;
}

#[tokio::test]
async fn a_second_visit_needs_no_network_for_the_model() {
    let visitor = with_model("#panels=model").await;
    let first = ask(&visitor).await;
    let downloads = visitor.site.asked("safetensors").len();
    visitor.site.cut(Some("test-model"));
    visitor.reload().await;
    load(&visitor, "test-model/").await;
    visitor.until("document.querySelector('#send')").await;
    assert!(visitor.text("#model-bytes").await.ends_with("none of it over the network"));
    assert_eq!(visitor.site.asked("safetensors").len(), downloads, "the weights come from the cache");
    assert_eq!(ask(&visitor).await, first);
    // Chromium logs that the list of files could not be fetched.
    visitor.forget_logged();
    visitor.leave().await;
}

#[tokio::test]
async fn a_newer_model_that_does_not_arrive_leaves_the_older_one_in_use() {
    let visitor = with_model("#panels=model").await;
    let older = ask(&visitor).await;
    visitor.site.put_model("half", "test-model");
    visitor.site.cut(Some("safetensors"));
    visitor.reload().await;
    load(&visitor, "test-model").await;
    visitor.until_within(SLOW, "document.querySelector('#send')").await;
    assert!(visitor.text("#model-bytes").await.ends_with("none of it over the network"));
    assert_eq!(ask(&visitor).await, older);
    visitor.site.cut(None);
    visitor.reload().await;
    load(&visitor, "test-model").await;
    visitor.until("document.querySelector('#send')").await;
    assert_ne!(ask(&visitor).await, older);
    assert_eq!(visitor.js::<usize>(KEPT).await, 1, "the older one has gone");
    // Chromium logs what did not arrive.
    visitor.forget_logged();
    visitor.leave().await;
}

#[tokio::test]
async fn what_the_cache_holds_is_checked_and_what_is_spoilt_there_comes_anew() {
    let visitor = with_model("#panels=model").await;
    let first = ask(&visitor).await;
    let spoilt: usize = visitor
        .js("(async () => {
            const cache = await caches.open('rulewright-models');
            const files = (await cache.keys()).filter(file => file.url.includes('model.safetensors'));
            for (const file of files) {
                const bytes = new Uint8Array(await (await cache.match(file)).arrayBuffer());
                bytes[bytes.length >> 1] ^= 1;
                await cache.put(file, new Response(bytes));
            }
            return files.length; })()")
        .await;
    assert_eq!((spoilt, visitor.site.asked("safetensors").len()), (1, 1));
    for downloads in [2, 2] {
        visitor.reload().await;
        load(&visitor, "test-model").await;
        visitor.until("document.querySelector('#send')").await;
        assert_eq!(visitor.site.asked("safetensors").len(), downloads);
        assert_eq!(ask(&visitor).await, first);
    }
    visitor.leave().await;
}

#[tokio::test]
async fn workers_that_begin_at_the_same_moment_download_once() {
    let visitor = visit("").await;
    let opens = format!("({WORKER})('worker.js?backend=cpu', 'test-model/')");
    let all = format!("Promise.all([{opens}, {opens}, {opens}]).then(all => all.length)");
    let loaded: usize = visitor.js(&all).await;
    assert_eq!((loaded, visitor.site.asked("safetensors").len()), (3, 1));
    visitor.leave().await;
}

/// How many versions of the weights the browser keeps.
const KEPT: &str = "Promise.all([caches.keys().then(names => names.map(name => caches.open(name).then(kept => kept.keys())))])
    .then(([kept]) => Promise.all(kept))
    .then(kept => kept.flat().filter(file => file.url.includes('model.safetensors')).length)";

#[tokio::test]
async fn weights_cut_off_in_the_middle_come_in_after_all_and_are_kept_once() {
    for ranges in [true, false] {
        let visitor = visit("#panels=model").await;
        visitor.site.tear("model.safetensors", ranges);
        load(&visitor, "test-model").await;
        visitor.until("document.querySelector('#send')").await;
        assert_eq!(visitor.site.asked("safetensors").len(), 2, "with pieces: {ranges}");
        assert_eq!(visitor.js::<usize>(KEPT).await, 1);
        let first = ask(&visitor).await;
        visitor.site.cut(Some("test-model"));
        visitor.reload().await;
        load(&visitor, "test-model").await;
        visitor.until("document.querySelector('#send')").await;
        assert!(visitor.text("#model-bytes").await.ends_with("none of it over the network"));
        assert_eq!(ask(&visitor).await, first);
        // Chromium logs what broke off.
        visitor.forget_logged();
        visitor.leave().await;
    }
}

#[tokio::test]
async fn a_damaged_file_is_named_and_a_good_one_loads_afterwards() {
    let visitor = visit("#panels=model").await;
    let weights = visitor.site.folder.path().join("test-model/model.safetensors");
    let good = std::fs::read(&weights).expect("the weights");
    let mut bad = good.clone();
    bad[50_000] ^= 1;
    std::fs::write(&weights, bad).expect("damaged weights");
    load(&visitor, "test-model").await;
    visitor.until("document.querySelector('#model-fault').innerText").await;
    let fault = visitor.text("#model-fault").await;
    assert!(fault.contains("model.safetensors") && fault.contains("checksum"), "{fault}");
    std::fs::write(&weights, good).expect("good weights");
    visitor.click("#model-load").await;
    visitor.until("document.querySelector('#send')").await;
    assert_eq!(visitor.text("#model-fault").await, "");
    visitor.leave().await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_said_plainly() {
    let visitor = visit("#panels=model").await;
    for (address, said) in [
        ("nowhere", "no such file"),
        ("http://example.org/model", "its own site only"),
        ("http://:0", "no address"),
    ] {
        load(&visitor, address).await;
        let fault = format!("document.querySelector('#model-fault').innerText.includes({said:?})");
        visitor.until(&fault).await;
    }
    visitor.type_into("#model-address", " ").await;
    visitor.click("#model-load").await;
    visitor.until("document.querySelector('#model-fault').innerText.includes('Type the folder')").await;
    choose(&visitor, "place", "page").await;
    visitor.click("#model-load").await;
    visitor.until("document.querySelector('#model-fault').innerText.includes('ships no model yet')").await;
    // Chromium logs every 404.
    visitor.forget_logged();
    visitor.leave().await;
}

#[tokio::test]
async fn a_folder_on_the_visitors_disk_is_never_sent_anywhere() {
    let visitor = visit("#panels=model").await;
    let folder = root().join("tests/parity/grouped").canonicalize().expect("a folder");
    choose(&visitor, "place", "disk").await;
    visitor.click("#model-load").await;
    visitor.until("document.querySelector('#model-fault').innerText.includes('Choose a folder')").await;
    visitor.choose_files("#model-files", &[Path::new(&folder)]).await;
    visitor.until("document.querySelector('.model').innerText.includes('files chosen')").await;
    visitor.click("#model-load").await;
    visitor.until("document.querySelector('#send')").await;
    assert!(visitor.text("#model-bytes").await.ends_with("none of it over the network"));
    assert_eq!(visitor.site.asked("safetensors"), Vec::<String>::new());
    assert_eq!(ask(&visitor).await.len(), 2);
    visitor.leave().await;
}

#[tokio::test]
async fn stop_stops_and_the_model_takes_the_next_question() {
    let visitor = with_model("#panels=model").await;
    visitor.type_into("#most", "1900").await;
    choose(&visitor, "grammar", "own").await;
    visitor.type_into("#pattern", "[a-z ]{1500,}").await;
    send(&visitor).await;
    visitor.until("document.querySelector('.trace-text')?.textContent.length > 5").await;
    visitor.click("#stop").await;
    visitor.until("document.querySelector('#answer-end').innerText == 'Stopped.'").await;
    let texts: Vec<String> = visitor.js(TEXTS).await;
    assert!(texts.iter().all(|text| (1..1500).contains(&text.len())), "what was written stays: {texts:?}");
    visitor.type_into("#most", "8").await;
    choose(&visitor, "grammar", "any").await;
    assert_eq!(ask(&visitor).await.len(), 2);
    visitor.leave().await;
}

#[tokio::test]
async fn loading_can_be_cancelled_and_a_loaded_model_be_put_away() {
    let visitor = visit("#panels=model").await;
    load(&visitor, "test-model").await;
    visitor.click("#model-leave").await;
    visitor.until("document.querySelector('#model-stage').innerText.startsWith('No model')").await;
    visitor.click("#model-load").await;
    visitor.until("document.querySelector('#send')").await;
    visitor.click("#model-leave").await;
    visitor.until("!document.querySelector('#send')").await;
    visitor.leave().await;
}

/// Lines by which a worker does this when it tells of its first words, however fast it writes: once [`arm`] says so.
fn in_the_middle(what: &str) -> String {
    format!(
        "let armed = false;
        const arm = new BroadcastChannel('arm');
        arm.onmessage = () => {{ armed = true; arm.postMessage('') }};
        const post = self.postMessage.bind(self);
        self.postMessage = (message, ...more) => {{
            post(message, ...more);
            if (armed) {what}
        }};"
    )
}

/// The worker's next words are to be its last.
async fn arm(visitor: &Visitor) {
    visitor
        .run(
            "const arm = new BroadcastChannel('arm');
            arm.onmessage = () => { window.armed = true };
            arm.postMessage('')",
        )
        .await;
    visitor.until("window.armed").await;
}

#[tokio::test]
async fn a_worker_that_breaks_down_is_replaced_and_the_same_is_written() {
    let visitor = visit("#panels=model").await;
    visitor
        .site
        .put_crashable_worker(&in_the_middle("new Uint8Array(self.program.memory.buffer).fill(255);"));
    load(&visitor, "test-model").await;
    visitor.until("document.querySelector('#send')").await;
    visitor.type_into("#most", "600").await;
    choose(&visitor, "grammar", "own").await;
    visitor.type_into("#pattern", "[a-z ]{500,}").await;
    let first = ask(&visitor).await;
    let downloads = visitor.site.asked("safetensors").len();
    arm(&visitor).await;
    send(&visitor).await;
    visitor.until("document.querySelector('#model-note').innerText.includes('a fresh one')").await;
    visitor.until(ANSWERED).await;
    assert_eq!(visitor.js::<Vec<String>>(TEXTS).await, first);
    assert_eq!(visitor.site.asked("safetensors").len(), downloads, "the fresh worker finds it in the cache");
    assert!(visitor.js::<bool>("document.querySelector('#fault').hidden").await, "the page itself is well");
    visitor.forget_logged();
    visitor.leave().await;
}

#[tokio::test]
async fn a_worker_that_hangs_is_replaced_and_the_same_is_written() {
    let visitor = visit("#panels=model").await;
    visitor.site.put_crashable_worker(&in_the_middle("for (;;);"));
    // The minute after which a silent worker counts as one that hangs.
    let minute = "{ const later = setTimeout;
        window.setTimeout = (what, wait, ...more) => later(what, wait == 60000 ? 2000 : wait, ...more); }";
    visitor.page.evaluate_on_new_document(minute).await.expect("a script");
    visitor.reload().await;
    load(&visitor, "test-model").await;
    visitor.until("document.querySelector('#send')").await;
    visitor.type_into("#most", "600").await;
    choose(&visitor, "grammar", "own").await;
    visitor.type_into("#pattern", "[a-z ]{500,}").await;
    let first = ask(&visitor).await;
    assert!(!visitor.text("#model-note").await.contains("a fresh one"), "one that works is left alone");
    arm(&visitor).await;
    send(&visitor).await;
    visitor
        .until("document.querySelector('#model-note').innerText.includes('said nothing for 60 seconds')")
        .await;
    visitor.until(ANSWERED).await;
    assert_eq!(visitor.js::<Vec<String>>(TEXTS).await, first);
    visitor.leave().await;
}

#[tokio::test]
async fn a_model_that_the_memory_has_no_room_for_is_refused_with_a_sentence() {
    let visitor = visit("#panels=model&device=cpu").await;
    visitor.site.put_shipped_model();
    // The file itself still finds room, what is made of it does not.
    let file = visitor.site.folder.path().join("model/model.safetensors");
    let bytes = std::fs::metadata(file).expect("the weights").len();
    let room = 2 * bytes + (1 << 20);
    visitor.site.put_crashable_worker(&format!(
        "Object.defineProperty(self, 'program', {{ set({{ memory }}) {{
            memory.grow(65536 - ({room} + memory.buffer.byteLength >> 16)); }} }});"
    ));
    load(&visitor, "model").await;
    visitor
        .until_within(SLOW, "document.querySelector('#model-fault').innerText.includes('MB of memory')")
        .await;
    let said = visitor.text("#model-fault").await;
    assert!(said.contains("model.safetensors: the model needs"), "{said}");
    // The next worker has all its memory.
    std::fs::remove_file(visitor.site.folder.path().join("worker.js")).expect("no worker of its own");
    visitor.click("#model-load").await;
    visitor.until_within(SLOW, "document.querySelector('#send')").await;
    visitor.leave().await;
}

#[tokio::test]
async fn a_worker_that_cannot_be_started_is_given_up_with_a_sentence() {
    let visitor = visit("#panels=model&device=cpu").await;
    std::fs::write(visitor.site.folder.path().join("worker.js"), "throw new Error('no luck')")
        .expect("a worker");
    load(&visitor, "test-model").await;
    visitor.until("document.querySelector('#model-fault').innerText.includes('4 times in a row')").await;
    assert!(visitor.js::<bool>("document.querySelector('#fault').hidden").await, "the page itself is well");
    std::fs::remove_file(visitor.site.folder.path().join("worker.js")).expect("no worker of its own");
    visitor.click("#model-load").await;
    visitor.until("document.querySelector('#send')").await;
    visitor.forget_logged();
    visitor.leave().await;
}

#[tokio::test]
async fn nothing_in_the_panel_stands_in_the_way_of_people_with_disabilities() {
    for theme in ["light", "dark"] {
        let visitor = visit(&format!("#panels=model&theme={theme}")).await;
        assert_eq!(visitor.barriers().await, Vec::<String>::new(), "{theme}, at first");
        load(&visitor, "nowhere").await;
        visitor.until("document.querySelector('#model-fault').innerText").await;
        assert_eq!(visitor.barriers().await, Vec::<String>::new(), "{theme}, a fault");
        load(&visitor, "test-model").await;
        visitor.until("document.querySelector('#send')").await;
        choose(&visitor, "grammar", "action").await;
        ask(&visitor).await;
        assert_eq!(visitor.barriers().await, Vec::<String>::new(), "{theme}, answered");
        visitor.size(390, 844, true).await;
        assert_eq!(visitor.barriers().await, Vec::<String>::new(), "{theme}, on a phone");
        visitor.forget_logged();
        visitor.leave().await;
    }
}

#[tokio::test]
async fn the_panel_works_by_keyboard_alone_and_fits_any_window() {
    let visitor = visit("#game=orchard").await;
    visitor.run("document.querySelector('[aria-controls=panel-model]').focus()").await;
    visitor.press("Enter").await;
    visitor.until("location.hash.includes('model') && document.querySelector('#model-load')").await;
    visitor.press("Tab").await;
    visitor.press("ArrowRight").await;
    visitor.until("document.querySelector('#model-address')").await;
    visitor.press("Tab").await;
    for letter in "test-model".chars() {
        visitor.press(&letter.to_string()).await;
    }
    visitor.press("Enter").await;
    visitor.until("document.querySelector('#send')").await;
    assert_eq!(visitor.number("#steps").await, 0, "what is typed into a field plays nothing");
    visitor.run("document.querySelector('#send').focus()").await;
    visitor.press(" ").await;
    visitor.until(ANSWERED).await;
    assert_eq!(visitor.js::<String>("document.activeElement.id").await, "send", "the focus stays");
    visitor.click("#prompt").await;
    assert_eq!(
        visitor.js::<String>("document.activeElement.id").await,
        "prompt",
        "a click stays in its field"
    );
    for (width, height) in [(320, 640), (390, 844), (683, 384), (844, 390), (820, 1180), (1366, 768)] {
        visitor.size(width, height, width < 900).await;
        assert_eq!(visitor.sticking_out().await, Vec::<String>::new(), "at {width}x{height}");
        visitor.run("document.querySelector('.answers').scrollIntoView()").await;
        visitor.screenshot(&format!("model-{width}x{height}")).await;
    }
    visitor.leave().await;
}

#[tokio::test]
async fn a_gpu_that_is_software_counts_as_none_unless_somebody_insists() {
    let visitor = Visitor::open_with("#panels=model", &SOFTWARE_GPU).await;
    visitor.site.put_model("grouped", "test-model");
    load(&visitor, "test-model").await;
    visitor.until("document.querySelector('#send')").await;
    assert_eq!(visitor.text("#model-device").await, "CPU");
    visitor.type_into("#traces", "1").await;
    visitor.type_into("#temperature", "0").await;
    visitor.type_into("#most", "2").await;
    let cpu = ask(&visitor).await;
    assert_eq!(visitor.site.asked("worker-gpu"), Vec::<String>::new());
    choose(&visitor, "device", "gpu").await;
    visitor.until("location.hash.includes('device=gpu')").await;
    visitor.click("#model-load").await;
    visitor
        .until_within(SLOW, "document.querySelector('#model-choice')?.innerText == 'You chose the GPU.'")
        .await;
    assert_ne!(visitor.text("#model-device").await, "CPU");
    assert_eq!(ask(&visitor).await, cpu, "the likeliest tokens are the same");
    visitor.leave().await;
}

/// A worker of the tests' own that has loaded a model: asks it for jobs, and waits for what they end in.
const WORKER: &str = "async (script, folder) => {
    const worker = new Worker(script, { type: 'module' });
    let heard, job = 0;
    worker.onmessage = ({ data }) => heard(data);
    const hears = wanted => new Promise((yes, no) => heard = reply => {
        const [kind, value] = typeof reply == 'string' ? [reply] : Object.entries(reply)[0];
        if (kind == 'Failed' || kind == 'Broken') no(new Error(value.problem));
        if (kind == wanted) yes(value);
    });
    const does = (kind, work, done) => (worker.postMessage({ [kind]: { job: ++job, ...work } }), hears(done));
    const writes = (messages, style, policy) => {
        for (const { parts } of messages)
            for (const part of parts) if (part.Image) part.Image = Uint8Array.from(part.Image);
        return does('Write', { purpose: { Vote: policy }, messages, style }, 'Written');
    };
    await hears('Ready');
    worker.postMessage({ Load: { Address: new URL(folder, location.href).href } });
    await hears('Loaded');
    return { does, writes, ends: () => worker.terminate() };
}";

/// Has a worker do what a step of the agent asks of it: adopt an adapter, write, say what there is to learn,
/// adopt that, and write again.
const AT_WORK: &str = "async (opening, { messages, style, traces, objective, adapters }) => {
    const worker = await opening;
    adapters.forEach(adapter => adapter.change = Uint8Array.from(adapter.change));
    const adopts = adapter => worker.does('Adopt', { adapter }, 'Adopted');
    const writes = () => worker.writes(messages, style, 'Adapted');
    const channel = new BroadcastChannel('counts');
    const counted = () => new Promise(yes => {
        channel.onmessage = ({ data }) => yes(data);
        channel.postMessage('since the last time');
    });
    await adopts(adapters[0]);
    await counted();
    const before = (await writes()).completions;
    const { readbacks } = await counted();
    const { learned } = await worker.does('Learn', { lessons: [{ messages, traces }], objective }, 'Learned');
    learned.values = [...learned.values];
    await adopts(adapters[1]);
    const after = (await writes()).completions;
    worker.ends();
    return { before, readbacks, learned, after };
}";

/// Has a worker answer questions, one after the other.
const ASKED: &str = "async (opening, questions) => {
    const worker = await opening, answers = [];
    for (const [messages, style] of questions) {
        const { completions: [answer] } = await worker.writes(messages, style, 'Frozen');
        answers.push(answer);
    }
    worker.ends();
    return answers;
}";

/// How far two lists of numbers are apart, as a share of the largest one.
fn apart(some: &[f32], others: &[f32]) -> f32 {
    assert!(some.len() == others.len() && !some.is_empty(), "{} and {}", some.len(), others.len());
    let most = |all: &mut dyn Iterator<Item = f32>| all.fold(0.0, |most: f32, one| most.max(one.abs()));
    most(&mut some.iter().zip(others).map(|(one, other)| one - other)) / most(&mut some.iter().copied())
}

#[tokio::test]
async fn a_gpu_writes_and_learns_what_the_processor_does_to_a_thousandth() {
    /// What `tests/vlm.rs` records, with the numbers that are compared.
    #[derive(serde::Deserialize)]
    struct Step {
        before: Vec<Completion>,
        learned: Gradient,
        after: Vec<Completion>,
    }
    /// The same from a browser, with what it read back from the card for what it wrote before learning.
    #[derive(serde::Deserialize)]
    struct Counted {
        #[serde(flatten)]
        there: Step,
        readbacks: usize,
    }
    let recorded = std::fs::read_to_string(root().join("tests/parity/step.json")).expect("a step");
    let mut step: Value = serde_json::from_str(&recorded).expect("a step");
    let here: Step = serde_json::from_str(&recorded).expect("a step");
    let frame = Game::find("orchard").expect("a game").start(3).frame();
    let parts = vec![Part::Image(frame), Part::Text(step["words"].as_str().expect("words").into())];
    step["messages"] = json!([Message { role: Role::User, parts }]);

    let visitor = Visitor::open_with("", &SOFTWARE_GPU).await;
    visitor.site.put_model("grouped", "test-model");
    std::fs::copy(root().join("benches/browser/counting.js"), visitor.site.folder.path().join("counting.js"))
        .expect("a script that counts calls to the card");
    let worker = format!("({WORKER})('counting.js?backend=gpu&page=./&channel=counts', 'test-model/')");
    let Counted { there, readbacks } = visitor.js(&format!("({AT_WORK})({worker}, {step})")).await;
    let steps = here.before.iter().map(|trace| trace.tokens.len()).max().unwrap_or_default();
    assert!((1..=steps).contains(&readbacks), "{readbacks} readbacks in {steps} steps");
    for (when, here, there) in [("before", &here.before, &there.before), ("after", &here.after, &there.after)]
    {
        assert_eq!(here.len(), there.len());
        for (here, there) in here.iter().zip(there) {
            assert_eq!(here.text, there.text, "{when} learning");
            let off = apart(&here.log_probabilities, &there.log_probabilities);
            assert!(off < 1e-3, "{when} learning, its likelihoods are off by {off}");
        }
    }
    let off = apart(&here.learned.values, &there.learned.values);
    assert!(off < 1e-3, "the gradient is off by {off}");
    let numbers = |found: &Gradient| [found.loss, found.kl, found.entropy];
    let off = apart(&numbers(&here.learned), &numbers(&there.learned));
    assert!(off < 1e-3, "loss, divergence and entropy are off by {off}");
    visitor.leave().await;
}

/// The model that ships, in the page's own worker, on questions of all the sets that its card has figures of.
#[tokio::test]
async fn the_shipped_model_answers_as_the_program_that_measured_it() {
    let recorded = std::fs::read_to_string(root().join("tests/parity/answers.json")).expect("answers");
    let here: Vec<Completion> = serde_json::from_str(&recorded).expect("answers");
    let asked = questions(here.len(), 7).into_iter().map(|question| {
        let grammar = Some(question.grammar);
        (question.talk, Style { seeds: vec![1], temperature: 0.0, top_p: 1.0, most_tokens: 320, grammar })
    });
    let asked = json!(asked.collect::<Vec<_>>());
    let visitor = Visitor::open_shipped("").await;
    let there: Vec<Completion> =
        visitor.js(&format!("({ASKED})(({WORKER})('worker.js?backend=cpu', 'model/'), {asked})")).await;
    assert_eq!(here.len(), there.len());
    for (here, there) in here.iter().zip(&there) {
        assert_eq!(here.text, there.text);
        assert_eq!(here.log_probabilities.len(), there.log_probabilities.len());
        // As probabilities: a share of the largest logarithm would ask the more, the surer an answer is,
        // while rounding grows with the logits.
        let both = here.log_probabilities.iter().zip(&there.log_probabilities);
        let off = both.map(|(here, there)| (here.exp() - there.exp()).abs()).fold(0.0, f32::max);
        assert!(off < 1e-3, "the probabilities of \"{}\" are off by {off}", here.text);
    }
    visitor.leave().await;
}

#[tokio::test]
async fn a_gpu_that_is_lost_ends_in_a_fresh_worker_and_the_same_answer() {
    let visitor = Visitor::open_with("#panels=model&device=gpu", &SOFTWARE_GPU).await;
    visitor.site.put_model("grouped", "test-model");
    load(&visitor, "test-model").await;
    visitor.until_within(SLOW, "document.querySelector('#send')").await;
    visitor.type_into("#traces", "1").await;
    visitor.type_into("#temperature", "0").await;
    visitor.type_into("#most", "24").await;
    choose(&visitor, "grammar", "own").await;
    visitor.type_into("#pattern", "[a-z]{12,}").await;
    send(&visitor).await;
    visitor.until_within(SLOW, ANSWERED).await;
    let first: Vec<String> = visitor.js(TEXTS).await;
    send(&visitor).await;
    visitor.until("document.querySelector('.trace-text').textContent.length > 1").await;
    visitor.lose_gpu().await;
    visitor
        .until_within(SLOW, "document.querySelector('#model-note').innerText.includes('a fresh one')")
        .await;
    visitor.until_within(SLOW, ANSWERED).await;
    assert_eq!(visitor.js::<Vec<String>>(TEXTS).await, first);
    visitor.forget_logged();
    visitor.leave().await;
}

#[tokio::test]
async fn where_a_lost_gpu_does_not_come_back_the_cpu_goes_on() {
    let mut visitor = Visitor::open_with("", &SOFTWARE_GPU).await;
    visitor.site.put_model("grouped", "test-model");
    let without = "GPU.prototype.requestAdapter = async () => null;
        await import('./worker.js' + new URL(import.meta.url).search);";
    std::fs::write(visitor.site.folder.path().join("without.js"), without).expect("a worker");
    let lost = "window.Worker = class extends Worker {
        constructor(address, options) {
            super(window.lost ? String(address).replace('worker.js', 'without.js') : address, options);
        } };";
    visitor.page.evaluate_on_new_document(lost).await.expect("a script");
    visitor.go("#panels=model&device=gpu").await;
    load(&visitor, "test-model").await;
    visitor.until_within(SLOW, "document.querySelector('#send')").await;
    visitor.type_into("#temperature", "0").await;
    visitor.type_into("#most", "24").await;
    choose(&visitor, "grammar", "own").await;
    visitor.type_into("#pattern", "[a-z]{12,}").await;
    visitor.run("window.lost = true").await;
    send(&visitor).await;
    visitor.until_within(SLOW, "document.querySelector('.trace-text').textContent.length > 1").await;
    visitor.lose_gpu().await;
    visitor
        .until_within(SLOW, "document.querySelector('#model-note').innerText.includes('the CPU goes on')")
        .await;
    visitor.until_within(SLOW, ANSWERED).await;
    // What was begun on the GPU is the CPU's own answer: its weights are rounded.
    let written: Vec<String> = visitor.js(TEXTS).await;
    assert_eq!(ask(&visitor).await, written);
    assert_eq!(visitor.text("#model-device").await, "CPU");
    let choice = visitor.text("#model-choice").await;
    assert!(
        choice.starts_with("The GPU failed: No GPU took the model again, so the CPU goes on: "),
        "{choice}"
    );
    visitor.forget_logged();
    visitor.leave().await;
}

#[tokio::test]
async fn where_there_is_a_gpu_both_are_timed_and_one_is_kept() {
    let mut visitor = Visitor::open_with("", &SOFTWARE_GPU).await;
    visitor.site.put_model("grouped", "test-model");
    // To the page the software adapter looks like a real one.
    let pose =
        "if (window.GPUAdapterInfo) for (const name of ['vendor', 'architecture', 'device', 'description'])
            Object.defineProperty(GPUAdapterInfo.prototype, name, { get: () => 'real' });
        if (window.GPUAdapterInfo)
            Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });
        const { terminate } = Worker.prototype;
        window.ended = 0;
        Worker.prototype.terminate = function () { window.ended += 1; terminate.call(this); };";
    visitor.page.evaluate_on_new_document(pose).await.expect("a script");
    visitor.go("#panels=model").await;
    load(&visitor, "test-model").await;
    visitor.until_within(SLOW, "document.querySelector('#send')").await;
    let choice = visitor.text("#model-choice").await;
    assert!(
        choice.starts_with("The faster one: ") && choice.contains(" for a short answer, and "),
        "{choice}"
    );
    let other = if visitor.text("#model-device").await == "CPU" { "on the GPU." } else { "on the CPU." };
    assert!(choice.ends_with(other), "{choice}");
    assert_eq!(visitor.site.asked("safetensors").len(), 1, "the second one finds it in the cache");
    assert_eq!(visitor.js::<u32>("window.ended").await, 1, "one worker is left");
    send(&visitor).await;
    visitor.until_within(SLOW, ANSWERED).await;
    visitor.leave().await;
}
