//! How frameworks end what they make: methods that they never call, decorators that end what fields hold, and what does
//! not run where components are rendered on a server.

use super::frameworks::{Decorator, hooks_of, is_owner};
use super::injected;
use crate::catalog::{DecoratorRow, EndingRow, LibraryId, UncalledRow, When};
use crate::guard;
use crate::index::{ClassId, FuncId, NameId, NodeId};
use crate::model::Model;
use crate::place::{Place, Root, Step};
use crate::rate::Rate;
use crate::tables::ClassKind;
use crate::tree::Kind;
use rustc_hash::FxHashSet;

/// Why the framework that makes the instances of a class never calls the method of this name, although it looks like an
/// end; none if it does, or somebody else may.
#[must_use]
pub fn uncalled<'a>(model: &Model<'a>, class: ClassId, name: &str) -> Option<&'a str> {
    let mut rows = model.catalog.uncalled().iter().filter(|row| row.methods.iter().any(|of| of == name));
    rows.find(|row| is_uncalled_of(model, class, row)).map(|row| row.why.as_str())
}

fn is_uncalled_of(model: &Model<'_>, class: ClassId, row: &UncalledRow) -> bool {
    let decorators = &model.file.class(class).decorators;
    let says = |&at: &NodeId| Decorator::of(model, at).is_some_and(|at| at.says(model, &row.option));
    let by_token = || injected::by_token(model, class).is_some_and(|(scope, _)| is_of_scope(row, scope));
    is_owner(model, class, &row.of, row.library)
        && (row.option.is_empty() || decorators.iter().any(says) || by_token())
        && stands_alone(model, class, row.library)
}

/// Whether a row is about the classes that a decorator's row has made more often.
fn is_of_scope(row: &UncalledRow, scope: &DecoratorRow) -> bool {
    row.library == scope.library && !row.option.is_empty() && row.option == scope.option
}

/// Why the framework never calls the method of this name if it makes the instances of the class as often as something
/// that it injects.
#[must_use]
pub fn uncalled_in_scope<'a>(model: &Model<'a>, class: ClassId, name: &str) -> Option<&'a str> {
    let is_it = |row: &&UncalledRow| {
        let mut scopes = model.catalog.spreading().filter(|scope| is_of_scope(row, scope));
        row.methods.iter().any(|of| of == name)
            && scopes.any(|scope| injected::receives(model, class, scope))
            && is_owner(model, class, &row.of, row.library)
            && stands_alone(model, class, row.library)
    };
    model.catalog.uncalled().iter().find(is_it).map(|row| row.why.as_str())
}

/// Whether nothing of the project stands above a class: a base class or mixin may call what it finds below. Of an object,
/// a hook of the framework says that it is one of its components.
fn stands_alone(model: &Model<'_>, class: ClassId, library: LibraryId) -> bool {
    let row = model.file.class(class);
    if row.kind != ClassKind::Object {
        return row.super_class.is_none_or(|base| model.api_path(base).is_some());
    }
    let mut names = row.members.iter().filter_map(|member| Some(model.file.tree.text(member.name?)));
    let mut has_hook = || names.any(|name| hooks_of(model, class, name).any(|hook| hook.library == library));
    let is_mixed =
        ["mixins", "extends"].iter().any(|name| model.file.tree.property(row.node, name).is_some());
    !is_mixed && has_hook()
}

/// Whether a decorator calls one of these methods on what a field, or a list in a field, holds when the instance ends.
#[must_use]
pub fn ends_field(model: &Model<'_>, place: &Place, methods: &[String]) -> bool {
    let Root::This(class) = place.root else { return false };
    let (field, is_element) = match place.path[..] {
        [Step::Field(field)] => (field, false),
        [Step::Field(field), Step::Element] => (field, true),
        _ => return false,
    };
    let row = model.file.class(class);
    let ends = |decorator: NodeId, of_class: bool| {
        let Some(decorator) = Decorator::of(model, decorator) else { return false };
        let is_it = |row: &EndingRow| {
            let is_from = |package: &str| row.packages.iter().any(|from| from == package);
            row.class == of_class
                && (row.packages.is_empty() || decorator.package.is_some_and(is_from))
                && row.calls.iter().any(|call| methods.contains(call))
                && decorator.says(model, &row.option)
                && speaks_of(model, &decorator, row, field, is_element)
        };
        model.catalog.endings(decorator.name).iter().any(is_it)
    };
    row.decorators.iter().any(|&decorator| ends(decorator, true))
        || model.member_decorators(class, field).any(|decorator| ends(decorator, false))
}

