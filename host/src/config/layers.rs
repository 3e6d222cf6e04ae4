//! Stacks the sources of an experiment: built-in defaults < the plugin's default experiment < `--config FILE`
//! < `--set key=value`, later ones winning key by key.
//!
//! Every source is checked on its own, so that an unknown key or a wrong type is reported with the place
//! where it was written. The tables are merged as TOML. The `config` crate would do the merging, but its
//! values convert themselves (the string "12" passes for a number, dates become strings), which would hide
//! exactly the mistakes that are to be reported, and the sources are parsed for the check anyhow.
//!
//! A source that chooses another `component` for a table drops the options that lower sources set for the
//! old one: they mean nothing to the new component.

use super::error::ConfigError;
use super::experiment::Experiment;
use super::nearest::hint;
use serde::Deserializer;
use std::path::Path;
use toml::{Table, Value};

/// The tables whose free options belong to the component that they choose.
const COMPONENT_TABLES: [&str; 3] = ["dataset", "model", "action"];

/// What `Generators` and `Range` say instead of the value that they found: serde does not tell it.
const UNTOLD: &str = "another value";

/// The sources of an experiment, not yet stacked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layers<'a> {
    /// The plugin's id; wins over a `plugin` key of the other sources.
    pub plugin: Option<&'a str>,
    /// The default experiment of that plugin, TOML.
    pub plugin_default: Option<&'a str>,
    /// A configuration file and its text.
    pub file: Option<(&'a Path, &'a str)>,
    /// `key=value` each, dotted keys, later ones winning. The value is TOML; what is none (a bare word) is
    /// taken as a string.
    pub sets: &'a [String],
}

impl Layers<'_> {
    /// The plugin that the experiment names, looked up before the plugin's default experiment is known.
    ///
    /// # Errors
    /// The file is not TOML, or a `--set` is malformed.
    pub fn peek_plugin(&self) -> Result<Option<String>, ConfigError> {
        if let Some(plugin) = self.plugin {
            return Ok(Some(plugin.to_owned()));
        }
        let mut table = match self.file {
            Some((path, text)) => parse(text, &path.display().to_string())?,
            None => Table::new(),
        };
        for set in self.sets {
            merge(&mut table, parse_set(set)?);
        }
        Ok(table.get("plugin").and_then(Value::as_str).map(str::to_owned))
    }

    /// Stacks the sources.
    ///
    /// # Errors
    /// Syntax errors, unknown keys, wrong types (each with its place), values out of range.
    pub fn resolve(&self) -> Result<Experiment, ConfigError> {
        let mut resolved = Table::new();
        if let Some(text) = self.plugin_default {
            let place = format!("the default experiment of plugin {}", self.plugin.unwrap_or("(unnamed)"));
            stack(&mut resolved, checked(text, &place)?);
        }
        if let Some((path, text)) = self.file {
            stack(&mut resolved, checked(text, &path.display().to_string())?);
        }
        let mut sets = Table::new();
        for set in self.sets {
            let table = parse_set(set)?;
            check(Value::Table(table.clone()), &format!("`--set {set}`"), None, &table)?;
            merge(&mut sets, table);
        }
        stack(&mut resolved, sets);

        let mut experiment = check(Value::Table(resolved.clone()), "the configuration", None, &resolved)?;
        if let Some(plugin) = self.plugin {
            experiment.plugin = Some(plugin.to_owned());
        }
        experiment.validate()?;
        Ok(experiment)
    }
}

/// Reads a configuration file.
///
/// # Errors
/// [`ConfigError::Read`]: missing, unreadable, a directory, not UTF-8.
pub fn read_file(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|reason| ConfigError::Read { path: path.to_owned(), reason })
}

/// The experiment, which must be valid, as a file that `--config` reads back to the same experiment.
pub fn to_toml(experiment: &Experiment) -> String {
    let body = toml::to_string(experiment).expect("an experiment holds nothing that TOML can't express");
    format!(
        "# A complete experiment, written by semola-host {}.\n\
         # Run it again with: semola-host train --config THIS_FILE\n\n{body}",
        env!("CARGO_PKG_VERSION")
    )
}

fn parse(text: &str, place: &str) -> Result<Table, ConfigError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let (line, column) = error.span().map_or((1, 1), |span| position(text, span.start));
        ConfigError::Syntax { place: place.into(), line, column, message: error.message().replace('\n', " ") }
    })
}

/// Parses a whole text and checks its keys and types.
fn checked(text: &str, place: &str) -> Result<Table, ConfigError> {
    let table = parse(text, place)?;
    let deserializer = toml::Deserializer::parse(text).expect("the text was parsed above");
    check(deserializer, place, Some(text), &table)?;
    Ok(table)
}

