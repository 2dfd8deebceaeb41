//! What is written for which kind of server (`targets.postgres.form`).

mod managed;
mod plain;
pub(super) mod provider;

pub(super) use self::plain::Said as PlainSaid;
use self::provider::Provider;
use super::{hba, script, versions};
use crate::finding::Finding;
use crate::policy::Policy;
use crate::source::{SourceId, Sources};
use crate::spec::PostgresForm;
use crate::strictness::postgres::catalogue;
use crate::strictness::postgres::hba::AccessRules;
use crate::targets::{Artifact, Body, Fact};
use std::ops::RangeInclusive;

/// Kinds of artifacts.
pub(super) const ALTER: &str = "alter-system";
pub(super) const RESET: &str = "reset";
pub(super) const DROP_IN: &str = "drop-in";
pub(super) const HBA: &str = "hba";
pub(super) const PLAIN: &str = "plain-sql";
pub(super) const PLAIN_RESET: &str = "plain-reset";
pub(super) const CHECKS: &str = "preflight";
pub(super) const CNPG: &str = "cnpg";
pub(super) const RDS: &str = "rds";
pub(super) const CLOUD_SQL: &str = "cloud-sql";
pub(super) const AZURE: &str = "azure";

/// Every kind.
pub(super) const KINDS: &[&str] = &[ALTER, RESET, DROP_IN, HBA, PLAIN, PLAIN_RESET, CHECKS, CNPG, RDS, CLOUD_SQL, AZURE];

/// The form that the spec asks for.
fn form(policy: &Policy) -> PostgresForm {
    super::spec(policy).and_then(|t| t.form).unwrap_or(PostgresForm::AlterSystem)
}

/// What a managed service decides by itself; nothing for servers of one's own.
pub(super) fn given(policy: &Policy) -> Vec<Fact> {
    Provider::of(form(policy)).map(|provider| managed::given(policy, provider, &versions(policy))).unwrap_or_default()
}

/// Makes artifacts of one policy.
struct Maker<'p> {
    policy: &'p Policy,
    folder: String,
    versions: RangeInclusive<u32>,
    /// The same in words.
    declared: String,
    artifacts: Vec<Artifact>,
    refused: Vec<Finding>,
}

/// The files of the form; empty without `out`.
///
/// # Errors
/// What of the policy cannot be written, with the spec's span.
pub(super) fn artifacts(policy: &Policy) -> Result<Vec<Artifact>, Vec<Finding>> {
    let Some(out) = super::spec(policy).and_then(|t| t.out.as_ref()) else { return Ok(Vec::new()) };
    let versions = versions(policy);
    let declared = catalogue::versions_text(&versions);
    let mut maker = Maker { policy, folder: policy.out_folder(out), versions, declared, artifacts: Vec::new(), refused: Vec::new() };
    match form(policy) {
        form @ (PostgresForm::AlterSystem | PostgresForm::PlainSql | PostgresForm::DropIn) => maker.own(form),
        form => {
            if let Some(provider) = Provider::of(form) {
                maker.managed(provider);
            }
        }
    }
    if maker.refused.is_empty() { Ok(maker.artifacts) } else { Err(maker.refused) }
}

