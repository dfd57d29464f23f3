//! Many logins at mail servers, one connection each, from several clients at once: for benchmarks.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use data_encoding::BASE64;

use crate::World;
use crate::load::{PamLoadOutcome, PamLogin};

/// How long any answer may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The longest line a server may send.
const LONGEST_LINE: u64 = 8192;

/// What the server speaks, without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailProtocol {
    /// The command LOGIN (RFC 3501).
    Imap,
    /// The command AUTH PLAIN (RFC 4954, RFC 4616).
    Submission,
}

/// What a login took, and how it was refused, if it was.
type End = (Duration, Option<String>);

/// Clients of one server.
#[derive(Clone, Copy, Debug)]
pub struct MailLoad {
    /// What is spoken.
    pub protocol: MailProtocol,
    /// The server's port on the world's loopback address.
    pub port: u16,
    /// How many log in at the same time.
    pub callers: usize,
}

impl MailLoad {
    /// Carries out the logins. The time of one is from the command to its answer: it begins when
    /// the connection is made and the server has said who it is. The time of all has everything in
    /// it. A user's logins stay with one client, in their order.
    ///
    /// # Panics
    /// When a server does not answer, or says what is no answer.
    #[track_caller]
    pub fn run(&self, world: &World, logins: &[PamLogin]) -> PamLoadOutcome {
        let (shares, address) = (deal(logins, self.callers), world.address(self.port));
        let begin = Barrier::new(shares.len() + 1);
        let client = |share: Vec<&PamLogin>| {
            begin.wait();
            let log_in = |login: &PamLogin| (self.log_in(address, login), Instant::now());
            share.into_iter().map(log_in).collect::<Vec<_>>()
        };
        let work = |shares: Vec<Vec<_>>| {
            thread::scope(|scope| {
                let start = |share| scope.spawn(|| client(share));
                let clients: Vec<_> = shares.into_iter().map(start).collect();
                begin.wait();
                let started = Instant::now();
                let ends = clients.into_iter().map(|client| client.join().expect("no panic"));
                (started, ends.collect::<Vec<_>>())
            })
        };
        let (started, ends) = world.inside(|| work(shares));
        let ends = ends.into_iter().map(|client| {
            let one = |(end, when): (io::Result<End>, Instant)| {
                let end = end.unwrap_or_else(|error| panic!("the server at {address}: {error}"));
                (end, when - started)
            };
            client.into_iter().map(one).collect()
        });
        outcome(ends.collect())
    }

    /// One login; what it took, and with which word it was refused, if it was.
    fn log_in(&self, address: SocketAddr, login: &PamLogin) -> io::Result<End> {
        let mut server = Server::connect(address)?;
        let password = login.answers.first().map(String::as_str).unwrap_or_default();
        match self.protocol {
            MailProtocol::Imap => {
                let command = format!("a LOGIN \"{}\" \"{password}\"\r\n", login.user);
                server.answer("* ")?;
                let (took, answer) = server.ask(&command, "a ")?;
                server.ask("b LOGOUT\r\n", "b ")?;
                Ok((took, (!answer.starts_with("a OK")).then(|| first_words(&answer))))
            }
            MailProtocol::Submission => {
                server.answer("220 ")?;
                server.ask("EHLO client.example.org\r\n", "250 ")?;
                let plain = BASE64.encode(format!("\0{}\0{password}", login.user).as_bytes());
                let (took, answer) = server.ask(&format!("AUTH PLAIN {plain}\r\n"), "")?;
                server.ask("QUIT\r\n", "221 ")?;
                Ok((took, (!answer.starts_with("235")).then(|| first_words(&answer))))
            }
        }
    }
}

/// What came of the logins of all clients, each with the moment of its end.
fn outcome(clients: Vec<Vec<(End, Duration)>>) -> PamLoadOutcome {
    let last = |client: &Vec<(End, Duration)>| client.last().map(|(_, when)| *when);
    // From here on fewer clients are at it.
    let all_at_it = clients.iter().filter_map(last).min().unwrap_or_default();
    let seconds = clients.iter().filter_map(last).max().unwrap_or_default().as_secs_f64();
    let mut outcome = PamLoadOutcome { seconds, ..PamLoadOutcome::default() };
    let mut let_in = 0;
    for ((took, refusal), when) in clients.into_iter().flatten() {
        outcome.nanos.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        match refusal {
            Some(words) => *outcome.refusals.entry(words).or_default() += 1,
            None if when <= all_at_it => let_in += 1,
            None => {}
        }
    }
    outcome.rate = f64::from(let_in) / all_at_it.as_secs_f64().max(f64::MIN_POSITIVE);
    outcome
}

/// Enough of an answer to tell one from another.
fn first_words(answer: &str) -> String {
    answer.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// Shares of the logins, one for each client that has any.
fn deal(logins: &[PamLogin], clients: usize) -> Vec<Vec<&PamLogin>> {
    let (mut shares, mut of_user) = (vec![Vec::new(); clients], HashMap::new());
    for login in logins {
        let next = of_user.len() % clients;
        let share: &usize = of_user.entry(login.user.as_str()).or_insert(next);
        shares[*share].push(login);
    }
    // Nobody waits for a client without a login.
    shares.retain(|share: &Vec<_>| !share.is_empty());
    shares
}

struct Server(BufReader<TcpStream>);

impl Server {
    fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, LIMIT)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LIMIT))?;
        Ok(Self(BufReader::new(stream)))
    }

    fn ask(&mut self, command: &str, begin: &str) -> io::Result<(Duration, String)> {
        let started = Instant::now();
        self.0.get_mut().write_all(command.as_bytes())?;
        let answer = self.answer(begin)?;
        Ok((started.elapsed(), answer))
    }

    /// The next line that begins like this; those before it say something else besides.
    fn answer(&mut self, begin: &str) -> io::Result<String> {
        loop {
            let mut line = String::new();
            (&mut self.0).take(LONGEST_LINE).read_line(&mut line)?;
            if !line.ends_with('\n') {
                let what = format!("hangs up in place of {begin:?}, and after {line:?}");
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
            }
            if line.starts_with(begin) {
                return Ok(line.trim_end().to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_time_in_which_all_are_at_it() {
        let end = |seconds: u64| {
            let refused = (seconds == 3).then(|| "a NO".to_owned());
            ((Duration::from_secs(1), refused), Duration::from_secs(seconds))
        };
        let told = outcome(vec![vec![end(1), end(2), end(4)], vec![end(3), end(5), end(9)]]);
        assert_eq!((told.rate, told.seconds, told.nanos.len()), (0.75, 9.0, 6));
        assert_eq!(told.refused(), 1);
    }

    #[test]
    fn the_logins_of_a_user_stay_with_one_client_in_their_order() {
        let logins: Vec<_> = ["a", "b", "c", "a", "b", "c"]
            .iter()
            .enumerate()
            .map(|(number, user)| PamLogin::new(*user, number.to_string()))
            .collect();
        let users = |shares: &[Vec<&PamLogin>]| {
            let login = |login: &&PamLogin| format!("{}{}", login.user, login.answers[0]);
            shares.iter().map(|share| share.iter().map(login).collect()).collect::<Vec<Vec<_>>>()
        };
        assert_eq!(users(&deal(&logins, 2)), [vec!["a0", "c2", "a3", "c5"], vec!["b1", "b4"]]);
        assert_eq!(deal(&logins, 8).len(), 3);
    }
}
