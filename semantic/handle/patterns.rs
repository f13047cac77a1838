//! How something is given back, and one place where it is.

use crate::index::{FuncId, NodeId};
use crate::place::Place;
use rustc_hash::FxHashSet;

/// How something is given back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleasePatterns {
    /// Functions that take it: `clearInterval`.
    pub functions: Vec<String>,
    /// Its own methods: `close`.
    pub methods: Vec<String>,
    /// It is itself a function that is called.
    pub called: bool,
    /// A loop over it ends it, however the loop is left.
    pub iterated: bool,
    /// A loop over it that is left ends it. The loop itself has no end.
    pub left: bool,
    /// Its own callback arms it anew.
    pub rearms: bool,
    /// It ends by itself after a while: one that is left behind is no matter, many are.
    pub expires: bool,
    /// The other side ends it too: that another takes its place says nothing.
    pub ends_itself: bool,
    /// It ends by itself soon enough: worth a word only where it is released on some ways and forgotten on others.
    pub only_if_sibling: bool,
    /// It ends by itself in no time: worth a word only where its owner ends others of its kind.
    pub is_short: bool,
    /// It ends by itself soon, but not before a component that is taken off the page meanwhile.
    pub lingers: bool,
    /// What ends it beside that, under no name of its own: the end of what it was taken from.
    pub with_owner: Vec<Release>,
    /// The names of methods and functions, where they are many.
    pub index: Option<Box<ReleaseNames>>,
}

/// Names by which things are given back, for lookup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseNames {
    methods: FxHashSet<String>,
    /// The last names of the functions.
    functions: FxHashSet<String>,
}

impl ReleasePatterns {
    /// The same patterns, made ready to be asked often.
    #[must_use]
    pub(crate) fn indexed(mut self) -> Self {
        let functions = self.functions.iter().map(|function| last_name(function).to_owned()).collect();
        self.index =
            Some(Box::new(ReleaseNames { methods: self.methods.iter().cloned().collect(), functions }));
        self
    }

    /// Whether a method of this name gives it back.
    #[must_use]
    pub fn is_method(&self, name: &str) -> bool {
        match &self.index {
            Some(index) => index.methods.contains(name),
            None => self.methods.iter().any(|method| method == name),
        }
    }

    /// Whether a function of this name, wherever it is found, gives it back.
    #[must_use]
    pub fn is_function(&self, name: &str) -> bool {
        match &self.index {
            Some(index) => index.functions.contains(name),
            None => self.functions.iter().any(|function| last_name(function) == name),
        }
    }

    /// Reads the patterns of a row: `clearInterval(_)`, `_.close()`, `_.part.close()`, `_()`, `for await (_)`, `for await (_) break`.
    #[must_use]
    pub fn parse(rows: &[String]) -> Self {
        let mut out = Self::default();
        for row in rows {
            if row == "_()" {
                out.called = true;
            } else if row == "for await (_)" {
                out.iterated = true;
            } else if row == "for await (_) break" {
                out.left = true;
            } else if let Some(method) = row.strip_prefix("_.") {
                out.methods.push(method.trim_end_matches("()").to_owned());
            } else {
                out.functions.push(row.trim_end_matches("(_)").to_owned());
            }
        }
        out
    }
}

/// `b` of `a.b`.
fn last_name(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// One place where it is given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The call.
    pub node: NodeId,
    /// The function it stands in.
    pub func: FuncId,
    /// The name it is released under.
    pub place: Place,
}
