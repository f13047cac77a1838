//! Published packages that the config calls the project's own: they are read as a part of it, and never reported on.

use crate::config::ConfigError;
use crate::discover::{self, Candidate, Found, Met};
use ignore::WalkBuilder;
use ignore::gitignore::Gitignore;
use outlive_semantic::summary::Role;
use outlive_semantic::syntax::Language;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const MODULES: &str = "node_modules";

/// Adds the packages that match, as they are installed for the packages of the project. Of several copies of one the first
/// is read.
pub(crate) fn add(wanted: &[String], here: &Path, found: &mut Found) -> Result<(), ConfigError> {
    // A name stands for the package of that name, and not for one of it in a scope.
    let whole: Vec<String> = wanted.iter().map(|name| format!("/{name}")).collect();
    let Some(wanted) = discover::patterns(Path::new("/"), &whole)? else { return Ok(()) };
    let own = found.packages.folders.values().map(|package| PathBuf::from(&package.folder));
    let folders: BTreeSet<PathBuf> = own.chain([PathBuf::new()]).collect();
    let mut known: FxHashSet<String> = FxHashSet::default();
    for folder in folders {
        for (name, package) in installed(&folder.join(MODULES), &wanted) {
            if is_published(&package) && known.insert(name) {
                found.extend(files(&package).iter().filter_map(|path| look_at(path, here)));
            }
        }
    }
    Ok(())
}

/// The packages in a folder of packages whose names match, in order.
fn installed(modules: &Path, wanted: &Gitignore) -> Vec<(String, PathBuf)> {
    let mut packages = Vec::new();
    for (name, path) in entries(modules) {
        if name.starts_with('@') {
            packages.extend(entries(&path).map(|(below, path)| (format!("{name}/{below}"), path)));
        } else {
            packages.push((name, path));
        }
    }
    packages.retain(|(name, _)| wanted.matched(Path::new("/").join(name), true).is_ignore());
    packages.sort();
    packages
}

fn entries(folder: &Path) -> impl Iterator<Item = (String, PathBuf)> + use<> {
    let read = std::fs::read_dir(folder).into_iter().flatten().flatten();
    read.filter_map(|entry| Some((entry.file_name().to_str()?.to_owned(), entry.path())))
}

/// Whether it is a copy: a link to a package of the workspace leads to sources that are analysed anyway.
fn is_published(package: &Path) -> bool {
    let real = package.canonicalize();
    real.is_ok_and(|real| real.is_dir() && real.components().any(|part| part.as_os_str() == MODULES))
}

/// The files of a package, in order. What it is installed with is others' code.
fn files(package: &Path) -> Vec<PathBuf> {
    let mut builder = WalkBuilder::new(package);
    builder.standard_filters(false).filter_entry(|entry| entry.file_name() != MODULES);
    let files =
        builder.build().flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let mut files: Vec<PathBuf> = files.map(ignore::DirEntry::into_path).collect();
    files.sort();
    files
}

/// A manifest, or published JavaScript. Sources in other languages are what that was made from.
fn look_at(path: &Path, here: &Path) -> Option<Met> {
    let shown = discover::relative(path, here);
    let name = path.file_name()?.to_str()?;
    if name == "package.json" {
        return Some(Met::manifest(path, &shown));
    }
    let language = Language::of_path(name)?;
    let is_script = matches!(language, Language::JavaScript | Language::Module | Language::CommonJs);
    let is_whole = is_script && path.to_str().is_some() && !discover::is_minified_name(name);
    is_whole.then_some(Met::File(Candidate { path: shown, language, role: Role::Source, is_published: true }))
}
