//! Sockets of callers who are not root, on kernels that let them pass descriptors along.
//!
//! Linux closes a descriptor that was passed along (`SCM_RIGHTS`, unix(7)) and not taken within the
//! system call that reads or closes the connection. A TCP socket can be set to make that take for ever
//! (`SO_LINGER`): any user of the host could stop the one thread that serves everybody. Since 6.16 the
//! kernel refuses such messages where it is asked to; before that, a thread of their own reads and closes
//! those connections, and hands the bytes on through a pair of sockets that nobody else holds.
//!
//! That thread may be held up, which another one ends with a signal: waiting for a socket to close ends
//! with any signal (`signal_pending` in the kernel's `sk_stream_wait_close`).

use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::pthread::{Pthread, pthread_kill, pthread_self};
use nix::sys::signal::Signal;
use tokio::io::copy_bidirectional;
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How long the thread may be at work without a pause before it gets a signal. Carrying some bytes
/// takes microseconds.
const PATIENCE: Duration = Duration::from_millis(2);

/// What the signal is. It means nothing.
const NUDGE: Signal = Signal::SIGUSR1;

/// The thread that holds the sockets.
pub struct Porter(UnboundedSender<Errand>);

/// What the thread does with a socket.
enum Errand {
    /// Hands on what comes, both ways, to the other socket.
    Carry(StdUnixStream, StdUnixStream),
    /// Closes it.
    Close(StdUnixStream),
}

impl Porter {
    /// Starts the thread, and the one that looks after it.
    ///
    /// # Errors
    /// When the kernel gives no thread or descriptor, or does not let the signal be handled.
    pub fn start() -> io::Result<Self> {
        let (errands, received) = unbounded_channel();
        start_work(received)?;
        Ok(Self(errands))
    }

    /// Gives the socket away. What is returned speaks for it.
    ///
    /// # Errors
    /// When there is no descriptor left; the socket is closed then.
    pub fn carry(&self, stream: StdUnixStream) -> io::Result<UnixStream> {
        let pair = StdUnixStream::pair().and_then(|(ours, theirs)| {
            ours.set_nonblocking(true)?;
            theirs.set_nonblocking(true)?;
            Ok((UnixStream::from_std(ours)?, theirs))
        });
        match pair {
            Ok((ours, theirs)) => {
                self.send(Errand::Carry(stream, theirs));
                Ok(ours)
            }
            Err(error) => {
                self.close(stream);
                Err(error)
            }
        }
    }

    /// Closes a socket that may hold descriptors.
    pub fn close(&self, stream: StdUnixStream) {
        self.send(Errand::Close(stream));
    }

    fn send(&self, errand: Errand) {
        // The thread ends with the process only.
        let _ = self.0.send(errand);
    }
}

/// Starts the thread that does the errands, and the one that looks after it.
fn start_work(errands: UnboundedReceiver<Errand>) -> io::Result<()> {
    let pause = Arc::new(Pause::default());
    let (begun, paused) = (Arc::clone(&pause), Arc::clone(&pause));
    let end = End(Arc::clone(&pause));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_unpark(move || begun.set(State::Works))
        .on_thread_park(move || paused.set(State::Pauses))
        .build()?;
    // A signal that nobody handles would end the process.
    let handled = {
        let _entered = runtime.enter();
        signal(SignalKind::user_defined1())?
    };
    let (tell, told) = std::sync::mpsc::channel();
    thread::Builder::new().name("porter".to_owned()).spawn(move || {
        // Dropped last: closing what the runtime still holds may take a signal, too.
        let end = end;
        let runtime = runtime;
        // Whoever is told does nothing more with it once `end` has been dropped.
        let _ = tell.send(pthread_self());
        // The runtime says so only once it has paused, and the first errands may be there before.
        end.0.set(State::Works);
        runtime.block_on(work(errands));
        drop(handled);
    })?;
    let porter = told.recv().map_err(io::Error::other)?;
    thread::Builder::new().name("bell".to_owned()).spawn(move || pause.nudge(porter))?;
    Ok(())
}

async fn work(mut errands: UnboundedReceiver<Errand>) {
    while let Some(errand) = errands.recv().await {
        match errand {
            Errand::Close(stream) => drop(stream),
            Errand::Carry(stream, other) => {
                let both = [stream, other].map(UnixStream::from_std);
                if let [Ok(mut stream), Ok(mut other)] = both {
                    tokio::spawn(async move {
                        let _ = copy_bidirectional(&mut stream, &mut other).await;
                    });
                }
            }
        }
    }
}

/// What the thread does.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// It waits for something to do.
    #[default]
    Pauses,
    /// It is at work.
    Works,
    /// It does nothing any more, and its name may not be used again.
    Ended,
}

