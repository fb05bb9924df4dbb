//! Connections between processes.
//!
//! Timely connects processes by itself, but takes whoever calls for one of them, waits for ever, and ends with a
//! panic when a process goes away. So the connections are made here, and handed over:
//!
//! * Each side says first what it explores ([`Hello`]); whoever has another model, version or number of workers is
//!   refused with the difference. Whatever else calls is hung up on.
//! * Timely reads and writes through a [`Line`]. When the other side is gone, the line tells its [`Fate`] and gives
//!   timely no sign any more: the workers look at the fate and end in an orderly way.
//!
//! Nobody is authenticated and nothing is encrypted: this is for machines of one owner in a network of its own.

use super::error::{ClusterError, Peer};
use super::hosts::Hosts;
use ::timely::communication::allocator::zero_copy::stream::Stream;
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long to wait for a process to appear.
const APPEARS: Duration = Duration::from_secs(60);
/// How long a process may be silent. It says something at least once a second.
const SILENT: Duration = Duration::from_secs(60);
/// How long a caller may take to say hello.
const GREETS: Duration = Duration::from_secs(5);
/// The longest hello, in bytes.
const LONGEST: u32 = 1 << 16;
const PAUSE: Duration = Duration::from_millis(20);
/// What a hello begins with.
const MAGIC: &str = "quorate check, engine timely, 1";

/// What a process says first. Two that search together say the same but for `process`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Hello {
    pub(super) magic: String,
    pub(super) process: usize,
    pub(super) processes: usize,
    pub(super) workers: usize,
    pub(super) version: String,
    /// The name of the model, for the message.
    pub(super) model: String,
    /// The fingerprint of the model, its bounds, its rules and the first state.
    pub(super) print: u64,
    /// The fingerprints of the states near the first one, together: what this build computes.
    pub(super) near: u64,
    pub(super) most_states: Option<u64>,
}

impl Hello {
    /// The hello of a process that knows everything but how far apart the others are.
    pub(super) fn new(process: usize, processes: usize, workers: usize) -> Self {
        Self {
            magic: MAGIC.into(),
            process,
            processes,
            workers,
            version: env!("CARGO_PKG_VERSION").into(),
            model: String::new(),
            print: 0,
            near: 0,
            most_states: None,
        }
    }

    /// In what `other` differs, with what it has and what this one has.
    fn differs(&self, other: &Hello) -> Option<(&'static str, String, String)> {
        let bound = |states: Option<u64>| states.map_or("none".into(), |states| states.to_string());
        let hex = |print: u64| format!("fingerprint {print:016x}");
        [
            ("number of processes", other.processes.to_string(), self.processes.to_string()),
            ("number of workers", other.workers.to_string(), self.workers.to_string()),
            ("version of quorate", other.version.clone(), self.version.clone()),
            ("model", other.model.clone(), self.model.clone()),
            ("model or bounds or rules", hex(other.print), hex(self.print)),
            ("build of quorate", hex(other.near), hex(self.near)),
            ("bound on states", bound(other.most_states), bound(self.most_states)),
        ]
        .into_iter()
        .find(|(_, theirs, ours)| theirs != ours)
    }
}

/// What became of the connections of this process.
#[derive(Debug, Default)]
pub(super) struct Fate {
    lost: OnceLock<ClusterError>,
    over: Mutex<bool>,
    ended: Condvar,
}

impl Fate {
    /// Whether the search cannot be ended together, and why. The first reason counts.
    pub(super) fn sealed(&self) -> Option<&ClusterError> {
        self.lost.get()
    }

    /// The search cannot be ended together.
    pub(super) fn seal(&self, why: ClusterError) {
        // Whoever is second only saw the consequences.
        let _ = self.lost.set(why);
    }

    /// The workers are done: who waits for the end of the search need not any more.
    fn end(&self) {
        *self.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.ended.notify_all();
    }

