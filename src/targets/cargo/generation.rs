//! Whether today's cargo-deny (or cargo-audit) accepts a file, and what to write where it does not.

use super::keys::{Key, REACHES, Rest, Shape, Status};
use super::package::{self, PackageSpec};
use super::tree::{Entry, Kind, Node};
use std::collections::HashSet;
use std::ops::Range;

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Of which kind.
    pub(super) kind: ProblemKind,
    /// One sentence without a full stop.
    pub(super) message: String,
    /// What to do, as a full instruction.
    pub(super) help: String,
    /// Where.
    pub(super) span: Range<usize>,
}

/// Kinds of problems; all but the last make the program refuse the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProblemKind {
    /// A key or value of an older generation.
    Outdated,
    /// A key that no generation knows.
    UnknownKey,
    /// A value that the key cannot hold, or keys that contradict each other.
    BadValue,
    /// Read, but deprecated.
    Deprecated,
}

impl ProblemKind {
    /// Whether the program refuses a file with such a problem.
    pub(super) fn refuses(self) -> bool {
        self != Self::Deprecated
    }
}

/// The program that reads the file, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader(pub(super) &'static str);

struct Walk {
    reader: Reader,
    problems: Vec<Problem>,
}

/// Checks a file against the keys that its reader knows.
pub(super) fn check(reader: Reader, root: &Node, keys: &'static [Key]) -> Vec<Problem> {
    let mut walk = Walk { reader, problems: Vec::new() };
    walk.table(root.entries(), keys, "", None);
    walk.problems
}

/// A value of the file, fit to be shown: control characters escaped, and no longer than a line.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == 60 {
            out.push('…');
            break;
        }
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// `a, b or c`.
fn alternatives(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => format!("{one:?}"),
        [first @ .., last] => format!("{} or {last:?}", first.iter().map(|w| format!("{w:?}")).collect::<Vec<_>>().join(", ")),
    }
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

impl Walk {
    fn add(&mut self, kind: ProblemKind, span: &Range<usize>, message: String, help: impl Into<String>) {
        self.problems.push(Problem { kind, message, help: help.into(), span: span.clone() });
    }

    fn bad(&mut self, node: &Node, path: &str, wanted: &str) {
        let found = node.type_name();
        self.add(ProblemKind::BadValue, &node.span, format!("{path} needs {wanted}, and this is {found}"), format!("write {wanted} for {path}"));
    }

    /// `table` is where the table itself stands, for a key that is missing in it.
    fn table(&mut self, entries: &[Entry], keys: &'static [Key], path: &str, table: Option<&Range<usize>>) {
        for entry in entries {
            let Some(key) = keys.iter().find(|k| k.name == entry.key) else {
                self.unknown(entry, keys, path);
                continue;
            };
            let full = below(path, key.name);
            match key.status {
                Status::Removed(instead) => {
                    let message = format!("{full} was removed, and {} refuses a file that holds it", self.reader.0);
                    self.add(ProblemKind::Outdated, &entry.key_span, message, instead);
                    continue;
                }
                Status::Moved(to) => {
                    let message = format!("{full} has moved to [{to}]; the old place still works, with a warning");
                    self.add(ProblemKind::Deprecated, &entry.key_span, message, format!("move the line below [{to}]"));
                }
                Status::Optional | Status::Required => {}
            }
            self.value(&entry.node, &key.shape, &full);
        }
        for key in keys.iter().filter(|k| k.status == Status::Required) {
            if !entries.iter().any(|e| e.key == key.name) {
                let span = table.cloned().unwrap_or(0..0);
                let of = if path.is_empty() { "the file" } else { path };
                let message = format!("{of} has no {}, and {} refuses it without", key.name, self.reader.0);
                self.add(ProblemKind::BadValue, &span, message, format!("add {} to {of}", key.name));
            }
        }
    }

