//! A main file and everything that it includes, each parsed once, spliced at every place that includes it.
//!
//! nginx resolves a relative path against the folder of the MAIN file, not of the including one; only `*`, `?` and `[`
//! make a path a pattern, whose matches come in byte order; a pattern may match nothing, a plain path may not be
//! missing (nginx documentation, core module, `include`; reference vectors N01 to N10).

use super::context::{self, Declared};
use super::dump::Dump;
use super::lex::SyntaxError;
use super::rules;
use super::template::{self, Problem, Template, Values};
use super::tree::Directive;
use crate::finding::Finding;
use crate::source::{self, MAX_CONFIG_BYTES, ReadError, SourceId, Sources, Span};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Files inside files, counted in files.
pub const MAX_DEPTH: usize = 32;
/// Files that one pattern may match.
const MAX_MATCHES: usize = 200_000;
/// Bytes of all files of one tree together.
const MAX_BYTES: usize = 128 << 20;
/// Directives of one tree with every include spliced, so that includes cannot unfold without end.
const MAX_DIRECTIVES: usize = 2_000_000;

/// A folder of the server, and where the repository keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// `/etc/nginx`, without a slash at the end.
    pub server: String,
    /// `deploy/nginx`, relative to the root; empty for the root.
    pub folder: String,
}

/// A main file with what it includes.
#[derive(Debug)]
pub struct Tree {
    files: Vec<(SourceId, Vec<Directive>)>,
    /// Where the main file says that it stands.
    declared: Option<Declared>,
    /// By the span of the `include` directive: the files it stands for.
    includes: HashMap<Span, Vec<usize>>,
    /// By the span of the `include` directive: why what it stands for was not read.
    unread: HashMap<Span, Unread>,
}

/// Something that was to be included and was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Why.
    pub why: String,
    /// Whether an error says so already, so that the run cannot pass.
    pub is_error: bool,
}

/// One directive of a block with its includes spliced.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// A directive, never `include`.
    Directive(&'a Directive),
    /// An `include` of something that was not read and may matter, and why.
    Unread(&'a Directive, &'a Unread),
}

impl Tree {
    /// One file that includes nothing.
    #[must_use]
    pub fn single(id: SourceId, directives: Vec<Directive>) -> Self {
        Self { files: vec![(id, directives)], declared: None, includes: HashMap::new(), unread: HashMap::new() }
    }

    /// The top of the main file.
    #[must_use]
    pub fn top(&self) -> &[Directive] {
        self.files.first().map_or(&[], |(_, directives)| directives)
    }

    /// Where the main file says that it stands.
    #[must_use]
    pub fn declared(&self) -> Option<Declared> {
        self.declared
    }

    /// The files, main file first.
    pub fn sources(&self) -> impl Iterator<Item = SourceId> + '_ {
        self.files.iter().map(|(id, _)| *id)
    }

    /// The files with their directives, main file first.
    pub fn files(&self) -> impl Iterator<Item = (SourceId, &[Directive])> + '_ {
        self.files.iter().map(|(id, directives)| (*id, directives.as_slice()))
    }

    /// The files that the `include` at a span stands for.
    pub fn included(&self, at: Span) -> impl Iterator<Item = SourceId> + '_ {
        self.includes.get(&at).into_iter().flatten().filter_map(|index| self.files.get(*index)).map(|(id, _)| *id)
    }

    /// A block's directives with its includes spliced, in the order in which nginx reads them.
    #[must_use]
    pub fn splice<'a>(&'a self, block: &'a [Directive]) -> Vec<Item<'a>> {
        let mut items = Vec::with_capacity(block.len());
        let mut rest = vec![block.iter()];
        while let Some(level) = rest.last_mut() {
            let Some(directive) = level.next() else {
                rest.pop();
                continue;
            };
            if !directive.is("include") {
                items.push(Item::Directive(directive));
                continue;
            }
            if let Some(unread) = self.unread.get(&directive.span) {
                items.push(Item::Unread(directive, unread));
            }
            let files = self.includes.get(&directive.span).map_or(&[][..], Vec::as_slice);
            rest.extend(files.iter().rev().filter_map(|i| self.files.get(*i)).map(|(_, directives)| directives.iter()));
        }
        items
    }
}

