//! Steering a run: which question a key or the run itself asks, and the command its answer becomes.

use super::act::copy;
use super::answers;
use super::arming::{self, NotArmed};
use super::asks;
use super::copy_region;
use super::criteria;
use super::effect::{Acting, Deed, Effect};
use super::form::{Ask, Form, Purpose};
use super::instants;
use super::journal;
use super::keys::choices;
use super::model::Model;
use super::offered;
use super::overlay::Overlay;
use super::runs::{self, Standing};
use super::step;
use super::texts;
use crate::domain::{Timestamp, words};
use crate::runbook::{
    Command, Declaration, JournalPlace, Need, RunState, WITHOUT_JOURNAL, need, wants_region,
};
use crate::tui::keymap::Action;

/// A key of the run screen.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(view) = model.shown_run() else { return Vec::new() };
    let (state, here) = (view.state.clone(), view.driven_here);
    if action == Action::StatusText {
        let text = texts::status(model, &state);
        return copy(model, text);
    }
    match action {
        Action::Up | Action::Down | Action::First | Action::Last | Action::PageUp | Action::PageDown => {
            step::select(model, &state, action);
            return Vec::new();
        }
        Action::Report => return runs::report(model, state.id()),
        Action::Journal => return journal::open(model, &state),
        Action::Confirm if state.is_over() => return runs::report(model, state.id()),
        Action::Retry if runs::standing_of(model, &state) == Standing::Nobody => {
            return runs::resume(model, &state);
        }
        Action::Fence if state.is_drill() => {
            return note(model, "a drill never touches production: there is nothing to fence");
        }
        Action::CleanUp if state.removable().next().is_none() => {
            return note(model, &state.nothing_removable());
        }
        _ => {}
    }
    let ask = match action {
        Action::Pause if state.is_paused() => return send(model, &state, here, Command::Unpause),
        Action::Pause => return send(model, &state, here, Command::Pause),
        Action::Retry if need(&state) == Some(Need::AbsentDecision) => Ask::RetryAbsent,
        Action::Retry => return send(model, &state, here, Command::Retry),
        Action::Skip => Ask::Skip,
        Action::Note => Ask::Note,
        Action::NewAttempt => Ask::NewAttempt,
        Action::Fence => Ask::Fence,
        Action::Abort => Ask::Abort,
        Action::CleanUp => Ask::CleanUp,
        Action::Confirm => match need(&state) {
            Some(need) => match asked(need) {
                Some(ask) => ask,
                None => return answer_by_key(model, &state, need),
            },
            None if step::open(model, &state) => return Vec::new(),
            None => return note(model, "the run waits for nobody at this moment"),
        },
        _ => return Vec::new(),
    };
    if action == Action::Confirm && wants_region(&state) {
        copy_region::open_for_fork(model, &state.attempt.name);
        return Vec::new();
    }
    if !takes(model, &state, here, ask) || model.hand(&state.opening.member.source).is_none() {
        return cannot_steer(model, &state, here);
    }
    if let (Ask::Skip | Ask::NewAttempt, Some(why)) = (ask, offered::refused(&state, action, model.now)) {
        return note(model, &why.to_string());
    }
    model.overlay = Some(Overlay::Form(Box::new(asks::form(model, &state, ask))));
    Vec::new()
}

/// The question that fits what the run needs; `None` where a key of its own answers it.
const fn asked(need: Need) -> Option<Ask> {
    Some(match need {
        Need::Journal => Ask::Journal,
        Need::ClockSkew => Ask::ClockSkew,
        Need::Declaration => Ask::Declare,
        Need::OtherPoint => Ask::OtherPoint,
        Need::ConfirmPoint => Ask::ConfirmPoint,
        Need::AbsentDecision => Ask::RetryAbsent,
        Need::OwnersWord => Ask::OwnersWord,
        Need::Fence => Ask::Fence,
        Need::CutOver => Ask::CutOver,
        Need::Protection => Ask::Skip,
        Need::ConfirmCleanUp => Ask::CleanUp,
        Need::FailedStep | Need::Unpause => return None,
    })
}

