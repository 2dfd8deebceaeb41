//! Layers, environments, scopes, and the reasons for what is weaker.

use super::project::Project;
use insta::assert_snapshot;

const BASE: &str = "version: 1\nservice: a\nextends: [\"secgen:recommended@2026-11\"]\n";

#[test]
fn weaker_than_a_layer_needs_a_reason() {
    let spec = format!("{BASE}http: {{ headers: {{ hsts: {{ max_age: 30d }} }} }}\ntargets: {{ nginx: {{ out: n }} }}\n");
    let project = Project::with_spec(&spec);
    assert_snapshot!("weaker_layer", project.run(&["validate"]).exits(2).shown(&project));
    project.write(
        "secgen.yaml",
        format!("{spec}weakens: {{ http.headers.hsts: {{ reason: new site, until: 2026-12-31 }}, tls.min_version: {{ reason: none }} }}\n"),
    );
    let run = project.run(&["validate"]);
    run.exits(0);
    assert!(run.out.contains("weakens.tls.min_version") && run.out.contains("not needed"), "{}", run.out);
    let late = project.command(&["--date", "2027-01-01", "validate"]).output().unwrap();
    assert_eq!(late.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&late.stdout).contains("this reason ended on 2026-12-31"));
}

#[test]
fn stricter_needs_none() {
    let project =
        Project::with_spec(&format!("{BASE}http: {{ headers: {{ hsts: {{ max_age: 730d }}, framing: deny }} }}\ntargets: {{ nginx: {{ out: n }} }}\n"));
    project.run(&["validate"]).exits(0);
}

#[test]
fn environments_have_their_own_policy_and_folder() {
    let spec = format!(
        "{BASE}tls: {{ min_version: TLSv1.3, profile: {{ mozilla: modern, guideline: \"6.0\" }} }}\ntargets: {{ nginx: {{ out: \"n/{{env}}\" }} }}\nenvironments:\n  prod: {{}}\n  dev:\n    tls: {{ min_version: TLSv1.2, profile: {{ mozilla: intermediate, guideline: \"6.0\" }} }}\n    weakens: {{ tls.min_version: {{ reason: test clients }}, tls.profile: {{ reason: test clients }} }}\n"
    );
    let project = Project::with_spec(&spec);
    project.run(&["render"]).exits(0);
    assert!(project.read("n/prod/tls.conf").contains("ssl_protocols TLSv1.3;"));
    assert!(project.read("n/dev/tls.conf").contains("ssl_protocols TLSv1.2 TLSv1.3;"));
    assert!(project.read("n/dev/tls.conf").contains("(env dev, target nginx)"));
    project.run(&["check"]).exits(0);
    project.run(&["check", "--env", "dev"]).exits(0);
    let shown = project.run(&["spec", "show", "--env", "dev"]);
    shown.exits(0);
    assert!(shown.out.contains("tls.min_version: TLSv1.2") && shown.out.contains("secgen.yaml:9"), "{}", shown.out);
    // Without a reason the environment is refused.
    project.edit("secgen.yaml", "    weakens: { tls.min_version: { reason: test clients }, tls.profile: { reason: test clients } }\n", "");
    let run = project.run(&["validate"]);
    run.exits(2);
    assert!(run.out.contains("tls.min_version of environment dev is weaker"), "{}", run.out);
}

#[test]
fn two_environments_must_not_share_a_path_with_other_bytes() {
    let project = Project::with_spec(&format!(
        "{BASE}targets: {{ nginx: {{ out: n }} }}\nenvironments:\n  prod: {{}}\n  dev: {{ http: {{ headers: {{ framing: deny }} }} }}\n"
    ));
    assert_snapshot!("shared_output", project.run(&["render"]).exits(2).shown(&project));
    assert!(!project.path().join("n").exists());
}

/// `remove` of `http.headers` is a list of headers; beside nothing else it looks like a change of a list, and is none.
#[test]
fn headers_to_remove_are_no_change_of_a_list() {
    let spec = "version: 1\nservice: a\nhttp: { headers: { remove: [Server] } }\ntargets: { nginx: { out: \"n/{env}\", version: \"1.26\" } }\n\
        environments:\n  prod: { http: { headers: { remove: [Server, X-Powered-By] } } }\n  dev: { http: { headers: { remove: { add: [Via] } } } }\n";
    let project = Project::with_spec(spec);
    let shown = project.run(&["spec", "show"]);
    shown.exits(0);
    assert!(shown.out.contains("http.headers.remove: [Server, X-Powered-By]") && shown.out.contains("http.headers.remove: [Server, Via]"), "{}", shown.out);
}

