//! How to reach a finished fork. The one place where credentials of a service are decoded: into
//! memory, for the checks of this run (S27).

use serde::Deserialize;
use serde_json::Value;

use super::failure::Failure;
use super::settings::Settings;
use super::wire::{BadJson, decode};
use crate::provider::Endpoint;
use crate::secret::SecretString;

/// What the API shows in place of a password that it does not tell; the exact words are not documented.
const MASKS: [&str; 6] = ["redacted", "hidden", "masked", "secret", "none", "null"];

#[derive(Deserialize)]
struct Answer {
    service: Service,
}

#[derive(Deserialize)]
struct Service {
    #[serde(default)]
    service_type: Option<String>,
    #[serde(default)]
    service_uri_params: Option<Params>,
}

#[derive(Deserialize)]
struct Params {
    #[serde(default)]
    host: Option<String>,
    /// A text, or a number.
    #[serde(default)]
    port: Option<Value>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    password: Option<SecretString>,
    #[serde(default)]
    dbname: Option<String>,
    #[serde(default)]
    sslmode: Option<String>,
}

/// The certificate authority of a project: `GET /project/{p}/kms/ca`.
#[derive(Deserialize)]
struct Authority {
    #[serde(default)]
    certificate: Option<String>,
}

/// The endpoint in a `ServiceGet` answer.
///
/// # Errors
/// A sentence saying what is missing.
pub(super) fn of(body: &[u8], settings: &Settings) -> Result<Endpoint, String> {
    let answer: Answer =
        decode(body).map_err(|why: BadJson| format!("the fork's address cannot be read: {why}"))?;
    let kind = answer.service.service_type.unwrap_or_default();
    let params = answer.service.service_uri_params.ok_or("the provider shows no address of the fork yet")?;
    let host = params.host.ok_or("the provider shows no host of the fork yet")?;
    let port = params.port.as_ref().and_then(number).ok_or("the provider shows no port of the fork yet")?;
    // The simulator serves its pages beside its API; a search engine is itself an HTTP service.
    let http_base = match (settings.is_loopback(), kind.as_str()) {
        (true, _) => Some(settings.url.base().to_owned()),
        (false, "opensearch") => Some(format!("https://{host}:{port}")),
        (false, _) => None,
    };
    let password = params.password.filter(is_told);
    Ok(Endpoint {
        host,
        port,
        user: params.user.unwrap_or_else(|| "avnadmin".to_owned()),
        sql_blocked: sql_blocked(&kind, password.is_some()),
        password,
        database: params.dbname.unwrap_or_else(|| "defaultdb".to_owned()),
        tls: params.sslmode.is_none_or(|mode| mode != "disable"),
        ca_pem: None,
        run: Vec::new(),
        bin: None,
        http_base,
    })
}

/// Why SQL cannot be spoken with a fork of this kind, and what would help (S27).
fn sql_blocked(kind: &str, password_is_told: bool) -> Option<String> {
    if kind != "pg" {
        return Some(format!(
            "SQL checks speak PostgreSQL, and this is {kind}; use a `command` check with its own client"
        ));
    }
    (!password_is_told).then(|| {
        "the provider hides the fork's password: it shows one only to who may read service secrets \
         (`service:secrets:read`), and from 2027-03-01 only where `include_secrets` is sent, which lifeboat never \
         does; use a `command` check that brings its own credential"
            .to_owned()
    })
}

/// The certificate in an answer of the authority.
///
/// # Errors
/// A sentence: without it no connection can be trusted with a password, so none is tried.
pub(super) fn authority(answer: &Result<Vec<u8>, Failure>) -> Result<String, String> {
    let why = match answer {
        Err(failure) => failure.to_string(),
        Ok(body) => match decode::<Authority>(body) {
            Ok(Authority { certificate: Some(pem) }) if pem.contains("BEGIN CERTIFICATE") => return Ok(pem),
            Ok(_) => "the answer holds none".to_owned(),
            Err(why) => Failure::bad_json(&why).to_string(),
        },
    };
    Err(format!(
        "the project's certificate authority cannot be read ({why}), so the fork cannot be told from an \
         impostor; let the acting token read the project, or use a `command` check that trusts it by other means"
    ))
}

/// Whether this is a password, and not what stands in the place of one.
fn is_told(password: &SecretString) -> bool {
    use crate::secret::ExposeSecret as _;
    let shown = password.expose_secret().trim();
    let word = shown.trim_matches(['<', '>', '[', ']', '(', ')', '*', '.', '•']);
    !word.is_empty() && !MASKS.iter().any(|mask| word.eq_ignore_ascii_case(mask))
}

fn number(port: &Value) -> Option<u16> {
    match port {
        Value::Number(number) => number.as_u64().and_then(|port| u16::try_from(port).ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testkit::{fixture, settings};
    use super::*;
    use crate::secret::ExposeSecret as _;

    #[test]
    fn an_endpoint_keeps_its_password_to_itself() {
        let body = fixture!("fork-8-running.json").replace("<redacted>", "s3cret");
        let endpoint = of(body.as_bytes(), &settings("https://api.example.net", "")).unwrap();
        assert_eq!((endpoint.port, endpoint.user.as_str(), endpoint.tls), (24110, "avnadmin", true));
        assert_eq!(endpoint.password.as_ref().unwrap().expose_secret(), "s3cret");
        assert_eq!(endpoint.http_base, None);
        assert!(!format!("{endpoint:?}").contains("s3cret"));
    }

    #[test]
    fn s9_a_hidden_or_absent_password_is_recognised_and_said_instead_of_tried() {
        let running = fixture!("fork-8-running.json");
        let api = settings("https://api.example.net", "");
        let absent = running.replace("\"password\": \"<redacted>\"", "\"dbname\": \"defaultdb\"");
        assert_ne!(absent, running, "the fixture has a password to take away");
        let shown = |mask: &str| running.replace("\"<redacted>\"", mask);
        let hidden = ["\"\"", "null", "\"********\"", "\"[HIDDEN]\"", "\"REDACTED\"", "\" <redacted> \""];
        for body in hidden.iter().map(|mask| shown(mask)).chain([absent]) {
            let endpoint = of(body.as_bytes(), &api).unwrap();
            assert!(endpoint.password.is_none(), "{body}");
            let why = endpoint.sql_blocked.unwrap();
            assert!(why.contains("hides the fork's password") && why.contains("`command` check"), "{why}");
        }
        let told = of(shown("\"AVNS_redacted0\"").as_bytes(), &api).unwrap();
        assert!(told.password.is_some() && told.sql_blocked.is_none());
    }

    #[test]
    fn a_masked_password_is_none_and_a_missing_address_is_said() {
        let api = settings("http://127.0.0.1:9", "");
        let endpoint = of(fixture!("fork-8-running.json").as_bytes(), &api).unwrap();
        assert!(endpoint.password.is_none());
        assert_eq!(endpoint.http_base.as_deref(), Some("http://127.0.0.1:9"));
        let why = of(fixture!("fork-1-created.json").as_bytes(), &api).unwrap_err();
        assert!(why.contains("no host"), "{why}");
        let numeric = fixture!("fork-8-running.json").replace("\"24110\"", "24110");
        assert_eq!(of(numeric.as_bytes(), &api).unwrap().port, 24110);
    }
}
