//! What becomes of a fork that is a service by now: backups of its own, and copies of them elsewhere.

use serde::{Deserialize, Serialize};

/// Whether a fork is protected by backups of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// Its own first backup; `None` unknown.
    pub own_backup: Option<bool>,
    /// Its own copy in another region; `None` unknown.
    pub secondary_copy: Option<bool>,
    /// Whether what is missing cannot come, or cannot be seen, without a person: waiting ends nothing.
    #[serde(default)]
    pub needs_person: bool,
    /// Where its backups are set to be copied to.
    #[serde(default)]
    pub copying: CopiedTo,
    /// Whether it is protected against termination; `None` unknown, or its provider knows no such thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shielded: Option<bool>,
    /// The fact, in a sentence.
    pub text: String,
}

/// Where the backups of a fork are set to be copied to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", content = "region", rename_all = "snake_case")]
pub enum CopiedTo {
    /// Its provider has no such setting, or does not show it.
    #[default]
    NotShown,
    /// Nowhere: waiting brings no copy.
    Nowhere,
    /// A region.
    Region(String),
}

impl CopiedTo {
    /// As a setting tells it: `None` not known, `Some(None)` nowhere.
    pub fn of(setting: Option<&Option<String>>) -> Self {
        match setting {
            None => Self::NotShown,
            Some(None) => Self::Nowhere,
            Some(Some(region)) => Self::Region(region.clone()),
        }
    }

    /// Where backups are copied to, in words.
    pub fn in_words(&self) -> String {
        match self {
            Self::NotShown => "where backups are copied to is not known".to_owned(),
            Self::Nowhere => "backups are copied nowhere".to_owned(),
            Self::Region(region) => format!("backups are copied to {region}"),
        }
    }
}

impl Protection {
    /// A look that saw nothing of its backups.
    pub const fn cannot_tell(text: String) -> Self {
        let (own_backup, secondary_copy, copying) = (None, None, CopiedTo::NotShown);
        Self { own_backup, secondary_copy, needs_person: false, copying, shielded: None, text }
    }

    /// What is known after this look: what it did not see is taken away from nothing that was seen before, nor is the
    /// sentence on that by one that saw nothing (S2).
    #[must_use]
    pub fn after(&self, before: Option<&Self>) -> Self {
        let Some(before) = before else { return self.clone() };
        let is_shown = self.copying != CopiedTo::NotShown;
        Self {
            own_backup: self.own_backup.or(before.own_backup),
            secondary_copy: self.secondary_copy.or(before.secondary_copy),
            needs_person: if is_shown { self.needs_person } else { self.needs_person || before.needs_person },
            copying: if is_shown { self.copying.clone() } else { before.copying.clone() },
            shielded: self.shielded.or(before.shielded),
            text: if self.saw_any() { self.text.clone() } else { before.text.clone() },
        }
    }

    /// Whether this look saw anything of its backups.
    pub fn saw_any(&self) -> bool {
        self.own_backup.is_some() || self.secondary_copy.is_some() || self.copying != CopiedTo::NotShown
    }

    /// Why this look saw nothing of its backups; `None` where it saw anything.
    pub fn unseen(&self) -> Option<String> {
        (!self.saw_any()).then(|| self.text.clone())
    }

    /// The fact, and beside it why the last look saw nothing of it, where it did not.
    pub fn told(&self, unseen: Option<&String>) -> String {
        let unseen = unseen.filter(|_| self.saw_any());
        let unseen = unseen.map(|why| format!("; the last look saw nothing of it: {why}"));
        format!("{}{}", self.text, unseen.unwrap_or_default())
    }

    /// The same without the command that brings what is missing, and what comes after that.
    pub fn told_in_brief(&self, unseen: Option<&String>) -> String {
        let fact = self.text.split(": `").next().unwrap_or_default().to_owned();
        Self { text: fact, ..self.clone() }.told(unseen)
    }

    /// Whether it has both.
    pub fn is_whole(&self) -> bool {
        self.own_backup == Some(true) && self.secondary_copy == Some(true)
    }
}
