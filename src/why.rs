//! `outlive why PATH:LINE`: what is known there, and why nothing is reported.

use crate::Outcome;
use crate::arguments::{Stage, Why};
use crate::cache::Place;
use crate::configs::{Configs, Wanted};
use crate::discover::DiscoverError;
use crate::output;
use crate::progress::Counter;
use crate::report::safe::safe;
use crate::report::source::{Overlay, Sources};
use crate::session::{self, Analysis, Plan, SessionError};
use outlive_rules::Rule;
use outlive_rules::engine;
use outlive_rules::trace::{Dropped, Trace};
use outlive_semantic::index::FuncId;
use outlive_semantic::project::{FileId, Project};
use outlive_semantic::tables::FunctionKind;
use outlive_semantic::tree::Span;
use rustc_hash::FxHashMap;
use std::fmt::Write as _;

/// Runs `why`.
pub(crate) fn why(options: &Why) -> Result<Outcome, SessionError> {
    let (path, line) =
        split(&options.place).ok_or_else(|| SessionError::NoSuchLine(options.place.clone()))?;
    let here = std::env::current_dir().map_err(DiscoverError::WorkingDirectory)?;
    let configs = Configs::new(&here, None, Wanted::default())?;
    let sheets = configs.of_run().found.sheets()?;
    let cache = Place::new(&options.cache, &here, &sheets);
    let catalog = outlive_rules::models::catalog(&sheets)?;
    let plan = Plan {
        paths: &options.paths,
        extra: &[],
        configs: &configs,
        overlay: &Overlay::default(),
        threads: 0,
        rules: Some(outlive_rules::RULES),
        traced: Some(path),
        progress: &Counter::default(),
        until: Stage::Link,
        cache: cache.as_ref(),
    };
    let analysis = session::run(&plan, &catalog)?;
    let project = &analysis.project;
    let file = project.file_ids().find(|&id| project.file(id).path == path);
    let file = file.ok_or_else(|| SessionError::NoSuchLine(options.place.clone()))?;
    let mut sources = Sources::new(Overlay::default(), FxHashMap::default());
    let span = sources.load(path).lines.line_span(line);
    let span = span.ok_or_else(|| SessionError::NoSuchLine(options.place.clone()))?;
    let asked = Asked { file, line: span, rules: outlive_rules::RULES };
    let out = describe_line(&analysis, &analysis.dropped, &asked, &mut sources);
    let printed: Vec<String> = out.lines().map(|line| safe(line).into_owned()).collect();
    output::write(format!("{}\n", printed.join("\n")).as_bytes())?;
    Ok(Outcome::Clean)
}

/// What is asked about.
pub(crate) struct Asked<'r> {
    pub(crate) file: FileId,
    /// The line, in bytes.
    pub(crate) line: Span,
    pub(crate) rules: &'r [&'static dyn Rule],
}

/// The function around the line, the findings there, and the reasons of the rules that are silent. `dropped` are those
/// which the file alone gives.
pub(crate) fn describe_line(
    analysis: &Analysis<'_>,
    dropped: &[Dropped],
    asked: &Asked<'_>,
    sources: &mut Sources,
) -> String {
    let &Asked { file, line, rules } = asked;
    let project = &analysis.project;
    let claims = &analysis.claims;
    let settle = || {
        let trace = Trace::listening();
        let findings = engine::settle(claims, project, rules, &trace);
        (findings, trace.into_list())
    };
    let (mut findings, noted) = analysis.pool.install(settle);
    findings.retain(|finding| finding.file == file && touches(line, finding.span));
    let mut silent: Vec<Dropped> = dropped.to_vec();
    silent.extend(noted);
    silent.retain(|row| row.file == Some(file) && touches(line, row.span));
    let asked = findings.iter().map(|it| it.span).chain(silent.iter().map(|row| row.span)).next();
    let mut out = String::new();
    let at = asked.map_or_else(|| first_code(sources, &project.file(file).path, line), |it| it.start);
    describe_function(project, file, at, sources, &mut out);
    if !project.is_production(file) {
        out.push_str("the file is a test or an example by its path: no leak is reported there\n");
    } else if asked.is_none() {
        out.push_str("no rule has anything to ask about this line\n");
    }
    for finding in findings {
        let _ = writeln!(out, "{} ({}): {}", finding.rule, finding.confidence.word(), finding.message);
        for doubt in &finding.doubts {
            let _ = writeln!(out, "  in doubt: {doubt}");
        }
    }
    for Dropped { rule, reason, seen, .. } in silent {
        let seen =
            seen.map(|(other, span)| format!(" at {}", place(project, other.unwrap_or(file), span, sources)));
        let _ = writeln!(out, "{rule} is silent: {reason}{}", seen.unwrap_or_default());
    }
    out
}

/// The path and the line. A column behind them, as findings are printed with, is not needed.
fn split(place: &str) -> Option<(&str, u32)> {
    let place = place.trim_end_matches(':');
    let (before, last) = place.rsplit_once(':')?;
    let last = last.parse().ok()?;
    let with_column = before.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse().ok()?)));
    let (path, line) = with_column.unwrap_or((before, last));
    Some((path.strip_prefix("./").unwrap_or(path), line))
}

fn touches(line: Span, span: Span) -> bool {
    line.start <= span.start && span.start < line.end
}

/// Where the code of a line starts.
fn first_code(sources: &mut Sources, path: &str, line: Span) -> u32 {
    let text = sources.load(path).text.as_deref().unwrap_or_default();
    let code = text.get(line.start as usize..line.end as usize).unwrap_or_default();
    let blank = code.len() - code.trim_start().len();
    line.start + u32::try_from(blank).unwrap_or(0)
}

/// The innermost function around a place, how often it runs, and how that is known.
fn describe_function(project: &Project<'_>, file: FileId, at: u32, sources: &mut Sources, out: &mut String) {
    let functions = &project.summary(file).functions;
    let around = functions
        .iter()
        .enumerate()
        .filter(|(i, row)| *i == 0 || row.at.start <= at && at < row.at.end)
        .min_by_key(|(_, row)| row.at.end - row.at.start);
    let Some((index, _)) = around else { return };
    let func = FuncId::from_index(index);
    let name = match (index, functions[index].kind) {
        (0, _) => "the module".to_owned(),
        (_, FunctionKind::Turn) => "the body of the loop".to_owned(),
        _ => project.shown_function(file, func),
    };
    let _ = writeln!(out, "{name} runs {}", project.rate(file, func).phrase());
    for step in project.witness(file, func) {
        let label = if step.label.is_empty() { "handed on" } else { &step.label };
        let _ = writeln!(out, "  {label} at {}", place(project, step.file, step.at, sources));
    }
}

/// `src/cache.js:12`
fn place(project: &Project<'_>, file: FileId, span: Span, sources: &mut Sources) -> String {
    let path = &project.file(file).path;
    format!("{path}:{}", sources.load(path).lines.position(span.start).line)
}
