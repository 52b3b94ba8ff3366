//! What a person says of a run that nobody drives, where saying it makes no call.

use std::sync::Arc;

use super::super::put_down::put_down;
use super::{Desk, NotTaken, author};
use crate::runbook::Command;
use crate::tui::app::Message;

impl Desk {
    /// Writes it into the run's journal, and tells what the run is then.
    pub(super) async fn put_down(&self, run: String, command: Command) -> Result<(), NotTaken> {
        // A folder that can only be read takes nothing.
        self.ledger()?;
        let (now, author) = (self.clock.now(), author(self.stated.clone()));
        let written =
            self.with_ledger(move |ledger| Ok(put_down(ledger, &run, command, now, &author))).await?;
        let state = written.map_err(|error| vec![error.to_string()])?;
        self.tell(Message::Run { state: Arc::new(state), driven_here: false }).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::sample::desk;
    use super::super::{Copying, Drivers, UnderWay};
    use super::*;
    use crate::domain::sample::at;
    use crate::runbook::RunKind;
    use crate::runbook::sample::{OPENED, author as anna, opening};
    use crate::tui::app::effect::Deed;

    #[tokio::test]
    async fn s25_a_run_of_a_source_that_is_another_by_now_is_ended_from_the_dashboard() {
        let folder = tempfile::tempdir().unwrap();
        let (mut desk, mut told) = desk(folder.path());
        let mut opening = opening(RunKind::Drill);
        opening.config.insert("source.project".to_owned(), "prod".to_owned());
        let ledger = Arc::clone(desk.ledger.as_ref().unwrap());
        let run = ledger.create(opening, at(OPENED), &anna()).unwrap().0.run().to_owned();
        let (mut driven, mut drivers, mut copying) = (BTreeMap::new(), Drivers::new(), Copying::default());
        let mut act = async |deed| {
            let under_way = UnderWay { driven: &mut driven, drivers: &mut drivers, copying: &mut copying };
            Box::pin(desk.act(deed, None, under_way)).await
        };
        let refused = act(Deed::Resume { run: run.clone() }).await.unwrap_err();
        assert!(refused[0].contains("prod"), "{refused:?}");
        let command = Command::Abort { typed: "orders-db".to_owned(), reason: "lost".to_owned() };
        act(Deed::Command { run: run.clone(), command }).await.unwrap();
        assert!(ledger.runs().unwrap()[0].closed_at.is_some());
        let Some(Message::Run { state, driven_here: false }) = told.recv().await else { panic!("not told") };
        assert!(state.is_over() && state.id() == run);
    }
}
