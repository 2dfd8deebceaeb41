//! Rates: nginx's leaky bucket, and requests in a window.

use super::{Comparison, Order, Strictness};
use std::fmt;

/// `limit_req`: `rate` with `burst` (ngx_http_limit_req_module). Off: no limit at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// No limit.
    Off,
    /// A leaky bucket.
    On {
        /// Requests a minute that drain from the bucket.
        per_minute: u64,
        /// How many may wait or come at once on top.
        burst: u64,
    },
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("no limit"),
            Self::On { per_minute, burst } => write!(f, "{per_minute}r/m burst={burst}"),
        }
    }
}

impl Strictness for Rate {
    fn compare(&self, found: &Self) -> Comparison {
        match (*self, *found) {
            (Self::Off, Self::Off) => Comparison::equal(),
            (Self::On { .. }, Self::Off) => Comparison::new(Order::Weaker, "nothing limits the rate"),
            (Self::Off, Self::On { .. }) => Comparison::new(Order::Stricter, "limits the rate"),
            (Self::On { per_minute: r, burst: b }, Self::On { per_minute: fr, burst: fb }) => {
                let order = Order::from_covers(fr <= r && fb <= b, fr >= r && fb >= b);
                let mut why = Vec::new();
                if fr != r {
                    why.push(format!("{fr} requests a minute are {} than {r}", if fr > r { "more" } else { "fewer" }));
                }
                if fb != b {
                    why.push(format!("a burst of {fb} is {} than {b}", if fb > b { "more" } else { "less" }));
                }
                Comparison::new(order, why.join(", "))
            }
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::Off)
    }
}

/// At most `requests` in any window of `seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many requests, bursts included.
    pub requests: u64,
    /// The window.
    pub seconds: u64,
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests in {} s", self.requests, self.seconds)
    }
}

impl Quota {
    /// Whether a client held to `self` can never exceed `other`: no window of `other.seconds` sees more than
    /// `other.requests`. A window of length w is covered by ceil(w / s) windows of length s, each with its full number
    /// of requests at worst, and a client that makes them all at once at the start of each does reach that. A window of
    /// no length counts as one second.
    fn within(self, other: Self) -> bool {
        let windows = u128::from(other.seconds.max(1)).div_ceil(u128::from(self.seconds.max(1)));
        u128::from(self.requests) * windows <= u128::from(other.requests)
    }
}

impl Strictness for Quota {
    fn compare(&self, found: &Self) -> Comparison {
        let order = Order::from_covers(found.within(*self), self.within(*found));
        let why = if order == Order::Equal { String::new() } else { format!("{found}, the policy admits {self}") };
        Comparison::new(order, why)
    }

    fn absent() -> Option<Self> {
        None
    }
}
