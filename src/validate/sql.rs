//! SQL checks: `psql` through the source's `run` prefix where the fork is reached from its own
//! host, a direct connection otherwise (S27). Both read-only and in UTC.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Config, NoTls, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Trouble;
use super::bounded::Bounded;
use crate::provider::Endpoint;

/// The most that is read of a whole conversation, bytes: greeting, certificates, the first row, and the
/// rows behind it that came before it was looked at.
const CONVERSATION: usize = 4 * 1024 * 1024;

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
    let stream = timeout(limit, TcpStream::connect((endpoint.host.as_str(), endpoint.port)))
        .await
        .map_err(|_| Trouble::CouldNotRun("no connection in time".to_owned()))?
        .map_err(|error| Trouble::CouldNotRun(format!("no connection: {error}")))?;
    let stream = Bounded::new(stream, CONVERSATION);
    let config = config(endpoint);
    if endpoint.tls {
        let tls = MakeTlsConnect::<Bounded<TcpStream>>::make_tls_connect(
            &mut MakeRustlsConnect::new(tls(endpoint)?),
            &endpoint.host,
        );
        let tls = tls.map_err(|error| Trouble::CouldNotRun(format!("no name for TLS: {error}")))?;
        let (client, connection) =
            config.connect_raw(stream, tls).await.map_err(|error| could_not_run(&error))?;
        ask(&client, connection, query).await
    } else {
        let (client, connection) =
            config.connect_raw(stream, NoTls).await.map_err(|error| could_not_run(&error))?;
        ask(&client, connection, query).await
    }
}

fn config(endpoint: &Endpoint) -> Config {
    let mut config = Config::new();
    config
        .user(&endpoint.user)
        .dbname(&endpoint.database)
        .application_name("lifeboat")
        .options("-c default_transaction_read_only=on -c timezone=UTC")
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
        // Row by row: a check that selects a whole table must not be read to its end.
        let messages = client.simple_query_raw(query).await.map_err(|error| could_not_run(&error))?;
        tokio::pin!(messages);
        while let Some(message) = messages.try_next().await.map_err(|error| could_not_run(&error))? {
            if let Some(value) = first_column(&message) {
                return Ok(value);
            }
        }
        Ok(String::new())
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
        None => match std::error::Error::source(error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHY: &str = "the provider hides the fork's password";

    fn endpoint() -> Endpoint {
        Endpoint {
            host: "192.0.2.1".to_owned(),
            tls: true,
            sql_blocked: Some(WHY.to_owned()),
            ..Endpoint::here(5432)
        }
    }

    #[tokio::test]
    async fn s27_what_cannot_be_asked_is_not_tried_and_not_verified() {
        let trouble = value("select 1", &endpoint(), Duration::from_secs(60)).await;
        assert_eq!(trouble, Err(Trouble::CouldNotRun(WHY.to_owned())));
    }

    /// One message of the server's protocol.
    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = i32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind], &length[..], body].concat()
    }

    /// A server without a password that answers any query with rows for ever.
    async fn endless(listener: tokio::net::TcpListener, value: &[u8]) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 4096];
        assert_ne!(stream.read(&mut asked).await.unwrap(), 0);
        let welcome = [message(b'R', &[0; 4]), message(b'Z', b"I")].concat();
        stream.write_all(&welcome).await.unwrap();
        assert_ne!(stream.read(&mut asked).await.unwrap(), 0);
        let column = [&b"\0\x01id\0"[..], &[0; 6], &25_i32.to_be_bytes(), &[0; 8]].concat();
        stream.write_all(&message(b'T', &column)).await.unwrap();
        let length = i32::try_from(value.len()).unwrap().to_be_bytes();
        let row = message(b'D', &[&[0, 1][..], &length[..], value].concat());
        while stream.write_all(&row).await.is_ok() {}
    }

    /// What a check makes of a server whose rows all hold this.
    async fn asked_of(value: Vec<u8>) -> Result<String, Trouble> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move { endless(listener, &value).await });
        let endpoint =
            Endpoint { sql_blocked: None, tls: false, host: "127.0.0.1".to_owned(), port, ..endpoint() };
        let limit = Duration::from_secs(5);
        let query = "select * from orders";
        let value = timeout(limit, super::value(query, &endpoint, limit)).await.expect("in time");
        server.await.unwrap();
        value
    }

    #[tokio::test]
    async fn s27_only_the_first_row_of_a_table_is_read() {
        assert_eq!(asked_of(b"42".to_vec()).await, Ok("42".to_owned()));
    }

    #[tokio::test]
    async fn a_row_as_large_as_a_database_is_not_read_to_its_end() {
        let large = asked_of(vec![b'x'; 2 * CONVERSATION]).await;
        let Err(Trouble::CouldNotRun(why)) = &large else { panic!("it was read") };
        assert!(why.contains("too long to be read"), "{why}");
        let fits = asked_of(vec![b'x'; super::super::ANSWER_LIMIT]).await;
        assert_eq!(fits.map(|value| value.len()), Ok(super::super::ANSWER_LIMIT));
    }
}
