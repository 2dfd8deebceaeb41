//! Every key of `deny.toml` that cargo-deny 0.20.2 reads, and of `audit.toml` that cargo-audit 0.22 reads, as data.
//!
//! Source: the deserialisers of cargo-deny 0.20.2 (`root_cfg.rs` and the `cfg.rs` of each check) and of cargo-audit
//! (`config.rs`). Both refuse unknown keys. Where cargo-deny's documentation and its code differ, the code is followed:
//! it decides what is in force.

/// What a key may hold.
#[derive(Debug)]
pub(super) enum Shape {
    /// true or false.
    Boolean,
    /// Any string.
    Text,
    /// A whole number of `0..=max` (or any, from below zero, for `i32`).
    Whole { least: i64, most: i64 },
    /// A number with a fraction: cargo-deny takes no whole number here.
    Fraction,
    /// One word of a list.
    Word(&'static [&'static str]),
    /// `all`, `workspace`, `transitive` or `none`; before 0.19 a lint level.
    Reach,
    /// A length of time by RFC 3339, such as `P7D`.
    Period,
    /// An SPDX identifier, maybe with an exception.
    Licence,
    /// An SPDX expression.
    LicenceExpression,
    /// The address of an index or a repository.
    Address,
    /// A version of Rust, such as `1.85`.
    RustVersion,
    /// A list.
    List(&'static Shape),
    /// A table.
    Table(&'static [Key]),
    /// A crate by name, maybe with versions, as a string or a table, and what else may stand in the table.
    Package(Rest),
    /// An advisory, or a yanked crate.
    Ignore,
    /// A platform as a string or a table.
    Platform,
    /// One string or several.
    OneOrMany,
}

/// What may stand in the table of a crate beside `crate`.
#[derive(Debug)]
pub(super) enum Rest {
    /// Nothing, or a `reason` and then anything.
    Reason,
    /// These keys, and `reason`.
    Keys(&'static [Key]),
    /// These keys; a table is required.
    Required(&'static [Key]),
    /// `depth`, and after a `reason` nothing else.
    Depth,
    /// Nothing.
    Nothing,
}

/// A key of a table.
#[derive(Debug)]
pub(super) struct Key {
    /// Its name.
    pub(super) name: &'static str,
    /// What it may hold.
    pub(super) shape: Shape,
    /// Whether it is read today.
    pub(super) status: Status,
}

/// Whether a key is read today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Optional,
    Required,
    /// Read, and moved to another table: which.
    Moved(&'static str),
    /// Refused today: what to do instead.
    Removed(&'static str),
}

const fn key(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, status: Status::Optional }
}

const fn required(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, status: Status::Required }
}

const fn moved(name: &'static str, shape: Shape, table: &'static str) -> Key {
    Key { name, shape, status: Status::Moved(table) }
}

const fn removed(name: &'static str, instead: &'static str) -> Key {
    Key { name, shape: Shape::Text, status: Status::Removed(instead) }
}

/// Lint levels, loosest first.
pub(super) const LEVELS: &[&str] = &["allow", "warn", "deny"];
/// Reaches of an advisory check.
pub(super) const REACHES: &[&str] = &["all", "workspace", "transitive", "none"];

const LEVEL: Shape = Shape::Word(LEVELS);
const TEXTS: Shape = Shape::List(&Shape::Text);
const ADDRESSES: Shape = Shape::List(&Shape::Address);
const U32: Shape = Shape::Whole { least: 0, most: u32::MAX as i64 };
const USIZE: Shape = Shape::Whole { least: 0, most: i64::MAX };
const VERSION: Shape = Shape::Whole { least: i64::MIN, most: i64::MAX };

static GRAPH: &[Key] = &[
    key("targets", Shape::List(&Shape::Platform)),
    key("exclude", TEXTS),
    key("features", TEXTS),
    key("all-features", Shape::Boolean),
    key("no-default-features", Shape::Boolean),
    key("exclude-dev", Shape::Boolean),
    key("exclude-unpublished", Shape::Boolean),
];

static ADVISORIES: &[Key] = &[
    key("version", VERSION),
    key("db-path", Shape::Text),
    key("db-urls", ADDRESSES),
    key("unmaintained", Shape::Reach),
    key("unsound", Shape::Reach),
    key("yanked", LEVEL),
    key("ignore", Shape::List(&Shape::Ignore)),
    key("git-fetch-with-cli", Shape::Boolean),
    key("disable-yank-checking", Shape::Boolean),
    key("maximum-db-staleness", Shape::Period),
    key("unused-ignored-advisory", LEVEL),
    removed("vulnerability", "delete the line: vulnerabilities are always an error"),
    removed("notice", "delete the line: notices are always an error"),
    removed("severity-threshold", "delete the line: advisories of every severity count; accept one with its reason in advisories.ignore"),
];

static LICENSES: &[Key] = &[
    key("version", VERSION),
    key("private", Shape::Table(PRIVATE)),
    key("confidence-threshold", Shape::Fraction),
    key("allow", Shape::List(&Shape::Licence)),
    key("unused-allowed-license", LEVEL),
    key("clarify", Shape::List(&Shape::Package(Rest::Required(CLARIFY)))),
    key("exceptions", Shape::List(&Shape::Package(Rest::Required(EXCEPTION)))),
    key("unused-license-exception", LEVEL),
    key("include-dev", Shape::Boolean),
    key("include-build", Shape::Boolean),
    removed("unlicensed", "delete the line: a crate without a licence is always an error"),
    removed("deny", "delete the list: every licence that is not in licenses.allow is refused"),
    removed("copyleft", "delete the line: every licence that is not in licenses.allow is refused, copyleft or not"),
    removed("default", "delete the line: every licence that is not in licenses.allow is refused"),
    removed("allow-osi-fsf-free", "delete the line, and name the licences you accept in licenses.allow"),
];

static PRIVATE: &[Key] = &[key("ignore", Shape::Boolean), key("ignore-sources", ADDRESSES), key("registries", TEXTS)];

static CLARIFY: &[Key] = &[required("expression", Shape::LicenceExpression), required("license-files", Shape::List(&Shape::Table(LICENSE_FILE)))];

static LICENSE_FILE: &[Key] = &[required("path", Shape::Text), required("hash", U32)];

static EXCEPTION: &[Key] = &[required("allow", Shape::List(&Shape::Licence))];

static BANS: &[Key] = &[
    key("multiple-versions", LEVEL),
    key("multiple-versions-include-dev", Shape::Boolean),
    key("highlight", Shape::Word(&["simplest-path", "lowest-version", "all"])),
    key("deny", Shape::List(&Shape::Package(Rest::Keys(BAN)))),
    key("allow", Shape::List(&Shape::Package(Rest::Reason))),
    key("allow-workspace", Shape::Boolean),
    key("features", Shape::List(&Shape::Package(Rest::Required(FEATURES)))),
    key("external-default-features", LEVEL),
    key("workspace-default-features", LEVEL),
    key("skip", Shape::List(&Shape::Package(Rest::Reason))),
    key("skip-tree", Shape::List(&Shape::Package(Rest::Depth))),
    key("wildcards", LEVEL),
    key("allow-wildcard-paths", Shape::Boolean),
    moved("allow-build-scripts", Shape::List(&Shape::Package(Rest::Nothing)), "bans.build"),
    key("build", Shape::Table(BUILD)),
    key("workspace-dependencies", Shape::Table(WORKSPACE)),
    key("std-replacements", Shape::Table(STD_REPLACEMENTS)),
];

static BAN: &[Key] = &[key("wrappers", TEXTS), key("deny-multiple-versions", Shape::Boolean), key("reason", Shape::Text), key("use-instead", Shape::Text)];

static FEATURES: &[Key] = &[key("allow", TEXTS), key("deny", TEXTS), key("exact", Shape::Boolean), key("reason", Shape::Text)];

static BUILD: &[Key] = &[
    key("allow-build-scripts", Shape::List(&Shape::Package(Rest::Nothing))),
    key("executables", LEVEL),
    key("interpreted", LEVEL),
    key("script-extensions", TEXTS),
    key("bypass", Shape::List(&Shape::Package(Rest::Required(BYPASS)))),
    key("enable-builtin-globs", Shape::Boolean),
    key("include-dependencies", Shape::Boolean),
    key("include-workspace", Shape::Boolean),
    key("include-archives", Shape::Boolean),
];

static BYPASS: &[Key] =
    &[key("build-script", Shape::Text), key("required-features", TEXTS), key("allow-globs", TEXTS), key("allow", Shape::List(&Shape::Table(BYPASS_PATH)))];

static BYPASS_PATH: &[Key] = &[required("path", Shape::Text), key("checksum", Shape::Text)];

static WORKSPACE: &[Key] = &[key("duplicates", LEVEL), key("include-path-dependencies", Shape::Boolean), key("unused", LEVEL)];

static STD_REPLACEMENTS: &[Key] = &[
    key("scope", Shape::Word(REACHES)),
    key("level", LEVEL),
    key("rust-version", Shape::RustVersion),
    key("ignore", Shape::List(&Shape::Package(Rest::Reason))),
    key("ignore-rust-version", Shape::Word(REACHES)),
];

static SOURCES: &[Key] = &[
    key("unknown-registry", LEVEL),
    key("unknown-git", LEVEL),
    key("allow-registry", ADDRESSES),
    key("allow-git", ADDRESSES),
    key("allow-org", Shape::Table(ORGS)),
    key("private", ADDRESSES),
    key("required-git-spec", Shape::Word(&["any", "branch", "tag", "rev"])),
    key("unused-allowed-source", LEVEL),
    key("unused-allowed-org", LEVEL),
];

static ORGS: &[Key] = &[key("github", TEXTS), key("gitlab", TEXTS), key("bitbucket", TEXTS)];

static OUTPUT: &[Key] = &[key("feature-depth", U32)];

/// `deny.toml`.
pub(super) static DENY: &[Key] = &[
    key("advisories", Shape::Table(ADVISORIES)),
    key("bans", Shape::Table(BANS)),
    key("licenses", Shape::Table(LICENSES)),
    key("sources", Shape::Table(SOURCES)),
    key("graph", Shape::Table(GRAPH)),
    key("output", Shape::Table(OUTPUT)),
    moved("targets", Shape::List(&Shape::Platform), "graph"),
    moved("exclude", TEXTS, "graph"),
    moved("features", TEXTS, "graph"),
    moved("all-features", Shape::Boolean, "graph"),
    moved("no-default-features", Shape::Boolean, "graph"),
    moved("exclude-dev", Shape::Boolean, "graph"),
    moved("feature-depth", U32, "output"),
];

/// `deny.exceptions.toml` and its kin.
pub(super) static EXCEPTIONS: &[Key] = &[required("exceptions", Shape::List(&Shape::Package(Rest::Required(EXCEPTION))))];

/// `.cargo/audit.toml`.
pub(super) static AUDIT: &[Key] = &[
    key(
        "advisories",
        Shape::Table(&[
            key("ignore", TEXTS),
            key("informational_warnings", TEXTS),
            key("severity_threshold", Shape::Word(&["none", "low", "medium", "high", "critical"])),
        ]),
    ),
    key("database", Shape::Table(&[key("path", Shape::Text), key("url", Shape::Text), key("fetch", Shape::Boolean), required("stale", Shape::Boolean)])),
    key(
        "output",
        Shape::Table(&[
            key("deny", Shape::List(&Shape::Word(&["warnings", "unmaintained", "unsound", "yanked"]))),
            key("format", Shape::Word(&["json", "sarif", "terminal"])),
            required("quiet", Shape::Boolean),
            key("show_tree", Shape::Boolean),
        ]),
    ),
    key("binary", Shape::Table(&[key("max_binary_size", USIZE), key("audit_data_size_limit", USIZE)])),
    key("target", Shape::Table(&[key("arch", Shape::OneOrMany), key("os", Shape::OneOrMany)])),
    key("yanked", Shape::Table(&[key("enabled", Shape::Boolean), key("update_index", Shape::Boolean)])),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_shapes_are_finite() {
        fn walk(keys: &[Key], depth: usize) {
            assert!(depth < 8, "the table of keys must end");
            for (i, key) in keys.iter().enumerate() {
                assert!(keys[..i].iter().all(|other| other.name != key.name), "{} stands twice", key.name);
                shape(&key.shape, depth);
            }
        }
        fn shape(s: &Shape, depth: usize) {
            match s {
                Shape::List(inner) => shape(inner, depth + 1),
                Shape::Table(keys) | Shape::Package(Rest::Keys(keys) | Rest::Required(keys)) => walk(keys, depth + 1),
                _ => {}
            }
        }
        walk(DENY, 0);
        walk(EXCEPTIONS, 0);
        walk(AUDIT, 0);
    }
}
