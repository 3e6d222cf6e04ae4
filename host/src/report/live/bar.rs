//! The progress bar on stderr, and what keeps log lines from tearing it.
//!
//! Other writers to stderr go through [`super::log_lines::to_stderr`], which takes the bars away for the time of a line. It has no colours,
//! so that `NO_COLOR` has nothing to say about it.

use super::lines::figures;
use super::observer::{Observer, StageReport, StepReport};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::LazyLock;

const TEMPLATE: &str = "{prefix} {bar:14} {pos}/{len}  {per_sec}  {eta} left  {wide_msg}";
/// Of what has no steps.
const WAITING: &str = "{prefix} {wide_msg}";

/// All bars of the process.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Runs `write` while no bar is on the screen.
pub(super) fn aside<T>(write: impl FnOnce() -> T) -> T {
    BARS.suspend(write)
}

/// Progress through the steps of one stage after the other. Drawn only where stderr is a terminal.
#[derive(Debug, Default)]
pub struct Bar {
    bar: Option<ProgressBar>,
}

impl Observer for Bar {
    fn stage(&mut self, stage: &StageReport) -> anyhow::Result<()> {
        self.rest();
        if stage.steps > 0 && stage.begun == stage.steps {
            return Ok(());
        }
        let template = if stage.steps == 0 { WAITING } else { TEMPLATE };
        let style = ProgressStyle::with_template(template).expect("a test checks the templates");
        let bar = BARS.add(ProgressBar::new(stage.steps).with_style(style));
        bar.set_prefix(format!("[{}/{}] {}", stage.number, stage.of, stage.title()));
        bar.set_position(stage.begun);
        bar.reset_eta();
        bar.tick();
        self.bar = Some(bar);
        Ok(())
    }

    fn step(&mut self, _: &StageReport, step: &StepReport<'_>) -> anyhow::Result<()> {
        if let Some(bar) = &self.bar {
            bar.set_message(figures(step.line));
            bar.set_position(step.line.step);
        }
        Ok(())
    }

    fn rest(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.rest();
    }
}

/// A bar over things that are counted, such as the trials of a sweep.
#[derive(Debug)]
pub struct Counter(ProgressBar);

impl Counter {
    /// At 0 of so many. Drawn only where stderr is a terminal and `quiet` is false.
    pub fn new(title: &'static str, of: u64, quiet: bool) -> Self {
        let bar = ProgressBar::new(of);
        if quiet || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            return Self(bar);
        }
        let style = ProgressStyle::with_template(TEMPLATE).expect("a test checks the templates");
        let bar = BARS.add(bar.with_style(style));
        bar.set_prefix(title);
        Self(bar)
    }

    /// How many are done.
    pub fn set(&self, done: u64) {
        self.0.set_position(done);
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_valid() {
        for template in [TEMPLATE, WAITING] {
            ProgressStyle::with_template(template).expect("indicatif knows every key");
        }
        assert_eq!(aside(|| 5), 5);
    }

    #[test]
    fn a_stage_that_is_over_has_no_bar() {
        let mut bar = Bar::default();
        let mut stage = StageReport { name: "joint".into(), steps: 9, begun: 9, ..StageReport::default() };
        bar.stage(&stage).expect("nothing is written");
        assert!(bar.bar.is_none());
        stage.begun = 4;
        bar.stage(&stage).expect("nothing is written");
        assert_eq!(bar.bar.as_ref().map(ProgressBar::position), Some(4));
    }
}
