//! `semola-host`: parse, run, one place that prints the error and sets the exit code.

use clap::Parser;
use semola_host::cli::{self, Cli};
use semola_host::collective;
use semola_host::engine::Libtorch;
use semola_host::exit::{self, ExitCode};
use semola_host::plugins::probe::{self, Line};

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    cli::logging::start(cli.verbosity(), cli.view());
    if let Some(code) = cli::supervise(&cli) {
        return code;
    }
    let result = Libtorch::of_this_program()
        .map_err(anyhow::Error::from)
        .and_then(|engine| cli::run(cli, &engine, &mut std::io::stdout().lock()));
    probe::note(&Line::Finished);
    let group = collective::group();
    let code = result.as_ref().err().map_or(ExitCode::Done, exit::code_of);
    // After any other end the others are still at work, and taking leave would wait for them.
    if matches!(code, ExitCode::Done | ExitCode::Interrupted) {
        group.close();
    }
    match result {
        Ok(()) => ExitCode::Done.into(),
        // All processes make the same mistakes; what went wrong in one alone is told by it.
        Err(_) if !group.is_first() && code != ExitCode::Failed => code.into(),
        // Whoever closed our output has read enough.
        Err(error) if cli::is_closed_output(&error) => ExitCode::Done.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            exit::code_of(&error).into()
        }
    }
}
