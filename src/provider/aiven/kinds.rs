//! What is documented of each kind of service: what its backups can do, whether the provider copies
//! them elsewhere, how a fork is told its point. A kind that is not in the table is judged by what
//! the provider shows of it.

use crate::domain::Ability;

/// Whether the provider copies the backups of a kind to another region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Copying {
    /// Documented.
    Offered,
    /// Some pages say so, others do not.
    Perhaps,
    /// Not, and why.
    Not(&'static str),
    /// Nothing is documented.
    Unknown,
}

/// How a fork of a kind is told its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ForkBy {
    /// By an instant.
    Time,
    /// By the name of a backup.
    Name,
    /// The provider makes no fork, and why.
    Never(&'static str),
    /// Nothing is documented.
    Unknown,
}

/// What a kind can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// What a copy of it can be restored to.
    pub(super) ability: Ability,
    /// Whether its backups are copied elsewhere.
    pub(super) copying: Copying,
    /// How a fork is told its point.
    pub(super) fork: ForkBy,
    /// Whether only what was backed up after copying was switched on is there.
    pub(super) only_after_activation: bool,
}

const NO_SUCH_COPY: Copying = Copying::Not("the provider does not copy this kind");
const DEPRECATED: Copying = Copying::Not("the provider no longer offers it for this kind (deprecated)");
const NO_FORK: ForkBy = ForkBy::Never("the provider makes no forks of this kind of service");
const NOTHING_TO_FORK: ForkBy = ForkBy::Never("this kind of service has no backups to fork from");

const fn kind(ability: Ability, copying: Copying, fork: ForkBy) -> Kind {
    Kind { ability, copying, fork, only_after_activation: false }
}

/// What is known of a kind, by the provider's word.
pub(super) fn of(word: &str) -> Kind {
    use Ability::{ByDesignNone, Pitr, Snapshots, Unread};
    match word {
        "pg" | "mysql" => kind(Pitr, Copying::Offered, ForkBy::Time),
        "opensearch" => {
            Kind { only_after_activation: true, ..kind(Snapshots, Copying::Offered, ForkBy::Name) }
        }
        "valkey" | "grafana" => kind(Snapshots, Copying::Perhaps, ForkBy::Name),
        "clickhouse" => kind(Snapshots, DEPRECATED, ForkBy::Name),
        "dragonfly" => kind(Snapshots, NO_SUCH_COPY, ForkBy::Name),
        "flink" => kind(Snapshots, DEPRECATED, NO_FORK),
        "redis" | "cassandra" | "m3db" => kind(Snapshots, NO_SUCH_COPY, NO_FORK),
        "kafka" | "kafka_connect" | "kafka_mirrormaker" => kind(ByDesignNone, DEPRECATED, NOTHING_TO_FORK),
        "m3aggregator" | "m3coordinator" => kind(ByDesignNone, NO_SUCH_COPY, NOTHING_TO_FORK),
        _ => kind(Unread, Copying::Unknown, ForkBy::Unknown),
    }
}
