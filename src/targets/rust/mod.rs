//! The `rust` target: the policy as constants, and fixed modules that enforce it in a service.
//!
//! `policy.rs` holds every value of the spec and nothing else. The modules beside it are the same bytes for every
//! user: a change of the policy touches one short file, and a fix of a module is seen as such.

mod clippy;
mod constants;
mod controls;
pub(super) mod encode;
mod facts;
mod layout;
mod names;
mod policy_file;
mod refusals;
mod rules;
mod together;
mod tokens;
mod types;
mod written;

use super::{Artifact, Body, Encoder, Fact, Found, Input, Keeper, Reading, Target};
use crate::finding::{Cause, Finding, Rule};
use crate::policy::Policy;
use crate::source::{self, SourceId, Sources};
use crate::spec::{ModuleOwner, Spec};
use constants::Controls;
use policy_file::PolicyFile;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The `rust` target.
#[derive(Debug)]
pub struct Rust;

/// A fixed module.
struct Module {
    /// Kind of artifact and module name.
    kind: &'static str,
    /// Grows with every change of the text, so that users see that there is one.
    revision: u32,
    text: &'static str,
}

macro_rules! modules {
    ($($kind:literal r $revision:literal),* $(,)?) => {
        [$(Module { kind: $kind, revision: $revision, text: include_str!(concat!("../../../templates/rust/runtime/", $kind, ".rs")) }),*]
    };
}

static MODULES: [Module; 15] = modules![
    "access" r 1,
    "client_ip" r 2,
    "cookies" r 1,
    "environment" r 1,
    "headers" r 1,
    "input" r 1,
    "jwt" r 2,
    "jwt_issue" r 2,
    "lockout" r 2,
    "lockout_redis" r 2,
    "rate_limit" r 2,
    "rate_limit_axum" r 2,
    "rate_limit_redis" r 1,
    "refresh" r 1,
    "tls" r 1,
];

/// The two files with values of the spec, and the fixed modules.
static KINDS: [&str; 17] = [
    "mod",
    "policy",
    "access",
    "client_ip",
    "cookies",
    "environment",
    "headers",
    "input",
    "jwt",
    "jwt_issue",
    "lockout",
    "lockout_redis",
    "rate_limit",
    "rate_limit_axum",
    "rate_limit_redis",
    "refresh",
    "tls",
];

/// Older revisions: kind, number, and the SHA-256 of their tokens. A file of one was not edited.
const OLDER: [(&str, u32, &str); 7] = [
    ("client_ip", 1, "0f4ddae04dcea3d0d1481af1bb086dc1154827ef40112dc9f72d8b4c1c9e9f4a"),
    ("jwt", 1, "862d8e3a8c7c79b7fdffff9512344ef3ce13e257e33758a61a68db1eaea936a2"),
    ("jwt_issue", 1, "01eae23456b3618610640256f6dc4409358ab0f018275e1b9cc5dce6c45e530c"),
    ("lockout", 1, "c24a7e849d0401ebe3deb185e9f23d137b71e6cbc4fa857f952ebbdf4ebd9ca9"),
    ("lockout_redis", 1, "6424a7e26ca34c1704272945fce90f013858071749dad1d4d0f5b8226b958275"),
    ("rate_limit", 1, "f556d5440c47bd3ac0b0aef1be6e5141cd286d69471e2aa19639a01ba62967e7"),
    ("rate_limit_axum", 1, "326bd0cd486ea83c0a9274852909bd63d2e86acfe95bf652d21de7cf4e20e727"),
];

static TEMPLATES: [(&str, &str); 2] = [
    ("rust/policy.rs.tera", include_str!("../../../templates/rust/policy.rs.tera")),
    ("rust/mod.rs.tera", include_str!("../../../templates/rust/mod.rs.tera")),
];

const AXUM: &str = "axum@0.8";
const REDIS: &str = "redis@1.8 --no-default-features -F script,tokio-comp,connection-manager";

/// What a module needs of others: `cargo add` with these arguments.
const NEEDS: [(&str, &str); 20] = [
    ("client_ip", AXUM),
    ("cookies", AXUM),
    ("headers", AXUM),
    ("input", AXUM),
    ("rate_limit_axum", AXUM),
    ("cookies", "cookie@0.18"),
    ("jwt_issue", "getrandom@0.4"),
    ("jwt", "jsonwebtoken@11.1 --no-default-features -F aws_lc_rs,use_pem"),
    ("jwt_issue", "jsonwebtoken@11.1 --no-default-features -F aws_lc_rs,use_pem"),
    ("rate_limit_redis", REDIS),
    ("lockout_redis", REDIS),
    ("tls", "rustls@0.23 --no-default-features -F aws_lc_rs,std,tls12"),
    ("jwt", "serde@1 -F derive"),
    ("input", "serde@1 -F derive"),
    ("input", "serde_json@1"),
    ("rate_limit_redis", "tokio@1 -F time"),
    ("lockout_redis", "tokio@1 -F time"),
    ("input", "tower-http@0.7 -F limit"),
    ("jwt", "zeroize@1"),
    ("jwt_issue", "zeroize@1"),
];

