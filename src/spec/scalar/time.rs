//! Days and lengths of time.

use super::{BadScalar, scalar};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

scalar! {
    /// A calendar day, UTC.
    Date, "date", pattern: "^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|(([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29))$", max: 10, examples: ["2027-03-31"],
    hint: "a date is a day of the calendar, written year-month-day, such as 2027-03-31"
}
impl Date {
    fn accepts(text: &str) -> bool {
        parse_date(text).is_some()
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days(&self) -> i64 {
        parse_date(&self.0).unwrap_or(0)
    }
}

/// Days since 1970-01-01 of `YYYY-MM-DD`, if that is a day of the (proleptic Gregorian) calendar.
#[must_use]
pub fn parse_date(text: &str) -> Option<i64> {
    let digits = |part: &str, len: usize| (part.len() == len && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<i64>().ok()).flatten();
    let mut parts = text.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() || !(1..=12).contains(&month) {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = lengths.get(usize::try_from(month - 1).ok()?)?;
    if !(1..=*length).contains(&day) {
        return None;
    }
    // Days from civil, with March as the first month.
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + day - 1 - 719_468)
}

/// `YYYY-MM-DD` of days since 1970-01-01.
#[must_use]
pub fn format_date(days: i64) -> String {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A length of time, in whole seconds. Written `30s`, `15m`, `1h`, `7d`, `52w`, `1y` (365 days).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Duration {
    /// From seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds)
    }

    /// In seconds.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }
}

impl FromStr for Duration {
    type Err = BadScalar;
    fn from_str(text: &str) -> Result<Self, BadScalar> {
        let hint = BadScalar("a duration is a whole number with a unit: 30s, 15m, 1h, 7d, 52w or 1y (365 days), 100 years at most");
        let unit = text.chars().last().ok_or(hint)?;
        let factor = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            'y' => 31_536_000,
            _ => return Err(hint),
        };
        let number = &text[..text.len() - unit.len_utf8()];
        if number.is_empty() || number.len() > 10 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(hint);
        }
        let seconds = number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).filter(|s| *s <= 3_153_600_000).ok_or(hint)?;
        Ok(Self(seconds))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, unit) = match self.0 {
            0 => (0, "s"),
            s if s % 86_400 == 0 => (s / 86_400, "d"),
            s if s % 3600 == 0 => (s / 3600, "h"),
            s if s % 60 == 0 => (s / 60, "m"),
            s => (s, "s"),
        };
        write!(f, "{n}{unit}")
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "duration",
            "description": "a duration is a whole number with a unit: 30s, 15m, 1h, 7d, 52w or 1y (365 days), 100 years at most",
            "pattern": "^[0-9]{1,10}[smhdwy]$", "examples": ["30s", "1h", "365d"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_the_calendar() {
        assert_eq!(parse_date("1970-01-01"), Some(0));
        assert_eq!(parse_date("2026-11-25"), Some(20_782));
        assert_eq!(format_date(20_782), "2026-11-25");
        assert_eq!(parse_date("2024-02-29").map(format_date).as_deref(), Some("2024-02-29"));
        for bad in ["2023-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "2026-11-31", "+026-11-01", ""] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!("1h".parse(), Ok(Duration::from_secs(3600)));
        assert_eq!("365d".parse::<Duration>().map(|d| d.to_string()), Ok("365d".to_owned()));
        for bad in ["", "1", "h", "1.5h", "-1h", "1 h", "1H", "99999999999y", "1é"] {
            assert!(bad.parse::<Duration>().is_err(), "{bad}");
        }
    }
}
