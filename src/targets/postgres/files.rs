//! The files of one server: includes expanded in place, then `postgresql.auto.conf`, then the command line, in the
//! server's order.
//!
//! Sources: PostgreSQL documentation, 20.1.5 "Managing Configuration File Contents", and `ParseConfigFp`,
//! `GetConfFilesInDir` of the server.

use super::conf::{self, Include, Item, Line};
use super::{hba, options, rules};
use crate::finding::{Cause, Finding, Label};
use crate::source::{MAX_CONFIG_BYTES, ReadError, SourceId, Sources, Span, folder_of, join};
use crate::strictness::postgres::catalogue;
use crate::targets::Input;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// `CONF_FILE_MAX_DEPTH` of the server.
const MAX_DEPTH: usize = 10;
/// No hand-written configuration includes so many lines; includes that include others many times each could.
const MAX_LINES: usize = 200_000;

/// The name of the file that ALTER SYSTEM writes.
pub(super) const AUTO_CONF: &str = "postgresql.auto.conf";

/// One assignment in the order of the server.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    /// Lower case.
    pub(super) name: String,
    /// Unquoted.
    pub(super) value: String,
    /// The whole assignment.
    pub(super) span: Span,
}

/// What the files of one server say, in order.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Set(Assignment),
    /// An include that was not read: anything may be set there.
    NotRead {
        at: Span,
        path: String,
    },
    /// A line that does not parse: of this name, or of any.
    Broken {
        at: Span,
        name: Option<String>,
        is_template: bool,
    },
}

/// Where a line comes from, weakest first (`GucSource` of the server).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layer {
    /// `postgresql.conf` or what it includes.
    File,
    /// `postgresql.auto.conf`, which ALTER SYSTEM writes.
    Auto,
    /// The server's command line.
    CommandLine,
}

/// The files of one server.
#[derive(Clone, Debug, Default)]
pub(super) struct Server {
    /// The path of the main file, as given.
    pub(super) path: String,
    /// The main file; `None` where only `postgresql.auto.conf` was given.
    pub(super) main: Option<SourceId>,
    /// `postgresql.auto.conf`.
    pub(super) auto: Option<SourceId>,
    /// `postmaster.opts`.
    pub(super) command_line: Option<SourceId>,
    /// The data folder, where it can be seen.
    pub(super) data: Option<String>,
    pub(super) events: Vec<Event>,
    pub(super) findings: Vec<Finding>,
    /// Every file read.
    pub(super) sources: Vec<SourceId>,
    pub(super) not_examined: Vec<(String, String)>,
    /// Lines read, each time that they are included.
    pub(super) lines: usize,
}

impl Server {
    /// The assignments that set a name on a version, in order.
    pub(super) fn assignments<'a>(&'a self, name: &'a str, version: u32) -> impl DoubleEndedIterator<Item = (usize, &'a Assignment)> + 'a {
        self.events.iter().enumerate().filter_map(move |(order, event)| match event {
            Event::Set(set) if catalogue::current_name(&set.name, version) == catalogue::current_name(name, version) => Some((order, set)),
            _ => None,
        })
    }

    /// The last line that may set a name in a way that was not seen: its position in the order, the line, why, and
    /// the cause.
    pub(super) fn last_unseen(&self, name: &str) -> Option<(usize, Label, String, Cause)> {
        self.events.iter().enumerate().rev().find_map(|(order, event)| match event {
            Event::NotRead { at, path } => {
                let label = Label::new(*at, format!("{path} was not read"));
                Some((order, label, format!("{path} was not read, and may set {name}"), Cause::NotRead))
            }
            // Without a name, only a template's line can set anything.
            Event::Broken { at, name: own, is_template } if own.as_deref().map_or(*is_template, |own| own == name) => {
                let (why, cause) =
                    if *is_template { ("is decided by a template", Cause::Template) } else { ("stands in a line that does not parse", Cause::NotUnderstood) };
                Some((order, Label::new(*at, "decides it"), format!("{name} {why}"), cause))
            }
            _ => None,
        })
    }

    /// Which layer a line belongs to.
    pub(super) fn layer(&self, span: Span) -> Layer {
        if self.command_line == Some(span.source) {
            Layer::CommandLine
        } else if self.auto == Some(span.source) {
            Layer::Auto
        } else {
            Layer::File
        }
    }
}

/// Reads files, each once.
struct Reader<'a> {
    sources: &'a mut Sources,
    parsed: HashMap<SourceId, Rc<Vec<Line>>>,
}

