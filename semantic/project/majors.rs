//! Which majors of its packages a project asks for, as its manifests say.

use super::{Answer, Audience, FileId, Project};
use crate::catalog::MajorsRow;
use rustc_hash::FxHashMap;

/// What the manifest of each folder asks for, by the name of the package; `node` is the runtime itself.
pub type Asked = FxHashMap<String, FxHashMap<String, Majors>>;

/// The majors that a range takes in, from the first to the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Majors {
    /// The first of them.
    pub from: u32,
    /// The last of them.
    pub to: u32,
}

impl Majors {
    const ALL: Self = Self { from: 0, to: u32::MAX };

    /// The majors of a range as manifests write it: `^1.2`, `5.x`, `>=4 <6`, `3 || 4`, `npm:other@^2`. None of a tag, an
    /// address, or what else is no range.
    #[must_use]
    pub fn of_range(text: &str) -> Option<Self> {
        let text = text.strip_prefix("workspace:").unwrap_or(text);
        let text = match text.strip_prefix("npm:") {
            Some(other) => other.rsplit_once('@')?.1,
            None => text,
        };
        let mut all = text.split("||").map(alternative);
        let first = all.next()??;
        all.try_fold(first, |known, next| {
            let next = next?;
            Some(Self { from: known.from.min(next.from), to: known.to.max(next.to) })
        })
    }

    fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }
}

/// One alternative of a range: comparators that all hold, or `1.2 - 3.4`.
fn alternative(text: &str) -> Option<Majors> {
    if let Some((from, to)) = text.split_once(" - ") {
        return Some(Majors { from: comparator("", from.trim())?.from, to: comparator("", to.trim())?.to });
    }
    let mut out = Majors::ALL;
    let mut operator = "";
    for word in text.split_whitespace() {
        let version = word.trim_start_matches(['^', '~', '>', '<', '=', 'v']);
        let sign = &word[..word.len() - version.len()];
        operator = if sign.is_empty() { operator } else { sign };
        // `>= 4`: the version is the next word.
        if version.is_empty() {
            continue;
        }
        out = out.and(comparator(operator, version)?);
        operator = "";
    }
    Some(out)
}

fn comparator(operator: &str, version: &str) -> Option<Majors> {
    if matches!(version, "*" | "x" | "X") {
        return Some(Majors::ALL);
    }
    let (major, rest) = version.split_once('.').unwrap_or((version, ""));
    let major: u32 = major.trim_start_matches('v').parse().ok()?;
    let is_whole = rest.split('.').all(|part| matches!(part, "" | "0" | "x" | "*"));
    Some(match operator.trim_end_matches('v') {
        ">=" => Majors { from: major, ..Majors::ALL },
        ">" => Majors { from: if rest.is_empty() { major.saturating_add(1) } else { major }, ..Majors::ALL },
        "<" if is_whole => Majors { to: major.checked_sub(1)?, ..Majors::ALL },
        "<" | "<=" => Majors { to: major, ..Majors::ALL },
        _ => Majors { from: major, to: major },
    })
}

impl Project<'_> {
    /// Whether a file runs with majors that a row holds for. The manifest that is nearest to the file and names the package
    /// says so.
    #[must_use]
    pub fn runs_with(&self, file: FileId, majors: &MajorsRow) -> Answer {
        let Some(asked) = self.asks_for(file, &majors.of) else { return Answer::Unknown };
        if asked.to < majors.from || majors.to < asked.from {
            return Answer::No;
        }
        let is_within = majors.from <= asked.from && asked.to <= majors.to;
        if is_within { Answer::Yes } else { Answer::Unknown }
    }

    fn asks_for(&self, file: FileId, package: &str) -> Option<Majors> {
        self.folders_above(file).find_map(|folder| self.asked.get(folder)?.get(package).copied())
    }

    /// Whether the package that a file belongs to is no library: nobody else can import it, so that whoever calls its
    /// functions is in sight. No where no manifest says what it is.
    #[must_use]
    pub fn is_of_application(&self, file: FileId) -> bool {
        matches!(self.audience(file), Some(Audience::Workspace | Audience::Nobody))
    }

    /// Whether the package that a file belongs to is begun by an editor or a desktop, and imported by nobody.
    #[must_use]
    pub fn is_of_program(&self, file: FileId) -> bool {
        self.audience(file) == Some(Audience::Nobody)
    }

    fn audience(&self, file: FileId) -> Option<Audience> {
        self.folders_above(file).find_map(|folder| self.audiences.get(folder)).copied()
    }

    /// The folders around a file, the nearest first; that of the project is empty.
    fn folders_above(&self, file: FileId) -> impl Iterator<Item = &str> {
        let path = self.files[file.index()].path.as_str();
        let above = |path: &str| path.rfind('/').unwrap_or(0);
        std::iter::successors(Some(&path[..above(path)]), move |folder| {
            (!folder.is_empty()).then(|| &folder[..above(folder)])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Majors;

    #[test]
    fn ranges_are_majors() {
        let cases = [
            ("^4.2.1", 4, 4),
            ("~3", 3, 3),
            ("5.x", 5, 5),
            ("v7.1.0", 7, 7),
            (">=4", 4, u32::MAX),
            (">= 18.0.0", 18, u32::MAX),
            (">4 <=6", 5, 6),
            (">4.2", 4, u32::MAX),
            (">=4 <6.0.0", 4, 5),
            ("<6.1", 0, 6),
            ("3 || ^5.1", 3, 5),
            ("1.2 - 3.4", 1, 3),
            ("*", 0, u32::MAX),
            ("npm:@scope/other@^2.0.0", 2, 2),
            ("workspace:^8", 8, 8),
        ];
        for (text, from, to) in cases {
            assert_eq!(Majors::of_range(text), Some(Majors { from, to }), "{text}");
        }
        for text in ["latest", "github:a/b", "file:../x", "catalog:", "<0"] {
            assert_eq!(Majors::of_range(text), None, "{text}");
        }
    }
}
