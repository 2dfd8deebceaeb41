//! `secgen spec diff`: two specs compared by strictness; stops a change that lowers the bar.

use super::args::{DiffFailOn, SpecDiff};
use super::{Session, git, locate, print_out};
use crate::check::Report;
use crate::finding::{Finding, Language, Rule, Severity, Snippet, UNREADABLE, cited};
use crate::policy::difference::{self, Change, Difference, Side};
use crate::policy::{Loaded, Purpose, load_for, profiles};
use crate::report::{Format, guarded, json_text, safe};
use crate::source::{MAX_SPEC_BYTES, Sources, digest};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A text of standard input with layers of the disk.
pub(super) static LAYER_OF_ANOTHER_TIME: Rule = Rule {
    name: "diff-layer-unknown",
    title: "A spec from standard input extends a file whose text of that time is not known.",
    severity: Severity::High,
    explain: "The file that lies here may have changed since: a lowered layer would be compared with itself. Name the commit, so that its layers are read \
              from it too: `secgen spec diff REV:secgen.yaml secgen.yaml`. Built-in profiles and pinned files are known by their names and digests.",
    language: Language::Shell,
    spec: Snippet(""),
    bad: Snippet("git show main:secgen.yaml | secgen spec diff - secgen.yaml"),
    good: Snippet("secgen spec diff main:secgen.yaml secgen.yaml"),
    keys: &["extends"],
    references: cited::BASELINE,
    sources: &[],
};

/// A spec with the texts that its positions point into.
struct Given {
    sources: Sources,
    loaded: Loaded,
    /// Read from the disk.
    on_disk: bool,
}

type Failed = Box<(Sources, Report)>;

/// Compares, prints, and says whether the bar is lowered.
pub(super) fn run(session: &Session, options: &SpecDiff) -> u8 {
    let sides = given(session, &options.old).and_then(|old| Ok((old, given(session, &options.new)?)));
    let (old, new) = match sides {
        Ok(sides) => sides,
        Err(failed) => return session.print(failed.1, &failed.0, "spec"),
    };
    let rows = group(difference::specs(&old.loaded, &new.loaded));
    let fails = |change: Change| match options.fail_on {
        DiffFailOn::None => false,
        DiffFailOn::Weaker => change.lowers(),
        DiffFailOn::Any => change != Change::Equal,
    };
    let exit = u8::from(rows.iter().any(|row| fails(row.difference.change)));
    match session.format {
        Format::Json => print_out(&json_text(&json(&old, &new, &rows, options, exit))),
        _ => print_out(&guarded(&text(session, &old, &new, &rows, options, &fails))),
    }
    exit
}

/// A difference, and the environments that it holds in.
struct Row {
    envs: Vec<String>,
    difference: Difference,
}

/// What is the same in several environments is one row.
fn group(all: Vec<(Option<String>, Difference)>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut at: BTreeMap<Difference, usize> = BTreeMap::new();
    for (env, difference) in all {
        let i = *at.entry(difference.clone()).or_insert(rows.len());
        if i == rows.len() {
            rows.push(Row { envs: Vec::new(), difference });
        }
        rows[i].envs.extend(env);
    }
    rows
}

/// Reads one side: a built-in profile, a file, `REV:PATH`, or standard input.
fn given(session: &Session, name: &str) -> Result<Given, Failed> {
    let fail = |sources: Sources, findings: Vec<Finding>| Box::new((sources, session.failed(findings)));
    let here = locate::here();
    let root = |from: &Path| session.root.as_ref().map(|r| locate::absolute(&here, r)).or_else(|| locate::git_root(from)).unwrap_or_else(|| from.to_path_buf());
    let (mut sources, path, on_disk) = if profiles::is_builtin(name) {
        (Sources::new(&here), name.to_owned(), false)
    } else if name == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(MAX_SPEC_BYTES + 1).read_to_end(&mut bytes);
        let mut sources = Sources::new(&root(&here));
        if read.is_err() || bytes.len() as u64 > MAX_SPEC_BYTES {
            let finding = Finding::error(&locate::USAGE, "standard input cannot be read, or is larger than 1 MiB").help("name a file instead");
            return Err(fail(sources, vec![finding]));
        }
        sources.add_as("<stdin>", bytes);
        (sources, "<stdin>".to_owned(), false)
    } else if let Some((revision, path)) = git::revision(name) {
        (git::sources(&root(&here), revision), path.trim_start_matches("./").to_owned(), false)
    } else {
        let file = locate::absolute(&here, Path::new(name));
        let folder = file.parent().map_or_else(|| here.clone(), Path::to_path_buf);
        // Each side has the root that it lies in: the old may be a checkout of its own.
        let root: PathBuf = session
            .root
            .as_ref()
            .map(|r| locate::absolute(&here, r))
            .filter(|r| file.starts_with(r))
            .unwrap_or_else(|| locate::git_root(&folder).unwrap_or_else(|| folder.clone()));
        let path = locate::relative(&root, &file).unwrap_or_else(|| name.to_owned());
        (Sources::new(&root), path, true)
    };
    let loaded = match load_for(Purpose::Comparison, &mut sources, &path, session.today) {
        Ok(loaded) => loaded,
        Err(mut findings) => {
            for finding in findings.iter_mut().filter(|f| git::revision(name).is_some() && f.rule == &UNREADABLE) {
                finding.help = vec!["name a commit, and a path from the root that was there: main:secgen.yaml".to_owned()];
            }
            return Err(fail(sources, findings));
        }
    };
    let unknown = loaded.layers.iter().find(|layer| name == "-" && !layer.pinned && !profiles::is_builtin(&layer.name));
    if let Some(layer) = unknown {
        let finding =
            Finding::error(&LAYER_OF_ANOTHER_TIME, format!("the spec from standard input extends {}, whose text of that time is not known", layer.name))
                .help("name the commit, so that its layers are read from it too: secgen spec diff REV:secgen.yaml secgen.yaml")
                .help("or pin the layer: extends: [{ file, sha256 }]");
        return Err(fail(sources, vec![finding]));
    }
    Ok(Given { sources, loaded, on_disk })
}

