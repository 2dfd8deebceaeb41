//! The rules of scripts: kinds of findings on what a script does to settings, roles and grants.

use crate::finding::{Rule, Severity};

macro_rules! rules {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $severity:ident, $title:literal, $explain:literal;)*) => {
        $($(#[$doc])* pub(in crate::targets::postgres) static $id: Rule = Rule { name: $name, title: $title, severity: Severity::$severity, explain: $explain };)*
        /// All of them, in the order above.
        pub(in crate::targets::postgres) static ALL: &[&Rule] = &[$(&$id),*];
    };
}

rules! {
    /// Reading.
    NOT_READ = "sql-not-read", High, "A part of an SQL script cannot be read.",
        "secgen reads statements on settings, roles and grants, and passes over all others. What it cannot read may do anything, so the check does not pass.";
    /// Statements that fail.
    REFUSED = "sql-statement-refused", Medium, "The server refuses a statement of a script.",
        "psql goes on after an error unless ON_ERROR_STOP is set, and exits with 0: the setting is not made, and nobody notices. ALTER SYSTEM cannot run inside of a transaction block, \
         which many migration runners put around every script.";
    /// Values that are stored, and stop the server.
    BREAKS_START = "sql-setting-breaks-start", High, "A script stores a value with which the server does not start.",
        "ALTER SYSTEM does not try a value out. Settings that are lists of names take one literal each: 'a, b' is one name with a comma in it, and '' is one empty name. A cipher string without quotes \
         is folded to lower case, and OpenSSL tells letter case apart. The server runs on until its next start, and then stops with an error.";
    /// SET.
    SESSION_ONLY = "sql-session-only", Low, "A script sets for its own session what the policy asks for.",
        "SET ends with the session of the script. ALTER SYSTEM SET, followed by a reload, changes the server.";
    /// SUPERUSER.
    SUPERUSER = "role-superuser", High, "A role that the policy does not name as privileged is a superuser.",
        "A superuser passes every check of privileges, reads and writes files of the server, and runs programs as its operating system user. Give the privileges that are needed instead, or list the role \
         under postgres.privileged_roles.";
    /// BYPASSRLS.
    BYPASS_RLS = "role-bypasses-row-security", High, "A role that the policy does not name as privileged ignores row level security.",
        "With BYPASSRLS no policy of any table holds for the role. Write a policy for it instead, or list the role under postgres.privileged_roles.";
    /// CREATEROLE.
    CREATE_ROLE = "role-creates-roles", Medium, "A role that the policy does not name as privileged may create and change roles.",
        "Up to PostgreSQL 15 a role with CREATEROLE can give itself the membership of nearly every other role, those that write files and run programs among them; from 16 only of the roles that it may administer.";
    /// CREATEDB, REPLICATION.
    POWER = "role-privileged", Medium, "A role that the policy does not name as privileged has CREATEDB or REPLICATION.",
        "A role with REPLICATION can copy the whole server, whatever is granted on its tables. One with CREATEDB owns what it creates, and can fill the disk.";
    /// Membership of predefined roles.
    SERVER_FILES = "role-reaches-server-files", High, "A role that logs in may read or write files of the server, or run programs on it.",
        "pg_read_server_files, pg_write_server_files and pg_execute_server_program act as the operating system user of the server: each is a way to become a superuser.";
    /// GRANT .. TO PUBLIC.
    PUBLIC = "grant-to-public", Medium, "A script grants to everybody.",
        "PUBLIC stands for every role, those made later included. Grant to a role, and make members of it those who need it. CONNECT and TEMPORARY on a database, USAGE on a type or \
         language and EXECUTE on a function are defaults of the server, and USAGE on a schema gives nothing by itself: these are not reported.";
    /// CREATE ON SCHEMA public TO PUBLIC.
    PUBLIC_CREATE = "grant-create-on-schema-public", High, "Everybody may create objects in a schema that is searched.",
        "Who may create in a schema of somebody's search_path can put a function or table there that the other one runs or reads by mistake (CVE-2018-1058). From PostgreSQL 15 new databases do not grant this.";
    /// ALTER DEFAULT PRIVILEGES .. TO PUBLIC.
    PUBLIC_DEFAULT = "default-privileges-to-public", Medium, "What is created later is granted to everybody.",
        "ALTER DEFAULT PRIVILEGES .. TO PUBLIC opens every table that will ever be created, and nobody sees it in the statement that creates one.";
    /// GRANT .. ON PARAMETER.
    PARAMETER = "grant-on-parameter", Medium, "A role may change a setting of the server.",
        "With SET or ALTER SYSTEM on a parameter, a role that is no superuser can take back what the policy asks for: switch off its own logging, for one.";
    /// Policies without effect.
    POLICY_WITHOUT_RLS = "policy-without-row-security", High, "A table has policies, and row level security is not enabled.",
        "CREATE POLICY alone has no effect: every row is visible until ALTER TABLE .. ENABLE ROW LEVEL SECURITY.";
    /// ENABLE without FORCE.
    NOT_FORCED = "row-security-not-forced", Low, "Row level security of a table does not hold for its owner.",
        "The owner of a table passes its policies unless the table says FORCE ROW LEVEL SECURITY. That matters where the application logs in as the owner, as it does after most migrations.";
    /// DISABLE.
    DISABLED = "row-security-disabled", High, "A script switches row level security off.",
        "With DISABLE ROW LEVEL SECURITY every row of the table is visible to whoever may read it, and its policies stay without effect.";
    /// SECURITY DEFINER.
    DEFINER = "security-definer-search-path", High, "A function runs as its owner, and searches schemas of its caller.",
        "Names in a SECURITY DEFINER function are looked up in the caller's search_path: the caller can put a table or function of his own first, and the owner's privileges act on it (documentation, CREATE \
         FUNCTION, \"Writing SECURITY DEFINER Functions Safely\").";
    /// PASSWORD.
    CLEAR_PASSWORD = "password-in-script", High, "A script holds a password in clear text.",
        "Whoever reads the repository, its history or the log of the server has the password. Set it with \\password of psql, which sends a SCRAM verifier only, or put the verifier (SCRAM-SHA-256$..) into the script.";
    /// PASSWORD 'md5..'.
    MD5_PASSWORD = "md5-password-in-script", High, "A script holds the MD5 hash of a password.",
        "The MD5 hash is enough to log in where the method is md5, without the password itself, and is broken by guessing fast. PostgreSQL 18 warns of it. Use a SCRAM verifier.";
}