/// What the thread does, for the one that looks after it.
#[derive(Default)]
struct Pause {
    state: Mutex<State>,
    changed: Condvar,
}

impl Pause {
    fn set(&self, state: State) {
        *self.lock() = state;
        if state != State::Pauses {
            self.changed.notify_one();
        }
    }

    /// Sends signals to the thread for as long as it is at work without a pause, until it ends.
    fn nudge(&self, thread: Pthread) {
        loop {
            let state = self.changed.wait_while(self.lock(), |state| *state == State::Pauses);
            drop(state);
            thread::sleep(PATIENCE);
            // Held until the signal is sent, so that the thread cannot end before.
            let state = self.lock();
            match *state {
                State::Pauses => {}
                State::Works => {
                    let _ = pthread_kill(thread, NUDGE);
                }
                State::Ended => return,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that the thread has ended, however it does.
struct End(Arc<Pause>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.set(State::Ended);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{IoSlice, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;
    use std::time::Instant;

    use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg, setsockopt, sockopt};

    use super::*;

    /// A socket that takes minutes to close, passed along with some bytes.
    fn pass_lingering(to: &StdUnixStream) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (theirs, _) = listener.accept().unwrap();
        ours.set_nonblocking(true).unwrap();
        while ours.write(&[0; 65536]).is_ok() {}
        let linger = libc::linger { l_onoff: 1, l_linger: 600 };
        setsockopt(&ours, sockopt::Linger, &linger).unwrap();
        let descriptors = [ours.as_raw_fd()];
        let message = [ControlMessage::ScmRights(&descriptors)];
        sendmsg::<()>(to.as_raw_fd(), &[IoSlice::new(b"x")], &message, MsgFlags::empty(), None)
            .unwrap();
        theirs
    }

    fn connection() -> (StdUnixStream, StdUnixStream) {
        let (caller, engine) = StdUnixStream::pair().unwrap();
        engine.set_nonblocking(true).unwrap();
        (caller, engine)
    }

    #[tokio::test]
    async fn bytes_go_both_ways_and_so_does_the_end() {
        let porter = Porter::start().unwrap();
        let (mut caller, engine) = connection();
        let ours = porter.carry(engine).unwrap();
        caller.write_all(b"hello").unwrap();
        ours.readable().await.unwrap();
        let mut said = [0; 5];
        assert_eq!(ours.try_read(&mut said).unwrap(), 5);
        assert_eq!(ours.try_write(b"no").unwrap(), 2);
        drop(ours);
        let mut heard = Vec::new();
        caller.read_to_end(&mut heard).unwrap();
        assert_eq!((&said, &heard[..]), (b"hello", &b"no"[..]));
    }

    #[tokio::test]
    async fn sockets_that_take_minutes_to_close_hold_nobody_up() {
        let porter = Porter::start().unwrap();
        let begin = Instant::now();
        let mut kept = Vec::new();
        for round in 0..40 {
            let (caller, engine) = connection();
            kept.push(pass_lingering(&caller));
            match round % 2 {
                // Read, and closed without having been read.
                0 => drop(porter.carry(engine).unwrap()),
                _ => porter.close(engine),
            }
        }
        let (mut caller, engine) = connection();
        let ours = porter.carry(engine).unwrap();
        caller.write_all(b"x").unwrap();
        ours.readable().await.unwrap();
        assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
    }

    #[tokio::test]
    async fn a_socket_that_is_there_before_the_thread_has_paused_once_holds_nobody_up() {
        let (errands, received) = unbounded_channel();
        let (caller, engine) = connection();
        let _theirs = pass_lingering(&caller);
        errands.send(Errand::Close(engine)).unwrap_or_else(|_| unreachable!());
        start_work(received).unwrap();
        let porter = Porter(errands);
        let (mut caller, engine) = connection();
        let ours = porter.carry(engine).unwrap();
        caller.write_all(b"x").unwrap();
        let heard = tokio::time::timeout(Duration::from_secs(60), ours.readable()).await;
        assert!(heard.is_ok(), "the thread still waits for the first socket");
    }

    #[test]
    fn a_thread_that_has_ended_gets_no_signal() {
        let pause = Arc::new(Pause::default());
        let end = End(Arc::clone(&pause));
        let (tell, told) = std::sync::mpsc::channel();
        let porter = thread::spawn(move || {
            let end = end;
            end.0.set(State::Works);
            tell.send(pthread_self()).unwrap();
        });
        let name = told.recv().unwrap();
        porter.join().unwrap();
        // It comes back: nobody is left to look after.
        pause.nudge(name);
    }
}
