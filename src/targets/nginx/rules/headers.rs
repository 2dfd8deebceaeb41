//! Response headers.

use crate::finding::Relation::Supports;
use crate::finding::{Snippet, asvs, cited, rules};

rules! {
    pub, pub(super) ALL;

    /// A header that nothing sets.
    HEADER_MISSING = "header-missing", High, "A response header that the policy requires is not set here.",
        "Neither this block nor one around it sets the header. Include the rendered security-headers.conf in the server, and in each location that has an \
         add_header of its own (ngx_http_headers_module).",
        Nginx {
            spec: Snippet("http: { headers: { content_type_options: nosniff, referrer_policy: no-referrer } }"),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    server_name app.example.com;
                    add_header X-Content-Type-Options nosniff always;
                    # nothing sets Referrer-Policy
                }
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    server_name app.example.com;
                    add_header X-Content-Type-Options nosniff always;
                    add_header Referrer-Policy no-referrer always;
                }
            "),
            keys: &["http.headers", "scopes"],
            references: cited::SETTINGS,
            sources: &[cited::NGINX_HEADERS],
        };
    /// A header that an inner block cuts off.
    HEADER_CUT = "header-cut-by-location", High, "A nested add_header cuts off the headers of the block around it.",
        "add_header is inherited only by blocks without an add_header of their own: one line for Cache-Control in a location drops every security \
         header of the server there (ngx_http_headers_module, `add_header`). Include the rendered security-headers.conf in that block as well; from nginx 1.29.3 \
         `add_header_inherit merge;` keeps both. `add_header_inherit off` on a server also keeps the server's own headers from its locations.",
        Nginx {
            spec: Snippet("http: { headers: { content_type_options: nosniff } }"),
            bad: Snippet(r#"
                server {
                    listen 443 ssl;
                    add_header X-Content-Type-Options nosniff always;
                    location /static/ {
                        add_header Cache-Control "public, max-age=3600";    # drops the line above here
                    }
                }
            "#),
            good: Snippet(r#"
                server {
                    listen 443 ssl;
                    add_header X-Content-Type-Options nosniff always;
                    location /static/ {
                        add_header Cache-Control "public, max-age=3600";
                        add_header X-Content-Type-Options nosniff always;
                    }
                }
            "#),
            keys: &["http.headers", "scopes"],
            references: cited::SETTINGS,
            sources: &[cited::NGINX_HEADERS],
        };
    /// A header without `always`.
    HEADER_NOT_ALWAYS = "header-not-always", Medium, "A security header is not sent with error responses.",
        "Without the parameter `always`, nginx adds a header to responses 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308 only (ngx_http_headers_module). \
         Error pages show content too, and an attacker can often choose to get one. Add `always` at the end of the line.",
        Nginx {
            spec: Snippet("http: { headers: { content_type_options: nosniff } }"),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    add_header X-Content-Type-Options nosniff;
                }
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    add_header X-Content-Type-Options nosniff always;
                }
            "),
            keys: &["http.headers", "scopes"],
            references: cited::SETTINGS,
            sources: &[cited::NGINX_HEADERS],
        };
    /// A header whose value is not what the policy asks for.
    HEADER_VALUE = "header-value", High, "A response header is set to something weaker than the policy.",
        "The header is sent, but what it says is compared with the policy by effect, and allows more (or something else). Change the line, or include the rendered \
         security-headers.conf in its place.",
        Nginx {
            spec: Snippet("http: { headers: { hsts: { max_age: 365d, include_subdomains: true } } }"),
            bad: Snippet(r#"
                server {
                    listen 443 ssl;
                    add_header Strict-Transport-Security "max-age=86400; includeSubDomains" always;
                }
            "#),
            good: Snippet(r#"
                server {
                    listen 443 ssl;
                    add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
                }
            "#),
            keys: &["http.headers", "scopes"],
            references: cited::SETTINGS,
            sources: &[cited::RFC6797],
        };
    /// A header that browsers ignore.
    HEADER_INVALID = "header-invalid", High, "A response header has a value that browsers ignore.",
        "A value outside of the header's grammar counts as no header at all. Change the line, or include the rendered security-headers.conf in its place.",
        Nginx {
            spec: Snippet("http: { headers: { hsts: { max_age: 365d, include_subdomains: true } } }"),
            bad: Snippet(r#"
                server {
                    listen 443 ssl;
                    add_header Strict-Transport-Security "includeSubDomains" always;    # max-age is required
                }
            "#),
            good: Snippet(r#"
                server {
                    listen 443 ssl;
                    add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
                }
            "#),
            keys: &["http.headers", "scopes"],
            references: cited::SETTINGS,
            sources: &[cited::RFC6797],
        };
    /// A header whose variable is empty.
    HEADER_EMPTY = "header-empty", High, "A response header is not sent where a variable in its value is empty.",
        "nginx sends no header line with an empty value. A map without `default` is empty for everything that no line of it names (ngx_http_map_module); a `set` \
         in an `if` leaves the variable empty elsewhere. Give the variable a value in every case, or write the value out.",
        Nginx {
            spec: Snippet("http: { headers: { content_type_options: nosniff } }"),
            bad: Snippet(r"
                map $host $sniffing {
                    app.example.com nosniff;    # and nothing for every other host
                }
                server {
                    listen 443 ssl;
                    add_header X-Content-Type-Options $sniffing always;
                }
            "),
            good: Snippet(r"
                map $host $sniffing {
                    default nosniff;
                }
                server {
                    listen 443 ssl;
                    add_header X-Content-Type-Options $sniffing always;
                }
            "),
            keys: &["http.headers", "scopes"],
            references: cited::SETTINGS,
            sources: &[cited::NGINX_MAP],
        };
    /// A header made of variables.
    HEADER_DYNAMIC = "header-dynamic", Medium, "A response header's value is decided at run time.",
        "The value holds variables, so a file cannot say what is sent; unknown is never a pass. Write the value out, or judge a captured response instead.",
        Nginx {
            spec: Snippet("http: { headers: { framing: sameorigin } }"),
            bad: Snippet(r#"
                server {
                    listen 443 ssl;
                    add_header X-Frame-Options $http_x_framing always;    # the client's own words
                    add_header Content-Security-Policy "frame-ancestors 'self'" always;
                }
            "#),
            good: Snippet(r#"
                server {
                    listen 443 ssl;
                    add_header X-Frame-Options SAMEORIGIN always;
                    add_header Content-Security-Policy "frame-ancestors 'self'" always;
                }
            "#),
            keys: &["http.headers", "scopes"],
            references: cited::EVIDENCE,
            sources: &[cited::NGINX_VARIABLES],
        };
    /// Something else that sets headers.
    HEADER_OPAQUE = "header-set-elsewhere", Medium, "Something that secgen does not evaluate may set or remove this header.",
        "Lua, JavaScript and Perl header filters run beside add_header and may set or remove the same header. What such a program does is known only when it runs; \
         unknown is never a pass. Set security headers with add_header or more_set_headers, or judge a captured response.",
        Nginx {
            spec: Snippet("http: { headers: { content_type_options: nosniff } }"),
            bad: Snippet(r#"
                server {
                    listen 443 ssl;
                    add_header X-Content-Type-Options nosniff always;
                    header_filter_by_lua_block { ngx.header["X-Content-Type-Options"] = nil }
                }
            "#),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    add_header X-Content-Type-Options nosniff always;
                }
            "),
            keys: &["http.headers", "scopes"],
            references: cited::EVIDENCE,
            sources: &[cited::LUA_HEADER],
        };
    /// A backend's own headers.
    BACKEND = "header-from-backend", Info, "A backend's own security headers would be sent beside those of nginx.",
        "nginx passes on what a backend sends, before what add_header adds: of two Strict-Transport-Security lines browsers take the first, and two different \
         X-Frame-Options block every frame. proxy_hide_header (fastcgi_hide_header, ...) drops the backend's own; a list of it hides those of the blocks around it.",
        Nginx {
            spec: Snippet("http: { headers: { framing: sameorigin } }"),
            bad: Snippet(r#"
                server {
                    listen 443 ssl;
                    add_header X-Frame-Options SAMEORIGIN always;
                    add_header Content-Security-Policy "frame-ancestors 'self'" always;
                    location / {
                        proxy_pass http://127.0.0.1:8000;    # what it sends comes as well
                    }
                }
            "#),
            good: Snippet(r#"
                server {
                    listen 443 ssl;
                    add_header X-Frame-Options SAMEORIGIN always;
                    add_header Content-Security-Policy "frame-ancestors 'self'" always;
                    location / {
                        proxy_hide_header X-Frame-Options;
                        proxy_hide_header Content-Security-Policy;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "#),
            keys: &["http.headers", "scopes"],
            references: cited::SETTINGS,
            sources: &[cited::NGINX_PROXY_HIDE, cited::RFC7034],
        };
    /// A header that tells about the software.
    HEADER_DISCLOSED = "header-disclosed", Low, "A response header that the policy removes is sent.",
        "Server and X-Powered-By name the software, and often its version, to anybody who looks for a known hole. `server_tokens off` takes the version out of \
         nginx's own Server (the name stays; only other modules and the commercial build remove it), NAME_hide_header drops what a backend sends.",
        Nginx {
            spec: Snippet("http: { headers: { remove: [Server] } }"),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    server_tokens on;
                    location / {
                        return 204;
                    }
                }
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    server_tokens off;
                    location / {
                        return 204;
                    }
                }
            "),
            keys: &["http.headers.remove"],
            references: &[asvs("13.4.6", Supports, "versions of the software behind are not told to everybody")],
            sources: &[cited::NGINX_TOKENS],
        };
    /// A header that a backend may send.
    HEADER_PASSED_ON = "header-passed-on", Low, "A backend may send a response header that the policy removes.",
        "nginx passes on what a backend sends, but for what proxy_hide_header (fastcgi_hide_header, ...) drops; proxy and grpc also drop Server unless \
         proxy_pass_header names it. A list of one block hides those of the blocks around it. Whether a backend sends the header is not in these files, and unknown is \
         never a pass.",
        Nginx {
            spec: Snippet("http: { headers: { remove: [X-Powered-By] } }"),
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
                        proxy_hide_header X-Powered-By;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            keys: &["http.headers.remove"],
            references: &[asvs("13.4.6", Supports, "versions of the software behind are not told to everybody")],
            sources: &[cited::NGINX_PROXY_HIDE],
        };
}
