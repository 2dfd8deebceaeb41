//! What is really there, judged: states of rendered files, facts of hand-written sources, and the gate.

pub mod controls;
pub mod discover;
mod files;
pub mod fingerprint;
pub mod floor;
pub mod gate;
mod group;
pub mod tasks;
pub mod waive;
pub mod workspace;

use crate::compare::{self, Check};
use crate::finding::{Cause, FileState, Finding, Language, Rule, Severity, Snippet, Verdict, cited};
use crate::policy::{Loaded, Policy, intents};
use crate::render::{self, Rendered, Selection};
use crate::source::{SourceId, Sources, Span};
use crate::targets::{self, Input};
pub use files::RULES as FILE_RULES;
pub use floor::FloorInfo;
use gate::{Gate, Level, Totals};
use std::collections::{BTreeMap, BTreeSet, HashSet};
pub use waive::{UsedWaiver, WaiverKind};

/// A source that exists in no form secgen can use.
pub static NOTHING_TO_CHECK: Rule = Rule {
    name: "nothing-to-check",
    title: "There is nothing to check.",
    severity: Severity::High,
    explain: "The spec lists no target with `out` or `check`, and no source was named. A check of nothing must not look like a pass.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        http: { headers: { content_type_options: nosniff } }
        targets: {}
    ",
    ),
    good: Snippet(
        r"
        http: { headers: { content_type_options: nosniff } }
        targets: { nginx: { out: deploy/nginx } }
    ",
    ),
    keys: &["targets"],
    references: cited::EVIDENCE,
    sources: &[],
};

/// Rules whose findings only a waiver with `approved_by` accepts.
pub static NEEDS_APPROVAL: [&Rule; 2] = [&floor::FLOOR, &crate::policy::LOCKED];

/// What a check found: the one value that every report format prints.
#[derive(Debug, Default)]
pub struct Report {
    /// The command: `check`, `validate`, `render`.
    pub command: &'static str,
    /// Days since 1970-01-01 on which dates are judged.
    pub date: i64,
    /// Seconds since 1970-01-01 at which the run began, or what stands for that where runs are to be alike.
    pub time: i64,
    /// Files that a dry run would change.
    pub pending: usize,
    /// The gate in force.
    pub gate: Gate,
    /// The spec's path, where it could be read.
    pub spec: Option<SpecInfo>,
    /// Other specs in the repository that this run did not look at.
    pub other_specs: usize,
    /// Files that were read in full, with the target that read them; `tasks` for the log of tasks, `evidence` for what
    /// statements rest on.
    pub sources: Vec<(SourceId, &'static str)>,
    /// What decides something and was not read, and why.
    pub not_examined: Vec<(String, String)>,
    /// Everything that is not fine, sorted by place.
    pub findings: Vec<Finding>,
    /// Every verdict, passes included.
    pub checks: Vec<Check>,
    /// Every rendered path with its state.
    pub files: Vec<(String, FileState)>,
    /// Controls that the spec itself names.
    pub own_controls: Vec<controls::Own>,
    /// What the spec writes, and which of its lines says so.
    pub outputs: Vec<Output>,
    /// The minimum that the spec was held to.
    pub floor: Option<FloorInfo>,
    /// Where findings were reported, where not everywhere.
    pub limited_to: Vec<String>,
    /// Whether this is a report of all specs below the root; `parts` are theirs, and everything else is their sum.
    pub is_workspace: bool,
    /// One report a spec.
    pub parts: Vec<Self>,
    /// The waivers that decided about findings, in the order of their file.
    pub waivers: Vec<UsedWaiver>,
}

/// A path that a spec writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The path.
    pub path: String,
    /// The target that renders it.
    pub target: &'static str,
    /// The spec key that leads there.
    pub key: String,
    /// Where that key stands.
    pub at: Option<Span>,
}

/// The spec that a report is about.
#[derive(Debug)]
pub struct SpecInfo {
    /// Its path, or the built-in profile's name.
    pub path: String,
    /// Its text.
    pub id: SourceId,
    /// The service's name; may be empty.
    pub service: String,
    /// The environments that were looked at.
    pub environments: Vec<String>,
}

impl SpecInfo {
    /// Of a loaded spec and a selection.
    #[must_use]
    pub fn new(loaded: &Loaded, selection: &Selection) -> Self {
        let environments = selection.policies(loaded).filter_map(|p| p.env.clone()).collect();
        Self { path: loaded.path.clone(), id: loaded.source, service: loaded.service.clone(), environments }
    }
}

