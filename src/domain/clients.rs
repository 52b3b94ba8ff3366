//! Where the clients of a service are, once an incident moved them.

mod shown;

pub use shown::ShownBackups;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fork::{Address, Protection};
use super::life::BadWord;
use super::{
    Assessment, Ground, LossBasis, LossInstant, Role, Service, ServiceId, Timestamp, Word, WordIs, words,
};

/// Clients were moved to a fork and have not left it: what is known of the service is of one that they left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientsMoved {
    /// By this run.
    pub run: String,
    /// To this fork.
    pub fork: String,
    /// When.
    pub at: Timestamp,
    /// From when on at the earliest they can have written nothing to what they left; `None` where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_earliest: Option<Timestamp>,
    /// From when on at the latest: until the move they wrote nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_since: Option<Timestamp>,
    /// The source that made the fork.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Where clients reach it, as its provider told when it was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// What the run last saw of the fork's own backups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
    /// When it saw that. As long as it looks on, and sees it, it is so by now, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection_at: Option<Timestamp>,
    /// Why its last look saw nothing of them, where it did not: what it saw before may not be so now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection_unseen: Option<String>,
    /// Whether the run still looks: it is driven, and not past its looks.
    #[serde(skip)]
    pub is_looked_after: bool,
    /// The service on the board that is this fork, where the config names it as one.
    #[serde(skip)]
    pub watched_as: Option<ServiceId>,
    /// What the copies of that service show of its backups.
    #[serde(skip)]
    pub shown: Option<ShownBackups>,
    /// How its provider lists it, as far as it was asked.
    #[serde(skip)]
    pub listed: Option<ListedFork>,
}

/// A fork with our mark as its provider lists it. Never a row (S33).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFork {
    /// The run it belongs to.
    pub run: String,
    /// The provider's own word for its state.
    pub state: Option<String>,
    /// When it was listed so.
    pub as_of: Timestamp,
}

impl ClientsMoved {
    /// What a restore of the service that they left does not bring.
    pub fn lacks(&self) -> String {
        let (fork, run, at) = (&self.fork, &self.run, words::instant(self.at));
        format!(
            "clients were moved to {fork} by {run} at {at}: what was written there since is not in this copy"
        )
    }

    /// The fork, and where clients reach it.
    pub fn fork_at(&self) -> String {
        self.address.as_ref().map_or_else(
            || self.fork.clone(),
            |Address { host, port, .. }| format!("{} ({host}:{port})", self.fork),
        )
    }

    /// By which run clients were moved, and where they reach the fork.
    pub fn by(&self) -> String {
        let Some(Address { host, port, .. }) = &self.address else { return format!("moved by {}", self.run) };
        format!("moved by {}, reached at {host}:{port}", self.run)
    }

    /// Whether anybody watches it here, and what is known of it besides: its own backups as that service shows them; its
    /// state as listed, and its own backups as its run last saw them.
    pub fn watch(&self, listed: Option<&ListedFork>, now: Timestamp) -> String {
        if let Some(row) = &self.watched_as {
            let shown = self.shown.as_ref().map(|shown| format!(", {}", shown.in_words(now)));
            return format!("watched here as {row}{}", shown.unwrap_or_default());
        }
        // What somebody must act on comes first: that is what stays where there is little room.
        let listed = listed.or(self.listed.as_ref()).and_then(|listed| {
            Some(format!(", listed {} {} ago", listed.state.as_ref()?, words::age_of(listed.as_of, now)))
        });
        let unseen = self.protection_unseen.as_ref();
        let seen = self.protection.as_ref();
        let seen =
            seen.map(|seen| format!("; {}: {}", self.seen_by_its_run(now), seen.told_in_brief(unseen)));
        format!(
            "NOT WATCHED here, nor are its copies{}{}",
            listed.unwrap_or_default(),
            seen.unwrap_or_default()
        )
    }

    /// Since when its run sees what it says of its backups, or how long ago it did: nobody may look by now.
    fn seen_by_its_run(&self, now: Timestamp) -> String {
        let seen = self.protection_at.map(|at| (words::newest(at, now), words::age_of(at, now)));
        match seen {
            None if self.is_looked_after && self.protection_unseen.is_some() => {
                "its run looks on, and saw nothing yet of its backups".to_owned()
            }
            Some((at, age)) if self.is_looked_after && self.protection_unseen.is_some() => {
                format!("its run looks on, and last saw at {at}, {age} ago")
            }
            Some((at, _)) if self.is_looked_after => format!("its run looks on, and since {at} sees"),
            Some((at, age)) => format!("its run last saw at {at}, {age} ago, and nobody looks now"),
            None => "its run last saw, when is not known, and nobody looks now".to_owned(),
        }
    }

