//! How this program is called again by a command that is printed to be copied (S26).

use std::fmt;
use std::sync::Arc;

use crate::runbook::RunState;

/// The words before a command that is printed to be copied.
#[derive(Clone)]
pub struct Again {
    /// Of one that looks, or writes a journal.
    pub look: String,
    /// Of one that may act: with all that arms it.
    pub act: String,
    act_on: Arc<dyn Fn(&RunState) -> String + Send + Sync>,
}

impl Again {
    /// The same words for every run.
    pub fn new(look: impl Into<String>, act: impl Into<String>) -> Self {
        let (look, act) = (look.into(), act.into());
        let same = act.clone();
        Self { look, act, act_on: Arc::new(move |_| same.clone()) }
    }

    /// With the words of a command that acts on a run: by the config that it was begun with, where its journal is.
    #[must_use]
    pub fn on_runs(self, act_on: impl Fn(&RunState) -> String + Send + Sync + 'static) -> Self {
        Self { act_on: Arc::new(act_on), ..self }
    }

    /// The words before a command that acts on a run.
    pub fn act_on(&self, run: &RunState) -> String {
        (self.act_on)(run)
    }
}

impl fmt::Debug for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Again").field("look", &self.look).field("act", &self.act).finish_non_exhaustive()
    }
}