impl Rust {
    fn out(policy: &Policy) -> Option<String> {
        policy.spec.targets.as_ref()?.rust.as_ref()?.out.as_ref().map(|out| policy.out_folder(out))
    }
}

/// Who keeps a module.
fn owner(spec: &Spec, module: &str) -> ModuleOwner {
    let modules = spec.targets.as_ref().and_then(|t| t.rust.as_ref()).and_then(|rust| rust.modules.as_ref());
    modules.map_or(ModuleOwner::Secgen, |modules| modules.owner(module))
}

impl Module {
    /// Which revision of this module a file is: to the byte below its comment lines, or by its tokens. `Err` holds the
    /// tokens of a file that is none; `None`: it cannot be read.
    fn revision_of(&self, text: &str) -> Option<Result<u32, Vec<u8>>> {
        let is_comment = |line: &str| line.trim().is_empty() || (line.starts_with("//") && !line.starts_with("//!"));
        let mut body = text;
        while let Some(rest) = body.split_once('\n').filter(|(line, _)| is_comment(line)).map(|(_, rest)| rest) {
            body = rest;
        }
        if body == self.text {
            return Some(Ok(self.revision));
        }
        let found = tokens::canonical(text)?;
        if tokens::canonical(self.text).is_some_and(|shipped| shipped == found) {
            return Some(Ok(self.revision));
        }
        let hash = Sha256::digest(&found);
        let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(u32::from(digit), 16));
        let digest: String = digits.collect();
        let older = OLDER.iter().find(|(kind, _, tokens)| *kind == self.kind && *tokens == digest);
        Some(older.map(|(_, revision, _)| *revision).ok_or(found))
    }
}

/// What reading a module back says if nobody edited it.
fn as_rendered(kind: &str) -> String {
    format!("{kind} as secgen renders it")
}

/// The fixed module of a kind.
fn module(kind: &str) -> Option<&'static Module> {
    MODULES.iter().find(|module| module.kind == kind)
}

