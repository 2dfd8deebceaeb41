//! The rules of this target.

use crate::finding::{Rule, Severity};

macro_rules! rules {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $severity:ident, $title:literal, $explain:literal;)*) => {
        $($(#[$doc])* pub static $id: Rule = Rule { name: $name, title: $title, severity: Severity::$severity, explain: $explain };)*

        /// All of them, for `explain`.
        pub static ALL: &[&Rule] = &[$(&$id),*];
    };
}

rules! {
    /// A file that nginx would refuse to parse.
    SYNTAX = "nginx-syntax", High, "A file is not valid nginx configuration.",
        "nginx refuses to start, or to reload, with a file that it cannot parse; the old configuration stays in force unnoticed. secgen judges \
         nothing of such a file, and never reports success after a partial parse. Correct the line; `nginx -t` names the same place.";
    /// A directive that nginx refuses.
    REFUSED = "nginx-refused", High, "nginx refuses to start with this line.",
        "The line parses, but nginx stops at it: an unknown value, a directive given twice that may stand once, a directive that this version \
         does not know, a zone that nothing declares. A reload then keeps the old configuration in force. What the line would set counts as unknown.";
    /// Includes in a circle.
    INCLUDE_CYCLE = "nginx-include-cycle", High, "A file includes itself, directly or through others.",
        "nginx follows the circle until it crashes, also in `nginx -t`. Remove the include that closes it, or move what both files need into a third file.";
    /// Too many or too deep includes.
    INCLUDE_LIMIT = "nginx-include-limit", High, "Includes are nested too deep or unfold to too much.",
        "secgen follows includes 32 files deep and up to two million directives, so that no input can exhaust its memory. What lies beyond was not judged.";
    /// A header that nothing sets.
    HEADER_MISSING = "header-missing", High, "A response header that the policy requires is not set here.",
        "Neither this block nor one around it sets the header. Include the rendered security-headers.conf in the server, and in each location that has an \
         add_header of its own (ngx_http_headers_module).";
    /// A header that an inner block cuts off.
    HEADER_CUT = "header-cut-by-location", High, "A nested add_header cuts off the headers of the block around it.",
        "add_header is inherited only by blocks without an add_header of their own: one line for Cache-Control in a location drops every security \
         header of the server there (ngx_http_headers_module, `add_header`). Include the rendered security-headers.conf in that block as well; from nginx 1.29.3 \
         `add_header_inherit merge;` keeps both. `add_header_inherit off` on a server also keeps the server's own headers from its locations.";
    /// A header without `always`.
    HEADER_NOT_ALWAYS = "header-not-always", Medium, "A security header is not sent with error responses.",
        "Without the parameter `always`, nginx adds a header to responses 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308 only (ngx_http_headers_module). \
         Error pages show content too, and an attacker can often choose to get one. Add `always` at the end of the line.";
    /// A header whose value is not what the policy asks for.
    HEADER_VALUE = "header-value", High, "A response header is set to something weaker than the policy.",
        "The header is sent, but what it says is compared with the policy by effect, and allows more (or something else). Change the line, or include the rendered \
         security-headers.conf in its place.";
    /// A header that browsers ignore.
    HEADER_INVALID = "header-invalid", High, "A response header has a value that browsers ignore.",
        "A value outside of the header's grammar counts as no header at all. Change the line, or include the rendered security-headers.conf in its place.";
    /// A header whose variable is empty.
    HEADER_EMPTY = "header-empty", High, "A response header is not sent where a variable in its value is empty.",
        "nginx sends no header line with an empty value. A map without `default` is empty for everything that no line of it names (ngx_http_map_module); a `set` \
         in an `if` leaves the variable empty elsewhere. Give the variable a value in every case, or write the value out.";
    /// A header made of variables.
    HEADER_DYNAMIC = "header-dynamic", Medium, "A response header's value is decided at run time.",
        "The value holds variables, so a file cannot say what is sent; unknown is never a pass. Write the value out, or judge a captured response instead.";
    /// Something else that sets headers.
    HEADER_OPAQUE = "header-set-elsewhere", Medium, "Something that secgen does not evaluate may set or remove this header.",
        "Lua, JavaScript and Perl header filters run beside add_header and may set or remove the same header. What such a program does is known only when it runs; \
         unknown is never a pass. Set security headers with add_header or more_set_headers, or judge a captured response.";
    /// A backend's own headers.
    BACKEND = "header-from-backend", Info, "A backend's own security headers would be sent beside those of nginx.",
        "nginx passes on what a backend sends, before what add_header adds: of two Strict-Transport-Security lines browsers take the first, and two different \
         X-Frame-Options block every frame. proxy_hide_header (fastcgi_hide_header, ...) drops the backend's own; a list of it hides those of the blocks around it.";
    /// A header that tells about the software.
    HEADER_DISCLOSED = "header-disclosed", Low, "A response header that the policy removes is sent.",
        "Server and X-Powered-By name the software, and often its version, to anybody who looks for a known hole. `server_tokens off` takes the version out of \
         nginx's own Server (the name stays; only other modules and the commercial build remove it), NAME_hide_header drops what a backend sends.";
    /// A header that a backend may send.
    HEADER_PASSED_ON = "header-passed-on", Low, "A backend may send a response header that the policy removes.",
        "nginx passes on what a backend sends, but for what proxy_hide_header (fastcgi_hide_header, ...) drops; proxy and grpc also drop Server unless \
         proxy_pass_header names it. A list of one block hides those of the blocks around it. Whether a backend sends the header is not in these files, and unknown is \
         never a pass.";
    /// Flags of a cookie.
    COOKIE_FLAGS = "cookie-flags", High, "A cookie is sent without flags that the policy asks for.",
        "A line takes a flag away (nosecure, nohttponly, nosamesite), sets a weaker one, or sets the cookie itself without it: add_header Set-Cookie is not touched by \
         proxy_cookie_flags (ngx_http_proxy_module, ngx_http_headers_module). Include the rendered cookies.conf, or add the flags to the line.";
    /// Flags that a backend decides.
    COOKIE_BACKEND = "cookie-from-backend", Medium, "A backend decides about the flags of a cookie.",
        "Whether the backend sets Secure, HttpOnly and SameSite is not in these files, and unknown is never a pass. proxy_cookie_flags (1.19.3) sets them on \
         whatever comes through proxy_pass; the first line of the nearest block that names the cookie counts. The older proxy_cookie_path / \"/; Secure\" reaches only \
         cookies that have a path. FastCGI, uwsgi, SCGI and gRPC have no such directive.";
    /// Other origins.
    CORS_VALUE = "cors-value", High, "Other origins may do more than the policy allows.",
        "Access-Control-Allow-Origin and its kin let pages of other sites read answers, with the visitor's cookies where credentials are allowed (Fetch). All that \
         the lines in force may say to any request is taken together. Include the rendered cors.NAME.conf in place of the lines.";
    /// Every origin gets itself back.
    CORS_REFLECTED = "cors-reflected", High, "Every origin is let in by repeating it.",
        "$http_origin as the value repeats whatever the request says, so every site may read the answers, with credentials too: worse than `*`, which browsers \
         refuse beside credentials. Map $http_origin to itself for a list of whole origins, and to nothing by default.";
    /// An expression that lets in more.
    CORS_EXPRESSION = "cors-expression", High, "An expression lets in origins that the policy does not name, or may do so.",
        "Without ^ and $ an expression matches a part of the origin, and an unescaped dot matches any character: https://app.example.com.evil.example gets in. \
         secgen tries such origins; where none gets in, it still cannot list all that the expression matches. Write whole origins, or ~^https://app\\.example\\.com$.";
    /// A backend's own answer to other origins.
    CORS_BACKEND = "cors-from-backend", Medium, "A backend may let other origins in itself.",
        "nginx passes on the Access-Control headers of a backend beside its own. What the backend sends is not in these files, and unknown is never a pass. \
         proxy_hide_header (fastcgi_hide_header, ...) drops them; the rendered cors.NAME.conf has the lines.";
    /// A cache may mix up origins.
    CORS_VARY = "cors-vary", Low, "An answer that differs by origin does not say so to caches.",
        "Without Vary: Origin a cache gives the answer for one origin to another one, which then cannot read it, or may read what it should not (Fetch, \
         \"CORS protocol and HTTP caches\"). Add the line where Access-Control-Allow-Origin stands.";
    /// Something that was not read decides.
    NOT_READ = "nginx-not-read", Medium, "A file that decides something here was not read.",
        "An included file that secgen cannot see may set or cut off what is checked here. Name the server's folder and where the repository keeps it under \
         targets.nginx.map, or check the main file instead of a part.";
    /// A file that a template engine makes.
    TEMPLATE = "nginx-template", Medium, "A file is a template, and what is made of it was not given.",
        "Only the template engine knows which lines a server gets to read; unknown is never a pass. For files of envsubst, as the official image uses it, state \
         what each placeholder stands for under targets.nginx.values. For any other engine, check what it makes: pipe the rendered file into \
         `secgen check --source nginx=-`.";
    /// A comment about a file's place.
    CONTEXT = "nginx-context", High, "A comment says that a file stands where it cannot stand.",
        "A file that is only a part of a configuration may say in one of its first comments in which block it is included: `# secgen: context=http`, server or \
         location. Without the comment the place is worked out from the directives at the top of the file.";
    /// Protocol versions.
    TLS_PROTOCOLS = "tls-protocols", High, "A server speaks TLS versions that the policy forbids.",
        "ssl_protocols of the nearest level decides (two lines on one level add up), and ssl_conf_command can override it. Old versions are forbidden by \
         RFC 8996. Include the rendered tls.conf at the http level, and remove ssl_protocols from the servers.";
    /// No protocol versions given.
    TLS_DEFAULT = "tls-protocols-default", High, "No ssl_protocols is given, and nginx's own default is weaker than the policy.",
        "Up to 1.23.3 nginx speaks TLSv1, TLSv1.1 and TLSv1.2 by default, up to 1.27.2 TLSv1 to TLSv1.3, then TLSv1.2 and TLSv1.3 (CHANGES). Include the \
         rendered tls.conf at the http level, and state the version in targets.nginx.version.";
    /// Another server decides.
    TLS_OTHER_SERVER = "tls-default-server-decides", High, "The default server of the socket decides about TLS versions, not this one.",
        "Before nginx 1.29.2 the protocol is agreed on before the server name is known, so ssl_protocols of the socket's default server (the one with \
         default_server, else the first) holds for all servers on it. ssl_conf_command MinProtocol works like that in every version. Set it at the http level.";
    /// Cipher suites.
    TLS_SUITES = "tls-suites", Medium, "A server may agree on cipher suites that the policy's profile does not allow.",
        "ssl_ciphers names suites for TLS 1.2 and older only; those of TLS 1.3 come from ssl_conf_command Ciphersuites. nginx's default, HIGH:!aNULL:!MD5, also \
         allows suites without forward secrecy and with CBC. Include the rendered tls.conf at the http level.";
    /// Groups.
    TLS_GROUPS = "tls-groups", Medium, "A server may agree on a group for the key exchange that the policy does not allow.",
        "ssl_ecdh_curve of the default server of the socket decides, in every version of nginx; ssl_conf_command Groups comes after it. Without it OpenSSL's own \
         list holds, which differs by OpenSSL's version. Include the rendered tls.conf at the http level, and remove ssl_ecdh_curve from the servers.";
    /// Session tickets.
    TLS_TICKETS = "tls-tickets-on", Medium, "A server gives out session tickets, which the policy forbids.",
        "nginx encrypts tickets with a key that lives as long as the process: who gets it later reads what was recorded before, in spite of forward secrecy. \
         Tickets are on by default (ssl_session_tickets). Include the rendered tls.conf at the http level.";
    /// Plain HTTP.
    REDIRECT = "http-not-redirected", High, "A server answers over plain HTTP with something else than a permanent redirect to HTTPS.",
        "What is sent in plain text can be read and changed on the way, cookies among it. A server without TLS should answer nothing but 301 or 308 to https://: \
         302, 303 and 307 are asked for anew each time. The paths of /.well-known/acme-challenge/ may be served (RFC 8555 8.3). Include the rendered redirect-https.conf.";
    /// No rate limit.
    LIMIT_MISSING = "rate-limit-missing", High, "Nothing limits the request rate where the policy asks for it.",
        "limit_req is inherited only by blocks without a limit_req of their own (ngx_http_limit_req_module). Include the rendered snippet of the limit in the location.";
    /// A weaker rate limit.
    LIMIT_VALUE = "rate-limit-value", Medium, "The request rate is limited less than the policy asks.",
        "The zone's rate and the burst are compared with the policy's guard for nginx. Include the rendered snippet of the limit in the location.";
    /// A rate limit without effect.
    LIMIT_OFF = "rate-limit-without-effect", High, "A rate limit stands here, but limits nothing.",
        "limit_req_dry_run only counts, an unknown zone stops nginx, and a request whose key is empty is not limited (ngx_http_limit_req_module).";
    /// A rate limit by something else than the client's address.
    LIMIT_KEY = "rate-limit-key", Medium, "A rate limit counts by something else than the client's address.",
        "The policy limits each client address. A key made of other variables may be empty for some requests, which are then not limited, or count others together. \
         Use $binary_remote_addr.";
    /// The status of refused requests.
    LIMIT_STATUS = "rate-limit-status", Info, "Requests over a limit are not answered with 429.",
        "Without limit_req_status nginx answers 503 (ngx_http_limit_req_module), which says that the server is down: clients and monitoring cannot tell the two apart. \
         429 Too Many Requests says what it is (RFC 6585 4). Write `limit_req_status 429;` in the http block.";
    /// An answer before the limit.
    LIMIT_BYPASSED = "rate-limit-bypassed", Info, "A return answers before the rate limit that stands here is looked at.",
        "return and rewrite run before limit_req and limit_conn: a location that only returns is never limited, whatever stands in or around it. \
         That is harmless where the answer costs nothing, and surprises where the limit was meant to stop guessing.";
    /// A regular expression may take requests away.
    REGEX = "nginx-regex-location", Medium, "A location with a regular expression may answer requests that the policy speaks of.",
        "nginx tries regular expressions after it has found the longest prefix, and lets the first one that matches answer: `location ~ \\.php$` also takes \
         /api/x.php away from `location /api/`, and with it its limits and headers (ngx_http_core_module, `location`). secgen does not evaluate expressions; \
         write `location ^~ /api/`, which they do not override, or make the location of the expression meet the policy too.";
    /// A scope or limit that nothing serves.
    NO_PLACE = "nginx-no-place", Low, "A scope or limit of the policy matches no server.",
        "No server that was read serves the host that the scope or limit names, so nothing shows its rules in force. Correct `match`, or check the files that serve it.";
    /// A value that cannot be rendered.
    VALUE = "nginx-value", High, "A value of the spec cannot be written into an nginx file.",
        "nginx expands $ in values and has no escape for it, reads no word longer than 4096 bytes, and sends line breaks as they are. secgen refuses such values \
         instead of writing a file that says something else.";
}
