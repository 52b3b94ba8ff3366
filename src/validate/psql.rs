//! SQL through `psql -XAtq` on the fork's own host, the query on standard input (S27).

use std::time::Duration;

use super::{ANSWER_LIMIT, Trouble};
use crate::process::{self, Call, Prefix};
use crate::provider::Endpoint;

/// Splits columns; no text of a database holds it by chance.
const SEPARATOR: char = '\u{1f}';

/// The first column of the first row.
pub(super) async fn value(query: &str, endpoint: &Endpoint, limit: Duration) -> Result<String, Trouble> {
    let call = Call {
        stdin: script(query).into_bytes(),
        max_stdout: ANSWER_LIMIT,
        ..Call::new(argv(endpoint), limit)
    };
    let finished = process::run(&Prefix::new(&endpoint.run), &call)
        .await
        .map_err(|failure| Trouble::CouldNotRun(failure.to_string()))?;
    if !finished.ok() {
        let words = process::one_line(&finished.stderr);
        return Err(Trouble::CouldNotRun(format!("psql ended with {}: {words}", finished.code)));
    }
    Ok(first_column(&finished.text()))
}

fn argv(endpoint: &Endpoint) -> Vec<String> {
    let psql = endpoint.bin.as_ref().map_or_else(|| "psql".to_owned(), |bin| format!("{bin}/psql"));
    let separator = format!("--field-separator={SEPARATOR}");
    let port = endpoint.port.to_string();
    [
        &psql,
        "-XAtq",
        "-w",
        "-v",
        "ON_ERROR_STOP=1",
        &separator,
        "-h",
        &endpoint.host,
        "-p",
        &port,
        "-U",
        &endpoint.user,
        "-d",
        &endpoint.database,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The query in a session that cannot write and speaks UTC.
fn script(query: &str) -> String {
    format!(
        "set default_transaction_read_only = on;\nset timezone = 'UTC';\n{};\n",
        query.trim().trim_end_matches(';')
    )
}

fn first_column(output: &str) -> String {
    let row = output.lines().next().unwrap_or_default();
    row.split(SEPARATOR).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_the_first_column_of_the_first_row() {
        assert_eq!(first_column("2026-11-20 12:00:00+00\u{1f}7\nmore\n"), "2026-11-20 12:00:00+00");
        assert_eq!(first_column(""), "");
    }

    #[test]
    fn a_query_with_its_own_semicolon_is_sent_once() {
        assert!(script("select 1;  ").ends_with("\nselect 1;\n"));
    }
}
