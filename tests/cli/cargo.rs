//! Hand-written `deny.toml` files through whole runs: they are compared, merged on request, and never replaced.

use super::project::Project;
use insta::assert_snapshot;

const CI: &str = "on: push\njobs:\n  deny:\n    steps:\n      - run: cargo deny check\n";
const SPEC: &str = "\
version: 1
service: payments-api
dependencies:
  advisories:
    yanked: deny
    unsound: all
    ignore:
      - { id: RUSTSEC-2023-0071, reason: no RSA key is in use, owner: \"@acme/security\", until: 2027-03-31 }
  licenses: { allow: [MIT, Apache-2.0] }
  bans: { wildcards: deny, deny: [{ crate: openssl, use_instead: rustls }] }
  sources: { unknown_registry: deny, unknown_git: deny }
targets:
  cargo: { out: . }
";

const HAND_WRITTEN: &str = "\
# Ours, with our own words.
[advisories]
yanked = \"warn\" # until the mirror is fixed
ignore = [
    # no RSA here
    { id = \"RUSTSEC-2023-0071\", reason = \"no RSA key is in use\" },
]

[bans]
multiple-versions = \"deny\"   # stricter than the policy
deny = [
    \"git2\", # slow
]

[licenses]
allow = [\"MIT\"] # nothing else
";

fn project() -> Project {
    let project = Project::with_spec(SPEC);
    project.write(".github/workflows/ci.yml", CI);
    project.write("deny.toml", HAND_WRITTEN);
    project
}

const DATE: [&str; 2] = ["--date", "2026-11-25"];

fn run(project: &Project, args: &[&str]) -> super::project::Run {
    project.run(&[args, &DATE].concat())
}

#[test]
fn a_hand_written_file_is_compared_and_left_as_it_is() {
    let project = project();
    let before = project.files();
    let check = run(&project, &["check"]);
    check.exits(1);
    for words in ["wildcards", "unknown_git", "yanked", "openssl", "deny.toml is hand-written"] {
        assert!(check.out.contains(words), "{words}: {}", check.out);
    }
    let json = run(&project, &["check", "--format", "json"]).json();
    assert_eq!(json["summary"]["files"]["hand-written"], 1, "{}", json["summary"]);
    assert_eq!(before, project.files());
    let render = run(&project, &["render"]);
    render.exits(0);
    assert!(render.err.contains("kept") && render.err.contains("hand-written, checked by value"), "{}", render.err);
    assert_eq!(project.read("deny.toml"), HAND_WRITTEN);
}

#[test]
fn a_merge_brings_it_up_to_the_policy_and_check_accepts_it() {
    let project = project();
    let before = project.files();
    assert_snapshot!("merge_dry_run", run(&project, &["render", "--merge", "--dry-run", "--diff"]).exits(1).shown(&project));
    assert_eq!(before, project.files(), "a dry run writes nothing");
    let merge = run(&project, &["render", "--merge"]);
    merge.exits(0);
    assert!(merge.err.starts_with("merged"), "{}", merge.err);
    let text = project.read("deny.toml");
    for line in HAND_WRITTEN.lines().filter(|l| l.contains('#')) {
        let comment = &line[line.find('#').unwrap()..];
        assert!(text.contains(comment), "{comment} in\n{text}");
    }
    assert!(text.contains("multiple-versions = \"deny\"   # stricter than the policy"), "{text}");
    run(&project, &["check"]).exits(0);
    // Merging again changes nothing.
    let again = run(&project, &["render", "--merge"]);
    again.exits(0);
    assert!(again.err.contains("nothing to raise or add"), "{}", again.err);
    assert_eq!(project.read("deny.toml"), text);
    run(&project, &["render", "--merge", "--dry-run"]).exits(0);
}

#[test]
fn what_only_a_deletion_would_mend_is_left_and_said() {
    let project = project();
    project.edit("deny.toml", "allow = [\"MIT\"]", "allow = [\"MIT\", \"GPL-3.0-only\"]");
    let merge = run(&project, &["render", "--merge"]);
    merge.exits(0);
    assert!(merge.out.contains("merge-left-weaker") && merge.out.contains("GPL-3.0-only"), "{}", merge.out);
    assert!(project.read("deny.toml").contains("GPL-3.0-only"));
    let check = run(&project, &["check"]);
    check.exits(1);
    assert!(check.out.contains("licence-not-in-policy"), "{}", check.out);
}

#[test]
fn what_cannot_be_merged_is_refused_and_nothing_is_written() {
    for (text, why) in [
        ("[advisories\n", "not valid TOML"),
        ("[advisories]\nyankd = \"deny\"\n", "unknown key \"yankd\""),
        ("[bans]\nskip = [\"openssl\"]\n", "both bans.deny and bans.skip"),
        ("<<<<<<< ours\n[bans]\n=======\n[licenses]\n>>>>>>> theirs\n", "merge marker"),
    ] {
        let project = project();
        project.write(
            "secgen.yaml",
            SPEC.replace("targets:\n", "targets:\n  rust: { out: src/security }\n").replace(
                "dependencies:",
                "jwt: { role: verify, issuer: a, audience: b, access_ttl: 15m, keys: { k: { algorithm: HS512, secret: { env: A } } } }\ndependencies:",
            ),
        );
        project.write("deny.toml", text);
        let before = project.files();
        let run = run(&project, &["render", "--merge"]);
        assert_eq!(run.code, Some(2), "{text}: {}{}", run.out, run.err);
        assert!(run.out.contains(why), "{text}: {}{}", run.out, run.err);
        assert_eq!(before, project.files(), "{text}");
    }
}

#[test]
fn files_that_only_check_names_are_merged_too_and_rendered_ones_are_not() {
    let project = project();
    project.write("secgen.yaml", SPEC.replace("{ out: . }", "{ check: [\"**/deny.toml\"] }"));
    project.write("tools/deny.toml", "[bans]\nwildcards = \"allow\" # x\n");
    run(&project, &["render"]).exits(2);
    run(&project, &["render", "--merge"]).exits(0);
    assert!(project.read("tools/deny.toml").contains("wildcards = \"deny\" # x"));
    assert!(project.read("deny.toml").contains("yanked = \"deny\" # until the mirror is fixed"));
    // A rendered file is rendered, whatever is merged.
    let project = project_rendered();
    let text = project.read("deny.toml");
    run(&project, &["render", "--merge"]).exits(0);
    assert_eq!(project.read("deny.toml"), text);
    project.write("deny.toml", text.replace("yanked = \"deny\"", "yanked = \"warn\""));
    run(&project, &["render", "--merge"]).exits(2);
}

fn project_rendered() -> Project {
    let project = Project::with_spec(SPEC);
    project.write(".github/workflows/ci.yml", CI);
    run(&project, &["render"]).exits(0);
    project
}

#[test]
fn force_replaces_a_hand_written_file() {
    let project = project();
    run(&project, &["render", "--merge", "--force", "deny.toml"]).exits(0);
    assert!(project.read("deny.toml").starts_with("# Generated by secgen"));
    run(&project, &["check"]).exits(0);
}

#[test]
fn several_environments_raise_one_file_in_turn() {
    let project = project();
    let spec = SPEC.replace("targets:\n", "environments:\n  dev: {}\n  prod: {}\ntargets:\n");
    project.write("secgen.yaml", spec);
    run(&project, &["render", "--merge"]).exits(0);
    run(&project, &["check"]).exits(0);
}

#[test]
fn an_accepted_advisory_ends_with_its_date() {
    let project = project_rendered();
    project.run(&["check", "--date", "2027-02-28"]).exits(0);
    let soon = project.run(&["check", "--date", "2027-03-20"]);
    soon.exits(0);
    assert!(
        soon.out.contains("advisory-ignore-ends-soon") && soon.out.contains("until 2027-03-31 (owner @acme/security), which ends in 11 days"),
        "{}",
        soon.out
    );
    project.run(&["check", "--date", "2027-03-20", "--fail-on", "strict"]).exits(1);
    // The last day counts.
    project.run(&["check", "--date", "2027-03-31"]).exits(0);
    let past = project.run(&["check", "--date", "2027-04-01"]);
    assert_snapshot!("ignore_expired", past.exits(1).shown(&project));
    project.run(&["check", "--date", "2027-04-01", "--fail-on", "security"]).exits(1);
    // A render of the same spec gives the same bytes on any day, and says it.
    let text = project.read("deny.toml");
    assert!(text.contains("no RSA key is in use (owner @acme/security, until 2027-03-31)"), "{text}");
    let render = project.run(&["render", "--date", "2027-04-01"]);
    render.exits(0);
    assert!(render.out.contains("advisory-ignore-expired"), "{}", render.out);
    assert_eq!(project.read("deny.toml"), text);
    project.run(&["validate", "--date", "2027-04-01"]).exits(0);
}

#[test]
fn a_rendered_policy_that_nothing_runs_fails() {
    let project = project_rendered();
    let verified = |project: &Project| run(project, &["check", "--format", "json"]).json()["summary"]["verified"].as_u64().unwrap();
    run(&project, &["check"]).exits(0);
    assert_eq!(verified(&project), 8);
    project.write(".github/workflows/ci.yml", CI.replace("cargo deny check", "cargo deny check bans licenses sources"));
    assert_eq!(verified(&project), 5, "advisories are checked by nothing");
    project.write(".github/workflows/ci.yml", "on: push\njobs:\n  test:\n    steps:\n      - run: cargo test\n");
    assert_eq!(verified(&project), 0);
    assert_snapshot!("policy_not_run", run(&project, &["check"]).exits(1).shown(&project));
    project.write(".github/workflows/ci.yml", CI.replace("cargo deny check", "cargo deny check || true"));
    assert_snapshot!("policy_void", run(&project, &["check"]).exits(1).shown(&project));
    std::fs::remove_dir_all(project.path().join(".github")).unwrap();
    assert_snapshot!("policy_run_not_seen", run(&project, &["check"]).exits(0).shown(&project));
}

#[test]
fn an_audit_toml_is_rendered_on_request_and_must_be_run_then() {
    let project = project_rendered();
    assert!(!project.path().join(".cargo/audit.toml").exists());
    project.edit("secgen.yaml", "{ out: . }", "{ out: ., audit: true }");
    run(&project, &["render"]).exits(0);
    let check = run(&project, &["check"]);
    check.exits(1);
    assert!(check.out.contains("nothing runs cargo-audit: .cargo/audit.toml is a policy"), "{}", check.out);
    project.write(".github/workflows/ci.yml", format!("{CI}      - run: cargo audit\n"));
    run(&project, &["check"]).exits(0);
}
