//! `--dry-run`: what a run would find and the exact calls it would make. Makes none, needs no arming (R31).

use serde_json::json;

use crate::domain::instant::rfc3339;
use crate::runbook::Opening;
use crate::runtime::driver;
use crate::runtime::launch;
use crate::runtime::sources::Sources;

use super::args::OutputForm;
use super::{Exit, Out, event_line};

pub(super) async fn run(
    sources: &Sources,
    opening: &Opening,
    form: Option<OutputForm>,
    out: &mut Out,
) -> Exit {
    let world = match launch::reading_world(sources, &opening.member.source) {
        Ok(world) => world,
        Err(error) => return failed(&error.to_string(), out),
    };
    let found = match driver::dry_run(&world, opening).await {
        Ok(found) => found,
        Err(why) => return failed(&why, out),
    };
    if form == Some(OutputForm::Json) {
        let (point, calls, refused) = match &found.point {
            Ok((point, calls)) => (Some(point), calls.as_slice(), None),
            Err(refused) => (None, [].as_slice(), Some(refused)),
        };
        let doc = json!({
            "kind": opening.kind, "service": opening.member.service, "fork": found.fork,
            "readiness": found.readiness, "point": point, "calls": calls, "refused": refused,
        });
        out.line(&format!("{doc:#}"));
    } else {
        out.line(&text(opening, &found));
    }
    if found.point.is_ok() { Exit::Done } else { Exit::Failed }
}

fn failed(why: &str, out: &mut Out) -> Exit {
    out.error(why, &[]);
    Exit::Failed
}

fn text(opening: &Opening, found: &driver::DryRun) -> String {
    let member = &opening.member;
    let region = member.region.as_deref().unwrap_or("its region");
    let mut lines = vec![
        format!("DRY RUN of {} {}: nothing is changed", opening.kind.as_str(), member.service),
        format!("fork   {} in {region}, from {}", found.fork, member.copy),
    ];
    for item in &found.readiness {
        lines.push(format!("ready  {}: {} ({})", item.state.as_str(), item.text, item.check));
    }
    match &found.point {
        Ok((point, calls)) => {
            let note = point.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
            lines.push(format!("point  {}{note}", rfc3339(point.promised)));
            for call in calls {
                let mark = if call.mutating { "CHANGES" } else { "reads" };
                lines.push(format!("call   {} [{mark}]", call.what));
                lines.extend(call.command.lines().map(|line| format!("         {line}")));
            }
        }
        Err(refused) => lines.push(format!("point  {}", event_line::refused_words(refused))),
    }
    lines.join("\n")
}
