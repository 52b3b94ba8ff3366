//! Copies that lie where everything is silent: what may fall together is no way out of it (R17).

use super::{Fleet, Tally};
use crate::domain::ServiceId;

impl Fleet {
    /// Tells each service how many primaries are silent in the region that its copy lies in, where none that was
    /// asked answers. Gives those for which that is news. Looks at all of them only where other regions are silent
    /// than before.
    pub fn tell_silent_regions(&mut self, tally: &mut Tally) -> Vec<ServiceId> {
        if !tally.take_news() {
            return Vec::new();
        }
        let mut news = Vec::new();
        for (id, service) in &mut self.services {
            let silent = tally.silent_there(service);
            if service.silent_there != silent {
                service.silent_there = silent;
                news.push(id.clone());
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::domain::sample::{STALE, now, orders};
    use crate::domain::{Liveness, Policy, Rule, Service, Verdict, assess};

    #[test]
    fn r17_a_copy_in_a_region_that_is_silent_is_no_way_out_of_it() {
        let service = |id: &str, here: &str, there: &str, liveness| {
            let mut service = Service { id: id.to_owned(), liveness, ..orders() };
            service.primary.as_mut().unwrap().region = Some(here.to_owned());
            service.secondary.as_mut().unwrap().region = Some(there.to_owned());
            service
        };
        let (silent, answers) = (Liveness::silent(now(), None), Liveness::Answers { at: now() });
        let mut fleet = Fleet::new([
            service("a", "west", "east", silent),
            service("b", "west", "east", silent),
            service("c", "east", "west", answers),
        ]);
        let mut tally = Tally::of(&fleet.services, now());
        assert_eq!(fleet.tell_silent_regions(&mut tally), ["c"]);
        assert!(fleet.tell_silent_regions(&mut tally).is_empty(), "told once");
        let found = |fleet: &Fleet, id: &str| {
            let known = assess(&fleet.services[id], now(), &STALE);
            let text = known.findings.iter().find(|finding| finding.rule == Rule::CopyRegionSilent);
            (known.verdict, text.map(|finding| finding.text.clone()))
        };
        let (verdict, text) = found(&fleet, "c");
        let text = text.unwrap();
        assert!(
            verdict == Verdict::Warning && text.contains("lies in west") && text.contains("2 primaries"),
            "{text}"
        );
        assert_eq!(found(&fleet, "a").1, None);
        // Whatever is not copied there now: that comes before how far it trails, and is why.
        let far = Service {
            policy: Policy { rpo: Some(Duration::from_secs(200)), ..Policy::default() },
            ..fleet.services["c"].clone()
        };
        let known = assess(&far, now(), &STALE);
        let first: Vec<_> = known.findings.iter().take(2).map(|finding| finding.rule).collect();
        assert_eq!(first, [Rule::CopyRegionSilent, Rule::RpoExceeded], "{:?}", known.findings);
        let breach = &known.findings[1].text;
        let says = "has arrived in west, where 2 primaries are silent and none answers: ";
        assert!(breach.contains(says) && breach.ends_with("find out whether it can be had"), "{breach}");
        // At twenty times real time a probe that waits for an answer takes minutes of this clock.
        tally.pass(&fleet.services, now() + chrono::TimeDelta::minutes(3));
        assert!(fleet.tell_silent_regions(&mut tally).is_empty(), "a silence lasts until a proof of life");
        fleet.set_liveness("a", answers, now());
        tally.see(&fleet.services["a"]);
        assert_eq!(fleet.tell_silent_regions(&mut tally), ["c"]);
        assert_eq!(found(&fleet, "c").1, None, "one answers: it is not the region");
    }
}