#[test]
fn sets_are_changed_by_add_and_remove() {
    let project = Project::empty();
    project.write("org.yaml", "dependencies: { licenses: { allow: [MIT, Apache-2.0, ISC] } }\n");
    let spec = "version: 1\nservice: a\nextends: [org.yaml]\ndependencies: { licenses: { allow: { remove: [ISC] } } }\ntargets: { cargo: { out: . } }\n";
    project.write("secgen.yaml", spec);
    let shown = project.run(&["spec", "show"]);
    shown.exits(0);
    assert!(shown.out.contains("dependencies.licenses.allow: [MIT, Apache-2.0]"), "{}", shown.out);
    project.write("secgen.yaml", spec.replace("remove: [ISC]", "remove: [GPL-3.0]"));
    assert!(project.run(&["validate"]).exits(2).out.contains("removes a member that the layer below does not have"));
    project.write("secgen.yaml", spec.replace("remove: [ISC]", "add: [BSD-3-Clause]"));
    assert!(project.run(&["validate"]).exits(2).out.contains("dependencies.licenses.allow"));
    project.write("secgen.yaml", "version: 1\nservice: a\ndependencies: { licenses: { allow: { add: [MIT] } } }\ntargets: { cargo: { out: . } }\n");
    assert!(project.run(&["validate"]).exits(2).out.contains("no layer below has that list"));
}

#[test]
fn layers_in_a_circle_or_out_of_the_root() {
    let project = Project::empty();
    project.write("a.yaml", "extends: [b.yaml]\n");
    project.write("b.yaml", "extends: [a.yaml]\n");
    project.write("secgen.yaml", "version: 1\nservice: a\nextends: [a.yaml]\ntargets: { cargo: { out: . } }\n");
    assert!(project.run(&["validate"]).exits(2).out.contains("extends itself"));
    project.write("secgen.yaml", "version: 1\nservice: a\nextends: [missing.yaml]\ntargets: { cargo: { out: . } }\n");
    assert!(project.run(&["validate"]).exits(2).out.contains("missing.yaml does not exist"));
    project.write("a.yaml", "version: 1\nservice: b\n");
    project.write("secgen.yaml", "version: 1\nservice: a\nextends: [a.yaml]\ntargets: { cargo: { out: . } }\n");
    assert!(project.run(&["validate"]).exits(2).out.contains("must not hold"));
}

#[test]
fn an_intent_without_a_target_is_unenforced_and_fails() {
    let project = Project::with_spec("version: 1\nservice: a\npostgres: { settings: { ssl: \"on\" } }\ntargets: { cargo: { out: . } }\n");
    project.run(&["render"]).exits(0);
    let run = project.run(&["check"]);
    run.exits(1);
    assert!(run.out.contains("postgres.settings.ssl is required, but no listed target carries it"), "{}", run.out);
}

/// Each kind of value has its direction, in environments and scopes.
#[test]
fn headers_cookies_and_other_origins_have_a_direction() {
    let spec = r#"version: 1
service: a
http:
  headers: { permissions_policy: { camera: [] }, coop: same-origin, coep: require-corp, corp: same-site, cache: no-store, remove: [Server, Via] }
  cookies: { a: { name: a, secure: true, http_only: true, same_site: lax } }
  cors: { a: { match: { prefix: /a/ }, origins: ["https://a.example"] } }
tls: { groups: [X25519], session_tickets: false }
targets: { nginx: { out: "n/{env}", version: "1.26" } }
scopes:
  open: { match: { prefix: /open/ }, http: { headers: { corp: cross-origin, coop: unsafe-none } } }
  shut: { match: { prefix: /shut/ }, http: { headers: { corp: same-origin, permissions_policy: { camera: [], usb: [] } } } }
environments:
  prod: { http: { headers: { corp: same-origin }, cookies: { a: { same_site: strict } } } }
  dev:
    http:
      headers: { permissions_policy: { camera: [self] }, cache: private, remove: [Server] }
      cookies: { a: { http_only: false } }
      cors: { a: { origins: { add: ["https://b.example"] } } }
    tls: { groups: [X25519, X448], session_tickets: true }
"#;
    let project = Project::with_spec(spec);
    let run = project.run(&["validate"]);
    run.exits(2);
    let weaker: Vec<&str> = run.out.lines().filter_map(|line| line.strip_prefix("error[layer-weakens]: ")?.split(" is weaker").next()).collect();
    let mut expected = vec![
        "http.cookies.a of environment dev",
        "http.cors.a of environment dev",
        "http.headers.cache of environment dev",
        "http.headers.coop of scope open",
        "http.headers.corp of scope open",
        "http.headers.permissions_policy of environment dev",
        "http.headers.remove of environment dev",
        "tls.groups of environment dev",
        "tls.session_tickets of environment dev",
    ];
    let mut found: Vec<&str> = weaker.into_iter().collect();
    found.sort_unstable();
    found.dedup();
    expected.sort_unstable();
    assert_eq!(found, expected, "{}", run.out);
    // What a later version will know is refused by name.
    project.edit("secgen.yaml", "remove: [Server, Via] }", "remove: [Server, Via], extra: {} }");
    let run = project.run(&["validate"]);
    run.exits(2);
    assert!(run.out.contains("http.headers.extra") && run.out.contains("not supported yet"), "{}", run.out);
}
