//! Connection strings of databases.

use crate::security::tls::{WeakConnection, for_verifying_client, require_verify_full};

#[test]
fn verify_full_is_accepted() {
    for good in [
        "postgres://app@db.example.com/app?sslmode=verify-full",
        "postgresql://app:secret@db:5432/app?connect_timeout=3&sslmode=verify-full&sslrootcert=/ca.pem",
        "postgresql:///app?host=db&ssl%6dode=verify%2Dfull",
        "host=db user=app password=x sslmode=verify-full",
        "sslmode = 'verify-full' host=db",
        "password='it\\'s sslmode=disable' sslmode=verify-full",
        "password=a\\ b sslmode=verify-full",
        "sslmode='verify\\-full'",
        "  sslmode\n=\tverify-full  ",
    ] {
        assert_eq!(require_verify_full(good), Ok(()), "{good}");
    }
}

#[test]
fn less_is_refused() {
    use WeakConnection::{Ambiguous, NoMode, Unreadable, WeakMode};
    for (weak, why) in [
        ("", NoMode),
        ("postgres://db/app", NoMode),
        ("host=db user=app", NoMode),
        ("host=db password='sslmode=verify-full'", NoMode),
        ("postgres://u:sslmode=verify-full@db/app", NoMode),
        ("postgres://db/app?sslmode=require", WeakMode),
        ("postgres://db/app?sslmode=verify-ca", WeakMode),
        ("postgres://db/app?sslmode=prefer", WeakMode),
        ("postgres://db/app?sslmode=disable", WeakMode),
        ("postgres://db/app?sslmode=", WeakMode),
        ("postgres://db/app?sslmode", WeakMode),
        ("postgres://db/app?sslmode=VERIFY-FULL", WeakMode),
        ("postgres://db/app?sslmode=verify-full%00", WeakMode),
        ("postgres://db/app?sslmode=verify-full;x=y", WeakMode),
        ("sslmode=require", WeakMode),
        ("sslmode=verify-full2", WeakMode),
        ("sslmode=''", WeakMode),
        (
            "postgres://db/app?sslmode=verify-full&sslmode=disable",
            Ambiguous,
        ),
        ("postgres://db/app?sslmode=verify-full&ssl=true", Ambiguous),
        (
            "postgres://db/app?sslmode=verify-full&ssl-mode=disable",
            Ambiguous,
        ),
        ("postgres://db/app?ssl_mode=verify-full", Ambiguous),
        ("postgres://db/app?SSLMODE=verify-full", Ambiguous),
        ("sslmode=verify-full sslmode=verify-full", Ambiguous),
        ("postgres://u:p?w@db/app?sslmode=verify-full", Unreadable),
        ("postgres://u:p#w@db/app?sslmode=verify-full", Unreadable),
        ("postgres://db/app?x#&sslmode=verify-full", Unreadable),
        ("postgres://db/app?x@y&sslmode=verify-full", Unreadable),
        ("postgres://db/app?sslmode=verify%-full", Unreadable),
        ("postgres://db/app?sslmode=verify%2", Unreadable),
        ("postgres://db/app?a=%ff&sslmode=verify-full", Unreadable),
        ("mysql://db/app?sslmode=verify-full", Unreadable),
        ("POSTGRES://db/app?sslmode=verify-full", Unreadable),
        ("sslmode", Unreadable),
        ("sslmode='verify-full", Unreadable),
        ("host=db sslmode verify-full", Unreadable),
    ] {
        assert_eq!(require_verify_full(weak), Err(why), "{weak}");
        assert_eq!(for_verifying_client(weak), Err(why), "{weak}");
    }
}

#[test]
fn an_error_shows_nothing_of_the_string() {
    for weak in [
        "hunter2",
        "host=x password=hunter2",
        "postgres://u:hunter2@h",
    ] {
        let error = require_verify_full(weak).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[test]
fn a_client_that_verifies_by_itself_gets_require() {
    for (string, expected) in [
        (
            "postgres://app:p%40w@db/app?a=b&sslmode=verify-full&c=d",
            "postgres://app:p%40w@db/app?a=b&sslmode=require&c=d",
        ),
        (
            "postgres://db/app?ssl%6dode=verify-full",
            "postgres://db/app?sslmode=require",
        ),
        (
            "host=db sslmode = 'verify-full' user=ä",
            "host=db sslmode=require user=ä",
        ),
        ("sslmode=verify-full", "sslmode=require"),
    ] {
        assert_eq!(for_verifying_client(string).as_deref(), Ok(expected));
    }
}
