//! Mozilla's server-side TLS guideline, versions 5.7, 5.8 and 6.0, as data.

use crate::spec::{Guideline, MozillaProfile, TlsProfile, TlsVersion};

/// TLS 1.3 suites of every profile, by OpenSSL's names (RFC 8446 B.4).
pub const TLS13_SUITES: [&str; 3] = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

const INTERMEDIATE: [&str; 6] = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
];

const INTERMEDIATE_57_DHE: [&str; 3] = ["DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-CHACHA20-POLY1305"];

const OLD: [&str; 18] = [
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA256",
    "AES256-SHA256",
    "AES128-SHA",
    "AES256-SHA",
    "DES-CBC3-SHA",
    "DHE-RSA-AES128-SHA256",
    "DHE-RSA-AES256-SHA256",
    "DHE-RSA-AES128-GCM-SHA256",
];

/// Suites for TLS 1.2 and older that a profile allows, in the guideline's order; empty for `modern`.
#[must_use]
pub fn tls12_suites(profile: &TlsProfile) -> Vec<&'static str> {
    let old_guideline = profile.guideline == Guideline::V57;
    match profile.mozilla {
        MozillaProfile::Modern => Vec::new(),
        MozillaProfile::Intermediate if old_guideline => INTERMEDIATE.into_iter().chain(INTERMEDIATE_57_DHE).collect(),
        MozillaProfile::Intermediate => INTERMEDIATE.to_vec(),
        MozillaProfile::Old => {
            let dhe = |s: &&str| old_guideline || !s.starts_with("DHE-");
            INTERMEDIATE.into_iter().chain(if old_guideline { INTERMEDIATE_57_DHE.to_vec() } else { Vec::new() }).chain(OLD.into_iter().filter(dhe)).collect()
        }
    }
}

/// Every suite that may be negotiated under a profile and a minimum version.
#[must_use]
pub fn suites(profile: &TlsProfile, min: Option<TlsVersion>) -> Vec<&'static str> {
    let old = if min == Some(TlsVersion::TLSv13) { Vec::new() } else { tls12_suites(profile) };
    TLS13_SUITES.into_iter().chain(old).collect()
}

/// Groups for key exchange, in order. `X25519MLKEM768` is known to OpenSSL 3.5 and later, and to older ones it is an
/// error that stops the server.
#[must_use]
pub fn groups(profile: &TlsProfile, openssl: (u32, u32)) -> Vec<&'static str> {
    let hybrid = profile.guideline == Guideline::V60 && openssl >= (3, 5);
    hybrid.then_some("X25519MLKEM768").into_iter().chain(["X25519", "prime256v1", "secp384r1"]).collect()
}

/// The oldest version that a profile allows.
#[must_use]
pub fn min_version(profile: MozillaProfile) -> TlsVersion {
    match profile {
        MozillaProfile::Modern => TlsVersion::TLSv13,
        MozillaProfile::Intermediate => TlsVersion::TLSv12,
        MozillaProfile::Old => TlsVersion::TLSv1,
    }
}
