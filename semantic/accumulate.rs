//! Streams that are read piece by piece into something that grows: from where, into what, and whether anything asks
//! how much it is.

use crate::access::{Accesses, Usage};
use crate::catalog::Sender;
use crate::growth::{CollectionOp, Growth, Op};
use crate::guard;
use crate::identity::Identity;
use crate::index::{BindingId, FuncId, NodeId};
use crate::listeners::Registration;
use crate::model::{Model, Ty};
use crate::place::{Place, Root};
use crate::tree::{BinaryOp, Kind, flag};

/// A stream whose pieces are taken one by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// The expression of the stream.
    pub source: NodeId,
    /// The registration or the loop that reads it.
    pub site: NodeId,
    /// The function in which reading starts.
    pub func: FuncId,
    /// What runs for each piece: the handler's function node, or the loop.
    pub each: NodeId,
    /// The pieces are whole messages of a peer.
    pub messages: bool,
}

impl Reading {
    /// Whether an event hands out the pieces, as only streams do.
    #[must_use]
    pub fn is_by_event(&self, model: &Model<'_>) -> bool {
        model.file.tree.kind(self.each) == Kind::Function
    }
}

/// What is known about a limit on what is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// Nothing asks how much there is.
    None,
    /// A test stops the source, or keeps the next piece out.
    Holds,
    /// The test at this node notices, and the next piece is kept all the same.
    Ignored(NodeId),
}

/// The reading of which a growth keeps the pieces.
#[must_use]
pub fn reading(model: &Model<'_>, registrations: &[Registration], op: &CollectionOp) -> Option<Reading> {
    // `this.push(piece)` hands it on: a stream around another one.
    if op.holder.path.is_empty() && !matches!(op.holder.root, Root::Binding(_)) {
        return None;
    }
    let kept = kept_value(model, op)?;
    by_handler(model, registrations, op, kept)
        .or_else(|| by_loop(model, op, kept))
        .or_else(|| by_writer(model, op, kept))
}

/// What a growth keeps: the pushed value, the right side of `+=`, the pieces of `Buffer.concat([old, piece])`.
fn kept_value(model: &Model<'_>, op: &CollectionOp) -> Option<NodeId> {
    let value = op.value?;
    match op.op {
        Op::Grow(_) if model.ty(value) == Ty::Number => None,
        Op::Grow(_) => Some(value),
        Op::Reset => concatenates(model, &op.holder, value).then_some(value),
        _ => None,
    }
}

/// `x = Buffer.concat([x, piece])`: the old value is part of the new one.
fn concatenates(model: &Model<'_>, holder: &Place, value: NodeId) -> bool {
    let tree = &model.file.tree;
    if tree.kind(value) == Kind::Conditional {
        return [1, 2]
            .iter()
            .any(|&n| tree.child(value, n).is_some_and(|side| concatenates(model, holder, side)));
    }
    let is_concat = tree.method_call(value).is_some_and(|(_, method)| method == "concat");
    let list = tree.arg(value, 0).filter(|&list| is_concat && tree.kind(list) == Kind::Array);
    list.is_some_and(|list| tree.children(list).any(|part| model.file.place(part) == *holder))
}

/// How many callers of a function are asked whether they hand it pieces.
const MAX_CALLERS: usize = 8;

