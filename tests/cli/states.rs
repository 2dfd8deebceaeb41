//! Every state of a rendered file, with its way out.

use super::project::Project;
use insta::assert_snapshot;

const TLS: &str = "deploy/nginx/secgen/tls.conf";

fn rendered() -> Project {
    let project = Project::example("quickstart");
    project.run(&["render"]).exits(0);
    project
}

fn state(project: &Project, path: &str) -> String {
    let json = project.run(&["check", "--format", "json"]).json();
    let finding = json["findings"].as_array().unwrap().iter().find(|f| f["place"] == path && f["state"].is_string()).cloned();
    finding.map_or_else(|| "in-sync".to_owned(), |f| f["state"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn missing() {
    let project = rendered();
    std::fs::remove_file(project.path().join("deny.toml")).unwrap();
    assert_eq!(state(&project, "deny.toml"), "missing");
    project.run(&["check"]).exits(1);
    project.run(&["check", "--fail-on", "security"]).exits(0);
    project.run(&["render", "--dry-run"]).exits(1);
    project.run(&["render"]).exits(0);
    project.run(&["check"]).exits(0);
}

#[test]
fn stale_after_a_change_of_the_spec() {
    let project = rendered();
    project.edit("secgen.yaml", "access_ttl: 1h", "access_ttl: 30m");
    assert_eq!(state(&project, "src/security/policy.rs"), "stale");
    assert_snapshot!("stale_diff", project.run(&["check", "--diff"]).exits(1).shown(&project));
    assert_snapshot!("stale_dry_run", project.run(&["render", "--dry-run"]).exits(1).shown(&project));
    project.run(&["render"]).exits(0);
    project.run(&["check"]).exits(0);
}

#[test]
fn hand_edited_is_judged_by_value_and_never_overwritten() {
    let project = rendered();
    project.edit(TLS, "ssl_protocols TLSv1.3", "ssl_protocols TLSv1.2 TLSv1.3");
    assert_eq!(state(&project, TLS), "hand-edited");
    assert_snapshot!("hand_edited", project.run(&["check", "--diff"]).exits(1).shown(&project));
    let before = project.files();
    assert_snapshot!("hand_edited_render", project.run(&["render"]).exits(2).shown(&project));
    assert_eq!(before, project.files());
    project.run(&["render", "--force", TLS]).exits(0);
    project.run(&["check"]).exits(0);
}

#[test]
fn an_edit_with_a_fitting_digest_is_an_edit_all_the_same() {
    let project = rendered();
    project.edit(TLS, "ssl_protocols TLSv1.3", "ssl_protocols TLSv1.2 TLSv1.3");
    let text = project.read(TLS);
    let target = secgen::targets::by_name("nginx").unwrap();
    let body = secgen::render::header::digest(&target.canonical("tls", &text).unwrap());
    let old = secgen::render::header::parse(&text).unwrap();
    // As an old layout revision of the same policy: the strongest disguise that a header allows.
    let disguised = text.replace(&old.body, &body).replace(&format!("rev={}", old.revision), "rev=0");
    project.write(TLS, disguised);
    assert_eq!(state(&project, TLS), "hand-edited");
    project.run(&["check"]).exits(1);
}

/// The same policy in an older layout: a note, and the next render brings the new one.
#[test]
fn outdated() {
    const MOD: &str = "src/security/mod.rs";
    let project = rendered();
    let text = project.read(MOD).replace("a service need not use all of it", "not every service uses all");
    let target = secgen::targets::by_name("rust").unwrap();
    let body = secgen::render::header::digest(&target.canonical("mod", &text).unwrap());
    let new = secgen::render::header::parse(&text).unwrap();
    assert_ne!(body, new.body);
    project.write(MOD, text.replace(&new.body, &body).replace(&format!("rev={}", new.revision), "rev=0"));
    assert_eq!(state(&project, MOD), "outdated");
    project.run(&["check"]).exits(0);
    project.run(&["check", "--fail-on", "strict"]).exits(1);
    project.run(&["render"]).exits(0);
    assert_eq!(state(&project, MOD), "in-sync");
}

#[test]
fn a_hand_edit_that_keeps_every_value_is_one_still() {
    let project = rendered();
    let text = project.read("deny.toml");
    project.write("deny.toml", text.replace("[advisories]", "[advisories]\n# a comment of mine"));
    assert_eq!(state(&project, "deny.toml"), "in-sync");
    project.run(&["check"]).exits(0);
}

#[test]
fn line_ends_and_layout_are_no_edits() {
    let project = rendered();
    for path in [TLS, "deploy/postgres/secgen/alter-system.sql", "src/security/policy.rs", "deny.toml"] {
        let text = project.read(path);
        project.write(path, text.replace('\n', "\r\n"));
        assert_eq!(state(&project, path), "in-sync", "{path}");
    }
    project.run(&["check"]).exits(0);
    project.run(&["check", "--fail-on", "strict"]).exits(1);
    let before = project.files();
    project.run(&["render"]).exits(0);
    assert_eq!(before, project.files());
}

#[test]
fn conflicted() {
    let project = rendered();
    let text = project.read(TLS);
    project.write(TLS, format!("{text}<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n"));
    assert_eq!(state(&project, TLS), "conflicted");
    project.run(&["render"]).exits(2);
}

#[test]
fn unmanaged() {
    let project = Project::example("quickstart");
    project.write("deny.toml", "[licenses]\nallow = []\n");
    assert_eq!(state(&project, "deny.toml"), "unmanaged");
    let before = project.files();
    assert_snapshot!("unmanaged_render", project.run(&["render"]).exits(2).shown(&project));
    assert_eq!(before, project.files());
    project.run(&["render", "--force", "deny.toml"]).exits(0);
}

#[test]
fn orphaned_files_are_removed_unless_they_were_edited() {
    let project = rendered();
    let login = "    login: { requests: 10, per: 1m, key: client_ip, match: { exact: /login } }\n";
    project.edit("secgen.yaml", login, "");
    project.edit("deploy/nginx/nginx.conf", "            include /etc/nginx/secgen/rate-limit.login.conf;\n", "");
    let path = "deploy/nginx/secgen/rate-limit.login.conf";
    assert_eq!(state(&project, path), "orphaned");
    let text = project.read(path);
    project.write(path, text.replace("limit_req ", "limit_req_dry_run on; limit_req "));
    project.run(&["render"]).exits(2);
    project.write(path, &text);
    let run = project.run(&["render"]);
    run.exits(0);
    assert!(!project.path().join(path).exists(), "{}", run.err);
    project.run(&["check"]).exits(0);
}

#[test]
fn a_lock_with_foreign_paths_removes_nothing() {
    let project = rendered();
    project.write("mine.txt", "precious");
    project.write("deploy/own.conf", "# secgen:v1 body=sha256:00 policy=sha256:00 rev=1\nprecious\n");
    let lock = project.read("secgen.lock");
    project.write("secgen.lock", format!("{lock}nginx mine.txt\nnginx ../outside\nnginx /etc/passwd\nnginx deploy/own.conf\nnope x\n"));
    project.run(&["render"]).exits(0);
    assert_eq!(project.read("mine.txt"), "precious");
    assert!(project.path().join("deploy/own.conf").exists());
}

#[test]
fn unreadable_is_exit_2_and_the_rest_of_the_report_is_complete() {
    let project = rendered();
    std::fs::remove_file(project.path().join("deny.toml")).unwrap();
    std::fs::create_dir(project.path().join("deny.toml")).unwrap();
    project.edit(TLS, "ssl_protocols TLSv1.3", "ssl_protocols TLSv1.2 TLSv1.3");
    let run = project.run(&["check"]);
    run.exits(2);
    assert!(run.out.contains("deny.toml is a folder") && run.out.contains("was edited by hand"), "{}", run.out);
}

/// The digest in the header is that of the file without its comments, whatever the kind.
#[test]
fn a_comment_more_is_no_edit_in_any_file() {
    let project = rendered();
    let lock = project.read("secgen.lock");
    let paths: Vec<&str> = lock.split_ascii_whitespace().filter(|word| project.path().join(word).is_file()).collect();
    assert!(paths.len() >= 21, "{lock}");
    for path in paths {
        let comment = match path.rsplit('.').next().unwrap() {
            "rs" => "//",
            "sql" => "--",
            _ => "#",
        };
        let text = project.read(path);
        std::fs::write(project.path().join(path), format!("{text}{comment} seen by the reviewers\n")).unwrap();
    }
    let json = project.run(&["check", "--format", "json"]).exits(0).json();
    let notes = json["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "artifact-reformatted").count();
    assert_eq!(notes, 21, "{json:#}");
}

/// A rendered deny.toml is in force where it lies, and so is what cargo-deny reads beside it.
#[test]
fn exceptions_beside_a_rendered_deny_toml_count() {
    let project = rendered();
    project.run(&["check"]).exits(0);
    project.write("deny.exceptions.toml", "exceptions = [{ crate = \"readline\", allow = [\"GPL-3.0-only\"] }]\n");
    let run = project.run(&["check"]);
    assert!(run.exits(1).out.contains("deny.exceptions.toml:1"), "{}", run.out);
    assert_snapshot!("deny_exceptions", run.shown(&project));
}

/// What was added without a key in the spec, and what no longer parses, are said so that one finds them.
#[test]
fn edits_that_the_spec_has_no_key_for() {
    let project = rendered();
    let text = project.read("deny.toml");
    for (path, rest) in [
        ("deny.toml", "[graph]"),
        (TLS, "ssl_ciphers \"a"),
        ("deploy/postgres/secgen/conf.d/90-secgen.conf", "a = b c"),
        ("deploy/postgres/secgen/alter-system.sql", "SELECT 'x;"),
        ("src/security/jwt.rs", "fn x( {"),
    ] {
        let text = project.read(path);
        project.write(path, format!("{text}{rest}\n"));
        let json = project.run(&["check", "--format", "json"]).json();
        let finding = json["findings"].as_array().unwrap().iter().find(|f| f["place"] == path && f["state"] == "hand-edited").unwrap().clone();
        let line = text.lines().count() + 1;
        assert!(finding["message"].as_str().unwrap().contains(&format!("read any more: line {line}: ")), "{finding:#}");
        project.write(path, text);
    }
    project.write("deny.toml", text.replace("all-features = true", "all-features = false"));
    let edited = project.run(&["check"]);
    assert!(edited.exits(1).out.contains("= help: move the change into the spec, if it is meant to stay"), "{}", edited.out);
}
