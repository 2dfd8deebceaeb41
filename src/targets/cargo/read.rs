//! Reading hand-written files of cargo-deny and cargo-audit.

use super::deny::DenyFile;
use super::generation::{Problem, ProblemKind, Reader, check, contradictions};
use super::tree::{MAX_BYTES, Node, SyntaxError, parse};
use super::{audit, deny, keys, narrowed, rules, runs};
use crate::finding::{Cause, Finding, Rule};
use crate::policy::Policy;
use crate::source::{SourceId, Sources, Span, folder_of, join};
use crate::targets::{Input, Reading};

/// cargo-deny, for messages about files that it refuses.
pub(super) const CARGO_DENY: Reader = Reader("cargo-deny 0.20");
/// cargo-audit, for messages about files that it refuses.
pub(super) const CARGO_AUDIT: Reader = Reader("cargo-audit");

/// How many problems of one file are listed. No file that a person wrote has as many.
const MOST_PROBLEMS: usize = 100;

/// Names of cargo-deny's configuration in a folder, first found first.
const DENY_NAMES: [&str; 3] = ["deny.toml", ".deny.toml", ".cargo/deny.toml"];
/// Names of further exceptions to the licences in a folder, first found first.
const EXCEPTION_NAMES: [&str; 3] = ["deny.exceptions.toml", ".deny.exceptions.toml", ".cargo/deny.exceptions.toml"];

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder of `Cargo.toml` that a configuration belongs to.
fn manifest_folder(path: &str) -> &str {
    let folder = folder_of(path);
    if file_name(folder) == ".cargo" { folder_of(folder) } else { folder }
}

/// `folder/name`; the same file name rules for a relative and an absolute folder.
fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{}/{name}", folder.trim_end_matches('/')) }
}

/// All problems of a `deny.toml` by which cargo-deny 0.20.2 refuses it, and those it warns about.
pub(super) fn deny_problems(root: &Node) -> Vec<Problem> {
    let mut problems = check(CARGO_DENY, root, keys::DENY);
    problems.extend(contradictions(root));
    problems
}

/// Whether cargo-deny 0.20.2 accepts a `deny.toml`, by its bytes alone. It does not see what depends on the machine:
/// environment variables in `db-path`, and glob patterns in `bans.build.bypass`.
#[must_use]
pub fn accepts(text: &str) -> bool {
    parse(text).is_ok_and(|root| !deny_problems(&root).iter().any(|p| p.kind.refuses()))
}

