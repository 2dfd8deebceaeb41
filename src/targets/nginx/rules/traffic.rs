//! TLS, redirects and rate limits.

use crate::finding::{Snippet, cited, rules};

rules! {
    pub, pub(super) ALL;

    /// Protocol versions.
    TLS_PROTOCOLS = "tls-protocols", High, "A server speaks TLS versions that the policy forbids.",
        "ssl_protocols of the nearest level decides (two lines on one level add up), and ssl_conf_command can override it. Old versions are forbidden by \
         RFC 8996. Include the rendered tls.conf at the http level, and remove ssl_protocols from the servers.",
        Nginx {
            spec: Snippet("tls: { min_version: TLSv1.2 }"),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;
                }
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    ssl_protocols TLSv1.2 TLSv1.3;
                }
            "),
            keys: &["tls.min_version"],
            references: cited::SETTINGS,
            sources: &[cited::RFC8996, cited::RFC9325, cited::NGINX_SSL],
        };
    /// No protocol versions given.
    TLS_DEFAULT = "tls-protocols-default", High, "No ssl_protocols is given, and nginx's own default is weaker than the policy.",
        "Up to 1.23.3 nginx speaks TLSv1, TLSv1.1 and TLSv1.2 by default, up to 1.27.2 TLSv1 to TLSv1.3, then TLSv1.2 and TLSv1.3 (CHANGES). Include the \
         rendered tls.conf at the http level, and state the version in targets.nginx.version.",
        Nginx {
            spec: Snippet("tls: { min_version: TLSv1.2 }"),
            bad: Snippet(r"
                # nginx 1.22 speaks TLSv1 by default
                server {
                    listen 443 ssl;
                    server_name app.example.com;
                }
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    server_name app.example.com;
                    ssl_protocols TLSv1.2 TLSv1.3;
                }
            "),
            keys: &["tls.min_version"],
            references: cited::SETTINGS,
            sources: &[cited::RFC8996, cited::NGINX_SSL],
        };
    /// Another server decides.
    TLS_OTHER_SERVER = "tls-default-server-decides", High, "The default server of the socket decides about TLS versions, not this one.",
        "Before nginx 1.29.2 the protocol is agreed on before the server name is known, so ssl_protocols of the socket's default server (the one with \
         default_server, else the first) holds for all servers on it. ssl_conf_command MinProtocol works like that in every version. Set it at the http level.",
        Nginx {
            spec: Snippet("tls: { min_version: TLSv1.2 }"),
            bad: Snippet(r"
                server {
                    listen 443 ssl default_server;
                    server_name old.example.com;
                    ssl_protocols TLSv1 TLSv1.2;    # holds for both
                }
                server {
                    listen 443 ssl;
                    server_name app.example.com;
                    ssl_protocols TLSv1.2 TLSv1.3;
                }
            "),
            good: Snippet(r"
                ssl_protocols TLSv1.2 TLSv1.3;
                server {
                    listen 443 ssl default_server;
                    server_name old.example.com;
                }
                server {
                    listen 443 ssl;
                    server_name app.example.com;
                }
            "),
            keys: &["tls.min_version"],
            references: cited::SETTINGS,
            sources: &[cited::NGINX_HTTPS, cited::NGINX_SSL],
        };
    /// Cipher suites.
    TLS_SUITES = "tls-suites", Medium, "A server may agree on cipher suites that the policy's profile does not allow.",
        "ssl_ciphers names suites for TLS 1.2 and older only; those of TLS 1.3 come from ssl_conf_command Ciphersuites. nginx's default, HIGH:!aNULL:!MD5, also \
         allows suites without forward secrecy and with CBC. Include the rendered tls.conf at the http level.",
        Nginx {
            spec: Snippet(r#"tls: { min_version: TLSv1.2, profile: { mozilla: intermediate, guideline: "6.0" } }"#),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    ssl_protocols TLSv1.2 TLSv1.3;
                    ssl_ciphers HIGH:!aNULL:!MD5;
                }
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    ssl_protocols TLSv1.2 TLSv1.3;
                    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;
                }
            "),
            keys: &["tls.profile"],
            references: cited::SETTINGS,
            sources: &[cited::MOZILLA_TLS, cited::OPENSSL_CIPHERS, cited::RFC9325],
        };
    /// Groups.
    TLS_GROUPS = "tls-groups", Medium, "A server may agree on a group for the key exchange that the policy does not allow.",
        "ssl_ecdh_curve of the default server of the socket decides, in every version of nginx; ssl_conf_command Groups comes after it. Without it OpenSSL's own \
         list holds, which differs by OpenSSL's version. Include the rendered tls.conf at the http level, and remove ssl_ecdh_curve from the servers.",
        Nginx {
            spec: Snippet("tls: { groups: [X25519] }"),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    ssl_ecdh_curve X25519:secp384r1;
                }
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    ssl_ecdh_curve X25519;
                }
            "),
            keys: &["tls.groups"],
            references: cited::SETTINGS,
            sources: &[cited::OPENSSL_GROUPS, cited::NGINX_SSL],
        };
    /// Session tickets.
    TLS_TICKETS = "tls-tickets-on", Medium, "A server gives out session tickets, which the policy forbids.",
        "nginx encrypts tickets with a key that lives as long as the process: who gets it later reads what was recorded before, in spite of forward secrecy. \
         Tickets are on by default (ssl_session_tickets). Include the rendered tls.conf at the http level.",
        Nginx {
            spec: Snippet("tls: { session_tickets: false }"),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    # on is the default
                }
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    ssl_session_tickets off;
                }
            "),
            keys: &["tls.session_tickets"],
            references: cited::SETTINGS,
            sources: &[cited::NGINX_SSL, cited::RFC8446],
        };
    /// Plain HTTP.
    REDIRECT = "http-not-redirected", High, "A server answers over plain HTTP with something else than a permanent redirect to HTTPS.",
        "What is sent in plain text can be read and changed on the way, cookies among it. A server without TLS should answer nothing but 301 or 308 to https://: \
         302, 303 and 307 are asked for anew each time. The paths of /.well-known/acme-challenge/ may be served (RFC 8555 8.3). Include the rendered redirect-https.conf.",
        Nginx {
            spec: Snippet("tls: { redirect_http: 301 }"),
            bad: Snippet(r"
                server {
                    listen 80;
                    server_name app.example.com;
                    root /srv/app;
                }
            "),
            good: Snippet(r"
                server {
                    listen 80;
                    server_name app.example.com;
                    return 301 https://$host$request_uri;
                }
            "),
            keys: &["tls.redirect_http"],
            references: cited::SETTINGS,
            sources: &[cited::NGINX_REWRITE, cited::RFC6797],
        };
    /// No rate limit.
    LIMIT_MISSING = "rate-limit-missing", High, "Nothing limits the request rate where the policy asks for it.",
        "limit_req is inherited only by blocks without a limit_req of their own (ngx_http_limit_req_module). Include the rendered snippet of the limit in the location.",
        Nginx {
            spec: Snippet("rate_limits: { limits: { api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } } } }"),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    location /api/ {
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            good: Snippet(r"
                limit_req_zone $binary_remote_addr zone=api:10m rate=2r/m;
                server {
                    listen 443 ssl;
                    location /api/ {
                        limit_req zone=api burst=100 nodelay;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            keys: &["rate_limits.limits"],
            references: cited::FLOOD,
            sources: &[cited::NGINX_LIMIT, cited::API4],
        };
    /// A weaker rate limit.
    LIMIT_VALUE = "rate-limit-value", Medium, "The request rate is limited less than the policy asks.",
        "The zone's rate and the burst are compared with the policy's guard for nginx. Include the rendered snippet of the limit in the location.",
        Nginx {
            spec: Snippet("rate_limits: { limits: { api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } } } }"),
            bad: Snippet(r"
                limit_req_zone $binary_remote_addr zone=api:10m rate=2r/m;
                server {
                    listen 443 ssl;
                    location /api/ {
                        limit_req zone=api burst=5000 nodelay;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            good: Snippet(r"
                limit_req_zone $binary_remote_addr zone=api:10m rate=2r/m;
                server {
                    listen 443 ssl;
                    location /api/ {
                        limit_req zone=api burst=100 nodelay;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            keys: &["rate_limits.limits"],
            references: cited::FLOOD,
            sources: &[cited::NGINX_LIMIT],
        };
    /// A rate limit without effect.
    LIMIT_OFF = "rate-limit-without-effect", High, "A rate limit stands here, but limits nothing.",
        "limit_req_dry_run only counts, an unknown zone stops nginx, and a request whose key is empty is not limited (ngx_http_limit_req_module).",
        Nginx {
            spec: Snippet("rate_limits: { limits: { api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } } } }"),
            bad: Snippet(r"
                limit_req_zone $binary_remote_addr zone=api:10m rate=2r/m;
                server {
                    listen 443 ssl;
                    limit_req_dry_run on;    # counts, and limits nothing
                    location /api/ {
                        limit_req zone=api burst=100 nodelay;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            good: Snippet(r"
                limit_req_zone $binary_remote_addr zone=api:10m rate=2r/m;
                server {
                    listen 443 ssl;
                    location /api/ {
                        limit_req zone=api burst=100 nodelay;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            keys: &["rate_limits.limits"],
            references: cited::FLOOD,
            sources: &[cited::NGINX_LIMIT],
        };
    /// A rate limit by something else than the client's address.
    LIMIT_KEY = "rate-limit-key", Medium, "A rate limit counts by something else than the client's address.",
        "The policy limits each client address. A key made of other variables may be empty for some requests, which are then not limited, or count others together. \
         Use $binary_remote_addr.",
        Nginx {
            spec: Snippet("rate_limits: { limits: { api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } } } }"),
            bad: Snippet(r"
                limit_req_zone $http_x_api_key zone=api:10m rate=2r/m;    # no key, no limit
                server {
                    listen 443 ssl;
                    location /api/ {
                        limit_req zone=api burst=100 nodelay;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            good: Snippet(r"
                limit_req_zone $binary_remote_addr zone=api:10m rate=2r/m;
                server {
                    listen 443 ssl;
                    location /api/ {
                        limit_req zone=api burst=100 nodelay;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            keys: &["rate_limits.limits"],
            references: cited::FLOOD,
            sources: &[cited::NGINX_LIMIT],
        };
    /// The status of refused requests.
    LIMIT_STATUS = "rate-limit-status", Info, "Requests over a limit are not answered with 429.",
        "Without limit_req_status nginx answers 503 (ngx_http_limit_req_module), which says that the server is down: clients and monitoring cannot tell the two apart. \
         429 Too Many Requests says what it is (RFC 6585 4). Write `limit_req_status 429;` in the http block.",
        Nginx {
            spec: Snippet("rate_limits: { limits: { api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } } } }"),
            bad: Snippet(r"
                limit_req_zone $binary_remote_addr zone=api:10m rate=2r/m;
                server {
                    listen 443 ssl;
                    location /api/ {
                        limit_req zone=api burst=100 nodelay;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            good: Snippet(r"
                limit_req_status 429;
                limit_req_zone $binary_remote_addr zone=api:10m rate=2r/m;
                server {
                    listen 443 ssl;
                    location /api/ {
                        limit_req zone=api burst=100 nodelay;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            keys: &["rate_limits.limits"],
            references: cited::FLOOD,
            sources: &[cited::RFC6585, cited::NGINX_LIMIT],
        };
    /// An answer before the limit.
    LIMIT_BYPASSED = "rate-limit-bypassed", Info, "A return answers before the rate limit that stands here is looked at.",
        "return and rewrite run before limit_req and limit_conn: a location that only returns is never limited, whatever stands in or around it. \
         That is harmless where the answer costs nothing, and surprises where the limit was meant to stop guessing.",
        Nginx {
            spec: Snippet("rate_limits: { limits: { api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } } } }"),
            bad: Snippet(r"
                limit_req_zone $binary_remote_addr zone=api:10m rate=2r/m;
                server {
                    listen 443 ssl;
                    location /api/ {
                        limit_req zone=api burst=100 nodelay;
                        if ($arg_ping) {
                            return 200 pong;    # answers before the limit
                        }
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            good: Snippet(r"
                limit_req_zone $binary_remote_addr zone=api:10m rate=2r/m;
                server {
                    listen 443 ssl;
                    location /api/ {
                        limit_req zone=api burst=100 nodelay;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            keys: &["rate_limits.limits"],
            references: cited::FLOOD,
            sources: &[cited::NGINX_REWRITE, cited::NGINX_LIMIT],
        };
}
