//! What a frame costs: no more than its size allows for, whatever is in it.

use monk_wire::frame::{self, Body, MAX_REQUEST, MAX_ROOT_REQUEST};
use proptest::prelude::*;

/// Bytes that are reserved for one byte of a frame at most: an empty string is one byte in the frame and
/// 24 in memory, and a list that grows has room for twice what is in it.
const FACTOR: usize = 48;

/// What a message of an ordinary user may take.
const ORDINARY: usize = 64 * 1024;

/// What any message may take besides.
const CONSTANT: usize = 4096;

/// The most bytes of memory that were in use at once while a body was decoded.
fn memory_of(body: &[u8], is_root: bool) -> usize {
    let info = allocation_counter::measure(|| drop(frame::decode_request(body, is_root)));
    usize::try_from(info.bytes_max).unwrap()
}

#[track_caller]
fn is_bounded(body: &[u8], max: usize) {
    let allowed = CONSTANT + FACTOR * body.len();
    let used = memory_of(body, max > ORDINARY);
    assert!(
        used <= allowed.min(max),
        "{used} for {} bytes: {:?}",
        body.len(),
        &body[..body.len().min(40)]
    );
}

/// The bytes of a command of the administration: who is meant, and which it is.
fn manage(command: &[u8]) -> Vec<u8> {
    [&[3, 1, b'x'][..], command].concat()
}

/// postcard's encoding of a number.
fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

/// Everything in a request that is a list, with `count` announced and `bytes` of zeros behind it.
fn lists(count: usize, bytes: usize) -> Vec<Vec<u8>> {
    let (count, zeros) = (number(count), vec![0; bytes]);
    let token = [0; 16];
    let with = |before: &[u8]| manage(&[before, &count, &zeros].concat());
    let device = |codes: &[u8]| [&[0, 0, 0, 0, 6, 30][..], codes, &zeros].concat();
    vec![
        with(&[3, 0, 1]),
        with(&[3, 0, 0]),
        with(&[&[15, 0, 0][..], &token].concat()),
        with(&[15, 1, 0]),
        manage(&[&[15, 0, 0][..], &token, &[1], &device(&count)].concat()),
    ]
}

#[test]
fn a_list_that_announces_more_than_comes_takes_no_memory() {
    for count in [1 << 10, 1 << 20, u32::MAX as usize] {
        for body in lists(count, 0).iter().chain(&lists(count, 40)) {
            is_bounded(body, usize::MAX);
        }
    }
}

#[test]
fn the_longest_frames_take_a_bounded_multiple() {
    for body in lists(MAX_REQUEST - 100, MAX_REQUEST - 100) {
        is_bounded(&body, ORDINARY);
    }
    for body in lists(MAX_ROOT_REQUEST / 8, MAX_ROOT_REQUEST - 100) {
        // A user without anything is fewer bytes in a frame than in memory.
        is_bounded(&body, 3 * MAX_ROOT_REQUEST);
    }
}

/// What has come, and that much again.
#[test]
fn a_body_takes_memory_as_it_arrives() {
    let header = frame::Header { version: 1, length: MAX_ROOT_REQUEST };
    for parts in 0..12 {
        let mut come = 0;
        let info = allocation_counter::measure(|| {
            let mut body = Body::new(header);
            for _ in 0..parts {
                come += body.next_part().map_or(0, |part| part.len());
            }
            // The next one is announced, and does not come.
            body.next_part();
        });
        assert!(info.bytes_max <= 3 * come as u64 + 1024, "{come}: {}", info.bytes_max);
    }
}

proptest! {
    #[test]
    fn whatever_comes_costs_no_more_than_its_size_allows_for(
        kind in 0_u8..4, command in 0_u8..20, inner in 0_u8..4,
        rest in proptest::collection::vec(prop_oneof![Just(0_u8), Just(0xff), any::<u8>()], 0..2000),
    ) {
        let body = [&[kind, 1, b'x', command, inner][..], &rest].concat();
        prop_assert!(memory_of(&body, true) <= CONSTANT + FACTOR * body.len());
        prop_assert!(memory_of(&rest, true) <= CONSTANT + FACTOR * rest.len());
    }
}
