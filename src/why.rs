//! `outlive why PATH:LINE`: what is known there, and why nothing is reported.

use crate::Outcome;
use crate::arguments::{Stage, Why};
use crate::discover::Filter;
use crate::output;
use crate::progress::Counter;
use crate::report::safe::safe;
use crate::report::source::Overlay;
use crate::session::{self, Plan, SessionError};
use outlive_rules::engine;
use outlive_rules::trace::{Dropped, Trace};
use outlive_semantic::index::FuncId;
use outlive_semantic::project::{FileId, Project, RateInfo};
use outlive_semantic::source::Lines;
use outlive_semantic::tree::Span;
use std::fmt::Write as _;

/// Runs `why`.
pub(crate) fn why(options: &Why) -> Result<Outcome, SessionError> {
    let (path, line) =
        split(&options.place).ok_or_else(|| SessionError::NoSuchLine(options.place.clone()))?;
    let catalog = outlive_rules::models::catalog(&[])?;
    let plan = Plan {
        paths: &options.paths,
        extra: &[],
        filter: &Filter::default(),
        overlay: &Overlay::default(),
        threads: 0,
        rules: outlive_rules::RULES,
        traced: Some(path),
        progress: &Counter::default(),
        until: Stage::Link,
    };
    let analysis = session::run(&plan, &catalog)?;
    let project = &analysis.project;
    let file = project.file_ids().find(|&id| project.file(id).path == path);
    let file = file.ok_or_else(|| SessionError::NoSuchLine(options.place.clone()))?;
    let text = std::fs::read_to_string(path)?;
    let lines = Lines::new(&text);
    let span = lines.line_span(line).ok_or_else(|| SessionError::NoSuchLine(options.place.clone()))?;
    let trace = Trace::listening();
    let findings = engine::settle(&analysis.claims, project, outlive_rules::RULES, &trace);
    let mut out = String::new();
    describe_function(project, file, span, &mut out);
    for finding in findings.iter().filter(|f| f.file == file && touches(span, f.span)) {
        let _ = writeln!(out, "{} ({}): {}", finding.rule, finding.confidence.word(), finding.message);
    }
    let mut silent: Vec<Dropped> = analysis.dropped.clone();
    silent.extend(trace.into_list());
    for row in silent.iter().filter(|row| row.file == Some(file) && touches(span, row.span)) {
        let _ = writeln!(out, "{} is silent: {}", row.rule, row.reason);
    }
    let printed: Vec<String> = out.lines().map(|line| safe(line).into_owned()).collect();
    output::write(format!("{}\n", printed.join("\n")).as_bytes())?;
    Ok(Outcome::Clean)
}

fn split(place: &str) -> Option<(&str, u32)> {
    let (path, line) = place.rsplit_once(':')?;
    Some((path.strip_prefix("./").unwrap_or(path), line.parse().ok()?))
}

fn touches(line: Span, span: Span) -> bool {
    line.start <= span.start && span.start < line.end
}

/// The innermost function around the line, how often it runs, and how that is known.
fn describe_function(project: &Project<'_>, file: FileId, line: Span, out: &mut String) {
    let functions = &project.summary(file).functions;
    let around = functions
        .iter()
        .enumerate()
        .filter(|(i, row)| *i == 0 || row.at.start <= line.end && line.start < row.at.end)
        .min_by_key(|(_, row)| row.at.end - row.at.start);
    let Some((index, _)) = around else { return };
    let func = FuncId::from_index(index);
    let name =
        if index == 0 { "the module".to_owned() } else { format!("`{}`", project.function_name(file, func)) };
    let _ = writeln!(out, "{name} runs {}", rate_phrase(project.rate(file, func)));
    for step in project.witness(file, func) {
        let text = std::fs::read_to_string(&project.file(step.file).path).unwrap_or_default();
        let at = Lines::new(&text).position(step.at.start);
        let label = if step.label.is_empty() { "handed on" } else { &step.label };
        let _ = writeln!(out, "  {label} at {}:{}", project.file(step.file).path, at.line);
    }
}

fn rate_phrase(info: RateInfo) -> String {
    let Some(rate) = info.rate else { return "nobody knows how often: no caller is in sight".to_owned() };
    let sure = if info.certain { "" } else { ", if a convention holds" };
    let looped = if info.in_loop { ", in a loop" } else { "" };
    format!("{}{looped}{sure}", rate.phrase())
}
