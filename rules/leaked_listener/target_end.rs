//! Whether the target of a listener is ended by code of its file.

use super::origin::is_param;
use crate::acquire::executed_by;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::given::given_before;
use outlive_semantic::handle::{self, ReleasePatterns};
use outlive_semantic::identity::Identity;
use outlive_semantic::index::{FuncId, NameId, NodeId};
use outlive_semantic::listeners::Registration;
use outlive_semantic::model::Model;
use outlive_semantic::pending;
use outlive_semantic::place::{Place, Root};
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::Kind;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cell::RefCell;

/// Whether the target itself is ended by code of this file that owns it: `this.child.kill()`, `server.close()`.
pub(super) fn ends_target(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let model = file.model;
    let places = names_of_target(model, registration);
    if places.is_empty() {
        return false;
    }
    places.iter().any(|place| {
        let known = file.memos.of::<Ended>();
        let mut known = known.borrow_mut();
        let ends = known.entry(place.clone()).or_insert_with(|| ends_of(file, place));
        ends.is_released || ends.by.iter().any(|&func| func != registration.func)
    })
}

/// Whether a function gives a variable or field something, listens to that, and is called again when it ends:
/// `browser = (await start()).browser; browser.on('disconnected', () => launch())`. The next run listens to another one.
pub(super) fn begins_anew_at_its_end(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let model = file.model;
    let at = executed_by(model, registration.call);
    if given_before(model, &registration.place, at).is_empty() {
        return false;
    }
    let tree = &model.file.tree;
    let runs: SmallVec<[FuncId; 4]> =
        model.file.enclosing(registration.func).filter(|func| func.index() != 0).collect();
    // It may be handed on: `setTimeout(open, 1000)`.
    let begins = |node: NodeId| {
        let is_name = matches!(tree.kind(node), Kind::Identifier | Kind::Member);
        is_name && model.function_of(node).is_some_and(|named| runs.contains(&named))
    };
    let mut others = file.registrations.iter().filter(|other| other.place == registration.place);
    others.any(|other| {
        pending::is_last_event(&other.event)
            && other.func == registration.func
            && tree.subtree(other.listener).any(begins)
    })
}

/// Whether the function that listens lets its target begin, `server.listen(port)`, which works once: nothing else of the file
/// closes it to begin anew. Who is handed one may try again, with another port.
pub(super) fn begins_beside(file: &FileView<'_, '_>, registration: &Registration) -> bool {
    let model = file.model;
    let known = file.memos.of::<Begun>();
    let mut known = known.borrow_mut();
    let place = &registration.place;
    let begins = known.entry(place.clone()).or_insert_with(|| begins_of(file, place));
    let is_handed = matches!(place.root, Root::Binding(binding) if is_param(model, binding));
    !is_handed
        && begins.begun.contains(&registration.func)
        && begins.closed.iter().all(|&func| model.file.is_within(func, registration.func))
}

/// How targets of listeners begin: a file may listen to one thousands of times.
type Begun = RefCell<FxHashMap<Place, Begins>>;

/// In which functions what a path names is let begin, and closed.
#[derive(Default)]
struct Begins {
    begun: SmallVec<[FuncId; 2]>,
    closed: SmallVec<[FuncId; 2]>,
}

fn begins_of(file: &FileView<'_, '_>, place: &Place) -> Begins {
    let mut out = Begins::default();
    for access in file.accesses.of(place) {
        let Usage::Method { name, .. } = access.usage else { continue };
        match file.model.file.tree.text(name) {
            "listen" => out.begun.push(access.func),
            "close" => out.closed.push(access.func),
            _ => {}
        }
    }
    out
}

/// How targets of listeners end: a file may listen to one thousands of times.
type Ended = RefCell<FxHashMap<Place, Ends>>;

/// How code of this file ends what a path names.
struct Ends {
    /// The functions that call a method which does; two are enough to tell whether another one than the asker is there.
    by: SmallVec<[FuncId; 2]>,
    /// It is ended in any of the ways that [`handle::releases`] knows.
    is_released: bool,
}

