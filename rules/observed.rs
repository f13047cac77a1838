//! What observers observe: nodes that others may have handed over, and with which the observer goes.

use crate::rule::FileView;
use outlive_semantic::access::Usage;
use outlive_semantic::index::NodeId;
use outlive_semantic::place::Root;

/// What an observer is told to observe, under whatever name: `observer.observe(list)`, `new ResizeObserver(f).observe(box)`.
pub(crate) fn observed(file: &FileView<'_, '_>, call: NodeId) -> Vec<NodeId> {
    let tree = &file.model.file.tree;
    let chained = tree.parent(call).and_then(|member| tree.parent(member));
    let chained = chained.filter(|&at| tree.method_call(at) == Some((call, "observe")));
    let handle = file.follow(call);
    let named = handle.places.iter().flat_map(|place| file.accesses.of(place));
    let named = named.filter_map(|access| match access.usage {
        Usage::Method { name, call } if tree.text(name) == "observe" => Some(call),
        _ => None,
    });
    chained.into_iter().chain(named).filter_map(|call| tree.arg(call, 0)).collect()
}

/// The observers that nodes keep, each of them its own.
pub(crate) fn is_of_nodes(name: &str) -> bool {
    matches!(name, "IntersectionObserver" | "MutationObserver" | "ResizeObserver")
}

/// Whether nothing says that what an observer observes stays for as long as the page: elements that somebody handed over.
pub(crate) fn may_go_with_its_nodes(file: &FileView<'_, '_>, call: NodeId) -> bool {
    let (model, tree) = (file.model, &file.model.file.tree);
    let name = tree.callee(call).and_then(|callee| model.callee_name(callee));
    let of_page = |node: NodeId| matches!(model.file.place(node).root, Root::Global(_));
    name.is_some_and(is_of_nodes) && !observed(file, call).into_iter().any(of_page)
}
