//! How long things live, and whether they outlive the code that touches them.

use super::{FileId, GlobalTy, Project, RateInfo, Spot, SpotRoot, SpotStep, Use, model_of};
use crate::growth::Op;
use crate::index::{ClassId, FuncId};
use crate::rate::{Life, Rate};
use crate::summary::What;
use crate::tables::FunctionKind;

/// How long a thing lives, and why we think so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lives {
    /// As long as the process: a module binding, a global, a static field.
    Process,
    /// As long as the process, because only one instance of the class (or one run of the function) is ever made.
    Singleton(FileId, Owner),
    /// As long as an instance or a run, of which there may be many.
    With(FileId, Owner, RateInfo),
    /// As its type says: a request, a connection.
    Known(Life),
    /// Nobody knows.
    Unknown,
}

/// What a thing lives as long as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Owner {
    /// An instance of a class.
    Class(ClassId),
    /// What one run of a function leaves behind.
    Run(FuncId),
}

/// An answer with its doubts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Proved.
    Yes,
    /// True if a convention holds.
    Assumed,
    /// Cannot be told.
    Unknown,
    /// Disproved.
    No,
}

impl Project<'_> {
    /// How long what is at a spot lives.
    #[must_use]
    pub fn life(&self, spot: &Spot) -> Lives {
        if let Some(life) = self.typed_life(spot) {
            return Lives::Known(life);
        }
        if self.is_answer(spot) {
            return Lives::Unknown;
        }
        match spot.root {
            SpotRoot::Class(..)
            | SpotRoot::Exports(_)
            | SpotRoot::Global(_)
            | SpotRoot::Function(..)
            | SpotRoot::Package(_) => Lives::Process,
            SpotRoot::Binding(file, binding) => match self.summary(file).bindings.get(&binding) {
                Some(row) if row.func == FuncId::MODULE => Lives::Process,
                Some(row) if !row.is_param => self.run_life(file, row.func),
                _ => Lives::Unknown,
            },
            SpotRoot::Instance(..) if self.is_shared_by_instances(spot) => Lives::Process,
            SpotRoot::Instance(file, class) => self.instance_life(file, class),
            SpotRoot::Value(..) | SpotRoot::Receiver(..) => Lives::Unknown,
        }
    }

    /// Whether it is part of what the prototype of a class has and no instance is given one of its own: `X.prototype.cache = {}`.
    fn is_shared_by_instances(&self, spot: &Spot) -> bool {
        let (SpotRoot::Instance(file, class), Some(&step @ SpotStep::Field(name))) =
            (spot.root, spot.path.first())
        else {
            return false;
        };
        let shared = &self.summary(file).classes[class.index()].shared;
        let is_given = || {
            let whole = Spot::root(spot.root).with(step);
            let is_whole = |found: &Use| self.spot(found.file, found.row.place) == whole;
            self.uses(&whole).iter().any(|found| matches!(found.row.what, What::Assigned) && is_whole(found))
        };
        shared.iter().any(|&of| self.symbol_of(file, of) == name) && !is_given()
    }

    /// Whether it is part of what `get` gives of a thing that is no map, as rows say: `client.get(url)` of a client that another
    /// file made.
    fn is_answer(&self, spot: &Spot) -> bool {
        let at = spot.path.iter().position(|step| *step == SpotStep::Element);
        let Some(path) = at.and_then(|at| spot.path.get(..at)) else { return false };
        let owner = Spot { root: spot.root, path: path.into() };
        model_of(self, self.type_of(&owner)).is_some_and(|of| self.catalog.knows_method_of(of, "get"))
    }

    /// The life that the type of the nearest prefix says: `req.socket.x` lives as long as the connection.
    fn typed_life(&self, spot: &Spot) -> Option<Life> {
        let mut at = Some(spot.clone());
        while let Some(prefix) = at {
            // The collection itself is plain; what it hangs on decides.
            let ty = self.type_of(&prefix);
            if let Some(life) = model_of(self, ty).and_then(|model| self.catalog.model(model).life) {
                return Some(life);
            }
            at = prefix.parent();
        }
        None
    }

    fn run_life(&self, file: FileId, func: FuncId) -> Lives {
        let summary = self.summary(file);
        let row = &summary.functions[func.index()];
        if row.kind == FunctionKind::Setup {
            return Lives::Known(Life::Component);
        }
        let info = self.rate(file, func);
        if info.is_once() {
            Lives::Singleton(file, Owner::Run(func))
        } else {
            Lives::With(file, Owner::Run(func), info)
        }
    }

    fn instance_life(&self, file: FileId, class: ClassId) -> Lives {
        let summary = self.summary(file);
        let row = &summary.classes[class.index()];
        if row.is_static_only {
            return Lives::Process;
        }
        let info = self.class_rate(file, class);
        if info.is_once() {
            return Lives::Singleton(file, Owner::Class(class));
        }
        Lives::With(file, Owner::Class(class), info)
    }

    /// Whether what lives that long outlives what one run of a function leaves in it, run after run.
    #[must_use]
    pub fn outlives(&self, lives: Lives, file: FileId, func: FuncId, in_loop: bool) -> Answer {
        let info = self.rate(file, func);
        match lives {
            Lives::Singleton(of, Owner::Run(run)) if of == file && !self.is_kept_from(of, run, func) => {
                Answer::No
            }
            Lives::Process | Lives::Singleton(..) => repeats(info),
            Lives::Known(life) => match info.rate {
                None => Answer::Unknown,
                Some(rate) if life.outlives(rate) => certainty(info),
                // A connection carries many calls: that is what it is kept for.
                Some(Rate::Call) if life >= Life::Connection => Answer::Assumed,
                Some(_) if in_loop && life >= Life::Connection => Answer::Unknown,
                Some(_) => Answer::No,
            },
            Lives::With(of, owner, made) => self.outlives_owner((of, owner, made), (file, func), info),
            Lives::Unknown => Answer::Unknown,
        }
    }

    /// A thing of an instance (or run) outlives what runs more often than the instance is made.
    fn outlives_owner(
        &self,
        (of, owner, made): (FileId, Owner, RateInfo),
        (file, func): (FileId, FuncId),
        info: RateInfo,
    ) -> Answer {
        if self.is_part_of_making(of, owner, file, func) || info.is_once() {
            return Answer::No;
        }
        if let Owner::Run(run) = owner
            && !self.is_kept_from(of, run, func)
        {
            return Answer::No;
        }
        // Its own code arms what runs again and again, for each instance.
        let is_driven = of == file && self.runs_within_owner(file, func);
        match (made.rate, info.rate) {
            (None | Some(Rate::Once | Rate::Call | Rate::Instance), Some(_)) if is_driven => certainty(info),
            (Some(made), Some(run)) if run > made && run.is_hot() => certainty(info),
            (Some(made), Some(run)) if made.is_hot() && run <= made => Answer::No,
            (None | Some(Rate::Call), Some(run)) if run.is_hot() => Answer::Assumed,
            _ => Answer::Unknown,
        }
    }

    /// Whether a closure, or one around it, leaves the run that made it: returned, stored, given a name others use. What
    /// is only handed to calls ends with them.
    #[must_use]
    pub fn is_kept_from(&self, file: FileId, run: FuncId, func: FuncId) -> bool {
        self.is_kept_within(file, run, func, 4)
    }

    fn is_kept_within(&self, file: FileId, run: FuncId, func: FuncId, fuel: u32) -> bool {
        let Some(fuel) = fuel.checked_sub(1) else { return false };
        let functions = &self.summary(file).functions;
        let mut at = Some(func);
        while let Some(inner) = at.filter(|&inner| inner != run) {
            let row = &functions[inner.index()];
            if row.is_kept || row.class.is_some() || self.runs_by_itself(file, inner) {
                return true;
            }
            at = row.parent;
        }
        // What a kept closure calls can run whenever that does.
        self.callers(file, func).iter().any(|&(of, caller)| {
            of == file
                && caller != run
                && self.is_within(file, caller, run)
                && self.is_kept_within(file, run, caller, fuel)
        })
    }

    fn runs_within_owner(&self, file: FileId, func: FuncId) -> bool {
        let functions = &self.summary(file).functions;
        std::iter::successors(Some(func), |&at| functions[at.index()].parent)
            .any(|at| self.runs_by_itself(file, at))
    }

    /// Whether something else than a call of the project's own runs a function: an event, a timer, a framework.
    #[must_use]
    pub fn is_begun_by_others(&self, file: FileId, func: FuncId) -> bool {
        self.rates.entry(file, func).is_some()
    }

    /// Whether a closure is the handler of a server, a socket's peer or an interval, which run it long after the code
    /// that armed them has returned. The events of a stream are not among them: they end with what one call reads.
    #[must_use]
    pub fn runs_by_itself(&self, file: FileId, func: FuncId) -> bool {
        matches!(self.rates.entry(file, func), Some(Rate::Job | Rate::Connection | Rate::Request))
    }

    /// Whether a closure is a handler of messages, or stands in one. Other events may come once only.
    fn hears_messages(&self, file: FileId, func: FuncId) -> bool {
        let functions = &self.summary(file).functions;
        std::iter::successors(Some(func), |&at| functions[at.index()].parent)
            .any(|at| matches!(self.rates.entry(file, at), Some(Rate::Message | Rate::Subscription)))
    }

    /// Whether a function runs once for each instance: constructors, and what only they call.
    #[must_use]
    pub fn is_part_of_making(&self, of: FileId, owner: Owner, file: FileId, func: FuncId) -> bool {
        match owner {
            Owner::Run(run) => (of, run) == (file, func),
            Owner::Class(class) => {
                let summary = self.summary(of);
                let constructors = &summary.classes[class.index()].constructors;
                let within = of == file
                    && constructors.iter().any(|&made| {
                        let runs_later = || {
                            self.is_kept_from(of, made, func)
                                || self.rates.is_taken(of, func)
                                || self.hears_messages(of, func)
                        };
                        made == func || self.is_within(of, func, made) && !runs_later()
                    });
                within || self.only_called_while_making(of, class, file, func, 4)
            }
        }
    }

    /// Whether a function is another, or stands in it.
    #[must_use]
    pub fn is_within(&self, file: FileId, inner: FuncId, outer: FuncId) -> bool {
        let functions = &self.summary(file).functions;
        std::iter::successors(Some(inner), |&at| functions[at.index()].parent).any(|at| at == outer)
    }

    fn only_called_while_making(
        &self,
        of: FileId,
        class: ClassId,
        file: FileId,
        func: FuncId,
        fuel: u32,
    ) -> bool {
        let Some(fuel) = fuel.checked_sub(1) else { return false };
        // `scheduler.every(service.flush.bind(service))`: whoever takes the method runs it later.
        let name = self.symbol_of(file, self.summary(file).functions[func.index()].name);
        // Putting it on a prototype, `X.prototype.reset = function () {}`, takes it from nobody.
        let is_put = |what: &What| matches!(what, What::Assigned | What::Collection(Op::Reset));
        let is_taken = self.has_possible_use(name, |found| !is_put(&found.row.what))
            || is_telling(self.text(name)) && self.rates.is_called_loosely(name);
        let runs_later = self.runs_by_itself(file, func) || self.hears_messages(file, func);
        if is_taken || self.rates.is_taken(file, func) || runs_later {
            return false;
        }
        let callers = self.callers(file, func);
        !callers.is_empty()
            && callers.iter().all(|&(caller_file, caller)| {
                let constructors = &self.summary(of).classes[class.index()].constructors;
                caller_file == of && constructors.contains(&caller)
                    || self.only_called_while_making(of, class, caller_file, caller, fuel)
            })
    }

    /// Whether a global type is an instance of the project's own classes.
    #[must_use]
    pub fn is_own_instance(&self, ty: GlobalTy) -> bool {
        matches!(ty, GlobalTy::Instance(..))
    }
}

/// Whether a name is hardly given twice in one project: `fetchActiveTokens`, not `run`.
fn is_telling(name: &str) -> bool {
    name.trim_matches('_').chars().any(|c| c == '_' || c.is_uppercase())
}

fn certainty(info: RateInfo) -> Answer {
    if info.certain { Answer::Yes } else { Answer::Assumed }
}

/// Whether a function is known to run again and again while the process lives.
fn repeats(info: RateInfo) -> Answer {
    match info.rate {
        None => Answer::Unknown,
        Some(rate) if rate <= Rate::Once => Answer::No,
        Some(Rate::Call) => Answer::Assumed,
        Some(_) => certainty(info),
    }
}
