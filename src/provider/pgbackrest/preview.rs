//! The calls of a fork as a person would make them, on the host each one runs on (R31, S36): all that our
//! scripts change there, and how it is proven to be gone.

use crate::process::{Prefix, quote, shell_line};
use crate::provider::{CallPreview, ForkRequest, Made};

use super::mark;
use super::restore::{Home, kept};
use super::settings::{ForkSettings, Settings};

/// Every call of a fork, in order: make it, watch it, remove it.
pub(super) fn calls(settings: &Settings, request: &ForkRequest) -> Vec<CallPreview> {
    let Some(fork) = &settings.fork else { return Vec::new() };
    let Ok(home) = Home::new(fork, request) else { return Vec::new() };
    let Ok(restore) = settings.restore(fork, &home, &request.point) else { return Vec::new() };
    let (first, last) = (fork.ports.0.start(), fork.ports.0.end());
    let (port, which, its) = if first == last {
        (first.to_string(), String::new(), "")
    } else {
        let which = format!("; PORT is the first of {first} to {last} that is free then");
        ("PORT".to_owned(), which, "; PORT is its own")
    };
    let there = There { fork, home: &home, port: &port };
    let by = request.removed_by();
    let listing = ["ls", "-A", &home.base].map(str::to_owned);
    vec![
        there.call(
            &format!(
                "make what lies beside it: its mark, its access rules, the sign that keeps its port{which}"
            ),
            &shell(&there.beside(request)),
        ),
        there.call("restore into the fork's folder", &restore),
        CallPreview {
            makes: Some(made()),
            ..there.call(
                "start the fork's server: closed to all, archiving nowhere until that is altered",
                &shell(&there.start(&settings.server_options(&home, &port))),
            )
        },
        there.look("watch the fork", &there.watch()),
        there.call(&format!("stop the fork's server{by}"), &there.pg_ctl(&["-m", "fast", "stop"])),
        there.call(&format!("remove the fork and what lies beside it{by}{its}"), &shell(&there.gone())),
        there.look("prove that it is gone: not in the list", &listing),
    ]
}

/// What the server's options and the fork's own `pg_hba.conf` make of it.
fn made() -> Made {
    Made {
        access: "it listens on 127.0.0.1 of its host and lets nobody in over TCP".to_owned(),
        leaves_backups: false,
    }
}

/// Several commands as one, each only after the one before it went well.
fn shell(commands: &[String]) -> Vec<String> {
    vec!["sh".to_owned(), "-c".to_owned(), commands.join(" && ")]
}

/// A fork on its host.
struct There<'a> {
    fork: &'a ForkSettings,
    home: &'a Home,
    port: &'a str,
}

impl There<'_> {
    fn call(&self, what: &str, argv: &[String]) -> CallPreview {
        CallPreview {
            what: what.to_owned(),
            command: shell_line(&Prefix::new(&self.fork.run).argv(argv)),
            mutating: true,
            alternative: false,
            makes: None,
        }
    }

    fn look(&self, what: &str, argv: &[String]) -> CallPreview {
        CallPreview { mutating: false, ..self.call(what, argv) }
    }

    fn program(&self, name: &str) -> String {
        self.fork.pg_bin.as_ref().map_or_else(|| name.to_owned(), |bin| format!("{bin}/{name}"))
    }

    fn mark(&self) -> String {
        format!("{}/{}.lifeboat.json", self.home.base, self.home.name)
    }

    /// Reserves the port on this host for as long as the fork is there.
    fn sign(&self) -> String {
        format!("{}/.lifeboat-port-{}", self.home.base, self.port)
    }

    fn beside(&self, request: &ForkRequest) -> Vec<String> {
        let (dir, work, socket) = (self.home.dir(), self.home.work(), self.home.socket());
        // The folder's own number, by which it is known again.
        let stamp = quote(&format!("{}/.lifeboat-folder", self.home.base));
        let mark = format!("{{{}}}", mark::fixed(request, self.home));
        let mut folders = vec![dir, format!("{work}/tablespaces")];
        folders.extend((socket != work).then_some(socket));
        let folders: Vec<String> = folders.iter().map(|folder| quote(folder)).collect();
        vec![
            "umask 077".to_owned(),
            format!("mkdir -p {}", folders.join(" ")),
            format!("{{ [ -L {stamp} ] || ln -s \"$(cut -c 1-8 /proc/sys/kernel/random/uuid)\" {stamp}; }}"),
            format!("echo {} > {}", quote(&mark), quote(&self.mark())),
            format!("ln -s {} {}", quote(&self.home.name), quote(&self.sign())),
            format!("echo 'local all all trust' > {}", quote(&format!("{work}/pg_hba.conf"))),
            format!(": > {}", quote(&format!("{work}/pg_ident.conf"))),
        ]
    }

    fn pg_ctl(&self, more: &[&str]) -> Vec<String> {
        let argv = [self.program("pg_ctl"), "-D".to_owned(), self.home.dir()];
        argv.into_iter().chain(more.iter().map(|&word| word.to_owned())).collect()
    }

    fn start(&self, options: &str) -> Vec<String> {
        let log = format!("{}/server.log", self.home.work());
        let own = quote(&format!("{}/postgresql.auto.conf", self.home.dir()));
        vec![
            format!("printf %s {} >> {own}", quote(&kept(self.home, self.port))),
            shell_line(&self.pg_ctl(&["-w", "-t", "2592000", "-l", &log, "-o", options, "start"])),
        ]
    }

    fn watch(&self) -> Vec<String> {
        let query = "select pg_is_in_recovery(), pg_last_wal_replay_lsn(), pg_last_xact_replay_timestamp()";
        let (socket, fork) = (self.home.socket(), self.fork);
        let words = ["-XAtq", "-h", &socket, "-p", self.port, "-U", &fork.user, "-d", &fork.database];
        let more = words.into_iter().chain(["-c", query]).map(str::to_owned);
        std::iter::once(self.program("psql")).chain(more).collect()
    }

    fn gone(&self) -> Vec<String> {
        let (work, socket) = (self.home.work(), self.home.socket());
        let mut all = vec![self.home.dir(), work.clone()];
        all.extend((socket != work).then_some(socket));
        // The mark goes last, so that a removal cut off half-way is taken up again.
        all.extend([self.sign(), self.mark()]);
        let all: Vec<String> = all.iter().map(|path| quote(path)).collect();
        vec![format!("rm -rf -- {}", all.join(" "))]
    }
}

