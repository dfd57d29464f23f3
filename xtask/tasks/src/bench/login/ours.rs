//! monk's own rows, and libpam alone.

use monk_tests::Operations;
use monk_tests::site::{PamLoad, Running};

use crate::bench::row::{Counted, PamRow, Row, Section};
use crate::bench::typed::Typed;
use crate::bench::world::{BenchWorld, Transport};

/// The group of the rows that show what libpam itself takes.
pub const LIBPAM: &str = "libpam alone";

/// The words of its row.
pub const PERMIT: &str = "pam_permit";

/// How many log in at the same time where there are several.
const CALLERS: [usize; 3] = [2, 8, 64];

/// How much longer than over LDAP a login takes whose password is checked with Argon2id.
const ARGON2: usize = 10;

/// The same where an engine is started for the login.
const ONE_SHOT: usize = 4;

/// The group of monk's rows.
pub fn group(transport: Transport, running: Running) -> String {
    let running = match running {
        Running::Resident => "resident",
        Running::OneShot => "one-shot",
    };
    format!("monk, {transport}, {running}")
}

/// All rows of this file.
pub fn rows<'a>(
    ldap: &'a BenchWorld,
    embedded: &'a BenchWorld,
    on_disk: &'a BenchWorld,
) -> Vec<Box<dyn Row + 'a>> {
    let mut rows: Vec<Box<dyn Row + 'a>> = Vec::new();
    let transports = [Transport::Ldaps, Transport::Ldap, Transport::Ldapi, Transport::Embedded];
    for transport in transports {
        let world = if transport == Transport::Embedded { embedded } else { ldap };
        for running in [Running::Resident, Running::OneShot] {
            for typed in Typed::ALL {
                rows.push(Box::new(monk(world, transport, running, typed, 1, false)));
            }
        }
    }
    let main = [Typed::PasswordAndCode, Typed::AppPassword];
    for typed in main {
        rows.push(Box::new(monk(on_disk, Transport::OnDisk, Running::Resident, typed, 1, false)));
        for callers in CALLERS {
            rows.push(Box::new(monk(
                ldap,
                Transport::Ldaps,
                Running::Resident,
                typed,
                callers,
                false,
            )));
        }
        rows.push(Box::new(monk(ldap, Transport::Ldaps, Running::OneShot, typed, 8, false)));
        for (running, callers) in
            [(Running::Resident, 1), (Running::Resident, 8), (Running::OneShot, 1)]
        {
            rows.push(Box::new(monk(ldap, Transport::Ldaps, running, typed, callers, true)));
        }
    }
    for typed in main {
        for (world, transport) in [(embedded, Transport::Embedded), (on_disk, Transport::OnDisk)] {
            rows.push(resident(world, transport, typed));
        }
    }
    // What others are compared with.
    rows.push(resident(ldap, Transport::Ldaps, Typed::PasswordAlone));
    for transport in [Transport::Ldap, Transport::Ldapi] {
        for typed in [Typed::PasswordAlone, Typed::PasswordAndCode, Typed::AppPassword] {
            rows.push(resident(ldap, transport, typed));
        }
    }
    rows
}

/// Eight callers of a resident engine.
fn resident(world: &BenchWorld, transport: Transport, typed: Typed) -> Box<dyn Row + '_> {
    Box::new(monk(world, transport, Running::Resident, typed, 8, false))
}

/// What libpam takes by itself, in each manner.
pub fn libpam(world: &BenchWorld) -> Vec<Box<dyn Row + '_>> {
    let service = world.service("permit", "pam_permit.so");
    let manners = [(1, false), (2, false), (8, false), (64, false), (1, true), (8, true)];
    let row = |(callers, fresh)| -> Box<dyn Row + '_> {
        Box::new(PamRow {
            section: Section::Libpam,
            group: LIBPAM.to_owned(),
            words: PERMIT.to_owned(),
            load: PamLoad { callers, fresh, ..PamLoad::of(&service) },
            world: world.world(),
            batch: Box::new(|wanted| world.batch(Typed::PasswordAlone, wanted)),
            wrong: None,
            counted: None,
            slowness: 1,
        })
    };
    manners.map(row).into()
}

/// One row of monk's.
pub fn monk(
    world: &BenchWorld,
    transport: Transport,
    running: Running,
    typed: Typed,
    callers: usize,
    fresh: bool,
) -> PamRow<'_> {
    let hashes =
        transport.is_embedded() && !matches!(typed, Typed::AppPassword | Typed::AppPasswordOfMany);
    let slowness = match running {
        _ if hashes || typed == Typed::BackupCode => ARGON2,
        Running::OneShot => ONE_SHOT,
        Running::Resident => 1,
    };
    let service = world.monk_service(transport, running, typed.policy());
    let counted = || -> Counted<'_> { Box::new(|work| operations(world, work)) };
    PamRow {
        section: Section::Monk,
        group: group(transport, running),
        words: typed.words().to_owned(),
        load: PamLoad { callers, fresh, ..PamLoad::of(&service) },
        world: world.world(),
        batch: Box::new(move |wanted| world.batch(typed, wanted)),
        wrong: Some(Box::new(move || world.wrong(typed))),
        counted: (!transport.is_embedded()).then(counted),
        slowness,
    }
}

/// What the world's slapd does while `work` is done.
pub fn operations(world: &BenchWorld, work: &mut dyn FnMut()) -> Operations {
    world.slapd().operations(work).1
}
