//! `plugin install` and `plugin remove`: the user's plugin directory. A plugin is there whole or not at all.

use super::arguments::CommonOptions;
use super::prepare;
use crate::engine::Engine;
use crate::exit::Coded;
use crate::plugins::place::config_directory;
use crate::plugins::search::is_path;
use crate::plugins::trust::signature_of;
use crate::plugins::{Environment, Origin, PluginFile, index};
use anyhow::Context;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is to be installed, and what is known about it.
struct Source {
    file: PathBuf,
    signature: Option<PathBuf>,
    sha256: Option<String>,
}

/// Options of `plugin install`.
#[derive(Debug)]
pub(super) struct Install<'a> {
    pub plugin: &'a str,
    pub index: Option<&'a Path>,
    pub sha256: Option<&'a str>,
}

/// Copies a plugin into the user's directory, after everything was tried that can be.
pub(super) fn install(
    request: &Install<'_>,
    common: &CommonOptions,
    engine: &dyn Engine,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let directory = user_directory()?;
    std::fs::create_dir_all(&directory)
        .with_context(|| format!("cannot make the plugin directory {}", directory.display()))?;
    // In the same directory: what is moved into its place then is a name, not data. Dropped, it is removed.
    let stage = tempfile::Builder::new()
        .prefix(".installing-")
        .tempdir_in(&directory)
        .with_context(|| format!("cannot write into {}", directory.display()))?;
    let source = find(request, stage.path(), engine)?;
    let staged = stage.path().join("plugin.so");
    copy(&source.file, &staged)?;
    let signature = source.signature.filter(|path| path.exists());
    if let Some(signature) = &signature {
        copy(signature, &signature_of(&staged))?;
    }

    let file = PluginFile::read(&staged, &engine.host_version())?;
    if let Some(expected) = source.sha256.filter(|expected| !expected.eq_ignore_ascii_case(&file.sha256)) {
        return Err(Coded::refused(format!(
            "{} has sha256 {}, expected {expected}: it is another file than the one that was published",
            source.file.display(),
            file.sha256
        ))
        .into());
    }
    engine.admit(&file)?;

    let target = directory.join(format!("{}.so", file.id));
    let before = PluginFile::read(&target, &engine.host_version()).ok();
    place(&staged, &target, signature.is_some())?;
    let what = match &before {
        None => format!("installed {} {}", file.id, file.version),
        Some(old) if old.sha256 == file.sha256 => {
            format!("{} {} was installed already", file.id, file.version)
        }
        Some(old) => format!("installed {} {} in place of {}", file.id, file.version, old.version),
    };
    if common.json {
        let value = serde_json::json!({"id": file.id, "version": file.version, "sha256": file.sha256, "path": target,
            "replaced": before.map(|old| old.version)});
        writeln!(out, "{value}")?;
    } else {
        writeln!(out, "{what}: {}\nsha256 {}", target.display(), file.sha256)?;
    }
    Ok(())
}

/// Takes a plugin out of the user's directory.
pub(super) fn remove(
    id: &str,
    common: &CommonOptions,
    engine: &dyn Engine,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let catalogue = prepare::catalogue(&common.plugin_dir, engine);
    let installed: Vec<&PluginFile> = catalogue
        .found
        .iter()
        .filter(|found| found.origin == Origin::UserData && found.file.id == id)
        .map(|found| &found.file)
        .collect();
    // One that this host refuses can be removed by the name that it was installed under.
    let named = user_directory()?.join(format!("{id}.so"));
    let mut paths: Vec<PathBuf> = installed.iter().map(|file| file.path.clone()).collect();
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if paths.is_empty() && plain && named.exists() {
        paths.push(named);
    }
    if paths.is_empty() {
        let elsewhere = catalogue.found.iter().find(|found| found.file.id == id);
        let hint = elsewhere.map_or_else(String::new, |found| {
            format!("; it is in {}, which is not the place of `plugin install`", found.file.path.display())
        });
        let directory = user_directory()?;
        return Err(
            Coded::usage(format!("plugin {id} is not installed in {}{hint}", directory.display())).into()
        );
    }
    for path in &paths {
        std::fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
        // A signature without its plugin would only be in the way.
        let _ = std::fs::remove_file(signature_of(path));
        if !common.json {
            writeln!(out, "removed {}", path.display())?;
        }
    }
    if common.json {
        writeln!(out, "{}", serde_json::json!({ "removed": paths }))?;
    }
    Ok(())
}

