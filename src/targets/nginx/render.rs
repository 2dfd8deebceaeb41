//! From a policy to the artifacts of this target.

use super::advice::Advice;
use super::artifact::{SERVER, block_text, burst_key, cookie_key, cors_key, cors_origins_key, cors_variable, header_line, key_of, per_minute_key, words};
use super::encode;
use super::rules;
use super::versions::Versions;
use crate::finding::Finding;
use crate::policy::intents::{self, HeaderTexts};
use crate::policy::{Policy, guideline};
use crate::source;
use crate::spec::{NginxTarget, SameSite};
use crate::strictness::cors::{self, Origins};
use crate::strictness::tls::{Protocols, Version};
use crate::targets::field::Field;
use crate::targets::{Artifact, Body};
use serde_json::json;

/// Grows when the layout of a file changes.
const REVISION: u32 = 1;

/// The longest key of a map that nginx takes with its smallest bucket (`map_hash_bucket_size 32`, on 64-bit systems 64, less
/// what each entry needs itself). Longer ones are written as patterns, which are not hashed.
const MAX_MAP_KEY: usize = 40;

/// What a backend's own answer to other origins is made of: two of each would cancel each other out.
const CORS_HEADERS: [&str; 5] = [
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Max-Age",
];

/// Where plain HTTP is sent on to, as in the template.
const REDIRECT_TARGET: &str = "https://$host$request_uri";

/// The templates.
pub(super) static TEMPLATES: [(&str, &str); 8] = [
    ("nginx/security-headers.conf.tera", include_str!("../../../templates/nginx/security-headers.conf.tera")),
    ("nginx/tls.conf.tera", include_str!("../../../templates/nginx/tls.conf.tera")),
    ("nginx/rate-limit-zones.conf.tera", include_str!("../../../templates/nginx/rate-limit-zones.conf.tera")),
    ("nginx/rate-limit.conf.tera", include_str!("../../../templates/nginx/rate-limit.conf.tera")),
    ("nginx/cookies.conf.tera", include_str!("../../../templates/nginx/cookies.conf.tera")),
    ("nginx/cors-origins.conf.tera", include_str!("../../../templates/nginx/cors-origins.conf.tera")),
    ("nginx/cors.conf.tera", include_str!("../../../templates/nginx/cors.conf.tera")),
    ("nginx/redirect-https.conf.tera", include_str!("../../../templates/nginx/redirect-https.conf.tera")),
];

struct Render<'p> {
    policy: &'p Policy,
    versions: Versions,
    folder: String,
    advice: Advice,
    artifacts: Vec<Artifact>,
    refused: Vec<Finding>,
}

/// The files for a policy, each once.
///
/// # Errors
/// Values that nginx's grammar cannot hold, each with its place in the spec.
pub(super) fn artifacts(policy: &Policy, target: &NginxTarget) -> Result<Vec<Artifact>, Vec<Finding>> {
    let Some(out) = &target.out else { return Ok(Vec::new()) };
    let folder = policy.out_folder(out);
    let mut render =
        Render { policy, versions: Versions::of(Some(target)), folder, advice: Advice::of(policy, None), artifacts: Vec::new(), refused: Vec::new() };
    let sends = super::sends_headers(policy);
    if let Some(headers) = policy.spec.http.as_ref().and_then(|h| h.headers.as_ref()) {
        let texts = intents::header_texts(headers);
        // What a backend must not send is dropped here, whoever sends the rest.
        let texts = if sends { texts } else { HeaderTexts { remove: texts.remove, ..HeaderTexts::default() } };
        render.headers("security-headers.conf", "http.headers", &texts, None);
    }
    for (name, scope) in policy.spec.scopes.iter().flatten().filter(|_| sends) {
        let texts = intents::header_texts(&intents::scope_headers(&policy.spec, scope));
        let prefix = format!("scopes.{name}.http.headers");
        render.headers(&format!("security-headers.{name}.conf"), &prefix, &texts, Some(name.as_str()));
    }
    render.cookies();
    render.cors();
    render.tls();
    render.redirect();
    render.limits();
    if render.refused.is_empty() { Ok(render.artifacts) } else { Err(render.refused) }
}

