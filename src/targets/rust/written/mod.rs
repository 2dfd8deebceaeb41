//! Hand-written Rust code: what contradicts the policy and can be told for sure from one file.
//!
//! Everything here is a hint: that nothing is found shows nothing, and no value that is right is ever counted as
//! verified. Each rule needs the import, or the full path, that makes it true ([`names`]). A text that has none of the
//! words that any rule needs is not parsed ([`prefilter`]): no rule could apply to it.

mod allow;
mod config_literal;
mod cookies;
mod forwarded;
mod limits;
mod names;
mod prefilter;
pub(super) mod rules;
mod secrets;
mod tests_only;
mod tls;
mod validation;
mod values;
mod walk;

pub(super) use rules::ALL as RULES;

use super::{clippy, tokens};
use crate::finding::{Cause, Finding, Label};
use crate::policy::Policy;
use crate::source::{MAX_CONFIG_BYTES, SourceId, Sources, Span};
use crate::strictness::Order;
use crate::targets::{Fact, Found, Input, Reading, Target};
use prefilter::Prefilter;
use proc_macro2::TokenStream;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use syn::visit::Visit;
use walk::{Hint, Walk, Weight};

/// The largest file of code that is parsed: 4 MiB. Larger ones are tables that a program wrote.
const MAX_BYTES: usize = 4 << 20;
/// As for the constants of a policy, but code nests deeper; the stack of [`STACK_BYTES`] is made for it.
const MAX_DEPTH: usize = 2048;
/// The stack on which files are parsed; only what is used of it takes memory.
const STACK_BYTES: usize = 256 << 20;

/// Patterns of hand-written files that the spec wants checked.
pub(super) fn patterns(policy: &Policy) -> Vec<String> {
    let target = policy.spec.targets.as_ref().and_then(|t| t.rust.as_ref());
    target.and_then(|t| t.check.as_ref()).into_iter().flatten().map(|p| p.as_str().to_owned()).collect()
}