/// Pieces that a 'data' listener is handed, or that a 'readable' listener takes.
fn by_handler(
    model: &Model<'_>,
    registrations: &[Registration],
    op: &CollectionOp,
    kept: NodeId,
) -> Option<Reading> {
    let tree = &model.file.tree;
    let callers = model.calls_of(op.func).get(..MAX_CALLERS).unwrap_or(model.calls_of(op.func));
    let runs = |handler: FuncId| {
        let is_in = |func| model.file.is_within(func, handler);
        is_in(op.func) || callers.iter().any(|&call| is_in(tree.func(call)))
    };
    let registration = registrations.iter().find(|registration| {
        (is_piecewise(&registration.event) || is_message(model, registration))
            && !registration.once
            && model.function_of(registration.listener).is_some_and(runs)
    })?;
    let handler = model.function_of(registration.listener)?;
    if takes_the_place(model, op, handler) {
        return None;
    }
    let around = if model.file.is_within(op.func, handler) { handler } else { op.func };
    let is_local = matches!(op.holder.root, Root::Binding(binding)
        if model.file.is_within(model.file.binding(binding).func, around));
    // `f.bind(this, a)` hands the piece in behind what is bound.
    let bound = tree.method_call(registration.listener).filter(|(_, method)| *method == "bind");
    let position = bound.map_or(0, |_| tree.args(registration.listener).count().saturating_sub(1));
    let piece = model.file.params(handler).nth(position).and_then(|param| tree.binding(param));
    let takes = |piece| derives(model, kept, piece, 3) || is_handed_on(model, op.func, kept, piece);
    (!is_local && (piece.is_some_and(takes) || reads(model, kept))).then(|| Reading {
        source: registration.target,
        site: registration.call,
        func: registration.func,
        each: model.file.function(handler).node,
        messages: !is_piecewise(&registration.event),
    })
}

/// `last.set(socket, piece)`: under a key that a handler finds around it each piece takes the place of the one before,
/// unless what was there is a part of the new value.
fn takes_the_place(model: &Model<'_>, op: &CollectionOp, handler: FuncId) -> bool {
    let (file, tree) = (model.file, &model.file.tree);
    let is_keyed = matches!(op.op, Op::Grow(Growth::Set | Growth::Key));
    let Some(key) =
        op.key.filter(|&key| is_keyed && matches!(tree.kind(key), Kind::Identifier | Kind::Member))
    else {
        return false;
    };
    let Root::Binding(binding) = file.place(key).root else { return false };
    let row = file.binding(binding);
    let is_found = row.func != handler
        && file.is_within(handler, row.func)
        && row.opaque_writes == 0
        && row.values.len() <= 1;
    let adds_to_it =
        || op.value.is_some_and(|value| tree.subtree(value).any(|part| file.place(part) == op.holder));
    is_found && !adds_to_it()
}

/// Whether a function is handed a piece, and keeps it: `socket.on('data', (piece) => this.feed(piece))`.
fn is_handed_on(model: &Model<'_>, func: FuncId, kept: NodeId, piece: BindingId) -> bool {
    let tree = &model.file.tree;
    model.file.params(func).enumerate().any(|(at, param)| {
        let param = tree.binding(param).filter(|&param| derives(model, kept, param, 3));
        let is_piece = |call: &NodeId| tree.arg(*call, at).is_some_and(|arg| derives(model, arg, piece, 3));
        param.is_some() && model.calls_of(func).iter().take(MAX_CALLERS).any(is_piece)
    })
}

fn is_piecewise(event: &Identity) -> bool {
    matches!(event, Identity::Constant(event) if event == "data" || event == "readable")
}

/// Whether a listener is handed the messages of a peer whose connection this program has accepted.
fn is_message(model: &Model<'_>, registration: &Registration) -> bool {
    let of = || model.model_of(model.ty(registration.target)).map(|of| model.catalog.model(of));
    matches!(&registration.event, Identity::Constant(event) if event == "message")
        && of().is_some_and(|of| of.sender == Some(Sender::Connection))
}

