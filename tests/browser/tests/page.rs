//! The page as visitors meet it: they play, scrub, share links, and open links with junk in them.

use rulewright::env::{Action, Environment};
use rulewright::games::replay::Move;
use rulewright::games::{Game, Split};
use rulewright_browser_tests::{TOO_WIDE, Visitor, root};
use serde::Deserialize;
use std::io::Read;
use std::time::Duration;

/// The key that plays an action.
fn key(action: Action, actions: &[Action]) -> String {
    match action {
        Action::Up => "ArrowUp".into(),
        Action::Down => "ArrowDown".into(),
        Action::Left => "ArrowLeft".into(),
        Action::Right => "ArrowRight".into(),
        Action::Fire => " ".into(),
        Action::Wait => ".".into(),
        other => (1 + actions.iter().position(|a| *a == other).expect("a legal action")).to_string(),
    }
}

/// What a page test needs of a recording in `tests/replays`.
#[derive(Deserialize)]
struct Recording {
    game: String,
    seed: u32,
    moves: String,
    score: i32,
}

fn recording(name: &str) -> Recording {
    let path = root().join("tests/replays").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    toml::from_str(&text).expect("a recording")
}

#[tokio::test]
async fn real_keys_play_a_seeded_episode_to_its_known_score() {
    for name in ["orchard.toml", "trading.toml", "orchard-twist.toml"] {
        let recording = recording(name);
        let visitor = Visitor::open(&format!("#game={}&seed={}", recording.game, recording.seed)).await;
        let mut episode = Game::find(&recording.game).expect("a shipped game").start(recording.seed);
        let actions = episode.actions().to_vec();
        for done in recording.moves.split(", ").map(|m| m.parse().expect("a move")) {
            match done {
                Move::Twist => visitor.press("t").await,
                Move::Act(action) => visitor.press(&key(action, &actions)).await,
            }
            Move::play(done, &mut episode);
        }
        visitor.until("document.querySelector('#ended')").await;
        assert_eq!(visitor.number("#score").await, recording.score, "{name}");
        visitor.board_shows(&episode.frame(), name).await;
        visitor.leave().await;
    }
}

#[tokio::test]
async fn every_game_can_be_opened_and_played_and_looks_as_it_does_natively() {
    let mut visitor = Visitor::open("").await;
    for game in Game::all() {
        visitor.go(&format!("#game={}&seed=5", game.id)).await;
        assert_eq!(visitor.text(".title h2").await, game.file.title);
        let mut episode = game.start(5);
        visitor.board_shows(&episode.frame(), &game.id).await;
        let actions = episode.actions().to_vec();
        for &action in actions.iter().chain(actions.iter().rev()) {
            visitor.press(&key(action, &actions)).await;
            episode.step(action);
        }
        visitor.until(&format!("+document.querySelector('#steps').innerText == {}", 2 * actions.len())).await;
        visitor.board_shows(&episode.frame(), &game.id).await;
        assert_eq!(visitor.number("#score").await, episode.status().score, "{}", game.id);
    }
    visitor.leave().await;
}

#[tokio::test]
async fn a_link_and_a_reload_give_the_same_game() {
    let visitor = Visitor::open("#game=crates&seed=77&speed=4&panels=keys&theme=dark").await;
    visitor.reload().await;
    let address: String = visitor.js("location.hash").await;
    assert_eq!(address, "#game=crates&seed=77&speed=4&panels=keys&theme=dark");
    let crates = Game::find("crates").expect("a shipped game");
    visitor.board_shows(&crates.start(77).frame(), "the link's game").await;
    assert!(visitor.js::<bool>("document.querySelector('[name=speed][value=\"4\"]').checked").await);
    assert!(visitor.js::<bool>("document.querySelector('#panel-history').hidden").await);
    assert_eq!(visitor.js::<String>("document.documentElement.dataset.theme").await, "dark");
    visitor.leave().await;
}

