//! What a run amounts to, for stderr.

use super::Report;
use outlive_rules::Confidence;
use std::fmt::Write as _;

/// The lines that close a run.
pub(crate) fn summary(report: &Report) -> String {
    let mut out = String::new();
    let stats = &report.stats;
    let _ = write!(out, "{} in {}", findings(report), count(stats.parsed + stats.scanned_only, "file"));
    let skipped: u64 = stats.skipped.values().sum();
    if skipped > 0 {
        let reasons: Vec<String> =
            stats.skipped.iter().map(|(reason, count)| format!("{count} {}", reason.word())).collect();
        let _ = write!(out, "; {skipped} left out ({})", reasons.join(", "));
    }
    if stats.failed > 0 {
        let _ = write!(out, "; {} could not be analysed", count(stats.failed, "file"));
    }
    out.push('\n');
    if stats.asides > 0 && stats.asides == stats.parsed {
        out.push_str("by their paths these are tests or scripts, in which no leak is reported\n");
    }
    if report.unsure > 0 {
        let _ = writeln!(
            out,
            "{} not shown: see them with --confidence low",
            count(report.unsure, "less certain finding")
        );
    }
    out
}

fn findings(report: &Report) -> String {
    if report.findings.is_empty() {
        return "nothing found".to_owned();
    }
    let levels = [Confidence::High, Confidence::Medium, Confidence::Low];
    let parts: Vec<String> = levels
        .iter()
        .map(|&level| (level, report.findings.iter().filter(|finding| finding.confidence == level).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(level, count)| format!("{count} {}", level.word()))
        .collect();
    format!("{} ({} confidence)", count(report.findings.len() as u64, "finding"), parts.join(", "))
}

fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
