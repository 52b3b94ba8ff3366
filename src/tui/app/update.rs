//! How a message changes the model, and what it asks of the world. No I/O, no clock: *now* comes in.

use super::alerts;
use super::begin;
use super::copy_region;
use super::effect::Effect;
use super::explain;
use super::idle;
use super::journal;
use super::lag;
use super::late;
use super::make_way;
use super::message::Message;
use super::model::{Model, RunView, Screen, Size};
use super::mouse::mouse;
use super::overlay::Overlay;
use super::own;
use super::press::{paste, press};
use super::runs;
use super::steer;
use crate::domain::{Timestamp, words};

/// Takes in one message. Sets `model.dirty` when what is shown has changed.
pub fn update(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    let (screen, row) = (model.screen, model.row);
    let mut effects = take(model, message, now);
    if model.screen == Screen::Alerts && model.dirty {
        alerts::hold(model, (screen, row) != (model.screen, model.row));
    }
    late::go_on(model);
    explain::renew(model);
    effects.extend(own::wanted(model));
    effects
}

fn take(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    let before = model.now;
    model.now = now;
    model.tally.pass(&model.fleet.services, now);
    if words::instant(before) != words::instant(now) {
        model.judge_some();
    }
    match message {
        Message::Key(key) => {
            model.dirty = true;
            return press(model, key);
        }
        Message::Mouse(what) => {
            // Whatever a click comes to mean: what changes the world needs a key.
            return mouse(model, what).into_iter().filter(|effect| !effect.acts()).collect();
        }
        Message::Paste(text) => paste(model, &text),
        Message::Resize { width, height } => {
            model.size = Size { width, height };
            model.board.reveal(model.page());
            model.dirty = true;
        }
        Message::Tick => {
            idle::pass(model);
            let told = model.fleet.tell_silent_regions(&mut model.tally);
            if !told.is_empty() {
                model.judge(&told);
            }
            if std::mem::take(&mut model.alerts_changed) {
                return vec![Effect::KeepAlerts(Box::new(model.alerts.clone()))];
            }
        }
        Message::Polled(report) => {
            let touched = model.fleet.apply(&report, &model.setup.bindings);
            model.judge(&touched);
            runs::tell_watched(model);
            own::note(model, &touched);
            // A service that was just discovered may have a run already.
            for id in touched.iter().filter(|id| !model.knows_runs_of(id)).cloned().collect::<Vec<_>>() {
                runs::tell(model, Some(&id));
            }
            let mut effects: Vec<_> = touched.iter().filter_map(|id| runs::tell_life(model, id)).collect();
            effects.push(Effect::Save(touched));
            return effects;
        }
        Message::Probed { service, liveness } => {
            if model.fleet.set_liveness(&service, liveness, now) {
                let told = runs::tell_life(model, &service);
                model.judge(&[service]);
                return told.into_iter().collect();
            }
        }
        Message::Run { state, driven_here } => {
            let service = state.opening.member.service.clone();
            let lines = journal::follow(model, &state);
            take_run(model, RunView { state, driven_here });
            return runs::tell_life(model, &service).into_iter().chain(lines).collect();
        }
        Message::Runs(list) => {
            model.dirty |= model.run_list != list || model.runs_unread.is_some();
            model.recall_runs(list);
        }
        Message::RunsUnread(unread) => {
            model.dirty = true;
            model.miss_runs(unread);
        }
        Message::Report { run, text } => {
            runs::take_report(model, &run, &text);
        }
        Message::Journal { run, lines } => journal::take(model, &run, lines),
        Message::Lag { period, answer } => lag::take(model, period, *answer),
        Message::OwnLag { service, period, answer } => own::take(model, &service, period, answer),
        Message::RegionChecked(checked) => copy_region::checked(model, *checked),
        Message::RegionsUnderWay(changes) => copy_region::under_way(model, changes),
        Message::RegionsUnread(why) => {
            model.regions_unread = why;
            model.dirty = true;
        }
        Message::RegionNews { service, line } => copy_region::news(model, &service, &line),
        Message::Strips(kept) => own::take_hours(model, kept),
        Message::Arming(arming) => {
            model.setup.arming = arming;
            model.dirty = true;
        }
        Message::Refused(lines) => {
            (model.awaiting, model.making_way, model.journal_asked) = (None, None, None);
            let told = format!("not taken: {}", lines.first().map_or("", String::as_str));
            late::show(model, Overlay::text("not taken", lines), told);
        }
        Message::NoJournal { start, why } => {
            begin::ask_for_journal(model, start, why);
        }
        Message::Notice(text) => {
            model.notice = Some(text);
            model.dirty = true;
        }
    }
    Vec::new()
}

/// A run that was asked for here is shown as soon as it is there.
fn take_run(model: &mut Model, view: RunView) {
    let id = view.state.id().to_owned();
    if model.awaiting.as_ref() == Some(&view.state.opening.member.service) && view.driven_here {
        model.awaiting = None;
        model.notice = None;
        model.run = Some(id.clone());
        model.step = None;
        model.screen = Screen::Run;
    }
    if view.driven_here || runs::is_newest(model, &view.state) {
        runs::hear(model, &view.state);
    }
    let is_older = |known: &RunView| !known.driven_here && known.state.last_seq > view.state.last_seq;
    if view.driven_here || !model.runs.get(&id).is_some_and(is_older) {
        model.runs.insert(id.clone(), view);
    }
    let service = model.runs.get(&id).map(|view| view.state.opening.member.service.clone());
    runs::tell(model, service.as_ref());
    steer::close_answered(model, &id);
    steer::offer_moved(model, &id);
    make_way::go_on(model, &id);
    model.dirty = true;
}
