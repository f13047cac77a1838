//! Expressions.

use super::{Lowering, Pattern, span};
use crate::index::NodeId;
use crate::tree::{AssignOp, BinaryOp, Kind, LogicalOp, NO_DATA, Span, UnaryOp, flag};
use swc_common::Spanned;
use swc_ecma_ast as ast;
use swc_ecma_visit::VisitWith;

const NO_NAME: u32 = u32::MAX;

impl Lowering<'_> {
    pub(super) fn expr(&mut self, expr: &ast::Expr) {
        let at = span(expr.span());
        match expr {
            ast::Expr::This(_) => self.this(at),
            ast::Expr::Ident(ident) => {
                self.identifier(&ident.sym, at);
            }
            ast::Expr::Lit(lit) => self.literal(lit, at),
            ast::Expr::Array(array) => self.array(array, at),
            ast::Expr::Object(object) => {
                self.node(Kind::Object, at, 0, |l| {
                    object.props.visit_with(l);
                    l.template_at_home(at);
                });
            }
            ast::Expr::Fn(func) => self.function_expr(func),
            ast::Expr::Arrow(arrow) => self.arrow(arrow),
            ast::Expr::Class(class) => self.class_expr(class),
            ast::Expr::Unary(unary) => {
                self.node(Kind::Unary, at, unary_op(unary.op) as u32, |l| unary.arg.visit_with(l));
            }
            ast::Expr::Update(update) => {
                self.node(Kind::Update, at, 0, |l| match &*update.arg {
                    ast::Expr::Ident(ident) => {
                        l.target(&ident.sym, span(ident.span));
                    }
                    other => other.visit_with(l),
                });
            }
            ast::Expr::Bin(bin) => self.binary(bin, at),
            ast::Expr::Assign(assign) => self.assign(assign, at),
            ast::Expr::Member(member) => {
                self.member(member, at);
            }
            ast::Expr::SuperProp(member) => self.super_prop(member, at),
            ast::Expr::Cond(cond) => {
                self.node(Kind::Conditional, at, 0, |l| {
                    cond.test.visit_with(l);
                    cond.cons.visit_with(l);
                    cond.alt.visit_with(l);
                });
            }
            ast::Expr::Call(call) => self.call(call, at),
            ast::Expr::New(new) => {
                let id = self.node(Kind::New, at, 0, |l| {
                    new.callee.visit_with(l);
                    new.args.visit_with(l);
                });
                self.construct_type(id, new.type_args.as_deref());
            }
            ast::Expr::Seq(seq) => {
                self.node(Kind::Sequence, at, 0, |l| seq.exprs.visit_with(l));
            }
            ast::Expr::Tpl(tpl) => self.template(tpl),
            ast::Expr::TaggedTpl(tagged) => {
                self.node(Kind::TaggedTemplate, at, 0, |l| {
                    tagged.tag.visit_with(l);
                    l.template(&tagged.tpl);
                });
            }
            ast::Expr::Yield(gen_yield) => {
                let id = self.node(Kind::Yield, at, 0, |l| gen_yield.arg.visit_with(l));
                if gen_yield.delegate {
                    self.set_flags(id, flag::DELEGATE);
                }
            }
            ast::Expr::Await(wait) => {
                self.node(Kind::Await, at, 0, |l| wait.arg.visit_with(l));
            }
            ast::Expr::MetaProp(_) => {
                self.leaf(Kind::MetaProperty, at, 0);
            }
            ast::Expr::Paren(paren) => paren.expr.visit_with(self),
            ast::Expr::OptChain(chain) => self.optional(chain, at),
            ast::Expr::TsTypeAssertion(cast) => self.cast(&cast.expr, &cast.type_ann),
            ast::Expr::TsAs(cast) => self.cast(&cast.expr, &cast.type_ann),
            ast::Expr::TsSatisfies(cast) => self.cast(&cast.expr, &cast.type_ann),
            ast::Expr::TsConstAssertion(cast) => cast.expr.visit_with(self),
            ast::Expr::TsNonNull(cast) => cast.expr.visit_with(self),
            ast::Expr::TsInstantiation(cast) => cast.expr.visit_with(self),
            ast::Expr::JSXElement(element) => element.visit_with(self),
            ast::Expr::JSXFragment(fragment) => fragment.visit_with(self),
            ast::Expr::PrivateName(_)
            | ast::Expr::JSXMember(_)
            | ast::Expr::JSXNamespacedName(_)
            | ast::Expr::JSXEmpty(_)
            | ast::Expr::Invalid(_) => {
                self.node(Kind::Other, at, 0, |l| expr.visit_children_with(l));
            }
        }
    }

    pub(super) fn this(&mut self, at: Span) {
        self.leaf(Kind::This, at, 0);
        self.out.functions[self.func.index()].uses_this = true;
    }

    fn literal(&mut self, lit: &ast::Lit, at: Span) {
        match lit {
            ast::Lit::Str(text) => {
                let name = self.intern(&text.value.to_string_lossy());
                self.leaf(Kind::String, at, name.raw());
            }
            ast::Lit::Bool(value) => {
                self.leaf(Kind::Bool, at, u32::from(value.value));
            }
            ast::Lit::Null(_) => {
                self.leaf(Kind::Null, at, 0);
            }
            ast::Lit::Num(number) => self.number(number.value, at),
            ast::Lit::BigInt(_) => {
                self.leaf(Kind::BigInt, at, 0);
            }
            ast::Lit::Regex(_) => {
                self.leaf(Kind::Regex, at, 0);
            }
            ast::Lit::JSXText(_) => {}
        }
    }

    fn number(&mut self, value: f64, at: Span) {
        let row = u32::try_from(self.out.tree.numbers.len()).unwrap_or(u32::MAX);
        self.out.tree.numbers.push(value);
        self.leaf(Kind::Number, at, row);
    }

    fn array(&mut self, array: &ast::ArrayLit, at: Span) {
        self.node(Kind::Array, at, 0, |l| {
            for elem in &array.elems {
                match elem {
                    Some(elem) => elem.visit_with(l),
                    None => l.empty(),
                }
            }
        });
    }

    pub(super) fn expr_or_spread(&mut self, arg: &ast::ExprOrSpread) {
        match arg.spread {
            None => arg.expr.visit_with(self),
            Some(dots) => {
                let at = Span { start: span(dots).start, end: span(arg.expr.span()).end };
                self.node(Kind::Spread, at, 0, |l| arg.expr.visit_with(l));
            }
        }
    }

    pub(super) fn prop_or_spread(&mut self, prop: &ast::PropOrSpread) {
        match prop {
            ast::PropOrSpread::Spread(spread) => {
                let at = Span { start: span(spread.dot3_token).start, end: span(spread.expr.span()).end };
                self.node(Kind::Spread, at, 0, |l| spread.expr.visit_with(l));
            }
            ast::PropOrSpread::Prop(prop) => self.prop(prop),
        }
    }

    fn prop(&mut self, prop: &ast::Prop) {
        let at = span(prop.span());
        match prop {
            ast::Prop::Shorthand(ident) => {
                let name = self.intern(&ident.sym).raw();
                let id = self.node(Kind::Property, at, name, |l| {
                    l.empty();
                    l.identifier(&ident.sym, at);
                });
                self.set_flags(id, flag::SHORTHAND);
            }
            ast::Prop::KeyValue(pair) => {
                let name = self.prop_name(&pair.key);
                self.node(Kind::Property, at, name, |l| {
                    l.computed_key(&pair.key);
                    pair.value.visit_with(l);
                });
            }
            ast::Prop::Assign(pair) => {
                let name = self.intern(&pair.key.sym).raw();
                self.node(Kind::Property, at, name, |l| {
                    l.empty();
                    pair.value.visit_with(l);
                });
            }
            ast::Prop::Getter(getter) => self.object_method(&getter.key, &getter.function, at, flag::GETTER),
            ast::Prop::Setter(setter) => self.object_method(&setter.key, &setter.function, at, flag::SETTER),
            ast::Prop::Method(method) => self.object_method(&method.key, &method.function, at, 0),
        }
    }

    /// The interned name of a property key; [`NO_NAME`] for computed ones.
    pub(super) fn prop_name(&mut self, key: &ast::PropName) -> u32 {
        match key {
            ast::PropName::Ident(ident) => self.intern(&ident.sym).raw(),
            ast::PropName::Str(text) => self.intern(&text.value.to_string_lossy()).raw(),
            ast::PropName::Num(number) => self.intern(&number.value.to_string()).raw(),
            ast::PropName::Computed(computed) => match &*computed.expr {
                ast::Expr::Lit(ast::Lit::Str(text)) => self.intern(&text.value.to_string_lossy()).raw(),
                _ => self.symbol_name(&computed.expr).unwrap_or(NO_NAME),
            },
            ast::PropName::BigInt(_) => NO_NAME,
        }
    }

    /// `Symbol.dispose` and its like name a member as well as a string does.
    fn symbol_name(&mut self, key: &ast::Expr) -> Option<u32> {
        let ast::Expr::Member(member) = key else { return None };
        let (ast::Expr::Ident(object), ast::MemberProp::Ident(prop)) = (&*member.obj, &member.prop) else {
            return None;
        };
        (object.sym == *"Symbol").then(|| self.intern(&format!("@@{}", prop.sym)).raw())
    }

    pub(super) fn key_span(&self, key: &ast::PropName) -> Span {
        span(key.span())
    }

    /// The first child of anything with a property key.
    pub(super) fn computed_key(&mut self, key: &ast::PropName) {
        match key {
            ast::PropName::Computed(computed) => {
                let outer = std::mem::replace(&mut self.pattern, Pattern::Assign);
                computed.expr.visit_with(self);
                self.pattern = outer;
            }
            _ => self.empty(),
        }
    }

    fn binary(&mut self, bin: &ast::BinExpr, at: Span) {
        let (kind, op) = match logical_op(bin.op) {
            Some(op) => (Kind::Logical, op as u32),
            None => (Kind::Binary, binary_op(bin.op) as u32),
        };
        self.node(kind, at, op, |l| {
            bin.left.visit_with(l);
            bin.right.visit_with(l);
        });
    }

    fn assign(&mut self, assign: &ast::AssignExpr, at: Span) {
        self.node(Kind::Assign, at, assign_op(assign.op) as u32, |l| {
            l.assign_target(&assign.left);
            assign.right.visit_with(l);
        });
    }

    fn assign_target(&mut self, target: &ast::AssignTarget) {
        let outer = std::mem::replace(&mut self.pattern, Pattern::Assign);
        match target {
            ast::AssignTarget::Simple(simple) => self.simple_target(simple),
            ast::AssignTarget::Pat(ast::AssignTargetPat::Array(array)) => self.array_pat(array),
            ast::AssignTarget::Pat(ast::AssignTargetPat::Object(object)) => self.object_pat(object),
            ast::AssignTarget::Pat(ast::AssignTargetPat::Invalid(_)) => self.empty(),
        }
        self.pattern = outer;
    }

    fn simple_target(&mut self, target: &ast::SimpleAssignTarget) {
        let at = span(target.span());
        match target {
            ast::SimpleAssignTarget::Ident(ident) => {
                self.target(&ident.id.sym, at);
            }
            ast::SimpleAssignTarget::Member(member) => {
                self.member(member, at);
            }
            ast::SimpleAssignTarget::SuperProp(member) => self.super_prop(member, at),
            ast::SimpleAssignTarget::Paren(paren) => paren.expr.visit_with(self),
            ast::SimpleAssignTarget::OptChain(chain) => self.optional(chain, at),
            ast::SimpleAssignTarget::TsAs(cast) => cast.expr.visit_with(self),
            ast::SimpleAssignTarget::TsSatisfies(cast) => cast.expr.visit_with(self),
            ast::SimpleAssignTarget::TsNonNull(cast) => cast.expr.visit_with(self),
            ast::SimpleAssignTarget::TsTypeAssertion(cast) => cast.expr.visit_with(self),
            ast::SimpleAssignTarget::TsInstantiation(cast) => cast.expr.visit_with(self),
            ast::SimpleAssignTarget::Invalid(_) => self.empty(),
        }
    }

    fn member(&mut self, member: &ast::MemberExpr, at: Span) -> NodeId {
        match &member.prop {
            ast::MemberProp::Ident(prop) => {
                let name = self.intern(&prop.sym).raw();
                self.node(Kind::Member, at, name, |l| member.obj.visit_with(l))
            }
            ast::MemberProp::PrivateName(prop) => {
                let name = self.intern(&format!("#{}", prop.name)).raw();
                let id = self.node(Kind::Member, at, name, |l| member.obj.visit_with(l));
                self.set_flags(id, flag::PRIVATE);
                id
            }
            ast::MemberProp::Computed(computed) => self.index(&member.obj, &computed.expr, at),
        }
    }

    /// `a['b']` is `a.b`; anything else keeps its key as a child.
    fn index(&mut self, object: &ast::Expr, key: &ast::Expr, at: Span) -> NodeId {
        let name = match key {
            ast::Expr::Lit(ast::Lit::Str(text)) => Some(self.intern(&text.value.to_string_lossy()).raw()),
            _ => self.symbol_name(key),
        };
        match name {
            Some(name) => self.node(Kind::Member, at, name, |l| object.visit_with(l)),
            None => self.node(Kind::Index, at, 0, |l| {
                object.visit_with(l);
                key.visit_with(l);
            }),
        }
    }

    fn super_prop(&mut self, member: &ast::SuperPropExpr, at: Span) {
        self.out.functions[self.func.index()].uses_this = true;
        let obj = span(member.obj.span);
        match &member.prop {
            ast::SuperProp::Ident(prop) => {
                let name = self.intern(&prop.sym).raw();
                self.node(Kind::Member, at, name, |l| {
                    l.leaf(Kind::Super, obj, 0);
                });
            }
            ast::SuperProp::Computed(computed) => {
                self.node(Kind::Index, at, 0, |l| {
                    l.leaf(Kind::Super, obj, 0);
                    computed.expr.visit_with(l);
                });
            }
        }
    }

    fn call(&mut self, call: &ast::CallExpr, at: Span) {
        match &call.callee {
            ast::Callee::Import(_) => {
                self.node(Kind::ImportCall, at, 0, |l| call.args.visit_with(l));
            }
            ast::Callee::Super(callee) => {
                self.out.functions[self.func.index()].uses_this = true;
                self.node(Kind::Call, at, NO_DATA, |l| {
                    l.leaf(Kind::Super, span(callee.span), 0);
                    call.args.visit_with(l);
                });
            }
            ast::Callee::Expr(callee) => {
                let id = self.node(Kind::Call, at, NO_DATA, |l| {
                    callee.visit_with(l);
                    call.args.visit_with(l);
                });
                self.out.tree.note_method(id);
                self.note_eval(callee);
                self.construct_type(id, call.type_args.as_deref());
            }
        }
    }

    /// A direct `eval` sees, and so keeps, every variable of the scopes around it (lab F2).
    fn note_eval(&mut self, callee: &ast::Expr) {
        if matches!(callee, ast::Expr::Ident(ident) if ident.sym == *"eval") {
            self.out.functions[self.func.index()].has_eval = true;
        }
    }

    fn optional(&mut self, chain: &ast::OptChainExpr, at: Span) {
        let id = match &*chain.base {
            ast::OptChainBase::Member(member) => self.member(member, at),
            ast::OptChainBase::Call(call) => {
                let id = self.node(Kind::Call, at, NO_DATA, |l| {
                    call.callee.visit_with(l);
                    call.args.visit_with(l);
                });
                self.out.tree.note_method(id);
                id
            }
        };
        if chain.optional {
            self.set_flags(id, flag::OPTIONAL);
        }
    }

    fn template(&mut self, tpl: &ast::Tpl) {
        let at = span(tpl.span);
        if let ([], [only]) = (&*tpl.exprs, &*tpl.quasis) {
            let text = only.cooked.as_ref().map(|cooked| cooked.to_string_lossy().into_owned());
            let name = self.intern(text.as_deref().unwrap_or(&only.raw));
            self.leaf(Kind::String, at, name.raw());
        } else {
            self.node(Kind::Template, at, 0, |l| tpl.exprs.visit_with(l));
        }
    }

    fn cast(&mut self, expr: &ast::Expr, ty: &ast::TsType) {
        let node = NodeId::from_index(self.out.tree.len());
        expr.visit_with(self);
        let ty = self.lower_type(ty);
        self.out.tree.casts.insert(node, ty);
    }

    /// `new Map<K, V>()` and `useRef<T>()`: the arguments say what is inside.
    fn construct_type(&mut self, call: NodeId, args: Option<&ast::TsTypeParamInstantiation>) {
        if let Some(args) = args {
            let ty = self.type_arguments(args);
            self.out.tree.type_args.insert(call, ty);
        }
    }
}

