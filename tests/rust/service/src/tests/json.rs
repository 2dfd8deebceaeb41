//! Limits of JSON.

use crate::security::input::{JsonError, Settings, check_json, parse_json};
use crate::security::policy::PROD;
use serde::Deserialize;

const LIMITS: Settings = Settings {
    max_string: Some(4),
    max_list: Some(3),
    max_depth: Some(2),
    ..PROD.input
};

fn check(json: &str) -> Result<(), JsonError> {
    check_json(json.as_bytes(), &LIMITS)
}

#[test]
fn what_is_within_the_limits_passes() {
    for json in [
        "null",
        "true",
        "0",
        "-1.5e300",
        "\"four\"",
        "[]",
        "{}",
        "[1, 2, 3]",
        "[[1, 2, 3], [4, 5, 6], []]",
        "{\"a\": [1], \"b\": {\"c\": \"d\"}, \"four\": null}",
        "\"\\u00e4\\u00e4\"",
        " [ ] \n",
    ] {
        assert_eq!(check(json), Ok(()), "{json}");
    }
}

#[test]
fn each_limit_is_exact() {
    for (json, why) in [
        ("\"fives\"", JsonError::TextTooLong),
        ("\"äää\"", JsonError::TextTooLong),
        ("\"\\u00e4\\u00e4\\u00e4\"", JsonError::TextTooLong),
        ("[\"fives\"]", JsonError::TextTooLong),
        ("{\"fives\": 1}", JsonError::TextTooLong),
        ("{\"a\": \"fives\"}", JsonError::TextTooLong),
        ("[1, 2, 3, 4]", JsonError::TooMany),
        ("[[1, 2, 3, 4]]", JsonError::TooMany),
        (
            "{\"a\": 1, \"b\": 2, \"c\": 3, \"d\": 4}",
            JsonError::TooMany,
        ),
        (
            "{\"a\": 1, \"a\": 2, \"a\": 3, \"a\": 4}",
            JsonError::TooMany,
        ),
        ("[[[]]]", JsonError::TooDeep),
        ("[{\"a\": []}]", JsonError::TooDeep),
        ("{\"a\": {\"b\": {}}}", JsonError::TooDeep),
    ] {
        assert_eq!(check(json), Err(why), "{json}");
    }
}

#[test]
fn what_is_no_json_is_refused() {
    for json in [
        "",
        " ",
        "[",
        "[1,]",
        "{",
        "{\"a\"}",
        "\"a",
        "nul",
        "1 2",
        "[] []",
        "{a: 1}",
        "'a'",
        "\"\\ud800\"",
        "01",
        "NaN",
        "\u{feff}[]",
    ] {
        assert_eq!(check(json), Err(JsonError::Syntax), "{json}");
    }
    assert_eq!(check_json(b"\"\xff\"", &LIMITS), Err(JsonError::Syntax));
}

#[test]
fn no_depth_ends_the_process() {
    let unlimited = Settings {
        max_string: None,
        max_list: None,
        max_depth: None,
        ..LIMITS
    };
    for depth in [10, 100, 1_000, 1_000_000] {
        let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(&lists), Err(JsonError::TooDeep));
        assert_eq!(
            check_json(lists.as_bytes(), &unlimited).is_ok(),
            depth < 128,
            "{depth}"
        );
        let objects = "{\"a\":".repeat(depth);
        assert!(check_json(objects.as_bytes(), &unlimited).is_err());
    }
    let long = format!("\"{}\"", "x".repeat(100_000));
    assert_eq!(check_json(long.as_bytes(), &unlimited), Ok(()));
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    name: String,
}

#[test]
fn the_shape_is_checked_after_the_limits() {
    let parse = |json: &str| parse_json::<Login>(json.as_bytes(), &LIMITS);
    let name = "ann".to_owned();
    assert_eq!(parse("{\"name\": \"ann\"}"), Ok(Login { name }));
    for json in ["{}", "[]", "{\"name\": 1}", "{\"name\": \"a\", \"x\": 1}"] {
        assert_eq!(parse(json), Err(JsonError::Shape), "{json}");
    }
    assert_eq!(parse("{\"name\": \"annie\"}"), Err(JsonError::TextTooLong));
    // Field names that stand twice are read differently by different readers.
    assert_eq!(
        parse("{\"name\": \"a\", \"name\": \"b\"}"),
        Err(JsonError::Shape)
    );
}
