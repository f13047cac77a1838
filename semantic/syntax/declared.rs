//! Declaration files to rows.

use super::{Attempt, Language, SHALLOW_NESTING, attempts, nesting_bound, run};
use crate::declarations::{Declarations, Exported, Source, TypeName, Types, Value, add_value};
use swc_ecma_ast as ast;

/// Types that stand for what they are about.
const WRAPPERS: &[&str] =
    &["Promise", "PromiseLike", "Readonly", "Partial", "Required", "NonNullable", "Awaited"];

/// What a declaration file says; none if it cannot be parsed, or nests deeper than people write.
#[must_use]
pub fn declarations(text: &str) -> Option<Declarations> {
    if nesting_bound(text) > SHALLOW_NESTING {
        return None;
    }
    let attempt: Attempt = *attempts(text, Language::Declaration, None).first()?;
    let (program, _) = run(text, attempt, None).ok()?;
    let mut reader = Reader::default();
    match &program {
        ast::Program::Module(module) => {
            reader.is_module = module.body.iter().any(ast::ModuleItem::is_module_decl);
            reader.items(&module.body);
        }
        ast::Program::Script(script) => script.body.iter().for_each(|stmt| reader.stmt(stmt)),
    }
    Some(reader.out)
}

/// The state of the walk.
#[derive(Default)]
struct Reader {
    out: Declarations,
    /// The namespace that is walked.
    within: String,
    /// The file imports or exports something: then `declare module 'x'` adds to somebody else's.
    is_module: bool,
}

impl Reader {
    fn items(&mut self, items: &[ast::ModuleItem]) {
        for item in items {
            match item {
                ast::ModuleItem::Stmt(stmt) => self.stmt(stmt),
                ast::ModuleItem::ModuleDecl(decl) => self.module_decl(decl),
            }
        }
    }

    fn stmt(&mut self, stmt: &ast::Stmt) {
        if let ast::Stmt::Decl(decl) = stmt {
            self.decl(decl);
        }
    }

    /// A name of the namespace that is walked.
    fn dotted(&self, name: &str) -> String {
        if self.within.is_empty() { name.to_owned() } else { format!("{}.{name}", self.within) }
    }

    fn export(&mut self, name: &str, exported: Exported) {
        if self.within.is_empty() {
            self.out.exports.entry(name.into()).or_insert(exported);
        }
    }

    fn export_local(&mut self, name: &str, local: &str) {
        let local = self.dotted(local).into();
        self.export(name, Exported::Local(local));
    }

    fn module_decl(&mut self, decl: &ast::ModuleDecl) {
        match decl {
            ast::ModuleDecl::Import(import) => self.import(import),
            ast::ModuleDecl::ExportDecl(export) => {
                for name in self.decl(&export.decl) {
                    self.export_local(&name, &name);
                }
            }
            ast::ModuleDecl::ExportNamed(named) => self.export_named(named),
            ast::ModuleDecl::ExportDefaultDecl(export) => self.export_default(&export.decl),
            ast::ModuleDecl::ExportDefaultExpr(export) => self.export_expr("default", &export.expr),
            ast::ModuleDecl::ExportAll(all) => self.out.stars.push(text(&all.src)),
            ast::ModuleDecl::TsImportEquals(import) => self.import_equals(import),
            ast::ModuleDecl::TsExportAssignment(export) => self.export_expr("=", &export.expr),
            ast::ModuleDecl::TsNamespaceExport(_) => {}
        }
    }

    fn import(&mut self, import: &ast::ImportDecl) {
        for specifier in &import.specifiers {
            let name = match specifier {
                ast::ImportSpecifier::Default(_) => Some("default".into()),
                ast::ImportSpecifier::Namespace(_) => None,
                ast::ImportSpecifier::Named(named) => Some(match &named.imported {
                    Some(name) => exported_name(name),
                    None => (*named.local.sym).into(),
                }),
            };
            let source = Source { specifier: text(&import.src), name };
            self.out.imports.insert((*specifier.local().sym).into(), source);
        }
    }

    fn import_equals(&mut self, import: &ast::TsImportEqualsDecl) {
        match &import.module_ref {
            ast::TsModuleRef::TsExternalModuleRef(module) => {
                let source = Source { specifier: text(&module.expr), name: None };
                self.out.imports.insert((*import.id.sym).into(), source);
            }
            ast::TsModuleRef::TsEntityName(name) => {
                let mut path = String::new();
                crate::lower::write_entity_name(name, &mut path);
                self.alias(&import.id.sym, &path);
            }
        }
    }

