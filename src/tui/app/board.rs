//! The list of services: what is known of each, which are shown, in what order, which is selected.

use std::borrow::Borrow;
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr;

use crate::domain::order::{Counts, worst_first};
use crate::domain::{Assessment, Fleet, Service, ServiceId};

/// How the list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Worst first (S16).
    Worst,
    /// By name.
    Name,
    /// Largest loss first, unknown before all.
    Loss,
    /// Most critical tier first.
    Tier,
}

impl Sort {
    /// How the list reads from its top.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Worst => "worst first",
            Self::Name => "by name",
            Self::Loss => "largest loss first",
            Self::Tier => "by tier",
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::Worst => Self::Name,
            Self::Name => Self::Loss,
            Self::Loss => Self::Tier,
            Self::Tier => Self::Worst,
        }
    }
}

/// What is known of a service, found by its name. Apart from the nodes of the set, half of whose places are
/// empty.
#[derive(Debug, Clone)]
struct Known(Box<Assessment>);

impl Borrow<str> for Known {
    fn borrow(&self) -> &str {
        &self.0.service
    }
}

impl Ord for Known {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.service.cmp(&other.0.service)
    }
}

impl PartialOrd for Known {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Known {}

/// The list.
#[derive(Debug, Clone)]
pub struct Board {
    assessments: BTreeSet<Known>,
    shown: Vec<ServiceId>,
    /// How it is ordered.
    pub sort: Sort,
    /// What the shown services hold in their name, region, engine or state; empty = all.
    pub filter: String,
    /// Only services of this primary region.
    pub region: Option<String>,
    /// The row of the selected service.
    at: Option<usize>,
    /// Whether a person chose the selected service; until then the first row is selected.
    held: bool,
    offset: usize,
    counts: Counts,
    longest_name: u16,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            assessments: BTreeSet::new(),
            shown: Vec::new(),
            sort: Sort::Worst,
            filter: String::new(),
            region: None,
            at: None,
            held: false,
            offset: 0,
            counts: Counts::default(),
            longest_name: 0,
        }
    }
}

impl Board {
    /// Takes in what is known of a service now. Says whether that may change counts or order, which
    /// then follow with [`Board::arrange`].
    pub fn know(&mut self, new: Assessment) -> bool {
        let rule = |known: &Assessment| known.findings.first().map(|finding| finding.rule);
        let moved = self.assessment(&new.service).is_none_or(|old| {
            old.verdict != new.verdict
                || old.compliance != new.compliance
                || rule(old) != rule(&new)
                || (self.sort == Sort::Loss && old.loss.amount != new.loss.amount)
        });
        self.assessments.replace(Known(new.into()));
        moved
    }

    /// What is known of a service.
    pub fn assessment(&self, id: &str) -> Option<&Assessment> {
        self.assessments.get(id).map(|known| &*known.0)
    }

    /// Every assessment, by name.
    pub fn all(&self) -> impl Iterator<Item = &Assessment> {
        self.assessments.iter().map(|known| &*known.0)
    }

    /// How many services are in what state, whatever the filter.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The cells that the longest name of the list takes.
    pub const fn longest_name(&self) -> u16 {
        self.longest_name
    }

    /// How many services are shown.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether none is shown.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The selected service.
    pub fn selected(&self) -> Option<&ServiceId> {
        self.shown.get(self.at?)
    }

    /// The first shown row.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The services of one page: only these are drawn.
    pub fn visible(&self, page: usize) -> &[ServiceId] {
        let end = self.offset.saturating_add(page).min(self.shown.len());
        self.shown.get(self.offset.min(end)..end).unwrap_or_default()
    }

