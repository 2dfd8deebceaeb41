//! Names of the spec as Rust names.

/// A constant: upper case, `_` for `-`.
pub(super) fn constant(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// A field: lower case, `_` for `-`.
pub(super) fn field(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

/// A variant: each word with a capital, `.`, `:`, `-` and `_` left out.
pub(super) fn variant(name: &str) -> String {
    let word = |word: &str| {
        let is_shouted = word.chars().any(|c| c.is_ascii_uppercase()) && !word.chars().any(|c| c.is_ascii_lowercase());
        let rest = word.get(1..).unwrap_or_default();
        let rest = if is_shouted { rest.to_ascii_lowercase() } else { rest.to_owned() };
        format!("{}{rest}", word.get(..1).unwrap_or_default().to_ascii_uppercase())
    };
    name.split(['.', ':', '-', '_']).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_rust_writes_them() {
        assert_eq!(constant("pre-prod_2"), "PRE_PROD_2");
        assert_eq!(field("Login-page"), "login_page");
        for (name, expected) in [("report.read", "ReportRead"), ("ADMIN", "Admin"), ("orgAdmin", "OrgAdmin"), ("a-", "A"), ("a.1:b2", "A1B2"), ("self", "Self")]
        {
            assert_eq!(variant(name), expected);
        }
    }
}
