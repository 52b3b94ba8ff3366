//! What the silence of a primary says: since when it is down, and since when it writes nothing. One that is switched
//! off writes nothing, and is not down.

use super::{Ground, Life, Timestamp};

impl Life {
    /// Since when at the latest it is down, by the silence of its probe: one after which it wrote is none. When it was
    /// switched on is not known, so of one that was off only the newest look says that it is down.
    pub fn down_by(&self) -> Option<Timestamp> {
        let present = self.present();
        let silent = match self.off_until() {
            Some(off_until) => present.seen_at().filter(|seen| *seen > off_until),
            None => present.silent_since(),
        };
        silent.filter(|since| !self.lived_after(*since))
    }

    /// Until when it surely was not down, and what says so: the last proof of life, or a later word that it is switched
    /// off.
    pub fn up_until(&self) -> Option<(Timestamp, Ground)> {
        self.off_until().map(|at| (at, Ground::Off)).or_else(|| self.last_proof())
    }

    fn off_until(&self) -> Option<Timestamp> {
        let lived = self.last_proof().map(|(at, _)| at);
        self.liveness.off_until().filter(|off_until| Some(*off_until) > lived)
    }

    /// Since when it writes nothing, by its silence: from the first look on, switched off or not. Where it wrote after
    /// that the probe was wrong then, and it stopped by the last word that it is off. Where nobody looked after that
    /// word for a while, it may have been on and have written until it was looked at again.
    pub(super) fn lifeless_since(&self) -> Option<Timestamp> {
        let present = self.present();
        let is_unseen = |again: &Timestamp| present.off_until().is_some_and(|off_until| off_until < *again);
        let first = present.fell_silent().filter(|since| !self.lived_after(*since));
        present.watched_again().filter(is_unseen).or(first).or(present.silent_since())
    }
}
