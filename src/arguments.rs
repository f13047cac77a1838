//! Arguments.

use crate::fix::Wish;
use clap::{Args, Parser, Subcommand, ValueEnum};
use outlive_rules::{Confidence, Severity};
use std::path::PathBuf;

/// Finds what outlives its purpose in JavaScript and TypeScript: memory, listeners, timers, handles and buffers.
#[derive(Parser, Debug)]
#[command(name = "outlive", version, about, args_conflicts_with_subcommands = true, after_help = EXIT_STATUS)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: Box<Check>,
}

const EXIT_STATUS: &str = "\
Exit status:
  0  nothing at or above the failing severity
  1  findings, or a file that cannot be parsed
  2  the command could not do what was asked";

/// What to do.
#[derive(Subcommand, Debug, Clone)]
pub(crate) enum Command {
    /// Analyse files and folders (the default).
    Check(Box<Check>),
    /// Analyse two states of a project, and say which findings are new, which are gone, and what made them so.
    Compare(Compare),
    /// List the rules.
    Rules(Rules),
    /// Print the page of a rule: what it flags, why that leaks, how to fix it.
    Explain(Explain),
    /// Say what is known at a line, and why nothing is reported there.
    Why(Why),
    /// Serve an editor on stdin and stdout, in the language server protocol.
    Lsp(Lsp),
    /// Write a commented config file, `outlive.toml`.
    Init(Init),
    /// Print the JSON Schema of the config.
    #[command(hide = true)]
    ConfigSchema,
    /// Print completions for a shell.
    Completions(Completions),
    /// Print the manual page, for `man -l -`.
    Man(Man),
}

impl Arguments {
    /// What completions are made from.
    pub(crate) fn command_definition() -> clap::Command {
        <Self as clap::CommandFactory>::command()
    }

    /// The command; `outlive PATHS` is short for `outlive check PATHS`.
    pub(crate) fn command(self) -> Command {
        self.command.unwrap_or(Command::Check(self.check))
    }
}

/// What does not go with fixes: a text that is not the file's, and findings that are to stay.
const NO_FIXES: &[&str] = &["staged", "stdin_filename", "update_baseline", "prune_baseline"];

