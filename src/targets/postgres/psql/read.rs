//! Reads a script with what it includes, and keeps what acts on settings, roles and grants, in order.
//!
//! Conditions that the script itself decides are decided here; the others stay as steps, and [`super::world`] looks at
//! each way they may turn out.

use super::command::{self, Command, Condition, Variable, Variables};
use super::rules;
use super::scan::{End, Piece, Scanner, Statement};
use super::statement::{self, Action};
use super::tokens::{self, Token};
use crate::finding::{Finding, Kind, Verdict};
use crate::source::{MAX_CONFIG_BYTES, ReadError, SourceId, Sources, Span, folder_of, join};

/// Scripts that include scripts, and so on.
const MAX_DEPTH: usize = 32;
/// Scripts read in one run, each time that they are included.
const MAX_INCLUDES: usize = 10_000;
/// Bytes read in one run, each time that they are included.
const MAX_BYTES: usize = 64 << 20;
/// Steps that matter; no script that a person writes has more.
const MAX_STEPS: usize = 50_000;
/// Findings on one script, of all kinds that a line each may cause.
const MAX_FINDINGS: usize = 1000;

/// What matters of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) enum Step {
    If(Condition),
    ElseIf(Condition),
    EndIf,
    /// A statement, and whether it is sent together with another one.
    Act(Action, bool),
    /// Something that was not read may do anything.
    Unseen(String),
    /// `\q`: to the end of the file.
    Quit,
    /// A file begins: the script, or one that it includes.
    File,
    /// What follows in the file stands behind a quote that never closes: perhaps no server sees it.
    Doubt,
    EndOfFile,
}

/// A script, read.
#[derive(Debug, Default)]
pub(in crate::targets::postgres) struct Script {
    pub(in crate::targets::postgres) path: String,
    pub(in crate::targets::postgres) steps: Vec<(Step, Span)>,
    pub(in crate::targets::postgres) findings: Vec<Finding>,
    pub(in crate::targets::postgres) not_examined: Vec<(String, String)>,
    /// Every file read, the script first.
    pub(in crate::targets::postgres) sources: Vec<SourceId>,
    /// Statements of any kind.
    pub(in crate::targets::postgres) statements: usize,
}

/// One `\if` that is open.
#[derive(Debug, Default)]
struct Frame {
    /// The current arm may run.
    is_live: bool,
    /// An arm before certainly ran, or will.
    is_decided: bool,
    /// There are steps for it.
    is_open: bool,
    /// Variables that an arm which may run has set.
    changed: Vec<String>,
}

struct Reader<'a> {
    sources: &'a mut Sources,
    script: Script,
    variables: Variables,
    frames: Vec<Frame>,
    /// Frames that are open.
    open: usize,
    bytes: usize,
    includes: usize,
    is_full: bool,
}

/// Reads a script. `id` is its text.
pub(in crate::targets::postgres) fn read(sources: &mut Sources, path: &str, id: SourceId) -> Script {
    let script = Script { path: path.to_owned(), ..Script::default() };
    let mut reader = Reader { sources, script, variables: Variables::default(), frames: Vec::new(), open: 0, bytes: 0, includes: 0, is_full: false };
    reader.file(id, &mut vec![id]);
    reader.script
}

