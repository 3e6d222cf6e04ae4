//! `semola-host`: parse, run, one place that prints the error and sets the exit code.

use clap::Parser;
use semola_host::cli::{self, Cli};
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
    match result {
        Ok(()) => ExitCode::Done.into(),
        // Whoever closed our output has read enough.
        Err(error) if cli::is_closed_output(&error) => ExitCode::Done.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            exit::code_of(&error).into()
        }
    }
}
