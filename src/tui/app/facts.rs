//! What a person reads before answering a form, put together anew for every frame: a loss that was
//! true when the form was opened is not shown as if it still were.

use super::asks;
use super::begin;
use super::copy_region;
use super::dismiss;
use super::form::{Form, Purpose};
use super::make_way;
use super::model::Model;
use crate::runbook::RunState;

/// The lines above the fields of a form, as of now.
pub fn facts(model: &Model, form: &Form) -> Vec<String> {
    match &form.purpose {
        Purpose::GoToTime => vec![
            "2026-11-20T11:41:00Z, 2026-11-20 12:41:00+01:00, or without an offset:".to_owned(),
            "then UTC and local time are offered. A time alone is of the day the cursor is on.".to_owned(),
            "newest, oldest and the name of a backup there are taken too.".to_owned(),
        ],
        Purpose::Drill(wanted) => begin::facts(model, wanted, None),
        Purpose::Incident(wanted) => begin::facts(model, wanted, Some(form)),
        Purpose::Journal { why, .. } => begin::journal_facts(why),
        Purpose::CopyTo { service, checked } => copy_region::facts(model, service, checked),
        Purpose::ChangeRegion(checked) => copy_region::agreement(model, checked),
        Purpose::Dismiss { service } => dismiss::facts(model, service),
        Purpose::MakeWay { drill } => of_run(model, drill, |state| make_way::facts(model, state)),
        Purpose::Run { run, ask } => of_run(model, run, |state| asks::facts(model, state, *ask)),
    }
}

fn of_run(model: &Model, run: &str, facts: impl Fn(&RunState) -> Vec<String>) -> Vec<String> {
    let gone = || vec!["the run is gone".to_owned()];
    model.runs.get(run).map_or_else(gone, |view| facts(&view.state))
}

/// What an answer to a form is about. An answer in writing holds only for what was shown when it was
/// written: where this has changed since, it is asked for again.
pub(super) fn about(model: &Model, form: &Form) -> String {
    match &form.purpose {
        Purpose::GoToTime | Purpose::Drill(_) | Purpose::Incident(_) | Purpose::Journal { .. } => {
            String::new()
        }
        Purpose::CopyTo { service, .. } => copy_region::about(model, service),
        Purpose::ChangeRegion(checked) => copy_region::about(model, &checked.service),
        Purpose::Dismiss { service } => dismiss::about(model, service),
        Purpose::MakeWay { drill } => {
            model.runs.get(drill).map_or_else(String::new, |view| make_way::about(&view.state))
        }
        Purpose::Run { run, ask } => {
            model.runs.get(run).map_or_else(String::new, |view| asks::about(&view.state, *ask))
        }
    }
}
