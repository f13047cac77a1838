//! What is kept of a file once its tree is dropped: small, owned, serialisable.

mod classes;
mod decorated;
mod modules;
mod names;
mod places;
mod rows;
mod types;
mod uses;

use crate::access::{self, Accesses, Usage};
use crate::bounds::Bounds;
use crate::calls::{self, Calls, Target};
use crate::catalog::{ModelId, When};
use crate::completes;
use crate::exact::exact;
use crate::growth::{self, CollectionOp, Op};
use crate::index::{BindingId, FuncId, NameId, NodeId, PlaceId};
use crate::lent;
use crate::model::{Model, Ty};
use crate::place::{Place, Root};
use crate::sorted::Sorted;
use crate::tables::{Binding, BindingKind, FunctionKind, TypeDecl};
use crate::tree::Kind;
use crate::turns::{Turn, Turns};
use crate::work;
use rustc_hash::{FxHashMap, FxHashSet};

pub use names::NameMap;
pub use places::Places;
pub use rows::*;
pub use uses::Uses;

/// Collects what the project needs to know of a file. `map` may already hold names of claims made about it.
#[must_use]
pub fn summarise(
    model: &Model<'_>,
    accesses: &Accesses,
    ops: &[CollectionOp],
    role: Role,
    turns: &Turns,
    mut map: NameMap,
) -> Summary {
    let mut calls = calls::collect(model, accesses);
    let mut builder = Builder { model, turns, map: &mut map, bindings: FxHashMap::default() };
    let functions = builder.functions(accesses);
    let classes = builder.classes();
    let exports = builder.exports();
    let passed = builder.passed(std::mem::take(&mut calls.passed));
    let (edges, handed, params) = builder.calls(calls);
    let mut uses = builder.collection_uses(ops);
    uses.extend(builder.other_uses(accesses));
    let mut types = builder.types();
    let imports = builder.imports();
    let client_imports = builder.client_imports();
    let type_imports = builder.type_imports();
    let looks = builder.looks(accesses);
    let param_classes = builder.annotated_params();
    let tables = builder.tables();
    let few = builder.few();
    for param in std::mem::take(&mut builder.map.params) {
        builder.keep_binding(param);
    }
    types.extend(builder.param_types());
    let bindings = builder.bindings.into_iter().collect();
    Summary {
        role,
        in_browsers: calls::is_for_browsers(model),
        imports: exact(imports),
        client_imports: exact(client_imports),
        type_imports: exact(type_imports),
        exports: exact(exports),
        functions: exact(functions),
        classes: exact(classes),
        bindings,
        edges: exact(edges),
        handed: exact(handed),
        params: exact(params),
        looks,
        passed: exact(passed),
        places: map.places.exact(),
        uses: Uses::of(&uses),
        types: exact(types),
        param_classes,
        tables: exact(tables),
        few: exact(few),
        names: map.names.into_texts(),
    }
}

impl Summary {
    /// How many strings, functions and classes there are: ids are below.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let of = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        Bounds {
            names: of(self.names.len()),
            functions: of(self.functions.len()),
            classes: of(self.classes.len()),
            places: of(self.places.len()),
        }
    }

    /// Whether its rows refer to rows that are there: those that were read back may not. Ids were compared with
    /// [`Summary::bounds`] when they were read.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.names.is_sound()
            && self.places.is_sound()
            && !self.functions.is_empty()
            && ends_outward(&self.functions)
    }
}

struct Builder<'m, 'a> {
    model: &'m Model<'a>,
    turns: &'m Turns,
    map: &'m mut NameMap,
    bindings: FxHashMap<BindingId, BindingRow>,
}

impl Builder<'_, '_> {
    fn place(&mut self, place: &Place) -> PlaceId {
        if let Root::Binding(binding) = place.root {
            self.keep_binding(binding);
        }
        self.map.place_id(self.model, place)
    }

    fn keep_binding(&mut self, binding: BindingId) {
        let file = self.model.file;
        self.bindings.entry(binding).or_insert_with(|| {
            let row = file.binding(binding);
            let is_param = row.kind == BindingKind::Param;
            let position = calls::param_position(self.model, binding).map(|(_, position)| position);
            let name = self.map.of_file(file, row.name);
            let func = self.turns.func_at(row.func, row.span);
            BindingRow { name, func, at: row.span, is_param, position }
        });
    }

