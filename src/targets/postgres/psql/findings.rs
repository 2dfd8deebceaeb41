//! Findings on roles, grants, row level security and functions, from what is left at the end of a script.

use super::access::{Access, Password, Power};
use super::read::Step;
use super::rules;
use super::statement::Action;
use super::world::{Effect, World};
use crate::finding::{Finding, Rule};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Findings on one run.
const MAX_FINDINGS: usize = 1000;

/// Collects findings, those that several worlds have once.
struct Collector {
    findings: Vec<Finding>,
    seen: BTreeSet<(&'static str, Span, String)>,
}

impl Collector {
    fn add(&mut self, rule: &'static Rule, at: Span, label: &'static str, message: String, help: &str) {
        if self.findings.len() < MAX_FINDINGS && self.seen.insert((rule.name, at, message.clone())) {
            self.findings.push(Finding::danger(rule, message).at(at, label).help(help));
        }
    }
}

/// A name in a message: short, and on one line.
fn shown(name: &str) -> String {
    let short: String = name.chars().take(63).map(|c| if c.is_control() { '?' } else { c }).collect();
    if name.chars().count() > 63 { format!("{short}..") } else { short }
}

/// Everything to say about a run.
pub(in crate::targets::postgres) fn findings(steps: &[(Step, Span)], worlds: &[World], privileged: &[String]) -> Vec<Finding> {
    let mut out = Collector { findings: Vec::new(), seen: BTreeSet::new() };
    let mut refused = BTreeSet::new();
    passwords(steps, &mut out);
    for World { effect, .. } in worlds {
        for (at, why) in &effect.refused {
            // Each version has words of its own; one is enough.
            if !refused.insert(*at) {
                continue;
            }
            out.add(&rules::REFUSED, *at, "has no effect", format!("the server refuses a statement: {why}"), help_refused(why));
        }
        let roles = Roles { powers: &effect.roles, members: &effect.members, privileged, help: &help_in_script, joined: "made a member here" };
        roles.powers(&mut out);
        roles.server_files(&mut out);
        privileges(effect, &mut out);
        row_security(effect, &mut out);
        for ((name, _), function) in &effect.functions {
            if let Some(at) = function.runs_as_owner.filter(|_| !function.fixes_path) {
                out.add(
                    &rules::DEFINER,
                    at,
                    "SECURITY DEFINER without SET search_path",
                    format!("{} runs as its owner, with the search_path of its caller", shown(name)),
                    "add SET search_path = pg_catalog, pg_temp to the function, and name the schema of everything else in its body",
                );
            }
        }
        if effect.is_exhausted()
            && let Some((_, at)) = steps.first()
        {
            let finding = Finding::error(&rules::NOT_READ, "the script drops and revokes more than can be followed").at(*at, "");
            out.findings.push(finding.help("check the parts of the script on their own"));
            break;
        }
    }
    out.findings
}

fn help_refused(why: &str) -> &'static str {
    if why.contains("transaction block") {
        "run it outside of BEGIN and COMMIT; a migration runner has a mark for scripts that must not run in a transaction"
    } else {
        "correct the statement; run scripts with psql -v ON_ERROR_STOP=1, so that an error is seen"
    }
}

/// Literal passwords, wherever they stand: what a file holds, it holds in every arm.
fn passwords(steps: &[(Step, Span)], out: &mut Collector) {
    for (step, at) in steps {
        let Step::Act(Action::Access(all), _) = step else { continue };
        for access in all {
            let Access::Role { name, password: Some(password), .. } = access else { continue };
            let name = shown(name);
            match password {
                Password::Clear => out.add(
                    &rules::CLEAR_PASSWORD,
                    *at,
                    "a password in clear text, not shown here",
                    format!("the password of role {name} stands in the script"),
                    "take it out and change it on the server: \\password in psql sends a SCRAM verifier, which may stand in a script",
                ),
                Password::Md5 => out.add(
                    &rules::MD5_PASSWORD,
                    *at,
                    "an MD5 hash, not shown here",
                    format!("the MD5 hash of the password of role {name} stands in the script"),
                    "set the password anew with password_encryption = 'scram-sha-256', and keep no MD5 hash in a script",
                ),
                Password::Scram => {}
            }
        }
    }
}

/// The powers of roles, each with its place.
pub(in crate::targets::postgres) type Powers = BTreeMap<String, BTreeMap<Power, Span>>;
/// Group and member, each with its place.
pub(in crate::targets::postgres) type Members = BTreeMap<(String, String), Span>;

/// Roles of a script, or of a server.
struct Roles<'a> {
    powers: &'a Powers,
    members: &'a Members,
    privileged: &'a [String],
    /// What to do about a power of a role.
    help: &'a dyn Fn(&str, Power) -> String,
    /// What is said of the place of a membership.
    joined: &'static str,
}

fn help_in_script(_: &str, power: Power) -> String {
    format!("write NO{} unless the role needs it, or list the role under postgres.privileged_roles", power.name())
}

/// What there is to say about the roles that a running server shows; those of no interest have no powers.
#[cfg(feature = "live")]
pub(in crate::targets::postgres) fn of_server(powers: &Powers, members: &Members, privileged: &[String], help: &dyn Fn(&str, Power) -> String) -> Vec<Finding> {
    let mut out = Collector { findings: Vec::new(), seen: BTreeSet::new() };
    let roles = Roles { powers, members, privileged, help, joined: "is a member" };
    roles.powers(&mut out);
    roles.server_files(&mut out);
    out.findings
}

