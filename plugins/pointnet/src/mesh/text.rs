//! What the two text formats share: lines without comments, and numbers in them.

/// Lines that hold something, with their number from 1; what follows `#` is left out. Bytes that are no UTF-8 are read
/// as replacement characters: they occur in comments and names, and a number that holds one is refused.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        (!words.is_empty()).then_some((index + 1, words))
    })
}

/// A finite number.
pub(super) fn number(word: &str, line: usize) -> Result<f64, String> {
    match word.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(format!("has `{word}` in line {line}, expected a finite number")),
    }
}

/// The first three words as a position.
pub(super) fn position(words: &[&str], line: usize) -> Result<[f64; 3], String> {
    let [x, y, z, ..] = words else {
        return Err(format!("has {} coordinates in line {line}, expected 3", words.len()));
    };
    Ok([number(x, line)?, number(y, line)?, number(z, line)?])
}
