//! What those who call a function hand to its parameters.

use super::canonical::FUEL;
use super::rates::{Runs, resolve_target};
use super::{FileId, Project, Spot, SpotRoot};
use crate::index::FuncId;
use rustc_hash::FxHashMap;

/// The rows about each parameter.
pub(super) type Index = FxHashMap<(FileId, FuncId, u16), Vec<(FileId, u32)>>;

/// One place where something is handed to a parameter.
pub struct Handing {
    /// What is handed.
    pub spot: Spot,
    /// The file of the call.
    pub file: FileId,
    /// The function that calls.
    pub func: FuncId,
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

    fn collect_handings(&self, spot: &Spot, fuel: u32, out: &mut Vec<Handing>) {
        let SpotRoot::Binding(file, binding) = spot.root else { return };
        let (Some(fuel), Some(row)) = (fuel.checked_sub(1), self.summary(file).bindings.get(&binding)) else {
            return;
        };
        let Some(position) = row.position else { return };
        let index = self.passed.get_or_init(|| self.index_passed());
        for &(from, at) in index.get(&(file, row.func, position)).into_iter().flatten() {
            let Some(passed) = self.summary(from).passed.get(at as usize) else { continue };
            let handed = self.walk(self.spot(from, passed.place), &spot.path, FUEL);
            let before = out.len();
            self.collect_handings(&handed, fuel, out);
            if out.len() == before {
                out.push(Handing { spot: handed, file: from, func: passed.caller });
            }
        }
    }

    fn index_passed(&self) -> Index {
        let mut out = Index::default();
        for id in self.file_ids().filter(|&id| self.is_production(id)) {
            for (at, row) in self.summary(id).passed.iter().enumerate() {
                let at = (id, u32::try_from(at).unwrap_or(u32::MAX));
                match resolve_target(self, id, row.to) {
                    Some(Runs::Function(file, func)) => {
                        out.entry((file, func, row.arg)).or_default().push(at);
                    }
                    Some(Runs::Class(file, class)) => {
                        for &made in &self.summary(file).classes[class.index()].constructors {
                            out.entry((file, made, row.arg)).or_default().push(at);
                        }
                    }
                    None => {}
                }
            }
        }
        out
    }
}
