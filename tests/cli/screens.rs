//! Screens as a user sees them, as snapshots. `INSTA_UPDATE=always` rewrites them; read every word of the difference.

use super::project::Project;
use insta::assert_snapshot;

#[test]
fn the_quickstart_renders_and_checks_clean() {
    let project = Project::example("quickstart");
    let render = project.run(&["render"]);
    assert_snapshot!("quickstart_render", render.exits(0).shown(&project));
    let check = project.run(&["check"]);
    assert_snapshot!("quickstart_check", check.exits(0).shown(&project));
    let readme = std::fs::read_to_string(crate::support::project().join("README.md")).unwrap();
    assert!(readme.contains(&format!("```text\n{}\n```", check.out.trim_end())), "README.md shows another screen than\n{}", check.out);
    let before = project.files();
    assert_snapshot!("quickstart_render_again", project.run(&["render"]).exits(0).shown(&project));
    assert_eq!(before, project.files());
    assert_snapshot!("quickstart_spec_show", project.run(&["spec", "show"]).exits(0).shown(&project));
}

/// No intent counts twice: verified and merely rendered are apart, and together no more than all.
#[test]
fn an_intent_that_one_target_only_renders_is_not_verified() {
    let project =
        Project::with_spec("version: 1\nservice: a\nextends: [\"secgen:recommended@2026-11\"]\ntargets: { nginx: { out: n }, postgres: { out: p } }\n");
    project.run(&["render"]).exits(0);
    let run = project.run(&["check"]);
    assert!(run.exits(0).out.contains("intents  39, 0 verified in 0 checked sources, 39 rendered"), "{}", run.out);
    // nginx shows TLS in force now; nothing shows it for PostgreSQL.
    project.write("nginx.conf", "events {}\nhttp {\n include n/tls.conf;\n server { listen 443 ssl; include n/security-headers.conf; }\n}\n");
    project.edit("secgen.yaml", "nginx: { out: n }", "nginx: { out: n, check: [nginx.conf] }");
    let json = project.run(&["check", "--format", "json"]).json();
    let verdict =
        |target: &str| json["checks"].as_array().unwrap().iter().find(|c| c["intent"] == "tls.min_version" && c["target"] == target).cloned().unwrap();
    assert_eq!((verdict("nginx")["verdict"].as_str(), verdict("postgres")["verdict"].as_str()), (Some("equal"), Some("rendered")));
    let run = project.run(&["check"]);
    assert!(run.out.contains("intents  39, 6 verified in 3 checked sources, 33 rendered"), "{}", run.out);
}

#[test]
fn rendering_twice_touches_nothing_and_two_processes_give_the_same_bytes() {
    let (one, two) = (Project::example("quickstart"), Project::example("quickstart"));
    one.run(&["render"]).exits(0);
    two.run(&["render"]).exits(0);
    assert_eq!(one.files(), two.files());
    let stamp = |p: &Project| std::fs::metadata(p.path().join("deny.toml")).unwrap().modified().unwrap();
    let before = stamp(&one);
    std::thread::sleep(std::time::Duration::from_millis(20));
    one.run(&["render"]).exits(0);
    assert_eq!(before, stamp(&one));
}

#[test]
fn the_json_report_is_as_its_published_schema_says() {
    let committed = std::fs::read_to_string(crate::support::project().join("schemas/secgen-report.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&committed).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let valid = |report: &serde_json::Value| {
        let errors: Vec<String> = validator.iter_errors(report).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    };
    let project = Project::example("quickstart");
    project.run(&["render"]).exits(0);
    let clean = project.run(&["check", "--format", "json"]);
    clean.exits(0);
    valid(&clean.json());
    assert_eq!(clean.json()["exit"], 0);
    project.edit("deploy/nginx/secgen/tls.conf", "ssl_protocols TLSv1.3", "ssl_protocols TLSv1.2 TLSv1.3");
    project.edit("deploy/postgres/postgresql.conf", "max_connections = 100", "max_connections = 100\npassword_encryption = md5");
    let weak = project.run(&["check", "--format", "json"]);
    weak.exits(1);
    valid(&weak.json());
    project.write("secgen.yaml", "version: 1\n");
    let broken = project.run(&["check", "--format", "json"]);
    broken.exits(2);
    valid(&broken.json());
    assert!(broken.json()["spec"].is_null());
}

#[test]
fn the_published_schema_of_the_report_is_fresh() {
    let path = crate::support::project().join("schemas/secgen-report.schema.json");
    let fresh = format!("{:#}\n", secgen::report::json::schema());
    if std::env::var_os("SECGEN_BLESS").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), fresh, "run SECGEN_BLESS=1 cargo test to refresh schemas/");
}

