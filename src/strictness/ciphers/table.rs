//! OpenSSL's suites for TLS 1.2 and older, and the words that select them.
//!
//! The first part of [`SUITES`] was written by a script from what `openssl ciphers -V -stdname` of OpenSSL 3.0 prints; the
//! rest from the lists of OpenSSL 1.0.2 and 1.1.1. What a word selects follows from a suite's parts as in OpenSSL's
//! `cipher_aliases[]` (ssl/ssl_ciph.c). A test compares both with what that OpenSSL itself says.

use super::super::tls::Version::{self, Ssl3, Tls10, Tls12};

/// Key exchange (OpenSSL's `SSL_k*`).
pub(super) mod kx {
    pub(crate) const RSA: u32 = 1;
    pub(crate) const DHE: u32 = 1 << 1;
    pub(crate) const ECDHE: u32 = 1 << 2;
    pub(crate) const PSK: u32 = 1 << 3;
    pub(crate) const DHE_PSK: u32 = 1 << 4;
    pub(crate) const ECDHE_PSK: u32 = 1 << 5;
    pub(crate) const RSA_PSK: u32 = 1 << 6;
    pub(crate) const SRP: u32 = 1 << 7;
    pub(crate) const DH_RSA: u32 = 1 << 8;
    pub(crate) const DH_DSS: u32 = 1 << 9;
    pub(crate) const ECDH_RSA: u32 = 1 << 10;
    pub(crate) const ECDH_ECDSA: u32 = 1 << 11;
    pub(crate) const KRB5: u32 = 1 << 12;
    pub(crate) const GOST: u32 = 1 << 13;
    pub(crate) const ANY_PSK: u32 = PSK | DHE_PSK | ECDHE_PSK | RSA_PSK;
    /// Forward secrecy: a new key for each connection.
    pub(crate) const EPHEMERAL: u32 = DHE | ECDHE | DHE_PSK | ECDHE_PSK;
}

/// Authentication (`SSL_a*`).
pub(super) mod au {
    pub(crate) const RSA: u32 = 1;
    pub(crate) const DSS: u32 = 1 << 1;
    pub(crate) const ECDSA: u32 = 1 << 2;
    /// None at all.
    pub(crate) const NULL: u32 = 1 << 3;
    pub(crate) const PSK: u32 = 1 << 4;
    pub(crate) const SRP: u32 = 1 << 5;
    pub(crate) const DH: u32 = 1 << 6;
    pub(crate) const ECDH: u32 = 1 << 7;
    pub(crate) const KRB5: u32 = 1 << 8;
    pub(crate) const GOST: u32 = 1 << 9;
    pub(crate) const NOT_NULL: u32 = !NULL;
}

/// Encryption.
pub(super) mod enc {
    pub(crate) const NULL: u32 = 1;
    pub(crate) const AES128: u32 = 1 << 1;
    pub(crate) const AES256: u32 = 1 << 2;
    pub(crate) const AES128_GCM: u32 = 1 << 3;
    pub(crate) const AES256_GCM: u32 = 1 << 4;
    pub(crate) const AES128_CCM: u32 = 1 << 5;
    pub(crate) const AES256_CCM: u32 = 1 << 6;
    pub(crate) const AES128_CCM8: u32 = 1 << 7;
    pub(crate) const AES256_CCM8: u32 = 1 << 8;
    pub(crate) const ARIA128_GCM: u32 = 1 << 9;
    pub(crate) const ARIA256_GCM: u32 = 1 << 10;
    pub(crate) const CAMELLIA128: u32 = 1 << 11;
    pub(crate) const CAMELLIA256: u32 = 1 << 12;
    pub(crate) const CHACHA20: u32 = 1 << 13;
    pub(crate) const TDES: u32 = 1 << 14;
    pub(crate) const DES: u32 = 1 << 15;
    pub(crate) const RC4: u32 = 1 << 16;
    pub(crate) const RC2: u32 = 1 << 17;
    pub(crate) const IDEA: u32 = 1 << 18;
    pub(crate) const SEED: u32 = 1 << 19;
    pub(crate) const GOST: u32 = 1 << 20;
    pub(crate) const NOT_NULL: u32 = !NULL;
    pub(crate) const GCM: u32 = AES128_GCM | AES256_GCM;
    pub(crate) const CCM8: u32 = AES128_CCM8 | AES256_CCM8;
    pub(crate) const CCM: u32 = AES128_CCM | AES256_CCM | CCM8;
    pub(crate) const ANY_AES128: u32 = AES128 | AES128_GCM | AES128_CCM | AES128_CCM8;
    pub(crate) const ANY_AES256: u32 = AES256 | AES256_GCM | AES256_CCM | AES256_CCM8;
    pub(crate) const ARIA: u32 = ARIA128_GCM | ARIA256_GCM;
    pub(crate) const CAMELLIA: u32 = CAMELLIA128 | CAMELLIA256;
    /// What every build knows, though it may have no suite of it (3DES).
    pub(crate) const KNOWN: u32 = TDES | NULL | ANY_AES128 | ANY_AES256 | ARIA | CAMELLIA | CHACHA20;
    /// Small blocks, short keys, or a biased stream.
    pub(crate) const BROKEN: u32 = TDES | DES | RC4 | RC2 | IDEA | SEED;
    pub(crate) const CBC: u32 = AES128 | AES256 | CAMELLIA | TDES | DES | RC2 | IDEA | SEED;
}

/// Message authentication.
pub(super) mod mac {
    pub(crate) const MD5: u32 = 1;
    pub(crate) const SHA1: u32 = 1 << 1;
    pub(crate) const SHA256: u32 = 1 << 2;
    pub(crate) const SHA384: u32 = 1 << 3;
    pub(crate) const AEAD: u32 = 1 << 4;
    pub(crate) const GOST: u32 = 1 << 5;
}

/// OpenSSL's own classes of strength.
pub(super) mod strength {
    pub(crate) const NONE: u32 = 1;
    pub(crate) const EXPORT: u32 = 1 << 1;
    pub(crate) const LOW: u32 = 1 << 2;
    pub(crate) const MEDIUM: u32 = 1 << 3;
    pub(crate) const HIGH: u32 = 1 << 4;
    /// Not a class but a mark, which OpenSSL keeps among them.
    pub(crate) const FIPS: u32 = 1 << 5;
}

/// Which builds have a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Every build of OpenSSL 3.
    Stock,
    /// A build with weak ciphers enabled, and OpenSSL before 1.1.0.
    Weak,
    /// OpenSSL before 1.1.0 only, or with an engine: added only by its name or by a word of its own family, so that a
    /// string for today's OpenSSL is not judged by what it meant ten years ago.
    Past,
}

/// A suite for TLS 1.2 or older.
#[derive(Debug)]
pub(super) struct Suite {
    /// OpenSSL's name.
    pub(super) name: &'static str,
    /// The name in IANA's registry, which OpenSSL reads since 3.2; empty where OpenSSL 3.2 has no such suite.
    pub(super) iana: &'static str,
    pub(super) kx: u32,
    pub(super) au: u32,
    pub(super) enc: u32,
    pub(super) mac: u32,
    pub(super) min: Version,
    pub(super) strength: u32,
    pub(super) class: Class,
}

const fn stock(name: &'static str, iana: &'static str, kx: u32, au: u32, enc: u32, mac: u32, min: Version) -> Suite {
    let strength = match enc {
        enc::NULL => strength::NONE,
        enc::AES128 | enc::AES256 | enc::AES128_GCM | enc::AES256_GCM if kx != kx::SRP => strength::HIGH | strength::FIPS,
        _ => strength::HIGH,
    };
    Suite { name, iana, kx, au, enc, mac, min, strength, class: Class::Stock }
}

const fn weak(name: &'static str, iana: &'static str, kx: u32, au: u32, enc: u32, mac: u32, min: Version) -> Suite {
    Suite { name, iana, kx, au, enc, mac, min, strength: strength::MEDIUM, class: Class::Weak }
}

const fn past(name: &'static str, kx: u32, au: u32, enc: u32, mac: u32, strength: u32) -> Suite {
    Suite { name, iana: "", kx, au, enc, mac, min: Ssl3, strength, class: Class::Past }
}

