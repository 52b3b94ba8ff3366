//! A fork that was there and is not found any more.

use super::PgBackRestForker;
use crate::domain::instant::rfc3339;
use crate::provider::{ForkRequest, Progress};

impl PgBackRestForker {
    /// How far a fork is that is not found: it will not finish once looks prove that it is gone (S20).
    pub(super) fn missing(&self, request: &ForkRequest) -> Progress {
        let (name, directory) = (&request.name, &self.fork.directory);
        let not_found = format!("{name} is not in {directory}");
        if !names_its_folder(request) {
            return Progress::cannot_tell(format!(
                "{not_found}, which may be another folder than it was made in: whether its disk is mounted is not known"
            ));
        }
        let (looks, proven) = self.absences.was_absent(name, self.clock.now());
        let first = looks.first().copied().map(rfc3339).unwrap_or_default();
        if !proven {
            return Progress::cannot_tell(format!(
                "{not_found}; look {} of at least 3 over 30 s from {first}",
                looks.len()
            ));
        }
        self.absences.is_over(name);
        let looks = looks.len();
        Progress::gone(format!(
            "the fork was removed by someone else than this run: {not_found} in {looks} looks from {first}"
        ))
    }
}

/// Whether it was put down which folder it was made in: the same path is another one while its disk is not mounted,
/// and only where that is known does the fork's host tell the two apart.
fn names_its_folder(request: &ForkRequest) -> bool {
    request.host.as_deref().is_some_and(|host| host.contains(':'))
}
