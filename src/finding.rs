//! Rule, finding, label, severity, verdict: what secgen has to say, before any format.

pub(crate) mod cited;
pub mod redact;
mod rule;

use crate::source::{ReadError, Span};
use std::borrow::Cow;

pub use rule::{Framework, Language, Reference, Relation, Rule, Severity, Snippet, Source};
pub(crate) use rule::{asvs, cis, nist, pci, rules, source};

/// How a fact stands to its intent (design section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The same text.
    Equal,
    /// Other text, the same effect.
    Equivalent,
    /// More than the policy asks for.
    Stricter,
    /// Less than the policy asks for.
    Weaker,
    /// Neither at least as strict nor weaker.
    Incomparable,
    /// Not there, where absence is weaker.
    Absent,
    /// Cannot be decided from what was read. Never a pass.
    Unverifiable,
    /// Has no effect here, for a stated reason.
    NotApplicable,
    /// No listed target carries the intent.
    Unenforced,
    /// An artifact carries it, but no checked source shows it in force. Never a pass, and not a drift either.
    Rendered,
    /// A person stated it, with a date.
    Attested,
    /// Needs a statement that is missing or expired.
    Unattested,
}

impl Verdict {
    /// Whether the policy is met as far as this place goes.
    #[must_use]
    pub fn is_pass(self) -> bool {
        matches!(self, Self::Equal | Self::Equivalent | Self::Stricter)
    }

    /// As printed: `weaker`, `not-applicable`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Equivalent => "equivalent",
            Self::Stricter => "stricter",
            Self::Weaker => "weaker",
            Self::Incomparable => "incomparable",
            Self::Absent => "absent",
            Self::Unverifiable => "unverifiable",
            Self::NotApplicable => "not-applicable",
            Self::Unenforced => "unenforced",
            Self::Rendered => "rendered",
            Self::Attested => "attested",
            Self::Unattested => "unattested",
        }
    }
}

/// Why a verdict is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The value that is in force.
    Value,
    /// Nothing sets it.
    Missing,
    /// It is set, but not in force: cut by a location, overridden by a later layer, a duplicate.
    Shadowed,
    /// It is set, but its reader ignores it.
    Invalid,
    /// It is decided at run time.
    Dynamic,
    /// The file is a template.
    Template,
    /// A file that decides it was not given or cannot be read.
    NotRead,
    /// The role that asked may not see it.
    Privilege,
    /// A construct that secgen does not understand (yet).
    NotUnderstood,
    /// Rendered, and no checked source shows it in force.
    NotShown,
}

impl Cause {
    /// As printed: `not-read`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Missing => "missing",
            Self::Shadowed => "shadowed",
            Self::Invalid => "invalid",
            Self::Dynamic => "dynamic",
            Self::Template => "template",
            Self::NotRead => "not-read",
            Self::Privilege => "privilege",
            Self::NotUnderstood => "not-understood",
            Self::NotShown => "not-shown",
        }
    }
}

/// How an output path stands to what would be rendered there (design section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// As rendered, at most reformatted.
    InSync,
    /// Nothing there.
    Missing,
    /// Unedited, and the policy moved on.
    Stale,
    /// Unedited, of this policy, and a newer secgen lays it out otherwise.
    Outdated,
    /// Changed since it was rendered.
    HandEdited,
    /// Merge markers.
    Conflicted,
    /// A file that is not ours where ours belongs.
    Unmanaged,
    /// A file that is not ours where ours could lie, of a kind that is compared by value where it lies: never replaced.
    HandWritten,
    /// Ours, and no longer in the spec.
    Orphaned,
    /// Cannot be read.
    Unreadable,
}

impl FileState {
    /// As printed: `hand-edited`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InSync => "in-sync",
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Outdated => "outdated",
            Self::HandEdited => "hand-edited",
            Self::Conflicted => "conflicted",
            Self::Unmanaged => "unmanaged",
            Self::HandWritten => "hand-written",
            Self::Orphaned => "orphaned",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What was decided about a finding. What is accepted stays in every report, and fails no gate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// Nothing.
    #[default]
    Open,
    /// The waiver of this id accepts it.
    Waived(String),
    /// The waiver of this id accepted it, and has ended.
    ExpiredWaiver(String),
    /// It was there when the tree was taken in, says the baseline of this id.
    Baseline(String),
}

