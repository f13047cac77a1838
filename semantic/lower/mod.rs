//! One walk over swc's tree into the flat tables; then names are resolved and what was written to them is noted.
//!
//! The walk descends with `swc_ecma_visit`, so a node kind nobody wrote a method for is still walked through: its parts
//! become children of whatever encloses it.

mod class;
mod expr;
mod jsdoc;
mod jsx;
mod module;
mod options;
mod owner;
mod pattern;
mod resolve;
mod stmt;
mod template;
mod types;

pub(crate) use types::{write_dotted, write_entity_name};

use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId, ReferenceId, ScopeId, TypeId};
use crate::place::PlaceMemo;
use crate::syntax::template::Template;
use crate::tables::{Binding, BindingKind, Function, FunctionKind, Lowered, Reference, Scope};
use crate::tree::{Kind, Node, Span, Tree};
use options::Home;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use swc_ecma_ast as ast;
use swc_ecma_visit::{Visit, VisitWith};
use template::View;

/// Nodes deeper than this are cut off. The lexical bound of [`crate::syntax`] refuses a file long before; this is the
/// second wall, for a file that fools it.
const DEPTH_LIMIT: u32 = 40_000;

/// Lowers a parsed file. `text` is what was parsed; spans are offsets into it. The statements inside `setup` become the
/// body of a function of their own. A template belongs to them, or to the options of the component that is exported.
pub(crate) fn lower(
    program: &ast::Program,
    text: &str,
    setup: Option<Span>,
    template: Option<&Template>,
) -> Lowered {
    let mut walk = Lowering::new(template);
    // About as many nodes as code has: growing step by step would copy them again and again.
    walk.out.tree.nodes.reserve(text.len() / 12);
    walk.out.references.reserve(text.len() / 48);
    let span = Span { start: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX) };
    walk.node(Kind::Program, span, 0, |l| match (program, setup) {
        (ast::Program::Module(module), Some(setup)) => l.component(&module.body, setup),
        _ => {
            l.home = template.and_then(|_| Home::find(program));
            program.visit_children_with(l);
        }
    });
    let mut lowered = walk.out;
    resolve::resolve(&mut lowered);
    name_symbol_members(&mut lowered);
    owner::find_owners(&mut lowered);
    module::find_commonjs_exports(&mut lowered);
    jsdoc::annotate(&mut lowered, text);
    lowered
}

/// Members under a symbol or a string that a constant holds, `[kDispatch]() {}`, are called as the constant is, as they
/// are where they are used.
fn name_symbol_members(lowered: &mut Lowered) {
    for class in lowered.class_ids() {
        for i in 0..lowered.class(class).members.len() {
            let member = &lowered.class(class).members[i];
            let (node, func) = (member.node, member.func);
            if member.name.is_some() || !matches!(lowered.tree.kind(node), Kind::Method | Kind::Field) {
                continue;
            }
            let Some(name) = lowered.tree.first(node).and_then(|key| lowered.constant_name(key)) else {
                continue;
            };
            lowered.tree.nodes[node.index()].data = name.raw();
            lowered.classes[class.index()].members[i].name = Some(name);
            if let Some(func) = func {
                lowered.functions[func.index()].name.get_or_insert(name);
            }
        }
    }
}

/// The state of the walk.
struct Lowering<'t> {
    out: Lowered,
    parent: NodeId,
    slot: u16,
    depth: u32,
    func: FuncId,
    scope: ScopeId,
    class: Option<ClassId>,
    /// What the names of the pattern being walked are.
    pattern: Pattern,
    /// Where `var` and hoisted function declarations go.
    var_scope: ScopeId,
    /// What the component shows.
    shown: Option<&'t Template>,
    /// Where that belongs, until it is there.
    home: Option<Home>,
    /// How names are understood while it is walked.
    view: Option<View>,
}

/// Whether the names in a pattern are declared by it or assigned to.
#[derive(Clone, Copy)]
enum Pattern {
    Declare(BindingKind),
    Assign,
}

