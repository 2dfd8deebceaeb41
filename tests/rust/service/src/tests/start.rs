//! What is chosen when the service starts.

use crate::security::environment::{from_env, policy};
use crate::security::policy::{DEV, ENVIRONMENTS, PROD};

#[test]
fn the_environment_is_chosen_by_its_name() {
    assert_eq!(policy("prod").unwrap().jwt, PROD.jwt);
    assert_eq!(policy("dev").unwrap().redis, DEV.redis);
    assert_ne!(DEV.redis, PROD.redis);
    for (name, _) in ENVIRONMENTS {
        assert!(policy(name).is_ok());
    }
}

#[test]
fn there_is_no_default() {
    for name in ["", "Prod", "prod ", "production", "staging", "dev\0"] {
        let error = policy(name).unwrap_err();
        let text = format!("there is no environment {name:?}; write one of: dev, prod");
        assert_eq!(
            (error.to_string(), format!("{error:?}")),
            (text.clone(), text)
        );
    }
    let long = policy(&"x".repeat(10_000)).unwrap_err().to_string();
    assert!(long.len() < 200, "{long}");
    let unset = from_env("NO_VARIABLE_HAS_THIS_NAME").unwrap_err();
    assert_eq!(
        unset.to_string(),
        "no environment is named; write one of: dev, prod"
    );
}
