//! Why the selected row of a list says what it says: what is counted, from which facts, by which rule,
//! since when.

use crate::domain::assessment::Rule;
use crate::domain::open_run::parted;
use crate::domain::{LossIs, words};
use crate::runbook::{RunState, rpo_measured, rto_measured};
use crate::tui::app::model::Model;
use crate::tui::app::regions::regions;
use crate::tui::app::runs::{self, Standing};
use crate::tui::app::{alerts, sources};

type Told = (String, Vec<String>);

/// The selected region.
pub(super) fn region(model: &Model) -> Option<Told> {
    let region = regions(model).into_iter().nth(model.row)?;
    let amount = |known: Option<(std::time::Duration, LossIs)>| {
        known.map_or_else(|| "not known".to_owned(), |(amount, is)| words::bounded(amount, is))
    };
    let worst = amount(region.worst_loss);
    let left = format!("  left            {}, whose clients use a fork: counted nowhere else", region.left);
    let mut lines = vec![
        "IF IT IS LOST".to_owned(),
        format!("  services        {}, those whose primary copy lies in it", region.services),
        format!(
            "  not elsewhere   {}, of which nothing is known to be restorable in another region",
            region.not_elsewhere
        ),
        format!(
            "  at risk         {}, whose copy lies where no primary that was asked answers",
            region.at_risk
        ),
        format!(
            "  exempt          {}, without backups by design: lost with it, and counted nowhere else",
            region.exempt
        ),
        format!("  lose all        {}, with nothing to restore elsewhere", region.lose_all),
        format!("  worst loss      {worst}, the largest of the others"),
        format!("  loss not known  {}", region.loss_unknown),
        format!(
            "  read            {}, the oldest reading of the copies elsewhere",
            super::shown(region.read_at)
        ),
        format!("  longest restore {}, one after another takes longer", amount(region.longest_restore)),
        format!("  copies          {}, services elsewhere whose secondary copy lies in it", region.copies),
        String::new(),
        "PROBES".to_owned(),
        format!("  {} of {} primaries answer", region.answer, region.probed()),
        format!(
            "  {} were not asked, or answered too long ago",
            region.on().saturating_sub(region.probed())
        ),
        format!("  {} are switched off: not asked, and none of it that could answer", region.off),
        "  a silence lasts until a proof of life, however long ago the last look was".to_owned(),
        "  silent: none that was asked answers, and they are more than half of those on; fewer may be dead hosts"
            .to_owned(),
        String::new(),
        "FROM".to_owned(),
        format!("  what is known of each service as of {}; each explains its own", words::instant(model.now)),
    ];
    if region.left > 0 {
        lines.insert(2, left);
    }
    Some((format!("why: {}", region.name), lines))
}

/// The selected finding.
pub(super) fn finding(model: &Model) -> Option<(String, Vec<String>)> {
    let (service, finding, alert) = alerts::rows(model).into_iter().nth(model.row)?;
    let mut lines = vec![finding.text.clone(), String::new(), "RULE".to_owned()];
    lines.push(format!(
        "  {} ({}): {}",
        finding.rule.as_str(),
        finding.level.as_str(),
        meaning(finding.rule)
    ));
    if let Some(alert) = alert {
        lines.extend(alert.since.map(|at| {
            format!("  since     {}, {} ago, as seen here", words::instant(at), words::age_of(at, model.now))
        }));
        let seen = alert.seen.as_ref();
        lines.extend(seen.map(|(who, at)| format!("  seen      by {who} at {}", words::instant(*at))));
        lines.extend(alert.muted.as_ref().map(|who| format!("  muted     by {who}: put last, counts on")));
    }
    lines.push(String::new());
    if let Some((_, more)) = super::of_service(model, service) {
        lines.extend(more);
    }
    Some((format!("why: {service}, {}", finding.rule.as_str().replace('_', " ")), lines))
}

