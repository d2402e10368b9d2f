//! A bad game file gives one sentence: the file, the field, and what is allowed. It never panics.
#![cfg(not(target_arch = "wasm32"))]

use proptest::prelude::*;
use rulewright::env::Environment;
use rulewright::games::Game;

const GOOD: &str = r#"title = "Test"
goal = "Try."
family = "collect"
steps = 100
walls = "pillars"
fuel = 40
swap = ["orange circle", "red flag"]
refill = { of = ["orange circle"], bonus = 2 }

[[thing]]
sprite = "orange circle"
count = 6
zone = [0, 0, 11, 5]
motion = "wander"
pace = 2
touch = { score = 1, then = "vanish" }

[[thing]]
sprite = "red flag"
count = 2
spawn = { every = 9, most = 4 }
fires = { what = "cyan stripes", every = 7, to = "down" }
touch = { score = -1, swap = 9, fuel = -3, then = "respawn" }

[[thing]]
sprite = "cyan stripes"
motion = "dart"
touch = { life = -1 }
"#;

/// What is replaced by what, and what the sentence says: the field, and what is allowed.
const ARCADE: &[(&str, &str, &str, &str)] = &[
    ("title = \"Test\"", "title = \"\"", "title", "1 to 80"),
    ("goal = \"Try.\"", "", "the file", "missing field `goal`"),
    ("goal = \"Try.\"", "goal = \"Try.\"\ncolour = 3", "colour", "expected one of `title`"),
    ("\"collect\"", "\"collecting\"", "family", "`collect`, `dodge`"),
    ("steps = 100", "steps = 5", "steps", "10 to 2000"),
    ("steps = 100", "steps = \"long\"", "steps", "expected u16"),
    ("steps = 100", "steps = 100\nlives = 12", "lives", "1 to 9"),
    ("steps = 100", "steps = 100\nrange = 0", "range", "1 to 12"),
    ("steps = 100", "steps = 100\nstart = [3, 3, 2, 2]", "start", "[left, top, right, bottom]"),
    ("steps = 100", "steps = 100\naim = \"up-left\"", "aim", "up, right, down or left"),
    ("steps = 100", "steps = ", "line 4", "not TOML"),
    ("steps = 100", "= 100", "line 4", "not TOML"),
    ("[[thing]]", "]\n[[thing]]", "line 10", "not TOML"),
    ("steps = 100", "steps = 100\ntwist = { at = 0 }", "twist, at", "1 to 99"),
    ("steps = 100", "steps = 100\ntwist = { at = 100 }", "twist, at", "1 to 99"),
    ("steps = 100", "steps = 100\ntwist = { trade = [[\"red flag\", 3]] }", "twist, trade 1 2", "a string"),
    ("steps = 100", "steps = 100\nsplit = \"desk\"", "split", "only a game with a [desk]"),
    ("\"collect\"", "\"desk\"", "family", "only a game with a [desk]"),
    ("fuel = 40\n", "", "thing 2, touch, fuel", "such as fuel = 40"),
    ("bonus = 2", "bonus = 51", "refill, bonus", "-50 to 50"),
    ("bonus = 2", "bonus = -51", "refill, bonus", "-50 to 50"),
    ("of = [\"orange circle\"]", "of = [\"cyan stripes\"]", "refill, of", "a count or a place on the map"),
    ("pace = 2", "pace = 2\nleave = { then = \"respawn\" }", "thing 1, leave, then", "write vanish"),
    ("pace = 2", "pace = 2\nleave = { then = \"stay\" }", "thing 1, leave, then", "write vanish"),
    ("pace = 2", "pace = 2\nwraps = true", "thing 1, wraps", "fall, rise, drift-left or drift-right"),
    ("pace = 2", "pace = 2\nshot = { door = true }", "thing 1, shot, door", "touch alone"),
    ("pace = 2", "pace = 2\nleave = { push = true }", "thing 1, leave, push", "touch alone"),
    ("pace = 2", "pace = 2\ndrop = { push = true }", "thing 1, drop, push", "touch alone"),
    ("pace = 2", "onto = \"red flag\"\ndrop = { score = 1 }", "thing 1, onto", "touch = { push = true }"),
    ("\"pillars\"", "\"fence\"", "walls", "`open`, `border`, `pillars`"),
    ("fuel = 40", "fuel = 400", "fuel", "5 to 99"),
    ("swap = [\"orange circle\", \"red flag\"]", "", "swap", "name the two sprites"),
    ("swap = [\"orange circle\"", "swap = [\"orange cube\"", "swap", "it has orange circle, red flag"),
    ("of = [\"orange circle\"]", "of = [\"blue box\"]", "refill, of", "it has orange circle"),
    ("of = [\"orange circle\"]", "of = []", "refill, of", "at least one"),
    ("sprite = \"red flag\"", "sprite = \"beige flag\"", "thing 2, sprite", "red, orange, yellow"),
    ("sprite = \"red flag\"", "sprite = \"blue circle\"", "thing 2, sprite", "a shape of its own"),
    ("sprite = \"red flag\"", "sprite = \"red circle\"", "thing 2, sprite", "shape"),
    (
        "sprite = \"red flag\"",
        "sprite = \"orange flag\"",
        "thing 2, sprite",
        "is kept for unseen games; take one of",
    ),
    ("count = 6", "count = 41", "thing 1, count", "0 to 40"),
    ("count = 6", "counts = 6", "thing 1, counts", "expected one of `sprite`"),
    ("zone = [0, 0, 11, 5]", "zone = [0, 0, 12, 5]", "thing 1, zone", "each 0 to 11"),
    ("\"wander\"", "\"waltz\"", "thing 1, motion", "`patrol-x`"),
    ("pace = 2", "pace = 9", "thing 1, pace", "1 to 4"),
    ("motion = \"dart\"", "motion = \"dart\"\npace = 2", "thing 3, pace", "must be 1"),
    ("every = 9", "every = 0", "thing 2, spawn, every", "1 to 500"),
    ("most = 4", "most = 99", "thing 2, spawn, most", "1 to 40"),
    ("every = 7", "every = 0", "thing 2, fires, every", "1 to 100"),
    ("what = \"cyan stripes\"", "what = \"a bullet\"", "thing 2, fires, what", "it has orange circle"),
    ("to = \"down\"", "to = \"down-left\"", "thing 2, fires, to", "up, right, down or left"),
    ("score = -1", "score = -999", "thing 2, touch, score", "-50 to 50"),
    ("swap = 9", "swap = 99", "thing 2, touch, swap", "0 to 60"),
    ("life = -1", "life = -9", "thing 3, touch, life", "-3 to 3"),
    ("then = \"vanish\"", "then = \"explode\"", "thing 1, touch, then", "stay, vanish, respawn, or become"),
    ("then = \"vanish\"", "then = \"become blue box\"", "thing 1, touch, then", "it has orange circle"),
    ("pace = 2", "onto = \"red flag\"", "thing 1, drop", "say what that does"),
    ("family", "surprise = [\"fuel\"]\nfamily", "surprise", "only an unseen game has one"),
    ("steps = 100", "steps = 100\nmap = \"@.#\"", "map", "12 lines of 12"),
];

