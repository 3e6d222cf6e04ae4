//! The command line: what can be said ([`arguments`]) and what each verb does, one file a command.
//!
//! Commands write results to the writer that they are given (stdout) and log through `tracing` (stderr). They
//! know configuration, plugins and reports; loading and training are behind the [`Engine`] trait, so that the
//! commands are tested without libtorch. Nothing in the rest of the crate knows this module.

pub mod arguments;
mod check;
mod compare;
mod config;
mod doctor;
mod export;
mod install;
pub mod logging;
mod new;
mod plugin;
mod prepare;
mod report;
mod supervise;
mod sweep;
mod train;
mod trained;

pub use arguments::Cli;
pub use supervise::supervise;

use crate::collective;
use crate::engine::{Engine, Task};
use crate::exit::{Coded, code_of};
use anyhow::Context;
use arguments::{Command, ConfigCommand, ExperimentOptions, PluginCommand, RunOptions};
use clap::CommandFactory;
use std::io::Write;
use std::time::Duration;

/// Does what the command line says; results go to `out`.
///
/// # Errors
/// Whatever stops the command; [`crate::exit::code_of`] knows its exit code.
pub fn run(cli: Cli, engine: &dyn Engine, out: &mut dyn Write) -> anyhow::Result<()> {
    dispatch(cli, engine, out).map_err(with_line_breaks)
}

/// What a plugin says is one sentence, and newlines in it are taken for those of C++ errors and joined. A plugin that
/// means lines (a file to copy) separates them by U+2028, the line separator.
fn with_line_breaks(error: anyhow::Error) -> anyhow::Error {
    let message = format!("{error:#}");
    if !message.contains('\u{2028}') {
        return error;
    }
    Coded { code: code_of(&error), message: message.replace('\u{2028}', "\n") }.into()
}

/// Runs are shared by processes that were started together; whatever else writes would be written by each of them.
fn done_by_one(command: Option<&Command>) -> Result<(), Coded> {
    let verb = match command {
        Some(Command::Eval { .. }) => "eval",
        Some(Command::Predict { .. }) => "predict",
        Some(Command::Export { .. }) => "export",
        Some(Command::Report { .. }) => "report",
        Some(Command::Sweep { .. }) => "sweep",
        _ => return Ok(()),
    };
    collective::launched().map_or(Ok(()), |size| {
        Err(Coded::usage(format!(
            "{size} processes were started together, and `{verb}` is the work of one; start it without mpirun or srun"
        )))
    })
}

