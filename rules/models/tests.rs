//! Every sheet is tidy, its examples hold, and nothing can be deleted from it unnoticed.

mod examples;
mod parts;

use super::{SHEETS, SHIPPED, catalog, parse};
use crate::engine::{self, Analysed};
use crate::trace::Trace;
use examples::{Example, examples_of};
use outlive_semantic::catalog::{self, Catalog, HookRow, Sheet};
use outlive_semantic::index::NodeId;
use outlive_semantic::model::Model;
use outlive_semantic::project::{FileEntry, FileId, Majors, Packages, Project, Resolver};
use outlive_semantic::summary::Role;
use outlive_semantic::syntax::{self, Language};
use outlive_semantic::tables::Lowered;
use outlive_semantic::tree::Kind;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;
use toml::Table;

/// The examples of the page are sheets, or parts of one.
#[test]
fn examples_of_the_page_are_sheets() {
    let page = include_str!("README.md");
    let blocks: Vec<&str> =
        page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let head = if block.starts_with("library") { "" } else { "library = \"example\"\n" };
        let sheet = parse("README.md", &format!("{head}{block}")).unwrap();
        catalog(&[sheet]).unwrap();
    }
}

#[test]
fn rows_of_a_user_extend_the_shipped_ones() {
    let text = "library = 'our-server'
        [[type]]
        name = 'our.App'
        made_by = ['@our/server.createApp']
        extends = ['express.Router']";
    let catalog = catalog(&[parse("ours.toml", text).unwrap()]).unwrap();
    let code = "import { createApp } from '@our/server'; createApp().get('/x', (q, s) => here(q))";
    let file = lowered("a.js", code);
    let here = marked(&file);
    let model = Model::new(&file, &catalog);
    let ty = file.tree.arg(here, 0).and_then(|arg| model.model_of(model.ty(arg)));
    assert_eq!(ty, catalog.find_type("express.Request"));
}

/// Each kind of row that a sheet of a user may have: with it an example holds that does not hold without.
#[test]
fn rows_of_a_user_say_what_those_that_ship_say() {
    let component = "import { Component } from '@angular/core'; @Component({}) export class F { n = 0;";
    let rows = [
        (
            "[[pair]]\ntaken = 'result'\nwhat = 'seat'\ntakes = ['bookSeat']\nends = ['cancel']",
            "leaked-resource: >> const c = await x.bookSeat(); if (u) return; await c.cancel();".to_owned(),
        ),
        (
            "[[call]]\ncallee = ['@our/rx.untouched']\ncompletes = {}",
            format!(
                "not leaked-subscription: {component} constructor(private api: Api) {{}}
                ngOnInit() {{ this.api.items.pipe(untouched(9)).subscribe(v => (this.n = v)); }} ngOnDestroy() {{}} }}"
            ),
        ),
        (
            "[[type]]\nname = 'our.Feed'\nmade_by = ['@our/feed.open']\neach = 'message'",
            "message: import { open } from '@our/feed'; for await (const m of open()) take(m); function take(m) { here(m) }"
                .to_owned(),
        ),
        (
            "[[type]]\nname = 'our.Feed'\nmade_by = ['@our/feed.open']\neach = 'message'",
            "message sure: import { open } from '@our/feed'; async function f() { for await (const m of open()) if (m) { here(m) } }"
                .to_owned(),
        ),
        (
            "[[handler]]\nnames = ['job', 'finish']\npackages = ['@our/work']\nruns = { at = 'job' }",
            "job likely: import w from '@our/work'; export function f(job, finish) { here(job) }".to_owned(),
        ),
        (
            "[[object]]\nname = 'our-panel'\nhas = ['panelId']\n[[hook]]\nof = ['our-panel']\nmethods = ['opened']\nruns = { at = 'component' }",
            "component: export default { panelId: 9, opened() { here(this.x) } }".to_owned(),
        ),
        (
            "[[counterpart]]\nadds = 'followAll'\nremoves = 'unfollowAll'\nmistaken = ['follow', 'unfollow']",
            "mismatched-removal: import { feed } from '@our/feed'; feed.followAll('a'); export const stop = () => feed.unfollow('a');"
                .to_owned(),
        ),
        (
            "[[call]]\ncallee = ['@our/ids.next']\nfresh = true",
            "served unbounded-registry-key: import { next } from '@our/ids'; >> Symbol.for(next())".to_owned(),
        ),
        (
            "[[call]]\ncallee = ['@our/queue']\nqueue = { adds = ['put'], depths = ['waiting'] }",
            "served unbounded-queue: import Queue from '@our/queue'; const tasks = new Queue(); >> tasks.put(q.url);"
                .to_owned(),
        ),
    ];
    for (row, line) in rows {
        let sheet = parse("ours.toml", &format!("library = 'ours'\n{row}")).unwrap();
        let (with, without) = (catalog(&[sheet]).unwrap(), shipped());
        let examples = examples::read(&line, "");
        assert!(examples.iter().all(|example| example.holds(&with)), "{row}: {}", examples[0].instead(&with));
        assert!(examples.iter().any(|example| !example.holds(&without)), "{row}: it says nothing new");
    }
}