impl Report {
    /// The exit code: 2 where an input could not be used, 1 where the gate failed or a dry run would change something,
    /// else 0.
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self.findings.iter().map(|f| self.level(f)).min() {
            Some(Level::Error) => 2,
            Some(Level::Failure) => 1,
            _ => u8::from(self.pending > 0),
        }
    }

    /// The report of the spec that a finding is about: its part, or all of it.
    #[must_use]
    pub fn about(&self, finding: &Finding) -> &Self {
        let part = self.parts.iter().find(|part| finding.spec_path.is_some() && part.spec_path() == finding.spec_path.as_deref());
        part.unwrap_or(self)
    }

    /// What a finding comes to under the gate of the spec that it is about.
    #[must_use]
    pub fn level(&self, finding: &Finding) -> Level {
        self.about(finding).gate.level(finding)
    }

    /// Whether a finding fails the gate of the spec that it is about.
    #[must_use]
    pub fn fails(&self, finding: &Finding) -> bool {
        self.level(finding) == Level::Failure
    }

    /// The spec that it is about, also where that could not be used.
    #[must_use]
    pub fn spec_path(&self) -> Option<&str> {
        self.spec.as_ref().map(|s| s.path.as_str()).or_else(|| self.findings.first()?.spec_path.as_deref())
    }

    /// The reports of single specs: its parts, or itself.
    #[must_use]
    pub fn singles(&self) -> &[Self] {
        if self.is_workspace { &self.parts } else { std::slice::from_ref(self) }
    }

    /// Findings that are in no part: two specs that write one path, a file that looks like a spec. They come first.
    #[must_use]
    pub fn own_findings(&self) -> &[Finding] {
        let of_parts: usize = self.parts.iter().map(|part| part.findings.len()).sum();
        self.findings.get(..self.findings.len().saturating_sub(of_parts)).unwrap_or_default()
    }

    /// What was not examined, and is in no part.
    #[must_use]
    pub fn own_not_examined(&self) -> &[(String, String)] {
        let of_parts: usize = self.parts.iter().map(|part| part.not_examined.len()).sum();
        self.not_examined.get(..self.not_examined.len().saturating_sub(of_parts)).unwrap_or_default()
    }

    /// The gate's name; `mixed` where the specs of a workspace have several.
    #[must_use]
    pub fn gate_name(&self) -> &'static str {
        let mut names = self.singles().iter().filter(|single| single.spec.is_some()).map(|single| single.gate.name());
        match names.next() {
            Some(name) if names.all(|other| other == name) => name,
            Some(_) => "mixed",
            None => self.gate.name(),
        }
    }

    /// The minimum that every spec was held to.
    #[must_use]
    pub fn floor_in_force(&self) -> Option<&FloorInfo> {
        self.singles().iter().find_map(|single| single.floor.as_ref())
    }

    /// Where findings are reported, where not everywhere.
    #[must_use]
    pub fn reported_at(&self) -> &[String] {
        self.singles().iter().map(|single| single.limited_to.as_slice()).find(|places| !places.is_empty()).unwrap_or_default()
    }

    /// Says of each finding which spec it is about.
    pub fn name_findings(&mut self, spec: &str) {
        self.findings.iter_mut().for_each(|f| f.spec_path = Some(spec.to_owned()));
    }

    /// How many findings there are of each level: every format counts by this.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for finding in &self.findings {
            *match self.level(finding) {
                Level::Error => &mut totals.errors,
                Level::Failure => &mut totals.failures,
                Level::Warning => &mut totals.warnings,
                Level::Note => &mut totals.notes,
                Level::Accepted => &mut totals.accepted,
            } += 1;
        }
        totals
    }

    /// How often each verdict was given.
    #[must_use]
    pub fn verdicts(&self) -> BTreeMap<Verdict, usize> {
        let mut counts = BTreeMap::new();
        self.checks.iter().for_each(|c| *counts.entry(c.verdict).or_default() += 1);
        counts
    }

    /// How often each file state was found.
    #[must_use]
    pub fn states(&self) -> BTreeMap<FileState, usize> {
        let mut counts = BTreeMap::new();
        self.files.iter().for_each(|(_, s)| *counts.entry(*s).or_default() += 1);
        counts
    }

    /// Number of intents (an intent in two environments counts twice); how many of them were shown to be in force at
    /// every place that was looked at; how many some target only renders, without a source that shows them; and how many
    /// were met wherever one was seen in passing.
    #[must_use]
    pub fn intents(&self) -> Intents {
        let singles = self.parts.iter().map(Self::intents);
        singles.fold(self.own_intents(), |a, b| Intents {
            all: a.all + b.all,
            verified: a.verified + b.verified,
            rendered: a.rendered + b.rendered,
            attested: a.attested + b.attested,
            observed: a.observed + b.observed,
        })
    }

    fn own_intents(&self) -> Intents {
        // What was only observed stands apart.
        let mut by_intent: BTreeMap<(&Option<String>, &str), [Vec<Verdict>; 2]> = BTreeMap::new();
        for check in self.checks.iter().filter(|_| !self.is_workspace) {
            by_intent.entry((&check.env, &check.intent)).or_default()[usize::from(is_observation(check.target))].push(check.verdict);
        }
        let holds = |v: &[Verdict]| v.iter().all(|v| v.is_pass() || *v == Verdict::NotApplicable);
        let is_met = |v: &[Verdict]| v.iter().any(|v| v.is_pass()) && holds(v);
        Intents {
            all: by_intent.len(),
            verified: by_intent.values().filter(|[checked, observed]| is_met(checked) && holds(observed)).count(),
            rendered: by_intent.values().filter(|[checked, _]| checked.contains(&Verdict::Rendered)).count(),
            attested: by_intent.values().filter(|[checked, _]| checked.contains(&Verdict::Attested)).count(),
            observed: by_intent.values().filter(|[_, observed]| is_met(observed)).count(),
        }
    }

    /// Places that were only observed: captured responses.
    #[must_use]
    pub fn observations(&self) -> usize {
        self.checks.iter().filter(|c| !c.place.is_empty() && is_observation(c.target)).map(|c| c.place.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// Sources that can show what holds.
    #[must_use]
    pub fn checked_sources(&self) -> usize {
        self.sources.iter().filter(|(_, target)| targets::by_name(target).is_some_and(|target| !target.is_observation())).count()
    }
}

fn is_observation(target: &str) -> bool {
    targets::by_name(target).is_some_and(targets::Target::is_observation)
}

/// Counts of intents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intents {
    /// All that the policy has.
    pub all: usize,
    /// Shown to be in force, for every target that carries them.
    pub verified: usize,
    /// Rendered for a target of which no checked source shows them in force; never verified.
    pub rendered: usize,
    /// Stated by a person, because no file shows them; never verified.
    pub attested: usize,
    /// Met in every captured response that says anything of them; no proof for other responses.
    pub observed: usize,
}

