//! Documents for people: the runbook, `security.txt`, and files that are written once.

pub(super) mod markdown;
pub(super) mod marks;
pub(super) mod once;
pub(super) mod runbook;
pub(super) mod security_txt;
mod text;

/// The kind of document that a hand-written file is, by its name.
pub(super) fn kind_of(path: &str) -> Option<&'static str> {
    match path.rsplit('/').next()?.to_ascii_lowercase().as_str() {
        "security.txt" => Some("security-txt"),
        "security.md" => Some("security-md"),
        "dependabot.yml" | "dependabot.yaml" => Some("dependabot"),
        "incident-response.md" => Some("runbook"),
        _ => None,
    }
}
