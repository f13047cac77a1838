//! What a rule is.

use crate::claim::{Body, Claim, LeftClaim, RuleId};
use crate::finding::{Finding, Severity};
use crate::memo::Memos;
use crate::pairs::Pairs;
use crate::trace::{Dropped, Trace};
use outlive_semantic::access::Accesses;
use outlive_semantic::groups::Groups;
use outlive_semantic::growth::{CollectionOp, Op};
use outlive_semantic::handle::{self, Handle, ReleasePatterns};
use outlive_semantic::index::{ClassId, FuncId, NodeId};
use outlive_semantic::listeners::{Registration, Removal};
use outlive_semantic::model::Model;
use outlive_semantic::place::Place;
use outlive_semantic::project::{FileId, Project};
use outlive_semantic::shut::Shut;
use outlive_semantic::summary::{NameMap, Role, TargetRow};
use outlive_semantic::tree::Span;
use rustc_hash::FxHashMap;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// What a rule is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Category {
    /// A collection that only grows.
    Growth,
    /// Acquired, not released.
    Lifecycle,
    /// Kept by a closure or a bigger neighbour.
    Retention,
    /// Writes that nobody slows down.
    Backpressure,
    /// Allocation in the hot path.
    Churn,
}

impl Category {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Growth => "growth",
            Self::Lifecycle => "lifecycle",
            Self::Retention => "retention",
            Self::Backpressure => "backpressure",
            Self::Churn => "churn",
        }
    }
}

/// What everyone may know about a rule without running it.
pub struct Meta {
    /// Its id, for ever.
    pub id: &'static str,
    /// One sentence without a full stop: what it flags.
    pub summary: &'static str,
    /// What it is about.
    pub category: Category,
    /// How bad a true finding is.
    pub severity: Severity,
    /// The version of outlive that had it first.
    pub since: &'static str,
    /// Its page, in Markdown.
    pub page: &'static str,
}

/// What was answered once.
type Kept<K, V> = RefCell<FxHashMap<K, V>>;

