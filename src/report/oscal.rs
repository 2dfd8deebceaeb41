//! OSCAL 1.1.2 assessment results: observations and nothing more. An examined file is evidence; that a control is
//! satisfied takes more than one setting in one file, so no control is ever said to be.
//!
//! Each verdict of an intent in a file is an observation, and each finding one of the type `finding`; waivers are
//! risks. Names are UUIDs of version 5: the same thing has the same name in each report.

use super::escape::{cut, json, uri};
use super::share::{Waiver, accepted_by, counts, outcome, waivers};
use crate::check::controls::{self, Control};
use crate::check::{Report, UsedWaiver};
use crate::compare::{Check, Stated};
use crate::finding::{Finding, Framework, Kind};
use crate::render::header;
use crate::source::{SourceId, Sources, Span};
use crate::spec::scalar::format_date;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Whose the properties are.
const NAMESPACE: &str = "https://secgen.invalid/ns/oscal";
/// How the text of a running server's answers is named.
const LIVE: &str = "live:";
/// Lines of evidence of one observation.
const MOST_EVIDENCE: usize = 50;
/// Characters of a text.
const MOST_TEXT: usize = 2_000;

/// Names for what one report is about.
struct Names {
    /// The spec: observations of two specs are not the same.
    about: String,
    seen: HashMap<String, usize>,
}

impl Names {
    fn new(report: &Report) -> Self {
        let about = match &report.spec {
            Some(spec) => format!("{}\u{1}{}", spec.path, spec.service),
            None if report.is_workspace => "workspace".to_owned(),
            None => report.spec_path().unwrap_or("no spec").to_owned(),
        };
        Self { about, seen: HashMap::new() }
    }

    /// A name for what the parts name; the second of that name is another thing.
    fn of(&mut self, parts: &[&str]) -> String {
        let text = format!("{NAMESPACE}\u{1}{}\u{1}{}", self.about, parts.join("\u{1}"));
        let n = self.seen.entry(text.clone()).and_modify(|n| *n += 1).or_insert(1);
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{text}\u{1}{n}").as_bytes()).to_string()
    }
}

/// The whole document: a result for each spec, and one for what is about several.
pub(super) fn report(report: &Report, sources: &Sources) -> String {
    let now = timestamp(report.time);
    let mut results: Vec<Value> = report.singles().iter().map(|single| result(single, &single.findings, &mut Names::new(single), sources, &now)).collect();
    if report.is_workspace && (!report.own_findings().is_empty() || results.is_empty()) {
        results.push(result(report, report.own_findings(), &mut Names::new(report), sources, &now));
    }
    let mut names = Names::new(report);
    let title = title(report);
    let digests: Vec<String> = report.singles().iter().map(|single| digest(single, sources)).collect();
    let plan = names.of(&["no assessment plan"]);
    let document = json!({ "assessment-results": {
        "uuid": names.of(&["document", &now, &digests.join(" "), &outcome(report)]),
        "metadata": { "title": format!("Security configuration of {title}"), "last-modified": now, "version": format_date(report.date), "oscal-version": "1.1.2",
            "props": totals(report),
            "remarks": format!("{}. Written by secgen {}.", counts(report), env!("CARGO_PKG_VERSION")) },
        "import-ap": { "href": format!("#{plan}") },
        "results": results,
        "back-matter": { "resources": [{ "uuid": plan, "title": "No assessment plan",
            "description": "These results were produced by a tool from the repository's own policy. No assessment plan exists for them." }] },
    } });
    json(&serde_json::to_string_pretty(&document).unwrap_or_default())
}

/// What a report is about.
fn title(report: &Report) -> String {
    match &report.spec {
        _ if report.is_workspace => "all specs below the root".to_owned(),
        Some(spec) if !spec.service.is_empty() => spec.service.clone(),
        _ => report.spec_path().map_or_else(|| "no spec".to_owned(), str::to_owned),
    }
}

fn digest(report: &Report, sources: &Sources) -> String {
    report.spec.as_ref().map(|spec| sha256(spec.id, sources)).unwrap_or_default()
}

/// Exit code and counts of a report.
fn totals(report: &Report) -> Value {
    let totals = report.totals();
    properties(&[
        ("gate", report.gate_name().to_owned()),
        ("exit-code", report.exit().to_string()),
        ("errors", totals.errors.to_string()),
        ("failures", totals.failures.to_string()),
        ("warnings", totals.warnings.to_string()),
        ("notes", totals.notes.to_string()),
        ("accepted", totals.accepted.to_string()),
    ])
}

