//! The spec as a whole.

use crate::finding::{Snippet, cited, rules};

rules! {
    pub, pub(super) ALL;

    EMPTY_LIST = "spec-empty-list", High, "A list that must name something is empty.",
        "An empty list of headers to remove, or of TLS groups, asks for nothing, and would take back without a word what a layer below asks for. Name what is meant, \
         or leave the key out.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { headers: { remove: [] } }"),
            good: Snippet("http: { headers: { remove: [X-Powered-By] } }"),
            keys: &["http.headers.remove", "tls.groups"],
            references: cited::SPEC,
            sources: &[],
        };
    SCOPE = "scope-without-match", High, "A scope matches everything or nothing.",
        "A scope needs `match` with host, prefix, exact or content_type, and `http.headers` with what differs; prefix and exact exclude each other.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                http: { headers: { framing: sameorigin } }
                scopes: { admin: { http: { headers: { framing: deny } } } }
            "),
            good: Snippet(r"
                http: { headers: { framing: sameorigin } }
                scopes: { admin: { match: { prefix: /admin/ }, http: { headers: { framing: deny } } } }
            "),
            keys: &["scopes"],
            references: cited::SPEC,
            sources: &[],
        };
    SECRET = "spec-literal-secret", High, "A value of the spec looks like a secret.",
        "The spec is committed and read by many. Put the secret into the environment and refer to it: { env: NAME }.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                jwt:
                  role: verify
                  issuer: https://login.example.com
                  audience: AKIAIOSFODNN7EXAMPLE
                  access_ttl: 15m
                  keys: { "2026-11": { algorithm: HS512, secret: { env: JWT_SECRET } } }
                targets: { rust: { out: src/security } }
            "#),
            good: Snippet(r#"
                jwt:
                  role: verify
                  issuer: https://login.example.com
                  audience: https://api.example.com
                  access_ttl: 15m
                  keys: { "2026-11": { algorithm: HS512, secret: { env: JWT_SECRET } } }
                targets: { rust: { out: src/security } }
            "#),
            keys: &[],
            references: cited::SECRETS,
            sources: &[],
        };
    IGNORE_EXPIRED = "advisory-ignore-expired", High, "An accepted advisory is past its date.",
        "cargo-deny knows no dates, so secgen watches them. Fix the dependency, or agree on a new date.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                dependencies:
                  advisories: { ignore: [{ id: RUSTSEC-2023-0071, reason: no RSA key is in use, until: 2025-01-31 }] }
                targets: { cargo: { out: . } }
            "),
            good: Snippet(r"
                dependencies:
                  advisories: { ignore: [{ id: RUSTSEC-2023-0071, reason: no RSA key is in use, until: 2027-01-31 }] }
                targets: { cargo: { out: . } }
            "),
            keys: &["dependencies.advisories.ignore"],
            references: cited::COMPONENTS,
            sources: &[cited::RUSTSEC],
        };
    ATTESTATION_TIME = "attestation-time", High, "A statement ends before it begins, or holds for too long.",
        "A statement counts from `date`, on which somebody looked, up to and including `until`, two years later at most: what nobody looks at for longer is not known any more.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                data:
                  at_rest:
                    method: volume-encryption
                    attested: { by: "@acme/platform", date: 2026-10-01, until: 2036-10-01 }
            "#),
            good: Snippet(r#"
                data:
                  at_rest:
                    method: volume-encryption
                    attested: { by: "@acme/platform", date: 2026-10-01, until: 2027-10-01 }
            "#),
            keys: &["data.at_rest"],
            references: cited::STATED,
            sources: &[],
        };
    AT_REST_METHOD = "at-rest-without-method", High, "data.at_rest does not say what encrypts the data.",
        "A statement without a method states nothing. Write method: volume-encryption, filesystem-encryption, table-encryption or column-encryption.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                data:
                  at_rest:
                    attested: { by: "@acme/platform", date: 2026-10-01, until: 2027-10-01 }
            "#),
            good: Snippet(r#"
                data:
                  at_rest:
                    method: volume-encryption
                    attested: { by: "@acme/platform", date: 2026-10-01, until: 2027-10-01 }
            "#),
            keys: &["data.at_rest"],
            references: cited::STATED,
            sources: &[],
        };
    REACHES_NOTHING = "target-without-use", Low, "A target is listed, but neither rendered nor checked.",
        "A target does something only with `out` (rendered) or `check` (compared).",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                http: { headers: { content_type_options: nosniff } }
                targets: { nginx: { version: "1.26" } }
            "#),
            good: Snippet(r#"
                http: { headers: { content_type_options: nosniff } }
                targets: { nginx: { version: "1.26", out: deploy/nginx } }
            "#),
            keys: &["targets"],
            references: cited::SPEC,
            sources: &[],
        };
    GATE_WITHOUT_END = "gate-without-end", High, "A target's gate is looser than the others', without an end.",
        "A target whose findings do not fail yet is a step on the way, and needs the day on which the way ends: `until: DATE`. After it the level of everything else holds \
         again. Findings that are meant to stay are accepted one by one, in secgen.waivers.yaml.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                gate: { targets: { nginx: { level: none } } }
                http: { headers: { content_type_options: nosniff } }
                targets: { nginx: { out: deploy/nginx } }
            "),
            good: Snippet(r"
                gate: { targets: { nginx: { level: none, until: 2027-01-31 } } }
                http: { headers: { content_type_options: nosniff } }
                targets: { nginx: { out: deploy/nginx } }
            "),
            keys: &["gate"],
            references: cited::DEVIATION,
            sources: &[],
        };
    GATE_ENDED = "gate-ramp-ended", Low, "The time of a target's own gate is over.",
        "The level of everything else holds again for this target. Remove the entry from `gate.targets`, or agree on another day.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                gate: { targets: { nginx: { level: none, until: 2026-06-30 } } }
                http: { headers: { content_type_options: nosniff } }
                targets: { nginx: { out: deploy/nginx } }
            "),
            good: Snippet(r"
                gate: { targets: { nginx: { level: none, until: 2027-01-31 } } }
                http: { headers: { content_type_options: nosniff } }
                targets: { nginx: { out: deploy/nginx } }
            "),
            keys: &["gate"],
            references: cited::DEVIATION,
            sources: &[],
        };
    IGNORE_ENDS_SOON = "advisory-ignore-ends-soon", Low, "An accepted advisory is about to be past its date.",
        "From the day after `until` on, `secgen check` fails. Look for a fixed release of the dependency now, or agree on a new date.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                dependencies:
                  advisories: { ignore: [{ id: RUSTSEC-2023-0071, reason: no RSA key is in use, until: 2026-12-01 }] }
                targets: { cargo: { out: . } }
            "),
            good: Snippet(r"
                dependencies:
                  advisories: { ignore: [{ id: RUSTSEC-2023-0071, reason: no RSA key is in use, until: 2027-05-31 }] }
                targets: { cargo: { out: . } }
            "),
            keys: &["dependencies.advisories.ignore"],
            references: cited::COMPONENTS,
            sources: &[cited::RUSTSEC],
        };
}
