//! All charts as one picture to take away: with colours of its own, titles and a legend, on a light ground.

use super::chart::{Chart, SIZE, Shade};
use strum::VariantArray;

/// Space around everything and between charts.
const GAP: u32 = 24;
/// Height of a chart's title and legend.
const HEAD: u32 = 44;
/// Height of the picture's own.
const TOP: u32 = 64;
/// What letters take, roughly, in widths of the legend's.
const LETTER: u32 = 7;

const INK: &str = "#1f2530";
/// The labels of the axes, which stand on the ground and not on the chart's lines.
const SOFT: &str = "#5a6270";

/// The picture, an SVG file.
pub fn picture(title: &str, charts: &[Chart], marks: &[(u32, Shade)]) -> String {
    let (width, height) = (SIZE.0 + 2 * GAP, TOP + charts.len() as u32 * (HEAD + SIZE.1 + GAP) + GAP / 2);
    let title = escaped(title);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" role=\"img\">\n\
         <title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fffdf8\"/>\n\
         <text x=\"{GAP}\" y=\"32\" font-size=\"18\" font-weight=\"600\" fill=\"{INK}\">{title}</text>\n"
    );
    let lines = [
        (Shade::Reflected, "a reflection"),
        (Shade::Twisted, "a twist"),
        (Shade::RolledBack, "learning taken back"),
    ];
    svg += &legend(TOP - 12, lines.iter().map(|(shade, name)| (*shade, name.to_string())));
    for (place, chart) in charts.iter().enumerate() {
        let top = TOP + place as u32 * (HEAD + SIZE.1 + GAP);
        let (name, at) = (escaped(chart.title), top + 18);
        svg += &format!(
            "<text x=\"{GAP}\" y=\"{at}\" font-size=\"13\" font-weight=\"600\" fill=\"{INK}\">{name}</text>\n"
        );
        svg += &legend(top + 36, chart.all().map(|curve| (curve.shade, curve.label())));
        let inside = inside(&chart.svg(marks));
        svg += &format!("<g transform=\"translate({GAP} {})\">\n{inside}</g>\n", top + HEAD);
    }
    svg + "</svg>\n"
}

/// Names in a row, each with a piece of its line.
fn legend(at: u32, names: impl Iterator<Item = (Shade, String)>) -> String {
    let mut x = GAP;
    let mut row = String::new();
    for (shade, name) in names {
        let (ink, line, end, text) = (shade.ink(), at - 4, x + 16, x + 22);
        row += &format!(
            "<path d=\"M{x} {line}H{end}\" stroke=\"{ink}\" stroke-width=\"3\"/>\
             <text x=\"{text}\" y=\"{at}\" font-size=\"12\" fill=\"{ink}\">{}</text>\n",
            escaped(&name)
        );
        x = text + name.chars().count() as u32 * LETTER + 14;
    }
    row
}

/// What is in a chart's own picture, in colours that need no style sheet.
fn inside(svg: &str) -> String {
    let body = svg.split_once('>').map_or("", |(_, body)| body);
    let body = body.rsplit_once("</svg>").map_or("", |(body, _)| body);
    let labels = format!("fill=\"{}\"", Shade::Frame.name());
    let body = body.replace(&labels, &format!("fill=\"{SOFT}\""));
    Shade::VARIANTS.iter().fold(body, |body, shade| body.replace(&shade.name(), shade.ink()))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::chart::Curve;
    use super::*;

    fn chart(title: &'static str) -> Chart {
        let curve = |name, shade| Curve { name, shade, values: vec![(0, 0.5), (1, 2.0), (9, 1.0)] };
        let more = [Shade::Fourth, Shade::Fifth, Shade::Sixth, Shade::Seventh, Shade::Eighth];
        let more = more.map(|shade| curve("more", shade));
        Chart {
            title,
            range: None,
            curves: [curve("a", Shade::First), curve("b", Shade::Second), curve("c", Shade::Third)]
                .into_iter()
                .chain(more)
                .collect(),
            right: vec![],
        }
    }

    #[test]
    fn the_picture_has_every_title_and_curve_in_its_own_colour() {
        let marks = [(1, Shade::Reflected), (2, Shade::Twisted), (3, Shade::RolledBack)];
        let svg = picture("Cut & <run>", &[chart("One"), chart("Two")], &marks);
        for part in [">One<", ">Two<", ">a 1<", ">b 1<", ">c 1<", "Cut &amp; &lt;run&gt;"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        for shade in Shade::VARIANTS {
            assert!(svg.contains(shade.ink()), "{shade:?}: {svg}");
            assert!(!svg.contains(&shade.name()), "{shade:?} is a name still: {svg}");
        }
        assert!(!svg.contains("class=") && !svg.contains("style="), "{svg}");
    }

    #[test]
    fn the_picture_is_one_whole_document() {
        for charts in [vec![], vec![chart("One")]] {
            let svg = picture("T", &charts, &[]);
            assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
            assert_eq!((svg.matches("<svg").count(), svg.matches("</svg>").count()), (1, 1));
            assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count());
        }
    }
}
