//! Calls in the Rust code of an xtask, by its string literals.

use super::call::{self, Aliases, Call, Tool};
use super::lines::{At, mentioned};
use super::shell::{Failure, Shell};
use proc_macro2::{TokenStream, TokenTree};

/// The calls of a file. What is put together piece by piece is open.
pub(super) fn calls(text: &str, aliases: &Aliases) -> Vec<At> {
    if !text.contains("deny") && !text.contains("audit") {
        return Vec::new();
    }
    let Ok(stream) = text.parse::<TokenStream>() else { return mentioned(text, "the file is not valid Rust") };
    // The lexer does not recurse; neither does this.
    let mut open = vec![stream.into_iter()];
    let mut literals: Vec<(String, usize)> = Vec::new();
    let mut names_cargo = false;
    while let Some(tokens) = open.last_mut() {
        match tokens.next() {
            None => {
                open.pop();
            }
            Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
            Some(TokenTree::Literal(literal)) => literals.extend(string(&literal.to_string()).map(|t| (t, literal.span().byte_range().start))),
            Some(TokenTree::Ident(name)) => names_cargo |= name == "cargo",
            Some(TokenTree::Punct(_)) => {}
        }
    }
    names_cargo |= literals.iter().any(|(t, _)| matches!(t.as_str(), "cargo" | "CARGO"));
    let mut out: Vec<At> = Vec::new();
    for (literal, at) in &literals {
        // Whether its failure is looked at, the code around it decides.
        let whole = call::calls(literal, Shell { errexit: true, pipefail: false }, aliases);
        let pieces = |tool: Tool| match tool {
            Tool::Deny => call::deny(&["check".to_owned()]),
            Tool::Audit => call::audit(&[]),
        };
        let piece = match literal.as_str() {
            "deny" | "cargo-deny" if names_cargo => pieces(Tool::Deny),
            "audit" | "cargo-audit" if names_cargo => pieces(Tool::Audit),
            _ => None,
        };
        let piece = piece.map(|call| Call { failure: Failure::Open("the code puts the command together piece by piece".to_owned()), ..call });
        out.extend(whole.into_iter().chain(piece).map(|call| (call, *at)));
    }
    out
}

/// The text of a string literal as written; escapes stay, because commands have none.
fn string(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('r').map_or(literal, |raw| raw.trim_matches('#'));
    inner.strip_prefix('"').and_then(|t| t.strip_suffix('"')).map(str::to_owned)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_commands_or_pieces_of_one() {
        let none = Aliases::new();
        let one = |text: &str| calls(text, &none).into_iter().map(|(c, _)| c.failure).collect::<Vec<_>>();
        assert_eq!(one("fn main() { cmd!(sh, \"cargo deny check\").run()?; }"), [Failure::Counts]);
        assert_eq!(one("fn main() { cmd!(sh, r#\"cargo deny check\"#).run()?; }"), [Failure::Counts]);
        assert!(matches!(one("fn main() { Command::new(\"cargo\").args([\"deny\", \"check\"]); }")[..], [Failure::Open(_)]));
        assert!(one("// cargo deny check\nfn main() { lint(\"deny\"); }").is_empty());
        assert!(one("#![deny(warnings)]").is_empty());
        assert!(one(&"(".repeat(100_000)).is_empty());
    }
}
