//! Ansible, which becomes root through sudo with one password for all of its tasks.

use monk_tests::site::{Backend, Device, Running, Site};
use monk_tests::{Output, packages};

/// Two tasks as root: Ansible calls sudo for each of them.
const PLAYBOOK: &str = "\
- hosts: localhost
  connection: local
  gather_facts: false
  become: true
  tasks:
    - command: id -un
      register: who
    - copy:
        content: \"{{ who.stdout }}\"
        dest: /root/who
";

/// Everybody may become root, and is asked each time.
const SUDOERS: &str = "Defaults timestamp_timeout=0, passwd_tries=1\nALL ALL=(ALL) ALL\n";

/// A site with Ansible, and alice, who may become root with a factor.
#[track_caller]
fn given_ansible() -> (Site, Device) {
    packages::ensure(&packages::ANSIBLE).unwrap_or_else(|error| panic!("{error}"));
    let site = Site::new(Backend::Embedded, Running::Resident);
    // Ansible answers no second question, and waits without an end.
    site.write_settings("[service.sudo]\nprompt = \"never\"\n");
    site.reload_if_resident();
    site.world.add_system_user("alice");
    site.install_example("sudo-directory-password/sudo", "/etc/pam.d/sudo");
    site.world.write("/etc/sudoers", SUDOERS, 0o440);
    site.world.write("/home/alice/root.yml", PLAYBOOK, 0o644);
    let phone = site.user_with_device("alice", "secret");
    (site, phone)
}

/// Runs the playbook as alice, who keeps this in a file for sudo.
fn play(site: &Site, typed: &str) -> Output {
    site.world.write("/home/alice/become", format!("{typed}\n"), 0o600);
    site.world.command("chown").args(["alice:", "/home/alice/become"]).run().expect_success();
    let ansible =
        site.world.command("ansible-playbook").as_user("alice").env("HOME", "/home/alice");
    let ansible = ansible.args(["--become-password-file", "/home/alice/become"]);
    ansible.arg("/home/alice/root.yml").timeout(std::time::Duration::from_secs(60)).run()
}

#[test]
fn ansible_becomes_root_with_an_app_password_for_each_of_its_tasks() {
    let (site, _) = given_ansible();
    let app_password = site.app_password("alice", "Ansible", &["--scope", "sudo"]);
    let played = play(&site, &app_password);
    assert!(played.success(), "{played}");
    assert_eq!(site.world.read("/root/who"), "root");
    let logins = site.logins();
    assert!(logins.len() >= 2, "{played}");
    for line in logins {
        assert_eq!((line.service.as_str(), line.reason.as_str()), ("sudo", "app-password"));
    }
}

#[test]
fn ansible_gets_no_further_than_its_first_task_with_a_code() {
    let (site, phone) = given_ansible();
    let played = play(&site, &format!("secret;{}", phone.code()));
    assert!(!played.success(), "{played}");
    assert!(!site.world.exists("/root/who"), "{played}");
    let reasons: Vec<_> = site.logins().into_iter().map(|line| line.reason).collect();
    assert_eq!(reasons[..2], ["totp", "replayed-code"], "{played}");
}

#[test]
fn an_app_password_of_another_scope_makes_nobody_root() {
    let (site, _) = given_ansible();
    let played = play(&site, &site.app_password("alice", "Mail", &[]));
    assert!(!played.success(), "{played}");
    assert_eq!(site.last_login().verdict, "refused");
}
