//! Lints of what the service itself enforces: pauses after failed logins, access, input, and where it counts.

use super::{
    ACCESS_CONDITION, ACCESS_INCOMPLETE, ACCESS_ROLE, ACCESS_UNUSED, INPUT_NOTHING, KEY_OVER, KEY_UNTIL, LOCKOUT_FAILURES, LOCKOUT_INCOMPLETE, LOCKOUT_LEVELS,
    LOCKOUT_TIMES, STORE_ERROR,
};
use super::{COOKIE_INCOMPLETE, EMPTY_LIST, Lint};
use crate::policy::intents;
use crate::spec::{AccessCondition, AccessRule, Pause, SentBy};
use std::collections::BTreeSet;

impl Lint<'_> {
    pub(super) fn service(&mut self, today: i64) {
        self.lockout();
        self.access();
        self.input();
        self.store();
        self.key_dates(today);
        self.sender();
        for (own, cookie) in self.spec().http.as_ref().and_then(|h| h.cookies.clone()).unwrap_or_default() {
            if cookie.max_age.is_some_and(|age| age.as_secs() == 0) {
                let key = format!("http.cookies.{own}.max_age");
                self.error(&COOKIE_INCOMPLETE, &key, format!("{key} is 0: browsers would drop the cookie at once"), "write how long it lives, such as 7d");
            }
        }
    }

    fn lockout(&mut self) {
        let Some(lockout) = self.spec().lockout else { return };
        let levels = [("per_client", lockout.per_client), ("per_account", lockout.per_account)];
        for (name, pause) in levels {
            match pause {
                None => {
                    let example =
                        if name == "per_client" { "failures: 5, window: 15m, base: 30s, max: 1h" } else { "failures: 50, window: 1h, base: 5s, max: 5m" };
                    self.error(&LOCKOUT_INCOMPLETE, "lockout", format!("lockout.{name} is missing"), &format!("add {name}: {{ {example} }}"));
                }
                Some(pause) => self.pause(&format!("lockout.{name}"), &pause),
            }
        }
        if let (Some(client), Some(account)) = (lockout.per_client.and_then(|p| p.failures), lockout.per_account.and_then(|p| p.failures))
            && client > account
        {
            let message =
                format!("lockout.per_client allows {client} failures and lockout.per_account {account}: all addresses together may fail less often than one");
            self.error(&LOCKOUT_LEVELS, "lockout.per_client", message, "give per_client the lower number, such as 5, and per_account a higher one, such as 50");
        }
    }

    fn pause(&mut self, key: &str, pause: &Pause) {
        let times = [("window", pause.window), ("base", pause.base), ("max", pause.max)]
            .map(|(name, time)| (name, time.map_or(0, crate::spec::scalar::Duration::as_secs)));
        for (name, value) in [("failures", u64::from(pause.failures.unwrap_or(0)))].into_iter().chain(times) {
            if value == 0 {
                let example = if name == "failures" { "failures: 5" } else { "30s" };
                self.error(&LOCKOUT_INCOMPLETE, key, format!("{key} does not say {name}, or says 0"), &format!("set {key}.{name}, such as {example}"));
            }
        }
        if let Some(failures) = pause.failures.filter(|f| *f > 100) {
            self.error(
                &LOCKOUT_FAILURES,
                &format!("{key}.failures"),
                format!("{key} allows {failures} failures; 100 is the most"),
                "write failures: 100 or less",
            );
        }
        if let (Some(base), Some(max)) = (pause.base, pause.max)
            && base > max
        {
            self.error(
                &LOCKOUT_TIMES,
                &format!("{key}.base"),
                format!("{key}.base ({base}) is longer than {key}.max ({max})"),
                "shorten base, or lengthen max",
            );
        }
    }

    fn access(&mut self) {
        let Some(access) = self.spec().access.clone() else { return };
        let roles = access.roles.map(|roles| roles.0).unwrap_or_default();
        let permissions = access.permissions.unwrap_or_default();
        for (name, is_empty, example) in [
            ("roles", roles.is_empty(), "roles: [viewer, admin]"),
            ("permissions", permissions.is_empty(), "permissions: { report.read: [{ roles: [viewer], scope: \"reports:read\" }] }"),
        ] {
            if is_empty {
                self.error(&ACCESS_INCOMPLETE, "access", format!("access.{name} is missing or empty"), &format!("add {example}"));
            }
        }
        let known: BTreeSet<&str> = roles.iter().map(crate::spec::scalar::Name::as_str).collect();
        let mut used = BTreeSet::new();
        for (name, rules) in &permissions {
            let key = format!("access.permissions.{name}");
            if rules.is_empty() {
                self.warn(&ACCESS_UNUSED, &key, format!("no rule grants {name}: it is denied to everybody"), "add a rule, or remove the permission");
            }
            for (i, rule) in rules.iter().enumerate() {
                let at = format!("{key}[{i}]");
                for role in rule.roles.iter().filter(|role| !known.contains(role.as_str())) {
                    let near = known.iter().map(|name| (strsim::jaro_winkler(name, role.as_str()), *name)).filter(|(score, _)| *score >= 0.8);
                    let near = near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name);
                    let help = near.map_or_else(
                        || format!("add {role} to access.roles, or take it out of the rule"),
                        |name| format!("write {name}, if that is meant; else add {role} to access.roles"),
                    );
                    self.error(&ACCESS_ROLE, &at, format!("a rule of {name} names the role {role}, which access.roles does not have"), &help);
                }
                if rule.roles.is_empty() {
                    self.error(&ACCESS_INCOMPLETE, &at, format!("a rule of {name} names no role"), "name the roles that it is for");
                }
                used.extend(rule.roles.iter().map(|role| role.as_str().to_owned()));
                self.conditions(&at, name.as_str(), rule);
            }
        }
        for role in known.into_iter().filter(|role| !used.contains(*role)) {
            self.warn(
                &ACCESS_UNUSED,
                "access.roles",
                format!("no rule names the role {role}: it may do nothing"),
                "add it to a rule, or remove it from access.roles",
            );
        }
    }

    fn conditions(&mut self, at: &str, name: &str, rule: &AccessRule) {
        let kind = |c: &AccessCondition| if let AccessCondition::Word(word) = c { format!("{word:?}") } else { "login".to_owned() };
        let all: Vec<String> = rule.when.iter().flatten().map(kind).collect();
        if all.iter().collect::<BTreeSet<_>>().len() < all.len() {
            self.error(&ACCESS_CONDITION, at, format!("a rule of {name} says one condition twice"), "keep one of them, of two times the shorter one");
        }
        if intents::conditions_of(rule).authenticated_within == Some(0) {
            self.error(&ACCESS_CONDITION, at, format!("a rule of {name} asks for a login within 0 s, which nobody has"), "write a time such as 15m");
        }
    }

    fn input(&mut self) {
        let Some(input) = self.spec().data.as_ref().and_then(|d| d.input.clone()) else { return };
        for (name, zero) in [("max_body", input.max_body.is_some_and(|s| s.bytes() == 0)), ("max_string", input.max_string.is_some_and(|s| s.bytes() == 0))] {
            if zero {
                let key = format!("data.input.{name}");
                self.error(&INPUT_NOTHING, &key, format!("{key} is 0"), "write a size such as 1MiB, or leave the key out");
            }
        }
        if input.content_types.as_ref().is_some_and(|types| types.is_empty()) {
            let key = "data.input.content_types";
            self.error(&EMPTY_LIST, key, format!("{key} is empty"), "name the types, such as [application/json], or leave the key out");
        }
    }

    fn store(&mut self) {
        let Some(limits) = self.spec().rate_limits.clone().filter(|limits| limits.redis().is_none()) else { return };
        for (name, _) in limits.limits.iter().flatten().filter(|(_, limit)| limit.on_store_error.is_some()) {
            let key = format!("rate_limits.limits.{name}.on_store_error");
            let message = format!("{key} has no effect: the store is the memory of each instance");
            // No error: an environment that counts in memory inherits it from the others.
            self.warn(&STORE_ERROR, &key, message, "remove it, or write store: { redis: { url: { env: REDIS_URL } } } under rate_limits");
        }
    }

    fn key_dates(&mut self, today: i64) {
        let Some(jwt) = self.spec().jwt.clone() else { return };
        for (kid, key) in jwt.keys.iter().flatten() {
            let Some(until) = &key.verify_until else { continue };
            let at = format!("jwt.keys.{kid}.verify_until");
            if jwt.sign_with.as_ref() == Some(kid) {
                let message = format!("{at} is set, and jwt.sign_with names this key");
                self.error(&KEY_UNTIL, &at, message, "let another key sign, or remove verify_until");
            } else if until.days() < today {
                self.warn(&KEY_OVER, &at, format!("the key {kid} verified until {until}, which is over"), "remove the key from jwt.keys");
            }
        }
    }

    fn sender(&mut self) {
        if self.spec().http.as_ref().and_then(|http| http.sent_by) != Some(SentBy::Rust) {
            return;
        }
        let scopes: Vec<String> = self.spec().scopes.iter().flatten().map(|(name, _)| name.to_string()).collect();
        for name in scopes {
            let key = format!("scopes.{name}");
            let message = format!("{key} has response headers of its own, which the Rust service cannot send by scope yet");
            self.error(&crate::schema::NOT_SUPPORTED, &key, message, "remove the scope and set its headers in the handlers, or write http.sent_by: nginx");
        }
    }
}
