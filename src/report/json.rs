//! The JSON report, `secgen-report/1` (design section 9). Its schema is published in `schemas/`.

use super::escape;
use crate::check::gate::{Level, Said};
use crate::check::{Intents, Report};
use crate::finding::{Finding, Kind, Label};
use crate::render::header;
use crate::source::Sources;
use crate::spec::scalar::format_date;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything that a run found. New fields may be added within `secgen-report/1`; none is removed or changes its
/// meaning.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "secgen report", deny_unknown_fields)]
struct Json {
    /// Always `secgen-report/1`.
    schema: &'static str,
    /// The version of secgen.
    secgen: &'static str,
    /// The commit that was checked, where known.
    revision: Option<String>,
    /// The day on which dates were judged, UTC.
    date: String,
    /// The command.
    command: &'static str,
    /// The gate in force; mixed where specs of a workspace have several.
    gate: &'static str,
    /// Where the gate comes from and where it differs; empty for the default.
    gate_from: Vec<GateFrom>,
    /// The exit code.
    exit: u8,
    /// The waivers that decided about findings, emergencies first.
    waivers: Vec<JsonWaiver>,
    /// The spec; null where it could not be read, and with --workspace.
    spec: Option<Spec>,
    /// Every spec of the run, those that could not be used included.
    specs: Vec<SpecResult>,
    /// The minimum that the specs were held to; null without --floor.
    floor: Option<Floor>,
    /// Paths that findings were reported of; empty where of all.
    limited_to: Vec<String>,
    /// Files that were read in full.
    sources: Vec<Source>,
    /// What decides something and was not read.
    not_examined: Vec<NotExamined>,
    /// Counts.
    summary: Summary,
    /// Everything that is not fine.
    findings: Vec<JsonFinding>,
    /// Every verdict, passes included.
    checks: Vec<JsonCheck>,
}

/// A part of the gate, and where it is set.
#[derive(Debug, Serialize, JsonSchema)]
struct GateFrom {
    /// `none for postgres until 2027-01-31`.
    words: String,
    /// The spec's line; null for the command line.
    at: Option<Point>,
}

/// A waiver that decided about findings.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonWaiver {
    /// Its name, as `waiver` of findings has it.
    id: String,
    /// waiver, emergency or baseline.
    kind: &'static str,
    /// The rule whose findings it accepts.
    rule: String,
    /// The bound.
    accepts: String,
    /// Why.
    reason: String,
    /// Who answers for it.
    owner: String,
    /// Who agreed to it.
    approved_by: Option<String>,
    /// Where the work is tracked.
    ticket: Option<String>,
    /// The day on which it was made, UTC.
    created: String,
    /// The last day on which it holds, UTC.
    until: String,
    /// Days until it ends: 0 on its last day, less where it has ended.
    days_left: i64,
    /// Findings that it decided about, each place counted.
    findings: usize,
    /// Where it stands.
    location: Point,
}

/// The spec that was checked.
#[derive(Debug, Serialize, JsonSchema)]
struct Spec {
    /// Its path, or the name of the built-in profile.
    path: String,
    /// Digest of its text.
    sha256: String,
    /// The environments that were looked at; empty where it declares none.
    environments: Vec<String>,
}

/// What came of one spec.
#[derive(Debug, Serialize, JsonSchema)]
struct SpecResult {
    /// Its path, or the name of the built-in profile.
    path: String,
    /// Digest of its text; null where it could not be used.
    sha256: Option<String>,
    /// The service's name; null where the spec could not be used.
    service: Option<String>,
    /// The environments that were looked at.
    environments: Vec<String>,
    /// The gate in force for it.
    gate: &'static str,
    /// The exit code of this spec alone.
    exit: u8,
    /// Intents that were looked at.
    intents: usize,
    /// Intents that were shown to be in force.
    verified: usize,
    /// Findings.
    findings: usize,
}

/// A minimum from outside.
#[derive(Debug, Serialize, JsonSchema)]
struct Floor {
    /// Its path, or the name of the built-in profile.
    path: String,
    /// Digest of its text.
    sha256: String,
}

/// A file that was read in full.
#[derive(Debug, Serialize, JsonSchema)]
struct Source {
    /// Its path.
    path: String,
    /// The target that read it; `tasks` for the log of tasks, `evidence` for what a statement rests on.
    kind: &'static str,
    /// Digest of its bytes.
    sha256: String,
}

