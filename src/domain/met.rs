//! Whether an objective is met (S3, S15, S23, S24): one rule for the board, a run's result, its report and every screen.

use std::time::Duration;

use super::LossIs;

/// How an amount stands to its objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// The most that it can be is within.
    Yes,
    /// The least that it can be is beyond.
    No,
    /// What is known of it decides neither.
    NotShown,
}

impl Met {
    /// Judges an amount by what it says of the true one, and by the least of that where it is known apart.
    pub fn of(objective: Duration, amount: Duration, is: LossIs, least: Option<Duration>) -> Self {
        let surely = match is {
            LossIs::Exact | LossIs::AtLeast => Some(amount),
            LossIs::AtMost | LossIs::About => least,
        };
        if surely.is_some_and(|surely| surely > objective) {
            Self::No
        } else if is.bounds_from_above() && amount <= objective {
            Self::Yes
        } else {
            Self::NotShown
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Met;
    use crate::domain::LossIs;

    #[test]
    fn s23_met_when_the_most_is_within_missed_when_the_least_is_beyond_and_else_neither() {
        let table = [
            (60, LossIs::Exact, None, Met::Yes),
            (61, LossIs::Exact, None, Met::No),
            (60, LossIs::AtMost, Some(10), Met::Yes),
            (61, LossIs::AtMost, Some(60), Met::NotShown),
            (99, LossIs::AtMost, Some(61), Met::No),
            (61, LossIs::AtMost, None, Met::NotShown),
            (10, LossIs::AtLeast, None, Met::NotShown),
            (61, LossIs::AtLeast, None, Met::No),
            (10, LossIs::About, None, Met::NotShown),
            (99, LossIs::About, None, Met::NotShown),
            (99, LossIs::About, Some(61), Met::No),
        ];
        for (amount, is, least, met) in table {
            let judged = Met::of(
                Duration::from_secs(60),
                Duration::from_secs(amount),
                is,
                least.map(Duration::from_secs),
            );
            assert_eq!(judged, met, "{amount} {is:?} {least:?}");
        }
    }
}
