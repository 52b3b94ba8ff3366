//! A run explains its times: between which instants they were measured, and on what those rest.

use super::shown as instant;
use crate::domain::{Ground, words};
use crate::runbook::{Clocks, RunState, left_out};
use crate::tui::app::model::Model;
use crate::tui::app::{runs, step};

/// The run on the run screen: its times, what they rest on, and its steps.
pub(super) fn shown(model: &Model) -> Option<(String, Vec<String>)> {
    let state = &model.shown_run()?.state;
    let clocks = runs::clocks(model, state);
    let (now, others) = step::all(model, state);
    let mut lines = Vec::new();
    if !now.is_empty() {
        lines = [vec!["NOW".to_owned()], now, vec![String::new()]].concat();
    }
    lines.extend([
        "RECOVERY TIME".to_owned(),
        format!(
            "  {}  =  {} - counted from",
            clocks.recovery_text().unwrap_or_else(|| "not known".to_owned()),
            match clocks.usable {
                Some(_) => "usable",
                None if state.is_over() => "end of the run",
                None => "now",
            }
        ),
        match state.left_for().filter(|_| clocks.down_since.is_none()) {
            Some(moved) => format!("  down since    not known: {}", moved.unstated()),
            None => down_since(state, &clocks),
        },
        format!("  detected      {}", instant(clocks.detected)),
        format!("  declared      {}", instant(clocks.declared)),
        format!("  usable        {}", instant(clocks.usable)),
        counted_from(state, &clocks),
        format!("  paused        {}, counted too", words::to_the_second(clocks.paused)),
        String::new(),
        if state.is_drill() { "DATA THAT A REAL LOSS WOULD LOSE" } else { "DATA LOST" }.to_owned(),
        format!(
            "  {}  =  {} - whole until{}",
            clocks.loss_text().unwrap_or_else(|| "not known".to_owned()),
            match &clocks.loss_ground {
                Some(Ground::Moved { .. }) => "clients moved",
                Some(_) => "loss instant",
                None if state.is_drill() => "loss instant",
                None if state.is_over() => "end of the run",
                None => "now",
            },
            match (left_out(state, &clocks), clocks.idle) {
                (Some(_), _) => " - the outage before the move",
                (None, Some(_)) => " - idle",
                (None, None) => "",
            }
        ),
    ]);
    lines.extend(loss_instant(state, &clocks));
    lines.extend([
        format!("  newest data   {}, {}", instant(clocks.newest), clocks.newest_rests.text()),
        format!("  whole until   {}{}", instant(clocks.whole_until), {
            if clocks.whole_until > clocks.newest { ", idle from the newest data to then" } else { "" }
        }),
    ]);
    lines.extend(clocks.idle.map(|(from, to)| {
        let (from, to) = (words::instant(from), words::instant(to));
        format!("  idle          {from} to {to}: nothing was written, so nothing of it is lost")
    }));
    if let Some(given_up) = clocks.given_up {
        lines.push(format!("  of it given up by choice: {}", words::to_the_second(given_up)));
        let judged = clocks.judged_text().unwrap_or_else(|| words::UNKNOWN.to_owned());
        lines.push(format!("  the objective judges the rest: {judged}"));
    }
    lines.push(String::new());
    if let Some(readiness) = &state.readiness {
        lines.push("READINESS".to_owned());
        lines.extend(readiness.iter().map(|item| format!("  {}: {}", item.check, item.text)));
        lines.push(String::new());
    }
    lines.push(if state.is_over() { "STEPS" } else { "OTHER STEPS" }.to_owned());
    lines.extend(others);
    lines.extend(by_hand(model, state.id()));
    Some((format!("why: {}", state.id()), lines))
}

/// Since when it is down, and on what that rests; in a drill nothing is.
fn down_since(state: &RunState, clocks: &Clocks) -> String {
    let label = if state.is_drill() { "loss at   " } else { "down since" };
    let ground =
        clocks.down_ground.as_ref().map(|ground| format!(" ({})", ground.text())).unwrap_or_default();
    match clocks.down_earliest {
        Some(earliest) => format!(
            "  {label}    {} at the earliest{ground}, {} at the latest",
            words::instant(earliest),
            instant(clocks.down_since)
        ),
        None => format!("  {label}    {}{ground}", instant(clocks.down_since)),
    }
}

/// From when the recovery time is counted: of a range from its earliest end, and from the latest where it is the least
/// that a run took which ended before.
fn counted_from(state: &RunState, clocks: &Clocks) -> String {
    let is_cut_short = clocks.usable.is_none() && state.is_over();
    let (from, why) = match (clocks.rto_from_latest, &clocks.down_ground) {
        (None, _) => (clocks.rto_from, ""),
        (latest, _) if is_cut_short => (latest, ", the latest: it was surely down by then"),
        (_, Some(Ground::Off)) => (clocks.rto_from, ", the earliest: it was last known to be switched off"),
        _ => (clocks.rto_from, ", the earliest: its last sign of life before it fell silent"),
    };
    let again = if clocks.rto_from_latest.is_some() && state.fence.is_alive() {
        "; that it answers again makes nothing usable"
    } else {
        ""
    };
    format!("  counted from  {}{why}{again}", instant(from))
}

/// The commands that show a run by hand; what exists only in the demo is found by none.
pub(super) fn by_hand(model: &Model, run: &str) -> Vec<String> {
    let Some(again) = &model.setup.again else { return Vec::new() };
    let shown = ["show", "verify"].map(|word| format!("  {} runs {word} {run}", again.look));
    [String::new(), "BY HAND".to_owned()].into_iter().chain(shown).collect()
}

