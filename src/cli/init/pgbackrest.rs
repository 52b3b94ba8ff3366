//! A config out of a pgBackRest configuration on this host: each repository of each stanza becomes a
//! source, each stanza a service.

use std::fmt::Write as _;
use std::path::Path;

use super::conf::{self, Stanza};
use super::{NotMade, TIERS, comment, key, list, source_name, text};
use crate::cli::Exit;
use crate::process::{quote, shell_line};
use crate::provider::pgbackrest::look::CLOCK_FIRST;

/// No configuration is longer.
const MAX_BYTES: u64 = 1024 * 1024;

pub(super) fn config(path: &Path, host: &str) -> Result<String, NotMade> {
    let shown = path.display();
    let not_made =
        |why: String, hint: &str| NotMade { why, hints: vec![hint.to_owned()], exit: Exit::Config };
    let whole = std::fs::canonicalize(path).and_then(|whole| Ok((read(&whole)?, whole)));
    let (read, whole) = whole.map_err(|error| {
        not_made(
            format!("cannot read {shown}: {error}"),
            "--from takes aiven:PROJECT, or the path of a pgBackRest configuration, often /etc/pgbackrest/pgbackrest.conf",
        )
    })?;
    let stanzas = conf::stanzas(&read).map_err(|why| {
        not_made(format!("{shown} is no pgBackRest configuration: {why}"), "name the right file")
    })?;
    Ok(written(&stanzas, &whole.display().to_string(), host))
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::io::Read::read_to_string(
        &mut std::io::Read::take(std::fs::File::open(path)?, MAX_BYTES),
        &mut text,
    )?;
    Ok(text)
}

fn written(stanzas: &[Stanza], path: &str, host: &str) -> String {
    let mut out = format!(
        "# lifeboat on {}, made from {}. Files that it includes (conf.d) were not looked into.\n\n\
         fleet = {}\n\n{TIERS}",
        comment(host),
        comment(path),
        text(host)
    );
    for stanza in stanzas {
        for repo in stanza.repos() {
            source(&mut out, stanza, repo, path);
        }
        service(&mut out, stanza);
    }
    out.push_str(&from_elsewhere(stanzas, path, host));
    out
}

fn name_of(stanza: &Stanza, repo: u32) -> String {
    source_name(&[&stanza.name, &format!("repo{repo}")])
}

fn source(out: &mut String, stanza: &Stanza, repo: u32, path: &str) {
    let name = name_of(stanza, repo);
    let _ = writeln!(
        out,
        "\n# {}\n[sources.{}]\nkind = \"pgbackrest\"\nprogram = {}\nstanza = {}\nrepo = {repo}\n\
         # run = [\"runuser\", \"-u\", \"postgres\", \"--\"]   # as root: the account that may read the repository",
        comment(&where_it_is(stanza, repo)),
        key(&name),
        list(&["pgbackrest", &format!("--config={path}")]),
        text(&stanza.name),
    );
    let _ = writeln!(
        out,
        "# [sources.{}.fork]              # where a fork of this copy is made; without it nothing can be forked\n\
         # run = [\"ssh\", \"postgres@HOST\"]            # a host in the region of this copy; absent = here\n\
         # directory = \"/var/lib/postgresql/lifeboat\" # a folder for forks, with room for the data\n\
         # pg_bin = \"/usr/lib/postgresql/VERSION/bin\"",
        key(&name)
    );
}

fn where_it_is(stanza: &Stanza, repo: u32) -> String {
    let kind = stanza.repo(repo, "type").unwrap_or("posix");
    let path = stanza.repo(repo, "path").unwrap_or("/var/lib/pgbackrest");
    let bucket =
        ["s3-bucket", "gcs-bucket", "azure-container"].iter().find_map(|option| stanza.repo(repo, option));
    let place = bucket.map_or_else(|| path.to_owned(), |bucket| format!("{bucket}{path}"));
    let host = stanza.repo(repo, "host").map(|host| format!(" on {host}")).unwrap_or_default();
    format!("Stanza {}, repository {repo}: {kind} {place}{host}", stanza.name)
}

