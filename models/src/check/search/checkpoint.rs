//! A search on paper: so that it can go on later, in another process.
//!
//! The values that numbers stand for are not written. What is written is the list of gaps in the order in which
//! they were learnt: filling them again in that order, by the same pure functions, gives the same numbers. That
//! it did is checked by a digest of all values. So a checkpoint is a few numbers for each state and for each gap,
//! holds no value of any type, and is refused by every program whose functions say anything else.
//!
//! ```text
//! magic, version, binding     whose it is: a fingerprint of the model, its rules and its reductions
//! width, depth, transitions, expanded, level, states, gaps
//! gaps                        kind, a, b
//! digest                      of all values, once the gaps are filled
//! states, parents
//! checksum                    of all of the above
//! ```
//!
//! All numbers are little-endian. It is written beside the file and then renamed, so that there is always a whole
//! one. Whoever reads it trusts nothing: every number is checked before it is used.

use super::store::{NONE, Store};
use super::{Coded, Crew, Gap, Id, Search};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

const MAGIC: &[u8; 8] = b"quorate\x1a";
const VERSION: u32 = 1;

/// Why a checkpoint was not read or written.
#[derive(Debug)]
pub enum CheckpointError {
    /// The file could not be read or written.
    File(io::Error),
    /// It is not a checkpoint.
    NotOne,
    /// It is of another version of this program.
    Version(u32),
    /// It is of another model, or of the same with other rules, bounds or reductions.
    Foreign,
    /// It ends too early.
    Truncated,
    /// Its checksum is wrong, or a number in it is impossible.
    Corrupt,
    /// Its numbers no longer stand for the same values: the program has changed since.
    Changed,
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointError::File(error) => write!(f, "{error}"),
            CheckpointError::NotOne => f.write_str("this is no checkpoint; give a file that --checkpoint wrote"),
            CheckpointError::Version(version) => write!(
                f,
                "this checkpoint is of version {version}, and this program reads version {VERSION}; begin again \
                 without --resume"
            ),
            CheckpointError::Foreign => f.write_str(
                "this checkpoint is of another model, or of other bounds, rules or reductions; resume it with those \
                 that it was begun with",
            ),
            CheckpointError::Truncated => {
                f.write_str("this checkpoint ends too early; copy it again, or begin again without --resume")
            }
            CheckpointError::Corrupt => {
                f.write_str("this checkpoint is corrupt; copy it again, or begin again without --resume")
            }
            CheckpointError::Changed => f.write_str(
                "this checkpoint was written by a program that behaves differently; begin again without --resume",
            ),
        }
    }
}

impl std::error::Error for CheckpointError {}

impl From<io::Error> for CheckpointError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            CheckpointError::Truncated
        } else {
            Self::File(error)
        }
    }
}

/// Numbers on their way to or from a file, and the checksum of those that passed.
struct Sums<T> {
    file: T,
    sum: u64,
}

impl<T> Sums<T> {
    fn new(file: T) -> Self {
        Self { file, sum: 0x71_75_6f_72_61_74_65 }
    }

    fn add(&mut self, number: u64) {
        let wide = u128::from(self.sum ^ number) * 0x9e37_79b9_7f4a_7c15_u128;
        self.sum = (wide as u64) ^ ((wide >> 64) as u64).rotate_left(23);
    }
}

impl<W: Write> Sums<W> {
    fn put(&mut self, number: u32) -> io::Result<()> {
        self.add(number.into());
        self.file.write_all(&number.to_le_bytes())
    }

    fn put_long(&mut self, number: u64) -> io::Result<()> {
        self.put(number as u32)?;
        self.put((number >> 32) as u32)
    }
}

impl<R: Read> Sums<R> {
    fn take(&mut self) -> io::Result<u32> {
        let mut bytes = [0; 4];
        self.file.read_exact(&mut bytes)?;
        let number = u32::from_le_bytes(bytes);
        self.add(number.into());
        Ok(number)
    }

