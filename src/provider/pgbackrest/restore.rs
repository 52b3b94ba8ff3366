//! The exact commands of a fork: what is restored where, and how its server is started.

use std::fmt::Write as _;

use crate::process::{quote, shell_line};
use crate::provider::{ForkPoint, ForkRequest, PointHow};

use super::settings::{ForkSettings, Settings, forks_folder};

/// Longest path of a folder whose socket's name PostgreSQL still accepts (107 bytes with the name).
const MAX_SOCKET_FOLDER: usize = 85;

/// What a configuration may say for restores of its own and a fork must not follow: it would hold some of
/// the databases only, or lie partly where the original does.
const NOT_AS_CONFIGURED: [&str; 5] = [
    "--reset-db-include",
    "--reset-db-exclude",
    "--no-link-all",
    "--reset-link-map",
    "--reset-tablespace-map",
];

/// Where one fork lives on its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The folder of all forks.
    pub base: String,
    /// The fork's name.
    pub name: String,
}

impl Home {
    /// The place of a fork.
    ///
    /// # Errors
    /// A sentence when the name or the configured folder could lead anywhere else.
    pub fn new(fork: &ForkSettings, request: &ForkRequest) -> Result<Self, String> {
        let plain = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
                && text.len() <= 100
        };
        let base =
            forks_folder(&fork.directory).map_err(|why| format!("`directory` of the fork table: {why}"))?;
        match [&request.name, &request.run].into_iter().find(|word| !plain(word)) {
            Some(word) => Err(format!("`{word}` cannot be a folder's name")),
            None if request.name.ends_with(".lifeboat") => {
                Err(format!("`{}` is kept for our own use", request.name))
            }
            None => Ok(Self { base: base.to_owned(), name: request.name.clone() }),
        }
    }

    /// The data folder.
    pub fn dir(&self) -> String {
        format!("{}/{}", self.base, self.name)
    }

    /// Logs, spool, locks and what else the fork needs outside its data.
    pub fn work(&self) -> String {
        format!("{}/{}.lifeboat", self.base, self.name)
    }

    /// The folder of its socket, closed to everyone else. A deep one would make the name too long.
    pub fn socket(&self) -> String {
        let work = self.work();
        if work.len() <= MAX_SOCKET_FOLDER {
            return work;
        }
        // FNV-1a: a short name that is the same each time.
        let hash = work.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("/tmp/lifeboat-{hash:016x}")
    }
}

