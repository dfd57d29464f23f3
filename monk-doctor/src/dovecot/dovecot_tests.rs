//! The model of a chain against Dovecot itself: the same chains, the same answers, the same ends.
//!
//! Each chain is that of a protocol of its own, so that one Dovecot has them all. What a passdb answers is made
//! by what it is: PAM with `pam_debug.so`, a file with the user or without, and a program that fails.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use monk_tests::{World, packages};

use super::chain::{Answer, Asks, Link, Rule, Skip, State, end};
use super::chain_tests::Dice;

/// How many times Dovecot is started, each time with other chains.
const SERVERS: usize = 6;

/// Chains that are made up for each of them: reading so many protocols takes Dovecot a moment.
const CHAINS: usize = 60;

/// How many logins are tried at the same time: Dovecot tells a failure only twice a second.
const AT_ONCE: usize = 30;

/// What a passdb is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Right,
    /// Another password of the user.
    Wrong,
    /// No such user.
    Nobody,
    /// It cannot be asked.
    Broken,
}

impl Given {
    /// What it answers.
    fn answer(self, link: &Link, before: State) -> Answer {
        match self {
            Self::Broken => Answer::Internal,
            Self::Nobody => Answer::Failure,
            Self::Right | Self::Wrong if link.deny => Answer::Found,
            Self::Right => Answer::Success,
            // Passdbs with stored passwords do not compare them again.
            Self::Wrong if before.verified && link.asks == Asks::Others => Answer::Success,
            Self::Wrong => Answer::Failure,
        }
    }

    fn settings(self, asks: Asks) -> String {
        let file = |name: &str| format!("driver = passwd-file\nargs = /etc/dovecot/{name}");
        match (asks, self) {
            (_, Self::Broken) => "driver = checkpassword\nargs = /etc/dovecot/breaks".to_owned(),
            (Asks::Monk, Self::Right) => "driver = pam\nargs = says-yes".to_owned(),
            (Asks::Monk, Self::Wrong) => "driver = pam\nargs = says-no".to_owned(),
            (Asks::Monk, Self::Nobody) => "driver = pam\nargs = says-unknown".to_owned(),
            (_, Self::Right) => file("right"),
            (_, Self::Wrong) => file("wrong"),
            (_, Self::Nobody) => file("nobody"),
        }
    }
}

fn word(rule: Rule) -> &'static str {
    Rule::ALL.iter().find(|(_, one)| *one == rule).map_or("", |(word, _)| word)
}

/// The passdb as Dovecot's configuration has it.
fn passdb(link: &Link, given: Given) -> String {
    let skip = match link.skip {
        Skip::Never => "never",
        Skip::Authenticated => "authenticated",
        Skip::Unauthenticated => "unauthenticated",
    };
    format!(
        "passdb {{\n{}\ndeny = {}\nskip = {skip}\nresult_success = {}\nresult_failure = {}\nresult_internalfail = {}\n}}\n",
        given.settings(link.asks),
        if link.deny { "yes" } else { "no" },
        word(link.success),
        word(link.failure),
        word(link.internal),
    )
}

type Chain = Vec<(Link, Given)>;

fn chain(dice: &mut Dice) -> Chain {
    let given = [Given::Right, Given::Right, Given::Wrong, Given::Nobody, Given::Broken];
    let with_given = |mut link: Link, given: Given| {
        // PAM has no list of users who are refused.
        link.asks = if link.deny { Asks::Others } else { link.asks };
        (link, given)
    };
    let links = dice.chain();
    links.into_iter().map(|link| with_given(link, given[dice.below(given.len())])).collect()
}

fn ours(chain: &Chain) -> bool {
    let links: Vec<Link> = chain.iter().map(|(link, _)| *link).collect();
    end(&links, |index, before| chain[index].1.answer(&links[index], before)).lets_in()
}

