//! `unbounded-collection`: a Map, Set, array, object or string that outlives the function that adds to it.

mod admitted;
mod chain;
mod container;
mod distinct;
mod evidence;
mod expired;
mod finite;
mod handles;
mod keys;
mod mend;
mod missed;
mod other_thing;
mod partial;
mod present;
mod release;
mod report;
mod settings;
mod settle;
mod site;
mod told;
mod uncancelled;
mod uncovered;

use crate::claim::{Body, Claim, GrowthClaim};
use crate::ending;
use crate::finding::{Finding, Severity};
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use container::{container_of, declaration, drawn_from, is_bounded_index, is_held_weakly};
use outlive_semantic::calls;
use outlive_semantic::growth::{self, CollectionOp, Keys, Op};
use outlive_semantic::guard;
use outlive_semantic::model::Model;
use outlive_semantic::place::Root;
use outlive_semantic::project::{FileId, Project, Spot, SpotRoot};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::turns;
use rustc_hash::FxHashMap;
use settle::{has_few_keys, settle_holder};
use site::{
    is_beside_methods, is_for_trials, is_formatter, is_from_client, is_limited, is_looked_up, is_made_anew,
    is_offered, is_on_options, is_registry, is_sized, is_small_number, keeps_each, key_parts, replaces,
    shown_key,
};

/// The rule.
pub(crate) struct UnboundedCollection;

