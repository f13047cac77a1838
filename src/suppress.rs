//! Comments that say: this one is meant.
//!
//! `outlive-disable-next-line`, `-disable-line`, `-disable` … `-enable` and `-disable-file`, each with the rules it is
//! about and, behind `--`, why.

use crate::report::source::Sources;
use crate::report::{self, Location, Mend, Replacement, Reported};
use crate::rulebook::{self, BAD_SUPPRESSION, UNUSED_SUPPRESSION};
use outlive_rules::{Confidence, Role, Severity};
use outlive_semantic::syntax::{self, Comment, Language};
use outlive_semantic::tree::Span;
use serde::{Deserialize, Serialize};

/// What every directive starts with; a file without it is not searched.
const MARK: &str = "outlive-";

/// How far a directive reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Reach {
    Line,
    NextLine,
    /// To the `enable` of the rule, or the end.
    Block,
    File,
    /// Ends blocks.
    Enable,
}

/// One comment that is addressed to outlive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Directive {
    reach: Reach,
    /// The names as they are written.
    rules: Vec<String>,
    reason: Option<String>,
    /// The whole comment.
    span: Span,
}

/// A finding that a comment answers.
pub(crate) struct Suppressed {
    pub(crate) finding: Reported,
    pub(crate) reason: Option<String>,
}

/// The directives of a file that parses.
pub(crate) fn directives(text: &str, language: Language) -> Vec<Directive> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    syntax::comments(text, language).iter().filter_map(directive).collect()
}

fn directive(comment: &Comment) -> Option<Directive> {
    let text = comment.text.trim_start_matches(|c: char| c == '*' || c.is_whitespace());
    let rest = text.strip_prefix(MARK)?;
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (word, rest) = rest.split_at(end);
    let reach = match word {
        "disable-line" => Reach::Line,
        "disable-next-line" => Reach::NextLine,
        "disable" => Reach::Block,
        "disable-file" => Reach::File,
        "enable" => Reach::Enable,
        _ => return None,
    };
    let (names, reason) = match rest.split_once("--") {
        Some((names, reason)) => (names, Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty())),
        None => (rest, None),
    };
    let names = names.split(|c: char| c == ',' || c.is_whitespace()).filter(|name| !name.is_empty());
    Some(Directive { reach, rules: names.map(str::to_owned).collect(), reason, span: comment.span })
}

/// What suppression needs to know of the run.
pub(crate) struct Policy<'p> {
    /// The rules that ran: only they can say that a suppression is unused.
    pub(crate) ran: &'p [&'static str],
    /// Whether suppressions in a file must say why.
    pub(crate) require_reason: &'p dyn Fn(&str) -> bool,
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Findings that remain, and those about directives.
    pub(crate) kept: Vec<Reported>,
    pub(crate) suppressed: Vec<Suppressed>,
}

/// One rule of one directive, in lines.
struct Claim<'d> {
    directive: usize,
    rule: &'d str,
    reach: Reach,
    first: u32,
    last: u32,
    used: bool,
}

/// Takes out the findings that directives answer. `below` is the folder of the working directory in the project.
pub(crate) fn apply(
    directives: &[(String, Vec<Directive>)],
    findings: Vec<Reported>,
    sources: &mut Sources,
    below: &str,
    policy: &Policy<'_>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut rest = findings;
    for (path, list) in directives {
        let mut claims = claims(path, list, sources);
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|finding| finding.place.path == *path);
        rest = elsewhere;
        let starts: Vec<(&'static str, u32)> = here.iter().map(|f| (f.rule, f.place.start.line)).collect();
        for mut finding in here {
            match answer(&mut claims, &finding, &starts) {
                Some(directive) => {
                    let reason = list.get(directive).and_then(|directive| directive.reason.clone());
                    outcome.suppressed.push(Suppressed { finding, reason });
                }
                None => {
                    answer_steps(&mut claims, &mut finding);
                    outcome.kept.push(finding);
                }
            }
        }
        let mut about = About { path, sources, below };
        for (index, directive) in list.iter().enumerate() {
            let own: Vec<&Claim<'_>> = claims.iter().filter(|claim| claim.directive == index).collect();
            outcome.kept.extend(about.bad(directive, policy));
            outcome.kept.extend(about.unused(directive, &own, policy));
        }
    }
    outcome.kept.extend(rest);
    outcome
}

