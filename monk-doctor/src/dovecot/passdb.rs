//! One passdb, as 2.3 and 2.4 write it.

use super::chain::{Asks, Link, Rule, Skip};
use super::config::Block;
use super::surroundings::Surroundings;

/// One passdb.
#[derive(Clone, Copy)]
pub struct Passdb<'a> {
    block: &'a Block,
    /// Such as `pam`.
    pub driver: &'a str,
    /// It is asked for some connections only.
    sometimes: bool,
}

impl<'a> Passdb<'a> {
    /// Reads a block.
    pub fn of((block, sometimes): (&'a Block, bool)) -> Self {
        // 2.4: `passdb NAME {`, where the name is the driver unless another is set.
        let driver = block.get("driver").or_else(|| block.get("passdb_driver"));
        let name = block.head.split_whitespace().nth(1);
        Self { block, driver: driver.or(name).unwrap_or_default(), sometimes }
    }

    /// A setting; 2.4 also knows it with `passdb_` in front.
    fn get(&self, key: &str) -> Option<&'a str> {
        self.block.get(key).or_else(|| self.block.get(&format!("passdb_{key}")))
    }

    fn is(&self, key: &str) -> bool {
        self.get(key) == Some("yes")
    }

    /// Written as 2.4 does.
    pub fn is_new(&self) -> bool {
        self.block.head != "passdb"
    }

    /// Users who are in it are refused.
    pub fn denies(&self) -> bool {
        self.is("deny")
    }

    /// Its users may open the mailboxes of others.
    pub fn is_master(&self) -> bool {
        self.is("master")
    }

