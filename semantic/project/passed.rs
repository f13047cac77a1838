//! What those who call a function hand to its parameters.

use super::rates::{Runs, resolve_target};
use super::{FileId, Project, Spot, SpotRoot};
use crate::index::FuncId;

/// A parameter of a function.
type Param = (FileId, FuncId, u16);
/// The rows about each parameter, sorted by it.
pub(super) type Index = Vec<(Param, (FileId, u32))>;

/// One place where something is handed to a parameter.
pub struct Handing {
    /// What is handed.
    pub spot: Spot,
    /// The file of the call.
    pub file: FileId,
    /// The function that calls.
    pub func: FuncId,
    /// That function has made it right before, for this call.
    pub is_new: bool,
}

impl Project<'_> {
    /// What production code hands to the parameter that a spot starts from, through functions that only hand it on.
    /// Empty if the spot starts from anything else.
    #[must_use]
    pub fn handings(&self, spot: &Spot) -> Vec<Handing> {
        let mut out = Vec::new();
        self.collect_handings(spot, 4, &mut out);
        out
    }

    /// What a function hands on that it has made itself: rows about variables of a function speak of nothing else.
    #[must_use]
    pub fn is_made_by_caller(&self, handing: &Handing) -> bool {
        if handing.is_new {
            return true;
        }
        let SpotRoot::Binding(file, binding) = handing.spot.root else { return false };
        let row = self.summary(file).bindings.get(&binding);
        row.is_some_and(|row| {
            !row.is_param && row.func.index() != 0 && (file, row.func) == (handing.file, handing.func)
        })
    }

    fn collect_handings(&self, spot: &Spot, fuel: u32, out: &mut Vec<Handing>) {
        let SpotRoot::Binding(file, binding) = spot.root else { return };
        let (Some(fuel), Some(row)) = (fuel.checked_sub(1), self.summary(file).bindings.get(&binding)) else {
            return;
        };
        let Some(position) = row.position else { return };
        let index = self.passed.get_or_init(|| self.index_passed());
        for &(_, (from, at)) in rows_of(index, (file, row.func, position)) {
            let Some(passed) = self.summary(from).passed.get(at as usize) else { continue };
            let handed = self.below(self.spot(from, passed.place), &spot.path);
            let before = out.len();
            self.collect_handings(&handed, fuel, out);
            if out.len() == before {
                out.push(Handing { spot: handed, file: from, func: passed.caller, is_new: passed.is_new });
            }
        }
    }

    fn index_passed(&self) -> Index {
        let mut out = Index::new();
        for id in self.file_ids().filter(|&id| self.is_production(id)) {
            for (at, row) in (0..).zip(&self.summary(id).passed) {
                match resolve_target(self, id, row.to) {
                    Some(Runs::Function(file, func)) => out.push(((file, func, row.arg), (id, at))),
                    Some(Runs::Class(file, class)) => {
                        let constructors = &self.summary(file).classes[class.index()].constructors;
                        out.extend(constructors.iter().map(|&made| ((file, made, row.arg), (id, at))));
                    }
                    None => {}
                }
            }
        }
        out.sort_unstable();
        out
    }
}

/// The rows about a parameter.
fn rows_of(index: &Index, param: Param) -> impl Iterator<Item = &(Param, (FileId, u32))> {
    let start = index.partition_point(|(of, _)| *of < param);
    index[start..].iter().take_while(move |(of, _)| *of == param)
}
