//! Releases that look as if they took an entry out and leave it: under another key, at another site, for an answer only.

use crate::acquire;
use crate::claim::{Missed, Why};
use crate::ending;
use crate::rule::FileView;
use outlive_semantic::access::{Access, Usage};
use outlive_semantic::calls::{self, Target};
use outlive_semantic::flow::{Edge, Flow};
use outlive_semantic::growth::{CollectionOp, Growth, Keys, Op, key_kind};
use outlive_semantic::guard;
use outlive_semantic::identity::Identity;
use outlive_semantic::index::{BindingId, FuncId, NodeId};
use outlive_semantic::listeners::Registration;
use outlive_semantic::model::Model;
use outlive_semantic::pending::is_executor;
use outlive_semantic::place::{Place, Root, Step};
use outlive_semantic::rate::Life;
use outlive_semantic::tables::BindingKind;
use outlive_semantic::tree::{Kind, Span};
use rustc_hash::FxHashSet;

/// Events that a connection has when it ends, or that its end brings with it.
const ENDS: &[&str] = &[
    "close",
    "disconnect",
    "disconnecting",
    "end",
    "finish",
    "error",
    "exit",
    "closed",
    "timeout",
    "aborted",
];

/// How many calls deep a callback is followed to a release.
const DEPTH: u32 = 4;

/// The releases of a collection, all of which leave what this operation adds; none if one of them may take it out.
pub(super) fn missed(file: &FileView<'_, '_>, op: &CollectionOp) -> Option<Missed> {
    let is_entry = matches!(op.op, Op::Grow(Growth::Set | Growth::Key | Growth::Add));
    if !is_entry || op.func.index() == 0 {
        return None;
    }
    let releases: Vec<&CollectionOp> = file.ops_on(&op.holder, Op::Release).collect();
    if releases.is_empty() {
        return None;
    }
    let site = Site { file, model: file.model, op, releases: &releases };
    let (why, at) = None
        .or_else(|| site.other_key().map(|at| (Why::OtherKey, at)))
        .or_else(|| site.other_field().map(|at| (Why::OtherKey, at)))
        .or_else(|| site.gave_up().map(|at| (Why::GaveUp, at)))
        .or_else(|| site.refused().map(|at| (Why::GaveUp, at)))
        .or_else(|| site.cancelled().map(|at| (Why::GaveUp, at)))
        .or_else(|| site.raced().map(|at| (Why::GaveUp, at)))
        .or_else(|| site.only_asked().map(|at| (Why::Ended, at)))
        .or_else(|| site.only_failures().map(|at| (Why::Succeeded, at)))
        .or_else(|| site.fired().map(|at| (Why::Fired, at)))
        .or_else(|| site.disarmed().map(|at| (Why::Disarmed, at)))
        .or_else(|| site.ended().map(|at| (Why::Ended, at)))
        .or_else(|| site.other_site().map(|at| (Why::OtherSite, at)))?;
    let span = |node: NodeId| file.model.file.tree.span(node);
    let releases = releases.iter().map(|release| span(release.node)).collect::<Vec<Span>>();
    Some(Missed { why, at: span(at), releases, ending: None })
}

/// One place that adds, and everything in the file that takes out.
pub(super) struct Site<'s, 'v, 'a> {
    pub(super) file: &'s FileView<'v, 'a>,
    pub(super) model: &'s Model<'a>,
    pub(super) op: &'s CollectionOp,
    pub(super) releases: &'s [&'s CollectionOp],
}

