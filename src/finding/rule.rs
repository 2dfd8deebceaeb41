//! A kind of finding with everything that is to be said about it: why it matters, a bad and a good example, and how it
//! stands to controls of others.

use std::fmt;

/// How bad a kind of finding is. It only sorts; whether a finding fails the gate is decided by its verdict or state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Hygiene: no hole by itself.
    Low,
    /// A protection is reduced.
    Medium,
    /// A protection that the policy asks for is off.
    High,
}

impl Severity {
    /// As printed: `high`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A kind of finding: a kebab-case name of the problem, never reused.
#[derive(Debug)]
pub struct Rule {
    /// `header-cut-by-location`.
    pub name: &'static str,
    /// One line: what is wrong.
    pub title: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Why it matters and what to do, in a few sentences.
    pub explain: &'static str,
    /// The language of both examples.
    pub language: Language,
    /// What of a spec makes the bad example bad; empty where it is bad under every spec, or is a spec itself.
    pub spec: Snippet,
    /// An example that has this finding: a file, or a part of one; or several files, each below a line `# file: NAME`.
    pub bad: Snippet,
    /// The same without it.
    pub good: Snippet,
    /// Spec keys that it speaks of, with all below them. Their controls are the rule's too (`targets::keys`).
    pub keys: &'static [&'static str],
    /// Controls of others that hold of the rule beyond those of its keys.
    pub references: &'static [Reference],
    /// Where what is said can be read.
    pub sources: &'static [Source],
}

impl Rule {
    /// A rule that says nothing yet, to build others on; a test refuses what is left empty.
    pub const BLANK: Self = Self {
        name: "",
        title: "",
        severity: Severity::High,
        explain: "",
        language: Language::Text,
        spec: Snippet(""),
        bad: Snippet(""),
        good: Snippet(""),
        keys: &[],
        references: &[],
        sources: &[],
    };
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Rule {}

/// A table of rules, and `ALL` of them in its order.
macro_rules! rules {
    ($vis:vis, $all_vis:vis $all:ident; $($(#[$doc:meta])* $id:ident = $name:literal, $severity:ident, $title:literal, $explain:literal,
        $language:ident { $($field:ident: $value:expr),* $(,)? };)*) => {
        $($(#[$doc])* #[doc = $title] $vis static $id: $crate::finding::Rule = $crate::finding::Rule {
            name: $name, title: $title, severity: $crate::finding::Severity::$severity, explain: $explain,
            language: $crate::finding::Language::$language, $($field: $value,)*
        };)*
        /// All of them, in the order above.
        $all_vis static $all: &[&$crate::finding::Rule] = &[$(&$id),*];
    };
}
pub(crate) use rules;

/// What an example is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// nginx configuration: a main file, or a part of one.
    Nginx,
    /// `postgresql.conf`.
    Conf,
    /// `pg_hba.conf`.
    Hba,
    /// SQL, and commands of psql.
    Sql,
    /// `deny.toml`, `audit.toml`, `Cargo.toml`, `clippy.toml`.
    Toml,
    /// Rust.
    Rust,
    /// A spec, or a part of one.
    Yaml,
    /// What curl prints of a response.
    Http,
    /// A command line, or several.
    Shell,
    /// Something else: a tree of files, what a server says.
    Text,
}

impl Language {
    /// The word after the fence of a Markdown block.
    #[must_use]
    pub fn fence(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Conf => "ini",
            Self::Hba | Self::Text => "text",
            Self::Sql => "sql",
            Self::Toml => "toml",
            Self::Rust => "rust",
            Self::Yaml => "yaml",
            Self::Http => "http",
            Self::Shell => "sh",
        }
    }
}

/// A few lines of an example. They stand in the code as deep as the code around them; shown, they begin at the margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snippet(pub &'static str);

impl Snippet {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0.trim().is_empty()
    }

    /// The lines, from the margin on.
    pub fn lines(self) -> impl Iterator<Item = &'static str> {
        let lines = || self.0.trim_start_matches('\n').trim_end().lines();
        let margin = lines().filter(|l| !l.trim().is_empty()).map(|l| l.len() - l.trim_start_matches(' ').len()).min().unwrap_or(0);
        lines().map(move |l| l.get(margin..).unwrap_or_default().trim_end())
    }
}

/// Each line with its end.
impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// A collection of controls that others publish. Of licensed ones only the numbers are used, never the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Framework {
    /// OWASP Application Security Verification Standard.
    Asvs,
    /// CIS PostgreSQL 17 Benchmark, numbered as pgdsat 2.0 has it.
    CisPostgres,
    /// NIST Special Publication 800-53.
    Nist,
    /// Payment Card Industry Data Security Standard.
    Pci,
}

impl Framework {
    /// As in reports: `owasp-asvs`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Asvs => "owasp-asvs",
            Self::CisPostgres => "cis-postgresql",
            Self::Nist => "nist-800-53",
            Self::Pci => "pci-dss",
        }
    }

    /// As people say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Asvs => "OWASP ASVS",
            Self::CisPostgres => "CIS PostgreSQL",
            Self::Nist => "NIST SP 800-53",
            Self::Pci => "PCI DSS",
        }
    }

    /// The edition whose numbers are used.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::Asvs => "5.0",
            Self::CisPostgres => "17",
            Self::Nist => "Rev. 5",
            Self::Pci => "4.0.1",
        }
    }
}

/// How a setting stands to a control (NIST IR 8477 speaks of such relations).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// The control asks for this very thing, and the setting is it, in the file that was looked at.
    Implements,
    /// It is a part of what the control asks for; the rest is elsewhere.
    Supports,
    /// The control is about the same, and the setting alone does little for it.
    Related,
}

impl Relation {
    /// As printed: `implements`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Implements => "implements",
            Self::Supports => "supports",
            Self::Related => "related",
        }
    }
}

/// A control of a framework, and why it is named here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Whose control.
    pub framework: Framework,
    /// Its number: `3.4.1`, `SC-8(1)`.
    pub number: &'static str,
    /// How the setting stands to it.
    pub relation: Relation,
    /// Why, in one line.
    pub rationale: &'static str,
}

/// A control of OWASP ASVS 5.0.
pub(crate) const fn asvs(number: &'static str, relation: Relation, rationale: &'static str) -> Reference {
    Reference { framework: Framework::Asvs, number, relation, rationale }
}

/// A recommendation of the CIS PostgreSQL 17 Benchmark, by its number.
pub(crate) const fn cis(number: &'static str, relation: Relation, rationale: &'static str) -> Reference {
    Reference { framework: Framework::CisPostgres, number, relation, rationale }
}

/// A control of NIST SP 800-53 Rev. 5.
pub(crate) const fn nist(number: &'static str, relation: Relation, rationale: &'static str) -> Reference {
    Reference { framework: Framework::Nist, number, relation, rationale }
}

/// A requirement of PCI DSS 4.0.1.
pub(crate) const fn pci(number: &'static str, relation: Relation, rationale: &'static str) -> Reference {
    Reference { framework: Framework::Pci, number, relation, rationale }
}

/// A document that says why something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// `RFC 8996`.
    pub title: &'static str,
    /// Where it is.
    pub url: &'static str,
}

/// A document.
pub(crate) const fn source(title: &'static str, url: &'static str) -> Source {
    Source { title, url }
}
