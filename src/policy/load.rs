//! From files to policies: layers, environments, scopes, and the reasons for what is weaker.

use super::difference::order;
use super::intents::{Refused, Scheduled, overdue_level, schedule};
use super::lock::Lock;
use super::pin::{self, LayerInfo};
use super::rules::{LAYER, UNUSABLE, WEAKENS, WEAKENS_UNUSED};
use super::{Intent, Policy, lints, merge, profiles, templates};
use crate::document::{self, Node, Value};
use crate::finding::{Finding, UNREADABLE, redact};
use crate::schema::{self, Kind};
use crate::source::{MAX_SPEC_BYTES, SourceId, Sources, Span, folder_of, join};
use crate::spec::{OverdueLevel, Spec, TASK_LOG, Weakening};
use crate::strictness::levels::{Level, Needed};
use crate::strictness::{Order, Value as Required};
use std::collections::{BTreeMap, BTreeSet};

/// How many layers may lie on each other.
const MAX_LAYERS: usize = 8;

/// A loaded spec.
#[derive(Debug)]
pub struct Loaded {
    /// How reports name the spec: its path, or the built-in profile.
    pub path: String,
    /// The text of the spec.
    pub source: SourceId,
    /// The service's name; empty for a built-in profile.
    pub service: String,
    /// One policy an environment; one without a name where none is declared.
    pub policies: Vec<Policy>,
    /// The day on which dates are judged, in days since 1970-01-01.
    pub today: i64,
    /// The layers that it builds on, weakest first.
    pub layers: Vec<LayerInfo>,
    /// What they lock.
    pub locks: Vec<Lock>,
    /// What does not stop a run: lints, unused reasons, and locked keys that are weaker, which fail the gate.
    pub warnings: Vec<Finding>,
}

impl Loaded {
    /// Names of the environments.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.policies.iter().filter_map(|p| p.env.as_deref())
    }

    /// Where the log of tasks lies; `None` for a spec without tasks that names no log either. It is of the service, and the
    /// same in every environment.
    #[must_use]
    pub fn task_log(&self) -> Option<String> {
        let spec = &self.policies.first()?.spec;
        match spec.operations.as_ref()?.log.as_ref() {
            Some(log) => join("", log.as_str()),
            None if schedule(spec).is_empty() => None,
            None => join(folder_of(&self.path), TASK_LOG),
        }
    }
}

/// Loads a spec file (a path as for [`Sources::read`]) or a built-in profile (`secgen:recommended`). `today` is in
/// days since 1970-01-01 and decides which reasons still hold.
///
/// # Errors
/// Everything that is wrong with it, at once, sorted by place.
pub fn load(sources: &mut Sources, name: &str, today: i64) -> Result<Loaded, Vec<Finding>> {
    load_for(Purpose::Use, sources, name, today)
}

/// What a spec is loaded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be rendered and checked.
    Use,
    /// To be compared with another: what is weaker than a layer needs no reason, as a reason would excuse nothing.
    Comparison,
    /// To hold others to it: a whole spec or a layer, for every environment.
    Floor,
}

/// Loads a spec for a purpose.
///
/// # Errors
/// As for [`load`].
pub fn load_for(purpose: Purpose, sources: &mut Sources, name: &str, today: i64) -> Result<Loaded, Vec<Finding>> {
    // It stands on top of every rendered file.
    if name.chars().any(redact::is_unsafe) {
        let message = format!("the path of the spec has characters that nobody can see: {}", redact::safe(name));
        return Err(vec![Finding::error(&UNREADABLE, message).help("rename the file, or the folder that it lies in").path(name)]);
    }
    let mut loader = Loader {
        sources,
        purpose,
        today,
        // A file outside the root names its layers by where it lies itself.
        folder: if name.starts_with('/') { folder_of(name).to_owned() } else { String::new() },
        findings: Vec::new(),
        warnings: Vec::new(),
        profiles: BTreeSet::new(),
        infos: Vec::new(),
        locks: Vec::new(),
    };
    let loaded = loader.load(name);
    let Loader { mut findings, warnings, infos: layers, locks, .. } = loader;
    match loaded {
        Some((path, source, service, policies)) if findings.is_empty() => Ok(Loaded { path, source, service, policies, today, layers, locks, warnings }),
        _ => {
            sort(&mut findings);
            Err(findings)
        }
    }
}

