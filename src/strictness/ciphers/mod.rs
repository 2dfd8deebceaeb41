//! OpenSSL cipher strings, evaluated to the set of suites that they leave.
//!
//! The grammar is that of `ssl_cipher_process_rulestr` (ssl/ssl_ciph.c of OpenSSL 3.0); only membership matters here,
//! never order. The suites of TLS 1.3 are no part of it: `Ciphersuites` governs them.
//!
//! What a string leaves depends on the build, so the widest is assumed: weak ciphers compiled in, names of IANA's
//! registry read when they add (OpenSSL 3.2) and not read when they exclude, and the lowest default security level
//! of any supported version.

mod table;

use super::{Comparison, Order, Strictness};
use std::fmt;
use table::{Class, Mask, OLD_NAMES, SUITES, Suite, WORDS, au, enc, kx, mac, strength};

/// The security level of an OpenSSL that nobody configured: 1 before 3.2, 2 since and on Debian.
const LOWEST_DEFAULT_LEVEL: u8 = 1;
/// The longest string that is read, in bytes; every suite by name takes less than a quarter of it.
const MAX_TEXT: usize = 16 << 10;

/// How many unknown words are remembered.
const MAX_NOTED: usize = 100;

/// `DEFAULT`, as OpenSSL 1.1.0 and later spell it out.
const DEFAULT: &str = "ALL:!COMPLEMENTOFDEFAULT:!eNULL";

/// What the first word of a string may stand for as a whole (`check_suiteb_cipher_list`). The longer prefix first.
const SUITE_B: &[(&str, &str)] = &[
    ("SUITEB128ONLY", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    ("SUITEB128C2", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"),
    ("SUITEB128", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"),
    ("SUITEB192", "ECDHE-ECDSA-AES256-GCM-SHA384"),
];

/// Which OpenSSL reads a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// Any supported version with everything compiled in: what a check must assume.
    Widest,
    /// OpenSSL 3.0 as distributors build it, without weak ciphers and without IANA's names.
    Stock,
}

/// A cipher string and the suites that it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CipherString {
    text: String,
    /// Whether each of [`SUITES`] is left.
    left: Vec<bool>,
    level: Option<u8>,
    unknown: Vec<String>,
    ignored_exclusions: Vec<String>,
}

impl CipherString {
    /// Reads a string for the widest build.
    ///
    /// # Errors
    /// What would stop the server: an invalid command, or no suite left; and a string that this file cannot decide
    /// (see [`CipherString::is_system_profile`]).
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::parse_for(text, Build::Widest)
    }

    /// Reads a string for a build.
    ///
    /// # Errors
    /// As for [`CipherString::parse`].
    pub fn parse_for(text: &str, build: Build) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > MAX_TEXT {
            return Err(format!("the cipher string has {} bytes, more than {MAX_TEXT}, and was not read", text.len()));
        }
        if Self::is_system_profile(text) {
            return Err("PROFILE=SYSTEM takes the suites from the system-wide policy, which is not in this file".to_owned());
        }
        let mut rules = Rules::new(build);
        let rest = if let Some((_, list)) = SUITE_B.iter().find(|(word, _)| text.starts_with(word)) {
            rules.run(list)?;
            ""
        } else if let Some(rest) = text.strip_prefix("DEFAULT") {
            rules.run(DEFAULT)?;
            rest
        } else {
            text
        };
        rules.run(rest)?;
        if !rules.left.contains(&true) {
            return Err("no suite is left (OpenSSL: no cipher match)".to_owned());
        }
        let Rules { left, level, unknown, ignored_exclusions, .. } = rules;
        Ok(Self { text: text.to_owned(), left, level, unknown, ignored_exclusions })
    }

    /// Exactly these suites, by OpenSSL's or IANA's names. Names of TLS 1.3 suites are accepted and left out, since no
    /// cipher string governs them.
    ///
    /// # Errors
    /// A name that is no suite's, or a list without any suite for TLS 1.2 or older.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut left = vec![false; SUITES.len()];
        let mut listed = Vec::new();
        for name in names {
            match suite_by_name(name, true) {
                Some(i) => {
                    left[i] = true;
                    listed.push(SUITES[i].name);
                }
                None if is_tls13(name) => {}
                None => return Err(format!("{name} is not the name of a suite")),
            }
        }
        if listed.is_empty() {
            return Err("no suite for TLS 1.2 or older is named".to_owned());
        }
        Ok(Self { text: listed.join(":"), left, level: None, unknown: Vec::new(), ignored_exclusions: Vec::new() })
    }

    /// Whether the string takes its suites from the system-wide policy (Red Hat's OpenSSL): what it leaves cannot be
    /// known from the file.
    #[must_use]
    pub fn is_system_profile(text: &str) -> bool {
        text.trim_start().starts_with("PROFILE=SYSTEM")
    }

    /// OpenSSL's names of the suites that are left, before the security level takes some away.
    #[must_use]
    pub fn suites(&self) -> Vec<&'static str> {
        self.selected().map(|s| s.name).collect()
    }

    /// Names of the suites that a server without pre-shared or SRP credentials offers, where the string sets no
    /// security level and the library's default is `default_level`. Suites that only unsupported versions have, which
    /// know no security level, always count.
    #[must_use]
    pub fn offered(&self, default_level: u8) -> Vec<&'static str> {
        self.offered_suites(default_level).map(|s| s.name).collect()
    }

    /// The security level that the string sets.
    #[must_use]
    pub fn security_level(&self) -> Option<u8> {
        self.level
    }

    /// Words that no OpenSSL knows, in order: OpenSSL skips their items without a word. The names of TLS 1.3 suites
    /// are among them.
    #[must_use]
    pub fn unknown_words(&self) -> &[String] {
        &self.unknown
    }

    /// Items that were meant to exclude and exclude nothing, because of an unknown word: `!aNUL`.
    #[must_use]
    pub fn ignored_exclusions(&self) -> &[String] {
        &self.ignored_exclusions
    }

    fn selected(&self) -> impl Iterator<Item = &'static Suite> + '_ {
        SUITES.iter().zip(&self.left).filter(|(_, left)| **left).map(|(suite, _)| suite)
    }

    fn offered_suites(&self, default_level: u8) -> impl Iterator<Item = &'static Suite> + '_ {
        let level = self.level.unwrap_or(default_level);
        self.selected().filter(move |s| s.class == Class::Past || s.is_offered_at(level)).filter(|s| !s.needs_shared_secret())
    }
}

