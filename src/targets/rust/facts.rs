//! What a `policy.rs` says about the intents of a policy.

use super::policy_file::{Const, Constant, Expr, Module, PolicyFile};
use super::{constants, rules};
use crate::finding::{Cause, Label, Rule};
use crate::policy::Policy;
use crate::source::{SourceId, Span};
use crate::spec::scalar::EnvName;
use crate::strictness::Value;
use crate::strictness::levels::{Allowed, AtMost, Exact};
use crate::strictness::rate::Quota;
use crate::targets::{Fact, Found};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// The modules of the file: name, imports that give its names their meaning, and constants.
const LAYOUT: [(&str, &[&str], &[&str]); 3] = [
    (
        "jwt",
        &["super::super::jwt::KeySource", "super::super::jwt::KeySpec", "jsonwebtoken::Algorithm", "std::time::Duration"],
        &["ISSUER", "AUDIENCE", "ACCESS_TTL", "REFRESH_TTL", "LEEWAY", "ACCESS_TYP", "REFRESH_TYP", "SIGN_WITH", "KEYS"],
    ),
    ("rate_limit", &["super::super::rate_limit::Quota", "std::time::Duration"], &[]),
    ("network", &["super::super::client_ip::Network"], &["SERVICE_TRUSTS", "IPV6_PREFIX"]),
];

/// A value and where it stands, or why it is not known.
type Known<T> = Result<T, String>;

struct Reader<'a> {
    policy: &'a Policy,
    id: SourceId,
    path: &'a str,
    facts: Vec<Fact>,
}

/// The facts of a file, sorted by intent. What the file has beyond the constants of a policy, or in their place, is a
/// fact of its own that no rendered file has.
pub(super) fn of(file: &PolicyFile, policy: &Policy, id: SourceId, path: &str, carried: &[String]) -> Vec<Fact> {
    let mut reader = Reader { policy, id, path, facts: Vec::new() };
    for item in &file.foreign {
        reader.foreign(&item.place, &item.what, item.at.clone());
    }
    for (name, module) in &file.modules {
        let mut module = module.clone();
        match LAYOUT.iter().find(|(known, _, _)| known == name) {
            None => reader.foreign(name, &format!("mod {name}"), module.at),
            Some((_, imports, _)) => {
                reader.imports(name, &mut module, imports);
                match name.as_str() {
                    "jwt" => reader.jwt(&module),
                    "rate_limit" => reader.rate_limit(&module),
                    _ => reader.network(&module),
                }
            }
        }
    }
    let found: BTreeSet<String> = reader.facts.iter().map(|fact| fact.intent.clone()).collect();
    for intent in carried.iter().filter(|intent| !found.contains(*intent)) {
        reader.push(intent, None, Found::Missing);
    }
    reader.facts.sort_by_key(|fact| (fact.intent.clone(), fact.at.as_ref().map(|label| label.span.start)));
    reader.facts
}

