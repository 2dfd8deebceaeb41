//! SARIF 2.1.0, as GitHub code scanning takes it: within its limits, with a line for each result, a fingerprint that
//! survives edits, and no line of a source, which might hold a secret.
//!
//! Each finding is one of: a result; a notification, where it has no place that could be shown; or counted in the
//! run's properties as left out. The properties hold the totals, too.

use super::escape::{cut, json, uri};
use super::rule;
use super::share::{anchor, fails, plural, worst_first};
use super::stated;
use super::waivers::emergencies;
use crate::check::Report;
use crate::check::controls::{Control, Own};
use crate::check::gate::{Level, Totals};
use crate::finding::{Finding, Kind, Rule, Severity, Verdict};
use crate::source::{Position, Sources, folder_of};
use crate::spec::scalar::format_date;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// More results than these, and GitHub refuses the file.
const MOST_RESULTS: usize = 25_000;
/// Bytes of all results: far below 10 MB once compressed (measured: 3 % to 10 % of it).
const MOST_BYTES: usize = 48 << 20;
/// Places beside the main one.
const MOST_RELATED: usize = 20;
/// GitHub cuts texts of rules here.
const MOST_TEXT: usize = 1_000;

/// Tags of a rule: GitHub keeps ten.
const MOST_TAGS: usize = 10;
/// Characters of a tag.
const MOST_TAG: usize = 60;
/// Controls of a result.
const MOST_CONTROLS: usize = 20;
/// Characters of a rule's help with its examples.
const MOST_HELP: usize = 8_000;

/// The rules that results name, in the order in which they come.
#[derive(Default)]
struct Rules<'r> {
    /// Controls that the specs name.
    own: Vec<&'r Own>,
    known: Vec<Described>,
    index: HashMap<&'static str, usize>,
}

/// A rule, and what is known of it by the results that name it.
struct Described {
    rule: &'static Rule,
    is_vulnerability: bool,
    is_decided: bool,
    is_of_file: bool,
    targets: Vec<&'static str>,
}

/// The whole log.
pub(super) fn report(report: &Report, sources: &Sources) -> String {
    let mut rules = Rules { own: report.singles().iter().flat_map(|single| &single.own_controls).collect(), ..Rules::default() };
    let (mut results, mut notifications) = (Vec::new(), Vec::new());
    let (mut accepted, mut stricter, mut cut_off, mut bytes) = (0, 0, 0, 0);
    for finding in worst_first(report) {
        let level = report.level(finding);
        match anchor(finding, sources) {
            _ if level == Level::Accepted => accepted += 1,
            // Nothing to mend: an alert that would stay open for ever.
            _ if level == Level::Note && finding.rule == &crate::compare::STRICTER => stricter += 1,
            _ if results.len() >= MOST_RESULTS || bytes > MOST_BYTES => cut_off += 1,
            None => notifications.push(notification(report, finding, &mut rules)),
            Some(at) => {
                let result = result(report, finding, at, sources, &mut rules);
                bytes += result.len();
                results.push(result);
            }
        }
    }
    if cut_off > 0 {
        let text = format!(
            "{} of {} left out, the least important ones: GitHub refuses more than {MOST_RESULTS} results. All are in the JSON report.",
            plural(cut_off, "finding"),
            report.findings.len()
        );
        notifications.push(json!({ "level": "warning", "message": { "text": text }, "properties": { "cut": cut_off } }));
    }
    notifications.extend(emergencies(report).iter().map(|text| json!({ "level": "warning", "message": { "text": format!("{}.", message(text)) } })));
    let totals = report.totals();
    let exit = report.exit();
    let run = json!({
        "tool": { "driver": {
            "name": "secgen",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": home(),
            "rules": rules.known.iter().map(|known| descriptor(known, &rules.own)).collect::<Vec<_>>(),
        } },
        "automationDetails": { "id": category(report) },
        "invocations": [{ "executionSuccessful": exit < 2, "exitCode": exit, "toolExecutionNotifications": notifications }],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "command": report.command,
            "date": format_date(report.date),
            "gate": report.gate_name(),
            "floor": report.floor_in_force().map(|floor| &floor.path),
            "reportedOnly": report.reported_at(),
            "specs": report.singles().iter().filter_map(spec).collect::<Vec<_>>(),
            "totals": counted(totals),
            "stated": stated::rows(report, sources).iter().map(|row| json!({
                "intent": row.check.intent, "environment": row.check.env, "verdict": row.check.verdict.name(), "by": row.stated.by,
                "date": row.stated.date, "until": row.stated.until, "evidence": row.stated.evidence, "sha256": row.sha256,
            })).collect::<Vec<_>>(),
            "omitted": { "accepted": accepted, "stricter": stricter, "cut": cut_off },
        },
    });
    let mut log = json!({ "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run] });
    // A result a line: serialised once already, for their size.
    log["runs"][0]["results"] = json!([]);
    let text = serde_json::to_string(&log).unwrap_or_default();
    let (head, tail) = text.rsplit_once("[]").unwrap_or_default();
    json(&format!("{head}[\n{}\n]{tail}", results.join(",\n")))
}

/// What tells logs of one commit apart: code scanning takes the newer one of a category for the older one's successor.
fn category(report: &Report) -> String {
    let folder = report.spec.as_ref().filter(|s| !s.path.starts_with("secgen:")).map(|s| folder_of(&s.path)).unwrap_or_default();
    match folder {
        // No folder's name: `secgen/workspace/` could be one.
        _ if report.is_workspace => "secgen-workspace/".to_owned(),
        "" => "secgen/".to_owned(),
        folder => format!("secgen/{}/", uri(folder)),
    }
}

fn counted(totals: Totals) -> Value {
    json!({ "error": totals.errors, "failure": totals.failures, "warning": totals.warnings, "note": totals.notes, "accepted": totals.accepted })
}

/// A spec, and what it came to.
fn spec(single: &Report) -> Option<Value> {
    Some(json!({ "path": single.spec_path()?, "exit": single.exit(), "gate": single.gate_name(), "totals": counted(single.totals()) }))
}

/// The page of a rule: in the repository, or as the registry shows the packed sources.
fn page(rule: &Rule) -> String {
    let (repository, version, name) = (env!("CARGO_PKG_REPOSITORY").trim_end_matches('/'), env!("CARGO_PKG_VERSION"), rule.name);
    if repository.is_empty() {
        format!("https://docs.rs/crate/secgen/{version}/source/docs/rules/{name}.md")
    } else {
        format!("{repository}/blob/v{version}/docs/rules/{name}.md")
    }
}

/// Where the program comes from, as the package says.
fn home() -> &'static str {
    let said = [env!("CARGO_PKG_HOMEPAGE"), env!("CARGO_PKG_REPOSITORY")];
    said.into_iter().find(|url| !url.is_empty()).unwrap_or("https://crates.io/crates/secgen")
}

