//! Each control of a `Policy` constant as facts.

use super::facts::{Known, Reader, option};
use super::names;
use super::policy_file::{Const, Expr};
use super::refusals::GROUPS;
use crate::policy::intents;
use crate::spec::scalar::EnvName;
use crate::spec::{OnStoreError, SameSite, TlsVersion};
use crate::strictness::access::{Conditions, Grant, Grants};
use crate::strictness::groups::Groups;
use crate::strictness::levels::{Allowed, AtMost, Deadline, Exact};
use crate::strictness::lockout::Pause;
use crate::strictness::rate::Quota;
use crate::strictness::tls::Protocols;
use crate::strictness::{Value, cookie};
use crate::targets::Found;
use crate::targets::field::Field;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The fields of a struct literal.
type Fields<'e> = &'e BTreeMap<String, Expr>;

/// Reads one field of the policy.
pub(super) fn read(reader: &mut Reader<'_>, field: &str, expr: &Expr, carried: &[String]) {
    match field {
        "jwt" => jwt(reader, expr),
        "rate_limits" => limits(reader, expr),
        "redis" => redis(reader, expr),
        "network" => network(reader, expr),
        "lockout" => lockout(reader, expr),
        "cookies" => cookies(reader, expr),
        "access" => access(reader, expr, carried),
        "headers" => headers(reader, expr, carried),
        "input" => input(reader, expr),
        "tls" => tls(reader, expr),
        other => reader.foreign(&format!("policy::Policy::{other}"), &format!("the field {other}"), expr.at.clone()),
    }
}

/// The fields of a struct literal, if it is the named one with just these fields; else it is a fact that nobody knows
/// what it says.
fn fields<'e>(reader: &mut Reader<'_>, key: &str, expr: &'e Expr, path: &str, names: &[&str]) -> Option<Fields<'e>> {
    let found = structure(expr, path, names);
    if found.is_none() {
        reader.push(key, Some(expr.at.clone()), Found::Unverifiable(format!("it is not a {path} that can be worked out")));
    }
    found
}

fn structure<'e>(expr: &'e Expr, path: &str, names: &[&str]) -> Option<Fields<'e>> {
    let Const::Struct(found, fields) = &expr.value else { return None };
    (found == path && fields.len() == names.len() && names.iter().all(|name| fields.contains_key(*name))).then_some(fields)
}

fn text(expr: &Expr) -> Option<&str> {
    if let Const::Text(text) = &expr.value { Some(text) } else { None }
}

fn int(expr: &Expr) -> Option<u64> {
    if let Const::Int(number) = expr.value { u64::try_from(number).ok() } else { None }
}

fn seconds(expr: &Expr) -> Option<u64> {
    if let Const::Seconds(number) = expr.value { Some(number) } else { None }
}

fn path(expr: &Expr) -> Option<&str> {
    if let Const::Path(path) = &expr.value { Some(path) } else { None }
}

fn boolean(expr: &Expr) -> Option<bool> {
    path(expr)?.parse().ok()
}

fn list(expr: &Expr) -> Option<&[Expr]> {
    if let Const::List(items) = &expr.value { Some(items) } else { None }
}

fn exact(text: &str) -> Value {
    Value::Exact(Exact(text.to_owned()))
}

fn at_most(number: u64, unit: &'static str) -> Value {
    Value::AtMost(AtMost { number, unit })
}

fn known<T>(value: Option<T>, what: &str) -> Known<T> {
    value.ok_or_else(|| format!("it is not {what} that can be worked out"))
}

const A_DURATION: &str = "a duration in whole seconds";