/// The build reads TOML, and does not know what a sheet may say: that is asked here.
#[test]
fn every_sheet_that_ships_is_one() {
    let wrong: Vec<String> =
        SHEETS.iter().filter_map(|(file, text)| Some(parse(file, text).err()?.to_string())).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let names =
        |sheets: &[(&'static str, &'static str)]| sheets.iter().map(|sheet| sheet.0).collect::<Vec<_>>();
    assert_eq!(names(SHIPPED), names(SHEETS));
}

#[test]
fn mistakes_in_a_sheet_are_named() {
    let error =
        parse("ours.toml", "library = 'x'\n[[call]]\ncallee = ['a']\nretuns = 'b'").unwrap_err().to_string();
    assert!(error.contains("ours.toml") && error.contains("retuns"), "{error}");
    let mistakes = [
        ("[[call]]\ncallee = ['nobody#on']", "`nobody`"),
        ("[[call]]\ncallee = ['a']\nrequest = { answer = 'net.Server' }", "`net.Server`"),
        ("[[call]]\ncallee = ['a']\nrequest = { answer = 'nobody' }", "`nobody`"),
        (
            "[[call]]\ncallee = ['a']\ncaches = { why = 'b', majors = { of = 'c', from = 2, to = 1 } }",
            "`c` from 2 to 1",
        ),
        ("[[object]]\nname = 'panel'\nhas = []", "`panel`"),
        ("[[counterpart]]\nadds = 'open'\nremoves = 'shut'\nmistaken = ['pen', 'shut']", "`shut`"),
    ];
    for (row, named) in mistakes {
        let sheet = parse("ours.toml", &format!("library = 'x'\n{row}")).unwrap();
        let error = catalog(&[sheet]).err().unwrap().to_string();
        assert!(error.contains("`x`") && error.contains(named), "{error}");
    }
}

fn shipped() -> Catalog {
    catalog(&[]).unwrap()
}

fn lowered(path: &str, code: &str) -> Lowered {
    try_lower(path, code).unwrap()
}

fn try_lower(path: &str, code: &str) -> Result<Lowered, String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let language = Language::of_path(name).ok_or_else(|| format!("{path} is no file of a known language"))?;
    let parsed = syntax::parse(code, language).map_err(|error| format!("{code}: {}", error.message))?;
    let mut file = syntax::lower(parsed);
    file.path = path.into();
    Ok(file)
}

/// What the rules claim about one file.
type Claimed = (FileId, std::sync::Arc<[crate::claim::Claim]>);

fn linked<'c>(
    path: &str,
    asks: Option<&(String, Majors)>,
    analysed: Analysed,
    catalog: &'c Catalog,
) -> (Project<'c>, Vec<Claimed>) {
    let asked = FxHashMap::from_iter([(String::new(), asks.cloned().into_iter().collect())]);
    let packages = Packages { asked: asked.into(), ..Packages::default() };
    let resolver = Resolver::new(Path::new("/"), [path].into_iter(), &packages, false);
    let entry = FileEntry { path: path.to_owned(), summary: analysed.summary };
    (Project::link(vec![entry], catalog, &resolver), vec![(FileId(0), analysed.claims)])
}

/// The call `here(…)` of a snippet.
fn marked(file: &Lowered) -> NodeId {
    let is_here = |&node: &NodeId| {
        file.tree.kind(node) == Kind::Call
            && file.tree.callee(node).and_then(|callee| file.global_of(callee)) == Some("here")
    };
    file.tree.ids().find(is_here).unwrap()
}

#[test]
fn coverage_counts_what_was_understood() {
    let catalog = shipped();
    let code =
        "import express from 'express'; import path from 'path'; import nobody from '@scope/nobody/deep';
        const app = express(); app.get('/x', (a, b) => help()); function help() {} export function idle() {}
        it('x', () => {}); local.on(() => {});";
    let analysed = engine::analyse(&lowered("a.js", code), &catalog, Role::Source, &[], &Trace::default());
    let (project, _) = linked("a.js", None, analysed, &catalog);
    let coverage = project.coverage();
    assert_eq!(coverage.entry_points, [("express".to_owned(), 1)].into());
    assert_eq!((coverage.functions, coverage.driven, coverage.callable), (5, 2, 1));
    assert_eq!(coverage.unmodelled, [("@scope/nobody".to_owned(), 1)].into());
    assert_eq!(coverage.modelled, 2);
}

