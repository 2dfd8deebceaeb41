//! Names of crates with versions, as `deny.toml` writes them, and addresses of repositories and registries.

use semver::{Op, VersionReq};

/// A crate, or some versions of it: cargo-deny's "package spec".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PackageSpec {
    /// The crate's name.
    pub(super) name: String,
    /// Which versions; `None` for all.
    pub(super) versions: Option<VersionReq>,
}

impl PackageSpec {
    /// `name`, `name@1.2` (exactly that version) or `name:<1.5` (a requirement as in `Cargo.toml`).
    ///
    /// # Errors
    /// What is wrong with the version requirement.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let split = text.find('@').map(|i| (i, true)).or_else(|| text.find(':').map(|i| (i, false)));
        let Some((at, exact)) = split else { return Ok(Self { name: text.to_owned(), versions: None }) };
        let mut versions: VersionReq = text[at + 1..].parse().map_err(|e: semver::Error| e.to_string())?;
        if exact && let Some(first) = versions.comparators.first_mut() {
            first.op = Op::Exact;
        }
        Ok(Self { name: text[..at].to_owned(), versions: Some(versions) })
    }

    /// The old form with `name` and `version` apart.
    ///
    /// # Errors
    /// What is wrong with the version requirement.
    pub(super) fn parts(name: &str, versions: Option<&str>) -> Result<Self, String> {
        let versions = versions.map(|v| v.parse().map_err(|e: semver::Error| e.to_string())).transpose()?;
        Ok(Self { name: name.to_owned(), versions })
    }

    /// Whether this names all that the other does, as far as one can tell without a list of versions.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let all = |v: &Option<VersionReq>| v.as_ref().is_none_or(|v| *v == VersionReq::STAR);
        self.name == other.name && (all(&self.versions) || self.versions == other.versions)
    }
}

impl std::fmt::Display for PackageSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.versions {
            None => f.write_str(&self.name),
            Some(versions) => write!(f, "{}:{versions}", self.name),
        }
    }
}

/// Whether cargo-deny's URL parser takes the text, by the rules of the URL standard that matter here: a scheme, and for
/// the usual ones a host and a port in range.
///
/// # Errors
/// What is wrong.
pub(super) fn check_url(text: &str) -> Result<(), String> {
    let rest = strip_kind(text.trim());
    let Some((scheme, rest)) = rest.split_once(':') else { return Err("it has no scheme such as https://".to_owned()) };
    let legal = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !legal {
        return Err("it has no scheme such as https://".to_owned());
    }
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https" | "ws" | "wss" | "ftp") {
        return Ok(());
    }
    let authority = rest.trim_start_matches(['/', '\\']);
    let authority = authority.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match host.strip_prefix('[') {
        Some(v6) => v6.split_once(']').map(|(h, p)| (h, p.strip_prefix(':'))).ok_or("its host has no closing bracket")?,
        None => host.split_once(':').map_or((host, None), |(h, p)| (h, Some(p))),
    };
    if host.is_empty() {
        return Err("it has no host".to_owned());
    }
    if host.contains([' ', '<', '>', '^', '|', '%']) {
        return Err("its host has characters that no host has".to_owned());
    }
    if port.is_some_and(|p| !p.is_empty() && p.parse::<u16>().is_err()) {
        return Err("its port is not a number up to 65535".to_owned());
    }
    Ok(())
}

/// Whether an address names its host by a domain name: cargo-deny refuses a database at an IP address or without host.
pub(super) fn has_domain(text: &str) -> bool {
    let Some((_, rest)) = strip_kind(text.trim()).split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    !name.is_empty() && !host.starts_with('[') && name.parse::<std::net::Ipv4Addr>().is_err()
}

/// Without `git+`, `registry+` or `sparse+`.
fn strip_kind(url: &str) -> &str {
    let scheme = url.find("://").unwrap_or(0);
    url[..scheme].find('+').map_or(url, |plus| &url[plus + 1..])
}

/// An address in one form, as cargo-deny compares them: no `git+`, no `.git`, no slash at the end, scheme and host in
/// lower case. Passwords and tokens in it are masked.
pub(super) fn normal_url(text: &str) -> String {
    let url = strip_kind(text.trim());
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |i| rest.split_at(i));
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(u, h)| (Some(u), h));
    let scheme = scheme.to_ascii_lowercase();
    let user = match user {
        None => String::new(),
        // `git@` of ssh is no secret.
        Some(user) if scheme == "ssh" && !user.contains(':') => format!("{user}@"),
        Some(_) => "***@".to_owned(),
    };
    let (path, query) = path.find(['?', '#']).map_or((path, ""), |i| path.split_at(i));
    let path = path.strip_suffix(".git").unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let query = if query == "?branch=master" { "" } else { query };
    format!("{scheme}://{user}{}{path}{query}", host.to_ascii_lowercase())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn spec(text: &str) -> PackageSpec {
        PackageSpec::parse(text).unwrap()
    }

    #[test]
    fn forms_of_one_spec_are_one() {
        assert_eq!(spec("a@1.2"), spec("a:=1.2"));
        assert_eq!(spec("a:1.2"), spec("a:^1.2"));
        assert_eq!(spec("a"), PackageSpec::parts("a", None).unwrap());
        assert_eq!(spec("a:<1, >0.2"), PackageSpec::parts("a", Some("<1,>0.2")).unwrap());
        assert_ne!(spec("a@1.2"), spec("a:1.2"));
        for bad in ["a@", "a:y", "a@1.2.3.4", "a:>", "a@latest"] {
            assert!(PackageSpec::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn all_versions_cover_some() {
        assert!(spec("openssl").covers(&spec("openssl:<1")));
        assert!(spec("openssl:*").covers(&spec("openssl")));
        assert!(!spec("openssl:<1").covers(&spec("openssl")));
        assert!(!spec("openssl").covers(&spec("openssl-sys")));
    }

    #[test]
    fn addresses_of_one_repository_are_one() {
        for same in ["https://github.com/a/b", "https://GitHub.com/a/b.git", "git+https://github.com/a/b/", "https://github.com/a/b?branch=master"] {
            assert_eq!(normal_url(same), "https://github.com/a/b", "{same}");
        }
        assert_eq!(normal_url("https://user:hunter2@h/x"), "https://***@h/x");
        assert_eq!(normal_url("https://hunter2@h/x"), "https://***@h/x");
        assert_eq!(normal_url("ssh://git@h/x.git"), "ssh://git@h/x");
        assert_eq!(normal_url("ssh://git:hunter2@h/x.git"), "ssh://***@h/x");
    }

    #[test]
    fn a_database_needs_a_domain_name() {
        for (url, domain) in
            [("https://h/x", true), ("https://u@h:1", true), ("https://127.0.0.1/x", false), ("https://[::1]/", false), ("file:///x", false), ("x", false)]
        {
            assert_eq!(has_domain(url), domain, "{url}");
        }
    }

    #[test]
    fn addresses_without_a_host_are_none() {
        for good in ["https://h", "https://h:443/x", "git+https://h/x", "ssh://git@h/x", "registry+https://h/i", "https://[::1]/x", "file:///x"] {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
        for bad in ["", "h/x", "https://", "https://h:99999/", "https://:1/", "1https://h", "/x", "https://[::1/x", "git@github.com:a"] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }
}
