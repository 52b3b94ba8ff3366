//! A service that is switched off: its silence was to be expected, and is no sign of a loss (S5, S10).

use serde::{Deserialize, Serialize};

use super::{CopyState, Liveness, Service, Timestamp};

/// What is known of whether a service is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Power {
    /// It is on.
    On,
    /// It is off.
    Off {
        /// Since when at the latest, where anybody says.
        by: Option<Timestamp>,
    },
    /// Nobody says by now.
    NotKnown {
        /// When its provider was last read, if it was off then.
        was_off_at: Option<Timestamp>,
    },
}

impl Default for Power {
    fn default() -> Self {
        Self::NotKnown { was_off_at: None }
    }
}

impl Service {
    /// Whether it is switched off, by its provider's last word. An answer of its own since then says otherwise, and a
    /// provider that cannot be asked any more says nothing: it may be on by now.
    pub fn is_off(&self) -> bool {
        self.told_off().is_some_and(|by| by.attempt.outcome.has_facts())
    }

    /// Whether it is switched on, as far as is known.
    pub fn power(&self) -> Power {
        let says = self.facts.as_ref().and_then(|facts| facts.terms.powered_off);
        match says.filter(|_| self.told_by().is_some_and(|by| by.attempt.outcome.has_facts())) {
            Some(true) if self.is_off() => Power::Off { by: self.off_by() },
            Some(_) => Power::On,
            None => Power::NotKnown { was_off_at: self.was_off_at() },
        }
    }

    /// When its provider, which cannot be asked any more, last said that it is: by now nobody knows.
    pub fn was_off_at(&self) -> Option<Timestamp> {
        self.told_off().filter(|by| !by.attempt.outcome.has_facts())?.as_of()
    }

    /// The copy whose facts say that it is off, where it did not answer since.
    fn told_off(&self) -> Option<&CopyState> {
        let is_told = self.facts.as_ref().is_some_and(|facts| facts.terms.powered_off == Some(true));
        self.told_by().filter(|by| {
            let (answered, read) = (self.surely_answered(), by.as_of());
            is_told && answered.zip(read).is_none_or(|(answered, read)| answered <= read)
        })
    }

    /// When its provider last said so.
    pub(super) fn off_at(&self) -> Option<Timestamp> {
        self.told_by().filter(|_| self.is_off())?.as_of()
    }

    /// The copy that its facts were read with.
    fn told_by(&self) -> Option<&CopyState> {
        self.primary.as_ref().or(self.secondary.as_ref())
    }

    /// Since when at the latest it is switched off; `None` when it is on, or nobody says since when.
    pub(super) fn off_by(&self) -> Option<Timestamp> {
        self.was_off_by().filter(|_| self.is_off())
    }

    /// The same as of when its provider was last read.
    pub(super) fn was_off_by(&self) -> Option<Timestamp> {
        self.told_off().and(self.facts.as_ref())?.terms.off_by
    }

    /// Since when its primary does not answer, though it is to: not one that is off.
    pub fn silent_since(&self) -> Option<Timestamp> {
        self.alive().silent_since().filter(|_| !self.is_off())
    }

    /// What the board's own probe saw. In an incident that found it on no silence is planned.
    pub(super) fn seen(&self) -> Liveness {
        self.on_at().map_or(self.liveness, |on_at| self.liveness.planned_by(on_at))
    }

    fn on_at(&self) -> Option<Timestamp> {
        self.heard.as_ref()?.on_at
    }

    /// What the board's own probe says of its loss.
    pub(super) fn probed(&self) -> Liveness {
        self.counted(self.seen())
    }

    /// What probes say of its loss, whoever looked: the silence of one that is off is no sign of one, unless an incident
    /// found it on.
    pub(super) fn counted(&self, seen: Liveness) -> Liveness {
        if self.is_off() && self.on_at().is_none() { seen.without_silence() } else { seen }
    }
}

#[cfg(test)]
mod tests {
    use super::super::assessment::{LossBasis, Rule};
    use super::super::sample::{STALE, at, copy, heard_word, now, orders, reading};
    use super::super::terms::BackupTerms;
    use super::super::{
        ClientsMoved, Engine, Fleet, Ground, Heard, Outcome, ServiceFacts, StatusDoc, assess,
    };
    use super::*;

    const READ: &str = "2026-11-20T12:04:00Z";

    fn off(last_alive: Option<&str>) -> Service {
        let mut service = orders();
        let terms = BackupTerms { powered_off: Some(true), ..BackupTerms::default() };
        let none = Some("copying is off".to_owned());
        let facts = ServiceFacts { terms, no_secondary_because: none, ..ServiceFacts::of(Engine::Pg) };
        (service.facts, service.secondary) = (Some(facts.into()), None);
        service.primary.as_mut().unwrap().last_good.as_mut().unwrap().as_of = at(READ);
        service.liveness = Liveness::silent(at("2026-11-20T12:04:10Z"), last_alive.map(at));
        service
    }

