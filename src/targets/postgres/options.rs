//! The server's command line, from `postmaster.opts`: what the last start was given. It wins over every file.
//!
//! Sources: `CreateOptsFile` and `PostmasterMain` of the server (the program, then each argument in double quotes that
//! nothing escapes), `ParseLongOption`, `set_debug_options`.

use std::ops::Range;

/// The name of the file, in the data folder.
pub(super) const FILE: &str = "postmaster.opts";

/// What one argument says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A setting: its name in lower case, its value as given.
    Set(String, String),
    /// A switch that the server of no version has.
    Unknown(String),
}

/// Switches with an argument, and without (`getopt` of the server, 12 to 18).
const WITH: &str = "BCcDdfhkNoprStW-";
const WITHOUT: &str = "bEeFijlnOPsT";

/// What the command line sets, in order, each with the bytes of its argument.
pub(super) fn parse(bytes: &[u8]) -> Vec<(Range<usize>, Said)> {
    let mut out = Vec::new();
    let mut arguments = arguments(bytes).into_iter();
    while let Some(range) = arguments.next() {
        let text = |range: &Range<usize>| String::from_utf8_lossy(&bytes[range.clone()]).into_owned();
        let argument = text(&range);
        let Some(mut switches) = argument.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
            out.push((range, Said::Unknown(argument)));
            continue;
        };
        // Several switches may share one argument, the last one's value too: `-Fp5433`.
        while let Some(switch) = switches.chars().next() {
            switches = &switches[switch.len_utf8()..];
            if WITH.contains(switch) {
                let (span, value) = if switches.is_empty() {
                    match arguments.next() {
                        Some(next) => (range.start..next.end, text(&next)),
                        None => (range.clone(), String::new()),
                    }
                } else {
                    (range.clone(), switches.to_owned())
                };
                out.extend(with_value(switch, &value).into_iter().map(|said| (span.clone(), said)));
                break;
            }
            if WITHOUT.contains(switch) {
                out.extend(alone(switch).map(|said| (range.clone(), said)));
            } else {
                out.push((range.clone(), Said::Unknown(format!("-{switch}"))));
            }
        }
    }
    out
}

/// The bytes of each argument, without its quotes. The program's own path stands before the first one.
fn arguments(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = bytes.windows(2).position(|pair| pair == b" \"").map_or(bytes.len(), |i| i + 2);
    while at < bytes.len() {
        // A quote ends the argument where the next one or the end of the file follows.
        let ends = |i: &usize| bytes[*i] == b'"' && (matches!(&bytes[i + 1..], [b' ', b'"', ..] | [] | [b'\n'] | [b'\r', b'\n']));
        let Some(end) = (at..bytes.len()).find(ends) else { break };
        out.push(at..end);
        at = end + 3;
    }
    out
}

fn set(name: &str, value: &str) -> Said {
    Said::Set(name.to_owned(), value.to_owned())
}

fn with_value(switch: char, value: &str) -> Vec<Said> {
    let name = match switch {
        'c' | '-' => {
            return match value.split_once('=') {
                // A dash in the name stands for an underscore.
                Some((name, value)) => vec![Said::Set(name.replace('-', "_").to_ascii_lowercase(), value.to_owned())],
                None => vec![Said::Unknown(format!("-{switch} {value}"))],
            };
        }
        'd' => return debug(value.trim().parse().unwrap_or(0)),
        'B' => "shared_buffers",
        'D' => "data_directory",
        'h' => "listen_addresses",
        'k' => "unix_socket_directories",
        'N' => "max_connections",
        'p' => "port",
        'S' => "work_mem",
        'W' => "post_auth_delay",
        // Plans, statistics, output for developers: nothing that is judged.
        _ => return Vec::new(),
    };
    vec![set(name, value)]
}

fn alone(switch: char) -> Option<Said> {
    Some(match switch {
        'e' => set("datestyle", "euro"),
        'F' => set("fsync", "false"),
        'i' => set("listen_addresses", "*"),
        'l' => set("ssl", "true"),
        'O' => set("allow_system_table_mods", "true"),
        'P' => set("ignore_system_indexes", "true"),
        's' => set("log_statement_stats", "true"),
        _ => return None,
    })
}

/// `-d N`: what each level adds.
fn debug(level: u32) -> Vec<Said> {
    let messages = if level == 0 { "notice".to_owned() } else { format!("debug{}", level.min(5)) };
    let steps = [
        (1, "log_connections", "true"),
        (1, "log_disconnections", "true"),
        (2, "log_statement", "all"),
        (3, "debug_print_parse", "true"),
        (4, "debug_print_plan", "true"),
        (5, "debug_print_rewritten", "true"),
    ];
    let more = steps.into_iter().filter(|(from, ..)| level >= *from).map(|(_, name, value)| set(name, value));
    std::iter::once(set("log_min_messages", &messages)).chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let show = |(range, said): (Range<usize>, Said)| match said {
            Said::Set(name, value) => format!("{name}={value} [{}]", &text[range]),
            Said::Unknown(what) => format!("? {what}"),
        };
        parse(text.as_bytes()).into_iter().map(show).collect()
    }

    #[test]
    fn a_command_line_as_the_server_writes_it() {
        let text = "/usr/lib/postgresql/15/bin/postgres \"-D\" \"/var/lib/pg 1\" \"-c\" \"SSL=off\" \"--log-connections=no\" \"-Fp\" \"5433\" \"-ik/run/a\" \"-c\" \"log_line_prefix=a\"b c\"\n";
        assert_eq!(
            said(text),
            [
                "data_directory=/var/lib/pg 1 [-D\" \"/var/lib/pg 1]",
                "ssl=off [-c\" \"SSL=off]",
                "log_connections=no [--log-connections=no]",
                "fsync=false [-Fp]",
                "port=5433 [-Fp\" \"5433]",
                "listen_addresses=* [-ik/run/a]",
                "unix_socket_directories=/run/a [-ik/run/a]",
                "log_line_prefix=a\"b c [-c\" \"log_line_prefix=a\"b c]",
            ]
        );
    }

    #[test]
    fn odd_command_lines() {
        assert_eq!(said("postgres\n"), [""; 0]);
        assert_eq!(said(""), [""; 0]);
        assert_eq!(said("postgres \"-c\" \"x\" \"-z\" \"word\" \"-\" \"-c\""), ["? -c x", "? -z", "? word", "? -", "? -c "]);
        assert_eq!(said("postgres \"-l\" \"-O\" \"-P\" \"-h\" \"a\" \"-N\" \"5\" \"-B\" \"16MB\"").len(), 6);
        let levels: Vec<usize> = (0..6).map(|level| said(&format!("postgres \"-d\" \"{level}\"")).len()).collect();
        assert_eq!(levels, [1, 3, 4, 5, 6, 7]);
        for bytes in [&b" \""[..], b" \"\"", b"\xff \"-\xff\"", b" \"-c\" \"\xff=\xff\"\n", b" \"-c", b"\" \"\" \""] {
            let _ = parse(bytes);
        }
    }
}
