//! `outlive.toml`: what a project wants of outlive.

use crate::arguments::{Certainty, FailOn};
use crate::rulebook::{self, Version};
use outlive_rules::Severity;
use outlive_rules::models::{self, ModelError};
use outlive_semantic::catalog::Sheet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The names under which a config file is found, the first first.
const NAMES: &[&str] = &["outlive.toml", ".outlive.toml", MANIFEST];
/// Here it is a key.
const MANIFEST: &str = "package.json";
const MANIFEST_KEY: &str = "outlive";

/// What outlive is to look at, and how strictly. Paths and patterns are relative to the file; patterns are those of
/// .gitignore.
// These comments are the descriptions in the schema.
#[derive(Deserialize, Serialize, JsonSchema, Default, Clone, Debug)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    /// For editors.
    #[serde(rename = "$schema", skip_serializing)]
    pub(crate) schema: Option<String>,
    /// Configs that hold unless this one says otherwise: files, or npm packages.
    #[serde(skip_serializing_if = "Extends::is_empty")]
    pub(crate) extends: Extends,
    /// Only files that match one of these patterns are analysed; none means all.
    pub(crate) include: Vec<String>,
    /// Files that match one of these patterns are not.
    pub(crate) exclude: Vec<String>,
    /// Installed packages that are a part of the project: their JavaScript is read, and never reported on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) own_packages: Vec<String>,
    /// The lowest confidence that is reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confidence: Option<Certainty>,
    /// The lowest severity that makes the exit status 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fail_on: Option<FailOn>,
    /// Errors fail, and so do more warnings than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_warnings: Option<u64>,
    /// Findings that this file knows are not reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) baseline: Option<PathBuf>,
    /// Suppression comments must say why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) require_reason: Option<bool>,
    /// The version of outlive whose rules are wanted: newer rules are off, as long as they are not given a level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rules_version: Option<String>,
    /// Files with rows about libraries.
    pub(crate) models: Vec<PathBuf>,
    /// By rule, how bad its findings are.
    pub(crate) rules: BTreeMap<String, RuleConfig>,
    /// What holds for some files only; of several that match a file, the last wins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) overrides: Vec<Override>,
}

/// One config or several, the later over the earlier.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Debug)]
#[serde(untagged, expecting = "expected the name of a file or package, or a list of such names")]
pub(crate) enum Extends {
    /// `extends = "./strict.toml"`
    One(String),
    /// `extends = ["@acme/outlive-preset", "./strict.toml"]`
    Several(Vec<String>),
}

impl Default for Extends {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Extends {
    fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }

    fn is_empty(&self) -> bool {
        self.names().is_empty()
    }
}

/// What holds for the files that match.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Override {
    /// Patterns of files.
    pub(crate) files: Vec<String>,
    /// The lowest confidence that is reported in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confidence: Option<Certainty>,
    /// By rule, how bad its findings in them are.
    #[serde(default)]
    pub(crate) rules: BTreeMap<String, RuleConfig>,
}

/// A level, or a table with more.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Debug)]
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
#[derive(Deserialize, Serialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RuleTable {
    /// How bad its findings are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<Level>,
    /// The lowest confidence that is reported of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confidence: Option<Certainty>,
}

