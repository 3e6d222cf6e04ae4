//! `semola-host`: parse, run, one place that prints the error and sets the exit code.

use clap::Parser;
use semola_host::cli::{self, Cli};
use semola_host::engine::Libtorch;
use semola_host::exit::{self, ExitCode};

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    cli::logging::start(cli.verbosity());
    match cli::run(cli, &Libtorch, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::Done.into(),
        // Whoever closed our output has read enough.
        Err(error) if cli::is_closed_output(&error) => ExitCode::Done.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            exit::code_of(&error).into()
        }
    }
}
