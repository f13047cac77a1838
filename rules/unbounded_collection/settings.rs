//! Entries that are taken out only where a setting says so, while whether they are put in is not asked of it.

use crate::claim::{Gap, Missed, Why};
use crate::ending;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::growth::{CollectionOp, Op};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tested::{self, Told};
use outlive_semantic::tree::{Kind, Span};

/// What instances are told when they are made, by the name of the field that keeps it.
const SETTINGS: &[&str] = &["config", "configuration", "options", "opts", "settings", "preferences", "prefs"];

/// How many calls up it is looked whether a setting is asked for before something is put in.
const DEPTH: u32 = 3;

/// A setting, and what it says where something runs.
#[derive(PartialEq, Eq)]
struct Setting {
    shown: String,
    outcome: bool,
}

/// `if (!this.options.track) return; started.delete(id)` beside `started.set(id, now)`, which asks nothing.
pub(super) fn missed(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<Missed> {
    let model = file.model;
    if !matches!(op.op, Op::Grow(_)) || op.func.index() == 0 || model.constructs(op.func).is_some() {
        return None;
    }
    let releases = || [Op::Release, Op::Reset].into_iter().flat_map(|what| file.ops_on(&op.holder, what));
    let ends_entry = |release: &&CollectionOp| !is_of_end(model, release) && !makes_room(model, op, release);
    let mut lost = releases().filter(ends_entry);
    let first = lost.next().filter(|first| first.key.is_some())?;
    let (setting, at) = setting_behind(file, first.node)?;
    // What empties the whole collection now and then is about something else.
    let is_same = |release: &CollectionOp| {
        release.key.is_some() && setting_behind(file, release.node).is_some_and(|(other, _)| other == setting)
    };
    if !lost.all(is_same) || asks_setting(file, op.node, DEPTH) {
        return None;
    }
    let span = |node: NodeId| model.file.tree.span(node);
    let releases = releases().map(|release| span(release.node)).collect::<Vec<Span>>();
    let Setting { shown, outcome } = setting;
    let how =
        format!("where `{shown}` is {}set: only else they are taken out", if outcome { "not " } else { "" });
    let ending = Some(Gap::new(how, Some(span(at))));
    Some(Missed { why: Why::Unset, at: span(at), releases, ending })
}

/// Whether a release stands in what makes, ends or begins its owner anew: it says nothing of single entries.
fn is_of_end(model: &Model<'_>, release: &CollectionOp) -> bool {
    let name = model.file.enclosing(release.func).find_map(|func| model.file.function_name(func));
    release.key.is_none() && name.is_some_and(|name| name == "reset" || ending::is_end(model.catalog, name))
        || model.constructs(release.func).is_some()
        || release.func.index() == 0
}

/// `if (started.has(id)) started.delete(id); started.set(id, now)`
fn makes_room(model: &Model<'_>, op: &CollectionOp, release: &CollectionOp) -> bool {
    let key = |op: &CollectionOp| op.key.map(|key| model.file.place(key));
    release.func == op.func && release.node < op.node && release.key.is_some() && key(release) == key(op)
}

/// The innermost setting that decides whether a node runs, and the test that asks for it.
fn setting_behind(file: &FileView<'_, '_>, node: NodeId) -> Option<(Setting, NodeId)> {
    let model = file.model;
    let parts = tested::around(model, node).flat_map(|told| match told {
        Told::Branch(test, outcome) => tested::parts(model, test, outcome),
        Told::Behind { block, statement } => {
            let before = tested::leaving_tests(model, block).into_iter();
            let before = before.take_while(|(before, ..)| *before < statement);
            before.map(|(_, test, outcome)| (test, outcome)).collect()
        }
    });
    let mut settings = parts
        .into_iter()
        .filter_map(|(test, outcome)| Some((Setting { shown: setting(file, test)?, outcome }, test)));
    settings.next()
}

/// Whether a setting decides whether a node runs, in its function or where that is called.
fn asks_setting(file: &FileView<'_, '_>, node: NodeId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return true };
    let model = file.model;
    let func = model.file.tree.func(node);
    let callers = |func: FuncId| model.calls_of(func).iter().copied();
    setting_behind(file, node).is_some()
        || model.file.enclosing(func).take_while(|func| func.index() != 0).any(|around| {
            let is_made_behind = around != func || model.file.function_name(func).is_none();
            is_made_behind && setting_behind(file, model.file.function(around).node).is_some()
                || callers(around).any(|call| asks_setting(file, call, fuel))
        })
}

/// What a test asks for, as the source names it, if that is a setting: `this.options.track`, `this.isTracking()`.
fn setting(file: &FileView<'_, '_>, test: NodeId) -> Option<String> {
    let (model, tree) = (file.model, &file.model.file.tree);
    match tree.kind(test) {
        Kind::Member => {
            // What stands deeper is a part of what was handed in, and may change: `options.client.connected`.
            let place = model.file.place(test);
            let depth = if matches!(place.root, Root::This(_)) { 2 } else { 1 };
            let is_one = place.path.len() == depth && is_setting(file, &place, tree.func(test));
            is_one.then(|| model.file.display(&place))
        }
        Kind::Call if tree.arg(test, 0).is_none() => {
            let callee = tree.callee(test)?;
            let method = model.function_of(callee)?;
            let is_own = matches!(model.file.place(callee).root, Root::This(_));
            let name = model.file.function_name(method)?;
            (is_own && only_tells_settings(file, method)).then(|| format!("{name}()"))
        }
        _ => None,
    }
}

/// Whether a place is one of the settings that its instance, or the function around the one that asks, was told, and that
/// nothing but a method for them changes.
fn is_setting(file: &FileView<'_, '_>, place: &Place, asking: FuncId) -> bool {
    let model = file.model;
    let Some(name) = told_as(model, place, asking) else { return false };
    let name = name.trim_matches(['_', '#']).to_ascii_lowercase();
    let is_told = |func: FuncId| {
        let name = model.file.function_name(func).unwrap_or_default();
        model.constructs(func).is_some() || name.starts_with("configure") || name.starts_with("set")
    };
    let is_changed = |place: &Place| {
        let mut uses = file.accesses.of(place);
        uses.any(|access| {
            matches!(access.usage, Usage::Assigned(_) | Usage::Updated(_) | Usage::Deleted(_))
                && !is_told(access.func)
        })
    };
    SETTINGS.contains(&name.as_str()) && !place.prefixes().any(|prefix| is_changed(&prefix))
}

/// What the object is called in which an instance, or the function around one that asks, was told something: the field of
/// `this.options.track`, the parameter of `options.track`.
fn told_as<'m>(model: &'m Model<'_>, place: &Place, asking: FuncId) -> Option<&'m str> {
    let tree = &model.file.tree;
    match place.root {
        Root::This(_) => match place.path.first()? {
            Step::Field(field) => Some(tree.text(*field)),
            Step::Element => None,
        },
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            let is_around = row.func != asking && model.file.is_within(asking, row.func);
            (row.kind == BindingKind::Param && is_around).then(|| tree.text(row.name))
        }
        _ => None,
    }
}

/// Whether all that a method has of its instance are settings, and it changes none.
fn only_tells_settings(file: &FileView<'_, '_>, method: FuncId) -> bool {
    let model = file.model;
    let mut own = file.accesses.iter().filter(|access| {
        model.file.is_within(access.func, method)
            && matches!(access.place.root, Root::This(_))
            && !access.place.path.is_empty()
    });
    let mut some = false;
    own.all(|access| {
        some = true;
        is_setting(file, &access.place, method)
    }) && some
}
