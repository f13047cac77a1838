//! Arguments.

use clap::{Args, Parser, Subcommand, ValueEnum};
use outlive_rules::Confidence;
use std::path::PathBuf;

/// Finds what outlives its purpose in JavaScript and TypeScript: memory, listeners, timers, handles and buffers.
#[derive(Parser, Debug)]
#[command(name = "outlive", version, about, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: Check,
}

/// What to do.
#[derive(Subcommand, Debug, Clone)]
pub(crate) enum Command {
    /// Analyse files and folders (the default).
    Check(Check),
    /// List the rules.
    Rules(Rules),
    /// Print the page of a rule.
    Explain(Explain),
    /// Say what is known at a line, and why nothing is reported there.
    Why(Why),
}

impl Arguments {
    /// The command; `outlive PATHS` is short for `outlive check PATHS`.
    pub(crate) fn command(self) -> Command {
        self.command.unwrap_or(Command::Check(self.check))
    }
}

/// Options of `check`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Check {
    /// Files and folders to analyse.
    #[arg(default_value = ".", value_name = "PATHS")]
    pub(crate) paths: Vec<PathBuf>,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    pub(crate) format: Format,
    /// Run only this rule; may be given more than once.
    #[arg(long = "rule", value_name = "RULE")]
    pub(crate) rules: Vec<String>,
    /// Report findings at or above this confidence.
    #[arg(long, value_enum, default_value_t = Level::Medium)]
    pub(crate) confidence: Level,
    /// Worker threads; 0 means one for each processor.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) threads: usize,
    /// Colour of the output.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Print to stderr where the time went.
    #[arg(long)]
    pub(crate) timings: bool,
    /// Parse every file, even one whose text holds nothing of interest.
    #[arg(long)]
    pub(crate) parse_all: bool,
    /// Never show progress.
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// Output formats.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// `pretty` on a terminal, `concise` elsewhere.
    Auto,
    /// Excerpts with the retention path.
    Pretty,
    /// One line for each finding.
    Concise,
    /// The documented JSON object.
    Json,
}

/// Confidence levels.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    /// Everything, one unknown included.
    Low,
    /// What is proved but for one convention.
    Medium,
    /// What is proved.
    High,
}

impl From<Level> for Confidence {
    fn from(level: Level) -> Self {
        match level {
            Level::Low => Self::Low,
            Level::Medium => Self::Medium,
            Level::High => Self::High,
        }
    }
}

/// When to use colour.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Color {
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
    /// Print them as JSON.
    #[arg(long, value_enum, default_value_t = RulesFormat::Text)]
    pub(crate) format: RulesFormat,
}

/// Formats of the list of rules.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RulesFormat {
    /// A table.
    Text,
    /// An array of objects.
    Json,
}

/// Options of `explain`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Explain {
    /// The rule.
    pub(crate) rule: String,
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
}
