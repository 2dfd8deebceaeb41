//! The runbook, `security.txt`, and files that are written once: what they hold, what is kept, what is told; and that no value
//! becomes more than text when GitHub's own Markdown renders it.

use crate::cli::project::Project;
use std::process::Command;

const SPEC: &str = r#"version: 1
service: payments-api
operations:
  incident_response: { contact: security@example.com, notify: { authority: { within: 72h } } }
  security_txt: { expires: 2027-06-30, policy: "https://example.com/security", languages: [en, de] }
dependencies: { advisories: { yanked: deny } }
targets:
  cargo: { out: . }
  operations: { out: ops }
"#;
const RUNBOOK: &str = "ops/incident-response.md";
const TXT: &str = "ops/security.txt";

fn rendered(spec: &str) -> Project {
    let project = Project::with_spec(spec);
    project.run(&["render"]).exits(0);
    project
}

/// Whether a check has a finding of a rule whose message holds something.
fn has(project: &Project, args: &[&str], rule: &str, words: &str) -> bool {
    let all: Vec<&str> = ["check", "--format", "json"].into_iter().chain(args.iter().copied()).collect();
    let report = project.run(&all).json();
    let findings = report["findings"].as_array().unwrap().clone();
    findings.iter().any(|f| f["rule"] == rule && f["message"].as_str().unwrap().contains(words))
}

#[track_caller]
fn finds(project: &Project, rule: &str, words: &str) {
    assert!(has(project, &[], rule, words), "no {rule} with {words:?}:\n{}", project.run(&["check"]).out);
}

