//! Templates of the user's own: the folder and its pin, the language, the states of what they write, and the worked
//! example with a real Caddy.

mod example;
mod folder;
mod hostile;
mod language;
mod states;

use crate::cli::project::Project;

/// A spec with one template at `t/a.tera` that writes `out/a.conf`.
const SPEC: &str = r"version: 1
service: payments-api
http:
  site: https://app.example.com
  headers: { hsts: { max_age: 365d }, referrer_policy: no-referrer }
templates:
  dir: t
  outputs:
    a:
      template: a.tera
      out: out/a.conf
      carries: [http.headers]
";

/// Lays out every header.
const TEMPLATE: &str = "{% for h in http.headers %}set {{ h.name | word }} {{ h.value | quoted }}\n{% endfor %}";

/// The digest that a run names.
fn named_digest(project: &Project) -> String {
    let out = project.run(&["validate"]).exits(2).out.clone();
    let (_, rest) = out.split_once("pin it under templates: sha256: ").unwrap_or_else(|| panic!("{out}"));
    rest.chars().take_while(char::is_ascii_hexdigit).collect()
}

/// Writes the digest of the folder as it is into the spec.
fn pin(project: &Project) {
    let text = project.read("secgen.yaml");
    let spec: String = text.split_inclusive('\n').filter(|l| !l.starts_with("  sha256:")).collect();
    project.write("secgen.yaml", &spec);
    let digest = named_digest(project);
    assert_eq!(digest.len(), 64);
    project.edit("secgen.yaml", "templates:\n", &format!("templates:\n  sha256: {digest}\n"));
}

/// A project with a spec and files below `t/`, pinned.
fn project(spec: &str, files: &[(&str, &str)]) -> Project {
    let project = Project::with_spec(spec);
    for (name, text) in files {
        project.write(&format!("t/{name}"), text);
    }
    pin(&project);
    project
}
