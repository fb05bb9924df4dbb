//! One request, and its answer, on one connection.

use crate::FILES;
use crate::answer::{Answer, HEADERS, answer, refused};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// The longest head of a request, in bytes; browsers send less than one kibibyte.
const LONGEST: usize = 16 << 10;
/// The most lines in it.
const LINES: usize = 64;
/// How long one may say nothing, or not listen.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one may go on talking after the answer, and in how many pieces.
const LINGERING: Duration = Duration::from_secs(1);
const MOST_IGNORED: usize = 64;

/// What of a request counts here.
struct Request {
    method: String,
    url: String,
    host: Option<String>,
}

/// Reads a request and answers it.
///
/// # Errors
///
/// If whoever asked has left, or says nothing for long.
pub(crate) fn serve(mut stream: TcpStream, port: u16) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (answer, with_body) = match read(&mut stream)? {
        Ok(Request { method, url, host }) => {
            (answer(&FILES, port, &method, host.as_deref(), &url), method != "HEAD")
        }
        Err(refusal) => (refusal, true),
    };
    write(&mut stream, answer, with_body)?;
    part(stream)
}

/// Lets the other side read the answer before the connection goes: what it still says would break it off.
fn part(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(LINGERING))?;
    let mut ignored = [0; 2 << 10];
    for _ in 0..MOST_IGNORED {
        if stream.read(&mut ignored)? == 0 {
            break;
        }
    }
    Ok(())
}

/// Reads the head of a request; or what is to be said of one that is none.
fn read(stream: &mut TcpStream) -> io::Result<Result<Request, Answer>> {
    let mut head = Vec::new();
    let mut piece = [0; 2 << 10];
    loop {
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&piece[..count]);
        match parse(&head) {
            Ok(Some(request)) => return Ok(Ok(request)),
            Err(_malformed) => return Ok(Err(refused(400, "This is no request of HTTP.\n"))),
            Ok(None) if head.len() > LONGEST => {
                return Ok(Err(refused(431, "No request has as long a head as this.\n")));
            }
            Ok(None) => {}
        }
    }
}

/// The request, if its head is whole.
fn parse(head: &[u8]) -> Result<Option<Request>, httparse::Error> {
    let mut headers = [httparse::EMPTY_HEADER; LINES];
    let mut request = httparse::Request::new(&mut headers);
    if request.parse(head)?.is_partial() {
        return Ok(None);
    }
    let host = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("host"));
    Ok(Some(Request {
        method: request.method.unwrap_or_default().into(),
        url: request.path.unwrap_or_default().into(),
        host: host.map(|header| String::from_utf8_lossy(header.value).into_owned()),
    }))
}

fn write(stream: &mut TcpStream, Answer { status, kind, body }: Answer, with_body: bool) -> io::Result<()> {
    let mut head = Vec::new();
    write!(head, "HTTP/1.1 {status} {}\r\n", reason(status))?;
    for (name, value) in HEADERS {
        write!(head, "{name}: {value}\r\n")?;
    }
    let length = body.len();
    write!(head, "Content-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(&head)?;
    if with_body {
        stream.write_all(body)?;
    }
    stream.flush()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        414 => "URI Too Long",
        431 => "Request Header Fields Too Large",
        _ => "Refused",
    }
}

#[cfg(test)]
mod tests {
    use crate::Server;
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpStream};
    use std::thread;
    use std::time::Duration;

    /// A server for the tests; it ends with them.
    fn started() -> SocketAddr {
        let server = Server::bind(0).unwrap();
        let address = server.address();
        thread::spawn(move || server.run());
        address
    }

    fn connect(address: SocketAddr) -> TcpStream {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    fn said(stream: &mut TcpStream, words: &str) -> String {
        stream.write_all(words.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn get(address: SocketAddr, path: &str) -> String {
        said(&mut connect(address), &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n"))
    }

    /// Connections that say nothing, and ones that are kept open after their answer, hold up nobody.
    #[test]
    fn many_are_answered_at_once() {
        let address = started();
        let silent: Vec<TcpStream> = (0..20).map(|_| connect(address)).collect();
        let mut asking: Vec<TcpStream> = (0..20).map(|_| connect(address)).collect();
        for stream in &mut asking {
            stream.write_all(format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).unwrap();
        }
        for stream in &mut asking {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("<title>"), "{answer}");
        }
        drop(silent);
    }

    #[test]
    fn a_request_in_pieces_is_one() {
        let address = started();
        let mut stream = connect(address);
        for piece in ["GE", "T /icon.svg HT", "TP/1.1\r\nHo", "st: localhost:"] {
            stream.write_all(piece.as_bytes()).unwrap();
            thread::sleep(Duration::from_millis(5));
        }
        let answer = said(&mut stream, &format!("{}\r\n\r\n", address.port()));
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("<svg"), "{answer}");
    }

    #[test]
    fn what_is_no_request_gets_a_sentence() {
        let address = started();
        let head = |words: &str| {
            let answer = said(&mut connect(address), words);
            answer.lines().next().unwrap_or_default().to_owned()
        };
        assert_eq!(head("\0\u{1}\u{2} what?\r\n\r\n"), "HTTP/1.1 400 Bad Request");
        let long = format!("GET /{} HTTP/1.1\r\n", "a".repeat(20 << 10));
        assert_eq!(head(&long), "HTTP/1.1 431 Request Header Fields Too Large");
        assert_eq!(head("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"), "HTTP/1.1 403 Forbidden");
        assert!(get(address, "/../Cargo.toml").starts_with("HTTP/1.1 404"));
        // And it goes on.
        assert!(get(address, "/").starts_with("HTTP/1.1 200"));
    }

    #[test]
    fn a_head_has_no_body() {
        let address = started();
        let answer = said(&mut connect(address), &format!("HEAD / HTTP/1.1\r\nHost: {address}\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"), "{answer}");
        // The element is a script that pages of other servers load.
        assert!(answer.contains("Access-Control-Allow-Origin: *\r\n"), "{answer}");
    }
}
