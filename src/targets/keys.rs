//! What a spec key is beyond its form: how its values are ordered, who carries it, and which controls of others it has
//! to do with. Controls belong to intents as much as to rules: a report names both.

use super::postgres;
use crate::finding::Relation::{Implements, Related, Supports};
use crate::finding::{Framework, Reference, asvs, cis, nist, pci};

/// A key, or all keys of a pattern.
#[derive(Debug)]
pub struct Key {
    /// `http.headers.hsts`; `*` stands for any one name.
    pub pattern: &'static str,
    /// When one value is at least as strict as another, in one sentence.
    pub order: &'static str,
    /// Targets that render or check it, where the spec lists them.
    pub targets: &'static [&'static str],
    /// Controls that it has to do with.
    pub references: &'static [Reference],
}

macro_rules! keys {
    ($($pattern:literal, [$($target:literal),*], $order:expr, [$($reference:expr),* $(,)?];)*) => {
        static KEYS: &[Key] = &[$(Key { pattern: $pattern, order: $order, targets: &[$($target),*], references: &[$($reference),*] }),*];
    };
}

const LOGGED: &str = "By the setting's own order, which docs/postgresql-settings.md lists: what records more is stricter.";
const AU2: &str = "logins and changes are among the events that are logged";
const AU3: &str = "an entry says what happened, when, where, and by whom";
const AU12: &str = "the server makes the records";

