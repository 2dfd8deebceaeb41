//! One line of words as a record, as `parse_hba_line` and `parse_hba_auth_opt` of the server have it.
//!
//! What depends on how a server was built (GSSAPI, PAM, LDAP) or on other settings (a validator for OAuth) is taken as there.
//! Options are named in messages only where their names are known: an unquoted secret may be what stands there.

use super::lex::{Dialect, Word};
use crate::strictness::postgres::hba::address::{Refused, numeric};
use crate::strictness::postgres::hba::{Address, Connection, Method, Name, Record};

/// The words of one column: a list.
pub(super) type Field = Vec<Word>;

/// Why the server does not take a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bad {
    /// A sentence without a full stop.
    pub(super) why: String,
    /// What to do.
    pub(super) help: &'static str,
}

impl Bad {
    pub(super) fn new(why: impl Into<String>, help: &'static str) -> Self {
        Self { why: why.into(), help }
    }
}

/// A record, and where its method stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) record: Record,
    pub(super) method: Word,
    /// Options as written that the record brings to one spelling: `clientcert=1`.
    pub(super) old_clientcert: bool,
    /// Options whose value is a secret.
    pub(super) secrets: Vec<&'static str>,
}

/// A text of the file in a message: short, and never an option.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(40).collect();
    if cut.len() < text.len() { format!("\"{cut}...\"") } else { format!("\"{cut}\"") }
}

fn single<'a>(field: Option<&'a Field>, missing: &str, what: &str, help: &'static str) -> Result<&'a Word, Bad> {
    match field.map(Vec::as_slice) {
        None | Some([]) => Err(Bad::new(format!("the line ends before {missing}"), help)),
        Some([word]) => Ok(word),
        Some(_) => Err(Bad::new(format!("{what} is a list"), help)),
    }
}

/// The record of a line.
///
/// # Errors
/// Why the server does not take it.
pub(super) fn record(fields: &[Field], dialect: Dialect) -> Result<Parsed, Bad> {
    let mut fields = fields.iter();
    let word = single(fields.next(), "the type", "the type of connection", "write one type of connection, a line for each")?;
    let Some(connection) = Connection::parse(&word.text) else {
        return Err(bad_type(&word.text, dialect));
    };
    let names = |field: Option<&Field>, missing, make: fn(&str, bool, bool) -> Name| {
        let field = field.filter(|f| !f.is_empty()).ok_or_else(|| Bad::new(format!("the line ends before {missing}"), "complete the line, or delete it"))?;
        let read = |word: &Word| match word.text.strip_prefix('/') {
            // See `include`: no word holds a zero byte of its own.
            _ if word.text.starts_with('\0') => Ok(Name::File(word.text.trim_start_matches('\0').to_owned())),
            Some(regex) if dialect.has_regex() && !is_balanced(regex) => {
                Err(Bad::new(format!("{} is no regular expression: its brackets do not match", shown(&word.text)), "correct the expression"))
            }
            _ => Ok(make(&word.text, word.quoted, dialect.has_regex())),
        };
        field.iter().map(read).collect::<Result<Vec<Name>, Bad>>()
    };
    let databases = names(fields.next(), "the database", Name::database)?;
    let users = names(fields.next(), "the user", Name::user)?;
    let address = if connection == Connection::Local { None } else { Some(address(&mut fields)?) };
    let method = single(fields.next(), "the method", "the method", "write one method, a line for each")?;
    let Some(way) = Method::parse(&method.text).filter(|way| *way != Method::Oauth || dialect.0 >= 18) else {
        return Err(bad_method(connection, &method.text));
    };
    if let Some(why) = combination(connection, way) {
        return Err(why);
    }
    let way = if connection == Connection::Local && way == Method::Ident { Method::Peer } else { way };
    let mut options = Options { connection, method: way, dialect, all: Vec::new() };
    for word in fields.flatten() {
        options.add(&word.text)?;
    }
    options.complete()?;
    let old_clientcert = options.all.iter().any(|(name, value)| name == "clientcert" && matches!(value.as_str(), "0" | "1" | "no-verify"));
    let secrets = crate::strictness::postgres::hba::SECRETS.into_iter().filter(|secret| options.all.iter().any(|(name, _)| name == secret)).collect();
    Ok(Parsed { record: Record::new(connection, databases, users, address, way, options.all), method: method.clone(), old_clientcert, secrets })
}

fn bad_type(word: &str, dialect: Dialect) -> Bad {
    const TYPES: &str = "write local, host, hostssl, hostnossl, hostgssenc or hostnogssenc";
    if matches!(word, "include" | "include_if_exists" | "include_dir") {
        return if dialect.has_includes() {
            Bad::new(format!("{word} has more than one name behind it"), "write one file or folder; in double quotes if its name has blanks")
        } else {
            Bad::new(format!("PostgreSQL {} knows no {word} in pg_hba.conf", dialect.0), "put the records into this file: includes came with PostgreSQL 16")
        };
    }
    if Connection::parse(&word.to_ascii_lowercase()).is_some() {
        return Bad::new(format!("{} is no type of connection: letter case counts", shown(word)), "write it in lower case");
    }
    Bad::new(format!("{} is no type of connection", shown(word)), TYPES)
}

