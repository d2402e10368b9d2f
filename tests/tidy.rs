//! What is deliberately absent, read off the source: browser types, imports against the direction,
//! files without a head, names that say nothing, loose ends, and one machine's paths.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::Path;

/// Tests run here.
const ROOT: &str = ".";

/// Every file below a folder, as path from the root and text; built and fetched things left out.
fn files(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(ROOT).join(folder)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let skipped = [".git", "target", "dist", "node_modules", "shots"].contains(&name.as_str());
            if path.is_dir() && !skipped {
                folders.push(path);
            } else if let (false, Ok(text)) = (path.is_dir(), fs::read_to_string(&path)) {
                found.push((from_root(&path), text));
            }
        }
    }
    found.sort();
    found
}

fn from_root(path: &Path) -> String {
    let path = path.strip_prefix(ROOT).unwrap_or(path);
    path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn rust_files(folder: &str) -> Vec<(String, String)> {
    files(folder).into_iter().filter(|(path, _)| path.ends_with(".rs")).collect()
}

/// A text with `super::` written out as `crate::` where it reaches that far: in `src/games/file.rs`
/// twice `super::` does.
fn written_out(path: &str, text: &str) -> String {
    let depth = path.trim_start_matches("src/").split('/').count();
    text.replace(&"super::".repeat(depth), "crate::")
}

/// The crate's own parts that a text names, as in `crate::env` and `crate::{env, frame::Rgb}`.
fn parts_named(text: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut parts = Vec::new();
    for after in text.split("crate::").skip(1) {
        let Some(group) = after.strip_prefix('{') else {
            parts.push(word(after));
            continue;
        };
        let mut depth = 0;
        let top = |c: char| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        };
        let group = group.split_inclusive(';').next().unwrap_or_default();
        parts.extend(group.split(top).map(|item| word(item.trim())).filter(|name| !name.is_empty()));
    }
    parts
}

#[test]
fn the_library_names_no_browser_type() {
    for (path, text) in rust_files("src") {
        for name in ["web_sys", "wasm_bindgen", "js_sys", "gloo", "yew::"] {
            assert!(!text.contains(name), "{path} names {name}");
        }
    }
    let manifest = fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).unwrap();
    let from = manifest.find("\n[dependencies]").unwrap();
    let dependencies = manifest[from + 1..].split("\n[").next().unwrap();
    for name in ["web-sys", "wasm-bindgen", "js-sys", "gloo", "yew"] {
        assert!(!dependencies.contains(name), "the library depends on {name}");
    }
}

#[test]
fn imports_go_one_way() {
    // Each part may name itself and what stands below it.
    let below: [(&str, &[&str]); 8] = [
        ("frame", &[]),
        ("env", &["frame"]),
        ("mind", &["frame"]),
        ("games", &["frame", "env"]),
        ("vlm", &["frame", "mind"]),
        ("agent", &["frame", "env", "mind"]),
        ("samples", &["frame", "env", "mind", "games", "agent", "vlm"]),
        ("arena", &["frame", "env", "mind", "games", "agent", "samples"]),
    ];
    for (part, allowed) in below {
        let own = |path: &str| path == format!("src/{part}.rs") || path.starts_with(&format!("src/{part}/"));
        let sources: Vec<_> = rust_files("src").into_iter().filter(|(path, _)| own(path)).collect();
        assert!(!sources.is_empty(), "there is no part {part}");
        for (path, text) in sources {
            for named in parts_named(&written_out(&path, &text)) {
                assert!(
                    named == part || allowed.contains(&named.as_str()),
                    "{path} names crate::{named}; {part} may name {allowed:?}"
                );
            }
        }
    }
}

#[test]
fn imports_are_read_as_they_are_written() {
    let text = "use crate::env::Action;\nuse crate::{frame::{Rgb, SIZE}, games};\n/// [`crate::arena`]";
    assert_eq!(parts_named(text), ["env", "frame", "games", "arena"]);
    let parts = |path: &str, text: &str| parts_named(&written_out(path, text));
    assert_eq!(parts("src/games.rs", "use super::arena;"), ["arena"]);
    assert_eq!(
        parts("src/games/file.rs", "use super::grid; use super::super::{arena, env};"),
        ["arena", "env"]
    );
    assert_eq!(parts("src/games/desk/chart.rs", "use super::super::grid;"), [""; 0]);
}

#[test]
fn nothing_in_the_library_takes_from_the_page() {
    for (path, text) in rust_files("src") {
        for name in ["rulewright_web", "../web/", "/web/"] {
            assert!(!text.contains(name), "{path} names {name}");
        }
    }
}

#[test]
fn every_rust_file_begins_with_what_it_is_for() {
    for (path, text) in rust_files("") {
        assert!(text.starts_with("//! "), "{path} has no head");
    }
}

#[test]
fn file_names_say_what_is_in_them() {
    for (path, _) in rust_files("") {
        let stem = path.rsplit('/').next().unwrap().trim_end_matches(".rs");
        let empty = ["mod", "utils", "util", "helpers", "helper", "common", "manager", "misc"];
        assert!(!empty.contains(&stem), "{path} says nothing by its name");
    }
}

#[test]
fn there_are_no_loose_ends() {
    for (path, text) in rust_files("") {
        for loose in [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[", "ignore")] {
            assert!(!text.contains(loose), "{path} has {loose}");
        }
    }
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    let names = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("index.", "crates.io"),
        concat!("static.", "crates.io"),
        concat!("registry.", "npmjs"),
    ];
    for (path, text) in files("") {
        for name in names {
            assert!(!text.contains(name), "{path} contains {name}");
        }
    }
}