/// A source named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    /// The target that reads it.
    pub target: &'static str,
    /// The file.
    pub input: Input,
}

/// Running servers to ask.
#[derive(Clone, Copy)]
pub struct Live<'a> {
    /// Targets whose server is asked.
    pub targets: &'a [&'static str],
    /// Reads the environment.
    pub variable: targets::Variable<'a>,
}

/// Checks everything that is selected; with `live`, running servers too.
///
/// # Errors
/// Findings that make a check impossible: artifacts that cannot be rendered.
pub fn run(
    loaded: &Loaded,
    selection: &Selection,
    extra: &[Extra],
    live: Option<Live<'_>>,
    lock: Option<&str>,
    waiving: Option<(&waive::Waivers, waive::Run)>,
    sources: &mut Sources,
) -> Result<Report, Vec<Finding>> {
    let rendered = render::render(loaded, selection, sources)?;
    let mut report = Report { command: "check", spec: Some(SpecInfo::new(loaded, selection)), findings: loaded.warnings.clone(), ..Report::default() };
    let mut in_force = waive::InForce::new();
    report.outputs = outputs(loaded, &rendered);
    report.own_controls = controls::own(loaded);
    for file in &rendered {
        files::check(file, loaded, sources, &mut report, &mut in_force);
    }
    if let Some(lock) = lock {
        files::orphans(lock, &rendered, sources, &mut report);
    }
    let mut anything = !rendered.is_empty();
    for policy in selection.policies(loaded) {
        let mut carried: Vec<String> = Vec::new();
        for target in targets::ALL {
            let named: Vec<Input> = extra.iter().filter(|e| e.target == target.name()).map(|e| e.input.clone()).collect();
            let live = live.filter(|live| live.targets.contains(&target.name()));
            if !target.is_used(policy) && named.is_empty() && live.is_none() {
                continue;
            }
            let keys = target.carries(policy);
            carried.extend(keys.iter().cloned());
            // A response that was named is judged, whatever targets were chosen beside it.
            if !selection.targets.is_empty() && !selection.targets.iter().any(|n| n == target.name()) && !target.is_observation() && live.is_none() {
                continue;
            }
            let asked = live.and_then(|live| target.live(policy, sources, live.variable));
            let already = report.sources.len();
            anything |= sources_of(target, policy, &keys, Given { inputs: named, asked }, &rendered, sources, &mut report, &mut in_force);
            let read: Vec<SourceId> = report.sources.get(already..).unwrap_or_default().iter().map(|(id, _)| *id).collect();
            let dated = target.dated(sources, &read, loaded.today).into_iter();
            report.findings.extend(dated.map(|f| Finding { env: f.env.clone().or_else(|| policy.env.clone()), target: Some(target.name()), ..f }));
        }
        // A built-in profile speaks for the targets in use; what the user wrote must be carried by one.
        let is_left = |key: &str| !carried.iter().any(|c| c == key) && !intents::is_implied(&policy.spec, key) && !intents::is_of_service(key);
        for intent in policy.intents.iter().filter(|i| !i.builtin && is_left(&i.key)) {
            if attested(loaded, policy, intent, sources, &mut report) {
                anything = true;
                continue;
            }
            let finding = compare::unenforced(policy, intent);
            report.checks.push(Check {
                intent: intent.key.clone(),
                env: policy.env.clone(),
                target: "",
                place: String::new(),
                verdict: Verdict::Unenforced,
                cause: Cause::Missing,
                location: finding.primary.clone(),
                why: "no listed target carries it".to_owned(),
                expected: intent.text.clone(),
                found: String::new(),
                stated: None,
            });
            report.findings.push(finding);
        }
    }
    // The same in every environment, and judged once.
    if let Some(policy) = selection.policies(loaded).next() {
        for intent in policy.intents.iter().filter(|i| intents::is_of_service(&i.key)) {
            anything |= attested(loaded, policy, intent, sources, &mut report);
        }
        anything |= tasks::check(loaded, policy, sources, &mut report);
    }
    if !anything {
        report.findings.push(
            Finding::error(&NOTHING_TO_CHECK, "there is nothing to check: no target has out or check, and no source was named")
                .help("add check: [FILE] to a target, or name a file: secgen check --source nginx=nginx.conf"),
        );
    }
    waive::see(&mut report.findings, &in_force, sources);
    let outcome = waiving.as_ref().map(|(waivers, run)| waive::apply(waivers, run, &mut report.findings, &in_force, loaded, sources));
    group::group(&mut report.findings);
    tasks::together(&mut report.findings);
    if let (Some((waivers, _)), Some(outcome)) = (waiving, outcome) {
        waive::show_ended(waivers, &mut report.findings);
        report.findings.extend(outcome.findings);
        report.waivers = outcome.used;
    }
    crate::policy::sort(&mut report.findings);
    report.name_findings(&loaded.path);
    Ok(report)
}

