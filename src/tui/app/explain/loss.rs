//! What a service would lose explains itself: counted from where to where, and on what that rests.

use crate::domain::{Assessment, ClientsMoved, LossBasis, Service, Timestamp, held_until, open_run, words};

/// What would be lost, or was, between which instants.
pub(super) fn loss(service: &Service, known: &Assessment, now: Timestamp, lines: &mut Vec<String>) {
    if known.is_exempt() {
        let not_judged = format!("  {}  not judged: {}", words::NOT_JUDGED, words::BY_DESIGN);
        lines.extend(["WHAT WOULD BE LOST".to_owned(), not_judged, String::new()]);
        return;
    }
    let newest = known.secondary.as_ref().and_then(words::newest_of_in_full);
    let (name, end, latest) = match known.loss.basis {
        LossBasis::Now => ("now", now, now),
        LossBasis::LossInstant { at, latest } => ("loss instant", at, latest.unwrap_or(at)),
        LossBasis::Moved { at } => ("clients moved", at, at),
    };
    let counted = match (latest > end, known.loss.at_least) {
        (false, _) => name.to_owned(),
        (true, Some(_)) => format!("earliest and latest {name}"),
        (true, None) => format!("latest {name}"),
    };
    let complete = complete(service, known, latest);
    let before =
        |newest| service.clients_moved.as_ref().is_some_and(|moved| moved.lost_from(newest) < newest);
    let from = match known.secondary.as_ref().and_then(|there| there.newest) {
        _ if complete.is_some() => "the instant to which the log is complete there",
        Some(newest) if before(newest) => "the move of its clients",
        _ => "newest restorable there",
    };
    let left_out = service.clients_moved.as_ref().and_then(|moved| moved.left_out_of(known));
    let outage = if left_out.is_some() { " - the outage before the move" } else { "" };
    lines.push("WHAT WOULD BE LOST".to_owned());
    lines.push(match known.loss.amount {
        None if known.has_nothing_there() => {
            format!("  {}: nothing of it can be restored in another region", words::loss_seconds(known))
        }
        None if matches!(known.loss.basis, LossBasis::Moved { .. }) => {
            format!("  {}  not even the least of it is known", words::UNKNOWN)
        }
        _ => format!("  {}  =  {counted} - {from}{outage}", words::loss_seconds(known)),
    });
    let range = (latest > end).then(|| format!(" at the earliest, {} at the latest", words::instant(latest)));
    lines.push(format!("  {name:<13} {}{}", words::instant(end), range.unwrap_or_default()));
    lines.extend(complete.map(|at| format!("  complete to   {}, idle before", words::instant(at))));
    let none = if known.has_nothing_there() { "none" } else { "not known" };
    lines.push(format!("  newest there  {}", newest.as_deref().unwrap_or(none)));
    if let (Some(rpo), Some(amount)) = (service.policy.rpo, known.loss.amount) {
        let ratio = words::ratio(amount, known.loss.is, rpo).unwrap_or_default();
        let judged = match service.clients_moved {
            Some(_) => "not judged, for its clients left it",
            None => words::compliance_sentence(known.compliance),
        };
        lines.push(format!("  of the RPO {}: {ratio} times; {judged}", words::objective(rpo)));
    }
    if known.loss.if_copy_intact {
        lines.push("  holds only if the copy is as it was when last read".to_owned());
    }
    if service.clients_unread.is_some() {
        lines.push("  more, if its clients were moved to a fork: whether they were is not known".to_owned());
    }
    lines.extend(left_out.map(|left_out| format!("  {left_out}")));
    if matches!(known.loss.basis, LossBasis::Moved { .. }) {
        lines.extend(service.clients_moved.iter().flat_map(|moved| of_the_moved(moved, known)));
    } else if known.loss.basis != LossBasis::Now && !known.has_nothing_there() {
        lines.push("  fixed: it does not grow, and shrinks while log still arrives there".to_owned());
    }
    lines.extend(open_run::restoring_less(service, known, now).map(|text| format!("  {text}")));
    lines.push(String::new());
}

/// What is lost besides where clients were moved and nobody said when their fork stopped.
fn of_the_moved(moved: &ClientsMoved, known: &Assessment) -> Vec<String> {
    let newest = known.secondary.as_ref().and_then(|there| there.newest);
    let after = newest.filter(|newest| moved.lost_from(*newest) < *newest).map(|_| {
        format!(
            "  the newest there lies after the move: it holds what the old primary took in, and nothing of {}",
            moved.fork
        )
    });
    let unstated = format!("  no less: {}, and all that was written to it is lost, too", moved.unstated());
    after.into_iter().chain([unstated]).collect()
}

