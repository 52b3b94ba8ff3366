//! Two dashboards over one state folder and one simulator.

use std::net::Ipv4Addr;

use chrono::TimeDelta;

use super::super::sample;
use super::*;
use crate::config::{Overrides, from_texts};
use crate::domain::sample::at;
use crate::domain::{RegionEffect, RegionStage};
use crate::ledger::Readings;
use crate::ledger::settings::{SettingEvent, verify};
use crate::runbook::JournalPlace;
use crate::runbook::sample::author as anna;
use crate::runtime::sources::ArmFlags;
use crate::secret::SecretString;
use crate::simulator::{Running, Simulator, scenario};

const NORTH: &str = "aws-eu-north-1";

struct Lab {
    running: Running,
    clock: Clock,
    folder: tempfile::TempDir,
}

impl Lab {
    fn start() -> Self {
        let mut scenario = scenario::load("calm").unwrap();
        let zero = at("2026-11-20T12:00:00Z");
        scenario.start = Some(zero);
        let clock = Clock::starting_at(zero + TimeDelta::minutes(10), 6_000.0);
        let token = SecretString::from("demo-token".to_owned());
        let running = Simulator::start(&scenario, clock, (Ipv4Addr::LOCALHOST, 0).into(), token).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "demo-token").unwrap();
        Self { running, clock, folder }
    }

    /// A dashboard that starts now.
    fn desk(&self, arm: bool) -> (Desk, mpsc::Receiver<Message>) {
        let folder = self.folder.path();
        let token = format!("{{ file = '{}' }}", folder.join("token").display());
        let text = format!(
            "fleet = 'f'\nstate_dir = '{}'\n[arming]\nallow = true\n[discover.sim]\n[sources.sim]\n\
             kind = 'aiven'\nproject = '{}'\nurl = '{}'\ntoken = {token}\nacting_token = {token}\n",
            folder.display(),
            self.running.project,
            self.running.url()
        );
        let files = [("a.toml".to_owned(), text)];
        let config = Arc::new(from_texts(&files, &Overrides::default(), &|_| None).unwrap().config);
        let (news, told) = mpsc::channel(64);
        let desk = Desk {
            sources: Arc::new(Sources::build(Arc::clone(&config), self.clock)),
            config,
            files: Vec::new(),
            words: Vec::new(),
            ledger: Err("not of use here".to_owned()),
            readings: Arc::new(Readings::open(folder)),
            place: JournalPlace::StateFolder,
            unbegun: None,
            clock: self.clock,
            flags: ArmFlags { arm, read_only: false },
            stated: None,
            runs_as_of: Some(self.clock.now()),
            pollers: Vec::new(),
            news,
            again: None,
        };
        (desk, told)
    }

    /// A change that was asked for by a process that is no more.
    async fn asked(&self) {
        let (desk, _told) = self.desk(true);
        let setter = desk.sources.region_setter("sim", desk.flags).await.unwrap();
        let journal = held(&desk.config, "reports").await.unwrap().unwrap();
        let mut tell = |_: &SettingRecord| {};
        let journal = Arc::new(Mutex::new(journal));
        let folder = self.folder.path().to_owned();
        let mut action =
            region::Action { journal, folder, author: anna(), clock: self.clock, tell: &mut tell };
        let to = Some(NORTH.to_owned());
        let change = RegionChange { remote: "reports".to_owned(), from: None, to, last_changed: None };
        let sent = action.ask(&*setter, "sim", &change, Vec::new(), "reports").await.unwrap();
        assert!(matches!(sent.outcome, SetOutcome::Accepted { .. }), "{sent:?}");
    }
}

/// A dashboard looks at the journal.
async fn look(desk: &Desk, copying: &mut Copying) {
    let mut book = Book::default();
    let found = book.look(&desk.config.state_dir);
    desk.take_changes(found, book.unread, copying).await;
}