    /// Whether a flag lives as long as the process, so that what it guards happens once.
    fn lasts(&mut self, flag: &Place) -> bool {
        match flag.root {
            Root::Module(_) | Root::Global(_) | Root::Exports | Root::Class(_) => true,
            Root::Binding(binding) => {
                self.keep_binding(binding);
                let row = self.model.file.binding(binding);
                row.func == FuncId::MODULE && row.kind != BindingKind::Param
            }
            Root::This(_) | Root::Receiver(_) | Root::Value(_) => false,
        }
    }

    fn target(&mut self, target: &Target) -> TargetRow {
        match target {
            Target::Function(func) => TargetRow::Function(*func),
            Target::Class(class) => TargetRow::Class(*class),
            Target::Place(place) => TargetRow::Place(self.place(place)),
        }
    }

    fn functions(&mut self, accesses: &Accesses) -> Vec<FunctionRow> {
        let file = self.model.file;
        let members = file.classes.iter().enumerate().flat_map(|(class, row)| {
            let own = row.members.iter().filter(|member| file.is_only_for_its_class(member));
            own.map(move |member| (class, member.func))
        });
        let private: FxHashSet<(usize, Option<FuncId>)> = members.collect();
        let asking = calls::asking_where(self.model);
        let mut rows: Vec<FunctionRow> = file
            .function_ids()
            .map(|func| {
                let row = file.function(func);
                let private = row.class.is_some_and(|class| private.contains(&(class.index(), Some(func))));
                let at = file.tree.span(row.node);
                FunctionRow {
                    name: self.map.intern(file.function_name(func).unwrap_or_default()),
                    at,
                    kind: row.kind,
                    parent: row.parent.map(|parent| self.turns.func_at(parent, at)),
                    class: row.class,
                    is_private: private,
                    returns: self.returned(func),
                    lends: lent::lent(self.model, func).map(|place| self.place(&place)),
                    params: row.params,
                    subjects: self.subjects(func),
                    immediate: self.model.is_immediately_invoked(func),
                    is_kept: is_kept(self.model, accesses, func),
                    works: work::goes_on(self.model, func),
                    side: self.side(func),
                    asks_where: asking.contains(&func),
                }
            })
            .collect();
        let unnamed = self.map.intern("");
        rows.extend(self.turns.iter().map(|(_, turn)| turn_row(turn, unnamed)));
        rows
    }

    /// Where a function runs of which a component is made.
    fn side(&mut self, func: FuncId) -> Side {
        match calls::browser_hook(self.model, func) {
            Some(hook) => Side::Browser(self.map.intern(hook)),
            None if calls::runs_on_server(self.model, func) == Some(true) => Side::Both,
            None => Side::Plain,
        }
    }

    /// How many parameters say what a function is to do something to.
    fn subjects(&self, func: FuncId) -> u16 {
        let file = self.model.file;
        let says_how = |param: &NodeId| {
            let param =
                if file.tree.kind(*param) == Kind::Default { file.tree.first(*param) } else { Some(*param) };
            let name =
                param.and_then(|param| file.tree.binding(param)).map(|binding| file.binding(binding).name);
            name.is_some_and(|name| {
                let name = file.tree.text(name).trim_start_matches('_').to_ascii_lowercase();
                WAYS.contains(&name.as_str()) || name.ends_with("error") || name.ends_with("callback")
            })
        };
        let count = file.params(func).filter(|param| !says_how(param)).count();
        u16::try_from(count).unwrap_or(u16::MAX)
    }

    /// The type of what a function returns, if another file could care.
    fn returned(&mut self, func: FuncId) -> TypeRow {
        let model = self.model;
        if let Some(ending) = completes::returned(model, func) {
            return TypeRow::Model(ending);
        }
        match model.return_ty(func) {
            Ty::Unknown => match model.returned_values(func)[..] {
                [value] => self.value_type(of_variable(model, value)),
                // Beside an observable that ends it is one too.
                _ => completes::sole_open(model, func)
                    .map_or(TypeRow::Unknown, |value| self.value_type(completes::before_pipes(model, value))),
            },
            Ty::Model(said) if completes::may_end(model, said) => match completes::sole_open(model, func) {
                Some(value) => self.narrowed(said, completes::before_pipes(model, value)),
                None => TypeRow::Model(said),
            },
            ty => type_row(ty),
        }
    }

    /// What is said of an observable that a function of another file gives, which may say more.
    fn narrowed(&mut self, said: ModelId, value: NodeId) -> TypeRow {
        match self.value_type(value) {
            TypeRow::ResultOf(callee) => TypeRow::Narrowed(callee, said),
            _ => TypeRow::Model(said),
        }
    }