    /// A second name of something, whether type or value.
    fn alias(&mut self, name: &str, of: &str) {
        let name = self.dotted(name);
        let value = Value::Constant(Types::from_iter([self.type_name(of, true)]));
        let ty = self.type_name(of, false);
        self.out.types.entry(name.as_str().into()).or_default().push(ty);
        add_value(&mut self.out.values, name, value);
    }

    fn export_named(&mut self, named: &ast::NamedExport) {
        let source = named.src.as_deref().map(text);
        for specifier in &named.specifiers {
            let (name, original): (Box<str>, Option<Box<str>>) = match specifier {
                ast::ExportSpecifier::Namespace(namespace) => (exported_name(&namespace.name), None),
                ast::ExportSpecifier::Default(default) => {
                    ((*default.exported.sym).into(), Some("default".into()))
                }
                ast::ExportSpecifier::Named(named) => {
                    let name = named.exported.as_ref().unwrap_or(&named.orig);
                    (exported_name(name), Some(exported_name(&named.orig)))
                }
            };
            match (&source, original) {
                (Some(specifier), name_there) => {
                    let source = Source { specifier: specifier.clone(), name: name_there };
                    self.export(&name, Exported::From(source));
                }
                (None, Some(original)) => self.export_local(&name, &original),
                (None, None) => {}
            }
        }
    }

    fn export_default(&mut self, decl: &ast::DefaultDecl) {
        match decl {
            ast::DefaultDecl::Class(class) => {
                let name = class.ident.as_ref().map_or("default", |ident| &ident.sym);
                self.class(name, &class.class);
                self.export_local("default", name);
            }
            ast::DefaultDecl::Fn(func) => {
                let name = func.ident.as_ref().map_or("default", |ident| &ident.sym);
                self.function(name, &func.function);
                self.export_local("default", name);
            }
            ast::DefaultDecl::TsInterfaceDecl(interface) => {
                self.interface(interface);
                self.export_local("default", &interface.id.sym);
            }
        }
    }

    fn export_expr(&mut self, name: &str, expr: &ast::Expr) {
        let mut path = String::new();
        crate::lower::write_dotted(expr, &mut path);
        if !path.is_empty() {
            self.export_local(name, &path);
        }
    }

    /// Adds a declaration, and returns the names that it declares.
    fn decl(&mut self, decl: &ast::Decl) -> Vec<String> {
        match decl {
            ast::Decl::Class(class) => {
                self.class(&class.ident.sym, &class.class);
                vec![class.ident.sym.to_string()]
            }
            ast::Decl::Fn(func) => {
                self.function(&func.ident.sym, &func.function);
                vec![func.ident.sym.to_string()]
            }
            ast::Decl::Var(var) => {
                var.decls.iter().filter_map(|declarator| self.variable(declarator)).collect()
            }
            ast::Decl::TsInterface(interface) => {
                self.interface(interface);
                vec![interface.id.sym.to_string()]
            }
            ast::Decl::TsTypeAlias(alias) => {
                let types = self.types(&alias.type_ann);
                self.inherit(&alias.id.sym, types);
                vec![alias.id.sym.to_string()]
            }
            ast::Decl::TsModule(module) => self.namespace(module),
            ast::Decl::Using(_) | ast::Decl::TsEnum(_) => Vec::new(),
        }
    }

