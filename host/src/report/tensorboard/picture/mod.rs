//! Pictures of a few dots and lines for TensorBoard, which takes PNG and no SVG: plainer than those of the report.

mod generator;
mod orbit;

pub(super) use generator::heat_map;
pub(super) use orbit::moved;

use anyhow::Context;

/// Red, green, blue.
type Colour = [u8; 3];

const WHITE: Colour = [255, 255, 255];
const ORANGE: Colour = [213, 94, 0];
const BLUE: Colour = [0, 90, 181];
const GREY: Colour = [200, 200, 200];

/// Pixels, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
}

impl Picture {
    fn white(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![WHITE; width * height] }
    }

    /// Width and height.
    pub(super) fn size(&self) -> (i32, i32) {
        (self.width as i32, self.height as i32)
    }

    /// Its PNG file.
    pub(super) fn png(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(self.pixels.as_flattened()))
            .context("a picture cannot be made PNG")?;
        Ok(bytes)
    }

    /// A rectangle, as far as it is in the picture.
    fn fill(&mut self, (left, top): (usize, usize), (width, height): (usize, usize), colour: Colour) {
        for y in top..(top + height).min(self.height) {
            for x in left..(left + width).min(self.width) {
                self.pixels[y * self.width + x] = colour;
            }
        }
    }

    /// A line of two pixels, as far as it is in the picture.
    fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.abs().max(dy.abs()).ceil().min(1e4);
        for step in 0..=length as usize {
            let part = step as f64 / length.max(1.0);
            let (x, y) = (from.0 + part * dx, from.1 + part * dy);
            if x >= 0.0 && y >= 0.0 {
                self.fill((x as usize, y as usize), (2, 2), colour);
            }
        }
    }
}

/// A colour on the way from one to another, by a part from 0 to 1.
fn mixed(from: Colour, to: Colour, part: f64) -> Colour {
    let mix = |index: usize| {
        let (from, to) = (f64::from(from[index]), f64::from(to[index]));
        (from + (to - from) * part.clamp(0.0, 1.0)).round() as u8
    };
    [mix(0), mix(1), mix(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_holds_the_pixels() {
        let mut picture = Picture::white(7, 5);
        picture.fill((5, 3), (9, 9), BLUE);
        picture.line((0.0, 0.0), (-50.0, 1e9), ORANGE);
        let bytes = picture.png().expect("it can be encoded");
        let mut reader =
            png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("it is a PNG file");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
        let info = reader.next_frame(&mut pixels).expect("it is complete");
        assert_eq!((info.width, info.height), (7, 5));
        assert_eq!(pixels, picture.pixels.as_flattened());
        assert_eq!(picture.pixels[4 * 7 + 6], BLUE);
        assert_eq!(picture.pixels[0], ORANGE);
    }

    #[test]
    fn colours_mix() {
        assert_eq!(mixed(WHITE, BLUE, 0.0), WHITE);
        assert_eq!(mixed(WHITE, BLUE, 2.0), BLUE);
        assert_eq!(mixed([0, 0, 0], [200, 100, 10], 0.5), [100, 50, 5]);
    }
}
