//! `unbounded-library-cache`: a cache or memoiser from a library, made without the option that bounds it.

mod bound;
mod elsewhere;
mod keys;

use crate::claim::{Claim, LocalClaim, Note};
use crate::finding::{Finding, Role, Severity};
use crate::local;
use crate::rule::{Category, Claims, FileView, Meta, ProjectView, Rule};
use bound::{Bound, Built, bound, named};
use keys::openness;
use outlive_semantic::access::Usage;
use outlive_semantic::catalog::{CacheRow, CallRow};
use outlive_semantic::handle::Handle;
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::project::FileId;
use outlive_semantic::tree::Span;
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

impl Rule for UnboundedLibraryCache {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn call(&self, file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
        let rows = file.model.rows(call);
        let mut caches = rows.iter().filter_map(|row| Some((*row, row.caches.as_ref()?))).peekable();
        if caches.peek().is_none() {
            elsewhere::put(file.model, call, claims);
            built_by_another(file, call, claims);
        }
        for (of, row) in caches {
            made(file, call, Built::here(call), (of, row), claims);
        }
    }

    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding> {
        let mut best: BTreeMap<(FileId, Span), Finding> = BTreeMap::new();
        let here = local::settle_all(claims, view, &META);
        for finding in here.into_iter().chain(elsewhere::settle(claims, view)) {
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

/// Claims about a cache that a function of the file makes of what it is handed here.
fn built_by_another(file: &FileView<'_, '_>, call: NodeId, claims: &mut Claims<'_>) {
    let Some(built) = Built::by(file.model, call) else { return };
    let rows = file.model.rows(built.made);
    let caches = rows.iter().filter_map(|row| Some((*row, row.caches.as_ref()?)));
    for (of, row) in caches.filter(|(_, row)| row.sessions.is_none() && !row.by_clients) {
        made(file, call, built, (of, row), claims);
    }
}

/// Claims about a cache that is made here, as far as one row about it goes.
fn made(
    file: &FileView<'_, '_>,
    call: NodeId,
    built: Built,
    (of, row): (&CallRow, &CacheRow),
    claims: &mut Claims<'_>,
) {
    let model = file.model;
    let Some(bound) = bound(model, built, row) else {
        file.drop::<()>(&META, call, || "an option bounds it, or nobody can see its options".to_owned());
        return;
    };
    let at = model.file.tree.span(call);
    // Whoever asks puts in by itself.
    if row.sessions.is_some() || row.by_clients {
        if let Some(insert) = by_clients(model, call, row) {
            claims.add(META.id, insert.func, at, claim(model, call, row, bound, &insert));
        }
        return;
    }
    let handle = file.follow(call);
    if handle.places.iter().any(|place| is_replaced(file, row, place)) {
        file.drop::<()>(&META, call, || "the file lets it remember in something else".to_owned());
        return;
    }
    if handle.places.iter().any(|place| is_emptied(file, row, place)) {
        file.drop::<()>(&META, call, || "the file empties it".to_owned());
        return;
    }
    let inserts = inserts(file, row, bound, &handle);
    if inserts.is_empty() {
        let why = "nothing in this file puts keys into it that come from outside";
        file.drop::<()>(&META, call, || why.to_owned());
    }
    for insert in inserts {
        claims.add(META.id, insert.func, at, claim(model, call, row, bound, &insert));
    }
    elsewhere::made(file, call, of, &handle, claims, |shown| said(shown, row, bound));
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
fn inserts(file: &FileView<'_, '_>, row: &CacheRow, bound: Bound<'_>, handle: &Handle) -> Vec<Insert> {
    let model = file.model;
    let mut out = Vec::new();
    for place in &handle.places {
        let Some(unknowns) = unknown_life(model, place) else { continue };
        for access in file.accesses.of(place) {
            let Some(at) = insertion(model, row, bound, access.usage) else { continue };
            let Some(conventions) = openness(model, row, at) else { continue };
            let holder = model.file.display(place);
            out.push(Insert { func: access.func, at, holder, conventions, unknowns });
        }
    }
    out
}

/// Whether all entries are taken out somewhere: `cache.flushAll()`, `lookup.cache.clear()`. With an argument it is one entry.
fn is_emptied(file: &FileView<'_, '_>, row: &CacheRow, place: &Place) -> bool {
    let tree = &file.model.file.tree;
    file.accesses.below(place).any(|access| match access.usage {
        Usage::Method { name, call } => {
            row.emptied_by.iter().any(|method| method == tree.text(name)) && tree.args(call).next().is_none()
        }
        _ => false,
    })
}

/// Whether what it remembers is put into something else: `lookup.cache = new LRU({ max: 500 })`.
fn is_replaced(file: &FileView<'_, '_>, row: &CacheRow, place: &Place) -> bool {
    let tree = &file.model.file.tree;
    let Some(store) = &row.store else { return false };
    file.accesses.below(place).any(|access| {
        let is_store = access.place.last_field().is_some_and(|name| tree.text(name) == store);
        is_store && matches!(access.usage, Usage::Assigned(_))
    })
}

/// What the clients of a server that is set up in this file leave behind.
fn by_clients(model: &Model<'_>, call: NodeId, row: &CacheRow) -> Option<Insert> {
    let tree = &model.file.tree;
    let Some(spares) = &row.sessions else {
        let holder = tree.callee(call).and_then(|callee| model.callee_name(callee))?.to_owned();
        return Some(Insert { func: tree.func(call), at: call, holder, conventions: 1, unknowns: 0 });
    };
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

/// The call that puts in.
fn insertion(model: &Model<'_>, row: &CacheRow, bound: Bound<'_>, usage: Usage) -> Option<NodeId> {
    let tree = &model.file.tree;
    match usage {
        Usage::Method { name, call } => {
            let adds = row.adds.iter().any(|method| method == tree.text(name));
            let goes = expires(model, row, call) && !matches!(bound, Bound::Unswept(_));
            (adds && !goes).then_some(call)
        }
        Usage::Called(call) if row.of_function => Some(call),
        _ => None,
    }
}

/// Whether an entry goes by itself: `cache.set(key, value, 60)`.
fn expires(model: &Model<'_>, row: &CacheRow, call: NodeId) -> bool {
    row.expires_at.is_some_and(|at| model.file.tree.arg(call, usize::from(at)).is_some())
}

fn claim(model: &Model<'_>, call: NodeId, row: &CacheRow, bound: Bound<'_>, insert: &Insert) -> LocalClaim {
    let tree = &model.file.tree;
    let holder = &insert.holder;
    let grows = Note {
        role: Role::Grows,
        message: format!("`{holder}` gets one more key here"),
        span: tree.span(insert.at),
    };
    let made = Note { role: Role::Root, message: format!("`{holder}` is made here"), span: tree.span(call) };
    let said = said(holder, row, bound);
    // A server that is made fills by itself: there is no place to show.
    let notes = if insert.at == call { vec![made] } else { vec![grows, made] };
    LocalClaim {
        conventions: insert.conventions + said.conventions,
        unknowns: insert.unknowns,
        notes,
        ..said
    }
}

/// What is said of a cache, wherever keys come in.
fn said(holder: &str, row: &CacheRow, bound: Bound<'_>) -> LocalClaim {
    let why = match bound {
        Bound::Never => row.why.clone(),
        Bound::Unswept(off) => format!("with this `{off}` nobody takes out entries whose time is over"),
        Bound::Time => "it holds all keys that arrive within its `ttl`, however many those are".to_owned(),
    };
    let help = match (&row.advice, row.bounded_by.first()) {
        _ if let Bound::Unswept(off) = bound => format!("leave `{off}` as it is by default"),
        (Some(advice), _) => advice.clone(),
        (None, Some(option)) => format!("give it `{option}`: a number of entries that fits in memory"),
        (None, None) => "let it remember in a map that evicts".to_owned(),
    };
    let message = if row.sessions.is_some() {
        format!("the sessions of `{holder}` have no bound: {why}")
    } else {
        format!("`{holder}` has no bound: {why}")
    };
    LocalClaim {
        message,
        help,
        subject: holder.to_owned(),
        conventions: u8::from(bound == Bound::Time),
        must_repeat: row.sessions.is_none() && !row.by_clients,
        must_serve: row.on_servers,
        majors: row.majors.clone(),
        ..LocalClaim::default()
    }
}
