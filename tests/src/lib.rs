//! What the end-to-end tests share: where the program and the plugins are, and a desk to run it on.
//!
//! Everything is looked for in the target directory that the running test was built into, so that tests of a
//! profile use the program of that profile. A [`Desk`] owns a temporary directory with its own cache and data
//! home; nothing of the user's reaches the program, and nothing that it writes stays.

mod benchmark;
mod checkpoint;
mod desk;
mod events;
mod outcome;
mod plugin_file;

pub use benchmark::{catalogue_beside_program, component};
pub use checkpoint::Checkpoint;
pub use desk::Desk;
pub use events::Event;
pub use outcome::Outcome;
pub use plugin_file::{find, patch, segments};

use std::path::{Path, PathBuf};

/// Every plugin that a whole build makes.
pub const PLUGINS: [&str; 11] = [
    "libsemola_plugin_cells.so",
    "libsemola_plugin_dynamics.so",
    "libsemola_plugin_images.so",
    "libsemola_plugin_jets.so",
    "libsemola_plugin_mlp.so",
    "libsemola_plugin_molecules.so",
    "libsemola_plugin_pointnet.so",
    "libsemola_plugin_synthetic.so",
    "libsemola_plugin_tensors.so",
    "libsemola_test_faulty.so",
    "libsemola_test_zoo.so",
];

/// A file that `cargo build --workspace` leaves in the target directory: `semola-host`, or a name of
/// [`PLUGINS`]; or what `scripts/torchscript` leaves there.
///
/// # Panics
/// When it is not there, with the command that makes it.
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test knows its file");
    let target = test.parent().and_then(Path::parent).expect("tests lie in TARGET/PROFILE/deps");
    let path = target.join(name);
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build --workspace` and `scripts/torchscript` (with the profile of the tests) first",
        path.display()
    );
    path
}

/// A file of `configs/`.
pub fn config(name: &str) -> String {
    format!("{}/../configs/{name}", env!("CARGO_MANIFEST_DIR"))
}
