//! Facts and arithmetic: what a copy holds, what could be restored, what would be lost, and how
//! bad that is. Pure: no I/O, no clock; *now* is always an argument. Ids S1.. name the rules.

mod assess;
pub mod assessment;
pub mod check;
mod clients;
pub mod copy;
pub mod engine;
mod estimate;
mod facts;
mod failed_drill;
pub mod fleet;
pub mod fork;
pub mod fork_left;
mod history;
pub mod instant;
mod lag;
pub mod lag_history;
pub mod life;
pub mod liveness;
mod loss;
mod met;
mod named;
pub mod nearest;
pub mod open_change;
pub mod open_run;
pub mod order;
pub mod own_lag;
pub mod points;
pub mod policy;
mod power;
pub mod promise;
pub mod reading;
pub mod region;
pub mod regions;
mod rules;
pub mod service;
pub mod shared;
mod silent_region;
pub mod skew;
pub mod source;
pub mod stale;
pub mod status;
pub mod target;
pub mod terms;
mod unshown;
pub mod window;
pub mod windows;
pub mod words;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

pub use assess::assess;
pub use assessment::{
    Assessment, Compliance, CopyFacts, Finding, Idle, Level, Loss, LossBasis, LossIs, RestoreEstimate, Rule,
    Trailing, Verdict,
};
pub use check::{Check, CheckKind, CheckResult, CheckState, Expectation};
pub use clients::{ClientsMoved, ListedFork, ShownBackups};
pub use copy::{Attempt, CopyState, Outcome, Role};
pub use engine::{Ability, Engine};
pub use estimate::RESTORES_COUNTED;
pub use failed_drill::FailedDrill;
pub use fleet::{Binding, Fleet};
pub use fork::{ReadinessItem, ReadinessState};
pub use fork_left::ForkLeft;
pub use instant::Timestamp;
pub use lag_history::{LagHistory, LagPeriod, LagPoint, LagSeries, LagUnit, NoLagHistory};
pub use life::{BadWord, Ground, Heard, Life, LossInstant, Word, WordIs, Written, WrittenBy};
pub use liveness::{Liveness, PROBE_EVERY, PROBE_WITHIN};
pub use loss::{Bounds, given_up};
pub(crate) use loss::{held_until, is_ahead, whole_until};
pub use met::Met;
pub use named::{Named, Tie};
pub use open_change::OpenChange;
pub use open_run::OpenRun;
pub use own_lag::{LagSample, OwnLag, Strip};
pub use points::{NotPoints, Point, PointColumns, Points};
pub use policy::{Origin, Policy};
pub use power::Power;
pub use promise::Promise;
pub use reading::{
    Branch, LogPosition, LogReach, PointKind, Reading, RecoveryPoint, Replicated, Sign, Usability,
};
pub use region::{
    OtherRegions, RegionChange, RegionEffect, RegionLife, RegionRules, RegionStage, SetOutcome,
};
pub use service::{Service, ServiceFacts, ServiceId};
pub use shared::Shared;
pub use silent_region::SilentRegion;
pub use source::{CopyPart, ServicePart, SourceReport};
pub use stale::StaleAfter;
pub use status::StatusDoc;
pub use target::{PointRefused, Target};
pub use window::{Bound, Edge, Grade, Window};
