//! Type annotations, reduced to what decides about kinds and keys.

use super::Lowering;
use crate::index::{NameId, TypeId};
use crate::tables::{Type, TypeDecl};
use smallvec::SmallVec;
use swc_ecma_ast as ast;

impl Lowering<'_> {
    fn add_type(&mut self, ty: Type) -> TypeId {
        let id = TypeId::from_index(self.out.types.len());
        self.out.types.push(ty);
        id
    }

    pub(super) fn lower_type(&mut self, ty: &ast::TsType) -> TypeId {
        self.depth += 1;
        let lowered = if self.depth < super::DEPTH_LIMIT { self.reduce_type(ty) } else { Type::Unknown };
        self.depth -= 1;
        self.add_type(lowered)
    }

    fn reduce_type(&mut self, ty: &ast::TsType) -> Type {
        match ty {
            ast::TsType::TsKeywordType(keyword) => keyword_type(keyword.kind),
            ast::TsType::TsTypeRef(reference) => self.type_reference(reference),
            ast::TsType::TsArrayType(array) => {
                let elem = self.lower_type(&array.elem_type);
                Type::Array(Some(elem))
            }
            ast::TsType::TsTupleType(_) => Type::Array(None),
            ast::TsType::TsUnionOrIntersectionType(ast::TsUnionOrIntersectionType::TsUnionType(union)) => {
                let parts = self.lower_types(&union.types);
                Type::Union(parts)
            }
            ast::TsType::TsUnionOrIntersectionType(ast::TsUnionOrIntersectionType::TsIntersectionType(
                both,
            )) => {
                let parts = self.lower_types(&both.types);
                Type::Intersection(parts)
            }
            ast::TsType::TsLitType(literal) => match &literal.lit {
                ast::TsLit::Str(text) => Type::StringLiteral(self.intern(&text.value.to_string_lossy())),
                _ => Type::Literal,
            },
            ast::TsType::TsFnOrConstructorType(ast::TsFnOrConstructorType::TsFnType(func)) => {
                let returns = self.lower_type(&func.type_ann.type_ann);
                Type::Function(Some(returns))
            }
            ast::TsType::TsFnOrConstructorType(_) => Type::Function(None),
            ast::TsType::TsTypeLit(literal) => self.members(&literal.members),
            ast::TsType::TsParenthesizedType(paren) => self.reduce_type(&paren.type_ann),
            ast::TsType::TsOptionalType(optional) => self.reduce_type(&optional.type_ann),
            ast::TsType::TsTypeOperator(operator) => match operator.op {
                ast::TsTypeOperatorOp::KeyOf => Type::Finite,
                _ => self.reduce_type(&operator.type_ann),
            },
            // `(typeof STATES)[number]` is one of what is written out; `(typeof window)['document']` is whatever stands there.
            ast::TsType::TsIndexedAccessType(access) => match self.reduce_type(&access.obj_type) {
                Type::TypeOf(_) if !is_name(&access.index_type) => Type::Finite,
                _ => Type::Unknown,
            },
            ast::TsType::TsTypeQuery(query) => self.type_query(query),
            ast::TsType::TsTypePredicate(_) => Type::Boolean,
            _ => Type::Unknown,
        }
    }

    fn lower_types<A: smallvec::Array<Item = TypeId>>(&mut self, types: &[Box<ast::TsType>]) -> SmallVec<A> {
        types.iter().map(|ty| self.lower_type(ty)).collect()
    }

    fn type_reference(&mut self, reference: &ast::TsTypeRef) -> Type {
        let name = self.entity_name(&reference.type_name);
        let args = reference.type_params.as_deref().map(|args| self.type_arguments(args)).unwrap_or_default();
        Type::Named(name, args)
    }

    pub(super) fn type_arguments(&mut self, args: &ast::TsTypeParamInstantiation) -> SmallVec<[TypeId; 2]> {
        self.lower_types(&args.params)
    }

    fn entity_name(&mut self, name: &ast::TsEntityName) -> NameId {
        let mut text = String::new();
        write_entity_name(name, &mut text);
        self.intern(&text)
    }

    fn type_query(&mut self, query: &ast::TsTypeQuery) -> Type {
        match &query.expr_name {
            ast::TsTypeQueryExpr::TsEntityName(name) => Type::TypeOf(self.entity_name(name)),
            ast::TsTypeQueryExpr::Import(_) => Type::Unknown,
        }
    }

    fn members(&mut self, members: &[ast::TsTypeElement]) -> Type {
        let mut fields = Vec::new();
        let mut index = None;
        for member in members {
            match member {
                ast::TsTypeElement::TsPropertySignature(prop) => {
                    let Some(ann) = &prop.type_ann else { continue };
                    let ast::Expr::Ident(key) = &*prop.key else { continue };
                    let name = self.intern(&key.sym);
                    let ty = self.lower_type(&ann.type_ann);
                    fields.push((name, ty));
                }
                ast::TsTypeElement::TsIndexSignature(signature) => {
                    if let Some(ann) = &signature.type_ann {
                        index = Some(self.lower_type(&ann.type_ann));
                    }
                }
                _ => {}
            }
        }
        Type::Object(fields, index)
    }

    pub(super) fn interface(&mut self, decl: &ast::TsInterfaceDecl) {
        let body = self.members(&decl.body.body);
        let ty = self.add_type(body);
        let extends = decl.extends.iter().map(|clause| self.heritage_type(clause)).collect();
        let name = self.intern(&decl.id.sym);
        self.out.type_decls.insert(name, TypeDecl { ty, extends, is_enum: false });
    }

    pub(super) fn type_alias(&mut self, decl: &ast::TsTypeAliasDecl) {
        let ty = self.lower_type(&decl.type_ann);
        let name = self.intern(&decl.id.sym);
        self.out.type_decls.insert(name, TypeDecl { ty, extends: SmallVec::new(), is_enum: false });
    }

    pub(super) fn enum_type(&mut self, decl: &ast::TsEnumDecl) {
        let ty = self.add_type(Type::Finite);
        let name = self.intern(&decl.id.sym);
        self.out.type_decls.insert(name, TypeDecl { ty, extends: SmallVec::new(), is_enum: true });
    }

    /// The type an `extends` or `implements` clause names.
    pub(super) fn heritage_type(&mut self, clause: &ast::TsExprWithTypeArgs) -> TypeId {
        let mut text = String::new();
        write_dotted(&clause.expr, &mut text);
        let name = self.intern(&text);
        let args = clause.type_args.as_deref().map(|args| self.type_arguments(args)).unwrap_or_default();
        self.add_type(Type::Named(name, args))
    }
}

