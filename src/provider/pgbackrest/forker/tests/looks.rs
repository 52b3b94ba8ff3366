//! What a look from outside says: of a folder that is another one, of data that takes long to count.

use super::*;

/// Where a fork would be made, as readiness finds it and a run puts it down.
async fn place(base: &Path) -> String {
    let more = ["", "25440", "25449", "true"];
    let found = script("check", base, base, "", &more).await.text();
    found.lines().find_map(|line| line.strip_prefix("host ")).unwrap().to_owned()
}

#[tokio::test]
async fn r34_a_folder_whose_disk_is_not_mounted_proves_nothing_of_a_fork() {
    let (mounted, mount_point) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let made_on = place(mounted.path()).await;
    assert_eq!(place(mounted.path()).await, made_on, "the same at each look");
    let request = ForkRequest { host: Some(made_on.clone()), ..request() };
    let (there, here) = (forker(mounted.path()), forker(mount_point.path()));
    assert_eq!(Forker::find(&there, &request).await, Found::Absent);

    let found = Forker::find(&here, &request).await;
    assert!(matches!(&found, Found::CannotTell { why } if why.contains("is not the folder")), "{found:?}");
    let progress = Forker::progress(&here, &request).await;
    assert!(matches!(progress.state, ProgressState::CannotTell { .. }), "{progress:?}");
    let removal = Forker::remove(&here, &request).await;
    assert!(matches!(&removal, Removal::Failed { why } if why.contains("mount its disk")), "{removal:?}");
    let more = [IDENTITY, "25440", "25449", "", "postgres", "postgres", "", "true"];
    let start = script("start", mount_point.path(), mount_point.path(), &made_on, &more).await;
    assert!(REFUSED.contains(&start.code), "no second fork: {} {}", start.code, words(&start));
    assert_eq!(names(mount_point.path()), Vec::<String>::new());

    let (host, _folder) = made_on.split_once(':').unwrap();
    let older = ForkRequest { host: Some(host.to_owned()), ..request };
    assert_eq!(Forker::find(&here, &older).await, Found::Absent, "which folder was not put down then");
}
