//! Database engines and what a copy of each can do (R13).

use serde::{Deserialize, Serialize};

/// The kind of a service. Providers add kinds over time, so any name is accepted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Engine {
    /// PostgreSQL.
    Pg,
    /// MySQL.
    Mysql,
    /// OpenSearch.
    OpenSearch,
    /// Any other kind, by the provider's own word.
    Other(String),
}

impl Engine {
    /// The stable word for this engine, as in `status --output json`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pg => "pg",
            Self::Mysql => "mysql",
            Self::OpenSearch => "opensearch",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for Engine {
    fn from(name: String) -> Self {
        match name.as_str() {
            "pg" | "postgresql" | "postgres" => Self::Pg,
            "mysql" => Self::Mysql,
            "opensearch" | "elasticsearch" => Self::OpenSearch,
            _ => Self::Other(name),
        }
    }
}

impl From<Engine> for String {
    fn from(engine: Engine) -> Self {
        engine.as_str().to_owned()
    }
}

/// What a copy can be restored to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ability {
    /// Any instant inside its windows (base backups plus log).
    Pitr,
    /// Only the instants of its snapshots.
    Snapshots,
    /// No backups by design: a verdict is `exempt`.
    ByDesignNone,
    /// Not known for this kind of service yet.
    Unread,
}
