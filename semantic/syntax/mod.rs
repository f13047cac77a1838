//! Text to syntax tree: which dialects are tried on which file, and which attempt wins.

mod comments;
mod declared;
mod directive;
mod embedded;
mod nesting;
pub(crate) mod template;

use crate::lower;
use crate::tables::Lowered;
use crate::tree::Span;
use embedded::Blocks;
use swc_common::BytePos;
use swc_common::comments::SingleThreadedComments;
use swc_common::input::StringInput;
use swc_ecma_ast as ast;
use swc_ecma_parser::{EsSyntax, FlowSyntax, Parser, Syntax, TsSyntax};
use template::Template;

pub use comments::{Comment, comments};
pub use declared::declarations;
pub use nesting::{NESTING_LIMIT, nesting_bound};

/// Nesting up to this fits the stack of an ordinary worker thread (8 MiB); deeper files need [`DEEP_STACK_BYTES`].
pub const SHALLOW_NESTING: u32 = 150;

/// The stack, in bytes, on which any file within [`NESTING_LIMIT`] can be parsed, lowered and dropped. Measured: an
/// unoptimised build needs up to 90 KiB for one level of parentheses.
pub const DEEP_STACK_BYTES: usize = 1 << 30;

/// The dialect a file is written in, as its name says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Language {
    /// `.js`, `.jsx`: module or script, perhaps with JSX or Flow types.
    JavaScript,
    /// `.mjs`
    Module,
    /// `.cjs`
    CommonJs,
    /// `.ts`, `.mts`, `.cts`
    TypeScript,
    /// `.tsx`
    Tsx,
    /// `.d.ts`, `.d.mts`, `.d.cts`
    Declaration,
    /// `.vue`
    Vue,
    /// `.svelte`
    Svelte,
    /// `.astro`
    Astro,
}

impl Language {
    /// The language of a file name; none for files that hold no JavaScript.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let (stem, extension) = name.rsplit_once('.')?;
        let typed = |language| if stem.ends_with(".d") { Self::Declaration } else { language };
        Some(match extension {
            "js" | "jsx" => Self::JavaScript,
            "mjs" => Self::Module,
            "cjs" => Self::CommonJs,
            "ts" | "mts" | "cts" => typed(Self::TypeScript),
            "tsx" => Self::Tsx,
            "vue" => Self::Vue,
            "svelte" => Self::Svelte,
            "astro" => Self::Astro,
            _ => return None,
        })
    }

    /// Whether scripts stand inside markup.
    #[must_use]
    pub fn is_embedded(self) -> bool {
        matches!(self, Self::Vue | Self::Svelte | Self::Astro)
    }

    /// Whether what is shown stands in a block of its own, beside the script.
    fn has_template(self) -> bool {
        self == Self::Vue
    }
}

/// Why a file could not be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What the parser says.
    pub message: String,
    /// Where, in bytes of the file.
    pub span: Span,
}

/// A parsed file, opaque outside this crate: it goes into [`lower()`] or is dropped.
pub struct Parsed<'t> {
    program: ast::Program,
    /// What was parsed: the file, or its scripts with everything else blanked.
    text: std::borrow::Cow<'t, str>,
    original: &'t str,
    language: Language,
    blocks: Option<Blocks>,
    /// Errors the parser recovered from.
    pub recovered: Vec<SyntaxError>,
}

/// How the grammar of one attempt starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goal {
    /// Module or script, as the text says.
    Program,
    Module,
    CommonJs,
    Script,
}

/// One row of the table of attempts.
#[derive(Clone, Copy)]
struct Attempt {
    syntax: Syntax,
    goal: Goal,
}

/// Parses a file. The attempts of its language are made in order; the first without any error wins, else the first
/// that recovered, else the error of the one that came farthest.
///
/// # Errors
///
/// The syntax error of the best attempt, if none produced a tree.
pub fn parse(text: &str, language: Language) -> Result<Parsed<'_>, SyntaxError> {
    let blocks = language.is_embedded().then(|| Blocks::find(text, language));
    let masked: std::borrow::Cow<'_, str> = match &blocks {
        Some(blocks) => blocks.mask(text).into(),
        None => text.into(),
    };
    let attempts = attempts(text, language, blocks.as_ref());
    let mut recovered: Option<(ast::Program, Vec<SyntaxError>)> = None;
    let mut failure: Option<SyntaxError> = None;
    for attempt in attempts {
        match run(&masked, attempt, None) {
            Ok((program, errors)) if errors.is_empty() => {
                return Ok(Parsed {
                    program,
                    text: masked,
                    original: text,
                    language,
                    blocks,
                    recovered: errors,
                });
            }
            Ok(partial) => recovered = recovered.or(Some(partial)),
            Err(error) => {
                if failure.as_ref().is_none_or(|known| known.span.start < error.span.start) {
                    failure = Some(error);
                }
            }
        }
    }
    match (recovered, failure) {
        (Some((program, recovered)), _) => {
            Ok(Parsed { program, text: masked, original: text, language, blocks, recovered })
        }
        (None, Some(error)) => Err(error),
        (None, None) => Err(SyntaxError { message: "nothing to parse".to_owned(), span: Span::default() }),
    }
}

