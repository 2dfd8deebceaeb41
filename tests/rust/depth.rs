//! Files that try to exhaust the stack or the memory of whoever parses them.

use super::{document, policy, read};
use secgen::targets::Target;
use secgen::targets::rust::Rust;

/// Expressions, types and items that nest as deep as asked.
fn nested(times: usize) -> Vec<(&'static str, String)> {
    let around = |open: &str, middle: &str, close: &str| format!("{}{middle}{}", open.repeat(times), close.repeat(times));
    let expression = |e: String| format!("pub const A: u8 = {e};");
    let kind = |t: String| format!("pub const A: {t} = 1;");
    vec![
        ("parentheses", expression(around("(", "1", ")"))),
        ("brackets", expression(around("[", "1", "]"))),
        ("braces", expression(around("{", "1", "}"))),
        ("open only", expression("(".repeat(times))),
        ("minus", expression(around("- ", "1", ""))),
        ("not", expression(around("!", "1", ""))),
        ("references", expression(around("&", "1", ""))),
        ("sum", expression(around("1 + ", "1", ""))),
        ("assignment", expression(around("a = ", "1", ""))),
        ("fields", expression(around("", "a", ".b"))),
        ("calls", expression(around("", "a", "()"))),
        ("questions", expression(around("", "a", "?"))),
        ("casts", expression(around("", "1", " as u8"))),
        ("ranges", expression(around("..", "1", ""))),
        ("returns", expression(around("return ", "1", ""))),
        ("closures", expression(around("|a, b| ", "1", ""))),
        ("no closures", expression(around("|| ", "1", ""))),
        ("generics", expression(around("A::<B, ", "C", ">"))),
        ("else", expression(around("if a {} else ", "{}", ""))),
        ("loops", expression(around("loop { ", "1", " }"))),
        ("matches", expression(around("match a { _ => ", "1", " }"))),
        ("lets", expression(around("if let A = ", "1", " {}"))),
        ("struct", expression(around("A { a: ", "1", " }"))),
        ("macro", expression(around("m!(", "1", ")"))),
        ("type references", kind(around("&", "u8", ""))),
        ("type pointers", kind(around("*const ", "u8", ""))),
        ("type arguments", kind(around("A<B, ", "u8", ">"))),
        ("functions", kind(around("fn() -> ", "u8", ""))),
        ("type tuples", kind(around("(", "u8", ",)"))),
        ("paths", kind(around("a::", "b", ""))),
        ("self types", kind(around("<", "u8", " as A>::B"))),
        ("modules", around("mod a { ", "", " }")),
        ("use paths", format!("use {};", around("a::", "b", ""))),
        ("use braces", format!("use {};", around("{a, b::", "c", "}"))),
        ("patterns", format!("fn f() {{ let {} = 1; }}", around("(", "a", ")"))),
        ("or patterns", format!("fn f() {{ let {} = 1; }}", around("a, b | ", "a", ""))),
        ("attributes", around("#[a] ", "fn f() {}", "")),
        ("attribute arguments", format!("#[a{}] fn f() {{}}", around("(", "", ")"))),
        ("comments", format!("{} fn f() {{}}", around("/* ", "", " */"))),
        ("strings", expression(format!("\"{}\"", "(".repeat(times)))),
    ]
}

#[test]
fn depth_is_bounded_before_anything_recurses() {
    let policy = policy(document());
    // Test threads have a stack of 2 MiB, a quarter of a main thread's.
    for times in [1, 40, 100, 120, 200, 250, 255, 256, 20_000] {
        for (what, text) in nested(times) {
            // Shallow texts may be refused as well (they are no policy), but nothing may overflow.
            let read = read(&policy, "policy", &text);
            let canonical = Rust.canonical("jwt", &text);
            // Attributes and comments do not nest, and a string is one token.
            if times > 1000 && !matches!(what, "attributes" | "comments" | "strings") {
                assert!(read.is_err() && canonical.is_none(), "{what} of {times}");
            }
        }
    }
}

#[test]
fn size_is_bounded() {
    let policy = policy(document());
    let large = format!("// {}\n", "x".repeat(2 << 20));
    let why = read(&policy, "policy", &large).expect_err("a refusal");
    assert!(why.contains("1048576"), "{why}");
    assert!(Rust.canonical("policy", &large).is_none() && Rust.canonical("mod", &large).is_none());
}

#[test]
fn what_is_no_rust_is_refused_with_its_line() {
    let policy = policy(document());
    for (text, line) in
        [("pub mod jwt {\n    pub const A: = 1;\n}\n", "line 2"), ("\n\n\"", "line 3"), ("mod a {\n} }\n", "line 2"), ("<<<<<<< ours\n", "line 1")]
    {
        let why = read(&policy, "policy", text).expect_err("a refusal");
        assert!(why.contains(line), "{why}");
    }
    for bytes in [b"\xff\xfe".as_slice(), b"pub mod a { const \xe9: u8 = 1; }"] {
        let mut sources = secgen::source::Sources::new(&std::env::temp_dir());
        let id = sources.add("policy.rs", bytes);
        assert_eq!(Rust.read_artifact("policy", &policy, &sources, id).expect_err("a refusal"), "it is not UTF-8");
    }
}
