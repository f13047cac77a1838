//! What is known of the value of an expression, a variable, a place.

use super::{Base, Model, Question, Ty};
use crate::catalog::ModelId;
use crate::index::{BindingId, ClassId, FuncId, NameId, NodeId};
use crate::place::{Place, Root, Step};
use crate::tables::BindingKind;
use crate::tree::{BinaryOp, Kind, LogicalOp, UnaryOp};
use smallvec::SmallVec;

impl<'a> Model<'a> {
    /// What an expression is.
    #[must_use]
    #[inline]
    pub fn ty(&self, expr: NodeId) -> Ty {
        if let Some(&known) = self.types.borrow().get(expr) {
            self.reuse(|| Question::Type(expr));
            return known;
        }
        self.ty_asked_first(expr)
    }

    fn ty_asked_first(&self, expr: NodeId) -> Ty {
        let key = u64::from(expr.0);
        if !self.begin(key) {
            return Ty::Unknown;
        }
        let mark = self.unsettled_mark();
        let ty = self.compute_ty(expr);
        self.open.borrow_mut().close(key);
        self.types.borrow_mut().put(&self.file.tree, expr, ty);
        self.remember_unsettled(mark, || Question::Type(expr));
        ty
    }

    pub(super) fn builtin(&self, name: &str) -> Ty {
        self.catalog.find_type(name).map_or(Ty::Unknown, Ty::Model)
    }

    fn compute_ty(&self, expr: NodeId) -> Ty {
        let tree = &self.file.tree;
        if let Some(cast) = tree.cast(expr) {
            let ty = self.annotation_ty(cast);
            if ty != Ty::Unknown {
                return ty;
            }
        }
        match tree.kind(expr) {
            Kind::Identifier => self.identifier_ty(expr),
            Kind::BindingName => tree.binding(expr).map_or(Ty::Unknown, |binding| self.binding_ty(binding)),
            Kind::This | Kind::Member | Kind::Index => self.place_ty(&self.file.place(expr)),
            Kind::Call | Kind::New => self.call_ty(expr),
            Kind::Object => self.object_ty(expr),
            Kind::Array => self.builtin("Array"),
            Kind::Function => tree.function(expr).map_or(Ty::Unknown, Ty::Function),
            Kind::Class => tree.class(expr).map_or(Ty::Unknown, Ty::Class),
            Kind::String | Kind::Bool => Ty::Finite,
            Kind::Number | Kind::Update => Ty::Number,
            Kind::Template => Ty::Text,
            Kind::Null => Ty::Nothing,
            Kind::Regex => self.builtin("RegExp"),
            Kind::Await => tree.first(expr).map_or(Ty::Unknown, |inner| self.ty(inner)),
            Kind::Assign => tree.child(expr, 1).map_or(Ty::Unknown, |value| self.ty(value)),
            Kind::Sequence => tree.last_child(expr).map_or(Ty::Unknown, |value| self.ty(value)),
            Kind::Logical => self.logical_ty(expr),
            Kind::Conditional => {
                self.join_values([tree.child(expr, 1), tree.child(expr, 2)].into_iter().flatten())
            }
            Kind::Unary => match tree.unary_op(expr) {
                Some(UnaryOp::Not | UnaryOp::Typeof | UnaryOp::Delete) => Ty::Finite,
                Some(UnaryOp::Void) => Ty::Nothing,
                _ => Ty::Number,
            },
            Kind::Binary => match tree.binary_op(expr) {
                Some(BinaryOp::Add) => self.sum_ty(expr),
                Some(BinaryOp::Remainder) => Ty::Finite,
                Some(BinaryOp::Arithmetic) | None => Ty::Number,
                _ => Ty::Finite,
            },
            _ => Ty::Unknown,
        }
    }

    fn sum_ty(&self, expr: NodeId) -> Ty {
        let sides = [0, 1].map(|n| self.file.tree.child(expr, n).map_or(Ty::Unknown, |side| self.ty(side)));
        match sides {
            [Ty::Number, Ty::Number] => Ty::Number,
            [Ty::Finite, Ty::Finite] => Ty::Finite,
            _ if sides.iter().any(|side| matches!(side, Ty::Text | Ty::Finite)) => Ty::Text,
            _ => Ty::Unknown,
        }
    }

