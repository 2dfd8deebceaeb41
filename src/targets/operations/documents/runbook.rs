//! `incident-response.md`: what to do at night, made of what the spec has, and of nothing else.
//!
//! The phases are those of the classic plan; each names its functions of the NIST Cybersecurity Framework 2.0, by which NIST
//! SP 800-61 Rev. 3 replaced them.

use super::super::plan::Plan;
use super::marks;
use super::text::Text;
use crate::policy::Policy;
use crate::source::digest;
use crate::spec::scalar::Duration;
use crate::spec::{IncidentResponse, JwtAlgorithm, JwtRole, SettingValue};
use std::collections::BTreeSet;

/// The policies of one file, at least one.
type Policies<'a> = &'a [&'a Policy];

/// A value of each environment: once where all agree, else with the names.
fn by_environment(policies: Policies<'_>, value: &dyn Fn(&Policy) -> Option<String>) -> Option<String> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for policy in policies {
        let Some(text) = value(policy) else { continue };
        let name = policy.env.as_deref().unwrap_or("default");
        match groups.iter_mut().find(|(other, _)| *other == text) {
            Some((_, names)) => names.push(name),
            None => groups.push((text, vec![name])),
        }
    }
    match groups.as_slice() {
        [] => None,
        [(text, names)] if names.len() == policies.len() => Some(text.clone()),
        _ => Some(groups.iter().map(|(text, names)| format!("{text} ({})", names.join(", "))).collect::<Vec<_>>().join("; ")),
    }
}

/// Names that any policy has.
fn names<T: Ord>(policies: Policies<'_>, of: impl Fn(&Policy) -> Vec<T>) -> BTreeSet<T> {
    policies.iter().flat_map(|policy| of(policy)).collect()
}

fn any(policies: Policies<'_>, has: impl Fn(&Policy) -> bool) -> bool {
    policies.iter().any(|policy| has(policy))
}

fn has_target(policies: Policies<'_>, name: &str) -> bool {
    any(policies, |policy| crate::targets::by_name(name).is_some_and(|target| target.is_used(policy)))
}

/// The lines of the runbook.
///
/// # Errors
/// A value that no document can hold.
pub(in super::super) fn lines(policies: Policies<'_>, plan: &Plan) -> Result<Vec<String>, String> {
    let Some(policy) = policies.first() else { return Err("there is no policy".to_owned()) };
    let Some(incident) = policy.spec.operations.as_ref().and_then(|o| o.incident_response.as_ref()) else {
        return Err("the spec has no operations.incident_response".to_owned());
    };
    let mut text = Text::default();
    // It is also part of the comment on top, which ends with the first of these.
    if plan.spec.contains(['<', '>']) {
        return Err("the path of the spec holds < or >".to_owned());
    }
    let secgen = plan.secgen(quote);
    head(&mut text, policies, incident, &secgen);
    detection(&mut text, policies);
    analysis(&mut text, policies, &secgen);
    containment(&mut text, policies, &secgen);
    eradication(&mut text, policies, &secgen);
    recovery(&mut text, policies, plan, &secgen);
    documentation(&mut text, &secgen);
    text.finish()
}

