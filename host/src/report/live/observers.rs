//! All observers of a run, and where in its schedule it is.

use super::observer::{Observer, SpectrumReport, StageReport, StepReport};
use super::schedule::{Planned, Schedule};
use crate::report::{RunDirectory, Summary};
use std::cell::RefCell;

/// Passes on what a trainer tells, to each observer in turn; the first error ends it.
#[derive(Debug, Default)]
pub struct Observers {
    inner: RefCell<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    observers: Vec<Box<dyn Observer>>,
    schedule: Schedule,
    stage: StageReport,
}

impl Inner {
    fn tell(
        &mut self,
        mut tell: impl FnMut(&mut dyn Observer, &StageReport) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.observers.iter_mut().try_for_each(|observer| tell(observer.as_mut(), &self.stage))
    }
}

impl Observers {
    /// These; none at all is fine.
    pub fn new(observers: Vec<Box<dyn Observer>>) -> Self {
        Self { inner: RefCell::new(Inner { observers, ..Inner::default() }) }
    }

    /// What the run will do, as far as is known at its start.
    pub fn plan(&self, planned: Vec<Planned>) {
        self.inner.borrow_mut().schedule = Schedule::new(planned);
    }

    /// A stage begins, of which so many steps were done before. Without steps, it is something other than training.
    ///
    /// # Errors
    /// Those of the observers; so of every method.
    pub fn stage(&self, name: &str, steps: u64, begun: u64) -> anyhow::Result<()> {
        let mut inner = self.inner.borrow_mut();
        inner.stage = inner.schedule.begin(name, steps, begun);
        inner.tell(|observer, stage| observer.stage(stage))
    }

    /// A step of the stage that began last is logged.
    ///
    /// # Errors
    /// As [`Observers::stage`].
    pub fn step(&self, step: &StepReport<'_>) -> anyhow::Result<()> {
        self.inner.borrow_mut().tell(|observer, stage| observer.step(stage, step))
    }

    /// The spectrum was measured and judged.
    ///
    /// # Errors
    /// As [`Observers::stage`].
    pub fn spectrum(&self, spectrum: &SpectrumReport) -> anyhow::Result<()> {
        self.inner.borrow_mut().tell(|observer, _| observer.spectrum(spectrum))
    }

    /// The stage's steps are over, or it ends early.
    pub fn rest(&self) {
        self.inner.borrow_mut().observers.iter_mut().for_each(|observer| observer.rest());
    }

    /// The run has a result.
    ///
    /// # Errors
    /// As [`Observers::stage`].
    pub fn result(&self, run: &RunDirectory, summary: &Summary) -> anyhow::Result<()> {
        self.inner.borrow_mut().tell(|observer, _| observer.result(run, summary))
    }

    /// How far the files of the run have grown.
    pub fn marks(&self) -> Vec<(&'static str, u64)> {
        self.inner.borrow().observers.iter().filter_map(|observer| observer.mark()).collect()
    }

    /// The run starts, or goes on from a checkpoint with these marks.
    ///
    /// # Errors
    /// As [`Observers::stage`].
    pub fn go_on(&self, mark: &dyn Fn(&str) -> u64) -> anyhow::Result<()> {
        self.inner.borrow_mut().tell(|observer, _| observer.go_on(mark))
    }
}
