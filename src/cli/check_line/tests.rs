use super::*;

const RESUME: NextOf<'_> = NextOf {
    of_run: &|_, run| format!("lifeboat --arm runs resume {}", run.run),
    of_change: &|change| format!("lifeboat --arm region {} --follow", change.of),
};

#[test]
fn s16_each_level_is_counted_the_worst_first() {
    use crate::domain::sample::{now, orders};
    use Verdict::{Critical, Exempt, Ok, Unknown, Warning};
    let service = orders();
    let of = |verdict| {
        let mut known = crate::domain::assess(&service, now(), &UNKNOWN_AFTER.into());
        known.verdict = verdict;
        known
    };
    let known = [Ok, Warning, Critical, Exempt, Unknown, Warning, Critical, Warning].map(of);
    let counted = |known: &[Assessment]| {
        let judged: Vec<_> = known.iter().map(|known| judge(&service, known, None, None, now())).collect();
        line(&judged, &Runs::default(), &RESUME).1
    };
    let all = counted(&known);
    let counts = "LIFEBOAT CRITICAL - 2 critical, 1 unknown, 3 warning, 1 ok, 1 exempt; orders-db: ";
    assert!(all.starts_with(counts), "{all}");
    let alone = counted(&known[2..3]);
    assert!(alone.starts_with("LIFEBOAT CRITICAL - orders-db: "), "{alone}");
}

#[test]
fn s16_of_services_that_stand_alike_the_one_is_named_that_the_board_shows_first() {
    use crate::domain::Policy;
    use crate::domain::sample::{now, orders};
    let services = [(Some(2), "inventory"), (Some(1), "ledger"), (None, "reports")].map(|(tier, id)| {
        let orders = orders();
        Service { id: id.to_owned(), policy: Policy { tier, ..orders.policy.clone() }, ..orders }
    });
    let known = services.clone().map(|service| {
        let mut known = crate::domain::assess(&service, now(), &UNKNOWN_AFTER.into());
        known.verdict = Verdict::Warning;
        known
    });
    let pairs = services.iter().zip(&known);
    let judged: Vec<_> = pairs.map(|(service, known)| judge(service, known, None, None, now())).collect();
    let line = line(&judged, &Runs::default(), &RESUME).1;
    assert!(line.starts_with("LIFEBOAT WARNING - 3 warning; ledger: "), "{line}");
}

#[test]
fn s30_a_run_that_was_left_is_told_with_the_command_that_goes_on_with_it() {
    use crate::domain::sample::{now, open_run, orders};
    let left = OpenRun { driven: false, ..open_run() };
    let service = Service { open_runs: Some(vec![left]), ..orders() };
    let mut known = crate::domain::assess(&service, now(), &UNKNOWN_AFTER.into());
    for verdict in [Verdict::Warning, Verdict::Critical] {
        known.verdict = verdict;
        let line = line(&[judge(&service, &known, None, None, now())], &Runs::default(), &RESUME).1;
        assert!(line.contains("; next: lifeboat --arm runs resume inc-orders-1 | "), "{line}");
        assert_eq!(line.matches("nobody drives it").count(), 1, "{line}");
    }
}

