//! FreeRADIUS, OpenVPN and Ansible after the recipes of docs/programs.md, on machines with nothing but packages.

use monk_tests::fresh::{Debian, Machine, package};
use monk_tests::{Output, until};

use crate::guarded::{Guarded, PASSWORD};
use crate::pages::{Blocks, Reader};

monk_tests::on_each_debian!(the_recipes_of_freeradius_openvpn_and_ansible_lead_to_a_login);

/// What the test here carries out.
pub const BLOCKS: Blocks = &[
    ("docs/programs.md", FREERADIUS),
    ("docs/programs.md", OPENVPN),
    ("docs/programs.md", SUDO),
    ("docs/programs.md", ANSIBLE),
];

const FREERADIUS: &str = "apt-get install freeradius";
const OPENVPN: &str = "apt-get install openvpn";
const SUDO: &str = "examples/sudo-directory-password/sudo /usr/share";
const ANSIBLE: &str = "--name Ansible --scope sudo";

/// What the machines have besides: these programs, and the client of RADIUS.
const PACKAGES: &[&str] = &["ansible-core", "freeradius", "freeradius-utils", "openvpn"];

/// How long a client of the VPN may take.
const VPN_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// What a client of the VPN writes when it is in, and when it is not let in.
const CONNECTED: &str = "Initialization Sequence Completed";
const REFUSED: &str = "AUTH_FAILED";

#[track_caller]
fn radius(guarded: &Guarded, typed: &str) -> bool {
    let request = format!(
        "User-Name = \"alice\"\nUser-Password = \"{typed}\"\nMessage-Authenticator = 0x00\n"
    );
    let client = guarded.machine.command("radclient").args(["-x", "-r", "1", "-t", "20"]);
    let output = client.args(["127.0.0.1", "auth", "testing123"]).stdin(request).run();
    let accepted = output.stdout.contains("Received Access-Accept");
    assert!(accepted || output.stdout.contains("Received Access-Reject"), "{output}");
    accepted
}

/// A server that asks for no password yet.
fn set_up_vpn(guarded: &Guarded) {
    let machine = &guarded.machine;
    let device = "mkdir -p /dev/net && { [ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200; }";
    machine.command("sh").args(["-c", device]).run().expect_success();
    let identity = &machine.certificates().good;
    let authority = machine.certificates().authority.display();
    let server = format!(
        "server 10.8.0.0 255.255.255.0\ntopology subnet\nproto udp4\ndev tun\nkeepalive 10 60\ndh none\n\
         ca {authority}\ncert {}\nkey {}\nverify-client-cert none\n",
        identity.certificate.display(),
        identity.key.display(),
    );
    machine.write("/etc/openvpn/server/server.conf", server, 0o600);
    let client = format!(
        "client\nremote mail.example.org\nproto udp4\nnobind\ndev null\nifconfig-noexec\nroute-noexec\n\
         ca {authority}\nremote-cert-tls server\n"
    );
    machine.write("/root/client.conf", client, 0o600);
}

#[track_caller]
fn vpn(guarded: &Guarded, typed: &str) -> bool {
    guarded.machine.write("/root/vpn", format!("alice\n{typed}\n"), 0o600);
    let arguments = ["--config", "/root/client.conf", "--auth-user-pass", "/root/vpn"];
    let mut client = guarded.machine.spawn("openvpn", &arguments);
    let answered = until(VPN_LIMIT, || {
        let log = client.log();
        let is_known = log.contains(CONNECTED) || log.contains(REFUSED);
        (is_known || !client.is_running()).then_some(())
    });
    if !client.is_running() {
        // Then the log is complete.
        client.wait(VPN_LIMIT);
    }
    let log = client.log();
    let (is_in, is_refused) = (log.contains(CONNECTED), log.contains(REFUSED));
    let journal = || guarded.machine.command("journalctl").args(["-n", "50"]).run();
    assert!(answered.is_some() && is_in != is_refused, "{log}\n{}", journal());
    is_in
}

fn ansible(guarded: &Guarded, typed: &str) -> Output {
    let machine = &guarded.machine;
    let play = "- hosts: localhost\n  connection: local\n  gather_facts: false\n  become: true\n  tasks:\n    \
                - command: touch /root/played\n";
    machine.write("/home/alice/play.yml", play, 0o644);
    machine.write("/home/alice/become", format!("{typed}\n"), 0o600);
    machine.command("chown").args(["alice:", "/home/alice/become"]).run().expect_success();
    let command = machine.command("ansible-playbook").as_user("alice").env("HOME", "/home/alice");
    let command = command.args(["--become-password-file", "/home/alice/become"]);
    command.arg("/home/alice/play.yml").timeout(std::time::Duration::from_secs(60)).run()
}

fn the_recipes_of_freeradius_openvpn_and_ansible_lead_to_a_login(debian: Debian) {
    let guarded = Guarded::on(Machine::with(debian, PACKAGES), &package().current);
    let site = guarded.site();
    let reader = Reader::new(&guarded.machine, BLOCKS);

    reader.follows(FREERADIUS);
    let typed = guarded.password_and_code();
    assert!(radius(&guarded, &typed));
    assert_eq!((&*site.last_login().service, &*site.last_login().reason), ("radiusd", "totp"));
    assert!(!radius(&guarded, &typed), "a spent code");
    assert!(!radius(&guarded, PASSWORD));

    set_up_vpn(&guarded);
    reader.follows(OPENVPN);
    let typed = guarded.password_and_code();
    assert!(vpn(&guarded, &typed));
    assert_eq!((&*site.last_login().service, &*site.last_login().reason), ("openvpn", "totp"));
    assert!(!vpn(&guarded, &typed), "a spent code");
    assert!(!vpn(&guarded, PASSWORD));

    guarded.machine.write("/etc/sudoers.d/alice", "alice ALL=(ALL) ALL\n", 0o440);
    reader.follows(SUDO);
    let shown = reader.follows(ANSIBLE).stdout;
    let is_one = |word: &&str| word.len() == 24 && word.matches('-').count() == 4;
    let app_password = shown.split_whitespace().find(is_one).expect("an app password is shown");
    let played = ansible(&guarded, app_password);
    assert!(played.success() && guarded.machine.exists("/root/played"), "{played}");
    let line = site.last_login();
    assert_eq!((&*line.service, &*line.reason), ("sudo", "app-password"));
    reader.has_read_all();
}
