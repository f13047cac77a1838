//! Names this very program for its cache: a hash of what it is built from. A version alone would not tell two states
//! of a working copy apart.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::Path;

/// What the program consists of. The package that is published has only some of it: there the versions say the rest.
const PARTS: [&str; 4] = ["src", "rules", "semantic", "Cargo.lock"];

fn main() {
    let mut hasher = DefaultHasher::new();
    for part in PARTS.map(Path::new).into_iter().filter(|part| part.exists()) {
        println!("cargo:rerun-if-changed={}", part.display());
        add(part, &mut hasher);
    }
    println!("cargo:rustc-env=OUTLIVE_SOURCES={:016x}", hasher.finish());
}

/// Adds a file, or all files of a folder by name.
fn add(path: &Path, hasher: &mut DefaultHasher) {
    if let Ok(entries) = fs::read_dir(path) {
        let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        paths.iter().for_each(|path| add(path, hasher));
    } else if let Ok(bytes) = fs::read(path) {
        hasher.write(path.to_string_lossy().replace('\\', "/").as_bytes());
        hasher.write_usize(bytes.len());
        hasher.write(&bytes);
    }
}
