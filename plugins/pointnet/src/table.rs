//! The table of targets: CSV with a column `file` and columns of numbers.

use semola_plugin_api::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Names of the numbers, and the numbers of each file, in the order of `files`.
///
/// # Errors
/// One sentence with file and line: no such column, no finite number, a file that is listed twice, not at all, or is not there.
pub(crate) fn read(path: &Path, files: &[PathBuf]) -> Result<(Vec<String>, Vec<Vec<f64>>)> {
    let error = |what: String| Error::new(format!("{}: {what}", path.display()));
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(|cause| {
        error(format!("cannot be read as the table of targets: {cause}; set dataset.table to a CSV file"))
    })?;
    let header = reader.headers().map_err(|cause| error(format!("is no CSV: {cause}")))?.clone();
    let Some(place) = header.iter().position(|name| name == "file") else {
        return Err(error(format!(
            "has the columns {:?}, expected one named `file` and the others numbers",
            header.iter().collect::<Vec<_>>()
        )));
    };
    let names: Vec<String> = header
        .iter()
        .enumerate()
        .filter(|&(column, _)| column != place)
        .map(|(_, name)| name.into())
        .collect();
    if names.is_empty() {
        return Err(error("has no column beside `file`, expected numbers to predict".into()));
    }
    if let Some(name) =
        names.iter().enumerate().find(|(at, name)| name.is_empty() || names[..*at].contains(name))
    {
        return Err(error(format!("has the column `{}` twice, or without a name, in line 1", name.1)));
    }
    let mut rows: BTreeMap<PathBuf, Vec<f64>> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|cause| error(format!("is no CSV: {cause}")))?;
        let line = record.position().map_or(0, csv::Position::line);
        let file = PathBuf::from(&record[place]);
        let mut numbers = Vec::with_capacity(names.len());
        for (column, word) in record.iter().enumerate().filter(|&(column, _)| column != place) {
            let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
            numbers.push(number.ok_or_else(|| {
                error(format!(
                    "has `{word}` in line {line}, column `{}`, expected a finite number",
                    &header[column]
                ))
            })?);
        }
        if files.binary_search(&file).is_err() {
            return Err(error(format!(
                "names `{}` in line {line}, and no such mesh is in the folder",
                file.display()
            )));
        }
        if rows.insert(file.clone(), numbers).is_some() {
            return Err(error(format!("names `{}` a second time in line {line}", file.display())));
        }
    }
    let row = |file: &PathBuf| {
        rows.remove(file).ok_or_else(|| {
            error(format!("does not name `{}`, expected a line for every mesh of the folder", file.display()))
        })
    };
    let numbers = files.iter().map(row).collect::<Result<_>>()?;
    Ok((names, numbers))
}
