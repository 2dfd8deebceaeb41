//! Cookies and other origins.

use crate::finding::{Snippet, cited, rules};

rules! {
    pub, pub(super) ALL;

    /// Flags of a cookie.
    COOKIE_FLAGS = "cookie-flags", High, "A cookie is sent without flags that the policy asks for.",
        "A line takes a flag away (nosecure, nohttponly, nosamesite), sets a weaker one, or sets the cookie itself without it: add_header Set-Cookie is not touched by \
         proxy_cookie_flags (ngx_http_proxy_module, ngx_http_headers_module). Include the rendered cookies.conf, or add the flags to the line.",
        Nginx {
            spec: Snippet("http: { cookies: { session: { name: sid, secure: true, http_only: true, same_site: lax } } }"),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    location / {
                        proxy_cookie_flags sid secure nohttponly samesite=lax;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    location / {
                        proxy_cookie_flags sid secure httponly samesite=lax;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            keys: &["http.cookies"],
            references: cited::SETTINGS,
            sources: &[cited::NGINX_COOKIE_FLAGS, cited::RFC6265BIS],
        };
    /// Flags that a backend decides.
    COOKIE_BACKEND = "cookie-from-backend", Medium, "A backend decides about the flags of a cookie.",
        "Whether the backend sets Secure, HttpOnly and SameSite is not in these files, and unknown is never a pass. proxy_cookie_flags (1.19.3) sets them on \
         whatever comes through proxy_pass; the first line of the nearest block that names the cookie counts. The older proxy_cookie_path / \"/; Secure\" reaches only \
         cookies that have a path. FastCGI, uwsgi, SCGI and gRPC have no such directive.",
        Nginx {
            spec: Snippet("http: { cookies: { session: { name: sid, secure: true, http_only: true, same_site: lax } } }"),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    location / {
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    location / {
                        proxy_cookie_flags sid secure httponly samesite=lax;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            keys: &["http.cookies"],
            references: cited::EVIDENCE,
            sources: &[cited::NGINX_COOKIE_FLAGS],
        };
    /// Other origins.
    CORS_VALUE = "cors-value", High, "Other origins may do more than the policy allows.",
        "Access-Control-Allow-Origin and its kin let pages of other sites read answers, with the visitor's cookies where credentials are allowed (Fetch). All that \
         the lines in force may say to any request is taken together. Include the rendered cors.NAME.conf in place of the lines.",
        Nginx {
            spec: Snippet(r#"http: { cors: { api: { match: { prefix: /api/ }, origins: ["https://app.example.com"] } } }"#),
            bad: Snippet(r#"
                server {
                    listen 443 ssl;
                    location /api/ {
                        add_header Access-Control-Allow-Origin "*" always;
                        return 204;
                    }
                }
            "#),
            good: Snippet(r#"
                map $http_origin $cors {
                    default "";
                    https://app.example.com $http_origin;
                }
                server {
                    listen 443 ssl;
                    location /api/ {
                        add_header Access-Control-Allow-Origin $cors always;
                        add_header Vary Origin always;
                        return 204;
                    }
                }
            "#),
            keys: &["http.cors"],
            references: cited::SETTINGS,
            sources: &[cited::FETCH],
        };
    /// Every origin gets itself back.
    CORS_REFLECTED = "cors-reflected", High, "Every origin is let in by repeating it.",
        "$http_origin as the value repeats whatever the request says, so every site may read the answers, with credentials too: worse than `*`, which browsers \
         refuse beside credentials. Map $http_origin to itself for a list of whole origins, and to nothing by default.",
        Nginx {
            spec: Snippet(r#"http: { cors: { api: { match: { prefix: /api/ }, origins: ["https://app.example.com"] } } }"#),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    location /api/ {
                        add_header Access-Control-Allow-Origin $http_origin always;
                        add_header Vary Origin always;
                        return 204;
                    }
                }
            "),
            good: Snippet(r#"
                map $http_origin $cors {
                    default "";
                    https://app.example.com $http_origin;
                }
                server {
                    listen 443 ssl;
                    location /api/ {
                        add_header Access-Control-Allow-Origin $cors always;
                        add_header Vary Origin always;
                        return 204;
                    }
                }
            "#),
            keys: &["http.cors"],
            references: cited::SETTINGS,
            sources: &[cited::FETCH],
        };
    /// An expression that lets in more.
    CORS_EXPRESSION = "cors-expression", High, "An expression lets in origins that the policy does not name, or may do so.",
        "Without ^ and $ an expression matches a part of the origin, and an unescaped dot matches any character: https://app.example.com.evil.example gets in. \
         secgen tries such origins; where none gets in, it still cannot list all that the expression matches. Write whole origins, or ~^https://app\\.example\\.com$.",
        Nginx {
            spec: Snippet(r#"http: { cors: { api: { match: { prefix: /api/ }, origins: ["https://app.example.com"] } } }"#),
            bad: Snippet(r#"
                map $http_origin $cors {
                    default "";
                    "~^https://app\.example\.com" $http_origin;    # also https://app.example.com.evil.example
                }
                server {
                    listen 443 ssl;
                    location /api/ {
                        add_header Access-Control-Allow-Origin $cors always;
                        add_header Vary Origin always;
                        return 204;
                    }
                }
            "#),
            good: Snippet(r#"
                map $http_origin $cors {
                    default "";
                    https://app.example.com $http_origin;
                }
                server {
                    listen 443 ssl;
                    location /api/ {
                        add_header Access-Control-Allow-Origin $cors always;
                        add_header Vary Origin always;
                        return 204;
                    }
                }
            "#),
            keys: &["http.cors"],
            references: cited::SETTINGS,
            sources: &[cited::FETCH, cited::NGINX_MAP],
        };
    /// A backend's own answer to other origins.
    CORS_BACKEND = "cors-from-backend", Medium, "A backend may let other origins in itself.",
        "nginx passes on the Access-Control headers of a backend beside its own. What the backend sends is not in these files, and unknown is never a pass. \
         proxy_hide_header (fastcgi_hide_header, ...) drops them; the rendered cors.NAME.conf has the lines.",
        Nginx {
            spec: Snippet(r#"http: { cors: { api: { match: { prefix: /api/ }, origins: ["https://app.example.com"] } } }"#),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    location /api/ {
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    location /api/ {
                        proxy_hide_header Access-Control-Allow-Origin;
                        proxy_hide_header Access-Control-Allow-Credentials;
                        proxy_hide_header Access-Control-Allow-Methods;
                        proxy_hide_header Access-Control-Allow-Headers;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            keys: &["http.cors"],
            references: cited::EVIDENCE,
            sources: &[cited::FETCH, cited::NGINX_PROXY_HIDE],
        };
    /// A cache may mix up origins.
    CORS_VARY = "cors-vary", Low, "An answer that differs by origin does not say so to caches.",
        "Without Vary: Origin a cache gives the answer for one origin to another one, which then cannot read it, or may read what it should not (Fetch, \
         \"CORS protocol and HTTP caches\"). Add the line where Access-Control-Allow-Origin stands.",
        Nginx {
            spec: Snippet(r#"http: { cors: { api: { match: { prefix: /api/ }, origins: ["https://app.example.com"] } } }"#),
            bad: Snippet(r#"
                map $http_origin $cors {
                    default "";
                    https://app.example.com $http_origin;
                }
                server {
                    listen 443 ssl;
                    location /api/ {
                        add_header Access-Control-Allow-Origin $cors always;
                        return 204;
                    }
                }
            "#),
            good: Snippet(r#"
                map $http_origin $cors {
                    default "";
                    https://app.example.com $http_origin;
                }
                server {
                    listen 443 ssl;
                    location /api/ {
                        add_header Access-Control-Allow-Origin $cors always;
                        add_header Vary Origin always;
                        return 204;
                    }
                }
            "#),
            keys: &["http.cors"],
            references: cited::SETTINGS,
            sources: &[cited::FETCH],
        };
}
