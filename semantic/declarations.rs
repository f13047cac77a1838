//! What a declaration file says of what it declares, reduced to names: what a class inherits from, what functions and
//! methods return, what constants and fields are. `semantic/syntax` reads it, the link follows it.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::collections::hash_map::Entry;

/// The rows of one file. Names within namespaces, and statics of classes, are dotted: `Server.Socket`.
#[derive(Default, Debug)]
pub struct Declarations {
    /// What classes and interfaces inherit from, and what aliases stand for.
    pub types: FxHashMap<Box<str>, Types>,
    /// Classes, functions and constants.
    pub values: FxHashMap<Box<str>, Value>,
    /// The members of instances, `Client#connect`; `Maker#()` is what calling or constructing one gives.
    pub members: FxHashMap<Box<str>, Value>,
    /// Names of namespaces.
    pub namespaces: FxHashSet<Box<str>>,
    /// Imported names.
    pub imports: FxHashMap<Box<str>, Source>,
    /// Exported names; `=` is what the module is as a whole.
    pub exports: FxHashMap<Box<str>, Exported>,
    /// Modules all of whose exports are exported.
    pub stars: Vec<Box<str>>,
}

/// What a type may be: the parts of an intersection, the bases of a class; empty if nothing is known.
pub type Types = SmallVec<[TypeName; 1]>;

/// A type as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeName {
    /// Its name, dotted.
    pub name: Box<str>,
    /// The namespace that it is written in.
    pub within: Box<str>,
    /// `typeof name`
    pub of_value: bool,
}

/// What a name stands for at run time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A class.
    Class,
    /// A function that returns this.
    Function(Types),
    /// Something of this type.
    Constant(Types),
}

/// A name of another module, or that module as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// As it is written.
    pub specifier: Box<str>,
    /// None: the module.
    pub name: Option<Box<str>>,
}

/// What an exported name is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exported {
    /// A name of this file.
    Local(Box<str>),
    /// One of another.
    From(Source),
}

/// Adds a value. Of overloads that return different things nothing is known.
pub(crate) fn add_value(rows: &mut FxHashMap<Box<str>, Value>, name: String, value: Value) {
    match rows.entry(name.into()) {
        Entry::Vacant(free) => {
            free.insert(value);
        }
        Entry::Occupied(mut known) => {
            if let (Value::Function(known), Value::Function(returns)) = (known.get_mut(), value)
                && *known != returns
            {
                known.clear();
            }
        }
    }
}
