//! What is to be seen while a run goes on: lines where there is no terminal, and the whole terminal with `--watch`, which is as
//! before when the run has ended, however it ends.

use semola_tests::Desk;
use serde_json::Value;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ORBITS: &str =
    "--plugin dynamics --threads 1 --set training.steps=400 --set dataset.trajectories=50 --out run";

#[test]
fn without_a_terminal_a_line_now_and_then_says_how_far_the_run_is() {
    let desk = Desk::new().with("SEMOLA_PROGRESS_SECONDS", "0.001");
    let arguments: Vec<&str> = ["discover"].into_iter().chain(ORBITS.split_whitespace()).collect();
    let outcome = desk.run(&arguments);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    assert!(lines.len() > 3, "{}", outcome.stderr);
    for line in &lines {
        assert!(
            line.starts_with(" INFO ") && line.contains(" (stage ") && line.contains(" left of the stage"),
            "{line}"
        );
    }
    assert!(outcome.stderr.contains(" INFO warm-up (stage 1 of 3): step "), "{}", outcome.stderr);
    assert!(!desk.read("run/log.jsonl").contains("left of the stage"), "metrics.jsonl says all of that");

    let json = [&["--log-format", "json"], &arguments[..arguments.len() - 1], &["second"]].concat();
    for line in desk.run(&json).stderr.lines() {
        let line: Value = serde_json::from_str(line).expect("a line is JSON");
        assert!(line["fields"]["message"].as_str().expect("a message").contains("(stage "), "{line}");
    }
    desk.run(&[&["-q"], &arguments[..arguments.len() - 1], &["third"]].concat()).done();
}

#[test]
fn watching_needs_a_terminal_and_a_run() {
    let desk = Desk::new();
    let sentence = desk.run(&["train", "--watch", "--plugin", "dynamics", "--out", "run"]);
    assert!(sentence.sentence(2).contains("--watch paints on a terminal"), "{sentence:?}");
    assert!(sentence.stderr.contains("stderr is no terminal; leave it out"), "{sentence:?}");
    assert!(!desk.path("run").exists());
    let elsewhere = desk.run(&["--watch", "plugin", "list"]);
    assert!(elsewhere.sentence(2).contains("it goes with train, discover and resume"), "{elsewhere:?}");
}

/// A run that is watched on a terminal of its own.
struct Watched<'a> {
    desk: &'a Desk,
    terminal: Child,
    code: Option<i32>,
}

/// The modes of the terminal before and after, the program's process, its exit code, all in files.
const SCRIPT: &str = "stty rows 24 cols 80; stty -a >before; sh -c 'echo $$ >pid; exec \"$0\" --watch \"$@\"' PROGRAM ARGUMENTS; \
    code=$?; stty -a >after; exit $code";

impl<'a> Watched<'a> {
    fn start(desk: &'a Desk) -> Self {
        let program = desk.command(&[]).get_program().to_string_lossy().into_owned();
        let arguments = format!("{ORBITS} --set training.steps=100000000");
        let script = SCRIPT.replace("PROGRAM", &program).replace("ARGUMENTS", &arguments);
        let host = desk.command(&[]);
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--flush", "--command", &script, "typescript"]);
        for (name, value) in host.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("TERM", "xterm-256color").current_dir(desk.path(""));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let terminal = command.spawn().expect("script (util-linux) is there");
        let watched = Self { desk, terminal, code: None };
        // Of a picture only what changes is painted, word by word.
        watched.wait_for("the screen shows the pace", || watched.seen().contains("steps/s"));
        watched
    }

    fn wait_for(&self, what: &str, mut done: impl FnMut() -> bool) {
        let patience = Instant::now() + Duration::from_secs(90);
        while !done() {
            assert!(Instant::now() < patience, "{what}: {}", self.seen());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// All that was written to the terminal so far.
    fn seen(&self) -> String {
        let mut bytes = Vec::new();
        if let Ok(mut file) = std::fs::File::open(self.desk.path("typescript")) {
            file.read_to_end(&mut bytes).expect("readable");
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn press(&mut self, keys: &[u8]) {
        let input = self.terminal.stdin.as_mut().expect("it is a pipe");
        input.write_all(keys).and_then(|()| input.flush()).expect("the terminal listens");
    }

    fn process(&self) -> u32 {
        self.desk.read("pid").trim().parse().expect("a number")
    }

    /// Waits for the end; the terminal has to be as it was before.
    fn end(&mut self) -> String {
        let patience = Instant::now() + Duration::from_secs(60);
        let status = loop {
            if let Some(status) = self.terminal.try_wait().expect("a child of ours") {
                break status;
            }
            assert!(Instant::now() < patience, "the run ends: {}", self.seen());
            std::thread::sleep(Duration::from_millis(20));
        };
        self.code = status.code();
        assert_eq!(self.desk.read("after"), self.desk.read("before"), "the modes of the terminal");
        let seen = self.seen();
        let at = |sequence| seen.rfind(sequence).unwrap_or_else(|| panic!("no {sequence:?} in {seen:?}"));
        assert!(at("\u{1b}[?1049l") > at("\u{1b}[?1049h"), "the screen of our own is left");
        assert!(at("\u{1b}[?25h") > at("\u{1b}[?25l"), "the cursor is there again");
        seen[at("\u{1b}[?1049l")..].to_owned()
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if self.code.is_none() {
            // A test that fails has other things to say.
            if let Ok(process) = std::fs::read_to_string(self.desk.path("pid")) {
                let _ = Command::new("kill").args(["-KILL", process.trim()]).status();
            }
            let _ = self.terminal.kill();
        }
    }
}

fn signal(signal: &str, process: u32) {
    let sent = Command::new("kill").args([signal, &process.to_string()]).status();
    assert!(sent.expect("kill runs").success());
}

#[test]
fn q_and_control_c_interrupt_a_watched_run_as_signals_do() {
    for how in ["q", "\u{3}", "SIGTERM"] {
        let desk = Desk::new();
        let mut watched = Watched::start(&desk);
        match how {
            "SIGTERM" => signal("-TERM", watched.process()),
            keys => watched.press(keys.as_bytes()),
        }
        let after = watched.end();
        assert_eq!(watched.code, Some(130), "{how:?}: {after}");
        assert!(
            after.contains("a checkpoint was written; `semola-host resume run` goes on from there"),
            "{after}"
        );
        desk.checkpoint("run", "last");
    }
}

#[test]
fn a_process_that_is_killed_leaves_the_terminal_as_it_was() {
    let desk = Desk::new();
    let mut watched = Watched::start(&desk);
    let parent = watched.process();
    let children =
        std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).expect("Linux tells");
    let child = children.split_whitespace().next().expect("the run has a process of its own");
    signal("-KILL", child.parse().expect("a number"));
    let after = watched.end();
    assert_eq!(watched.code, Some(1), "{after}");
    assert!(after.contains("the run ended abruptly during: training, stage warm_up"), "{after}");
    assert!(Path::new(&desk.path("run/metrics.jsonl")).exists());
}
