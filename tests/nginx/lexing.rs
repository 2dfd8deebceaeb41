//! nginx's own grammar: the vectors Q01 to Q15, observed on nginx 1.22.1 and 1.31.3.

use proptest::prelude::*;
use secgen::source::Sources;
use secgen::targets::nginx::lex::SyntaxError;
use secgen::targets::nginx::tree::{self, Directive};

fn parse(text: impl AsRef<[u8]>) -> Result<Vec<Directive>, SyntaxError> {
    let bytes = text.as_ref();
    let mut sources = Sources::new(std::path::Path::new("."));
    let id = sources.add("x", bytes);
    tree::parse(id, bytes, 0..bytes.len())
}

/// The arguments of the only directive.
fn args(text: &str) -> Vec<String> {
    let directives = parse(text).unwrap();
    assert_eq!(directives.len(), 1, "{text}");
    directives[0].args().iter().map(secgen::targets::nginx::lex::Word::text).collect()
}

fn refused(text: impl AsRef<[u8]>, why: &str, at: &str) {
    let error = parse(text.as_ref()).unwrap_err();
    let found = String::from_utf8_lossy(&text.as_ref()[error.span.range()]).into_owned();
    assert!(error.why.contains(why), "{}", error.why);
    assert_eq!(found, at, "{}", error.why);
}

