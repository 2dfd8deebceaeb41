//! Who may come in, and what roles may do: judged by the rules of files and of scripts.

use super::{Judge, SERVER, quoted};
use crate::finding::{Cause, Finding};
use crate::policy::{Intent, Policy};
use crate::strictness::Value;
use crate::targets::postgres::hba::live::{Seen, Server};
use crate::targets::postgres::psql::{self, Power};
use crate::targets::postgres::snapshot::{HbaRow, Line, Role};
use crate::targets::postgres::{hba, rules};
use crate::targets::{Fact, Reading};
use std::collections::BTreeMap;

/// The rules after a reload.
const NEXT: &str = "live server after its next reload";
/// The rules of the file, whether they are loaded or not.
const FILE: &str = "pg_hba.conf of the live server";

impl Judge<'_> {
    /// The access rules: errors, dangerous patterns, and the fact of the policy's intent.
    ///
    /// The view shows the file as it is now. Where that is newer than what the server has loaded, nothing is known of the
    /// rules in force.
    pub(super) fn access(&self, policy: &Policy, reading: &mut Reading) {
        let intent = policy.intent(hba::KEY).filter(|intent| matches!(intent.value, Value::Hba(_)));
        let Some(rows) = &self.snapshot.hba else {
            let role = quoted(&self.snapshot.role);
            let grants = format!("GRANT SELECT ON pg_hba_file_rules TO {role}; GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO {role}");
            reading.not_examined.push(("the access rules (pg_hba.conf)".to_owned(), format!("needs {grants}")));
            if let Some(intent) = intent {
                let why = format!("the access rules are not shown to the role {}", self.snapshot.role);
                let help = format!("run {grants}; or check with a role that has both");
                reading.facts.push(self.unseen(intent, why, Cause::Privilege, help));
            }
            return;
        };
        self.refused(rows, reading);
        if rows.iter().any(has_keyword) {
            let why = "the server shows rules without their quotes: a database or role that is itself named all, replication or +name does not show, and each such \
                       word was taken as the keyword";
            reading.not_examined.push(("quoted names in the access rules".to_owned(), why.to_owned()));
        }
        if rows.iter().any(has_hidden_options) {
            let why = "the server does not show clientname, pam_use_hostname, compat_realm, upn_username and validator: the file does";
            reading.not_examined.push(("some options of the access rules".to_owned(), why.to_owned()));
        }
        let is_newer = self.snapshot.newer_files.as_ref().map(|newer| {
            let is_of_rules = |path: &String| path == self.snapshot.hba_file() || rows.iter().any(|row| row.file.as_ref() == Some(path));
            newer.iter().any(is_of_rules)
        });
        let place = match is_newer {
            Some(false) => SERVER,
            Some(true) => NEXT,
            None => {
                let why = "the server shows pg_hba.conf as it is now, and a change that is not loaded yet does not show: run SELECT pg_reload_conf() before the check, \
                           or check with a superuser";
                reading.not_examined.push(("whether the access rules shown are in force".to_owned(), why.to_owned()));
                FILE
            }
        };
        let mut judged = intent;
        if let Some(intent) = intent {
            if let Some(mut fact) = self.other_version(intent, hba::KEY) {
                fact.rule = &hba::rules::DRIFT;
                reading.facts.push(fact);
                judged = None;
            } else if place == NEXT {
                let why = "a file of access rules was changed after the server read it last, and the rules that it still goes by are not shown".to_owned();
                reading.facts.push(self.unseen(intent, why, Cause::NotShown, "run SELECT pg_reload_conf(), and check again".to_owned()));
            }
        }
        let seen = |(i, row): (usize, _)| Seen { row, span: self.span(&Line::Hba(i)), name: self.snapshot.hba_place(row) };
        let rows: Vec<Seen<'_>> = rows.iter().enumerate().map(seen).collect();
        let server = Server {
            place,
            path: self.snapshot.hba_file(),
            start: self.span(&Line::Head),
            version: self.snapshot.major,
            ssl_off: (self.word("ssl") == Some("off")).then(|| self.at_setting("ssl")),
            rows: &rows,
        };
        hba::live::judge(judged, &server, reading);
    }

    fn unseen(&self, intent: &Intent, why: String, cause: Cause, help: String) -> Fact {
        let mut fact = self.unverifiable(intent, hba::KEY, why, cause, help);
        fact.rule = &hba::rules::DRIFT;
        fact
    }

    /// Rows with an error of the server.
    fn refused(&self, rows: &[HbaRow], reading: &mut Reading) {
        for (i, row) in rows.iter().enumerate().filter(|(_, row)| !row.error.is_empty()) {
            let at = self.snapshot.hba_place(row);
            let span = self.span(&Line::Hba(i));
            if row.is_refused() {
                let finding = Finding::warning(&rules::LIVE_FILE, format!("{at} has an error that the server reports: {}", row.error));
                let help = "correct the rule: a running server keeps all of its old rules, and does not start again with this one";
                reading.findings.push(finding.at(span, "the server does not start with this line").help(help));
            } else if row.kind != "hostssl" {
                // That hostssl never matches while ssl is off is a finding of its own.
                let finding = Finding::warning(&rules::LIVE_FILE, format!("{at} has no effect, as the server reports: {}", row.error));
                reading.findings.push(finding.at(span, "never matches").help("delete the rule, or give the server what the rule needs"));
            }
        }
        if rows.is_empty() {
            let finding = Finding::warning(&rules::LIVE_FILE, format!("{} holds no rule", self.snapshot.hba_file()));
            let help = "write the rules, `local all postgres peer` first: a running server keeps its old ones, and does not start again with this file";
            reading.findings.push(finding.at(self.span(&Line::Head), "the server does not start with this file").help(help));
        }
    }

    /// Roles that may log in and stand above the rules of the database, by the rules of scripts. The role that initdb
    /// made is a superuser on every server.
    pub(super) fn roles(&self, policy: &Policy, reading: &mut Reading) {
        let mut privileged = psql::facts::privileged(policy);
        privileged.extend(self.snapshot.roles.iter().filter(|role| role.is_bootstrap).map(|role| role.name.clone()));
        let mut powers: BTreeMap<String, _> =
            self.snapshot.roles.iter().enumerate().map(|(i, role)| (role.name.clone(), with_place(role, self.span(&Line::Role(i))))).collect();
        let mut members = BTreeMap::new();
        for (i, member) in self.snapshot.members.iter().enumerate() {
            // Predefined roles do not log in.
            powers.entry(member.role.clone()).or_default();
            members.insert((member.of.clone(), member.role.clone()), self.span(&Line::Member(i)));
        }
        let help = |name: &str, power: Power| {
            format!("run ALTER ROLE {} NO{}; or, if the role needs it, list it under postgres.privileged_roles", quoted(name), power.name())
        };
        reading.findings.extend(psql::of_server(&powers, &members, &privileged, &help));
    }
}

