//! Arming by a vault that takes its time: the first screen waits for no token (R01, S18).

use std::fs;

use crate::world::World;

#[test]
fn r01_a_slow_vault_holds_up_no_screen_and_arms_when_it_answers() {
    let world = World::start();
    let config = world.home.path().join("lifeboat.toml");
    let opened = world.home.path().join("opened");
    let vault = format!(
        "acting_token = {{ command = ['sh', '-c', 'until [ -e {} ]; do sleep 0.05; done; echo demo-token'] }}",
        opened.display()
    );
    let at_hand = fs::read_to_string(&config).unwrap();
    let slow = at_hand.replace("acting_token = { env = 'SIM_TOKEN' }", &vault);
    assert_ne!(slow, at_hand);
    fs::write(&config, slow).unwrap();
    let mut session = world.at_terminal(&[]);
    session.wait_for("the board", |screen| screen.contains("orders-db") && screen.contains("READ-ONLY"));
    session.type_keys("A");
    session.wait_for("why not", |screen| screen.contains("its acting token is being fetched"));
    session.type_keys("\u{1b}");
    fs::write(opened, "").unwrap();
    session.wait_for("the badge", |screen| screen.contains("ARMED") && !screen.contains("READ-ONLY"));
    session.type_keys("q");
    session.wait_for_end();
}
