//! Finds the address of a client without believing header fields that the client can write.

use super::policy::network::SERVICE_TRUSTS;
use axum::http::HeaderMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A network of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

impl Network {
    /// An IPv4 network: an address in it, and how many leading bits all its addresses share.
    #[must_use]
    pub const fn v4(octets: [u8; 4], prefix: u8) -> Self {
        let [a, b, c, d] = octets;
        let base = IpAddr::V4(Ipv4Addr::new(a, b, c, d));
        Self { base, prefix }
    }

    /// An IPv6 network: the bits of an address in it, and how many leading bits all its addresses share.
    #[must_use]
    pub const fn v6(bits: u128, prefix: u8) -> Self {
        let base = IpAddr::V6(Ipv6Addr::from_bits(bits));
        Self { base, prefix }
    }

    /// Whether an address lies in the network.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let shift = 32_u8.saturating_sub(self.prefix);
                let differs = base.to_bits() ^ address.to_bits();
                differs.checked_shr(u32::from(shift)).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let shift = 128_u8.saturating_sub(self.prefix);
                let differs = base.to_bits() ^ address.to_bits();
                differs.checked_shr(u32::from(shift)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// The nearest address that is not one of our own proxies.
///
/// `X-Forwarded-For` is read from the right, over all its lines, and only as long as the address that
/// handed it on is trusted: each proxy appends the address that it saw, so what stands further left was
/// written by someone we do not know.
#[must_use]
pub fn client_ip(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    resolve(peer, headers, SERVICE_TRUSTS)
}

/// As [`client_ip`], with the trusted networks given.
#[must_use]
pub fn resolve(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    // `HeaderMap::get` would give the first line only, which is the one that an attacker sends.
    for line in headers.get_all("x-forwarded-for").iter().rev() {
        let Ok(line) = line.to_str() else {
            return client;
        };
        for hop in line.rsplit(',') {
            if !is_trusted(client) {
                return client;
            }
            let Some(address) = parse_hop(hop.trim()) else {
                return client;
            };
            client = address;
        }
    }
    client
}

/// The address to count requests under: an IPv6 client owns a whole network, so that is counted.
#[must_use]
pub fn rate_key(address: IpAddr, ipv6_prefix: u8) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let host = u32::from(128_u8.saturating_sub(ipv6_prefix));
            let network = u128::MAX.checked_shl(host).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & network))
        }
    }
}

/// An address as proxies write it: bare, with a port, or in brackets.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']'));
    let address = bare.unwrap_or(hop).parse::<IpAddr>();
    let address = address.or_else(|_| hop.parse::<SocketAddr>().map(|socket| socket.ip()));
    Some(address.ok()?.to_canonical())
}
