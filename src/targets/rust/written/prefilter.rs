//! Which texts can matter at all: those with the words that a rule needs.

use crate::policy::Policy;
use memchr::memmem::Finder;

/// Words that must all be in a text for some rule to apply.
const GROUPS: [&[&str]; 25] = [
    &["jsonwebtoken"],
    &["josekit"],
    &["orwarded-", "split"],
    &["ORWARDED-", "split"],
    &["SmartIpKeyExtractor"],
    &["GovernorConfigBuilder"],
    &["ookie", "secure"],
    &["ookie", "http_only"],
    &["SessionManagerLayer"],
    &["ookie", "Key"],
    &["accept_invalid_"],
    &["ssl_mode"],
    &["SECRET", "unwrap_or"],
    &["SECRET", "default_value"],
    &["RateLimit", "new"],
    &["jwt", "Config"],
    &["jwt", "Settings"],
    &["jwt", "Options"],
    &["JWT", "Config"],
    &["JWT", "Settings"],
    &["Jwt", "lgorithm"],
    &["Jwt", "xpir"],
    &["Jwt", "ttl"],
    &["Jwt", "lifetime"],
    &["secgen:"],
];

/// A search for all of them.
pub(super) struct Prefilter {
    groups: Vec<Vec<Finder<'static>>>,
}

impl Prefilter {
    /// For a policy: a variable that it names as a secret is looked for too.
    pub(super) fn new(policy: &Policy) -> Self {
        let finder = |word: &&str| Finder::new(word.as_bytes()).into_owned();
        let mut groups: Vec<Vec<Finder<'static>>> = GROUPS.iter().map(|words| words.iter().map(finder).collect()).collect();
        let keys = policy.spec.jwt.iter().filter_map(|jwt| jwt.keys.as_ref()).flatten();
        let secrets = keys.filter_map(|(_, key)| key.secret.as_ref()).map(|secret| secret.env.as_str()).filter(|name| !name.contains("SECRET"));
        for name in secrets {
            groups.push(vec![finder(&name), finder(&"unwrap_or")]);
            groups.push(vec![finder(&name), finder(&"default_value")]);
        }
        Self { groups }
    }

    /// Whether a text has the words of some rule.
    pub(super) fn may_matter(&self, text: &[u8]) -> bool {
        self.groups.iter().any(|words| words.iter().all(|word| word.find(text).is_some()))
    }
}