fn ends_of(file: &FileView<'_, '_>, place: &Place) -> Ends {
    let model = file.model;
    let last_words = last_words(file, place);
    let is_told = |func: FuncId| last_words.iter().any(|&last| model.file.is_within(func, last));
    let mut by: SmallVec<[FuncId; 2]> = SmallVec::new();
    for access in file.accesses.of(place) {
        let is_end = matches!(access.usage, Usage::Method { name, call }
            if is_target_end(model, name, call) && !is_optional(model, call));
        if is_end && !is_told(access.func) && by.len() < 2 && !by.contains(&access.func) {
            by.push(access.func);
        }
    }
    let patterns = file.releases_by("target of listeners", || ReleasePatterns {
        methods: ["destroy", "close", "terminate", "kill", "dispose"].map(str::to_owned).to_vec(),
        ..ReleasePatterns::default()
    });
    let handle = handle::Handle::of(vec![place.clone()]);
    let releases = handle::releases(model, file.accesses, &handle, &patterns);
    let is_released =
        releases.iter().any(|release| !is_told(release.func) && !is_optional(model, release.node));
    Ends { by, is_released }
}

/// Whether a call is made only if the caller of its function asks for it: `if (options.source) this.source.destroy()`.
fn is_optional(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let func = tree.func(call);
    let asks = |test: NodeId| {
        tree.subtree(test).any(|node| {
            let binding = model.file.binding_of(node).map(|binding| model.file.binding(binding));
            binding.is_some_and(|row| row.kind == BindingKind::Param && row.func == func)
        })
    };
    tree.within_function(call).any(|node| {
        tree.kind(node) == Kind::If
            && tree.child(node, 2).is_none()
            && tree.first(node).is_some_and(|test| !tree.contains(test, call) && asks(test))
    })
}

/// Events after which a target is of no use any more.
const LAST_EVENTS: &[&str] = &["end", "close", "error", "timeout", "aborted", "abort", "disconnect", "exit"];

/// The listeners by which a target tells of its end: what they do about it is no end that its owner chose.
fn last_words(file: &FileView<'_, '_>, place: &Place) -> Vec<FuncId> {
    let is_last = |event: &Identity| matches!(event, Identity::Constant(event) if LAST_EVENTS.contains(&event.as_str()));
    let heard = file.registrations.iter().filter(|added| added.place == *place && is_last(&added.event));
    heard.filter_map(|added| file.model.function_of(added.listener)).collect()
}

/// The names an owner has for the target: the path itself, its prefixes that are fields, and for a parameter of the
/// constructor the field that keeps it.
fn names_of_target(model: &Model<'_>, registration: &Registration) -> Vec<Place> {
    let place = &registration.place;
    match place.root {
        // `this.io.end()` ends what `this.io` is made of. A signal stays when its controller has aborted.
        Root::This(_) if place.last_field().is_some_and(|name| model.file.tree.text(name) == "signal") => {
            vec![place.clone()]
        }
        Root::This(_) => place.prefixes().filter(|prefix| !prefix.path.is_empty()).collect(),
        Root::Binding(_) if !place.path.is_empty() => vec![place.clone()],
        Root::Binding(binding) if is_param(model, binding) => model.fields_given(place).to_vec(),
        Root::Module(_) if !place.path.is_empty() => vec![place.clone()],
        _ => Vec::new(),
    }
}

fn is_target_end(model: &Model<'_>, name: NameId, call: NodeId) -> bool {
    let tree = &model.file.tree;
    let method = tree.text(name);
    // Of a part, or of one event: `features.remove(feature)`, `socket.removeAllListeners('data')`.
    let is_partial = matches!(method, "remove" | "removeAllListeners") && tree.arg(call, 0).is_some();
    !is_partial
        && matches!(
            method,
            "destroy"
                | "close"
                | "terminate"
                | "kill"
                | "dispose"
                | "removeAllListeners"
                | "abort"
                | "stop"
                | "end"
                | "disconnect"
                | "quit"
                | "remove"
        )
}
