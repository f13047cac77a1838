//! The attributes of a template that hold code: which expression, and what is done with it.

use super::template::{Attribute, Branch, Each, Element, slice, span};
use super::{nesting_bound, typescript};
use crate::tree::Span;
use swc_common::input::StringInput;
use swc_common::{BytePos, Spanned};
use swc_ecma_ast as ast;
use swc_ecma_parser::Parser;

/// Expressions that may nest deeper are left out: those of templates are short.
const DEEPEST: u32 = 48;

/// Notes on an element what one of its attributes says.
pub(super) fn apply(text: &str, name: Span, value: Option<Span>, element: &mut Element) {
    let written = slice(text, name);
    let at = Span { start: name.start, end: value.map_or(name.end, |value| value.end) };
    let test = || value.and_then(|value| expression(text, value));
    match written {
        "v-if" => element.branch = Branch::If(test()),
        "v-else-if" => element.branch = Branch::ElseIf(test()),
        "v-else" => element.branch = Branch::Else,
        "v-for" => element.each = value.map(|value| each(text, at, value)),
        "slot-scope" | "v-slot" => slot(text, value, element),
        _ if written.starts_with('#') || written.starts_with("v-slot:") => slot(text, value, element),
        _ => {
            let found = value.and_then(|value| attribute(text, written, value));
            let attribute = found.map(|(name, value)| Attribute { at, name, value });
            element.attributes.extend(attribute);
        }
    }
}

/// What an attribute is called, and the code it holds; none of one that holds a text.
fn attribute(text: &str, written: &str, value: Span) -> Option<(String, Box<ast::Expr>)> {
    if let Some(event) = written.strip_prefix('@').or_else(|| written.strip_prefix("v-on:")) {
        return Some((handler_name(event), handler(text, value)?));
    }
    let name = written.strip_prefix(':').or_else(|| written.strip_prefix("v-bind:"));
    let name = name.or_else(|| written.strip_prefix("v-"))?;
    let name = name.split('.').next().unwrap_or_default();
    Some((name.to_owned(), expression(text, value)?))
}

/// `onClick` for `click.prevent`. What is taken away after its first event goes by its plain name.
fn handler_name(event: &str) -> String {
    let mut parts = event.split('.');
    let name = parts.next().unwrap_or_default();
    if parts.any(|modifier| modifier == "once") {
        return name.to_owned();
    }
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| format!("on{}{}", first.to_uppercase(), letters.as_str()))
}

/// What an event runs: a function that is named or written out, or else statements.
fn handler(text: &str, value: Span) -> Option<Box<ast::Expr>> {
    let body = match expression(text, value) {
        Some(function) if is_function(&function) => return Some(function),
        Some(expr) => ast::ArrowFunctionBody::Expr(expr),
        None => ast::ArrowFunctionBody::FunctionBody(statements(text, value)?),
    };
    let at = swc_span(value);
    let event = || {
        let ident = ast::Ident { span: at, sym: "$event".into(), ..ast::Ident::default() };
        ast::Pat::Ident(ident.into())
    };
    let params = slice(text, value).contains("$event").then(event).into_iter().collect();
    let arrow = ast::ArrowExpr { span: at, params, body: Box::new(body), ..ast::ArrowExpr::default() };
    Some(Box::new(ast::Expr::Arrow(arrow)))
}

/// Vue calls what is written so.
fn is_function(expr: &ast::Expr) -> bool {
    match expr {
        ast::Expr::Ident(_) | ast::Expr::Member(_) | ast::Expr::Arrow(_) | ast::Expr::Fn(_) => true,
        ast::Expr::Paren(paren) => is_function(&paren.expr),
        ast::Expr::OptChain(chain) => matches!(*chain.base, ast::OptChainBase::Member(_)),
        _ => false,
    }
}

/// `(item, index) in items`, `item of items`
fn each(text: &str, at: Span, value: Span) -> Each {
    let whole = slice(text, value);
    let word = [" in ", " of ", "\nin ", "\nof "].iter().filter_map(|word| whole.find(word)).min();
    let Some(middle) = word else { return Each { at, params: Vec::new(), source: expression(text, value) } };
    let start = value.start as usize;
    let params = parameters(text, span(start, start + middle));
    Each { at, params, source: expression(text, span(start + middle + 4, value.end as usize)) }
}

fn slot(text: &str, value: Option<Span>, element: &mut Element) {
    element.slot = value.map(|value| parameters(text, value));
}

/// The patterns of a list of parameters, with or without parentheses.
fn parameters(text: &str, at: Span) -> Vec<ast::Pat> {
    let at = trimmed(text, at);
    let written = slice(text, at);
    if nesting_bound(written) > DEEPEST {
        return Vec::new();
    }
    let (source, start) = if written.starts_with('(') {
        (format!("{written}=>0"), at.start)
    } else {
        // A quote at least stands before it.
        (format!("({written})=>0"), at.start.saturating_sub(1))
    };
    match parsed(&source, start).map(|expr| *expr) {
        Some(ast::Expr::Arrow(arrow)) => arrow.params,
        _ => Vec::new(),
    }
}

/// The expression that a piece of a text is.
pub(super) fn expression(text: &str, at: Span) -> Option<Box<ast::Expr>> {
    let at = trimmed(text, at);
    let written = slice(text, at);
    if written.is_empty() || nesting_bound(written) > DEEPEST {
        return None;
    }
    parsed(written, at.start)
}

/// The expression that all of a text is, which stands at an offset of the file.
fn parsed(source: &str, start: u32) -> Option<Box<ast::Expr>> {
    let mut parser = parser(source, start);
    let expr = parser.parse_expr().ok()?;
    let end = start.saturating_add(u32::try_from(source.len()).ok()?);
    (parser.take_errors().is_empty() && expr.span().hi.0 == end.saturating_add(1)).then_some(expr)
}

/// The statements that a piece of a text is.
fn statements(text: &str, at: Span) -> Option<ast::FunctionBody> {
    let at = trimmed(text, at);
    let written = slice(text, at);
    if written.is_empty() || nesting_bound(written) > DEEPEST {
        return None;
    }
    let mut parser = parser(written, at.start);
    let module = parser.parse_module().ok().filter(|_| parser.take_errors().is_empty())?;
    let stmts = module.body.into_iter().map(|item| match item {
        ast::ModuleItem::Stmt(stmt) => Some(stmt),
        ast::ModuleItem::ModuleDecl(_) => None,
    });
    Some(ast::FunctionBody { span: swc_span(at), stmts: stmts.collect::<Option<_>>()? })
}

fn parser(source: &str, start: u32) -> Parser<swc_ecma_parser::lexer::Lexer<'_>> {
    let start = start.saturating_add(1);
    let end = start.saturating_add(u32::try_from(source.len()).unwrap_or(u32::MAX));
    Parser::new(typescript(false), StringInput::new(source, BytePos(start), BytePos(end)), None)
}

fn swc_span(at: Span) -> swc_common::Span {
    swc_common::Span { lo: BytePos(at.start.saturating_add(1)), hi: BytePos(at.end.saturating_add(1)) }
}

/// Without the space around it.
fn trimmed(text: &str, at: Span) -> Span {
    let written = slice(text, at);
    let start = at.start as usize + (written.len() - written.trim_start().len());
    span(start, start + written.trim().len())
}
