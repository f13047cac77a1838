//! Reads the sheets of `models/sheets`, so that a library is taught by adding a file and no run has to read TOML.

use std::process::ExitCode;
use std::{env, error::Error, fs, path::Path};

const FOLDER: &str = "models/sheets";

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed={FOLDER}");
    match write() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes two lists in Rust, of pairs of a file and what is in it: `sheets.rs` in JSON, which a program is quick to read,
/// and `texts.rs` as it is written.
fn write() -> Result<(), Box<dyn Error>> {
    let (mut sheets, mut texts) = (String::new(), String::new());
    for name in names()? {
        let text = fs::read_to_string(Path::new(FOLDER).join(&name))?;
        let sheet: toml::Table = text.parse().map_err(|error| format!("{FOLDER}/{name}: {error}"))?;
        let json = serde_json::to_string(&sheet)?;
        sheets += &format!("({name:?}, {json:?}),\n");
        texts += &format!("({name:?}, {text:?}),\n");
    }
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&out).join("sheets.rs"), format!("&[\n{sheets}]"))?;
    fs::write(Path::new(&out).join("texts.rs"), format!("&[\n{texts}]"))?;
    Ok(())
}

/// The files of the folder that are sheets, sorted.
fn names() -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".toml") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
