//! Tells cargo which folders are embedded, so that it notices a file that is new in one of them.

fn main() {
    for folder in ["assets/games", "tests/replays"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
