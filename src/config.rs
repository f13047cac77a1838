//! `outlive.toml`: what a project wants of outlive.

use crate::arguments::{Certainty, FailOn};
use crate::rulebook;
use outlive_rules::Severity;
use outlive_rules::models::{self, ModelError};
use outlive_semantic::catalog::Sheet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The names under which a config file is found.
const NAMES: &[&str] = &["outlive.toml", ".outlive.toml"];

/// A config file as it is written. The documentation comments are what `outlive init` writes.
#[derive(Deserialize, Serialize, Default, Clone, Debug)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    /// Only files that match one of these patterns are analysed; none means all.
    pub(crate) include: Vec<String>,
    /// Files that match one of these patterns are not.
    pub(crate) exclude: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confidence: Option<Certainty>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fail_on: Option<FailOn>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_warnings: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) baseline: Option<PathBuf>,
    /// Suppression comments must say why.
    pub(crate) require_reason: bool,
    /// Files with rows about libraries, relative to the config file.
    pub(crate) models: Vec<PathBuf>,
    /// By rule.
    pub(crate) rules: BTreeMap<String, RuleConfig>,
}

/// A level, or a table with more.
#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(
    untagged,
    expecting = "expected \"off\", \"info\", \"warning\", \"error\", or a table with `level` and `confidence`"
)]
pub(crate) enum RuleConfig {
    /// `leaked-timer = "error"`
    Level(Level),
    /// `leaked-timer = { level = "error", confidence = "high" }`
    Table(RuleTable),
}

/// Options of one rule.
#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RuleTable {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<Level>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confidence: Option<Certainty>,
}

/// How bad a project finds what a rule finds.
#[derive(Deserialize, Serialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Not reported.
    Off,
    /// See [`Severity::Info`].
    Info,
    /// See [`Severity::Warning`].
    Warning,
    /// See [`Severity::Error`].
    Error,
}

impl Level {
    /// The severity; none if the rule is off.
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Info => Some(Severity::Info),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

impl RuleConfig {
    /// The level, if it is set.
    pub(crate) fn level(&self) -> Option<Level> {
        match self {
            Self::Level(level) => Some(*level),
            Self::Table(table) => table.level,
        }
    }

    /// The confidence from which on findings are reported, if it is set.
    pub(crate) fn confidence(&self) -> Option<Certainty> {
        match self {
            Self::Level(_) => None,
            Self::Table(table) => table.confidence,
        }
    }
}

/// Why a config cannot be used.
#[derive(Debug, Error)]
pub(crate) enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is not TOML, or a value has the wrong type.
    #[error("{path}: {message}")]
    Syntax {
        /// The file.
        path: String,
        /// What the parser says, with line and column.
        message: String,
    },
    /// A key means nothing.
    #[error("{path}: there is no key `{key}`{hint}")]
    UnknownKey {
        /// The file.
        path: String,
        /// The key.
        key: String,
        /// The end of the sentence.
        hint: String,
    },
    /// A rule does not exist.
    #[error("{path}: no rule is called `{rule}`{hint}")]
    UnknownRule {
        /// The file.
        path: String,
        /// The name.
        rule: String,
        /// The end of the sentence.
        hint: String,
    },
    /// A pattern is malformed.
    #[error("{path}: the pattern `{pattern}` cannot be used: {error}")]
    Pattern {
        /// The file.
        path: String,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        error: ignore::Error,
    },
    /// A sheet of library rows is malformed.
    #[error(transparent)]
    Models(#[from] ModelError),
}

/// A config and where it comes from.
#[derive(Default, Clone, Debug)]
pub(crate) struct Found {
    pub(crate) config: Config,
    /// None if no file was found.
    pub(crate) file: Option<PathBuf>,
}

impl Found {
    /// The folder that paths in the config are relative to.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.file.as_deref().and_then(Path::parent)
    }

    /// The sheets that the config names.
    pub(crate) fn sheets(&self) -> Result<Vec<Sheet>, ConfigError> {
        let folder = self.folder().unwrap_or(Path::new(""));
        let read = |name: &PathBuf| {
            let path = folder.join(name);
            let shown = name.display().to_string();
            let text = std::fs::read_to_string(&path)
                .map_err(|error| ConfigError::Unreadable { path: shown.clone(), error })?;
            Ok(models::parse(&shown, &text)?)
        };
        self.config.models.iter().map(read).collect()
    }
}

/// The config that holds in a folder: the nearest one upward, up to the root of the repository.
pub(crate) fn discover(folder: &Path) -> Result<Found, ConfigError> {
    for ancestor in folder.ancestors() {
        for name in NAMES {
            let path = ancestor.join(name);
            if path.is_file() {
                return read(&path);
            }
        }
        if ancestor.join(".git").exists() {
            break;
        }
    }
    Ok(Found::default())
}