/// The selected run.
pub(super) fn run(model: &Model) -> Option<Told> {
    let row = runs::rows(model).into_iter().nth(model.row)?;
    let line = &row.line;
    let amount = |known: Option<String>| known.unwrap_or_else(|| "not known".to_owned());
    let standing = match line.standing {
        Standing::Here => "this dashboard drives it",
        Standing::Elsewhere => "another process drives it: shown here, not steered",
        Standing::Nobody if line.parted_from.is_some() => {
            "nobody drives it here: a person is to choose first"
        }
        Standing::Nobody => "nobody drives it: its journal is free to be taken up",
        Standing::Over => "it is over",
    };
    let mut lines = vec![
        format!("{}; {}", row.state, standing),
        String::new(),
        "FROM ITS JOURNAL".to_owned(),
        format!("  run      {}", line.run),
        format!("  opened   {}", words::instant(line.opened_at)),
    ];
    lines.extend(line.closed_at.map(|at| format!("  closed   {}", words::instant(at))));
    let state = model.runs.get(&line.run).map(|view| view.state.as_ref());
    let measured = |how: fn(&RunState) -> String| {
        state.map_or_else(|| "its report says between which instants".to_owned(), how)
    };
    lines.push(format!("  RTO      {}, {}", amount(line.rto()), measured(rto_measured)));
    lines.push(format!("  RPO      {}, {}", amount(line.rpo()), measured(rpo_measured)));
    if let Some(place) = &line.moved_to {
        lines.push(if line.standing == Standing::Over {
            format!("  moved    it ended in {place}: taken back from there by the next start")
        } else {
            format!("  moved    its journal goes on in {place}: this is its beginning only")
        });
    }
    lines.extend(line.parted_from.iter().map(|from| format!("  parted   it {}", parted(from))));
    lines.extend(super::run::by_hand(model, &line.run));
    Some((format!("why: {}", line.run), lines))
}

/// The selected source.
pub(super) fn source(model: &Model) -> Option<Told> {
    let (name, state) = sources::rows(model).into_iter().nth(model.row)?;
    let mut lines = sources::details(model, name, state);
    lines.extend([
        String::new(),
        "RULE".to_owned(),
        "  ok: the last attempt brought every fact; a part that failed is shown with its copy".to_owned(),
        "  what could not be read keeps its last good value with its age, and never counts as fresh"
            .to_owned(),
    ]);
    Some((sources::title(name), lines))
}

/// What a rule says, in a sentence.
const fn meaning(rule: Rule) -> &'static str {
    match rule {
        Rule::NeverBackedUp => "no backup was ever seen",
        Rule::NoSecondary => "nothing of it lies in another region",
        Rule::SecondaryUnreadable => "the copy there could not be read when last tried",
        Rule::SecondaryStale => "the copy there was last read more than two poll intervals ago",
        Rule::Permission => "the credential cannot see what is needed to judge",
        Rule::RpoExceeded => "what would be lost is above the RPO; critical above twice the RPO",
        Rule::HoleEndsWindow => "log is missing at the end of what can be restored there",
        Rule::HoleInside => "log is missing between two spans that can be restored there",
        Rule::NewestBackupDamaged => "the newest backup cannot be used",
        Rule::WentBack => "the newest that can be restored is older than it was at an earlier reading",
        Rule::CopyPaused => "copying to the other region is paused",
        Rule::CopyingOff => "the provider copies nothing there any more: what lies there was left",
        Rule::PersistenceOff => "the service keeps nothing on disk: the provider deletes its backups",
        Rule::LagDisagrees => "two ways to tell how far the copy trails do not agree",
        Rule::TwoTimelines => "two timelines receive log: two primaries may be writing",
        Rule::Skew => "the clocks of this host and the source differ by more than 60 s",
        Rule::PrimarySilent => "the primary does not answer its probe; that alone is a warning",
        Rule::PrimaryUnreadable => "the copy here could not be read; that alone is a warning",
        Rule::NoTier => "no tier is set, so there is no RPO to judge by",
        Rule::CannotMeetRpo => "the schedule of backups allows a loss above the RPO",
        Rule::IdleOrStalled => "no new log in either copy, and idleness is not proven",
        Rule::BackupLate => "no new backup for longer than the schedule says",
        Rule::SnapshotsMissing => "snapshots are missing between others",
        Rule::PoweredOff => "the service is switched off: no new backup is made",
        Rule::SameRegion => "the secondary copy lies where the service runs",
        Rule::ProofIsOld => "no restore was proven for longer than `drill_every` of its tier",
        Rule::DrillFailed => "its last drill failed, and no restore of it was proven since",
        Rule::CopyRegionSilent => "no primary that was asked answers in the region that its copy lies in",
        Rule::ClientsMoved => {
            "an incident moved its clients to a fork; unknown where something answers for the old primary after that, critical where its copies show that it lives: two may take writes"
        }
        Rule::Unfenced => {
            "an incident of it is open and not fenced, and the old primary answers: what it takes is lost at cut-over"
        }
        Rule::RunInterrupted => "a run of it is open and nobody drives it: it does not go on by itself",
        Rule::RegionChangeLeft => {
            "where its backups are copied to was asked to be changed, and nobody follows that to its end"
        }
        Rule::Gone => "the service left the list of its provider",
        Rule::Exempt => words::BY_DESIGN,
    }
}
