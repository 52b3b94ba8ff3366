//! Removing a fork, and proving that it is gone.

use super::super::client::Change;
use super::super::failure::Failure;
use super::super::wire::Listed;
use super::{AivenForker, about_fork};
use crate::domain::instant::rfc3339;
use crate::provider::{ForkRequest, Found, Removal};

impl AivenForker {
    /// Never without our mark, and gone only when lists show it.
    pub(super) async fn take_away(&self, request: &ForkRequest) -> Removal {
        match self.whose(request).await {
            Found::Foreign { what } => return Removal::Foreign { what },
            Found::CannotTell { why } => {
                return Removal::CannotTell { why: format!("its mark cannot be read: {why}") };
            }
            Found::Absent => return self.prove_absence(request, "it is not found").await,
            Found::Mine => self.absences.was_seen(&request.name),
        }
        let path = ["service", request.name.as_str()];
        match self.change(Change::delete(&path, about_fork(request))).await {
            Ok(_) => {
                self.absences.was_taken(&request.name);
                self.prove_absence(request, "the removal was taken").await
            }
            Err(failure) if failure.nothing_was_done() && !failure.says_service_is_absent() => {
                not_taken(&failure)
            }
            Err(failure) => {
                self.prove_absence(request, &format!("no answer to the removal: {failure}")).await
            }
        }
    }

    /// `Proven` once lists prove that it is gone, whoever removed it.
    pub(super) async fn prove_absence(&self, request: &ForkRequest, so_far: &str) -> Removal {
        let (listed, at) = match self.list(about_fork(request)).await {
            Ok(list) => list,
            Err(failure) => {
                return Removal::CannotTell { why: format!("{so_far}; the list cannot be read: {failure}") };
            }
        };
        let name = &request.name;
        let may_be_it = |entry: &Listed| entry.name.as_deref().is_none_or(|listed| listed == name);
        if listed.iter().any(may_be_it) {
            self.absences.was_seen(name);
            return Removal::Pending { why: format!("{so_far}; the list of {} still shows it", rfc3339(at)) };
        }
        let (looks, proven) = self.absences.was_absent(name, at);
        if !proven {
            return Removal::Pending {
                why: format!(
                    "{so_far}; look {} of at least 3 over 30 s: not in the list of {}",
                    looks.len(),
                    rfc3339(at)
                ),
            };
        }
        self.absences.is_over(name);
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

/// A refusal stays until a person does something; that nobody answered may pass.
fn not_taken(failure: &Failure) -> Removal {
    let why = failure.to_string();
    if failure.stays() { Removal::Failed { why } } else { Removal::CannotTell { why } }
}
