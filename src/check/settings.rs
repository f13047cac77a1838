//! The options of the command line over those of the configs.

use crate::arguments::{Check, FailOn};
use crate::config::Found;
use crate::configs::{Configs, Wanted};
use crate::report::{FileError, Report, Trouble};
use crate::session::SessionError;
use crate::{Outcome, config, discover, progress, rulebook};
use outlive_rules::{Rule, Severity};
use std::path::{Path, PathBuf};

/// The options of the command line over those of the configs.
pub(crate) struct Settings {
    pub(crate) here: PathBuf,
    pub(crate) configs: Configs,
    /// The rules that the command line names.
    rules: Vec<&'static dyn Rule>,
    /// Files that were asked for by name: not to be able to read one is a failure.
    pub(super) named: Vec<String>,
    /// The folder of the working directory in the project, with a slash at its end, or empty.
    pub(crate) below: String,
    fail_on: FailOn,
    max_warnings: Option<u64>,
    pub(crate) baseline: Option<PathBuf>,
    /// Counts what nobody watches.
    counter: progress::Counter,
}

impl Settings {
    /// Reads the config that holds in the working directory.
    pub(crate) fn new(options: &Check) -> Result<Self, SessionError> {
        let here = std::env::current_dir().map_err(discover::DiscoverError::WorkingDirectory)?;
        let only = match &options.config {
            _ if options.no_config => Some(Found::default()),
            Some(path) => Some(config::read(path)?),
            None => None,
        };
        let asked = Wanted {
            confidence: options.confidence,
            by_name: !options.rules.is_empty(),
            force_exclude: options.force_exclude || options.stdin_filename.is_some(),
        };
        let configs = Configs::new(&here, only, asked)?;
        let found = &configs.of_run().found;
        let config = &found.config;
        let from_config =
            config.baseline.as_ref().map(|path| found.folder().unwrap_or(Path::new("")).join(path));
        Ok(Self {
            rules: named_rules(&options.rules)?,
            named: options.paths.iter().map(|path| name(path, &here)).collect(),
            below: below(&here, found),
            fail_on: options.fail_on.or(config.fail_on).unwrap_or(FailOn::Warning),
            max_warnings: options.max_warnings.or(config.max_warnings),
            baseline: options.baseline.clone().or(from_config).filter(|_| !options.no_baseline),
            counter: progress::Counter::default(),
            configs,
            here,
        })
    }

    /// Whether a file of the project, by its path there, is among what the run was asked to look at. One that is gone is:
    /// there is nothing more to see of it.
    pub(super) fn looks_at(&self, file: &str) -> bool {
        let is_named = |inside: &str| {
            self.named.iter().any(|name| {
                let rest = inside.strip_prefix(&**name);
                matches!(&**name, "" | ".") || rest.is_some_and(|it| it.is_empty() || it.starts_with('/'))
            })
        };
        let root = self.here.ancestors().nth(self.below.matches('/').count());
        let is_gone = || root.is_some_and(|root| !root.join(file).exists());
        file.strip_prefix(&self.below).is_some_and(is_named) || is_gone()
    }

    /// A counter for runs whose progress is not shown.
    pub(crate) fn unwatched(&self) -> &progress::Counter {
        &self.counter
    }

    /// The config of the working directory.
    pub(crate) fn found(&self) -> &Found {
        &self.configs.of_run().found
    }

    /// The rules that the command line names, if it names any.
    pub(crate) fn named_rules(&self) -> Option<&[&'static dyn Rule]> {
        Some(&*self.rules).filter(|rules| !rules.is_empty())
    }

    /// The rules that run, as far as the configs are known: after the walk.
    pub(crate) fn running_rules(&self) -> Vec<&'static dyn Rule> {
        self.named_rules().map_or_else(|| self.configs.rules(), <[_]>::to_vec)
    }

    pub(crate) fn outcome(&self, report: &Report) -> Outcome {
        let is_named =
            |error: &FileError| error.trouble == Trouble::Unreadable && self.named.contains(&error.path);
        if report.errors.iter().any(is_named) {
            return Outcome::Failed;
        }
        let errors = report.errors.iter().filter_map(|error| self.error_severity(error));
        let severities: Vec<Severity> =
            report.findings.iter().map(|finding| finding.severity).chain(errors).collect();
        let failed = match self.max_warnings {
            Some(most) => {
                let warnings =
                    severities.iter().filter(|&&severity| severity == Severity::Warning).count() as u64;
                warnings > most || severities.contains(&Severity::Error)
            }
            None => severities.iter().any(|&severity| severity >= Severity::from(self.fail_on)),
        };
        if failed { Outcome::Findings } else { Outcome::Clean }
    }

    /// How bad it is that a file was not analysed. What was left out knowingly is no failure.
    pub(crate) fn error_severity(&self, error: &FileError) -> Option<Severity> {
        match error.trouble {
            Trouble::Syntax => {
                let scope = self.configs.of(&error.path);
                scope.levels.severity(rulebook::PARSE_ERROR, Severity::Error, &error.path)
            }
            Trouble::Internal => Some(Severity::Error),
            Trouble::Unreadable | Trouble::Refused => None,
        }
    }
}

/// A path as the report has it, without the slash that shells leave behind folders.
fn name(path: &Path, here: &Path) -> String {
    discover::relative(path, here).trim_end_matches('/').to_owned()
}

fn named_rules(names: &[String]) -> Result<Vec<&'static dyn Rule>, SessionError> {
    let find = |name: &String| {
        outlive_rules::find(name)
            .ok_or_else(|| SessionError::UnknownRule(name.clone(), rulebook::suggestion(name)))
    };
    names.iter().map(find).collect()
}

/// Where the working directory is in the project: below the config file, else below the root of the repository.
fn below(here: &Path, found: &Found) -> String {
    let root = found.folder().or_else(|| here.ancestors().find(|folder| folder.join(".git").exists()));
    let below = root.and_then(|root| here.strip_prefix(root).ok()).unwrap_or(Path::new(""));
    let shown = below.to_string_lossy().replace('\\', "/");
    if shown.is_empty() { shown } else { shown + "/" }
}

/// Where the working directory is in the repository, if there is one.
pub(super) fn git_below(here: &Path) -> Option<String> {
    let root = here.ancestors().find(|folder| folder.join(".git").exists())?;
    let shown = here.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/");
    Some(if shown.is_empty() { shown } else { shown + "/" })
}
