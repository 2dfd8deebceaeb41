//! Intents × facts → verdicts. Generic: it knows values and places, and no target.

mod attested;

pub use attested::{ENDS_SOON, EXPIRED, NO_EVIDENCE, Stated, UNATTESTED, attested};

use crate::finding::Relation::Related;
use crate::finding::{Cause, Finding, Kind, Label, Language, Rule, Severity, Snippet, Verdict, cited, nist};
use crate::policy::{Intent, Policy};
use crate::strictness::{Comparison, Order, Value};
use crate::targets::{Fact, Found};
use std::collections::HashMap;

/// A stricter value than the policy asks for.
pub static STRICTER: Rule = Rule {
    name: "stricter-than-policy",
    title: "A value is stricter than the policy asks for.",
    severity: Severity::Info,
    explain: "Nothing is wrong. If the stricter value is meant, raise the spec, so that nobody lowers it by accident.",
    language: Language::Nginx,
    spec: Snippet("http: { headers: { framing: sameorigin } }"),
    bad: Snippet(
        r#"
        server {
            listen 443 ssl;
            add_header X-Frame-Options DENY always;
            add_header Content-Security-Policy "frame-ancestors 'none'" always;
        }
    "#,
    ),
    good: Snippet(
        r#"
        server {
            listen 443 ssl;
            add_header X-Frame-Options SAMEORIGIN always;
            add_header Content-Security-Policy "frame-ancestors 'self'" always;
        }
    "#,
    ),
    keys: &["http", "tls", "postgres", "dependencies", "jwt", "rate_limits"],
    references: &[nist("CM-2", Related, "what is in force and stricter could be the baseline")],
    sources: &[],
};

/// An intent that nothing carries.
pub static UNENFORCED: Rule = Rule {
    name: "intent-unenforced",
    title: "No listed target carries what the policy asks for.",
    severity: Severity::High,
    explain: "The spec requires something that none of its targets can render or check, so nothing enforces it. List the target that carries it under \
              `targets`, or remove the key.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        dependencies: { advisories: { yanked: deny } }
        http: { headers: { content_type_options: nosniff } }
        targets:
          nginx: { out: deploy/nginx }    # nothing carries dependencies
    ",
    ),
    good: Snippet(
        r"
        dependencies: { advisories: { yanked: deny } }
        http: { headers: { content_type_options: nosniff } }
        targets:
          nginx: { out: deploy/nginx }
          cargo: { out: . }
    ",
    ),
    keys: &["http", "tls", "postgres", "dependencies", "jwt", "rate_limits"],
    references: cited::SETTINGS,
    sources: &[],
};

/// The verdict on one intent at one place.
#[derive(Clone, Debug)]
pub struct Check {
    /// The intent's key.
    pub intent: String,
    /// The environment.
    pub env: Option<String>,
    /// The target's name.
    pub target: &'static str,
    /// Where.
    pub place: String,
    /// How the fact stands to the intent.
    pub verdict: Verdict,
    /// Why.
    pub cause: Cause,
    /// The deciding line.
    pub location: Option<Label>,
    /// Words to the verdict: what differs, or why it cannot be decided. May be empty.
    pub why: String,
    /// What the policy requires.
    pub expected: String,
    /// What is in force, as written; empty where nothing is.
    pub found: String,
    /// What a person states, where no file shows it.
    pub stated: Option<Stated>,
}

/// Comparisons that were made before: most places of a tree say the same.
#[derive(Debug, Default)]
pub struct Memo(HashMap<String, Known>);

/// What was asked about one intent.
#[derive(Debug, Default)]
struct Known {
    /// What a missing value amounts to.
    absent: Option<(Verdict, String)>,
    compared: Vec<(Value, Comparison)>,
}

/// Values of one intent that are remembered.
const REMEMBERED: usize = 32;

impl Memo {
    fn of(&mut self, intent: &Intent) -> &mut Known {
        if !self.0.contains_key(&intent.key) {
            let absent = intent.value.absent().map(|value| {
                let comparison = intent.value.compare(&value);
                match comparison.order {
                    Order::Weaker => (Verdict::Absent, String::new()),
                    Order::Incomparable => (Verdict::Incomparable, comparison.why),
                    Order::Equal => (Verdict::Equivalent, String::new()),
                    Order::Stricter => (Verdict::Stricter, comparison.why),
                }
            });
            self.0.insert(intent.key.clone(), Known { absent, compared: Vec::new() });
        }
        self.0.entry(intent.key.clone()).or_default()
    }

    fn compare(&mut self, intent: &Intent, value: &Value) -> Comparison {
        let known = self.of(intent);
        if let Some((_, comparison)) = known.compared.iter().find(|(v, _)| v == value) {
            return comparison.clone();
        }
        let comparison = intent.value.compare(value);
        if known.compared.len() < REMEMBERED {
            known.compared.push((value.clone(), comparison.clone()));
        }
        comparison
    }