impl Reader<'_> {
    fn push(&mut self, intent: &str, at: Option<Range<usize>>, found: Found) {
        let (cause, rule): (Cause, &'static Rule) = match &found {
            Found::Missing => (Cause::Missing, &rules::POLICY_EDITED),
            Found::Unverifiable(_) => (Cause::NotUnderstood, &rules::POLICY_NOT_CONSTANT),
            _ => (Cause::Value, &rules::POLICY_EDITED),
        };
        self.facts.push(Fact {
            intent: intent.to_owned(),
            place: self.path.to_owned(),
            found,
            cause,
            at: at.map(|range| Label::new(Span::new(self.id, range.start, range.end), "")),
            related: Vec::new(),
            rule,
            help: vec![
                format!("run `secgen render --force {}` to restore what the policy says", self.path),
                format!("or change the spec to say what {} shall say, and run `secgen render`", self.path),
            ],
            group: None,
        });
    }

    /// A value of an intent. Where the policy has no such intent (a default, a key too many) it is plain text.
    fn value(&mut self, intent: &str, at: Range<usize>, value: Known<Value>) {
        let found = match value {
            Err(why) => Found::Unverifiable(why),
            Ok(value) if self.policy.intent(intent).is_some() => Found::Set { text: value.to_string(), value },
            Ok(value) => Found::Text(value.to_string()),
        };
        self.push(intent, Some(at), found);
    }

    fn foreign(&mut self, place: &str, what: &str, at: Range<usize>) {
        self.push(place, Some(at), Found::Text(format!("{what}, which secgen did not render")));
    }

    /// Imports decide what `Duration` or `Quota` mean, so all of them must be there, and no other.
    fn imports(&mut self, name: &str, module: &mut Module, expected: &[&str]) {
        if let Some(lacking) = expected.iter().find(|path| !module.imports.contains(**path)) {
            let lost = lacking.rsplit("::").next().unwrap_or(lacking);
            let why = format!("`{lost}` may be anything, because the module does not import {lacking}");
            module.doubt.get_or_insert(why);
        }
        for path in module.imports.iter().filter(|path| !expected.contains(&path.as_str())) {
            self.foreign(&format!("{name}::use"), &format!("use {path}"), module.at.clone());
        }
        let known = LAYOUT.iter().find(|(known, _, _)| *known == name).map_or(&[][..], |(_, _, constants)| constants);
        // Every constant of `rate_limit` is a limit.
        let unknown = module.constants.iter().filter(|(constant, _)| !known.is_empty() && !known.contains(&constant.as_str()));
        for (constant, found) in unknown {
            self.foreign(&format!("{name}::{constant}"), &format!("const {constant}"), found.at.clone());
        }
    }

    /// A constant by name, with its value worked out by `read`.
    fn constant(&mut self, module: &Module, name: &str, intent: &str, read: impl Fn(&Expr) -> Option<Value>, what: &str) {
        if let Some(constant) = module.constants.get(name) {
            let value = certain(module, constant).and_then(|expr| read(expr).ok_or_else(|| format!("{name} is not {what}")));
            self.value(intent, constant.at.clone(), value);
        }
    }

    fn jwt(&mut self, module: &Module) {
        let exact = |expr: &Expr| text(expr).map(|t| Value::Exact(Exact(t.to_owned())));
        let seconds = |expr: &Expr| if let Const::Seconds(number) = expr.value { Some(Value::AtMost(AtMost { number, unit: " s" })) } else { None };
        let (a_text, a_duration) = ("a string literal", "a duration in whole seconds that can be worked out");
        self.constant(module, "ISSUER", "jwt.issuer", exact, a_text);
        self.constant(module, "AUDIENCE", "jwt.audience", exact, a_text);
        self.constant(module, "ACCESS_TTL", "jwt.access_ttl", seconds, a_duration);
        self.constant(module, "LEEWAY", "jwt.leeway", seconds, a_duration);
        self.constant(module, "SIGN_WITH", "jwt.sign_with", exact, a_text);
        let (at, role) = module.constants.get("SIGN_WITH").map_or((&module.at, "verify"), |signs| (&signs.at, "issue"));
        let role = module.doubt.clone().map_or_else(|| Ok(Value::Exact(Exact(role.to_owned()))), Err);
        self.value("jwt.role", at.clone(), role);
        self.refresh_ttl(module);
        for (name, expected) in [("ACCESS_TYP", "at+jwt"), ("REFRESH_TYP", "rt+jwt")] {
            match module.constants.get(name) {
                None => self.push(&format!("jwt::{name}"), Some(module.at.clone()), Found::Missing),
                Some(found) if found.doubt.is_none() && text(&found.expr) == Some(expected) => {}
                Some(found) => self.foreign(&format!("jwt::{name}"), &format!("another {name} than {expected}"), found.at.clone()),
            }
        }
        self.keys(module);
    }

    /// `None` means that there are no refresh tokens: none lives longer than 0 s.
    fn refresh_ttl(&mut self, module: &Module) {
        let Some(constant) = module.constants.get("REFRESH_TTL") else { return };
        let number = certain(module, constant).and_then(|expr| match &expr.value {
            Const::Path(none) if none == "None" => Ok(None),
            Const::Call(some, arguments) if some == "Some" => match arguments.as_slice() {
                [Expr { value: Const::Seconds(number), .. }] => Ok(Some(*number)),
                _ => Err("REFRESH_TTL is not a duration in whole seconds that can be worked out".to_owned()),
            },
            _ => Err("REFRESH_TTL is neither None nor Some duration".to_owned()),
        });
        if number == Ok(None) && self.policy.intent("jwt.refresh_ttl").is_none() {
            return;
        }
        let value = number.map(|number| Value::AtMost(AtMost { number: number.unwrap_or(0), unit: " s" }));
        self.value("jwt.refresh_ttl", constant.at.clone(), value);
    }

    fn keys(&mut self, module: &Module) {
        let Some(constant) = module.constants.get("KEYS") else { return };
        let entries = certain(module, constant).and_then(|expr| match &expr.value {
            Const::List(entries) => Ok(entries),
            _ => Err("KEYS is not an array of keys".to_owned()),
        });
        let entries = match entries {
            Ok(entries) => entries,
            Err(why) => return self.push("jwt.keys", Some(constant.at.clone()), Found::Unverifiable(why)),
        };
        let mut seen = BTreeSet::new();
        for entry in entries {
            match self.key(entry) {
                Some((kid, _)) if !seen.insert(kid) => {
                    let why = format!("{kid} stands in KEYS twice");
                    self.push(&format!("jwt.keys.{kid}"), Some(entry.at.clone()), Found::Unverifiable(why));
                }
                Some((kid, words)) => self.value(&format!("jwt.keys.{kid}"), entry.at.clone(), Ok(Value::Exact(Exact(words)))),
                None => {
                    let why = "an entry of KEYS is not a key that can be worked out".to_owned();
                    self.push("jwt.keys", Some(entry.at.clone()), Found::Unverifiable(why));
                }
            }
        }
    }

    /// The `kid` of a key, and the key in words.
    fn key<'e>(&self, entry: &'e Expr) -> Option<(&'e str, String)> {
        let fields = fields(entry, "KeySpec", &["kid", "algorithm", "source"])?;
        let (kid, source) = (text(fields.get("kid")?)?, fields.get("source")?);
        let Const::Path(algorithm) = &fields.get("algorithm")?.value else { return None };
        let names = match &source.value {
            Const::Call(path, arguments) if path == "KeySource::Secret" => arguments.iter().map(text).collect::<Option<Vec<_>>>().filter(|n| n.len() == 1)?,
            Const::Struct(..) => {
                let files = self::fields(source, "KeySource::PemFiles", &["public", "private"])?;
                let private = match &files.get("private")?.value {
                    Const::Path(none) if none == "None" => None,
                    Const::Call(some, arguments) if some == "Some" && arguments.len() == 1 => Some(text(arguments.first()?)?),
                    _ => return None,
                };
                private.into_iter().chain([text(files.get("public")?)?]).collect()
            }
            _ => return None,
        };
        let names: Vec<&str> = names.into_iter().map(|name| self.shown(name)).collect();
        Some((kid, constants::key_words(algorithm.strip_prefix("Algorithm::")?, &names)))
    }

    /// The name of a variable, if it is one: whoever puts the key itself there must not read it in a report.
    fn shown<'n>(&self, name: &'n str) -> &'n str {
        let keys = self.policy.spec.jwt.iter().filter_map(|jwt| jwt.keys.as_ref()).flatten();
        let mut known = keys.flat_map(|(_, key)| [&key.secret, &key.private_key, &key.public_key]).flatten();
        let is_usual = name.len() <= 64 && name.parse::<EnvName>().is_ok() && !name.contains(|c: char| c.is_ascii_lowercase());
        if is_usual || known.any(|reference| reference.env.as_str() == name) { name } else { "a name that is not shown" }
    }

    fn rate_limit(&mut self, module: &Module) {
        for (ident, constant) in &module.constants {
            let quota = certain(module, constant).and_then(|expr| quota(expr).ok_or_else(|| format!("{ident} is not a quota that can be worked out")));
            match quota {
                Ok((name, quota)) if constants::constant_name(name) == *ident => {
                    self.value(&format!("rate_limits.limits.{name}"), constant.at.clone(), Ok(Value::Quota(quota)));
                }
                Ok(_) => self.foreign(&format!("rate_limit::{ident}"), &format!("a quota {ident} of another name"), constant.at.clone()),
                Err(why) => {
                    let intents = self.policy.spec.rate_limits.iter().filter_map(|r| r.limits.as_ref()).flatten();
                    let named = intents.map(|(name, _)| name.as_str()).find(|name| constants::constant_name(name) == *ident);
                    let intent = named.map_or_else(|| format!("rate_limit::{ident}"), |name| format!("rate_limits.limits.{name}"));
                    self.push(&intent, Some(constant.at.clone()), Found::Unverifiable(why));
                }
            }
        }
    }

    fn network(&mut self, module: &Module) {
        let trusts = |expr: &Expr| {
            let Const::List(networks) = &expr.value else { return None };
            networks.iter().map(network).collect::<Option<_>>().map(|set| Value::Allowed(Allowed(set)))
        };
        let prefix = |expr: &Expr| int(expr).map(|number| Value::Exact(Exact(number.to_string())));
        self.constant(module, "SERVICE_TRUSTS", "network.service_trusts", trusts, "a list of networks that can be worked out");
        self.constant(module, "IPV6_PREFIX", "network.ipv6_prefix", prefix, "a number that can be worked out");
    }
}