#[tokio::test]
async fn what_is_chosen_on_the_page_stands_in_the_address() {
    let visitor = Visitor::open("").await;
    visitor.click("#choose").await;
    visitor.until("document.querySelector('#games').open").await;
    visitor.click("[data-game=vault]").await;
    visitor.until("location.hash.includes('game=vault')").await;
    visitor.click("#next-seed").await;
    visitor.until("location.hash.includes('seed=2')").await;
    visitor.run("document.querySelector('[name=speed][value=\"8\"]').click()").await;
    visitor.until("location.hash.includes('speed=8')").await;
    visitor.leave().await;
}

#[tokio::test]
async fn junk_in_a_link_is_named_and_does_no_harm() {
    let mut visitor = Visitor::open("").await;
    let long = format!("#game={}", "x".repeat(100_000));
    let junk = [
        ("#game=nethack", "“nethack”"),
        ("#seed=-1", "“-1”"),
        ("#seed=99999999999999999999", "“99999999999999999999”"),
        ("#speed=1000", "“1000”"),
        ("#panels=history,kitchen", "“history,kitchen”"),
        ("#theme=<img src=x onerror=alert(1)>", "<img"),
        ("#colour=mauve", "“colour”"),
        ("#%00%ff&&==&%", "ignored"),
        (long.as_str(), "100005 characters"),
    ];
    for (link, named) in junk {
        visitor.go(link).await;
        let notice = visitor.text("#notices").await;
        assert!(notice.contains(named), "{}: the page says “{notice}”", &link[..link.len().min(40)]);
        visitor.press("ArrowUp").await;
        visitor.until("+document.querySelector('#steps').innerText == 1").await;
        visitor.click("#notices button").await;
        visitor.until("document.querySelector('#notices').innerText.trim() == ''").await;
    }
    visitor.leave().await;
}

#[tokio::test]
async fn another_link_in_the_same_tab_opens_without_a_reload() {
    let visitor = Visitor::open("#game=orchard").await;
    visitor.run("window.same = true; location.hash = '#game=gallery&seed=3'").await;
    visitor.until("document.querySelector('.title h2').innerText == 'Gallery'").await;
    assert!(visitor.js::<bool>("window.same").await);
    visitor.leave().await;
}

#[tokio::test]
async fn the_history_leads_back_to_any_moment_and_on_from_there() {
    let visitor = Visitor::open("#game=orchard&seed=4").await;
    let mut then = Game::find("orchard").expect("a shipped game").start(4);
    for name in ["ArrowUp", "ArrowLeft", "ArrowDown", "ArrowRight"] {
        visitor.press(name).await;
    }
    visitor.until("document.querySelectorAll('#moments li').length == 4").await;
    visitor.press("[").await;
    visitor.press("[").await;
    then.step(Action::Up);
    then.step(Action::Left);
    visitor.until("+document.querySelector('#steps').innerText == 2").await;
    visitor.board_shows(&then.frame(), "two steps back").await;
    // A move while looking back would change the past: it does nothing.
    visitor.press("ArrowUp").await;
    visitor.click("#play-on").await;
    visitor.press("ArrowUp").await;
    then.step(Action::Up);
    visitor.until("document.querySelectorAll('#moments li').length == 3").await;
    visitor.board_shows(&then.frame(), "on from there").await;
    visitor.leave().await;
}

#[tokio::test]
async fn the_clock_runs_when_told_to_and_stops_when_told_to() {
    let visitor = Visitor::open("#game=orchard&speed=8").await;
    assert_eq!(visitor.number("#steps").await, 0, "nothing moves before the first key");
    visitor.key("ArrowUp", true).await;
    visitor.until("+document.querySelector('#steps').innerText >= 4").await;
    visitor.key("ArrowUp", false).await;
    visitor.click("#pause").await;
    visitor.until("document.querySelector('#pause').innerText.includes('Play')").await;
    let steps = visitor.number("#steps").await;
    let done: Vec<String> = visitor
        .js("[...document.querySelectorAll('#moments li')].map(li => li.innerText.split('\\n')[1])")
        .await;
    assert!(done.iter().filter(|d| *d == "up").count() >= 4, "a held key plays on: {done:?}");
    visitor.click("#step").await;
    visitor.until(&format!("+document.querySelector('#steps').innerText == {}", steps + 1)).await;
    visitor.leave().await;
}

