//! Whether a required policy allows all that the found ones let through together (W3C "CSP: Embedded Enforcement", made
//! complete: every fetch directive is judged by its effective value, and nonces and hashes are not `'unsafe-inline'`).

use super::list::{Kind, Nonces, SourceList};
use super::policy::{DEFAULT_SRC, Directive, FETCH, FRAME_ANCESTORS, Policy, WITHOUT_FALLBACK, chain};
use super::source::Page;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Which part of a policy is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Everything.
    All,
    /// `frame-ancestors` only.
    Framing,
    /// Everything else.
    Rest,
}

/// From which side a gap is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Found lets through what required does not.
    Weaker,
    /// Required lets through what found does not; the roles are swapped.
    Stricter,
}

/// One comparison: where, how, and told from which side.
pub(super) struct Judge<'a> {
    pub(super) page: &'a Page,
    pub(super) nonces: Nonces,
    pub(super) part: Part,
    pub(super) side: Side,
}

/// Keywords that are host names where their quotes are missing.
const BARE_KEYWORDS: [&str; 5] = ["self", "none", "unsafe-inline", "unsafe-eval", "strict-dynamic"];

/// How many words of a list a message names.
const MAX_WORDS: usize = 3;

impl Judge<'_> {
    /// What passes all of `found` and not `required`, each as a sentence; empty if `required` subsumes them.
    pub(super) fn gaps(&self, required: &Policy, found: &[Policy]) -> Vec<String> {
        let mut gaps = Vec::new();
        let mut unrestricted: Vec<&str> = Vec::new();
        let lists: &[&[&'static str]] = match self.part {
            Part::All => &[&FETCH, &WITHOUT_FALLBACK, &[FRAME_ANCESTORS]],
            Part::Framing => &[&[FRAME_ANCESTORS]],
            Part::Rest => &[&FETCH, &WITHOUT_FALLBACK],
        };
        for directive in lists.iter().flat_map(|list| list.iter().copied()) {
            let Some(a) = required.effective(directive) else { continue };
            let effective: Vec<&Directive> = found.iter().filter_map(|p| p.effective(directive)).collect();
            if effective.is_empty() {
                if a.name() == DEFAULT_SRC {
                    unrestricted.push(directive);
                } else {
                    push(&mut gaps, self.missing(directive, a));
                }
            } else if let Some(gap) = self.list_gap(directive, a, &effective) {
                push(&mut gaps, gap);
            }
        }
        if !unrestricted.is_empty() {
            push(&mut gaps, self.without_default(&unrestricted));
        }
        if self.part != Part::Framing {
            self.other_gaps(required, found, &mut gaps);
        }
        gaps
    }

    fn list(&self, directive: &'static str, value: &Directive) -> SourceList {
        let kind = match directive {
            "script-src" | "script-src-elem" | "script-src-attr" => Kind::Script,
            // A worker is a script where its value comes from there.
            "worker-src" if value.name() == "script-src" => Kind::Script,
            "style-src" | "style-src-elem" | "style-src-attr" => Kind::Style,
            "connect-src" => Kind::Connect,
            _ => Kind::Plain,
        };
        SourceList::new(value.words(), kind, self.page, self.nonces)
    }

    fn list_gap(&self, directive: &'static str, a: &Directive, effective: &[&Directive]) -> Option<String> {
        let required = self.list(directive, a);
        let found: Vec<SourceList> = effective.iter().map(|b| self.list(directive, b)).collect();
        if required.covers_meet_of(&found) {
            return None;
        }
        let (b, list) = (effective.first()?, found.first()?);
        let words: Vec<&str> = required.uncovered(list).into_iter().filter_map(|i| Some(b.words().get(i)?.as_str())).collect();
        // The more specific of the two directives names the gap, and a note says where the other one stands.
        let rank = |name: &str| chain(directive).iter().position(|n| *n == name);
        let (label, chain_note) = match rank(b.name()).cmp(&rank(a.name())) {
            Ordering::Less => (b.name(), Some(format!("({} is set explicitly in found)", b.name()))),
            Ordering::Greater => (a.name(), Some(format!("({} is not set, so {} applies in found)", a.name(), b.name()))),
            Ordering::Equal => (a.name(), None),
        };
        let shown = shorten(&words);
        if self.side == Side::Stricter {
            return Some(format!("{label}: does not allow {shown}"));
        }
        let is_bare = |w: &&&str| BARE_KEYWORDS.iter().any(|k| k.eq_ignore_ascii_case(w));
        let is_quoted_value = |w: &&str| ["'nonce-", "'sha"].iter().any(|p| w.get(..p.len()).is_some_and(|start| start.eq_ignore_ascii_case(p)));
        let is_hardening = words.iter().all(is_quoted_value) && a.words().iter().any(|w| w.eq_ignore_ascii_case("'unsafe-inline'"));
        let others = effective.len() - 1;
        let notes = [
            chain_note,
            (others > 0).then(|| {
                format!(
                    "(and {} not shown to stop it)",
                    if others == 1 { "the other policy is".to_owned() } else { format!("the {others} other policies are") }
                )
            }),
            words.iter().find(is_bare).map(|bare| format!("(without quotes, {bare} is a host name)")),
            is_hardening.then(|| "(a nonce or hash is hardening against 'unsafe-inline', but it also admits files from elsewhere)".to_owned()),
        ];
        let gap = format!("{label}: {shown} is not covered by the required {}", shorten_value(a));
        Some(std::iter::once(gap).chain(notes.into_iter().flatten()).collect::<Vec<_>>().join(" "))
    }

    fn missing(&self, directive: &'static str, a: &Directive) -> String {
        let name = a.name();
        if self.side == Side::Stricter {
            return format!("{name}: also restricted");
        }
        let stand_ins: Vec<&str> = chain(directive).iter().copied().skip_while(|n| *n != name).skip(1).collect();
        let why = if stand_ins.is_empty() { "nothing stands in for it".to_owned() } else { format!("{} is not set either", stand_ins.join(" or ")) };
        format!("{name}: not set in found, and {why}; required is {}", shorten_value(a))
    }

    fn without_default(&self, directives: &[&str]) -> String {
        match self.side {
            Side::Stricter => format!("{DEFAULT_SRC}: also restricts {}", directives.join(", ")),
            Side::Weaker => format!("{DEFAULT_SRC}: not set in found, so nothing restricts {}", directives.join(", ")),
        }
    }

    /// Directives without a source list.
    fn other_gaps(&self, required: &Policy, found: &[Policy], gaps: &mut Vec<String>) {
        let weaker = self.side == Side::Weaker;
        let values = |name: &str| found.iter().filter_map(|p| p.directive(name)).collect::<Vec<_>>();
        let mut check = |name: &str, gap: &dyn Fn(&Directive, &[&Directive]) -> Option<String>| {
            let Some(a) = required.directive(name) else { return };
            let b = values(name);
            if b.is_empty() {
                gaps.push(if weaker { format!("{name}: not set in found") } else { format!("{name}: also set") });
            } else if let Some(words) = gap(a, &b) {
                gaps.push(if weaker { format!("{name}: {words} beyond the required {}", shorten_value(a)) } else { format!("{name}: without {words}") });
            }
        };
        let set = |d: &Directive| d.words().iter().map(|w| w.to_ascii_lowercase()).collect::<BTreeSet<_>>();
        let named = |set: BTreeSet<String>| (!set.is_empty()).then(|| set.into_iter().collect::<Vec<_>>().join(" "));
        // Words of `sandbox` are what stays allowed; several policies allow what each does.
        check("sandbox", &|a, b| {
            let allowed = b.iter().map(|d| set(d)).reduce(|x, y| x.intersection(&y).cloned().collect()).unwrap_or_default();
            named(allowed.difference(&set(a)).cloned().collect())
        });
        check("upgrade-insecure-requests", &|_, _| None);
        // Words are sinks that need a trusted type.
        check("require-trusted-types-for", &|a, b| {
            let guarded = b.iter().flat_map(|d| set(d)).collect();
            named(set(a).difference(&guarded).cloned().collect()).map(|sinks| format!("no guard for {sinks}"))
        });
        check("trusted-types", &|a, b| {
            let (required, met) = (TrustedTypes::new(a), b.iter().map(|d| TrustedTypes::new(d)).reduce(|x, y| x.meet(&y))?);
            required.uncovered(&met)
        });
    }
}

