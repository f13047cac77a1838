//! `outlive init`: a commented config that fits the project.

use crate::Outcome;
use crate::output;
use crate::rulebook;
use crate::session::SessionError;
use outlive_semantic::catalog::Catalog;
use std::path::Path;

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

/// Folders that tools fill, where they are there.
const FOREIGN: &[&str] =
    &["generated/", "src/generated/", "src/__generated__/", "__generated__/", "public/", "static/"];

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
    let text = std::fs::read(folder.join("package.json")).unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let asked = |key: &str| -> Vec<String> {
        let packages = manifest.get(key).and_then(|packages| packages.as_object());
        // What is no name of a package would be no comment either.
        let is_name = |name: &&String| name.chars().all(|c| c.is_ascii_graphic());
        packages.into_iter().flat_map(|packages| packages.keys()).filter(is_name).cloned().collect()
    };
    let (known, unknown) = asked("dependencies").into_iter().partition(|name| catalog.knows_package(name));
    Project { known, unknown, foreign }
}

/// What is written.
pub(crate) fn template(project: &Project) -> String {
    let mut out = include_str!("pages/outlive.toml").to_owned();
    let foreign: Vec<String> = project.foreign.iter().map(|folder| format!("\"{folder}\"")).collect();
    out = out.replace("exclude = []", &format!("exclude = [{}]", foreign.join(", ")));
    out = out.replace("VERSION", env!("CARGO_PKG_VERSION"));
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
        textwrap::fill(&format!("{what}: {}.", names.join(", ")), options) + "\n"
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
            foreign: vec!["public/"],
        };
        let text = template(&project);
        assert!(text.contains("rows about: express.\n# There are none about: left-pad.\n"), "{text}");
        assert!(text.contains("\nexclude = [\"public/\"]\n"), "{text}");
        assert!(!template(&Project::default()).contains("PACKAGES"));
    }
}
