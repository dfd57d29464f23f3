//! The chain of passdbs of each protocol: who gets in, and which change mends it.
//!
//! A remedy is given only where the chain that it leads to is right: nobody gets in without monk, and with it
//! somebody does.

use std::collections::BTreeMap;

use monk_wire::manage::doctor::Kind;

use super::chain::{self, Asks, Link, Rule, State, Verdict};
use super::passdb::Passdb;
use super::protocol::Protocol;
use super::surroundings::Surroundings;
use crate::finding::Findings;

/// What tells two findings of different protocols apart: id, subject, evidence and remedy.
type Told<'a> = (&'a str, String, String, String);

/// A kind of finding about a passdb, and what was seen.
type Seen = (Kind, String, String);

/// Judges the chain of each protocol.
pub fn examine(protocols: &[Protocol<'_>], around: &Surroundings<'_>, findings: &mut Findings) {
    // What is seen, by which protocols, and how it is mended there.
    let mut seen: BTreeMap<Told<'_>, (Kind, Vec<&str>)> = BTreeMap::new();
    for protocol in protocols {
        let chain = Chain::of(protocol, around);
        let remedy = chain.remedy();
        for (kind, subject, evidence) in chain.judge() {
            let remedy = match kind {
                Kind::DovecotMasterUsers => OF_MASTERS.to_owned(),
                _ => remedy.clone(),
            };
            let at = (kind.id(), subject, evidence, remedy);
            let names = &mut seen.entry(at).or_insert_with(|| (kind, Vec::new())).1;
            if !names.contains(&protocol.name.as_str()) {
                names.push(&protocol.name);
            }
        }
    }
    for ((_, subject, evidence, remedy), (kind, names)) in seen {
        findings.report(kind, subject, format!("{}: {evidence}", names.join(", ")), remedy);
    }
}

const OF_MASTERS: &str = "Nothing, if that is meant; the passwords should be long and random. Or write result_success = continue \
     there: then the user of the mailbox is asked by monk as well.";

/// What all chains can be mended with.
pub const START_AGAIN: &str = "Let passdb { driver = pam } be the only one, without result_ and skip settings, and restart Dovecot.";

/// The passdbs of a protocol, and what each of them is for mechanisms that bring a password, and for those that
/// need a stored one; `None` where it is not asked with them.
struct Chain<'a> {
    passdbs: &'a [Passdb<'a>],
    password: Vec<Option<Link>>,
    stored: Vec<Option<Link>>,
    masters: Vec<(Passdb<'a>, Link)>,
    /// Something brings a password at all.
    has_password: bool,
    /// Passdbs whose yes opens without monk's, and those whose settings make a yes of a no.
    alone: Vec<usize>,
    anything: Vec<usize>,
}

