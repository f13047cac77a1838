//! Imports and exports, ECMAScript and CommonJS.

use super::owner::{declared_by_chain, is_data};
use super::{Lowering, span};
use crate::index::{BindingId, NameId, NodeId};
use crate::tables::{BindingKind, Export, ExportTarget, Import, Imported, Lowered};
use crate::tree::{Kind, Span};
use swc_common::Spanned;
use swc_ecma_ast as ast;
use swc_ecma_visit::VisitWith;

impl Lowering<'_> {
    pub(super) fn module_decl(&mut self, decl: &ast::ModuleDecl) {
        self.out.is_module = true;
        let at = span(decl.span());
        match decl {
            ast::ModuleDecl::Import(import) => self.import(import, at),
            ast::ModuleDecl::ExportDecl(export) => self.export_decl(&export.decl, at),
            ast::ModuleDecl::ExportNamed(named) => self.export_named(named, at),
            ast::ModuleDecl::ExportDefaultDecl(export) => self.export_default(&export.decl, at),
            ast::ModuleDecl::ExportDefaultExpr(export) => self.export_value("default", &export.expr, at),
            ast::ModuleDecl::ExportAll(all) => {
                let source = self.intern(&all.src.value.to_string_lossy());
                self.add_export(None, ExportTarget::From { source, imported: None }, at);
            }
            ast::ModuleDecl::TsImportEquals(import) => self.import_equals(import, at),
            ast::ModuleDecl::TsExportAssignment(export) => self.export_value("=", &export.expr, at),
            ast::ModuleDecl::TsNamespaceExport(_) => {}
        }
    }

    fn add_export(&mut self, name: Option<NameId>, target: ExportTarget, at: Span) {
        self.out.exports.push(Export { name, target, span: at });
    }

    fn import(&mut self, import: &ast::ImportDecl, at: Span) {
        let source = self.intern(&import.src.value.to_string_lossy());
        if import.specifiers.is_empty() {
            let type_only = import.type_only;
            self.out.imports.push(Import { source, imported: None, local: None, type_only, span: at });
        }
        for specifier in &import.specifiers {
            let (imported, type_only) = match specifier {
                ast::ImportSpecifier::Default(_) => {
                    self.intern("default");
                    (Imported::Default, false)
                }
                ast::ImportSpecifier::Namespace(_) => (Imported::Namespace, false),
                ast::ImportSpecifier::Named(named) => {
                    let name = match &named.imported {
                        Some(name) => self.intern(&name.atom()),
                        None => self.intern(&named.local.sym),
                    };
                    let imported = if self.out.tree.text(name) == "default" {
                        Imported::Default
                    } else {
                        Imported::Named(name)
                    };
                    (imported, named.is_type_only)
                }
            };
            self.import_name(specifier.local(), source, imported, import.type_only || type_only, at);
        }
    }

    fn import_name(
        &mut self,
        local: &ast::Ident,
        source: NameId,
        imported: Imported,
        type_only: bool,
        at: Span,
    ) {
        let node = self.leaf(Kind::BindingName, span(local.span), 0);
        let binding = self.declare_named(local, BindingKind::Import, node);
        self.out.tree.nodes[node.index()].data = binding.0;
        let row = u32::try_from(self.out.imports.len()).unwrap_or(u32::MAX);
        self.out.bindings[binding.index()].import = Some(row);
        let (imported, local) = (Some(imported), Some(binding));
        self.out.imports.push(Import { source, imported, local, type_only, span: at });
    }

    fn import_equals(&mut self, import: &ast::TsImportEqualsDecl, at: Span) {
        if let ast::TsModuleRef::TsExternalModuleRef(module) = &import.module_ref {
            let source = self.intern(&module.expr.value.to_string_lossy());
            self.import_name(&import.id, source, Imported::Namespace, import.is_type_only, at);
        }
    }

    fn export_decl(&mut self, decl: &ast::Decl, at: Span) {
        let before = self.out.bindings.len();
        self.node(Kind::Export, at, 0, |l| decl.visit_with(l));
        let declared: Vec<(BindingId, NameId)> = self.out.bindings[before..]
            .iter()
            .enumerate()
            .filter(|(_, row)| row.scope == self.scope)
            .map(|(i, row)| (BindingId::from_index(before + i), row.name))
            .collect();
        for (binding, name) in declared {
            self.add_export(Some(name), ExportTarget::Binding(binding), at);
        }
    }

    fn export_named(&mut self, named: &ast::NamedExport, at: Span) {
        if named.type_only {
            return;
        }
        let source = named.src.as_ref().map(|src| self.intern(&src.value.to_string_lossy()));
        self.node(Kind::Export, at, 0, |l| {
            for specifier in &named.specifiers {
                l.export_specifier(specifier, source, at);
            }
        });
    }

    fn export_specifier(&mut self, specifier: &ast::ExportSpecifier, source: Option<NameId>, at: Span) {
        match (specifier, source) {
            (ast::ExportSpecifier::Namespace(namespace), Some(source)) => {
                let name = self.intern(&namespace.name.atom());
                self.add_export(Some(name), ExportTarget::From { source, imported: None }, at);
            }
            (ast::ExportSpecifier::Default(default), Some(source)) => {
                let name = self.intern(&default.exported.sym);
                let imported = Some(self.intern("default"));
                self.add_export(Some(name), ExportTarget::From { source, imported }, at);
            }
            (ast::ExportSpecifier::Named(named), source) => {
                let original = named.orig.atom();
                let name = self.intern(named.exported.as_ref().unwrap_or(&named.orig).atom().as_ref());
                let target = match source {
                    Some(source) => ExportTarget::From { source, imported: Some(self.intern(&original)) },
                    None => ExportTarget::Value(self.reference(&original, span(named.span))),
                };
                self.add_export(Some(name), target, at);
            }
            _ => {}
        }
    }

    fn export_default(&mut self, decl: &ast::DefaultDecl, at: Span) {
        let name = self.intern("default");
        let node = NodeId::from_index(self.out.tree.len() + 1);
        self.node(Kind::Export, at, 0, |l| match decl {
            ast::DefaultDecl::Class(class) => match &class.ident {
                Some(ident) => {
                    let (ident, class) = (ident.clone(), class.class.clone());
                    l.class_decl(&ast::ClassDecl { ident, declare: false, class });
                }
                None => l.class_expr(class),
            },
            ast::DefaultDecl::Fn(func) => match &func.ident {
                Some(ident) => {
                    let (ident, function) = (ident.clone(), func.function.clone());
                    l.function_decl(&ast::FnDecl { ident, declare: false, function });
                }
                None => l.function_expr(func),
            },
            ast::DefaultDecl::TsInterfaceDecl(_) => l.empty(),
        });
        self.add_export(Some(name), ExportTarget::Value(node), at);
    }

    fn export_value(&mut self, name: &str, expr: &ast::Expr, at: Span) {
        let name = self.intern(name);
        let node = NodeId::from_index(self.out.tree.len() + 1);
        self.node(Kind::Export, at, 0, |l| expr.visit_with(l));
        self.add_export(Some(name), ExportTarget::Value(node), at);
    }
}

