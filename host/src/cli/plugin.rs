//! `plugin list` and `plugin inspect`: plugins as files; none is loaded.

use super::arguments::CommonOptions;
use super::prepare;
use crate::engine::Engine;
use crate::plugins::probe::Verdict;
use crate::plugins::search::is_path;
use crate::plugins::trust::Signed;
use crate::plugins::{Catalogue, PluginFile};
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// Prints every plugin and every refused file.
pub(super) fn list(common: &CommonOptions, engine: &dyn Engine, out: &mut dyn Write) -> anyhow::Result<()> {
    let catalogue = prepare::catalogue(&common.plugin_dir, engine);
    if common.json {
        let refused = catalogue.refused.iter().map(|refused| {
            json!({
                "path": refused.refusal.path(),
                "origin": refused.origin,
                "reason": refused.refusal.to_string(),
            })
        });
        let plugins = catalogue.found.iter().map(|found| {
            let mut value = json!(found);
            value["signature"] = json!(engine.signature(&found.file).name());
            value["state"] = json!(engine.known(&found.file).as_ref().map_or("untried", state));
            if let Some(Verdict::Deadly { reason }) = engine.known(&found.file) {
                value["reason"] = json!(reason);
            }
            value
        });
        let value = json!({"plugins": plugins.collect::<Vec<_>>(), "refused": refused.collect::<Vec<_>>()});
        writeln!(out, "{}", serde_json::to_string_pretty(&value)?)?;
        return Ok(());
    }
    if catalogue.found.is_empty() {
        writeln!(out, "No plugins found. Looked in, in this order:{}", catalogue.searched())?;
        return Ok(());
    }
    let width = |read: fn(&PluginFile) -> &str| {
        catalogue.found.iter().map(|found| read(&found.file).chars().count()).max().unwrap_or(0)
    };
    let (ids, versions) = (width(|file| &file.id), width(|file| &file.version));
    for found in &catalogue.found {
        let file = &found.file;
        writeln!(out, "{:<ids$}  {:<versions$}  {}", file.id, file.version, components(file))?;
        writeln!(out, "  {} ({}){}", file.path.display(), found.origin.name(), note(&catalogue, file))?;
        let signature = engine.signature(file);
        writeln!(out, "  {}", facts(file, engine.known(file).as_ref(), &signature))?;
    }
    if !catalogue.refused.is_empty() {
        writeln!(out, "\nRefused:")?;
    }
    for refused in &catalogue.refused {
        writeln!(out, "  {}", refused.refusal)?;
    }
    Ok(())
}

/// Prints what one plugin says of itself.
pub(super) fn inspect(
    plugin: &str,
    common: &CommonOptions,
    engine: &dyn Engine,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut catalogue = prepare::catalogue(&common.plugin_dir, engine);
    let file = if is_path(plugin) { catalogue.add(Path::new(plugin))? } else { catalogue.find(plugin)? };
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(file)?)?;
        return Ok(());
    }
    let entries = match (file.has_rust_entry, file.has_c_entry) {
        (true, true) => "Rust and C",
        (true, false) => "Rust",
        (false, _) => "C",
    };
    let lines = [
        ("id", file.id.clone()),
        ("version", file.version.clone()),
        ("vendor", file.vendor.clone()),
        ("licence", file.licence.clone()),
        ("components", components(file)),
        ("plugin ABI", format!("{}.{} or newer of the same major", file.abi.0, file.abi.1)),
        ("entry points", entries.into()),
        ("libtorch", file.libtorch.clone().unwrap_or_else(|| "any (links none)".into())),
        ("compiler", file.compiler.clone()),
        ("sha256", file.sha256.clone()),
        ("signature", engine.signature(file).name().into()),
        ("file", file.path.display().to_string()),
    ];
    for (name, value) in lines {
        writeln!(out, "{name:<12}  {value}")?;
    }
    Ok(())
}

fn state(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Sound => "sound",
        Verdict::Deadly { .. } => "refused",
    }
}

/// Vendor, ABI, libtorch, the beginning of the hash, and what happened when it was loaded.
fn facts(file: &PluginFile, known: Option<&Verdict>, signature: &Signed) -> String {
    let vendor = if file.vendor.is_empty() { "no vendor" } else { &file.vendor };
    let libtorch = file.libtorch.as_ref().map_or_else(|| "any libtorch".into(), |v| format!("libtorch {v}"));
    let state = match known {
        None => "not loaded yet".into(),
        Some(Verdict::Sound) => "sound when loaded".into(),
        Some(Verdict::Deadly { reason }) => format!("refused: {reason} when it was tried"),
    };
    let (major, minor) = file.abi;
    format!(
        "{vendor}; ABI {major}.{minor}; {libtorch}; sha256 {}…; {}; {state}",
        &file.sha256[..12],
        signature.name()
    )
}

fn components(file: &PluginFile) -> String {
    let names: Vec<String> = file.components.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// Why this file is not the one that its id means, if it is not.
fn note(catalogue: &Catalogue, file: &PluginFile) -> String {
    match catalogue.standing(&file.id) {
        Ok((used, _)) if used.path == file.path => String::new(),
        Ok((used, _)) => format!(", hidden by {}", used.path.display()),
        Err(error) => format!(", unusable: {error}"),
    }
}
