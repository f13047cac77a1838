//! Reads declarations of packages.

use outlive_semantic::project::ReadResult;
use std::io::Read;
use std::path::Path;

/// The text of a regular file that has no more than so many bytes. What a link leads to is read as packages are linked
/// into projects; whatever is no regular file is never opened.
pub(super) fn read(path: &Path, limit: u64) -> ReadResult {
    let Ok(meta) = std::fs::metadata(path) else { return ReadResult::Missing };
    if !meta.is_file() {
        return ReadResult::Missing;
    }
    if meta.len() > limit {
        return ReadResult::TooLarge;
    }
    let mut text = String::new();
    let file = std::fs::File::open(path);
    // What grows meanwhile is cut where it was to end, and may not parse.
    match file.and_then(|file| file.take(limit).read_to_string(&mut text)) {
        Ok(_) => ReadResult::Text(text),
        Err(_) => ReadResult::Missing,
    }
}
