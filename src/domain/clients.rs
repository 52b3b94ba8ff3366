//! Where the clients of a service are, once an incident moved them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fork::{Address, Protection};
use super::life::BadWord;
use super::{
    Assessment, Ground, LossBasis, LossInstant, Role, Service, ServiceId, Timestamp, Word, WordIs, words,
};

/// Clients were moved to a fork and have not left it: what is known of the service is of one that they left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientsMoved {
    /// By this run.
    pub run: String,
    /// To this fork.
    pub fork: String,
    /// When.
    pub at: Timestamp,
    /// From when on at the earliest they can have written nothing to what they left; `None` where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_earliest: Option<Timestamp>,
    /// From when on at the latest: until the move they wrote nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_since: Option<Timestamp>,
    /// The source that made the fork.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Where clients reach it, as its provider told when it was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// What the run last saw of the fork's own backups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
    /// The service on the board that is this fork, where the config names it as one.
    #[serde(skip)]
    pub watched_as: Option<ServiceId>,
    /// How its provider lists it, as far as it was asked.
    #[serde(skip)]
    pub listed: Option<ListedFork>,
}

/// A fork with our mark as its provider lists it. Never a row (S33).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFork {
    /// The run it belongs to.
    pub run: String,
    /// The provider's own word for its state.
    pub state: Option<String>,
    /// When it was listed so.
    pub as_of: Timestamp,
}

impl ClientsMoved {
    /// What a restore of the service that they left does not bring.
    pub fn lacks(&self) -> String {
        let (fork, run, at) = (&self.fork, &self.run, words::instant(self.at));
        format!(
            "clients were moved to {fork} by {run} at {at}: what was written there since is not in this copy"
        )
    }

    /// The fork, and where clients reach it.
    pub fn fork_at(&self) -> String {
        self.address.as_ref().map_or_else(
            || self.fork.clone(),
            |Address { host, port, .. }| format!("{} ({host}:{port})", self.fork),
        )
    }

    /// By which run clients were moved, and where they reach the fork.
    pub fn by(&self) -> String {
        let Some(Address { host, port, .. }) = &self.address else { return format!("moved by {}", self.run) };
        format!("moved by {}, reached at {host}:{port}", self.run)
    }

    /// Whether anybody watches it here, and what is known of it besides: its state as listed, its own backups as its
    /// run last saw them.
    pub fn watch(&self, listed: Option<&ListedFork>, now: Timestamp) -> String {
        if let Some(row) = &self.watched_as {
            return format!("watched here as {row}");
        }
        // What somebody must act on comes first: that is what stays where there is little room.
        let listed = listed.or(self.listed.as_ref()).and_then(|listed| {
            Some(format!(", listed {} {} ago", listed.state.as_ref()?, words::age_of(listed.as_of, now)))
        });
        let seen = self.protection.as_ref().map(|seen| format!("; its run last saw: {}", seen.text));
        format!(
            "NOT WATCHED here, no copy of it known here{}{}",
            listed.unwrap_or_default(),
            seen.unwrap_or_default()
        )
    }

