//! What templates of a user get: one environment's policy in plain values. Every key is always there; what the policy
//! does not say is null, and a list without entries is empty. `secgen schema template-context` prints the schema, which
//! is made of these types; the lint of templates holds every name in them to it.

use crate::policy::intents::{edge_rate, header_texts, scope_headers};
use crate::policy::{Policy, guideline};
use crate::spec;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

/// All that a template gets: the policy of one environment. Every key is always there: what the policy does not say is
/// null, and a list without entries is empty.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "secgen template context")]
pub struct TemplateContext {
    /// The service's name.
    service: String,
    /// The environment's name; null where the spec declares none.
    environment: Option<String>,
    /// Response headers, cookies, and what other origins may read.
    http: Http,
    /// Named parts of the service with their own response headers, by name.
    scopes: Vec<Scope>,
    /// TLS in transit.
    tls: Tls,
    /// Who may speak for a client.
    network: Network,
    /// Limits, by name.
    rate_limits: Vec<RateLimit>,
    /// What is let in.
    data: Data,
    /// JSON Web Tokens.
    jwt: Jwt,
    /// Everything that the policy requires, by key: for documents.
    requirements: Vec<Requirement>,
}

/// `http`.
#[derive(Debug, Serialize, JsonSchema)]
struct Http {
    /// The origin under which browsers see the service.
    site: Option<String>,
    /// Headers to send with every response, in order.
    headers: Vec<Header>,
    /// Headers that no response may have, in lower case.
    remove: Vec<String>,
    /// Cookies of the service, by their name in the spec.
    cookies: Vec<Cookie>,
    /// Which other origins may read, by name.
    cors: Vec<Cors>,
}

/// One response header.
#[derive(Debug, Serialize, JsonSchema)]
struct Header {
    /// Its name: `Referrer-Policy`.
    name: String,
    /// Its whole value.
    value: String,
}

/// One cookie.
#[derive(Debug, Serialize, JsonSchema)]
struct Cookie {
    /// Its name in requests.
    name: Option<String>,
    /// Whether it is sent over TLS only.
    secure: Option<bool>,
    /// Whether scripts cannot read it.
    http_only: Option<bool>,
    /// `strict`, `lax` or `none`.
    same_site: Option<String>,
    /// How long it lives.
    max_age_seconds: Option<u64>,
}

/// What other origins may read.
#[derive(Debug, Serialize, JsonSchema)]
struct Cors {
    /// Its name in the spec.
    name: String,
    /// Which requests it is about.
    r#match: Match,
    /// The origins; `*` is any.
    origins: Vec<String>,
    /// Whether cookies and logins are sent along.
    credentials: Option<bool>,
    /// Methods beyond the simple ones.
    methods: Vec<String>,
    /// Headers that requests may have.
    headers: Vec<String>,
    /// How long browsers remember the answer.
    max_age_seconds: Option<u64>,
}

/// Which requests: every condition that is not null must hold.
#[derive(Debug, Serialize, JsonSchema)]
struct Match {
    /// The host that is asked for.
    host: Option<String>,
    /// The start of the path.
    prefix: Option<String>,
    /// The whole path.
    exact: Option<String>,
    /// The media type of the answer.
    content_type: Option<String>,
}

/// A named part of the service.
#[derive(Debug, Serialize, JsonSchema)]
struct Scope {
    /// Its name in the spec.
    name: String,
    /// Which requests belong to it.
    r#match: Match,
    /// All headers to send there, those of the service included.
    headers: Vec<Header>,
}

/// `tls`.
#[derive(Debug, Serialize, JsonSchema)]
struct Tls {
    /// The oldest version: `TLSv1.2` or `TLSv1.3`, or older ones where the policy allows them.
    min_version: Option<String>,
    /// All versions from the oldest one on, oldest first.
    versions: Vec<String>,
    /// Cipher suites of the profile, by their names in OpenSSL.
    ciphers: Vec<String>,
    /// Groups for key exchange, in order.
    groups: Vec<String>,
    /// Whether session tickets are used.
    session_tickets: Option<bool>,
    /// The status that plain HTTP is sent on to HTTPS with: 308.
    redirect_http: Option<u64>,
}

/// `network`.
#[derive(Debug, Serialize, JsonSchema)]
struct Network {
    /// Proxies in front of the edge, as networks: `10.0.0.0/8`.
    edge_trusts: Vec<String>,
    /// Proxies in front of the service, as networks.
    service_trusts: Vec<String>,
}

