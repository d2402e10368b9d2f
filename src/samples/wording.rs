//! How people put a claim: a grammar of English in tables, `assets/wording/`.

use super::claim::{Claim, Condition, Subject, Worth};
use crate::env::Action;
use crate::games::Trigger;
use crate::games::sprite::{Colour, Shape};
use grammar::{Grammar, Mood, Speaker, Topic, WORTHS, words_of};
use rand::RngExt;
use rand_pcg::Pcg32;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use strum::VariantArray;

mod grammar;
mod inflection;

/// Which sentences there are to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// Those to train on.
    Train,
    /// Sentence constructions that training never uses, of words that it does use.
    Constructions,
    /// Constructions of training with at least one everyday word that training never uses.
    Words,
}

/// The words that sentences are made of: runs of lower-case letters and apostrophes. A training sentence
/// with a slip of the pen may have one more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Those that [`Split::Train`] and [`Split::Constructions`] use, and [`plain`].
    pub train: BTreeSet<String>,
    /// Those that [`Split::Words`] alone uses.
    pub held_out: BTreeSet<String>,
}

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::parse(&[
        include_str!("../../assets/wording/things.txt"),
        include_str!("../../assets/wording/words.txt"),
        include_str!("../../assets/wording/touch.txt"),
        include_str!("../../assets/wording/shot_and_leave.txt"),
        include_str!("../../assets/wording/push.txt"),
        include_str!("../../assets/wording/desk.txt"),
        include_str!("../../assets/wording/idle.txt"),
        include_str!("../../assets/wording/tone.txt"),
    ])
});

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let [train, held] = GRAMMAR.texts();
    let lower = |texts: Vec<&str>| -> BTreeSet<String> {
        texts.iter().flat_map(|text| words_of(text)).map(str::to_lowercase).collect()
    };
    let mut train = lower(train);
    train.extend(lower(PLAIN_WORDS.to_vec()));
    let held_out = lower(held).difference(&train).cloned().collect();
    Words { train, held_out }
});

/// What the grammar's own code and [`plain`] say besides the tables, and the desks' readings.
const PLAIN_WORDS: [&str; 6] = [
    "one two three four five six seven eight nine ten eleven twelve no an k",
    "touch avoid shoot do not let leave push onto take open with a key for points they it cost give send you",
    "make things slow down swap two kinds trade roles shield fuel life lose does do nothing touching shooting",
    "when is above at most and or trend up down not small talk",
    "volatility volume trend orders returns trucks order size rival price crew energy position stock",
    "elsewhere opens extra a pushing when it leaves then board target",
];

/// The longest sentence, in words.
const LONGEST: usize = 24;

/// The words that [`Split::Train`] and [`Split::Words`] may use.
pub fn words() -> Words {
    WORDS.clone()
}

/// One sentence for a claim.
pub fn say(claim: &Claim, split: Split, rng: &mut Pcg32) -> String {
    let mut text = String::new();
    for _ in 0..12 {
        let (said, is_right) = try_to_say(claim, split, rng);
        text = said;
        if is_right && text.split(' ').count() <= LONGEST {
            break;
        }
    }
    if split == Split::Train && rng.random_range(0..64) == 0 {
        slip(&mut text, claim, rng);
    }
    text
}

