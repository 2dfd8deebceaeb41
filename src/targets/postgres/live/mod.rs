//! The running server, over the network: the only code of secgen that opens a connection, and only for `check --live`.
//!
//! The order of work: look at what is offered without a login (`wire`), log in and ask (`session`), and hand what was
//! said to the judgement, which knows no network ([`super::facts::live`]). Everything is bounded in time and size.

mod session;
mod tls;
mod url;
mod wire;

use self::session::Failure;
use self::url::Connection;
use super::{facts, rules, spec, versions};
use crate::finding::Finding;
use crate::policy::Policy;
use crate::source::Sources;
use crate::targets::{Reading, Variable};

/// Asks the server that the policy names, and judges its answers.
pub(super) fn read(policy: &Policy, sources: &mut Sources, variable: Variable<'_>) -> Reading {
    match ask(policy, variable) {
        Ok(snapshot) => facts::live::judge(policy, &versions(policy), &snapshot, sources),
        Err(finding) => Reading { findings: vec![*finding], ..Reading::default() },
    }
}

fn ask(policy: &Policy, variable: Variable<'_>) -> Result<super::snapshot::Snapshot, Box<Finding>> {
    let error = |rule, message: String, help: &str| Box::new(Finding::error(rule, message).help(help));
    let Some(live) = spec(policy).and_then(|target| target.live.as_ref()) else {
        let help = "name the environment variable with the connection string: live: { url: { env: DATABASE_URL } } under targets.postgres";
        let mut finding = error(&rules::LIVE_SPEC, "the spec does not say how to reach the server: targets.postgres has no live".to_owned(), help);
        if let Some(span) = policy.origin("targets.postgres") {
            *finding = finding.at(span, "here");
        }
        return Err(finding);
    };
    let name = live.url.env.as_str();
    let at = |mut finding: Box<Finding>| {
        if let Some(span) = policy.origin("targets.postgres.live.url") {
            *finding = finding.at(span, "the connection string is in this variable");
        }
        finding
    };
    let Some(text) = variable(name) else {
        let help = format!(
            "set it for this run: {name}='postgres://auditor@db.example.com:5432/postgres?sslmode=verify-full&sslrootcert=ca.pem' secgen check --live postgres"
        );
        return Err(at(error(&rules::LIVE_SPEC, format!("the environment variable {name}, which holds the connection string, is not set"), &help)));
    };
    let connection = Connection::parse(&text).map_err(|why| {
        let help = "write a URL such as postgres://auditor@db.example.com:5432/postgres?sslmode=verify-full, with the password behind auditor and a colon, its special characters as %40; \
                    or words such as host=db.example.com user=auditor dbname=postgres";
        at(error(&rules::LIVE_SPEC, format!("the connection string in {name} cannot be used: {why}"), help))
    })?;
    let whereto = connection.at();
    let unreachable = |why: &str| {
        let help = format!("see that a server listens there, that nothing between blocks the port, and that host and port in {name} are right");
        at(error(&rules::LIVE_UNREACHABLE, format!("PostgreSQL at {whereto} cannot be reached: {why}"), &help))
    };
    let wire = wire::look(&connection.place, connection.connect_timeout).map_err(|why| unreachable(&why))?;
    session::ask(&connection, wire).map_err(|failure| match failure {
        Failure::Connect { why, is_login: false } => unreachable(&why),
        Failure::Connect { why, is_login: true } => {
            let help = format!("see that role, password and database in {name} are right, and that pg_hba.conf lets this client in");
            at(error(&rules::LIVE_UNREACHABLE, format!("PostgreSQL at {whereto} refuses the login: {why}"), &help))
        }
        Failure::Query(why) => {
            let help = "see that a PostgreSQL server of version 12 to 18 answers there, and run the check again";
            at(error(&rules::LIVE_UNREACHABLE, format!("PostgreSQL at {whereto} did not answer every question: {why}"), help))
        }
    })
}
