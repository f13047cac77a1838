//! Access paths in the words of the catalog.

use super::Model;
use crate::index::NodeId;
use crate::place::{Place, Root, Step};
use crate::tables::{BindingKind, Type};
use crate::tree::Kind;
use std::rc::Rc;

impl<'a> Model<'a> {
    /// The access path of an expression in the words of the catalog: `http.createServer`, `express()`.
    #[must_use]
    #[inline]
    pub fn api_path(&self, expr: NodeId) -> Option<Rc<str>> {
        if let Some(known) = self.paths.borrow().get(expr) {
            return known.clone();
        }
        self.path_asked_first(expr)
    }

    fn path_asked_first(&self, expr: NodeId) -> Option<Rc<str>> {
        let path = self.path_of(&self.file.place(expr)).map(Rc::from);
        self.paths.borrow_mut().put(&self.file.tree, expr, path.clone());
        path
    }

    /// [`Model::api_path`] of a place.
    #[must_use]
    pub fn path_of(&self, place: &Place) -> Option<String> {
        self.path_within(place, 6)
    }

    fn path_within(&self, place: &Place, fuel: u32) -> Option<String> {
        let fuel = fuel.checked_sub(1)?;
        let tree = &self.file.tree;
        if let Some(queried) = self.queried(place) {
            return self.path_within(&queried, fuel);
        }
        let mut path = match place.root {
            Root::Module(source) => self.catalog.known_as(package_path(tree.text(source))?).to_owned(),
            Root::Global(name) => tree.text(name).to_owned(),
            Root::Value(node) if self.is_import_meta(node) => "import.meta".to_owned(),
            Root::Value(node) if tree.is_call(node) => {
                let callee = self.file.place(tree.callee(node)?);
                format!("{}()", self.path_within(&callee, fuel)?)
            }
            Root::Binding(binding) => {
                let value = self.file.sole_value(binding)?;
                match tree.kind(value) {
                    Kind::Call | Kind::New => {
                        let callee = self.file.place(tree.callee(value)?);
                        format!("{}()", self.path_within(&callee, fuel)?)
                    }
                    // `const client = secure ? https : http`: alike, whichever it is.
                    Kind::Conditional => {
                        let [yes, no] = [1, 2].map(|n| {
                            tree.child(value, n)
                                .and_then(|side| self.path_within(&self.file.place(side), fuel))
                        });
                        no.and(yes)?
                    }
                    _ => return None,
                }
            }
            _ => return None,
        };
        for step in &place.path {
            match step {
                Step::Field(name) if tree.text(*name) == "default" => {}
                Step::Field(name) => {
                    path.push('.');
                    path.push_str(tree.text(*name));
                }
                Step::Element => path.push_str("[]"),
            }
        }
        Some(path)
    }

    /// `import.meta`, and not `new.target`.
    fn is_import_meta(&self, node: NodeId) -> bool {
        let tree = &self.file.tree;
        let span = tree.span(node);
        tree.kind(node) == Kind::MetaProperty
            && self.file.text.get(span.start as usize..span.end as usize) == Some("import.meta")
    }

    /// What an annotation says a variable or a field of it is: `lib` of `(lib: typeof library)`, which is `library`.
    fn queried(&self, place: &Place) -> Option<Place> {
        let Root::Binding(binding) = place.root else { return None };
        let mut at = self.file.binding(binding).ty?;
        let mut steps = place.path.iter();
        let name = loop {
            match self.resolved_type(at)? {
                Type::TypeOf(name) => break *name,
                Type::Object(fields, _) => {
                    let Some(Step::Field(wanted)) = steps.next() else { return None };
                    at = fields.iter().find(|(name, _)| name == wanted)?.1;
                }
                _ => return None,
            }
        };
        let imported = self.module_binding(self.file.tree.text(name))?;
        if self.file.binding(imported).kind != BindingKind::Import {
            return None;
        }
        let start = self.file.place(self.file.binding(imported).node);
        steps.try_fold(start, |place, step| place.with(*step))
    }
}

/// The package of a specifier, `node:` dropped; none for relative and absolute specifiers. A file that a framework generates
/// beside others, `./$types`, goes by its name.
#[must_use]
pub fn package_path(specifier: &str) -> Option<&str> {
    if let Some(name) = specifier.strip_prefix("./").filter(|name| name.starts_with('$')) {
        return Some(name);
    }
    if specifier.starts_with(['.', '/', '#', '~']) || specifier.starts_with("@/") {
        return None;
    }
    Some(specifier.strip_prefix("node:").unwrap_or(specifier))
}