/// Reads each file and says what it effectively sets.
pub(super) fn read(policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading {
    let mut reading = Reading::default();
    for input in inputs {
        let id = match input.id.map_or_else(|| sources.read(&input.path, MAX_BYTES), Ok) {
            Ok(id) => id,
            Err(error) => {
                reading.findings.push(Finding::unreadable(&error));
                continue;
            }
        };
        if file_name(&input.path) == "audit.toml" {
            read_audit(policy, sources, input, id, &mut reading);
        } else {
            read_deny(policy, sources, input, id, &mut reading);
        }
    }
    unread(sources, inputs, &mut reading);
    if super::target(policy).is_some() {
        let files: Vec<runs::Configured> = inputs.iter().filter_map(|input| configured(sources, input, &reading)).collect();
        if !files.is_empty() {
            let found = runs::look(sources);
            let judged = runs::judge(policy, sources, &found, &files);
            reading.findings.extend(judged.findings);
            reading.not_examined.extend(found.not_examined);
            // What nothing runs holds nothing.
            for (path, check) in judged.idle {
                let (place, keys) = (graph_of(&path), format!("dependencies.{check}."));
                let idle = reading.facts.iter_mut().filter(|fact| fact.place == place && fact.intent.starts_with(&keys));
                idle.filter(|fact| matches!(fact.cause, Cause::Value | Cause::Missing)).for_each(|fact| fact.cause = Cause::NotShown);
            }
        }
    }
    for finding in &mut reading.findings {
        finding.target = Some("cargo");
    }
    reading
}

/// The place of what a `deny.toml` says.
fn graph_of(path: &str) -> String {
    format!("crate graph of {path}")
}

/// Configurations beside those that were given which their programs never read: who wrote them believes otherwise.
fn unread(sources: &Sources, inputs: &[Input], reading: &mut Reading) {
    let is_given = |path: &str| inputs.iter().any(|i| join("", &i.path).as_deref() == Some(path));
    for input in inputs.iter().filter(|i| i.id.is_none() && file_name(&i.path) != "audit.toml" && !i.path.starts_with('/')) {
        let folder = manifest_folder(&input.path);
        let Some(own) = DENY_NAMES.iter().position(|name| join("", &input.path) == Some(below(folder, name))) else { continue };
        for other in DENY_NAMES[own + 1..].iter().map(|name| below(folder, name)).filter(|p| !is_given(p) && sources.exists(p)) {
            let finding = Finding::warning(&rules::SHADOWED, format!("cargo-deny never reads {other}: it takes {}, which comes first", input.path));
            reading.findings.push(finding.path(&other).help(format!("take what you need of it into {}, and delete it", input.path)));
        }
        let audit = below(folder, "audit.toml");
        if !is_given(&audit) && sources.exists(&audit) {
            reading.findings.push(audit_unread(&audit, folder));
        }
    }
}

/// The finding on an `audit.toml` where cargo-audit never looks.
fn audit_unread(path: &str, folder: &str) -> Finding {
    let right = below(folder, ".cargo/audit.toml");
    let finding = Finding::warning(&rules::AUDIT_UNREAD, format!("cargo-audit never reads {path}, so nothing in it is in force"));
    finding.path(path).help(format!("move it to {right}, or delete it"))
}

/// A file of the repository that was read, and that its program must read too.
fn configured(sources: &mut Sources, input: &Input, reading: &Reading) -> Option<runs::Configured> {
    let id = sources.read(&input.path, MAX_BYTES).ok().filter(|id| input.id.is_none() && reading.sources.contains(id))?;
    let is_audit = file_name(&input.path) == "audit.toml";
    let is_inside = !input.path.starts_with('/');
    is_inside.then(|| runs::Configured { id, path: input.path.clone(), folder: manifest_folder(&input.path).to_owned(), is_audit })
}

/// The tree of a text, or the finding that says why there is none.
fn tree(sources: &Sources, id: SourceId) -> Result<Node, Box<Finding>> {
    let source = sources.get(id);
    let error = |SyntaxError { message, span }: SyntaxError| {
        let finding = Finding::error(&rules::SYNTAX, format!("{} is not valid TOML: {message}", source.path));
        Box::new(
            finding
                .at(Span::new(id, span.start, span.end), message)
                .help("correct the text here; until then nothing of the file is in force")
                .path(&source.path),
        )
    };
    if source.bytes().len() as u64 > MAX_BYTES {
        return Err(error(SyntaxError { message: "it is longer than the 1 MiB that secgen reads".to_owned(), span: 0..0 }));
    }
    let Some(text) = source.text() else {
        let at = std::str::from_utf8(source.bytes()).err().map_or(0, |e| e.valid_up_to());
        return Err(error(SyntaxError { message: "it is not UTF-8".to_owned(), span: at..at + 1 }));
    };
    parse(text).map_err(error)
}

fn rule_of(kind: ProblemKind) -> &'static Rule {
    match kind {
        ProblemKind::Outdated => &rules::OUTDATED,
        ProblemKind::UnknownKey => &rules::UNKNOWN_KEY,
        ProblemKind::BadValue => &rules::BAD_VALUE,
        ProblemKind::Deprecated => &rules::DEPRECATED_KEY,
    }
}

fn problem_findings(id: SourceId, path: &str, mut problems: Vec<Problem>, reading: &mut Reading) {
    // What makes the reader refuse the file comes first, so that it is never among those left out.
    problems.sort_by_key(|p| (!p.kind.refuses(), p.span.start));
    let more = problems.len().saturating_sub(MOST_PROBLEMS);
    if more > 0 {
        let finding = Finding::warning(&rules::BAD_VALUE, format!("{path} has {more} more problems than are listed"));
        reading.findings.push(finding.path(path).help("correct those that are listed, and run secgen again"));
    }
    for problem in problems.into_iter().take(MOST_PROBLEMS) {
        let rule = rule_of(problem.kind);
        let finding = if problem.kind.refuses() { Finding::error(rule, problem.message) } else { Finding::warning(rule, problem.message) };
        reading.findings.push(finding.at(Span::new(id, problem.span.start, problem.span.end), "").help(problem.help).path(path));
    }
}

