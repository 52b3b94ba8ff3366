//! The token of a client: given, or read from where it lies when it is first needed, and again once it was
//! refused: a token of a vault lives as long as its lease.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::secret::{ExposeSecret, SecretRef, SecretString};

/// A token that was read is not read again sooner, however often it is refused.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// A token. Where it cannot be had yet (a vault that is down), it is asked for again at the next call.
#[derive(Debug)]
pub struct Token {
    from: Option<SecretRef>,
    held: Mutex<Option<Held>>,
    /// Whoever reads it holds this: others wait for what it brings.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Held {
    value: SecretString,
    /// When it was read; `None` = it was given.
    read: Option<Instant>,
    refused: bool,
}

impl Token {
    /// A token that was read from there already, by whoever armed.
    pub(super) fn renewable(value: SecretString, from: Option<SecretRef>) -> Self {
        let held = Held { value, read: Some(Instant::now()), refused: false };
        Self { from, held: Mutex::new(Some(held)), reading: tokio::sync::Mutex::default() }
    }

    /// The token.
    ///
    /// # Errors
    /// A sentence that names where it should be.
    pub(super) async fn get(&self) -> Result<SecretString, String> {
        let _alone = self.reading.lock().await;
        if let Some(value) = self.known() {
            return Ok(value);
        }
        let Some(from) = &self.from else { return Err("no token".to_owned()) };
        let value = from.resolve().await.map_err(|error| format!("no token: {error}"))?;
        *self.held() = Some(Held { value: value.clone(), read: Some(Instant::now()), refused: false });
        Ok(value)
    }

    /// The token, when it is there already and need not be read again.
    pub(super) fn known(&self) -> Option<SecretString> {
        let held = self.held();
        let held = held.as_ref()?;
        let is_worn =
            held.refused && self.from.is_some() && held.read.is_none_or(|read| read.elapsed() >= KEPT_FOR);
        (!is_worn).then(|| held.value.clone())
    }

    /// The provider refuses this token: it is read again, if nobody has read a newer one meanwhile.
    pub(super) fn refused(&self, token: &SecretString) {
        if let Some(held) = self.held().as_mut()
            && held.value.expose_secret() == token.expose_secret()
        {
            held.refused = true;
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<SecretString> for Token {
    fn from(token: SecretString) -> Self {
        Self::renewable(token, None)
    }
}

impl From<SecretRef> for Token {
    fn from(from: SecretRef) -> Self {
        Self { from: Some(from), held: Mutex::default(), reading: tokio::sync::Mutex::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Token {
        /// As if it had been read longer ago than it is kept.
        pub(in crate::provider::aiven) fn age(&self) {
            if let Some(held) = self.held().as_mut() {
                held.read = None;
            }
        }
    }

    /// A vault: each read gives another token, and is counted.
    fn vault(folder: &tempfile::TempDir) -> (Token, impl Fn() -> usize) {
        let log = folder.path().join("reads");
        let script = format!("echo x >> {0}; sleep 0.1; echo token-$(wc -l < {0})", log.display());
        let from = SecretRef::Command(["sh", "-c", &script].map(str::to_owned).to_vec());
        let reads = move || std::fs::read_to_string(&log).map_or(0, |text| text.lines().count());
        (Token::from(from), reads)
    }

    #[tokio::test]
    async fn s34_a_refused_token_is_read_again_once_a_minute_at_most_and_by_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let (token, reads) = vault(&folder);
        let (one, other) = tokio::join!(token.get(), token.get());
        let first = one.unwrap();
        assert_eq!((first.expose_secret(), other.unwrap().expose_secret()), ("token-1", "token-1"));
        assert_eq!(reads(), 1, "never two at once");

        token.refused(&first);
        assert_eq!(token.get().await.unwrap().expose_secret(), "token-1", "it was read just now");
        token.age();
        assert!(token.known().is_none(), "its lease is over");
        let (one, other) = tokio::join!(token.get(), token.get());
        assert_eq!((one.unwrap().expose_secret(), other.unwrap().expose_secret()), ("token-2", "token-2"));
        assert_eq!(reads(), 2);

        token.age();
        token.refused(&first);
        assert_eq!(token.get().await.unwrap().expose_secret(), "token-2", "a late refusal of the one before");
        assert_eq!(reads(), 2);
    }

    #[tokio::test]
    async fn a_token_that_was_given_is_all_there_is() {
        let given = SecretString::from("given".to_owned());
        let token = Token::from(given.clone());
        token.refused(&given);
        token.age();
        assert_eq!(token.get().await.unwrap().expose_secret(), "given");
    }
}