/// The suite of a name; `iana` whether names of IANA's registry count.
fn suite_by_name(name: &str, iana: bool) -> Option<usize> {
    let name = OLD_NAMES.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| new);
    SUITES.iter().position(|s| s.name == name || (iana && !s.iana.is_empty() && s.iana == name))
}

/// Names of TLS 1.3 suites (RFC 8446 B.4) say nothing of key exchange.
fn is_tls13(name: &str) -> bool {
    name.starts_with("TLS_") && !name.contains("_WITH_")
}

/// Remembers a text once, and no more texts than a report could show.
fn note(list: &mut Vec<String>, text: &str) {
    if list.len() < MAX_NOTED && !list.iter().any(|t| t == text) {
        list.push(text.to_owned());
    }
}

/// What separates items.
fn is_separator(byte: u8) -> bool {
    matches!(byte, b':' | b';' | b',' | b' ')
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'=' | b'_')
}

/// The command of an item.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Command {
    Add,
    Remove,
    Ban,
    /// Moves to the end: no change of membership.
    Order,
    Special,
}

/// A word's meaning.
#[derive(Clone, Copy)]
enum Word {
    Mask(Mask),
    Suite(usize),
}

/// What an item selects: the intersection of its words.
#[derive(Clone, Copy, Default)]
struct Selection {
    mask: Mask,
    suite: Option<usize>,
}

impl Selection {
    /// Narrows by a word. False where no suite can be left, by OpenSSL's own test: a part of which no bit is common.
    fn narrow(&mut self, word: Word) -> bool {
        let other = match word {
            Word::Mask(mask) => mask,
            Word::Suite(i) => {
                // OpenSSL keeps one suite only, the last named, and does not ask for its version.
                self.suite = Some(i);
                let s = &SUITES[i];
                Mask { kx: s.kx, au: s.au, enc: s.enc, mac: s.mac, strength: s.strength, ..Mask::default() }
            }
        };
        if self.mask.strength == 0 && other.strength != 0 {
            // OpenSSL keeps both in one number, and a first class of strength overwrites it.
            self.mask.not_default = false;
        }
        let mut possible = true;
        let mut join = |mine: &mut u32, theirs: u32| {
            if *mine != 0 && theirs != 0 {
                *mine &= theirs;
                possible &= *mine != 0;
            } else {
                *mine |= theirs;
            }
        };
        join(&mut self.mask.kx, other.kx);
        join(&mut self.mask.au, other.au);
        join(&mut self.mask.enc, other.enc);
        join(&mut self.mask.mac, other.mac);
        join(&mut self.mask.strength, other.strength);
        if let Some(min) = other.min {
            possible &= self.mask.min.is_none_or(|mine| mine == min);
            self.mask.min = Some(min);
        }
        self.mask.not_default |= other.not_default;
        self.mask.past |= other.past;
        possible
    }