const DESK: &[(&str, &str, &str, &str)] = &[
    ("\"buy fixed\" = -4", "\"buy fixed\" = -2147483648", "desk, regime 1, pay", "-50 to 50"),
    ("\"buy fixed\" = 1", "\"buy fixed\" = 2147483647", "desk, stock, change", "-50 to 50"),
    ("refused = -1", "refused = -99", "desk, stock, refused", "-50 to 50"),
    ("noise = 8", "noise = 80", "desk, noise", "0 to 50"),
    ("range = [5, 95]", "range = [95, 5]", "desk, reading 1", "[low, high]"),
    ("drift = 22", "drift = 0", "desk, reading 1", "1 or more"),
    ("range = [5, 95]", "range = [-2147483648, 2147483647]", "desk, reading 1", "[low, high]"),
    ("range = [-4, 4]", "range = [4, -4]", "desk, stock, range", "[low, high]"),
    ("range = [-4, 4]", "range = [-400, 400]", "desk, stock, range", "at most 15"),
    ("start = 0", "start = 9", "desk, stock, start", "within the range"),
    ("\"sell trailing\", \"hold\"]", "\"fly\", \"hold\"]", "desk, actions 4", "`buy fixed`"),
    (
        "trend = \"high\" }",
        "mood = \"high\" }",
        "desk, regime 1, when",
        "there are volatility, volume, trend",
    ),
    ("steps = 80", "steps = 1", "steps", "10 to 2000"),
    ("steps = 80", "steps = 80\ntwist = { at = 80 }", "twist, at", "1 to 79"),
    ("steps = 80", "steps = 80\nthing = [{ sprite = \"red ring\" }]", "thing", "not both"),
    ("split = \"desk\"", "split = \"seen\"", "split", "must be desk"),
    ("family = \"desk\"", "family = \"mixed\"", "family", "must be desk"),
    ("\"sell trailing\", \"hold\"]", "\"buy fixed\", \"hold\"]", "desk, actions", "“buy fixed” comes twice"),
    ("name = \"volume\"", "name = \"volatility\"", "desk, reading", "“volatility” comes twice"),
    ("{ \"buy fixed\" = 1", "{ ship = 1", "desk, stock, change", "not among the desk's actions"),
];

