//! The provider's own chart of how far a copy trailed. Asked by POST, and still only a look.

use serde_json::json;

use super::client::{Call, Client};
use super::failure::Failure;
use super::settings::Settings;
use super::wire::Report;
use crate::domain::{LagHistory, LagPeriod, NoLagHistory, Outcome};

/// The history of one service.
///
/// # Errors
/// [`NoLagHistory`] with the outcome of the attempt and what would help.
pub(super) async fn history(
    client: &Client,
    settings: &Settings,
    remote: &str,
    period: LagPeriod,
) -> Result<LagHistory, NoLagHistory> {
    let body = json!({ "period": period.as_str() });
    let path = ["service", remote, "backup_to_another_region", "report"];
    let call = Call::lag_report(&path, &body);
    let answer = client.call(call, settings.timeout).await.map_err(|failure| none(&failure))?;
    let charted = answer.decode::<Report>().map_err(|failure| none(&failure))?.charted(answer.at);
    let mut notes = charted.notes;
    if charted.series.is_empty() && notes.is_empty() {
        notes.push("the provider reports no lag: copying may be off, or nothing was copied yet".to_owned());
    }
    Ok(LagHistory { remote: remote.to_owned(), period, as_of: answer.at, series: charted.series, notes })
}

fn none(failure: &Failure) -> NoLagHistory {
    let hint = match failure.outcome {
        Outcome::Denied => "; the permission `service:configuration:write` shows it",
        _ => "",
    };
    NoLagHistory { outcome: failure.outcome, why: format!("no lag report: {failure}{hint}") }
}
