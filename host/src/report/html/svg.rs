//! Writes SVG elements as text. Colours are classes, so that one drawing suits light and dark pages; numbers that are
//! not finite are never written.

use base64::prelude::{BASE64_STANDARD, Engine};
use std::fmt::Write;

/// The elements of a drawing, in a coordinate system whose y points down.
#[derive(Clone, Debug, Default)]
pub(super) struct Svg {
    body: String,
}

/// Which end of a text is at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    pub(super) fn into_body(self) -> String {
        self.body
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let at = [("x1", from.0), ("y1", from.1), ("x2", to.0), ("y2", to.1)];
        self.shape("line", class, &at, "");
    }

    pub(super) fn circle(&mut self, class: &str, centre: (f64, f64), radius: f64) {
        self.shape("circle", class, &[("cx", centre.0), ("cy", centre.1), ("r", radius)], "");
    }

    /// A circle that is the less visible, the smaller `opacity` (0 to 1).
    pub(super) fn faint_circle(&mut self, class: &str, centre: (f64, f64), radius: f64, opacity: f64) {
        let opacity = format!(" fill-opacity=\"{}\"", number(opacity));
        self.shape("circle", class, &[("cx", centre.0), ("cy", centre.1), ("r", radius)], &opacity);
    }

    pub(super) fn rect(&mut self, class: &str, corner: (f64, f64), size: (f64, f64)) {
        let at = [("x", corner.0), ("y", corner.1), ("width", size.0), ("height", size.1)];
        self.shape("rect", class, &at, "");
    }

    /// A rectangle filled as strongly as `opacity` says (0 to 1).
    pub(super) fn tinted(&mut self, class: &str, corner: (f64, f64), size: (f64, f64), opacity: f64) {
        let at = [("x", corner.0), ("y", corner.1), ("width", size.0), ("height", size.1)];
        self.shape("rect", class, &at, &format!(" fill-opacity=\"{}\"", number(opacity)));
    }

    /// A line through points; it is interrupted where a point is not finite.
    pub(super) fn path(&mut self, class: &str, points: impl IntoIterator<Item = (f64, f64)>) {
        let mut path = String::new();
        let mut pen = 'M';
        for (x, y) in points {
            if !(x.is_finite() && y.is_finite()) {
                pen = 'M';
                continue;
            }
            let _ = write!(path, "{pen}{} {}", number(x), number(y));
            pen = 'L';
        }
        if !path.is_empty() {
            let _ = writeln!(self.body, "<path class=\"{}\" d=\"{path}\"/>", escape(class));
        }
    }

    /// A closed shape.
    pub(super) fn polygon(&mut self, class: &str, points: &[(f64, f64)]) {
        if points.iter().any(|(x, y)| !(x.is_finite() && y.is_finite())) {
            return;
        }
        let points: Vec<String> =
            points.iter().map(|&(x, y)| format!("{},{}", number(x), number(y))).collect();
        let _ = writeln!(self.body, "<polygon class=\"{}\" points=\"{}\"/>", escape(class), points.join(" "));
    }

    pub(super) fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        self.write_text(class, at, anchor, "", text);
    }

    /// Text that reads upwards, for the title of a vertical axis.
    pub(super) fn upward_text(&mut self, class: &str, at: (f64, f64), text: &str) {
        let turned = format!(" transform=\"rotate(-90 {} {})\"", number(at.0), number(at.1));
        self.write_text(class, at, Anchor::Middle, &turned, text);
    }

    /// A picture as a PNG file.
    pub(super) fn image(&mut self, corner: (f64, f64), size: (f64, f64), png: &[u8]) {
        let data = BASE64_STANDARD.encode(png);
        let at = [("x", corner.0), ("y", corner.1), ("width", size.0), ("height", size.1)];
        let href = format!(" href=\"data:image/png;base64,{data}\" preserveAspectRatio=\"none\"");
        self.shape("image", "pixels", &at, &href);
    }

    fn shape(&mut self, name: &str, class: &str, at: &[(&str, f64)], more: &str) {
        if at.iter().any(|(_, value)| !value.is_finite()) {
            return;
        }
        let _ = write!(self.body, "<{name} class=\"{}\"", escape(class));
        for (attribute, value) in at {
            let _ = write!(self.body, " {attribute}=\"{}\"", number(*value));
        }
        let _ = writeln!(self.body, "{more}/>");
    }

    fn write_text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, more: &str, text: &str) {
        if !(at.0.is_finite() && at.1.is_finite()) {
            return;
        }
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let (x, y) = (number(at.0), number(at.1));
        let (class, text) = (escape(class), escape(text));
        let _ =
            writeln!(self.body, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{anchor}{more}>{text}</text>");
    }
}

/// A coordinate: a hundredth of a pixel is finer than any screen.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// Text for the content or an attribute of an element.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            // No control character but these may stand in XML 1.0, not even escaped.
            '\t' | '\n' => escaped.push(character),
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_written_with_short_numbers() {
        let mut svg = Svg::default();
        svg.line("grid", (0.0, 1.0 / 3.0), (10.0, -0.001));
        svg.path("s1", [(0.0, 0.0), (f64::NAN, 1.0), (2.0, 2.0), (3.0, 3.5)]);
        svg.text("tick", (1.0, 2.0), Anchor::End, "a < \"b\" & \u{7}");
        let expected = "<line class=\"grid\" x1=\"0\" y1=\"0.33\" x2=\"10\" y2=\"0\"/>\n\
            <path class=\"s1\" d=\"M0 0M2 2L3 3.5\"/>\n\
            <text class=\"tick\" x=\"1\" y=\"2\" text-anchor=\"end\">a &lt; &quot;b&quot; &amp; \u{fffd}</text>\n";
        assert_eq!(svg.into_body(), expected);
    }

    #[test]
    fn what_is_nowhere_is_not_drawn() {
        let mut svg = Svg::default();
        svg.circle("s1", (f64::INFINITY, 0.0), 1.0);
        svg.rect("s1", (0.0, 0.0), (f64::NAN, 1.0));
        svg.polygon("s1", &[(0.0, 0.0), (1.0, f64::NAN)]);
        svg.path("s1", [(f64::NAN, 0.0)]);
        svg.text("s1", (f64::NAN, 0.0), Anchor::Start, "x");
        assert_eq!(svg.into_body(), "");
    }
}