/// By place, then rule, each once. What several environments have alike is one finding that names them all; what was
/// decided otherwise for one of them stays apart. Environments keep the order in which they were judged, and the first one speaks for all.
pub fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.primary.as_ref().map(|l| l.span), f.rule.name, f.message.clone());
        key(a).cmp(&key(b))
    });
    findings.dedup_by(|a, b| {
        let is_same = a.rule == b.rule && a.kind == b.kind && a.message == b.message && a.primary == b.primary && a.path == b.path;
        let places = |f: &Finding| f.also.iter().map(|also| (also.intent.clone(), also.place.clone())).collect::<Vec<_>>();
        let is_one = is_same && a.disposition == b.disposition && a.expected == b.expected && places(a) == places(b);
        if let (true, Some(own), Some(all)) = (is_one, &a.env, &mut b.env)
            && !all.split(", ").any(|env| env == own)
        {
            all.push_str(", ");
            all.push_str(own);
        }
        is_one
    });
}

/// A task that moved to another list, where an overdue one only warns: what the lists say of themselves does not show it.
fn softened(below: &Policy, above: &Policy, key: &str) -> Option<(Intent, Intent)> {
    let find = |policy: &Policy| schedule(&policy.spec).into_iter().find(|task| task.key() == key);
    let (before, after) = (find(below)?, find(above)?);
    let is_softer = overdue_level(&below.spec, before.every) == OverdueLevel::Fail && overdue_level(&above.spec, after.every) == OverdueLevel::Warn;
    let intent = |policy: &Policy, task: &Scheduled, is_failing: bool| {
        let key = format!("operations.overdue.{}", task.every.key());
        let word = if is_failing { OverdueLevel::Fail } else { OverdueLevel::Warn };
        let value = Required::Level(Level { word: word.name().to_owned(), rank: Some(u8::from(is_failing)), top: 1 });
        Some(Intent { origin: policy.origin(&key).or_else(|| policy.origin(&task.listed)), value, key, ..policy.intent(&task.key())?.clone() })
    };
    if before.every == after.every || !is_softer { None } else { Some((intent(below, &before, true)?, intent(above, &after, false)?)) }
}

struct Loader<'a> {
    sources: &'a mut Sources,
    purpose: Purpose,
    today: i64,
    /// The folder that paths of layers start from; empty for the root.
    folder: String,
    findings: Vec<Finding>,
    warnings: Vec<Finding>,
    profiles: BTreeSet<SourceId>,
    infos: Vec<LayerInfo>,
    locks: Vec<Lock>,
}

/// A layer with its own exceptions.
struct Layer {
    node: Node,
    weakens: Weakens,
    lock: Vec<(String, Span)>,
}

/// Exceptions of a layer, environment or scope: key of the exception, its span, and what it says.
type Weakens = BTreeMap<String, (Span, Weakening)>;

