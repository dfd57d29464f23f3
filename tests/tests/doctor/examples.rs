//! The shipped configuration of every program comes out clean.

use monk_tests::{Nginx, Saslauthd, Vsftpd};

use super::*;

#[test]
fn the_examples_of_mail_servers_are_clean() {
    let site = embedded();
    let _dovecot = site.mail_server("imap pop3 sieve", true);
    let postfix = site.submission_server("postfix");
    Visit::to(&site, &["--all"]).is_clean();
    drop(postfix);
    site.install_example("postfix-cyrus/smtpd.conf", "/etc/postfix/sasl/smtpd.conf");
    site.install_example("postfix-cyrus/saslauthd", "/etc/default/saslauthd");
    let _saslauthd = Saslauthd::start(&site.world);
    let _postfix = site.submission_server("postfix-cyrus");
    Visit::to(&site, &["--all"]).is_clean();
}

#[test]
fn the_examples_of_other_servers_are_clean() {
    let site = embedded();
    for service in ["nginx", "postgresql", "vsftpd"] {
        site.install_recipe(service);
    }
    let snippet = "/etc/nginx/snippets/monk.conf";
    site.install_example("nginx/monk.conf", snippet);
    let _nginx = Nginx::start(&site.world, snippet);
    site.install_example("vsftpd/vsftpd.conf", "/etc/vsftpd.conf");
    let _vsftpd = Vsftpd::start(&site.world, "/etc/vsftpd.conf");
    // What this machine's own package has brought asks nobody for a code.
    site.world.command("rm").args(["-rf", "/etc/postgresql"]).run().expect_success();
    site.install_example("postgresql/pg_hba.conf", "/etc/postgresql/15/main/pg_hba.conf");
    Visit::to(&site, &["--all"]).is_clean();
}