impl Reader<'_> {
    fn lines(&mut self, id: SourceId) -> Rc<Vec<Line>> {
        let bytes = self.sources.get(id).bytes();
        self.parsed.entry(id).or_insert_with(|| Rc::new(conf::parse(id, bytes))).clone()
    }

    /// Adds what a file says to the server, with its includes. `stack`: the files that lead here, this one included.
    fn expand(&mut self, server: &mut Server, id: SourceId, stack: &mut Vec<SourceId>) {
        let first_visit = !server.sources.contains(&id);
        if first_visit {
            server.sources.push(id);
        }
        for line in self.lines(id).iter() {
            server.lines += 1;
            if server.lines > MAX_LINES {
                if server.lines == MAX_LINES + 1 {
                    let message = format!("more than {MAX_LINES} lines in all, as files are included again and again");
                    server.findings.push(Finding::error(&rules::INCLUDE, message).at(line.span, "read up to here").help("include every file once"));
                    server.events.push(Event::NotRead { at: line.span, path: "the rest".to_owned() });
                }
                return;
            }
            match &line.item {
                Item::Set { name, value } => server.events.push(Event::Set(Assignment { name: name.clone(), value: value.clone(), span: line.span })),
                Item::Error { name, is_template, why, help } => {
                    if first_visit {
                        server.findings.push(Finding::error(&rules::SYNTAX, why.clone()).at(line.span, "the server does not start with this line").help(*help));
                    }
                    server.events.push(Event::Broken { at: line.span, name: name.clone(), is_template: *is_template });
                }
                Item::Include { kind, path } => self.include(server, line.span, *kind, path, id, stack),
            }
        }
    }

    fn include(&mut self, server: &mut Server, at: Span, kind: Include, path: &str, from: SourceId, stack: &mut Vec<SourceId>) {
        let folder = folder_of(&self.sources.get(from).path).to_owned();
        let not_read = |server: &mut Server, why: &str| {
            server.events.push(Event::NotRead { at, path: path.to_owned() });
            server.not_examined.push((path.to_owned(), why.to_owned()));
        };
        let Some(target) = join(&folder, path) else {
            return not_read(server, "an include leads out of the root; run secgen with --root naming a folder that holds both");
        };
        let is_elsewhere = |error: &ReadError| path.starts_with('/') && matches!(error, ReadError::NotFound(_) | ReadError::OutsideRoot(_));
        let elsewhere = "an include names it by a path of the server, and it does not lie in the root; a path relative to the including file is followed";
        if stack.len() > MAX_DEPTH {
            let message = format!("{path} is included more than {MAX_DEPTH} levels deep");
            server
                .findings
                .push(Finding::error(&rules::INCLUDE, message).at(at, "the server stops here").help("include it from a file nearer to postgresql.conf"));
            return server.events.push(Event::NotRead { at, path: path.to_owned() });
        }
        if kind == Include::Folder {
            if !self.sources.exists(&target) {
                if path.starts_with('/') {
                    return not_read(server, elsewhere);
                }
                let message = format!("the folder {path} does not exist");
                server.findings.push(
                    Finding::error(&rules::INCLUDE, message).at(at, "the server does not start without it").help("create the folder, or delete the line"),
                );
                return server.events.push(Event::NotRead { at, path: path.to_owned() });
            }
            let names = match self.sources.list(&target) {
                Ok(names) => names,
                Err(error) if is_elsewhere(&error) => return not_read(server, elsewhere),
                Err(error) => {
                    server.findings.push(Finding::unreadable(&error).at(at, "included here"));
                    return server.events.push(Event::NotRead { at, path: path.to_owned() });
                }
            };
            for name in names.iter().filter(|name| is_read_in_folder(name)) {
                let file = if target.is_empty() { name.clone() } else { format!("{target}/{name}") };
                match self.sources.read(&file, MAX_CONFIG_BYTES) {
                    Ok(id) => self.descend(server, at, id, &file, stack),
                    Err(ReadError::Directory(_)) => {}
                    Err(error) => self.unreadable(server, at, &error),
                }
            }
            return;
        }
        match self.sources.read(&target, MAX_CONFIG_BYTES) {
            Ok(id) => self.descend(server, at, id, path, stack),
            Err(error) if is_elsewhere(&error) => not_read(server, elsewhere),
            Err(ReadError::NotFound(_)) if kind == Include::FileIfExists => {
                server.not_examined.push((path.to_owned(), "include_if_exists names it, and it is not here; a server that has it reads it".to_owned()));
            }
            Err(error @ ReadError::NotFound(_)) => {
                let finding = Finding::error(&rules::INCLUDE, error.to_string()).at(at, "the server does not start without it");
                server.findings.push(finding.help("create the file, delete the line, or write include_if_exists"));
                server.events.push(Event::NotRead { at, path: path.to_owned() });
            }
            Err(error) => self.unreadable(server, at, &error),
        }
    }

    #[allow(clippy::unused_self)]
    fn unreadable(&self, server: &mut Server, at: Span, error: &ReadError) {
        server.findings.push(Finding::unreadable(error).at(at, "included here"));
        server.events.push(Event::NotRead { at, path: error.path().to_owned() });
    }

    fn descend(&mut self, server: &mut Server, at: Span, id: SourceId, path: &str, stack: &mut Vec<SourceId>) {
        if stack.contains(&id) {
            let message = format!("{path} includes itself");
            server.findings.push(Finding::error(&rules::INCLUDE, message).at(at, "the server does not start with this line").help("delete the line"));
            return server.events.push(Event::NotRead { at, path: path.to_owned() });
        }
        stack.push(id);
        self.expand(server, id, stack);
        stack.pop();
    }
}

