//! How many services a scenario begins with, in the words that the dashboard counts by.

use std::fmt;

use super::Scenario;

/// The services of a scenario by what is copied elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Census {
    /// All services.
    pub all: usize,
    /// Backed up, but not copied to another region.
    pub no_copy_there: usize,
    /// Without backups by design.
    pub exempt: usize,
}

impl Scenario {
    /// Counts the services. It is counted, not written in the file, so that it is what clients see.
    pub fn census(&self) -> Census {
        let count = |has_backups| {
            let alone = self.services.iter().filter(|service| service.secondary.is_none());
            alone.filter(|service| service.kind.has_backups() == has_backups).count()
        };
        Census { all: self.services.len(), no_copy_there: count(true), exempt: count(false) }
    }
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { all, no_copy_there, exempt } = self;
        write!(f, "{all} services, {no_copy_there} with no copy there, {exempt} with no backups by design")
    }
}