/// What each directive covers.
fn claims<'d>(path: &str, list: &'d [Directive], sources: &mut Sources) -> Vec<Claim<'d>> {
    let lines = &sources.load(path).lines;
    let line = |offset: u32| lines.position(offset).line;
    let mut claims = Vec::new();
    for (index, directive) in list.iter().enumerate() {
        let (from, to) = (line(directive.span.start), line(directive.span.end));
        for rule in &directive.rules {
            let (first, last) = match directive.reach {
                Reach::Line => (from, to),
                Reach::NextLine => (to + 1, to + 1),
                Reach::Block => (from, block_end(list, index, rule).map_or(u32::MAX, line)),
                Reach::File => (0, u32::MAX),
                Reach::Enable => continue,
            };
            claims.push(Claim { directive: index, rule, reach: directive.reach, first, last, used: false });
        }
    }
    claims
}

/// Where the block that a directive opens for a rule ends.
fn block_end(list: &[Directive], index: usize, rule: &str) -> Option<u32> {
    let ends = |directive: &&Directive| {
        directive.reach == Reach::Enable
            && (directive.rules.is_empty() || directive.rules.iter().any(|name| name == rule))
    };
    list.iter().skip(index + 1).find(ends).map(|directive| directive.span.start)
}

/// The directive that answers a finding; the narrowest one is marked as used.
fn answer(claims: &mut [Claim<'_>], finding: &Reported, starts: &[(&'static str, u32)]) -> Option<usize> {
    let matching = claims
        .iter_mut()
        .filter(|claim| claim.rule == finding.rule && covers(claim, finding, starts))
        .min_by_key(|claim| claim.last.saturating_sub(claim.first));
    matching.map(|claim| {
        claim.used = true;
        claim.directive
    })
}

/// What grows in several places is one finding. A comment at another place than the first takes that place out of it.
fn answer_steps(claims: &mut [Claim<'_>], finding: &mut Reported) {
    let (rule, place) = (finding.rule, finding.place.clone());
    finding.retainers.retain(|step| {
        let line = step.place.start.line;
        let is_other = step.role == Role::Grows && step.place.path == place.path && line != place.start.line;
        let claim =
            claims.iter_mut().find(|claim| claim.rule == rule && claim.first <= line && line <= claim.last);
        match claim {
            Some(claim) if is_other => {
                claim.used = true;
                false
            }
            _ => true,
        }
    });
}

/// A leak has several places: the comment may stand at any line of what is flagged, or where the thing is acquired. But
/// where another finding of the rule starts at that very line, the comment is about that one.
fn covers(claim: &Claim<'_>, finding: &Reported, starts: &[(&'static str, u32)]) -> bool {
    let holds = |line: u32| claim.first <= line && line <= claim.last;
    if holds(finding.place.start.line) {
        return true;
    }
    if !matches!(claim.reach, Reach::Line | Reach::NextLine) {
        return false;
    }
    if starts.iter().any(|(rule, line)| *rule == finding.rule && holds(*line)) {
        return false;
    }
    let acquired = finding
        .retainers
        .iter()
        .filter(|step| step.role == Role::Acquired && step.place.path == finding.place.path)
        .any(|step| holds(step.place.start.line));
    acquired || (finding.place.start.line..=finding.last_line).contains(&claim.first)
}

/// Findings about directives of one file.
struct About<'s> {
    path: &'s str,
    sources: &'s mut Sources,
    below: &'s str,
}

