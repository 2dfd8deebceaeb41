//! Who may log in.

use super::{Database, Fault};

/// One account.
pub struct Account {
    /// Its name, in lower case: the `sub` of its tokens.
    pub name: String,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// Its tenant.
    pub tenant: String,
    /// Its roles, by their names in the policy.
    pub roles: Vec<String>,
    /// What its tokens may be used for, separated by blanks.
    pub scope: String,
}

impl Database {
    /// The account of this name.
    pub async fn account(&self, name: &str) -> Result<Option<Account>, Fault> {
        let client = self.client().await?;
        let find = "SELECT name, password_hash, tenant, roles, scope FROM accounts WHERE name = $1";
        let find = client.prepare_cached(find).await?;
        let Some(row) = client.query_opt(&find, &[&name]).await? else {
            return Ok(None);
        };
        Ok(Some(Account {
            name: row.try_get(0)?,
            password_hash: row.try_get(1)?,
            tenant: row.try_get(2)?,
            roles: row.try_get(3)?,
            scope: row.try_get(4)?,
        }))
    }
}
