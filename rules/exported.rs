//! Under which name other files find what one makes.

use outlive_semantic::handle::Handle;
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::tables::ExportTarget;

/// Where others find what a call makes: in a variable or a property that is exported, or as an export without a name of its
/// own, `export default axios.create()`.
pub(crate) fn place(model: &Model<'_>, call: NodeId, handle: &Handle) -> Option<Place> {
    let is_exported = |place: &&Place| match place.root {
        Root::Exports => true,
        Root::Binding(binding) => model.file.is_exported(binding) && place.path.is_empty(),
        _ => false,
    };
    let named = handle.places.iter().find(is_exported).cloned();
    named.or_else(|| {
        model.file.exports.iter().find_map(|export| {
            let ExportTarget::Value(value) = export.target else { return None };
            if value != call {
                return Some(model.file.place(value)).filter(|place| handle.places.contains(place));
            }
            let whole = Place::root(Root::Exports);
            let name = export.name?;
            if model.file.tree.text(name) == "=" { Some(whole) } else { whole.with(Step::Field(name)) }
        })
    })
}
