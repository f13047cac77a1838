//! Values that come out alike whenever they are built: what they are made of, and what building one costs.

use crate::index::{BindingId, FuncId, NodeId};
use crate::model::{Model, Ty};
use crate::place::{Place, Root};
use crate::tables::BindingKind;
use crate::tree::{Kind, UnaryOp, flag};

/// What kind of table a constant value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// An object literal.
    Object,
    /// An array literal with at least one element that is not a plain constant.
    Array,
    /// An array of plain constants: engines share its elements between copies.
    SharedArray,
    /// `new Map([…])`
    Map,
    /// `new Set([…])`
    Set,
}

/// What building a constant value once takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recipe {
    /// What it is.
    pub table: Table,
    /// Its own entries.
    pub entries: u32,
    /// Entries that are objects, arrays or functions of their own.
    pub compound: u32,
    /// How deep objects nest; one for a flat table.
    pub levels: u8,
    /// Objects allocated, itself among them.
    pub objects: u32,
    /// Bytes allocated, by the measured sizes of 64-bit engines.
    pub bytes: u32,
    /// Only literals: nothing in it names a variable.
    pub is_literal: bool,
}

/// A value inside a table.
#[derive(Clone, Copy)]
struct Part {
    levels: u8,
    objects: u32,
    bytes: u32,
    is_literal: bool,
    is_plain: bool,
}

impl Part {
    const LEAF: Self = Self { levels: 0, objects: 0, bytes: 0, is_literal: true, is_plain: true };
    const NAME: Self = Self { is_literal: false, is_plain: false, ..Self::LEAF };

    /// One object of its own that nobody looks into.
    const fn object(bytes: u32) -> Self {
        Self { levels: 0, objects: 1, bytes, is_literal: true, is_plain: false }
    }
}

/// An object: its header, and a word for each property.
const OBJECT: u32 = 24;
const WORD: u32 = 8;
/// An array whose elements are shared with the literal's first copy.
const SHARED_ARRAY: u32 = 32;
/// An array with elements of its own, without them.
const ARRAY: u32 = 48;
const FUNCTION: u32 = 64;
const REGEX: u32 = 80;
/// Hash tables: measured per entry of a table built from a literal, the pairs included.
const MAP: u32 = 140;
const MAP_ENTRY: u32 = 115;
const SET: u32 = 110;
const SET_ENTRY: u32 = 54;

/// The recipe of an expression that gives an equal value each time it runs; none if anything in it may differ.
#[must_use]
pub fn recipe(model: &Model<'_>, node: NodeId) -> Option<Recipe> {
    let tree = &model.file.tree;
    match tree.kind(node) {
        Kind::Object => object(model, node, 8),
        Kind::Array => array(model, node, 8),
        Kind::New => hash_table(model, node, 8),
        Kind::Call => frozen(model, node).and_then(|inner| recipe(model, inner)),
        _ => None,
    }
}

/// Whether an expression gives an equal value each time it runs, whatever it is.
#[must_use]
pub fn is_constant(model: &Model<'_>, node: NodeId) -> bool {
    part(model, node, 8).is_some()
}

/// The literal inside `Object.freeze(…)`.
#[must_use]
pub fn frozen(model: &Model<'_>, call: NodeId) -> Option<NodeId> {
    let callee = model.file.tree.callee(call)?;
    (model.api_path(callee).as_deref() == Some("Object.freeze"))
        .then(|| model.file.tree.arg(call, 0))
        .flatten()
}

/// The largest constant table that an expression is part of, if it is not one itself.
#[must_use]
pub fn is_part_of_table(model: &Model<'_>, node: NodeId) -> bool {
    let tree = &model.file.tree;
    let Some(parent) = tree.parent(node) else { return false };
    match tree.kind(parent) {
        Kind::Property | Kind::Array => true,
        Kind::New => table_of(model, parent).is_some() && tree.arg(parent, 0) == Some(node),
        Kind::Call => frozen(model, parent) == Some(node) || is_entries(model, parent),
        _ => false,
    }
}

fn object(model: &Model<'_>, node: NodeId, fuel: u32) -> Option<Recipe> {
    let tree = &model.file.tree;
    let mut out = empty(Table::Object, OBJECT);
    for prop in tree.children(node) {
        let is_pair = matches!(tree.kind(prop), Kind::Property | Kind::Method);
        if !is_pair
            || tree.has(prop, flag::GETTER)
            || tree.has(prop, flag::SETTER)
            || tree.name(prop) == Some("__proto__")
        {
            return None;
        }
        if tree.name_id(prop).is_none() && !is_computed_constant(model, prop, fuel) {
            return None;
        }
        out.take(part(model, tree.last_child(prop)?, fuel)?);
        out.bytes = out.bytes.saturating_add(WORD);
    }
    Some(out)
}