fn bad_method(connection: Connection, word: &str) -> Bad {
    if Method::parse(&word.to_ascii_lowercase()).is_some_and(|way| way != Method::Oauth) {
        return Bad::new(format!("{} is no method: letter case counts", shown(word)), "write it in lower case");
    }
    if word == "oauth" {
        return Bad::new("oauth is a method from PostgreSQL 18 on only", "use a method that every declared version knows");
    }
    if connection == Connection::Local && (word.contains('/') || numeric(word).is_some()) {
        return Bad::new("a local record has no address", "delete the address, or write host, hostssl or hostnossl");
    }
    // It may be anything that somebody wrote into the wrong column.
    Bad::new("there is no method of this name", "write scram-sha-256, cert, peer, reject or another method of the documentation")
}

fn address<'a>(fields: &mut impl Iterator<Item = &'a Field>) -> Result<Address, Bad> {
    const ONE: &str = "write one network, a line for each";
    let word = single(fields.next(), "the address", "the address", ONE)?;
    let mask = if Address::needs_mask(&word.text, word.quoted) {
        const HELP: &str = "write the length of the network behind the address, such as /32 for one machine";
        Some(single(fields.next(), "the mask of the address", "the mask", HELP)?)
    } else {
        None
    };
    Address::parse(&word.text, word.quoted, mask.map(|word| word.text.as_str())).map_err(|refused| {
        let text = shown(&word.text);
        match refused {
            Refused::HostWithLength => {
                Bad::new(format!("{text} is a host name, and has a length behind it"), "write a numeric address, or the host name alone")
            }
            Refused::Length => Bad::new(format!("{text} has a length that is none"), "write /0 to /32 for IPv4, /0 to /128 for IPv6"),
            Refused::NoMask | Refused::Mask => Bad::new(
                format!("the address {text} has neither a length nor a mask"),
                "write the length of the network behind the address, such as /32 for one machine",
            ),
            Refused::Families => Bad::new(format!("the address {text} and its mask are of different families"), "write the network with its length instead"),
        }
    })
}

/// Combinations of type and method that the server refuses.
fn combination(connection: Connection, way: Method) -> Option<Bad> {
    let is_local = connection == Connection::Local;
    match way {
        Method::Gss | Method::Sspi if is_local => {
            Some(Bad::new(format!("{} does not work on local connections", way.name()), "write peer or scram-sha-256 for local connections"))
        }
        Method::Peer if !is_local => Some(Bad::new("peer works on local connections only", "write local, or another method such as scram-sha-256")),
        Method::Cert if connection != Connection::Hostssl => Some(Bad::new("cert works on hostssl connections only", "write hostssl, or another method")),
        _ => None,
    }
}