/// Options of `check`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Check {
    /// Files and folders to analyse.
    #[arg(default_value = ".", value_name = "PATHS")]
    pub(crate) paths: Vec<PathBuf>,
    /// How findings are printed.
    #[arg(short = 'f', long, value_enum, default_value_t = Format::Auto, help_heading = "Output")]
    pub(crate) format: Format,
    /// Write the findings to a file as well: `sarif:outlive.sarif`. May be given more than once.
    #[arg(long, value_name = "FORMAT:PATH", value_parser = output_file, help_heading = "Output")]
    pub(crate) output_file: Vec<OutputFile>,
    /// Colour of the output.
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN", help_heading = "Output")]
    pub(crate) color: When,
    /// Links from rule names to their pages.
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN", help_heading = "Output")]
    pub(crate) hyperlinks: When,
    /// Never show progress.
    #[arg(long, help_heading = "Output")]
    pub(crate) no_progress: bool,
    /// Do not sum up on stderr.
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// Print to stderr where the time went.
    #[arg(long, help_heading = "Output")]
    pub(crate) timings: bool,
    /// Say how much of the project was understood: entry points, functions of unknown rate, packages without rows.
    #[arg(long, help_heading = "Output")]
    pub(crate) coverage: bool,
    /// List what suppression comments answer too, marked as such, in the formats that know this (JSON, SARIF).
    #[arg(long, help_heading = "Output")]
    pub(crate) include_suppressed: bool,
    /// The category of the run in SARIF, where several analyses of one commit must be told apart.
    #[arg(long, value_name = "CATEGORY", help_heading = "Output")]
    pub(crate) sarif_category: Option<String>,
    /// Run only this rule; may be given more than once.
    #[arg(long = "rule", value_name = "RULE", help_heading = "What is reported")]
    pub(crate) rules: Vec<String>,
    /// Report findings of this confidence or a higher one [default: medium].
    #[arg(long, value_enum, help_heading = "What is reported")]
    pub(crate) confidence: Option<Certainty>,
    /// Report only what stands in files that changed since this commit or branch.
    #[arg(long, value_name = "REF", conflicts_with = "staged", help_heading = "What is reported")]
    pub(crate) since: Option<String>,
    /// Report only what touches lines that this patch adds or changes: `git diff > changes.patch`; `-` is stdin.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "staged", "stdin_filename", "within"], help_heading = "What is reported")]
    pub(crate) diff: Option<PathBuf>,
    /// Report only what stands in staged files, as they are staged.
    #[arg(long, help_heading = "What is reported")]
    pub(crate) staged: bool,
    /// Leave out the findings that this file lists: those that were there before.
    #[arg(long, value_name = "FILE", help_heading = "What is reported")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the findings of this run into the baseline.
    #[arg(long, help_heading = "What is reported")]
    pub(crate) update_baseline: bool,
    /// Forget what is gone from the baseline, and add nothing to it.
    #[arg(long, conflicts_with = "update_baseline", help_heading = "What is reported")]
    pub(crate) prune_baseline: bool,
    /// Use no baseline, even if the config names one.
    #[arg(long, conflicts_with_all = ["baseline", "update_baseline", "prune_baseline"], help_heading = "What is reported")]
    pub(crate) no_baseline: bool,
    /// Apply the fixes that keep behaviour in every case, and report what remains.
    #[arg(long, conflicts_with_all = NO_FIXES, help_heading = "Fixes")]
    pub(crate) fix: bool,
    /// Apply the other fixes too: read what they do before you keep it.
    #[arg(long, conflicts_with_all = NO_FIXES, help_heading = "Fixes")]
    pub(crate) fix_suggestions: bool,
    /// Print the fixes as a patch and write nothing; those of `--fix`, or with it those of `--fix-suggestions`.
    #[arg(long, conflicts_with_all = ["update_baseline", "prune_baseline"], help_heading = "Fixes")]
    pub(crate) fix_dry_run: bool,
    /// The lowest severity that makes the exit status 1 [default: warning].
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Exit status")]
    pub(crate) fail_on: Option<FailOn>,
    /// Exit with 1 if there are more warnings than this; fewer are no failure.
    #[arg(long, value_name = "N", help_heading = "Exit status")]
    pub(crate) max_warnings: Option<u64>,
    /// Exit with 0 even if there are findings; 2 still says that the run failed.
    #[arg(long, help_heading = "Exit status")]
    pub(crate) exit_zero: bool,
    /// Use this config file, and no other.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Config")]
    pub(crate) config: Option<PathBuf>,
    /// Use no config file.
    #[arg(long, alias = "isolated", help_heading = "Config")]
    pub(crate) no_config: bool,
    /// Print the config that is in force, and where it comes from.
    #[arg(long, help_heading = "Config")]
    pub(crate) show_config: bool,
    /// Print the files that are analysed, one on each line, and do nothing with them.
    #[arg(long, help_heading = "Input")]
    pub(crate) show_files: bool,
    /// Analyse this folder, and report only what stands in PATHS: a leak is often a matter of several files.
    #[arg(long, value_name = "FOLDER", help_heading = "Input")]
    pub(crate) within: Option<PathBuf>,
    /// Leave out excluded files even if they are named.
    #[arg(long, overrides_with = "force_exclude", help_heading = "Input")]
    pub(crate) force_exclude: bool,
    /// Read this file from stdin; the project around it is read from disk.
    #[arg(long, value_name = "PATH", alias = "stdin-file-path", help_heading = "Input")]
    pub(crate) stdin_filename: Option<PathBuf>,
    /// What some editors' plugins pass along with the name.
    #[arg(long, hide = true)]
    pub(crate) stdin: bool,
    /// Worker threads; 0 means one for each processor.
    #[arg(long, default_value_t = 0, value_name = "N", help_heading = "Input")]
    pub(crate) threads: usize,
    /// Parse every file, even one whose text holds nothing of interest; today every file is.
    #[arg(long, help_heading = "Input")]
    pub(crate) parse_all: bool,
    /// Do no more than this with each file, and link nothing: what the benchmark compares a whole run with.
    #[arg(long, value_enum, default_value_t = Stage::Link, value_name = "STAGE", help_heading = "Output")]
    pub(crate) until: Stage,
    #[command(flatten)]
    pub(crate) cache: CacheOptions,
}

