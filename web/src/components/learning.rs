//! The curves of learning, drawn and as a table to take away.

pub mod chart;
mod picture;

use super::Shared;
use super::download::download;
use super::fold::Fold;
use crate::address::Panel;
use crate::same::Same;
use crate::watch::{Point, csv};
use chart::{Chart, Curve, Shade};
use yew::prelude::*;

/// Decisions over which a share is averaged.
const WINDOW: usize = 10;
/// Comparisons over which the change is averaged.
const COMPARISONS: usize = 10;
/// Points after which a new one alone is no reason to draw all curves anew.
const MANY: usize = 100;

/// The panel.
#[component]
pub fn Learning(props: &Shared) -> Html {
    let state = &props.state;
    let points = state.watch.points.clone();
    let save = {
        let (points, game) = (points.clone(), state.settings.game);
        move |_: MouseEvent| download(&format!("rulewright-{game}.csv"), "text/csv", &csv(&points))
    };
    let draw = {
        let (points, game) = (points.clone(), state.settings.game);
        let title = state.game().map_or(String::new(), |game| game.file.title.clone());
        move |_: MouseEvent| {
            let picture = picture::picture(&format!("Learning: {title}"), &charts(&points), &marks(&points));
            download(&format!("rulewright-{game}.svg"), "image/svg+xml", &picture);
        }
    };
    html! {
        <Fold state={state.clone()} panel={Panel::Learning} title="Learning">
            <div class="panel">
                if points.is_empty() {
                    <p class="empty">{ "Curves begin with the first decision." }</p>
                } else {
                    <Curves points={Same(points)} />
                    <p class="empty">
                        { "Lines across mark " }<span class="mark-reflected">{ "reflections" }</span>
                        { ", " }<span class="mark-twisted">{ "twists" }</span>
                        { " and where the guard took " }<span class="mark-rolled-back">{ "learning back" }</span>{ "." }
                    </p>
                    <div class="row">
                        <button type="button" id="csv" onclick={save}>{ "Download as CSV" }</button>
                        <button type="button" id="svg" onclick={draw}>{ "Download as SVG" }</button>
                    </div>
                }
            </div>
        </Fold>
    }
}

#[derive(Properties)]
struct CurvesProps {
    points: Same<Vec<Point>>,
}

impl PartialEq for CurvesProps {
    /// Whether the curves would look alike. To draw many points takes long, and a new one moves them by less than
    /// a hundredth of their width.
    fn eq(&self, other: &Self) -> bool {
        let (drawn, now) = (self.points.len(), other.points.len());
        let alike = drawn > MANY && (drawn..=drawn + drawn / MANY).contains(&now);
        alike || self.points == other.points
    }
}

/// All charts. They are drawn anew only where that can be seen.
#[component]
fn Curves(props: &CurvesProps) -> Html {
    let (charts, marks) = (charts(&props.points), marks(&props.points));
    html! { <div class="charts">{ for charts.iter().map(|chart| figure(chart, &marks)) }</div> }
}

/// A chart with its title and legend.
pub fn figure(chart: &Chart, marks: &[(u32, Shade)]) -> Html {
    let labels: Vec<String> = chart.all().map(Curve::label).collect();
    let legend = chart.all().map(|curve| {
        html! { <li class={curve.shade.class()}>{ curve.label() }</li> }
    });
    html! {
        <figure class="chart" key={chart.title}>
            <figcaption>{ chart.title }<ul>{ for legend }</ul></figcaption>
            <div role="img" aria-label={format!("{}: {}", chart.title, labels.join(", "))}>
                { Html::from_html_unchecked(chart.svg(marks).into()) }
            </div>
        </figure>
    }
}

/// All charts.
fn charts(points: &[Point]) -> Vec<Chart> {
    let curve = |name, shade, value: &dyn Fn(&Point) -> Option<f32>, window| {
        let values = points.iter().filter_map(|point| Some((point.number, value(point)?))).collect();
        Curve { name, shade, values: averaged(values, window) }
    };
    let rules = |value: fn(&Point) -> usize| move |point: &Point| Some(value(point) as f32);
    vec![
        Chart {
            title: "Agreement of the votes, and the real score by the scale on the right",
            range: Some((-1.0, 1.0)),
            curves: vec![
                curve("coherence", Shade::First, &|point| Some(point.dynamics.coherence), WINDOW),
                curve("reward", Shade::Second, &|point| point.dynamics.reward, WINDOW),
            ],
            right: vec![curve("score", Shade::Fourth, &|point| Some(point.dynamics.score as f32), 1)],
        },
        Chart {
            title: "Entropy, in nats: how far it hesitates",
            range: None,
            curves: vec![
                curve("of the votes", Shade::First, &|point| Some(point.dynamics.entropy), WINDOW),
                curve("of the model, a token", Shade::Second, &|point| point.dynamics.model_entropy, 1),
            ],
            right: vec![],
        },
        Chart {
            title: "Share of actions that rules and learning changed",
            range: Some((0.0, 1.0)),
            curves: vec![curve(
                "change",
                Shade::First,
                &|point| point.dynamics.change.map(|change| f32::from(u8::from(change))),
                COMPARISONS,
            )],
            right: vec![],
        },
        Chart {
            title: "Rules",
            range: None,
            curves: vec![
                curve("sure", Shade::First, &rules(|point| point.dynamics.rules.confirmed), 1),
                curve("guesses", Shade::Second, &rules(|point| point.dynamics.rules.hypotheses), 1),
                curve("retired", Shade::Third, &rules(|point| point.dynamics.rules.retired), 1),
            ],
            right: vec![],
        },
    ]
}

/// What is marked, at which decisions.
fn marks(points: &[Point]) -> Vec<(u32, Shade)> {
    points
        .iter()
        .flat_map(|point| {
            let marks = [
                (point.reflected, Shade::Reflected),
                (point.twisted, Shade::Twisted),
                (point.rolled_back, Shade::RolledBack),
            ];
            marks.into_iter().filter(|(is, _)| *is).map(|(_, shade)| (point.number, shade))
        })
        .collect()
}

/// Each value with the mean of so many up to it.
fn averaged(values: Vec<(u32, f32)>, window: usize) -> Vec<(u32, f32)> {
    let mean = |(at, (number, _)): (usize, &(u32, f32))| {
        let last = &values[(at + 1).saturating_sub(window)..=at];
        (*number, last.iter().map(|(_, value)| value).sum::<f32>() / last.len() as f32)
    };
    values.iter().enumerate().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_the_mean_of_the_last_ones() {
        let values = vec![(0, 1.0), (1, 0.0), (4, 1.0)];
        assert_eq!(averaged(values.clone(), 2), [(0, 1.0), (1, 0.5), (4, 0.5)]);
        assert_eq!(averaged(values.clone(), 1), values);
        assert!(averaged(vec![], 3).is_empty());
    }
}