    fn object_ty(&self, object: NodeId) -> Ty {
        let class = self.classes.by_object.get(&object).copied();
        class.map_or_else(|| self.builtin("Object"), Ty::Instance)
    }

    fn logical_ty(&self, expr: NodeId) -> Ty {
        let tree = &self.file.tree;
        match tree.logical_op(expr) {
            Some(LogicalOp::And) => tree.child(expr, 1).map_or(Ty::Unknown, |right| self.ty(right)),
            _ => self.join_values(tree.children(expr)),
        }
    }

    /// The type all the values agree on; those that are nothing do not count.
    fn join_values(&self, values: impl IntoIterator<Item = NodeId>) -> Ty {
        let mut joined: Option<Ty> = None;
        let mut unknown = false;
        for value in values {
            let ty = if self.is_nothing(value) { Ty::Nothing } else { self.ty(value) };
            match ty {
                Ty::Nothing => {}
                Ty::Unknown => unknown = true,
                ty => match joined {
                    Some(known) if known != ty => return self.common(known, ty),
                    _ => joined = Some(ty),
                },
            }
        }
        // `this.cache = options.cache || new Map()`: a value nobody can see is most likely of the type of the others.
        match joined {
            Some(Ty::Finite | Ty::Text | Ty::Number) if unknown => Ty::Unknown,
            Some(ty) => ty,
            None => Ty::Unknown,
        }
    }

    pub(super) fn common(&self, a: Ty, b: Ty) -> Ty {
        match (a, b) {
            (Ty::Text, Ty::Finite) | (Ty::Finite, Ty::Text) => Ty::Text,
            (Ty::Finite | Ty::Number, Ty::Finite | Ty::Number) => Ty::Number,
            (Ty::Model(a), Ty::Model(b)) => {
                let others = &self.catalog.model(b).ancestors;
                let shared =
                    self.catalog.model(a).ancestors.iter().find(|ancestor| others.contains(ancestor));
                shared.map_or(Ty::Unknown, |&ancestor| Ty::Model(ancestor))
            }
            _ => Ty::Unknown,
        }
    }

    /// Whether an expression is `null`, `undefined` or `void 0`.
    #[must_use]
    pub fn is_nothing(&self, expr: NodeId) -> bool {
        let tree = &self.file.tree;
        match tree.kind(expr) {
            Kind::Null => true,
            Kind::Identifier => self.file.global_of(expr) == Some("undefined"),
            Kind::Unary => tree.unary_op(expr) == Some(UnaryOp::Void),
            _ => false,
        }
    }

    fn identifier_ty(&self, identifier: NodeId) -> Ty {
        match self.file.binding_of(identifier) {
            Some(binding) => self.binding_ty(binding),
            None => self.place_ty(&self.file.place(identifier)),
        }
    }

    /// What a variable holds.
    #[must_use]
    pub fn binding_ty(&self, binding: BindingId) -> Ty {
        if let Some(known) = self.binding_types.borrow()[binding.index()] {
            self.reuse(|| Question::Binding(binding));
            return known;
        }
        let key = u64::from(binding.0) | 1 << 40;
        if !self.begin(key) {
            return Ty::Unknown;
        }
        let mark = self.unsettled_mark();
        let ty = self.compute_binding_ty(binding);
        self.open.borrow_mut().close(key);
        self.binding_types.borrow_mut()[binding.index()] = Some(ty);
        self.remember_unsettled(mark, || Question::Binding(binding));
        ty
    }

    fn compute_binding_ty(&self, binding: BindingId) -> Ty {
        let row = self.file.binding(binding);
        if let Some(ty) = row.ty.map(|ty| self.annotation_ty(ty)).filter(|&ty| ty != Ty::Unknown) {
            return ty;
        }
        match row.kind {
            BindingKind::Class => self.class_of_binding(binding).map_or(Ty::Unknown, Ty::Class),
            BindingKind::Enum => Ty::Finite,
            BindingKind::Catch => self.builtin("Error"),
            BindingKind::Param => match self.param_ty(binding) {
                // An element of what a callback goes through.
                Ty::Unknown => self.alias_ty(binding),
                ty => ty,
            },
            BindingKind::Import => self.place_ty(&self.file.place(row.node)),
            _ => {
                let joined = self.join_values(row.values.iter().copied());
                if joined != Ty::Unknown || row.opaque_writes == 0 {
                    return self.finite_loop_ty(binding).unwrap_or(joined);
                }
                self.finite_loop_ty(binding).unwrap_or_else(|| self.alias_ty(binding))
            }
        }
    }

