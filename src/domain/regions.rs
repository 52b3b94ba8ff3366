//! The fleet by region: what falls with each, and what its probes say of it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::assessment::{Assessment, LossIs};
use super::order::Judged;
use super::{Service, Timestamp};

/// One region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// Services whose primary copy lies in it.
    pub services: usize,
    /// Of those, exempt by design.
    pub exempt: usize,
    /// Of those, which their clients left for a fork: nobody loses by them what they hold.
    pub left: usize,
    /// Of those, with nothing to be restored elsewhere, or not known whether.
    pub not_elsewhere: usize,
    /// Of those, whose copy lies where everything is silent.
    pub at_risk: usize,
    /// When the oldest of the copies elsewhere was read, of those that ever were.
    pub read_at: Option<Timestamp>,
    /// Of those, which lose everything: nothing is there, or it lies in this region too.
    pub lose_all: usize,
    /// The worst loss among those with a known amount, and what that says.
    pub worst_loss: Option<(Duration, LossIs)>,
    /// Of those, whose loss is not known.
    pub loss_unknown: usize,
    /// The longest restore among them.
    pub longest_restore: Option<(Duration, LossIs)>,
    /// Services elsewhere whose secondary copy lies in it.
    pub copies: usize,
    /// Primaries in it that are switched off: none of those that could answer.
    pub off: usize,
    /// Primaries in it that answer.
    pub answer: usize,
    /// Primaries in it that are silent.
    pub silent: usize,
    /// The oldest of the looks that say so.
    pub asked_at: Option<Timestamp>,
}

/// What the probes of its primaries say of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// None of them was asked just now.
    NotKnown,
    /// All that were asked answer.
    Answers,
    /// Some do and some do not.
    Mixed,
    /// None that was asked answers, but they are too few to stand for the region: a few dead hosts are no
    /// dead region.
    FewSilent,
    /// None that was asked answers, and they are more than half of all its primaries that are on.
    Silent,
}

/// Every region that holds a copy: silent ones first, then the largest.
pub fn regions<'a>(judged: impl IntoIterator<Item = Judged<'a>>, now: Timestamp) -> Vec<Region> {
    let mut regions: BTreeMap<&str, Region> = BTreeMap::new();
    for (service, known) in judged {
        let from = service.primary_region().unwrap_or("region not known");
        let region = regions.entry(from).or_default();
        region.services += 1;
        if known.is_exempt() {
            region.exempt += 1;
        } else if service.clients_moved.is_some() {
            region.left += 1;
        } else if service.is_in_one_region() {
            region.not_elsewhere += 1;
            region.lose_all += 1;
        } else {
            region.add(known);
            region.at_risk += usize::from(service.silent_there.is_some());
        }
        region.ask(service, now);
        let to = service.secondary.as_ref().and_then(|copy| copy.region.as_deref());
        if let Some(to) = to.filter(|to| *to != from) {
            regions.entry(to).or_default().copies += 1;
        }
    }
    let mut regions: Vec<Region> =
        regions.into_iter().map(|(name, region)| Region { name: name.to_owned(), ..region }).collect();
    regions.sort_by_key(|region| (region.health() != Health::Silent, std::cmp::Reverse(region.services)));
    regions
}

impl Region {
    /// A service of it that can be restored elsewhere, as far as is known.
    fn add(&mut self, known: &Assessment) {
        let newest = known.secondary.as_ref().and_then(|copy| copy.newest);
        self.not_elsewhere += usize::from(newest.is_none());
        self.read_at = earlier(self.read_at, known.secondary.as_ref().and_then(|copy| copy.as_of));
        match known.loss.amount {
            Some(amount) if self.worst_loss.is_none_or(|(worst, _)| amount > worst) => {
                self.worst_loss = Some((amount, known.loss.is));
            }
            Some(_) => {}
            None if known.has_nothing_there() => self.lose_all += 1,
            None => self.loss_unknown += 1,
        }
        if let Some(takes) = &known.restore {
            let (longest, is) = self.longest_restore.unwrap_or((Duration::ZERO, LossIs::Exact));
            // One that is guessed takes longer than its copying.
            let is = if takes.is_guess() { LossIs::AtLeast } else { is };
            let takes = if takes.is_guess() { takes.at_least() } else { takes.longest };
            self.longest_restore = Some((longest.max(takes), is));
        }
    }