impl<'t> Lowering<'t> {
    fn new(shown: Option<&'t Template>) -> Self {
        let module =
            Scope { parent: None, func: FuncId::MODULE, is_function: true, names: FxHashMap::default() };
        let mut out = Lowered {
            path: Box::default(),
            tree: Tree::new(),
            scopes: vec![module],
            bindings: Vec::new(),
            references: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            types: Vec::new(),
            type_decls: FxHashMap::default(),
            is_module: false,
            setup: None,
            template: None,
            truncated: false,
            text: Box::default(),
            places: PlaceMemo::default(),
            answers: std::cell::RefCell::default(),
            import_names: std::cell::OnceCell::new(),
        };
        out.functions.push(Function::new(NodeId(0), FunctionKind::Module, None));
        Self {
            out,
            parent: NodeId(0),
            slot: 0,
            depth: 0,
            func: FuncId::MODULE,
            scope: ScopeId(0),
            class: None,
            pattern: Pattern::Assign,
            var_scope: ScopeId(0),
            shown,
            home: None,
            view: None,
        }
    }

    /// Adds a node whose children are what `parts` adds.
    fn node(&mut self, kind: Kind, span: Span, data: u32, parts: impl FnOnce(&mut Self)) -> NodeId {
        let row = Node::new(kind, span, data, self.parent, self.slot, self.func);
        let id = self.out.tree.open(row);
        self.slot = self.slot.saturating_add(1);
        let (parent, slot) = (self.parent, self.slot);
        (self.parent, self.slot) = (id, 0);
        self.depth += 1;
        if self.depth < DEPTH_LIMIT {
            parts(self);
        } else {
            self.out.truncated = true;
        }
        self.depth -= 1;
        (self.parent, self.slot) = (parent, slot);
        self.out.tree.close(id);
        id
    }

    /// Adds a node without children.
    fn leaf(&mut self, kind: Kind, span: Span, data: u32) -> NodeId {
        self.node(kind, span, data, |_| {})
    }

    /// Adds the place holder of a missing part, so that the others keep their positions.
    fn empty(&mut self) {
        let at = self.out.tree.span(self.parent).start;
        self.leaf(Kind::Empty, Span { start: at, end: at }, 0);
    }

    fn expr_or_empty(&mut self, expr: Option<&ast::Expr>) {
        match expr {
            Some(expr) => expr.visit_with(self),
            None => self.empty(),
        }
    }

    fn set_flags(&mut self, id: NodeId, bits: u8) {
        self.out.tree.nodes[id.index()].flags |= bits;
    }

    fn intern(&mut self, text: &str) -> NameId {
        self.out.tree.names.intern(text)
    }

    /// Runs `inside` in a new scope.
    fn scoped<R>(&mut self, is_function: bool, inside: impl FnOnce(&mut Self) -> R) -> R {
        let scope = ScopeId::from_index(self.out.scopes.len());
        let names = FxHashMap::default();
        self.out.scopes.push(Scope { parent: Some(self.scope), func: self.func, is_function, names });
        let (outer, outer_var) = (self.scope, self.var_scope);
        self.scope = scope;
        if is_function {
            self.var_scope = scope;
        }
        let result = inside(self);
        (self.scope, self.var_scope) = (outer, outer_var);
        result
    }

    /// Declares a name; a second `var` or function of the same name is the same binding.
    fn declare(&mut self, text: &str, kind: BindingKind, span: Span, node: NodeId) -> BindingId {
        let name = self.intern(text);
        let scope = if kind == BindingKind::Var { self.var_scope } else { self.scope };
        if let Some(&known) = self.out.scopes[scope.index()].names.get(&name) {
            let row = &mut self.out.bindings[known.index()];
            if kind == BindingKind::Function {
                row.kind = kind;
                row.node = node;
            }
            return known;
        }
        let id = BindingId::from_index(self.out.bindings.len());
        let func = self.out.scopes[scope.index()].func;
        self.out.bindings.push(Binding::new(name, kind, scope, func, node, span));
        self.out.scopes[scope.index()].names.insert(name, id);
        id
    }

