//! Fields of an instance under the names that others have for it.

use super::{Model, Ty};
use crate::calls;
use crate::index::{ClassId, FuncId, NameId, NodeId};
use crate::place::{Place, Root};
use crate::tables::{ClassKind, Lowered};
use crate::tree::Kind;

impl Lowered {
    /// Whether an object literal is what its methods see as `this`, so that what it is written with are the fields of that:
    /// neither what a call makes something else of, nor the options by which a framework makes a component.
    #[must_use]
    pub fn is_own_receiver(&self, class: ClassId) -> bool {
        let (tree, row) = (&self.tree, self.class(class));
        let stays_itself = |(call, _)| self.gives_literal(call);
        row.kind == ClassKind::Object
            && tree.kind(row.node) == Kind::Object
            && row.members.iter().all(|member| tree.parent(member.node) == Some(row.node))
            && tree.argument_of(row.node).is_none_or(stays_itself)
    }

    /// `Object.freeze({ … })`, `Object.assign({}, { … })`: what comes out is what the literal says, and nothing else is made of it.
    pub(crate) fn gives_literal(&self, call: NodeId) -> bool {
        let tree = &self.tree;
        let Some((object, method)) = tree.method_call(call) else { return false };
        let is_made = || {
            tree.arg(call, 0).is_some_and(|target| {
                tree.kind(target) == Kind::Object || self.place(target) == Place::root(Root::Exports)
            })
        };
        self.global_of(object) == Some("Object")
            && match method {
                "freeze" | "seal" | "preventExtensions" => true,
                "assign" | "create" | "setPrototypeOf" | "defineProperties" => is_made(),
                _ => false,
            }
    }

    /// What an object literal without a variable is written with, but for its methods: name and value.
    pub(super) fn literal_fields(&self, class: ClassId) -> impl Iterator<Item = (NameId, NodeId)> {
        let (tree, row) = (&self.tree, self.class(class));
        let of_variable = |binding| self.binding(binding).values.contains(&row.node);
        let is_wanted = !row.binding.is_some_and(of_variable) && self.is_own_receiver(class);
        let properties = is_wanted.then(|| tree.children(row.node)).into_iter().flatten();
        properties.filter(|&prop| tree.kind(prop) == Kind::Property).filter_map(|prop| {
            let value = tree.last_child(prop).filter(|&value| tree.kind(value) != Kind::Function)?;
            Some((tree.name_id(prop)?, value))
        })
    }
}

impl Model<'_> {
    /// The path as the class would say it whose instance the longest part of it is: `peer.timer` of a parameter that is
    /// an instance of a class of this file is that class's `this.timer`, and so is `this.peer.timer` of a field.
    #[must_use]
    pub fn own_place(&self, place: &Place) -> Option<Place> {
        let (at, class) = std::iter::successors(place.parent(), Place::parent).find_map(|at| {
            let is_itself = matches!(at.root, Root::This(_)) && at.path.is_empty();
            (!is_itself).then(|| self.instance_at(&at)).flatten().map(|class| (at, class))
        })?;
        place.path.iter().skip(at.path.len()).copied().try_fold(Place::root(Root::This(class)), Place::with)
    }

    /// The class that what is at a place is an instance of.
    fn instance_at(&self, place: &Place) -> Option<ClassId> {
        match self.place_ty(place) {
            Ty::Instance(class) => Some(class),
            _ => self.handed_with_instance(place),
        }
    }

    /// The class whose instance a function is told of, by its first parameter: `peer` of `onEnd(this, (peer) => …)`.
    fn handed_with_instance(&self, place: &Place) -> Option<ClassId> {
        let Root::Binding(binding) = place.root else { return None };
        let (func, 0) = calls::param_position(self, binding)? else { return None };
        place.path.is_empty().then(|| self.handed_behind_this(func)).flatten()
    }

    /// The class whose instance is handed over right before a function: who takes both, runs the one for the other.
    #[must_use]
    pub fn handed_behind_this(&self, func: FuncId) -> Option<ClassId> {
        let [handed] = self.handed(func) else { return None };
        let tree = &self.file.tree;
        let before = tree.arg(handed.call, handed.arg.checked_sub(1)?)?;
        match self.file.place(before).root {
            Root::This(class) if tree.kind(before) == Kind::This => Some(class),
            _ => None,
        }
    }
}
