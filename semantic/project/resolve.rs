//! Specifiers to files.
//!
//! A relative specifier that names a known file, with an extension or without, is found in the list of files. Everything
//! else (package exports, tsconfig paths, `#imports`) goes through `oxc_resolver`.

use super::kept::Kept;
use super::{Declared, FileId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// What a specifier stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resolution {
    /// A file of the project.
    File(FileId),
    /// A dependency, a built-in module, or nothing that could be found.
    Package,
}

/// The packages of a workspace: their names and folders.
#[derive(Default, Clone, Debug)]
pub struct Packages {
    /// Name to folder (relative to the root, no trailing slash; empty for the root).
    pub folders: FxHashMap<String, Package>,
    /// What their manifests ask for.
    pub asked: Arc<super::majors::Asked>,
    /// By folder, who can import what is in it.
    pub audiences: Arc<FxHashMap<String, Audience>>,
}

/// Who can import the files of a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    /// Whoever installs it: it has an entry, and is not private.
    Anyone,
    /// Other packages of its workspace, which may be put together with it for others.
    Workspace,
    /// None: an editor begins it, or a desktop.
    Nobody,
}

/// One package of the workspace.
#[derive(Default, Clone, Debug)]
pub struct Package {
    /// Its folder.
    pub folder: String,
    /// Entry files that its manifest names, in order of preference.
    pub entries: Vec<String>,
    /// What it exports below its name, a `*` for any part of it, and the files that each may be.
    pub exports: Vec<(String, Vec<String>)>,
}

impl Package {
    /// The files that a path below its name may be: of several patterns the longest counts.
    fn exported(&self, sub: &str) -> Vec<String> {
        if let Some((_, files)) = self.exports.iter().find(|(key, _)| key == sub) {
            return files.clone();
        }
        let matched = |(key, files): &'_ (String, Vec<String>)| {
            let (head, tail) = key.split_once('*')?;
            let part = sub.strip_prefix(head)?.strip_suffix(tail)?;
            Some((head.len(), files.iter().map(|file| file.replace('*', part)).collect()))
        };
        let best = self.exports.iter().filter_map(matched).max_by_key(|(len, _)| *len);
        best.map_or_else(Vec::new, |(_, files)| files)
    }
}

/// Resolves the specifiers of one run.
pub struct Resolver<'a> {
    root: PathBuf,
    files: FxHashMap<&'a str, FileId>,
    /// The same by their paths without extension, and where they are called `index`, by their folders.
    stems: FxHashMap<&'a str, ByExtension>,
    folders: FxHashMap<&'a str, ByExtension>,
    pub(super) packages: &'a Packages,
    inner: Option<oxc_resolver::Resolver>,
    folders_asked: Mutex<FxHashMap<Box<str>, AskedFolder>>,
    /// The nearest tsconfig.json of each folder from which one was looked for.
    tsconfigs: Mutex<FxHashMap<PathBuf, Option<Arc<oxc_resolver::TsConfig>>>>,
    pub(super) memo: Option<&'a Memo>,
    pub(super) declared: Option<Arc<Declared>>,
}

/// A folder from which the disk was asked.
struct AskedFolder {
    /// No tsconfig.json is around it: its files stand for the same then, and what one of them was told holds for all.
    is_one: bool,
    /// What specifiers stand for there.
    told: FxHashMap<Box<str>, Option<Box<str>>>,
}

/// What the disk said about specifiers, and what the first link found out about files by themselves. Whoever links the
/// same files again and again asks once; who sees that manifests or packages changed takes a new one.
#[derive(Default)]
pub struct Memo {
    disk: Mutex<FxHashMap<Asked, Option<Box<str>>>>,
    pub(super) first: OnceLock<Kept>,
}

/// A file and a specifier in it.
type Asked = (Box<str>, Box<str>);

impl Memo {
    /// The answer that is remembered, or a new one.
    fn get(&self, from: &str, specifier: &str, ask: impl FnOnce() -> Option<String>) -> Option<Box<str>> {
        let key = (from.into(), specifier.into());
        if let Some(known) = self.disk.lock().ok().and_then(|memo| memo.get(&key).cloned()) {
            return known;
        }
        let found: Option<Box<str>> = ask().map(Into::into);
        if let Ok(mut memo) = self.disk.lock() {
            memo.insert(key, found.clone());
        }
        found
    }
}

/// Extensions in the order in which TypeScript and bundlers try them.
const EXTENSIONS: &[&str] =
    &[".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte", ".astro", ".d.ts"];