    /// The type of what a variable is another name of.
    fn alias_ty(&self, binding: BindingId) -> Ty {
        let place = self.file.place(self.file.binding(binding).node);
        if place.root == Root::Binding(binding) { Ty::Unknown } else { self.place_ty(&place) }
    }

    /// `for (const key of ['a', 'b'])`, `for (const key in CONSTANT)`: the keys are the constant's.
    fn finite_loop_ty(&self, binding: BindingId) -> Option<Ty> {
        let tree = &self.file.tree;
        let node = self.file.binding(binding).node;
        let each =
            tree.ancestors(node).take(5).find(|&n| matches!(tree.kind(n), Kind::ForOf | Kind::ForIn))?;
        if !tree.contains(tree.first(each)?, node) {
            return None;
        }
        self.is_constant_collection(tree.child(each, 1)?, 4).then_some(Ty::Finite)
    }

    /// Whether an expression is a collection written out in the source.
    #[must_use]
    pub fn is_constant_collection(&self, expr: NodeId, fuel: u32) -> bool {
        let Some(fuel) = fuel.checked_sub(1) else { return false };
        let tree = &self.file.tree;
        match tree.kind(expr) {
            // What starts empty is filled later.
            Kind::Array | Kind::Object => {
                let is_plain = |part: NodeId| tree.kind(part) != Kind::Spread;
                tree.first(expr).is_some() && tree.children(expr).all(is_plain)
            }
            Kind::Identifier => {
                let value = self.file.value_of(expr);
                value.is_some_and(|value| self.is_constant_collection(value, fuel))
            }
            Kind::Call | Kind::New => {
                let source = self.file.iterated(expr);
                if source != expr {
                    return self.is_constant_collection(source, fuel);
                }
                tree.kind(expr) == Kind::New
                    && tree.arg(expr, 0).is_some_and(|arg| self.is_constant_collection(arg, fuel))
            }
            _ => false,
        }
    }

    fn param_ty(&self, binding: BindingId) -> Ty {
        let tree = &self.file.tree;
        let node = self.file.binding(binding).node;
        let mut param = node;
        while let Some(parent) = tree.parent(param) {
            match tree.kind(parent) {
                Kind::Function => {
                    let Some(func) = tree.function(parent) else { return Ty::Unknown };
                    let slot = tree.node(param).slot as usize;
                    return self.param_path_ty(func, slot, param, node);
                }
                Kind::Default | Kind::PatternProperty | Kind::ObjectPattern | Kind::Rest => param = parent,
                Kind::ArrayPattern => param = parent,
                _ => return Ty::Unknown,
            }
        }
        Ty::Unknown
    }

    /// The type of a name in a parameter's pattern, from what the function is handed to.
    fn param_path_ty(&self, func: FuncId, slot: usize, param: NodeId, name: NodeId) -> Ty {
        let tree = &self.file.tree;
        let model = self.callback_params(func).get(slot).copied().flatten();
        let mut steps: SmallVec<[NameId; 2]> = SmallVec::new();
        let mut at = name;
        let mut default = None;
        while at != param {
            let Some(parent) = tree.parent(at) else { break };
            if tree.kind(parent) == Kind::PatternProperty {
                steps.extend(tree.name_id(parent));
            }
            at = parent;
        }
        if tree.kind(param) == Kind::Default && tree.first(param) == Some(name) {
            default = tree.child(param, 1);
        }
        if let Some(cast) = tree.cast(param).filter(|_| !steps.is_empty()) {
            return self.annotated_field(cast, &steps);
        }
        let Some(mut model) = model else {
            let by_default = default.map_or(Ty::Unknown, |value| self.ty(value));
            let is_plain = steps.is_empty();
            return if by_default == Ty::Unknown && is_plain {
                self.argument_ty(func, slot)
            } else {
                by_default
            };
        };
        for step in steps.iter().rev() {
            match self.catalog_field(model, tree.text(*step)) {
                Ty::Model(field) => model = field,
                ty => return ty,
            }
        }
        Ty::Model(model)
    }

