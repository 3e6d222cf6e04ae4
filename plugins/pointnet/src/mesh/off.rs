//! OFF, the Object File Format: a header, the counts of corners, faces and edges, then one line each.
//!
//! Headers with the counts on the same line, even without a blank (`OFF8 6 12`), occur in the ModelNet collections and
//! are read; so are variants with normals, colours or texture coordinates, whose extra numbers are passed over.

use super::Mesh;
use super::text::{lines, position};

pub(super) fn parse(bytes: &[u8]) -> Result<Mesh, String> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = lines(&text);
    let Some((line, header)) = lines.next() else {
        return Err("holds nothing but comments, expected `OFF` first".into());
    };
    // `ST`, `C`, `N`, `4` and `n` before the name announce more numbers a corner.
    let Some((variant, rest)) = header[0].split_once("OFF") else {
        return Err(format!("begins with `{}` in line {line}, expected `OFF`", header[0]));
    };
    if variant.contains(['4', 'n']) {
        return Err(format!("is `{}` in line {line}, expected corners in three dimensions (OFF)", header[0]));
    }
    if !variant.chars().all(|letter| "STCN".contains(letter)) {
        return Err(format!("begins with `{}` in line {line}, expected `OFF`", header[0]));
    }
    if header.get(1) == Some(&"BINARY") {
        return Err("is binary OFF, expected text; convert it to PLY".into());
    }
    let mut counts: Vec<&str> =
        (!rest.is_empty()).then_some(rest).into_iter().chain(header[1..].iter().copied()).collect();
    let mut line = line;
    if counts.is_empty() {
        let Some(next) = lines.next() else {
            return Err(format!("ends in line {line}, expected the numbers of corners, faces and edges"));
        };
        (line, counts) = next;
    }
    let count = |place: usize| -> Result<usize, String> {
        let word = counts.get(place).copied().unwrap_or_default();
        word.parse().map_err(|_| {
            format!(
                "has `{}` in line {line}, expected the numbers of corners, faces and edges",
                counts.join(" ")
            )
        })
    };
    let (corners, faces) = (count(0)?, count(1)?);
    // Numbers in a header are no reason to reserve memory: the lines must be there first.
    let mut mesh = Mesh::default();
    for index in 0..corners {
        let Some((line, words)) = lines.next() else {
            return Err(format!("ends after {index} corners, expected {corners}: it is truncated"));
        };
        mesh.corners.push(position(&words, line)?);
    }
    for index in 0..faces {
        let Some((line, words)) = lines.next() else {
            return Err(format!("ends after {index} faces, expected {faces}: it is truncated"));
        };
        let count: usize = words[0].parse().map_err(|_| {
            format!("has `{}` in line {line}, expected the number of the face's corners", words[0])
        })?;
        let listed = &words[1..];
        if listed.len() < count {
            return Err(format!("has {} corners in line {line}, expected {count}", listed.len()));
        }
        let polygon = listed[..count].iter().map(|word| match word.parse::<usize>() {
            Ok(corner) if corner < corners => Ok(corner),
            _ => Err(format!(
                "has a face with the corner `{word}` in line {line}, expected 0 to {} as the file has {corners} corners",
                corners.saturating_sub(1)
            )),
        });
        mesh.polygon(&polygon.collect::<Result<Vec<usize>, String>>()?);
    }
    Ok(mesh)
}