/// Whether the options of a decorator leave a field, or the elements of a field, to a row.
fn speaks_of(
    model: &Model<'_>,
    decorator: &Decorator<'_>,
    row: &EndingRow,
    field: NameId,
    is_element: bool,
) -> bool {
    let tree = &model.file.tree;
    let names = |option: &String| {
        let value = decorator.option(model, option);
        value.is_some_and(|value| tree.subtree(value).any(|at| tree.string(at) == Some(tree.text(field))))
    };
    row.list.is_some() == is_element
        && row.list.as_ref().is_none_or(names)
        && !row.skips.as_ref().is_some_and(names)
        && !row.unless.iter().any(|option| decorator.option(model, option).is_some())
}

/// The hook that a function is handed to behind an `await`, and which is for the component or scope that is being set up:
/// by then nobody knows which that is.
#[must_use]
pub fn late_hook<'m>(model: &'m Model<'_>, func: FuncId) -> Option<&'m str> {
    let tree = &model.file.tree;
    let [handed] = model.handed(func) else { return None };
    let around = tree.func(handed.call);
    let is_of_setup = || model.callback_rows(handed).first().is_some_and(|(row, _)| row.in_setup);
    let is_late =
        model.file.function(around).is_async && is_of_setup() && is_behind_await(model, handed.call);
    if is_late { model.callee_name(tree.callee(handed.call)?) } else { None }
}

/// Whether a statement before a node, in one of the blocks around it, waits whatever happens.
fn is_behind_await(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let func = tree.func(node);
    let waits = |statement: NodeId| {
        matches!(tree.kind(statement), Kind::VarDecl | Kind::ExprStmt)
            && tree.subtree(statement).any(|at| tree.kind(at) == Kind::Await && tree.func(at) == func)
    };
    let mut child = node;
    tree.within_function(node).any(|around| {
        let is_block = tree.kind(around) == Kind::Block;
        let mut before = tree.children(around).take_while(|&statement| is_block && statement != child);
        let found = before.any(waits);
        child = around;
        found
    })
}

/// Whether a method is a hook of a framework: none if it is not, else whether it runs on a server too.
pub(crate) fn runs_on_server(model: &Model<'_>, func: FuncId) -> Option<bool> {
    let class = model.file.function(func).class?;
    let name = model.file.function_name(func)?;
    hooks_of(model, class, name).next().map(|row| !row.client)
}

/// The hook by whose function alone something runs, which is never called on a server although the code of `site` is:
/// `useEffect` of a component that is rendered there, `beforeDestroy` beside `created`. None where the code may ask
/// whether it runs on one.
#[must_use]
pub fn client_hook<'m>(model: &'m Model<'_>, site: NodeId, func: FuncId) -> Option<&'m str> {
    hook_of(model, &rendered_in(model, site), func, HELPERS)
}

/// The hook that a function, or one around it, is or is handed to, and which a server that renders never calls.
pub(crate) fn browser_hook<'m>(model: &'m Model<'_>, func: FuncId) -> Option<&'m str> {
    model.file.enclosing(func).find_map(|at| {
        let handed = model
            .handed(at)
            .iter()
            .find(|handed| model.callback_rows(handed).first().is_some_and(|(row, _)| row.client));
        let hook = handed.and_then(|handed| model.callee_name(model.file.tree.callee(handed.call)?));
        hook.or_else(|| model.file.function_name(at).filter(|_| runs_on_server(model, at) == Some(false)))
    })
}

/// The functions that call some function by its name where the code may ask whether it runs on a server.
pub(crate) fn asking_where(model: &Model<'_>) -> FxHashSet<FuncId> {
    let tree = &model.file.tree;
    let is_plain = |call: &NodeId| {
        tree.kind(*call) == Kind::Call
            && tree.callee(*call).is_some_and(|callee| tree.kind(callee) == Kind::Identifier)
    };
    let calls = model.all_calls().iter().copied().filter(is_plain);
    calls.filter(|&call| asks_where(model, call)).map(|call| tree.func(call)).collect()
}

