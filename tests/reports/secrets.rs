//! A canary set of secrets, in every kind of file that is read, is in no output of any command in any format.

use super::safety::is_safe;
use super::{All, FORMATS};
use crate::cli::project::{Project, Run};
use std::process::Command;

/// Each as it would stand in a file, and the part of it that must not be seen.
struct Canary {
    kind: &'static str,
    /// One line, without quotes.
    text: &'static str,
    secret: &'static str,
}

const fn canary(kind: &'static str, text: &'static str, secret: &'static str) -> Canary {
    Canary { kind, text, secret }
}

/// Secrets that are known by their shape, wherever they stand.
const BY_SHAPE: [Canary; 10] = [
    canary("connection string", "postgresql://app:c4n4ryPass@db.example.com/app", "c4n4ryPass"),
    canary("JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJjNG40cnkiOjF9.c4n4rySignature", "c4n4rySignature"),
    canary("AWS key", "AKIAC4N4RY0123456789", "AKIAC4N4RY0123456789"),
    canary("AWS key of a session", "ASIAC4N4RY0123456789", "ASIAC4N4RY0123456789"),
    canary("token of a service", "ghp_c4n4ry0123456789ABCD", "ghp_c4n4ry0123456789ABCD"),
    canary("token before a host", "https://ghp_c4n4ry9876543210ABCD@git.example.com/x", "ghp_c4n4ry9876543210ABCD"),
    canary("token in the path of an address", "https://hooks.example.com/services/T0/B0/c4n4RYc4n4RYc4n4RY123456", "c4n4RYc4n4RYc4n4RY123456"),
    canary("hexadecimal key", "c4ac4ac4ac4ac4a0123456789abcdef0123456789abcdef", "c4ac4ac4ac4ac4a0123456789abcdef"),
    canary("base64 key", "c4N4RYc4N4RYc4N4RYc4N4RYc4N4RYc4N4RY0123", "c4N4RYc4N4RYc4N4RY"),
    canary("private key", "-----BEGIN PRIVATE KEY----- c4n4ryPemBody", "c4n4ryPemBody"),
];

/// Secrets that are known by the key before them.
const BY_KEY: [Canary; 4] = [
    canary("password", "c4n4ry-word", "c4n4ry-word"),
    canary("phrase", "c4n4ry-horse-battery", "c4n4ry-horse"),
    canary("AWS secret", "wJalrC4n4ryEMI/K7MDENG/bPxRfiCYzzzzz", "wJalrC4n4ry"),
    canary("short one", "c4n4ry7", "c4n4ry7"),
];

const PEM: &str =
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEc4n4ryBody0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nc4n4ryTail==\n-----END RSA PRIVATE KEY-----\n";

#[track_caller]
fn has_none(what: &str, text: &str) {
    for canary in BY_SHAPE.iter().chain(&BY_KEY) {
        let shown = text.lines().find(|line| line.contains(canary.secret));
        assert!(shown.is_none(), "{what}: a {} is shown: {}", canary.kind, shown.unwrap_or_default());
    }
    for part in ["c4n4ryBody", "c4n4ryTail"] {
        assert!(!text.contains(part), "{what}: a part of a PEM block is shown: {:?}", text.lines().find(|l| l.contains(part)));
    }
}

#[track_caller]
fn is_quiet(what: &str, run: &Run) {
    assert!(run.code.is_some_and(|code| code < 3), "{what}: {}", run.err);
    for (stream, text) in [("stdout", &run.out), ("stderr", &run.err)] {
        has_none(&format!("{what}, {stream}"), text);
        is_safe(&format!("{what}, {stream}"), text, false);
    }
}

/// A report in every format, and what is printed.
#[track_caller]
fn in_all_formats(what: &str, project: &Project, args: &[&str]) {
    let all = All::new(project, args);
    is_quiet(&format!("{what} {args:?}"), &all.run);
    for format in FORMATS {
        has_none(&format!("{what} {args:?} {format}"), &all.text(format));
    }
}

fn all() -> impl Iterator<Item = &'static Canary> {
    BY_SHAPE.iter().chain(&BY_KEY)
}

