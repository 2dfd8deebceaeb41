//! Regular expressions of nginx, tried on texts that the configuration itself decides.
//!
//! nginx uses PCRE. What the engine here reads the same way is tried; anything else stays unknown.

/// Steps back before an expression counts as too slow to try: no input may hold up a check.
const MAX_STEPS: usize = 100_000;

/// An expression that can be tried.
#[derive(Clone, Debug)]
pub(super) struct Pattern(fancy_regex::Regex);

impl Pattern {
    /// Reads an expression; `None` if it cannot be tried.
    pub(super) fn new(expression: &str, any_case: bool) -> Option<Self> {
        let text = if any_case { format!("(?i){expression}") } else { expression.to_owned() };
        // PCRE without UTF mode: classes such as \d and \w are those of ASCII.
        fancy_regex::RegexBuilder::new(&text).backtrack_limit(MAX_STEPS).delegate_size_limit(1 << 20).build().ok().map(Self)
    }

    /// Whether it matches anywhere in a text; `None` if that takes too long to say.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        self.0.is_match(text).ok()
    }
}
