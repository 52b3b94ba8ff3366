//! Makes, watches and removes forks on the fork's host. The long work runs there, detached (S21); what is
//! asked from here are short scripts that can be cut off at any moment without harm.

use std::time::Duration;

use crate::clock::Clock;
use crate::domain::instant::rfc3339;
use crate::process::{self, Call, Failure, Finished, Prefix, one_line};
use crate::provider::absences::Absences;
use crate::provider::arming::Credential;
use crate::provider::{
    Armed, BoxFuture, Endpoint, ForkRequest, Forker, Found, Progress, ProgressState, Protection,
    REMOVE_LIMIT, ReadinessItem, Removal, StartOutcome,
};

use super::hand_over::{self, Server};
use super::mark::{self, Report};
use super::restore::{Home, kept};
use super::settings::{ForkSettings, Settings};
use super::{info, progress, readiness};

mod missing;

pub(super) const FORK_SCRIPT: &str = include_str!("fork.sh");
const RUN_SCRIPT: &str = include_str!("run.sh");
/// Longest real time of a script that only asks.
const ASK_LIMIT: Duration = Duration::from_secs(30);
/// Longest real time to get a restore under way.
const START_LIMIT: Duration = Duration::from_secs(45);

/// Exit codes of the start script that say for certain that nothing was made. With the first one it says on
/// standard output what has the name.
const FOREIGN: i32 = 20;
const REFUSED: [i32; 2] = [21, 22];

/// Makes forks of one repository on the host of the source's `fork` table.
#[derive(Debug)]
pub struct PgBackRestForker {
    settings: Settings,
    fork: ForkSettings,
    prefix: Prefix,
    clock: Clock,
    absences: Absences,
}

impl PgBackRestForker {
    /// A forker, built by giving up the permission to act on this very source (S18).
    ///
    /// # Errors
    /// A sentence when the permission is for something else or the source has no `fork` table.
    pub fn new(source: &str, settings: Settings, armed: Armed, clock: Clock) -> Result<Self, String> {
        if armed.source() != source {
            return Err(format!("armed for {}, not for {source}", armed.source()));
        }
        let Credential::ForkHost = armed.into_credential() else {
            return Err(format!("{source} is no source that a token acts on"));
        };
        let fork = settings.fork.clone().ok_or_else(|| format!("source {source} has no `fork` table"))?;
        let prefix = Prefix::new(&fork.run);
        Ok(Self { settings, fork, prefix, clock, absences: Absences::default() })
    }

    fn home(&self, request: &ForkRequest) -> Result<Home, String> {
        if request.remote != self.settings.stanza {
            return Err(format!(
                "this source holds stanza `{}`, not `{}`",
                self.settings.stanza, request.remote
            ));
        }
        Home::new(&self.fork, request)
    }

    /// Runs one part of the fork script on the fork's host.
    async fn ask(
        &self,
        what: &str,
        request: &ForkRequest,
        home: &Home,
        more: Vec<String>,
        input: &str,
        limit: Duration,
    ) -> Result<Finished, Failure> {
        let head = ["sh", "-c", FORK_SCRIPT, "lifeboat", what].map(str::to_owned);
        let made_on = request.host.clone().unwrap_or_default();
        let place = [mark::identity(request), home.base.clone(), home.name.clone(), home.socket(), made_on];
        let argv = head.into_iter().chain(place).chain(more);
        let call = Call { stdin: input.as_bytes().to_vec(), ..Call::new(argv, limit) };
        process::run(&self.prefix, &call).await
    }

    fn bin(&self) -> String {
        self.fork.pg_bin.clone().unwrap_or_default()
    }

    fn ports(&self) -> [String; 2] {
        [self.fork.ports.0.start().to_string(), self.fork.ports.0.end().to_string()]
    }

    async fn state(&self, request: &ForkRequest) -> Result<Report, String> {
        let home = self.home(request)?;
        let more = vec![self.bin(), self.fork.user.clone(), self.fork.database.clone()];
        let finished = self
            .ask("state", request, &home, more, "", ASK_LIMIT)
            .await
            .map_err(|failure| failure.to_string())?;
        if finished.ok() { Ok(mark::report(&finished.text())) } else { Err(words(&finished)) }
    }