/// The quickstart with the secrets in every file that is checked: in values that are judged, that are not understood,
/// in names, in comments, in files that are broken.
fn tree() -> Project {
    let project = Project::example("quickstart");
    project.run(&["render"]).exits(0);
    let mut main = String::from("events {}\nhttp {\n");
    for (i, canary) in all().enumerate() {
        let text = canary.text;
        // A policy is a list of words: a blank would make two of one secret.
        let word = text_of(canary);
        main.push_str(&format!(
            "server {{ listen 443 ssl; server_name s{i}.example.com;\n  proxy_set_header X-Api-Token \"{text}\"; # secret: {text}\n  \
             location /{i}/ {{ add_header X-Frame-Options \"password={text}\"; add_header Content-Security-Policy \"default-src token={word}\" always; \
             proxy_pass \"http://u:{text}@127.0.0.1:8080/\"; }}\n  ssl_protocols \"secret={text}\"; }}\n"
        ));
        project.write(&format!("deploy/nginx/broken/{i}.conf"), format!("server {{ auth_basic_user_file \"password={text}\n"));
    }
    for (i, canary) in BY_SHAPE.iter().enumerate() {
        let text = canary.text;
        main.push_str(&format!("server {{ listen 80{i}; server_name \"{text}\"; location \"/{text}\" {{ add_header X-Frame-Options \"{text}\"; }} add_header Referrer-Policy \"{text}\"; }}\n"));
        main.push_str(&format!("include \"missing/{text}\";\n"));
    }
    project.write("deploy/nginx/canary.conf", main + "}\n");
    project.write("deploy/nginx/broken/pem.conf", format!("ssl_certificate_key \"data:{PEM}\";\nadd_header a\n"));
    project.write("deploy/nginx/broken/pem2.conf", format!("{PEM}\nserver {{"));
    let conf = project.read("deploy/postgres/postgresql.conf");
    let settings: Vec<String> = all()
        .enumerate()
        .map(|(i, c)| {
            format!(
                "primary_conninfo = 'host=db password={0}'\nssl_passphrase_command = 'echo {0}'\nsecgen.p{i} = 'password={0}' y # password: {0}\n\
                 archive_command = 'curl -u bob:{0} https://x'\n",
                c.text
            )
        })
        .collect();
    let shaped: Vec<String> =
        BY_SHAPE.iter().map(|c| format!("application_name = '{0}'\npassword_encryption = '{0}'\nlog_line_prefix = {0}\n", c.text)).collect();
    project.write("deploy/postgres/postgresql.conf", format!("{conf}{}{}", settings.concat(), shaped.concat()));
    let keys: Vec<String> = all().enumerate().map(|(i, c)| format!("token{i} = \"{0}\" # password = {0}\n", c.text)).collect();
    let allowed: Vec<String> = BY_SHAPE.iter().map(|c| format!("{0:?} = {0:?}\n", c.text)).collect();
    project.edit("deny.toml", "[graph]", &format!("{}{}[graph]", keys.concat(), allowed.concat()));
    project.edit(
        "secgen.yaml",
        "check: [deploy/nginx/nginx.conf",
        "check: [\"deploy/nginx/canary.conf\", \"deploy/nginx/broken/*.conf\", deploy/nginx/nginx.conf",
    );
    // By hand, in a rendered file: `--diff` shows such lines.
    for (path, file) in project.files() {
        if String::from_utf8_lossy(&file).contains("Generated by secgen") && path.ends_with(".conf") && path.contains("nginx") {
            let lines: Vec<String> = all().map(|c| format!("# password={}\n", c.text)).collect();
            project.write(&path, [file, lines.concat().into_bytes(), PEM.replace('\n', "\n# ").into_bytes()].concat());
        }
    }
    project
}