/// Reads each file and says what in it contradicts the policy.
pub(super) fn read(policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading {
    let done = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("rust".to_owned()).stack_size(STACK_BYTES);
        let run = thread.spawn_scoped(scope, || read_all(policy, &mut *sources, inputs));
        run.map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    done.unwrap_or_else(|error| {
        let finding = Finding::error(&rules::SYNTAX, format!("Rust files cannot be parsed here: no memory for a stack ({error})"));
        Reading { findings: vec![finding.help("raise the limit on memory (ulimit -v), or check fewer files")], ..Reading::default() }
    })
}

fn read_all(policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading {
    let mut reading = Reading::default();
    let prefilter = Prefilter::new(policy);
    let own: BTreeSet<String> = super::Rust.artifacts(policy).into_iter().flatten().map(|artifact| artifact.path).collect();
    for input in inputs {
        let id = match input.id.map_or_else(|| sources.read(&input.path, MAX_CONFIG_BYTES), Ok) {
            Ok(id) => id,
            Err(error) => {
                reading.findings.push(Finding::unreadable(&error));
                continue;
            }
        };
        // Rendered files are judged by value already.
        if own.contains(&input.path) {
            continue;
        }
        if clippy::is_config(&input.path) {
            clippy::read(policy, sources, id, &mut reading);
        } else if prefilter.may_matter(sources.get(id).bytes()) {
            read_code(policy, sources, input, id, &mut reading);
        } else {
            reading.sources.push(id);
        }
    }
    if super::Rust::out(policy).is_none() && !reading.sources.is_empty() {
        shows_nothing(policy, &mut reading);
    }
    reading
}

/// What hand-written code leaves unknown.
fn shows_nothing(policy: &Policy, reading: &mut Reading) {
    let known: BTreeSet<String> = reading.facts.iter().map(|fact| fact.intent.clone()).collect();
    reading.facts.extend(super::Rust.carries(policy).into_iter().filter(|intent| !known.contains(intent)).map(|intent| Fact {
        intent,
        place: "hand-written Rust code".to_owned(),
        found: Found::Unverifiable("it is only searched for what contradicts the policy".to_owned()),
        cause: Cause::NotShown,
        at: None,
        related: Vec::new(),
        rule: &rules::NOT_PROOF,
        help: vec!["set targets.rust.out, and use the constants that secgen renders there: those are compared by value".to_owned()],
        group: None,
    }));
}

/// The syntax of a file, its tokens, and how many bytes before them the parser does not take: a byte order mark, or the
/// first line of a script.
fn parse(text: &str) -> Result<(syn::File, TokenStream, usize), (Option<usize>, String)> {
    let mut offset = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let rest = &text[offset..];
    if rest.starts_with("#!") && !rest[2..].trim_start().starts_with('[') {
        offset += rest.find('\n').unwrap_or(rest.len());
    }
    if text.len() > MAX_BYTES {
        return Err((None, format!("{} bytes are more than the {MAX_BYTES} that secgen parses", text.len())));
    }
    let lines = text[..offset].matches('\n').count();
    let (file, stream) = tokens::parse_within(&text[offset..], MAX_DEPTH).map_err(|(line, why)| (line.map(|line| line + lines), why))?;
    Ok((file, stream, offset))
}

/// The finding on a file that cannot be parsed.
fn syntax(sources: &mut Sources, id: SourceId, line: Option<usize>, why: &str) -> Finding {
    // Where a string has no end, any line may be a part of a secret.
    sources.cover(id);
    let source = sources.get(id);
    let at = line.map(|line| format!("line {line}: ")).unwrap_or_default();
    let finding = Finding::error(&rules::SYNTAX, format!("{} cannot be read: {at}{why}", source.path)).path(&source.path);
    let finding = finding.help("correct it, or leave the file out of targets.rust.check if the compiler takes it");
    match line {
        Some(line) => {
            let range = source.line_range(line);
            finding.at(Span::new(id, range.start, range.end), "")
        }
        None => finding,
    }
}

fn read_code(policy: &Policy, sources: &mut Sources, input: &Input, id: SourceId, reading: &mut Reading) {
    let is_file = input.id.is_none();
    if is_file && tests_only::by_layout(sources, &input.path) {
        return;
    }
    let Some(text) = sources.get(id).text() else {
        let valid = std::str::from_utf8(sources.get(id).bytes()).err().map_or(0, |e| e.valid_up_to());
        let line = sources.position(Span::new(id, valid, valid)).line;
        reading.findings.push(syntax(sources, id, Some(line), "it is not UTF-8"));
        return;
    };
    let found = examine(policy, text);
    // The spans of a text are kept until they are let go of; each file has its own.
    proc_macro2::extra::invalidate_current_thread_spans();
    let mut found = match found {
        Ok(Some(found)) => found,
        Ok(None) => return,
        Err((line, why)) => {
            reading.findings.push(syntax(sources, id, line, &why));
            return;
        }
    };
    let matters = !found.hints.is_empty() || !found.allows.is_empty();
    let is_test = matters && is_file && tests_only::module(sources, &input.path);
    proc_macro2::extra::invalidate_current_thread_spans();
    if is_test {
        return;
    }
    reading.sources.push(id);
    if !matters {
        return;
    }
    hide(sources, id, &mut found);
    let path = sources.get(id).path.clone();
    let mut hints = std::mem::take(&mut found.hints);
    hints.sort_by_key(|hint| (hint.at.start, hint.rule.name));
    for hint in hints {
        let span = Span::new(id, hint.at.start + found.offset, hint.at.end + found.offset);
        let line = sources.position(span).line - sources.position(Span::new(id, found.offset, found.offset)).line;
        if !is_weaker(policy, &hint.weight) || allow::takes_back(&mut found.allows, hint.rule.name, line) {
            continue;
        }
        match report(hint, span, &path) {
            Reported::Finding(finding) => reading.findings.push(*finding),
            Reported::Fact(fact) => reading.facts.push(*fact),
        }
    }
    reading.findings.extend(allow::findings(&found.allows, id, &path, found.offset));
}

/// What one text gave: plain data, without a token left.
struct Examined {
    hints: Vec<Hint>,
    secrets: Vec<Range<usize>>,
    allows: Vec<allow::Allow>,
    offset: usize,
}

/// Examines a text; `None` for a file that is built for tests alone.
fn examine(policy: &Policy, text: &str) -> Result<Option<Examined>, (Option<usize>, String)> {
    let (file, stream, offset) = parse(text)?;
    if tests_only::attributes(&file.attrs) {
        return Ok(None);
    }
    let macros = macros(&file);
    let mut walk = Walk::new(policy, &file, &macros);
    walk.visit_file(&file);
    validation::judge(&mut walk);
    let allows = allow::of(&text[offset..], &stream);
    Ok(Some(Examined { hints: walk.hints, secrets: walk.secrets, allows, offset }))
}

/// Macros whose arguments are expressions that are evaluated as written.
const LISTS: [&str; 10] = ["vec", "matches", "assert", "assert_eq", "assert_ne", "debug_assert", "dbg", "join", "try_join", "smallvec"];

/// The arguments of those macros, by the first byte of the macro's name.
fn macros(file: &syn::File) -> HashMap<usize, Vec<syn::Expr>> {
    struct Finder(Vec<(usize, TokenStream)>);
    impl<'a> Visit<'a> for Finder {
        fn visit_macro(&mut self, mac: &'a syn::Macro) {
            if mac.path.segments.last().is_some_and(|last| LISTS.iter().any(|list| last.ident == list)) {
                self.0.push((tokens::bytes(syn::spanned::Spanned::span(&mac.path)).start, mac.tokens.clone()));
            }
        }
    }
    let mut finder = Finder(Vec::new());
    finder.visit_file(file);
    let mut all = HashMap::new();
    while let Some((start, stream)) = finder.0.pop() {
        let parse = syn::punctuated::Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
        // What does not parse so is another macro of the same name, or a pattern: not examined.
        let Ok(arguments) = syn::parse::Parser::parse2(parse, stream) else { continue };
        let arguments: Vec<syn::Expr> = arguments.into_iter().collect();
        for argument in &arguments {
            finder.visit_expr(argument);
        }
        all.insert(start, arguments);
    }
    all
}

/// Lets nothing be shown of a file's secrets.
fn hide(sources: &mut Sources, id: SourceId, found: &mut Examined) {
    if found.secrets.is_empty() {
        return;
    }
    sources.cover(id);
    found.secrets.sort_by_key(|range| range.start);
    let end = sources.get(id).bytes().len();
    let mut start = 0;
    for secret in &found.secrets {
        let (from, to) = (secret.start + found.offset, secret.end + found.offset);
        if from > start {
            sources.uncover(Span::new(id, start, from));
        }
        start = start.max(to);
    }
    if start < end {
        sources.uncover(Span::new(id, start, end));
    }
}

/// Whether a hint says anything: a value that is equal or stricter is fine, and shows nothing.
fn is_weaker(policy: &Policy, weight: &Weight) -> bool {
    match weight {
        Weight::Value { intent, value, .. } => {
            policy.intent(intent).is_some_and(|intent| matches!(intent.value.compare(value).order, Order::Weaker | Order::Incomparable))
        }
        _ => true,
    }
}

enum Reported {
    Finding(Box<Finding>),
    Fact(Box<Fact>),
}

fn report(hint: Hint, span: Span, path: &str) -> Reported {
    let Hint { rule, label, weight, message, help, .. } = hint;
    let mut finding = match weight {
        Weight::Value { intent, value, what } => {
            return Reported::Fact(Box::new(Fact {
                intent,
                place: format!("{what} in {path}"),
                found: Found::Set { text: value.to_string(), value },
                cause: Cause::Value,
                at: Some(Label::new(span, label)),
                related: Vec::new(),
                rule,
                help,
                group: None,
            }));
        }
        Weight::Rule => Finding::danger(rule, message),
        Weight::Warning => Finding::warning(rule, message),
        Weight::Verdict(verdict, required) => {
            let mut finding = Finding::new(rule, crate::finding::Kind::Verdict(verdict), message);
            finding.spec = required;
            if let Some(required) = required {
                finding = finding.see(required, "required here");
            }
            finding
        }
    };
    finding.cause = Some(Cause::Value);
    finding.place = Some(path.to_owned());
    finding.help = help;
    Reported::Finding(Box::new(finding.at(span, label)))
}
