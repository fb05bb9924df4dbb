//! Reading and writing files, with errors that name the file.

use super::Wrong;
use crate::run::MAX_BYTES;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

/// The text of a file no larger than a run may be.
pub(super) fn read(path: &Path) -> Result<String, Wrong> {
    let wrong = |what: String| Wrong(format!("{}: {what}", path.display()));
    let file = fs::File::open(path).map_err(|error| wrong(format!("{error}")))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| wrong(format!("{error}")))?;
    if bytes.len() > MAX_BYTES {
        return Err(wrong(format!("more than {} MiB; is this the right file?", MAX_BYTES >> 20)));
    }
    String::from_utf8(bytes).map_err(|error| {
        wrong(format!(
            "no text: byte {} is not UTF-8; is this the right file?",
            error.utf8_error().valid_up_to()
        ))
    })
}

/// Writes a file whole or not at all: beside it first, then over it. What is no regular file, such as a pipe, is
/// written as it is; a symbolic link stays, and what it leads to is written.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Wrong> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let special = fs::metadata(&target).is_ok_and(|it| !it.is_file() && !it.is_dir());
    let written = if special { fs::write(&target, text) } else { replace(&target, text) };
    written.map_err(|error| Wrong(format!("{}: cannot be written: {error}", path.display())))
}

fn replace(target: &Path, text: &str) -> std::io::Result<()> {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = target.with_file_name(name);
    let written = fs::File::create(&part)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, target));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}
