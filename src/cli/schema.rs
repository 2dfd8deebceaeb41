//! `secgen schema`: the published JSON schemas.

use super::args::{Schema, SchemaOf};
use super::print_out;

/// Prints a schema.
pub(super) fn run(options: &Schema) -> u8 {
    let schema = match options.of {
        SchemaOf::Spec => crate::schema::generate(),
        SchemaOf::Waivers => crate::schema::generate_waivers(),
        SchemaOf::TemplateContext => crate::targets::templates::context::schema(),
        SchemaOf::Report => crate::report::json::schema(),
    };
    print_out(&format!("{schema:#}\n"));
    0
}
