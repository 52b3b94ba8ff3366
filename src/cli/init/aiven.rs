//! A config out of the services of an Aiven project, as its API lists them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::{NotMade, TIERS, anywhere, comment, key, source_name, text};
use crate::cli::args::InitArgs;
use crate::cli::{Exit, Global};
use crate::clock::Clock;
use crate::config::from_texts;
use crate::domain::{Ability, Service, SourceReport, words};
use crate::poll;
use crate::runtime::sources::Sources;

/// How long the project may take to answer.
const LOOK: Duration = Duration::from_secs(30);

pub(super) async fn config(global: &Global, args: &InitArgs, project: &str) -> Result<String, NotMade> {
    let source = source_name(&["aiven", project]);
    let head = head(args, project, &source)?;
    let clock = global.clock.unwrap_or_else(Clock::system);
    let bare = format!("{head}\n[discover.{}]\n", key(&source));
    let loaded =
        from_texts(&[("--from".to_owned(), bare)], &anywhere(), &|_| None).map_err(|error| NotMade {
            why: format!("no source can be made of it: {}", error.one_line()),
            hints: Vec::new(),
            exit: Exit::Usage,
        })?;
    let config = Arc::new(loaded.config);
    let mut board = config.board();
    let sources = Sources::build(Arc::clone(&config), clock);
    let reports = poll::once(&sources.catalogs(), clock, LOOK).await;
    if let Some(silent) = reports.iter().find(|report| !report.outcome.has_facts()) {
        return Err(not_listed(silent, args, project));
    }
    for report in &reports {
        board.fleet.apply(report, &board.bindings);
    }
    let services: Vec<&Service> = board.fleet.services.values().collect();
    let when = words::instant(clock.now());
    let mut out = format!(
        "# lifeboat for the Aiven project {}, made {when}: {}.\n\nfleet = {}\n\n{TIERS}{}\n{head}",
        comment(project),
        words::count(services.len(), "service"),
        text(project),
        tiers_asked_for(&services)
    );
    out.push_str(&discover(&source, &services));
    out.push_str(&now(&source, &services));
    Ok(out)
}

/// The source's own table.
fn head(args: &InitArgs, project: &str, source: &str) -> Result<String, NotMade> {
    if project.is_empty() {
        let hints = vec!["write --from aiven:PROJECT".to_owned()];
        return Err(NotMade { why: "--from aiven: names no project".to_owned(), hints, exit: Exit::Usage });
    }
    let url = args.url.as_ref().map(|url| format!("url = {}\n", text(url))).unwrap_or_default();
    Ok(format!(
        "[sources.{}]\nkind = \"aiven\"\nproject = {}\n{url}token = {{ env = {} }}\n\
         # acting_token = {{ env = \"AIVEN_RECOVER_TOKEN\" }}   # a token that may create services; used only when armed\n",
        key(source),
        text(project),
        text(&args.token_env)
    ))
}

fn not_listed(report: &SourceReport, args: &InitArgs, project: &str) -> NotMade {
    let why = report.error.as_deref().unwrap_or("no reason given");
    NotMade {
        why: format!("project {project} cannot be listed: {} ({why})", report.outcome.as_str()),
        hints: vec![
            format!(
                "the reading token is taken from ${}; another variable by --token-env NAME",
                args.token_env
            ),
            "without the project, `lifeboat config init` alone writes an example".to_owned(),
        ],
        exit: Exit::Unreachable,
    }
}

/// Which tags the services have, so that tiers and owners come from them where they can.
fn discover(source: &str, services: &[&Service]) -> String {
    let mut tags: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for facts in services.iter().filter_map(|service| service.facts.as_ref()) {
        for (tag, value) in &facts.tags {
            tags.entry(tag).or_default().insert(value);
        }
    }
    let is_tier = |values: &BTreeSet<&str>| values.iter().all(|value| value.trim().parse::<u8>().is_ok());
    let tier = tags.iter().find(|(tag, values)| tag.to_lowercase().contains("tier") && is_tier(values));
    let owner = tags.keys().find(|tag| ["owner", "team"].contains(&tag.to_lowercase().as_str()));
    let line = |name: &str, tag: Option<&str>| match tag {
        Some(tag) => format!("{name} = {}\n", text(tag)),
        None => format!("# {name} = \"..\"       # a tag that says it; no service has one now\n"),
    };
    format!(
        "\n# Every service of the project becomes a row.\n[discover.{}]\n{}{}",
        key(source),
        line("tier_from_tag", tier.map(|(tag, _)| *tag)),
        line("owner_from_tag", owner.copied())
    )
}

/// The tiers that tags ask for: without their tables nothing is promised.
fn tiers_asked_for(services: &[&Service]) -> String {
    let tiers: BTreeSet<u8> = services.iter().filter_map(|service| tag_tier(service)).collect();
    let named: Vec<String> = tiers.iter().map(|tier| format!("[tiers.{tier}]")).collect();
    if named.is_empty() { String::new() } else { format!("# Tags ask for {}.\n", named.join(", ")) }
}

/// The services as they are, and a table to fill in for each that can be recovered.
fn now(source: &str, services: &[&Service]) -> String {
    let mut out = String::from(
        "\n# The services now, and what nobody but you knows of each. What is written here wins over tags.\n",
    );
    for service in services {
        let _ = writeln!(out, "#\n# {}", comment(&in_a_line(service)));
        if by_design_none(service) {
            continue;
        }
        let hint = match (tag_tier(service), &service.secondary) {
            (Some(_), _) => String::new(),
            (None, Some(_)) => {
                "# tier = 1                       # a hint: somebody pays for a copy in another region\n"
                    .to_owned()
            }
            (None, None) => {
                "# tier = 3                       # a hint: there is no copy in another region\n".to_owned()
            }
        };
        let _ = writeln!(
            out,
            "# [services.{}]\n# source = {}\n{hint}# probe = \"tcp://HOST:PORT\"       # where it listens, seen from this host",
            key(&service.id),
            text(source)
        );
    }
    out.push_str(
        "#\n# What a fork must answer; a drill without it proves nothing:\n\
         # [[services.NAME.checks]]\n\
         # sql = \"select max(created_at) from TABLE\"  # a column that grows with every write\n\
         # expect = { newest_row = true }\n",
    );
    out
}

fn by_design_none(service: &Service) -> bool {
    let reading = service.primary.as_ref().and_then(|copy| copy.last_good.as_ref());
    reading.is_some_and(|reading| reading.ability == Ability::ByDesignNone)
}

fn tag_tier(service: &Service) -> Option<u8> {
    let tags = &service.facts.as_ref()?.tags;
    let (_, value) = tags.iter().find(|(tag, _)| tag.to_lowercase().contains("tier"))?;
    value.trim().parse().ok()
}

fn in_a_line(service: &Service) -> String {
    let facts = service.facts.as_ref();
    let engine = facts.map_or("unknown", |facts| facts.engine.as_str());
    let version = facts.and_then(|facts| facts.version.as_deref()).unwrap_or_default();
    let plan = facts.and_then(|facts| facts.plan.as_deref()).unwrap_or_default();
    let here = facts.and_then(|facts| facts.region.as_deref()).unwrap_or("unknown region");
    let tier = tag_tier(service).map(|tier| format!("tier {tier} by its tag")).unwrap_or_default();
    let there = match &service.secondary {
        Some(copy) => format!("{here} -> {}", copy.region.as_deref().unwrap_or("unknown region")),
        None if by_design_none(service) => format!("{here}, no backups by design"),
        None => format!("{here}, no copy elsewhere"),
    };
    [service.id.as_str(), engine, version, plan, &there, &tier]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
