//! What the copies of a service show its primary to have written.

use super::{Written, WrittenBy};
use crate::domain::{CopyState, Edge, LogReach, Points, Service};

/// The newest thing that either copy shows the primary to have written.
pub(super) fn written(service: &Service) -> Option<Written> {
    last_sign_in_log(service).max(newest_data(service))
}

/// The last proof of life that the log itself gives: a commit in either copy, or a segment that the
/// primary stored in its own region. A segment's time in the other region may be that of a later copy.
fn last_sign_in_log(service: &Service) -> Option<Written> {
    let (here, there) = (log(service.primary.as_ref()), log(service.secondary.as_ref()));
    let sign = |by| move |at| Written { at, by };
    let stored = here.and_then(|log| log.end.as_ref()?.stored_at).map(sign(WrittenBy::StoredLog));
    let complete = here.and_then(|log| log.complete_at).map(sign(WrittenBy::CompleteLog));
    let commits = [here, there].into_iter().flatten().filter_map(|log| log.last_commit);
    commits.map(sign(WrittenBy::Commit)).chain(stored).chain(complete).max()
}

/// The newest data that either copy is known to hold: somebody wrote it. A store time says no such thing.
pub(super) fn newest_data(service: &Service) -> Option<Written> {
    let readings = [&service.primary, &service.secondary]
        .into_iter()
        .flatten()
        .filter_map(|copy| copy.last_good.as_ref());
    let instants = readings.flat_map(|reading| {
        let window = reading.windows.as_ref().and_then(|windows| windows.last());
        let end = window.filter(|window| window.to_is != Edge::AtMost).map(|window| window.to.at);
        reading.points.iter().filter_map(Points::newest).map(|point| point.at).chain(end)
    });
    instants.max().map(|at| Written { at, by: WrittenBy::Data })
}

/// What a copy's log shows.
pub(in crate::domain) fn log(copy: Option<&CopyState>) -> Option<&LogReach> {
    Some(&copy?.last_good.as_ref()?.log)
}