#[test]
fn q01_escapes_are_undone_as_nginx_undoes_them() {
    let cases = [
        (r#""a\"b""#, "a\"b"),
        (r#"'a"b'"#, "a\"b"),
        (r"a\ b", "a\\ b"),
        (r#""a\\b""#, "a\\b"),
        (r#""a\tb""#, "a\tb"),
        (r#"a"b"c"#, "a\"b\"c"),
        ("a'b", "a'b"),
        ("a#b", "a#b"),
        (r#""a;b""#, "a;b"),
        (r"a\;b", "a\\;b"),
        (r#""a\qb""#, "a\\qb"),
        (r#"a\"b"#, "a\"b"),
        (r"'it\'s'", "it's"),
        (r#""$host-${host}x""#, "$host-${host}x"),
        ("a}b", "a}b"),
        (r#""\$host""#, "\\$host"),
        (r#""a\ b""#, "a\\ b"),
    ];
    for (written, value) in cases {
        assert_eq!(args(&format!("add_header X {written};")), ["X", value], "{written}");
    }
}

#[test]
fn q02_nothing_may_follow_a_closing_quote() {
    refused(r#"add_header X "a"b;"#, "unexpected \"b\"", "b");
}

#[test]
fn q03_a_string_keeps_its_line_breaks() {
    assert_eq!(args("add_header X \"a;\n b\";"), ["X", "a;\n b"]);
    assert_eq!(args("add_header X \"a\\nb\";"), ["X", "a\nb"]);
}

#[test]
fn q04_q05_a_brace_ends_an_unquoted_word_only() {
    // As nginx does: the brace opens a block, whose first directive is `1}\.txt$`.
    let directives = parse(r"location ~ ^/a{1}\.txt$ { add_header X 1; } }").unwrap();
    assert_eq!(directives[0].args()[1].text(), "^/a");
    assert_eq!(directives[0].children()[0].name().text(), r"1}\.txt$");
    // Where the braces do not even out, the one that nginx took for a block is named.
    refused("server {\n location ~ ^/\\d{1,10}$ {\n  return 200;\n }\n}\n", "in quotes", "{");
    let directives = parse(r#"location ~ "^/a{1}\.txt$" { add_header X 1; }"#).unwrap();
    assert_eq!(directives[0].args()[1].text(), r"^/a{1}\.txt$");
}

#[test]
fn q07_comments() {
    let text = "# c1 { ; }\n add_header X-1 1;# glued\n add_header X-2 a#not;\n add_header # between\n X-3 # more\n 3; # end";
    let directives = parse(text).unwrap();
    let all: Vec<Vec<String>> = directives.iter().map(|d| d.args().iter().map(secgen::targets::nginx::lex::Word::text).collect()).collect();
    assert_eq!(all, [["X-1", "1"], ["X-2", "a#not"], ["X-3", "3"]]);
}

#[test]
fn q08_carriage_returns_are_blanks_and_a_byte_order_mark_is_refused() {
    assert_eq!(parse("server {\r\n listen 80;\r\n}\r\n").unwrap()[0].children().len(), 1);
    refused("\u{feff}daemon off;", "byte order mark", "\u{feff}");
}

#[test]
fn q09_names_may_be_quoted() {
    let directives = parse(r#""server" { "add_header" X "{"; add_header Y '}'; }"#).unwrap();
    assert!(directives[0].is("server"));
    assert_eq!(directives[0].children()[0].args()[1].text(), "{");
    assert_eq!(directives[0].children()[1].args()[1].text(), "}");
}

#[test]
fn q10_q11_q14_what_nginx_refuses() {
    refused("listen 80;;", "unexpected \";\"", ";");
    assert!(!parse("Add_Header X 1;").unwrap()[0].is("add_header"));
    refused("server { add_header X 1 }", "lacks its \";\"", "}");
    refused("server { listen 80;", "before the \"}\"", "server {");
    refused("}", "no block is open", "}");
    refused("add_header X", "before \";\"", "add_header X");
    refused("add_header X \"a", "inside a quoted value", "add_header X \"a");
    refused("{ }", "unexpected \"{\"", "{");
}

#[test]
fn q13_bytes_need_not_be_utf8() {
    let directives = parse(b"add_header X \"\xe9\";").unwrap();
    assert_eq!(&*directives[0].args()[1].value, b"\xe9");
}

/// Tried on nginx 1.22.1: 4095 bytes unquoted pass; quoted, the closing quote and the byte after it count too; a comment
/// of more than 4096 bytes is refused as well.
#[test]
fn q15_the_length_of_a_word() {
    let bare = |n: usize| format!("add_header X {};", "a".repeat(n));
    let quoted = |n: usize| format!("add_header X \"{}\";", "a".repeat(n));
    assert!(parse(bare(4095)).is_ok());
    assert!(parse(bare(4096)).unwrap_err().why.contains("4096"));
    assert!(parse(quoted(4094)).is_ok());
    assert!(parse(quoted(4095)).unwrap_err().why.contains("4096"));
    assert!(parse(quoted(4096)).unwrap_err().why.contains("closing \""));
    assert!(parse(format!("# {}\n", "x".repeat(9000))).is_err());
    assert!(parse(format!("# {}\n", "x".repeat(4000))).is_ok());
}

#[test]
fn lua_blocks_are_skipped() {
    let lua = "content_by_lua_block {\n -- it's } a comment\n --[[ } ]] local s = \"}\" .. '}' .. [==[ } ]] ]==]\n if x then y = {1} end\n}\nlisten 80;";
    let directives = parse(lua).unwrap();
    assert_eq!(directives.len(), 2);
    assert!(directives[1].is("listen"));
    refused("set_by_lua_block $x { return '}'", "never closed", "{");
}

#[test]
fn nesting_is_bounded() {
    let deep = |n: usize| format!("{}{}", "a {".repeat(n), "}".repeat(n));
    assert!(parse(deep(64)).is_ok());
    assert!(parse(deep(65)).unwrap_err().why.contains("nested"));
    assert!(parse("a {".repeat(1_000_000)).is_err());
}

proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(proptest::sample::select(b" \t\r\n;{}#\\\"'$()ab-[]=".to_vec()), 0..200)) {
        let _ = parse(&bytes);
        let lua = [b"a_by_lua_block {".as_slice(), &bytes].concat();
        let _ = parse(&lua);
        let mut sources = Sources::new(std::path::Path::new("."));
        let id = sources.add("x", "");
        let _ = tree::has_at_top(id, &bytes, |_, _| false);
    }

    /// Spans lie in the text, and the words' own bytes parse to the same words again.
    #[test]
    fn spans_hold_the_words(words in proptest::collection::vec("[ -~]{1,12}", 1..5)) {
        let quoted: Vec<String> = words.iter().map(|w| format!("\"{}\"", w.replace('\\', "\\\\").replace('"', "\\\""))).collect();
        let text = format!("{};", quoted.join(" "));
        let directives = parse(&text).unwrap();
        prop_assert_eq!(directives.len(), 1);
        for (word, (raw, value)) in directives[0].words().iter().zip(quoted.iter().zip(&words)) {
            prop_assert_eq!(&text[word.span.range()], raw);
            prop_assert_eq!(&word.text(), value);
        }
    }
}
