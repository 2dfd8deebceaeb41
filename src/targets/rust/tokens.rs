//! Rust text to tokens and syntax, without a way to exhaust the stack or the memory; and the canonical form.

use proc_macro2::{Delimiter, TokenStream, TokenTree, token_stream};
use quote::ToTokens;
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A larger file is not one of ours: the largest has about 15 KB.
const MAX_BYTES: usize = 1 << 20;
/// The most tokens on the way from the file into its innermost bracket, commas and semicolons aside. Parsers recurse
/// once for each at most.
const MAX_DEPTH: usize = 256;

/// The syntax of a file.
///
/// # Errors
/// Why it cannot be read, with the line where there is one.
pub(super) fn parse(text: &str) -> Result<syn::File, String> {
    let stream = lex(text)?;
    syn::parse2(stream).map_err(|e| format!("line {}: {e}", e.span().start().line))
}

/// The syntax of a hand-written file, with its tokens, within other limits: code nests deeper than constants.
///
/// # Errors
/// Why it cannot be read, with the line where there is one.
pub(super) fn parse_within(text: &str, max_depth: usize) -> Result<(syn::File, TokenStream), (Option<usize>, String)> {
    let stream: TokenStream =
        text.parse().map_err(|e: proc_macro2::LexError| (Some(e.span().start().line), "a bracket without its partner, or text that is not Rust".to_owned()))?;
    if is_too_deep(stream.clone(), max_depth) {
        return Err((None, format!("an expression is nested deeper than {max_depth} tokens")));
    }
    let file = syn::parse2(stream.clone()).map_err(|e| (Some(e.span().start().line), e.to_string()))?;
    Ok((file, stream))
}

/// The bytes of a token or syntax node in its file.
pub(super) fn bytes(span: proc_macro2::Span) -> Range<usize> {
    span.byte_range()
}

/// Tokens of a text, checked so that a recursive parser can read them. The lexer itself does not recurse.
fn lex(text: &str) -> Result<TokenStream, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("{} bytes are more than a rendered Rust file has, {MAX_BYTES} is the most", text.len()));
    }
    let stream: TokenStream = text.parse().map_err(|e: proc_macro2::LexError| format!("line {}: not Rust", e.span().start().line))?;
    if is_too_deep(stream.clone(), MAX_DEPTH) { Err(format!("an expression is nested deeper than {MAX_DEPTH} tokens")) } else { Ok(stream) }
}

/// One bracket on the way down.
struct Level {
    tokens: token_stream::IntoIter,
    /// Tokens on the way to this bracket.
    above: usize,
    /// Tokens since the last separator in this bracket.
    here: usize,
    /// Generic arguments and closure parameters hold commas outside any bracket: no separators from there on.
    commas_nest: bool,
    /// The token before closed a brace.
    after_brace: bool,
}

/// Whether a parser might recurse deeper than a limit. It may also recurse without brackets (`- - - 1`, `a.b.c`,
/// `else if`), so each token counts until something separates what comes from what was: `;`, `,`, or the end of a
/// braced item or statement.
fn is_too_deep(stream: TokenStream, limit: usize) -> bool {
    let level = |tokens: TokenStream, above| Level { tokens: tokens.into_iter(), above, here: 0, commas_nest: false, after_brace: false };
    let mut stack = vec![level(stream, 0)];
    while let Some(current) = stack.last_mut() {
        let Some(token) = current.tokens.next() else {
            stack.pop();
            continue;
        };
        let begins = match &token {
            TokenTree::Ident(word) => *word != "else" && *word != "as",
            TokenTree::Punct(punct) => punct.as_char() == '#',
            _ => false,
        };
        if std::mem::take(&mut current.after_brace) && begins {
            (current.here, current.commas_nest) = (0, false);
        }
        current.here += 1;
        let depth = current.above + current.here;
        if depth > limit {
            return true;
        }
        match token {
            TokenTree::Punct(punct) => match punct.as_char() {
                ';' => (current.here, current.commas_nest) = (0, false),
                ',' if !current.commas_nest => current.here = 0,
                '<' | '|' => current.commas_nest = true,
                _ => {}
            },
            TokenTree::Group(group) => {
                current.after_brace = group.delimiter() == Delimiter::Brace;
                stack.push(level(group.stream(), depth));
            }
            _ => {}
        }
    }
    false
}

