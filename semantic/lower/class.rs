//! Functions and classes.

use super::{Lowering, Pattern, annotation, span};
use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId, TypeId};
use crate::tables::{BindingKind, Class, ClassKind, Function, FunctionKind, Member, ParamDecorator};
use crate::tree::{Kind, Span, flag};
use smallvec::SmallVec;
use swc_common::Spanned;
use swc_ecma_ast as ast;
use swc_ecma_visit::VisitWith;

/// The parts all functions share, whatever swc calls them.
pub(super) struct Signature<'a> {
    pub(super) kind: FunctionKind,
    pub(super) is_async: bool,
    pub(super) is_generator: bool,
    pub(super) returns: Option<&'a ast::TsTypeAnn>,
    pub(super) at: Span,
}

impl Lowering<'_> {
    /// Adds a function's node and row; `inside` adds its parameters and its body and returns how many parameters.
    pub(super) fn function(
        &mut self,
        signature: &Signature<'_>,
        inside: impl FnOnce(&mut Self, FuncId) -> u16,
    ) -> FuncId {
        let id = FuncId::from_index(self.out.functions.len());
        let node = NodeId::from_index(self.out.tree.len());
        let mut row = Function::new(node, signature.kind, Some(self.func));
        row.is_async = signature.is_async;
        row.is_generator = signature.is_generator;
        row.returns = annotation(signature.returns).map(|ty| self.lower_type(ty));
        self.out.functions.push(row);
        self.node(Kind::Function, signature.at, id.raw(), |l| {
            let outer = std::mem::replace(&mut l.func, id);
            let outer_pattern = std::mem::replace(&mut l.pattern, Pattern::Assign);
            let params = l.scoped(true, |l| inside(l, id));
            l.out.functions[id.index()].params = params;
            (l.func, l.pattern) = (outer, outer_pattern);
        });
        id
    }

    /// The items of a file with a per-instance script: those of the script become the body of a function.
    pub(super) fn component(&mut self, items: &[ast::ModuleItem], setup: Span) {
        let inside = |item: &&ast::ModuleItem| {
            let at = span(item.span());
            let is_import = matches!(item, ast::ModuleItem::ModuleDecl(ast::ModuleDecl::Import(_)));
            setup.start <= at.start && at.start < setup.end && !is_import
        };
        for item in items.iter().filter(|item| !inside(item)) {
            item.visit_with(self);
        }
        let signature = Signature {
            kind: FunctionKind::Setup,
            is_async: false,
            is_generator: false,
            returns: None,
            at: setup,
        };
        let id = self.function(&signature, |l, _| {
            l.node(Kind::Block, setup, 0, |l| {
                for item in items.iter().filter(inside) {
                    item.visit_with(l);
                }
                if let Some(template) = l.shown {
                    l.add_template(template, None);
                }
            });
            0
        });
        self.out.setup = Some(id);
    }

    fn signature<'a>(func: &'a ast::Function, kind: FunctionKind) -> Signature<'a> {
        Signature {
            kind,
            is_async: func.is_async,
            is_generator: func.is_generator,
            returns: func.return_type.as_deref(),
            at: span(func.span),
        }
    }

    fn params_and_body(&mut self, id: FuncId, func: &ast::Function) -> u16 {
        for (i, param) in func.params.iter().enumerate() {
            self.param_decorators(id, i, &param.decorators);
            self.pattern(&param.pat, Pattern::Declare(BindingKind::Param));
        }
        self.function_body(func.body.as_ref());
        u16::try_from(func.params.len()).unwrap_or(u16::MAX)
    }

    fn function_body(&mut self, body: Option<&ast::FunctionBody>) {
        match body {
            None => self.empty(),
            Some(body) => {
                self.node(Kind::Block, span(body.span), 0, |l| {
                    body.stmts.visit_with(l);
                    l.template_at_home(span(body.span));
                });
            }
        }
    }

    /// The decorators on a parameter: `@Req() req`.
    fn param_decorators(&mut self, func: FuncId, param: usize, decorators: &[ast::Decorator]) {
        for decorator in decorators {
            let (callee, arg) = match &*decorator.expr {
                ast::Expr::Call(call) => (call.callee.as_expr().map(|callee| &**callee), call.args.first()),
                other => (Some(other), None),
            };
            if let Some(ast::Expr::Ident(ident)) = callee {
                let name = self.intern(&ident.sym);
                let arg = arg.and_then(|arg| arg.expr.as_ident()).map(|ident| self.intern(&ident.sym));
                let at = u16::try_from(param).unwrap_or(u16::MAX);
                let row = &mut self.out.functions[func.index()];
                row.param_decorators.push(ParamDecorator { at, name, arg });
            }
        }
    }

    pub(super) fn function_decl(&mut self, decl: &ast::FnDecl) {
        if decl.declare || decl.function.body.is_none() {
            return;
        }
        let node = NodeId::from_index(self.out.tree.len());
        let binding = self.declare_named(&decl.ident, BindingKind::Function, node);
        let signature = Self::signature(&decl.function, FunctionKind::Function);
        let id = self.function(&signature, |l, id| l.params_and_body(id, &decl.function));
        let name = self.intern(&decl.ident.sym);
        let row = &mut self.out.functions[id.index()];
        row.binding = Some(binding);
        row.name = Some(name);
    }

    pub(super) fn function_expr(&mut self, expr: &ast::FnExpr) {
        let signature = Self::signature(&expr.function, FunctionKind::Function);
        let id = self.function(&signature, |l, id| {
            if let Some(ident) = &expr.ident {
                let node = l.out.functions[id.index()].node;
                let binding = l.declare_named(ident, BindingKind::Function, node);
                l.out.functions[id.index()].binding = Some(binding);
            }
            l.params_and_body(id, &expr.function)
        });
        if let Some(ident) = &expr.ident {
            let name = self.intern(&ident.sym);
            self.out.functions[id.index()].name = Some(name);
        }
    }

    pub(super) fn arrow(&mut self, arrow: &ast::ArrowExpr) {
        let signature = Signature {
            kind: FunctionKind::Arrow,
            is_async: arrow.is_async,
            is_generator: arrow.is_generator,
            returns: arrow.return_type.as_deref(),
            at: span(arrow.span),
        };
        let id = self.function(&signature, |l, _| {
            for param in &arrow.params {
                l.pattern(param, Pattern::Declare(BindingKind::Param));
            }
            match &*arrow.body {
                ast::ArrowFunctionBody::FunctionBody(body) => l.function_body(Some(body)),
                ast::ArrowFunctionBody::Expr(expr) => expr.visit_with(l),
            }
            u16::try_from(arrow.params.len()).unwrap_or(u16::MAX)
        });
        if self.out.functions[id.index()].uses_this {
            self.out.functions[self.func.index()].uses_this = true;
        }
    }

    /// A method, getter or setter of an object literal: a property whose value is a function.
    pub(super) fn object_method(&mut self, key: &ast::PropName, func: &ast::Function, at: Span, bits: u8) {
        let kind = match bits {
            flag::GETTER => FunctionKind::Getter,
            flag::SETTER => FunctionKind::Setter,
            _ => FunctionKind::Method,
        };
        let name = self.prop_name(key);
        let id = self.node(Kind::Property, at, name, |l| {
            l.computed_key(key);
            l.function(&Self::signature(func, kind), |l, id| l.params_and_body(id, func));
        });
        self.set_flags(id, bits);
    }

    pub(super) fn class_decl(&mut self, decl: &ast::ClassDecl) {
        if decl.declare {
            return;
        }
        let node = NodeId::from_index(self.out.tree.len());
        let binding = self.declare_named(&decl.ident, BindingKind::Class, node);
        let id = self.class(&decl.class);
        self.name_class(id, &decl.ident, Some(binding));
    }

    pub(super) fn class_expr(&mut self, expr: &ast::ClassExpr) {
        let id = self.class(&expr.class);
        if let Some(ident) = &expr.ident {
            self.name_class(id, ident, None);
        }
    }

    fn name_class(&mut self, id: ClassId, ident: &ast::Ident, binding: Option<BindingId>) {
        let name = self.intern(&ident.sym);
        let row = &mut self.out.classes[id.index()];
        row.name = Some(name);
        row.binding = binding;
    }

    fn class(&mut self, class: &ast::Class) -> ClassId {
        let id = ClassId::from_index(self.out.classes.len());
        let implements = class.implements.iter().map(|clause| self.implemented_type(clause)).collect();
        self.out.classes.push(Class {
            node: NodeId::from_index(self.out.tree.len()),
            kind: ClassKind::Class,
            name: None,
            binding: None,
            super_class: None,
            implements,
            members: Vec::new(),
            constructor: None,
            decorators: SmallVec::new(),
            func: self.func,
            field_init: None,
            copied: SmallVec::new(),
            is_exports: false,
        });
        self.node(Kind::Class, span(class.span), id.raw(), |l| {
            l.scoped(false, |l| {
                let outer = l.class.replace(id);
                l.superclass(id, class);
                for decorator in &class.decorators {
                    let node = NodeId::from_index(l.out.tree.len());
                    decorator.visit_with(l);
                    l.out.classes[id.index()].decorators.push(node);
                }
                class.body.visit_with(l);
                l.class = outer;
            });
        });
        id
    }

    fn superclass(&mut self, id: ClassId, class: &ast::Class) {
        match &class.super_class {
            None => self.empty(),
            Some(expr) => {
                let node = NodeId::from_index(self.out.tree.len());
                expr.visit_with(self);
                self.out.classes[id.index()].super_class = Some(node);
            }
        }
    }

    pub(super) fn class_member(&mut self, member: &ast::ClassMember) {
        match member {
            ast::ClassMember::Constructor(constructor) => self.constructor(constructor),
            ast::ClassMember::Method(method) => {
                let key = Key::of(&method.key);
                self.method(&key, &method.function, method.kind, method.is_static, method.accessibility);
            }
            ast::ClassMember::PrivateMethod(method) => {
                let key = Key::Private(&method.key);
                self.method(&key, &method.function, method.kind, method.is_static, None);
            }
            ast::ClassMember::ClassProp(prop) => self.field(&FieldParts {
                key: Key::of(&prop.key),
                value: prop.value.as_deref(),
                ty: prop.type_ann.as_deref(),
                is_static: prop.is_static,
                accessibility: prop.accessibility,
                decorators: &prop.decorators,
                at: span(prop.span),
            }),
            ast::ClassMember::PrivateProp(prop) => self.field(&FieldParts {
                key: Key::Private(&prop.key),
                value: prop.value.as_deref(),
                ty: prop.type_ann.as_deref(),
                is_static: prop.is_static,
                accessibility: None,
                decorators: &prop.decorators,
                at: span(prop.span),
            }),
            ast::ClassMember::AutoAccessor(prop) => self.field(&FieldParts {
                key: match &prop.key {
                    ast::Key::Private(name) => Key::Private(name),
                    ast::Key::Public(name) => Key::of(name),
                },
                value: prop.value.as_deref(),
                ty: prop.type_ann.as_deref(),
                is_static: prop.is_static,
                accessibility: prop.accessibility,
                decorators: &prop.decorators,
                at: span(prop.span),
            }),
            ast::ClassMember::StaticBlock(block) => {
                self.node(Kind::StaticBlock, span(block.span), 0, |l| {
                    l.scoped(true, |l| block.body.stmts.visit_with(l));
                });
            }
            ast::ClassMember::TsIndexSignature(_) | ast::ClassMember::Empty(_) => {}
        }
    }

    fn constructor(&mut self, constructor: &ast::Constructor) {
        let (Some(class), true) = (self.class, constructor.body.is_some()) else { return };
        let at = span(constructor.span);
        let name = self.intern("constructor");
        let signature = Signature {
            kind: FunctionKind::Constructor,
            is_async: false,
            is_generator: false,
            returns: None,
            at,
        };
        let mut func = None;
        let node = self.node(Kind::Method, at, name.raw(), |l| {
            l.empty();
            func = Some(l.function(&signature, |l, id| l.constructor_parts(class, id, constructor)));
        });
        let member = Member {
            name: Some(name),
            func,
            value: None,
            node,
            is_static: false,
            is_private: false,
            is_protected: false,
            ty: None,
        };
        self.member_of(class, member);
        self.out.classes[class.index()].constructor = func;
    }

    fn constructor_parts(&mut self, class: ClassId, id: FuncId, constructor: &ast::Constructor) -> u16 {
        for (i, param) in constructor.params.iter().enumerate() {
            match param {
                ast::ParamOrTsParamProp::Param(param) => {
                    self.param_decorators(id, i, &param.decorators);
                    self.pattern(&param.pat, Pattern::Declare(BindingKind::Param));
                }
                ast::ParamOrTsParamProp::TsParamProp(prop) => {
                    self.param_decorators(id, i, &prop.decorators);
                    self.parameter_property(class, prop);
                }
            }
        }
        self.function_body(constructor.body.as_ref());
        u16::try_from(constructor.params.len()).unwrap_or(u16::MAX)
    }

    /// `constructor(private readonly bus: Bus)`: a parameter, and a field whose value it is.
    fn parameter_property(&mut self, class: ClassId, prop: &ast::TsParamProp) {
        let (ident, pattern) = match &prop.param {
            ast::TsParamPropParam::Ident(ident) => (ident, ast::Pat::Ident(ident.clone())),
            ast::TsParamPropParam::Assign(default) => {
                let ast::Pat::Ident(ident) = &*default.left else { return };
                (ident, ast::Pat::Assign(default.clone()))
            }
        };
        let node = NodeId::from_index(self.out.tree.len());
        self.pattern(&pattern, Pattern::Declare(BindingKind::Param));
        let with_default = self.out.tree.kind(node) == Kind::Default;
        let value = if with_default { self.out.tree.first(node) } else { Some(node) };
        let ty = annotation(ident.type_ann.as_deref()).map(|ty| self.lower_type(ty));
        let name = self.intern(&ident.id.sym);
        let (is_private, is_protected) = (is_private(prop.accessibility), is_protected(prop.accessibility));
        let is_static = false;
        let member =
            Member { name: Some(name), func: None, value, node, is_static, is_private, is_protected, ty };
        self.member_of(class, member);
    }

    fn member_of(&mut self, class: ClassId, member: Member) {
        self.out.classes[class.index()].members.push(member);
    }

    fn method(
        &mut self,
        key: &Key<'_>,
        func: &ast::Function,
        kind: ast::MethodKind,
        is_static: bool,
        accessibility: Option<ast::Accessibility>,
    ) {
        let (Some(class), true) = (self.class, func.body.is_some()) else { return };
        let (kind, bits) = match kind {
            ast::MethodKind::Method => (FunctionKind::Method, 0),
            ast::MethodKind::Getter => (FunctionKind::Getter, flag::GETTER),
            ast::MethodKind::Setter => (FunctionKind::Setter, flag::SETTER),
        };
        let name = self.key_name(key);
        let mut id = None;
        let mut decorators = SmallVec::new();
        let node = self.node(Kind::Method, key.span(), name, |l| {
            l.key_node(key);
            for decorator in &func.decorators {
                decorators.push(NodeId::from_index(l.out.tree.len()));
                decorator.visit_with(l);
            }
            id = Some(l.function(&Self::signature(func, kind), |l, id| l.params_and_body(id, func)));
        });
        self.set_flags(node, bits | if is_static { flag::STATIC } else { 0 });
        let is_private = is_private(accessibility) || matches!(key, Key::Private(_));
        let is_protected = is_protected(accessibility);
        if let Some(id) = id {
            let row = &mut self.out.functions[id.index()];
            row.is_static = is_static;
            row.decorators = decorators;
        }
        let name = named(name);
        let member =
            Member { name, func: id, value: None, node, is_static, is_private, is_protected, ty: None };
        self.member_of(class, member);
    }

    fn field(&mut self, parts: &FieldParts<'_>) {
        let Some(class) = self.class else { return };
        let name = self.key_name(&parts.key);
        let ty = annotation(parts.ty).map(|ty| self.lower_type(ty));
        let outer = self.func;
        let mut value = None;
        let node = self.node(Kind::Field, parts.at, name, |l| {
            l.key_node(&parts.key);
            if !parts.is_static && parts.value.is_some() {
                l.func = l.field_init(class);
            }
            if parts.value.is_some() {
                value = Some(NodeId::from_index(l.out.tree.len()));
            }
            l.expr_or_empty(parts.value);
            l.func = outer;
            parts.decorators.visit_with(l);
        });
        self.set_flags(node, if parts.is_static { flag::STATIC } else { 0 });
        let is_private = is_private(parts.accessibility) || matches!(parts.key, Key::Private(_));
        let is_protected = is_protected(parts.accessibility);
        let func = value.and_then(|value| self.out.tree.function(value));
        let (name, is_static) = (named(name), parts.is_static);
        self.member_of(class, Member { name, func, value, node, is_static, is_private, is_protected, ty });
    }

    /// The function that stands for the field initialisers of a class.
    fn field_init(&mut self, class: ClassId) -> FuncId {
        if let Some(id) = self.out.classes[class.index()].field_init {
            return id;
        }
        let id = FuncId::from_index(self.out.functions.len());
        let node = self.out.classes[class.index()].node;
        let mut row = Function::new(node, FunctionKind::FieldInit, Some(self.func));
        row.class = Some(class);
        self.out.functions.push(row);
        self.out.classes[class.index()].field_init = Some(id);
        id
    }

    fn key_name(&mut self, key: &Key<'_>) -> u32 {
        match key {
            Key::Public(key) => self.prop_name(key),
            Key::Private(name) => self.intern(&format!("#{}", name.name)).raw(),
        }
    }

    fn key_node(&mut self, key: &Key<'_>) {
        match key {
            Key::Public(key) => self.computed_key(key),
            Key::Private(_) => self.empty(),
        }
    }

    fn implemented_type(&mut self, clause: &ast::TsExprWithTypeArgs) -> TypeId {
        self.heritage_type(clause)
    }
}

enum Key<'a> {
    Public(&'a ast::PropName),
    Private(&'a ast::PrivateName),
}

impl<'a> Key<'a> {
    fn of(name: &'a ast::PropName) -> Self {
        Key::Public(name)
    }

    fn span(&self) -> Span {
        match self {
            Key::Public(key) => span(key.span()),
            Key::Private(name) => span(name.span),
        }
    }
}

struct FieldParts<'a> {
    key: Key<'a>,
    value: Option<&'a ast::Expr>,
    ty: Option<&'a ast::TsTypeAnn>,
    is_static: bool,
    accessibility: Option<ast::Accessibility>,
    decorators: &'a [ast::Decorator],
    at: Span,
}

fn is_private(accessibility: Option<ast::Accessibility>) -> bool {
    matches!(accessibility, Some(ast::Accessibility::Private | ast::Accessibility::Protected))
}

fn is_protected(accessibility: Option<ast::Accessibility>) -> bool {
    accessibility == Some(ast::Accessibility::Protected)
}

fn named(name: u32) -> Option<NameId> {
    (name != u32::MAX).then(|| NameId::from_raw(name))
}