/// Adds what CommonJS assignments export: `module.exports = …`, `exports.x = …`, `Object.assign(module.exports, …)`,
/// `Object.defineProperty(exports, 'x', …)`.
pub(super) fn find_commonjs_exports(file: &mut Lowered) {
    let mut found = Vec::new();
    for export in &file.exports {
        let ExportTarget::Value(value) = export.target else { continue };
        match export.name.map(|name| file.tree.text(name)) {
            // `export = { table }`
            Some("=") => exported_properties(file, value, &mut found),
            Some("default") => default_properties(file, value, &mut found),
            _ => {}
        }
    }
    // A module that never says the word exports nothing so.
    if file.tree.names().find("exports").is_some() {
        written_exports(file, &mut found);
    }
    for (name, target, span) in found {
        let name = name.map(|name| file.tree.names.intern(&name));
        file.exports.push(Export { name, target, span });
    }
}

fn written_exports(file: &Lowered, found: &mut Found) {
    for node in file.tree.ids() {
        match file.tree.kind(node) {
            Kind::Assign => assigned_export(file, node, found),
            Kind::Call => called_export(file, node, found),
            _ => {}
        }
    }
}

/// What is exported; without a name, all that another module does.
type Found = Vec<(Option<String>, ExportTarget, Span)>;

