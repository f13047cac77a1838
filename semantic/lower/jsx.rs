//! JSX: an element is its tag, its attributes and its children.

use super::{Lowering, span};
use crate::tree::Kind;
use swc_ecma_ast as ast;
use swc_ecma_visit::VisitWith;

impl Lowering<'_> {
    pub(super) fn jsx_element(&mut self, element: &ast::JSXElement) {
        self.node(Kind::JsxElement, span(element.span), 0, |l| {
            l.jsx_tag(&element.opening.name);
            for attr in &element.opening.attrs {
                l.jsx_attribute(attr);
            }
            element.children.visit_with(l);
        });
    }

    /// A component's name is a reference; an intrinsic element's is a string.
    fn jsx_tag(&mut self, name: &ast::JSXElementName) {
        match name {
            ast::JSXElementName::Ident(ident) => {
                if ident.sym.starts_with(|c: char| c.is_lowercase()) {
                    let name = self.intern(&ident.sym);
                    self.leaf(Kind::String, span(ident.span), name.raw());
                } else {
                    self.reference(&ident.sym, span(ident.span));
                }
            }
            ast::JSXElementName::JSXMemberExpr(member) => self.jsx_member(member),
            ast::JSXElementName::JSXNamespacedName(name) => {
                let text = self.intern(&name.name.sym);
                self.leaf(Kind::String, span(name.span), text.raw());
            }
        }
    }

    fn jsx_member(&mut self, member: &ast::JSXMemberExpr) {
        let name = self.intern(&member.prop.sym);
        self.node(Kind::Member, span(member.span), name.raw(), |l| match &member.obj {
            ast::JSXObject::JSXMemberExpr(inner) => l.jsx_member(inner),
            ast::JSXObject::Ident(ident) => {
                l.reference(&ident.sym, span(ident.span));
            }
        });
    }

    fn jsx_attribute(&mut self, attr: &ast::JSXAttrOrSpread) {
        match attr {
            ast::JSXAttrOrSpread::SpreadElement(spread) => {
                self.node(Kind::Spread, span(spread.dot3_token), 0, |l| spread.expr.visit_with(l));
            }
            ast::JSXAttrOrSpread::JSXAttr(attr) => {
                let name = match &attr.name {
                    ast::JSXAttrName::Ident(ident) => self.intern(&ident.sym),
                    ast::JSXAttrName::JSXNamespacedName(name) => {
                        self.intern(&format!("{}:{}", name.ns.sym, name.name.sym))
                    }
                };
                self.node(Kind::JsxAttribute, span(attr.span), name.raw(), |l| {
                    l.jsx_value(attr.value.as_ref());
                });
            }
        }
    }

    fn jsx_value(&mut self, value: Option<&ast::JSXAttrValue>) {
        match value {
            None => self.empty(),
            Some(ast::JSXAttrValue::Str(text)) => {
                let name = self.intern(&text.value.to_string_lossy());
                self.leaf(Kind::String, span(text.span), name.raw());
            }
            Some(value) => value.visit_children_with(self),
        }
    }
}
