//! Texts put together from the model: what to copy, what arming needs.

use super::model::Model;
use super::state;
use crate::domain::words;

/// The selected service in two lines, for a chat or a ticket.
pub(super) fn summary(model: &Model) -> Option<String> {
    let service = model.selected()?;
    let known = model.board.assessment(&service.id)?;
    let (_, word) = state::word(service, known);
    let there = known.secondary.as_ref();
    let newest = there.and_then(|copy| copy.newest).map_or_else(|| words::UNKNOWN.to_owned(), words::instant);
    let rpo = service
        .policy
        .rpo
        .map_or_else(|| "no RPO".to_owned(), |rpo| format!("RPO {}", words::objective(rpo)));
    let finding = known.findings.first().map_or("", |finding| finding.text.as_str());
    let text = format!(
        "{}: {word}; newest restorable there {newest}; loss {} ({rpo}); as of {}. {finding}",
        service.id,
        words::loss_seconds(&known.loss),
        words::instant(model.now),
    );
    Some(text.trim_end().to_owned())
}

/// What each source needs before this host may act on it, and the next command (S18).
pub(super) fn arming(model: &Model) -> Vec<String> {
    if model.setup.arming.is_empty() {
        return vec!["no source of this config can act".to_owned()];
    }
    let mut lines = Vec::new();
    for (source, state) in &model.setup.arming {
        match state {
            Ok(()) => lines.push(format!("armed for {source}")),
            Err(refusal) => lines.extend(refusal.iter().cloned()),
        }
    }
    lines
}
