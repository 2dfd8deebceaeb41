#[cfg(any(test, feature = "testing"))]
fn in_a_release_too() {
    let _ = jsonwebtoken::EncodingKey::from_secret(b"hunter2"); // <- secret-in-code
}

#[cfg(not(test))]
fn in_every_release() {
    let _ = jsonwebtoken::EncodingKey::from_secret(b"hunter2"); // <- secret-in-code
}