/// Turns a parsed file into tables; the syntax tree is dropped.
#[must_use]
pub fn lower(parsed: Parsed<'_>) -> Lowered {
    let Parsed { program, text, original, language, blocks, .. } = parsed;
    let setup = blocks.as_ref().and_then(Blocks::setup);
    let template = language.has_template().then(|| Template::find(original)).flatten();
    let mut lowered = lower::lower(&program, &text, setup, template.as_ref());
    lowered.text = original.into();
    lowered
}

fn run(
    text: &str,
    attempt: Attempt,
    comments: Option<&SingleThreadedComments>,
) -> Result<(ast::Program, Vec<SyntaxError>), SyntaxError> {
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX - 1);
    let input = StringInput::new(text, BytePos(1), BytePos(1 + end));
    let mut parser = Parser::new(attempt.syntax, input, comments.map(|comments| comments as _));
    let program = match attempt.goal {
        Goal::Program => parser.parse_program(),
        Goal::Module => parser.parse_module().map(ast::Program::Module),
        Goal::CommonJs => parser.parse_commonjs().map(ast::Program::Script),
        Goal::Script => parser.parse_script().map(ast::Program::Script),
    };
    let errors = parser.take_errors();
    match program {
        Ok(program) => Ok((program, errors.iter().map(syntax_error).collect())),
        Err(error) => Err(syntax_error(&error)),
    }
}

fn syntax_error(error: &swc_ecma_parser::error::Error) -> SyntaxError {
    let span = swc_common::Spanned::span(error);
    let start = span.lo.0.saturating_sub(1);
    let message = error.kind().msg().into_owned();
    SyntaxError { message, span: Span { start, end: span.hi.0.saturating_sub(1).max(start) } }
}

fn attempts(text: &str, language: Language, blocks: Option<&Blocks>) -> Vec<Attempt> {
    let program = |syntax| Attempt { syntax, goal: Goal::Program };
    let module = |syntax| Attempt { syntax, goal: Goal::Module };
    match language {
        Language::JavaScript => {
            let flow = text.get(..text.floor_char_boundary(4096)).is_some_and(|head| head.contains("@flow"));
            let mut list =
                vec![program(ecmascript()), Attempt { syntax: ecmascript(), goal: Goal::CommonJs }];
            list.insert(usize::from(!flow), program(flow_syntax()));
            list.extend([program(typescript(true)), Attempt { syntax: plain_script(), goal: Goal::Script }]);
            list
        }
        Language::Module => vec![module(ecmascript()), module(flow_syntax()), module(typescript(true))],
        Language::CommonJs => {
            vec![Attempt { syntax: ecmascript(), goal: Goal::CommonJs }, program(ecmascript())]
        }
        Language::TypeScript => vec![program(typescript(false)), program(typescript(true))],
        Language::Tsx => vec![program(typescript(true)), program(typescript(false))],
        Language::Declaration => vec![program(Syntax::Typescript(TsSyntax { dts: true, ..ts(false) }))],
        Language::Vue | Language::Svelte | Language::Astro => {
            if blocks.is_some_and(|blocks| blocks.is_typescript) {
                vec![module(typescript(false)), module(typescript(true))]
            } else {
                vec![module(ecmascript()), module(typescript(true))]
            }
        }
    }
}

fn ecmascript() -> Syntax {
    Syntax::Es(EsSyntax {
        jsx: true,
        fn_bind: true,
        decorators: true,
        decorators_before_export: true,
        export_default_from: true,
        import_attributes: true,
        allow_super_outside_method: true,
        allow_return_outside_function: true,
        auto_accessors: true,
        explicit_resource_management: true,
    })
}

/// For old scripts in which `<!--` is a comment and JSX would only be in the way.
fn plain_script() -> Syntax {
    Syntax::Es(EsSyntax { jsx: false, allow_return_outside_function: true, ..EsSyntax::default() })
}

fn ts(tsx: bool) -> TsSyntax {
    TsSyntax { tsx, decorators: true, no_early_errors: true, ..TsSyntax::default() }
}

fn typescript(tsx: bool) -> Syntax {
    Syntax::Typescript(ts(tsx))
}

fn flow_syntax() -> Syntax {
    Syntax::Flow(FlowSyntax { jsx: true, all: true, enums: true, decorators: true, ..FlowSyntax::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::FunctionKind;
    use crate::tree::Kind;

    #[test]
    fn the_statements_of_a_setup_script_run_in_a_function_of_their_own() {
        let text = "<script setup>\nimport z from 'z'\nconst a = f()\n</script>\n<template><b @click=\"go\"/></template>";
        let lowered = lower(parse(text, Language::Vue).unwrap());
        let call = lowered.tree.ids().find(|&node| lowered.tree.kind(node) == Kind::Call).unwrap();
        let func = lowered.function(lowered.tree.func(call));
        assert_eq!(func.kind, FunctionKind::Setup);
        assert_eq!(lowered.tree.span(call).start as usize, text.find("f()").unwrap());
    }
}