    fn unknown(&mut self, entry: &Entry, keys: &'static [Key], path: &str) {
        let name = shown(&entry.key);
        let place = if path.is_empty() { "at the top level".to_owned() } else { format!("in {path}") };
        let message = format!("unknown key {name:?} {place}, and {} refuses a file with unknown keys", self.reader.0);
        let known = keys.iter().filter(|k| !matches!(k.status, Status::Removed(_))).map(|k| k.name);
        let near = known.map(|k| (strsim::damerau_levenshtein(&name, k), k)).filter(|(d, k)| *d <= 1 + k.len() / 4).min();
        let help = match near {
            Some((_, key)) => format!("did you mean {key}?"),
            None => "delete the key, or move it to the table it belongs to".to_owned(),
        };
        self.add(ProblemKind::UnknownKey, &entry.key_span, message, help);
    }

    fn value(&mut self, node: &Node, shape: &'static Shape, path: &str) {
        match (shape, &node.kind) {
            (Shape::Boolean, Kind::Boolean(_)) | (Shape::Fraction, Kind::Float(_)) | (Shape::Text | Shape::OneOrMany | Shape::Platform, Kind::Text(_)) => {}
            (Shape::Whole { least, most }, Kind::Integer(number)) => {
                if !(least..=most).contains(&number) {
                    self.add(ProblemKind::BadValue, &node.span, format!("{path} is out of range"), format!("write a number from {least} to {most}"));
                }
            }
            (Shape::Word(words), Kind::Text(text)) => {
                if !words.contains(&text.as_str()) {
                    let wanted = alternatives(words);
                    let message = format!("{path} knows {wanted}, not {:?}", shown(text));
                    self.add(ProblemKind::BadValue, &node.span, message, format!("write {wanted}"));
                }
            }
            (Shape::Reach, Kind::Text(text)) => self.reach(node, text, path),
            (Shape::Period, Kind::Text(text)) => {
                if let Err(why) = period_seconds(text) {
                    self.add(ProblemKind::BadValue, &node.span, format!("{path} is no length of time: {why}"), "write a length of time such as \"P7D\"");
                }
            }
            (Shape::Licence, Kind::Text(text)) => {
                if let Err(why) = licence(text) {
                    let message = format!("{path} has {:?}, which is no SPDX licence identifier: {why}", shown(text));
                    self.add(ProblemKind::BadValue, &node.span, message, "write an identifier of the SPDX licence list, such as \"Apache-2.0\"");
                }
            }
            (Shape::LicenceExpression, Kind::Text(text)) => {
                if let Err(error) = spdx::Expression::parse(text) {
                    let message = format!("{path} is no SPDX licence expression: {}", error.reason);
                    self.add(ProblemKind::BadValue, &node.span, message, "write an expression such as \"MIT OR Apache-2.0\"");
                }
            }
            (Shape::Address, Kind::Text(text)) => {
                // The address itself may hold a password: it is not repeated here.
                if let Err(why) = package::check_url(text) {
                    self.add(
                        ProblemKind::BadValue,
                        &node.span,
                        format!("{path} has an address that cannot be read: {why}"),
                        "write a whole address with its https://",
                    );
                }
            }
            (Shape::RustVersion, Kind::Text(text)) => {
                if !is_rust_version(text) {
                    self.add(ProblemKind::BadValue, &node.span, format!("{path} is no version of Rust"), "write a version such as \"1.85.0\"");
                }
            }
            (Shape::List(inner), Kind::Array(elements)) => elements.iter().for_each(|e| self.value(e, inner, path)),
            (Shape::OneOrMany, Kind::Array(elements)) => elements.iter().for_each(|e| self.value(e, &Shape::Text, path)),
            (Shape::Table(keys), Kind::Table(entries)) => self.table(entries, keys, path, Some(&node.span)),
            (Shape::Package(rest), Kind::Text(_) | Kind::Table(_)) => self.package(node, rest, path),
            (Shape::Ignore, Kind::Text(text)) => {
                if !is_advisory(text) {
                    self.package(node, &Rest::Reason, path);
                }
            }
            (Shape::Ignore, Kind::Table(entries)) => {
                if node.entry("id").is_some() {
                    static IGNORE: &[Key] = &[
                        Key { name: "id", shape: Shape::Text, status: Status::Required },
                        Key { name: "reason", shape: Shape::Text, status: Status::Optional },
                    ];
                    self.table(entries, IGNORE, path, Some(&node.span));
                } else {
                    self.package(node, &Rest::Reason, path);
                }
            }
            (Shape::Platform, Kind::Table(entries)) => {
                static PLATFORM: &[Key] = &[
                    Key { name: "triple", shape: Shape::Text, status: Status::Required },
                    Key { name: "features", shape: Shape::List(&Shape::Text), status: Status::Optional },
                ];
                self.table(entries, PLATFORM, path, Some(&node.span));
            }
            (shape, _) => self.bad(node, path, wanted(shape)),
        }
    }

