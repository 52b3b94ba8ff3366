//! The questions of a run: the fields of each, what is read before answering, what the answer is about.

use super::begin;
use super::criteria;
use super::form::{Ask, Form, Needs, Purpose};
use super::model::Model;
use super::texts;
use crate::domain::{Target, instant::rfc3339, words};
use crate::runbook::{
    Attempt, ForkStanding, RunState, Sight, not_known, now_line, outage, something_answers, unprobed,
};

/// A reason that is kept.
pub(super) const REASON: Needs = Needs::Words("write the reason");

/// The form of a question.
pub(super) fn form(model: &Model, state: &RunState, ask: Ask) -> Form {
    let service = state.opening.member.service.as_str();
    let step = step_title(state);
    let named = || Needs::Name(service.to_owned());
    let new = |title: String| {
        let mut form = Form::new(Purpose::Run { run: state.id().to_owned(), ask }, title);
        form.about = about(state, ask);
        form
    };
    match ask {
        Ask::ConfirmPoint => {
            new(format!("{} {service}: confirm the point", state.kind().as_str().to_uppercase()))
                .field("type its name", format!("{service}, to make the fork"), "")
                .needs(named())
        }
        Ask::OtherPoint => new("another point".to_owned())
            .field("restore to", "newest, oldest, an instant with Z, or a backup's name", "")
            .needs(Needs::Target),
        Ask::Journal => new(format!("{service}: where to go on with the journal"))
            .field("journal", "another folder (/path), or type WITHOUT JOURNAL", "")
            .needs(Needs::Words("write a folder, or WITHOUT JOURNAL")),
        Ask::ClockSkew => new(format!("{service}: a clock is off"))
            .field("because", "why it goes on all the same, kept in the journal", "")
            .needs(REASON),
        Ask::Declare => {
            let (down, lost) = if state.is_drill() {
                ("an instant with Z; empty = not known".to_owned(), "only if known".to_owned())
            } else {
                begin::unsaid(state.left_for(), outage(state).as_ref(), model.now)
            };
            let happened = "what happened, or what is exercised";
            begin::declaration_fields(new(format!("declare: {service}")), model, happened, (down, lost))
        }
        Ask::RetryAbsent => new(format!("ask for {} again", state.attempt.name))
            .field("type its name", format!("{service}, to ask once more"), "")
            .needs(named()),
        Ask::Skip => {
            new(format!("skip {step}")).field("because", "the reason, kept in the journal", "").needs(REASON)
        }
        Ask::Note => new("note".to_owned())
            .field("note", "kept in the journal", "")
            .needs(Needs::Words("write something")),
        Ask::NewAttempt => new(format!("attempt {}", state.attempt.number + 1))
            .field("because", "the reason, kept in the journal", "")
            .needs(REASON)
            .field(
                "restore to",
                same_again(state),
                state.attempt.proposed().map_or_else(String::new, rfc3339),
            )
            .needs(Needs::TargetOrNothing),
        Ask::Fence => {
            let mut form = new(format!("fence {}", state.to_fence()))
                .field("fenced by", "how it can no longer write; a moved name is no fence", "")
                .field("override", "why to go on without, in writing", "");
            offer_moved(&mut form, state);
            form
        }
        Ask::OwnersWord => new("the owner's word".to_owned())
            .field("owner", "who speaks", state.opening.member.owner.clone().unwrap_or_default())
            .needs(Needs::Words("say who speaks"))
            .field("good to use", "yes or no", "")
            .needs(Needs::YesOrNo)
            .field("words", "what they said; needed for a no", ""),
        Ask::CutOver => new("cut over is done".to_owned())
            .field("done", "what was switched: DNS, secrets, pools", "")
            .needs(Needs::Words("say what was switched")),
        Ask::CleanUp => new("clean up".to_owned())
            .field("type its name", format!("{service}, to remove them"), "")
            .needs(named()),
        Ask::Abort => new(format!("abort {}", state.id()))
            .field("because", "the reason, kept in the journal", "")
            .needs(REASON)
            .field("type its name", format!("{service}, to end the run"), "")
            .needs(named()),
    }
}

/// Asks since when the address leads to the fork, once what answers there may be that. The field stays: something may
/// stand in it by then.
pub(super) fn offer_moved(form: &mut Form, state: &RunState) {
    const LABEL: &str = "address moved";
    let is_asked = form.fields.iter().any(|field| field.label == LABEL);
    if !is_asked && state.fence.may_be_alive() && state.has_fork_to_lead_to() {
        form.add(LABEL, "since when it leads to the fork, with Z", "");
    }
}

