//! Requests by curl, from any address of the loopback.

use crate::stack::Stack;
use serde_json::{Value, json};
use std::process::Command;

/// A request that is put together.
#[must_use]
pub struct Request {
    url: String,
    arguments: Vec<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    fields: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Stack {
    /// A request to the service as the world sees it.
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request::new(method, self, &format!("{}{path}", self.value("URL")))
    }

    /// A request without TLS, as to `http://`.
    pub fn plain(&self, method: &str, path: &str) -> Request {
        let port = self.value("HTTP_PORT");
        Request::new(method, self, &format!("http://127.0.0.1:{port}{path}"))
    }

    /// A request to one instance, past nginx.
    pub fn direct(&self, instance: u16, method: &str, path: &str) -> Request {
        Request::new(method, self, &format!("http://127.0.0.1:{instance}{path}"))
    }

    /// An attempt to log in.
    pub fn login(&self, client: &str, account: &str, password: &str) -> Answer {
        let login = json!({ "account": account, "password": password });
        self.request("POST", "/login")
            .from(client)
            .json(&login)
            .send()
    }

    /// The tokens of an account: for each request, and for the next refresh.
    pub fn tokens(&self, account: &str) -> (String, String) {
        let answer = self.login(&self.client(), account, self.value("PASSWORD"));
        assert_eq!(answer.status, 200, "{answer:?}");
        (answer.access_token(), answer.cookie())
    }
}

impl Request {
    fn new(method: &str, stack: &Stack, url: &str) -> Self {
        let request = Self {
            url: url.to_owned(),
            arguments: Vec::new(),
        };
        let roots = stack.path("tls/ca.pem");
        request.with(&[
            "-s",
            "-i",
            "--max-time",
            "20",
            "-X",
            method,
            "--cacert",
            &roots,
        ])
    }

    /// More arguments of curl.
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments
            .extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// From this address.
    pub fn from(self, client: &str) -> Self {
        self.with(&["--interface", client])
    }

    /// With a header field.
    pub fn field(self, field: &str) -> Self {
        self.with(&["-H", field])
    }

    /// With an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.field(&format!("authorization: Bearer {token}"))
    }

    /// With the cookie of a session.
    pub fn session(self, token: &str) -> Self {
        self.field(&format!("cookie: __Host-session={token}"))
    }

    /// With a body of JSON.
    pub fn json(self, body: &Value) -> Self {
        self.field("content-type: application/json")
            .body(&body.to_string())
    }

    /// With a body, and no `Content-Type` of curl's own.
    pub fn body(self, body: &str) -> Self {
        let is_typed = self
            .arguments
            .iter()
            .any(|argument| argument.starts_with("content-type:"));
        let request = if is_typed {
            self
        } else {
            self.field("content-type:")
        };
        request.with(&["-H", "expect:", "--data-raw", body])
    }

    /// The answer.
    pub fn send(self) -> Answer {
        self.try_send().expect("an answer")
    }

    /// The answer, or the exit code of curl.
    pub fn try_send(self) -> Result<Answer, i32> {
        let output = Command::new("curl")
            .args(&self.arguments)
            .arg(&self.url)
            .output()
            .unwrap();
        // curl ends with 56 or 55 where the server answered and closed before it had the whole body.
        let text = String::from_utf8(output.stdout).unwrap();
        match text.split_once("\r\n\r\n") {
            Some((head, body)) => Ok(Answer::parse(head, body)),
            None => Err(output.status.code().unwrap_or(-1)),
        }
    }
}

impl Answer {
    fn parse(head: &str, body: &str) -> Self {
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let fields = lines.filter_map(|line| line.split_once(": "));
        Self {
            status: status.parse().unwrap(),
            fields: fields
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect(),
            body: body.to_owned(),
        }
    }

    /// All values of a field.
    pub fn fields(&self, name: &str) -> Vec<&str> {
        let found = self.fields.iter().filter(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a field that is there once.
    #[track_caller]
    pub fn field(&self, name: &str) -> &str {
        let found = self.fields(name);
        assert_eq!(found.len(), 1, "{name} in {self:?}");
        found[0]
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The access token of a login or refresh.
    #[track_caller]
    pub fn access_token(&self) -> String {
        self.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// The refresh token in the cookie.
    #[track_caller]
    pub fn cookie(&self) -> String {
        let cookie = self.field("set-cookie").strip_prefix("__Host-session=");
        cookie.unwrap().split(';').next().unwrap().to_owned()
    }

    /// What is left of a quota.
    #[track_caller]
    pub fn remaining(&self, quota: &str) -> u32 {
        let start = format!("\"{quota}\";r=");
        let found = self
            .fields("ratelimit")
            .into_iter()
            .find_map(|value| value.strip_prefix(&start));
        let found = found.unwrap_or_else(|| panic!("no {quota} in {self:?}"));
        found.split(';').next().unwrap().parse().unwrap()
    }
}
