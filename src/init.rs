//! `outlive init`: a commented config that fits the project.

use crate::Outcome;
use crate::output;
use crate::role;
use crate::rulebook;
use crate::session::SessionError;
use outlive_semantic::catalog::Catalog;
use outlive_semantic::summary::Role;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a look at the folder says.
#[derive(Default)]
pub(crate) struct Project {
    /// Packages that the manifest asks for and rows speak about.
    known: Vec<String>,
    /// Packages that run in production and that no row speaks about.
    unknown: Vec<String>,
    /// Folders that hold nothing a person wrote for this project.
    foreign: Vec<&'static str>,
}

/// Folders that tools fill, where they are there. Not `public` and `static`: in many projects people write there, and what
/// a bundler puts beside it is left out as what it is.
const FOREIGN: &[&str] = &["generated/", "src/generated/", "src/__generated__/", "__generated__/"];

/// How far down manifests are looked for: `packages/server/package.json`.
const DEEPEST: usize = 3;

/// So many packages without rows are named; a list of hundreds would hide the rest of the file.
const MOST: usize = 40;

/// Writes the file.
pub(crate) fn init(force: bool) -> Result<Outcome, SessionError> {
    let path = Path::new("outlive.toml");
    if path.exists() && !force {
        return Err(SessionError::Exists(path.display().to_string()));
    }
    let catalog = outlive_rules::models::catalog(&[])?;
    std::fs::write(path, template(&look(Path::new("."), &catalog)))
        .map_err(|error| SessionError::Unwritable(path.display().to_string(), error))?;
    output::note("wrote outlive.toml");
    Ok(Outcome::Clean)
}

fn look(folder: &Path, catalog: &Catalog) -> Project {
    let foreign = FOREIGN.iter().copied().filter(|name| folder.join(name).is_dir()).collect();
    let manifests: Vec<serde_json::Value> = manifests(folder).iter().map(|path| manifest(path)).collect();
    let own: BTreeSet<&str> = manifests.iter().filter_map(|manifest| manifest["name"].as_str()).collect();
    let asked: BTreeSet<String> = manifests.iter().flat_map(dependencies).collect();
    let asked = asked.into_iter().filter(|name| !own.contains(&**name));
    let (known, unknown) = asked.partition(|name| catalog.knows_package(name));
    Project { known, unknown, foreign }
}

/// The manifest of the folder and those of its workspaces. Examples have manifests too, and are not the project.
fn manifests(folder: &Path) -> Vec<PathBuf> {
    let is_ours = |path: &Path| {
        let below = path.strip_prefix(folder).unwrap_or(path);
        role::of_path(&below.to_string_lossy().replace('\\', "/")) == Role::Source
    };
    ignore::WalkBuilder::new(folder)
        .max_depth(Some(DEEPEST))
        .filter_entry(|entry| entry.file_name() != "node_modules")
        .build()
        .filter_map(Result::ok)
        .map(ignore::DirEntry::into_path)
        .filter(|path| path.ends_with("package.json") && is_ours(path))
        .collect()
}

fn manifest(path: &Path) -> serde_json::Value {
    let text = std::fs::read(path).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// What a manifest asks for in production, types left out: they do nothing there.
fn dependencies(manifest: &serde_json::Value) -> Vec<String> {
    let packages = manifest.get("dependencies").and_then(|packages| packages.as_object());
    // What is no name of a package would be no comment either.
    let is_name = |name: &&String| name.chars().all(|c| c.is_ascii_graphic()) && !name.starts_with("@types/");
    packages.into_iter().flat_map(|packages| packages.keys()).filter(is_name).cloned().collect()
}

/// What is written.
pub(crate) fn template(project: &Project) -> String {
    let mut out = include_str!("pages/outlive.toml").to_owned();
    let foreign: Vec<String> = project.foreign.iter().map(|folder| format!("\"{folder}\"")).collect();
    out = out.replace("exclude = []", &format!("exclude = [{}]", foreign.join(", ")));
    out = out.replace("# PACKAGES\n", &packages(project));
    for entry in rulebook::all() {
        out.push_str(&format!("# {} = \"{}\"  # {}\n", entry.id, entry.severity.word(), entry.summary));
    }
    out
}

/// What is known of the packages that the project uses.
fn packages(project: &Project) -> String {
    let line = |what: &str, names: &[String]| {
        if names.is_empty() {
            return String::new();
        }
        let options = textwrap::Options::new(110).initial_indent("# ").subsequent_indent("# ");
        let (shown, more) = names.split_at(names.len().min(MOST));
        let more = if more.is_empty() { String::new() } else { format!(", and {} more", more.len()) };
        textwrap::fill(&format!("{what}: {}{more}.", shown.join(", ")), options) + "\n"
    };
    line("Of this project's packages there are rows about", &project.known)
        + &line("There are none about", &project.unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_project_uses_is_named() {
        let project = Project {
            known: vec!["express".to_owned()],
            unknown: vec!["left-pad".to_owned()],
            foreign: vec!["generated/"],
        };
        let text = template(&project);
        assert!(text.contains("rows about: express.\n# There are none about: left-pad.\n"), "{text}");
        assert!(text.contains("\nexclude = [\"generated/\"]\n"), "{text}");
        assert!(!template(&Project::default()).contains("PACKAGES"));
        let many: Vec<String> = (0..MOST + 2).map(|i| format!("p{i}")).collect();
        let text = template(&Project { unknown: many, ..Project::default() });
        assert!(text.replace("\n# ", " ").contains("p39, and 2 more."), "{text}");
    }
}
