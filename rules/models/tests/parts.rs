//! What a sheet says, part by part: its rows, the alternatives of their paths and lists, their fields. A part is told by
//! the sheet without it.

use outlive_semantic::catalog::expand;
use toml::{Table, Value};

/// Keys that name a row or make it readable. Without `at` a callback may stand anywhere.
const NAMES: &[&str] = &["name", "what", "rule", "source", "at", "runs", "advice", "keeps"];

/// What narrows a row: without its only alternative the row holds for more, not for less.
const CONDITIONS: &[&str] = &["event", "files", "packages", "first", "under", "beside"];

/// Everything that can be left out of a sheet, under the name that messages use.
pub(super) fn parts(sheet: &Table) -> Vec<(String, Table)> {
    let mut out = Vec::new();
    for (kind, rows) in sheet {
        let Value::Array(rows) = rows else { continue };
        for (i, row) in rows.iter().enumerate() {
            let Value::Table(row) = row else { continue };
            let name = format!("[[{kind}]] {}", shown(row));
            let with = |row: Option<Table>| {
                let mut sheet = sheet.clone();
                let Some(Value::Array(rows)) = sheet.get_mut(kind) else { return sheet };
                match row {
                    Some(row) => rows[i] = Value::Table(row),
                    None => drop(rows.remove(i)),
                }
                sheet
            };
            if let Some(rest) = hollow(kind, row) {
                out.push((name.clone(), with(rest)));
            }
            out.extend(
                lesser(kind, row).into_iter().map(|(part, row)| (format!("{name}: {part}"), with(Some(row)))),
            );
        }
    }
    out
}

/// The first thing a row speaks of, and its event.
fn shown(row: &Table) -> String {
    let first = |key: &str| match row.get(key)? {
        Value::Array(list) => list.first()?.as_str().map(str::to_owned),
        value => value.as_str().map(str::to_owned),
    };
    let names = ["name", "callee", "of", "names", "methods", "files", "event"];
    names.iter().filter_map(|key| first(key)).collect::<Vec<_>>().join(" ")
}

/// A row that is not there. Others name types and families: of these only the name is left, and one that has nothing else
/// says nothing.
fn hollow(kind: &str, row: &Table) -> Option<Option<Table>> {
    if !matches!(kind, "type" | "emitter") {
        return Some(None);
    }
    let mut rest: Table =
        row.iter().filter(|(key, _)| *key == "name").map(|(k, v)| (k.clone(), v.clone())).collect();
    if rest.len() == row.len() {
        return None;
    }
    if kind == "emitter" {
        rest.insert("add".to_owned(), Value::Array(Vec::new()));
    }
    Some(Some(rest))
}

/// The table without each of its parts.
fn lesser(kind: &str, row: &Table) -> Vec<(String, Table)> {
    let mut out = Vec::new();
    for (key, value) in row.iter().filter(|(key, _)| !NAMES.contains(&key.as_str())) {
        let with = |value: Option<Value>| {
            let mut row = row.clone();
            match value {
                Some(value) => row.insert(key.clone(), value),
                None => row.remove(key),
            };
            row
        };
        match value {
            Value::Array(list) => {
                out.extend(less_of_list(kind, key, list).into_iter().map(|(part, list)| (part, with(list))));
            }
            Value::Table(table) => {
                let inner = lesser(kind, table).into_iter();
                out.extend(
                    inner.map(|(part, table)| (format!("{key}: {part}"), with(Some(Value::Table(table))))),
                );
                out.push((key.clone(), with(None)));
            }
            _ => out.push((key.clone(), with(None))),
        }
    }
    out
}

/// A list without each of its elements; none where it is not there at all.
fn less_of_list(kind: &str, key: &str, list: &[Value]) -> Vec<(String, Option<Value>)> {
    let mut out = Vec::new();
    if key == "params" {
        for (i, name) in list.iter().enumerate().filter(|(_, name)| name.as_str() != Some("")) {
            let mut list = list.to_vec();
            list[i] = Value::String(String::new());
            out.push((format!("{key} {name}"), Some(Value::Array(list))));
        }
        return out;
    }
    if (kind, key) == ("handler", "names") {
        return less_of_names(list);
    }
    let mut whole: Vec<Value> = Vec::new();
    for value in list {
        match value.as_str() {
            Some(text) => whole.extend(expand(text).into_iter().map(Value::String)),
            None => whole.push(value.clone()),
        }
    }
    for (i, value) in whole.iter().enumerate() {
        let with = |value: Option<Value>| {
            let mut list = whole.clone();
            match value {
                Some(value) => list[i] = value,
                None => drop(list.remove(i)),
            }
            Some(Value::Array(list))
        };
        if let Value::Table(table) = value {
            let inner = lesser(kind, table).into_iter();
            out.extend(
                inner.map(|(part, table)| (format!("{key} {i}: {part}"), with(Some(Value::Table(table))))),
            );
        }
        let shown = value.as_str().map_or_else(|| i.to_string(), str::to_owned);
        match (whole.len(), CONDITIONS.contains(&key)) {
            (1, true) => {}
            (1, false) => out.push((format!("{key} {shown}"), None)),
            _ => out.push((format!("{key} {shown}"), with(None))),
        }
    }
    out
}

/// Names of parameters stand in order, each with its alternatives.
fn less_of_names(list: &[Value]) -> Vec<(String, Option<Value>)> {
    let mut out = Vec::new();
    for (i, names) in list.iter().enumerate() {
        let names = expand(names.as_str().unwrap_or_default());
        for name in names.iter().filter(|_| names.len() > 1) {
            let others: Vec<&str> = names.iter().filter(|other| *other != name).map(String::as_str).collect();
            let mut list = list.to_vec();
            list[i] = Value::String(format!("{{{}}}", others.join(",")));
            out.push((format!("names {i} {name}"), Some(Value::Array(list))));
        }
    }
    out
}