/// Pieces that a loop takes: `for await (const piece of stream)`, `while (…) { await reader.read() }`.
fn by_loop(model: &Model<'_>, op: &CollectionOp, kept: NodeId) -> Option<Reading> {
    let tree = &model.file.tree;
    let each = guard::enclosing_loop(model, op.node)?;
    if made_within(model, &op.holder, each) {
        return None;
    }
    let func = tree.func(each);
    if tree.kind(each) == Kind::ForOf && tree.has(each, flag::AWAIT) {
        let piece = tree.subtree(tree.first(each)?).find_map(|node| tree.binding(node))?;
        let source = tree.child(each, 1)?;
        return derives(model, kept, piece, 3).then_some(Reading {
            source,
            site: each,
            func,
            each,
            messages: false,
        });
    }
    let read = awaited_read(model, each)?;
    let (reader, _) = tree.method_call(read)?;
    let pieces = tree.subtree(each).filter_map(|node| tree.binding(node)).collect::<Vec<_>>();
    let takes = pieces.iter().any(|&piece| derives(model, kept, piece, 3)) || reads(model, kept);
    takes.then(|| Reading { source: reader_source(model, reader), site: each, func, each, messages: false })
}

/// `await reader.read()` in a loop.
fn awaited_read(model: &Model<'_>, each: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    tree.subtree(each).find(|&node| {
        tree.func(node) == tree.func(each)
            && tree.method_call(node).is_some_and(|(_, method)| method == "read")
            && tree.args(node).next().is_none()
            && tree.parent(node).is_some_and(|parent| tree.kind(parent) == Kind::Await)
    })
}

/// The stream that a reader reads: `x` for `const reader = x.getReader()`.
fn reader_source(model: &Model<'_>, reader: NodeId) -> NodeId {
    let value = model.file.value_of(reader);
    let stream = value
        .and_then(|value| model.file.tree.method_call(value))
        .filter(|(_, method)| *method == "getReader");
    stream.map_or(reader, |(stream, _)| stream)
}

/// Pieces that a writable stream is given, by what is piped into it: `_write(piece, encoding, callback)`.
fn by_writer(model: &Model<'_>, op: &CollectionOp, kept: NodeId) -> Option<Reading> {
    let tree = &model.file.tree;
    completion(model, op.func)?;
    let each = model.file.function(op.func).node;
    let piece = model.file.params(op.func).next().and_then(|param| tree.binding(param))?;
    let is_local =
        matches!(op.holder.root, Root::Binding(binding) if model.file.binding(binding).func == op.func);
    if is_local || !derives(model, kept, piece, 3) {
        return None;
    }
    let class = model.file.function(op.func).this_class;
    let is_own = |stream: NodeId| {
        let made = |value: &NodeId| tree.kind(*value) == Kind::New && tree.contains(*value, each);
        class.is_some_and(|class| model.ty(stream) == Ty::Instance(class))
            || made(&stream)
            || model.values(&model.file.place(stream)).iter().any(made)
    };
    let piped = |call: NodeId| match tree.method_call(call) {
        Some((source, "pipe")) => tree.arg(call, 0).is_some_and(is_own).then_some(source),
        _ if model.rows(call).iter().any(|row| row.ends_streams) => {
            let source = tree.arg(call, 0)?;
            tree.args(call).skip(1).any(is_own).then_some(source)
        }
        _ => None,
    };
    let (site, source) = model.all_calls().iter().find_map(|&call| Some((call, piped(call)?)))?;
    Some(Reading { source, site, func: tree.func(site), each, messages: false })
}

/// The callback parameter of a function that implements writing: `_write(chunk, encoding, callback)`.
#[must_use]
pub fn completion(model: &Model<'_>, func: FuncId) -> Option<BindingId> {
    let name = model.file.function_name(func)?;
    let row = model.file.function(func);
    let is_method = matches!(name, "_write" | "_transform") && row.this_class.is_some();
    if !is_method && !matches!(name, "write" | "transform") {
        return None;
    }
    let params: Vec<NodeId> = model.file.params(func).collect();
    let is_option = || is_stream_option(model, func);
    if params.len() != 3 || !(is_method || is_option()) {
        return None;
    }
    params.last().and_then(|&param| model.file.tree.binding(param))
}

fn is_stream_option(model: &Model<'_>, func: FuncId) -> bool {
    let tree = &model.file.tree;
    let object = tree.parent(model.file.function(func).node).and_then(|prop| tree.parent(prop));
    object.is_some_and(|object| tree.kind(object) == Kind::Object && tree.argument_of(object).is_some())
}