    /// What is known of the primaries of a region: whether they answer, and no more.
    pub(super) fn probed_by<'a>(primaries: impl Iterator<Item = &'a Service>, now: Timestamp) -> Self {
        let mut region = Self::default();
        for service in primaries {
            region.services += 1;
            region.ask(service, now);
        }
        region
    }

    /// Whether a primary of it answers.
    fn ask(&mut self, service: &Service, now: Timestamp) {
        if service.is_off() {
            self.off += 1;
            return;
        }
        let Some((at, look)) = look(service, now) else { return };
        self.take(look, |count| *count += 1);
        self.asked_at = earlier(self.asked_at, Some(at).filter(|_| look != Look::Nothing));
    }

    /// Counts a look at a primary of it in, or out.
    pub(super) fn take(&mut self, look: Look, by: impl Fn(&mut usize)) {
        match look {
            Look::Answers => by(&mut self.answer),
            Look::Silent => by(&mut self.silent),
            Look::Nothing => {}
        }
    }

    /// Primaries in it of which it is known whether they answer.
    pub const fn probed(&self) -> usize {
        self.answer + self.silent
    }

    /// Primaries in it that could answer.
    pub const fn on(&self) -> usize {
        self.services.saturating_sub(self.off)
    }

    /// What its probes say.
    pub const fn health(&self) -> Health {
        match (self.answer, self.silent) {
            (0, 0) => Health::NotKnown,
            (_, 0) => Health::Answers,
            (0, silent) if silent * 2 > self.on() => Health::Silent,
            (0, _) => Health::FewSilent,
            _ => Health::Mixed,
        }
    }
}

/// What the last look at a primary says of it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// It answers.
    Answers,
    /// It does not.
    Silent,
    /// Nothing: it is too old, or what answered may be the fork that clients use, elsewhere.
    Nothing,
}

/// The last look at the primary of a service, and when that was; `None` where there was none, or it is switched off.
pub(super) fn look(service: &Service, now: Timestamp) -> Option<(Timestamp, Look)> {
    let alive = service.alive();
    let at = alive.seen_at().filter(|_| !service.is_off())?;
    let look = if service.either_answers().is_some() {
        Look::Nothing
    } else if alive.answers(now) {
        Look::Answers
    } else if alive.is_silent(now) {
        Look::Silent
    } else {
        Look::Nothing
    };
    Some((at, look))
}

