//! What a person does with a restored fork: lets clients in, and gives it backups of its own. Each is one command to
//! be pasted into a shell; port, socket and access rules stay where they are.

use crate::process::{Prefix, quote, shell_line};
use crate::provider::Protection;

use super::command::QUIET;
use super::info::Info;
use super::mark::Tls;
use super::restore::Home;
use super::settings::{ForkSettings, Settings};

/// The certificate of a configuration that names none: whether one lies there is another matter.
const UNNAMED: &str = "server.crt";

/// A fork's server on its host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server<'a> {
    pub(super) settings: &'a Settings,
    pub(super) fork: &'a ForkSettings,
    pub(super) home: &'a Home,
    pub(super) port: u16,
    /// Folder of PostgreSQL's programs there, as the host told it.
    pub(super) bin: Option<&'a str>,
}

impl Server<'_> {
    /// How a person reaches it, and how clients do: its `pg_hba.conf` knows its socket alone, until it is told more.
    /// The command that lets them in comes last.
    pub(super) fn way_in(&self, tls: Option<&Tls>) -> String {
        let psql = shell_line(&self.on_its_host(&self.psql(&[])));
        let tls = if tls.is_some_and(|tls| tls.on) { "TLS is on".to_owned() } else { self.without_tls(tls) };
        format!(
            "port {}, reached by `{psql}`; {tls}; it lets nobody in over TCP until `{}`",
            self.port,
            self.let_in()
        )
    }

    /// That it was restored with TLS off, since its certificate is another host's, and how that is switched on.
    fn without_tls(&self, tls: Option<&Tls>) -> String {
        let named = tls.map(|tls| &tls.files).filter(|[certificate, _]| certificate != UNNAMED);
        let of_its_folder = |file: &String| match file.strip_prefix('/') {
            Some(_) => file.clone(),
            None => format!("{}/{file}", self.home.dir()),
        };
        let ([certificate, key], from) = match named {
            Some(files) => (
                files.each_ref().map(of_its_folder),
                "the certificate and the key that its configuration names, which must lie on its host",
            ),
            None => (
                ["CERTIFICATE", "KEY"].map(str::to_owned),
                "the paths on its host of a certificate and its key in the place of CERTIFICATE and KEY",
            ),
        };
        let switch_on = self.as_one(&[
            format!("test -r {} -a -r {}", quote(&certificate), quote(&key)),
            self.alter(&[("ssl_cert_file", &certificate), ("ssl_key_file", &key), ("ssl", "on")]),
            shell_line(&self.psql(&["-c".to_owned(), "select pg_reload_conf()".to_owned()])),
        ]);
        format!(
            "TLS is off (ssl = off), so that what clients read and write goes in clear, until `{switch_on}`, with {from}"
        )
    }

    /// Lets clients in from everywhere with their passwords. Archiving stays as it is.
    fn let_in(&self) -> String {
        let rule = "host all all all scram-sha-256";
        let rules = quote(&format!("{}/pg_hba.conf", self.home.work()));
        self.as_one(&[
            format!("echo {} >> {rules}", quote(rule)),
            self.alter(&[("listen_addresses", "*")]),
            self.restart(),
        ])
    }

    /// Gives it a stanza of its own name, archiving to that, and a first full backup.
    pub(super) fn protect(&self) -> String {
        let push = format!("{} archive-push %p", shell_line(&self.own_stanza(&[])).replace('%', "%%"));
        self.as_one(&[
            self.stanza_create(),
            self.alter(&[("archive_mode", "on"), ("archive_command", &push)]),
            self.restart(),
            self.full_backup(self.settings.repo),
        ])
    }

    /// Gives another of the repositories that are configured on its host the stanza, where it lacks it, and a first
    /// full backup.
    fn protect_in(&self, repo: u32) -> String {
        self.as_one(&[self.stanza_create(), self.full_backup(repo)])
    }

    fn stanza_create(&self) -> String {
        self.on_its_server(&["stanza-create"])
    }

    fn full_backup(&self, repo: u32) -> String {
        self.on_its_server(&[&format!("--repo={repo}"), "--type=full", "backup"])
    }

    /// A call of its own stanza that asks its server, too.
    fn on_its_server(&self, more: &[&str]) -> String {
        let (port, socket) =
            (format!("--pg1-port={}", self.port), format!("--pg1-socket-path={}", self.home.socket()));
        let (user, database) =
            (format!("--pg1-user={}", self.fork.user), format!("--pg1-database={}", self.fork.database));
        let server = [port, socket, user, database];
        let more: Vec<&str> = server.iter().map(String::as_str).chain(more.iter().copied()).collect();
        shell_line(&self.own_stanza(&more))
    }

    /// What its own stanza holds: asked on its host, of all repositories that are configured there.
    pub(super) fn own_info(&self) -> Vec<String> {
        let mut argv = self.settings.program.clone();
        argv.push(format!("--stanza={}", self.home.name));
        argv.extend(QUIET.iter().chain(&["--output=json", "info"]).map(|&word| word.to_owned()));
        argv
    }

    /// A call of its own server for the stanza that has the fork's name.
    fn own_stanza(&self, more: &[&str]) -> Vec<String> {
        let mut argv = self.settings.program.clone();
        argv.extend([format!("--stanza={}", self.home.name), format!("--pg1-path={}", self.home.dir())]);
        argv.extend(more.iter().map(|&word| word.to_owned()));
        argv
    }

    fn program(&self, name: &str) -> String {
        let bin = self.bin.or(self.fork.pg_bin.as_deref());
        bin.map_or_else(|| name.to_owned(), |bin| format!("{bin}/{name}"))
    }

    fn psql(&self, more: &[String]) -> Vec<String> {
        let (socket, port) = (self.home.socket(), self.port.to_string());
        let words = ["-h", &socket, "-p", &port, "-U", &self.fork.user, "-d", &self.fork.database];
        let words = words.map(str::to_owned);
        std::iter::once(self.program("psql")).chain(words).chain(more.iter().cloned()).collect()
    }

    fn alter(&self, settings: &[(&str, &str)]) -> String {
        let alter = |(name, value): &(&str, &str)| {
            let value = value.replace('\'', "''");
            ["-c".to_owned(), format!("alter system set {name} = '{value}'")]
        };
        shell_line(&self.psql(&settings.iter().flat_map(alter).collect::<Vec<_>>()))
    }

    /// Its log must have a place: the server would else hold on to the terminal.
    fn restart(&self) -> String {
        let log = format!("{}/server.log", self.home.work());
        let words = ["-D", &self.home.dir(), "-w", "-t", "600", "-m", "fast", "-l", &log, "restart"];
        let argv: Vec<String> =
            std::iter::once(self.program("pg_ctl")).chain(words.map(str::to_owned)).collect();
        shell_line(&argv)
    }

    fn on_its_host(&self, argv: &[String]) -> Vec<String> {
        Prefix::new(&self.fork.run).argv(argv)
    }

    /// Several commands as one, each only after the one before it went well.
    fn as_one(&self, commands: &[String]) -> String {
        let argv = ["sh".to_owned(), "-c".to_owned(), commands.join(" && ")];
        shell_line(&self.on_its_host(&argv))
    }
}

