//! All that is to be said about a kind of finding: a page of `docs/rules/` and a screen of `secgen explain`, from the
//! same data.

use super::escape::markdown as text;
use super::safe;
use super::share::control_name;
use crate::check::controls::{Control, Own, once};
use crate::finding::{Reference, Rule, Snippet};
use crate::targets::keys;
use std::fmt::Write;

/// How wide a screen's text is.
const WIDTH: usize = 96;

/// The controls of a rule: its own, and those of a key that it speaks of where it is the only one. Where a rule speaks of
/// many, those of the key that a finding names count.
#[must_use]
pub fn references(rule: &Rule) -> Vec<Reference> {
    let mut all = rule.references.to_vec();
    if let [key] = rule.keys {
        let of_keys =
            keys::of(key).map(|_| keys::references(key)).or_else(|| keys::of(&format!("{key}.name")).map(|_| keys::references(&format!("{key}.name"))));
        all.extend(of_keys.unwrap_or_default());
    }
    once(all)
}

/// The same, and those that a spec names for the rule or for a key that it speaks of.
pub(super) fn controls_of(rule: &Rule, own: &[&Own]) -> Vec<Control> {
    let known = references(rule);
    let own = own.iter().filter(|o| o.is_for_rule(rule.name) || rule.keys.iter().any(|key| o.is_for_key(key)));
    let mut all: Vec<Control> = known.iter().map(Control::of).collect();
    for own in own {
        if !all.contains(&own.control) {
            all.push(own.control.clone());
        }
    }
    all
}

/// What code scanning shows beside a finding, in Markdown: why, both examples, controls.
pub(super) fn help(rule: &Rule, controls: &[Control]) -> String {
    let mut out = format!("{}\n", markdown(rule.explain));
    let examples = [("With this in `secgen.yaml`", "yaml", rule.spec), ("Bad", rule.language.fence(), rule.bad), ("Good", rule.language.fence(), rule.good)];
    for (title, fence, snippet) in examples.into_iter().filter(|(_, _, snippet)| !snippet.is_empty()) {
        let _ = write!(out, "\n**{title}**\n\n```{fence}\n{snippet}```\n");
    }
    if !controls.is_empty() {
        out.push_str("\n**Controls**\n\n");
    }
    for c in controls {
        let _ = writeln!(out, "- {}, {}: {}", text(&control_name(c)), c.relation, text(&c.rationale));
    }
    out
}

/// The page of a rule, in Markdown. `group` is the heading of the index that it stands under.
#[must_use]
pub fn page(rule: &Rule, group: &str) -> String {
    let mut out = format!("# {}\n\n**{}**\n\n", rule.name, markdown(rule.title));
    let _ = write!(out, "Severity: {} · [{group}](README.md#{})\n\n{}\n", rule.severity.name(), anchor(group), markdown(rule.explain));
    let fenced = |out: &mut String, language: &str, snippet: Snippet| {
        let _ = write!(out, "\n```{language}\n{snippet}```\n");
    };
    if !rule.spec.is_empty() {
        out.push_str("\nWith this in `secgen.yaml`:\n");
        fenced(&mut out, "yaml", rule.spec);
    }
    out.push_str("\n## Bad\n");
    fenced(&mut out, rule.language.fence(), rule.bad);
    out.push_str("\n## Good\n");
    fenced(&mut out, rule.language.fence(), rule.good);
    if !rule.keys.is_empty() {
        let names: Vec<String> = rule.keys.iter().map(|k| format!("`{k}`")).collect();
        let _ = write!(out, "\n## Spec keys\n\n{} ([what they mean, and their controls](../controls.md))\n", names.join(", "));
    }
    out.push_str("\n## Controls\n\n");
    out.push_str(&table(&references(rule)));
    if rule.keys.len() > 1 {
        out.push_str("\nA finding also has [the controls of the key](../controls.md) that it names.\n");
    }
    if !rule.sources.is_empty() {
        out.push_str("\n## Sources\n\n");
        for source in rule.sources {
            let _ = writeln!(out, "- [{}]({})", markdown(source.title), source.url);
        }
    }
    let _ = write!(out, "\nIn the terminal: `secgen explain {}`\n", rule.name);
    out
}

/// Controls as a table in Markdown.
#[must_use]
pub fn table(references: &[Reference]) -> String {
    let mut out = "| framework | control | relation | why |\n| --- | --- | --- | --- |\n".to_owned();
    for r in references {
        let _ = writeln!(out, "| {} {} | {} | {} | {} |", r.framework.name(), r.framework.version(), r.number, r.relation.name(), markdown(r.rationale));
    }
    out
}

/// The index of all pages: a table a group.
#[must_use]
pub fn index<'a>(groups: impl Iterator<Item = (&'a str, &'a [&'static Rule])>) -> String {
    let mut out = "# Rules\n\nEvery kind of finding, written by the tests from the rules in `src/` (`SECGEN_BLESS=1 cargo test`); not edited by hand.\n\
        Severity only sorts: whether a finding fails a run is decided by its verdict or state and the gate.\n"
        .to_owned();
    for (title, rules) in groups {
        let _ = write!(out, "\n## {title}\n\n| rule | severity | what is wrong |\n| --- | --- | --- |\n");
        for rule in rules {
            let _ = writeln!(out, "| [{0}]({0}.md) | {1} | {2} |", rule.name, rule.severity.name(), markdown(rule.title));
        }
    }
    out
}

