//! What goes to stdout and stderr.

use crate::Outcome;
use crate::arguments::{Check, Explain, Format, Rules, RulesFormat};
use crate::report::{self, Report, safe::safe};
use crate::session::SessionError;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Prints a report in the format that was asked for. A reader that closed the pipe has seen enough.
pub(crate) fn print(report: &Report, options: &Check) -> Result<(), SessionError> {
    let mut buffer = Vec::new();
    match options.format {
        Format::Json => report::json::write(report, &mut buffer)?,
        Format::Auto | Format::Pretty | Format::Concise => {
            report::concise::write(report, &mut buffer)?;
        }
    }
    let stdout = std::io::stdout();
    let written = stdout.lock().write_all(&buffer);
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// `outlive rules`
pub(crate) fn rules(options: &Rules) -> Result<Outcome, SessionError> {
    let mut out = String::new();
    match options.format {
        RulesFormat::Text => {
            for rule in outlive_rules::RULES {
                let meta = rule.meta();
                out.push_str(&format!("{:<28} {:<13} {}\n", meta.id, meta.category.word(), meta.summary));
            }
        }
        RulesFormat::Json => {
            let list: Vec<serde_json::Value> = outlive_rules::RULES
                .iter()
                .map(|rule| {
                    let meta = rule.meta();
                    serde_json::json!({
                        "id": meta.id,
                        "summary": meta.summary,
                        "category": meta.category.word(),
                        "severity": meta.severity.word(),
                        "url": report::json::url(meta.id),
                    })
                })
                .collect();
            out = serde_json::to_string_pretty(&list).unwrap_or_default();
            out.push('\n');
        }
    }
    print_text(&out)
}

/// `outlive explain RULE`
pub(crate) fn explain(options: &Explain) -> Result<Outcome, SessionError> {
    match outlive_rules::find(&options.rule) {
        Some(rule) => print_text(rule.meta().page),
        None => Err(SessionError::UnknownRule(options.rule.clone(), suggestion(&options.rule))),
    }
}

fn print_text(text: &str) -> Result<Outcome, SessionError> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Outcome::Clean),
    }
}

/// "; did you mean `x`?" for a name that is nearly a rule's.
pub(crate) fn suggestion(name: &str) -> String {
    let close = outlive_rules::RULES.iter().map(|rule| rule.meta().id).find(|id| {
        let shared = id.split('-').filter(|part| name.contains(part)).count();
        shared * 2 >= id.split('-').count()
    });
    close.map_or_else(|| "; `outlive rules` lists them".to_owned(), |id| format!("; did you mean `{id}`?"))
}

/// Says why the command failed.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "outlive: {}", safe(message));
}

/// Prints where the time went.
pub(crate) fn timings(rows: &[(&str, Duration)]) {
    let mut stderr = std::io::stderr().lock();
    for (name, time) in rows {
        let _ = writeln!(stderr, "{name:<24} {:>8.1} ms", time.as_secs_f64() * 1_000.0);
    }
}

/// Whether stdout is a terminal.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}
