//! How much of a project the model understood: entry points by framework, functions whose rate nobody knows, packages
//! without rows. Nothing found in a service that could not be read must not look like clean.

use super::{FileId, Project, resolve};
use crate::catalog::{LibraryId, When};
use crate::index::FuncId;
use crate::model;
use crate::rate::Rate;
use crate::summary::{Role, TargetRow};
use crate::tables::FunctionKind;
use std::collections::BTreeMap;

/// What was understood. Test files do not count.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coverage {
    /// For each sheet of the catalog by name: how many functions of the project it says are called from outside.
    pub entry_points: BTreeMap<String, usize>,
    /// All functions, module bodies aside.
    pub functions: usize,
    /// Functions that an entry point is known to drive.
    pub driven: usize,
    /// Functions of which is only known that others may call them.
    pub callable: usize,
    /// Functions that nobody is seen to call.
    pub unknown: usize,
    /// Imported packages without a row, with the number of files that import them.
    pub unmodelled: BTreeMap<String, usize>,
    /// How many imported packages have rows.
    pub modelled: usize,
}

impl Project<'_> {
    /// How much of the project the model understood.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let mut out = Coverage::default();
        for id in self.file_ids().filter(|&id| self.summary(id).role != Role::Test) {
            self.count_entries(id, &mut out);
            self.count_functions(id, &mut out);
            self.count_packages(id, &mut out);
        }
        let uses = self.packages.iter().filter(|package| self.catalog.knows_package(package));
        out.modelled = uses.count();
        out
    }

    fn count_entries(&self, id: FileId, out: &mut Coverage) {
        let summary = self.summary(id);
        let edges = summary.edges.iter().filter(|edge| edge.need.is_none_or(|need| self.holds(need)));
        let edges = edges.filter_map(|edge| Some((&edge.target, edge.certain, edge.when, edge.library?)));
        let handed = summary.handed.iter().filter_map(|handed| {
            let (when, library) = self.row_of(id, handed)?;
            Some((&handed.func, true, when, library))
        });
        // A route whose handler has the usual parameters is one entry point, and the router's.
        let mut functions: BTreeMap<FuncId, (bool, LibraryId)> = BTreeMap::new();
        let mut others = Vec::new();
        for (target, certain, when, library) in edges.chain(handed) {
            match (target, when) {
                (_, When::Each | When::Caller | When::At(Rate::Cold)) => {}
                (TargetRow::Function(func), _) => {
                    let known = functions.entry(*func).or_insert((certain, library));
                    if certain && !known.0 {
                        *known = (certain, library);
                    }
                }
                _ => others.push(library),
            }
        }
        for library in functions.into_values().map(|(_, library)| library).chain(others) {
            *out.entry_points.entry(self.catalog.library(library).to_owned()).or_default() += 1;
        }
    }

    fn count_functions(&self, id: FileId, out: &mut Coverage) {
        for (i, row) in self.summary(id).functions.iter().enumerate() {
            if matches!(row.kind, FunctionKind::Module | FunctionKind::FieldInit | FunctionKind::Turn) {
                continue;
            }
            out.functions += 1;
            match self.rate(id, FuncId::from_index(i)).rate {
                None => out.unknown += 1,
                Some(Rate::Call) => out.callable += 1,
                Some(rate) if rate.is_hot() => out.driven += 1,
                Some(_) => {}
            }
        }
    }

    fn count_packages(&self, id: FileId, out: &mut Coverage) {
        let mut names: Vec<&str> = self.modules[id.index()]
            .packages()
            .filter_map(|name| model::package_path(self.name(id, name)))
            .map(|specifier| resolve::split_package(specifier).0)
            .filter(|package| !package.is_empty() && !self.catalog.knows_package(package))
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            *out.unmodelled.entry(name.to_owned()).or_default() += 1;
        }
    }
}
