//! The vectors of header inheritance: what the evaluator says each place sends, against what nginx 1.22.1 and 1.31.3 sent.

use secgen::finding::Finding;
use secgen::source::Sources;
use secgen::targets::nginx::effective::{self, headers::Effective};
use secgen::targets::nginx::include::{Notes, load};
use secgen::targets::nginx::versions::Versions;

/// Lines in force at a place of the first server that has it; `""` is the server itself.
fn sends(http: &str, server: usize, place: &str) -> Vec<String> {
    let mut sources = Sources::new(std::path::Path::new("."));
    let id = sources.add("nginx.conf", format!("events {{}} http {{ {http} }}"));
    let tree = load(&mut sources, id, &[], &mut Notes::default()).unwrap();
    let mut findings: Vec<Finding> = Vec::new();
    let versions = Versions { nginx: Some((1, 31, 3)), openssl: None };
    let all = effective::servers(&tree, versions, &mut findings);
    assert!(findings.is_empty(), "{findings:?}");
    let server = &all[0].servers[server];
    let mut lists = vec![Effective::top(&all[0].level).below(&server.level, server.span)];
    for location in &server.locations {
        let list = lists[location.parent.map_or(0, |i| i + 1)].below(&location.level, location.span);
        lists.push(list);
    }
    let index = if place.is_empty() { 0 } else { server.locations.iter().position(|l| l.label == place).unwrap() + 1 };
    let lines = lists[index].lines.iter().filter(|l| !l.value.value.is_empty());
    lines.map(|l| format!("{}: {}", l.name.text(), l.value.text())).collect()
}

#[test]
fn h_levels() {
    let h01 = "server { add_header X-Frame-Options DENY; add_header X-Content-Type-Options nosniff; location / { } location /img/ { add_header Cache-Control public; } }";
    assert_eq!(sends(h01, 0, "location /"), ["X-Frame-Options: DENY", "X-Content-Type-Options: nosniff"], "H01");
    assert_eq!(sends(h01, 0, "location /img/"), ["Cache-Control: public"], "H01");
    let h02 = "add_header X-Http 1; add_header X-Two 2; server { server_name a; add_header X-Srv 1; } server { server_name b; }";
    assert_eq!(sends(h02, 0, ""), ["X-Srv: 1"], "H02");
    assert_eq!(sends(h02, 1, ""), ["X-Http: 1", "X-Two: 2"], "H02");
    let h03 = r"server { add_header X-S s; location /img/ { add_header X-L l; location ~ \.png$ { expires off; } } location /sub/ { location ~ \.html$ { add_header X-N n; } } }";
    assert_eq!(sends(h03, 0, r"location ~ \.png$"), ["X-L: l"], "H03");
    assert_eq!(sends(h03, 0, r"location ~ \.html$"), ["X-N: n"], "H03");
    let h04 = "server { add_header X-S s; location /a.txt { add_header X-L l; if ($arg_x) { add_header X-IF i; } if ($arg_y) { set $z 1; } } location /img/ { if ($arg_w) { add_header X-IF i; } } }";
    assert_eq!(sends(h04, 0, "location /a.txt"), ["X-L: l"], "H04");
    assert_eq!(sends(h04, 0, "if ($arg_x)"), ["X-IF: i"], "H04");
    assert_eq!(sends(h04, 0, "if ($arg_y)"), ["X-L: l"], "H04");
    assert_eq!(sends(h04, 0, "location /img/"), ["X-S: s"], "H04");
    assert_eq!(sends(h04, 0, "if ($arg_w)"), ["X-IF: i"], "H04");
}

#[test]
fn h_duplicates_and_empty_values() {
    let h10 = "server { add_header X-Frame-Options DENY; add_header x-frame-options SAMEORIGIN; add_header X-Frame-Options DENY; }";
    assert_eq!(sends(h10, 0, ""), ["X-Frame-Options: DENY", "x-frame-options: SAMEORIGIN", "X-Frame-Options: DENY"], "H10");
    let h11 = r#"server { add_header X-S s; location /img/ { add_header X-Nothing ""; } location /sub/ { add_header X-S ""; } }"#;
    assert_eq!(sends(h11, 0, ""), ["X-S: s"], "H11");
    assert!(sends(h11, 0, "location /img/").is_empty(), "H11");
    assert!(sends(h11, 0, "location /sub/").is_empty(), "H11");
    let h26 = "server { return 200 x; add_header X-S s; location / { add_header X-L l; } }";
    assert_eq!(sends(h26, 0, ""), ["X-S: s"], "H26");
    let x14 = "server { add_header X-S s; location / { add_header X-L l; error_page 404 = @n; } location @n { return 200 n; } }";
    assert_eq!(sends(x14, 0, "location @n"), ["X-S: s"], "X14");
}

#[test]
fn i_inherit() {
    let i01 = "server { add_header X-S s; add_header X-Same parent; location / { add_header_inherit merge; add_header X-L l; add_header X-Same child; } }";
    assert_eq!(sends(i01, 0, "location /"), ["X-L: l", "X-Same: child", "X-S: s", "X-Same: parent"], "I01");
    let i02 = "add_header_inherit merge; add_header X-H h; server { add_header X-S s; location / { add_header X-L l; location /img/ { add_header X-N n; } } }";
    assert_eq!(sends(i02, 0, "location /"), ["X-L: l", "X-S: s", "X-H: h"], "I02");
    assert_eq!(sends(i02, 0, "location /img/"), ["X-N: n", "X-L: l", "X-S: s", "X-H: h"], "I02");
    assert!(sends("server { add_header X-S s; location / { add_header_inherit off; } }", 0, "location /").is_empty(), "I03");
    let i04 = "server { add_header_inherit off; add_header X-S s; location / { } location /img/ { add_header_inherit on; } }";
    assert!(sends(i04, 0, "location /").is_empty(), "I04");
    assert_eq!(sends(i04, 0, "location /img/"), ["X-S: s"], "I04");
    assert_eq!(sends("add_header X-H h; server { add_header_inherit off; add_header X-S s; }", 0, ""), ["X-S: s"], "I04b");
    let i05 = "server { add_header X-S s; location / { add_header X-L l; if ($arg_x) { add_header_inherit merge; add_header X-I i; } } }";
    assert_eq!(sends(i05, 0, "location /"), ["X-L: l"], "I05");
    assert_eq!(sends(i05, 0, "if ($arg_x)"), ["X-I: i", "X-L: l"], "I05");
    let i05b = "server { add_header X-S s; location / { add_header_inherit merge; add_header X-L l; if ($arg_x) { add_header X-I i; } } }";
    assert_eq!(sends(i05b, 0, "if ($arg_x)"), ["X-I: i", "X-L: l", "X-S: s"], "I05b");
    let i06 = r#"server { add_header X-S s; location / { add_header_inherit merge; add_header X-S ""; } }"#;
    assert_eq!(sends(i06, 0, "location /"), ["X-S: s"], "I06");
    let i07 = "server { add_header X-S s; location / { add_header X-L l; add_header_inherit merge; } }";
    assert_eq!(sends(i07, 0, "location /"), ["X-L: l", "X-S: s"], "I07");
    let i10 = "add_header X-H h; server { add_header X-S s; location / { add_header_inherit merge; add_header X-L l; } }";
    assert_eq!(sends(i10, 0, "location /"), ["X-L: l", "X-S: s"], "I10");
}
