//! Several processes that train one model together: the same global batch, divided among them.
//!
//! Every process draws the random numbers of the whole batch and takes its share, so that one batch gives the same losses
//! however many processes there are; gradients and losses are summed over all. Spectra and verdicts are computed by each, of
//! what the first one has measured. Only the first process writes. A process belongs to one group for all its life, so the
//! group is the process's own: [`group`]. Without the feature `mpi` there is only [`Alone`]; NCCL would be another
//! implementation of [`Collective`].

mod alone;
#[cfg(feature = "mpi")]
mod mpi;
mod share;
mod tensors;

pub use alone::Alone;
pub use share::Share;
pub use tensors::{numbers_of_the_first, of_the_first, sum};

use crate::exit::Coded;
use std::fmt;
use std::sync::OnceLock;

/// What processes do together. Every one of them calls the same functions in the same order.
pub trait Collective: fmt::Debug + Send + Sync {
    /// The number of this process, from 0.
    fn rank(&self) -> usize;

    /// How many there are.
    fn size(&self) -> usize;

    /// Replaces numbers by their sums over all processes.
    ///
    /// # Errors
    /// [`Lost`].
    fn sum(&self, numbers: Vec<f32>) -> Result<Vec<f32>, Lost>;

    /// Replaces numbers by those of the first process.
    ///
    /// # Errors
    /// [`Lost`].
    fn of_the_first(&self, numbers: Vec<f32>) -> Result<Vec<f32>, Lost>;

    /// Takes leave of the others; nothing may follow.
    fn close(&self) {}
}

/// The others do not answer any more.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "another of the {size} processes that train together has ended; see its messages above, and go on with `resume` and as \
     many processes as you like"
)]
pub struct Lost {
    /// How many there were.
    pub size: usize,
}

impl dyn Collective + '_ {
    /// Whether this process is the one that writes and prints.
    pub fn is_first(&self) -> bool {
        self.rank() == 0
    }

    /// Whether a flag is set in any of the processes.
    ///
    /// # Errors
    /// [`Lost`].
    pub fn any(&self, flag: bool) -> Result<bool, Lost> {
        if self.size() == 1 {
            return Ok(flag);
        }
        Ok(self.sum(vec![f32::from(u8::from(flag))])?[0] > 0.0)
    }
}

static GROUP: OnceLock<Box<dyn Collective>> = OnceLock::new();

/// The processes that this one trains with.
pub fn group() -> &'static dyn Collective {
    GROUP.get_or_init(|| Box::new(Alone)).as_ref()
}

/// Joins the processes that were started together, if this one was started with others.
///
/// # Errors
/// This program was built without MPI, or MPI does not start.
pub fn join() -> Result<(), Coded> {
    let Some(launched) = launched() else { return Ok(()) };
    #[cfg(feature = "mpi")]
    {
        tracing::debug!(launched, "joining by MPI");
        let group =
            mpi::Mpi::start().map_err(|problem| Coded::failed(format!("MPI does not start: {problem}")))?;
        let _ = GROUP.set(Box::new(group));
        Ok(())
    }
    #[cfg(not(feature = "mpi"))]
    Err(Coded::usage(format!(
        "{launched} processes were started together, and this program was built without MPI: each would train by itself; build \
         it with `cargo build --release --features mpi`, or start one process"
    )))
}

/// Whether this program can train in several processes.
pub const BUILT_IN: bool = cfg!(feature = "mpi");

/// How many processes `mpirun` or `srun` has started together, if more than one.
pub fn launched() -> Option<usize> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<usize>().ok();
    // A job of several tasks is also what a shell in an allocation sees; only `srun` sets the step's process number as PMI does.
    let slurm = || number("SLURM_STEP_NUM_TASKS").filter(|_| std::env::var_os("SLURM_PROCID").is_some());
    number("OMPI_COMM_WORLD_SIZE").or_else(|| number("PMI_SIZE")).or_else(slurm).filter(|&size| size > 1)
}
