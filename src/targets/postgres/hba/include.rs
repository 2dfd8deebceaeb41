//! A file of access rules with what it includes: lists of names (`@file`), and from 16 on `include`, `include_if_exists`
//! and `include_dir`, each where it stands. Sources: `tokenize_auth_file`, `next_field_expand`, `GetConfFilesInDir` of the
//! server.

use super::lex::{Dialect, Line, Lines, Word};
use super::parse::{self, Bad, Field, Parsed};
use crate::finding::Finding;
use crate::source::{MAX_CONFIG_BYTES, ReadError, SourceId, Sources, Span, folder_of, join};
use crate::strictness::postgres::hba::{AccessRules, Entry};

/// `CONF_FILE_MAX_DEPTH` of the server.
const MAX_DEPTH: usize = 10;
/// No hand-written rules have so many lines or words; files that include others many times each could.
const MAX_LINES: usize = 200_000;
const MAX_WORDS: usize = 1_000_000;
/// No system has longer paths.
const MAX_PATH: usize = 4096;

/// What a line is.
#[derive(Debug)]
pub(super) enum Item {
    Record(Box<Parsed>),
    /// The server does not take it. Whether a template's placeholder stands in it.
    Bad(Bad, bool),
    /// It includes what was not read: the file.
    Unseen(String),
}

/// A line, where it stands.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) span: Span,
    pub(super) item: Item,
}

/// A file with all that it includes.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// In the order of the server.
    pub(super) lines: Vec<Read>,
    /// Every file that was read.
    pub(super) sources: Vec<SourceId>,
    pub(super) not_examined: Vec<(String, String)>,
    /// Files that are there and cannot be read.
    pub(super) unreadable: Vec<Finding>,
}

impl Rules {
    /// The value, and for each of its entries the line.
    pub(super) fn value(&self) -> (AccessRules, Vec<&Read>) {
        let mut entries = Vec::new();
        let mut lines = Vec::new();
        for line in &self.lines {
            entries.push(match &line.item {
                Item::Record(parsed) => Entry::Record(parsed.record.clone()),
                Item::Unseen(what) => Entry::Unseen(what.clone()),
                Item::Bad(..) => continue,
            });
            lines.push(line);
        }
        (AccessRules { entries }, lines)
    }

    /// Whether a server of the dialect loads it at all.
    pub(super) fn is_loaded(&self) -> bool {
        !self.lines.is_empty() && !self.lines.iter().any(|line| matches!(line.item, Item::Bad(..)))
    }
}

/// Reads a file as a server of a version reads it.
pub(super) fn read(sources: &mut Sources, id: SourceId, dialect: Dialect) -> Rules {
    let mut reader = Reader { sources, dialect, rules: Rules::default(), lines: 0, words: 0 };
    reader.file(id, 0);
    reader.rules
}

struct Reader<'a> {
    sources: &'a mut Sources,
    dialect: Dialect,
    rules: Rules,
    lines: usize,
    words: usize,
}

/// How the words of a line could not be made fields.
enum Stop {
    Bad(Bad),
    Unseen(String),
}

/// What opening an included file gave.
enum Opened {
    File(SourceId),
    /// It lies where only the server sees it.
    Elsewhere,
    Missing(String),
    Unreadable(Box<ReadError>),
}

const TOO_MUCH: &str = "name every file once, and check a part of the rules at a time";

