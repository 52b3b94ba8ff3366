//! Whose a name is, as a start, a look and a removal find it.

use super::*;

/// How a start ends in a folder where these programs are found first.
async fn start_with(base: &Path, programs: &[(&str, &str)]) -> StartOutcome {
    let (_programs, path) = found_first(programs);
    let mut forker = forker(base);
    forker.prefix = Prefix::new(&["env".to_owned(), path]);
    Forker::start(&forker, &request()).await
}

#[tokio::test]
async fn s19_a_name_is_taken_by_what_is_foreign_and_a_faster_start_is_looked_for() {
    const FASTER: &str = "#!/bin/sh\ncase $2 in *.json) : >\"$2\"; exit 1 ;; esac\nexec /bin/ln \"$@\"\n";
    const UNLINKED: &str = "#!/bin/sh\ncase $2 in *.json) exit 1 ;; esac\nexec /bin/ln \"$@\"\n";
    let base = tempfile::tempdir().unwrap();
    let mark = base.path().join("drill-a.lifeboat.json");
    for (case, programs) in [("not listed", ("ls", "#!/bin/sh\nexit 2\n")), ("no links", ("ln", UNLINKED))] {
        let outcome = start_with(base.path(), &[programs]).await;
        assert!(matches!(&outcome, StartOutcome::Refused { .. }), "{case}: {outcome:?}");
        assert!(!mark.exists(), "{case}");
    }
    let outcome = start_with(base.path(), &[("ln", FASTER)]).await;
    assert!(matches!(&outcome, StartOutcome::Unknown { why } if why.contains("faster")), "{outcome:?}");

    std::fs::write(&mark, "{\"run\":\"another\",}").unwrap();
    let outcome = start_with(base.path(), &[]).await;
    assert!(
        matches!(&outcome, StartOutcome::NameTaken { what } if what.contains("another run")),
        "{outcome:?}"
    );
    std::fs::remove_file(&mark).unwrap();
    std::fs::create_dir(base.path().join("drill-a")).unwrap();
    let outcome = start_with(base.path(), &[]).await;
    assert!(
        matches!(&outcome, StartOutcome::NameTaken { what } if what.ends_with("drill-a exists without a mark of ours")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn s19_a_name_that_became_foreign_is_told_and_one_whose_mark_cannot_be_read_is_looked_at_again() {
    let base = tempfile::tempdir().unwrap();
    let (forker, mark) = (forker(base.path()), leave_mark(base.path(), "null"));
    let looked =
        async || (Forker::progress(&forker, &request()).await, Forker::remove(&forker, &request()).await);
    std::fs::create_dir(base.path().join("drill-a")).unwrap();
    std::fs::remove_file(&mark).unwrap();
    for (written, says) in [(None, "without a mark of ours"), (Some("{\"run\":\"another\",}"), "another run")]
    {
        if let Some(written) = written {
            std::fs::write(&mark, written).unwrap();
        }
        let (progress, removal) = looked().await;
        assert!(
            matches!(&progress.state, ProgressState::Failed { why, can_resume: false }
                if why.contains("not ours any more") && why.contains(says)),
            "{progress:?}"
        );
        assert!(matches!(&removal, Removal::Foreign { what } if what.contains(says)), "{removal:?}");
    }
    std::fs::remove_file(&mark).unwrap();
    std::fs::create_dir(&mark).unwrap();
    let (progress, removal) = looked().await;
    assert!(
        matches!(&progress.state, ProgressState::CannotTell { why } if why.contains("cannot be read")),
        "{progress:?}"
    );
    assert!(
        matches!(&removal, Removal::CannotTell { why } if why.ends_with("drill-a.lifeboat.json cannot be read")),
        "{removal:?}"
    );
    assert!(base.path().join("drill-a").exists() && mark.exists(), "nothing of it was touched");
}
