//! Recorded episodes come to the same score, lives and pixels: natively, and in a browser.

use include_dir::{Dir, include_dir};
use rulewright::games::recording::Recording;
use rulewright::games::{Family, Game};
use strum::VariantArray;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/tests/replays");

fn recordings() -> impl Iterator<Item = (String, Recording)> {
    FOLDER.files().map(|file| {
        let name = file.path().display().to_string();
        let text = file.contents_utf8().unwrap_or_default();
        let recording = Recording::parse(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        (name, recording)
    })
}

#[wasm_bindgen_test(unsupported = test)]
fn every_recording_comes_to_what_it_came_to() {
    let changed: Vec<String> = recordings()
        .filter_map(|(name, Recording { replay, ending, .. })| {
            let now = replay.ending();
            (now.as_ref() != Some(&ending)).then(|| format!("{name}: {ending:?}, now {now:?}"))
        })
        .collect();
    assert!(changed.is_empty(), "`make replays` records them again:\n{}", changed.join("\n"));
}

#[wasm_bindgen_test(unsupported = test)]
fn every_family_every_desk_and_a_twist_are_recorded() {
    let games: Vec<&Game> = recordings().filter_map(|(_, r)| Game::find(&r.replay.game)).collect();
    for family in Family::VARIANTS {
        assert!(games.iter().any(|g| g.file.family == *family), "nothing of the family {family}");
    }
    for desk in Game::all().filter(|g| g.file.family == Family::Desk) {
        assert!(games.iter().any(|g| g.id == desk.id), "nothing of {}", desk.id);
    }
    assert!(recordings().any(|(_, r)| r.twist.is_some()), "nothing with a twist");
}

#[wasm_bindgen_test(unsupported = test)]
fn a_changed_move_is_noticed() {
    let (name, recording) = recordings().next().expect("there are recordings");
    let mut replay = recording.replay;
    replay.moves.pop();
    assert_ne!(replay.ending(), Some(recording.ending), "{name}");
}
