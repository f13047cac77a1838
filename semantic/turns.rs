//! Loops that go on for as long as messages come, `for await (const message of subscription)`: their bodies run as often
//! as these do, like a callback that is handed to whoever sends them. What is kept of a file counts each body as a
//! function of its own.

use crate::catalog::{LibraryId, ModelType};
use crate::guard;
use crate::index::{BindingId, FuncId, NodeId};
use crate::model::Model;
use crate::rate::Rate;
use crate::tree::{Kind, Span, flag};

/// The body of such a loop.
pub struct Turn {
    /// What it stands in: a function, or another body.
    pub parent: FuncId,
    /// What it gives a name to, and its statements.
    parts: [Span; 2],
    /// The function of the file around it.
    around: FuncId,
    /// How often it runs.
    pub each: Rate,
    /// The sheet that says so.
    pub library: LibraryId,
    /// How a message names the way.
    pub label: String,
    /// The loop's source.
    pub source: Span,
}

impl Turn {
    /// The statements.
    #[must_use]
    pub fn body(&self) -> Span {
        self.parts[1]
    }
}

/// The bodies of such loops in a file, from outside inwards. Their ids come behind those of its functions.
pub struct Turns {
    functions: usize,
    rows: Vec<Turn>,
}

impl Turns {
    /// Those of a file.
    #[must_use]
    pub fn of(model: &Model<'_>) -> Self {
        let mut out = Self { functions: model.file.functions.len(), rows: Vec::new() };
        for &turn in model.awaited_loops() {
            let row = out.turn(model, turn);
            out.rows.extend(row);
        }
        out
    }

    fn turn(&self, model: &Model<'_>, turn: NodeId) -> Option<Turn> {
        let tree = &model.file.tree;
        let (source, of) = source(model, turn)?;
        let part = |at| tree.child(turn, at).map(|node| tree.span(node));
        let (body, around) = (part(2)?, tree.func(turn));
        Some(Turn {
            parent: self.func_at(around, body),
            parts: [part(0)?, body],
            around,
            each: of.each?,
            library: of.library,
            label: format!("for await of `{}`", model.file.display(&model.file.place(source))),
            source: tree.span(source),
        })
    }

    /// What runs a node of a function: the body of the innermost such loop around it, or the function.
    #[must_use]
    pub fn func_at(&self, func: FuncId, at: Span) -> FuncId {
        let holds = |part: &Span| part.start <= at.start && at.end <= part.end;
        let innermost =
            self.rows.iter().rposition(|turn| turn.around == func && turn.parts.iter().any(holds));
        innermost.map_or(func, |turn| FuncId::from_index(self.functions + turn))
    }

    /// Each of them, with its id.
    pub fn iter(&self) -> impl Iterator<Item = (FuncId, &Turn)> {
        let id = |(at, turn)| (FuncId::from_index(self.functions + at), turn);
        self.rows.iter().enumerate().map(id)
    }
}

/// What a `for await` takes one after the other, and its type, if rows say how often that comes.
fn source<'a>(model: &Model<'a>, turn: NodeId) -> Option<(NodeId, &'a ModelType)> {
    let source = model.file.tree.child(turn, 1)?;
    let of = model.model_of(model.ty(source)).map(|of| model.catalog.model(of))?;
    (of.each.is_some() && !is_of_finite(model, source)).then_some((source, of))
}

/// `createInterface({ input: createReadStream(path) })`: what is made of something that ends, ends with it.
fn is_of_finite(model: &Model<'_>, source: NodeId) -> bool {
    let tree = &model.file.tree;
    let value = model.file.value_of(source);
    let made = value.unwrap_or(source);
    let is_finite =
        |node: NodeId| model.model_of(model.ty(node)).is_some_and(|of| model.catalog.model(of).finite);
    let options = |arg: NodeId| {
        let properties = tree.children(arg).filter(move |_| tree.kind(arg) == Kind::Object);
        properties.filter_map(|property| tree.last_child(property))
    };
    tree.is_call(made) && tree.args(made).any(|arg| is_finite(arg) || options(arg).any(is_finite))
}

/// Whether a variable stays when the loop over messages around a node of the same function comes to its next turn.
#[must_use]
pub fn is_kept_by_turns(model: &Model<'_>, binding: BindingId, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let declared = model.file.binding(binding).span;
    let mut around = tree.within_function(node);
    around.any(|turn| {
        let is_outside = || declared.start < tree.span(turn).start;
        is_turn(model, turn) && is_outside() && source(model, turn).is_some()
    })
}

/// Whether a variable is another in each turn of a loop over messages.
#[must_use]
pub fn is_of_turn(model: &Model<'_>, binding: BindingId) -> bool {
    let mut around = model.file.tree.within_function(model.file.binding(binding).node);
    around.any(|turn| is_turn(model, turn) && source(model, turn).is_some())
}

fn is_turn(model: &Model<'_>, node: NodeId) -> bool {
    model.file.tree.kind(node) == Kind::ForOf && model.file.tree.has(node, flag::AWAIT)
}

/// Whether a node is run many times for each run of what it stands in: the body of a loop over messages is one run each.
#[must_use]
pub fn is_looped(model: &Model<'_>, node: NodeId) -> bool {
    guard::enclosing_loop(model, node)
        .is_some_and(|turn| !is_turn(model, turn) || source(model, turn).is_none())
}