/// What a dashboard was told last of the changes that are under way.
fn told(news: &mut mpsc::Receiver<Message>) -> Vec<UnderWay> {
    let all = std::iter::from_fn(|| news.try_recv().ok());
    let of_changes =
        |message| if let Message::RegionsUnderWay(changes) = message { Some(changes) } else { None };
    all.filter_map(of_changes).last().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn s30_a_change_is_taken_up_by_one_armed_dashboard_that_starts_later_and_shown_by_all() {
    let lab = Lab::start();
    lab.asked().await;
    let mut hands: [Copying; 3] = Default::default();
    let [watched, first, second] = &mut hands;
    let (unarmed, mut watching) = lab.desk(false);
    look(&unarmed, watched).await;
    let [seen] = &told(&mut watching)[..] else { panic!("one change is under way") };
    assert_eq!((seen.open.of.as_str(), seen.open.to.as_deref()), ("reports", Some(NORTH)));
    assert_eq!((seen.followed, watched.tasks.len()), (Standing::Nobody, 0), "it may not act");
    assert!(seen.lines.iter().any(|line| line.contains("accepted")), "{seen:?}");

    let (desk, mut news) = lab.desk(true);
    look(&desk, first).await;
    assert_eq!(first.tasks.len(), 1, "{:?}", told(&mut news));
    let (other, mut others) = lab.desk(true);
    look(&other, second).await;
    assert_eq!(second.tasks.len(), 0, "one process writes");
    let [seen] = &told(&mut others)[..] else { panic!("it is shown there, too") };
    assert_eq!(seen.followed, Standing::Elsewhere);

    tokio::time::timeout(Duration::from_secs(60), first.ended()).await.expect("its first copy arrives");
    look(&other, second).await;
    assert_eq!(told(&mut others), [], "it is done, whoever saw it");
    let chain = verify(lab.folder.path()).unwrap().unwrap();
    assert_eq!(chain.broken, None);
}

/// A setting that is not as asked for waits for a person, and is not looked for again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_not_as_asked_for_is_left_to_a_person() {
    let lab = Lab::start();
    let mut journal = Settings::open(lab.folder.path()).unwrap().hold("reports").unwrap().unwrap();
    let to = Some(NORTH.to_owned());
    let change = RegionChange { remote: "reports".to_owned(), from: None, to, last_changed: None };
    let (calls, typed, source) = (Vec::new(), "reports".to_owned(), Some("sim".to_owned()));
    let intended = SettingEvent::Intended { change, calls, typed, source };
    journal.append(lab.clock.now(), &anna(), intended).unwrap();
    let effect =
        RegionEffect { stage: RegionStage::CannotTell, first_copy: None, text: "cannot tell".to_owned() };
    journal.append(lab.clock.now(), &anna(), SettingEvent::Seen { effect }).unwrap();
    drop(journal);
    let (desk, _news) = lab.desk(true);
    let mut copying = Copying::default();
    look(&desk, &mut copying).await;
    assert_eq!(copying.tasks.len(), 1);
    tokio::time::timeout(Duration::from_secs(60), copying.ended()).await.expect("three looks show nothing");
    copying.tried.clear();
    look(&desk, &mut copying).await;
    assert_eq!((copying.tasks.len(), copying.given_up.len()), (0, 1));
}

/// The disk fills up between what is asked for and the answer.
#[tokio::test(flavor = "multi_thread")]
async fn s20_an_answer_that_cannot_be_written_down_is_told() {
    let lab = Lab::start();
    drop(Settings::open(lab.folder.path()).unwrap());
    let full = "CREATE TRIGGER full BEFORE INSERT ON settings WHEN NEW.line LIKE '%\"is\":\"answered\"%' \
                BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    let journal = rusqlite::Connection::open(lab.folder.path().join("journal.db")).unwrap();
    journal.execute_batch(full).unwrap();
    let (desk, mut news) = lab.desk(true);
    let mut copying = Copying::default();
    let (service, source) = ("reports".to_owned(), "sim".to_owned());
    let to = Some(NORTH.to_owned());
    let change = RegionChange { remote: service.clone(), from: None, to, last_changed: None };
    let set = SetRegion { typed: service.clone(), service, source, change, calls: Vec::new() };
    desk.set_region(set, &mut copying).await.unwrap();
    tokio::time::timeout(Duration::from_secs(60), copying.ended()).await.expect("it is asked for once");
    let told = std::iter::from_fn(|| news.try_recv().ok()).filter_map(|message| match message {
        Message::RegionNews { line, .. } => Some(line),
        _ => None,
    });
    let last = told.last().unwrap();
    assert!(
        last.starts_with("sent and accepted: reports: copies go to aws-eu-north-1; this could not"),
        "{last}"
    );
    assert!(last.contains("the disk is full"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn s25_a_disk_that_hangs_gives_no_right_to_change_anything_and_holds_up_no_other_order() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, _told) = sample::desk(folder.path());
    let pipe = folder.path().join("journal.db-journal");
    sample::hang(&pipe);
    let held = sample::once_late(held(&desk.config, "orders")).await;
    sample::answer(&pipe);
    let Some(Err(lines)) = held else { panic!("{held:?}") };
    assert!(lines[0].contains("does not answer") && lines[1].starts_with("nothing is changed"), "{lines:?}");
}
