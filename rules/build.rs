//! Lists the sheets of `models/sheets`, so that a library is taught by adding a file.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    const FOLDER: &str = "models/sheets";
    println!("cargo:rerun-if-changed={FOLDER}");
    let mut names = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".toml") {
            names.push(name);
        }
    }
    names.sort();
    let row = |name: &String| {
        format!("({name:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{FOLDER}/{name}\"))),\n")
    };
    let rows: String = names.iter().map(row).collect();
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&out).join("sheets.rs"), format!("&[\n{rows}]"))
}
