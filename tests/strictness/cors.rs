//! Cross-origin resource sharing.

use super::laws;
use proptest::prelude::*;
use secgen::strictness::cors::{Cors, Lines, Origins};
use secgen::strictness::{Order, Strictness};

/// `origin | credentials | methods | headers`.
fn cors(text: &str) -> Cors {
    let parts: Vec<&str> = text.split('|').map(str::trim).chain(["", "", ""]).collect();
    let line = |i: usize| Some(parts[i]).filter(|p| !p.is_empty());
    let (origin, credentials, methods, headers) = (line(0), line(1), line(2), line(3));
    Cors::from_lines(Lines {
        origin: origin.as_slice(),
        credentials: credentials.as_slice(),
        methods: methods.as_slice(),
        headers: headers.as_slice(),
        max_age: &[],
    })
    .unwrap()
}

fn order(required: &str, found: &str) -> Order {
    cors(required).compare(&cors(found)).order
}

#[test]
fn who_may_read_is_ordered() {
    let stricter = [
        ("https://a.example", ""),
        ("*", "https://a.example"),
        ("$http_origin | true", "*"),
        ("$http_origin | true", "https://a.example | true"),
        ("$http_origin | true", "$http_origin"),
        ("https://a.example | true", "https://a.example"),
        ("https://a.example || PUT, DELETE", "https://a.example || PUT"),
        ("https://a.example || *", "https://a.example || PUT"),
        ("https://a.example | | | x-a, x-b", "https://a.example | | | X-B"),
    ];
    for (required, found) in stricter {
        assert_eq!((order(required, found), order(found, required)), (Order::Stricter, Order::Weaker), "{required} vs {found}");
    }
    let equal = [
        // Without credentials, repeating the origin is the same as `*`.
        ("*", "$http_origin"),
        // Needs no permission.
        ("https://a.example", "https://a.example || GET, HEAD, POST | Accept"),
        // Nobody reads anything, whatever else is sent.
        ("", "| true | PUT"),
        // `*` does not mean Authorization, and nothing at all with credentials.
        ("*|| * | *", "*|| PUT, * | x-a, *"),
        // Browsers refuse credentials with `*`; without them everybody may still read.
        ("*", "* | true"),
        ("https://a.example | yes", "https://a.example"),
    ];
    for (a, b) in equal {
        assert_eq!(order(a, b), Order::Equal, "{a} vs {b}");
    }
    assert_eq!(order("https://a.example | true | *", "https://a.example | true | PUT"), Order::Incomparable);
    assert_eq!(order("*||| *", "*||| authorization"), Order::Incomparable);
    assert_eq!(order("https://a.example", "https://b.example"), Order::Incomparable);
    // Methods are compared as they are sent: `patch` is not PATCH.
    assert_eq!(order("* || PATCH", "* || patch"), Order::Incomparable);
}

#[test]
fn words_name_what_is_allowed_on_top() {
    let why = |required: &str, found: &str| cors(required).compare(&cors(found)).why;
    assert_eq!(why("https://a.example", "$http_origin | true"), "$http_origin may read; $http_origin may read with credentials");
    assert_eq!(why("https://a.example || PUT", "https://a.example || PUT, DELETE | x-a"), "methods: DELETE; headers: x-a");
    assert_eq!(why("*", "https://a.example"), "not allowed: * may read");
    assert!(cors("* | true").credentials_are_refused() && !cors("* ").credentials_are_refused());
    assert!(cors("null").allows_null() && !cors("*").allows_null());
    let max_age = Cors::from_lines(Lines { origin: &["*"], max_age: &["600"], ..Lines::default() }).unwrap();
    assert_eq!((max_age.max_age, max_age.compare(&cors("*")).order), (Some(600), Order::Equal));
}

#[test]
fn an_origin_is_one_as_browsers_write_it() {
    let read = |lines: &[&str]| Cors::from_lines(Lines { origin: lines, ..Lines::default() });
    for bad in [
        "https://A.example",
        "https://a.example/",
        "a.example",
        "https://a.example, https://b.example",
        "https://a.example https://b.example",
        "https://*.a.example",
        "",
        "NULL",
    ] {
        assert!(read(&[bad]).is_err(), "{bad}");
    }
    assert!(read(&["https://a.example", "https://a.example"]).is_err());
    assert!(read(&["*", "*"]).is_err());
    assert_eq!(read(&[" https://a.example:8443 "]).unwrap().origins, cors("https://a.example:8443").origins);
    assert_eq!(read(&["$http_origin"]).unwrap().origins, Origins::Reflected);
    assert_eq!(read(&[]).ok(), Cors::absent());
    // A list of methods that is none makes the preflight fail.
    assert_eq!(cors("* || PUT DELETE"), cors("*"));
}

fn values() -> impl Strategy<Value = Cors> {
    let origins = prop::sample::select(vec!["", "*", "$http_origin", "null", "https://a.example", "https://b.example", "https://a.example https://b.example"]);
    let methods = prop::sample::subsequence(vec!["*", "PUT", "DELETE", "GET"], 0..3);
    let headers = prop::sample::subsequence(vec!["*", "authorization", "x-a", "accept"], 0..3);
    (origins, any::<bool>(), methods, headers).prop_map(|(origins, credentials, methods, headers)| {
        let mut fields = vec![format!("Access-Control-Allow-Credentials: {credentials}")];
        fields.extend((!origins.is_empty()).then(|| format!("Access-Control-Allow-Origin: {origins}")));
        fields.push(format!("Access-Control-Allow-Methods: {}", methods.join(", ")));
        fields.push(format!("access-control-allow-headers: {}", headers.join(" ,  ").to_ascii_uppercase()));
        Cors::parse(&fields.join(" ; ")).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn values_are_ordered(a in values(), b in values(), c in values()) {
        laws(&a, &b, &c)?;
        prop_assert_eq!(Cors::parse(&a.to_string()).unwrap().compare(&a).order, Order::Equal);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[-a-zA-Z0-9=;:,*\" \t/.ä]{0,60}") {
        let _ = (Cors::parse(&text), Cors::from_lines(Lines { origin: &[&text], methods: &[&text], max_age: &[&text], ..Lines::default() }));
    }
}
