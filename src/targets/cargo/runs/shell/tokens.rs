//! Words and operators of a shell text.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String, usize),
    Op(&'static str),
}

/// Operators, longest first.
const OPERATORS: [&str; 9] = ["&&", "||", ";;", "|&", ";", "|", "&", "(", ")"];

/// Words after which a command starts.
pub(super) const OPENERS: [&str; 8] = ["then", "do", "else", "{", "!", "if", "while", "until"];

/// Splits a text into words and operators; a line end is the operator `\n`.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let mut word: Option<(String, usize)> = None;
    let mut heredocs: Vec<(String, bool)> = Vec::new();
    let bytes = text.as_bytes();
    let mut i = 0;
    let end = |word: &mut Option<(String, usize)>, out: &mut Vec<Token>| {
        if let Some((text, at)) = word.take() {
            out.push(Token::Word(text, at));
        }
    };
    while i < bytes.len() {
        let rest = &text[i..];
        let Some(c) = rest.chars().next() else { break };
        match c {
            '\\' => {
                let next = rest[1..].chars().next();
                let is_line = next == Some('\n') || rest[1..].starts_with("\r\n");
                if is_line {
                    i += if next == Some('\n') { 2 } else { 3 };
                    continue;
                }
                if let Some(next) = next {
                    word.get_or_insert_with(|| (String::new(), i)).0.push(next);
                    i += next.len_utf8();
                }
                i += 1;
            }
            '\'' | '"' => {
                let (inside, length) = quoted(rest, c);
                word.get_or_insert_with(|| (String::new(), i)).0.push_str(&inside);
                i += length;
            }
            '$' if rest.starts_with("$(") || rest.starts_with("${") => {
                let length = bracket(rest);
                word.get_or_insert_with(|| (String::new(), i)).0.push_str(&rest[..length]);
                i += length;
            }
            '#' if word.is_none() => i += rest.find('\n').unwrap_or(rest.len()),
            '\n' => {
                end(&mut word, &mut out);
                out.push(Token::Op("\n"));
                i += 1;
                for (mark, tabs) in heredocs.drain(..) {
                    i += here_document(&text[i..], &mark, tabs);
                }
            }
            ' ' | '\t' | '\r' => {
                end(&mut word, &mut out);
                i += 1;
            }
            '<' | '>' => {
                // A number before it is a file descriptor.
                if word.as_ref().is_some_and(|(w, _)| w.bytes().all(|b| b.is_ascii_digit())) {
                    word = None;
                }
                end(&mut word, &mut out);
                i += redirection(rest, &mut heredocs);
            }
            '&' if rest.starts_with("&>") => {
                end(&mut word, &mut out);
                i += 1 + redirection(&rest[1..], &mut heredocs);
            }
            _ => {
                if let Some(op) = OPERATORS.iter().find(|op| rest.starts_with(**op)) {
                    end(&mut word, &mut out);
                    out.push(Token::Op(op));
                    i += op.len();
                } else {
                    word.get_or_insert_with(|| (String::new(), i)).0.push(c);
                    i += c.len_utf8();
                }
            }
        }
    }
    end(&mut word, &mut out);
    out
}

/// The text between quotes, and the length with them.
fn quoted(text: &str, quote: char) -> (String, usize) {
    let mut out = String::new();
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        if escaped {
            if !matches!(c, '"' | '\\' | '$' | '`' | '\n') {
                out.push('\\');
            }
            if c != '\n' {
                out.push(c);
            }
            escaped = false;
        } else if c == '\\' && quote == '"' {
            escaped = true;
        } else if c == quote {
            return (out, i + 1);
        } else {
            out.push(c);
        }
    }
    (out, text.len())
}

/// The length of `$( )` or `${ }`, nested ones included; at most the text.
fn bracket(text: &str) -> usize {
    let mut open = 0_usize;
    for (i, c) in text.char_indices() {
        match c {
            '(' | '{' => open += 1,
            ')' | '}' => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return i + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The length of a redirection with its target; a here-document is noted.
fn redirection(text: &str, heredocs: &mut Vec<(String, bool)>) -> usize {
    let sign = text.len() - text.trim_start_matches(['<', '>', '&', '|']).len();
    let is_here = text.starts_with("<<") && !text.starts_with("<<<");
    let dash = is_here && text[sign..].starts_with('-');
    let from = sign + usize::from(dash);
    let blanks = text[from..].len() - text[from..].trim_start_matches([' ', '\t']).len();
    let target = &text[from + blanks..];
    let mut length = 0;
    let mut mark = String::new();
    while let Some(c) = target[length..].chars().next() {
        match c {
            '\'' | '"' => {
                let (inside, n) = quoted(&target[length..], c);
                mark.push_str(&inside);
                length += n;
            }
            '$' if target[length..].starts_with("$(") => length += bracket(&target[length..]),
            c if c.is_whitespace() || "|&;()<>".contains(c) => break,
            c => {
                mark.push(c);
                length += c.len_utf8();
            }
        }
    }
    if is_here {
        heredocs.push((mark, dash));
    }
    from + blanks + length
}

/// The length of a here-document's body with its last line.
fn here_document(text: &str, mark: &str, tabs: bool) -> usize {
    let mut length = 0;
    for line in text.split_inclusive('\n') {
        length += line.len();
        let bare = line.trim_end_matches(['\n', '\r']);
        if (if tabs { bare.trim_start_matches('\t') } else { bare }).trim_start() == mark {
            return length;
        }
    }
    text.len()
}
