//! The grammar: templates as text, parsed once into trees, spoken with random choices.
//!
//! A table is a list, `name: one, two^3, three || held-out, words` (`^3`: three times as likely; what
//! follows `||` is never used in training), or a block, `[name]` with one template a line. A line
//! begins with its [`Mood`]; a `!` before that keeps the construction out of training. In a template,
//! `(a|b)` chooses, `trap/traps` as all of a list's option agrees, `[give]` agrees with the subject (`[want:Y]` with the target, `[be:R]` with the
//! reading), and `{…}` is a slot: another list, `{take}`, also `{take.ing}`, `{take.s}`, `{take.ed}`, `{take.p}` (plural) and
//! `{take.v}` (agreeing); `{get@}`, one list for each worth, such as `points.get`; `{do%}`, one for each action; `{#}` and
//! `{#point}`, the number of points; `{a trap/traps}` agrees; `{lb}` and `{rb}` are brackets; `{X}`, `{N}`, `{S}`, `{P}` and `{Y}`, `{T}`, the subject and the target with any
//! determiner, one that bears a “not”, in the singular, in the plural.

use super::inflection::{self, Form};
use crate::env::Action;
use crate::games::sprite::{Colour, Shape};
use crate::samples::claim::{Condition, Subject};
use rand::RngExt;
use rand_pcg::Pcg32;
use std::collections::{BTreeSet, HashMap};
use strum::VariantArray;

/// How a sentence speaks, which says what may stand before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// `.`: a statement.
    Statement,
    /// `>`: an order that begins with a verb.
    Order,
    /// `-`: an order not to.
    Ban,
    /// `~`: a question or an order in more words, which bears no “i think that”.
    Aside,
    /// `=`: terse notation.
    Terse,
}

/// The lists' names for a worth, after the `@`.
pub(super) const WORTHS: [&str; 14] = [
    "points", "points.n", "loss", "loss.n", "life", "harm", "nothing", "key", "door", "fuel", "shield",
    "slow", "teleport", "swap",
];

const FORMS: [Form; 4] = [Form::Third, Form::Gerund, Form::Participle, Form::Many];

/// What a noun phrase or a verb belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Subject,
    Target,
    Reading,
}

#[derive(Debug, Clone)]
enum Node {
    Text(Box<str>),
    Row(Vec<Node>),
    /// One of a list.
    Any(usize),
    /// Singular and plural.
    Agree(Who, Box<[Node; 2]>),
    ByWorth(Box<[Option<usize>]>),
    ByAction(Box<[Option<usize>]>),
    /// By what the subject names: colour and shape, colour, shape, neither.
    Phrase(Option<Who>, [Option<usize>; 4]),
    /// What follows is about one or about many.
    Many(bool),
    Colour,
    Shape(bool),
    Count(Option<Box<[Box<str>; 2]>>),
    /// By how many conditions there are.
    Conditions([Option<usize>; 3]),
    /// One of the conditions: above, not above, rising, not rising.
    Condition(usize, [Option<usize>; 4]),
    Reading,
    Threshold,
}

/// One of a list's options.
#[derive(Debug, Clone)]
struct Choice {
    node: Node,
    /// The sum of the weights up to here.
    upto: u32,
}

#[derive(Debug, Clone, Default)]
struct List {
    train: Vec<Choice>,
    held: Vec<Choice>,
}

/// One template of a block.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub mood: Mood,
    /// Its text, before parsing.
    #[cfg_attr(not(test), allow(dead_code))]
    pub text: Box<str>,
    node: Node,
    /// Whether it has a slot with held-out words.
    pub has_held: bool,
    upto: u32,
}

/// The lines of a block: for training, and held out.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    pub train: Vec<Line>,
    pub held: Vec<Line>,
}

/// All tables.
#[derive(Debug, Default)]
pub(super) struct Grammar {
    lists: Vec<List>,
    names: HashMap<String, usize>,
    pub blocks: HashMap<String, Block>,
    colours: Vec<List>,
    shapes: Vec<[List; 2]>,
    /// What is wrong with the tables; empty but while they are being written.
    #[cfg_attr(not(test), allow(dead_code))]
    pub faults: Vec<String>,
}

/// What a sentence is about.
pub(super) struct Topic<'a> {
    pub subject: Subject,
    pub target: Subject,
    pub worth: usize,
    pub count: u8,
    pub conditions: &'a [Condition],
    pub action: Action,
}