/// What loading gave beside the tree.
#[derive(Debug, Default)]
pub struct Notes {
    /// Files that cannot be read or parsed.
    pub findings: Vec<Finding>,
    /// What was not read, and why that may be so.
    pub not_examined: Vec<(String, String)>,
    /// The names in `not_examined`.
    named: HashSet<String>,
    /// Files that only their template engine can read.
    pub templates: Vec<(SourceId, Template)>,
    /// Files that are not read again: they do not parse, or are templates.
    failed: HashSet<SourceId>,
}

impl Notes {
    /// Whether a file gave no directives: what is wrong with it stands in these notes already.
    #[must_use]
    pub fn has_failed(&self, id: SourceId) -> bool {
        self.failed.contains(&id)
    }
}

/// Where included files come from, and what is put into them.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'c> {
    /// Folders of the server, and where the repository keeps them.
    pub mappings: &'c [Mapping],
    /// What placeholders of templates stand for.
    pub values: &'c Values,
    /// The files, where they are the output of `nginx -T`: its paths are those that nginx knows.
    pub dump: Option<&'c Dump>,
}

/// Reads a main file and what it includes, from a repository and without values for templates. `None` if the main file
/// itself does not parse.
pub fn load(sources: &mut Sources, main: SourceId, mappings: &[Mapping], notes: &mut Notes) -> Option<Tree> {
    Reader { mappings, values: &Values::new(), dump: None }.load(sources, main, source::folder_of(&sources.get(main).path).to_owned(), notes)
}

impl Reader<'_> {
    /// Reads a main file and what it includes; `folder` is the one that relative paths are relative to. `None` if the
    /// main file itself does not parse, or is a template.
    pub fn load(self, sources: &mut Sources, main: SourceId, folder: String, notes: &mut Notes) -> Option<Tree> {
        let declared = context::declared(main, sources.get(main).bytes());
        let tree = Tree { files: Vec::new(), declared, includes: HashMap::new(), unread: HashMap::new() };
        let mut loader = Loader {
            sources,
            reader: self,
            folder,
            is_part: false,
            tree,
            by_id: HashMap::new(),
            states: Vec::new(),
            bytes: 0,
            notes,
            missing: BTreeMap::new(),
        };
        let Some(index) = loader.file(main) else {
            loader.read_ahead(main);
            let Loader { missing, notes, .. } = loader;
            notes.findings.extend(missing.into_values());
            return None;
        };
        loader.is_part = !loader.tree.top().iter().any(context::is_of_main);
        loader.follow(index, 1);
        let weight = match loader.states.get(index) {
            Some(State::Done { weight, .. }) => *weight,
            _ => usize::MAX,
        };
        let Loader { tree, missing, notes, .. } = loader;
        notes.findings.extend(missing.into_values());
        if weight > MAX_DIRECTIVES {
            let message = format!("with its includes spliced in, this file has more than {MAX_DIRECTIVES} directives");
            let help = "look for files that include others many times over; nothing of this tree was judged";
            notes.findings.push(Finding::error(&rules::INCLUDE_LIMIT, message).at(Span::new(main, 0, 0), "the main file").help(help));
            return None;
        }
        Some(tree)
    }
}

/// A finding for a text that nginx would refuse.
#[must_use]
pub fn syntax_finding(error: &SyntaxError) -> Finding {
    Finding::error(&rules::SYNTAX, format!("not valid nginx configuration: {}", error.why))
        .at(error.span, "nginx stops reading here")
        .help("correct the line (`nginx -t` names the same place); nothing of this file was judged")
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Its includes are being followed.
    Open,
    /// Files below it, itself included, and directives with its includes spliced.
    Done { height: usize, weight: usize },
}

struct Loader<'s> {
    sources: &'s mut Sources,
    reader: Reader<'s>,
    /// Of the main file.
    folder: String,
    /// The main file is only a part of a configuration, so that nobody knows what its paths are relative to.
    is_part: bool,
    tree: Tree,
    by_id: HashMap<SourceId, usize>,
    states: Vec<State>,
    bytes: usize,
    notes: &'s mut Notes,
    /// Files that cannot be read, by path, each with all places that include it.
    missing: BTreeMap<String, Finding>,
}

/// What a path of an `include` stands for.
enum Resolved {
    /// These files; a plain path is here whether it exists or not.
    Files(Vec<String>),
    /// A place outside of what may be read.
    Outside,
    /// Patterns that name more than can be followed.
    TooMuch,
}

fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// Files of nginx's own distribution (and Debian's) that hold media types, character sets, or parameters for a backend,
/// and nothing that secgen checks.
fn is_harmless(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let known = ["fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params", "proxy_params", "koi-utf", "koi-win", "win-utf"];
    known.contains(&name) || name.strip_suffix(".types").is_some()
}

impl Loader<'_> {
    /// Parses a file once.
    fn file(&mut self, id: SourceId) -> Option<usize> {
        if let Some(index) = self.by_id.get(&id) {
            return Some(*index);
        }
        if self.notes.failed.contains(&id) {
            return None;
        }
        let source = self.sources.get(id);
        let bytes = source.bytes();
        self.bytes = self.bytes.saturating_add(bytes.len());
        let too_large =
            |what: String| Finding::error(&rules::INCLUDE_LIMIT, what).at(Span::new(id, 0, 0), "this file was not read any more").help("include less");
        let finding = if self.bytes > MAX_BYTES {
            Some(too_large(format!("the files of this tree have more than {MAX_BYTES} bytes together")))
        } else {
            match template::parse(id, &source.path, bytes, self.reader.values) {
                Ok(directives) => {
                    let index = self.tree.files.len();
                    self.tree.files.push((id, directives));
                    self.states.push(State::Open);
                    self.by_id.insert(id, index);
                    return Some(index);
                }
                Err(Problem::Syntax(error)) => Some(syntax_finding(&error)),
                Err(Problem::TooLarge) => Some(too_large(format!("with its values put in, this file has more than {MAX_CONFIG_BYTES} bytes"))),
                Err(Problem::Template(template)) => {
                    self.notes.templates.push((id, template));
                    None
                }
            }
        };
        self.notes.findings.extend(finding);
        self.notes.failed.insert(id);
        None
    }

    /// Reads what a main file that does not parse includes before the place where it breaks: nginx has read that by then,
    /// and stops at the first fault, which may be there.
    fn read_ahead(&mut self, main: SourceId) {
        if self.notes.templates.iter().any(|(template, _)| *template == main) {
            return;
        }
        let bytes = self.sources.get(main).bytes();
        self.is_part = !super::tree::has_at_top(main, bytes, |name, _| context::is_named_of_main(name));
        for (span, path) in super::tree::includes_before(main, bytes) {
            if let Resolved::Files(files) = self.resolve(&path) {
                for file in files {
                    self.child(span, &path, &file, 1);
                }
            }
        }
    }

    /// Follows the includes of a file. `depth` counts the files from the main one to this one.
    fn follow(&mut self, index: usize, depth: usize) {
        let (mut height, mut weight) = (1, 0_usize);
        for (span, path) in includes(&self.tree.files[index].1, &mut weight) {
            let Some(path) = path else {
                self.unread(span, "it names no file".to_owned(), false);
                continue;
            };
            let files = match self.resolve(&path) {
                Resolved::Files(files) => files,
                Resolved::Outside => {
                    self.outside(span, &path);
                    continue;
                }
                Resolved::TooMuch => {
                    let message = "this pattern names more files than are followed, so none of them was";
                    let finding =
                        Finding::error(&rules::INCLUDE_LIMIT, message).at(span, "not followed").help("include fewer files, or check them by themselves");
                    self.notes.findings.push(finding);
                    self.unread(span, "it was not followed".to_owned(), true);
                    continue;
                }
            };
            if files.is_empty() && self.is_part && self.reader.dump.is_none() && !path.starts_with('/') && !self.knows_folder() {
                let fix = "check the main file, which says what the pattern is relative to";
                self.not_found(span, &path, "nothing matches it, as far as a part of a configuration can tell", fix);
                continue;
            }
            let mut found = Vec::with_capacity(files.len());
            for file in files {
                if let Some((child, below, more)) = self.child(span, &path, &file, depth) {
                    height = height.max(below + 1);
                    weight = weight.saturating_add(more);
                    found.push(child);
                }
            }
            self.tree.includes.insert(span, found);
        }
        self.states[index] = State::Done { height, weight };
    }

    /// One included file: its index, height and weight; `None` if it cannot be spliced.
    fn child(&mut self, span: Span, written: &str, file: &str, depth: usize) -> Option<(usize, usize, usize)> {
        let opened = match self.reader.dump {
            Some(dump) => dump.get(file).ok_or_else(|| ReadError::NotFound(file.to_owned())),
            None => self.sources.read(file, MAX_CONFIG_BYTES),
        };
        let id = match opened {
            Ok(id) => id,
            Err(_) if self.reader.dump.is_some() => {
                self.not_found(span, file, "this output of `nginx -T` does not hold it", "give the whole output of `nginx -T`");
                return None;
            }
            Err(ReadError::NotFound(_)) if self.is_part => {
                let fix = "check the main file, which says what the path is relative to";
                self.not_found(span, file, "it does not exist, as far as a part of a configuration can tell", fix);
                return None;
            }
            Err(error) => {
                self.unreadable(span, written, &error);
                return None;
            }
        };
        let known = self.by_id.contains_key(&id);
        let Some(child) = self.file(id) else {
            let is_template = self.notes.templates.iter().any(|(template, _)| *template == id);
            let why = if is_template { "is a template, which only its engine can read" } else { "cannot be parsed" };
            self.unread(span, format!("{file} {why}"), true);
            return None;
        };
        if known && matches!(self.states[child], State::Open) {
            let message = format!("{file} includes itself, directly or through others: nginx crashes when it reads this");
            let first = Span::new(id, 0, 0);
            let finding =
                Finding::error(&rules::INCLUDE_CYCLE, message).at(span, "this include closes the circle").see(first, "the file that is included again");
            self.notes.findings.push(finding.help("remove this include, or move what both files need into a third one"));
            self.unread(span, format!("{file} includes itself"), true);
            return None;
        }
        let deepest = |height: usize| depth + height > MAX_DEPTH;
        if !known && !deepest(1) {
            self.follow(child, depth + 1);
        }
        match self.states[child] {
            State::Done { height, weight } if !deepest(height) => Some((child, height, weight)),
            state => {
                if matches!(state, State::Open) {
                    // Its own includes are not followed: it counts as too deep wherever else it is included.
                    self.states[child] = State::Done { height: MAX_DEPTH, weight: 0 };
                }
                let message = format!("includes are nested more than {MAX_DEPTH} files deep");
                self.notes.findings.push(Finding::error(&rules::INCLUDE_LIMIT, message).at(span, "not followed").help("flatten the includes"));
                self.unread(span, format!("{file} is nested too deep"), true);
                None
            }
        }
    }

    /// The server's path as the repository has it; `None` where no mapping covers it.
    fn mapped(&self, path: &str) -> Option<String> {
        let covers = |m: &&Mapping| path.strip_prefix(m.server.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || m.server.is_empty());
        let mapping = self.reader.mappings.iter().filter(covers).max_by_key(|m| m.server.len())?;
        let rest = path[mapping.server.len()..].trim_start_matches('/');
        source::join(&mapping.folder, rest)
    }

    fn resolve(&self, path: &str) -> Resolved {
        if let Some(dump) = self.reader.dump {
            let Some(full) = source::join(&self.folder, path) else { return Resolved::Outside };
            return if is_pattern(path) { dump.expand(&full).map_or(Resolved::TooMuch, Resolved::Files) } else { Resolved::Files(vec![full]) };
        }
        let mapped = if path.starts_with('/') { self.mapped(path) } else { None };
        let full = match mapped {
            Some(full) => full,
            None => match source::join(&self.folder, path) {
                Some(full) => full,
                None => return Resolved::Outside,
            },
        };
        if !is_pattern(path) {
            // An absolute path that nothing maps is only missing where secgen may look.
            let foreign = full.starts_with('/') && !self.may_look(&full);
            return if foreign { Resolved::Outside } else { Resolved::Files(vec![full]) };
        }
        if full.starts_with('/') && !self.may_look(&full) {
            return Resolved::Outside;
        }
        self.expand(&full)
    }

    /// Whether an absolute path lies in a folder that secgen may read: the root, or the main file's own, where the
    /// command line named it.
    fn may_look(&self, path: &str) -> bool {
        let below = |folder: &str| !folder.is_empty() && path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        let given = self.folder.starts_with('/') && below(&self.folder);
        given || self.sources.root().to_str().is_some_and(below)
    }

    /// Files that match a pattern, in byte order. More than can be followed are not followed in part.
    fn expand(&self, pattern: &str) -> Resolved {
        let absolute = pattern.starts_with('/');
        let mut found = vec![String::new()];
        for part in pattern.split('/').filter(|p| !p.is_empty()) {
            let extend = |folder: &String, name: &str| if folder.is_empty() && !absolute { name.to_owned() } else { format!("{folder}/{name}") };
            if !is_pattern(part) {
                found = found.iter().map(|folder| extend(folder, part)).collect();
                continue;
            }
            let matcher = Matcher::new(part);
            let mut next = Vec::new();
            for folder in &found {
                let Ok(names) = self.sources.list(folder) else { return Resolved::Outside };
                next.extend(names.iter().filter(|name| matcher.accepts(name)).map(|name| extend(folder, name)));
                if next.len() > MAX_MATCHES {
                    return Resolved::TooMuch;
                }
            }
            found = next;
        }
        found.retain(|path| self.sources.exists(path));
        found.sort_unstable();
        Resolved::Files(found)
    }

    fn unread(&mut self, span: Span, why: String, is_error: bool) {
        self.tree.unread.insert(span, Unread { why, is_error });
    }

    fn outside(&mut self, span: Span, path: &str) {
        let harmless = is_harmless(path);
        let why = if harmless {
            format!("included at {}; by its name it holds nothing that secgen checks", self.sources.place(span))
        } else {
            let fix = "name its folder under targets.nginx.map to have it read";
            format!("included at {}; the path lies outside the root and no entry of targets.nginx.map covers it: {fix}", self.sources.place(span))
        };
        if self.notes.named.insert(path.to_owned()) {
            self.notes.not_examined.push((path.to_owned(), why));
        }
        if !harmless {
            self.unread(span, format!("{path} lies outside the root and no entry of targets.nginx.map covers it"), false);
        }
    }

    /// Whether the main file of a part lies in the folder that is taken for its own.
    fn knows_folder(&self) -> bool {
        source::join(&self.folder, "nginx.conf").is_some_and(|main| self.sources.exists(&main))
    }

    /// A file that is missing only because what was given is not all of it.
    fn not_found(&mut self, span: Span, path: &str, why: &str, fix: &str) {
        let harmless = is_harmless(path);
        if self.notes.named.insert(path.to_owned()) {
            let so = if harmless { "by its name it holds nothing that secgen checks" } else { fix };
            self.notes.not_examined.push((path.to_owned(), format!("included at {}; {why}: {so}", self.sources.place(span))));
        }
        if !harmless {
            self.unread(span, format!("{path} was not read: {why}"), false);
        }
    }

    fn unreadable(&mut self, span: Span, written: &str, error: &ReadError) {
        if matches!(error, ReadError::NotFound(_)) && is_harmless(written) {
            self.outside(span, written);
            return;
        }
        self.unread(span, error.to_string(), true);
        if let Some(finding) = self.missing.get_mut(error.path()) {
            finding.related.push(crate::finding::Label::new(span, "also included here"));
        } else {
            let finding = Finding::unreadable(error).at(span, "included here").help("if `secgen render` writes this file, run it first");
            self.missing.insert(error.path().to_owned(), finding);
        }
    }
}