impl Site<'_, '_, '_> {
    /// `const entry = table.get(message.replyTo); if (entry) table.delete(message.id)`: found under one field of a thing,
    /// deleted under another.
    fn other_key(&self) -> Option<NodeId> {
        self.releases.iter().all(|release| self.is_other_key(release)).then(|| self.releases[0].node)
    }

    fn is_other_key(&self, release: &CollectionOp) -> bool {
        let Some(deleted) = release.key.map(|key| self.model.file.place(key)) else { return false };
        let fills = self.file.ops.iter().any(|other| {
            matches!(other.op, Op::Grow(_)) && other.holder == self.op.holder && other.func == release.func
        });
        let found = self.looked_up_in(release.func);
        !fills && !found.contains(&deleted) && found.iter().any(|key| is_sibling(key, &deleted))
    }

    /// `table[this.id] = this`, `delete table[this.name]`: an instance puts itself in under one of its fields and takes
    /// itself out under another.
    fn other_field(&self) -> Option<NodeId> {
        let key = self.model.file.place(self.op.key?);
        let Root::This(class) = key.root else { return None };
        let is_other = |release: &&CollectionOp| {
            let deleted = release.key.map(|key| self.model.file.place(key));
            deleted.is_some_and(|deleted| deleted.root == Root::This(class) && is_sibling(&key, &deleted))
        };
        // `entries[this.tail++] = x`, `delete entries[this.head++]`: a queue, whose counters meet.
        let is_moved = |access: &Access| matches!(access.usage, Usage::Updated(_));
        let counts = self.file.accesses.of(&key).any(is_moved);
        (!counts && self.releases.iter().all(is_other)).then(|| self.releases[0].node)
    }

    /// The keys under which a function reads the collection.
    fn looked_up_in(&self, func: FuncId) -> Vec<Place> {
        let by_method = self.file.ops.iter().filter(|other| {
            let is_here = other.holder == self.op.holder && other.func == func;
            other.op == Op::Lookup && is_here
        });
        let mut keys: Vec<Place> =
            by_method.filter_map(|other| other.key).map(|key| self.model.file.place(key)).collect();
        if let Some(element) = self.op.holder.clone().with(Step::Element) {
            let by_index = self.file.accesses.below(&element).filter(|access| access.func == func);
            let subscripts = by_index.filter_map(|access| subscript(self.model, access.node));
            keys.extend(
                subscripts.filter(|&key| !is_deleted(self.model, key)).map(|key| self.model.file.place(key)),
            );
        }
        keys
    }

    /// `setTimeout(() => reject(new Error('timeout')))` beside an entry that holds `reject`: only an answer takes it out.
    fn gave_up(&self) -> Option<NodeId> {
        let outer = self.call_around();
        if self.releases.iter().any(|release| self.runs_with(release.func, outer)) {
            return None;
        }
        let tree = &self.model.file.tree;
        let node = self.model.file.function(outer).node;
        tree.subtree(node).find(|&call| {
            let give_up = gives_up_with(self.model, call);
            give_up
                .is_some_and(|callback| self.tells_of_failure(callback, outer) && !self.may_release(callback))
        })
    }

    /// `Promise.race([new Promise((resolve) => table.set(id, resolve)), timeout])`: who waits goes on when the other one
    /// settles first, and only an answer takes the entry out.
    fn raced(&self) -> Option<NodeId> {
        let (file, tree) = (&self.model.file, &self.model.file.tree);
        let outer = self.call_around();
        let executor = settled_by(self.model, self.op)?;
        let (promise, _) = tree.argument_of(file.function(executor).node)?;
        if self.releases.iter().any(|release| self.runs_with(release.func, outer)) {
            return None;
        }
        let is_it = |node: NodeId| node == promise || file.value_of(node) == Some(promise);
        tree.subtree(file.function(outer).node).find(|&call| {
            let raced = races(self.model, call);
            raced.is_some_and(|raced| tree.children(raced).any(is_it))
        })
    }

    /// Every release stands in what runs only when something fails, `socket.on('error', …)`, `.catch(…)`: what goes well
    /// stays.
    fn only_failures(&self) -> Option<NodeId> {
        let is_failure = |release: &&CollectionOp| {
            let mut around = self.model.file.enclosing(release.func).take_while(|func| func.index() != 0);
            around.any(|func| runs_on_failure_only(self.model, func))
        };
        self.releases.iter().all(is_failure).then(|| self.releases[0].node)
    }

    /// `if (message.error) { entry.reject(message.error); return; } table.delete(message.id);`: one of the answers leaves
    /// before the entry is taken out.
    fn refused(&self) -> Option<NodeId> {
        let tree = &self.model.file.tree;
        let func = self.releases[0].func;
        let is_here = self.releases.iter().all(|release| release.func == func && release.key.is_some());
        if !is_here || func == self.op.func || func.index() == 0 {
            return None;
        }
        let flow = Flow::of(self.model, func)?;
        let stops: FxHashSet<NodeId> = self.releases.iter().map(|release| release.node).collect();
        let is_before = |call: NodeId| {
            self.releases.iter().any(|release| {
                let block = tree.ancestors(release.node).find(|&node| tree.kind(node) == Kind::Block);
                release.node < call && block.is_some_and(|block| tree.contains(block, call))
            })
        };
        let goes_well = |edge| !matches!(edge, Edge::Throw | Edge::MayThrow);
        let element = self.op.holder.clone().with(Step::Element)?;
        let mut settles = self.file.accesses.below(&element).filter(|access| access.func == func);
        settles.find_map(|access| {
            let (Usage::Called(call) | Usage::Method { call, .. }) = access.usage else { return None };
            let fails = self.model.callee_name(tree.callee(call)?) == Some("reject");
            let start = flow.points(call).first().copied().filter(|_| fails && !is_before(call))?;
            flow.escape(start, &stops, &goes_well).map(|_| call)
        })
    }

    /// `cancel(id) { waiting.get(id).reject(new Error('cancelled')); }` beside an answer that takes the entry out: who gives up
    /// what waits under a key leaves it.
    fn cancelled(&self) -> Option<NodeId> {
        let element = self.op.holder.clone().with(Step::Element)?;
        let mut settles = self.file.accesses.below(&element);
        settles.find_map(|access| {
            let (Usage::Called(call) | Usage::Method { call, .. }) = access.usage else { return None };
            let fails = self.model.callee_name(self.model.file.tree.callee(call)?) == Some("reject");
            (fails && self.leaves_what_it_looks_up(access.func)).then_some(call)
        })
    }

    /// Whether a function looks up an entry by its key, and neither it nor who calls it takes anything out.
    fn leaves_what_it_looks_up(&self, func: FuncId) -> bool {
        let (file, tree) = (&self.model.file, &self.model.file.tree);
        let outer = self.call_around();
        let is_other = func.index() != 0 && !file.is_within(func, outer) && !file.is_within(outer, func);
        let is_keyed = |release: &&CollectionOp| release.key.is_some();
        let releases = |func: FuncId| self.releases.iter().any(|release| file.is_within(release.func, func));
        is_other
            && self.releases.iter().any(is_keyed)
            && !self.looked_up_in(func).is_empty()
            && !self.may_release(func)
            && !self.model.calls_of(func).iter().any(|&call| releases(tree.func(call)))
    }

    /// `socket.on('logout', () => { delete users[socket.id] })`: an entry of a connection that goes when the other side asks
    /// for it, and not when the connection ends.
    fn only_asked(&self) -> Option<NodeId> {
        let file = &self.model.file;
        let entry = [self.op.key, self.op.value];
        let of = |registration: &Registration| {
            let Root::Binding(connection) = registration.place.root else { return false };
            let lives = self
                .model
                .model_of(self.model.place_ty(&registration.place))
                .and_then(|of| self.model.catalog.model(of).life);
            let mut parts = entry.iter().flatten().flat_map(|&part| file.tree.subtree(part));
            let is_its_own = parts.any(|node| file.binding_of(node) == Some(connection));
            is_its_own
                && lives == Some(Life::Connection)
                && file.is_within(self.op.func, file.binding(connection).func)
        };
        let is_asked = |release: &&CollectionOp| {
            let around = self.file.registrations.iter().filter_map(|registration| {
                let listener = self.model.function_of(registration.listener)?;
                file.is_within(release.func, listener).then_some((listener, registration))
            });
            let innermost = around.max_by_key(|(listener, _)| *listener);
            innermost.is_some_and(|(_, registration)| {
                let is_end = match &registration.event {
                    Identity::Constant(event) => ENDS.contains(&event.as_str()),
                    _ => true,
                };
                !is_end && of(registration)
            })
        };
        self.releases.iter().all(is_asked).then(|| self.releases[0].node)
    }

    /// The function whose one run the entry belongs to: the executor of a promise runs with the function around it.
    fn call_around(&self) -> FuncId {
        call_around(self.model, self.op.func)
    }

    /// Whether a function is part of a call of another, or makes such a call itself and so may clean up after it.
    fn runs_with(&self, func: FuncId, outer: FuncId) -> bool {
        let file = &self.model.file;
        file.is_within(func, outer)
            || self.model.calls_of(outer).iter().any(|&call| file.is_within(file.tree.func(call), func))
    }

    /// Whether a callback calls what the entry holds: a parameter of the same call.
    fn tells_of_failure(&self, callback: FuncId, outer: FuncId) -> bool {
        let (file, tree) = (&self.model.file, &self.model.file.tree);
        let Some(value) = self.op.value else { return false };
        let value = file.value_of(value).unwrap_or(value);
        let held = |binding: BindingId| {
            let owner = file.binding(binding).func;
            // What a function that is itself the entry is told each time is no part of the call that puts it in.
            let is_of_value =
                !is_executor(self.model, owner) && tree.contains(value, file.function(owner).node);
            let is_its_own = file.is_within(owner, outer) && !is_of_value;
            let mut inside = tree.subtree(value).filter_map(|node| file.binding_of(node));
            // Who holds `resolve` waits for the promise that `reject` gives up.
            let is_held = inside.any(|held| {
                let is_other_half = || {
                    let row = file.binding(held);
                    row.kind == BindingKind::Param && row.func == owner && is_executor(self.model, owner)
                };
                held == binding || is_other_half()
            });
            file.binding(binding).kind == BindingKind::Param && is_its_own && is_held
        };
        self.callees(callback).any(|callee| {
            file.binding_of(callee).is_some_and(held) || self.settles_for_entry(callee, value, outer)
        })
    }

    /// What the calls within a function call.
    fn callees(&self, func: FuncId) -> impl Iterator<Item = NodeId> {
        let tree = &self.model.file.tree;
        let within = tree.subtree(self.model.file.function(func).node);
        within.filter_map(|node| (tree.kind(node) == Kind::Call).then(|| tree.callee(node)).flatten())
    }

    /// Whether a callee is a function of one call that the entry holds, and that settles the promise for it: `function
    /// done(error, answer) { … }` of `table.set(id, { done })`.
    fn settles_for_entry(&self, callee: NodeId, value: NodeId, outer: FuncId) -> bool {
        let (file, tree) = (&self.model.file, &self.model.file.tree);
        let Some(func) = self.model.function_of(callee).filter(|&func| file.is_within(func, outer)) else {
            return false;
        };
        let is_settler = |callee: NodeId| {
            file.binding_of(callee).is_some_and(|binding| {
                let row = file.binding(binding);
                row.kind == BindingKind::Param
                    && file.is_within(row.func, outer)
                    && is_executor(self.model, row.func)
            })
        };
        tree.subtree(value).any(|node| self.model.function_of(node) == Some(func))
            && self.callees(func).any(is_settler)
    }

    /// Whether what a callback calls may lead to a release: a function of the file that releases, or one out of sight
    /// that is told the key.
    pub(super) fn may_release(&self, callback: FuncId) -> bool {
        self.leads_to_release(callback, DEPTH)
    }

    fn leads_to_release(&self, func: FuncId, fuel: u32) -> bool {
        let Some(fuel) = fuel.checked_sub(1) else { return true };
        let (file, tree) = (&self.model.file, &self.model.file.tree);
        if self.releases.iter().any(|release| file.is_within(release.func, func)) {
            return true;
        }
        let is_own =
            |call: NodeId| self.file.ops.iter().any(|op| op.node == call && op.holder == self.op.holder);
        let is_key = |arg: NodeId| self.op.key.is_some_and(|key| file.place(key) == file.place(arg));
        tree.subtree(file.function(func).node).filter(|&node| tree.is_call(node) && !is_own(node)).any(
            |call| match tree.callee(call).and_then(|callee| calls::callee_target(self.model, call, callee)) {
                Some(Target::Function(next)) if next == func => false,
                Some(Target::Function(next)) => self.leads_to_release(next, fuel),
                _ => tree.args(call).any(is_key),
            },
        )
    }

    /// `timers.set(id, setTimeout(…))` whose callback leaves the entry, in a table from which only cancelling takes out.
    fn fired(&self) -> Option<NodeId> {
        let (file, tree) = (&self.model.file, &self.model.file.tree);
        let value = self.op.value?;
        let timer = file.value_of(value).unwrap_or(value);
        if !is_call_of(self.model, timer, &["setTimeout"]) || tree.func(timer) != self.op.func {
            return None;
        }
        let callback = tree.arg(timer, 0).and_then(|arg| self.model.function_of(arg))?;
        let cancels = self.releases.iter().all(|release| self.cancels_beside(release));
        // Under a key that comes again, the next timer takes the place of the last.
        let is_new_each_time = self.op.key.is_some_and(|key| is_counted(self.model, key, DEPTH));
        (is_new_each_time && cancels && !self.may_release(callback)).then_some(timer)
    }

    /// Whether a release stands beside `clearTimeout`, in a function that the growing one does not contain.
    fn cancels_beside(&self, release: &CollectionOp) -> bool {
        let (file, tree) = (&self.model.file, &self.model.file.tree);
        let body = file.function(release.func).node;
        let cancels =
            tree.subtree(body).any(|node| is_call_of(self.model, node, &["clearTimeout", "clearInterval"]));
        cancels && !file.is_within(release.func, self.op.func)
    }

    /// `const timer = setTimeout(() => waiting.delete(id), …); waiting.set(id, (answer) => { clearTimeout(timer); … })`: only a
    /// timeout takes the entry out, and an answer disarms that.
    fn disarmed(&self) -> Option<NodeId> {
        let tree = &self.model.file.tree;
        let outer = self.call_around();
        let node = self.model.file.function(outer).node;
        let timer = tree.subtree(node).find(|&call| self.takes_out_later(call))?;
        let clears =
            |call: &NodeId| self.clears(*call, timer, outer) && self.leaves_after(tree.func(*call), outer);
        self.file.calls.iter().copied().find(clears)
    }

    /// Whether a call arms a timeout, and all releases are its callback's.
    fn takes_out_later(&self, call: NodeId) -> bool {
        let (file, tree) = (&self.model.file, &self.model.file.tree);
        let callback = tree.arg(call, 0).and_then(|arg| self.model.function_of(arg));
        is_call_of(self.model, call, &["setTimeout"])
            && callback.is_some_and(|callback| {
                self.releases.iter().all(|release| file.is_within(release.func, callback))
            })
    }

    /// Whether a call clears a timeout that a variable of the call around holds, or a property of the entry.
    fn clears(&self, call: NodeId, timer: NodeId, outer: FuncId) -> bool {
        let (file, tree) = (&self.model.file, &self.model.file.tree);
        let is_clear = || is_call_of(self.model, call, &["clearTimeout"]);
        let Some(handle) = tree.arg(call, 0).filter(|_| is_clear()) else { return false };
        let is_timer = |node: NodeId| {
            node == timer || file.binding_of(node).is_some_and(|at| file.binding(at).values[..] == [timer])
        };
        let is_of_entry = || {
            let entry = self.op.value.map(|value| file.value_of(value).unwrap_or(value));
            let name = (tree.kind(handle) == Kind::Member).then(|| tree.name(handle)).flatten();
            let kept = entry.zip(name).and_then(|(entry, name)| tree.property(entry, name));
            kept.is_some_and(is_timer) && !self.looked_up_in(tree.func(call)).is_empty()
        };
        file.is_within(tree.func(call), outer) && is_timer(handle) || is_of_entry()
    }

    /// Whether a function is run after the entry was put in, by others than the call that did, and does not take it out.
    fn leaves_after(&self, func: FuncId, outer: FuncId) -> bool {
        let file = &self.model.file;
        let is_executed = call_around(self.model, func) == outer;
        // Who clears the last timeout to put in the next has the next one take the entry out.
        let adds = file.is_within(self.op.func, func);
        !is_executed && !adds && !self.may_release(func)
    }

    /// A table of callbacks that only answers take out, of an object that connects again: what its connection owed when it
    /// ended stays.
    fn ended(&self) -> Option<NodeId> {
        let (file, tree) = (&self.model.file, &self.model.file.tree);
        let Root::This(class) = self.op.holder.root else { return None };
        let holds_callback = self.op.value.and_then(|value| file.binding_of(value)).is_some_and(|binding| {
            file.binding(binding).kind == BindingKind::Param && file.binding(binding).func == self.op.func
        });
        let mut answers = self.releases.iter().filter(|release| self.is_answered_in(release.func)).peekable();
        let only_answers = answers.peek().is_some()
            && self.releases.iter().all(|release| {
                release.key.is_some()
                    && (self.is_answered_in(release.func) || self.is_on_another_way(release))
            });
        if !holds_callback || !only_answers {
            return None;
        }
        let handlers = |events: &'static [&'static str]| {
            file.function_ids().filter(move |&func| {
                ending::class_around(self.model, func) == Some(class)
                    && is_handler_of(self.model, func, events)
            })
        };
        let ends: Vec<FuncId> = handlers(&["close", "disconnect", "end"]).collect();
        let is_cleared = ends.iter().any(|&end| self.touches(end, DEPTH));
        let connects_again = handlers(&["open", "connect"]).next().is_some();
        let end = ends.first().filter(|_| !is_cleared && connects_again)?;
        Some(self.model.handed(*end).first().map_or(file.function(*end).node, |handed| handed.call))
            .filter(|&node| tree.func(node).index() != 0)
    }

    /// Whether a function calls what it finds in the collection.
    fn is_answered_in(&self, func: FuncId) -> bool {
        self.op.holder.clone().with(Step::Element).is_some_and(|element| {
            self.file.accesses.below(&element).any(|access| {
                access.func == func && matches!(access.usage, Usage::Called(_) | Usage::Method { .. })
            })
        })
    }

    /// Whether a release stands in the same function on a way that this entry does not take.
    fn is_on_another_way(&self, release: &CollectionOp) -> bool {
        let (file, tree) = (&self.model.file, &self.model.file.tree);
        let body = file.body(self.op.func);
        let leaves = tree
            .ancestors(self.op.node)
            .take_while(|&at| Some(at) != body)
            .any(|at| guard::always_leaves(self.model, at) && !tree.contains(at, release.node));
        leaves && file.is_within(release.func, self.op.func)
    }

    /// Whether a function, or one of the file that it calls, does anything with the collection. What its closures call is
    /// done later: a new connection answers again.
    fn touches(&self, func: FuncId, fuel: u32) -> bool {
        let Some(fuel) = fuel.checked_sub(1) else { return true };
        let (file, tree) = (&self.model.file, &self.model.file.tree);
        let mut uses = self.file.accesses.below(&self.op.holder);
        uses.any(|access| file.is_within(access.func, func))
            || tree
                .subtree(file.function(func).node)
                .filter(|&node| tree.is_call(node) && tree.func(node) == func)
                .any(|call| {
                    let target =
                        tree.callee(call).and_then(|callee| calls::callee_target(self.model, call, callee));
                    matches!(target, Some(Target::Function(next)) if next != func && self.touches(next, fuel))
                })
    }

    /// `add(user) { table.set(user.id, user); user.once('end', () => table.delete(user.id)) }`: every release is a closure
    /// over what another site has added, and what is new here has none.
    fn other_site(&self) -> Option<NodeId> {
        let file = &self.model.file;
        let value = self.op.value?;
        let made = file.value_of(value).unwrap_or(value);
        if file.tree.kind(made) != Kind::New
            || self.op.key.is_none_or(|key| key_kind(self.model, key) == Keys::Finite)
        {
            return None;
        }
        let is_elsewhere = self.releases.iter().all(|release| {
            self.site_of(release).is_some_and(|site| {
                let calls = self.model.calls_of(site);
                !file.is_within(self.op.func, site)
                    && !file.is_within(site, self.op.func)
                    && !calls.iter().any(|&call| file.is_within(file.tree.func(call), self.op.func))
            })
        });
        is_elsewhere.then(|| self.releases[0].node)
    }

    /// The function around a release that adds the very thing that the release takes out.
    fn site_of(&self, release: &CollectionOp) -> Option<FuncId> {
        let file = &self.model.file;
        let key = release.key.map(|key| file.place(key))?;
        let Root::Binding(binding) = key.root else { return None };
        let owner = file.binding(binding).func;
        let is_closure = owner != release.func && file.is_within(release.func, owner) && owner.index() != 0;
        let adds = self.file.ops.iter().any(|other| {
            let is_key = other.key.is_some_and(|added| file.place(added) == key);
            matches!(other.op, Op::Grow(_)) && other.holder == self.op.holder && other.func == owner && is_key
        });
        (is_closure && adds).then_some(owner)
    }
}