#[test]
fn s30_a_change_of_region_that_was_left_is_told_behind_a_finding_before_it_and_other_findings_are_counted() {
    use crate::domain::sample::{now, open_change, orders};
    use crate::domain::{Role, assess};
    let change = open_change();
    let service = Service { open_change: Some(Box::new(change)), ..orders() };
    let other = Finding {
        rule: Rule::CopyPaused,
        level: Verdict::Warning,
        copy: Some(Role::Secondary),
        text: "the copy is paused".to_owned(),
    };
    let told = |before: usize, behind: usize| {
        let mut known = assess(&service, now(), &UNKNOWN_AFTER.into());
        let left = std::mem::take(&mut known.findings).into_iter();
        let left = left.filter(|finding| finding.rule == Rule::RegionChangeLeft);
        let times = |count| std::iter::repeat_n(other.clone(), count);
        // Each says something else.
        let findings = times(before).chain(left).chain(times(behind)).enumerate();
        let name = |(index, finding): (usize, Finding)| match finding.rule {
            Rule::CopyPaused => Finding { text: format!("copy {index} is paused"), ..finding },
            _ => finding,
        };
        (known.findings, known.verdict) = (findings.map(name).collect(), Verdict::Warning);
        let line = line(&[judge(&service, &known, None, None, now())], &Runs::default(), &RESUME).1;
        assert_eq!(line.matches("nobody follows it").count(), 1, "{line}");
        let next = "; follow it to its end; next: lifeboat --arm region orders-db --follow | ";
        assert!(line.contains(next), "{line}");
        line.split(" (last seen").next().unwrap_or_default().to_owned()
    };
    let left = "copying orders-db to north was asked for at 11:30:00Z and nobody follows it";
    assert_eq!(told(0, 0), format!("LIFEBOAT WARNING - orders-db: {left}"));
    assert_eq!(told(1, 0), format!("LIFEBOAT WARNING - orders-db: copy 0 is paused; {left}"));
    assert_eq!(
        told(2, 1),
        format!("LIFEBOAT WARNING - orders-db: copy 0 is paused (+2 more: see status); {left}")
    );
}

#[test]
fn words_from_a_source_cannot_break_the_line() {
    assert_eq!(plain("a|b\nc"), "a b c");
}

#[test]
fn s16_what_has_no_backups_by_design_is_not_counted_as_recoverable() {
    let service = crate::domain::sample::orders();
    let mut assessment = crate::domain::assess(&service, crate::domain::sample::now(), &UNKNOWN_AFTER.into());
    assessment.verdict = Verdict::Exempt;
    let one = judge(&service, &assessment, None, None, crate::domain::sample::now());
    let (state, line) = line(&[one], &Runs::default(), &RESUME);
    assert_eq!(state, State::Ok);
    assert!(line.contains("0 of 0 services recoverable there, 1 without backups by design"), "{line}");
    assert!(!line.contains('|'), "no loss is judged, which is not to be unknown: {line}");
}

#[test]
fn s3_where_nothing_can_be_restored_there_all_is_lost_and_that_is_not_unknown() {
    let (lost, now) =
        (Service { secondary: None, ..crate::domain::sample::orders() }, crate::domain::sample::now());
    let never_read = Service { primary: None, ..lost.clone() };
    for (service, state, at_least) in
        [(&lost, State::Critical, Some(1_243_950)), (&never_read, State::Unknown, None)]
    {
        let known = crate::domain::assess(service, now, &UNKNOWN_AFTER.into());
        let (found, line) = line(&[judge(service, &known, None, None, now)], &Runs::default(), &RESUME);
        assert_eq!(found, state, "{line}");
        let told = at_least.map_or_else(|| "U".to_owned(), |least| format!("{least}s"));
        let numbers = format!("'orders-db_loss'=U;900;1800;0 'orders-db_loss_at_least'={told};900;1800;0");
        assert!(line.contains(&numbers) && line.ends_with("_at_most'=U;900;1800;0"), "{line}");
        let json = serde_json::to_value(crate::domain::StatusDoc::new(now, [(service, &known)])).unwrap();
        let written = ["loss_s", "loss_at_least_s", "loss_at_most_s", "loss_is_all"]
            .map(|key| json["services"][0][key].clone());
        let least = serde_json::json!(at_least);
        let wanted = [serde_json::Value::Null, least, serde_json::Value::Null, at_least.is_some().into()];
        assert_eq!(written, wanted, "all is told from unknown, and by the same number");
    }
}

