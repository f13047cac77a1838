//! The command line of outlive.
//!
//! Everything about arguments, files on disk, output formats and exit codes is in this crate; what leaks and why is in
//! `outlive_rules` and `outlive_semantic`.

mod arguments;
mod baseline;
mod cache;
mod changed;
mod check;
mod compare;
mod config;
mod configs;
mod discover;
mod explain;
mod fix;
mod init;
mod levels;
mod lockfile;
mod lsp;
mod manifest;
mod output;
mod progress;
mod published;
mod report;
mod role;
mod rulebook;
mod session;
mod suppress;
mod terminal;
mod why;

use arguments::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the process ends with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// Nothing at or above the failing level.
    Clean,
    /// Findings, or a file that did not parse.
    Findings,
    /// The command could not do what was asked.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Clean => ExitCode::SUCCESS,
            Outcome::Findings => ExitCode::from(1),
            Outcome::Failed => ExitCode::from(2),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command() {
        Command::Check(check) => check::check(&check),
        Command::Compare(compare) => compare::compare(&compare),
        Command::Rules(rules) => output::rules(&rules),
        Command::Explain(explain) => explain::explain(&explain),
        Command::Why(why) => why::why(&why),
        Command::Lsp(lsp) => lsp::serve(&lsp),
        Command::Init(init) => init::init(init.force),
        Command::ConfigSchema => output::config_schema(),
        Command::Completions(completions) => output::completions(completions.shell),
        Command::Man(man) => output::man(man.command.as_deref()),
    };
    match result {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            output::note(&error.to_string());
            Outcome::Failed.into()
        }
    }
}
