//! Whether there are few of what keys are drawn from, where a table or a type of another file says so.

use super::{FileId, Project, Resolution, Spot, SpotRoot, SpotStep, Symbol};
use crate::growth::Op;
use crate::place::Place;
use crate::summary::{ExportTo, What};

impl Project<'_> {
    /// Whether a place names a collection written out in the source that nothing is added to, or a type of few values.
    #[must_use]
    pub fn has_few(&self, file: FileId, place: &Place) -> bool {
        let spot = self.canonical(file, place);
        match (spot.root, &spot.path[..]) {
            (SpotRoot::Binding(of, binding), []) => {
                self.summary(of).tables.contains(&binding) && !self.is_added_to(&spot)
            }
            (SpotRoot::Exports(of), [SpotStep::Field(name)]) => self.is_type_of_few(of, *name, 4),
            _ => false,
        }
    }

    fn is_added_to(&self, spot: &Spot) -> bool {
        self.uses(spot).iter().any(|found| matches!(found.row.what, What::Collection(Op::Grow(_))))
    }

    /// Whether a file, or one it exports all of, declares a type of few values under a name.
    fn is_type_of_few(&self, file: FileId, name: Symbol, fuel: u32) -> bool {
        let Some(fuel) = fuel.checked_sub(1) else { return false };
        let summary = self.summary(file);
        if summary.few.iter().any(|&known| self.symbol_of(file, known) == name) {
            return true;
        }
        summary.exports.iter().filter(|export| export.name.is_none()).any(|export| match &export.target {
            ExportTo::From { source, .. } => match self.modules[file.index()].get(*source) {
                Some(Resolution::File(of)) => self.is_type_of_few(of, name, fuel),
                _ => false,
            },
            _ => false,
        })
    }
}