    /// What a missing or ignored value amounts to.
    fn absent(&mut self, intent: &Intent, why: &str) -> (Verdict, String) {
        match &self.of(intent).absent {
            None => (Verdict::Absent, why.to_owned()),
            Some((verdict, words)) => (*verdict, if words.is_empty() { why.to_owned() } else { words.clone() }),
        }
    }
}

/// Judges one fact. The message of the finding is made by [`message`], once it is known what it stands for.
#[must_use]
pub fn judge(policy: &Policy, target: &'static str, intent: &Intent, fact: &Fact, memo: &mut Memo) -> (Check, Option<Finding>) {
    let mut found = String::new();
    let (verdict, why) = match &fact.found {
        Found::Set { value, text } => {
            found.clone_from(text);
            let comparison = memo.compare(intent, value);
            let verdict = match comparison.order {
                Order::Equal if *text == intent.text => Verdict::Equal,
                Order::Equal => Verdict::Equivalent,
                Order::Stricter => Verdict::Stricter,
                Order::Weaker => Verdict::Weaker,
                Order::Incomparable => Verdict::Incomparable,
            };
            (verdict, comparison.why)
        }
        Found::Default { value, of } => {
            found = format!("{value} (default of {of})");
            let comparison = memo.compare(intent, value);
            let verdict = match comparison.order {
                Order::Equal => Verdict::Equivalent,
                Order::Stricter => Verdict::Stricter,
                Order::Weaker => Verdict::Absent,
                Order::Incomparable => Verdict::Incomparable,
            };
            let why = if comparison.why.is_empty() { String::new() } else { format!("{} (by the default of {of})", comparison.why) };
            (verdict, why)
        }
        Found::Missing => memo.absent(intent, "nothing sets it"),
        Found::Invalid { text, why } => {
            found.clone_from(text);
            let (verdict, words) = memo.absent(intent, why);
            (verdict, if verdict == Verdict::Absent { format!("{why}, so it counts as absent") } else { words })
        }
        Found::Unverifiable(why) => (Verdict::Unverifiable, why.clone()),
        Found::NotApplicable(why) => (Verdict::NotApplicable, why.clone()),
        Found::Text(text) => {
            found.clone_from(text);
            (if *text == intent.text { Verdict::Equal } else { Verdict::Incomparable }, String::new())
        }
    };
    // What nothing puts in force is no pass; what is wrong with it is wrong all the same.
    let (verdict, cause, why) = match (fact.cause, verdict.is_pass(), &fact.found) {
        (Cause::NotShown, true, _) => (Verdict::Rendered, Cause::NotShown, "it says so, and nothing shows that it is in force".to_owned()),
        (Cause::NotShown, false, Found::Default { .. }) => (verdict, Cause::Missing, why),
        (Cause::NotShown, false, _) => (verdict, Cause::Value, why),
        (cause, ..) => (verdict, cause, why),
    };
    let check = Check {
        intent: intent.key.clone(),
        env: policy.env.clone(),
        target,
        place: fact.place.clone(),
        verdict,
        cause,
        location: fact.at.clone(),
        why,
        expected: intent.text.clone(),
        found,
        stated: None,
    };
    let finding = finding(&check, intent, fact);
    (check, finding)
}

/// The value that a fact puts in force, where it is one of the intent's order.
#[must_use]
pub fn in_force(intent: &Intent, fact: &Fact) -> Option<Value> {
    match &fact.found {
        Found::Set { value, .. } | Found::Default { value, .. } => Some(value.clone()),
        Found::Missing | Found::Invalid { .. } => intent.value.absent(),
        Found::Text(_) | Found::Unverifiable(_) | Found::NotApplicable(_) => None,
    }
}

fn finding(check: &Check, intent: &Intent, fact: &Fact) -> Option<Finding> {
    let (rule, kind) = match check.verdict {
        Verdict::Weaker | Verdict::Incomparable | Verdict::Absent | Verdict::Unverifiable => (fact.rule, Kind::Verdict(check.verdict)),
        Verdict::Stricter => (&STRICTER, Kind::Note),
        _ => return None,
    };
    let mut finding = Finding::new(rule, kind, "");
    finding.intent = Some(check.intent.clone());
    finding.env.clone_from(&check.env);
    finding.target = Some(check.target);
    finding.place = Some(check.place.clone());
    finding.cause = Some(check.cause);
    finding.expected = Some(check.expected.clone());
    finding.found = (!check.found.is_empty()).then(|| check.found.clone());
    finding.primary.clone_from(&fact.at);
    finding.related.clone_from(&fact.related);
    finding.spec = intent.origin;
    finding.help = if check.verdict == Verdict::Stricter { Vec::new() } else { fact.help.clone() };
    finding.group = fact.group;
    // That nothing sets it, or that something cuts it off, the words say already.
    finding.why = match (check.verdict, fact.cause) {
        (Verdict::Absent, Cause::Shadowed) => String::new(),
        (Verdict::Absent, _) if fact.found == Found::Missing => String::new(),
        _ => check.why.clone(),
    };
    Some(finding)
}