/// Tokens as text, one blank between two: layout, comments and doc comments do not count.
pub(super) fn text(stream: TokenStream) -> String {
    text_without(stream, &Layout::default())
}

/// Whether syntax is the same tokens as a text of ours.
pub(super) fn is(found: &impl ToTokens, ours: &str) -> bool {
    plain(ours).is_some_and(|ours| ours == text(found.to_token_stream()))
}

/// The tokens of a text of ours, as [`text`] writes them.
pub(super) fn plain(ours: &str) -> Option<String> {
    ours.parse().ok().map(text)
}

/// As [`text`], and what formatters add or drop does not count either.
fn text_without(stream: TokenStream, layout: &Layout) -> String {
    let mut out = String::new();
    let mut stack = vec![(stream.into_iter().peekable(), "")];
    while let Some((tokens, close)) = stack.last_mut() {
        let Some(token) = tokens.next() else {
            out.push_str(close);
            stack.pop();
            continue;
        };
        let at = bytes(token.span()).start;
        if layout.arms.contains(&at) {
            out.push('\n');
        }
        match token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                let inner = tokens.next_if(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == '!'));
                if tokens.next_if(is_doc).is_none() {
                    out.push_str(if inner.is_some() { "# ! " } else { "# " });
                }
            }
            TokenTree::Punct(_) if layout.separators.contains(&at) => {}
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                let is_last = tokens.peek().is_none_or(|next| matches!(next, TokenTree::Punct(p) if p.as_char() == '>'));
                out.push_str(if is_last && !layout.tuples.contains(&at) { "" } else { ", " });
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace if layout.braces.contains(&at) => ("", ""),
                    Delimiter::Parenthesis => ("( ", ") "),
                    Delimiter::Brace => ("{ ", "} "),
                    Delimiter::Bracket => ("[ ", "] "),
                    Delimiter::None => ("", ""),
                };
                out.push_str(open);
                stack.push((group.stream().into_iter().peekable(), close));
            }
            token => {
                out.push_str(&token.to_string());
                out.push(' ');
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// What a formatter adds or drops as the width allows, by first byte.
#[derive(Default)]
struct Layout {
    /// Around the only expression of a match arm or closure.
    braces: HashSet<usize>,
    /// After an arm, and after a `return` that is alone in such braces.
    separators: HashSet<usize>,
    /// First token of each arm: what separates arms once their commas are gone.
    arms: HashSet<usize>,
    /// The comma that makes a tuple of one.
    tuples: HashSet<usize>,
}

impl Layout {
    fn body(&mut self, body: &syn::Expr) {
        let syn::Expr::Block(block) = body else { return };
        let [syn::Stmt::Expr(only, semicolon)] = block.block.stmts.as_slice() else { return };
        let leaves = matches!(only, syn::Expr::Return(_) | syn::Expr::Break(_) | syn::Expr::Continue(_));
        if block.attrs.is_empty() && block.label.is_none() && (semicolon.is_none() || leaves) {
            self.braces.insert(bytes(block.block.brace_token.span.join()).start);
            self.separators.extend(semicolon.as_ref().map(|semicolon| bytes(semicolon.span).start));
        }
    }
}

impl<'ast> Visit<'ast> for Layout {
    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.arms.insert(bytes(arm.span()).start);
        self.separators.extend(arm.comma.as_ref().map(|comma| bytes(comma.span).start));
        self.body(&arm.body);
        visit::visit_arm(self, arm);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        if matches!(closure.output, syn::ReturnType::Default) {
            self.body(&closure.body);
        }
        visit::visit_expr_closure(self, closure);
    }

    fn visit_expr_tuple(&mut self, tuple: &'ast syn::ExprTuple) {
        self.tuples.extend(only_comma(&tuple.elems));
        visit::visit_expr_tuple(self, tuple);
    }

    fn visit_pat_tuple(&mut self, tuple: &'ast syn::PatTuple) {
        self.tuples.extend(only_comma(&tuple.elems));
        visit::visit_pat_tuple(self, tuple);
    }

    fn visit_type_tuple(&mut self, tuple: &'ast syn::TypeTuple) {
        self.tuples.extend(only_comma(&tuple.elems));
        visit::visit_type_tuple(self, tuple);
    }
}

