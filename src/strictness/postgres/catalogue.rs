//! The catalogue of settings: what each major version knows about each name.
//!
//! The text is searched where it lies; nothing is built at start-up, and a run that asks for no setting pays nothing.

use std::ops::RangeInclusive;

/// See the first lines of the file for how it was made.
static TEXT: &str = include_str!("settings.tsv");

/// The major versions that the catalogue describes.
pub const VERSIONS: RangeInclusive<u32> = 12..=18;

/// What kind of value a setting takes (`pg_settings.vartype`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Bool,
    /// A whole number, in the setting's unit.
    Integer,
    /// A number, in the setting's unit.
    Real,
    /// Any text, or a list.
    Text,
    /// One of some words.
    Enum,
}

/// Whether a setting is a list (`GUC_LIST_INPUT`, `GUC_LIST_QUOTE` in the server's source).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// One value.
    No,
    /// A list; ALTER SYSTEM joins its arguments with commas.
    Plain,
    /// A list; ALTER SYSTEM double-quotes each argument as an identifier, so one literal with commas is one element.
    Quoted,
}

/// One setting as a run of major versions describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Lower case.
    pub name: &'static str,
    /// The versions that describe it so.
    pub versions: RangeInclusive<u32>,
    /// The kind of value.
    pub kind: Kind,
    /// When a change takes effect (`pg_settings.context`): `internal`, `postmaster` (restart), `sighup` (reload),
    /// `superuser-backend`, `backend` (new sessions), `superuser`, `user`.
    pub context: &'static str,
    /// Whether it is a list.
    pub list: List,
    /// Whether ALTER SYSTEM can set it.
    pub alterable: bool,
    /// The unit of a bare number: `ms`, `s`, `min`, `B`, `kB`, `8kB`, `MB`; empty for none.
    pub unit: &'static str,
    /// The least value of a number, in the unit.
    pub min: &'static str,
    /// The greatest value of a number, in the unit.
    pub max: &'static str,
    /// The words of an enum, as `pg_settings.enumvals` has them, separated by commas.
    pub words: &'static str,
    /// The value where nothing sets it (`pg_settings.boot_val`), a number in the unit.
    pub default: &'static str,
}

impl Entry {
    fn parse(line: &'static str) -> Option<Self> {
        let mut fields = line.split('\t');
        let name = fields.next()?;
        let (oldest, newest) = fields.next()?.split_once('-')?;
        let versions = oldest.parse().ok()?..=newest.parse().ok()?;
        let kind = match fields.next()? {
            "bool" => Kind::Bool,
            "integer" => Kind::Integer,
            "real" => Kind::Real,
            "enum" => Kind::Enum,
            _ => Kind::Text,
        };
        let context = fields.next()?;
        let list = match (fields.next()?, name) {
            // Flagged as a list, but `FIRST 2 (a, b)` has a grammar of its own.
            (_, "synchronous_standby_names") | ("-", _) => List::No,
            ("quoted", _) => List::Quoted,
            _ => List::Plain,
        };
        let alterable = fields.next()? == "yes";
        let (unit, min, max, words, default) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        Some(Self { name, versions, kind, context, list, alterable, unit, min, max, words, default })
    }

    /// Whether its numbers are written in octal: file modes (`SHOW` prints them so).
    #[must_use]
    pub fn is_octal(&self) -> bool {
        matches!(self.name, "log_file_mode" | "unix_socket_permissions" | "data_directory_mode")
    }

    /// Whether a configuration file may set it.
    #[must_use]
    pub fn is_settable(&self) -> bool {
        self.context != "internal" && !matches!(self.name, "config_file" | "transaction_isolation" | "transaction_read_only" | "transaction_deferrable")
    }

    /// The words of an enum.
    pub fn enum_words(&self) -> impl Iterator<Item = &'static str> {
        self.words.split(',').map(|word| word.trim_matches('"'))
    }
}

/// The lines of the file that describe settings.
fn lines() -> impl Iterator<Item = &'static str> {
    TEXT.lines().filter(|line| !line.starts_with('#'))
}

/// Where the line that holds the byte `at` starts.
fn line_start(at: usize) -> usize {
    TEXT.as_bytes()[..at].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1)
}

fn name_of(line: &str) -> &str {
    // Comments sort below every name.
    if line.starts_with('#') { "" } else { line.split('\t').next().unwrap_or_default() }
}

/// What the versions say of a name in lower case, oldest first. Empty for an unknown name.
pub fn entries(name: &str) -> impl Iterator<Item = Entry> + use<'_> {
    // Binary search for the first line whose name is not below.
    let (mut low, mut high) = (0, TEXT.len());
    while low < high {
        let start = line_start(low.midpoint(high)).max(low);
        let line = TEXT[start..].lines().next().unwrap_or_default();
        if name_of(line) < name {
            low = (start + line.len() + 1).min(high);
        } else {
            high = start;
        }
    }
    TEXT[low..].lines().take_while(move |line| name_of(line) == name && !name.is_empty()).filter_map(Entry::parse)
}

/// What one version says of a name in lower case.
#[must_use]
pub fn at(name: &str, version: u32) -> Option<Entry> {
    entries(name).find(|entry| entry.versions.contains(&version))
}

