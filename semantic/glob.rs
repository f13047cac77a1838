//! File patterns of `[[export]]` rows: `**` is any number of folders, `*` anything within a name.

/// Whether a pattern matches a path from its start or from any of its folders: a package of a workspace is a project.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    // Most patterns start with a name, and most paths do not hold it.
    let named = pattern.split(['*', '/']).next().unwrap_or_default();
    if !path.contains(named) {
        return false;
    }
    let starts = std::iter::once(path).chain(path.match_indices('/').map(|(at, _)| &path[at + 1..]));
    starts.into_iter().any(|tail| whole(pattern, tail))
}

/// Whether a pattern matches all of a path.
pub(crate) fn whole(pattern: &str, path: &str) -> bool {
    match pattern.split_once('/') {
        Some(("**", rest)) => {
            whole(rest, path) || path.split_once('/').is_some_and(|(_, below)| whole(pattern, below))
        }
        Some((folder, rest)) => {
            path.split_once('/').is_some_and(|(name, below)| within(folder, name) && whole(rest, below))
        }
        None if pattern == "**" => true,
        None => !path.contains('/') && within(pattern, path),
    }
}

/// Whether a pattern matches one name.
fn within(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => name.strip_prefix(head).is_some_and(|tail| {
            tail.char_indices().map(|(at, _)| at).chain([tail.len()]).any(|at| within(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_names_match() {
        assert!(matches("app/**/route.*", "app/route.ts"));
        assert!(matches("app/**/route.*", "apps/web/app/api/[id]/route.ts"));
        assert!(!matches("app/**/route.*", "app/routes.ts"));
        assert!(!matches("app/**/route.*", "myapp/route.ts"));
        assert!(matches("pages/api/**", "src/pages/api/users/index.js"));
        assert!(!matches("pages/api/**", "src/pages/index.js"));
        assert!(matches("+page.server.*", "src/routes/+page.server.ts"));
        assert!(matches("*.ts", "ä.ts"));
    }
}