#[tokio::test]
async fn touch_plays_by_swipes_and_by_the_pad() {
    let visitor = Visitor::open("#game=orchard&seed=2").await;
    visitor.size(390, 844, true).await;
    let mut episode = Game::find("orchard").expect("a shipped game").start(2);
    for (dx, dy, action) in
        [(80.0, 5.0, Action::Right), (-4.0, -90.0, Action::Up), (-70.0, 0.0, Action::Left)]
    {
        visitor.swipe("#board", dx, dy).await;
        episode.step(action);
    }
    visitor.until("+document.querySelector('#steps').innerText == 3").await;
    visitor.click("[data-action=down]").await;
    episode.step(Action::Down);
    visitor.until("+document.querySelector('#steps').innerText == 4").await;
    visitor.board_shows(&episode.frame(), "swipes").await;
    let overflow: bool = visitor.js(TOO_WIDE).await;
    assert!(!overflow, "the page is wider than the phone");
    visitor.leave().await;
}

#[tokio::test]
async fn the_gallery_works_by_keyboard_alone() {
    let visitor = Visitor::open("").await;
    visitor.press("g").await;
    visitor.until("document.querySelector('#games').open").await;
    assert_eq!(
        visitor.js::<usize>("document.querySelectorAll('[data-game]').length").await,
        Game::all().len()
    );
    visitor.until("document.activeElement.closest('#games')").await;
    visitor.press("Escape").await;
    visitor.until("!document.querySelector('#games')").await;
    visitor.press("g").await;
    visitor.until("document.querySelector('#games')?.open").await;
    visitor.run("document.querySelector('#filter').focus()").await;
    for letter in ["g", "a", "l", "l", "e", "r", "y"] {
        visitor.press(letter).await;
    }
    visitor.until("document.querySelectorAll('[data-game]').length == 1").await;
    visitor.press("Enter").await;
    visitor.until("location.hash.includes('game=gallery') && !document.querySelector('#games')").await;
    visitor.leave().await;
}

#[tokio::test]
async fn the_policy_lets_nothing_in_that_is_not_the_pages_own() {
    let visitor = Visitor::open("").await;
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    elsewhere.set_nonblocking(true).expect("a listener that does not wait");
    let address = elsewhere.local_addr().expect("an address").to_string();
    // Whatever a hostile rulebook or link might try, once it got into the page. (The evaluation that the
    // debugger makes may use eval; a timer's may not.)
    let attacks = [
        (
            "script-src-elem",
            "const s = document.createElement('script'); s.textContent = 'window.ran = 1';
            document.body.append(s);",
        ),
        (
            "script-src-elem",
            "const s = document.createElement('script'); s.src = 'http://127.0.0.1:9/x.js';
            document.body.append(s);",
        ),
        ("script-src", "setTimeout(() => { try { eval('window.ran = 1') } catch (_) {} });"),
        (
            "script-src-attr",
            "const b = document.createElement('b'); document.body.append(b);
            b.setAttribute('onclick', 'window.ran = 1'); b.click();",
        ),
        ("style-src-attr", "document.querySelector('#board').setAttribute('style', 'opacity: 0');"),
        (
            "style-src-elem",
            "const s = document.createElement('style'); s.textContent = 'body { opacity: 0 }';
            document.body.append(s);",
        ),
        ("connect-src", "fetch('http://127.0.0.1:9/').catch(() => {});"),
        ("img-src", "new Image().src = 'http://127.0.0.1:9/x.png';"),
        (
            "frame-src",
            "const f = document.createElement('iframe'); f.src = 'http://127.0.0.1:9/';
            document.body.append(f);",
        ),
        (
            "base-uri",
            "const b = document.createElement('base'); b.href = 'http://127.0.0.1:9/';
            document.head.append(b);",
        ),
        (
            "form-action",
            "const f = document.createElement('form'); f.action = 'http://127.0.0.1:9/';
            document.body.append(f); f.submit();",
        ),
    ];
    for (directive, attack) in attacks {
        let attack = attack.replace("127.0.0.1:9", &address);
        let stopped: String = visitor
            .js(&format!(
                "new Promise(done => {{
                    document.addEventListener('securitypolicyviolation', e => done(e.effectiveDirective), {{ once: true }});
                    setTimeout(() => done('let in'), 5000);
                    {attack}
                }})"
            ))
            .await;
        assert_eq!(stopped, directive, "{attack}");
    }
    assert!(!visitor.js::<bool>("'ran' in window").await);
    // Chromium may open a connection ahead of a request that the policy then stops: nothing may be asked.
    while let Ok((mut stream, _)) = elsewhere.accept() {
        let mut asked = String::new();
        stream.set_read_timeout(Some(Duration::from_millis(500))).expect("a limit");
        let _ = stream.read_to_string(&mut asked);
        assert_eq!(asked, "", "this went out all the same");
    }
}

