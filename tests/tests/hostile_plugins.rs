//! Plugins that take their process down, in every way and at every time that came to mind: the program tells it in one
//! sentence, remembers it, and the good plugins beside them run.

use semola_plugin_api::abi::Manifest;
use semola_tests::{Desk, built, find, patch};
use std::mem::offset_of;
use std::process::Command;

/// What the library does, as C: a constructor's body, or declarations with the C entry.
enum Code {
    /// While it is mapped.
    Constructor(&'static str),
    /// When the host calls it.
    Entry(&'static str),
}
use Code::{Constructor, Entry};

const INVALID: &str = "invalid memory access";
const ENDED: &str = "it ended the process (exit code";

/// Name, code, what the sentence says.
const HOSTILE: [(&str, Code, &str); 24] = [
    ("aborts", Constructor("abort();"), "it aborted the process (SIGABRT)"),
    ("null", Constructor("*(volatile int *)0 = 1;"), INVALID),
    ("wild", Constructor("*(volatile int *)0x7070707070 = 1;"), INVALID),
    ("jumps", Constructor("((void (*)(void))16)();"), INVALID),
    ("exits", Constructor("exit(0);"), ENDED),
    ("fails", Constructor("exit(3);"), ENDED),
    ("leaves", Constructor("_exit(0);"), ENDED),
    ("divides", Constructor("raise(SIGFPE);"), "SIGFPE"),
    ("illegal", Constructor("raise(SIGILL);"), "SIGILL"),
    ("bus", Constructor("raise(SIGBUS); raise(SIGBUS);"), INVALID),
    ("trap", Constructor("raise(SIGTRAP);"), "SIGTRAP"),
    ("killed", Constructor("raise(SIGKILL);"), "SIGKILL"),
    ("recursion", Constructor("deeper(1);"), "SIGABRT"),
    ("hangs", Constructor("for (;;) pause();"), "did not come to an end within"),
    ("spins", Constructor("for (;;) spun++;"), "did not come to an end within"),
    ("forks", Constructor("if (fork() == 0) for (;;) pause(); exit(0);"), ENDED),
    ("closes", Constructor("for (int fd = 0; fd < 64; fd++) close(fd);"), "refused"),
    ("entry-aborts", Entry("abort();"), "SIGABRT"),
    ("entry-hangs", Entry("for (;;) pause();"), "did not come to an end within"),
    ("entry-fails", Entry("return -1;"), "it could not start"),
    ("entry-empty", Entry("return 0;"), "it exports no components"),
    ("entry-wild", Entry("plugin->count = 3; plugin->components = (void *)64; return 0;"), INVALID),
    (
        "entry-unterminated",
        Entry("plugin->count = ~0u; plugin->components = (void *)plugin; return 0;"),
        "refused",
    ),
    ("entry-calls", Entry("return (*(long (**)(void *))((char *)host + 8))((void *)1);"), "refused"),
];

const PROLOGUE: &str = "#include <signal.h>\n#include <stdlib.h>\n#include <unistd.h>\n\
    struct plugin { unsigned size, count; void *components; const char *text; unsigned long length; void *query; };\n\
    static volatile int spun;\n\
    static int deeper(int n) { volatile char room[4096]; room[0] = n; return deeper(n + room[0]) + room[1]; }\n\
    int used(int n) { return deeper(n); }\n";

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The manifest of a good plugin under another id, which promises the C entry alone.
fn manifest(id: &str) -> Vec<u8> {
    let good = std::fs::read(built("libsemola_plugin_mlp.so")).expect("the plugin can be read");
    let named = patch(&good, offset_of!(Manifest, id), format!("{id}\0").as_bytes());
    let named = patch(&named, offset_of!(Manifest, flags), &2_u64.to_ne_bytes());
    let start = find(&named);
    named[start..start + size_of::<Manifest>()].to_vec()
}

/// Compiles a library and gives it a manifest.
fn library(desk: &Desk, id: &str, language: &str, source: &str) {
    let manifest = desk.write(&format!("{id}.manifest"), manifest(id));
    let compiler = if language == "c" { "cc" } else { "c++" };
    let source = desk.write(&format!("{id}.{language}"), source);
    let plugin = desk.path(&format!("plugins/{id}.so"));
    run(Command::new(compiler).args(["-shared", "-fPIC", "-w", "-o"]).arg(&plugin).arg(&source));
    run(Command::new("objcopy").arg(format!("--add-section=.semola={}", manifest.display())).arg(&plugin));
}

fn desk() -> Desk {
    let desk = Desk::without_plugins().with_a_memory_of_its_own().with("SEMOLA_PROBE_SECONDS", "8");
    for name in ["libsemola_plugin_mlp.so", "libsemola_test_faulty.so"] {
        std::os::unix::fs::symlink(built(name), desk.path("plugins").join(name))
            .expect("the desk is writable");
    }
    desk
}

/// Refused in one sentence, twice, and nothing is left of a run.
#[track_caller]
fn assert_refused(desk: &Desk, id: &str, part: &str) {
    for _ in 0..2 {
        let outcome = desk.run(&["--plugin", id, "--plugin-dir", "plugins", "--out", "run"]);
        let sentence = outcome.sentence(3);
        for part in [part, &format!("plugin {id} "), &format!("plugins/{id}.so")] {
            assert!(sentence.contains(part), "{part} in {sentence}");
        }
    }
    assert!(!desk.path("run").exists(), "a refused plugin starts no run");
}

#[test]
fn libraries_that_take_their_process_down_are_refused() {
    let desk = desk();
    for (id, code, part) in &HOSTILE {
        let body = match code {
            Constructor(body) => {
                format!("__attribute__((constructor)) static void start(void) {{ {body} }}\n")
            }
            Entry(body) => {
                format!("long semola_plugin_v1(const void *host, struct plugin *plugin) {{ {body} }}\n")
            }
        };
        library(&desk, id, "c", &format!("{PROLOGUE}{body}"));
        assert_refused(&desk, id, part);
    }
    let listed = desk.run(&["plugin", "list", "--plugin-dir", "plugins", "--json"]).done().json();
    let state = |id: &str| {
        let plugins = listed["plugins"].as_array().expect("a list");
        plugins
            .iter()
            .find(|plugin| plugin["id"] == id)
            .map(|plugin| plugin["state"].clone())
            .expect("listed")
    };
    assert_eq!(state("aborts"), "refused");
    assert_eq!(state("hangs"), "refused");
    assert_eq!(state("killed"), "untried", "a kill from outside says nothing about a plugin");
    desk.run(&["--plugin", "faulty", "--plugin-dir", "plugins", "--out", "run"]).done();
}

#[test]
fn libraries_that_cannot_be_mapped_are_refused() {
    let desk = desk();
    library(&desk, "throws", "cpp", "struct S { S() { throw 1; } } start;\n");
    assert_refused(&desk, "throws", "SIGABRT");
    library(&desk, "unresolved", "c", "int missing(void);\nint (*call)(void) = missing;\n");
    assert_refused(&desk, "unresolved", "undefined symbol: missing");
    library(&desk, "no-entry", "c", "int nothing;\n");
    assert_refused(&desk, "no-entry", "which it does not export");

    let needed = desk.write("needed.c", "int needed(void) { return 1; }\n");
    run(Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(desk.path("libneeded.so")).arg(&needed));
    let source = "int needed(void);\n__attribute__((constructor)) static void start(void) { needed(); }\n";
    library(&desk, "needs", "c", source);
    let plugin = desk.path("plugins/needs.so");
    let manifest = desk.path("needs.manifest");
    run(Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&plugin)
        .arg(desk.path("needs.c"))
        .arg(desk.path("libneeded.so")));
    run(Command::new("objcopy").arg(format!("--add-section=.semola={}", manifest.display())).arg(&plugin));
    std::fs::remove_file(desk.path("libneeded.so")).expect("it was made above");
    assert_refused(&desk, "needs", "libneeded.so");
}

#[test]
fn a_check_tells_what_took_the_process_down_and_lifts_a_refusal() {
    let desk = desk();
    library(
        &desk,
        "aborts",
        "c",
        &format!("{PROLOGUE}__attribute__((constructor)) static void start(void) {{ abort(); }}\n"),
    );
    assert_refused(&desk, "aborts", "SIGABRT");
    let outcome = desk.run(&["plugin", "check", "plugins/aborts.so", "--json"]);
    assert_eq!(outcome.code, Some(3));
    let checks = outcome.json()[0]["checks"].clone();
    assert_eq!(checks[1]["check"], "load");
    assert_eq!(checks[1]["outcome"], "failed");
    assert!(checks[1]["detail"].as_str().expect("a text").contains("SIGABRT"), "{checks:#}");

    // What was remembered wrongly, of a machine in distress perhaps, is mended by a check.
    let sound = ["--plugin", "faulty", "--plugin-dir", "plugins", "--out"];
    desk.run(&[&sound[..], &["one"]].concat()).done();
    let probed = desk.path("cache/semola/probed");
    let host =
        std::fs::read_dir(&probed).expect("it was made").next().expect("one host").expect("readable").path();
    let sha = desk.run(&["plugin", "inspect", "mlp", "--plugin-dir", "plugins", "--json"]).done().json();
    let memory = host.join(format!("{}.json", sha["sha256"].as_str().expect("a text")));
    std::fs::write(&memory, r#"{"state":"deadly","reason":"it did not come to an end within 1 s"}"#)
        .expect("writable");
    let refused = desk.run(&[&sound[..], &["two"]].concat());
    assert!(refused.sentence(3).contains("semola-host plugin check"), "the remedy is told");
    desk.run(&["plugin", "check", "mlp", "--plugin-dir", "plugins"]).done();
    desk.run(&[&sound[..], &["two"]].concat()).done();
}

/// A component that is sound when it is tried and takes the process down in the middle of a run.
#[track_caller]
fn assert_ends_abruptly(desk: &Desk, set: &str, parts: &[&str]) {
    let outcome = desk.run(&["--plugin", "faulty", "--set", set, "--set", "model.after=25", "--out", "run"]);
    let sentence = outcome.sentence(1);
    for part in parts.iter().copied().chain(["the run ended abruptly"]) {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
    std::fs::remove_dir_all(desk.path("run")).expect("a run directory is left");
}

#[test]
fn a_model_that_takes_the_run_down_leaves_a_sentence_and_the_checkpoints() {
    let desk = Desk::new();
    for (component, cause) in [
        ("aborts", "aborted the process (SIGABRT)"),
        ("exits", "ended the process (exit code 0)"),
        ("crashes", INVALID),
    ] {
        let set = format!("model.component=faulty/{component}");
        assert_ends_abruptly(&desk, &set, &["training, stage", cause]);
    }
    // Rust's runtime says something, too, before it aborts.
    let set = ["--set", "model.component=faulty/overflows", "--set", "model.after=25"];
    let outcome = desk.run(&[&["--plugin", "faulty", "--out", "run"], &set[..]].concat());
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("error: the run ended abruptly during: training"), "{}", outcome.stderr);
}

#[test]
fn a_data_set_that_takes_the_run_down_leaves_a_sentence() {
    let desk = Desk::new();
    let outcome =
        desk.run(&["--plugin", "faulty", "--set", "dataset.component=faulty/deadly-data", "--out", "run"]);
    let sentence = outcome.sentence(1);
    for part in ["the run ended abruptly", "faulty/deadly-data", "SIGABRT"] {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
}
