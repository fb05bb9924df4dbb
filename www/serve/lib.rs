//! The playground as files in the binary, and a server that shows them to this machine alone.
//!
//! [`FILES`] is the folder `dist/`, as `cargo xtask dist` makes it. [`Server`] answers on loopback, only to `GET` and
//! `HEAD`, only with these files, and only to whoever asks for it by a name of this machine: a page of somebody else
//! whose name was made to mean 127.0.0.1 gets nothing. What is in the folder is all that can be asked for: no path of a
//! request ever reaches a file system.

mod answer;
mod talk;

pub use answer::{Answer, answer};

use include_dir::{Dir, include_dir};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The playground.
pub static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/dist");

/// How many are talked to at a time. The next waits until one of them has its answer, or has said nothing for long.
const MOST: usize = 64;

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens on 127.0.0.1 at `port`; at one that is free, if it is 0.
    ///
    /// # Errors
    ///
    /// If the port is in use, or not for everybody.
    pub fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the process ends. Each connection has a thread for one request: a browser keeps connections open
    /// that it may never use again, and none of them may keep another from being heard.
    pub fn run(&self) {
        let (talking, port) = (&AtomicUsize::new(0), self.address.port());
        thread::scope(|scope| {
            // A connection that fails before it is there concerns nobody.
            for stream in self.listener.incoming().flatten() {
                let serve = move || {
                    let _guest_may_leave = talk::serve(stream, port);
                    talking.fetch_sub(1, Ordering::Relaxed);
                };
                if talking.fetch_add(1, Ordering::Relaxed) < MOST {
                    scope.spawn(serve);
                } else {
                    serve();
                }
            }
        });
    }
}
