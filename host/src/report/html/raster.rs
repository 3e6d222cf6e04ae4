//! A figure as a PNG file, for slides and for programs that take no SVG.
//!
//! In the colours of a light screen and in DejaVu Sans, which the program carries: the picture is the same on every
//! machine, one without fonts included.

use super::figure::{Figure, STYLE};
use anyhow::Context;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use std::sync::{Arc, LazyLock};

/// Pixels for each unit of a drawing: 192 to the inch.
const SCALE: f32 = 2.0;
const FAMILY: &str = "DejaVu Sans";

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    for font in [dejavu::sans::regular(), dejavu::sans::bold(), dejavu::sans::oblique()] {
        fonts.load_font_data(font.to_vec());
    }
    fonts.set_sans_serif_family(FAMILY);
    Arc::new(fonts)
});

/// The bytes of the PNG file.
///
/// # Errors
/// The drawing is no sound SVG, or larger than memory: bugs of this program.
pub(super) fn png(figure: &Figure) -> anyhow::Result<Vec<u8>> {
    let options = Options { font_family: FAMILY.into(), fontdb: Arc::clone(&FONTS), ..Options::default() };
    let text = figure.standalone().replace(STYLE, &plain_style(STYLE));
    let tree = Tree::from_str(&text, &options).with_context(|| format!("drawing {}", figure.name))?;
    let size = tree.size().to_int_size().scale_by(SCALE).context("a drawing has a size")?;
    let mut picture = Pixmap::new(size.width(), size.height()).context("a drawing fits into memory")?;
    picture.fill(resvg::tiny_skia::Color::WHITE);
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut picture.as_mut());
    Ok(picture.encode_png()?)
}

/// A style sheet without variables and conditions, which no renderer but a browser's knows: with the values of its first
/// block, and without what holds for dark screens.
fn plain_style(style: &str) -> String {
    let (variables, rest) = style.split_once("\n}\n").expect("the variables come first");
    let rest = match rest.split_once("@media") {
        Some((_, dark)) => dark.split_once("\n}\n").expect("a condition ends").1,
        None => rest,
    };
    let declarations = variables.split([';', '{', '\n']).filter_map(|one| one.trim().split_once(": "));
    let named = declarations.filter(|(name, _)| name.starts_with("--"));
    named.fold(rest.to_owned(), |rest, (name, value)| rest.replace(&format!("var({name})"), value))
}

#[cfg(test)]
mod tests {
    use super::super::figure::{Table, WIDTH};
    use super::super::svg::{Anchor, Svg};
    use super::*;

    #[test]
    fn the_style_has_no_variable_left() {
        let style = plain_style(STYLE);
        assert!(!style.contains("var(") && !style.contains("@media"), "{style}");
        assert!(style.contains(".figure .frame { stroke: #57606a;"), "{style}");
    }

    #[test]
    fn a_picture_has_colours_and_letters_on_white() {
        let mut svg = Svg::default();
        svg.rect("part", (10.0, 10.0), (40.0, 20.0));
        svg.text("legend", (100.0, 40.0), Anchor::Start, "X₁ = −x₂ ∂₁");
        let figure = Figure {
            name: "test".into(),
            title: "A test".into(),
            caption: "Of pixels".into(),
            size: (WIDTH, 100.0),
            body: svg.into_body(),
            table: Table::default(),
        };
        let bytes = png(&figure).expect("it is drawn");
        let picture = Pixmap::decode_png(&bytes).expect("it is a PNG");
        assert_eq!((picture.width(), picture.height()), (840, 200));
        let pixel = |x, y| picture.pixel(x, y).map(|p| (p.red(), p.green(), p.blue())).expect("inside");
        assert_eq!(pixel(60, 40), (0x0b, 0x5c, 0xad), "the colour of exact generators");
        assert_eq!(pixel(400, 150), (255, 255, 255));
        let ink = (200..420).flat_map(|x| (50..90).map(move |y| (x, y)));
        let dark = ink.filter(|&(x, y)| pixel(x, y).0 < 80).count();
        assert!(dark > 100, "letters are drawn: {dark} dark pixels");
    }
}
