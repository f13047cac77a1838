//! What a run looks at and reports on: paths, a buffer, a patch, what is staged.

use super::settings::{Settings, git_below};
use crate::arguments::Check;
use crate::changed::Lines;
use crate::report::Reported;
use crate::report::source::Overlay;
use crate::session::SessionError;
use crate::{changed, discover};
use rustc_hash::FxHashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What is not on disk, and which files are reported on.
#[derive(Default)]
pub(crate) struct Input {
    pub(crate) overlay: Overlay,
    /// Files that only the overlay may have.
    pub(super) extra: Vec<String>,
    /// What is analysed, if it is more than what was named.
    whole: Option<[PathBuf; 1]>,
    /// Files and folders; findings elsewhere are not reported. None means that all are.
    pub(super) only: Option<FxHashSet<String>>,
    /// Lines of them; findings that touch none of these are not reported. None means that all are.
    lines: Option<Lines>,
}

impl Input {
    /// A whole project, with the buffers of an editor.
    pub(crate) fn buffers(overlay: Overlay) -> Self {
        Self { overlay, ..Self::default() }
    }

    pub(super) fn new(options: &Check, settings: &Settings) -> Result<Self, SessionError> {
        if let Some(path) = &options.stdin_filename {
            return Self::from_stdin(path, settings);
        }
        if let Some(folder) = &options.within {
            if let Some(path) = options.paths.iter().find(|path| !path.exists()) {
                return Err(discover::DiscoverError::Missing(path.display().to_string()).into());
            }
            let only = Some(settings.named.iter().cloned().collect());
            return Ok(Self { whole: Some([folder.clone()]), only, ..Self::default() });
        }
        if let Some(reference) = &options.since {
            return Ok(Self { only: Some(changed::since(reference)?), ..Self::default() });
        }
        if let Some(file) = &options.diff {
            let lines = changed::in_patch(&read_patch(file)?, &git_below(&settings.here).unwrap_or_default());
            return Ok(Self {
                only: Some(lines.keys().cloned().collect()),
                lines: Some(lines),
                ..Self::default()
            });
        }
        if options.staged {
            let (staged, overlay) = changed::staged()?;
            // What is staged and then deleted is on no disk to be walked.
            let extra = staged.iter().filter(|path| !Path::new(path).exists()).cloned().collect();
            return Ok(Self { overlay, extra, only: Some(staged), ..Self::default() });
        }
        Ok(Self::default())
    }

    /// What is analysed.
    pub(super) fn paths<'o>(&'o self, options: &'o Check) -> &'o [PathBuf] {
        self.whole.as_ref().map_or(&options.paths, |whole| whole.as_slice())
    }

    /// Whether findings in a file are reported.
    pub(super) fn wants(&self, path: &str) -> bool {
        let Some(only) = &self.only else { return true };
        let folders = path.match_indices('/').filter_map(|(i, _)| path.get(..i));
        only.contains(path) || only.contains(".") || folders.into_iter().any(|folder| only.contains(folder))
    }

    /// Whether a finding has to do with the lines that are asked about: what is flagged, or a step of the path to it.
    pub(super) fn touches(&self, finding: &Reported) -> bool {
        let Some(lines) = &self.lines else { return true };
        let changed = |path: &str, first: u32, last: u32| {
            lines.get(path).is_some_and(|lines| lines.range(first..=last.max(first)).next().is_some())
        };
        let place = &finding.place;
        let mut steps = finding.retainers.iter().map(|step| &step.place);
        changed(&place.path, place.start.line, finding.last_line)
            // Of a step, its first line: that of a handler's registration spans the whole handler.
            || steps.any(|step| changed(&step.path, step.start.line, step.start.line))
    }

    fn from_stdin(path: &Path, settings: &Settings) -> Result<Self, SessionError> {
        let mut text = Vec::new();
        std::io::stdin().lock().read_to_end(&mut text)?;
        let path = discover::relative(path, &settings.here);
        let mut input = Self { extra: vec![path.clone()], ..Self::default() };
        input.only = Some(std::iter::once(path.clone()).collect());
        input.overlay.insert(path, text);
        Ok(input)
    }
}

fn read_patch(file: &Path) -> Result<String, SessionError> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        let shown = file.display().to_string();
        bytes = std::fs::read(file).map_err(|error| discover::DiscoverError::Unreadable(shown, error))?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