    /// The words of `args`: options, and for PAM the service at the end.
    pub fn arguments(&self) -> impl Iterator<Item = &'a str> {
        self.block.get("args").unwrap_or_default().split_whitespace()
    }

    /// Whether clients see the messages of PAM.
    pub fn shows_messages(&self) -> bool {
        self.arguments().any(|word| word == "failure_show_msg=yes") || self.is("failure_show_msg")
    }

    /// Whether 2.4 may keep answers of this passdb.
    pub fn may_cache(&self) -> bool {
        self.get("use_cache") != Some("no")
    }

    /// A field that each login gets: `nopassword` of `args` or of the three kinds of fields, which 2.3 writes as words
    /// and 2.4 as blocks.
    fn field(&self, key: &str) -> Option<&'a str> {
        const FIELDS: [&str; 3] = ["override_fields", "fields", "default_fields"];
        let of_words = |text: &'a str| {
            let mut words = text.split_whitespace();
            words.find_map(|word| match word.split_once('=') {
                Some((name, value)) => (name == key).then_some(value),
                None => (word == key).then_some("yes"),
            })
        };
        FIELDS
            .iter()
            .find_map(|name| {
                let prefixed = format!("passdb_{name}");
                let is_one = |block: &&Block| block.head == *name || block.head == prefixed;
                let of_blocks =
                    self.block.blocks.iter().filter(is_one).find_map(|one| one.get(key));
                of_blocks.or_else(|| self.get(name).and_then(of_words))
            })
            // The words behind "static" are fields; those of other drivers are not.
            .or_else(|| {
                (self.driver == "static").then(|| self.block.get("args").and_then(of_words))?
            })
    }

    /// Users are passed on to another server.
    pub fn is_proxy(&self) -> bool {
        ["proxy", "proxy_maybe"].iter().any(|key| self.field(key).is_some())
    }

    /// The other server gets what was typed here.
    pub fn forwards(&self) -> bool {
        self.is_proxy() && ["pass", "master"].iter().all(|key| self.field(key).is_none())
    }

    /// Any password is right, here or at the server that gets a fixed one in its place.
    pub fn takes_any_password(&self) -> bool {
        self.field("nopassword").is_some() && !self.forwards()
    }

    /// It lets in only whom another server of these addresses sends, which has asked already.
    pub fn is_back_end(&self) -> bool {
        let networks = self.field("allow_real_nets").unwrap_or_default();
        let networks = networks.split(|c: char| c == ',' || c.is_whitespace());
        let mut networks = networks.filter(|one| !one.is_empty()).peekable();
        let is_some = networks.peek().is_some();
        self.takes_any_password() && is_some && networks.all(|one| !is_everywhere(one))
    }

    /// The PAM service that is asked for a protocol. libpam knows no capitals.
    pub fn service(&self, protocol: &str) -> String {
        let set = ["service_name", "pam_service_name"].iter().find_map(|key| self.get(key));
        let last = self.arguments().filter(|word| !word.contains('=')).last();
        fill(set.or(last).unwrap_or("dovecot"), protocol).to_ascii_lowercase()
    }

    /// What it is in a chain that is asked with these mechanisms, which bring a password (`in_clear`)
    /// or do not.
    pub fn link(
        &self,
        protocol: &str,
        mechanisms: &[String],
        in_clear: bool,
        around: &Surroundings<'_>,
    ) -> Option<Link> {
        let list = self.mechanisms();
        let taken = mechanisms.iter().filter(|name| list.is_empty() || list.contains(name)).count();
        let asks = match self.driver {
            "pam" if !in_clear => Asks::Nobody,
            "pam" if around.asks_monk(&self.service(protocol)) => Asks::Monk,
            // The server that sends its users here has asked.
            _ if self.is_back_end() => Asks::Monk,
            _ => Asks::Others,
        };
        let usual = Link::new(asks);
        let names = self.get("username_filter").is_some_and(|names| !names.is_empty());
        (taken > 0).then(|| Link {
            asks,
            deny: self.denies(),
            skip: match self.get("skip") {
                Some("authenticated") => Skip::Authenticated,
                Some("unauthenticated") => Skip::Unauthenticated,
                _ => Skip::Never,
            },
            sometimes: self.sometimes || names || taken < mechanisms.len(),
            success: self.rule("result_success", usual.success),
            failure: self.rule("result_failure", usual.failure),
            internal: self.rule("result_internalfail", usual.internal),
        })
    }

    fn rule(&self, key: &str, usual: Rule) -> Rule {
        let word = self.get(key).unwrap_or_default();
        // pass = yes is the old way to write this.
        let usual = if key == "result_success" && self.is("pass") { Rule::Continue } else { usual };
        Rule::ALL.iter().find(|(name, _)| *name == word).map_or(usual, |(_, rule)| *rule)
    }

    /// The mechanisms for which it is asked; all where the list is empty.
    fn mechanisms(&self) -> Vec<String> {
        let of_block = ["mechanisms", "mechanisms_filter", "passdb_mechanisms_filter"];
        let lists = of_block.iter().filter_map(|key| self.block.words(key));
        lists.flatten().map(str::to_ascii_lowercase).collect()
    }

    /// The result settings that take a no, or no answer, for a yes.
    pub fn that_say_yes(&self) -> Vec<String> {
        let keys = ["result_failure", "result_internalfail"].into_iter();
        let set = keys.filter_map(|key| Some((key, self.get(key)?)));
        set.filter(|(_, value)| value.ends_with("-ok"))
            .map(|(key, value)| format!("{key} = {value}"))
            .collect()
    }
}

/// A name of a service with the protocol in the place of its variables.
fn fill(pattern: &str, protocol: &str) -> String {
    if pattern == "*" {
        return protocol.to_owned();
    }
    ["%{service}", "%{protocol}", "%Ls", "%s"]
        .iter()
        .fold(pattern.to_owned(), |text, variable| text.replace(variable, protocol))
}

/// The shortest prefixes of networks that a proxy may be in: what is shorter is most of the Internet.
const SHORTEST_V4: u8 = 8;
const SHORTEST_V6: u8 = 16;

/// A network that is so large that it guards nothing, or that cannot be read.
fn is_everywhere(network: &str) -> bool {
    let Some((address, prefix)) = network.split_once('/') else { return false };
    let shortest = if address.contains(':') { SHORTEST_V6 } else { SHORTEST_V4 };
    prefix.parse::<u8>().map_or(true, |prefix| prefix < shortest)
}
