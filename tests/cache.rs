//! With a cache and without, a run says the same.

#![allow(clippy::unwrap_used, clippy::panic, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{CLEAN, LEAK, Project, Run, run};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Every so many of the fixtures as one project, with a file that does not parse, one that is left out for its text, and a suppression.
fn everything(step: usize) -> Project {
    let project = Project::new(&[
        ("package.json", "{ \"name\": \"everything\", \"dependencies\": { \"express\": \"^4\" } }"),
        ("broken.js", "let = = 1;"),
        ("binary.js", "\0\0"),
        ("quiet.js", &LEAK.replace("  seen.set", "  // outlive-disable-next-line -- known\n  seen.set")),
        ("deep.js", &format!("f({}1{});", "[".repeat(900), "]".repeat(900))),
    ]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    for path in paths.iter().step_by(step) {
        project.write(path.strip_prefix(&root).unwrap().to_str().unwrap(), std::fs::read(path).unwrap());
    }
    project
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else {
            paths.push(path);
        }
    }
}

/// A folder for caches.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn name(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    fn run(&self, project: &Project, arguments: &[&str]) -> Run {
        project.run(&[&["--cache-dir", self.name()], arguments].concat())
    }

    /// A run and how many files it took from the cache.
    fn known(&self, project: &Project, arguments: &[&str]) -> u64 {
        known(&self.run(project, &[&["--timings"], arguments].concat()))
    }

    /// Its packs, sorted.
    fn packs(&self) -> Vec<PathBuf> {
        packs(self.0.path())
    }
}

fn packs(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut packs: Vec<PathBuf> =
        all.filter(|path| path.extension().is_some_and(|end| end == "pack")).collect();
    packs.sort();
    packs
}

fn known(run: &Run) -> u64 {
    let row = run.stderr.lines().find_map(|line| line.strip_prefix("known from the cache")).unwrap();
    row.trim().strip_suffix(" files").unwrap().parse().unwrap()
}

/// Runs with the cache, twice, and without, and all must be alike. Gives how many files the second run knew.
#[track_caller]
fn all_alike(cache: &Folder, project: &Project, arguments: &[&str]) -> u64 {
    let plain = project.run(&[&["--no-cache"], arguments].concat());
    for time in ["first", "second"] {
        let with = cache.run(project, arguments);
        assert_eq!(with.code, plain.code, "{time}, {arguments:?}");
        assert!(with.stdout == plain.stdout, "{time}, {arguments:?}:\n{}\n{}", with.stdout, plain.stdout);
        assert_eq!(with.stderr, plain.stderr, "{time}, {arguments:?}");
    }
    cache.known(project, arguments)
}

#[test]
fn a_run_says_the_same_with_a_cache_and_without() {
    let (cache, project) = (Folder::new(), everything(1));
    all_alike(&cache, &project, &["--format", "json", "--confidence", "low", "--include-suppressed"]);
    let (cache, project) = (Folder::new(), everything(20));
    for format in ["json", "pretty", "sarif", "html"] {
        all_alike(&cache, &project, &["--format", format]);
    }
    all_alike(&cache, &project, &["--threads", "1", "--coverage"]);
    let files = project.json(&["--no-cache"])["stats"]["parsed"].as_u64().unwrap();
    let known = cache.known(&project, &[]);
    assert_eq!(known, files + 2, "all that were parsed, the one that cannot be, and the binary one");
    assert_eq!(cache.packs().len(), 1);
}

#[test]
fn what_changed_is_made_anew() {
    let (cache, project) = (Folder::new(), Project::new(&[("a.js", LEAK), ("b.js", LEAK), ("c.js", CLEAN)]));
    assert_eq!(all_alike(&cache, &project, &[]), 3);
    project.write("b.js", CLEAN);
    assert_eq!(cache.known(&project, &[]), 2);
    assert_eq!(all_alike(&cache, &project, &[]), 3);
    std::fs::remove_file(project.path().join("a.js")).unwrap();
    assert_eq!(all_alike(&cache, &project, &[]), 2);
    // What is said of a text depends on where it stands.
    project.write("test/a.js", LEAK);
    assert_eq!(cache.known(&project, &[]), 2);
    assert_eq!(all_alike(&cache, &project, &[]), 3);
}

#[test]
fn findings_of_a_file_that_is_known_follow_the_others() {
    let keeps = "export const seen = new Map();\n";
    let fills = LEAK.replace("const seen = new Map();", "import { seen } from './seen.js';");
    let (cache, project) = (Folder::new(), Project::new(&[("seen.js", keeps), ("app.js", &*fills)]));
    assert_eq!(all_alike(&cache, &project, &[]), 2);
    assert!(cache.run(&project, &[]).stdout.contains("unbounded-collection"));
    project.write("seen.js", format!("{keeps}export const drop = (key) => seen.delete(key);\nsetInterval(() => seen.clear(), 60_000).unref();\n"));
    assert_eq!(cache.known(&project, &[]), 1);
    assert!(!cache.run(&project, &[]).stdout.contains("unbounded-collection"));
    all_alike(&cache, &project, &[]);
}

