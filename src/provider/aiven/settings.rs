//! The table of an Aiven source in the config, without its `kind`.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::secret::SecretRef;

/// One project of one Aiven account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The project.
    pub project: String,
    /// The reading token.
    pub token: SecretRef,
    /// The token that forks and removes forks; absent = this source can never fork.
    #[serde(default)]
    pub acting_token: Option<SecretRef>,
    /// Base address of the API, without `/v1` (one that ends in it is taken, too).
    #[serde(default)]
    pub url: ApiUrl,
    /// The network forks are put into.
    #[serde(default)]
    pub project_vpc_id: ForkNetwork,
    /// *Newest* is the end of the window minus this (S11); counted in the loss.
    #[serde(default = "five_seconds", deserialize_with = "duration")]
    pub margin: Duration,
    /// The longest a single call may take, connecting included.
    #[serde(default = "fifteen_seconds", deserialize_with = "duration")]
    pub timeout: Duration,
    /// How many calls may be under way at once when polling.
    #[serde(default = "four", deserialize_with = "concurrency")]
    pub max_concurrency: usize,
    /// The plan of forks; absent = the plan and the disk of the source service.
    #[serde(default)]
    pub fork_plan: Option<String>,
}

impl Settings {
    /// Whether the API is on this host: a simulator, not the provider (S17).
    pub fn is_loopback(&self) -> bool {
        self.url.is_loopback()
    }

    /// Where its tokens come from.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        [Some(&self.token), self.acting_token.as_ref()].into_iter().flatten()
    }
}

/// The network a fork is put into. The call always says it: an absent value would put the fork into
/// whatever VPC the project has in that region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum ForkNetwork {
    /// Public for a public source; for a source in a VPC it has to be said.
    #[default]
    AsSource,
    /// The public network.
    Public,
    /// The VPC of this id, in the region of the copy.
    Vpc(String),
}

impl From<String> for ForkNetwork {
    fn from(value: String) -> Self {
        if value == "public" { Self::Public } else { Self::Vpc(value) }
    }
}

/// The base address of the API: `https`, or `http` on loopback (a token never travels in clear).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ApiUrl(String);

impl ApiUrl {
    /// The address without a slash at its end.
    pub fn base(&self) -> &str {
        &self.0
    }

    /// The address of a path below `/v1`; each part is percent-encoded.
    pub fn endpoint(&self, parts: &[&str]) -> String {
        let mut address = format!("{}/v1", self.0);
        for part in parts {
            address.push('/');
            address.push_str(&percent_encoded(part));
        }
        address
    }

    /// Whether TLS protects it.
    pub fn is_encrypted(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Whether it names this host.
    pub fn is_loopback(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| names_this_host(&url))
    }
}

impl Default for ApiUrl {
    fn default() -> Self {
        Self(PUBLIC_API.to_owned())
    }
}

impl TryFrom<String> for ApiUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let base = text.trim_end_matches('/').trim_end_matches("/v1").trim_end_matches('/');
        let url = Url::parse(base).map_err(|why| format!("`{text}` is no address: {why}"))?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err(format!("an address like {PUBLIC_API} is wanted, without user, password or query"));
        }
        match url.scheme() {
            "https" => Ok(Self(base.to_owned())),
            "http" if names_this_host(&url) => Ok(Self(base.to_owned())),
            "http" => Err("`http` only to this host: a token must not travel in clear".to_owned()),
            other => Err(format!("`{other}` is not spoken, only `https`")),
        }
    }
}

fn names_this_host(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn percent_encoded(part: &str) -> String {
    part.bytes().fold(String::with_capacity(part.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.extend(
                    [byte >> 4, byte & 15]
                        .map(|half| HEX.get(usize::from(half)).map_or('0', |h| char::from(*h))),
                );
            }
        }
        out
    })
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

impl std::str::FromStr for ApiUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::try_from(text.to_owned())
    }
}

/// Where the provider's API is, unless the config says otherwise.
const PUBLIC_API: &str = "https://api.aiven.io";

const fn five_seconds() -> Duration {
    Duration::from_secs(5)
}

const fn fifteen_seconds() -> Duration {
    Duration::from_secs(15)
}

const fn four() -> usize {
    4
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_duration(&text).map_err(|why| D::Error::custom(format!("`{text}`: {why} (write `15s`)")))
}

fn concurrency<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    match usize::deserialize(from)? {
        calls @ 1..=32 => Ok(calls),
        calls => Err(D::Error::custom(format!("{calls} calls at once: 1 to 32 are possible"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(table: &str) -> Result<Settings, String> {
        toml::from_str(table).map_err(|why| why.message().to_owned())
    }

    const LEAST: &str = "project = 'prod'\ntoken = { env = 'AIVEN_TOKEN' }\n";

    #[test]
    fn the_least_table_gives_the_defaults() {
        let settings = parse(LEAST).unwrap();
        assert_eq!(settings.url.base(), "https://api.aiven.io");
        assert_eq!(settings.project_vpc_id, ForkNetwork::AsSource);
        assert_eq!((settings.margin, settings.timeout), (Duration::from_secs(5), Duration::from_secs(15)));
        assert!(settings.acting_token.is_none());
        assert!(!settings.is_loopback());
    }

    #[test]
    fn every_key_is_taken() {
        let settings = parse(&format!(
            "{LEAST}acting_token = {{ file = '/run/t' }}\nurl = 'http://127.0.0.1:8080/v1/'\nproject_vpc_id = 'public'\n\
             margin = '2s'\ntimeout = '500ms'\nmax_concurrency = 8\nfork_plan = 'startup-4'\n"
        ))
        .unwrap();
        assert_eq!(settings.url.base(), "http://127.0.0.1:8080");
        assert!(settings.is_loopback());
        assert_eq!(settings.project_vpc_id, ForkNetwork::Public);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (table, says) in [
            ("tokn = 1", "unknown field `tokn`"),
            ("url = 'http://api.example.net'", "must not travel in clear"),
            ("url = 'ftp://api.example.net'", "`ftp` is not spoken"),
            ("url = 'https://me:pw@api.example.net'", "without user"),
            ("margin = 'soon'", "write `15s`"),
            ("max_concurrency = 0", "1 to 32"),
            ("token2 = 'abc'", "unknown field"),
        ] {
            let message = parse(&format!("{LEAST}{table}\n")).unwrap_err();
            assert!(message.contains(says), "{table}: {message}");
        }
        assert!(parse("project = 'prod'\ntoken = 'abc'\n").is_err(), "a literal secret is refused");
    }

    #[test]
    fn path_parts_cannot_leave_their_place() {
        let url = ApiUrl::default();
        assert_eq!(url.endpoint(&["project", "a/../b c"]), "https://api.aiven.io/v1/project/a%2F..%2Fb%20c");
    }
}
