//! Layers: defaults, then each file (later wins field by field), then the environment, then flags.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use toml::de::DeTable;

use super::mistake::{ConfigError, Mistake, Mistakes, Text};
use super::node::{Node, Place, Value};
use super::{Config, Loaded, read};

/// A config is written by people: this is far more than any.
const MAX_BYTES: u64 = 4 * 1024 * 1024;
/// A config may come from a command by a pipe, which may ask a vault; it may lie on a mount that hangs.
const LIMIT: Duration = Duration::from_secs(10);

/// What is laid over the files.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
    /// `--theme`.
    pub theme: Option<String>,
    /// `--palette`.
    pub palette: Option<String>,
    /// `--mouse`.
    pub mouse: bool,
}

/// Looks a variable of the environment up; tests give their own.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Loads the files given, or else those of `LIFEBOAT_CONFIG` (a list like `PATH`), or else the first
/// of the usual places.
///
/// # Errors
/// No config at all, a file that cannot be read, or every mistake found.
pub fn load(given: &[PathBuf], over: &Overrides, env: Env<'_>) -> Result<Loaded, ConfigError> {
    let files = if given.is_empty() { find(env)? } else { given.to_vec() };
    let mut texts = Vec::new();
    for path in &files {
        texts.push((path.display().to_string(), read_file(path)?));
    }
    from_texts(&texts, over, env)
}

/// Loads texts that are already in memory, each with the name that mistakes show.
///
/// # Errors
/// Every mistake found.
pub fn from_texts(texts: &[(String, String)], over: &Overrides, env: Env<'_>) -> Result<Loaded, ConfigError> {
    let mut mistakes = Mistakes::default();
    let mut root = Node { value: Value::Table(super::node::Table::new()), at: Place::Flag("--config") };
    for (index, (name, text)) in texts.iter().enumerate() {
        let node = parse(name, text, &mut mistakes);
        if index == 0 {
            root.at = Place::Text { text: 0, span: 0..0 };
        }
        root.lay(node);
    }
    if !mistakes.list.is_empty() {
        mistakes.list.sort_by_key(|mistake| order(mistake.at.as_ref()));
        return Err(ConfigError::Wrong(mistakes));
    }
    lay_env(&mut root, env);
    lay_flags(&mut root, over);
    match read::config(&root, env, &mut mistakes) {
        Some(config) if mistakes.list.iter().all(|mistake| mistake.warns) => {
            let texts = mistakes.texts.clone();
            Ok(Loaded { config: Config { left_out: mistakes, ..config }, root, texts })
        }
        _ => {
            mistakes.list.sort_by_key(|mistake| order(mistake.at.as_ref()));
            Err(ConfigError::Wrong(mistakes))
        }
    }
}

/// One more text, as far as it is TOML.
pub(super) fn parse(name: &str, text: &str, mistakes: &mut Mistakes) -> Node {
    let index = mistakes.texts.len();
    mistakes.texts.push(Text::new(name, text));
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().map(|span| Place::Text { text: index, span });
        mistakes.list.push(Mistake::new(at.as_ref(), format!("not TOML: {}", error.message())));
    }
    Node::from_toml(index, table.span(), table.get_ref())
}

const fn order(at: Option<&Place>) -> (usize, usize) {
    match at {
        Some(Place::Text { text, span }) => (*text, span.start),
        Some(Place::Env(_)) => (usize::MAX, 0),
        Some(Place::Flag(_)) => (usize::MAX, 1),
        None => (usize::MAX, 2),
    }
}

/// The variables that are a layer, and the keys they set.
const ENV: [(&str, &str); 4] = [
    ("LIFEBOAT_FLEET", "fleet"),
    ("LIFEBOAT_STATE_DIR", "state_dir"),
    ("LIFEBOAT_THEME", "theme"),
    ("LIFEBOAT_PALETTE", "palette"),
];

fn lay_env(root: &mut Node, env: Env<'_>) {
    for (variable, key) in ENV {
        if let Some(value) = env(variable).filter(|value| !value.is_empty()) {
            root.set(key, value, Place::Env(variable));
        }
    }
}

