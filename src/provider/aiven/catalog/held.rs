//! What one poll brings is mostly what the one before brought, and what lies in one region mostly lies in
//! the other: it is held once, however often it is read.

use crate::domain::{Points, Role, ServiceFacts, ServicePart, Shared};

/// What was last read of one service, as its readings hold it.
#[derive(Debug, Default)]
pub(super) struct Held {
    facts: Option<Shared<ServiceFacts>>,
    points: Points,
}

impl Held {
    /// Takes in what is read now, and lets it share with what was read before all that is the same.
    pub(super) fn take(&mut self, part: &mut ServicePart) {
        match (&self.facts, &mut part.facts) {
            (Some(before), Some(now)) if before == now => *now = before.clone(),
            (_, now) => self.facts.clone_from(now),
        }
        for copy in &mut part.copies {
            let Some(reading) = &mut copy.reading else { continue };
            let Some(points) = reading.points.take() else { continue };
            let points = points.within(&self.points);
            if copy.role == Role::Primary {
                self.points = points.clone();
            }
            reading.points = Some(points);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{facts, orders};
    use crate::domain::{CopyPart, Outcome, Reading, Service};

    fn part(service: &Service) -> ServicePart {
        let copy = |role| {
            let state = service.copy(role).unwrap();
            let reading: Option<Reading> = state.last_good.as_deref().cloned();
            CopyPart {
                role,
                copy: state.copy.clone(),
                region: state.region.clone(),
                outcome: Outcome::Ok,
                error: None,
                reading: reading.map(Into::into),
            }
        };
        let copies = [Role::Primary, Role::Secondary].map(copy).into();
        ServicePart { remote: service.remote.clone(), facts: service.facts.clone(), copies, ours: None }
    }

    #[test]
    fn what_is_shared_is_what_was_read() {
        let mut service = Service { facts: Some(facts().into()), ..orders() };
        let mut held = Held::default();
        for _ in 0..3 {
            let (read, mut shared) = (part(&service), part(&service));
            held.take(&mut shared);
            assert_eq!(shared, read);
            let there = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
            there.points = there.points.take().map(|all| all.iter().skip(1).map(Into::into).collect());
            service.facts.as_mut().unwrap().plan = Some("another".to_owned());
        }
    }
}
