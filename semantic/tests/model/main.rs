//! The program model, printed: what small pieces of code look like to the rules.
//!
//! Each test is a few lines of code and the lines that the model has to say about it, so that both can be read at once.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up may panic")]

mod bindings;
mod classes;
mod collections;
mod flow;
mod functions;
mod kinds;
mod lifetimes;
mod modules;
mod print;
mod uses;

/// Compares what is printed with what a test expects; the common indentation of the expectation does not count.
#[track_caller]
fn expect(printed: &str, expected: &str) {
    let lines: Vec<&str> = expected.lines().skip_while(|line| line.trim().is_empty()).collect();
    let indent = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min();
    let plain: Vec<&str> =
        lines.iter().map(|line| line.get(indent.unwrap_or(0)..).unwrap_or_default()).collect();
    let (printed, expected) = (printed.trim_end(), plain.join("\n"));
    assert!(
        printed == expected.trim_end(),
        "\n--- printed\n{printed}\n--- expected\n{}\n---",
        expected.trim_end()
    );
}
