//! What a look from outside says: of a folder that is another one, of data that takes long to count.

use std::time::Instant;

use super::*;

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
    let more = [IDENTITY, "25440", "25449", "", "postgres", "postgres", "", "", "true"];
    let start = Script::new("start", mount_point.path(), mount_point.path(), &more);
    let start = Script { made_on: &made_on, ..start }.run().await;
    assert!(REFUSED.contains(&start.code), "no second fork: {} {}", start.code, words(&start));
    assert_eq!(names(mount_point.path()), Vec::<String>::new());

    let (host, _folder) = made_on.split_once(':').unwrap();
    let older = ForkRequest { host: Some(host.to_owned()), ..request };
    assert_eq!(Forker::find(&here, &older).await, Found::Absent, "which folder was not put down then");
}

/// A stand-in for `du` that notes each time it is begun and counts for as long as `gate` exists.
fn slow_du(gate: &Path, begun: &Path) -> String {
    format!(
        "#!/bin/sh\necho begun >> {}\nwhile [ -e {} ]; do sleep 0.05; done\necho '79000000000 data'\n",
        begun.display(),
        gate.display()
    )
}

#[tokio::test]
async fn s3_data_that_takes_long_to_count_is_counted_once_and_keeps_no_look_waiting() {
    let (base, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let work = base.path().join("drill-a.lifeboat");
    std::fs::create_dir(&work).unwrap();
    let mark = format!("{{{IDENTITY},\"pid\":null,\"phase\":\"restore\"}}\n");
    std::fs::write(base.path().join("drill-a.lifeboat.json"), mark).unwrap();
    let (gate, begun) = (beside.path().join("gate"), beside.path().join("begun"));
    let du = slow_du(&gate, &begun);
    let look = async || {
        let (programs, more) = ([("du", du.as_str())], ["", "postgres", "postgres"]);
        let script = Script { programs: &programs, ..Script::new("state", base.path(), &work, &more) };
        mark::report(&script.run().await.text())
    };
    std::fs::write(&gate, "").unwrap();
    let started = Instant::now();
    for _ in 0..2 {
        let report = look().await;
        assert_eq!((report.whose.as_str(), report.bytes), ("mine", None), "unknown, and not 0");
    }
    assert!(started.elapsed() < ASK_LIMIT / 2, "{:?}", started.elapsed());
    assert_eq!(std::fs::read_to_string(&begun).unwrap(), "begun\n", "one at a time");

    std::fs::remove_file(&gate).unwrap();
    while std::fs::read_to_string(work.join("bytes")).unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    std::fs::write(&gate, "").unwrap();
    assert_eq!(look().await.bytes, Some(79_000_000_000), "as counted last");
    let long_ago = std::time::SystemTime::now() - Duration::from_mins(5);
    let counted = std::fs::File::options().append(true).open(work.join("bytes")).unwrap();
    counted.set_modified(long_ago).unwrap();
    assert_eq!(look().await.bytes, None, "nobody knows how many it is by now");
    std::fs::remove_file(&gate).unwrap();
}
