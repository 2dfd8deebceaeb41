//! The reports.

use super::{Database, Fault};

/// One report.
pub struct Report {
    /// Its tenant.
    pub tenant: String,
    /// The account that owns it.
    pub owner: String,
    /// Its text.
    pub body: String,
}

impl Database {
    /// The report of this number.
    pub async fn report(&self, id: i64) -> Result<Option<Report>, Fault> {
        let client = self.client().await?;
        let find = "SELECT tenant, owner, body FROM reports WHERE id = $1";
        let find = client.prepare_cached(find).await?;
        let Some(row) = client.query_opt(&find, &[&id]).await? else {
            return Ok(None);
        };
        Ok(Some(Report {
            tenant: row.try_get(0)?,
            owner: row.try_get(1)?,
            body: row.try_get(2)?,
        }))
    }

    /// Writes the text of a report, as long as it is still the one that the caller was allowed to
    /// write: of this tenant and owner. Returns whether it was.
    pub async fn write_report(&self, id: i64, seen: &Report, body: &str) -> Result<bool, Fault> {
        let client = self.client().await?;
        let write = "UPDATE reports SET body = $4 WHERE id = $1 AND tenant = $2 AND owner = $3";
        let write = client.prepare_cached(write).await?;
        Ok(client
            .execute(&write, &[&id, &seen.tenant, &seen.owner, &body])
            .await?
            == 1)
    }
}
