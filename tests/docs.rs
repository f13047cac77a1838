//! The pages at the top and in `docs/` are true: what they show is what the program prints, and what they name exists.
//!
//! A block of language `console` holds commands, each on a line that starts with `$ `, and what they print. They run in a
//! copy of `docs/example`. `SNAPSHOTS=overwrite cargo test --test docs` rewrites the blocks and the table of rules.

#![allow(clippy::unwrap_used, reason = "it is test code, helpers included")]

mod cli_support;

use cli_support::{LEAK, Project, Run};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages, by their path from the root.
fn pages() -> Vec<(String, String)> {
    let mut paths: Vec<String> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(str::to_owned).into();
    for name in files(&root().join("docs")) {
        if name.ends_with(".md") && root().join("docs").join(&name).is_file() {
            paths.push(format!("docs/{name}"));
        }
    }
    paths
        .into_iter()
        .map(|path| (path.clone(), std::fs::read_to_string(root().join(path)).unwrap()))
        .collect()
}

/// The names in a folder, sorted.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The example server, in a folder of its own.
fn example() -> Project {
    let folder = root().join("docs/example");
    let texts: Vec<(String, Vec<u8>)> = files(&folder)
        .into_iter()
        .map(|name| (name.clone(), std::fs::read(folder.join(name)).unwrap()))
        .collect();
    let texts: Vec<(&str, &[u8])> = texts.iter().map(|(name, text)| (&**name, &**text)).collect();
    Project::new(&texts)
}

/// Two tests may rewrite one page.
static REWRITING: Mutex<()> = Mutex::new(());

/// Compares a page with what it should be, or makes it so.
fn check(path: &str, is: &str, should_be: &str) {
    if std::env::var("SNAPSHOTS").is_ok_and(|word| word == "overwrite") {
        std::fs::write(root().join(path), should_be).unwrap();
    } else {
        snapbox::assert_data_eq!(is, snapbox::Data::text(should_be).raw());
    }
}

#[test]
fn what_pages_show_is_what_is_printed() {
    let _guard = REWRITING.lock();
    let mut commands = 0;
    for (path, text) in pages() {
        let mut out = String::new();
        let mut lines = text.split_inclusive('\n');
        while let Some(line) = lines.next() {
            out.push_str(line);
            if line.trim_end() != "```console" {
                continue;
            }
            let project = example();
            for line in lines.by_ref().take_while(|line| line.trim_end() != "```") {
                if let Some(command) = line.strip_prefix("$ outlive") {
                    let arguments: Vec<&str> = command.split_whitespace().collect();
                    let Run { stdout, stderr, .. } = project.run(&arguments);
                    out.push_str(&format!("{line}{stdout}{stderr}"));
                    commands += 1;
                }
            }
            out.push_str("```\n");
        }
        check(&path, &text, &out);
    }
    assert!(commands >= 3, "the pages show the program at work");
}

/// What `outlive rules` lists about leaks.
fn rules() -> Vec<Value> {
    let list = Project::new::<&str>(&[]).run(&["rules", "--format", "json"]).stdout;
    let mut list: Vec<Value> = serde_json::from_str(&list).unwrap();
    list.retain(|rule| rule["category"] != "usage");
    list
}

/// The value of a rule, and its page from the root.
fn word<'r>(rule: &'r Value, key: &str) -> &'r str {
    rule[key].as_str().unwrap()
}

fn rule_page(rule: &Value) -> String {
    format!("rules/{}/README.md", word(rule, "id").replace('-', "_"))
}

#[test]
fn the_table_of_rules_is_the_list_of_rules() {
    let _guard = REWRITING.lock();
    let row = |rule: &Value| {
        let (id, page) = (word(rule, "id"), rule_page(rule));
        let (category, severity) = (word(rule, "category"), word(rule, "severity"));
        format!("| [`{id}`]({page}) | {category} | {severity} | {} |\n", word(rule, "summary"))
    };
    let rows: String = rules().iter().map(row).collect();
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let head = "| rule | about | severity | what it flags |\n|---|---|---|---|\n";
    let start = text.find(head).unwrap() + head.len();
    let old = text[start..].split_inclusive('\n').take_while(|line| line.starts_with('|'));
    let end = start + old.map(str::len).sum::<usize>();
    check("README.md", &text, &format!("{}{rows}{}", &text[..start], &text[end..]));
}

