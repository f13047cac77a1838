//! Things that a component hands to what it shows, and that nobody can get back from there: state, attributes.

use outlive_semantic::handle::{Escape, ReleasePatterns};
use outlive_semantic::index::{BindingId, NodeId};
use outlive_semantic::model::Model;
use outlive_semantic::tree::Kind;

/// Whether a thing is only shown, `setUrl(url)`, `<img src={url}>`, and nothing in the file gives back anything of its kind.
///
/// An element of the page gives nothing back by itself: what shows a thing in one is ended only by code that reads it from
/// there, `URL.revokeObjectURL(event.target.src)`.
pub(crate) fn is_shown(model: &Model<'_>, escape: &Escape, patterns: &ReleasePatterns) -> bool {
    // Only what is given back by a function of its own has a name that says what is given back.
    if patterns.functions.is_empty() || !patterns.methods.is_empty() {
        return false;
    }
    match *escape {
        Escape::Argument { call, .. } => sets_state(model, call) && named(model, patterns).next().is_none(),
        Escape::Elsewhere(node) if model.file.tree.kind(node) == Kind::JsxAttribute => {
            let is_in_page = is_of_page(model, node);
            named(model, patterns).all(|name| is_in_page && is_handed_a_variable(model, name))
        }
        Escape::Returned(_) | Escape::Elsewhere(_) => false,
    }
}

/// Where the file names a function that releases things of this kind.
fn named<'m>(model: &'m Model<'_>, patterns: &'m ReleasePatterns) -> impl Iterator<Item = NodeId> + 'm {
    let tree = &model.file.tree;
    tree.ids()
        .filter(|&node| matches!(tree.kind(node), Kind::Member | Kind::Identifier))
        .filter(|&node| model.callee_name(node).is_some_and(|name| patterns.is_function(name)))
}

/// Whether an attribute is one of an element of the page, `<img src>`, not of a component, which has code of its own.
fn is_of_page(model: &Model<'_>, attribute: NodeId) -> bool {
    let tree = &model.file.tree;
    let tag = tree.parent(attribute).and_then(|element| tree.first(element));
    tag.is_some_and(|tag| tree.kind(tag) == Kind::String)
}

/// `URL.revokeObjectURL(url)`: what is given back has a name, and so is what was followed under that name, or something else.
fn is_handed_a_variable(model: &Model<'_>, callee: NodeId) -> bool {
    let tree = &model.file.tree;
    let call = tree.parent(callee).filter(|&call| tree.callee(call) == Some(callee));
    let arg = call.and_then(|call| tree.arg(call, 0));
    arg.is_some_and(|arg| tree.kind(arg) == Kind::Identifier)
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
    is_of_pair(model, binding, 1)
}

/// The first name of that pair, or the only one.
pub(crate) fn is_state(model: &Model<'_>, binding: BindingId) -> bool {
    is_of_pair(model, binding, 0)
}

fn is_of_pair(model: &Model<'_>, binding: BindingId, slot: u16) -> bool {
    let tree = &model.file.tree;
    let name = model.file.binding(binding).node;
    let pattern = tree.parent(name).filter(|&pattern| tree.kind(pattern) == Kind::ArrayPattern);
    let declarator =
        pattern.filter(|_| tree.node(name).slot == slot).and_then(|pattern| tree.parent(pattern));
    let made = declarator
        .filter(|&declarator| tree.kind(declarator) == Kind::Declarator)
        .and_then(|declarator| tree.callee(tree.child(declarator, 1)?));
    let name = made.and_then(|made| model.callee_name(made));
    name.is_some_and(|name| model.catalog.calls_named(name).any(|row| row.makes_state))
}