/// The function whose run a function is a part of: the executor of a promise runs with the function around it.
pub(super) fn call_around(model: &Model<'_>, func: FuncId) -> FuncId {
    let mut at = func;
    while let Some(parent) = model.file.function(at).parent.filter(|parent| parent.index() != 0) {
        if !is_executor(model, at) && !model.is_immediately_invoked(at) {
            break;
        }
        at = parent;
    }
    at
}

/// The executor of the promise which an entry can settle: `new Promise((resolve) => table.set(id, resolve))`.
pub(super) fn settled_by(model: &Model<'_>, op: &CollectionOp) -> Option<FuncId> {
    let file = &model.file;
    let executor = file.enclosing(op.func).find(|&func| is_executor(model, func))?;
    let value = op.value?;
    let value = file.value_of(value).unwrap_or(value);
    let settles = file.tree.subtree(value).filter_map(|node| file.binding_of(node)).any(|binding| {
        file.binding(binding).kind == BindingKind::Param && file.binding(binding).func == executor
    });
    settles.then_some(executor)
}

/// The list of promises that a call races.
fn races(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let (object, "race" | "any") = tree.method_call(call)? else { return None };
    let list = tree.arg(call, 0).filter(|&list| tree.kind(list) == Kind::Array)?;
    (model.file.global_of(object) == Some("Promise")).then_some(list)
}