/// Where it is kept what single files yielded.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct CacheOptions {
    /// Analyse every file anew, and keep nothing for the next run.
    #[arg(long, conflicts_with = "cache_dir", help_heading = "Cache")]
    pub(crate) no_cache: bool,
    /// Keep in this folder what single files yielded [default: node_modules/.cache/outlive, or the user's cache folder].
    #[arg(long, value_name = "FOLDER", help_heading = "Cache")]
    pub(crate) cache_dir: Option<PathBuf>,
}

/// How far each file goes.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Stage {
    /// It is read, and left out if it is generated.
    Read,
    /// It is parsed; the tree is dropped.
    Parse,
    /// It becomes tables.
    Lower,
    /// The rules visit it.
    Visit,
    /// All of it.
    Link,
}

impl Check {
    /// The fixes that are wanted, if any are.
    pub(crate) fn wish(&self) -> Option<Wish> {
        let is_any = self.fix || self.fix_dry_run || self.fix_suggestions;
        is_any.then_some(if self.fix_suggestions { Wish::Suggestions } else { Wish::Safe })
    }
}

/// Output formats.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// `pretty` on a terminal, `concise` elsewhere.
    Auto,
    /// Excerpts with the retention path.
    Pretty,
    /// One line for each finding, with its severity and rule.
    Concise,
    /// The documented JSON object.
    Json,
    /// One JSON object per line and finding.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// What ESLint prints as JSON, for editors' plugins.
    EslintJson,
    /// Workflow commands: annotations on GitHub.
    Github,
    /// GitLab's Code Quality report.
    Gitlab,
    /// reviewdog's diagnostic format.
    Rdjson,
    /// JUnit XML, for test reports.
    Junit,
    /// Checkstyle XML.
    Checkstyle,
    /// `path:line:column: message [Level/rule]`, as editors parse it.
    Unix,
    /// A table for a job's summary page.
    Markdown,
    /// One page for a browser, with the retention paths drawn.
    Html,
}

impl Format {
    /// Whether it is JSON.
    pub(crate) fn is_json(self) -> bool {
        use Format::{EslintJson, Gitlab, Json, Jsonl, Rdjson, Sarif};
        matches!(self, Json | Jsonl | Sarif | EslintJson | Gitlab | Rdjson)
    }
}

/// A file that gets the findings too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OutputFile {
    pub(crate) format: Format,
    pub(crate) path: PathBuf,
}

fn output_file(text: &str) -> Result<OutputFile, String> {
    let (format, path) = text.split_once(':').ok_or("write FORMAT:PATH, such as `sarif:outlive.sarif`")?;
    if path.is_empty() {
        return Err("there is no path behind the colon".to_owned());
    }
    let format = Format::from_str(format, false).map_err(|_| {
        let names: Vec<String> = Format::value_variants()
            .iter()
            .filter_map(|format| format.to_possible_value().map(|value| value.get_name().to_owned()))
            .collect();
        format!("`{format}` is no format; there are {}", names.join(", "))
    })?;
    Ok(OutputFile { format, path: PathBuf::from(path) })
}

/// Confidence levels.
#[derive(
    ValueEnum, serde::Deserialize, serde::Serialize, schemars::JsonSchema, Clone, Copy, PartialEq, Eq, Debug,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Certainty {
    /// Also where one part is unknown.
    Low,
    /// Also where one part rests on a convention.
    Medium,
    /// Only what is proved.
    High,
}

impl From<Certainty> for Confidence {
    fn from(level: Certainty) -> Self {
        match level {
            Certainty::Low => Self::Low,
            Certainty::Medium => Self::Medium,
            Certainty::High => Self::High,
        }
    }
}

/// What makes a run fail.
#[derive(
    ValueEnum, serde::Deserialize, serde::Serialize, schemars::JsonSchema, Clone, Copy, PartialEq, Eq, Debug,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FailOn {
    /// Any finding.
    Info,
    /// Warnings and errors.
    Warning,
    /// Errors.
    Error,
}

impl From<FailOn> for Severity {
    fn from(level: FailOn) -> Self {
        match level {
            FailOn::Info => Self::Info,
            FailOn::Warning => Self::Warning,
            FailOn::Error => Self::Error,
        }
    }
}

/// When to do something that depends on the terminal.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    /// On a terminal, unless the environment says otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options of `rules`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Rules {
    /// How the list is printed.
    #[arg(short = 'f', long, value_enum, default_value_t = RulesFormat::Text)]
    pub(crate) format: RulesFormat,
}

