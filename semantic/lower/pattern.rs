//! Binding and assignment patterns.

use super::{Lowering, Pattern, annotation, span};
use crate::index::BindingId;
use crate::tables::BindingKind;
use crate::tree::Kind;
use swc_ecma_ast as ast;
use swc_ecma_visit::VisitWith;

impl Lowering<'_> {
    /// Walks a pattern whose names are declared or assigned as `mode` says.
    pub(super) fn pattern(&mut self, pat: &ast::Pat, mode: Pattern) {
        let outer = std::mem::replace(&mut self.pattern, mode);
        self.pat(pat);
        self.pattern = outer;
    }

    pub(super) fn pat(&mut self, pat: &ast::Pat) {
        match pat {
            ast::Pat::Ident(ident) => self.pat_ident(ident),
            ast::Pat::Array(array) => self.array_pat(array),
            ast::Pat::Object(object) => self.object_pat(object),
            ast::Pat::Rest(rest) => self.rest_pat(rest),
            ast::Pat::Assign(default) => {
                self.node(Kind::Default, span(default.span), 0, |l| {
                    l.pat(&default.left);
                    l.value(&default.right);
                });
            }
            ast::Pat::Expr(expr) => self.value(expr),
            ast::Pat::Invalid(_) => self.empty(),
        }
    }

    /// An expression inside a pattern: names in it are plain references.
    fn value(&mut self, expr: &ast::Expr) {
        let outer = std::mem::replace(&mut self.pattern, Pattern::Assign);
        expr.visit_with(self);
        self.pattern = outer;
    }

    fn pat_ident(&mut self, ident: &ast::BindingIdent) {
        match self.pattern {
            Pattern::Assign => {
                self.reference(&ident.id.sym, span(ident.id.span));
            }
            Pattern::Declare(_) => {
                let ty = annotation(ident.type_ann.as_deref()).map(|ty| self.lower_type(ty));
                let binding = self.declare_name(&ident.id);
                self.annotate(binding, ty);
            }
        }
    }

    /// Adds the node and the binding of a declared name.
    pub(super) fn declare_name(&mut self, ident: &ast::Ident) -> BindingId {
        let Pattern::Declare(kind) = self.pattern else {
            let node = self.reference(&ident.sym, span(ident.span));
            return self.declare(&ident.sym, BindingKind::Var, span(ident.span), node);
        };
        let at = span(ident.span);
        let node = self.leaf(Kind::BindingName, at, 0);
        let binding = self.declare(&ident.sym, kind, at, node);
        self.out.tree.nodes[node.index()].data = binding.0;
        binding
    }

    pub(super) fn array_pat(&mut self, array: &ast::ArrayPat) {
        self.node(Kind::ArrayPattern, span(array.span), 0, |l| {
            for elem in &array.elems {
                match elem {
                    Some(pat) => l.pat(pat),
                    None => l.empty(),
                }
            }
        });
    }

    fn rest_pat(&mut self, rest: &ast::RestPat) {
        self.node(Kind::Rest, span(rest.span), 0, |l| l.pat(&rest.arg));
    }

    pub(super) fn object_pat(&mut self, object: &ast::ObjectPat) {
        let ty = annotation(object.type_ann.as_deref()).map(|ty| self.lower_type(ty));
        let id = self.node(Kind::ObjectPattern, span(object.span), 0, |l| {
            for prop in &object.props {
                l.object_pat_prop(prop);
            }
        });
        if let Some(ty) = ty {
            self.out.tree.casts.insert(id, ty);
        }
    }

    fn object_pat_prop(&mut self, prop: &ast::ObjectPatProp) {
        match prop {
            ast::ObjectPatProp::KeyValue(pair) => {
                let name = self.prop_name(&pair.key);
                let at = self.key_span(&pair.key);
                self.node(Kind::PatternProperty, at, name, |l| {
                    l.computed_key(&pair.key);
                    l.pat(&pair.value);
                });
            }
            ast::ObjectPatProp::Assign(short) => {
                let name = self.intern(&short.key.id.sym).raw();
                self.node(Kind::PatternProperty, span(short.span), name, |l| {
                    l.empty();
                    match &short.value {
                        None => l.pat_ident(&short.key),
                        Some(value) => {
                            l.node(Kind::Default, span(short.span), 0, |l| {
                                l.pat_ident(&short.key);
                                l.value(value);
                            });
                        }
                    }
                });
            }
            ast::ObjectPatProp::Rest(rest) => self.rest_pat(rest),
        }
    }
}