fn answer_by_key(model: &mut Model, state: &RunState, need: Need) -> Vec<Effect> {
    let ways = match need {
        Need::Unpause => vec![(Action::Pause, "go on")],
        _ => offered::after_failure(state, model.now),
    };
    let text = choices(model, &ways);
    note(model, &text)
}

fn note(model: &mut Model, text: &str) -> Vec<Effect> {
    model.notice = Some(text.to_owned());
    Vec::new()
}

fn cannot_steer(model: &mut Model, state: &RunState, here: bool) -> Vec<Effect> {
    let source = &state.opening.member.source;
    let armed = model.hand(source).is_some();
    let nobody = runs::standing_of(model, state) == Standing::Nobody;
    let left = format!("nobody drives {}, last written {}", state.id(), words::instant(state.last_at));
    let told = arming::of_source(model, source);
    let title = "not steered from here";
    let lines = if here {
        model.overlay = Some(Overlay::not_armed(title, told));
        return Vec::new();
    } else if nobody && !armed {
        let lines = std::iter::once(left).chain(told.lines).chain(texts::ending(model, state)).collect();
        model.overlay = Some(Overlay::not_armed(title, NotArmed { lines, ..told }));
        return Vec::new();
    } else if nobody {
        vec![
            left,
            model.key(Action::Retry).map_or_else(
                || "it is to be taken up first, and your key map has no key for that".to_owned(),
                |key| format!("press {key} first: it takes the run up here"),
            ),
        ]
    } else {
        let shown =
            format!("{} is driven by {} and shown here as it goes", state.id(), state.last_by.shown());
        let taken_up = model.setup.again.iter();
        let taken_up = taken_up.map(|again| {
            format!("when nobody drives it: {} runs resume {}", again.act_on(state), state.id())
        });
        std::iter::once(shown).chain(taken_up).collect()
    };
    model.overlay = Some(Overlay::text(title, lines));
    Vec::new()
}

fn send(model: &mut Model, state: &RunState, here: bool, command: Command) -> Vec<Effect> {
    match model.hand(&state.opening.member.source).filter(|_| here) {
        Some(hand) => {
            let deed = Deed::Command { run: state.id().to_owned(), command };
            vec![Effect::Act(Acting::new(hand, deed))]
        }
        None => cannot_steer(model, state, here),
    }
}

/// A box about the fence that lies open asks for more once something answers that may be the fork.
pub(super) fn offer_moved(model: &mut Model, run: &str) {
    let Some(Overlay::Form(form)) = &mut model.overlay else { return };
    if form.purpose == (Purpose::Run { run: run.to_owned(), ask: Ask::Fence })
        && let Some(view) = model.runs.get(run)
    {
        asks::offer_moved(form, &view.state);
    }
}

/// A box closes by itself once its question is over, whatever answered it.
pub(super) fn close_answered(model: &mut Model, run: &str) {
    let Some(Overlay::Form(form)) = &model.overlay else { return };
    let Purpose::Run { run: of, ask } = &form.purpose else { return };
    let Some(view) = model.runs.get(run).filter(|_| of == run && is_asked_by_the_run(*ask)) else { return };
    let need = need(&view.state);
    // What comes before every question answers none.
    let waits = matches!(need, Some(Need::Journal | Need::Unpause)) && *ask != Ask::Journal;
    if waits || need.and_then(asked) == Some(*ask) {
        return;
    }
    let said = view.state.owners_answer().filter(|_| *ask == Ask::OwnersWord);
    let said = said.map(|said| format!("already answered: {said}"));
    model.notice = Some(said.unwrap_or_else(|| "the run does not wait for this answer any more".to_owned()));
    model.overlay = None;
}

/// Whether a question is there only while the run waits for it; others are begun by a key of their own.
const fn is_asked_by_the_run(ask: Ask) -> bool {
    match ask {
        Ask::OtherPoint
        | Ask::Journal
        | Ask::ClockSkew
        | Ask::Declare
        | Ask::RetryAbsent
        | Ask::OwnersWord
        | Ask::CutOver => true,
        Ask::ConfirmPoint
        | Ask::Skip
        | Ask::Note
        | Ask::NewAttempt
        | Ask::Fence
        | Ask::CleanUp
        | Ask::Abort => false,
    }
}

