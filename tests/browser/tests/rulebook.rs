//! The rulebook on the page: written by hand, kept, shared, and safe from what strangers put into it.

use rulewright_browser_tests::{IDLE, PATIENCE, Visitor, forging, inside};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the cards say, in order; of a text that has just changed, the new words.
async fn says(visitor: &Visitor) -> Vec<String> {
    visitor
        .js("[...document.querySelectorAll('.rules .rule-says')].map(p => [...p.childNodes]
            .filter(n => n.nodeName != 'DEL').map(n => n.textContent).join(''))")
        .await
}

async fn until_says(visitor: &Visitor, expected: &[&str]) {
    let count = expected.len();
    visitor.until(&format!("document.querySelectorAll('.rules .rule-says').length == {count}")).await;
    let first = expected.first().copied().unwrap_or_default();
    if !first.is_empty() {
        let has = format!("document.querySelector('.rules .rule-says').textContent.includes({first:?})");
        visitor.until(&has).await;
    }
    assert_eq!(says(visitor).await, expected);
}

/// Clicks a button of a rule's card.
async fn press(visitor: &Visitor, what: &str, rule: &str) {
    visitor.click(&format!("[id='{what}-{rule}']")).await;
}

/// Chooses a rulebook in the list.
async fn open(visitor: &Visitor, name: &str) {
    let choose =
        format!("books.value = {name:?}; books.dispatchEvent(new Event('change', {{ bubbles: true }}))");
    visitor.run(&choose).await;
}

fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

async fn import(visitor: &Visitor, path: &Path) {
    visitor.choose_files("#import", &[path]).await;
}

async fn share(visitor: &Visitor) -> String {
    visitor.click("#share-open").await;
    visitor.until("document.querySelector('#link')?.value.includes('#rules=')").await;
    let link: String = visitor.js("document.querySelector('#link').value").await;
    visitor.press("Escape").await;
    visitor.until("!document.querySelector('#share')").await;
    fragment_of(&link)
}

fn fragment_of(link: &str) -> String {
    link.split_once('#').map(|(_, fragment)| format!("#{fragment}")).expect("a fragment")
}

#[tokio::test]
async fn half_written_words_outlive_their_rule() {
    let visitor = Visitor::open("").await;
    for rule in ["touch red rings", "avoid blue boxes"] {
        visitor.add_rule(rule).await;
    }
    press(&visitor, "edit", "R2").await;
    visitor.type_into(".form-heuristic", "avoid blue boxes, they bite").await;
    // As the strategist may take it away.
    visitor.click("#undo").await;
    until_says(&visitor, &["touch red rings"]).await;
    assert_eq!(
        visitor.js::<String>("document.querySelector('.form-heuristic').value").await,
        "avoid blue boxes, they bite"
    );
    visitor.click(".rule-form [type=submit]").await;
    until_says(&visitor, &["touch red rings", "avoid blue boxes, they bite"]).await;
    visitor.leave().await;
}

#[tokio::test]
async fn half_written_words_stay_while_other_rules_change() {
    let visitor = Visitor::open("").await;
    for rule in ["touch red rings", "avoid blue boxes"] {
        visitor.add_rule(rule).await;
    }
    press(&visitor, "edit", "R1").await;
    visitor.type_into(".rules .form-heuristic", "touch red rings, but").await;
    let written = || visitor.js::<String>("document.querySelector('.rules .form-heuristic').value");
    press(&visitor, "pin", "R2").await;
    visitor.until("document.querySelector('.rule.pinned')").await;
    assert_eq!(written().await, "touch red rings, but");
    // Two may be open at a time.
    press(&visitor, "edit", "R2").await;
    visitor.until("document.querySelectorAll('.rules .rule-form').length == 2").await;
    visitor.press("Escape").await;
    visitor.until("document.activeElement.id == 'edit-R2'").await;
    assert_eq!(written().await, "touch red rings, but");
    visitor.click("#add-rule").await;
    visitor.type_into(".rulebook > .rule-form .form-heuristic", "go home at dusk").await;
    visitor.click(".rulebook > .rule-form [type=submit]").await;
    visitor.until("document.querySelectorAll('.rule').length == 3").await;
    assert_eq!(written().await, "touch red rings, but");
    visitor.click(".rules .rule-form [type=submit]").await;
    until_says(&visitor, &["touch red rings, but", "avoid blue boxes", "go home at dusk"]).await;
    // Twice the same is heard twice.
    for revision in [5, 4] {
        visitor.click("#undo").await;
        visitor
            .until(&format!(
                "document.querySelector('#rulebook-news').innerText == 'Undone: revision {revision}.'"
            ))
            .await;
    }
    visitor.leave().await;
}

