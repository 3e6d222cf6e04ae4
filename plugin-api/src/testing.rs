//! For the tests of a plugin: the host's contract tests on the file that cargo has just built.
//!
//! ```ignore
//! #[test]
//! fn the_plugin_keeps_its_contract() {
//!     semola_plugin_api::testing::check_plugin("my_plugin");
//! }
//! ```
//!
//! The work is done by `semola-host plugin check`, in its own process: a plugin links no libtorch, so that its test
//! program could not run a tensor operator. The host is the program that the variable `SEMOLA_HOST` names, or
//! `semola-host` on the PATH. Put the test into a file below `tests/`: cargo builds the library for those.

#![allow(clippy::print_stdout, reason = "tests tell what was checked")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Checks the plugin of this crate. `library` is the name of its library: the crate's name with `_` for `-`.
///
/// Without a host the test prints how to get one and passes, so that it can stand in any crate; set `SEMOLA_HOST` in
/// your CI, and a host that is not there fails the test.
///
/// # Panics
/// A check failed: with all that `plugin check` printed. The library has not been built.
pub fn check_plugin(library: &str) {
    let file = built(library);
    let named = std::env::var_os("SEMOLA_HOST");
    let host = named.clone().unwrap_or_else(|| "semola-host".into());
    match Command::new(&host).args(["plugin", "check"]).arg(&file).output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{text}{errors}");
            println!("{text}");
        }
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            println!("not checked: there is no semola-host on the PATH; name it with SEMOLA_HOST");
        }
        Err(error) => {
            panic!("SEMOLA_HOST names {}, which cannot be started: {error}", Path::new(&host).display())
        }
    }
}

/// The library that cargo has built for the running test.
///
/// # Panics
/// There is none.
fn built(library: &str) -> PathBuf {
    let name = format!("{}{library}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let test = std::env::current_exe().expect("a running test knows its file");
    // Tests lie in TARGET/PROFILE/deps, the library one above and, of the same build for certain, beside them.
    let deps = test.parent().expect("a file lies in a directory");
    let places = [deps.join(&name), deps.with_file_name(&name)];
    let found = places.iter().find(|path| path.is_file()).cloned();
    found.unwrap_or_else(|| {
        panic!("{name} is not in {}: is the crate's type `cdylib`, and its name {library}?", deps.display())
    })
}
