//! Every text that secgen reads lives here once: ids, spans, lines, and the limits of reading.
//!
//! All file reading goes through [`Sources`]. It never follows a path out of the folders it was given, reads regular
//! files only, and refuses what is larger than the limit of its kind before it reads a byte of it.

use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// The largest spec, waiver or lock file: 1 MiB.
pub const MAX_SPEC_BYTES: u64 = 1 << 20;
/// The largest single configuration file or artifact: 32 MiB.
pub const MAX_CONFIG_BYTES: u64 = 32 << 20;

/// One text in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A range of bytes in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `start..end`, clamped so that it is never inverted.
    #[must_use]
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let end = u32::try_from(end).unwrap_or(u32::MAX).max(start);
        Self { source, start, end }
    }

    /// The bytes as indices.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Line and column of a span, both from 1; columns count characters (bytes where the text is not UTF-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line of the first character.
    pub line: usize,
    /// Column of the first character.
    pub column: usize,
    /// Line of the end.
    pub end_line: usize,
    /// Column just after the last character.
    pub end_column: usize,
}

/// Where a text stands in another one that holds several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    /// The other text.
    pub whole: SourceId,
    /// Its line (from 1) that is this one's first.
    pub line: usize,
}

/// One text that was read.
#[derive(Debug)]
pub struct Source {
    /// How reports name it: relative to the root with `/`, or as given on the command line.
    pub path: String,
    /// The text that this one was cut out of, where it is no file of its own.
    pub part: Option<Part>,
    bytes: Vec<u8>,
    lines: Vec<u32>,
    /// What may be shown of a text that is covered: first bytes, and one past the last.
    shown: Option<std::collections::BTreeMap<u32, u32>>,
}

impl Source {
    fn new(path: String, bytes: Vec<u8>) -> Self {
        let starts = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX));
        let lines = std::iter::once(0).chain(starts).collect();
        Self { path, part: None, bytes, lines, shown: None }
    }

    /// The raw bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text, if it is UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// Line from 1 and byte offset of that line's start, for a byte offset.
    fn line_of(&self, offset: u32) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        (line, self.lines[line - 1] as usize)
    }

    fn column(&self, offset: u32) -> (usize, usize) {
        let (line, start) = self.line_of(offset);
        let end = (offset as usize).min(self.bytes.len());
        let before = self.bytes.get(start..end).unwrap_or_default();
        let width = std::str::from_utf8(before).map_or(before.len(), |text| text.chars().count());
        (line, width + 1)
    }

    /// Number of lines.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// Bytes of a line (from 1) without its line end.
    #[must_use]
    pub fn line(&self, line: usize) -> &[u8] {
        let Some(start) = line.checked_sub(1).and_then(|i| self.lines.get(i)) else { return &[] };
        let end = self.lines.get(line).map_or(self.bytes.len(), |next| *next as usize - 1);
        let bytes = self.bytes.get(*start as usize..end).unwrap_or_default();
        bytes.strip_suffix(b"\r").unwrap_or(bytes)
    }

    /// A line (from 1) as it may be shown: of a covered text, a `*` for each character that was not uncovered. Blanks
    /// stay.
    #[must_use]
    pub fn shown_line(&self, line: usize) -> String {
        let bytes = self.line(line);
        let text = String::from_utf8_lossy(bytes);
        let Some(shown) = &self.shown else { return text.into_owned() };
        let start = u32::try_from(self.line_range(line).start).unwrap_or(u32::MAX);
        let is_shown = |at: u32| shown.range(..=at).next_back().is_some_and(|(_, end)| *end > at);
        if std::str::from_utf8(bytes).is_err() {
            return text.chars().map(|c| if c.is_whitespace() { c } else { '*' }).collect();
        }
        let offset = |i: usize| start.saturating_add(u32::try_from(i).unwrap_or(u32::MAX));
        text.char_indices().map(|(i, c)| if c.is_whitespace() || is_shown(offset(i)) { c } else { '*' }).collect()
    }

    /// The span of a line (from 1), without its line end.
    #[must_use]
    pub fn line_range(&self, line: usize) -> std::ops::Range<usize> {
        let start = line.checked_sub(1).and_then(|i| self.lines.get(i)).map_or(self.bytes.len(), |s| *s as usize);
        start..start + self.line(line).len()
    }
}

