//! Patterns that stand for several paths.

/// Expands `a.{b,c}#d` into its alternatives. Unbalanced braces stand for themselves.
#[must_use]
pub fn expand(pattern: &str) -> Vec<String> {
    let Some((head, rest)) = pattern.split_once('{') else { return vec![pattern.to_owned()] };
    let Some((choices, tail)) = rest.split_once('}') else { return vec![pattern.to_owned()] };
    let tails = expand(tail);
    let mut out = Vec::new();
    for choice in choices.split(',') {
        out.extend(tails.iter().map(|tail| [head, choice, tail].concat()));
    }
    out
}
