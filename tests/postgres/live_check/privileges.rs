//! What a role may not see is unverifiable, and the report says what it needs.

use super::{JSON, check, started};
use secgen::strictness::postgres::catalogue;

const POLICY: &str = "postgres: { settings: { ssl_ciphers: \"HIGH:MEDIUM:+3DES:!aNULL\", shared_preload_libraries: [], log_filename: \"postgresql-%Y-%m-%d_%H%M%S.log\", password_encryption: scram-sha-256 } }";
const HIDDEN: [&str; 3] = ["ssl_ciphers", "shared_preload_libraries", "log_filename"];

#[test]
fn each_grant_turns_unverifiable_into_a_verdict() {
    for server in started("") {
        let run = check(POLICY, Some(&server.url("")), &JSON);
        run.exits(1);
        for name in HIDDEN {
            assert_eq!(run.verdict(&format!("postgres.settings.{name}")), "unverifiable", "{name}");
        }
        assert_eq!(run.verdict("postgres.settings.password_encryption"), "equivalent");
        let run = server.check(POLICY);
        run.exits(1)
            .has("GRANT pg_read_all_settings TO auditor")
            .has("GRANT SELECT ON pg_file_settings TO auditor")
            .has("GRANT SELECT ON pg_hba_file_rules TO auditor");
        if server.version == "15" {
            insta::assert_snapshot!("plain_role", server.shown(&run));
        }

        server.cluster.query("GRANT pg_read_all_settings TO auditor");
        let run = check(POLICY, Some(&server.url("")), &JSON);
        run.exits(0);
        for name in HIDDEN {
            assert!(["equal", "equivalent"].contains(&&*run.verdict(&format!("postgres.settings.{name}"))), "{name}: {}", run.out);
        }
        server.check(POLICY).exits(0).has("pg_file_settings").has("pg_hba_file_rules");

        server.cluster.query("GRANT SELECT ON pg_file_settings, pg_hba_file_rules TO auditor");
        // One half of a grant is none.
        server.check(POLICY).exits(0).has("pg_show_all_file_settings").has("pg_hba_file_rules()");
        server.cluster.query("GRANT EXECUTE ON FUNCTION pg_show_all_file_settings(), pg_hba_file_rules() TO auditor");
        server.check(POLICY).exits(0).lacks("pg_file_settings").lacks("pg_hba_file_rules");
    }
}

/// Minor releases bring settings that no catalogue has yet.
fn is_known(name: &str) -> bool {
    catalogue::VERSIONS.into_iter().any(|version| catalogue::at(name, version).is_some())
}

#[test]
fn no_hidden_setting_ever_passes() {
    for server in started("") {
        let hidden = server.cluster.query("SELECT string_agg(name, ' ') FROM pg_show_all_settings() s WHERE vartype = 'string' AND context <> 'internal' AND name NOT IN ('config_file', 'data_directory')");
        let visible = server.cluster.query("SET ROLE auditor; SELECT string_agg(name, ' ') FROM pg_settings");
        let visible: Vec<&str> = visible.split_whitespace().collect();
        let hidden: Vec<&str> = hidden.split(' ').filter(|name| !visible.contains(name) && is_known(name)).collect();
        assert!(hidden.len() >= 12, "{hidden:?}");
        let settings: Vec<String> =
            hidden.iter().map(|name| format!("{name}: x")).filter(|s| !s.starts_with("ssl_ciphers") && !s.starts_with("unix_socket_group")).collect();
        let run = check(&format!("postgres: {{ settings: {{ {} }} }}", settings.join(", ")), Some(&server.url("")), &JSON);
        run.exits(1);
        for setting in &settings {
            let name = setting.trim_end_matches(": x");
            assert_eq!(run.verdict(&format!("postgres.settings.{name}")), "unverifiable", "{name}: {}", run.out);
        }
    }
}
