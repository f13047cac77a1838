//! How frameworks end what they make: methods that they never call, decorators that end what fields hold, and what does
//! not run where components are rendered on a server.

use super::frameworks::{Decorator, is_hook, is_owner};
use crate::catalog::{EndingRow, HookRow, LibraryId, UncalledRow};
use crate::index::{ClassId, FuncId, NodeId};
use crate::model::Model;
use crate::place::{Place, Root, Step};
use crate::tables::ClassKind;
use crate::tree::Kind;

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
    is_owner(model, class, &row.of, row.library)
        && (row.option.is_empty() || decorators.iter().any(says))
        && stands_alone(model, class, row.library)
}

/// Whether nothing of the project stands above a class: a base class or mixin may call what it finds below. Of an object,
/// a hook of the framework says that it is one of its components.
fn stands_alone(model: &Model<'_>, class: ClassId, library: LibraryId) -> bool {
    let row = model.file.class(class);
    if row.kind != ClassKind::Object {
        return row.super_class.is_none_or(|base| model.api_path(base).is_some());
    }
    let has_hook = |hook: &HookRow| {
        let names = row.members.iter().filter_map(|member| Some(model.file.tree.text(member.name?)));
        hook.library == library && names.into_iter().any(|name| is_hook(model, class, hook, name))
    };
    let is_mixed =
        ["mixins", "extends"].iter().any(|name| model.file.tree.property(row.node, name).is_some());
    !is_mixed && model.catalog.hooks().iter().any(has_hook)
}

/// Whether a decorator calls one of these methods on what a field holds when the instance ends.
#[must_use]
pub fn ends_field(model: &Model<'_>, place: &Place, methods: &[String]) -> bool {
    let (Root::This(class), [Step::Field(field)]) = (place.root, &place.path[..]) else { return false };
    let row = model.file.class(class);
    let ends = |decorator: NodeId, of_class: bool| {
        let Some(decorator) = Decorator::of(model, decorator) else { return false };
        let is_it = |row: &EndingRow| {
            let is_from = |package: &str| row.packages.iter().any(|from| from == package);
            row.class == of_class
                && (row.packages.is_empty() || decorator.package.is_some_and(is_from))
                && row.calls.iter().any(|call| methods.contains(call))
                && decorator.says(model, &row.option)
        };
        model.catalog.endings(decorator.name).iter().any(is_it)
    };
    row.decorators.iter().any(|&decorator| ends(decorator, true))
        || model.member_decorators(class, *field).any(|decorator| ends(decorator, false))
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
fn runs_on_server(model: &Model<'_>, func: FuncId) -> Option<bool> {
    let class = model.file.function(func).class?;
    let name = model.file.function_name(func)?;
    model.catalog.hooks().iter().find(|row| is_hook(model, class, row, name)).map(|row| !row.client)
}

/// The hook by whose function alone something runs, which is never called on a server although the code of `site` is:
/// `useEffect` of a component that is rendered there, `beforeDestroy` beside `created`.
#[must_use]
pub fn client_hook<'m>(model: &'m Model<'_>, site: FuncId, func: FuncId) -> Option<&'m str> {
    let tree = &model.file.tree;
    model.file.enclosing(func).find_map(|at| {
        let handed = model.handed(at).iter().find(|handed| {
            let is_client = model.callback_rows(handed).first().is_some_and(|(row, _)| row.client);
            is_client && tree.func(handed.call) == site
        });
        let called = handed.and_then(|handed| model.callee_name(tree.callee(handed.call)?));
        let is_hook = || {
            let is_of_class = model.file.function(at).class == model.file.function(site).class;
            is_of_class
                && runs_on_server(model, at) == Some(false)
                && runs_on_server(model, site) == Some(true)
        };
        called.or_else(|| is_hook().then(|| model.file.function_name(at)).flatten())
    })
}