/// A word of the shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn head(text: &mut Text, policies: Policies<'_>, incident: &IncidentResponse, secgen: &str) {
    let service = policies.first().and_then(|p| p.spec.service.as_ref()).map_or("the service", |name| name.as_str());
    let service = text.code(service);
    text.heading(1, &format!("Incident response: {service}"));
    let mut contacts: Vec<String> = Vec::new();
    if let Some(contact) = &incident.contact {
        contacts.push(format!("**Call first:** {}", text.link(contact.as_str())));
    }
    for (role, contact) in incident.contacts.iter().flatten() {
        contacts.push(format!("{}: {}", text.code(role.as_str()), text.link(contact.as_str())));
    }
    text.block([contacts.join(" · ")]);
    if let Some(notices) = incident.notify.as_ref().filter(|notices| !notices.is_empty()) {
        let mut told: Vec<String> = Vec::new();
        for (who, notice) in notices {
            let at = notice.contact.as_ref().map(|c| format!(", {}", text.link(c.as_str()))).unwrap_or_default();
            told.push(format!("{} within {} of knowing{at}", text.code(who.as_str()), notice.within));
        }
        text.block([format!("**Tell in time:** {}", told.join(" · "))]);
    }
    text.user("contacts");
    text.block(["| Severity | Answer within | When |", "| --- | --- | --- |"]);
    let severities = incident.severities.unwrap_or_default().all();
    for (name, answer, when) in severities {
        text.line(format!("| {name} | {answer} | {when} |"));
    }
    let tell = if incident.notify.as_ref().is_some_and(|n| !n.is_empty()) { " Tell those named above in time." } else { "" };
    let [critical, high, medium, low] = severities.map(|(_, answer, _)| answer);
    let checked = |items: &[&str]| items.iter().map(|item| format!("- [ ] {item}")).collect::<Vec<_>>();
    text.block([format!("**Critical, within {critical}**")]);
    text.block(checked(&[
        "Call. Name one who leads and one who writes down each step with its time (UTC).",
        "Keep the evidence (2) before anything is changed. Do not reboot, do not delete.",
        &format!("Contain (3): what leaked is worthless at once, then who is inside is out.{tell}"),
        "Eradicate (4), recover and prove it (5), write it down (6).",
    ]));
    text.block([format!("**High, within {high}**")]);
    text.block(checked(&[
        "Call. Keep the evidence (2). Contain with limits and blocks (3), so that users can go on.",
        "Somebody was inside, or data is gone? It is critical.",
        "Prove that it is over (5), write it down (6).",
    ]));
    text.block([format!("**Medium, within {medium}**")]);
    let check = text.code(&format!("{secgen} check"));
    text.block(checked(&[
        &format!("{check} names what is off, with file and line. Put it back (5)."),
        "Look in the logs (2) since when, and whether somebody used it: then it is high.",
    ]));
    text.block([format!("**Low, within {low}**")]);
    text.block(checked(&["See that limits held (1). If not, lower one (3). Write it down (6)."]));
}

/// Limits by name, with what a row says of each.
fn detection(text: &mut Text, policies: Policies<'_>) {
    text.heading(2, "1. Detection (CSF: Detect)");
    let mut signs: Vec<String> = Vec::new();
    let limits = names(policies, |p| p.spec.rate_limits.iter().filter_map(|r| r.limits.as_ref()).flat_map(|l| l.keys().cloned()).collect());
    if !limits.is_empty() {
        signs.push("Answers with status 429: a limit holds. Which one, see the table in 3.".to_owned());
    }
    let pause = |p: &Policy, per_client: bool| {
        let lockout = p.spec.lockout.as_ref()?;
        let pause = if per_client { lockout.per_client } else { lockout.per_account }?;
        Some(format!("{} in {}", pause.failures?, pause.window?))
    };
    let client = by_environment(policies, &|p| pause(p, true));
    let account = by_environment(policies, &|p| pause(p, false));
    let client = client.map(|t| format!("from one client {}", text.code(&t)));
    let account = account.map(|t| format!("on one account from anywhere {}", text.code(&t)));
    let pauses: Vec<String> = client.into_iter().chain(account).collect();
    if !pauses.is_empty() {
        signs.push(format!("Logins that have to wait, by failures {}. Many accounts from few addresses, or one account from many?", pauses.join("; ")));
    }
    if refreshes(policies) {
        signs.push("`RefreshError::Reused`: somebody has a copy of a refresh token. Its family has ended by itself; find out how it was copied.".to_owned());
    }
    if has_target(policies, "postgres") {
        signs.push(
            "PostgreSQL: failed logins (SQLSTATE `28P01`, `28000`), roles or addresses that `pg_hba.conf` does not know, DDL that nobody planned.".to_owned(),
        );
    }
    signs.push("A scheduled check that fails: a protection is off, or the policy moved on.".to_owned());
    text.block(signs.into_iter().map(|sign| format!("- {sign}")));
    text.user("detection");
}

fn refreshes(policies: Policies<'_>) -> bool {
    any(policies, |p| p.spec.jwt.as_ref().is_some_and(|jwt| jwt.role == Some(JwtRole::Issue) && jwt.refresh_ttl.is_some()))
}