fn made_within(model: &Model<'_>, holder: &Place, node: NodeId) -> bool {
    match holder.root {
        Root::Binding(binding) => model.file.tree.contains(node, model.file.binding(binding).node),
        _ => false,
    }
}

/// Whether an expression holds a piece, or what was made of it: not its length, not a test of it.
fn derives(model: &Model<'_>, expr: NodeId, piece: BindingId, fuel: u32) -> bool {
    let Some(fuel) = fuel.checked_sub(1) else { return false };
    let tree = &model.file.tree;
    tree.subtree(expr).filter(|&node| tree.kind(node) == Kind::Identifier).any(|node| {
        let Some(binding) = model.file.binding_of(node) else { return false };
        // Its length is a number, and so is one byte of it.
        let measured = tree.parent(node).is_some_and(|parent| match tree.kind(parent) {
            Kind::Member => matches!(tree.name(parent), Some("length" | "byteLength" | "size")),
            Kind::Index => tree.first(parent) == Some(node),
            _ => false,
        });
        !measured
            && (binding == piece
                || model.file.binding(binding).values.iter().any(|&value| derives(model, value, piece, fuel)))
    })
}

/// Whether an expression names what `stream.read()` gave.
fn reads(model: &Model<'_>, expr: NodeId) -> bool {
    let tree = &model.file.tree;
    let is_read = |value: NodeId| tree.method_call(value).is_some_and(|(_, method)| method == "read");
    tree.subtree(expr).any(|node| {
        is_read(node)
            || model
                .file
                .binding_of(node)
                .is_some_and(|binding| model.file.binding(binding).values.iter().any(|&value| is_read(value)))
    })
}

/// Whether the pieces are used up while the stream still runs: the holder is cut or replaced by something other than
/// what ends the reading.
#[must_use]
pub fn is_consumed(
    model: &Model<'_>,
    registrations: &[Registration],
    ops: &[CollectionOp],
    reading: &Reading,
    holder: &Place,
) -> bool {
    let tree = &model.file.tree;
    ops.iter().any(|op| {
        let takes = match op.op {
            Op::Release => true,
            Op::Reset => op.value.is_none_or(|value| !concatenates(model, holder, value)),
            _ => false,
        };
        // What starts a new reading is the same collection begun anew.
        let starts = op.func == reading.func && !tree.contains(reading.each, op.node)
            || model.constructs(op.func).is_some();
        takes && op.holder == *holder && !starts && !is_end(model, registrations, op.func)
    })
}

/// Whether a function runs when the stream is over.
fn is_end(model: &Model<'_>, registrations: &[Registration], func: FuncId) -> bool {
    registrations.iter().any(|registration| {
        model.function_of(registration.listener).is_some_and(|handler| model.file.is_within(func, handler))
            && matches!(&registration.event, Identity::Constant(event)
                if matches!(event.as_str(), "end" | "close" | "error" | "finish" | "aborted" | "exit"))
    })
}

/// What limits the holder of a reading.
#[must_use]
pub fn limit(model: &Model<'_>, accesses: &Accesses, reading: &Reading, op: &CollectionOp) -> Limit {
    let mut answer = Limit::None;
    for node in code_run(model, reading.each, 2) {
        if !is_size_test(model, accesses, node, &op.holder) {
            continue;
        }
        match effect(model, reading, node, op) {
            Limit::Holds => return Limit::Holds,
            found => answer = found,
        }
    }
    answer
}