    fn reach(&mut self, node: &Node, text: &str, path: &str) {
        if REACHES.contains(&text) {
            return;
        }
        let instead = match text {
            "deny" => "all",
            "warn" => "workspace",
            "allow" => "none",
            _ => {
                let wanted = alternatives(REACHES);
                self.add(ProblemKind::BadValue, &node.span, format!("{path} knows {wanted}, not {:?}", shown(text)), format!("write {wanted}"));
                return;
            }
        };
        let key = path.rsplit('.').next().unwrap_or(path);
        let message = format!("{path} = {text:?} is the form before cargo-deny 0.19; it now says which crates, and what it finds is always an error");
        self.add(ProblemKind::Outdated, &node.span, message, format!("write {key} = {instead:?}"));
    }

    /// A crate as a string, or as a table with `crate` (or, deprecated, `name` and `version`).
    fn package(&mut self, node: &Node, rest: &'static Rest, path: &str) {
        if let Some(text) = node.text() {
            if let Err(why) = PackageSpec::parse(text) {
                self.bad_versions(node, path, &why);
            }
            if matches!(rest, Rest::Required(_)) {
                self.bad(node, path, "a table with the crate and more");
            }
            return;
        }
        let of_spec = |e: &&Entry| if node.entry("crate").is_some() { e.key == "crate" } else { matches!(e.key.as_str(), "name" | "version") };
        let parts: Vec<&Entry> = node.entries().iter().filter(of_spec).collect();
        let others: Vec<Entry> = node.entries().iter().filter(|e| !of_spec(e)).cloned().collect();
        let mut named = false;
        for entry in &parts {
            named |= entry.key != "version";
            let Some(text) = entry.node.text() else {
                self.bad(&entry.node, &below(path, &entry.key), "a string");
                continue;
            };
            let parsed = match entry.key.as_str() {
                "crate" => PackageSpec::parse(text),
                "version" => PackageSpec::parts("", Some(text)),
                _ => Ok(PackageSpec { name: text.to_owned(), versions: None }),
            };
            if let Err(why) = parsed {
                self.bad_versions(&entry.node, path, &why);
            }
        }
        if !named {
            let message = format!("an element of {path} names no crate");
            self.add(ProblemKind::BadValue, &node.span, message, "add crate = \"NAME\"");
        }
        self.rest(node, &others, rest, path);
    }

    fn rest(&mut self, node: &Node, others: &[Entry], rest: &'static Rest, path: &str) {
        match rest {
            // The keys of the deserialiser that follows the crate's own are only looked at when there are any.
            Rest::Keys(keys) | Rest::Required(keys) => self.table(others, keys, path, Some(&node.span)),
            // cargo-deny looks for `reason` here and lets all else pass.
            Rest::Reason => match others.iter().find(|e| e.key == "reason") {
                Some(entry) if entry.node.text().is_some() => {}
                Some(entry) => self.bad(&entry.node, &below(path, "reason"), "a string"),
                None => {
                    static REASON: &[Key] = &[Key { name: "reason", shape: Shape::Text, status: Status::Optional }];
                    self.table(others, REASON, path, Some(&node.span));
                }
            },
            Rest::Depth => {
                static DEPTH: &[Key] = &[
                    Key { name: "depth", shape: Shape::Whole { least: 0, most: i64::MAX }, status: Status::Optional },
                    Key { name: "reason", shape: Shape::Text, status: Status::Optional },
                ];
                self.table(others, DEPTH, path, Some(&node.span));
            }
            // The rest of the table is never looked at.
            Rest::Nothing => {}
        }
    }

    fn bad_versions(&mut self, node: &Node, path: &str, why: &str) {
        let message = format!("an element of {path} has no valid version requirement: {}", shown(why));
        self.add(ProblemKind::BadValue, &node.span, message, "write NAME, NAME@VERSION or NAME:REQUIREMENT, such as \"openssl:<0.11\"");
    }
}

