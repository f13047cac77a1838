//! The tables beside the tree: scopes, bindings, references, functions, classes, imports, exports, types.

use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId, ReferenceId, ScopeId, TypeId};
use crate::place::PlaceMemo;
use crate::tree::{Span, Tree};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::cell::RefCell;

/// A lexical scope.
pub struct Scope {
    /// The enclosing scope.
    pub parent: Option<ScopeId>,
    /// The function it belongs to.
    pub func: FuncId,
    /// Whether `var` declarations stop here.
    pub is_function: bool,
    pub(crate) names: FxHashMap<NameId, BindingId>,
}

/// What declared a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BindingKind {
    /// `var`
    Var,
    /// `let`
    Let,
    /// `const`, and TypeScript's `import x = require()`.
    Const,
    /// `using`, `await using`
    Using,
    /// A parameter or a name in a parameter's pattern.
    Param,
    /// A function declaration, or the own name of a function expression.
    Function,
    /// A class declaration, or the own name of a class expression.
    Class,
    /// An import.
    Import,
    /// A `catch` parameter.
    Catch,
    /// A TypeScript enum or namespace.
    Enum,
}

/// A declared name.
pub struct Binding {
    /// The name.
    pub name: NameId,
    /// What declared it.
    pub kind: BindingKind,
    /// The scope it lives in.
    pub scope: ScopeId,
    /// The function whose run creates it; [`FuncId::MODULE`] for module bindings.
    pub func: FuncId,
    /// The [`crate::tree::Kind::BindingName`] node; for functions and classes their own node.
    pub node: NodeId,
    /// Where the name is written.
    pub span: Span,
    /// Its annotation.
    pub ty: Option<TypeId>,
    /// Every reference to it, in source order.
    pub references: Vec<ReferenceId>,
    /// The values written to it: initialisers and the right sides of plain assignments.
    pub values: SmallVec<[NodeId; 2]>,
    /// Writes whose value is not one expression: destructuring, `++`, `+=`, loop heads.
    pub opaque_writes: u32,
    /// For an import, its row.
    pub import: Option<u32>,
}

/// An occurrence of an identifier.
#[derive(Clone, Copy)]
pub struct Reference {
    /// The identifier's node.
    pub node: NodeId,
    /// The name as written.
    pub name: NameId,
    /// The scope it stands in.
    pub scope: ScopeId,
    /// What it refers to; none for globals.
    pub binding: Option<BindingId>,
}

/// How a function was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum FunctionKind {
    /// The module body.
    Module,
    /// `function` declaration or expression.
    Function,
    /// An arrow: no `this` of its own.
    Arrow,
    /// A method of a class or an object literal.
    Method,
    /// A getter.
    Getter,
    /// A setter.
    Setter,
    /// A class constructor.
    Constructor,
    /// A script block that runs once per component instance: `<script setup>`, a Svelte instance script.
    Setup,
    /// The field initialisers of a class, run by each construction.
    FieldInit,
    /// The body of a loop over messages: only what is kept of a file has it as a function.
    Turn,
}

/// A function.
pub struct Function {
    /// Its node; the class node for [`FunctionKind::FieldInit`].
    pub node: NodeId,
    /// How it was written.
    pub kind: FunctionKind,
    /// The function it is created in.
    pub parent: Option<FuncId>,
    /// The name it is known by: its own, its method's, or that of the variable or property it is assigned to.
    pub name: Option<NameId>,
    /// Declared `async`.
    pub is_async: bool,
    /// Declared with `*`.
    pub is_generator: bool,
    /// The number of parameters.
    pub params: u16,
    /// The binding that names it, for declarations.
    pub binding: Option<BindingId>,
    /// The class whose member it is.
    pub class: Option<ClassId>,
    /// A static member.
    pub is_static: bool,
    /// What its `this` is: the class whose instances it sees as `this`.
    pub this_class: Option<ClassId>,
    /// Return annotation.
    pub returns: Option<TypeId>,
    /// Decorators on it.
    pub decorators: SmallVec<[NodeId; 1]>,
    /// Decorators on its parameters.
    pub param_decorators: SmallVec<[ParamDecorator; 1]>,
    /// Whether a direct `eval` stands in it.
    pub has_eval: bool,
    /// Whether it mentions `this` (for arrows: passes on that of its parent).
    pub uses_this: bool,
}

