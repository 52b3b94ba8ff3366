//! Whose a name is, as a start finds it.

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