/// The versions of `range` that know a name; no setting ever came back after it was removed.
#[must_use]
pub fn window(name: &str, range: &RangeInclusive<u32>) -> Option<RangeInclusive<u32>> {
    let mut known = range.clone().filter(|version| at(name, *version).is_some());
    let first = known.next()?;
    Some(first..=known.next_back().unwrap_or(first))
}

/// The name that a version really sets when it reads an old name (`map_old_guc_names` in the server's guc.c).
#[must_use]
pub fn current_name(name: &str, version: u32) -> &str {
    match name {
        "sort_mem" => "work_mem",
        "vacuum_mem" => "maintenance_work_mem",
        "force_parallel_mode" if version >= 16 => "debug_parallel_query",
        "ssl_ecdh_curve" if version >= 18 => "ssl_groups",
        _ => name,
    }
}

/// Settings of no effect that servers accept in a file for the sake of old files, and that `pg_settings` does not list.
#[must_use]
pub fn is_vestige(name: &str) -> bool {
    matches!(name, "default_with_oids" | "ssl_renegotiation_limit")
}

/// Settings of minor releases that are newer than those of the catalogue (seen on 15.20): a server may know them, and
/// their values are not judged.
#[must_use]
pub fn is_of_newer_minor(name: &str) -> bool {
    matches!(name, "composite_type_mismatch" | "output_plugin_libraries")
}

/// Every known name, in byte order; once for each of its lines.
pub fn names() -> impl Iterator<Item = &'static str> {
    lines().map(name_of)
}

/// The known name that is nearest to an unknown one, if one is near.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    let longest = name.len().min(64);
    let (name, most) = (name.get(..longest).unwrap_or(name), (longest / 4).clamp(1, 3));
    let counts = Counts::of(name);
    let near = names().filter(|known| counts.least_distance(known) <= most);
    let (distance, best) = near.map(|known| (strsim::damerau_levenshtein(known, name), known)).min()?;
    (distance <= most).then_some(best)
}

/// How often each letter stands in a name. A file may have tens of thousands of unknown names, and to count is a hundred
/// times cheaper than to find the distance to each known one.
struct Counts([u8; 256]);

impl Counts {
    fn of(name: &str) -> Self {
        let mut counts = [0_u8; 256];
        name.bytes().for_each(|b| counts[usize::from(b)] = counts[usize::from(b)].saturating_add(1));
        Self(counts)
    }

    /// A distance that a known name of single bytes cannot be nearer than: an edit takes away or brings one letter at most.
    fn least_distance(&self, known: &str) -> usize {
        let (mut left, mut missing) = (self.0, 0_usize);
        for b in known.bytes() {
            match &mut left[usize::from(b)] {
                0 => missing += 1,
                count => *count -= 1,
            }
        }
        missing
    }
}

/// Versions in words: `PostgreSQL 15`, `PostgreSQL 15-18`.
#[must_use]
pub fn versions_text(versions: &RangeInclusive<u32>) -> String {
    let (first, last) = (versions.start(), versions.end());
    if first == last { format!("PostgreSQL {first}") } else { format!("PostgreSQL {first}-{last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_parses_and_is_found_by_its_name() {
        let mut before = "";
        let mut count = 0;
        for line in lines() {
            let entry = Entry::parse(line).unwrap_or_else(|| panic!("{line}"));
            assert!(before <= entry.name, "{before} stands above {}", entry.name);
            before = entry.name;
            assert!(entries(entry.name).any(|found| found == entry), "{line}");
            assert_eq!(entry.name, entry.name.to_ascii_lowercase());
            count += 1;
        }
        assert!(count > 430, "{count} lines");
    }

    #[test]
    fn names_outside_have_no_entries() {
        for name in ["", "#", "aaa", "zzzz", "ssl_", "sslx", "# name", "log_connection", "SSL"] {
            assert_eq!(entries(name).count(), 0, "{name}");
        }
    }

    #[test]
    fn versions_differ() {
        assert_eq!(at("ssl_min_protocol_version", 12).map(|e| e.default), Some("TLSv1"));
        assert_eq!(at("ssl_min_protocol_version", 13).map(|e| e.default), Some("TLSv1.2"));
        assert_eq!(at("log_connections", 17).map(|e| e.kind), Some(Kind::Bool));
        assert_eq!(at("log_connections", 18).map(|e| e.list), Some(List::Plain));
        assert_eq!(at("db_user_namespace", 17), None);
        assert_eq!(window("db_user_namespace", &(15..=18)), Some(15..=16));
        assert_eq!(window("scram_iterations", &(12..=15)), None);
        assert_eq!(current_name("ssl_ecdh_curve", 18), "ssl_groups");
        assert_eq!(current_name("ssl_ecdh_curve", 17), "ssl_ecdh_curve");
    }

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        assert_eq!(nearest("log_conections"), Some("log_connections"));
        assert_eq!(nearest("pasword_encryption"), Some("password_encryption"));
        assert_eq!(nearest("completely_unrelated_words"), None);
        assert_eq!(nearest(&"x".repeat(100_000)), None);
        // What is left out by counting letters would not be near.
        for name in ["log_conections", "slss", "work_mem_", "wal_levle", "maxconnections", "sharedbuffers", "ä", "log_min_messages_x", "xyz"] {
            for known in names() {
                assert!(Counts::of(name).least_distance(known) <= strsim::damerau_levenshtein(known, name), "{name} {known}");
            }
        }
    }
}
