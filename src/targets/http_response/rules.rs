//! The rules of this source.

use crate::finding::{Rule, Severity};

macro_rules! rules {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $severity:ident, $title:literal, $explain:literal;)*) => {
        $($(#[$doc])* pub static $id: Rule = Rule { name: $name, title: $title, severity: Severity::$severity, explain: $explain };)*

        /// All of them, for `explain`.
        pub static ALL: &[&Rule] = &[$(&$id),*];
    };
}

rules! {
    /// A text that is no response.
    SYNTAX = "response-syntax", High, "A text is not what curl prints of a response.",
        "secgen reads the output of curl -i, -I and -v. Where a line fits none of them it judges nothing: of a response that is read in part, headers would be \
         missing or hidden. Pipe the output of curl as it is: curl -si URL | secgen check --source http-response=-";
    /// A header that is not there.
    MISSING = "response-header-missing", High, "A response lacks a header that the policy requires.",
        "The response was captured without the header. Make the server, or whatever stands between it and the client (a proxy, a content delivery network), send it \
         with every response. A header may also be missing on some pages, statuses or error pages only: check the server's configuration for those.";
    /// A weaker value.
    VALUE = "response-header-value", High, "A response has a header that is weaker than the policy.",
        "The header is sent, but what it says is compared with the policy by effect, and allows more (or something else). Where the same header is sent twice, \
         something in the chain adds its own: one of the two must go.";
    /// A header that browsers ignore.
    INVALID = "response-header-invalid", High, "A response has a header with a value that browsers ignore.",
        "A value outside of the header's grammar counts as no header at all; some headers also stop working where they are sent twice. Change the value, or remove \
         the line that is one too many.";
    /// A header that must not be there.
    SENT = "response-header-sent", Low, "A response has a header that the policy wants removed.",
        "Such headers tell attackers which software to look up. Hide it where the response is made, or in the last proxy in front of it.";
    /// A cookie.
    COOKIE = "response-cookie", High, "A response sets a cookie with less protection than the policy asks for.",
        "The attributes of Set-Cookie (Secure, HttpOnly, SameSite, Domain) are compared one by one. Values of cookies are secrets and are not shown.";
    /// A folded line.
    FOLDED = "response-header-folded", Low, "A header goes on over several lines.",
        "RFC 9112 5.2 forbids it: some clients join the lines, as secgen does here, others refuse the response or read a part. Send each header as one line.";
}