fn jwt(reader: &mut Reader<'_>, expr: &Expr) {
    let names = ["issuer", "audience", "access_ttl", "refresh_ttl", "leeway", "sign_with", "keys"];
    let Some(all) = fields(reader, "jwt", expr, "jwt::Settings", &names) else { return };
    for name in ["issuer", "audience"] {
        reader.value(&format!("jwt.{name}"), &all[name], known(text(&all[name]).map(exact), "a text"));
    }
    for name in ["access_ttl", "leeway"] {
        let value = seconds(&all[name]).map(|s| at_most(s, " s"));
        reader.value(&format!("jwt.{name}"), &all[name], known(value, A_DURATION));
    }
    let sign_with = option(&all["sign_with"]).and_then(|kid| kid.map(|kid| known(text(kid), "a text")).transpose());
    let role = sign_with.clone().map(|kid| exact(if kid.is_some() { "issue" } else { "verify" }));
    reader.value("jwt.role", &all["sign_with"], role);
    if let Some(kid) = sign_with.transpose() {
        reader.value("jwt.sign_with", &all["sign_with"], kid.map(exact));
    }
    // `None` means that there are no refresh tokens: none lives longer than 0 s.
    let refresh = option(&all["refresh_ttl"]).and_then(|ttl| ttl.map(|ttl| known(seconds(ttl), A_DURATION)).transpose());
    if refresh != Ok(None) || reader.policy.intent("jwt.refresh_ttl").is_some() {
        reader.value("jwt.refresh_ttl", &all["refresh_ttl"], refresh.map(|ttl| at_most(ttl.unwrap_or(0), " s")));
    }
    let Some(keys) = list(&all["keys"]) else {
        return reader.push("jwt.keys", Some(all["keys"].at.clone()), Found::Unverifiable("it is not an array of keys".to_owned()));
    };
    let mut seen = BTreeSet::new();
    for entry in keys {
        match key(reader, entry) {
            Some((kid, ..)) if !seen.insert(kid) => {
                reader.push(&format!("jwt.keys.{kid}"), Some(entry.at.clone()), Found::Unverifiable(format!("{kid} stands in keys twice")));
            }
            Some((kid, words, until)) => {
                reader.value(&format!("jwt.keys.{kid}"), entry, Ok(exact(&words)));
                let intent = format!("jwt.keys.{kid}.verify_until");
                if until.second.is_some() || reader.policy.intent(&intent).is_some() {
                    reader.value(&intent, entry, Ok(Value::Deadline(until)));
                }
            }
            None => reader.push("jwt.keys", Some(entry.at.clone()), Found::Unverifiable("an entry of keys is not a key that can be worked out".to_owned())),
        }
    }
}

/// The `kid` of a key, the key in words, and until when it verifies.
fn key<'e>(reader: &Reader<'_>, entry: &'e Expr) -> Option<(&'e str, String, Deadline)> {
    let all = structure(entry, "jwt::KeySpec", &["kid", "algorithm", "source", "verify_until"])?;
    let (kid, source) = (text(&all["kid"])?, &all["source"]);
    let names = match &source.value {
        Const::Call(path, arguments) if path == "jwt::KeySource::Secret" => arguments.iter().map(text).collect::<Option<Vec<_>>>().filter(|n| n.len() == 1)?,
        _ => {
            let files = structure(source, "jwt::KeySource::PemFiles", &["public", "private"])?;
            let private = option(&files["private"]).ok()?.map(|private| text(private).ok_or(())).transpose().ok()?;
            private.into_iter().chain([text(&files["public"])?]).collect()
        }
    };
    let names: Vec<&str> = names.into_iter().map(|name| shown(reader, name)).collect();
    let until = match option(&all["verify_until"]).ok()? {
        None => Deadline { second: None, text: "never".to_owned() },
        Some(second) => until(int(second)?),
    };
    Some((kid, format!("{} from {}", path(&all["algorithm"])?.strip_prefix("Algorithm::")?, names.join(", ")), until))
}

/// The last day before a second, or the second itself.
fn until(second: u64) -> Deadline {
    let day = i64::try_from(second / 86_400).ok().filter(|_| second.is_multiple_of(86_400)).filter(|day| *day < 3_000_000);
    day.map_or_else(|| Deadline { second: Some(second), text: format!("second {second} since 1970") }, |day| intents::last_day(day - 1))
}