/// `trusted-types`: names of policies that scripts may create (Trusted Types 4.3).
#[derive(Clone, Debug)]
struct TrustedTypes {
    /// `None` is any.
    names: Option<BTreeSet<String>>,
    duplicates: bool,
}

impl TrustedTypes {
    fn new(directive: &Directive) -> Self {
        let words = directive.words();
        let keyword = |name: &str| words.iter().any(|w| w.eq_ignore_ascii_case(name));
        let names = words.iter().filter(|w| !w.starts_with('\'')).cloned().collect();
        Self { names: (!keyword("*")).then_some(names), duplicates: keyword("'allow-duplicates'") }
    }

    fn meet(&self, other: &Self) -> Self {
        let names = match (&self.names, &other.names) {
            (Some(a), Some(b)) => Some(a.intersection(b).cloned().collect()),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        Self { names, duplicates: self.duplicates && other.duplicates }
    }

    fn uncovered(&self, other: &Self) -> Option<String> {
        let mut words: Vec<String> = match (&self.names, &other.names) {
            (None, _) => Vec::new(),
            (Some(_), None) => vec!["*".to_owned()],
            (Some(a), Some(b)) => b.difference(a).cloned().collect(),
        };
        if other.duplicates && !self.duplicates {
            words.push("'allow-duplicates'".to_owned());
        }
        (!words.is_empty()).then(|| words.join(" "))
    }
}

fn push(gaps: &mut Vec<String>, gap: String) {
    if !gaps.contains(&gap) {
        gaps.push(gap);
    }
}

fn shorten(words: &[&str]) -> String {
    let shown = words.iter().take(MAX_WORDS).copied().collect::<Vec<_>>().join(" ");
    if words.len() > MAX_WORDS { format!("{shown} and {} more", words.len() - MAX_WORDS) } else { shown }
}

fn shorten_value(directive: &Directive) -> String {
    let words: Vec<&str> = directive.words().iter().map(String::as_str).collect();
    if words.is_empty() { directive.name().to_owned() } else { format!("{} {}", directive.name(), shorten(&words)) }
}