fn service(out: &mut String, stanza: &Stanza) {
    let _ = writeln!(out, "\n[services.{}]", key(&stanza.name));
    out.push_str("# tier = 1                                  # once [tiers.1] is filled in above\n");
    out.push_str(&probe(stanza));
    let repos: Vec<u32> = stanza.repos().into_iter().collect();
    match repos.as_slice() {
        [only] => {
            copy(out, stanza, "primary", *only);
            out.push_str(
                "# There is one repository. With a second one, in another region, name it here:\n\
                 # secondary = { source = \"..\", region = \"..\" }\n",
            );
        }
        [first, second, more @ ..] => {
            out.push_str(
                "# Taken for granted: the first repository is near the primary, the second in the other region.\n\
                 # Change the two when it is the other way round: recovery is judged from the secondary.\n",
            );
            copy(out, stanza, "primary", *first);
            copy(out, stanza, "secondary", *second);
            for repo in more {
                let _ = writeln!(out, "# not shown: {}", key(&name_of(stanza, *repo)));
            }
        }
        [] => {}
    }
    let _ = writeln!(
        out,
        "# What a fork must answer; a drill without it proves nothing:\n\
         # [[services.{}.checks]]\n\
         # sql = \"select max(created_at) from TABLE\"  # a column that grows with every write\n\
         # expect = {{ newest_row = true }}",
        key(&stanza.name)
    );
}

fn copy(out: &mut String, stanza: &Stanza, role: &str, repo: u32) {
    let source = text(&name_of(stanza, repo));
    let region = stanza
        .repo(repo, "s3-region")
        .map(str::to_owned)
        .or_else(|| stanza.repo(repo, "host").map(str::to_owned));
    let _ = match region {
        Some(region) => writeln!(out, "{role} = {{ source = {source}, region = {} }}", text(&region)),
        None => writeln!(out, "{role} = {{ source = {source} }}     # say where it lies: region = \"..\""),
    };
}

/// Where its primary listens: known only where the configuration names its host.
fn probe(stanza: &Stanza) -> String {
    let hosts = stanza
        .pgs()
        .into_iter()
        .filter_map(|number| Some((stanza.pg(number, "host")?, stanza.pg(number, "port").unwrap_or("5432"))));
    let probes: Vec<String> = hosts
        .map(|(host, port)| {
            let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
            format!("tcp://{host}:{port}")
        })
        .filter(|probe| probe.parse::<crate::config::Probe>().is_ok())
        .collect();
    match probes.as_slice() {
        [only] => format!("probe = {}\n", text(only)),
        [first, ..] => format!(
            "probe = {}     # the one that is primary, of {}\n",
            text(first),
            comment(&probes.join(", "))
        ),
        [] => {
            "# probe = \"tcp://HOST:5432\"                 # where the primary listens, seen from this host\n"
                .to_owned()
        }
    }
}

/// How another host reads the same, with a key that can do nothing else (S28).
fn from_elsewhere(stanzas: &[Stanza], path: &str, host: &str) -> String {
    let example = stanzas.first().map_or("NAME".to_owned(), |stanza| name_of(stanza, 1));
    let script = reader(path);
    let script = script.lines().fold(String::new(), |all, line| all + "#   " + line + "\n");
    format!(
        "\n# To read these repositories from another host, with a key that can do nothing else:\n\
         # 1. here, as /usr/local/bin/lifeboat-read, mode 0755:\n\
         {script}\
         # 2. here, in the authorized_keys of the account that may read the repositories, one line:\n\
         #   restrict,command=\"/usr/local/bin/lifeboat-read\" ssh-ed25519 AAAA.. lifeboat\n\
         # 3. there, in each source, here {}:\n\
         #   run = {}\n\
         #   program = [\"pgbackrest\"]                # the script gives --config\n",
        comment(&example),
        list(&["ssh", &format!("postgres@{}", comment(host))])
    )
}

/// Takes the words of a reading call apart without a shell's help: words that would need quotes are
/// refused, and so are all options but those that reading needs.
fn reader(path: &str) -> String {
    let path = quote(&comment(path));
    let clocked = quote(&format!("{} ", shell_line(&CLOCK_FIRST.map(str::to_owned))));
    format!(
        r#"#!/bin/sh
# Whoever comes with this key reads backups, and does nothing else.
set -f
no() {{ echo 'lifeboat-read: refused' >&2; exit 77; }}
clocked={clocked}
case $SSH_ORIGINAL_COMMAND in
  "$clocked"*) date +%s; SSH_ORIGINAL_COMMAND=${{SSH_ORIGINAL_COMMAND#"$clocked"}} ;;
esac
case $SSH_ORIGINAL_COMMAND in *[!A-Za-z0-9_./:=,+@%\ -]*) no ;; esac
set -- $SSH_ORIGINAL_COMMAND
[ "$1" = pgbackrest ] || no
shift
for word; do
  case $word in
    *..*) no ;;
    version|info|repo-ls|repo-get|archive/*|--recurse|--output=json) ;;
    --stanza=*|--repo=*|--io-timeout=*|--log-level-*=*) ;;
    *) no ;;
  esac
done
exec pgbackrest --config={path} "$@"
"#
    )
}