/// What decides something and was not read.
#[derive(Debug, Serialize, JsonSchema)]
struct NotExamined {
    /// A file or a layer.
    what: String,
    /// Why it was not read.
    why: String,
}

/// Counts.
#[derive(Debug, Serialize, JsonSchema)]
struct Summary {
    /// Findings by level: error, failure, warning, note, accepted; a level without any is there with 0.
    levels: BTreeMap<&'static str, usize>,
    /// Checks by verdict.
    verdicts: BTreeMap<&'static str, usize>,
    /// Rendered files by state.
    files: BTreeMap<&'static str, usize>,
    /// Intents that were looked at; an intent of two environments counts twice.
    intents: usize,
    /// Intents that were shown to be in force at every place that was looked at.
    verified: usize,
    /// Intents that a person states, because no file shows them; never among `verified`.
    attested: usize,
    /// Intents that were met in captured responses, which are no proof for others; never among `verified` by that.
    observed: usize,
    /// Findings that were waived.
    waived: usize,
}

/// One thing that is not fine.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonFinding {
    /// The kind of problem.
    rule: &'static str,
    /// The spec key.
    intent: Option<String>,
    /// The environment.
    env: Option<String>,
    /// The target.
    target: Option<&'static str>,
    /// Where the fact holds; for files, the path.
    place: Option<String>,
    /// How the fact stands to the intent; null for findings on files and inputs.
    verdict: Option<&'static str>,
    /// The state of a rendered file; null for others.
    state: Option<&'static str>,
    /// Why.
    cause: Option<&'static str>,
    /// error, failure, warning, note or accepted.
    level: &'static str,
    /// high, medium, low or info.
    severity: String,
    /// open, waived, expired-waiver or baseline.
    disposition: &'static str,
    /// What is wrong.
    message: String,
    /// What the policy requires.
    expected: Option<String>,
    /// What is in force.
    found: Option<String>,
    /// Ways out.
    help: Vec<String>,
    /// The main place.
    location: Option<Location>,
    /// Other places that matter.
    related: Vec<Related>,
    /// Where the policy requires it.
    spec: Option<Point>,
    /// The spec that it is about; null for what is about none, or several.
    spec_path: Option<String>,
    /// Further intents and places of the same cause.
    also: Vec<JsonAlso>,
    /// Controls that it has to do with.
    controls: Vec<JsonControl>,
    /// The waiver's id.
    waiver: Option<String>,
    /// Stable name of this finding, its own within a report: it holds no line number and no value that the policy decides
    /// about. What no key of the spec is about is named by the line that it points at, its secrets masked.
    fingerprint: String,
}

/// A control of a framework.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonControl {
    /// owasp-asvs, nist-800-53, pci-dss, cis-postgresql, or a name of the spec's own.
    framework: String,
    /// The edition; empty where the spec gives none.
    version: String,
    /// Its number.
    id: String,
    /// implements, supports or related: a finding or a pass never satisfies a control by itself.
    relation: &'static str,
    /// Why it is named.
    rationale: String,
    /// Who names it: secgen or spec.
    named_by: &'static str,
}

/// An intent at a place that a finding stands for too.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonAlso {
    /// The spec key.
    intent: Option<String>,
    /// Where the fact holds.
    place: Option<String>,
    /// What the policy requires.
    expected: Option<String>,
    /// The deciding line.
    location: Option<Location>,
}

/// A range in a file; lines and columns from 1. Without a range (a missing file) only the path is given.
#[derive(Debug, Serialize, JsonSchema)]
struct Location {
    /// The file.
    path: String,
    /// First line.
    line: Option<usize>,
    /// First column, in characters.
    column: Option<usize>,
    /// Last line.
    end_line: Option<usize>,
    /// Column after the last character.
    end_column: Option<usize>,
    /// Where that line stands in a file that holds several, such as the output of `nginx -T`; else null.
    within: Option<Within>,
}

/// A line of a file that holds several.
#[derive(Debug, Serialize, JsonSchema)]
struct Within {
    /// The file.
    path: String,
    /// Its line.
    line: usize,
}

/// A further place with words to it.
#[derive(Debug, Serialize, JsonSchema)]
struct Related {
    /// The file.
    path: String,
    /// Line.
    line: usize,
    /// Column.
    column: usize,
    /// What about it.
    message: String,
}