/// Layers that both sides read from the same file, so that a change of that file shows nowhere.
fn shared_layers<'a>(old: &'a Given, new: &Given) -> Vec<&'a str> {
    let same_root = old.on_disk && new.on_disk && old.sources.root() == new.sources.root();
    let is_file = |name: &str| !profiles::is_builtin(name);
    let names = old.loaded.layers.iter().map(|l| l.name.as_str()).filter(|name| same_root && is_file(name));
    names.filter(|name| new.loaded.layers.iter().any(|l| l.name == *name)).collect()
}

fn place(side: &Given, at: &Side) -> Option<String> {
    at.origin.map(|span| side.sources.place(span))
}

fn path(side: &Given) -> &str {
    &side.sources.get(side.loaded.source).path
}

fn text(session: &Session, old: &Given, new: &Given, rows: &[Row], options: &SpecDiff, fails: &dyn Fn(Change) -> bool) -> String {
    let mut out = String::new();
    let quiet = session.style.quiet;
    if !quiet {
        for (word, side) in [("old", old), ("new", new)] {
            let layers: Vec<String> = side.loaded.layers.iter().map(ToString::to_string).collect();
            let layers = if layers.is_empty() { String::new() } else { format!("  on {}", layers.join(", ")) };
            out.push_str(&format!("{word}  {}{}\n", safe(path(side)), safe(&layers)));
        }
        for layer in shared_layers(old, new) {
            out.push_str(&format!("     both read {} as it lies here: a change of that file does not show; compare REV:PATH to see it\n", safe(layer)));
        }
        out.push('\n');
    }
    for row in rows.iter().filter(|r| fails(r.difference.change) || !quiet && (session.style.verbose || r.difference.change != Change::Equal)) {
        let Difference { change, key, why, old: before, new: after } = &row.difference;
        let envs = if row.envs.is_empty() { String::new() } else { format!(" [{}]", row.envs.join(", ")) };
        let why = if why.is_empty() { String::new() } else { format!(": {}", safe(why)) };
        out.push_str(&format!("{:<12} {}{envs}{why}\n", change.name(), safe(key)));
        for (word, side, given) in [("old", before, old), ("new", after, new)].into_iter().filter(|_| !quiet) {
            if let Some(at) = side {
                let place = place(given, at).map(|p| format!("  {}", safe(&p))).unwrap_or_default();
                out.push_str(&format!("    {word}  {}{place}\n", safe(&shorten(&at.text))));
            }
        }
    }
    if !quiet && rows.iter().any(|r| r.difference.change != Change::Equal) {
        out.push('\n');
    }
    let counts = counts(rows);
    let words: Vec<String> = counts.iter().map(|(change, n)| format!("{n} {}", change.name())).collect();
    let verdict = match (options.fail_on, rows.iter().any(|r| fails(r.difference.change))) {
        (DiffFailOn::None, _) => "gate off",
        (_, true) => "failed",
        (DiffFailOn::Weaker, false) => "nothing weaker",
        (DiffFailOn::Any, false) => "nothing differs",
    };
    out.push_str(&format!("{verdict}: {}\n", words.join(", ")));
    out
}

fn counts(rows: &[Row]) -> BTreeMap<Change, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row.difference.change).or_default() += 1;
    }
    counts
}

/// Long lists are for `--format json`.
fn shorten(text: &str) -> String {
    if text.chars().count() <= 120 { text.to_owned() } else { text.chars().take(117).chain("...".chars()).collect() }
}

fn json(old: &Given, new: &Given, rows: &[Row], options: &SpecDiff, exit: u8) -> Value {
    let side = |given: &Given| {
        let layers: Vec<Value> = given.loaded.layers.iter().map(|l| json!({ "name": safe(&l.name), "version": l.version, "pinned": l.pinned })).collect();
        json!({ "path": safe(path(given)), "sha256": digest(given.sources.get(given.loaded.source).bytes()), "layers": layers })
    };
    let at = |given: &Given, side: &Option<Side>| {
        side.as_ref().map(|at| {
            let position = at.origin.map(|span| (given.sources.get(span.source).path.clone(), given.sources.position(span)));
            json!({ "text": safe(&at.text), "path": position.as_ref().map(|(path, _)| safe(path)), "line": position.as_ref().map(|(_, p)| p.line),
                "column": position.as_ref().map(|(_, p)| p.column) })
        })
    };
    let differences: Vec<Value> = rows
        .iter()
        .map(|row| {
            let d = &row.difference;
            json!({ "key": safe(&d.key), "environments": row.envs, "verdict": d.change.name(), "lowers": d.change.lowers(), "why": safe(&d.why),
                "old": at(old, &d.old), "new": at(new, &d.new) })
        })
        .collect();
    let summary: serde_json::Map<String, Value> = counts(rows).into_iter().map(|(change, n)| (change.name().to_owned(), n.into())).collect();
    let fail_on = match options.fail_on {
        DiffFailOn::Weaker => "weaker",
        DiffFailOn::Any => "any",
        DiffFailOn::None => "none",
    };
    json!({ "schema": "secgen-spec-diff/1", "secgen": env!("CARGO_PKG_VERSION"), "fail_on": fail_on, "exit": exit, "old": side(old), "new": side(new),
        "shared_layers": shared_layers(old, new), "summary": summary, "differences": differences })
}
