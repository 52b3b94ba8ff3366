//! Command checks, run where the fork is reached from: on its own host behind the `run` prefix, or
//! here.

use std::time::Duration;

use super::{ANSWER_LIMIT, Subject, Trouble, place};
use crate::process::{self, Call, Prefix};

/// Trimmed standard output; a non-zero exit is a failed check.
pub(super) async fn value(
    argv: &[String],
    subject: &Subject<'_>,
    limit: Duration,
) -> Result<String, Trouble> {
    let argv = argv.iter().map(|word| place::fill(word, subject)).collect::<Result<Vec<_>, _>>()?;
    let call = Call { max_stdout: ANSWER_LIMIT, ..Call::new(argv, limit) };
    let finished = process::run(&Prefix::new(&subject.endpoint.run), &call)
        .await
        .map_err(|failure| Trouble::CouldNotRun(failure.to_string()))?;
    if finished.ok() {
        Ok(finished.text().trim().to_owned())
    } else {
        let words = process::one_line(&finished.stderr);
        Err(Trouble::Failed(format!("{} ended with {}: {words}", call.program(), finished.code)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Endpoint;
    use crate::validate::sample;

    async fn outcome(argv: &[&str]) -> Result<String, Trouble> {
        let endpoint = Endpoint::here(25_440);
        let subject = sample::subject(&endpoint);
        let argv: Vec<_> = argv.iter().map(ToString::to_string).collect();
        value(&argv, &subject, Duration::from_secs(20)).await
    }

    #[tokio::test]
    async fn places_are_filled_and_output_is_the_value() {
        assert_eq!(
            outcome(&["echo", "{name} {host}:{port}"]).await.unwrap(),
            "drill-orders-k3q7wd 127.0.0.1:25440"
        );
    }

    #[tokio::test]
    async fn a_bad_exit_fails_and_a_missing_program_could_not_run() {
        assert!(matches!(outcome(&["false"]).await, Err(Trouble::Failed(_))));
        assert!(matches!(outcome(&["/nowhere/check"]).await, Err(Trouble::CouldNotRun(_))));
        assert!(matches!(outcome(&["echo", "{base}"]).await, Err(Trouble::CouldNotRun(_))));
    }
}