/// The instant to which the copy is known to hold everything, where the loss was counted from it (S6).
fn complete(service: &Service, known: &Assessment, latest: Timestamp) -> Option<Timestamp> {
    const SAME: chrono::TimeDelta = chrono::TimeDelta::seconds(2);
    let at = held_until(service)?;
    let counted = latest - chrono::TimeDelta::from_std(known.loss.amount?).ok()?;
    (Some(at) > known.secondary.as_ref()?.newest && (counted - at).abs() <= SAME).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{at, minutes, now, orders, prove_complete};
    use crate::domain::{Liveness, LossIs, assess};

    /// A change of a service, and what is then said of its loss.
    type Case<'a> = (&'a dyn Fn(&mut Service), String);

    #[test]
    fn s36_the_explanation_yields_the_amount_it_explains() {
        // All was there a minute ago: counted from then.
        let (then, complete) = ("2026-11-20T12:03:31Z", "the instant to which the log is complete there");
        let table: [Case<'_>; 3] = [
            (&|_| (), "4m 12s  =  now - newest restorable there".to_owned()),
            (
                &|service| prove_complete(service, "2026-11-20T12:00:19Z", then),
                format!("<=1m  =  now - {complete}"),
            ),
            (
                &|service| {
                    let there = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
                    there.log.backed_until = Some(at(then));
                },
                format!("<=1m  =  now - {complete}"),
            ),
        ];
        for (change, said) in table {
            let mut service = orders();
            change(&mut service);
            let known = assess(&service, now(), &minutes(2).into());
            let mut lines = Vec::new();
            loss(&service, &known, now(), &mut lines);
            assert!(lines.iter().any(|line| line.trim() == said), "{lines:?}");
        }
    }

    #[test]
    fn what_nothing_can_restore_is_not_said_to_lose_less_by_log_that_arrives() {
        let silent = Liveness::silent(now(), Some(now() - minutes(3)));
        for (secondary, shrinks) in [(orders().secondary, true), (None, false)] {
            let service = Service { secondary, liveness: silent, ..orders() };
            let known = assess(&service, now(), &minutes(2).into());
            let mut lines = Vec::new();
            loss(&service, &known, now(), &mut lines);
            assert_eq!(lines.iter().any(|line| line.contains("shrinks")), shrinks, "{lines:?}");
        }
    }

    #[test]
    fn s22_the_loss_of_what_clients_left_says_what_of_its_span_nobody_wrote_in() {
        let table = [
            (
                "2026-11-20T12:04:00Z",
                "without the 3m between the outage before, 2026-11-20 12:01:00Z, and the move at 2026-11-20 12:04:00Z: \
                 nobody wrote then",
            ),
            (
                "2026-11-20T12:00:00Z",
                "the newest there lies after the move: it holds what the old primary took in, and nothing of \
                 orders-db-k3q7wd",
            ),
        ];
        for (moved_at, said) in table {
            let moved = ClientsMoved {
                fork: "orders-db-k3q7wd".to_owned(),
                at: at(moved_at),
                down_earliest: Some(at("2026-11-20T12:01:00Z")),
                down_since: Some(at("2026-11-20T12:01:00Z")),
                ..ClientsMoved::default()
            };
            let service = Service { clients_moved: Some(moved.into()), ..orders() };
            let known = assess(&service, now(), &minutes(2).into());
            let mut lines = Vec::new();
            loss(&service, &known, now(), &mut lines);
            assert!(lines.iter().any(|line| line.trim() == said), "{lines:#?}");
            assert_eq!(
                lines.iter().filter(|line| line.contains("without the")).count(),
                usize::from(moved_at > "2026-11-20T12:01")
            );
        }
    }

    #[test]
    fn s15_what_has_no_backups_by_design_is_never_said_to_lose_nothing() {
        let mut service = orders();
        service.secondary = None;
        service.primary.as_mut().unwrap().last_good.as_mut().unwrap().ability =
            crate::domain::Ability::ByDesignNone;
        let known = assess(&service, now(), &minutes(2).into());
        let mut lines = Vec::new();
        loss(&service, &known, now(), &mut lines);
        let lost = "  -  not judged: no backups by design: what it holds is lost with the region; lifeboat cannot \
                    restore it";
        assert_eq!(lines, ["WHAT WOULD BE LOST", lost, ""]);
        assert_eq!((words::loss_minutes(&known).as_str(), words::restore_of(&known).as_str()), ("-", "-"));
        let json = serde_json::to_value(crate::domain::StatusDoc::new(now(), [(&service, &known)])).unwrap();
        let told = &json["services"][0];
        assert_eq!((&told["rpo_compliance"], &told["verdict"]), (&"exempt".into(), &"exempt".into()));
        assert!(told["loss_s"].is_null() && told["restore_s"].is_null(), "{told}");
    }

    #[test]
    fn s36_both_ends_of_an_uncertain_loss_instant_are_shown() {
        let service = orders();
        let mut known = assess(&service, now(), &minutes(2).into());
        known.loss.basis = LossBasis::LossInstant {
            at: at("2026-11-20T12:02:00Z"),
            latest: Some(at("2026-11-20T12:03:00Z")),
        };
        known.loss.is = LossIs::AtMost;
        for (least, counted) in
            [(Some(minutes(1)), "1m to 4m 12s  =  earliest and latest"), (None, "<=4m 12s  =  latest")]
        {
            let mut lines = Vec::new();
            known.loss.at_least = least;
            loss(&service, &known, now(), &mut lines);
            let formula = format!("{counted} loss instant - newest restorable there");
            assert!(lines.iter().any(|line| line.ends_with(&formula)), "{lines:?}");
        }
        let mut lines = Vec::new();
        loss(&service, &known, now(), &mut lines);
        let both = "12:02:00Z at the earliest, 2026-11-20 12:03:00Z at the latest";
        assert!(lines.iter().any(|line| line.ends_with(both)), "{lines:?}");
    }
}
