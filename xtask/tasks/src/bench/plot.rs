//! Bars, as SVG: one picture beside a table.

use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Width of the picture, in its own units.
const WIDTH: f64 = 1040.0;

/// Where the bars begin: labels stand before them.
const LEFT: f64 = 470.0;

/// Room behind the longest bar, for its value.
const RIGHT: f64 = 90.0;

/// Room above the bars, for the title.
const TOP: f64 = 56.0;

/// Room below the bars, for the axis and the caption.
const BOTTOM: f64 = 76.0;

/// From one bar to the next.
const STEP: f64 = 24.0;

/// Thickness of a bar.
const THICKNESS: f64 = 16.0;

/// Half the height of a digit: how far below its middle a line of text begins.
const HALF_DIGIT: f64 = 4.5;

/// Colours on a light ground, and those on a dark one where the viewer says that it is dark. The
/// picture brings its ground along, so that it can be read in a viewer that says nothing.
const STYLE: &str = "\
text{font:13px system-ui,sans-serif;fill:#1f2328}\
.title{font-size:16px;font-weight:600}\
.small{font-size:11px;fill:#59636e}\
.ground{fill:#ffffff}\
.line{stroke:#d1d9e0;stroke-width:1}\
.other{fill:#8c959f}\
.ours{fill:#0969da}\
@media(prefers-color-scheme:dark){\
text{fill:#f0f6fc}\
.small{fill:#9198a1}\
.ground{fill:#0d1117}\
.line{stroke:#3d444d}\
.other{fill:#6e7681}\
.ours{fill:#4493f8}}";

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it is about.
    pub label: String,
    /// How long it is; more than zero.
    pub value: f64,
    /// Whether it is one of monk's.
    pub is_ours: bool,
}

/// A picture of bars, on a logarithmic scale: the ways to log in differ by a hundred times.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What is shown.
    pub title: String,
    /// What the values are, with their unit.
    pub axis: String,
    /// Where and when it was measured.
    pub caption: String,
    /// From the top to the bottom.
    pub bars: Vec<Bar>,
}

impl Chart {
    /// Writes the picture.
    ///
    /// # Panics
    /// When that does not work: what has been measured must not be lost in silence.
    #[track_caller]
    pub fn write(&self, file: &Path) {
        let written = fs::write(file, self.svg());
        written.unwrap_or_else(|error| panic!("cannot write {}: {error}", file.display()));
    }

    /// The picture.
    pub fn svg(&self) -> String {
        let bottom = TOP + STEP * self.bars.len() as f64;
        let height = bottom + BOTTOM;
        let scale = Scale::of(self.bars.iter().map(|bar| bar.value));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n\
             <rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\"/>\n",
            escaped(&self.title)
        );
        let mut text = |class: &str, x: f64, y: f64, anchor: &str, words: &str| {
            let words = escaped(words);
            line(
                &mut svg,
                format_args!(
                    "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"
                ),
            );
        };
        text("title", WIDTH / 2.0, 28.0, "middle", &self.title);
        text("", (LEFT + WIDTH - RIGHT) / 2.0, bottom + 40.0, "middle", &self.axis);
        text("small", WIDTH / 2.0, bottom + 64.0, "middle", &self.caption);
        for tick in scale.ticks() {
            text("small", scale.x(tick), bottom + 18.0, "middle", &number(tick));
        }
        for tick in scale.ticks() {
            let x = scale.x(tick);
            line(
                &mut svg,
                format_args!("<path class=\"line\" d=\"M{x:.1} {:.1}V{bottom:.1}\"/>", TOP - 4.0),
            );
        }
        for (place, bar) in self.bars.iter().enumerate() {
            bar.draw(&mut svg, &scale, TOP + STEP * place as f64);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

impl Bar {
    fn draw(&self, svg: &mut String, scale: &Scale, top: f64) {
        let (end, middle) = (scale.x(self.value), top + THICKNESS / 2.0 + HALF_DIGIT);
        let class = if self.is_ours { "ours" } else { "other" };
        line(
            svg,
            format_args!(
                "<text x=\"{:.1}\" y=\"{middle:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                escaped(&self.label)
            ),
        );
        line(
            svg,
            format_args!(
                "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{THICKNESS}\" rx=\"2\"/>",
                end - LEFT
            ),
        );
        line(
            svg,
            format_args!(
                "<text x=\"{:.1}\" y=\"{middle:.1}\">{}</text>",
                end + 6.0,
                number(self.value)
            ),
        );
    }
}

/// A logarithmic scale between two powers of ten.
struct Scale {
    low: i32,
    high: i32,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite() && *value > 0.0) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            return Self { low: 0, high: 1 };
        }
        // The least value has a bar too.
        let below = low.log10().floor() as i32;
        let low = if 10_f64.powi(below) < low { below } else { below - 1 };
        Self { low, high: (high.log10().ceil() as i32).max(low + 1) }
    }

    /// The powers of ten.
    fn ticks(&self) -> impl Iterator<Item = f64> {
        (self.low..=self.high).map(|power| 10_f64.powi(power))
    }

    fn x(&self, value: f64) -> f64 {
        let (low, high) = (f64::from(self.low), f64::from(self.high));
        let part = (value.log10() - low) / (high - low);
        let part = if part.is_nan() { 0.0 } else { part.clamp(0.0, 1.0) };
        LEFT + part * (WIDTH - LEFT - RIGHT)
    }
}

