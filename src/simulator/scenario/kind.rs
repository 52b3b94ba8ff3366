//! The types of services that the simulator knows, and what each can do (fact sheet, sections 5, 6, 13).

use serde::Deserialize;

/// A type of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// PostgreSQL.
    Pg,
    /// MySQL, whose backups may be chains of a full one and increments.
    Mysql,
    /// OpenSearch.
    Opensearch,
    /// Valkey.
    Valkey,
    /// Redis, now Caching.
    Redis,
    /// Dragonfly.
    Dragonfly,
    /// `ClickHouse`.
    Clickhouse,
    /// Grafana.
    Grafana,
    /// Flink.
    Flink,
    /// Cassandra.
    Cassandra,
    /// M3DB.
    M3db,
    /// M3 Aggregator.
    M3aggregator,
    /// M3 Coordinator.
    M3coordinator,
    /// Kafka.
    Kafka,
    /// Kafka Connect.
    KafkaConnect,
    /// Kafka `MirrorMaker`.
    KafkaMirrormaker,
    /// Thanos.
    Thanos,
    /// An invented type that no client has heard of: providers add some over time.
    Vectordb,
}

/// How a backup is chosen for a fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum ForkBy {
    /// `recovery_target_time`.
    Time,
    /// `recovery_basebackup_name`.
    Name,
    /// This type cannot be forked.
    Never,
}

impl Kind {
    /// Every type.
    pub const ALL: [Self; 18] = [
        Self::Pg,
        Self::Mysql,
        Self::Opensearch,
        Self::Valkey,
        Self::Redis,
        Self::Dragonfly,
        Self::Clickhouse,
        Self::Grafana,
        Self::Flink,
        Self::Cassandra,
        Self::M3db,
        Self::M3aggregator,
        Self::M3coordinator,
        Self::Kafka,
        Self::KafkaConnect,
        Self::KafkaMirrormaker,
        Self::Thanos,
        Self::Vectordb,
    ];

    /// The provider's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pg => "pg",
            Self::Mysql => "mysql",
            Self::Opensearch => "opensearch",
            Self::Valkey => "valkey",
            Self::Redis => "redis",
            Self::Dragonfly => "dragonfly",
            Self::Clickhouse => "clickhouse",
            Self::Grafana => "grafana",
            Self::Flink => "flink",
            Self::Cassandra => "cassandra",
            Self::M3db => "m3db",
            Self::M3aggregator => "m3aggregator",
            Self::M3coordinator => "m3coordinator",
            Self::Kafka => "kafka",
            Self::KafkaConnect => "kafka_connect",
            Self::KafkaMirrormaker => "kafka_mirrormaker",
            Self::Thanos => "thanos",
            Self::Vectordb => "vectordb",
        }
    }

    /// The type of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether any instant can be restored, not only those of its backups.
    pub const fn has_log(self) -> bool {
        matches!(self, Self::Pg | Self::Mysql)
    }

    /// Whether it is ever backed up.
    pub const fn has_backups(self) -> bool {
        !matches!(
            self,
            Self::Kafka
                | Self::KafkaConnect
                | Self::KafkaMirrormaker
                | Self::M3aggregator
                | Self::M3coordinator
                | Self::Thanos
        )
    }

    /// Whether its backups can be copied to another region.
    pub const fn can_be_copied(self) -> bool {
        matches!(self, Self::Pg | Self::Mysql | Self::Opensearch | Self::Valkey | Self::Grafana)
    }

    /// Whether it keeps its data in memory unless told otherwise.
    pub(in crate::simulator) const fn is_in_memory(self) -> bool {
        matches!(self, Self::Valkey | Self::Redis | Self::Dragonfly)
    }

    /// Whether the hour of its backups can be set.
    pub(in crate::simulator) const fn has_backup_hour(self) -> bool {
        matches!(self, Self::Pg | Self::Mysql | Self::Valkey | Self::Clickhouse)
    }

    /// How a backup is chosen for a fork.
    pub(in crate::simulator) const fn fork_by(self) -> ForkBy {
        match self {
            Self::Pg | Self::Mysql => ForkBy::Time,
            Self::Opensearch | Self::Valkey | Self::Grafana | Self::Clickhouse | Self::Dragonfly => {
                ForkBy::Name
            }
            _ => ForkBy::Never,
        }
    }

    /// Those that satisfy a condition, for a message.
    pub(super) fn listed(which: impl Fn(Self) -> bool) -> String {
        let words = Self::ALL.into_iter().filter(|kind| which(*kind)).map(Self::word);
        words.collect::<Vec<_>>().join(", ")
    }
}
