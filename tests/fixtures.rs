//! The fixtures of the rules: examples that are too long for a page or take several files.
//!
//! `fixtures/<rule>/leaks/x.js` is reported exactly where its markers say, `fixtures/<rule>/clean/x.js` is its twin in
//! which nothing is (a marker of level low aside). A folder in place of the file is a small project. What the program
//! gets wrong stands in `fixtures/<rule>/known/leaks` and `known/clean`, marked as it should be, with a line
//! `// wrong: why` at its top; such a test turns red when the program gets it right, so that the file can move.

mod example;

use example::Source;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// One fixture.
#[derive(Clone)]
struct Fixture {
    rule: String,
    path: PathBuf,
    is_leak: bool,
    /// The program gets it wrong, and is known to.
    is_known: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let trials = match collect(&root) {
        Ok(fixtures) => trials(&fixtures),
        Err(error) => vec![Trial::test("fixtures", move || Err(error.into()))],
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn collect(root: &Path) -> std::io::Result<Vec<Fixture>> {
    let mut out = Vec::new();
    for folder in entries(root)?.into_iter().filter(|folder| folder.is_dir() && name(folder) != "projects") {
        let kinds = [
            ("leaks", true, false),
            ("clean", false, false),
            ("known/leaks", true, true),
            ("known/clean", false, true),
        ];
        for (kind, is_leak, is_known) in kinds {
            let place = folder.join(kind);
            if place.exists() {
                let rule = name(&folder);
                let fixture = |path| Fixture { rule: rule.clone(), path, is_leak, is_known };
                out.extend(entries(&place)?.into_iter().map(fixture));
            }
        }
    }
    Ok(out)
}

fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut out: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    out.sort();
    Ok(out)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn stem(path: &Path) -> String {
    name(path).split('.').next().unwrap_or_default().to_owned()
}

fn trials(fixtures: &[Fixture]) -> Vec<Trial> {
    let mut out: Vec<Trial> = fixtures
        .iter()
        .cloned()
        .map(|fixture| {
            let known = if fixture.is_known { "known::" } else { "" };
            let kind = if fixture.is_leak { "leaks" } else { "clean" };
            let title = format!("{}::{known}{kind}::{}", fixture.rule, name(&fixture.path));
            Trial::test(title, move || check(&fixture))
        })
        .collect();
    let all = fixtures.to_vec();
    out.push(Trial::test("fixtures::belong_to_rules", {
        let all = all.clone();
        move || belong_to_rules(&all)
    }));
    out.push(Trial::test("fixtures::clean_ones_have_a_leaking_twin", {
        let all = all.clone();
        move || have_twins(&all)
    }));
    out.push(Trial::test("fixtures::show_what_the_list_says", move || are_listed(&all)));
    out
}

fn check(fixture: &Fixture) -> Result<(), Failed> {
    let (folder, target, sources) = read(fixture)?;
    let mut marks = Vec::new();
    for source in &sources {
        marks.extend(example::marks(source)?);
    }
    let is_marked = marks
        .iter()
        .any(|mark| mark.rule == fixture.rule && (fixture.is_leak || mark.level.as_deref() != Some("low")));
    if is_marked != fixture.is_leak {
        return Err(
            "a leak marks its lines with its rule; a clean fixture has markers of level low at most".into()
        );
    }
    let difference = example::difference(&marks, &example::report(&folder, &target)?);
    match fixture.is_known {
        false => example::expect_empty(difference),
        true if !sources.iter().any(|source| source.text.contains("// wrong: ")) => {
            Err("a known mistake says what is wrong: `// wrong: why`".into())
        }
        true if difference.is_empty() => {
            Err("the program gets this right now: move it out of `known`".into())
        }
        true => Ok(()),
    }
}

/// Where to run, on what, and the files to look for markers in.
fn read(fixture: &Fixture) -> Result<(PathBuf, String, Vec<Source>), Failed> {
    let path = &fixture.path;
    let mut sources = Vec::new();
    if path.is_dir() {
        read_folder(path, "", &mut sources)?;
        return Ok((path.clone(), ".".to_owned(), sources));
    }
    let file = name(path);
    sources.push(Source { path: file.clone(), text: std::fs::read_to_string(path)? });
    Ok((path.parent().unwrap_or(path).to_path_buf(), file, sources))
}

fn read_folder(folder: &Path, prefix: &str, sources: &mut Vec<Source>) -> Result<(), Failed> {
    for path in entries(folder)? {
        let shown = format!("{prefix}{}", name(&path));
        if path.is_dir() {
            read_folder(&path, &format!("{shown}/"), sources)?;
        } else {
            sources.push(Source { path: shown, text: std::fs::read_to_string(&path)? });
        }
    }
    Ok(())
}

fn belong_to_rules(fixtures: &[Fixture]) -> Result<(), Failed> {
    match fixtures.iter().find(|fixture| outlive_rules::find(&fixture.rule).is_none()) {
        Some(fixture) => Err(format!("no rule is called `{}`", fixture.rule).into()),
        None => Ok(()),
    }
}

/// Silence proves nothing unless the same code, one edit away, is reported.
fn have_twins(fixtures: &[Fixture]) -> Result<(), Failed> {
    let is_twin = |a: &Fixture, b: &Fixture| b.is_leak && a.rule == b.rule && stem(&a.path) == stem(&b.path);
    let lonely: Vec<String> = fixtures
        .iter()
        .filter(|fixture| !fixture.is_leak && !fixtures.iter().any(|other| is_twin(fixture, other)))
        .map(|fixture| format!("{}/{}", fixture.rule, name(&fixture.path)))
        .collect();
    if lonely.is_empty() { Ok(()) } else { Err(format!("no leaking twin: {}", lonely.join(", ")).into()) }
}

/// How many fixtures a shape has at least; an owner, an ending and a silence have one.
const OF_A_SHAPE: usize = 3;

/// `fixtures/shapes.md` names fixtures that are there, in leaks and in clean, and enough of them.
fn are_listed(fixtures: &[Fixture]) -> Result<(), Failed> {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/shapes.md");
    let list = std::fs::read_to_string(list)?;
    let has = |rule: &str, wanted: &str, is_leak: bool| {
        fixtures.iter().any(|fixture| {
            let is_right = fixture.rule == rule && fixture.is_leak == is_leak && !fixture.is_known;
            is_right && stem(&fixture.path) == wanted
        })
    };
    let mut wrong = Vec::new();
    let mut rows = 0;
    for (heading, line) in rows_of(&list) {
        rows += 1;
        let shown: Vec<&str> = line.split('`').filter(|text| text.contains('/')).collect();
        let wanted = if heading == "Shapes" { OF_A_SHAPE } else { 1 };
        if shown.len() < wanted {
            wrong.push(format!("too few: {line}"));
        }
        let is_there = |name: &&str| {
            name.split_once('/').is_some_and(|(rule, name)| has(rule, name, true) && has(rule, name, false))
        };
        wrong.extend(
            shown.iter().filter(|name| !is_there(name)).map(|name| format!("no leak and clean twin: {name}")),
        );
    }
    if wrong.is_empty() && rows > 0 { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// The rows of the tables of a page, with the heading that each stands under.
fn rows_of(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut heading = "";
    page.lines().filter_map(move |line| {
        heading = line.strip_prefix("## ").unwrap_or(heading);
        let is_row = line.starts_with("| ") && line.contains('`') && line.contains('/');
        is_row.then_some((heading, line))
    })
}