/// Files that differ in their extensions: each with its place in [`EXTENSIONS`], the first that is tried first.
type ByExtension = SmallVec<[(u8, FileId); 1]>;

/// Folders that hold built code, and where its source stands.
const BUILT: &[&str] = &["/dist/", "/lib/", "/build/", "/out/", "/esm/", "/cjs/", "/es/"];

impl<'a> Resolver<'a> {
    /// A resolver over the files of a run. `root` is absolute; `paths` are relative to it and sorted.
    #[must_use]
    pub fn new(
        root: &Path,
        paths: impl Iterator<Item = &'a str>,
        packages: &'a Packages,
        on_disk: bool,
    ) -> Self {
        let mut files = FxHashMap::default();
        let mut stems: FxHashMap<&str, ByExtension> = FxHashMap::default();
        let mut folders: FxHashMap<&str, ByExtension> = FxHashMap::default();
        for (i, path) in paths.enumerate() {
            let file = FileId(u32::try_from(i).unwrap_or(u32::MAX));
            files.insert(path, file);
            for (rank, stem) in stems_of(path) {
                add_by_extension(stems.entry(stem).or_default(), (rank, file));
                let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
                if name == "index" {
                    add_by_extension(folders.entry(folder).or_default(), (rank, file));
                }
            }
        }
        let inner = on_disk.then(full_resolver);
        let root = root.to_path_buf();
        let (folders_asked, tsconfigs) = Default::default();
        Self {
            root,
            files,
            stems,
            folders,
            packages,
            inner,
            folders_asked,
            tsconfigs,
            memo: None,
            declared: None,
        }
    }

    /// The same, where the declarations of packages may be asked for.
    #[must_use]
    pub fn declaring(self, declared: Arc<Declared>) -> Self {
        Self { declared: Some(declared), ..self }
    }

    /// The same, with answers of the disk remembered.
    #[must_use]
    pub fn remembering(self, memo: &'a Memo) -> Self {
        Self { memo: Some(memo), ..self }
    }

    /// What a specifier in a file stands for.
    #[must_use]
    pub fn resolve(&self, from: &str, specifier: &str) -> Resolution {
        let end = memchr::memchr2(b'?', b'!', specifier.as_bytes()).unwrap_or(specifier.len());
        let specifier = &specifier[..end];
        if specifier.starts_with("node:") || specifier.is_empty() {
            return Resolution::Package;
        }
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        if specifier.starts_with('.') {
            if let Some(file) = join(folder, specifier).and_then(|path| self.known(&path)) {
                return Resolution::File(file);
            }
        } else if let Some(file) = self.workspace_package(specifier) {
            return Resolution::File(file);
        }
        self.resolve_fully(from, specifier).map_or(Resolution::Package, Resolution::File)
    }

    /// A known file by a path with or without extension, or the index of a folder.
    fn known(&self, path: &str) -> Option<FileId> {
        if let Some(&file) = self.files.get(path) {
            return Some(file);
        }
        // `./x.js` is written for `./x.ts`.
        for (written, sources) in
            [(".js", &[".ts", ".tsx"][..]), (".jsx", &[".tsx"]), (".mjs", &[".mts"]), (".cjs", &[".cts"])]
        {
            if let Some(found) = path.strip_suffix(written).and_then(|stem| self.stems.get(stem))
                && let Some((_, file)) =
                    found.iter().find(|(rank, _)| sources.contains(&EXTENSIONS[usize::from(*rank)]))
            {
                return Some(*file);
            }
        }
        let found = self.stems.get(path).or_else(|| self.folders.get(path))?;
        found.first().map(|(_, file)| *file)
    }

    /// A package of the workspace, resolved to its source.
    fn workspace_package(&self, specifier: &str) -> Option<FileId> {
        let (name, sub) = split_package(specifier);
        let package = self.packages.folders.get(name)?;
        if sub.is_empty() {
            let entries = package.entries.iter().map(String::as_str);
            let usual = ["src/index", "index", "src/main", "lib/index", "source/index"];
            return entries
                .chain(usual)
                .find_map(|entry| self.known_or_source(&join(&package.folder, entry)?));
        }
        let exported = package.exported(sub).into_iter();
        exported
            .chain([sub.to_owned(), format!("src/{sub}"), format!("lib/{sub}")])
            .find_map(|entry| self.known_or_source(&join(&package.folder, &entry)?))
    }