impl<'a> Chain<'a> {
    fn of(protocol: &'a Protocol<'a>, around: &Surroundings<'_>) -> Self {
        let passdbs = &protocol.passdbs;
        let offered = &protocol.offered;
        let link = |passdb: &Passdb<'a>, mechanisms: &[String], in_clear| {
            passdb.link(&protocol.name, mechanisms, in_clear, around)
        };
        let password = passdbs.iter().map(|passdb| link(passdb, &offered.in_clear, true)).collect();
        let stored = passdbs.iter().map(|passdb| link(passdb, &offered.stored, false)).collect();
        let masters = protocol.masters.iter();
        let masters = masters.filter_map(|one| Some((*one, link(one, &offered.in_clear, true)?)));
        let mut chain = Self {
            passdbs,
            password,
            stored,
            masters: masters.collect(),
            has_password: !offered.in_clear.is_empty(),
            alone: Vec::new(),
            anything: Vec::new(),
        };
        for links in [&chain.password, &chain.stored] {
            let verdict = judge(links);
            let places: Vec<usize> =
                (0..links.len()).filter(|place| links[*place].is_some()).collect();
            chain.alone.extend(verdict.alone.iter().map(|index| places[*index]));
            chain.anything.extend(verdict.anything.iter().map(|index| places[*index]));
        }
        for list in [&mut chain.alone, &mut chain.anything] {
            list.sort_unstable();
            list.dedup();
        }
        chain
    }

    fn judge(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        let at = |place: usize| format!("passdb {}", self.passdbs[place].driver);
        for place in &self.anything {
            let settings = self.passdbs[*place].that_say_yes().join(" and ");
            let evidence = format!("{settings}: any password opens the mailbox");
            seen.push((Kind::DovecotAnyPassword, at(*place), evidence));
        }
        // PAM services without monk are told of by their names.
        let of_pam = |place: &usize| self.passdbs[*place].driver == "pam";
        for place in self.alone.iter().filter(|place| !of_pam(place)) {
            let driver = self.passdbs[*place].driver;
            let evidence =
                format!("a password that driver {driver} accepts opens the mailbox without monk");
            seen.push((Kind::DovecotPasswordAlone, at(*place), evidence));
        }
        let has_monk = self.password.iter().flatten().any(|link| link.asks == Asks::Monk);
        let has_pam = (0..self.passdbs.len()).any(|place| of_pam(&place));
        if self.has_password && !judge(&self.password).monk_opens {
            let evidence = match has_monk {
                true => "whatever monk says, these passdbs and their settings refuse",
                false => "no passdb asks PAM",
            };
            if has_monk || (seen.is_empty() && !has_pam) {
                seen.push((Kind::DovecotNobodyGetsIn, "passdb".to_owned(), evidence.to_owned()));
            }
        }
        seen.extend(self.judge_masters());
        seen
    }

    /// Those who open the mailboxes of others: by a password of their own, unless monk is asked as well.
    fn judge_masters(&self) -> Vec<Seen> {
        let opens = |(_, link): &&(Passdb<'_>, Link)| {
            link.asks != Asks::Monk && !link.deny && !self.is_followed(link)
        };
        let told = self.masters.iter().filter(opens).map(|(passdb, _)| {
            let what = "master = yes: its users open every mailbox, and monk is not asked for them";
            (Kind::DovecotMasterUsers, format!("passdb {}", passdb.driver), what.to_owned())
        });
        told.collect()
    }

    /// Whether a master's right password only leads to the passdbs of users, and past monk there.
    fn is_followed(&self, master: &Link) -> bool {
        let links: Vec<Link> = self.password.iter().flatten().copied().collect();
        let through = chain::judge(&links, State::of_master());
        master.success == Rule::Continue && !through.past_monk
    }

    /// The first change after which the chain is right.
    fn remedy(&self) -> String {
        let settings: Vec<String> =
            self.anything.iter().flat_map(|place| self.passdbs[*place].that_say_yes()).collect();
        let drivers: Vec<String> = self
            .alone
            .iter()
            .map(|place| format!("passdb {}", self.passdbs[*place].driver))
            .collect();
        let (settings, drivers) = (settings.join(" and "), drivers.join(" and "));
        let plain = "take skip and the result_ settings out of passdb pam";
        let candidates = [
            (Change { settings: true, ..Change::default() }, format!("Remove {settings}")),
            (Change { alone: true, ..Change::default() }, format!("Remove {drivers}")),
            (
                Change { settings: true, alone: true, ..Change::default() },
                format!("Remove {settings} and {drivers}"),
            ),
            (
                Change { plain: true, ..Change::default() },
                format!("Edit the configuration: {plain}"),
            ),
            (
                Change { alone: true, plain: true, ..Change::default() },
                format!("Remove {drivers}, and {plain}"),
            ),
        ];
        let makes_sense = |change: &Change| {
            (!change.settings || !settings.is_empty()) && (!change.alone || !drivers.is_empty())
        };
        let mut candidates = candidates.into_iter().filter(|(change, _)| makes_sense(change));
        let helps = candidates.find(|(change, _)| self.is_right_after(change));
        helps.map_or_else(
            || START_AGAIN.to_owned(),
            |(_, words)| format!("{words}, and restart Dovecot."),
        )
    }

    /// Whether nobody gets in without monk after a change, and with it somebody does.
    fn is_right_after(&self, change: &Change) -> bool {
        let changed = |links: &[Option<Link>]| -> Vec<Option<Link>> {
            let kept =
                (0..links.len()).filter(|place| !change.alone || !self.alone.contains(place));
            kept.map(|place| {
                let mut link = links[place]?;
                let usual = Link { sometimes: link.sometimes, ..Link::new(link.asks) };
                if change.settings && self.anything.contains(&place) {
                    (link.failure, link.internal) = (usual.failure, usual.internal);
                }
                let is_pam = self.passdbs[place].driver == "pam" && !link.deny;
                Some(if change.plain && is_pam { usual } else { link })
            })
            .collect()
        };
        let (password, stored) = (judge(&changed(&self.password)), judge(&changed(&self.stored)));
        password.monk_opens && !password.past_monk && !stored.past_monk
    }
}

/// What could be changed.
#[derive(Default)]
struct Change {
    /// Settings that make a yes of a no go.
    settings: bool,
    /// Passdbs that open without monk go.
    alone: bool,
    /// What is set in the passdbs of PAM goes.
    plain: bool,
}

fn judge(links: &[Option<Link>]) -> Verdict {
    let links: Vec<Link> = links.iter().flatten().copied().collect();
    chain::judge(&links, State::default())
}