/// Judges what only a person can vouch for; false for any other intent.
fn attested(loaded: &Loaded, policy: &Policy, intent: &crate::policy::Intent, sources: &mut Sources, report: &mut Report) -> bool {
    let Some((check, finding)) = compare::attested(policy, intent, loaded.today, sources) else { return false };
    let file = check.stated.as_ref().and_then(|stated| stated.file).map(|id| (id, EVIDENCE));
    report.sources.extend(file.filter(|file| !report.sources.contains(file)));
    report.checks.push(check);
    report.findings.extend(finding);
    true
}

/// How files that statements rest on are listed among the sources.
const EVIDENCE: &str = "evidence";

/// What a spec writes, and which of its lines says so.
#[must_use]
pub fn outputs(loaded: &Loaded, rendered: &[Rendered]) -> Vec<Output> {
    let output = |file: &Rendered| {
        let target = file.artifact.target;
        let policy = loaded.policies.iter().find(|p| p.env.as_ref() == file.envs.first());
        Output { path: file.artifact.path.clone(), target, key: file.artifact.out_key(), at: policy.and_then(|p| p.origin(&file.artifact.out_key())) }
    };
    rendered.iter().map(output).collect()
}

/// What the command line names beside the spec.
struct Given {
    /// Files.
    inputs: Vec<Input>,
    /// What a running server said.
    asked: Option<targets::Reading>,
}