    fn selects(&self, index: usize) -> bool {
        let (suite, mask) = (&SUITES[index], &self.mask);
        let common = |mine: u32, theirs: u32| mine == 0 || mine & theirs != 0;
        self.suite.is_none_or(|i| i == index)
            && common(mask.kx, suite.kx)
            && common(mask.au, suite.au)
            && common(mask.enc, suite.enc)
            && common(mask.mac, suite.mac)
            && common(mask.strength, suite.strength)
            && mask.min.is_none_or(|min| min == suite.min)
            && (!mask.not_default || suite.is_not_default())
    }
}

/// The state of an evaluation.
struct Rules {
    build: Build,
    left: Vec<bool>,
    banned: Vec<bool>,
    level: Option<u8>,
    unknown: Vec<String>,
    ignored_exclusions: Vec<String>,
}

impl Rules {
    fn new(build: Build) -> Self {
        let none = vec![false; SUITES.len()];
        Self { build, left: none.clone(), banned: none, level: None, unknown: Vec::new(), ignored_exclusions: Vec::new() }
    }

    fn word(&self, word: &str, command: Command) -> Option<Word> {
        if let Some((_, mask)) = WORDS.iter().find(|(name, _)| *name == word) {
            // A build does not know the words of ciphers that its library lacks, nor those of the past, but for LOW.
            let is_left_out = (mask.enc != 0 && mask.enc & enc::KNOWN == 0) || (mask.past && mask.strength != strength::LOW);
            let is_known = self.build == Build::Widest || !is_left_out;
            return is_known.then_some(Word::Mask(*mask));
        }
        // A name that only some versions read adds (it does there), and does not exclude (it does not elsewhere).
        let iana = self.build == Build::Widest && !matches!(command, Command::Remove | Command::Ban);
        suite_by_name(word, iana).filter(|i| self.build == Build::Widest || SUITES[*i].class == Class::Stock).map(Word::Suite)
    }

    fn run(&mut self, text: &str) -> Result<(), String> {
        let bytes = text.as_bytes();
        let end_of_word = |from: usize| bytes[from..].iter().position(|b| !is_word_byte(*b)).map_or(bytes.len(), |n| from + n);
        let end_of_item = |from: usize| bytes[from..].iter().position(|b| is_separator(*b)).map_or(bytes.len(), |n| from + n);
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let start = at;
            let command = match byte {
                b'-' => Command::Remove,
                b'!' => Command::Ban,
                b'+' => Command::Order,
                b'@' => Command::Special,
                _ => Command::Add,
            };
            at += usize::from(command != Command::Add);
            if bytes.get(at).is_some_and(|b| is_separator(*b)) {
                at += 1;
                continue;
            }
            let mut selection = Selection::default();
            // Words joined by `+`.
            let applies = loop {
                let end = end_of_word(at);
                if end == at {
                    return Err(format!("`{}` is not a cipher string command", &text[start..end_of_item(start)]));
                }
                let word = &text[at..end];
                at = end;
                if command == Command::Special {
                    self.special(word)?;
                    break false;
                }
                let more = bytes.get(at) == Some(&b'+');
                at += usize::from(more);
                let Some(meaning) = self.word(word, command) else {
                    note(&mut self.unknown, word);
                    if matches!(command, Command::Remove | Command::Ban) {
                        note(&mut self.ignored_exclusions, &text[start..end_of_item(at)]);
                    }
                    break false;
                };
                if !selection.narrow(meaning) {
                    break false;
                }
                if !more {
                    break true;
                }
            };
            if applies {
                self.apply(command, &selection);
            } else {
                // OpenSSL throws away the rest of an item that it does not apply.
                at = end_of_item(at);
            }
        }
        Ok(())
    }

    fn special(&mut self, word: &str) -> Result<(), String> {
        match word.strip_prefix("SECLEVEL=").map(str::as_bytes) {
            Some([digit @ b'0'..=b'5']) => self.level = Some(digit - b'0'),
            None if word == "STRENGTH" => {}
            _ => return Err(format!("`@{word}` is not a cipher string command")),
        }
        Ok(())
    }

    fn apply(&mut self, command: Command, selection: &Selection) {
        let has = |class| self.build == Build::Widest || class == Class::Stock;
        for (i, suite) in SUITES.iter().enumerate().filter(|(i, s)| has(s.class) && selection.selects(*i)) {
            match command {
                Command::Add => {
                    let named = suite.class != Class::Past || selection.mask.past || selection.suite.is_some();
                    self.left[i] |= named && !self.banned[i];
                }
                Command::Remove => self.left[i] = false,
                Command::Ban => (self.left[i], self.banned[i]) = (false, true),
                Command::Order | Command::Special => {}
            }
        }
    }
}

