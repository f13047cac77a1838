//! The proofs by running: the very file that a rule flags keeps memory step after step, and its clean twin does not.
//!
//! `truth/prove.mjs` runs and judges them where `node` is present; `docs/proofs.md` says how.

mod example;

use example::Source;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// A leak, its twin and what they are about.
#[derive(Clone)]
struct Proof {
    rule: String,
    name: String,
    folder: PathBuf,
}

impl Proof {
    /// What `truth/prove.mjs` calls it.
    fn title(&self) -> String {
        format!("{}/{}", self.rule, self.name)
    }
}

/// How much of a file may differ from its twin, in lines.
const EDIT: usize = 12;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = match collect() {
        Ok(proofs) => trials(&proofs, &obstacles()),
        Err(error) => vec![Trial::test("proofs", move || Err(error.into()))],
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn collect() -> std::io::Result<Vec<Proof>> {
    let mut out = Vec::new();
    for rule in folders(&root().join("truth/proofs"))?.into_iter().filter(|folder| name(folder) != "lib") {
        let proof = |folder: PathBuf| Proof { rule: name(&rule), name: name(&folder), folder };
        out.extend(folders(&rule)?.into_iter().map(proof));
    }
    Ok(out)
}

fn folders(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries: Vec<_> = std::fs::read_dir(path)?.collect::<Result<_, _>>()?;
    let mut out: Vec<PathBuf> =
        entries.iter().map(std::fs::DirEntry::path).filter(|path| path.is_dir()).collect();
    out.sort();
    Ok(out)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Which proofs cannot run here; said on stderr, so that nobody takes silence for a proof.
fn obstacles() -> impl Fn(&Proof) -> bool {
    let output = Command::new("node").args(["truth/prove.mjs", "--list"]).current_dir(root()).output();
    if let Err(error) = &output {
        eprintln!("skipped: no proof is run: `node`: {error}");
    }
    let has_node = output.is_ok();
    // A list that cannot be read skips nothing: the proofs then run, and say what is wrong.
    let list: Value =
        output.ok().and_then(|output| serde_json::from_slice(&output.stdout).ok()).unwrap_or_default();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut skipped = BTreeSet::new();
    for proof in list.as_array().into_iter().flatten() {
        if let (Some(title), Some(reason)) = (proof["proof"].as_str(), proof["skip"].as_str()) {
            *reasons.entry(reason).or_default() += 1;
            skipped.insert(title.to_owned());
        }
    }
    for (reason, count) in reasons {
        eprintln!("skipped: {count} proofs are not run: {reason}");
    }
    move |proof| !has_node || skipped.contains(&proof.title())
}

fn trials(proofs: &[Proof], is_skipped: &impl Fn(&Proof) -> bool) -> Vec<Trial> {
    let mut out = Vec::new();
    for proof in proofs {
        let title = |what: &str| format!("{}::{}::{what}", proof.rule, proof.name);
        let test = |what: &str, check: fn(&Proof) -> Result<(), Failed>| {
            let proof = proof.clone();
            Trial::test(title(what), move || check(&proof))
        };
        out.push(test("is_flagged", is_flagged));
        out.push(test("is_one_edit", is_one_edit));
        out.push(test("is_on_its_page", is_on_its_page));
        out.push(test("runs", runs).with_ignored_flag(is_skipped(proof)));
    }
    let has_node = !proofs.iter().all(is_skipped);
    out.push(Trial::test("proofs::what_is_no_leak_is_not_proved", judges).with_ignored_flag(!has_node));
    let all = proofs.to_vec();
    out.push(Trial::test("proofs::every_rule_has_one_or_says_why_not", move || covers_every_rule(&all)));
    out
}

/// The leak is reported where its markers say, its rule among them; the twin is not.
fn is_flagged(proof: &Proof) -> Result<(), Failed> {
    for (file, is_leak) in [("leak.mjs", true), ("clean.mjs", false)] {
        let source =
            Source { path: file.to_owned(), text: std::fs::read_to_string(proof.folder.join(file))? };
        let marks = example::marks(&source)?;
        let own: Vec<_> = marks.iter().filter(|mark| mark.rule == proof.rule).collect();
        if own.is_empty() == is_leak {
            return Err(format!("{file}: a leak marks its lines with its rule, a clean twin does not").into());
        }
        if !is_leak && marks.iter().any(|mark| mark.level.as_deref() != Some("low")) {
            return Err("nothing is reported in a clean twin at the default level".into());
        }
        let is_low = own.iter().any(|mark| mark.level.as_deref() == Some("low"));
        if is_low && !page(&proof.rule)?.contains("always low") {
            return Err("the leak is reported at the default level, unless its page says `always low`".into());
        }
        example::expect_empty(example::difference(&marks, &example::report(&proof.folder, file)?))?;
    }
    Ok(())
}

/// What is measured differs in one place: nothing else can be the cause.
fn is_one_edit(proof: &Proof) -> Result<(), Failed> {
    let lines = |file: &str| -> std::io::Result<Vec<String>> {
        let text = std::fs::read_to_string(proof.folder.join(file))?;
        Ok(text.lines().map(|line| line.split("//~").next().unwrap_or(line).trim_end().to_owned()).collect())
    };
    let (leak, clean) = (lines("leak.mjs")?, lines("clean.mjs")?);
    let head = leak.iter().zip(&clean).take_while(|(a, b)| a == b).count();
    let (leak, clean) = (&leak[head..], &clean[head..]);
    let tail = leak.iter().rev().zip(clean.iter().rev()).take_while(|(a, b)| a == b).count();
    let changed = leak.len().max(clean.len()) - tail;
    match changed {
        0 => Err("the files do not differ".into()),
        1..=EDIT => Ok(()),
        _ => Err(format!("the files differ in {changed} lines; one edit has {EDIT} at most").into()),
    }
}

fn page(rule: &str) -> std::io::Result<String> {
    std::fs::read_to_string(root().join("rules").join(rule.replace('-', "_")).join("README.md"))
}

/// The page has the figures: `- interval: 9,535 bytes kept per connection, twin 245 (Node 20)`.
fn is_on_its_page(proof: &Proof) -> Result<(), Failed> {
    let page = page(&proof.rule)?;
    let start = format!("- {}: ", proof.name);
    let line = page.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default();
    let is_number =
        |text: &str| text.split([',', '.']).all(|part| part.trim_start_matches('-').parse::<u64>().is_ok());
    let runs_on = |text: &str| ["(Node ", "(Chromium "].iter().any(|runtime| text.starts_with(runtime));
    let is_figure = line.split_once(' ').is_some_and(|(kept, rest)| {
        is_number(kept)
            && rest
                .split_once(", twin ")
                .and_then(|(what, rest)| Some((what, rest.split_once(' ')?)))
                .is_some_and(|(what, (twin, runtime))| {
                    what.contains(" per ") && is_number(twin) && runs_on(runtime)
                })
    });
    if is_figure {
        return Ok(());
    }
    Err(format!("the page of {} does not show it: node truth/prove.mjs --write {0}", proof.rule).into())
}

fn runs(proof: &Proof) -> Result<(), Failed> {
    let output =
        Command::new("node").args(["truth/prove.mjs", &proof.title()]).current_dir(root()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    eprint!("{text}");
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{text}{}", String::from_utf8_lossy(&output.stderr)).into())
}

/// A leak that stops, one that is its twin's noise, and one that is not there are refused.
fn judges() -> Result<(), Failed> {
    const COUNTS: &str = "[[[0, 900, 1800], [0, 9, 9]], [[0, 900, 1200], [0, 0, 0]], \
        [[0, 900, 1800], [0, 300, 600]], [[0, 0, 0], [0, 0, 0]], [[0, 900, 1800], [0, -400, 0]]]";
    let program = format!(
        "import {{ judge }} from './truth/proving/judge.mjs';
         const proof = {{ steps: 100, keeps: 'bytes', per: 'call' }};
         const refused = {COUNTS}.map(([leak, clean]) => judge(proof, leak, clean).complaints.length > 0);
         console.log(JSON.stringify(refused));"
    );
    let arguments = ["--input-type=module", "--eval", &program];
    let output = Command::new("node").args(arguments).current_dir(root()).output()?;
    match String::from_utf8_lossy(&output.stdout).trim() {
        "[false,true,true,true,true]" => Ok(()),
        other => Err(format!("{other}{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// A rule has proofs, or stands in the table of those that have none, not both.
fn covers_every_rule(proofs: &[Proof]) -> Result<(), Failed> {
    let page = std::fs::read_to_string(root().join("docs/proofs.md"))?;
    let proved: BTreeSet<&str> = proofs.iter().map(|proof| proof.rule.as_str()).collect();
    for rule in outlive_rules::RULES.iter().map(|rule| rule.meta().id) {
        let is_listed = page.contains(&format!("\n| `{rule}` | "));
        if is_listed == proved.contains(rule) {
            let what = if is_listed {
                "has proofs and is listed as having none"
            } else {
                "has no proof and is not listed"
            };
            return Err(format!("{rule} {what} in docs/proofs.md").into());
        }
    }
    match proved.into_iter().find(|rule| outlive_rules::find(rule).is_none()) {
        Some(rule) => Err(format!("no rule is called `{rule}`").into()),
        None => Ok(()),
    }
}