impl Settings {
    /// The restore of a point into a fork's folder. `Err` when pgBackRest knows no such kind of point.
    pub(super) fn restore(
        &self,
        fork: &ForkSettings,
        home: &Home,
        point: &ForkPoint,
    ) -> Result<Vec<String>, String> {
        let mut more = of_fork(home);
        more.push("--log-level-console=info".to_owned());
        more.push("--log-level-stderr=off".to_owned());
        more.extend(point.backup.as_ref().map(|label| format!("--set={label}")));
        more.extend(target(&point.how)?);
        more.push("--target-action=promote".to_owned());
        // A fork that archives into the stanza it came from can poison it.
        more.push("--archive-mode=off".to_owned());
        // Tablespaces would else be written to where the original has them.
        more.push(format!("--tablespace-map-all={}/tablespaces", home.work()));
        more.extend(NOT_AS_CONFIGURED.map(str::to_owned));
        more.extend(fork.process_max.map(|count| format!("--process-max={count}")));
        more.push("restore".to_owned());
        Ok(self.call(&more.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    /// PostgreSQL's command that fetches log, with a spool of the fork's own.
    pub(super) fn restore_command(&self, home: &Home) -> String {
        let mut more = of_fork(home);
        more.extend(
            ["--log-level-console=off", "--log-level-stderr=warn", "--archive-async"].map(str::to_owned),
        );
        more.push(format!("--spool-path={}/spool", home.work()));
        more.push("archive-get".to_owned());
        let argv = self.call(&more.iter().map(String::as_str).collect::<Vec<_>>());
        // PostgreSQL puts names where it sees a per cent sign.
        format!("{} %f \"%p\"", shell_line(&argv).replace('%', "%%"))
    }

    /// The options of the fork's server, as `pg_ctl -o` takes them. They win over the restored
    /// configuration: no replay that lags on purpose or stops before its target, and its own place.
    pub(super) fn server_options(&self, home: &Home, port: &str) -> String {
        let mut options = format!(
            "-c port={port} -c hot_standby=on -c lc_messages=C -c log_timezone=UTC -c log_destination=stderr \
             -c logging_collector=off -c primary_conninfo= -c primary_slot_name= -c archive_cleanup_command= \
             -c recovery_end_command= -c recovery_min_apply_delay=0 -c recovery_target_inclusive=on \
             -c external_pid_file="
        );
        let settings = [
            // The restored configuration may name the original's.
            ("data_directory", home.dir()),
            ("unix_socket_directories", home.socket()),
            ("hba_file", format!("{}/pg_hba.conf", home.work())),
            ("ident_file", format!("{}/pg_ident.conf", home.work())),
            ("restore_command", self.restore_command(home)),
        ];
        for (name, value) in settings {
            write!(options, " -c {}", quote(&format!("{name}={value}"))).ok();
        }
        options
    }
}

/// What is written behind the restored configuration, and wins over it, until a person changes it by `alter system`:
/// no archiving, no subscription or scheduled job that wakes up, no commit that waits for a standby, nobody but this
/// host. Its place is there, too, for a server that is started by hand.
pub(super) fn kept(home: &Home, port: &str) -> String {
    let rules = |name: &str| format!("{}/{name}", home.work());
    let settings = [
        ("port", port.to_owned()),
        ("unix_socket_directories", home.socket()),
        ("hba_file", rules("pg_hba.conf")),
        ("ident_file", rules("pg_ident.conf")),
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("ssl", "off".to_owned()),
        ("archive_mode", "off".to_owned()),
        ("max_logical_replication_workers", "0".to_owned()),
        ("synchronous_standby_names", String::new()),
        ("cron.launch_active_jobs", "off".to_owned()),
    ];
    settings.iter().fold(String::new(), |text, (name, value)| {
        let value = value.replace('\\', "\\\\").replace('\'', "''");
        format!("{text}{name} = '{value}'\n")
    })
}

/// What every call for a fork has: its own locks, so that it never waits for the stanza's.
fn of_fork(home: &Home) -> Vec<String> {
    vec![
        format!("--pg1-path={}", home.dir()),
        format!("--lock-path={}/lock", home.work()),
        "--log-level-file=off".to_owned(),
    ]
}

/// The options that say where a restore ends. Each names its timeline: PostgreSQL would else follow the
/// youngest one, which may be that of a stray fork.
fn target(how: &PointHow) -> Result<Vec<String>, String> {
    let words = |kind: &str, at: String, timeline: String| {
        vec![
            format!("--type={kind}"),
            format!("--target={at}"),
            format!("--target-timeline={timeline}"),
            // A delay or a command of the configuration's own would take part in the recovery.
            "--reset-recovery-option".to_owned(),
        ]
    };
    match how {
        PointHow::Time { at } => {
            Ok(words("time", at.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string(), "current".to_owned()))
        }
        PointHow::Lsn { lsn, timeline } => Ok(words("lsn", lsn.clone(), timeline.to_string())),
        PointHow::Xid { xid, timeline } => Ok(words("xid", xid.to_string(), timeline.to_string())),
        // pgBackRest takes no timeline here, but PostgreSQL does. This replaces what is configured.
        PointHow::Immediate => Ok(["--type=immediate", "--recovery-option=recovery_target_timeline=current"]
            .map(str::to_owned)
            .to_vec()),
        PointHow::Name { name } => Err(format!("pgBackRest restores no point named `{name}`")),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{Edge, Role, Target};

    pub(in super::super) fn settings() -> Settings {
        toml::from_str(
            "stanza = 'main'\nrepo = 2\nprogram = ['pgbackrest', '--config=/etc/pg br.conf']\n\
             [fork]\nrun = ['ssh', 'dr-1']\ndirectory = '/srv/forks/'\nprocess_max = 3\npg_bin = '/pg/bin'",
        )
        .unwrap()
    }

    pub(in super::super) fn request(how: PointHow) -> ForkRequest {
        let at = "2026-11-20T08:40:51.94328Z".parse().unwrap();
        ForkRequest {
            run: "drill-orders-20261120-k3q7wd".to_owned(),
            attempt: 1,
            drill: true,
            remote: "main".to_owned(),
            name: "drill-orders-k3q7wd".to_owned(),
            region: None,
            host: None,
            point: ForkPoint {
                target: Target::Newest,
                role: Role::Secondary,
                promised: at,
                promised_is: Edge::Exact,
                commit: None,
                backup: Some("20261120-100056F".to_owned()),
                log_from: None,
                size_bytes: None,
                how,
                note: None,
                last_known: None,
            },
        }
    }

    fn restore(how: PointHow) -> String {
        let (settings, request) = (settings(), request(how));
        let fork = settings.fork.clone().unwrap();
        let home = Home::new(&fork, &request).unwrap();
        settings.restore(&fork, &home, &request.point).unwrap().join(" ")
    }

    #[test]
    fn every_kind_of_point_says_its_timeline_and_never_archives() {
        let at = "2026-11-20T08:40:51.94328Z".parse().unwrap();
        let lsn = restore(PointHow::Lsn { lsn: "0/90000F0".to_owned(), timeline: 3 });
        let table = [
            (
                restore(PointHow::Time { at }),
                "--type=time --target=2026-11-20 08:40:51.943280+00 --target-timeline=current",
            ),
            (lsn.clone(), "--type=lsn --target=0/90000F0 --target-timeline=3"),
            (restore(PointHow::Xid { xid: 728, timeline: 1 }), "--type=xid --target=728 --target-timeline=1"),
            (
                restore(PointHow::Immediate),
                "--type=immediate --recovery-option=recovery_target_timeline=current",
            ),
        ];
        for (command, words) in table {
            assert!(command.contains(words), "{command}");
            assert!(NOT_AS_CONFIGURED.iter().all(|option| command.contains(option)), "{command}");
            assert_eq!(
                command.contains("--reset-recovery-option"),
                !command.contains("--recovery-option="),
                "{command}"
            );
            assert!(
                command.contains("--archive-mode=off") && command.contains("--target-action=promote"),
                "{command}"
            );
        }
        assert!(lsn.contains("--set=20261120-100056F") && lsn.contains("--process-max=3"), "{lsn}");
        assert!(
            lsn.contains("--pg1-path=/srv/forks/drill-orders-k3q7wd ") && lsn.ends_with(" restore"),
            "{lsn}"
        );
    }

    #[test]
    fn the_server_is_alone_and_fetches_log_with_its_own_spool() {
        let (settings, request) = (settings(), request(PointHow::Immediate));
        let home = Home::new(&settings.fork.clone().unwrap(), &request).unwrap();
        let options = settings.server_options(&home, "25440");
        let kept = kept(&home, "25440");
        for (name, value) in [
            ("archive_mode", "off"),
            ("listen_addresses", "127.0.0.1"),
            ("max_logical_replication_workers", "0"),
            ("port", "25440"),
        ] {
            assert!(kept.contains(&format!("{name} = '{value}'\n")), "{kept}");
            // What stands on the command line no `alter system` changes.
            assert!(name == "port" || !options.contains(name), "{options}");
        }
        let command = settings.restore_command(&home);
        assert!(
            command.starts_with("pgbackrest '--config=/etc/pg br.conf' --stanza=main --repo=2"),
            "{command}"
        );
        assert!(command.ends_with("archive-get %f \"%p\""), "{command}");
        assert!(command.contains("--spool-path=/srv/forks/drill-orders-k3q7wd.lifeboat/spool"), "{command}");
    }

    #[test]
    fn a_fork_has_no_home_outside_its_folder() {
        let fork = settings().fork.unwrap();
        for name in ["", "../x", "a/b", ".hidden", "-rf", "a b", "x.lifeboat", "a\nb"] {
            let request = ForkRequest { name: name.to_owned(), ..request(PointHow::Immediate) };
            assert!(Home::new(&fork, &request).is_err(), "{name:?}");
        }
        for directory in ["forks", "", "/srv/../etc", "/"] {
            let fork = ForkSettings { directory: directory.to_owned(), ..fork.clone() };
            assert!(Home::new(&fork, &request(PointHow::Immediate)).is_err(), "{directory:?}");
        }
    }

    #[test]
    fn a_deep_folder_gets_a_short_socket() {
        let deep = Home { base: format!("/{}", "d".repeat(90)), name: "drill-a".to_owned() };
        assert!(deep.socket().len() <= MAX_SOCKET_FOLDER);
        assert_eq!(deep.socket(), deep.clone().socket());
        let near = Home { base: "/srv".to_owned(), name: "drill-a".to_owned() };
        assert_eq!(near.socket(), near.work());
    }
}
