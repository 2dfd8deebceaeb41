//! Reports: each belongs to a tenant and an owner, and the policy says who may do what.

use crate::app::{App, now};
use crate::caller::Caller;
use crate::database::Report;
use crate::refusal::Refusal;
use crate::security::access::{Resource, authorize};
use crate::security::input::CheckedJson;
use crate::security::policy::Permission;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is shown of a report.
#[derive(Serialize)]
pub struct Shown {
    id: i64,
    owner: String,
    body: String,
}

/// What a write brings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    body: String,
}

/// `GET /reports/{id}`
pub async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<i64>,
) -> Result<Json<Shown>, Refusal> {
    let report = permitted(&app, &caller, Permission::ReportRead, id).await?;
    let Report { owner, body, .. } = report;
    Ok(Json(Shown { id, owner, body }))
}

/// `PUT /reports/{id}`
pub async fn write(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<i64>,
    CheckedJson(text): CheckedJson<Text>,
) -> Result<StatusCode, Refusal> {
    let report = permitted(&app, &caller, Permission::ReportWrite, id).await?;
    if app.database.write_report(id, &report, &text.body).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        // It changed hands since.
        Err(Refusal::NotFound)
    }
}

/// The report, if the caller may do this to it.
async fn permitted(
    app: &App,
    caller: &Caller,
    permission: Permission,
    id: i64,
) -> Result<Report, Refusal> {
    let report = app.database.report(id).await?.ok_or(Refusal::NotFound)?;
    let resource = Resource {
        tenant: &report.tenant,
        owner: &report.owner,
    };
    let rights = caller.rights();
    match authorize(app.policy.access, &rights, permission, &resource, now()) {
        Ok(()) => Ok(report),
        Err(why) => {
            tracing::warn!(%why, account = ?rights.subject, ?permission, id, "access is denied");
            // Whatever else is missing: of another tenant not even the existence is known.
            let is_theirs = rights.tenant == report.tenant;
            Err(if is_theirs {
                Refusal::Forbidden
            } else {
                Refusal::NotFound
            })
        }
    }
}
