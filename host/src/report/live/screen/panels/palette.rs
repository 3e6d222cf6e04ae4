//! Colours, or none where `NO_COLOR` is set (<https://no-color.org>).

use ratatui::style::{Color, Modifier, Style};

/// Colours by meaning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    colours: bool,
}

/// Of curves, told apart by most eyes.
const CURVES: [Color; 6] =
    [Color::Cyan, Color::Yellow, Color::Magenta, Color::Green, Color::LightBlue, Color::LightRed];

impl Palette {
    pub(super) fn new(colours: bool) -> Self {
        Self { colours }
    }

    fn colour(self, colour: Color) -> Style {
        if self.colours { Style::new().fg(colour) } else { Style::new() }
    }

    /// Frames, axes.
    pub(super) fn faint(&self) -> Style {
        if self.colours { self.colour(Color::DarkGray) } else { Style::new().add_modifier(Modifier::DIM) }
    }

    pub(super) fn strong(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn curve(&self, index: usize) -> Style {
        self.colour(CURVES[index % CURVES.len()])
    }

    /// What is called exact.
    pub(super) fn exact(&self) -> Style {
        self.colour(Color::Green)
    }

    pub(super) fn approximate(&self) -> Style {
        self.colour(Color::Yellow)
    }

    pub(super) fn alarm(&self) -> Style {
        self.colour(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// An entry from -1 to 1: blue below, orange above, the brighter the larger.
    pub(super) fn entry(&self, value: f64) -> Style {
        if !self.colours {
            return Style::new();
        }
        let part = value.abs().clamp(0.0, 1.0);
        let (red, green, blue) = if value < 0.0 { (0.0, 90.0, 181.0) } else { (213.0, 94.0, 0.0) };
        let mix = |full: f64| (30.0 + (full - 30.0) * part) as u8;
        Style::new().bg(Color::Rgb(mix(red), mix(green), mix(blue))).fg(Color::White)
    }
}
