//! Programs of others that rendered workflows run, each of one version: the one table that all of them come from.

/// A program of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// `action`, `image` or `tool`.
    pub kind: &'static str,
    /// Repository of an action, name of an image, crate of a tool.
    pub name: &'static str,
    /// Its version, as people call it: the tag.
    pub version: &'static str,
    /// What the version stands for, and cannot be moved: the commit of an action, the digest of an image. Empty for a tool.
    pub digest: &'static str,
}

impl Program {
    /// How a workflow names it so that nobody can move it: `actions/checkout@<commit>`, `image:tag@sha256:...`.
    #[must_use]
    pub fn pinned(&self) -> String {
        match self.kind {
            "action" => format!("{}@{}", self.name, self.digest),
            "image" => format!("{}:{}@{}", self.name, self.version, self.digest),
            _ => format!("{}@{}", self.name, self.version),
        }
    }
}

static TABLE: &str = include_str!("programs.tsv");

/// Every row of the table.
pub fn all() -> impl Iterator<Item = Program> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut fields = line.split('\t');
        let (kind, name, version, digest) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        Some(Program { kind, name, version, digest: if digest == "-" { "" } else { digest } })
    })
}

/// The program of a name, as a workflow names it; empty where the table has none.
#[must_use]
pub fn pinned(name: &str) -> String {
    all().find(|program| program.name == name).map(|program| program.pinned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_pinned_by_what_nobody_can_move() {
        let rows: Vec<&str> = TABLE.lines().filter(|l| !l.starts_with('#')).collect();
        assert_eq!(rows.len(), all().count());
        assert!(rows.len() >= 6 && rows.is_sorted());
        for program in all() {
            let hex = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            assert!(program.version.contains('.'), "{program:?}: a whole version");
            match program.kind {
                "action" => assert!(hex(program.digest, 40), "{program:?}"),
                "image" => assert!(program.digest.strip_prefix("sha256:").is_some_and(|d| hex(d, 64)), "{program:?}"),
                "tool" => assert!(program.digest.is_empty() && program.version.parse::<semver::Version>().is_ok(), "{program:?}"),
                other => panic!("{other}"),
            }
        }
        assert_eq!(pinned("no/such"), "");
    }
}