impl Maker<'_> {
    fn path(&self, name: &str) -> String {
        if self.folder.is_empty() { name.to_owned() } else { format!("{}/{name}", self.folder) }
    }

    fn add(&mut self, name: &str, kind: &'static str, comment: &'static str, usage: Vec<String>, body: Body, expected: Vec<(String, String)>) {
        let inputs = vec![("versions".to_owned(), self.declared.clone())];
        self.artifacts.push(Artifact {
            path: self.path(name),
            target: "postgres",
            kind,
            comment,
            usage,
            body,
            expected,
            inputs,
            revision: 1,
            ..Artifact::default()
        });
    }

    /// Servers of one's own: scripts, if they are wanted, and files.
    fn own(&mut self, form: PostgresForm) {
        match script::plan(self.policy, &self.versions) {
            Ok(plan) if plan.statements.is_empty() && plan.drop_in.is_empty() => {}
            Ok(plan) => {
                match form {
                    PostgresForm::PlainSql => return self.plain(&plan),
                    PostgresForm::AlterSystem => self.scripts(&plan),
                    _ => {}
                }
                self.drop_in(&plan);
            }
            Err(findings) => self.refused.extend(findings),
        }
        self.hba();
    }

    fn scripts(&mut self, plan: &script::Plan) {
        let run = |path: String| format!("psql -X -v ON_ERROR_STOP=1 -d postgres -f {path}");
        let template = |name, context| Body::Template { name, context };
        let usage = vec![
            format!("{}. Run as a superuser: {}", self.declared, run(self.path("alter-system.sql"))),
            "It changes nothing unless every check before the first change passes, and says at the end what is not in force (exit 3).".to_owned(),
        ];
        let body = template("postgres/alter-system.sql.tera", plan.alter_context());
        self.add("alter-system.sql", ALTER, "--", usage, body, plan.alter_expected());
        let usage = vec![
            format!("{}. Takes back what alter-system.sql wrote: {}", self.declared, run(self.path("reset.sql"))),
            "Each setting is then what postgresql.conf says, or the server's default.".to_owned(),
        ];
        self.add("reset.sql", RESET, "--", usage, template("postgres/reset.sql.tera", plan.reset_context()), plan.reset_expected());
    }

    /// Statements alone, and the checks before them in a file of their own.
    fn plain(&mut self, plan: &script::Plan) {
        self.refused.extend(plain::refusals(self.policy, plan));
        let runner = super::spec(self.policy).and_then(|t| t.runner);
        let template = |name, context| Body::Template { name, context };
        let usage = vec![
            format!(
                "{}. Run it first, as a superuser, in any client: it changes nothing, and fails if {} would leave the server in a bad state.",
                self.declared,
                self.path("settings.sql")
            ),
            "All of it belongs into one session.".to_owned(),
        ];
        let body = template("postgres/preflight-alone.sql.tera", serde_json::json!({ "before": script::Plan::before_json(&plan.before) }));
        self.add("preflight.sql", CHECKS, "--", usage, body, plain::preflight_expected(plan));
        let usage = vec![
            format!("{}. Run it as a superuser outside of a transaction, one statement at a time, after {} has passed.", self.declared, self.path("preflight.sql")),
            "If a statement fails, those before it stay: run it again, or take them back. SELECT * FROM pg_settings WHERE pending_restart shows what waits for a restart.".to_owned(),
        ];
        self.add("settings.sql", PLAIN, "--", usage, template("postgres/plain.sql.tera", plain::context(plan, runner)), plain::expected(plan, runner));
        if runner.is_none() {
            let usage = vec![
                format!("{}. Takes back what {} wrote; outside of a transaction, one statement at a time.", self.declared, self.path("settings.sql")),
                "Each setting is then what postgresql.conf says, or the server's default.".to_owned(),
            ];
            self.add("reset.sql", PLAIN_RESET, "--", usage, template("postgres/plain.sql.tera", plain::reset_context(plan)), plain::reset_expected(plan));
        }
        self.hba();
    }

    fn drop_in(&mut self, plan: &script::Plan) {
        let mut usage = vec![
            format!("{}. For servers that are set up by files: put it into a folder that postgresql.conf includes (include_dir 'conf.d').", self.declared),
            "postgresql.auto.conf, which ALTER SYSTEM writes, wins over this file.".to_owned(),
        ];
        if plan.drop_in.iter().any(|(_, name, value)| name == "ssl" && value == "on") {
            usage.push("ssl = on needs the certificate and its key in place first: without them the server does not start.".to_owned());
        }
        let settings: Vec<serde_json::Value> = plan.drop_in.iter().map(|(_, name, value)| serde_json::json!({ "name": name, "value": value })).collect();
        let expected = plan.drop_in.iter().map(|(key, _, value)| (key.clone(), value.clone())).collect();
        let context = serde_json::json!({ "settings": settings, "notes": plan.drop_in_notes });
        self.add("conf.d/90-secgen.conf", DROP_IN, "#", usage, Body::Template { name: "postgres/drop-in.conf.tera", context }, expected);
    }

    /// The context of the access rules' template, and the rules as text; `None` where there are none or they are refused.
    fn rules(&mut self) -> Option<(serde_json::Value, String)> {
        let rules = self.policy.spec.postgres.as_ref().and_then(|p| p.hba.as_ref())?;
        // An operator has a way in of its own before these rules.
        let is_whole = Provider::of(form(self.policy)).is_none();
        match hba::context(self.policy, rules, &self.versions, is_whole) {
            Ok(context) => Some((context, self.policy.intent(hba::KEY).map(|i| i.value.to_string()).unwrap_or_default())),
            Err(findings) => {
                self.refused.extend(findings);
                None
            }
        }
    }

    fn hba(&mut self) {
        let Some((context, text)) = self.rules() else { return };
        let usage = vec![
            format!("{}. Paste it into pg_hba.conf, above or in place of the rules there: the first rule that matches decides.", self.declared),
            "Then reload the server, and look at SELECT * FROM pg_hba_file_rules WHERE error IS NOT NULL: it must be empty.".to_owned(),
        ];
        let body = Body::Template { name: "postgres/pg_hba.conf.tera", context };
        self.add("pg_hba.secgen.conf", HBA, "#", usage, body, vec![(hba::KEY.to_owned(), text)]);
    }

    /// A managed service: one file in its own form.
    fn managed(&mut self, provider: Provider) {
        let plan = match managed::plan(self.policy, provider, &self.versions) {
            Ok(plan) => plan,
            Err(findings) => return self.refused.extend(findings),
        };
        let rules = if provider == Provider::Cnpg { self.rules() } else { None };
        if !self.refused.is_empty() || (plan.parameters.is_empty() && rules.is_none()) {
            return;
        }
        let lines = match rules.as_ref().map(|(context, _)| managed::hba_lines(context)).transpose() {
            Ok(lines) => lines.unwrap_or_default(),
            Err(why) => return self.refused.push(script::refuse(self.policy, hba::KEY, why)),
        };
        let expected = managed::expected(provider, &plan, rules.as_ref().map(|(_, text)| text.as_str()));
        let context = managed::context(&plan, &self.versions, &lines);
        let template = |name| Body::Template { name, context: context.clone() };
        let declared = &self.declared;
        match provider {
            Provider::Cnpg => {
                let usage = vec![
                    format!("{declared} under CloudNativePG. A patch for kustomize: patches: [{{ path: cnpg.yaml, target: {{ kind: Cluster }} }}]."),
                    "pg_hba stands between the operator's own rules. The last of these (host all all all) lets clients in without TLS: end your rules with a reject.".to_owned(),
                ];
                self.add("cnpg.yaml", CNPG, "#", usage, template("postgres/cnpg.yaml.tera"), expected);
            }
            Provider::Rds => {
                let usage = vec![
                    format!("{declared} on Amazon RDS: aws cloudformation deploy --stack-name NAME --template-file {}", self.path("rds.yaml")),
                    "Family says for which version (--parameter-overrides Family=postgres17). Then give the group to the instance, and restart it for static parameters."
                        .to_owned(),
                    "That every client uses TLS is decided by the service's own parameter rds.force_ssl, which is 1 by default from version 15.".to_owned(),
                ];
                self.add("rds.yaml", RDS, "#", usage, template("postgres/rds.yaml.tera"), expected);
            }
            Provider::CloudSql => {
                let usage = vec![
                    format!("{declared} on Cloud SQL: gcloud sql instances patch INSTANCE --flags-file={}", self.path("cloud-sql.yaml")),
                    "gcloud sets these flags and resets all others: add those that you need besides to the spec, so that they stand here.".to_owned(),
                    "That every client uses TLS is decided by the instance: --ssl-mode=ENCRYPTED_ONLY.".to_owned(),
                ];
                self.add("cloud-sql.yaml", CLOUD_SQL, "#", usage, template("postgres/cloud-sql.yaml.tera"), expected);
            }
            Provider::Azure => {
                let usage = vec![
                    format!("{declared} on Azure Database for PostgreSQL flexible server:"),
                    format!("az deployment group create --resource-group GROUP --template-file {} --parameters serverName=SERVER", self.path("azure.bicep")),
                    "That every client uses TLS is decided by the service's own parameter require_secure_transport, which is on by default.".to_owned(),
                ];
                match managed::bicep(&plan) {
                    Ok(text) => self.add("azure.bicep", AZURE, "//", usage, Body::Text(text), expected),
                    Err(why) => self.refused.push(script::refuse(self.policy, "postgres.settings", why)),
                }
            }
        }
    }
}

