//! XYZ files: a count, a comment, that many atoms; any number of records.
//!
//! The comment line may be that of extended XYZ, `key=value` pairs with quotes where there are blanks, and
//! `Properties=species:S:1:pos:R:3:…` may name the columns. Without that an atom's line starts with the symbol (or the
//! nuclear charge) and x, y, z in ångström; more columns are passed over.

use super::record::{MOST_ATOMS, Record, coordinate, element};
use super::text::{Lines, shown};
use semola_plugin_api::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// All records of a file.
///
/// # Errors
/// The first thing that is not as it should be, with record and line.
pub(super) fn read(path: &Path, text: &str) -> Result<Vec<Record>> {
    let mut lines = Lines::new(path, text);
    let mut records = Vec::new();
    while lines.skip_blank() {
        lines.record = records.len() + 1;
        records.push(record(&mut lines)?);
    }
    Ok(records)
}

fn record(lines: &mut Lines<'_>) -> Result<Record> {
    let first = lines.expect("the number of atoms")?;
    let line = lines.number();
    let count = match first.trim().parse::<usize>() {
        Ok(count @ 1..=MOST_ATOMS) => count,
        _ => {
            return Err(lines.error(format_args!(
                "found `{}`, expected the number of atoms, 1 to {MOST_ATOMS}; an atom too many or too few in the \
                 record before moves this line",
                shown(first)
            )));
        }
    };
    let properties = pairs(lines.expect("a comment line")?).map_err(|what| lines.error(what))?;
    let columns = Columns::of(properties.get("Properties").or_else(|| properties.get("properties")))
        .map_err(|what| lines.error(what))?;
    let (mut charges, mut positions) = (Vec::new(), Vec::new());
    for atom in 1..=count {
        let text = lines.expect("another atom")?;
        let (charge, position) =
            columns.atom(text).map_err(|what| lines.error(format_args!("atom {atom} of {count}: {what}")))?;
        charges.push(charge);
        positions.push(position);
    }
    let name = properties.get("name").cloned().unwrap_or_default();
    Ok(Record { line, name, charges, positions, properties })
}

/// Places of the element and of x in an atom's line.
struct Columns {
    element: usize,
    x: usize,
}

impl Columns {
    /// By the text of `Properties`, if there is one.
    fn of(properties: Option<&String>) -> std::result::Result<Self, String> {
        let Some(properties) = properties else {
            return Ok(Self { element: 0, x: 1 });
        };
        let parts: Vec<&str> = properties.split(':').collect();
        let (mut next, mut element, mut x) = (0_usize, None, None);
        let (triples, rest) = parts.as_chunks::<3>();
        for [name, _, width] in triples {
            let width = match width.parse::<usize>() {
                Ok(width @ 1..=100) => width,
                _ => return Err(format!("Properties gives `{name}` the width `{}`", shown(width))),
            };
            match (*name, width) {
                ("species" | "Z" | "element", 1) => element = element.or(Some(next)),
                ("pos", 3) => x = Some(next),
                _ => {}
            }
            next += width;
        }
        match (element, x, rest) {
            (Some(element), Some(x), []) => Ok(Self { element, x }),
            _ => Err(format!(
                "Properties is `{}`, expected name:type:width for each column, with species:S:1 and pos:R:3 among them",
                shown(properties)
            )),
        }
    }

    /// Element and position of an atom's line, or the end of a sentence about it.
    fn atom(&self, text: &str) -> std::result::Result<(u8, [f64; 3]), String> {
        let columns: Vec<&str> = text.split_whitespace().collect();
        if columns.len() < (self.x + 3).max(self.element + 1) {
            return Err(format!("found `{}`, expected an element and three coordinates", shown(text)));
        }
        let charge = element(columns[self.element])?;
        let mut position = [0.0; 3];
        for (axis, place) in position.iter_mut().zip(self.x..) {
            *axis = coordinate(columns[place])?;
        }
        Ok((charge, position))
    }
}

