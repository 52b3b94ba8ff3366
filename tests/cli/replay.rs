//! A `pgbackrest` that answers from a capture: `info` gives the whole capture, as the real program
//! gave it; `repo-ls` gives the captured listing, cut to the folder asked for, or an error where no
//! listing was captured.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Answers `info` and `repo-ls`; everything else is not captured.
const SCRIPT: &str = r#"#!/bin/sh
repo='' verb='' path='' recurse=''
for word in "$@"; do
  case $word in
    --repo=*) repo=${word#--repo=} ;;
    --recurse) recurse=-all ;;
    --*) ;;
    *) if [ -z "$verb" ]; then verb=$word; else path=$word; fi ;;
  esac
done
here=$(dirname "$0")
case $verb in
  info) exec cat "$here/info.json" ;;
  repo-ls)
    [ -d "$here/ls$repo" ] || { echo "ERROR: [041]: no listing was captured" >&2; exit 41; }
    file=$here/ls$repo/$(echo "$path" | tr / _)$recurse.json
    if [ -f "$file" ]; then exec cat "$file"; fi
    echo '{".":{"type":"path"}}' ;;
  *) echo "ERROR: [031]: not captured: $verb" >&2; exit 31 ;;
esac
"#;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pgbackrest").join(name)
}

/// Puts the program for one capture into a folder; its path.
pub(crate) fn program(folder: &Path, capture: &str, stanza: &str) -> PathBuf {
    std::fs::copy(fixture(&format!("{capture}.json")), folder.join("info.json")).unwrap();
    for repo in 1..=2 {
        let listing = fixture(&format!("{capture}.repo{repo}-ls.json"));
        if listing.exists() {
            write_listings(&folder.join(format!("ls{repo}")), &listing, stanza);
        }
    }
    let program = folder.join("pgbackrest");
    std::fs::write(&program, SCRIPT).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program
}

/// One file for each folder of a recursive listing, named by its path: its children alone, and all below.
fn write_listings(to: &Path, listing: &Path, stanza: &str) {
    std::fs::create_dir(to).unwrap();
    let all: BTreeMap<String, Value> = serde_json::from_slice(&std::fs::read(listing).unwrap()).unwrap();
    for (folder, _) in all.iter().filter(|(_, entry)| entry["type"] == "path") {
        let mut name = format!("archive_{stanza}");
        if folder != "." {
            let _ = write!(name, "_{}", folder.replace('/', "_"));
        }
        let below = |path: &String| match folder.as_str() {
            "." => Some(path.clone()),
            _ if path == folder => Some(".".to_owned()),
            _ => path.strip_prefix(&format!("{folder}/")).map(str::to_owned),
        };
        let whole: BTreeMap<String, &Value> =
            all.iter().filter_map(|(path, entry)| Some((below(path)?, entry))).collect();
        let children: BTreeMap<_, _> = whole.iter().filter(|(path, _)| !path.contains('/')).collect();
        std::fs::write(to.join(format!("{name}.json")), serde_json::to_vec(&children).unwrap()).unwrap();
        std::fs::write(to.join(format!("{name}-all.json")), serde_json::to_vec(&whole).unwrap()).unwrap();
    }
}