impl Reader<'_> {
    fn is_live(&self) -> bool {
        self.frames.last().is_none_or(|frame| frame.is_live)
    }

    fn find(&mut self, finding: Finding) {
        if self.script.findings.len() < MAX_FINDINGS {
            self.script.findings.push(finding);
        }
    }

    fn not_examined(&mut self, what: String, why: &str) {
        if self.script.not_examined.len() < MAX_FINDINGS {
            self.script.not_examined.push((what, why.to_owned()));
        }
    }

    fn step(&mut self, step: Step, span: Span) {
        if self.script.steps.len() >= MAX_STEPS && !matches!(step, Step::EndIf | Step::EndOfFile) {
            self.stop(span);
            return;
        }
        self.script.steps.push((step, span));
    }

    /// Gives up on the rest.
    fn stop(&mut self, span: Span) {
        if !self.is_full {
            self.is_full = true;
            let message = format!("{} does more than a script that a person writes, or includes itself in a circle of many", self.script.path);
            self.find(
                Finding::error(&rules::NOT_READ, message).at(span, "read up to here").help("check the parts on their own, or leave out what only loads data"),
            );
            self.script.steps.push((Step::Unseen("the rest of the script".to_owned()), span));
        }
    }

    fn file(&mut self, id: SourceId, stack: &mut Vec<SourceId>) {
        if !self.script.sources.contains(&id) {
            self.script.sources.push(id);
        }
        self.sources.cover(id);
        // Never left out: each has its end.
        self.script.steps.push((Step::File, Span::new(id, 0, 0)));
        // The scanner reads while includes add texts.
        let bytes = self.sources.get(id).bytes().to_vec();
        let outer = std::mem::take(&mut self.frames);
        let outer_open = self.open;
        self.bytes += bytes.len();
        self.includes += 1;
        let mut scanner = Scanner::new(&bytes, statement::is_read);
        let mut last: Option<Statement> = None;
        let mut uncertain = false;
        let mut has_ended = false;
        while !has_ended && !self.is_full {
            let Some(piece) = scanner.next() else { break };
            match piece {
                Piece::Statement(found) => {
                    if found.is_uncertain && !uncertain {
                        uncertain = true;
                        let what = format!("{}, from line {}", self.sources.get(id).path, self.sources.position(span(id, &found.span)).line);
                        self.not_examined(
                            what,
                            "behind a quote that never closes, or COPY data that no line with \\. ends: what stands there counts where it is bad only",
                        );
                        self.step(Step::Doubt, span(id, &found.span));
                    }
                    if self.is_live() {
                        self.script.statements += 1;
                        let joined = last.as_ref().is_some_and(|s| s.end == End::Joined) || found.end == End::Joined;
                        if self.statement(id, &bytes, &found, joined) {
                            scanner.data_follows();
                        }
                        last = Some(found);
                    }
                }
                Piece::Command(range) => {
                    let text = String::from_utf8_lossy(&bytes[range.clone()]).into_owned();
                    let command = command::parse(&text, &self.variables);
                    let at = span(id, &range);
                    if self.conditional(&command, at) || !self.is_live() {
                        continue;
                    }
                    match command.name.as_str() {
                        "q" | "quit" => {
                            if self.open == outer_open {
                                has_ended = true;
                            } else {
                                self.step(Step::Quit, at);
                            }
                        }
                        "copy" if is_copy_from_stdin(&command.rest) => scanner.data_follows(),
                        "i" | "include" | "ir" | "include_relative" => self.include(&command, at, id, stack),
                        "gset" => self.gset(&bytes, last.as_ref(), &command),
                        "gexec" => self.gexec(&bytes, last.as_ref(), at),
                        _ => self.variable(&command),
                    }
                }
                Piece::Broken { range, what, resumes } => {
                    if !self.is_live() {
                        continue;
                    }
                    let at = span(id, &(range.start..range.start + 1));
                    let next = if resumes { "what follows the line is read as if it were outside of it" } else { "the rest of the file is not read" };
                    self.find(
                        Finding::error(&rules::NOT_READ, format!("{what} is never closed, so that no server sees the rest of the script; {next}"))
                            .at(at, "opened here")
                            .help("close it, or delete it"),
                    );
                    if !resumes {
                        self.step(Step::Unseen("what follows a quote that never closes".to_owned()), at);
                    }
                }
            }
        }
        let end = Span::new(id, bytes.len(), bytes.len());
        if !has_ended && !self.frames.is_empty() {
            self.find(
                Finding::warning(&rules::NOT_READ, "an \\if is never closed, and psql says so at the end of the script".to_owned())
                    .at(end, "the end of the script")
                    .help("write \\endif where the part that depends on the condition ends"),
            );
        }
        while let Some(frame) = self.frames.pop() {
            self.close(frame, end);
        }
        self.step(Step::EndOfFile, end);
        self.frames = outer;
        self.open = outer_open;
    }

    /// Handles a statement. Says whether data follows it in the script.
    fn statement(&mut self, id: SourceId, bytes: &[u8], found: &Statement, joined: bool) -> bool {
        let verb = &bytes[found.verb.clone()];
        if verb.eq_ignore_ascii_case(b"do") {
            self.block(id, bytes, found);
            return false;
        }
        if !statement::is_read(verb) || verb.eq_ignore_ascii_case(b"select") {
            return false;
        }
        let at = span(id, &found.span);
        let tokens = match tokens::tokens(bytes, found, &self.variables) {
            Ok(tokens) if !found.is_split => tokens,
            Ok(tokens) if !matters(&tokens) => return false,
            result => {
                let why = result.err().unwrap_or("is cut in pieces by \\if");
                if looks_relevant(&bytes[found.span.clone()]) {
                    let first = Span::new(id, found.verb.start, found.verb.end);
                    self.sources.uncover(first);
                    self.find(
                        Finding::error(&rules::NOT_READ, format!("a statement {why}, and is not read"))
                            .at(first, "begins here")
                            .help("write it as one plain statement in UTF-8, so that it can be checked"),
                    );
                    self.step(Step::Unseen("a statement that was not read".to_owned()), first);
                }
                return false;
            }
        };
        let action = statement::read(bytes, &tokens);
        match &action {
            Action::Other => return false,
            Action::Session(name) if name == "standard_conforming_strings" => {
                self.uncover(id, &tokens, &action);
                let is_on =
                    tokens.last().is_some_and(|t| t.is_word("on") || t.is_word("default") || matches!(&t.kind, tokens::Kind::Text(text) if text == "on"));
                if !is_on {
                    self.find(
                        Finding::error(&rules::NOT_READ, "standard_conforming_strings may be switched off, and strings with backslashes end elsewhere then")
                            .at(at, "from here on")
                            .help("delete the line, and write strings with escapes as E'..'"),
                    );
                    self.step(Step::Unseen("what follows a change of standard_conforming_strings".to_owned()), at);
                }
                return false;
            }
            Action::CopyData => return true,
            Action::Unseen => {
                let words = String::from_utf8_lossy(&bytes[found.span.start..found.span.end.min(found.span.start + 40)]).into_owned();
                self.not_examined(
                    format!("{} in {}", words.lines().next().unwrap_or_default(), self.script.path),
                    "a variable of psql stands for the statement",
                );
            }
            Action::NotUnderstood(what) => {
                self.uncover(id, &tokens, &action);
                self.find(
                    Finding::new(&rules::NOT_READ, Kind::Verdict(Verdict::Unverifiable), format!("{what} has a form that secgen does not understand"))
                        .at(at, "not read")
                        .help("write it as the documentation of PostgreSQL has it, so that it can be checked"),
                );
            }
            _ => self.uncover(id, &tokens, &action),
        }
        self.step(Step::Act(action, joined), at);
        false
    }

    /// DO runs a body in another language, which is not followed. Where it may change what is judged here, that is said,
    /// and a password in it is one in the script.
    fn block(&mut self, id: SourceId, bytes: &[u8], found: &Statement) {
        let text = String::from_utf8_lossy(&bytes[found.span.clone()]).to_ascii_lowercase();
        let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        if words.any(|word| matches!(word, "alter" | "grant" | "revoke" | "role" | "user" | "policy" | "execute")) {
            let line = self.sources.position(span(id, &found.span)).line;
            let what = format!("{}, line {line}", self.sources.get(id).path);
            self.not_examined(what, "DO runs a body that may change roles, grants and their settings, and that is not followed");
        }
        if has_password(&text) {
            let verb = span(id, &found.verb);
            self.sources.uncover(verb);
            let finding = Finding::danger(&rules::CLEAR_PASSWORD, "the password of a role stands in the body of DO").at(verb, "in this body, not shown here");
            self.find(finding.help("take it out and change it on the server: \\password in psql sends a SCRAM verifier, which may stand in a script"));
        }
    }

    /// What of a statement may be shown: words and names, and a value only if its setting holds no secret.
    fn uncover(&mut self, id: SourceId, tokens: &[Token], action: &Action) {
        let shows_values = match action {
            Action::System(Some(name), _) | Action::Override(_, Some(name), _) => {
                let text: String = tokens.iter().filter_map(|t| if let tokens::Kind::Text(text) = &t.kind { Some(text.as_str()) } else { None }).collect();
                matches!(crate::strictness::postgres::redact(name, &text), std::borrow::Cow::Borrowed(_))
                    && !crate::finding::redact::is_secret_setting(name, &text)
            }
            _ => false,
        };
        for token in tokens {
            let is_text = matches!(token.kind, tokens::Kind::Text(_)) && self.sources.get(id).bytes().get(token.range.start) != Some(&b':');
            if !is_text || shows_values {
                self.sources.uncover(span(id, &token.range));
            }
        }
    }

    /// `\if` and its kin. Says whether the command is one of them.
    fn conditional(&mut self, command: &Command, at: Span) -> bool {
        match command.name.as_str() {
            "if" => {
                if !self.is_live() {
                    self.frames.push(Frame { is_decided: true, ..Frame::default() });
                    return true;
                }
                let frame = match command::condition(command, &self.variables) {
                    Condition::Known(holds) => Frame { is_live: holds, is_decided: holds, ..Frame::default() },
                    condition => {
                        self.sources.uncover(at);
                        self.step(Step::If(condition), at);
                        self.open += 1;
                        Frame { is_live: true, is_open: true, ..Frame::default() }
                    }
                };
                self.frames.push(frame);
            }
            "elif" | "else" => {
                let condition = if command.name == "else" { Condition::Known(true) } else { command::condition(command, &self.variables) };
                let Some(frame) = self.frames.last_mut() else { return true };
                for name in &frame.changed {
                    self.variables.forget(name);
                }
                let condition = if frame.is_decided { Condition::Known(false) } else { condition };
                frame.is_live = condition != Condition::Known(false);
                frame.is_decided |= condition == Condition::Known(true);
                if frame.is_open {
                    self.sources.uncover(at);
                    self.step(Step::ElseIf(condition), at);
                } else if !matches!(condition, Condition::Known(_)) {
                    frame.is_open = true;
                    self.open += 1;
                    self.sources.uncover(at);
                    self.step(Step::If(condition), at);
                }
            }
            "endif" => {
                if let Some(frame) = self.frames.pop() {
                    self.close(frame, at);
                }
            }
            _ => return false,
        }
        true
    }

    fn close(&mut self, frame: Frame, at: Span) {
        if !frame.is_open {
            return;
        }
        self.open = self.open.saturating_sub(1);
        for name in &frame.changed {
            self.variables.forget(name);
        }
        if let Some(outer) = self.frames.iter_mut().rev().find(|f| f.is_open) {
            outer.changed.extend(frame.changed);
        }
        self.step(Step::EndIf, at);
    }

    fn set(&mut self, name: &str, value: Option<Variable>) {
        match value {
            Some(value) => self.variables.set(name, value),
            None => self.variables.forget(name),
        }
        if let Some(frame) = self.frames.iter_mut().rev().find(|f| f.is_open) {
            frame.changed.push(name.to_owned());
        }
    }

    /// Commands that set variables.
    fn variable(&mut self, command: &Command) {
        let name = command.arguments.first().cloned().flatten();
        match (command.name.as_str(), name) {
            ("set", Some(name)) => {
                let words: Option<Vec<String>> = command.arguments[1..].iter().cloned().collect();
                self.set(&name, words.map(|w| Variable::Text(w.concat())));
            }
            ("getenv" | "unset", Some(name)) => self.set(&name, None),
            ("prompt", _) => {
                if let Some(Some(name)) = command.arguments.last() {
                    self.set(&name.clone(), None);
                }
            }
            ("set" | "getenv" | "unset", None) if !command.arguments.is_empty() => self.variables.forget_all(),
            _ => {}
        }
    }

    fn gset(&mut self, bytes: &[u8], last: Option<&Statement>, command: &Command) {
        let prefix = command.arguments.first().map_or(Some(String::new()), Clone::clone);
        let found = last.zip(prefix).and_then(|(statement, prefix)| {
            let tokens = tokens::tokens(bytes, statement, &self.variables).ok()?;
            statement::gset(&tokens, &prefix)
        });
        let Some(found) = found else { return self.variables.forget_all() };
        for (name, guard) in found {
            self.set(&name, guard.map(|(at_least, version)| Variable::Version { at_least, version }));
        }
    }

    fn gexec(&mut self, bytes: &[u8], last: Option<&Statement>, at: Span) {
        let text = last.map(|s| String::from_utf8_lossy(&bytes[s.span.clone()]).to_ascii_lowercase()).unwrap_or_default();
        self.not_examined(format!("{}, line {}", self.script.path, self.sources.position(at).line), "\\gexec runs what a query answers");
        // A query that spells out something else sets nothing.
        if text.contains("system") || !text.contains('\'') {
            self.sources.uncover(at);
            self.step(Step::Unseen("what \\gexec runs".to_owned()), at);
        }
    }

    fn include(&mut self, command: &Command, at: Span, from: SourceId, stack: &mut Vec<SourceId>) {
        self.sources.uncover(at);
        let name = command.arguments.first().cloned().flatten().map(|name| name.trim_end_matches(';').to_owned()).filter(|name| !name.is_empty());
        let Some(name) = name else {
            self.not_examined(command.rest.clone(), "a variable of psql names the script to include");
            return self.step(Step::Unseen("a script that a variable names".to_owned()), at);
        };
        let folder =
            if matches!(command.name.as_str(), "ir" | "include_relative") { folder_of(&self.sources.get(from).path).to_owned() } else { String::new() };
        let not_read = |reader: &mut Self, why: &str| {
            reader.not_examined(name.clone(), why);
            reader.step(Step::Unseen(name.clone()), at);
        };
        let Some(path) = join(&folder, &name).filter(|_| !name.starts_with('~')) else {
            return not_read(self, "a script includes it, and it lies outside of the root");
        };
        if stack.len() >= MAX_DEPTH || self.includes >= MAX_INCLUDES || self.bytes > MAX_BYTES {
            return self.stop(at);
        }
        match self.sources.read(&path, MAX_CONFIG_BYTES) {
            Ok(id) if stack.contains(&id) => {
                let finding = Finding::error(&rules::NOT_READ, format!("{name} includes itself, so that psql never comes to an end"));
                self.find(finding.at(at, "included here").help("delete the line"));
                self.step(Step::Unseen(name), at);
            }
            Ok(id) => {
                stack.push(id);
                self.file(id, stack);
                stack.pop();
            }
            Err(ReadError::NotFound(_)) => {
                not_read(self, "a script includes it, and it is not here; psql looks for \\i from the folder it is started in, which is taken to be the root");
            }
            Err(ReadError::OutsideRoot(_)) => not_read(self, "a script includes it, and it lies outside of the root"),
            Err(error) => {
                self.find(Finding::unreadable(&error).at(at, "included here"));
                self.step(Step::Unseen(name), at);
            }
        }
    }
}

