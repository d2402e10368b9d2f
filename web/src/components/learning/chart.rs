//! A chart as an SVG text. Its colours are names: the style sheet says what they look like.

use plotters::coord::types::RangedCoordf32;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::RangeInclusive;
use strum::VariantArray;

/// Points that a curve is drawn with at most.
const FINE: usize = 400;
/// The chart's size, in units of its own.
pub const SIZE: (u32, u32) = (480, 150);

/// A chart.
pub struct Chart {
    pub title: &'static str,
    /// Its values' range; from the least to the greatest if none.
    pub range: Option<(f32, f32)>,
    pub curves: Vec<Curve>,
    /// More of them, by a scale of their own on the right.
    pub right: Vec<Curve>,
}

/// A curve.
pub struct Curve {
    pub name: &'static str,
    pub shade: Shade,
    /// Values by the decision's number.
    pub values: Vec<(u32, f32)>,
}

impl Curve {
    /// Its name, and its last value.
    pub fn label(&self) -> String {
        let last = self.values.last().map_or(String::new(), |(_, value)| format!(" {}", number(*value)));
        format!("{}{last}", self.name)
    }
}

fn number(value: f32) -> String {
    let text = if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    text.replace('-', "−")
}

/// What something is drawn in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum Shade {
    First,
    Second,
    Third,
    Reflected,
    Twisted,
    Frame,
    Fourth,
    Fifth,
    Sixth,
    Seventh,
    Eighth,
    RolledBack,
}

impl Shade {
    /// Its name in the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Shade::First => "curve-1",
            Shade::Second => "curve-2",
            Shade::Third => "curve-3",
            Shade::Reflected => "mark-reflected",
            Shade::Twisted => "mark-twisted",
            Shade::Frame => "chart-frame",
            Shade::Fourth => "curve-4",
            Shade::Fifth => "curve-5",
            Shade::Sixth => "curve-6",
            Shade::Seventh => "curve-7",
            Shade::Eighth => "curve-8",
            Shade::RolledBack => "mark-rolled-back",
        }
    }

    /// Its colour on paper.
    pub const fn ink(self) -> &'static str {
        match self {
            Shade::First => "#0b6e63",
            Shade::Second => "#a35a00",
            Shade::Third => "#5a6270",
            Shade::Reflected => "#7a3ea8",
            Shade::Twisted => "#b3261e",
            Shade::Frame => "#d9d3c5",
            Shade::Fourth => "#2a5fa5",
            Shade::Fifth => "#a32a6a",
            Shade::Sixth => "#4d7a1f",
            Shade::Seventh => "#7a6a00",
            Shade::Eighth => "#3b3b8f",
            Shade::RolledBack => "#005f86",
        }
    }

    /// How [`Chart::svg`] writes it: `#000001` and so on.
    pub fn name(self) -> String {
        format!("#{:06X}", 1 + self as u8)
    }

    /// A colour that stands for it, `#000001` and so on: the style sheet draws another one.
    fn colour(self) -> RGBColor {
        RGBColor(0, 0, 1 + self as u8)
    }
}

impl Chart {
    /// All curves, those of the right scale last.
    pub fn all(&self) -> impl Iterator<Item = &Curve> {
        self.curves.iter().chain(&self.right)
    }

    /// The picture. One that can't be drawn is empty.
    pub fn svg(&self, marks: &[(u32, Shade)]) -> String {
        let mut svg = String::new();
        match self.draw(&mut svg, marks) {
            Ok(()) => svg,
            Err(_) => String::new(),
        }
    }

    fn draw(&self, svg: &mut String, marks: &[(u32, Shade)]) -> Result<(), Box<dyn std::error::Error>> {
        let values = || self.all().flat_map(|curve| &curve.values);
        let first = values().map(|(number, _)| *number).min().unwrap_or(0);
        let last = values().map(|(number, _)| *number).max().unwrap_or(0).max(first + 1);
        let (least, most) = self.range.unwrap_or_else(|| ends(&self.curves));
        let (right_least, right_most) = ends(&self.right);
        let right_width = if self.right.is_empty() { 0 } else { 36 };
        let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(4)
            .x_label_area_size(18)
            .y_label_area_size(32)
            .right_y_label_area_size(right_width)
            .build_cartesian_2d(first..last, least..most)?
            .set_secondary_coord(first..last, right_least..right_most);
        let frame = Shade::Frame.colour();
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(frame)
            .axis_style(frame)
            .x_labels(6)
            .y_labels(4)
            .x_label_formatter(&|number| (number + 1).to_string())
            .label_style(("sans-serif", 11, &frame))
            .draw()?;
        if !self.right.is_empty() {
            // Plotters would measure its labels on the page, by a style that the page's policy forbids.
            let axis = RangedCoordf32::from(right_least..right_most);
            let (across, down) = chart.plotting_area().get_pixel_range();
            let style = ("sans-serif", 11, &frame).into_text_style(&area);
            let style = style.pos(Pos::new(HPos::Left, VPos::Center));
            for value in axis.key_points(4) {
                let place = (across.end + 6, axis.map(&value, (down.end, down.start)));
                area.draw(&Text::new(number(value), place, style.clone()))?;
            }
        }
        for (number, shade) in apart(marks, first..=last) {
            chart.draw_series(LineSeries::new([(number, least), (number, most)], shade.colour()))?;
        }
        for curve in &self.curves {
            let values = thinned(&curve.values);
            chart.draw_series(LineSeries::new(values, curve.shade.colour().stroke_width(2)))?;
        }
        for curve in &self.right {
            let values = thinned(&curve.values);
            chart.draw_secondary_series(LineSeries::new(values, curve.shade.colour().stroke_width(2)))?;
        }
        area.present()?;
        // It ends what it draws when it goes.
        drop(chart);
        drop(area);
        Ok(())
    }
}

