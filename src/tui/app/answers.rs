//! What is wrong with the answers of a form: asked field by field, when each is left.

use super::begin;
use super::criteria;
use super::form::{Ask, Form, Needs, Purpose};
use super::instants;
use super::model::Model;
use crate::domain::Target;
use crate::runbook::Declaration;

/// Whether a field may be left as it is.
///
/// # Errors
/// What is wrong with it, and what to write.
pub(super) fn check(model: &Model, form: &Form, index: usize) -> Result<(), String> {
    let Some(field) = form.fields.get(index) else { return Ok(()) };
    let text = form.value(index);
    match &field.needs {
        Needs::Words(why) if text.is_empty() => Err((*why).to_owned()),
        Needs::Name(name) if text != name => Err(format!("type {name}")),
        Needs::StatedInstant if !text.is_empty() => can_be(model, form, index),
        Needs::Target => target(text).map(drop),
        Needs::TargetOrNothing if !text.is_empty() => target(text).map(drop),
        Needs::Criteria => criteria::read(model, text).map(drop),
        Needs::YesOrNo => yes(text).map(drop),
        Needs::Anything
        | Needs::Words(_)
        | Needs::Name(_)
        | Needs::StatedInstant
        | Needs::TargetOrNothing => Ok(()),
    }
}

/// Whether the instants of a declaration that are typed up to a field can be true of what they are said of.
fn can_be(model: &Model, form: &Form, index: usize) -> Result<(), String> {
    let typed = |field: usize| match form.value(field) {
        text if field <= index => instants::if_any(text, model.now),
        _ => Ok(None),
    };
    let (down_since, loss_instant, detected) = (typed(3)?, typed(4)?, typed(5)?);
    let said = Declaration { down_since, detected, loss_instant, ..Declaration::default() };
    match &form.purpose {
        Purpose::Incident(wanted) => begin::check(model, &said, &wanted.service),
        Purpose::Run { run, ask: Ask::Declare } => model.runs.get(run).map_or(Ok(()), |view| {
            let state = &view.state;
            let checked = said.check(&state.fence.life, state.left_for(), model.now);
            checked.map_err(|refused| refused.to_string())
        }),
        _ => Ok(()),
    }
}

/// The first field that may not be left, and why.
pub(super) fn first_wrong(model: &Model, form: &Form) -> Option<(usize, String)> {
    (0..form.fields.len()).find_map(|index| Some((index, check(model, form, index).err()?)))
}

/// Reads what to restore to.
///
/// # Errors
/// What to write instead.
pub(super) fn target(text: &str) -> Result<Target, String> {
    crate::domain::target::parse(text).map_err(|error| error.to_string())
}

/// Reads yes or no.
///
/// # Errors
/// That it is neither.
pub(super) fn yes(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "yes" | "y" => Ok(true),
        "no" | "n" => Ok(false),
        _ => Err("write yes or no".to_owned()),
    }
}