#[tokio::test]
async fn half_written_words_wait_until_their_rulebook_is_opened_again() {
    let visitor = Visitor::open("").await;
    visitor.add_rule("touch red rings").await;
    press(&visitor, "edit", "R1").await;
    visitor.type_into(".rules .form-heuristic", "touch red rings, but").await;
    visitor.click("#add-rule").await;
    visitor.type_into(".rulebook > .rule-form .form-heuristic", "go home at").await;
    visitor.click("#book-new").await;
    visitor.type_into("#book-name", "Tuesday").await;
    visitor.click("#book-go").await;
    visitor.until("books.value == 'Tuesday' && !document.querySelector('.rule-form')").await;
    open(&visitor, "My rules").await;
    visitor.until("document.querySelectorAll('.form-heuristic').length == 2").await;
    let written: Vec<String> =
        visitor.js("[...document.querySelectorAll('.form-heuristic')].map(field => field.value)").await;
    assert_eq!(written, ["go home at", "touch red rings, but"]);
    // Under another name it is the same rulebook.
    visitor.click("#book-rename").await;
    visitor.type_into("#book-name", "Monday").await;
    visitor.click("#book-go").await;
    visitor.until("books.value == 'Monday'").await;
    visitor.click(".rules .rule-form [type=submit]").await;
    visitor.click(".rulebook > .rule-form [type=submit]").await;
    until_says(&visitor, &["touch red rings, but", "go home at"]).await;
    visitor.leave().await;
}

#[tokio::test]
async fn a_rule_that_went_can_still_be_read() {
    let visitor = Visitor::open("").await;
    assert!(visitor.js::<bool>("!document.querySelector('#retired')").await);
    visitor.add_rule("touch red rings").await;
    press(&visitor, "delete", "R1").await;
    visitor.until("document.querySelector('#retired summary')?.innerText.includes('(1)')").await;
    visitor.click("#retired summary").await;
    assert!(visitor.text("#retired").await.contains("touch red rings 0 for, 0 against"));
    visitor.click("#undo").await;
    visitor.until("!document.querySelector('#retired')").await;
    visitor.leave().await;
}

#[tokio::test]
async fn rules_from_a_link_are_offered_also_where_the_rulebook_is_not_shown() {
    let mut visitor = Visitor::open("").await;
    visitor.add_rule("touch red rings").await;
    let fragment = share(&visitor).await;
    visitor.press("Escape").await;
    visitor.go(&format!("#hide=rulebook&{}", &fragment[1..])).await;
    visitor.until("document.querySelector('#offer')").await;
    visitor.click("#offer-apart").await;
    visitor.until("!document.querySelector('#offer') && !location.hash.includes('rules=')").await;
    visitor.go("").await;
    until_says(&visitor, &["touch red rings"]).await;
    assert_ne!(visitor.js::<String>("books.value").await, "My rules");
    visitor.leave().await;
}

#[tokio::test]
async fn what_was_asked_for_below_the_rules_is_answered_in_sight() {
    let visitor = Visitor::open("").await;
    for rule in 0..8 {
        visitor.add_rule(&format!("touch red rings {rule} times")).await;
    }
    visitor.click("#book-new").await;
    visitor.until("document.activeElement.id == 'book-name'").await;
    visitor.press("Tab").await;
    visitor.press("Tab").await;
    visitor.press("Enter").await;
    visitor.until("document.activeElement.id == 'book-new'").await;
    assert!(visitor.js::<bool>(&inside("#book-new")).await);
    assert!(!visitor.js::<bool>(&inside("#rulebook-title")).await, "there are too few rules for this test");
    let folder = tempfile::tempdir().expect("a folder");
    import(&visitor, &file(&folder, "no.json", "{")).await;
    visitor.until("document.querySelector('#rulebook-notices').innerText != ''").await;
    visitor.until(&inside("#rulebook-notices")).await;
    visitor.leave().await;
}

#[tokio::test]
async fn the_list_names_the_rulebook_that_is_open_whatever_was_chosen_in_it() {
    let visitor = Visitor::open("").await;
    visitor.add_rule("touch red rings").await;
    visitor.click("#book-new").await;
    visitor.type_into("#book-name", "Vault").await;
    visitor.click("#book-go").await;
    visitor.until("document.querySelector('#books').value == 'Vault'").await;
    assert_eq!(visitor.js::<String>("document.activeElement.id").await, "books", "the focus stays");
    for name in ["My rules", "Vault", "My rules"] {
        open(&visitor, name).await;
        let rules = usize::from(name != "Vault");
        visitor.until(&format!("document.querySelectorAll('.rules .rule-says').length == {rules}")).await;
    }
    // The rulebook of a game's name opens with the game.
    visitor.click("#choose").await;
    visitor.click("[data-game=vault]").await;
    visitor.until("document.querySelectorAll('.rules .rule-says').length == 0").await;
    assert_eq!(visitor.js::<String>("document.querySelector('#books').value").await, "Vault");
    visitor.leave().await;
}