/// Writes what the passdbs ask.
fn prepare(world: &World) {
    for (service, answer) in
        [("says-yes", "success"), ("says-no", "auth_err"), ("says-unknown", "user_unknown")]
    {
        let rules =
            format!("auth required pam_debug.so auth={answer}\naccount required pam_permit.so\n");
        world.write(format!("/etc/pam.d/{service}"), rules, 0o644);
    }
    for (file, text) in [
        ("right", "root:{PLAIN}secret\n"),
        ("wrong", "root:{PLAIN}other\n"),
        ("nobody", "x:{PLAIN}secret\n"),
    ] {
        world.write(format!("/etc/dovecot/{file}"), text, 0o644);
    }
    // By which programs of this kind say that they could not find out.
    world.write("/etc/dovecot/breaks", "#!/bin/sh\nexit 111\n", 0o755);
}

/// The configuration of a Dovecot that does nothing but answer `doveadm auth test`.
fn configuration(name: &str, chains: &[Chain]) -> String {
    // What belongs to no protocol is asked last by all: this one by a mechanism that is not used here.
    let mut config = format!(
        "protocols =\nbase_dir = /run/{name}\nlog_path = /var/log/{name}.log\nssl = no\n\
         auth_failure_delay = 0\nauth_mechanisms = plain\n\
         service anvil {{\nunix_listener anvil-auth-penalty {{\nmode = 0\n}}\n}}\n\
         service auth-worker {{\nuser = root\n}}\n\
         userdb {{\ndriver = static\nargs = uid=mail gid=mail home=/tmp\n}}\n\
         passdb {{\ndriver = static\nargs = nopassword=y\nmechanisms = login\n}}\n"
    );
    for (number, chain) in chains.iter().enumerate() {
        let passdbs: String = chain.iter().map(|(link, given)| passdb(link, *given)).collect();
        let _ = write!(config, "protocol c{number} {{\n{passdbs}}}\n");
    }
    config
}

/// What Dovecot says of each chain.
fn dovecots(world: &World, name: &str, chains: &[Chain]) -> BTreeMap<usize, bool> {
    let file = format!("/etc/dovecot/{name}.conf");
    world.write(&file, configuration(name, chains), 0o644);
    let mut dovecot = world.spawn("dovecot", &["-F", "-c", &file]);
    let socket = format!("/run/{name}/auth-client");
    world.wait_for_server(&mut dovecot, || world.exists(&socket));
    let test = format!("doveadm -c /etc/dovecot/small.conf auth test -a {socket}");
    let one = format!("{test} -x service=c{{}} root secret >/tmp/{name}-{{}} 2>&1; echo {{}} $?");
    world.write("/etc/dovecot/small.conf", "protocols =\nssl = no\n", 0o644);
    let all = format!("seq 0 {} | xargs -P {AT_ONCE} -I{{}} sh -c '{one}'", chains.len() - 1);
    let output = world.command("sh").args(["-c", &all]).timeout(LIMIT).run().expect_success();
    let line = |line: &str| {
        let (number, code) = line.split_once(' ')?;
        let number: usize = number.parse().ok()?;
        match code {
            "0" => Some((number, true)),
            // EX_NOPERM, and EX_TEMPFAIL where a passdb could not be asked.
            "77" | "75" => Some((number, false)),
            _ => panic!("{code}: {}", world.read(format!("/tmp/{name}-{number}"))),
        }
    };
    output.stdout.lines().filter_map(line).collect()
}

/// How long all logins of one Dovecot may take.
const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn chains_made_up_at_random_end_as_dovecot_ends_them() {
    packages::ensure(&["dovecot-imapd"]).unwrap_or_else(|error| panic!("{error}"));
    let world = World::new();
    prepare(&world);
    let mut dice = Dice(1);
    let mut granted = 0;
    let mut differ = Vec::new();
    for server in 0..SERVERS {
        let chains: Vec<Chain> = (0..CHAINS).map(|_| chain(&mut dice)).collect();
        let theirs = dovecots(&world, &format!("chains{server}"), &chains);
        assert_eq!(theirs.len(), CHAINS);
        granted += theirs.values().filter(|granted| **granted).count();
        let other =
            chains.into_iter().enumerate().filter(|(number, chain)| ours(chain) != theirs[number]);
        differ.extend(other.map(|(number, chain)| (chain, theirs[&number])));
    }
    assert!(differ.is_empty(), "{} differ: {:#?}", differ.len(), differ);
    // Neither end is so rare that agreeing on it would mean little.
    let all = SERVERS * CHAINS;
    assert!((all / 10..all * 9 / 10).contains(&granted), "{granted} granted");
}
