//! Kinds of configuration that secgen can write and read.
//!
//! A target is data in, data out: a policy gives artifacts, texts give facts. It never compares (that is
//! [`crate::compare`]) and never writes (that is [`crate::render`]). A new target is its folder here, its folder in
//! `templates/` and `tests/targets/`, its struct in `spec/targets.rs`, and one line in [`ALL`].

pub mod cargo;
pub mod field;
pub mod http_response;
pub mod keys;
pub mod nginx;
pub mod operations;
pub mod postgres;
pub mod rust;
pub mod templates;
mod toml;

use crate::finding::{Cause, Finding, Label, Rule};
use crate::policy::{Policy, TemplateFolder};
use crate::source::{SourceId, Sources, Span};
use crate::strictness::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every target, in the order of reports.
pub static ALL: [&dyn Target; 7] =
    [&nginx::Nginx, &postgres::Postgres, &rust::Rust, &cargo::Cargo, &operations::Operations, &templates::Templates, &http_response::HttpResponse];

/// The target of a name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Target> {
    ALL.into_iter().find(|t| t.name() == name)
}

/// A kind of configuration.
pub trait Target: Sync {
    /// Its folder in `templates/`, `tests/targets/` and the spec: `nginx`.
    fn name(&self) -> &'static str;

    /// Whether it shows what was seen once, and not what holds: such verdicts never count as verified.
    fn is_observation(&self) -> bool {
        false
    }

    /// Whether the spec lists it.
    fn is_used(&self, policy: &Policy) -> bool;

    /// Patterns of hand-written files that the spec wants checked.
    fn check_patterns(&self, policy: &Policy) -> Vec<String>;

    /// The spec key that lists a pattern of [`Target::check_patterns`].
    fn check_key(&self, _policy: &Policy, _pattern: &str) -> String {
        format!("targets.{}.check", self.name())
    }

    /// Keys of the intents that this target renders or checks, of those in `policy.intents`.
    fn carries(&self, policy: &Policy) -> Vec<String>;

    /// Facts that hold without a file to read: what the kind of server that the spec names decides by itself, such as a
    /// managed service.
    fn given(&self, _policy: &Policy) -> Vec<Fact> {
        Vec::new()
    }

    /// The files to render for this policy; empty without `out`.
    ///
    /// # Errors
    /// What of the policy cannot be said in this target's grammar, with the spec's span.
    fn artifacts(&self, policy: &Policy) -> Result<Vec<Artifact>, Vec<Finding>>;

    /// The folder whose files this policy shares with every environment that names the same; `None`: its files are its own.
    fn shares(&self, _policy: &Policy) -> Option<String> {
        None
    }

    /// The files of all policies that share a folder, at least one.
    ///
    /// # Errors
    /// As [`Target::artifacts`].
    fn shared_artifacts(&self, policies: &[&Policy]) -> Result<Vec<Artifact>, Vec<Finding>> {
        policies.first().map_or_else(|| Ok(Vec::new()), |policy| self.artifacts(policy))
    }

    /// Template name (`nginx/tls.conf.tera`) and text.
    fn templates(&self) -> &'static [(&'static str, &'static str)];

    /// The only ways of a value into a template: filter name, and the encoder. An encoder refuses what its grammar
    /// cannot hold, saying why.
    fn encoders(&self) -> &'static [(&'static str, Encoder)];

    /// Every kind of artifact that this target may render.
    fn kinds(&self) -> &'static [&'static str];

    /// What of a text counts: its bytes without layout and comments. `None` if it does not parse.
    fn canonical(&self, kind: &str, text: &str) -> Option<Vec<u8>>;

    /// Facts of one of our own artifacts, from its bytes alone.
    ///
    /// # Errors
    /// Why it cannot be read as an artifact of that kind.
    fn read_artifact(&self, kind: &str, policy: &Policy, sources: &Sources, id: SourceId) -> Result<Vec<Fact>, String>;

    /// Whether an artifact is in force just by lying where it lies (`deny.toml` in the root), so that it counts as a
    /// checked source.
    fn is_in_force(&self, artifact: &Artifact) -> bool;

    /// Whether a hand-written file at an artifact's path is compared by value where it lies, so that it may stay.
    fn is_read_in_place(&self, _kind: &str) -> bool {
        false
    }

    /// A rendered text with what users wrote into an existing file at places that are theirs; `None` where there are none.
    ///
    /// # Errors
    /// Text of theirs that would be lost.
    fn keep(&self, _kind: &str, _rendered: &str, _existing: &str) -> Result<Option<String>, Lost> {
        Ok(None)
    }

    /// The kind of finding for text that would be lost.
    fn marks_rule(&self) -> Option<&'static Rule> {
        None
    }

    /// What of the files that were read holds up to a day only, judged on `today` (days since 1970-01-01).
    fn dated(&self, _sources: &Sources, _read: &[SourceId], _today: i64) -> Vec<Finding> {
        Vec::new()
    }

    /// Brings a hand-written text up to the policy, for a path that this target can merge; `None` for any other path.
    ///
    /// # Errors
    /// What is to be mended by hand first, each in one sentence without a full stop.
    fn merge(&self, _path: &str, _existing: &str, _policy: &Policy) -> Option<Result<Merged, Vec<String>>> {
        None
    }

    /// Whether a hand-written file looks like this target's, by its path and first bytes.
    fn claims(&self, path: &str, bytes: &[u8]) -> bool;

    /// Reads hand-written files (with what they include) and says what they effectively set, for each intent that
    /// this target carries, at each place.
    fn read(&self, policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading;

    /// Asks a running server, where this target has one, and says what it effectively sets; `variable` reads the
    /// environment, where the spec says that the address is. `None`: there is no server to ask.
    fn live(&self, _policy: &Policy, _sources: &mut Sources, _variable: Variable<'_>) -> Option<Reading> {
        None
    }

    /// The target's own rules, for `explain`.
    fn rules(&self) -> &'static [&'static Rule];
}

