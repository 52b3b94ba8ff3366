//! The loop around the dashboard: terminal, news, signals and the clock go in as messages, effects and
//! frames come out. Everything is handled in one place, one thing after the other.

mod order;
mod start;

use std::io;
use std::pin::pin;
use std::time::Duration;

use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

pub use order::Order;
pub use start::{DashboardError, DashboardSetup, Exit, ExitReason};

use crate::clock::Clock;
use crate::domain::fleet::SourceState;
use crate::poll::{Latest, Polled, ProbeNews};
use crate::runtime::alerts::AlertKeeper;
use crate::runtime::launch::Subject;
use crate::runtime::saver::Saver;
use crate::runtime::signals::{Job, Signals, Turn, can_suspend, stop};
use crate::tui::app::effect::{Acting, Deed};
use crate::tui::app::runs::RunsUnread;
use crate::tui::app::{Effect, Message, Model, Size, update};
use crate::tui::draw::{Look, draw};
use crate::tui::terminal::{Encoder, Guard, Keys, require_tty};
use crate::tui::theme::Theme;

/// Between two frames that no key asked for.
const FRAME_GAP: Duration = Duration::from_millis(50);

/// Runs the dashboard until it is left. The terminal is restored on every way out.
///
/// # Errors
/// When there is no terminal, or it cannot be set up.
pub async fn run(start: DashboardSetup) -> Result<Exit, DashboardError> {
    require_tty()?;
    let DashboardSetup {
        setup,
        fleet,
        runs,
        look,
        themes,
        mouse,
        clock,
        polls,
        probes,
        news,
        orders,
        readings,
        alerts: kept,
        state_dir,
    } = start;
    let (width, height) = crossterm::terminal::size().map_err(DashboardError::Setup)?;
    let signals = Signals::listen().map_err(DashboardError::Setup)?;
    let resized = signal(SignalKind::window_change()).map_err(DashboardError::Setup)?;
    let job = Job::listen().map_err(DashboardError::Setup)?;
    let guard = Guard::enter(mouse).map_err(DashboardError::Setup)?;
    let keys = Keys::listen().map_err(DashboardError::Setup)?;
    let mut model = Model::new(setup, fleet, clock.now(), Size { width, height });
    model.recall_alerts(kept.clone());
    match runs {
        Ok(runs) => model.recall_runs(runs),
        Err(why) => model.miss_runs(RunsUnread { why, as_of: None }),
    }
    let dashboard = Dashboard {
        alerts: AlertKeeper::start(state_dir, kept, model.setup.not_saved.is_some()),
        model,
        look,
        themes,
        away: false,
        clock,
        orders,
        encoder: Encoder::default(),
        guard,
        copied: None,
        latest: Latest::default(),
        saver: Saver::new(readings),
    };
    Ok(dashboard.run(Sources { polls, probes, news, signals, job, keys, resized }).await)
}

struct Dashboard {
    model: Model,
    look: Look,
    themes: Vec<Theme>,
    /// Whether the shell has the terminal.
    away: bool,
    clock: Clock,
    orders: mpsc::Sender<Order>,
    encoder: Encoder,
    guard: Guard,
    copied: Option<String>,
    latest: Latest,
    saver: Saver,
    alerts: AlertKeeper,
}

/// Everything that can bring a message, but for terminal and clock.
struct Sources {
    polls: mpsc::Receiver<Polled>,
    probes: mpsc::Receiver<ProbeNews>,
    news: mpsc::Receiver<Message>,
    signals: Signals,
    job: Job,
    keys: Keys,
    resized: Signal,
}

/// The loop goes on, or ends.
type Flow = std::ops::ControlFlow<Exit>;

const fn ended(reason: ExitReason) -> Flow {
    Flow::Break(Exit { reason, farewell: Vec::new() })
}