/// What is known of the backups of a fork, by its archive mode and by what its own stanza holds.
pub(super) fn protection(server: &Server<'_>, archive_mode: &str, own: Result<&Info, String>) -> Protection {
    let name = &server.home.name;
    let awaited = format!(
        "a backup in stanza {name} is looked for each minute, and ends this step once two repositories hold one"
    );
    if archive_mode == "off" {
        let text = format!("the fork archives nowhere: `{}`; then {awaited}", server.protect());
        return seen(Some(false), Some(false), text);
    }
    let info = match own {
        Ok(info) => info,
        Err(why) => {
            return seen(None, None, format!("whether stanza {name} holds a backup is not known: {why}"));
        }
    };
    let holds = holding(info, name);
    let repos = holds.iter().map(|repo| format!("repo{repo}")).collect::<Vec<_>>().join(" and ");
    let elsewhere = unread(info, name, &holds);
    match (holds.len(), &elsewhere) {
        (0, Some(why)) => seen(
            None,
            None,
            format!(
                "archive_mode of the fork is {archive_mode}; whether stanza {name} holds a backup is not known: {why}; {awaited}"
            ),
        ),
        (1, Some(why)) => seen(
            Some(true),
            None,
            format!(
                "stanza {name} holds a backup in {repos}; whether in another repository is not known: {why}; {awaited}"
            ),
        ),
        (0, None) => seen(
            Some(false),
            Some(false),
            format!("archive_mode of the fork is {archive_mode}, without a backup yet: {awaited}"),
        ),
        (1, None) => {
            let lacks = lacking(info, name, &holds).map_or_else(
                || "in no other repository".to_owned(),
                |repo| format!("not in repo{repo}: `{}`", server.protect_in(repo)),
            );
            seen(
                Some(true),
                Some(false),
                format!("stanza {name} holds a backup in {repos} and {lacks}; {awaited}"),
            )
        }
        _ => seen(Some(true), Some(true), format!("stanza {name} holds backups in {repos}")),
    }
}

