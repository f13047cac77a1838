//! Things that a component hands to what it shows, and that nobody can get back from there: state, attributes.

use outlive_semantic::handle::{Escape, ReleasePatterns};
use outlive_semantic::index::{BindingId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::tree::Kind;

/// Whether a thing is only shown, `setUrl(url)`, `<img src={url}>`, and nothing in the file gives back anything of its kind.
pub(crate) fn is_shown(model: &Model<'_>, escape: &Escape, patterns: &ReleasePatterns) -> bool {
    let shows = match *escape {
        Escape::Argument { call, .. } => sets_state(model, call),
        Escape::Elsewhere(node) => model.file.tree.kind(node) == Kind::JsxAttribute,
        Escape::Returned(_) => false,
    };
    // Only what is given back by a function of its own has a name that says what is given back.
    shows && !patterns.functions.is_empty() && patterns.methods.is_empty() && !is_named(model, patterns)
}

/// Whether the file names a function that releases things of this kind.
fn is_named(model: &Model<'_>, patterns: &ReleasePatterns) -> bool {
    let tree = &model.file.tree;
    tree.ids()
        .filter(|&node| matches!(tree.kind(node), Kind::Member | Kind::Identifier))
        .any(|node| model.callee_name(node).is_some_and(|name| patterns.is_function(name)))
}

/// `setUrl(…)` of `const [url, setUrl] = useState()`, `this.setState({ url })`.
fn sets_state(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    if let Some((object, method)) = tree.method_call(call) {
        let sets = || model.catalog.calls_named(method).any(|row| row.sets_state);
        return tree.kind(object) == Kind::This && sets();
    }
    let callee = tree.callee(call).and_then(|callee| model.file.binding_of(callee));
    callee.is_some_and(|binding| is_state_setter(model, binding))
}

/// The second name of the pair that `useState` gives.
fn is_state_setter(model: &Model<'_>, binding: BindingId) -> bool {
    let tree = &model.file.tree;
    let name = model.file.binding(binding).node;
    let pattern = tree.parent(name).filter(|&pattern| tree.kind(pattern) == Kind::ArrayPattern);
    let declarator = pattern.filter(|_| tree.node(name).slot == 1).and_then(|pattern| tree.parent(pattern));
    let made = declarator
        .filter(|&declarator| tree.kind(declarator) == Kind::Declarator)
        .and_then(|declarator| tree.callee(tree.child(declarator, 1)?));
    let name = made.and_then(|made| model.callee_name(made));
    name.is_some_and(|name| model.catalog.calls_named(name).any(|row| row.makes_state))
}
