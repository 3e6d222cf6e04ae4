//! The space of a sweep: which settings vary, and over what.
//!
//! A parameter is written as `KEY=[A, B, …]` or `KEY=LOW..HIGH [log] [in N]`. Owns that language and nothing of plugins:
//! whether a key exists and takes such values is for whoever resolves the experiments at the [`Space::corners`]. Callers may
//! rely on lower ends being below upper ones, on positive ends where the scale is logarithmic, and on lists that are neither
//! empty nor repetitive.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Value;

/// A value for each parameter, by its dotted key.
pub type Parameters = BTreeMap<String, Value>;

/// Corners that are resolved before a sweep; in a larger space each value is looked at by itself.
const MOST_CORNERS: usize = 256;

/// Parameters in the order in which they were given; no key twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Space {
    /// At least one.
    pub parameters: Vec<Parameter>,
}

/// One setting that varies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Parameter {
    /// Dotted.
    pub key: String,
    /// As it was written, key included.
    pub given: String,
    /// Over what.
    #[serde(flatten)]
    pub domain: Domain,
}

/// What a parameter varies over.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Domain {
    /// One of these values.
    Choice {
        /// TOML values of any type.
        values: Vec<Value>,
    },
    /// Anything from `low` to `high`, both included.
    Range {
        /// The lower end, finite.
        low: f64,
        /// The upper end, finite, above `low`.
        high: f64,
        /// Whether equal factors are equally likely, rather than equal differences; both ends are above 0 then.
        log: bool,
        /// Whether the values are whole numbers.
        whole: bool,
        /// So many values only, evenly spaced on the scale; at least 2.
        #[serde(skip_serializing_if = "Option::is_none")]
        points: Option<usize>,
    },
}

/// What is read of a parameter in a file: its text, so that there is one way to read it.
#[derive(Deserialize)]
struct Written {
    given: String,
    whole: Option<bool>,
}

impl TryFrom<Written> for Parameter {
    type Error = SpaceError;

    fn try_from(written: Written) -> Result<Self, SpaceError> {
        let mut parameter = Self::parse(&written.given)?;
        if let (Domain::Range { whole, .. }, Some(false)) = (&mut parameter.domain, written.whole) {
            *whole = false;
        }
        Ok(parameter)
    }
}

/// A `--vary` that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot use `--vary {given}`: {reason}; write it as KEY=[A, B, …] or KEY=LOW..HIGH [log] [in N], e.g. \
     --vary 'training.learning_rate=1e-4..1e-2 log'"
)]
pub struct SpaceError {
    /// What was given.
    pub given: String,
    /// What was found in it, and what was expected.
    pub reason: String,
}

impl Space {
    /// Reads parameters.
    ///
    /// # Errors
    /// [`SpaceError`]: none at all, a malformed one, a key that comes twice.
    pub fn parse(given: &[String]) -> Result<Self, SpaceError> {
        let mut parameters: Vec<Parameter> = Vec::new();
        for text in given {
            let parameter = Parameter::parse(text)?;
            if let Some(other) = parameters.iter().find(|other| other.key == parameter.key) {
                let reason = format!("its key is varied by `--vary {}` already", other.given);
                return Err(SpaceError { given: text.clone(), reason });
            }
            parameters.push(parameter);
        }
        Ok(Self { parameters })
    }

    /// Takes ranges with whole ends as ranges of real numbers where the experiment has such a number at the key.
    pub fn fit(&mut self, experiment: &toml::Table) {
        for Parameter { key, domain, .. } in &mut self.parameters {
            let (first, rest) = key.split_once('.').unwrap_or((key, ""));
            let parts = rest.split('.').filter(|part| !part.is_empty());
            let found =
                parts.fold(experiment.get(first), |value, part| value.and_then(|value| value.get(part)));
            if let (Some(Value::Float(_)), Domain::Range { whole, .. }) = (found, domain) {
                *whole = false;
            }
        }
    }

    /// Every combination, the last parameter varying fastest; `None` where a parameter has no list of values.
    pub fn grid(&self) -> Option<Vec<Parameters>> {
        let lists: Option<Vec<_>> = self
            .parameters
            .iter()
            .map(|parameter| Some((parameter.key.as_str(), parameter.domain.values()?)))
            .collect();
        Some(product(&lists?))
    }

    /// The first parameter without a list of values.
    pub fn unlisted(&self) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.domain.values().is_none())
    }

    /// How many combinations there are, where every parameter has a list of values.
    pub fn size(&self) -> Option<usize> {
        self.parameters
            .iter()
            .try_fold(1_usize, |size, parameter| Some(size.saturating_mul(parameter.domain.values()?.len())))
    }

    /// The outermost points: every combination of ends and listed values. Where these are very many, each end and each
    /// listed value beside the first of the other parameters.
    pub fn corners(&self) -> Vec<Parameters> {
        let lists: Vec<_> = self
            .parameters
            .iter()
            .map(|parameter| (parameter.key.as_str(), parameter.domain.extremes()))
            .collect();
        let count = lists.iter().fold(1_usize, |count, (_, values)| count.saturating_mul(values.len()));
        if count <= MOST_CORNERS {
            return product(&lists);
        }
        let first: Parameters =
            lists.iter().map(|(key, values)| ((*key).to_owned(), values[0].clone())).collect();
        let with = |key: &str, value: &Value| {
            let mut corner = first.clone();
            corner.insert(key.to_owned(), value.clone());
            corner
        };
        lists.iter().flat_map(|(key, values)| values.iter().map(|value| with(key, value))).collect()
    }
}

