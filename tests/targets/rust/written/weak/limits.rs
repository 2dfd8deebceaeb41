use actix_governor::GovernorConfigBuilder as Builder;
use crate::limits::RateLimit;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::SmartIpKeyExtractor;

const LOGINS: u64 = 50;

fn looser() {
    let _ = RateLimit::new("api_calls", 1000, 3600); // <- rate-limit-looser
    let _ = RateLimit::new("login", LOGINS, 60); // <- rate-limit-looser
    let _ = RateLimit::new("api", 100, std::time::Duration::from_secs(60)); // <- rate-limit-looser
}

fn inverted() {
    let _ = Builder::default().per_second(2).burst_size(5).finish(); // <- rate-limit-inverted
    let mut config = GovernorConfigBuilder::default();
    config.per_second(4000); // <- rate-limit-inverted
    let _ = GovernorConfigBuilder::default().key_extractor(SmartIpKeyExtractor).finish(); // <- client-address-forgeable
}
