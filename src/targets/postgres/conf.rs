//! The grammar of `postgresql.conf`, token by token as the server's `guc-file.l` has it. One file; includes are
//! [`super::files`].
//!
//! Strings never cross a line, so each line stands alone, and an error costs its line only.

use crate::source::{SourceId, Span};

/// The server gives up on a file after so many errors.
const MAX_ERRORS: usize = 100;

/// One line that says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// From the name to the end of the value.
    pub(super) span: Span,
    /// What it says.
    pub(super) item: Item,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// `name = value`: the name in lower case, the value unquoted.
    Set { name: String, value: String },
    /// `include`, `include_if_exists`, `include_dir`.
    Include { kind: Include, path: String },
    /// Not of the grammar: why, and what to do. The name, where there is one; a template decides at another time
    /// what the file says.
    Error { name: Option<String>, is_template: bool, why: String, help: &'static str },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Include {
    File,
    FileIfExists,
    Folder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Word,
    Qualified,
    Quoted,
    Unquoted,
    Number,
    Equals,
    Bad,
}

fn is_letter(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 0x80
}

fn run(bytes: &[u8], from: usize, test: impl Fn(u8) -> bool) -> usize {
    bytes.iter().skip(from).position(|b| !test(*b)).map_or(bytes.len(), |i| from + i)
}

/// The longest token at the start, and its length. The first of equally long ones wins, as in flex.
fn token(bytes: &[u8]) -> (Token, usize) {
    let at = |i: usize| bytes.get(i).copied().unwrap_or(b'\n');
    let word_byte = |b: u8| is_letter(b) || b.is_ascii_digit();
    let mut best = (Token::Bad, 1);
    let mut offer = |token: Token, len: usize| {
        if len > best.1 || (best.0 == Token::Bad && len == best.1) {
            best = (token, len);
        }
    };
    if is_letter(at(0)) {
        let word = run(bytes, 0, word_byte);
        offer(Token::Word, word);
        if at(word) == b'.' && is_letter(at(word + 1)) {
            offer(Token::Qualified, run(bytes, word + 1, word_byte));
        }
        offer(Token::Unquoted, run(bytes, 0, |b| word_byte(b) || matches!(b, b'-' | b'.' | b':' | b'/')));
    }
    if at(0) == b'\''
        && let Some(len) = quoted(bytes)
    {
        offer(Token::Quoted, len);
    }
    let sign = usize::from(matches!(at(0), b'-' | b'+'));
    let digits = run(bytes, sign, |b| b.is_ascii_digit());
    if digits > sign {
        offer(Token::Number, run(bytes, digits, |b| b.is_ascii_alphabetic()));
        if &bytes[sign..(sign + 2).min(bytes.len())] == b"0x" && at(sign + 2).is_ascii_hexdigit() {
            let hex = run(bytes, sign + 2, |b| b.is_ascii_hexdigit());
            offer(Token::Number, run(bytes, hex, |b| b.is_ascii_alphabetic()));
        }
    }
    if at(digits) == b'.' {
        let fraction = run(bytes, digits + 1, |b| b.is_ascii_digit());
        offer(Token::Number, fraction);
        if matches!(at(fraction), b'e' | b'E') {
            let sign = usize::from(matches!(at(fraction + 1), b'-' | b'+'));
            let exponent = run(bytes, fraction + 1 + sign, |b| b.is_ascii_digit());
            if exponent > fraction + 1 + sign {
                offer(Token::Number, exponent);
            }
        }
    }
    if at(0) == b'=' {
        offer(Token::Equals, 1);
    }
    best
}

/// The length of a single-quoted string at the start, the longest one that closes: `''` is a quote inside, and so is `\'`.
fn quoted(bytes: &[u8]) -> Option<usize> {
    let mut i = 1;
    loop {
        match bytes.get(i)? {
            b'\\' => {
                bytes.get(i + 1)?;
                i += 2;
            }
            b'\'' if bytes.get(i + 1) == Some(&b'\'') => {
                // If the string never closes behind it, it ends here.
                if quoted_from(bytes, i + 2).is_none() {
                    return Some(i + 1);
                }
                i += 2;
            }
            b'\'' => return Some(i + 1),
            _ => i += 1,
        }
    }
}

/// Whether a string that is open at `i` closes later.
fn quoted_from(bytes: &[u8], mut i: usize) -> Option<usize> {
    loop {
        match bytes.get(i)? {
            b'\\' => i += 2,
            b'\'' => return Some(i),
            _ => i += 1,
        }
    }
}

