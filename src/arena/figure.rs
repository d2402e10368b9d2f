//! The figure of a contest: how the score grows, and how coherence and change go, decision by decision.

use super::contest::{BIN, Contender, Run};
use plotters::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Okabe and Ito's colours, which the colour-blind can tell apart.
const COLOURS: [RGBColor; 7] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(0, 0, 0),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// A curve: a point for every [`BIN`] decisions.
type Curve = Vec<f64>;

/// Draws the figure as SVG.
///
/// # Errors
/// One sentence, if it cannot be drawn.
pub fn svg(runs: &[Run]) -> Result<String, String> {
    let mut text = String::new();
    draw(runs, &mut text).map_err(|error| format!("the figure can't be drawn: {error}"))?;
    Ok(text)
}

fn draw(runs: &[Run], into: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let who: BTreeSet<Contender> = runs.iter().map(|run| run.key.contender).collect();
    let who: Vec<Contender> = who.into_iter().filter(|contender| !contender.is_scale()).collect();
    let every = |curve: &dyn Fn(Contender) -> Curve| -> Vec<(Contender, Curve)> {
        who.iter().map(|&contender| (contender, curve(contender))).collect()
    };
    let panels = [
        (
            "lead over random play so far: 1 the oracle's at the end",
            every(&|contender| lead(runs, contender)),
        ),
        (
            "coherence: ballots that agree with the majority",
            every(&|contender| mean(runs, contender, |run, at| run.coherence.get(at).copied())),
        ),
        (
            "change: decisions the frozen agent would not take",
            every(&|contender| mean(runs, contender, |run, at| run.change.get(at).copied().flatten())),
        ),
    ];
    let area = SVGBackend::with_string(into, (1260, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    for (panel, (title, curves)) in area.split_evenly((1, 3)).iter().zip(panels) {
        let longest = curves.iter().map(|(_, curve)| curve.len()).max().unwrap_or(1).max(1);
        let values = || curves.iter().flat_map(|(_, curve)| curve).copied();
        let low = values().fold(0.0, f64::min);
        let high = values().fold(low + 0.1, f64::max) * 1.05;
        let mut chart = ChartBuilder::on(panel)
            .caption(title, ("sans-serif", 15))
            .margin(10)
            .x_label_area_size(36)
            .y_label_area_size(44)
            .build_cartesian_2d(0.0..(longest * BIN) as f64, low..high)?;
        let mut mesh = chart.configure_mesh();
        mesh.x_desc("decisions").x_label_formatter(&|x| format!("{x:.0}")).disable_mesh().draw()?;
        for (contender, curve) in &curves {
            let place = contender.to_owned() as usize % COLOURS.len();
            let style = COLOURS[place].stroke_width(2);
            let points = curve.iter().enumerate().map(|(at, y)| (((at + 1) * BIN) as f64, *y));
            let drawn = chart.draw_series(LineSeries::new(points, style))?;
            drawn
                .label(contender.title())
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
        }
        let mut legend = chart.configure_series_labels();
        legend.background_style(WHITE.mix(0.8)).position(SeriesLabelPosition::UpperLeft).draw()?;
    }
    area.present()?;
    Ok(())
}

/// The mean of what every run of a contender gives for a bin, over the runs that have one.
fn mean(runs: &[Run], contender: Contender, value: impl Fn(&Run, usize) -> Option<f32>) -> Curve {
    let own: Vec<&Run> = runs.iter().filter(|run| run.key.contender == contender).collect();
    let longest = own.iter().map(|run| run.points.len()).max().unwrap_or_default();
    let at = |bin: usize| {
        let values: Vec<f64> = own.iter().filter_map(|run| value(run, bin)).map(f64::from).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    (0..longest).map_while(at).collect()
}

/// The lead of a contender over random play up to each bin, as a share of the oracle's at the end; the mean over
/// the games. What was won before a run's end stays won.
fn lead(runs: &[Run], contender: Contender) -> Curve {
    let mut games: BTreeMap<&str, BTreeMap<Contender, Vec<&Run>>> = BTreeMap::new();
    for run in runs {
        games.entry(&run.key.game).or_default().entry(run.key.contender).or_default().push(run);
    }
    let longest = runs.iter().filter(|run| run.key.contender == contender).map(|run| run.points.len()).max();
    let sum = |runs: &[&Run], bin: usize| {
        let so_far = |run: &&Run| run.points.iter().take(bin + 1).sum::<i32>();
        runs.iter().map(so_far).map(f64::from).sum::<f64>() / runs.len() as f64
    };
    let at = |bin: usize| {
        let game = |who: &BTreeMap<Contender, Vec<&Run>>| {
            let up_to = |contender, bin| Some(sum(who.get(&contender)?, bin));
            let lead = |contender, bin| Some(up_to(contender, bin)? - up_to(Contender::Random, bin)?);
            // The whole lead, as the one so far may be next to nothing.
            let whole = lead(Contender::Oracle, usize::MAX - 1)?;
            (whole > 0.0).then_some(lead(contender, bin)? / whole)
        };
        let shares: Vec<f64> = games.values().filter_map(game).collect();
        shares.iter().sum::<f64>() / shares.len().max(1) as f64
    };
    (0..longest.unwrap_or_default()).map(at).collect()
}
