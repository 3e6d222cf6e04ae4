//! MOL and SDF files, version V2000 (BIOVIA's CTfile formats): a block of atoms in fixed columns, then data items.
//!
//! Bonds are passed over. V3000 is refused by name: its atoms are written otherwise.

use super::record::{Record, coordinate, element};
use super::text::{Lines, shown};
use semola_plugin_api::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// All records of a file; a MOL file has one and need not end in `$$$$`.
///
/// # Errors
/// The first thing that is not as it should be, with record and line.
pub(super) fn read(path: &Path, text: &str) -> Result<Vec<Record>> {
    let mut lines = Lines::new(path, text);
    let mut records = Vec::new();
    // The title, the first line of a record, may be blank: only the rest of the file being blank ends it.
    while lines.remains() {
        lines.record = records.len() + 1;
        records.push(record(&mut lines)?);
    }
    Ok(records)
}

fn record(lines: &mut Lines<'_>) -> Result<Record> {
    let name = lines.expect("a title line")?.trim().to_owned();
    let line = lines.number();
    lines.expect("the program's line")?;
    lines.expect("a comment line")?;
    let counts = lines.expect("the counts of atoms and bonds")?;
    if counts.contains("V3000") {
        return Err(lines.error("the record is V3000, and V2000 is what this reader knows; convert the file"));
    }
    let count = |place: usize| column(counts, place, 3).parse::<usize>();
    let (Ok(atoms @ 1..), Ok(bonds)) = (count(0), count(3)) else {
        return Err(lines.error(format_args!(
            "found `{}`, expected the counts line of a V2000 block: atoms (at least 1) and bonds in columns of 3; a \
             title, a program's line and a comment come before it, blank or not",
            shown(counts)
        )));
    };
    let (mut charges, mut positions) = (Vec::new(), Vec::new());
    for atom in 1..=atoms {
        let text = lines.expect("another atom")?;
        let about = |what: String| lines.error(format_args!("atom {atom} of {atoms}: {what}"));
        charges.push(element(column(text, 31, 3)).map_err(about)?);
        let mut position = [0.0; 3];
        for (axis, number) in position.iter_mut().enumerate() {
            *number = coordinate(column(text, 10 * axis, 10)).map_err(about)?;
        }
        positions.push(position);
    }
    for bond in 1..=bonds {
        let text = lines.expect("another bond")?;
        let end = |place: usize| matches!(column(text, place, 3).parse::<usize>(), Ok(end) if (1..=atoms).contains(&end));
        if !end(0) || !end(3) {
            return Err(lines.error(format_args!(
                "bond {bond} of {bonds}: found `{}`, expected two of the {atoms} atoms in columns of 3",
                shown(text)
            )));
        }
    }
    loop {
        let text = lines.expect("`M  END`")?;
        match text.trim_end() {
            "M  END" => break,
            // Going on would give this record the next one's properties.
            "$$$$" => return Err(lines.error("the record ends here, expected `M  END` before that")),
            _ => {}
        }
    }
    Ok(Record { line, name, charges, positions, properties: data_items(lines)? })
}

/// `> <NAME>`, then lines of a value up to a blank one; up to `$$$$` or the end of the file.
fn data_items(lines: &mut Lines<'_>) -> Result<BTreeMap<String, String>> {
    let mut items = BTreeMap::new();
    while let Some(line) = lines.next() {
        if line.trim_end() == "$$$$" {
            break;
        }
        if line.trim().is_empty() {
            continue;
        }
        let name = line
            .strip_prefix('>')
            .and_then(|header| header.split_once('<'))
            .and_then(|(_, name)| name.split_once('>'))
            .map(|(name, _)| name.to_owned());
        let Some(name) = name else {
            return Err(lines.error(format_args!(
                "found `{}`, expected a data item `> <NAME>`, or `$$$$` before the next record",
                shown(line)
            )));
        };
        let mut value = Vec::new();
        while let Some(line) =
            lines.peek().filter(|line| !line.trim().is_empty() && line.trim_end() != "$$$$")
        {
            value.push(line.trim());
            lines.next();
        }
        if items.insert(name.clone(), value.join("\n")).is_some() {
            return Err(lines.error(format_args!("the record gives `{}` twice", shown(&name))));
        }
    }
    Ok(items)
}

