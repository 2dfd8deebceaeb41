//! The rules of `pg_hba.conf`: kinds of findings.
//!
//! One record has one finding: the rule that stands first in [`BY_RECORD`] is reported, and the others that hold of the
//! record are named in its message. What is said of a file's words (secrets, lines that are refused) stands by itself.

use crate::finding::Relation::{Related, Supports};
use crate::finding::{Rule, Snippet, asvs, cis, cited, nist, pci, rules};

rules! {
    pub(in super::super), pub(in super::super) ALL;

    /// The intent.
    DRIFT = "postgres-access-rules", High, "The access rules in force let somebody in whom the policy does not.",
        "The first record of pg_hba.conf that matches a connection decides; later ones are not looked at. secgen compares, for every kind of client that the records tell apart (transport, \
         address, database, user), what the file and the policy decide. Members of roles, host names, regular expressions and the server's own networks are known to the server only: nothing is \
         claimed to cover them. Source: PostgreSQL documentation, 21.1.",
        Hba {
            spec: Snippet("postgres: { hba: [{ type: local, database: all, user: postgres, method: peer }, { type: hostssl, database: app, user: app, address: 10.0.0.0/8, method: scram-sha-256 }] }"),
            bad: Snippet(r"
                local    all  postgres              peer
                hostssl  app  app      10.0.0.0/8   scram-sha-256
                hostssl  app  reports  10.0.0.0/8   scram-sha-256
            "),
            good: Snippet(r"
                local    all  postgres              peer
                hostssl  app  app      10.0.0.0/8   scram-sha-256
            "),
            keys: &["postgres.hba"],
            references: &[nist("AC-3", Supports, "the server lets in whom the policy lets in"), pci("7.3.3", Supports, "what no rule names is refused")],
            sources: &[cited::PG_HBA],
        };
    /// H15.
    REFUSED = "hba-line-refused", High, "The server does not take a line of pg_hba.conf.",
        "With one such line a running server keeps its old rules when it reloads, and says so in its log only; it does not start. A list of names (@file) or an include that is not there is such a line. \
         Source: load_hba of the server.",
        Hba {
            spec: Snippet(""),
            bad: Snippet(r"
                local    all  postgres              peer
                hostssl  app  app      10.0.0.0/8   scram
            "),
            good: Snippet(r"
                local    all  postgres              peer
                hostssl  app  app      10.0.0.0/8   scram-sha-256
            "),
            keys: &["postgres.hba"],
            references: cited::REFUSED,
            sources: &[cited::PG_HBA],
        };
    /// Some declared versions refuse a line.
    VERSION = "hba-line-version", Medium, "Some of the declared versions do not take a line of pg_hba.conf.",
        "A server that does not know what a line says does not start. Declare the versions that really read the file (targets.postgres.versions), or write what all of them know.",
        Hba {
            spec: Snippet(r#"
                postgres: { settings: { log_connections: "on" } }
                targets: { postgres: { versions: "14-17", check: [pg_hba.conf] } }
            "#),
            bad: Snippet(r"
                local    all  postgres              peer
                include_if_exists pg_hba.local.conf    # came with 16
            "),
            good: Snippet(r"
                local    all  postgres              peer
                hostssl  app  app      10.0.0.0/8   scram-sha-256
            "),
            keys: &["postgres.hba"],
            references: cited::REFUSED,
            sources: &[cited::PG_HBA],
        };
    /// H1.
    TRUST_NETWORK = "hba-trust-network", High, "Whoever reaches the server over the network is let in without any proof.",
        "trust asks for nothing: every client of the address may be any user that the record names, the superuser included. Write hostssl with scram-sha-256 or cert. \
         Source: PostgreSQL documentation, 21.4; CIS 5.4.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("hostssl  app  app  10.0.0.0/8  trust"),
            good: Snippet("hostssl  app  app  10.0.0.0/8  scram-sha-256"),
            keys: &["postgres.hba"],
            references: &[
                cited::LOGIN[0],
                cited::LOGIN[1],
                cited::LOGIN[2],
                cis("5.4", Supports, "the recommendation on how users of the network log in"),
            ],
            sources: &[cited::PG_TRUST],
        };
    /// H1 where only the machine itself reaches it.
    TRUST_LOOPBACK = "hba-trust-loopback", High, "Every program on the machine is let in over TCP without any proof.",
        "trust for 127.0.0.1 or ::1 lets in every account of the machine, a web server that fetches addresses for strangers included, and in a container whoever gets a process into it. \
         Write scram-sha-256. Source: PostgreSQL documentation, 21.4; CIS 5.4.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("host  all  all  127.0.0.1/32  trust"),
            good: Snippet("host  all  all  127.0.0.1/32  scram-sha-256"),
            keys: &["postgres.hba"],
            references: &[
                cited::LOGIN[0],
                cited::LOGIN[1],
                cited::LOGIN[2],
                cis("5.4", Supports, "the recommendation on how users of the network log in"),
            ],
            sources: &[cited::PG_TRUST],
        };
    /// H2.
    TRUST_LOCAL = "hba-trust-local", High, "Every account of the machine is let in over the Unix socket without any proof.",
        "trust on local connections is as good as the permissions of the socket's folder. Write peer or scram-sha-256. If one operating system user alone can open the socket, waive it. \
         Source: PostgreSQL documentation, 21.4; CIS 5.3.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("local  all  all  trust"),
            good: Snippet("local  all  all  peer"),
            keys: &["postgres.hba"],
            references: &[cited::LOGIN[0], cited::LOGIN[1], cited::LOGIN[2], cis("5.3", Supports, "the recommendation on how local users log in")],
            sources: &[cited::PG_TRUST],
        };
    /// H3.
    PASSWORD = "hba-password-cleartext", High, "Passwords are sent in clear text.",
        "With the method password the client sends the password itself, over whatever the connection is: without TLS everybody on the way reads it. Write scram-sha-256. \
         Source: PostgreSQL documentation, 21.5; CIS 5.4.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("host  app  app  10.0.0.0/8  password"),
            good: Snippet("hostssl  app  app  10.0.0.0/8  scram-sha-256"),
            keys: &["postgres.hba"],
            references: &[cited::PASSWORDS[0], cited::PASSWORDS[1], cis("5.4", Supports, "the recommendation on how users of the network log in")],
            sources: &[cited::PG_PASSWORD],
        };
    /// H3 over TLS only.
    PASSWORD_TLS = "hba-password-tls", Medium, "The server is given passwords in clear text.",
        "Over TLS nobody on the way reads the password, but the server and whoever reads its memory do, and a client that does not check the server's certificate gives it to anybody. \
         Write scram-sha-256. Source: PostgreSQL documentation, 21.5; CIS 5.4.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("hostssl  app  app  10.0.0.0/8  password"),
            good: Snippet("hostssl  app  app  10.0.0.0/8  scram-sha-256"),
            keys: &["postgres.hba"],
            references: &[cited::PASSWORDS[0], cited::PASSWORDS[1], cis("5.4", Supports, "the recommendation on how users of the network log in")],
            sources: &[cited::PG_PASSWORD],
        };
    /// H4.
    MD5 = "hba-md5", High, "The method md5 is deprecated.",
        "An MD5 verifier lets in whoever steals it, and the hash is broken; PostgreSQL 18 warns, and a later version drops it. Before you write scram-sha-256, set again each password that is stored as MD5: \
         those users cannot log in with it. Source: PostgreSQL documentation, 21.5; CIS 5.4.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("hostssl  app  app  10.0.0.0/8  md5"),
            good: Snippet("hostssl  app  app  10.0.0.0/8  scram-sha-256"),
            keys: &["postgres.hba"],
            references: &[cited::PASSWORDS[0], cited::PASSWORDS[1], cis("5.4", Supports, "the recommendation on how users of the network log in")],
            sources: &[cited::PG_PASSWORD],
        };
    /// H5.
    IDENT = "hba-ident", High, "The client's own machine says who its user is.",
        "ident over TCP asks the client's machine, or whoever answers in its place. Write scram-sha-256 or cert. On local connections ident means peer, and is fine. \
         Source: PostgreSQL documentation, 21.8; RFC 1413; CIS 5.4.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("hostssl  app  app  10.0.0.0/8  ident"),
            good: Snippet("hostssl  app  app  10.0.0.0/8  scram-sha-256"),
            keys: &["postgres.hba"],
            references: &[
                cited::LOGIN[0],
                cited::LOGIN[1],
                cited::LOGIN[2],
                cis("5.4", Supports, "the recommendation on how users of the network log in"),
            ],
            sources: &[cited::PG_IDENT],
        };
    /// H6.
    PLAINTEXT = "hba-plaintext", High, "Clients on the network are let in without TLS.",
        "host also matches connections without TLS, and clients use them unless they are told not to (sslmode=prefer). Write hostssl, or put `hostnossl all all all reject` above. \
         Source: PostgreSQL documentation, 21.1, 34.19; CIS 6.8.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("host  app  app  10.0.0.0/8  scram-sha-256"),
            good: Snippet("hostssl  app  app  10.0.0.0/8  scram-sha-256"),
            keys: &["postgres.hba"],
            references: &[
                nist("SC-8(1)", Supports, "what is sent to the server is encrypted on the way"),
                pci("4.2.1", Related, "account data that crosses open networks is encrypted"),
                asvs("12.3.1", Supports, "connections to the database are encrypted, and do not fall back"),
                cis("6.8", Supports, "the recommendation on TLS of the server"),
            ],
            sources: &[cited::PG_HBA, cited::PG_LIBPQ],
        };
    /// H7.
    WIDE = "hba-address-wide", Medium, "A record is open to more than a private network.",
        "The whole address space (/0, all), the server's networks whatever they are (samenet), or more than a /8 may try passwords. Name the networks of the clients. \
         A client certificate as the proof makes it fine. Source: CIS 5.4; pgdsat 5.9.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("hostssl  app  app  0.0.0.0/0  scram-sha-256"),
            good: Snippet("hostssl  app  app  10.20.0.0/16  scram-sha-256"),
            keys: &["postgres.hba"],
            references: &[nist("SC-7", Supports, "logins come from the networks that are named")],
            sources: &[cited::PG_HBA],
        };
    /// H8.
    ALL_NAMES = "hba-all-names", Low, "A record over the network is for all databases or all users.",
        "With `all` the superuser, and each database and role that is made later, can be reached from there. Name the database and the role of the service. Source: pgdsat 5.10.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("hostssl  all  app  10.0.0.0/8  scram-sha-256"),
            good: Snippet("hostssl  app  app  10.0.0.0/8  scram-sha-256"),
            keys: &["postgres.hba"],
            references: cited::LEAST_PRIVILEGE,
            sources: &[cited::PG_HBA],
        };
    /// H9.
    SUPERUSER = "hba-superuser-network", High, "The superuser can log in over the network.",
        "postgres may do everything, and its name is known. Let it in over the Unix socket by peer only, and give administrators roles of their own. Source: pgdsat 5.11.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("hostssl  all  postgres  10.0.0.0/8  scram-sha-256"),
            good: Snippet("local  all  postgres  peer"),
            keys: &["postgres.hba"],
            references: &[
                nist("AC-6(5)", Supports, "the privileged account is not in reach of the network"),
                nist("AC-17", Related, "who may do what from afar is decided"),
            ],
            sources: &[cited::PG_HBA, cited::PG_ATTRIBUTES],
        };
    /// H10.
    TLS_OFF = "hba-hostssl-without-tls", High, "Records for TLS never match, because ssl is off.",
        "A hostssl record is looked at for connections with TLS only, and with ssl = off there are none: what should need TLS is refused, or decided by a later record that does not ask for it. \
         Source: parse_hba_line of the server.",
        Hba {
            spec: Snippet(r#"
                postgres: { settings: { ssl: "on" } }
                targets: { postgres: { check: [postgresql.conf, pg_hba.conf], versions: "15-17" } }
            "#),
            bad: Snippet(r"
                # file: postgresql.conf
                ssl = off

                # file: pg_hba.conf
                hostssl  app  app  10.0.0.0/8  scram-sha-256
            "),
            good: Snippet(r"
                # file: postgresql.conf
                ssl = on

                # file: pg_hba.conf
                hostssl  app  app  10.0.0.0/8  scram-sha-256
            "),
            keys: &["postgres.hba", "postgres.settings.ssl"],
            references: &[
                nist("SC-8(1)", Supports, "what is sent to the server is encrypted on the way"),
                asvs("12.3.1", Supports, "connections to the database are encrypted, and do not fall back"),
            ],
            sources: &[cited::PG_HBA, cited::PG_SSL],
        };
    /// H11, of a reject.
    REJECT_SHADOWED = "hba-reject-shadowed", High, "A record that rejects is never reached.",
        "Records above it decide for every client that it is to reject. The first record that matches decides, so that a reject belongs above what it is an exception of. \
         Source: PostgreSQL documentation, 21.1.",
        Hba {
            spec: Snippet(""),
            bad: Snippet(r"
                hostssl  app  app  10.0.0.0/8    scram-sha-256
                hostssl  app  app  10.66.0.0/16  reject
            "),
            good: Snippet(r"
                hostssl  app  app  10.66.0.0/16  reject
                hostssl  app  app  10.0.0.0/8    scram-sha-256
            "),
            keys: &["postgres.hba"],
            references: &[nist("AC-3", Supports, "whom the rules refuse is really refused")],
            sources: &[cited::PG_HBA],
        };
    /// H11.
    SHADOWED = "hba-record-shadowed", Info, "A record is never reached.",
        "Records above it decide for every client that it matches. Delete it, or move it up if it is meant to decide. Source: PostgreSQL documentation, 21.1.",
        Hba {
            spec: Snippet(""),
            bad: Snippet(r"
                hostssl  app  app  10.0.0.0/8    scram-sha-256
                hostssl  app  app  10.20.0.0/16  cert
            "),
            good: Snippet(r"
                hostssl  app  app  10.20.0.0/16  cert
                hostssl  app  app  10.0.0.0/8    scram-sha-256
            "),
            keys: &["postgres.hba"],
            references: &[nist("AC-3", Related, "a rule that never decides misleads whoever reads the rules")],
            sources: &[cited::PG_HBA],
        };
    /// H12.
    SECRET = "hba-secret-in-file", High, "A password of another service stands in pg_hba.conf.",
        "ldapbindpasswd and radiussecrets are read by everybody who may read the file, its copies in a repository included, and the view pg_hba_file_rules shows them. Keep the file out of \
         repositories, use a bind that needs no password (ldapprefix, ldapsuffix), and change the secret. secgen prints it nowhere.",
        Hba {
            spec: Snippet(""),
            bad: Snippet(r#"hostssl  app  all  10.0.0.0/8  ldap ldapserver=ldap.example.com ldapscheme=ldaps ldapbasedn="dc=example,dc=com" ldapbinddn="cn=pg,dc=example,dc=com" ldapbindpasswd=example"#),
            good: Snippet(r#"hostssl  app  all  10.0.0.0/8  ldap ldapserver=ldap.example.com ldapscheme=ldaps ldapprefix="uid=" ldapsuffix=",dc=example,dc=com""#),
            keys: &["postgres.hba"],
            references: cited::SECRETS,
            sources: &[cited::PG_LDAP],
        };
    /// H13.
    REMOTE_CLEAR = "hba-ldap-radius-cleartext", High, "Passwords are sent on in a form that can be read.",
        "Without ldaptls=1 or ldapscheme=ldaps the server sends each password to the LDAP server in clear text (ldaptls=true is off: only 1 is on). RADIUS hides passwords with MD5 and a shared secret only. \
         Source: PostgreSQL documentation, 21.10, 21.11; RFC 2865 8.",
        Hba {
            spec: Snippet(""),
            bad: Snippet(r#"hostssl  app  all  10.0.0.0/8  ldap ldapserver=ldap.example.com ldapprefix="uid=" ldapsuffix=",dc=example,dc=com""#),
            good: Snippet(r#"hostssl  app  all  10.0.0.0/8  ldap ldapserver=ldap.example.com ldapscheme=ldaps ldapprefix="uid=" ldapsuffix=",dc=example,dc=com""#),
            keys: &["postgres.hba"],
            references: cited::PASSWORDS,
            sources: &[cited::PG_LDAP],
        };
    /// H14.
    OLD_CLIENTCERT = "hba-clientcert-number", Medium, "clientcert is written as a number.",
        "Up to PostgreSQL 13 clientcert=1 asks for any certificate of the authority, whoever's it is, and 0 for none; 14 and later do not start with either. Write verify-full, or verify-ca for what 1 used to mean. \
         Source: PostgreSQL 14 release notes.",
        Hba {
            spec: Snippet(r#"
                postgres: { settings: { log_connections: "on" } }
                targets: { postgres: { versions: "12-13", check: [pg_hba.conf] } }
            "#),
            bad: Snippet("hostssl  app  app  10.0.0.0/8  scram-sha-256 clientcert=1"),
            good: Snippet("hostssl  app  app  10.0.0.0/8  scram-sha-256 clientcert=verify-full"),
            keys: &["postgres.hba"],
            references: cited::LOGIN,
            sources: &[cited::PG_CERT, cited::PG_HBA],
        };
    /// H16.
    REPLICATION = "hba-replication-wide", High, "Replication is open to more than a private network.",
        "Who may replicate reads everything that the server stores, whatever its grants. Name the addresses of the standbys. Source: PostgreSQL documentation, 27.2.5.1.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("hostssl  replication  standby  0.0.0.0/0  scram-sha-256"),
            good: Snippet("hostssl  replication  standby  10.0.0.7/32  scram-sha-256"),
            keys: &["postgres.hba"],
            references: cited::LEAST_PRIVILEGE,
            sources: &[cited::PG_REPLICATION],
        };
    /// H17.
    NO_LAST_REJECT = "hba-no-last-reject", Info, "The last record is no reject.",
        "What matches no record is refused anyhow. A last `host all all all reject` says so to whoever reads the file, and to whoever would add a record below. \
         Source: PostgreSQL documentation, 21.1.",
        Hba {
            spec: Snippet(""),
            bad: Snippet("hostssl  app  app  10.0.0.0/8  scram-sha-256"),
            good: Snippet(r"
                hostssl  app  app  10.0.0.0/8  scram-sha-256
                host     all  all  all         reject
            "),
            keys: &["postgres.hba"],
            references: &[pci("7.3.3", Related, "that everything else is refused is said in the file")],
            sources: &[cited::PG_HBA],
        };
}

/// Rules on single records, the worst first: what is said of a record that several hold of.
pub(super) static BY_RECORD: [&Rule; 16] = [
    &TRUST_NETWORK,
    &PASSWORD,
    &REPLICATION,
    &SUPERUSER,
    &TRUST_LOOPBACK,
    &TRUST_LOCAL,
    &IDENT,
    &REMOTE_CLEAR,
    &MD5,
    &PLAINTEXT,
    &REJECT_SHADOWED,
    &OLD_CLIENTCERT,
    &PASSWORD_TLS,
    &WIDE,
    &ALL_NAMES,
    &SHADOWED,
];
