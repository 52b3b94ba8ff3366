//! Our mark on what we made: tags of a service (S19).

use super::wire::Service;
use crate::provider::{ForkRequest, Found};

/// The tag that holds the run.
pub(super) const RUN: &str = "lifeboat_run";
/// The tag that holds the attempt.
pub(super) const ATTEMPT: &str = "lifeboat_attempt";

/// Whose a service of the request's name is.
pub(super) fn owner(service: &Service, request: &ForkRequest) -> Found {
    let attempt = request.attempt.to_string();
    match (service.tag(RUN), service.tag(ATTEMPT)) {
        (Some(run), Some(tried)) if run == request.run && tried == attempt => Found::Mine,
        (Some(run), tried) => {
            let tried = tried.map(|tried| format!(", attempt {tried}")).unwrap_or_default();
            Found::Foreign { what: format!("{} carries the mark of run {run}{tried}", describe(service)) }
        }
        (None, _) => Found::Foreign { what: format!("{} without our mark", describe(service)) },
    }
}

fn describe(service: &Service) -> String {
    let kind = service.service_type.as_deref().unwrap_or("unknown");
    let cloud = service.cloud_name.as_deref().unwrap_or("an unknown region");
    let made = service.create_time.as_deref().map(|at| format!(", made {at}")).unwrap_or_default();
    format!("a {kind} service in {cloud}{made}")
}
