//! What a value means to the server: parsed by type, normalised, comparable.
//!
//! Sources: PostgreSQL documentation, "Parameter Names and Values" (20.1.1), and `parse_bool`, `parse_int`,
//! `parse_real`, `config_enum_lookup_by_name`, `SplitIdentifierString` and `SplitDirectoriesString` of the server.

use super::catalogue::{Entry, Kind, List};

/// A value as the server holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// True or false.
    Bool(bool),
    /// A word of an enum, in the server's spelling.
    Word(String),
    /// A whole number in the setting's unit.
    Integer(i64),
    /// A number in the setting's unit.
    Real(f64),
    /// A text.
    Text(String),
    /// The elements of a list: sorted and without duplicates unless their order counts.
    List(Vec<String>),
}

impl Meaning {
    /// What a value means to versions from `oldest` on, as far as the entry goes, given its elements (one, unless the
    /// setting is a list).
    ///
    /// # Errors
    /// Why the server would refuse it, as a clause that starts with the value.
    pub fn of(entry: &Entry, oldest: u32, elements: &[String]) -> Result<Self, String> {
        if entry.list != List::No {
            return list(entry, oldest, elements);
        }
        let [text] = elements else {
            return Err(format!("{} takes one value, not {}", entry.name, elements.len()));
        };
        match entry.kind {
            Kind::Bool => parse_bool(text).map(Self::Bool).ok_or_else(|| format!("\"{text}\" is neither true nor false (on, off, true, false, yes, no, 1, 0)")),
            Kind::Enum => parse_word(entry, text).map(|w| Self::Word(w.to_owned())).ok_or_else(|| {
                let words: Vec<&str> = entry.enum_words().map(|w| if w.is_empty() { "''" } else { w }).collect();
                format!("\"{text}\" is none of {}", words.join(", "))
            }),
            Kind::Integer => integer(entry, text),
            Kind::Real => real(entry, text),
            Kind::Text => Ok(Self::Text(text.clone())),
        }
    }

    /// As reports show it: numbers with their unit, modes in octal.
    #[must_use]
    pub fn show(&self, entry: &Entry) -> String {
        let with_unit = |number: String| match entry.unit {
            "" => number,
            "8kB" => format!("{number} pages of 8 kB"),
            unit => format!("{number} {unit}"),
        };
        match self {
            Self::Bool(flag) => if *flag { "on" } else { "off" }.to_owned(),
            Self::Integer(mode) if entry.is_octal() => format!("{mode:04o}"),
            Self::Integer(number) => with_unit(number.to_string()),
            Self::Real(number) => with_unit(number.to_string()),
            Self::Word(text) | Self::Text(text) => if text.is_empty() { "''" } else { text }.to_owned(),
            Self::List(items) => {
                if items.is_empty() {
                    "''".to_owned()
                } else {
                    items.join(", ")
                }
            }
        }
    }
}

/// `parse_bool`: unique prefixes of true, false, yes and no, on and off, 1 and 0, in any letter case.
#[must_use]
pub fn parse_bool(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    let prefix = |word: &str| !lower.is_empty() && word.starts_with(&lower);
    // `o` alone could be either.
    let long_enough = lower.len() >= 2;
    if prefix("true") || prefix("yes") || (long_enough && prefix("on")) || lower == "1" {
        Some(true)
    } else if prefix("false") || prefix("no") || (long_enough && prefix("off")) || lower == "0" {
        Some(false)
    } else {
        None
    }
}

/// The server's spelling of an enum's word, in any letter case; with the spellings that the server accepts and does
/// not list.
fn parse_word(entry: &Entry, text: &str) -> Option<&'static str> {
    let listed = |wanted: &str| entry.enum_words().find(|word| word.eq_ignore_ascii_case(wanted));
    listed(text).or_else(|| {
        let lower = text.to_ascii_lowercase();
        match (entry.name, lower.as_str()) {
            ("log_min_messages" | "client_min_messages" | "log_min_error_statement" | "trace_recovery_messages", "debug") => listed("debug2"),
            ("wal_level", "archive" | "hot_standby") => listed("replica"),
            // 12 and 13 took these for md5.
            ("password_encryption", "on" | "true" | "yes" | "1") if entry.versions.end() <= &13 => listed("md5"),
            (_, "true" | "yes" | "1") => listed("on"),
            (_, "false" | "no" | "0") => listed("off"),
            _ => None,
        }
    })
}

