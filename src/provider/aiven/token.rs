//! The token of a client: given, or read from where it lies when it is first needed.

use tokio::sync::OnceCell;

use crate::secret::{SecretRef, SecretString};

/// A token. Where it cannot be had yet (a vault that is down), it is asked for again at the next call.
#[derive(Debug)]
pub struct Token {
    from: Option<SecretRef>,
    value: OnceCell<SecretString>,
}

impl Token {
    /// The token.
    ///
    /// # Errors
    /// A sentence that names where it should be.
    pub(super) async fn get(&self) -> Result<&SecretString, String> {
        let read = async || match &self.from {
            Some(from) => from.resolve().await.map_err(|error| format!("no token: {error}")),
            None => Err("no token".to_owned()),
        };
        self.value.get_or_try_init(read).await
    }

    /// The token, when it is there already.
    pub(super) fn known(&self) -> Option<&SecretString> {
        self.value.get()
    }
}

impl From<SecretString> for Token {
    fn from(token: SecretString) -> Self {
        Self { from: None, value: OnceCell::new_with(Some(token)) }
    }
}

impl From<SecretRef> for Token {
    fn from(from: SecretRef) -> Self {
        Self { from: Some(from), value: OnceCell::new() }
    }
}
