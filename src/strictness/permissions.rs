//! Permissions-Policy (W3C Permissions Policy, a dictionary of RFC 9651): for each feature, which origins may have it.
//!
//! A feature that a value does not name has its default allowlist. That follows the specification's table; whether a page
//! then delegates the feature to a frame by `allow` is up to the page.

use super::csp::source::{Index, Page, Pattern, own_origin, patterns};
use super::field::{joined, list_of, trim};
use super::{Comparison, Order, Strictness};
use sfv::{BareItem, Dictionary, Item, ListEntry, Parser};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Features whose default allowlist is `*`. Sources: the specifications behind W3C's `features.md` (read in November 2026),
/// and Chromium's `permissions_policy_features.json5`, `feature_default: "EnableForAll"`, with those that a switch makes so.
const FOR_EVERYONE: [&str; 39] = [
    "aria-notify",
    "attribution-reporting",
    "browsing-topics",
    "ch-save-data",
    "ch-ua",
    "ch-ua-high-entropy-values",
    "ch-ua-mobile",
    "ch-ua-platform",
    "conversion-measurement",
    "deferred-fetch-minimal",
    "document-domain",
    "execution-while-not-rendered",
    "execution-while-out-of-viewport",
    "focus-without-user-activation",
    "gamepad",
    "interest-cohort",
    "join-ad-interest-group",
    "local-network",
    "local-network-access",
    "loopback-network",
    "media-playback-while-not-visible",
    "picture-in-picture",
    "private-aggregation",
    "private-state-token-issuance",
    "private-state-token-redemption",
    "record-ad-auction-events",
    "run-ad-auction",
    "shared-storage",
    "shared-storage-select-url",
    "storage-access",
    "sync-script",
    "sync-xhr",
    "trust-token-redemption",
    "unload",
    "vertical-scroll",
    "fenced-unpartitioned-storage-read",
    "layout-animations",
    "legacy-image-formats",
    "oversized-images",
];

/// Features whose default allowlist is `self`, from the same sources.
const FOR_SELF: [&str; 80] = [
    "accelerometer",
    "all-screens-capture",
    "ambient-light-sensor",
    "autofill",
    "autoplay",
    "battery",
    "bluetooth",
    "camera",
    "captured-surface-control",
    "ch-device-memory",
    "ch-downlink",
    "ch-dpr",
    "ch-ect",
    "ch-prefers-color-scheme",
    "ch-prefers-reduced-motion",
    "ch-prefers-reduced-transparency",
    "ch-rtt",
    "ch-ua-arch",
    "ch-ua-bitness",
    "ch-ua-form-factors",
    "ch-ua-full-version",
    "ch-ua-full-version-list",
    "ch-ua-model",
    "ch-ua-platform-version",
    "ch-ua-wow64",
    "ch-viewport-height",
    "ch-viewport-width",
    "ch-width",
    "clipboard-read",
    "clipboard-write",
    "compute-pressure",
    "controlled-frame",
    "cross-origin-isolated",
    "deferred-fetch",
    "device-attributes",
    "digital-credentials-create",
    "digital-credentials-get",
    "direct-sockets",
    "direct-sockets-multicast",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "language-detector",
    "language-model",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "navigation-override",
    "on-device-speech-recognition",
    "otp-credentials",
    "payment",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "rewriter",
    "screen-wake-lock",
    "serial",
    "smart-card",
    "speaker-selection",
    "sub-apps",
    "summarizer",
    "tools",
    "translator",
    "usb",
    "usb-unrestricted",
    "web-app-installation",
    "web-printing",
    "web-share",
    "webnn",
    "window-management",
    "window-placement",
    "writer",
    "xr-spatial-tracking",
    "identity-credential-get",
];

/// Whether a browser is known to have a feature of this name.
#[must_use]
pub fn is_known(feature: &str) -> bool {
    FOR_EVERYONE.contains(&feature) || FOR_SELF.contains(&feature)
}

/// All known features, for suggestions.
pub fn known() -> impl Iterator<Item = &'static str> {
    FOR_EVERYONE.into_iter().chain(FOR_SELF)
}

/// Which origins may have a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Allowlist {
    /// `*`.
    Everyone,
    /// `self` and source expressions, sorted; none at all is nobody.
    Sources(BTreeSet<String>),
}

/// The word for the page's own origin.
const SELF: &str = "self";

impl Allowlist {
    /// Of a feature that a policy does not name; one that is not known counts as open to everyone.
    fn default_of(feature: &str) -> Self {
        if FOR_SELF.contains(&feature) { Self::Sources(BTreeSet::from([SELF.to_owned()])) } else { Self::Everyone }
    }

    /// `None` for a member that is ignored: its value is neither a token, a string nor a list of them. Browsers and the
    /// specification differ about these (w3c/webappsec-permissions-policy#527), so that the member counts as not given.
    fn of(member: &ListEntry) -> Option<Self> {
        let items: &[Item] = match member {
            ListEntry::Item(item) => std::slice::from_ref(item),
            ListEntry::InnerList(list) => &list.items,
        };
        let mut sources = BTreeSet::new();
        for item in items {
            match &item.bare_item {
                BareItem::Token(token) if token.as_str() == "*" => return Some(Self::Everyone),
                BareItem::Token(token) if token.as_str() == SELF => {
                    sources.insert(SELF.to_owned());
                }
                BareItem::String(text) if text.as_str() != SELF && patterns(text.as_str(), &Page::unknown()).is_some() => {
                    sources.insert(text.as_str().to_ascii_lowercase());
                }
                // Unknown words of a list are dropped; alone they make the whole member unknown.
                _ if matches!(member, ListEntry::InnerList(_)) => {}
                _ => return None,
            }
        }
        Some(Self::Sources(sources))
    }