/// The value of a constant, unless something else decides whether it holds.
fn certain<'c>(module: &Module, constant: &'c Constant) -> Known<&'c Expr> {
    match module.doubt.as_ref().or(constant.doubt.as_ref()) {
        Some(doubt) => Err(doubt.clone()),
        None => Ok(&constant.expr),
    }
}

fn text(expr: &Expr) -> Option<&str> {
    if let Const::Text(text) = &expr.value { Some(text) } else { None }
}

fn int(expr: &Expr) -> Option<u128> {
    if let Const::Int(number) = expr.value { Some(number) } else { None }
}

/// The fields of a struct literal, if it is the named one with just these fields.
fn fields<'e>(expr: &'e Expr, path: &str, names: &[&str]) -> Option<&'e BTreeMap<String, Expr>> {
    let Const::Struct(found, fields) = &expr.value else { return None };
    (found == path && fields.len() == names.len() && names.iter().all(|name| fields.contains_key(*name))).then_some(fields)
}

fn quota(expr: &Expr) -> Option<(&str, Quota)> {
    let fields = fields(expr, "Quota", &["name", "requests", "per", "burst"])?;
    let number = |name: &str| u32::try_from(int(fields.get(name)?)?).ok().map(u64::from);
    let Const::Seconds(seconds) = fields.get("per")?.value else { return None };
    Some((text(fields.get("name")?)?, Quota { requests: number("requests")? + number("burst")?, seconds }))
}

/// A network as the spec writes it.
fn network(expr: &Expr) -> Option<String> {
    let Const::Call(path, arguments) = &expr.value else { return None };
    let [base, prefix] = arguments.as_slice() else { return None };
    let prefix = u8::try_from(int(prefix)?).ok()?;
    match (path.as_str(), &base.value) {
        ("Network::v4", Const::List(octets)) if prefix <= 32 => {
            let octets: Option<Vec<u8>> = octets.iter().map(|octet| u8::try_from(int(octet)?).ok()).collect();
            Some(format!("{}/{prefix}", Ipv4Addr::from(<[u8; 4]>::try_from(octets?).ok()?)))
        }
        ("Network::v6", Const::Int(bits)) if prefix <= 128 => Some(format!("{}/{prefix}", Ipv6Addr::from(*bits))),
        _ => None,
    }
}
