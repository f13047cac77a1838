//! The handwritten examples of a sheet: one line of `examples/<sheet>.txt` says what is known of a piece of code. How to
//! write one stands in `README.md`.

use super::{linked, marked, try_lower};
use crate::engine;
use crate::finding::Confidence;
use crate::trace::Trace;
use outlive_semantic::catalog::{Catalog, Container, Sender};
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::project::{FileId, Majors};
use outlive_semantic::rate::{Life, Rate};
use outlive_semantic::summary::Role;
use outlive_semantic::tables::Lowered;
use outlive_semantic::turns::Turns;
use std::path::Path;

/// One statement about one piece of code.
pub(super) struct Example {
    /// The statement and the code, for messages and for finding what speaks of a path.
    pub(super) text: String,
    path: String,
    /// What the manifest asks for: a package and its range.
    asks: Option<(String, Majors)>,
    file: Result<Lowered, String>,
    says: Says,
}

/// What an example says.
#[derive(Clone)]
enum Says {
    /// All of this is known where `here(…)` is called.
    Known(Vec<Fact>),
    /// None of this is.
    Never(Vec<Fact>),
    /// The rule reports the code; with the second, not with the highest confidence.
    Reported(String, bool),
    /// The rule says nothing.
    Silent(String),
}

/// What is known at the call `here(value)`.
#[derive(Clone, PartialEq, Debug)]
enum Fact {
    /// How often the function around it runs.
    Runs(Rate),
    /// Many times each time.
    Loops,
    /// How often it runs is proved.
    Sure,
    /// How often it runs rests on a convention.
    Likely,
    /// The type of the value.
    Type(String),
    /// A type that the value is one of, by inheritance.
    Is(String),
    /// How long values of this type live.
    Lives(Life),
    /// Who sends what is read from it.
    Sent(Sender),
    /// What container it is.
    Keeps(Container),
    /// The family of its listeners.
    Emits(String),
    /// A module is loaded that is not rendered on a server.
    Browsers,
    /// Bytes can be read from it, or written to it.
    Readable,
    Writable,
}

/// The examples of a sheet, all alternatives written out.
pub(super) fn examples_of(library: &str) -> Vec<Example> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("models/examples/{library}.txt"));
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut before = String::new();
    let mut out = Vec::new();
    for line in whole_lines(&text) {
        if let Some(module) = line.strip_prefix("with") {
            module.trim().clone_into(&mut before);
            continue;
        }
        for line in alternatives(&format!("{line}\u{0}{before}")) {
            let (line, before) = line.split_once('\u{0}').unwrap();
            out.extend(read(line, before));
        }
    }
    out
}

/// Lines without comments; a line that starts with a blank goes on with the one before.
fn whole_lines(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        match out.last_mut().filter(|_| line.starts_with(' ')) {
            Some(last) => *last = format!("{last} {}", line.trim()),
            None => out.push(line.trim_end().to_owned()),
        }
    }
    out
}

/// `{a,b}` without blanks stands for both; the same words in braces are the same choice throughout a line.
fn alternatives(line: &str) -> Vec<String> {
    let Some(group) = first_group(line) else { return vec![line.to_owned()] };
    let choices = group.trim_matches(['{', '}']).split(',');
    choices.flat_map(|choice| alternatives(&line.replace(group, choice))).collect()
}

fn first_group(line: &str) -> Option<&str> {
    line.match_indices('{').find_map(|(at, _)| {
        let end = at + line[at..].find('}')?;
        let is_group = line[at + 1..end].contains(',') && !line[at + 1..end].contains([' ', '{', '\u{0}']);
        is_group.then_some(&line[at..=end])
    })
}

/// `<words>: <code> | <what gives it back> | …`
pub(super) fn read(line: &str, before: &str) -> Vec<Example> {
    let (words, code) = line.split_once(": ").unwrap_or_else(|| panic!("no code in {line}"));
    let words: Vec<&str> = words.split(' ').collect();
    let path = words.iter().find_map(|word| word.strip_prefix("file=")).unwrap_or("a.ts");
    let asks = words.iter().find_map(|word| word.strip_prefix("asks=")).map(|asked| {
        let (package, range) = asked.rsplit_once('@').unwrap();
        (package.to_owned(), Majors::of_range(range).unwrap())
    });
    let mut parts = code.split(" | ");
    let taken = parts.next().unwrap_or_default();
    let of = |code: &str, says: Says| {
        let code = module_of(before, code, words.contains(&"served"));
        let (text, path, asks) = (line.to_owned(), path.to_owned(), asks.clone());
        Example { file: try_lower(&path, &code), text, path, asks, says }
    };
    let Some(rule) = words.iter().find(|word| crate::find(word).is_some()) else {
        let is_fact = |word: &&&str| **word != "not" && !word.starts_with("file=");
        let facts = words.iter().filter(is_fact).map(|word| fact(word)).collect();
        let says = if words.contains(&"not") { Says::Never(facts) } else { Says::Known(facts) };
        return vec![of(taken, says)];
    };
    if words.contains(&"not") {
        return vec![of(taken, Says::Silent((*rule).to_owned()))];
    }
    let given_back = parts.map(|release| of(&format!("{taken} {release}"), Says::Silent((*rule).to_owned())));
    let mut out = vec![of(taken, Says::Reported((*rule).to_owned(), words.contains(&"likely")))];
    out.extend(given_back);
    out
}

