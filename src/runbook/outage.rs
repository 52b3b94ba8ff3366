//! Since when what a run recovers is down (S23): by a person's word, or at some time between the last sign of life
//! and the first silence of the probe. What was switched off before is not down, but as it is to be.

use super::RunState;
use crate::domain::{Ground, Life, LossIs, Timestamp, WordIs, WrittenBy, words};

/// From when to when what a run recovers can have gone down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The earliest; `None` when nothing is known before the first silence.
    pub earliest: Option<Timestamp>,
    /// The latest.
    pub latest: Timestamp,
    /// On what that rests; `None` in a drill, which simulates it.
    pub ground: Option<Ground>,
}

impl Outage {
    const fn at(at: Timestamp, ground: Option<Ground>) -> Self {
        Self { earliest: Some(at), latest: at, ground }
    }

    /// As it is seen: at some time between the last sign of life, or the last word that it is switched off, and the
    /// silence of the probe. `None` where nothing says that it is down.
    pub fn seen(life: &Life) -> Option<Self> {
        let since = life.down_by()?;
        Some(match life.up_until() {
            None => Self { earliest: None, latest: since, ground: Some(Ground::Silence) },
            // Clocks may differ by as much as the proof lies after the silence.
            Some((at, ground)) => {
                Self { earliest: Some(at.min(since)), latest: at.max(since), ground: Some(ground) }
            }
        })
    }

    /// Since when, in words: one instant, or both ends of a range.
    pub fn since(&self, now: Timestamp) -> String {
        let earliest = self.from().map(|earliest| format!("{}..", words::newest(earliest, now)));
        format!("{}{}", earliest.unwrap_or_default(), words::newest(self.latest, now))
    }

    /// What a time says that is counted from its earlier end, or from the later one where that is all there is.
    pub fn is(&self) -> LossIs {
        match self.earliest {
            None => LossIs::AtLeast,
            Some(earliest) if earliest == self.latest => LossIs::Exact,
            Some(_) => LossIs::AtMost,
        }
    }

    /// The earlier end, where it is a range.
    pub fn from(&self) -> Option<Timestamp> {
        self.earliest.filter(|earliest| *earliest < self.latest)
    }
}

/// The outage that a run recovers from, where it is known; in a drill the simulated loss instant.
pub fn outage(state: &RunState) -> Option<Outage> {
    let declaration = state.declaration.as_ref().map(|(_, declaration)| declaration);
    let stated = declaration.and_then(|declaration| Some((declaration.down_since?, &declaration.by)));
    if state.is_drill() {
        return stated.map(|(at, _)| at).or(state.simulated_loss).map(|at| Outage::at(at, None));
    }
    if let Some((at, who)) = stated {
        return Some(Outage::at(at, Some(Ground::Word { what: WordIs::DownSince, who: who.clone() })));
    }
    // What clients left says nothing of what they use.
    if state.left_for().is_some() { None } else { Outage::seen(&state.life_before()) }
}

/// Whether the primary lived on after an incident's outage: when that was usable again is not known then. What clients
/// left says nothing of what they use.
pub(super) fn lived_on(state: &RunState) -> bool {
    let declared = state.declaration.as_ref().map(|(at, _)| *at);
    let down = outage(state).map(|outage| outage.latest).or(declared);
    let lived = down.is_some_and(|down| state.fence.life.lived_after(down));
    lived && !state.is_drill() && state.left_for().is_none()
}

/// From when on at the earliest, and at the latest, clients of a run can have written nothing until it moved them: since
/// the outage, and since the loss instant, which signs of life may have put later. `None` = not known.
pub fn wrote_nowhere_from(state: &RunState) -> (Option<Timestamp>, Option<Timestamp>) {
    let lost = state.lost_at(state.life_with(Life::default()));
    let lost = lost.filter(|lost| !matches!(lost.ground, Ground::Moved { .. }));
    let ends = [
        lost.map(|lost| (lost.earliest, lost.latest)),
        outage(state).map(|outage| (outage.earliest, outage.latest)),
    ];
    let ends = || ends.into_iter().flatten();
    // Of two, `None` is the lesser: where one does not know how early it was, nobody does.
    let earliest = ends().map(|(earliest, _)| earliest).min().flatten();
    // Whoever says that it was down before is refuted by what was written.
    let earliest = earliest.map(|earliest| last_write(state).map_or(earliest, |wrote| wrote.max(earliest)));
    (earliest, ends().map(|(_, latest)| latest).chain(state.fence.may_have_lived).max())
}

/// The newest write of clients that the copies show, before these were moved. That the log was stored shows none, and
/// what the primary wrote that they had left before shows nothing of their fork.
fn last_write(state: &RunState) -> Option<Timestamp> {
    let life = state.left_for().is_none().then_some(state.fence.life)?;
    let before = state.cut_over_at.map_or(life, |moved| life.until(moved));
    before.written.filter(|it| matches!(it.by, WrittenBy::Commit | WrittenBy::Data)).map(|it| it.at)
}
