//! The template of a component, as the function that shows it: elements as JSX has them, conditions as conditionals,
//! lists as calls of `map`. A name in it is one of the script, or a member of the component.

use super::class::Signature;
use super::options::{self, Home};
use super::{Lowering, Pattern};
use crate::index::{BindingId, NodeId, ScopeId};
use crate::syntax::template::{Attribute, Branch, Each, Element, Part, Template};
use crate::tables::{BindingKind, FunctionKind};
use crate::tree::{Kind, NO_DATA, Span};
use swc_ecma_ast as ast;
use swc_ecma_visit::VisitWith;

/// Branches of one condition that are chained; further ones stand alone.
const MOST_BRANCHES: u32 = 32;

/// How the names of a template are understood.
pub(super) struct View {
    /// The scope of the template: what is declared in it and below is its own.
    scope: ScopeId,
    /// What the options of the component say of names; none if those of the script are meant.
    options: Option<options::Names>,
}

impl Lowering<'_> {
    /// Adds the function that a template is. It stands last in what its names are taken from.
    pub(super) fn add_template(&mut self, template: &Template, options: Option<options::Names>) {
        let kind = if options.as_ref().is_some_and(|names| !names.in_setup) {
            FunctionKind::Method
        } else {
            FunctionKind::Arrow
        };
        let signature =
            Signature { kind, is_async: false, is_generator: false, returns: None, at: template.span };
        let id = self.function(&signature, |l, _| {
            l.view = Some(View { scope: l.scope, options });
            l.node(Kind::JsxElement, template.span, 0, |l| {
                l.empty();
                let mut at = 0;
                while at < template.parts.len() {
                    l.siblings(&template.parts, &mut at);
                    at += 1;
                }
            });
            l.view = None;
            0
        });
        if kind == FunctionKind::Arrow && self.out.functions[id.index()].uses_this {
            self.out.functions[self.func.index()].uses_this = true;
        }
        self.out.template = Some(id);
        // What it shows may be loaded later: `import('./Map.vue')` of which the default is meant.
        self.intern("default");
    }

    /// Adds the template where it belongs: at the end of the options of the component, as a method of it, or of their `setup`.
    pub(super) fn template_at_home(&mut self, at: Span) {
        let Some(template) = self.shown else { return };
        let Some(Home { names, .. }) = self.home.take_if(|home| home.at == at) else { return };
        if names.in_setup {
            return self.add_template(template, Some(names));
        }
        let name = self.intern("template").raw();
        self.node(Kind::Property, template.span, name, |l| {
            l.empty();
            l.add_template(template, Some(names));
        });
    }

    /// What stands side by side, up to the end of the element around it.
    fn siblings(&mut self, parts: &[Part], at: &mut usize) {
        while let Some(part) = parts.get(*at) {
            match part {
                Part::Close => return,
                Part::Text(expr) => {
                    *at += 1;
                    expr.visit_with(self);
                }
                Part::Open(element) => {
                    *at += 1;
                    self.branch(parts, at, element, 0);
                }
            }
        }
    }

    /// An element behind its condition, with those that are there if it is not.
    fn branch(&mut self, parts: &[Part], at: &mut usize, element: &Element, before: u32) {
        let test = match &element.branch {
            Branch::Always => return self.repeated(parts, at, element),
            Branch::Else if before > 0 => return self.repeated(parts, at, element),
            Branch::If(test) | Branch::ElseIf(test) => test.as_deref(),
            Branch::Else => None,
        };
        self.node(Kind::Conditional, element.at, 0, |l| {
            l.expr_or_empty(test);
            l.repeated(parts, at, element);
            match parts.get(*at) {
                Some(Part::Open(next @ Element { branch: Branch::ElseIf(_) | Branch::Else, .. }))
                    if before < MOST_BRANCHES && !matches!(element.branch, Branch::Else) =>
                {
                    *at += 1;
                    l.branch(parts, at, next, before + 1);
                }
                _ => l.empty(),
            }
        });
    }

    /// An element, or one for each thing in a list.
    fn repeated(&mut self, parts: &[Part], at: &mut usize, element: &Element) {
        let Some(Each { at: span, params, source }) = &element.each else {
            return self.element(parts, at, element);
        };
        let map = self.intern("map").raw();
        let id = self.node(Kind::Call, *span, NO_DATA, |l| {
            l.node(Kind::Member, *span, map, |l| l.expr_or_empty(source.as_deref()));
            l.taking(params, element.at, |l| l.element(parts, at, element));
        });
        self.out.tree.note_method(id);
    }

    /// A function with parameters around a part of the template.
    fn taking(&mut self, params: &[ast::Pat], at: Span, inside: impl FnOnce(&mut Self)) {
        let signature =
            Signature { kind: FunctionKind::Arrow, is_async: false, is_generator: false, returns: None, at };
        let id = self.function(&signature, |l, _| {
            for param in params {
                l.pattern(param, Pattern::Declare(BindingKind::Param));
            }
            inside(l);
            u16::try_from(params.len()).unwrap_or(u16::MAX)
        });
        if self.out.functions[id.index()].uses_this {
            self.out.functions[self.func.index()].uses_this = true;
        }
    }

    fn element(&mut self, parts: &[Part], at: &mut usize, element: &Element) {
        self.node(Kind::JsxElement, element.at, 0, |l| {
            l.tag(element);
            for Attribute { at, name, value } in &element.attributes {
                let name = l.intern(name).raw();
                l.node(Kind::JsxAttribute, *at, name, |l| value.visit_with(l));
            }
            match &element.slot {
                // What is shown in a slot is shown when the component is.
                Some(params) if !params.is_empty() => {
                    l.node(Kind::Call, element.at, NO_DATA, |l| {
                        l.taking(params, element.at, |l| l.children(parts, at, element));
                    });
                }
                _ => l.siblings(parts, at),
            }
        });
        // The end of the element.
        *at += 1;
    }

    /// The children of an element, as one expression.
    fn children(&mut self, parts: &[Part], at: &mut usize, element: &Element) {
        self.node(Kind::JsxElement, element.at, 0, |l| {
            l.empty();
            l.siblings(parts, at);
        });
    }

    /// A component is what its name stands for in the script; an element of the page is a string.
    fn tag(&mut self, element: &Element) {
        let (written, at) = (&*element.tag, element.tag_at);
        if written == "template" {
            return self.empty();
        }
        if is_of_the_page(written) {
            let name = self.intern(written);
            self.leaf(Kind::String, at, name.raw());
            return;
        }
        let names = self.view.as_ref().and_then(|view| view.options.as_ref());
        if let Some(names) = names.filter(|names| !names.in_setup) {
            let registered = names.component(written).map(str::to_owned);
            self.reference(&registered.unwrap_or_else(|| options::pascal_case(written)), at);
            return;
        }
        let registered = names.and_then(|names| names.component(written)).map(str::to_owned);
        let spellings = [written.to_owned(), options::camel_case(written), options::pascal_case(written)];
        let found = registered.or_else(|| spellings.iter().find(|name| self.known(name).is_some()).cloned());
        let [.., last] = spellings;
        self.reference(&found.unwrap_or(last), at);
    }

    /// A name in code: in a template it may be a member of the component, or a box that the template opens by itself.
    pub(super) fn identifier(&mut self, name: &str, at: Span) -> NodeId {
        if self.view.is_none() {
            return self.reference(name, at);
        }
        self.seen(name, at, false)
    }

    /// A name that is written to.
    pub(super) fn target(&mut self, name: &str, at: Span) -> NodeId {
        if self.view.is_none() {
            return self.reference(name, at);
        }
        self.seen(name, at, true)
    }

    fn seen(&mut self, name: &str, at: Span, is_written: bool) -> NodeId {
        if self.is_of_the_template(name) {
            return self.reference(name, at);
        }
        let options = self.view.as_ref().and_then(|view| view.options.as_ref());
        let returned = options.map(|names| names.returned.get(name).cloned());
        let name = match returned {
            // `this.name`
            Some(None) if !GLOBALS.contains(&name) => {
                let member = self.intern(name).raw();
                return self.node(Kind::Member, at, member, |l| l.this(at));
            }
            Some(None) => name.to_owned(),
            Some(Some(inner)) => inner.into(),
            None => name.to_owned(),
        };
        match self.known(&name) {
            Some(binding) if self.is_box(binding, is_written) => {
                let value = self.intern("value").raw();
                self.node(Kind::Member, at, value, |l| {
                    l.reference(&name, at);
                })
            }
            Some(_) => self.reference(&name, at),
            None if GLOBALS.contains(&&*name) => self.reference(&name, at),
            // A property that is declared by its type alone, or what a plugin adds.
            None => self.leaf(Kind::Other, at, 0),
        }
    }

    /// Whether a name is declared within the template, around what is being walked.
    fn is_of_the_template(&self, name: &str) -> bool {
        let (Some(view), Some(name)) = (&self.view, self.out.tree.names().find(name)) else { return false };
        let mut at = Some(self.scope);
        while let Some(scope) = at {
            let row = &self.out.scopes[scope.index()];
            if row.names.contains_key(&name) {
                return true;
            }
            at = row.parent.filter(|_| scope != view.scope);
        }
        false
    }

    /// The variable of a name, where the walk is.
    fn known(&self, name: &str) -> Option<BindingId> {
        let name = self.out.tree.names().find(name)?;
        let mut at = Some(self.scope);
        while let Some(scope) = at {
            let row = &self.out.scopes[scope.index()];
            if let Some(&binding) = row.names.get(&name) {
                return Some(binding);
            }
            at = row.parent;
        }
        None
    }

    /// Whether a variable holds a box: a call says so, or it is written to though nobody can.
    fn is_box(&self, binding: BindingId, is_written: bool) -> bool {
        let (tree, row) = (&self.out.tree, &self.out.bindings[binding.index()]);
        let is_fixed = matches!(row.kind, BindingKind::Const | BindingKind::Import);
        let declarator = tree.parent(row.node).filter(|&parent| tree.kind(parent) == Kind::Declarator);
        let value = declarator.and_then(|declarator| tree.child(declarator, 1));
        let callee = value.filter(|&value| tree.kind(value) == Kind::Call).and_then(|call| tree.callee(call));
        let name = callee.and_then(|callee| tree.reference(callee));
        let name = name.map(|name| tree.text(self.out.references[name.index()].name));
        is_written && is_fixed || name.is_some_and(|name| BOXES.contains(&name))
    }
}

