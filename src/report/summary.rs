//! What a run amounts to, for stderr.

use super::Report;
use crate::fix::{Fixed, Wish};
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

/// What was fixed, and what could be: by `--fix`, and by `--fix-suggestions` alone.
pub(crate) fn fixes((safe, rest): (u64, u64), fixed: Fixed, wish: Option<Wish>) -> String {
    let mut out = String::new();
    if fixed.fixes > 0 {
        let _ = writeln!(out, "{} in {}", count_es(fixed.fixes), count(fixed.files, "file"));
    }
    if fixed.given_up > 0 {
        let _ = writeln!(out, "{} left as found: a fix would have broken it", count(fixed.given_up, "file"));
    }
    if safe > 0 && wish.is_none() {
        let _ = writeln!(out, "{} --fix would make", count_es(safe));
    }
    if rest > 0 && wish != Some(Wish::Suggestions) {
        let _ = writeln!(out, "{} to be read first: --fix-suggestions makes them", count_es(rest));
    }
    out
}

fn count_es(number: u64) -> String {
    if number == 1 { "1 fix".to_owned() } else { format!("{number} fixes") }
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