    /// The type of an expression, through imports if need be.
    fn value_type(&mut self, value: NodeId) -> TypeRow {
        let model = self.model;
        let known = type_row(model.ty(value));
        if known != TypeRow::Unknown {
            return known;
        }
        let tree = &model.file.tree;
        let value = tree.awaited(value);
        let place = model.file.place(value);
        if let Some(class) = model.injected(value) {
            let class = model.file.place(class);
            let is_named = !matches!(class.root, Root::Value(_) | Root::Receiver(_));
            return if is_named { TypeRow::Annotated(self.place(&class)) } else { TypeRow::Unknown };
        }
        match tree.kind(value) {
            Kind::New | Kind::Call if place.root == Root::Value(value) => {
                let Some(callee) = tree.callee(value) else { return TypeRow::Unknown };
                let callee = model.file.place(callee);
                if matches!(callee.root, Root::Value(_)) {
                    return TypeRow::Unknown;
                }
                let callee = self.place(&callee);
                if tree.kind(value) == Kind::New {
                    TypeRow::InstanceOf(callee)
                } else {
                    TypeRow::ResultOf(callee)
                }
            }
            _ if !matches!(place.root, Root::Value(_) | Root::Receiver(_)) => {
                TypeRow::Same(self.place(&place))
            }
            _ => TypeRow::Unknown,
        }
    }

    fn calls(&mut self, calls: Calls) -> (Vec<EdgeRow>, Vec<HandedRow>, Vec<ParamRow>) {
        let file = self.model.file;
        // The second of two calls that are alike says nothing new.
        let mut seen: FxHashSet<(FuncId, Target, [bool; 4], Option<Place>)> = FxHashSet::default();
        let mut is_new = |edge: &calls::Edge| {
            let is_call = matches!(edge.when, When::Caller | When::Each);
            let is_plain = is_call && edge.library.is_none() && edge.need.is_none() && edge.shown.is_none();
            let how = [edge.when == When::Each, edge.certain, edge.in_loop, edge.once.is_some()];
            !is_plain || seen.insert((edge.caller, edge.target.clone(), how, edge.once.clone()))
        };
        let turns = self.turns;
        let edges = calls
            .edges
            .into_iter()
            .map(|edge| calls::Edge { caller: turns.func_at(edge.caller, edge.site), ..edge })
            .chain(turns.iter().map(calls::turn_edge))
            .filter(|edge| is_new(edge))
            .map(|edge| EdgeRow {
                caller: edge.caller,
                target: self.target(&edge.target),
                when: edge.when,
                certain: edge.certain,
                in_loop: edge.in_loop,
                later: edge.later,
                once: edge.once.is_some_and(|flag| self.lasts(&flag)),
                at: edge.site,
                label: self.map.intern(&edge.label),
                library: edge.library,
                returned: edge.returned,
                need: edge.need,
                shown: edge.shown,
            })
            .collect();
        let handed = calls
            .handed
            .into_iter()
            .map(|row| HandedRow {
                caller: turns.func_at(row.caller, row.site),
                func: self.target(&row.func),
                to: self.target(&row.to),
                arg: row.arg,
                at: row.site,
                label: self.map.intern(&row.label),
                about: calls::About {
                    event: row.about.event.map(|name| self.map.of_file(file, name)),
                    option: row.about.option.map(|name| self.map.of_file(file, name)),
                    ..row.about
                },
            })
            .collect();
        let params = calls
            .params
            .into_iter()
            .map(|row| ParamRow {
                func: row.func,
                param: row.param,
                runs: row.runs,
                forwarded: row.forwarded.map(|(target, arg)| (self.target(&target), arg)),
                label: self.map.intern(&row.label),
            })
            .collect();
        (edges, handed, params)
    }

    /// The parameters of named functions that are only looked at, called methods of, or handed on.
    fn looks(&mut self, accesses: &Accesses) -> Sorted<(FuncId, u16), LookRow> {
        let file = self.model.file;
        let mut out = Vec::new();
        for func in file.function_ids() {
            let row = file.function(func);
            if file.function_name(func).is_none() && row.class.is_none() {
                continue;
            }
            for (index, param) in file.params(func).enumerate() {
                let look = file.tree.binding(param).and_then(|binding| self.look(accesses, binding));
                if let (Some(look), Ok(index)) = (look, u16::try_from(index)) {
                    out.push(((func, index), look));
                }
            }
        }
        out.into_iter().collect()
    }

