//! Memory: what a fleet takes grows by so much with each service, and no faster.

use crate::held;

/// KiB for a service with sixty backups, its judgement and its row.
const MOST: usize = 4;

/// Does nothing unless it was started by the test below.
#[test]
fn hold() {
    if let Some(services) = held::asked() {
        let dashboard = held::dashboard(services);
        assert!(dashboard.board.len() >= services);
        println!("\nresident {}", held::resident());
    }
}

#[test]
fn a_service_with_sixty_backups_takes_few_kilobytes() {
    let with = |services| held::resident_with(services, &["--exact", "memory::hold", "--nocapture"]);
    let (few, many) = (with(500), with(2500));
    let each = many.saturating_sub(few) / 2000;
    assert!(each <= MOST, "{each} KiB for each service: {few} KiB with 500, {many} KiB with 2500");
}