/// Text of users that would be lost: where, why, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The line, from 1.
    pub line: usize,
    /// Why, as a sentence without a full stop.
    pub why: String,
    /// What to do.
    pub help: String,
}

/// A hand-written text brought up to the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The new text; the old one where nothing had to change.
    pub text: String,
    /// What was changed, each in one sentence without a full stop.
    pub changes: Vec<String>,
    /// What is still weaker than the policy and takes a deletion to mend, with the way out.
    pub left: Vec<String>,
}

/// Reads an environment variable, which only the command line may do.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Turns a value into text of a grammar, or says why it cannot.
pub type Encoder = fn(&str) -> Result<String, String>;

/// A hand-written file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// As for [`Sources::read`].
    pub path: String,
    /// Already in memory: standard input.
    pub id: Option<SourceId>,
}

/// One file to render.
#[derive(Clone, Debug, Default)]
pub struct Artifact {
    /// Relative to the root.
    pub path: String,
    /// The spec key that leads there, where that is not the target's `out`.
    pub out_key: Option<String>,
    /// The target's name.
    pub target: &'static str,
    /// Which of the target's files: `security-headers`, `tls`; chooses reader and canonical form.
    pub kind: &'static str,
    /// How a comment line starts: `#`, `--`, `//`.
    pub comment: &'static str,
    /// How to use the file, in three lines at most. Fixed text and paths of the spec only.
    pub usage: Vec<String>,
    /// What stands below.
    pub body: Body,
    /// What reading it back must find, in this order: intent (or other key) and text.
    pub expected: Vec<(String, String)>,
    /// Keys of intents that it carries besides, though nothing reads their values back.
    pub carries: Vec<String>,
    /// The same for each environment that finds something of its own in a shared file.
    pub by_environment: BTreeMap<String, Vec<(String, String)>>,
    /// What else decides the bytes: server versions and the like. Together with `expected` this makes the policy
    /// digest, which tells a stale file from an outdated one.
    pub inputs: Vec<(String, String)>,
    /// Grows when the layout changes.
    pub revision: u32,
    /// Who keeps the file once it is there.
    pub keeper: Keeper,
    /// How to keep an edit, where that is not a matter of values.
    pub way_to_keep: Option<String>,
}

/// Who keeps a rendered file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeper {
    /// secgen: edits are findings.
    #[default]
    Secgen,
    /// The user: it is written once where it is missing; at most a few facts of it are read afterwards.
    User,
}

impl Default for Body {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Artifact {
    /// The spec key that leads to its path.
    #[must_use]
    pub fn out_key(&self) -> String {
        self.out_key.clone().unwrap_or_else(|| format!("targets.{}.out", self.target))
    }

    /// What reading it back must find in an environment.
    #[must_use]
    pub fn expected_in(&self, environment: Option<&str>) -> &[(String, String)] {
        environment.and_then(|name| self.by_environment.get(name)).unwrap_or(&self.expected)
    }
}

/// The text of an artifact below its header.
#[derive(Clone, Debug)]
pub enum Body {
    /// A template of the target, with typed values.
    Template {
        /// Its name in [`Target::templates`].
        name: &'static str,
        /// Its values.
        context: serde_json::Value,
    },
    /// A template of the user's own folder.
    Own {
        /// The folder, as it is pinned.
        folder: Arc<TemplateFolder>,
        /// The template's name in it.
        name: String,
        /// All values that templates get.
        context: serde_json::Value,
    },
    /// Serialised by a library, or a fixed module without a value of the spec.
    Text(String),
}

/// What a source effectively says about an intent at one place.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The intent's key.
    pub intent: String,
    /// Where it holds: `server app.example.com > location /static/`.
    pub place: String,
    /// What it is.
    pub found: Found,
    /// Why `found` is what it is; `Cause::Value` for a value in force, `Cause::Missing` where nothing sets it.
    pub cause: Cause,
    /// The line that decides: the value in force, or the place that lacks it.
    pub at: Option<Label>,
    /// Further lines that matter: what was cut off, what overrides.
    pub related: Vec<Label>,
    /// The kind of finding if this is not fine.
    pub rule: &'static Rule,
    /// Ways out, for exactly this place.
    pub help: Vec<String>,
    /// The block to mend, where one thing missing there is behind all facts that name it.
    pub group: Option<Span>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// A value, and its text as written.
    Set {
        /// The value.
        value: Value,
        /// As written in the source, unquoted.
        text: String,
    },
    /// A text that is not compared by strictness: structure of our own artifacts.
    Text(String),
    /// Nothing sets it, and the order knows what that amounts to.
    Missing,
    /// Nothing sets it, and its reader's default applies.
    Default {
        /// The default.
        value: Value,
        /// Whose: `nginx 1.22`.
        of: String,
    },
    /// Set, but its reader ignores it: the text, and why.
    Invalid {
        /// As written.
        text: String,
        /// Why it is ignored.
        why: String,
    },
    /// Cannot be decided, and why.
    Unverifiable(String),
    /// Has no effect here, and why.
    NotApplicable(String),
}

/// What reading hand-written files gave.
#[derive(Debug, Default)]
pub struct Reading {
    /// Facts for every carried intent at every place.
    pub facts: Vec<Fact>,
    /// Problems of the files themselves: unreadable, unparsable, unknown settings.
    pub findings: Vec<Finding>,
    /// Files that were read in full.
    pub sources: Vec<SourceId>,
    /// What decides something and was not read, and why.
    pub not_examined: Vec<(String, String)>,
}
