//! The options of a component whose template stands in the same file: what its names are.

use super::span;
use crate::tree::Span;
use rustc_hash::FxHashMap;
use swc_ecma_ast as ast;

/// What the names in a template stand for, as the options of the component say. All others are members of it.
#[derive(Default)]
pub(super) struct Names {
    /// What `setup` returns, by the names of its variables.
    pub(super) returned: FxHashMap<Box<str>, Box<str>>,
    /// Components by the names under which they are registered.
    components: FxHashMap<Box<str>, Box<str>>,
    /// The template is a part of `setup`.
    pub(super) in_setup: bool,
}

impl Names {
    /// The variable behind a tag.
    pub(super) fn component(&self, tag: &str) -> Option<&str> {
        let spellings = [tag.to_owned(), camel_case(tag), pascal_case(tag)];
        spellings.iter().find_map(|name| self.components.get(name.as_str())).map(|name| &**name)
    }
}

/// Where the template of a file belongs: into the options of its component, or into their `setup`.
pub(super) struct Home {
    /// The object, or the body of the function.
    pub(super) at: Span,
    pub(super) names: Names,
}

impl Home {
    /// Finds the component that a file exports.
    pub(super) fn find(program: &ast::Program) -> Option<Self> {
        let ast::Program::Module(module) = program else { return None };
        let options = module.body.iter().find_map(|item| match item {
            ast::ModuleItem::ModuleDecl(ast::ModuleDecl::ExportDefaultExpr(export)) => object(&export.expr),
            _ => None,
        })?;
        let mut names = Names { components: components(options), ..Names::default() };
        let Some(body) = setup(options) else { return Some(Self { at: span(options.span), names }) };
        names.returned = returned(body);
        names.in_setup = !names.returned.is_empty();
        let at = if names.in_setup { body.span } else { options.span };
        Some(Self { at: span(at), names })
    }
}

/// `{ … }`, `defineComponent({ … })`, `Vue.extend({ … })`
fn object(expr: &ast::Expr) -> Option<&ast::ObjectLit> {
    match expr {
        ast::Expr::Object(object) => Some(object),
        ast::Expr::Paren(paren) => object(&paren.expr),
        ast::Expr::TsAs(cast) => object(&cast.expr),
        ast::Expr::TsSatisfies(cast) => object(&cast.expr),
        ast::Expr::Call(call) => match &*call.args.last()?.expr {
            ast::Expr::Object(object) => Some(object),
            _ => None,
        },
        _ => None,
    }
}

fn key(name: &ast::PropName) -> Option<String> {
    match name {
        ast::PropName::Ident(ident) => Some(ident.sym.to_string()),
        ast::PropName::Str(text) => Some(text.value.to_string_lossy().into_owned()),
        _ => None,
    }
}

/// The names of an object that stand for variables.
fn variables(object: &ast::ObjectLit) -> FxHashMap<Box<str>, Box<str>> {
    let named = object.props.iter().filter_map(|prop| match prop.as_prop().map(|prop| &**prop)? {
        ast::Prop::Shorthand(ident) => Some((ident.sym.to_string(), ident.sym.to_string())),
        ast::Prop::KeyValue(pair) => match &*pair.value {
            ast::Expr::Ident(ident) => Some((key(&pair.key)?, ident.sym.to_string())),
            _ => None,
        },
        _ => None,
    });
    named.map(|(name, variable)| (name.into(), variable.into())).collect()
}

fn components(options: &ast::ObjectLit) -> FxHashMap<Box<str>, Box<str>> {
    let list = options.props.iter().find_map(|prop| match prop.as_prop().map(|prop| &**prop)? {
        ast::Prop::KeyValue(pair) if key(&pair.key)? == "components" => pair.value.as_object(),
        _ => None,
    });
    list.map(variables).unwrap_or_default()
}

fn setup(options: &ast::ObjectLit) -> Option<&ast::FunctionBody> {
    options.props.iter().find_map(|prop| match prop.as_prop().map(|prop| &**prop)? {
        ast::Prop::Method(method) if key(&method.key)? == "setup" => method.function.body.as_ref(),
        _ => None,
    })
}

/// What the last statement of a function returns.
fn returned(body: &ast::FunctionBody) -> FxHashMap<Box<str>, Box<str>> {
    let last = body.stmts.last().and_then(|stmt| stmt.as_return_stmt());
    let object = last.and_then(|last| last.arg.as_deref()).and_then(object);
    object.map(variables).unwrap_or_default()
}

/// `searchForm` for `search-form`
pub(super) fn camel_case(tag: &str) -> String {
    let mut out = String::with_capacity(tag.len());
    let mut is_first = false;
    for letter in tag.chars() {
        match letter {
            '-' => is_first = true,
            _ if is_first => {
                out.extend(letter.to_uppercase());
                is_first = false;
            }
            _ => out.push(letter),
        }
    }
    out
}

/// `SearchForm` for `search-form`
pub(super) fn pascal_case(tag: &str) -> String {
    let camel = camel_case(tag);
    let mut letters = camel.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}
