//! One login, and how logins are dealt out to callers.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::time::Instant;

use serde_json::Value;

use crate::libpam::{Code, Transaction};

/// Who logs in, and what is answered to the prompts.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The answers, of which the last one is given again and again.
    pub answers: Vec<String>,
}

impl Login {
    /// Carries it out. Returns its time in nanoseconds, and its end.
    ///
    /// # Errors
    /// When libpam does not even start.
    pub fn carry_out(&self, service: &str) -> io::Result<(u64, Code)> {
        let answers = self.answers.clone();
        let begin = Instant::now();
        let mut transaction = Transaction::start(service, &self.user, answers)?;
        let code = transaction.authenticate();
        transaction.end(code);
        Ok((nanos(begin.elapsed()), code))
    }
}

/// A time as it is handed on. Half a thousand years fit.
pub fn nanos(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Reads all logins.
///
/// # Errors
/// When a line is none.
pub fn read(input: impl BufRead) -> io::Result<Vec<Login>> {
    input.lines().map(|line| parse(&line?)).collect()
}

fn parse(line: &str) -> io::Result<Login> {
    let value: Value = serde_json::from_str(line)?;
    let answers = value["answers"].as_array().map(|answers| {
        answers.iter().filter_map(|answer| Some(answer.as_str()?.to_owned())).collect()
    });
    let login = value["user"].as_str().zip(answers);
    let (user, answers) = login.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "a login has a user and a list of answers")
    })?;
    Ok(Login { user: user.to_owned(), answers })
}

/// Deals the logins out. Those of one user go to one caller, whoever has the fewest when the user
/// comes first, and stay in their order.
pub fn deal(logins: Vec<Login>, callers: usize) -> Vec<Vec<Login>> {
    let mut shares = vec![Vec::new(); callers];
    let mut caller_of: HashMap<String, usize> = HashMap::new();
    for login in logins {
        let fewest = || (0..callers).min_by_key(|caller| shares[*caller].len()).unwrap_or(0);
        let caller = *caller_of.entry(login.user.clone()).or_insert_with(fewest);
        shares[caller].push(login);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(user: &str, answer: &str) -> Login {
        Login { user: user.to_owned(), answers: vec![answer.to_owned()] }
    }

    #[test]
    fn logins_of_a_user_stay_together_and_in_their_order() {
        let logins = [("a", "1"), ("b", "1"), ("c", "1"), ("b", "2"), ("a", "2")];
        let logins = logins.map(|(user, answer)| login(user, answer)).to_vec();
        let shares = deal(logins, 2);
        let told = |share: &Vec<Login>| -> Vec<String> {
            share.iter().map(|login| format!("{}{}", login.user, login.answers[0])).collect()
        };
        assert_eq!(told(&shares[0]), ["a1", "c1", "a2"]);
        assert_eq!(told(&shares[1]), ["b1", "b2"]);
    }

    #[test]
    fn what_is_no_login_is_told() {
        assert!(read(&b"{\"user\":\"a\",\"answers\":[\"x\"]}\n"[..]).is_ok());
        assert!(read(&b"{\"user\":\"a\"}\n"[..]).is_err());
    }
}