impl Reader<'_> {
    fn see(&mut self, id: SourceId) {
        if !self.rules.sources.contains(&id) {
            self.rules.sources.push(id);
        }
    }

    fn push(&mut self, span: Span, item: Item) {
        self.rules.lines.push(Read { span, item });
    }

    fn is_over(&self) -> bool {
        self.lines > MAX_LINES || self.words > MAX_WORDS
    }

    fn file(&mut self, id: SourceId, depth: usize) {
        self.see(id);
        let bytes = self.sources.get(id).bytes().to_vec();
        for line in Lines::new(id, &bytes, self.dialect) {
            if self.is_over() {
                return;
            }
            self.lines += 1;
            let span = line.whole();
            let is_template = is_template(self.sources.slice(span));
            match self.fields(&line, id, depth) {
                _ if self.is_over() => {
                    let why = format!("more than {MAX_LINES} lines or {MAX_WORDS} words in all, so that the rest was not read");
                    self.push(span, Item::Bad(Bad::new(why, TOO_MUCH), false));
                }
                Ok(fields) if fields.is_empty() => {}
                Ok(fields) => match self.include(&fields, id, span, depth) {
                    Some(Ok(())) => {}
                    Some(Err(Stop::Bad(bad))) => self.push(span, Item::Bad(bad, is_template)),
                    Some(Err(Stop::Unseen(what))) => self.push(span, Item::Unseen(what)),
                    None => match parse::record(&fields, self.dialect) {
                        Ok(parsed) => {
                            // The options stay out of sight where one of them is a secret.
                            let end = if parsed.secrets.is_empty() { span } else { parsed.method.span };
                            let span =
                                if end.source == span.source { Span::new(id, span.range().start, end.range().end.max(span.range().start)) } else { span };
                            self.push(span, Item::Record(Box::new(parsed)));
                        }
                        Err(bad) => self.push(first_line(self.sources, span), Item::Bad(bad, is_template)),
                    },
                },
                Err(Stop::Bad(bad)) => self.push(first_line(self.sources, span), Item::Bad(bad, is_template)),
                Err(Stop::Unseen(what)) => self.push(span, Item::Unseen(what)),
            }
        }
    }

    /// The columns of a line; one that an empty file stands for is none.
    fn fields(&mut self, line: &Line, id: SourceId, depth: usize) -> Result<Vec<Field>, Stop> {
        if line.is_too_long {
            return Err(Stop::Bad(Bad::new("the line is longer than the server reads", "write several shorter lines")));
        }
        let mut fields: Vec<Field> = Vec::new();
        let mut at = 0;
        loop {
            let mut field: Field = Vec::new();
            let mut any = false;
            loop {
                let next =
                    line.word(&mut at, self.dialect).map_err(|()| Stop::Bad(Bad::new("a word is longer than the server reads", "write a shorter name")))?;
                let Some((word, comma)) = next else { break };
                any = true;
                self.words += 1;
                if self.is_over() {
                    return Ok(Vec::new());
                }
                match word.text.strip_prefix('@') {
                    Some(path) if !word.quoted && !path.is_empty() => self.list(path, &word, id, depth, fields.len(), &mut field)?,
                    _ => field.push(word),
                }
                if !comma {
                    break;
                }
            }
            if !any {
                return Ok(fields);
            }
            if !field.is_empty() {
                fields.push(field);
            }
        }
    }

    /// The words of a file of names.
    fn list(&mut self, path: &str, word: &Word, from: SourceId, depth: usize, column: usize, field: &mut Field) -> Result<(), Stop> {
        match self.open(path, from, depth + 1)? {
            Opened::File(id) => {
                self.see(id);
                let bytes = self.sources.get(id).bytes().to_vec();
                for line in Lines::new(id, &bytes, self.dialect) {
                    self.lines += 1;
                    if self.is_over() {
                        return Ok(());
                    }
                    for mut words in self.fields(&line, id, depth + 1)? {
                        // What a list says is said where the list is named.
                        for inner in &mut words {
                            inner.span = word.span;
                        }
                        field.append(&mut words);
                    }
                }
                Ok(())
            }
            Opened::Elsewhere if column == 1 || column == 2 => {
                // An opaque name: see `Name::File`.
                field.push(Word { text: format!("\0{path}"), quoted: true, span: word.span });
                Ok(())
            }
            Opened::Elsewhere => Err(Stop::Unseen(path.to_owned())),
            Opened::Missing(why) => Err(Stop::Bad(Bad::new(why, "create the file, or write its names here"))),
            Opened::Unreadable(error) => Err(self.unreadable(path, &error, word.span)),
        }
    }

    fn unreadable(&mut self, path: &str, error: &ReadError, at: Span) -> Stop {
        self.rules.unreadable.push(Finding::unreadable(error).at(at, "named here"));
        Stop::Unseen(path.to_owned())
    }

    fn open(&mut self, path: &str, from: SourceId, depth: usize) -> Result<Opened, Stop> {
        if depth > MAX_DEPTH {
            let why = format!("{path} is named more than {MAX_DEPTH} files deep, or names itself");
            return Err(Stop::Bad(Bad::new(why, "let no file name itself, and name it from a file nearer to pg_hba.conf")));
        }
        if path.len() > MAX_PATH {
            return Err(Stop::Bad(Bad::new(format!("no file has a name of {} bytes", path.len()), "correct the name of the file")));
        }
        let folder = folder_of(&self.sources.get(from).path).to_owned();
        let Some(target) = join(&folder, path) else {
            return Ok(self.elsewhere(path, "it leads out of the root; run secgen with --root naming a folder that holds both"));
        };
        match self.sources.read(&target, MAX_CONFIG_BYTES) {
            Ok(id) => Ok(Opened::File(id)),
            Err(ReadError::NotFound(_) | ReadError::OutsideRoot(_)) if path.starts_with('/') => {
                Ok(self.elsewhere(path, "it is named by a path of the server, and does not lie in the root; a relative path is followed"))
            }
            Err(ReadError::NotFound(_)) => Ok(Opened::Missing(format!("there is no file {path}"))),
            Err(error) => Ok(Opened::Unreadable(Box::new(error))),
        }
    }

    fn elsewhere(&mut self, path: &str, why: &str) -> Opened {
        self.rules.not_examined.push((path.to_owned(), why.to_owned()));
        Opened::Elsewhere
    }

    /// Follows an include; `None` if the line is none. It is one with exactly one word behind it, in quotes or not.
    fn include(&mut self, fields: &[Field], id: SourceId, span: Span, depth: usize) -> Option<Result<(), Stop>> {
        let [kind, path] = fields else { return None };
        let (kind, path) = (kind.first()?, path.first()?);
        if !self.dialect.has_includes() || !matches!(kind.text.as_str(), "include" | "include_if_exists" | "include_dir") {
            return None;
        }
        if kind.text == "include_dir" {
            return Some(self.folder(&path.text, id, span, depth));
        }
        Some(match self.open(&path.text, id, depth + 1) {
            Ok(Opened::File(file)) => {
                self.file(file, depth + 1);
                Ok(())
            }
            Ok(Opened::Elsewhere) => Err(Stop::Unseen(path.text.clone())),
            Ok(Opened::Missing(_)) if kind.text == "include_if_exists" => {
                let why = "include_if_exists names it, and it is not here; a server that has it reads it";
                self.rules.not_examined.push((path.text.clone(), why.to_owned()));
                Ok(())
            }
            Ok(Opened::Missing(why)) => Err(Stop::Bad(Bad::new(why, "create the file, delete the line, or write include_if_exists"))),
            Ok(Opened::Unreadable(error)) => Err(self.unreadable(&path.text, &error, span)),
            Err(stop) => Err(stop),
        })
    }

    fn folder(&mut self, path: &str, id: SourceId, span: Span, depth: usize) -> Result<(), Stop> {
        let folder = folder_of(&self.sources.get(id).path).to_owned();
        let Some(target) = join(&folder, path) else {
            self.elsewhere(path, "it leads out of the root; run secgen with --root naming a folder that holds both");
            return Err(Stop::Unseen(path.to_owned()));
        };
        let names = match self.sources.list(&target) {
            Ok(names) if self.sources.exists(&target) => names,
            Err(ReadError::OutsideRoot(_)) | Ok(_) if path.starts_with('/') => {
                self.elsewhere(path, "it is named by a path of the server, and does not lie in the root; a relative path is followed");
                return Err(Stop::Unseen(path.to_owned()));
            }
            Ok(_) => return Err(Stop::Bad(Bad::new(format!("there is no folder {path}"), "create the folder, or delete the line"))),
            Err(error) => return Err(self.unreadable(path, &error, span)),
        };
        for name in names.iter().filter(|name| !name.starts_with('.') && name.strip_suffix(".conf").is_some()) {
            if self.is_over() {
                return Ok(());
            }
            let file = if target.is_empty() { name.clone() } else { format!("{target}/{name}") };
            match self.sources.read(&file, MAX_CONFIG_BYTES) {
                Ok(_) if depth + 1 > MAX_DEPTH => {
                    let bad = Bad::new(format!("{path} is named more than {MAX_DEPTH} files deep, or names itself"), "let no file name itself");
                    return Err(Stop::Bad(bad));
                }
                Ok(file) => self.file(file, depth + 1),
                Err(ReadError::Directory(_)) => {}
                Err(error) => match self.unreadable(&file, &error, span) {
                    Stop::Unseen(what) => self.push(span, Item::Unseen(what)),
                    Stop::Bad(bad) => self.push(span, Item::Bad(bad, false)),
                },
            }
        }
        Ok(())
    }
}

/// Whether a template decides at another time what a line says.
fn is_template(line: &[u8]) -> bool {
    ["{{", "{%", "${", "<%"].iter().any(|mark| line.windows(2).any(|w| w == mark.as_bytes()))
}

/// Of joined lines the first: a secret's end may stand in another, where nothing tells that it is one.
fn first_line(sources: &Sources, span: Span) -> Span {
    let text = sources.slice(span);
    let end = text.iter().position(|b| *b == b'\n').unwrap_or(text.len());
    Span::new(span.source, span.range().start, span.range().start + end)
}