/// The nodes of what runs for each piece, and of the functions of the file that it calls.
fn code_run(model: &Model<'_>, each: NodeId, fuel: u32) -> Vec<NodeId> {
    let tree = &model.file.tree;
    let mut out: Vec<NodeId> = tree.subtree(each).collect();
    let Some(fuel) = fuel.checked_sub(1) else { return out };
    let called: Vec<FuncId> = out
        .iter()
        .filter_map(|&node| tree.callee(node))
        .filter_map(|callee| model.function_of(callee))
        .collect();
    for func in called {
        let node = model.file.function(func).node;
        if !tree.contains(each, node) && !tree.contains(node, each) {
            out.extend(code_run(model, node, fuel));
        }
    }
    out
}

/// A comparison of a size of the holder, or of a count that the same code keeps.
fn is_size_test(model: &Model<'_>, accesses: &Accesses, node: NodeId, holder: &Place) -> bool {
    let tree = &model.file.tree;
    let is_order = matches!(
        tree.binary_op(node),
        Some(BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual)
    );
    is_order
        && tree.subtree(node).any(|part| match tree.kind(part) {
            Kind::Member if measures(model, part, holder) => true,
            Kind::Identifier if is_announced(model, part, holder) => true,
            Kind::Identifier | Kind::Member | Kind::Index => is_counted(accesses, &model.file.place(part)),
            Kind::Update => true,
            _ => false,
        })
}

/// A number that was read out of what is kept: `const size = buffer.readUInt32BE(0)`.
fn is_announced(model: &Model<'_>, name: NodeId, holder: &Place) -> bool {
    let value = model.file.value_of(name);
    let read = value.and_then(|value| model.file.tree.method_call(value));
    read.is_some_and(|(of, method)| method.starts_with("read") && model.file.place(of) == *holder)
}

/// `chunks.length`
fn measures(model: &Model<'_>, member: NodeId, holder: &Place) -> bool {
    let tree = &model.file.tree;
    let is_size = matches!(tree.name(member), Some("length" | "byteLength" | "size"));
    let of = tree.first(member).filter(|_| is_size);
    of.is_some_and(|object| model.file.place(object) == *holder || is_joined(model, object, holder))
}

/// `Buffer.concat(chunks)`, `chunks.join('')`.
fn is_joined(model: &Model<'_>, expr: NodeId, holder: &Place) -> bool {
    let tree = &model.file.tree;
    let named = model.file.value_of(expr);
    let expr = named.unwrap_or(expr);
    tree.is_call(expr) && tree.subtree(expr).any(|node| model.file.place(node) == *holder)
}

/// Whether something is added to a variable or field again and again.
#[must_use]
pub fn is_counted(accesses: &Accesses, place: &Place) -> bool {
    !matches!(place.root, Root::Value(_))
        && accesses.of(place).any(|access| matches!(access.usage, Usage::Updated(_)))
}

/// What a test does about the next piece.
fn effect(model: &Model<'_>, reading: &Reading, test: NodeId, op: &CollectionOp) -> Limit {
    let tree = &model.file.tree;
    let mut child = test;
    for parent in tree.ancestors(test) {
        match tree.kind(parent) {
            Kind::Logical | Kind::Unary | Kind::Binary => {}
            Kind::If | Kind::Conditional if tree.node(child).slot == 0 => {
                return branch_effect(model, reading, (test, parent), op);
            }
            // `while (buffer.length >= 4)` takes out what is whole.
            Kind::While | Kind::DoWhile | Kind::For => return Limit::None,
            // The outcome is named, returned or handed on.
            _ => return Limit::Holds,
        }
        child = parent;
    }
    Limit::Holds
}

