//! Addresses of services, networks and people, and what is fetched from them.

use super::{BadScalar, all, scalar, word};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

scalar! {
    /// A web origin: scheme, host, optional port, nothing else (RFC 6454).
    Origin, "origin", pattern: "^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$", max: 268, examples: ["https://app.example.com"],
    hint: "an origin is scheme, host and maybe a port, such as https://app.example.com (no path, no slash at the end)"
}
impl Origin {
    pub(super) fn accepts(text: &str) -> bool {
        let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
        let (host, port) = rest.split_once(':').map_or((rest, None), |(h, p)| (h, Some(p)));
        all(host, 253, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
            && port.is_none_or(|p| (1..=5).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()) && p.parse::<u32>().is_ok_and(|p| p > 0 && p <= 65535))
    }
}

scalar! {
    /// The address of a service to scan: scheme, host, maybe a port and a path; no user, no query.
    ScanTarget, "address to scan", pattern: "^https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?(/[A-Za-z0-9._~/-]*)?$", max: 500, examples: ["https://staging.example.com"],
    hint: "an address to scan is scheme, host and maybe a port and a path with letters, digits and ._~/- only, such as https://staging.example.com"
}
impl ScanTarget {
    fn accepts(text: &str) -> bool {
        let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let host = authority.split(':').next().unwrap_or_default();
        text.len() <= 500
            && Host::accepts(host)
            && !host.starts_with('*')
            && !authority.strip_prefix(host).is_some_and(|port| port.starts_with(":0"))
            && Origin::accepts(&text[..text.len() - path.len()])
            && path.chars().all(|c| word(c) || matches!(c, '.' | '~' | '/'))
    }
}

scalar! {
    /// A host name as `server_name` or a browser writes it; `*.` may stand in front.
    Host, "host", pattern: "^(\\*\\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max: 255, examples: ["app.example.com"],
    hint: "a host name such as app.example.com, or *.example.com"
}
impl Host {
    fn accepts(text: &str) -> bool {
        let bare = text.strip_prefix("*.").unwrap_or(text);
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        all(bare, 253, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')) && edge(bare.chars().next()) && edge(bare.chars().last())
    }
}

/// A network: address and prefix length (RFC 4632, RFC 4291), or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    /// The address, host bits as written.
    pub address: std::net::IpAddr,
    /// Leading bits that count.
    pub prefix: u8,
}

impl FromStr for Cidr {
    type Err = BadScalar;
    fn from_str(text: &str) -> Result<Self, BadScalar> {
        let hint = BadScalar("a network such as 10.0.0.0/8 or 2001:db8::/32, or one address");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: std::net::IpAddr = address.parse().map_err(|_| hint)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(p) if (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()) => p.parse().map_err(|_| hint)?,
            Some(_) => return Err(hint),
        };
        if prefix > most { Err(hint) } else { Ok(Self { address, prefix }) }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl Serialize for Cidr {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Cidr {
    fn schema_name() -> Cow<'static, str> {
        "Cidr".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "network", "description": "a network such as 10.0.0.0/8 or 2001:db8::/32, or one address",
            "pattern": "^[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?$", "examples": ["127.0.0.1/32", "10.0.0.0/8"] })
    }
}

scalar! {
    /// Somebody to turn to: an e-mail address, an `https://` address, or `tel:` with an international number.
    Contact, "contact", pattern: "^(https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[A-Za-z0-9._~/%+=?#-]*)?|tel:\\+[0-9]+(-[0-9]+)*|[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9][A-Za-z0-9.-]*)$", max: 254, examples: ["security@example.com", "https://example.com/security", "tel:+49-30-555-0100"],
    hint: "a contact is an e-mail address, an address with https://, or tel: with + and digits, such as security@example.com or tel:+49-30-555-0100"
}
impl Contact {
    fn accepts(text: &str) -> bool {
        if let Some(number) = text.strip_prefix("tel:+") {
            return all(text, 64, |c| c.is_ascii()) && number.split('-').all(|part| all(part, 20, |c| c.is_ascii_digit()));
        }
        if text.starts_with("https://") {
            return HttpsUrl::accepts(text) && text.len() <= 254;
        }
        text.len() <= 254
            && text.split_once('@').is_some_and(|(local, host)| {
                all(local, 64, |c| word(c) || matches!(c, '.' | '+'))
                    && local.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && Host::accepts(host)
                    && host.contains('.')
                    && !host.starts_with('*')
            })
    }

