//! What managed services let their users set. A service that neither lets a setting be changed nor is documented to fix
//! it is not guessed about: whether the policy is met there cannot be known.

use crate::spec::PostgresForm;

/// One row a setting: provider, setting, `settable` or `fixed`, value, source. `*` stands for every setting without a
/// row of its own.
static TABLE: &str = include_str!("providers.tsv");

/// A managed service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    Cnpg,
    Rds,
    CloudSql,
    Azure,
}

/// What a service's documentation says about a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Whether its users may set it.
    pub(crate) is_settable: bool,
    /// The fixed value; of a settable one, the words that it takes where they are fewer than PostgreSQL's, separated by `|`.
    pub(crate) value: &'static str,
    /// Where the service says so.
    pub(crate) source: &'static str,
}

impl Provider {
    /// The service of a form, if it is one.
    pub(crate) fn of(form: PostgresForm) -> Option<Self> {
        match form {
            PostgresForm::Cnpg => Some(Self::Cnpg),
            PostgresForm::Rds => Some(Self::Rds),
            PostgresForm::CloudSql => Some(Self::CloudSql),
            PostgresForm::Azure => Some(Self::Azure),
            PostgresForm::AlterSystem | PostgresForm::PlainSql | PostgresForm::DropIn => None,
        }
    }

    /// As people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cnpg => "CloudNativePG",
            Self::Rds => "Amazon RDS",
            Self::CloudSql => "Cloud SQL",
            Self::Azure => "Azure Database for PostgreSQL",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Cnpg => "cnpg",
            Self::Rds => "rds",
            Self::CloudSql => "cloud-sql",
            Self::Azure => "azure",
        }
    }

    /// What its documentation says about a setting.
    pub(crate) fn row(self, setting: &str) -> Option<Row> {
        let find = |name: &str| rows().find(|(provider, row_name, _)| *provider == self.key() && *row_name == name).map(|(_, _, row)| row);
        find(setting).or_else(|| find("*"))
    }
}

/// Every row: provider, setting, and what is said.
pub(crate) fn rows() -> impl Iterator<Item = (&'static str, &'static str, Row)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut fields = line.split('\t');
        let (provider, setting, said, value, source) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let is_settable = match said {
            "settable" => true,
            "fixed" => false,
            _ => return None,
        };
        Some((provider, setting, Row { is_settable, value, source }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strictness::postgres::catalogue;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_of_a_service_and_a_setting_and_names_its_source() {
        let mut seen = BTreeSet::new();
        for (line, text) in TABLE.lines().enumerate().filter(|(_, l)| !l.starts_with('#')) {
            assert_eq!(text.split('\t').count(), 5, "line {}: {text}", line + 1);
        }
        assert_eq!(rows().count(), TABLE.lines().filter(|l| !l.starts_with('#')).count(), "every line is a row");
        for (provider, setting, row) in rows() {
            assert!(["cnpg", "rds", "cloud-sql", "azure"].contains(&provider), "{provider}");
            let is_known = setting == "*" || setting.contains('.') || catalogue::VERSIONS.clone().any(|v| catalogue::at(setting, v).is_some());
            assert!(is_known, "{provider} {setting}");
            assert!(row.source.starts_with("https://"), "{provider} {setting}: {}", row.source);
            assert!(seen.insert((provider, setting)), "{provider} {setting} twice");
        }
        for provider in [Provider::Cnpg, Provider::Rds, Provider::CloudSql, Provider::Azure] {
            assert!(seen.iter().filter(|(p, _)| *p == provider.key()).count() > 3, "{}", provider.name());
        }
    }

    #[test]
    fn a_setting_without_a_row_is_not_guessed_about() {
        assert_eq!(Provider::Rds.row("no_such_setting"), None);
        assert!(Provider::Cnpg.row("work_mem").is_some_and(|row| row.is_settable), "the operator passes on what it does not fix");
        assert!(Provider::Cnpg.row("ssl").is_some_and(|row| !row.is_settable));
    }
}