/// A decorator on a parameter: `@Inject(REQUEST) request`.
#[derive(Clone, Copy)]
pub struct ParamDecorator {
    /// The position of the parameter.
    pub at: u16,
    /// What the decorator is called.
    pub name: NameId,
    /// Its first argument, if that is a name.
    pub arg: Option<NameId>,
}

/// How a class was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum ClassKind {
    /// `class`
    Class,
    /// A constructor function with a prototype.
    Constructor,
    /// An object literal whose methods use `this`.
    Object,
}

/// A member of a class.
#[derive(Clone, Copy)]
pub struct Member {
    /// Its name; none if computed.
    pub name: Option<NameId>,
    /// The method, or the function that a field holds.
    pub func: Option<FuncId>,
    /// The initial value of a field.
    pub value: Option<NodeId>,
    /// The node of the member.
    pub node: NodeId,
    /// Static.
    pub is_static: bool,
    /// `private`, `protected` or `#name`: not to be called from outside.
    pub is_private: bool,
    /// `protected`: classes of other files that extend this one may call it.
    pub is_protected: bool,
    /// The annotation of a field or a parameter property.
    pub ty: Option<TypeId>,
}

/// A class.
pub struct Class {
    /// Its node: class, constructor function or object literal.
    pub node: NodeId,
    /// How it was written.
    pub kind: ClassKind,
    /// Its name.
    pub name: Option<NameId>,
    /// The binding that names it.
    pub binding: Option<BindingId>,
    /// The superclass expression.
    pub super_class: Option<NodeId>,
    /// `implements` clauses.
    pub implements: SmallVec<[TypeId; 1]>,
    /// Its members, in source order.
    pub members: Vec<Member>,
    /// Its constructor.
    pub constructor: Option<FuncId>,
    /// Decorators on it.
    pub decorators: SmallVec<[NodeId; 1]>,
    /// The function that its evaluation belongs to.
    pub func: FuncId,
    /// The function that stands for its field initialisers.
    pub field_init: Option<FuncId>,
    /// What is copied onto its prototype, but for what is written out: `Object.assign(X.prototype, methods)`.
    pub copied: SmallVec<[NodeId; 1]>,
    /// Whether it is what CommonJS exports: `this` in the functions that are put on `exports`.
    pub is_exports: bool,
}

/// What an import takes from its module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Imported {
    /// `import x from`
    Default,
    /// `import * as x from`
    Namespace,
    /// `import { name as x } from`
    Named(NameId),
}

/// An import declaration's row; one per imported name, and one for `import 'm'`.
pub struct Import {
    /// The module specifier.
    pub source: NameId,
    /// What is taken.
    pub imported: Option<Imported>,
    /// The local name.
    pub local: Option<BindingId>,
    /// `import type`.
    pub type_only: bool,
    /// Where the declaration stands.
    pub span: Span,
}

/// What an export stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExportTarget {
    /// A binding of this file.
    Binding(BindingId),
    /// The value of an expression.
    Value(NodeId),
    /// A name of another module: `export { imported as name } from 'source'`.
    From {
        /// The module specifier.
        source: NameId,
        /// What is taken; none for the namespace.
        imported: Option<NameId>,
    },
}

/// One exported name. `export *` has no name.
pub struct Export {
    /// The name others use; `default` for default exports, `=` for `module.exports = …` and `export =`.
    pub name: Option<NameId>,
    /// What it stands for.
    pub target: ExportTarget,
    /// Where it stands.
    pub span: Span,
}