/// What is read before answering, as of now.
pub(super) fn facts(model: &Model, state: &RunState, ask: Ask) -> Vec<String> {
    let line = |text: &str| vec![text.to_owned()];
    match ask {
        Ask::ConfirmPoint => texts::point(model, state),
        Ask::OtherPoint => texts::refusal(state),
        Ask::Journal | Ask::ClockSkew => vec![now_line(state, model.now)],
        Ask::Declare => criteria::lines(model),
        Ask::RetryAbsent => vec![
            "It was asked for, no answer was seen, and three looks over 30 s did not find it.".to_owned(),
            "Asking again makes it, or a second one if the first still comes late under this name."
                .to_owned(),
        ],
        Ask::Skip => line("The result of the run will say so on its first page."),
        Ask::Note => Vec::new(),
        Ask::NewAttempt => vec![left_behind(&state.attempt)],
        Ask::Fence => {
            let it = state.left_for().map_or_else(|| "It".to_owned(), |_| state.probed());
            let seen = match state.fence.sight() {
                Sight::Answers { at } => format!("{it} ANSWERS, {} ago.", words::age_of(at, model.now)),
                Sight::Something { since, at } => something_answers(state, (since, at), model.now),
                Sight::Silent { since, .. } => format!("{it} is silent since {}.", words::instant(since)),
                Sight::NotKnown { last, why } => format!("{it} {}.", not_known(state, last, why, model.now)),
                Sight::NotProbed => format!("{it} is {}.", unprobed(state, model.now)),
            };
            let seen = state.unprobed_fork().map_or_else(|| seen.clone(), |fork| format!("{fork}; {seen}"));
            let (fenced, overridden) = (state.fence.fenced.as_ref(), state.fence.overridden.as_ref());
            let fenced = fenced
                .map(|said| format!("Said to be fenced at {}: {}.", words::instant(said.at), said.text()));
            let overridden =
                overridden.map(|(at, why)| format!("OVERRIDDEN at {}: {why}.", words::instant(*at)));
            let lose = "Two primaries that both take writes lose data. Fill in one of the fields.".to_owned();
            fenced.into_iter().chain(overridden).chain([seen, lose]).collect()
        }
        Ask::OwnersWord => texts::checks(state),
        Ask::CutOver => {
            let fenced = state.fence.by_word_alone().map(|said| format!("Fenced: {}.", said.text()));
            let use_it =
                format!("Clients of {} use {} now.", state.opening.member.service, state.attempt.name);
            let to_protect = state.to_protect().map(|warning| format!("WARN: {warning}"));
            std::iter::once(use_it).chain(fenced).chain(to_protect).collect()
        }
        Ask::CleanUp => {
            let each = state.removable().map(|attempt| format!("  {}", texts::fork(state, attempt)));
            std::iter::once("These are removed, and a listing must prove it:".to_owned())
                .chain(each)
                .collect()
        }
        Ask::Abort => {
            let kept = if held(state).next().is_some() {
                "The run ends and is not taken up again. Kept, and listed for clean-up:"
            } else {
                "The run ends and is not taken up again. There is no fork of it."
            };
            std::iter::once(kept.to_owned()).chain(held(state).map(|name| format!("  {name}"))).collect()
        }
    }
}

/// What an answer in writing is about, so that it holds for nothing else.
pub(super) fn about(state: &RunState, ask: Ask) -> String {
    let attempt = &state.attempt;
    match ask {
        Ask::ConfirmPoint => {
            let point = attempt.point.as_ref().map(|point| rfc3339(point.promised));
            format!("{} {}", attempt.name, point.unwrap_or_default())
        }
        Ask::RetryAbsent => attempt.name.clone(),
        Ask::Skip => step_title(state).to_owned(),
        Ask::NewAttempt => format!("{} {}", step_title(state), left_behind(attempt)),
        Ask::CleanUp => forks(state).collect::<Vec<_>>().join(" "),
        Ask::Abort => held(state).collect::<Vec<_>>().join(" "),
        Ask::OtherPoint
        | Ask::Journal
        | Ask::ClockSkew
        | Ask::Declare
        | Ask::Note
        | Ask::Fence
        | Ask::OwnersWord
        | Ask::CutOver => String::new(),
    }
}

fn step_title(state: &RunState) -> &'static str {
    state.current.map_or("the run", |step| step.title())
}

/// Forks of the run that exist, or may.
fn held(state: &RunState) -> impl Iterator<Item = &str> {
    state.attempts().filter(|attempt| attempt.may_exist()).map(|attempt| attempt.name.as_str())
}

/// Forks of the run that clean-up takes.
fn forks(state: &RunState) -> impl Iterator<Item = &str> {
    state.removable().map(|attempt| attempt.name.as_str())
}

/// What becomes of the fork of an attempt that another one follows.
fn left_behind(attempt: &Attempt) -> String {
    let name = &attempt.name;
    match &attempt.fork {
        ForkStanding::Foreign(_) => {
            format!("{name} is not ours and is left alone; this one takes another name.")
        }
        _ if attempt.may_exist() => format!("{name} is kept and listed for clean-up."),
        _ => format!("{name} was not made: nothing of it is to be cleaned up."),
    }
}

/// What a further attempt restores to where nothing is typed.
fn same_again(state: &RunState) -> &'static str {
    match state.attempt.target {
        _ if state.is_drill() => "empty = the same point",
        Target::Newest => "empty = the newest there by then",
        _ => "empty = the same, looked for anew",
    }
}
