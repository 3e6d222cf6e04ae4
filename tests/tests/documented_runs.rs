//! The commands of the README, of the guide and of the plugins' pages are run, one after the other as they stand there, with
//! fewer steps. Whether they are understood to the last setting is for `documented_commands`.

use semola_tests::Desk;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What makes training short; added to commands that train.
const QUICK: &str = "-q --threads 1 --set training.steps=20 --set symmetry.bootstrap=5 --set symmetry.samples=100 \
    --set evaluation.average=1";
/// The same for data sets of pictures, meshes and molecules.
const QUICKER: &str = "-q --threads 2 --set training.steps=10 --set symmetry.bootstrap=5 --set symmetry.samples=20 \
    --set evaluation.average=0 --set training.batch_size=8";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Lines of the shell blocks of a page that call the program, without its name.
fn commands(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(page)).expect("a page can be read").replace("\\\n", " ");
    let blocks: String = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let line = |line: &str| {
        let rest = line.strip_prefix("target/release/semola-host ").or(line.strip_prefix("semola-host "))?;
        Some(rest.replace("configs/", &format!("{}/", root().join("configs").display())))
    };
    blocks.lines().filter_map(line).collect()
}

/// Runs a command as the reader would, in a shell; `quick` shortens it where it trains.
fn run(desk: &Desk, command: &str, quick: &str) {
    let verb = command.split_whitespace().next().unwrap_or_default();
    let trains = verb.starts_with("--") || ["train", "discover"].contains(&verb);
    let (words, _) = command.split_once(" #").unwrap_or((command, ""));
    // There is no terminal to watch on.
    let words = words
        .replace("--watch", "")
        .replace("--trials 40", "--trials 2")
        .replace("--trials 80", "--trials 3");
    let more = if trains || (verb == "sweep" && !words.contains("--resume")) { quick } else { "-q" };
    let program = desk.command(&[]);
    let line = format!("'{}' {words} {more}", program.get_program().display());
    let mut shell = Command::new("bash");
    shell.args(["-c", &line]).current_dir(desk.path(""));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell.output().expect("bash starts");
    let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // The first call with data of one's own is answered with a spec to save.
    let proposal = command.contains("my.npz") && told.contains("there is no spec my.toml");
    assert!(output.status.success() || proposal, "{line}: {}\n{said}\n{told}", output.status);
}

#[test]
fn the_guide_and_the_readme_work_from_top_to_bottom() {
    let desk = Desk::new();
    let mut ran = 0;
    for command in commands("docs/guide.md") {
        if command.contains("my.npz") {
            // Arrays of a user's own.
            run(&desk, "predict runs/orbits --out my.npz", QUICK);
        }
        // Its exit code tells of the machine's problems, which are not the guide's.
        if command.starts_with("doctor") {
            continue;
        }
        run(&desk, &command, QUICK);
        ran += 1;
    }
    assert!(ran > 15, "{ran} commands");
    for command in commands("README.md") {
        run(&desk, &command, QUICK);
    }
    assert!(desk.path("orbits-symmetry/weights.safetensors").is_file());
    assert!(desk.path("runs/orbits/report.html").is_file());
}

/// Runs the commands of the plugins' pages for the data sets that `scripts/import-data` has made on this machine; where there
/// are none, there is nothing to run.
#[test]
fn the_pages_of_plugins_work_where_their_data_are() {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let Some(data) = cache.map(|cache| cache.join("semola/data")).filter(|data| data.is_dir()) else {
        return;
    };
    let desk = Desk::new();
    std::os::unix::fs::symlink(&data, desk.path("cache/semola/data")).expect("the desk is writable");
    let pages = [("cells", "cells"), ("images", "digits"), ("images", "fashion"), ("pointnet", "furniture")];
    for (plugin, set) in pages.into_iter().filter(|(_, set)| data.join(set).join("card.json").is_file()) {
        for command in commands(&format!("plugins/{plugin}/README.md")) {
            let fashion = command.contains("fashion");
            if command.contains("my-") || (plugin == "images" && fashion != (set == "fashion")) {
                continue;
            }
            let fewer = match plugin {
                "images" => "--set dataset.train=200 --set dataset.held_out=50",
                "pointnet" => "--set dataset.views=1 --set dataset.held_out_views=1",
                _ => "--set dataset.copies=2",
            };
            run(&desk, &command, &format!("{QUICKER} {fewer}"));
        }
    }
}
