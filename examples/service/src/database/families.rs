//! Families of refresh tokens: each function is one statement, and so one atomic step.

use super::{Database, Fault};
use crate::security::refresh::{Families, Family};
use std::time::{Duration, UNIX_EPOCH};

impl Families for Database {
    type Error = Fault;

    async fn begin(&self, family: &Family) -> Result<(), Fault> {
        let client = self.client().await?;
        // Whoever logs in takes the families away that nobody can use any more.
        let begin = "WITH over AS (DELETE FROM refresh_families WHERE expires < now() AND subject = $2) \
                     INSERT INTO refresh_families (id, subject, current, expires) VALUES ($1, $2, $3, $4)";
        let begin = client.prepare_cached(begin).await?;
        let Family {
            id,
            subject,
            current,
            expires,
        } = family;
        let expires = UNIX_EPOCH + Duration::from_secs(*expires);
        client
            .execute(&begin, &[id, subject, current, &expires])
            .await?;
        Ok(())
    }

    async fn rotate(&self, family: &str, presented: &str, next: &str) -> Result<bool, Fault> {
        let client = self.client().await?;
        let rotate = "UPDATE refresh_families SET current = $3 \
                      WHERE id = $1 AND current = $2 AND expires > now()";
        let rotate = client.prepare_cached(rotate).await?;
        Ok(client
            .execute(&rotate, &[&family, &presented, &next])
            .await?
            == 1)
    }

    async fn revoke(&self, family: &str) -> Result<bool, Fault> {
        let client = self.client().await?;
        let revoke = "DELETE FROM refresh_families WHERE id = $1";
        let revoke = client.prepare_cached(revoke).await?;
        Ok(client.execute(&revoke, &[&family]).await? == 1)
    }
}
