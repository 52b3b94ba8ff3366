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