fn is_computed_constant(model: &Model<'_>, prop: NodeId, fuel: u32) -> bool {
    model.file.tree.first(prop).is_some_and(|key| part(model, key, fuel).is_some_and(|key| key.objects == 0))
}

fn array(model: &Model<'_>, node: NodeId, fuel: u32) -> Option<Recipe> {
    let tree = &model.file.tree;
    let mut out = empty(Table::SharedArray, ARRAY);
    for element in tree.children(node).filter(|&element| tree.kind(element) != Kind::Empty) {
        let part = part(model, element, fuel)?;
        if !part.is_plain {
            out.table = Table::Array;
        }
        out.take(part);
        out.bytes = out.bytes.saturating_add(WORD);
    }
    if out.table == Table::SharedArray {
        out.bytes = SHARED_ARRAY;
    }
    Some(out)
}

fn empty(table: Table, bytes: u32) -> Recipe {
    Recipe { table, entries: 0, compound: 0, levels: 1, objects: 1, bytes, is_literal: true }
}

impl Recipe {
    fn take(&mut self, part: Part) {
        self.entries = self.entries.saturating_add(1);
        self.compound = self.compound.saturating_add(u32::from(part.objects > 0));
        self.levels = self.levels.max(part.levels.saturating_add(1));
        self.objects = self.objects.saturating_add(part.objects);
        self.bytes = self.bytes.saturating_add(part.bytes);
        self.is_literal &= part.is_literal;
    }

    fn as_part(self) -> Part {
        let Self { levels, objects, bytes, is_literal, .. } = self;
        Part { levels, objects, bytes, is_literal, is_plain: false }
    }
}

/// `new Map([…])` and `new Set([…])` over constants.
fn hash_table(model: &Model<'_>, node: NodeId, fuel: u32) -> Option<Recipe> {
    let table = table_of(model, node)?;
    let tree = &model.file.tree;
    let fuel = fuel.checked_sub(1)?;
    let source = tree.arg(node, 0)?;
    if tree.args(node).count() != 1 {
        return None;
    }
    let inner = match tree.kind(source) {
        Kind::Array => array(model, source, fuel)?,
        Kind::Call if is_entries(model, source) => object(model, tree.arg(source, 0)?, fuel)?,
        _ => named_array(model, source, fuel)?,
    };
    let (base, each) = if table == Table::Map { (MAP, MAP_ENTRY) } else { (SET, SET_ENTRY) };
    // The pairs of a map are there for the constructor only: what they hold is one level less deep.
    let levels = if table == Table::Map { inner.levels.saturating_sub(1).max(1) } else { inner.levels };
    Some(Recipe {
        table,
        levels,
        objects: inner.objects.saturating_add(1),
        bytes: each
            .saturating_mul(inner.entries)
            .saturating_add(base)
            .saturating_add(inner.compound_bytes(table)),
        ..inner
    })
}

impl Recipe {
    /// What nested values add to the measured cost of an entry.
    fn compound_bytes(self, table: Table) -> u32 {
        let pairs = if table == Table::Map { self.entries } else { 0 };
        let own = self.objects.saturating_sub(1).saturating_sub(pairs);
        own.saturating_mul(FUNCTION)
    }
}

/// A constant array of the module: `new Set(NAMES)`.
fn named_array(model: &Model<'_>, source: NodeId, fuel: u32) -> Option<Recipe> {
    let binding = model.file.binding_of(source)?;
    let row = model.file.binding(binding);
    let value = model.file.sole_value(binding)?;
    let is_array = row.func == FuncId::MODULE && model.file.tree.kind(value) == Kind::Array;
    let inner = is_array.then(|| array(model, value, fuel)).flatten()?;
    Some(Recipe { is_literal: false, ..inner })
}

fn table_of(model: &Model<'_>, node: NodeId) -> Option<Table> {
    let tree = &model.file.tree;
    if tree.kind(node) != Kind::New {
        return None;
    }
    match model.file.global_of(tree.callee(node)?)? {
        "Map" => Some(Table::Map),
        "Set" => Some(Table::Set),
        _ => None,
    }
}

/// `Object.entries({…})`
fn is_entries(model: &Model<'_>, call: NodeId) -> bool {
    let tree = &model.file.tree;
    tree.callee(call).and_then(|callee| model.api_path(callee)).as_deref() == Some("Object.entries")
        && tree.arg(call, 0).is_some_and(|arg| tree.kind(arg) == Kind::Object)
}

