//! What goes to stdout and stderr.

use crate::Outcome;
use crate::arguments::{Arguments, Check, Format, Rules, RulesFormat, When};
use crate::baseline::Taken;
use crate::check::Settings;
use crate::config;
use crate::configs::Scope;
use crate::fix::{self, Fixed, Wish};
use crate::report::safe::safe;
use crate::report::{self, Report, RunOptions};
use crate::rulebook::{self, Entry};
use crate::session::SessionError;
use crate::terminal::{self, Look};
use outlive_semantic::project::Coverage;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Writes a report to the files and to stdout, each in the format that was asked for.
pub(crate) fn print(report: &Report, options: &Check, below: &str) -> Result<(), SessionError> {
    let run = RunOptions {
        below: below.to_owned(),
        category: options.sarif_category.clone(),
        include_suppressed: options.include_suppressed,
    };
    let plain = Look { color: false, unicode: true, links: false, width: 100 };
    for file in &options.output_file {
        let bytes = report::render(report, file.format, plain, &run)?;
        std::fs::write(&file.path, bytes)
            .map_err(|error| SessionError::Unwritable(file.path.display().to_string(), error))?;
    }
    let look = terminal::look(options.color, options.hyperlinks);
    let format = match options.format {
        Format::Auto if terminal::stdout_is_terminal() => Format::Pretty,
        Format::Auto => Format::Concise,
        format => format,
    };
    let has_sarif =
        format == Format::Sarif || options.output_file.iter().any(|file| file.format == Format::Sarif);
    if has_sarif && report.findings.len() > report::MAX_RESULTS {
        note(&format!(
            "SARIF has the first {} findings only: code scanning keeps no more",
            report::MAX_RESULTS
        ));
    }
    if options.fix_dry_run {
        // stdout is for the patch.
        return Ok(());
    }
    write(&report::render(report, format, look, &run)?)
}

/// Writes to stdout, at once. A reader that closed the pipe has seen enough.
pub(crate) fn write(bytes: &[u8]) -> Result<(), SessionError> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Closes a run on stderr.
pub(crate) fn sum_up(report: &Report, taken: Taken, fixed: Fixed, wish: Option<Wish>) {
    let mut text = report::summary::summary(report);
    if taken.known > 0 {
        let _ = writeln!(text, "{} known from the baseline", taken.known);
    }
    if taken.gone > 0 {
        let are = if taken.gone == 1 { "is" } else { "are" };
        let _ = writeln!(text, "{} in the baseline {are} gone: --prune-baseline forgets what is", taken.gone);
    }
    text.push_str(&report::summary::fixes(fix::mendable(report), fixed, wish));
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Closes a comparison on stderr.
pub(crate) fn sum_up_comparison(report: &Report) {
    let Some(comparison) = &report.comparison else { return };
    let (new, gone) = (report.findings.len(), comparison.gone.len());
    let (base, head) = (safe(&comparison.base), safe(&comparison.head));
    let text = format!("from {base} to {head}: {new} new, {gone} gone, {} in both\n", comparison.both);
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// `outlive rules`
pub(crate) fn rules(options: &Rules) -> Result<Outcome, SessionError> {
    let entries = rulebook::all();
    let out = match options.format {
        RulesFormat::Text => {
            // What is piped is for `grep`: there a rule is one line.
            let look = terminal::look(When::Auto, When::Never);
            rule_table(&entries, terminal::stdout_is_terminal().then_some(look.width))
        }
        RulesFormat::Json => rule_objects(&entries)?,
    };
    write(out.as_bytes())?;
    Ok(Outcome::Clean)
}

fn rule_objects(entries: &[Entry]) -> std::io::Result<String> {
    let object = |entry: &Entry| {
        serde_json::json!({
            "id": entry.id,
            "summary": entry.summary,
            "category": entry.category,
            "severity": entry.severity.word(),
            "since": entry.since,
            "url": rulebook::url(entry.id),
        })
    };
    let list: Vec<serde_json::Value> = entries.iter().map(object).collect();
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}

/// The rules, each on one line; on lines of their own where the terminal is too narrow for that.
fn rule_table(entries: &[Entry], columns: Option<usize>) -> String {
    let name = entries.iter().map(|entry| entry.id.len()).max().unwrap_or_default();
    let line = |entry: &Entry| {
        let severity = entry.severity.word();
        format!("{:<name$}  {severity:<7}  {:<12}  {}\n", entry.id, entry.category, entry.summary)
    };
    let lines: Vec<String> = entries.iter().map(line).collect();
    let Some(columns) = columns.filter(|&columns| lines.iter().any(|line| line.len() > columns)) else {
        return lines.concat();
    };
    let options = textwrap::Options::new(columns).initial_indent("    ").subsequent_indent("    ");
    let block = |entry: &Entry| {
        let summary = textwrap::fill(entry.summary, &options);
        format!("{} ({}, {})\n{summary}\n", entry.id, entry.severity.word(), entry.category)
    };
    entries.iter().map(block).collect()
}

/// `--show-config`
pub(crate) fn show_config(scope: &Arc<Scope>, settings: &Settings) -> Result<Outcome, SessionError> {
    let found = &scope.found;
    let shown = |file: &Path| file.strip_prefix(&settings.here).unwrap_or(file).display().to_string();
    let origin = found.file.as_deref().map(shown);
    let mut out =
        format!("# {}\n", safe(&origin.unwrap_or("no config file: these are the defaults".to_owned())));
    for base in &found.bases {
        let _ = writeln!(out, "# extends {}", safe(&shown(base)));
    }
    if !Arc::ptr_eq(scope, settings.configs.of_run()) {
        let run = settings.found().file.as_deref().map_or_else(|| "the defaults".to_owned(), shown);
        let _ = writeln!(out, "# {} come from {}", RUN_KEYS.join(", "), safe(&run));
    }
    let waiting: Vec<&str> = scope.levels.waiting().collect();
    if let Some(version) = found.config.rules_version.as_ref().filter(|_| !waiting.is_empty()) {
        let _ = writeln!(out, "# newer than {}, and off: {}", safe(version), waiting.join(", "));
    }
    out.push_str(&toml::to_string_pretty(&found.config).map_err(std::io::Error::other)?);
    write(out.as_bytes())?;
    Ok(Outcome::Clean)
}

/// What is a matter of the whole run.
const RUN_KEYS: &[&str] = &["baseline", "fail-on", "max-warnings", "models"];

/// `outlive config-schema`
pub(crate) fn config_schema() -> Result<Outcome, SessionError> {
    let text = serde_json::to_string_pretty(&config::schema()).map_err(std::io::Error::other)?;
    write(format!("{text}\n").as_bytes())?;
    Ok(Outcome::Clean)
}

/// `outlive completions`
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<Outcome, SessionError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command_definition(), "outlive", &mut script);
    write(&script)?;
    Ok(Outcome::Clean)
}

