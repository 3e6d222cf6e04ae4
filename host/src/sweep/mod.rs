//! Many runs of one experiment with some of its settings varied: which values are best, and what each run finds.
//!
//! From a [`Space`] a [`sampler`] draws the parameters of each trial; a [`Conductor`] has a [`Launcher`] run them and writes
//! what came of it into the [`Sweep`]'s directory; [`table`] shows it. Owns no training: a trial's runs are processes of the
//! same program with run directories of their own, and all that is known of them is what these directories say.

mod conduct;
mod directory;
mod halving;
mod launcher;
mod metric;
mod record;
pub mod sampler;
pub mod space;
pub mod table;
mod trial;

pub use conduct::Conductor;
pub use directory::SweepDirectory;
pub use halving::{Halving, Trace};
pub use launcher::{CHILD, Ended, Job, Launcher, Local};
pub use metric::{Measured, Metric, Split};
pub use record::{Plan, Sweep};
pub use sampler::{Method, Seen};
pub use space::{Domain, Parameter, Parameters, Space, SpaceError};
pub use trial::{Finding, State, Trial, TrialRun};
