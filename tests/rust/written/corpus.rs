//! False alarms in the sources of the registry on this machine: `SECGEN_RUST_CORPUS` names the folder, such as
//! `~/.cargo/registry/src`. Libraries hold no service, so whatever is found there is looked at by a person.

use super::{judged, required};
use secgen::source::Sources;
use secgen::targets::rust::Rust;
use secgen::targets::{Input, Target};
use std::path::Path;

/// What was found when somebody looked at each, and why it is right: the end of the path, and the rule.
const RIGHT: &[(&str, &str)] = &[
    // It is the extractor that the rule warns of.
    ("tower_governor-0.8.0/src/key_extractor.rs", "client-address-forgeable"),
    // Where the user's URL asks for it: a warning, and worth one in a service.
    ("redis-1.8.1/src/connection.rs", "tls-verification-off"),
];

#[test]
fn sources_of_libraries() {
    let Some(folder) = std::env::var_os("SECGEN_RUST_CORPUS") else {
        eprintln!("SKIPPED: SECGEN_RUST_CORPUS does not name a folder of Rust sources");
        return;
    };
    let mut sources = Sources::new(Path::new(&folder));
    let inputs: Vec<Input> = sources.expand("**/*.rs").into_iter().map(|path| Input { path, id: None }).collect();
    assert!(inputs.len() > 1000, "{} files", inputs.len());
    let policy = required();
    let reading = Rust.read(&policy, &mut sources, &inputs);
    let mut wrong = Vec::new();
    for finding in judged(&policy, &reading) {
        let place = finding.primary.as_ref().map_or_else(|| finding.path.clone().unwrap_or_default(), |l| sources.place(l.span));
        let path = place.rsplit_once(':').map_or(place.as_str(), |(path, _)| path);
        let known = RIGHT.iter().any(|(end, rule)| path.ends_with(end) && finding.rule.name == *rule);
        if !known {
            wrong.push(format!("{place}: {}: {}", finding.rule.name, finding.message));
        }
    }
    eprintln!("{} files, {} alarms that nobody has looked at", inputs.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