#[tokio::test]
async fn rules_are_written_by_hand_and_found_again_after_a_reload() {
    let visitor = Visitor::open("").await;
    for rule in ["touch red rings", "avoid blue boxes", "go home at dusk"] {
        visitor.add_rule(rule).await;
    }
    press(&visitor, "up", "R3").await;
    until_says(&visitor, &["touch red rings", "go home at dusk", "avoid blue boxes"]).await;
    assert_eq!(visitor.js::<String>("document.activeElement.id").await, "up-R3", "the focus stays");
    press(&visitor, "pin", "R1").await;
    visitor.until("document.querySelector('.rule.pinned')").await;
    press(&visitor, "off", "R3").await;
    visitor.until("document.querySelector('.rule.disabled .rule-number').innerText == '–'").await;
    press(&visitor, "edit", "R2").await;
    visitor.until("document.activeElement.classList.contains('form-heuristic')").await;
    visitor.type_into(".form-heuristic", "avoid green boxes").await;
    visitor.type_into(".form-trigger", "touch green box").await;
    visitor.press("Escape").await;
    visitor.until("!document.querySelector('.rule-form')").await;
    assert_eq!(says(&visitor).await[2], "avoid blue boxes", "Escape leaves it as it was");
    press(&visitor, "edit", "R2").await;
    visitor.until("document.querySelector('.form-heuristic')").await;
    visitor.type_into(".form-heuristic", "avoid green boxes").await;
    visitor.type_into(".form-trigger", "touch green box").await;
    visitor.click(".rule-form [type=submit]").await;
    // What changed is shown by word, here and in the log: in the sentence, and in when it applies.
    visitor.until("document.querySelector('.rules .rule-says ins')?.innerText == 'green'").await;
    assert_eq!(visitor.text(".rules .rule-says del").await, "blue");
    assert_eq!(visitor.text(".rules .rule-field ins").await, "touch green box");
    visitor.until("document.activeElement.id == 'edit-R2'").await;
    press(&visitor, "delete", "R1").await;
    until_says(&visitor, &["go home at dusk", "avoid green boxes"]).await;
    assert_eq!(visitor.js::<String>("document.activeElement.id").await, "delete-R3");
    visitor.click("#undo").await;
    until_says(&visitor, &["touch red rings", "go home at dusk", "avoid green boxes"]).await;
    visitor.click("#redo").await;
    until_says(&visitor, &["go home at dusk", "avoid green boxes"]).await;
    visitor.click("#undo").await;
    visitor.until("document.querySelectorAll('.rule').length == 3").await;
    visitor.reload().await;
    until_says(&visitor, &["touch red rings", "go home at dusk", "avoid green boxes"]).await;
    assert!(visitor.js::<bool>("!!document.querySelector('.rule.pinned[data-rule=R1]')").await);
    assert!(visitor.js::<bool>("!!document.querySelector('.rule.disabled[data-rule=R3]')").await);
    visitor.click("#log-toggle").await;
    visitor.until("document.querySelectorAll('.revision').length == 8").await;
    let log = visitor.text("#log").await;
    assert!(log.contains("undone") && log.contains("bluegreen") && log.contains("pinned"), "{log}");
    visitor.leave().await;
}

#[tokio::test]
async fn what_can_not_be_done_is_said_and_stays_in_the_form() {
    let visitor = Visitor::open("").await;
    visitor.add_rule("touch red rings").await;
    visitor.click("#add-rule").await;
    visitor.until("document.querySelector('.form-heuristic')").await;
    visitor.click(".rule-form [type=submit]").await;
    visitor.until("document.querySelector('.rule-form .problem').innerText.includes('what to do')").await;
    visitor.type_into(".form-heuristic", "x").await;
    visitor.type_into(".form-name", "R1").await;
    visitor.click(".rule-form [type=submit]").await;
    visitor.until("document.querySelector('.rule-form .problem').innerText.includes('Another rule')").await;
    assert_eq!(visitor.js::<String>("document.querySelector('.form-heuristic').value").await, "x");
    // Keys that are typed here play no game.
    assert_eq!(visitor.number("#steps").await, 0);
    visitor.leave().await;
}