/// Whether a function is only ever run by a failure: the handler of 'error' events, of a rejection.
fn runs_on_failure_only(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let handed = model.handed(func);
    let is_failure = |call: NodeId, arg: usize| match tree.method_call(call) {
        Some((_, "catch")) => arg == 0,
        Some((_, "then")) => arg == 1,
        Some((_, "on" | "once" | "addListener" | "addEventListener")) => {
            tree.arg(call, 0).and_then(|event| tree.string(event)) == Some("error")
        }
        _ => false,
    };
    !handed.is_empty()
        && model.calls_of(func).is_empty()
        && handed.iter().all(|handed| is_failure(handed.call, handed.arg))
}

/// Whether a function is handed to a call together with the name of one of these events.
fn is_handler_of(model: &Model<'_>, func: FuncId, events: &[&str]) -> bool {
    let tree = &model.file.tree;
    model.handed(func).iter().any(|handed| {
        let mut names = tree.args(handed.call).filter_map(|arg| tree.string(arg));
        names.any(|name| events.contains(&name))
    })
}

/// Whether a key is another each time: a number that goes up, a fresh object.
fn is_counted(model: &Model<'_>, key: NodeId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let (file, tree) = (&model.file, &model.file.tree);
    match tree.kind(key) {
        Kind::Update => true,
        Kind::Call => model.rows(key).iter().any(|row| row.fresh),
        Kind::Conditional | Kind::Logical => tree.children(key).any(|part| is_counted(model, part, fuel)),
        Kind::Identifier => {
            let value = file.value_of(key);
            value.is_some_and(|value| is_counted(model, value, fuel))
        }
        _ => matches!(key_kind(model, key), Keys::Fresh | Keys::Number),
    }
}

