//! The normal form of a source list: what it lets through, by kind, and the order of such lists.

use super::source::{Index, Page, Pattern, own_origin, patterns};
use std::collections::{BTreeMap, BTreeSet};

/// What a directive's list is matched against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Scripts: keywords, nonces and hashes count, and `'strict-dynamic'`.
    Script,
    /// Styles: keywords, nonces and hashes count.
    Style,
    /// Connections: addresses only, and `'self'` includes its WebSockets.
    Connect,
    /// Addresses only.
    Plain,
}

/// How nonces of several policies meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nonces {
    /// By value, as a browser does with one response.
    ByValue,
    /// All are the same: the values of a file are placeholders for what each response will say.
    Alike,
}

/// What a keyword lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Grant {
    /// `'unsafe-inline'`, in force: no nonce, hash or `'strict-dynamic'` beside it.
    Inline,
    /// `'unsafe-eval'`.
    Eval,
    /// `'wasm-unsafe-eval'`; part of `'unsafe-eval'`.
    Wasm,
    /// `'trusted-types-eval'`; part of `'unsafe-eval'`.
    TrustedEval,
    /// `'unsafe-hashes'`.
    UnsafeHashes,
    /// `'strict-dynamic'`.
    StrictDynamic,
    /// `'inline-speculation-rules'`; part of `'unsafe-inline'`.
    SpeculationRules,
}

/// A source expression.
enum Expression {
    Own,
    UnsafeInline,
    Grant(Grant),
    Nonce(String),
    Hash(String),
    Patterns(Vec<Pattern>),
    /// `'none'`, `'report-sample'` and `'report-sha256'` let nothing through.
    Nothing,
}

fn expression(word: &str, page: &Page) -> Option<Expression> {
    let Some(quoted) = word.strip_prefix('\'') else { return patterns(word, page).map(Expression::Patterns) };
    let inner = quoted.strip_suffix('\'')?;
    let lower = inner.to_ascii_lowercase();
    let grant = match lower.as_str() {
        "self" => return Some(Expression::Own),
        "unsafe-inline" => return Some(Expression::UnsafeInline),
        "none" | "report-sample" | "report-sha256" | "report-sha384" | "report-sha512" => return Some(Expression::Nothing),
        "unsafe-eval" => Grant::Eval,
        "wasm-unsafe-eval" => Grant::Wasm,
        "trusted-types-eval" => Grant::TrustedEval,
        "unsafe-hashes" => Grant::UnsafeHashes,
        "strict-dynamic" => Grant::StrictDynamic,
        "inline-speculation-rules" => Grant::SpeculationRules,
        _ => {
            // Names are in any letter case, values are not.
            let value = |prefix: &str| lower.starts_with(prefix).then(|| &inner[prefix.len()..]).filter(|v| !v.is_empty());
            if let Some(value) = value("nonce-") {
                return Some(Expression::Nonce(value.to_owned()));
            }
            let algorithm = ["sha256-", "sha384-", "sha512-"].into_iter().find(|a| value(a).is_some())?;
            // Both alphabets of base64 mean the same, and padding means nothing.
            let digest = value(algorithm)?.replace('-', "+").replace('_', "/");
            return Some(Expression::Hash(format!("{algorithm}{}", digest.trim_end_matches('='))));
        }
    };
    Some(Expression::Grant(grant))
}

/// Whether a browser reads a word of a source list at all.
pub(super) fn is_source(word: &str, page: &Page) -> bool {
    expression(word, page).is_some()
}

/// The most pairs of patterns that are met; beyond it one list stands for both, which lets more through.
const MAX_PAIRS: usize = 1 << 16;

/// What a source list lets through. Each part keeps the index of the word that it comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct SourceList {
    grants: BTreeMap<Grant, usize>,
    nonces: BTreeMap<String, usize>,
    hashes: BTreeMap<String, usize>,
    patterns: Vec<(Pattern, usize)>,
}

