//! What is accepted knowingly: by whom, up to which bound, until which day; and which gate holds.

mod adding;
mod approval;
mod bounds;
mod days;
mod gate;
mod hostile;
mod refused;
mod screens;

use crate::cli::project::Project;
use serde_json::Value;

/// A service whose headers and TLS versions are asked for.
pub(crate) const SPEC: &str = "version: 1\nservice: pay\nhttp:\n  headers:\n    content_type_options: nosniff\n    referrer_policy: no-referrer\n    hsts: { max_age: 365d }\n\
     tls: { min_version: TLSv1.2 }\ntargets: { nginx: { version: \"1.26\", check: [nginx.conf] } }\n";

/// One value too weak, one protocol too old, and one location that cuts off three headers.
pub(crate) const NGINX: &str = "events { }\nhttp {\nadd_header X-Content-Type-Options nosniff always;\nadd_header Referrer-Policy no-referrer always;\n\
     add_header Strict-Transport-Security \"max-age=300\" always;\nserver {\n  listen 443 ssl;\n  server_name app.example.com;\n  ssl_certificate /etc/ssl/a.pem;\n  \
     ssl_certificate_key /etc/ssl/a.key;\n  ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;\n  location /static/ { add_header Cache-Control public; }\n}\n}\n";

/// Both in a scratch project.
pub(crate) fn weak() -> Project {
    let project = Project::with_spec(SPEC);
    project.write("nginx.conf", NGINX);
    project
}

/// One entry that accepts TLS 1.1, with lines changed by `edit`.
pub(crate) fn entry(edit: impl Fn(&str) -> String) -> String {
    let lines = [
        "id: W-2026-004",
        "rule: tls-protocols",
        "where: { file: nginx.conf, intent: tls.min_version }",
        "accept: TLSv1.1",
        "reason: Card readers of store type B cannot do TLS 1.2 before the March firmware.",
        "owner: \"@acme/payments\"",
        "created: 2026-11-02",
        "until: 2027-03-31",
        "approved_by: \"@acme/security\"",
        "ticket: SEC-812",
    ];
    let lines: Vec<String> = lines.iter().map(|line| edit(line)).filter(|line| !line.is_empty()).collect();
    format!("  - {}\n", lines.join("\n    "))
}

/// A file of entries.
pub(crate) fn file(entries: &[String]) -> String {
    format!("# Reviewed by @acme/security.\nversion: 1\nwaivers:\n{}", entries.concat())
}

/// The findings of a check, by rule.
pub(crate) fn findings(project: &Project, args: &[&str]) -> Vec<Value> {
    let mut all = vec!["check", "--format", "json"];
    all.extend(args);
    project.run(&all).json()["findings"].as_array().unwrap().clone()
}

/// The one finding of a rule.
#[track_caller]
pub(crate) fn of<'v>(findings: &'v [Value], rule: &str) -> &'v Value {
    findings.iter().find(|f| f["rule"] == rule).unwrap_or_else(|| panic!("no {rule} in {findings:#?}"))
}