    #[test]
    fn s10_the_silence_of_a_service_that_is_off_is_no_loss_and_its_advice_is_to_switch_it_on() {
        for (last_alive, is_off) in
            [(None, true), (Some("2026-11-20T12:03:00Z"), true), (Some("2026-11-20T12:04:05Z"), false)]
        {
            let service = off(last_alive);
            let known = assess(&service, now(), &STALE);
            assert_eq!((service.is_off(), service.silent_since().is_none()), (is_off, is_off));
            assert!(service.alive().silent_since().is_some(), "as it was seen");
            assert_eq!(known.loss.basis == LossBasis::Now, is_off, "{last_alive:?}");
            let said = |rule| known.findings.iter().find(|finding| finding.rule == rule);
            assert_eq!(said(Rule::PrimarySilent).is_none(), is_off, "{last_alive:?}");
            let no_copy = &said(Rule::NoSecondary).unwrap().text;
            let text = "no copy in another region: copying is off; if the region is lost, so is the data: switch it \
                        on, then set up a secondary copy";
            assert_eq!(no_copy == text, is_off, "{no_copy}");
            let all: Vec<&str> = known.findings.iter().map(|finding| finding.text.as_str()).collect();
            assert_eq!(!all.concat().contains("wait for its region"), is_off, "{all:?}");
            let json = serde_json::to_value(StatusDoc::new(now(), [(&service, &known)])).unwrap();
            let told = if is_off { "off" } else { "silent" };
            assert_eq!(json["services"][0]["primary_liveness"], told, "{last_alive:?}");
        }
    }

    #[test]
    fn s5_s23_an_outage_counts_from_the_last_word_that_it_is_off_and_a_loss_from_when_it_fell_silent() {
        let read = |time: &str| at(&format!("2026-11-20T{time}Z"));
        // What its provider says after `READ`, and whether it answers then.
        for (what, told, is_on, answers, silent_since) in [
            ("off", Outcome::Ok, false, false, None),
            ("on, not yet up or dead", Outcome::Ok, true, false, Some(READ)),
            ("not to be asked", Outcome::Unreachable, false, false, Some(READ)),
            ("up", Outcome::Ok, true, true, None),
        ] {
            let since = read("09:00:10");
            let mut here = copy("west", reading("2026-11-06T02:31:40Z", "2026-11-20T08:59:50Z"));
            here.last_good.as_mut().unwrap().as_of = at(READ);
            let (up, there) =
                (read("09:00:00"), copy("north", reading("2026-11-06T02:31:40Z", "2026-11-20T08:59:50Z")));
            // Looked at all the time.
            let watched = Liveness::Silent {
                since,
                last_alive: Some(up),
                watched_from: since,
                seen_at: read("12:03:50"),
                off_until: None,
            };
            let (secondary, liveness) = (Some(there), watched);
            let mut service = Service { primary: Some(here), secondary, liveness, ..off(None) };
            service.policy.rpo = Some(std::time::Duration::from_hours(1));
            service.facts.as_mut().unwrap().terms.off_by = Some(up);
            let mut fleet = Fleet::new([service]);
            let looked = |answers, time| watched.looked(answers, read(time));
            fleet.set_liveness("orders-db", looked(false, "12:04:10"), now());
            let service = fleet.services.get_mut("orders-db").unwrap();
            if is_on {
                service.facts.as_mut().unwrap().terms.powered_off = Some(false);
                service.primary.as_mut().unwrap().last_good.as_mut().unwrap().as_of = read("12:04:15");
            }
            service.primary.as_mut().unwrap().attempt.outcome = told;
            fleet.set_liveness("orders-db", looked(answers, "12:04:20"), now());
            let service = &fleet.services["orders-db"];
            let known = assess(service, now(), &STALE);
            let (fell_silent, since) = (since, silent_since.map(at));
            assert_eq!(service.silent_since(), since, "{what}");
            let said = known.findings.iter().find(|finding| finding.rule == Rule::PrimarySilent);
            assert_eq!(said.is_some(), since.is_some(), "{what}");
            assert!(
                said.is_none_or(|said| said.text.starts_with("primary silent since 12:04:00Z")),
                "{said:?}"
            );
            let lost = service.lost_at().map(|lost| (lost.earliest, lost.latest, lost.ground));
            assert_eq!(lost, since.map(|_| (Some(up), fell_silent, Ground::Probe)), "{what}");
            let least = since.map(|_| std::time::Duration::from_secs(10));
            assert_eq!(known.loss.at_least, least, "{what}");
            let lost = known.loss.amount.filter(|_| since.is_some());
            assert_eq!(lost, least.map(|least| least * 2), "{what}");
            let breach = known.findings.iter().find(|finding| finding.rule == Rule::RpoExceeded);
            assert!(answers || breach.is_none(), "{what}: {breach:?}");
            assert_eq!(service.life().down_by(), since.map(|_| read("12:04:20")), "{what}");
            let up_until = since.map(|since| (since, Ground::Off));
            assert!(since.is_none() || service.life().up_until() == up_until, "{what}");
            let json = serde_json::to_value(StatusDoc::new(now(), [(service, &known)])).unwrap();
            let told = &json["services"][0]["primary_liveness_at"];
            assert!(since.is_none() || told == READ, "{what}: {told}");
        }
    }