    const fn server<'a>(&'a self, home: &'a Home, port: u16, bin: Option<&'a str>) -> Server<'a> {
        Server { settings: &self.settings, fork: &self.fork, home, port, bin }
    }

    /// What a fork has of backups, where its server answers.
    async fn backups(&self, request: &ForkRequest) -> Result<Protection, String> {
        let home = self.home(request)?;
        let report = self.state(request).await?;
        let port = report.mark.as_ref().and_then(|mark| mark.port).ok_or("the fork has no port yet")?;
        let answer = report.answer().ok_or("its server does not answer")?;
        let server = self.server(&home, port, report.bin.as_deref());
        let own = if answer.archive_mode == "off" {
            Ok(info::Info::default())
        } else {
            let asked = process::run(&self.prefix, &Call::new(server.own_info(), ASK_LIMIT)).await;
            asked
                .map_err(|failure| failure.to_string())
                .and_then(|finished| info::decode(finished.text().as_bytes()).map_err(|_| words(&finished)))
        };
        Ok(hand_over::protection(&server, &answer.archive_mode, own.as_ref().map_err(Clone::clone)))
    }

    /// What is restored says where it is.
    fn with_way_in(&self, request: &ForkRequest, report: &Report, mut progress: Progress) -> Progress {
        let port = report.mark.as_ref().and_then(|mark| mark.port);
        if let (ProgressState::Restored { .. }, Some(port), Ok(home)) =
            (&progress.state, port, self.home(request))
        {
            let server = self.server(&home, port, report.bin.as_deref());
            let tls = report.answer().and_then(|answer| answer.tls);
            progress.text = format!("{}; {}", progress.text, server.way_in(tls.as_ref()));
        }
        progress
    }

    async fn start(&self, request: &ForkRequest) -> StartOutcome {
        let refused = |why| StartOutcome::Refused { why, propose: None };
        let parts = self.home(request).and_then(|home| {
            let restore = self.settings.restore(&self.fork, &home, &request.point)?;
            Ok((home, restore))
        });
        let (home, restore) = match parts {
            Ok(parts) => parts,
            Err(why) => return refused(why),
        };
        let [first, last] = self.ports();
        let mut more = vec![mark::fixed(request, &home), first, last, self.bin()];
        more.extend([self.fork.user.clone(), self.fork.database.clone()]);
        more.extend([self.settings.server_options(&home, "PORT"), kept(&home, "PORT")]);
        more.extend(restore);
        match self.ask("start", request, &home, more, RUN_SCRIPT, START_LIMIT).await {
            Ok(finished) if finished.ok() => {
                let text = finished.text();
                let host = text.lines().find_map(|line| line.strip_prefix("host ")).map(str::to_owned);
                StartOutcome::Accepted { response: one_line(&text), host }
            }
            Ok(finished) if finished.code == FOREIGN => {
                let text = finished.text();
                let what = text.lines().find_map(|line| line.strip_prefix("foreign ")).unwrap_or(&text);
                StartOutcome::NameTaken { what: one_line(what) }
            }
            Ok(finished) if REFUSED.contains(&finished.code) => refused(words(&finished)),
            Ok(finished) => StartOutcome::Unknown { why: words(&finished) },
            Err(failure @ Failure::NotStarted { .. }) => refused(failure.to_string()),
            Err(failure) => StartOutcome::Unknown { why: failure.to_string() },
        }
    }

    async fn take_away(&self, request: &ForkRequest) -> Removal {
        let home = match self.home(request) {
            Ok(home) => home,
            Err(why) => return Removal::Failed { why },
        };
        match self.ask("remove", request, &home, Vec::new(), "", REMOVE_LIMIT).await {
            Ok(finished) if finished.ok() => self.what_is_left(&home, &finished.text()),
            Ok(finished) => Removal::Failed { why: words(&finished) },
            Err(failure @ Failure::NotStarted { .. }) => Removal::Failed { why: failure.to_string() },
            Err(failure) => Removal::CannotTell { why: failure.to_string() },
        }
    }

    /// What the script says after a removal: `taken` when a fork whose start was over went, whose the name
    /// is now, and what else is in the folder.
    fn what_is_left(&self, home: &Home, text: &str) -> Removal {
        let (left, said): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("left "));
        let left: Vec<&str> = left.into_iter().filter_map(|line| line.strip_prefix("left ")).collect();
        let (base, name) = (&home.base, &home.name);
        let ours = [name.clone(), format!("{name}.lifeboat"), format!("{name}.lifeboat.json")];
        let still: Vec<&str> =
            left.iter().copied().filter(|name| ours.iter().any(|our| our == name)).collect();
        if said.contains(&"taken") {
            self.absences.was_taken(name);
        }
        match said.last().copied() {
            Some("absent") if still.is_empty() => {
                let (looks, proven) = self.absences.was_absent(name, self.clock.now());
                let seen = format!("listing of {base} without {name}: {}", listed(&left));
                let first = looks.first().copied().map(rfc3339).unwrap_or_default();
                if !proven {
                    let why = format!("{seen}; look {} of at least 3 over 30 s from {first}", looks.len());
                    return Removal::Pending { why };
                }
                self.absences.is_over(name);
                let proof = if looks.len() > 1 {
                    format!("{seen}; {} looks from {first}", looks.len())
                } else {
                    seen
                };
                Removal::Proven { proof }
            }
            Some(foreign) if foreign.starts_with("foreign ") => {
                Removal::Foreign { what: foreign.replacen("foreign ", "", 1) }
            }
            Some(unclear) if unclear.starts_with("unclear ") => {
                Removal::CannotTell { why: unclear.replacen("unclear ", "", 1) }
            }
            Some(elsewhere) if elsewhere.starts_with("elsewhere ") => Removal::Failed {
                why: format!("not looked for: {}, then clean up", elsewhere.replacen("elsewhere ", "", 1)),
            },
            _ => {
                self.absences.was_seen(name);
                Removal::Pending { why: format!("{base} still lists {}", listed(&still)) }
            }
        }
    }

    async fn check(&self, request: &ForkRequest) -> Vec<ReadinessItem> {
        let asked = match self.home(request) {
            Err(why) => return vec![readiness::failed("name", why)],
            Ok(home) => {
                let [first, last] = self.ports();
                let mut more = vec![self.bin(), first, last];
                more.extend(self.settings.info());
                self.ask("check", request, &home, more, "", ASK_LIMIT).await
            }
        };
        match asked {
            Ok(finished) if finished.ok() => readiness::items(&self.settings, request, &finished.text()),
            Ok(finished) => vec![readiness::failed("fork_host", words(&finished))],
            Err(failure) => vec![readiness::failed("fork_host", failure.to_string())],
        }
    }
}