    /// A file, or the source that a built file was made from.
    fn known_or_source(&self, path: &str) -> Option<FileId> {
        self.known(path).or_else(|| {
            BUILT.iter().find_map(|built| {
                let (head, tail) = path.split_once(built)?;
                let stem = tail.strip_suffix(".d.ts").unwrap_or(tail);
                let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
                // `dist/esm/index.js` is often built from `src/index.ts`.
                let inner = BUILT.iter().find_map(|built| stem.strip_prefix(&built[1..])).unwrap_or(stem);
                self.known(&format!("{head}/src/{stem}"))
                    .or_else(|| self.known(&format!("{head}/src/{inner}")))
            })
        })
    }

    fn resolve_fully(&self, from: &str, specifier: &str) -> Option<FileId> {
        let path = match self.memo {
            Some(memo) => memo.get(from, specifier, || self.ask_folder(from, specifier))?.into(),
            None => self.ask_folder(from, specifier)?,
        };
        self.known_or_source(&path)
    }

    /// What the disk says, or has said to another file of the folder.
    fn ask_folder(&self, from: &str, specifier: &str) -> Option<String> {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let lock = || self.folders_asked.lock().ok();
        let known = lock().and_then(|asked| {
            let folder = asked.get(folder)?;
            Some((folder.is_one, folder.told.get(specifier).cloned()))
        });
        let is_one = match known {
            Some((true, Some(told))) => return told.map(Into::into),
            Some((is_one, _)) => is_one,
            None => self.is_without_tsconfig(from),
        };
        let found = self.ask_disk(from, specifier);
        if let Some(mut asked) = lock() {
            let new = || AskedFolder { is_one, told: FxHashMap::default() };
            let folder = asked.entry(folder.into()).or_insert_with(new);
            if is_one {
                folder.told.insert(specifier.into(), found.as_deref().map(Into::into));
            }
        }
        found
    }

    /// Whether no tsconfig.json may say anything about a file: which one does depends on more than its folder.
    fn is_without_tsconfig(&self, from: &str) -> bool {
        let found = self.inner.as_ref().map(|inner| inner.find_tsconfig(self.root.join(from)));
        matches!(found, Some(Ok(None)))
    }

    /// The path of a file outside of the dependencies, relative to the root if it is below it.
    fn ask_disk(&self, from: &str, specifier: &str) -> Option<String> {
        let resolver = self.inner.as_ref()?;
        // From a file, not a folder: only then is the tsconfig.json around it looked for, and with it `paths`.
        let from = self.root.join(from);
        let found = resolver.resolve_file(&from, specifier).ok();
        let found = found.or_else(|| self.by_paths_around(resolver, from.parent()?, specifier))?;
        // What is outside of the working directory goes by its whole path.
        let path = found.path().strip_prefix(&self.root).unwrap_or_else(|_| found.path());
        let path = path.to_str()?.replace('\\', "/");
        (!path.contains("node_modules/")).then_some(path)
    }

    /// What a specifier stands for by `paths` of the tsconfig.json around, or of a project that it only refers to. A file
    /// belongs to it without being named there where others of the project import it, `"files": ["src/main.ts"]`, and where its
    /// name is none that TypeScript knows: `"include": ["src/**/*"]` means `.vue` to the tools that read it.
    fn by_paths_around(
        &self,
        resolver: &oxc_resolver::Resolver,
        folder: &Path,
        specifier: &str,
    ) -> Option<oxc_resolver::Resolution> {
        let around = self.tsconfig_around(resolver, folder)?;
        let of_itself = around.resolve_path_alias_or_base_url(specifier);
        let projects = around.references_resolved.iter();
        let of_others = projects.flat_map(|project| project.resolve_path_alias_or_base_url(specifier));
        let mut paths = of_itself.into_iter().chain(of_others);
        paths.find_map(|path| resolver.resolve(folder, path.to_str()?).ok())
    }

    /// The nearest tsconfig.json of a folder, whatever it names.
    fn tsconfig_around(
        &self,
        resolver: &oxc_resolver::Resolver,
        folder: &Path,
    ) -> Option<Arc<oxc_resolver::TsConfig>> {
        let lock = || self.tsconfigs.lock().ok();
        if let Some(known) = lock().and_then(|known| known.get(folder).cloned()) {
            return known;
        }
        let mut folders = folder.ancestors();
        let found = folders.find_map(|folder| resolver.resolve_tsconfig(folder.join("tsconfig.json")).ok());
        if let Some(mut known) = lock() {
            known.insert(folder.to_path_buf(), found.clone());
        }
        found
    }
}