keys! {
    "http.headers.hsts", ["nginx", "rust", "templates", "http-response"], "A longer max_age is stricter, and so is include_subdomains; max_age 0 is weaker than no header.", [
        asvs("3.4.1", Supports, "asks for Strict-Transport-Security of a year or more, from level 2 on for subdomains too"),
        nist("SC-8(1)", Supports, "browsers refuse plain HTTP after the first visit"),
    ];
    "http.headers.framing", ["nginx", "rust", "templates", "http-response"], "Whoever lets fewer origins show the pages is stricter: deny, then sameorigin, then named origins; both headers count together.", [
        asvs("3.4.6", Supports, "asks for frame-ancestors; X-Frame-Options is not relied on"),
    ];
    "http.headers.xss_protection", ["nginx", "rust", "templates", "http-response"], "off, or no header at all, is the strictest: the old filter could be turned against the page; block is stricter than the filter alone.", [
        nist("CM-6", Related, "a setting that is written down, though browsers no longer heed it"),
    ];
    "http.headers.content_type_options", ["nginx", "rust", "templates", "http-response"], "nosniff is all there is; anything else counts as absent.", [
        asvs("3.4.4", Implements, "asks for X-Content-Type-Options: nosniff with every response"),
    ];
    "http.headers.csp", ["nginx", "rust", "templates", "http-response"], "A policy is at least as strict when everything that it allows is allowed by the other one too (CSP subsumption).", [
        asvs("3.4.3", Supports, "asks for a Content-Security-Policy with object-src and base-uri"),
        pci("6.4.3", Related, "scripts of payment pages are authorised; the policy names where they may come from"),
    ];
    "http.headers.referrer_policy", ["nginx", "rust", "templates", "http-response"], "Whatever tells other sites less is stricter, from unsafe-url up to no-referrer.", [
        asvs("3.4.5", Supports, "asks for a Referrer-Policy that keeps addresses from other sites"),
    ];
    "http.headers.permissions_policy", ["nginx", "rust", "templates", "http-response"], "Feature by feature, a shorter list of origins is stricter; a feature that is not named has its browser default.", [
        nist("CM-7", Related, "features of browsers that the pages do not need are off"),
    ];
    "http.headers.coop", ["nginx", "rust", "templates", "http-response"], "same-origin is the strictest, unsafe-none the loosest; the two that allow pop-ups cannot be compared with each other.", [
        asvs("3.4.8", Supports, "asks for Cross-Origin-Opener-Policy: same-origin, or with popups"),
    ];
    "http.headers.coep", ["nginx", "rust", "templates", "http-response"], "require-corp is stricter than credentialless, and that than unsafe-none.", [
        nist("SC-4", Related, "what belongs to other origins does not share a process with the pages"),
    ];
    "http.headers.corp", ["nginx", "rust", "templates", "http-response"], "same-origin is stricter than same-site, and that than cross-origin.", [
        nist("SC-4", Related, "other origins do not take the answers into their own process"),
    ];
    "http.headers.cache", ["nginx", "rust", "templates", "http-response"], "Whatever lets caches keep less for less long is stricter; no-store is the strictest.", [
        asvs("14.3.2", Supports, "asks that caches keep nothing sensitive (Cache-Control: no-store)"),
    ];
    "http.headers.remove", ["nginx", "templates", "http-response"], "A header that is not sent is the strictest, then one that names the software without its version.", [
        asvs("13.4.6", Supports, "asks that versions of the software behind are not told"),
    ];
    "http.cookies.*.max_age", ["rust", "templates"], "A shorter life is stricter.", [
        asvs("7.3.2", Related, "asks for an absolute end of sessions; browsers forget the cookie by then"),
        nist("AC-12", Related, "an old session ends by itself"),
    ];
    "http.cookies.*", ["nginx", "rust", "templates", "http-response"], "Secure, HttpOnly and a narrower SameSite are each stricter than without; an attribute that the policy does not name may be anything.", [
        asvs("3.3.1", Supports, "asks for Secure, and a prefix of the name that says so"),
        asvs("3.3.2", Supports, "asks for the SameSite that fits the cookie's purpose"),
        asvs("3.3.4", Supports, "asks for HttpOnly where scripts need not read the cookie"),
        nist("SC-23", Supports, "protects sessions against being taken over"),
    ];
    "http.cors.*", ["nginx", "templates"], "Fewer origins, methods and headers, and no credentials, are stricter.", [
        asvs("3.4.2", Supports, "asks that Access-Control-Allow-Origin is fixed or checked against a list"),
        nist("AC-4", Related, "decides which sites may read what the service answers"),
    ];
    "tls.min_version", ["nginx", "postgres", "rust", "templates"], "A newer oldest version is stricter: TLSv1.3 before TLSv1.2 before older ones.", [
        asvs("12.1.1", Supports, "asks for recommended versions only, such as TLS 1.2 and 1.3"),
        nist("SC-8(1)", Supports, "what is sent is protected by cryptography on the way"),
        nist("SC-13", Related, "versions decide which cryptography is in use"),
        pci("4.2.1", Supports, "strong cryptography protects account data on open networks"),
    ];
    "tls.profile", ["nginx", "templates"], "A subset of the profile's cipher suites is at least as strict; a suite outside of it is weaker.", [
        asvs("12.1.2", Supports, "asks for recommended cipher suites only, at level 3 with forward secrecy"),
        nist("SC-13", Supports, "cryptography is of the kinds that were decided on"),
        pci("4.2.1", Supports, "strong cryptography protects account data on open networks"),
    ];
    "tls.groups", ["nginx", "rust", "templates"], "A subset of the groups is at least as strict.", [
        nist("SC-13", Supports, "cryptography is of the kinds that were decided on"),
    ];
    "tls.session_tickets", ["nginx", "templates"], "off is stricter than on.", [
        nist("SC-12", Related, "no long-lived key decides about recorded connections"),
    ];
    "tls.redirect_http", ["nginx", "templates"], "A permanent redirect (301, 308) to HTTPS is stricter than a temporary one, and any is stricter than an answer in plain text.", [
        asvs("12.2.1", Supports, "asks for TLS for everything from outside, without falling back"),
        pci("4.2.1", Related, "strong cryptography protects account data on open networks"),
    ];
    "rate_limits.limits.*.edge", ["nginx", "templates"], "A lower rate and a smaller burst for each client address are stricter.", [
        asvs("2.4.1", Supports, "asks for protection against calls in excess"),
        nist("SC-5", Supports, "one client cannot use up the service by sending requests"),
    ];
    "rate_limits.limits.*.on_store_error", ["rust"], "deny is stricter than allow.", [
        asvs("2.4.1", Related, "calls in excess are held back also while nobody can count them"),
        nist("SC-5", Related, "one client cannot use up the service by sending requests"),
    ];
    "rate_limits.store", ["rust"], "Values must be equal.", [
        asvs("2.4.1", Supports, "calls are counted for all instances together, so that no client has one limit for each of them"),
        nist("SC-5", Supports, "one client cannot use up the service by sending requests"),
    ];
    "rate_limits.store.on_error", ["rust"], "deny is stricter than allow.", [
        asvs("2.4.1", Related, "calls in excess are held back also while nobody can count them"),
        nist("SC-5", Related, "one client cannot use up the service by sending requests"),
    ];
    "rate_limits.limits.*", ["rust", "templates"], "Fewer requests in a longer time are stricter.", [
        asvs("2.4.1", Supports, "asks for protection against calls in excess"),
        nist("SC-5", Supports, "one client cannot use up the service by sending requests"),
    ];
    "network.service_trusts", ["rust", "templates"], "Trusting fewer networks is stricter.", [
        asvs("15.3.4", Supports, "asks that the client's address comes from fields that the client cannot forge"),
    ];
    "network.ipv6_prefix", ["rust"], "Values must be equal.", [
        asvs("2.4.1", Related, "whoever has a whole IPv6 network counts as one client"),
        nist("SC-5", Related, "one client cannot use up the service by sending requests"),
    ];
    "lockout.*", ["rust"], "Fewer failures before the first pause, a longer memory and longer pauses are stricter.", [
        asvs("6.3.1", Supports, "asks that guessing and trying stolen passwords are held back"),
        nist("AC-7", Supports, "failed logins in a row are limited, and what follows is decided"),
    ];
    "access.permissions.*", ["rust"], "Whoever grants less is stricter: fewer roles, or more conditions for the same roles; what no rule grants is denied.", [
        asvs("8.1.1", Supports, "asks that the rules of who may do what are written down"),
        asvs("8.2.1", Supports, "asks that functions are open to those only who have a permission"),
        asvs("8.2.2", Supports, "asks that data are open to those only who have a permission for them"),
        nist("AC-3", Supports, "what is not granted is denied"),
        pci("7.3.3", Supports, "what no rule names is refused"),
    ];
    "data.input.content_types", ["rust", "templates"], "Fewer media types are stricter.", [
        asvs("2.2.1", Supports, "asks that input is held against what is expected"),
    ];
    "data.input.max_body", ["rust", "templates"], "A lower limit is stricter.", [
        asvs("2.2.1", Supports, "asks that input is held against what is expected"),
        nist("SC-5", Supports, "one request cannot use up the memory of the service"),
    ];
    "data.input.*", ["rust"], "A lower limit is stricter.", [
        asvs("2.2.1", Supports, "asks that input is held against what is expected"),
        nist("SC-5", Supports, "one request cannot use up the memory of the service"),
    ];
    "jwt.role", ["rust"], "Values must be equal: a service that only verifies must not be able to issue.", [
        asvs("9.1.1", Related, "whoever only verifies needs no key that signs"),
    ];
    "jwt.issuer", ["rust", "templates"], "Values must be equal.", [
        asvs("9.1.3", Supports, "asks that keys of tokens come from sources that are set for the issuer"),
    ];
    "jwt.audience", ["rust", "templates"], "Values must be equal.", [
        asvs("9.2.3", Supports, "asks that a service takes only tokens that are meant for it"),
    ];
    "jwt.access_ttl", ["rust"], "A shorter life is stricter.", [
        asvs("9.2.1", Supports, "asks that a token counts within its time only"),
        nist("AC-12", Related, "an old session ends by itself"),
    ];
    "jwt.refresh_ttl", ["rust"], "A shorter life is stricter.", [
        asvs("7.3.2", Supports, "asks for an absolute end of sessions"),
        nist("AC-12", Related, "an old session ends by itself"),
    ];
    "jwt.leeway", ["rust"], "A shorter leeway is stricter.", [
        asvs("9.2.1", Supports, "asks that a token counts within its time only"),
    ];
    "jwt.sign_with", ["rust"], "Values must be equal.", [
        asvs("9.1.3", Related, "the key that signs is one of those that are named"),
    ];
    "jwt.keys.*.verify_until", ["rust"], "An earlier last day is stricter; no last day is the loosest.", [
        asvs("9.1.3", Related, "a key that was replaced is taken back on its day"),
        nist("SC-12", Supports, "keys are replaced, and the old ones end"),
    ];
    "jwt.keys.*", ["rust"], "Algorithm and where the key comes from must be equal.", [
        asvs("9.1.2", Supports, "asks for a list of algorithms that are allowed"),
        asvs("13.3.1", Supports, "keys stand in the environment, and not in the source code"),
        nist("SC-12", Related, "keys are established and rotated by name"),
    ];
    "data.at_rest", [], "A person states it; a statement is reported as attested, and never compared.", [
        nist("SC-28", Supports, "what is stored is protected against being read and changed"),
        nist("SC-28(1)", Supports, "by cryptography"),
        pci("3.5.1", Related, "stored account numbers are unreadable; encryption of a disk alone does not suffice for that (3.5.1.2)"),
    ];
    "data.output", [], "A person states it; a statement is reported as attested, and never compared.", [
        asvs("1.2.1", Related, "asks that output is encoded for where it stands; a statement says that somebody looked"),
        nist("SI-15", Related, "what the service puts out is what is expected of it"),
        pci("6.2.4", Related, "attacks that put data into pages as code are among those that development prevents"),
    ];
    "operations.attested.access_review", [], "A person states it; a statement is reported as attested, and never compared.", [
        nist("AC-6(7)", Related, "privileges are looked at again, and taken away where nobody needs them"),
        pci("7.2.4", Related, "accounts and their privileges are reviewed every six months at least"),
    ];
    "operations.attested.penetration_test", [], "A person states it; a statement is reported as attested, and never compared.", [
        nist("CA-8", Related, "somebody tried, and wrote down what came of it"),
        pci("11.4.3", Related, "external tests happen every twelve months at least, and after large changes"),
    ];
    "operations.tasks.*", [], "More often is stricter: daily, then weekly, then monthly; a task that is not listed is weaker.", [
        nist("CA-7", Related, "what is watched, and how often, is decided and kept"),
        nist("AU-6", Related, "records are reviewed at the decided times"),
        pci("12.4.2", Related, "whether people do their tasks is looked at again and again"),
    ];
    "operations.overdue.*", [], "fail is stricter than warn.", [
        nist("CA-7", Related, "what was not done in time reaches somebody"),
    ];
    "postgres.hba", ["postgres"], "Whoever lets in fewer clients, or asks them for more proof, is stricter; compared for each kind of client.", [
        nist("AC-3", Supports, "the server lets in whom the policy lets in"),
        nist("IA-2", Supports, "whoever connects proves who it is"),
        pci("7.3.3", Supports, "what no rule names is refused"),
        asvs("13.2.1", Supports, "communication with the database is authenticated"),
        cis("5.3", Related, "the recommendation on how local users log in"),
        cis("5.4", Supports, "the recommendation on how users of the network log in"),
    ];
    "postgres.settings.ssl", ["postgres"], "on is stricter than off.", [
        asvs("12.3.1", Supports, "asks for encrypted connections to databases, without falling back"),
        nist("SC-8(1)", Supports, "what is sent is protected by cryptography on the way"),
        pci("4.2.1", Related, "strong cryptography protects account data on open networks"),
    ];
    "postgres.settings.ssl_min_protocol_version", ["postgres"], "A newer version is stricter.", [
        asvs("12.1.1", Supports, "asks for recommended versions only, such as TLS 1.2 and 1.3"),
        nist("SC-8(1)", Supports, "what is sent is protected by cryptography on the way"),
    ];
    "postgres.settings.ssl_ciphers", ["postgres"], "Cipher strings are compared by the suites that they stand for; a subset is at least as strict.", [
        asvs("12.1.2", Supports, "asks for recommended cipher suites only, at level 3 with forward secrecy"),
        nist("SC-13", Supports, "cryptography is of the kinds that were decided on"),
    ];
    "postgres.settings.password_encryption", ["postgres"], "scram-sha-256 is stricter than md5.", [
        nist("IA-5(1)", Supports, "passwords are stored salted and hashed"),
        pci("8.3.2", Supports, "strong cryptography makes stored passwords unreadable"),
        cis("5.4", Related, "what is stored decides how users of the network can log in"),
    ];
    "postgres.settings.listen_addresses", ["postgres"], "Fewer addresses are stricter.", [
        nist("SC-7", Supports, "the server is reached from the networks that the policy names"),
    ];
    "postgres.settings.log_destination", ["postgres"], LOGGED, [nist("AU-12", Supports, AU12)];
    "postgres.settings.logging_collector", ["postgres"], LOGGED, [nist("AU-12", Supports, AU12)];
    "postgres.settings.log_file_mode", ["postgres"], "Fewer permissions are stricter.", [nist("AU-9", Supports, "logs are not read by everybody"), asvs("16.4.2", Supports, "asks that logs are protected from reading and changing"),
    ];
    "postgres.settings.log_min_messages", ["postgres"], LOGGED, [nist("AU-2", Supports, AU2)];
    "postgres.settings.log_min_error_statement", ["postgres"], LOGGED, [nist("AU-3", Supports, AU3)];
    "postgres.settings.log_connections", ["postgres"], LOGGED, [nist("AU-2", Supports, AU2), pci("10.2.1", Supports, "audit logs are active"),
        asvs("16.3.1", Supports, "asks that logins are logged, those that fail among them"),
    ];
    "postgres.settings.log_disconnections", ["postgres"], LOGGED, [nist("AU-2", Supports, AU2)];
    "postgres.settings.log_error_verbosity", ["postgres"], LOGGED, [nist("AU-3", Supports, AU3)];
    "postgres.settings.log_line_prefix", ["postgres"], "A prefix with at least the same escapes is at least as strict.", [nist("AU-3", Supports, AU3), pci("10.2.2", Supports, "each entry says who, what, when and from where"),
        asvs("16.2.1", Supports, "asks for when, where, who and what in each entry"),
    ];
    "postgres.settings.log_statement", ["postgres"], LOGGED, [nist("AU-2", Supports, AU2), pci("10.2.1", Supports, "audit logs are active")];
    "postgres.settings.log_timezone", ["postgres"], "Values must name the same time.", [nist("AU-8", Supports, "times in logs can be mapped to UTC"), asvs("16.2.2", Supports, "asks for UTC or an offset in times of logs"),
    ];
    "postgres.settings.pgaudit.log", ["postgres"], LOGGED, [nist("AU-12", Supports, AU12), pci("10.2.1", Supports, "audit logs are active")];
    "postgres.settings.row_security", ["postgres"], "Values must be equal.", [cis("4.7", Related, "the recommendation on row level security"), nist("AC-3", Related, "each row is shown to those only who may see it")];
    "postgres.settings.*", ["postgres"], "By the setting's own order, which docs/postgresql-settings.md lists; without one, values must be equal.", [
        nist("CM-6", Supports, "what is configured is held against the settings that the policy documents"),
        pci("2.2.6", Supports, "security parameters are configured as decided, so that they cannot be misused"),
    ];
    "dependencies.advisories.ignore", ["cargo"], "Fewer advisories that are ignored is stricter.", [
        asvs("15.2.1", Supports, "asks that components keep the agreed times for updates"),
        nist("SI-2", Supports, "what is not repaired yet is named, with its reason"),
        pci("6.3.3", Related, "known vulnerabilities are repaired in time"),
    ];
    "dependencies.advisories.*", ["cargo"], "A wider reach and a stricter level (deny, warn, allow) are stricter.", [
        asvs("15.2.1", Supports, "asks that components keep the agreed times for updates"),
        nist("RA-5", Supports, "dependencies are scanned for known vulnerabilities"),
        pci("6.3.2", Related, "third-party components are known, so that vulnerabilities in them are found"),
    ];
    "dependencies.licenses.allow", ["cargo"], "Fewer licences that are allowed is stricter.", [
        nist("CM-10", Related, "software is used in accordance with its licence"),
    ];
    "dependencies.bans.deny", ["cargo"], "More crates that are banned is stricter.", [
        nist("CM-7(4)", Related, "software that is not to run is named"),
    ];
    "dependencies.bans.*", ["cargo"], "deny is stricter than warn, and that than allow.", [
        nist("CM-2", Related, "which version of a component is in use is decided, and not left to the day of the build"),
    ];
    "dependencies.sources.allow_git", ["cargo"], "Fewer places that are allowed is stricter.", [
        asvs("15.2.4", Supports, "asks that components come from the repositories that are expected"),
        nist("SR-3", Supports, "what comes from an unknown supplier is stopped"),
    ];
    "operations.static_analysis", ["operations"], "More programs that analyse is stricter.", [
        nist("RA-5", Supports, "dependencies are scanned for known vulnerabilities, again and again"),
        nist("SA-11(1)", Related, "code is analysed before it is run"),
        pci("6.3.2", Related, "third-party components are known, so that vulnerabilities in them are found"),
    ];
    "operations.pen_test.targets", ["operations"], "Fewer services that may be tested is stricter: nobody tests what does not belong to them.", [
        nist("CA-8", Supports, "tests run against the systems that are named, and no others"),
        pci("11.4.1", Related, "what is tested is defined"),
    ];
    "operations.pen_test.image", ["operations"], "Values must be equal: what tests a service is decided, and not left to the day.", [
        nist("SR-3", Supports, "the program comes from the place that is named"),
    ];
    "operations.ci.*.runs", ["operations"], "More that is run is stricter.", [
        nist("RA-5", Supports, "scans run without anybody thinking of them"),
        nist("CA-7", Supports, "the configuration is watched by a program"),
    ];
    "operations.ci.*.schedule", ["operations"], "More of daily, weekly and monthly is stricter.", [
        nist("CA-7", Supports, "how often is decided, and kept"),
    ];
    "operations.ci.*.failures", ["operations"], "A failure that counts is stricter than one that is ignored.", [
        nist("CA-7", Supports, "what is found reaches somebody"),
    ];
    "operations.ci.*.permissions", ["operations"], "Fewer permissions of the workflow's token are stricter.", [
        nist("AC-6", Supports, "a job has the privileges that it needs, and no others"),
    ];
    "operations.ci.*.pins", ["operations"], "Fewer programs of others, each of one commit or version, is stricter; a tag or branch in place of a commit is another program.", [
        nist("SR-3", Supports, "what comes from an unknown supplier is stopped"),
        asvs("15.2.4", Related, "components come from the repositories that are expected"),
    ];
    "operations.incident_response.contact", ["operations"], "Values must be equal.", [
        nist("IR-8", Supports, "the plan says who is told"),
        pci("12.10.1", Supports, "roles and contacts are part of the plan"),
    ];
    "operations.incident_response.severities.*", ["operations"], "A shorter answer time is stricter.", [
        nist("IR-4", Supports, "incidents are handled, and how soon is decided"),
        nist("IR-8", Supports, "the plan says how soon"),
    ];
    "operations.security_txt.*", ["operations"], "Values must be equal; for languages and addresses of the file itself their order does not matter. The day of expires is watched besides.", [
        nist("RA-5(11)", Supports, "the public has a way to report vulnerabilities"),
    ];
    "operations.write_once.*", ["operations"], "More of what is needed is stricter: the first contact in SECURITY.md; ecosystems and a cooldown in dependabot.yml.", [
        nist("RA-5(11)", Related, "the public has a way to report vulnerabilities"),
        nist("SI-2", Related, "updates are looked for again and again"),
    ];
    "dependencies.sources.*", ["cargo"], "deny is stricter than warn, and that than allow.", [
        asvs("15.2.4", Supports, "asks that components come from the repositories that are expected"),
        nist("SR-3", Supports, "what comes from an unknown supplier is stopped"),
    ];
}