/// Every `include` of a file at any depth: its span and path. Adds the number of directives to `weight`.
fn includes(directives: &[Directive], weight: &mut usize) -> Vec<(Span, Option<String>)> {
    let (mut found, mut rest) = (Vec::new(), vec![directives.iter()]);
    while let Some(level) = rest.last_mut() {
        let Some(directive) = level.next() else {
            rest.pop();
            continue;
        };
        *weight = weight.saturating_add(1);
        if directive.is("include") {
            found.push((directive.span, directive.arg(0).map(super::lex::Word::text)));
        }
        if !directive.children().is_empty() {
            rest.push(directive.children().iter());
        }
    }
    found
}

/// One part of a path as glob(3) matches it: a dot at the start only by a dot, `[^...]` like `[!...]`, and `[` without
/// its `]` as itself.
pub(super) struct Matcher {
    pattern: Option<glob::Pattern>,
    literal: String,
}

impl Matcher {
    pub(super) fn new(part: &str) -> Self {
        let mut text = part.replace("[^", "[!");
        while text.contains("**") {
            text = text.replace("**", "*");
        }
        Self { pattern: glob::Pattern::new(&text).ok(), literal: part.to_owned() }
    }

    pub(super) fn accepts(&self, name: &str) -> bool {
        let options = glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
        self.pattern.as_ref().map_or_else(|| name == self.literal, |p| p.matches_with(name, options))
    }
}