impl SourceList {
    /// The normal form of a directive's words. Words that are no source expression let nothing through.
    pub(super) fn new(words: &[String], kind: Kind, page: &Page, nonces: Nonces) -> Self {
        let mut list = Self::default();
        let mut unsafe_inline = None;
        let keywords = matches!(kind, Kind::Script | Kind::Style);
        for (i, word) in words.iter().enumerate() {
            match expression(word, page) {
                Some(Expression::Own) => list.patterns.extend(own_origin(page, kind == Kind::Connect).into_iter().map(|p| (p, i))),
                Some(Expression::Patterns(patterns)) => list.patterns.extend(patterns.into_iter().map(|p| (p, i))),
                Some(Expression::UnsafeInline) if keywords => unsafe_inline = unsafe_inline.or(Some(i)),
                Some(Expression::Grant(Grant::StrictDynamic | Grant::SpeculationRules)) if kind != Kind::Script => {}
                Some(Expression::Grant(grant)) if keywords => {
                    list.grants.entry(grant).or_insert(i);
                }
                Some(Expression::Nonce(value)) if keywords => {
                    let value = if nonces == Nonces::Alike { String::new() } else { value };
                    list.nonces.entry(value).or_insert(i);
                }
                Some(Expression::Hash(value)) if keywords => {
                    list.hashes.entry(value).or_insert(i);
                }
                _ => {}
            }
        }
        if list.grants.contains_key(&Grant::StrictDynamic) {
            // CSP3 6.7.1.1: hosts and schemes count no more.
            list.patterns.clear();
        } else if let Some(i) = unsafe_inline.filter(|_| list.nonces.is_empty() && list.hashes.is_empty()) {
            // CSP3 6.7.3.2, "does a source list allow all inline behavior".
            list.grants.insert(Grant::Inline, i);
            list.grants.entry(Grant::SpeculationRules).or_insert(i);
        }
        if let Some(i) = list.grants.get(&Grant::Eval).copied() {
            list.grants.entry(Grant::Wasm).or_insert(i);
            list.grants.entry(Grant::TrustedEval).or_insert(i);
        }
        list
    }

    /// Indices of the words of `other` that let something through which this list does not; empty if it covers it.
    pub(super) fn uncovered(&self, other: &Self) -> BTreeSet<usize> {
        let mut words = BTreeSet::new();
        words.extend(other.grants.iter().filter(|(grant, _)| !self.grants.contains_key(grant)).map(|(_, i)| *i));
        if self.nonces.is_empty() {
            words.extend(other.nonces.values());
        }
        words.extend(other.hashes.iter().filter(|(hash, _)| !self.hashes.contains_key(*hash)).map(|(_, i)| *i));
        let index = Index::new(self.patterns.iter().map(|(p, _)| p));
        words.extend(other.patterns.iter().filter(|(p, _)| !index.covers(p)).map(|(_, i)| *i));
        words
    }

    fn covers(&self, other: &Self) -> bool {
        self.uncovered(other).is_empty()
    }

    /// Whether all that passes every one of `lists` is covered. Sound, and complete but for rare mixtures.
    ///
    /// One list that is covered is enough. Else the meet of several decides; as `'strict-dynamic'` and nonces beside
    /// `'unsafe-inline'` make a meet larger than it need be, each mixture of the three classes of list is tried.
    pub(super) fn covers_meet_of(&self, lists: &[Self]) -> bool {
        if lists.iter().any(|list| self.covers(list)) {
            return true;
        }
        let class = |list: &Self| {
            if list.grants.contains_key(&Grant::StrictDynamic) {
                0b100
            } else if list.grants.contains_key(&Grant::Inline) {
                0b010
            } else {
                0b001
            }
        };
        lists.len() > 1
            && (0b001..=0b111).any(|classes| {
                let meet = lists.iter().filter(|list| class(list) & classes != 0).cloned().reduce(|a, b| a.meet(&b));
                meet.is_some_and(|meet| self.covers(&meet))
            })
    }

    /// A list that lets through all that passes both, and not much more.
    fn meet(&self, other: &Self) -> Self {
        let inline = |list: &Self| list.grants.contains_key(&Grant::Inline);
        let dynamic = |list: &Self| list.grants.contains_key(&Grant::StrictDynamic);
        // A nonce or hash passes a list that names it, and its inline part passes one that allows all inline.
        let common = |mine: &BTreeMap<String, usize>, theirs: &BTreeMap<String, usize>| {
            let mut common: BTreeMap<String, usize> =
                mine.iter().filter(|(v, _)| inline(other) || theirs.contains_key(*v)).map(|(v, i)| (v.clone(), *i)).collect();
            common.extend(theirs.iter().filter(|_| inline(self)).map(|(v, i)| (v.clone(), *i)));
            common
        };
        let mut grants: BTreeMap<Grant, usize> = self.grants.iter().filter(|(g, _)| other.grants.contains_key(g)).map(|(g, i)| (*g, *i)).collect();
        let mut patterns = Vec::new();
        if dynamic(self) || dynamic(other) {
            // What trusted scripts load: within `'strict-dynamic'`, whatever the other list says of it.
            grants.insert(Grant::StrictDynamic, 0);
        } else if self.patterns.len().saturating_mul(other.patterns.len()) > MAX_PAIRS {
            patterns = if self.patterns.len() < other.patterns.len() { self.patterns.clone() } else { other.patterns.clone() };
        } else {
            let mut seen = std::collections::HashSet::new();
            for (a, i) in &self.patterns {
                for met in other.patterns.iter().filter_map(|(b, _)| a.meet(b)) {
                    if seen.insert(met.clone()) {
                        patterns.push((met, *i));
                    }
                }
            }
        }
        Self { grants, nonces: common(&self.nonces, &other.nonces), hashes: common(&self.hashes, &other.hashes), patterns }
    }
}
