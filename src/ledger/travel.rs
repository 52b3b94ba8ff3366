//! Last-known facts as a file that travels to another host (S37): `status --write` makes it,
//! `--last-known` takes it in. Written whole or not at all; what is read is not believed before it was
//! looked through.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::files::FILE_MODE;
use crate::domain::status::{READINGS_FORMAT, StatusDoc};
use crate::domain::{Service, Timestamp};
use crate::regular_file;

/// Thousands of services with all their backups are a tenth of it.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// The facts of another host.
#[derive(Debug, Clone, PartialEq)]
pub struct LastKnown {
    /// The host that read them.
    pub host: String,
    /// When they were written, by that host's clock.
    pub at: Timestamp,
    /// What it knew.
    pub services: Vec<Service>,
}

/// Why a file of last-known facts cannot be written or taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct TravelError {
    path: PathBuf,
    why: String,
}

impl TravelError {
    fn new(path: &Path, why: impl Into<String>) -> Self {
        Self { path: path.to_owned(), why: why.into() }
    }

    fn io(path: &Path, error: &io::Error) -> Self {
        Self::new(path, error.to_string())
    }
}

/// Writes facts that were made to travel: beside the file first, then in its place, so that a reader
/// finds either the old facts or the new ones. A file that was there keeps its mode.
///
/// # Errors
/// When it cannot be written, or when something else is in its place: a link, a folder, a device, or a
/// file that holds anything but such facts.
pub fn write(path: &Path, doc: &StatusDoc) -> Result<(), TravelError> {
    let failed = |error: io::Error| TravelError::io(path, &error);
    let mode = replaceable(path)?.unwrap_or(FILE_MODE);
    let name = path.file_name().ok_or_else(|| TravelError::new(path, "it names no file"))?;
    let mut beside_name = std::ffi::OsString::from(".");
    beside_name.push(name);
    beside_name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(beside_name);
    let text = serde_json::to_vec(doc).map_err(|error| TravelError::new(path, error.to_string()))?;
    let written = write_new(&beside, &text, mode).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // It is ours, and useless; that it cannot be removed says nothing new.
        drop(fs::remove_file(&beside));
    }
    written.map_err(failed)?;
    // The name is durable, too, once the folder is.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn write_new(path: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(mode).open(path)?;
    // What the umask took away is given back.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.write_all(text)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// The mode of a file that may be replaced; `None` when there is nothing.
fn replaceable(path: &Path) -> Result<Option<u32>, TravelError> {
    let there = match fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(TravelError::io(path, &error)),
    };
    if there.is_symlink() {
        return Err(TravelError::new(path, "it is a link; name the file it leads to"));
    }
    if !there.is_file() {
        return Err(TravelError::new(path, "it is no file; name a file in a folder of its own"));
    }
    if there.len() > 0 && read(path).is_err_and(|error| error.why == NO_FACTS) {
        return Err(TravelError::new(
            path,
            "it holds something else, which is kept; name another file, or remove this one",
        ));
    }
    Ok(Some(there.permissions().mode() & 0o777))
}

const NO_FACTS: &str =
    "these are no last-known facts; on the host that knows them, `lifeboat status --write FILE` writes them";

/// What shows that a file is one of ours, and of which format.
#[derive(Deserialize)]
struct Envelope {
    readings_format: Option<u32>,
    host: Option<String>,
}

/// Reads facts that another host wrote.
///
/// # Errors
/// When it cannot be read, is no such file, is cut off, or is of another format.
pub fn read(path: &Path) -> Result<LastKnown, TravelError> {
    let wrong = |why: &str| TravelError::new(path, why);
    let text = regular_file::read(path, MAX_BYTES).map_err(|error| TravelError::io(path, &error))?;
    let value: Value = serde_json::from_slice(&text).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof if text.starts_with(b"{") => wrong(&format!(
            "it breaks off at line {}, after {} bytes: copy it again, whole",
            error.line(),
            text.len()
        )),
        _ => wrong(NO_FACTS),
    })?;
    let envelope = Envelope::deserialize(&value).map_err(|_| wrong(NO_FACTS))?;
    let (Some(format), Some(host)) = (envelope.readings_format, envelope.host) else {
        return Err(wrong(NO_FACTS));
    };
    if format != READINGS_FORMAT {
        return Err(wrong(&format!(
            "it is of format {format}, and this lifeboat reads format {READINGS_FORMAT}: use the same version \
             on both hosts"
        )));
    }
    if holds_controls(&value) {
        return Err(wrong("it holds control characters, which lifeboat never writes: it is not taken in"));
    }
    let doc: StatusDoc = serde_path_to_error::deserialize(value).map_err(|error| {
        wrong(&format!("`{}` is not as it should be: {}; write it again", error.path(), error.inner()))
    })?;
    Ok(LastKnown { host, at: doc.as_of.at(), services: doc.into_services().collect() })
}

/// A terminal would obey them.
fn holds_controls(value: &Value) -> bool {
    let bad = |text: &str| text.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
    match value {
        Value::String(text) => bad(text),
        Value::Array(items) => items.iter().any(holds_controls),
        Value::Object(fields) => fields.iter().any(|(key, value)| bad(key) || holds_controls(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{assess, sample};

    fn doc() -> StatusDoc {
        let service = sample::orders();
        let known = assess(&service, sample::now(), &std::time::Duration::from_secs(120).into());
        StatusDoc::new(sample::now(), [(&service, &known)]).to_travel("watch-1", [&service])
    }

    #[test]
    fn s37_what_is_written_is_read_by_another_host() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.json");
        write(&path, &doc()).unwrap();
        let known = read(&path).unwrap();
        assert_eq!((known.host.as_str(), known.at), ("watch-1", sample::now()));
        assert_eq!(known.services, [sample::orders()]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
        write(&path, &doc()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o604, "a person's choice");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn s37_only_our_own_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("lifeboat.toml"), "fleet = 'a'\n").unwrap();
        std::os::unix::fs::symlink(at("elsewhere"), at("link")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        for (name, says) in [
            ("lifeboat.toml", "it holds something else"),
            ("link", "it is a link"),
            ("folder", "it is no file"),
            ("none/facts.json", "No such file"),
        ] {
            let error = write(&at(name), &doc()).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(says), "{name}: {error}");
        }
        assert_eq!(fs::read_to_string(at("lifeboat.toml")).unwrap(), "fleet = 'a'\n");
        assert!(!at("elsewhere").exists());
        fs::write(at("cut.json"), "{\"as_of\":").unwrap();
        assert_eq!(write(&at("cut.json"), &doc()), Ok(()), "what was cut off is mended");
    }

    #[test]
    fn s37_what_is_no_file_of_ours_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.json");
        let whole = serde_json::to_string(&doc()).unwrap();
        let plain = {
            let mut doc = doc();
            doc.readings_format = None;
            serde_json::to_string(&doc).unwrap()
        };
        for (text, says) in [
            (whole[..whole.len() / 2].to_owned(), "breaks off at line 1"),
            (
                whole.replace("\"readings_format\":1", "\"readings_format\":2"),
                "use the same version on both hosts",
            ),
            (whole.replace("watch-1", "\\u001b[2Jx"), "control characters"),
            (whole.replacen("\"points\":[", "\"points\":[7,", 1), "is not as it should be"),
            (plain, "status --write"),
            ("<html>".to_owned(), "no last-known facts"),
            (String::new(), "no last-known facts"),
        ] {
            fs::write(&path, text).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains("facts.json: ") && error.contains(says), "{says}: {error}");
        }
        assert!(read(folder.path()).unwrap_err().to_string().contains("no regular file"));
    }
}