#[tokio::test]
async fn what_the_prompt_has_no_room_for_says_so_and_has_no_number() {
    let visitor = Visitor::open("#game=orchard").await;
    let long = "touch the red ring when it is near you and nothing that bites is in the way, for it is worth two points";
    for place in 1..=8 {
        visitor.add_rule(&format!("{long}, {place} times of ten")).await;
    }
    let cards = "[...document.querySelectorAll('.rules .rule')]
        .map(card => [card.querySelector('.rule-number').innerText, !!card.querySelector('.left-out')])";
    let cards: Vec<(String, bool)> = visitor.js(cards).await;
    let fit = cards.iter().take_while(|(_, left_out)| !left_out).count();
    assert!((2..8).contains(&fit), "{cards:?}");
    for (place, (number, left_out)) in cards.iter().enumerate() {
        let expected = if place < fit { (place + 1).to_string() } else { "–".into() };
        assert_eq!((number, *left_out), (&expected, place >= fit));
    }
    // A shorter one makes room.
    visitor.click("#delete-R1").await;
    visitor.until(&format!("document.querySelectorAll('.left-out').length == {}", 8 - fit - 1)).await;
    visitor.leave().await;
}

#[tokio::test]
async fn rulebooks_have_names() {
    let visitor = Visitor::open("").await;
    visitor.add_rule("touch red rings").await;
    visitor.click("#book-copy").await;
    visitor.until("document.activeElement.id == 'book-name'").await;
    visitor.type_into("#book-name", "Monday").await;
    visitor.click("#book-go").await;
    visitor.until("document.querySelector('#books').value == 'Monday'").await;
    visitor.add_rule("avoid blue boxes").await;
    visitor.click("#book-new").await;
    visitor.until("document.activeElement.id == 'book-name'").await;
    visitor.type_into("#book-name", "Monday").await;
    visitor.click("#book-go").await;
    visitor.until("document.querySelector('#rulebook-notices').innerText.includes('already')").await;
    visitor.reload().await;
    assert_eq!(visitor.js::<String>("document.querySelector('#books').value").await, "Monday");
    until_says(&visitor, &["touch red rings", "avoid blue boxes"]).await;
    visitor.click("#book-delete").await;
    visitor.until("document.querySelector('.book-name').innerText.includes('can\\'t be undone')").await;
    visitor.click(".book-name button:last-child").await;
    // Whoever holds the key a little too long has not answered the question yet.
    visitor.until("document.activeElement.id == 'book-delete'").await;
    visitor.key("Enter", true).await;
    visitor.until("document.activeElement.id == 'book-go'").await;
    visitor.hold_on("Enter").await;
    visitor.key("Enter", false).await;
    assert!(visitor.js::<bool>("!!document.querySelector('#book-go')").await);
    visitor.press("Enter").await;
    visitor.until("document.querySelector('#books').options.length == 1").await;
    until_says(&visitor, &["touch red rings"]).await;
    visitor.leave().await;
}

#[tokio::test]
async fn files_go_out_and_come_in() {
    let visitor = Visitor::open("").await;
    let folder = tempfile::tempdir().expect("a folder");
    visitor.add_rule("touch *red* rings & <b>stay</b>").await;
    for (kind, choice) in [("json", "replace"), ("md", "apart")] {
        let name = format!("My rules.{kind}");
        let text = visitor.download(&format!("#export-{kind}"), &name).await;
        let path = folder.path().join(name);
        std::fs::write(&path, &text).expect("the file is kept");
        assert!(text.contains("NEW_HEURISTIC") && text.contains("R1"), "{text}");
        import(&visitor, &path).await;
        visitor.until("document.querySelector('#offer')?.open").await;
        assert!(visitor.text("#offer").await.contains("touch *red* rings & <b>stay</b>"));
        visitor.click(&format!("#offer-{choice}")).await;
        visitor.until("!document.querySelector('#offer')").await;
        until_says(&visitor, &["touch *red* rings & <b>stay</b>"]).await;
    }
    assert_eq!(visitor.js::<String>("document.querySelector('#books').value").await, "My rules 2");
    visitor.leave().await;
}

