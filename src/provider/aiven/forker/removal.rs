//! Removing a fork, and proving that it is gone.
//!
//! That a fork is not found says little while the outcome of asking for it is unknown: the provider
//! may still be making it. So, unless the provider itself took the removal, its absence is proven only
//! by three looks over 30 s (S20).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::super::client::Change;
use super::super::wire::Listed;
use super::{AivenForker, about_fork};
use crate::domain::Timestamp;
use crate::domain::fork::proves_absence;
use crate::domain::instant::rfc3339;
use crate::provider::{ForkRequest, Found, Removal};

/// What is known of removals under way, by the fork's name.
#[derive(Debug, Default)]
pub(super) struct Removals(Mutex<BTreeMap<String, Leaving>>);

#[derive(Debug, Default)]
struct Leaving {
    /// The provider said that it removes it.
    taken: bool,
    /// Looks that did not find it, oldest first, without one between that did.
    absent_at: Vec<Timestamp>,
}

impl Removals {
    fn with<T>(&self, name: &str, change: impl FnOnce(&mut Leaving) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry(name.to_owned()).or_default())
    }

    fn was_seen(&self, name: &str) {
        self.with(name, |leaving| leaving.absent_at.clear());
    }

    fn was_taken(&self, name: &str) {
        self.with(name, |leaving| leaving.taken = true);
    }

    /// Notes a look that did not find it: the looks so far, and whether they are proof.
    fn was_absent(&self, name: &str, at: Timestamp) -> (Vec<Timestamp>, bool) {
        self.with(name, |leaving| {
            leaving.absent_at.push(at);
            (leaving.absent_at.clone(), leaving.taken || proves_absence(&leaving.absent_at))
        })
    }

    fn is_over(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

impl AivenForker {
    /// Never without our mark, and gone only when lists show it.
    pub(super) async fn take_away(&self, request: &ForkRequest) -> Removal {
        match self.whose(request).await {
            Found::Foreign { what } => return Removal::Foreign { what },
            Found::CannotTell { why } => {
                return Removal::Failed {
                    why: format!("nothing was removed, its mark cannot be read: {why}"),
                };
            }
            Found::Absent => return self.prove_absence(request, "it is not found").await,
            Found::Mine => self.removals.was_seen(&request.name),
        }
        let path = ["service", request.name.as_str()];
        match self.change(Change::delete(&path, about_fork(request))).await {
            Ok(_) => {
                self.removals.was_taken(&request.name);
                self.prove_absence(request, "the removal was taken").await
            }
            Err(failure) if failure.nothing_was_done() && !failure.says_service_is_absent() => {
                Removal::Failed { why: failure.to_string() }
            }
            Err(failure) => {
                self.prove_absence(request, &format!("no answer to the removal: {failure}")).await
            }
        }
    }

    async fn prove_absence(&self, request: &ForkRequest, so_far: &str) -> Removal {
        let (listed, at) = match self.list(about_fork(request)).await {
            Ok(list) => list,
            Err(failure) => {
                return Removal::Pending { why: format!("{so_far}; the list cannot be read: {failure}") };
            }
        };
        let name = &request.name;
        let may_be_it = |entry: &Listed| entry.name.as_deref().is_none_or(|listed| listed == name);
        if listed.iter().any(may_be_it) {
            self.removals.was_seen(name);
            return Removal::Pending { why: format!("{so_far}; the list of {} still shows it", rfc3339(at)) };
        }
        let (looks, proven) = self.removals.was_absent(name, at);
        if !proven {
            return Removal::Pending {
                why: format!(
                    "{so_far}; look {} of at least 3 over 30 s: not in the list of {}",
                    looks.len(),
                    rfc3339(at)
                ),
            };
        }
        self.removals.is_over(name);
        let (count, project) = (listed.len(), &self.settings.project);
        let since = match looks.first() {
            Some(first) if looks.len() > 1 => format!(" in {} looks from {}", looks.len(), rfc3339(*first)),
            _ => String::new(),
        };
        Removal::Proven {
            proof: format!("{name} is not among the {count} services of {project}{since} at {}", rfc3339(at)),
        }
    }
}
