//! Across files: whether what a function is handed is only looked at, and which function a path names.

use super::rates::{self, Runs};
use super::{FileId, Project};
use crate::index::{FuncId, NameId};
use crate::place::Place;
use crate::summary::TargetRow;

const FUEL: u32 = 4;

/// Methods of lists that give nothing of what stands on them.
const FILLERS: &[&str] = &["push", "unshift", "add", "set", "has", "includes", "indexOf"];

impl Project<'_> {
    /// Whether the function that a path of a file names neither keeps an argument, nor returns it, nor calls any of
    /// the methods `ends` on it, and the functions it hands it on to do not either.
    #[must_use]
    pub fn only_looks(&self, file: FileId, to: &Place, arg: u16, ends: &[String]) -> bool {
        self.looks_at(rates::resolve_place(self, file, to), arg, ends, FUEL)
    }

    /// Whether the function that a path of a file names, and those it hands an argument on to, put things on a list that they
    /// are handed, or ask how many there are, and get at nothing that stands on it.
    #[must_use]
    pub fn only_fills(&self, file: FileId, to: &Place, arg: u16) -> bool {
        self.fills(rates::resolve_place(self, file, to), arg, FUEL)
    }

    fn fills(&self, to: Option<Runs>, arg: u16, fuel: u32) -> bool {
        let (Some(fuel), Some(Runs::Function(of, func))) = (fuel.checked_sub(1), to) else { return false };
        let Some(look) = self.summary(of).looks.get(&(func, arg)) else { return false };
        let run = |to: TargetRow| rates::resolve_target(self, of, to);
        !look.called
            && look.methods.iter().all(|&name| FILLERS.contains(&self.name(of, name)))
            && look.forwarded.iter().all(|&(to, arg)| self.fills(run(to), arg, fuel))
    }

    fn looks_at(&self, to: Option<Runs>, arg: u16, ends: &[String], fuel: u32) -> bool {
        let (Some(fuel), Some(Runs::Function(of, func))) = (fuel.checked_sub(1), to) else { return false };
        let Some(look) = self.summary(of).looks.get(&(func, arg)) else { return false };
        let ends_it = look.methods.iter().any(|&name| ends.iter().any(|end| end == self.name(of, name)));
        let run = |to: TargetRow| rates::resolve_target(self, of, to);
        !ends_it
            && !look.called
            && look.forwarded.iter().all(|&(to, arg)| self.looks_at(run(to), arg, ends, fuel))
    }

    /// Whether a function, and those it hands an argument on to, are done with that when they return: they look at it, or call
    /// it, and nobody has it afterwards.
    #[must_use]
    pub fn keeps_nothing(&self, file: FileId, func: FuncId, arg: u16) -> bool {
        self.is_done_with((file, func), arg, FUEL)
    }

    /// Whether a function does nothing at all to an argument, as the empty methods do that only say what a class will have.
    #[must_use]
    pub fn ignores(&self, file: FileId, func: FuncId, arg: u16) -> bool {
        let look = self.summary(file).looks.get(&(func, arg));
        look.is_some_and(|look| !look.called && look.methods.is_empty() && look.forwarded.is_empty())
    }

    fn is_done_with(&self, (of, func): (FileId, FuncId), arg: u16, fuel: u32) -> bool {
        let Some(fuel) = fuel.checked_sub(1) else { return false };
        let Some(look) = self.summary(of).looks.get(&(func, arg)) else { return false };
        let runs_it = |&name: &NameId| matches!(self.name(of, name), "call" | "apply");
        look.methods.iter().all(runs_it)
            && look.forwarded.iter().all(|&(to, arg)| {
                self.function_at(of, to).is_some_and(|next| self.is_done_with(next, arg, fuel))
            })
    }

    /// The function that a path of a file names.
    #[must_use]
    pub fn function_at(&self, file: FileId, target: TargetRow) -> Option<(FileId, FuncId)> {
        match rates::resolve_target(self, file, target)? {
            Runs::Function(file, func) => Some((file, func)),
            Runs::Class(..) => None,
        }
    }
}
