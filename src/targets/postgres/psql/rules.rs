//! The rules of scripts: kinds of findings on what a script does to settings, roles and grants.

use crate::finding::Relation::{Related, Supports};
use crate::finding::{Snippet, asvs, cis, cited, nist, rules};

rules! {
    pub(in crate::targets::postgres), pub(in crate::targets::postgres) ALL;

    /// Reading.
    NOT_READ = "sql-not-read", High, "A part of an SQL script cannot be read.",
        "secgen reads statements on settings, roles and grants, and passes over all others. What it cannot read may do anything, so the check does not pass.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("ALTER SYSTEM SET ssl = 'on;"),
            good: Snippet("ALTER SYSTEM SET ssl = 'on';"),
            keys: &[],
            references: cited::EVIDENCE,
            sources: &[cited::PG_PSQL],
        };
    /// Statements that fail.
    REFUSED = "sql-statement-refused", Medium, "The server refuses a statement of a script.",
        "psql goes on after an error unless ON_ERROR_STOP is set, and exits with 0: the setting is not made, and nobody notices. ALTER SYSTEM cannot run inside of a transaction block, \
         which many migration runners put around every script.",
        Sql {
            spec: Snippet(""),
            bad: Snippet(r"
                BEGIN;
                ALTER SYSTEM SET log_connections = 'on';    -- not inside of a transaction
                COMMIT;
            "),
            good: Snippet("ALTER SYSTEM SET log_connections = 'on';"),
            keys: &["postgres.settings"],
            references: cited::REFUSED,
            sources: &[cited::PG_ALTER_SYSTEM],
        };
    /// Values that are stored, and stop the server.
    BREAKS_START = "sql-setting-breaks-start", High, "A script stores a value with which the server does not start.",
        "ALTER SYSTEM does not try a value out. Settings that are lists of names take one literal each: 'a, b' is one name with a comma in it, and '' is one empty name. A cipher string without quotes \
         is folded to lower case, and OpenSSL tells letter case apart. The server runs on until its next start, and then stops with an error.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("ALTER SYSTEM SET shared_preload_libraries = 'pgaudit, auth_delay';"),
            good: Snippet("ALTER SYSTEM SET shared_preload_libraries = 'pgaudit', 'auth_delay';"),
            keys: &["postgres.settings"],
            references: cited::REFUSED,
            sources: &[cited::PG_ALTER_SYSTEM],
        };
    /// SET.
    SESSION_ONLY = "sql-session-only", Low, "A script sets for its own session what the policy asks for.",
        "SET ends with the session of the script. ALTER SYSTEM SET, followed by a reload, changes the server.",
        Sql {
            spec: Snippet("postgres: { settings: { log_statement: ddl } }"),
            bad: Snippet("SET log_statement = 'ddl';"),
            good: Snippet("ALTER SYSTEM SET log_statement = 'ddl';"),
            keys: &["postgres.settings"],
            references: cited::SETTINGS,
            sources: &[cited::PG_SET],
        };
    /// SUPERUSER.
    SUPERUSER = "role-superuser", High, "A role that the policy does not name as privileged is a superuser.",
        "A superuser passes every check of privileges, reads and writes files of the server, and runs programs as its operating system user. Give the privileges that are needed instead, or list the role \
         under postgres.privileged_roles.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("CREATE ROLE app LOGIN SUPERUSER;"),
            good: Snippet(r"
                CREATE ROLE app LOGIN;
                GRANT SELECT, INSERT, UPDATE ON orders TO app;
            "),
            keys: &["postgres.privileged_roles"],
            references: &[
                cited::LEAST_PRIVILEGE[0],
                cited::LEAST_PRIVILEGE[1],
                cited::LEAST_PRIVILEGE[2],
                cis("4.3", Supports, "the recommendation on roles with more than they need"),
            ],
            sources: &[cited::PG_ATTRIBUTES],
        };
    /// BYPASSRLS.
    BYPASS_RLS = "role-bypasses-row-security", High, "A role that the policy does not name as privileged ignores row level security.",
        "With BYPASSRLS no policy of any table holds for the role. Write a policy for it instead, or list the role under postgres.privileged_roles.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("CREATE ROLE reports LOGIN BYPASSRLS;"),
            good: Snippet(r"
                CREATE ROLE reports LOGIN;
                CREATE POLICY reports ON orders FOR SELECT TO reports USING (true);
                ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
                ALTER TABLE orders FORCE ROW LEVEL SECURITY;
            "),
            keys: &["postgres.privileged_roles"],
            references: &[
                cited::LEAST_PRIVILEGE[0],
                cited::LEAST_PRIVILEGE[1],
                cited::LEAST_PRIVILEGE[2],
                cis("4.3", Supports, "the recommendation on roles with more than they need"),
            ],
            sources: &[cited::PG_RLS],
        };
    /// CREATEROLE.
    CREATE_ROLE = "role-creates-roles", Medium, "A role that the policy does not name as privileged may create and change roles.",
        "Up to PostgreSQL 15 a role with CREATEROLE can give itself the membership of nearly every other role, those that write files and run programs among them; from 16 only of the roles that it may administer.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("CREATE ROLE app LOGIN CREATEROLE;"),
            good: Snippet("CREATE ROLE app LOGIN;"),
            keys: &["postgres.privileged_roles"],
            references: &[
                cited::LEAST_PRIVILEGE[0],
                cited::LEAST_PRIVILEGE[1],
                cited::LEAST_PRIVILEGE[2],
                cis("4.3", Supports, "the recommendation on roles with more than they need"),
            ],
            sources: &[cited::PG_ATTRIBUTES],
        };
    /// CREATEDB, REPLICATION.
    POWER = "role-privileged", Medium, "A role that the policy does not name as privileged has CREATEDB or REPLICATION.",
        "A role with REPLICATION can copy the whole server, whatever is granted on its tables. One with CREATEDB owns what it creates, and can fill the disk.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("CREATE ROLE app LOGIN CREATEDB REPLICATION;"),
            good: Snippet("CREATE ROLE app LOGIN;"),
            keys: &["postgres.privileged_roles"],
            references: &[
                cited::LEAST_PRIVILEGE[0],
                cited::LEAST_PRIVILEGE[1],
                cited::LEAST_PRIVILEGE[2],
                cis("4.3", Supports, "the recommendation on roles with more than they need"),
            ],
            sources: &[cited::PG_ATTRIBUTES],
        };
    /// Membership of predefined roles.
    SERVER_FILES = "role-reaches-server-files", High, "A role that logs in may read or write files of the server, or run programs on it.",
        "pg_read_server_files, pg_write_server_files and pg_execute_server_program act as the operating system user of the server: each is a way to become a superuser.",
        Sql {
            spec: Snippet(""),
            bad: Snippet(r"
                CREATE ROLE app LOGIN;
                GRANT pg_execute_server_program TO app;
            "),
            good: Snippet(r"
                CREATE ROLE app LOGIN;
                GRANT pg_monitor TO app;
            "),
            keys: &["postgres.privileged_roles"],
            references: &[
                cited::LEAST_PRIVILEGE[0],
                cited::LEAST_PRIVILEGE[1],
                cited::LEAST_PRIVILEGE[2],
                cis("4.9", Related, "the recommendation on predefined roles"),
            ],
            sources: &[cited::PG_PREDEFINED],
        };
    /// GRANT .. TO PUBLIC.
    PUBLIC = "grant-to-public", Medium, "A script grants to everybody.",
        "PUBLIC stands for every role, those made later included. Grant to a role, and make members of it those who need it. CONNECT and TEMPORARY on a database, USAGE on a type or \
         language and EXECUTE on a function are defaults of the server, and USAGE on a schema gives nothing by itself: these are not reported.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("GRANT SELECT ON orders TO PUBLIC;"),
            good: Snippet("GRANT SELECT ON orders TO app_readers;"),
            keys: &[],
            references: cited::LEAST_PRIVILEGE,
            sources: &[cited::PG_GRANT],
        };
    /// CREATE ON SCHEMA public TO PUBLIC.
    PUBLIC_CREATE = "grant-create-on-schema-public", High, "Everybody may create objects in a schema that is searched.",
        "Who may create in a schema of somebody's search_path can put a function or table there that the other one runs or reads by mistake (CVE-2018-1058). From PostgreSQL 15 new databases do not grant this.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("GRANT CREATE ON SCHEMA public TO PUBLIC;"),
            good: Snippet("REVOKE CREATE ON SCHEMA public FROM PUBLIC;"),
            keys: &[],
            references: cited::LEAST_PRIVILEGE,
            sources: &[cited::PG_SCHEMAS],
        };
    /// ALTER DEFAULT PRIVILEGES .. TO PUBLIC.
    PUBLIC_DEFAULT = "default-privileges-to-public", Medium, "What is created later is granted to everybody.",
        "ALTER DEFAULT PRIVILEGES .. TO PUBLIC opens every table that will ever be created, and nobody sees it in the statement that creates one.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;"),
            good: Snippet("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app_readers;"),
            keys: &[],
            references: cited::LEAST_PRIVILEGE,
            sources: &[cited::PG_DEFAULT_PRIVILEGES],
        };
    /// GRANT .. ON PARAMETER.
    PARAMETER = "grant-on-parameter", Medium, "A role may change a setting of the server.",
        "With SET or ALTER SYSTEM on a parameter, a role that is no superuser can take back what the policy asks for: switch off its own logging, for one.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("GRANT SET ON PARAMETER log_statement TO app;"),
            good: Snippet("REVOKE SET ON PARAMETER log_statement FROM app;"),
            keys: &[],
            references: cited::LEAST_PRIVILEGE,
            sources: &[cited::PG_GRANT],
        };
    /// Policies without effect.
    POLICY_WITHOUT_RLS = "policy-without-row-security", High, "A table has policies, and row level security is not enabled.",
        "CREATE POLICY alone has no effect: every row is visible until ALTER TABLE .. ENABLE ROW LEVEL SECURITY.",
        Sql {
            spec: Snippet(""),
            bad: Snippet(r"
                CREATE TABLE orders (id bigint, tenant text);
                CREATE POLICY own_rows ON orders USING (tenant = current_user);
            "),
            good: Snippet(r"
                CREATE TABLE orders (id bigint, tenant text);
                CREATE POLICY own_rows ON orders USING (tenant = current_user);
                ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
                ALTER TABLE orders FORCE ROW LEVEL SECURITY;
            "),
            keys: &[],
            references: &[
                nist("AC-3", Supports, "each row is shown to those only who may see it"),
                asvs("8.2.2", Supports, "access to data is bound to the permission for that data"),
                cis("4.7", Supports, "the recommendation on row level security"),
            ],
            sources: &[cited::PG_RLS],
        };
    /// ENABLE without FORCE.
    NOT_FORCED = "row-security-not-forced", Low, "Row level security of a table does not hold for its owner.",
        "The owner of a table passes its policies unless the table says FORCE ROW LEVEL SECURITY. That matters where the application logs in as the owner, as it does after most migrations.",
        Sql {
            spec: Snippet(""),
            bad: Snippet(r"
                CREATE TABLE orders (id bigint, tenant text);
                CREATE POLICY own_rows ON orders USING (tenant = current_user);
                ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
            "),
            good: Snippet(r"
                CREATE TABLE orders (id bigint, tenant text);
                CREATE POLICY own_rows ON orders USING (tenant = current_user);
                ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
                ALTER TABLE orders FORCE ROW LEVEL SECURITY;
            "),
            keys: &[],
            references: &[
                nist("AC-3", Supports, "each row is shown to those only who may see it"),
                asvs("8.2.2", Supports, "access to data is bound to the permission for that data"),
                cis("4.7", Supports, "the recommendation on row level security"),
            ],
            sources: &[cited::PG_RLS],
        };
    /// DISABLE.
    DISABLED = "row-security-disabled", High, "A script switches row level security off.",
        "With DISABLE ROW LEVEL SECURITY every row of the table is visible to whoever may read it, and its policies stay without effect.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("ALTER TABLE orders DISABLE ROW LEVEL SECURITY;"),
            good: Snippet(r"
                ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
                ALTER TABLE orders FORCE ROW LEVEL SECURITY;
            "),
            keys: &[],
            references: &[
                nist("AC-3", Supports, "each row is shown to those only who may see it"),
                asvs("8.2.2", Supports, "access to data is bound to the permission for that data"),
                cis("4.7", Supports, "the recommendation on row level security"),
            ],
            sources: &[cited::PG_RLS],
        };
    /// SECURITY DEFINER.
    DEFINER = "security-definer-search-path", High, "A function runs as its owner, and searches schemas of its caller.",
        "Names in a SECURITY DEFINER function are looked up in the caller's search_path: the caller can put a table or function of his own first, and the owner's privileges act on it (documentation, CREATE \
         FUNCTION, \"Writing SECURITY DEFINER Functions Safely\").",
        Sql {
            spec: Snippet(""),
            bad: Snippet(r"
                CREATE FUNCTION close_month() RETURNS void LANGUAGE sql SECURITY DEFINER
                    AS $$ UPDATE accounts SET open = false $$;
            "),
            good: Snippet(r"
                CREATE FUNCTION close_month() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = app, pg_temp
                    AS $$ UPDATE accounts SET open = false $$;
            "),
            keys: &[],
            references: &[
                cited::LEAST_PRIVILEGE[0],
                cited::LEAST_PRIVILEGE[1],
                cited::LEAST_PRIVILEGE[2],
                cis("4.5", Supports, "the recommendation on functions that run as their owner"),
            ],
            sources: &[cited::PG_FUNCTION],
        };
    /// PASSWORD.
    CLEAR_PASSWORD = "password-in-script", High, "A script holds a password in clear text.",
        "Whoever reads the repository, its history or the log of the server has the password. Set it with \\password of psql, which sends a SCRAM verifier only, or put the verifier (SCRAM-SHA-256$..) into the script.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("CREATE ROLE app LOGIN PASSWORD 'example';"),
            good: Snippet(r"
                CREATE ROLE app LOGIN;
                -- then, in psql: \password app
            "),
            keys: &[],
            references: cited::SECRETS,
            sources: &[cited::PG_ROLE, cited::PG_PSQL],
        };
    /// PASSWORD 'md5..'.
    MD5_PASSWORD = "md5-password-in-script", High, "A script holds the MD5 hash of a password.",
        "The MD5 hash is enough to log in where the method is md5, without the password itself, and is broken by guessing fast. PostgreSQL 18 warns of it. Use a SCRAM verifier.",
        Sql {
            spec: Snippet(""),
            bad: Snippet("CREATE ROLE app LOGIN PASSWORD 'md5a3556571e93b0d20722ba62be61e8c2d';"),
            good: Snippet(r"
                CREATE ROLE app LOGIN;
                -- then, in psql: \password app
            "),
            keys: &[],
            references: cited::SECRETS,
            sources: &[cited::PG_PASSWORD, cited::PG_ROLE],
        };
}
