//! How far a fork is, from the states of its nodes. Pure.
//!
//! Numbers can fall: the end of a phase grows while it runs. So a share never stands for success;
//! only a running service with all its nodes running does.

use super::region;
use super::wire::{Backup, Backups, NodeState, ProgressUpdate, Service};
use crate::domain::RegionStage;
use crate::domain::fork::{Address, CopiedTo};
use crate::provider::{Progress, ProgressState, Protection};

/// Where a fork stands.
pub(super) fn of(service: &Service) -> Progress {
    let state = state(service);
    let nodes: Vec<&NodeState> = service.node_states.iter().flatten().collect();
    let busy = busy_node(&nodes);
    let update = busy.and_then(current_update);
    let (done, total) = update.map_or((None, None), counters);
    let phase = phase(&state, &nodes, busy, update);
    Progress {
        text: text(service, &phase, &nodes, done, total),
        phase,
        done,
        total,
        unit: update.and_then(|update| update.unit.as_deref()).map(unit),
        left_s: None,
        address: address(service).filter(|_| matches!(state, ProgressState::Restored { .. })),
        state,
    }
}

/// Where clients reach it, without any credential.
fn address(service: &Service) -> Option<Address> {
    let told = service.service_uri_params.as_ref()?;
    let database = told.dbname.clone().filter(|name| !name.is_empty());
    Some(Address { host: told.host.clone()?, port: u16::try_from(told.port?).ok()?, database })
}

/// Whether a fork has backups of its own, by `/backups` where that was read, else by its own list. Running
/// says nothing of that, and neither does a setting: a copy counts once it can be restored (R35).
pub(super) fn protection(service: &Service, read: Option<&Backups<'_>>) -> Protection {
    let listed = || Some(Backups { backups: Some(service.backups.clone()?), ..Backups::default() });
    let backups = read.filter(|read| read.backups.is_some()).cloned().or_else(listed);
    let own_backup = backups.as_ref().map(|read| read.backups.iter().flatten().next().is_some());
    let copying = CopiedTo::of(service.copied_to().as_ref());
    let secondary_copy = match (&copying, &backups) {
        (CopiedTo::Nowhere, _) => Some(false),
        (_, None) => None,
        (CopiedTo::NotShown, Some(read)) => {
            let copied = |backup: &Backup<'_>| backup.copies().any(|copy| !copy.is_paused());
            Some(read.backups.iter().flatten().any(copied))
        }
        (CopiedTo::Region(region), Some(read)) => {
            Some(region::arrived(region, read).stage == RegionStage::Done)
        }
    };
    let own = match own_backup {
        Some(true) => "it has its own first backup",
        Some(false) => "it has no backup of its own yet",
        None => "whether it has a backup of its own is not shown",
    };
    let other = match (secondary_copy, &copying) {
        (_, CopiedTo::Nowhere) => "and backup to another region is off".to_owned(),
        (Some(true), CopiedTo::Region(region)) => format!("and a copy in {region}"),
        (Some(false), CopiedTo::Region(region)) => format!("and no copy in {region} yet"),
        (None, CopiedTo::Region(region)) => format!("and whether there is a copy in {region} is not shown"),
        (Some(true), CopiedTo::NotShown) => "and a copy in another region".to_owned(),
        (_, CopiedTo::NotShown) => "and whether backups are copied to another region is not shown".to_owned(),
    };
    // What is switched off, or hidden from this token, does not come into sight by waiting.
    let needs_person = own_backup.is_none() || secondary_copy.is_none() || copying == CopiedTo::Nowhere;
    let shielded = service.termination_protection;
    let shield = match shielded {
        Some(true) => "; it is protected against termination",
        Some(false) => "; it is NOT protected against termination",
        None => "",
    };
    let text = format!("{own}, {other}{shield}");
    Protection { own_backup, secondary_copy, needs_person, copying, shielded, text }
}

fn state(service: &Service) -> ProgressState {
    let word = service.state.as_deref().unwrap_or("unknown");
    let nodes = service.node_states.as_deref().unwrap_or_default();
    match word {
        "POWEROFF" | "POWERED_OFF" => ProgressState::Failed {
            why: "the fork is powered off, by someone else than this run; power it on or open a new attempt"
                .to_owned(),
            can_resume: false,
        },
        "RUNNING" | "REBALANCING" if !nodes.is_empty() && nodes.iter().all(is_running) => {
            ProgressState::Restored { newest_commit: None }
        }
        _ => ProgressState::Working,
    }
}

fn is_running(node: &NodeState) -> bool {
    node.state.as_deref() == Some("running")
}

/// The node to report: one that receives data, the master first; else one that is not running.
fn busy_node<'a>(nodes: &[&'a NodeState]) -> Option<&'a NodeState> {
    let syncing = |node: &&&NodeState| node.state.as_deref() == Some("syncing_data");
    let master = |node: &&&NodeState| syncing(node) && node.role.as_deref() == Some("master");
    let found = nodes.iter().find(master).or_else(|| nodes.iter().find(syncing));
    found.or_else(|| nodes.iter().find(|node| !is_running(node))).copied()
}

