//! Each means by which a domain closes an account, and each way in.

use monk_tests::directories::Samba;

use crate::states;

#[test]
fn every_means_closes_every_way() {
    // A domain takes no password that is too old.
    states::every_means_closes_every_way::<Samba>(&[]);
}
