//! What a person orders of runs: to begin one, to take one up, and what they say to those that are driven here.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::super::acts_by::ActsBy;
use super::super::driver::{self, DriveError, RunHandle, Taken, Unbegun};
use super::super::launch::{self, Order as RunOrder, Subject};
use super::super::places;
use super::{Desk, Driven, NotTaken, UnderWay, ask, author, in_time};
use crate::runbook::{Command, Declaration, JournalPlace, RunKind, RunState};
use crate::tui::app::Message;
use crate::tui::app::effect::{Deed, StartRun};

impl Desk {
    pub(super) async fn act(
        &mut self,
        deed: Deed,
        subject: Option<Box<Subject>>,
        under_way: UnderWay<'_>,
    ) -> Result<(), NotTaken> {
        let UnderWay { driven, drivers, copying } = under_way;
        let handle = match deed {
            Deed::Start(mut start) => {
                // Whoever asks anew asks for another run.
                let is_it =
                    |it: &Unbegun| start.journal.is_some() && it.opening.member.service == start.service;
                let unbegun = self.unbegun.take().filter(is_it);
                if let Some(place) = start.journal.take() {
                    self.keep_journals_in(place, &start.service).await;
                }
                if let Err(why) = &self.ledger
                    && start.declared.is_some()
                {
                    let why = why.clone();
                    self.unbegun = unbegun;
                    self.tell(Message::NoJournal { start: Box::new(start), why }).await;
                    return Ok(());
                }
                let subject = subject.ok_or_else(|| vec![format!("{} is not known", start.service)])?;
                match Box::pin(self.start(start.clone(), *subject, unbegun)).await? {
                    Ok(handle) => handle,
                    // Its first line could not be written: it may begin elsewhere (S25).
                    Err(why) => {
                        self.tell(Message::NoJournal { start: Box::new(start), why }).await;
                        return Ok(());
                    }
                }
            }
            Deed::Command { run, command } => {
                if let Some(driven) = driven.get(&run) {
                    if let Taken::Held(held) = ask(&driven.commands, command).await? {
                        self.tell(Message::Notice(held)).await;
                    }
                    return Ok(());
                }
                if command.is_only_written() {
                    return self.put_down(run, command).await;
                }
                Box::pin(self.resume(&run, vec![command])).await?
            }
            Deed::Resume { run } => Box::pin(self.resume(&run, Vec::new())).await?,
            Deed::SetRegion(set) => return self.set_region(set, copying).await,
        };
        if let Some(why) = &handle.now().live.journal_lost {
            self.tell(Message::Notice(format!("the journal cannot be written: {why}"))).await;
        }
        let run = handle.now().id().to_owned();
        let (commands, state, lines) = (handle.commands.clone(), handle.state.clone(), handle.lines.clone());
        driven.insert(run.clone(), Driven { commands, state, lines });
        let news = self.news.clone();
        drivers.spawn(async move { (run, follow(handle, news).await) });
        Ok(())
    }

    /// From here on journals are kept where a person said, because the state folder cannot be written.
    async fn keep_journals_in(&mut self, place: String, service: &str) {
        let (folder, service) = (PathBuf::from(&place), service.to_owned());
        let named = in_time(&folder, move || places::named(&place, &service, false)).await.flatten();
        match named {
            Ok((ledger, place)) => (self.ledger, self.place) = (Ok(ledger), place),
            // The next question says why.
            Err(error) => self.ledger = Err(error.to_string()),
        }
    }

    /// The inner error says why an incident has no journal.
    async fn start(
        &mut self,
        start: StartRun,
        subject: Subject,
        unbegun: Option<Unbegun>,
    ) -> Result<Result<RunHandle, String>, NotTaken> {
        let Subject { service, assessment, skews } = subject;
        let ledger = self.ledger()?;
        let declared = start.declared;
        let kind = if declared.is_some() { RunKind::Incident } else { RunKind::Drill };
        if let Some(declared) = &declared {
            self.stated = Some(declared.by.clone());
        }
        let author = author(self.stated.clone());
        let declaration =
            declared.unwrap_or_else(|| Declaration { by: author.shown(), ..Declaration::default() });
        let order = RunOrder {
            kind,
            target: start.target,
            bad_moment: start.bad_moment,
            simulated_loss: None,
            fork_name: None,
            scenario: declaration.scenario.clone(),
            assume_yes: false,
            journal: self.place.clone(),
            skews,
            files: self.files.clone(),
        };
        if kind == RunKind::Drill && matches!(self.place, JournalPlace::WithoutJournal { .. }) {
            return Err(vec!["a drill without a journal proves nothing".to_owned()]);
        }
        if kind == RunKind::Incident {
            let (life, moved) = (service.life(), service.clients_moved.as_deref());
            declaration.check(&life, moved, self.clock.now()).map_err(|error| vec![error.to_string()])?;
        }
        let first = vec![Command::Declare(declaration)];
        let opening = match &unbegun {
            Some(unbegun) => unbegun.opening.clone(),
            None => launch::opening(&self.config, &service, &assessment, order, self.clock)
                .map_err(|error| vec![error.to_string()])?,
        };
        let setup = self.setup(&opening.member.source, Arc::clone(&ledger)).await?;
        let opened = match unbegun.clone() {
            Some(unbegun) => {
                let place = (Arc::clone(&ledger), self.place.clone());
                driver::open_elsewhere(setup, unbegun, place, first).await
            }
            None => driver::open(setup, opening.clone(), first).await,
        };
        match opened {
            Err(DriveError::NotBegun { at, why }) if kind == RunKind::Incident => {
                let told = why.of_a_write();
                let ledger = unbegun.map_or(ledger, |unbegun| unbegun.ledger);
                self.unbegun = Some(Unbegun { ledger, opening, at, why });
                Ok(Err(told))
            }
            opened => opened.map(Ok).map_err(|error| vec![error.to_string()]),
        }
    }

    /// Takes up a run that nobody drives; the commands are taken first.
    async fn resume(&self, run: &str, first: Vec<Command>) -> Result<RunHandle, NotTaken> {
        let state = self.load(run.to_owned()).await?;
        launch::same_place(&self.config, &state.opening).map_err(|why| vec![why])?;
        // Whoever takes it up sees by which config this dashboard acts.
        let acts_by = ActsBy { files: &self.files, are_named: true };
        if let Some(said) = acts_by.told(&state.opening).map_err(|why| vec![why])? {
            self.tell(Message::Notice(said)).await;
        }
        let setup = self.setup(&state.opening.member.source, self.ledger()?).await?;
        driver::resume(setup, run, first).await.map_err(|error| vec![error.to_string()])
    }
}

/// Tells of a run that is driven here, until its driver has ended.
async fn follow(handle: RunHandle, news: mpsc::Sender<Message>) -> Result<Arc<RunState>, DriveError> {
    let mut state = handle.state.clone();
    loop {
        let now = Arc::clone(&state.borrow_and_update());
        if news.send(Message::Run { state: now, driven_here: true }).await.is_err() {
            break;
        }
        if state.changed().await.is_err() {
            break;
        }
    }
    handle.ended().await
}
