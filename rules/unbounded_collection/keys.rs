//! What the names of keys say: of a request, a user, a session there is always one more; of a type, a language or an
//! option there are a few.

use super::settle::{is_table, is_telling};
use crate::claim::GrowthClaim;
use outlive_semantic::growth::{Growth, Keys};

/// Keys of which there is no end, by what they are called.
const OPEN_KEYS: &[&str] = &[
    "id",
    "uid",
    "uuid",
    "guid",
    "url",
    "uri",
    "href",
    "ip",
    "address",
    "addr",
    "token",
    "email",
    "mail",
    "hash",
    "digest",
    "query",
    "sql",
    "text",
    "html",
    "css",
    "message",
    "user",
    "username",
    "request",
    "session",
    "origin",
    "host",
    "hostname",
    "prompt",
    "expression",
];

/// Whether the key's name says that there is no end of them.
pub(super) fn is_open_by_name(growth: &GrowthClaim) -> bool {
    growth.open || is_open_name(&growth.key)
}

/// Whether a name says that there is no end of what it stands for.
pub(super) fn is_open_name(name: &str) -> bool {
    let last = name.rsplit(['.', '_']).next().unwrap_or_default();
    let words = camel_words(last);
    // `originKey` is an `origin`.
    let named = words.iter().rev().find(|word| *word != "key");
    named.is_some_and(|word| OPEN_KEYS.contains(&word.as_str()))
        || OPEN_KEYS.contains(&last.to_ascii_lowercase().as_str())
}

/// What comes and goes while whoever counts it stays: an id of one is never used again.
const PASSING: &[&str] = &[
    "request",
    "req",
    "message",
    "msg",
    "packet",
    "task",
    "job",
    "call",
    "rpc",
    "session",
    "socket",
    "connection",
    "conn",
    "transaction",
    "tx",
    "txn",
    "correlation",
    "ack",
    "transfer",
    "upload",
    "download",
    "invocation",
];

/// Whether a table is filled under the ids of what passes: `tools.set(taskId, …)`, `owners[packet.id] = …`.
pub(super) fn is_passing(growth: &GrowthClaim) -> bool {
    let is_table = matches!(growth.growth, Growth::Set | Growth::Key | Growth::Add);
    let words: Vec<String> = growth.key.split(['.', '_', '[']).flat_map(camel_words).collect();
    let names = match &words[..] {
        [.., of, id] => matches!(id.as_str(), "id" | "uuid" | "guid") && PASSING.contains(&of.as_str()),
        _ => false,
    };
    is_table && names && growth.keys == Keys::Open
}

/// What a program meets one after the other, and what somebody has written: by its name there is always another one.
const THINGS: &[&str] = &[
    "el",
    "elm",
    "elem",
    "node",
    "element",
    "target",
    "dom",
    "context",
    "ctx",
    "container",
    "src",
    "source",
    "input",
];

/// What a project, or a disk, has so many of as somebody has put there.
const FILES: &[&str] = &["path", "filepath", "file", "filename", "dirname", "cwd"];

/// Whether a key is called as a file or a folder.
pub(super) fn names_file(growth: &GrowthClaim) -> bool {
    growth.keys == Keys::Open && last_word(&growth.key).is_some_and(|word| FILES.contains(&word.as_str()))
}

/// The last word of the last name of a path: `path` of `this.shellPath`.
fn last_word(key: &str) -> Option<String> {
    key.rsplit(['.', '_']).next().map(camel_words).unwrap_or_default().pop()
}

/// Whether a key that nobody is seen to draw from what comes in says at least by its name that there is no end of them:
/// where it is unknown how often code runs, anything else may be one of the few that a program has.
pub(super) fn is_endless(growth: &GrowthClaim) -> bool {
    let is_keyed = matches!(growth.growth, Growth::Set | Growth::Key | Growth::Add) || !growth.key.is_empty();
    !is_keyed
        || growth.keys != Keys::Open
        || growth.is_numbered
        || growth.from_client
        || is_open_by_name(growth)
        || last_word(&growth.key).is_some_and(|word| THINGS.contains(&word.as_str()))
}

/// Whether what grows is worth a word although nobody knows how often: the code around shows that it is to lose its entries,
/// or it says that it remembers. A list that is only pushed to, or keys of which there are many, tell of set-up just as well.
pub(super) fn is_worth_guessing(growth: &GrowthClaim) -> bool {
    let is_shown = growth.beside_methods
        || growth.is_numbered
        || growth.each_ends
        || growth.keys == Keys::Fresh
        || growth.growth == Growth::Push && growth.on_options
        || growth.looked_up && is_open_by_name(growth)
        || is_table(growth)
        || is_telling(growth)
        || growth.is_chain;
    let name = growth.shown.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    is_shown
        || !matches!(growth.growth, Growth::Append | Growth::Rebuild | Growth::Wrap)
            && says(&["cache", "memo", "map", "seen", "known", "history", "visited", "session", "client"])
}