fn part(model: &Model<'_>, node: NodeId, fuel: u32) -> Option<Part> {
    let fuel = fuel.checked_sub(1)?;
    let tree = &model.file.tree;
    match tree.kind(node) {
        Kind::String | Kind::Number | Kind::Bool | Kind::Null | Kind::BigInt => Some(Part::LEAF),
        Kind::Regex => is_stateless(model, node).then_some(Part::object(REGEX)),
        Kind::Object => object(model, node, fuel).map(Recipe::as_part),
        Kind::Array => array(model, node, fuel).map(Recipe::as_part),
        Kind::New => hash_table(model, node, fuel).map(Recipe::as_part),
        Kind::Call => part(model, frozen(model, node)?, fuel),
        Kind::Function => captures_nothing(model, node).then_some(Part::object(FUNCTION)),
        Kind::Identifier => name(model, node),
        Kind::Member => member(model, node),
        Kind::Unary if tree.unary_op(node) != Some(UnaryOp::Delete) => {
            let inner = part(model, tree.first(node)?, fuel)?;
            (inner.objects == 0).then_some(inner)
        }
        Kind::Binary | Kind::Template => {
            let parts: Option<Vec<Part>> = tree.children(node).map(|side| part(model, side, fuel)).collect();
            let parts = parts?;
            let is_literal = parts.iter().all(|part| part.is_literal);
            parts.iter().all(|part| part.objects == 0).then_some(Part { is_literal, ..Part::NAME })
        }
        _ => None,
    }
}

/// A regular expression with `g` or `y` remembers where it stopped: two users of one would see each other.
fn is_stateless(model: &Model<'_>, node: NodeId) -> bool {
    let span = model.file.tree.span(node);
    let text = model.file.text.get(span.start as usize..span.end as usize).unwrap_or("/g");
    let flags = text.rsplit_once('/').map_or("g", |(_, flags)| flags);
    !flags.contains(['g', 'y'])
}

/// A name that means the same value for as long as the module is loaded.
fn name(model: &Model<'_>, node: NodeId) -> Option<Part> {
    if let Some(global) = model.file.global_of(node) {
        let is_known =
            matches!(global, "undefined" | "NaN" | "Infinity") || global.starts_with(char::is_uppercase);
        return is_known.then_some(Part::NAME);
    }
    is_settled(model, model.file.binding_of(node)?).then_some(Part::NAME)
}

/// Whether a binding belongs to the module and is never given another value.
#[must_use]
pub fn is_settled(model: &Model<'_>, binding: BindingId) -> bool {
    let row = model.file.binding(binding);
    if row.func != FuncId::MODULE {
        return false;
    }
    match row.kind {
        BindingKind::Import | BindingKind::Function | BindingKind::Class | BindingKind::Enum => true,
        BindingKind::Const => true,
        BindingKind::Var | BindingKind::Let => model.file.sole_value(binding).is_some(),
        BindingKind::Using | BindingKind::Param | BindingKind::Catch => false,
    }
}

/// `Math.PI`, `Status.Active`, `limits.MAX`, a function of a module: not a field that anybody might set.
fn member(model: &Model<'_>, node: NodeId) -> Option<Part> {
    let place = model.file.place(node);
    let is_rooted = match place.root {
        Root::Global(name) => model.file.tree.text(name).starts_with(char::is_uppercase),
        Root::Module(_) => true,
        Root::Binding(binding) => is_settled(model, binding),
        _ => false,
    };
    (is_rooted && (is_named_constant(model, &place) || matches!(model.ty(node), Ty::Function(_))))
        .then_some(Part::NAME)
}

/// The last name is written as constants and enum members are.
fn is_named_constant(model: &Model<'_>, place: &Place) -> bool {
    let Some(name) = place.last_field() else { return false };
    let name = model.file.tree.text(name);
    let is_enum = model.ty_of_root(place) == Ty::Finite;
    is_enum || name.starts_with(char::is_uppercase)
}

/// Whether a function sees nothing that differs from one run of its surroundings to the next.
fn captures_nothing(model: &Model<'_>, node: NodeId) -> bool {
    let Some(func) = model.file.tree.function(node) else { return false };
    let row = model.file.function(func);
    if row.uses_this || row.has_eval {
        return false;
    }
    let tree = &model.file.tree;
    tree.subtree(node).all(|inner| match tree.kind(inner) {
        Kind::Identifier => match model.file.binding_of(inner) {
            Some(binding) => {
                let row = model.file.binding(binding);
                row.func == FuncId::MODULE || model.file.is_within(row.func, func)
            }
            None => model.file.global_of(inner) != Some("arguments"),
        },
        Kind::Super | Kind::MetaProperty => false,
        _ => true,
    })
}