fn unary_op(op: ast::UnaryOp) -> UnaryOp {
    match op {
        ast::UnaryOp::Minus => UnaryOp::Minus,
        ast::UnaryOp::Plus => UnaryOp::Plus,
        ast::UnaryOp::Bang => UnaryOp::Not,
        ast::UnaryOp::Tilde => UnaryOp::BitNot,
        ast::UnaryOp::TypeOf => UnaryOp::Typeof,
        ast::UnaryOp::Void => UnaryOp::Void,
        ast::UnaryOp::Delete => UnaryOp::Delete,
    }
}

fn logical_op(op: ast::BinaryOp) -> Option<LogicalOp> {
    match op {
        ast::BinaryOp::LogicalAnd => Some(LogicalOp::And),
        ast::BinaryOp::LogicalOr => Some(LogicalOp::Or),
        ast::BinaryOp::NullishCoalescing => Some(LogicalOp::Nullish),
        _ => None,
    }
}

fn binary_op(op: ast::BinaryOp) -> BinaryOp {
    match op {
        ast::BinaryOp::EqEq | ast::BinaryOp::EqEqEq => BinaryOp::Equal,
        ast::BinaryOp::NotEq | ast::BinaryOp::NotEqEq => BinaryOp::NotEqual,
        ast::BinaryOp::Lt => BinaryOp::Less,
        ast::BinaryOp::LtEq => BinaryOp::LessEqual,
        ast::BinaryOp::Gt => BinaryOp::Greater,
        ast::BinaryOp::GtEq => BinaryOp::GreaterEqual,
        ast::BinaryOp::Add => BinaryOp::Add,
        ast::BinaryOp::Mod => BinaryOp::Remainder,
        ast::BinaryOp::In => BinaryOp::In,
        ast::BinaryOp::InstanceOf => BinaryOp::InstanceOf,
        _ => BinaryOp::Arithmetic,
    }
}

fn assign_op(op: ast::AssignOp) -> AssignOp {
    match op {
        ast::AssignOp::Assign => AssignOp::Plain,
        ast::AssignOp::AddAssign => AssignOp::Add,
        ast::AssignOp::OrAssign => AssignOp::Or,
        ast::AssignOp::AndAssign => AssignOp::And,
        ast::AssignOp::NullishAssign => AssignOp::Nullish,
        _ => AssignOp::Arithmetic,
    }
}