#[test]
fn s5_every_line_has_the_same_numbers_and_each_says_by_its_name_what_it_is() {
    use LossIs::{About, AtLeast, AtMost, Exact};
    let (amount, least) = (Some(Duration::from_millis(251_500)), Some(Duration::from_millis(34_900)));
    for (amount, is, least, intact, [exact, at_least, at_most]) in [
        (amount, Exact, None, false, ["252s", "251s", "252s"]),
        (amount, AtLeast, None, false, ["U", "251s", "U"]),
        (amount, AtMost, None, false, ["U", "U", "252s"]),
        (amount, AtMost, least, false, ["U", "34s", "252s"]),
        (amount, About, None, false, ["U", "U", "U"]),
        (amount, About, least, false, ["U", "34s", "U"]),
        (amount, AtMost, None, true, ["U", "U", "U"]),
        (None, Exact, None, false, ["U", "U", "U"]),
    ] {
        let (service, now) = (crate::domain::sample::orders(), crate::domain::sample::now());
        let mut assessment = crate::domain::assess(&service, now, &UNKNOWN_AFTER.into());
        let loss = &mut assessment.loss;
        (loss.amount, loss.is, loss.at_least, loss.if_copy_intact) = (amount, is, least, intact);
        let json =
            serde_json::to_value(crate::domain::StatusDoc::new(now, [(&service, &assessment)])).unwrap();
        let written = &json["services"][0];
        for (key, number) in [("loss_at_least_s", at_least), ("loss_at_most_s", at_most)] {
            let told = written[key].as_u64().map_or_else(|| "U".to_owned(), |told| format!("{told}s"));
            assert!(intact || told == number, "{key} {told}: the document says the same");
        }
        assert_eq!(written["loss_is_all"], false);
        let (_, line) = line(&[judge(&service, &assessment, None, None, now)], &Runs::default(), &RESUME);
        let numbers = format!(
            " | 'orders-db_loss'={exact};900;1800;0 'orders-db_loss_at_least'={at_least};900;1800;0 \
             'orders-db_loss_at_most'={at_most};900;1800;0"
        );
        assert!(line.ends_with(&numbers), "{line}");
    }
}

#[test]
fn s3_a_line_says_when_the_beginning_of_what_is_unknown_cannot_be_kept() {
    use crate::domain::sample::{now, orders};
    let (unread, mut known) = (orders(), crate::domain::assess(&orders(), now(), &UNKNOWN_AFTER.into()));
    let told = |known: &Assessment| {
        let mut one = judge(&unread, known, Some(now()), None, now());
        one.not_remembered(&std::io::Error::other("/var/lib/lifeboat: permission denied"));
        line(&[one], &Runs::default(), &RESUME).1
    };
    assert!(!told(&known).contains("cannot be kept"), "what is known needs no memory");
    known.verdict = Verdict::Unknown;
    let line = told(&known);
    let says =
        "not known; since when cannot be kept for the next check: /var/lib/lifeboat: permission denied";
    assert!(line.contains(says), "{line}");
}

#[test]
fn s34_a_worse_finding_does_not_hide_that_nothing_can_be_read() {
    use crate::domain::sample::{now, orders};
    use crate::domain::{Outcome, assess};
    let with = |outcome, as_of_s: i64| {
        let mut service = orders();
        let there = service.secondary.as_mut().unwrap();
        there.attempt.outcome = outcome;
        there.last_good.as_mut().unwrap().as_of = now() - chrono::TimeDelta::seconds(as_of_s);
        service
    };
    let services = [with(Outcome::Unreachable, 60), with(Outcome::Unreachable, 60), with(Outcome::Ok, 0)];
    let known = services.clone().map(|service| assess(&service, now(), &UNKNOWN_AFTER.into()));
    let all = |unknown_since: i64| -> Vec<Judged<'_>> {
        let since = [unknown_since, 60, 60].map(|s| Some(now() - chrono::TimeDelta::seconds(s)));
        let each = services.iter().zip(&known).zip(since);
        each.map(|((service, known), since)| judge(service, known, since, None, now())).collect()
    };
    let (state, critical) = line(&all(3600), &Runs::default(), &RESUME);
    assert_eq!(state, State::Critical);
    let counts = "LIFEBOAT CRITICAL - 1 critical, 1 unknown, 1 ok; orders-db: ";
    assert!(critical.starts_with(counts), "{critical}");
    assert!(critical.contains("; not read: east unreachable | "), "{critical}");
    let (state, unknown) = line(&all(60), &Runs::default(), &RESUME);
    assert_eq!(state, State::Unknown);
    assert!(unknown.starts_with("LIFEBOAT UNKNOWN - 2 unknown, 1 ok; orders-db: "), "{unknown}");
    assert!(unknown.contains("; loss <=5m if the copy is intact | "), "the bound that holds then: {unknown}");
}