/// What a file's mutations give that does not fit.
fn faults(good: &str, table: &[(&str, &str, &str, &str)]) -> Vec<String> {
    Game::parse("good.toml", good).expect("the file is good before it is changed");
    let check = |(from, to, field, allowed): &(&str, &str, &str, &str)| {
        assert!(good.contains(from), "“{from}” is not in the file");
        let said = match Game::parse("folder/bad.toml", &good.replacen(from, to, 1)) {
            Ok(_) => return Some(format!("“{to}” is accepted")),
            Err(error) => error.to_string(),
        };
        let starts = said.starts_with(&format!("folder/bad.toml: {field}: "));
        let one_sentence = said.ends_with('.') && !said.contains('\n') && !said.contains("..");
        let fits = starts && one_sentence && said.contains(allowed);
        (!fits).then(|| format!("“{to}”: wanted {field} and {allowed}: {said}"))
    };
    table.iter().filter_map(check).collect()
}

#[test]
fn a_bad_game_file_gives_one_sentence_with_the_field_and_what_is_allowed() {
    let faults = faults(GOOD, ARCADE);
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_bad_desk_file_does_too() {
    let (_, trading) = Game::files().find(|(file, _)| *file == "trading.toml").expect("it ships");
    let faults = faults(trading, DESK);
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_desk_with_too_many_regimes_is_refused() {
    let (_, trading) = Game::files().find(|(file, _)| *file == "trading.toml").expect("it ships");
    let many = trading.to_string() + &"[[desk.regime]]\npay = {}\n".repeat(13);
    let error = Game::parse("bad.toml", &many).unwrap_err().to_string();
    assert_eq!(error, "bad.toml: desk, regime: there are 17; there may be 2 to 16.");
}

#[test]
fn a_file_with_windows_line_ends_is_the_same_game() {
    for (file, text) in Game::files() {
        let game = Game::parse(file, &text.replace("\r\n", "\n")).expect("it ships");
        let windows = Game::parse(file, &text.replace("\r\n", "\n").replace('\n', "\r\n"));
        assert_eq!(windows.expect(file).rules(), game.rules(), "{file}");
    }
}

#[test]
fn a_map_tells_what_is_wrong_in_it() {
    let row = |first: &str| format!("{first:.<12}");
    let map = |rows: Vec<String>| {
        let text = format!("steps = 100\nmap = '''\n{}\n'''", rows.join("\n"));
        Game::parse("bad.toml", &GOOD.replacen("steps = 100", &text, 1))
            .map(|_| ())
            .map_err(|e| e.to_string())
    };
    let rows = |first: &str| std::iter::once(row(first)).chain((1..12).map(|_| row(""))).collect::<Vec<_>>();
    assert_eq!(map(rows("@")), Ok(()));
    assert!(map(rows("@?")).unwrap_err().contains("‘?’ in line 1 is not in the legend"));
    assert!(map(rows("@")[..11].to_vec()).unwrap_err().contains("it must be 12 lines of 12"));
    assert!(map(rows("")).unwrap_err().contains("one @"), "the player must begin somewhere");
    assert!(map(rows("@@")).unwrap_err().contains("one @"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_file_holds_it_gives_a_game_or_a_sentence(
        which: prop::sample::Index, cut: prop::sample::Index, edits in prop::collection::vec(edit(), 0..4), whole: bool,
    ) {
        let files: Vec<_> = Game::files().collect();
        let (name, text) = files[which.index(files.len())];
        let mut bytes = text.as_bytes().to_vec();
        if !whole {
            bytes.truncate(cut.index(bytes.len()));
        }
        for (at, with) in edits {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                let end = bytes.len().min(at + with.len());
                bytes.splice(at..end, with.bytes());
            }
        }
        match Game::parse(name, &String::from_utf8_lossy(&bytes)) {
            Err(error) => prop_assert!(error.to_string().starts_with(name), "{}", error),
            // What still is a game can be played.
            Ok(game) => {
                let mut episode = game.start(1);
                for step in 0..60 {
                    let action = episode.actions()[step * 7 % episode.actions().len()];
                    episode.step(action);
                    episode.frame();
                }
            }
        }
    }
}

/// Where and what: numbers, brackets and words that mean something somewhere.
fn edit() -> impl Strategy<Value = (prop::sample::Index, &'static str)> {
    let words = [
        "0",
        "9",
        "-",
        "99",
        "2147483647",
        "-2147483648",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "=",
        "\n",
        "#",
        "é",
        "@",
        ":",
        "respawn",
        "become",
        "wrap",
        "dart",
        "fall",
        "twin",
    ];
    (any::<prop::sample::Index>(), prop::sample::select(words.to_vec()))
}
