//! Where readings come from and where forks are made. One folder is one kind of provider; adding
//! one is a new folder and one line here.
//!
//! [`Catalog`] only reads. [`Forker`] changes the world and is built by consuming an
//! [`Armed`] value, so that without arming no mutating client exists (S18).

mod absences;
pub mod aiven;
pub mod arming;
mod endpoint;
pub mod pgbackrest;
mod skew;

use std::time::Duration;

pub use arming::{Armed, Refusal};
pub use endpoint::Endpoint;
pub use futures_util::future::BoxFuture;
pub(crate) use skew::skew_s;

pub use crate::domain::fork::{
    CallPreview, ForkPoint, ForkRequest, Found, Made, NoPoint, PointHow, PointRefused, Progress,
    ProgressState, Protection, ReadinessItem, ReadinessState, Removal, START_WITHIN, StartOutcome,
};

use crate::domain::{
    LagHistory, LagPeriod, NoLagHistory, Outcome, Reading, RegionChange, RegionEffect, RegionRules,
    RegionStage, Role, SetOutcome, SourceReport, Target,
};

/// The longest a source may ask to be left alone: a wrong `Retry-After` must not blind us for a day.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// A source of readings. Read-only by its shape: no method changes anything anywhere.
pub trait Catalog: Send + Sync + std::fmt::Debug {
    /// The source's name in the config.
    fn source(&self) -> &str;

    /// Reads everything this source knows of its services, within `deadline` of real time. Never
    /// fails as a whole: what went wrong is an outcome of the report or of a part of it.
    fn read(&self, deadline: Duration) -> BoxFuture<'_, SourceReport>;

    /// Takes in what an earlier process read of a copy: some facts are only believed once they were seen
    /// twice (S4).
    fn recall(&self, _known: &Reading) {}

    /// Turns what a person asked for into a point that this copy can be restored to (S11), or says
    /// why not and what is near, or that the copy cannot be read now. Reads only.
    fn resolve<'a>(
        &'a self,
        remote: &'a str,
        role: Role,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<ForkPoint, NoPoint>>;

    /// The same by what was read before, while the copy cannot be read (S2). None where a point must be proven
    /// in the copy itself (S11): only a provider whose word is all there is to a point can repeat it, and holds
    /// it against its own when it is asked for the fork.
    fn resolve_by(
        &self,
        _remote: &str,
        _known: &Reading,
        _role: Role,
        _target: &Target,
    ) -> Option<ForkPoint> {
        None
    }

    /// The exact calls a fork would make, secrets as variables (R31, S36). Makes none.
    fn preview(&self, request: &ForkRequest) -> Vec<CallPreview>;

    /// What [`Forker::check`] looks at before a fork, by name: a dry run, which has no forker, lists them
    /// as not checked (R31).
    fn fork_checks(&self, _drill: bool) -> Vec<&'static str> {
        Vec::new()
    }

    /// The provider's own history of how far the copy of a service trailed: a chart, never a verdict
    /// (S8). Reads only.
    fn lag_history<'a>(
        &'a self,
        remote: &'a str,
        period: LagPeriod,
    ) -> BoxFuture<'a, Result<LagHistory, NoLagHistory>> {
        let why = format!("{} keeps no history of how far the copy of {remote} trailed", self.source());
        let none = NoLagHistory { outcome: Outcome::NotFound, why: format!("{why} ({})", period.as_str()) };
        Box::pin(async move { Err(none) })
    }

    /// The rules of changing the region that backups are copied to, each checked. Reads only.
    fn check_region<'a>(&'a self, change: &'a RegionChange) -> BoxFuture<'a, RegionRules> {
        let item = ReadinessItem {
            check: "type_has_it".to_owned(),
            state: ReadinessState::Fail,
            text: format!("{} has no region to set for {}", self.source(), change.remote),
            host: None,
        };
        Box::pin(async move { RegionRules { items: vec![item], others: None } })
    }

    /// What has come of a change of that region. Reads only.
    fn read_back_region<'a>(&'a self, change: &'a RegionChange) -> BoxFuture<'a, RegionEffect> {
        let text = format!("{} has no region to read of {}", self.source(), change.remote);
        let effect = RegionEffect { stage: RegionStage::CannotTell, first_copy: None, text };
        Box::pin(async move { effect })
    }

    /// The exact calls that [`RegionSetter`] would make, secrets as variables (S36); none where a
    /// source has no such setting. Makes none.
    fn preview_region(&self, _change: &RegionChange) -> Vec<CallPreview> {
        Vec::new()
    }
}

/// Changes the region that a service's backups are copied to. Built only by consuming an [`Armed`].
pub trait RegionSetter: Send + Sync + std::fmt::Debug {
    /// Asks for the change once, after checking its rules again, as [`Catalog::check_region`] does: where one is broken, nothing is sent.
    /// The caller has written its intent durably before (R22).
    fn set<'a>(&'a self, change: &'a RegionChange) -> BoxFuture<'a, SetOutcome>;

    /// What has come of it; to be asked until the first copy is there.
    fn read_back<'a>(&'a self, change: &'a RegionChange) -> BoxFuture<'a, RegionEffect>;
}

/// The longest asking for a removal may take, real time: a server is stopped and a data folder deleted. Then it is
/// asked for again.
pub const REMOVE_LIMIT: Duration = Duration::from_secs(10 * 60);

/// Makes, watches and removes forks. Only `start` and `remove` change anything.
pub trait Forker: Send + Sync + std::fmt::Debug {
    /// Checks what can be checked before a fork: room, names, rights, routes.
    fn check<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Vec<ReadinessItem>>;

    /// Asks for the fork once. The caller has written its intent durably before (S20).
    fn start<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, StartOutcome>;

    /// Looks for a fork of this name and says whose it is.
    fn find<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Found>;

    /// How far the fork is.
    fn progress<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Progress>;

    /// How to reach the finished fork; stays in memory (S27).
    fn endpoint<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Result<Endpoint, String>>;

    /// Whether the fork has backups of its own yet (R35).
    fn protection<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Protection>;

    /// Removes our fork, never a foreign one, and proves it by listing (R34).
    fn remove<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Removal>;
}