/// Settings of PostgreSQL that decide what its log holds.
fn log_settings(policies: Policies<'_>) -> Vec<String> {
    let all = names(policies, |p| p.spec.postgres.iter().filter_map(|pg| pg.settings.as_ref()).flat_map(|s| s.keys().cloned()).collect());
    let of = |p: &Policy, name: &crate::spec::SettingName| {
        let value = p.spec.postgres.as_ref()?.settings.as_ref()?.get(name)?;
        Some(match value {
            SettingValue::One(text) => text.clone(),
            SettingValue::List(items) => items.join(", "),
        })
    };
    let is_log = |name: &str| name.starts_with("log_") || name == "logging_collector" || name.starts_with("pgaudit.");
    all.iter().filter(|name| is_log(&name.0)).filter_map(|name| Some(format!("{} = {}", name.0, by_environment(policies, &|p| of(p, name))?))).collect()
}

fn analysis(text: &mut Text, policies: Policies<'_>, secgen: &str) {
    text.heading(2, "2. Analysis (CSF: Detect, Respond)");
    text.block(["Evidence first, on a disk of its own, before anything is changed or restarted; work on copies."]);
    let service = policies.first().and_then(|p| p.spec.service.as_ref()).map_or("SERVICE", |name| name.as_str());
    let mut commands: Vec<String> = vec![
        "umask 077 && mkdir evidence && date -u > evidence/started".to_owned(),
        format!("journalctl -u {} --utc -o short-iso-precise > evidence/service.log   # or where the service logs", quote_path(service)),
    ];
    if has_target(policies, "nginx") {
        commands.push("cp -a /var/log/nginx evidence/   # or what access_log and error_log name".to_owned());
        commands.push("nginx -T > evidence/nginx.conf 2>&1".to_owned());
    }
    let has_postgres = has_target(policies, "postgres");
    if has_postgres {
        commands.push("psql -X --csv -c 'SELECT * FROM pg_stat_activity' > evidence/sessions.csv".to_owned());
        commands.push("psql -X --csv -c 'SELECT * FROM pg_settings' > evidence/settings.csv".to_owned());
        commands.push("psql -XAt -c 'SELECT pg_current_logfile()'   # copy the folder of this file, older files too".to_owned());
    }
    commands.push(format!("{secgen} check --format json > evidence/check.json; git log -50 --format=fuller > evidence/git.txt"));
    commands.push("find evidence -type f ! -name SHA256 -exec sha256sum {} + > evidence/SHA256".to_owned());
    text.shell(commands);
    let settings = log_settings(policies);
    if has_postgres {
        let line = if settings.is_empty() {
            "The spec sets nothing of PostgreSQL's log: `SHOW log_connections` and `SHOW log_statement` tell what it holds.".to_owned()
        } else {
            format!("PostgreSQL's log is kept by {}. What is not set there may be missing in it.", text.codes(&settings))
        };
        text.block([line]);
    }
    text.block(["Ask: since when, by which way in, which accounts and data, is it still going on?"]);
    text.user("analysis");
}

