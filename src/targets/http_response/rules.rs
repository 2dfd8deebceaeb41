//! The rules of this source.

use crate::finding::Relation::Supports;
use crate::finding::{Snippet, asvs, cited, rules};

rules! {
    pub, pub ALL;

    /// A text that is no response.
    SYNTAX = "response-syntax", High, "A text is not what curl prints of a response.",
        "secgen reads the output of curl -i, -I and -v. Where a line fits none of them it judges nothing: of a response that is read in part, headers would be \
         missing or hidden. Pipe the output of curl as it is: curl -si URL | secgen check --source http-response=-",
        Http {
            spec: Snippet(""),
            bad: Snippet(r"
                <!doctype html>
                <title>only the page, without the head of the answer</title>
            "),
            good: Snippet(r"
                HTTP/2 200
                content-type: text/html
                x-content-type-options: nosniff
            "),
            keys: &[],
            references: cited::EVIDENCE,
            sources: &[cited::CURL],
        };
    /// A header that is not there.
    MISSING = "response-header-missing", High, "A response lacks a header that the policy requires.",
        "The response was captured without the header. Make the server, or whatever stands between it and the client (a proxy, a content delivery network), send it \
         with every response. A header may also be missing on some pages, statuses or error pages only: check the server's configuration for those.",
        Http {
            spec: Snippet("http: { headers: { content_type_options: nosniff } }"),
            bad: Snippet(r"
                HTTP/2 200
                content-type: text/html
            "),
            good: Snippet(r"
                HTTP/2 200
                content-type: text/html
                x-content-type-options: nosniff
            "),
            keys: &["http.headers"],
            references: cited::SETTINGS,
            sources: &[cited::CURL],
        };
    /// A weaker value.
    VALUE = "response-header-value", High, "A response has a header that is weaker than the policy.",
        "The header is sent, but what it says is compared with the policy by effect, and allows more (or something else). Where the same header is sent twice, \
         something in the chain adds its own: one of the two must go.",
        Http {
            spec: Snippet("http: { headers: { hsts: { max_age: 365d } } }"),
            bad: Snippet(r"
                HTTP/2 200
                content-type: text/html
                strict-transport-security: max-age=3600
            "),
            good: Snippet(r"
                HTTP/2 200
                content-type: text/html
                strict-transport-security: max-age=31536000
            "),
            keys: &["http.headers"],
            references: cited::SETTINGS,
            sources: &[cited::RFC6797],
        };
    /// A header that browsers ignore.
    INVALID = "response-header-invalid", High, "A response has a header with a value that browsers ignore.",
        "A value outside of the header's grammar counts as no header at all; some headers also stop working where they are sent twice. Change the value, or remove \
         the line that is one too many.",
        Http {
            spec: Snippet("http: { headers: { hsts: { max_age: 365d } } }"),
            bad: Snippet(r"
                HTTP/2 200
                content-type: text/html
                strict-transport-security: includeSubDomains
            "),
            good: Snippet(r"
                HTTP/2 200
                content-type: text/html
                strict-transport-security: max-age=31536000; includeSubDomains
            "),
            keys: &["http.headers"],
            references: cited::SETTINGS,
            sources: &[cited::RFC6797],
        };
    /// A header that must not be there.
    SENT = "response-header-sent", Low, "A response has a header that the policy wants removed.",
        "Such headers tell attackers which software to look up. Hide it where the response is made, or in the last proxy in front of it.",
        Http {
            spec: Snippet("http: { headers: { remove: [X-Powered-By] } }"),
            bad: Snippet(r"
                HTTP/2 200
                content-type: text/html
                x-powered-by: PHP/8.1.2
            "),
            good: Snippet(r"
                HTTP/2 200
                content-type: text/html
            "),
            keys: &["http.headers.remove"],
            references: &[asvs("13.4.6", Supports, "versions of the software behind are not told to everybody")],
            sources: &[cited::OSHP],
        };
    /// A cookie.
    COOKIE = "response-cookie", High, "A response sets a cookie with less protection than the policy asks for.",
        "The attributes of Set-Cookie (Secure, HttpOnly, SameSite, Domain) are compared one by one. Values of cookies are secrets and are not shown.",
        Http {
            spec: Snippet("http: { cookies: { session: { name: sid, secure: true, http_only: true, same_site: lax } } }"),
            bad: Snippet(r"
                HTTP/2 200
                content-type: text/html
                set-cookie: sid=0; Secure; SameSite=Lax
            "),
            good: Snippet(r"
                HTTP/2 200
                content-type: text/html
                set-cookie: sid=0; Secure; HttpOnly; SameSite=Lax
            "),
            keys: &["http.cookies"],
            references: cited::SETTINGS,
            sources: &[cited::RFC6265BIS],
        };
    /// A folded line.
    FOLDED = "response-header-folded", Low, "A header goes on over several lines.",
        "RFC 9112 5.2 forbids it: some clients join the lines, as secgen does here, others refuse the response or read a part. Send each header as one line.",
        Http {
            spec: Snippet("http: { headers: { content_type_options: nosniff } }"),
            bad: Snippet(r"
                HTTP/1.1 200 OK
                x-content-type-options: nosniff
                content-security-policy: default-src 'self';
                  frame-ancestors 'none'
            "),
            good: Snippet(r"
                HTTP/1.1 200 OK
                x-content-type-options: nosniff
                content-security-policy: default-src 'self'; frame-ancestors 'none'
            "),
            keys: &["http.headers"],
            references: cited::SETTINGS,
            sources: &[cited::RFC9112],
        };
}
