//! Whose clock is off (R09, S25): told by how the sources' clocks compare with each other.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;

use super::{Timestamp, words};

/// Clocks that are no further apart agree; one that is further off is worth a warning (R09, S15).
pub const AGREE: TimeDelta = TimeDelta::seconds(60);
/// The same in seconds.
pub const AGREE_S: u64 = AGREE.num_seconds().unsigned_abs();
/// A clock so far off is asked about before anything is timed by it, seconds (S25).
pub const ASKS_S: u64 = 300;

/// So long after it was last seen, how far a clock was off tells no more of it: it may have been set since.
pub const HOLDS_FOR: TimeDelta = TimeDelta::minutes(10);

/// How far a source's clock is off, as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skew {
    /// This host's clock minus the source's, seconds.
    pub secs: i64,
    /// When that was seen.
    pub at: Timestamp,
}

impl Skew {
    /// The same, while it still says something at `now`.
    pub fn at(self, now: Timestamp) -> Option<Self> {
        ((now - self.at).abs() <= HOLDS_FOR).then_some(self)
    }
}

/// A clock that is off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockOff {
    /// This host's clock minus the source's, seconds; the largest by size.
    pub skew_s: i64,
    /// The source it was seen at.
    pub source: String,
    /// Whose clock is wrong.
    pub whose: Whose,
}

/// Whose clock is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// This host's: these sources agree with each other and not with it.
    ThisHost(Vec<String>),
    /// The source's: these agree with this host.
    Source(Vec<String>),
    /// Nobody else shows a clock, or they contradict each other.
    Unclear,
}

/// The clock that is worst off among those that sources show: this host's minus theirs, in seconds.
/// `None` when none is off by more than [`AGREE_S`].
pub fn clock_off(skews: &BTreeMap<String, i64>) -> Option<ClockOff> {
    let (source, &worst) = skews.iter().max_by_key(|(_, skew)| skew.unsigned_abs())?;
    if worst.unsigned_abs() <= AGREE_S {
        return None;
    }
    let others = |near: i64| -> Vec<String> {
        let others = skews.iter().filter(|(other, _)| *other != source);
        others.filter(|(_, skew)| skew.abs_diff(near) <= AGREE_S).map(|(name, _)| name.clone()).collect()
    };
    let (with_it, with_us) = (others(worst), others(0));
    let whose = match (with_it.is_empty(), with_us.is_empty()) {
        (false, true) => Whose::ThisHost(std::iter::once(source.clone()).chain(with_it).collect()),
        (true, false) => Whose::Source(with_us),
        _ => Whose::Unclear,
    };
    Some(ClockOff { skew_s: worst, source: source.clone(), whose })
}

impl ClockOff {
    /// Whether a person is asked before anything is timed by it.
    pub const fn blocks(&self) -> bool {
        self.skew_s.unsigned_abs() > ASKS_S
    }

    /// A sentence: which clock, by how much, how that is known.
    pub fn text(&self) -> String {
        let (off, source) = (words::exact(Duration::from_secs(self.skew_s.unsigned_abs())), &self.source);
        let (ours, theirs) = if self.skew_s > 0 { ("ahead of", "behind") } else { ("behind", "ahead of") };
        match &self.whose {
            Whose::ThisHost(agree) => format!(
                "this host's clock is wrong, {off} {ours} {}, which agree with each other",
                agree.join(" and ")
            ),
            Whose::Source(agree) => format!(
                "the clock of {source} is wrong, {off} {theirs} this host's, with which {} agrees",
                agree.join(" and ")
            ),
            Whose::Unclear => format!(
                "this host's clock is {off} {ours} that of {source}, and no other source tells whose is wrong"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn off(skews: &[(&str, i64)]) -> Option<ClockOff> {
        clock_off(&skews.iter().map(|(name, skew)| ((*name).to_owned(), *skew)).collect())
    }

    #[test]
    fn s25_two_sources_that_agree_say_that_it_is_this_host() {
        let known = off(&[("east", 412), ("west", 400)]).unwrap();
        assert!(known.blocks());
        assert_eq!(
            known.text(),
            "this host's clock is wrong, 6m 52s ahead of east and west, which agree with each other"
        );
    }

    #[test]
    fn s25_a_source_that_stands_alone_is_the_one_that_is_off() {
        let known = off(&[("east", -412), ("west", 1)]).unwrap();
        assert_eq!(known.whose, Whose::Source(vec!["west".to_owned()]));
        assert_eq!(
            known.text(),
            "the clock of east is wrong, 6m 52s ahead of this host's, with which west agrees"
        );
    }

    #[test]
    fn s25_one_clock_or_a_contradiction_tells_nothing_of_whose() {
        assert_eq!(off(&[("east", 412)]).unwrap().whose, Whose::Unclear);
        assert_eq!(off(&[("a", 412), ("b", 400), ("c", 0)]).unwrap().whose, Whose::Unclear);
        assert_eq!(off(&[("a", 412), ("b", -412)]).unwrap().whose, Whose::Unclear);
    }

    #[test]
    fn s25_only_more_than_five_minutes_asks() {
        for (skew, wanted) in
            [(0, None), (60, None), (-61, Some(false)), (300, Some(false)), (301, Some(true))]
        {
            assert_eq!(off(&[("east", skew)]).map(|off| off.blocks()), wanted, "{skew}");
        }
        assert_eq!(clock_off(&BTreeMap::new()), None);
    }
}