impl Dashboard {
    async fn run(mut self, mut from: Sources) -> Exit {
        let mut next_frame = Instant::now();
        // Kept over the turns: a timer that is made anew wakes the thread that waits for it.
        let mut tick = pin!(sleep_until(next_frame));
        let mut pause = pin!(sleep_until(next_frame));
        let mut exit = loop {
            if self.may_draw() {
                if Instant::now() < next_frame {
                    pause.as_mut().reset(next_frame);
                } else if self.frame().is_ok() {
                    next_frame = Instant::now() + FRAME_GAP;
                    // Whatever reads all that is kept: the first frame does not wait for it.
                    self.saver.check();
                } else {
                    break Exit { reason: ExitReason::TerminalClosed, farewell: Vec::new() };
                }
            }
            self.saver.begin(&self.model.fleet, &self.model.board, self.model.now);
            let flow = tokio::select! {
                biased;
                stop = from.signals.next() => ended(ExitReason::Signal(stop)),
                turn = from.job.next() => match turn {
                    Turn::Suspend => self.suspend(),
                    Turn::Continue => self.take_again(),
                },
                batch = from.keys.next() => {
                    // A key is answered at once, however young the last frame is.
                    next_frame = Instant::now();
                    self.keys(batch, &mut from.keys)
                }
                _ = from.resized.recv() => match crossterm::terminal::size() {
                    Ok((width, height)) => self.take(Message::Resize { width, height }),
                    Err(_) => ended(ExitReason::TerminalClosed),
                },
                Some(polled) = from.polls.recv() => self.polled(polled),
                Some(ProbeNews { service, liveness }) = from.probes.recv() => {
                    self.take(Message::Probed { service, liveness })
                }
                Some(message) = from.news.recv() => self.take(message),
                () = &mut tick => {
                    tick.as_mut().reset(Instant::now() + self.until_next_second());
                    self.take(Message::Tick)
                }
                saved = self.saver.ended() => match saved {
                    Ok(()) => Flow::Continue(()),
                    Err(error) => self.take(Message::Notice(format!("readings are not saved: {error}"))),
                },
                why = self.alerts.not_saved() => self.take(Message::Notice(why)),
                // A terminal that does not read holds only its own frames.
                written = self.guard.flush(), if self.guard.is_busy() => match written {
                    Ok(()) => Flow::Continue(()),
                    Err(_) => ended(ExitReason::TerminalClosed),
                },
                () = &mut pause, if self.may_draw() => Flow::Continue(()),
            };
            if let Flow::Break(exit) = flow {
                break exit;
            }
        };
        if let Some(panic) = self.guard.leave() {
            exit.farewell.push(format!("a part of lifeboat failed while the dashboard ran: {panic}"));
        }
        let saved = self.saver.finish(&self.model.fleet, &self.model.board, self.model.now).await;
        let lost = "what was read last is not known to be saved, and is read anew at the next start";
        exit.farewell.extend(saved.err().map(|error| format!("{lost}: {error}")));
        self.alerts.finish().await;
        exit
    }

    /// Takes in all that was typed until now: one frame shows it.
    fn keys(&mut self, first: Option<Vec<Message>>, keys: &mut Keys) -> Flow {
        let Some(mut batch) = first else { return ended(ExitReason::TerminalClosed) };
        loop {
            for message in batch {
                self.take(message)?;
            }
            match keys.more() {
                Some(more) => batch = more,
                None => return Flow::Continue(()),
            }
        }
    }

    /// An answer that is older than one already taken in is dropped.
    fn polled(&mut self, polled: Polled) -> Flow {
        if self.latest.admit(&polled) {
            self.take(Message::Polled(Box::new(polled.report)))
        } else {
            Flow::Continue(())
        }
    }

