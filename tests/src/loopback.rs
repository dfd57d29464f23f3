//! The loopback interface of a new network namespace, which starts switched off.

use std::io;
use std::os::fd::AsRawFd;

use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};

/// `lo` is the first interface of every network namespace.
const LOOPBACK_INDEX: i32 = 1;

/// Switches on the loopback interface of the calling thread's network namespace: one rtnetlink(7)
/// request and its acknowledgement.
pub(crate) fn switch_on() -> io::Result<()> {
    let netlink = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        Some(SockProtocol::NetlinkRoute),
    )?;
    let kernel = NetlinkAddr::new(0, 0);
    sendto(netlink.as_raw_fd(), &interface_up_request(LOOPBACK_INDEX), &kernel, MsgFlags::empty())?;

    // The acknowledgement is an `nlmsgerr`: a 16-byte header, then the error as a negative errno.
    let mut answer = [0; 64];
    let length = recv(netlink.as_raw_fd(), &mut answer, MsgFlags::empty())?;
    match answer.get(16..20).and_then(|error| error.try_into().ok()).map(i32::from_ne_bytes) {
        Some(0) if length >= 20 => Ok(()),
        Some(error) if length >= 20 => Err(io::Error::from_raw_os_error(-error)),
        _ => Err(io::Error::other("the kernel's answer to rtnetlink is too short")),
    }
}

/// `RTM_NEWLINK` for one interface: an `nlmsghdr` of 16 bytes and an `ifinfomsg` of 16 bytes.
fn interface_up_request(index: i32) -> Vec<u8> {
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
    let up = libc::IFF_UP as u32;
    let mut request = Vec::with_capacity(32);
    request.extend(32_u32.to_ne_bytes()); // length of the message
    request.extend(libc::RTM_NEWLINK.to_ne_bytes());
    request.extend(flags.to_ne_bytes());
    request.extend(0_u32.to_ne_bytes()); // sequence number
    request.extend(0_u32.to_ne_bytes()); // sender: the kernel fills it in
    request.extend([0; 4]); // address family, padding, device type
    request.extend(index.to_ne_bytes());
    request.extend(up.to_ne_bytes()); // flags
    request.extend(up.to_ne_bytes()); // which flags change
    request
}
