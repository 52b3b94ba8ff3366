//! Between the dashboard and the rest: its orders begin and steer runs, and what becomes of runs is told
//! to it. Runs that other processes drive are followed by their journals (S30).

mod begin;
mod copying;
mod elsewhere;
mod leave;
mod looks;
mod put_down;
mod tell;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use self::copying::Copying;
use self::elsewhere::Elsewhere;
pub use self::leave::Left;
use self::leave::leave;
use self::looks::{Ended, Found, Looks};
use super::author::author;
use super::dashboard::Order;
use super::driver::{Asked, DriveError, Lines, Setup, Taken, Unbegun};
use super::in_time::in_time;
use super::launch;
use super::refusal::{Given, explain};
use super::sources::{ArmFlags, Sources};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::Timestamp;
use crate::ledger::{Ledger, LedgerError, Readings, SqliteLedger};
use crate::poll::Poller;
use crate::provider::Refusal;
use crate::runbook::{Command, JournalPlace, RunState, replay};
use crate::tui::app::Message;
use crate::tui::app::model::Again;

/// How often the journals of runs that are driven elsewhere are looked at, real time.
const LOOK: Duration = Duration::from_secs(2);
/// The same while none is open: each look wakes several threads.
const SELDOM: Duration = Duration::from_secs(5);
/// How soon after one that was overtaken.
const AGAIN: Duration = Duration::from_millis(200);

/// What the desk works with.
#[derive(Debug)]
pub struct Desk {
    /// The config.
    pub config: Arc<Config>,
    /// Its files, for the exact next command of a refusal.
    pub files: Vec<String>,
    /// The command line that was given.
    pub words: Vec<String>,
    /// Catalogs and forkers.
    pub sources: Arc<Sources>,
    /// Journals, or why there are none.
    pub ledger: Result<Arc<dyn Ledger>, String>,
    /// Last-known readings, and our own history.
    pub readings: Arc<Readings>,
    /// Where they are kept: elsewhere once the state folder could not be written (S25).
    pub place: JournalPlace,
    /// The incident whose first line could not be written there: it begins where a person says.
    pub unbegun: Option<Unbegun>,
    /// The one clock.
    pub clock: Clock,
    /// Whether acting was asked for.
    pub flags: ArmFlags,
    /// The name that a person last stated here (S26).
    pub stated: Option<String>,
    /// When the dashboard was told the runs of the journals; `None` where these did not tell.
    pub runs_as_of: Option<Timestamp>,
    /// Those who poll.
    pub pollers: Vec<Poller>,
    /// To the dashboard.
    pub news: mpsc::Sender<Message>,
    /// How this program is called again; `None` where nothing is kept, as in the demo.
    pub again: Option<Again>,
}

/// A run that is driven here.
struct Driven {
    commands: mpsc::Sender<Asked>,
    state: watch::Receiver<Arc<RunState>>,
    lines: Lines,
}

type Drivers = JoinSet<(String, Result<Arc<RunState>, DriveError>)>;

/// What goes on here.
struct UnderWay<'a> {
    driven: &'a mut BTreeMap<String, Driven>,
    drivers: &'a mut Drivers,
    copying: &'a mut Copying,
}

/// Why an order was not taken, in lines.
type NotTaken = Vec<String>;

