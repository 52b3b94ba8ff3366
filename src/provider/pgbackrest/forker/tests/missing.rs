//! A fork that somebody removed while its run watched it.

use super::*;

/// Looks until it is told that it is gone, at most so often: how often that could not be told, and the proof.
async fn looked(forker: &PgBackRestForker, request: &ForkRequest, most: u32) -> (u32, Option<String>) {
    for untold in 0..most {
        let progress = Forker::progress(forker, request).await;
        match progress.state {
            ProgressState::CannotTell { .. } => {}
            _ => return (untold, Some(progress.proof_of_absence().expect("no other news").to_owned())),
        }
        tokio::time::sleep(Duration::from_millis(17)).await;
    }
    (most, None)
}

#[tokio::test]
async fn s20_a_fork_that_somebody_removed_is_known_to_be_gone_after_three_looks_over_30_s() {
    let base = tempfile::tempdir().unwrap();
    let forker = forker(base.path());
    let request = ForkRequest { host: Some(place(base.path()).await), ..request() };
    let mark = leave_mark(base.path(), "null");
    std::fs::remove_file(&mark).unwrap();
    assert_eq!(looked(&forker, &request, 2).await, (2, None), "two looks prove nothing");
    leave_mark(base.path(), "null");
    Forker::progress(&forker, &request).await;
    std::fs::remove_file(mark).unwrap();
    let (untold, proof) = looked(&forker, &request, 100).await;
    assert!(untold >= 2, "once it was seen the looks begin anew: {untold}");
    assert!(proof.unwrap().contains(" looks from "));
}

#[tokio::test]
async fn s20_a_folder_that_may_be_another_one_proves_no_fork_to_be_gone() {
    let (mounted, mount_point) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let made_on = place(mounted.path()).await;
    let (host, _folder) = made_on.split_once(':').unwrap();
    for made_on in [Some(made_on.clone()), Some(host.to_owned()), None] {
        let request = ForkRequest { host: made_on.clone(), ..request() };
        assert_eq!(looked(&forker(mount_point.path()), &request, 8).await, (8, None), "{made_on:?}");
    }
}