/// The message of a finding on a verdict, for all intents and places that it stands for.
#[must_use]
pub fn message(finding: &Finding) -> String {
    let mut keys: Vec<&str> = Vec::new();
    let all = std::iter::once(&finding.intent).chain(finding.also.iter().map(|a| &a.intent));
    for key in all.flatten() {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    let many = keys.len() > 1;
    let (is, stands) = if many { ("are", "are") } else { ("is", "is") };
    let verdict = match finding.kind {
        Kind::Verdict(Verdict::Weaker) => format!("{is} weaker than the policy"),
        Kind::Verdict(Verdict::Incomparable) => "cannot be compared with the policy".to_owned(),
        Kind::Verdict(Verdict::Absent) if finding.cause == Some(Cause::Shadowed) => format!("{stands} set, but not in force"),
        Kind::Verdict(Verdict::Absent) => format!("{is} absent"),
        Kind::Verdict(_) => "cannot be verified".to_owned(),
        _ => format!("{is} stricter than the policy"),
    };
    let place = finding.place.as_deref().unwrap_or_default();
    let others: std::collections::BTreeSet<&str> = finding.also.iter().filter_map(|a| a.place.as_deref()).filter(|p| *p != place).collect();
    let more = match others.len() {
        0 => String::new(),
        1 => " (and at 1 more place)".to_owned(),
        n => format!(" (and at {n} more places)"),
    };
    let why = if finding.why.is_empty() { String::new() } else { format!(": {}", finding.why) };
    format!("{} {verdict} at {place}{more}{why}", names(&keys))
}

/// `http.headers.csp and http.headers.framing`; of many below one key, `csp, framing and hsts of http.headers`.
fn names(keys: &[&str]) -> String {
    let parent = |key: &str| key.rsplit_once('.').map_or("", |(parent, _)| parent).to_owned();
    let shared = keys.first().map(|k| parent(k)).filter(|p| !p.is_empty() && keys.len() > 1 && keys.iter().all(|k| parent(k) == *p));
    let short: Vec<&str> = keys.iter().map(|k| shared.as_ref().map_or(*k, |p| &k[p.len() + 1..])).collect();
    let list = match short.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    };
    shared.map_or(list.clone(), |parent| format!("{list} of {parent}"))
}

/// An intent that the checked sources say nothing about.
pub static NOT_SHOWN: Rule = Rule {
    name: "intent-not-shown",
    title: "No checked source says anything about what the policy asks for.",
    severity: Severity::Medium,
    explain: "The files that were read hold no place where this could be judged: an nginx configuration without a server, for example. Unknown is \
              never a pass. List the file that decides it under `check`, or remove the key.",
    language: Language::Nginx,
    spec: Snippet("http: { headers: { content_type_options: nosniff } }"),
    bad: Snippet(
        r"
        # nginx.conf has no server
        sendfile on;
    ",
    ),
    good: Snippet(
        r"
        server {
            listen 443 ssl;
            add_header X-Content-Type-Options nosniff always;
        }
    ",
    ),
    keys: &["http", "tls", "postgres", "dependencies", "jwt", "rate_limits"],
    references: cited::EVIDENCE,
    sources: &[],
};

/// The finding on an intent that no checked source shows and no artifact carries.
#[must_use]
pub fn not_shown(policy: &Policy, target: &'static str, intent: &Intent) -> Finding {
    let message = format!("{} cannot be verified: no checked {target} source says anything about it", intent.key);
    let mut finding = Finding::new(&NOT_SHOWN, Kind::Verdict(Verdict::Unverifiable), message)
        .intent(&intent.key)
        .help(format!("list the file that decides it under targets.{target}.check, or name it: secgen check --source {target}=FILE"));
    finding.env.clone_from(&policy.env);
    finding.target = Some(target);
    finding.cause = Some(Cause::NotShown);
    finding.expected = Some(intent.text.clone());
    finding.spec = intent.origin;
    finding
}

/// The finding on an intent that no target carries.
#[must_use]
pub fn unenforced(policy: &Policy, intent: &Intent) -> Finding {
    let top = intent.key.split('.').next().unwrap_or_default();
    let target = match top {
        "http" | "scopes" => "nginx",
        "postgres" => "postgres",
        "jwt" | "network" => "rust",
        "rate_limits" if intent.key.ends_with(".edge") => "nginx",
        "rate_limits" => "rust",
        "dependencies" => "cargo",
        "operations" => "operations",
        _ => "nginx, postgres or rust",
    };
    let mut finding = Finding::new(&UNENFORCED, Kind::Verdict(Verdict::Unenforced), format!("{} is required, but no listed target carries it", intent.key))
        .intent(&intent.key)
        .help(format!("list {target} under targets, or remove {}", intent.key));
    finding.env.clone_from(&policy.env);
    finding.expected = Some(intent.text.clone());
    finding.spec = intent.origin;
    if let Some(span) = intent.origin {
        finding = finding.at(span, "required here");
    }
    finding
}
