//! Built-in profiles: dated, so that a newer secgen asks for the same.

/// A built-in profile: the name with its date, and its text.
pub struct Profile {
    /// `secgen:recommended@2026-11`.
    pub name: &'static str,
    /// YAML.
    pub text: &'static str,
}

/// All profiles, newest date of each name first.
pub static ALL: [Profile; 2] = [
    Profile { name: "secgen:recommended@2026-11", text: include_str!("profiles/recommended-2026-11.yaml") },
    Profile { name: "secgen:hardened@2026-11", text: include_str!("profiles/hardened-2026-11.yaml") },
];

/// The profile of a name; without a date, the newest.
#[must_use]
pub fn find(name: &str) -> Option<&'static Profile> {
    ALL.iter().find(|p| p.name == name || p.name.split('@').next() == Some(name))
}

/// Whether a source's path is that of a built-in profile.
#[must_use]
pub fn is_builtin(path: &str) -> bool {
    path.starts_with("secgen:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use crate::{document, schema};

    /// Loading does not look a second time: every built-in profile is of the schema.
    #[test]
    fn profiles_are_of_the_schema() {
        for profile in &ALL {
            let mut sources = Sources::new(std::path::Path::new("."));
            let id = sources.add(profile.name, profile.text.as_bytes());
            let Ok(node) = document::parse(&sources, id) else { unreachable!("{}", profile.name) };
            assert!(schema::validate(&sources, &node, schema::Kind::Layer).is_empty(), "{}", profile.name);
        }
    }
}