/// One file under analysis.
pub struct FileView<'v, 'a> {
    /// The questions to ask.
    pub model: &'v Model<'a>,
    /// Every use of every access path.
    pub accesses: &'v Accesses,
    /// Everything done to collections.
    pub ops: &'v [CollectionOp],
    /// The positions of these by the collection and what is done to it.
    pub(crate) ops_by_holder: OnceCell<Groups<(&'v Place, Op)>>,
    /// Every call and construction that can be reached, in source order.
    pub calls: &'v [NodeId],
    /// Every listener that is added.
    pub registrations: &'v [Registration],
    /// Every removal of a listener.
    pub removals: &'v [Removal],
    /// Which of these may be for each other.
    pub(crate) pairs: OnceCell<Pairs>,
    /// The methods that end instances, by class: asked for each thing that is acquired.
    pub(crate) end_methods: RefCell<FxHashMap<ClassId, Option<(&'v str, FuncId)>>>,
    /// What gives back things of which nobody in the file knows more.
    pub(crate) any_release: RefCell<FxHashMap<&'static str, Arc<ReleasePatterns>>>,
    /// The first call of a method whose result its function gives back, by the method.
    pub(crate) given_back: RefCell<FxHashMap<&'a str, Option<NodeId>>>,
    /// Which event alone takes entries out of a collection: each place where it grows asks.
    pub(crate) taken_out_on: RefCell<FxHashMap<Place, Option<(&'v str, NodeId)>>>,
    /// Whether a list of disposers is only ever added to: each listener whose disposer is put there asks.
    pub(crate) only_added_to: RefCell<FxHashMap<Place, bool>>,
    /// The flags that are never set, although it looks as if they were.
    pub(crate) shut: OnceCell<Shut>,
    /// Whether rows say that the last call may acquire something: the rules ask one after the other.
    pub(crate) acquiring: Cell<Option<(NodeId, bool)>>,
    /// What code of the project the last call runs, if any: the rules ask one after the other.
    pub(crate) own_callee: Cell<Option<(NodeId, Option<TargetRow>)>>,
    /// Where what the last call gave was followed to: the rules ask one after the other.
    pub(crate) followed: RefCell<Option<(NodeId, Rc<Handle>)>>,
    /// What the last call leaves behind that is handed a function: the rules ask one after the other.
    pub(crate) left: RefCell<Option<(NodeId, Option<LeftClaim>)>>,
    /// The methods that end something, of all that the file calls: each instance that stands in a collection asks.
    pub(crate) ends_called: OnceCell<Vec<&'v str>>,
    /// Whether instances of a class tell others of themselves: each thing that one holds asks.
    pub(crate) hands_itself_on: RefCell<FxHashMap<ClassId, bool>>,
    /// The positions of growths by the function that they stand in: each listener asks.
    pub(crate) growths_by_func: OnceCell<Groups<FuncId>>,
    /// The positions of the removals from a target in functions that end what one function begins: each listener that it
    /// adds there asks.
    pub(crate) partings: Kept<(FuncId, Place), Rc<[usize]>>,
    /// The fields that methods set to `true`: each listener that they take away asks.
    pub(crate) flags: Kept<(ClassId, FuncId), Rc<[Place]>>,
    /// What single rules have asked and will ask again.
    pub(crate) memos: Memos,
    /// The part the file plays.
    pub role: Role,
    /// Where dropped candidates are noted.
    pub trace: &'v Trace,
}

impl<'v> FileView<'v, '_> {
    /// The name of the flag behind which a node stands, if nothing ever sets that.
    pub(crate) fn shut_behind(&self, node: NodeId) -> Option<&'v str> {
        let flag = self.shut.get_or_init(|| Shut::of(self.model)).around(self.model, node)?;
        Some(self.model.file.tree.text(self.model.file.binding(flag).name))
    }

    /// What gives back anything that a rule speaks of, for what nobody knows more about.
    pub(crate) fn any_release(&self, rule: &'static Meta) -> Arc<ReleasePatterns> {
        self.releases_by(rule.id, || {
            let methods = self.model.catalog.releases_of(rule.id).to_vec();
            let functions = self.model.catalog.release_functions_of(rule.id).to_vec();
            ReleasePatterns { methods, functions, called: true, iterated: true, ..ReleasePatterns::default() }
        })
    }

    /// Patterns that are many, and depend on rows alone: made once.
    pub(crate) fn releases_by(
        &self,
        key: &'static str,
        make: impl FnOnce() -> ReleasePatterns,
    ) -> Arc<ReleasePatterns> {
        let mut known = self.any_release.borrow_mut();
        Arc::clone(known.entry(key).or_insert_with(|| self.model.catalog.patterns(key, make)))
    }

    /// Whether a row says of a call, or of a method of its name, that it acquires something.
    pub(crate) fn may_acquire(&self, call: NodeId) -> bool {
        if let Some((of, known)) = self.acquiring.get()
            && of == call
        {
            return known;
        }
        let model = self.model;
        let method = model.file.tree.method_call(call).map(|(_, method)| method);
        let known = method.is_some_and(|method| model.catalog.acquired_by_method(method).next().is_some())
            || model.rows(call).iter().any(|row| row.acquires.is_some());
        self.acquiring.set(Some((call, known)));
        known
    }

    /// Where what a call gives goes.
    pub(crate) fn follow(&self, call: NodeId) -> Rc<Handle> {
        if let Some((of, known)) = &*self.followed.borrow()
            && *of == call
        {
            return Rc::clone(known);
        }
        let found = Rc::new(handle::follow(self.model, self.accesses, call));
        *self.followed.borrow_mut() = Some((call, Rc::clone(&found)));
        found
    }

    /// The registration that a call makes.
    pub(crate) fn registration(&self, call: NodeId) -> Option<&Registration> {
        self.registrations.get(self.position(call)?)
    }

    /// The position of the registration that a call makes. They stand in the order of their calls.
    pub(crate) fn position(&self, call: NodeId) -> Option<usize> {
        self.registrations.binary_search_by_key(&call, |registration| registration.call).ok()
    }

    /// Which removals may be for which registrations.
    pub(crate) fn pairs(&self) -> &Pairs {
        self.pairs.get_or_init(|| Pairs::of(self.model, self.registrations, self.removals))
    }

    /// The removals whose function may be the one that is added, in their order.
    pub(crate) fn removals_for(&self, registration: &Registration) -> impl Iterator<Item = &Removal> {
        let of = self.position(registration.call).filter(|_| !self.removals.is_empty());
        let next = move |start: usize| self.pairs().next_removal(of?, start);
        let positions = std::iter::successors(next(0), move |&at| next(at + 1));
        positions.filter_map(|at| self.removals.get(at))
    }

    /// The registrations whose function may be the one that is removed, in their order.
    pub(crate) fn registrations_for(&self, removal: usize) -> impl Iterator<Item = &Registration> {
        let next = move |start: usize| self.pairs().next_registration(removal, start);
        let positions = std::iter::successors(next(0), move |&at| next(at + 1));
        positions.filter_map(|at| self.registrations.get(at))
    }

    /// Where this is done to one collection, in the order of [`FileView::ops`].
    pub(crate) fn ops_on<'s>(&'s self, holder: &'s Place, op: Op) -> impl Iterator<Item = &'s CollectionOp> {
        let index = self
            .ops_by_holder
            .get_or_init(|| Groups::of(self.ops.iter().map(|op| Some((&op.holder, op.op)))));
        index.get(&(holder, op)).iter().filter_map(|&at| self.ops.get(at as usize))
    }

    /// The positions of the removals from a target in functions that end what a function begins, found once.
    pub(crate) fn partings_of(
        &self,
        (begins, target): (FuncId, &Place),
        find: impl FnOnce() -> Rc<[usize]>,
    ) -> Rc<[usize]> {
        Rc::clone(self.partings.borrow_mut().entry((begins, target.clone())).or_insert_with(find))
    }

    /// The fields of instances that a method sets to `true`, found once.
    pub(crate) fn flags_of(
        &self,
        method: (ClassId, FuncId),
        find: impl FnOnce() -> Rc<[Place]>,
    ) -> Rc<[Place]> {
        Rc::clone(self.flags.borrow_mut().entry(method).or_insert_with(find))
    }

    /// Where collections grow in one function, in the order of [`FileView::ops`].
    pub(crate) fn growths_in(&self, func: FuncId) -> impl Iterator<Item = &CollectionOp> {
        let grows = |op: &CollectionOp| matches!(op.op, Op::Grow(_)).then_some(op.func);
        let index = self.growths_by_func.get_or_init(|| Groups::of(self.ops.iter().map(grows)));
        index.get(&func).iter().filter_map(|&at| self.ops.get(at as usize))
    }

    /// Notes why a candidate at a node was dropped, and drops it.
    pub fn drop<T>(&self, rule: &'static Meta, at: NodeId, reason: impl FnOnce() -> String) -> Option<T> {
        self.trace.dropped(rule.id, None, self.model.file.site(at), reason);
        None
    }

    /// The same, where the reason is another node of the file.
    pub fn drop_for<T>(&self, rule: &'static Meta, at: NodeId, seen: NodeId, reason: &str) -> Option<T> {
        let file = self.model.file;
        self.trace.note(|| Dropped {
            rule: rule.id,
            file: None,
            span: file.site(at),
            reason: reason.to_owned(),
            seen: Some((None, file.tree.span(seen))),
        });
        None
    }
}

/// The linked project under judgement.
pub struct ProjectView<'v, 'c> {
    /// The questions to ask.
    pub project: &'v Project<'c>,
    /// Where dropped candidates are noted.
    pub trace: &'v Trace,
    /// Which classes have a method that ends their instances: asked for each thing that instances hold.
    pub(crate) ends: RefCell<FxHashMap<(FileId, ClassId), bool>>,
}

impl<'v, 'c> ProjectView<'v, 'c> {
    /// The view of one rule.
    #[must_use]
    pub fn new(project: &'v Project<'c>, trace: &'v Trace) -> Self {
        Self { project, trace, ends: RefCell::default() }
    }

