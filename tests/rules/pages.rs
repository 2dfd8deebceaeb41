//! `docs/rules/` and `docs/controls.md` are what the rules and keys say. `SECGEN_BLESS=1` writes them anew.

use crate::support::project;
use secgen::cli::catalogue;
use secgen::report::rule as report;
use std::collections::BTreeMap;

fn pages() -> BTreeMap<String, String> {
    let groups = || catalogue::GROUPS.iter();
    let mut pages: BTreeMap<String, String> =
        groups().flat_map(|g| g.rules.iter().map(|r| (format!("rules/{}.md", r.name), report::page(r, g.title)))).collect();
    pages.insert("rules/README.md".to_owned(), report::index(groups().map(|g| (g.title, g.rules.as_slice()))));
    pages.insert("controls.md".to_owned(), report::keys_page());
    pages
}

#[test]
fn the_pages_are_fresh() {
    let docs = project().join("docs");
    let folder = docs.join("rules");
    let pages = pages();
    let on_disk = || -> Vec<String> {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        entries.map(|e| format!("rules/{}", e.file_name().to_str().unwrap())).filter(|n| !pages.contains_key(n)).collect()
    };
    if std::env::var_os("SECGEN_BLESS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for old in on_disk() {
            std::fs::remove_file(docs.join(old)).unwrap();
        }
        for (name, text) in &pages {
            std::fs::write(docs.join(name), text).unwrap();
        }
    }
    let stale: Vec<&String> =
        pages.iter().filter(|(n, text)| std::fs::read_to_string(docs.join(n)).unwrap_or_default().replace("\r\n", "\n") != **text).map(|(n, _)| n).collect();
    assert!(stale.is_empty() && on_disk().is_empty(), "run the tests with SECGEN_BLESS=1: stale {stale:?}, of no rule {:?}", on_disk());
}

/// What would not be Markdown as it is meant: a fence that is not closed, a table row of another width, a link to nowhere.
#[test]
fn the_pages_are_sound_markdown() {
    let pages = pages();
    for (name, text) in &pages {
        assert_eq!(text.lines().filter(|l| l.starts_with("```")).count() % 2, 0, "{name}: a fence is open");
        let mut columns = 0;
        for line in text.lines() {
            let bars = line.replace("\\|", "").matches('|').count();
            if line.starts_with('|') {
                assert!(columns == 0 || bars == columns, "{name}: {line}");
                columns = bars;
            } else {
                columns = 0;
            }
            for link in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|l| l.ends_with(".md") || l.contains(".md#")) {
                let file = link.split('#').next().unwrap();
                let target = match file.strip_prefix("../") {
                    Some(above) => above.to_owned(),
                    None if name.starts_with("rules/") => format!("rules/{file}"),
                    None => file.to_owned(),
                };
                assert!(pages.contains_key(&target) || project().join("docs").join(&target).exists(), "{name} links to {link}");
            }
        }
    }
}
