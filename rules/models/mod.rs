//! What outlive knows about libraries: the sheets in `sheets`, and the format in which users write their own.
//!
//! The rows are described in `README.md` beside this file.

use outlive_semantic::catalog::{Catalog, CatalogError, Sheet};
use thiserror::Error;

/// The sheets that ship with outlive, sorted: file name, and what the build made of it. A run reads them in about a
/// quarter of the instructions that TOML takes.
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sheets.rs"));

/// The same as they are written.
#[cfg(test)]
const SHEETS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// Why a sheet cannot be used.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The text is not a sheet.
    #[error("{file}: {message}")]
    Syntax {
        /// Where it comes from.
        file: String,
        /// What the parser says, with line and column.
        message: String,
    },
    /// A row names something that does not exist.
    #[error(transparent)]
    Row(#[from] CatalogError),
}

/// Reads one sheet.
///
/// # Errors
///
/// The position and reason, if the text is not a sheet.
pub fn parse(file: &str, text: &str) -> Result<Sheet, ModelError> {
    toml::from_str(text)
        .map_err(|error| ModelError::Syntax { file: file.to_owned(), message: error.to_string() })
}

/// Reads one sheet as the build wrote it.
fn decode(file: &str, json: &str) -> Result<Sheet, ModelError> {
    serde_json::from_str(json)
        .map_err(|error| ModelError::Syntax { file: file.to_owned(), message: error.to_string() })
}

/// Compiles the shipped sheets and `extra` ones.
///
/// # Errors
///
/// The first sheet that cannot be read or names something unknown.
pub fn catalog(extra: &[Sheet]) -> Result<Catalog, ModelError> {
    let mut sheets = Vec::with_capacity(SHIPPED.len() + extra.len());
    for (file, json) in SHIPPED {
        sheets.push(decode(file, json)?);
    }
    sheets.extend(extra.iter().cloned());
    Ok(Catalog::compile(sheets)?)
}

#[cfg(test)]
mod tests;