/// `GUC_scanstr`: the text of a quoted string.
fn unquote(quoted: &[u8]) -> Vec<u8> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    let mut out = Vec::with_capacity(inner.len());
    let mut i = 0;
    while let Some(b) = inner.get(i) {
        i += 1;
        match b {
            b'\\' => {
                let Some(escaped) = inner.get(i) else { break };
                i += 1;
                out.push(match escaped {
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'0'..=b'7' => {
                        let mut code = u32::from(escaped - b'0');
                        let more = inner[i..].iter().take(2).take_while(|b| (b'0'..=b'7').contains(*b)).count();
                        for digit in &inner[i..i + more] {
                            code = code * 8 + u32::from(digit - b'0');
                        }
                        i += more;
                        // The server keeps the low byte.
                        u8::try_from(code & 255).unwrap_or(0)
                    }
                    other => *other,
                });
            }
            b'\'' => {
                i += 1;
                out.push(b'\'');
            }
            other => out.push(*other),
        }
    }
    out
}

/// Every line that says something, in order.
pub(super) fn parse(source: SourceId, bytes: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut errors = 0;
    let mut start = 0;
    for text in bytes.split_inclusive(|b| *b == b'\n') {
        let content = text.strip_suffix(b"\n").unwrap_or(text);
        if let Some((from, to, item)) = parse_line(content) {
            let is_error = matches!(item, Item::Error { .. });
            lines.push(Line { span: Span::new(source, start + from, start + to), item });
            errors += usize::from(is_error);
            if errors == MAX_ERRORS {
                break;
            }
        }
        start += text.len();
    }
    lines
}

