//! The playground as files in the binary, and a server that shows them to this machine alone.
//!
//! [`FILES`] is the folder `dist/`, as `cargo xtask dist` makes it. [`Server`] answers on loopback, only to `GET` and
//! `HEAD`, only with these files, and only to whoever asks for it by a name of this machine: a page of somebody else
//! whose name was made to mean 127.0.0.1 gets nothing. What is in the folder is all that can be asked for: no path of a
//! request ever reaches a file system.

mod answer;

pub use answer::{Answer, answer};

use include_dir::{Dir, include_dir};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

/// The playground.
pub static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/dist");

/// How many requests are answered at a time.
const WORKERS: usize = 4;

/// A server that listens.
pub struct Server {
    listener: tiny_http::Server,
    address: SocketAddr,
}

impl Server {
    /// Listens on 127.0.0.1 at `port`; at one that is free, if it is 0.
    ///
    /// # Errors
    ///
    /// If the port is in use, or not for everybody.
    pub fn bind(port: u16) -> io::Result<Self> {
        let wanted = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        let listener = tiny_http::Server::http(wanted).map_err(io::Error::other)?;
        let address = listener.server_addr().to_ip().unwrap_or(SocketAddr::V4(wanted));
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the process ends.
    pub fn run(&self) {
        std::thread::scope(|scope| {
            for _worker in 0..WORKERS {
                scope.spawn(|| {
                    // One that cannot be read is over; the next one may be better.
                    while let Ok(request) = self.listener.recv() {
                        self.reply(request);
                    }
                });
            }
        });
    }

    fn reply(&self, request: tiny_http::Request) {
        let host = request.headers().iter().find(|header| header.field.equiv("Host"));
        let host = host.map(|header| header.value.as_str());
        let answer = answer(&FILES, self.address.port(), request.method().as_str(), host, request.url());
        // Whoever asked may have left.
        let _ = request.respond(response(answer));
    }
}

fn response(answer: Answer) -> tiny_http::Response<&'static [u8]> {
    let Answer { status, kind, body } = answer;
    let header = |name: &str, value: &str| tiny_http::Header::from_bytes(name, value).ok();
    let fixed = answer::HEADERS.iter().filter_map(|(name, value)| header(name, value));
    let headers = fixed.chain(header("Content-Type", kind)).collect();
    tiny_http::Response::new(status.into(), headers, body, Some(body.len()), None)
}
