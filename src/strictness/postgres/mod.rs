//! PostgreSQL settings, compared by meaning: `on` and `true`, `60s` and `1min`, `0600` and `384` are the same.

pub mod catalogue;
mod conninfo;
pub mod hba;
mod order;
pub mod value;

use self::catalogue::{Entry, List};
use self::value::Meaning;
use super::{Comparison, Order, Strictness};
use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

/// The longest value that is taken from a spec, in bytes.
const MAX_VALUE: usize = 4096;

/// A setting's value, and what it means to each of some major versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its name, lower case.
    pub name: String,
    /// Its value as written; one element each for lists, unquoted.
    pub value: Vec<String>,
    /// The declared versions that know it. A script must guard it where this is not all of them.
    pub versions: RangeInclusive<u32>,
    /// What it means, by runs of versions, oldest first. They cover `versions`.
    meanings: Vec<(RangeInclusive<u32>, Meaning)>,
}

impl Setting {
    /// A required setting, its value checked and normalised by the catalogue of the given major versions. One text
    /// for a list is read by the list's grammar: `a, b` is two elements. Several are one element each, as they are.
    ///
    /// # Errors
    /// A name that none of the versions knows or that no file can set, or a value that one of them would refuse.
    pub fn parse(name: &str, value: &[String], versions: RangeInclusive<u32>) -> Result<Self, String> {
        let window = known(name, &versions)?;
        for text in value {
            if let Some(c) = text.chars().find(|c| c.is_control()) {
                return Err(format!("the value holds a control character (U+{:04X}), which no script of settings can carry", c as u32));
            }
            if text.len() > MAX_VALUE {
                return Err(format!("the value has {} bytes, more than {MAX_VALUE}", text.len()));
            }
        }
        if let Some(fixed) = entries_in(name, &window).find(|entry| !entry.is_settable()) {
            return Err(format!("{} is fixed when the server is built, initialised or started; no configuration file can set it", fixed.name));
        }
        let setting = Self::read(name, value, window)?;
        if name == "ssl_ciphers" {
            super::ciphers::CipherString::parse(&setting.value.concat())
                .map_err(|why| format!("{why}; a server does not start with a cipher string it does not know"))?;
        }
        Ok(setting)
    }

    /// The setting that a text in a configuration file makes, unquoted.
    ///
    /// # Errors
    /// An unknown name, or why one of the versions refuses the value.
    pub fn from_text(name: &str, text: &str, versions: &RangeInclusive<u32>) -> Result<Self, String> {
        Self::read(name, &[text.to_owned()], known(name, versions)?)
    }

    /// The same value for other versions.
    ///
    /// # Errors
    /// As for [`Setting::from_text`].
    pub fn for_versions(&self, versions: &RangeInclusive<u32>) -> Result<Self, String> {
        Self::read(&self.name, &self.value, known(&self.name, versions)?)
    }

    fn read(name: &str, written: &[String], window: RangeInclusive<u32>) -> Result<Self, String> {
        if is_custom(name) {
            let value = written.join(", ");
            let meanings = vec![(window.clone(), Meaning::Text(value.clone()))];
            return Ok(Self { name: name.to_owned(), value: vec![value], versions: window, meanings });
        }
        // A list for some versions is a list for the spec; those that take one text get it joined.
        let as_list = entries_in(name, &window).find(|entry| entry.list != List::No);
        let items = match (&as_list, written) {
            (Some(entry), [one]) => value::split(entry, one)?,
            _ => written.to_vec(),
        };
        let mut meanings: Vec<(RangeInclusive<u32>, Meaning)> = Vec::new();
        for entry in entries_in(name, &window) {
            let shared = (*entry.versions.start()).max(*window.start())..=(*entry.versions.end()).min(*window.end());
            let elements = if entry.list == List::No && as_list.is_some() { vec![items.join(", ")] } else { items.clone() };
            let meaning = Meaning::of(&entry, *shared.start(), &elements).map_err(|why| format!("{why} ({name} of {})", catalogue::versions_text(&shared)))?;
            match meanings.last_mut() {
                Some((run, last)) if *last == meaning => *run = *run.start()..=*shared.end(),
                _ => meanings.push((shared, meaning)),
            }
        }
        Ok(Self { name: name.to_owned(), value: items, versions: window, meanings })
    }

    /// What applies where nothing sets a known name, by runs of versions that agree, oldest first.
    #[must_use]
    pub fn defaults(name: &str, versions: &RangeInclusive<u32>) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        for entry in entries_in(name, versions) {
            let shared = (*entry.versions.start()).max(*versions.start())..=(*entry.versions.end()).min(*versions.end());
            let value = if entry.is_octal() { format!("{:04o}", entry.default.parse::<u32>().unwrap_or(0)) } else { entry.default.to_owned() };
            let Ok(next) = Self::read(name, &[value], shared) else { continue };
            match runs.last_mut() {
                Some(last) if last.value == next.value && last.meanings.len() == 1 && last.meanings[0].1 == next.meanings[0].1 => {
                    last.versions = *last.versions.start()..=*next.versions.end();
                    last.meanings[0].0 = last.versions.clone();
                }
                _ => runs.push(next),
            }
        }
        runs
    }

    /// What it means to one version.
    #[must_use]
    pub fn meaning(&self, version: u32) -> Option<&Meaning> {
        self.meanings.iter().find(|(run, _)| run.contains(&version)).map(|(_, meaning)| meaning)
    }

    /// Whether the value is of a kind that may hold a secret, so that it must not be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(redact(&self.name, &self.value.join(", ")), Cow::Owned(_))
    }
}

