//! Functions that never run although they look as if they would: misspelt hooks, methods without a caller.

use crate::access::{self, Accesses, Usage};
use crate::calls;
use crate::catalog::{Catalog, Phase};
use crate::guard;
use crate::index::{ClassId, FuncId, NameId, NodeId};
use crate::model::Model;
use crate::place::{Place, Root, Step};
use crate::tables::{BindingKind, ClassKind, ExportTarget, FunctionKind};
use crate::tree::{Kind, Tree};

/// Why a function never runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Dead {
    /// Nothing in the file mentions it, and it is not exported.
    NoCaller,
    /// It is named almost like a hook of its framework.
    Misspelt(String),
    /// It looks like an end of the instance, and the framework never calls it: what is called instead, or why not.
    Uncalled(String),
    /// It is the cleanup that an asynchronous function returns to this hook, which gets a promise instead.
    Promised(String),
    /// It is handed to this hook behind an `await`, when nobody knows any longer for which component.
    Late(String),
}

/// Whether a function can never run; none if it may.
#[must_use]
pub fn dead(model: &Model<'_>, accesses: &Accesses, func: FuncId) -> Option<Dead> {
    let row = model.file.function(func);
    if row.kind == FunctionKind::Module || model.is_immediately_invoked(func) {
        return None;
    }
    match (row.class, row.binding) {
        (Some(class), _) => dead_member(model, accesses, func, class),
        (None, Some(binding)) => {
            let binding_row = model.file.binding(binding);
            // The cheap conditions first: few functions get to the last.
            let is_declaration = binding_row.kind == BindingKind::Function && binding_row.node == row.node;
            if !is_declaration {
                return None;
            }
            let is_named_expression = row.kind == FunctionKind::Function
                && model.file.tree.parent(row.node).is_some_and(|p| {
                    !matches!(model.file.tree.kind(p), Kind::Block | Kind::Program | Kind::Export)
                });
            let is_used = || {
                binding_row.references.iter().any(|reference| {
                    let node = model.file.references[reference.index()].node;
                    !model.file.is_within(model.file.tree.func(node), func)
                })
            };
            let is_exported = || {
                let by_value = ExportTarget::Value(row.node);
                model.file.is_exported(binding)
                    || model.file.exports.iter().any(|export| export.target == by_value)
            };
            // A script's functions are global; a CommonJS module gives itself away by the words it uses.
            let is_commonjs = || {
                ["require", "module", "exports"]
                    .iter()
                    .any(|name| model.file.tree.names().find(name).is_some())
            };
            let is_global = || binding_row.func.index() == 0 && !model.file.is_module && !is_commonjs();
            let may_run = is_named_expression || is_used() || is_exported() || is_global();
            (!may_run).then_some(Dead::NoCaller)
        }
        (None, None) => {
            let late = || calls::late_hook(model, func).map(|hook| Dead::Late(hook.to_owned()));
            promised_to(model, func).map(Dead::Promised).or_else(late)
        }
    }
}

/// The hook to which an asynchronous function returns a function: `onMount(async () => { …; return () => stop(); })`.
fn promised_to(model: &Model<'_>, func: FuncId) -> Option<String> {
    let row = model.file.function(func);
    let around = row.parent.filter(|&around| model.file.function(around).is_async)?;
    let is_returned = matches!(access::usage(model.file, row.node), Usage::Returned(_));
    let [handed] = model.handed(around) else { return None };
    let hook = model.file.tree.callee(handed.call).and_then(|callee| model.callee_name(callee))?;
    let cleans_up = model.catalog.calls_named(hook).any(|row| row.cleans_up);
    (is_returned && handed.arg == 0 && cleans_up).then(|| hook.to_owned())
}

fn dead_member(model: &Model<'_>, accesses: &Accesses, func: FuncId, class: ClassId) -> Option<Dead> {
    let member = model.file.class(class).members.iter().find(|member| member.func == Some(func))?;
    let name = member.name?;
    let text = model.file.tree.text(name);
    // Most members may run whoever mentions them, so nobody needs to be looked for.
    let dead = match (calls::uncalled(model, class, text), nearly(model.catalog, text)) {
        (Some(why), _) => Dead::Uncalled(why.to_owned()),
        (None, Some(hook)) => Dead::Misspelt(hook.to_owned()),
        (None, None) => {
            let is_hook = model.catalog.is_hook(Phase::End, text) || text.starts_with("@@");
            let row = model.file.class(class);
            let is_class = row.kind == ClassKind::Class;
            // A class of another file that extends this one may call it, or one that this one extends.
            let is_inherited =
                member.is_protected && (is_given_out(model, class) || row.super_class.is_some());
            let is_for_itself = model.file.is_only_for_its_class(member);
            (is_for_itself && !is_hook && is_class && !is_inherited).then_some(Dead::NoCaller)?
        }
    };
    (!is_mentioned(accesses, func, class, name)).then_some(dead)
}

/// Whether anything in the file may call a member of a class.
fn is_mentioned(accesses: &Accesses, func: FuncId, class: ClassId, name: NameId) -> bool {
    let mentioned = Place::root(Root::This(class)).with(Step::Field(name)).is_some_and(|place| {
        accesses.of(&place).any(|access| access.func != func && !matches!(access.usage, Usage::Assigned(_)))
    });
    let by_name = || {
        accesses.of_name(name).any(|access| match access.usage {
            Usage::Method { .. } => access.func != func,
            usage => !matches!(usage, Usage::Assigned(_)),
        })
    };
    mentioned || by_name()
}

