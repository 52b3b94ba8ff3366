//! Arming (S18): the only way to a mutating client. Three parts must come together, per source:
//! the flag of this start, `arming.allow = true` in the config, and an acting credential.

use crate::clock::Clock;
use crate::secret::SecretString;

/// Permission to act on one source. Not `Clone`: every forker is built by consuming one.
#[derive(Debug)]
pub struct Armed {
    source: String,
    credential: Credential,
}

/// What the acting client signs in with.
#[derive(Debug)]
pub enum Credential {
    /// A token of the provider.
    Token(SecretString),
    /// The right to run commands on the fork's host, given by the source's `fork` table.
    ForkHost,
    /// Left where it is, because acting is refused for another reason: arms nothing.
    NotFetched,
}

impl Armed {
    /// The source this permission is for.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Gives up the permission for its credential; only forkers call this.
    pub fn into_credential(self) -> Credential {
        self.credential
    }
}

/// Everything that decides on arming one source.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four independent yes/no facts, not a state")]
pub struct Request<'a> {
    /// The source.
    pub source: &'a str,
    /// `--arm` was given at this start.
    pub flag: bool,
    /// `--read-only` was given: overrides everything.
    pub read_only: bool,
    /// `arming.allow` of the config.
    pub allowed: bool,
    /// The acting credential, or why there is none, naming what is missing on this host.
    pub credential: Result<Credential, String>,
    /// Whether the source is on loopback.
    pub loopback: bool,
    /// The clock in force.
    pub clock: Clock,
}

/// Why a source is not armed: everything that is missing, and the exact next command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not armed for {source_name}: {}", missing.join("; "))]
pub struct Refusal {
    /// The source.
    pub source_name: String,
    /// What is missing on this host, each a fragment.
    pub missing: Vec<String>,
}

/// Arms one source, or says what is missing.
///
/// # Errors
/// [`Refusal`] with every missing part, not only the first.
pub fn arm(request: Request<'_>) -> Result<Armed, Refusal> {
    let mut missing = Vec::new();
    if request.read_only {
        missing.push("--read-only is given and overrides everything".to_owned());
    }
    if !request.flag {
        missing.push("--arm is not given".to_owned());
    }
    if !request.allowed {
        missing.push("the config does not say `arming.allow = true`".to_owned());
    }
    if !request.clock.is_system() && !request.loopback {
        missing.push("the clock is not this host's, and the source is not on loopback".to_owned());
    }
    match request.credential {
        Ok(Credential::NotFetched) if missing.is_empty() => {
            missing.push("the acting credential was not fetched".to_owned());
            Err(Refusal { source_name: request.source.to_owned(), missing })
        }
        Ok(credential) if missing.is_empty() => Ok(Armed { source: request.source.to_owned(), credential }),
        Ok(_) => Err(Refusal { source_name: request.source.to_owned(), missing }),
        Err(why) => {
            missing.push(why);
            Err(Refusal { source_name: request.source.to_owned(), missing })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request<'static> {
        Request {
            source: "pg-east",
            flag: true,
            read_only: false,
            allowed: true,
            credential: Ok(Credential::ForkHost),
            loopback: false,
            clock: Clock::system(),
        }
    }

    #[test]
    fn all_parts_together_arm() {
        assert_eq!(arm(request()).unwrap().source(), "pg-east");
    }

    #[test]
    fn each_missing_part_is_named() {
        let refusal = arm(Request {
            flag: false,
            allowed: false,
            credential: Err("no `fork` table for pg-east".to_owned()),
            ..request()
        })
        .unwrap_err();
        assert_eq!(refusal.missing.len(), 3, "{refusal}");
    }

    #[test]
    fn s18_what_was_not_fetched_arms_nothing() {
        assert!(arm(Request { credential: Ok(Credential::NotFetched), ..request() }).is_err());
    }

    #[test]
    fn read_only_overrides_everything() {
        assert!(arm(Request { read_only: true, ..request() }).is_err());
    }

    #[test]
    fn a_foreign_clock_arms_only_for_loopback() {
        let clock = Clock::starting_at(chrono::DateTime::UNIX_EPOCH, 1.0);
        assert!(arm(Request { clock, ..request() }).is_err());
        assert!(arm(Request { clock, loopback: true, ..request() }).is_ok());
    }
}