impl Disposition {
    /// As printed: `expired-waiver`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waived(_) => "waived",
            Self::ExpiredWaiver(_) => "expired-waiver",
            Self::Baseline(_) => "baseline",
        }
    }

    /// The waiver that decided.
    #[must_use]
    pub fn waiver(&self) -> Option<&str> {
        match self {
            Self::Open => None,
            Self::Waived(id) | Self::ExpiredWaiver(id) | Self::Baseline(id) => Some(id),
        }
    }

    /// Whether somebody accepted it, and that still counts.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Waived(_) | Self::Baseline(_))
    }
}

/// What a finding is about, which decides what the gate does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An input that could not be used: exit 2, whatever the gate says.
    Error,
    /// An intent at a place.
    Verdict(Verdict),
    /// An artifact's file.
    File(FileState),
    /// Fails `strict` only.
    Warning,
    /// Fails `strict` only, and never more than a line.
    Note,
}

/// A place in a text with words to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What about it; may be empty.
    pub message: Cow<'static, str>,
}

/// The words of a label on the block that a finding is about, where the deciding line stands in another file.
const IN_BLOCK: &str = "by an include in this block";
/// The words of a label on a line that brings an included file to where it counts.
const INCLUDES: &str = "includes it";

impl Label {
    /// A label on the block that a finding is about, where the deciding line stands in another file.
    #[must_use]
    pub fn block(span: Span) -> Self {
        Self::new(span, IN_BLOCK)
    }

    /// A label on an `include` on the way from the main file to a line that another label points at.
    #[must_use]
    pub fn include(span: Span) -> Self {
        Self::new(span, INCLUDES)
    }

    /// Whether it only says in which block a finding holds.
    #[must_use]
    pub fn is_block(&self) -> bool {
        self.message == IN_BLOCK
    }

    /// Whether it is an `include` on the way to another line.
    #[must_use]
    pub fn is_include(&self) -> bool {
        self.message == INCLUDES
    }

    /// Whether it says on which way a line comes to count, and not what is wrong: the same cause may come on several.
    #[must_use]
    pub fn is_way(&self) -> bool {
        self.is_block() || self.is_include()
    }

    /// A label.
    #[must_use]
    pub fn new(span: Span, message: impl Into<Cow<'static, str>>) -> Self {
        Self { span, message: message.into() }
    }
}

/// One thing that is not fine.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The kind of problem.
    pub rule: &'static Rule,
    /// What it is about.
    pub kind: Kind,
    /// One sentence without a full stop: what is wrong, with the values.
    pub message: String,
    /// Ways out, each a full instruction; empty only for notes.
    pub help: Vec<String>,
    /// The spec key, where the finding is about one.
    pub intent: Option<String>,
    /// The environment, where the spec declares some.
    pub env: Option<String>,
    /// The target's name.
    pub target: Option<&'static str>,
    /// Where the fact holds: `server app.example.com > location /static/`; for files, the path.
    pub place: Option<String>,
    /// Why.
    pub cause: Option<Cause>,
    /// What the policy requires, in the target's or the spec's own words.
    pub expected: Option<String>,
    /// What is in force.
    pub found: Option<String>,
    /// The file of the finding where no span can be given.
    pub path: Option<String>,
    /// The main place.
    pub primary: Option<Label>,
    /// Other places that matter, in the order to read them.
    pub related: Vec<Label>,
    /// Where the policy requires it.
    pub spec: Option<Span>,
    /// The words to the verdict, without the intent and the place; may be empty.
    pub why: String,
    /// The block to mend, where one thing missing there is behind several findings.
    pub group: Option<Span>,
    /// Further intents and places of the same cause, which this finding stands for.
    pub also: Vec<Also>,
    /// What was decided about it.
    pub disposition: Disposition,
    /// The spec that it is about, of those in one report.
    pub spec_path: Option<String>,
    /// What a waiver of exactly this names; `None` where nothing can waive it.
    pub seen: Option<Seen>,
    /// Its name in every output, and for `secgen waivers add`; empty until the report that it stands in is complete.
    pub fingerprint: String,
}

/// What a waiver of exactly one finding names beside its rule, intent, place and environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The file that it lies in.
    pub file: Option<String>,
    /// The bound that accepts it and nothing weaker.
    pub accept: String,
}