#[test]
fn both_formats_give_the_same_exit_code_and_findings() {
    let project = Project::example("quickstart");
    project.run(&["render"]).exits(0);
    project.edit("deploy/nginx/nginx.conf", "include /etc/nginx/secgen/security-headers.embed.conf;", "add_header X-A b;");
    for gate in ["none", "security", "standard", "strict"] {
        let text = project.run(&["check", "--fail-on", gate]);
        let json = project.run(&["check", "--fail-on", gate, "--format", "json"]);
        assert_eq!(text.code, json.code, "{gate}");
        assert_eq!(json.json()["exit"].as_i64(), json.code.map(i64::from), "{gate}");
        let failing = json.json()["findings"].as_array().unwrap().iter().filter(|f| f["level"] == "failure").count();
        assert_eq!(text.out.matches("error[").count(), failing, "{gate}");
    }
}

#[test]
fn a_location_that_cuts_off_the_headers() {
    let project = Project::example("quickstart");
    project.run(&["render"]).exits(0);
    let line = "            include /etc/nginx/secgen/security-headers.conf;\n            add_header Cache-Control";
    project.edit("deploy/nginx/nginx.conf", line, "            add_header Cache-Control");
    let run = project.run(&["check"]);
    assert_snapshot!("header_cut_by_location", run.exits(1).shown(&project));
    assert_snapshot!("header_cut_by_location_quiet", project.run(&["check", "-q"]).exits(1).shown(&project));
}

#[test]
fn a_setting_overridden_by_a_later_line() {
    let project = Project::example("quickstart");
    project.run(&["render"]).exits(0);
    let conf = project.read("deploy/postgres/postgresql.conf");
    project.write("deploy/postgres/postgresql.conf", format!("{conf}password_encryption = md5\nprimary_conninfo = 'host=a password=hunter2canary'\n"));
    let run = project.run(&["check", "-v"]);
    assert!(!run.out.contains("hunter2canary"));
    assert_snapshot!("setting_overridden", project.run(&["check"]).exits(1).shown(&project));
}

#[test]
fn many_errors_of_a_spec_at_once() {
    let project = Project::with_spec(
        "version: 1\nservice: payments api\nextends: [\"secgen:recommended@2020-01\"]\nhttp:\n  headers:\n    hsts: { max_agee: 365d, max_age: 1 }\n    framing: allow\n    csp: { directives: { default-src: ['self'], img-src: [none, https:] } }\ntls: { min_version: 1.2 }\noperations: { daily: [a] }\nrate_limits: { store: { redis: x }, limits: { api: { requests: 0, per: 1h } } }\npostgres: { settings: { sssl: on } }\ntargets: { nginx: { version: 1.26, out: ../etc } }\n",
    );
    assert_snapshot!("spec_errors", project.run(&["validate"]).exits(2).shown(&project));
}

#[test]
fn lints_and_values_that_cannot_be_enforced() {
    let project = Project::with_spec(
        "version: 1\nservice: ghp_0123456789abcdef0123456789abcdef0123\njwt:\n  role: issue\n  access_ttl: 8d\n  refresh_ttl: 7d\n  leeway: 5m\n  sign_with: b\n  keys: { a: { algorithm: HS512, public_key: { env: KEY } } }\nhttp:\n  headers:\n    hsts: { max_age: 30d, preload: true }\n    csp: { directives: { script-src: [self, unsafe-inline, \"https:\"] } }\ntls: { min_version: TLSv1.1, profile: { mozilla: old, guideline: \"6.0\" } }\nrate_limits: { limits: { api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } } } }\npostgres: { settings: { ssl_min_protocol_version: TLSv1.3, primary_conninfo: \"host=a password=hunter2\" } }\ntargets: { nginx: { out: nginx }, rust: { out: src/security } }\n",
    );
    assert_snapshot!("spec_lints", project.run(&["validate"]).exits(2).shown(&project));
}

#[test]
fn init_in_an_empty_folder_is_clean_at_once() {
    let project = Project::empty();
    let init = project.run(&["init"]);
    let shown = init.exits(0).shown(&project);
    assert_snapshot!("init_empty", shown);
    project.run(&["validate"]).exits(0);
    project.run(&["render"]).exits(0);
    project.run(&["check"]).exits(0);
    let again = project.run(&["init"]);
    again.exits(2);
    assert!(again.err.contains("was not touched"), "{}", again.err);
}

