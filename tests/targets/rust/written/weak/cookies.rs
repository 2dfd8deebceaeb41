use actix_web::cookie::Cookie as ActixCookie;
use axum_extra::extract::cookie::{Cookie, SameSite};
use tower_sessions::{MemoryStore, SessionManagerLayer};

fn built(value: String) -> Cookie<'static> {
    Cookie::build(("sid", value))
        .secure(false) // <- cookie-flag-off-in-code
        .http_only(false) // <- cookie-readable-by-scripts
        .same_site(SameSite::Lax)
        .build()
}

fn set(value: String) {
    let mut cookie = ActixCookie::new("theme", value);
    cookie.set_secure(false); // <- cookie-flag-off-in-code
    cookie.set_http_only(false); // <- cookie-readable-by-scripts
}

fn layer() {
    let _ = SessionManagerLayer::new(MemoryStore::default()).with_secure(false).with_http_only(false); // <- cookie-flag-off-in-code cookie-readable-by-scripts
}

fn parameter(cookie: &mut cookie::Cookie<'_>) {
    cookie.set_secure(false); // <- cookie-flag-off-in-code
}
