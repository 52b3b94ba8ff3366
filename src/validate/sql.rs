//! SQL checks: `psql` through the source's `run` prefix where the fork is reached from its own
//! host, a direct connection otherwise (S27). Both read-only and in UTC.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, pem::PemObject};
use secrecy::ExposeSecret;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Trouble;
use crate::provider::Endpoint;

/// The first column of the first row, as text; empty when there is no row or it is null.
pub(super) async fn value(query: &str, endpoint: &Endpoint, limit: Duration) -> Result<String, Trouble> {
    if let Some(why) = &endpoint.sql_blocked {
        return Err(Trouble::CouldNotRun(why.clone()));
    }
    if endpoint.run.is_empty() && endpoint.bin.is_none() {
        direct(query, endpoint, limit).await
    } else {
        super::psql::value(query, endpoint, limit).await
    }
}

async fn direct(query: &str, endpoint: &Endpoint, limit: Duration) -> Result<String, Trouble> {
    let config = config(endpoint, limit);
    if endpoint.tls {
        let (client, connection) = config
            .connect(MakeRustlsConnect::new(tls(endpoint)?))
            .await
            .map_err(|error| could_not_run(&error))?;
        ask(&client, connection, query).await
    } else {
        let (client, connection) = config.connect(NoTls).await.map_err(|error| could_not_run(&error))?;
        ask(&client, connection, query).await
    }
}

fn config(endpoint: &Endpoint, limit: Duration) -> Config {
    let mut config = Config::new();
    config
        .host(&endpoint.host)
        .port(endpoint.port)
        .user(&endpoint.user)
        .dbname(&endpoint.database)
        .application_name("lifeboat")
        .options("-c default_transaction_read_only=on -c timezone=UTC")
        .connect_timeout(limit)
        .ssl_mode(if endpoint.tls { SslMode::Require } else { SslMode::Disable });
    if let Some(password) = &endpoint.password {
        config.password(password.expose_secret());
    }
    config
}

/// Trusts the authority the provider names for this fork, else what this host trusts.
fn tls(endpoint: &Endpoint) -> Result<rustls::ClientConfig, Trouble> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let builder = rustls::ClientConfig::builder();
    match &endpoint.ca_pem {
        None => Ok(builder
            .with_platform_verifier()
            .map_err(|error| Trouble::CouldNotRun(format!("no trusted authorities on this host: {error}")))?
            .with_no_client_auth()),
        Some(pem) => {
            let mut roots = rustls::RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()).flatten() {
                roots.add(certificate).map_err(|error| {
                    Trouble::CouldNotRun(format!("the provider's authority is unusable: {error}"))
                })?;
            }
            Ok(builder.with_root_certificates(Arc::new(roots)).with_no_client_auth())
        }
    }
}

async fn ask<C>(client: &tokio_postgres::Client, connection: C, query: &str) -> Result<String, Trouble>
where
    C: Future<Output = Result<(), tokio_postgres::Error>>,
{
    let answer = async {
        let messages = client.simple_query(query).await.map_err(|error| could_not_run(&error))?;
        Ok(messages.iter().find_map(first_column).unwrap_or_default())
    };
    tokio::pin!(connection);
    tokio::select! {
        answer = answer => answer,
        ended = &mut connection => match ended {
            Ok(()) => Err(Trouble::CouldNotRun("the connection closed before the answer".to_owned())),
            Err(error) => Err(could_not_run(&error)),
        },
    }
}

fn first_column(message: &SimpleQueryMessage) -> Option<String> {
    match message {
        SimpleQueryMessage::Row(row) => Some(row.try_get(0).ok().flatten().unwrap_or_default().to_owned()),
        _ => None,
    }
}

/// No connection, or a query that the server refuses: a misspelt check proves nothing about the data.
fn could_not_run(error: &tokio_postgres::Error) -> Trouble {
    Trouble::CouldNotRun(match error.as_db_error() {
        Some(server) => format!("{}: {}", server.severity(), server.message()),
        None => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn s27_what_cannot_be_asked_is_not_tried_and_not_verified() {
        let why = "the provider hides the fork's password";
        let endpoint = Endpoint {
            host: "192.0.2.1".to_owned(),
            port: 5432,
            user: "avnadmin".to_owned(),
            password: None,
            database: "defaultdb".to_owned(),
            tls: true,
            ca_pem: None,
            run: Vec::new(),
            bin: None,
            http_base: None,
            sql_blocked: Some(why.to_owned()),
        };
        let trouble = value("select 1", &endpoint, Duration::from_secs(60)).await;
        assert_eq!(trouble, Err(Trouble::CouldNotRun(why.to_owned())));
    }
}
