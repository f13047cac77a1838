//! `outlive check`: settings, one run, and what of it is reported.

use crate::Outcome;
use crate::arguments::{Check, FailOn, Stage};
use crate::baseline::{self, BaselineError, Taken};
use crate::cache::Place;
use crate::changed::{self, Lines};
use crate::config::{self, Found};
use crate::configs::{Configs, Wanted};
use crate::discover;
use crate::fix::{self, Patch};
use crate::output;
use crate::progress;
use crate::report::safe::safe;
use crate::report::source::{Overlay, Sources};
use crate::report::{self, FileError, Report, Reported, Trouble};
use crate::rulebook;
use crate::session::{self, Analysis, Loaded, Plan, SessionError};
use crate::suppress::{self, Policy};
use crate::terminal;
use outlive_rules::trace::Trace;
use outlive_rules::{Rule, Severity, engine};
use outlive_semantic::catalog::Catalog;
use rustc_hash::FxHashSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Runs `check`.
pub(crate) fn check(options: &Check) -> Result<Outcome, SessionError> {
    let settings = Settings::new(options)?;
    if options.show_config {
        return show_config(options, &settings);
    }
    let mut input = Input::new(options, &settings)?;
    let sheets = settings.found().sheets()?;
    let cache = Place::new(&options.cache, &settings.here, &sheets);
    let catalog = outlive_rules::models::catalog(&sheets)?;
    if options.show_files {
        return show_files(options, &settings, &input, &catalog);
    }
    let (mut report, mut taken) = analyse(options, &settings, &input, &catalog, cache.as_ref())?;
    let mut patch = Patch::default();
    if let Some(wish) = options.wish() {
        for _ in 0..fix::ROUNDS {
            if !patch.add(&report, wish, &mut input.overlay) {
                break;
            }
            (report, taken) = analyse(options, &settings, &input, &catalog, cache.as_ref())?;
        }
    }
    if !options.fix_dry_run {
        patch.write()?;
    }
    if let Some(given) = &options.stdin_filename {
        // Whoever hands a buffer over looks for its name in the answer.
        report.rename(&discover::relative(given, &settings.here), &given.to_string_lossy());
    }
    output::print(&report, options, &git_below(&settings.here).unwrap_or(settings.below.clone()))?;
    if options.fix_dry_run {
        patch.print()?;
    }
    if !options.quiet {
        note_unread_rows(&settings);
        output::sum_up(&report, taken, patch.fixed(), options.wish());
    }
    Ok(match settings.outcome(&report) {
        Outcome::Findings if options.exit_zero => Outcome::Clean,
        outcome => outcome,
    })
}

/// Rows speak about a whole run: those that only a part of it asks for are missed by whoever wrote them.
fn note_unread_rows(settings: &Settings) {
    let nested = settings.configs.scopes().into_iter().skip(1);
    for scope in nested.filter(|scope| !scope.found.config.models.is_empty()) {
        let file = scope.found.file.as_deref().unwrap_or(Path::new(""));
        if file.starts_with(&settings.here) {
            let shown = discover::relative(file, &settings.here);
            output::note(&format!(
                "{shown}: its `models` are not read: they hold for a whole run, and are those of the working directory's config"
            ));
        }
    }
}

/// One run: what is to be said, and what the baseline took out.
fn analyse(
    options: &Check,
    settings: &Settings,
    input: &Input,
    catalog: &Catalog,
    cache: Option<&Place>,
) -> Result<(Report, Taken), SessionError> {
    let shows_progress = !options.no_progress && terminal::shows_progress(options.color);
    let mut report = progress::watch(shows_progress, |counter| {
        let plan = plan(options, settings, input, cache, counter);
        let mut analysis = session::run(&plan, catalog)?;
        let report = judge(&mut analysis, options, settings, input);
        if options.timings {
            output::timings(&analysis.times, &analysis.sizes, analysis.loaded);
        }
        if let Some(coverage) = &report.coverage {
            output::coverage(coverage);
        }
        // The process ends soon and gives it all back at once: millions of small pieces take long to free one by one.
        std::mem::forget(analysis.project);
        Ok::<_, SessionError>(report)
    })?;
    report.settle();
    let taken = use_baseline(&mut report, options, settings, input)?;
    Ok((report, taken))
}

/// How what was asked for is analysed.
fn plan<'p>(
    options: &'p Check,
    settings: &'p Settings,
    input: &'p Input,
    cache: Option<&'p Place>,
    progress: &'p progress::Counter,
) -> Plan<'p> {
    Plan {
        paths: input.paths(options),
        extra: &input.extra,
        configs: &settings.configs,
        overlay: &input.overlay,
        threads: options.threads,
        rules: settings.named_rules(),
        traced: None,
        progress,
        until: options.until,
        cache,
    }
}