#[test]
fn what_is_rendered_is_in_sync_and_checked() {
    let project = rendered(SPEC);
    let check = project.run(&["check", "--format", "json"]);
    let report = check.json();
    let of = |key: &str| {
        report["checks"].as_array().unwrap().iter().filter(|c| c["intent"] == key).map(|c| c["verdict"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("operations.incident_response.contact"), ["equal"]);
    assert_eq!(of("operations.incident_response.severities.critical"), ["equal"]);
    assert_eq!(of("operations.write_once.security-md"), ["equal"]);
    assert_eq!(of("operations.write_once.dependabot"), ["equal"]);
    // Nobody knows whether it is served.
    assert_eq!(of("operations.security_txt.expires"), ["rendered"]);
    let txt = project.read(TXT);
    assert!(
        txt.ends_with(
            "Contact: mailto:security@example.com\nExpires: 2027-06-30T23:59:59Z\nPolicy: https://example.com/security\nPreferred-Languages: de, en\n"
        ),
        "{txt}"
    );
    project.run(&["render", "--dry-run"]).exits(0);
}

#[test]
fn a_runbook_has_only_what_the_spec_has() {
    let bare = rendered(SPEC).read(RUNBOOK);
    for absent in ["JWT", "jwt", "refresh_families", "psql", "nginx", "lockout", "| Limit |"] {
        assert!(!bare.contains(absent), "{absent}:\n{bare}");
    }
    let more = "jwt: { role: issue, issuer: https://a.example.com, audience: https://a.example.com, access_ttl: 15m, refresh_ttl: 7d, sign_with: k2, keys: { k2: { algorithm: EdDSA, private_key: { env: K2_PRIVATE }, public_key: { env: K2_PUBLIC } } } }\n\
                rate_limits: { store: memory, limits: { login: { requests: 10, per: 1m, key: client_ip, match: { exact: /login } }, api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } } } }\n";
    let full = rendered(&format!("{SPEC}{more}").replace("targets:", "targets:\n  rust: { out: src/security }")).read(RUNBOOK);
    for present in [
        "verify_until",
        "at once",
        "refresh_families",
        "| `login` | `10 in 1m` | `/login` | `rate_limits.limits.login.requests` |",
        "| `api` | `100 in 1h` | `/api/*` |",
        "openssl genpkey -algorithm ed25519",
        "K2_PRIVATE",
        "7d from the deployment",
        "Detection (CSF: Detect)",
        "Analysis (CSF: Detect, Respond)",
        "Containment (CSF: Respond)",
        "Eradication (CSF: Respond)",
        "Recovery (CSF: Recover)",
        "Documentation and lessons learned (CSF: Identify, Govern)",
        "secgen check",
    ] {
        assert!(full.contains(present), "{present}:\n{full}");
    }
}

#[test]
fn what_users_wrote_survives_and_is_no_edit() {
    let project = rendered(SPEC);
    project.edit(RUNBOOK, "<!-- user:begin containment -->\n", "<!-- user:begin containment -->\nCall the bank.\n\n## Not a phase\n");
    project.run(&["render", "--dry-run"]).exits(0);
    assert!(!has(&project, &[], "artifact-hand-edited", ""));
    project.edit("secgen.yaml", "security@example.com", "help@example.com");
    project.run(&["render"]).exits(0);
    let text = project.read(RUNBOOK);
    assert!(text.contains("Call the bank.\n\n## Not a phase\n<!-- user:end -->") && text.contains("<help@example.com>"), "{text}");
    // An edit elsewhere is dropped by force, and what is between marks is not.
    project.edit(RUNBOOK, "Do not reboot, do not delete.", "Reboot.");
    finds(&project, "artifact-hand-edited", "incident-response.md:Incident response: `payments-api` changed");
    project.run(&["render"]).exits(2);
    project.run(&["render", "--force", RUNBOOK]).exits(0);
    let text = project.read(RUNBOOK);
    assert!(text.contains("Call the bank.") && text.contains("Do not reboot"), "{text}");
}

#[test]
fn marks_that_do_not_fit_are_refused_and_nothing_is_lost() {
    for (from, to, why) in [
        ("<!-- user:begin analysis -->\n<!-- user:end -->", "<!-- user:begin analysis -->\nmine", "user:begin analysis"),
        ("<!-- user:begin analysis -->\n", "<!-- user:begin analysis -->\n<!-- user:begin inner -->\n<!-- user:end -->\n", "begins inside analysis"),
        ("<!-- user:begin analysis -->", "<!-- user:begin notes -->", "no place for the user text notes"),
        ("<!-- user:begin analysis -->", "<!-- user:begin recovery -->", "a second time"),
        ("<!-- user:begin analysis -->\n", "", "never began"),
    ] {
        let project = rendered(SPEC);
        project.edit(RUNBOOK, from, to);
        project.edit("secgen.yaml", "security@example.com", "help@example.com");
        let before = project.files();
        for args in [&["render"][..], &["render", "--force", RUNBOOK]] {
            let run = project.run(args);
            run.exits(2);
            assert!(run.out.contains("runbook-marks-broken") || run.err.contains("runbook-marks-broken"), "{why}: {}{}", run.out, run.err);
            if why != "user:begin analysis" {
                assert!(format!("{}{}", run.out, run.err).contains(why), "{why}: {}{}", run.out, run.err);
            }
            assert_eq!(project.files(), before);
        }
        project.run(&["check"]).exits(2);
    }
}

#[test]
fn a_runbook_that_names_somebody_else_is_told_by_value() {
    let project = rendered(SPEC);
    project.edit(RUNBOOK, "<security@example.com>", "<old@example.com>");
    finds(&project, "runbook-differs", "old@example.com");
    let project = rendered(SPEC);
    project.edit(RUNBOOK, "| critical | 15m |", "| critical | 3d |");
    finds(&project, "runbook-differs", "259200 s");
    project.run(&["check"]).exits(1);
}

#[test]
fn security_txt_fails_when_it_is_over_and_warns_before() {
    let project = rendered(SPEC);
    let on = |day: &str, rule: &str| {
        let output = project.command(&["--date", day, "check", "--format", "json"]).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = report["findings"].as_array().unwrap().iter().any(|f| f["rule"] == rule);
        (output.status.code(), found)
    };
    assert_eq!(on("2027-05-30", "security-txt-expires-soon"), (Some(0), false));
    assert_eq!(on("2027-05-31", "security-txt-expires-soon"), (Some(0), true));
    assert_eq!(on("2027-06-30", "security-txt-expires-soon"), (Some(0), true));
    assert_eq!(on("2027-07-01", "security-txt-expired"), (Some(1), true));
    assert_eq!(on("2026-06-01", "security-txt-expires-late"), (Some(0), true));
}

#[test]
fn a_hand_written_security_txt_is_read() {
    let spec = "version: 1\nservice: payments-api\ntargets: { operations: { check: [static/.well-known/security.txt] } }\n";
    let project = Project::with_spec(spec);
    let path = "static/.well-known/security.txt";
    for (text, rule, words) in [
        ("Contact: security@example.com\nExpires: 2027-06-30T00:00:00Z\n", "security-txt-invalid", "Contact is no URI"),
        ("Contact: mailto:security@example.com\n", "security-txt-invalid", "no Expires"),
        ("Contact: mailto:a@example.com\nExpires: 2027-06-30T00:00:00Z\nExpires: 2028-06-30T00:00:00Z\n", "security-txt-invalid", "more than once"),
        ("Contact: mailto:a@example.com\nExpires: 2026-10-01T00:00:00Z\n", "security-txt-expired", "expired on 2026-10-01"),
    ] {
        project.write(path, text);
        finds(&project, rule, words);
        project.run(&["check"]).exits(1);
    }
    project.write(path, "Contact: mailto:a@example.com\nExpires: 2027-06-30T00:00:00Z\n");
    project.run(&["check"]).exits(0);
    // With a spec, what is served is held against it.
    project.write("secgen.yaml", spec.replace("targets:", "operations: { security_txt: { contact: [security@example.com], expires: 2027-06-30 } }\ntargets:"));
    finds(&project, "security-txt-differs", "mailto:a@example.com");
}

/// Whoever names a file wants it looked at: what secgen cannot read is never passed over.
#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let project = Project::with_spec("version: 1\nservice: payments-api\ntargets: { operations: { check: [docs/notes.md] } }\n");
    project.write("docs/notes.md", "Contact: mailto:a@example.com\n");
    let said = |words: &str| {
        let run = project.run(&["check"]);
        assert!(run.exits(2).out.contains("error[input-unreadable]") && run.out.contains(words), "{}", run.out);
    };
    said("docs/notes.md is no file of operations that secgen knows by its name");
    // A pattern may meet files that are about something else.
    project.write("docs/security.txt", "Contact: mailto:a@example.com\nExpires: 2027-06-30T00:00:00Z\n");
    project.edit("secgen.yaml", "docs/notes.md", "docs/*");
    assert!(project.run(&["check"]).exits(0).out.contains("not examined: docs/notes.md"));
    project.edit("secgen.yaml", "docs/*", ".github/dependabot.yml");
    let named = project.run(&["check", "--source", "operations=docs/notes.md"]);
    assert!(named.exits(2).out.contains("no file of operations"), "{}", named.out);
    project.write(".github/dependabot.yml", "version: 2\nupdates: [\n");
    said(".github/dependabot.yml cannot be read: line ");
    project.write(".github/dependabot.yml", [0xff, 0xfe]);
    said(".github/dependabot.yml cannot be read: it is not UTF-8");
    // Written once, and broken since.
    project.write("secgen.yaml", SPEC);
    std::fs::remove_file(project.path().join(".github/dependabot.yml")).unwrap();
    project.run(&["render"]).exits(0);
    project.edit(".github/dependabot.yml", "updates:", "updates: [");
    said(".github/dependabot.yml cannot be read: line ");
}

#[test]
fn what_is_written_once_is_the_users() {
    let project = Project::with_spec(SPEC);
    project.write("SECURITY.md", "Ours. Write to security@example.com.\n");
    project.run(&["render"]).exits(0);
    assert_eq!(project.read("SECURITY.md"), "Ours. Write to security@example.com.\n");
    project.edit(".github/dependabot.yml", "interval: weekly", "interval: daily");
    let own = project.read(".github/dependabot.yml");
    project.run(&["render"]).exits(0);
    assert_eq!(project.read(".github/dependabot.yml"), own);
    project.run(&["check"]).exits(0);
    project.write("SECURITY.md", "Write to somebody.\n");
    finds(&project, "security-md-without-contact", "security@example.com");
    project.write("SECURITY.md", "Write to security@example.com\n");
    project.write(".github/dependabot.yml", "version: 2\nupdates: [{ package-ecosystem: cargo, directory: /, schedule: { interval: weekly } }]\n");
    finds(&project, "dependabot-left-out", "github-actions");
    // What is no longer asked for is no orphan, and stays.
    project.edit("secgen.yaml", "operations:\n", "operations:\n  write_once: []\n");
    project.run(&["render"]).exits(0);
    assert_eq!(project.read("SECURITY.md"), "Write to security@example.com\n");
}

/// Python with GitHub's own renderer.
fn html(markdown: &str) -> Option<String> {
    use std::io::Write;
    let python = crate::support::project().join("target/tools/venv/bin/python");
    let script = "import sys, cmarkgfm; from cmarkgfm.cmark import Options as O; \
                  sys.stdout.write(cmarkgfm.github_flavored_markdown_to_html(sys.stdin.read(), O.CMARK_OPT_UNSAFE))";
    let child = Command::new(&python).args(["-c", script]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn();
    let output = child.ok().and_then(|mut child| {
        child.stdin.take()?.write_all(markdown.as_bytes()).ok()?;
        child.wait_with_output().ok()
    });
    let found = output.filter(|output| output.status.success()).map(|output| String::from_utf8(output.stdout).unwrap());
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "cmarkgfm is missing: run ./test");
        eprintln!("SKIPPED: cmarkgfm is missing: run ./test");
    }
    found
}

