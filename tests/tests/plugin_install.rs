//! `plugin install`, `plugin remove`, and whom the user trusts.

use semola_plugin_api::abi::Manifest;
use semola_tests::{Desk, built, patch};
use serde_json::Value;
use std::mem::offset_of;
use std::path::PathBuf;
use std::process::Command;

const MLP: &str = "libsemola_plugin_mlp.so";

fn mlp() -> Vec<u8> {
    std::fs::read(built(MLP)).expect("the plugin can be read")
}

/// The same plugin in another version.
fn version(version: &str) -> Vec<u8> {
    patch(&mlp(), offset_of!(Manifest, version), format!("{version}\0").as_bytes())
}

fn installed(desk: &Desk) -> Vec<Value> {
    let listed = desk.run(&["plugin", "list", "--json"]).done().json();
    listed["plugins"].as_array().expect("a list").clone()
}

fn sha256(desk: &Desk, file: &str) -> String {
    let inspected = desk.run(&["plugin", "inspect", file, "--json"]).done().json();
    inspected["sha256"].as_str().expect("a text").to_owned()
}

/// What lies in the user's plugin directory.
fn directory(desk: &Desk) -> Vec<String> {
    let files = desk.contents("data/semola/plugins").into_iter();
    files.map(|(path, _)| path.file_name().expect("a file").to_string_lossy().into_owned()).collect()
}

#[test]
fn a_file_is_installed_replaced_and_removed() {
    let desk = Desk::without_plugins();
    desk.write("mine.so", mlp());
    let told = desk.run(&["plugin", "install", "./mine.so"]).done().stdout;
    assert!(told.starts_with("installed mlp 0.1.0: ") && told.contains(&sha256(&desk, "mine.so")), "{told}");
    assert_eq!(installed(&desk)[0]["origin"], "user_data");
    assert!(desk.run(&["plugin", "install", "mine.so"]).done().stdout.contains("was installed already"));

    desk.write("newer.so", version("0.2.0"));
    let told = desk.run(&["plugin", "install", "newer.so", "--json"]).done().json();
    assert_eq!((told["version"].as_str(), told["replaced"].as_str()), (Some("0.2.0"), Some("0.1.0")));
    assert_eq!(directory(&desk), ["mlp.so"], "nothing else is left");

    desk.run(&["plugin", "remove", "mlp"]).done();
    assert!(installed(&desk).is_empty());
    let again = desk.run(&["plugin", "remove", "mlp"]);
    assert!(again.sentence(2).contains("plugin mlp is not installed in"), "{again:?}");
}

#[test]
fn what_is_refused_leaves_what_was_installed() {
    let desk = Desk::without_plugins();
    desk.write("mine.so", mlp());
    desk.run(&["plugin", "install", "mine.so"]).done();
    let before = desk.contents("data/semola/plugins");
    desk.write("cut.so", &mlp()[..50_000]);
    assert!(desk.run(&["plugin", "install", "cut.so"]).sentence(3).contains("is truncated"));
    desk.write("newer.so", version("0.2.0"));
    let other = desk.run(&["plugin", "install", "newer.so", "--sha256", &"0".repeat(64)]);
    assert!(other.sentence(3).contains("expected 0000"), "{other:?}");
    assert!(
        desk.run(&["plugin", "install", "none.so"]).sentence(2).contains("there is no plugin file none.so")
    );
    assert_eq!(desk.contents("data/semola/plugins"), before);
}

#[test]
fn a_name_is_looked_up_in_an_index_and_a_url_has_to_be_named() {
    let desk = Desk::without_plugins();
    let file = desk.write("files/mlp-2.so", version("0.2.0"));
    let hash = sha256(&desk, &file.display().to_string());
    let entry = |place: &str| {
        format!("[[plugin]]\nid = 'mlp'\nversion = '0.2.0'\nabi = '1.0'\nsha256 = '{hash}'\n{place}\n")
    };
    let index = desk.path("files/index.toml").display().to_string();
    desk.write("files/index.toml", entry("path = 'mlp-2.so'"));
    desk.run(&["plugin", "install", "mlp", "--index", &index]).done();
    assert_eq!(installed(&desk)[0]["version"], "0.2.0");
    desk.run(&["plugin", "remove", "mlp"]).done();

    let url = format!("file://{}", file.display());
    desk.write("files/index.toml", entry(&format!("url = '{url}'")));
    let asked = desk.run(&["plugin", "install", "mlp", "--index", &index]);
    let command = format!("semola-host plugin install {url} --sha256 {hash}");
    assert!(asked.sentence(2).contains(&command), "{asked:?}");
    desk.run(&["plugin", "install", &url, "--sha256", &hash]).done();
    assert_eq!(installed(&desk)[0]["version"], "0.2.0");
    let gone = desk.run(&["plugin", "install", "file:///nowhere/x.so"]);
    assert!(gone.sentence(1).contains("cannot fetch file:///nowhere/x.so"), "{gone:?}");

    desk.write("files/index.toml", entry("path = 'mlp-2.so'").replace(&hash, &"1".repeat(64)));
    let spoilt = desk.run(&["plugin", "install", "mlp", "--index", &index]);
    assert!(spoilt.sentence(3).contains("another file than the one that was published"), "{spoilt:?}");
}