/// What came out for one spec; or, of a workspace, for the findings that are in no part.
fn result(report: &Report, findings: &[Finding], names: &mut Names, sources: &Sources, now: &str) -> Value {
    let checks: &[Check] = if report.is_workspace { &[] } else { &report.checks };
    let mut components: BTreeMap<&str, String> = BTreeMap::new();
    let targets = checks.iter().map(|c| c.target).chain(findings.iter().map(|f| f.target.unwrap_or_default()));
    for target in targets.map(component_name) {
        components.entry(target).or_insert_with(|| names.of(&["component", target]));
    }
    let mut touched = Touched::default();
    let mut observations = of_checks(report, checks, sources, names, &components, &mut touched, now);
    let mut by_waiver: HashMap<&str, Vec<String>> = HashMap::new();
    for finding in findings {
        let observation = of_finding(report, finding, sources, names, &components, &mut touched, now);
        if let (Some(id), Some(uuid)) = (finding.disposition.waiver(), observation["uuid"].as_str()) {
            by_waiver.entry(id).or_default().push(uuid.to_owned());
        }
        observations.push(observation);
    }
    let waivers = if report.is_workspace { Vec::new() } else { waivers(report) };
    let risks: Vec<Value> = waivers.iter().map(|waiver| risk(waiver, by_waiver.get(waiver.id).map_or(&[][..], Vec::as_slice), names)).collect();
    let (title, digest) = (title(report), digest(report, sources));
    let words = if report.is_workspace {
        "What is about several specs, and in the result of none.".to_owned()
    } else {
        format!("The configuration of {title} compared with its security policy on {}: {}.", format_date(report.date), outcome(report))
    };
    let mut props = properties(&[
        ("secgen-version", env!("CARGO_PKG_VERSION").to_owned()),
        ("spec", report.spec_path().filter(|_| !report.is_workspace).unwrap_or_default().to_owned()),
        ("spec-sha256", digest.clone()),
        ("date", format_date(report.date)),
        ("floor", report.floor_in_force().map(|floor| floor.path.clone()).unwrap_or_default()),
        ("reported-only", report.reported_at().join(", ")),
    ]);
    if let (Value::Array(props), Value::Array(totals), false) = (&mut props, totals(report), report.is_workspace) {
        props.extend(totals);
    }
    let mut result = json!({
        "uuid": names.of(&["result", now, &digest]),
        "title": format!("secgen {} of {title}", report.command),
        "description": words,
        "start": now,
        "end": now,
        "props": props,
        "reviewed-controls": { "control-selections": [touched.selection()] },
    });
    // A list that is there has an entry.
    let mut add = |name: &str, list: Vec<Value>| {
        if !list.is_empty() {
            result[name] = json!(list);
        }
    };
    let list = components.iter().map(|(target, uuid)| component(target, uuid)).collect();
    add("observations", observations);
    add("risks", risks);
    if !components.is_empty() {
        result["local-definitions"] = json!({ "components": Value::Array(list) });
    }
    let not_examined = if report.is_workspace { report.own_not_examined() } else { &report.not_examined };
    let remarks: Vec<String> = not_examined.iter().take(200).map(|(what, why)| format!("{what}: {why}")).collect();
    if !remarks.is_empty() {
        result["remarks"] = json!(format!("Not examined: {}", remarks.join("; ")));
    }
    result
}

/// What a result has to do with.
#[derive(Default)]
struct Touched {
    /// Controls of NIST SP 800-53.
    controls: BTreeSet<String>,
    /// Files with their digests: thousands of findings may lie in one.
    digests: HashMap<SourceId, String>,
}

impl Touched {
    /// Notes the controls of an observation, and gives them as its properties: whose, which edition, which number, how
    /// the setting stands to it, and why.
    fn see(&mut self, controls: &[Control]) -> Vec<Value> {
        let nist = controls.iter().filter(|c| !c.is_own && c.framework == Framework::Nist.id());
        self.controls.extend(nist.filter_map(|c| control_id(&c.id)));
        let property = |c: &Control| {
            let name = [c.framework.as_str(), &c.version, &c.id].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            let mut property = json!({ "name": "control", "ns": NAMESPACE, "value": cut(name.trim(), MOST_TEXT), "class": c.relation });
            if !c.rationale.trim().is_empty() {
                property["remarks"] = json!(cut(c.rationale.trim(), MOST_TEXT));
            }
            property
        };
        controls.iter().map(property).collect()
    }