pub(crate) fn write_entity_name(name: &ast::TsEntityName, out: &mut String) {
    match name {
        ast::TsEntityName::Ident(ident) => out.push_str(&ident.sym),
        ast::TsEntityName::TsQualifiedName(qualified) => {
            write_entity_name(&qualified.left, out);
            out.push('.');
            out.push_str(&qualified.right.sym);
        }
    }
}

pub(crate) fn write_dotted(expr: &ast::Expr, out: &mut String) {
    match expr {
        ast::Expr::Ident(ident) => out.push_str(&ident.sym),
        ast::Expr::Member(member) => {
            write_dotted(&member.obj, out);
            if let ast::MemberProp::Ident(prop) = &member.prop {
                out.push('.');
                out.push_str(&prop.sym);
            }
        }
        _ => {}
    }
}

/// Whether a type is one text: `'document'`.
fn is_name(ty: &ast::TsType) -> bool {
    matches!(ty, ast::TsType::TsLitType(literal) if matches!(literal.lit, ast::TsLit::Str(_)))
}

fn keyword_type(kind: ast::TsKeywordTypeKind) -> Type {
    match kind {
        ast::TsKeywordTypeKind::TsStringKeyword => Type::String,
        ast::TsKeywordTypeKind::TsNumberKeyword | ast::TsKeywordTypeKind::TsBigIntKeyword => Type::Number,
        ast::TsKeywordTypeKind::TsBooleanKeyword => Type::Boolean,
        ast::TsKeywordTypeKind::TsNullKeyword
        | ast::TsKeywordTypeKind::TsUndefinedKeyword
        | ast::TsKeywordTypeKind::TsVoidKeyword
        | ast::TsKeywordTypeKind::TsNeverKeyword => Type::Nothing,
        _ => Type::Unknown,
    }
}
