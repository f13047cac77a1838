//! Text that may be shown: no control byte and no bidirectional override reaches a terminal.

/// Replaces what a terminal would obey by the replacement character.
pub(crate) fn safe(text: &str) -> std::borrow::Cow<'_, str> {
    if text.chars().any(is_unsafe) {
        text.chars().map(|c| if is_unsafe(c) { '\u{fffd}' } else { c }).collect::<String>().into()
    } else {
        text.into()
    }
}

/// JSON in which everything unsafe is escaped. Line breaks between values stay; within strings they are escaped already.
pub(super) fn safe_json(text: &str) -> std::borrow::Cow<'_, str> {
    let is_raw = |c: char| c == '\u{7f}' || !c.is_ascii() && is_unsafe(c);
    if !text.contains(is_raw) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if is_raw(c) {
            // All of them are in the first plane: one unit each.
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out.into()
}

/// Control characters but tab, and everything that reorders or hides text.
pub(crate) fn is_unsafe(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_value() {
        let text = "{\n\"a\": \"\u{202e}\u{85}\u{7f}é\"\n}";
        let safe = safe_json(text);
        assert_eq!(safe, "{\n\"a\": \"\\u202e\\u0085\\u007fé\"\n}");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&safe), value(text));
    }
}