fn dispatch(cli: Cli, engine: &dyn Engine, out: &mut dyn Write) -> anyhow::Result<()> {
    let view = cli.view();
    let Cli { common: root, experiment, command, .. } = cli;
    let unused = |verb: &str| experiment.must_be_unused(verb);
    let runs =
        matches!(command, None | Some(Command::Train(_) | Command::Discover(_) | Command::Resume { .. }));
    for (given, option) in [(view.watch, "--watch shows"), (view.profile, "--profile measures")] {
        if given && !runs {
            let message = format!("{option} a run at work: it goes with train, discover and resume");
            return Err(Coded::usage(message).into());
        }
    }
    done_by_one(command.as_ref())?;
    match command {
        None => train::run(Task::Train, &root, &experiment, view, engine, out),
        Some(Command::Train(RunOptions { common, experiment: own, .. })) => {
            train::run(Task::Train, &common.over(&root), &own.over(&experiment), view, engine, out)
        }
        Some(Command::Discover(RunOptions { common, experiment: own, .. })) => {
            train::run(Task::Discover, &common.over(&root), &own.over(&experiment), view, engine, out)
        }
        Some(Command::Resume { run, common, .. }) => {
            unused("resume")?;
            train::resume(&run, &common.over(&root), view, engine, out)
        }
        Some(Command::Eval { trained, common }) => {
            unused("eval")?;
            trained::eval(&trained, &common.over(&root), engine, out)
        }
        Some(Command::Predict { trained, split, out: file, common }) => {
            unused("predict")?;
            trained::predict(&trained, split.into(), &file, &common.over(&root), engine, out)
        }
        Some(Command::Export { run, out: directory, checkpoint, common }) => {
            unused("export")?;
            export::run(&run, &directory, &checkpoint, &common.over(&root), out)
        }
        Some(Command::Report { run, common }) => {
            unused("report")?;
            report::run(&run, &common.over(&root), out)
        }
        Some(Command::Compare { runs, csv, html, common }) => {
            unused("compare")?;
            compare::run(&runs, csv.as_deref(), html.as_deref(), &common.over(&root), out)
        }
        Some(Command::Sweep { common, sweep, experiment: own }) => {
            sweep::run(&sweep, &common.over(&root), &own.over(&experiment), engine, out)
        }
        Some(Command::Doctor { common }) => {
            unused("doctor")?;
            doctor::run(&common.over(&root), engine, out)
        }
        Some(Command::Completions { shell, .. }) => {
            // Into memory first: it panics where its reader has read enough.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "semola-host", &mut script);
            Ok(out.write_all(&script)?)
        }
        Some(Command::Man { out: directory, .. }) => {
            let cannot = || format!("cannot write man pages into {}", directory.display());
            std::fs::create_dir_all(&directory).with_context(cannot)?;
            clap_mangen::generate_to(Cli::command(), &directory).with_context(cannot)
        }
        Some(Command::Config { command: ConfigCommand::Show { common, experiment: own } }) => {
            config::show(&common.over(&root), &own.over(&experiment), engine, out)
        }
        Some(Command::Config { command: ConfigCommand::Schema { .. } }) => {
            unused("config schema")?;
            config::schema(out)
        }
        Some(Command::Config { command: ConfigCommand::Diff { first, second, common } }) => {
            unused("config diff")?;
            config::diff(&first, &second, &common.over(&root), out)
        }
        Some(Command::Plugin { command: PluginCommand::List { common } }) => {
            unused("plugin list")?;
            plugin::list(&common.over(&root), engine, out)
        }
        Some(Command::Plugin { command: PluginCommand::Inspect { plugin, common } }) => {
            unused("plugin inspect")?;
            plugin::inspect(&plugin, &common.over(&root), engine, out)
        }
        Some(Command::Plugin { command: PluginCommand::Check { plugins, time_limit, common } }) => {
            unused("plugin check")?;
            check::run(&plugins, Duration::from_secs(time_limit), &common.over(&root), engine, out)
        }
        Some(Command::Plugin { command: PluginCommand::Install { plugin, index, sha256, common } }) => {
            unused("plugin install")?;
            let request =
                install::Install { plugin: &plugin, index: index.as_deref(), sha256: sha256.as_deref() };
            install::install(&request, &common.over(&root), engine, out)
        }
        Some(Command::Plugin { command: PluginCommand::Remove { id, common } }) => {
            unused("plugin remove")?;
            install::remove(&id, &common.over(&root), engine, out)
        }
        Some(Command::Plugin { command: PluginCommand::New { name, kind, out: directory, api, common } }) => {
            unused("plugin new")?;
            new::run(&name, kind, directory.as_deref(), api.as_deref(), &common.over(&root), out)
        }
        Some(Command::Plugin { command: PluginCommand::Probe { file, report, depth, common } }) => {
            check::probe(&file, &report, depth, &common.over(&root), engine)
        }
    }
}

/// Whether the error only says that the reader of our output has gone, as in `semola-host … | head`.
pub fn is_closed_output(error: &anyhow::Error) -> bool {
    let closed = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.downcast_ref::<std::io::Error>().is_some_and(closed)
}

impl ExperimentOptions {
    fn must_be_unused(&self, verb: &str) -> anyhow::Result<()> {
        if *self == Self::default() {
            return Ok(());
        }
        let message =
            format!("options of an experiment (--plugin, --data, --set, --out, …) mean nothing to `{verb}`");
        Err(Coded::usage(message).into())
    }
}

#[cfg(test)]
mod tests;
