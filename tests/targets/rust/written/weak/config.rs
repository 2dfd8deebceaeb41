use std::env;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const HOURS: u64 = 2;

fn longer() -> jwt::Config {
    jwt::Config {
        secret: env::var("JWT_SECRET").expect("JWT_SECRET must be set"),
        expiration: Duration::from_secs(86_400), // <- jwt-lifetime-longer
        refresh_expiration: DAY * 30, // <- jwt-lifetime-longer
        algorithm: jwt::Algorithm::HS256, // <- jwt-algorithm-differs
    }
}

impl Default for JwtSettings {
    fn default() -> Self {
        Self {
            access_ttl: Duration::from_hours(HOURS), // <- jwt-lifetime-longer
            refresh_token_ttl: chrono::Duration::weeks(2), // <- jwt-lifetime-longer
            algorithm: Algorithm::RS256, // <- jwt-algorithm-differs
        }
    }
}

fn numbers() -> auth::JwtConfig {
    auth::JwtConfig { access_ttl_minutes: 90, refresh_ttl_days: 8 } // <- jwt-lifetime-longer jwt-lifetime-longer
}