/// Formats of the list of rules.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RulesFormat {
    /// One rule on each line.
    Text,
    /// An array of objects.
    Json,
}

/// Options of `explain`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Explain {
    /// The rule.
    pub(crate) rule: String,
    /// Colour of the output.
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub(crate) color: When,
}

/// Options of `compare`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Compare {
    /// The state before: a commit, branch or tag; or a folder.
    pub(crate) base: String,
    /// The state after, of the same kind [default: the working directory as it is].
    pub(crate) head: Option<String>,
    /// How what is new is printed; what is gone is told by `pretty`, `concise`, `json` and `markdown`.
    #[arg(short = 'f', long, value_enum, default_value_t = Format::Auto)]
    pub(crate) format: Format,
    /// Write it to a file as well: `sarif:outlive.sarif`. May be given more than once.
    #[arg(long, value_name = "FORMAT:PATH", value_parser = output_file)]
    pub(crate) output_file: Vec<OutputFile>,
    /// The category of the run in SARIF.
    #[arg(long, value_name = "CATEGORY")]
    pub(crate) sarif_category: Option<String>,
    /// Colour of the output.
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub(crate) color: When,
    /// Links from rule names to their pages.
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub(crate) hyperlinks: When,
    /// Do not sum up on stderr.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Run only this rule; may be given more than once.
    #[arg(long = "rule", value_name = "RULE")]
    pub(crate) rules: Vec<String>,
    /// Compare findings of this confidence or a higher one [default: medium].
    #[arg(long, value_enum)]
    pub(crate) confidence: Option<Certainty>,
    /// The lowest severity of a new finding that makes the exit status 1 [default: warning].
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    /// Exit with 1 if there are more new warnings than this; fewer are no failure.
    #[arg(long, value_name = "N")]
    pub(crate) max_warnings: Option<u64>,
    /// Exit with 0 even if there are new findings; 2 still says that the run failed.
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Use this config file for both states, and no other.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Use no config file.
    #[arg(long, alias = "isolated")]
    pub(crate) no_config: bool,
    /// Worker threads; 0 means one for each processor.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) threads: usize,
}

impl Compare {
    /// The options of `check` that each of the states is analysed with.
    pub(crate) fn check(&self) -> Check {
        let Arguments { check, .. } = Arguments::parse_from(["outlive"]);
        Check {
            format: self.format,
            output_file: self.output_file.clone(),
            sarif_category: self.sarif_category.clone(),
            color: self.color,
            hyperlinks: self.hyperlinks,
            rules: self.rules.clone(),
            confidence: self.confidence,
            fail_on: self.fail_on,
            max_warnings: self.max_warnings,
            config: self.config.clone(),
            no_config: self.no_config,
            // The state before is the baseline.
            no_baseline: true,
            threads: self.threads,
            ..*check
        }
    }
}

/// Options of `lsp`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Lsp {
    /// Report findings of this confidence or a higher one [default: medium].
    #[arg(long, value_enum)]
    pub(crate) confidence: Option<Certainty>,
    /// Use this config file, and no other.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Use no config file.
    #[arg(long)]
    pub(crate) no_config: bool,
    /// Worker threads; 0 means one for each processor.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) threads: usize,
    #[command(flatten)]
    pub(crate) cache: CacheOptions,
    /// What editors pass along: there is no other way to talk.
    #[arg(long, hide = true)]
    pub(crate) stdio: bool,
}

impl Lsp {
    /// The options of `check` that an editor's session has, so that both report the same.
    pub(crate) fn check(&self) -> Check {
        let Arguments { check, .. } = Arguments::parse_from(["outlive"]);
        Check {
            confidence: self.confidence,
            config: self.config.clone(),
            no_config: self.no_config,
            threads: self.threads,
            cache: self.cache.clone(),
            ..*check
        }
    }
}

/// Options of `completions`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Man {
    /// The page of this command.
    pub(crate) command: Option<String>,
}

/// Options of `init`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Init {
    /// Overwrite a config file that is there.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Options of `why`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Why {
    /// A line of a file: `src/cache.js:12`.
    #[arg(value_name = "PATH:LINE")]
    pub(crate) place: String,
    /// Files and folders that make up the project.
    #[arg(default_value = ".", value_name = "PATHS")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) cache: CacheOptions,
}
