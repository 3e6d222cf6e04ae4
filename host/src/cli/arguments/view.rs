//! How a run is shown while it goes on.

use clap::Args;

/// How a run is shown.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewOptions {
    /// Watch the run on the whole terminal: losses, spectrum, generators, log; q interrupts it as Ctrl-C does
    ///
    /// Without this, a bar shows the progress; where stderr is no terminal, a line every ten seconds does
    /// (SEMOLA_PROGRESS_SECONDS says how often; 0: never).
    #[arg(long, conflicts_with = "quiet", help_heading = "Output")]
    pub watch: bool,
    /// Measure where the time goes: profile.txt (a table, printed too) and profile.json (a Chrome trace) in the run directory
    ///
    /// Stages and steps, within a step batch, group elements, action, forward with every operator of the plugin's, losses,
    /// backward, update. Perfetto and chrome://tracing open the trace. It costs a few percent.
    #[arg(long, help_heading = "Output")]
    pub profile: bool,
}

impl ViewOptions {
    /// These options (behind the verb) together with those in front of it.
    pub fn over(self, root: Self) -> Self {
        Self { watch: self.watch || root.watch, profile: self.profile || root.profile }
    }
}