/// How many functions of the file may stand between a hook and what is done for it.
const HELPERS: u32 = 4;

/// How many calls of one of them are looked at.
const CALLERS: usize = 16;

fn hook_of<'m>(model: &'m Model<'_>, rendered: &[FuncId], func: FuncId, fuel: u32) -> Option<&'m str> {
    let tree = &model.file.tree;
    let handed_to_hook = |at: FuncId| {
        let handed = model.handed(at).iter().find(|handed| {
            let is_client = model.callback_rows(handed).first().is_some_and(|(row, _)| row.client);
            is_client && rendered.contains(&tree.func(handed.call))
        })?;
        model.callee_name(tree.callee(handed.call)?)
    };
    let is_hook = |at: FuncId| {
        let is_beside = |&site: &FuncId| {
            model.file.function(at).class == model.file.function(site).class
                && runs_on_server(model, site) == Some(true)
        };
        runs_on_server(model, at) == Some(false) && rendered.iter().any(is_beside)
    };
    let found = model.file.enclosing(func).find_map(|at| {
        handed_to_hook(at).or_else(|| is_hook(at).then(|| model.file.function_name(at)).flatten())
    });
    found.or_else(|| called_by_hook(model, rendered, func, fuel))
}

/// The same of a helper that nobody but such functions calls.
fn called_by_hook<'m>(model: &'m Model<'_>, rendered: &[FuncId], func: FuncId, fuel: u32) -> Option<&'m str> {
    let fuel = fuel.checked_sub(1)?;
    let is_given_out =
        || model.file.function(func).binding.is_some_and(|binding| model.file.is_exported(binding));
    let calls = model.calls_of(func);
    if calls.is_empty() || !model.handed(func).is_empty() || is_given_out() {
        return None;
    }
    let hooks = calls.iter().map(|&call| hook_of(model, rendered, model.file.tree.func(call), fuel));
    hooks.collect::<Option<Vec<_>>>()?.into_iter().min()
}

/// The functions of which a node is a part that runs whenever they do: its own, those that call that one, and those in
/// which it is run at once.
fn rendered_in(model: &Model<'_>, site: NodeId) -> Vec<FuncId> {
    let tree = &model.file.tree;
    let (mut out, mut open) = (Vec::new(), vec![site]);
    while let Some(node) = open.pop() {
        let func = tree.func(node);
        if out.len() >= HELPERS as usize || out.contains(&func) || asks_where(model, node) {
            continue;
        }
        out.push(func);
        let at_once = model.handed(func).iter().filter(|handed| {
            model.callback_rows(handed).first().is_some_and(|(row, callback)| {
                !row.client && matches!(callback.runs, When::Each | When::At(Rate::Component | Rate::Render))
            })
        });
        let calls = model.calls_of(func).iter().copied();
        open.extend(calls.chain(at_once.map(|handed| handed.call)).take(CALLERS));
    }
    out
}

/// Statements at the head of a function among which a way out is looked for.
const HEAD: usize = 64;

/// Whether code may ask whether it runs on a server: it stands under a condition, or behind a way out that asks.
#[must_use]
pub fn asks_where(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_condition = |at: NodeId| {
        matches!(tree.kind(at), Kind::If | Kind::Conditional | Kind::Logical | Kind::Switch | Kind::Catch)
    };
    let leaves = |at: NodeId| {
        tree.kind(at) == Kind::If
            && tree.child(at, 1).is_some_and(|then| guard::always_leaves(model, then))
            && tree.first(at).is_some_and(|test| names_where(model, test))
    };
    tree.within_function(node).any(is_condition)
        || model
            .file
            .body(tree.func(node))
            .is_some_and(|body| tree.children(body).take(HEAD).take_while(|&at| at < node).any(leaves))
}

/// `typeof window === 'undefined'`, `isServer`
fn names_where(model: &Model<'_>, test: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.subtree(test).any(|node| {
        let name = tree.name(node).unwrap_or_default().to_ascii_lowercase();
        ["server", "ssr", "browser", "client", "window", "document", "dom"]
            .iter()
            .any(|word| name.contains(word))
    })
}
