//! What an unquoted scalar is: the core schema of YAML 1.2.2, 10.3.2, and what stays text on purpose.

use super::Value;

/// The value of a plain (unquoted) scalar.
///
/// Text on purpose, where the core schema would damage it: leading zeros (`0755` would be 755), numbers that do not fit
/// (`99999999999999999999`, `1e999`), and `.inf` and `.nan`, which are no values of any spec key.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).unwrap_or_else(|| Value::Text(text.to_owned())),
    }
}

fn number(text: &str) -> Option<Value> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let has_digits = !whole.is_empty() || fraction.is_some_and(|f| !f.is_empty());
    if !has_digits || !digits(whole) || !fraction.is_none_or(digits) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if exponent.is_empty() || !digits(exponent) {
            return None;
        }
    }
    if fraction.is_none() && exponent.is_none() {
        return text.parse().ok().map(Value::Int);
    }
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
}

fn radix(digits: &str, radix: u32) -> Option<Value> {
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    plain.then(|| i64::from_str_radix(digits, radix).ok().map(Value::Int)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_look_like_booleans_stay_text() {
        for text in ["no", "NO", "off", "on", "yes", "y", "n", "tRUE", "nULL", "none"] {
            assert_eq!(plain(text), Value::Text(text.to_owned()));
        }
        assert_eq!(plain("True"), Value::Bool(true));
        assert_eq!(plain("~"), Value::Null);
    }

    #[test]
    fn numbers_that_would_be_damaged_stay_text() {
        for text in [
            "0755",
            "010",
            "00",
            "-07",
            "00.5",
            "1_000",
            "1e999",
            "99999999999999999999",
            ".inf",
            ".nan",
            "0x",
            "0o9",
            "0b1",
            "1e",
            "e1",
            ".",
            "-",
            "+",
            "1.2.3",
            "12:30",
            "0xffffffffffffffffff",
            "2026-11-25",
            "1.5h",
        ] {
            assert_eq!(plain(text), Value::Text(text.to_owned()));
        }
    }

    #[test]
    fn numbers_of_the_core_schema() {
        for (text, value) in [("0", 0), ("-0", 0), ("+12", 12), ("-19", -19), ("0x1F", 31), ("0o755", 493), ("9223372036854775807", i64::MAX)] {
            assert_eq!(plain(text), Value::Int(value), "{text}");
        }
        for (text, value) in [("1.10", 1.1), ("0.5", 0.5), (".5", 0.5), ("1.", 1.0), ("12e03", 12e3), ("-2E+05", -2e5)] {
            assert_eq!(plain(text), Value::Float(value), "{text}");
        }
    }
}