/// A number at the start of a text, as C's `strtol` with base 0 and `strtod` read it, and what follows.
fn leading_number(text: &str, whole: bool) -> Option<(f64, &str)> {
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let radix = |digits: &'_ str, radix: u32| {
        let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        let value = digits[..end].chars().filter_map(|c| c.to_digit(radix)).fold(0.0, |sum, d| sum * f64::from(radix) + f64::from(d));
        (end, value)
    };
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        let (end, value) = radix(hex, 16);
        if end > 0 {
            return Some((sign * value, &hex[end..]));
        }
    }
    let run = |from: usize| digits[from..].find(|c: char| !c.is_ascii_digit()).map_or(digits.len(), |i| from + i);
    let int_end = run(0);
    if whole && int_end > 1 && digits.starts_with('0') && !digits[int_end..].starts_with(['.', 'e', 'E']) {
        // Octal; a digit above 7 ends the number and is left over, which no unit matches.
        let (end, value) = radix(digits, 8);
        return Some((sign * value, &digits[end..]));
    }
    let mut end = int_end;
    if digits[end..].starts_with('.') {
        end = run(end + 1);
    }
    if end == 0 || &digits[..end] == "." {
        return None;
    }
    if let Some(exponent) = digits[end..].strip_prefix(['e', 'E']) {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if unsigned.starts_with(|c: char| c.is_ascii_digit()) {
            end = run(end + 1 + (exponent.len() - unsigned.len()));
        }
    }
    let value: f64 = digits[..end].parse().ok()?;
    value.is_finite().then_some((sign * value, &digits[end..]))
}

const MEMORY: [(&str, f64); 5] = [("TB", 1_099_511_627_776.0), ("GB", 1_073_741_824.0), ("MB", 1_048_576.0), ("kB", 1024.0), ("B", 1.0)];
/// In microseconds.
const TIME: [(&str, f64); 6] = [("d", 86_400e6), ("h", 3600e6), ("min", 60e6), ("s", 1e6), ("ms", 1e3), ("us", 1.0)];

fn table(base: &str) -> Option<(&'static [(&'static str, f64)], f64)> {
    let find = |table: &'static [(&'static str, f64)]| table.iter().find(|(unit, _)| *unit == base).map(|(_, size)| (table, *size));
    if base == "8kB" { Some((&MEMORY, 8192.0)) } else { find(&MEMORY).or_else(|| find(&TIME)) }
}

/// A number with an optional unit, in the setting's unit.
fn number(entry: &Entry, text: &str, whole: bool) -> Result<f64, String> {
    let kind = if whole { "a whole number" } else { "a number" };
    let (value, rest) = leading_number(text, whole).ok_or_else(|| format!("\"{text}\" is not {kind}"))?;
    let unit = rest.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
    if unit.is_empty() && (rest.is_empty() || rest.chars().all(|c| c.is_ascii_whitespace())) {
        return Ok(value);
    }
    let Some((units, base)) = table(entry.unit) else { return Err(format!("\"{text}\" is not {kind} without a unit")) };
    let Some(index) = units.iter().position(|(name, _)| *name == unit) else {
        let names: Vec<&str> = units.iter().rev().map(|(name, _)| *name).collect();
        return Err(format!("\"{text}\" has no unit that the server knows ({}; letter case counts)", names.join(", ")));
    };
    let mut scaled = value * units[index].1 / base;
    // `convert_to_base_unit` rounds to a multiple of the next smaller unit: 30.1GB.
    if let Some((_, next)) = units.get(index + 1) {
        let step = next / base;
        scaled = (scaled / step).round_ties_even() * step;
    }
    Ok(scaled)
}

fn integer(entry: &Entry, text: &str) -> Result<Meaning, String> {
    let value = number(entry, text, true)?.round_ties_even();
    let bound = |text: &str, or: i32| text.parse::<i32>().unwrap_or(or);
    let (min, max) = (bound(entry.min, i32::MIN), bound(entry.max, i32::MAX));
    if value < f64::from(min) || value > f64::from(max) {
        return Err(out_of_range(entry, text, &Meaning::Integer(min.into()), &Meaning::Integer(max.into())));
    }
    // In range, so exact.
    #[allow(clippy::cast_possible_truncation)]
    Ok(Meaning::Integer(value as i64))
}

fn real(entry: &Entry, text: &str) -> Result<Meaning, String> {
    let value = number(entry, text, false)?;
    let bound = |text: &str, or: f64| text.parse::<f64>().unwrap_or(or);
    let (min, max) = (bound(entry.min, f64::MIN), bound(entry.max, f64::MAX));
    if value < min || value > max {
        return Err(out_of_range(entry, text, &Meaning::Real(min), &Meaning::Real(max)));
    }
    Ok(Meaning::Real(value))
}