static META: Meta = Meta {
    id: "unbounded-collection",
    summary: "a collection that outlives the code that adds to it, with nothing that takes entries out",
    category: Category::Growth,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

impl Rule for UnboundedCollection {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn collection(&self, file: &FileView<'_, '_>, op: &CollectionOp, claims: &mut Claims<'_>) {
        let Op::Grow(growth) = op.op else { return };
        let model = file.model;
        let keys = match growth::keys(model, op) {
            Keys::Open if evidence::is_fresh_local(file, op) => Keys::Fresh,
            keys => keys,
        };
        if !may_outlive(model, op) {
            return;
        }
        let dropped = |reason: &str| {
            file.drop::<()>(&META, op.node, || format!("`{}`: {reason}", model.file.display(&op.holder)));
        };
        if keys == Keys::Finite || is_small_number(file, op) {
            return dropped("there are only so many keys");
        }
        let Some((container, ty)) = container_of(model, op, growth) else {
            return dropped("it is no collection that keeps what is put in");
        };
        if is_bounded_index(growth, keys, container) {
            return dropped("it is filled by index");
        }
        if is_for_trials(model, op.node) {
            return dropped("it grows only where the environment says that the program is tried out");
        }
        if is_made_anew(file, op) {
            return dropped("each run begins with a new one");
        }
        if is_limited(file, op) {
            return dropped("nothing is added once there are too many");
        }
        if finite::ends_its_interval(model, op) {
            return dropped("the interval goes on while there is something left");
        }
        if present::is_overwrite(file, op) {
            return dropped("an entry that is there is overwritten");
        }
        if let Some(others) = admitted::by(file, op) {
            return dropped(&format!("what is no key of `{}` is turned away", model.file.display(&others)));
        }
        let holder = claims.names.place(model, &op.holder);
        let key = op.key.or_else(|| distinct::told_apart_by(file, op));
        let once = guard::once_guard_of_method(model, op.node).map(|flag| claims.names.place(model, &flag));
        let missed = other_thing::missed(file, op)
            .or_else(|| partial::gap(file, op))
            .or_else(|| missed::missed(file, op))
            .or_else(|| uncancelled::missed(file, op))
            .or_else(|| expired::missed(file, op))
            .or_else(|| handles::missed(file, op))
            .or_else(|| settings::missed(file, op))
            .or_else(|| uncovered::missed(file, op));
        let kept = keeps_each(model, op);
        let body = GrowthClaim {
            fixes: mend::fixes(file, op, missed.as_ref()),
            holder,
            shown: model.file.display(&op.holder),
            growth,
            keys,
            key_parts: key.map(|key| key_parts(model, key)).unwrap_or_default(),
            key: key.map(|key| shown_key(model, key)).unwrap_or_default(),
            container,
            model: ty,
            declared: declaration(model, &op.holder),
            once,
            in_loop: guard::enclosing_loop(model, op.node).is_some(),
            looked_up: is_looked_up(file, op),
            sized: is_sized(file, op),
            registry: is_registry(model, op),
            on_options: is_on_options(model, op),
            offered: is_offered(model, op),
            missed,
            asks_where: calls::asks_where(model, op.node),
            beside_methods: is_beside_methods(file, op, growth),
            is_each: kept.is_some(),
            each_ends: kept.is_some_and(|class| file.end_method(class).is_some()),
            replaces: replaces(file, op),
            from_client: op.key.is_some_and(|key| is_from_client(model, key)),
            formatter: is_formatter(model, op),
            drawn_from: drawn_from(model, op, keys, claims),
            sibling: evidence::sibling(file, op),
            unread: evidence::is_unread(file, op),
            waiting: evidence::is_waiting(file, op),
            open: op.key.is_some_and(|key| evidence::is_open(model, key)),
            weakly: is_held_weakly(model, &op.holder),
            is_flag: site::is_flag(model, op),
            is_chain: chain::is_wrapped_again(model, op),
            of_caller: op.key.is_some_and(|key| site::is_of_caller(model, key)),
            is_numbered: evidence::is_numbered(model, op),
            until_ready: finite::is_until_ready(file, op),
            read_at_end: finite::is_read_at_the_end(file, op),
        };
        let at = model.file.tree.span(op.node);
        claims.add(META.id, op.func, at, body);
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let mut by_spot: FxHashMap<Spot, Vec<(FileId, &Claim, &GrowthClaim)>> = FxHashMap::default();
        let mut hooked = uncovered::Hooked::default();
        let covered: Vec<Option<GrowthClaim>> = claims
            .iter()
            .map(|(file, claim)| {
                covered(view.project, *file, claim).or_else(|| hooked.missed(view.project, *file, claim))
            })
            .collect();
        for ((file, claim), covered) in claims.iter().zip(&covered) {
            if let Body::Growth(growth) = &claim.body {
                let growth = covered.as_ref().unwrap_or(growth);
                if has_few_keys(view.project, *file, growth) {
                    view.drop::<()>(*file, claim, || {
                        format!("`{}`: there are only so many keys", growth.shown)
                    });
                    continue;
                }
                let spot = view.project.canonical(*file, &growth.holder);
                if matches!(spot.root, SpotRoot::Receiver(..)) {
                    view.drop::<()>(*file, claim, || format!("`{}`: nobody knows whose it is", growth.shown));
                    continue;
                }
                by_spot.entry(spot).or_default().push((*file, *claim, growth));
            }
        }
        by_spot.into_iter().filter_map(|(spot, sites)| settle_holder(view, &spot, &sites)).collect()
    }
}

/// A claim about an ending that is not covered as it stands where that ending does not come.
fn covered(project: &Project<'_>, file: FileId, claim: &Claim) -> Option<GrowthClaim> {
    let Body::Growth(growth) = &claim.body else { return None };
    let ending = growth.missed.as_ref()?.ending.as_ref()?;
    (!ending::is_taken(project, file, ending)).then(|| GrowthClaim { missed: None, ..(**growth).clone() })
}

/// Whether the collection can outlive one run of the function at all: not a local of the same function.
fn may_outlive(model: &Model<'_>, op: &CollectionOp) -> bool {
    match op.holder.root {
        Root::Binding(binding) => {
            let row = model.file.binding(binding);
            // What hangs on a parameter lives as long as the caller makes it.
            row.func != op.func
                || row.kind == BindingKind::Param && !op.holder.path.is_empty()
                || turns::is_kept_by_turns(model, binding, op.node)
        }
        // A class of another file may say whose field it is.
        Root::Receiver(func) => model.file.may_be_adopted(func),
        Root::Value(_) => false,
        _ => true,
    }
}
