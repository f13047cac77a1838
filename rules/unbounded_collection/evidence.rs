//! What a file says of a collection besides releases: that nobody reads it, that what is filled beside it loses its entries.

use super::keys::is_open_name;
use super::missed::settled_by;
use crate::rule::FileView;
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::growth::{CollectionOp, Growth, Op};
use outlive_semantic::guard;
use outlive_semantic::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tables::FunctionKind;
use outlive_semantic::tree::{Kind, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;

/// `calls[id] = call; topics[id] = list` and later `delete calls[id]`: what is filled under the same key, at the same
/// time, for the same owner, and loses its entries one by one while the owner lives. So should this one.
pub(super) fn sibling(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<(String, Span)> {
    let model = file.model;
    let subject = subject(model, op)?;
    if file.ops_on(&op.holder, Op::Release).next().is_some() {
        return None;
    }
    let beside = file.memos.of::<Beside>();
    let beside = beside.0.get_or_init(|| filled_about(file));
    let same = beside.get(&(run_around(model, op.func), subject)).map(Vec::as_slice).unwrap_or_default();
    let mut lost = same.iter().filter(|other| are_siblings(model, other, &op.holder)).filter_map(|other| {
        let mut releases = file.ops_on(other, Op::Release);
        let release =
            releases.find(|release| release.key.is_some() && !is_within_growth(file, release, op))?;
        Some((model.file.display(other), model.file.tree.span(release.node)))
    });
    lost.next()
}

/// What an entry is about: its key, or what is added, and the method that is asked of it.
type Subject = (Place, Option<NameId>);

/// The collections that are filled in one run with what is about one thing, in the order in which they first are.
type FilledAbout = FxHashMap<(FuncId, Subject), Vec<Place>>;

/// The same, found once: each place where one grows asks.
#[derive(Default)]
struct Beside(OnceCell<FilledAbout>);

/// The names that stand in the file as texts: who has one may read the field that is called so.
#[derive(Default)]
struct Quoted(OnceCell<FxHashSet<NameId>>);

fn filled_about(file: &FileView<'_, '_>) -> FilledAbout {
    let model = file.model;
    let mut out = FilledAbout::default();
    let mut seen: FxHashSet<(FuncId, Subject, &Place)> = FxHashSet::default();
    for op in file.ops.iter().filter(|op| matches!(op.op, Op::Grow(_))) {
        let Some(subject) = subject(model, op) else { continue };
        let run = run_around(model, op.func);
        if seen.insert((run, subject.clone(), &op.holder)) {
            out.entry((run, subject)).or_default().push(op.holder.clone());
        }
    }
    out
}

/// The function that an arrow function stands in, whatever that is handed to: the same call of it fills both tables.
fn run_around(model: &Model<'_>, func: FuncId) -> FuncId {
    let row = |func: FuncId| model.file.function(func);
    let outer = |&func: &FuncId| {
        row(func).parent.filter(|parent| row(func).kind == FunctionKind::Arrow && parent.index() != 0)
    };
    std::iter::successors(Some(func), outer).last().unwrap_or(func)
}

/// What an entry is about: its key, or what is added, or what a getter of either gives, `peer.id()`. A constant or
/// something made on the spot is nothing to go by.
fn subject(model: &Model<'_>, op: &CollectionOp) -> Option<Subject> {
    let tree = &model.file.tree;
    let node = op.key.or(op.value)?;
    let asked = tree.callee(node).filter(|_| tree.kind(node) == Kind::Call && tree.arg(node, 0).is_none());
    let (node, method) = match asked.filter(|&callee| tree.kind(callee) == Kind::Member) {
        Some(callee) => (tree.first(callee)?, tree.name_id(callee)),
        None => (node, None),
    };
    let place = model.file.place(node);
    (!matches!(place.root, Root::Value(_))).then_some((place, method))
}

/// Fields of one thing, or variables of one module or of one run.
fn are_siblings(model: &Model<'_>, a: &Place, b: &Place) -> bool {
    let run = |place: &Place| match place.root {
        Root::Binding(binding) if place.path.is_empty() => Some(model.file.binding(binding).func),
        _ => None,
    };
    let are_fields = || {
        let is_field = |place: &Place| matches!(place.path.last(), Some(Step::Field(_)));
        is_field(a) && is_field(b) && a.parent() == b.parent()
    };
    a != b && (run(a).is_some() && run(a) == run(b) || are_fields())
}

/// A release before the growth, in the same function, makes room for the new entry and says nothing of its end.
fn is_within_growth(file: &FileView<'_, '_>, release: &CollectionOp, op: &CollectionOp) -> bool {
    release.func == op.func && release.node < op.node || file.model.constructs(release.func).is_some()
}

/// Whether a list is filled with one more thing each time and nothing in the file ever looks at one: at most it is
/// counted. What is kept for one call is read in it.
pub(super) fn is_unread(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let model = file.model;
    let Some(field) = own_field(model, &op.holder) else { return false };
    // A thing that nobody knows may be an instance; another class has a field of its own.
    let is_known = |access: &Access| match access.place.root {
        Root::This(_) if access.place.root != op.holder.root => access.place.path.len() == 1,
        _ => access.place.starts_with(&op.holder),
    };
    // `run(list, '_hooks', args)`
    let is_quoted = || {
        let tree = &model.file.tree;
        let texts = || tree.ids().filter(|&node| tree.kind(node) == Kind::String);
        let quoted = file.memos.of::<Quoted>();
        let quoted = quoted.0.get_or_init(|| texts().filter_map(|node| tree.name_id(node)).collect());
        quoted.contains(&field)
    };
    matches!(op.op, Op::Grow(Growth::Push))
        && is_made_empty(model, &op.holder)
        && !is_quoted()
        && file.accesses.in_field(field).all(is_known)
        && file.accesses.below(&op.holder).all(|access| is_unread_in(file, op, access))
}

/// Whether a use of a list tells nothing of its entries: it grows, it is counted, it gets its first value.
fn is_unread_in(file: &FileView<'_, '_>, op: &CollectionOp, access: &Access) -> bool {
    let tree = &file.model.file.tree;
    let is_counted = || {
        let name = access.place.last_field().map(|name| tree.text(name));
        access.place.parent().as_ref() == Some(&op.holder) && matches!(name, Some("length"))
    };
    let grows = || {
        file.ops_on(&op.holder, op.op).any(|other| tree.contains(other.node, access.node))
            && matches!(access.usage, Usage::Method { .. })
    };
    match access.usage {
        Usage::Tested(_) => true,
        // Who starts over each time keeps no more than one run of it.
        Usage::Assigned(_) if access.place == op.holder => {
            file.model.constructs(access.func).is_some()
                || guard::once_guard(file.model, access.node).is_some()
        }
        _ => grows() || is_counted(),
    }
}

/// The field that a place is of its own instance, if its name or its syntax calls it private and no template reads it.
fn own_field(model: &Model<'_>, holder: &Place) -> Option<NameId> {
    let Root::This(class) = holder.root else { return None };
    let field = holder.last_field().filter(|_| holder.path.len() == 1)?;
    let name = model.file.tree.text(field);
    let is_private = name.starts_with(['_', '#']) || name.ends_with('_');
    let is_own = is_private && model.file.class(class).decorators.is_empty();
    (is_own && !is_inherited(model, class, field)).then_some(field)
}

/// Whether a field is of the class that this one extends, which may read it: in TypeScript who has a field declares it.
fn is_inherited(model: &Model<'_>, class: ClassId, field: NameId) -> bool {
    let row = model.file.class(class);
    let is_typed = [".ts", ".tsx", ".mts", ".cts"].iter().any(|end| model.file.path.ends_with(end));
    let is_declared = || row.members.iter().any(|member| member.name == Some(field));
    is_typed && row.super_class.is_some() && !is_declared()
}

/// Whether all that a place is ever given is an empty list made on the spot: nobody else has it.
fn is_made_empty(model: &Model<'_>, holder: &Place) -> bool {
    let values = model.values(holder);
    let is_list = |&value: &NodeId| model.file.tree.kind(value) == Kind::Array;
    values.iter().any(is_list) && values.iter().all(|value| is_list(value) || model.is_nothing(*value))
}

/// Words that name what waits for an end.
const WAITING: &[&str] = &["pending", "inflight", "outstanding"];

/// Whether a table of an instance, or of what a function returns, calls itself one of things that wait for their end, or
/// holds what settles promises, and nothing in the file, under whatever name, ever takes one out or starts over.
pub(super) fn is_waiting(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let model = file.model;
    let (field, name) = match (op.holder.root, op.holder.last_field()) {
        (Root::This(_), Some(field)) => (Some(field), field),
        (Root::Binding(table), None) if model.file.binding(table).func.index() != 0 => {
            (None, model.file.binding(table).name)
        }
        _ => return false,
    };
    let name = model.file.tree.text(name).to_ascii_lowercase();
    let is_named = WAITING.iter().any(|word| name.contains(word)) || settled_by(model, op).is_some();
    let is_table = matches!(op.op, Op::Grow(Growth::Set | Growth::Key));
    let is_given_up = || {
        file.ops.iter().any(|other| {
            matches!(other.op, Op::Release | Op::Reset | Op::Blank)
                && if field.is_some() { other.holder.field() == field } else { other.holder == op.holder }
                && model.constructs(other.func).is_none()
        })
    };
    is_named && is_table && !is_given_up()
}

/// Whether a key is put together from something of which there is no end: `` `${method} ${url}` ``, `keyOf(request.ip)`, or
/// from as many parts as come: `parts.join(',')`.
pub(super) fn is_open(model: &Model<'_>, key: NodeId) -> bool {
    let tree = &model.file.tree;
    let value = model.file.value_of(key).unwrap_or(key);
    let parts: Vec<NodeId> = match tree.kind(value) {
        Kind::Template | Kind::Binary | Kind::Logical => tree.children(value).collect(),
        Kind::Call if matches!(tree.method_call(value), Some((_, "join"))) => {
            let list = tree.method_call(value).map(|(list, _)| list);
            match list.filter(|&list| tree.kind(list) == Kind::Array) {
                Some(list) => tree.children(list).collect(),
                None => return true,
            }
        }
        Kind::Call => tree.args(value).collect(),
        _ => return false,
    };
    parts.into_iter().any(|part| match tree.kind(part) {
        Kind::Identifier | Kind::Member => model.callee_name(part).is_some_and(is_open_name),
        Kind::Binary => is_open(model, part),
        _ => false,
    })
}

/// `const key = [a, b]; if (!table.has(key)) table.set(key, …)`: a key that is made in each call, and that nothing but the
/// table gets, is never found again.
pub(super) fn is_fresh_local(file: &FileView<'_, '_>, op: &CollectionOp) -> bool {
    let model = file.model;
    let tree = &model.file.tree;
    let Some(binding) = op.key.and_then(|key| model.file.binding_of(key)) else { return false };
    let value = model.file.sole_value(binding);
    let is_own = model.file.binding(binding).func == op.func && matches!(op.op, Op::Grow(Growth::Set));
    if !is_own || !value.is_some_and(|value| is_made_here(model, value)) {
        return false;
    }
    let is_key = |node: NodeId| {
        let mut uses = file.ops.iter().filter(|other| other.holder == op.holder);
        uses.any(|other| other.key.is_some_and(|key| tree.contains(key, node)))
    };
    file.accesses.below(&Place::root(Root::Binding(binding))).all(|access| is_key(access.node))
}

/// Whether every value of an expression is a list or an object that it makes.
fn is_made_here(model: &Model<'_>, value: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(value) {
        Kind::Array | Kind::Object => true,
        Kind::Conditional => tree.children(value).skip(1).all(|part| is_made_here(model, part)),
        Kind::Call => {
            matches!(tree.method_call(value), Some((_, "split" | "slice" | "map" | "filter" | "concat")))
        }
        _ => false,
    }
}

/// `this.streams[this.next++] = stream`: the owner of the table, or the module, counts what is put in, so as long as the table lives
/// there is always one more.
pub(super) fn is_numbered(model: &Model<'_>, op: &CollectionOp) -> bool {
    // A variable is its own owner, beside those of the same run.
    let owner = op.holder.parent().unwrap_or_else(|| op.holder.clone());
    op.key.is_some_and(|key| is_counted(model, key, &owner, STEPS))
}

/// So many names are followed from a key to the number that it is.
const STEPS: u32 = 4;

/// Whether a value is a field of the owner that is counted up right there, or was given such a number.
fn is_counted(model: &Model<'_>, value: NodeId, owner: &Place, fuel: u32) -> bool {
    let tree = &model.file.tree;
    let run = |variable: BindingId| model.file.binding(variable).func;
    let is_beside = |counter: BindingId| {
        run(counter).index() == 0 || matches!(owner.root, Root::Binding(table) if run(table) == run(counter))
    };
    let is_of_owner = |place: &Place| {
        place.parent().as_ref() == Some(owner)
            || place.path.is_empty() && matches!(place.root, Root::Binding(counter) if is_beside(counter))
    };
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    match tree.kind(value) {
        Kind::Update => tree.first(value).is_some_and(|number| is_of_owner(&model.file.place(number))),
        Kind::Assign => tree.child(value, 1).is_some_and(|given| is_counted(model, given, owner, fuel)),
        Kind::Identifier => {
            model.file.value_of(value).is_some_and(|given| is_counted(model, given, owner, fuel))
        }
        Kind::Member => {
            let place = model.file.place(value);
            is_of_owner(&place)
                && model.values(&place).iter().any(|&given| is_counted(model, given, owner, fuel))
        }
        _ => false,
    }
}
