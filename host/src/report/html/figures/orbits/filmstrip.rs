//! Images along a generator: a strip for each sample, the picture as it is in the middle.

use super::super::super::axis::fixed;
use super::super::super::figure::{Figure, Table, WIDTH};
use super::super::super::svg::{Anchor, Svg};
use super::About;
use crate::report::orbits::MovedField;

const GAP: f64 = 4.0;

pub(super) fn filmstrip(about: &About, moved: &MovedField) -> Option<Figure> {
    let [channels, height, width] = moved.field.shape[..] else { return None };
    if channels * height * width == 0 {
        return None;
    }
    let columns = about.t.len() as f64;
    let side = (WIDTH - GAP * (columns - 1.0)) / columns;
    let tall = side * height as f64 / width as f64;
    let middle = about.t.len() / 2;
    let mut svg = Svg::default();
    let numbers = (0..channels * height * width).map(|number| format!("v{}", number + 1));
    let mut table = Table::new(["t".into(), "sample".into()].into_iter().chain(numbers));
    for sample in 0..about.samples {
        // Brightness by the picture as it is.
        let still = &moved.values[middle][sample];
        let low = still.iter().copied().fold(f64::INFINITY, f64::min);
        let high = still.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for (place, (&t, samples)) in about.t.iter().zip(&moved.values).enumerate() {
            let pixels = &samples[sample];
            let corner = (place as f64 * (side + GAP), 2.0 + sample as f64 * (tall + GAP));
            let level = |value: f64| (255.0 * (value - low) / (high - low).max(1e-12)).round() as u8;
            svg.image(corner, (side, tall), &png(pixels, channels, height, width, level)?);
            if place == middle {
                svg.rect("still", corner, (side, tall));
            }
            let pixels = pixels.iter().copied().map(Into::into);
            table.row([t.into(), (sample + 1).into()].into_iter().chain(pixels));
        }
    }
    let bottom = 2.0 + about.samples as f64 * (tall + GAP) + 14.0;
    for (place, t) in about.t.iter().enumerate() {
        let centre = place as f64 * (side + GAP) + 0.5 * side;
        svg.text("tick", (centre, bottom), Anchor::Middle, &fixed(*t, 2));
    }
    svg.text("name", (0.5 * WIDTH, bottom + 19.0), Anchor::Middle, "t");
    let caption = format!("{} moved by {}. Framed: as they are.", about.samples(), about.motion);
    Some(about.figure(caption, bottom + 26.0, svg.into_body(), table))
}

/// Grey, or the first three channels as red, green and blue. `None` if the numbers are fewer than the shape says.
fn png(
    pixels: &[f64],
    channels: usize,
    height: usize,
    width: usize,
    level: impl Fn(f64) -> u8,
) -> Option<Vec<u8>> {
    let area = height * width;
    if pixels.len() != channels * area {
        return None;
    }
    let planes = if channels >= 3 { 3 } else { 1 };
    let bytes: Vec<u8> = (0..area)
        .flat_map(|pixel| (0..planes).map(move |plane| pixels[plane * area + pixel]))
        .map(level)
        .collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    encoder.set_color(if planes == 3 { png::ColorType::Rgb } else { png::ColorType::Grayscale });
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&bytes).ok()?;
    writer.finish().ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_survive() {
        // Planes of red, green and blue; the picture holds them pixel by pixel.
        let pixels = [0.0, 1.0, 0.2, 0.4, 0.6, 0.8];
        let file = png(&pixels, 3, 1, 2, |value| (10.0 * value) as u8).expect("the shape fits");
        let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().expect("a PNG file");
        let mut bytes = vec![0; reader.output_buffer_size().expect("small")];
        let info = reader.next_frame(&mut bytes).expect("a PNG file");
        assert_eq!((info.width, info.height, info.color_type), (2, 1, png::ColorType::Rgb));
        assert_eq!(bytes, [0, 2, 6, 10, 4, 8]);
        assert!(png(&pixels, 1, 1, 2, |_| 0).is_none());
    }
}