fn branch_effect(
    model: &Model<'_>,
    reading: &Reading,
    (test, branch): (NodeId, NodeId),
    op: &CollectionOp,
) -> Limit {
    let tree = &model.file.tree;
    let is_around = tree.children(branch).skip(1).any(|side| tree.contains(side, op.node));
    let leaves_first = branch < op.node
        && tree
            .child(branch, 1)
            .is_some_and(|then| guard::always_leaves(model, then) || leaves_loop(model, then));
    if is_around || leaves_first {
        return Limit::Holds;
    }
    // `if (buffer.length < 4) return;` waits for more.
    if is_small(model, test, &op.holder) && tree.child(branch, 2).is_none() {
        return Limit::None;
    }
    let inside: Vec<NodeId> = tree.children(branch).skip(1).flat_map(|side| tree.subtree(side)).collect();
    let takes = |&node: &NodeId| takes(model, node, &op.holder);
    let replaces = |&node: &NodeId| match tree.kind(node) {
        Kind::Assign => {
            tree.first(node).is_some_and(|target| model.file.place(target).starts_with(&op.holder))
        }
        _ => matches!(tree.method_call(node), Some((of, "splice" | "shift" | "pop"))
            if model.file.place(of) == op.holder),
    };
    // What is whole is read where it stands: that limits nothing.
    if inside.iter().any(takes) && !inside.iter().any(replaces) {
        return Limit::None;
    }
    let stops = inside.iter().any(|&node| stops(model, reading, node));
    if stops { Limit::Holds } else { Limit::Ignored(branch) }
}

/// Whether a node ends a reading, or does more about it than tell.
fn stops(model: &Model<'_>, reading: &Reading, node: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(node) {
        Kind::Throw => true,
        // A loop inside the reading ends with it, and the reading goes on.
        Kind::Break => left_by_break(model, node) == Some(reading.each),
        // In a loop a return ends the reading; in a handler only this call of it.
        Kind::Return => !reading.is_by_event(model) && tree.func(node) == tree.func(reading.each),
        Kind::Call => tree
            .callee(node)
            .and_then(|callee| model.callee_name(callee))
            .is_none_or(|name| !only_tells(name)),
        _ => false,
    }
}

/// The loop or branch that a `break` leaves.
fn left_by_break(model: &Model<'_>, node: NodeId) -> Option<NodeId> {
    let tree = &model.file.tree;
    tree.ancestors(node).find(|&around| {
        matches!(
            tree.kind(around),
            Kind::For
                | Kind::ForOf
                | Kind::ForIn
                | Kind::While
                | Kind::DoWhile
                | Kind::Switch
                | Kind::Function
        )
    })
}

/// Whether a comparison holds while there is little: `buffer.length < 4`, `4 + size > buffer.length - offset`.
fn is_small(model: &Model<'_>, test: NodeId, holder: &Place) -> bool {
    let tree = &model.file.tree;
    let side = match tree.binary_op(test) {
        Some(BinaryOp::Less | BinaryOp::LessEqual) => tree.first(test),
        Some(BinaryOp::Greater | BinaryOp::GreaterEqual) => tree.child(test, 1),
        _ => None,
    };
    let is_size = |node: NodeId| tree.kind(node) == Kind::Member && measures(model, node, holder);
    side.is_some_and(|side| tree.subtree(side).any(is_size))
}

/// Whether a call is handed what is kept, or a part of it.
fn takes(model: &Model<'_>, call: NodeId, holder: &Place) -> bool {
    let tree = &model.file.tree;
    let is_part = |node: NodeId| {
        let of = tree.method_call(node).map_or(node, |(object, _)| object);
        model.file.place(of) == *holder
    };
    tree.kind(call) == Kind::Call && tree.args(call).any(is_part)
}

fn leaves_loop(model: &Model<'_>, statement: NodeId) -> bool {
    let tree = &model.file.tree;
    match tree.kind(statement) {
        Kind::Break | Kind::Continue => true,
        Kind::Block => tree.last_child(statement).is_some_and(|last| leaves_loop(model, last)),
        _ => false,
    }
}

/// Calls that say that there is too much and leave the stream running.
fn only_tells(name: &str) -> bool {
    matches!(
        name,
        "reject"
            | "cb"
            | "callback"
            | "next"
            | "done"
            | "log"
            | "warn"
            | "error"
            | "debug"
            | "info"
            | "Error"
            | "concat"
            | "createError"
            | "byteLength"
            | "toString"
    )
}