#[tokio::test]
async fn a_link_from_one_profile_opens_in_another() {
    let sender = Visitor::open("#game=vault&seed=9&votes=5&theme=light&panels=pad").await;
    sender.add_rule("touch red rings for points").await;
    sender.add_rule("avoid blue boxes").await;
    sender.click("#share-open").await;
    sender.until("document.querySelector('#share .qr')").await;
    let short: String = sender.js("document.querySelector('#link').value").await;
    sender.click("#share-along").await;
    sender.until(&format!("document.querySelector('#link').value != {short:?}")).await;
    let link: String = sender.js("document.querySelector('#link').value").await;
    let told = sender.text("#share-news").await;
    assert!(told.contains(&format!("{} characters", link.len())), "{told}");
    assert_eq!(sender.read_qr("#share .qr").await, link);
    sender.grant_clipboard().await;
    sender.click("#copy-link").await;
    sender.until("document.querySelector('#share-news').innerText == 'Copied.'").await;
    assert_eq!(sender.js::<String>("navigator.clipboard.readText()").await, link);
    let fragment = fragment_of(&link);
    sender.leave().await;

    let mut visitor = Visitor::open("#game=orchard").await;
    visitor.add_rule("go home").await;
    visitor.go(&fragment).await;
    visitor.until("document.querySelector('#offer')?.open").await;
    let preview = visitor.text("#offer").await;
    for said in
        ["2 rules", "Rulewright 0.1.0", "touch red rings for points", "game vault", "seed 9", "votes 5"]
    {
        assert!(preview.contains(said), "{said}: {preview}");
    }
    until_says(&visitor, &["go home"]).await;
    // Whoever has not chosen yet finds it again.
    visitor.reload().await;
    visitor.until("document.querySelector('#offer')?.open").await;
    visitor.click("#offer-join").await;
    until_says(&visitor, &["go home", "touch red rings for points", "avoid blue boxes"]).await;
    visitor.until("location.hash.includes('game=vault') && location.hash.includes('seed=9')").await;
    visitor.until("!location.hash.includes('rules=')").await;
    assert!(visitor.text("[data-rule='R3'] .rule-foot").await.contains("from a link"));
    // One revision: one step back.
    visitor.click("#undo").await;
    until_says(&visitor, &["go home"]).await;
    // The same link in an open page, and no, thanks: the game that is played goes on.
    visitor.run("document.querySelector('#board').focus()").await;
    visitor.press("ArrowUp").await;
    visitor.until("+document.querySelector('#steps').innerText == 1").await;
    let address: String = visitor.js("location.hash").await;
    visitor.run(&format!("location.hash = {fragment:?}")).await;
    visitor.until("document.querySelector('#offer')?.open").await;
    visitor.press("Escape").await;
    visitor.until("!document.querySelector('#offer') && !location.hash.includes('rules=')").await;
    until_says(&visitor, &["go home"]).await;
    assert_eq!((visitor.number("#steps").await, visitor.js::<String>("location.hash").await), (1, address));
    // And yes, in a page that leaves something out: it stays so.
    visitor.go("#game=orchard&theme=dark&hide=more").await;
    visitor.run(&format!("location.hash = {fragment:?}")).await;
    visitor.until("document.querySelector('#offer')?.open").await;
    visitor.click("#offer-replace").await;
    visitor.until("location.hash.includes('game=vault') && location.hash.includes('votes=5')").await;
    let address: String = visitor.js("location.hash").await;
    assert!(address.contains("theme=dark") && address.contains("hide=more"), "{address}");
    // Kept apart they are the rulebook of the game that they came with, and not of the one that was played.
    visitor.go("#game=orchard").await;
    visitor.run(&format!("location.hash = {fragment:?}")).await;
    visitor.until("document.querySelector('#offer')?.open").await;
    visitor.click("#offer-apart").await;
    visitor
        .until("location.hash.includes('game=vault') && document.querySelector('#books').value != 'My rules'")
        .await;
    visitor.click("#choose").await;
    visitor.click("[data-game=orchard]").await;
    visitor.until("document.querySelector('#books').value == 'My rules'").await;
    visitor.leave().await;
}

#[tokio::test]
async fn an_offer_that_is_closed_at_once_leaves_nothing_in_the_address() {
    let visitor = Visitor::open("#game=vault").await;
    visitor.add_rule("touch red rings").await;
    let fragment = share(&visitor).await;
    // Drawing takes long, and it is closed before all that follows from the drawing was done.
    visitor
        .run(
            "const show = HTMLDialogElement.prototype.showModal;
            HTMLDialogElement.prototype.showModal = function () {
                show.call(this);
                window.shown = this.id;
                for (const end = performance.now() + 40; performance.now() < end;);
                this.close();
            };",
        )
        .await;
    visitor.run(&format!("location.hash = {fragment:?}")).await;
    visitor.until("window.shown == 'offer'").await;
    visitor.until("!document.querySelector('#offer') && !location.hash.includes('rules=')").await;
    visitor.leave().await;
}

