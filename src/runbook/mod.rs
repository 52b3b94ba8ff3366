//! The run as a state machine, rebuilt by replaying its journal. Pure: no I/O, no clock.
//!
//! ```text
//!   Input (command, answer, tick) ──decide──> Events ──journal──> apply ──> RunState
//!        ^                                                                    │
//!        └───────────────── executor <──────────── Effects <──effects─────────┘
//! ```
//!
//! [`decide()`] looks at the state and says what happened; it changes nothing. [`RunState::apply`]
//! takes one stored fact in. [`effects()`] says what the world must be asked now: it follows from the
//! state alone, so that a run that was killed anywhere goes on from its journal.

pub mod attempt;
pub mod author;
pub mod clocks;
pub mod conclude;
pub mod conclusion;
pub mod criteria;
pub mod decide;
pub mod effect;
pub mod effects;
pub mod event;
pub mod fence;
pub mod input;
mod live;
mod measured;
pub mod names;
pub mod need;
pub mod now_line;
pub mod opening;
mod outage;
pub mod plan;
mod put_down;
pub mod removable;
mod rows;
pub mod state;
mod step_state;
mod unseen;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

mod apply;

pub use attempt::{Asked, Attempt, ForkStanding, UNANSWERED};
pub use author::{Author, Record};
pub use clocks::{Clocks, Rests, clocks, clocks_with};
pub use conclusion::{Conclusion, RunResult};
pub use decide::{decide, refusal, would_take};
pub use effect::{Call, Draft, Effect, Key};
pub use effects::{effects, is_removing};
pub use event::{Declaration, Event, Sending};
pub use fence::{Fence, Fenced, Sight};
pub use input::{Answer, Command, Input, Refused};
pub use live::{Live, Trouble};
pub use measured::{left_out, rpo_measured, rto_measured};
pub use need::{Need, need, wants_region};
pub use now_line::{expected_end, fence_first, if_stuck, not_driven, now_line};
pub use opening::{Before, ClockFacts, JournalPlace, Member, Opening, RtoFrom, WITHOUT_JOURNAL};
pub use outage::{Outage, outage, wrote_nowhere_from};
pub use plan::{In, Plan, RunKind, Step, StepKind, built_in, hex_sha256};
pub use put_down::put_down;
pub use rows::{CUT_SHORT, RowState, StepRow, latest_progress, not_known, rows, something_answers, unprobed};
pub use state::{Note, ReplayError, RunState, WITHOUT_A_POINT, replay};
pub use step_state::{StepState, StepStatus};
pub use unseen::{nothing_known, unseen, waits_until};
