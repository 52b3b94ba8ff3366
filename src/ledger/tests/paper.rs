//! What is written without a journal (S25).

use std::sync::{Arc, Mutex};

use super::*;

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);
impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn s25_without_a_journal_every_line_goes_wherever_is_left() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let sink = Sink::default();
    let ledger =
        PaperLedger::new([Sheet::Screen(Box::new(Full)), Sheet::Screen(Box::new(sink.clone()))].into());
    let mut lease = written(&ledger, "aaaaaa", 1);
    ledger.append(&mut lease, at(OPENED), &author(), Event::StepStarted { step: StepKind::Declare }).unwrap();
    let copied = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<String> = copied.lines().map(str::to_owned).collect();
    assert_eq!(lines, ledger.lines(lease.run()).unwrap());
    assert_eq!(chain::verify(&lines).broken, None);
}

#[test]
fn s25_the_second_file_is_for_its_owner_and_what_it_lacks_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    let full = || fs::File::options().append(true).open("/dev/full").unwrap();
    let sink = Sink::default();
    let ledger = PaperLedger::new(vec![
        Sheet::File { path: "/full.jsonl".into(), file: full() },
        Sheet::to_new_file(path.clone()).unwrap(),
        Sheet::Screen(Box::new(sink.clone())),
    ]);
    let lease = written(&ledger, "aaaaaa", 1);
    let lines = ledger.lines(lease.run()).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let copied: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(copied, lines);
    let said = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    assert!(said.contains("not copied to /full.jsonl: No space left"), "{said}");
    assert!(Sheet::to_new_file(path).is_err(), "a file that is there is not written to");
}
