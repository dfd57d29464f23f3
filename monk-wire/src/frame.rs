//! Frames: how a message lies on the socket. See the crate's page for the layout.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::message::Request;

/// Bytes in front of each body: version and length.
pub const HEADER: usize = 5;

/// Longest body of a request. A login is some hundred bytes; anybody on the host may send one, so
/// an engine must not be made to reserve more.
pub const MAX_REQUEST: usize = 16 * 1024;

/// Longest body of a request of root's, whom nobody can keep from memory anyway: users that are imported in one transaction, some 20,000.
pub const MAX_ROOT_REQUEST: usize = 4 * 1024 * 1024;

/// Longest body of a reply: the status of a user with hundreds of credentials.
pub const MAX_REPLY: usize = 512 * 1024;

/// Bytes that are no frame of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A version that this side does not speak.
    Version(u8),
    /// Longer than allowed.
    TooLong,
    /// The body is not a message.
    Malformed,
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Version(version) => write!(f, "unknown protocol version {version}"),
            Self::TooLong => f.write_str("message too long"),
            Self::Malformed => f.write_str("malformed message"),
        }
    }
}

/// What a header announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The protocol version of the body.
    pub version: u8,
    /// Bytes of the body.
    pub length: usize,
}

/// Reads a header.
///
/// # Errors
/// [`FrameError`] when the body must not be read.
pub fn header(bytes: [u8; HEADER], max: usize) -> Result<Header, FrameError> {
    let [version, a, b, c, d] = bytes;
    if !(crate::OLDEST_VERSION..=crate::NEWEST_VERSION).contains(&version) {
        return Err(FrameError::Version(version));
    }
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    if length > max {
        return Err(FrameError::TooLong);
    }
    Ok(Header { version, length })
}

/// Bytes of a body that are made room for before any have come: more than most messages have.
const FIRST_PART: usize = 512;

/// A body on its way. Takes no more memory than a little and twice what has come, whatever its header
/// announces, and leaves no copies behind as it grows.
pub struct Body {
    length: usize,
    come: Zeroizing<Vec<u8>>,
}

impl Body {
    /// The body that a header announces, of which nothing has come yet.
    #[must_use]
    pub fn new(header: Header) -> Self {
        Self { length: header.length, come: Zeroizing::default() }
    }

    /// Room that is to be filled wholly before this is called again; `None` when all has come.
    pub fn next_part(&mut self) -> Option<&mut [u8]> {
        let come = self.come.len();
        let part = (self.length - come).min(come.max(FIRST_PART));
        if part == 0 {
            return None;
        }
        // Not grown in place: that would leave the bytes behind in the old block.
        let mut larger = Zeroizing::new(Vec::with_capacity(come + part));
        larger.extend_from_slice(&self.come);
        larger.resize(come + part, 0);
        self.come = larger;
        Some(&mut self.come[come..])
    }

    /// What has come.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.come
    }
}

/// A whole frame with `message` in it. Wiped when dropped: it may carry a password.
///
/// # Errors
/// [`FrameError::TooLong`] when it exceeds `max`.
pub fn encode(
    message: &impl Serialize,
    version: u8,
    max: usize,
) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    // The size first, so that no growing buffer leaves copies of secrets behind.
    let length =
        postcard::experimental::serialized_size(message).map_err(|_| FrameError::Malformed)?;
    if length > max {
        return Err(FrameError::TooLong);
    }
    let announced = u32::try_from(length).map_err(|_| FrameError::TooLong)?;
    let mut frame = Zeroizing::new(vec![0; HEADER + length]);
    frame[0] = version;
    frame[1..HEADER].copy_from_slice(&announced.to_be_bytes());
    postcard::to_slice(message, &mut frame[HEADER..]).map_err(|_| FrameError::Malformed)?;
    Ok(frame)
}

/// The message of a body.
///
/// # Errors
/// [`FrameError::Malformed`] when it is none, or bytes are left over.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(body) {
        Ok((message, [])) => Ok(message),
        _ => Err(FrameError::Malformed),
    }
}

/// Longest import that is read of a caller who is not root: enough to be told that it is not permitted.
const MAX_REFUSED_IMPORT: usize = 512;

/// Which request holds commands, and which of these is an import, as numbered in the encoding.
const MANAGE: u32 = 3;
const IMPORT: u32 = 15;

/// The request of a body. Imports are lists of what is larger in memory than in a frame, and root's alone:
/// those of others are not unpacked.
///
/// # Errors
/// As [`decode`]; [`FrameError::TooLong`] for an import of somebody else than root.
pub fn decode_request(body: &[u8], is_root: bool) -> Result<Request, FrameError> {
    if !is_root && body.len() > MAX_REFUSED_IMPORT && is_import(body) {
        return Err(FrameError::TooLong);
    }
    decode(body)
}