    fn take(&mut self, message: Message) -> Flow {
        for effect in update(&mut self.model, message, self.clock.now()) {
            match effect {
                Effect::Copy(text) => self.copied = Some(text),
                Effect::Save(ids) => self.saver.note(ids),
                Effect::Quit(farewell) => {
                    return Flow::Break(Exit { reason: ExitReason::Asked, farewell });
                }
                Effect::Theme(index) => {
                    if let Some(theme) = self.themes.get(index) {
                        self.look.theme = theme.clone();
                    }
                }
                Effect::Suspend => self.suspend()?,
                Effect::PollNow => self.order(Order::PollNow),
                Effect::ShowRun(run) => self.order(Order::ShowRun(run)),
                Effect::Report(run) => self.order(Order::Report(run)),
                Effect::Journal(run) if self.model.journal_asked.is_some() => self.order(Order::Journal(run)),
                // Whoever follows a run asks again at its next event.
                Effect::Journal(run) => drop(self.orders.try_send(Order::Journal(run))),
                Effect::LagHistory { source, remote, period } => {
                    self.order(Order::LagHistory { source, remote, period });
                }
                Effect::OwnLag { service, period } => {
                    let place = self.saver.place(self.model.fleet.services.get(&service));
                    self.order(Order::OwnLag { service, place, period });
                }
                Effect::CheckRegion { service, source, change } => {
                    self.order(Order::CheckRegion { service, source, change });
                }
                // A desk that is busy is told after the next probe.
                Effect::TellLife { run, life, power } => {
                    self.orders.try_send(Order::TellLife { run, life, power }).ok();
                }
                Effect::KeepAlerts(alerts) => self.alerts.keep(*alerts),
                Effect::Act(acting) => {
                    let subject = self.subject(&acting);
                    self.order(Order::Act { acting, subject });
                }
            }
        }
        Flow::Continue(())
    }

    /// Hands the terminal to the shell and stops this program and what runs with it, until the shell
    /// brings it back.
    fn suspend(&mut self) -> Flow {
        if !can_suspend() {
            self.model.notice = Some("there is no shell to go back to".to_owned());
            self.model.dirty = true;
            return Flow::Continue(());
        }
        self.guard.give_back();
        self.away = true;
        match stop() {
            Ok(()) => Flow::Continue(()),
            // Not stopped: there is nothing to come back from.
            Err(_) => self.take_again(),
        }
    }

    /// The terminal is ours again, whatever was done to it meanwhile.
    fn take_again(&mut self) -> Flow {
        self.away = false;
        self.encoder.forget();
        self.model.dirty = true;
        let taken = self.guard.take().and_then(|()| crossterm::terminal::size());
        match taken {
            Ok((width, height)) => self.take(Message::Resize { width, height }),
            Err(_) => ended(ExitReason::TerminalClosed),
        }
    }

    /// What a run's first event needs to know of its service.
    fn subject(&self, acting: &Acting) -> Option<Box<Subject>> {
        let Deed::Start(start) = acting.deed() else { return None };
        let service = self.model.fleet.services.get(&start.service)?.clone();
        let assessment = self.model.board.assessment(&start.service)?.clone();
        let sources = self.model.fleet.sources.iter();
        let skew = |source: &SourceState| source.skew?.at(self.model.now);
        let skews = sources.filter_map(|(name, source)| Some((name.clone(), skew(source)?.secs))).collect();
        Some(Box::new(Subject { service, assessment, skews }))
    }

    fn order(&mut self, order: Order) {
        if self.orders.try_send(order).is_err() {
            self.model.not_taken();
        }
    }

    /// Whether there is something to draw, and a terminal that waits for it.
    const fn may_draw(&self) -> bool {
        self.model.dirty && !self.away && !self.guard.is_busy()
    }

    /// One frame, one write; nothing at all when the picture is what it was.
    fn frame(&mut self) -> io::Result<()> {
        let Size { width, height } = self.model.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        self.model.spots = draw(&self.model, &self.look, &mut buffer);
        self.model.dirty = false;
        let mut bytes = self.encoder.frame(&buffer);
        if let Some(text) = self.copied.take() {
            let mut sequence = String::new();
            // Writing to a string cannot fail.
            CopyToClipboard::to_clipboard_from(text).write_ansi(&mut sequence).ok();
            bytes.extend_from_slice(sequence.as_bytes());
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.guard.write(&bytes)
    }

    /// The clock's next whole second, but never more than one tick in a real second.
    fn until_next_second(&self) -> Duration {
        let second = Duration::from_secs(1);
        if self.clock.speed() > 1.0 {
            return second;
        }
        let past = Duration::from_nanos(u64::from(self.clock.now().timestamp_subsec_nanos()));
        self.clock.real(second.saturating_sub(past))
    }
}
