//! PostgreSQL: access rules that ask for too little, and forms that contradict the policy.

use super::{HBA_METHOD, Lint, POSTGRES_FORM};
use crate::spec::{HbaConnection, HbaMethod, PostgresForm, SettingValue};
use crate::strictness::postgres::value::parse_bool;

impl Lint<'_> {
    /// A form that cannot set what the policy asks for, and a runner without a script for it.
    pub(super) fn postgres_form(&mut self) {
        let Some(target) = self.spec().targets.as_ref().and_then(|t| t.postgres.clone()).filter(|t| t.out.is_some()) else { return };
        let form = target.form.unwrap_or(PostgresForm::AlterSystem);
        if target.runner.is_some() && form != PostgresForm::PlainSql {
            let message = "targets.postgres.runner is only for the form plain-sql: other forms have no script that a runner of migrations can run";
            self.error(&POSTGRES_FORM, "targets.postgres.runner", message, "write form: plain-sql, or remove runner");
        }
        let settings = self.spec().postgres.as_ref().and_then(|p| p.settings.as_ref());
        let asked = settings.and_then(|s| s.iter().find(|(name, _)| name.0 == "allow_alter_system")).map(|(_, value)| value);
        let is_off = matches!(asked, Some(SettingValue::One(text)) if parse_bool(text) == Some(false));
        if is_off && matches!(form, PostgresForm::AlterSystem | PostgresForm::PlainSql) {
            let message = "with allow_alter_system off the server refuses every ALTER SYSTEM, and the script that is rendered consists of them";
            let help = "write targets.postgres.form: drop-in, so that only files are rendered; or leave allow_alter_system out";
            self.error(&POSTGRES_FORM, "postgres.settings.allow_alter_system", message, help);
        }
    }

    /// Methods that a checked file would be warned of, if the spec did not ask for them.
    pub(super) fn hba(&mut self) {
        let Some(rules) = self.spec().postgres.as_ref().and_then(|p| p.hba.clone()) else { return };
        for (index, rule) in rules.iter().enumerate() {
            let is_local = rule.connection == HbaConnection::Local;
            let own_certificate = rule.options.iter().flatten().any(|(name, value)| name.0 == "clientcert" && value == "verify-full");
            let what = match rule.method {
                HbaMethod::Trust if own_certificate => continue,
                HbaMethod::Trust => "lets clients in without any proof (trust)",
                HbaMethod::Password => "has clients send their password in clear text (password)",
                HbaMethod::Md5 => "asks for a password by MD5, which is deprecated (md5)",
                HbaMethod::Ident if !is_local => "believes the client's machine (ident)",
                _ => continue,
            };
            let help = if is_local { "write method: peer, or scram-sha-256" } else { "write method: scram-sha-256, or cert with type: hostssl" };
            self.warn(&HBA_METHOD, "postgres.hba", format!("rule {} of postgres.hba {what}", index + 1), help);
        }
    }
}