/// The class of a hook that is not called where the framework makes instances as often as something that it injects, and
/// why.
#[must_use]
pub fn uncalled_in_scope<'a>(
    model: &Model<'a>,
    accesses: &Accesses,
    func: FuncId,
) -> Option<(ClassId, &'a str)> {
    let class = model.file.function(func).class?;
    let name = model.file.class(class).members.iter().find(|member| member.func == Some(func))?.name?;
    let why = calls::uncalled_in_scope(model, class, model.file.tree.text(name))?;
    (!is_mentioned(accesses, func, class, name)).then_some((class, why))
}

/// Whether other files can extend a class.
fn is_given_out(model: &Model<'_>, class: ClassId) -> bool {
    let row = model.file.class(class);
    let is_it = |target: &ExportTarget| match *target {
        ExportTarget::Binding(binding) => row.binding == Some(binding),
        // `export default Client`, `module.exports = Client`
        ExportTarget::Value(node) => node == row.node || model.class_of(node) == Some(class),
        ExportTarget::From { .. } => false,
    };
    model.file.exports.iter().any(|export| is_it(&export.target))
}

/// The statements that come after one that always leaves: they never run. Functions that are declared there can be
/// called all the same.
#[derive(Default)]
pub struct Unreachable {
    /// Their subtrees, none inside another, in source order: where each starts, and the node behind it.
    ranges: Vec<(NodeId, NodeId)>,
}

impl Unreachable {
    /// Those of a file.
    #[must_use]
    pub fn of(model: &Model<'_>) -> Self {
        let tree = &model.file.tree;
        let mut blocks: Vec<NodeId> =
            model.jumps().iter().filter_map(|&jump| left_early(tree, jump)).collect();
        blocks.sort_unstable();
        blocks.dedup();
        let mut dead: Vec<(NodeId, NodeId)> = Vec::new();
        for block in blocks {
            let mut statements = tree.children(block);
            if statements.by_ref().any(|statement| leaves_block(model, statement)) {
                let behind = statements.filter(|&statement| tree.kind(statement) != Kind::Function);
                dead.extend(behind.map(|statement| (statement, tree.end(statement))));
            }
        }
        dead.sort_unstable();
        let mut behind = NodeId::from_index(0);
        dead.retain(|&(start, end)| {
            let is_outermost = behind <= start;
            behind = behind.max(end);
            is_outermost
        });
        Self { ranges: dead }
    }

    /// Whether a node is, or stands in, one of them.
    #[must_use]
    pub fn contains(&self, node: NodeId) -> bool {
        let before = self.ranges.partition_point(|&(start, _)| start <= node);
        before.checked_sub(1).and_then(|at| self.ranges.get(at)).is_some_and(|&(_, end)| node < end)
    }
}

/// The block that a jump may leave before its end: the innermost around it in which something comes after the statement
/// that the jump ends.
fn left_early(tree: &Tree, jump: NodeId) -> Option<NodeId> {
    let mut at = jump;
    loop {
        let parent = tree.parent(at)?;
        match tree.kind(parent) {
            Kind::Block | Kind::Program if !tree.is_last_child(at) => return Some(parent),
            Kind::Block | Kind::If => at = parent,
            _ => return None,
        }
    }
}

fn leaves_block(model: &Model<'_>, statement: NodeId) -> bool {
    let is_jump = matches!(model.file.tree.kind(statement), Kind::Break | Kind::Continue);
    is_jump || guard::always_leaves(model, statement)
}

/// The hook that a name misses by one or two letters.
fn nearly<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c str> {
    let is_known = catalog.is_hook(Phase::End, name) || catalog.runs_at_end(name);
    if is_known || name.len() < 8 {
        return None;
    }
    let mut hooks = catalog.telling_ends().filter(|hook| hook.len() >= 9);
    hooks.find(|hook| may_be_near(name, hook) && distance(name, hook) <= 2)
}

/// Whether two names may be at most two edits apart: each changes the set of letters by two at most.
fn may_be_near(a: &str, b: &str) -> bool {
    let letters = |name: &str| name.chars().fold(0_u32, |set, letter| set | 1 << (u32::from(letter) % 32));
    (letters(a) ^ letters(b)).count_ones() <= 4
}

/// Edit distance with transpositions, capped at 3.
fn distance(a: &str, b: &str) -> usize {
    if a.chars().count().abs_diff(b.chars().count()) > 2 {
        return 3;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{HookRow, Sheet, When};
    use crate::rate::Rate;

    #[test]
    fn near_misses_of_hooks_are_found_and_the_hooks_are_not() {
        let hook = |name: &str, ends: bool| HookRow {
            of: vec!["*".to_owned()],
            methods: vec![name.to_owned()],
            runs: When::At(Rate::Component),
            begins: !ends,
            again: false,
            ends,
            client: false,
            returned: crate::catalog::Returned::default(),
            shared: false,
            params: Vec::new(),
            library: crate::catalog::LibraryId::default(),
        };
        let hooks = vec![
            hook("beforeDestroy", true),
            hook("componentWillUnmount", true),
            hook("componentDidMount", false),
        ];
        let catalog = Catalog::compile(vec![Sheet { hooks, ..Sheet::default() }]).unwrap();
        assert_eq!(nearly(&catalog, "beforeDestory"), Some("beforeDestroy"));
        assert_eq!(nearly(&catalog, "componentWillUmount"), Some("componentWillUnmount"));
        assert_eq!(nearly(&catalog, "componentWillUnmount"), None);
        assert_eq!(nearly(&catalog, "destroy"), None);
        assert_eq!(nearly(&catalog, "componentDidMuont"), None);
    }
}
