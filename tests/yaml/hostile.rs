//! Input that is made to hurt: it is refused in bounded time and space, and no text makes the reader panic.

use super::{parse, source};
use crate::support::Random;
use secgen::document;
use secgen::schema::{self, Kind};
use secgen::source::{MAX_SPEC_BYTES, ReadError, Sources};
use std::time::{Duration, Instant};

#[test]
fn deep_nesting() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
        let text = format!("a:\n  {}1{}\n", open.repeat(20_000), close.repeat(20_000));
        let started = Instant::now();
        let answer = parse(text);
        assert!(answer.contains("yaml-too-complex") || answer.contains("yaml-syntax"), "{answer}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    let block: String = (0..1000).fold(String::new(), |text, i| text + &" ".repeat(i) + "k:\n");
    assert!(!parse(block).is_empty());
}

#[test]
fn many_nodes_and_a_bomb_of_aliases() {
    let many: String = (0..60_000).fold(String::new(), |text, i| text + "k" + &i.to_string() + ": 1\n");
    assert!(parse(many).contains("yaml-too-complex"));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..12 {
        bomb.push_str(&format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", ")));
    }
    let started = Instant::now();
    assert!(parse(bomb).contains("yaml-forbidden-feature"));
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_large_file_and_a_folder_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(folder.path().join("secgen.yaml")).unwrap();
    file.set_len(100 << 20).unwrap();
    let mut sources = Sources::new(folder.path());
    let answer = sources.read("secgen.yaml", MAX_SPEC_BYTES);
    assert_eq!(answer, Err(ReadError::TooLarge { path: "secgen.yaml".to_owned(), size: 100 << 20, limit: MAX_SPEC_BYTES }));
    std::fs::create_dir(folder.path().join("folder.yaml")).unwrap();
    assert_eq!(sources.read("folder.yaml", MAX_SPEC_BYTES), Err(ReadError::Directory("folder.yaml".to_owned())));
    assert_eq!(sources.read("../x.yaml", MAX_SPEC_BYTES), Err(ReadError::OutsideRoot("../x.yaml".to_owned())));
    assert_eq!(sources.read("/dev/zero", MAX_SPEC_BYTES), Err(ReadError::OutsideRoot("/dev/zero".to_owned())));
}

#[test]
fn mutations_of_a_good_spec_never_panic_and_what_the_schema_takes_can_be_decoded() {
    let good = std::fs::read(crate::support::project().join("examples/quickstart/secgen.yaml")).unwrap();
    let pieces: [&[u8]; 16] = [b"{", b"}", b"[", b"]", b": ", b"\n", b"  ", b"'", b"\"", b"&a", b"*a", b"- ", b"#", b"\xff", b"0", b"999999999999999999999"];
    let mut random = Random(0x5eed_5eed_5eed_5eed);
    let mut valid = 0;
    for _ in 0..2000 {
        let mut text = good.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(text.len());
            match random.below(3) {
                0 => drop(text.splice(at..at, pieces[random.below(pieces.len())].iter().copied())),
                1 => drop(text.drain(at..(at + random.below(8)).min(text.len()))),
                _ => text[at] = u8::try_from(random.below(256)).unwrap(),
            }
        }
        let length = text.len();
        let (sources, id) = source(text);
        let findings = match document::parse(&sources, id) {
            Err(findings) => findings,
            Ok(node) => {
                let findings = schema::validate(&sources, &node, Kind::Main);
                if findings.is_empty() {
                    valid += 1;
                    // The types may be tighter than the schema (a date, a network), and then they say where.
                    schema::decode_findings(&sources, &node).map_or_else(|f| f, |_| Vec::new())
                } else {
                    findings
                }
            }
        };
        for finding in findings {
            let span = finding.primary.as_ref().expect("every finding has a place").span;
            assert!(span.range().end <= length, "{finding:?}");
            assert!(!finding.help.is_empty(), "{finding:?}");
        }
    }
    assert!(valid > 100, "{valid} valid");
}