    fn take_long(&mut self) -> io::Result<u64> {
        Ok(u64::from(self.take()?) | (u64::from(self.take()?) << 32))
    }
}

impl<C: Coded> Search<C> {
    /// Writes the search to a file; `binding` says whose it is.
    pub fn save(&self, path: &Path, binding: u64) -> Result<(), CheckpointError> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".partial");
        let mut out = Sums::new(BufWriter::with_capacity(1 << 20, File::create(&beside)?));
        self.write(&mut out, binding)?;
        let file = out.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        Ok(())
    }

    fn write(&self, out: &mut Sums<impl Write>, binding: u64) -> io::Result<()> {
        let (next, level) = self.store.marks();
        out.file.write_all(MAGIC)?;
        out.put(VERSION)?;
        out.put_long(binding)?;
        out.put(self.store.width() as u32)?;
        out.put(self.depth)?;
        out.put_long(self.transitions)?;
        for number in [next, level, self.store.len(), self.learnt.len() as u32] {
            out.put(number)?;
        }
        for Gap { kind, a, b } in &self.learnt {
            out.put(u32::from(*kind))?;
            out.put(*a)?;
            out.put(*b)?;
        }
        out.put_long(self.coded.digest())?;
        for id in 0..self.store.len() {
            for number in self.store.state(id) {
                out.put(*number)?;
            }
            out.put(self.store.parent(id).unwrap_or(NONE))?;
        }
        let sum = out.sum;
        out.put_long(sum)
    }

    /// Goes on with the search in a file. `coded` is as it was when that search began.
    pub fn resume(coded: C, threads: usize, path: &Path, binding: u64) -> Result<Self, CheckpointError> {
        let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
        let mut magic = [0; 8];
        file.read_exact(&mut magic)?;
        if magic != *MAGIC {
            return Err(CheckpointError::NotOne);
        }
        let mut from = Sums::new(file);
        let version = from.take()?;
        if version != VERSION {
            return Err(CheckpointError::Version(version));
        }
        if from.take_long()? != binding || from.take()? as usize != coded.width() {
            return Err(CheckpointError::Foreign);
        }
        let crew = Arc::new(Crew::new(threads));
        let store = Store::new(coded.width());
        let mut search = Self::empty(coded, crew, store);
        search.read(&mut from)?;
        Ok(search)
    }

    fn read(&mut self, from: &mut Sums<impl Read>) -> Result<(), CheckpointError> {
        self.depth = from.take()?;
        self.transitions = from.take_long()?;
        let [next, level, states, gaps] = [from.take()?, from.take()?, from.take()?, from.take()?];
        if next > level || level > states {
            return Err(CheckpointError::Corrupt);
        }
        for _ in 0..gaps {
            let [kind, a, b] = [from.take()?, from.take()?, from.take()?];
            let gap = Gap { kind: u8::try_from(kind).map_err(|_| CheckpointError::Corrupt)?, a, b };
            if !self.coded.can_ask(gap) {
                return Err(CheckpointError::Corrupt);
            }
            self.coded.fill(gap);
            self.learnt.push(gap);
        }
        if from.take_long()? != self.coded.digest() {
            return Err(CheckpointError::Changed);
        }
        let mut state: Vec<Id> = vec![0; self.coded.width()];
        for id in 0..states {
            for number in &mut state {
                *number = from.take()?;
            }
            let parent = from.take()?;
            if !self.coded.is_state(&state) || (parent >= id && parent != NONE) {
                return Err(CheckpointError::Corrupt);
            }
            if !self.store.keep_one(&state, parent) {
                return Err(CheckpointError::Corrupt);
            }
        }
        self.store.set_marks(next, level);
        let sum = from.sum;
        let is_whole = from.take_long()? == sum && from.file.read(&mut [0])? == 0;
        if is_whole { Ok(()) } else { Err(CheckpointError::Corrupt) }
    }
}
