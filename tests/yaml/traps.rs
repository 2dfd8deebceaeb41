//! Every trap of YAML has a decided answer: a value, or an error that says what to write instead.

use super::{parse, tree};
use insta::assert_snapshot;

#[test]
fn explore() {
    for t in [
        "a:\n  - [1, 2\nb: 3\n",
        "a: b: c\n",
        "a: @acme/web\n",
        "a: %x\n",
        "a: `x`\n",
        "a: 'x\nb: 2\n",
        "a: \"\\d\"\n",
        "a:\n\tb: 1\n",
        "a: 1\n b: 2\n",
        "a:\n  b: 1\n c: 2\n",
        "key\nb: 1\n",
        "- a\nb: 1\n",
        "a: b\n- c\n",
        "a: [x: y\n",
        "a: {b: 1, c: 2\n",
        "a: }\n",
        "a: [1}\n",
        "a: 'it's'\n",
        "a: !!str 1\n",
        "a: !x 1\n",
        "a: &b 1\nc: *b\n",
        "a: *z\n",
        "<<: {a: 1}\n",
        "%YAML 1.1\n---\na: 1\n",
        "---\na: 1\n---\nb: 2\n",
        "a: 1\n...\nfoo\n",
        "2026: x\ntrue: y\nnull: z\n1.10: k\n: v\n? [a]\n: b\n",
        "a: 1\nb: 2\na: 3\n",
        "",
        "# only\n\n",
        "---\n",
        "~\n",
        "a: 1 # x\n\u{202e}b: 1\n",
        "a: \"\\u202e\"\n",
        "a: x\u{200b}y\n",
        "# x\u{200b}y\na: 1\n",
        "a: \"\\0\"\n",
        "a: \u{85}b\n",
        "a: b\rc: d\n",
        "\u{feff}\u{feff}a: 1\n",
        "a: x\u{feff}\n",
        "a: |x\n",
        "a: - b\n",
        "a: \"x\" y\n",
        "a: &\n",
        "a: *\n",
        "a: !\n",
        "a: b #c\nd: e#f\n",
        "a: b\n  c: d\n",
        "{a: 1}: b\n",
        "a: x\u{301}\n",
        "a: {b}\n",
        "- - - a\n - b\n",
    ] {
        eprintln!("=== {t:?}\n{}", parse(t));
    }
    for t in [
        "a:\nb: 1\n",
        "a: # c\n\nb: 1\n",
        "\u{feff}a: {b: [1, 2] , c: x}\r\nd:\r\n  e: |\r\n    x\r\n    y\r\n  f:\r\n  - 1\r\n  - 2\r\n# end\r\n",
        "a: |\n  x\n  y\n\n\nb: é\nc: \"d\\n\"\n",
        "a: [b: c]\n",
        "a: x\n  y\nb: >-\n  z\n",
    ] {
        let (s, n) = tree(t);
        eprintln!("=== {t:?}\n");
        fn walk(s: &secgen::source::Sources, n: &secgen::document::Node, d: usize) {
            use secgen::document::Value::*;
            eprintln!("{:d$}{:?} {:?}", "", n.span.range(), n.raw(s));
            match &n.value {
                Seq(v) => {
                    for x in v {
                        walk(s, x, d + 2)
                    }
                }
                Map(v) => {
                    for e in v {
                        eprintln!("{:d$}key {} {:?}", "", e.key, s.slice(e.key_span));
                        walk(s, &e.value, d + 2)
                    }
                }
                x => eprintln!("{:d$}={x:?}", ""),
            }
        }
        walk(&s, &n, 0);
    }
}