/// A sentence, and whether it has the held-out word that the split asks for.
fn try_to_say(claim: &Claim, split: Split, rng: &mut Pcg32) -> (String, bool) {
    let anything = Subject { colour: None, shape: None };
    let mut topic = Topic {
        subject: anything,
        target: anything,
        worth: 0,
        count: 0,
        conditions: &[],
        action: Action::Wait,
    };
    let blocks: [(u32, String); 3] = match claim {
        Claim::Meeting { subject, trigger, worth } => {
            topic.subject = *subject;
            set_worth(&mut topic, *worth);
            let name = match trigger {
                Trigger::Touch => "touch",
                Trigger::Shot => "shot",
                Trigger::Leave => "leave",
                Trigger::Drop => "push",
            };
            by_worth(name, &topic)
        }
        Claim::Push { subject, onto, worth } => {
            (topic.subject, topic.target) = (*subject, *onto);
            set_worth(&mut topic, *worth);
            by_worth("push", &topic)
        }
        Claim::Desk { when, action, right } => {
            topic.conditions = when;
            topic.action = *action;
            let name = match (when.is_empty(), right) {
                (false, true) => "desk",
                (false, false) => "desk.wrong",
                (true, true) => "desk.always",
                (true, false) => "desk.never",
            };
            [(1, name.into()), (0, String::new()), (0, String::new())]
        }
        Claim::Idle => {
            let pick = |n: usize, rng: &mut Pcg32| rng.random_range(0..n as u32) as usize;
            topic.subject = Subject {
                colour: Some(Colour::VARIANTS[pick(Colour::VARIANTS.len(), rng)]),
                shape: Some(Shape::VARIANTS[pick(Shape::VARIANTS.len(), rng)]),
            };
            [(3, "idle".into()), (1, "idle.thing".into()), (0, String::new())]
        }
    };
    let unheard = split == Split::Words;
    let held = split == Split::Constructions;
    let found = blocks.each_ref().map(|(share, name)| GRAMMAR.blocks.get(name).map(|block| (*share, block)));
    let share = |entry: &Option<(u32, &grammar::Block)>| {
        entry.filter(|(_, block)| block.weight(held) > 0).map_or(0, |(share, block)| {
            // Held-out constructions are few: each comes equally often.
            if held { block.weight(held) } else { share }
        })
    };
    let total: u32 = found.iter().map(share).sum();
    let mut at: u32 = rng.random_range(0..total.max(1));
    let chosen = found.iter().find(|entry| {
        let share = share(entry);
        let here = at < share;
        at = at.saturating_sub(share);
        here
    });
    let Some(Some((_, block))) = chosen else { return (plain(claim), true) };
    let Some(line) = block.draw(held, unheard, rng) else { return (plain(claim), !unheard) };
    let (before, after) = match line.mood {
        Mood::Terse => (0, 0),
        Mood::Aside => (20, 0),
        _ if *claim == Claim::Idle => (5, 0),
        _ => (30, 8),
    };
    let (before, after, stop) =
        (rng.random_range(0..100) < before, rng.random_range(0..100) < after, rng.random_range(0..12));
    let mut speaker = Speaker::new(&GRAMMAR, &topic, unheard, rng);
    if before {
        speaker.say_one(match line.mood {
            Mood::Order => "before order",
            Mood::Ban => "before ban",
            Mood::Aside => "before aside",
            _ if matches!(claim, Claim::Idle) => "before idle",
            _ if matches!(claim, Claim::Desk { .. }) => "before desk",
            _ => "before statement",
        });
        speaker.text.push(' ');
    }
    speaker.said_unheard = false;
    speaker.say(line);
    if after {
        speaker.text.push(' ');
        speaker.say_one("after");
    }
    match stop {
        0..3 if line.mood != Mood::Terse => speaker.text.push('.'),
        3 if line.mood != Mood::Terse => speaker.text.push('!'),
        _ => {}
    }
    let said_unheard = speaker.said_unheard;
    (tidied(&speaker.text), said_unheard || !unheard)
}

fn set_worth(topic: &mut Topic, worth: Worth) {
    let (name, count) = match worth {
        Worth::Points(None) => ("points", 0),
        Worth::Points(Some(n)) => ("points.n", n),
        Worth::Loss(None) => ("loss", 0),
        Worth::Loss(Some(n)) => ("loss.n", n),
        Worth::Life => ("life", 0),
        Worth::Harm => ("harm", 0),
        Worth::Nothing => ("nothing", 0),
        Worth::Key => ("key", 0),
        Worth::Door => ("door", 0),
        Worth::Fuel => ("fuel", 0),
        Worth::Shield => ("shield", 0),
        Worth::Slow => ("slow", 0),
        Worth::Teleport => ("teleport", 0),
        Worth::Swap => ("swap", 0),
    };
    topic.worth = WORTHS.iter().position(|w| *w == name).unwrap_or_default();
    topic.count = count;
}

