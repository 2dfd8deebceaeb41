//! The kinds of findings about waivers.

use crate::finding::{Snippet, cited, rules};

/// The files of each example, which differ in little: the protocols of a server, the name of the list, and what it has.
macro_rules! example {
    ($protocols:literal, $file:literal, $waivers:expr) => {
        Snippet(concat!(
            "# file: secgen.yaml\ntls: { min_version: TLSv1.2 }\ntargets: { nginx: { check: [nginx.conf], version: \"1.26\" } }\n\n",
            "# file: nginx.conf\nevents {}\nhttp {\n  server {\n    listen 443 ssl;\n    ssl_certificate /etc/ssl/app.pem;\n",
            "    ssl_certificate_key /etc/ssl/app.key;\n    ssl_protocols ",
            $protocols,
            ";\n  }\n}\n\n# file: ",
            $file,
            "\nversion: 1\nwaivers:",
            $waivers,
            "\n"
        ))
    };
}

/// The one entry of a list: rule, bound and last day.
macro_rules! entry {
    ($rule:literal, $accept:literal, $until:literal) => {
        concat!(
            "\n  - id: W-2026-004\n    rule: ",
            $rule,
            "\n    where: { file: nginx.conf, intent: tls.min_version }\n    accept: ",
            $accept,
            "\n    reason: Card readers of store type B cannot do TLS 1.2 before the March firmware.\n    owner: \"@acme/payments\"\n",
            "    created: 2026-11-02\n    until: ",
            $until
        )
    };
}

rules! {
    pub, pub RULES;

    INVALID = "waiver-invalid", High, "An entry of the waivers cannot be used.",
        "A waiver binds to one rule, a place, a bound, a reason, a person and a day. One that is mistyped would accept nothing, or something else than was \
         meant, so secgen stops. `secgen waivers add` writes entries that are right.",
        Yaml {
            spec: Snippet(""),
            bad: example!("TLSv1.1 TLSv1.2 TLSv1.3", "secgen.waivers.yaml", entry!("tls-protocol", "TLSv1.1", "2027-03-31")),
            good: example!("TLSv1.1 TLSv1.2 TLSv1.3", "secgen.waivers.yaml", entry!("tls-protocols", "TLSv1.1", "2027-03-31")),
            keys: &[],
            references: cited::DEVIATION,
            sources: &[],
        };
    MISNAMED = "waivers-misnamed", High, "A file looks like the list of waivers, but has another name.",
        "Waivers are read from secgen.waivers.yaml beside the spec. A file of a similar name would silently not be read, so secgen stops.",
        Yaml {
            spec: Snippet(""),
            bad: example!("TLSv1.1 TLSv1.2 TLSv1.3", "secgen-waivers.yaml", entry!("tls-protocols", "TLSv1.1", "2027-03-31")),
            good: example!("TLSv1.1 TLSv1.2 TLSv1.3", "secgen.waivers.yaml", entry!("tls-protocols", "TLSv1.1", "2027-03-31")),
            keys: &[],
            references: cited::DEVIATION,
            sources: &[],
        };
    UNUSED = "waiver-unused", Low, "A waiver accepts nothing that is still there.",
        "What it accepted is mended, or was moved. An exception that is no longer needed hides the next mistake: remove the entry. A baseline only shrinks, so \
         what is mended is taken out of it. Only a run over everything can tell.",
        Yaml {
            spec: Snippet(""),
            bad: example!("TLSv1.2 TLSv1.3", "secgen.waivers.yaml", entry!("tls-protocols", "TLSv1.1", "2027-03-31")),
            good: example!("TLSv1.2 TLSv1.3", "secgen.waivers.yaml", " []"),
            keys: &[],
            references: cited::DEVIATION,
            sources: &[],
        };
    ENDS_SOON = "waiver-ends-soon", Low, "A waiver that is in use ends within fourteen days.",
        "After its last day what it accepted fails again. Mend it before, or agree on a new waiver.",
        Yaml {
            spec: Snippet(""),
            bad: example!("TLSv1.1 TLSv1.2 TLSv1.3", "secgen.waivers.yaml", entry!("tls-protocols", "TLSv1.1", "2026-12-04")),
            good: example!("TLSv1.1 TLSv1.2 TLSv1.3", "secgen.waivers.yaml", entry!("tls-protocols", "TLSv1.1", "2027-03-31")),
            keys: &[],
            references: cited::DEVIATION,
            sources: &[],
        };
    LOOSE = "waiver-looser-than-needed", Info, "A waiver accepts more than what is there.",
        "What it accepted has become stricter. Raise `accept` to what is there, so that it cannot slip back.",
        Yaml {
            spec: Snippet(""),
            bad: example!("TLSv1.1 TLSv1.2 TLSv1.3", "secgen.waivers.yaml", entry!("tls-protocols", "TLSv1", "2027-03-31")),
            good: example!("TLSv1.1 TLSv1.2 TLSv1.3", "secgen.waivers.yaml", entry!("tls-protocols", "TLSv1.1", "2027-03-31")),
            keys: &[],
            references: cited::DEVIATION,
            sources: &[],
        };
}