fn wanted(shape: &Shape) -> &'static str {
    match shape {
        Shape::Boolean => "true or false",
        Shape::Whole { .. } => "a whole number",
        Shape::Fraction => "a number with a fraction, such as 0.8",
        Shape::List(_) | Shape::OneOrMany => "a list",
        Shape::Table(_) => "a table",
        Shape::Package(_) | Shape::Platform | Shape::Ignore => "a string or a table",
        Shape::Text | Shape::Word(_) | Shape::Reach | Shape::Period | Shape::Licence | Shape::LicenceExpression | Shape::Address | Shape::RustVersion => {
            "a string"
        }
    }
}

/// Whether a string in `advisories.ignore` is an advisory: its first part is in capital letters, as no crate's name is.
pub(super) fn is_advisory(text: &str) -> bool {
    text.split_once('-').is_some_and(|(kind, _)| kind.chars().all(|c| c.is_ascii_uppercase()))
}

/// An SPDX identifier, maybe with an exception, in its canonical form, as `licenses.allow` takes it.
///
/// # Errors
/// Why not, in a few words.
pub(super) fn licence(text: &str) -> Result<String, String> {
    let mode = spdx::ParseMode {
        allow_deprecated: true,
        allow_imprecise_license_names: false,
        allow_postfix_plus_on_gpl: false,
        allow_slash_as_or_operator: false,
        allow_unknown: false,
    };
    spdx::Licensee::parse_mode(text, mode).map(|l| l.to_string()).map_err(|e| e.reason.to_string())
}

/// `1.85` and the like, as `bans.std-replacements.rust-version` reads them: numbers with at least one dot.
fn is_rust_version(text: &str) -> bool {
    // cargo-deny reads the parts before each dot, and ignores what follows the last one.
    let parts: Vec<&str> = text.split('.').collect();
    let number = |p: &&str| !p.starts_with('+') && p.parse::<u32>().is_ok();
    (2..=4).contains(&parts.len()) && parts[..parts.len() - 1].iter().all(number)
}

/// The seconds of a length of time as cargo-deny reads it: years, months, days, weeks, and after `T` hours, minutes,
/// seconds, in that order.
///
/// # Errors
/// What is wrong, in a few words.
pub(super) fn period_seconds(text: &str) -> Result<f64, String> {
    const DAY: f64 = 86_400.0;
    let mut rest = text.strip_prefix('P').ok_or("it does not start with P")?;
    let (mut seconds, mut last, mut units, mut is_time) = (0.0, 0, 0, false);
    while !rest.is_empty() {
        let at = rest.find(|c: char| c.is_ascii_uppercase()).ok_or("a number has no unit")?;
        let unit = rest.as_bytes()[at];
        // Rank in the fixed order, and length.
        let (rank, length) = match (unit, is_time) {
            (b'Y', false) => (1, 365.0 * DAY),
            (b'M', false) => (2, 30.43 * DAY),
            (b'D', false) => (3, DAY),
            (b'T', _) => (4, 0.0),
            (b'H', true) => (5, 3600.0),
            (b'M', true) => (6, 60.0),
            (b'S', true) => (7, 1.0),
            (b'W', _) => (8, 7.0 * DAY),
            _ => return Err("a unit is unknown, or a time of day stands before its T".to_owned()),
        };
        if rank <= last {
            return Err("the units are not in order".to_owned());
        }
        if unit == b'T' {
            if at != 0 {
                return Err("a number has no unit".to_owned());
            }
            is_time = true;
        } else {
            let number = &rest[..at];
            if !number.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
                return Err("a number has other characters than digits and a dot".to_owned());
            }
            let number: f64 = number.parse().map_err(|_| "a number cannot be read")?;
            seconds += number * length;
            units += 1;
        }
        last = rank;
        rest = &rest[at + 1..];
    }
    if units == 0 { Err("it names no unit".to_owned()) } else { Ok(seconds) }
}

