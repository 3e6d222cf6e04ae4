//! Wavefront OBJ: lines `v x y z` and `f corner corner corner …`, all others passed over.
//!
//! By hand, although crates read OBJ: none that was looked at says in which line an error or an index beyond the corners
//! is, and of the format's two dozen statements a surface needs two. Corners count from 1, or from the newest backwards
//! with negative numbers; after a slash come texture and normal.

use super::Mesh;
use super::text::{lines, position};

pub(super) fn parse(bytes: &[u8]) -> Result<Mesh, String> {
    let text = String::from_utf8_lossy(bytes);
    let mut mesh = Mesh::default();
    let mut farthest = (0, 0);
    // A backslash at the end of a line goes on in the next; blanks in its place keep the count of lines.
    let mut joined: Option<(usize, Vec<&str>)> = None;
    for (line, mut words) in lines(&text) {
        let goes_on = words.last().is_some_and(|word| word.ends_with('\\'));
        if let Some(last) = words.last_mut() {
            *last = last.trim_end_matches('\\');
        }
        let (line, words) = match joined.take() {
            Some((first, mut before)) => {
                before.extend(words);
                (first, before)
            }
            None => (line, words),
        };
        if goes_on {
            joined = Some((line, words));
            continue;
        }
        statement(&mut mesh, &mut farthest, line, &words)?;
    }
    if let Some((line, words)) = joined {
        statement(&mut mesh, &mut farthest, line, &words)?;
    }
    let (farthest, line) = farthest;
    if farthest > mesh.corners.len() {
        return Err(format!(
            "has a face with the corner {farthest} in line {line}, expected 1 to {}",
            mesh.corners.len()
        ));
    }
    Ok(mesh)
}

/// `farthest` is the highest corner that a face has named, from 1, and its line: corners may come later.
fn statement(
    mesh: &mut Mesh,
    farthest: &mut (usize, usize),
    line: usize,
    words: &[&str],
) -> Result<(), String> {
    let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    match words.split_first() {
        Some((&"v", rest)) => mesh.corners.push(position(rest, line)?),
        Some((&"f", rest)) => {
            let known = mesh.corners.len();
            let corner = |word: &&str| -> Result<usize, String> {
                let index: Option<i64> = word.split('/').next().and_then(|index| index.parse().ok());
                match index {
                    Some(index) if index > 0 => Ok(index as usize - 1),
                    Some(index) if index < 0 && index.unsigned_abs() <= known as u64 => {
                        Ok(known - index.unsigned_abs() as usize)
                    }
                    _ => Err(format!(
                        "has a face with the corner `{word}` in line {line}, expected 1 to {known} (or negative, from \
                         the last)"
                    )),
                }
            };
            let polygon = rest.iter().map(corner).collect::<Result<Vec<usize>, String>>()?;
            if polygon.len() < 3 {
                return Err(format!(
                    "has a face of {} corners in line {line}, expected 3 or more",
                    polygon.len()
                ));
            }
            if let Some(highest) =
                polygon.iter().max().map(|highest| highest + 1).filter(|&it| it > farthest.0)
            {
                *farthest = (highest, line);
            }
            mesh.polygon(&polygon);
        }
        _ => {}
    }
    Ok(())
}