/// Powers of a role that may log in. A superuser has all others.
fn with_place<T: Copy>(role: &Role, at: T) -> BTreeMap<Power, T> {
    let powers = [
        (role.is_superuser, Power::Superuser),
        (role.bypasses_rls && !role.is_superuser, Power::BypassRls),
        (role.creates_roles && !role.is_superuser, Power::CreateRole),
        (role.creates_databases && !role.is_superuser, Power::CreateDb),
        (role.replicates && !role.is_superuser, Power::Replication),
        (true, Power::Login),
    ];
    powers.into_iter().filter(|(has, _)| role.can_login && *has).map(|(_, power)| (power, at)).collect()
}

/// Whether there are options that the view leaves out (`get_hba_options` of the server).
fn has_hidden_options(row: &HbaRow) -> bool {
    matches!(row.method.as_str(), "cert" | "pam" | "sspi" | "oauth") || row.options.iter().any(|option| option.starts_with("clientcert="))
}

/// Whether quotes would change what a row says.
fn has_keyword(row: &HbaRow) -> bool {
    let is_any = |word: &String| word == "all" || word.starts_with('/');
    let of_database = |word: &String| is_any(word) || word.starts_with('+') || ["sameuser", "samerole", "samegroup", "replication"].contains(&word.as_str());
    row.databases.iter().any(of_database) || row.users.iter().any(|word| is_any(word) || word.starts_with('+'))
}
