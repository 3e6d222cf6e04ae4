//! `plugin new`: a crate from a template. The templates are those of cargo-generate (host/templates), of which only
//! placeholders are used.

use super::arguments::{CommonOptions, TemplateKind};
use crate::exit::Coded;
use anyhow::Context;
use std::io::Write;
use std::path::{Path, PathBuf};

type Files = &'static [(&'static str, &'static str)];

/// Files of a template: where they go, what is in them.
macro_rules! template {
    ($kind:literal: $($source:literal => $target:literal),+ $(,)?) => {
        &[$(($target, include_str!(concat!("../../templates/", $kind, "/", $source)))),+]
    };
}

const MODEL: Files = template!("model": "Cargo.toml.liquid" => "Cargo.toml", "README.md" => "README.md",
    "experiment.toml" => "experiment.toml", "gitignore" => ".gitignore", "src/lib.rs" => "src/lib.rs",
    "tests/contract.rs" => "tests/contract.rs");
const DATASET: Files = template!("dataset": "Cargo.toml.liquid" => "Cargo.toml", "README.md" => "README.md",
    "experiment.toml" => "experiment.toml", "gitignore" => ".gitignore", "src/lib.rs" => "src/lib.rs",
    "tests/contract.rs" => "tests/contract.rs");
const ACTION: Files = template!("action": "Cargo.toml.liquid" => "Cargo.toml", "README.md" => "README.md",
    "experiment.toml" => "experiment.toml", "gitignore" => ".gitignore", "src/lib.rs" => "src/lib.rs",
    "tests/contract.rs" => "tests/contract.rs");
const MODALITY: Files = template!("modality": "Cargo.toml.liquid" => "Cargo.toml", "README.md" => "README.md",
    "experiment.toml" => "experiment.toml", "gitignore" => ".gitignore", "src/lib.rs" => "src/lib.rs",
    "src/dataset.rs" => "src/dataset.rs", "src/action.rs" => "src/action.rs", "src/model.rs" => "src/model.rs",
    "tests/contract.rs" => "tests/contract.rs");

/// Writes the crate and says how to go on.
pub(super) fn run(
    name: &str,
    kind: TemplateKind,
    directory: Option<&Path>,
    api: Option<&Path>,
    common: &CommonOptions,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    check_name(name)?;
    let files = match kind {
        TemplateKind::Model => MODEL,
        TemplateKind::Dataset => DATASET,
        TemplateKind::Action => ACTION,
        TemplateKind::Modality => MODALITY,
    };
    let directory = directory.map_or_else(|| PathBuf::from(name), Path::to_owned);
    if directory.exists() {
        let shown = directory.display();
        return Err(Coded::usage(format!("{shown} exists already; choose another name or --out DIR")).into());
    }
    let library = name.replace('-', "_");
    let api = dependency(api)?;
    for (target, text) in files {
        let text = text
            .replace("{{project-name}}", name)
            .replace("{{crate_name}}", &library)
            .replace("{{api}}", &api);
        let path = directory.join(target);
        let parent = path.parent().unwrap_or(&directory);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, text))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let shown = directory.display();
    if common.json {
        let paths: Vec<PathBuf> = files.iter().map(|(target, _)| directory.join(target)).collect();
        writeln!(out, "{}", serde_json::json!({ "directory": directory, "files": paths }))?;
        return Ok(());
    }
    writeln!(
        out,
        "Wrote {shown}. Go on with:\n  cd {shown} && cargo build --release\n  \
         semola-host plugin check target/release/lib{library}.so\n  \
         semola-host --plugin target/release/lib{library}.so"
    )?;
    Ok(())
}

/// What serves as plugin id and as name of a crate.
fn check_name(name: &str) -> Result<(), Coded> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(allowed) && name.len() < 40 {
        return Ok(());
    }
    Err(Coded::usage(format!(
        "\"{name}\" cannot name a plugin: expected fewer than 40 lower-case letters, digits, '-' and '_', the first a letter"
    )))
}

/// The dependency on the plugin API, as in a Cargo.toml.
fn dependency(api: Option<&Path>) -> Result<String, Coded> {
    let holds_api = |directory: &Path| {
        let manifest = std::fs::read_to_string(directory.join("Cargo.toml")).unwrap_or_default();
        manifest.contains("name = \"semola-plugin-api\"")
    };
    if let Some(directory) = api {
        let absolute =
            directory.canonicalize().ok().filter(|absolute| holds_api(absolute)).ok_or_else(|| {
                Coded::usage(format!(
                    "--api {}: there is no crate semola-plugin-api; name the directory of its Cargo.toml",
                    directory.display()
                ))
            })?;
        return Ok(path(&absolute));
    }
    let program = std::env::current_exe().unwrap_or_default();
    let checkout =
        program.ancestors().map(|above| above.join("plugin-api")).find(|candidate| holds_api(candidate));
    Ok(checkout.map_or_else(|| format!("version = \"{}\"", env!("CARGO_PKG_VERSION")), |found| path(&found)))
}

fn path(directory: &Path) -> String {
    format!("path = {}", toml::Value::from(directory.display().to_string()))
}
