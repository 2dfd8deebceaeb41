//! Amounts of data.

use super::BadScalar;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// An amount of data, in bytes. Written `512B`, `64KiB`, `1MiB`, `1GiB`, at most 1 TiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(u64);

impl Size {
    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

/// What a size looks like.
const SIZE_HINT: &str = "a size is a whole number with a unit: 512B, 64KiB, 1MiB or 1GiB";

impl FromStr for Size {
    type Err = BadScalar;
    fn from_str(text: &str) -> Result<Self, BadScalar> {
        let hint = BadScalar(SIZE_HINT);
        let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];
        let (number, factor) = units.into_iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor))).ok_or(hint)?;
        if number.is_empty() || number.len() > 10 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(hint);
        }
        number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).filter(|bytes| *bytes <= 1 << 40).map(Self).ok_or(hint)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        let (factor, unit) = units.into_iter().find(|(factor, _)| self.0 > 0 && self.0.is_multiple_of(*factor)).unwrap_or((1, "B"));
        write!(f, "{}{unit}", self.0 / factor)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "size", "description": SIZE_HINT, "pattern": "^[0-9]{1,10}(B|KiB|MiB|GiB)$", "examples": ["64KiB", "1MiB"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit() {
        for (text, bytes) in [("512B", 512), ("64KiB", 65_536), ("1MiB", 1_048_576), ("2GiB", 2_147_483_648)] {
            let size: Result<Size, _> = text.parse();
            assert_eq!(size.map(Size::bytes), Ok(bytes));
            assert_eq!(size.map(|s| s.to_string()).as_deref(), Ok(text));
        }
        for bad in ["", "1", "B", "1MB", "1.5MiB", "-1B", "1 MiB", "1mib", "99999999999GiB", "2048GiB"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }
}