impl Rules<'_> {
    fn index(&mut self, finding: &Finding) -> usize {
        let index = *self.index.entry(finding.rule.name).or_insert_with(|| {
            self.known.push(Described { rule: finding.rule, is_vulnerability: false, is_decided: false, is_of_file: false, targets: Vec::new() });
            self.known.len() - 1
        });
        let known = &mut self.known[index];
        known.is_vulnerability |= matches!(finding.kind, Kind::Verdict(Verdict::Weaker | Verdict::Absent | Verdict::Incomparable));
        known.is_decided |= finding.kind != Kind::Verdict(Verdict::Unverifiable);
        known.is_of_file |= matches!(finding.kind, Kind::File(_));
        if let Some(target) = finding.target.filter(|t| !t.is_empty() && !known.targets.contains(t)) {
            known.targets.push(target);
        }
        index
    }
}

fn descriptor(known: &Described, own: &[&Own]) -> Value {
    let rule = known.rule;
    let controls = rule::controls_of(rule, own);
    let mut tags: Vec<String> = if known.is_vulnerability { vec!["security".to_owned(), "drift".to_owned()] } else { vec!["drift".to_owned()] };
    tags.extend(known.targets.iter().map(|target| (*target).to_owned()));
    let said: Vec<String> = controls.iter().map(tag).filter(|tag| tag.chars().count() <= MOST_TAG).collect();
    for tag in said {
        if tags.len() < MOST_TAGS && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let see = format!("See it with `secgen explain {}`.", rule.name);
    let mut properties = json!({ "tags": tags, "precision": if known.is_decided { "very-high" } else { "low" } });
    // Scores are for vulnerabilities: a stale file is none, and what cannot be told may be none.
    let score = match rule.severity {
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("3.0"),
        Severity::Info => None,
    };
    if let Some(score) = score.filter(|_| known.is_vulnerability) {
        properties["security-severity"] = json!(score);
    } else {
        properties["problem.severity"] = json!(if rule.severity >= Severity::Medium { "warning" } else { "recommendation" });
    }
    let level = match rule.severity {
        Severity::High if !known.is_of_file => "error",
        Severity::Info => "note",
        _ => "warning",
    };
    json!({
        "id": rule.name,
        "name": pascal(rule.name),
        "shortDescription": { "text": cut(rule.title, MOST_TEXT) },
        "fullDescription": { "text": cut(rule.explain, MOST_TEXT) },
        "help": { "text": format!("{} See it with: secgen explain {}", rule.explain, rule.name), "markdown": cut(&format!("{}\n{see}\n", rule::help(rule, &controls)), MOST_HELP) },
        "helpUri": page(rule),
        "defaultConfiguration": { "level": level },
        "properties": properties,
    })
}

/// A control as a tag: `nist-800-53/SC-8(1)`.
fn tag(control: &Control) -> String {
    format!("{}/{}", control.framework, control.id)
}

/// `header-cut-by-location` as `HeaderCutByLocation`.
fn pascal(name: &str) -> String {
    let upper = |word: &str| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect::<String>();
    name.split('-').map(upper).collect()
}

/// Files that are not as rendered, and what cannot be told, are warnings also where they fail the gate.
fn level_name(finding: &Finding, level: Level) -> &'static str {
    match (level, finding.kind) {
        (Level::Error, _) => "error",
        (Level::Failure, Kind::File(_) | Kind::Verdict(Verdict::Unverifiable) | Kind::Warning) => "warning",
        (_, Kind::Note) | (Level::Note, _) => "note",
        (level, _) => {
            if fails(level) {
                "error"
            } else {
                "warning"
            }
        }
    }
}

