//! `unbounded-library-cache`: a cache or memoiser from a library, made without the option that bounds it.

use crate::claim::{Claim, EndClaim, Kind as _, LocalClaim, Note};
use crate::finding::{Finding, Role, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::CacheRow;
use outlive_semantic::growth::{Keys, key_kind};
use outlive_semantic::handle;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::{FileId, Spot};
use outlive_semantic::rate::Life;
use outlive_semantic::summary::What;
use outlive_semantic::tree::{Kind, Span};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The rule.
pub(crate) struct UnboundedLibraryCache;

static META: Meta = Meta {
    id: "unbounded-library-cache",
    summary: "a library's cache made without the option that bounds it",
    category: Category::Growth,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("README.md"),
};

/// What empties a cache, or the map that a memoised function has.
const EMPTIES: &[&str] = &["clear", "clearAll", "flushAll", "reset"];

/// What inserts into a cache that is an object.
const INSERTS: &[&str] = &["set", "mset", "put", "load", "loadMany", "prime", "add"];

impl Rule for UnboundedLibraryCache {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let model = file.model;
        let Some(row) = model.rows(call).iter().find_map(|row| row.caches.as_ref()) else {
            put_elsewhere(model, call, claims);
            return;
        };
        let Some(bound) = bound(model, call, row) else {
            file.drop::<()>(&META, call, || "an option bounds it, or nobody can see its options".to_owned());
            return;
        };
        for insert in inserts(file, call, row) {
            let body = claim(model, call, row, bound, &insert);
            let at = model.file.tree.span(call);
            claims.add(META.id, insert.func, at, body);
        }
        if row.sessions.is_none() {
            made_for_others(file, call, row, bound, claims);
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let mut best: BTreeMap<(FileId, Span), Finding> = BTreeMap::new();
        let here = local::settle_all(claims, view, &META);
        for finding in here.into_iter().chain(settle_ends(claims, view)) {
            let key = (finding.file, finding.span);
            match best.get(&key) {
                Some(known) if known.confidence >= finding.confidence => {}
                _ => {
                    best.insert(key, finding);
                }
            }
        }
        best.into_values().collect()
    }
}

/// A cache that a file makes and exports: others may put in.
fn made_for_others(
    file: &FileView<'_, '_>,
    call: NodeId,
    row: &CacheRow,
    bound: Bound,
    claims: &mut Claims<'_>,
) {
    let model = file.model;
    let tree = &model.file.tree;
    let handle = handle::follow(model, file.accesses, call);
    let is_exported = |place: &&Place| match place.root {
        Root::Exports => true,
        Root::Binding(binding) => model.file.is_exported(binding) && place.path.is_empty(),
        _ => false,
    };
    if handle.places.iter().any(|place| is_emptied(file, place)) {
        return;
    }
    let Some(place) = handle.places.iter().find(is_exported) else { return };
    let shown = model.file.display(place);
    let body = Some(said(&shown, row, bound));
    let holder = claims.names.place(model, place);
    let end = EndClaim { holder, shown, body, conventions: 0 };
    claims.add(META.id, tree.func(call), tree.span(call), end);
}

/// `cache.set(key, value)` of something that another file has made, under a key that may come from anywhere.
fn put_elsewhere(model: &Model<'_>, call: NodeId, claims: &mut Claims<'_>) {
    let tree = &model.file.tree;
    let Some((object, method)) = tree.method_call(call).filter(|(_, method)| INSERTS.contains(method)) else {
        return;
    };
    let place = model.file.place(object);
    if !matches!(place.root, Root::Module(_)) || has_ttl(model, call, method) {
        return;
    }
    let Some(conventions) = tree.arg(call, 0).and_then(|key| openness(model, key)) else { return };
    let (holder, shown) = (claims.names.place(model, &place), model.file.display(&place));
    let end = EndClaim { holder, shown, body: None, conventions };
    claims.add(META.id, tree.func(call), tree.span(call), end);
}

/// Caches that one file makes and others put into.
fn settle_ends(claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
    let ends = || {
        claims.iter().filter_map(|&(file, claim)| {
            let end = EndClaim::of(&claim.body)?;
            Some((file, claim, end, view.project.canonical(file, &end.holder)))
        })
    };
    let mut made: FxHashMap<Spot, (FileId, &Claim, &LocalClaim)> = FxHashMap::default();
    for (file, claim, end, spot) in ends() {
        if let Some(body) = end.body.as_ref().filter(|_| !is_emptied_elsewhere(view, &spot)) {
            made.insert(spot, (file, claim, body));
        }
    }
    let mut found = Vec::new();
    for (file, claim, end, spot) in ends().filter(|(_, _, end, _)| end.body.is_none()) {
        let Some(&(maker, making, body)) = made.get(&spot) else { continue };
        let mut body = body.clone();
        body.conventions = body.conventions.saturating_add(end.conventions);
        let message = format!("`{}` gets one more key here", end.shown);
        body.notes = vec![Note { role: Role::Grows, message, span: claim.at }];
        let put = Claim { body: body.into(), ..claim.clone() };
        for mut finding in local::settle_all(&[(file, &put)], view, &META) {
            (finding.file, finding.span) = (maker, making.at);
            found.push(finding);
        }
    }
    found
}

/// Whether a file takes all entries out of what another one has made.
fn is_emptied_elsewhere(view: &ProjectView<'_, '_>, spot: &Spot) -> bool {
    view.project.uses(spot).iter().any(|found| match found.row.what {
        What::Method(name, _) => EMPTIES.contains(&view.project.name(found.file, name)),
        _ => false,
    })
}

/// What is left of a bound.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    /// None at all.
    Never,
    /// Entries go after a time: there are as many as come within it.
    Time,
}