impl Reader<'_> {
    /// The `postgresql.auto.conf` that the server reads: of the folder that `data_directory` names, else of the folder
    /// of `postgresql.conf`.
    fn auto_conf(&mut self, server: &mut Server, folder: &str) -> Option<(String, SourceId)> {
        let named = server.assignments("data_directory", *catalogue::VERSIONS.end()).last().map(|(_, set)| set.value.clone());
        if named.is_none() && !server.path.ends_with("postgresql.conf") {
            return None;
        }
        let data = named.as_deref().map_or_else(|| Some(folder.to_owned()), |data| join(folder, data))?;
        let path = join(&data, AUTO_CONF).filter(|path| self.sources.exists(path))?;
        match self.sources.read(&path, MAX_CONFIG_BYTES) {
            Ok(id) => Some((path, id)),
            // A path of another machine.
            Err(ReadError::OutsideRoot(_)) if named.is_some() => None,
            Err(error) => {
                server.findings.push(Finding::unreadable(&error));
                None
            }
        }
    }

    /// Says that the server was started with another main file than the `postgresql.conf` of its data folder.
    fn other_main(&mut self, server: &mut Server, id: SourceId) {
        let said = options::parse(self.sources.get(id).bytes());
        let last = |wanted: &str| {
            said.iter().rev().find_map(|(range, said)| match said {
                options::Said::Set(name, value) if name == wanted => Some((range.clone(), value.clone())),
                _ => None,
            })
        };
        let Some((range, named)) = last("config_file") else { return };
        let in_data = last("data_directory").is_some_and(|(_, data)| named.strip_prefix(data.trim_end_matches('/')) == Some("/postgresql.conf"));
        if in_data || server.main.is_none() || server.data.as_deref() != Some(folder_of(&server.path)) {
            return;
        }
        server.not_examined.push((named.clone(), "the server was started with this file in place of the postgresql.conf in its data folder".to_owned()));
        // What other layers set wins over any main file.
        let span = |event: &Event| match event {
            Event::Set(set) => set.span,
            Event::NotRead { at, .. } | Event::Broken { at, .. } => *at,
        };
        let first = server.events.iter().position(|event| server.layer(span(event)) != Layer::File).unwrap_or(server.events.len());
        server.events.insert(first, Event::NotRead { at: Span::new(id, range.start, range.end), path: named });
    }

    /// Adds what the command line of the last start said: of a `postmaster.opts` that was given, or that lies in the
    /// data folder.
    fn command_line(&mut self, server: &mut Server, given: &mut Vec<(String, SourceId)>, only: bool) {
        let at = given.iter().position(|(path, _)| server.data.as_deref() == Some(folder_of(path))).or_else(|| (only && given.len() == 1).then_some(0));
        let id = if let Some(at) = at {
            given.remove(at).1
        } else {
            let beside = server.data.as_deref().and_then(|data| join(data, options::FILE)).filter(|path| self.sources.exists(path));
            let Some(path) = beside else { return };
            match self.sources.read(&path, MAX_CONFIG_BYTES) {
                Ok(id) => id,
                Err(error) => return server.findings.push(Finding::unreadable(&error)),
            }
        };
        server.command_line = Some(id);
        server.sources.push(id);
        self.other_main(server, id);
        for (range, said) in options::parse(self.sources.get(id).bytes()) {
            let span = Span::new(id, range.start, range.end);
            match said {
                options::Said::Set(name, value) => server.events.push(Event::Set(Assignment { name, value, span })),
                options::Said::Unknown(what) => {
                    let message = format!("the server's command line has {what}, which is no switch of the server");
                    let finding = Finding::warning(&rules::COMMAND_LINE, message).at(span, "not understood");
                    server.findings.push(finding.help("correct what starts the server; postmaster.opts is written anew at each start"));
                }
            }
        }
    }
}

