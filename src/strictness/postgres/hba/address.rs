//! The address column: networks, host names, the server's own networks.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses of one family, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// The family.
    pub is_v6: bool,
    /// The first address.
    pub first: u128,
    /// The last address.
    pub last: u128,
}

impl Range {
    /// Every address of IPv4.
    pub const V4: Self = Self { is_v6: false, first: 0, last: u32::MAX as u128 };
    /// Every address of IPv6.
    pub const V6: Self = Self { is_v6: true, first: 0, last: u128::MAX };
    /// What never leaves the machine.
    pub const LOOPBACK: [Self; 2] = [Self { is_v6: false, first: 0x7f00_0000, last: 0x7fff_ffff }, Self { is_v6: true, first: 1, last: 1 }];

    /// One address.
    #[must_use]
    pub fn one(ip: IpAddr) -> Self {
        let (is_v6, number) = number(ip);
        Self { is_v6, first: number, last: number }
    }

    /// Whether all of another range lies in this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.is_v6 == other.is_v6 && self.first <= other.first && other.last <= self.last
    }

    /// Whether it lies in what never leaves the machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        Self::LOOPBACK.iter().any(|loopback| loopback.covers(self))
    }

    /// Whether it is wider than any private network: more than a /8 of IPv4 or a /7 of IPv6 (RFC 1918, RFC 4193).
    #[must_use]
    pub fn is_wide(&self) -> bool {
        let widest = if self.is_v6 { (1 << 121) - 1 } else { (1 << 24) - 1 };
        self.last - self.first > widest
    }

    /// The prefix length, where the range is a network.
    #[must_use]
    pub fn prefix(&self) -> Option<u32> {
        let bits = if self.is_v6 { 128 } else { 32 };
        let host = (self.first ^ self.last).checked_add(1).map_or(128, u128::trailing_zeros);
        let mask = if host >= 128 { u128::MAX } else { (1 << host) - 1 };
        (self.first & mask == 0 && self.last == self.first | mask && host <= bits).then(|| bits - host)
    }
}

fn number(ip: IpAddr) -> (bool, u128) {
    match ip {
        IpAddr::V4(ip) => (false, u128::from(u32::from(ip))),
        IpAddr::V6(ip) => (true, u128::from(ip)),
    }
}

fn ip(is_v6: bool, number: u128) -> IpAddr {
    if is_v6 { IpAddr::V6(Ipv6Addr::from(number)) } else { IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX))) }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = ip(self.is_v6, self.first);
        match self.prefix() {
            Some(length) => write!(f, "{first}/{length}"),
            None => write!(f, "{first} to {}", ip(self.is_v6, self.last)),
        }
    }
}

/// The column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// `all`.
    All,
    /// `samehost`: the server's own addresses.
    SameHost,
    /// `samenet`: the networks that the server is in.
    SameNet,
    /// A network.
    Net(Range),
    /// An address with a mask that is no network's (255.0.255.0): compared bit by bit, as text.
    Masked(String),
    /// A host name, or the end of one (`.example.com`), in lower case.
    Host(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::SameHost => f.write_str("samehost"),
            Self::SameNet => f.write_str("samenet"),
            Self::Net(range) => range.fmt(f),
            Self::Masked(text) => f.write_str(text),
            Self::Host(name) => f.write_str(&super::quoted(name, matches!(name.as_str(), "all" | "samehost" | "samenet"))),
        }
    }
}

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A host name with a length.
    HostWithLength,
    /// A length that is no number or too long.
    Length,
    /// An address that needs a mask beside it.
    NoMask,
    /// A mask that is no address.
    Mask,
    /// Address and mask of different families.
    Families,
}

impl Address {
    /// A word of the column, and the word behind it where that is a mask. `Err(NoMask)` asks for one.
    ///
    /// # Errors
    /// As [`Refused`].
    pub fn parse(word: &str, quoted: bool, mask: Option<&str>) -> Result<Self, Refused> {
        match word {
            "all" if !quoted => return Ok(Self::All),
            "samehost" if !quoted => return Ok(Self::SameHost),
            "samenet" if !quoted => return Ok(Self::SameNet),
            _ => {}
        }
        let (host, length) = word.split_once('/').map_or((word, None), |(host, length)| (host, Some(length)));
        match (numeric(host), length) {
            (None, Some(_)) => Err(Refused::HostWithLength),
            (None, None) => Ok(Self::Host(host.to_ascii_lowercase())),
            (Some(ip), Some(length)) => {
                let bits = if ip.is_ipv4() { 32 } else { 128 };
                let length = decimal(length).filter(|length| *length <= bits).ok_or(Refused::Length)?;
                let mask = if length == 0 { 0 } else { (u128::MAX >> (128 - bits)) & !((1_u128 << (bits - length)).wrapping_sub(1)) };
                Ok(masked(ip, mask))
            }
            (Some(ip), None) => {
                let mask = numeric(mask.ok_or(Refused::NoMask)?).ok_or(Refused::Mask)?;
                if ip.is_ipv4() != mask.is_ipv4() {
                    return Err(Refused::Families);
                }
                Ok(masked(ip, number(mask).1))
            }
        }
    }