/// The way to the function in which `here(…)` is called.
fn way_to_here(path: &str, code: &str) -> Vec<String> {
    let catalog = shipped();
    let file = lowered(path, code);
    let func = file.tree.func(marked(&file));
    let analysed = engine::analyse(&file, &catalog, Role::Source, &[], &Trace::default());
    let (project, _) = linked(path, None, analysed, &catalog);
    project.witness(FileId(0), func).into_iter().map(|step| step.label).collect()
}

/// The way to a function that a directive makes an entry point names it.
#[test]
fn the_way_to_a_server_action_names_it() {
    for code in [
        "'use server'; export const save = async form => { here(form) }",
        "export function Page() { async function save(form) { 'use server'; here(form) } return save }",
    ] {
        assert_eq!(way_to_here("a.js", code), ["server action `save`"], "{code}");
    }
}

/// The way to what a page shows names the page and each component on it.
#[test]
fn the_way_to_what_a_page_shows_names_it() {
    let shows = "import 'next'; const load = () => here(); const Card = () => load();";
    let code = format!("{shows} export default async function Home() {{ return <Card/> }}");
    assert_eq!(way_to_here("app/page.jsx", &code), ["page `Home`", "<Card>", "load"]);
    let code = format!("{shows} export default () => <Card/>");
    assert_eq!(way_to_here("app/page.jsx", &code), ["page, exported as `default`", "<Card>", "load"]);
    let code = "'use client'; export const Card = () => here();";
    assert_eq!(way_to_here("card.jsx", code), ["client component `Card`"]);
}

/// The sheets, read and as they are written.
fn written() -> Vec<(Sheet, Table)> {
    SHEETS.iter().map(|(file, text)| (parse(file, text).unwrap(), text.parse().unwrap())).collect()
}