    /// The service on the board that is this fork, where the config names it as one.
    pub fn row_among<'a>(&self, services: impl IntoIterator<Item = &'a Service>) -> Option<ServiceId> {
        let is_read_there = |service: &&Service| {
            if let Some(named) = &service.named {
                return named.roles_of(self).next().is_some();
            }
            let mut copies = [&service.primary, &service.secondary].into_iter().flatten();
            service.remote == self.fork && copies.any(|copy| copy.source == self.source)
        };
        services.into_iter().find(is_read_there).map(|service| service.id.clone())
    }

    /// Whether the config reads the service itself where the fork is: what its clients left is then no row any more.
    pub fn has_become(&self, service: &Service) -> bool {
        let named = service.named.as_ref();
        named.is_some_and(|named| named.roles_of(self).any(|role| role == Role::Primary))
    }

    /// What an answer at the address of the old primary means, once clients use the fork: a name may lead to that by
    /// then.
    pub fn either(answers: &str) -> String {
        format!(
            "{answers}: the old primary, or the fork if that address leads to it now; find out which before anything \
             is shut off; if it is the old primary, both may take writes"
        )
    }

    /// What stays unknown until a person says it: nothing that is watched here tells of the fork.
    pub fn unstated(&self) -> String {
        format!("when {} stopped is not known", self.fork)
    }

    /// For how long at least and at most clients could write nowhere between two instants: from the outage before to
    /// the move. What was never written is not lost (S5), so that a loss over that span is less by as much.
    pub fn nobody_wrote(&self, from: Timestamp, until: Timestamp) -> (Duration, Duration) {
        let since = |down: Timestamp| (until.min(self.at) - down.max(from)).to_std().unwrap_or_default();
        let least = self.down_since.map_or(Duration::ZERO, since);
        (least, since(self.down_earliest.unwrap_or(from)).max(least))
    }

    /// The same in words, of a loss that is counted over that span.
    pub fn left_out(&self, from: Timestamp, until: Timestamp) -> Option<String> {
        let (least, most) = self.nobody_wrote(from, until);
        if most.is_zero() {
            return None;
        }
        let (at, down) = (words::instant(self.at), self.down_since.filter(|_| !least.is_zero()));
        let down = down.map(|down| words::instant(down.max(from)));
        Some(match (self.down_earliest, down) {
            (Some(_), Some(down)) if least == most => format!(
                "without the {} between the outage before, {down}, and the move at {at}: nobody wrote then",
                words::to_the_second(most)
            ),
            (earliest, down) => {
                let by = down.map(|down| format!(", by {down} at the latest")).unwrap_or_default();
                format!(
                    "since when the service that they left was down before the move at {at} is not known{}{by}: from \
                     {} on they may have written nothing",
                    if by.is_empty() { "" } else { " exactly" },
                    words::instant(earliest.unwrap_or(from).max(from))
                )
            }
        })
    }

    /// What the loss of the service that they left leaves out, in words.
    pub fn left_out_of(&self, known: &Assessment) -> Option<String> {
        let newest = known.secondary.as_ref()?.newest?;
        let until = match known.loss.basis {
            LossBasis::Now => return None,
            LossBasis::LossInstant { at, latest } => latest.unwrap_or(at),
            LossBasis::Moved { at } => at,
        };
        self.left_out(self.lost_from(newest), until)
    }

    /// From when what clients write is lost: a person's word on when the fork stopped. Without one it is only known
    /// that it stopped after the move; what the old primary does says nothing of it (S5).
    pub fn lost_at(&self, words: &[Word]) -> LossInstant {
        let stopped = words.iter().find(|word| word.is != WordIs::Shut && word.at >= self.at);
        stopped.map_or_else(
            || LossInstant {
                earliest: Some(self.at),
                latest: self.at,
                ground: Ground::Moved { fork: self.fork.clone() },
            },
            LossInstant::stated,
        )
    }

    /// From when what clients wrote is lost by a restore of the service that they left: what its copy took in after
    /// the move is not theirs.
    pub fn lost_from(&self, newest: Timestamp) -> Timestamp {
        newest.min(self.at)
    }

    /// Whether a person's word on when the fork stopped can be true.
    ///
    /// # Errors
    /// [`BadWord`] when clients did not use it yet.
    pub fn check_word(&self, what: &'static str, at: Timestamp) -> Result<(), BadWord> {
        if at >= self.at {
            return Ok(());
        }
        Err(BadWord::BeforeMove { what, at, fork: self.fork.clone(), moved_at: self.at })
    }
}

#[cfg(test)]
mod tests;