fn full_resolver() -> oxc_resolver::Resolver {
    let options = oxc_resolver::ResolveOptions {
        extensions: EXTENSIONS.iter().map(|&extension| extension.to_owned()).collect(),
        extension_alias: vec![
            (".js".to_owned(), vec![".ts".to_owned(), ".tsx".to_owned(), ".js".to_owned()]),
            (".mjs".to_owned(), vec![".mts".to_owned(), ".mjs".to_owned()]),
            (".cjs".to_owned(), vec![".cts".to_owned(), ".cjs".to_owned()]),
        ],
        condition_names: ["source", "development", "node", "import", "require", "types", "default"]
            .map(str::to_owned)
            .to_vec(),
        main_fields: ["source", "module", "main"].map(str::to_owned).to_vec(),
        // What Node brings is looked for in `paths` of a tsconfig.json, and not among packages.
        builtin_modules: true,
        tsconfig: Some(oxc_resolver::TsconfigDiscovery::Auto),
        ..oxc_resolver::ResolveOptions::default()
    };
    oxc_resolver::Resolver::new(options)
}

/// The package name of a specifier and what follows it.
pub(super) fn split_package(specifier: &str) -> (&str, &str) {
    let skip = if specifier.starts_with('@') { specifier.find('/').map_or(0, |i| i + 1) } else { 0 };
    match specifier.get(skip..).and_then(|rest| rest.find('/')) {
        None => (specifier, ""),
        Some(i) => {
            let (name, sub) = specifier.split_at(skip + i);
            (name, sub.trim_start_matches('/'))
        }
    }
}

/// A relative specifier seen from a folder; none if it leaves the root.
fn join(folder: &str, specifier: &str) -> Option<String> {
    let mut path = String::with_capacity(folder.len() + specifier.len() + 1);
    if folder.contains("//") {
        folder.split('/').filter(|part| !part.is_empty()).for_each(|part| push_part(&mut path, part));
    } else {
        path.push_str(folder.strip_prefix('/').unwrap_or(folder));
    }
    let mut rest = specifier;
    while !rest.is_empty() {
        // Behind a few `./` and `../` most have nothing but names.
        if has_only_names(rest) {
            push_part(&mut path, rest);
            break;
        }
        let end = memchr::memchr(b'/', rest.as_bytes());
        let (part, behind) = end.map_or((rest, ""), |end| (&rest[..end], &rest[end + 1..]));
        rest = behind;
        match part {
            "" | "." => {}
            ".." if path.is_empty() => return None,
            ".." => path.truncate(memchr::memrchr(b'/', path.as_bytes()).unwrap_or_default()),
            part => push_part(&mut path, part),
        }
    }
    // What is outside of the working directory goes by its whole path.
    if folder.starts_with('/') {
        path.insert(0, '/');
    }
    Some(path)
}

/// Whether no part of a path is empty or begins with a dot.
fn has_only_names(path: &str) -> bool {
    let mut is_at_start = true;
    for byte in path.bytes() {
        if is_at_start && matches!(byte, b'.' | b'/') {
            return false;
        }
        is_at_start = byte == b'/';
    }
    !is_at_start
}

fn push_part(path: &mut String, part: &str) {
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(part);
}

/// A path without each extension that it ends in.
fn stems_of(path: &str) -> impl Iterator<Item = (u8, &str)> {
    (0..).zip(EXTENSIONS).filter_map(|(rank, extension)| Some((rank, path.strip_suffix(extension)?)))
}