#[test]
fn s3_past_runs_that_were_not_read_are_no_part_of_ok() {
    use crate::domain::assess;
    use crate::domain::sample::{now, orders};
    let service = orders();
    let known = assess(&service, now(), &UNKNOWN_AFTER.into());
    for (found, is_clients, told) in [
        (State::Ok, true, State::Unknown),
        (State::Warning, true, State::Unknown),
        (State::Critical, true, State::Critical),
        // A drill moves no clients: what it left is not known, and that is no part of ok either.
        (State::Ok, false, State::Warning),
        (State::Unknown, false, State::Unknown),
    ] {
        let one = Judged { state: found, ..judge(&service, &known, None, None, now()) };
        let [what, why] = ["3 runs not read, so it is not known", "inc-1 in time"].map(str::to_owned);
        let runs = Runs { unread: Some(Unread { what, why, is_clients }), ..Runs::default() };
        let (state, line) = line(&[one], &runs, &RESUME);
        assert_eq!(state, told, "{line}");
        assert!(line.starts_with(&format!("LIFEBOAT {} - ", told.word())), "{line}");
        assert!(line.contains("; 3 runs not read, so it is not known: inc-1 in time | "), "{line}");
    }
}

#[test]
fn nothing_to_judge_is_unknown() {
    let (state, line) = line(&[], &Runs::default(), &RESUME);
    assert_eq!((state, line.as_str()), (State::Unknown, "LIFEBOAT UNKNOWN - no service to judge"));
}

#[test]
fn s3_a_source_that_never_listed_anything_is_unknown_beside_services_that_are_fine_and_in_time_critical() {
    use crate::domain::assess;
    use crate::domain::sample::{now, orders};
    let service = orders();
    let known = assess(&service, now(), &UNKNOWN_AFTER.into());
    let why = "aiven-demo: HTTP 404: not found";
    let told = |found: Option<State>, ago: u64, unknown_after: Option<u64>| {
        let since = now() - chrono::TimeDelta::from_std(Duration::from_mins(ago)).unwrap();
        let unlisted = Unlisted::judge(why, since, unknown_after.map(Duration::from_mins), now());
        let of = |state| Judged { state, ..judge(&service, &known, None, None, now()) };
        let all: Vec<_> = found.into_iter().map(of).collect();
        line(&all, &Runs { unlisted: Some(unlisted), ..Runs::default() }, &RESUME)
    };
    for (found, ago, unknown_after, state, says) in [
        (State::Ok, 0, None, State::Unknown, "not read: "),
        (State::Warning, 0, None, State::Unknown, "not read: "),
        (State::Critical, 0, None, State::Critical, "not read: "),
        (State::Ok, 30, None, State::Unknown, "not read: "),
        (State::Ok, 31, None, State::Critical, "not read for 31m: "),
        (State::Ok, 6, Some(5), State::Critical, "not read for 6m: "),
    ] {
        let (worst, line) = told(Some(found), ago, unknown_after);
        assert_eq!(worst, state, "{line}");
        assert!(line.starts_with(&format!("LIFEBOAT {} - ", state.word())), "{line}");
        assert!(line.contains(&format!("; {says}{why} | ")), "{line}");
    }
    let (state, line) = told(None, 0, None);
    assert_eq!(line, format!("LIFEBOAT UNKNOWN - no service to judge; not read: {why}"));
    assert_eq!((state, told(None, 31, None).0), (State::Unknown, State::Critical));
}
