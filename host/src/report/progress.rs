//! The progress bar on stderr, and what keeps log lines from tearing it.
//!
//! It shows nothing when stderr is no terminal or on request. Other writers to stderr go through [`aside`],
//! which takes the bars away for the time of a line.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::LazyLock;

const TEMPLATE: &str = "{prefix:>10} {wide_bar} {pos}/{len}  {per_sec}  {eta} left  {msg}";

/// All bars of the process.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Runs `write` while no bar is on the screen.
pub fn aside<T>(write: impl FnOnce() -> T) -> T {
    BARS.suspend(write)
}

/// Progress through the steps of one training.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar over `steps`. Drawn only if stderr is a terminal and `quiet` is false.
    pub fn new(steps: u64, quiet: bool) -> Self {
        let bar = ProgressBar::new(steps);
        if quiet || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            return Self { bar };
        }
        let style = ProgressStyle::with_template(TEMPLATE).expect("a test checks the template");
        Self { bar: BARS.add(bar.with_style(style)) }
    }

    /// Names what is being trained: "warm-up", "joint", a baseline.
    pub fn stage(&self, stage: &str) {
        self.bar.set_prefix(stage.to_owned());
    }

    /// Tells how many steps are done, and the last loss that is known.
    pub fn step(&self, done: u64, loss: Option<f64>) {
        self.bar.set_position(done);
        if let Some(loss) = loss {
            self.bar.set_message(format!("loss {loss:.4}"));
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Steps done so far.
    pub fn position(&self) -> u64 {
        self.bar.position()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_bar_counts_without_drawing() {
        let progress = Progress::new(10, true);
        assert!(progress.bar.is_hidden());
        progress.stage("joint");
        progress.step(7, Some(0.25));
        assert_eq!(progress.position(), 7);
        assert_eq!(aside(|| 5), 5);
    }

    #[test]
    fn the_template_is_valid() {
        ProgressStyle::with_template(TEMPLATE).expect("indicatif knows every key");
    }
}