/// What stands before `>>` is the module's, what stands behind is inside a function that others call, or inside one that
/// serves requests.
fn module_of(before: &str, code: &str, served: bool) -> String {
    let Some((module, body)) = code.split_once(">> ") else { return format!("{before} {code}") };
    if served {
        let server = "import { createServer } from 'http'; createServer((q, s) => {";
        return format!("{before} {module} {server} {body} }}).listen(8080);");
    }
    format!("{before} {module} export async function work(x, f, u) {{ {body} }}")
}

fn fact(word: &str) -> Fact {
    let text = |word: &str| toml::Value::String(word.to_owned());
    match word.split_once('=') {
        Some(("is", name)) => Fact::Is(name.to_owned()),
        Some(("lives", life)) => Fact::Lives(text(life).try_into().unwrap()),
        Some(("sender", sender)) => Fact::Sent(text(sender).try_into().unwrap()),
        Some(("keeps", container)) => Fact::Keeps(text(container).try_into().unwrap()),
        Some(("emits", family)) => Fact::Emits(family.to_owned()),
        _ => match word {
            "sure" => Fact::Sure,
            "likely" => Fact::Likely,
            "loops" => Fact::Loops,
            "browsers" => Fact::Browsers,
            "readable" => Fact::Readable,
            "writable" => Fact::Writable,
            _ => text(word).try_into().map_or_else(|_| Fact::Type(word.to_owned()), Fact::Runs),
        },
    }
}

impl Example {
    /// Whether the catalog makes it true.
    pub(super) fn holds(&self, catalog: &Catalog) -> bool {
        let Ok(file) = &self.file else { return false };
        match &self.says {
            Says::Known(facts) => {
                let known = self.known(file, catalog);
                facts.iter().all(|fact| known.contains(fact))
            }
            Says::Never(facts) => {
                let known = self.known(file, catalog);
                !facts.iter().any(|fact| known.contains(fact))
            }
            Says::Reported(rule, likely) => {
                let found = self.reported(rule, file, catalog);
                !found.is_empty() && (!likely || !found.contains(&Confidence::High))
            }
            Says::Silent(rule) => self.reported(rule, file, catalog).is_empty(),
        }
    }

    /// What an example that does not hold says instead.
    pub(super) fn instead(&self, catalog: &Catalog) -> String {
        match (&self.file, &self.says) {
            (Err(message), _) => message.clone(),
            (Ok(file), Says::Known(_) | Says::Never(_)) => format!("{:?}", self.known(file, catalog)),
            (Ok(file), Says::Reported(rule, _)) => {
                format!("{rule}: {:?}", self.reported(rule, file, catalog))
            }
            (Ok(_), Says::Silent(rule)) => format!("{rule} speaks"),
        }
    }

    fn known(&self, file: &Lowered, catalog: &Catalog) -> Vec<Fact> {
        let here = marked(file);
        let model = Model::new(file, catalog);
        let found = file.tree.arg(here, 0).map_or(Ty::Unknown, |arg| model.ty(arg));
        let mut out = Vec::new();
        if let Some(id) = model.model_of(found) {
            let row = catalog.model(id);
            out.push(Fact::Type(row.name.clone()));
            out.extend(row.ancestors.iter().map(|&id| Fact::Is(catalog.model(id).name.clone())));
            out.extend(row.life.map(Fact::Lives));
            out.extend(row.sender.map(Fact::Sent));
            out.extend(row.container.map(Fact::Keeps));
            out.extend(
                row.emitter.and_then(|id| catalog.emitter(id)).map(|row| Fact::Emits(row.name.clone())),
            );
            out.extend(row.readable.then_some(Fact::Readable));
            out.extend(row.writable.then_some(Fact::Writable));
        }
        if self.asks_for_rate() {
            let func = Turns::of(&model).func_at(file.tree.func(here), file.tree.span(here));
            let analysed = engine::analyse(file, catalog, Role::Source, &[], &Trace::default());
            let (project, _) = linked(&self.path, self.asks.as_ref(), analysed, catalog);
            let info = project.rate(FileId(0), func);
            let loads = &project.summary(FileId(0)).client_imports;
            out.extend((!loads.is_empty()).then_some(Fact::Browsers));
            out.extend(info.rate.map(Fact::Runs));
            out.extend(info.in_loop.then_some(Fact::Loops));
            out.push(if info.certain { Fact::Sure } else { Fact::Likely });
        }
        out
    }

    fn asks_for_rate(&self) -> bool {
        matches!(&self.says, Says::Known(facts) | Says::Never(facts)
        if facts.iter().any(|fact| {
            matches!(fact, Fact::Runs(_) | Fact::Loops | Fact::Browsers | Fact::Sure | Fact::Likely)
        }))
    }

    /// The confidence of each finding of a rule.
    fn reported(&self, rule: &str, file: &Lowered, catalog: &Catalog) -> Vec<Confidence> {
        let rules = [crate::find(rule).unwrap()];
        let analysed = engine::analyse(file, catalog, Role::Source, &rules, &Trace::default());
        let (project, claims) = linked(&self.path, self.asks.as_ref(), analysed, catalog);
        let findings = engine::settle(&claims, &project, &rules, &Trace::default());
        findings.iter().map(|finding| finding.confidence).collect()
    }
}
