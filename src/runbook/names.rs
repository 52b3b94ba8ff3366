//! Names of runs and forks (S19). Randomness is an argument, so that names can be tested.

use super::RunKind;
use crate::domain::Timestamp;

/// How long the name of a fork or of a run may be: a DNS label, which every provider takes, also as a tag.
pub const LONGEST_NAME: usize = 63;

/// The six random characters that tie a run and its forks together, out of 30 random bits.
pub fn token(random: u32) -> String {
    const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    (0..6)
        .filter_map(|place| {
            let digit = usize::try_from((random >> (place * 5)) & 31).ok()?;
            BASE32.get(digit).map(|&byte| char::from(byte))
        })
        .collect()
}

/// `drill-orders-db-20261120-k3q7wd`, the service cut to fit.
pub fn run_id(kind: RunKind, service: &str, at: Timestamp, token: &str) -> String {
    let prefix = match kind {
        RunKind::Drill => "drill",
        RunKind::Incident => "inc",
    };
    let tail = format!("-{}-{token}", at.format("%Y%m%d"));
    let room = LONGEST_NAME.saturating_sub(prefix.len() + 1 + tail.len());
    format!("{prefix}-{}{tail}", cut(&plain(service), room))
}

/// The fork's name of one attempt: `[drill-]<service, cut to fit>-<token>[-n]`, or the name a
/// person gave, with the attempt from the second on.
pub fn fork_name(kind: RunKind, service: &str, token: &str, given: Option<&str>, attempt: u32) -> String {
    let number = if attempt > 1 { format!("-{attempt}") } else { String::new() };
    if let Some(given) = given {
        return format!("{}{number}", cut(given, LONGEST_NAME - number.len()));
    }
    let prefix = match kind {
        RunKind::Drill => "drill-",
        RunKind::Incident => "",
    };
    let tail = format!("-{token}{number}");
    let room = LONGEST_NAME.saturating_sub(prefix.len() + tail.len());
    let service = plain(service);
    let service = cut(&service, room);
    // A name begins with a letter at every provider.
    let service = if prefix.is_empty() && !service.starts_with(|c: char| c.is_ascii_lowercase()) {
        format!("f-{}", cut(service, room.saturating_sub(2)))
    } else {
        service.to_owned()
    };
    format!("{prefix}{service}{tail}")
}

/// Lower case, with `-` for whatever a name may not hold.
fn plain(name: &str) -> String {
    let swapped: String = name
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' })
        .collect();
    swapped.trim_matches('-').to_owned()
}

/// At most `room` bytes of an ASCII name, not ending in a dash.
fn cut(name: &str, room: usize) -> &str {
    name.get(..room.min(name.len())).unwrap_or(name).trim_end_matches('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn s19_run_ids() {
        let at = "2026-11-20T12:44:02Z".parse().unwrap();
        assert_eq!(run_id(RunKind::Drill, "orders-db", at, "k3q7wd"), "drill-orders-db-20261120-k3q7wd");
        assert_eq!(run_id(RunKind::Incident, "pg/Orders", at, "k3q7wd"), "inc-pg-orders-20261120-k3q7wd");
    }

    #[test]
    fn s19_fork_names() {
        let name = |kind, given, attempt| fork_name(kind, "orders-db", "k3q7wd", given, attempt);
        assert_eq!(name(RunKind::Incident, None, 1), "orders-db-k3q7wd");
        assert_eq!(name(RunKind::Drill, None, 1), "drill-orders-db-k3q7wd");
        assert_eq!(name(RunKind::Drill, None, 2), "drill-orders-db-k3q7wd-2");
        assert_eq!(name(RunKind::Incident, Some("orders-dr"), 1), "orders-dr");
        assert_eq!(name(RunKind::Incident, Some("orders-dr"), 3), "orders-dr-3");
        assert_eq!(fork_name(RunKind::Incident, "9lives", "k3q7wd", None, 1), "f-9lives-k3q7wd");
    }

    proptest! {
        #[test]
        fn s19_every_name_fits_and_every_attempt_has_its_own(service in ".{0,90}", random: u32, attempt in 1u32..200) {
            let token = token(random);
            prop_assert_eq!(token.len(), 6);
            for kind in [RunKind::Drill, RunKind::Incident] {
                let run = run_id(kind, &service, "2026-11-20T12:44:02Z".parse().unwrap(), &token);
                prop_assert!(run.len() <= LONGEST_NAME && run.ends_with(&token), "{}", run);
                let name = fork_name(kind, &service, &token, None, attempt);
                prop_assert!(name.len() <= LONGEST_NAME, "{}", name);
                prop_assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{}", name);
                prop_assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", name);
                prop_assert!(name.contains(&token));
                prop_assert_ne!(&name, &fork_name(kind, &service, &token, None, attempt + 1));
            }
        }
    }
}
