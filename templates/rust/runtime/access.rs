//! Decides who may do what: one rule must hold with role AND scope AND every condition. What no rule
//! allows is denied (ASVS 5.0, 8.2; NIST SP 800-162).

use super::policy::{Permission, Role};
use std::fmt;
use std::time::Duration;

/// Allows a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it allows.
    pub permission: Permission,
    /// The caller has one of these roles.
    pub roles: &'static [Role],
    /// The caller's token was given for this (RFC 6749, 3.3).
    pub scope: &'static str,
    /// All of these hold.
    pub when: &'static [Condition],
}

/// What must hold between caller and resource, or about the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The resource belongs to the caller's tenant.
    SameTenant,
    /// The caller owns the resource.
    Owner,
    /// The caller logged in by hand no longer ago than this.
    AuthenticatedWithin(Duration),
}

/// Who asks: fields of a verified token, never of the request itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller<'a> {
    /// The token's `sub`.
    pub subject: &'a str,
    /// The token's tenant; an empty one is that of no resource.
    pub tenant: &'a str,
    /// The token's roles. Those that the policy does not know count for nothing.
    pub roles: &'a [String],
    /// The token's `scope`: words separated by blanks.
    pub scope: &'a str,
    /// The token's `auth_time`, in seconds since 1970; 0 where nobody said so.
    pub auth_time: u64,
}

/// What is asked for. Load it from your own storage before deciding, never from the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resource<'a> {
    /// The tenant that it belongs to; empty: none.
    pub tenant: &'a str,
    /// The subject that owns it; empty: nobody.
    pub owner: &'a str,
}

/// Why it is denied: of all rules for the permission, what the one that came closest lacks. Log it;
/// answer 403, or 404 where even the existence is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No role of the caller's may do this, or there is no rule for it.
    Role,
    /// The token was not given for this.
    Scope,
    /// The first condition that does not hold.
    Condition(Condition),
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role => f.write_str("no role of the caller may do this"),
            Self::Scope => f.write_str("the token was not given for this"),
            Self::Condition(Condition::SameTenant) => {
                f.write_str("the resource belongs to another tenant")
            }
            Self::Condition(Condition::Owner) => f.write_str("the caller is not the owner"),
            Self::Condition(Condition::AuthenticatedWithin(limit)) => {
                write!(f, "the last login is over {} s ago", limit.as_secs())
            }
        }
    }
}

impl std::error::Error for Denied {}

/// Whether the rules let the caller do this to the resource. `now` is in seconds since 1970.
///
/// # Errors
/// They do not, and why.
pub fn authorize(
    rules: &[Rule],
    caller: &Caller<'_>,
    permission: Permission,
    resource: &Resource<'_>,
    now: u64,
) -> Result<(), Denied> {
    let mut denied = Denied::Role;
    for rule in rules.iter().filter(|rule| rule.permission == permission) {
        let mut known = caller.roles.iter().filter_map(|name| Role::parse(name));
        if !known.any(|role| rule.roles.contains(&role)) {
            continue;
        }
        // An empty scope would be in every list of words that has two blanks in a row.
        let has_scope = caller.scope.split(' ').any(|word| word == rule.scope);
        if rule.scope.is_empty() || !has_scope {
            if denied == Denied::Role {
                denied = Denied::Scope;
            }
            continue;
        }
        let mut conditions = rule.when.iter();
        match conditions.find(|condition| !holds(**condition, caller, resource, now)) {
            None => return Ok(()),
            Some(failed) => denied = Denied::Condition(*failed),
        }
    }
    Err(denied)
}

fn holds(condition: Condition, caller: &Caller<'_>, resource: &Resource<'_>, now: u64) -> bool {
    match condition {
        Condition::SameTenant => !caller.tenant.is_empty() && caller.tenant == resource.tenant,
        Condition::Owner => !caller.subject.is_empty() && caller.subject == resource.owner,
        // A login in the future is a fault of some clock, not a login of today.
        Condition::AuthenticatedWithin(limit) => now
            .checked_sub(caller.auth_time)
            .is_some_and(|age| age <= limit.as_secs()),
    }
}