fn containment(text: &mut Text, policies: Policies<'_>, secgen: &str) {
    text.heading(2, "3. Containment (CSF: Respond)");
    let spec = text.code(policies.first().map_or("secgen.yaml", |p| p.spec_path.as_str()));
    let render = text.code(&format!("{secgen} render"));
    text.block([format!("Settings are changed in {spec}, then {render}, then deployed: so the change is reviewed, and found again.")]);
    let mut items: Vec<String> = keys(text, policies);
    let access = by_environment(policies, &|p| p.spec.jwt.as_ref()?.access_ttl.map(|ttl| ttl.to_string()));
    if refreshes(policies) {
        let out = access.as_ref().map(|ttl| format!(" Access tokens that are out work for {ttl} more.")).unwrap_or_default();
        items.push(format!(
            "**End sessions** of a user: `psql -X -v user=SUBJECT <<< \"DELETE FROM refresh_families WHERE subject = :'user'\"`; of all: without `WHERE`.{out}"
        ));
    }
    if any(policies, |p| p.spec.jwt.is_some() || p.spec.lockout.is_some()) {
        let more = if refreshes(policies) { ", then end its sessions" } else { "" };
        let pauses = if any(policies, |p| p.spec.lockout.is_some()) { " Pauses after failed logins end by themselves; they are no lock." } else { "" };
        items.push(format!("**Lock an account** where the service keeps accounts (its command stands below){more}.{pauses}"));
    }
    if has_target(policies, "nginx") {
        items.push("**Block an address**: `deny 192.0.2.1;` in a file of `http {}`, then `nginx -t && nginx -s reload`. A `deny` or `allow` in a location replaces those of `http {}`.".to_owned());
    }
    if has_target(policies, "postgres") {
        items.push("**Block it at the database**: first in `postgres.hba`, `{ type: host, database: all, user: all, address: 192.0.2.1/32, method: reject }`; it holds for new connections.".to_owned());
    }
    let roles = database_roles(policies);
    if !roles.is_empty() {
        let roles = text.codes(&roles);
        items.push(format!(
            "**Database role** ({roles}): new password with `\\password ROLE` in psql, into the service, restart it; then end what is open: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ROLE';`. To keep it out meanwhile: `ALTER ROLE \"ROLE\" NOLOGIN;`."
        ));
    }
    let tighter = tighter(policies);
    if !tighter.is_empty() {
        let mut parts: Vec<String> = Vec::new();
        for (key, how) in tighter {
            parts.push(format!("{} {how}", text.code(key)));
        }
        items.push(format!("**Tighten**: {}.", parts.join("; ")));
    }
    text.block(items.into_iter().map(|item| format!("- {item}")));
    limits(text, policies);
    text.user("containment");
}

/// Keys that sign or verify tokens.
fn keys(text: &mut Text, policies: Policies<'_>) -> Vec<String> {
    if !any(policies, |p| p.spec.jwt.is_some()) {
        return Vec::new();
    }
    let issues = any(policies, |p| p.spec.jwt.as_ref().is_some_and(|jwt| jwt.role == Some(JwtRole::Issue)));
    let signing = by_environment(policies, &|p| p.spec.jwt.as_ref()?.sign_with.as_ref().map(|kid| kid.as_str().to_owned()));
    let known =
        names(policies, |p| p.spec.jwt.iter().filter_map(|jwt| jwt.keys.as_ref()).flat_map(|keys| keys.keys().map(|kid| kid.as_str().to_owned())).collect());
    let known = text.codes(&known);
    let signs = signing.map(|kid| format!("; {} signs", text.code(&kid))).unwrap_or_default();
    if !issues {
        return vec![
            format!("**Leaked key of tokens** (verify: {known}): it is the issuer's. Take the key out of `jwt.keys`, render, deploy: its tokens are refused at once."),
            "**Planned change**: add the issuer's new key to `jwt.keys`, and give the old one `verify_until:`, the last day of its tokens. Both are valid meanwhile.".to_owned(),
        ];
    }
    let longest = |p: &Policy| {
        let jwt = p.spec.jwt.as_ref()?;
        jwt.refresh_ttl.into_iter().chain(jwt.access_ttl).max().map(|ttl| ttl.to_string())
    };
    let longest = by_environment(policies, &longest).unwrap_or_else(|| "the life of a token".to_owned());
    let algorithm = |p: &Policy| {
        let jwt = p.spec.jwt.as_ref()?;
        jwt.sign_with.as_ref().and_then(|kid| jwt.keys.as_ref()?.get(kid)).map(|key| key.algorithm)
    };
    let algorithms: BTreeSet<JwtAlgorithm> = names(policies, |p| algorithm(p).into_iter().collect());
    let making: Vec<String> = algorithms.iter().map(|algorithm| text.code(make_key(*algorithm))).collect();
    let making = if making.is_empty() { String::new() } else { format!(" ({})", making.join(", ")) };
    vec![
        format!(
            "**Leaked key of tokens** (known: {known}{signs}), at once: make a new one{making}, add it to `jwt.keys`, name it in `jwt.sign_with`, and take the leaked one out. Render, deploy: every token of the old key is refused, and everybody logs in again. No `verify_until` for a leaked key."
        ),
        format!(
            "**Planned change of the key**: the same, but keep the old one with `verify_until:`, the day on which its last token ends ({longest} from the deployment). Both are valid meanwhile; take the old one out after that day."
        ),
    ]
}

