//! Training: the discovery loop and what it is made of.
//!
//! [`discover`] leads from data to verdict, [`train_jointly`] from verdict to model; [`Trainer`] runs a stage
//! ([`Steps`], and around them observers and checkpoints); baselines are stages with another objective. Knows plugins only
//! as [`crate::plugins::ModelInstance`], writes only through the run directory, and tells what it does only to
//! [`crate::report::live::Observers`].

mod checkpoint;
mod course;
mod discovery;
mod joint;
mod poses;
mod ranges;
mod retention;
mod schedule;
mod soundness;
mod stages;
mod step_log;
mod steps;
mod trainer;

pub use checkpoint::Checkpoint;
pub use course::Course;
pub use discovery::{Discovery, discover, train_baseline};
pub use joint::{Joint, train_jointly};
pub use poses::MakeModel;
pub use schedule::OneCycle;
pub use stages::{EVALUATION, planned};
pub use steps::{Losses, Steps};
pub use trainer::{Progression, Stage, Trainer, Watch};
