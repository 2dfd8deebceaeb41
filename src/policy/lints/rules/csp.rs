//! Content-Security-Policy.

use crate::finding::Relation::{Related, Supports};
use crate::finding::{Snippet, asvs, cited, rules};

rules! {
    pub, pub(super) ALL;

    CSP_OBJECT = "csp-missing-object-src", Medium, "The Content-Security-Policy leaves plug-ins open.",
        "Without object-src (and without default-src: [none]) a page may load plug-ins from wherever default-src allows. Write object-src: [none]. \
         Source: CSP3 6.1.8, ASVS 5.0 3.4.3.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self], base-uri: [none], form-action: [self] } } } }"),
            good: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self], object-src: [none], base-uri: [none], form-action: [self] } } } }"),
            keys: &["http.headers.csp"],
            references: cited::SCRIPTS,
            sources: &[cited::CSP3],
        };
    CSP_BASE = "csp-missing-base-uri", Medium, "The Content-Security-Policy does not hold <base>.",
        "base-uri has no fallback to default-src: an injected <base> element redirects every relative script. Write base-uri: [none] or [self]. \
         Source: CSP3 6.3.1, ASVS 5.0 3.4.3.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self], object-src: [none] } } } }"),
            good: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self], object-src: [none], base-uri: [none] } } } }"),
            keys: &["http.headers.csp"],
            references: cited::SCRIPTS,
            sources: &[cited::CSP3],
        };
    CSP_FRAME = "csp-missing-frame-ancestors", Medium, "Nothing says who may show the pages in a frame.",
        "frame-ancestors has no fallback to default-src, and X-Frame-Options alone is not to be relied on. Set http.headers.framing; secgen writes both \
         headers from it. Source: CSP3 6.4.2, ASVS 5.0 3.4.6.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { csp: { directives: { default-src: [self] } } } }"),
            good: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self] } } } }"),
            keys: &["http.headers.csp", "http.headers.framing"],
            references: &[asvs("3.4.6", Supports, "frame-ancestors says who may show the pages in a frame")],
            sources: &[cited::CSP3],
        };
    CSP_FORM = "csp-missing-form-action", Low, "The Content-Security-Policy does not hold forms.",
        "form-action has no fallback to default-src: an injected form can send data anywhere. Write form-action: [self]. Source: CSP3 6.4.1.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self], object-src: [none], base-uri: [none] } } } }"),
            good: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self], object-src: [none], base-uri: [none], form-action: [self] } } } }"),
            keys: &["http.headers.csp"],
            references: &[asvs("3.4.3", Related, "the policy also says where forms may send what a user writes")],
            sources: &[cited::CSP3],
        };
    CSP_DEFAULT = "csp-no-default-src", Medium, "The Content-Security-Policy has no default-src.",
        "A resource type without a directive of its own is then not held at all. Write default-src: [self] or [none]. Source: CSP3 6.1.3.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { framing: deny, csp: { directives: { script-src: [self] } } } }"),
            good: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self] } } } }"),
            keys: &["http.headers.csp"],
            references: cited::SCRIPTS,
            sources: &[cited::CSP3],
        };
    CSP_SCRIPT = "csp-missing-script-src", High, "The Content-Security-Policy does not hold scripts.",
        "Without script-src and default-src a page runs scripts from anywhere, inline ones included. Write default-src: [self]. Source: CSP3 6.1.10, ASVS 5.0 3.4.3.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { framing: deny, csp: { directives: { img-src: [self] } } } }"),
            good: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self], img-src: [self] } } } }"),
            keys: &["http.headers.csp"],
            references: cited::SCRIPTS,
            sources: &[cited::CSP3],
        };
    CSP_UNSAFE = "csp-unsafe-script", High, "The Content-Security-Policy lets injected scripts run.",
        "'unsafe-inline' and 'unsafe-eval' in a script directive switch off what the policy is for. Use hashes or strict-dynamic. Source: CSP3 8.2, ASVS 5.0 3.4.3.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self], script-src: [self, unsafe-inline] } } } }"),
            good: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self], script-src: [self] } } } }"),
            keys: &["http.headers.csp"],
            references: cited::SCRIPTS,
            sources: &[cited::CSP3],
        };
    CSP_WILDCARD = "csp-wildcard-script", High, "The Content-Security-Policy lets scripts come from anywhere.",
        "*, https:, http: or data: in a script, object or base directive allows every attacker's host. Name the hosts. Source: CSP3 8.4.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"http: { headers: { framing: deny, csp: { directives: { default-src: [self], script-src: ["https:"] } } } }"#),
            good: Snippet(r#"http: { headers: { framing: deny, csp: { directives: { default-src: [self], script-src: [self, "https://cdn.example.com"] } } } }"#),
            keys: &["http.headers.csp"],
            references: cited::SCRIPTS,
            sources: &[cited::CSP3],
        };
    CSP_NONE = "csp-none-mixed", High, "none stands beside other sources.",
        "Browsers ignore 'none' as soon as another source stands beside it, so the list is wider than it looks. Source: CSP3 6.7.2.3.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self], object-src: [none, self] } } } }"),
            good: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self], object-src: [none] } } } }"),
            keys: &["http.headers.csp"],
            references: cited::SCRIPTS,
            sources: &[cited::CSP3],
        };
    CSP_HASHES = "csp-unsafe-hashes", Low, "The Content-Security-Policy lets handlers in attributes run.",
        "'unsafe-hashes' lets the hash of a script also stand for an event handler, so that an injected element can carry it. Move handlers into scripts. \
         Source: CSP3 8.3.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"http: { headers: { framing: deny, csp: { directives: { default-src: [self], script-src: [self, unsafe-hashes, "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="] } } } }"#),
            good: Snippet(r#"http: { headers: { framing: deny, csp: { directives: { default-src: [self], script-src: [self, "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="] } } } }"#),
            keys: &["http.headers.csp"],
            references: cited::SCRIPTS,
            sources: &[cited::CSP3],
        };
    CSP_HTTP = "csp-http-source", Low, "The Content-Security-Policy names a source over plain HTTP.",
        "What comes over http:// can be changed by anybody on the way, and a page over HTTPS mostly cannot load it anyhow. Write https://. \
         Source: Mixed Content 5.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"http: { headers: { framing: deny, csp: { directives: { default-src: [self], img-src: ["http://img.example.com"] } } } }"#),
            good: Snippet(r#"http: { headers: { framing: deny, csp: { directives: { default-src: [self], img-src: ["https://img.example.com"] } } } }"#),
            keys: &["http.headers.csp"],
            references: &[asvs("3.4.3", Related, "what the policy lets in comes over an encrypted connection")],
            sources: &[cited::MIXED],
        };
    CSP_DYNAMIC_ALONE = "csp-strict-dynamic-alone", High, "strict-dynamic stands without a nonce or hash.",
        "'strict-dynamic' puts hosts out of force and trusts what trusted scripts load: without a nonce or a hash no script is trusted, and none runs. \
         Source: CSP3 8.2.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { framing: deny, csp: { directives: { default-src: [self], script-src: [self, strict-dynamic] } } } }"),
            good: Snippet(r#"http: { headers: { framing: deny, csp: { directives: { default-src: [self], script-src: [strict-dynamic, "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="] } } } }"#),
            keys: &["http.headers.csp"],
            references: cited::SCRIPTS,
            sources: &[cited::CSP3],
        };
    CSP_DEPRECATED = "csp-deprecated-directive", Low, "The Content-Security-Policy has a directive that browsers have dropped.",
        "block-all-mixed-content, plugin-types, prefetch-src, referrer, reflected-xss, navigate-to, require-sri-for and disown-opener do nothing. \
         Source: CSP3 7, MDN.",
        Http {
            spec: Snippet(""),
            bad: Snippet(r"
                HTTP/2 200
                content-security-policy: default-src 'self'; block-all-mixed-content
            "),
            good: Snippet(r"
                HTTP/2 200
                content-security-policy: default-src 'self'; upgrade-insecure-requests
            "),
            keys: &["http.headers.csp"],
            references: &[asvs("3.4.3", Related, "a directive that browsers have dropped holds nothing")],
            sources: &[cited::CSP3],
        };
}