/// Two fields of one thing.
fn is_sibling(a: &Place, b: &Place) -> bool {
    let is_field = |place: &Place| matches!(place.path.last(), Some(Step::Field(_)));
    is_field(a) && is_field(b) && a != b && a.parent() == b.parent()
}

/// The keys of `table[key]` at or below a node that names an element or a part of it.
fn subscript(model: &Model<'_>, node: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    let element = tree.subtree(node).find(|&at| tree.kind(at) == Kind::Index)?;
    tree.child(element, 1)
}

/// Whether the element under a key is deleted: `delete table[key]`.
fn is_deleted(model: &Model<'_>, key: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.ancestors(key).nth(1).is_some_and(|parent| tree.kind(parent) == Kind::Unary)
}

/// Whether a node calls one of these functions of the platform.
pub(super) fn is_call_of(model: &Model<'_>, node: NodeId, paths: &[&str]) -> bool {
    let tree = &model.file.tree;
    let callee = (tree.kind(node) == Kind::Call).then(|| tree.callee(node)).flatten();
    let path = callee.and_then(|callee| model.api_path(callee));
    path.is_some_and(|path| paths.contains(&&*path))
}

/// The callback of `setTimeout(…)` or of an abort, in which a call gives up.
fn gives_up_with(model: &Model<'_>, call: NodeId) -> Option<FuncId> {
    let tree = &model.file.tree;
    if tree.kind(call) != Kind::Call {
        return None;
    }
    // `socket.send(text, (error) => { if (error) reject(error); })`
    let last = tree.args(call).last().filter(|&last| tree.kind(last) == Kind::Function);
    let told = last.and_then(|last| tree.function(last));
    let listens =
        matches!(tree.method_call(call), Some((_, "on" | "once" | "then" | "catch" | "addListener")));
    if told.is_some_and(|told| !listens && acquire::error_param(model, told).is_some()) {
        return told;
    }
    let by_timer = is_call_of(model, call, &["setTimeout"]);
    let by_abort = matches!(tree.method_call(call), Some((_, "addEventListener" | "once" | "on")))
        && matches!(tree.arg(call, 0).and_then(|event| tree.string(event)), Some("abort" | "timeout"));
    let position = match (by_timer, by_abort) {
        (true, _) => 0,
        (_, true) => 1,
        _ => return None,
    };
    model.function_of(tree.arg(call, position)?)
}