impl Render<'_> {
    fn push(
        &mut self,
        file: &str,
        kind: &'static str,
        template: &'static str,
        usage: Vec<String>,
        context: serde_json::Value,
        expected: Vec<(String, String)>,
    ) {
        let inputs = vec![("nginx".to_owned(), version(self.versions.oldest())), ("openssl".to_owned(), format!("{:?}", self.versions.openssl()))];
        self.artifacts.push(Artifact {
            path: source::join(&self.folder, file).unwrap_or_else(|| file.to_owned()),
            target: "nginx",
            kind,
            comment: "#",
            usage,
            body: Body::Template { name: template, context },
            expected,
            inputs: if kind == "tls" { inputs } else { Vec::new() },
            revision: REVISION,
            ..Artifact::default()
        });
    }

    /// The line that includes a file, with the path that the server knows it by.
    fn include(&self, file: &str) -> String {
        self.advice.include(file).unwrap_or_default()
    }

    fn headers(&mut self, file: &str, prefix: &str, texts: &HeaderTexts, scope: Option<&str>) {
        let lines = texts.lines();
        if lines.is_empty() && texts.remove.is_empty() {
            return;
        }
        let of = |field: Field| lines.iter().filter(|(name, _)| field.headers().contains(name)).map(|(n, v)| header_line(n, v, true)).collect::<Vec<_>>();
        let keys = Field::ALL.into_iter().map(|field| (field, format!("{prefix}.{}", field.name())));
        let asked = keys.filter(|(_, key)| self.policy.intent(key).is_some());
        let mut expected: Vec<(String, String)> = asked.filter(|(field, _)| !of(*field).is_empty()).map(|(field, key)| (key, of(field).join("; "))).collect();
        for (name, value) in &lines {
            if let Err(why) = encode::nginx(value) {
                let field = Field::ALL.into_iter().find(|f| f.headers().first() == Some(name)).map_or("", Field::name);
                let key = format!("{prefix}.{field}");
                let mut finding = Finding::error(&rules::VALUE, format!("{name} of {key} cannot be written into an nginx file: it has {why}"));
                finding.spec = self.policy.origin(&key);
                self.refused.push(finding.intent(key).help("change the value in the spec"));
            }
        }
        // What is sent is hidden already; a lint says that the spec wants both.
        let dropped: Vec<&String> = texts.remove.iter().filter(|r| *r != SERVER && !lines.iter().any(|(name, _)| name.eq_ignore_ascii_case(r))).collect();
        let tokens_off = texts.remove.contains(SERVER);
        if !texts.remove.is_empty() {
            let own = tokens_off.then(|| "server_tokens off".to_owned());
            let all: Vec<String> = own.into_iter().chain(dropped.iter().map(|name| format!("proxy_hide_header {name}"))).collect();
            expected.push((format!("{prefix}.remove"), all.join("; ")));
        }
        for (name, _) in &lines {
            expected.push((format!("nginx.proxy_hide_header.{name}"), words([*name])));
        }
        let headers: Vec<_> = lines.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        let include = self.include(file);
        let usage = match scope {
            None => vec![
                format!("Include it in every server, and in every location that has an add_header of its own: {include}"),
                "It also drops what a backend sends under these names; lines of proxy_hide_header around it do not count beside it any more.".to_owned(),
            ],
            Some(scope) => {
                vec![format!("All headers of the scope {scope}. Include it in the locations of that scope, in place of security-headers.conf: {include}")]
            }
        };
        self.push(file, "security-headers", TEMPLATES[0].0, usage, json!({ "headers": headers, "tokens_off": tokens_off, "dropped": dropped }), expected);
    }

    /// Flags for the cookies of a backend.
    fn cookies(&mut self) {
        let cookies: Vec<_> = self.policy.spec.http.iter().filter_map(|h| h.cookies.as_ref()).flatten().collect();
        let (mut lines, mut expected) = (Vec::new(), Vec::new());
        for (own, cookie) in cookies {
            let Some(name) = &cookie.name else { continue };
            let same_site = cookie.same_site.map(|s| match s {
                SameSite::Strict => "samesite=strict",
                SameSite::Lax => "samesite=lax",
                SameSite::None => "samesite=none",
            });
            let flags = [(cookie.secure == Some(true)).then_some("secure"), (cookie.http_only == Some(true)).then_some("httponly"), same_site];
            let flags: Vec<&str> = flags.into_iter().flatten().collect();
            if !flags.is_empty() {
                expected.push((cookie_key(own.as_str()), words([name.as_str()].into_iter().chain(flags.iter().copied()))));
                lines.push(json!({ "name": name.as_str(), "flags": flags }));
            }
        }
        if lines.is_empty() {
            return;
        }
        if !self.versions.has_cookie_flags() {
            let message = "http.cookies needs nginx 1.19.3 or later (proxy_cookie_flags), and targets.nginx.version does not say so";
            let mut finding =
                Finding::error(&rules::VALUE, message).intent("http.cookies").help("write the server's version under targets.nginx.version, such as \"1.26\"");
            finding.spec = self.policy.origin("http.cookies");
            self.refused.push(finding);
        }
        let usage = vec![
            format!("Include it in the http block, or where proxy_pass stands: {}", self.include("cookies.conf")),
            "It is for cookies of backends behind proxy_pass. proxy_cookie_flags of a block hide those of the blocks around it.".to_owned(),
        ];
        self.push("cookies.conf", "cookies", TEMPLATES[4].0, usage, json!({ "cookies": lines }), expected);
    }

    /// Which other origins may read: a map of origins for the http block, and a file for each entry's locations.
    fn cors(&mut self) {
        let rules: Vec<_> = self.policy.spec.http.iter().filter_map(|h| h.cors.as_ref()).flatten().collect();
        let (mut maps, mut expected, mut snippets) = (Vec::new(), Vec::new(), Vec::new());
        for (own, rule) in rules {
            let (own, cors) = (own.as_str(), intents::cors_of(rule));
            let variable = cors_variable(own);
            let who = match &cors.origins {
                Origins::These(origins) if !origins.is_empty() => {
                    let keys: Vec<(bool, &String)> = origins.iter().map(|o| (o.len() > MAX_MAP_KEY, o)).collect();
                    let lines = keys.iter().map(|(long, o)| {
                        let key = if *long { format!("~^{}$", o.replace('.', "\\.")) } else { (*o).clone() };
                        words([key.as_str(), "$http_origin"])
                    });
                    let lines: Vec<String> = std::iter::once(words(["default", ""])).chain(lines).collect();
                    expected.push((cors_origins_key(own), block_text(&words(["$http_origin", &format!("${variable}")]), &lines)));
                    let keys: Vec<_> = keys.iter().map(|(long, o)| json!({ "long": long, "origin": o })).collect();
                    maps.push(json!({ "variable": variable, "origins": keys }));
                    format!("${variable}")
                }
                Origins::Any => "*".to_owned(),
                Origins::These(_) | Origins::Reflected => continue,
            };
            let is_mapped = who != "*";
            let list = |names: &cors::Names| (!names.names.is_empty()).then(|| names.to_string());
            let others = [
                ("Access-Control-Allow-Credentials", cors.credentials.then(|| "true".to_owned())),
                ("Access-Control-Allow-Methods", list(&cors.methods)),
                ("Access-Control-Allow-Headers", list(&cors.headers)),
                ("Access-Control-Max-Age", cors.max_age.map(|age| age.to_string())),
            ];
            let others: Vec<(&str, String)> = others.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
            let lines = std::iter::once(("Access-Control-Allow-Origin", who.as_str())).chain(others.iter().map(|(n, v)| (*n, v.as_str())));
            let text = lines.map(|(name, value)| header_line(name, value, true)).collect::<Vec<_>>().join("; ");
            let mut says = vec![(cors_key(own), text)];
            if is_mapped {
                says.push(("nginx.add_header.Vary".to_owned(), header_line("Vary", "Origin", true)));
            }
            let hidden: Vec<&str> = CORS_HEADERS.to_vec();
            says.extend(hidden.iter().map(|name| (format!("nginx.proxy_hide_header.{name}"), words([*name]))));
            let others: Vec<_> = others.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
            let context = json!({ "variable": is_mapped.then_some(variable), "others": others, "hidden": hidden });
            snippets.push((own.to_owned(), is_mapped, context, says));
        }
        if !maps.is_empty() {
            let usage = vec![
                format!("Include it once in the http block: {}", self.include("cors-origins.conf")),
                "Each cors.NAME.conf beside it goes into the locations that its entry is for.".to_owned(),
            ];
            self.push("cors-origins.conf", "cors-origins", TEMPLATES[5].0, usage, json!({ "maps": maps }), expected);
        }
        for (own, is_mapped, context, expected) in snippets {
            let file = format!("cors.{own}.conf");
            let beside = if is_mapped { ", beside cors-origins.conf in the http block" } else { "" };
            let usage = vec![
                format!("Include it in the locations that the entry {own} is for{beside}: {}", self.include(&file)),
                "An add_header of a block hides those of the blocks around it: include security-headers.conf in the same location.".to_owned(),
                "What is behind it answers OPTIONS requests (preflights), with a status of 2xx.".to_owned(),
            ];
            self.push(&file, "cors", TEMPLATES[6].0, usage, context, expected);
        }
    }

    fn tls(&mut self) {
        let Some(tls) = &self.policy.spec.tls else { return };
        let of_profile = tls.profile.as_ref().map(|p| guideline::min_version(p.mozilla));
        // A profile without a minimum brings its own; of both, the stricter one.
        let min = tls.min_version.max(of_profile);
        let own_groups = tls.groups.as_ref().filter(|g| !g.is_empty());
        if min.is_none() && own_groups.is_none() && tls.session_tickets.is_none() {
            return;
        }
        let protocols = min.map(|min| Protocols::at_least(intents::tls_version(min)));
        let has_old = protocols.as_ref().is_some_and(|p| p.versions().any(|v| v < Version::Tls13));
        let old: Vec<&str> = tls.profile.as_ref().filter(|_| has_old).map(guideline::tls12_suites).unwrap_or_default();
        let ciphers = (!old.is_empty()).then(|| old.join(":"));
        let suites = (tls.profile.is_some() && self.versions.has_conf_command()).then(|| guideline::TLS13_SUITES.join(":"));
        let openssl = self.versions.openssl();
        let groups = match own_groups {
            // A group that this OpenSSL does not know would stop the server.
            Some(own) => Some(own.iter().filter(|g| g.since() <= openssl).map(|g| g.name()).collect::<Vec<_>>()),
            None => tls.profile.as_ref().map(|p| guideline::groups(p, openssl)),
        };
        if groups.as_ref().is_some_and(Vec::is_empty) {
            let (major, minor) = openssl;
            let mut finding = Finding::error(&rules::VALUE, format!("tls.groups names no group that OpenSSL {major}.{minor} knows, so nginx would not start"));
            finding.spec = self.policy.origin("tls.groups");
            self.refused.push(finding.intent("tls.groups").help("add X25519 to tls.groups, or write the server's OpenSSL under targets.nginx.openssl"));
        }
        let groups = groups.map(|g| g.join(":"));
        let names: Vec<&str> = protocols.iter().flat_map(Protocols::versions).map(Version::name).collect();
        let mut expected = Vec::new();
        let is_asked = |key: &str| self.policy.intent(key).is_some();
        if let Some(protocols) = protocols.as_ref().filter(|_| is_asked("tls.min_version")) {
            expected.push(("tls.min_version".to_owned(), protocols.to_string()));
        }
        let suite_text: Vec<&str> = ciphers.iter().chain(&suites).map(String::as_str).collect();
        if is_asked("tls.profile") && !suite_text.is_empty() {
            expected.push(("tls.profile".to_owned(), suite_text.join(" ")));
        }
        if protocols.is_some() && !is_asked("tls.min_version") {
            expected.push(("nginx.ssl_protocols".to_owned(), words(names.iter().copied())));
        }
        if let Some(groups) = &groups {
            expected.push((key_of("ssl_ecdh_curve", &[], self.policy), words([groups.as_str()])));
        }
        let tickets = if tls.session_tickets == Some(true) { "on" } else { "off" };
        expected.push(("nginx.ssl_prefer_server_ciphers".to_owned(), "off".to_owned()));
        expected.push((key_of("ssl_session_tickets", &[], self.policy), tickets.to_owned()));
        expected.push(("nginx.ssl_early_data".to_owned(), "off".to_owned()));
        let include = self.include("tls.conf");
        let usage = vec![
            format!("Include it once in the http block, above the servers, and give no ssl_protocols in them: {include}"),
            "It is for the server's own listeners; certificates and keys stay in the servers.".to_owned(),
        ];
        let context = json!({ "protocols": names, "ciphers": ciphers, "suites": suites, "groups": groups, "tickets": tickets });
        self.push("tls.conf", "tls", TEMPLATES[1].0, usage, context, expected);
    }

    /// The answer of plain servers.
    fn redirect(&mut self) {
        let Some(status) = self.policy.spec.tls.as_ref().and_then(|t| t.redirect_http).map(u16::from) else { return };
        let include = self.include("redirect-https.conf");
        let usage = vec![
            format!("Include it in every server that listens without TLS, in place of all that it answers: {include}"),
            "Where certificates are renewed over HTTP, include it in location / beside the location /.well-known/acme-challenge/.".to_owned(),
        ];
        let expected = vec![("tls.redirect_http".to_owned(), words([status.to_string().as_str(), REDIRECT_TARGET]))];
        self.push("redirect-https.conf", "redirect-https", TEMPLATES[7].0, usage, json!({ "status": status }), expected);
    }

    fn limits(&mut self) {
        let limits: Vec<_> = self.policy.spec.rate_limits.iter().filter_map(|r| r.limits.as_ref()).flatten().collect();
        let (mut zones, mut expected) = (Vec::new(), Vec::new());
        let mut snippets = Vec::new();
        for (name, limit) in limits {
            let (Some((per_minute, burst)), Some(requests), Some(per)) = (intents::edge_rate(limit), limit.requests, limit.per) else { continue };
            let name = name.as_str();
            let zone = format!("zone=secgen_{name}");
            expected.push((per_minute_key(name), words(["$binary_remote_addr", &format!("{zone}:10m"), &format!("rate={per_minute}r/m")])));
            let admits = u64::from(requests) + u64::from(limit.burst.unwrap_or(0));
            let context = json!({ "name": name, "requests": admits, "seconds": per.as_secs(), "per_minute": per_minute, "burst": burst });
            zones.push(context.clone());
            let guard = if burst == 0 { words([zone.as_str()]) } else { words([zone.as_str(), &format!("burst={burst}"), "nodelay"]) };
            snippets.push((name.to_owned(), context, vec![(burst_key(name), guard)]));
        }
        if zones.is_empty() {
            return;
        }
        expected.push(("nginx.limit_req_status".to_owned(), "429".to_owned()));
        let usage = vec![
            format!("Include it once in the http block: {}", self.include("rate-limit-zones.conf")),
            "Each rate-limit.NAME.conf beside it goes into the locations that its limit is for.".to_owned(),
        ];
        self.push("rate-limit-zones.conf", "rate-limit-zones", TEMPLATES[2].0, usage, json!({ "limits": zones }), expected);
        for (name, context, expected) in snippets {
            let file = format!("rate-limit.{name}.conf");
            let include = self.include(&file);
            let usage = vec![
                format!("Include it in the locations that the limit {name} is for, beside rate-limit-zones.conf in the http block: {include}"),
                "A limit_req of its own hides those of the blocks around it.".to_owned(),
            ];
            self.push(&file, "rate-limit", TEMPLATES[3].0, usage, context, expected);
        }
    }
}

fn version(version: (u32, u32, u32)) -> String {
    format!("{}.{}.{}", version.0, version.1, version.2)
}