/// How a construction is bounded; none if it is, or if its options are out of sight.
fn bound(model: &Model<'_>, call: NodeId, row: &CacheRow) -> Option<Bound> {
    let tree = &model.file.tree;
    let mut out = Bound::Never;
    let skipped = usize::from(row.of_function);
    for arg in tree.args(call).skip(skipped).filter(|&arg| !is_function(model, arg)) {
        let options = named(model, arg);
        if tree.kind(options) != Kind::Object
            || tree.children(options).any(|part| tree.kind(part) == Kind::Spread)
        {
            return None;
        }
        if row.bounded_by.iter().any(|name| tree.property(options, name).is_some()) {
            return None;
        }
        let sweeps = row.swept_by.iter().any(|name| tree.property(options, name).is_some());
        if sweeps {
            out = Bound::Time;
        }
    }
    Some(out)
}

fn is_function(model: &Model<'_>, node: NodeId) -> bool {
    model.file.tree.kind(node) == Kind::Function
        || model.function_of(node).is_some()
        || matches!(model.ty(node), Ty::Function(_))
}

fn named(model: &Model<'_>, node: NodeId) -> NodeId {
    model.file.binding_of(node).and_then(|binding| model.file.sole_value(binding)).unwrap_or(node)
}

/// One place where something is put into the cache.
struct Insert {
    func: FuncId,
    at: NodeId,
    holder: String,
    conventions: u8,
    unknowns: u8,
}

/// Where keys come in: insertions into the object, or calls of the memoised function.
fn inserts(file: &FileView<'_, '_>, call: NodeId, row: &CacheRow) -> Vec<Insert> {
    let model = file.model;
    // A middleware meets every request by itself.
    if let Some(spares) = &row.sessions {
        return session(model, call, spares).into_iter().collect();
    }
    let handle = handle::follow(model, file.accesses, call);
    if handle.places.iter().any(|place| is_emptied(file, place)) {
        file.drop::<()>(&META, call, || "the file empties it".to_owned());
        return Vec::new();
    }
    let mut out = Vec::new();
    for place in &handle.places {
        let Some(unknowns) = unknown_life(model, place) else { continue };
        for access in file.accesses.of(place) {
            let Some((at, key)) = insertion(model, access.usage) else { continue };
            let Some(conventions) = openness(model, key) else { continue };
            let holder = model.file.display(place);
            out.push(Insert { func: access.func, at, holder, conventions, unknowns });
        }
    }
    if out.is_empty() {
        file.drop::<()>(&META, call, || {
            "nothing in this file puts keys into it that come from outside".to_owned()
        });
    }
    out
}

/// Whether all entries are taken out somewhere: `cache.flushAll()`, `lookup.cache.clear()`. With an argument it is one entry.
fn is_emptied(file: &FileView<'_, '_>, place: &Place) -> bool {
    let tree = &file.model.file.tree;
    file.accesses.below(place).any(|access| match access.usage {
        Usage::Method { name, call } => {
            EMPTIES.contains(&tree.text(name)) && tree.args(call).next().is_none()
        }
        _ => false,
    })
}

