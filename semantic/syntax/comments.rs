//! The comments of a file, as the parser met them: never from within a string, a template or the text of an element.

use super::{Attempt, Blocks, Language, attempts, run};
use crate::tree::Span;
use swc_common::comments::{CommentKind, SingleThreadedComments};

/// One comment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Comment {
    /// With its delimiters.
    pub span: Span,
    /// `/* … */`, not `// …`.
    pub is_block: bool,
    /// What stands between the delimiters.
    pub text: String,
}

/// The comments of a file that parses, in order. The file is parsed once more: few files have comments that matter, and
/// the others need not pay for keeping them.
#[must_use]
pub fn comments(text: &str, language: Language) -> Vec<Comment> {
    let blocks = language.is_embedded().then(|| Blocks::find(text, language));
    let masked: std::borrow::Cow<'_, str> = match &blocks {
        Some(blocks) => blocks.mask(text).into(),
        None => text.into(),
    };
    let mut recovered = None;
    for attempt in attempts(text, language, blocks.as_ref()) {
        match collect(&masked, attempt) {
            Some((comments, true)) => return comments,
            Some((comments, false)) => recovered = recovered.or(Some(comments)),
            None => {}
        }
    }
    recovered.unwrap_or_default()
}

/// The comments of one attempt, and whether it met no error.
fn collect(text: &str, attempt: Attempt) -> Option<(Vec<Comment>, bool)> {
    let met = SingleThreadedComments::default();
    let (_, errors) = run(text, attempt, Some(&met)).ok()?;
    let (leading, trailing) = met.take_all();
    let mut comments: Vec<Comment> = Vec::new();
    for map in [&leading, &trailing] {
        comments.extend(map.borrow().values().flatten().map(|comment| Comment {
            span: Span {
                start: comment.span.lo.0.saturating_sub(1),
                end: comment.span.hi.0.saturating_sub(1),
            },
            is_block: comment.kind == CommentKind::Block,
            text: comment.text.to_string(),
        }));
    }
    comments.sort();
    // A parser that goes back meets a comment twice.
    comments.dedup();
    Some((comments, errors.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, language: Language) -> Vec<String> {
        comments(text, language).into_iter().map(|comment| comment.text).collect()
    }

    #[test]
    fn strings_templates_patterns_and_element_text_hold_no_comments() {
        let text = "a = '// 1'; b = `/* 2 */ ${c /* 3 */}`; d = /\\/* 4 */; e = <p>// 5 {/* 6 */}</p> // 7";
        assert_eq!(texts(text, Language::JavaScript), [" 3 ", " 6 ", " 7"]);
    }

    #[test]
    fn spans_are_offsets_into_the_file() {
        let text = "<template><!-- // 1 --></template>\n<script lang=\"ts\">\nlet a: X<Y>; // é 2\n</script>";
        let found = comments(text, Language::Vue);
        assert_eq!(found.len(), 1);
        let span = found[0].span;
        assert_eq!(&text[span.start as usize..span.end as usize], "// é 2");
    }

    #[test]
    fn going_back_does_not_double_a_comment() {
        let text =
            "const f = (a /* 1 */, b) /* 2 */ => a; const g = <T,>(x: T /* 3 */) => x; h(i<j /* 4 */>(k))";
        assert_eq!(texts(text, Language::TypeScript), [" 1 ", " 2 ", " 3 ", " 4 "]);
    }
}