fn lay_flags(root: &mut Node, over: &Overrides) {
    if let Some(folder) = &over.state_dir {
        root.set("state_dir", folder.display().to_string(), Place::Flag("--state-dir"));
    }
    if let Some(theme) = &over.theme {
        root.set("theme", theme.clone(), Place::Flag("--theme"));
    }
    if let Some(palette) = &over.palette {
        root.set("palette", palette.clone(), Place::Flag("--palette"));
    }
    if over.mouse {
        root.set("mouse", true, Place::Flag("--mouse"));
    }
}

/// The files of `LIFEBOAT_CONFIG`, or else the first of the usual places.
///
/// # Errors
/// When there is none.
pub fn find(env: Env<'_>) -> Result<Vec<PathBuf>, ConfigError> {
    let named = named(env);
    if !named.is_empty() {
        return Ok(named);
    }
    let looked_at = usual_places(env);
    match looked_at.iter().find(|path| path.exists()) {
        Some(path) => Ok(vec![path.clone()]),
        None => Err(ConfigError::None { looked_at }),
    }
}

/// The files of `LIFEBOAT_CONFIG`.
pub fn named(env: Env<'_>) -> Vec<PathBuf> {
    let list = env("LIFEBOAT_CONFIG").filter(|list| !list.is_empty());
    list.map(|list| std::env::split_paths(&list).collect()).unwrap_or_default()
}

fn usual_places(env: Env<'_>) -> Vec<PathBuf> {
    folders(env).into_iter().map(|folder| folder.join("config.toml")).collect()
}

/// The config folders: the user's, then the host's.
pub(super) fn folders(env: Env<'_>) -> Vec<PathBuf> {
    let home = env("HOME").map(PathBuf::from);
    let user = env("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| home.map(|home| home.join(".config")));
    let user = user.map(|folder| folder.join("lifeboat"));
    user.into_iter().chain([PathBuf::from("/etc/lifeboat")]).collect()
}

/// Reads a file that people write.
pub(super) fn read_file(path: &Path) -> Result<String, ConfigError> {
    read_within(path, LIMIT)
}

/// Reads it on a thread of its own, which is left behind where it does not end in time.
fn read_within(path: &Path, limit: Duration) -> Result<String, ConfigError> {
    let (tell, told) = mpsc::channel();
    let file = path.to_owned();
    // Whoever gave up does not listen any more.
    let reader = thread::Builder::new().spawn(move || tell.send(read_text(&file)).ok());
    let read = reader.map_err(|error| format!("no thread: {error}")).and_then(|_| {
        let late = |_| format!("not read within {}", humantime::format_duration(limit));
        told.recv_timeout(limit).map_err(late)?
    });
    read.map_err(|why| ConfigError::Unreadable { path: path.to_owned(), why })
}

/// Also of a pipe: a config may be what a command decrypts.
fn read_text(path: &Path) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    let read = std::io::Read::read_to_string(&mut std::io::Read::take(file, MAX_BYTES + 1), &mut text);
    match read {
        Ok(length) if length as u64 > MAX_BYTES => Err("it is longer than 4 MiB".to_owned()),
        Ok(_) => Ok(text),
        Err(error) => Err(error.to_string()),
    }
}

/// Where the ledger lies unless the config says otherwise.
pub(crate) fn usual_state_dir(env: Env<'_>) -> Option<PathBuf> {
    let from_xdg = env("XDG_STATE_HOME").map(PathBuf::from);
    let folder = from_xdg.or_else(|| Some(PathBuf::from(env("HOME")?).join(".local/state")))?;
    Some(folder.join("lifeboat"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_does_not_answer_is_given_up_on_and_a_pipe_that_does_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
            .unwrap();
        let refused = read_within(&pipe, Duration::from_millis(50)).unwrap_err().to_string();
        assert!(refused.ends_with("pipe: not read within 50ms"), "{refused}");
        let answering = folder.path().join("answering");
        rustix::fs::mkfifoat(rustix::fs::CWD, &answering, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
            .unwrap();
        let writer = thread::spawn({
            let pipe = answering.clone();
            move || std::fs::write(pipe, "fleet = 'a'")
        });
        assert_eq!(read_file(&answering).unwrap(), "fleet = 'a'");
        writer.join().unwrap().unwrap();
    }
}
