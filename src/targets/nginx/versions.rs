//! What depends on the versions of nginx and OpenSSL, by nginx's CHANGES and documentation.

use crate::spec::NginxTarget;
use crate::strictness::groups::Groups;
use crate::strictness::tls::{Protocols, Version};

/// The oldest nginx that secgen renders for without a word of the spec.
pub const OLDEST: (u32, u32, u32) = (1, 18, 0);
/// The OpenSSL without a word of the spec: every suite and group that is rendered is known to it.
pub const OLDEST_OPENSSL: (u32, u32) = (1, 1);

/// The versions that a spec declares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// Of nginx; `None`: any supported one.
    pub nginx: Option<(u32, u32, u32)>,
    /// Of OpenSSL, major and minor; `None`: 1.1.1.
    pub openssl: Option<(u32, u32)>,
}

impl Versions {
    /// As the spec declares them.
    #[must_use]
    pub fn of(target: Option<&NginxTarget>) -> Self {
        let nginx = target.and_then(|t| t.version.as_ref()).map(crate::spec::ProgramVersion::numbers);
        let openssl = target.and_then(|t| t.openssl.as_ref()).map(|v| (v.numbers().0, v.numbers().1));
        Self { nginx, openssl }
    }

    /// What may be rendered must be known to this version.
    #[must_use]
    pub fn oldest(self) -> (u32, u32, u32) {
        self.nginx.unwrap_or(OLDEST)
    }

    /// The OpenSSL that rendered groups must be known to.
    #[must_use]
    pub fn openssl(self) -> (u32, u32) {
        self.openssl.unwrap_or(OLDEST_OPENSSL)
    }

    /// `ssl_conf_command` came with 1.19.4.
    #[must_use]
    pub fn has_conf_command(self) -> bool {
        self.oldest() >= (1, 19, 4)
    }

    /// `proxy_cookie_flags` came with 1.19.3.
    #[must_use]
    pub fn has_cookie_flags(self) -> bool {
        self.oldest() >= (1, 19, 3)
    }

    /// `add_header_inherit` came with 1.29.3. Without a declared version: a server that starts with it has it.
    #[must_use]
    pub fn has_header_inherit(self) -> bool {
        self.nginx.is_none_or(|v| v >= (1, 29, 3))
    }

    /// `http2` as a directive of its own came with 1.25.1. Without a declared version: a server that starts with it has it.
    #[must_use]
    pub fn has_http2_directive(self) -> bool {
        self.nginx.is_none_or(|v| v >= (1, 25, 1))
    }

    /// The `ssl` directive went with 1.25.1.
    #[must_use]
    pub fn has_ssl_directive(self) -> bool {
        self.nginx.is_none_or(|v| v < (1, 25, 1))
    }

    /// Whether the server that the client names decides about protocol versions (1.29.2 and later), or the default
    /// server of the socket (before). `None`: either, because no version is declared.
    #[must_use]
    pub fn named_server_decides(self) -> Option<bool> {
        self.nginx.map(|v| v >= (1, 29, 2))
    }

    /// What nginx speaks without `ssl_protocols`: 1.23.4 added TLSv1.3, 1.27.3 dropped TLSv1 and TLSv1.1 (CHANGES).
    /// Without a declared version: the worst of them.
    #[must_use]
    pub fn default_protocols(self) -> Protocols {
        match self.oldest() {
            v if v >= (1, 27, 3) => Protocols::between(Version::Tls12, Version::Tls13),
            v if v >= (1, 23, 4) => Protocols::between(Version::Tls10, Version::Tls13),
            _ => Protocols::between(Version::Tls10, Version::Tls12),
        }
    }

    /// The groups that OpenSSL offers where nobody chooses, and whose default that is (SSL_CTX_set1_curves(3); `t1_lib.c` of
    /// each version): 3.0 added groups of finite fields, 3.5 has a list of its own. GOST's groups need an engine of their own.
    /// `None` where no version is declared.
    #[must_use]
    pub fn default_groups(self) -> Option<(Groups, String)> {
        let (major, minor) = self.openssl?;
        let curves = ["X25519", "prime256v1", "X448", "secp521r1", "secp384r1"];
        let fields: &[&str] = match (major, minor) {
            v if v >= (3, 5) => &["X25519MLKEM768", "ffdhe2048", "ffdhe3072"],
            v if v >= (3, 0) => &["ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"],
            _ => &[],
        };
        Some((Groups::new(curves.iter().chain(fields).copied()), format!("OpenSSL {major}.{minor}")))
    }

    /// Whose defaults these are: `nginx 1.22.1`.
    #[must_use]
    pub fn name(self) -> String {
        match self.nginx {
            Some((major, minor, 0)) => format!("nginx {major}.{minor}"),
            Some((major, minor, patch)) => format!("nginx {major}.{minor}.{patch}"),
            None => "nginx 1.18 to 1.23.3, the oldest ones possible: targets.nginx.version names none".to_owned(),
        }
    }
}
