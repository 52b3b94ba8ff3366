//! The dashboard, over a config or over the demo's simulator.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{FixedOffset, Local, Offset};
use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, SourceSettings};
use crate::domain::{PROBE_EVERY, Timestamp};
use crate::ledger::SharedPolls;
use crate::poll::{self, Pace, Polled, Poller, Probe, Shared};
use crate::process::shell_line;
use crate::provider::Refusal;
use crate::runbook::JournalPlace;
use crate::runtime::alerts;
use crate::runtime::author::author;
use crate::runtime::dashboard::{self, DashboardError, DashboardSetup, ExitReason};
use crate::runtime::desk::Desk;
use crate::runtime::front;
use crate::runtime::refusal::{Given, explain};
use crate::runtime::shared::Folder;
use crate::runtime::sources::{ArmFlags, Sources, secondary_sources};
use crate::tui::app::arming::{Arming, NotArmed};
use crate::tui::app::{Message, Setup};
use crate::tui::terminal::require_tty;

use super::again::Again;
use super::look::Looks;
use super::session::{PATIENCE, SAVING, Session};
use super::survey::stale_after;
use super::{Exit, Out};

/// News that may wait for the dashboard.
const QUEUE: usize = 256;
/// So long the first frame waits for acting tokens.
const AT_HAND: Duration = Duration::from_millis(250);

/// Runs the dashboard until it is left.
pub(super) async fn run(
    session: Session,
    flags: ArmFlags,
    again: Option<Again>,
    words: &[String],
    out: &mut Out,
) -> Exit {
    if let Err(error) = require_tty() {
        return say_end(Err(error.into()), &[], out);
    }
    let looks = Looks::of(&session.config);
    for error in &looks.left_out {
        out.problem(&format!("{error}\nthe usual one is used"));
    }
    let Session { config, files, clock, state, .. } = &session;
    let (board, of_runs) = session.board_and_runs();
    let runs = of_runs.lines;
    let sources = Arc::new(Sources::build(Arc::clone(config), *clock));
    let cancel = CancellationToken::new();
    let (polled, polls) = mpsc::channel(QUEUE);
    let (alive, probes) = mpsc::channel(QUEUE);
    let (news, told) = mpsc::channel(QUEUE);
    let first_news = news.clone();
    let arming = arming(&session, &sources, flags, words, &news).await;
    let (orders, ordered) = mpsc::channel(QUEUE);
    let pollers = pollers(&session, &sources, |_| true, &polled, &cancel);
    let watched = config.services.iter().filter_map(|(id, service)| {
        let before = board.fleet.services.get(id)?.liveness;
        Some(Probe { service: id.clone(), address: service.probe.as_ref()?.to_string(), before })
    });
    let probing = poll::watch_primaries(watched.collect(), *clock, PROBE_EVERY, &alive, &cancel);
    // What exists only in the demo is found by no command.
    let (demo, again) = (again.is_none(), again.map(|again| again.on_the_board(files)));
    let desk = Desk {
        config: Arc::clone(config),
        files: files.clone(),
        words: words.to_vec(),
        sources,
        ledger: state.runs.as_ref().map(Arc::clone).map_err(ToString::to_string),
        readings: Arc::clone(&state.readings),
        place: JournalPlace::StateFolder,
        unbegun: None,
        clock: *clock,
        flags,
        stated: None,
        runs_as_of: runs.is_ok().then(|| clock.now()),
        pollers,
        news,
        again: again.clone(),
    };
    let desk = tokio::spawn(desk.run(ordered));
    let setup = Setup {
        fleet: config.fleet.clone(),
        demo,
        read_only: flags.read_only,
        arming,
        who: author(None).shown(),
        verify: verify(&session),
        bindings: board.bindings,
        stale_after: stale_after(config),
        offset_at: local_offset,
        criteria: config.criteria.clone(),
        not_saved: state.readings.not_saved().map(ToString::to_string),
        keys: looks.keys,
        themes: looks.list,
        again,
    };
    if let Some(notice) = looks.notice {
        // Nothing else was told yet: there is room.
        drop(first_news.try_send(Message::Notice(notice)));
    }
    drop(first_news);
    let readings = Some(Arc::clone(&state.readings));
    let fleet = board.fleet;
    let folder = config.state_dir.clone();
    let alerts = session.disk.within(PATIENCE, move || alerts::load(&folder)).unwrap_or_default();
    let start = DashboardSetup {
        setup,
        fleet,
        runs,
        look: looks.look,
        themes: looks.themes,
        mouse: config.mouse,
        clock: *clock,
        polls,
        probes,
        news: told,
        orders,
        readings,
        alerts,
        state_dir: config.state_dir.clone(),
    };
    let ended = front::run(start).await;
    cancel.cancel();
    drop(probing);
    let left = desk.await.unwrap_or_default();
    say_end(ended, &left.lines, out)
}