impl Loader<'_> {
    fn load(&mut self, name: &str) -> Option<(String, SourceId, String, Vec<Policy>)> {
        let (source, main) = if profiles::is_builtin(name) {
            let id = self.profile(name, None)?;
            (id, self.document(id, Kind::Layer)?)
        } else {
            let id = self.sources.read(name, MAX_SPEC_BYTES).map_err(|e| self.findings.push(Finding::unreadable(&e))).ok()?;
            (id, self.document(id, if self.purpose == Purpose::Floor { Kind::Layer } else { Kind::Main })?)
        };
        self.head(&main);
        let mut layers = Vec::new();
        let mut path = vec![name.to_owned()];
        self.layers_below(&main, &mut path, &mut layers)?;
        let environments = main.get("environments").map(|n| n.value.clone());
        layers.push(Self::layer(&main));
        let base = self.stack(layers)?;
        let service = base.0.get("service").and_then(text).unwrap_or_default().to_owned();
        let mut policies = Vec::new();
        match environments {
            Some(Value::Map(entries)) if !entries.is_empty() => {
                for entry in entries {
                    let own = Self::layer(&entry.value);
                    let merged = self.lay(&base.0, &own.node);
                    let Some(policy) = self.policy(&merged, Some(entry.key.clone()), name) else { continue };
                    if let Some(below) = &base.1 {
                        self.weaker(below, &policy, &own.weakens, &format!("environment {}", entry.key));
                    }
                    policies.push(policy);
                }
            }
            _ => policies.extend(base.1),
        }
        for policy in &mut policies {
            // A floor renders nothing, and neither does a comparison.
            if self.purpose == Purpose::Use {
                match templates::load(self.sources, policy) {
                    Ok(folder) => policy.templates = folder,
                    Err(findings) => self.findings.extend(findings),
                }
            }
            self.scopes(policy);
            let weakened = self.locks.iter().flat_map(|lock| lock.weakened(policy));
            self.warnings.extend(weakened);
            // A date that has passed is no obstacle to a comparison.
            let today = if self.purpose == Purpose::Comparison { i64::MIN } else { self.today };
            let (errors, warnings) = lints::check(policy, today);
            self.findings.extend(errors);
            self.warnings.extend(warnings);
        }
        sort(&mut self.warnings);
        Some((name.to_owned(), source, service, policies))
    }

    /// What stands in the wrong kind of file.
    fn head(&mut self, main: &Node) {
        let (key, why, help) = match self.purpose {
            Purpose::Floor => {
                ("environments", "a floor holds for every environment, and must not hold environments", "move what all environments need to the top")
            }
            _ => ("layer", "the spec is no layer, and must not hold layer", "name and version of a layer belong in the file that is extended"),
        };
        if let Some(node) = main.get(key) {
            self.findings.push(Finding::error(&LAYER, why).at(node.span, "").help(help));
        }
    }

    fn profile(&mut self, name: &str, span: Option<Span>) -> Option<SourceId> {
        let Some(profile) = profiles::find(name) else {
            let names: Vec<&str> = profiles::ALL.iter().map(|p| p.name).collect();
            let mut finding = Finding::error(&LAYER, format!("{name} is no built-in profile")).help(format!("write one of {}", names.join(", ")));
            if let Some(span) = span {
                finding = finding.at(span, "unknown profile");
            }
            self.findings.push(finding);
            return None;
        };
        let id = self.sources.add(profile.name, profile.text.as_bytes());
        self.profiles.insert(id);
        Some(id)
    }

    fn document(&mut self, id: SourceId, kind: Kind) -> Option<Node> {
        let node = match document::parse(self.sources, id) {
            Ok(node) => node,
            Err(findings) => {
                self.findings.extend(findings);
                return None;
            }
        };
        // A test holds the built-in profiles to the schema.
        if self.profiles.contains(&id) {
            return Some(node);
        }
        let findings = schema::validate(self.sources, &node, kind);
        let ok = findings.is_empty();
        self.findings.extend(findings);
        ok.then_some(node)
    }

    /// The layers that a document extends, weakest first, each before what extends it.
    fn layers_below(&mut self, node: &Node, path: &mut Vec<String>, layers: &mut Vec<Layer>) -> Option<()> {
        let Some(Value::Seq(names)) = node.get("extends").map(|n| n.value.clone()) else { return Some(()) };
        let mut ok = Some(());
        for entry in names {
            let named = match pin::entry(&entry) {
                Ok(named) => named,
                Err(finding) => {
                    self.findings.push(*finding);
                    ok = None;
                    continue;
                }
            };
            let name = named.name().to_owned();
            if path.contains(&name) || path.len() >= MAX_LAYERS {
                let why = if path.contains(&name) { "extends itself" } else { "is too deep: 8 layers may lie on each other" };
                self.findings
                    .push(Finding::error(&LAYER, format!("{name} {why}")).at(entry.span, "extended here").help("take one of the layers out of extends"));
                return None;
            }
            let id = if profiles::is_builtin(&name) {
                self.profile(&name, Some(entry.span))
            } else {
                let path = if self.folder.is_empty() { name.clone() } else { join(&self.folder, &name).unwrap_or_else(|| name.clone()) };
                let read = self.sources.read(&path, MAX_SPEC_BYTES);
                match read {
                    Ok(id) => match &named {
                        pin::Entry::Pinned(pinned) => match pin::hold_text(self.sources, &entry, pinned, id, &path_of(self.sources, &entry)) {
                            Ok(()) => Some(id),
                            Err(finding) => {
                                self.findings.push(*finding);
                                None
                            }
                        },
                        pin::Entry::Named(_) => Some(id),
                    },
                    Err(error) => {
                        self.findings.push(Finding::unreadable(&error).at(entry.span, "named here"));
                        None
                    }
                }
            };
            let Some(layer) = id.and_then(|id| self.document(id, Kind::Layer)) else {
                ok = None;
                continue;
            };
            for key in ["version", "service", "environments"] {
                if let Some(node) = layer.get(key) {
                    self.findings.push(
                        Finding::error(&LAYER, format!("{name} is a layer and must not hold {key}"))
                            .at(node.span, "not in a layer")
                            .help(format!("move {key} into the spec that extends {name}")),
                    );
                }
            }
            let mut info = LayerInfo { name: name.clone(), version: pin::head(&layer).map(|h| h.version.as_str().to_owned()), pinned: false };
            if let pin::Entry::Pinned(pinned) = &named {
                info.pinned = true;
                if let Err(finding) = pin::hold_version(&entry, pinned, &layer) {
                    self.findings.push(*finding);
                }
            }
            path.push(name);
            ok = ok.and(self.layers_below(&layer, path, layers));
            path.pop();
            self.infos.push(info);
            let layer = Self::layer(&layer);
            layers.push(layer);
        }
        ok
    }

    /// A document without what is no policy, and its exceptions.
    fn layer(node: &Node) -> Layer {
        let weakens = Self::weakens(node);
        let lock = match node.get("lock").map(|n| &n.value) {
            Some(Value::Seq(keys)) => keys.iter().filter_map(|key| Some((text(key)?.to_owned(), key.span))).collect(),
            _ => Vec::new(),
        };
        let mut node = node.clone();
        if let Value::Map(entries) = &mut node.value {
            entries.retain(|e| !matches!(e.key.as_str(), "extends" | "environments" | "weakens" | "layer" | "lock"));
        }
        Layer { node, weakens, lock }
    }

    fn weakens(node: &Node) -> Weakens {
        let Some(Value::Map(entries)) = node.get("weakens").map(|n| &n.value) else { return Weakens::new() };
        let read = |e: &document::Entry| Some((e.key.clone(), (e.key_span, serde_json::from_value(e.value.to_json()).ok()?)));
        entries.iter().filter_map(read).collect()
    }

    /// All layers on each other: the merged tree, and its policy.
    fn stack(&mut self, layers: Vec<Layer>) -> Option<(Node, Option<Policy>)> {
        let mut merged: Option<Node> = None;
        let mut below: Option<Policy> = None;
        let count = layers.len();
        for (i, layer) in layers.into_iter().enumerate() {
            let layer_source = layer.node.span.source;
            let next = match &merged {
                None => {
                    merge::refuse_changes(&layer.node, "", &mut self.findings);
                    layer.node
                }
                Some(base) => self.lay(base, &layer.node),
            };
            if !self.findings.is_empty() {
                return None;
            }
            let name = self.sources.get(layer_source).path.clone();
            // A layer in the middle may be a part of a policy; only the last must be whole.
            let policy = self.policy(&next, None, &name);
            if let (Some(below), Some(policy)) = (&below, &policy) {
                self.weaker(below, policy, &layer.weakens, &name);
            }
            if policy.is_none() && i + 1 == count {
                return None;
            }
            if let (false, Some(policy)) = (layer.lock.is_empty(), &policy) {
                let lock = Lock { layer: name, keys: layer.lock, policy: policy.clone() };
                self.findings.extend(lock.unknown());
                self.locks.push(lock);
            }
            below = policy.or(below);
            merged = Some(next);
        }
        Some((merged?, below))
    }

    fn lay(&mut self, base: &Node, over: &Node) -> Node {
        merge::merge(base, over, "", &mut self.findings)
    }

    fn policy(&mut self, merged: &Node, env: Option<String>, path: &str) -> Option<Policy> {
        let spec: Spec = match schema::decode_findings(self.sources, merged) {
            Ok(spec) => spec,
            Err(findings) => {
                self.findings.extend(findings);
                return None;
            }
        };
        let mut origins = BTreeMap::new();
        collect_origins(merged, "", &mut origins);
        let profiles = self.profiles.clone();
        match Policy::new(spec, env, origins.clone(), &|span| profiles.contains(&span.source), path) {
            Ok(policy) => Some(policy),
            Err(refused) => {
                for Refused { key, why } in refused {
                    let mut finding = Finding::error(&UNUSABLE, format!("{key}: {why}")).intent(&key).help("correct the value, or remove the key");
                    if let Some(span) = nearest(&origins, &key) {
                        finding = finding.at(span, "set here");
                    }
                    self.findings.push(finding);
                }
                None
            }
        }
    }

    /// Every intent of `above` that is weaker than in `below` needs a reason in the layer's own `weakens`.
    fn weaker(&mut self, below: &Policy, above: &Policy, weakens: &Weakens, layer: &str) {
        let mut used = BTreeSet::new();
        for old in &below.intents {
            let Some(new) = above.intent(&old.key) else {
                // A list replaces the one below, so that a task can be left out of it; no other intent goes away.
                if super::intents::is_task(&old.key) {
                    let value = Required::Level(Level { word: "not in the schedule".to_owned(), rank: Some(0), top: 3 });
                    let gone = Intent { value, origin: above.origin("operations"), ..old.clone() };
                    self.compare(old, &gone, &old.key, weakens, layer, &mut used);
                }
                // So does a CI system, with its whole workflow: said once, of what it runs.
                if old.key.starts_with("operations.ci.") && old.key.ends_with(".runs") {
                    let gone = Intent { value: Required::Needed(Needed(BTreeSet::new())), origin: above.origin("operations.ci"), ..old.clone() };
                    self.compare(old, &gone, &old.key, weakens, layer, &mut used);
                }
                continue;
            };
            if let Some((old, new)) = softened(below, above, &old.key) {
                self.compare(&old, &new, &new.key, weakens, layer, &mut used);
            }
            // What a scope takes from the policy itself is said once, there.
            if is_inherited(below, old) && is_inherited(above, new) {
                continue;
            }
            self.compare(old, new, &old.key, weakens, layer, &mut used);
        }
        self.gate(below, above, weakens, layer, &mut used);
        self.unused(weakens, &used, layer);
    }

    /// A gate that lets more through than the layer below asks for, for all or for one target, is a weakening too.
    fn gate(&mut self, below: &Policy, above: &Policy, weakens: &Weakens, layer: &str, used: &mut BTreeSet<String>) {
        let (Some(old), Some(new)) = (&below.spec.gate, &above.spec.gate) else { return };
        let Some(target) = crate::spec::Gate::NAMES.into_iter().find(|target| new.of(target).rank() < old.of(target).rank()) else { return };
        let what = if target.is_empty() { "gate".to_owned() } else { format!("gate of {target}") };
        let level = |gate: &crate::spec::Gate, policy: &Policy| Intent {
            key: "gate".to_owned(),
            scope: None,
            value: Required::Level(Level { word: gate.of(target).name().to_owned(), rank: Some(gate.of(target).rank()), top: 3 }),
            text: what.clone(),
            origin: policy.origin(&crate::spec::Gate::key(target)),
            builtin: false,
        };
        self.compare(&level(old, below), &level(new, above), "gate", weakens, layer, used);
    }

    /// A scope may be weaker than the policy only with a reason of its own.
    fn scopes(&mut self, policy: &Policy) {
        for (name, scope) in policy.spec.scopes.iter().flatten() {
            let prefix = format!("scopes.{name}.");
            let weakens: Weakens = scope
                .weakens
                .iter()
                .flatten()
                .filter_map(|(key, weakening)| Some((key.clone(), (policy.origin(&format!("{prefix}weakens.{key}"))?, weakening.clone()))))
                .collect();
            let mut used = BTreeSet::new();
            for new in policy.intents.iter().filter(|i| i.scope.as_deref() == Some(name.as_str())) {
                let key = new.key.strip_prefix(&prefix).unwrap_or(&new.key);
                if let Some(old) = policy.intent(key) {
                    self.compare(old, new, key, &weakens, &format!("scope {name}"), &mut used);
                }
            }
            self.unused(&weakens, &used, &format!("scope {name}"));
        }
    }

    fn compare(&mut self, old: &Intent, new: &Intent, key: &str, weakens: &Weakens, layer: &str, used: &mut BTreeSet<String>) {
        if self.purpose == Purpose::Comparison {
            return;
        }
        let comparison = order(&old.value, &new.value);
        let weaker = match comparison.order {
            Order::Weaker => true,
            Order::Incomparable => !is_identity(key, old, new),
            Order::Equal | Order::Stricter => false,
        };
        if !weaker {
            return;
        }
        // `weakens` names the key or one above it.
        let reason = weakens.iter().find(|(k, _)| key == *k || key.strip_prefix(k.as_str()).is_some_and(|rest| rest.starts_with('.')));
        let verb = if comparison.order == Order::Weaker { "is weaker than" } else { "is not comparable to" };
        let mut finding = Finding::error(&WEAKENS, format!("{key} of {layer} {verb} the layer below: {}", comparison.why)).intent(key);
        if let Some(span) = new.origin {
            finding = finding.at(span, format!("{}", new.value));
        }
        if let Some(span) = old.origin {
            finding = finding.see(span, format!("the layer below asks for {}", old.value));
        }
        finding.expected = Some(old.value.to_string());
        finding.found = Some(new.value.to_string());
        match reason {
            None => {
                self.findings.push(
                    finding
                        .help(format!("give a reason where {layer} stands: weakens: {{ {key}: {{ reason: \"...\" }} }}"))
                        .help("or raise the value to that of the layer below"),
                );
            }
            Some((name, (span, weakening))) => {
                used.insert(name.clone());
                if let Some(until) = weakening.until.as_ref().filter(|d| d.days() < self.today) {
                    self.findings.push(
                        finding.see(*span, format!("this reason ended on {until}")).help("raise the value, or agree on a new date and write it as `until`"),
                    );
                }
            }
        }
    }

    fn unused(&mut self, weakens: &Weakens, used: &BTreeSet<String>, layer: &str) {
        for (key, (span, _)) in weakens.iter().filter(|(key, _)| !used.contains(*key)) {
            self.warnings.push(
                Finding::warning(&WEAKENS_UNUSED, format!("weakens.{key} of {layer} is not needed: nothing there is weaker than the layer below"))
                    .at(*span, "not needed")
                    .help("remove the entry, or correct its key"),
            );
        }
    }
}

