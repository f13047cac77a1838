//! Fields of an instance under the names that others have for it.

use super::{Model, Ty};
use crate::calls;
use crate::index::{ClassId, FuncId};
use crate::place::{Place, Root};
use crate::tree::Kind;

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