impl Roles<'_> {
    fn powers(&self, out: &mut Collector) {
        for (name, powers) in self.powers.iter().filter(|(name, _)| !self.privileged.contains(name)) {
            for (power, at) in powers {
                let (rule, means): (&'static Rule, &str) = match power {
                    Power::Superuser => (&rules::SUPERUSER, "passes every check of privileges"),
                    Power::BypassRls => (&rules::BYPASS_RLS, "sees every row, whatever the policies of tables say"),
                    Power::CreateRole => (&rules::CREATE_ROLE, "may create and change roles"),
                    Power::CreateDb => (&rules::POWER, "may create databases"),
                    Power::Replication => (&rules::POWER, "may copy the whole server"),
                    Power::Login => continue,
                };
                out.add(rule, *at, power.name(), format!("role {} is {}, and {means}", shown(name), power.name()), &(self.help)(name, *power));
            }
        }
    }

    /// Who reaches files and programs of the server, also through other roles.
    fn server_files(&self, out: &mut Collector) {
        let mut members: HashMap<&str, Vec<(&str, Span)>> = HashMap::new();
        for ((group, member), at) in self.members {
            members.entry(group).or_default().push((member, *at));
        }
        for predefined in ["pg_read_server_files", "pg_write_server_files", "pg_execute_server_program"] {
            let mut seen: BTreeSet<&str> = BTreeSet::new();
            let mut next: Vec<&str> = vec![predefined];
            while let Some(group) = next.pop() {
                for (member, at) in members.get(group).into_iter().flatten() {
                    if !seen.insert(member) {
                        continue;
                    }
                    next.push(member);
                    // A role that is made elsewhere may log in.
                    let logs_in = self.powers.get(*member).is_none_or(|powers| powers.contains_key(&Power::Login));
                    if logs_in && !self.privileged.iter().any(|p| p == member) {
                        let through = if group == predefined { String::new() } else { format!(" through {}", shown(group)) };
                        out.add(
                            &rules::SERVER_FILES,
                            *at,
                            self.joined,
                            format!("role {} is a member of {predefined}{through}, which acts as the operating system user of the server", shown(member)),
                            "revoke the membership, or give it to a role that does not log in and is taken on with SET ROLE by a person",
                        );
                    }
                }
            }
        }
    }
}

fn privileges(effect: &Effect, out: &mut Collector) {
    for ((object, grantee), privileges) in &effect.privileges {
        let on = format!("{} {}", object.kind, shown(&object.name));
        let list = |wanted: &dyn Fn(&str) -> bool| privileges.iter().filter(|(p, _)| wanted(p)).map(|(p, at)| (p.as_str(), *at)).collect::<Vec<_>>();
        if object.kind == "parameter" {
            for (privilege, at) in list(&|_| true) {
                out.add(
                    &rules::PARAMETER,
                    at,
                    "granted here",
                    format!("{} may {} the parameter {}", shown(grantee), privilege.to_uppercase(), shown(&object.name)),
                    "revoke it: settings of the server belong to its administrator",
                );
            }
            continue;
        }
        if grantee != "PUBLIC" {
            continue;
        }
        for (privilege, at) in list(&|_| true) {
            let upper = privilege.to_uppercase();
            match (object.kind.as_str(), privilege) {
                ("default", _) => out.add(
                    &rules::PUBLIC_DEFAULT,
                    at,
                    "for all that is created later",
                    format!("everybody is granted {upper} on {} that are created later", shown(&object.name)),
                    "grant to a role instead of PUBLIC",
                ),
                ("schema", "create" | "all") => out.add(
                    &rules::PUBLIC_CREATE,
                    at,
                    "granted to everybody",
                    format!("everybody may create objects in schema {}", shown(&object.name)),
                    &format!("write REVOKE CREATE ON SCHEMA {} FROM PUBLIC, and grant CREATE to the role that owns the schema", shown(&object.name)),
                ),
                // What the server grants by itself, or what gives nothing alone.
                ("schema" | "type" | "domain" | "language", "usage") | ("database", "connect" | "temporary" | "temp") => {}
                ("function" | "procedure" | "routine", _) => {}
                ("type" | "domain" | "language", "all") => {}
                ("all", _) if ["functions ", "procedures ", "routines "].iter().any(|kind| object.name.starts_with(kind)) => {}
                _ => out.add(
                    &rules::PUBLIC,
                    at,
                    "granted to everybody",
                    format!("everybody is granted {upper} on {}", if object.kind == "all" { format!("all {}", shown(&object.name)) } else { on.clone() }),
                    "grant to a role instead of PUBLIC, and make members of it those who need it",
                ),
            }
        }
    }
}

fn row_security(effect: &Effect, out: &mut Collector) {
    for (name, table) in &effect.tables {
        let name = shown(name);
        match (table.enabled, table.policy) {
            (Some((false, at)), _) => out.add(
                &rules::DISABLED,
                at,
                "switched off here",
                format!("row level security of {name} is switched off"),
                &format!("write ALTER TABLE {name} ENABLE ROW LEVEL SECURITY behind it, or delete the line"),
            ),
            (None, Some(at)) => out.add(
                &rules::POLICY_WITHOUT_RLS,
                at,
                "has no effect",
                format!("{name} has a policy, and nothing in the script enables row level security"),
                &format!("add ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"),
            ),
            (Some((true, at)), _) if !table.forced.is_some_and(|(is_on, _)| is_on) => out.add(
                &rules::NOT_FORCED,
                table.forced.map_or(at, |(_, at)| at),
                "not for the owner of the table",
                format!("row level security of {name} does not hold for its owner"),
                &format!("add ALTER TABLE {name} FORCE ROW LEVEL SECURITY, unless nothing but migrations logs in as the owner"),
            ),
            _ => {}
        }
    }
}
