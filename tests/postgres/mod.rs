//! Tests of `postgres`.

mod agreement;
mod catalogue;
mod controls;
mod effects;
mod fixtures;
mod forms;
mod hba;
mod laws;
mod layers;
mod live;
mod live_check;
mod psql;
mod render;
mod reports;
mod vectors;

use secgen::policy::Policy;
use secgen::render::{engine::Engine, header};
use secgen::source::Sources;
use secgen::targets::{Artifact, Found, Target, postgres::Postgres};
use serde_json::json;

/// A policy with these settings for these versions, rendered to `db`.
fn policy(versions: &str, settings: &serde_json::Value) -> Policy {
    let spec =
        json!({ "version": 1, "service": "test", "postgres": { "settings": settings }, "targets": { "postgres": { "versions": versions, "out": "db" } } });
    Policy::from_json(spec).expect("a policy")
}

/// Every artifact of a policy with its whole text.
fn rendered(policy: &Policy) -> Vec<(Artifact, String)> {
    let engine = Engine::new(&Postgres).expect("templates");
    let artifacts = Postgres.artifacts(policy).expect("artifacts");
    let text = |artifact: &Artifact| {
        let body = engine.body(artifact).unwrap_or_else(|why| panic!("{}: {why}", artifact.path));
        let canonical = Postgres.canonical(artifact.kind, &body).unwrap_or_else(|| panic!("{} does not parse:\n{body}", artifact.path));
        header::stamp(artifact, &policy.spec_path, policy.env.as_deref(), &canonical) + &body
    };
    artifacts.into_iter().map(|artifact| (artifact.clone(), text(&artifact))).collect()
}

/// What reading an artifact's text finds, as `expected` has it.
fn read_back(policy: &Policy, kind: &str, text: &str) -> Result<Vec<(String, String)>, String> {
    let mut sources = Sources::new(std::path::Path::new("/"));
    let id = sources.add("artifact", text);
    let facts = Postgres.read_artifact(kind, policy, &sources, id)?;
    let text = |found: &Found| match found {
        Found::Set { text, .. } | Found::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    Ok(facts.into_iter().map(|fact| (fact.intent.clone(), text(&fact.found))).collect())
}