#[test]
fn files_that_are_checked() {
    let project = tree();
    for args in
        [&["check"][..], &["check", "-v"], &["check", "-q"], &["check", "--diff"], &["validate"], &["render", "--dry-run", "--diff"], &["check", "--workspace"]]
    {
        in_all_formats("tree", &project, args);
    }
    assert!(project.run(&["check", "--format", "json"]).json()["findings"].as_array().unwrap().len() > 40, "the tree is not read");
    for format in FORMATS {
        let run = project.run(&["check", "--format", format]);
        has_none(format, &run.out);
        has_none(format, &run.err);
    }
    for (path, bytes) in project.files().iter().filter(|(path, _)| path.ends_with("canary.conf") || path.ends_with("postgresql.conf") || path == "deny.toml") {
        for line in (1..=String::from_utf8_lossy(bytes).lines().count()).step_by(7) {
            is_quiet(path, &project.run(&["explain", &format!("{path}:{line}")]));
        }
    }
    is_quiet("render", &project.run(&["render"]));
    is_quiet("schema", &project.run(&["waivers", "add", "--all", "--kind", "baseline", "--owner", "@acme/pay", "--until", "2027-03-31"]));
    is_quiet("list", &project.run(&["waivers", "list"]));
    is_quiet("list", &project.run(&["waivers", "list", "--format", "json"]));
    for name in ["secgen.yaml", "secgen.lock"] {
        std::fs::remove_file(project.path().join(name)).unwrap();
    }
    is_quiet("init", &project.run(&["init"]));
}

/// Rust, whose lines are shown where a rule is about them.
#[test]
fn source_code() {
    let project = Project::example("quickstart");
    let lines: Vec<String> = all()
        .enumerate()
        .map(|(i, c)| {
            format!(
                "pub const PASSWORD_{i}: &str = \"{0}\";\npub fn f{i}() {{ let key = jsonwebtoken::DecodingKey::from_secret(b\"{0}\"); let token = \"{0}\"; \
                 let e = jsonwebtoken::EncodingKey::from_secret(\"{0}\".as_ref()); }}\n",
                c.text
            )
        })
        .collect();
    project.write("src/auth.rs", format!("use jsonwebtoken::{{DecodingKey, Validation, decode}};\n{}", lines.concat()));
    project.write("src/main.rs", format!("mod auth;\n{}fn main() {{}}\n", lines.concat()));
    project.run(&["render"]).exits(0);
    in_all_formats("Rust", &project, &["check", "-v"]);
    in_all_formats("Rust", &project, &["check", "--source", "rust=src/auth.rs", "--source", "rust=src/main.rs"]);
    for line in 1..=10 {
        is_quiet("explain", &project.run(&["explain", &format!("src/auth.rs:{line}")]));
    }
}