    /// Filters, orders and counts anew, keeping the selected service selected.
    pub fn arrange(&mut self, fleet: &Fleet, page: usize) {
        self.assessments.retain(|known| fleet.services.contains_key(&known.0.service));
        self.counts =
            Counts::of(self.all().filter_map(|known| Some((fleet.services.get(&known.service)?, known))));
        let wanted = self.filter.to_lowercase();
        let mut rows: Vec<(&Service, &Assessment)> = self
            .assessments
            .iter()
            .map(|known| &*known.0)
            .filter_map(|assessment| Some((fleet.services.get(&assessment.service)?, assessment)))
            .filter(|(service, assessment)| self.passes(service, assessment, &wanted))
            .collect();
        match self.sort {
            Sort::Worst => rows.sort_by(|one, other| worst_first(*one, *other)),
            Sort::Name => {}
            Sort::Loss => {
                rows.sort_by_key(|(_, assessment)| {
                    (
                        assessment.is_exempt(),
                        assessment.loss.amount.is_some(),
                        Reverse(assessment.loss.amount),
                    )
                });
            }
            Sort::Tier => {
                let tier = |row: &(&Service, &Assessment)| row.0.policy.tier.unwrap_or(u8::MAX);
                rows.sort_by(|one, other| {
                    tier(one).cmp(&tier(other)).then_with(|| worst_first(*one, *other))
                });
            }
        }
        let widths = rows.iter().map(|(service, _)| service.id.width());
        self.longest_name = u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX);
        let selected = self.selected().filter(|_| self.held);
        let row = selected.and_then(|id| rows.iter().position(|(service, _)| service.id == *id));
        self.shown = rows.into_iter().map(|(service, _)| service.id.clone()).collect();
        if !self.held {
            self.offset = 0;
        }
        self.at = row.or_else(|| Some(self.offset.min(self.shown.len().checked_sub(1)?)));
        self.reveal(page);
    }

    fn passes(&self, service: &Service, assessment: &Assessment, wanted: &str) -> bool {
        let region = service.primary_region();
        let in_region = self.region.as_ref().is_none_or(|wanted| region == Some(wanted.as_str()));
        in_region
            && (wanted.is_empty() || {
                let secondary = service.secondary.as_ref().and_then(|copy| copy.region.as_deref());
                let engine = service.facts.as_ref().map(|facts| facts.engine.as_str());
                let words = [
                    Some(service.id.as_str()),
                    region,
                    secondary,
                    engine,
                    Some(super::state::word(service, assessment).1),
                ];
                words.into_iter().flatten().any(|word| matches(&word.to_lowercase(), wanted))
            })
    }

    /// Takes the next way to sort.
    pub fn next_sort(&mut self) {
        self.sort = self.sort.next();
    }

    /// Whether a person chose the selected service.
    pub const fn is_held(&self) -> bool {
        self.held
    }

    /// Keeps the selected service selected from now on, wherever its row goes.
    pub const fn hold(&mut self) {
        self.held = true;
    }

    /// Selects a service, where it is shown.
    pub fn select(&mut self, id: &str, page: usize) {
        if let Some(row) = self.shown.iter().position(|shown| shown == id) {
            self.at = Some(row);
            self.held = true;
            self.reveal(page);
        }
    }

    /// Moves the selection by a number of rows, stopping at the ends.
    pub fn step(&mut self, by: isize, page: usize) {
        let last = self.shown.len().checked_sub(1);
        self.at = last.map(|last| self.at.unwrap_or(0).saturating_add_signed(by).min(last));
        self.reveal(page);
    }

    /// Scrolls so that the selected row is on the page and no page is emptier than it must be.
    pub fn reveal(&mut self, page: usize) {
        let at = self.at.unwrap_or(0);
        let page = page.max(1);
        self.offset = self.offset.clamp(at.saturating_sub(page - 1), at);
        self.offset = self.offset.min(self.shown.len().saturating_sub(page));
    }
}

/// Whether all letters of `wanted` stand in a word in their order, the first of them at the start of
/// a part of it: `ord` and `odb` find `orders-db`, `rdb` does not.
fn matches(word: &str, wanted: &str) -> bool {
    if word.contains(wanted) {
        return true;
    }
    let Some(first) = wanted.chars().next() else { return true };
    let starts = |at: usize| !word.get(..at).is_some_and(|before| before.ends_with(char::is_alphanumeric));
    word.match_indices(first).filter(|(at, _)| starts(*at)).any(|(at, _)| {
        let mut rest = word.get(at..).unwrap_or_default().chars();
        wanted.chars().all(|letter| rest.any(|other| other == letter))
    })
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn letters_in_their_order_find_a_name() {
        for (wanted, found) in [
            ("", true),
            ("ders", true),
            ("odb", true),
            ("ordb", true),
            ("db", true),
            ("rdb", false),
            ("dbo", false),
        ] {
            assert_eq!(matches("orders-db", wanted), found, "{wanted}");
        }
    }
}