/// Where the comma of a tuple of one stands.
fn only_comma<T>(elements: &Punctuated<T, syn::Token![,]>) -> Option<usize> {
    let comma = elements.pairs().next()?.punct().map(|comma| bytes(comma.span).start);
    comma.filter(|_| elements.len() == 1)
}

/// The `[doc = ...]` of a doc comment.
fn is_doc(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let mut inside = group.stream().into_iter();
    group.delimiter() == Delimiter::Bracket
        && matches!(inside.next(), Some(TokenTree::Ident(word)) if word == "doc")
        && matches!(inside.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == '=')
}

/// The names that a `use` brings in, each with its whole path.
pub(super) fn flatten_use(item: &syn::ItemUse) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let start = if item.leading_colon.is_some() { "::" } else { "" };
    let mut todo = vec![(start.to_owned(), &item.tree)];
    while let Some((path, tree)) = todo.pop() {
        match tree {
            syn::UseTree::Path(step) => todo.push((format!("{path}{}::", step.ident), &step.tree)),
            syn::UseTree::Name(name) => drop(names.insert(format!("{path}{}", name.ident))),
            syn::UseTree::Rename(name) => drop(names.insert(format!("{path}{} as {}", name.ident, name.rename))),
            syn::UseTree::Glob(_) => drop(names.insert(format!("{path}*"))),
            syn::UseTree::Group(group) => todo.extend(group.items.iter().map(|tree| (path.clone(), tree))),
        }
    }
    names
}

/// What of a file counts: its tokens, with imports sorted (formatters order them by edition) and without what
/// formatters add or drop.
pub(super) fn canonical(text_of_file: &str) -> Option<Vec<u8>> {
    // The compiler reads line ends as one character, in texts of several lines too.
    let stream = lex(&text_of_file.replace("\r\n", "\n")).ok()?;
    let mut file: syn::File = syn::parse2(stream).ok()?;
    let mut layout = Layout::default();
    layout.visit_file(&file);
    let mut imports = BTreeSet::new();
    file.items.retain(|item| match item {
        syn::Item::Use(item) if item.attrs.is_empty() && matches!(item.vis, syn::Visibility::Inherited) => {
            imports.append(&mut flatten_use(item));
            false
        }
        _ => true,
    });
    let mut lines: Vec<String> = imports.iter().map(|path| format!("use {path}")).collect();
    lines.push(text_without(file.to_token_stream(), &layout));
    Some(lines.join("\n").into_bytes())
}

/// The modules that a `mod.rs` declares, or that something else stands in it.
///
/// # Errors
/// As [`parse`].
pub(super) fn module_list(text_of_file: &str) -> Result<String, String> {
    let file = parse(text_of_file)?;
    let other = || "something that secgen did not render".to_owned();
    let is_inert = |a: &syn::Attribute| a.path().is_ident("doc") || a.path().is_ident("allow");
    let mut names: Vec<String> = file.attrs.iter().filter(|a| !is_inert(a)).map(|_| other()).collect();
    for item in &file.items {
        names.push(match item {
            syn::Item::Mod(item) if item.content.is_none() && item.attrs.iter().all(is_inert) => item.ident.to_string(),
            _ => other(),
        });
    }
    names.sort_unstable();
    Ok(names.join(", "))
}
