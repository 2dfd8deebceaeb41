//! Settings of a hand-written `deny.toml` that take something out of the checks and that no intent speaks of.

use super::deny::{CRATES_IO, DenyFile, READER};
use super::generation::{period_seconds, shown};
use super::package::normal_url;
use super::rules;
use super::tree::{Entry, Kind, Node};
use crate::finding::{Cause, Finding, Kind as FindingKind, Verdict};
use crate::policy::Policy;
use crate::source::Span;
use crate::strictness::Value;

/// 90 days, cargo-deny's own limit for the age of the advisory database, in seconds.
const NINETY_DAYS: f64 = 90.0 * 86_400.0;

struct Scan<'a> {
    policy: &'a Policy,
    file: &'a DenyFile<'a>,
    path: &'a str,
    findings: Vec<Finding>,
}

/// Findings about the file as a whole.
pub(super) fn findings(policy: &Policy, file: &DenyFile<'_>, path: &str) -> Vec<Finding> {
    let mut scan = Scan { policy, file, path, findings: Vec::new() };
    if policy.intents.iter().any(|i| i.key.starts_with("dependencies.")) {
        scan.left_out();
        scan.narrowed();
        scan.sources();
    }
    scan.reasons();
    scan.findings
}

impl Scan<'_> {
    fn span(&self, range: &std::ops::Range<usize>) -> Span {
        Span::new(self.file.id, range.start, range.end)
    }

    /// `what` tells findings of one rule apart, for whoever accepts one of them: a key, or what a list names.
    fn push(&mut self, finding: Finding, span: Span, label: &'static str, help: String, what: &str) {
        let mut finding = finding.at(span, label).help(help);
        finding.target = Some("cargo");
        finding.place = Some(if what.is_empty() { self.file.place.clone() } else { format!("{} > {what}", self.file.place) });
        self.findings.push(finding);
    }

    fn left_out(&mut self) {
        let file = self.file;
        if let Some(entry) = file.entry("graph", "exclude").filter(|e| !e.node.elements().is_empty()) {
            let all = entry.node.elements();
            let names: Vec<String> = all.iter().filter_map(Node::text).map(shown).take(10).chain((all.len() > 10).then(|| "…".to_owned())).collect();
            self.weaker(entry, format!("{} left out of every check: {}", count(all.len(), "crate is", "crates are"), names.join(", ")), "delete graph.exclude");
        }
        if let Some(entry) = file.entry("graph", "exclude-unpublished").filter(|e| e.node.boolean() == Some(true)) {
            self.weaker(entry, "crates of the workspace with `publish = false` are left out of every check".to_owned(), "delete graph.exclude-unpublished");
        }
    }

    fn weaker(&mut self, entry: &Entry, message: String, help: &str) {
        let mut finding = Finding::new(&rules::LEFT_OUT, FindingKind::Verdict(Verdict::Weaker), message);
        finding.cause = Some(Cause::Shadowed);
        finding.found = Some(entry.key.clone());
        finding.spec = self.policy.origin("dependencies");
        self.push(
            finding,
            self.span(&entry.key_span),
            "what this names is not looked at",
            format!("{help}, so that the policy holds for every crate"),
            &entry.key,
        );
    }

    fn narrow(&mut self, entry: &Entry, message: String) {
        let help = format!("delete {}: without it {READER} looks at more", entry.key);
        self.push(Finding::warning(&rules::NARROWED, message), self.span(&entry.key_span), "", help, &entry.key);
    }

    fn narrowed(&mut self) {
        let file = self.file;
        let flags = [
            ("graph", "exclude-dev", true, "dev-dependencies are left out of every check"),
            ("graph", "no-default-features", true, "what default features bring in is left out of every check"),
            ("licenses", "include-build", false, "licences of build dependencies are not checked"),
        ];
        for (table, key, loose, message) in flags {
            if let Some(entry) = file.entry(table, key).filter(|e| e.node.boolean() == Some(loose)) {
                self.narrow(entry, message.to_owned());
            }
        }
        if let Some(entry) = file.entry("licenses", "confidence-threshold")
            && let Kind::Float(number) = entry.node.kind
            && number < 0.8
        {
            self.narrow(entry, format!("a licence text counts as recognised from {number} on, below cargo-deny's 0.8"));
        }
        if let Some(entry) = file.entry("advisories", "maximum-db-staleness")
            && entry.node.text().is_some_and(|t| period_seconds(t).is_ok_and(|s| s > NINETY_DAYS))
        {
            self.narrow(entry, "an advisory database older than cargo-deny's 90 days is accepted".to_owned());
        }
        self.platforms();
        if let Some(entry) = file.entry("advisories", "unused-ignored-advisory").filter(|e| e.node.text() == Some("allow")) {
            self.narrow(entry, "an ignored advisory stays ignored when nothing needs it any more".to_owned());
        }
        if let Some(entry) = file.root.find(&["bans", "build", "executables"]).filter(|e| matches!(e.node.text(), Some("allow" | "warn"))) {
            self.narrow(entry, "compiled programs in crates that run at build time pass".to_owned());
        }
        if let Some(entry) = file.root.find(&["bans", "build", "bypass"]).filter(|e| !e.node.elements().is_empty()) {
            let crates = count(entry.node.elements().len(), "crate", "crates");
            self.narrow(entry, format!("bans.build.bypass lets files of {crates} pass the check of what runs at build time"));
        }
        self.licences();
        // With a reach in the policy this counts against it.
        let reach = ["unmaintained", "unsound"].iter().any(|key| self.policy.intent(&format!("dependencies.advisories.{key}")).is_some());
        if let Some(entry) = file.entry("advisories", "db-urls").filter(|e| !reach && !super::deny::has_rustsec(e)) {
            self.narrow(entry, "advisories come from another database than RustSec's".to_owned());
        }
        let several = self.policy.intent("dependencies.bans.multiple_versions").is_some_and(|i| matches!(&i.value, Value::Level(l) if l.word == "deny"));
        for key in ["skip", "skip-tree"] {
            if let Some(entry) = file.entry("bans", key).filter(|e| several && !e.node.elements().is_empty()) {
                let crates = count(entry.node.elements().len(), "crate", "crates");
                self.narrow(entry, format!("bans.{key} lets {crates} have several versions"));
            }
        }
    }

    /// Platforms outside the list: what only they need is not looked at.
    fn platforms(&mut self) {
        let Some(entry) = self.file.entry("graph", "targets") else { return };
        let all = entry.node.elements();
        let name = |n: &Node| n.text().or_else(|| n.entry("triple").and_then(|e| e.node.text())).map(shown);
        let names: Vec<String> = all.iter().filter_map(name).take(5).chain((all.len() > 5).then(|| "…".to_owned())).collect();
        if !all.is_empty() {
            self.narrow(entry, format!("crates that only other platforms need are left out of every check: looked at is {}", names.join(", ")));
        }
    }

    /// What says which licence a crate has in place of its own texts.
    fn licences(&mut self) {
        let file = self.file;
        let unchecked = |n: &&Node| n.entry("license-files").is_none_or(|e| e.node.elements().is_empty());
        if let Some(entry) = file.entry("licenses", "clarify") {
            let names: Vec<String> =
                entry.node.elements().iter().filter(unchecked).filter_map(super::generation::spec_of).map(|s| shown(&s.to_string())).take(10).collect();
            if !names.is_empty() {
                let message = format!("licenses.clarify says the licence of {} without the hash of a text, whatever a later version brings", names.join(", "));
                self.narrow(entry, message);
            }
        }
        let private = |key: &str| file.root.find(&["licenses", "private", key]);
        let is_on = private("ignore").and_then(|e| e.node.boolean()) == Some(true);
        // With licences in the policy `ignore-sources` counts as elements of theirs.
        let listed = self.policy.intent("dependencies.licenses.allow").is_some();
        for (key, message) in [
            ("ignore-sources", "licences of all crates from these sources are not checked"),
            ("registries", "licences of workspace crates that are published to these registries are not checked"),
        ] {
            if let Some(entry) = private(key).filter(|e| is_on && !e.node.elements().is_empty() && !(listed && key == "ignore-sources")) {
                self.narrow(entry, message.to_owned());
            }
        }
    }

    /// Places that crates may come from beside those that the policy speaks of.
    fn sources(&mut self) {
        let file = self.file;
        let has = |key: &str| self.policy.intent(&format!("dependencies.sources.{key}")).is_some();
        let (registry, git, list) = (has("unknown_registry"), has("unknown_git"), has("allow_git"));
        if let Some(entry) = file.entry("sources", "allow-registry").filter(|_| registry) {
            let foreign = |n: &&Node| n.text().is_some_and(|t| !is_crates_io(t));
            for node in entry.node.elements().iter().filter(foreign) {
                let url = node.text().map(normal_url).unwrap_or_default();
                self.named(node, format!("crates of the registry {} pass, and the policy does not name it", shown(&url)));
            }
        }
        // With a list of repositories in the policy these count as its elements.
        if git && !list {
            for node in file.entry("sources", "allow-git").map(|e| e.node.elements()).unwrap_or_default() {
                let url = node.text().map(normal_url).unwrap_or_default();
                self.named(node, format!("crates of the repository {} pass, and the policy does not name it", shown(&url)));
            }
            let private = file.entry("sources", "private").map(|e| e.node.elements()).unwrap_or_default();
            for node in private {
                let url = node.text().map(normal_url).unwrap_or_default();
                self.named(node, format!("everything below {} passes, and the policy does not name it", shown(&url)));
            }
            for host in ["github", "gitlab", "bitbucket"] {
                let names = file.root.find(&["sources", "allow-org", host]).map(|e| e.node.elements()).unwrap_or_default();
                for node in names {
                    let name = node.text().map(shown).unwrap_or_default();
                    self.named(node, format!("every repository of the {host} organisation {name} passes, and the policy does not name it"));
                }
            }
        }
    }

    fn named(&mut self, node: &Node, message: String) {
        let help = "delete the element, or name the single repositories in dependencies.sources.allow_git of the spec".to_owned();
        self.push(Finding::warning(&rules::SOURCE_ALLOWED, message), self.span(&node.span), "", help, &node.text().map(shown).unwrap_or_default());
    }

    fn reasons(&mut self) {
        let elements = self.file.entry("advisories", "ignore").map(|e| e.node.elements()).unwrap_or_default();
        let bare = |n: &&Node| n.entry("reason").and_then(|e| e.node.text()).is_none_or(|t| t.trim().is_empty());
        let mut bare = elements.iter().filter(bare);
        let Some(first) = bare.next() else { return };
        let rest: Vec<&Node> = bare.collect();
        let message = format!("{} ignored without a reason in {}", count(1 + rest.len(), "advisory is", "advisories are"), self.path);
        let mut finding = Finding::warning(&rules::IGNORE_WITHOUT_REASON, message);
        for node in rest {
            finding = finding.see(self.span(&node.span), "nor does this");
        }
        let span = self.span(&first.span);
        self.push(finding, span, "this does not say why", "write { id = \"...\", reason = \"...\" } for each".to_owned(), "");
    }
}

/// Whether an address is that of crates.io, in any of the forms that cargo knows.
fn is_crates_io(url: &str) -> bool {
    let url = normal_url(url);
    url == CRATES_IO || url == "https://index.crates.io"
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