/// Names of elements of a page, in their order.
fn elements(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .filter(|rest| !rest.starts_with(['/', '!']))
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default())
        .collect()
}

const OPEN: &str = r#"version: 1
service: payments-api
operations: { incident_response: { contact: security@example.com } }
postgres:
  settings: { log_line_prefix: VALUE, log_statement: ddl }
  hba: [{ type: local, database: all, user: postgres, method: peer }, { type: hostssl, database: app, user: ROLE, address: 10.0.0.0/8, method: scram-sha-256 }]
targets:
  postgres: { out: deploy/postgres, versions: "15-18" }
  operations: { out: ops }
"#;

/// Texts that no grammar of the spec stops reach code spans only.
#[test]
fn free_text_stays_text() {
    let with = |value: &str| OPEN.replace("VALUE", &serde_json::to_string(value).unwrap()).replace("ROLE", &serde_json::to_string(value).unwrap());
    let Some(harmless) = html(&rendered(&with("harmless")).read(RUNBOOK)) else { return };
    assert!(elements(&harmless).len() > 60 && harmless.contains("<table>") && harmless.contains(r#"type="checkbox""#), "{harmless}");
    for value in [
        "<script>alert(1)</script>",
        "`",
        "a`b``c",
        "```",
        "` <b>x</b> `",
        "![x](https://evil.example/x.png)",
        "[x](javascript:alert)",
        "<!-- user:begin x -->",
        "-->",
        "<!--",
        "| a | b |",
        "](x)",
        "*a* _b_ ~~c~~",
        "# x",
        "- [ ] x",
        "https://evil.example",
        "&lt;b&gt;",
        "\\`",
        "@acme",
        "$(id)",
        "' x",
        "<a href=x>",
        "a\u{2028}b",
    ] {
        let project = Project::with_spec(&with(value));
        let run = project.run(&["render"]);
        if run.code == Some(2) {
            assert!(!project.path().join(RUNBOOK).exists() && run.out.contains("error["), "{value}: {}", run.out);
            continue;
        }
        let page = html(&project.read(RUNBOOK)).unwrap();
        assert_eq!(elements(&page), elements(&harmless), "{value}:\n{page}");
        project.run(&["render", "--dry-run"]).exits(0);
    }
}

/// What a contact, an address or a name may be is decided by its grammar.
#[test]
fn hostile_values_of_every_field_are_refused() {
    let hostile = [
        "a@example.com\nx",
        "a@example.com> <b",
        "<script>",
        "javascript:alert(1)",
        "http://example.com",
        "a`b@example.com",
        "a|b@example.com",
        "<!-- x -->",
        "tel:+1;x",
        "x: [y",
        "https://user@example.com/",
        "",
    ];
    let fields = [
        "incident_response: { contact: VALUE }",
        "incident_response: { contact: a@example.com, contacts: { x: VALUE } }",
        "incident_response: { contact: a@example.com, contacts: { VALUE: b@example.com } }",
        "incident_response: { contact: a@example.com, notify: { x: { within: 72h, contact: VALUE } } }",
        "incident_response: { contact: a@example.com, notify: { VALUE: { within: 72h } } }",
        "incident_response: { contact: a@example.com, notify: { x: { within: VALUE } } }",
        "incident_response: { contact: a@example.com, severities: { low: VALUE } }",
        "incident_response: { contact: a@example.com, phases: VALUE }",
        "security_txt: { contact: [VALUE], expires: 2027-06-30 }",
        "security_txt: { contact: [a@example.com], expires: VALUE }",
        "security_txt: { contact: [a@example.com], expires: 2027-06-30, policy: VALUE }",
        "security_txt: { contact: [a@example.com], expires: 2027-06-30, languages: [VALUE] }",
        "security_txt: { contact: [a@example.com], expires: 2027-06-30, canonical: [VALUE] }",
        "security_txt: { contact: [a@example.com], expires: 2027-06-30, encryption: VALUE }",
        "security_txt: { contact: [a@example.com], expires: 2027-06-30, acknowledgments: VALUE }",
        "write_once: [VALUE]",
    ];
    for field in fields {
        for value in hostile {
            let field = field.replace("VALUE", &serde_json::to_string(value).unwrap());
            let project = Project::with_spec(&format!("version: 1\nservice: x\noperations: {{ {field} }}\ntargets: {{ operations: {{ out: ops }} }}\n"));
            let run = project.run(&["render"]);
            run.exits(2);
            assert!(!project.path().join("ops").exists() && run.out.contains("secgen.yaml:3:"), "{field}: {}", run.out);
        }
    }
}

/// Two printed pages at most for a service with every control: the example's spec.
#[test]
fn the_runbook_of_the_example_fits_two_pages() {
    let project = Project::example("service");
    project.run(&["render"]).exits(0);
    let Some(page) = html(&project.read(RUNBOOK)) else { return };
    let style = "body{font:9pt/1.3 sans-serif}h1{font-size:16pt;margin:0}h2{font-size:12pt;margin:6pt 0 3pt}p,ul,pre,table{margin:3pt 0}\
                 pre{white-space:pre-wrap}td,th{padding:1pt 5pt}@page{size:A4;margin:14mm}";
    project.write("page.html", format!("<!doctype html><meta charset=utf-8><style>{style}</style>{page}"));
    let chromium = std::path::Path::new("/usr/bin/chromium");
    if !chromium.exists() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "chromium is missing: run ./test");
        eprintln!("SKIPPED: chromium is missing: run ./test");
        return;
    }
    let pdf = project.path().join("page.pdf");
    let run = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--no-pdf-header-footer"])
        .arg(format!("--user-data-dir={}", project.path().join("profile").display()))
        .arg(format!("--print-to-pdf={}", pdf.display()))
        .arg(format!("file://{}", project.path().join("page.html").display()))
        .output()
        .unwrap();
    let bytes = std::fs::read(&pdf).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&run.stderr)));
    let text = String::from_utf8_lossy(&bytes);
    let pages = text.matches("/Type /Page\n").count();
    assert!((1..=2).contains(&pages), "{pages} pages");
}
