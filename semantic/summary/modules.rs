//! What a file gives to others, and takes from them.

use super::Builder;
use super::rows::{ExportRow, ExportTo};
use crate::calls;
use crate::index::{BindingId, NameId, NodeId};
use crate::place::{Place, Root};
use crate::tables::{ClassKind, ExportTarget};
use rustc_hash::FxHashSet;

impl Builder<'_, '_> {
    pub(super) fn exports(&mut self) -> Vec<ExportRow> {
        let file = self.model.file;
        let mut out = Vec::new();
        for export in &file.exports {
            let name = export.name.map(|name| self.map.of_file(file, name));
            let target = match export.target {
                ExportTarget::Binding(binding) => self.exported_binding(binding),
                ExportTarget::Value(node) => self.exported_value(node),
                ExportTarget::From { source, imported } => ExportTo::From {
                    source: self.map.of_file(file, source),
                    imported: imported.map(|name| self.map.of_file(file, name)),
                },
            };
            out.push(ExportRow { name, target });
        }
        out
    }

    pub(super) fn exported_binding(&mut self, binding: BindingId) -> ExportTo {
        let model = self.model;
        if let Some(class) = model.class_of_binding(binding)
            && model.file.class(class).kind != ClassKind::Object
        {
            return ExportTo::Class(class);
        }
        let value = model.file.sole_value(binding);
        if let Some(func) = value.and_then(|value| model.function_of(value)) {
            return ExportTo::Function(func);
        }
        let place = Place::root(Root::Binding(binding));
        ExportTo::Place(self.place(&place))
    }

    pub(super) fn exported_value(&mut self, node: NodeId) -> ExportTo {
        let model = self.model;
        if let Some(class) = model.class_of(node)
            && model.file.class(class).kind != ClassKind::Object
        {
            return ExportTo::Class(class);
        }
        if let Some(func) = model.function_of(node) {
            return ExportTo::Function(func);
        }
        let place = model.file.place(node);
        match place.root {
            Root::Value(_) => ExportTo::Value(self.value_type(node)),
            _ => ExportTo::Place(self.place(&place)),
        }
    }

    pub(super) fn type_imports(&mut self) -> Vec<NameId> {
        let file = self.model.file;
        let rows = file.imports.iter().filter(|import| import.type_only);
        rows.map(|import| self.map.of_file(file, import.source)).collect()
    }

    /// What is loaded only where components are not rendered on a server: `dynamic(() => import('./map'), { ssr: false })`.
    pub(super) fn client_imports(&mut self) -> Vec<NameId> {
        let file = self.model.file;
        let source =
            |&import: &NodeId| file.tree.children(import).next().and_then(|arg| file.tree.name_id(arg));
        let (client, both): (Vec<NodeId>, Vec<NodeId>) =
            self.model.import_calls().iter().partition(|&&import| calls::is_for_client(self.model, import));
        let mut elsewhere: FxHashSet<NameId> = both.iter().filter_map(source).collect();
        elsewhere.extend(file.imports.iter().map(|import| import.source));
        let client: Vec<NameId> =
            client.iter().filter_map(source).filter(|name| !elsewhere.contains(name)).collect();
        let mut out: Vec<NameId> = client.into_iter().map(|name| self.map.of_file(file, name)).collect();
        out.sort_unstable();
        out
    }

    pub(super) fn imports(&mut self) -> Vec<NameId> {
        let file = self.model.file;
        let mut out: Vec<NameId> = Vec::new();
        for import in file.imports.iter().filter(|import| !import.type_only) {
            out.push(self.map.of_file(file, import.source));
        }
        let required = self.model.all_calls().iter().filter_map(|&call| file.required(call));
        let imported =
            self.model.import_calls().iter().filter_map(|&import| {
                file.tree.children(import).next().and_then(|arg| file.tree.name_id(arg))
            });
        for source in required.chain(imported) {
            out.push(self.map.of_file(file, source));
        }
        for export in &file.exports {
            if let ExportTarget::From { source, .. } = export.target {
                out.push(self.map.of_file(file, source));
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}