/// The fixed modules that the policies of one file need, whoever keeps them.
fn needed(members: &together::Members<'_>) -> Vec<&'static Module> {
    let any = |test: &dyn Fn(&Controls) -> bool| members.iter().any(|(_, controls)| test(controls));
    let is_needed = |kind: &str| match kind {
        "environment" => members.iter().any(|(environment, _)| environment.is_some()),
        "jwt_issue" => any(&|c| c.issues),
        "refresh" => any(&|c| c.refreshes),
        "client_ip" => any(&|c| c.has("network")),
        "rate_limit" => any(&|c| c.has("rate_limits") || c.has("redis")),
        "rate_limit_axum" => any(&|c| c.has("rate_limits")),
        "rate_limit_redis" => any(&|c| c.has("redis")),
        "lockout_redis" => any(&|c| c.has("redis") && c.has("lockout")),
        control => any(&|c| c.has(control)),
    };
    MODULES.iter().filter(|module| is_needed(module.kind)).collect()
}

/// How to use the folder, for the head of `mod.rs`.
fn usage(folder: &str, modules: &[&str]) -> Vec<String> {
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let mut seen = BTreeSet::new();
    let crates = NEEDS.iter().filter(|(module, arguments)| modules.contains(module) && seen.insert(*arguments));
    let crates: Vec<String> = crates.map(|(_, arguments)| format!("cargo add {arguments}")).collect();
    let mut usage = vec![format!("Use: `mod {name};` in the file of the module above {folder}, such as src/main.rs.")];
    usage.extend((!crates.is_empty()).then(|| format!("Needs: {}", crates.join(" && "))));
    usage
}

impl Rust {
    /// All files of policies that share a folder.
    fn all(policies: &[&Policy]) -> Result<Vec<Artifact>, Vec<Finding>> {
        let mut files = Self::files(policies)?;
        files.extend(clippy::artifacts(policies));
        Ok(files)
    }

    /// The module's files of policies that share a folder.
    fn files(policies: &[&Policy]) -> Result<Vec<Artifact>, Vec<Finding>> {
        let Some((first, folder)) = policies.first().and_then(|policy| Some((*policy, Self::out(policy)?))) else { return Ok(Vec::new()) };
        let mut findings = Vec::new();
        let mut all = Vec::new();
        for policy in policies {
            match Controls::new(policy) {
                Ok(controls) => all.push((environment(policy), controls)),
                Err(refused) => findings.extend(refused.into_iter().map(|finding| Finding { env: policy.env.clone(), ..finding })),
            }
        }
        let members: Vec<(Option<&str>, &Controls)> = all.iter().map(|(environment, controls)| (*environment, controls)).collect();
        findings.extend(together::name_faults(&members));
        if !findings.is_empty() {
            return Err(findings);
        }
        if members.iter().all(|(_, controls)| controls.is_empty()) {
            return Ok(Vec::new());
        }
        let modules = needed(&members);
        let findings = misowned(policies, &modules);
        if !findings.is_empty() {
            return Err(findings);
        }
        // Whoever takes over a module does so for all environments: they share its file.
        let owner = |kind: &str| owner(&first.spec, kind);
        let inline = |kind: &str| owner(kind) == ModuleOwner::None;
        let kept: Vec<&Module> = modules.into_iter().filter(|module| !inline(module.kind)).collect();
        let artifact = |kind: &'static str, body: Body| Artifact {
            out_key: None,
            carries: Vec::new(),
            path: source::join(&folder, &format!("{kind}.rs")).unwrap_or_default(),
            target: "rust",
            kind,
            comment: "//",
            usage: Vec::new(),
            body,
            expected: Vec::new(),
            by_environment: BTreeMap::new(),
            inputs: Vec::new(),
            revision: 1,
            keeper: Keeper::Secgen,
            way_to_keep: None,
        };
        let mut names: Vec<&str> = kept.iter().map(|module| module.kind).chain(["policy"]).collect();
        names.sort_unstable();
        let list = Body::Template { name: "rust/mod.rs.tera", context: serde_json::json!({ "modules": names }) };
        let fault = |why: String| vec![Finding::error(&rules::POLICY_NOT_CONSTANT, why)];
        let file = together::File::new(&members, &inline).map_err(fault)?;
        let context = serde_json::to_value(&file).map_err(|e| fault(e.to_string()))?;
        let policy_body = Body::Template { name: "rust/policy.rs.tera", context };
        let inputs = file.inline.iter().map(|module| ("types of".to_owned(), (*module).to_owned())).collect();
        let common = together::expected(&members);
        let by_environment: BTreeMap<String, Vec<(String, String)>> =
            members.iter().filter_map(|(environment, controls)| Some(((*environment)?.to_owned(), together::expected_of(controls, &common)))).collect();
        let expected = together::expected_of(members[0].1, &common);
        let mut files = vec![
            Artifact { usage: usage(&folder, &names), expected: vec![("modules".to_owned(), names.join(", "))], ..artifact("mod", list) },
            Artifact { expected, by_environment, inputs, revision: 2, ..artifact("policy", policy_body) },
        ];
        files.extend(kept.into_iter().map(|module| Artifact {
            // The revision is no part of the policy: an older one is outdated, not stale.
            expected: vec![("module".to_owned(), as_rendered(module.kind))],
            revision: module.revision,
            way_to_keep: Some(format!("to keep the change, take the module over: modules: {{ {}: {{ owner: user }} }} under targets.rust", module.kind)),
            keeper: if owner(module.kind) == ModuleOwner::User { Keeper::User } else { Keeper::Secgen },
            ..artifact(module.kind, Body::Text(module.text.to_owned()))
        }));
        Ok(files)
    }
}

/// Modules that are taken over and not needed, or not in every environment that shares the folder.
fn misowned(policies: &[&Policy], needed: &[&Module]) -> Vec<Finding> {
    let named = |policy: &Policy| -> BTreeMap<&'static str, ModuleOwner> {
        let modules = policy.spec.targets.as_ref().and_then(|t| t.rust.as_ref()).and_then(|rust| rust.modules.as_ref());
        modules.into_iter().flat_map(crate::spec::RustModules::named).collect()
    };
    let mut findings = Vec::new();
    let mut refuse = |policy: &Policy, key: String, message: String, help: String| {
        let finding = Finding::error(&rules::MODULE_OWNER, message).intent(&key).help(help);
        let finding = policy.origin(&key).map_or_else(|| finding.clone(), |span| finding.clone().at(span, ""));
        findings.push(Finding { env: policy.env.clone(), ..finding });
    };
    for policy in policies {
        // Environments that agree have one fault together. Without its module, TLS is no control of policy.rs either.
        let is_first = policies.first().is_some_and(|first| std::ptr::eq(*first, *policy));
        let is_needed = |name: &str, owner: ModuleOwner| {
            needed.iter().any(|module| module.kind == name) || (name == "tls" && owner == ModuleOwner::None && policy.spec.tls.is_some())
        };
        for (name, _) in named(policy).into_iter().filter(|(name, owner)| is_first && !is_needed(name, *owner)) {
            let message = format!("targets.rust.modules names {name}, which nothing in the spec needs");
            refuse(policy, format!("targets.rust.modules.{name}"), message, format!("remove {name} from targets.rust.modules"));
        }
        if policies.first().is_some_and(|first| named(first) != named(policy)) {
            let message = "targets.rust.modules differs between environments that share one folder".to_owned();
            refuse(
                policy,
                "targets.rust.modules".to_owned(),
                message,
                "write it once, outside of environments; or write {env} into targets.rust.out".to_owned(),
            );
        }
    }
    findings
}