fn seen(own_backup: Option<bool>, secondary_copy: Option<bool>, text: String) -> Protection {
    Protection { own_backup, secondary_copy, needs_person: true, ..Protection::cannot_tell(text) }
}

/// Why it is not known of the other repositories whether a stanza holds a backup there; `None` where it is known
/// that none does.
fn unread(info: &Info, stanza: &str, holds: &[u32]) -> Option<String> {
    let own = info.stanzas.iter().find(|known| known.name == stanza);
    let others = own.map(|own| own.repos.as_slice()).unwrap_or_default();
    let others = others.iter().filter(|repo| !holds.contains(&repo.key) && !repo.status.is_no_stanza());
    let mut why: Vec<String> = others.filter_map(|repo| info.unread_backups(stanza, repo.key)).collect();
    if why.is_empty() && (info.left_out > 0 || own.is_some_and(|own| own.left_out > 0)) {
        why.push("rows of pgBackRest's answer were not understood".to_owned());
    }
    (!why.is_empty()).then(|| why.join("; "))
}

/// The first of the configured repositories in which a stanza holds no backup.
fn lacking(info: &Info, stanza: &str, holds: &[u32]) -> Option<u32> {
    let own = info.stanzas.iter().find(|known| known.name == stanza)?;
    own.repos.iter().map(|repo| repo.key).filter(|repo| !holds.contains(repo)).min()
}