/// How reports name the file of a node.
fn path_of(sources: &Sources, node: &Node) -> String {
    sources.get(node.span.source).path.clone()
}

/// Whether a scope's value is that of the policy around it.
pub(super) fn is_inherited(policy: &Policy, intent: &Intent) -> bool {
    let own = intent.scope.as_ref().and_then(|scope| intent.key.strip_prefix("scopes.")?.strip_prefix(scope.as_str())?.strip_prefix('.'));
    own.and_then(|key| policy.intent(key)).is_some_and(|around| around.value == intent.value)
}

/// Values that name something and have no strength: they may differ between layers without a reason.
fn is_identity(key: &str, old: &Intent, new: &Intent) -> bool {
    if matches!(key, "jwt.issuer" | "jwt.audience" | "jwt.sign_with" | "network.service_trusts" | "rate_limits.store") {
        return true;
    }
    let algorithm = |i: &Intent| i.value.to_string().split(' ').next().map(str::to_owned);
    key.starts_with("jwt.keys.") && algorithm(old) == algorithm(new)
}

fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The key's own span under its dotted path.
fn collect_origins(node: &Node, path: &str, origins: &mut BTreeMap<String, Span>) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                let path = merge::join(path, &entry.key);
                origins.insert(path.clone(), entry.key_span);
                collect_origins(&entry.value, &path, origins);
            }
        }
        Value::Seq(items) => {
            for (i, item) in items.iter().enumerate() {
                let path = format!("{path}[{i}]");
                origins.insert(path.clone(), item.span);
                collect_origins(item, &path, origins);
            }
        }
        _ => {}
    }
}

fn nearest(origins: &BTreeMap<String, Span>, key: &str) -> Option<Span> {
    let mut key = key;
    loop {
        if let Some(span) = origins.get(key) {
            return Some(*span);
        }
        key = &key[..key.rfind('.')?];
    }
}
