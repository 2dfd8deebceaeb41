//! What managed services let their users set. A service that neither lets a setting be changed nor is documented to fix
//! it is not guessed about: whether the policy is met there cannot be known.

use crate::spec::PostgresForm;
use std::ops::RangeInclusive;

/// One row a setting; see the first lines of the file.
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
    /// The fixed value, or what a settable one takes; see [`Row::takes`].
    pub(crate) value: &'static str,
    /// The major versions that the source speaks of; `None` for all.
    versions: Option<RangeInclusive<u32>>,
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

    /// What its documentation says about a setting of all of some versions.
    pub(crate) fn row(self, setting: &str, versions: &RangeInclusive<u32>) -> Option<Row> {
        let find = |name: &str| rows().find(|(provider, row_name, _)| *provider == self.key() && *row_name == name).map(|(_, _, row)| row);
        let row = find(setting).or_else(|| find("*"))?;
        row.versions.as_ref().is_none_or(|known| known.contains(versions.start()) && known.contains(versions.end())).then_some(row)
    }
}

impl Row {
    /// Whether the service takes a text for a settable setting: any, one of the words `a|b`, a list of the words `,a|b`, a
    /// number of the range `0..9`, or (`no '`) a text without quotes.
    pub(crate) fn takes(&self, text: &str) -> bool {
        let is_one_of = |words: &str, text: &str| words.split('|').any(|word| word.eq_ignore_ascii_case(text.trim()));
        match self.value {
            "" => true,
            "no '" => !text.contains('\''),
            list if list.starts_with(',') => text.split(',').all(|element| is_one_of(&list[1..], element.trim().trim_start_matches('-'))),
            range if range.contains("..") => {
                let bounds = range.split_once("..").and_then(|(least, most)| Some((least.parse::<i64>().ok()?, most.parse::<i64>().ok()?)));
                bounds.zip(text.parse::<i64>().ok()).is_some_and(|((least, most), number)| (least..=most).contains(&number))
            }
            words => is_one_of(words, text),
        }
    }

    /// What it takes, in words.
    pub(crate) fn allowed(&self) -> String {
        match self.value {
            "no '" => "a text without single quotes".to_owned(),
            value => value.trim_start_matches(',').replace('|', ", ").replace("..", " to "),
        }
    }
}

/// Every row: provider, setting, and what is said.
pub(crate) fn rows() -> impl Iterator<Item = (&'static str, &'static str, Row)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut fields = line.split('\t');
        let (provider, setting, said, value) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let (versions, source) = (fields.next()?, fields.next()?);
        let versions = if versions.is_empty() {
            None
        } else {
            let (first, last) = versions.split_once('-')?;
            Some(first.parse().ok()?..=last.parse().ok()?)
        };
        let is_settable = match said {
            "settable" => true,
            "fixed" => false,
            _ => return None,
        };
        Some((provider, setting, Row { is_settable, value, versions, source }))
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
            assert_eq!(text.split('\t').count(), 6, "line {}: {text}", line + 1);
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
        assert_eq!(Provider::Rds.row("no_such_setting", &(16..=16)), None);
        assert!(Provider::Cnpg.row("work_mem", &(16..=16)).is_some_and(|row| row.is_settable), "the operator passes on what it does not fix");
        assert!(Provider::Cnpg.row("ssl", &(16..=16)).is_some_and(|row| !row.is_settable));
        // The source speaks of 16 and 17.
        assert!(Provider::Azure.row("scram_iterations", &(16..=17)).is_some());
        assert_eq!(Provider::Azure.row("scram_iterations", &(16..=18)), None);
    }

    #[test]
    fn what_a_service_takes_is_told_by_words_lists_and_ranges() {
        let takes = |value, text| Row { is_settable: true, value, versions: None, source: "" }.takes(text);
        assert!(takes("", "anything") && takes("on|off", "ON") && !takes("on|off", "auto"));
        assert!(takes(",read|write", "read, write") && takes(",read|write", "-read") && !takes(",read|write", "read,ddl"));
        assert!(takes("-1..5", "-1") && takes("-1..5", "5") && !takes("-1..5", "6") && !takes("-1..5", "x") && !takes("-1..5", ""));
        assert!(takes("no '", "%m") && !takes("no '", "it's"));
    }
}