#[test]
fn every_example_holds() {
    let catalog = shipped();
    let wrong: Vec<String> = SHEETS
        .par_iter()
        .flat_map_iter(|(file, _)| {
            let examples = examples_of(file.trim_end_matches(".toml"));
            let wrong: Vec<String> = examples
                .iter()
                .filter(|example| !example.holds(&catalog))
                .map(|example| format!("{file}: {}\n    {}", example.text, example.instead(&catalog)))
                .collect();
            wrong
        })
        .collect();
    assert!(wrong.is_empty(), "{} examples do not hold:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whatever is deleted from a sheet, a row or a single name, an example of that sheet no longer holds.
#[test]
fn every_part_of_a_row_is_seen_in_an_example() {
    let written = written();
    let sheets: Vec<Sheet> = written.iter().map(|(sheet, _)| sheet.clone()).collect();
    let unseen: Vec<String> = (0..written.len())
        .into_par_iter()
        .flat_map_iter(|at| unseen_parts(sheets.clone(), at, &written[at].1))
        .collect();
    assert!(
        unseen.is_empty(),
        "nobody would notice if {} parts were deleted; rules/models/README.md says how to write an example:\n{}",
        unseen.len(),
        unseen.join("\n")
    );
}

#[test]
fn every_file_of_examples_belongs_to_a_sheet() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/examples");
    let names =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    for name in names {
        let sheet = name.replace(".txt", ".toml");
        assert!(SHEETS.iter().any(|(file, _)| *file == sheet), "{name}: there is no {sheet}");
    }
}

/// The parts of one sheet that can be left out while all its examples hold.
fn unseen_parts(mut sheets: Vec<Sheet>, at: usize, written: &Table) -> Vec<String> {
    let examples = examples_of(&sheets[at].library);
    let library = sheets[at].library.clone();
    let mut out = Vec::new();
    for (part, rest) in parts::parts(written) {
        // What the format asks for cannot be left out.
        let Ok(sheet) = Sheet::deserialize(rest) else { continue };
        sheets[at] = sheet;
        // Nor can what others name.
        let Ok(catalog) = Catalog::compile(sheets.clone()) else { continue };
        // Those that name the part come first: mostly the first one shows it.
        let word = part.rsplit(['.', '#', '/', ' ', '(', ')', '_', ':']).find(|word| !word.is_empty());
        let (named, others): (Vec<&Example>, Vec<&Example>) =
            examples.iter().partition(|example| word.is_some_and(|word| example.text.contains(word)));
        if named.into_iter().chain(others).all(|example| example.holds(&catalog)) {
            out.push(format!("{library}: {part}"));
        }
    }
    out
}

/// The names a row is sorted by, and what it says, section by section.
fn sections(sheet: &Sheet) -> Vec<(&'static str, Vec<String>)> {
    let with_event = |name: Option<&String>, event: &[String]| {
        let event = event.first().map_or("\u{ffff}", String::as_str);
        format!("{}\u{0}{event}", name.map(String::as_str).unwrap_or_default())
    };
    let first = |names: &[String]| names.first().cloned().unwrap_or_default();
    let with_method = |row: &HookRow| format!("{}\u{0}{}", first(&row.of), first(&row.methods));
    vec![
        ("emitter", sheet.emitters.iter().map(|row| row.name.clone()).collect()),
        ("type", sheet.types.iter().map(|row| row.name.clone()).collect()),
        ("call", sheet.calls.iter().map(|row| with_event(row.callee.first(), &row.event)).collect()),
        ("signature", sheet.signatures.iter().map(|row| first(&row.names)).collect()),
        ("decorator", sheet.decorators.iter().map(|row| first(&row.names)).collect()),
        ("directive", sheet.directives.iter().map(|row| first(&row.names)).collect()),
        ("export", sheet.exports.iter().map(|row| first(&row.names)).collect()),
        ("hook", sheet.hooks.iter().map(with_method).collect()),
        ("uncalled", sheet.uncalled.iter().map(|row| first(&row.of)).collect()),
        ("ending", sheet.endings.iter().map(|row| first(&row.names)).collect()),
        ("property", sheet.properties.iter().map(|row| first(&row.names)).collect()),
    ]
}

#[test]
fn rows_are_sorted_within_their_section() {
    assert!(SHEETS.is_sorted_by_key(|(file, _)| *file), "the list of sheets is not sorted");
    for (file, text) in SHEETS {
        for (section, names) in sections(&parse(file, text).unwrap()) {
            let unsorted = names.windows(2).find(|pair| pair[0] > pair[1]);
            assert!(unsorted.is_none(), "{file}: [[{section}]] {unsorted:?} is out of order");
        }
    }
}

#[test]
fn nothing_is_said_twice() {
    let (mut said, mut types, mut libraries) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (file, text) in SHEETS {
        let sheet = parse(file, text).unwrap();
        assert!(libraries.insert(sheet.library.clone()), "{file}: two sheets are called `{}`", sheet.library);
        for row in &sheet.types {
            assert!(types.insert(row.name.clone()), "{file}: type `{}` is declared twice", row.name);
        }
        for row in &sheet.calls {
            let events = if row.event.is_empty() { vec![String::new()] } else { row.event.clone() };
            let mut claims: Vec<String> =
                row.acquires.iter().map(|row| format!("acquires for {}", row.rule)).collect();
            claims.extend((!row.callbacks.is_empty()).then(|| "runs callbacks".to_owned()));
            for callee in row.callee.iter().flat_map(|callee| catalog::expand(callee)) {
                for (event, claim) in
                    events.iter().flat_map(|event| claims.iter().map(move |claim| (event, claim)))
                {
                    let is_new = said.insert((callee.clone(), event.clone(), claim.clone()));
                    assert!(is_new, "{file}: `{callee}` {event} {claim} twice");
                }
            }
        }
    }
}

#[test]
fn rules_of_acquired_things_exist() {
    for (file, text) in SHEETS {
        for row in parse(file, text).unwrap().calls.iter().filter_map(|row| row.acquires.as_ref()) {
            assert!(crate::find(&row.rule).is_some(), "{file}: no rule is called `{}`", row.rule);
            let by_argument = !row.release_by_first.is_empty() || !row.release_by_second.is_empty();
            let is_released = !row.release.is_empty() || by_argument;
            assert!(is_released, "{file}: {} without a release", row.what);
        }
    }
}

/// Sheets about the platform, and about what names say whoever uses them: no package has them.
const PLATFORM: [&str; 8] =
    ["browser", "conventions", "custom-elements", "dom", "fetch", "javascript", "streams", "tests"];

#[test]
fn every_sheet_says_what_it_holds_for() {
    for (file, text) in SHEETS {
        let (file, sheet) = (*file, parse(file, text).unwrap());
        assert_eq!(format!("{}.toml", sheet.library), file);
        assert!(text.contains("# Source: "), "{file} does not say who knows this");
        let has_packages = !PLATFORM.contains(&&*sheet.library);
        assert_eq!(!sheet.packages.is_empty(), has_packages, "{file}: which packages?");
        let names_majors = sheet.versions.contains(char::is_numeric);
        assert_eq!(names_majors, has_packages && file != "plain.toml", "{file}: which majors?");
    }
}