    fn selection(&self) -> Value {
        if self.controls.is_empty() {
            return json!({
                "description": "Configuration settings as they stand in files support an assessment of CM-6 of NIST SP 800-53 revision 5. No control is said to be satisfied.",
                "include-controls": [{ "control-id": "cm-6" }],
            });
        }
        let controls: Vec<Value> = self.controls.iter().map(|id| json!({ "control-id": id })).collect();
        json!({
            "description": "Controls of NIST SP 800-53 revision 5 that the observations have to do with; each says how, and why. No control is said to be satisfied.",
            "include-controls": controls,
        })
    }
}

/// `sc-8.1` of `SC-8(1)`, as the OSCAL catalogue of NIST SP 800-53 names it.
fn control_id(number: &str) -> Option<String> {
    let (family, rest) = number.split_once('-')?;
    let (control, enhancement) = rest.split_once('(').map_or((rest, None), |(control, rest)| (control, rest.strip_suffix(')')));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_known = family.len() == 2 && family.bytes().all(|b| b.is_ascii_uppercase()) && is_number(control);
    match enhancement {
        _ if !is_known => None,
        Some(enhancement) if is_number(enhancement) => Some(format!("{}-{control}.{enhancement}", family.to_lowercase())),
        None if !rest.contains('(') => Some(format!("{}-{control}", family.to_lowercase())),
        _ => None,
    }
}

/// Seconds since 1970, as OSCAL writes them.
fn timestamp(seconds: i64) -> String {
    let (day, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    format!("{}T{:02}:{:02}:{:02}Z", format_date(day), rest / 3600, rest % 3600 / 60, rest % 60)
}

/// What belongs to no target is of the policy.
fn component_name(target: &str) -> &str {
    if target.is_empty() { "policy" } else { target }
}

fn component(target: &str, uuid: &str) -> Value {
    let title = if target == "policy" { "The security policy itself".to_owned() } else { format!("Configuration for {target}") };
    json!({ "uuid": uuid, "type": "software", "title": title, "description": format!("{title}, as it stands in the examined files."),
        "status": { "state": "other", "remarks": "Its configuration was examined; whether it runs was not." } })
}

/// Properties that have a value; OSCAL has none that is empty or begins with a blank.
fn properties(all: &[(&str, String)]) -> Value {
    let kept = all.iter().map(|(name, value)| (name, cut(value.trim(), MOST_TEXT).into_owned())).filter(|(_, value)| !value.is_empty());
    kept.map(|(name, value)| json!({ "name": name, "ns": NAMESPACE, "value": value })).collect()
}

fn sha256(id: SourceId, sources: &Sources) -> String {
    header::digest(sources.get(id).bytes())
}

/// What a running server said was tested; all else is examined, captured answers included.
fn method(span: Option<Span>, sources: &Sources) -> &'static str {
    if span.is_some_and(|span| sources.get(span.source).path.starts_with(LIVE)) { "TEST" } else { "EXAMINE" }
}

/// A line of a file, with the file's digest.
fn evidence(span: Span, words: &str, sources: &Sources, touched: &mut Touched) -> Value {
    let source = sources.get(span.source);
    let sha256 = touched.digests.entry(span.source).or_insert_with(|| sha256(span.source, sources));
    let line = sources.position(span).line;
    let mut evidence = json!({ "description": format!("{}:{line}: {words}", source.path),
        "props": properties(&[("path", source.path.clone()), ("line", line.to_string()), ("sha256", sha256.clone())]) });
    if !source.path.starts_with(LIVE) {
        evidence["href"] = json!(uri(&source.path));
    }
    evidence
}

/// What a statement rests on: a file with its digest, or a link that nobody followed.
fn rests_on(stated: &Stated, sources: &Sources) -> Option<Value> {
    let evidence = stated.evidence.as_ref()?;
    let digest = stated.file.map(|id| sha256(id, sources)).unwrap_or_default();
    let what = if stated.file.is_some() { "file, by its digest" } else { "not looked at" };
    let href = if evidence.starts_with("https://") { evidence.clone() } else { uri(evidence) };
    Some(json!({ "href": href, "description": format!("{evidence}: what {} refers to ({what})", stated.by),
        "props": properties(&[("path", evidence.clone()), ("sha256", digest)]) }))
}

