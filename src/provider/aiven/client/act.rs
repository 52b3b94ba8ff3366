//! Calls that change something. Who only reads has no client that could make one.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::{Answer, Call, Client};
use crate::clock::Clock;
use crate::provider::Armed;
use crate::provider::aiven::failure::Failure;
use crate::provider::aiven::gate::{Gate, Place};
use crate::provider::aiven::settings::Settings;
use crate::provider::aiven::token::Token;
use crate::provider::arming::Credential;

/// The client that can change something. Built only by consuming an [`Armed`] (S18).
#[derive(Debug)]
pub(crate) struct ActingClient {
    reading: Client,
}

/// One call that changes something, below `/v1/project/{project}`.
#[derive(Debug)]
pub(crate) struct Change<'a>(Call<'a>);

impl<'a> Change<'a> {
    /// Makes something.
    pub(crate) fn post(path: &'a [&'a str], body: &'a Value, about: Place) -> Self {
        Self(Call { method: Method::POST, path, body: Some(body), about })
    }

    /// Sets something.
    pub(crate) fn put(path: &'a [&'a str], body: &'a Value, about: Place) -> Self {
        Self(Call { method: Method::PUT, path, body: Some(body), about })
    }

    /// Removes something.
    pub(crate) fn delete(path: &'a [&'a str], about: Place) -> Self {
        Self(Call { method: Method::DELETE, path, body: None, about })
    }
}

impl ActingClient {
    /// A client that acts with the token of `armed`.
    ///
    /// # Errors
    /// A sentence when `armed` holds no token, or TLS cannot be set up.
    pub(crate) fn new(
        armed: Armed,
        settings: &Settings,
        gate: Arc<Gate>,
        clock: Clock,
    ) -> Result<Self, String> {
        let source = armed.source().to_owned();
        let Credential::Token(token) = armed.into_credential() else {
            return Err(format!("{source} is armed without a token"));
        };
        let token = Token::renewable(token, settings.acting_token.clone());
        Ok(Self { reading: Client::new(settings, token, gate, clock)? })
    }

    /// The same, for looking only.
    pub(crate) const fn reading(&self) -> &Client {
        &self.reading
    }

    /// Makes one change, once, as [`Client::call`].
    ///
    /// # Errors
    /// [`Failure`] for everything but a whole success that reports no failure.
    pub(crate) async fn change(&self, change: Change<'_>, limit: Duration) -> Result<Answer, Failure> {
        self.reading.call(change.0, limit).await
    }
}