    /// Adds a use of a name.
    fn reference(&mut self, text: &str, span: Span) -> NodeId {
        let name = self.intern(text);
        let id = ReferenceId::from_index(self.out.references.len());
        let node = self.leaf(Kind::Identifier, span, id.0);
        self.out.references.push(Reference { node, name, scope: self.scope, binding: None });
        node
    }

    /// Adds a name that the source declares without an identifier node of swc's own (functions, classes).
    fn declare_named(&mut self, ident: &ast::Ident, kind: BindingKind, node: NodeId) -> BindingId {
        self.declare(&ident.sym, kind, span(ident.span), node)
    }
}

/// An swc span as byte offsets into the text. Each file is parsed on its own from `BytePos(1)`.
fn span(span: swc_common::Span) -> Span {
    Span { start: span.lo.0.saturating_sub(1), end: span.hi.0.saturating_sub(1) }
}

impl Binding {
    fn new(name: NameId, kind: BindingKind, scope: ScopeId, func: FuncId, node: NodeId, span: Span) -> Self {
        Self {
            name,
            kind,
            scope,
            func,
            node,
            span,
            ty: None,
            references: Vec::new(),
            values: SmallVec::new(),
            opaque_writes: 0,
            import: None,
        }
    }
}

impl Function {
    fn new(node: NodeId, kind: FunctionKind, parent: Option<FuncId>) -> Self {
        Self {
            node,
            kind,
            parent,
            name: None,
            is_async: false,
            is_generator: false,
            params: 0,
            binding: None,
            class: None,
            is_static: false,
            this_class: None,
            returns: None,
            decorators: SmallVec::new(),
            param_decorators: SmallVec::new(),
            has_eval: false,
            uses_this: false,
        }
    }
}

impl Visit for Lowering<'_> {
    fn visit_expr(&mut self, expr: &ast::Expr) {
        self.expr(expr);
    }

    fn visit_stmt(&mut self, stmt: &ast::Stmt) {
        self.stmt(stmt);
    }

    fn visit_module_decl(&mut self, decl: &ast::ModuleDecl) {
        self.module_decl(decl);
    }

    fn visit_decl(&mut self, decl: &ast::Decl) {
        self.decl(decl);
    }

    fn visit_pat(&mut self, pat: &ast::Pat) {
        self.pat(pat);
    }

    fn visit_prop_or_spread(&mut self, prop: &ast::PropOrSpread) {
        self.prop_or_spread(prop);
    }

    fn visit_expr_or_spread(&mut self, arg: &ast::ExprOrSpread) {
        self.expr_or_spread(arg);
    }

    fn visit_class_member(&mut self, member: &ast::ClassMember) {
        self.class_member(member);
    }

    fn visit_decorator(&mut self, decorator: &ast::Decorator) {
        self.node(Kind::Decorator, span(decorator.span), 0, |l| decorator.expr.visit_with(l));
    }

    fn visit_jsx_element(&mut self, element: &ast::JSXElement) {
        self.jsx_element(element);
    }

    fn visit_jsx_fragment(&mut self, fragment: &ast::JSXFragment) {
        self.node(Kind::JsxElement, span(fragment.span), 0, |l| {
            l.empty();
            fragment.children.visit_with(l);
        });
    }

    // Types hold no values; those that matter are read where they annotate something.
    fn visit_ts_type_ann(&mut self, _: &ast::TsTypeAnn) {}
    fn visit_ts_type(&mut self, _: &ast::TsType) {}
    fn visit_ts_type_param_decl(&mut self, _: &ast::TsTypeParamDecl) {}
    fn visit_ts_type_param_instantiation(&mut self, _: &ast::TsTypeParamInstantiation) {}
    fn visit_ts_expr_with_type_args(&mut self, _: &ast::TsExprWithTypeArgs) {}
}

/// Optional type annotation of a pattern or function.
fn annotation(ann: Option<&ast::TsTypeAnn>) -> Option<&ast::TsType> {
    ann.map(|ann| &*ann.type_ann)
}

impl Lowering<'_> {
    fn annotate(&mut self, binding: BindingId, ty: Option<TypeId>) {
        if ty.is_some() {
            self.out.bindings[binding.index()].ty = ty;
        }
    }
}
