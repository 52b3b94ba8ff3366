//! How a finished fork is reached (S27).

use crate::secret::SecretString;

/// How to reach a fork. Never written anywhere; `Debug` hides the password.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Host name, address or socket folder.
    pub host: String,
    /// Port.
    pub port: u16,
    /// User.
    pub user: String,
    /// Password, where one is needed.
    pub password: Option<SecretString>,
    /// Database.
    pub database: String,
    /// Whether TLS is required.
    pub tls: bool,
    /// The authority that signs its certificate (PEM), where the provider has its own.
    pub ca_pem: Option<String>,
    /// Prefix of commands that reach it from its own host (`["ssh", "dr-1"]`); empty = from here.
    pub run: Vec<String>,
    /// Folder of the client programs there, if not on the path.
    pub bin: Option<String>,
    /// Base address of HTTP checks, where the provider has one.
    pub http_base: Option<String>,
    /// Why SQL checks cannot run here, and what would help; they are then not tried.
    pub sql_blocked: Option<String>,
}

#[cfg(test)]
impl Endpoint {
    /// A fork on this host, for tests.
    pub(crate) fn here(port: u16) -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port,
            user: "postgres".to_owned(),
            password: None,
            database: "postgres".to_owned(),
            tls: false,
            ca_pem: None,
            run: Vec::new(),
            bin: None,
            http_base: None,
            sql_blocked: None,
        }
    }
}
