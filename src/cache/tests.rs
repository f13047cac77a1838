use super::pack::{Ours, Pack, Writing};
use super::*;
use crate::arguments::{Arguments, CacheOptions, Check, Command, Format};
use crate::check::{self, Input, Settings};
use crate::fix::{Patch, Wish};
use crate::report::source::Overlay;
use crate::report::{self, RunOptions};
use crate::session::{self, Plan};
use crate::terminal::Look;
use clap::Parser;
use outlive_rules::RULES;
use outlive_semantic::catalog::Sheet;

const GROUP: Digest = [7; 32];

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn key(at: u8) -> Key {
    Key::of(&format!("{at}.js"), Role::Source, &[at])
}

/// A pack with records of several lengths.
fn pack(folder: &Path) -> PathBuf {
    let mut writing = Writing::begin(folder, &GROUP).unwrap();
    for at in 0..8 {
        let record: Vec<u8> = (0..at).map(|byte| byte ^ at).collect();
        writing.add(key(at).key, key(at).path, &record).unwrap();
    }
    writing.finish(folder, &GROUP).unwrap()
}

fn records(path: &Path) -> Option<Vec<Option<Vec<u8>>>> {
    let pack = Pack::open(path, &GROUP).ok()??;
    Some(pack.rows.iter().map(|row| pack.record(row)).collect())
}

#[test]
fn a_pack_gives_back_what_was_put_in() {
    let folder = folder();
    let path = pack(folder.path());
    let pack = Pack::open(&path, &GROUP).ok().flatten().unwrap();
    assert_eq!(pack.rows.len(), 8);
    for at in 0..8 {
        let row = pack.rows.iter().find(|row| row.key == key(at).key).unwrap();
        assert_eq!(pack.record(row).unwrap().len(), usize::from(at));
    }
    assert!(!pack.is_damaged());
    assert!(Pack::open(&path, &[8; 32]).is_err(), "what has the name of a group must be of the group");
}

#[test]
fn no_byte_of_a_pack_can_be_changed_unnoticed() {
    let folder = folder();
    let path = pack(folder.path());
    let (whole, plain) = (std::fs::read(&path).unwrap(), records(&path).unwrap());
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x41;
        std::fs::write(&path, &bytes).unwrap();
        let wrong = records(&path).is_none_or(|records| records.iter().any(Option::is_none));
        assert!(wrong, "byte {at}");
        if let Some(records) = records(&path) {
            assert!(
                records.iter().zip(&plain).all(|(read, plain)| read.is_none() || read == plain),
                "byte {at}"
            );
        }
        std::fs::write(&path, &whole[..at]).unwrap();
        assert!(records(&path).is_none(), "cut at {at}");
    }
}

#[test]
fn a_record_is_as_long_as_the_file_has_room_for() {
    let folder = folder();
    let path = pack(folder.path());
    let whole = std::fs::read(&path).unwrap();
    let foot = whole.len() - 40;
    let start = usize::try_from(u64::from_le_bytes(whole[foot..foot + 8].try_into().unwrap())).unwrap();
    // The length of the first row: four gigabytes, with a checksum that is right.
    let mut bytes = whole.clone();
    bytes[start + 64..start + 68].fill(0xff);
    let sum = blake3::hash(&bytes[start..foot]);
    bytes[foot + 8..].copy_from_slice(sum.as_bytes());
    std::fs::write(&path, &bytes).unwrap();
    assert!(Pack::open(&path, &GROUP).is_err());
}

fn place(folder: &Path) -> Place {
    let options = CacheOptions { no_cache: false, cache_dir: Some(folder.to_owned()) };
    Place::new(&options, &std::env::current_dir().unwrap(), &[]).unwrap()
}

#[test]
fn program_rows_rules_and_project_tell_groups_apart() {
    let folder = folder();
    let plain = place(folder.path());
    let group = plain.group(RULES);
    assert_eq!(group, place(folder.path()).group(RULES));
    assert_ne!(group, plain.group(&RULES[1..]));
    let newer = Place { program: format!("{} newer", plain.program), ..place(folder.path()) };
    assert_ne!(group, newer.group(RULES));
    let elsewhere = Place { project: "packages/a".to_owned(), ..place(folder.path()) };
    assert_ne!(group, elsewhere.group(RULES));
    let sheet = Sheet { library: "own".to_owned(), ..Sheet::default() };
    let options = CacheOptions { no_cache: false, cache_dir: Some(folder.path().to_owned()) };
    let rows = Place::new(&options, &std::env::current_dir().unwrap(), &[sheet]).unwrap();
    assert_ne!(group, rows.group(RULES));
}