fn line(svg: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(svg, "{text}");
}

/// A value with three digits that mean something.
fn number(value: f64) -> String {
    match value {
        100.0.. => {
            let digits = format!("{value:.0}");
            let (head, tail) = digits.split_at(digits.len().saturating_sub(3));
            if head.is_empty() { digits.clone() } else { format!("{head} {tail}") }
        }
        10.0..100.0 => trimmed(format!("{value:.1}")),
        1.0..10.0 => trimmed(format!("{value:.2}")),
        _ => trimmed(format!("{value:.3}")),
    }
}

/// Without zeros at the end that say nothing.
fn trimmed(digits: String) -> String {
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// As the text of an element. Grave accents are for code in tables.
fn escaped(text: &str) -> String {
    text.replace('`', "").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(label: &str, value: f64) -> Bar {
        Bar { label: label.to_owned(), value, is_ours: label.starts_with("monk") }
    }

    fn chart() -> Chart {
        Chart {
            title: "Time of one login".to_owned(),
            axis: "milliseconds".to_owned(),
            caption: "two cores".to_owned(),
            bars: vec![bar("monk, `PASSWORD;CODE`", 0.58), bar("a < b & c", 13.7)],
        }
    }

    #[test]
    fn a_chart_is_xml_with_every_text_in_it() {
        let svg = chart().svg();
        let xml = roxmltree::Document::parse(&svg).unwrap();
        let texts: Vec<_> = xml.descendants().filter_map(|node| node.text()).collect();
        for text in ["Time of one login", "milliseconds", "two cores", "monk, PASSWORD;CODE"] {
            assert!(texts.contains(&text), "{text}: {texts:?}");
        }
        assert!(texts.contains(&"a < b & c") && texts.contains(&"13.7"), "{texts:?}");
    }

    #[test]
    fn bars_grow_with_the_logarithm_and_monks_have_their_own_colour() {
        let svg = chart().svg();
        let xml = roxmltree::Document::parse(&svg).unwrap();
        let width = |class: &str| {
            let bar = xml.descendants().find(|node| node.attribute("class") == Some(class));
            bar.unwrap().attribute("width").unwrap().parse::<f64>().unwrap()
        };
        // From 0.1 to 100: three powers of ten.
        let whole = WIDTH - LEFT - RIGHT;
        assert!((width("ours") - whole * 5.8_f64.log10() / 3.0).abs() < 0.1);
        assert!((width("other") - whole * 137_f64.log10() / 3.0).abs() < 0.1);
    }

    #[test]
    fn the_scale_holds_all_values_and_what_is_none_breaks_nothing() {
        for (values, expected) in [
            (&[0.58, 13.7][..], (-1, 2)),
            (&[1.0, 10.0], (-1, 1)),
            (&[5.0], (0, 1)),
            (&[], (0, 1)),
            (&[f64::NAN, 0.0, f64::INFINITY], (0, 1)),
        ] {
            let scale = Scale::of(values.iter().copied());
            assert_eq!((scale.low, scale.high), expected, "{values:?}");
        }
        let broken = Chart { bars: vec![bar("x", f64::NAN), bar("y", 0.0)], ..chart() };
        assert!(!broken.svg().contains("NaN\" "), "{}", broken.svg());
    }

    #[test]
    fn numbers_have_three_digits() {
        let shown = [0.1, 0.583, 1.0, 2.1, 13.66, 100.0, 665.4, 13_000.0].map(number);
        assert_eq!(shown, ["0.1", "0.583", "1", "2.1", "13.7", "100", "665", "13 000"]);
    }
}