/// Text of a message: a bracket of ours or of a file must not become a link.
fn message(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in cut(text, MOST_TEXT).chars() {
        if matches!(c, '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn physical(path: &str, at: Position) -> Value {
    json!({ "artifactLocation": { "uri": uri(path) },
        "region": { "startLine": at.line, "startColumn": at.column, "endLine": at.end_line, "endColumn": at.end_column } })
}

fn result(report: &Report, finding: &Finding, (path, at): (&str, Position), sources: &Sources, rules: &mut Rules<'_>) -> String {
    let level = report.level(finding);
    let mut text = message(&finding.message);
    let mut related = Vec::new();
    let mut add = |span: crate::source::Span, words: &str| {
        if related.len() < MOST_RELATED {
            let id = related.len() + 1;
            let at = physical(&sources.get(span.source).path, sources.position(span));
            related.push(json!({ "id": id, "physicalLocation": at, "message": { "text": message(words) } }));
        }
    };
    if let Some(spec) = finding.spec.filter(|_| finding.primary.is_some()) {
        add(spec, "required here");
        text.push_str(". Required by [the spec](1)");
    }
    for label in &finding.related {
        add(label.span, if label.message.is_empty() { "see here" } else { &label.message });
    }
    for also in &finding.also {
        if let Some(label) = &also.at {
            add(label.span, also.place.as_deref().unwrap_or("here too"));
        }
    }
    if let Some(help) = finding.help.first() {
        text.push_str(". To mend it: ");
        text.push_str(&message(help));
    }
    text.push('.');
    let mut result = Map::new();
    result.insert("ruleId".to_owned(), json!(finding.rule.name));
    result.insert("ruleIndex".to_owned(), json!(rules.index(finding)));
    result.insert("level".to_owned(), json!(level_name(finding, level)));
    result.insert("message".to_owned(), json!({ "text": text }));
    result.insert("locations".to_owned(), json!([{ "physicalLocation": physical(path, at) }]));
    if !related.is_empty() {
        result.insert("relatedLocations".to_owned(), json!(related));
    }
    let print = &finding.fingerprint;
    result.insert("partialFingerprints".to_owned(), json!({ "primaryLocationLineHash": format!("{print}:1"), "secgen/v1": print }));
    result.insert("properties".to_owned(), properties(report, finding));
    serde_json::to_string(&result).unwrap_or_default()
}

/// What the finding is, for programs; only what is known.
fn properties(report: &Report, finding: &Finding) -> Value {
    let state = match finding.kind {
        Kind::Verdict(verdict) => Some(verdict.name()),
        Kind::File(state) => Some(state.name()),
        _ => None,
    };
    let short = |text: &Option<String>| text.as_deref().map(|t| cut(t, 200).into_owned());
    let all = [
        ("level", Some(report.level(finding).name().to_owned())),
        ("spec", finding.spec_path.clone().filter(|_| report.is_workspace)),
        ("state", state.map(str::to_owned)),
        ("intent", finding.intent.clone()),
        ("env", finding.env.clone()),
        ("target", finding.target.map(str::to_owned)),
        ("place", finding.place.clone()),
        ("expected", short(&finding.expected)),
        ("found", short(&finding.found)),
        ("waiver", finding.disposition.waiver().map(str::to_owned)),
    ];
    let mut properties: Map<_, _> = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.filter(|v| !v.is_empty())?)))).collect();
    let controls: Vec<Value> = report.controls_of(finding).iter().take(MOST_CONTROLS).map(|c| json!(cut(&tag(c), MOST_TAG))).collect();
    if !controls.is_empty() {
        properties.insert("controls".to_owned(), controls.into());
    }
    properties.into()
}

/// A finding without a place that could be shown.
fn notification(report: &Report, finding: &Finding, rules: &mut Rules<'_>) -> Value {
    let help = finding.help.first().map(|h| format!(". To mend it: {}", message(h))).unwrap_or_default();
    json!({
        "level": level_name(finding, report.level(finding)),
        "message": { "text": format!("{}{help}.", message(&finding.message)) },
        "associatedRule": { "id": finding.rule.name, "index": rules.index(finding) },
        "properties": properties(report, finding),
    })
}
