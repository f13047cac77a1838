//! What outlive knows about libraries: the sheets in this folder, and the format in which users write their own.
//!
//! The rows are described in `README.md` beside this file.

use outlive_semantic::catalog::{Catalog, CatalogError, Sheet};
use thiserror::Error;

/// The sheets that ship with outlive, sorted: file name and text.
pub const SHEETS: &[(&str, &str)] = &[
    ("angular.toml", include_str!("angular.toml")),
    ("astro.toml", include_str!("astro.toml")),
    ("bots.toml", include_str!("bots.toml")),
    ("bounded.toml", include_str!("bounded.toml")),
    ("browser.toml", include_str!("browser.toml")),
    ("build.toml", include_str!("build.toml")),
    ("caches.toml", include_str!("caches.toml")),
    ("cli.toml", include_str!("cli.toml")),
    ("clients.toml", include_str!("clients.toml")),
    ("components.toml", include_str!("components.toml")),
    ("construction.toml", include_str!("construction.toml")),
    ("databases.toml", include_str!("databases.toml")),
    ("desktop.toml", include_str!("desktop.toml")),
    ("dom.toml", include_str!("dom.toml")),
    ("ember.toml", include_str!("ember.toml")),
    ("emitters.toml", include_str!("emitters.toml")),
    ("express.toml", include_str!("express.toml")),
    ("fastify.toml", include_str!("fastify.toml")),
    ("graphics.toml", include_str!("graphics.toml")),
    ("graphql.toml", include_str!("graphql.toml")),
    ("grpc.toml", include_str!("grpc.toml")),
    ("h3.toml", include_str!("h3.toml")),
    ("hapi.toml", include_str!("hapi.toml")),
    ("headless.toml", include_str!("headless.toml")),
    ("hono.toml", include_str!("hono.toml")),
    ("javascript.toml", include_str!("javascript.toml")),
    ("jobs.toml", include_str!("jobs.toml")),
    ("koa.toml", include_str!("koa.toml")),
    ("messaging.toml", include_str!("messaging.toml")),
    ("nest.toml", include_str!("nest.toml")),
    ("next.toml", include_str!("next.toml")),
    ("node.toml", include_str!("node.toml")),
    ("plain.toml", include_str!("plain.toml")),
    ("react.toml", include_str!("react.toml")),
    ("realtime.toml", include_str!("realtime.toml")),
    ("registrations.toml", include_str!("registrations.toml")),
    ("remix.toml", include_str!("remix.toml")),
    ("serverless.toml", include_str!("serverless.toml")),
    ("subscriptions.toml", include_str!("subscriptions.toml")),
    ("sveltekit.toml", include_str!("sveltekit.toml")),
    ("system.toml", include_str!("system.toml")),
    ("tests.toml", include_str!("tests.toml")),
    ("vue.toml", include_str!("vue.toml")),
    ("web.toml", include_str!("web.toml")),
];

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

/// Compiles the shipped sheets and `extra` ones.
///
/// # Errors
///
/// The first sheet that cannot be read or names something unknown.
pub fn catalog(extra: &[Sheet]) -> Result<Catalog, ModelError> {
    let mut sheets = Vec::with_capacity(SHEETS.len() + extra.len());
    for (file, text) in SHEETS {
        sheets.push(parse(file, text)?);
    }
    sheets.extend(extra.iter().cloned());
    Ok(Catalog::compile(&sheets)?)
}

#[cfg(test)]
mod tests;