/// What stands behind marks of comments is right as it is, but for what only the user knows.
#[test]
fn init_offers_operations_that_work_once_the_marks_are_away() {
    for (file, workflow) in [("Cargo.toml", ".github/workflows/secgen.yml"), (".gitlab-ci.yml", ".gitlab/secgen.yml")] {
        let project = Project::empty();
        project.write(file, if file == "Cargo.toml" { "[package]\nname = \"a\"\nversion = \"0.1.0\"\n" } else { "include: .gitlab/secgen.yml\n" });
        project.run(&["init"]).exits(0);
        let spec = project.read("secgen.yaml");
        let (before, rest) = spec.split_once("# operations:\n").unwrap();
        let (operations, after) = rest.split_once("\n\n").unwrap();
        let operations: Vec<&str> = operations.lines().map(|line| line.strip_prefix("# ").unwrap()).collect();
        let operations = operations.join("\n");
        project.write("secgen.yaml", format!("{before}operations:\n{operations}\n\n{}", after.replace("  # operations: {", "  operations: {")));
        project.run(&["render"]).exits(0);
        for rendered in ["ops/security.mk", "ops/incident-response.md", workflow] {
            assert!(project.path().join(rendered).is_file(), "{rendered}");
        }
        project.run(&["check"]).exits(0);
        project.run(&["tasks", "list"]).exits(0);
    }
}

#[test]
fn init_beside_existing_files_lists_them_and_touches_nothing() {
    let project = Project::empty();
    project.write("deploy/nginx.conf", "events {}\nhttp {\n  server {\n    listen 80;\n    add_header X-Frame-Options DENY;\n  }\n}\n");
    project.write("db/postgresql.conf", "ssl = off\n");
    project.write("Cargo.toml", "[package]\nname = \"a\"\nversion = \"0.1.0\"\n");
    let before = project.files();
    let init = project.run(&["init"]);
    assert_snapshot!("init_existing", init.exits(0).shown(&project));
    let spec = project.read("secgen.yaml");
    assert!(spec.contains("check: [\"deploy/nginx.conf\"]") && spec.contains("check: [\"db/postgresql.conf\"]"), "{spec}");
    let after: Vec<_> = project.files().into_iter().filter(|(p, _)| p != "secgen.yaml").collect();
    assert_eq!(before, after);
    // As many findings as it promised.
    let json = project.run(&["check", "--format", "json"]).json();
    let judged = json["findings"].as_array().unwrap().iter().filter(|f| f["verdict"].is_string() && f["level"] != "note").count();
    assert!(init.out.contains(&format!("expect {judged} finding")), "{judged}: {}", init.out);
}

#[test]
fn a_built_in_profile_needs_no_spec() {
    let project = Project::empty();
    project.write("nginx.conf", "events {}\nhttp {\n  server {\n    listen 443 ssl;\n    server_name a.example;\n    ssl_certificate a.crt;\n    ssl_certificate_key a.key;\n    ssl_protocols TLSv1.1 TLSv1.2;\n    add_header X-Content-Type-Options nosniff always;\n  }\n}\n");
    assert_snapshot!("profile_check", project.run(&["check", "--spec", "secgen:recommended", "nginx.conf"]).exits(1).shown(&project));
    let input = project.read("nginx.conf");
    let piped = project.run_with(&["check", "--spec", "secgen:recommended", "--source", "nginx=-"], input.as_bytes());
    piped.exits(1);
    assert!(piped.out.contains("<stdin>:8"), "{}", piped.out);
}

#[test]
fn a_partial_parse_is_never_a_pass() {
    let project = Project::empty();
    project.write("nginx.conf", "events {}\nhttp {\n  server {\n    listen 80\n    server_name a;\n  }\n");
    assert_snapshot!("nginx_broken", project.run(&["check", "--spec", "secgen:recommended", "nginx.conf", "--fail-on", "none"]).exits(2).shown(&project));
    let none = project.run(&["check", "--spec", "secgen:recommended"]);
    none.exits(2);
    assert!(none.out.contains("there is nothing to check"), "{}", none.out);
    project.run(&["check", "--spec", "secgen:recommended", "missing.conf"]).exits(2);
    project.write("what.ini", "a=b\n");
    project.run(&["check", "--spec", "secgen:recommended", "what.ini"]).exits(2);
}