/// The blocks that can speak of a meeting: on its worth, on its kind of worth, on any, with their shares.
fn by_worth(meeting: &str, topic: &Topic) -> [(u32, String); 3] {
    let worth = WORTHS[topic.worth];
    let kind = match worth {
        "points" | "points.n" | "life" | "key" | "fuel" | "shield" | "slow" => "wanted",
        "loss" | "loss.n" | "harm" => "unwanted",
        _ => "neutral",
    };
    let any = if worth == "door" { String::new() } else { meeting.to_string() };
    [(8, format!("{meeting}.{worth}")), (4, format!("{meeting}.{kind}")), (4, any)]
}

/// A sentence with single spaces, none before a comma, and “an” where it belongs.
fn tidied(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len() + 4);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if tidy.ends_with(" a") || tidy == "a" {
            let vowel =
                word.starts_with(['a', 'e', 'i', 'o', 'u']) || word.starts_with("hour") || word == "x";
            let spoken = ["us", "uni", "one", "eu", "once"].iter().any(|start| word.starts_with(start));
            if vowel && !spoken || word.starts_with("ugly") || word.starts_with("unin") {
                tidy.push('n');
            }
        }
        if !tidy.is_empty() && !word.starts_with([',', ';', '.', '!']) || word == "!" && !tidy.ends_with('!')
        {
            tidy.push(' ');
        }
        tidy.push_str(word);
    }
    tidy
}

/// One letter swapped or dropped, in a word that neither names a thing nor turns the meaning.
fn slip(text: &mut String, claim: &Claim, rng: &mut Pcg32) {
    let [mut colour, mut shape] = [BTreeSet::new(), BTreeSet::new()];
    let mut keep = |subject: &Subject| {
        let [c, s] = GRAMMAR.names_of(*subject);
        colour.extend(c);
        shape.extend(s);
    };
    let mut readings = String::new();
    match claim {
        Claim::Meeting { subject, .. } => keep(subject),
        Claim::Push { subject, onto, .. } => {
            keep(subject);
            keep(onto);
        }
        Claim::Desk { when, action, .. } => {
            readings = action.to_string();
            when.iter().for_each(|c| readings = format!("{readings} {}", c.reading));
        }
        Claim::Idle => {}
    }
    let spots: Vec<(usize, usize)> = (words_of(text))
        .filter(|word| word.len() >= 5 && word.bytes().all(|b| b.is_ascii_lowercase()))
        .filter(|word| {
            let kept =
                ["never", "nothing", "above", "below", "under", "without", "except", "points", "trailing"];
            !colour.contains(*word)
                && !shape.contains(*word)
                && !kept.contains(word)
                && !readings.contains(*word)
        })
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word.len()))
        .collect();
    if spots.is_empty() {
        return;
    }
    let (start, len) = spots[rng.random_range(0..spots.len() as u32) as usize];
    let at = start + 1 + rng.random_range(0..len as u32 - 2) as usize;
    let mut slipped = text.clone().into_bytes();
    if rng.random_range(0..2) == 0 {
        slipped.remove(at);
    } else {
        slipped.swap(at, at + 1);
    }
    if let Ok(slipped) = String::from_utf8(slipped)
        && words_of(&slipped).all(|word| !WORDS.held_out.contains(word))
    {
        *text = slipped;
    }
}

/// The one plain wording that the agent itself writes for a claim.
pub fn plain(claim: &Claim) -> String {
    match claim {
        Claim::Meeting { subject, trigger, worth } => plain_meeting(&many(*subject), *trigger, *worth),
        Claim::Push { subject, onto, worth } => {
            let (what, onto) = (many(*subject), many(*onto));
            match worth {
                Worth::Nothing => format!("pushing {what} onto {onto} does nothing"),
                _ if worth.is_bad() => format!("do not push {what} onto {onto}, they {}", brings(*worth)),
                Worth::Points(_) => format!("push {what} onto {onto} for {}", gains(*worth)),
                _ => format!("push {what} onto {onto}, they {}", brings(*worth)),
            }
        }
        Claim::Desk { when, action, right } => {
            let conditions: Vec<String> = when.iter().map(plain_condition).collect();
            let order = if *right { action.to_string() } else { format!("do not {action}") };
            match conditions.is_empty() {
                true => order,
                false => format!("when {}, {order}", conditions.join(" and ")),
            }
        }
        Claim::Idle => "small talk".into(),
    }
}

