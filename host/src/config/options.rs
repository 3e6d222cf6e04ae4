//! The free options of a component: checked against the defaults that the component declares, before
//! anything of the plugin runs with them.
//!
//! The defaults are the schema: their keys are the valid ones, their JSON types the expected ones. Invariant:
//! what [`check_options`] returns has every key of the defaults, in their order, and no other.

use super::error::ConfigError;
use super::nearest::hint;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Lays the options that were given over a component's defaults.
///
/// `component` is how the sentence names it ("model mlp/mlp"). An integer is accepted where the default is a
/// float and becomes one; a default of `null` accepts any value; a default that is a non-empty object is
/// checked key by key.
///
/// # Errors
/// [`ConfigError::UnknownOption`] with the nearest valid option; [`ConfigError::OptionType`].
pub fn check_options(
    component: &str,
    given: &BTreeMap<String, toml::Value>,
    defaults: &Map<String, Value>,
) -> Result<Map<String, Value>, ConfigError> {
    overlay(component, "", given.iter(), defaults)
}

fn overlay<'a>(
    component: &str,
    prefix: &str,
    given: impl Iterator<Item = (&'a String, &'a toml::Value)>,
    defaults: &Map<String, Value>,
) -> Result<Map<String, Value>, ConfigError> {
    let mut result = defaults.clone();
    for (key, value) in given {
        let option = format!("{prefix}{key}");
        let Some(default) = defaults.get(key) else {
            let valid: Vec<String> = defaults.keys().map(|valid| format!("{prefix}{valid}")).collect();
            return Err(ConfigError::UnknownOption {
                component: component.into(),
                hint: hint(&option, &valid),
                option,
            });
        };
        let wrong = |expected: &str| ConfigError::OptionType {
            component: component.into(),
            option: option.clone(),
            found: describe(value),
            expected: expected.into(),
        };
        let accepted = match (default, value) {
            (Value::Object(inner), toml::Value::Table(table)) if !inner.is_empty() => {
                Value::Object(overlay(component, &format!("{option}."), table.iter(), inner)?)
            }
            (Value::Null, value)
            | (Value::Bool(_), value @ toml::Value::Boolean(_))
            | (Value::String(_), value @ toml::Value::String(_))
            | (Value::Array(_), value @ toml::Value::Array(_))
            | (Value::Object(_), value @ toml::Value::Table(_)) => {
                to_json(value).ok_or_else(|| wrong("finite numbers"))?
            }
            (Value::Number(number), toml::Value::Integer(integer)) if number.is_f64() => {
                Value::from(*integer as f64)
            }
            (Value::Number(number), toml::Value::Integer(integer)) if !number.is_f64() => {
                Value::from(*integer)
            }
            (Value::Number(number), toml::Value::Float(float)) if number.is_f64() => {
                if !float.is_finite() {
                    return Err(wrong("a finite number"));
                }
                Value::from(*float)
            }
            (Value::Number(number), _) if number.is_f64() => return Err(wrong("a number")),
            (Value::Number(_), _) => return Err(wrong("a whole number")),
            (Value::Bool(_), _) => return Err(wrong("true or false")),
            (Value::String(_), _) => return Err(wrong("a string")),
            (Value::Array(_), _) => return Err(wrong("an array")),
            (Value::Object(_), _) => return Err(wrong("a table")),
        };
        result.insert(key.clone(), accepted);
    }
    Ok(result)
}

/// The JSON value, or nothing for a number that JSON lacks. Dates become strings.
fn to_json(value: &toml::Value) -> Option<Value> {
    Some(match value {
        toml::Value::String(text) => Value::from(text.as_str()),
        toml::Value::Integer(integer) => Value::from(*integer),
        toml::Value::Float(float) => Value::Number(serde_json::Number::from_f64(*float)?),
        toml::Value::Boolean(boolean) => Value::from(*boolean),
        toml::Value::Datetime(date) => Value::from(date.to_string()),
        toml::Value::Array(items) => Value::Array(items.iter().map(to_json).collect::<Option<_>>()?),
        toml::Value::Table(table) => {
            let entries = table.iter().map(|(key, value)| Some((key.clone(), to_json(value)?)));
            Value::Object(entries.collect::<Option<_>>()?)
        }
    })
}

/// The value with its type, for people.
pub(super) fn describe(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => format!("the string {text:?}"),
        toml::Value::Integer(integer) => format!("the whole number {integer}"),
        toml::Value::Float(float) => format!("the number {float:?}"),
        toml::Value::Boolean(boolean) => format!("{boolean}"),
        toml::Value::Datetime(date) => format!("the date {date}"),
        toml::Value::Array(items) => format!("an array of {}", items.len()),
        toml::Value::Table(_) => "a table".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(given: &str) -> Result<Value, String> {
        let defaults = json!({
            "noise": 0.0, "bodies": 2, "full": false, "kind": "near", "masses": [1.0], "cache": null,
            "field": {"strength": 0.5}
        });
        let given: BTreeMap<String, toml::Value> =
            toml::from_str(given).expect("the test's options are TOML");
        let Value::Object(defaults) = defaults else { unreachable!() };
        check_options("dataset dynamics/two-body", &given, &defaults)
            .map(Value::Object)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_overlaid_and_keep_their_order() {
        let options = check("bodies = 3\nnoise = 1\ncache = [1, 'a']\nfield.strength = 2").expect("valid");
        assert_eq!(
            options.to_string(),
            r#"{"noise":1.0,"bodies":3,"full":false,"kind":"near","masses":[1.0],"cache":[1,"a"],"field":{"strength":2.0}}"#
        );
    }

    #[test]
    fn unknown_options_name_the_nearest() {
        assert_eq!(
            check("nosie = 1.0"),
            Err("dataset dynamics/two-body has no option `nosie`; did you mean `noise`?".into())
        );
        assert_eq!(
            check("field.strenth = 1.0"),
            Err("dataset dynamics/two-body has no option `field.strenth`; did you mean `field.strength`?"
                .into())
        );
    }

    #[test]
    fn wrong_types_say_found_and_expected() {
        for (given, end) in [
            ("noise = 'much'", "found the string \"much\", expected a number"),
            ("bodies = 2.0", "found the number 2.0, expected a whole number"),
            ("full = 1", "found the whole number 1, expected true or false"),
            ("kind = [1]", "found an array of 1, expected a string"),
            ("masses = 1.0", "found the number 1.0, expected an array"),
            ("field = true", "found true, expected a table"),
            ("noise = nan", "found the number NaN, expected a finite number"),
            ("cache = [inf]", "found an array of 1, expected finite numbers"),
        ] {
            let message = check(given).expect_err(given);
            assert!(message.ends_with(end), "{given}: {message}");
        }
    }
}
