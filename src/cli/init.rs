//! `secgen init`: a commented spec that fits what is found here.

use super::locate;
use super::{CANNOT, Session, args, print_err, print_out};
use crate::check::discover::SPEC;
use crate::check::{self, discover};
use crate::finding::{Finding, Kind};
use crate::render::{Selection, write};
use crate::source::{Sources, folder_of};
use crate::spec::scalar::format_date;
use std::fmt::Write as _;

/// How many files are looked at.
const MOST_FILES: usize = 2_000;

/// Writes the spec; touches nothing else.
pub(super) fn run(session: &Session, options: &args::Init) -> u8 {
    let here = locate::here();
    let root = session.root.clone().map_or_else(|| here.clone(), |r| locate::absolute(&here, &r));
    let mut sources = Sources::new(&root);
    if sources.exists(SPEC) {
        print_err(&format!("error: {SPEC} exists already in {}; it was not touched\nchange it, or look at it with `secgen spec show`\n", root.display()));
        return CANNOT;
    }
    let from = options.from.clone().map_or_else(|| root.clone(), |f| locate::absolute(&here, &f));
    let Some(prefix) = locate::relative(&root, &from).filter(|_| from.is_dir()) else {
        print_err(&format!("error: --from {} is no folder below {}\n", from.display(), root.display()));
        return CANNOT;
    };
    let inside = |path: &str| prefix.is_empty() || path.starts_with(&format!("{prefix}/"));
    let found: Vec<(&'static str, String)> = discover::survey(&mut sources, MOST_FILES).into_iter().filter(|(_, p)| inside(p)).collect();
    // GitHub is the default where neither or both are there.
    let is_gitlab = sources.exists(".gitlab-ci.yml") && !sources.exists(".github");
    let text = spec(&service_name(&root), &found, is_gitlab, session.today);
    let change = write::Change::Write { path: SPEC.to_owned(), text };
    if let Err(findings) = write::apply(&root, &[change], &[]) {
        return session.print(session.failed(findings), &sources, "init");
    }
    print_out(&format!("wrote {SPEC}\n"));
    let checked: Vec<String> = found.iter().filter(|(t, _)| *t != "Cargo.toml").map(|(_, p)| crate::report::path(p)).collect();
    if checked.is_empty() {
        print_out("found no nginx, PostgreSQL or cargo-deny configuration; the spec renders new files\n");
    } else {
        print_out(&format!("found {}\n", checked.join(", ")));
        print_out(&expectation(session, &root));
    }
    print_out("next: look at it, then run `secgen render` and `secgen check`\n");
    0
}

/// How many findings the first check will have in the files that were there before.
fn expectation(session: &Session, root: &std::path::Path) -> String {
    let mut sources = Sources::new(root);
    let count = crate::policy::load(&mut sources, SPEC, session.today)
        .and_then(|loaded| check::run(&loaded, &Selection::default(), &[], None, None, None, &mut sources));
    match count {
        Err(findings) => format!("the check will say: {}\n", findings.first().map(|f| f.message.clone()).unwrap_or_default()),
        Ok(report) => {
            let own = |f: &&Finding| matches!(f.kind, Kind::Verdict(_) | Kind::Error);
            match report.findings.iter().filter(own).count() {
                0 => "expect no findings in them\n".to_owned(),
                1 => "expect 1 finding in them\n".to_owned(),
                n => format!("expect {n} findings in them\n"),
            }
        }
    }
}

/// A name of letters, digits, `-` and `_` from the folder's name.
fn service_name(root: &std::path::Path) -> String {
    let name = root.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut out: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' }).take(60).collect();
    while out.starts_with(|c: char| !c.is_ascii_alphabetic()) && !out.is_empty() {
        out.remove(0);
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() { "my-service".to_owned() } else { out.to_owned() }
}

fn quoted(path: &str) -> String {
    serde_json::Value::String(path.to_owned()).to_string()
}

fn spec(service: &str, found: &[(&'static str, String)], is_gitlab: bool, today: i64) -> String {
    let of = |target: &str| found.iter().filter(|(t, _)| *t == target).map(|(_, p)| p.as_str()).collect::<Vec<_>>();
    let (nginx, postgres, deny, manifests) = (of("nginx"), of("postgres"), of("cargo"), of("Cargo.toml"));
    let fresh = nginx.is_empty() && postgres.is_empty() && deny.is_empty();
    let mut text = format!(
        "# The security policy of this service. `secgen render` writes the files that enforce it, `secgen check` says where\n\
         # what is really configured is weaker. Every key is explained by your editor's YAML language server, or by\n\
         # `secgen schema`.\n\
         version: 1\n\
         service: {service}\n\
         # The bar to start from; what you write below wins, and needs a reason under `weakens` where it is weaker.\n\
         extends: [\"secgen:recommended@2026-11\"]\n\
         \n\
         # http:\n\
         #   site: https://app.example.com        # your site; makes `self` in the Content-Security-Policy concrete\n\
         #   headers:\n\
         #     framing: deny                      # nobody may show your pages in a frame\n\
         # tls:\n\
         #   min_version: TLSv1.3                 # if all your clients are current\n\
         #   profile: {{ mozilla: modern, guideline: \"6.0\" }}\n\
         \n\
         # What is written where (out), and what is checked (check).\n\
         targets:\n"
    );
    let analysis = if manifests.is_empty() && deny.is_empty() { "[]" } else { "[cargo-deny, cargo-audit]" };
    let ci = if is_gitlab { "gitlab" } else { "github" };
    let operations = format!(
        "\n\
         # What people and CI do again and again: rendered as security.mk, a scheduled workflow and a runbook; `secgen tasks list` says\n\
         # what is due. Take the marks away here and under targets.\n\
         # operations:\n\
         #   static_analysis: {analysis}   # programs that `make security-scan` runs beside secgen\n\
         #   pen_test: {{ targets: [] }}            # services of yours that `make pen-test` may scan: \"https://staging.example.com\"\n\
         #   ci: [{ci}]\n\
         #   incident_response: {{ contact: security@example.com }}   # whom to call first: yours\n\
         #   weekly: [dependency-updates, audit-logs]\n\
         #   monthly: [access-review]\n\
         #   since: {}                    # the first day of the schedule\n",
        format_date(today)
    );
    text.insert_str(text.rfind("\n# What is written where").unwrap_or(text.len()), &operations);
    if fresh || !nginx.is_empty() {
        // The main file is the one to check: the others are reached by its includes.
        let main: Vec<&&str> = nginx.iter().filter(|p| p.ends_with("nginx.conf")).collect();
        let checked: Vec<&&str> = if main.is_empty() { nginx.iter().collect() } else { main };
        let folder = checked.first().map_or("deploy/nginx", |p| folder_of(p));
        let out = if folder.is_empty() { "secgen".to_owned() } else { format!("{folder}/secgen") };
        text.push_str("  nginx:\n");
        let _ = writeln!(text, "    # version: \"1.26\"                    # the oldest nginx that reads the files; without it the worst case counts");
        let _ = writeln!(text, "    out: {}", quoted(&out));
        if !checked.is_empty() {
            let _ = writeln!(text, "    check: [{}]", checked.iter().map(|p| quoted(p)).collect::<Vec<_>>().join(", "));
            let _ = writeln!(text, "    # map: {{ /etc/nginx: {} }}   # where the repository keeps the server's folders", quoted(folder));
        }
    }
    if fresh || !postgres.is_empty() {
        let main: Vec<&&str> = postgres.iter().filter(|p| p.ends_with("postgresql.conf") || p.ends_with("postgresql.auto.conf")).collect();
        let checked: Vec<&&str> = if main.is_empty() { postgres.iter().collect() } else { main };
        let folder = checked.first().map_or("deploy/postgres", |p| folder_of(p));
        let out = if folder.is_empty() { "secgen-postgres".to_owned() } else { format!("{folder}/secgen") };
        text.push_str("  postgres:\n    versions: \"15-18\"                    # major versions of your servers\n");
        let _ = writeln!(text, "    out: {}", quoted(&out));
        if !checked.is_empty() {
            let _ = writeln!(text, "    check: [{}]", checked.iter().map(|p| quoted(p)).collect::<Vec<_>>().join(", "));
        }
    }
    if !deny.is_empty() {
        let _ = writeln!(text, "  cargo:\n    check: [{}]", deny.iter().map(|p| quoted(p)).collect::<Vec<_>>().join(", "));
    } else if let Some(manifest) = manifests.first() {
        let folder = folder_of(manifest);
        let _ = writeln!(text, "  cargo:\n    out: {}", quoted(if folder.is_empty() { "." } else { folder }));
    }
    text.push_str("  # operations: { out: ops }\n");
    text
}