impl Desk {
    /// Works until the dashboard hangs up, then leaves every run that is driven here, in order.
    pub async fn run(mut self, mut orders: mpsc::Receiver<Order>) -> Left {
        let mut driven: BTreeMap<String, Driven> = BTreeMap::new();
        let mut drivers = Drivers::new();
        let mut elsewhere = Elsewhere::default();
        let mut copying = Copying::default();
        let mut looks = Looks::new(self.runs_as_of);
        let mut kept: BTreeMap<String, Lines> = BTreeMap::new();
        let mut look = tokio::time::interval(LOOK);
        self.tell_strips();
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    None => break,
                    Some(Order::PollNow) => self.pollers.iter().for_each(Poller::poll_now),
                    Some(Order::ShowRun(run)) => self.answer(self.show(run, &driven).await).await,
                    Some(Order::LagHistory { source, remote, period }) => {
                        self.tell_lag(source, remote, period);
                    }
                    Some(Order::CheckRegion { service, source, change }) => {
                        self.check_region(service, source, change);
                    }
                    Some(Order::OwnLag { service, place, period }) => self.tell_own(service, place, period),
                    Some(Order::TellLife { run, life, power }) => {
                        if let Some(driven) = driven.get(&run) {
                            // A driver that is busy hears it with the next probe.
                            driven.commands.try_send(Asked::new(Command::SeeLife { life, power }).0).ok();
                        }
                    }
                    Some(Order::Report(run)) => self.answer(self.report(run, &driven, &kept).await).await,
                    Some(Order::Journal(run)) => self.answer(self.journal(run, &driven, &kept).await).await,
                    Some(Order::Act { acting, subject }) => {
                        let under_way = UnderWay { driven: &mut driven, drivers: &mut drivers, copying: &mut copying };
                        let taken = self.act(acting.into_deed(), subject, under_way).await;
                        looks.overtake();
                        if let Err(lines) = taken {
                            self.tell(Message::Refused(lines)).await;
                        }
                        kept.extend(driven.iter().map(|(run, driven)| (run.clone(), driven.lines.clone())));
                    }
                },
                Some(ended) = drivers.join_next() => {
                    looks.overtake();
                    if let Ok((run, ended)) = ended {
                        driven.remove(&run);
                        if let Err(error) = ended {
                            self.tell(Message::Notice(error.to_string())).await;
                        }
                    }
                }
                () = copying.ended() => looks.overtake(),
                Ended { found, is_overtaken } = looks.ended() => {
                    let Some(Found { runs, changes, changes_unread }) = found else {
                        if is_overtaken {
                            look.reset_after(AGAIN);
                        }
                        continue;
                    };
                    self.take_changes(changes, changes_unread, &mut copying).await;
                    let is_driven_here = |run: &str| driven.contains_key(run);
                    if !elsewhere.take(&self, runs, looks.as_of(), is_driven_here).await {
                        look.reset_after(SELDOM);
                    }
                }
                _ = look.tick() => {
                    looks.begin(&self, elsewhere.followed());
                    if looks.has_become_late() {
                        elsewhere.miss_late(&self, looks.as_of()).await;
                    }
                }
            }
        }
        let mut left = leave(driven, drivers, self.again.as_ref()).await;
        left.lines.extend(copying.leave(self.again.as_ref()).await);
        if matches!(self.place, JournalPlace::WithoutJournal { .. }) {
            // The terminal is free again for what has no other place.
            left.lines.extend(kept.values().flat_map(|lines| lines.after(0)));
        }
        left
    }

    async fn answer(&self, found: Result<Message, NotTaken>) {
        self.tell(found.unwrap_or_else(Message::Refused)).await;
    }

    async fn load(&self, run: String) -> Result<RunState, NotTaken> {
        let records = self.with_ledger(move |ledger| ledger.load(&run)).await?;
        replay(&records).map_err(|error| vec![error.to_string()])
    }

    /// Asks the ledger something, off the threads that must not block. A disk that hangs holds up no other order.
    async fn with_ledger<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Ledger) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, NotTaken> {
        let (ledger, folder) = (self.ledger(), self.config.state_dir.clone());
        let ask = move || match ledger {
            Ok(ledger) => ask(&*ledger),
            // Who may not write may still read. Opened anew each time: what others write is then seen.
            Err(_) => ask(&SqliteLedger::open_to_read(&folder)?),
        };
        match in_time(&self.config.state_dir, ask).await {
            Ok(answer) => answer.map_err(|error| vec![error.to_string()]),
            Err(error) => Err(vec![error.of_a_write()]),
        }
    }

    fn ledger(&self) -> Result<Arc<dyn Ledger>, NotTaken> {
        self.ledger.clone().map_err(|why| {
            vec![format!("no journal can be kept: {why}"), "give another folder by --state-dir".to_owned()]
        })
    }

    async fn setup(&self, source: &str, ledger: Arc<dyn Ledger>) -> Result<Setup, NotTaken> {
        let world = launch::armed_world(&self.sources, source, self.flags).await;
        let world = world.map_err(|refusal| self.refused(&refusal))?;
        let restored_in_a_row = self.sources.restored_in_a_row(source);
        Ok(Setup {
            ledger,
            world,
            clock: self.clock,
            author: author(self.stated.clone()),
            restored_in_a_row,
            terminal: false,
        })
    }

    fn refused(&self, refusal: &Refusal) -> NotTaken {
        explain(&[refusal], Given { words: &self.words, files: &self.files, config: &self.config }).lines
    }

    async fn tell(&self, message: Message) {
        // A dashboard that hung up needs no news.
        self.news.send(message).await.ok();
    }
}

/// Asks a driver for something, without waiting for what comes of it.
async fn ask(commands: &mpsc::Sender<Asked>, command: Command) -> Result<Taken, NotTaken> {
    let (asked, answer) = Asked::new(command);
    let gone = || vec!["the run is no longer driven from here".to_owned()];
    commands.send(asked).await.map_err(|_| gone())?;
    match answer.await {
        Ok(taken) => taken.map_err(|refused| vec![refused.to_string()]),
        Err(_) => Err(gone()),
    }
}

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