/// Why a text could not be read. Each carries the path as the user would write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// Nothing there.
    NotFound(String),
    /// A folder where a file is needed.
    Directory(String),
    /// A device, socket or pipe; a link, where none may be.
    NotAFile(String),
    /// A file or link where a folder is needed.
    NotAFolder(String),
    /// Larger than the limit, in bytes.
    TooLarge {
        /// The file.
        path: String,
        /// Its size.
        size: u64,
        /// The most that is read.
        limit: u64,
    },
    /// The path, or a symbolic link on it, leaves the root.
    OutsideRoot(String),
    /// Anything else the system said.
    Io {
        /// The file.
        path: String,
        /// The system's own words.
        error: String,
    },
}

impl ReadError {
    /// The path that could not be read.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::NotFound(path) | Self::Directory(path) | Self::NotAFile(path) | Self::NotAFolder(path) | Self::OutsideRoot(path) => path,
            Self::TooLarge { path, .. } | Self::Io { path, .. } => path,
        }
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound(path) => write!(f, "{path} does not exist"),
            Self::Directory(path) => write!(f, "{path} is a folder, a file is needed here"),
            Self::NotAFile(path) => write!(f, "{path} is not a regular file"),
            Self::NotAFolder(path) => write!(f, "{path} is not a folder, or a link leads to it"),
            Self::TooLarge { path, size, limit } => write!(f, "{path} has {size} bytes, more than the {limit} that secgen reads"),
            Self::OutsideRoot(path) => write!(f, "{path} lies outside the root (or a symbolic link leads out of it)"),
            Self::Io { path, error } => write!(f, "{path} cannot be read: {error}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// Reads a file that lies elsewhere than on the disk (in a commit): path and the most bytes to read.
type Reader = dyn Fn(&str, u64) -> Result<Vec<u8>, ReadError> + Send + Sync;

/// Where files lie that are not on the disk.
struct Elsewhere {
    /// How reports name it: `main`.
    name: String,
    read: Box<Reader>,
}

impl std::fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// All texts of one run, and the only way to files.
#[derive(Debug)]
pub struct Sources {
    root: PathBuf,
    elsewhere: Option<Elsewhere>,
    /// Folders outside the root that the user named on the command line.
    also: Vec<PathBuf>,
    texts: Vec<Source>,
    by_path: HashMap<String, SourceId>,
    by_part: HashMap<Part, SourceId>,
    /// Folders with their symbolic links resolved.
    folders: RefCell<HashMap<PathBuf, PathBuf>>,
}

impl Sources {
    /// Reads below `root` only.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
        Self { root, elsewhere: None, also: Vec::new(), texts: Vec::new(), by_path: HashMap::new(), by_part: HashMap::new(), folders: RefCell::default() }
    }

    /// Reads nothing from the disk: `read` answers for every file below `root`, and reports name them `name:path`.
    #[must_use]
    pub fn elsewhere(root: &Path, name: &str, read: impl Fn(&str, u64) -> Result<Vec<u8>, ReadError> + Send + Sync + 'static) -> Self {
        Self { elsewhere: Some(Elsewhere { name: name.to_owned(), read: Box::new(read) }), ..Self::new(root) }
    }

    /// No text yet, below the same root.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self {
            root: self.root.clone(),
            elsewhere: None,
            also: Vec::new(),
            texts: Vec::new(),
            by_path: HashMap::new(),
            by_part: HashMap::new(),
            folders: RefCell::default(),
        }
    }

    /// The root, with all symbolic links resolved.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Allows reading below a folder outside the root, because the user named it on the command line.
    pub fn allow(&mut self, folder: &Path) {
        if let Ok(folder) = fs::canonicalize(folder) {
            self.also.push(folder);
        }
    }

    /// Adds a text that does not come from a file (standard input, a built-in profile, a rendered artifact).
    pub fn add(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> SourceId {
        let id = SourceId(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(Source::new(path.into(), bytes.into()));
        id
    }

    /// Adds a text that is read in place of a file of that path: standard input.
    pub fn add_as(&mut self, path: &str, bytes: impl Into<Vec<u8>>) -> SourceId {
        let id = self.add(path, bytes);
        self.by_path.insert(path.to_owned(), id);
        id
    }

    /// Adds a part of a text as a text of its own, once; `path` is how reports name it.
    pub fn add_part(&mut self, path: &str, whole: SourceId, range: std::ops::Range<usize>) -> SourceId {
        let source = self.get(whole);
        let part = Part { whole, line: source.line_of(u32::try_from(range.start).unwrap_or(u32::MAX)).0 };
        if let Some(id) = self.by_part.get(&part) {
            return *id;
        }
        let bytes = source.bytes.get(range).unwrap_or_default().to_vec();
        let id = self.add(path, bytes);
        self.texts[id.0 as usize].part = Some(part);
        self.by_part.insert(part, id);
        id
    }

    /// Path and line of a span in the text that its own was cut out of; `None` for a text of its own.
    #[must_use]
    pub fn place_in_whole(&self, span: Span) -> Option<(&str, usize)> {
        let part = self.get(span.source).part?;
        Some((&self.get(part.whole).path, part.line + self.position(span).line - 1))
    }

    /// Reads a file once; a second call for the same path returns the same id. `path` is relative to the root, or
    /// absolute where the command line said so.
    ///
    /// # Errors
    /// As [`ReadError`]; nothing is read then.
    pub fn read(&mut self, path: &str, limit: u64) -> Result<SourceId, ReadError> {
        if let Some(id) = self.by_path.get(path) {
            return Ok(*id);
        }
        let id = if let Some(elsewhere) = &self.elsewhere {
            let bytes = (elsewhere.read)(path, limit)?;
            self.add(format!("{}:{path}", elsewhere.name), bytes)
        } else {
            let real = self.resolve(path)?;
            let bytes = read_limited(&real, path, limit)?;
            self.add(path, bytes)
        };
        self.by_path.insert(path.to_owned(), id);
        Ok(id)
    }

    /// The text of an id.
    #[must_use]
    pub fn get(&self, id: SourceId) -> &Source {
        &self.texts[id.0 as usize]
    }

    /// Shows nothing of a text, but what [`Self::uncover`] names: its other parts may hold secrets.
    pub fn cover(&mut self, id: SourceId) {
        self.texts[id.0 as usize].shown.get_or_insert_default();
    }

    /// Lets a part of a covered text be shown.
    pub fn uncover(&mut self, span: Span) {
        if let Some(shown) = &mut self.texts[span.source.0 as usize].shown {
            let end = shown.entry(span.start).or_insert(span.end);
            *end = (*end).max(span.end);
        }
    }

    /// The texts read so far, in order.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0..).map(SourceId).zip(&self.texts)
    }

    /// Line and column of a span.
    #[must_use]
    pub fn position(&self, span: Span) -> Position {
        let source = self.get(span.source);
        let (line, column) = source.column(span.start);
        let (end_line, end_column) = source.column(span.end);
        Position { line, column, end_line, end_column }
    }

    /// The bytes of a span.
    #[must_use]
    pub fn slice(&self, span: Span) -> &[u8] {
        self.get(span.source).bytes.get(span.range()).unwrap_or_default()
    }

    /// `path:line` of a span, for messages.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        format!("{}:{}", self.get(span.source).path, self.position(span).line)
    }

    /// Whether something is at this path (it may be of any kind).
    #[must_use]
    pub fn exists(&self, path: &str) -> bool {
        self.join(path).is_some_and(|p| p.symlink_metadata().is_ok())
    }

    /// Permission bits and the owner's number of a file, links followed; `None` where the system has no such thing.
    ///
    /// # Errors
    /// As for [`Sources::read`], but that nothing is read.
    pub fn permissions(&self, path: &str) -> Result<Option<(u32, u32)>, ReadError> {
        let real = self.resolve(path)?;
        let meta = fs::metadata(real).map_err(|e| io_error(path, &e))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Ok(Some((meta.mode() & 0o7777, meta.uid())))
        }
        #[cfg(not(unix))]
        {
            drop(meta);
            Ok(None)
        }
    }

    /// Names in a folder in byte order, without `.` and `..`. A missing folder is empty.
    ///
    /// # Errors
    /// A folder outside the root, or one that cannot be listed.
    pub fn list(&self, folder: &str) -> Result<Vec<String>, ReadError> {
        let real = match self.resolve(folder) {
            Ok(real) => real,
            Err(ReadError::NotFound(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        if !real.is_dir() {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&real).map_err(|e| io_error(folder, &e))?;
        let mut names: Vec<String> = entries.flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Every file below a folder of the root, each relative to that folder with `/`, in byte order; at most `most`. Nothing
    /// but folders and regular files may lie there or on the way: what is not there itself may change unseen.
    ///
    /// # Errors
    /// No such folder, a link or device, a name that is no UTF-8, or more than `most` files.
    pub fn tree(&self, folder: &str, most: usize) -> Result<Vec<String>, ReadError> {
        let mut real = self.root.clone();
        for part in folder.split('/').filter(|part| !matches!(*part, "" | ".")) {
            real.push(part);
            if !fs::symlink_metadata(&real).map_err(|e| io_error(folder, &e))?.is_dir() {
                return Err(ReadError::NotAFolder(folder.to_owned()));
            }
        }
        let mut found = Vec::new();
        for entry in walkdir::WalkDir::new(&real).follow_links(false).sort_by_file_name() {
            let entry = entry.map_err(|e| ReadError::Io { path: folder.to_owned(), error: e.to_string() })?;
            if entry.file_type().is_dir() {
                continue;
            }
            let inside = entry.path().strip_prefix(&real).unwrap_or(entry.path());
            let path = format!("{}/{}", folder.trim_end_matches('/'), inside.to_string_lossy().replace('\\', "/"));
            if !entry.file_type().is_file() || inside.to_str().is_none() {
                return Err(ReadError::NotAFile(path));
            }
            if found.len() == most {
                return Err(ReadError::Io { path: folder.to_owned(), error: format!("it holds more than {most} files") });
            }
            found.extend(inside.to_str().map(|p| p.replace('\\', "/")));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Files below the root that match a `/`-separated pattern with `*`, `?`, `[...]` and `**`, in byte order. A
    /// pattern without these is returned as it is, whether it exists or not. Never enters `.git` or `target`.
    #[must_use]
    pub fn expand(&self, pattern: &str) -> Vec<String> {
        if !pattern.contains(['*', '?', '[']) {
            return vec![pattern.to_owned()];
        }
        let Ok(matcher) = glob::Pattern::new(pattern) else { return Vec::new() };
        let fixed: PathBuf = Path::new(pattern).components().take_while(|c| !c.as_os_str().to_string_lossy().contains(['*', '?', '['])).collect();
        let options = glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
        let walk = walkdir::WalkDir::new(self.root.join(&fixed)).follow_links(false).sort_by_file_name();
        let mut found: Vec<String> = walk
            .into_iter()
            .filter_entry(|e| e.depth() == 0 || !matches!(e.file_name().to_str(), Some(".git" | "target" | "node_modules")))
            .flatten()
            .filter(|e| !e.file_type().is_dir())
            .filter_map(|e| Some(e.path().strip_prefix(&self.root).ok()?.to_str()?.replace('\\', "/")))
            .filter(|path| matcher.matches_with(path, options))
            .collect();
        found.sort_unstable();
        found
    }

    /// Files below the root, at most `depth` folders deep, that `wanted` takes by their path, in byte order; and whether
    /// more than `most` names were there, so that some were not looked at. Follows no symbolic link, and never enters
    /// folders of version control, of built or of fetched things.
    #[must_use]
    pub fn survey(&self, depth: usize, most: usize, wanted: &dyn Fn(&str) -> bool) -> (Vec<String>, bool) {
        const NEVER: [&str; 12] =
            [".git", ".hg", ".svn", "target", "node_modules", "vendor", "third_party", ".venv", ".direnv", ".cache", ".idea", "__pycache__"];
        let walk = walkdir::WalkDir::new(&self.root).max_depth(depth + 1).follow_links(false).sort_by_file_name();
        let entries = walk.into_iter().filter_entry(|e| e.depth() == 0 || !e.file_name().to_str().is_some_and(|name| NEVER.contains(&name)));
        let (mut seen, mut found) = (0, Vec::new());
        for entry in entries.flatten() {
            seen += 1;
            if seen > most {
                return (found, true);
            }
            let path = entry.path().strip_prefix(&self.root).ok().and_then(Path::to_str).map(|p| p.replace('\\', "/"));
            found.extend(path.filter(|p| entry.file_type().is_file() && wanted(p)));
        }
        (found, false)
    }

    fn join(&self, path: &str) -> Option<PathBuf> {
        let given = Path::new(path);
        let leaves = given.components().any(|c| matches!(c, Component::ParentDir));
        if given.is_absolute() {
            return Some(given.to_path_buf());
        }
        (!leaves).then(|| self.root.join(given))
    }

    /// The real path of `path`, links resolved, if it stays in a folder that may be read.
    /// A path with all symbolic links resolved. Each folder is resolved once: a tree has many files in few folders.
    fn real(&self, path: &Path) -> std::io::Result<PathBuf> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return fs::canonicalize(path) };
        let mut folders = self.folders.borrow_mut();
        let folder = match folders.get(folder) {
            Some(real) => real,
            None => folders.entry(folder.to_path_buf()).or_insert(fs::canonicalize(folder)?),
        };
        let file = folder.join(name);
        if fs::symlink_metadata(&file)?.is_symlink() { fs::canonicalize(file) } else { Ok(file) }
    }

    fn resolve(&self, path: &str) -> Result<PathBuf, ReadError> {
        let joined = self.join(path).ok_or_else(|| ReadError::OutsideRoot(path.to_owned()))?;
        let real = self.real(&joined).map_err(|e| io_error(path, &e))?;
        let inside = std::iter::once(&self.root).chain(&self.also).any(|folder| real.starts_with(folder));
        if inside { Ok(real) } else { Err(ReadError::OutsideRoot(path.to_owned())) }
    }
}

fn io_error(path: &str, error: &std::io::Error) -> ReadError {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ReadError::NotFound(path.to_owned()),
        std::io::ErrorKind::IsADirectory => ReadError::Directory(path.to_owned()),
        _ => ReadError::Io { path: path.to_owned(), error: error.to_string() },
    }
}

fn read_limited(real: &Path, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
    let meta = fs::metadata(real).map_err(|e| io_error(path, &e))?;
    if meta.is_dir() {
        return Err(ReadError::Directory(path.to_owned()));
    }
    if !meta.is_file() {
        return Err(ReadError::NotAFile(path.to_owned()));
    }
    if meta.len() > limit {
        return Err(ReadError::TooLarge { path: path.to_owned(), size: meta.len(), limit });
    }
    let file = fs::File::open(real).map_err(|e| io_error(path, &e))?;
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
    // A file may grow while it is read, and /proc files claim to be empty.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| io_error(path, &e))?;
    let size = bytes.len() as u64;
    if size > limit {
        return Err(ReadError::TooLarge { path: path.to_owned(), size, limit });
    }
    Ok(bytes)
}

/// SHA-256, hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().flat_map(|b| [b >> 4, b & 15]).filter_map(|n| char::from_digit(u32::from(n), 16)).collect()
}

/// Joins a folder and a relative path with `/` and removes `.` and `..`. `None` if it leaves the root.
#[must_use]
pub fn join(folder: &str, path: &str) -> Option<String> {
    let absolute = path.starts_with('/') || folder.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    let all = if path.starts_with('/') { path.split('/').collect::<Vec<_>>() } else { folder.split('/').chain(path.split('/')).collect() };
    for part in all {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    let joined = parts.join("/");
    Some(if absolute { format!("/{joined}") } else { joined })
}

/// The folder part of a `/`-separated path; empty for a bare file name.
#[must_use]
pub fn folder_of(path: &str) -> &str {
    path.rfind('/').map_or("", |i| &path[..i])
}