fn assigned_export(file: &Lowered, assign: NodeId, found: &mut Found) {
    let tree = &file.tree;
    let (Some(target), Some(value)) = (tree.first(assign), tree.child(assign, 1)) else { return };
    let value = last_assigned(file, value);
    let span = tree.span(assign);
    if is_exports_object(file, target) {
        if file.global_of(target).is_none() {
            let declared = declared_by_chain(file, assign);
            let whole = declared.map_or(ExportTarget::Value(value), ExportTarget::Binding);
            found.push((Some("=".to_owned()), whole, span));
            let of_whole = found.len();
            exported_properties(file, value, found);
            if declared.is_some() {
                // `const api = module.exports = { list: [] }`: the variable has it, under whichever name others see it.
                let of_variable = |target: ExportTarget| matches!(target, ExportTarget::Value(value) if is_data(file, value));
                let properties: Found = found.drain(of_whole..).filter(|row| !of_variable(row.1)).collect();
                found.extend(properties);
            }
        }
    } else if tree.kind(target) == Kind::Member
        && let Some(object) = tree.first(target)
        && is_exports_object(file, object)
        && let Some(name) = tree.name(target)
    {
        found.push((Some(name.to_owned()), ExportTarget::Value(value), span));
    }
}

/// The value at the end of `a = b = value`.
fn last_assigned(file: &Lowered, mut value: NodeId) -> NodeId {
    while file.tree.kind(value) == Kind::Assign {
        match file.tree.child(value, 1) {
            Some(inner) => value = inner,
            None => break,
        }
    }
    value
}

fn exported_properties(file: &Lowered, object: NodeId, found: &mut Found) {
    let tree = &file.tree;
    if tree.kind(object) != Kind::Object {
        return;
    }
    for part in tree.children(object) {
        let value = tree.last_child(part);
        match (tree.kind(part), tree.name(part)) {
            (Kind::Property, Some(name)) => found.extend(
                value.map(|value| (Some(name.to_owned()), ExportTarget::Value(value), tree.span(part))),
            ),
            // `{ ...require('./table') }`
            (Kind::Spread, _) => {
                let source = value.and_then(|value| file.required(value));
                let all = |source| (None, ExportTarget::From { source, imported: None }, tree.span(part));
                found.extend(source.map(all));
            }
            _ => {}
        }
    }
}

/// `export default { table }`: what has a name of its own is exported as `default.table`, which no program can write.
fn default_properties(file: &Lowered, object: NodeId, found: &mut Found) {
    let tree = &file.tree;
    let properties = tree.children(object).filter(|&part| tree.kind(part) == Kind::Property);
    for property in properties.filter(|_| tree.kind(object) == Kind::Object) {
        let value = tree.last_child(property).filter(|&value| tree.kind(value) == Kind::Identifier);
        if let (Some(name), Some(value)) = (tree.name(property), value) {
            found.push((Some(format!("default.{name}")), ExportTarget::Value(value), tree.span(property)));
        }
    }
}

fn called_export(file: &Lowered, call: NodeId, found: &mut Found) {
    let tree = &file.tree;
    let Some((object, method)) = tree.method_call(call) else { return };
    if file.global_of(object) != Some("Object") {
        return;
    }
    let Some(target) = tree.arg(call, 0).filter(|&target| is_exports_object(file, target)) else { return };
    match method {
        "assign" => {
            for source in tree.args(call).filter(|&arg| arg != target) {
                exported_properties(file, source, found);
            }
        }
        "defineProperty" => {
            let name = tree.arg(call, 1).and_then(|name| tree.string(name));
            let descriptor = tree.arg(call, 2);
            let value = descriptor.and_then(|of| {
                let got = || tree.property(of, "get").and_then(|getter| only_returned(file, getter));
                tree.property(of, "value").or_else(got)
            });
            if let (Some(name), Some(value)) = (name, value) {
                found.push((Some(name.to_owned()), ExportTarget::Value(value), tree.span(call)));
            }
        }
        _ => {}
    }
}

/// What a function returns that does nothing else: `() => table_1.table`.
fn only_returned(file: &Lowered, getter: NodeId) -> Option<NodeId> {
    let tree = &file.tree;
    let body = tree.last_child(getter).filter(|_| tree.kind(getter) == Kind::Function)?;
    if tree.kind(body) != Kind::Block {
        return Some(body);
    }
    let mut statements = tree.children(body);
    match (statements.next(), statements.next()) {
        (Some(only), None) if tree.kind(only) == Kind::Return => tree.first(only),
        _ => None,
    }
}

/// Whether an expression is `exports` or `module.exports`.
pub(crate) fn is_exports_object(file: &Lowered, node: NodeId) -> bool {
    let tree = &file.tree;
    match tree.kind(node) {
        Kind::Identifier => file.global_of(node) == Some("exports"),
        Kind::Member => {
            tree.name(node) == Some("exports")
                && tree.first(node).is_some_and(|object| file.global_of(object) == Some("module"))
        }
        _ => false,
    }
}