/// How bad a project finds what a rule finds.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Not reported.
    Off,
    /// Worth knowing.
    Info,
    /// It leaks, churns or may exhaust memory.
    Warning,
    /// It leaks, and nothing of the kind may pass.
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
    /// The rules of a version are asked for that this is not, or not yet.
    #[error("{path}: `rules-version` is `{version}`; {problem}")]
    Version {
        /// The file.
        path: String,
        /// What it says.
        version: String,
        /// The end of the sentence.
        problem: String,
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
    /// What is extended is not there.
    #[error("{path}: there is no file or package `{name}` to extend")]
    NoBase {
        /// The file.
        path: String,
        /// What it extends.
        name: String,
    },
    /// It extends itself.
    #[error("{path} extends itself: {chain}")]
    Cycle {
        /// The file.
        path: String,
        /// By way of these.
        chain: String,
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
    /// What it extends, directly or not, in the order in which they were read.
    pub(crate) bases: Vec<PathBuf>,
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

/// The config that stands in a folder, if one does.
pub(crate) fn in_folder(folder: &Path) -> Result<Option<Found>, ConfigError> {
    for name in NAMES {
        let path = folder.join(name);
        if path.is_file() && (*name != MANIFEST || has_key(&path)) {
            return read(&path).map(Some);
        }
    }
    Ok(None)
}

/// Whether a manifest configures outlive. One that is no JSON does not: that is for others to complain about.
fn has_key(manifest: &Path) -> bool {
    let text = std::fs::read(manifest).unwrap_or_default();
    let json: Option<serde_json::Value> = serde_json::from_slice(&text).ok();
    json.is_some_and(|json| json.get(MANIFEST_KEY).is_some())
}

/// Reads a config file, with what it extends.
pub(crate) fn read(path: &Path) -> Result<Found, ConfigError> {
    let file = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut bases = Vec::new();
    let config = load(&file, &path.display().to_string(), &mut Vec::new(), &mut bases)?;
    Ok(Found { config, file: Some(file), bases })
}

/// `chain` is what led here, `bases` everything that was read on the way.
fn load(
    file: &Path,
    given: &str,
    chain: &mut Vec<PathBuf>,
    bases: &mut Vec<PathBuf>,
) -> Result<Config, ConfigError> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let shown = name(file);
    if chain.iter().any(|known| known == file) {
        let names: Vec<String> = chain.iter().map(|path| name(path)).collect();
        return Err(ConfigError::Cycle { path: shown, chain: names.join(", ") });
    }
    let text = std::fs::read_to_string(file)
        .map_err(|error| ConfigError::Unreadable { path: given.to_owned(), error })?;
    let own = if shown == MANIFEST { parse_manifest(&shown, &text)? } else { parse(&shown, &text)? };
    let folder = file.parent().unwrap_or(Path::new(""));
    chain.push(file.to_owned());
    let mut base = Config::default();
    for wanted in own.extends.names() {
        let path = find_base(folder, wanted)
            .ok_or_else(|| ConfigError::NoBase { path: shown.clone(), name: wanted.clone() })?;
        let loaded = load(&path, wanted, chain, bases)?;
        base = loaded.moved(path.parent().unwrap_or(Path::new("")), folder).over(base);
        bases.push(path);
    }
    chain.pop();
    Ok(own.over(base))
}

/// A file beside the config, a file of a package, or the `outlive.toml` of a package.
fn find_base(folder: &Path, name: &str) -> Option<PathBuf> {
    let beside = std::iter::once(folder.join(name));
    let installed = folder.ancestors().map(|above| above.join("node_modules").join(name));
    let installed = installed.flat_map(|path| [path.join("outlive.toml"), path]);
    let found = beside.chain(installed).find(|path| path.is_file())?;
    // One name for one file, so that a circle is seen.
    Some(found.canonicalize().unwrap_or(found))
}

impl Config {
    /// The config as it reads in another folder. Patterns are not moved: those of a preset are about whoever extends it.
    fn moved(mut self, from: &Path, to: &Path) -> Self {
        let moved = |path: &PathBuf| {
            let whole = from.join(path);
            whole.strip_prefix(to).map(Path::to_owned).unwrap_or(whole)
        };
        self.models = self.models.iter().map(moved).collect();
        self.baseline = self.baseline.as_ref().map(moved);
        self
    }

    /// This config where it says something, else the other. What is left out, and rows of libraries, add up.
    fn over(self, base: Self) -> Self {
        let both = |base: Vec<String>, own: Vec<String>| base.into_iter().chain(own).collect();
        let mut rules = base.rules;
        for (rule, own) in self.rules {
            let level = own.level().or_else(|| rules.get(&rule).and_then(RuleConfig::level));
            let confidence = own.confidence().or_else(|| rules.get(&rule).and_then(RuleConfig::confidence));
            let merged = match (level, confidence) {
                (Some(level), None) => RuleConfig::Level(level),
                (level, confidence) => RuleConfig::Table(RuleTable { level, confidence }),
            };
            rules.insert(rule, merged);
        }
        Self {
            schema: self.schema,
            extends: self.extends,
            include: if self.include.is_empty() { base.include } else { self.include },
            exclude: both(base.exclude, self.exclude),
            own_packages: both(base.own_packages, self.own_packages),
            confidence: self.confidence.or(base.confidence),
            fail_on: self.fail_on.or(base.fail_on),
            max_warnings: self.max_warnings.or(base.max_warnings),
            baseline: self.baseline.or(base.baseline),
            require_reason: self.require_reason.or(base.require_reason),
            rules_version: self.rules_version.or(base.rules_version),
            models: base.models.into_iter().chain(self.models).collect(),
            rules,
            overrides: base.overrides.into_iter().chain(self.overrides).collect(),
        }
    }
}

const KEYS: &[&str] = &[
    "$schema",
    "extends",
    "include",
    "exclude",
    "own-packages",
    "confidence",
    "fail-on",
    "max-warnings",
    "baseline",
    "require-reason",
    "rules-version",
    "models",
    "rules",
    "overrides",
];
const RULE_KEYS: &[&str] = &["level", "confidence"];
const OVERRIDE_KEYS: &[&str] = &["files", "confidence", "rules"];

fn parse(path: &str, text: &str) -> Result<Config, ConfigError> {
    let syntax = |message: String| ConfigError::Syntax { path: path.to_owned(), message };
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| syntax(error.to_string()))?;
    check(path, &table)?;
    // From the text, not from the table: so that errors have a line and a column.
    toml::from_str(text).map_err(|error| syntax(error.to_string()))
}

