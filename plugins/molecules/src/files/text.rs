//! Lines of a text file with their numbers, and errors that name file, record and line.

use semola_plugin_api::Error;
use std::path::Path;

/// Where in a file a reader is.
pub(super) struct Lines<'a> {
    path: &'a Path,
    lines: std::iter::Peekable<std::iter::Enumerate<std::str::Lines<'a>>>,
    /// Number of the record being read, from 1.
    pub(super) record: usize,
    /// Lines read so far, so the number of the last one.
    number: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, lines: text.lines().enumerate().peekable(), record: 1, number: 0 }
    }

    /// The next line, without what ends it.
    pub(super) fn next(&mut self) -> Option<&'a str> {
        let (number, line) = self.lines.next()?;
        self.number = number + 1;
        Some(line)
    }

    /// The next line, which must be there.
    pub(super) fn expect(&mut self, what: &str) -> Result<&'a str, Error> {
        match self.next() {
            Some(line) => Ok(line),
            None => Err(self.error(format_args!("the file ends here, expected {what}"))),
        }
    }

    /// Passes empty lines; whether there is another one.
    pub(super) fn skip_blank(&mut self) -> bool {
        while self.lines.peek().is_some_and(|(_, line)| line.trim().is_empty()) {
            self.next();
        }
        self.lines.peek().is_some()
    }

    /// Whether anything but blank lines remains.
    pub(super) fn remains(&self) -> bool {
        self.lines.clone().any(|(_, line)| !line.trim().is_empty())
    }

    /// The next line, left where it is.
    pub(super) fn peek(&mut self) -> Option<&'a str> {
        self.lines.peek().map(|(_, line)| *line)
    }

    /// A sentence about the last line read.
    pub(super) fn error(&self, what: impl std::fmt::Display) -> Error {
        Error::new(format!("{}, record {}, line {}: {what}", self.path.display(), self.record, self.number))
    }

    /// The number of the last line read, from 1.
    pub(super) fn number(&self) -> usize {
        self.number
    }
}

/// A piece of a file in an error, cut to a length that can be read.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain("…".chars()).collect()
}