fn product(lists: &[(&str, Vec<Value>)]) -> Vec<Parameters> {
    lists.iter().fold(vec![Parameters::new()], |points, (key, values)| {
        let with = |point: &Parameters, value: &Value| {
            let mut point = point.clone();
            point.insert((*key).to_owned(), value.clone());
            point
        };
        points.iter().flat_map(|point| values.iter().map(|value| with(point, value))).collect()
    })
}

impl Parameter {
    /// Reads one.
    ///
    /// # Errors
    /// [`SpaceError`].
    pub fn parse(given: &str) -> Result<Self, SpaceError> {
        let wrong = |reason: String| SpaceError { given: given.to_owned(), reason };
        let (key, domain) = given.split_once('=').ok_or_else(|| wrong("it has no `=`".into()))?;
        let (key, domain) = (key.trim(), domain.trim());
        let name = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        };
        if !key.split('.').all(name) {
            return Err(wrong(format!("its key {key:?} is not a dotted name")));
        }
        let domain = if domain.starts_with('[') { list(domain) } else { range(domain) }.map_err(wrong)?;
        Ok(Self { key: key.to_owned(), given: given.trim().to_owned(), domain })
    }
}

fn list(text: &str) -> Result<Domain, String> {
    let parsed = toml::from_str::<toml::Table>(&format!("values = {text}")).ok();
    let values = match parsed.filter(|table| table.len() == 1).and_then(|mut table| table.remove("values")) {
        Some(Value::Array(values)) => values,
        _ => return Err(format!("{text} begins like a list of TOML values but is none (texts need quotes)")),
    };
    if values.is_empty() {
        return Err("its list is empty, expected at least one value".into());
    }
    let twice = values.iter().enumerate().find(|(index, value)| values[..*index].contains(value));
    match twice {
        Some((_, value)) => Err(format!("its list has {value} twice, expected each value once")),
        None => Ok(Domain::Choice { values }),
    }
}

fn range(text: &str) -> Result<Domain, String> {
    let neither = || format!("found {text:?}, expected a list or a range");
    let (low, rest) = text.split_once("..").ok_or_else(neither)?;
    let mut words = rest.split_whitespace();
    let (low, high) = (number(low)?, number(words.next().unwrap_or(""))?);
    let whole = low.1 && high.1;
    let (low, high) = (low.0, high.0);
    let (mut log, mut points) = (false, None);
    while let Some(word) = words.next() {
        match word {
            "log" if !log => log = true,
            "in" if points.is_none() => {
                let count = words.next().unwrap_or("");
                let usable = count.parse::<usize>().ok().filter(|count| (2..=10_000).contains(count));
                points = Some(usable.ok_or_else(|| {
                    format!("found {count:?} behind `in`, expected how many values, 2 to 10000")
                })?);
            }
            other => return Err(format!("found {other:?} behind the range, expected `log` or `in N`")),
        }
    }
    if low >= high {
        return Err(format!("its lower end is {low} and its upper end {high}, expected the lower one below"));
    }
    if log && low <= 0.0 {
        return Err(format!("its lower end is {low}, expected one above 0 for a logarithmic scale"));
    }
    // A whole number beyond that is not told from its neighbours.
    if whole && low.abs().max(high.abs()) > 2_f64.powi(53) {
        return Err("its ends are too large, expected whole numbers up to 2^53".into());
    }
    Ok(Domain::Range { low, high, log, whole, points })
}

/// A number, and whether it was written as a whole one.
fn number(text: &str) -> Result<(f64, bool), String> {
    let text = text.trim();
    let parsed = toml::from_str::<toml::Table>(&format!("value = {text}")).ok();
    match parsed.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value")) {
        Some(Value::Integer(integer)) => Ok((integer as f64, true)),
        Some(Value::Float(float)) if float.is_finite() => Ok((float, false)),
        _ => Err(format!("found {text:?} as an end of its range, expected a finite number")),
    }
}

impl Domain {
    /// All values, where they are listed or counted.
    pub fn values(&self) -> Option<Vec<Value>> {
        match self {
            Self::Choice { values } => Some(values.clone()),
            Self::Range { low, high, points: Some(points), .. } => {
                let last = (points - 1) as f64;
                let (low, high) = (self.coordinate(*low), self.coordinate(*high));
                let at = |index: usize| self.value(low + (high - low) * index as f64 / last);
                let mut values: Vec<Value> = (0..*points).map(at).collect();
                values.dedup();
                Some(values)
            }
            Self::Range { points: None, .. } => None,
        }
    }

    /// Both ends, or every listed value.
    fn extremes(&self) -> Vec<Value> {
        match self {
            Self::Choice { values } => values.clone(),
            Self::Range { low, high, .. } => {
                [*low, *high].map(|end| self.value(self.coordinate(end))).to_vec()
            }
        }
    }

    /// A number on the scale of a range: itself, or its logarithm.
    pub(super) fn coordinate(&self, number: f64) -> f64 {
        if matches!(self, Self::Range { log: true, .. }) { number.ln() } else { number }
    }

    /// The value of a range at a place on its scale: within the ends, whole where it must be, otherwise of four significant
    /// digits, which tables can show and which no experiment tells from its neighbours.
    pub(super) fn value(&self, coordinate: f64) -> Value {
        let Self::Range { low, high, log, whole, .. } = *self else { unreachable!("lists have no scale") };
        let number = if log { coordinate.exp() } else { coordinate };
        if whole {
            return Value::Integer(number.round().clamp(low, high) as i64);
        }
        let short: f64 = format!("{number:.3e}").parse().unwrap_or(number);
        Value::Float(short.clamp(low, high))
    }
}

#[cfg(test)]
mod tests;
