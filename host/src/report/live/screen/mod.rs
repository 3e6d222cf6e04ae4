//! The run on the whole terminal, `--watch`: loss curves, spectrum, generators, the last lines of the log.
//!
//! It shows what every other observer is told and knows nothing else. The trainer's thread only notes down what it was
//! told; another one paints a few times a second and reads the keys.

mod board;
mod painter;
mod panels;

use super::observer::{Observer, SpectrumReport, StageReport, StepReport};
use super::terminal;
use anyhow::Context;
use board::Board;
use painter::Painter;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The screen of a run.
#[derive(Debug)]
pub struct Screen {
    board: Arc<Mutex<Board>>,
    /// Stops with it.
    _painter: Painter,
}

impl Screen {
    /// Takes the terminal on stderr over, until it is dropped.
    ///
    /// # Errors
    /// The terminal cannot be taken over.
    pub fn open(run: &str) -> anyhow::Result<Self> {
        let board = Arc::new(Mutex::new(Board::new(run)));
        terminal::take().context("the terminal cannot be taken over for --watch; leave it out")?;
        let painter = Painter::start(Arc::clone(&board)).inspect_err(|_| terminal::release());
        Ok(Self { _painter: painter.context("nothing can be painted; leave out --watch")?, board })
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        lock(&self.board)
    }
}

impl Observer for Screen {
    fn stage(&mut self, stage: &StageReport) -> anyhow::Result<()> {
        self.board().begin(stage);
        Ok(())
    }

    fn step(&mut self, _: &StageReport, step: &StepReport<'_>) -> anyhow::Result<()> {
        self.board().step(step);
        Ok(())
    }

    fn spectrum(&mut self, spectrum: &SpectrumReport) -> anyhow::Result<()> {
        self.board().spectrum(spectrum);
        Ok(())
    }
}

/// A painter that panicked leaves a board that is whole.
fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}