fn read_deny(policy: &Policy, sources: &mut Sources, input: &Input, id: SourceId, reading: &mut Reading) {
    let path = sources.get(id).path.clone();
    let folder = manifest_folder(&input.path).to_owned();
    let is_file = input.id.is_none();
    if is_file && let Some(first) = shadowed_by(sources, &folder, &input.path) {
        let finding = Finding::warning(&rules::SHADOWED, format!("cargo-deny never reads {path}: it takes {first}, which comes first"));
        reading.findings.push(finding.path(&path).help(format!("delete one of the two, and check {first}")));
        reading.not_examined.push((path, format!("cargo-deny takes {first} in its place")));
        return;
    }
    let root = match tree(sources, id) {
        Ok(root) => root,
        Err(finding) => {
            reading.findings.push(*finding);
            return;
        }
    };
    problem_findings(id, &path, deny_problems(&root), reading);
    let exceptions = if is_file { read_exceptions(sources, &folder, reading) } else { None };
    let elements = exceptions.iter().flat_map(|(id, tree)| {
        let list = tree.entry("exceptions").map(|e| e.node.elements()).unwrap_or_default();
        list.iter().map(|node| (*id, node))
    });
    let file = DenyFile { id, root: &root, exceptions: elements.collect(), place: graph_of(&path) };
    reading.facts.extend(deny::facts(policy, &file));
    reading.findings.extend(narrowed::findings(policy, &file, &path));
    reading.sources.push(id);
    reading.sources.extend(exceptions.map(|(id, _)| id));
}

/// The configuration that cargo-deny takes in place of this one, if there is one.
fn shadowed_by(sources: &Sources, folder: &str, path: &str) -> Option<String> {
    let plain = |path: &str| join("", path).unwrap_or_default();
    let own = plain(path);
    let all = DENY_NAMES.map(|name| below(folder, name));
    let mine = all.iter().position(|p| plain(p) == own)?;
    all[..mine].iter().find(|p| sources.exists(p)).cloned()
}

/// Further exceptions: the first such file in the folder of the manifest or one above it.
fn read_exceptions(sources: &mut Sources, folder: &str, reading: &mut Reading) -> Option<(SourceId, Node)> {
    let mut folder = folder;
    let path = loop {
        if let Some(path) = EXCEPTION_NAMES.iter().map(|name| below(folder, name)).find(|p| sources.exists(p)) {
            break path;
        }
        let above = folder_of(folder);
        // A relative path ends at the root's own folder, an absolute one at `/`.
        if folder.is_empty() || (above.is_empty() && folder.starts_with('/')) {
            return None;
        }
        folder = above;
    };
    let id = match sources.read(&path, MAX_BYTES) {
        Ok(id) => id,
        Err(error) => {
            reading.findings.push(Finding::unreadable(&error));
            return None;
        }
    };
    match tree(sources, id) {
        Ok(root) => {
            problem_findings(id, &path, check(CARGO_DENY, &root, keys::EXCEPTIONS), reading);
            Some((id, root))
        }
        Err(finding) => {
            reading.findings.push(*finding);
            None
        }
    }
}

fn read_audit(policy: &Policy, sources: &Sources, input: &Input, id: SourceId, reading: &mut Reading) {
    let path = sources.get(id).path.clone();
    if input.id.is_none() && file_name(folder_of(&input.path)) != ".cargo" {
        let right = below(folder_of(&input.path), ".cargo/audit.toml");
        reading.findings.push(audit_unread(&path, folder_of(&input.path)));
        reading.not_examined.push((path, format!("cargo-audit reads {right} only")));
        return;
    }
    let root = match tree(sources, id) {
        Ok(root) => root,
        Err(finding) => {
            reading.findings.push(*finding);
            return;
        }
    };
    problem_findings(id, &path, check(CARGO_AUDIT, &root, keys::AUDIT), reading);
    let place = format!("cargo-audit by {path}");
    reading.facts.extend(audit::facts(policy, id, &root, &place));
    reading.findings.extend(audit::narrowed(policy, id, &root, &place));
    reading.sources.push(id);
}