impl Model<'_> {
    /// What the root of a place is.
    fn ty_of_root(&self, place: &Place) -> Ty {
        self.place_ty(&Place::root(place.root))
    }
}

/// The value of a number that is written out: `60 * 1000`, `LIMIT`, `-1`.
#[must_use]
pub fn number(model: &Model<'_>, node: NodeId) -> Option<f64> {
    number_within(model, node, 6)
}

fn number_within(model: &Model<'_>, node: NodeId, fuel: u32) -> Option<f64> {
    let fuel = fuel.checked_sub(1)?;
    let tree = &model.file.tree;
    match tree.kind(node) {
        Kind::Number => tree.number(node),
        Kind::Identifier => number_within(model, model.file.sole_value(model.file.binding_of(node)?)?, fuel),
        Kind::Unary if tree.unary_op(node) == Some(UnaryOp::Minus) => {
            number_within(model, tree.first(node)?, fuel).map(|value| -value)
        }
        Kind::Binary => {
            let (left, right) = (tree.first(node)?, tree.child(node, 1)?);
            let of = |side| number_within(model, side, fuel);
            match operator(model, left, right)? {
                "+" => Some(of(left)? + of(right)?),
                "-" => Some(of(left)? - of(right)?),
                "*" => Some(of(left)? * of(right)?),
                "/" => Some(of(left)? / of(right)?).filter(|value| value.is_finite()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What is written between two operands, without the parentheses around them: the tree does not tell all arithmetic apart.
fn operator<'m>(model: &Model<'m>, left: NodeId, right: NodeId) -> Option<&'m str> {
    let span = |node| model.file.tree.span(node);
    let between = model.file.text.get(span(left).end as usize..span(right).start as usize)?;
    Some(between.trim_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ')')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::syntax::{self, Language};
    use crate::tables::Lowered;

    fn lowered(text: &str) -> Lowered {
        syntax::lower(syntax::parse(text, Language::JavaScript).unwrap())
    }

    /// The recipe of what `const table` is given.
    fn recipe_of(text: &str) -> Option<Recipe> {
        let file = lowered(text);
        let catalog = Catalog::default();
        let model = Model::new(&file, &catalog);
        let row = file.bindings.iter().find(|row| file.tree.text(row.name) == "table").unwrap();
        recipe(&model, row.values[0])
    }

    #[test]
    fn numbers_are_what_their_arithmetic_gives() {
        let number_of = |text: &str| {
            let file = lowered(&format!("const second = 1_000; const n = {text}"));
            let catalog = Catalog::default();
            let row = file.bindings.iter().find(|row| file.tree.text(row.name) == "n").unwrap();
            number(&Model::new(&file, &catalog), row.values[0])
        };
        assert_eq!(number_of("5 * second + 1000"), Some(6_000.0));
        assert_eq!(number_of("(second - 400) * (1 + 1)"), Some(1_200.0));
        assert_eq!(number_of("second / 4"), Some(250.0));
        assert_eq!(number_of("-second"), Some(-1_000.0));
        assert_eq!(number_of("second / 0"), None);
        assert_eq!(number_of("second % 3"), None);
        assert_eq!(number_of("second + later"), None);
    }

    #[test]
    fn sizes_are_those_measured() {
        let flat = recipe_of("const table = {a: 1, b: 2, c: 3, d: 4, e: 5}").unwrap();
        assert_eq!((flat.bytes, flat.objects, flat.levels), (64, 1, 1));
        let list = recipe_of("const table = ['a', 'b', 'c']").unwrap();
        assert_eq!((list.table, list.bytes), (Table::SharedArray, 32));
        let map =
            recipe_of("const table = new Map([['a', 1], ['b', 2], ['c', 3], ['d', 4], ['e', 5]])").unwrap();
        assert_eq!((map.entries, map.bytes), (5, 715));
        let nested = recipe_of("const table = {a: {x: 1}, b: {x: 2}}").unwrap();
        assert_eq!((nested.compound, nested.levels, nested.objects), (2, 2, 3));
    }

    #[test]
    fn what_may_differ_is_no_constant() {
        for text in [
            "const table = {a: now()}",
            "const table = {...rest}",
            "const table = {get a() { return 1 }}",
            "const table = {a: /x/g}",
            "const table = {a: config.port}",
            "const table = {a() { return this.b }}",
        ] {
            assert!(recipe_of(text).is_none(), "{text}");
        }
        assert!(recipe_of("const table = {a: /x/i, b: Status.Open, c: (x) => x + 1}").is_some());
        assert!(recipe_of("function f(x) { const table = {a: () => x} }").is_none());
    }
}