/// The phase under way: of those not completed the last that has counters; phases to come can be
/// listed in advance without any, so without counters it is the first.
fn current_update(node: &NodeState) -> Option<&ProgressUpdate> {
    let open: Vec<&ProgressUpdate> =
        node.progress_updates.iter().flatten().filter(|update| update.completed != Some(true)).collect();
    open.iter().rfind(|update| update.current.is_some()).or_else(|| open.first()).copied()
}

fn counters(update: &ProgressUpdate) -> (Option<u64>, Option<u64>) {
    match (update.min, update.current, update.max) {
        (Some(min), Some(current), Some(max)) if max > min => {
            (Some(current.saturating_sub(min).min(max - min)), Some(max - min))
        }
        _ => (None, None),
    }
}

fn phase(
    state: &ProgressState,
    nodes: &[&NodeState],
    busy: Option<&NodeState>,
    update: Option<&ProgressUpdate>,
) -> String {
    if matches!(state, ProgressState::Restored { .. }) {
        return "restored".to_owned();
    }
    if let Some((update, phase)) = update.and_then(|update| Some((update, update.phase.as_deref()?))) {
        let word = match phase {
            "basebackup" => "base backup".to_owned(),
            "basebackup_prepare" => "preparing the base backup".to_owned(),
            "stream" => "replay".to_owned(),
            other => other.replace('_', " "),
        };
        return format!("{word}{}", place_in_chain(update));
    }
    match busy.and_then(|node| node.state.as_deref()) {
        Some(word) => word.replace('_', " "),
        None if nodes.is_empty() => "waiting for machines".to_owned(),
        None => "starting up".to_owned(),
    }
}

/// ` 2 of 3` of a chain of full and incremental backups.
fn place_in_chain(update: &ProgressUpdate) -> String {
    let position = update.position.as_ref();
    match position.and_then(|position| Some((position.chain_index?, position.chain_total?))) {
        Some((index, total)) if total > 1 => format!(" {index} of {total}"),
        _ => String::new(),
    }
}

fn unit(word: &str) -> String {
    match word {
        "bytes_uncompressed" => "bytes",
        "bytes_compressed" => "bytes compressed",
        "wal_lsn" => "wal",
        "prepare_percent" => "percent",
        other => other,
    }
    .to_owned()
}