/// Takes the answer of a run's question.
///
/// # Errors
/// Why it is not taken, for the form.
pub(super) fn submit(model: &mut Model, form: &Form, run: &str, ask: Ask) -> Result<Vec<Effect>, String> {
    let view = model.runs.get(run).ok_or("the run is gone")?;
    let (state, here) = (view.state.clone(), view.driven_here);
    if ask == Ask::ConfirmPoint && need(&state) != Some(Need::ConfirmPoint) {
        return Err("the run waits for no point any more; esc leaves".to_owned());
    }
    let command = command(model, form, ask)?;
    let taken = takes(model, &state, here, ask);
    Ok(send(model, &state, taken, command))
}

/// Whether the run takes the answer to a question from here: driven here, or taken up for its clean-up once
/// it is over, or where the answer is only written and nobody drives it.
fn takes(model: &Model, state: &RunState, here: bool, ask: Ask) -> bool {
    here || match ask {
        Ask::CleanUp => state.is_over(),
        Ask::Abort | Ask::Note => runs::standing_of(model, state) == Standing::Nobody,
        _ => false,
    }
}

fn command(model: &Model, form: &Form, ask: Ask) -> Result<Command, String> {
    // Each field was found to be what it has to be: see `answers`.
    let written = |index| form.value(index).to_owned();
    Ok(match ask {
        Ask::ConfirmPoint => Command::Confirm {
            typed: written(0),
            simulated_loss: None,
            newest_there: model.subject().and_then(|service| newest_there(model, &service.id)),
        },
        Ask::OtherPoint => Command::ChoosePoint(answers::target(form.value(0))?),
        Ask::Journal => Command::MoveJournal {
            to: match written(0).as_str() {
                WITHOUT_JOURNAL => JournalPlace::WithoutJournal { file: None },
                path => JournalPlace::OtherFolder { path: path.to_owned() },
            },
        },
        Ask::ClockSkew => Command::AcceptSkew { reason: written(0) },
        Ask::Declare => Command::Declare(Declaration {
            by: written(0),
            scenario: Some(written(1)),
            criteria: criteria::read(model, form.value(2))?,
            down_since: instants::if_any(form.value(3), model.now)?,
            detected: instants::if_any(form.value(5), model.now)?,
            loss_instant: instants::if_any(form.value(4), model.now)?,
        }),
        Ask::RetryAbsent => Command::RetryAbsent,
        Ask::Skip => Command::Skip { reason: written(0) },
        Ask::Note => Command::Note { text: written(0) },
        Ask::NewAttempt => Command::NewAttempt {
            reason: written(0),
            target: match form.value(1) {
                "" => None,
                text => Some(answers::target(text)?),
            },
        },
        Ask::Fence => match (form.value(0), form.value(1), instants::if_any(form.value(2), model.now)?) {
            ("", "", None) => return Err("say how it is fenced, or why to go on without".to_owned()),
            (how, "", None) => Command::Fence { how: how.to_owned() },
            ("", reason, None) => Command::OverrideFence { reason: reason.to_owned() },
            ("", "", Some(since)) => Command::NameMoved { since },
            _ => return Err("one of them, not more".to_owned()),
        },
        Ask::OwnersWord => match (answers::yes(form.value(1))?, written(2)) {
            (false, said) if said.is_empty() => return Err("a no needs what they said".to_owned()),
            (accepted, text) => Command::OwnersWord { by: written(0), accepted, text },
        },
        Ask::CutOver => Command::CutOverDone { text: written(0) },
        Ask::CleanUp => Command::CleanUp { typed: written(0) },
        Ask::Abort => Command::Abort { reason: written(0), typed: written(1) },
    })
}

/// The newest instant that the copy there holds by now.
fn newest_there(model: &Model, service: &str) -> Option<Timestamp> {
    model.board.assessment(service)?.secondary.as_ref()?.newest
}