/// Reads an experiment, refusing keys and types that it does not have. `text` turns spans into lines, `table`
/// (the same source) tells a value where serde's message does not.
fn check<'de, D>(source: D, place: &str, text: Option<&str>, table: &Table) -> Result<Experiment, ConfigError>
where
    D: Deserializer<'de, Error = toml::de::Error>,
{
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(source, &mut track);
    let result: Result<Experiment, _> =
        serde_ignored::deserialize(tracked, |path| unknown.push(path.to_string().replace(".?", "")));
    // An unknown key is the likelier cause of anything else that is wrong, so it is reported first.
    if let Some(key) = unknown.into_iter().next() {
        let hint = hint(&key, &valid_keys());
        return Err(ConfigError::UnknownKey { key, place: place.into(), hint });
    }
    result.map_err(|error| {
        let line = text.zip(error.span()).map(|(text, span)| position(text, span.start).0);
        let key = track.path().to_string();
        let (mut found, expected) = found_expected(error.message());
        if found == UNTOLD {
            let value = key.split('.').try_fold(None, |inner: Option<&Value>, part| {
                Some(Some(inner.map_or_else(|| table.get(part), |value| value.get(part))?))
            });
            found = value.flatten().map_or(found, super::options::describe);
        }
        ConfigError::Type {
            key,
            place: line.map_or_else(|| place.to_owned(), |line| format!("{place}, line {line},")),
            found,
            expected,
        }
    })
}

/// Every key of an experiment, tables included, dotted. Options of components are open and not among them.
fn valid_keys() -> Vec<String> {
    fn collect(prefix: &str, table: &Table, keys: &mut Vec<String>) {
        for (key, value) in table {
            keys.push(format!("{prefix}{key}"));
            if let Value::Table(inner) = value {
                collect(&format!("{prefix}{key}."), inner, keys);
            }
        }
    }
    let complete = Experiment {
        plugin: Some(String::new()),
        action: Some(super::ComponentConfig::default()),
        symmetry: super::Symmetry { basis: Some(String::new()), ..super::Symmetry::default() },
        ..Experiment::default()
    };
    let table = Table::try_from(complete).expect("an experiment is a TOML table");
    let mut keys = Vec::new();
    collect("", &table, &mut keys);
    keys
}

/// Takes serde's "invalid type: string \"x\", expected u64" apart and says it in plain words.
fn found_expected(message: &str) -> (String, String) {
    let message = message.replace('\n', " ");
    let (found, expected) = message.rsplit_once(", expected ").unwrap_or((&message, "another value"));
    let found = found.trim_start_matches("invalid type: ").trim_start_matches("invalid value: ");
    let expected = match expected {
        "u64" | "usize" => "a whole number, at least 0",
        "i64" => "a whole number",
        "f64" => "a number",
        "a sequence" => "an array",
        "a map" => "a table",
        other if other.starts_with("struct ") => "a table",
        other => other,
    };
    (found.into(), expected.into())
}

/// Line and column, from 1, of a byte offset.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// `key=value` as nested tables.
fn parse_set(set: &str) -> Result<Table, ConfigError> {
    let malformed = |reason: &str| ConfigError::Set { given: set.into(), reason: reason.into() };
    let (key, value) = set.split_once('=').ok_or_else(|| malformed("it has no `=`"))?;
    let (key, value) = (key.trim(), value.trim());
    // A key is one line of TOML; a newline or comment in it would smuggle in something else.
    let path = (!key.is_empty() && !key.contains(['\n', '\r', '#', '=']))
        .then(|| toml::from_str::<Table>(&format!("{key} = 0")).ok())
        .flatten()
        .ok_or_else(|| malformed("its key is not a dotted name"))?;
    let parsed = toml::from_str::<Table>(&format!("value = {value}")).ok().filter(|table| table.len() == 1);
    let value = match parsed.and_then(|mut table| table.remove("value")) {
        Some(value) => value,
        None if value.starts_with(['[', '{', '"', '\'']) => {
            return Err(malformed("its value begins like TOML but is not"));
        }
        None => Value::String(value.into()),
    };
    Ok(with_leaf(path, value))
}

/// Replaces the one leaf of nested one-key tables.
fn with_leaf(table: Table, leaf: Value) -> Table {
    let replaced = table.into_iter().map(|(key, value)| match value {
        Value::Table(inner) => (key, Value::Table(with_leaf(inner, leaf.clone()))),
        _ => (key, leaf.clone()),
    });
    replaced.collect()
}

/// Puts a source on top of those below.
fn stack(below: &mut Table, mut above: Table) {
    for name in COMPONENT_TABLES {
        let chosen = |table: &Table| table.get(name)?.get("component").cloned();
        if chosen(&above).is_some_and(|component| chosen(below).as_ref() != Some(&component)) {
            below.remove(name);
            if let Some(table) = above.remove(name) {
                below.insert(name.into(), table);
            }
        }
    }
    merge(below, above);
}

/// Tables merge key by key; anything else replaces.
fn merge(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(table)) => merge(inner, table),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
