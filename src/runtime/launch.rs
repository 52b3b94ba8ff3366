//! From what a person orders to a run that can be driven: its first event, and the world it acts on.
//! Used by the commands and by the dashboard alike.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::executor::{RealChecks, World};
use super::sources::{ArmFlags, Sources};
use crate::clock::Clock;
use crate::config::{Config, SourceSettings};
use crate::domain::fleet::remote_of;
use crate::domain::instant::rfc3339;
use crate::domain::{Assessment, CopyFacts, CopyState, Engine, Outcome, Role, Service, Target, Timestamp};
use crate::provider::Refusal;
use crate::provider::aiven::ApiUrl;
use crate::runbook::{Before, ClockFacts, JournalPlace, Member, Opening, RunKind, built_in, names, opening};

/// What a person orders.
#[derive(Debug, Clone)]
pub struct Order {
    /// Drill or incident.
    pub kind: RunKind,
    /// What to restore to.
    pub target: Target,
    /// The point must lie before this instant (S14).
    pub bad_moment: Option<Timestamp>,
    /// The fork's name (incidents only).
    pub fork_name: Option<String>,
    /// What is exercised or met.
    pub scenario: Option<String>,
    /// The loss instant that a drill simulates, when it is not the confirmation of its point (S23).
    pub simulated_loss: Option<Timestamp>,
    /// Questions with a default are not asked (drills only).
    pub assume_yes: bool,
    /// Where the journal is kept.
    pub journal: JournalPlace,
    /// This host's clock minus that of each source that shows one, seconds.
    pub skews: BTreeMap<String, i64>,
    /// The files of the config, in their order.
    pub files: Vec<String>,
}

/// What is known of the service that a run is to recover.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The service.
    pub service: Service,
    /// Its judgement.
    pub assessment: Assessment,
    /// This host's clock minus that of each source that shows one, seconds.
    pub skews: BTreeMap<String, i64>,
}

/// Why a service cannot be recovered by a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotLaunch {
    /// There is nothing to restore from in another region.
    #[error("{service} has no copy in another region to restore from{}", because.as_deref().map(|why| format!(": {why}")).unwrap_or_default())]
    NoCopy {
        /// The service.
        service: String,
        /// Why there is none.
        because: Option<String>,
    },
    /// There is a copy, and nothing in it.
    #[error("nothing can be restored from {copy}: no backup of {service} that can be used is there")]
    NothingThere {
        /// The service.
        service: String,
        /// The copy that was read.
        copy: String,
    },
    /// The target is an instant that has not come.
    #[error("{} lies in the future: choose newest, oldest, an earlier instant, or a backup", rfc3339(*at))]
    Future {
        /// The instant.
        at: Timestamp,
    },
    /// The target is a name that no backup of the copy has.
    #[error(
        "`{name}` is no instant, and {copy} lists no backup of that name: write newest, oldest, an instant with Z, or a backup"
    )]
    NoSuchBackup {
        /// What was given.
        name: String,
        /// The copy that was read.
        copy: String,
    },
}

