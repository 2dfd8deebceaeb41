//! The committed schema is the one that the types make.

use crate::support::project;
use secgen::schema;

/// `SECGEN_BLESS=1` writes it anew.
#[test]
fn the_committed_schema_is_fresh() {
    let path = project().join("schemas/secgen.schema.json");
    let fresh = format!("{}\n", serde_json::to_string_pretty(&schema::generate()).unwrap());
    if std::env::var("SECGEN_BLESS").is_ok_and(|bless| bless == "1") {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(committed == fresh, "schemas/secgen.schema.json is stale: run the tests with SECGEN_BLESS=1 and commit it");
}