#[tokio::test]
async fn a_fault_is_shown_and_says_what_to_do() {
    let visitor = Visitor::open("").await;
    assert!(visitor.js::<bool>("document.querySelector('#fault').hidden").await);
    // Something else tampers with the page, as a browser extension might, and the app panics.
    visitor.run("Element.prototype.setAttribute = () => { throw new Error('refused') }").await;
    visitor.press("g").await;
    visitor.until("!document.querySelector('#fault').hidden").await;
    assert!(visitor.text("#fault").await.contains("Reload it"), "{}", visitor.text("#fault").await);
    visitor.reload().await;
    assert!(visitor.js::<bool>("document.querySelector('#fault').hidden").await);
}

#[tokio::test]
async fn a_page_whose_program_cannot_be_fetched_says_so() {
    let visitor = Visitor::open("").await;
    visitor.block("*://*:*/*.wasm*").await;
    visitor.page.reload().await.expect("a reload");
    visitor.until("!document.querySelector('#fault').hidden").await;
    assert!(visitor.text("#fault").await.contains("could not start"), "{}", visitor.text("#fault").await);
}

#[tokio::test]
async fn a_page_that_arrives_in_part_goes_on_when_the_rest_comes_and_says_what_to_do_when_it_does_not() {
    let visitor = Visitor::open("").await;
    visitor.without_caches().await;
    let fetches = |part: &str| visitor.site.asked(part).len();
    for part in ["rulewright-web.js", "rulewright-web_bg.wasm"] {
        let before = fetches(part);
        visitor.site.cut(Some(part));
        visitor.page.reload().await.expect("a reload");
        while fetches(part) == before {
            tokio::task::yield_now().await;
        }
        visitor.site.cut(None);
        visitor.until("document.querySelector('#board')").await;
    }
    visitor.site.cut(Some("rulewright-web.js"));
    visitor.page.reload().await.expect("a reload");
    visitor.until("!document.querySelector('#fault').hidden").await;
    assert!(visitor.text("#fault").await.contains("could not start"), "{}", visitor.text("#fault").await);
    // Where not even the first script comes, the page itself says something after a while.
    visitor.site.cut(Some("start.js"));
    visitor.page.reload().await.expect("a reload");
    visitor.until("document.querySelector('.late')").await;
    for motion in ["no-preference", "reduce"] {
        visitor.prefer("prefers-reduced-motion", motion).await;
        let looks = "getComputedStyle(document.querySelector('.late')).visibility";
        assert_eq!(visitor.js::<String>(looks).await, "hidden");
        visitor.run("document.getAnimations().forEach(animation => animation.finish())").await;
        assert_eq!(visitor.js::<String>(looks).await, "visible", "{motion}");
        visitor.run("document.getAnimations().forEach(animation => animation.play())").await;
    }
    visitor.forget_logged();
    visitor.leave().await;
}