fn say_end(ended: Result<dashboard::Exit, DashboardError>, left: &[String], out: &mut Out) -> Exit {
    let ended = match ended {
        Ok(ended) => ended,
        Err(error @ DashboardError::NoTerminal(_)) => {
            out.error(&error.to_string(), &["`lifeboat status` prints the same facts without a terminal"]);
            return Exit::Usage;
        }
        Err(error) => {
            out.error(&error.to_string(), &[]);
            return Exit::Failed;
        }
    };
    for line in ended.farewell.iter().chain(left) {
        out.line(line);
    }
    match ended.reason {
        ExitReason::Asked => Exit::Done,
        ExitReason::Signal(_) | ExitReason::TerminalClosed => Exit::Interrupted,
    }
}

/// Which sources are armed, as far as that is known in a moment: the first frame waits for no vault. What
/// takes longer is told later.
async fn arming(
    session: &Session,
    sources: &Arc<Sources>,
    flags: ArmFlags,
    words: &[String],
    news: &mpsc::Sender<Message>,
) -> Arming {
    let (sources, config) = (Arc::clone(sources), Arc::clone(&session.config));
    let (files, words) = (session.files.clone(), words.to_vec());
    let fetching = "its acting token is being fetched".to_owned();
    let fetching = NotArmed { lines: vec![fetching], command: None };
    let unknown = config.sources.keys().map(|name| (name.clone(), Err(fetching.clone()))).collect();
    let unknown = Arming { sources: unknown, together: fetching };
    let mut asked = tokio::spawn(async move { armed(&config, &files, &sources, flags, &words).await });
    if let Ok(known) = timeout(AT_HAND, &mut asked).await {
        return known.unwrap_or_default();
    }
    let news = news.clone();
    tokio::spawn(async move {
        let known = asked.await.unwrap_or_default();
        // A dashboard that hung up needs no news.
        news.send(Message::Arming(known)).await.ok();
    });
    unknown
}

/// Per source whether it is armed, or what key `A` shows (S18). A vault that is slow to give one token holds
/// up no other.
async fn armed(
    config: &Config,
    files: &[String],
    sources: &Sources,
    flags: ArmFlags,
    words: &[String],
) -> Arming {
    let given = Given { words, files, config };
    let all = config.sources.keys().map(|name| async move {
        let armed = sources.forker(name, flags).await;
        (name.clone(), armed.map(drop))
    });
    let all = join_all(all).await;
    let there = secondary_sources(config);
    let refused = all.iter().filter(|(name, _)| there.contains(name));
    let refused: Vec<&Refusal> = refused.filter_map(|(_, armed)| armed.as_ref().err()).collect();
    let together = if refused.is_empty() { NotArmed::default() } else { explain(&refused, given) };
    let told = |refusal| explain(&[&refusal], given);
    let sources = all.into_iter().map(|(name, armed)| (name, armed.map_err(told))).collect();
    Arming { sources, together }
}

/// One poller for all wanted sources of one pace.
pub(super) fn pollers(
    session: &Session,
    sources: &Sources,
    is_wanted: impl Fn(&str) -> bool,
    polled: &mpsc::Sender<Polled>,
    cancel: &CancellationToken,
) -> Vec<Poller> {
    let mut by_pace: BTreeMap<Duration, Vec<_>> = BTreeMap::new();
    for (name, source) in session.config.sources.iter().filter(|(name, _)| is_wanted(name)) {
        by_pace.entry(source.pace().interval).or_default().extend(sources.of(name));
    }
    // A clock of its own is not shared: its instants are not those of others.
    let shared = session.clock.is_system().then(|| {
        let (folder, readings) = (session.config.state_dir.clone(), Arc::clone(&session.state.readings));
        // Where its disk hangs everybody polls alone.
        let polls = session.disk.within(SAVING, move || SharedPolls::open(&folder, &readings));
        polls
            .ok()
            .flatten()
            .map(|polls| Folder { polls: Arc::new(polls), keys: sources.shared_keys() })
            .map(|folder| -> Arc<dyn Shared> { Arc::new(folder) })
    });
    let shared = shared.flatten();
    let pace = |interval| Pace { interval, ..Pace::default() };
    let spawned = by_pace.into_iter().map(|(interval, catalogs)| {
        poll::spawn(catalogs, session.clock, pace(interval), polled, shared.as_ref(), cancel)
    });
    spawned.collect()
}

/// Per source the command that shows its facts by hand (S36).
fn verify(session: &Session) -> BTreeMap<String, String> {
    let sources = session.config.sources.iter();
    sources
        .map(|(name, source)| {
            let command = match &source.settings {
                SourceSettings::PgBackRest(settings) => {
                    let repo = format!("--repo={}", settings.repo);
                    let stanza = format!("--stanza={}", settings.stanza);
                    let words = settings.run.iter().chain(&settings.program).cloned();
                    shell_line(&words.chain([stanza, repo, "info".to_owned()]).collect::<Vec<_>>())
                }
                SourceSettings::Aiven(settings) => {
                    format!("avn --url {} service list --project {}", settings.url.base(), settings.project)
                }
            };
            (name.clone(), command)
        })
        .collect()
}

fn local_offset(at: Timestamp) -> FixedOffset {
    at.with_timezone(&Local).offset().fix()
}