    /// Whether the next word of the line is the mask of this one.
    #[must_use]
    pub fn needs_mask(word: &str, quoted: bool) -> bool {
        Self::parse(word, quoted, None) == Err(Refused::NoMask)
    }
}

fn masked(address: IpAddr, mask: u128) -> Address {
    let (is_v6, number) = number(address);
    let all = if is_v6 { u128::MAX } else { u128::from(u32::MAX) };
    let hosts = !mask & all;
    let first = number & mask;
    if hosts & hosts.wrapping_add(1) == 0 {
        Address::Net(Range { is_v6, first, last: first | hosts })
    } else {
        Address::Masked(format!("{} {}", ip(is_v6, first), ip(is_v6, mask)))
    }
}

/// `strtol` with base 10, whole and not negative.
fn decimal(text: &str) -> Option<u32> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let number: u32 = (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().unwrap_or(u32::MAX))?;
    (!text.starts_with('-') || number == 0).then_some(number)
}

/// A numeric address as `getaddrinfo` with AI_NUMERICHOST takes it. For IPv4 this is `inet_aton`: one to four parts, each
/// decimal, octal (leading 0) or hexadecimal (0x), the last one filling what is left: `010.1` is 8.0.0.1.
#[must_use]
pub fn numeric(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        // A zone is looked up by the server and not compared.
        let address = text.split_once('%').map_or(text, |(address, _)| address);
        return address.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() > 4 {
        return None;
    }
    let numbers = parts.iter().map(|part| aton(part)).collect::<Option<Vec<u64>>>()?;
    let (last, leading) = numbers.split_last()?;
    let rest = 8 * (4 - leading.len());
    if leading.iter().any(|n| *n > 255) || *last >= 1 << rest {
        return None;
    }
    let leading = leading.iter().fold(0_u64, |sum, n| sum << 8 | n);
    u32::try_from(leading << rest | last).ok().map(|n| IpAddr::V4(Ipv4Addr::from(n)))
}

fn aton(part: &str) -> Option<u64> {
    if part.is_empty() || part.starts_with(['+', '-']) {
        return None;
    }
    if let Some(hex) = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        return (!hex.starts_with('+')).then(|| u64::from_str_radix(hex, 16).ok()).flatten();
    }
    if part.len() > 1 && part.starts_with('0') { u64::from_str_radix(part, 8).ok() } else { part.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> String {
        let (word, mask) = text.split_once(' ').map_or((text, None), |(word, mask)| (word, Some(mask)));
        Address::parse(word, false, mask).map_or_else(|why| format!("{why:?}"), |address| address.to_string())
    }

    #[test]
    fn addresses_as_the_server_reads_them() {
        for (text, expected) in [
            ("10.0.0.1/8", "10.0.0.0/8"),
            ("10.0.0.0 255.0.0.0", "10.0.0.0/8"),
            ("10.1.2.3/32", "10.1.2.3/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::0/0", "::/0"),
            ("::1/128", "::1/128"),
            ("ff11:2::/16", "ff11::/16"),
            ("10.0.0.1", "NoMask"),
            ("::1", "NoMask"),
            ("10.0.0.0/33", "Length"),
            ("10.0.0.0/-1", "Length"),
            ("10.0.0.0/", "Length"),
            ("10.0.0.0/8x", "Length"),
            ("10.0.0.0/08", "10.0.0.0/8"),
            ("10.0.0.0/+8", "10.0.0.0/8"),
            ("10.0.0.0/8/8", "Length"),
            ("10.0.0.0 ::", "Families"),
            ("10.0.0.0 scram-sha-256", "Mask"),
            ("db.Example.com", "db.example.com"),
            (".example.com", ".example.com"),
            ("db.example.com/8", "HostWithLength"),
            ("999.1.1.1", "999.1.1.1"),
            ("010.1/32", "8.0.0.1/32"),
            ("0x7f.1/32", "127.0.0.1/32"),
            ("10.1/16", "10.0.0.0/16"),
            ("10.0.0.0 255.0.255.0", "10.0.0.0 255.0.255.0"),
            ("samenet", "samenet"),
            ("ALL", "all".to_uppercase().to_lowercase().as_str()),
        ] {
            // A host name that only differs in case from a keyword is written in quotes.
            let expected = if text == "ALL" { "\"all\"" } else { expected };
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(Address::parse("all", true, None), Ok(Address::Host("all".to_owned())));
    }

    #[test]
    fn ranges_know_their_networks() {
        let range = |first, last| Range { is_v6: false, first, last };
        assert_eq!(range(0, 0).prefix(), Some(32));
        assert_eq!(Range::V4.prefix(), Some(0));
        assert_eq!(Range::V6.prefix(), Some(0));
        assert_eq!(range(1, 2).prefix(), None);
        assert_eq!(range(1, 2).to_string(), "0.0.0.1 to 0.0.0.2");
        assert!(Range::V4.is_wide() && Range::V6.is_wide() && !range(0x0a00_0000, 0x0aff_ffff).is_wide());
        assert!(Range::one(IpAddr::V4(Ipv4Addr::LOCALHOST)).is_loopback());
    }
}
