//! Who may do what.

use crate::security::access::{Caller, Condition, Denied, Resource, Rule, authorize};
use crate::security::policy::{PROD, Permission, Role};
use std::time::Duration;

const NOW: u64 = 1_800_000_000;
const OURS: Resource<'static> = Resource {
    tenant: "t1",
    owner: "ann",
};

fn ask(role: &str, scope: &str, permission: Permission) -> Result<(), Denied> {
    let roles = [role.to_owned()];
    authorize(PROD.access, &caller(&roles, scope), permission, &OURS, NOW)
}

fn caller<'a>(roles: &'a [String], scope: &'a str) -> Caller<'a> {
    Caller {
        subject: "ann",
        tenant: "t1",
        roles,
        scope,
        auth_time: NOW - 60,
    }
}

#[test]
fn role_and_scope_and_conditions_must_hold() {
    use Permission::{ReportRead, ReportWrite, UserManage};
    assert_eq!(ask("viewer", "reports:read", ReportRead), Ok(()));
    assert_eq!(ask("viewer", "a reports:read b", ReportRead), Ok(()));
    assert_eq!(ask("editor", "reports:write", ReportWrite), Ok(()));
    assert_eq!(ask("admin", "users:manage", UserManage), Ok(()));
    // Each of the two alone is not enough.
    assert_eq!(
        ask("viewer", "reports:write", ReportWrite),
        Err(Denied::Role)
    );
    assert_eq!(
        ask("admin", "reports:read", ReportWrite),
        Err(Denied::Scope)
    );
}

#[test]
fn what_is_not_exactly_a_word_of_the_policy_counts_for_nothing() {
    for role in ["", "root", "Admin", "admin ", " admin", "admin,viewer"] {
        assert_eq!(
            ask(role, "reports:read", Permission::ReportRead),
            Err(Denied::Role),
            "{role}"
        );
    }
    for scope in [
        "",
        " ",
        "reports",
        "reports:reader",
        "REPORTS:READ",
        "reports:read,x",
        "reports:read\treports:write",
        "x:reports:read",
    ] {
        assert_eq!(
            ask("viewer", scope, Permission::ReportRead),
            Err(Denied::Scope),
            "{scope}"
        );
    }
}

#[test]
fn what_no_rule_allows_is_denied() {
    let all = "reports:read reports:write users:manage";
    for role in ["viewer", "editor", "admin"] {
        assert_eq!(ask(role, all, Permission::ReportDelete), Err(Denied::Role));
        let roles = [role.to_owned()];
        let nothing = authorize(
            &[],
            &caller(&roles, all),
            Permission::ReportRead,
            &OURS,
            NOW,
        );
        assert_eq!(nothing, Err(Denied::Role));
    }
    // A rule without a role allows nobody, and one without a scope neither.
    let roles = ["admin".to_owned()];
    let rule = Rule {
        permission: Permission::ReportDelete,
        roles: &[],
        scope: "x",
        when: &[],
    };
    let ask = |rule| {
        let caller = caller(&roles, "x  y");
        authorize(&[rule], &caller, Permission::ReportDelete, &OURS, NOW)
    };
    assert_eq!(ask(rule), Err(Denied::Role));
    let roles = &[Role::Admin];
    assert_eq!(ask(Rule { roles, ..rule }), Ok(()));
    let scope = "";
    assert_eq!(
        ask(Rule {
            roles,
            scope,
            ..rule
        }),
        Err(Denied::Scope)
    );
}

#[test]
fn conditions_are_about_this_resource() {
    let editor = ["editor".to_owned()];
    let admin = ["admin".to_owned()];
    let write = |roles: &[String], change: fn(&mut Caller<'_>), resource: Resource<'_>| {
        let mut caller = caller(roles, "reports:write");
        change(&mut caller);
        authorize(
            PROD.access,
            &caller,
            Permission::ReportWrite,
            &resource,
            NOW,
        )
    };
    let of = |tenant, owner| Resource { tenant, owner };
    let tenant = Err(Denied::Condition(Condition::SameTenant));
    let owner = Err(Denied::Condition(Condition::Owner));
    assert_eq!(write(&editor, |_| (), of("t1", "ann")), Ok(()));
    assert_eq!(write(&editor, |_| (), of("t1", "bob")), owner);
    assert_eq!(write(&editor, |_| (), of("t2", "ann")), tenant);
    assert_eq!(write(&admin, |_| (), of("t1", "bob")), Ok(()));
    assert_eq!(write(&admin, |_| (), of("t2", "bob")), tenant);
    // Nothing equals nothing: a token without a tenant is not that of a resource without one.
    assert_eq!(write(&editor, |c| c.tenant = "", of("", "ann")), tenant);
    assert_eq!(write(&editor, |c| c.subject = "", of("t1", "")), owner);
    assert_eq!(write(&editor, |_| (), Resource::default()), tenant);
}

#[test]
fn a_login_must_be_recent() {
    let roles = ["admin".to_owned()];
    let ask = |auth_time| {
        let caller = Caller {
            auth_time,
            ..caller(&roles, "users:manage")
        };
        authorize(PROD.access, &caller, Permission::UserManage, &OURS, NOW)
    };
    let stale = Err(Denied::Condition(Condition::AuthenticatedWithin(
        Duration::from_secs(900),
    )));
    assert_eq!(ask(NOW), Ok(()));
    assert_eq!(ask(NOW - 900), Ok(()));
    assert_eq!(ask(NOW - 901), stale);
    assert_eq!(ask(0), stale);
    assert_eq!(ask(NOW + 1), stale, "a login in the future");
    assert_eq!(ask(u64::MAX), stale);
}

#[test]
fn a_refusal_says_what_came_closest() {
    for (denied, words) in [
        (Denied::Role, "no role"),
        (Denied::Scope, "not given for this"),
        (Denied::Condition(Condition::SameTenant), "another tenant"),
        (Denied::Condition(Condition::Owner), "not the owner"),
        (
            Denied::Condition(Condition::AuthenticatedWithin(Duration::from_secs(900))),
            "over 900 s ago",
        ),
    ] {
        assert!(denied.to_string().contains(words), "{denied}");
    }
}
