//! Every case of the table, through every program that has a door here.

mod again;
mod ansible;
mod caller;
mod cleartext;
mod cyrus;
mod dovecot;
mod ftp;
mod login;
mod nginx;
mod postgresql;
mod proxy;
mod radius;
mod session;
mod sftp;
mod sshd;
mod sshd_key;
mod su;
mod submission;
mod sudo;
mod vpn;

#[test]
fn on_a_machine_with_monk_itself() {
    monk_tests::site::pass_where_monk_is_installed(&[
        "sshd::without_a_resident_engine_sshd_grants_and_refuses_as_well",
        "caller::limits_of_the_caller_do_not_reach_an_engine_of_root",
        "caller::limits_of_the_caller_do_not_reach_an_engine_of_its_own_user",
    ]);
}