fn span(id: SourceId, range: &std::ops::Range<usize>) -> Span {
    Span::new(id, range.start, range.end)
}

/// Whether a text in lower case has PASSWORD with a literal that is no verifier.
fn has_password(lower: &str) -> bool {
    lower.split("password").skip(1).any(|rest| {
        let literal = rest.trim_start().trim_start_matches('e');
        let value = literal.trim_start_matches('\'');
        // An empty string, or one that ends here and is put together with something else.
        let is_text = value.starts_with(|c: char| !(c.is_whitespace() || matches!(c, '|' | ')' | ',' | ';' | '%')));
        value.len() < literal.len() && is_text && !value.starts_with("scram-sha-256$")
    })
}

/// Whether `\copy` takes data from the script.
fn is_copy_from_stdin(rest: &str) -> bool {
    let lower = rest.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| c.is_whitespace() || c == ';').filter(|w| !w.is_empty()).collect();
    words.windows(2).any(|pair| pair == ["from", "stdin"])
}

/// Whether tokens begin a statement that matters here.
fn matters(tokens: &[Token]) -> bool {
    let word = |index: usize| tokens.get(index).map(|t| if let tokens::Kind::Word(w) = &t.kind { w.as_str() } else { "" });
    match word(0) {
        Some("grant" | "revoke") => true,
        Some("alter") => {
            matches!(word(1), Some("system" | "role" | "user" | "group" | "database" | "default" | "table" | "function" | "procedure" | "routine"))
        }
        Some("create") => matches!(word(1), Some("role" | "user" | "group" | "policy" | "function" | "procedure" | "or")),
        _ => false,
    }
}

/// The same for a statement without tokens.
fn looks_relevant(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).to_ascii_lowercase();
    let mut words = head.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|w| !w.is_empty());
    match words.next() {
        Some("grant" | "revoke") => true,
        Some("alter" | "create") => words
            .take(4)
            .any(|w| matches!(w, "system" | "role" | "user" | "group" | "policy" | "function" | "procedure" | "routine" | "database" | "privileges")),
        _ => false,
    }
}