/// An intent at a place that a finding stands for too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Also {
    /// The spec key.
    pub intent: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// What the policy requires.
    pub expected: Option<String>,
    /// The deciding line.
    pub at: Option<Label>,
    /// Where the policy requires it.
    pub spec: Option<Span>,
    /// What a waiver of exactly this names.
    pub seen: Option<Seen>,
}

impl Finding {
    /// A finding with nothing but its message.
    #[must_use]
    pub fn new(rule: &'static Rule, kind: Kind, message: impl Into<String>) -> Self {
        Self {
            rule,
            kind,
            message: message.into(),
            help: Vec::new(),
            intent: None,
            env: None,
            target: None,
            place: None,
            cause: None,
            expected: None,
            found: None,
            path: None,
            primary: None,
            related: Vec::new(),
            spec: None,
            why: String::new(),
            group: None,
            also: Vec::new(),
            disposition: Disposition::Open,
            seen: None,
            spec_path: None,
            fingerprint: String::new(),
        }
    }

    /// An input that could not be used.
    #[must_use]
    pub fn error(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self::new(rule, Kind::Error, message)
    }

    /// Something to look at that fails only the strict gate.
    #[must_use]
    pub fn warning(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self::new(rule, Kind::Warning, message)
    }

    /// Something dangerous whatever the policy says: by its rule's severity it fails the gate as what is weaker does, warns,
    /// or is noted.
    #[must_use]
    pub fn danger(rule: &'static Rule, message: impl Into<String>) -> Self {
        let kind = match rule.severity {
            Severity::High => Kind::Verdict(Verdict::Weaker),
            Severity::Medium => Kind::Warning,
            Severity::Low | Severity::Info => Kind::Note,
        };
        Self::new(rule, kind, message)
    }

    /// Adds the main place.
    #[must_use]
    pub fn at(mut self, span: Span, message: impl Into<Cow<'static, str>>) -> Self {
        self.primary = Some(Label::new(span, message));
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn see(mut self, span: Span, message: impl Into<Cow<'static, str>>) -> Self {
        self.related.push(Label::new(span, message));
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Names the spec key.
    #[must_use]
    pub fn intent(mut self, key: impl Into<String>) -> Self {
        self.intent = Some(key.into());
        self
    }

    /// Names the file.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// A file that could not be read.
    #[must_use]
    pub fn unreadable(error: &ReadError) -> Self {
        let help = match error {
            ReadError::NotFound(_) => "correct the path, or create the file",
            ReadError::Directory(_) => "name a file, not a folder",
            ReadError::NotAFile(_) => "name a regular file",
            ReadError::NotAFolder(_) => "name a folder below the root",
            ReadError::TooLarge { .. } => "name a smaller file; nothing of this size is a hand-written configuration",
            ReadError::OutsideRoot(_) => "move the file into the root, or run secgen with --root naming a folder that holds both",
            ReadError::Io { .. } => "make the file readable for the user who runs secgen",
        };
        Self::error(&UNREADABLE, error.to_string()).help(help).path(error.path())
    }
}

/// The rule of every file that cannot be read.
pub static UNREADABLE: Rule = Rule {
    name: "input-unreadable",
    title: "A file that secgen needs cannot be read.",
    severity: Severity::High,
    explain: "secgen never reports success after reading only a part of what it was asked to read. Correct the path or the file's \
              permissions, and run it again.",
    language: Language::Shell,
    spec: Snippet(""),
    bad: Snippet("secgen check --source nginx=/etc/nginx/nginx.conf    # may not be read by this user"),
    good: Snippet("sudo nginx -T | secgen check --source nginx=-"),
    keys: &[],
    references: cited::EVIDENCE,
    sources: &[],
};

/// Findings speak miette's diagnostic protocol, so that a program that embeds secgen can draw them its own way.
impl miette::Diagnostic for Finding {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.rule.name))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.kind {
            Kind::Warning => miette::Severity::Warning,
            Kind::Note => miette::Severity::Advice,
            _ => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(self.help.join("\n")) as Box<dyn std::fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        // miette's labels all lie in one text: the main one's. The others travel in `related` of the finding.
        let label = self.primary.as_ref()?;
        let span = miette::LabeledSpan::new(Some(label.message.clone().into_owned()), label.span.start as usize, label.span.range().len());
        Some(Box::new(std::iter::once(span)))
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Finding {}
