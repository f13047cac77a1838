//! Why something was not reported: what `outlive why` prints.

use outlive_semantic::project::FileId;
use outlive_semantic::tree::Span;
use std::cell::RefCell;

/// One candidate that was dropped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dropped {
    /// The rule.
    pub rule: &'static str,
    /// The file; none while the file itself is analysed.
    pub file: Option<FileId>,
    /// Where.
    pub span: Span,
    /// Which conjunct failed.
    pub reason: String,
    /// Where that can be seen, if it is elsewhere; without a file it is in the same one.
    pub seen: Option<(Option<FileId>, Span)>,
}

/// Collects dropped candidates, if anybody asked.
#[derive(Default)]
pub struct Trace {
    list: Option<RefCell<Vec<Dropped>>>,
}

impl Trace {
    /// A trace that remembers.
    #[must_use]
    pub fn listening() -> Self {
        Self { list: Some(RefCell::default()) }
    }

    /// Whether anybody asked.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.list.is_some()
    }

    /// Notes a dropped candidate. The reason is only put into words if anybody asked.
    pub fn dropped(
        &self,
        rule: &'static str,
        file: Option<FileId>,
        span: Span,
        reason: impl FnOnce() -> String,
    ) {
        self.note(|| Dropped { rule, file, span, reason: reason(), seen: None });
    }

    /// Notes a dropped candidate together with where the reason stands.
    pub fn note(&self, dropped: impl FnOnce() -> Dropped) {
        if let Some(list) = &self.list {
            list.borrow_mut().push(dropped());
        }
    }

    /// Runs what only tries something out: why its candidates are dropped is not worth a word.
    pub fn quietly<T>(&self, run: impl FnOnce() -> T) -> T {
        let known = self.list.as_ref().map(|list| list.borrow().len());
        let out = run();
        if let (Some(list), Some(known)) = (&self.list, known) {
            list.borrow_mut().truncate(known);
        }
        out
    }

    /// What was noted.
    #[must_use]
    pub fn into_list(self) -> Vec<Dropped> {
        self.list.map(RefCell::into_inner).unwrap_or_default()
    }
}
