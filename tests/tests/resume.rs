//! A run that is killed, interrupted or stopped by the disk goes on to the numbers of one that was not.

use semola_tests::{Desk, Event};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// Orbits, with all that changes from step to step: a learned basis, ranges that are searched, a multiplier that adapts,
/// baselines; several checkpoints a stage.
const ORBITS: &str = "-q --plugin dynamics --threads 1 --baselines --set training.steps=400 --set training.checkpoint_every=30 \
    --set dataset.trajectories=50 --set symmetry.generators=1 --set symmetry.range=learned --set objective.mode=constrained \
    --set training.keep_last=2 --set training.keep_best=true --out";

fn started(desk: &Desk, out: &str) -> Command {
    let mut command = desk.command(&ORBITS.split_whitespace().collect::<Vec<_>>());
    command.arg(out).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// What a summary says apart from time and memory.
fn results(desk: &Desk, run: &str) -> Value {
    let mut summary = desk.summary(run);
    for name in ["wall_s", "steps_per_s", "peak_rss_mib"] {
        summary.as_object_mut().expect("an object").remove(name).expect("a field of every summary");
    }
    summary
}

/// Names of the checkpoints that a run has left.
fn checkpoints(desk: &Desk, run: &str) -> Vec<String> {
    let entries = std::fs::read_dir(desk.path(run).join("checkpoints")).expect("it is there");
    let name = |path: std::path::PathBuf| path.file_stem().expect("a file").to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.map(|entry| name(entry.expect("readable").path())).collect();
    names.sort();
    names
}

#[track_caller]
fn assert_same(desk: &Desk, run: &str, reference: &str) {
    assert_eq!(results(desk, run), results(desk, reference), "{run}");
    let names = checkpoints(desk, reference);
    assert_eq!(checkpoints(desk, run), names, "{run}");
    for name in &names {
        assert!(desk.checkpoint(run, name) == desk.checkpoint(reference, name), "{run}: {name}");
    }
    let steps = |run: &str| -> Vec<(Value, Value, Value)> {
        let line = |line: Value| (line["stage"].clone(), line["step"].clone(), line["loss"].clone());
        desk.metrics(run).into_iter().map(line).collect()
    };
    assert_eq!(steps(run), steps(reference), "{run}: every line of metrics once, with the same losses");
    let events = |run: &str| -> Vec<Event> {
        desk.events(run).into_iter().filter(|event| !event.tag.ends_with("/steps_per_s")).collect()
    };
    assert_eq!(events(run), events(reference), "{run}: every event once, as in metrics");
    assert!(!desk.path(run).join("checkpoints/stages").exists(), "nothing to resume is left");
}

/// How many times a run is killed; more on request.
fn kills() -> u64 {
    std::env::var("SEMOLA_KILLS").map_or(6, |text| text.parse().expect("SEMOLA_KILLS is a number"))
}

/// A number in `[0, below)` for each `i`.
fn scattered(i: u64, below: u64) -> u64 {
    (i.wrapping_add(1)).wrapping_mul(0x9E37_79B9_7F4A_7C15) % below
}

#[test]
fn a_run_killed_at_any_time_goes_on_to_the_same_numbers() {
    let desk = Desk::new();
    assert!(started(&desk, "whole").status().expect("the program starts").success());
    let lines = |run: &str| {
        let metrics = std::fs::read(desk.path(run).join("metrics.jsonl")).unwrap_or_default();
        metrics.iter().filter(|&&byte| byte == b'\n').count() as u64
    };
    let whole = lines("whole");

    // Killed again and again, each time somewhere in the rest of the run: by how far it is, since no clock knows how fast
    // a machine will be.
    let mut command = started(&desk, "killed");
    let mut survived = 0;
    for kill in 0..kills() {
        let reached = lines("killed").min(whole);
        let enough = reached + scattered(kill, whole - reached + 1);
        let mut child = command.spawn().expect("the program starts");
        while lines("killed") < enough && child.try_wait().expect("a child of ours").is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(scattered(3 * kill, 60)));
        child.kill().expect("a process of ours can be killed");
        survived += u64::from(child.wait().expect("it has ended").success());
        let begun = desk.path("killed/run.json").exists();
        if !begun {
            std::fs::remove_dir_all(desk.path("killed")).ok();
            continue;
        }
        command = desk.command(&["-q", "resume", "killed"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    assert_eq!(
        checkpoints(&desk, "whole"),
        ["02-joint-00000270", "02-joint-00000280", "best", "last", "oracle", "plain", "replica"],
        "the newest two of the last stage, and the best"
    );
    wait_until_nobody_works_in(&desk, "killed");
    let outcome = desk.run(&["-q", "resume", "killed"]).done();
    assert_same(&desk, "killed", "whole");
    assert!(survived < kills(), "at least one kill struck a run at work");

    let again = desk.run(&["resume", "killed"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.stderr.contains("has ended well: there is nothing to resume"), "{}", again.stderr);
    assert_eq!(again.stdout, outcome.stdout, "a finished run is shown, not repeated");
}

/// A killed supervisor's child ends a moment later.
fn wait_until_nobody_works_in(desk: &Desk, run: &str) {
    let patience = Instant::now() + Duration::from_secs(20);
    let config = std::fs::File::open(desk.path(run).join("config.toml")).expect("a run has one");
    while config.try_lock().is_err() {
        assert!(Instant::now() < patience, "the killed run's process ends");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_interrupted_run_says_how_to_go_on_and_does_from_anywhere() {
    let desk = Desk::new();
    assert!(started(&desk, "whole").status().expect("the program starts").success());
    let child = started(&desk, "stopped").stderr(Stdio::piped()).spawn().expect("the program starts");
    let patience = Instant::now() + Duration::from_secs(60);
    while std::fs::metadata(desk.path("stopped/metrics.jsonl")).map_or(0, |file| file.len()) < 500 {
        assert!(Instant::now() < patience, "training starts within a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
    // While it works there, nobody else does.
    let busy = desk.run(&["resume", "stopped"]);
    assert!(busy.sentence(2).contains("another process is at work in "), "{busy:?}");
    let sent = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
    assert!(sent.expect("kill runs").success());
    let output = child.wait_with_output().expect("the program ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("`semola-host resume stopped` goes on from there"), "{stderr}");

    // From another directory, with the way there absolute.
    let elsewhere = tempfile::tempdir().expect("a temporary directory");
    let run = desk.path("stopped").display().to_string();
    let status =
        desk.command(&["-q", "resume", &run]).current_dir(elsewhere.path()).stdout(Stdio::null()).status();
    assert!(status.expect("the program starts").success());
    assert_same(&desk, "stopped", "whole");
}

/// A run that was killed after its first checkpoint.
fn killed(desk: &Desk, out: &str) {
    let mut child = started(desk, out).spawn().expect("the program starts");
    let patience = Instant::now() + Duration::from_secs(60);
    while !desk.path(out).join("checkpoints/stages/00-warm_up.safetensors").exists() {
        assert!(Instant::now() < patience, "a checkpoint is written within a minute");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("a process of ours can be killed");
    child.wait().expect("it has ended");
    wait_until_nobody_works_in(desk, out);
}

/// What a clock that was set back leaves behind: a run whose files are of a time to come.
#[test]
fn a_clock_that_was_set_back_changes_nothing() {
    let desk = Desk::new();
    assert!(started(&desk, "whole").status().expect("the program starts").success());
    killed(&desk, "killed");
    let ahead = SystemTime::now() + Duration::from_secs(400 * 24 * 3600);
    for (path, _) in desk.contents("killed") {
        let file = std::fs::File::options().append(true).open(&path);
        file.and_then(|file| file.set_modified(ahead)).expect("a file of ours");
    }
    let events = || -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(desk.path("killed/tensorboard")).expect("it is there");
        entries.map(|entry| entry.expect("readable").path()).collect()
    };
    let second = ahead.duration_since(SystemTime::UNIX_EPOCH).expect("a time to come").as_secs();
    let [event_file] = &events()[..] else { panic!("one event file: {:?}", events()) };
    let named = event_file.with_file_name(format!("events.out.tfevents.{second}.semola"));
    std::fs::rename(event_file, &named).expect("a file of ours");

    desk.run(&["-q", "resume", "killed"]).done();
    assert_same(&desk, "killed", "whole");
    let [after] = &events()[..] else { panic!("one event file: {:?}", events()) };
    assert!(*after > named, "TensorBoard takes it for the later one: {}", after.display());
}

#[test]
fn what_cannot_be_resumed_is_told() {
    let desk = Desk::new();
    killed(&desk, "run");
    let before = desk.contents("run");
    let log = |files: Vec<(std::path::PathBuf, Vec<u8>)>| -> Vec<_> {
        files.into_iter().filter(|(path, _)| !path.ends_with("log.jsonl")).collect()
    };

    let nothing = desk.run(&["resume", "nowhere"]);
    assert!(
        nothing.sentence(2).contains("nowhere is no run directory: it has no config.toml"),
        "{nothing:?}"
    );
    std::fs::create_dir(desk.path("empty")).expect("writable");
    assert!(desk.run(&["resume", "empty"]).sentence(2).contains("it has no config.toml"));

    let config = desk.read("run/config.toml");
    desk.write("run/config.toml", config.replace("seed = 0", "seed = 1"));
    let changed = desk.run(&["resume", "run"]);
    assert!(
        changed.sentence(2).contains("undo the change, or start a new run from it with --config"),
        "{changed:?}"
    );
    desk.write("run/config.toml", config);

    let lock = desk.read("run/plugins.lock");
    let hash = lock.split('"').find(|part| part.len() == 64).expect("a sha256");
    desk.write("run/plugins.lock", lock.replace(hash, &"0".repeat(64)));
    let other = desk.run(&["resume", "run"]);
    assert!(other.sentence(3).contains("plugins.lock"), "{other:?}");
    desk.write("run/plugins.lock", &lock);

    let stage = "run/checkpoints/stages/00-warm_up.safetensors";
    let bytes = std::fs::read(desk.path(stage)).expect("readable");
    desk.write(stage, &bytes[..bytes.len() / 2]);
    let damaged = desk.run(&["resume", "run"]);
    assert!(
        damaged.sentence(1).contains("00-warm_up.safetensors is not a checkpoint that can be read"),
        "{damaged:?}"
    );
    desk.write(stage, bytes);

    assert_eq!(log(desk.contents("run")), log(before), "none of that has changed the run");
    desk.run(&["-q", "resume", "run"]).done();
}

/// A file system of so many kilobytes, unmounted at the end; `None` where this user may not mount one.
struct Small(std::path::PathBuf);

impl Small {
    fn mount(desk: &Desk, kilobytes: u32) -> Option<Self> {
        let path = desk.path("small");
        std::fs::create_dir(&path).expect("the desk is writable");
        let size = format!("size={kilobytes}k");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(path))
    }

    fn grow(&self) {
        let grown = Command::new("mount").args(["-o", "remount,size=50m"]).arg(&self.0).status();
        assert!(grown.expect("mount ran before").success());
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // A test that fails has other things to say.
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_ends_the_run_with_a_sentence_and_room_lets_it_go_on() {
    let desk = Desk::new();
    // A checkpoint of this model has some 120 kB.
    let Some(small) = Small::mount(&desk, 600) else {
        eprintln!("skipped: this user may not mount a small file system");
        return;
    };
    assert!(started(&desk, "whole").status().expect("the program starts").success());
    let arguments: Vec<&str> = ORBITS.split_whitespace().chain(["small/run"]).collect();
    let full = desk.run(&arguments);
    let sentence = full.sentence(1);
    for part in ["the run in small/run failed: cannot write small/run/", "No space left on device"] {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
    small.grow();
    desk.run(&["-q", "resume", "small/run"]).done();
    assert_same(&desk, "small/run", "whole");
}
