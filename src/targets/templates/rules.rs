//! The rules of this target.

use crate::finding::{Snippet, cited, rules};

rules! {
    pub, pub ALL;

    /// A template that does what templates must not.
    REFUSED = "template-refused", High, "A template does what templates must not do.",
        "Templates lay values out: {{ name | encoder }}, if, for over a list of the context, and include of a template in the same folder. Every name must be one of the \
         context (secgen schema template-context), and every value leaves through one encoder of the file's grammar. Calls, assignments, arithmetic and default values are refused: \
         they could read what is not theirs, run for ever, or hide a name that was mistyped. docs/templates.md has the whole language.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                # file: secgen.yaml
                http: { site: https://app.example.com, headers: { hsts: { max_age: 365d } } }
                templates:
                  dir: security/templates
                  sha256: 86ef88fe2c18403a2f9e31e137f570a4be60d8d01916a4059180105d24193ce2
                  outputs: { caddyfile: { template: Caddyfile.tera, out: deploy/Caddyfile, carries: [http.headers] } }
                # file: security/templates/Caddyfile.tera
                {{ http.site }} {
                    header {
                {%- for header in http.heders %}
                        {{ header.name }} {{ header.value | default(value='') }}
                {%- endfor %}
                    }
                }
            "),
            good: Snippet(r"
                # file: secgen.yaml
                http: { site: https://app.example.com, headers: { hsts: { max_age: 365d } } }
                templates:
                  dir: security/templates
                  sha256: 4bd3a81017383122236bf245270ab4ae36ef2c7b3553afaaa6de99daef8ceb7c
                  outputs: { caddyfile: { template: Caddyfile.tera, out: deploy/Caddyfile, carries: [http.headers] } }
                # file: security/templates/Caddyfile.tera
                {{ http.site | word }} {
                    header {
                {%- for header in http.headers %}
                        {{ header.name | word }} {{ header.value | caddy }}
                {%- endfor %}
                    }
                }
            "),
            keys: &["templates"],
            references: cited::SPEC,
            sources: &[],
        };
    /// A claim that nothing stands behind.
    CLAIM = "template-carries-nothing", High, "A template is said to carry something that it does not use.",
        "templates.outputs.NAME.carries says which keys of the policy a file carries, so that they do not count as unenforced. secgen cannot read such a file, so it asks for the least that \
         it can see: that the template uses the value. Whether it uses it well is for whoever reviews the template; reports say rendered, and never verified.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                # file: secgen.yaml
                tls: { min_version: TLSv1.2 }
                templates:
                  dir: security/templates
                  sha256: 0b88fbce0e476e742f7cfeb2bf41283dbb65b89bba84b968935f92dac5da5d0a
                  outputs: { caddyfile: { template: Caddyfile.tera, out: deploy/Caddyfile, carries: [tls.min_version] } }
                # file: security/templates/Caddyfile.tera
                app.example.com {
                    reverse_proxy 127.0.0.1:8080
                }
            "),
            good: Snippet(r#"
                # file: secgen.yaml
                tls: { min_version: TLSv1.2 }
                templates:
                  dir: security/templates
                  sha256: e33a17a258ffa4654724061e85690d2c800d1fe602f1c69dfb85ae639a875e0b
                  outputs: { caddyfile: { template: Caddyfile.tera, out: deploy/Caddyfile, carries: [tls.min_version] } }
                # file: security/templates/Caddyfile.tera
                app.example.com {
                    tls {
                        protocols {% if tls.min_version == "TLSv1.3" %}tls1.3{% else %}tls1.2{% endif %}
                    }
                    reverse_proxy 127.0.0.1:8080
                }
            "#),
            keys: &["templates"],
            references: cited::SPEC,
            sources: &[],
        };
    /// A line of a file.
    LINE = "template-line", High, "A line of a file says less than the policy asks for.",
        "templates.outputs.NAME.lines says how the line looks that sends a response header. secgen reads these lines and nothing else of the file, and compares their values with the \
         policy. Where no line fits, or several do, it cannot tell. A value that is as the policy says is reported as rendered and never as verified: whether the program \
         reads the file, and what else the file says, is not known.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                # file: secgen.yaml
                http: { site: https://app.example.com, headers: { hsts: { max_age: 365d } } }
                templates:
                  dir: security/templates
                  sha256: 4bd3a81017383122236bf245270ab4ae36ef2c7b3553afaaa6de99daef8ceb7c
                  outputs:
                    caddyfile:
                      template: Caddyfile.tera
                      out: deploy/Caddyfile
                      lines: { Strict-Transport-Security: 'Strict-Transport-Security "{value}"' }
                      check: [legacy/Caddyfile]
                # file: security/templates/Caddyfile.tera
                {{ http.site | word }} {
                    header {
                {%- for header in http.headers %}
                        {{ header.name | word }} {{ header.value | caddy }}
                {%- endfor %}
                    }
                }
                # file: legacy/Caddyfile
                old.example.com {
                    header {
                        Strict-Transport-Security "max-age=60"
                    }
                }
            "#),
            good: Snippet(r#"
                # file: secgen.yaml
                http: { site: https://app.example.com, headers: { hsts: { max_age: 365d } } }
                templates:
                  dir: security/templates
                  sha256: 4bd3a81017383122236bf245270ab4ae36ef2c7b3553afaaa6de99daef8ceb7c
                  outputs:
                    caddyfile:
                      template: Caddyfile.tera
                      out: deploy/Caddyfile
                      lines: { Strict-Transport-Security: 'Strict-Transport-Security "{value}"' }
                      check: [legacy/Caddyfile]
                # file: security/templates/Caddyfile.tera
                {{ http.site | word }} {
                    header {
                {%- for header in http.headers %}
                        {{ header.name | word }} {{ header.value | caddy }}
                {%- endfor %}
                    }
                }
                # file: legacy/Caddyfile
                old.example.com {
                    header {
                        Strict-Transport-Security "max-age=31536000"
                    }
                }
            "#),
            keys: &["templates"],
            references: cited::SETTINGS,
            sources: &[],
        };
}