#[tokio::test]
async fn nothing_stands_in_the_way_of_people_with_disabilities() {
    for theme in ["light", "dark"] {
        let visitor = Visitor::open(&format!("#theme={theme}&panels=history,sight,keys")).await;
        assert_eq!(visitor.barriers().await, Vec::<String>::new(), "{theme}, at first");
        for _ in 0..5 {
            visitor.press("ArrowUp").await;
        }
        visitor.press("t").await;
        visitor.press("[").await;
        visitor.until("document.querySelector('#play-on')").await;
        assert_eq!(visitor.barriers().await, Vec::<String>::new(), "{theme}, looking back");
        visitor.press("g").await;
        visitor.until("document.querySelector('#games').open").await;
        assert_eq!(visitor.barriers().await, Vec::<String>::new(), "{theme}, the gallery");
        visitor.leave().await;
    }
    let mut visitor = Visitor::open("").await;
    visitor.size(390, 844, true).await;
    for link in ["#game=trading", "#seed=x&game=vault"] {
        visitor.go(link).await;
        assert_eq!(visitor.barriers().await, Vec::<String>::new(), "on a phone, {link}");
    }
    visitor.leave().await;
}

#[tokio::test]
async fn who_wants_no_motion_gets_none() {
    let visitor = Visitor::open("").await;
    visitor.prefer("prefers-reduced-motion", "reduce").await;
    let moving = "(() => { const b = document.querySelector('#board'); b.classList.add('gain-a');
        const name = getComputedStyle(b, '::after').animationName; b.classList.remove('gain-a'); return name; })()";
    assert_eq!(visitor.js::<String>(moving).await, "none");
    visitor.prefer("prefers-reduced-motion", "no-preference").await;
    assert_eq!(visitor.js::<String>(moving).await, "glow-a");
    visitor.leave().await;
}

#[tokio::test]
async fn every_outcome_is_told_in_words() {
    let visitor = Visitor::open("#game=orchard&panels=sight").await;
    assert!(visitor.text("#sight").await.contains("You are in column"));
    assert!(visitor.text("#said").await.contains("You have 120 steps"), "how to play comes first");
    visitor.press("ArrowUp").await;
    visitor.until("document.querySelector('#said').innerText == 'You moved up.'").await;
    assert_eq!(visitor.text("#told").await, "", "an own step is not worth an interruption");
    visitor.press("t").await;
    visitor.until("document.querySelector('#told').innerText.includes('twist')").await;
    assert_eq!(visitor.js::<String>("document.querySelector('#told').getAttribute('role')").await, "status");
    // On the way up and round something is met, and what it brought is said.
    for key in ["ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft"] {
        for _ in 0..11 {
            visitor.press(key).await;
        }
    }
    visitor.until("/Step .* You met the .* score/.test(document.querySelector('#told').innerText)").await;
    visitor.leave().await;
}

#[tokio::test]
async fn after_a_click_the_keys_play_on() {
    let visitor = Visitor::open("#game=meteors&seed=1").await;
    visitor.press("ArrowLeft").await;
    visitor.click("#restart").await;
    visitor.press("ArrowLeft").await;
    visitor.press(" ").await;
    visitor.until("document.querySelectorAll('#moments li').length == 2").await;
    let done: Vec<String> = visitor
        .js("[...document.querySelectorAll('#moments li')].map(li => li.innerText.split('\\n')[1])")
        .await;
    assert_eq!(done, ["fire", "left"], "space fires, and does not press the button again");
    visitor.click("label:has([name=speed][value='8'])").await;
    visitor.press("ArrowLeft").await;
    visitor.until("+document.querySelector('#steps').innerText > 3").await;
    assert!(visitor.js::<bool>("document.querySelector('[name=speed][value=\"8\"]').checked").await);
    visitor.leave().await;
}

