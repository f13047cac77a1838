//! URIs of the client to paths of the project, and back.

use crate::discover;
use std::path::{Path, PathBuf};

/// The folder that the client opened.
pub(super) struct Root {
    /// As the client calls it.
    given: PathBuf,
    /// As the system does: links in it are resolved.
    here: PathBuf,
}

impl Root {
    /// The root at a URI, or the working directory. It becomes the working directory.
    pub(super) fn enter(uri: Option<&str>) -> Self {
        let given = uri.and_then(to_path);
        if let Some(given) = &given {
            // A folder that is gone has no files: the walk says so.
            let _ = std::env::set_current_dir(given);
        }
        let here = std::env::current_dir().unwrap_or_default();
        Self { given: given.unwrap_or_else(|| here.clone()), here }
    }

    /// The path of a file below the root, as reports have it.
    pub(super) fn path_of(&self, uri: &str) -> Option<String> {
        let path = to_path(uri)?;
        let below = path.strip_prefix(&self.given).or_else(|_| path.strip_prefix(&self.here)).ok()?;
        Some(discover::relative(below, &self.here)).filter(|path| !path.is_empty())
    }

    /// The URI of a file of a report.
    pub(super) fn uri_of(&self, path: &str) -> String {
        to_uri(&self.given.join(path))
    }
}

/// The path of a `file:` URI; nothing else is on disk.
fn to_path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    // What stands before the first slash is a host: nobody but this one is asked.
    let path = decode(rest.get(rest.find('/')?..)?)?;
    // `/c:/x` is `c:/x` where drives have letters.
    let drive = path.strip_prefix('/').filter(|rest| rest.as_bytes().get(1) == Some(&b':'));
    Some(Path::new(drive.unwrap_or(&path)).to_path_buf())
}

fn to_uri(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    let mut out = if path.starts_with('/') { "file://".to_owned() } else { "file:///".to_owned() };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        bytes.push(match byte {
            b'%' => u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_paths_and_back() {
        for uri in ["file:///a/b%20c/%C3%A9%5B1%5D.js", "file:///a/x.ts"] {
            assert_eq!(to_uri(&to_path(uri).unwrap()), uri);
        }
        assert_eq!(to_path("file:///c%3A/x.js"), Some(PathBuf::from("c:/x.js")));
        assert_eq!(to_uri(Path::new("c:\\x.js")), "file:///c%3A/x.js");
    }

    #[test]
    fn what_is_no_file_has_no_path() {
        for uri in ["untitled:Untitled-1", "file://", "file:///%zz", "file:///%ff", "http://a/b", ""] {
            assert_eq!(to_path(uri), None, "{uri}");
        }
    }
}