    fn wait(&self) {
        let mut over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        while !*over {
            over = self.ended.wait(over).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A connection to another process, as timely sees it.
pub(super) struct Line {
    stream: TcpStream,
    peer: Peer,
    fate: Arc<Fate>,
}

impl Line {
    fn lose(&self, how: &io::Result<usize>) {
        let how = match how {
            Ok(_) => "the connection was closed".into(),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                format!("it said nothing for {} s", SILENT.as_secs())
            }
            Err(error) => error.to_string(),
        };
        self.fate.seal(ClusterError::Lost { peer: self.peer.clone(), how });
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stream.read(buffer) {
                Ok(read @ 1..) => return Ok(read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                gone @ (Ok(0) | Err(_)) => {
                    self.lose(&gone);
                    self.fate.wait();
                    // Ends this thread of timely's without a word: every answer would make it panic with many.
                    std::panic::resume_unwind(Box::new("the search is over"));
                }
            }
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.stream.write(bytes) {
            Ok(written @ 1..) => Ok(written),
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(error),
            gone @ (Ok(0) | Err(_)) => {
                self.lose(&gone);
                // There is nobody to read the rest.
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Line {
    fn try_clone(&self) -> io::Result<Self> {
        let stream = self.stream.try_clone()?;
        Ok(Self { stream, peer: self.peer.clone(), fate: Arc::clone(&self.fate) })
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.stream.set_nonblocking(nonblocking)
    }

    fn shutdown(&self, _how: Shutdown) -> io::Result<()> {
        // The connections are closed all at once, by [`Net`].
        Ok(())
    }
}

/// The connections of a process. They are closed when this goes.
pub(super) struct Net {
    pub(super) fate: Arc<Fate>,
    streams: Vec<TcpStream>,
}

impl Net {
    /// No connections.
    pub(super) fn none() -> Self {
        Self { fate: Arc::default(), streams: Vec::new() }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        self.fate.end();
        for stream in &self.streams {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// The connections, and for each process the line to it but to itself.
pub(super) type Connected = (Net, Vec<Option<Line>>);

/// Connects to all others: calls those with smaller numbers, and is called by those with greater ones. `None` if
/// `wait` says so.
pub(super) fn connect(
    hosts: &Hosts,
    hello: &Hello,
    wait: &mut dyn FnMut() -> bool,
) -> Result<Option<Connected>, ClusterError> {
    let listener = listen(hosts.host(hello.process))?;
    let until = Instant::now() + APPEARS;
    let mut streams: Vec<Option<TcpStream>> = (0..hosts.len()).map(|_| None).collect();
    let mut whats = vec![String::new(); hosts.len()];
    while let Some(missing) = (0..hosts.len()).find(|p| *p != hello.process && streams[*p].is_none()) {
        for process in (0..hello.process).filter(|process| streams[*process].is_none()).collect::<Vec<_>>() {
            let peer = Peer { process, host: hosts.host(process).into() };
            match call(&peer.host) {
                Ok(stream) => streams[process] = greet(stream, hello, hosts, Some(process))?.map(|it| it.1),
                Err(error) => whats[process] = error.to_string(),
            }
        }
        while let Ok((stream, _)) = listener.accept() {
            if let Some((process, stream)) = greet(stream, hello, hosts, None)? {
                streams[process] = Some(stream);
            }
        }
        if Instant::now() > until {
            let peer = Peer { process: missing, host: hosts.host(missing).into() };
            let what = std::mem::take(&mut whats[missing]);
            return Err(ClusterError::Absent { peer, after: APPEARS, what });
        }
        if !wait() {
            return Ok(None);
        }
        if streams.iter().flatten().count() + 1 < hosts.len() {
            std::thread::sleep(PAUSE);
        }
    }
    lines(streams, hosts).map(Some)
}

fn listen(host: &str) -> Result<TcpListener, ClusterError> {
    let listener = TcpListener::bind(host).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    listener.map_err(|error| ClusterError::Listen { host: host.into(), what: error.to_string() })
}

fn call(host: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in host.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, GREETS) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Says hello and hears it: who it is, if it is one of us. Whoever is not is hung up on; whoever is and explores
/// something else is an error.
fn greet(
    mut stream: TcpStream,
    hello: &Hello,
    hosts: &Hosts,
    expected: Option<usize>,
) -> Result<Option<(usize, TcpStream)>, ClusterError> {
    let Ok(theirs) = exchange(&mut stream, hello) else { return Ok(None) };
    let process = theirs.process;
    if let Some((field, theirs, ours)) = hello.differs(&theirs) {
        let process = expected.unwrap_or(process);
        let peer = Peer { process, host: hosts.host(process).into() };
        return Err(ClusterError::Differs { peer, field, theirs, ours });
    }
    let fits = expected.map_or(process > hello.process && process < hosts.len(), |it| it == process);
    if !fits {
        let peer = Peer { process: expected.unwrap_or(process), host: hosts.host(process).into() };
        let theirs = format!("it is process {process}");
        let ours = format!("{}", expected.unwrap_or(hello.process));
        return Err(ClusterError::Differs { peer, field: "number or hosts file", theirs, ours });
    }
    Ok(Some((process, stream)))
}

fn exchange(stream: &mut TcpStream, hello: &Hello) -> io::Result<Hello> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(GREETS))?;
    stream.set_write_timeout(Some(GREETS))?;
    let text = serde_json::to_vec(hello)?;
    stream.write_all(&(text.len() as u32).to_be_bytes())?;
    stream.write_all(&text)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > LONGEST {
        return Err(io::Error::new(ErrorKind::InvalidData, "this is no hello"));
    }
    let mut text = vec![0; length as usize];
    stream.read_exact(&mut text)?;
    let theirs: Hello = serde_json::from_slice(&text)?;
    let ours = theirs.magic == MAGIC;
    ours.then_some(theirs).ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "this is no hello"))
}

fn lines(streams: Vec<Option<TcpStream>>, hosts: &Hosts) -> Result<Connected, ClusterError> {
    let mut net = Net::none();
    let mut lines = Vec::new();
    for (process, stream) in streams.into_iter().enumerate() {
        let peer = Peer { process, host: hosts.host(process).into() };
        let line = stream.map(|stream| {
            stream.set_read_timeout(Some(SILENT))?;
            stream.set_write_timeout(Some(SILENT))?;
            net.streams.push(stream.try_clone()?);
            Ok::<_, io::Error>(Line { stream, peer: peer.clone(), fate: Arc::clone(&net.fate) })
        });
        let lost = |error: io::Error| ClusterError::Lost { peer: peer.clone(), how: error.to_string() };
        lines.push(line.transpose().map_err(lost)?);
    }
    Ok((net, lines))
}