    /// The service on the board that is this fork, where the config names it as one.
    pub fn row_among<'a>(&self, services: impl IntoIterator<Item = &'a Service>) -> Option<ServiceId> {
        let is_read_there = |service: &&Service| {
            if let Some(named) = &service.named {
                return named.roles_of(self).next().is_some();
            }
            let mut copies = [&service.primary, &service.secondary].into_iter().flatten();
            service.remote == self.fork && copies.any(|copy| copy.source == self.source)
        };
        services.into_iter().find(is_read_there).map(|service| service.id.clone())
    }

    /// Whether the config reads the service itself where the fork is: what its clients left is then no row any more.
    pub fn has_become(&self, service: &Service) -> bool {
        let named = service.named.as_ref();
        named.is_some_and(|named| named.roles_of(self).any(|role| role == Role::Primary))
    }

    /// What an answer at the address of the old primary means, once clients use the fork: a name may lead to that by
    /// then.
    pub fn either(answers: &str) -> String {
        format!(
            "{answers}: the old primary, or the fork if that address leads to it now; find out which before anything \
             is shut off; if it is the old primary, both may take writes"
        )
    }

    /// What stays unknown until a person says it: nothing that is watched here tells of the fork.
    pub fn unstated(&self) -> String {
        format!("when {} stopped is not known", self.fork)
    }

    /// For how long at least and at most clients could write nowhere between two instants: from the outage before to
    /// the move. What was never written is not lost (S5), so that a loss over that span is less by as much.
    pub fn nobody_wrote(&self, from: Timestamp, until: Timestamp) -> (Duration, Duration) {
        let since = |down: Timestamp| (until.min(self.at) - down.max(from)).to_std().unwrap_or_default();
        let least = self.down_since.map_or(Duration::ZERO, since);
        (least, since(self.down_earliest.unwrap_or(from)).max(least))
    }

    /// The same in words, of a loss that is counted over that span.
    pub fn left_out(&self, from: Timestamp, until: Timestamp) -> Option<String> {
        let (least, most) = self.nobody_wrote(from, until);
        if most.is_zero() {
            return None;
        }
        let (at, down) = (words::instant(self.at), self.down_since.filter(|_| !least.is_zero()));
        let down = down.map(|down| words::instant(down.max(from)));
        Some(match (self.down_earliest, down) {
            (Some(_), Some(down)) if least == most => format!(
                "without the {} between the outage before, {down}, and the move at {at}: nobody wrote then",
                words::to_the_second(most)
            ),
            (earliest, down) => {
                let by = down.map(|down| format!(", by {down} at the latest")).unwrap_or_default();
                format!(
                    "since when the service that they left was down before the move at {at} is not known{}{by}: from \
                     {} on they may have written nothing",
                    if by.is_empty() { "" } else { " exactly" },
                    words::instant(earliest.unwrap_or(from).max(from))
                )
            }
        })
    }

    /// What the loss of the service that they left leaves out, in words.
    pub fn left_out_of(&self, known: &Assessment) -> Option<String> {
        let newest = known.secondary.as_ref()?.newest?;
        let until = match known.loss.basis {
            LossBasis::Now => return None,
            LossBasis::LossInstant { at, latest } => latest.unwrap_or(at),
            LossBasis::Moved { at } => at,
        };
        self.left_out(self.lost_from(newest), until)
    }

    /// From when what clients write is lost: a person's word on when the fork stopped. Without one it is only known
    /// that it stopped after the move; what the old primary does says nothing of it (S5).
    pub fn lost_at(&self, words: &[Word]) -> LossInstant {
        let stopped = words.iter().find(|word| word.is != WordIs::Shut && word.at >= self.at);
        stopped.map_or_else(
            || LossInstant {
                earliest: Some(self.at),
                latest: self.at,
                ground: Ground::Moved { fork: self.fork.clone() },
            },
            LossInstant::stated,
        )
    }

    /// From when what clients wrote is lost by a restore of the service that they left: what its copy took in after
    /// the move is not theirs.
    pub fn lost_from(&self, newest: Timestamp) -> Timestamp {
        newest.min(self.at)
    }

    /// Whether a person's word on when the fork stopped can be true.
    ///
    /// # Errors
    /// [`BadWord`] when clients did not use it yet.
    pub fn check_word(&self, what: &'static str, at: Timestamp) -> Result<(), BadWord> {
        if at >= self.at {
            return Ok(());
        }
        Err(BadWord::BeforeMove { what, at, fork: self.fork.clone(), moved_at: self.at })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::domain::order::Counts;
    use crate::domain::sample::{STALE, at, now, orders, switch_off};
    use crate::domain::{Liveness, Named, Rule, Service, Tie, Verdict, assess};

    fn moved() -> ClientsMoved {
        ClientsMoved {
            run: "inc-1".to_owned(),
            fork: "orders-fork".to_owned(),
            at: at("2026-11-20T11:30:00Z"),
            ..ClientsMoved::default()
        }
    }

    fn judged(service: &Service) -> (Verdict, Verdict, String) {
        let known = assess(service, now(), &STALE);
        let found = known.findings.into_iter().find(|finding| finding.rule == Rule::ClientsMoved).unwrap();
        (known.verdict, found.level, found.text)
    }

    #[test]
    fn s22_what_answers_after_clients_left_may_be_their_fork_and_is_not_said_to_be_the_old_primary() {
        let left = |liveness| {
            let mut service = Service { liveness, clients_moved: Some(Box::new(moved())), ..orders() };
            // Nothing is known of it but that something answers.
            (service.primary, service.secondary) = (None, None);
            judged(&service)
        };
        for (answered, said) in [
            (
                now(),
                "something answers (0s ago) where the old primary is probed: the old primary, or the fork",
            ),
            (at("2026-11-20T11:45:00Z"), "something answered 19m ago, not known since, where"),
        ] {
            let (_, level, text) = left(Liveness::Answers { at: answered });
            assert_eq!(level, Verdict::Unknown, "{text}");
            assert!(text.contains("orders-fork") && text.contains(said), "{text}");
            assert!(text.contains("find out which before anything is shut off"), "{text}");
        }
        // The config has a row for the fork, or points the probe at it.
        let answers = Liveness::Answers { at: now() };
        let address = |host: &str| Address { host: host.to_owned(), port: 5432, database: None };
        for (probe, fork_at, watched_as, level, said) in [
            (
                "db.example",
                Some("DB.example"),
                None,
                Verdict::Warning,
                "its probe answers (0s ago) at the address of",
            ),
            ("old.example", Some("db.example"), None, Verdict::Unknown, "the old primary, or the fork"),
            ("db.example", None, None, Verdict::Unknown, "the old primary, or the fork"),
            ("old.example", None, Some("orders-new"), Verdict::Warning, "the old primary, or the fork"),
        ] {
            let named = Named { probe: Some(address(probe)), ..Named::default() };
            let moved = ClientsMoved {
                address: fork_at.map(address),
                watched_as: watched_as.map(str::to_owned),
                ..moved()
            };
            let mut service = Service {
                liveness: answers,
                named: Some(Box::new(named)),
                clients_moved: Some(Box::new(moved)),
                ..orders()
            };
            (service.primary, service.secondary) = (None, None);
            let (_, found, text) = judged(&service);
            assert_eq!(found, level, "{probe} {fork_at:?} {text}");
            assert!(text.contains(said) && text.contains("once `probe` names"), "{text}");
        }
        // Before they left it answered, of course.
        for liveness in [Liveness::Answers { at: moved().at }, Liveness::NotProbed] {
            let (_, level, text) = left(liveness);
            assert_eq!(level, Verdict::Warning);
            assert!(text.contains("the service that they left"), "{text}");
        }
    }

    #[test]
    fn s22_an_old_primary_that_its_own_copies_show_alive_after_its_clients_left_is_critical() {
        let answers = Liveness::Answers { at: now() };
        let mut service = Service { liveness: answers, clients_moved: Some(Box::new(moved())), ..orders() };
        let (verdict, _, text) = judged(&service);
        assert_eq!(verdict, Verdict::Critical, "{text}");
        assert!(text.contains("alive at 12:04:10Z") && text.contains("both may take writes"), "{text}");
        // Shut off from all that could reach it, it may live on.
        service.liveness = Liveness::silent(at("2026-11-20T11:29:00Z"), None);
        assert_eq!(judged(&service).1, Verdict::Warning);
    }

    #[test]
    fn s22_an_old_primary_that_answered_once_after_its_clients_left_and_was_switched_off_then_answers_no_more()
     {
        let answered = moved().at + chrono::TimeDelta::minutes(1);
        let mut service = Service {
            liveness: Liveness::silent(answered + chrono::TimeDelta::minutes(2), Some(answered)),
            clients_moved: Some(Box::new(moved())),
            ..orders()
        };
        assert!(judged(&service).2.contains("silent since"));
        switch_off(&mut service, now());
        let (verdict, level, text) = judged(&service);
        assert_eq!((verdict, level), (Verdict::Warning, Verdict::Warning), "{text}");
        assert!(text.ends_with("the service that they left, switched off"), "{text}");
    }

    #[test]
    fn s22_nothing_that_was_left_is_to_be_declared_or_counted_against_its_rpo() {
        let moved_at = at("2026-11-20T11:55:00Z");
        let moved = ClientsMoved {
            run: "inc-1".to_owned(),
            fork: "orders-fork".to_owned(),
            at: moved_at,
            ..ClientsMoved::default()
        };
        let silent = Liveness::silent(at("2026-11-20T11:50:00Z"), None);
        for liveness in [silent, Liveness::Answers { at: now() }, Liveness::NotProbed] {
            let mut service = Service { liveness, ..orders() };
            service.policy.rpo = Some(Duration::from_secs(30));
            let before = assess(&service, now(), &STALE);
            assert!(before.findings.iter().any(|finding| finding.rule == Rule::RpoExceeded), "{liveness:?}");
            service.clients_moved = Some(Box::new(moved.clone()));
            let known = assess(&service, now(), &STALE);
            let rules: Vec<Rule> = known.findings.iter().map(|finding| finding.rule).collect();
            assert_eq!(rules, [Rule::ClientsMoved], "{:?}", known.findings);
            assert_eq!(Counts::of([(&service, &known)]).beyond_rpo, 0);
            let text = &known.findings[0].text;
            assert_eq!(text.ends_with("left, silent since 11:50:00Z"), liveness == silent, "{text}");
        }
    }

    #[test]
    fn s33_the_fork_that_clients_use_is_named_with_what_is_known_of_it_and_that_nobody_watches_it() {
        let moved = ClientsMoved {
            run: "inc-1".to_owned(),
            fork: "orders-fork".to_owned(),
            at: at("2026-11-20T11:30:00Z"),
            source: "east".to_owned(),
            ..ClientsMoved::default()
        };
        let listed = ListedFork { run: "inc-1".to_owned(), state: Some("RUNNING".to_owned()), as_of: now() };
        let address = Address { host: "db.example".to_owned(), port: 5432, database: None };
        let protection = Protection {
            own_backup: Some(true),
            secondary_copy: Some(false),
            needs_person: false,
            copying: crate::domain::fork::CopiedTo::NotShown,
            text: "own backup, no copy".to_owned(),
        };
        let told = |moved: ClientsMoved| {
            let service = Service { clients_moved: Some(Box::new(moved)), ..orders() };
            assess(&service, now(), &STALE).findings.swap_remove(0).text
        };
        let bare = "clients use orders-fork since 11:30:00Z; it is NOT WATCHED here, no copy of it known here; moved by \
                    inc-1; what is shown here is of the service that they left";
        assert_eq!(told(moved.clone()), bare);
        let known = ClientsMoved {
            address: Some(address),
            listed: Some(listed),
            protection: Some(protection),
            ..moved.clone()
        };
        let whole = told(known);
        let says = "clients use orders-fork since 11:30:00Z; it is NOT WATCHED here, no copy of it known here, listed \
                    RUNNING 0s ago; its run last saw: own backup, no copy; moved by inc-1, reached at db.example:5432; ";
        assert!(whole.starts_with(says), "{whole}");
        // Once the config names it, it has a row.
        let row = Service { id: "orders-new".to_owned(), remote: "orders-fork".to_owned(), ..orders() };
        let elsewhere = Service { secondary: None, ..row.clone() };
        assert_eq!(
            moved.row_among([&orders(), &elsewhere]),
            None,
            "another source's of that name is another"
        );
        let watched_as = moved.row_among([&orders(), &row]);
        let told = told(ClientsMoved { watched_as, ..moved });
        assert!(told.contains("; it is watched here as orders-new; "), "{told}");
    }

    #[test]
    fn s33_a_fork_is_told_by_where_the_config_reads_it_and_not_by_its_name_alone() {
        let realms =
            [("repo1", "stanzas"), ("new-repo1", "stanzas"), ("east", "project a"), ("west", "project b")];
        let realms: Arc<BTreeMap<String, String>> =
            Arc::new(realms.map(|(source, realm)| (source.to_owned(), realm.to_owned())).into());
        let row = |id: &str, role, source: &str, remote: &str| Service {
            named: Some(Box::new(Named {
                copies: vec![Tie { role, source: source.to_owned(), remote: remote.to_owned() }],
                realms: Arc::clone(&realms),
                ..Named::default()
            })),
            ..Service::unread(id, remote)
        };
        let of = |source: &str| ClientsMoved { source: source.to_owned(), ..moved() };
        let (primary, secondary) = (Role::Primary, Role::Secondary);
        for (moved, row, watched, same) in [
            // Its own stanza is another source's, of the same repository or of another one.
            (of("repo1"), row("new", primary, "new-repo1", "orders-fork"), true, true),
            (of("repo1"), row("new", secondary, "new-repo1", "orders-fork"), true, false),
            (of("east"), row("new", primary, "east", "orders-fork"), true, true),
            (of("east"), row("new", primary, "west", "orders-fork"), false, false),
            (of("repo1"), row("old", primary, "repo1", "orders-db"), false, false),
            (of("forgotten"), row("new", primary, "new-repo1", "orders-fork"), false, false),
        ] {
            assert_eq!(moved.row_among([&row]).is_some(), watched, "{moved:?} {row:?}");
            assert_eq!(moved.has_become(&row), same, "{moved:?} {row:?}");
        }
    }

    #[test]
    fn s5_the_board_counts_what_the_fork_would_lose_by_no_silence_of_what_clients_left() {
        let silent = Liveness::silent(at("2026-11-20T11:50:00Z"), None);
        // The newest there is of 12:00:19; nobody says when the fork stopped.
        let (early, late) = (Some("2026-11-20T12:01:00Z"), Some("2026-11-20T12:01:30Z"));
        for (moved_at, down, unread, wanted) in [
            ("2026-11-20T12:02:00Z", (early, early), false, Some(41)),
            ("2026-11-20T12:02:00Z", (early, late), false, Some(41)),
            ("2026-11-20T12:02:00Z", (Some("2026-11-20T12:02:00Z"), None), false, Some(101)),
            ("2026-11-20T12:02:00Z", (early, early), true, None),
            // Since when they wrote nowhere before the move is not known, or since before the newest there.
            ("2026-11-20T12:02:00Z", (None, None), false, None),
            ("2026-11-20T12:02:00Z", (None, late), false, None),
            ("2026-11-20T12:02:00Z", (Some("2026-11-20T12:00:00Z"), early), false, None),
            ("2026-11-20T11:55:00Z", (early, early), false, None),
        ] {
            let (down_earliest, down_since) = (down.0.map(at), down.1.map(at));
            let moved =
                ClientsMoved { at: at(moved_at), down_earliest, down_since, ..ClientsMoved::default() };
            let mut service =
                Service { liveness: silent, clients_moved: Some(Box::new(moved.clone())), ..orders() };
            if unread {
                service.secondary.as_mut().unwrap().attempt.outcome = crate::domain::Outcome::Unreachable;
            }
            let loss = assess(&service, now(), &STALE).loss;
            assert_eq!(loss.amount.map(|amount| amount.as_secs()), wanted, "{moved:?} {unread}");
            assert_eq!(loss.basis, LossBasis::Moved { at: moved.at });
            assert!(loss.amount.is_none() || loss.is == crate::domain::LossIs::AtLeast);
        }
    }

    #[test]
    fn s5_what_was_never_written_is_not_lost_once_a_person_says_when_the_fork_stopped() {
        // The newest there is of 12:00:19, the move of 12:02:00, and the fork stopped at 12:03:00.
        let (early, late) = (Some("2026-11-20T12:01:00Z"), Some("2026-11-20T12:01:30Z"));
        let exact = "without the 1m between the outage before, 2026-11-20 12:01:00Z, and the move at 2026-11-20 12:02:00Z: nobody wrote then";
        let table = [
            (early, early, (Some(101), Some(101)), exact),
            (
                early,
                late,
                (Some(101), Some(131)),
                "is not known exactly, by 2026-11-20 12:01:30Z at the latest: from 2026-11-20 12:01:00Z on",
            ),
            (None, late, (Some(60), Some(131)), "from 2026-11-20 12:00:19Z on they may have written nothing"),
            (
                None,
                None,
                (Some(60), Some(161)),
                "before the move at 2026-11-20 12:02:00Z is not known: from 2026-11-20 12:00:19Z on",
            ),
        ];
        for (earliest, latest, (least, most), said) in table {
            let moved = ClientsMoved {
                at: at("2026-11-20T12:02:00Z"),
                down_earliest: earliest.map(at),
                down_since: latest.map(at),
                ..ClientsMoved::default()
            };
            let stopped =
                Word { at: at("2026-11-20T12:03:00Z"), by: "anna".to_owned(), is: WordIs::LossInstant };
            let heard = crate::domain::Heard {
                run: "inc-2".to_owned(),
                life: crate::domain::Life::default(),
                words: vec![stopped],
                either_from: None,
            };
            let service = Service {
                heard: Some(Box::new(heard)),
                clients_moved: Some(Box::new(moved.clone())),
                ..orders()
            };
            let known = assess(&service, now(), &STALE);
            let bounds = known.loss.bounds();
            let in_s = |amount: Option<Duration>| amount.map(|amount| amount.as_secs());
            assert_eq!((in_s(bounds.least), in_s(bounds.most)), (least, most), "{:?}", known.loss);
            let told = moved.left_out_of(&known).unwrap();
            assert!(told.contains(said), "{told}");
        }
    }
}
