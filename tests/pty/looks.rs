//! A theme or a key map that cannot be used stops no dashboard: it says so, and goes on with the usual one (S25).

use std::fs;

use crate::world::World;

#[test]
fn s25_a_theme_or_a_key_map_that_cannot_be_used_is_told_on_the_screen_of_a_dashboard_that_works() {
    for (file, text, told) in [
        (".config/lifeboat/keys.toml", "[fleet]\nsort = 'd'\n", "keys.toml"),
        ("broken.toml", "theme = 'drak'\n", "drak"),
    ] {
        let world = World::start();
        let path = world.home.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let more = if file == "broken.toml" { &["--config", file][..] } else { &[] };
        let mut session = world.at_terminal(more);
        session.resize(200, 30);
        session.wait_for("the board and what is wrong", |screen| {
            let notice = screen.lines().last().unwrap_or_default();
            screen.contains("> orders-db")
                && notice.contains(told)
                && notice.contains("the usual one is used")
        });
        session.type_keys("?");
        session.wait_for("the usual keys", |screen| screen.contains("FLEET"));
        session.type_keys("\u{1b}q");
        session.wait_for_end();
    }
}