/// Characters of a fixed column, without blanks around; empty where the line is shorter.
fn column(line: &str, start: usize, width: usize) -> &str {
    let place = |index: usize| line.char_indices().nth(index).map_or(line.len(), |(place, _)| place);
    line[place(start)..place(start + width)].trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Vec<Record>> {
        read(Path::new("m.sdf"), text)
    }

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    /// Hydroxide as a toolkit writes it, then a lone neon atom with a blank title.
    const TWO: &str = "hydroxide
  toolkit         3D

  2  1  0  0  0  0  0  0  0  0999 V2000
    0.0000   -0.1200    1.0000 O   0  5  0  0  0  0  0  0  0  0  0  0
   -0.9600    0.0000    0.5000 H   0  0  0  0  0  0  0  0  0  0  0  0
  1  2  1  0
M  CHG  1   1  -1
M  END
> <GAP>
0.31

>  25  <NOTE> (2)
two
lines

$$$$

  toolkit

  1  0  0  0  0  0  0  0  0  0999 V2000
   10.0000  -10.0000-1000.0000 Ne  0  0
M  END
$$$$
";

    #[test]
    fn records_and_their_data_items_are_read() {
        let records = parse(TWO).unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!((records[0].name.as_str(), &records[0].charges[..]), ("hydroxide", &[8, 1][..]));
        assert_eq!(records[0].positions, [[0.0, -0.12, 1.0], [-0.96, 0.0, 0.5]]);
        assert_eq!(records[0].properties["GAP"], "0.31");
        assert_eq!(records[0].properties["NOTE"], "two\nlines");
        // Columns touch each other, and the title is blank.
        assert_eq!(records[1].positions, [[10.0, -10.0, -1000.0]]);
        assert_eq!((records[1].name.as_str(), records[1].charges[0], records[1].line), ("", 10, 18));
        assert_eq!(parse(&TWO.replace('\n', "\r\n")).unwrap(), records);
    }

    #[test]
    fn a_mol_file_is_one_record_without_an_end_mark() {
        let end = TWO.find("> <GAP>").unwrap();
        assert_eq!(parse(&TWO[..end]).unwrap().len(), 1);
    }

    #[test]
    fn what_is_wrong_is_named_with_record_and_line() {
        assert!(
            refusal(&TWO.replace("999 V2000\n   10", "999 V3000\n   10"))
                .contains("record 2, line 21: the record is V3000")
        );
        assert!(
            refusal(&TWO.replace("    0.5000 H ", "       nan H "))
                .contains("line 6: atom 2 of 2: a coordinate is `nan`")
        );
        assert!(refusal(&TWO.replace(" Ne ", " R# ")).contains("record 2, line 22: atom 1 of 1: `R#`"));
        assert!(refusal(&TWO.replace("  1  2  1  0\n", "")).contains("bond 1 of 1"));
        assert!(
            refusal(&TWO.replace("M  END\n> <GAP>", "> <GAP>"))
                .contains("record 1, line 16: the record ends here")
        );
        assert!(
            refusal(&TWO.replace("\nM  END\n$$$$", "")).contains("the file ends here, expected `M  END`")
        );
        assert!(refusal(&TWO.replace("  toolkit         3D\n", "")).contains("counts line"));
        assert!(refusal(&TWO.replace("> <GAP>", "GAP")).contains("line 10: found `GAP`"));
        assert!(refusal(&TWO.replace("<NOTE>", "<GAP>")).contains("twice"));
        assert!(refusal("nothing like it\n").contains("the file ends here"));
        assert_eq!(parse("\n \n").unwrap(), []);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(.{0,40}\n){0,8}") {
            let _ = parse(&text);
        }

        #[test]
        fn no_damage_makes_it_panic(at in 0..TWO.len(), with in ".{0,3}", cut in 0..40_usize) {
            let end = (at + cut).min(TWO.len());
            let _ = parse(&format!("{}{with}{}", &TWO[..at], &TWO[end..]));
        }
    }
}
