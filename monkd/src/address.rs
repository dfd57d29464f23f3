//! Addresses as programs state them.

use std::net::IpAddr;

/// One spelling for each address. A program that listens for both kinds on one socket states IPv4
/// addresses as `::ffff:192.0.2.7`; what is no address stays as it is.
pub fn canonical(address: String) -> String {
    match address.parse::<IpAddr>() {
        Ok(parsed) => parsed.to_canonical().to_string(),
        Err(_) => address,
    }
}