/// How to make a key.
fn make_key(algorithm: JwtAlgorithm) -> &'static str {
    match algorithm {
        JwtAlgorithm::HS256 => "openssl rand -hex 32",
        JwtAlgorithm::HS384 => "openssl rand -hex 48",
        JwtAlgorithm::HS512 => "openssl rand -hex 64",
        JwtAlgorithm::ES256 => "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        JwtAlgorithm::ES384 => "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384",
        JwtAlgorithm::EdDSA => "openssl genpkey -algorithm ed25519",
    }
}

/// Roles that the access rules name, and that have a password.
fn database_roles(policies: Policies<'_>) -> BTreeSet<String> {
    use crate::spec::HbaMethod::{Md5, Password, ScramSha256};
    names(policies, |p| {
        let rules = p.spec.postgres.iter().filter_map(|pg| pg.hba.as_ref()).flatten();
        let with_password = rules.filter(|rule| matches!(rule.method, ScramSha256 | Md5 | Password));
        with_password.filter(|rule| rule.user != "all" && !rule.user.starts_with('+')).map(|rule| rule.user.clone()).collect()
    })
}

/// Settings that may be tightened for a while, of those that the spec has.
fn tighter(policies: Policies<'_>) -> Vec<(&'static str, &'static str)> {
    let mut all = Vec::new();
    let mut add = |is: bool, key, how| {
        if is {
            all.push((key, how));
        }
    };
    add(any(policies, |p| p.spec.lockout.is_some()), "lockout.per_client", "with fewer failures and a longer base");
    add(any(policies, |p| p.spec.rate_limits.as_ref().is_some_and(|r| r.redis().is_some())), "rate_limits.store.redis.on_error", "deny");
    add(any(policies, |p| p.spec.jwt.as_ref().is_some_and(|j| j.access_ttl.is_some())), "jwt.access_ttl", "shorter");
    add(any(policies, |p| p.spec.data.as_ref().is_some_and(|d| d.input.is_some())), "data.input.max_body", "smaller");
    add(any(policies, |p| p.spec.http.as_ref().is_some_and(|h| h.cors.is_some())), "http.cors", "without origins that are not needed");
    add(any(policies, |p| p.spec.access.is_some()), "access.permissions", "without roles that may wait");
    add(has_target(policies, "postgres"), "postgres.settings.log_statement", "mod or all, so that more is seen");
    all
}

/// Every limit by its name, as it is, and the key that lowers it.
fn limits(text: &mut Text, policies: Policies<'_>) {
    let all = names(policies, |p| p.spec.rate_limits.iter().filter_map(|r| r.limits.as_ref()).flat_map(|l| l.keys().cloned()).collect());
    if all.is_empty() {
        return;
    }
    text.block(["| Limit | Now | Counts | To lower |", "| --- | --- | --- | --- |"]);
    for name in &all {
        let limit = |p: &Policy| p.spec.rate_limits.as_ref()?.limits.as_ref()?.get(name).cloned();
        let now = by_environment(policies, &|p| {
            let limit = limit(p)?;
            let burst = limit.burst.map(|b| format!(" + {b}")).unwrap_or_default();
            Some(format!("{}{burst} in {}", limit.requests?, limit.per?))
        });
        let counts = by_environment(policies, &|p| {
            let matched = limit(p)?.matches?;
            let path = matched.exact.map(|path| path.to_string()).or_else(|| matched.prefix.map(|path| format!("{path}*")));
            let host = matched.host.map(|host| host.to_string());
            Some(host.into_iter().chain(path).collect::<String>()).filter(|t| !t.is_empty())
        });
        let key = format!("rate_limits.limits.{name}.requests");
        let (name, key) = (text.cell(name.as_str()), text.cell(&key));
        let now = now.map(|t| text.cell(&t)).unwrap_or_default();
        let counts = counts.map_or_else(|| "every request".to_owned(), |t| text.cell(&t));
        text.line(format!("| {name} | {now} | {counts} | {key} |"));
    }
}