    #[test]
    fn s5_what_was_switched_off_in_an_incident_is_lost_and_of_what_was_off_before_it_would_be() {
        for (on_at, said) in [(None, " would be lost"), (Some("2026-11-20T12:00:00Z"), " RPO lost")] {
            let mut service = Service { secondary: orders().secondary, ..off(None) };
            service.policy.rpo = Some(std::time::Duration::from_mins(1));
            service.facts.as_mut().unwrap().terms.off_by = Some(at("2026-11-20T12:04:05Z"));
            let heard = Heard { on_at: on_at.map(at), words: Vec::new(), ..heard_word(now()) };
            service.heard = Some(Box::new(heard));
            let known = assess(&service, now(), &STALE);
            let found = known.findings.iter().find(|finding| finding.rule == Rule::RpoExceeded).unwrap();
            assert!(found.text.contains(said), "{}", found.text);
        }
    }

    #[test]
    fn s2_a_provider_that_cannot_be_asked_any_more_says_of_nothing_that_it_is_off() {
        for outcome in [Outcome::Unreachable, Outcome::TimedOut, Outcome::Denied, Outcome::NeverRead] {
            let mut service = off(Some("2026-11-20T12:03:00Z"));
            assert!(service.is_off());
            service.primary.as_mut().unwrap().attempt.outcome = outcome;
            let known = assess(&service, now(), &STALE);
            assert!(!service.is_off() && service.off_by().is_none(), "{outcome:?}");
            assert!(known.findings.iter().any(|finding| finding.rule == Rule::PrimarySilent), "{outcome:?}");
            // What was known last is not forgotten, and said as such.
            service.liveness = Liveness::NotProbed;
            let known = assess(&service, now(), &STALE);
            let all: Vec<&str> = known.findings.iter().map(|finding| finding.text.as_str()).collect();
            for said in [
                "was switched off when last read, 31s ago; whether it is on by now is not known",
                "so is the data: switch it on if it is off still, then set up a secondary copy",
            ] {
                assert!(all.iter().any(|text| text.contains(said)), "{outcome:?}: {all:?}");
            }
        }
    }

    #[test]
    fn s10_a_service_that_is_off_stays_off_where_its_address_leads_to_a_fork_and_is_not_to_be_switched_on() {
        let moved_at = "2026-11-20T12:03:30Z";
        let left =
            ClientsMoved { fork: "orders-new".to_owned(), at: at(moved_at), ..ClientsMoved::default() };
        // After its provider was read something answers, or it did itself before clients left.
        for (answered, clients_moved, is_off) in [
            ("2026-11-20T12:04:05Z", Some(left.clone()), true),
            ("2026-11-20T12:04:05Z", None, false),
            ("2026-11-20T12:03:20Z", Some(left), true),
        ] {
            let left = clients_moved.is_some();
            let mut service = off(None);
            service.liveness = Liveness::Answers { at: at(answered) };
            service.clients_moved = clients_moved.map(Box::new);
            let known = assess(&service, now(), &STALE);
            assert_eq!(service.is_off(), is_off, "{answered}");
            let all: Vec<&str> = known.findings.iter().map(|finding| finding.text.as_str()).collect();
            assert!(!all.concat().contains("switch it on"), "{all:?}");
            let told = all.iter().any(|text| text.contains("switched off"));
            assert_eq!(told, is_off, "{all:?}");
            assert_eq!(all.concat().contains("data that clients left for orders-new"), left, "{all:?}");
        }
        // A fork of an open run may be what answers, too.
        let mut service = off(None);
        let from = at("2026-11-20T12:04:04Z");
        service.heard = Some(Box::new(Heard { either_from: Some(from), ..heard_word(from) }));
        service.liveness = Liveness::Answers { at: at("2026-11-20T12:04:05Z") };
        assert!(service.is_off());
        service.heard.as_mut().unwrap().life.liveness = Liveness::Answers { at: at("2026-11-20T12:04:03Z") };
        assert!(!service.is_off(), "its run saw it answer");
    }

    #[test]
    fn s5_the_silence_of_a_service_that_is_off_is_no_loss_whoever_saw_it() {
        let silent = Liveness::silent(at("2026-11-20T12:04:10Z"), None);
        let mut service = off(None);
        service.liveness = Liveness::NotProbed;
        let life = crate::domain::Life { liveness: silent, written: None };
        service.heard = Some(Box::new(Heard { life, words: Vec::new(), ..heard_word(now()) }));
        assert_eq!(service.lost_at(), None);
        service.primary.as_mut().unwrap().attempt.outcome = Outcome::Unreachable;
        assert!(service.lost_at().is_some(), "nobody knows that it is off any more");
    }
}