/// What is wrong with a set of suites, by kind.
fn kinds(suites: &[&Suite]) -> String {
    let count = |test: fn(&Suite) -> bool| suites.iter().filter(|s| test(s)).count();
    let kinds = [
        ("without encryption", count(|s| s.enc == enc::NULL)),
        ("without authentication", count(|s| s.au == au::NULL)),
        ("with RC4, DES or another broken cipher", count(|s| s.enc & enc::BROKEN != 0)),
        ("with MD5", count(|s| s.mac == mac::MD5)),
        ("CBC", count(|s| s.enc & enc::CBC != 0)),
        ("without forward secrecy", count(|s| s.kx & kx::EPHEMERAL == 0)),
    ];
    kinds.into_iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{n} {name}")).collect::<Vec<_>>().join(", ")
}

/// A number of suites, the first three names, and what is wrong with them.
fn listed(suites: &[&Suite]) -> String {
    let names: Vec<&str> = suites.iter().take(3).map(|s| s.name).collect();
    let more = if suites.len() > names.len() { format!(" and {} more", suites.len() - names.len()) } else { String::new() };
    let (kinds, plural) = (kinds(suites), if suites.len() == 1 { "suite" } else { "suites" });
    let kinds = if kinds.is_empty() { kinds } else { format!(" ({kinds})") };
    format!("{} {plural}{kinds}: {}{more}", suites.len(), names.join(", "))
}

impl fmt::Display for CipherString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Strictness for CipherString {
    /// By what a server offers at the lowest default security level; fewer suites are stricter.
    fn compare(&self, found: &Self) -> Comparison {
        let required: Vec<&Suite> = self.offered_suites(LOWEST_DEFAULT_LEVEL).collect();
        let offered: Vec<&Suite> = found.offered_suites(LOWEST_DEFAULT_LEVEL).collect();
        let beyond = |a: &[&'static Suite], b: &[&Suite]| a.iter().copied().filter(|s| !b.iter().any(|t| std::ptr::eq(*s, *t))).collect::<Vec<_>>();
        let (extra, lacking) = (beyond(&offered, &required), beyond(&required, &offered));
        // A level below every default also takes short keys and broken signatures in certificates.
        let is_low = |string: &Self| string.level.is_some_and(|level| level < LOWEST_DEFAULT_LEVEL);
        let (is_lower, is_higher) = (is_low(found) && !is_low(self), is_low(self) && !is_low(found));
        let order = Order::from_covers(extra.is_empty() && !is_lower, lacking.is_empty() && !is_higher);
        let why = match order {
            Order::Weaker | Order::Incomparable if extra.is_empty() => "@SECLEVEL=0 also permits short keys and broken signatures in certificates".to_owned(),
            Order::Stricter if lacking.is_empty() => "does not permit short keys and broken signatures in certificates, as @SECLEVEL=0 does".to_owned(),
            Order::Equal => String::new(),
            Order::Stricter if offered.is_empty() => "no suite is offered: only TLS 1.3 can connect".to_owned(),
            Order::Stricter => format!("does not offer {}", listed(&lacking)),
            Order::Weaker | Order::Incomparable => format!("also offers {}", listed(&extra)),
        };
        Comparison::new(order, why)
    }

    fn absent() -> Option<Self> {
        None
    }
}
