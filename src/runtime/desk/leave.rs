//! The end of a dashboard leaves its runs in order: none is ended by it (S21).

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::driver::Taken;
use super::{Driven, Drivers, ask};
use crate::runbook::{Command, JournalPlace};
use crate::tui::app::model::Again;

/// How long leaving a run may take when the dashboard ends, real time.
const LEAVE: Duration = Duration::from_secs(25);

/// What is left when the dashboard is: runs that go on.
#[derive(Debug, Default)]
pub struct Left {
    /// One line for each run that was driven from here and is not over.
    pub lines: Vec<String>,
}

/// Leaves every run that is not over, so that the journal says so; a restore goes on (S21).
pub(super) async fn leave(
    driven: BTreeMap<String, Driven>,
    mut drivers: Drivers,
    again: Option<&Again>,
) -> Left {
    let mut left = Left::default();
    for (run, driven) in driven {
        if driven.state.borrow().is_over() {
            continue;
        }
        let detach = Command::Detach { why: "the dashboard was closed".to_owned() };
        let asked = tokio::time::timeout(LEAVE, ask(&driven.commands, detach)).await;
        let state = driven.state.borrow().clone();
        let how = match asked {
            Ok(Ok(Taken::Written)) => format!("left {run}{}", state.goes_on()),
            Ok(Ok(Taken::Held(held))) => format!("left {run}, {held}{}", state.goes_on()),
            _ => format!("{run} may be interrupted"),
        };
        left.lines.push(match again {
            Some(_) if matches!(state.journal, JournalPlace::WithoutJournal { .. }) => {
                format!("{how}. It cannot be taken up again: {}", state.journal.text())
            }
            Some(again) => format!("{how}. Take it up again: {} runs resume {run}", again.act_on(&state)),
            None => format!("{run} ended with the demo, which keeps nothing"),
        });
    }
    let all = async {
        while let Some(ended) = drivers.join_next().await {
            // What could not be written is lost with its driver, and is told.
            if let Ok((run, Err(error))) = ended {
                left.lines.push(format!("{run}: {error}"));
            }
        }
    };
    tokio::time::timeout(LEAVE, all).await.ok();
    left
}
