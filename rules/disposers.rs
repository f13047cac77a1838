//! Disposers that an instance keeps on a list of its own until it ends: `this.subscriptions.push(() => …)`,
//! `this._register(toDisposable(() => …))`.

use crate::ending;
use outlive_semantic::index::{ClassId, FuncId, NameId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::Kind;

/// The method that runs what a list of an instance holds; none where another file has it.
type End = Option<(String, FuncId)>;

/// How much may stand between a function and the list: an object with a method, a call that makes a disposer of it.
const WRAPPERS: u32 = 4;

/// The end of the instances of a class that put a function, or one that it stands in or is called by, on a list of theirs.
pub(crate) fn end_of_list(model: &Model<'_>, func: FuncId, class: ClassId) -> Option<End> {
    let listed = |func: FuncId| {
        let around = model.file.enclosing(func).take_while(|&at| at.index() != 0);
        around.map(|at| model.file.function(at)).find_map(|row| end_of_listed(model, row.node, class))
    };
    let by_method = || {
        let method = model.file.enclosing(func).find(|&at| model.file.function(at).class == Some(class))?;
        model.calls_of(method).iter().find_map(|&call| listed(model.file.tree.func(call)))
    };
    listed(func).or_else(by_method)
}

/// The end of the instances of a class that put an expression on a list of theirs.
pub(crate) fn end_of_listed(model: &Model<'_>, node: NodeId, class: ClassId) -> Option<End> {
    let list = list_of(model, node, class, WRAPPERS)?;
    let Some((name, end)) = ending::end_method(model, class) else {
        // What a class inherits from another file, the project knows.
        let inherits = model.lineage(class).any(|class| model.file.class(class).super_class.is_some());
        return inherits.then_some(None);
    };
    let runs = |field: NameId| {
        let tree = &model.file.tree;
        let body = model.file.body(end);
        body.is_some_and(|body| tree.subtree(body).any(|node| tree.name_id(node) == Some(field)))
    };
    list.is_none_or(runs).then(|| Some((name.to_owned(), end)))
}

/// The field that is the list which an expression is put on, if it is put on one; none of a list that another file has.
fn list_of(model: &Model<'_>, node: NodeId, class: ClassId, fuel: u32) -> Option<Option<NameId>> {
    let (tree, fuel) = (&model.file.tree, fuel.checked_sub(1)?);
    let Some((call, _)) = tree.argument_of(node) else {
        let property = tree.parent(node)?;
        let object = tree.parent(property).filter(|&object| tree.kind(object) == Kind::Object)?;
        return list_of(model, object, class, fuel);
    };
    if let Some((object, method)) = tree.method_call(call)
        && let place = model.file.place(object)
        && place.root == Root::This(class)
    {
        return match (own_field(&place), place.path.is_empty()) {
            (Some(field), _) if matches!(method, "push" | "add") => Some(Some(field)),
            (_, true) => kept_by(model, tree.name_id(tree.callee(call)?)?, class),
            _ => None,
        };
    }
    let name = tree.callee(call).and_then(|callee| model.callee_name(callee));
    let makes_disposer = name.is_some_and(|name| name.to_ascii_lowercase().contains("disposable"));
    if makes_disposer { list_of(model, call, class, fuel) } else { None }
}

/// The field of a place that is one.
fn own_field(place: &Place) -> Option<NameId> {
    match place.path[..] {
        [Step::Field(name)] => Some(name),
        _ => None,
    }
}

/// The list on which a method of a class puts what it is handed: `register(one) { this.all.push(one); }`. Of one that is
/// inherited from another file its name has to tell.
fn kept_by(model: &Model<'_>, method: NameId, class: ClassId) -> Option<Option<NameId>> {
    let tree = &model.file.tree;
    let Some(func) = model.instance_method(class, method) else {
        let name = tree.text(method).trim_start_matches('_');
        let keeps = name.starts_with("register") || name.ends_with("Disposable") && name.starts_with("add");
        return keeps.then_some(None);
    };
    let is_handed = |arg: NodeId| {
        model.file.binding_of(arg).is_some_and(|binding| {
            let row = model.file.binding(binding);
            row.kind == BindingKind::Param && row.func == func
        })
    };
    tree.subtree(model.file.body(func)?).filter(|&node| tree.kind(node) == Kind::Call).find_map(|call| {
        let (object, "push" | "add") = tree.method_call(call)? else { return None };
        let list = own_field(&model.file.place(object))?;
        tree.arg(call, 0).is_some_and(is_handed).then_some(Some(list))
    })
}
