//! The nearest valid name to a mistyped one, as the end of an error sentence.

/// "did you mean `x`?", or the list of what is valid when nothing is near.
///
/// `given` and `valid` are dotted keys. A key typed without its table (`steps` for `training.steps`), or in
/// another table, is recognised by its last part.
pub(super) fn hint(given: &str, valid: &[String]) -> String {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let score = |candidate: &String| {
        let whole = strsim::normalized_damerau_levenshtein(given, candidate);
        let tail = 0.95 * strsim::normalized_damerau_levenshtein(&last(given), &last(candidate));
        whole.max(tail)
    };
    let best = valid.iter().map(|candidate| (score(candidate), candidate)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((score, candidate)) if score >= 0.6 => format!("did you mean `{candidate}`?"),
        Some(_) => {
            let parent = |key: &str| key.rsplit_once('.').map(|(parent, _)| parent.to_owned());
            let siblings = valid.iter().filter(|key| parent(key) == parent(given));
            let mut names: Vec<String> = siblings.map(|name| format!("`{name}`")).collect();
            if names.is_empty() {
                names = valid.iter().map(|name| format!("`{name}`")).collect();
            }
            format!("valid are {}", names.join(", "))
        }
        None => "there are none".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn finds_the_neighbour_or_lists_the_siblings() {
        let valid: Vec<String> =
            ["training.steps", "training.warm_up", "seed"].iter().map(ToString::to_string).collect();
        assert_eq!(hint("training.stpes", &valid), "did you mean `training.steps`?");
        assert_eq!(hint("steps", &valid), "did you mean `training.steps`?");
        assert_eq!(hint("sede", &valid), "did you mean `seed`?");
        assert_eq!(hint("training.zzzzzzzz", &valid), "valid are `training.steps`, `training.warm_up`");
        assert_eq!(hint("zzzzzzzz", &valid), "valid are `seed`");
        assert_eq!(hint("zzzzzzzz", &[]), "there are none");
    }
}