fn parse_line(line: &[u8]) -> Option<(usize, usize, Item)> {
    let mut position = 0;
    // The next token that is no blank and no comment: its kind and its bytes.
    let mut next = || {
        position = run(line, position, |b| matches!(b, b' ' | b'\t' | b'\r'));
        let rest = &line[position..];
        if rest.is_empty() || rest[0] == b'#' {
            return None;
        }
        let (kind, len) = token(rest);
        let from = position;
        position += len;
        Some((kind, from, position))
    };
    let (kind, from, name_end) = next()?;
    let end = line.trim_ascii_end().len();
    let is_template = ["{{", "{%", "${", "<%"].iter().any(|mark| line.windows(2).any(|w| w == mark.as_bytes()));
    let text = |from: usize, to: usize| String::from_utf8_lossy(&line[from..to]).into_owned();
    let name = matches!(kind, Token::Word | Token::Qualified).then(|| text(from, name_end).to_ascii_lowercase());
    let error = |why: String, help: &'static str| {
        let help = if is_template { "this looks like a line of a template: render it first, and check what it makes" } else { help };
        Some((from, end.max(from + 1), Item::Error { name: name.clone(), is_template, why, help }))
    };
    let Some(name) = name.as_deref() else {
        return error("a line starts with the name of a setting".to_owned(), "write `name = value`, or put # in front of the line");
    };
    let mut value = next();
    if matches!(value, Some((Token::Equals, ..))) {
        value = next();
    }
    let Some((kind, value_from, value_end)) = value else {
        return error(format!("{name} has no value"), "write a value behind the name; an empty one is two single quotes ('')");
    };
    let raw = match kind {
        Token::Quoted => String::from_utf8_lossy(&unquote(&line[value_from..value_end])).into_owned(),
        Token::Word | Token::Unquoted | Token::Number => text(value_from, value_end),
        Token::Qualified | Token::Equals | Token::Bad => {
            let (why, help) = match line[value_from] {
                b'\'' => ("has a single quote that is never closed", "close the quote; a quote inside the value is written twice ('')"),
                b'"' => ("has its value in double quotes", "use single quotes: double quotes are no quotes in postgresql.conf"),
                _ => ("has a value that must stand in single quotes", "put the value in single quotes: only plain words and numbers may stand without"),
            };
            return error(format!("{name} {why}"), help);
        }
    };
    if next().is_some() {
        let help = "put the whole value in single quotes; a line holds one setting, and no semicolon ends it";
        return error(format!("{name} has more than one value"), help);
    }
    let include = match name {
        "include" => Some(Include::File),
        "include_if_exists" => Some(Include::FileIfExists),
        "include_dir" => Some(Include::Folder),
        _ => None,
    };
    let item = match include {
        Some(_) if raw.is_empty() => return error(format!("{name} names nothing"), "name the file or folder, or delete the line"),
        Some(kind) => Item::Include { kind, path: raw },
        None => Item::Set { name: name.to_owned(), value: raw },
    };
    Some((from, value_end, item))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn lines(text: &[u8]) -> Vec<Line> {
        let mut sources = Sources::new(std::path::Path::new("/"));
        let id = sources.add("postgresql.conf", text);
        parse(id, text)
    }

    /// `name=value` of the only line, or `error`.
    fn one(text: &str) -> String {
        match lines(text.as_bytes()).as_slice() {
            [] => "nothing".to_owned(),
            [Line { item: Item::Set { name, value }, .. }] => format!("{name}={value}"),
            [Line { item: Item::Include { kind, path }, .. }] => format!("{kind:?} {path}"),
            _ => "error".to_owned(),
        }
    }

    /// Each row was seen on a real server.
    #[test]
    fn lines_as_the_server_reads_them() {
        for (text, expected) in [
            ("log_connections on", "log_connections=on"),
            ("log_connections=on", "log_connections=on"),
            ("log_connections = on#c", "log_connections=on"),
            ("LOG_CONNECTIONS = on", "log_connections=on"),
            ("  log_connections\ton\r", "log_connections=on"),
            ("log_disconnections = \"on\"", "error"),
            ("log_connections on off", "error"),
            ("log_connections =", "error"),
            ("log_connections", "error"),
            ("log_connections = = on", "error"),
            ("a = on; b = on", "error"),
            ("a = on;", "error"),
            ("log_line_prefix = '%m # x'", "log_line_prefix=%m # x"),
            ("log_line_prefix = 'it''s'", "log_line_prefix=it's"),
            (r"log_line_prefix = 'it\'s'", "log_line_prefix=it's"),
            (r"log_line_prefix = 'a\tb\101\\'", "log_line_prefix=a\tbA\\"),
            ("log_line_prefix = ''", "log_line_prefix="),
            ("log_line_prefix = %m", "error"),
            ("log_line_prefix = 'unterminated", "error"),
            (r"log_line_prefix = 'unterminated\'", "error"),
            ("log_line_prefix = 'a' 'b'", "error"),
            ("log_file_mode = 0600", "log_file_mode=0600"),
            ("log_file_mode = 0x180", "log_file_mode=0x180"),
            ("authentication_timeout = 30s", "authentication_timeout=30s"),
            ("authentication_timeout = 1.5", "authentication_timeout=1.5"),
            ("authentication_timeout = -1", "authentication_timeout=-1"),
            ("authentication_timeout = 30 s", "error"),
            ("authentication_timeout = 0.5min", "error"),
            ("authentication_timeout = 1e1", "error"),
            ("ssl_min_protocol_version = TLSv1.3", "ssl_min_protocol_version=TLSv1.3"),
            ("password_encryption = scram-sha-256", "password_encryption=scram-sha-256"),
            ("ssl_ciphers = HIGH:!aNULL:!MD5", "error"),
            ("ssl_ciphers = HIGH:aNULL", "ssl_ciphers=HIGH:aNULL"),
            ("listen_addresses = *", "error"),
            ("listen_addresses = localhost,127.0.0.1", "error"),
            ("log_filename = a.b", "error"),
            ("my.custom = 1", "my.custom=1"),
            ("my.custom.deep = x", "error"),
            ("my-custom = 1", "error"),
            ("# log_connections = on", "nothing"),
            ("", "nothing"),
            ("include 'a b.conf'", "File a b.conf"),
            ("include = x", "File x"),
            ("INCLUDE_IF_EXISTS x", "FileIfExists x"),
            ("include_dir 'conf.d'", "Folder conf.d"),
            ("include_dir ''", "error"),
            ("{{ template }}", "error"),
        ] {
            assert_eq!(one(text), expected, "{text}");
        }
        assert_eq!(one("\u{feff}ssl = on"), "\u{feff}ssl=on", "a byte order mark is part of the first name");
    }

    #[test]
    fn an_error_costs_its_line_only_and_spans_are_exact() {
        let text = b"a = 1\nb = 'x\r\nc = 'it''s' # why\n";
        let found = lines(text);
        assert_eq!(found.len(), 3);
        assert!(matches!(found[1].item, Item::Error { .. }));
        assert_eq!(&text[found[0].span.range()], b"a = 1");
        assert_eq!(&text[found[1].span.range()], b"b = 'x");
        assert_eq!(&text[found[2].span.range()], b"c = 'it''s'");
    }

    #[test]
    fn no_bytes_stop_the_reader() {
        for text in [&b"\0"[..], b"a = \xff\xfe", b"'", b"a '\\", b"=", b"a = '\\", b"a '''", b"a = ''''''", b"\xff = 1", b"a = +", b"a = .", b"a=0x"] {
            let _ = lines(text);
        }
        assert_eq!(lines(&b"!\n".repeat(5000)).len(), 100, "the server gives up after 100 errors");
        let long = format!("a = '{}", "''".repeat(50_000));
        assert_eq!(lines(long.as_bytes()).len(), 1);
    }
}