#[cfg(test)]
mod tests {
    use super::super::restore::tests::{request, settings};
    use super::*;
    use crate::provider::PointHow;

    #[test]
    fn r31_every_change_of_a_fork_is_shown_above_all_its_removal() {
        let shown = |drill| calls(&settings(), &ForkRequest { drill, ..request(PointHow::Immediate) });
        let drill = shown(true);
        let told: Vec<(&str, bool)> =
            drill.iter().map(|call| (call.what.split([':', ';']).next().unwrap(), call.mutating)).collect();
        let made = [
            ("make what lies beside it", true),
            ("restore into the fork's folder", true),
            ("start the fork's server", true),
            ("watch the fork", false),
        ];
        let removed = [
            ("stop the fork's server", true),
            ("remove the fork and what lies beside it", true),
            ("prove that it is gone", false),
        ];
        assert_eq!(told, made.into_iter().chain(removed).collect::<Vec<_>>());
        let incident = shown(false);
        let by_clean_up = incident.iter().map(|call| call.what.contains(", only by a clean-up"));
        let wanted = [false, false, false, false, true, true, false];
        assert_eq!(by_clean_up.collect::<Vec<_>>(), wanted, "an incident removes nothing by itself");
        assert_eq!(incident[5].command, drill[5].command);
        let beside = &drill[0].command;
        for part in
            ["local all all trust", "pg_hba.conf", ".lifeboat-port-PORT", ".lifeboat.json", "/tablespaces"]
        {
            assert!(beside.contains(part), "{part} in {beside}");
        }
        let gone = &drill[5].command;
        for part in ["", ".lifeboat", ".lifeboat.json"] {
            assert!(gone.contains(&format!("/srv/forks/drill-orders-k3q7wd{part}")), "{part} in {gone}");
        }
        assert!(gone.contains("/srv/forks/.lifeboat-port-PORT "), "{gone}");
        assert!(drill[6].command.ends_with(" ls -A /srv/forks"), "{}", drill[6].command);
    }

    #[test]
    fn a_preview_can_be_pasted_into_a_shell() {
        let told = calls(&settings(), &request(PointHow::Immediate));
        let command = |at: usize| told[at].command.as_str();
        assert!(command(1).starts_with("ssh -oBatchMode=yes -T dr-1 pgbackrest "), "{}", command(1));
        assert!(command(4).starts_with("ssh -oBatchMode=yes -T dr-1 /pg/bin/pg_ctl -D "), "{}", command(4));
        // Which one it gets is known only once the fork is asked for.
        assert!(told[0].what.ends_with("PORT is the first of 25440 to 25449 that is free then"), "{told:?}");
        assert!(command(2).contains("-c port=PORT ") && !command(2).contains("25440"), "{told:?}");
        let mut settings = settings();
        settings.fork.as_mut().unwrap().ports.0 = 25_441..=25_441;
        let told = calls(&settings, &request(PointHow::Immediate));
        assert!(told[0].what.ends_with("keeps its port") && told[0].command.contains(".lifeboat-port-25441"));
        assert!(told[2].command.contains("-c port=25441 "), "{told:?}");
    }
}
