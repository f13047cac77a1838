//! Places as a person would write them.

use super::{Place, Root, Step};
use crate::index::{BindingId, NameId, NodeId};
use crate::tables::{Imported, Lowered};
use crate::tree::Kind;
use rustc_hash::FxHashMap;

/// How many bytes a place is thought to need.
const SHORT: usize = 32;

impl Lowered {
    /// The place as a person would write it.
    #[must_use]
    pub fn display(&self, place: &Place) -> String {
        // Most have room in it: what is called is shown for each call of a file.
        let mut out = String::with_capacity(SHORT);
        match place.root {
            Root::Binding(binding) => out.push_str(self.tree.text(self.binding(binding).name)),
            Root::This(_) | Root::Receiver(_) => out.push_str("this"),
            Root::Class(class) => {
                out.push_str(self.class(class).name.map_or("this", |name| self.tree.text(name)));
            }
            Root::Module(source) => out.push_str(&self.module_name(source, place)),
            Root::Exports => out.push_str("exports"),
            Root::Global(name) => out.push_str(self.tree.text(name)),
            Root::Value(node) => self.describe_value(node, &mut out),
        }
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

    fn describe_value(&self, node: NodeId, out: &mut String) {
        let tree = &self.tree;
        match tree.kind(node) {
            Kind::Call | Kind::New => {
                let callee = tree.callee(node).map(|callee| self.display(&self.place(callee)));
                out.push_str(if tree.kind(node) == Kind::New { "new " } else { "" });
                out.push_str(&callee.unwrap_or_default());
                out.push_str("()");
            }
            Kind::Function => out.push_str("function"),
            Kind::Object => out.push_str("{…}"),
            Kind::Array => out.push_str("[…]"),
            _ => out.push_str("value"),
        }
    }
}
