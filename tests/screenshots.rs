//! Pictures of the real screens for the README: `screenshots/*.svg`, and the same as `*.png`.
//!
//! Each picture is drawn by the dashboard's own update and draw code over invented services: an embedded
//! scenario at a fixed instant, or a run with a fixed journal. The test compares the committed SVG files
//! byte for byte, which needs no font. After a change of the screens, draw them anew and look at them:
//!
//! ```sh
//! LIFEBOAT_SCREENSHOTS=write cargo test --features screenshots --test screenshots
//! ```
//!
//! The PNG files need a font: `apt-get install fonts-jetbrains-mono` on Debian.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of a test stop the test where it goes wrong"
)]

#[expect(dead_code, reason = "the tests of the screens use the other journals")]
#[path = "screens/journal.rs"]
mod journal;
#[path = "scenarios/look.rs"]
mod look;
#[path = "screens/sample.rs"]
mod sample;

#[path = "screenshots/colours.rs"]
mod colours;
#[path = "screenshots/pictures.rs"]
mod pictures;
#[path = "screenshots/png.rs"]
mod png;
#[path = "screenshots/shapes.rs"]
mod shapes;
#[path = "screenshots/svg.rs"]
mod svg;

use std::fs;
use std::path::Path;

use pictures::Picture;

const REGENERATE: &str = "LIFEBOAT_SCREENSHOTS=write cargo test --features screenshots --test screenshots";

#[tokio::test]
async fn the_committed_pictures_show_the_screens_as_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    let drawn = |picture: Picture| {
        let svg = svg::svg(&picture);
        (picture, svg)
    };
    let drawn: Vec<(Picture, String)> = pictures::all().await.into_iter().map(drawn).collect();
    if std::env::var("LIFEBOAT_SCREENSHOTS").is_ok_and(|word| word == "write") {
        write(&folder, &drawn);
        return;
    }
    let different: Vec<String> = drawn
        .iter()
        .filter_map(|(picture, svg)| {
            let path = folder.join(format!("{}.svg", picture.name));
            let committed = fs::read_to_string(&path).unwrap_or_default();
            (committed != *svg).then(|| format!("{}: {}", path.display(), difference(&committed, svg)))
        })
        .collect();
    assert!(
        different.is_empty(),
        "the screens no longer look like their pictures. Draw them anew, look at them, commit them:\n  \
         {REGENERATE}\n{}",
        different.join("\n")
    );
}

fn write(folder: &Path, drawn: &[(Picture, String)]) {
    fs::create_dir_all(folder).expect("the folder of the pictures");
    for (picture, svg) in drawn {
        fs::write(folder.join(format!("{}.svg", picture.name)), svg).expect("an SVG file");
    }
    for (picture, svg) in drawn {
        let png = png::png(svg).unwrap_or_else(|why| panic!("SVG files written, PNG files not: {why}"));
        fs::write(folder.join(format!("{}.png", picture.name)), png).expect("a PNG file");
    }
}

/// The first line in which two texts differ.
fn difference(committed: &str, drawn: &str) -> String {
    let (mut old, mut new) = (committed.lines(), drawn.lines());
    for number in 1.. {
        let (before, now) = (old.next(), new.next());
        if before != now || before.is_none() {
            let [before, now] = [before, now].map(|line| line.unwrap_or("nothing"));
            return format!("line {number}\n  committed {before}\n  drawn     {now}");
        }
    }
    String::new()
}
