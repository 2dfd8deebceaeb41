//! A serialised policy: directives and their words (CSP Level 3, sections 2.2 and 6.8).

use std::fmt;

/// Directives that restrict what is fetched, each judged by its effective value. `child-src` and `default-src` only stand in for
/// others.
pub(super) const FETCH: [&str; 14] = [
    "connect-src",
    "font-src",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "object-src",
    "script-src",
    "script-src-elem",
    "script-src-attr",
    "style-src",
    "style-src-elem",
    "style-src-attr",
    "worker-src",
];

/// What applies where nothing more specific is set.
pub(super) const DEFAULT_SRC: &str = "default-src";

/// Directives with a source list for which nothing stands in, but for `frame-ancestors`.
pub(super) const WITHOUT_FALLBACK: [&str; 2] = ["base-uri", "form-action"];

/// Who may frame the page.
pub(super) const FRAME_ANCESTORS: &str = "frame-ancestors";

/// Directives that may hold a directive's value, the most specific first (CSP3 6.8.3, "get the fallback list").
pub(super) fn chain(directive: &'static str) -> &'static [&'static str] {
    match directive {
        "script-src-elem" => &["script-src-elem", "script-src", DEFAULT_SRC],
        "script-src-attr" => &["script-src-attr", "script-src", DEFAULT_SRC],
        "script-src" => &["script-src", DEFAULT_SRC],
        "style-src-elem" => &["style-src-elem", "style-src", DEFAULT_SRC],
        "style-src-attr" => &["style-src-attr", "style-src", DEFAULT_SRC],
        "style-src" => &["style-src", DEFAULT_SRC],
        "frame-src" => &["frame-src", "child-src", DEFAULT_SRC],
        "worker-src" => &["worker-src", "child-src", "script-src", DEFAULT_SRC],
        "connect-src" => &["connect-src", DEFAULT_SRC],
        "font-src" => &["font-src", DEFAULT_SRC],
        "img-src" => &["img-src", DEFAULT_SRC],
        "manifest-src" => &["manifest-src", DEFAULT_SRC],
        "media-src" => &["media-src", DEFAULT_SRC],
        "object-src" => &["object-src", DEFAULT_SRC],
        "base-uri" => &["base-uri"],
        "form-action" => &["form-action"],
        FRAME_ANCESTORS => &[FRAME_ANCESTORS],
        _ => &[],
    }
}

/// One directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    name: String,
    words: Vec<String>,
}

impl Directive {
    /// Its name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its words, as written.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.words.iter().try_for_each(|word| write!(f, " {word}"))
    }
}

/// One policy: its directives in order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    directives: Vec<Directive>,
}

impl Policy {
    /// Reads one serialised policy (CSP3 2.2.1): directives between `;`, names in any letter case, the first of a name
    /// counts, and what is not ASCII is skipped.
    pub(super) fn parse(text: &str) -> Self {
        let mut directives: Vec<Directive> = Vec::new();
        for token in text.split(';') {
            let mut words = token.split_ascii_whitespace();
            let Some(name) = words.next().filter(|_| token.is_ascii()) else { continue };
            let name = name.to_ascii_lowercase();
            if directives.len() < super::MAX_DIRECTIVES && !directives.iter().any(|d| d.name == name) {
                directives.push(Directive { name, words: words.map(str::to_owned).collect() });
            }
        }
        Self { directives }
    }

    /// A policy that only says who may frame the page.
    pub(super) fn framing(words: &[String]) -> Self {
        Self { directives: vec![Directive { name: FRAME_ANCESTORS.to_owned(), words: words.to_vec() }] }
    }

    /// The directives, in order.
    #[must_use]
    pub fn directives(&self) -> &[Directive] {
        &self.directives
    }

    /// The directive of a name in lower case.
    #[must_use]
    pub fn directive(&self, name: &str) -> Option<&Directive> {
        self.directives.iter().find(|d| d.name == name)
    }

    /// The directive whose value applies to `directive`: its own, or the first of its fallback list.
    pub(super) fn effective(&self, directive: &'static str) -> Option<&Directive> {
        chain(directive).iter().find_map(|name| self.directive(name))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.directives.is_empty()
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, directive) in self.directives.iter().enumerate() {
            write!(f, "{}{directive}", if i == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