/// A sentence in the making.
pub(super) struct Speaker<'a> {
    grammar: &'a Grammar,
    topic: &'a Topic<'a>,
    rng: &'a mut Pcg32,
    /// Whether held-out words may come.
    unheard: bool,
    /// Whether one has come.
    pub said_unheard: bool,
    many: [bool; 3],
    who: Who,
    condition: usize,
    pub text: String,
}

/// What stands before and after a bracket's end, at depth 0.
fn split_top(text: &str, at: char) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0, 0, Vec::new());
    for (i, c) in text.char_indices() {
        match c {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ if c == at && depth == 0 => {
                parts.push(&text[from..i]);
                from = i + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// An alternative's text and weight.
fn weighed(text: &str) -> (&str, u32) {
    match text.rsplit_once('^') {
        Some((text, weight)) => (text, weight.trim().parse().unwrap_or(1)),
        None => (text, 1),
    }
}

impl Grammar {
    /// Parses the tables.
    pub fn parse(tables: &[&str]) -> Self {
        let mut grammar = Grammar::default();
        let mut lists: Vec<(String, String)> = Vec::new();
        let mut lines: Vec<(String, String)> = Vec::new();
        for table in tables {
            let mut block = None;
            for line in table.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
                if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                    block = Some(name.to_string());
                } else if line.starts_with(['.', '>', '-', '~', '=', '!'])
                    && let Some(block) = &block
                {
                    lines.push((block.clone(), line.to_string()));
                } else if let (true, Some((_, text))) = (line.starts_with(' '), lists.last_mut()) {
                    text.push_str(line);
                } else if let Some((name, text)) = line.split_once(':') {
                    lists.push((name.trim().to_string(), text.to_string()));
                } else {
                    grammar.faults.push(format!("“{line}” is neither a list nor a template"));
                }
            }
        }
        for (name, _) in &lists {
            let id = grammar.lists.len();
            grammar.lists.push(List::default());
            if grammar.names.insert(name.clone(), id).is_some() {
                grammar.faults.push(format!("the list “{name}” comes twice"));
            }
        }
        for (name, text) in &lists {
            let (train, held) = text.split_once("||").unwrap_or((text, ""));
            let train = grammar.options(split_top(train, ','));
            let held = if held.is_empty() { Vec::new() } else { grammar.options(split_top(held, ',')) };
            let id = grammar.names[name];
            grammar.lists[id] = List { train, held };
        }
        grammar.inflect_waiting();
        for (block, line) in &lines {
            let (is_held, line) = line.strip_prefix('!').map_or((false, line.as_str()), |rest| (true, rest));
            let (mood, text) = line.split_at(1);
            let mood = match mood {
                "." => Mood::Statement,
                ">" => Mood::Order,
                "-" => Mood::Ban,
                "~" => Mood::Aside,
                _ => Mood::Terse,
            };
            let (text, weight) = weighed(text.trim());
            let node = grammar.template(text);
            let block = grammar.blocks.entry(block.clone()).or_default();
            let lines = if is_held { &mut block.held } else { &mut block.train };
            lines.push(Line { mood, text: text.into(), node, has_held: false, upto: weight });
        }
        grammar.inflect_waiting();
        grammar.mark_held();
        let looks = |name: String, grammar: &mut Grammar| {
            let id = grammar.names.get(&name).copied();
            if id.is_none() {
                grammar.faults.push(format!("there is no list “{name}”"));
            }
            id.map_or_else(List::default, |id| grammar.lists[id].clone())
        };
        grammar.colours =
            Colour::VARIANTS.iter().map(|c| looks(format!("colour.{c}"), &mut grammar)).collect();
        let shapes = Shape::VARIANTS.iter();
        grammar.shapes = shapes
            .map(|s| ["shape", "shapes"].map(|number| looks(format!("{number}.{s}"), &mut grammar)))
            .collect();
        grammar
    }

    fn options(&mut self, texts: Vec<&str>) -> Vec<Choice> {
        let mut upto = 0;
        let mut options = Vec::new();
        for text in texts {
            let (text, weight) = weighed(text);
            upto += weight;
            let node = match text.trim().split_once('/') {
                Some((one, many)) if !text.contains('{') => {
                    agree(Who::Subject, Node::Text(format!("a {one}").into()), Node::Text(many.into()))
                }
                _ => self.template(text.trim()),
            };
            options.push(Choice { node, upto });
        }
        options
    }

    fn template(&mut self, text: &str) -> Node {
        let mut nodes = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['(', '{', '[']) {
            if at > 0 {
                nodes.push(Node::Text(rest[..at].into()));
            }
            let open = rest.as_bytes()[at];
            let close = match open {
                b'(' => ')',
                b'{' => '}',
                _ => ']',
            };
            let inside = split_top_end(&rest[at + 1..], close);
            let Some(inside) = inside else {
                self.faults.push(format!("a bracket is left open in “{text}”"));
                return Node::Row(nodes);
            };
            rest = &rest[at + 2 + inside.len()..];
            nodes.push(match open {
                b'(' => {
                    let train = self.options(split_top(inside, '|'));
                    self.lists.push(List { train, held: Vec::new() });
                    Node::Any(self.lists.len() - 1)
                }
                b'[' => {
                    let (verb, who) = match inside.split_once(':') {
                        Some((verb, "Y")) => (verb, Who::Target),
                        Some((verb, _)) => (verb, Who::Reading),
                        None => (inside, Who::Subject),
                    };
                    agree(
                        who,
                        Node::Text(inflection::verb(verb, Form::Third).into()),
                        Node::Text(inflection::verb(verb, Form::Many).into()),
                    )
                }
                _ => self.slot(inside),
            });
        }
        if !rest.is_empty() {
            nodes.push(Node::Text(rest.into()));
        }
        if nodes.len() == 1 { nodes.swap_remove(0) } else { Node::Row(nodes) }
    }

    fn find(&mut self, name: &str) -> Option<usize> {
        let id = self.names.get(name).copied();
        if id.is_none() {
            self.faults.push(format!("there is no list “{name}”"));
        }
        id
    }

    fn slot(&mut self, slot: &str) -> Node {
        let pair =
            |one: &str, many: &str| agree(Who::Subject, Node::Text(one.into()), Node::Text(many.into()));
        let looks = |grammar: &mut Grammar, name: &str| {
            ["both", "colour", "shape", "none"].map(|look| grammar.find(&format!("{name}.{look}")))
        };
        let goals = |grammar: &mut Grammar, name: &str| {
            let [both, colour, shape, _] = looks(grammar, name);
            [both, colour, shape, grammar.find("target.none")]
        };
        match slot {
            "they" => return pair("it", "they"),
            "them" => return pair("it", "them"),
            "their" => return pair("its", "their"),
            "these" => return pair("this", "these"),
            "lb" => return Node::Text("(".into()),
            "rb" => return Node::Text(")".into()),
            "one" => return Node::Many(false),
            "many" => return Node::Many(true),
            "colour" => return Node::Colour,
            "shape" => return Node::Shape(false),
            "shapes" => return Node::Shape(true),
            "noun" | "nouns" => return Node::Phrase(None, looks(self, slot)),
            "X" | "N" | "S" | "P" => return Node::Phrase(Some(Who::Subject), looks(self, slot)),
            "x" => return Node::Phrase(Some(Who::Subject), looks(self, "noun")),
            "xs" => return Node::Phrase(Some(Who::Subject), looks(self, "nouns")),
            "Y" => return Node::Phrase(Some(Who::Target), goals(self, "N")),
            "T" => return Node::Phrase(Some(Who::Target), goals(self, "S")),
            "y" => return Node::Phrase(Some(Who::Target), goals(self, "noun")),
            "ys" => return Node::Phrase(Some(Who::Target), goals(self, "nouns")),
            "r" => return Node::Reading,
            "k" => return Node::Threshold,
            "#" => return Node::Count(None),
            "clauses" | "cases" | "terms" => {
                return Node::Conditions(["1", "2", "3"].map(|n| self.find(&format!("{slot}.{n}"))));
            }
            _ => {}
        }
        if let Some((one, many)) = slot.split_once('/') {
            return pair(one, many);
        }
        if let Some(noun) = slot.strip_prefix('#') {
            return Node::Count(Some(Box::new([noun.into(), inflection::plural(noun).into()])));
        }
        if let Some((form, index)) = slot.rsplit_once('!')
            && let Ok(index) = index.parse::<usize>()
        {
            let lists = ["above", "below", "up", "down"].map(|way| self.find(&format!("{form}.{way}")));
            return Node::Condition(index - 1, lists);
        }
        let (name, form) = match slot.rsplit_once('.') {
            Some((name, form @ ("ing" | "s" | "ed" | "p" | "v"))) => (name, form),
            _ => (slot, ""),
        };
        let node = if let Some(name) = name.strip_suffix('@') {
            Node::ByWorth(WORTHS.iter().map(|worth| self.find(&format!("{worth}.{name}"))).collect())
        } else if let Some(name) = name.strip_suffix('%') {
            Node::ByAction(
                Action::VARIANTS.iter().map(|action| self.find(&format!("{name}%{action}"))).collect(),
            )
        } else {
            match self.find(name) {
                Some(id) => Node::Any(id),
                None => Node::Row(Vec::new()),
            }
        };
        match form {
            "ing" => self.inflect(&node, Form::Gerund),
            "s" => self.inflect(&node, Form::Third),
            "p" => self.inflect(&node, Form::Many),
            "ed" => self.inflect(&node, Form::Participle),
            "v" => agree(Who::Subject, self.inflect(&node, Form::Third), self.inflect(&node, Form::Many)),
            _ => node,
        }
    }

    /// A copy of a template with its first word inflected. Lists are copied later, once they are read.
    fn inflect(&mut self, node: &Node, form: Form) -> Node {
        match node {
            Node::Text(text) => {
                let (word, rest) = text.split_at(text.find([' ', ',']).unwrap_or(text.len()));
                Node::Text((inflection::verb(word, form) + rest).into())
            }
            Node::Row(nodes) => {
                let mut nodes = nodes.clone();
                if let Some(first) = nodes.first_mut() {
                    *first = self.inflect(&first.clone(), form);
                }
                Node::Row(nodes)
            }
            Node::Any(id) => Node::Any(self.inflected(*id, form)),
            Node::ByWorth(ids) => {
                Node::ByWorth(ids.iter().map(|id| id.map(|id| self.inflected(id, form))).collect())
            }
            Node::ByAction(ids) => {
                Node::ByAction(ids.iter().map(|id| id.map(|id| self.inflected(id, form))).collect())
            }
            other => other.clone(),
        }
    }

    /// The list of another list's inflected options: named now, filled by `inflect_waiting`.
    fn inflected(&mut self, id: usize, form: Form) -> usize {
        let name = format!("\u{1}{id}\u{1}{}", form as usize);
        if let Some(&known) = self.names.get(&name) {
            return known;
        }
        self.lists.push(List::default());
        self.names.insert(name, self.lists.len() - 1);
        self.lists.len() - 1
    }

    fn inflect_waiting(&mut self) {
        loop {
            let waiting: Vec<(usize, usize, Form)> = (self.names.iter())
                .filter(|(_, to)| self.lists[**to].train.is_empty())
                .filter_map(|(name, &to)| {
                    let (from, form) = name.strip_prefix('\u{1}')?.split_once('\u{1}')?;
                    let form = *FORMS.get(form.parse::<usize>().ok()?)?;
                    Some((from.parse().ok()?, to, form))
                })
                .filter(|(from, ..): &(usize, usize, Form)| !self.lists[*from].train.is_empty())
                .collect();
            if waiting.is_empty() {
                return;
            }
            for (from, to, form) in waiting {
                let List { train, held } = self.lists[from].clone();
                let mut turn = |options: Vec<Choice>| -> Vec<Choice> {
                    let turned = options.into_iter();
                    turned.map(|o| Choice { node: self.inflect(&o.node, form), upto: o.upto }).collect()
                };
                let list = List { train: turn(train), held: turn(held) };
                self.lists[to] = list;
            }
        }
    }

    /// Marks the lines that can say a held-out word, and sums up the lines' weights.
    fn mark_held(&mut self) {
        let mut holds = vec![false; self.lists.len()];
        loop {
            let next: Vec<bool> = (self.lists.iter())
                .map(|list| !list.held.is_empty() || list.train.iter().any(|o| reaches(&o.node, &holds)))
                .collect();
            if next == holds {
                break;
            }
            holds = next;
        }
        for block in self.blocks.values_mut() {
            for lines in [&mut block.train, &mut block.held] {
                let mut upto = 0;
                for line in lines {
                    upto += line.upto;
                    line.upto = upto;
                    line.has_held = reaches(&line.node, &holds);
                }
            }
        }
    }

    /// Every text in the lists and templates: those of training, and those of held-out options.
    pub fn texts(&self) -> [Vec<&str>; 2] {
        let [mut train, mut held] = [Vec::new(), Vec::new()];
        for list in &self.lists {
            list.train.iter().for_each(|o| gather(&o.node, &mut train));
            list.held.iter().for_each(|o| gather(&o.node, &mut held));
        }
        for line in self.blocks.values().flat_map(|b| b.train.iter().chain(&b.held)) {
            gather(&line.node, &mut train);
        }
        [train, held]
    }

    /// The texts of each held-out option.
    #[cfg(test)]
    pub fn held_options(&self) -> Vec<String> {
        let options = self.lists.iter().flat_map(|list| &list.held);
        options
            .map(|o| {
                let mut texts = Vec::new();
                gather(&o.node, &mut texts);
                texts.join(" ")
            })
            .collect()
    }

    /// The words that a colour or a shape goes by, held-out ones too.
    pub fn names_of(&self, subject: Subject) -> [BTreeSet<String>; 2] {
        let names = |lists: &[&List]| {
            let mut texts = Vec::new();
            for option in lists.iter().flat_map(|list| list.train.iter().chain(&list.held)) {
                gather(&option.node, &mut texts);
            }
            texts.iter().flat_map(|text| words_of(text)).map(str::to_string).collect()
        };
        let colour = subject.colour.map(|c| names(&[&self.colours[c as usize]]));
        let shape = subject.shape.map(|s| {
            let [one, many] = &self.shapes[s as usize];
            names(&[one, many])
        });
        [colour.unwrap_or_default(), shape.unwrap_or_default()]
    }
}

