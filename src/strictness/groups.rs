//! Groups for the key exchange of TLS (RFC 8446 4.2.7), by OpenSSL's names: a set; fewer is stricter.

use super::levels::Allowed;
use super::{Comparison, Strictness};
use std::collections::BTreeSet;
use std::fmt;

/// Names that OpenSSL knows for one group; the first is the one that nginx's documentation uses. Letter case does not
/// count (OpenSSL 3, `SSL_CTX_set1_groups_list`; IANA's TLS Supported Groups).
const NAMES: [&[&str]; 19] = [
    &["X25519MLKEM768"],
    &["SecP256r1MLKEM768"],
    &["SecP384r1MLKEM1024"],
    &["MLKEM512"],
    &["MLKEM768"],
    &["MLKEM1024"],
    &["X25519"],
    &["X448"],
    &["prime256v1", "P-256", "secp256r1"],
    &["secp384r1", "P-384"],
    &["secp521r1", "P-521"],
    &["secp224r1", "P-224"],
    &["prime192v1", "P-192", "secp192r1"],
    &["ffdhe2048"],
    &["ffdhe3072"],
    &["ffdhe4096"],
    &["ffdhe6144"],
    &["ffdhe8192"],
    &["secp256k1"],
];

/// The groups that a server agrees on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups(BTreeSet<String>);

impl Groups {
    /// The one name of a group among all that it has; a group that is not known here keeps its name, in lower case.
    #[must_use]
    pub fn canonical(name: &str) -> String {
        let known = NAMES.iter().find(|names| names.iter().any(|n| n.eq_ignore_ascii_case(name)));
        known.and_then(|names| names.first()).map_or_else(|| name.to_ascii_lowercase(), |name| (*name).to_owned())
    }

    /// A set of names.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Self(names.into_iter().map(Self::canonical).collect())
    }

    /// Reads a list as nginx's `ssl_ecdh_curve` and PostgreSQL's `ssl_groups` have it: names between `:`. OpenSSL 3.5
    /// also knows `/` between tuples, `?` and `*` before a name, and `-` to take a name out.
    ///
    /// # Errors
    /// A list that is OpenSSL's own (`auto`, `DEFAULT`) and differs by version, or that OpenSSL refuses: an empty item.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut groups = BTreeSet::new();
        for item in text.split([':', '/']) {
            let name = item.trim().trim_start_matches(['?', '*']);
            match name.strip_prefix('-') {
                _ if name.eq_ignore_ascii_case("auto") || name.eq_ignore_ascii_case("DEFAULT") => {
                    return Err(format!("`{name}` is the list of the OpenSSL that runs, which differs by version"));
                }
                Some(gone) => drop(groups.remove(&Self::canonical(gone))),
                None if name.is_empty() || name.contains(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_')) => {
                    return Err(format!("`{item}` is no name of a group"));
                }
                None => drop(groups.insert(Self::canonical(name))),
            }
        }
        if groups.is_empty() { Err("no group is left".to_owned()) } else { Ok(Self(groups)) }
    }

    /// The names, each by its first one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(":"))
    }
}

impl Strictness for Groups {
    fn compare(&self, found: &Self) -> Comparison {
        Allowed(self.0.clone()).compare(&Allowed(found.0.clone()))
    }

    fn absent() -> Option<Self> {
        None
    }
}
