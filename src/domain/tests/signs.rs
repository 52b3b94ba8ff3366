//! What a provider has to say of a copy reaches a person.

use super::super::status::StatusDoc;
use super::*;

/// One of each kind; a kind that is added must be put here, or this does not compile.
fn all() -> Vec<Sign> {
    let signs = vec![
        Sign::CopyPaused { reason: None },
        Sign::LogGap {
            first: "41".to_owned(),
            last: "4C".to_owned(),
            count: 12,
            ends_window: true,
            confirmed: true,
        },
        Sign::BackupLacksLog { segment: "41".to_owned() },
        Sign::TwoTimelines { timelines: vec![1, 2] },
        Sign::WindowsNotVisible { why: "needs service:data:read".to_owned() },
        Sign::CopyingOff,
        Sign::PersistenceOff,
        Sign::BackupRunning,
        Sign::Note { text: "another copy lies in dc-north".to_owned() },
    ];
    for sign in &signs {
        match sign {
            Sign::CopyPaused { .. }
            | Sign::LogGap { .. }
            | Sign::BackupLacksLog { .. }
            | Sign::TwoTimelines { .. }
            | Sign::WindowsNotVisible { .. }
            | Sign::CopyingOff
            | Sign::PersistenceOff
            | Sign::BackupRunning
            | Sign::Note { .. } => {}
        }
    }
    signs
}

/// Everything that `status` says of a service, without the readings it is made of.
fn told(service: &Service) -> String {
    let known = judge(service);
    serde_json::to_string(&StatusDoc::new(now(), [(service, &known)])).unwrap()
}

#[test]
fn every_sign_changes_what_is_said() {
    let without = told(&orders());
    for sign in all() {
        let mut service = orders();
        reading_there(&mut service).signs.push(sign.clone());
        let with = told(&service);
        assert_ne!(with, without, "{sign:?}");
        if let Some(note) = sign.note() {
            assert!(with.contains(note), "{sign:?}");
            assert_eq!(service.notes().collect::<Vec<_>>(), [(Role::Secondary, note)]);
        }
    }
}
