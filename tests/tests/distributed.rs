//! Several processes train as one does. Where the program was built without MPI, all it can do is refuse.

use semola_tests::{Desk, Outcome};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SHORT: &[&str] = &[
    "--plugin",
    "dynamics",
    "-q",
    "--threads",
    "1",
    "--set",
    "dataset.trajectories=60",
    "--set",
    "training.log_every=20",
    "--set",
    "symmetry.generators=1",
    // Differences of rounding grow with the steps, and the faster the longer these are.
    "--set",
    "training.learning_rate=4e-3",
];

/// Whether the program has MPI; says why not otherwise.
fn has_mpi(desk: &Desk) -> bool {
    let findings: Value = serde_json::from_str(&desk.run(&["doctor", "--json"]).stdout).expect("JSON");
    let findings = findings.as_array().expect("a list");
    let built_in =
        findings.iter().any(|finding| finding["what"] == "several processes" && finding["found"] == "by MPI");
    if !built_in {
        eprintln!("skipped: the program was built without the feature `mpi`");
    }
    built_in
}

/// The program `ranks` times, started by `mpirun`.
fn together(desk: &Desk, ranks: usize, arguments: &[&str]) -> Command {
    let mut mpirun = Command::new("mpirun");
    mpirun.args(["--oversubscribe", "-n", &ranks.to_string()]);
    started_by(mpirun, desk, arguments)
}

/// The program, started by what is to come before it.
fn started_by(mut command: Command, desk: &Desk, arguments: &[&str]) -> Command {
    let alone = desk.command(arguments);
    command.arg("--allow-run-as-root");
    command.arg(alone.get_program()).args(alone.get_args());
    command.env("OMPI_MCA_btl_base_warn_component_unused", "0");
    for (name, value) in alone.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(directory) = alone.get_current_dir() {
        command.current_dir(directory);
    }
    command
}