fn eradication(text: &mut Text, policies: Policies<'_>, secgen: &str) {
    text.heading(2, "4. Eradication (CSF: Respond)");
    let mut items: Vec<String> = Vec::new();
    if has_target(policies, "cargo") || has_target(policies, "rust") {
        let render = text.code(&format!("{secgen} render"));
        let ban = if has_target(policies, "cargo") {
            format!(" Ban it: `{{ crate: \"CRATE:=VERSION\" }}` in `dependencies.bans.deny`, {render}, `cargo deny check bans`.")
        } else {
            String::new()
        };
        items.push(format!(
            "**A bad crate**: `cargo tree -i CRATE` tells who brings it, `cargo audit` what is known.{ban} Then `cargo update -p CRATE --precise GOOD`. Its build script ran on developers' machines and in CI: their secrets count as leaked too."
        ));
    }
    let secrets = secrets(policies);
    if !secrets.is_empty() {
        let secrets = text.codes(&secrets);
        items.push(format!("**Secrets that the intruder could read** are replaced, all of them: {secrets}, and what else the service reads."));
    }
    items.push("**Hosts** that were entered are built anew from a commit before the first trace, not cleaned.".to_owned());
    items.push("**The way in** is closed: a fix with a test that fails without it.".to_owned());
    text.block(items.into_iter().map(|item| format!("- {item}")));
    text.user("eradication");
}

/// Variables that the service reads secrets from.
fn secrets(policies: Policies<'_>) -> BTreeSet<String> {
    names(policies, |p| {
        let keys = p.spec.jwt.iter().filter_map(|jwt| jwt.keys.as_ref()).flat_map(|keys| keys.values());
        let of_keys = keys.flat_map(|key| [&key.secret, &key.private_key]).flatten();
        let store = p.spec.rate_limits.as_ref().and_then(|r| r.redis()).map(|redis| &redis.url);
        of_keys.chain(store).map(|reference| reference.env.as_str().to_owned()).collect()
    })
}

fn recovery(text: &mut Text, policies: Policies<'_>, plan: &Plan, secgen: &str) {
    text.heading(2, "5. Recovery (CSF: Recover)");
    text.block(["Put back what was tightened for a while, render, deploy, and prove it:"]);
    let mut commands = vec![
        format!("{secgen} spec diff GOOD_COMMIT:{0} {0}   # the policy itself is not weaker than before", quote_path(&plan.spec)),
        format!("{secgen} check   # 0: all is as the policy says; 1: what is not, with file and line; 2: it could not look"),
    ];
    if any(policies, |p| p.spec.targets.as_ref().is_some_and(|t| t.postgres.as_ref().is_some_and(|pg| pg.live.is_some()))) {
        commands.push(format!("{secgen} check --live postgres   # what the running server says"));
    } else if has_target(policies, "postgres") {
        commands.push(format!("DATABASE_URL=postgres://AUDITOR@HOST/postgres {secgen} check --live postgres   # what the running server says"));
    }
    if has_target(policies, "nginx") {
        commands.push(format!("nginx -T | {secgen} check --source nginx=-   # on the host: what nginx really reads"));
    }
    let sites = names(policies, |p| p.spec.http.iter().filter_map(|h| h.site.as_ref()).map(|site| site.as_str().to_owned()).collect());
    for site in sites {
        commands.push(format!("curl -si {} | {secgen} check --source http-response=-   # what browsers get", quote(&site)));
    }
    commands.push(format!("make -f {} security-scan", quote_path(&plan.at("security.mk"))));
    text.shell(commands);
    text.block(["Watch logs and limits (1) for a week: who was inside comes back the same way."]);
    text.user("recovery");
}

/// A path, quoted where it needs to be.
fn quote_path(path: &str) -> String {
    let is_plain = path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-')) && !path.starts_with('-');
    if is_plain { path.to_owned() } else { quote(path) }
}

