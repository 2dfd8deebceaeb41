//! The rules of this target.

use crate::finding::{Snippet, cited, rules};

rules! {
    pub, pub ALL;

    /// A template that does what templates must not.
    REFUSED = "template-refused", High, "A template does what templates must not do.",
        "Templates lay values out: {{ name | encoder }}, if, for over a list of the context, and include of a template in the same folder. Every name must be one of the \
         context (secgen schema template-context), and every value leaves through one encoder of the file's grammar. Calls, assignments, arithmetic and default values are refused: \
         they could read what is not theirs, run for ever, or hide a name that was mistyped. docs/templates.md has the whole language.",
        Text {
            spec: Snippet(""),
            bad: Snippet(r"
                {% for header in http.heders %}
                header {{ header.name }} {{ header.value | default(value='') }}
                {% endfor %}
            "),
            good: Snippet(r"
                {% for header in http.headers %}
                header {{ header.name | word }} {{ header.value | caddy }}
                {% endfor %}
            "),
            keys: &["templates"],
            references: cited::SPEC,
            sources: &[],
        };
    /// A claim that nothing stands behind.
    CLAIM = "template-carries-nothing", High, "A template is said to carry something that it does not use.",
        "templates.outputs.NAME.carries says which keys of the policy a file carries, so that they do not count as unenforced. secgen cannot read such a file, so it asks for the least that \
         it can see: that the template uses the value. Whether it uses it well is for whoever reviews the template; reports say rendered, and never verified.",
        Text {
            spec: Snippet(""),
            bad: Snippet(r"
                # secgen.yaml: carries: [tls.min_version]
                app.example.com {
                    reverse_proxy 127.0.0.1:8080
                }
            "),
            good: Snippet(r#"
                # secgen.yaml: carries: [tls.min_version]
                app.example.com {
                    tls {
                        protocols {% if tls.min_version == "TLSv1.3" %}tls1.3{% else %}tls1.2{% endif %}
                    }
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
        Text {
            spec: Snippet(""),
            bad: Snippet(r#"
                # deploy/Caddyfile, with lines: { Strict-Transport-Security: 'Strict-Transport-Security "{value}"' }
                header {
                    Strict-Transport-Security "max-age=60"
                }
            "#),
            good: Snippet(r#"
                header {
                    Strict-Transport-Security "max-age=31536000"
                }
            "#),
            keys: &["templates"],
            references: cited::SETTINGS,
            sources: &[],
        };
}
