//! Reading a file as a whole, where whoever named it may have named anything.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// What a regular file of at most so many bytes holds.
///
/// # Errors
/// When it cannot be read, is longer, or is anything else: a pipe that nobody writes to would be waited for
/// without end.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("it is longer than {}", shown(most))));
    }
    Ok(bytes)
}

/// The same of a text.
///
/// # Errors
/// The same, and when it is no text.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let not_text = |_| io::Error::new(io::ErrorKind::InvalidData, "it is no text in UTF-8");
    String::from_utf8(read(path, most)?).map_err(not_text)
}

fn shown(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_regular_file_or_too_long_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::RUSR).unwrap();
        fs::write(at("full"), [b'a'; 2048]).unwrap();
        fs::write(at("longer"), [b'a'; 2049]).unwrap();
        fs::write(at("bytes"), [0xff]).unwrap();
        for (name, read) in [
            ("full", Ok(2048)),
            ("longer", Err("it is longer than 2 KiB")),
            ("bytes", Err("it is no text in UTF-8")),
            ("pipe", Err("it is no regular file")),
            (".", Err("it is no regular file")),
            ("none", Err("No such file or directory (os error 2)")),
        ] {
            let text = read_text(&at(name), 2048).map(|text| text.len()).map_err(|error| error.to_string());
            assert_eq!(text, read.map_err(str::to_owned), "{name}");
        }
    }
}