    /// What is done to a parameter; none if it is kept, returned, called later, or handed to code that may do so.
    fn look(&mut self, accesses: &Accesses, param: BindingId) -> Option<LookRow> {
        let file = self.model.file;
        let row = file.binding(param);
        if row.opaque_writes > 0 || !row.values.is_empty() {
            return None;
        }
        let place = Place::root(Root::Binding(param));
        let (mut methods, mut forwarded, mut called) = (Vec::new(), Vec::new(), false);
        for access in accesses.below(&place) {
            let is_itself = access.place == place;
            match access.usage {
                Usage::Called(_) if is_itself && access.func == row.func => called = true,
                Usage::Method { name, .. } => methods.push(self.map.intern(file.tree.text(name))),
                Usage::Argument { call, index } if is_itself => {
                    let callee = file.tree.callee(call)?;
                    let path = self.model.api_path(callee);
                    if path.is_some_and(|path| path.starts_with("console.")) {
                        continue;
                    }
                    let target = calls::callee_target(self.model, call, callee)?;
                    forwarded.push((self.target(&target), u16::try_from(index).ok()?));
                }
                Usage::Tested(_) | Usage::Operand(_) | Usage::Read => {}
                _ if !is_itself => {}
                _ => return None,
            }
        }
        methods.sort_unstable();
        methods.dedup();
        Some(LookRow { methods: methods.into(), forwarded: forwarded.into(), called })
    }

    fn passed(&mut self, rows: Vec<calls::PassedOn>) -> Vec<PassedRow> {
        rows.into_iter()
            .map(|row| PassedRow {
                caller: row.caller,
                to: self.target(&row.to),
                arg: row.arg,
                place: self.place(&row.place),
                is_new: row.is_new,
            })
            .collect()
    }

    /// Whether other files can reach what a path starts from, so that what is done to it matters to them.
    fn is_shared(&self, place: &Place) -> bool {
        match place.root {
            Root::This(_) | Root::Class(_) | Root::Exports | Root::Module(_) => true,
            Root::Global(_) => true,
            Root::Binding(binding) => {
                let row = self.model.file.binding(binding);
                row.func.index() == 0 || !place.path.is_empty()
            }
            Root::Receiver(func) => self.model.file.may_be_adopted(func),
            Root::Value(_) => false,
        }
    }

    fn collection_uses(&mut self, ops: &[CollectionOp]) -> Vec<UseRow> {
        // A variable of a function is shared by the closures of that function.
        let captured: FxHashSet<BindingId> = ops
            .iter()
            .filter_map(|op| match op.holder.root {
                Root::Binding(binding) if self.model.file.binding(binding).func != op.func => Some(binding),
                _ => None,
            })
            .collect();
        let mut out = Vec::new();
        for op in ops.iter().filter(|op| !matches!(op.op, Op::Lookup | Op::Read)) {
            let is_captured = matches!(op.holder.root, Root::Binding(binding) if captured.contains(&binding));
            if !is_captured && !self.is_shared(&op.holder) {
                continue;
            }
            let place = self.place(&op.holder);
            let at = self.model.file.tree.span(op.node);
            let func = self.turns.func_at(op.func, at);
            out.push(UseRow { place, what: What::Collection(op.op), func, at });
            if op.op == Op::Reset && self.is_renewal(op) {
                out.push(UseRow { place, what: What::Renewed, func, at });
            }
        }
        out
    }

    /// Whether each run of a function gives a new collection.
    fn is_renewal(&self, op: &CollectionOp) -> bool {
        let block = growth::renewal(self.model, op.node).and_then(|at| self.model.file.tree.parent(at));
        block.is_some() && block == self.model.file.body(op.func)
    }

    /// Method calls and overwrites of shared things: releases are among them.
    fn other_uses(&mut self, accesses: &Accesses) -> Vec<UseRow> {
        let file = self.model.file;
        let mut out = Vec::new();
        for access in accesses.iter() {
            if !self.is_shared(&access.place)
                || access.place.path.is_empty() && matches!(access.place.root, Root::Global(_))
            {
                continue;
            }
            let what = match access.usage {
                Usage::Method { name, call } => {
                    let name = self.map.of_file(file, name);
                    let first = file.tree.arg(call, 0).and_then(|arg| file.constant_name(arg));
                    let first = first.map(|first| self.map.of_file(file, first));
                    What::Method(name, first)
                }
                Usage::Argument { call, .. } => {
                    let callee = file.tree.callee(call).and_then(|callee| self.model.callee_name(callee));
                    let Some(callee) = callee else { continue };
                    What::Argument(self.map.intern(callee))
                }
                Usage::Called(_) => What::Called,
                Usage::Assigned(_) => What::Assigned,
                _ => continue,
            };
            let place = self.place(&access.place);
            let at = file.tree.span(access.node);
            out.push(UseRow { place, what, func: self.turns.func_at(access.func, at), at });
        }
        out
    }