/// Every entry, in the order of the table.
#[must_use]
pub fn all() -> &'static [Key] {
    KEYS
}

/// The entry of an intent's key: of a scope's header, that of the header. The first pattern that fits counts.
#[must_use]
pub fn of(key: &str) -> Option<&'static Key> {
    let key = unscoped(key);
    KEYS.iter().find(|entry| fits(entry.pattern, key))
}

/// Controls that an intent has to do with; of a PostgreSQL setting, the items of the CIS benchmark about it too.
#[must_use]
pub fn references(key: &str) -> Vec<Reference> {
    let mut all = of(key).map_or(&[][..], |entry| entry.references).to_vec();
    let setting = key.strip_prefix("postgres.settings.").and_then(postgres::controls::of);
    for number in setting.map_or("", |control| control.cis17).split(", ").filter(|n| n.starts_with(|c: char| c.is_ascii_digit())) {
        if !all.iter().any(|known| known.framework == Framework::CisPostgres && known.number == number) {
            all.push(cis(number, Supports, "the recommendation on this very setting"));
        }
    }
    all
}

/// `http.headers.csp` of `scopes.embed.http.headers.csp`.
#[must_use]
pub fn unscoped(key: &str) -> &str {
    key.strip_prefix("scopes.").and_then(|rest| rest.split_once('.')).map_or(key, |(_, rest)| rest)
}

