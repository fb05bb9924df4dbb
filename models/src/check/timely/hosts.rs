//! Who takes part: how many workers this process has, and where the processes are.

use super::ClusterError;
use std::collections::BTreeMap;

/// The most processes.
pub const MAX_PROCESSES: usize = 64;
/// The most workers of a process.
pub const MAX_WORKERS: usize = 256;

/// Where the processes are: one `host:port` for each, in the order of their numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Reads a hosts file: one `host:port` a line; what follows `#` and empty lines are left out.
    pub fn parse(text: &str) -> Result<Self, ClusterError> {
        let mut hosts: Vec<String> = Vec::new();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.split('#').next().unwrap_or_default().trim();
            if text.is_empty() {
                continue;
            }
            let host = host(text).map_err(|what| ClusterError::Host { line, text: shortened(text), what })?;
            if let Some(first) = seen.insert(host.clone(), line) {
                return Err(ClusterError::DuplicateHost { line, first, host });
            }
            hosts.push(host);
        }
        if hosts.is_empty() {
            return Err(ClusterError::NoHosts);
        }
        if hosts.len() > MAX_PROCESSES {
            return Err(ClusterError::TooManyHosts { count: hosts.len() });
        }
        Ok(Self(hosts))
    }

    /// How many processes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none; there always is one.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where a process is.
    pub fn host(&self, process: usize) -> &str {
        self.0.get(process).map_or("nowhere", String::as_str)
    }
}

/// What is shown of a line that is wrong.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

/// `host:port`, in lower case, because names of hosts are the same in either.
fn host(text: &str) -> Result<String, &'static str> {
    let (name, port) =
        text.rsplit_once(':').ok_or("there is no port; write host:port, as in 10.0.0.1:2101")?;
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let bracketed = name.starts_with('[') && name.ends_with(']');
    if bare.contains(':') && !bracketed {
        return Err("an IPv6 address is written in brackets, as in [::1]:2101");
    }
    let usable = |c: char| c.is_ascii_alphanumeric() || ".-_:%".contains(c);
    if bare.is_empty() || !bare.chars().all(usable) {
        return Err("this is no name of a host; write host:port, as in 10.0.0.1:2101");
    }
    match port.parse::<u16>() {
        Ok(1..) => Ok(format!("{}:{}", name.to_ascii_lowercase(), port.trim_start_matches('0'))),
        Ok(0) | Err(_) => Err("the port is a number from 1 to 65535"),
    }
}

/// The processes and threads that search together, as one of the processes sees them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cluster {
    pub(super) workers: usize,
    pub(super) hosts: Option<Hosts>,
    pub(super) process: usize,
}

impl Cluster {
    /// One process with so many workers.
    pub fn local(workers: usize) -> Result<Self, ClusterError> {
        Self::check(workers)?;
        Ok(Self { workers, hosts: None, process: 0 })
    }

    /// Process number `process` of those at `hosts`, with so many workers, as many as every other has.
    pub fn of(hosts: Hosts, process: usize, workers: usize) -> Result<Self, ClusterError> {
        Self::check(workers)?;
        if process >= hosts.len() {
            return Err(ClusterError::Process { process, processes: hosts.len() });
        }
        Ok(Self { workers, hosts: Some(hosts), process })
    }

    fn check(workers: usize) -> Result<(), ClusterError> {
        let possible = (1..=MAX_WORKERS).contains(&workers);
        if possible { Ok(()) } else { Err(ClusterError::Workers { workers }) }
    }

    /// How many processes there are.
    pub fn processes(&self) -> usize {
        self.hosts.as_ref().map_or(1, Hosts::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_file_is_one_host_a_line() {
        let hosts = Hosts::parse("# two machines\n alpha:2101 \n\n[::1]:02102 # here\n").unwrap();
        assert_eq!((hosts.len(), hosts.host(0), hosts.host(1)), (2, "alpha:2101", "[::1]:2102"));
    }

    #[test]
    fn what_is_wrong_with_a_hosts_file_is_said_with_its_line() {
        let wrong = |text: &str| Hosts::parse(text).unwrap_err().to_string();
        for (text, says) in [
            ("", "no host"),
            ("# nothing\n\n", "no host"),
            ("alpha:2101\nbeta\n", "line 2: \"beta\": there is no port"),
            ("alpha:0", "line 1: \"alpha:0\": the port is a number"),
            ("alpha:70000", "from 1 to 65535"),
            ("alpha:", "from 1 to 65535"),
            (":2101", "no name of a host"),
            ("al pha:2101", "no name of a host"),
            ("::1:2101", "brackets"),
            ("alpha:2101\nbeta:2101\nALPHA:2101", "line 3: alpha:2101 is in line 1 already"),
        ] {
            assert!(wrong(text).contains(says), "{text:?}: {}", wrong(text));
        }
        let many = (1..=65).map(|port| format!("alpha:{port}\n")).collect::<Vec<_>>().concat();
        assert!(wrong(&many).contains("65 processes"), "{}", wrong(&many));
    }

    #[test]
    fn a_process_that_is_not_there_is_refused() {
        let hosts = || Hosts::parse("alpha:2101\nbeta:2101").unwrap();
        let error = Cluster::of(hosts(), 2, 1).unwrap_err();
        assert_eq!(error, ClusterError::Process { process: 2, processes: 2 });
        assert!(error.to_string().contains("0 to 1"), "{error}");
        assert!(Cluster::of(hosts(), 1, 0).is_err() && Cluster::local(257).is_err());
        assert!(Cluster::of(hosts(), 1, 1).is_ok());
    }
}