/// What of a script of statements alone counts; `None` for another kind, too.
pub(super) fn canonical(kind: &str, text: &str) -> Option<Vec<u8>> {
    match kind {
        PLAIN | PLAIN_RESET | CHECKS => plain::canonical(text),
        _ => canonical_managed(kind, text),
    }
}

/// What a script of statements alone says: settings with their literals, and other words with their texts.
///
/// # Errors
/// What in it is not what secgen renders.
pub(super) fn read_plain(kind: &str, text: &str) -> Result<Vec<PlainSaid>, String> {
    plain::read(text, kind == PLAIN_RESET)
}

/// The service whose files a kind is of.
fn provider_of(kind: &str) -> Option<Provider> {
    match kind {
        CNPG => Some(Provider::Cnpg),
        RDS => Some(Provider::Rds),
        CLOUD_SQL => Some(Provider::CloudSql),
        AZURE => Some(Provider::Azure),
        _ => None,
    }
}

/// Names and values of a service's file, and its access rules.
pub(super) type Managed = (Vec<(String, String)>, Option<AccessRules>);

/// What a service's file of ours says: names and values, then the access rules as text.
///
/// # Errors
/// What in it is not what secgen renders; `None` for a kind of no service.
pub(super) fn read_managed(kind: &str, sources: &Sources, id: SourceId) -> Option<Result<Managed, String>> {
    let provider = provider_of(kind)?;
    let read = match provider {
        Provider::Azure => sources.get(id).text().ok_or_else(|| "it is not UTF-8".to_owned()).and_then(managed::read_bicep),
        _ => managed::read_yaml(provider, sources, id),
    };
    Some(read.and_then(|read| {
        let rules = if read.rules.is_empty() { None } else { Some(hba::read_own(&read.rules.join("\n"))?) };
        Ok((read.settings, rules))
    }))
}

/// What of a service's file counts: its values without layout and comments.
fn canonical_managed(kind: &str, text: &str) -> Option<Vec<u8>> {
    if provider_of(kind)? == Provider::Azure {
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("//")).collect();
        return Some(lines.join("\n").into_bytes());
    }
    let mut scratch = Sources::new(std::path::Path::new(""));
    let id = scratch.add("", text);
    crate::document::parse(&scratch, id).ok().map(|node| node.to_json().to_string().into_bytes())
}