/// Whether a target can mean anything, before a run is opened that would block its service. A backup is
/// missed only in a list that was read whole just now: an older one may lack it (S2).
fn means_something(target: &Target, copy: &CopyState, now: Timestamp) -> Result<(), CannotLaunch> {
    match target {
        Target::At(at) if *at > now => Err(CannotLaunch::Future { at: *at }),
        Target::Backup(name) if copy.attempt.outcome == Outcome::Ok => {
            let listed = copy.last_good.as_ref().and_then(|reading| reading.points.as_ref());
            let missed = listed.is_some_and(|points| points.iter().all(|point| point.name != *name));
            if missed {
                Err(CannotLaunch::NoSuchBackup { name: name.clone(), copy: copy.copy.clone() })
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    }
}

/// The first event of a run: everything fixed before the first call (S24, S31).
///
/// # Errors
/// [`CannotLaunch`].
pub fn opening(
    config: &Config,
    service: &Service,
    assessment: &Assessment,
    order: Order,
    clock: Clock,
) -> Result<Opening, CannotLaunch> {
    let now = clock.now();
    let plan = built_in();
    let token = names::token(fastrand::u32(..));
    let copy = service.secondary.as_ref().ok_or_else(|| CannotLaunch::NoCopy {
        service: service.id.clone(),
        because: assessment.secondary_reason.clone(),
    })?;
    if assessment.secondary.as_ref().is_some_and(CopyFacts::is_empty_now) {
        return Err(CannotLaunch::NothingThere { service: service.id.clone(), copy: copy.copy.clone() });
    }
    means_something(&order.target, copy, now)?;
    let facts = service.facts.as_ref();
    let named = config.services.get(&service.id);
    let member = Member {
        service: service.id.clone(),
        engine: facts.map_or_else(|| Engine::Other("unknown".to_owned()), |facts| facts.engine.clone()),
        remote: remote_of(&config.board().bindings, service, Role::Secondary, copy).to_owned(),
        source: copy.source.clone(),
        role: Role::Secondary,
        copy: copy.copy.clone(),
        region: copy.region.clone(),
        from_region: service.primary_region().map(str::to_owned),
        target: order.target,
        bad_moment: order.bad_moment,
        fork_name: order.fork_name,
        checks: named.map(|named| named.checks.clone()).unwrap_or_default(),
        probe: named.and_then(|named| named.probe.as_ref()).map(ToString::to_string),
        owner: service.owner.clone(),
    };
    Ok(Opening {
        run: names::run_id(order.kind, &service.id, now, &token),
        kind: order.kind,
        plan_sha256: plan.sha256(),
        plan,
        token,
        objectives: service.policy.clone(),
        rto_from: config.rto_from,
        scenario: order.scenario,
        simulated_loss: order.simulated_loss,
        assume_yes: order.assume_yes,
        config: config_facts(config, &member).into_iter().chain(file_facts(&order.files)).collect(),
        criteria: config.criteria.clone(),
        skews: order.skews,
        member,
        before: Before {
            as_of: now,
            service: service.clone(),
            assessment: assessment.clone(),
            clients_moved: service.clients_moved.as_deref().cloned(),
        },
        journal: order.journal,
        clock: ClockFacts { system: clock.is_system(), speed: clock.speed() },
    })
}

/// Facts of the config that shape a run, without secrets: a secret is named, never read here.
fn config_facts(config: &Config, member: &Member) -> BTreeMap<String, String> {
    let state_dir = whole(&config.state_dir.display().to_string());
    let mut facts = BTreeMap::from([
        ("fleet".to_owned(), config.fleet.clone()),
        (opening::STATE_FOLDER.to_owned(), state_dir),
    ]);
    let Some(source) = config.sources.get(&member.source) else { return facts };
    facts.insert("source.kind".to_owned(), source.settings.kind().to_owned());
    let mut add = |key: &str, value: String| drop(facts.insert(format!("source.{key}"), value));
    match &source.settings {
        SourceSettings::PgBackRest(settings) => {
            add("stanza", settings.stanza.clone());
            add("repo", settings.repo.to_string());
            add("run", settings.run.join(" "));
            if let Some(fork) = &settings.fork {
                add("fork.run", fork.run.join(" "));
                add("fork.directory", fork.directory.clone());
            }
        }
        SourceSettings::Aiven(settings) => {
            add("project", settings.project.clone());
            add("url", settings.url.base().to_owned());
            add("token", settings.token.describe());
            if let Some(plan) = &settings.fork_plan {
                add("fork_plan", plan.clone());
            }
            if let Some(token) = &settings.acting_token {
                add("acting_token", token.describe());
            }
        }
    }
    facts
}

/// Where the config's files lie, from wherever their names are read later.
fn file_facts(files: &[String]) -> impl Iterator<Item = (String, String)> {
    let files: Vec<String> = files.iter().map(|file| whole(file)).collect();
    opening::file_facts(&files).collect::<Vec<_>>().into_iter()
}

/// A path as it is found from anywhere.
pub fn whole(path: &str) -> String {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |whole| whole.display().to_string())
}

/// Facts of a source that say in which place forks are made, from whichever host it is reached.
const PLACE: [&str; 5] =
    ["source.kind", "source.url", "source.project", "source.stanza", "source.fork.directory"];

/// Whether a run's source still means the place in which its forks were made. Anywhere else they would
/// not be found, and that would be put down as the proof of their removal (R34).
///
/// # Errors
/// What differs.
pub fn same_place(config: &Config, opening: &Opening) -> Result<(), String> {
    let now = config_facts(config, &opening.member);
    let moved = PLACE.iter().find_map(|key| {
        let then = opening.config.get(*key)?;
        let now = now.get(*key).map_or("not set", String::as_str);
        (!is_same(then, now)).then_some((key, then, now))
    });
    match moved {
        None => Ok(()),
        Some((key, then, now)) => Err(format!(
            "{} was begun with {key} = {then}, which is {now} in this config: its forks are not looked for in \
             another place; give the config it was begun with",
            opening.run
        )),
    }
}

/// Whether two facts name one place. A simulator on this host has another port each time it starts.
fn is_same(then: &str, now: &str) -> bool {
    let is_here = |url: &str| ApiUrl::try_from(url.to_owned()).is_ok_and(|url| url.is_loopback());
    then == now || (is_here(then) && is_here(now))
}

/// The world of a run that may act, or what is missing for it on this host (S18).
///
/// # Errors
/// [`Refusal`].
pub async fn armed_world(sources: &Sources, source: &str, flags: ArmFlags) -> Result<World, Refusal> {
    let forker = sources.forker(source, flags).await?;
    let mut world = reading_world(sources, source)?;
    world.forker = Some(Arc::from(forker));
    Ok(world)
}

/// The world of a dry run: nothing in it can change anything.
///
/// # Errors
/// When there is no such source.
pub fn reading_world(sources: &Sources, source: &str) -> Result<World, Refusal> {
    let missing = || Refusal { source_name: source.to_owned(), missing: vec!["no such source".to_owned()] };
    let catalog = sources.of(source).ok_or_else(missing)?;
    Ok(World { catalog, forker: None, checks: Arc::new(RealChecks) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, from_texts};
    use crate::domain::Points;
    use crate::runbook::sample::opening;

    fn config(project: &str, url: &str) -> Config {
        let text = format!(
            "fleet = \"f\"\nstate_dir = \"/nowhere\"\n[sources.pg-east]\nkind = \"aiven\"\nproject = \"{project}\"\n\
             url = \"{url}\"\ntoken = {{ env = \"T\" }}\n[discover.pg-east]\n"
        );
        from_texts(&[("a".to_owned(), text)], &Overrides::default(), &|_| None).unwrap().config
    }

    #[test]
    fn r34_forks_are_not_looked_for_in_another_place() {
        let mut opening = opening(RunKind::Drill);
        let (api, simulator) = ("https://api.aiven.io", "http://127.0.0.1:8765");
        let mut begun_at = |url: &str| {
            opening.config = config_facts(&config("prod", url), &opening.member);
            opening.clone()
        };
        let there = begun_at(api);
        assert_eq!(same_place(&config("prod", api), &there), Ok(()));
        let why = same_place(&config("staging", api), &there).unwrap_err();
        assert!(why.contains("prod") && why.contains("staging"), "{why}");
        let here = begun_at(simulator);
        assert_eq!(same_place(&config("prod", "http://localhost:9"), &here), Ok(()), "begun anew");
        let why = same_place(&config("prod", api), &here).unwrap_err();
        assert!(why.contains(simulator) && why.contains(api), "{why}");
        assert!(same_place(&config("prod", "https://api.example"), &there).is_err());
        let mut older = here;
        older.config.remove("source.url");
        assert_eq!(same_place(&config("prod", api), &older), Ok(()), "it was not put down");
    }

    #[test]
    fn s25_a_run_says_for_which_state_folder_it_is_wherever_its_journal_begins() {
        let facts = config_facts(&config("prod", "https://api.aiven.io"), &opening(RunKind::Incident).member);
        assert_eq!(facts.get(opening::STATE_FOLDER).map(String::as_str), Some("/nowhere"));
    }

    #[test]
    fn s26_a_target_that_means_nothing_opens_no_run() {
        let service = opening(RunKind::Drill).before.service;
        let mut copy = service.secondary.unwrap();
        copy.attempt.outcome = Outcome::Ok;
        let now = copy.as_of().unwrap();
        copy.last_good.as_mut().unwrap().points = Some(Points::default());
        let yesterday = Target::Backup("yesterday".to_owned());
        assert!(means_something(&Target::Newest, &copy, now).is_ok());
        assert!(means_something(&Target::At(now), &copy, now).is_ok());
        let later = Target::At(now + chrono::TimeDelta::days(1));
        assert!(means_something(&later, &copy, now).unwrap_err().to_string().contains("future"));
        let why = means_something(&yesterday, &copy, now).unwrap_err().to_string();
        assert!(why.contains("`yesterday` is no instant"), "{why}");
        copy.attempt.outcome = Outcome::Unreachable;
        assert!(means_something(&yesterday, &copy, now).is_ok(), "an old list may lack a new backup");
    }
}
