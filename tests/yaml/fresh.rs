//! The committed schema is the one that the types make.

use crate::support::project;
use secgen::schema;

/// `SECGEN_BLESS=1` writes it anew.
fn is_fresh(name: &str, schema: &serde_json::Value) {
    let path = project().join("schemas").join(name);
    let fresh = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    if std::env::var("SECGEN_BLESS").is_ok_and(|bless| bless == "1") {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(committed == fresh, "schemas/{name} is stale: run the tests with SECGEN_BLESS=1 and commit it");
}

#[test]
fn the_committed_schema_is_fresh() {
    is_fresh("secgen.schema.json", &schema::generate());
}

#[test]
fn the_committed_schema_of_waivers_is_fresh() {
    is_fresh("secgen.waivers.schema.json", &schema::generate_waivers());
}

#[test]
fn the_committed_schema_of_the_template_context_is_fresh() {
    is_fresh("template-context.schema.json", &secgen::targets::templates::context::schema());
}
