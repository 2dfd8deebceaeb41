//! Files as such: what nginx refuses, what cannot be read, what nothing serves.

use crate::finding::{Snippet, cited, rules};

rules! {
    pub, pub(super) ALL;

    /// A file that nginx would refuse to parse.
    SYNTAX = "nginx-syntax", High, "A file is not valid nginx configuration.",
        "nginx refuses to start, or to reload, with a file that it cannot parse; the old configuration stays in force unnoticed. secgen judges \
         nothing of such a file, and never reports success after a partial parse. Correct the line; `nginx -t` names the same place.",
        Nginx {
            spec: Snippet(""),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    server_name app.example.com
                    add_header X-Content-Type-Options nosniff always;
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    server_name app.example.com;
                    add_header X-Content-Type-Options nosniff always;
                }
            "),
            keys: &[],
            references: cited::REFUSED,
            sources: &[cited::NGINX_CONF],
        };
    /// A directive that nginx refuses.
    REFUSED = "nginx-refused", High, "nginx refuses to start with this line.",
        "The line parses, but nginx stops at it: an unknown value, a directive given twice that may stand once, a directive that this version \
         does not know, a zone that nothing declares. A reload then keeps the old configuration in force. What the line would set counts as unknown.",
        Nginx {
            spec: Snippet(""),
            bad: Snippet(r#"
                server {
                    listen 443 ssl;
                    add_header X-Content-Type-Options nosniff Always;    # nginx knows "always"
                }
            "#),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    add_header X-Content-Type-Options nosniff always;
                }
            "),
            keys: &[],
            references: cited::REFUSED,
            sources: &[cited::NGINX_HEADERS],
        };
    /// Includes in a circle.
    INCLUDE_CYCLE = "nginx-include-cycle", High, "A file includes itself, directly or through others.",
        "nginx follows the circle until it crashes, also in `nginx -t`. Remove the include that closes it, or move what both files need into a third file.",
        Nginx {
            spec: Snippet(""),
            bad: Snippet(r"
                # nginx.conf
                events {}
                http {
                    include nginx.conf;
                }
            "),
            good: Snippet(r"
                # nginx.conf
                events {}
                http {
                    server {
                        listen 443 ssl;
                        add_header X-Content-Type-Options nosniff always;
                    }
                }
            "),
            keys: &[],
            references: cited::REFUSED,
            sources: &[cited::NGINX_CORE],
        };
    /// Too many or too deep includes.
    INCLUDE_LIMIT = "nginx-include-limit", High, "Includes are nested too deep or unfold to too much.",
        "secgen follows includes 32 files deep and up to two million directives, so that no input can exhaust its memory. What lies beyond was not judged.",
        Nginx {
            spec: Snippet(""),
            bad: Snippet(r"
                # conf.d/1.conf, and so on to conf.d/40.conf
                include conf.d/2.conf;
            "),
            good: Snippet(r"
                # nginx.conf names each file itself
                events {}
                http {
                    include conf.d/*.conf;
                }
            "),
            keys: &[],
            references: cited::EVIDENCE,
            sources: &[cited::NGINX_CORE],
        };
    /// Something that was not read decides.
    NOT_READ = "nginx-not-read", Medium, "A file that decides something here was not read.",
        "An included file that secgen cannot see may set or cut off what is checked here. Name the server's folder and where the repository keeps it under \
         targets.nginx.map, or check the main file instead of a part.",
        Nginx {
            spec: Snippet("http: { headers: { content_type_options: nosniff } }"),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    add_header X-Content-Type-Options nosniff always;
                    include /etc/nginx/snippets/extra.conf;    # not in the repository
                }
            "),
            good: Snippet(r"
                server {
                    listen 443 ssl;
                    add_header X-Content-Type-Options nosniff always;
                }
            "),
            keys: &["http", "tls", "rate_limits", "scopes"],
            references: cited::EVIDENCE,
            sources: &[cited::NGINX_CORE],
        };
    /// A file that a template engine makes.
    TEMPLATE = "nginx-template", Medium, "A file is a template, and what is made of it was not given.",
        "Only the template engine knows which lines a server gets to read; unknown is never a pass. For files of envsubst, as the official image uses it, state \
         what each placeholder stands for under targets.nginx.values. For any other engine, check what it makes: pipe the rendered file into \
         `secgen check --source nginx=-`.",
        Nginx {
            spec: Snippet("http: { headers: { content_type_options: nosniff } }"),
            bad: Snippet(r"
                # made by a template engine
                events {}
                http {
                    server {
                        listen 443 ssl;
                        server_name {{ server_name }};
                    }
                }
            "),
            good: Snippet(r"
                # what the engine makes of it
                events {}
                http {
                    server {
                        listen 443 ssl;
                        server_name app.example.com;
                        add_header X-Content-Type-Options nosniff always;
                    }
                }
            "),
            keys: &["http", "tls", "rate_limits", "scopes"],
            references: cited::EVIDENCE,
            sources: &[cited::NGINX_IMAGE],
        };
    /// A comment about a file's place.
    CONTEXT = "nginx-context", High, "A comment says that a file stands where it cannot stand.",
        "A file that is only a part of a configuration may say in one of its first comments in which block it is included: `# secgen: context=http`, server or \
         location. Without the comment the place is worked out from the directives at the top of the file.",
        Nginx {
            spec: Snippet(""),
            bad: Snippet(r"
                # secgen: context=location
                server {
                    listen 443 ssl;
                }
            "),
            good: Snippet(r"
                # secgen: context=http
                server {
                    listen 443 ssl;
                }
            "),
            keys: &[],
            references: cited::EVIDENCE,
            sources: &[cited::NGINX_CONF],
        };
    /// A regular expression may take requests away.
    REGEX = "nginx-regex-location", Medium, "A location with a regular expression may answer requests that the policy speaks of.",
        "nginx tries regular expressions after it has found the longest prefix, and lets the first one that matches answer: `location ~ \\.php$` also takes \
         /api/x.php away from `location /api/`, and with it its limits and headers (ngx_http_core_module, `location`). secgen does not evaluate expressions; \
         write `location ^~ /api/`, which they do not override, or make the location of the expression meet the policy too.",
        Nginx {
            spec: Snippet("rate_limits: { limits: { api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } } } }"),
            bad: Snippet(r"
                limit_req_zone $binary_remote_addr zone=api:10m rate=2r/m;
                server {
                    listen 443 ssl;
                    location ~ \.php$ {    # also /api/x.php
                        fastcgi_pass 127.0.0.1:9000;
                    }
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
                    location ~ \.php$ {
                        fastcgi_pass 127.0.0.1:9000;
                    }
                    location ^~ /api/ {    # expressions do not override it
                        limit_req zone=api burst=100 nodelay;
                        proxy_pass http://127.0.0.1:8000;
                    }
                }
            "),
            keys: &["rate_limits.limits", "scopes", "http.cors"],
            references: cited::EVIDENCE,
            sources: &[cited::NGINX_LOCATION],
        };
    /// A scope or limit that nothing serves.
    NO_PLACE = "nginx-no-place", Low, "A scope or limit of the policy matches no server.",
        "No server that was read serves the host that the scope or limit names, so nothing shows its rules in force. Correct `match`, or check the files that serve it.",
        Nginx {
            spec: Snippet(r"
                http: { headers: { content_type_options: nosniff } }
                scopes: { shop: { match: { host: shop.example.com }, http: { headers: { framing: deny } } } }
            "),
            bad: Snippet(r"
                server {
                    listen 443 ssl;
                    server_name app.example.com;
                    add_header X-Content-Type-Options nosniff always;
                }
            "),
            good: Snippet(r#"
                server {
                    listen 443 ssl;
                    server_name shop.example.com;
                    add_header X-Content-Type-Options nosniff always;
                    add_header X-Frame-Options DENY always;
                    add_header Content-Security-Policy "frame-ancestors 'none'" always;
                }
            "#),
            keys: &["scopes", "rate_limits.limits", "http.cors"],
            references: cited::EVIDENCE,
            sources: &[cited::NGINX_SERVERS],
        };
    /// A value that cannot be rendered.
    VALUE = "nginx-value", High, "A value of the spec cannot be written into an nginx file.",
        "nginx expands $ in values and has no escape for it, reads no word longer than 4096 bytes, and sends line breaks as they are. secgen refuses such values \
         instead of writing a file that says something else.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                http:
                  cookies:
                    session: { name: sid, secure: true, http_only: true, same_site: lax }
                targets:
                  nginx: { out: deploy/nginx, version: "1.18" }    # proxy_cookie_flags came with 1.19.3
            "#),
            good: Snippet(r#"
                http:
                  cookies:
                    session: { name: sid, secure: true, http_only: true, same_site: lax }
                targets:
                  nginx: { out: deploy/nginx, version: "1.26" }
            "#),
            keys: &["http", "rate_limits", "tls"],
            references: cited::SPEC,
            sources: &[cited::NGINX_COOKIE_FLAGS],
        };
}
