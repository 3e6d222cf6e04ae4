//! A CSV file beside the structures: a column `name`, and columns of properties.

use semola_arrays::error;
use semola_plugin_api::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// One property by the molecules' names.
///
/// # Errors
/// The file cannot be read, has no such columns, gives a name twice, or a value that is no finite number; with the line.
pub(super) fn read(path: &Path, target: &str) -> Result<BTreeMap<String, f64>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|cause| error(path, format_args!("cannot be read: {cause}")))?;
    let header = reader.headers().map_err(|cause| error(path, format_args!("is no CSV: {cause}")))?.clone();
    let column = |wanted: &str| {
        header.iter().position(|name| name.trim_start_matches('\u{feff}') == wanted).ok_or_else(|| {
            let found: Vec<&str> = header.iter().collect();
            error(path, format_args!("has the columns {}, expected `{wanted}` among them", found.join(", ")))
        })
    };
    let (name, value) = (column("name")?, column(target)?);
    let mut values = BTreeMap::new();
    for row in reader.records() {
        let row = row.map_err(|cause| error(path, format_args!("is no CSV: {cause}")))?;
        let line = row.position().map_or(0, csv::Position::line);
        let (name, text) = (row.get(name).unwrap_or_default(), row.get(value).unwrap_or_default());
        let number = match text.parse::<f64>() {
            Ok(number) if number.is_finite() => number,
            _ => {
                return Err(error(
                    path,
                    format_args!(
                        "line {line}: `{target}` of `{name}` is `{}`, expected a finite number",
                        super::text::shown(text)
                    ),
                ));
            }
        };
        if name.is_empty() || values.insert(name.to_owned(), number).is_some() {
            return Err(error(
                path,
                format_args!(
                    "line {line}: the name `{name}` is empty or was given before, expected one row a molecule"
                ),
            ));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[u8]) -> Result<BTreeMap<String, f64>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        read(&path, "gap")
    }

    fn refusal(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn values_go_by_name() {
        let values = parse("\u{feff}name,dipole,gap\nwater, 1, 0.5\n\"a,b\",2,-3e-1\n".as_bytes()).unwrap();
        assert_eq!(values, BTreeMap::from([("water".into(), 0.5), ("a,b".into(), -0.3)]));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        assert!(refusal("name,lumo\nwater,1\n").contains("has the columns name, lumo, expected `gap`"));
        assert!(refusal("name,gap\nwater,1\nneon,NaN\n").contains("line 3: `gap` of `neon` is `NaN`"));
        assert!(refusal("name,gap\nwater,1\nwater,2\n").contains("line 3: the name `water`"));
        assert!(refusal("name,gap\nwater\n").contains("is no CSV"));
        assert!(refusal("").contains("expected `name`"));
        assert!(parse(&[b'n', 0xff, 0xfe, b'\n', 0xff]).is_err());
    }
}
