//! What Server and X-Powered-By tell.

use super::laws;
use secgen::strictness::disclosure::Disclosure;
use secgen::strictness::{Order, Strictness};

#[test]
fn less_is_stricter() {
    let read = |lines: &[&str]| Disclosure::from_lines(lines);
    let (nothing, name, version) = (read(&[]), read(&[" nginx "]), read(&["nginx/1.26.2"]));
    assert_eq!(read(&["", " "]), nothing);
    assert_eq!(read(&["Express", "PHP/8.3"]), Disclosure::Version("Express, PHP/8.3".to_owned()));
    let order = |required: &Disclosure, found: &Disclosure| required.compare(found).order;
    assert_eq!((order(&nothing, &name), order(&nothing, &version), order(&name, &version)), (Order::Weaker, Order::Weaker, Order::Weaker));
    assert_eq!((order(&name, &nothing), order(&version, &name), order(&name, &read(&["Apache"]))), (Order::Stricter, Order::Stricter, Order::Equal));
    assert_eq!(name.compare(&version).why, "`nginx/1.26.2` names the software and its version");
    assert_eq!(Disclosure::absent(), Some(nothing.clone()));
    let all = [nothing, name, version, read(&["Apache"])];
    for a in &all {
        for b in &all {
            for c in &all {
                laws(a, b, c).unwrap();
            }
        }
        // What it shows is what was sent.
        if *a != Disclosure::Nothing {
            assert_eq!(&read(&[&a.to_string()]), a);
        }
    }
}