/// The name of a variable, if it is one: whoever puts the key itself there must not read it in a report.
fn shown<'n>(reader: &Reader<'_>, name: &'n str) -> &'n str {
    let spec = &reader.policy.spec;
    let keys = spec.jwt.iter().filter_map(|jwt| jwt.keys.as_ref()).flatten();
    let keys = keys.flat_map(|(_, key)| [&key.secret, &key.private_key, &key.public_key]).flatten();
    let redis = spec.rate_limits.as_ref().and_then(|limits| limits.redis()).map(|redis| &redis.url);
    let is_usual = name.len() <= 64 && name.parse::<EnvName>().is_ok() && !name.contains(|c: char| c.is_ascii_lowercase());
    if is_usual || keys.chain(redis).any(|reference| reference.env.as_str() == name) { name } else { "a name that is not shown" }
}

fn store_error(expr: &Expr) -> Known<Value> {
    let word = match path(expr) {
        Some("rate_limit::OnStoreError::Deny") => Some(OnStoreError::Deny),
        Some("rate_limit::OnStoreError::Allow") => Some(OnStoreError::Allow),
        _ => None,
    };
    known(word.map(|word| Value::Level(intents::on_store_error(word))), "Allow or Deny")
}

/// The entries of a struct whose fields are names of the spec.
fn entries(reader: &mut Reader<'_>, of: &str, key: &str, expr: &Expr) -> Vec<(String, Expr)> {
    let mut all = Vec::new();
    let Const::Struct(found, fields) = &expr.value else {
        reader.push(key, Some(expr.at.clone()), Found::Unverifiable(format!("it is not {of} that can be worked out")));
        return all;
    };
    if found != of {
        reader.push(key, Some(expr.at.clone()), Found::Unverifiable(format!("it is {found}, not {of}")));
        return all;
    }
    for (field, expr) in fields {
        match reader.present(of, field, expr) {
            Ok(Some(expr)) => all.push((field.clone(), expr)),
            Ok(None) => {}
            Err(why) => reader.push(&format!("{key}.{field}"), Some(expr.at.clone()), Found::Unverifiable(why)),
        }
    }
    all
}

fn limits(reader: &mut Reader<'_>, expr: &Expr) {
    for (field, entry) in entries(reader, "RateLimits", "rate_limits.limits", expr) {
        let own = reader.policy.spec.rate_limits.iter().filter_map(|r| r.limits.as_ref()).flatten();
        let own = own.map(|(name, _)| name.to_string()).find(|name| names::field(name) == field).unwrap_or_else(|| field.clone());
        let key = format!("rate_limits.limits.{own}");
        let Some(all) = fields(reader, &key, &entry, "rate_limit::Quota", &["name", "requests", "per", "burst", "on_store_error"]) else { continue };
        if text(&all["name"]).is_none_or(|name| names::field(name) != field) {
            reader.foreign(&format!("{key}.name"), &format!("a quota {field} of another name"), all["name"].at.clone());
        }
        let number = |name: &str| u32::try_from(int(&all[name])?).ok().map(u64::from);
        let quota = || Some(Quota { requests: number("requests")? + number("burst")?, seconds: seconds(&all["per"])? });
        reader.value(&key, &entry, known(quota().map(Value::Quota), "a quota"));
        reader.value(&format!("{key}.on_store_error"), &all["on_store_error"], store_error(&all["on_store_error"]));
    }
}

fn redis(reader: &mut Reader<'_>, expr: &Expr) {
    let Some(all) = fields(reader, "rate_limits.store", expr, "rate_limit_redis::Settings", &["url", "prefix", "on_error"]) else { return };
    let url = known(text(&all["url"]).map(|name| exact(&format!("redis from {}", shown(reader, name)))), "a text");
    reader.value("rate_limits.store", &all["url"], url);
    reader.text("rate_limits.store.prefix", &all["prefix"], known(text(&all["prefix"]).map(str::to_owned), "a text"));
    reader.value("rate_limits.store.on_error", &all["on_error"], store_error(&all["on_error"]));
}