/// Nothing that strangers wrote became an element, ran, or was fetched.
async fn assert_harmless(visitor: &Visitor) {
    // The tally's dots are the page's own.
    let made = "document.querySelectorAll('img, b, i:not(.dot), [onerror], body script').length";
    assert_eq!(visitor.js::<usize>(made).await, 0, "markup became elements");
    assert!(!visitor.js::<bool>("'ran' in window").await, "a script ran");
    let fetched = visitor.fetched();
    assert!(!fetched.iter().any(|address| address.ends_with("/x")), "{fetched:?}");
}

#[tokio::test]
async fn what_strangers_write_is_text_or_refused() {
    let mut visitor = Visitor::open("").await;
    let folder = tempfile::tempdir().expect("a folder");
    let hostile = "<img src=x onerror=ran=1> <script>window.ran = 1</script> \\u202ereversed\\u0000 {{7*7}}";
    let rule = format!(
        r#"[{{"RULE_ID": "<b>id</b>", "TRIGGER": "{hostile}", "OBSERVATION": "{hostile}", "NEW_HEURISTIC": "{hostile}"}}]"#
    );
    import(&visitor, &file(&folder, "<i>evil<i>.json", &rule)).await;
    visitor.until("document.querySelector('#offer')?.open").await;
    visitor.click("#offer-join").await;
    let seen = "<img src=x onerror=ran=1> <script>window.ran = 1</script> reversed {{7*7}}";
    until_says(&visitor, &[seen]).await;
    assert_harmless(&visitor).await;
    let fragment = share(&visitor).await;
    visitor.go(&fragment).await;
    visitor.until("document.querySelector('#offer')?.open").await;
    assert!(visitor.text("#offer").await.contains(seen));
    assert_harmless(&visitor).await;
    visitor.click("#offer-discard").await;
    visitor.until("!document.querySelector('#offer')").await;
    // A model reads it, and says it after.
    visitor.site.put_model("grouped", "model");
    visitor.site.put_crashable_worker(&forging(&format!(
        "all => all.map(written => ({{ ...written, text: {seen:?} + (all.length > 1 ? '\\naction: up' : '') }}))"
    )));
    visitor.go("#who=agent&workers=1&learns=no&panels=strategist,sight").await;
    visitor.until(IDLE).await;
    visitor.agent_step(PATIENCE).await;
    visitor.click("#reflect").await;
    visitor.until("document.querySelector('details.reflection')").await;
    visitor.click("details.reflection summary").await;
    visitor.click("#log-toggle").await;
    for part in
        ["#asked", "#ballots .ballot-text", "#log", ".reflection dl", ".reflection .prompt", ".thinking"]
    {
        let shown = visitor.text(part).await;
        assert!(shown.contains(seen), "{part} shows {shown:?}");
    }
    assert_harmless(&visitor).await;
    // What is too much, or not what it should be, is refused in a sentence.
    let refused = [
        (file(&folder, "large.json", &"x".repeat(3_000_000)), "KiB"),
        (
            file(&folder, "long.json", &format!(r#"[{{"NEW_HEURISTIC": "{}"}}]"#, "x".repeat(5000))),
            "5000 characters",
        ),
        (file(&folder, "not.json", "{"), "not JSON"),
        (file(&folder, "new.json", r#"{"rulewright": 8}"#), "version 8"),
    ];
    for (path, told) in &refused {
        import(&visitor, path).await;
        visitor
            .until(&format!("document.querySelector('#rulebook-notices').innerText.includes({told:?})"))
            .await;
    }
    for (link, told) in [("#rules=%%%", "damaged"), ("#rules=AQAAAA", "damaged"), ("#rules=", "damaged")] {
        visitor.go(link).await;
        visitor
            .until(&format!("document.querySelector('#rulebook-notices').innerText.includes({told:?})"))
            .await;
    }
    visitor.go(&format!("#rules={}", "A".repeat(1_000_000))).await;
    visitor
        .until("document.querySelector('#rulebook-notices').innerText.includes('1000000 characters')")
        .await;
    visitor.go(&format!("#seed=4&{}x", &fragment[1..])).await;
    visitor.until("document.querySelector('#rulebook-notices').innerText.includes('damaged')").await;
    assert_eq!(visitor.js::<String>("location.hash").await, "#game=orchard&seed=4");
    until_says(&visitor, &[seen]).await;
    visitor.leave().await;
}

#[tokio::test]
async fn ten_thousand_damaged_links_do_no_harm() {
    let visitor = Visitor::open("").await;
    visitor.add_rule("touch red rings").await;
    let fragment = share(&visitor).await;
    // Each is opened in the running page, as a click on a link does.
    visitor
        .run(&format!(
            "window.good = {fragment:?}; window.opened = (async () => {{
                for (let i = 0; i < 10000; i++) {{
                    const at = 7 + (i * 7919) % (good.length - 7);
                    const link = good.slice(0, at) + String.fromCharCode(33 + (i * 31) % 90) + good.slice(at + i % 3);
                    window.dispatchEvent(new HashChangeEvent('hashchange', {{ newURL: location.href.split('#')[0] + (link == good ? '#rules=x' : link) }}));
                    if (i % 500 == 0) await new Promise(requestAnimationFrame);
                }}
                return true;
            }})()"
        ))
        .await;
    assert!(visitor.js::<bool>("window.opened").await);
    visitor.until("document.querySelector('#rulebook-notices').innerText.includes('damaged')").await;
    until_says(&visitor, &["touch red rings"]).await;
    visitor.add_rule("still alive").await;
    visitor.leave().await;
}

/// Fills the browser's storage.
const FILL: &str = "let room = 'x'.repeat(1 << 20);
    while (room) {
        try { localStorage.setItem('room' + Math.random(), room) }
        catch (_) { room = room.slice(1 + room.length / 2) }
    }";

#[tokio::test]
async fn a_full_or_forbidden_storage_is_said() {
    let visitor = Visitor::open("").await;
    visitor.add_rule("touch red rings").await;
    // What was kept as evidence gives way to what a person writes.
    visitor.run(&format!("localStorage.setItem('rulewright.exhibits', ' '.repeat(20000)); {FILL}")).await;
    visitor.add_rule("go home").await;
    visitor.until("localStorage.getItem('rulewright.shelf').includes('go home')").await;
    assert!(visitor.js::<bool>("localStorage.getItem('rulewright.exhibits') === null").await);
    visitor.run(FILL).await;
    visitor.add_rule("avoid blue boxes").await;
    visitor.until("document.querySelector('#rulebook-notices').innerText.includes('no more room')").await;
    until_says(&visitor, &["touch red rings", "go home", "avoid blue boxes"]).await;
    visitor.run("Object.keys(localStorage).filter(key => key.startsWith('room')).forEach(key => localStorage.removeItem(key))").await;
    visitor.add_rule("wait there").await;
    visitor.reload().await;
    until_says(&visitor, &["touch red rings", "go home", "avoid blue boxes", "wait there"]).await;
    // And what is stored but can't be read is put aside, not written over.
    visitor.run("localStorage.setItem('rulewright.shelf', '{broken')").await;
    visitor.reload().await;
    visitor.until("document.querySelector('#rulebook-notices').innerText.includes('put aside')").await;
    // Nor is what was put aside before; and there is a way to it.
    visitor.run("localStorage.setItem('rulewright.shelf', '{worse')").await;
    visitor.reload().await;
    visitor.until("document.querySelector('#export-aside')").await;
    visitor
        .run("const make = URL.createObjectURL;
            URL.createObjectURL = blob => { blob.text().then(text => window.exported = text); return make(blob) };
            document.querySelector('#export-aside').click()")
        .await;
    visitor.until("window.exported === '{broken\\n{worse'").await;
    // Who has it in a file may delete it.
    visitor.until("document.querySelector('#forget-aside')").await;
    visitor.click("#forget-aside").await;
    visitor.until("!document.querySelector('#export-aside') && document.activeElement.id == 'books'").await;
    visitor.reload().await;
    visitor.until("document.querySelector('#rulebook-title')").await;
    assert!(visitor.js::<bool>("!document.querySelector('#export-aside')").await);
    visitor.run("Storage.prototype.setItem = () => { throw new DOMException('no', 'SecurityError') }").await;
    visitor.add_rule("in vain").await;
    visitor.until("document.querySelector('#rulebook-notices').innerText.includes('store nothing')").await;
    visitor.leave().await;
}

#[tokio::test]
async fn two_tabs_never_lose_an_edit() {
    let visitor = Visitor::open("").await;
    visitor.add_rule("touch red rings").await;
    let other = visitor.tab("").await;
    until_says(&other, &["touch red rings"]).await;
    // What one does, the other shows.
    other.add_rule("avoid blue boxes").await;
    until_says(&visitor, &["touch red rings", "avoid blue boxes"]).await;
    // Both at once: the other one does not hear in time.
    other
        .run(
            "const [get, old] = [Storage.prototype.getItem, localStorage.getItem('rulewright.shelf')];
            window.deaf = true;
            Storage.prototype.getItem = function (name) { return window.deaf ? old : get.call(this, name) }",
        )
        .await;
    visitor.add_rule("here").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.run("window.deaf = false").await;
    other.add_rule("there").await;
    other.until("document.querySelector('#rulebook-notices').innerText.includes('Another tab')").await;
    assert_eq!(other.js::<String>("document.querySelector('#books').value").await, "My rules 2");
    until_says(&other, &["touch red rings", "avoid blue boxes", "there"]).await;
    visitor.until("document.querySelector('#books').options.length == 2").await;
    until_says(&visitor, &["touch red rings", "avoid blue boxes", "here"]).await;
    visitor.reload().await;
    let names: Vec<String> =
        visitor.js("[...document.querySelector('#books').options].map(o => o.value)").await;
    assert_eq!(names, ["My rules", "My rules 2"]);
    other.page.clone().close().await.expect("the tab closes");
    drop(other);
    visitor.leave().await;
}

#[tokio::test]
async fn the_rulebook_stands_in_nobodys_way_and_looks_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = r#"{"rulewright": 1, "name": "Orchard", "rules": [
        {"RULE_ID": "R1", "TRIGGER": "touch red ring", "OBSERVATION": "+2 in 5 of 6", "NEW_HEURISTIC": "touch red rings for points", "support": [3, 8, 12, 20, 31], "contradiction": [17], "origin": "strategist", "pinned": true},
        {"RULE_ID": "R2", "TRIGGER": "touch blue box", "OBSERVATION": "life -1 in 4 of 4", "NEW_HEURISTIC": "avoid blue boxes, they cost a life", "status": "hypothesis", "support": [5, 9], "origin": "strategist"},
        {"RULE_ID": "R3", "TRIGGER": "touch grey door", "OBSERVATION": "0 in 8 of 8", "NEW_HEURISTIC": "grey doors stay shut without a key, go round", "disabled": true},
        {"RULE_ID": "ASSET_VOL_22", "TRIGGER": "asset.volatility > 0.6 AND market.volume < 100k", "OBSERVATION": "The default stop-loss (0.05) is too wide; current model policy is too slow to react.", "NEW_HEURISTIC": "When volatility is high and volume is low, switch from fixed-stop-loss to dynamic-trailing-stop-loss (0.01) immediately to minimize tail risk."},
        {"RULE_ID": "R5", "NEW_HEURISTIC": "לך הביתה כשהדלק נגמר"}]}"#;
    let path = file(&folder, "Orchard.json", rules);
    for (size, width, height) in [("phone", 390, 844), ("desktop", 1366, 900)] {
        for theme in ["light", "dark"] {
            let visitor = Visitor::open(&format!("#theme={theme}")).await;
            visitor.size(width, height, size == "phone").await;
            let look = async |part: &str, at: &str| {
                visitor
                    .run(&format!("document.querySelector({at:?}).scrollIntoView({{ block: 'start' }})"))
                    .await;
                visitor.screenshot(&format!("rulebook-{size}-{theme}-{part}")).await;
                let out: Vec<String> = visitor
                    .js("[...document.querySelectorAll('.rulebooks *')].filter(e => !e.closest('.hidden')
                        && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))")
                    .await;
                assert_eq!(out, Vec::<String>::new(), "{size}, {theme}, {part}");
                assert_eq!(visitor.barriers().await, Vec::<String>::new(), "{size}, {theme}, {part}");
            };
            look("empty", ".rulebooks").await;
            import(&visitor, &path).await;
            visitor.until("document.querySelector('#offer')?.open").await;
            look("offer", "#offer h2").await;
            visitor.click("#offer-replace").await;
            visitor.until("document.querySelectorAll('.rule').length == 5").await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            look("cards", ".rulebooks").await;
            press(&visitor, "edit", "R2").await;
            visitor.until("document.querySelector('.form-heuristic')").await;
            look("form", ".rule-form").await;
            visitor.type_into(".form-heuristic", "avoid blue boxes near the door, they cost a life").await;
            visitor.click(".rule-form [type=submit]").await;
            visitor.until("document.querySelector('.rules ins')").await;
            tokio::time::sleep(Duration::from_millis(700)).await;
            look("changed", "[data-rule=R1]").await;
            visitor.click("#log-toggle").await;
            visitor.until("document.querySelectorAll('.revision').length == 2").await;
            look("log", ".rulebook-log").await;
            visitor.click("#share-open").await;
            visitor.until("document.querySelector('#share .qr')").await;
            look("share", "#share h2").await;
            visitor.leave().await;
        }
    }
}