/// The earlier one of those that are known.
fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{minutes, now, orders, switch_off};
    use super::super::{Liveness, assess};
    use super::*;

    fn of(services: &[Service]) -> Vec<Region> {
        let known: Vec<Assessment> =
            services.iter().map(|service| assess(service, now(), &minutes(1).into())).collect();
        regions(services.iter().zip(&known), now())
    }

    fn lies_in(service: &mut Service, here: &str, there: &str) {
        service.primary.as_mut().unwrap().region = Some(here.to_owned());
        service.secondary.as_mut().unwrap().region = Some(there.to_owned());
    }

    #[test]
    fn r17_a_copy_in_the_same_region_is_not_elsewhere() {
        let (mut apart, mut together) = (orders(), orders());
        lies_in(&mut apart, "dc-west", "dc-east");
        lies_in(&mut together, "dc-west", "dc-west");
        let regions = of(&[apart.clone(), together]);
        let west = regions.iter().find(|region| region.name == "dc-west").unwrap();
        assert_eq!((west.services, west.not_elsewhere, west.lose_all, west.copies), (2, 1, 1, 0));
        assert_eq!(west.worst_loss.map(|(loss, _)| loss.as_secs()), Some(252), "that of the other");
        assert_eq!(of(&[apart])[0].not_elsewhere, 0);
    }

    #[test]
    fn r17_a_region_tells_how_old_its_losses_are_and_whose_copies_may_fall_too() {
        let (mut first, mut second, never) = (orders(), orders(), orders());
        second.silent_there = Some(3);
        let an_hour_ago = now() - chrono::TimeDelta::hours(1);
        first.secondary.as_mut().unwrap().last_good.as_mut().unwrap().as_of = an_hour_ago;
        let never = Service { secondary: None, ..never };
        let west = of(&[first, second, never]).into_iter().find(|region| region.services > 0).unwrap();
        assert_eq!((west.services, west.at_risk, west.read_at), (3, 1, Some(an_hour_ago)));
    }

    #[test]
    fn s22_what_its_clients_left_is_lost_with_no_region() {
        let moved = crate::domain::ClientsMoved {
            fork: "orders-fork".to_owned(),
            at: now() - chrono::TimeDelta::days(1),
            ..crate::domain::ClientsMoved::default()
        };
        let moved = Service { clients_moved: Some(Box::new(moved)), ..orders() };
        let together = Service { secondary: moved.primary.clone(), ..moved.clone() };
        let long_ago =
            Service { liveness: Liveness::silent(now() - chrono::TimeDelta::minutes(90), None), ..moved };
        let west =
            of(&[orders(), long_ago, together]).into_iter().find(|region| region.services > 0).unwrap();
        assert_eq!((west.services, west.left, west.lose_all, west.loss_unknown), (3, 2, 0, 0));
        assert_eq!(west.worst_loss.map(|(loss, _)| loss.as_secs()), Some(252), "that of the one in use");
    }

    #[test]
    fn s10_a_region_is_silent_when_most_of_it_was_asked_and_none_answers() {
        let silent = Liveness::silent(now(), None);
        let answers = Liveness::Answers { at: now() };
        let long_ago = now() - chrono::TimeDelta::hours(1);
        let (old, stale) = (Liveness::Answers { at: long_ago }, Liveness::silent(long_ago, None));
        let table: [(&[(Liveness, usize)], Health); 9] = [
            (&[(silent, 1)], Health::Silent),
            (&[(silent, 1), (Liveness::NotProbed, 49)], Health::FewSilent),
            (&[(silent, 25), (Liveness::NotProbed, 25)], Health::FewSilent),
            (&[(silent, 26), (old, 24)], Health::Silent),
            (&[(silent, 49), (answers, 1)], Health::Mixed),
            (&[(answers, 1), (Liveness::NotProbed, 49)], Health::Answers),
            (&[(stale, 2)], Health::Silent),
            (&[(old, 2)], Health::NotKnown),
            (&[(Liveness::NotProbed, 2)], Health::NotKnown),
        ];
        for (primaries, health) in table {
            let of_each = primaries.iter().flat_map(|(liveness, count)| vec![*liveness; *count]);
            let services = of_each.enumerate().map(|(at, liveness)| Service {
                id: format!("service-{at}"),
                liveness,
                ..orders()
            });
            let regions = of(&services.collect::<Vec<_>>());
            let west = regions.iter().find(|region| region.services > 0).unwrap();
            assert_eq!(west.health(), health, "{primaries:?}");
        }
    }

    #[test]
    fn s10_what_is_off_in_a_region_speaks_neither_for_it_nor_against_it() {
        let silent = Liveness::silent(now(), None);
        let of_each = |id: usize, liveness| Service { id: format!("service-{id}"), liveness, ..orders() };
        let mut services =
            [silent, silent, silent, Liveness::Answers { at: now() - chrono::TimeDelta::hours(10) }];
        services.rotate_left(2);
        let mut services: Vec<Service> =
            (0..).zip(services).map(|(id, liveness)| of_each(id, liveness)).collect();
        for service in &mut services[..2] {
            switch_off(service, now());
        }
        let west = of(&services).into_iter().find(|region| region.services > 0).unwrap();
        assert_eq!((west.services, west.off, west.silent, west.answer), (4, 2, 2, 0));
        assert_eq!((west.health(), west.asked_at), (Health::Silent, Some(now())));
    }
}