fn network(reader: &mut Reader<'_>, expr: &Expr) {
    let Some(all) = fields(reader, "network", expr, "client_ip::Network", &["trusts", "ipv6_prefix"]) else { return };
    let trusts = list(&all["trusts"]).and_then(|networks| networks.iter().map(cidr).collect::<Option<_>>());
    reader.value("network.service_trusts", &all["trusts"], known(trusts.map(|set| Value::Allowed(Allowed(set))), "a list of networks"));
    let prefix = int(&all["ipv6_prefix"]).map(|number| exact(&number.to_string()));
    reader.value("network.ipv6_prefix", &all["ipv6_prefix"], known(prefix, "a number"));
}

/// A network as the spec writes it.
fn cidr(expr: &Expr) -> Option<String> {
    let Const::Call(path, arguments) = &expr.value else { return None };
    let [base, prefix] = arguments.as_slice() else { return None };
    let prefix = u8::try_from(int(prefix)?).ok()?;
    match (path.as_str(), &base.value) {
        ("client_ip::Cidr::v4", Const::List(octets)) if prefix <= 32 => {
            let octets: Option<Vec<u8>> = octets.iter().map(|octet| u8::try_from(int(octet)?).ok()).collect();
            Some(format!("{}/{prefix}", Ipv4Addr::from(<[u8; 4]>::try_from(octets?).ok()?)))
        }
        ("client_ip::Cidr::v6", Const::Int(bits)) if prefix <= 128 => Some(format!("{}/{prefix}", Ipv6Addr::from(*bits))),
        _ => None,
    }
}

fn lockout(reader: &mut Reader<'_>, expr: &Expr) {
    let Some(levels) = fields(reader, "lockout", expr, "lockout::Settings", &["per_client", "per_account"]) else { return };
    for (name, level) in levels {
        let key = format!("lockout.{name}");
        let Some(all) = fields(reader, &key, level, "lockout::Pause", &["failures", "window", "base", "max"]) else { continue };
        let pause =
            || Some(Pause { failures: int(&all["failures"])?, window: seconds(&all["window"])?, base: seconds(&all["base"])?, max: seconds(&all["max"])? });
        reader.value(&key, level, known(pause().map(Value::Pause), "a pause"));
    }
}

fn cookies(reader: &mut Reader<'_>, expr: &Expr) {
    for (field, entry) in entries(reader, "Cookies", "http.cookies", expr) {
        let own = reader.policy.spec.http.iter().filter_map(|http| http.cookies.as_ref()).flatten();
        let own = own.map(|(name, _)| name.to_string()).find(|name| names::field(name) == field).unwrap_or_else(|| field.clone());
        let key = format!("http.cookies.{own}");
        let names = ["name", "secure", "http_only", "same_site", "max_age", "path"];
        let Some(all) = fields(reader, &key, &entry, "cookies::Settings", &names) else { continue };
        let same_site = match path(&all["same_site"]) {
            Some("SameSite::Strict") => Some(SameSite::Strict),
            Some("SameSite::Lax") => Some(SameSite::Lax),
            Some("SameSite::None") => Some(SameSite::None),
            _ => None,
        };
        let read = || {
            let mut found = cookie::SetCookie::new(text(&all["name"])?);
            (found.secure, found.http_only) = (boolean(&all["secure"])?, boolean(&all["http_only"])?);
            found.same_site = match same_site? {
                SameSite::Strict => cookie::SameSite::Strict,
                SameSite::Lax => cookie::SameSite::Lax,
                SameSite::None => cookie::SameSite::None,
            };
            Some(Value::Cookie(Box::new(found)))
        };
        reader.value(&key, &entry, known(read(), "a cookie"));
        reader.text(&format!("{key}.path"), &all["path"], known(text(&all["path"]).map(str::to_owned), "a text"));
        let max_age = option(&all["max_age"]).and_then(|age| age.map(|age| known(seconds(age), A_DURATION)).transpose());
        let intent = format!("{key}.max_age");
        // Without an age the browser decides, which may be as long as it likes.
        at_most_or_none(reader, &intent, &all["max_age"], max_age, " s");
    }
}