/// A type annotation, reduced to what decides about kinds and keys.
#[derive(Clone, PartialEq, Debug)]
pub enum Type {
    /// `A.B<C>`: the dotted name and its arguments.
    Named(NameId, SmallVec<[TypeId; 2]>),
    /// `T[]` and tuples.
    Array(Option<TypeId>),
    /// `A | B`
    Union(SmallVec<[TypeId; 4]>),
    /// `A & B`
    Intersection(SmallVec<[TypeId; 4]>),
    /// A string literal type.
    StringLiteral(NameId),
    /// Any other literal type.
    Literal,
    /// `string`
    String,
    /// `number`, `bigint`
    Number,
    /// `boolean`
    Boolean,
    /// `null`, `undefined`, `void`
    Nothing,
    /// A function type; what it returns.
    Function(Option<TypeId>),
    /// An object type literal or interface body: members and what an index signature yields.
    Object(Vec<(NameId, TypeId)>, Option<TypeId>),
    /// `keyof T`, `typeof x[number]` and the like: finitely many values.
    Finite,
    /// `typeof x`
    TypeOf(NameId),
    /// Anything else.
    Unknown,
}

/// A type-level declaration of the file.
pub struct TypeDecl {
    /// What it says.
    pub ty: TypeId,
    /// The interfaces it extends.
    pub extends: SmallVec<[TypeId; 1]>,
    /// Whether it is an enum.
    pub is_enum: bool,
}

/// A file after lowering: the tree and its tables.
pub struct Lowered {
    /// Its path relative to the project's root, forward slashes; empty if it has none.
    pub path: Box<str>,
    /// The nodes.
    pub tree: Tree,
    /// Scopes; the first is the module's.
    pub scopes: Vec<Scope>,
    /// Declared names.
    pub bindings: Vec<Binding>,
    /// Uses of names.
    pub references: Vec<Reference>,
    /// Functions; the first is the module body.
    pub functions: Vec<Function>,
    /// Classes, constructor functions and objects with methods.
    pub classes: Vec<Class>,
    /// Import declarations.
    pub imports: Vec<Import>,
    /// Exports, ECMAScript and CommonJS.
    pub exports: Vec<Export>,
    /// Type annotations.
    pub types: Vec<Type>,
    /// Interfaces, aliases and enums by name.
    pub type_decls: FxHashMap<NameId, TypeDecl>,
    /// Whether the file has `import` or `export` declarations.
    pub is_module: bool,
    /// The function that stands for a script block whose statements run per component instance or request.
    pub setup: Option<FuncId>,
    /// The function that stands for the template of a component.
    pub template: Option<FuncId>,
    /// Whether nesting was cut off at the documented limit.
    pub truncated: bool,
    /// The source, for fixes that move a piece of it.
    pub text: Box<str>,
    pub(crate) places: PlaceMemo,
    /// Calls of `get` that are no look-up in a map, as rows of the catalog say.
    pub(crate) answers: RefCell<FxHashSet<NodeId>>,
    /// The variables of imports by module and name, made when first asked for.
    pub(crate) import_names: std::cell::OnceCell<FxHashMap<(NameId, NameId), Option<BindingId>>>,
}

impl Lowered {
    /// Where a reader looks for a call: in a chain that is written over several lines, `bus.on('a', f)` and below it
    /// `.on('b', g)`, from its method on. The whole of any other call.
    #[must_use]
    pub fn site(&self, call: NodeId) -> Span {
        let whole = self.tree.span(call);
        let link = self.tree.method_call(call).and_then(|(object, method)| {
            let end = self.tree.span(self.tree.callee(call)?).end;
            let start = end.checked_sub(u32::try_from(method.len()).ok()?)?;
            let text = |from: u32, to: u32| self.text.get(from as usize..to as usize);
            let is_below =
                self.tree.is_call(object) && text(self.tree.span(object).end, start)?.contains('\n');
            // An escape may stand for a part of the name.
            (is_below && text(start, end)? == method).then_some(start)
        });
        link.map_or(whole, |start| Span { start, ..whole })
    }