/// A point in the spec.
#[derive(Debug, Serialize, JsonSchema)]
struct Point {
    /// The file.
    path: String,
    /// Line.
    line: usize,
    /// Column.
    column: usize,
}

/// One verdict.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonCheck {
    /// The spec key.
    intent: String,
    /// The spec that asks for it.
    spec_path: Option<String>,
    /// The environment.
    env: Option<String>,
    /// The target; empty where none carries it.
    target: &'static str,
    /// Where.
    place: String,
    /// How the fact stands to the intent.
    verdict: &'static str,
    /// Why.
    cause: &'static str,
    /// The deciding line.
    location: Option<Location>,
    /// What a person states, where no file shows it; else null. It never counts as verified.
    stated: Option<JsonStated>,
}

/// What a person states.
#[derive(Debug, Serialize, JsonSchema)]
struct JsonStated {
    /// Who.
    by: String,
    /// The day on which they looked or did it, UTC.
    date: String,
    /// The last day on which it counts, UTC.
    until: String,
    /// A file inside the root, or an https link, which nobody fetched.
    evidence: Option<String>,
    /// Digest of that file; null for a link.
    sha256: Option<String>,
}

/// The published schema of the report.
#[must_use]
pub fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft07().for_serialize();
    serde_json::to_value(settings.into_generator().into_root_schema_for::<Json>()).unwrap_or_default()
}

fn location(label: &Label, sources: &Sources) -> Location {
    let p = sources.position(label.span);
    Location {
        path: sources.get(label.span.source).path.clone(),
        line: Some(p.line),
        column: Some(p.column),
        end_line: Some(p.end_line),
        end_column: Some(p.end_column),
        within: sources.place_in_whole(label.span).map(|(path, line)| Within { path: path.to_owned(), line }),
    }
}

fn point(span: crate::source::Span, sources: &Sources) -> Point {
    let p = sources.position(span);
    Point { path: sources.get(span.source).path.clone(), line: p.line, column: p.column }
}

fn finding(report: &Report, f: &Finding, sources: &Sources) -> JsonFinding {
    let verdict = match f.kind {
        Kind::Verdict(v) => Some(v.name()),
        Kind::Note if f.rule == &crate::compare::STRICTER => Some("stricter"),
        _ => None,
    };
    JsonFinding {
        rule: f.rule.name,
        intent: f.intent.clone(),
        env: f.env.clone(),
        target: f.target,
        place: f.place.clone(),
        verdict,
        state: if let Kind::File(state) = f.kind { Some(state.name()) } else { None },
        cause: f.cause.map(crate::finding::Cause::name),
        level: report.level(f).name(),
        severity: format!("{:?}", f.rule.severity).to_lowercase(),
        disposition: f.disposition.name(),
        message: f.message.clone(),
        expected: f.expected.clone(),
        found: f.found.clone(),
        help: f.help.clone(),
        location: f.primary.as_ref().map(|l| location(l, sources)).or_else(|| {
            let path = f.path.clone()?;
            Some(Location { path, line: None, column: None, end_line: None, end_column: None, within: None })
        }),
        related: f
            .related
            .iter()
            .map(|l| {
                let p = sources.position(l.span);
                Related { path: sources.get(l.span.source).path.clone(), line: p.line, column: p.column, message: l.message.clone().into_owned() }
            })
            .collect(),
        spec: f.spec.map(|span| point(span, sources)),
        spec_path: f.spec_path.clone(),
        also: f
            .also
            .iter()
            .map(|also| JsonAlso {
                intent: also.intent.clone(),
                place: also.place.clone(),
                expected: also.expected.clone(),
                location: also.at.as_ref().map(|l| location(l, sources)),
            })
            .collect(),
        controls: report
            .controls_of(f)
            .into_iter()
            .map(|c| JsonControl {
                framework: c.framework,
                version: c.version,
                id: c.id,
                relation: c.relation,
                rationale: c.rationale,
                named_by: if c.is_own { "spec" } else { "secgen" },
            })
            .collect(),
        waiver: f.disposition.waiver().map(str::to_owned),
        fingerprint: f.fingerprint.clone(),
    }
}