/// From when the loss is counted, on what that rests, and what people said.
fn loss_instant(state: &RunState, clocks: &Clocks) -> Vec<String> {
    let simulated = if state.is_drill() { ", simulated" } else { "" };
    let mut lines = vec![match (clocks.loss_earliest, clocks.loss_instant) {
        (Some(from), Some(to)) => {
            format!(
                "  loss instant  {} at the earliest, {} at the latest",
                words::instant(from),
                words::instant(to)
            )
        }
        (_, at) if matches!(clocks.loss_ground, Some(Ground::Moved { .. })) => {
            format!("  clients moved {}", instant(at))
        }
        (_, at) => format!("  loss instant  {}{simulated}", instant(at)),
    }];
    match &clocks.loss_ground {
        Some(ground) => lines.push(format!("  rests on      {}, grade: {}", ground.text(), ground.grade())),
        None if state.is_drill() || state.is_over() => {}
        None if state.fence.is_alive() => {
            lines.push("  rests on      now: the old primary answers, and may take writes".to_owned());
        }
        None => lines.push("  rests on      now: nothing says that the old primary stopped".to_owned()),
    }
    lines.extend(left_out(state, clocks).map(|left_out| format!("  {left_out}")));
    if let Some((at, by)) = &state.loss_stated {
        lines.push(format!("  stated        {} by {by}; a later proof of life wins", words::instant(*at)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use crate::domain::sample::at;
    use crate::domain::{Liveness, Target};
    use crate::runbook::sample::{Journal, World, declaration, fork_point, opening, willing};
    use crate::runbook::{Answer, Call, Clocks, Command, Declaration, RunKind, rpo_measured, rto_measured};
    use crate::tui::app::explain;
    use crate::tui::app::model::Screen;

    #[test]
    fn s36_an_outage_is_explained_by_what_came_before_it_while_the_old_primary_answers_again() {
        let mut opening = opening(RunKind::Incident);
        let (silent, alive) = (at("2026-11-20T12:04:20Z"), at("2026-11-20T12:04:15Z"));
        opening.before.service.liveness = Liveness::silent(silent, Some(alive));
        let mut journal = Journal::open(opening);
        journal.input(&crate::runbook::Input::Tick).unwrap();
        let unstated = Declaration { down_since: None, ..declaration() };
        journal.command(Command::Declare(unstated)).unwrap();
        for answers in [false, true] {
            journal.later(60);
            let text = String::new();
            journal.answer(Answer::Primary { answers, calls: 1, text, last_answer: None });
            let state = std::sync::Arc::new(journal.state.clone());
            let mut model = crate::tui::tests::model(false, crate::tui::app::Size { width: 120, height: 40 });
            crate::tui::app::update(
                &mut model,
                crate::tui::app::Message::Run { state, driven_here: true },
                journal.now,
            );
            crate::tui::tests::type_keys(&mut model, "3");
            let (_, lines) = explain::explain(&model);
            let counted = lines.iter().find(|line| line.starts_with("  counted from")).unwrap();
            assert!(counted.contains("its last sign of life before it fell silent"), "{counted}");
            assert_eq!(counted.contains("it answers again"), answers, "{counted}");
            let grows = lines.iter().any(|line| line.contains("rests on      now: the old primary answers"));
            assert_eq!(grows, answers, "{lines:#?}");
        }
        let state_before = journal.state.clone();
        let (typed, reason) = ("orders-db".to_owned(), "its region is back".to_owned());
        journal.command(Command::Abort { typed, reason }).unwrap();
        let clocks = crate::runbook::clocks(&journal.state, journal.now);
        let counted = super::counted_from(&journal.state, &clocks);
        assert!(counted.contains("12:04:20Z, the latest"), "the least that it took is counted: {counted}");
        let off = Some(crate::domain::Ground::Off);
        let counted = super::counted_from(&state_before, &Clocks { down_ground: off, ..clocks });
        assert!(
            counted.contains("12:04:15Z, the earliest: it was last known to be switched off"),
            "{counted}"
        );
    }

    #[test]
    fn s36_a_closed_run_explains_its_times_in_the_words_of_its_report() {
        let mut opening = opening(RunKind::Drill);
        opening.member.target = Target::At(at("2026-11-20T11:30:00Z"));
        let (mut journal, mut world) = (Journal::open(opening), World::default());
        for _ in 0..60 {
            journal.later(15);
            journal.input(&crate::runbook::Input::Tick).unwrap();
            if let Some(command) = willing(&journal.state) {
                journal.command(command).unwrap();
            }
            for effect in crate::runbook::effects(&journal.state) {
                journal.answer(match &effect.call {
                    Call::ResolvePoint(_) => {
                        Answer::Point(Ok((fork_point("2026-11-20T11:30:00Z"), Vec::new())))
                    }
                    call => world.answer(call, journal.now),
                });
            }
        }
        assert!(journal.state.is_over());
        let state = std::sync::Arc::new(journal.state.clone());
        let mut model = crate::tui::tests::model(false, crate::tui::app::Size { width: 120, height: 40 });
        let run = crate::tui::app::Message::Run { state: state.clone(), driven_here: false };
        crate::tui::app::update(&mut model, run, journal.now);
        model.screen = Screen::Runs;
        let (_, lines) = explain::explain(&model);
        let rpo = rpo_measured(&state);
        assert!(rpo.contains("30m 19s of writes given up by choice on top"), "{rpo}");
        for measured in [rto_measured(&state), rpo] {
            assert!(lines.iter().any(|line| line.ends_with(&measured)), "{measured} in {lines:?}");
        }
    }
}
