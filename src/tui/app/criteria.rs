//! The criteria of a declaration: what the config defines, and how a person names those that are met.

use super::model::Model;
use crate::runbook::criteria;

/// What the config defines, to be read before one is named.
pub(super) fn lines(model: &Model) -> Vec<String> {
    let defined = &model.setup.criteria;
    if defined.is_empty() {
        return vec!["criteria  this config defines none: leave them empty, or write what is met".to_owned()];
    }
    let labels = std::iter::once("criteria").chain(std::iter::repeat(""));
    labels.zip(defined).map(|(label, (id, text))| format!("{label:<9} {id}: {text}")).collect()
}

/// What to write, in a few words.
pub(super) fn hint(model: &Model) -> String {
    let ids: Vec<&str> = model.setup.criteria.keys().map(String::as_str).collect();
    if ids.is_empty() { "none; may be empty".to_owned() } else { format!("of {}", ids.join(",")) }
}

/// Reads ids with commas between them.
///
/// # Errors
/// What is not defined, and what is; or that one is needed.
pub(super) fn read(model: &Model, text: &str) -> Result<Vec<String>, String> {
    let met: Vec<String> =
        text.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    criteria::check(&met, &model.setup.criteria).map(|()| met)
}