impl Suite {
    /// Bits of security as OpenSSL counts them.
    fn bits(&self) -> u32 {
        match self.enc {
            enc::NULL => 0,
            _ if self.strength == strength::EXPORT => 40,
            enc::DES => 56,
            enc::TDES => 112,
            enc::AES256 | enc::AES256_GCM | enc::AES256_CCM | enc::AES256_CCM8 | enc::ARIA256_GCM | enc::CAMELLIA256 | enc::CHACHA20 | enc::GOST => 256,
            _ => 128,
        }
    }

    /// Whether a server at this security level offers it (`ssl_security_default_callback` in ssl/ssl_cert.c).
    pub(super) fn is_offered_at(&self, level: u8) -> bool {
        let min_bits = match level {
            0 => return true,
            1 => 80,
            2 => 112,
            3 => 128,
            4 => 192,
            _ => 256,
        };
        self.bits() >= min_bits
            && self.au != au::NULL
            && self.mac != mac::MD5
            && !(min_bits > 160 && self.mac == mac::SHA1)
            && !(level >= 2 && self.enc == enc::RC4)
            && !(level >= 3 && self.kx & kx::EPHEMERAL == 0)
    }

    /// Whether `DEFAULT` leaves it out (`SSL_NOT_DEFAULT`).
    pub(super) fn is_not_default(&self) -> bool {
        if self.enc == enc::NULL {
            return false;
        }
        self.class != Class::Stock || self.au & (au::NULL | au::DSS) != 0 || self.enc & (enc::CCM | enc::ARIA | enc::CAMELLIA) != 0
    }

    /// Whether a server needs pre-shared or SRP credentials for it, which nginx and PostgreSQL never have.
    pub(super) fn needs_shared_secret(&self) -> bool {
        self.kx & (kx::ANY_PSK | kx::SRP) != 0
    }
}

/// What a word selects: a suite with one of the bits of each part. 0 and `None` are "any".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mask {
    pub(super) kx: u32,
    pub(super) au: u32,
    pub(super) enc: u32,
    pub(super) mac: u32,
    pub(super) strength: u32,
    pub(super) min: Option<Version>,
    /// `COMPLEMENTOFDEFAULT`.
    pub(super) not_default: bool,
    /// Whether the word names a family of the past, so that it adds suites of [`Class::Past`].
    pub(super) past: bool,
}

const ANY: Mask = Mask { kx: 0, au: 0, enc: 0, mac: 0, strength: 0, min: None, not_default: false, past: false };

const fn by_kx(kx: u32) -> Mask {
    Mask { kx, ..ANY }
}

const fn by_au(au: u32) -> Mask {
    Mask { au, ..ANY }
}

const fn by_enc(enc: u32) -> Mask {
    Mask { enc, ..ANY }
}

const fn by_mac(mac: u32) -> Mask {
    Mask { mac, ..ANY }
}

const fn by_strength(strength: u32) -> Mask {
    Mask { strength, ..ANY }
}

const fn by_min(min: Version) -> Mask {
    Mask { min: Some(min), ..ANY }
}

const fn of_the_past(mask: Mask) -> Mask {
    Mask { past: true, ..mask }
}

/// The words of `cipher_aliases[]`, and those of OpenSSL before 1.1.0.
pub(super) const WORDS: &[(&str, Mask)] = &[
    ("ALL", by_enc(enc::NOT_NULL)),
    ("COMPLEMENTOFALL", by_enc(enc::NULL)),
    ("COMPLEMENTOFDEFAULT", Mask { not_default: true, ..ANY }),
    ("kRSA", by_kx(kx::RSA)),
    ("RSA", by_kx(kx::RSA)),
    ("kEDH", by_kx(kx::DHE)),
    ("kDHE", by_kx(kx::DHE)),
    ("DH", by_kx(kx::DHE)),
    ("kEECDH", by_kx(kx::ECDHE)),
    ("kECDHE", by_kx(kx::ECDHE)),
    ("ECDH", by_kx(kx::ECDHE)),
    ("kPSK", by_kx(kx::PSK)),
    ("kRSAPSK", by_kx(kx::RSA_PSK)),
    ("kECDHEPSK", by_kx(kx::ECDHE_PSK)),
    ("kDHEPSK", by_kx(kx::DHE_PSK)),
    ("PSK", by_kx(kx::ANY_PSK)),
    ("kSRP", by_kx(kx::SRP)),
    ("SRP", by_kx(kx::SRP)),
    ("aRSA", by_au(au::RSA)),
    ("aDSS", by_au(au::DSS)),
    ("DSS", by_au(au::DSS)),
    ("aNULL", by_au(au::NULL)),
    ("aECDSA", by_au(au::ECDSA)),
    ("ECDSA", by_au(au::ECDSA)),
    ("aPSK", by_au(au::PSK)),
    ("aSRP", by_au(au::SRP)),
    ("EDH", Mask { kx: kx::DHE, au: au::NOT_NULL, ..ANY }),
    ("DHE", Mask { kx: kx::DHE, au: au::NOT_NULL, ..ANY }),
    ("ADH", Mask { kx: kx::DHE, au: au::NULL, ..ANY }),
    ("EECDH", Mask { kx: kx::ECDHE, au: au::NOT_NULL, ..ANY }),
    ("ECDHE", Mask { kx: kx::ECDHE, au: au::NOT_NULL, ..ANY }),
    ("AECDH", Mask { kx: kx::ECDHE, au: au::NULL, ..ANY }),
    ("NULL", by_enc(enc::NULL)),
    ("eNULL", by_enc(enc::NULL)),
    ("AES128", by_enc(enc::ANY_AES128)),
    ("AES256", by_enc(enc::ANY_AES256)),
    ("AES", by_enc(enc::ANY_AES128 | enc::ANY_AES256)),
    ("AESGCM", by_enc(enc::GCM)),
    ("AESCCM", by_enc(enc::CCM)),
    ("AESCCM8", by_enc(enc::CCM8)),
    ("ARIA", by_enc(enc::ARIA)),
    ("ARIAGCM", by_enc(enc::ARIA)),
    ("ARIA128", by_enc(enc::ARIA128_GCM)),
    ("ARIA256", by_enc(enc::ARIA256_GCM)),
    ("CAMELLIA", by_enc(enc::CAMELLIA)),
    ("CAMELLIA128", by_enc(enc::CAMELLIA128)),
    ("CAMELLIA256", by_enc(enc::CAMELLIA256)),
    ("CHACHA20", by_enc(enc::CHACHA20)),
    ("CBC", by_enc(enc::CBC)),
    ("3DES", by_enc(enc::TDES)),
    ("RC4", by_enc(enc::RC4)),
    ("IDEA", by_enc(enc::IDEA)),
    ("SEED", by_enc(enc::SEED)),
    ("MD5", by_mac(mac::MD5)),
    ("SHA1", by_mac(mac::SHA1)),
    ("SHA", by_mac(mac::SHA1)),
    ("SHA256", by_mac(mac::SHA256)),
    ("SHA384", by_mac(mac::SHA384)),
    ("SSLv3", by_min(Ssl3)),
    ("TLSv1", by_min(Tls10)),
    ("TLSv1.0", by_min(Tls10)),
    ("TLSv1.2", by_min(Tls12)),
    ("MEDIUM", by_strength(strength::MEDIUM)),
    ("HIGH", by_strength(strength::HIGH)),
    ("FIPS", Mask { enc: enc::NOT_NULL, strength: strength::FIPS, ..ANY }),
    ("LOW", of_the_past(by_strength(strength::LOW))),
    ("EXP", of_the_past(by_strength(strength::EXPORT))),
    ("EXPORT", of_the_past(by_strength(strength::EXPORT))),
    ("EXPORT40", of_the_past(by_strength(strength::EXPORT))),
    ("EXPORT56", of_the_past(by_strength(strength::EXPORT))),
    ("DES", of_the_past(by_enc(enc::DES))),
    ("RC2", of_the_past(by_enc(enc::RC2))),
    ("kDHr", of_the_past(by_kx(kx::DH_RSA))),
    ("kDHd", of_the_past(by_kx(kx::DH_DSS))),
    ("kDH", of_the_past(by_kx(kx::DH_RSA | kx::DH_DSS))),
    ("kECDHr", of_the_past(by_kx(kx::ECDH_RSA))),
    ("kECDHe", of_the_past(by_kx(kx::ECDH_ECDSA))),
    ("kECDH", of_the_past(by_kx(kx::ECDH_RSA | kx::ECDH_ECDSA))),
    ("aDH", of_the_past(by_au(au::DH))),
    ("aECDH", of_the_past(by_au(au::ECDH))),
    ("kKRB5", of_the_past(by_kx(kx::KRB5))),
    ("aKRB5", of_the_past(by_au(au::KRB5))),
    ("KRB5", of_the_past(by_kx(kx::KRB5))),
    ("SSLv2", of_the_past(by_min(Version::Ssl2))),
    ("kGOST", of_the_past(by_kx(kx::GOST))),
    ("kGOST18", of_the_past(by_kx(kx::GOST))),
    ("aGOST", of_the_past(by_au(au::GOST))),
    ("aGOST01", of_the_past(by_au(au::GOST))),
    ("aGOST12", of_the_past(by_au(au::GOST))),
    ("aGOST94", of_the_past(by_au(au::GOST))),
    ("GOST", of_the_past(by_kx(kx::GOST))),
    ("GOST89", of_the_past(by_enc(enc::GOST))),
    ("GOST94", of_the_past(by_mac(mac::GOST))),
    ("GOST89MAC", of_the_past(by_mac(mac::GOST))),
    ("GOST12", of_the_past(by_mac(mac::GOST))),
];

