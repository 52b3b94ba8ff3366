//! What the columns hold.

use super::Column;
use crate::domain::{Assessment, CopyFacts, LossBasis, Service, Timestamp, words};
use crate::tui::app::model::Model;
use crate::tui::app::state::{self, Tone};
use crate::tui::draw::widgets::tone;
use crate::tui::theme::Role;

/// What a column holds of a service; `says_lost` where there is room to say that a loss is fixed.
pub(super) fn cell(
    column: Column,
    model: &Model,
    service: &Service,
    known: &Assessment,
    says_lost: bool,
) -> (Role, String) {
    let exempt = known.is_exempt();
    match column {
        Column::Tier => {
            (Role::Muted, service.policy.tier.map_or_else(|| "-".to_owned(), |tier| tier.to_string()))
        }
        Column::Loss => (loss_role(known), loss(known, says_lost)),
        Column::Rpo | Column::Proven if exempt => (Role::Muted, String::new()),
        Column::Rpo => (Role::Muted, rpo(service)),
        Column::Ratio => (loss_role(known), words::ratio_of(known, service.policy.rpo).unwrap_or_default()),
        Column::Newest => newest(known, model.now),
        Column::Oldest => edge(known, |copy| words::oldest_of(copy, model.now)),
        Column::Restore => (Role::Text, restore(service, known)),
        Column::Engine => (Role::Muted, engine(service)),
        Column::Proven => proven(service, model.now),
        Column::State => {
            let (tone, word) = state::word(service, known);
            (tone::role(tone), word.to_owned())
        }
        // Drawn, not written.
        Column::Day => (Role::Muted, String::new()),
        Column::Why => {
            (Role::Muted, known.findings.first().map_or_else(String::new, |finding| finding.text.clone()))
        }
    }
}

/// A loss that is counted to the loss instant says so: it is not what the head of the column says, and it does
/// not grow (S5).
pub(super) fn loss(known: &Assessment, says_lost: bool) -> String {
    let is_fixed = matches!(known.loss.basis, LossBasis::LossInstant { .. }) && known.loss.amount.is_some();
    let lost = if is_fixed && says_lost { "lost " } else { "" };
    format!("{lost}{}", words::loss_minutes(known))
}

pub(in crate::tui::draw::screens) fn loss_role(known: &Assessment) -> Role {
    use crate::domain::Compliance::{
        Compliant, CriticallyExceeded, Exceeded, Exempt, SeverelyExceeded, Unknown,
    };
    match known.compliance {
        Compliant => Role::Text,
        Exempt => Role::Muted,
        Exceeded => Role::Warning,
        SeverelyExceeded | CriticallyExceeded => Role::Critical,
        Unknown if known.loss.amount.is_some() => Role::Text,
        Unknown if known.has_nothing_there() => Role::Critical,
        Unknown => tone::role(Tone::Unknown),
    }
}

pub(super) fn newest(known: &Assessment, now: Timestamp) -> (Role, String) {
    edge(known, |copy| words::newest_of(copy, now))
}

/// An instant of the copy there, with a question mark while the copy is unread.
fn edge(known: &Assessment, text: impl Fn(&CopyFacts) -> Option<String>) -> (Role, String) {
    match &known.secondary {
        None => (Role::Muted, "-".to_owned()),
        Some(_) if known.is_exempt() => (Role::Muted, "-".to_owned()),
        Some(copy) => match text(copy) {
            None if known.has_nothing_there() => (Role::Muted, "-".to_owned()),
            None => (Role::Unknown, words::UNKNOWN.to_owned()),
            Some(text) if copy.stale || !copy.attempt.outcome.has_facts() => {
                (Role::Unknown, format!("{text}?"))
            }
            Some(text) => (Role::Text, text),
        },
    }
}

pub(super) fn restore(service: &Service, known: &Assessment) -> String {
    let takes = words::restore_of(known);
    match service.policy.rto.filter(|_| !known.is_exempt()) {
        Some(rto) => format!("{takes:<6}/{}", words::objective(rto)),
        None => takes,
    }
}

pub(super) fn engine(service: &Service) -> String {
    service.facts.as_ref().map_or_else(String::new, |facts| match &facts.version {
        Some(version) => format!("{} {version}", facts.engine.as_str()),
        None => facts.engine.as_str().to_owned(),
    })
}

pub(super) fn rpo(service: &Service) -> String {
    service.policy.rpo.map_or_else(String::new, |rpo| format!("/{}", words::objective(rpo)))
}

pub(super) fn proven(service: &Service, now: Timestamp) -> (Role, String) {
    service
        .last_proven
        .map_or_else(|| (Role::Warning, "never".to_owned()), |at| (Role::Muted, words::age_of(at, now)))
}

#[cfg(test)]
mod tests {
    use crate::domain::sample::{now, orders};
    use crate::domain::{Fleet, Points};
    use crate::tui::app::{Effect, Model, Size};
    use crate::tui::tests::{model, text, type_keys};

    #[test]
    fn s3_a_copy_that_holds_nothing_has_no_edges_and_not_unknown_ones() {
        let mut service = orders();
        let reading = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
        (reading.points, reading.windows) = (Some(Points::default()), Some(Vec::new().into()));
        let size = Size { width: 80, height: 24 };
        let mut model = Model::new(model(true, size).setup, Fleet::new([service]), now(), size);
        let board = text(&mut model);
        let row = board.lines().find(|line| line.contains("NO BACKUP")).unwrap();
        assert!(!row.contains('?'), "{row}");
        let copied = type_keys(&mut model.clone(), "y");
        assert!(
            matches!(copied.as_slice(), [Effect::Copy(text)] if text.contains("there none; loss all")),
            "{copied:?}"
        );
        type_keys(&mut model, "\r");
        assert!(text(&mut model).contains("oldest none   newest none"), "{}", text(&mut model));
    }
}