/// Whether brackets outside of escapes match; the server reads the rest.
fn is_balanced(regex: &str) -> bool {
    let (mut depth, mut in_set, mut chars) = (0_i64, false, regex.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            ']' => in_set = false,
            _ if in_set => {}
            '[' => in_set = true,
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && !in_set
}

struct Options {
    connection: Connection,
    method: Method,
    dialect: Dialect,
    all: Vec<(String, String)>,
}

impl Options {
    fn has(&self, name: &str) -> bool {
        self.all.iter().any(|(own, _)| own == name)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.all.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn add(&mut self, text: &str) -> Result<(), Bad> {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Bad::new("an option has no = in it", "write options as name=value; in double quotes where a value has blanks, commas or #"));
        };
        let of = |methods: &[Method]| {
            let fits = methods.contains(&self.method);
            (!fits).then(|| Bad::new(format!("the option {name} does not belong to {}", self.method.name()), "delete the option, or correct the method"))
        };
        let number = |value: &str| value.trim_start().bytes().take_while(u8::is_ascii_digit).any(|b| b != b'0');
        let why = match name {
            "map" => {
                let mut with = vec![Method::Ident, Method::Peer, Method::Gss, Method::Sspi, Method::Cert];
                with.extend((self.dialect.0 >= 18).then_some(Method::Oauth));
                of(&with)
            }
            "clientcert" => self.clientcert(value),
            "clientname" if self.dialect.0 >= 14 => match value {
                _ if self.connection != Connection::Hostssl => {
                    Some(Bad::new("clientname works on hostssl connections only", "delete the option, or write hostssl"))
                }
                "CN" | "DN" => None,
                _ => Some(Bad::new("clientname is CN or DN", "write clientname=CN or clientname=DN")),
            },
            "clientname" => Some(Bad::new("clientname is known from PostgreSQL 14 on only", "delete the option: before PostgreSQL 14 the name is the CN")),
            "pamservice" | "pam_use_hostname" => of(&[Method::Pam]),
            "krb_realm" | "include_realm" => of(&[Method::Gss, Method::Sspi]),
            "compat_realm" | "upn_username" => of(&[Method::Sspi]),
            "ldapurl" if !value.starts_with("ldap://") && !value.starts_with("ldaps://") => {
                of(&[Method::Ldap]).or_else(|| Some(Bad::new("ldapurl is no address of an LDAP server", "write ldapurl=ldaps://HOST/BASE")))
            }
            "ldapport" if !number(value) => of(&[Method::Ldap]).or_else(|| Some(Bad::new("ldapport is no number", "write the port of the LDAP server"))),
            "ldapurl"
            | "ldaptls"
            | "ldapscheme"
            | "ldapserver"
            | "ldapport"
            | "ldapbinddn"
            | "ldapbindpasswd"
            | "ldapsearchattribute"
            | "ldapsearchfilter"
            | "ldapbasedn"
            | "ldapprefix"
            | "ldapsuffix" => of(&[Method::Ldap]),
            "radiusports" if elements(value).iter().any(|port| !number(port)) => {
                of(&[Method::Radius]).or_else(|| Some(Bad::new("radiusports has an element that is no number", "write the ports of the RADIUS servers")))
            }
            "radiusservers" | "radiusports" | "radiussecrets" | "radiusidentifiers" => of(&[Method::Radius]),
            "issuer" | "scope" | "validator" | "delegate_ident_mapping" if self.dialect.0 >= 18 => of(&[Method::Oauth]),
            _ => {
                // What stands behind a secret may be a part of it.
                let is_plain = name.len() <= 32 && !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                let is_safe = is_plain && !crate::strictness::postgres::hba::SECRETS.iter().any(|secret| self.has(secret));
                let what = if is_safe { format!("there is no option {name}") } else { "there is an option of no known name".to_owned() };
                Some(Bad::new(what, "correct the name of the option, or delete it"))
            }
        };
        if let Some(why) = why {
            return Err(why);
        }
        self.all.push((name.to_owned(), value.to_owned()));
        Ok(())
    }

    fn clientcert(&self, value: &str) -> Option<Bad> {
        let is_old = self.dialect.0 < 14;
        match value {
            _ if self.connection != Connection::Hostssl => {
                Some(Bad::new("clientcert works on hostssl connections only", "delete the option, or write hostssl"))
            }
            "verify-full" => None,
            "verify-ca" | "1" if is_old => None,
            "0" | "no-verify" if is_old && self.method != Method::Cert => None,
            "verify-ca" if self.method != Method::Cert => None,
            "verify-ca" => Some(Bad::new("cert takes no clientcert but verify-full", "delete the option: cert implies it")),
            "1" => Some(Bad::new("clientcert=1 is refused from PostgreSQL 14 on", "write clientcert=verify-full, or verify-ca for what 1 used to mean")),
            _ => Some(Bad::new("clientcert is verify-ca or verify-full", "write clientcert=verify-full")),
        }
    }

    /// What a method cannot do without.
    fn complete(&self) -> Result<(), Bad> {
        let needs = |name: &str| {
            let why = format!("{} needs the option {name}", self.method.name());
            if self.has(name) { Ok(()) } else { Err(Bad::new(why, "add the option")) }
        };
        match self.method {
            Method::Ldap => {
                let simple = self.has("ldapprefix") || self.has("ldapsuffix");
                let search = ["ldapbasedn", "ldapurl", "ldapbinddn", "ldapbindpasswd", "ldapsearchattribute", "ldapsearchfilter"];
                if simple && search.iter().any(|name| self.has(name)) {
                    return Err(Bad::new("ldap has options of both its ways to find a user", "keep ldapprefix and ldapsuffix, or the ones of the search"));
                }
                if !simple && !self.has("ldapbasedn") && !self.has("ldapurl") {
                    return Err(Bad::new("ldap needs ldapbasedn, ldapprefix or ldapsuffix", "add the option"));
                }
                if self.has("ldapsearchattribute") && self.has("ldapsearchfilter") {
                    return Err(Bad::new("ldap has both ldapsearchattribute and ldapsearchfilter", "delete one of the two"));
                }
                Ok(())
            }
            Method::Radius => {
                needs("radiusservers")?;
                needs("radiussecrets")?;
                let count = |name: &str| self.get(name).map_or(0, |value| elements(value).len());
                let servers = count("radiusservers");
                if servers == 0 || count("radiussecrets") == 0 {
                    return Err(Bad::new("radius has an empty list of servers or secrets", "name a server, and its secret"));
                }
                let fits = |name: &str, least: usize| (least..=1).contains(&count(name)) || count(name) == servers;
                if !fits("radiussecrets", 1) || !fits("radiusports", 0) || !fits("radiusidentifiers", 0) {
                    return Err(Bad::new("the lists of radius are of different lengths", "give one element for all servers, or one for each"));
                }
                Ok(())
            }
            Method::Oauth => {
                needs("scope")?;
                needs("issuer")?;
                if self.get("delegate_ident_mapping") == Some("1") && self.has("map") {
                    return Err(Bad::new("oauth has both map and delegate_ident_mapping", "delete one of the two"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// The elements of a list in an option's value, as `SplitGUCList` has them: quoted or not, between commas.
fn elements(value: &str) -> Vec<&str> {
    let trimmed = value.trim();
    if trimmed.is_empty() { Vec::new() } else { trimmed.split(',').map(str::trim).collect() }
}
