//! The engine: its instructions for each login.

use monk_tests::Watch;
use monk_tests::site::{PamHost, PamHostOptions, Running};

use super::{grouped, host};
use crate::bench::typed::Typed;
use crate::bench::world::{BenchWorld, Transport};
use crate::prepare::heading;

/// Logins after which connections are open, and everything that is made once is there.
const FEW: u32 = 4;

/// Logins of the longer run. A hash of Argon2id takes a second under callgrind.
const MANY: u32 = 12;

const HEAD: &str = "
### What a login costs the engine

Instructions in user space of a resident engine. Each login is another user's: of an app password it is the
first one, with its hash.

| typed | directory over ldaps | own store |
|---|---|---|
";

/// The table.
#[track_caller]
pub fn table(ldap: &mut BenchWorld, embedded: &mut BenchWorld) -> String {
    let mut text = HEAD.to_owned();
    for typed in Typed::ALL {
        let over_ldaps = count(ldap, Transport::Ldaps, typed);
        let own_store = count(embedded, Transport::Embedded, typed);
        let [over_ldaps, own_store] = [over_ldaps, own_store].map(grouped);
        text.push_str(&format!("| {} | {over_ldaps} | {own_store} |\n", typed.words()));
    }
    text
}

/// Instructions of each login, after the first ones.
#[track_caller]
fn count(bench: &mut BenchWorld, transport: Transport, typed: Typed) -> i64 {
    heading(&format!("{transport}: {}", typed.words()));
    let [few, many] = [FEW, MANY].map(|logins| {
        let watch = Watch::instructions(bench.world());
        bench.restart_engine(transport, &watch.command());
        let service = bench.monk_service(transport, Running::Resident, typed.policy());
        let options = PamHostOptions { service, ..PamHostOptions::default() };
        let mut program = PamHost::start(bench.world(), &options);
        (0..logins).for_each(|_| host::log_in(bench, typed, &mut program));
        bench.stop_engine(transport);
        i64::try_from(watch.counted_instructions(bench.world())).expect("less than 2^63")
    });
    (many - few) / i64::from(MANY - FEW)
}
