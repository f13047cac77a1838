//! The page of a rule is its first test: every example on it gives exactly what the page says.

mod example;
mod page;

use libtest_mimic::{Arguments, Failed, Trial};
use outlive_rules::Rule;
use page::{Example, Kind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = outlive_rules::RULES.iter().flat_map(|rule| trials(*rule)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(rule: &'static dyn Rule) -> Vec<Trial> {
    let id = rule.meta().id;
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(id.replace('-', "_")).join("README.md");
    let examples = std::fs::read_to_string(&path)
        .map_err(|error| error.to_string())
        .and_then(|text| page::examples(&text));
    let examples = match examples {
        Ok(examples) => examples,
        Err(error) => return vec![Trial::test(format!("{id}::page"), move || Err(error.into()))],
    };
    let (leaks, cleans) = examples.iter().fold((0, 0), |(leaks, cleans), example| match example.kind {
        Kind::Leak => (leaks + 1, cleans),
        _ => (leaks, cleans + 1),
    });
    let mut out = vec![Trial::test(format!("{id}::page"), move || enough(leaks, cleans))];
    out.extend(examples.into_iter().map(|example| {
        let word = if example.kind == Kind::Leak { "leak" } else { "clean" };
        Trial::test(format!("{id}::{word}_at_line_{}", example.line), move || check(id, &example))
    }));
    out
}

/// A page shows at least two leaks and two pieces of code that are none.
fn enough(leaks: usize, cleans: usize) -> Result<(), Failed> {
    if leaks >= 2 && cleans >= 2 {
        return Ok(());
    }
    Err(format!("the page shows {leaks} leaks and {cleans} clean examples; two of each are the least").into())
}

fn check(rule: &str, example: &Example) -> Result<(), Failed> {
    let (folder, target) = lay_out(rule, example)?;
    let mut marks = Vec::new();
    for file in &example.files {
        marks.extend(example::marks(file)?);
    }
    if (example.kind == Kind::Leak) != marks.iter().any(|mark| mark.rule == rule) {
        return Err("a leak marks its lines with the rule of the page, a clean example does not".into());
    }
    let mut found = example::report(&folder, &target)?;
    if example.kind == Kind::CleanByDefault {
        found.retain(|found| found.level != "low");
    }
    example::expect_empty(example::difference(&marks, &found))?;
    let Some(output) = &example.output else { return Ok(()) };
    let printed = example::print(&folder, &target, "concise")?;
    if printed == *output {
        Ok(())
    } else {
        Err(format!("the page shows\n{output}\nand the program prints\n{printed}").into())
    }
}

/// Writes the files of an example into a folder of their own, and says what to analyse there.
fn lay_out(rule: &str, example: &Example) -> Result<(PathBuf, String), Failed> {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages").join(format!("{rule}-{}", example.line));
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    for file in &example.files {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        std::fs::write(path, &file.text)?;
    }
    let target = match &example.files[..] {
        [file] => file.path.clone(),
        _ => ".".to_owned(),
    };
    Ok((folder, target))
}
