//! What is answered to a request: a function of the request and the files.

use include_dir::Dir;

/// Sent with everything. Nothing is loaded from elsewhere, and no script stands in a page.
pub(crate) const HEADERS: &[(&str, &str)] = &[
    (
        "Content-Security-Policy",
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
         img-src 'self' data: blob:; base-uri 'none'; form-action 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    // Another version may be served from the same port tomorrow.
    ("Cache-Control", "no-cache"),
    // These files are public, and a page of another server may have the playground inside.
    ("Access-Control-Allow-Origin", "*"),
];

/// The longest path that is looked at; none in the folder comes near it.
const LONGEST: usize = 512;

/// An answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The media type of the body.
    pub kind: &'static str,
    /// The body.
    pub body: &'static [u8],
}

/// An answer that says why there is no other.
pub(crate) const fn refused(status: u16, why: &'static str) -> Answer {
    Answer { status, kind: "text/plain; charset=utf-8", body: why.as_bytes() }
}

/// What of `files` is answered to a request for `url` at `port`, made by `method` to the machine named `host`.
pub fn answer(files: &Dir<'static>, port: u16, method: &str, host: Option<&str>, url: &str) -> Answer {
    if !host.is_some_and(|host| is_this_machine(host, port)) {
        return refused(403, "Ask for 127.0.0.1 or localhost, with the port.\n");
    }
    if !matches!(method, "GET" | "HEAD") {
        return refused(405, "Only GET and HEAD are answered.\n");
    }
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.len() > LONGEST {
        return refused(414, "No path is as long as this.\n");
    }
    let path = if path.is_empty() { "index.html" } else { path };
    // By its very name: a folder's library also takes `index.html/` and `./index.html`, from where no link would lead on.
    match files.get_file(path).filter(|file| file.path().to_str() == Some(path)) {
        Some(file) => Answer { status: 200, kind: kind(path), body: file.contents() },
        None => refused(404, "There is no such file in the playground.\n"),
    }
}

/// Whether `host`, of a request, is a name of this machine with our port.
fn is_this_machine(host: &str, port: u16) -> bool {
    let Some((name, asked)) = host.rsplit_once(':') else {
        // The port of HTTP is left out.
        return port == 80 && is_loopback(host);
    };
    is_loopback(name) && asked.parse() == Ok(port)
}

fn is_loopback(name: &str) -> bool {
    name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost")
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some(_) | None => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use include_dir::{DirEntry, File};

    const INDEX: File<'static> = File::new("index.html", b"<!doctype html>");
    const MODULE: File<'static> = File::new("assets/core.wasm", b"\0asm");
    const ASSETS: Dir<'static> = Dir::new("assets", &[DirEntry::File(MODULE)]);
    static FILES: Dir<'static> = Dir::new("", &[DirEntry::File(INDEX), DirEntry::Dir(ASSETS)]);

    fn get(host: Option<&str>, url: &str) -> Answer {
        answer(&FILES, 8080, "GET", host, url)
    }

    const HERE: Option<&str> = Some("127.0.0.1:8080");

    #[test]
    fn the_files_are_answered_with_their_kind() {
        let page = Answer { status: 200, kind: "text/html; charset=utf-8", body: b"<!doctype html>" };
        assert_eq!(get(HERE, "/"), page);
        assert_eq!(get(HERE, "/index.html?embed=1"), page);
        assert_eq!(get(Some("LOCALHOST:8080"), "/"), page);
        assert_eq!(get(HERE, "/assets/core.wasm").kind, "application/wasm");
        assert_eq!(answer(&FILES, 80, "HEAD", Some("localhost"), "/"), page);
    }

    #[test]
    fn nothing_else_is() {
        let paths =
            ["/../Cargo.toml", "/assets", "/assets/", "//etc/passwd", "/%2e%2e/Cargo.toml", "/index.html/"];
        for path in paths {
            assert_eq!(get(HERE, path).status, 404, "{path}");
        }
        assert_eq!(get(HERE, &"/a".repeat(400)).status, 414);
        assert_eq!(answer(&FILES, 8080, "POST", HERE, "/").status, 405);
    }

    #[test]
    fn who_asks_by_another_name_gets_nothing() {
        let others = [
            "example.com:8080",
            "127.0.0.1",
            "127.0.0.1:81",
            "localhost.example.com:8080",
            "",
            ":8080",
            "[::1]:x",
        ];
        for host in others {
            assert_eq!(get(Some(host), "/").status, 403, "{host}");
        }
        assert_eq!(get(None, "/").status, 403);
    }
}