/// One limit.
#[derive(Debug, Serialize, JsonSchema)]
struct RateLimit {
    /// Its name in the spec.
    name: String,
    /// Which requests it is about.
    r#match: Match,
    /// How many requests.
    requests: Option<u64>,
    /// In how long.
    seconds: Option<u64>,
    /// How many more at once.
    burst: Option<u64>,
    /// The same at the edge, in whole requests a minute.
    edge_per_minute: Option<u64>,
    /// How many may come at once there on top of the rate.
    edge_burst: Option<u64>,
}

/// `data.input`.
#[derive(Debug, Serialize, JsonSchema)]
struct Data {
    /// The largest body of a request.
    max_body_bytes: Option<u64>,
    /// Media types of requests.
    content_types: Vec<String>,
}

/// `jwt`. Never a key, nor where one is.
#[derive(Debug, Serialize, JsonSchema)]
struct Jwt {
    /// Who issues.
    issuer: Option<String>,
    /// Whom tokens are for.
    audience: Option<String>,
    /// How long an access token lives.
    access_ttl_seconds: Option<u64>,
    /// How long a refresh token lives.
    refresh_ttl_seconds: Option<u64>,
    /// Clocks may differ by so much.
    leeway_seconds: Option<u64>,
    /// Key ids and their algorithms.
    keys: Vec<JwtKey>,
}

/// One key.
#[derive(Debug, Serialize, JsonSchema)]
struct JwtKey {
    /// Its id (`kid`).
    id: String,
    /// Its algorithm: `HS512`.
    algorithm: String,
}

/// One thing that the policy requires.
#[derive(Debug, Serialize, JsonSchema)]
struct Requirement {
    /// Its key: `http.headers.hsts`.
    key: String,
    /// What is required, in words.
    text: String,
}

/// The JSON schema of the context.
#[must_use]
pub fn schema() -> serde_json::Value {
    // What templates get is what is written: every key is required.
    let mut settings = SchemaSettings::draft07().for_serialize();
    settings.inline_subschemas = true;
    settings.into_generator().into_root_schema_for::<TemplateContext>().to_value()
}

fn text(value: &impl ToString) -> String {
    value.to_string()
}

fn texts<'a, T: ToString + 'a>(values: impl IntoIterator<Item = &'a T>) -> Vec<String> {
    values.into_iter().map(text).collect()
}

fn seconds(duration: Option<spec::scalar::Duration>) -> Option<u64> {
    duration.map(spec::scalar::Duration::as_secs)
}

fn requests(matches: Option<&spec::Match>) -> Match {
    let of = |get: fn(&spec::Match) -> Option<String>| matches.and_then(get);
    Match {
        host: of(|m| m.host.as_ref().map(text)),
        prefix: of(|m| m.prefix.as_ref().map(text)),
        exact: of(|m| m.exact.as_ref().map(text)),
        content_type: of(|m| m.content_type.as_ref().map(text)),
    }
}

fn headers(headers: &spec::Headers) -> Vec<Header> {
    header_texts(headers).lines().into_iter().map(|(name, value)| Header { name: name.to_owned(), value: value.to_owned() }).collect()
}

impl TemplateContext {
    /// Of one environment's policy.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let spec = &policy.spec;
        let network = spec.network.as_ref();
        let scope = |(name, scope): (&spec::scalar::Name, &spec::Scope)| Scope {
            name: text(name),
            r#match: requests(scope.matches.as_ref()),
            headers: headers(&scope_headers(spec, scope)),
        };
        let limit = |(name, limit): (&spec::scalar::Name, &spec::Limit)| {
            let edge = edge_rate(limit);
            RateLimit {
                name: text(name),
                r#match: requests(limit.matches.as_ref()),
                requests: limit.requests.map(u64::from),
                seconds: seconds(limit.per),
                burst: limit.burst.map(u64::from),
                edge_per_minute: edge.map(|(per_minute, _)| per_minute),
                edge_burst: edge.map(|(_, burst)| burst),
            }
        };
        let input = spec.data.as_ref().and_then(|d| d.input.as_ref());
        Self {
            service: spec.service.as_ref().map(text).unwrap_or_default(),
            environment: policy.env.clone(),
            http: Http::new(spec.http.as_ref()),
            scopes: spec.scopes.iter().flatten().map(scope).collect(),
            tls: Tls::new(spec.tls.as_ref()),
            network: Network {
                edge_trusts: network.and_then(|n| n.nginx_trusts.as_ref()).map(texts).unwrap_or_default(),
                service_trusts: network.and_then(|n| n.service_trusts.as_ref()).map(texts).unwrap_or_default(),
            },
            rate_limits: spec.rate_limits.iter().filter_map(|r| r.limits.as_ref()).flatten().map(limit).collect(),
            data: Data {
                max_body_bytes: input.and_then(|i| i.max_body.as_ref()).map(|size| size.bytes()),
                content_types: input.and_then(|i| i.content_types.as_ref()).map(|types| texts(types.iter())).unwrap_or_default(),
            },
            jwt: Jwt::new(spec.jwt.as_ref()),
            requirements: policy.intents.iter().map(|i| Requirement { key: i.key.clone(), text: i.text.clone() }).collect(),
        }
    }
}