#[test]
fn rules_rows_and_folders_have_records_of_their_own() {
    let (cache, project) = (Folder::new(), Project::new(&[("src/a.js", LEAK), ("src/b.js", CLEAN)]));
    // No config around this one counts.
    project.write(".git/HEAD", "");
    assert_eq!(all_alike(&cache, &project, &[]), 2);
    assert_eq!(cache.known(&project, &["--rule", "leaked-timer"]), 0);
    assert_eq!(all_alike(&cache, &project, &["--rule", "leaked-timer"]), 2);
    project.write("outlive.toml", "models = ['rows.toml']\n");
    project.write("rows.toml", "library = 'own'\npackages = ['own']\n");
    assert_eq!(cache.known(&project, &[]), 0);
    assert_eq!(all_alike(&cache, &project, &[]), 2);
    project.write("outlive.toml", "[rules]\nunbounded-collection = 'off'\n");
    assert_eq!(cache.known(&project, &[]), 0);
    all_alike(&cache, &project, &[]);
    // Levels do not decide what a file yields.
    project.write("outlive.toml", "[rules]\nunbounded-collection = 'info'\n");
    assert_eq!(cache.known(&project, &[]), 2);
    all_alike(&cache, &project, &[]);
}

#[test]
fn fixes_and_questions_are_the_same() {
    let cache = Folder::new();
    let project = everything(20);
    all_alike(&cache, &project, &["--fix-suggestions", "--fix-dry-run"]);
    let asked = |arguments: &[&str]| project.run(&[&["why", "quiet.js:7"], arguments].concat());
    let (plain, first, second) = (
        asked(&["--no-cache"]),
        asked(&["--cache-dir", cache.name()]),
        asked(&["--cache-dir", cache.name()]),
    );
    assert_eq!((plain.code, &plain.stdout), (0, &first.stdout));
    assert_eq!(first.stdout, second.stdout);
}

#[test]
fn what_stops_early_neither_reads_nor_writes() {
    let (cache, project) = (Folder::new(), Project::new(&[("a.js", LEAK)]));
    for stage in ["read", "parse", "lower", "visit"] {
        assert_eq!(cache.known(&project, &["--until", stage]), 0, "{stage}");
    }
    assert_eq!(std::fs::read_dir(cache.0.path()).unwrap().count(), 0);
}

#[test]
fn without_a_cache_nothing_is_read_or_written() {
    let (cache, project) = (Folder::new(), large());
    project.write("node_modules/.keep", "");
    project.write("package.json", "{}");
    assert_eq!(known(&project.run(&["--no-cache", "--timings"])), 0);
    assert!(!project.path().join("node_modules/.cache").exists());
    assert_eq!(project.run(&["--no-cache", "--cache-dir", cache.name()]).code, 2);
}

/// Enough that somebody would wait for it.
fn large() -> Project {
    let project = Project::new(&[("a.js", LEAK)]);
    for file in 0..60 {
        let text: String = (0..300)
            .map(|at| {
                format!("export function f{at}(map, key) {{ map.set(key, {{ file: {file}, at: {at} }}); }}\n")
            })
            .collect();
        project.write(&format!("src/{file}.js"), text);
    }
    project
}

#[test]
fn a_project_keeps_its_own_and_others_are_kept_for_the_user() {
    let project = large();
    let home = tempfile::tempdir().unwrap();
    let here = |arguments: &[&str], folder: &str| {
        let mut command = project.command(&[&["--timings"], arguments].concat());
        run(command.current_dir(project.path().join(folder)).env("XDG_CACHE_HOME", home.path()), b"")
    };
    if cfg!(unix) {
        assert_eq!([known(&here(&[], "")), known(&here(&[], ""))], [0, 61]);
        assert_eq!(packs(&home.path().join("outlive")).len(), 1);
    }
    project.write("node_modules/.keep", "");
    project.write("package.json", "{}");
    let own = project.path().join("node_modules/.cache/outlive");
    assert_eq!([known(&here(&[], "")), known(&here(&[], ""))], [0, 61]);
    assert_eq!(packs(&own).len(), 1);
    assert_eq!(std::fs::read_to_string(own.join(".gitignore")).unwrap(), "*\n");
    // From below, paths are other ones.
    assert_eq!([known(&here(&[], "src")), known(&here(&[], "src"))], [0, 60]);
    assert_eq!(packs(&own).len(), 2);
    // The whole folder may be taken along.
    let moved = large();
    std::fs::rename(project.path().join("node_modules"), moved.path().join("node_modules")).unwrap();
    moved.write("package.json", "{}");
    assert_eq!(known(&moved.run(&["--timings"])), 61);
}

#[test]
fn little_is_not_written_unless_a_folder_is_named() {
    let project = Project::new(&[("a.js", LEAK), ("package.json", "{}"), ("node_modules/.keep", "")]);
    project.run(&[]);
    assert!(!project.path().join("node_modules/.cache").exists());
    assert_eq!(project.run(&["--cache-dir", "kept"]).code, 1);
    assert_eq!(packs(&project.path().join("kept")).len(), 1);
    assert_eq!(project.run(&["--cache-dir", "kept"]).stdout, project.run(&["--no-cache"]).stdout);
}

