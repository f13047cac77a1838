//! Places that hold another value when something is removed through them than when it was added.

use crate::slot::{self, Wanted};
use outlive_semantic::flow::Flow;
use outlive_semantic::identity::{self, Identity, Match};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::listeners::{Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{AssignOp, Kind};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

/// What is written more often by one function is not followed.
const WRITES: usize = 16;

/// How many calls deep it is asked what a function runs.
const DEPTH: u32 = 4;

/// The target, the function, or what one of them is a part of, if it has surely been given something else between the
/// adding and the removal: `this.h = f; x.on('e', this.h); this.h = g; x.off('e', this.h)`.
pub(crate) fn since_added(model: &Model<'_>, added: &Registration, removal: &Removal) -> Option<Place> {
    let is_other = |(place, read): &(Place, NodeId)| is_other_by_then(model, place, *read, added, removal);
    shared(model, added, removal).into_iter().find(is_other).map(|(place, _)| place)
}

/// The same, if both the removal and the adding after it go by what this run has just been handed: what an earlier run
/// added elsewhere stays. `follow(room) { this.room = room; this.room.off('m', f); this.room.on('m', f); }`
pub(crate) fn before_both(model: &Model<'_>, added: &Registration, removal: &Removal) -> Option<Place> {
    if added.func != removal.func || removal.call > added.call {
        return None;
    }
    let is_handed_before = |(place, read): &(Place, NodeId)| {
        let writes = Writes::of(model, place, removal.func);
        writes.is_some_and(|writes| {
            writes.values.iter().all(|&value| is_handed(model, value, removal.func))
                && writes.nodes.iter().all(|write| write < read)
                && writes.are_on_every_way(model, removal.func, None, *read)
        })
    };
    shared(model, added, removal).into_iter().find(is_handed_before).map(|(place, _)| place)
}

/// The places by which both name the same target or function, and that can be written to; and where the removing
/// function has read them.
fn shared(model: &Model<'_>, added: &Registration, removal: &Removal) -> SmallVec<[(Place, NodeId); 2]> {
    let target = (removal.place == added.place).then(|| (removal.place.clone(), removal.target));
    let function = removal.listener.and_then(|removed| {
        match (identity::identity(model, added.listener), identity::identity(model, removed)) {
            (Identity::At(one), Identity::At(other)) if one == other => Some((one, removed)),
            _ => None,
        }
    });
    let slots = |(place, named): (Place, NodeId)| {
        let read = read_at(model, removal, (&place, named));
        place.prefixes().filter(is_slot).map(move |place| (place, read))
    };
    target.into_iter().chain(function).flat_map(slots).collect()
}

/// Where what a removal names was read: `const { worker } = this.context; this.context = null; worker.off('e', f)` has
/// the one from before.
fn read_at(model: &Model<'_>, removal: &Removal, (place, named): (&Place, NodeId)) -> NodeId {
    let file = model.file;
    // A variable that is the place itself is read where it is named.
    let name = file.binding_of(named).filter(|&binding| place.root != Root::Binding(binding));
    let local = name.map(|binding| file.binding(binding));
    let local = local
        .filter(|row| row.func == removal.func && row.values.len() + usize::from(row.opaque_writes > 0) <= 1);
    let is_declarator = |node: &NodeId| file.tree.kind(*node) == Kind::Declarator;
    local.and_then(|row| file.tree.within_function(row.node).find(is_declarator)).unwrap_or(removal.call)
}

fn is_slot(place: &Place) -> bool {
    let is_named = place.path.iter().all(|step| matches!(step, Step::Field(_)));
    is_named
        && match place.root {
            Root::This(_) => !place.path.is_empty(),
            Root::Binding(_) => true,
            _ => false,
        }
}

fn is_other_by_then(
    model: &Model<'_>,
    place: &Place,
    read: NodeId,
    added: &Registration,
    removal: &Removal,
) -> bool {
    let Some(writes) = Writes::of(model, place, removal.func) else { return false };
    if added.func == removal.func {
        return writes.are_on_every_way(model, removal.func, Some(added.call), read)
            && writes.values.iter().all(|&value| {
                let is_written_here = || writes.are_before(model, added) && !writes.nodes.is_empty();
                is_new(model, value) || is_written_here() && writes.differ_after(model, added.call, value)
            });
    }
    // A variable of the removing function is another one in each run anyway.
    let is_own =
        matches!(place.root, Root::Binding(binding) if model.file.binding(binding).func == removal.func);
    !is_own
        && writes.values.iter().all(|&value| is_new(model, value))
        && !model.file.is_within(added.func, removal.func)
        && writes.are_on_every_way(model, removal.func, None, read)
        && !slot::reaches(model, removal.func, &Wanted::of(model, [added.func]), DEPTH)
}

/// The assignments to a place in one function.
struct Writes {
    nodes: SmallVec<[NodeId; 2]>,
    values: SmallVec<[NodeId; 2]>,
}

impl Writes {
    /// None if there are none, if there are many, or if one need not write.
    fn of(model: &Model<'_>, place: &Place, func: FuncId) -> Option<Self> {
        let tree = &model.file.tree;
        let values = model.values(place);
        let here = values.iter().copied().filter(|&value| tree.func(value) == func).take(WRITES + 1);
        let values: SmallVec<[NodeId; 2]> = here.collect();
        if values.is_empty() || values.len() > WRITES {
            return None;
        }
        let write = |&value: &NodeId| {
            let parent = tree.parent(value)?;
            let is_plain = match tree.kind(parent) {
                Kind::Assign => tree.assign_op(parent) == AssignOp::Plain,
                Kind::Declarator => true,
                _ => false,
            };
            is_plain.then_some(parent)
        };
        let nodes: Option<SmallVec<[NodeId; 2]>> = values.iter().map(write).collect();
        Some(Self { nodes: nodes?, values })
    }

    /// Whether each way from a node, or from the beginning of the function, to another one passes a write, and one leads
    /// there.
    fn are_on_every_way(&self, model: &Model<'_>, func: FuncId, from: Option<NodeId>, to: NodeId) -> bool {
        let Some(flow) = Flow::of(model, func) else { return false };
        let start = match from {
            Some(from) => flow.points(from).first().copied(),
            None => Some(flow.entry()),
        };
        let stops: FxHashSet<NodeId> = self.nodes.iter().copied().collect();
        start.is_some_and(|start| {
            flow.reaches(start, to, &FxHashSet::default()) && !flow.reaches(start, to, &stops)
        })
    }

    /// Whether what was added was written by this run.
    fn are_before(&self, model: &Model<'_>, added: &Registration) -> bool {
        let is_declared = self
            .nodes
            .iter()
            .any(|&write| write < added.call && model.file.tree.kind(write) == Kind::Declarator);
        is_declared || self.are_on_every_way(model, added.func, None, added.call)
    }

    /// Whether a value that is written behind a node is surely none of those that are written before it.
    fn differ_after(&self, model: &Model<'_>, node: NodeId, value: NodeId) -> bool {
        let other = identity::identity(model, value);
        let is_other = |&before: &NodeId| {
            identity::compare(model, &identity::identity(model, before), &other) == Match::Never
        };
        value < node || self.values.iter().filter(|&&before| before < node).all(is_other)
    }
}

/// Whether a value is surely none that the place had before: it is made here, or nothing.
fn is_new(model: &Model<'_>, value: NodeId) -> bool {
    model.is_nothing(value) || matches!(identity::identity(model, value), Identity::Fresh(_))
}

/// Whether a value is what the function was handed.
fn is_handed(model: &Model<'_>, value: NodeId, func: FuncId) -> bool {
    let Some(binding) = model.file.binding_of(value) else { return false };
    let row = model.file.binding(binding);
    row.kind == BindingKind::Param && row.func == func
}