    fn namespace(&mut self, module: &ast::TsModuleDecl) -> Vec<String> {
        let Some(body) = &module.body else { return Vec::new() };
        match &module.id {
            ast::TsModuleName::Ident(ident) if !module.global => {
                self.inside(&ident.sym, body);
                vec![ident.sym.to_string()]
            }
            // A file that declares a module by its name is that module.
            ast::TsModuleName::Str(_) if !self.is_module && self.within.is_empty() => {
                self.body(body);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn inside(&mut self, name: &str, body: &ast::TsNamespaceBody) {
        let inner = self.dotted(name);
        self.out.namespaces.insert(inner.as_str().into());
        let outer = std::mem::replace(&mut self.within, inner);
        self.body(body);
        self.within = outer;
    }

    fn body(&mut self, body: &ast::TsNamespaceBody) {
        match body {
            ast::TsNamespaceBody::TsModuleBlock(block) => self.items(&block.body),
            ast::TsNamespaceBody::TsNamespaceDecl(inner) => self.inside(&inner.id.sym, &inner.body),
        }
    }

    /// Declarations of one name are one.
    fn inherit(&mut self, name: &str, bases: Types) {
        let name = self.dotted(name).into();
        self.out.types.entry(name).or_default().extend(bases);
    }

    fn class(&mut self, name: &str, class: &ast::Class) {
        let mut path = String::new();
        if let Some(base) = &class.super_class {
            crate::lower::write_dotted(base, &mut path);
        }
        let base = (!path.is_empty()).then(|| self.type_name(&path, false));
        self.inherit(name, base.into_iter().collect());
        let whole = self.dotted(name);
        for member in &class.body {
            self.class_member(&whole, member);
        }
        add_value(&mut self.out.values, whole, Value::Class);
    }

    fn class_member(&mut self, class: &str, member: &ast::ClassMember) {
        let (key, is_static, value) = match member {
            ast::ClassMember::Method(method) => {
                let returns = self.annotation(method.function.return_type.as_deref());
                let value = match method.kind {
                    ast::MethodKind::Method => Value::Function(returns),
                    ast::MethodKind::Getter => Value::Constant(returns),
                    ast::MethodKind::Setter => return,
                };
                (&method.key, method.is_static, value)
            }
            ast::ClassMember::ClassProp(prop) => {
                let ty = self.annotation(prop.type_ann.as_deref());
                (&prop.key, prop.is_static, Value::Constant(ty))
            }
            _ => return,
        };
        let name: &str = match key {
            ast::PropName::Ident(ident) => &ident.sym,
            ast::PropName::Str(_) | ast::PropName::Num(_) | ast::PropName::BigInt(_) => return,
            ast::PropName::Computed(_) => return,
        };
        if is_static {
            add_value(&mut self.out.values, format!("{class}.{name}"), value);
        } else {
            add_value(&mut self.out.members, format!("{class}#{name}"), value);
        }
    }

    fn function(&mut self, name: &str, function: &ast::Function) {
        let returns = self.annotation(function.return_type.as_deref());
        let name = self.dotted(name);
        add_value(&mut self.out.values, name, Value::Function(returns));
    }

    fn variable(&mut self, declarator: &ast::VarDeclarator) -> Option<String> {
        let ast::Pat::Ident(ident) = &declarator.name else { return None };
        let value = match ident.type_ann.as_deref().map(|ann| &*ann.type_ann) {
            Some(ast::TsType::TsFnOrConstructorType(function)) => Value::Function(self.made(function)),
            Some(ty) => Value::Constant(self.types(ty)),
            None => Value::Constant(Types::new()),
        };
        let name = self.dotted(&ident.sym);
        add_value(&mut self.out.values, name, value);
        Some(ident.sym.to_string())
    }

    /// What calling or constructing a value of a function type gives.
    fn made(&mut self, function: &ast::TsFnOrConstructorType) -> Types {
        match function {
            ast::TsFnOrConstructorType::TsFnType(function) => self.types(&function.type_ann.type_ann),
            ast::TsFnOrConstructorType::TsConstructorType(constructor) => {
                self.types(&constructor.type_ann.type_ann)
            }
        }
    }

    fn interface(&mut self, interface: &ast::TsInterfaceDecl) {
        let mut bases = Types::new();
        for clause in &interface.extends {
            let mut path = String::new();
            crate::lower::write_dotted(&clause.expr, &mut path);
            bases.push(self.type_name(&path, false));
        }
        self.inherit(&interface.id.sym, bases);
        let whole = self.dotted(&interface.id.sym);
        for element in &interface.body.body {
            self.type_element(&whole, element);
        }
    }

    fn type_element(&mut self, interface: &str, element: &ast::TsTypeElement) {
        let (key, value) = match element {
            ast::TsTypeElement::TsCallSignatureDecl(call) => {
                (None, Value::Function(self.annotation(call.type_ann.as_deref())))
            }
            ast::TsTypeElement::TsConstructSignatureDecl(construct) => {
                (None, Value::Function(self.annotation(construct.type_ann.as_deref())))
            }
            ast::TsTypeElement::TsMethodSignature(method) => {
                (Some(&method.key), Value::Function(self.annotation(method.type_ann.as_deref())))
            }
            ast::TsTypeElement::TsPropertySignature(prop) => {
                (Some(&prop.key), Value::Constant(self.annotation(prop.type_ann.as_deref())))
            }
            ast::TsTypeElement::TsGetterSignature(getter) => {
                (Some(&getter.key), Value::Constant(self.annotation(getter.type_ann.as_deref())))
            }
            ast::TsTypeElement::TsSetterSignature(_) | ast::TsTypeElement::TsIndexSignature(_) => return,
        };
        let name = match key.map(|key| &**key) {
            None => "()",
            Some(ast::Expr::Ident(ident)) => &*ident.sym,
            Some(_) => return,
        };
        add_value(&mut self.out.members, format!("{interface}#{name}"), value);
    }

    fn annotation(&mut self, annotation: Option<&ast::TsTypeAnn>) -> Types {
        annotation.map(|annotation| self.types(&annotation.type_ann)).unwrap_or_default()
    }

    fn type_name(&self, name: &str, of_value: bool) -> TypeName {
        TypeName { name: name.into(), within: self.within.as_str().into(), of_value }
    }

    /// What a type names.
    fn types(&mut self, ty: &ast::TsType) -> Types {
        match ty {
            ast::TsType::TsTypeRef(reference) => self.reference(reference),
            ast::TsType::TsThisType(_) => Types::from_iter([self.type_name("this", false)]),
            ast::TsType::TsArrayType(_) | ast::TsType::TsTupleType(_) => {
                Types::from_iter([self.type_name("Array", false)])
            }
            ast::TsType::TsParenthesizedType(inner) => self.types(&inner.type_ann),
            ast::TsType::TsOptionalType(inner) => self.types(&inner.type_ann),
            ast::TsType::TsUnionOrIntersectionType(ast::TsUnionOrIntersectionType::TsUnionType(union)) => {
                self.union(&union.types)
            }
            ast::TsType::TsUnionOrIntersectionType(ast::TsUnionOrIntersectionType::TsIntersectionType(
                parts,
            )) => parts.types.iter().flat_map(|part| self.types(part)).collect(),
            ast::TsType::TsTypeQuery(query) => match &query.expr_name {
                ast::TsTypeQueryExpr::TsEntityName(name) => {
                    let mut path = String::new();
                    crate::lower::write_entity_name(name, &mut path);
                    Types::from_iter([self.type_name(&path, true)])
                }
                ast::TsTypeQueryExpr::Import(import) => self.imported(import, true),
            },
            ast::TsType::TsImportType(import) => self.imported(import, false),
            _ => Types::new(),
        }
    }

    /// One type, or nothing: of several nobody knows which it is.
    fn union(&mut self, parts: &[Box<ast::TsType>]) -> Types {
        let is_nothing = |part: &ast::TsType| {
            matches!(part, ast::TsType::TsKeywordType(keyword) if matches!(
                keyword.kind,
                ast::TsKeywordTypeKind::TsNullKeyword
                    | ast::TsKeywordTypeKind::TsUndefinedKeyword
                    | ast::TsKeywordTypeKind::TsVoidKeyword
            ))
        };
        let mut parts = parts.iter().map(|part| &**part).filter(|part| !is_nothing(part));
        match (parts.next(), parts.next()) {
            (Some(part), None) => self.types(part),
            _ => Types::new(),
        }
    }

    fn reference(&mut self, reference: &ast::TsTypeRef) -> Types {
        let mut path = String::new();
        crate::lower::write_entity_name(&reference.type_name, &mut path);
        let first = reference.type_params.as_ref().and_then(|args| args.params.first());
        match first {
            Some(inner) if WRAPPERS.contains(&&*path) => self.types(inner),
            _ => Types::from_iter([self.type_name(&path, false)]),
        }
    }

    /// `import('./client').Client`: an import without a name of its own.
    fn imported(&mut self, import: &ast::TsImportType, of_value: bool) -> Types {
        let mut name = format!("import#{}", self.out.imports.len());
        let source = Source { specifier: text(&import.arg), name: None };
        self.out.imports.insert(name.as_str().into(), source);
        if let Some(qualifier) = &import.qualifier {
            name.push('.');
            crate::lower::write_entity_name(qualifier, &mut name);
        }
        Types::from_iter([self.type_name(&name, of_value)])
    }
}

fn text(literal: &ast::Str) -> Box<str> {
    literal.value.to_string_lossy().into()
}

fn exported_name(name: &ast::ModuleExportName) -> Box<str> {
    (**name.atom()).into()
}
