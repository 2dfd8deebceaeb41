//! Response headers, cookies and other origins.

use crate::finding::Relation::{Related, Supports};
use crate::finding::{Snippet, asvs, cited, rules};

rules! {
    pub, pub(super) ALL;

    HSTS_PRELOAD = "hsts-preload-conditions", High, "preload is set without what the preload lists ask for.",
        "Browsers' preload lists take a site only with a max-age of a year or more and includeSubDomains; asking for less is refused, and being on a list is hard to \
         undo. Set max_age: 365d or more and include_subdomains: true, or preload: false. Source: hstspreload.org, RFC 6797 14.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { hsts: { max_age: 30d, include_subdomains: true, preload: true } } }"),
            good: Snippet("http: { headers: { hsts: { max_age: 730d, include_subdomains: true, preload: true } } }"),
            keys: &["http.headers.hsts"],
            references: &[asvs("3.4.1", Supports, "browsers keep to HTTPS for a year or more")],
            sources: &[cited::PRELOAD, cited::RFC6797],
        };
    HSTS_ZERO = "hsts-zero", High, "max_age: 0s makes browsers forget the protection.",
        "max-age=0 deletes what browsers have stored: it is weaker than no header. Source: RFC 6797 6.1.1.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { hsts: { max_age: 0s } } }"),
            good: Snippet("http: { headers: { hsts: { max_age: 365d } } }"),
            keys: &["http.headers.hsts"],
            references: &[asvs("3.4.1", Supports, "browsers keep to HTTPS for a year or more")],
            sources: &[cited::RFC6797],
        };
    HSTS_SHORT = "hsts-under-a-year", Low, "Strict-Transport-Security is remembered for less than a year.",
        "A browser that comes back after that time uses plain HTTP once more, and whoever stands between can keep it there. ASVS 5.0 3.4.1 asks for a year.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { hsts: { max_age: 30d } } }"),
            good: Snippet("http: { headers: { hsts: { max_age: 365d } } }"),
            keys: &["http.headers.hsts"],
            references: &[asvs("3.4.1", Supports, "browsers keep to HTTPS for a year or more")],
            sources: &[cited::RFC6797],
        };
    XSS = "xss-protection-deprecated", Low, "xss_protection: block is deprecated.",
        "No current browser has the filter, and where it existed it opened holes of its own. OWASP advises against the header: write \"off\", or leave the key out. \
         Source: OWASP Secure Headers Project.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { xss_protection: block } }"),
            good: Snippet(r#"http: { headers: { xss_protection: "off" } }"#),
            keys: &["http.headers.xss_protection"],
            references: cited::SPEC,
            sources: &[cited::OSHP],
        };
    REFERRER = "referrer-policy-leaks", Low, "Referrer-Policy sends more than the browser's default.",
        "origin, origin-when-cross-origin, no-referrer-when-downgrade and unsafe-url tell others more than strict-origin-when-cross-origin, which browsers do by \
         default. Source: Referrer Policy 3, ASVS 5.0 3.4.5.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { referrer_policy: unsafe-url } }"),
            good: Snippet("http: { headers: { referrer_policy: strict-origin-when-cross-origin } }"),
            keys: &["http.headers.referrer_policy"],
            references: &[asvs("3.4.5", Supports, "addresses with what stands in them are not told to other sites")],
            sources: &[cited::REFERRER],
        };
    PERMISSIONS_UNKNOWN = "permissions-unknown-feature", Low, "Permissions-Policy names a feature that no browser is known to have.",
        "Browsers skip names that they do not know, so that a misspelt feature stays at its default. Source: Permissions Policy 9.1, Chromium's list of features.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { permissions_policy: { cammera: [] } } }"),
            good: Snippet("http: { headers: { permissions_policy: { camera: [] } } }"),
            keys: &["http.headers.permissions_policy"],
            references: cited::SPEC,
            sources: &[cited::PERMISSIONS],
        };
    ISOLATION = "cross-origin-isolation-half", Info, "Only one half of cross-origin isolation is asked for.",
        "Pages are isolated from other origins only with Cross-Origin-Opener-Policy: same-origin and a Cross-Origin-Embedder-Policy together. Each alone still \
         protects, so that nothing need be done if isolation is not needed. Source: HTML 7.1.4, OWASP Secure Headers Project.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { coop: same-origin } }"),
            good: Snippet("http: { headers: { coop: same-origin, coep: require-corp } }"),
            keys: &["http.headers.coop", "http.headers.coep"],
            references: &[asvs("3.4.8", Related, "pages of other sites do not share a group of windows with the site's own")],
            sources: &[cited::HTML_ISOLATION, cited::OSHP],
        };
    REMOVE_SENT = "remove-contradicts", High, "A header is both asked for and removed.",
        "remove drops what a backend sends under a name. A header that the policy sends itself replaces a backend's copy already. Leave it out of remove.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { referrer_policy: no-referrer, remove: [Referrer-Policy] } }"),
            good: Snippet("http: { headers: { referrer_policy: no-referrer, remove: [X-Powered-By] } }"),
            keys: &["http.headers.remove"],
            references: cited::SPEC,
            sources: &[cited::NGINX_PROXY_HIDE],
        };
    COOKIE_INCOMPLETE = "cookie-incomplete", High, "A cookie's entry lacks its name, or asks for nothing.",
        "An entry of http.cookies has the name of one cookie and at least one of secure, http_only and same_site. nginx applies the first line that names a cookie, \
         so that two entries for one cookie would not both count. Source: ngx_http_proxy_module, proxy_cookie_flags.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { cookies: { session: { secure: true } } }"),
            good: Snippet("http: { cookies: { session: { name: sid, secure: true } } }"),
            keys: &["http.cookies"],
            references: cited::SPEC,
            sources: &[cited::NGINX_COOKIE_FLAGS],
        };
    COOKIE_SAMESITE = "samesite-none-insecure", High, "same_site: none stands without secure.",
        "Browsers reject a cookie with SameSite=None and without Secure. Source: rfc6265bis 5.7.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { cookies: { session: { name: sid, same_site: none } } }"),
            good: Snippet("http: { cookies: { session: { name: sid, secure: true, same_site: none } } }"),
            keys: &["http.cookies"],
            references: &[asvs("3.3.2", Supports, "the SameSite attribute of each cookie is set for its purpose")],
            sources: &[cited::RFC6265BIS],
        };
    COOKIE_PREFIX = "cookie-prefix-rules", High, "A cookie's name promises what its entry does not ask for.",
        "Browsers reject a cookie whose name begins with __Secure-, __Host- or __Http- and that lacks what the name promises: Secure for each, HttpOnly for __Http-. \
         Source: rfc6265bis 4.1.3, ASVS 5.0 3.3.1.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { cookies: { session: { name: __Host-sid, http_only: true } } }"),
            good: Snippet("http: { cookies: { session: { name: __Host-sid, secure: true, http_only: true } } }"),
            keys: &["http.cookies"],
            references: &[asvs("3.3.1", Supports, "cookies are Secure, and their name's prefix says so")],
            sources: &[cited::RFC6265BIS],
        };
    COOKIE_OPEN = "cookie-not-secure", Medium, "A cookie is also sent over plain HTTP.",
        "Without Secure anybody on the way can read the cookie and set another. Write secure: true. Source: RFC 6265 8.3, ASVS 5.0 3.3.1.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { cookies: { session: { name: sid, http_only: true } } }"),
            good: Snippet("http: { cookies: { session: { name: sid, secure: true, http_only: true } } }"),
            keys: &["http.cookies"],
            references: &[asvs("3.3.1", Supports, "cookies are Secure, and their name's prefix says so")],
            sources: &[cited::RFC6265BIS],
        };
    CORS_INCOMPLETE = "cors-incomplete", High, "An entry of http.cors lacks match or origins.",
        "An entry names the requests (`match`) and who may read their answers (`origins`): origins, or * alone.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { cors: { api: { match: { prefix: /api/ } } } }"),
            good: Snippet(r#"http: { cors: { api: { match: { prefix: /api/ }, origins: ["https://app.example.com"] } } }"#),
            keys: &["http.cors"],
            references: cited::SPEC,
            sources: &[cited::FETCH],
        };
    CORS_WILDCARD = "cors-wildcard-credentials", High, "Every origin is allowed, with credentials.",
        "Browsers refuse a request with credentials where the answer says *; and what would allow it for every origin lets every site read a visitor's data. \
         Name the origins. Source: Fetch 3.3.5, ASVS 5.0 3.4.2.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"http: { cors: { api: { match: { prefix: /api/ }, origins: ["*"], credentials: true } } }"#),
            good: Snippet(r#"http: { cors: { api: { match: { prefix: /api/ }, origins: ["https://app.example.com"], credentials: true } } }"#),
            keys: &["http.cors"],
            references: &[asvs("3.4.2", Supports, "origins that may read answers are named")],
            sources: &[cited::FETCH],
        };
    CORS_NULL = "cors-null-origin", High, "The origin null may read answers.",
        "Every page can make a frame with the origin null (sandbox), so that null is as good as everybody. Source: Fetch 3.3, HTML 7.1.1, ASVS 5.0 3.4.2.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"http: { cors: { api: { match: { prefix: /api/ }, origins: ["null"] } } }"#),
            good: Snippet(r#"http: { cors: { api: { match: { prefix: /api/ }, origins: ["https://app.example.com"] } } }"#),
            keys: &["http.cors"],
            references: &[asvs("3.4.2", Supports, "origins that may read answers are named")],
            sources: &[cited::FETCH],
        };
    REDIRECT_ALONE = "redirect-without-hsts", Low, "Plain HTTP is sent on to HTTPS, and no browser is told to keep to it.",
        "A redirect is itself sent in plain text, where somebody between can replace it (RFC 6797 2.3.1). Strict-Transport-Security has browsers use HTTPS by themselves \
         after the first visit.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("tls: { redirect_http: 301 }"),
            good: Snippet(r"
                tls: { redirect_http: 301 }
                http: { headers: { hsts: { max_age: 365d } } }
            "),
            keys: &["tls.redirect_http", "http.headers.hsts"],
            references: &[asvs("3.4.1", Supports, "browsers keep to HTTPS for a year or more")],
            sources: &[cited::RFC6797],
        };
    HTTP_SITE = "http-framing-list", Low, "Only frame-ancestors can say who may frame.",
        "X-Frame-Options knows no list of origins, so it is left out; browsers older than 2016 then show the pages in any frame. Source: RFC 7034 2.1, CSP3 6.4.2.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"http: { headers: { framing: ["https://partner.example.com"] } }"#),
            good: Snippet("http: { headers: { framing: sameorigin } }"),
            keys: &["http.headers.framing"],
            references: &[asvs("3.4.6", Supports, "frame-ancestors says who may show the pages in a frame")],
            sources: &[cited::RFC7034, cited::CSP3],
        };
}
