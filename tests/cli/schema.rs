//! `config schema`, held to what `config check` says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::readme::blocks;
use crate::support::Lifeboat;

/// Words of a schema that say nothing of a value alone.
const SAYS_NOTHING: [&str; 8] = [
    "properties",
    "additionalProperties",
    "$schema",
    "title",
    "description",
    "default",
    "examples",
    "definitions",
];

/// As much of a validator as the schema needs. Each way in which a value is wrong, with its path; every
/// property that was met is put down in `met`.
struct Check<'a> {
    root: &'a Value,
    wrong: Vec<String>,
    met: BTreeSet<String>,
}

impl<'a> Check<'a> {
    fn of(root: &'a Value, config: &str) -> Self {
        let table: toml::Table = config.parse().unwrap();
        let mut check = Self { root, wrong: Vec::new(), met: BTreeSet::new() };
        check.value(root, "", &serde_json::to_value(table).unwrap());
        check
    }

    fn value(&mut self, schema: &'a Value, path: &str, value: &Value) {
        for (word, said) in schema.as_object().unwrap() {
            match word.as_str() {
                "$ref" => {
                    let pointer = said.as_str().unwrap().strip_prefix('#').unwrap();
                    self.value(self.root.pointer(pointer).unwrap(), path, value);
                }
                "type" => {
                    let types = said.as_array().map_or_else(|| vec![said], |types| types.iter().collect());
                    self.must(types.iter().any(|named| is(named.as_str().unwrap(), value)), path, said);
                }
                "enum" => self.must(said.as_array().unwrap().contains(value), path, said),
                "minimum" => self.must(value.as_f64() >= said.as_f64(), path, said),
                "maximum" => self.must(value.as_f64() <= said.as_f64(), path, said),
                "minProperties" => self.must(fields(value) >= said.as_u64(), path, said),
                "maxProperties" => self.must(fields(value) <= said.as_u64(), path, said),
                "anyOf" => self.any(said.as_array().unwrap(), path, value),
                "items" => {
                    for item in value.as_array().into_iter().flatten() {
                        self.value(said, path, item);
                    }
                }
                word if SAYS_NOTHING.contains(&word) => {}
                other => panic!("the schema says `{other}`, which is not checked here"),
            }
        }
        for (key, value) in value.as_object().into_iter().flatten() {
            let path = format!("{path}/{key}");
            match (schema.pointer(&format!("/properties/{key}")), schema.get("additionalProperties")) {
                (Some(known), _) => {
                    self.met.insert(format!("{:p}", std::ptr::from_ref(known)));
                    self.value(known, &path, value);
                }
                (None, Some(Value::Bool(false))) => self.wrong.push(path),
                (None, Some(more)) => self.value(more, &path, value),
                (None, None) => {}
            }
        }
    }

    fn any(&mut self, schemas: &'a [Value], path: &str, value: &Value) {
        let tries = schemas.iter().map(|schema| {
            let mut check = Self { root: self.root, wrong: Vec::new(), met: BTreeSet::new() };
            check.value(schema, path, value);
            check
        });
        let best = tries.min_by_key(|check| check.wrong.len()).unwrap();
        self.wrong.extend(best.wrong);
        self.met.extend(best.met);
    }

    fn must(&mut self, holds: bool, path: &str, said: &Value) {
        if !holds {
            self.wrong.push(format!("{path} is not {said}"));
        }
    }
}

fn is(named: &str, value: &Value) -> bool {
    match named {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type {other}"),
    }
}

fn fields(value: &Value) -> Option<u64> {
    value.as_object().map(|fields| fields.len() as u64)
}

fn schema() -> Value {
    let run = Lifeboat::new().run(&["config", "schema"]);
    assert_eq!(run.code, 0, "{run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

fn corpus(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs").join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ext| ext == "toml"));
    files.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_right_config_passes_the_check_and_the_schema() {
    let schema = schema();
    let init = Lifeboat::new().run(&["config", "init"]).stdout;
    let readme = blocks("toml").into_iter().chain([init]).map(|text| (PathBuf::from("README.md"), text));
    let valid = corpus("valid");
    assert!(valid.len() >= 3, "the corpus is whole");
    for (path, text) in valid.into_iter().chain(readme) {
        let lifeboat = Lifeboat::new();
        let file = lifeboat.file("a.toml", &text);
        let check = lifeboat.run(&["--config", &file, "config", "check"]);
        assert_eq!(check.code, 0, "{}: {check:?}", path.display());
        assert_eq!(Check::of(&schema, &text).wrong, Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
fn the_config_with_every_key_has_every_key_of_the_schema() {
    let schema = schema();
    let (_, text) = corpus("valid").into_iter().find(|(path, _)| path.ends_with("every-key.toml")).unwrap();
    let met = Check::of(&schema, &text).met;
    let parts = schema["definitions"].as_object().unwrap().values().chain([&schema]);
    for (key, part) in parts.filter_map(|part| part["properties"].as_object()).flatten() {
        assert!(met.contains(&format!("{:p}", std::ptr::from_ref(part))), "every-key.toml lacks `{key}`");
    }
}

#[test]
fn every_unknown_key_is_unknown_to_the_schema_too() {
    let schema = schema();
    let mut found = 0;
    for (path, text) in corpus("invalid") {
        let snapshot = std::fs::read_to_string(path.with_extension("snap")).unwrap();
        if text.parse::<toml::Table>().is_err() {
            continue;
        }
        let wrong = Check::of(&schema, &text).wrong;
        let unknown = snapshot.lines().filter_map(|line| line.strip_prefix("error: unknown key `"));
        for key in unknown.map(|rest| rest.split('`').next().unwrap()) {
            found += 1;
            assert!(wrong.iter().any(|wrong| wrong.ends_with(&format!("/{key}"))), "{key}: {wrong:?}");
        }
    }
    assert!(found >= 6, "the corpus is whole: {found}");
}