/// `$XDG_DATA_HOME/semola/plugins`.
fn user_directory() -> Result<PathBuf, Coded> {
    let places = Environment::current().places(&[]);
    let place = places.into_iter().find(|place| place.origin == Origin::UserData);
    place
        .map(|place| place.dir)
        .ok_or_else(|| Coded::usage("there is no place for plugins of this user: set HOME or XDG_DATA_HOME"))
}

/// A file, a URL that the user names, or the index's entry for an id.
fn find(request: &Install<'_>, stage: &Path, engine: &dyn Engine) -> anyhow::Result<Source> {
    let plugin = request.plugin;
    let sha256 = request.sha256.map(str::to_owned);
    if plugin.contains("://") {
        let file = stage.join("downloaded.so");
        download(plugin, &file)?;
        return Ok(Source { file, signature: None, sha256 });
    }
    if is_path(plugin) {
        let file = PathBuf::from(plugin);
        if !file.is_file() {
            return Err(crate::plugins::FindError::NoFile { path: file }.into());
        }
        let signature = Some(signature_of(&file));
        return Ok(Source { file, signature, sha256 });
    }
    let default = config_directory().map(|dir| dir.join("index.toml"));
    let index = request.index.map(Path::to_owned).or(default).ok_or_else(|| {
        Coded::usage("there is no index of plugins: name one with --index, or the plugin's file")
    })?;
    let entry = index::look_up(&index, plugin, &engine.host_version()).map_err(Coded::usage)?;
    let sha256 = sha256.or(Some(entry.sha256.clone()));
    match (entry.path, entry.url) {
        (Some(file), _) => Ok(Source { file, signature: entry.signature, sha256 }),
        (None, Some(url)) => Err(Coded::usage(format!(
            "{plugin} {} lies on the network, where nothing is fetched from unless you say so: \
             semola-host plugin install {url} --sha256 {}",
            entry.version, entry.sha256
        ))
        .into()),
        (None, None) => {
            Err(Coded::usage(format!("{} gives neither path nor url of {plugin}", index.display())).into())
        }
    }
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    let file = std::fs::File::open(to)?;
    Ok(file.sync_all()?)
}

/// With the system's curl, which knows proxies and certificates.
fn download(url: &str, to: &Path) -> anyhow::Result<()> {
    let output = Command::new("curl")
        .args(["--fail", "--silent", "--show-error", "--location", "--proto", "=https,http,file", "--output"])
        .arg(to)
        .args(["--", url])
        .output()
        .context("cannot start curl, which fetches what is named by a URL (Debian: curl)")?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let reason = text.lines().next().unwrap_or("no reason given").trim_start_matches("curl: ").to_owned();
    Err(anyhow::anyhow!("cannot fetch {url}: {reason}"))
}

/// Moves plugin and signature into their places; whatever was there comes back if that fails.
fn place(staged: &Path, target: &Path, signed: bool) -> anyhow::Result<()> {
    let cannot = || format!("cannot put the plugin into its place {}", target.display());
    let (old_signature, kept) = (signature_of(target), staged.with_extension("kept"));
    let had_signature = std::fs::rename(&old_signature, &kept).is_ok();
    let moved = (|| {
        if signed {
            std::fs::rename(signature_of(staged), &old_signature)?;
        }
        std::fs::rename(staged, target)
    })();
    if let Err(error) = moved {
        let _ = std::fs::remove_file(&old_signature);
        if had_signature {
            let _ = std::fs::rename(&kept, &old_signature);
        }
        return Err(error).with_context(cannot);
    }
    Ok(())
}
