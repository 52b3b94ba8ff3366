//! What is pictured: models of the dashboard, each at its instant.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use chrono::{FixedOffset, TimeDelta};
use lifeboat::domain::own_lag::{OwnPoint, TIERS};
use lifeboat::domain::{Fleet, LagPeriod, LagSample, OwnLag, ServiceId, Timestamp, assess};
use lifeboat::evidence;
use lifeboat::runbook::RunKind;
use lifeboat::runtime::demo::SOURCE;
use lifeboat::simulator::scenario;
use lifeboat::tui::app::arming::{Arming, NotArmed};
use lifeboat::tui::app::model::Again;
use lifeboat::tui::app::themes::ThemeList;
use lifeboat::tui::app::{Message, Model, Setup, Size, update};
use lifeboat::tui::draw::{Look, draw};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::keymap::{Key, KeyMap};
use lifeboat::tui::theme::{Palette, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::look::{STALE_AFTER, STEP, look};
use crate::{journal, sample};

const START: &str = "2026-11-20T12:00:00Z";
/// In minutes.
const DAY: i64 = 24 * 60;
/// From the last poll to the picture.
const AFTER_POLL: Duration = Duration::from_secs(4);

/// A screen as it is drawn.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    /// Of its files.
    pub(crate) name: &'static str,
    /// What it shows, for those who cannot see it.
    pub(crate) title: &'static str,
    /// Its cells.
    pub(crate) buffer: Buffer,
}

/// Every picture.
pub(crate) async fn all() -> Vec<Picture> {
    let colour = look_of("dark", Palette::Rich, &Glyphs::UNICODE);
    let light = look_of("light", Palette::Rich, &Glyphs::UNICODE);
    let plain = look_of("dark", Palette::None, &Glyphs::ASCII);
    let outage = Watched::new("region-down", 0..=20, STEP).await;
    let lag = Watched::new("lag-breach", -DAY..=40, STEP * 10).await;
    vec![
        Picture::of("fleet-outage", "the fleet while a region is down", &fleet(&outage, 110, 24), &colour),
        Picture::of("timeline", "a service whose copy has fallen behind", &timeline(&lag, "ledger"), &colour),
        Picture::of("run", "an incident: the fork is being restored", &incident(), &colour),
        Picture::of("report", "the report of a drill, read where it was run", &report(), &colour),
        Picture::of("fleet-light", "the fleet in the light theme", &fleet(&outage, 110, 24), &light),
        Picture::of("fleet-ascii", "the fleet in 80 columns of plain ASCII", &fleet(&outage, 80, 24), &plain),
    ]
}

impl Picture {
    fn of(name: &'static str, title: &'static str, model: &Model, look: &Look) -> Self {
        let mut buffer = Buffer::empty(Rect::new(0, 0, model.size.width, model.size.height));
        draw(model, look, &mut buffer);
        Self { name, title, buffer }
    }
}

fn look_of(theme: &str, palette: Palette, glyphs: &Glyphs) -> Look {
    Look { theme: Theme::built_in(theme).expect("a theme that is built in"), palette, glyphs: *glyphs }
}

/// What a dashboard knows of a scenario after watching some of its minutes.
struct Watched {
    fleet: Fleet,
    now: Timestamp,
    /// What each poll showed of the last day.
    own: BTreeMap<ServiceId, OwnLag>,
}

impl Watched {
    async fn new(name: &str, minutes: RangeInclusive<i64>, every: Duration) -> Self {
        let start: Timestamp = START.parse().expect("an instant");
        let mut scenario = scenario::load(name).expect("an embedded scenario");
        scenario.start = Some(start);
        let [mut at, end] =
            [minutes.start(), minutes.end()].map(|minute| start + TimeDelta::minutes(*minute));
        let [tier, ..] = TIERS;
        let (mut known, mut own) = (None, BTreeMap::new());
        while at <= end {
            let fleet = look(&scenario, at, known).await;
            for (id, service) in &fleet.services {
                let sample = LagSample::of(&assess(service, at, &STALE_AFTER.into()), at);
                let point = |LagSample { at, lag_s, loss_s }| OwnPoint { slot: tier.slot(at), lag_s, loss_s };
                let of_it = own.entry(id.clone()).or_insert_with(|| OwnLag { tier, points: Vec::new() });
                of_it.points.extend(sample.map(point));
            }
            known = Some(fleet);
            at += every;
        }
        Self { fleet: known.expect("at least one poll"), now: end + AFTER_POLL, own }
    }

    fn model(&self, width: u16, height: u16) -> Model {
        let setup = Setup {
            keys: KeyMap::default(),
            themes: ThemeList::default(),
            fleet: "demo".to_owned(),
            demo: true,
            read_only: false,
            arming: Arming {
                sources: BTreeMap::from([(SOURCE.to_owned(), Err(NotArmed::default()))]),
                ..Arming::default()
            },
            who: "anna@jump2".to_owned(),
            verify: BTreeMap::new(),
            bindings: Vec::new(),
            stale_after: STALE_AFTER.into(),
            offset_at: |_| FixedOffset::east_opt(3600).expect("an hour"),
            criteria: BTreeMap::new(),
            not_saved: None,
            again: Some(Again::new("lifeboat", "lifeboat --arm")),
        };
        Model::new(setup, self.fleet.clone(), self.now, Size { width, height })
    }
}

/// The fleet, the first service that has a copy elsewhere selected.
fn fleet(watched: &Watched, width: u16, height: u16) -> Model {
    let mut model = watched.model(width, height);
    let now = model.now;
    update(&mut model, Message::Key(Key::Down), now);
    model
}

/// The timeline of a service, opened as a person does: found by its name.
fn timeline(watched: &Watched, service: &str) -> Model {
    let mut model = watched.model(100, 30);
    let now = model.now;
    let typed = std::iter::once('/').chain(service.chars()).map(Key::Char);
    for key in typed.chain([Key::Enter, Key::Enter]) {
        update(&mut model, Message::Key(key), now);
    }
    let own = Message::OwnLag {
        service: service.to_owned(),
        period: LagPeriod::Day,
        answer: Ok(watched.own[service].clone()),
    };
    update(&mut model, own, now);
    model
}

/// The screen of an incident's run, steered from here.
fn incident() -> Model {
    let mut model = sample::model(100, 24);
    model.setup.arming.sources.values_mut().for_each(|armed| *armed = Ok(()));
    let journal = journal::restoring(RunKind::Incident);
    let state = Arc::new(journal.state);
    update(&mut model, Message::Run { state, driven_here: true }, journal.now);
    update(&mut model, Message::Key(Key::Char('3')), journal.now);
    model
}

/// The report of a drill that is over, as it is read in the dashboard.
fn report() -> Model {
    let mut model = sample::model(100, 40);
    let journal = journal::closed_drill();
    let report = evidence::report(&journal.records, None).expect("a whole journal");
    let (run, text) = (journal.state.opening.run.clone(), evidence::markdown(&report));
    update(&mut model, Message::Run { state: Arc::new(journal.state), driven_here: true }, journal.now);
    update(&mut model, Message::Report { run, text }, journal.now);
    model
}
