//! What the terminal can do and what the user wants of it.

use crate::arguments::When;
use std::io::IsTerminal;

/// How text for people may look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Look {
    pub(crate) color: bool,
    /// Lines and arrows outside ASCII.
    pub(crate) unicode: bool,
    /// OSC 8 links.
    pub(crate) links: bool,
    pub(crate) width: usize,
}

/// Whether results go to a person.
pub(crate) fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// How results on stdout may look.
pub(crate) fn look(color: When, links: When) -> Look {
    let is_terminal = stdout_is_terminal();
    let color = wants_color(color, is_terminal);
    Look {
        color,
        unicode: speaks_unicode(),
        links: match links {
            When::Always => true,
            When::Never => false,
            // Colour does not imply links: log viewers that show colours mangle them.
            When::Auto => {
                color && is_terminal && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout)
            }
        },
        width: width(),
    }
}

/// The option beats the environment, and the environment beats the guess.
fn wants_color(option: When, is_terminal: bool) -> bool {
    match option {
        When::Always => true,
        When::Never => false,
        When::Auto if is_set("NO_COLOR") => false,
        When::Auto if is_set("FORCE_COLOR") || is_set("CLICOLOR_FORCE") => true,
        When::Auto => is_terminal && !is_dumb(),
    }
}

/// Whether progress may be drawn on stderr.
pub(crate) fn shows_progress(color: When) -> bool {
    let is_terminal = std::io::stderr().is_terminal();
    is_terminal && !is_set("CI") && !is_dumb() && wants_color(color, is_terminal)
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// A locale that names another character set, or none, means ASCII. No locale at all is what services run under:
/// their logs are read elsewhere.
fn speaks_unicode() -> bool {
    if is_dumb() {
        return false;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Columns of the terminal; `COLUMNS` where there is none.
fn width() -> usize {
    let told = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let asked = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let width = if stdout_is_terminal() { asked().or_else(told) } else { told() };
    width.unwrap_or(80).clamp(40, 400)
}
