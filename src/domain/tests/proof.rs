//! Is a restore proven as often as is promised?

use super::*;

fn found(service: &Service) -> Option<Finding> {
    judge(service).findings.into_iter().find(|finding| finding.rule == Rule::ProofIsOld)
}

#[test]
fn a_proof_is_due_as_often_as_the_tier_says() {
    let day = std::time::Duration::from_hours(24);
    let never = "no restore of it is known to be proven, and one is due each 90d: run a drill";
    let old = "a restore was last proven 91d ago, and one is due each 90d: run a drill";
    for (every, proven, said) in [
        (None, None, None),
        (None, Some("2020-01-01T00:00:00Z"), None),
        (Some(day * 90), None, Some(never)),
        (Some(day * 90), Some("2026-08-21T12:04:31Z"), Some(old)),
        (Some(day * 90), Some("2026-08-22T12:04:30Z"), Some(&old.replace("91d", "90d")[..])),
        (Some(day * 90), Some("2026-08-22T12:04:31Z"), None),
    ] {
        let mut service = orders();
        service.policy.drill_every = every;
        service.last_proven = proven.map(at);
        let finding = found(&service);
        assert_eq!(finding.as_ref().map(|finding| finding.text.as_str()), said, "{proven:?}");
        assert!(finding.is_none_or(|finding| finding.level == Verdict::Warning));
        let none = Service { secondary: None, ..service };
        assert_eq!(found(&none), None, "where nothing lies there is nothing to prove");
    }
}

#[test]
fn s24_a_drill_that_failed_is_a_warning_until_a_restore_is_proven_after_it() {
    let failed = "2026-11-20T10:00:00Z";
    for (proven, is_said) in
        [(None, true), (Some("2026-11-20T09:59:59Z"), true), (Some("2026-11-20T10:30:00Z"), false)]
    {
        let (run, why) =
            ("drill-orders-db-20261120-aaaaaa".to_owned(), "check http-1 failed: gave 1".to_owned());
        let failed_drill = Some(Box::new(FailedDrill { run, at: at(failed), why }));
        let service = Service { failed_drill, last_proven: proven.map(at), ..orders() };
        let findings = judge(&service).findings;
        let found = findings.iter().find(|finding| finding.rule == Rule::DrillFailed);
        let text = "last drill FAILED at 10:00:00Z: check http-1 failed: gave 1; see `runs show \
                    drill-orders-db-20261120-aaaaaa`, mend the cause and drill again";
        let said = found.map(|finding| (finding.text.as_str(), finding.level));
        assert_eq!(said, is_said.then_some((text, Verdict::Warning)), "{proven:?}");
    }
}