fn plain_condition(condition: &Condition) -> String {
    let Condition { reading, above, number } = condition;
    match (reading.as_str(), number.parse() == Ok(0.0), above) {
        ("trend", true, true) => "trend up".into(),
        ("trend", true, false) => "trend down".into(),
        (_, _, true) => format!("{reading} > {number}"),
        (_, _, false) => format!("{reading} <= {number}"),
    }
}

fn plain_meeting(what: &str, trigger: Trigger, worth: Worth) -> String {
    match (trigger, worth) {
        (Trigger::Touch, Worth::Points(_)) => format!("touch {what} for {}", gains(worth)),
        (Trigger::Touch, Worth::Loss(_) | Worth::Harm) => format!("avoid {what}, they {}", brings(worth)),
        (Trigger::Touch, Worth::Nothing) => format!("touching {what} does nothing"),
        (Trigger::Touch, Worth::Door) => format!("open {what} with a key for points"),
        (Trigger::Touch, Worth::Teleport) => format!("{what} send you elsewhere"),
        (Trigger::Touch, Worth::Swap) => format!("{what} make two kinds swap roles"),
        (Trigger::Touch, _) => format!("take {what}, they {}", brings(worth)),
        (Trigger::Shot, Worth::Points(_)) => format!("shoot {what} for {}", gains(worth)),
        (Trigger::Shot, Worth::Nothing) => format!("shooting {what} does nothing"),
        (Trigger::Shot, _) if worth.is_bad() => format!("do not shoot {what}, they {}", brings(worth)),
        (Trigger::Shot, _) => format!("shoot {what}, they {}", brings(worth)),
        (Trigger::Leave, Worth::Points(_)) => format!("let {what} leave for {}", gains(worth)),
        (Trigger::Leave, Worth::Nothing) => format!("{what} that leave do nothing"),
        (Trigger::Leave, _) if worth.is_bad() => format!("do not let {what} leave, they {}", brings(worth)),
        (Trigger::Leave, _) => format!("let {what} leave, they {}", brings(worth)),
        (Trigger::Drop, Worth::Points(_)) => format!("push {what} onto the target for {}", gains(worth)),
        (Trigger::Drop, Worth::Nothing) => format!("pushing {what} onto the target does nothing"),
        (Trigger::Drop, _) if worth.is_bad() => {
            format!("do not push {what} onto the target, they {}", brings(worth))
        }
        (Trigger::Drop, _) => format!("push {what} onto the target, they {}", brings(worth)),
    }
}

/// “points”, or “3 points”.
fn gains(worth: Worth) -> String {
    match worth {
        Worth::Points(Some(1)) | Worth::Loss(Some(1)) => "1 point".into(),
        Worth::Points(Some(n)) | Worth::Loss(Some(n)) => format!("{n} points"),
        _ => "points".into(),
    }
}

/// What they do, after “they”.
fn brings(worth: Worth) -> String {
    match worth {
        Worth::Points(_) => format!("give {}", gains(worth)),
        Worth::Loss(_) => format!("cost {}", gains(worth)),
        Worth::Life => "give a life".into(),
        Worth::Harm => "cost a life".into(),
        Worth::Nothing => "do nothing".into(),
        Worth::Key => "give a key".into(),
        Worth::Door => "open with a key for points".into(),
        Worth::Fuel => "give fuel".into(),
        Worth::Shield => "give a shield".into(),
        Worth::Slow => "slow things down".into(),
        Worth::Teleport => "send you elsewhere".into(),
        Worth::Swap => "make two kinds swap roles".into(),
    }
}