#[test]
fn misnamed_and_missing_specs() {
    let project = Project::empty();
    assert_snapshot!("no_spec", project.run(&["check"]).exits(2).shown(&project));
    project.write("secgen.yml", "version: 1\n");
    assert_snapshot!("misnamed_spec", project.run(&["check"]).exits(2).shown(&project));
    project.write("secgen.yaml", "version: 1\nservice: a\ntargets: { cargo: { out: . } }\n");
    project.run(&["check"]).exits(2);
    std::fs::remove_file(project.path().join("secgen.yml")).unwrap();
    // From a folder below, the nearest spec up to the root is found.
    project.write("a/b/c.txt", "");
    let output = project.command(&["validate"]).current_dir(project.path().join("a/b")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn usage_errors_exit_2_and_help_has_examples() {
    let project = Project::with_spec("version: 1\nservice: a\ntargets: { nginx: { out: n } }\n");
    project.run(&["chekc"]).exits(2);
    project.run(&["check", "--env", "nope"]).exits(2);
    project.run(&["check", "--date", "tomorrow"]).exits(2);
    project.run(&["render", "--force", "not/there"]).exits(2);
    project.run(&["check", "--source", "apache=x"]).exits(2);
    project.run(&["explain", "no-such-rule"]).exits(2);
    for command in ["init", "validate", "render", "check", "explain", "spec", "schema", "completions", "man"] {
        let help = project.run(&[command, "--help"]);
        help.exits(0);
        assert!(help.out.contains("Example"), "{command}: {}", help.out);
    }
    assert_snapshot!("help", project.run(&["--help"]).exits(0).shown(&project));
}

#[test]
fn completions_and_the_manual_page() {
    let project = Project::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = project.run(&["completions", shell]);
        run.exits(0);
        assert!(run.out.contains("secgen"), "{shell}");
    }
    let man = project.run(&["man"]);
    man.exits(0);
    assert!(man.out.contains(".TH secgen") && man.out.contains("dry\\-run"), "{}", man.out);
}

#[test]
fn every_rule_of_a_finding_can_be_explained() {
    let project = Project::empty();
    for rule in ["header-cut-by-location", "artifact-hand-edited", "layer-weakens", "spec-unknown-key"] {
        let run = project.run(&["explain", rule]);
        run.exits(0);
        assert!(run.out.starts_with(rule) && run.out.len() > 100, "{}", run.out);
    }
}

/// The reviews of real trees in `docs/nginx.md` are what the program says of them. `SECGEN_BLESS=1` writes them anew.
#[test]
fn the_documented_reviews_are_real() {
    let Some(shared) = crate::support::shared("the documented reviews") else { return };
    let corpus = shared.join("corpus/nginx");
    let page = crate::support::project().join("docs/nginx.md");
    let mut text = std::fs::read_to_string(&page).unwrap();
    let yaml = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned();
    let trees = [
        ("h5bp", "h5bp__server-configs-nginx", "conf.d/templates/example.com.conf", "conf.d/example.com.conf"),
        ("lasseh", "lasseh__nginx-conf", "sites-available/grafana.example.com.conf", "sites-enabled/grafana.example.com.conf"),
    ];
    for (name, folder, site, enabled) in trees {
        let project = Project::with_spec(&yaml);
        let root = corpus.join(folder);
        for entry in walkdir::WalkDir::new(&root).into_iter().flatten().filter(|e| e.file_type().is_file()) {
            project.write(entry.path().strip_prefix(&root).unwrap().to_str().unwrap(), std::fs::read(entry.path()).unwrap());
        }
        project.write(enabled, std::fs::read(root.join(site)).unwrap());
        project.run(&["render"]).exits(0);
        let run = project.run(&["check"]);
        let shown: Vec<&str> = run.exits(1).out.lines().map(str::trim_end).collect();
        let mark = format!("<!-- screen: {name} -->\n```text\n");
        let start = text.find(&mark).unwrap() + mark.len();
        let end = start + text[start..].find("```").unwrap();
        let real = shown.join("\n") + "\n";
        if std::env::var_os("SECGEN_BLESS").is_some() {
            text.replace_range(start..end, &real);
        } else {
            assert_eq!(text[start..end], real, "docs/nginx.md shows another screen of {name}; run SECGEN_BLESS=1 cargo test");
        }
    }
    if std::env::var_os("SECGEN_BLESS").is_some() {
        std::fs::write(page, text).unwrap();
    }
}
