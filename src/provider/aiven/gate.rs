//! The one way out of a source: every call to its API passes here and is counted by what it is about.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::Role;

/// What a call is about. The API itself lies in no region; what it is asked about does.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The copy it is about; `None` for the project as a whole.
    pub role: Option<Role>,
    /// The region that copy lies in, where known.
    pub region: Option<String>,
}

/// Counts the calls of one source; shared by its catalog and its forker.
#[derive(Debug, Default)]
pub struct Gate {
    calls: Mutex<BTreeMap<Place, u64>>,
}

impl Gate {
    /// Calls made so far, by what they were about.
    pub fn calls(&self) -> BTreeMap<Place, u64> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets one call through.
    pub(super) fn pass(&self, about: &Place) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(about.clone()).or_default() += 1;
    }
}