fn out_of_range(entry: &Entry, text: &str, min: &Meaning, max: &Meaning) -> String {
    let hint = if entry.is_octal() { "; a file mode is octal and starts with 0, in quotes" } else { "" };
    format!("\"{text}\" is outside {} to {}{hint}", min.show(entry), max.show(entry))
}

/// Whether the elements of a quoted list are paths: blanks may stand inside, and letter case counts
/// (`SplitDirectoriesString`).
fn holds_paths(name: &str) -> bool {
    !matches!(name, "search_path" | "temp_tablespaces")
}

/// Splits the text of a list setting as the server does. Elements come out unquoted.
///
/// # Errors
/// Why the server would refuse it.
pub fn split(entry: &Entry, text: &str) -> Result<Vec<String>, String> {
    let paths = entry.list == List::Quoted && holds_paths(entry.name);
    // What is no name of a catalog keeps its letters here: whether they count is the setting's own matter.
    let fold = entry.list == List::Quoted && !paths;
    let space = |c: char| c.is_ascii_whitespace() || c == '\x0b';
    let mut rest = text.trim_start_matches(space);
    let mut items = Vec::new();
    if rest.is_empty() {
        return Ok(items);
    }
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut item = String::new();
            let mut tail = quoted;
            loop {
                let Some(end) = tail.find('"') else { return Err(format!("\"{text}\" has a double quote that is never closed")) };
                item.push_str(&tail[..end]);
                tail = &tail[end + 1..];
                match tail.strip_prefix('"') {
                    Some(more) => {
                        item.push('"');
                        tail = more;
                    }
                    None => break,
                }
            }
            items.push(item);
            rest = tail.trim_start_matches(space);
        } else {
            let end = rest.find(|c: char| c == ',' || (!paths && space(c))).unwrap_or(rest.len());
            let item = rest[..end].trim_end_matches(space);
            if item.is_empty() {
                return Err(format!("\"{text}\" has an empty element"));
            }
            items.push(if fold { item.to_lowercase() } else { item.to_owned() });
            rest = rest[end..].trim_start_matches(space);
        }
        if rest.is_empty() {
            return Ok(items);
        }
        let Some(next) = rest.strip_prefix(',') else { return Err(format!("\"{text}\" has a blank where a comma is needed")) };
        rest = next.trim_start_matches(space);
        if rest.is_empty() {
            return Err(format!("\"{text}\" ends with a comma"));
        }
    }
}

fn list(entry: &Entry, oldest: u32, elements: &[String]) -> Result<Meaning, String> {
    let mut items = elements.to_vec();
    if entry.list == List::Plain {
        for item in &mut items {
            *item = item.to_lowercase();
        }
    }
    match entry.name {
        "log_connections" => items = connection_aspects(&items)?,
        "log_destination" => {
            let known: &[&str] =
                if oldest >= 15 { &["stderr", "csvlog", "jsonlog", "syslog", "eventlog"] } else { &["stderr", "csvlog", "syslog", "eventlog"] };
            if let Some(unknown) = items.iter().find(|item| !known.contains(&item.as_str())) {
                return Err(format!("\"{unknown}\" is none of {}", known.join(", ")));
            }
        }
        _ => {}
    }
    if entry.name != "search_path" {
        items.sort_unstable();
        items.dedup();
    }
    Ok(Meaning::List(items))
}

/// `log_connections` of 18: aspects, or one of the words that stand for some (PostgreSQL 18 documentation, 19.8.3).
fn connection_aspects(elements: &[String]) -> Result<Vec<String>, String> {
    const ALL: [&str; 4] = ["receipt", "authentication", "authorization", "setup_durations"];
    let owned = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
    // Whole words only, unlike a Boolean setting.
    match elements {
        [one] if matches!(one.as_str(), "on" | "true" | "yes" | "1") => return Ok(owned(&ALL[..3])),
        [one] if matches!(one.as_str(), "off" | "false" | "no" | "0") => return Ok(Vec::new()),
        _ => {}
    }
    match elements.iter().find(|item| !ALL.contains(&item.as_str()) && *item != "all") {
        Some(unknown) => Err(format!("\"{unknown}\" is none of {}, all, and on or off stand alone", ALL.join(", "))),
        None if elements.iter().any(|item| item == "all") => Ok(owned(&ALL)),
        None => Ok(elements.to_vec()),
    }
}