#[tokio::test]
async fn a_typed_seed_is_taken_and_a_wrong_one_is_named() {
    let visitor = Visitor::open("#game=orchard&seed=5").await;
    visitor.run("document.querySelector('#seed').select()").await;
    for key in ["7", "7", "Enter", "ArrowUp"] {
        visitor.press(key).await;
    }
    visitor
        .until("location.hash.includes('seed=77') && +document.querySelector('#steps').innerText == 1")
        .await;
    visitor.run("document.querySelector('#seed').select()").await;
    for key in ["-", "5", "Enter"] {
        visitor.press(key).await;
    }
    visitor.until("document.querySelector('#notices').innerText.includes('whole number')").await;
    assert_eq!(visitor.js::<String>("document.querySelector('#seed').value").await, "77");
    assert_eq!(visitor.number("#steps").await, 1, "the episode goes on");
    visitor.leave().await;
}

#[tokio::test]
async fn a_seed_can_be_typed_while_the_clock_runs() {
    let visitor = Visitor::open("#game=orchard&seed=5&speed=8").await;
    visitor.click("#pause").await;
    visitor.run("document.querySelector('#seed').select()").await;
    for key in ["7", "8"] {
        let steps = visitor.number("#steps").await;
        visitor.press(key).await;
        visitor.until(&format!("+document.querySelector('#steps').innerText > {steps} + 1")).await;
    }
    visitor.press("Enter").await;
    visitor.until("location.hash.includes('seed=78')").await;
    visitor.leave().await;
}

#[tokio::test]
async fn keys_scroll_where_only_the_agent_plays_and_a_lesson_begins_at_its_title() {
    let visitor = Visitor::open("#who=agent").await;
    let goes_to_the_page = "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true, cancelable: true }))";
    assert!(visitor.js::<bool>(goes_to_the_page).await);
    visitor.run("document.querySelector('[name=who][value=you]').click()").await;
    visitor.until("!location.hash.includes('who=agent')").await;
    assert!(!visitor.js::<bool>(goes_to_the_page).await, "it is a move");
    visitor.click("#teach").await;
    visitor.until("document.querySelector('#lessons')?.open").await;
    visitor.press("Tab").await;
    visitor.run("document.querySelector('#lesson-1-one-sentence').click()").await;
    visitor.until("document.activeElement.id == 'lesson-title'").await;
    visitor.leave().await;
}

#[tokio::test]
async fn a_key_held_on_the_pad_plays_on_while_the_clock_runs() {
    let visitor = Visitor::open("#game=orchard&speed=8").await;
    visitor.hold("[data-action=left]", true).await;
    visitor.until("+document.querySelector('#steps').innerText >= 4").await;
    visitor.hold("[data-action=left]", false).await;
    visitor.until("document.querySelector('#moments li').innerText.includes('wait')").await;
    let lefts: usize = visitor
        .js("[...document.querySelectorAll('#moments li')].filter(li => li.innerText.includes('left')).length")
        .await;
    assert!(lefts >= 4, "{lefts} steps to the left");
    visitor.leave().await;
}

#[tokio::test]
async fn after_one_visit_the_page_opens_without_a_network() {
    let mut visitor = Visitor::open_and_keep("#game=orchard&seed=4").await;
    visitor.until("navigator.serviceWorker.controller?.state == 'activated'").await;
    // Whatever else lies in the folder is not the page.
    std::fs::write(visitor.site.folder.path().join("notes.txt"), "a hand-out")
        .expect("a file beside the page");
    visitor.page.goto(format!("{}notes.txt", visitor.site.address)).await.expect("the file opens");
    assert_eq!(visitor.text("body").await, "a hand-out");
    visitor.go("#game=orchard&seed=4").await;
    visitor.site.cut(Some("/"));
    visitor.reload().await;
    visitor.press("ArrowUp").await;
    visitor.until("+document.querySelector('#steps').innerText == 1").await;
    // It also asked for a model, and heard that there is no network.
    visitor.forget_logged();
    visitor.close().await;
}