#[test]
fn a_pinned_policy_holds_for_runs_and_checks() {
    let desk = Desk::new();
    let run = ["--plugin", "faulty", "--out", "run"];
    let pin = |files: &[&str]| {
        let pins: Vec<String> =
            files.iter().map(|file| sha256(&desk, &built(file).display().to_string())).collect();
        desk.write("config/semola/plugins.toml", format!("trust = 'pinned'\npins = {pins:?}\n"));
    };
    pin(&["libsemola_test_faulty.so"]);
    let refused = desk.run(&run);
    assert!(refused.sentence(3).contains("plugin mlp"), "the model's plugin is not pinned: {refused:?}");
    assert!(!desk.path("run").exists());
    pin(&["libsemola_test_faulty.so", MLP]);
    desk.run(&run).done();
    let refused = desk.run(&["plugin", "check", "zoo"]);
    assert!(refused.stderr.contains("only pinned plugins are trusted"), "{refused:?}");

    desk.write("config/semola/plugins.toml", "trust = 'everybody'\n");
    assert!(desk.run(&["--plugin", "faulty"]).sentence(2).contains("does not say whom to trust"));
}

/// Signs with the minisign tool; returns the public key.
fn sign(desk: &Desk, files: &[PathBuf]) -> String {
    let minisign = |arguments: &[&str]| {
        let output = Command::new("minisign").args(arguments).current_dir(desk.path(".")).output();
        let output = output.expect("minisign runs (Debian: minisign)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    minisign(&["-G", "-W", "-f", "-p", "key.pub", "-s", "key.sec"]);
    for file in files {
        minisign(&["-S", "-s", "key.sec", "-m", &file.display().to_string()]);
    }
    desk.read("key.pub").lines().nth(1).expect("the second line is the key").to_owned()
}

#[test]
fn signatures_of_the_minisign_tool_decide() {
    let desk = Desk::without_plugins();
    let good = desk.write("plugins/mlp.so", mlp());
    let faulty = std::fs::read(built("libsemola_test_faulty.so")).expect("the plugin can be read");
    let unsigned = desk.write("plugins/faulty.so", faulty);
    let key = sign(&desk, std::slice::from_ref(&good));
    let policy = |trust: &str, key: &str| {
        desk.write("config/semola/plugins.toml", format!("trust = '{trust}'\nkeys = ['{key}']\n"))
    };
    let check = |name: &str| desk.run(&["plugin", "check", &format!("plugins/{name}.so")]);
    policy("signed", &key);
    check("mlp").done();
    assert!(check("faulty").stderr.contains("only signed plugins are trusted, and it is unsigned"));
    desk.run(&["plugin", "install", "plugins/mlp.so"]).done();
    assert_eq!(directory(&desk), ["mlp.so", "mlp.so.minisig"], "the signature goes with it");
    let state = |id: &str| {
        let listed = desk.run(&["plugin", "list", "--plugin-dir", "plugins", "--json"]).done().json();
        let plugins = listed["plugins"].as_array().expect("a list").clone();
        plugins.into_iter().find(|plugin| plugin["id"] == id).expect("it is listed")["signature"].clone()
    };
    assert_eq!((state("mlp"), state("faulty")), ("signed".into(), "unsigned".into()));

    // A changed file is refused under every policy.
    let mut changed = mlp();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    std::fs::write(&good, changed).expect("the desk is writable");
    for trust in ["signed", "any"] {
        policy(trust, &key);
        assert!(check("mlp").stderr.contains("was changed after it was signed"), "{trust}");
    }
    std::fs::write(&good, mlp()).expect("the desk is writable");

    // Another key proves nothing, and is enough where nothing has to be proved.
    let other = sign(&desk, &[unsigned]);
    policy("signed", &other);
    assert!(check("mlp").stderr.contains("signed by a key that is not listed"));
    policy("any", &other);
    check("mlp").done();
}

#[test]
fn a_run_names_its_plugins_and_can_be_held_to_them() {
    let desk = Desk::new();
    desk.run(&["--plugin", "faulty", "--out", "one"]).done();
    let lock = desk.read("one/plugins.lock");
    for file in ["libsemola_test_faulty.so", MLP] {
        assert!(lock.contains(&sha256(&desk, &built(file).display().to_string())), "{file} in {lock}");
    }
    desk.run(&["--config", "one/config.toml", "--locked", "one/plugins.lock", "--out", "two"]).done();

    desk.write("plugins/mlp.so", version("0.2.0"));
    let locked = [
        "-q",
        "--plugin",
        "faulty",
        "--plugin-dir",
        "plugins",
        "--locked",
        "one/plugins.lock",
        "--out",
        "three",
    ];
    let refused = desk.run(&locked);
    assert!(
        refused.sentence(3).contains("plugin mlp 0.2.0 is another file than in one/plugins.lock"),
        "{refused:?}"
    );
    assert!(!desk.path("three").exists());
    let missing = desk.run(&["--plugin", "faulty", "--locked", "no.lock", "--out", "three"]);
    assert!(missing.sentence(2).contains("cannot read no.lock"));
}