/// Names that OpenSSL before 1.1.0 gave to suites that still exist, and that later versions still read.
pub(super) const OLD_NAMES: &[(&str, &str)] = &[("EDH-RSA-DES-CBC3-SHA", "DHE-RSA-DES-CBC3-SHA"), ("EDH-DSS-DES-CBC3-SHA", "DHE-DSS-DES-CBC3-SHA")];

/// All suites, in OpenSSL's order of preference as far as OpenSSL 3 has them.
pub(super) const SUITES: &[Suite] = &[
    stock("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", kx::ECDHE, au::ECDSA, enc::AES256_GCM, mac::AEAD, Tls12),
    stock("ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", kx::ECDHE, au::RSA, enc::AES256_GCM, mac::AEAD, Tls12),
    stock("DHE-DSS-AES256-GCM-SHA384", "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384", kx::DHE, au::DSS, enc::AES256_GCM, mac::AEAD, Tls12),
    stock("DHE-RSA-AES256-GCM-SHA384", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", kx::DHE, au::RSA, enc::AES256_GCM, mac::AEAD, Tls12),
    stock("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", kx::ECDHE, au::ECDSA, enc::CHACHA20, mac::AEAD, Tls12),
    stock("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", kx::ECDHE, au::RSA, enc::CHACHA20, mac::AEAD, Tls12),
    stock("DHE-RSA-CHACHA20-POLY1305", "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", kx::DHE, au::RSA, enc::CHACHA20, mac::AEAD, Tls12),
    stock("ECDHE-ECDSA-AES256-CCM8", "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", kx::ECDHE, au::ECDSA, enc::AES256_CCM8, mac::AEAD, Tls12),
    stock("ECDHE-ECDSA-AES256-CCM", "TLS_ECDHE_ECDSA_WITH_AES_256_CCM", kx::ECDHE, au::ECDSA, enc::AES256_CCM, mac::AEAD, Tls12),
    stock("DHE-RSA-AES256-CCM8", "TLS_DHE_RSA_WITH_AES_256_CCM_8", kx::DHE, au::RSA, enc::AES256_CCM8, mac::AEAD, Tls12),
    stock("DHE-RSA-AES256-CCM", "TLS_DHE_RSA_WITH_AES_256_CCM", kx::DHE, au::RSA, enc::AES256_CCM, mac::AEAD, Tls12),
    stock("ECDHE-ECDSA-ARIA256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384", kx::ECDHE, au::ECDSA, enc::ARIA256_GCM, mac::AEAD, Tls12),
    stock("ECDHE-ARIA256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384", kx::ECDHE, au::RSA, enc::ARIA256_GCM, mac::AEAD, Tls12),
    stock("DHE-DSS-ARIA256-GCM-SHA384", "TLS_DHE_DSS_WITH_ARIA_256_GCM_SHA384", kx::DHE, au::DSS, enc::ARIA256_GCM, mac::AEAD, Tls12),
    stock("DHE-RSA-ARIA256-GCM-SHA384", "TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384", kx::DHE, au::RSA, enc::ARIA256_GCM, mac::AEAD, Tls12),
    stock("ADH-AES256-GCM-SHA384", "TLS_DH_anon_WITH_AES_256_GCM_SHA384", kx::DHE, au::NULL, enc::AES256_GCM, mac::AEAD, Tls12),
    stock("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", kx::ECDHE, au::ECDSA, enc::AES128_GCM, mac::AEAD, Tls12),
    stock("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", kx::ECDHE, au::RSA, enc::AES128_GCM, mac::AEAD, Tls12),
    stock("DHE-DSS-AES128-GCM-SHA256", "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256", kx::DHE, au::DSS, enc::AES128_GCM, mac::AEAD, Tls12),
    stock("DHE-RSA-AES128-GCM-SHA256", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", kx::DHE, au::RSA, enc::AES128_GCM, mac::AEAD, Tls12),
    stock("ECDHE-ECDSA-AES128-CCM8", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", kx::ECDHE, au::ECDSA, enc::AES128_CCM8, mac::AEAD, Tls12),
    stock("ECDHE-ECDSA-AES128-CCM", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", kx::ECDHE, au::ECDSA, enc::AES128_CCM, mac::AEAD, Tls12),
    stock("DHE-RSA-AES128-CCM8", "TLS_DHE_RSA_WITH_AES_128_CCM_8", kx::DHE, au::RSA, enc::AES128_CCM8, mac::AEAD, Tls12),
    stock("DHE-RSA-AES128-CCM", "TLS_DHE_RSA_WITH_AES_128_CCM", kx::DHE, au::RSA, enc::AES128_CCM, mac::AEAD, Tls12),
    stock("ECDHE-ECDSA-ARIA128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256", kx::ECDHE, au::ECDSA, enc::ARIA128_GCM, mac::AEAD, Tls12),
    stock("ECDHE-ARIA128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256", kx::ECDHE, au::RSA, enc::ARIA128_GCM, mac::AEAD, Tls12),
    stock("DHE-DSS-ARIA128-GCM-SHA256", "TLS_DHE_DSS_WITH_ARIA_128_GCM_SHA256", kx::DHE, au::DSS, enc::ARIA128_GCM, mac::AEAD, Tls12),
    stock("DHE-RSA-ARIA128-GCM-SHA256", "TLS_DHE_RSA_WITH_ARIA_128_GCM_SHA256", kx::DHE, au::RSA, enc::ARIA128_GCM, mac::AEAD, Tls12),
    stock("ADH-AES128-GCM-SHA256", "TLS_DH_anon_WITH_AES_128_GCM_SHA256", kx::DHE, au::NULL, enc::AES128_GCM, mac::AEAD, Tls12),
    stock("ECDHE-ECDSA-AES256-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", kx::ECDHE, au::ECDSA, enc::AES256, mac::SHA384, Tls12),
    stock("ECDHE-RSA-AES256-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", kx::ECDHE, au::RSA, enc::AES256, mac::SHA384, Tls12),
    stock("DHE-RSA-AES256-SHA256", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", kx::DHE, au::RSA, enc::AES256, mac::SHA256, Tls12),
    stock("DHE-DSS-AES256-SHA256", "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256", kx::DHE, au::DSS, enc::AES256, mac::SHA256, Tls12),
    stock("ECDHE-ECDSA-CAMELLIA256-SHA384", "TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384", kx::ECDHE, au::ECDSA, enc::CAMELLIA256, mac::SHA384, Tls12),
    stock("ECDHE-RSA-CAMELLIA256-SHA384", "TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384", kx::ECDHE, au::RSA, enc::CAMELLIA256, mac::SHA384, Tls12),
    stock("DHE-RSA-CAMELLIA256-SHA256", "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256", kx::DHE, au::RSA, enc::CAMELLIA256, mac::SHA256, Tls12),
    stock("DHE-DSS-CAMELLIA256-SHA256", "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA256", kx::DHE, au::DSS, enc::CAMELLIA256, mac::SHA256, Tls12),
    stock("ADH-AES256-SHA256", "TLS_DH_anon_WITH_AES_256_CBC_SHA256", kx::DHE, au::NULL, enc::AES256, mac::SHA256, Tls12),
    stock("ADH-CAMELLIA256-SHA256", "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA256", kx::DHE, au::NULL, enc::CAMELLIA256, mac::SHA256, Tls12),
    stock("ECDHE-ECDSA-AES128-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", kx::ECDHE, au::ECDSA, enc::AES128, mac::SHA256, Tls12),
    stock("ECDHE-RSA-AES128-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", kx::ECDHE, au::RSA, enc::AES128, mac::SHA256, Tls12),
    stock("DHE-RSA-AES128-SHA256", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", kx::DHE, au::RSA, enc::AES128, mac::SHA256, Tls12),
    stock("DHE-DSS-AES128-SHA256", "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256", kx::DHE, au::DSS, enc::AES128, mac::SHA256, Tls12),
    stock("ECDHE-ECDSA-CAMELLIA128-SHA256", "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256", kx::ECDHE, au::ECDSA, enc::CAMELLIA128, mac::SHA256, Tls12),
    stock("ECDHE-RSA-CAMELLIA128-SHA256", "TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256", kx::ECDHE, au::RSA, enc::CAMELLIA128, mac::SHA256, Tls12),
    stock("DHE-RSA-CAMELLIA128-SHA256", "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256", kx::DHE, au::RSA, enc::CAMELLIA128, mac::SHA256, Tls12),
    stock("DHE-DSS-CAMELLIA128-SHA256", "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA256", kx::DHE, au::DSS, enc::CAMELLIA128, mac::SHA256, Tls12),
    stock("ADH-AES128-SHA256", "TLS_DH_anon_WITH_AES_128_CBC_SHA256", kx::DHE, au::NULL, enc::AES128, mac::SHA256, Tls12),
    stock("ADH-CAMELLIA128-SHA256", "TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA256", kx::DHE, au::NULL, enc::CAMELLIA128, mac::SHA256, Tls12),
    stock("ECDHE-ECDSA-AES256-SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", kx::ECDHE, au::ECDSA, enc::AES256, mac::SHA1, Tls10),
    stock("ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", kx::ECDHE, au::RSA, enc::AES256, mac::SHA1, Tls10),
    stock("DHE-RSA-AES256-SHA", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", kx::DHE, au::RSA, enc::AES256, mac::SHA1, Ssl3),
    stock("DHE-DSS-AES256-SHA", "TLS_DHE_DSS_WITH_AES_256_CBC_SHA", kx::DHE, au::DSS, enc::AES256, mac::SHA1, Ssl3),
    stock("DHE-RSA-CAMELLIA256-SHA", "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA", kx::DHE, au::RSA, enc::CAMELLIA256, mac::SHA1, Ssl3),
    stock("DHE-DSS-CAMELLIA256-SHA", "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA", kx::DHE, au::DSS, enc::CAMELLIA256, mac::SHA1, Ssl3),
    stock("AECDH-AES256-SHA", "TLS_ECDH_anon_WITH_AES_256_CBC_SHA", kx::ECDHE, au::NULL, enc::AES256, mac::SHA1, Tls10),
    stock("ADH-AES256-SHA", "TLS_DH_anon_WITH_AES_256_CBC_SHA", kx::DHE, au::NULL, enc::AES256, mac::SHA1, Ssl3),
    stock("ADH-CAMELLIA256-SHA", "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA", kx::DHE, au::NULL, enc::CAMELLIA256, mac::SHA1, Ssl3),
    stock("ECDHE-ECDSA-AES128-SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", kx::ECDHE, au::ECDSA, enc::AES128, mac::SHA1, Tls10),
    stock("ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", kx::ECDHE, au::RSA, enc::AES128, mac::SHA1, Tls10),
    stock("DHE-RSA-AES128-SHA", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", kx::DHE, au::RSA, enc::AES128, mac::SHA1, Ssl3),
    stock("DHE-DSS-AES128-SHA", "TLS_DHE_DSS_WITH_AES_128_CBC_SHA", kx::DHE, au::DSS, enc::AES128, mac::SHA1, Ssl3),
    stock("DHE-RSA-CAMELLIA128-SHA", "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA", kx::DHE, au::RSA, enc::CAMELLIA128, mac::SHA1, Ssl3),
    stock("DHE-DSS-CAMELLIA128-SHA", "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA", kx::DHE, au::DSS, enc::CAMELLIA128, mac::SHA1, Ssl3),
    stock("AECDH-AES128-SHA", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", kx::ECDHE, au::NULL, enc::AES128, mac::SHA1, Tls10),
    stock("ADH-AES128-SHA", "TLS_DH_anon_WITH_AES_128_CBC_SHA", kx::DHE, au::NULL, enc::AES128, mac::SHA1, Ssl3),
    stock("ADH-CAMELLIA128-SHA", "TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA", kx::DHE, au::NULL, enc::CAMELLIA128, mac::SHA1, Ssl3),
    stock("RSA-PSK-AES256-GCM-SHA384", "TLS_RSA_PSK_WITH_AES_256_GCM_SHA384", kx::RSA_PSK, au::RSA, enc::AES256_GCM, mac::AEAD, Tls12),
    stock("DHE-PSK-AES256-GCM-SHA384", "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384", kx::DHE_PSK, au::PSK, enc::AES256_GCM, mac::AEAD, Tls12),
    stock("RSA-PSK-CHACHA20-POLY1305", "TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256", kx::RSA_PSK, au::RSA, enc::CHACHA20, mac::AEAD, Tls12),
    stock("DHE-PSK-CHACHA20-POLY1305", "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256", kx::DHE_PSK, au::PSK, enc::CHACHA20, mac::AEAD, Tls12),
    stock("ECDHE-PSK-CHACHA20-POLY1305", "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", kx::ECDHE_PSK, au::PSK, enc::CHACHA20, mac::AEAD, Tls12),
    stock("DHE-PSK-AES256-CCM8", "TLS_PSK_DHE_WITH_AES_256_CCM_8", kx::DHE_PSK, au::PSK, enc::AES256_CCM8, mac::AEAD, Tls12),
    stock("DHE-PSK-AES256-CCM", "TLS_DHE_PSK_WITH_AES_256_CCM", kx::DHE_PSK, au::PSK, enc::AES256_CCM, mac::AEAD, Tls12),
    stock("RSA-PSK-ARIA256-GCM-SHA384", "TLS_RSA_PSK_WITH_ARIA_256_GCM_SHA384", kx::RSA_PSK, au::RSA, enc::ARIA256_GCM, mac::AEAD, Tls12),
    stock("DHE-PSK-ARIA256-GCM-SHA384", "TLS_DHE_PSK_WITH_ARIA_256_GCM_SHA384", kx::DHE_PSK, au::PSK, enc::ARIA256_GCM, mac::AEAD, Tls12),
    stock("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384", kx::RSA, au::RSA, enc::AES256_GCM, mac::AEAD, Tls12),
    stock("AES256-CCM8", "TLS_RSA_WITH_AES_256_CCM_8", kx::RSA, au::RSA, enc::AES256_CCM8, mac::AEAD, Tls12),
    stock("AES256-CCM", "TLS_RSA_WITH_AES_256_CCM", kx::RSA, au::RSA, enc::AES256_CCM, mac::AEAD, Tls12),
    stock("ARIA256-GCM-SHA384", "TLS_RSA_WITH_ARIA_256_GCM_SHA384", kx::RSA, au::RSA, enc::ARIA256_GCM, mac::AEAD, Tls12),
    stock("PSK-AES256-GCM-SHA384", "TLS_PSK_WITH_AES_256_GCM_SHA384", kx::PSK, au::PSK, enc::AES256_GCM, mac::AEAD, Tls12),
    stock("PSK-CHACHA20-POLY1305", "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", kx::PSK, au::PSK, enc::CHACHA20, mac::AEAD, Tls12),
    stock("PSK-AES256-CCM8", "TLS_PSK_WITH_AES_256_CCM_8", kx::PSK, au::PSK, enc::AES256_CCM8, mac::AEAD, Tls12),
    stock("PSK-AES256-CCM", "TLS_PSK_WITH_AES_256_CCM", kx::PSK, au::PSK, enc::AES256_CCM, mac::AEAD, Tls12),
    stock("PSK-ARIA256-GCM-SHA384", "TLS_PSK_WITH_ARIA_256_GCM_SHA384", kx::PSK, au::PSK, enc::ARIA256_GCM, mac::AEAD, Tls12),
    stock("RSA-PSK-AES128-GCM-SHA256", "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256", kx::RSA_PSK, au::RSA, enc::AES128_GCM, mac::AEAD, Tls12),
    stock("DHE-PSK-AES128-GCM-SHA256", "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256", kx::DHE_PSK, au::PSK, enc::AES128_GCM, mac::AEAD, Tls12),
    stock("DHE-PSK-AES128-CCM8", "TLS_PSK_DHE_WITH_AES_128_CCM_8", kx::DHE_PSK, au::PSK, enc::AES128_CCM8, mac::AEAD, Tls12),
    stock("DHE-PSK-AES128-CCM", "TLS_DHE_PSK_WITH_AES_128_CCM", kx::DHE_PSK, au::PSK, enc::AES128_CCM, mac::AEAD, Tls12),
    stock("RSA-PSK-ARIA128-GCM-SHA256", "TLS_RSA_PSK_WITH_ARIA_128_GCM_SHA256", kx::RSA_PSK, au::RSA, enc::ARIA128_GCM, mac::AEAD, Tls12),
    stock("DHE-PSK-ARIA128-GCM-SHA256", "TLS_DHE_PSK_WITH_ARIA_128_GCM_SHA256", kx::DHE_PSK, au::PSK, enc::ARIA128_GCM, mac::AEAD, Tls12),
    stock("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256", kx::RSA, au::RSA, enc::AES128_GCM, mac::AEAD, Tls12),
    stock("AES128-CCM8", "TLS_RSA_WITH_AES_128_CCM_8", kx::RSA, au::RSA, enc::AES128_CCM8, mac::AEAD, Tls12),
    stock("AES128-CCM", "TLS_RSA_WITH_AES_128_CCM", kx::RSA, au::RSA, enc::AES128_CCM, mac::AEAD, Tls12),
    stock("ARIA128-GCM-SHA256", "TLS_RSA_WITH_ARIA_128_GCM_SHA256", kx::RSA, au::RSA, enc::ARIA128_GCM, mac::AEAD, Tls12),
    stock("PSK-AES128-GCM-SHA256", "TLS_PSK_WITH_AES_128_GCM_SHA256", kx::PSK, au::PSK, enc::AES128_GCM, mac::AEAD, Tls12),
    stock("PSK-AES128-CCM8", "TLS_PSK_WITH_AES_128_CCM_8", kx::PSK, au::PSK, enc::AES128_CCM8, mac::AEAD, Tls12),
    stock("PSK-AES128-CCM", "TLS_PSK_WITH_AES_128_CCM", kx::PSK, au::PSK, enc::AES128_CCM, mac::AEAD, Tls12),
    stock("PSK-ARIA128-GCM-SHA256", "TLS_PSK_WITH_ARIA_128_GCM_SHA256", kx::PSK, au::PSK, enc::ARIA128_GCM, mac::AEAD, Tls12),
    stock("AES256-SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA256", kx::RSA, au::RSA, enc::AES256, mac::SHA256, Tls12),
    stock("CAMELLIA256-SHA256", "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA256", kx::RSA, au::RSA, enc::CAMELLIA256, mac::SHA256, Tls12),
    stock("AES128-SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256", kx::RSA, au::RSA, enc::AES128, mac::SHA256, Tls12),
    stock("CAMELLIA128-SHA256", "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA256", kx::RSA, au::RSA, enc::CAMELLIA128, mac::SHA256, Tls12),
    stock("ECDHE-PSK-AES256-CBC-SHA384", "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384", kx::ECDHE_PSK, au::PSK, enc::AES256, mac::SHA384, Tls10),
    stock("ECDHE-PSK-AES256-CBC-SHA", "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA", kx::ECDHE_PSK, au::PSK, enc::AES256, mac::SHA1, Tls10),
    stock("SRP-DSS-AES-256-CBC-SHA", "TLS_SRP_SHA_DSS_WITH_AES_256_CBC_SHA", kx::SRP, au::DSS, enc::AES256, mac::SHA1, Ssl3),
    stock("SRP-RSA-AES-256-CBC-SHA", "TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA", kx::SRP, au::RSA, enc::AES256, mac::SHA1, Ssl3),
    stock("SRP-AES-256-CBC-SHA", "TLS_SRP_SHA_WITH_AES_256_CBC_SHA", kx::SRP, au::SRP, enc::AES256, mac::SHA1, Ssl3),
    stock("RSA-PSK-AES256-CBC-SHA384", "TLS_RSA_PSK_WITH_AES_256_CBC_SHA384", kx::RSA_PSK, au::RSA, enc::AES256, mac::SHA384, Tls10),
    stock("DHE-PSK-AES256-CBC-SHA384", "TLS_DHE_PSK_WITH_AES_256_CBC_SHA384", kx::DHE_PSK, au::PSK, enc::AES256, mac::SHA384, Tls10),
    stock("RSA-PSK-AES256-CBC-SHA", "TLS_RSA_PSK_WITH_AES_256_CBC_SHA", kx::RSA_PSK, au::RSA, enc::AES256, mac::SHA1, Ssl3),
    stock("DHE-PSK-AES256-CBC-SHA", "TLS_DHE_PSK_WITH_AES_256_CBC_SHA", kx::DHE_PSK, au::PSK, enc::AES256, mac::SHA1, Ssl3),
    stock("ECDHE-PSK-CAMELLIA256-SHA384", "TLS_ECDHE_PSK_WITH_CAMELLIA_256_CBC_SHA384", kx::ECDHE_PSK, au::PSK, enc::CAMELLIA256, mac::SHA384, Tls10),
    stock("RSA-PSK-CAMELLIA256-SHA384", "TLS_RSA_PSK_WITH_CAMELLIA_256_CBC_SHA384", kx::RSA_PSK, au::RSA, enc::CAMELLIA256, mac::SHA384, Tls10),
    stock("DHE-PSK-CAMELLIA256-SHA384", "TLS_DHE_PSK_WITH_CAMELLIA_256_CBC_SHA384", kx::DHE_PSK, au::PSK, enc::CAMELLIA256, mac::SHA384, Tls10),
    stock("AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA", kx::RSA, au::RSA, enc::AES256, mac::SHA1, Ssl3),
    stock("CAMELLIA256-SHA", "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA", kx::RSA, au::RSA, enc::CAMELLIA256, mac::SHA1, Ssl3),
    stock("PSK-AES256-CBC-SHA384", "TLS_PSK_WITH_AES_256_CBC_SHA384", kx::PSK, au::PSK, enc::AES256, mac::SHA384, Tls10),
    stock("PSK-AES256-CBC-SHA", "TLS_PSK_WITH_AES_256_CBC_SHA", kx::PSK, au::PSK, enc::AES256, mac::SHA1, Ssl3),
    stock("PSK-CAMELLIA256-SHA384", "TLS_PSK_WITH_CAMELLIA_256_CBC_SHA384", kx::PSK, au::PSK, enc::CAMELLIA256, mac::SHA384, Tls10),
    stock("ECDHE-PSK-AES128-CBC-SHA256", "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", kx::ECDHE_PSK, au::PSK, enc::AES128, mac::SHA256, Tls10),
    stock("ECDHE-PSK-AES128-CBC-SHA", "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA", kx::ECDHE_PSK, au::PSK, enc::AES128, mac::SHA1, Tls10),
    stock("SRP-DSS-AES-128-CBC-SHA", "TLS_SRP_SHA_DSS_WITH_AES_128_CBC_SHA", kx::SRP, au::DSS, enc::AES128, mac::SHA1, Ssl3),
    stock("SRP-RSA-AES-128-CBC-SHA", "TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA", kx::SRP, au::RSA, enc::AES128, mac::SHA1, Ssl3),
    stock("SRP-AES-128-CBC-SHA", "TLS_SRP_SHA_WITH_AES_128_CBC_SHA", kx::SRP, au::SRP, enc::AES128, mac::SHA1, Ssl3),
    stock("RSA-PSK-AES128-CBC-SHA256", "TLS_RSA_PSK_WITH_AES_128_CBC_SHA256", kx::RSA_PSK, au::RSA, enc::AES128, mac::SHA256, Tls10),
    stock("DHE-PSK-AES128-CBC-SHA256", "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256", kx::DHE_PSK, au::PSK, enc::AES128, mac::SHA256, Tls10),
    stock("RSA-PSK-AES128-CBC-SHA", "TLS_RSA_PSK_WITH_AES_128_CBC_SHA", kx::RSA_PSK, au::RSA, enc::AES128, mac::SHA1, Ssl3),
    stock("DHE-PSK-AES128-CBC-SHA", "TLS_DHE_PSK_WITH_AES_128_CBC_SHA", kx::DHE_PSK, au::PSK, enc::AES128, mac::SHA1, Ssl3),
    stock("ECDHE-PSK-CAMELLIA128-SHA256", "TLS_ECDHE_PSK_WITH_CAMELLIA_128_CBC_SHA256", kx::ECDHE_PSK, au::PSK, enc::CAMELLIA128, mac::SHA256, Tls10),
    stock("RSA-PSK-CAMELLIA128-SHA256", "TLS_RSA_PSK_WITH_CAMELLIA_128_CBC_SHA256", kx::RSA_PSK, au::RSA, enc::CAMELLIA128, mac::SHA256, Tls10),
    stock("DHE-PSK-CAMELLIA128-SHA256", "TLS_DHE_PSK_WITH_CAMELLIA_128_CBC_SHA256", kx::DHE_PSK, au::PSK, enc::CAMELLIA128, mac::SHA256, Tls10),
    stock("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA", kx::RSA, au::RSA, enc::AES128, mac::SHA1, Ssl3),
    stock("CAMELLIA128-SHA", "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", kx::RSA, au::RSA, enc::CAMELLIA128, mac::SHA1, Ssl3),
    stock("PSK-AES128-CBC-SHA256", "TLS_PSK_WITH_AES_128_CBC_SHA256", kx::PSK, au::PSK, enc::AES128, mac::SHA256, Tls10),
    stock("PSK-AES128-CBC-SHA", "TLS_PSK_WITH_AES_128_CBC_SHA", kx::PSK, au::PSK, enc::AES128, mac::SHA1, Ssl3),
    stock("PSK-CAMELLIA128-SHA256", "TLS_PSK_WITH_CAMELLIA_128_CBC_SHA256", kx::PSK, au::PSK, enc::CAMELLIA128, mac::SHA256, Tls10),
    stock("ECDHE-ECDSA-NULL-SHA", "TLS_ECDHE_ECDSA_WITH_NULL_SHA", kx::ECDHE, au::ECDSA, enc::NULL, mac::SHA1, Tls10),
    stock("ECDHE-RSA-NULL-SHA", "TLS_ECDHE_RSA_WITH_NULL_SHA", kx::ECDHE, au::RSA, enc::NULL, mac::SHA1, Tls10),
    stock("AECDH-NULL-SHA", "TLS_ECDH_anon_WITH_NULL_SHA", kx::ECDHE, au::NULL, enc::NULL, mac::SHA1, Tls10),
    stock("NULL-SHA256", "TLS_RSA_WITH_NULL_SHA256", kx::RSA, au::RSA, enc::NULL, mac::SHA256, Tls12),
    stock("ECDHE-PSK-NULL-SHA384", "TLS_ECDHE_PSK_WITH_NULL_SHA384", kx::ECDHE_PSK, au::PSK, enc::NULL, mac::SHA384, Tls10),
    stock("ECDHE-PSK-NULL-SHA256", "TLS_ECDHE_PSK_WITH_NULL_SHA256", kx::ECDHE_PSK, au::PSK, enc::NULL, mac::SHA256, Tls10),
    stock("ECDHE-PSK-NULL-SHA", "TLS_ECDHE_PSK_WITH_NULL_SHA", kx::ECDHE_PSK, au::PSK, enc::NULL, mac::SHA1, Tls10),
    stock("RSA-PSK-NULL-SHA384", "TLS_RSA_PSK_WITH_NULL_SHA384", kx::RSA_PSK, au::RSA, enc::NULL, mac::SHA384, Tls10),
    stock("RSA-PSK-NULL-SHA256", "TLS_RSA_PSK_WITH_NULL_SHA256", kx::RSA_PSK, au::RSA, enc::NULL, mac::SHA256, Tls10),
    stock("DHE-PSK-NULL-SHA384", "TLS_DHE_PSK_WITH_NULL_SHA384", kx::DHE_PSK, au::PSK, enc::NULL, mac::SHA384, Tls10),
    stock("DHE-PSK-NULL-SHA256", "TLS_DHE_PSK_WITH_NULL_SHA256", kx::DHE_PSK, au::PSK, enc::NULL, mac::SHA256, Tls10),
    stock("RSA-PSK-NULL-SHA", "TLS_RSA_PSK_WITH_NULL_SHA", kx::RSA_PSK, au::RSA, enc::NULL, mac::SHA1, Ssl3),
    stock("DHE-PSK-NULL-SHA", "TLS_DHE_PSK_WITH_NULL_SHA", kx::DHE_PSK, au::PSK, enc::NULL, mac::SHA1, Ssl3),
    stock("NULL-SHA", "TLS_RSA_WITH_NULL_SHA", kx::RSA, au::RSA, enc::NULL, mac::SHA1, Ssl3),
    stock("NULL-MD5", "TLS_RSA_WITH_NULL_MD5", kx::RSA, au::RSA, enc::NULL, mac::MD5, Ssl3),
    stock("PSK-NULL-SHA384", "TLS_PSK_WITH_NULL_SHA384", kx::PSK, au::PSK, enc::NULL, mac::SHA384, Tls10),
    stock("PSK-NULL-SHA256", "TLS_PSK_WITH_NULL_SHA256", kx::PSK, au::PSK, enc::NULL, mac::SHA256, Tls10),
    stock("PSK-NULL-SHA", "TLS_PSK_WITH_NULL_SHA", kx::PSK, au::PSK, enc::NULL, mac::SHA1, Ssl3),
    // Compiled out by default since OpenSSL 1.1.0 (enable-weak-ssl-ciphers), or left out by distributors.
    weak("DES-CBC3-SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", kx::RSA, au::RSA, enc::TDES, mac::SHA1, Ssl3),
    weak("RC4-SHA", "TLS_RSA_WITH_RC4_128_SHA", kx::RSA, au::RSA, enc::RC4, mac::SHA1, Ssl3),
    weak("RC4-MD5", "TLS_RSA_WITH_RC4_128_MD5", kx::RSA, au::RSA, enc::RC4, mac::MD5, Ssl3),
    weak("SEED-SHA", "TLS_RSA_WITH_SEED_CBC_SHA", kx::RSA, au::RSA, enc::SEED, mac::SHA1, Ssl3),
    weak("IDEA-CBC-SHA", "TLS_RSA_WITH_IDEA_CBC_SHA", kx::RSA, au::RSA, enc::IDEA, mac::SHA1, Ssl3),
    weak("DHE-RSA-DES-CBC3-SHA", "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", kx::DHE, au::RSA, enc::TDES, mac::SHA1, Ssl3),
    weak("DHE-RSA-SEED-SHA", "TLS_DHE_RSA_WITH_SEED_CBC_SHA", kx::DHE, au::RSA, enc::SEED, mac::SHA1, Ssl3),
    weak("DHE-DSS-DES-CBC3-SHA", "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA", kx::DHE, au::DSS, enc::TDES, mac::SHA1, Ssl3),
    weak("DHE-DSS-SEED-SHA", "TLS_DHE_DSS_WITH_SEED_CBC_SHA", kx::DHE, au::DSS, enc::SEED, mac::SHA1, Ssl3),
    weak("ADH-DES-CBC3-SHA", "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA", kx::DHE, au::NULL, enc::TDES, mac::SHA1, Ssl3),
    weak("ADH-RC4-MD5", "TLS_DH_anon_WITH_RC4_128_MD5", kx::DHE, au::NULL, enc::RC4, mac::MD5, Ssl3),
    weak("ADH-SEED-SHA", "TLS_DH_anon_WITH_SEED_CBC_SHA", kx::DHE, au::NULL, enc::SEED, mac::SHA1, Ssl3),
    weak("ECDHE-RSA-DES-CBC3-SHA", "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", kx::ECDHE, au::RSA, enc::TDES, mac::SHA1, Tls10),
    weak("ECDHE-RSA-RC4-SHA", "TLS_ECDHE_RSA_WITH_RC4_128_SHA", kx::ECDHE, au::RSA, enc::RC4, mac::SHA1, Tls10),
    weak("ECDHE-ECDSA-DES-CBC3-SHA", "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", kx::ECDHE, au::ECDSA, enc::TDES, mac::SHA1, Tls10),
    weak("ECDHE-ECDSA-RC4-SHA", "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", kx::ECDHE, au::ECDSA, enc::RC4, mac::SHA1, Tls10),
    weak("AECDH-DES-CBC3-SHA", "TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA", kx::ECDHE, au::NULL, enc::TDES, mac::SHA1, Tls10),
    weak("AECDH-RC4-SHA", "TLS_ECDH_anon_WITH_RC4_128_SHA", kx::ECDHE, au::NULL, enc::RC4, mac::SHA1, Tls10),
    weak("PSK-3DES-EDE-CBC-SHA", "TLS_PSK_WITH_3DES_EDE_CBC_SHA", kx::PSK, au::PSK, enc::TDES, mac::SHA1, Ssl3),
    weak("PSK-RC4-SHA", "TLS_PSK_WITH_RC4_128_SHA", kx::PSK, au::PSK, enc::RC4, mac::SHA1, Ssl3),
    weak("DHE-PSK-3DES-EDE-CBC-SHA", "TLS_DHE_PSK_WITH_3DES_EDE_CBC_SHA", kx::DHE_PSK, au::PSK, enc::TDES, mac::SHA1, Ssl3),
    weak("DHE-PSK-RC4-SHA", "TLS_DHE_PSK_WITH_RC4_128_SHA", kx::DHE_PSK, au::PSK, enc::RC4, mac::SHA1, Ssl3),
    weak("RSA-PSK-3DES-EDE-CBC-SHA", "TLS_RSA_PSK_WITH_3DES_EDE_CBC_SHA", kx::RSA_PSK, au::RSA, enc::TDES, mac::SHA1, Ssl3),
    weak("RSA-PSK-RC4-SHA", "TLS_RSA_PSK_WITH_RC4_128_SHA", kx::RSA_PSK, au::RSA, enc::RC4, mac::SHA1, Ssl3),
    weak("ECDHE-PSK-3DES-EDE-CBC-SHA", "TLS_ECDHE_PSK_WITH_3DES_EDE_CBC_SHA", kx::ECDHE_PSK, au::PSK, enc::TDES, mac::SHA1, Tls10),
    weak("ECDHE-PSK-RC4-SHA", "TLS_ECDHE_PSK_WITH_RC4_128_SHA", kx::ECDHE_PSK, au::PSK, enc::RC4, mac::SHA1, Tls10),
    weak("SRP-3DES-EDE-CBC-SHA", "TLS_SRP_SHA_WITH_3DES_EDE_CBC_SHA", kx::SRP, au::SRP, enc::TDES, mac::SHA1, Ssl3),
    weak("SRP-RSA-3DES-EDE-CBC-SHA", "TLS_SRP_SHA_RSA_WITH_3DES_EDE_CBC_SHA", kx::SRP, au::RSA, enc::TDES, mac::SHA1, Ssl3),
    weak("SRP-DSS-3DES-EDE-CBC-SHA", "TLS_SRP_SHA_DSS_WITH_3DES_EDE_CBC_SHA", kx::SRP, au::DSS, enc::TDES, mac::SHA1, Ssl3),
    // Removed in OpenSSL 1.1.0 (export, single DES, RC2, Kerberos, static (EC)DH), or of an engine (GOST).
    past("DES-CBC-SHA", kx::RSA, au::RSA, enc::DES, mac::SHA1, strength::LOW),
    past("EDH-RSA-DES-CBC-SHA", kx::DHE, au::RSA, enc::DES, mac::SHA1, strength::LOW),
    past("EDH-DSS-DES-CBC-SHA", kx::DHE, au::DSS, enc::DES, mac::SHA1, strength::LOW),
    past("ADH-DES-CBC-SHA", kx::DHE, au::NULL, enc::DES, mac::SHA1, strength::LOW),
    past("DH-RSA-DES-CBC-SHA", kx::DH_RSA, au::DH, enc::DES, mac::SHA1, strength::LOW),
    past("DH-DSS-DES-CBC-SHA", kx::DH_DSS, au::DH, enc::DES, mac::SHA1, strength::LOW),
    past("EXP-RC4-MD5", kx::RSA, au::RSA, enc::RC4, mac::MD5, strength::EXPORT),
    past("EXP-RC2-CBC-MD5", kx::RSA, au::RSA, enc::RC2, mac::MD5, strength::EXPORT),
    past("EXP-DES-CBC-SHA", kx::RSA, au::RSA, enc::DES, mac::SHA1, strength::EXPORT),
    past("EXP-EDH-RSA-DES-CBC-SHA", kx::DHE, au::RSA, enc::DES, mac::SHA1, strength::EXPORT),
    past("EXP-EDH-DSS-DES-CBC-SHA", kx::DHE, au::DSS, enc::DES, mac::SHA1, strength::EXPORT),
    past("EXP-ADH-DES-CBC-SHA", kx::DHE, au::NULL, enc::DES, mac::SHA1, strength::EXPORT),
    past("EXP-ADH-RC4-MD5", kx::DHE, au::NULL, enc::RC4, mac::MD5, strength::EXPORT),
    past("EXP1024-DES-CBC-SHA", kx::RSA, au::RSA, enc::DES, mac::SHA1, strength::EXPORT),
    past("EXP1024-RC4-SHA", kx::RSA, au::RSA, enc::RC4, mac::SHA1, strength::EXPORT),
    past("EXP1024-RC4-MD5", kx::RSA, au::RSA, enc::RC4, mac::MD5, strength::EXPORT),
    past("EXP1024-RC2-CBC-MD5", kx::RSA, au::RSA, enc::RC2, mac::MD5, strength::EXPORT),
    past("EXP1024-DHE-DSS-DES-CBC-SHA", kx::DHE, au::DSS, enc::DES, mac::SHA1, strength::EXPORT),
    past("EXP1024-DHE-DSS-RC4-SHA", kx::DHE, au::DSS, enc::RC4, mac::SHA1, strength::EXPORT),
    past("DHE-DSS-RC4-SHA", kx::DHE, au::DSS, enc::RC4, mac::SHA1, strength::MEDIUM),
    past("RC2-CBC-MD5", kx::RSA, au::RSA, enc::RC2, mac::MD5, strength::MEDIUM),
    past("IDEA-CBC-MD5", kx::RSA, au::RSA, enc::IDEA, mac::MD5, strength::MEDIUM),
    past("DES-CBC-MD5", kx::RSA, au::RSA, enc::DES, mac::MD5, strength::LOW),
    past("DES-CBC3-MD5", kx::RSA, au::RSA, enc::TDES, mac::MD5, strength::MEDIUM),
    past("KRB5-DES-CBC-SHA", kx::KRB5, au::KRB5, enc::DES, mac::SHA1, strength::LOW),
    past("KRB5-DES-CBC-MD5", kx::KRB5, au::KRB5, enc::DES, mac::MD5, strength::LOW),
    past("KRB5-DES-CBC3-SHA", kx::KRB5, au::KRB5, enc::TDES, mac::SHA1, strength::MEDIUM),
    past("KRB5-DES-CBC3-MD5", kx::KRB5, au::KRB5, enc::TDES, mac::MD5, strength::MEDIUM),
    past("KRB5-RC4-SHA", kx::KRB5, au::KRB5, enc::RC4, mac::SHA1, strength::MEDIUM),
    past("KRB5-RC4-MD5", kx::KRB5, au::KRB5, enc::RC4, mac::MD5, strength::MEDIUM),
    past("KRB5-IDEA-CBC-SHA", kx::KRB5, au::KRB5, enc::IDEA, mac::SHA1, strength::MEDIUM),
    past("KRB5-IDEA-CBC-MD5", kx::KRB5, au::KRB5, enc::IDEA, mac::MD5, strength::MEDIUM),
    past("EXP-KRB5-DES-CBC-SHA", kx::KRB5, au::KRB5, enc::DES, mac::SHA1, strength::EXPORT),
    past("EXP-KRB5-DES-CBC-MD5", kx::KRB5, au::KRB5, enc::DES, mac::MD5, strength::EXPORT),
    past("EXP-KRB5-RC2-CBC-SHA", kx::KRB5, au::KRB5, enc::RC2, mac::SHA1, strength::EXPORT),
    past("EXP-KRB5-RC2-CBC-MD5", kx::KRB5, au::KRB5, enc::RC2, mac::MD5, strength::EXPORT),
    past("EXP-KRB5-RC4-SHA", kx::KRB5, au::KRB5, enc::RC4, mac::SHA1, strength::EXPORT),
    past("EXP-KRB5-RC4-MD5", kx::KRB5, au::KRB5, enc::RC4, mac::MD5, strength::EXPORT),
    past("DH-RSA-DES-CBC3-SHA", kx::DH_RSA, au::DH, enc::TDES, mac::SHA1, strength::MEDIUM),
    past("DH-RSA-SEED-SHA", kx::DH_RSA, au::DH, enc::SEED, mac::SHA1, strength::MEDIUM),
    past("DH-RSA-AES128-SHA", kx::DH_RSA, au::DH, enc::AES128, mac::SHA1, strength::HIGH),
    past("DH-RSA-AES256-SHA", kx::DH_RSA, au::DH, enc::AES256, mac::SHA1, strength::HIGH),
    past("DH-RSA-CAMELLIA128-SHA", kx::DH_RSA, au::DH, enc::CAMELLIA128, mac::SHA1, strength::HIGH),
    past("DH-RSA-CAMELLIA256-SHA", kx::DH_RSA, au::DH, enc::CAMELLIA256, mac::SHA1, strength::HIGH),
    past("DH-RSA-AES128-SHA256", kx::DH_RSA, au::DH, enc::AES128, mac::SHA256, strength::HIGH),
    past("DH-RSA-AES256-SHA256", kx::DH_RSA, au::DH, enc::AES256, mac::SHA256, strength::HIGH),
    past("DH-RSA-AES128-GCM-SHA256", kx::DH_RSA, au::DH, enc::AES128_GCM, mac::AEAD, strength::HIGH),
    past("DH-RSA-AES256-GCM-SHA384", kx::DH_RSA, au::DH, enc::AES256_GCM, mac::AEAD, strength::HIGH),
    past("DH-DSS-DES-CBC3-SHA", kx::DH_DSS, au::DH, enc::TDES, mac::SHA1, strength::MEDIUM),
    past("DH-DSS-SEED-SHA", kx::DH_DSS, au::DH, enc::SEED, mac::SHA1, strength::MEDIUM),
    past("DH-DSS-AES128-SHA", kx::DH_DSS, au::DH, enc::AES128, mac::SHA1, strength::HIGH),
    past("DH-DSS-AES256-SHA", kx::DH_DSS, au::DH, enc::AES256, mac::SHA1, strength::HIGH),
    past("DH-DSS-CAMELLIA128-SHA", kx::DH_DSS, au::DH, enc::CAMELLIA128, mac::SHA1, strength::HIGH),
    past("DH-DSS-CAMELLIA256-SHA", kx::DH_DSS, au::DH, enc::CAMELLIA256, mac::SHA1, strength::HIGH),
    past("DH-DSS-AES128-SHA256", kx::DH_DSS, au::DH, enc::AES128, mac::SHA256, strength::HIGH),
    past("DH-DSS-AES256-SHA256", kx::DH_DSS, au::DH, enc::AES256, mac::SHA256, strength::HIGH),
    past("DH-DSS-AES128-GCM-SHA256", kx::DH_DSS, au::DH, enc::AES128_GCM, mac::AEAD, strength::HIGH),
    past("DH-DSS-AES256-GCM-SHA384", kx::DH_DSS, au::DH, enc::AES256_GCM, mac::AEAD, strength::HIGH),
    past("ECDH-RSA-NULL-SHA", kx::ECDH_RSA, au::ECDH, enc::NULL, mac::SHA1, strength::NONE),
    past("ECDH-RSA-RC4-SHA", kx::ECDH_RSA, au::ECDH, enc::RC4, mac::SHA1, strength::MEDIUM),
    past("ECDH-RSA-DES-CBC3-SHA", kx::ECDH_RSA, au::ECDH, enc::TDES, mac::SHA1, strength::MEDIUM),
    past("ECDH-RSA-AES128-SHA", kx::ECDH_RSA, au::ECDH, enc::AES128, mac::SHA1, strength::HIGH),
    past("ECDH-RSA-AES256-SHA", kx::ECDH_RSA, au::ECDH, enc::AES256, mac::SHA1, strength::HIGH),
    past("ECDH-RSA-AES128-SHA256", kx::ECDH_RSA, au::ECDH, enc::AES128, mac::SHA256, strength::HIGH),
    past("ECDH-RSA-AES256-SHA384", kx::ECDH_RSA, au::ECDH, enc::AES256, mac::SHA384, strength::HIGH),
    past("ECDH-RSA-AES128-GCM-SHA256", kx::ECDH_RSA, au::ECDH, enc::AES128_GCM, mac::AEAD, strength::HIGH),
    past("ECDH-RSA-AES256-GCM-SHA384", kx::ECDH_RSA, au::ECDH, enc::AES256_GCM, mac::AEAD, strength::HIGH),
    past("ECDH-RSA-CAMELLIA128-SHA256", kx::ECDH_RSA, au::ECDH, enc::CAMELLIA128, mac::SHA256, strength::HIGH),
    past("ECDH-RSA-CAMELLIA256-SHA384", kx::ECDH_RSA, au::ECDH, enc::CAMELLIA256, mac::SHA384, strength::HIGH),
    past("ECDH-ECDSA-NULL-SHA", kx::ECDH_ECDSA, au::ECDH, enc::NULL, mac::SHA1, strength::NONE),
    past("ECDH-ECDSA-RC4-SHA", kx::ECDH_ECDSA, au::ECDH, enc::RC4, mac::SHA1, strength::MEDIUM),
    past("ECDH-ECDSA-DES-CBC3-SHA", kx::ECDH_ECDSA, au::ECDH, enc::TDES, mac::SHA1, strength::MEDIUM),
    past("ECDH-ECDSA-AES128-SHA", kx::ECDH_ECDSA, au::ECDH, enc::AES128, mac::SHA1, strength::HIGH),
    past("ECDH-ECDSA-AES256-SHA", kx::ECDH_ECDSA, au::ECDH, enc::AES256, mac::SHA1, strength::HIGH),
    past("ECDH-ECDSA-AES128-SHA256", kx::ECDH_ECDSA, au::ECDH, enc::AES128, mac::SHA256, strength::HIGH),
    past("ECDH-ECDSA-AES256-SHA384", kx::ECDH_ECDSA, au::ECDH, enc::AES256, mac::SHA384, strength::HIGH),
    past("ECDH-ECDSA-AES128-GCM-SHA256", kx::ECDH_ECDSA, au::ECDH, enc::AES128_GCM, mac::AEAD, strength::HIGH),
    past("ECDH-ECDSA-AES256-GCM-SHA384", kx::ECDH_ECDSA, au::ECDH, enc::AES256_GCM, mac::AEAD, strength::HIGH),
    past("ECDH-ECDSA-CAMELLIA128-SHA256", kx::ECDH_ECDSA, au::ECDH, enc::CAMELLIA128, mac::SHA256, strength::HIGH),
    past("ECDH-ECDSA-CAMELLIA256-SHA384", kx::ECDH_ECDSA, au::ECDH, enc::CAMELLIA256, mac::SHA384, strength::HIGH),
    past("GOST94-GOST89-GOST89", kx::GOST, au::GOST, enc::GOST, mac::GOST, strength::HIGH),
    past("GOST2001-GOST89-GOST89", kx::GOST, au::GOST, enc::GOST, mac::GOST, strength::HIGH),
    past("GOST2012-GOST8912-GOST8912", kx::GOST, au::GOST, enc::GOST, mac::GOST, strength::HIGH),
    past("GOST94-NULL-GOST94", kx::GOST, au::GOST, enc::NULL, mac::GOST, strength::NONE),
    past("GOST2001-NULL-GOST94", kx::GOST, au::GOST, enc::NULL, mac::GOST, strength::NONE),
    past("GOST2012-NULL-GOST12", kx::GOST, au::GOST, enc::NULL, mac::GOST, strength::NONE),
    past("LEGACY-GOST2012-GOST8912-GOST8912", kx::GOST, au::GOST, enc::GOST, mac::GOST, strength::HIGH),
    past("IANA-GOST2012-GOST8912-GOST8912", kx::GOST, au::GOST, enc::GOST, mac::GOST, strength::HIGH),
    past("GOST2012-MAGMA-MAGMAOMAC", kx::GOST, au::GOST, enc::GOST, mac::GOST, strength::HIGH),
    past("GOST2012-KUZNYECHIK-KUZNYECHIKOMAC", kx::GOST, au::GOST, enc::GOST, mac::GOST, strength::HIGH),
];