/// Keys of `deny.toml` that are fine alone and contradict each other: cargo-deny refuses them together.
pub(super) fn contradictions(root: &Node) -> Vec<Problem> {
    let mut out = Vec::new();
    let mut add = |span: &Range<usize>, message: String, help: &str| {
        out.push(Problem { kind: ProblemKind::BadValue, message, help: help.to_owned(), span: span.clone() });
    };
    let list = |key: &str| root.find(&["bans", key]).map(|e| e.node.elements()).unwrap_or_default();
    let is_multi = |node: &Node| node.entry("deny-multiple-versions").and_then(|e| e.node.boolean()) == Some(true);
    for node in list("deny") {
        if is_multi(node) && node.entry("wrappers").is_some_and(|e| !e.node.elements().is_empty()) {
            let message = "an element of bans.deny has both wrappers and deny-multiple-versions = true".to_owned();
            add(&node.span, message, "keep one of the two, or write two elements");
        }
    }
    // One text a spec, so that long lists are compared by look-up and not pair by pair.
    let specs = |key: &str| list(key).iter().filter_map(|n| Some((spec_of(n)?.to_string(), n))).collect::<Vec<_>>();
    let denied: Vec<_> = specs("deny").into_iter().filter(|(_, n)| !is_multi(n)).collect();
    let (allowed, skipped) = (specs("allow"), specs("skip"));
    for (one, first, other, second) in [("deny", &denied, "allow", &allowed), ("deny", &denied, "skip", &skipped), ("allow", &allowed, "skip", &skipped)] {
        let second: HashSet<&str> = second.iter().map(|(spec, _)| spec.as_str()).collect();
        for (spec, node) in first.iter().filter(|(spec, _)| second.contains(spec.as_str())) {
            let message = format!("{} stands in both bans.{one} and bans.{other}", shown(spec));
            add(&node.span, message, "delete it from one of the two lists");
        }
    }
    for node in list("features") {
        let texts = |key: &str| node.entry(key).map(|e| e.node.elements()).unwrap_or_default();
        let denied: HashSet<&str> = texts("deny").iter().filter_map(Node::text).collect();
        for feature in texts("allow").iter().filter(|f| f.text().is_some_and(|t| denied.contains(t))) {
            add(&feature.span, "a feature is both allowed and denied for one crate".to_owned(), "delete it from one of the two lists");
        }
    }
    let urls = root.find(&["advisories", "db-urls"]).map(|e| e.node.elements()).unwrap_or_default();
    for url in urls.iter().filter(|u| u.text().is_some_and(|t| package::check_url(t).is_ok() && !package::has_domain(t))) {
        add(&url.span, "advisories.db-urls has an address without a domain name".to_owned(), "write an address with a host name");
    }
    let build = |key: &str| root.find(&["bans", "build", key]).map(|e| e.node.elements()).unwrap_or_default();
    for extension in build("script-extensions") {
        if extension.text().is_some_and(|t| !t.chars().all(|c| c.is_ascii_alphanumeric())) {
            let message = "bans.build.script-extensions has more than letters and digits".to_owned();
            add(&extension.span, message, "write the bare extension, such as \"sh\"");
        }
    }
    for bypass in build("bypass") {
        let allow = bypass.entry("allow").map(|e| e.node.elements()).unwrap_or_default();
        let paths = allow.iter().filter_map(|p| p.entry("path"));
        for path in paths.filter(|e| e.node.text().is_some_and(|t| t.starts_with('/'))) {
            add(&path.node.span, "bans.build.bypass has an absolute path".to_owned(), "write the path relative to the crate");
        }
        let sums = allow.iter().filter_map(|p| p.entry("checksum")).chain(bypass.entry("build-script"));
        for sum in sums.filter(|e| e.node.text().is_some_and(|t| t.len() != 64 || !t.bytes().all(|b| b.is_ascii_hexdigit()))) {
            add(&sum.node.span, "bans.build.bypass has a checksum that is no SHA-256".to_owned(), "write the 64 hexadecimal digits of the file's SHA-256");
        }
    }
    out
}

/// The crate that an element of a list names, in any of its three forms.
pub(super) fn spec_of(node: &Node) -> Option<PackageSpec> {
    let text = |key: &str| node.entry(key).and_then(|e| e.node.text());
    if let Some(spec) = node.text().or_else(|| text("crate")) {
        return PackageSpec::parse(spec).ok();
    }
    PackageSpec::parts(text("name")?, text("version")).ok()
}

#[cfg(test)]
#[path = "generation_tests.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