#[tokio::test]
async fn the_focus_is_never_lost() {
    let visitor = Visitor::open("#game=orchard").await;
    let focus = "document.activeElement.id";
    visitor.run("document.querySelector('#choose').focus()").await;
    visitor.press("Enter").await;
    visitor.until("document.querySelector('#games')?.open").await;
    visitor.press("Escape").await;
    visitor.until(&format!("!document.querySelector('#games') && {focus} == 'choose'")).await;
    visitor.press("Enter").await;
    visitor.until("document.querySelector('#games')?.open").await;
    visitor.click("[data-game=vault]").await;
    visitor.until(&format!("!document.querySelector('#games') && {focus} == 'board'")).await;
    visitor.press("ArrowUp").await;
    visitor.press("[").await;
    visitor.until("document.querySelector('#play-on')").await;
    visitor.run("document.querySelector('#play-on').focus()").await;
    visitor.press("Enter").await;
    visitor.until(&format!("!document.querySelector('#play-on') && {focus} == 'board'")).await;
    visitor.leave().await;
}

#[tokio::test]
async fn nothing_sticks_out_of_any_window() {
    let mut visitor = Visitor::open("").await;
    for (width, height) in
        [(320, 640), (390, 844), (683, 384), (844, 390), (820, 1180), (1366, 768), (1920, 1080)]
    {
        visitor.size(width, height, width < 900).await;
        for link in ["#game=meteors", "#game=pricelist", "#game=juggler&panels="] {
            visitor.go(link).await;
            assert_eq!(visitor.sticking_out().await, Vec::<String>::new(), "{link} at {width}x{height}");
            let board: f64 =
                visitor.js("document.querySelector('#board').getBoundingClientRect().height").await;
            assert!(board <= height as f64, "{link} at {width}x{height}: the board is {board} high");
        }
        visitor.screenshot(&format!("size-{width}x{height}")).await;
    }
    visitor.leave().await;
}

#[tokio::test]
async fn screenshots_for_a_person_to_look_at() {
    let mut visitor = Visitor::open("").await;
    let unseen = Game::all().find(|g| g.file.split == Split::Unseen).expect("an unseen game");
    for (size, width, height) in [("phone", 390, 844), ("laptop", 1366, 768), ("projector", 1920, 1080)] {
        visitor.size(width, height, size == "phone").await;
        for theme in ["light", "dark"] {
            for game in ["orchard", "trading", &unseen.id] {
                visitor.go(&format!("#game={game}&theme={theme}&seed=3")).await;
                for _ in 0..6 {
                    visitor.press("2").await;
                }
                visitor.until("+document.querySelector('#steps').innerText == 6").await;
                visitor.screenshot(&format!("{size}-{theme}-{game}")).await;
            }
            visitor.press("g").await;
            visitor.until("document.querySelector('#games').open").await;
            visitor.screenshot(&format!("{size}-{theme}-gallery")).await;
        }
    }
    visitor.leave().await;
}

#[tokio::test]
async fn letters_are_no_keys_where_somebody_does_not_want_them() {
    let visitor = Visitor::open("#game=vault&panels=keys").await;
    visitor.until("document.querySelector('#shortcuts')?.checked").await;
    visitor.press("w").await;
    visitor.until("+document.querySelector('#steps').innerText == 1").await;
    visitor.click("#shortcuts").await;
    visitor.until("location.hash.includes('shortcuts=no')").await;
    visitor.run("document.activeElement.blur()").await;
    for key in ["w", "r", "1", "ArrowUp"] {
        visitor.press(key).await;
    }
    visitor.until("+document.querySelector('#steps').innerText > 1").await;
    assert_eq!(visitor.number("#steps").await, 2, "the arrow alone did anything");
    visitor.leave().await;
}