/// The page of all keys that have an order and controls.
#[must_use]
pub fn keys_page() -> String {
    let mut out = "# Spec keys, their order, and controls of others\n\n\
        Written by the tests from `src/targets/keys.rs` (`SECGEN_BLESS=1 cargo test`); not edited by hand.\n\n\
        A relation says how much a setting does for a control: it *implements* one that asks for this very thing, *supports* one that asks for more than it, and is \
        *related* to one that is about the same. No setting satisfies a control by itself: a finding says what one file says, at one time. Of the CIS PostgreSQL 17 \
        Benchmark only numbers are given, as pgdsat 2.0 has them; single settings have theirs in [postgresql-settings.md](postgresql-settings.md).\n\n\
        Controls of a framework of your own stand in the spec. They are named by `secgen explain` and, beside those below, with each finding in reports:\n\n\
        ```yaml\ncontrols:\n  acme-policy:\n    title: Acme information security policy\n    version: \"2026\"\n    controls:\n      SEC-4.2:\n        \
        for: [tls.min_version, \"rule:tls-protocols\"]    # spec keys with all below them, and rules\n        relation: supports\n        \
        rationale: old TLS is off everywhere\n```\n"
        .to_owned();
    for key in keys::all() {
        let carriers = if key.targets.is_empty() { "nobody: a person states it".to_owned() } else { key.targets.join(", ") };
        let _ = write!(out, "\n## `{}`\n\n{} Carried by: {carriers}.\n\n", key.pattern, markdown(key.order));
        out.push_str(&table(&once(keys::references(key.pattern))));
    }
    out
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-')).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Text that Markdown takes as it stands. What is between backticks stays.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, part) in text.split('`').enumerate() {
        if i > 0 {
            out.push('`');
        }
        for c in part.chars() {
            match c {
                '|' => out.push_str("\\|"),
                '*' | '_' | '<' | '>' | '[' | ']' | '\\' | '~' | '#' if i % 2 == 0 => {
                    out.push('\\');
                    out.push(c);
                }
                c => out.push(c),
            }
        }
    }
    out
}

/// The screen of a rule. `own` are controls that the spec names for it.
#[must_use]
pub fn screen(rule: &Rule, own: &[Control], color: bool) -> String {
    let mut out = format!("{}  {}\n{}\n\n", strong(rule.name, color), rule.severity.name(), rule.title);
    paragraph(&mut out, rule.explain);
    if !rule.spec.is_empty() {
        heading(&mut out, "With this in secgen.yaml", color);
        snippet(&mut out, rule.spec);
    }
    heading(&mut out, "Bad", color);
    snippet(&mut out, rule.bad);
    heading(&mut out, "Good", color);
    snippet(&mut out, rule.good);
    if !rule.keys.is_empty() {
        heading(&mut out, "Spec keys", color);
        for key in rule.keys {
            let _ = writeln!(out, "  {key:<40} secgen explain {key}");
        }
    }
    let mut rows: Vec<Control> = references(rule).iter().map(Control::of).collect();
    rows.extend_from_slice(own);
    controls(&mut out, &rows, color);
    if !rule.sources.is_empty() {
        heading(&mut out, "Sources", color);
        for source in rule.sources {
            let _ = writeln!(out, "  {}\n    {}", source.title, source.url);
        }
    }
    out
}

/// Controls as columns.
pub fn controls(out: &mut String, rows: &[Control], color: bool) {
    if rows.is_empty() {
        return;
    }
    heading(out, "Controls", color);
    let title = |row: &Control| safe(format!("{} {}", row.title, row.version).trim());
    let width = |f: &dyn Fn(&Control) -> String| rows.iter().map(|r| f(r).chars().count()).max().unwrap_or(0).min(40);
    let (wide, id) = (width(&title), width(&|r| r.id.clone()));
    for row in rows {
        let left = format!("  {:<wide$}  {:<id$}  {:<10}  ", title(row), row.id, row.relation);
        hang(out, &left, &safe(&row.rationale));
    }
}

/// A heading of a screen.
pub fn heading(out: &mut String, text: &str, color: bool) {
    let _ = write!(out, "\n{}\n", strong(text, color));
}

/// Text in lines, two columns in.
pub fn paragraph(out: &mut String, text: &str) {
    hang(out, "  ", text);
}

/// Text in lines after `first`; the lines below begin in the same column.
pub fn hang(out: &mut String, first: &str, text: &str) {
    hang_at(out, first, first.chars().count(), text);
}

/// Text in lines after `first`; the lines below begin in a column of their own.
pub fn hang_at(out: &mut String, first: &str, indent: usize, text: &str) {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH.max(indent + 30) {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

fn snippet(out: &mut String, snippet: Snippet) {
    for line in snippet.lines() {
        let _ = writeln!(out, "{}", format!("  | {line}").trim_end());
    }
}

/// In bold, where colours are wanted.
#[must_use]
pub fn strong(text: &str, color: bool) -> String {
    if color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
}