fn finish(mut command: Command) -> Outcome {
    let output = command.output().expect("mpirun starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Outcome { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

fn lines(desk: &Desk, run: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(desk.path(run).join("metrics.jsonl")).expect("metrics");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The same steps with the same losses, to 1e-5 of their size; of losses below a hundredth of the targets' variance, to 1e-5 of
/// that: sums are rounded in another order, and over thousands of steps the difference grows.
fn assert_same_losses(desk: &Desk, run: &str, other: &str) {
    let (lines, others) = (lines(desk, run), lines(desk, other));
    assert_eq!(lines.len(), others.len());
    for (line, other) in lines.iter().zip(&others) {
        assert_eq!((&line["stage"], &line["step"]), (&other["stage"], &other["step"]));
        for (term, loss) in line["loss"].as_object().expect("terms") {
            let (loss, other) =
                (loss.as_f64().expect("a loss"), other["loss"][term].as_f64().expect("a loss"));
            assert!((loss - other).abs() <= 1e-5 * loss.abs().max(1e-2), "{line}: {other}");
        }
    }
}

fn start(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("mpirun starts")
}

/// Until the run has a line of this stage.
fn wait_for(desk: &Desk, run: &str, stage: &str) {
    let begun = Instant::now();
    let path = desk.path(run).join("metrics.jsonl");
    let named = format!("\"stage\":\"{stage}\"");
    while !std::fs::read_to_string(&path).is_ok_and(|text| text.contains(&named)) {
        assert!(begun.elapsed() < Duration::from_secs(120), "no stage {stage}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The processes of a run, by its name on their command lines.
fn processes(run: &str) -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let of_the_run = |pid: &i32| {
        let Ok(line) = std::fs::read(format!("/proc/{pid}/cmdline")) else { return false };
        let words: Vec<&[u8]> = line.split(|&byte| byte == 0).collect();
        words[0].ends_with(b"semola-host") && words.contains(&run.as_bytes())
    };
    pids.filter(of_the_run).collect()
}

/// Two network namespaces with a wire between them, which for MPI are two machines with a network of their own.
struct Hosts {
    names: [String; 2],
    addresses: [String; 2],
}

impl Hosts {
    /// `None` where this user may not make any.
    fn connect() -> Option<Self> {
        let id = std::process::id();
        let names = ["a", "b"].map(|end| format!("semola-{id}-{end}"));
        let addresses = [1, 2].map(|end| format!("10.231.{}.{end}", id % 256));
        let hosts = Self { names, addresses };
        let [a, b] = &hosts.names;
        let wire = ["eth0", "netns", a, "type", "veth", "peer", "name", "eth0", "netns", b];
        let made = ip(&["netns", "add", a])
            && ip(&["netns", "add", b])
            && ip(&[&["link", "add"], &wire[..]].concat())
            && hosts.names.iter().zip(&hosts.addresses).all(|(name, address)| {
                ip(&["-n", name, "address", "add", &format!("{address}/24"), "dev", "eth0"])
                    && ["lo", "eth0"].iter().all(|link| ip(&["-n", name, "link", "set", link, "up"]))
            });
        made.then_some(hosts)
    }

    /// One process of the program on each of them. What `mpirun` would start by ssh is started in the other namespace.
    fn together(&self, desk: &Desk, arguments: &[&str]) -> Command {
        let [a, b] = &self.names;
        let shell = desk.path("remote-shell");
        let script = format!("#!/bin/sh\nshift\nexec ip netns exec {b} sh -c \"$*\"\n");
        std::fs::write(&shell, script).expect("a script");
        std::fs::set_permissions(&shell, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
        let mut mpirun = Command::new("ip");
        mpirun.args(["netns", "exec", a, "mpirun", "-n", "2", "--host", &self.addresses.join(",")]);
        let wire = format!("{}/24", self.addresses[0]);
        let settings = [
            ("plm_rsh_agent", shell.to_str().expect("a path of UTF-8")),
            ("btl", "tcp,self"),
            ("btl_tcp_if_include", &wire),
            ("oob_tcp_if_include", &wire),
            // Both have the same cores.
            ("mpi_yield_when_idle", "1"),
        ];
        for (name, value) in settings {
            mpirun.args(["--mca", name, value]);
        }
        started_by(mpirun, desk, arguments)
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for name in &self.names {
            ip(&["netns", "delete", name]);
        }
    }
}

fn ip(arguments: &[&str]) -> bool {
    let output = Command::new("ip").args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

/// The first process writes; the other one is killed.
fn kill_second(run: &str) {
    let ranks = processes(run);
    let second = ranks.iter().find(|pid| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|entry| entry == b"OMPI_COMM_WORLD_RANK=1")
    });
    let second = second.expect("the second process").to_string();
    assert!(Command::new("kill").args(["-9", &second]).status().expect("kill runs").success());
}

fn assert_ended_with_checkpoint(child: Child, desk: &Desk, run: &str) {
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains("another of the 2 processes that train together has ended"), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(desk.path(run).join("checkpoints/last.safetensors").is_file());
}

#[test]
fn two_and_four_processes_have_the_losses_of_one() {
    let desk = Desk::new();
    if !has_mpi(&desk) {
        return;
    }
    let options = [
        SHORT,
        &[
            "--set",
            "training.steps=300",
            "--set",
            "training.batch_size=50",
            "--set",
            "symmetry.augmentations=2",
        ],
    ]
    .concat();
    desk.run(&[&["train", "--out", "one"], &options[..]].concat()).done();
    // Fifty samples are no multiple of four.
    for (ranks, run) in [(2, "two"), (4, "four")] {
        let outcome = finish(together(&desk, ranks, &[&["train", "--out", run], &options[..]].concat()));
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        assert_eq!(
            outcome.stdout.matches("Run directory").count(),
            1,
            "one of them prints: {}",
            outcome.stdout
        );
        assert_same_losses(&desk, "one", run);
    }
}

#[test]
fn the_end_of_one_process_ends_all_with_a_checkpoint() {
    let desk = Desk::new();
    if !has_mpi(&desk) {
        return;
    }
    let options =
        [SHORT, &["--set", "training.steps=3000", "--set", "training.checkpoint_every=100000"]].concat();
    let options = |run| [&["train", "--out", run], &options[..]].concat();
    desk.run(&options("whole")).done();
    let run = desk.path("killed").display().to_string();
    let child = start(together(&desk, 2, &options(&run)));
    wait_for(&desk, "killed", "joint");
    kill_second(&run);
    assert_ended_with_checkpoint(child, &desk, "killed");

    // One process goes on with what two have begun.
    desk.run(&["resume", "killed", "-q"]).done();
    assert_same_losses(&desk, "whole", "killed");
}

#[test]
fn two_machines_train_as_one_and_notice_when_one_fails() {
    let desk = Desk::new();
    if !has_mpi(&desk) {
        return;
    }
    let Some(hosts) = Hosts::connect() else {
        eprintln!("skipped: `ip netns add` is not for this user");
        return;
    };
    let steps = |run, steps| [&["train", "--out", run, "--set", steps], SHORT].concat();
    desk.run(&steps("one", "training.steps=200")).done();
    let outcome = finish(hosts.together(&desk, &steps("two", "training.steps=200")));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_same_losses(&desk, "one", "two");

    let run = desk.path("killed").display().to_string();
    let child = start(hosts.together(&desk, &steps(&run, "training.steps=20000")));
    wait_for(&desk, "killed", "joint");
    kill_second(&run);
    assert_ended_with_checkpoint(child, &desk, "killed");
}

#[test]
fn a_job_that_is_told_to_end_goes_on_later() {
    let desk = Desk::new();
    if !has_mpi(&desk) {
        return;
    }
    let options =
        [SHORT, &["--set", "training.steps=3000", "--set", "training.checkpoint_every=100000"]].concat();
    desk.run(&[&["train", "--out", "whole"], &options[..]].concat()).done();
    let mut child = start(together(&desk, 2, &[&["train", "--out", "cut"], &options[..]].concat()));
    wait_for(&desk, "cut", "joint");
    assert!(
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs").success()
    );
    assert!(!child.wait().expect("it ends").success());
    assert!(!desk.path("cut/summary.json").exists());
    let outcome = finish(together(&desk, 2, &["resume", "cut", "-q"]));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_same_losses(&desk, "whole", "cut");
    // There is nothing to go on with any more: the result is printed, once.
    let outcome = finish(together(&desk, 2, &["resume", "cut"]));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(outcome.stdout.matches("Run directory").count(), 1, "{}", outcome.stdout);
}

#[test]
fn mistakes_are_told_once() {
    let desk = Desk::new();
    if has_mpi(&desk) {
        let outcome = finish(together(
            &desk,
            2,
            &["train", "--plugin", "dynamics", "-q", "--set", "training.batch_size=1"],
        ));
        assert_eq!(outcome.stderr.matches("error: ").count(), 1, "{}", outcome.stderr);
        assert!(
            outcome.stderr.contains("training.batch_size is 1, and 2 processes share a batch"),
            "{}",
            outcome.stderr
        );
        let paper = ["train", "--plugin", "dynamics", "-q", "--set", "objective.mode=paper"];
        let outcome = finish(together(&desk, 2, &paper));
        assert_eq!(
            outcome.stderr.matches("error: objective.paper.regulariser is 0.1").count(),
            1,
            "{}",
            outcome.stderr
        );

        let seeds = |seed| [&["train", "--out", "seeds", "--seed", seed], SHORT].concat();
        let mut command = together(&desk, 1, &seeds("0"));
        let second = desk.command(&seeds("1"));
        command.args([":", "-n", "1"]).arg(second.get_program()).args(second.get_args());
        let outcome = finish(command);
        assert_ne!(outcome.code, Some(0));
        let told = "process 1 has another configuration or other data than the first one";
        assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
    } else {
        let outcome =
            desk.command(&["train", "--plugin", "dynamics", "-q"]).env("OMPI_COMM_WORLD_SIZE", "2").output();
        let outcome = outcome.expect("it starts");
        assert_eq!(outcome.status.code(), Some(2));
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert!(
            stderr.starts_with(
                "error: 2 processes were started together, and this program was built without MPI"
            ),
            "{stderr}"
        );
    }
}

#[test]
fn what_one_process_does_is_refused_to_several() {
    let desk = Desk::new();
    for arguments in [
        &["eval", "run"][..],
        &["predict", "run", "--out", "p.npz"],
        &["report", "run"],
        &["sweep", "--plugin", "dynamics", "--set", "training.steps=1,2"],
    ] {
        let outcome = desk.command(arguments).env("OMPI_COMM_WORLD_SIZE", "3").output().expect("it starts");
        assert_eq!(outcome.status.code(), Some(2));
        let expected = format!(
            "error: 3 processes were started together, and `{}` is the work of one; start it without mpirun or srun\n",
            arguments[0]
        );
        assert_eq!(String::from_utf8_lossy(&outcome.stderr), expected);
    }
}