/// How two values of a setting are compared, in words.
#[must_use]
pub fn compared(name: &str) -> &'static str {
    order::words(name)
}

/// Whether a name is an extension's (`pgaudit.log`): the catalogue cannot know it.
#[must_use]
pub fn is_custom(name: &str) -> bool {
    name.contains('.')
}

fn known(name: &str, versions: &RangeInclusive<u32>) -> Result<RangeInclusive<u32>, String> {
    if is_custom(name) {
        return Ok(versions.clone());
    }
    catalogue::window(name, versions).ok_or_else(|| {
        let other = catalogue::window(name, &catalogue::VERSIONS);
        let today = catalogue::current_name(name, *versions.start());
        let hint = match other {
            _ if today != name => format!("; PostgreSQL {} calls it {today}", versions.start()),
            Some(other) => format!("; {} has it", catalogue::versions_text(&other)),
            None => catalogue::nearest(name).map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default(),
        };
        format!("\"{name}\" is no setting of {}{hint}", catalogue::versions_text(versions))
    })
}

fn entries_in<'a>(name: &'a str, versions: &RangeInclusive<u32>) -> impl Iterator<Item = Entry> + use<'a> {
    let versions = versions.clone();
    catalogue::entries(name).filter(move |entry| entry.versions.start() <= versions.end() && versions.start() <= entry.versions.end())
}

/// A value as reports may show it: connection strings, pass phrase commands and whatever holds a password are hidden.
#[must_use]
pub fn redact<'a>(name: &str, text: &'a str) -> Cow<'a, str> {
    const WORDS: [&str; 9] = ["password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "credential", "authorization"];
    let lower = text.to_ascii_lowercase();
    let by_name = matches!(name, "primary_conninfo" | "ssl_passphrase_command") || is_custom(name) && WORDS.iter().any(|word| name.contains(word));
    // user:password@host in a URL.
    let in_url = lower.split("://").skip(1).any(|rest| rest.split(['/', ' ']).next().is_some_and(|host| host.contains('@') && host.contains(':')));
    // The word may begin a longer key: AWS_SECRET_ACCESS_KEY=.
    let behind = |at: usize| lower[at..].trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).trim_start();
    let by_shape = WORDS.iter().any(|word| lower.match_indices(word).any(|(at, _)| behind(at).starts_with(['=', ':'])));
    let safe = text.is_empty() || name == "password_encryption";
    if !safe && (by_name || in_url || by_shape) { Cow::Owned("(hidden)".to_owned()) } else { Cow::Borrowed(text) }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if entries_in(&self.name, &self.versions).any(|entry| entry.list != List::No) {
            // What would not be read as the same element again stands in double quotes.
            let folds = matches!(self.name.as_str(), "search_path" | "temp_tablespaces");
            let plain = |c: char| (c.is_alphanumeric() && !(folds && c.is_uppercase())) || "_.:*%/$-".contains(c);
            let show = |item: &String| if !item.is_empty() && item.chars().all(plain) { item.clone() } else { format!("\"{}\"", item.replace('"', "\"\"")) };
            self.value.iter().map(show).collect::<Vec<_>>().join(", ")
        } else {
            self.value.concat()
        };
        f.write_str(&redact(&self.name, &text))
    }
}

impl Strictness for Setting {
    fn compare(&self, found: &Self) -> Comparison {
        if self.name != found.name {
            return Comparison::new(Order::Incomparable, format!("{} is another setting than {}", found.name, self.name));
        }
        let mut all: Option<Comparison> = None;
        let mut before: Option<(&Meaning, &Meaning)> = None;
        for version in self.versions.clone() {
            let (Some(required), Some(have)) = (self.meaning(version), found.meaning(version)) else { continue };
            if before == Some((required, have)) {
                continue;
            }
            before = Some((required, have));
            let next = order::compare(&self.name, catalogue::at(&self.name, version).as_ref(), required, have);
            all = Some(match all {
                None => next,
                Some(so_far) => worse(so_far, &next, version),
            });
        }
        all.unwrap_or_else(|| Comparison::new(Order::Incomparable, "no declared version has both values"))
    }

    fn absent() -> Option<Self> {
        None
    }
}

/// What holds for all versions, when `next` holds from `version` on.
fn worse(so_far: Comparison, next: &Comparison, version: u32) -> Comparison {
    let order = match (so_far.order, next.order) {
        (a, b) if a == b => a,
        (Order::Equal, other) | (other, Order::Equal) => other,
        _ => Order::Incomparable,
    };
    let why = match (so_far.why.is_empty(), next.why.is_empty()) {
        _ if so_far.why == next.why => so_far.why,
        (true, _) => format!("{} (PostgreSQL {version})", next.why),
        (false, true) => format!("{} (before PostgreSQL {version})", so_far.why),
        (false, false) => format!("{}; PostgreSQL {version}: {}", so_far.why, next.why),
    };
    Comparison::new(order, why)
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests;