/// What gives a box, which a template opens by itself.
const BOXES: [&str; 7] =
    ["ref", "shallowRef", "computed", "customRef", "toRef", "useTemplateRef", "defineModel"];

/// The globals that a template sees.
const GLOBALS: [&str; 24] = [
    "Array",
    "BigInt",
    "Boolean",
    "Date",
    "Error",
    "Infinity",
    "Intl",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "console",
    "decodeURIComponent",
    "encodeURIComponent",
    "isNaN",
    "parseFloat",
    "parseInt",
    "undefined",
];

/// Whether a tag is one of HTML or SVG, or one that Vue itself understands; a component has another name.
fn is_of_the_page(tag: &str) -> bool {
    OF_THE_PAGE.binary_search(&tag).is_ok()
}

/// In order.
#[rustfmt::skip]
const OF_THE_PAGE: &[&str] = &[
    "a", "abbr", "address", "animate", "animateMotion", "animateTransform", "area", "article", "aside", "audio", "b",
    "base", "bdi", "bdo", "blockquote", "body", "br", "button", "canvas", "caption", "circle", "cite", "clipPath", "code",
    "col", "colgroup", "component", "data", "datalist", "dd", "defs", "del", "desc", "details", "dfn", "dialog", "div", "dl",
    "dt", "ellipse", "em", "embed", "feBlend", "feColorMatrix", "feComposite", "feDropShadow", "feFlood",
    "feGaussianBlur", "feMerge", "feMergeNode", "feOffset", "fieldset", "figcaption", "figure", "filter", "footer",
    "foreignObject", "form", "g", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "i",
    "iframe", "image", "img", "input", "ins", "kbd", "label", "legend", "li", "line", "linearGradient", "link", "main",
    "map", "mark", "marker", "mask", "menu", "meta", "meter", "nav", "noscript", "object", "ol", "optgroup", "option",
    "output", "p", "param", "path", "pattern", "picture", "polygon", "polyline", "pre", "progress", "q", "radialGradient",
    "rect", "rp", "rt", "ruby", "s", "samp", "section", "select", "slot", "small", "source", "span", "stop", "strong",
    "style", "sub", "summary", "sup", "svg", "switch", "symbol", "table", "tbody", "td", "text", "textPath", "textarea",
    "tfoot", "th", "thead", "time", "title", "tr", "track", "tspan", "u", "ul", "use", "var", "video", "view", "wbr",
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_elements_of_the_page_are_in_order() {
        assert!(super::OF_THE_PAGE.is_sorted());
    }
}