fn text(
    service: &Service,
    phase: &str,
    nodes: &[&NodeState],
    done: Option<u64>,
    total: Option<u64>,
) -> String {
    let share = match (done, total) {
        (Some(done), Some(total)) if total > 0 => {
            let tenths = u128::from(done) * 1000 / u128::from(total);
            format!(" {}.{} %", tenths / 10, tenths % 10)
        }
        _ => String::new(),
    };
    let running = nodes.iter().filter(|node| is_running(node)).count();
    let state = service.state.as_deref().unwrap_or("in an unknown state");
    format!("{phase}{share}; {state}, {running} of {} nodes running", nodes.len())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testkit::fixture;
    use super::super::wire::{Pitr, ServiceAnswer, decode};
    use super::*;

    fn service(body: &str) -> Service {
        decode::<ServiceAnswer>(body.as_bytes()).unwrap().service
    }

    #[test]
    fn a_fork_goes_through_its_phases() {
        for (body, phase, text) in [
            (fixture!("fork-1-created.json"), "waiting for machines", "REBUILDING, 0 of 0 nodes running"),
            (fixture!("fork-2-setting-up-vm.json"), "setting up vm", "0 of 1"),
            (fixture!("fork-3-syncing-no-detail.json"), "syncing data", "0 of 1"),
            (fixture!("fork-4-syncing-basebackup.json"), "base backup", " %; REBUILDING"),
            (fixture!("fork-5-syncing-basebackup-max-grew.json"), "base backup", "base backup 37.5 %"),
            (fixture!("fork-6-syncing-stream.json"), "replay", "replay 58.1 %"),
            (
                fixture!("fork-mysql-incremental-chain.json"),
                "base backup 2 of 3",
                "base backup 2 of 3 65.8 %; REBUILDING",
            ),
            (fixture!("fork-opensearch-no-counters.json"), "syncing data", "0 of 3 nodes"),
        ] {
            let progress = of(&service(body));
            assert_eq!((progress.phase.as_str(), &progress.state), (phase, &ProgressState::Working));
            assert!(progress.text.contains(text), "{}", progress.text);
        }
    }

    #[test]
    fn only_a_running_service_with_running_nodes_is_restored() {
        let restored = ProgressState::Restored { newest_commit: None };
        assert_eq!(of(&service(fixture!("fork-7-running-first-backup-pending.json"))).state, restored);
        let mut service = service(fixture!("fork-8-running.json"));
        assert_eq!(of(&service).state, restored);
        service.state = Some("REBALANCING".to_owned());
        assert_eq!(of(&service).state, restored);
        for state in ["REBUILDING", "BUILDING", "A_NEW_WORD"] {
            service.state = Some(state.to_owned());
            assert_eq!(of(&service).state, ProgressState::Working, "{state}");
        }
        service.state = Some("RUNNING".to_owned());
        service.node_states.as_mut().unwrap()[1].state = Some("syncing_data".to_owned());
        assert_eq!(of(&service).state, ProgressState::Working, "a node is still syncing");
        service.node_states = None;
        assert_eq!(of(&service).state, ProgressState::Working, "no node is known to run");
        service.state = Some("POWEROFF".to_owned());
        assert!(matches!(of(&service).state, ProgressState::Failed { .. }));
    }

    #[test]
    fn where_a_fork_is_reached_is_told_without_its_credential() {
        let with = |params: Value| {
            let mut body: Value = serde_json::from_str(fixture!("fork-8-running.json")).unwrap();
            body["service"]["service_uri_params"] = params;
            let progress = of(&service(&body.to_string()));
            assert!(!format!("{progress:?}").contains("s3cret"), "{progress:?}");
            progress
        };
        let told = with(json!({
            "host": "inc-1.aivencloud.com", "port": "12691", "dbname": "defaultdb", "user": "avnadmin",
            "password": "s3cret",
        }));
        assert!(
            told.whereabouts().ends_with("reach it at inc-1.aivencloud.com:12691, database defaultdb"),
            "{told:?}"
        );
        for strange in [json!({}), json!(null), json!("s3cret"), json!({ "host": 1, "password": "s3cret" })] {
            assert_eq!(with(strange.clone()).address, None, "{strange}");
        }
        assert_eq!(of(&service(fixture!("fork-4-syncing-basebackup.json"))).address, None);
    }

    #[test]
    fn a_full_or_growing_counter_is_no_success() {
        let mut service = service(fixture!("fork-6-syncing-stream.json"));
        let update = &mut service.node_states.as_mut().unwrap()[0].progress_updates.as_mut().unwrap()[2];
        update.current = update.max;
        let full = of(&service);
        assert_eq!((full.done, full.state), (full.total, ProgressState::Working));
        let update = &mut service.node_states.as_mut().unwrap()[0].progress_updates.as_mut().unwrap()[2];
        update.max = update.max.map(|max| max * 2);
        assert!(of(&service).total > full.total);
        let update = &mut service.node_states.as_mut().unwrap()[0].progress_updates.as_mut().unwrap()[2];
        update.max = update.min;
        assert_eq!((of(&service).done, of(&service).total), (None, None), "no share of nothing");
    }

    #[test]
    fn r35_running_is_not_protected() {
        let pending = protection(&service(fixture!("fork-7-running-first-backup-pending.json")), None);
        assert_eq!((pending.own_backup, pending.secondary_copy), (Some(false), Some(false)));
        let own = protection(&service(fixture!("fork-8-running.json")), None);
        assert_eq!((own.own_backup, own.secondary_copy), (Some(true), Some(false)));
        let both = protection(&service(fixture!("service-get-pg-btar.json")), None);
        assert_eq!((both.own_backup, both.secondary_copy), (Some(true), Some(true)));
        let windows = decode::<Backups<'_>>(fixture!("backups-pg-btar.json").as_bytes()).unwrap();
        let set = service(fixture!("service-get-pg-btar.json"));
        assert!(protection(&set, Some(&windows)).is_whole());
        let no_window = Backups { pitr: Some(Pitr::default()), ..windows };
        let waits = protection(&set, Some(&no_window));
        assert_eq!((waits.own_backup, waits.secondary_copy), (Some(true), Some(false)), "nothing to restore");
        let mut hidden = service(fixture!("fork-8-running.json"));
        hidden.backups = None;
        assert_eq!(protection(&hidden, None).own_backup, None);
        for (backups, regions, text) in [
            (
                None,
                json!({"additional_backup_regions": ["aws-eu-west-1"]}),
                "whether there is a copy in aws-eu-west-1 is not shown",
            ),
            (
                Some(json!([])),
                json!({"additional_backup_regions": ["aws-eu-west-1"]}),
                "no copy in aws-eu-west-1 yet",
            ),
            (Some(json!([])), json!({"additional_backup_regions": []}), "backup to another region is off"),
            (None, json!(null), "whether backups are copied to another region is not shown"),
        ] {
            let mut body: Value = serde_json::from_str(fixture!("fork-8-running.json")).unwrap();
            (body["service"]["backups"], body["service"]["user_config"]) = (backups.into(), regions);
            let said = protection(&service(&body.to_string()), None).text;
            assert!(said.contains(&format!(", and {text}")), "S3: {said}");
        }
        for (shield, text) in [
            (json!(true), ", and backup to another region is off; it is protected against termination"),
            (json!(false), ", and backup to another region is off; it is NOT protected against termination"),
            (json!(null), ", and backup to another region is off"),
        ] {
            let mut body: Value = serde_json::from_str(fixture!("fork-8-running.json")).unwrap();
            body["service"]["termination_protection"] = shield.clone();
            let seen = protection(&service(&body.to_string()), None);
            assert!(seen.text.ends_with(text), "{}", seen.text);
            assert_eq!(seen.shielded, shield.as_bool());
        }
    }
}
