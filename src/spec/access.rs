//! `access`: who may do what (ASVS 5.0, 8.1.1 to 8.2.2).

use super::scalar::{Duration, Name, PermissionName, ScopeToken, SetOf};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Who may do what. What no rule grants is denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// The roles that a user may have.
    pub roles: Option<SetOf<Name>>,
    /// Permissions by name, each with the rules that grant it. One rule that holds is enough.
    pub permissions: Option<BTreeMap<PermissionName, Vec<AccessRule>>>,
}

/// A rule: it grants its permission to a caller who has one of the roles and the scope, where every condition holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRule {
    /// The roles, of `access.roles`.
    #[schemars(length(min = 1))]
    pub roles: Vec<Name>,
    /// The scope that the caller's token must have (RFC 6749 3.3).
    pub scope: ScopeToken,
    /// What must hold as well. Left out: nothing more.
    pub when: Option<Vec<AccessCondition>>,
}

/// What must hold as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AccessCondition {
    /// Between caller and resource.
    Word(AccessWord),
    /// About the caller's login.
    Login(RecentLogin),
}

/// Between caller and resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessWord {
    /// The resource is of the caller's tenant.
    SameTenant,
    /// The caller owns the resource.
    Owner,
}

/// How long ago the caller logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecentLogin {
    /// At most this long.
    pub authenticated_within: Duration,
}

impl JsonSchema for AccessCondition {
    fn schema_name() -> Cow<'static, str> {
        "AccessCondition".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let login = generator.subschema_for::<RecentLogin>();
        json_schema!({ "title": "condition", "description": "same_tenant, owner, or { authenticated_within: 15m }",
            "anyOf": [ { "type": "string", "enum": ["same_tenant", "owner"] }, login ],
            "examples": ["same_tenant", "owner"] })
    }
}
