//! What several processes do with readings that are damaged (S29).

use super::*;

/// Damages the backups: nobody sees it before they are read.
fn damage(path: &Path) {
    let (page, size): (i64, i64) = {
        let raw = rusqlite::Connection::open(path).unwrap();
        let root = "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = 'backups'";
        raw.query_row(root, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let mut bytes = fs::read(path).unwrap();
    let [from, to] = [page - 1, page].map(|page| usize::try_from(page * size).unwrap());
    bytes[from..to].fill(0x5a);
    fs::write(path, bytes).unwrap();
}

#[test]
fn s29_what_one_process_made_anew_is_not_removed_by_another_that_saw_the_damage_too() {
    let folder = tempfile::tempdir().unwrap();
    Readings::open(folder.path()).save([&orders()], at(OPENED)).unwrap();
    damage(&folder.path().join("readings.db"));
    let (first, second) = (Readings::open(folder.path()), Readings::open(folder.path()));
    assert_eq!(first.load().unwrap(), [], "made anew");
    first.save([&orders()], at(OPENED)).unwrap();
    assert_eq!(second.load().unwrap(), [orders()]);
    let other = Service { id: "sessions".to_owned(), ..orders() };
    first.save([&other], at(OPENED)).unwrap();
    assert_eq!(second.load().unwrap(), [orders(), other], "both work with the same file");
    second.check().unwrap();
    assert_eq!(first.load().unwrap().len(), 2);
}

#[test]
fn s29_nobody_goes_on_writing_into_a_file_that_another_process_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let named = |id: &str| Service { id: id.to_owned(), ..orders() };
    let kept = || {
        let all = Readings::open(folder.path()).load().unwrap();
        all.into_iter().map(|service| service.id).collect::<Vec<_>>()
    };
    let writer = Readings::open(folder.path());
    writer.save([&named("before")], at(OPENED)).unwrap();
    for name in ["readings.db", "readings.db-wal", "readings.db-shm"] {
        fs::remove_file(folder.path().join(name)).ok();
    }
    let other = Readings::open(folder.path());
    other.save([&named("other")], at(OPENED)).unwrap();
    writer.save([&named("after")], at(OPENED)).unwrap();
    assert_eq!(kept(), ["after", "other"], "both write to the file that is there");
    other.save([&named("still")], at(OPENED)).unwrap();
    assert_eq!(kept(), ["after", "other", "still"], "nobody took the other's companions away");
}