/// What the server reads of a folder: letter case counts, hidden files do not.
fn is_read_in_folder(name: &str) -> bool {
    !name.starts_with('.') && name.strip_suffix(".conf").is_some()
}

/// Whether a path is of a file that belongs to PostgreSQL and is not `postgresql.conf`, and why it is not read.
fn other_kind(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.contains("pg_ident") { Some("user name maps are not checked yet") } else { None }
}

/// Whether a path is of a script for psql.
pub(super) fn is_script(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|e| e.eq_ignore_ascii_case("sql"))
}

/// What was read for all inputs.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) servers: Vec<Server>,
    /// Scripts for psql, which [`super::psql`] reads.
    pub(super) scripts: Vec<(String, SourceId)>,
    pub(super) findings: Vec<Finding>,
    pub(super) not_examined: Vec<(String, String)>,
}

/// Reads the inputs: each file that no other one includes is a server of its own, and `postgresql.auto.conf` belongs
/// to the one beside it, or to the only one.
pub(super) fn read(sources: &mut Sources, inputs: &[Input]) -> Files {
    let mut files = Files::default();
    let (mut mains, mut autos, mut options) = (Vec::new(), Vec::new(), Vec::new());
    for input in inputs {
        if let Some(why) = other_kind(&input.path) {
            files.not_examined.push((input.path.clone(), why.to_owned()));
            continue;
        }
        match input.id.map_or_else(|| sources.read(&input.path, MAX_CONFIG_BYTES), Ok) {
            // Access rules are read beside the servers.
            Ok(id) if hba::is_rules(&input.path, sources.get(id).bytes()) => {}
            Err(_) if hba::is_rules(&input.path, &[]) => {}
            Ok(id) if is_script(&input.path) => files.scripts.push((input.path.clone(), id)),
            Ok(id) if input.path.rsplit('/').next() == Some(AUTO_CONF) => autos.push((input.path.clone(), id)),
            Ok(id) if input.path.rsplit('/').next() == Some(options::FILE) => options.push((input.path.clone(), id)),
            Ok(id) => mains.push((input.path.clone(), id)),
            Err(error) => files.findings.push(Finding::unreadable(&error)),
        }
    }
    let mut reader = Reader { sources, parsed: HashMap::new() };
    let mut servers: Vec<Server> = Vec::new();
    for (path, id) in mains {
        let mut server = Server { path, main: Some(id), ..Server::default() };
        reader.expand(&mut server, id, &mut vec![id]);
        servers.push(server);
    }
    // A file that another one includes is no main file; of two that include each other, the first is.
    let mut included = BTreeSet::new();
    let mut dropped = BTreeSet::new();
    for (index, server) in servers.iter().enumerate() {
        if server.main.is_some_and(|main| included.contains(&main)) {
            dropped.insert(index);
            continue;
        }
        included.extend(server.sources.iter().skip(1).copied());
        dropped.extend(servers.iter().take(index).enumerate().filter(|(_, s)| s.main.is_some_and(|m| server.sources[1..].contains(&m))).map(|(i, _)| i));
    }
    let mut index = 0;
    servers.retain(|_| {
        index += 1;
        !dropped.contains(&(index - 1))
    });
    let only = servers.len() == 1;
    for server in &mut servers {
        let folder = folder_of(&server.path).to_owned();
        let beside = autos.iter().position(|(path, _)| folder_of(path) == folder).or_else(|| (only && autos.len() == 1).then_some(0));
        let auto = match beside {
            Some(index) => Some(autos.remove(index)),
            None => reader.auto_conf(server, &folder),
        };
        if let Some((path, id)) = auto {
            server.auto = Some(id);
            server.data = Some(folder_of(&path).to_owned());
            reader.expand(server, id, &mut vec![id]);
        } else if server.path.ends_with("postgresql.conf") && join(&folder, "PG_VERSION").is_some_and(|path| reader.sources.exists(&path)) {
            server.data = Some(folder);
        }
        reader.command_line(server, &mut options, only);
    }
    for (path, id) in autos {
        let data = folder_of(&path).to_owned();
        let mut server = Server { path, auto: Some(id), data: Some(data), ..Server::default() };
        reader.expand(&mut server, id, &mut vec![id]);
        reader.command_line(&mut server, &mut options, false);
        servers.push(server);
    }
    for (path, id) in options {
        let data = folder_of(&path).to_owned();
        let mut server = Server { path: path.clone(), data: Some(data), ..Server::default() };
        reader.command_line(&mut server, &mut vec![(path, id)], true);
        servers.push(server);
    }
    files.servers = servers;
    files
}
