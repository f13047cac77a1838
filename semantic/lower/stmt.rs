//! Statements and declarations.

use super::{Lowering, Pattern, span};
use crate::index::NodeId;
use crate::tables::BindingKind;
use crate::tree::{DeclKind, Kind, Span, flag};
use swc_common::Spanned;
use swc_ecma_ast as ast;
use swc_ecma_visit::VisitWith;

impl Lowering<'_> {
    pub(super) fn stmt(&mut self, stmt: &ast::Stmt) {
        let at = span(stmt.span());
        match stmt {
            ast::Stmt::Block(block) => self.block(block),
            ast::Stmt::Empty(_) | ast::Stmt::Debugger(_) => {}
            ast::Stmt::With(with) => {
                self.node(Kind::With, at, 0, |l| {
                    with.obj.visit_with(l);
                    with.body.visit_with(l);
                });
            }
            ast::Stmt::Return(ret) => {
                self.node(Kind::Return, at, 0, |l| ret.arg.visit_with(l));
            }
            ast::Stmt::Labeled(labeled) => {
                let label = self.intern(&labeled.label.sym);
                self.node(Kind::Labeled, at, label.raw(), |l| labeled.body.visit_with(l));
            }
            ast::Stmt::Break(jump) => self.jump(Kind::Break, at, jump.label.as_ref()),
            ast::Stmt::Continue(jump) => self.jump(Kind::Continue, at, jump.label.as_ref()),
            ast::Stmt::If(branch) => self.if_stmt(branch, at),
            ast::Stmt::Switch(switch) => self.switch(switch, at),
            ast::Stmt::Throw(throw) => {
                self.node(Kind::Throw, at, 0, |l| throw.arg.visit_with(l));
            }
            ast::Stmt::Try(attempt) => self.try_stmt(attempt, at),
            ast::Stmt::While(repeat) => {
                self.node(Kind::While, at, 0, |l| {
                    repeat.test.visit_with(l);
                    repeat.body.visit_with(l);
                });
            }
            ast::Stmt::DoWhile(repeat) => {
                self.node(Kind::DoWhile, at, 0, |l| {
                    repeat.body.visit_with(l);
                    repeat.test.visit_with(l);
                });
            }
            ast::Stmt::For(repeat) => self.for_stmt(repeat, at),
            ast::Stmt::ForIn(repeat) => {
                self.for_each(Kind::ForIn, at, &repeat.left, &repeat.right, &repeat.body);
            }
            ast::Stmt::ForOf(repeat) => {
                let id = self.for_each(Kind::ForOf, at, &repeat.left, &repeat.right, &repeat.body);
                if repeat.is_await {
                    self.set_flags(id, flag::AWAIT);
                }
            }
            ast::Stmt::Decl(decl) => decl.visit_with(self),
            ast::Stmt::Expr(expr) => {
                self.node(Kind::ExprStmt, at, 0, |l| expr.expr.visit_with(l));
            }
        }
    }

    fn block(&mut self, block: &ast::BlockStmt) {
        self.node(Kind::Block, span(block.span), 0, |l| {
            l.scoped(false, |l| block.stmts.visit_with(l));
        });
    }

    fn jump(&mut self, kind: Kind, at: Span, label: Option<&ast::Ident>) {
        let label = label.map_or(u32::MAX, |label| self.intern(&label.sym).raw());
        self.leaf(kind, at, label);
    }

    fn if_stmt(&mut self, branch: &ast::IfStmt, at: Span) {
        self.node(Kind::If, at, 0, |l| {
            branch.test.visit_with(l);
            l.body(&branch.cons);
            match &branch.alt {
                Some(alt) => l.body(alt),
                None => l.empty(),
            }
        });
    }

    /// A statement in a position where exactly one node is expected.
    fn body(&mut self, stmt: &ast::Stmt) {
        let before = self.slot;
        stmt.visit_with(self);
        if self.slot == before {
            self.empty();
        }
    }

    fn switch(&mut self, switch: &ast::SwitchStmt, at: Span) {
        self.node(Kind::Switch, at, 0, |l| {
            switch.discriminant.visit_with(l);
            l.scoped(false, |l| {
                for case in &switch.cases {
                    l.node(Kind::Case, span(case.span), 0, |l| {
                        l.expr_or_empty(case.test.as_deref());
                        case.cons.visit_with(l);
                    });
                }
            });
        });
    }

    fn try_stmt(&mut self, attempt: &ast::TryStmt, at: Span) {
        self.node(Kind::Try, at, 0, |l| {
            l.block(&attempt.block);
            match &attempt.handler {
                Some(handler) => l.catch(handler),
                None => l.empty(),
            }
            match &attempt.finalizer {
                Some(finalizer) => l.block(finalizer),
                None => l.empty(),
            }
        });
    }

    fn catch(&mut self, handler: &ast::CatchClause) {
        self.node(Kind::Catch, span(handler.span), 0, |l| {
            l.scoped(false, |l| {
                match &handler.param {
                    Some(param) => l.pattern(param, Pattern::Declare(BindingKind::Catch)),
                    None => l.empty(),
                }
                l.block(&handler.body);
            });
        });
    }

    fn for_stmt(&mut self, repeat: &ast::ForStmt, at: Span) {
        self.scoped(false, |l| {
            l.node(Kind::For, at, 0, |l| {
                match &repeat.init {
                    Some(ast::VarDeclOrExpr::VarDecl(decl)) => l.var_decl(decl),
                    Some(ast::VarDeclOrExpr::Expr(expr)) => expr.visit_with(l),
                    None => l.empty(),
                }
                l.expr_or_empty(repeat.test.as_deref());
                l.expr_or_empty(repeat.update.as_deref());
                l.body(&repeat.body);
            });
        });
    }

    fn for_each(
        &mut self,
        kind: Kind,
        at: Span,
        left: &ast::ForHead,
        right: &ast::Expr,
        body: &ast::Stmt,
    ) -> NodeId {
        self.scoped(false, |l| {
            l.node(kind, at, 0, |l| {
                match left {
                    ast::ForHead::VarDecl(decl) => l.var_decl(decl),
                    ast::ForHead::UsingDecl(decl) => l.using_decl(decl),
                    ast::ForHead::Pat(pat) => l.pattern(pat, Pattern::Assign),
                }
                right.visit_with(l);
                l.body(body);
            })
        })
    }

    pub(super) fn decl(&mut self, decl: &ast::Decl) {
        match decl {
            ast::Decl::Class(class) => self.class_decl(class),
            ast::Decl::Fn(func) => self.function_decl(func),
            ast::Decl::Var(decl) => self.var_decl(decl),
            ast::Decl::Using(decl) => self.using_decl(decl),
            ast::Decl::TsInterface(decl) => self.interface(decl),
            ast::Decl::TsTypeAlias(decl) => self.type_alias(decl),
            ast::Decl::TsEnum(decl) => self.ts_enum(decl),
            ast::Decl::TsModule(module) => self.ts_module(module),
        }
    }

    fn ts_enum(&mut self, decl: &ast::TsEnumDecl) {
        let node = self.leaf(Kind::Other, span(decl.span), 0);
        self.declare_named(&decl.id, BindingKind::Enum, node);
        self.enum_type(decl);
    }

    /// A namespace is walked as a block: its functions are functions of the file.
    fn ts_module(&mut self, module: &ast::TsModuleDecl) {
        if module.declare || module.global {
            return;
        }
        let node = self.node(Kind::Block, span(module.span), 0, |l| {
            l.scoped(false, |l| module.body.visit_with(l));
        });
        if let ast::TsModuleName::Ident(ident) = &module.id {
            self.declare_named(ident, BindingKind::Enum, node);
        }
    }

    fn var_decl(&mut self, decl: &ast::VarDecl) {
        if decl.declare {
            return;
        }
        let (kind, binding) = match decl.kind {
            ast::VarDeclKind::Var => (DeclKind::Var, BindingKind::Var),
            ast::VarDeclKind::Let => (DeclKind::Let, BindingKind::Let),
            ast::VarDeclKind::Const => (DeclKind::Const, BindingKind::Const),
        };
        self.declarators(kind, binding, span(decl.span), &decl.decls);
    }

    fn using_decl(&mut self, decl: &ast::UsingDecl) {
        self.declarators(DeclKind::Using, BindingKind::Using, span(decl.span), &decl.decls);
    }

    fn declarators(&mut self, kind: DeclKind, binding: BindingKind, at: Span, decls: &[ast::VarDeclarator]) {
        self.node(Kind::VarDecl, at, kind as u32, |l| {
            for decl in decls {
                l.node(Kind::Declarator, span(decl.span), 0, |l| {
                    l.pattern(&decl.name, Pattern::Declare(binding));
                    l.expr_or_empty(decl.init.as_deref());
                });
            }
        });
    }
}
