use axum::http::HeaderMap;

const FORWARDED: &str = "x-forwarded-for";

fn in_a_chain(headers: &HeaderMap) -> Option<IpAddr> {
    headers.get("x-forwarded-for").and_then(|v| v.to_str().ok()).and_then(|s| s.split(',').next()).and_then(|s| s.trim().parse().ok()) // <- client-address-forgeable
}

fn step_by_step(headers: &HeaderMap) -> String {
    if let Some(value) = headers.get(FORWARDED) {
        if let Ok(text) = value.to_str() {
            return text.split(",").map(str::trim).next().unwrap_or_default().to_string(); // <- client-address-forgeable
        }
    }
    String::new()
}

fn by_number(request: &axum::extract::Request) -> Option<&str> {
    let value = request.headers().get("X-Forwarded-For")?.to_str().ok()?;
    value.split(',').nth(0) // <- client-address-forgeable
}

fn first_that_is_an_address(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get("x-forwarded-for")?.to_str().ok()?;
    value.split(',').find_map(|part| part.trim().parse().ok()) // <- client-address-forgeable
}
