//! Places as a person would write them.

use super::{Place, Root, Step};
use crate::index::{BindingId, NameId, NodeId};
use crate::tables::{Imported, Lowered};
use crate::tree::Kind;
use rustc_hash::FxHashMap;

impl Lowered {
    /// The place as a person would write it.
    #[must_use]
    pub fn display(&self, place: &Place) -> String {
        let mut out = match place.root {
            Root::Binding(binding) => self.tree.text(self.binding(binding).name).to_owned(),
            Root::This(_) | Root::Receiver(_) => "this".to_owned(),
            Root::Class(class) => self
                .class(class)
                .name
                .map_or_else(|| "this".to_owned(), |name| self.tree.text(name).to_owned()),
            Root::Module(source) => self.module_name(source, place),
            Root::Exports => "exports".to_owned(),
            Root::Global(name) => self.tree.text(name).to_owned(),
            Root::Value(node) => self.describe_value(node),
        };
        let skip = usize::from(matches!(place.root, Root::Module(_)) && !place.path.is_empty());
        for step in place.path.iter().skip(skip) {
            match step {
                Step::Field(name) => {
                    out.push('.');
                    out.push_str(self.tree.text(*name));
                }
                Step::Element => out.push_str("[…]"),
            }
        }
        out
    }

    /// The local name of an import, or what the module is called.
    fn module_name(&self, source: NameId, place: &Place) -> String {
        let wanted = place.path.first();
        let local = match wanted {
            Some(Step::Field(field)) => self.imported_as(source, *field),
            _ => None,
        };
        let name = local.map(|binding| self.binding(binding).name);
        match (name, wanted) {
            (Some(name), _) => self.tree.text(name).to_owned(),
            (None, Some(Step::Field(field))) => {
                let base = self.tree.text(source).rsplit('/').next().unwrap_or_default();
                format!("{base}.{}", self.tree.text(*field))
            }
            _ => self.tree.text(source).rsplit('/').next().unwrap_or_default().to_owned(),
        }
    }

    /// The variable that the first import of a name of a module gives it.
    fn imported_as(&self, source: NameId, field: NameId) -> Option<BindingId> {
        let index = self.import_names.get_or_init(|| {
            let default = self.tree.names().find("default");
            let mut index = FxHashMap::default();
            for import in &self.imports {
                let name = match import.imported {
                    Some(Imported::Named(name)) => Some(name),
                    Some(Imported::Default) => default,
                    _ => None,
                };
                if let Some(name) = name {
                    index.entry((import.source, name)).or_insert(import.local);
                }
            }
            index
        });
        index.get(&(source, field)).copied().flatten()
    }

    fn describe_value(&self, node: NodeId) -> String {
        let tree = &self.tree;
        match tree.kind(node) {
            Kind::Call | Kind::New => {
                let callee = tree.callee(node).map(|callee| self.display(&self.place(callee)));
                let new = if tree.kind(node) == Kind::New { "new " } else { "" };
                format!("{new}{}()", callee.unwrap_or_default())
            }
            Kind::Function => "function".to_owned(),
            Kind::Object => "{…}".to_owned(),
            Kind::Array => "[…]".to_owned(),
            _ => "value".to_owned(),
        }
    }
}
