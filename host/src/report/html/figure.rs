//! A figure: a drawing with its words and its numbers. The page holds it inline, `plots/` as a file of its own with the
//! numbers beside it.

use super::axis::Axis;
use super::svg::{Anchor, Svg, escape};

/// What inline and standalone figures look like.
pub(super) const STYLE: &str = include_str!("templates/figure.css");

/// Width of a figure whose words stay readable on a telephone.
pub(super) const WIDTH: f64 = 420.0;

/// A figure.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    /// Of its files in `plots/`, without ending; unique in a report.
    pub(super) name: String,
    /// Read aloud in place of the picture, and shown when the pointer rests on it.
    pub(super) title: String,
    /// What it shows, for those who do not see it; below it for all.
    pub(super) caption: String,
    /// Width and height of the drawing; the page gives it the room that it has.
    pub(super) size: (f64, f64),
    /// The drawing.
    pub(super) body: String,
    /// Its numbers.
    pub(super) table: Table,
}

/// The numbers of a figure.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(header: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().map(|Cell(text)| text).collect());
    }

    /// As CSV (RFC 4180), with a header.
    pub(super) fn csv(&self) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        for row in std::iter::once(&self.header).chain(&self.rows) {
            writer.write_record(row).expect("a vector takes any bytes");
        }
        writer.into_inner().expect("a vector takes any bytes")
    }
}

/// A cell of a [`Table`].
pub(super) struct Cell(String);

impl From<f64> for Cell {
    /// Nine digits; nothing for what is not a number.
    fn from(value: f64) -> Self {
        let rounded: f64 = format!("{value:.8e}").parse().unwrap_or(value);
        let plain = rounded == 0.0 || (1e-4..1e9).contains(&rounded.abs());
        Self(match rounded {
            value if !value.is_finite() => String::new(),
            value if plain => format!("{value}"),
            value => format!("{value:e}"),
        })
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        Self(value.to_string())
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl Figure {
    /// For the page, which has the style.
    pub(super) fn inline(&self) -> String {
        self.element("", "")
    }

    /// As a file.
    pub(super) fn standalone(&self) -> String {
        let style = format!("<style>{STYLE}</style>\n");
        let element = self.element(" xmlns=\"http://www.w3.org/2000/svg\"", &style);
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{element}\n")
    }

    fn element(&self, namespace: &str, style: &str) -> String {
        let (name, title, caption) = (escape(&self.name), escape(&self.title), escape(&self.caption));
        format!(
            "<svg{namespace} class=\"figure\" viewBox=\"0 0 {:.0} {:.0}\" role=\"img\" \
             aria-labelledby=\"{name}-title {name}-text\">\n<title id=\"{name}-title\">{title}</title>\n\
             <desc id=\"{name}-text\">{caption}</desc>\n{style}{}</svg>",
            self.size.0, self.size.1, self.body
        )
    }
}

/// Grid and numbers of two axes, with their titles.
pub(super) fn axes(svg: &mut Svg, (x, x_title): (&Axis, &str), (y, y_title): (&Axis, &str)) {
    let ((left, right), (bottom, top)) = (x.ends(), y.ends());
    for (value, label) in y.ticks(5) {
        let height = y.place(value);
        svg.line("grid", (left, height), (right, height));
        svg.text("tick", (left - 7.0, height + 4.0), Anchor::End, &label);
    }
    for (value, label) in x.ticks(5) {
        let place = x.place(value);
        svg.line("mark", (place, bottom), (place, bottom + 4.0));
        svg.text("tick", (place, bottom + 17.0), Anchor::Middle, &label);
    }
    svg.line("frame", (left, bottom), (right, bottom));
    svg.text("name", (0.5 * (left + right), bottom + 35.0), Anchor::Middle, x_title);
    svg.upward_text("name", (12.0, 0.5 * (bottom + top)), y_title);
}

/// Grid and numbers of an axis along the bottom of rows, from `top` to `bottom`, with its title.
pub(super) fn axis_below(svg: &mut Svg, (x, title): (&Axis, &str), (top, bottom): (f64, f64)) {
    let (left, right) = x.ends();
    for (value, label) in x.ticks(5) {
        svg.line("grid", (x.place(value), bottom), (x.place(value), top));
        svg.text("tick", (x.place(value), bottom + 17.0), Anchor::Middle, &label);
    }
    svg.line("frame", (left, bottom), (right, bottom));
    svg.text("name", (0.5 * (left + right), bottom + 36.0), Anchor::Middle, title);
}

/// Checks a figure: well-formed, labelled, with finite numbers, nothing and no word beyond its edges.
#[cfg(test)]
pub(super) fn sound(figure: &Figure) -> String {
    let text = figure.standalone();
    let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"), "{}", figure.name);
    let ids = root.attribute("aria-labelledby").expect("it is labelled").split(' ');
    for id in ids {
        let label = document.descendants().find(|node| node.attribute("id") == Some(id));
        assert!(label.and_then(|label| label.text()).is_some_and(|text| !text.trim().is_empty()), "{id}");
    }
    for word in ["NaN", "inf", "http"] {
        let found = text.matches(word).count();
        assert_eq!(found, usize::from(word == "http"), "{word} in {}", figure.name);
    }
    for node in document.descendants() {
        for attribute in ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height"] {
            let Some(value) = node.attribute(attribute) else { continue };
            let value: f64 = value.parse().expect("a number");
            let end =
                if attribute.contains('x') || attribute == "width" { figure.size.0 } else { figure.size.1 };
            assert!((-0.5..=end + 0.5).contains(&value), "{attribute}={value} of {}", figure.name);
        }
        let turned = node.attribute("transform").is_some();
        if let (true, false, Some(words)) = (node.has_tag_name("text"), turned, node.text()) {
            // Letters of the sans-serif at 12 pixels are 6.5 wide on the average.
            let width = 6.5 * words.chars().count() as f64;
            let x: f64 = node.attribute("x").and_then(|x| x.parse().ok()).expect("text is somewhere");
            let left = match node.attribute("text-anchor") {
                Some("end") => x - width,
                Some("middle") => x - 0.5 * width,
                _ => x,
            };
            let inside = left >= -3.0 && left + width <= figure.size.0 + 3.0;
            assert!(inside, "`{words}` is cut off in {}: {left} to {}", figure.name, left + width);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_programs() {
        let mut table = Table::new(["name", "value"]);
        table.row(["a, \"b\"".into(), 0.1.into()]);
        table.row(["c".into(), f64::NAN.into()]);
        table.row(["d".into(), 1.5e-7.into()]);
        table.row(["e".into(), 12.0.into()]);
        let text = String::from_utf8(table.csv()).expect("UTF-8");
        assert_eq!(text, "name,value\n\"a, \"\"b\"\"\",0.1\nc,\nd,1.5e-7\ne,12\n");
    }

    #[test]
    fn a_figure_is_labelled_wherever_it_stands() {
        let figure = Figure {
            name: "losses".into(),
            title: "Loss <terms>".into(),
            caption: "Falls & falls".into(),
            size: (WIDTH, 100.0),
            body: String::new(),
            table: Table::default(),
        };
        let text = sound(&figure);
        assert!(text.contains("prefers-color-scheme: dark"), "a file has the style: {text}");
        let inline = figure.inline();
        assert!(!inline.contains("style") && !inline.contains("http"), "{inline}");
        assert!(inline.contains("<title id=\"losses-title\">Loss &lt;terms&gt;</title>"), "{inline}");
    }
}