    /// Whether a binding is exported under any name.
    #[must_use]
    pub fn is_exported(&self, binding: BindingId) -> bool {
        self.exports.iter().any(|export| export.target == ExportTarget::Binding(binding))
    }

    /// Whether nothing but its class uses a member: it is private, and no decorator is handed it, which may have others call it.
    #[must_use]
    pub fn is_only_for_its_class(&self, member: &Member) -> bool {
        let is_handed = |func: FuncId| !self.function(func).decorators.is_empty();
        member.is_private && !member.func.is_some_and(is_handed)
    }

    /// The row of a binding.
    #[must_use]
    #[inline]
    pub fn binding(&self, id: BindingId) -> &Binding {
        &self.bindings[id.index()]
    }

    /// The row of a function.
    #[must_use]
    #[inline]
    pub fn function(&self, id: FuncId) -> &Function {
        &self.functions[id.index()]
    }

    /// The row of a class.
    #[must_use]
    #[inline]
    pub fn class(&self, id: ClassId) -> &Class {
        &self.classes[id.index()]
    }

    /// The row of a type.
    #[must_use]
    #[inline]
    pub fn ty(&self, id: TypeId) -> &Type {
        &self.types[id.index()]
    }

    /// Every function.
    #[inline]
    pub fn function_ids(&self) -> impl Iterator<Item = FuncId> + use<> {
        (0..self.functions.len()).map(FuncId::from_index)
    }

    /// Every class.
    #[inline]
    pub fn class_ids(&self) -> impl Iterator<Item = ClassId> + use<> {
        (0..self.classes.len()).map(ClassId::from_index)
    }

    /// The binding an identifier node refers to.
    #[must_use]
    #[inline]
    pub fn binding_of(&self, identifier: NodeId) -> Option<BindingId> {
        self.references[self.tree.reference(identifier)?.index()].binding
    }

    /// The name of an identifier that refers to no binding of the file.
    #[must_use]
    #[inline]
    pub fn global_of(&self, identifier: NodeId) -> Option<&str> {
        let reference = &self.references[self.tree.reference(identifier)?.index()];
        reference.binding.is_none().then(|| self.tree.text(reference.name))
    }

    /// The parameter patterns of a function, in order.
    pub fn params(&self, func: FuncId) -> impl Iterator<Item = NodeId> + '_ {
        let row = self.function(func);
        let is_node = self.tree.function(row.node) == Some(func);
        self.tree.children(row.node).take(if is_node { row.params as usize } else { 0 })
    }

    /// The body of a function: a block, or the expression of an arrow. None for declarations without one.
    #[must_use]
    #[inline]
    pub fn body(&self, func: FuncId) -> Option<NodeId> {
        let row = self.function(func);
        match row.kind {
            FunctionKind::Module => Some(row.node),
            FunctionKind::FieldInit => None,
            _ => self.tree.child(row.node, row.params as usize),
        }
    }

    /// The functions around `func`, itself first, the module body last.
    #[inline]
    pub fn enclosing(&self, func: FuncId) -> impl Iterator<Item = FuncId> + '_ {
        std::iter::successors(Some(func), |&f| self.function(f).parent)
    }

    /// Whether `inner` is `outer` or created (at any depth) inside it.
    #[must_use]
    #[inline]
    pub fn is_within(&self, inner: FuncId, outer: FuncId) -> bool {
        self.enclosing(inner).any(|f| f == outer)
    }

    /// Whether a class of another file may have a function as a method, `X.prototype.f = require('./f').f`: then that tells what
    /// its `this` is.
    #[must_use]
    pub fn may_be_adopted(&self, func: FuncId) -> bool {
        let row = self.function(func);
        row.parent == Some(FuncId::MODULE) && row.kind == FunctionKind::Function && !self.exports.is_empty()
    }

    /// The name a function goes by, for messages.
    #[must_use]
    pub fn function_name(&self, func: FuncId) -> Option<&str> {
        self.function(func).name.map(|name| self.tree.text(name))
    }
}