#[expect(clippy::too_many_arguments, reason = "one step of `run`, with what it has at hand")]
/// Reads one target's sources and judges each fact. Says whether there was anything to read or render.
fn sources_of(
    target: &'static dyn targets::Target,
    policy: &Policy,
    keys: &[String],
    given: Given,
    rendered: &[Rendered],
    sources: &mut Sources,
    report: &mut Report,
    in_force: &mut waive::InForce,
) -> bool {
    let Given { mut inputs, asked } = given;
    let env = policy.env.as_deref().unwrap_or("default");
    for pattern in target.check_patterns(policy) {
        let pattern = pattern.replace("{env}", env);
        let paths = sources.expand(&pattern);
        if paths.is_empty() {
            report.findings.push(discover::no_match(&pattern, target, policy));
        }
        inputs.extend(paths.into_iter().map(|path| Input { path, id: None }));
    }
    let own: Vec<&Rendered> = rendered
        .iter()
        .filter(|r| r.artifact.target == target.name() && (r.envs.is_empty() || policy.env.as_ref().is_some_and(|e| r.envs.contains(e))))
        .collect();
    // In force where it lies, with what its reader finds beside it.
    let in_sync = |path: &str| report.files.iter().any(|(p, s)| p == path && matches!(s, FileState::InSync | FileState::HandWritten));
    let lying = own.iter().map(|r| &r.artifact).filter(|a| target.is_in_force(a) && in_sync(&a.path)).map(|a| Input { path: a.path.clone(), id: None });
    inputs.extend(lying);
    let mut known = HashSet::new();
    inputs.retain(|input| input.id.is_some() || known.insert(input.path.clone()));
    let mut shown: Vec<String> = Vec::new();
    let has_source = !inputs.is_empty() || asked.is_some();
    let mut readings: Vec<targets::Reading> = Vec::new();
    if !inputs.is_empty() {
        readings.push(target.read(policy, sources, &inputs));
    }
    readings.extend(asked);
    // What a source shows is more than what the spec's own words about the server give.
    let read: HashSet<&str> = readings.iter().flat_map(|reading| &reading.facts).map(|fact| fact.intent.as_str()).collect();
    let facts: Vec<_> = target.given(policy).into_iter().filter(|fact| !read.contains(fact.intent.as_str())).collect();
    readings.push(targets::Reading { facts, ..targets::Reading::default() });
    let mut memo = compare::Memo::default();
    for reading in readings {
        let with_env = |f: Finding| Finding { env: f.env.clone().or_else(|| policy.env.clone()), target: Some(target.name()), ..f };
        report.findings.extend(reading.findings.into_iter().map(with_env));
        // Sets beside the lists: a tree may have a hundred thousand files.
        let known: HashSet<(SourceId, &str)> = report.sources.iter().copied().collect();
        report.sources.extend(reading.sources.into_iter().map(|id| (id, target.name())).filter(|source| !known.contains(source)));
        let known: HashSet<(String, String)> = report.not_examined.iter().cloned().collect();
        report.not_examined.extend(reading.not_examined.into_iter().filter(|item| !known.contains(item)));
        for fact in reading.facts {
            let Some(intent) = policy.intent(&fact.intent) else { continue };
            shown.push(fact.intent.clone());
            let (check, finding) = compare::judge(policy, target.name(), intent, &fact, &mut memo);
            report.checks.push(check);
            if let Some(finding) = finding {
                in_force.extend(compare::in_force(intent, &fact).map(|value| (report.findings.len(), value)));
                report.findings.push(finding);
            }
        }
    }
    let nothing = !has_source && own.is_empty();
    for key in keys.iter().filter(|k| !shown.contains(k) && !nothing) {
        let Some(intent) = policy.intent(key) else { continue };
        let check = unshown(target, policy, intent, &own, has_source);
        if check.verdict == Verdict::Unverifiable && !report.findings.iter().any(|f| f.kind == crate::finding::Kind::Error) {
            report.findings.push(compare::not_shown(policy, target.name(), intent));
        }
        report.checks.push(check);
    }
    !nothing
}

/// An intent that no checked source shows: rendered only, or not found.
fn unshown(target: &'static dyn targets::Target, policy: &Policy, intent: &crate::policy::Intent, own: &[&Rendered], checked: bool) -> Check {
    let says = |r: &Rendered| {
        let mut read_back = r.artifact.expected_in(policy.env.as_deref()).iter().map(|(key, _)| key);
        read_back.any(|key| *key == intent.key) || r.artifact.carries.contains(&intent.key)
    };
    let artifact = own.iter().find(|r| says(r));
    // Without an artifact that says so the files leave it to a default, and with no source nothing shows otherwise.
    let (verdict, why) = if artifact.is_some() || !checked {
        (Verdict::Rendered, "rendered, and no checked source shows it in force")
    } else {
        (Verdict::Unverifiable, "no checked source says anything about it")
    };
    Check {
        intent: intent.key.clone(),
        env: policy.env.clone(),
        target: target.name(),
        place: artifact.map(|r| r.artifact.path.clone()).unwrap_or_default(),
        verdict,
        cause: Cause::NotShown,
        location: None,
        why: why.to_owned(),
        expected: intent.text.clone(),
        found: String::new(),
        stated: None,
    }
}
