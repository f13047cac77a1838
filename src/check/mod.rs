//! `outlive check`: settings, one run, and what of it is reported.

mod input;
mod settings;

pub(crate) use input::Input;
pub(crate) use settings::Settings;

use crate::arguments::{Check, Stage};
use crate::baseline::{self, BaselineError, Taken};
use crate::cache::Place;
use crate::fix::{self, Patch};
use crate::report::safe::safe;
use crate::report::source::Sources;
use crate::report::{self, Report, Reported};
use crate::session::{self, Analysis, Loaded, Plan, SessionError};
use crate::suppress::{self, Policy};
use crate::{Outcome, discover, output, progress, terminal};
use outlive_rules::engine;
use outlive_rules::trace::Trace;
use outlive_semantic::catalog::Catalog;
use outlive_semantic::project::{self, Declared};
use settings::git_below;
use std::path::Path;
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

/// What stays unknown because packages declare more than is read.
fn note_cut_declarations(packages: &[String]) {
    if !packages.is_empty() {
        let names: Vec<String> = packages.iter().map(|name| format!("`{name}`")).collect();
        output::note(&format!(
            "the types of {} are known in part: a question about a package reads at most {} files of declarations, each of at most {} KiB",
            names.join(", "),
            project::MAX_DECLARATION_FILES,
            project::MAX_DECLARATION_BYTES >> 10
        ));
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
        let declared = analysis.project.declared();
        if !options.quiet {
            note_cut_declarations(&declared.map(Declared::cut).unwrap_or_default());
        }
        if options.timings {
            let read = declared.map(Declared::files_read).unwrap_or_default();
            let counts = [("known from the cache", analysis.loaded), ("declarations read", read)];
            output::timings(&analysis.times, &counts, &analysis.sizes);
        }
        if let Some(coverage) = &report.coverage {
            output::coverage(coverage);
        }
        // The process ends soon and gives it all back at once: millions of small pieces take long to free one by one.
        std::mem::forget(analysis);
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

/// `--show-config`: the config that holds in the working directory, or for the file that is named.
fn show_config(options: &Check, settings: &Settings) -> Result<Outcome, SessionError> {
    let named = options.paths.first().filter(|path| *path != Path::new("."));
    let Some(path) = named else { return output::show_config(settings.configs.of_run(), settings) };
    // What holds in a folder holds for the files in it.
    let file = if path.is_dir() { path.join("file.js") } else { path.clone() };
    settings.configs.leaves_out(&discover::whole(&settings.here, &file), false)?;
    output::show_config(&settings.configs.of(&discover::relative(&file, &settings.here)), settings)
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
    let is_wanted = |path: &str| input.wants(path) && !analysis.published.contains(path);
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
