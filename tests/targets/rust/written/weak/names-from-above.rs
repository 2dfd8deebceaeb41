//! What a module takes from the one above it, and values in `Some`.

use cookie::Cookie;
use jsonwebtoken as jwt;

mod inner {
    use super::*;

    fn verifies() -> jwt::Validation {
        let mut validation = jwt::Validation::new(jwt::Algorithm::HS512);
        validation.validate_exp = false; // <- jwt-expiry-unchecked
        validation
    }

    mod further {
        use super::*;

        fn signs() -> jwt::Header {
            jwt::Header::new(jwt::Algorithm::HS256) // <- jwt-algorithm-differs
        }
    }
}

fn cookie() -> Cookie<'static> {
    let mut cookie = Cookie::new("sid", "x");
    cookie.set_secure(Some(false)); // <- cookie-flag-off-in-code
    cookie.set_http_only(Some(false)); // <- cookie-readable-by-scripts
    cookie
}