/// The repositories in which a stanza holds a whole backup.
fn holding(info: &Info, stanza: &str) -> Vec<u32> {
    let own = info.stanzas.iter().filter(|known| known.name == stanza);
    let backups = own.flat_map(|own| &own.backups).filter(|backup| backup.error != Some(true));
    let mut repos: Vec<u32> = backups.map(|backup| backup.repo).collect();
    repos.sort_unstable();
    repos.dedup();
    repos
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::info::decode;
    use super::super::restore::tests::{request, settings};
    use super::*;
    use crate::provider::PointHow;

    fn with<T>(look: impl Fn(&Server<'_>) -> T) -> T {
        let settings = settings();
        let fork = settings.fork.clone().unwrap();
        let home = Home::new(&fork, &request(PointHow::Immediate)).unwrap();
        look(&Server { settings: &settings, fork: &fork, home: &home, port: 25_441, bin: Some("/pg/bin") })
    }

    #[test]
    fn the_way_in_can_be_pasted_into_a_shell() {
        let told = with(|server| server.way_in(None));
        let home = "/srv/forks/drill-orders-k3q7wd";
        let psql = format!("`ssh -oBatchMode=yes -T dr-1 /pg/bin/psql -h {home}.lifeboat -p 25441 -U ");
        assert!(told.contains(&psql) && told.starts_with("port 25441"), "{told}");
        for part in ["listen_addresses", "pg_hba.conf", "scram-sha-256", "server.log", "restart"] {
            assert!(told.contains(part), "{part} in {told}");
        }
        assert!(!told.contains("archive"), "{told}");
    }

    #[test]
    fn that_tls_is_off_is_said_with_the_way_to_switch_it_on_before_anybody_is_let_in() {
        let tls = |on, certificate: &str, key: &str| Tls { on, files: [certificate, key].map(str::to_owned) };
        for (tls, file, key) in [
            (None, "CERTIFICATE", "KEY"),
            (Some(tls(false, "server.crt", "server.key")), "CERTIFICATE", "KEY"),
            (Some(tls(false, "/etc/ssl/db.crt", "/etc/ssl/db.key")), "/etc/ssl/db.crt", "/etc/ssl/db.key"),
            (
                Some(tls(false, "db.crt", "db.key")),
                "/srv/forks/drill-orders-k3q7wd/db.crt",
                "/srv/forks/drill-orders-k3q7wd/db.key",
            ),
        ] {
            let told = with(|server| server.way_in(tls.as_ref()));
            let off = told.find("TLS is off (ssl = off)").expect(&told);
            assert!(off < told.find("it lets nobody in").unwrap(), "{told}");
            let tested = format!("test -r {file} -a -r {key} && ");
            for part in [tested.as_str(), "ssl_cert_file", "ssl_key_file", "set ssl = ", "pg_reload_conf()"] {
                assert!(told.contains(part), "{part} in {told}");
            }
        }
        let on = with(|server| server.way_in(Some(&tls(true, "server.crt", "server.key"))));
        assert!(on.contains("TLS is on;") && !on.contains("ssl_cert_file"), "{on}");
    }

    const OK: u64 = 0;
    const NO_STANZA: u64 = 1;
    const UNREAD: u64 = 99;

    /// What the fork's own stanza holds: of each repository its status, and whether there is a backup.
    fn own(repos: &[(u32, u64, bool)]) -> Info {
        let rows = |key: u32, code: u64| {
            let message = "[HostConnectError] unable to connect to 'west': [111] Connection refused";
            json!({"key": key, "status": {"code": code, "message": message}})
        };
        let history = |key: u32| json!({"id": 1, "repo-key": key, "system-id": 7_710_171_764_084_839_490_u64, "version": "15"});
        let backup = |key: u32| {
            json!({"label": "20261120-083000F", "type": "full",
                "database": {"id": 1, "repo-key": key}, "archive": {"start": null, "stop": null},
                "timestamp": {"start": 1_795_163_000, "stop": 1_795_163_100}})
        };
        let there = |(_, code, _): &&(u32, u64, bool)| *code == OK;
        let stanza = json!([{"name": "drill-orders-k3q7wd", "status": {"code": 4}, "archive": [],
            "repo": repos.iter().map(|&(key, code, _)| rows(key, code)).collect::<Vec<_>>(),
            "db": repos.iter().filter(there).map(|&(key, ..)| history(key)).collect::<Vec<_>>(),
            "backup": repos.iter().filter(|(.., holds)| *holds).map(|&(key, ..)| backup(key)).collect::<Vec<_>>()}]);
        decode(stanza.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn ev26_a_repository_that_cannot_be_read_is_not_one_without_a_backup() {
        let table = [
            (own(&[(1, UNREAD, false), (2, OK, true)]), Some(true), None),
            (own(&[(1, UNREAD, false), (2, OK, false)]), None, None),
            (own(&[(1, UNREAD, false), (2, NO_STANZA, false)]), None, None),
            (own(&[(1, UNREAD, false), (2, OK, true), (3, OK, true)]), Some(true), Some(true)),
            (own(&[(1, NO_STANZA, false), (2, OK, true)]), Some(true), Some(false)),
            (own(&[(1, NO_STANZA, false), (2, NO_STANZA, false)]), Some(false), Some(false)),
        ];
        for (info, own_backup, secondary_copy) in table {
            let told = with(|server| protection(server, "on", Ok(&info)));
            assert_eq!((told.own_backup, told.secondary_copy), (own_backup, secondary_copy), "{}", told.text);
            let unread = told.text.contains("repo1 cannot be read: ") && told.text.contains("not known");
            assert_eq!(unread, secondary_copy.is_none(), "{}", told.text);
            assert!(!(unread && told.text.contains("no other repository")), "{}", told.text);
        }
        let mut rows = own(&[(1, OK, false), (2, OK, true)]);
        rows.stanzas[0].unread_backups.push(Some(1));
        let told = with(|server| protection(server, "on", Ok(&rows)));
        assert_eq!(told.secondary_copy, None, "{}", told.text);
    }

    #[test]
    fn ev26_a_stanza_of_the_forks_own_is_asked_for_until_it_holds_a_backup_and_no_longer() {
        let told = |mode: &str, info: &Info| with(|server| protection(server, mode, Ok(info)));
        let off = told("off", &own(&[]));
        assert_eq!((off.own_backup, off.secondary_copy), (Some(false), Some(false)));
        for part in ["stanza-create", "archive_command", "--type=full", "ends this step once"] {
            assert!(off.text.contains(part), "{part} in {}", off.text);
        }
        let none = told("on", &own(&[(2, OK, false)]));
        assert!(none.own_backup == Some(false) && !none.text.contains("stanza-create"), "{}", none.text);
        let one = told("on", &own(&[(2, OK, true)]));
        assert_eq!((one.own_backup, one.is_whole()), (Some(true), false));
        assert!(one.text.contains("holds a backup in repo2 and in no other"), "{}", one.text);
        let lacks = told("on", &own(&[(1, NO_STANZA, false), (2, OK, true)]));
        assert!(lacks.text.contains("holds a backup in repo2 and not in repo1: `"), "{}", lacks.text);
        for part in ["stanza-create && ", "--repo=1 --type=full backup", "ends this step once"] {
            assert!(lacks.text.contains(part), "{part} in {}", lacks.text);
        }
        assert!(told("on", &own(&[(1, OK, true), (2, OK, true)])).is_whole());
        let unknown = with(|server| protection(server, "on", Err("timed out".to_owned())));
        assert_eq!((unknown.own_backup, unknown.secondary_copy), (None, None));
    }
}
