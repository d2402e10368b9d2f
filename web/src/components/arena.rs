//! The arena in the page: a few agents race on the same seeds in the background.

use super::choices::Choices;
use super::download::download;
use super::fold::Fold;
use super::learning::chart::{Chart, Curve, Shade};
use super::learning::figure;
use crate::address::Panel;
use crate::lab::{End, Entry, Event, Lab, Line, Race, Task, words};
use crate::model::words::grouped;
use crate::state::State;
use rulewright::arena::contest::Contender;
use rulewright::arena::scorecard::csv;
use std::rc::Rc;
use yew::prelude::*;

/// Who may race, and what its curve is drawn in.
const CONTENDERS: [(Contender, Shade); 8] = [
    (Contender::Full, Shade::First),
    (Contender::Rules, Shade::Second),
    (Contender::Learning, Shade::Fourth),
    (Contender::Static, Shade::Third),
    (Contender::Entropy, Shade::Fifth),
    (Contender::Retrieval, Shade::Sixth),
    (Contender::Random, Shade::Seventh),
    (Contender::Oracle, Shade::Eighth),
];
/// Who races unless somebody chooses others.
const USUAL: [Contender; 4] = [Contender::Full, Contender::Static, Contender::Random, Contender::Oracle];
/// Numbers of seeds that can be chosen.
const SEEDS: [u32; 4] = [1, 3, 5, 10];
/// Decisions of an episode that can be chosen.
const STEPS: [u32; 3] = [20, 40, 80];

/// What the panel needs: the page, and the laboratory that races.
#[derive(Properties, PartialEq)]
pub struct ArenaProps {
    pub state: UseReducerHandle<State>,
    pub lab: UseReducerHandle<Lab>,
}

/// The panel.
#[component]
pub fn Arena(props: &ArenaProps) -> Html {
    let ArenaProps { state, lab } = props;
    let chosen = use_state(|| USUAL.to_vec());
    let seeds = use_state(|| 1_usize);
    let steps = use_state(|| 1_usize);
    let race = lab.race.as_ref();
    let runs = race.is_some_and(|race| race.end.is_none());
    let obstacle = if state.model.loaded.is_none() {
        Some(words::NO_MIND)
    } else if chosen.is_empty() {
        Some("Choose who is to race.")
    } else if lab.is_busy() {
        Some(words::BUSY)
    } else {
        None
    };
    let start = {
        let (lab, game) = (lab.dispatcher(), state.game());
        let (contenders, seeds, steps) = ((*chosen).clone(), SEEDS[*seeds], STEPS[*steps]);
        move |_: MouseEvent| {
            if let (None, Some(game)) = (obstacle, game) {
                let contenders = contenders.clone();
                lab.dispatch(Event::Start(Task::Race(Entry { game, contenders, seeds, steps })));
            }
        }
    };
    let stop = {
        let lab = lab.dispatcher();
        move |_: MouseEvent| lab.dispatch(Event::Stop)
    };
    let contender = |&(contender, _): &(Contender, Shade)| {
        let is_in = chosen.contains(&contender);
        let change = {
            let chosen = chosen.clone();
            move |_: yew::Event| {
                let all = CONTENDERS.iter().map(|(other, _)| *other);
                chosen.set(all.filter(|other| chosen.contains(other) != (*other == contender)).collect());
            }
        };
        html! {
            <label class="check" title={words::contender(contender)}>
                <input type="checkbox" name="contender" value={contender.to_string()} checked={is_in} onchange={change} />
                { contender.title() }
            </label>
        }
    };
    let numbers = |all: &[u32]| -> Vec<(AttrValue, AttrValue, AttrValue)> {
        all.iter().map(|number| (number.to_string().into(), number.to_string().into(), "".into())).collect()
    };
    let choose = |number: &UseStateHandle<usize>| {
        let number = number.clone();
        Callback::from(move |index| number.set(index))
    };
    let news = match race.map(|race| &race.end) {
        None => String::new(),
        Some(None) => "The race is on.".into(),
        Some(Some(_)) => race.map_or_else(String::new, |race| words::race(race, false)),
    };
    html! {
        <Fold state={state.clone()} panel={Panel::Arena} title="Arena">
            <div class="panel arena">
                <fieldset class="contenders">
                    <legend>{ "Who races" }</legend>
                    { for CONTENDERS.iter().map(contender) }
                </fieldset>
                <Choices legend="Seeds" name="race-seeds" options={numbers(&SEEDS)} chosen={*seeds} choose={choose(&seeds)} />
                <Choices legend="Decisions" name="race-steps" options={numbers(&STEPS)} chosen={*steps} choose={choose(&steps)} />
                <div class="row">
                    if runs {
                        <button type="button" id="race-stop" onclick={stop}>{ "Stop the race" }</button>
                    } else {
                        <button
                            type="button"
                            id="race"
                            class="primary"
                            aria-disabled={obstacle.map(|_| "true")}
                            aria-describedby="race-method"
                            onclick={start}
                        >
                            { "Start the race" }
                        </button>
                    }
                </div>
                <p id="race-method" class="caption">
                    if let (false, Some(obstacle)) = (runs, obstacle) {
                        { obstacle }
                    } else {
                        { words::race_method(STEPS[*steps]) }
                    }
                </p>
                <p class="hidden" role="status">{ news }</p>
                if let Some(race) = race {
                    <Results race={race.clone()} loads={runs && lab.loads} />
                }
            </div>
        </Fold>
    }
}