/// The spec, a layer below it and one side of a comparison, each with one secret at a time: most are refused there.
#[test]
fn specs_and_layers() {
    let project = Project::empty();
    let git = |args: &[&str]| {
        let run = Command::new("git").args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(args).current_dir(project.path()).output().unwrap();
        assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    };
    git(&["init", "-q"]);
    let plain = "version: 1\nservice: a\nhttp: { headers: { framing: deny } }\ntargets: { nginx: { out: n } }\n";
    project.write("old.yaml", plain);
    for canary in all() {
        let text = canary.text;
        // A value that is refused, one that stands where words may, an unknown key, a name, a comment on an error.
        let mut specs = vec![
            format!("{plain}password: \"{text}\"\n"),
            format!("{plain}tls: {{ min_version: \"password={text}\" }}\n"),
            format!("{plain}  # password: {text}\n{plain}"),
            format!("version: 1\nservice: a\npassword: [\"{text}\n"),
            format!("version: 1\nservice: a\nrust: {{ jwt: {{ secret: \"{text}\" }} }}\n"),
        ];
        if BY_SHAPE.iter().any(|c| c.text == text) {
            specs.extend([
                format!("{plain}tls: {{ min_version: \"{text}\" }}\n"),
                format!("version: 1\nservice: \"{text}\"\ntargets: {{ nginx: {{ out: n }} }}\n"),
                format!("version: 1\nservice: a\nhttp: {{ headers: {{ csp: {{ default_src: [\"{text}\"] }} }} }}\ntargets: {{ nginx: {{ out: n }} }}\n"),
                format!("{plain}\"{text}\": 1\n"),
                format!("{plain}weakens: {{ http.headers.framing: {{ reason: \"{text}\", owner: \"{text}\" }} }}\n"),
                format!("{plain}scopes: {{ x: {{ match: {{ prefix: \"/{text}\" }}, http: {{ headers: {{ framing: sameorigin }} }} }} }}\n"),
                format!("{plain}controls: {{ acme: {{ title: \"{text}\", controls: {{ A: {{ for: [http.headers], relation: related, rationale: \"{text}\" }} }} }} }}\n"),
                format!("version: 1\nservice: a\nextends: [\"{text}\"]\n"),
                format!("version: 1\nservice: a\ntargets: {{ nginx: {{ check: [\"{text}\"] }} }}\n"),
            ]);
        }
        for (i, spec) in specs.iter().enumerate() {
            let what = format!("{} in spec {i}", canary.kind);
            project.write("secgen.yaml", spec);
            in_all_formats(&what, &project, &["check"]);
            let commands: [&[&str]; 9] = [
                &["validate"],
                &["render", "--dry-run", "--diff"],
                &["check", "--workspace"],
                &["spec", "show"],
                &["spec", "show", "--format", "json"],
                &["spec", "diff", "old.yaml", "secgen.yaml"],
                &["spec", "diff", "secgen.yaml", "old.yaml", "--format", "json"],
                &["explain", "secgen.yaml:5"],
                &["check", "--spec", "old.yaml", "--floor", "secgen.yaml"],
            ];
            for args in commands {
                is_quiet(&format!("{what} {args:?}"), &project.run(args));
            }
            // As a layer.
            project.write("layer.yaml", spec.replace("version: 1\n", "").replace("service: a\n", ""));
            project.write("secgen.yaml", plain.replace("service: a\n", "service: a\nextends: [layer.yaml]\n"));
            is_quiet(&format!("{what}, as a layer"), &project.run(&["check"]));
            is_quiet(&format!("{what}, as a layer"), &project.run(&["spec", "show"]));
        }
        // Of a commit.
        project.write("secgen.yaml", specs.last().unwrap());
        git(&["add", "secgen.yaml"]);
        git(&["commit", "-qm", "x"]);
        project.write("secgen.yaml", plain);
        is_quiet(canary.kind, &project.run(&["spec", "diff", "HEAD:secgen.yaml", "secgen.yaml"]));
        is_quiet(canary.kind, &project.run(&["spec", "diff", "secgen.yaml", "HEAD:secgen.yaml", "--format", "json"]));
        // As a name of a commit: without a key only a shape tells a secret.
        if BY_SHAPE.iter().any(|c| c.text == canary.text) {
            is_quiet(canary.kind, &project.run(&["spec", "diff", "--", &format!("{}:x", text_of(canary)), "secgen.yaml"]));
        }
    }
}

/// As a name on the command line.
fn text_of(canary: &Canary) -> String {
    canary.text.replace(' ', "-")
}

/// In every field of a waiver.
#[test]
fn waivers() {
    let project = crate::waivers::weak();
    for canary in &BY_SHAPE {
        let text = canary.text;
        for field in ["id", "rule", "where", "accept", "reason", "owner", "created", "until", "approved_by", "ticket"] {
            let entry = crate::waivers::entry(|line| {
                if line.split(':').next() == Some(field) {
                    let value = if field == "where" { format!("{{ file: \"{text}\", place: \"{text}\" }}") } else { format!("\"{text}\"") };
                    format!("{field}: {value}")
                } else {
                    line.to_owned()
                }
            });
            project.write("secgen.waivers.yaml", crate::waivers::file(&[entry]));
            let what = format!("{} in {field}", canary.kind);
            in_all_formats(&what, &project, &["check", "-v"]);
            is_quiet(&what, &project.run(&["waivers", "list"]));
            is_quiet(&what, &project.run(&["waivers", "list", "--format", "json"]));
            is_quiet(&what, &project.run(&["explain", "nginx.conf:11"]));
            is_quiet(&what, &project.run(&["explain", "secgen.waivers.yaml:5"]));
        }
        project.write("secgen.waivers.yaml", format!("version: 1\nwaivers:\n  - password: \"{text}\"\n  - {text}\n"));
        is_quiet(canary.kind, &project.run(&["check"]));
    }
}
