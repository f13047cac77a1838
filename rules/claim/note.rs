//! Steps of a retention path, as the file of a claim tells them.

use crate::finding::{Retainer, Role};
use outlive_semantic::project::FileId;
use outlive_semantic::tree::Span;
use serde::{Deserialize, Serialize};

/// A step of the retention path inside the file of the claim.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    /// What it is.
    pub role: Role,
    /// What it says.
    pub message: String,
    /// Where.
    pub span: Span,
}

impl Note {
    /// The step, in the file of the claim.
    pub(crate) fn retainer(&self, file: FileId) -> Retainer {
        Retainer { role: self.role, message: self.message.clone(), file, span: self.span }
    }
}