fn access(reader: &mut Reader<'_>, expr: &Expr, carried: &[String]) {
    let Some(rules) = list(expr) else {
        return reader.push("access", Some(expr.at.clone()), Found::Unverifiable("it is not a list of rules".to_owned()));
    };
    let mut grants: BTreeMap<String, (Vec<Grant>, Expr)> = BTreeMap::new();
    for entry in rules {
        match rule(reader, entry) {
            Some((permission, of_rule)) => {
                let (all, places) = grants.entry(permission).or_insert_with(|| (Vec::new(), Expr { value: Const::List(Vec::new()), at: entry.at.clone() }));
                all.extend(of_rule);
                if let Const::List(entries) = &mut places.value {
                    entries.push(entry.clone());
                }
            }
            None => reader.push("access", Some(entry.at.clone()), Found::Unverifiable("a rule cannot be worked out".to_owned())),
        }
    }
    for (permission, (all, place)) in &grants {
        reader.value(&format!("access.permissions.{permission}"), place, Ok(Value::Grants(Grants::new(all.iter().cloned()))));
    }
    // No rule grants it: it is denied.
    let nothing = Expr { value: Const::List(Vec::new()), at: expr.at.clone() };
    for key in carried.iter().filter(|key| key.strip_prefix("access.permissions.").is_some_and(|name| !grants.contains_key(name))) {
        reader.value(key, &nothing, Ok(Value::Grants(Grants::default())));
    }
}

/// The permission of a rule, and a grant for each role.
fn rule(reader: &Reader<'_>, entry: &Expr) -> Option<(String, Vec<Grant>)> {
    let all = structure(entry, "access::Rule", &["permission", "roles", "scope", "when"])?;
    let named = |of: &str, expr: &Expr| {
        let variant = path(expr)?.strip_prefix(of)?.strip_prefix("::")?;
        reader.file.enums.get(of)?.parts.get(variant).cloned()
    };
    let mut when = Conditions::default();
    for condition in list(&all["when"])? {
        match &condition.value {
            Const::Path(word) if word == "access::Condition::SameTenant" => when.same_tenant = true,
            Const::Path(word) if word == "access::Condition::Owner" => when.owner = true,
            Const::Call(word, arguments) if word == "access::Condition::AuthenticatedWithin" => {
                let [limit] = arguments.as_slice() else { return None };
                let limit = seconds(limit)?;
                when.authenticated_within = Some(when.authenticated_within.map_or(limit, |before| before.min(limit)));
            }
            _ => return None,
        }
    }
    let scope = text(&all["scope"])?;
    let roles: Option<Vec<String>> = list(&all["roles"])?.iter().map(|role| named("Role", role)).collect();
    let grants = roles?.into_iter().map(|role| Grant { role, scope: scope.to_owned(), when }).collect();
    Some((named("Permission", &all["permission"])?, grants))
}

fn headers(reader: &mut Reader<'_>, expr: &Expr, carried: &[String]) {
    let Some(all) = fields(reader, "http.headers", expr, "headers::Settings", &["response"]) else { return };
    let pair = |expr: &Expr| {
        let Const::Call(name, parts) = &expr.value else { return None };
        let [name_of, value] = parts.as_slice() else { return None };
        name.is_empty().then_some((text(name_of)?.to_owned(), text(value)?.to_owned(), expr.at.clone()))
    };
    let lines: Option<Vec<_>> = list(&all["response"]).and_then(|items| items.iter().map(pair).collect());
    let Some(lines) = lines else {
        return reader.push("http.headers", Some(expr.at.clone()), Found::Unverifiable("it is not a list of names and values".to_owned()));
    };
    let site = reader.policy.spec.http.as_ref().and_then(|http| http.site.as_ref()).map(|site| site.as_str().to_owned());
    for field in Field::ALL {
        let key = format!("http.headers.{}", field.name());
        let of =
            |header: &&'static str| lines.iter().filter(|(name, ..)| name.eq_ignore_ascii_case(header)).map(|(_, value, _)| value.as_str()).collect::<Vec<_>>();
        let values: Vec<Vec<&str>> = field.headers().iter().map(of).collect();
        let is_asked = carried.contains(&key);
        // frame-ancestors alone makes no intent of a policy that has none.
        let Some(found) = field.value(&values, site.as_deref()).filter(|_| is_asked || !(values.concat().is_empty() || is_said_by_another(field, carried)))
        else {
            continue;
        };
        let at = lines.iter().find(|(name, ..)| field.headers().iter().any(|header| name.eq_ignore_ascii_case(header)));
        let place = Expr { value: Const::List(Vec::new()), at: at.map_or_else(|| expr.at.clone(), |(_, _, at)| at.clone()) };
        reader.value(&key, &place, found);
    }
    for (name, _, at) in &lines {
        if !Field::ALL.iter().any(|field| field.headers().iter().any(|header| name.eq_ignore_ascii_case(header))) {
            reader.foreign(&format!("http.headers.{}", name.to_ascii_lowercase()), &format!("a header {name}"), at.clone());
        }
    }
}