/// The rules by what they are about, with what each page has to say.
#[test]
fn the_index_of_rules_leads_to_each_part_of_each_page() {
    let _guard = REWRITING.lock();
    let rules = rules();
    let categories: BTreeSet<&str> = rules.iter().map(|rule| word(rule, "category")).collect();
    let mut out = "# Rules\n\n\
        <!-- SNAPSHOTS=overwrite cargo test --test docs rewrites this page -->\n\n\
        The page of a rule is also what `outlive explain RULE` prints. Its examples are tests.\n"
        .to_owned();
    for category in categories {
        out.push_str(&format!("\n## {category}\n"));
        for rule in rules.iter().filter(|rule| word(rule, "category") == category) {
            let page = rule_page(rule);
            let text = std::fs::read_to_string(root().join(&page)).unwrap();
            let parts: Vec<String> = headings(&text)
                .iter()
                .skip(1)
                .map(|heading| format!("[{heading}](../../{page}#{})", anchor(heading)))
                .collect();
            out.push_str(&format!(
                "\n**[{}](../../{page})** ({}): {}.\n{}\n",
                word(rule, "id"),
                word(rule, "severity"),
                word(rule, "summary"),
                parts.join(" · ")
            ));
        }
    }
    let path = "docs/rules/README.md";
    check(path, &std::fs::read_to_string(root().join(path)).unwrap_or_default(), &out);
}

/// The headings of a page, without their marks.
fn headings(text: &str) -> Vec<&str> {
    let mut in_block = false;
    let mut out = Vec::new();
    for line in text.lines() {
        in_block ^= line.starts_with("```");
        if !in_block && line.starts_with('#') {
            out.push(line.trim_start_matches('#').trim());
        }
    }
    out
}

/// What a heading is linked by: in lower case, spaces as hyphens, nothing else but letters, digits and underscores.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|&c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// Pieces of code in a page: between backticks, and the lines of blocks.
fn code(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            out.push(line);
        } else {
            out.extend(line.split('`').skip(1).step_by(2));
        }
    }
    out
}

#[test]
fn options_that_pages_name_exist() {
    let project = Project::new::<&str>(&[]);
    let helps: String = ["check", "rules", "explain", "why", "init", "completions"]
        .iter()
        .map(|command| project.run(&[command, "--help"]).stdout)
        .collect();
    let known: BTreeSet<&str> =
        helps.split(|c: char| c.is_whitespace() || c == ',').filter(|word| word.starts_with("--")).collect();
    let mut named = 0;
    for (path, text) in pages() {
        for piece in code(&text).iter().filter(|piece| piece.contains("outlive ") || piece.starts_with("--"))
        {
            let words = piece.split(|c: char| c.is_whitespace() || c == '"' || c == '\'' || c == ',');
            for word in words.filter(|word| word.starts_with("--") && word.len() > 2) {
                named += 1;
                assert!(known.contains(word), "{path}: outlive has no option {word}: {piece}");
            }
        }
    }
    assert!(named > 20, "only {named} options are named");
}

/// Every page of the project that people read, by its path from the root.
fn all_pages() -> Vec<(String, String)> {
    let mut paths: Vec<String> =
        ["npm", "npm/outlive", "editors/vscode", "fixtures", "rules/models", "docs/rules"]
            .map(|folder| format!("{folder}/README.md"))
            .into();
    paths.extend(rules().iter().map(rule_page));
    let read = |path: String| (path.clone(), std::fs::read_to_string(root().join(path)).unwrap());
    pages().into_iter().chain(paths.into_iter().map(read)).collect()
}

#[test]
fn links_and_paths_lead_somewhere() {
    const OURS: &[&str] = &["src/", "rules/", "semantic/", "tests/", "fixtures/", "docs/"];
    let mut anchors = 0;
    for (path, text) in all_pages() {
        let folder: PathBuf = root().join(&path).parent().unwrap().to_owned();
        let outside_of_blocks = text.split("```").step_by(2);
        let links = outside_of_blocks.flat_map(|part| part.split("](").skip(1));
        for link in links.filter_map(|rest| rest.split(')').next()).filter(|link| !link.contains("://")) {
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { root().join(&path) } else { folder.join(file) };
            assert!(target.exists(), "{path}: {link} does not exist");
            if !part.is_empty() {
                let target = std::fs::read_to_string(target).unwrap();
                let is_there = headings(&target).iter().any(|heading| anchor(heading) == part);
                assert!(is_there, "{path}: {link} names no heading");
                anchors += 1;
            }
        }
        if path != "ARCHITECTURE.md" && path != "CONTRIBUTING.md" {
            continue;
        }
        for piece in code(&text).iter().filter(|piece| OURS.iter().any(|ours| piece.starts_with(ours))) {
            let is_pattern = piece.contains(['<', '*', '{', ' ']);
            assert!(is_pattern || root().join(piece).exists(), "{path}: {piece} does not exist");
        }
    }
    assert!(anchors > 100, "only {anchors} links lead to a heading");
}