/// The config in a manifest.
fn parse_manifest(path: &str, text: &str) -> Result<Config, ConfigError> {
    let syntax = |message: String| ConfigError::Syntax { path: path.to_owned(), message };
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| syntax(error.to_string()))?;
    let value = json.get(MANIFEST_KEY).ok_or_else(|| syntax(format!("there is no key `{MANIFEST_KEY}`")))?;
    let within = |message: String| syntax(format!("in `{MANIFEST_KEY}`: {}", message.trim_end()));
    let table = toml::Table::try_from(value).map_err(|error| within(error.to_string()))?;
    check(path, &table)?;
    table.try_into().map_err(|error: toml::de::Error| within(error.to_string()))
}

/// Names that mean nothing, wherever they may stand.
fn check(path: &str, table: &toml::Table) -> Result<(), ConfigError> {
    check_keys(path, "", table, KEYS)?;
    if let Some(toml::Value::Table(rules)) = table.get("rules") {
        check_rules(path, "", rules)?;
    }
    if let Some(toml::Value::String(version)) = table.get("rules-version") {
        check_version(path, version)?;
    }
    let overrides = table.get("overrides").and_then(toml::Value::as_array);
    for part in overrides.into_iter().flatten().filter_map(toml::Value::as_table) {
        check_keys(path, "overrides.", part, OVERRIDE_KEYS)?;
        if let Some(toml::Value::Table(rules)) = part.get("rules") {
            check_rules(path, "overrides.", rules)?;
        }
    }
    Ok(())
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

fn check_rules(path: &str, above: &str, rules: &toml::Table) -> Result<(), ConfigError> {
    for (rule, value) in rules {
        if rulebook::find(rule).is_none() {
            let hint = rulebook::suggestion(rule);
            return Err(ConfigError::UnknownRule { path: path.to_owned(), rule: rule.clone(), hint });
        }
        if let toml::Value::Table(table) = value {
            check_keys(path, &format!("{above}rules.{rule}."), table, RULE_KEYS)?;
        }
    }
    Ok(())
}

fn check_version(path: &str, version: &str) -> Result<(), ConfigError> {
    let own = env!("CARGO_PKG_VERSION");
    let problem = match Version::of(version) {
        None => format!("write a version of outlive, such as `{own}`"),
        Some(asked) if Version::of(own).is_some_and(|own| asked > own) => {
            format!("this is outlive {own}, which does not know these rules yet")
        }
        Some(_) => return Ok(()),
    };
    Err(ConfigError::Version { path: path.to_owned(), version: version.to_owned(), problem })
}

/// The schema of the config, for editors.
pub(crate) fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Config).to_value();
    let rule = |entry: &rulebook::Entry| {
        let row = serde_json::json!({ "$ref": "#/$defs/RuleConfig", "description": entry.summary });
        (entry.id.to_owned(), row)
    };
    let rules: serde_json::Map<String, serde_json::Value> = rulebook::all().iter().map(rule).collect();
    for place in ["/properties/rules", "/$defs/Override/properties/rules"] {
        if let Some(serde_json::Value::Object(map)) = schema.pointer_mut(place) {
            map.insert("properties".to_owned(), rules.clone().into());
            map.insert("additionalProperties".to_owned(), false.into());
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::template;

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
        assert!(message("rules-version = 'new'").contains("such as `"));
        assert!(message("rules-version = '99'").ends_with("which does not know these rules yet"));
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
        let template = template(&Default::default());
        parse("outlive.toml", &template).unwrap();
        let open: String =
            template.lines().filter_map(|line| line.strip_prefix("# ")).map(|l| format!("{l}\n")).collect();
        let open: Vec<&str> = open.lines().filter(|line| line.contains(" = ")).collect();
        let (top, rules): (Vec<&str>, Vec<&str>) =
            open.iter().partition(|l| !rulebook::all().iter().any(|r| l.starts_with(r.id)));
        parse("outlive.toml", &format!("{}\n[rules]\n{}", top.join("\n"), rules.join("\n"))).unwrap();
    }
}