/// The sessions of a server that is set up in this file.
fn session(model: &Model<'_>, call: NodeId, spares: &str) -> Option<Insert> {
    let tree = &model.file.tree;
    let (around, _) = tree.argument_of(call)?;
    let (object, "use") = tree.method_call(around)? else { return None };
    let holder = model.file.display(&model.file.place(object));
    // With `saveUninitialized: false` only clients that log in, or store something else, leave a session behind.
    let options = tree.arg(call, 0).map(|options| named(model, options));
    let is_on =
        |option: NodeId| tree.property(option, spares).is_none_or(|kept| tree.boolean(kept) == Some(true));
    let saves_all = options.is_some_and(is_on);
    Some(Insert { func: tree.func(call), at: around, holder, conventions: 1, unknowns: u8::from(!saves_all) })
}

/// How many unknowns there are in saying that the cache outlives what is put in; none if it is a call's own.
fn unknown_life(model: &Model<'_>, place: &Place) -> Option<u8> {
    match place.root {
        Root::Module(_) | Root::Global(_) | Root::Exports | Root::Class(_) => Some(0),
        Root::Binding(binding) if model.file.binding(binding).func.index() == 0 => Some(0),
        Root::This(_) => Some(1),
        _ => None,
    }
}

/// The call that puts in, and its key.
fn insertion(model: &Model<'_>, usage: Usage) -> Option<(NodeId, NodeId)> {
    let tree = &model.file.tree;
    match usage {
        Usage::Method { name, call } if INSERTS.contains(&tree.text(name)) => {
            Some((call, tree.arg(call, 0)?)).filter(|_| !has_ttl(model, call, tree.text(name)))
        }
        Usage::Called(call) => Some((call, tree.arg(call, 0)?)),
        _ => None,
    }
}

/// Whether an entry has a time to live of its own: `cache.set(key, value, 60)`.
fn has_ttl(model: &Model<'_>, call: NodeId, method: &str) -> bool {
    method == "set" && model.file.tree.arg(call, 2).is_some()
}

/// How many conventions there are in saying that keys come from outside; none if there are only so many.
fn openness(model: &Model<'_>, key: NodeId) -> Option<u8> {
    if matches!(key_kind(model, key), Keys::Finite) {
        return None;
    }
    let place = model.file.place(key);
    let mut at = Some(place);
    while let Some(prefix) = at {
        let life = model.model_of(model.place_ty(&prefix)).and_then(|of| model.catalog.model(of).life);
        if life.is_some_and(|life| life < Life::Server) {
            return Some(0);
        }
        at = prefix.parent();
    }
    Some(1)
}

fn claim(model: &Model<'_>, call: NodeId, row: &CacheRow, bound: Bound, insert: &Insert) -> LocalClaim {
    let tree = &model.file.tree;
    let holder = &insert.holder;
    let grows = Note {
        role: Role::Grows,
        message: format!("`{holder}` gets one more key here"),
        span: tree.span(insert.at),
    };
    let made = Note { role: Role::Root, message: format!("`{holder}` is made here"), span: tree.span(call) };
    let said = said(holder, row, bound);
    LocalClaim {
        conventions: insert.conventions + said.conventions,
        unknowns: insert.unknowns,
        notes: vec![grows, made],
        ..said
    }
}

/// What is said of a cache, wherever keys come in.
fn said(holder: &str, row: &CacheRow, bound: Bound) -> LocalClaim {
    let why = match bound {
        Bound::Never => row.why.clone(),
        Bound::Time => "it holds all keys that arrive within its `ttl`, however many those are".to_owned(),
    };
    let session = row.sessions.is_some();
    let help = match (&row.advice, row.bounded_by.first()) {
        (Some(advice), _) => advice.clone(),
        (None, Some(option)) => format!("give it `{option}`: a number of entries that fits in memory"),
        (None, None) => "let it remember in a map that evicts".to_owned(),
    };
    let message = if session {
        format!("the sessions of `{holder}` have no bound: {why}")
    } else {
        format!("`{holder}` has no bound: {why}")
    };
    LocalClaim {
        message,
        help,
        subject: holder.to_owned(),
        conventions: u8::from(bound == Bound::Time),
        must_repeat: !session,
        ..LocalClaim::default()
    }
}