/// The words of a text: runs of letters and apostrophes.
pub(super) fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphabetic() && c != '\'');
    words.map(|word| word.trim_matches('\'')).filter(|word| !word.is_empty())
}

fn agree(who: Who, one: Node, many: Node) -> Node {
    Node::Agree(who, Box::new([one, many]))
}

/// The text up to the bracket that closes it.
fn split_top_end(text: &str, close: char) -> Option<&str> {
    let mut depth = 0;
    for (i, c) in text.char_indices() {
        if depth == 0 && c == close {
            return Some(&text[..i]);
        }
        match c {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn reaches(node: &Node, holds: &[bool]) -> bool {
    let any = |ids: &[Option<usize>]| ids.iter().flatten().any(|&id| holds[id]);
    match node {
        Node::Row(nodes) => nodes.iter().any(|node| reaches(node, holds)),
        Node::Any(id) => holds[*id],
        Node::Agree(_, both) => both.iter().any(|node| reaches(node, holds)),
        Node::ByWorth(ids) | Node::ByAction(ids) => any(ids),
        Node::Conditions(ids) => any(ids),
        Node::Condition(_, ids) => any(ids),
        _ => false,
    }
}

fn gather<'a>(node: &'a Node, texts: &mut Vec<&'a str>) {
    match node {
        Node::Text(text) => texts.push(text),
        Node::Row(nodes) => nodes.iter().for_each(|node| gather(node, texts)),
        Node::Agree(_, both) => both.iter().for_each(|node| gather(node, texts)),
        Node::Count(Some(both)) => texts.extend(both.iter().map(|text| &**text)),
        _ => {}
    }
}

impl Block {
    /// Draws a line, or none where there is none; with `unheard`, one that can say a held-out word.
    pub fn draw(&self, held: bool, unheard: bool, rng: &mut Pcg32) -> Option<&Line> {
        let lines = if held { &self.held } else { &self.train };
        let total = lines.last()?.upto;
        for _ in 0..64 {
            let at = rng.random_range(0..total);
            let line = &lines[lines.partition_point(|line| line.upto <= at)];
            if !unheard || line.has_held {
                return Some(line);
            }
        }
        None
    }

    /// The weight of all lines.
    pub fn weight(&self, held: bool) -> u32 {
        let lines = if held { &self.held } else { &self.train };
        lines.last().map_or(0, |line| line.upto)
    }
}

impl<'a> Speaker<'a> {
    pub fn new(grammar: &'a Grammar, topic: &'a Topic<'a>, unheard: bool, rng: &'a mut Pcg32) -> Self {
        let text = String::with_capacity(160);
        let who = Who::Subject;
        Self { grammar, topic, rng, unheard, said_unheard: false, many: [false; 3], who, condition: 0, text }
    }

    /// Says a line.
    pub fn say(&mut self, line: &'a Line) {
        self.speak(&line.node);
    }

    /// Says one of a list by its name.
    pub fn say_one(&mut self, list: &str) {
        if let Some(&id) = self.grammar.names.get(list) {
            self.pick(id);
        }
    }

    fn pick(&mut self, id: usize) {
        let list = &self.grammar.lists[id];
        let unheard = self.unheard && !list.held.is_empty() && self.rng.random_range(0..5) > 0;
        self.said_unheard |= unheard;
        self.choose(if unheard { &list.held } else { &list.train });
    }

    fn choose(&mut self, options: &'a [Choice]) {
        let Some(last) = options.last() else { return };
        if last.upto == 1 {
            return self.speak(&last.node);
        }
        let at = self.rng.random_range(0..last.upto);
        self.speak(&options[options.partition_point(|o| o.upto <= at)].node);
    }

    /// A colour's or a shape's name; a held-out one is rare even among held-out words, as no model
    /// could know what it looks like.
    fn name(&mut self, list: &'a List) {
        let unheard = self.unheard && !list.held.is_empty() && self.rng.random_range(0..12) == 0;
        self.choose(if unheard { &list.held } else { &list.train });
    }

    fn about(&self) -> Subject {
        if self.who == Who::Target { self.topic.target } else { self.topic.subject }
    }

    fn speak(&mut self, node: &'a Node) {
        match node {
            Node::Text(text) => self.text.push_str(text),
            Node::Row(nodes) => nodes.iter().for_each(|node| self.speak(node)),
            Node::Any(id) => self.pick(*id),
            Node::Agree(who, both) => {
                let many = self.many[*who as usize];
                self.speak(&both[usize::from(many)]);
            }
            Node::ByWorth(ids) => ids[self.topic.worth].iter().for_each(|&id| self.pick(id)),
            Node::ByAction(ids) => ids[self.topic.action as usize].iter().for_each(|&id| self.pick(id)),
            Node::Phrase(who, looks) => {
                self.who = who.unwrap_or(self.who);
                let subject = self.about();
                let look = match (subject.colour, subject.shape) {
                    (Some(_), Some(_)) => 0,
                    (Some(_), None) => 1,
                    (None, Some(_)) => 2,
                    (None, None) => 3,
                };
                looks[look].iter().for_each(|&id| self.pick(id));
            }
            Node::Many(many) => self.many[self.who as usize] = *many,
            Node::Colour => {
                if let Some(colour) = self.about().colour {
                    self.name(&self.grammar.colours[colour as usize]);
                }
            }
            Node::Shape(many) => {
                if let Some(shape) = self.about().shape {
                    self.name(&self.grammar.shapes[shape as usize][usize::from(*many)]);
                }
            }
            Node::Count(noun) => {
                const WORDS: [&str; 13] = [
                    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
                    "eleven", "twelve",
                ];
                let count = self.topic.count;
                match (noun, WORDS.get(usize::from(count))) {
                    (Some(_), Some(word)) if self.rng.random_range(0..4) == 0 => self.text.push_str(word),
                    _ => self.text.push_str(&count.to_string()),
                }
                if let Some(both) = noun {
                    self.text.push(' ');
                    self.text.push_str(&both[usize::from(count != 1)]);
                }
            }
            Node::Conditions(ids) => {
                let id = ids[self.topic.conditions.len().clamp(1, 3) - 1];
                id.iter().for_each(|&id| self.pick(id));
            }
            Node::Condition(index, ways) => {
                let Some(condition) = self.topic.conditions.get(*index) else { return };
                self.condition = *index;
                let trend = condition.reading == "trend" && condition.number.parse() == Ok(0.0);
                let way = 2 * usize::from(trend) + usize::from(!condition.above);
                self.many[Who::Reading as usize] =
                    condition.reading.ends_with('s') && !condition.reading.ends_with("ss");
                ways[way].iter().for_each(|&id| self.pick(id));
            }
            Node::Reading => {
                let conditions = self.topic.conditions;
                self.text.push_str(&conditions[self.condition].reading);
            }
            Node::Threshold => {
                let conditions = self.topic.conditions;
                let number = conditions[self.condition].number.as_str();
                // People write 0.6 for 0.60.
                let short =
                    number.strip_suffix('0').filter(|short| number.contains('.') && !short.ends_with('.'));
                match short {
                    Some(short) if self.rng.random_range(0..10) == 0 => self.text.push_str(short),
                    _ => self.text.push_str(number),
                }
            }
        }
    }
}
