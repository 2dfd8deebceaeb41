//! The rules of layers and environments: what a file that stands on others may not do.

use crate::finding::{Language, Rule, Severity, Snippet, cited};

/// A layer that cannot be used.
pub static LAYER: Rule = Rule {
    name: "layer-unusable",
    title: "A layer named by `extends` cannot be used.",
    severity: Severity::High,
    explain: "`extends` names built-in profiles (secgen:recommended@2026-11, secgen:hardened@2026-11) or files inside the root. A layer holds \
              policy only: `extends`, `layer` and `lock` of its own, but no `version`, `service` or `environments`. Layers must not extend each other in a circle.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(r#"extends: ["secgen:recomended"]"#),
    good: Snippet(r#"extends: ["secgen:recommended@2026-11"]"#),
    keys: &["extends"],
    references: cited::BASELINE,
    sources: &[],
};

/// A value below the bar of the layer below.
pub static WEAKENS: Rule = Rule {
    name: "layer-weakens",
    title: "A value is weaker than in the layer below, and no reason is given.",
    severity: Severity::High,
    explain: "A layer, an environment or a scope may be weaker than what it builds on only knowingly: name the key under `weakens` of that layer \
              with a reason, and with owner and until if it is not for ever. Permanent by design belongs there; temporary or unfixed belongs in a waiver.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        http: { headers: { framing: deny } }
        environments:
          prod: {}
          dev: { http: { headers: { framing: sameorigin } } }
        targets: { nginx: { out: "deploy/{env}" } }
    "#,
    ),
    good: Snippet(
        r#"
        http: { headers: { framing: deny } }
        environments:
          prod: {}
          dev:
            http: { headers: { framing: sameorigin } }
            weakens: { http.headers.framing: { reason: the preview tool shows pages in a frame } }
        targets: { nginx: { out: "deploy/{env}" } }
    "#,
    ),
    keys: &["weakens", "extends", "environments", "scopes"],
    references: cited::DEVIATION,
    sources: &[],
};

/// A reason for nothing.
pub static WEAKENS_UNUSED: Rule = Rule {
    name: "weakens-unused",
    title: "An entry of `weakens` matches nothing that is weaker.",
    severity: Severity::Low,
    explain: "An exception that is no longer needed hides the next mistake. Remove the entry, or correct its key.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        http: { headers: { framing: deny } }
        environments:
          prod: {}
          dev: { weakens: { http.headers.framing: { reason: the preview tool shows pages in a frame } } }
        targets: { nginx: { out: "deploy/{env}" } }
    "#,
    ),
    good: Snippet(
        r#"
        http: { headers: { framing: deny } }
        environments:
          prod: {}
          dev: {}
        targets: { nginx: { out: "deploy/{env}" } }
    "#,
    ),
    keys: &["weakens"],
    references: cited::DEVIATION,
    sources: &[],
};

/// A value that cannot be required.
pub static UNUSABLE: Rule = Rule {
    name: "spec-unusable-value",
    title: "A value of the spec cannot be enforced.",
    severity: Severity::High,
    explain: "The value has the right form, but no program would accept it: a PostgreSQL setting that the declared versions do not know, a value \
              outside of a setting's range. secgen refuses it instead of rendering a file that stops a server.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        postgres: { settings: { log_statement: everything } }
        targets: { postgres: { versions: "15-18", out: deploy/postgres } }
    "#,
    ),
    good: Snippet(
        r#"
        postgres: { settings: { log_statement: ddl } }
        targets: { postgres: { versions: "15-18", out: deploy/postgres } }
    "#,
    ),
    keys: &["postgres.settings"],
    references: cited::SPEC,
    sources: &[cited::PG_FILES],
};

/// Environments that would overwrite each other.
pub static SAME_OUTPUT: Rule = Rule {
    name: "environments-share-output",
    title: "Two environments would write different bytes to one path.",
    severity: Severity::High,
    explain: "Write {env} into `out`, so that each environment has a folder of its own.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        http: { headers: { hsts: { max_age: 365d } } }
        environments:
          prod: {}
          dev: { http: { headers: { hsts: { max_age: 730d } } } }
        targets: { nginx: { out: deploy } }
    ",
    ),
    good: Snippet(
        r#"
        http: { headers: { hsts: { max_age: 365d } } }
        environments:
          prod: {}
          dev: { http: { headers: { hsts: { max_age: 730d } } } }
        targets: { nginx: { out: "deploy/{env}" } }
    "#,
    ),
    keys: &["environments", "targets"],
    references: cited::SPEC,
    sources: &[],
};
