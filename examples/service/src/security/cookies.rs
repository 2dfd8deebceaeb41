//! Cookies with the attributes of the policy (RFC 6265bis).

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite};
use std::fmt;
use std::time::Duration;

/// One cookie of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its name. Browsers keep a `__Host-` cookie only with `Secure`, `Path=/` and no `Domain`.
    pub name: &'static str,
    /// Sent over HTTPS only.
    pub secure: bool,
    /// Out of reach of scripts.
    pub http_only: bool,
    /// On which requests from other sites it is sent.
    pub same_site: SameSite,
    /// How long the browser keeps it; `None`: until the browser ends its session. Browsers keep none
    /// for longer than 400 days (RFC 6265bis, 5.5).
    pub max_age: Option<Duration>,
    /// Below which path it is sent. There is no `Domain`: no other host gets it.
    pub path: &'static str,
}

/// The value has a character that a cookie cannot hold (RFC 6265bis, 4.1.1), such as a semicolon: it
/// would end the value and begin an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidValue;

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cookie holds no blanks, quotes, commas, semicolons, backslashes, or characters beyond ASCII")
    }
}

impl std::error::Error for InvalidValue {}

impl Settings {
    /// The `Set-Cookie` field that gives the browser this cookie.
    ///
    /// ```ignore
    /// let session = policy.cookies.session.set(&token)?;
    /// Ok(([(header::SET_COOKIE, session)], "welcome").into_response())
    /// ```
    ///
    /// # Errors
    /// The value has a character that a cookie cannot hold.
    pub fn set(&self, value: &str) -> Result<HeaderValue, InvalidValue> {
        field(&self.cookie(value)?)
    }

    /// The `Set-Cookie` field that takes the cookie away: the same name and path, expired.
    ///
    /// # Errors
    /// The policy's name or path has a character that HTTP does not allow.
    pub fn remove(&self) -> Result<HeaderValue, InvalidValue> {
        field(&self.removal())
    }

    /// The cookie, for a cookie jar.
    ///
    /// # Errors
    /// The value has a character that a cookie cannot hold.
    pub fn cookie(&self, value: &str) -> Result<Cookie<'static>, InvalidValue> {
        if value.bytes().all(is_cookie_octet) {
            Ok(self.build(value.to_owned()))
        } else {
            Err(InvalidValue)
        }
    }

    /// The removal of the cookie, for a cookie jar.
    #[must_use]
    pub fn removal(&self) -> Cookie<'static> {
        let mut cookie = self.build(String::new());
        cookie.make_removal();
        cookie
    }

    /// The value that the browser sent. `None` where there is none, and where there are several of the
    /// name: then a neighbouring host or an older path added one, and nobody can tell which is ours.
    #[must_use]
    pub fn read(&self, headers: &HeaderMap) -> Option<String> {
        let mut values = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='))
            .filter(|(name, _)| *name == self.name)
            .map(|(_, value)| value);
        let value = values.next()?;
        (values.next().is_none() && value.bytes().all(is_cookie_octet)).then(|| value.to_owned())
    }

    fn build(&self, value: String) -> Cookie<'static> {
        let mut cookie = Cookie::build((self.name, value))
            .secure(self.secure)
            .http_only(self.http_only)
            .same_site(self.same_site)
            .path(self.path);
        if let Some(max_age) = self.max_age {
            let seconds = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
            cookie = cookie.max_age(cookie::time::Duration::seconds(seconds));
        }
        cookie.build()
    }
}

fn field(cookie: &Cookie<'_>) -> Result<HeaderValue, InvalidValue> {
    HeaderValue::try_from(cookie.to_string()).map_err(|_| InvalidValue)
}

/// `cookie-octet` of RFC 6265bis, 4.1.1.
const fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'+' | b'-'..=b':' | b'<'..=b'[' | b']'..=b'~')
}
