//! Signals that take nothing away, because nobody can abort them.

use crate::claim::Note;
use crate::finding::Role;
use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::index::NodeId;
use outlive_semantic::listeners;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tree::Kind;

/// The controller behind the `signal` of some options, if nobody can ever abort it: it is made in this file, kept under one
/// name, and all that is done with it is to take the signal.
pub(crate) fn controller(file: &FileView<'_, '_>, options: NodeId) -> Option<Note> {
    let model = file.model;
    let tree = &model.file.tree;
    let signal = model.file.place(listeners::option(model, Some(options), "signal")?);
    let is_signal = signal.last_field().is_some_and(|name| tree.text(name) == "signal");
    let controller = signal.parent().filter(|_| is_signal)?;
    let is_made = |value: NodeId| {
        let callee = tree.callee(value).filter(|_| tree.kind(value) == Kind::New);
        callee.and_then(|callee| model.file.global_of(callee)) == Some("AbortController")
    };
    let made = match controller.root {
        Root::Binding(binding) if controller.path.is_empty() => {
            let is_exported = model.file.is_exported(binding);
            model.file.sole_value(binding).filter(|_| !is_exported && only_gives_signal(file, &controller))
        }
        // `const { signal } = new AbortController()`: nobody has the controller.
        Root::Value(node) if controller.path.is_empty() => Some(node),
        _ => None,
    };
    let made = made.filter(|&made| is_made(made))?;
    let message = "nobody aborts the controller of its signal".to_owned();
    Some(Note { role: Role::NeverRuns, message, span: tree.span(made) })
}

/// Whether all that is done with a controller is to take its signal.
fn only_gives_signal(file: &FileView<'_, '_>, controller: &Place) -> bool {
    let tree = &file.model.file.tree;
    let takes_signal = |decl: NodeId| {
        let pattern = tree.first(decl).filter(|&target| tree.kind(target) == Kind::ObjectPattern);
        pattern.is_some_and(|pattern| tree.children(pattern).all(|part| tree.name(part) == Some("signal")))
    };
    file.accesses.below(controller).all(|access| match access.place.path.get(controller.path.len()) {
        Some(Step::Field(name)) => tree.text(*name) == "signal",
        Some(Step::Element) => false,
        None => match access.usage {
            Usage::Aliased(decl) => takes_signal(decl),
            usage => matches!(usage, Usage::Read | Usage::Tested(_) | Usage::Destructured(_)),
        },
    })
}