fn documentation(text: &mut Text, secgen: &str) {
    text.heading(2, "6. Documentation and lessons learned (CSF: Identify, Govern)");
    let render = text.code(&format!("{secgen} render"));
    text.block([
        "- [ ] Timeline in UTC: first trace, noticed, answered, contained, over. What was touched, who was told and when.".to_owned(),
        "- [ ] Where evidence lies, with its SHA256 and who has had it.".to_owned(),
        format!("- [ ] Within two weeks, without blame: what held, what did not. What shall hold from now on goes into the spec, then {render}."),
    ]);
    text.user("documentation");
}

/// What counts of a text: lines without what users wrote, and without comments.
pub(in super::super) fn canonical(text: &str) -> String {
    let text = marks::without(text);
    // What its reader does not see: a whole line from its start, which ends where it seems to (HTML, 13.1.6), outside of code, and
    // not behind a row, as it would end the table.
    let is_comment = |line: &str| {
        let inner = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        inner.is_some_and(|inner| !inner.contains("--") && !inner.trim_start().starts_with(['>', '-']) && !inner.trim_start().starts_with("user:"))
    };
    let mut out = String::new();
    let (mut is_code, mut is_row) = (false, false);
    for line in text.lines().map(str::trim_end) {
        if !is_row && !is_code && is_comment(line) {
            continue;
        }
        is_row = line.starts_with('|');
        is_code ^= line.trim_start().starts_with("```");
        // Several empty lines are one.
        if !(line.is_empty() && (out.is_empty() || out.ends_with("\n\n"))) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// What a runbook says.
#[derive(Debug, Default)]
pub(in super::super) struct Read {
    /// Who is called first.
    pub contact: Option<String>,
    /// Answer times by severity, in seconds; `None` where they cannot be read.
    pub severities: Vec<(String, Option<u64>)>,
    /// Titles of sections, and what stands there, in short.
    pub sections: Vec<(String, String)>,
}

/// Reads a runbook back.
pub(in super::super) fn read(text: &str) -> Read {
    let text = canonical(text);
    let mut read = Read::default();
    let mut is_code = false;
    let mut sections: Vec<(String, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        let title = line.strip_prefix("# ").or_else(|| line.strip_prefix("## ")).filter(|_| !is_code);
        if title.is_some() || sections.is_empty() {
            sections.push((title.unwrap_or("(top)").to_owned(), Vec::new()));
        }
        if let (None, Some((_, lines))) = (title, sections.last_mut()) {
            lines.push(line);
        }
        if let Some(rest) = line.strip_prefix("**Call first:** <").filter(|_| sections.len() == 1) {
            read.contact = read.contact.or_else(|| rest.split_once('>').map(|(contact, _)| contact.to_owned()));
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let (1, ["", name @ ("critical" | "high" | "medium" | "low"), answer, _, ""]) = (sections.len(), cells.as_slice()) {
            read.severities.push(((*name).to_owned(), answer.parse::<Duration>().ok().map(Duration::as_secs)));
        }
    }
    let said = |lines: &[&str]| {
        let text = lines.join("\n");
        format!("{} lines, {}", lines.iter().filter(|l| !l.is_empty()).count(), digest(text.as_bytes()).get(..12).unwrap_or_default())
    };
    read.sections = sections.iter().map(|(title, lines)| (title.clone(), said(lines))).collect();
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_write_and_comments_do_not_count() {
        let plain = "<!-- Generated -->\n\n# a\n\ntext\n\n<!-- user:begin x -->\n<!-- user:end -->\n";
        let filled = "# a  \n\n\ntext\n<!-- todo -->\n\n<!-- user:begin x -->\n## mine\n<!-- user:end -->";
        assert_eq!(canonical(plain), canonical(filled));
        assert_ne!(canonical(plain), canonical("# a\n\ntext!\n\n<!-- user:begin x -->\n<!-- user:end -->\n"));
        assert_ne!(canonical(plain), canonical(&plain.replace("text", "<!-- a --> text <!-- b -->")));
        assert_ne!(canonical(plain), canonical(&plain.replace("text", "<!--\ntext\n-->")));
    }
}