#[test]
fn every_key_of_the_config_is_described() {
    let project = Project::new(&[("outlive.toml", "nonsense = 1")]);
    let complaint = project.run(&[]).stderr;
    let keys = complaint.split("there are ").nth(1).unwrap().trim();
    let page = std::fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    for key in keys.split(", ") {
        assert!(page.contains(&format!("`{key}`")), "docs/configuration.md does not describe `{key}`");
    }
}

#[test]
fn every_key_of_the_json_is_described() {
    let page = std::fs::read_to_string(root().join("docs/json.md")).unwrap();
    let project = example();
    project.write("broken.js", "let = = 1;");
    project.write("bytes.js", b"\0");
    project.write("answered.js", format!("// outlive-disable-file unbounded-collection -- so be it\n{LEAK}"));
    project.write("unused.js", "// outlive-disable-file leaked-timer\n");
    let report = project.json(&["--include-suppressed"]);
    for list in ["findings", "suppressed", "errors"] {
        assert!(!report[list].as_array().unwrap().is_empty(), "{list} is empty: its keys are not seen");
    }
    let mut missing = BTreeSet::new();
    keys(&report, &mut |key| {
        if !page.contains(&format!("`{key}`")) {
            missing.insert(key.to_owned());
        }
    });
    // These are words, not keys.
    missing.retain(|key| !report["stats"]["skipped_by_reason"].as_object().unwrap().contains_key(key));
    assert!(missing.is_empty(), "docs/json.md does not describe {missing:?}");
}

fn keys(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                visit(key);
                keys(value, visit);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, visit)),
        _ => {}
    }
}

/// The list between two headings of a page names every module: what is not on the map is not found.
#[test]
fn the_map_names_every_module() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut folders = vec!["src", "src/cache", "src/report", "rules", "semantic"];
    folders.extend(["semantic/syntax", "semantic/lower", "semantic/project"]);
    for folder in folders {
        for name in files(&root().join(folder)) {
            let Some(module) = name.strip_suffix(".rs") else { continue };
            if !["mod", "lib", "main", "tests"].contains(&module) {
                assert!(
                    map.contains(&format!("`{module}`")),
                    "ARCHITECTURE.md does not name {folder}/{name}"
                );
            }
        }
    }
}

#[test]
fn the_page_about_precision_is_the_data() {
    let page = std::fs::read_to_string(root().join("docs/precision.md")).unwrap();
    let head = "| rule | true | arguable | false |\n|---|--:|--:|--:|\n";
    let table = page.split(head).nth(1).unwrap().lines().take_while(|line| line.starts_with('|'));
    let mut shown: Vec<String> = table
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let name = cells[0].trim_matches('`');
            format!("{name} = {{ true = {}, arguable = {}, false = {} }}", cells[1], cells[2], cells[3])
        })
        .collect();
    shown.sort();
    let data = std::fs::read_to_string(root().join("rules/precision.toml")).unwrap();
    let data: Vec<&str> = data.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(shown, data);
    // Of each rule no more is left than was read.
    let verdicts = std::fs::read_to_string(root().join("truth/verdicts.jsonl")).unwrap();
    let verdicts: Vec<Value> = verdicts.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let data: toml::Table = data.join("\n").parse().unwrap();
    for (rule, tally) in &data {
        for (verdict, left) in tally.as_table().unwrap() {
            let is_one = |row: &&Value| row["rule"] == rule.as_str() && row["verdict"] == verdict.as_str();
            let read = verdicts.iter().filter(is_one).count();
            assert!(left.as_integer().unwrap() <= i64::try_from(read).unwrap(), "{rule}: {verdict}");
        }
    }
}
