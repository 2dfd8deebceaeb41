//! Chooses the policy by the name of the environment, once, when the service starts.

use super::policy::{ENVIRONMENTS, Policy};
use std::fmt;

/// No environment of the policy has this name: the service must not start. Falling back to another
/// environment would run production with the limits of a test.
#[derive(Clone, PartialEq, Eq)]
pub struct UnknownEnvironment {
    name: Option<String>,
}

impl fmt::Display for UnknownEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "there is no environment {name:?}; write one of: ")?,
            None => f.write_str("no environment is named; write one of: ")?,
        }
        for (index, (known, _)) in ENVIRONMENTS.iter().enumerate() {
            write!(f, "{}{known}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// As `Display`, because `fn main() -> Result<_, Box<dyn Error>>` prints this.
impl fmt::Debug for UnknownEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for UnknownEnvironment {}

/// The policy of the environment of this name. Letter case matters.
///
/// # Errors
/// There is none of this name; the error lists those that there are.
pub fn policy(name: &str) -> Result<&'static Policy, UnknownEnvironment> {
    let found = ENVIRONMENTS.iter().find(|(known, _)| *known == name);
    found
        .map(|(_, policy)| *policy)
        .ok_or_else(|| UnknownEnvironment {
            name: Some(name.chars().take(64).collect()),
        })
}

/// The policy of the environment that a variable of the process names, such as `APP_ENV`.
///
/// # Errors
/// The variable is not set, or names no environment. There is no default on purpose.
pub fn from_env(variable: &str) -> Result<&'static Policy, UnknownEnvironment> {
    match std::env::var(variable) {
        Ok(name) => policy(&name),
        Err(_) => Err(UnknownEnvironment { name: None }),
    }
}