/// Reads a config file.
pub(crate) fn read(path: &Path) -> Result<Found, ConfigError> {
    let shown = path
        .file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::Unreadable { path: path.display().to_string(), error })?;
    let file = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Ok(Found { config: parse(&shown, &text)?, file: Some(file) })
}

const KEYS: &[&str] = &[
    "$schema",
    "include",
    "exclude",
    "confidence",
    "fail-on",
    "max-warnings",
    "baseline",
    "require-reason",
    "models",
    "rules",
];
const RULE_KEYS: &[&str] = &["level", "confidence"];

fn parse(path: &str, text: &str) -> Result<Config, ConfigError> {
    let syntax = |message: String| ConfigError::Syntax { path: path.to_owned(), message };
    let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| syntax(error.to_string()))?;
    check_keys(path, "", &table, KEYS)?;
    if let Some(toml::Value::Table(rules)) = table.get("rules") {
        check_rules(path, rules)?;
    }
    // For editors.
    table.remove("$schema");
    let text = if text.contains("$schema") { table.to_string() } else { text.to_owned() };
    // From the text, not from the table: so that errors have a line and a column.
    toml::from_str(&text).map_err(|error| syntax(error.to_string()))
}

fn check_keys(path: &str, above: &str, table: &toml::Table, known: &[&str]) -> Result<(), ConfigError> {
    let unknown = table.keys().find(|key| !known.contains(&key.as_str()));
    let Some(key) = unknown else { return Ok(()) };
    let hint = rulebook::nearest(key, known).map_or_else(
        || format!("; there are {}", known.join(", ")),
        |near| format!("; did you mean `{near}`?"),
    );
    Err(ConfigError::UnknownKey { path: path.to_owned(), key: format!("{above}{key}"), hint })
}

fn check_rules(path: &str, rules: &toml::Table) -> Result<(), ConfigError> {
    for (rule, value) in rules {
        if rulebook::find(rule).is_none() {
            let hint = rulebook::suggestion(rule);
            return Err(ConfigError::UnknownRule { path: path.to_owned(), rule: rule.clone(), hint });
        }
        if let toml::Value::Table(table) = value {
            check_keys(path, &format!("rules.{rule}."), table, RULE_KEYS)?;
        }
    }
    Ok(())
}

/// What `outlive init` writes.
pub(crate) fn template() -> String {
    let mut out = include_str!("pages/outlive.toml").to_owned();
    for entry in rulebook::all() {
        out.push_str(&format!("# {} = \"{}\"  # {}\n", entry.id, entry.severity.word(), entry.summary));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        parse("outlive.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn unknown_names_are_errors_with_a_suggestion() {
        assert_eq!(message("exclud = []"), "outlive.toml: there is no key `exclud`; did you mean `exclude`?");
        assert_eq!(
            message("[rules]\nleaked-timers = 'off'"),
            "outlive.toml: no rule is called `leaked-timers`; did you mean `leaked-timer`?"
        );
        assert_eq!(
            message("[rules.leaked-timer]\nlevl = 'off'"),
            "outlive.toml: there is no key `rules.leaked-timer.levl`; did you mean `level`?"
        );
        assert!(message("[rules]\nleaked-timer = 'loud'").contains("expected \"off\""));
        assert!(message("confidence = 'sure'").contains("line 1"));
    }

    #[test]
    fn levels_are_words_or_tables() {
        let config = parse(
            "outlive.toml",
            "[rules]\nleaked-timer = 'off'\nleaked-listener = { level = 'error', confidence = 'high' }",
        )
        .unwrap();
        assert_eq!(config.rules["leaked-timer"].level(), Some(Level::Off));
        assert_eq!(config.rules["leaked-listener"].confidence(), Some(Certainty::High));
    }

    #[test]
    fn the_template_is_a_config() {
        let template = template();
        parse("outlive.toml", &template).unwrap();
        let open: String =
            template.lines().filter_map(|line| line.strip_prefix("# ")).map(|l| format!("{l}\n")).collect();
        let open: Vec<&str> = open.lines().filter(|line| line.contains(" = ")).collect();
        let (top, rules): (Vec<&str>, Vec<&str>) =
            open.iter().partition(|l| !rulebook::all().iter().any(|r| l.starts_with(r.id)));
        parse("outlive.toml", &format!("{}\n[rules]\n{}", top.join("\n"), rules.join("\n"))).unwrap();
    }
}
