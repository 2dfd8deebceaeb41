//! The laws of the order of settings, for every setting of the catalogue and values of every kind.

use proptest::prelude::*;
use secgen::strictness::postgres::{Setting, catalogue, redact};
use secgen::strictness::{Order, Strictness};

/// Values that some setting takes.
const VALUES: [&str; 44] = [
    "on",
    "off",
    "1",
    "0",
    "-1",
    "10",
    "60",
    "30s",
    "1min",
    "600",
    "0600",
    "0640",
    "0777",
    "1GB",
    "64MB",
    "2.5",
    "none",
    "ddl",
    "mod",
    "all",
    "panic",
    "warning",
    "debug1",
    "terse",
    "verbose",
    "md5",
    "scram-sha-256",
    "",
    "TLSv1",
    "TLSv1.2",
    "TLSv1.3",
    "stderr",
    "stderr, csvlog",
    "csvlog",
    "localhost",
    "*",
    "127.0.0.1, ::1",
    "0.0.0.0",
    "pgaudit, auth_delay",
    "UTC",
    "%m [%p] %u",
    "%q%m %p",
    "HIGH:!aNULL",
    "always",
];

fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = catalogue::names().collect();
    names.dedup();
    names
}

/// The order, which is explained exactly where it is not equality.
fn explained(name: &str, required: &Setting, found: &Setting) -> Order {
    let comparison = required.compare(found);
    assert_eq!(comparison.why.is_empty(), comparison.order == Order::Equal, "{name}: {required} and {found}: {comparison:?}");
    comparison.order
}

#[test]
fn each_order_is_reflexive_transitive_and_says_why() {
    let mut compared = 0;
    for name in names() {
        let values: Vec<Setting> = VALUES.iter().filter_map(|text| Setting::from_text(name, text, &(15..=18)).ok()).collect();
        let orders: Vec<Vec<Order>> = values.iter().map(|required| values.iter().map(|found| explained(name, required, found)).collect()).collect();
        let covers = |found: usize, required: usize| matches!(orders[required][found], Order::Equal | Order::Stricter);
        for a in 0..values.len() {
            assert_eq!(orders[a][a], Order::Equal, "{name} {}", values[a]);
            for b in 0..values.len() {
                let mirrored = match orders[a][b] {
                    Order::Stricter => Order::Weaker,
                    Order::Weaker => Order::Stricter,
                    same => same,
                };
                assert_eq!(orders[b][a], mirrored, "{name}: {} and {}", values[a], values[b]);
                compared += 1;
                let broken = (0..values.len()).find(|c| covers(a, b) && covers(b, *c) && !covers(a, *c));
                assert_eq!(broken, None, "{name}: {} over {} over ..", values[a], values[b]);
            }
        }
    }
    assert!(compared > 20_000, "{compared}");
}

proptest! {
    #[test]
    fn what_is_shown_reads_back_the_same(index in 0..names().len(), text in prop_oneof![".{0,12}", "[a-z0-9, \"'.:*%-]{0,16}", "-?[0-9]{1,12} ?(ms|s|min|h|d|B|kB|MB|GB|TB)?"]) {
        let name = names()[index];
        let Ok(setting) = Setting::parse(name, std::slice::from_ref(&text), 12..=18) else { return Ok(()) };
        if !setting.is_secret() && redact(name, &text) == text {
            let again = Setting::from_text(name, &setting.to_string(), &(12..=18)).expect("what is shown is a value");
            prop_assert_eq!(setting.compare(&again).order, Order::Equal, "{} = {:?} is shown as {}", name, text, setting);
        }
    }

    #[test]
    fn no_text_stops_the_reader(name in ".{0,12}", values in proptest::collection::vec(".{0,40}", 0..4)) {
        let _ = Setting::parse(&name, &values, 12..=18);
        for version in 12..=18 {
            for name in ["log_connections", "log_destination", "search_path", "log_line_prefix", "pgaudit.log", "primary_conninfo", "work_mem", "vacuum_cost_delay"] {
                if let (Ok(a), Ok(b)) = (Setting::parse(name, &values, version..=version), Setting::from_text(name, &values.join(","), &(version..=version))) {
                    let _ = a.compare(&b);
                }
            }
        }
    }
}