#[derive(Properties)]
struct ResultsProps {
    race: Rc<Race>,
    loads: bool,
}

impl PartialEq for ResultsProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.race, &other.race) && self.loads == other.loads
    }
}

/// How far the race is, its table and its chart. They are drawn anew only where something has happened in it.
#[component]
fn Results(props: &ResultsProps) -> Html {
    let race = &props.race;
    let curve = |&(contender, shade): &(Contender, Shade)| {
        let values = race.curve(contender);
        (!values.is_empty()).then(|| Curve { name: contender.title(), shade, values })
    };
    let curves: Vec<Curve> = CONTENDERS.iter().filter_map(curve).collect();
    let chart = Chart { title: "Points so far, by decision", range: None, curves, right: vec![] };
    let failed = matches!(race.end, Some(End::Failed(_)));
    let save = {
        let race = race.clone();
        let name = format!("rulewright-arena-{}.csv", race.entry.game.id);
        move |_: MouseEvent| download(&name, "text/csv", &csv(&race.runs()))
    };
    html! {
        <>
            <p id="race-told" class={if failed { "problem" } else { "race-told" }}>
                { words::race(race, props.loads) }
            </p>
            if race.end.is_none() {
                <progress
                    aria-label="The race"
                    max={race.entry.longest().to_string()}
                    value={(!props.loads).then(|| race.progress().to_string())}
                />
            }
            { table(race) }
            if !chart.curves.is_empty() {
                { figure(&chart, &[]) }
            }
            if !race.courses.is_empty() {
                <div class="row">
                    <button type="button" id="race-csv" onclick={save}>{ "Download as CSV" }</button>
                </div>
            }
        </>
    }
}

/// The table. On a narrow screen each agent has a block of its own.
fn table(race: &Race) -> Html {
    let lines = race.lines();
    let is_scaled = lines.iter().any(|line| line.share.is_some());
    let cell = |name: &'static str, text: String| html! { <td data-name={name}>{ text }</td> };
    let row = |line: &Line| {
        html! {
            <tr key={line.contender.to_string()} data-contender={line.contender.to_string()}>
                <th scope="row" title={words::contender(line.contender)}>
                    { line.contender.title() }
                    if line.plays { <span class="badge strong">{ "plays" }</span> }
                </th>
                { cell(POINTS, words::mean(&line.score)) }
                if is_scaled { { cell(SCALED, line.share.as_ref().map_or("–".into(), words::mean)) } }
                { cell(OVER, format!("{} of {}", line.seeds, race.entry.seeds)) }
                { cell(DECISIONS, grouped(line.decisions.into())) }
                { cell(REFLECTIONS, line.reflections.to_string()) }
                { cell(TOKENS, grouped(line.tokens)) }
            </tr>
        }
    };
    let heads = [POINTS, SCALED, OVER, DECISIONS, REFLECTIONS, TOKENS];
    let heads = heads.into_iter().filter(|head| is_scaled || *head != SCALED);
    html! {
        <>
        <table id="race-table">
            <thead>
                <tr><th scope="col">{ "Agent" }</th>{ for heads.map(|head| html! { <th scope="col">{ head }</th> }) }</tr>
            </thead>
            <tbody>{ for lines.iter().map(row) }</tbody>
        </table>
        <p class="caption">
            { "Points: the mean over the seeds that are over, and where it lies with 95% confidence. Few seeds make it wide." }
        </p>
        </>
    }
}

const POINTS: &str = "Points an episode";
const SCALED: &str = "Random 0, oracle 1";
const OVER: &str = "Seeds";
const DECISIONS: &str = "Decisions";
const REFLECTIONS: &str = "Reflections";
const TOKENS: &str = "Tokens";
