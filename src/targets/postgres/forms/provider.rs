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