#[test]
fn a_folder_with_something_in_it_is_not_hidden_from_git() {
    let project = Project::new(&[("a.js", LEAK)]);
    let plain = project.run(&["--no-cache"]).stdout;
    for _ in 0..2 {
        assert_eq!(project.run(&["--cache-dir", "."]).stdout, plain);
    }
    assert_eq!(packs(&project.path()).len(), 1);
    assert!(!project.path().join(".gitignore").exists());
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

#[test]
fn a_damaged_cache_is_made_anew_and_said_once() {
    let (cache, project) = (Folder::new(), Project::new(&[("a.js", LEAK), ("b.js", CLEAN)]));
    let plain = project.run(&["--no-cache"]);
    cache.run(&project, &[]);
    let whole = std::fs::read(&cache.packs()[0]).unwrap();
    let mut dice = Dice(1);
    for time in 0..24 {
        let mut bytes = whole.clone();
        match time % 3 {
            0 => bytes[dice.roll(whole.len())] ^= 1 << dice.roll(8),
            1 => bytes.truncate(dice.roll(whole.len())),
            _ => bytes = (0..dice.roll(whole.len())).map(|_| u8::try_from(dice.roll(256)).unwrap()).collect(),
        }
        std::fs::write(&cache.packs()[0], &bytes).unwrap();
        let hurt = cache.run(&project, &[]);
        assert_eq!((hurt.code, &hurt.stdout), (plain.code, &plain.stdout), "{time}");
        assert_eq!(hurt.stderr.matches("was damaged").count(), 1, "{time}: {}", hurt.stderr);
        let healed = cache.run(&project, &["--timings"]);
        assert!(!healed.stderr.contains("damaged"), "{time}: {}", healed.stderr);
        assert_eq!((known(&healed), &healed.stdout), (2, &plain.stdout), "{time}");
    }
}

#[cfg(unix)]
#[test]
fn what_only_has_the_name_of_a_pack_is_left_alone() {
    let (cache, project) = (Folder::new(), Project::new(&[("a.js", LEAK)]));
    cache.run(&project, &[]);
    let pack = cache.packs().remove(0);
    std::fs::remove_file(&pack).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pack).status().unwrap().success());
    assert_eq!(cache.run(&project, &[]).code, 1, "it does not wait for a pipe");
    std::fs::remove_file(&pack).unwrap();
    let elsewhere = project.path().join("elsewhere");
    std::fs::write(&elsewhere, "mine").unwrap();
    std::os::unix::fs::symlink(&elsewhere, &pack).unwrap();
    assert_eq!(cache.run(&project, &[]).code, 1);
    assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "mine");
}

#[test]
fn a_folder_that_cannot_be_written_is_said_and_changes_nothing() {
    let project = Project::new(&[("a.js", LEAK), ("file", "")]);
    let run = project.run(&["--cache-dir", "file/below"]);
    assert_eq!((run.code, &run.stdout), (1, &project.run(&["--no-cache"]).stdout));
    assert_eq!(run.stderr.matches("cannot write the cache").count(), 1, "{}", run.stderr);
}

#[test]
fn runs_go_on_side_by_side() {
    let (cache, project) = (Folder::new(), everything(20));
    let plain = project.run(&["--no-cache", "--format", "json"]).stdout;
    for _ in 0..3 {
        let arguments = ["--cache-dir", cache.name(), "--format", "json"];
        let runs: Vec<_> = (0..4)
            .map(|at| {
                project.write("changing.js", format!("const at = {at};"));
                let mut command = project.command(&[&arguments[..], &["--threads", "2"]].concat());
                std::thread::spawn(move || run(&mut command, b""))
            })
            .collect();
        let runs: Vec<Run> = runs.into_iter().map(|run| run.join().unwrap()).collect();
        for run in &runs {
            assert!(!run.stderr.contains("damaged"), "{}", run.stderr);
            let findings =
                |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["findings"].clone();
            assert_eq!(findings(&run.stdout), findings(&plain));
        }
        std::fs::remove_file(project.path().join("changing.js")).unwrap();
    }
    assert_eq!(cache.run(&project, &["--format", "json"]).stdout, plain);
    let left = std::fs::read_dir(cache.0.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".part"));
    assert_eq!(left.count(), 0, "nothing unfinished is left behind");
}

#[test]
fn many_packs_become_one() {
    let (cache, project) = (Folder::new(), Project::new(&[("a.js", LEAK), ("b.js", CLEAN)]));
    let mut most = 0;
    for time in 0..20 {
        project.write("b.js", format!("{CLEAN}// {time}\n"));
        assert_eq!(cache.known(&project, &[]), u64::from(time > 0), "{time}");
        most = most.max(cache.packs().len());
    }
    assert!(most <= 9, "{most} packs");
    assert_eq!(all_alike(&cache, &project, &[]), 2);
}
