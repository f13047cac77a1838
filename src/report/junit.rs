//! JUnit XML: one suite for each file, one case for each finding. A clean run has one case that passes, because readers
//! take an empty report for a broken one.

use super::xml::Xml;
use super::{FileError, Report, Reported};
use outlive_rules::Severity;
use std::collections::BTreeMap;
use std::io::Write;

/// What happened in one file.
#[derive(Default)]
struct Suite<'r> {
    findings: Vec<&'r Reported>,
    errors: Vec<&'r FileError>,
}

/// Writes the suites.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let mut suites: BTreeMap<&str, Suite<'_>> = BTreeMap::new();
    for finding in &report.findings {
        suites.entry(&finding.place.path).or_default().findings.push(finding);
    }
    for error in &report.errors {
        suites.entry(&error.path).or_default().errors.push(error);
    }
    let cases = report.findings.len() + report.errors.len();
    let broken =
        report.errors.len() + report.findings.iter().filter(|it| it.severity == Severity::Error).count();
    let (tests, failures, errors) =
        (cases.max(1).to_string(), (cases - broken).to_string(), broken.to_string());
    let counts = [("name", "outlive"), ("tests", &*tests), ("failures", &*failures), ("errors", &*errors)];
    let mut xml = Xml::new(out)?;
    xml.element("testsuites", &counts, |xml| {
        if suites.is_empty() {
            return clean(xml);
        }
        suites.iter().try_for_each(|(path, it)| suite(xml, path, it))
    })?;
    xml.finish()
}

fn clean(xml: &mut Xml<'_>) -> std::io::Result<()> {
    xml.element(
        "testsuite",
        &[("name", "outlive"), ("tests", "1"), ("failures", "0"), ("errors", "0")],
        |xml| xml.empty("testcase", &[("name", "outlive"), ("classname", "outlive")]),
    )
}

fn suite(xml: &mut Xml<'_>, path: &str, suite: &Suite<'_>) -> std::io::Result<()> {
    let broken =
        suite.errors.len() + suite.findings.iter().filter(|it| it.severity == Severity::Error).count();
    let cases = suite.findings.len() + suite.errors.len();
    let (tests, failures, errors) = (cases.to_string(), (cases - broken).to_string(), broken.to_string());
    let counts = [("name", path), ("tests", &*tests), ("failures", &*failures), ("errors", &*errors)];
    xml.element("testsuite", &counts, |xml| {
        suite.findings.iter().try_for_each(|finding| case(xml, finding))?;
        suite.errors.iter().try_for_each(|error| failed(xml, error))
    })
}

fn case(xml: &mut Xml<'_>, finding: &Reported) -> std::io::Result<()> {
    let start = finding.place.start;
    let name = format!("{} at {}:{}", finding.rule, start.line, start.column);
    let what = if finding.severity == Severity::Error { "error" } else { "failure" };
    // No `line`: a consumer that checks against the schema of Jenkins refuses the file for it.
    xml.element("testcase", &[("name", &name), ("classname", &finding.place.path)], |xml| {
        xml.element(what, &[("message", &finding.message), ("type", finding.rule)], |xml| {
            let mut text = finding.help.clone();
            for step in &finding.retainers {
                let at = &step.place;
                let place = format!("{}:{}:{}", at.path, at.start.line, at.start.column);
                text += &format!("\n{place}: {}: {}", step.role.word(), step.message);
            }
            xml.text(&text)
        })
    })
}

fn failed(xml: &mut Xml<'_>, error: &FileError) -> std::io::Result<()> {
    let kind = error.trouble.word();
    xml.element("testcase", &[("name", kind), ("classname", &error.path)], |xml| {
        xml.empty("error", &[("message", &error.message), ("type", kind)])
    })
}