/// `key=value` pairs of a comment line; words without `=` are passed over. Values may be quoted with `"` or `'`.
fn pairs(comment: &str) -> std::result::Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    let mut rest = comment.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let key = &rest[..end];
        rest = &rest[end..];
        let Some(value) = rest.strip_prefix('=').filter(|_| !key.is_empty()) else {
            // A word alone, or a stray `=`.
            rest = rest.trim_start_matches('=').trim_start();
            continue;
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => match value[1..].split_once(quote) {
                Some(parts) => parts,
                None => return Err(format!("the quotation mark after `{}=` is never closed", shown(key))),
            },
            None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        if found.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(format!("the comment line gives `{}` twice", shown(key)));
        }
        rest = after.trim_start();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Vec<Record>> {
        read(Path::new("m.xyz"), text)
    }

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    const TWO: &str = "3\nname=water energy=-76.4 note=\"two words\"\nO 0 0 0.1\nH 0.7 0 -0.5 0.3\n1 -0.7 0 -0.5\n\n1\nplain words\nHe 1e0 2 -3.5\n";

    #[test]
    fn plain_and_extended_records_are_read() {
        let records = parse(TWO).unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].charges, [8, 1, 1]);
        assert_eq!(records[0].positions[1], [0.7, 0.0, -0.5]);
        assert_eq!((records[0].name.as_str(), records[0].line), ("water", 1));
        assert_eq!(records[0].properties["energy"], "-76.4");
        assert_eq!(records[0].properties["note"], "two words");
        assert_eq!((records[1].charges[0], records[1].positions[0]), (2, [1.0, 2.0, -3.5]));
        assert_eq!((records[1].line, records[1].properties.len()), (7, 0));
        assert_eq!(parse(&TWO.replace('\n', "\r\n")).unwrap(), records);
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let text = "1\nProperties=id:I:1:pos:R:3:species:S:1:forces:R:3 gap=0.2\n7 1.0 2.0 3.0 N 0 0 0\n";
        let record = &parse(text).unwrap()[0];
        assert_eq!((record.charges[0], record.positions[0]), (7, [1.0, 2.0, 3.0]));
        assert!(refusal(&text.replace(":pos:R:3", ":pos:R:2")).contains("line 2"));
        assert!(refusal(&text.replace("id:I:1", "id:I:x")).contains("width"));
    }

    #[test]
    fn what_is_wrong_is_named_with_record_and_line() {
        assert!(
            refusal(&TWO.replace("He 1e0", "He nan"))
                .contains("m.xyz, record 2, line 9: atom 1 of 1: a coordinate is `nan`")
        );
        assert!(refusal(&TWO.replace("O 0", "Qq 0")).contains("record 1, line 3: atom 1 of 3: `Qq`"));
        assert!(refusal(&TWO.replace("H 0.7 0 -0.5 0.3", "H 0.7 0")).contains("line 4: atom 2 of 3"));
        assert!(refusal("3\n\nH 0 0 0\n").contains("the file ends here"));
        assert!(refusal(&TWO.replacen('3', "2", 1)).contains("record 2, line 5"));
        assert!(refusal("0\n\n").contains("expected the number of atoms"));
        assert!(refusal("1\nname=\"open\nH 0 0 0\n").contains("never closed"));
        assert!(refusal("1\na=1 a=2\nH 0 0 0\n").contains("twice"));
        assert!(refusal("1\n\nH 0 0 1e9\n").contains("of ångström"));
        assert_eq!(parse(" \n\n").unwrap(), []);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn no_record_makes_it_panic(count in "[0-9]{1,3}", comment in "[a-c =\"':é]{0,30}", atoms in "([CHO] [-0-9.e]{0,6} ?){0,6}\n?") {
            let _ = parse(&format!("{count}\n{comment}\n{atoms}"));
        }

        #[test]
        fn what_is_written_is_read(positions in prop::collection::vec(prop::array::uniform3(-50.0..50.0), 1..9), gap in -9.0..9.0) {
            let mut text = format!("{}\ngap={gap}\n", positions.len());
            for [x, y, z] in &positions {
                text += &format!("C {x} {y} {z}\n");
            }
            let records = parse(&text).unwrap();
            prop_assert_eq!(&records[0].positions, &positions);
            prop_assert_eq!(records[0].properties["gap"].parse::<f64>().unwrap(), gap);
        }
    }
}