fn add_by_extension(files: &mut ByExtension, (rank, file): (u8, FileId)) {
    let at = files.partition_point(|(known, _)| *known < rank);
    files.insert(at, (rank, file));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(files: &[&str], packages: &Packages, from: &str, specifier: &str) -> Option<String> {
        let resolver = Resolver::new(Path::new("/"), files.iter().copied(), packages, false);
        match resolver.resolve(from, specifier) {
            Resolution::File(file) => Some(files[file.index()].to_owned()),
            Resolution::Package => None,
        }
    }

    #[test]
    fn relative_specifiers_find_extensions_and_indices() {
        let files = ["a.ts", "lib/b/index.js", "lib/c.tsx"];
        let none = Packages::default();
        assert_eq!(resolve(&files, &none, "lib/c.tsx", "../a").as_deref(), Some("a.ts"));
        assert_eq!(resolve(&files, &none, "lib/c.tsx", "../a.js").as_deref(), Some("a.ts"));
        assert_eq!(resolve(&files, &none, "a.ts", "./lib/b").as_deref(), Some("lib/b/index.js"));
        assert_eq!(resolve(&files, &none, "lib/c.tsx", "./b/").as_deref(), Some("lib/b/index.js"));
        assert_eq!(resolve(&files, &none, "a.ts", "../../etc/passwd"), None);
        assert_eq!(resolve(&files, &none, "a.ts", "express"), None);
    }

    #[test]
    fn workspace_packages_resolve_to_their_source() {
        let files = ["packages/core/src/index.ts", "packages/core/src/util.ts", "packages/app/main.ts"];
        let mut packages = Packages::default();
        let core = Package {
            folder: "packages/core".to_owned(),
            entries: vec!["dist/index.js".to_owned()],
            exports: Vec::new(),
        };
        packages.folders.insert("@acme/core".to_owned(), core);
        let from = "packages/app/main.ts";
        assert_eq!(
            resolve(&files, &packages, from, "@acme/core").as_deref(),
            Some("packages/core/src/index.ts")
        );
        assert_eq!(
            resolve(&files, &packages, from, "@acme/core/util").as_deref(),
            Some("packages/core/src/util.ts")
        );
        assert_eq!(resolve(&files, &packages, from, "@acme/other"), None);
    }

    #[test]
    fn paths_of_a_tsconfig_resolve() {
        let root = std::env::temp_dir().join(format!("outlive-paths-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("tsconfig.json", r#"{ "compilerOptions": { "paths": { "@app/*": ["./src/*"] } } }"#);
        write("src/a.ts", "");
        write("src/b/index.ts", "");
        let packages = Packages::default();
        let root = root.canonicalize().unwrap();
        let resolver = Resolver::new(&root, ["src/a.ts", "src/b/index.ts"].into_iter(), &packages, true);
        let found = [resolver.resolve("src/a.ts", "@app/b"), resolver.resolve("src/a.ts", "@app/none")];
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, [Resolution::File(FileId(1)), Resolution::Package]);
    }

    #[test]
    fn paths_of_a_referenced_project_resolve() {
        let root = std::env::temp_dir().join(format!("outlive-references-{}", std::process::id()));
        std::fs::create_dir_all(root.join("src")).unwrap();
        let write = |path: &str, text: &str| std::fs::write(root.join(path), text).unwrap();
        write("tsconfig.json", r#"{ "files": [], "references": [{ "path": "./tsconfig.app.json" }] }"#);
        let app =
            r#"{ "compilerOptions": { "paths": { "@app/*": ["./src/*"] } }, "files": ["src/main.ts"] }"#;
        write("tsconfig.app.json", app);
        let paths = ["src/a.ts", "src/b.ts", "src/main.ts"];
        paths.into_iter().for_each(|path| write(path, ""));
        let packages = Packages::default();
        let root = root.canonicalize().unwrap();
        let resolver = Resolver::new(&root, paths.into_iter(), &packages, true);
        let found = ["src/main.ts", "src/a.ts"].map(|from| resolver.resolve(from, "@app/b"));
        let none = resolver.resolve("src/a.ts", "@app/none");
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, [Resolution::File(FileId(1)); 2]);
        assert_eq!(none, Resolution::Package);
    }

    #[test]
    fn files_outside_of_the_working_directory_resolve() {
        let elsewhere = std::env::temp_dir().join(format!("outlive-elsewhere-{}", std::process::id()));
        std::fs::create_dir_all(elsewhere.join("src")).unwrap();
        let elsewhere = elsewhere.canonicalize().unwrap();
        std::fs::write(
            elsewhere.join("tsconfig.json"),
            r#"{ "compilerOptions": { "paths": { "@app/*": ["./src/*"] } } }"#,
        )
        .unwrap();
        let names = ["src/a.ts", "src/b.ts"].map(|name| elsewhere.join(name).to_str().unwrap().to_owned());
        for name in &names {
            std::fs::write(name, "").unwrap();
        }
        let packages = Packages::default();
        let here = std::env::current_dir().unwrap();
        let resolver = Resolver::new(&here, names.iter().map(String::as_str), &packages, true);
        let found = ["./b", "../src/b.js", "@app/b"].map(|specifier| resolver.resolve(&names[0], specifier));
        std::fs::remove_dir_all(&elsewhere).unwrap();
        assert_eq!(found, [Resolution::File(FileId(1)); 3]);
    }
}