    /// Module bindings that hold a collection written out in the source, enums among them.
    fn tables(&mut self) -> Vec<BindingId> {
        let file = self.model.file;
        let is_table = |row: &Binding| {
            row.func.index() == 0
                && (row.kind == BindingKind::Enum
                    || row.opaque_writes == 0
                        && matches!(row.values[..], [value] if self.model.is_constant_collection(value, 4)))
        };
        let tables = file.bindings.iter().enumerate().filter(|(_, row)| is_table(row));
        let tables: Vec<BindingId> = tables.map(|(index, _)| BindingId::from_index(index)).collect();
        tables.iter().for_each(|&binding| self.keep_binding(binding));
        tables
    }

    /// The names of types that have few values: unions of literals, enums, the keys of a constant.
    fn few(&mut self) -> Vec<NameId> {
        let file = self.model.file;
        let is_few = |decl: &TypeDecl| self.model.annotation_ty(decl.ty) == Ty::Finite;
        let mut names: Vec<NameId> =
            file.type_decls.iter().filter(|(_, decl)| is_few(decl)).map(|(&name, _)| name).collect();
        names.sort_unstable();
        names.into_iter().map(|name| self.map.of_file(file, name)).collect()
    }
}

/// What a variable of a function holds, if that is one thing: no other file sees the variable.
fn of_variable(model: &Model<'_>, value: NodeId) -> NodeId {
    let is_inner = model.file.binding_of(value).is_some_and(|of| model.file.binding(of).func.index() != 0);
    model.file.value_of(value).filter(|_| is_inner).unwrap_or(value)
}

fn type_row(ty: Ty) -> TypeRow {
    match ty {
        Ty::Model(model) => TypeRow::Model(model),
        Ty::Instance(class) => TypeRow::Instance(class),
        Ty::Class(class) => TypeRow::Class(class),
        Ty::Function(func) => TypeRow::Function(func),
        _ => TypeRow::Unknown,
    }
}

/// Parameters that say why or how something is to be done, and not to what.
const WAYS: &[&str] = &[
    "e", "er", "err", "reason", "code", "cb", "callback", "done", "next", "options", "opts", "force",
    "signal", "resolve",
];

/// The body of a loop over messages: a function that nothing hands over.
fn turn_row(turn: &Turn, unnamed: NameId) -> FunctionRow {
    FunctionRow {
        name: unnamed,
        at: turn.body(),
        kind: FunctionKind::Turn,
        parent: Some(turn.parent),
        class: None,
        is_private: true,
        subjects: 0,
        returns: TypeRow::Unknown,
        lends: None,
        params: 0,
        immediate: false,
        is_kept: false,
        works: false,
        side: Side::Plain,
        asks_where: false,
    }
}

/// Whether the way from each function to those around it comes to an end.
fn ends_outward(functions: &[FunctionRow]) -> bool {
    let mut ends = vec![false; functions.len()];
    (0..functions.len()).all(|from| {
        let outward = std::iter::successors(Some(from), |&at| functions[at].parent.map(FuncId::index));
        let way: Vec<usize> = outward.take_while(|&at| !ends[at]).take(functions.len() + 1).collect();
        way.iter().for_each(|&at| ends[at] = true);
        way.len() <= functions.len()
    })
}

/// Whether the value of a function goes somewhere from which it can be called later.
fn is_kept(model: &Model<'_>, accesses: &Accesses, func: FuncId) -> bool {
    let row = model.file.function(func);
    if matches!(row.kind, FunctionKind::Module | FunctionKind::FieldInit)
        || model.is_immediately_invoked(func)
    {
        return false;
    }
    let keeps = |usage: Usage| matches!(usage, Usage::Returned(_) | Usage::Stored(_) | Usage::Yielded(_));
    let tree = &model.file.tree;
    // `onChange = () => {…}` in a class: the instance keeps it.
    let is_field = tree.parent(row.node).is_some_and(|parent| tree.kind(parent) == Kind::Field);
    if is_field || row.class.is_none() && keeps(access::usage(model.file, row.node)) {
        return true;
    }
    // `const run = () => …; return { run }`
    let tree = &model.file.tree;
    let declared = tree.parent(row.node).filter(|&parent| tree.kind(parent) == Kind::Declarator);
    let constant = declared.and_then(|declared| tree.binding(tree.first(declared)?));
    row.binding.or(constant).is_some_and(|binding| {
        accesses.of(&Place::root(Root::Binding(binding))).any(|access| keeps(access.usage))
    })
}