fn waiver(used: &crate::check::UsedWaiver, today: i64, sources: &Sources) -> JsonWaiver {
    JsonWaiver {
        id: used.id.clone(),
        kind: used.kind.name(),
        rule: used.rule.clone(),
        accepts: used.accepts.clone(),
        reason: used.reason.clone(),
        owner: used.owner.clone(),
        approved_by: used.approved_by.clone(),
        ticket: used.ticket.clone(),
        created: used.created.to_string(),
        until: used.until.to_string(),
        days_left: used.days_left(today),
        findings: used.findings,
        location: point(used.position, sources),
    }
}

/// What every gate of the report says, each thing once.
fn gate_from(report: &Report) -> Vec<Said> {
    let mut all: Vec<Said> = Vec::new();
    for said in report.singles().iter().flat_map(|single| single.gate.said()) {
        if !all.contains(&said) {
            all.push(said);
        }
    }
    all
}

fn spec_result(report: &Report, sources: &Sources) -> Option<SpecResult> {
    let Intents { all, verified, .. } = report.intents();
    let spec = report.spec.as_ref();
    Some(SpecResult {
        path: report.spec_path()?.to_owned(),
        sha256: spec.map(|s| header::digest(sources.get(s.id).bytes())),
        service: spec.map(|s| s.service.clone()),
        environments: spec.map(|s| s.environments.clone()).unwrap_or_default(),
        gate: report.gate.name(),
        exit: report.exit(),
        intents: all,
        verified,
        findings: report.findings.len(),
    })
}

/// The whole report, one line a field, with a line end.
#[must_use]
pub fn report(report: &Report, sources: &Sources) -> String {
    let totals = report.totals();
    let Intents { all: intents, verified, attested, observed, .. } = report.intents();
    let sha256 = |id| header::digest(sources.get(id).bytes());
    let json = Json {
        schema: "secgen-report/1",
        secgen: env!("CARGO_PKG_VERSION"),
        revision: None,
        date: format_date(report.date),
        command: report.command,
        gate: report.gate_name(),
        gate_from: gate_from(report).into_iter().map(|said| GateFrom { at: said.at.map(|span| point(span, sources)), words: said.words }).collect(),
        exit: report.exit(),
        waivers: report.waivers.iter().map(|used| waiver(used, report.date, sources)).collect(),
        spec: report.spec.as_ref().map(|s| Spec { path: s.path.clone(), sha256: sha256(s.id), environments: s.environments.clone() }),
        specs: report.singles().iter().filter_map(|single| spec_result(single, sources)).collect(),
        floor: report.floor_in_force().map(|f| Floor { path: f.path.clone(), sha256: sha256(f.id) }),
        limited_to: report.reported_at().to_vec(),
        sources: report.sources.iter().map(|(id, kind)| Source { path: sources.get(*id).path.clone(), kind, sha256: sha256(*id) }).collect(),
        not_examined: report.not_examined.iter().map(|(what, why)| NotExamined { what: what.clone(), why: why.clone() }).collect(),
        summary: Summary {
            levels: [
                (Level::Error, totals.errors),
                (Level::Failure, totals.failures),
                (Level::Warning, totals.warnings),
                (Level::Note, totals.notes),
                (Level::Accepted, totals.accepted),
            ]
            .map(|(level, n)| (level.name(), n))
            .into(),
            verdicts: report.verdicts().into_iter().map(|(v, n)| (v.name(), n)).collect(),
            files: report.states().into_iter().map(|(s, n)| (s.name(), n)).collect(),
            intents,
            verified,
            attested,
            observed,
            waived: totals.accepted,
        },
        findings: report.findings.iter().map(|f| finding(report, f, sources)).collect(),
        checks: report
            .singles()
            .iter()
            .flat_map(|single| single.checks.iter().map(|check| (single.spec_path(), check)))
            .map(|(spec, c)| JsonCheck {
                spec_path: spec.map(str::to_owned),
                intent: c.intent.clone(),
                env: c.env.clone(),
                target: c.target,
                place: c.place.clone(),
                verdict: c.verdict.name(),
                cause: c.cause.name(),
                location: c.location.as_ref().map(|l| location(l, sources)),
                stated: c.stated.as_ref().map(|s| JsonStated {
                    by: s.by.clone(),
                    date: s.date.to_string(),
                    until: s.until.to_string(),
                    evidence: s.evidence.clone(),
                    sha256: s.file.map(sha256),
                }),
            })
            .collect(),
    };
    // Serialising plain data into memory cannot fail.
    serde_json::to_string_pretty(&json).map(|text| escape::json(&text)).unwrap_or_default()
}