    fn patterns(&self, page: &Page) -> Vec<Pattern> {
        let Self::Sources(sources) = self else { return Vec::new() };
        let of = |source: &String| if source == SELF { own_origin(page, false) } else { patterns(source, page).unwrap_or_default() };
        sources.iter().flat_map(of).collect()
    }

    /// The first source of `other` that is not covered; `None` where all are.
    fn gap(&self, other: &Self, page: &Page) -> Option<String> {
        match (self, other) {
            (Self::Everyone, _) => None,
            (Self::Sources(_), Self::Everyone) => Some("*".to_owned()),
            (Self::Sources(_), Self::Sources(sources)) => {
                let own = self.patterns(page);
                let index = Index::new(own.iter());
                let is_covered = |s: &&String| Self::Sources(BTreeSet::from([(*s).clone()])).patterns(page).iter().all(|p| index.covers(p));
                sources.iter().find(|s| !is_covered(s)).cloned()
            }
        }
    }
}

impl fmt::Display for Allowlist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("*"),
            Self::Sources(sources) => {
                let own = sources.iter().filter(|s| *s == SELF).cloned();
                let others = sources.iter().filter(|s| *s != SELF).map(|s| format!("\"{s}\""));
                write!(f, "({})", own.chain(others).collect::<Vec<_>>().join(" "))
            }
        }
    }
}

/// Permissions-Policy as a browser reads it: the features that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionsPolicy {
    features: BTreeMap<String, Allowlist>,
    ignored: Vec<String>,
    page: Option<Page>,
}

impl PermissionsPolicy {
    /// Reads a field value.
    ///
    /// # Errors
    /// As for [`PermissionsPolicy::from_lines`].
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::from_lines(&[text])
    }

    /// The field lines of one response, read as one dictionary: of a feature that is named twice the last counts. No
    /// line leaves every feature at its default.
    ///
    /// # Errors
    /// Why browsers ignore the whole field: it is no dictionary (the older Feature-Policy's grammar, `;` between features,
    /// single quotes, upper-case names), or it says nothing.
    pub fn from_lines(lines: &[&str]) -> Result<Self, String> {
        let mut out = Self { features: BTreeMap::new(), ignored: Vec::new(), page: None };
        if lines.is_empty() {
            return Ok(out);
        }
        let text = joined(lines)?;
        let dictionary: Dictionary =
            Parser::new(&text).parse().map_err(|error| format!("it is no dictionary of features, so browsers ignore all of it: {error} (RFC 9651 3.2)"))?;
        for (feature, member) in &dictionary {
            match Allowlist::of(member) {
                Some(list) => drop(out.features.insert(feature.as_str().to_owned(), list)),
                None => out.ignored.push(feature.as_str().to_owned()),
            }
        }
        if out.features.is_empty() { Err(format!("`{}` says nothing about any feature", trim(&text))) } else { Ok(out) }
    }

    /// With the origin of the page that sends it, which makes `self` the same as that origin.
    #[must_use]
    pub fn with_self_origin(mut self, origin: Option<&str>) -> Self {
        self.page = origin.and_then(Page::parse);
        self
    }

    /// Features that no browser is known to have: misspelt, or gone.
    #[must_use]
    pub fn unknown_features(&self) -> Vec<&str> {
        self.features.keys().map(String::as_str).filter(|f| !is_known(f)).collect()
    }

    /// Features whose value browsers skip.
    #[must_use]
    pub fn ignored_features(&self) -> &[String] {
        &self.ignored
    }

    fn effective(&self, feature: &str) -> Allowlist {
        self.features.get(feature).cloned().unwrap_or_else(|| Allowlist::default_of(feature))
    }
}

impl fmt::Display for PermissionsPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.features.is_empty() {
            return f.write_str("(none)");
        }
        for (i, (feature, list)) in self.features.iter().enumerate() {
            write!(f, "{}{feature}={list}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Strictness for PermissionsPolicy {
    /// Feature by feature, by which origins may have it.
    fn compare(&self, found: &Self) -> Comparison {
        let page = found.page.clone().or_else(|| self.page.clone()).unwrap_or_else(Page::unknown);
        let features: BTreeSet<&String> = self.features.keys().chain(found.features.keys()).collect();
        let (mut weaker, mut stricter) = (Vec::new(), Vec::new());
        for feature in features {
            let (required, own) = (self.effective(feature), found.effective(feature));
            let is_set = |policy: &Self| policy.features.contains_key(feature);
            if let Some(source) = required.gap(&own, &page) {
                let asked = if is_set(self) { format!("the required {required}") } else { format!("its default {required}, which is required") };
                weaker.push(if is_set(found) {
                    format!("{feature}: {source} is not covered by {asked}")
                } else {
                    format!("{feature}: not set in found, so its default {own} applies; required is {required}")
                });
            }
            if own.gap(&required, &page).is_some() {
                stricter.push(format!("{feature}: {own} instead of {required}"));
            }
        }
        let order = Order::from_covers(weaker.is_empty(), stricter.is_empty());
        Comparison::new(order, list_of(if order == Order::Stricter { stricter } else { weaker }))
    }

    fn absent() -> Option<Self> {
        Some(Self { features: BTreeMap::new(), ignored: Vec::new(), page: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_feature_has_one_default() {
        let all: BTreeSet<&str> = known().collect();
        assert_eq!(all.len(), FOR_EVERYONE.len() + FOR_SELF.len());
    }
}
