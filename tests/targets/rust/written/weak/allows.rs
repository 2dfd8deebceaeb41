use reqwest::Client;

fn clients() {
    // secgen: allow(tls-verification-off) the certificate is pinned two lines below
    let _ = Client::builder().danger_accept_invalid_certs(true).build();
    let _ = Client::builder().danger_accept_invalid_certs(true).build(); // secgen: allow(tls-verification-off) pinned
    // secgen: allow(tls-verification-off)
    let _ = Client::builder().danger_accept_invalid_certs(true).build(); // <- tls-verification-off
    // secgen: allow(tls-verification-of) pinned
    let _ = Client::builder().danger_accept_invalid_certs(true).build(); // <- tls-verification-off
    // secgen: allow(tls-verification-off) nothing is here any more
    let _ = Client::builder().build();
    // secgen: allow(rust-syntax) cannot be taken back
    let text = "// secgen: allow(tls-verification-off) in a text";
    let _ = Client::builder().danger_accept_invalid_certs(true).build(); // <- tls-verification-off
}
// line 7: allow-without-reason
// line 9: allow-of-unknown-rule
// line 11: allow-unused
// line 13: allow-of-unknown-rule
