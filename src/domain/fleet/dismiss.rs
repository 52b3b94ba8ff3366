//! Services that left their provider's list and were put away by a person, until they are listed again
//! (S33).

use super::super::{Service, ServiceId};
use super::Fleet;

impl Fleet {
    /// Puts away a service that left its provider's list. Says whether there was one; a service that is
    /// still listed stays.
    pub fn dismiss(&mut self, service: &str) -> bool {
        let gone = self.services.get(service).is_some_and(|service| service.gone_since.is_some());
        gone && self.put_away(service)
    }

    /// Puts away a service that was dismissed before this start. Whether it is listed by now is only known
    /// when its source is read.
    pub fn put_away(&mut self, service: &str) -> bool {
        let Some((id, row)) = self.services.remove_entry(service) else { return false };
        self.away.insert(id, row);
        true
    }

    /// The services that are put away, by name.
    pub fn away(&self) -> impl Iterator<Item = (&ServiceId, &Service)> {
        self.away.iter()
    }

    /// Whether there is such a service, shown or put away.
    pub fn knows(&self, service: &str) -> bool {
        self.services.contains_key(service) || self.away.contains_key(service)
    }

    /// Its provider lists it: whatever was dismissed is not this any more.
    pub(super) fn bring_back(&mut self, service: &str) {
        if let Some((id, row)) = self.away.remove_entry(service) {
            self.services.insert(id, row);
        }
    }
}