/// Content-Security-Policy carries framing as well: one of the two may be there for the other.
fn is_said_by_another(field: Field, carried: &[String]) -> bool {
    let has = |field: Field| carried.contains(&format!("http.headers.{}", field.name()));
    match field {
        Field::Csp => has(Field::Framing),
        Field::Framing => has(Field::Csp),
        _ => false,
    }
}

/// A limit, or that there is none.
fn at_most_or_none(reader: &mut Reader<'_>, key: &str, at: &Expr, limit: Known<Option<u64>>, unit: &'static str) {
    match limit {
        Ok(None) if reader.policy.intent(key).is_none() => {}
        Ok(None) => reader.push(key, Some(at.at.clone()), Found::Missing),
        Ok(Some(limit)) => reader.value(key, at, Ok(at_most(limit, unit))),
        Err(why) => reader.value(key, at, Err(why)),
    }
}

fn input(reader: &mut Reader<'_>, expr: &Expr) {
    let names = ["max_body", "content_types", "max_string", "max_list", "max_depth"];
    let Some(all) = fields(reader, "data.input", expr, "input::Settings", &names) else { return };
    reader.value("data.input.max_body", &all["max_body"], known(int(&all["max_body"]).map(|n| at_most(n, " B")), "a number"));
    let types: Option<BTreeSet<String>> = list(&all["content_types"]).and_then(|t| t.iter().map(|t| text(t).map(str::to_ascii_lowercase)).collect());
    // An empty list lets every type in.
    let is_asked = reader.policy.intent("data.input.content_types").is_some();
    match types {
        Some(types) if types.is_empty() && !is_asked => {}
        Some(types) if types.is_empty() => {
            reader.value("data.input.content_types", &all["content_types"], Ok(Value::Allowed(Allowed(BTreeSet::from(["any type".to_owned()])))));
        }
        types => reader.value("data.input.content_types", &all["content_types"], known(types.map(|t| Value::Allowed(Allowed(t))), "a list of texts")),
    }
    for (name, unit) in [("max_string", " B"), ("max_list", ""), ("max_depth", "")] {
        let key = format!("data.input.{name}");
        let value = option(&all[name]).and_then(|limit| limit.map(|limit| known(int(limit), "a number")).transpose());
        at_most_or_none(reader, &key, &all[name], value, unit);
    }
}

fn tls(reader: &mut Reader<'_>, expr: &Expr) {
    let Some(all) = fields(reader, "tls", expr, "tls::Settings", &["min_version", "groups"]) else { return };
    let version = match path(&all["min_version"]) {
        Some("tls::Version::Tls12") => Some(TlsVersion::TLSv12),
        Some("tls::Version::Tls13") => Some(TlsVersion::TLSv13),
        _ => None,
    };
    let protocols = version.map(|version| Value::Tls(Protocols::at_least(intents::tls_version(version))));
    reader.value("tls.min_version", &all["min_version"], known(protocols, "a version"));
    let group = |expr: &Expr| {
        let variant = path(expr)?.strip_prefix("tls::Group::")?;
        GROUPS.iter().find(|(_, known)| *known == variant).map(|(name, _)| *name)
    };
    let groups: Option<Vec<&str>> = list(&all["groups"]).and_then(|groups| groups.iter().map(group).collect());
    reader.value("tls.groups", &all["groups"], known(groups.map(|groups| Value::Groups(Groups::new(groups))), "a list of groups"));
}