impl Http {
    fn new(http: Option<&spec::Http>) -> Self {
        let own = http.and_then(|h| h.headers.as_ref());
        let cookie = |cookie: &spec::Cookie| Cookie {
            name: cookie.name.as_ref().map(text),
            secure: cookie.secure,
            http_only: cookie.http_only,
            same_site: cookie.same_site.map(|same_site| {
                match same_site {
                    spec::SameSite::Strict => "strict",
                    spec::SameSite::Lax => "lax",
                    spec::SameSite::None => "none",
                }
                .to_owned()
            }),
            max_age_seconds: seconds(cookie.max_age),
        };
        let cors = |(name, cors): (&spec::scalar::Name, &spec::Cors)| Cors {
            name: text(name),
            r#match: requests(cors.matches.as_ref()),
            origins: cors.origins.iter().flat_map(|set| texts(set.iter())).collect(),
            credentials: cors.credentials,
            methods: cors.methods.iter().flat_map(|set| texts(set.iter())).collect(),
            headers: cors.headers.iter().flat_map(|set| texts(set.iter())).collect(),
            max_age_seconds: seconds(cors.max_age),
        };
        Self {
            site: http.and_then(|h| h.site.as_ref()).map(text),
            headers: own.map(headers).unwrap_or_default(),
            remove: own.map(|own| header_texts(own).remove.into_iter().collect()).unwrap_or_default(),
            cookies: http.and_then(|h| h.cookies.as_ref()).into_iter().flatten().map(|(_, c)| cookie(c)).collect(),
            cors: http.and_then(|h| h.cors.as_ref()).into_iter().flatten().map(cors).collect(),
        }
    }
}

impl Tls {
    fn new(tls: Option<&spec::Tls>) -> Self {
        let min = tls.and_then(|t| t.min_version);
        let from = |min: spec::TlsVersion| spec::TlsVersion::ALL.into_iter().skip_while(move |v| *v != min).map(|v| v.name().to_owned()).collect();
        let suites = tls.and_then(|t| t.profile.as_ref()).map(|profile| guideline::suites(profile, min)).unwrap_or_default();
        Self {
            min_version: min.map(|v| v.name().to_owned()),
            versions: min.map(from).unwrap_or_default(),
            ciphers: suites.into_iter().map(str::to_owned).collect(),
            groups: tls.and_then(|t| t.groups.as_ref()).into_iter().flat_map(|set| set.iter().map(|g| g.name().to_owned()).collect::<Vec<_>>()).collect(),
            session_tickets: tls.and_then(|t| t.session_tickets),
            redirect_http: tls.and_then(|t| t.redirect_http).map(|status| u64::from(u16::from(status))),
        }
    }
}

impl Jwt {
    fn new(jwt: Option<&spec::Jwt>) -> Self {
        let keys = jwt.and_then(|j| j.keys.as_ref()).into_iter().flatten();
        Self {
            issuer: jwt.and_then(|j| j.issuer.as_ref()).map(text),
            audience: jwt.and_then(|j| j.audience.as_ref()).map(text),
            access_ttl_seconds: seconds(jwt.and_then(|j| j.access_ttl)),
            refresh_ttl_seconds: seconds(jwt.and_then(|j| j.refresh_ttl)),
            leeway_seconds: seconds(jwt.and_then(|j| j.leeway)),
            keys: keys.map(|(id, key)| JwtKey { id: text(id), algorithm: key.algorithm.name().to_owned() }).collect(),
        }
    }
}
