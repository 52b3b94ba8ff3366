//! Tables and properties of the judgement as a whole.

mod backed;
mod idleness;
mod lags;
mod losses;
mod proof;
mod properties;
mod rules;
mod schedules;
mod signs;
mod unlisted;
mod unshown;
mod verdicts;

use super::sample::*;
use super::*;

/// Two poll intervals of 30 s.
fn judge(service: &Service) -> Assessment {
    judge_at(service, now())
}

fn judge_at(service: &Service, now: Timestamp) -> Assessment {
    assess(service, now, &minutes(1).into())
}

fn there(service: &mut Service) -> &mut CopyState {
    service.secondary.as_mut().unwrap()
}

fn reading_there(service: &mut Service) -> &mut Reading {
    there(service).last_good.as_mut().unwrap()
}

fn reading_here(service: &mut Service) -> &mut Reading {
    service.primary.as_mut().unwrap().last_good.as_mut().unwrap()
}

/// Moves the newest restorable instant there.
fn newest_there(service: &mut Service, newest: &str) {
    reading_there(service).windows.as_mut().unwrap().last_mut().unwrap().to.at = at(newest);
}

fn fail(copy: &mut CopyState, outcome: Outcome) {
    copy.attempt = Attempt { at: Some(now()), outcome, error: Some("said so".to_owned()) };
}

fn end(segment: u64) -> LogPosition {
    LogPosition {
        archive: "15-1".to_owned(),
        timeline: 1,
        segment,
        name: format!("{segment:024X}"),
        stored_at: None,
        branch: None,
    }
}

/// Both copies end at the same segment, stored at `newest`, as a store time says it.
fn quiet_since(newest: &str) -> Service {
    let mut service = orders();
    for role in [Role::Primary, Role::Secondary] {
        let reading = service.copy_mut(role).as_mut().unwrap().last_good.as_mut().unwrap();
        reading.log.end = Some(Box::new(end(0x31)));
        let last = reading.windows.as_mut().unwrap().last_mut().unwrap();
        last.to.at = at(newest);
        last.to_is = Edge::AtMost;
    }
    service
}

fn rules(judged: &Assessment) -> Vec<Rule> {
    judged.findings.iter().map(|finding| finding.rule).collect()
}

/// Moves the newest restorable instant here.
fn newest_here(service: &mut Service, newest: &str) {
    reading_here(service).windows.as_mut().unwrap().last_mut().unwrap().to.at = at(newest);
}

fn seconds(loss: &Loss) -> Option<u64> {
    loss.amount.map(|amount| amount.as_secs())
}
