//! A field of `http.headers`: which response headers say it, and what they mean together. For every target that sees
//! responses.

use crate::strictness::Value;
use crate::strictness::cache::CacheControl;
use crate::strictness::coep::Coep;
use crate::strictness::coop::Coop;
use crate::strictness::corp::Corp;
use crate::strictness::csp::Csp;
use crate::strictness::framing::Framing;
use crate::strictness::hsts::Hsts;
use crate::strictness::nosniff::Nosniff;
use crate::strictness::permissions::PermissionsPolicy;
use crate::strictness::referrer::ReferrerPolicy;
use crate::strictness::xss::XssProtection;

/// A field of `http.headers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Strict-Transport-Security.
    Hsts,
    /// X-Frame-Options, and frame-ancestors of Content-Security-Policy.
    Framing,
    /// X-XSS-Protection.
    Xss,
    /// X-Content-Type-Options.
    ContentType,
    /// Content-Security-Policy.
    Csp,
    /// Referrer-Policy.
    Referrer,
    /// Permissions-Policy.
    Permissions,
    /// Cross-Origin-Opener-Policy.
    Coop,
    /// Cross-Origin-Embedder-Policy.
    Coep,
    /// Cross-Origin-Resource-Policy.
    Corp,
    /// Cache-Control.
    Cache,
}

pub(super) const XFO: &str = "X-Frame-Options";
const CSP: &str = "Content-Security-Policy";

impl Field {
    /// All, in the order of rendering.
    pub const ALL: [Self; 11] = [
        Self::Hsts,
        Self::Framing,
        Self::Xss,
        Self::ContentType,
        Self::Csp,
        Self::Referrer,
        Self::Permissions,
        Self::Coop,
        Self::Coep,
        Self::Corp,
        Self::Cache,
    ];

    /// Its name in the spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hsts => "hsts",
            Self::Framing => "framing",
            Self::Xss => "xss_protection",
            Self::ContentType => "content_type_options",
            Self::Csp => "csp",
            Self::Referrer => "referrer_policy",
            Self::Permissions => "permissions_policy",
            Self::Coop => "coop",
            Self::Coep => "coep",
            Self::Corp => "corp",
            Self::Cache => "cache",
        }
    }

    /// The response headers that say it.
    #[must_use]
    pub fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Hsts => &["Strict-Transport-Security"],
            Self::Framing => &[XFO, CSP],
            Self::Xss => &["X-XSS-Protection"],
            Self::ContentType => &["X-Content-Type-Options"],
            Self::Csp => &[CSP],
            Self::Referrer => &["Referrer-Policy"],
            Self::Permissions => &["Permissions-Policy"],
            Self::Coop => &["Cross-Origin-Opener-Policy"],
            Self::Coep => &["Cross-Origin-Embedder-Policy"],
            Self::Corp => &["Cross-Origin-Resource-Policy"],
            Self::Cache => &["Cache-Control"],
        }
    }

    /// Whether it matters for documents alone: browsers read it with a page, and never with an image or a style sheet.
    /// Configurations often send such headers by media type.
    #[must_use]
    pub fn is_of_documents(self) -> bool {
        matches!(self, Self::Framing | Self::Xss | Self::Csp | Self::Referrer | Self::Permissions | Self::Coop | Self::Coep)
    }

    /// What header lines say; `None` if they say nothing of this field. `lines` holds the values of each header of
    /// [`Field::headers`], in order.
    pub(super) fn value(self, lines: &[Vec<&str>], site: Option<&str>) -> Option<Result<Value, String>> {
        let first = lines.first().map_or(&[][..], Vec::as_slice);
        if self == Self::Framing {
            let csp = lines.get(1).map_or(&[][..], Vec::as_slice);
            // A policy that browsers skip says nothing of framing either.
            let policy = Csp::from_lines(csp).ok().map(|csp| csp.with_self_origin(site));
            return (!first.is_empty() || csp.iter().any(|line| ancestors(line).is_some()))
                .then(|| Ok(Value::Framing(Framing::from_headers(first, policy.as_ref()).with_self_origin(site))));
        }
        if first.is_empty() {
            return None;
        }
        Some(match self {
            Self::Hsts => Hsts::from_lines(first).map(Value::Hsts),
            Self::Xss => XssProtection::from_lines(first).map(Value::Xss),
            Self::ContentType => Nosniff::from_lines(first).map(Value::Nosniff),
            Self::Referrer => ReferrerPolicy::from_lines(first).map(Value::Referrer),
            Self::Permissions => PermissionsPolicy::from_lines(first).map(|p| Value::Permissions(Box::new(p.with_self_origin(site)))),
            Self::Coop => Coop::from_lines(first).map(Value::Coop),
            Self::Coep => Coep::from_lines(first).map(Value::Coep),
            Self::Corp => Corp::from_lines(first).map(Value::Corp),
            Self::Cache => CacheControl::from_lines(first).map(Value::Cache),
            Self::Csp | Self::Framing => Csp::from_lines(first).map(|csp| Value::Csp(Box::new(csp.with_self_origin(site)))),
        })
    }

    /// The values as one text.
    pub(super) fn text(self, lines: &[Vec<&str>]) -> String {
        if self == Self::Framing {
            let csp = lines.get(1).map_or(&[][..], Vec::as_slice);
            return framing_text(&lines.first().map_or_else(String::new, |xfo| xfo.join(", ")), csp);
        }
        lines.first().map_or_else(String::new, |lines| lines.join(", "))
    }
}

/// The `frame-ancestors` directive of a policy.
pub(super) fn ancestors(csp: &str) -> Option<&str> {
    let name = |directive: &&str| directive.split_ascii_whitespace().next().is_some_and(|n| n.eq_ignore_ascii_case("frame-ancestors"));
    csp.split([';', ',']).map(str::trim).find(name)
}

/// Framing in one line, for reports: `SAMEORIGIN, frame-ancestors 'self'`.
fn framing_text(xfo: &str, csp: &[&str]) -> String {
    let ancestors = csp.iter().filter_map(|line| ancestors(line));
    Some(xfo).filter(|x| !x.is_empty()).into_iter().chain(ancestors).collect::<Vec<_>>().join(", ")
}