/// An observation for each intent and file.
fn of_checks(
    report: &Report,
    checks: &[Check],
    sources: &Sources,
    names: &mut Names,
    components: &BTreeMap<&str, String>,
    touched: &mut Touched,
    now: &str,
) -> Vec<Value> {
    let mut groups: BTreeMap<(Option<&str>, &str, &str, &str), Vec<&Check>> = BTreeMap::new();
    for check in checks {
        let path = check.location.as_ref().map_or("", |l| &sources.get(l.span.source).path);
        groups.entry((check.env.as_deref(), &check.intent, check.target, path)).or_default().push(check);
    }
    let mut observations = Vec::new();
    for ((env, intent, target, path), checks) in groups {
        let span = checks[0].location.as_ref().map(|l| l.span);
        let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
        for check in &checks {
            *verdicts.entry(check.verdict.name()).or_default() += 1;
        }
        let counted: Vec<String> = verdicts.iter().map(|(verdict, n)| format!("{n} {verdict}")).collect();
        // What a person says is no examination of a file.
        let stated = checks[0].stated.as_ref();
        let place = if path.is_empty() { "no file".to_owned() } else { path.to_owned() };
        let mut observation = json!({
            "uuid": names.of(&["observation", env.unwrap_or_default(), intent, target, path]),
            "title": format!("{intent} in {place}"),
            "description": format!("This setting, in this file, as it was read: {}. The policy requires {}.", counted.join(", "), cut(&checks[0].expected, MOST_TEXT)),
            "props": properties(&[
                ("intent", intent.to_owned()),
                ("environment", env.unwrap_or_default().to_owned()),
                ("target", target.to_owned()),
                ("verdict", if verdicts.len() == 1 { checks[0].verdict.name().to_owned() } else { "mixed".to_owned() }),
                ("stated-by", stated.map(|s| s.by.clone()).unwrap_or_default()),
                ("stated-on", stated.map(|s| s.date.to_string()).unwrap_or_default()),
                ("stated-until", stated.map(|s| s.until.to_string()).unwrap_or_default()),
                ("evidence", stated.and_then(|s| s.evidence.clone()).unwrap_or_default()),
                ("evidence-sha256", stated.and_then(|s| s.file).map(|id| sha256(id, sources)).unwrap_or_default()),
            ]),
            "methods": [if stated.is_some() { "INTERVIEW" } else { method(span, sources) }],
            "types": ["control-objective"],
            "subjects": [{ "subject-uuid": components[component_name(target)], "type": "component" }],
            "collected": now,
        });
        add_controls(&mut observation, touched.see(&controls::of_key(intent, &report.own_controls)));
        let mut lines: Vec<Value> = checks
            .iter()
            .filter_map(|c| {
                let words = if c.place.is_empty() { c.verdict.name().to_owned() } else { format!("{} at {}", c.verdict.name(), c.place) };
                Some(evidence(c.location.as_ref()?.span, &words, sources, touched))
            })
            .take(MOST_EVIDENCE)
            .collect();
        lines.extend(stated.and_then(|stated| rests_on(stated, sources)));
        if !lines.is_empty() {
            observation["relevant-evidence"] = json!(lines);
        }
        observations.push(observation);
    }
    observations
}

fn add_controls(observation: &mut Value, controls: Vec<Value>) {
    if let Value::Array(props) = &mut observation["props"] {
        props.extend(controls);
    }
}