    /// As a URI, which RFC 9116 asks for.
    #[must_use]
    pub fn uri(&self) -> String {
        if self.0.contains('@') && !self.0.starts_with("https://") { format!("mailto:{}", self.0) } else { self.0.clone() }
    }
}

scalar! {
    /// The address of a page: `https`, host, maybe a port and a path.
    HttpsUrl, "https address", pattern: "^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[A-Za-z0-9._~/%+=?#-]*)?$", max: 500, examples: ["https://example.com/security"],
    hint: "an address starts with https:// and has letters, digits and ._~/%+=?#- only, such as https://example.com/security"
}
impl HttpsUrl {
    fn accepts(text: &str) -> bool {
        let Some(rest) = text.strip_prefix("https://") else { return false };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let host = authority.split(':').next().unwrap_or_default();
        text.len() <= 500
            && Host::accepts(host)
            && !host.starts_with('*')
            && Origin::accepts(&text[..text.len() - path.len()])
            && path.chars().all(|c| word(c) || matches!(c, '.' | '~' | '/' | '%' | '+' | '=' | '?' | '#'))
    }
}

scalar! {
    /// What a statement rests on: a file inside the root, or an https link, which nobody fetches.
    Evidence, "evidence", pattern: "^(https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*)?|\\.?[A-Za-z0-9_-][A-Za-z0-9._-]*(/\\.?[A-Za-z0-9_-][A-Za-z0-9._-]*)*)$", max: 1000, examples: ["docs/evidence/pentest-2026.pdf", "https://tickets.example.com/SEC-12"],
    hint: "evidence is a file inside the root (letters, digits, dot, - and _ in each part of its path), or an https link without a user and blanks"
}
impl Evidence {
    fn accepts(text: &str) -> bool {
        if let Some(rest) = text.strip_prefix("https://") {
            let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            let origin = text.get(..text.len() - path.len()).unwrap_or_default();
            return text.len() <= 1000
                && !authority.is_empty()
                && Origin::accepts(origin)
                && path.chars().all(|c| word(c) || ".~:/?#@!$&'()*+,;=%".contains(c));
        }
        let part = |p: &str| !p.starts_with("..") && p != "." && all(p, 255, |c| word(c) || c == '.');
        text.len() <= 1000 && text.split('/').all(part)
    }

    /// Whether it is a link.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.0.starts_with("https://")
    }
}

scalar! {
    /// A container image with a registry, and a tag, a digest, or both.
    ImageName, "container image", pattern: "^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)+(:[A-Za-z0-9_][A-Za-z0-9._-]*(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$", max: 400, examples: ["ghcr.io/zaproxy/zaproxy:2.17.0"],
    hint: "an image is registry, path, and a tag or a digest, such as ghcr.io/zaproxy/zaproxy:2.17.0"
}
impl ImageName {
    fn accepts(text: &str) -> bool {
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
        let is_digest = |d: &str| d.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        let Some((registry, rest)) = name.split_once('/') else { return false };
        let (path, tag) = rest.split_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
        let (host, port) = registry.split_once(':').map_or((registry, None), |(host, port)| (host, Some(port)));
        let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let part = |p: &str| all(p, 400, |c| lower(c) || matches!(c, '.' | '_' | '-')) && p.starts_with(lower) && p.ends_with(lower);
        text.len() <= 400
            && all(host, 400, |c| lower(c) || matches!(c, '.' | '-'))
            && host.starts_with(lower)
            && port.is_none_or(|p| all(p, 5, |c| c.is_ascii_digit()))
            && path.split('/').all(part)
            && tag.is_none_or(|t| all(t, 400, |c| word(c) || c == '.') && t.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
            && digest.is_none_or(is_digest)
            && (tag.is_some() || digest.is_some())
    }
}