/// `--show-files`: what is analysed. Whether a file was written by a person shows in its text, so all are read.
fn show_files(
    options: &Check,
    settings: &Settings,
    input: &Input,
    catalog: &Catalog,
) -> Result<Outcome, SessionError> {
    let plan = Plan { until: Stage::Read, ..plan(options, settings, input, None, settings.unwatched()) };
    let files: String = Loaded::new(&plan, catalog, None)?
        .analysed()
        .filter(|path| input.wants(path))
        .map(|path| format!("{}\n", safe(path)))
        .collect();
    output::write(files.as_bytes())?;
    Ok(Outcome::Clean)
}

/// The options of the command line over those of the configs.
pub(crate) struct Settings {
    pub(crate) here: PathBuf,
    pub(crate) configs: Configs,
    /// The rules that the command line names.
    rules: Vec<&'static dyn Rule>,
    /// Files that were asked for by name: not to be able to read one is a failure.
    named: Vec<String>,
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
    fn looks_at(&self, file: &str) -> bool {
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

/// `--show-config`: the config that holds in the working directory, or for the file that is named.
fn show_config(options: &Check, settings: &Settings) -> Result<Outcome, SessionError> {
    let named = options.paths.first().filter(|path| *path != Path::new("."));
    let Some(path) = named else { return output::show_config(settings.configs.of_run(), settings) };
    // What holds in a folder holds for the files in it.
    let file = if path.is_dir() { path.join("file.js") } else { path.clone() };
    settings.configs.leaves_out(&file, false)?;
    output::show_config(&settings.configs.of(&discover::relative(&file, &settings.here)), settings)
}

/// Where the working directory is in the project: below the config file, else below the root of the repository.
fn below(here: &Path, found: &Found) -> String {
    let root = found.folder().or_else(|| here.ancestors().find(|folder| folder.join(".git").exists()));
    let below = root.and_then(|root| here.strip_prefix(root).ok()).unwrap_or(Path::new(""));
    let shown = below.to_string_lossy().replace('\\', "/");
    if shown.is_empty() { shown } else { shown + "/" }
}

fn read_patch(file: &Path) -> Result<String, SessionError> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        let shown = file.display().to_string();
        bytes = std::fs::read(file).map_err(|error| discover::DiscoverError::Unreadable(shown, error))?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Where the working directory is in the repository, if there is one.
fn git_below(here: &Path) -> Option<String> {
    let root = here.ancestors().find(|folder| folder.join(".git").exists())?;
    let shown = here.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/");
    Some(if shown.is_empty() { shown } else { shown + "/" })
}

/// What is not on disk, and which files are reported on.
#[derive(Default)]
pub(crate) struct Input {
    pub(crate) overlay: Overlay,
    /// Files that only the overlay may have.
    extra: Vec<String>,
    /// What is analysed, if it is more than what was named.
    whole: Option<[PathBuf; 1]>,
    /// Files and folders; findings elsewhere are not reported. None means that all are.
    only: Option<FxHashSet<String>>,
    /// Lines of them; findings that touch none of these are not reported. None means that all are.
    lines: Option<Lines>,
}

impl Input {
    /// A whole project, with the buffers of an editor.
    pub(crate) fn buffers(overlay: Overlay) -> Self {
        Self { overlay, ..Self::default() }
    }

    fn new(options: &Check, settings: &Settings) -> Result<Self, SessionError> {
        if let Some(path) = &options.stdin_filename {
            return Self::from_stdin(path, settings);
        }
        if let Some(folder) = &options.within {
            if let Some(path) = options.paths.iter().find(|path| !path.exists()) {
                return Err(discover::DiscoverError::Missing(path.display().to_string()).into());
            }
            let only = Some(settings.named.iter().cloned().collect());
            return Ok(Self { whole: Some([folder.clone()]), only, ..Self::default() });
        }
        if let Some(reference) = &options.since {
            return Ok(Self { only: Some(changed::since(reference)?), ..Self::default() });
        }
        if let Some(file) = &options.diff {
            let lines = changed::in_patch(&read_patch(file)?, &git_below(&settings.here).unwrap_or_default());
            return Ok(Self {
                only: Some(lines.keys().cloned().collect()),
                lines: Some(lines),
                ..Self::default()
            });
        }
        if options.staged {
            let (staged, overlay) = changed::staged()?;
            // What is staged and then deleted is on no disk to be walked.
            let extra = staged.iter().filter(|path| !Path::new(path).exists()).cloned().collect();
            return Ok(Self { overlay, extra, only: Some(staged), ..Self::default() });
        }
        Ok(Self::default())
    }

    /// What is analysed.
    fn paths<'o>(&'o self, options: &'o Check) -> &'o [PathBuf] {
        self.whole.as_ref().map_or(&options.paths, |whole| whole.as_slice())
    }

    /// Whether findings in a file are reported.
    fn wants(&self, path: &str) -> bool {
        let Some(only) = &self.only else { return true };
        let folders = path.match_indices('/').filter_map(|(i, _)| path.get(..i));
        only.contains(path) || only.contains(".") || folders.into_iter().any(|folder| only.contains(folder))
    }

    /// Whether a finding has to do with the lines that are asked about: what is flagged, or a step of the path to it.
    fn touches(&self, finding: &Reported) -> bool {
        let Some(lines) = &self.lines else { return true };
        let changed = |path: &str, first: u32, last: u32| {
            lines.get(path).is_some_and(|lines| lines.range(first..=last.max(first)).next().is_some())
        };
        let place = &finding.place;
        let mut steps = finding.retainers.iter().map(|step| &step.place);
        changed(&place.path, place.start.line, finding.last_line)
            // Of a step, its first line: that of a handler's registration spans the whole handler.
            || steps.any(|step| changed(&step.path, step.start.line, step.start.line))
    }

    fn from_stdin(path: &Path, settings: &Settings) -> Result<Self, SessionError> {
        let mut text = Vec::new();
        std::io::stdin().lock().read_to_end(&mut text)?;
        let path = discover::relative(path, &settings.here);
        let mut input = Self { extra: vec![path.clone()], ..Self::default() };
        input.only = Some(std::iter::once(path.clone()).collect());
        input.overlay.insert(path, text);
        Ok(input)
    }
}

/// Settles the claims, and takes out what is not to be reported. What only the report needs is moved there.
pub(crate) fn judge(
    analysis: &mut Analysis<'_>,
    options: &Check,
    settings: &Settings,
    input: &Input,
) -> Report {
    let start = Instant::now();
    let rules = settings.running_rules();
    let (claims, project) = (&analysis.claims, &analysis.project);
    let settle = || engine::settle(claims, project, &rules, &Trace::default());
    let findings = analysis.pool.install(settle);
    analysis.times.push(("settle", start.elapsed()));
    let start = Instant::now();
    let mut sources = Sources::new(input.overlay.clone(), std::mem::take(&mut analysis.hashes));
    let located = report::locate(findings, &analysis.project, &settings.below, &mut sources);
    let ran: Vec<&'static str> = rules.iter().map(|rule| rule.meta().id).collect();
    let require_reason = |path: &str| settings.configs.of(path).found.config.require_reason.unwrap_or(false);
    let policy = Policy { ran: &ran, require_reason: &require_reason };
    let answered = suppress::apply(&analysis.directives, located, &mut sources, &settings.below, &policy);
    let is_wanted = |path: &str| input.wants(path);
    let mut report = Report {
        findings: Vec::new(),
        suppressed: Vec::new(),
        errors: std::mem::take(&mut analysis.errors)
            .into_iter()
            .filter(|error| is_wanted(&error.path))
            .collect(),
        stats: std::mem::take(&mut analysis.stats),
        sources,
        unsure: 0,
        coverage: options.coverage.then(|| analysis.project.coverage()),
        comparison: None,
    };
    let is_asked = |finding: &Reported| is_wanted(&finding.place.path) && input.touches(finding);
    for finding in answered.kept.into_iter().filter(is_asked) {
        add(&mut report, finding, settings);
    }
    report.suppressed = answered.suppressed.into_iter().filter(|it| is_asked(&it.finding)).collect();
    for error in report.errors.iter().filter(|error| error.start.is_some()) {
        // For the excerpt.
        report.sources.load(&error.path);
    }
    analysis.times.push(("report", start.elapsed()));
    report
}

fn add(report: &mut Report, mut finding: Reported, settings: &Settings) {
    let path = &finding.place.path;
    let levels = &settings.configs.of(path).levels;
    let Some(severity) = levels.severity(finding.rule, finding.severity, path) else { return };
    finding.severity = severity;
    if finding.confidence >= levels.confidence(finding.rule, path) {
        report.findings.push(finding);
    } else {
        report.unsure += 1;
    }
}

/// Takes out what the baseline knows.
pub(crate) fn use_baseline(
    report: &mut Report,
    options: &Check,
    settings: &Settings,
    input: &Input,
) -> Result<Taken, SessionError> {
    let changes = options.update_baseline || options.prune_baseline;
    let Some(path) = &settings.baseline else {
        return if changes { Err(BaselineError::Unnamed.into()) } else { Ok(Taken::default()) };
    };
    let is_partial = input.only.is_some() || !options.rules.is_empty();
    if changes && is_partial {
        return Err(BaselineError::Partial.into());
    }
    let beyond = baseline::beyond(path, |file| settings.looks_at(file));
    if changes && let Some(file) = beyond {
        return Err(BaselineError::Beyond { path: path.display().to_string(), file }.into());
    }
    let is_partial = is_partial || beyond.is_some();
    if options.update_baseline {
        baseline::update(path, &report.findings, &settings.below)?;
    } else if options.prune_baseline {
        baseline::prune(path, &report.findings)?;
    }
    let taken = baseline::apply(path, &mut report.findings)?;
    // A run that sees only a part cannot say what is gone.
    Ok(if is_partial { Taken { gone: 0, ..taken } } else { taken })
}
