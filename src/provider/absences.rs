//! When a fork that is not found counts as gone.
//!
//! That a fork is not found says little while the outcome of asking for it is unknown: somebody may
//! still be making it. So, unless its removal was taken, its absence is proven only by three looks over
//! 30 s (S20).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::Timestamp;
use crate::domain::fork::proves_absence;

/// What is known of forks that were not found, by name.
#[derive(Debug, Default)]
pub(super) struct Absences(Mutex<BTreeMap<String, Leaving>>);

#[derive(Debug, Default)]
struct Leaving {
    /// The fork was there, whole, and its removal was taken.
    taken: bool,
    /// Looks that did not find it, oldest first, without one between that did.
    absent_at: Vec<Timestamp>,
}

impl Absences {
    fn with<T>(&self, name: &str, change: impl FnOnce(&mut Leaving) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry(name.to_owned()).or_default())
    }

    pub(super) fn was_seen(&self, name: &str) {
        self.with(name, |leaving| leaving.absent_at.clear());
    }

    pub(super) fn was_taken(&self, name: &str) {
        self.with(name, |leaving| leaving.taken = true);
    }

    /// Notes a look that did not find it: the looks so far, and whether they are proof.
    pub(super) fn was_absent(&self, name: &str, at: Timestamp) -> (Vec<Timestamp>, bool) {
        self.with(name, |leaving| {
            leaving.absent_at.push(at);
            (leaving.absent_at.clone(), leaving.taken || proves_absence(&leaving.absent_at))
        })
    }

    pub(super) fn is_over(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}
