//! Rows of peers.

use std::cell::RefCell;
use std::rc::Rc;

use monk_tests::Operations;
use monk_tests::site::{PamLoad, PamLoadOutcome, PamLogin, Running};

use super::check::{Findings, check, code_now};
use super::memory::Memory;
use super::{PASSWORD_ALONE, PASSWORD_CODE, Peer, Scene};
use crate::bench::login::ours;
use crate::bench::people::PASSWORD;
use crate::bench::row::{Row, Section};
use crate::bench::typed::Typed;

/// How many log in at the same time: one, and the eight of the goals.
const CALLERS: [usize; 2] = [1, 8];

/// A peer, with what was found out about it.
pub struct Known<'a> {
    peer: RefCell<Box<dyn Peer + 'a>>,
    /// What the checks have shown.
    pub findings: RefCell<Option<Findings>>,
    /// What its helper took after the last round of the most callers.
    pub memory: RefCell<Option<Memory>>,
}

impl Known<'_> {
    /// Its name in the table.
    pub fn words(&self) -> &'static str {
        self.peer.borrow().words()
    }

    /// The name of its helper.
    pub fn helper(&self) -> &'static str {
        self.peer.borrow().helper()
    }
}

/// Logins through a peer.
struct PeerRow<'a> {
    scene: &'a Scene<'a>,
    known: Rc<Known<'a>>,
    callers: usize,
    words: &'static str,
}

/// Rows of all peers, and the peers.
pub fn rows<'a>(scene: &'a Scene<'a>) -> (Vec<Box<dyn Row + 'a>>, Vec<Rc<Known<'a>>>) {
    let (mut rows, mut known): (Vec<Box<dyn Row + 'a>>, _) = (Vec::new(), Vec::new());
    for peer in super::all(scene) {
        let words = peer.words();
        let one = Rc::new(Known {
            peer: RefCell::new(peer),
            findings: RefCell::default(),
            memory: RefCell::default(),
        });
        for callers in CALLERS {
            rows.push(Box::new(PeerRow { scene, known: Rc::clone(&one), callers, words }));
        }
        known.push(one);
    }
    (rows, known)
}

impl PeerRow<'_> {
    fn wants_code(&self) -> bool {
        self.known.peer.borrow().wants_code()
    }

    /// Has the peer begin, and makes logins that it should all let in: with codes, each user once.
    fn begin(&self, logins: usize) -> Vec<PamLogin> {
        let mut peer = self.known.peer.borrow_mut();
        peer.begin();
        let wanted = if peer.wants_code() { logins.min(self.scene.people.len()) } else { logins };
        let people = self.scene.people.iter().cycle().take(wanted);
        people
            .map(|person| PamLogin::new(person.name(), peer.typed(PASSWORD, &code_now(*person))))
            .collect()
    }

    fn load(&self) -> PamLoad {
        let service = self.known.peer.borrow().service();
        PamLoad { callers: self.callers, ..PamLoad::of(service) }
    }
}

impl Row for PeerRow<'_> {
    fn section(&self) -> Section {
        Section::Others
    }

    fn group(&self) -> &str {
        self.words
    }

    fn words(&self) -> &str {
        if self.wants_code() { PASSWORD_CODE } else { PASSWORD_ALONE }
    }

    fn callers(&self) -> usize {
        self.callers
    }

    fn slowness(&self) -> usize {
        self.known.peer.borrow().slowness()
    }

    /// Some cannot let two users in at the same moment.
    fn may_refuse(&self) -> bool {
        true
    }

    fn counterpart(&self) -> Option<(String, &'static str)> {
        let typed = if self.wants_code() { Typed::PasswordAndCode } else { Typed::PasswordAlone };
        let transport = self.known.peer.borrow().transport();
        Some((ours::group(transport, Running::Resident), typed.words()))
    }

    fn check(&self) -> Result<(), String> {
        if self.known.findings.borrow().is_none() {
            let findings = check(self.scene, &mut **self.known.peer.borrow_mut())?;
            *self.known.findings.borrow_mut() = Some(findings);
        }
        Ok(())
    }

    fn run(&self, logins: usize) -> PamLoadOutcome {
        let logins = self.begin(logins);
        let outcome = self.load().run(self.scene.world, &logins);
        let mut peer = self.known.peer.borrow_mut();
        *self.known.memory.borrow_mut() = Memory::of(&peer.helpers());
        peer.end();
        outcome
    }

    fn operations(&self, logins: usize) -> Option<(usize, Operations)> {
        let logins = self.begin(logins);
        let mut peer = self.known.peer.borrow_mut();
        let slapd = peer.slapd();
        let load = PamLoad { callers: self.callers, ..PamLoad::of(peer.service()) };
        // Its helper opens what stays open at the first login.
        let ((), operations) = slapd.operations(|| {
            load.run(self.scene.world, &logins);
        });
        peer.end();
        Some((logins.len(), operations))
    }
}
