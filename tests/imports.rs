//! A table that one file makes, a second fills and a third empties, in every way in which files import each other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{Project, found};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Styles {
    style: Vec<Style>,
}

/// One way to import.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Style {
    name: String,
    #[serde(default)]
    top: String,
    #[serde(default)]
    inside: String,
    #[serde(default = "table")]
    table: String,
    #[serde(default = "js")]
    end: String,
    /// The files that use the table are CommonJS.
    #[serde(default)]
    common: bool,
    files: BTreeMap<String, String>,
}

fn table() -> String {
    "table".to_owned()
}

fn js() -> String {
    "js".to_owned()
}

impl Style {
    /// A file that exports a function under its own name, which does something to the table under a key.
    fn user(&self, name: &str, does: &str) -> String {
        let Self { top, inside, table, .. } = self;
        let export = if self.common { format!("exports.{name} =") } else { format!("export const {name} =") };
        let key = if self.end.starts_with('j') { "key" } else { "key: string" };
        // `import('./table').then((all) => {` is still open.
        let end = if inside.ends_with('{') { " });" } else { "" };
        format!("{top}\n{export} async ({key}) => {{\n{inside}\n{table}.{does}(key);{end}\n}};\n")
    }

    /// A server that has each request put into the table, and taken out when the connection is gone.
    fn server(&self) -> String {
        let import = |names: &str, from: &str| match self.common {
            true => format!("const {{ {names} }} = require('{from}');\n"),
            false => format!("import {{ {names} }} from '{from}';\n"),
        };
        let imports = ["fill", "empty"].map(|name| import(name, &format!("./src/{name}")));
        let handler = "createServer((req, res) => {\n  fill(req.url);\n  res.on('close', () => empty(req.url));\n  \
                       res.end();\n}).listen(8080);\n";
        [import("createServer", "node:http"), imports.concat(), handler.to_owned()].concat()
    }

    /// What is found where the third file does so to the table.
    fn findings(&self, does: &str) -> Vec<String> {
        let project = Project::new::<String>(&[]);
        for (path, text) in &self.files {
            project.write(path, text);
        }
        project.write(&format!("src/fill.{}", self.end), self.user("fill", "add"));
        project.write(&format!("src/empty.{}", self.end), self.user("empty", does));
        project.write("server.js", self.server());
        found(&project.json(&["--no-cache"]))
    }
}

#[test]
fn what_grows_in_one_file_is_found_unless_another_empties_it() {
    let styles: Styles = toml::from_str(include_str!("imports/styles.toml")).unwrap();
    let wrong = styles.style.par_iter().filter_map(|style| {
        let line = 3 + style.top.matches('\n').count() + style.inside.matches('\n').count() + 1;
        let grows = vec![format!("unbounded-collection src/fill.{}:{line}", style.end)];
        let (kept, emptied) = (style.findings("has"), style.findings("delete"));
        let is_right = kept == grows && emptied.is_empty();
        (!is_right).then(|| format!("{}: {kept:?}, and {emptied:?} where it is emptied", style.name))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