/// What a script complains of; its answer where it does not.
fn words(finished: &Finished) -> String {
    let said = one_line(&finished.stderr);
    if said.is_empty() {
        format!("ended with code {}: {}", finished.code, one_line(&finished.text()))
    } else {
        said
    }
}

fn listed(names: &[&str]) -> String {
    const MOST: usize = 20;
    let shown: Vec<_> = names.iter().take(MOST).copied().collect();
    match (names.len(), shown.is_empty()) {
        (_, true) => "nothing".to_owned(),
        (count, _) if count > MOST => format!("{} and {} more", shown.join(", "), count - MOST),
        _ => shown.join(", "),
    }
}

impl Forker for PgBackRestForker {
    fn check<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Vec<ReadinessItem>> {
        Box::pin(self.check(request))
    }

    fn start<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, StartOutcome> {
        Box::pin(self.start(request))
    }

    fn find<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Found> {
        Box::pin(async move {
            match self.state(request).await {
                Ok(report) => match report.whose.split_once(' ').unwrap_or((&report.whose, "")) {
                    ("mine", _) => Found::Mine,
                    ("absent", _) => Found::Absent,
                    ("foreign", what) => Found::Foreign { what: what.to_owned() },
                    _ => Found::CannotTell { why: one_line(&report.whose) },
                },
                Err(why) => Found::CannotTell { why },
            }
        })
    }

    fn progress<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Progress> {
        Box::pin(async move {
            match self.state(request).await {
                Ok(report) if report.whose == "absent" => self.missing(request),
                Ok(report) => {
                    self.absences.was_seen(&request.name);
                    self.with_way_in(request, &report, progress::of(&report, &request.point))
                }
                Err(why) => progress::unknown(ProgressState::CannotTell { why }),
            }
        })
    }

    fn endpoint<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Result<Endpoint, String>> {
        Box::pin(async move {
            let home = self.home(request)?;
            let report = self.state(request).await?;
            let port = report.mark.and_then(|mark| mark.port).ok_or("the fork has no port yet")?;
            Ok(Endpoint {
                host: home.socket(),
                port,
                user: self.fork.user.clone(),
                password: None,
                database: self.fork.database.clone(),
                tls: false,
                ca_pem: None,
                run: self.fork.run.clone(),
                bin: report.bin,
                http_base: None,
                sql_blocked: None,
            })
        })
    }

    fn protection<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Protection> {
        Box::pin(async move {
            self.backups(request).await.unwrap_or_else(|why| {
                Protection::cannot_tell(format!("whether the fork archives is not known: {why}"))
            })
        })
    }

    fn remove<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Removal> {
        Box::pin(self.take_away(request))
    }
}

#[cfg(test)]
mod tests;
