//! Every body of a fuzzer, over all of its seeds and over damaged ones from fixed seeds. With `SECGEN_FUZZ_CORPUS=FOLDER`
//! the seeds are written there, a folder for each body, for a fuzzer to start from.

mod bodies;

pub(crate) use bodies::source;

use crate::damage::damage;
use crate::support::{Random, project};
use secgen::policy;
use secgen::render::{self, Selection};
use secgen::source::Sources;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Damaged forms of each seed.
const ROUNDS: u64 = 12;

/// Files of a folder in the tests, by the ends of their names.
fn fixtures(folder: &str, ends: &[&str]) -> Vec<Vec<u8>> {
    let walk = walkdir::WalkDir::new(project().join(folder)).sort_by_file_name();
    let files = walk.into_iter().flatten().filter(|e| e.file_type().is_file() && ends.iter().any(|end| e.path().to_string_lossy().ends_with(end)));
    files.map(|entry| std::fs::read(entry.path()).unwrap()).collect()
}

/// Rendered files of an example, by target.
fn rendered(example: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut sources = Sources::new(&project().join("examples").join(example));
    let loaded = policy::load(&mut sources, "secgen.yaml", 20_000).unwrap();
    let all = render::render(&loaded, &Selection::default(), &sources).unwrap();
    all.into_iter().map(|r| (r.artifact.target, r.text.into_bytes())).collect()
}

/// The seeds of each body.
fn seeds() -> BTreeMap<&'static str, Vec<Vec<u8>>> {
    let all = [rendered("quickstart"), rendered("service").into_iter().filter(|(target, _)| *target == "operations").collect()].concat();
    let of = |target: &str| all.iter().filter(|(t, _)| *t == target).map(|(_, text)| text.clone()).collect::<Vec<_>>();
    let nginx: Vec<Vec<u8>> = [fixtures("tests/targets/nginx", &[".conf"]), fixtures("examples", &["nginx.conf"])].concat();
    let pieces = nginx.chunks(2).map(|files| {
        let file = |(i, text): (usize, &Vec<u8>)| [format!("# configuration file /etc/nginx/{i}.conf:\n").as_bytes(), text, b"\n\n"].concat();
        files.iter().enumerate().flat_map(file).collect::<Vec<u8>>()
    });
    BTreeMap::from([
        ("nginx_dump", pieces.collect()),
        ("nginx_text", [of("nginx"), nginx].concat()),
        ("http_response", fixtures("tests/targets/http-response", &[".txt"])),
        ("csp", fixtures("tests/fuzz/seeds/csp", &[".txt"])),
        ("ciphers", fixtures("tests/fuzz/seeds/ciphers", &[".txt"])),
        ("spec", [fixtures("examples", &["secgen.yaml"]), fixtures("tests/fuzz/seeds/spec", &[".yaml"])].concat()),
        ("cargo_deny", [of("cargo"), fixtures("tests/targets/cargo", &[".toml"])].concat()),
        ("postgres_conf", fixtures("tests/targets/postgres", &[".conf"])),
        ("postgres_script", of("postgres")),
        ("postgres_hba", [fixtures("tests/fuzz/seeds/hba", &[".conf"]), fixtures("tests/postgres/hba", &["vectors.conf"])].concat()),
        ("psql", fixtures("tests/fuzz/seeds/psql", &[".sql"])),
        ("task_log", fixtures("tests/fuzz/seeds/task_log", &[".log"])),
        ("templates", [fixtures("examples", &[".tera"]), fixtures("tests/fuzz/seeds/templates", &[".tera"])].concat()),
        ("rust_code", fixtures("tests/targets/rust/written", &[".rs", ".toml"])),
        ("operations", [of("operations"), fixtures("tests/fuzz/seeds/operations", &[".txt", ".yml", ".md", ".mk"])].concat()),
    ])
}

#[test]
fn no_body_fails_on_its_seeds_or_on_damaged_ones() {
    let seeds = seeds();
    assert_eq!(seeds.len(), bodies::ALL.len());
    let corpus = std::env::var_os("SECGEN_FUZZ_CORPUS");
    for (name, body) in bodies::ALL {
        let seeds = &seeds[name];
        assert!(seeds.len() >= 4, "{name} has {} seeds", seeds.len());
        for (index, seed) in seeds.iter().enumerate() {
            if let Some(corpus) = &corpus {
                let folder = Path::new(corpus).join(name);
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join(format!("seed-{index}")), seed).unwrap();
            }
            for round in 0..=ROUNDS {
                let mut random = Random((index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (round << 32));
                let bytes = if round == 0 { seed.clone() } else { damage(seed, &mut random) };
                let start = Instant::now();
                let done = catch_unwind(AssertUnwindSafe(|| body(&bytes)));
                assert!(done.is_ok(), "{name}, seed {index}, round {round}:\n{}", String::from_utf8_lossy(&bytes));
                assert!(start.elapsed() < Duration::from_secs(20), "{name}, seed {index}, round {round} takes too long");
            }
        }
    }
}

/// The fuzzer's own crate has a file for each body, and nothing else.
#[test]
fn every_body_has_its_target() {
    // The package that cargo makes leaves it out.
    let Ok(manifest) = std::fs::read_to_string(project().join("fuzz/Cargo.toml")) else {
        eprintln!("SKIPPED: fuzz/ is not there");
        return;
    };
    let mut files: Vec<String> =
        std::fs::read_dir(project().join("fuzz/fuzz_targets")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let mut names: Vec<&str> = bodies::ALL.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(files, names.iter().map(|name| format!("{name}.rs")).collect::<Vec<_>>());
    for name in names {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"")), "{name} is not in fuzz/Cargo.toml");
        let text = std::fs::read_to_string(project().join(format!("fuzz/fuzz_targets/{name}.rs"))).unwrap();
        assert!(text.contains(&format!("bodies::{name}(data)")), "{name}");
    }
}
