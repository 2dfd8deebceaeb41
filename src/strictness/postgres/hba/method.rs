//! How strong a proof a method asks for.
//!
//! The order, and why:
//!
//! - Refusing is stricter than anything, `trust` weaker than anything.
//! - Tiers, each stricter than the ones before. First what shows the password or a token to whoever listens or to the server,
//!   or believes the client's own machine: `password`, `ident`, `pam`, `bsd`, `radius`, and `ldap` where the password crosses
//!   a network in clear. Then `md5`, whose verifier lets in whoever steals it. Then proofs that give nothing away:
//!   `scram-sha-256`, `cert`, `gss`, `sspi`, `peer`, and on an encrypted connection `ldap` with TLS to its server and `oauth`.
//! - Within a tier different methods, and the same method with different options (a map, a realm, a server), are not
//!   comparable: each lets in somebody whom the other does not.
//! - A client certificate that is asked for beside a method (`clientcert`) adds to it: none < verify-ca < verify-full.
//!   `trust` with verify-full is what `cert` is.
//!
//! Sources: PostgreSQL documentation, 21.3 to 21.12 ("md5 ... less secure", "password ... should always be avoided", "ident
//! ... only appropriate for closed networks"), 18.9.3; RFC 5802, RFC 7628.

use super::{Record, Transport};

/// An authentication method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// No proof at all.
    Trust,
    /// Refuse.
    Reject,
    /// Password by MD5; by SCRAM where the stored password is.
    Md5,
    /// Password in clear text.
    Password,
    /// Password by SCRAM.
    Scram,
    /// GSSAPI.
    Gss,
    /// SSPI.
    Sspi,
    /// Ident (RFC 1413).
    Ident,
    /// The operating system's user.
    Peer,
    /// PAM.
    Pam,
    /// LDAP.
    Ldap,
    /// RADIUS.
    Radius,
    /// Client certificate.
    Cert,
    /// BSD authentication.
    Bsd,
    /// OAuth bearer token, from 18 on.
    Oauth,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Trust,
        Self::Reject,
        Self::Md5,
        Self::Password,
        Self::Scram,
        Self::Gss,
        Self::Sspi,
        Self::Ident,
        Self::Peer,
        Self::Pam,
        Self::Ldap,
        Self::Radius,
        Self::Cert,
        Self::Bsd,
        Self::Oauth,
    ];

    /// Letter case counts.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == word)
    }

    /// As in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Reject => "reject",
            Self::Md5 => "md5",
            Self::Password => "password",
            Self::Scram => "scram-sha-256",
            Self::Gss => "gss",
            Self::Sspi => "sspi",
            Self::Ident => "ident",
            Self::Peer => "peer",
            Self::Pam => "pam",
            Self::Ldap => "ldap",
            Self::Radius => "radius",
            Self::Cert => "cert",
            Self::Bsd => "bsd",
            Self::Oauth => "oauth",
        }
    }
}

/// Whether the connection to the LDAP server is encrypted. Only the value 1 switches ldaptls on.
#[must_use]
pub fn has_ldap_tls(record: &Record) -> bool {
    let option = |name: &str| record.options.get(name).map_or("", String::as_str);
    option("ldaptls") == "1" || option("ldapscheme") == "ldaps" || option("ldapurl").starts_with("ldaps:")
}

/// What is left of a record once it matches, ready to be compared. `map` and `clientname` belong to the certificate too.
struct Proof<'a> {
    method: Method,
    tier: u8,
    certificate: Certificate<'a>,
    options: Vec<(&'a str, &'a str)>,
}

#[derive(PartialEq, Eq)]
enum Certificate<'a> {
    None,
    OfCa,
    Own { map: &'a str, name: &'a str },
}

impl Certificate<'_> {
    fn covers(&self, other: &Self) -> bool {
        matches!((self, other), (_, Self::None) | (Self::OfCa | Self::Own { .. }, Self::OfCa)) || self == other
    }
}

const STRONG: u8 = 3;

fn proof(record: &Record, transport: Transport) -> Proof<'_> {
    let option = |name: &str| record.options.get(name).map_or("", String::as_str);
    let certificate = match option("clientcert") {
        _ if record.needs_own_certificate() => Certificate::Own { map: option("map"), name: option("clientname") },
        "verify-ca" => Certificate::OfCa,
        _ => Certificate::None,
    };
    let of_certificate = |name: &str| matches!(name, "clientcert" | "clientname") || (record.method == Method::Cert && name == "map");
    let options = record.options.iter().filter(|(name, _)| !of_certificate(name)).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // A certificate is all that `cert` asks for.
    let method = if record.method == Method::Cert { Method::Trust } else { record.method };
    let tier = match method {
        Method::Trust | Method::Reject | Method::Cert => 0,
        Method::Ldap if transport != Transport::Plain && has_ldap_tls(record) => STRONG,
        Method::Oauth if transport != Transport::Plain => STRONG,
        Method::Password | Method::Ident | Method::Pam | Method::Bsd | Method::Radius | Method::Ldap | Method::Oauth => 1,
        Method::Md5 => 2,
        Method::Scram | Method::Gss | Method::Sspi | Method::Peer => STRONG,
    };
    Proof { method, tier, certificate, options }
}

/// Whether a client that `a` lets in over a transport has proved at least what `b` asks for. Neither rejects.
#[must_use]
pub fn is_at_least(a: &Record, b: &Record, transport: Transport) -> bool {
    let (a, b) = (proof(a, transport), proof(b, transport));
    let whole = |proof: &Proof<'_>| if matches!(proof.certificate, Certificate::Own { .. }) { proof.tier.max(STRONG) } else { proof.tier };
    a.certificate.covers(&b.certificate) && ((a.method == b.method && a.options == b.options) || a.tier > b.tier || whole(&a) > whole(&b))
}