/// `outlive man`
pub(crate) fn man(name: Option<&str>) -> Result<Outcome, SessionError> {
    let mut definition = Arguments::command_definition();
    definition.build();
    let command = match name {
        None => definition,
        Some(name) => {
            let found = definition.find_subcommand(name).cloned();
            found.ok_or_else(|| SessionError::NoCommand(name.to_owned()))?
        }
    };
    // A page's title is one word.
    let title = command.get_display_name().unwrap_or(command.get_name()).replace(' ', "-");
    let mut page = Vec::new();
    clap_mangen::Man::new(command).title(title).render(&mut page)?;
    write(&page)?;
    Ok(Outcome::Clean)
}

/// Says something that is not a result.
pub(crate) fn note(message: &str) {
    let lines: Vec<_> = message.lines().map(safe).collect();
    let _ = writeln!(std::io::stderr(), "outlive: {}", lines.join("\n"));
}

/// Prints where the time went, how many files were found elsewhere, and where the system tells, how much memory it took.
pub(crate) fn timings(rows: &[(&str, Duration)], counts: &[(&str, u64)], sizes: &[(&str, u64)]) {
    let mut stderr = std::io::stderr().lock();
    for (name, time) in rows {
        let _ = writeln!(stderr, "{name:<24} {:>8.1} ms", time.as_secs_f64() * 1_000.0);
    }
    for (name, count) in counts {
        let _ = writeln!(stderr, "{name:<24} {count:>8} files");
    }
    for (name, bytes) in sizes.iter().copied().chain(of_process("VmHWM:").map(|most| ("peak memory", most))) {
        let _ = writeln!(stderr, "{name:<24} {:>8.1} MiB", bytes as f64 / 1_048_576.0);
    }
}

/// How much memory this process has now, in bytes, if the system tells.
pub(crate) fn memory() -> Option<u64> {
    of_process("VmRSS:")
}

/// A row of what the system tells of this process, in bytes.
fn of_process(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let row = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = row.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1_024)
}

/// Packages without rows that are named; the rest is counted.
const NAMED_PACKAGES: usize = 12;

/// Says how much of the project was understood.
pub(crate) fn coverage(coverage: &Coverage) {
    let mut stderr = std::io::stderr().lock();
    for line in coverage_lines(coverage) {
        let _ = writeln!(stderr, "{}", safe(&line));
    }
}

fn coverage_lines(coverage: &Coverage) -> Vec<String> {
    let mut lines = vec![format!(
        "functions     {}: {} run again and again from an entry point, {} run when others call them, {} nobody is seen to call",
        coverage.functions, coverage.driven, coverage.callable, coverage.unknown
    )];
    let by_count = |map: &BTreeMap<String, usize>| {
        let mut rows: Vec<(String, usize)> = map.iter().map(|(name, count)| (name.clone(), *count)).collect();
        rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        rows
    };
    let entries = by_count(&coverage.entry_points);
    let named: Vec<String> = entries.iter().map(|(name, count)| format!("{name} {count}")).collect();
    lines.push(format!(
        "entry points  {}",
        if named.is_empty() { "none".to_owned() } else { named.join(", ") }
    ));
    let without = by_count(&coverage.unmodelled);
    let names: Vec<&str> = without.iter().take(NAMED_PACKAGES).map(|(name, _)| name.as_str()).collect();
    let more = without.len().saturating_sub(NAMED_PACKAGES);
    let mut line = format!("packages      {} with rows, {} without", coverage.modelled, without.len());
    if !names.is_empty() {
        line.push_str(&format!(": {}", names.join(", ")));
    }
    if more > 0 {
        line.push_str(&format!(" and {more} more"));
    }
    lines.push(line);
    lines
}