/// The environment's name, where environments share a file.
fn environment(policy: &Policy) -> Option<&str> {
    let out = policy.spec.targets.as_ref()?.rust.as_ref()?.out.as_ref()?;
    policy.env.as_deref().filter(|_| !out.as_str().contains("{env}"))
}

impl Target for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn is_used(&self, policy: &Policy) -> bool {
        policy.spec.targets.as_ref().is_some_and(|t| t.rust.is_some())
    }

    fn check_patterns(&self, policy: &Policy) -> Vec<String> {
        written::patterns(policy)
    }

    fn carries(&self, policy: &Policy) -> Vec<String> {
        if Self::out(policy).is_none() && written::patterns(policy).is_empty() {
            return Vec::new();
        }
        let is_ours = |key: &str| constants::holds(policy, key);
        policy.intents.iter().filter(|intent| intent.scope.is_none() && is_ours(&intent.key)).map(|intent| intent.key.clone()).collect()
    }

    fn artifacts(&self, policy: &Policy) -> Result<Vec<Artifact>, Vec<Finding>> {
        Self::all(&[policy])
    }

    fn shares(&self, policy: &Policy) -> Option<String> {
        let target = policy.spec.targets.as_ref()?.rust.as_ref()?;
        let folder = target.out.as_ref().or(target.clippy.as_ref())?;
        (policy.env.is_some() && !folder.as_str().contains("{env}")).then(|| policy.out_folder(folder))
    }

    fn shared_artifacts(&self, policies: &[&Policy]) -> Result<Vec<Artifact>, Vec<Finding>> {
        Self::all(policies)
    }

    fn templates(&self) -> &'static [(&'static str, &'static str)] {
        &TEMPLATES
    }

    fn encoders(&self) -> &'static [(&'static str, Encoder)] {
        &encode::ENCODERS
    }

    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    fn canonical(&self, kind: &str, text: &str) -> Option<Vec<u8>> {
        match kind {
            "policy" => PolicyFile::parse(text).ok().map(|file| file.to_string().into_bytes()),
            "mod" => tokens::canonical(text),
            "clippy" => clippy::canonical(text),
            // A fixed module as shipped is named, not parsed: six of them would cost most of a run.
            _ => match module(kind)?.revision_of(text)? {
                Ok(revision) => Some(format!("{kind} r{revision}").into_bytes()),
                Err(tokens) => Some(tokens),
            },
        }
    }

    fn read_artifact(&self, kind: &str, policy: &Policy, sources: &Sources, id: SourceId) -> Result<Vec<Fact>, String> {
        let source = sources.get(id);
        let text = source.text().ok_or("it is not UTF-8")?;
        let fact = |intent: &str, text: String| Fact {
            intent: intent.to_owned(),
            place: source.path.clone(),
            found: Found::Text(text),
            cause: Cause::Value,
            at: None,
            related: Vec::new(),
            rule: &rules::POLICY_EDITED,
            help: vec![format!("run `secgen render --force {}` to restore the file", source.path)],
            group: None,
        };
        match kind {
            "policy" => {
                let at = facts::At { id, path: &source.path, environment: environment(policy) };
                Ok(facts::of(&PolicyFile::parse(text)?, policy, &at, &self.carries(policy)))
            }
            "mod" => Ok(vec![fact("modules", tokens::module_list(text)?)]),
            "clippy" => Ok(clippy::leaves(text)?.into_iter().map(|(key, value)| fact(&key, value)).collect()),
            _ => {
                let module = module(kind).ok_or_else(|| format!("there is no module {kind}"))?;
                let not_rust = || tokens::parse(text).err().unwrap_or_else(|| "it is not a Rust file that can be read".to_owned());
                let is_ours = module.revision_of(text).ok_or_else(not_rust)?.is_ok();
                let text = if is_ours { as_rendered(kind) } else { "other code".to_owned() };
                Ok(vec![fact("module", text)])
            }
        }
    }

    fn is_in_force(&self, _artifact: &Artifact) -> bool {
        false
    }

    fn claims(&self, path: &str, _bytes: &[u8]) -> bool {
        path.ends_with(".rs") || clippy::is_config(path)
    }

    fn read(&self, policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading {
        written::read(policy, sources, inputs)
    }

    fn rules(&self) -> &'static [&'static Rule] {
        static ALL: std::sync::LazyLock<Vec<&'static Rule>> = std::sync::LazyLock::new(|| [&rules::ALL[..], written::RULES].concat());
        &ALL
    }
}