#[test]
fn a_folder_stays_small_and_what_is_not_ours_stays() {
    let folder = folder();
    let place = place(folder.path());
    let start = SystemTime::now() - Duration::from_secs(1_000);
    let write = |name: &str, age: u64| {
        let path = folder.path().join(name);
        std::fs::write(&path, [0; 1_000]).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_modified(start + Duration::from_secs(age)).unwrap();
    };
    for age in 0..10_u64 {
        write(&format!("0123456789abcdef-00000000000000{age:02}.pack"), 100 - age);
    }
    for name in ["notes.pack", "0123456789abcdef-x.pack", "old.part", "README"] {
        write(name, 0);
    }
    place.sweep(&GROUP, 4_500);
    let mut left: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Ours::of(name, &GROUP).is_some())
        .collect();
    left.sort();
    let expected: Vec<String> =
        (0..4).map(|age| format!("0123456789abcdef-00000000000000{age:02}.pack")).collect();
    assert_eq!(left, expected, "those that were used last");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4 + 4);
}

/// The options of a run over a folder.
fn options(folder: &Path) -> Check {
    let folder = folder.to_str().unwrap();
    let arguments = Arguments::parse_from(["outlive", "--no-config", "--confidence", "low", folder]);
    match arguments.command() {
        Command::Check(check) => *check,
        other => panic!("{other:?}"),
    }
}

/// What a run says that may use a cache.
fn say(folder: &Path, cache: &Place) -> usize {
    let check = options(folder);
    let settings = Settings::new(&check).unwrap();
    let catalog = outlive_rules::models::catalog(&[]).unwrap();
    let input = Input::buffers(Overlay::default());
    let plan = Plan {
        paths: &check.paths,
        extra: &[],
        configs: &settings.configs,
        overlay: &input.overlay,
        threads: 1,
        rules: None,
        traced: None,
        progress: settings.unwatched(),
        until: check.until,
        cache: Some(cache),
    };
    let mut analysis = session::run(&plan, &catalog).unwrap();
    let mut report = check::judge(&mut analysis, &check, &settings, &input);
    report.settle();
    Patch::default().add(&report, Wish::Suggestions, &mut Overlay::default());
    for format in [Format::Pretty, Format::Sarif, Format::Html] {
        let look = Look { color: true, links: true, width: 80, unicode: true };
        report::render(&report, format, look, &RunOptions::default()).unwrap();
    }
    report.findings.len()
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// The records of a pack with some bytes changed, and checksums that are right.
fn forge(path: &Path, group: &Digest, folder: &Path, dice: &mut Dice) {
    let pack = Pack::open(path, group).ok().flatten().unwrap();
    let mut writing = Writing::begin(folder, group).unwrap();
    for row in &pack.rows {
        let mut record = pack.record(row).unwrap();
        for _ in 0..dice.roll(3) {
            let at = dice.roll(record.len());
            record[at] = match dice.roll(3) {
                0 => record[at].wrapping_add(1),
                1 => record[at] ^ (1 << dice.roll(8)),
                _ => u8::try_from(dice.roll(256)).unwrap(),
            };
        }
        writing.add(row.key, row.path, &record).unwrap();
    }
    writing.finish(folder, group).unwrap();
}

/// Records that say something else than what was written are believed as far as they are sound. Whatever they say, the
/// run ends, and nothing panics.
#[test]
fn forged_records_end_no_run() {
    let (project, kept, forged) = (folder(), folder(), folder());
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut files = Vec::new();
    collect(&fixtures, &mut files);
    files.sort();
    for (at, file) in files.iter().enumerate().filter(|(at, _)| at % 9 == 0) {
        let end = file.extension().unwrap().to_str().unwrap();
        std::fs::copy(file, project.path().join(format!("{at}.{end}"))).unwrap();
    }
    let (honest, hostile) = (place(kept.path()), place(forged.path()));
    let group = honest.group(RULES);
    assert!(say(project.path(), &honest) > 5);
    let pack = packs_of(kept.path(), &group).remove(0);
    let rounds = std::env::var("OUTLIVE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(30);
    let mut dice = Dice(3);
    let mut said = FxHashSet::default();
    for _ in 0..rounds {
        forge(&pack, &group, forged.path(), &mut dice);
        said.insert(say(project.path(), &hostile));
        for pack in packs_of(forged.path(), &group) {
            std::fs::remove_file(pack).unwrap();
        }
    }
    assert!(said.len() > 1, "some forgeries were believed: {said:?}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "js" || end == "ts" || end == "vue") {
            files.push(path);
        }
    }
}
