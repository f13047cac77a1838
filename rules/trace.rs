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
        if let Some(list) = &self.list {
            list.borrow_mut().push(Dropped { rule, file, span, reason: reason() });
        }
    }

    /// What was noted.
    #[must_use]
    pub fn into_list(self) -> Vec<Dropped> {
        self.list.map(RefCell::into_inner).unwrap_or_default()
    }
}
