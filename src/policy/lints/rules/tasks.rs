//! Rules on the schedule of tasks and on statements about operations.

use crate::finding::{Snippet, cited, rules};

rules! {
    pub, pub(super) ALL;

    TASK_TWICE = "task-listed-twice", Medium, "A task stands in the schedule twice.",
        "The log knows a task by its name, so that one that is daily and monthly too would be done with one record. List it once, or give the longer one a name of its own: \
         { id: full-audit-logs, title: ..., how: ... }.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("operations: { daily: [error-logs], weekly: [error-logs], since: 2026-11-27 }"),
            good: Snippet("operations: { daily: [error-logs], weekly: [audit-logs], since: 2026-11-27 }"),
            keys: &["operations.daily", "operations.weekly", "operations.monthly"],
            references: cited::SPEC,
            sources: &[],
        };
    TASK_WORDS = "task-without-words", Medium, "A task of your own does not say what is to be done.",
        "secgen knows words for its own tasks only. Give yours a title and a how, so that whoever has the duty can do it. A name close to one that secgen knows may be a slip.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("operations: { monthly: [{ id: restore-test }], since: 2026-11-27 }"),
            good: Snippet("operations: { monthly: [{ id: restore-test, title: Restore a backup, how: Start the service on it. }], since: 2026-11-27 }"),
            keys: &["operations.daily", "operations.weekly", "operations.monthly"],
            references: cited::SPEC,
            sources: &[],
        };
    TASK_CLOCK = "task-clock-late", Medium, "The clock of a task starts more than ninety days from now.",
        "since says when the clock of a task starts that nobody has done yet. Up to then nothing is due, so that a day far ahead turns the task off without saying so. Write a nearer day, or \
         take the task out of the list.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("operations: { weekly: [audit-logs], since: 2099-01-01 }"),
            good: Snippet("operations: { weekly: [audit-logs], since: 2026-12-01 }"),
            keys: &["operations.since"],
            references: cited::SPEC,
            sources: &[],
        };
    TASK_LOG = "task-log-path", Medium, "The log of tasks is no file of its own.",
        "Tasks are of the service, and the same in every environment: their log is one file inside the root, by its path without {env} and without a slash at the end. It grows, so that it \
         does not lie in the folder of templates, which the spec pins.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"operations: { weekly: [audit-logs], since: 2026-11-27, log: "ops/{env}/tasks.log" }"#),
            good: Snippet("operations: { weekly: [audit-logs], since: 2026-11-27, log: ops/tasks.log }"),
            keys: &["operations.log"],
            references: cited::SPEC,
            sources: &[],
        };
    OUTPUT_ENCODING = "output-without-encoding", High, "data.output does not say what encodes the output.",
        "A statement without an encoding states nothing. Write encoding: html-autoescape, contextual-autoescape or serializer.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                data:
                  output:
                    attested: { by: "@acme/web", date: 2026-10-01, until: 2027-10-01 }
            "#),
            good: Snippet(r#"
                data:
                  output:
                    encoding: contextual-autoescape
                    attested: { by: "@acme/web", date: 2026-10-01, until: 2027-10-01 }
            "#),
            keys: &["data.output"],
            references: cited::STATED,
            sources: &[],
        };
}