impl About<'_> {
    fn bad(&mut self, directive: &Directive, policy: &Policy<'_>) -> Vec<Reported> {
        let mut problems = Vec::new();
        if directive.rules.is_empty() && directive.reach != Reach::Enable {
            problems.push((
                "this suppression names no rule, so it suppresses nothing".to_owned(),
                "name the rules it is about: `outlive-disable-next-line leaked-timer -- why`".to_owned(),
            ));
        }
        for name in directive.rules.iter().filter(|name| rulebook::find(name).is_none()) {
            let help = rulebook::suggestion(name);
            problems.push((format!("no rule is called `{name}`"), help.trim_start_matches("; ").to_owned()));
        }
        let is_mute = directive.reason.is_none() && directive.reach != Reach::Enable;
        if is_mute && (policy.require_reason)(self.path) {
            problems.push((
                "this suppression gives no reason".to_owned(),
                "say why behind `--`: the config asks for it".to_owned(),
            ));
        }
        let mut findings = Vec::new();
        for (message, help) in problems {
            findings.push(self.finding(
                BAD_SUPPRESSION,
                Severity::Warning,
                message,
                help,
                directive,
                Vec::new(),
            ));
        }
        findings
    }

    fn unused(
        &mut self,
        directive: &Directive,
        claims: &[&Claim<'_>],
        policy: &Policy<'_>,
    ) -> Option<Reported> {
        let unused: Vec<&str> = claims
            .iter()
            .filter(|claim| !claim.used && policy.ran.contains(&claim.rule))
            .map(|claim| claim.rule)
            .collect();
        if unused.is_empty() {
            return None;
        }
        let names: Vec<String> = unused.iter().map(|rule| format!("`{rule}`")).collect();
        let message = format!("nothing here needs the suppression of {}", names.join(", "));
        let place = self.location(directive.span);
        let fixes = if unused.len() == directive.rules.len() {
            let edits = vec![Replacement { place, text: String::new() }];
            vec![Mend { title: "remove the comment".to_owned(), safe: false, edits }]
        } else {
            Vec::new()
        };
        let help = "remove it, so that it does not hide the next leak here".to_owned();
        Some(self.finding(UNUSED_SUPPRESSION, Severity::Info, message, help, directive, fixes))
    }

    fn location(&mut self, span: Span) -> Location {
        let lines = &self.sources.load(self.path).lines;
        Location {
            path: self.path.to_owned(),
            start: lines.position(span.start),
            end: lines.position(span.end),
        }
    }

    fn finding(
        &mut self,
        rule: &'static str,
        severity: Severity,
        message: String,
        help: String,
        directive: &Directive,
        fixes: Vec<Mend>,
    ) -> Reported {
        let mut place = self.location(directive.span);
        let last_line = place.end.line;
        if place.end.line > place.start.line {
            place.end = place.start;
        }
        let key = report::fingerprint(&[rule, &format!("{}{}", self.below, self.path), &message]);
        Reported {
            rule,
            severity,
            confidence: Confidence::High,
            doubts: Vec::new(),
            message,
            help,
            place,
            last_line,
            retainers: Vec::new(),
            fixes,
            fingerprint: key.clone(),
            key,
            cause: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(Reach, Vec<String>, Option<String>)> {
        directives(text, Language::JavaScript).into_iter().map(|d| (d.reach, d.rules, d.reason)).collect()
    }

    #[test]
    fn rules_and_reasons_are_told_apart() {
        let names = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            parsed("// outlive-disable-next-line leaked-timer, leaked-listener -- on purpose -- really\nf()"),
            [(
                Reach::NextLine,
                names(&["leaked-timer", "leaked-listener"]),
                Some("on purpose -- really".into())
            )]
        );
        assert_eq!(parsed("/** outlive-disable-file a */"), [(Reach::File, names(&["a"]), None)]);
        assert_eq!(parsed("/*outlive-enable*/"), [(Reach::Enable, names(&[]), None)]);
        assert_eq!(parsed("// see outlive-disable-line\n// outlive-disabled x\n'// outlive-disable x'"), []);
    }
}