/// From the least value, or 0, to a little above the greatest.
fn ends(curves: &[Curve]) -> (f32, f32) {
    let values = curves.iter().flat_map(|curve| &curve.values);
    let (low, high) = values.fold((0.0_f32, 1.0_f32), |(low, high), (_, v)| (low.min(*v), high.max(*v)));
    (low, high * 1.05)
}

/// The marks in a range that are not drawn over each other: of those of a shade in the same place the first.
fn apart(marks: &[(u32, Shade)], range: RangeInclusive<u32>) -> Vec<(u32, Shade)> {
    let (first, span) = (*range.start(), u64::from(range.end() - range.start()).max(1));
    let place = |number: u32| u64::from(number - first) * u64::from(SIZE.0) / span;
    // Where the last one of each shade is.
    let mut last = [None; Shade::VARIANTS.len()];
    let inside = marks.iter().copied().filter(|(number, _)| range.contains(number));
    inside
        .filter(|&(number, shade)| last[shade as usize].replace(place(number)) != Some(place(number)))
        .collect()
}

/// So many of the values, evenly, with the last one.
fn thinned(values: &[(u32, f32)]) -> impl Iterator<Item = (u32, f32)> {
    let every = values.len().div_ceil(FINE).max(1);
    values.iter().rev().step_by(every).rev().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: Vec<(u32, f32)>) -> Chart {
        let curves = vec![Curve { name: "score", shade: Shade::First, values }];
        Chart { title: "Score", range: None, curves, right: vec![] }
    }

    #[test]
    fn a_chart_is_a_picture_that_needs_no_style_of_its_own() {
        let svg = chart((0..2000).map(|n| (n, n as f32 / 7.0)).collect()).svg(&[(40, Shade::Twisted)]);
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
        assert!(svg.contains("#000001") && svg.contains("#000005") && !svg.contains("style="), "{svg}");
        assert!(svg.len() < 20_000, "{}", svg.len());
    }

    #[test]
    fn a_curve_may_have_a_scale_of_its_own_on_the_right() {
        let lines = |chart: &Chart| chart.svg(&[]).matches("stroke-width=\"2\"").count();
        let left = chart(vec![(0, 0.5), (9, 1.0)]);
        let right = Curve { name: "points", shade: Shade::Second, values: vec![(0, 0.0), (9, 480.0)] };
        let both = Chart { right: vec![right], ..chart(vec![(0, 0.5), (9, 1.0)]) };
        assert_eq!((lines(&left), lines(&both)), (1, 2));
        assert!(!both.svg(&[]).contains("style="), "{}", both.svg(&[]));
        assert!(both.svg(&[]).contains("\n400\n") && !left.svg(&[]).contains("\n400\n"));
    }

    #[test]
    fn a_curve_is_labelled_with_its_last_value() {
        assert_eq!([3.0, -1.5, 0.333].map(number), ["3", "−1.50", "0.33"]);
        assert_eq!(chart(vec![(0, 2.0), (1, 0.25)]).curves[0].label(), "score 0.25");
        assert_eq!(chart(vec![]).curves[0].label(), "score");
    }

    #[test]
    fn marks_in_one_place_are_drawn_once() {
        let marks: Vec<_> = (0..100_000).map(|n| (n, Shade::Reflected)).collect();
        assert!(apart(&marks, 0..=99_999).len() <= SIZE.0 as usize + 1);
        let few = [(3, Shade::Reflected), (3, Shade::Twisted), (9, Shade::Reflected)];
        assert_eq!(apart(&few, 0..=9), few);
        assert_eq!(apart(&few, 4..=9), [few[2]]);
        assert_eq!(apart(&few, 3..=3), few[..2]);
    }

    #[test]
    fn few_points_or_none_do_no_harm() {
        for values in [vec![], vec![(3, 1.0)], vec![(0, -2.0), (1, 5.0)]] {
            assert!(chart(values).svg(&[]).starts_with("<svg"));
        }
        assert_eq!(thinned(&[(1, 0.5)]).collect::<Vec<_>>(), [(1, 0.5)]);
        let many: Vec<_> = (0..1000).map(|n| (n, 0.0)).collect();
        assert_eq!(thinned(&many).last(), Some((999, 0.0)));
    }
}