/// A subject in the plural.
fn many(subject: Subject) -> String {
    let shape = subject.shape.map(|shape| match shape {
        Shape::Stripes => "stripes".into(),
        shape => inflection::plural(&shape.to_string()),
    });
    match (subject.colour, shape) {
        (Some(colour), Some(shape)) => format!("{colour} {shape}"),
        (Some(colour), None) => format!("{colour} things"),
        (None, Some(shape)) => shape,
        (None, None) => "things".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use std::collections::BTreeMap;

    fn subject(text: &str) -> Subject {
        text.parse::<crate::games::sprite::Sprite>().unwrap().into()
    }

    /// Claims of every meaning, by name.
    fn claims() -> Vec<(String, Claim)> {
        let worths = [
            Worth::Points(None),
            Worth::Points(Some(3)),
            Worth::Loss(None),
            Worth::Loss(Some(2)),
            Worth::Life,
            Worth::Harm,
            Worth::Nothing,
            Worth::Key,
            Worth::Door,
            Worth::Fuel,
            Worth::Shield,
            Worth::Slow,
            Worth::Teleport,
            Worth::Swap,
        ];
        let subject_of = subject("red ring");
        let mut claims = Vec::new();
        for worth in worths {
            for trigger in [Trigger::Touch, Trigger::Shot, Trigger::Leave] {
                if trigger == Trigger::Touch || worth != Worth::Door {
                    let claim = Claim::Meeting { subject: subject_of, trigger, worth };
                    claims.push((format!("{trigger:?} {worth:?}"), claim));
                }
            }
            if worth == Worth::Nothing || matches!(worth, Worth::Points(_)) || worth.is_bad() {
                let claim = Claim::Push { subject: subject("blue box"), onto: subject("yellow flag"), worth };
                claims.push((format!("push {worth:?}"), claim));
            }
        }
        let condition = |reading: &str, above, number: &str| Condition {
            reading: reading.into(),
            above,
            number: number.into(),
        };
        let desks = [
            (
                vec![condition("volatility", true, "0.62"), condition("volume", false, "100k")],
                Action::BuyTrailing,
            ),
            (
                vec![
                    condition("volatility", false, "0.55"),
                    condition("volume", true, "90k"),
                    condition("trend", false, "0.00"),
                ],
                Action::SellFixed,
            ),
            (vec![condition("orders", true, "24")], Action::Pick),
            (
                vec![condition("order size", false, "28"), condition("rival price", true, "0.95")],
                Action::List,
            ),
        ];
        for (when, action) in desks {
            for right in [true, false] {
                let claim = Claim::Desk { when: when.clone(), action, right };
                claims.push((format!("{action} {right}"), claim));
            }
        }
        claims.push(("idle".into(), Claim::Idle));
        claims
    }

    const SPLITS: [Split; 3] = [Split::Train, Split::Constructions, Split::Words];

    #[test]
    fn the_tables_have_no_faults() {
        assert_eq!(GRAMMAR.faults, [""; 0]);
        let words = words();
        let mut known = GRAMMAR.held_options();
        known.retain(|option| {
            words_of(&option.to_lowercase()).all(|word| !words.held_out.contains(word)) && !option.is_empty()
        });
        assert_eq!(known, [""; 0], "held-out options without a held-out word");
        assert!(words.train.is_disjoint(&words.held_out));
        assert!(words.train.len() > 900 && words.held_out.len() > 250);
    }

    #[test]
    fn held_out_words_and_constructions_stay_out_of_training() {
        let words = words();
        let texts: BTreeMap<&str, bool> =
            GRAMMAR.blocks.values().flat_map(|b| &b.train).map(|line| (&*line.text, true)).collect();
        let held = GRAMMAR.blocks.values().flat_map(|b| &b.held);
        assert!(held.clone().count() >= 60);
        for line in held {
            assert!(!texts.contains_key(&*line.text), "“{}” is trained on", line.text);
        }
        for (name, claim) in claims() {
            let mut rng = Pcg32::seed_from_u64(7);
            for i in 0..1500 {
                let split = SPLITS[i % 3];
                let text = say(&claim, split, &mut rng).to_lowercase();
                let unheard = words_of(&text).filter(|word| words.held_out.contains(*word)).count();
                assert_eq!(unheard > 0, split == Split::Words, "{name}, {split:?}: {text}");
                let known = |word: &&str| !words.train.contains(*word) && !words.held_out.contains(*word);
                let strange = words_of(&text).filter(known).count();
                assert!(strange <= usize::from(split == Split::Train), "{name}, {split:?}: {text}");
            }
        }
    }

    #[test]
    fn every_meaning_has_many_wordings_that_name_their_subject_and_numbers() {
        for (name, claim) in claims() {
            for split in SPLITS {
                let mut rng = Pcg32::seed_from_u64(11);
                let said: Vec<String> = (0..2000).map(|_| say(&claim, split, &mut rng)).collect();
                let distinct: BTreeSet<&String> = said.iter().collect();
                let least = if split == Split::Constructions { 30 } else { 300 };
                assert!(distinct.len() >= least, "{name}, {split:?}: {} wordings", distinct.len());
                for text in distinct {
                    let words: BTreeSet<&str> = words_of(text).collect();
                    let named = |subject: &Subject| {
                        let [colour, shape] = GRAMMAR.names_of(*subject);
                        assert!(colour.iter().any(|w| words.contains(&**w)), "{name}: {text}");
                        assert!(shape.iter().any(|w| words.contains(&**w)), "{name}: {text}");
                    };
                    match &claim {
                        Claim::Meeting { subject, .. } => named(subject),
                        Claim::Push { subject, onto, .. } => [subject, onto].into_iter().for_each(named),
                        Claim::Desk { when, .. } => {
                            for Condition { reading, number, .. } in
                                when.iter().filter(|c| c.reading != "trend")
                            {
                                let short = number.strip_suffix('0').unwrap_or(number);
                                assert!(text.contains(reading) && text.contains(short), "{name}: {text}");
                            }
                        }
                        Claim::Idle => {}
                    }
                }
                let long = said.iter().filter(|text| text.split(' ').count() > LONGEST + 6).count();
                assert_eq!(long, 0, "{name}, {split:?}");
            }
        }
    }

    #[test]
    fn a_seed_says_the_same_again() {
        for (_, claim) in claims() {
            for split in SPLITS {
                let said = |seed| say(&claim, split, &mut Pcg32::seed_from_u64(seed));
                assert_eq!(said(3), said(3));
            }
        }
    }

    #[test]
    fn plain_wordings_are_short_and_known() {
        let words = words();
        for (name, claim) in claims() {
            let text = plain(&claim);
            for word in words_of(&text) {
                assert!(words.train.contains(word), "{name}: {text}: {word}");
            }
        }
        let push = Claim::Push {
            subject: subject("red box"),
            onto: subject("yellow flag"),
            worth: Worth::Points(None),
        };
        assert_eq!(plain(&push), "push red boxes onto yellow flags for points");
    }

    #[test]
    fn the_articles_own_trigger_is_among_what_is_said() {
        let condition = |reading: &str, above, number: &str| Condition {
            reading: reading.into(),
            above,
            number: number.into(),
        };
        let claim = Claim::Desk {
            when: vec![condition("volatility", true, "0.60"), condition("volume", false, "100k")],
            action: Action::BuyTrailing,
            right: true,
        };
        let mut rng = Pcg32::seed_from_u64(1);
        let says = |text: String| text.contains("asset.volatility > 0.6 AND market.volume < 100k");
        assert!((0..60_000).any(|_| says(say(&claim, Split::Train, &mut rng))));
    }

    #[test]
    fn an_comes_before_a_vowel() {
        assert_eq!(
            tidied("a orange ring ,  a hourglass and a useful x"),
            "an orange ring, an hourglass and a useful x"
        );
    }
}