fn is_import(body: &[u8]) -> bool {
    let begin = postcard::take_from_bytes::<(u32, &str, u32)>(body);
    matches!(begin, Ok(((MANAGE, _, IMPORT), _)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::manage::{Command, Import, Manage, UserStep};
    use crate::{Login, Reply, Secret};

    #[test]
    fn imports_are_known_before_they_are_unpacked() {
        let body = |command| {
            let request = Request::Manage(Manage { user: "x".repeat(600), command });
            encode(&request, 1, MAX_REQUEST).unwrap()[HEADER..].to_vec()
        };
        let import = body(Command::Import(Import::Users { step: UserStep::Check, rows: vec![] }));
        assert_eq!(decode_request(&import, false), Err(FrameError::TooLong));
        assert!(decode_request(&import, true).is_ok());
        for command in [Command::Status, Command::Settings, Command::BackupCodesGenerate] {
            assert!(decode_request(&body(command), false).is_ok());
        }
        let login = encode(&login(), 1, MAX_REQUEST).unwrap();
        assert!(decode_request(&login[HEADER..], false).is_ok());
    }

    fn login() -> Request {
        Request::Login(Login {
            user: "alice".into(),
            service: "imap".into(),
            address: None,
            terminal: None,
            person: None,
            typed: Some(Secret::new(b"secret;123456")),
            can_ask: true,
            publickey: false,
            forward: false,
            budget_ms: 10_000,
        })
    }

    #[test]
    fn a_message_comes_back_as_it_was_sent() {
        let frame = encode(&login(), 1, MAX_REQUEST).unwrap();
        let (head, body) = frame.split_first_chunk::<HEADER>().unwrap();
        let header = header(*head, MAX_REQUEST).unwrap();
        assert_eq!(header, Header { version: 1, length: body.len() });
        assert_eq!(decode::<Request>(body).unwrap(), login());
    }

    #[test]
    fn every_cut_or_lengthened_message_is_refused() {
        let frame = encode(&login(), 1, MAX_REQUEST).unwrap();
        let body = &frame[HEADER..];
        for length in 0..body.len() {
            assert_eq!(decode::<Request>(&body[..length]), Err(FrameError::Malformed));
        }
        let longer = [body, &[0]].concat();
        assert_eq!(decode::<Request>(&longer), Err(FrameError::Malformed));
    }

    #[test]
    fn the_versions_that_engines_answer_are_read_and_their_neighbours_are_not() {
        let (oldest, newest) = (crate::OLDEST_VERSION, crate::NEWEST_VERSION);
        for version in oldest..=newest {
            let read = header([version, 0, 0, 0, 1], 10);
            assert_eq!(read, Ok(Header { version, length: 1 }));
        }
        for version in [oldest - 1, newest + 1] {
            assert_eq!(header([version, 0, 0, 0, 1], 10), Err(FrameError::Version(version)));
        }
    }

    #[test]
    fn versions_and_lengths_out_of_bounds_are_refused() {
        assert_eq!(header([0, 0, 0, 0, 1], 10), Err(FrameError::Version(0)));
        assert_eq!(header([9, 0, 0, 0, 1], 10), Err(FrameError::Version(9)));
        assert_eq!(header([1, 0, 0, 0, 11], 10), Err(FrameError::TooLong));
        assert_eq!(header([1, 255, 255, 255, 255], MAX_REPLY), Err(FrameError::TooLong));
        assert!(encode(&"x".repeat(100), 1, 10).is_err());
    }

    /// Before failures were data, a failure was one of six numbers and a sentence.
    #[test]
    fn a_failure_of_an_engine_from_before_an_upgrade_is_not_read_as_another_one() {
        let sentences = ["", "x", "\u{1}", "the directory has no such user: check the spelling"];
        for (number, sentence) in (0..6_u32).flat_map(|number| sentences.map(|one| (number, one))) {
            let body = postcard::to_stdvec(&(5_u8, number, sentence)).unwrap();
            assert_eq!(decode::<Reply>(&body), Err(FrameError::Malformed), "{number} {sentence}");
        }
    }

    /// Where a reply could hold another one of its kind, this would end the stack of the program.
    #[test]
    fn no_reply_nests_whatever_variant_comes_again_and_again() {
        // A level is a variant, perhaps an empty text, and perhaps a variant of what stands between.
        let levels = (0..64).flat_map(|outer: u8| {
            let between = (0..8).map(move |inner| vec![outer, 0, inner]);
            between.chain([vec![outer, 0], vec![outer]])
        });
        for level in levels {
            let nested = level.repeat(MAX_REPLY / level.len() - 1);
            for reply in [4, 5] {
                let body = [&[reply], &nested[..]].concat();
                assert_eq!(decode::<Reply>(&body), Err(FrameError::Malformed), "{level:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_bytes_arrive_decoding_neither_panics_nor_reserves_more_than_they_are(
            bytes in proptest::collection::vec(any::<u8>(), 0..300)
        ) {
            let _ = decode::<Request>(&bytes);
            let _ = decode::<Reply>(&bytes);
            if let Some((head, _)) = bytes.split_first_chunk::<HEADER>()
                && let Ok(header) = header(*head, MAX_REQUEST)
            {
                prop_assert!(header.length <= MAX_REQUEST);
            }
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let shown = format!(
            "{:?} {:?}",
            login(),
            Reply::Granted {
                forward: Some(Secret::new(b"hunter2")),
                notice: None,
                new_password: false,
            }
        );
        assert!(!shown.contains("123456") && !shown.contains("hunter2"), "{shown}");
    }
}
