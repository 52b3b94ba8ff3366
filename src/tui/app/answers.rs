//! What is wrong with the answers of a form: asked field by field, when each is left.

use super::criteria;
use super::form::{Form, Needs};
use super::instants;
use super::model::Model;
use crate::domain::Target;

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
        Needs::StatedInstant if !text.is_empty() => instants::stated(text, model.now).map(drop),
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
