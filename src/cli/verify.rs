//! `runs verify`: re-checks the hash chains of a state folder.

use std::path::Path;

use serde_json::json;

use crate::ledger::{Ledger, Verified, settings};

use super::args::OutputForm;
use super::runs::{Done, find};
use super::{Exit, Out};

/// Re-checks the chain of a run, and that of the changes of regions beside it.
pub(super) fn verify(
    ledger: &dyn Ledger,
    folder: &Path,
    named: &str,
    form: Option<OutputForm>,
    out: &mut Out,
) -> Done {
    let run = find(ledger, named)?;
    let verified = ledger.verify(&run)?;
    let regions = settings::verify(folder)?;
    if form == Some(OutputForm::Json) {
        out.line(&format!("{:#}", json!({ "run": run, "verified": verified, "regions": regions })));
    } else {
        say_verified(&run, "events", &verified, out);
        if let Some(regions) = &regions {
            say_verified("changes of regions", "records", regions, out);
        }
    }
    let all = std::iter::once(&verified).chain(&regions);
    let whole = all.into_iter().all(|verified| verified.broken.is_none());
    Ok(if whole { Exit::Done } else { Exit::Failed })
}

fn say_verified(what: &str, pieces: &str, verified: &Verified, out: &mut Out) {
    let head = verified.head.as_deref().unwrap_or("none");
    match &verified.broken {
        None => out.line(&format!("{what}: {} {pieces}, whole, head {head}", verified.events)),
        Some(broken) => out.line(&format!("{what}: BROKEN at line {}: {}", broken.line, broken.why)),
    }
}