    /// The type that all calls of the file hand in at a position.
    fn argument_ty(&self, func: FuncId, slot: usize) -> Ty {
        let args: SmallVec<[NodeId; 4]> =
            self.calls_of(func).iter().filter_map(|&call| self.file.tree.arg(call, slot)).collect();
        if args.is_empty() || args.len() != self.calls_of(func).len() {
            return Ty::Unknown;
        }
        match self.join_values(args) {
            // What is known of the value is not what is known of the parameter: it may be anything of that kind.
            Ty::Finite | Ty::Text | Ty::Number | Ty::Function(_) => Ty::Unknown,
            ty => ty,
        }
    }

    /// The catalog type behind a type: its own, or that of the nearest base class.
    #[must_use]
    pub fn model_of(&self, ty: Ty) -> Option<ModelId> {
        match ty {
            Ty::Model(model) => Some(model),
            Ty::Instance(class) => self.class_model(class),
            Ty::Text => self.catalog.find_type("String"),
            _ => None,
        }
    }

    /// The catalog type a class inherits from or says it implements.
    #[must_use]
    pub fn class_model(&self, class: ClassId) -> Option<ModelId> {
        if let Some(&known) = self.class_models.borrow().get(&class) {
            return known;
        }
        let cuts = self.cuts.get();
        let found = self.find_class_model(class);
        if self.is_whole(cuts) && !self.unsettled.is_building.get() {
            self.class_models.borrow_mut().insert(class, found);
        }
        found
    }

    fn find_class_model(&self, class: ClassId) -> Option<ModelId> {
        self.lineage(class).find_map(|class| match self.base(class) {
            Some(Base::Model(model)) => Some(model),
            _ => self.file.class(class).implements.iter().find_map(|&ty| match self.annotation_ty(ty) {
                Ty::Model(model) => Some(model),
                _ => None,
            }),
        })
    }

    /// The type of what a place holds.
    #[must_use]
    pub fn place_ty(&self, place: &Place) -> Ty {
        let Some(step) = place.path.last() else { return self.root_ty(place.root) };
        if let Some(&known) = self.place_types.borrow().get(place) {
            self.reuse(|| Question::Place(place.clone()));
            return known;
        }
        let key = self.place_key(place);
        if !self.begin(key) {
            return Ty::Unknown;
        }
        let (cuts, mark) = (self.cuts.get(), self.unsettled_mark());
        let ty = match step {
            Step::Field(name) => self.field_ty(place, *name),
            Step::Element => self.element_ty(place),
        };
        self.open.borrow_mut().close(key);
        if self.is_whole(cuts) {
            self.place_types.borrow_mut().insert(place.clone(), ty);
            self.remember_unsettled(mark, || Question::Place(place.clone()));
        }
        ty
    }

    fn place_key(&self, place: &Place) -> u64 {
        use std::hash::BuildHasher;
        rustc_hash::FxBuildHasher.hash_one(place) | 1 << 63
    }

    fn root_ty(&self, root: Root) -> Ty {
        match root {
            Root::Binding(binding) => self.binding_ty(binding),
            Root::This(class) => Ty::Instance(class),
            Root::Class(class) => Ty::Class(class),
            Root::Value(node) => match self.file.tree.kind(node) {
                Kind::Identifier | Kind::This | Kind::Member | Kind::Index | Kind::BindingName => Ty::Unknown,
                _ => self.ty(node),
            },
            Root::Module(_) | Root::Global(_) => self
                .path_of(&Place::root(root))
                .and_then(|path| self.catalog.value(&path))
                .map_or_else(|| self.global_ty(root), Ty::Model),
            Root::Exports | Root::Receiver(_) => Ty::Unknown,
        }
    }

    /// A global of the program's own: `global.visits = global.visits || {}`.
    fn global_ty(&self, root: Root) -> Ty {
        let place = Place::root(root);
        let key = self.place_key(&place);
        if !matches!(root, Root::Global(_)) || !self.begin(key) {
            return Ty::Unknown;
        }
        let ty = self.join_values(self.values(&place).iter().copied());
        self.open.borrow_mut().close(key);
        ty
    }