/// Keys of which there are only so many, by what they are called.
const FINITE_KEYS: &[&str] = &[
    "locale",
    "lang",
    "lng",
    "ns",
    "language",
    "theme",
    "plugin",
    "module",
    "package",
    "type",
    "topic",
    "route",
    "partition",
    "schema",
    "namespace",
    "extension",
    "ext",
    "charset",
    "encoding",
    "mode",
    "transition",
    "environment",
    "env",
    "stage",
    "region",
    "format",
    "func",
    "funcname",
    "classname",
    "tagname",
    "method",
    "column",
    "table",
    "event",
    "eventname",
    "icon",
    "font",
    "currency",
    "country",
    "version",
    "feature",
    "model",
    "command",
    "component",
    "category",
    "kind",
    "level",
    "severity",
    "status",
    "statuscode",
    "httpstatus",
    "permission",
    "role",
    "scope",
    "timezone",
    "mime",
    "mimetype",
    "protocol",
    "scheme",
    "platform",
    "arch",
    "name",
    "handler",
    "hook",
    "channelname",
    "metric",
    "option",
    "prop",
    "property",
    "field",
    "attr",
    "attribute",
    "constructor",
    "ctor",
    "klass",
    "clazz",
    "directive",
    "filter",
    "helper",
    "template",
    "templatename",
    "view",
    "layout",
    "partial",
    "strategy",
    "driver",
    "adapter",
    "provider",
    "service",
    "container",
    "filename",
    "dir",
    "directory",
    "folder",
    "tag",
    "mid",
    "percent",
    "percentage",
    "priority",
    "weekday",
    "month",
    "codec",
    "group",
    "shard",
    "factory",
    "chain",
    "network",
    "dialect",
    "engine",
    // Devices that somebody has paired.
    "mac",
    "macaddress",
    "ieeeaddr",
    "ieeeaddress",
];

/// Whether the key's name says that there are only so many of them, or the holder's that it tells each thing once.
pub(super) fn is_finite_by_name(growth: &GrowthClaim) -> bool {
    let holder = growth.shown.to_ascii_lowercase();
    if holder.contains("deprecat") || holder.contains("warned") || holder.contains("warnings") {
        return true;
    }
    if growth.keys == Keys::Fresh || growth.keys == Keys::None && growth.key.is_empty() {
        return false;
    }
    if growth.key_parts.is_empty() {
        return names_few(&growth.key);
    }
    // `elementType + '-' + mode`: of few parts there are few.
    growth.key_parts.iter().all(|part| names_few(part))
}

/// Whether a key is called as something of which there are only so many.
fn names_few(key: &str) -> bool {
    let last = key.rsplit(['.', '_']).next().unwrap_or_default();
    let words = camel_words(last);
    let Some(word) = words.last() else { return false };
    if matches!(word.as_str(), "id" | "identifier") && is_id_of_part(key) {
        return true;
    }
    // Of queries and users there is no end, and so there is none of their names.
    if last == "name" && key.rsplit('.').nth(1).is_some_and(is_open_name) {
        return false;
    }
    // `maxRequests`, `windowMs`: limits that the code sets. `shardIndex`: work is spread over a few.
    if matches!(words.first().map(String::as_str), Some("max" | "min" | "window" | "shard"))
        && words.len() > 1
    {
        return true;
    }
    let whole = last.to_ascii_lowercase();
    FINITE_KEYS.contains(&word.as_str()) || FINITE_KEYS.contains(&whole.as_str())
}

/// Parts that a program is put together from: there are as many ids as it has parts.
const PARTS: &[&str] = &[
    "plugin",
    "module",
    "package",
    "extension",
    "locale",
    "theme",
    "schema",
    "provider",
    "driver",
    "adapter",
    "service",
    "feature",
    "component",
    "strategy",
    "route",
];

/// What somebody has written down by hand: `config.providers[…].identifier`.
const CONFIGURED: &[&str] = &["config", "configuration", "settings", "definition"];

/// `plugin.id`, `pluginId`, `info.pluginId`
fn is_id_of_part(key: &str) -> bool {
    let words: Vec<String> = key.split(['.', '_']).flat_map(camel_words).collect();
    let last = key.rsplit('.').next().map(camel_words).unwrap_or_default();
    let is_of_part = |words: &[String]| matches!(words, [part, _] if PARTS.contains(&part.as_str()));
    is_of_part(&words)
        || is_of_part(&last)
        || matches!(&words[..], [parts @ .., _] if parts.iter().any(|part| CONFIGURED.contains(&part.as_str())))
}

/// `pluginName` is `plugin`, `name`.
pub(super) fn camel_words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars().filter(|c| c.is_alphanumeric()) {
        if c.is_uppercase() && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}
