//! Every trap of YAML has a decided answer. `INSTA_UPDATE=always` rewrites the snapshots; read every word.

use super::{parse, tree};
use secgen::document::Value;

#[test]
fn what_is_refused_and_how() {
    let traps: &[(&str, &[u8])] = &[
        ("duplicate key", b"a: 1\nb: 2\na: 3\n"),
        ("duplicate key, quoted", b"a: 1\n\"a\": 3\n"),
        ("merge key", b"base: &b { x: 1 }\na:\n  <<: *b\n"),
        ("anchor and alias", b"a: &x 1\nb: *x\n"),
        ("alias bomb", b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"),
        ("tag", b"a: !!python/object:os.system ls\n"),
        ("own tag", b"a: !secret x\n"),
        ("two documents", b"a: 1\n---\nb: 2\n"),
        ("directive", b"%YAML 1.1\n---\na: 1\n"),
        ("number as a key", b"2026: x\n"),
        ("boolean as a key", b"true: x\n"),
        ("empty", b""),
        ("comments only", b"# nothing\n\n"),
        ("not UTF-8", b"a: 1\nb: \xff\xfe\n"),
        ("UTF-16", b"\xff\xfea\x00:\x00"),
        ("NUL", b"a: x\x00y\n"),
        ("escape sequence", b"a: \"\\e[31m\"\n"),
        ("raw escape", b"a: \x1b[31m\n"),
        ("bidi override", "a: x\u{202e}y\n".as_bytes()),
        ("zero width in a key", "a\u{200b}b: x\n".as_bytes()),
        ("tab as indentation", b"a:\n\tb: 1\n"),
        ("unclosed list", b"a: [1, 2\nb: 3\n"),
        ("unclosed quote", b"a: 'x\nb: 2\n"),
        ("colon in a value", b"a: b: c\n"),
        ("at sign", b"owner: @acme/web\n"),
        ("bad indentation", b"a:\n  b: 1\n c: 2\n"),
    ];
    let mut shown = String::new();
    for (name, text) in traps {
        let answer = parse(text.to_vec());
        assert!(!answer.is_empty(), "{name} was accepted");
        shown.push_str(&format!("## {name}\n{answer}\n"));
    }
    insta::assert_snapshot!("refused", shown);
}

#[test]
fn what_the_schema_refuses_in_plain_words() {
    let traps = [
        ("no value", "service:\n"),
        ("null", "service: null\ntls: ~\n"),
        ("list at the top", "- a\n- b\n"),
        ("text at the top", "just text\n"),
        ("boolean where text is meant", "service: true\n"),
        ("number where text is meant", "targets: { nginx: { version: 1.10 } }\n"),
        ("octal where a number is meant", "rate_limits: { limits: { api: { requests: 0755 } } }\n"),
        ("a word that is no flag", "http: { headers: { hsts: { preload: yes } } }\n"),
        ("a version in words", "tls: { min_version: tls1.3 }\n"),
        ("a key that cannot be a name", "scopes: { \"a b\": {} }\n"),
        ("an unknown key without a near one", "tls: { zzz: 1 }\n"),
        ("a list entry twice", "dependencies: { licenses: { allow: [MIT, MIT] } }\n"),
        ("a secret in a wrong place", "tls: { min_version: ghp_0123456789abcdef0123456789abcdef0123 }\n"),
        ("a long value", &format!("service: {}\n", "x ".repeat(500))),
    ];
    let mut shown = String::new();
    for (name, text) in traps {
        let (sources, node) = tree(&format!("version: 1\n{text}").replace("version: 1\n- ", "- ").replace("version: 1\njust", "just"));
        let answer = super::draw(&sources, &secgen::schema::validate(&sources, &node, secgen::schema::Kind::Layer));
        assert!(!answer.is_empty(), "{name} was accepted");
        // The line after `at` is the source itself, shown by the test only.
        let said: String = answer.lines().filter(|l| !l.trim_start().starts_with("at `")).collect();
        assert!(!said.contains("oneOf") && !said.contains("anyOf") && !said.contains("0123456789abcdef"), "{answer}");
        shown.push_str(&format!("## {name}\n{answer}\n"));
    }
    insta::assert_snapshot!("schema", shown);
}

/// The value under `a`, and its text as written.
#[track_caller]
fn value(text: &str) -> (Value, String) {
    let (sources, node) = tree(text);
    let a = node.get("a").expect("a key a").clone();
    let raw = a.raw(&sources).to_owned();
    (a.value, raw)
}

#[test]
fn what_is_text_and_what_is_not() {
    for (word, raw) in [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("off", "off"),
        ("NO", "NO"),
        ("0755", "0755"),
        ("1_000", "1_000"),
        ("1.2.3", "1.2.3"),
        ("TLSv1.3", "TLSv1.3"),
        ("12:30", "12:30"),
        ("2026-11-25", "2026-11-25"),
    ] {
        assert_eq!(value(&format!("a: {word}\n")), (Value::Text(word.to_owned()), raw.to_owned()));
    }
    assert_eq!(value("a: 7\n").0, Value::Int(7));
    assert_eq!(value("a: true\n").0, Value::Bool(true));
    // As written, never the damaged 1.1.
    assert_eq!(value("a: 1.10\n").1, "1.10");
    assert_eq!(value("a: \"1.10\"\n").0, Value::Text("1.10".to_owned()));
}

#[test]
fn byte_order_marks_and_line_ends_move_no_position() {
    let plain = "a: 1\nb:\n  c: x\n";
    for text in [plain.to_owned(), format!("\u{feff}{plain}"), plain.replace('\n', "\r\n")] {
        let (sources, node) = tree(&text);
        let at = sources.position(node.at("b.c").expect("b.c").span);
        assert_eq!((at.line, at.column, at.end_column), (3, 6, 7), "{text:?}");
        assert_eq!(sources.slice(node.at("b.c").expect("b.c").span), b"x");
    }
}
