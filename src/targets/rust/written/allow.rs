//! `// secgen: allow(RULE) reason`: a finding that somebody looked at, on the comment's line or the next.

use super::rules;
use crate::finding::Finding;
use crate::source::{SourceId, Span};
use proc_macro2::{TokenStream, TokenTree};
use std::ops::Range;

/// What a comment begins with.
const MARK: &str = "secgen:";

/// One opt-out.
#[derive(Debug)]
pub(super) struct Allow {
    rule: String,
    has_reason: bool,
    /// The comment.
    at: Range<usize>,
    /// Lines, from 0, on which it counts.
    lines: Vec<usize>,
    used: bool,
}

/// The opt-outs of a text.
pub(super) fn of(text: &str, tokens: &TokenStream) -> Vec<Allow> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let literals = literals(tokens);
    let lines: Vec<&str> = text.split('\n').collect();
    let mut start = 0;
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let comment = line.find("//").filter(|at| !literals.iter().any(|l| l.contains(&(start + at))));
        if let Some(at) = comment
            && let Some(rest) = line[at..].trim_start_matches('/').trim().strip_prefix(MARK)
            && let Some(rest) = rest.trim_start().strip_prefix("allow(")
        {
            let (rule, reason) = rest.split_once(')').unwrap_or((rest, ""));
            let mut counts = vec![number];
            if line[..at].trim().is_empty() {
                // Alone on its line: it is about what follows, past further comments.
                let is_comment = |line: &&str| line.trim_start().starts_with("//") || line.trim_start().starts_with("#[");
                counts.extend((number + 1..lines.len()).take_while(|n| is_comment(&lines[*n])));
                counts.push(counts.last().map_or(number, |n| n + 1));
            }
            found.push(Allow {
                rule: rule.trim().to_owned(),
                has_reason: reason.chars().any(char::is_alphanumeric),
                at: start + at..start + line.trim_end().len(),
                lines: counts,
                used: false,
            });
        }
        start += line.len() + 1;
    }
    found
}

/// The bytes of all literals: comments in them are none.
fn literals(tokens: &TokenStream) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut stack = vec![tokens.clone().into_iter()];
    while let Some(level) = stack.last_mut() {
        match level.next() {
            None => drop(stack.pop()),
            Some(TokenTree::Group(group)) => stack.push(group.stream().into_iter()),
            Some(TokenTree::Literal(literal)) => found.push(super::super::tokens::bytes(literal.span())),
            Some(_) => {}
        }
    }
    found
}

/// Whether a finding of a rule on a line (from 0) is taken back.
pub(super) fn takes_back(allows: &mut [Allow], rule: &str, line: usize) -> bool {
    let mut taken = false;
    for allow in allows.iter_mut().filter(|a| a.rule == rule && a.lines.contains(&line)) {
        allow.used = true;
        taken |= allow.has_reason;
    }
    taken
}

/// Opt-outs that are none.
pub(super) fn findings(allows: &[Allow], id: SourceId, path: &str, offset: usize) -> Vec<Finding> {
    let finding = |allow: &Allow| {
        let shown: String = allow.rule.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(60).collect();
        let finding = if rules::allowable(&allow.rule).is_none() {
            let similar = rules::ALL.iter().map(|r| (strsim::jaro_winkler(r.name, &allow.rule), r.name)).max_by(|a, b| a.0.total_cmp(&b.0));
            let help = match similar.filter(|(score, name)| *score > 0.8 && rules::allowable(name).is_some()) {
                Some((_, name)) => format!("write allow({name})"),
                None => "name a rule that docs/rust-code.md lists, or remove the comment".to_owned(),
            };
            Finding::danger(&rules::ALLOW_UNKNOWN, format!("{shown} is no rule of Rust code that can be allowed")).help(help)
        } else if !allow.has_reason {
            let help = format!("write why: // secgen: allow({shown}) REASON");
            Finding::danger(&rules::ALLOW_WITHOUT_REASON, format!("{shown} is allowed without a reason, so it has no effect")).help(help)
        } else if !allow.used {
            let message = format!("nothing here is {shown}: the comment takes back nothing");
            Finding::warning(&rules::ALLOW_UNUSED, message).help("remove the comment")
        } else {
            return None;
        };
        Some(finding.at(Span::new(id, allow.at.start + offset, allow.at.end + offset), "").path(path))
    };
    allows.iter().filter_map(finding).collect()
}
