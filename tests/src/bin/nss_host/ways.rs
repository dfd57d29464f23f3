//! The strange ways: those of PAM's hosts, and some that only matter to look-ups.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use crate::look_up::{Answer, Question};
use crate::manner::{Manner, end_of, in_child};

/// Threads of a program that has some.
const THREADS: usize = 8;

/// Children of a program that forks while its threads look names up.
const CHILDREN: usize = 20;

/// Stack of a thread with little of it, in bytes: twice what the C library calls the least
/// (`PTHREAD_STACK_MIN`), of which it needs a part itself.
const SMALL_STACK: usize = 32 * 1024;

/// A folder without anything of the engine's.
const EMPTY_ROOT: &str = "/var/empty-root";

/// A way of looking names up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// As a host of PAM's.
    Of(Manner),
    /// Closes every descriptor that it does not know before each look-up, as daemons do.
    ClosesAll,
    /// On a thread with a small stack.
    SmallStack,
    /// In a child, while threads of the parent look names up.
    ForksAmongThreads,
    /// Below another root.
    ChangesRoot,
    /// Has opened as much as it may.
    NoDescriptors,
}

impl Default for Way {
    fn default() -> Self {
        Self::Of(Manner::Usual)
    }
}

impl Way {
    /// The one of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "closes-all" => Self::ClosesAll,
            "small-stack" => Self::SmallStack,
            "forks-among-threads" => Self::ForksAmongThreads,
            "changes-root" => Self::ChangesRoot,
            "no-descriptors" => Self::NoDescriptors,
            other => Self::Of(Manner::named(other)?),
        })
    }

    /// Whether the program can still read `/proc`.
    pub(crate) fn sees_itself(self) -> bool {
        !matches!(self, Self::ChangesRoot | Self::NoDescriptors)
    }

    /// Makes this process one of that kind; where answers go to.
    pub(crate) fn begin(self) -> io::Result<File> {
        let manner = if let Self::Of(manner) = self { manner } else { Manner::Usual };
        let (_, output) = manner.streams()?;
        manner.adopt()?;
        if self == Self::ClosesAll {
            close_all_but(&output)?;
        }
        if matches!(self, Self::SmallStack | Self::ForksAmongThreads) {
            // With the first thread the C library begins to handle a signal of its own.
            thread::spawn(|| ()).join().map_err(|_| io::Error::other("a panic"))?;
        }
        Ok(output)
    }

    /// Looks a name up. Whatever else does at the same time has to find the same.
    pub(crate) fn ask(self, question: &Question, output: &File) -> io::Result<Answer> {
        match self {
            Self::Of(Manner::Threads) => on_threads(question),
            Self::Of(Manner::Forks) => in_a_child_too(question),
            Self::Of(_) => Ok(question.ask()),
            Self::ClosesAll => {
                close_all_but(output)?;
                Ok(question.ask())
            }
            Self::SmallStack => {
                let question = question.clone();
                let small = thread::Builder::new().stack_size(SMALL_STACK);
                let thread = small.spawn(move || question.ask())?;
                thread.join().map_err(|_| io::Error::other("a panic"))
            }
            Self::ForksAmongThreads => forks_among_threads(question),
            Self::NoDescriptors => {
                let limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
                // SAFETY: the call reads one `rlimit`.
                if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } != 0 {
                    return Err(io::Error::last_os_error());
                }
                Ok(question.ask())
            }
            Self::ChangesRoot => {
                // Each time below the one before.
                std::fs::create_dir_all(EMPTY_ROOT)?;
                std::os::unix::fs::chroot(EMPTY_ROOT)?;
                Ok(question.ask())
            }
        }
    }
}

fn close_all_but(output: &File) -> io::Result<()> {
    let kept = u32::try_from(output.as_raw_fd()).map_err(io::Error::other)?;
    for (first, last) in [(3, kept - 1), (kept + 1, u32::MAX)] {
        if first <= last {
            // SAFETY: closing takes integers; this program uses none of these descriptors.
            let result = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
            if result != 0 {
                return Err(io::Error::last_os_error());
            }
        }
    }
    Ok(())
}

fn on_threads(question: &Question) -> io::Result<Answer> {
    let answers: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| question.ask())).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });
    all_the_same(answers)
}

fn in_a_child_too(question: &Question) -> io::Result<Answer> {
    let child = in_child(|| question.ask().as_byte())?;
    let answer = question.ask();
    same_byte(child, &answer)?;
    Ok(answer)
}

fn forks_among_threads(question: &Question) -> io::Result<Answer> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let look_up = || {
            let mut last = question.ask();
            while !is_over.load(Relaxed) {
                last = question.ask();
            }
            last
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(look_up)).collect();
        let answer = question.ask();
        let children = (0..CHILDREN).try_for_each(|_| {
            let child = in_child(|| question.ask().as_byte())?;
            same_byte(child, &answer)
        });
        is_over.store(true, Relaxed);
        let mut answers = vec![answer];
        answers.extend(threads.into_iter().map(|thread| thread.join().expect("no thread panics")));
        children?;
        all_the_same(answers)
    })
}

fn same_byte(child: libc::pid_t, answer: &Answer) -> io::Result<()> {
    let byte = end_of(child)?;
    if byte == answer.as_byte() {
        return Ok(());
    }
    Err(io::Error::other(format!("{answer:?} here, and {byte} in a child")))
}

fn all_the_same(mut answers: Vec<Answer>) -> io::Result<Answer> {
    if answers.iter().any(|answer| *answer != answers[0]) {
        return Err(io::Error::other(format!("threads find different things: {answers:?}")));
    }
    Ok(answers.swap_remove(0))
}