    fn field_ty(&self, place: &Place, name: NameId) -> Ty {
        if let Some(model) = self.path_of(place).and_then(|path| self.catalog.value(&path)) {
            return Ty::Model(model);
        }
        let Some(owner) = place.parent() else { return Ty::Unknown };
        let owner_ty = match (owner.path.is_empty(), owner.root) {
            (true, root @ (Root::This(_) | Root::Class(_))) => self.root_ty(root),
            _ => self.place_ty(&owner),
        };
        if let Ty::Instance(class) = owner_ty
            && let Some(ty) = self.member_annotation(class, name)
        {
            return ty;
        }
        let joined = self.join_values(self.values(place).iter().copied());
        if joined != Ty::Unknown {
            return joined;
        }
        let text = self.file.tree.text(name);
        match owner_ty {
            Ty::Instance(class) => self.instance_field_ty(class, name),
            Ty::Model(model) => self.catalog_field(model, text),
            Ty::Finite => Ty::Finite,
            _ => match text {
                "length" | "size" => Ty::Number,
                _ => self.annotated_place_field(&owner, name),
            },
        }
    }

    /// What rows say of a field.
    fn catalog_field(&self, of: ModelId, name: &str) -> Ty {
        let few = || if self.catalog.has_few(of, name) { Ty::Finite } else { Ty::Unknown };
        self.catalog.field(of, name).map_or_else(few, Ty::Model)
    }

    fn instance_field_ty(&self, class: ClassId, name: NameId) -> Ty {
        for base in self.lineage(class).skip(1) {
            if let Some(place) = Place::root(Root::This(base)).with(Step::Field(name)) {
                let ty = self.join_values(self.values(&place).iter().copied());
                if ty != Ty::Unknown {
                    return ty;
                }
            }
        }
        let model = self.class_model(class);
        let field = model.and_then(|model| self.catalog.field(model, self.file.tree.text(name)));
        field.or_else(|| self.decorated_field(class, name)).map_or(Ty::Unknown, Ty::Model)
    }

    /// What a decorator gives a field: `@service session`.
    pub(crate) fn decorated_field(&self, class: ClassId, name: NameId) -> Option<ModelId> {
        let tree = &self.file.tree;
        self.member_decorators(class, name).find_map(|decorator| {
            let decorator = tree.first(decorator)?;
            let callee = tree.callee(decorator).unwrap_or(decorator);
            self.catalog.made_by(&self.api_path(callee)?)
        })
    }

    /// The decorators of a member of a class, or of what it inherits from in this file.
    pub(crate) fn member_decorators(&self, class: ClassId, name: NameId) -> impl Iterator<Item = NodeId> {
        let tree = &self.file.tree;
        let member = self.lineage(class).find_map(|class| self.members(class, name).first().copied());
        let parts = member.into_iter().flat_map(|member| tree.children(member.node));
        parts.filter(|&part| tree.kind(part) == Kind::Decorator)
    }

    /// The type of the elements of a collection, from its annotation or type arguments.
    fn element_ty(&self, place: &Place) -> Ty {
        let Some(owner) = place.parent() else { return Ty::Unknown };
        let annotation = match (owner.root, owner.path.as_slice()) {
            (Root::Binding(binding), []) => self.file.binding(binding).ty,
            (Root::This(class), [Step::Field(name)]) => self
                .lineage(class)
                .find_map(|class| self.file.class(class).members.iter().find(|m| m.name == Some(*name))?.ty),
            _ => None,
        };
        if let Some(ty) = annotation.and_then(|ty| self.element_annotation(ty)) {
            return ty;
        }
        for &value in self.values(&owner).iter() {
            if let Some(&last) = self.file.tree.type_args.get(&value).and_then(|args| args.last()) {
                return self.annotation_ty(last);
            }
        }
        let stored = self.stored_element_ty(&owner);
        if stored != Ty::Unknown {
            return stored;
        }
        let of = self.model_of(self.place_ty(&owner)).and_then(|of| self.catalog.model(of).elements);
        of.map_or(Ty::Unknown, Ty::Model)
    }

    /// The type of what is put into a collection, where all insertions of the file agree.
    fn stored_element_ty(&self, owner: &Place) -> Ty {
        let Some(element) = owner.clone().with(Step::Element) else { return Ty::Unknown };
        match self.join_values(self.values(&element).iter().copied()) {
            Ty::Finite | Ty::Text | Ty::Number => Ty::Unknown,
            ty => ty,
        }
    }