/// Whether a key is one of a pattern. The last `*` may stand for a name with dots (`pgaudit.log`).
fn fits(pattern: &str, key: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == key,
        Some((start, "")) => key.strip_prefix(start).is_some_and(|name| !name.is_empty()),
        Some((start, end)) => {
            let rest = key.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
            rest.is_some_and(|name| !name.is_empty() && !name.contains('.'))
        }
    }
}

/// Whether one of two keys is the other, or stands above it: `http.headers` and `http.headers.csp`.
#[must_use]
pub fn overlap(a: &str, b: &str) -> bool {
    let (a, b) = (unscoped(a), unscoped(b));
    is_within(a, b) || is_within(b, a)
}

/// Whether a key is another one or stands below it.
#[must_use]
pub fn is_within(key: &str, above: &str) -> bool {
    key.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_entry_counts() {
        let pattern = |key: &str| of(key).map(|k| k.pattern);
        assert_eq!(pattern("http.headers.csp"), Some("http.headers.csp"));
        assert_eq!(pattern("scopes.embed.http.headers.csp"), Some("http.headers.csp"));
        assert_eq!(pattern("rate_limits.limits.api"), Some("rate_limits.limits.*"));
        assert_eq!(pattern("rate_limits.limits.api.edge"), Some("rate_limits.limits.*.edge"));
        assert_eq!(pattern("postgres.settings.pgaudit.log"), Some("postgres.settings.pgaudit.log"));
        assert_eq!(pattern("postgres.settings.auth_delay.milliseconds"), Some("postgres.settings.*"));
        assert_eq!(pattern("dependencies.advisories.yanked"), Some("dependencies.advisories.*"));
        assert_eq!(pattern("http"), None);
        assert_eq!(pattern("http.cookies."), None);
    }

    #[test]
    fn keys_overlap_at_dots_only() {
        assert!(overlap("http.headers", "scopes.embed.http.headers.csp"));
        assert!(overlap("tls.min_version", "tls"));
        assert!(!overlap("http.head", "http.headers.csp"));
        assert!(!overlap("http.cookies", "http.headers"));
    }

    #[test]
    fn no_entry_hides_a_later_one() {
        for (i, entry) in KEYS.iter().enumerate() {
            let example = entry.pattern.replace('*', "name");
            let first = KEYS.iter().position(|k| fits(k.pattern, &example));
            assert_eq!(first, Some(i), "{}", entry.pattern);
            assert!(!entry.references.is_empty() && entry.order.ends_with('.'), "{}", entry.pattern);
        }
    }
}