    /// Notes why a claim was dropped, and drops it.
    pub fn drop<T>(&self, file: FileId, claim: &Claim, reason: impl FnOnce() -> String) -> Option<T> {
        self.trace.dropped(claim.rule, Some(file), claim.at, reason);
        None
    }
}

/// Where a visitor leaves what it found.
pub struct Claims<'n> {
    /// The names that places in claims refer to; they end up in the file's summary.
    pub names: &'n mut NameMap,
    /// The claims.
    pub list: Vec<Claim>,
}

impl Claims<'_> {
    /// Adds what a rule claims about some code of a function.
    pub(crate) fn add(&mut self, rule: RuleId, func: FuncId, at: Span, body: impl Into<Body>) {
        self.list.push(Claim { rule, func, at, body: body.into() });
    }
}

/// A rule: a visitor over each file, and a judgement over the linked project.
///
/// All rules share one pass over a file. A visitor emits claims with open conjuncts: how often the function runs, how
/// long the holder lives, whether another file releases. `settle` closes them.
pub trait Rule: Sync {
    /// What everyone may know.
    fn meta(&self) -> &'static Meta;

    /// A call or `new` in the file.
    fn call(&self, _file: &FileView<'_, '_>, _call: NodeId, _claims: &mut Claims<'_>) {}

    /// Something done to a collection.
    fn collection(&self, _file: &FileView<'_, '_>, _op: &CollectionOp, _claims: &mut Claims<'_>) {}

    /// A function of the file.
    fn function(&self, _file: &FileView<'_, '_>, _func: FuncId, _claims: &mut Claims<'_>) {}

    /// An object, array or other literal.
    fn literal(&self, _file: &FileView<'_, '_>, _node: NodeId, _claims: &mut Claims<'_>) {}

    /// The file as a whole, after everything else.
    fn file(&self, _file: &FileView<'_, '_>, _claims: &mut Claims<'_>) {}

    /// Turns claims into findings, with the whole project in sight.
    fn settle(&self, claims: &[(FileId, &Claim)], view: &ProjectView<'_, '_>) -> Vec<Finding>;
}