    /// The name of the class of which a call gives an instance that somebody else has made: `inject(HttpClient)`,
    /// `container.resolve(Store)`.
    #[must_use]
    pub fn injected(&self, call: NodeId) -> Option<NodeId> {
        let tree = &self.file.tree;
        let is_named = |node: NodeId| matches!(tree.kind(node), Kind::Identifier | Kind::Member);
        if tree.kind(call) != Kind::Call || !is_named(tree.callee(call)?) || !is_named(tree.arg(call, 0)?) {
            return None;
        }
        let at = self.rows(call).iter().find_map(|row| row.injects)?;
        tree.arg(call, usize::from(at))
    }

    /// An instance of the class that an expression names.
    fn instance_ty(&self, class: NodeId) -> Ty {
        if let Some(class) = self.class_of(class) {
            return Ty::Instance(class);
        }
        let known = self.path_of(&self.file.place(class)).and_then(|path| self.catalog.annotation(&path));
        known.map_or(Ty::Unknown, Ty::Model)
    }

    fn call_ty(&self, call: NodeId) -> Ty {
        let tree = &self.file.tree;
        let Some(callee) = tree.callee(call) else { return Ty::Unknown };
        let place = self.file.place(call);
        if place.root != Root::Value(call) {
            return self.place_ty(&place);
        }
        if let Some(literal) = self.literal_given(call) {
            return Ty::Instance(literal);
        }
        if let Some(model) = self.api_path(callee).and_then(|path| self.catalog.made_by(&path)) {
            return Ty::Model(model);
        }
        if tree.kind(call) == Kind::New {
            return self.class_of(callee).map_or(Ty::Unknown, Ty::Instance);
        }
        if let Some(class) = self.injected(call) {
            return self.instance_ty(class);
        }
        if let Some((object, method)) = tree.method_call(call)
            && let Some(model) = self.model_of(self.ty(object))
            && let Some(returned) = self.catalog.returned(model, method)
        {
            return Ty::Model(returned);
        }
        if let Some(func) = self.function_of(callee) {
            return self.return_ty(func);
        }
        self.rows(call)
            .iter()
            .find_map(|row| row.returns.as_deref())
            .and_then(|name| self.catalog.find_type(name))
            .map_or(Ty::Unknown, Ty::Model)
    }

    /// The object literal with methods that a call gives as it is, `Object.freeze({ … })`, or as the component that it
    /// describes.
    fn literal_given(&self, call: NodeId) -> Option<ClassId> {
        let mut literals = self.file.tree.args(call).filter_map(|arg| self.classes.by_object.get(&arg));
        let literal = *literals.next()?;
        let is_component = || self.rows(call).iter().any(|row| row.makes_component);
        (self.file.gives_literal(call) || is_component()).then_some(literal)
    }

    /// What a function returns: its annotation, or what its return statements agree on. An annotation may say less than
    /// those: an observable, which is the answer to a request.
    #[must_use]
    pub fn return_ty(&self, func: FuncId) -> Ty {
        let row = self.file.function(func);
        match row.returns.map(|ty| self.annotation_ty(ty)) {
            None | Some(Ty::Unknown) => self.returned_ty(func),
            Some(Ty::Model(annotated)) => match self.returned_ty(func) {
                Ty::Model(found) if self.catalog.model(found).ancestors.contains(&annotated) => {
                    Ty::Model(found)
                }
                _ => Ty::Model(annotated),
            },
            Some(ty) => ty,
        }
    }

    /// What the return statements of a function agree on.
    fn returned_ty(&self, func: FuncId) -> Ty {
        if self.file.function(func).is_generator {
            return Ty::Unknown;
        }
        if let Some(&known) = self.return_types.borrow().get(&func) {
            self.reuse(|| Question::Returned(func));
            return known;
        }
        let (cuts, mark) = (self.cuts.get(), self.unsettled_mark());
        let ty = self.join_values(self.returned_values(func));
        if self.is_whole(cuts) {
            self.return_types.borrow_mut().insert(func, ty);
            self.remember_unsettled(mark, || Question::Returned(func));
        }
        ty
    }
}
