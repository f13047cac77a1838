//! How bad the findings of a rule are in a file, and how sure they must be: what the config says, and the command line.

use crate::arguments::Certainty;
use crate::config::{ConfigError, Found, Level, Override, RuleConfig};
use crate::discover;
use crate::rulebook;
use ignore::gitignore::Gitignore;
use outlive_rules::{Confidence, Severity};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The levels of a run.
pub(crate) struct Levels {
    root: PathBuf,
    here: PathBuf,
    rules: BTreeMap<String, RuleConfig>,
    overrides: Vec<(Gitignore, Override)>,
    /// From the command line.
    asked: Option<Certainty>,
    confidence: Certainty,
    /// Rules that are newer than the version the config asks for.
    newer: Vec<&'static str>,
    /// Rules were asked for by name, even if the config turns them off.
    by_name: bool,
}

impl Levels {
    /// The levels of a config. `asked` and `by_name` come from the command line.
    pub(crate) fn new(
        found: &Found,
        here: &Path,
        asked: Option<Certainty>,
        by_name: bool,
    ) -> Result<Self, ConfigError> {
        let root = found.folder().unwrap_or(here).to_owned();
        let mut overrides = Vec::new();
        for part in &found.config.overrides {
            if let Some(patterns) = discover::patterns(&root, &part.files)? {
                overrides.push((patterns, part.clone()));
            }
        }
        Ok(Self {
            root,
            here: here.to_owned(),
            rules: found.config.rules.clone(),
            overrides,
            asked,
            newer: found.config.rules_version.as_deref().map(rulebook::newer_than).unwrap_or_default(),
            confidence: found.config.confidence.unwrap_or(Certainty::Medium),
            by_name,
        })
    }

    /// The severity of a rule in a file: the config's, or its own; none if it is off there.
    pub(crate) fn severity(&self, rule: &str, own: Severity, path: &str) -> Option<Severity> {
        let here = self.holding(path).find_map(|part| part.rules.get(rule)?.level());
        match here.or_else(|| self.rules.get(rule)?.level()) {
            Some(Level::Off) if self.by_name => Some(own),
            Some(level) => level.severity(),
            None if self.is_newer(rule) && !self.by_name => None,
            None => Some(own),
        }
    }

    /// The lowest confidence that is reported of a rule in a file. What names the rule comes before what does not.
    pub(crate) fn confidence(&self, rule: &str, path: &str) -> Confidence {
        let here = self.holding(path).find_map(|part| part.rules.get(rule)?.confidence());
        let of_rule = here.or_else(|| self.rules.get(rule)?.confidence());
        let of_files = || self.holding(path).find_map(|part| part.confidence);
        of_rule.or(self.asked).or_else(of_files).unwrap_or(self.confidence).into()
    }

    /// Whether a rule may report anything anywhere.
    pub(crate) fn runs(&self, rule: &str) -> bool {
        let is_on = |row: &RuleConfig| row.level().is_some_and(|level| level != Level::Off);
        let own = self.rules.get(rule).and_then(RuleConfig::level);
        let is_off = own.map_or_else(|| self.is_newer(rule), |level| level == Level::Off);
        !is_off || self.overrides.iter().any(|(_, part)| part.rules.get(rule).is_some_and(is_on))
    }

    fn is_newer(&self, rule: &str) -> bool {
        self.newer.contains(&rule)
    }

    /// The rules that are off because they are newer than what the config asks for.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &'static str> {
        self.newer.iter().copied().filter(|rule| !self.runs(rule))
    }

    /// What holds for a file in particular, the last first.
    fn holding(&self, path: &str) -> impl Iterator<Item = &Override> {
        let whole = discover::whole(&self.here, Path::new(path));
        let below = whole.strip_prefix(&self.root).map(Path::to_owned).ok();
        let matches = move |patterns: &Gitignore| {
            below.as_ref().is_some_and(|path| patterns.matched_path_or_any_parents(path, false).is_ignore())
        };
        self.overrides.iter().rev().filter(move |(patterns, _)| matches(patterns)).map(|(_, part)| part)
    }
}