fn of_finding(
    report: &Report,
    finding: &Finding,
    sources: &Sources,
    names: &mut Names,
    components: &BTreeMap<&str, String>,
    touched: &mut Touched,
    now: &str,
) -> Value {
    let print = &finding.fingerprint;
    let state = match finding.kind {
        Kind::Verdict(verdict) => verdict.name(),
        Kind::File(state) => state.name(),
        _ => "",
    };
    let span = finding.primary.as_ref().map(|l| l.span);
    let help = if finding.help.is_empty() { String::new() } else { format!(" To mend it: {}.", finding.help.join("; or ")) };
    let mut observation = json!({
        "uuid": names.of(&["finding", print]),
        "title": finding.rule.title,
        "description": format!("{}.{}", cut(&finding.message, MOST_TEXT), cut(&help, MOST_TEXT)),
        "props": properties(&[
            ("rule", finding.rule.name.to_owned()),
            ("level", report.level(finding).name().to_owned()),
            ("severity", format!("{:?}", finding.rule.severity).to_lowercase()),
            ("disposition", finding.disposition.name().to_owned()),
            ("fingerprint", print.clone()),
            ("intent", finding.intent.clone().unwrap_or_default()),
            ("environment", finding.env.clone().unwrap_or_default()),
            ("state", state.to_owned()),
            ("path", finding.path.clone().unwrap_or_default()),
        ]),
        "methods": [method(span, sources)],
        "types": ["finding"],
        "subjects": [{ "subject-uuid": components[component_name(finding.target.unwrap_or_default())], "type": "component" }],
        "collected": now,
    });
    add_controls(&mut observation, touched.see(&report.controls_of(finding)));
    if let Some(span) = span {
        observation["relevant-evidence"] = json!([evidence(span, finding.rule.title, sources, touched)]);
    }
    if finding.disposition.waiver().is_some() {
        observation["remarks"] = json!(accepted_by(report, finding));
    }
    observation
}

/// Approved only with the name of who approved; ended, it is a risk like any other.
fn risk(waiver: &Waiver<'_>, observations: &[String], names: &mut Names) -> Value {
    let approved_by = waiver.used.and_then(|used| used.approved_by.clone());
    let status = match (waiver.is_ended(), &approved_by) {
        (true, _) => "open",
        (false, Some(_)) => "deviation-approved",
        (false, None) => "deviation-requested",
    };
    let messages: Vec<&str> = waiver.findings.iter().take(MOST_EVIDENCE).map(|f| f.message.as_str()).collect();
    let of = |text: fn(&UsedWaiver) -> String| waiver.used.map(text).unwrap_or_default();
    let mut risk = json!({
        "uuid": names.of(&["risk", waiver.id]),
        "title": format!("Waiver {}", waiver.id),
        "description": messages.join("; "),
        "statement": waiver.used.map_or("No reason is known to this report.", |used| &used.reason),
        "props": properties(&[
            ("waiver", waiver.id.to_owned()),
            ("kind", waiver.kind()),
            ("state", waiver.state.to_owned()),
            ("owner", of(|w| w.owner.clone())),
            ("approved-by", approved_by.unwrap_or_default()),
            ("accepts", of(|w| w.accepts.clone())),
            ("created", of(|w| w.created.to_string())),
            ("ticket", of(|w| w.ticket.clone().unwrap_or_default())),
        ]),
        "status": status,
        "related-observations": observations.iter().map(|uuid| json!({ "observation-uuid": uuid })).collect::<Vec<_>>(),
    });
    if let Some(used) = waiver.used {
        // Inclusive.
        risk["deadline"] = json!(timestamp(used.until.days() * 86_400 + 86_399));
    }
    risk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc() {
        assert_eq!((timestamp(0).as_str(), timestamp(1_795_780_799).as_str()), ("1970-01-01T00:00:00Z", "2026-11-27T11:59:59Z"));
    }

    #[test]
    fn controls_are_named_as_the_catalogue_names_them() {
        let all = ["SC-8(1)", "AC-6", "SC-8(1", "SC-8()", "CM-6 c", "3.4.1", "x-1", "SC-"];
        assert_eq!(all.map(control_id), [Some("sc-8.1".to_owned()), Some("ac-6".to_owned()), None, None, None, None, None, None]);
        let own: std::collections::BTreeSet<&str> =
            crate::targets::keys::all().iter().flat_map(|key| key.references).filter(|r| r.framework == Framework::Nist).map(|r| r.number).collect();
        assert!(own.len() > 10 && own.iter().all(|number| control_id(number).is_some()), "{own:?}");
    }

    #[test]
    fn the_same_thing_has_the_same_name_and_another_one_has_not() {
        let names = || Names { about: "a".to_owned(), seen: HashMap::new() };
        let (mut one, mut two) = (names(), names());
        let first = one.of(&["x", "y"]);
        assert_eq!(first, two.of(&["x", "y"]));
        assert!(first != one.of(&["x", "y"]) && first != one.of(&["xy"]) && first.as_bytes()[14] == b'5', "{first}");
    }
}
