//! sshd in a world, and ssh.

use monk_tests::Sshd;
use monk_tests::SshdOptions;
use monk_tests::Status;
use monk_tests::clients::Ssh;

use super::ODD_PASSWORD;
use super::PAM_UNIX;
use super::pam_service;
use super::world_with_alice;

#[test]
fn ssh_logs_in_with_keyboard_interactive_through_pam_unix() {
    let world = world_with_alice();
    pam_service(&world, "sshd", PAM_UNIX);
    let sshd = Sshd::start(&world, SshdOptions::default());
    let login = Ssh::new(&world, &sshd, "alice").answer("Password", ODD_PASSWORD).run("id -un");
    assert_eq!(login.stdout, "alice\n", "{login:?}\n{}", sshd.log());
    assert!(login.logged_in());
    assert_eq!(login.prompts, ["(alice@127.0.0.1) Password: "]);

    let refused = Ssh::new(&world, &sshd, "alice").answer("Password", "wrong").run("id -un");
    assert_eq!(refused.status, Status::Code(255));
    assert!(refused.stderr.contains("Permission denied"), "{refused:?}");
    sshd.wait_for_log("PAM: Authentication failure for alice");
}

#[test]
fn ssh_gives_each_answer_once_and_a_question_without_an_answer_ends_the_login() {
    let world = world_with_alice();
    pam_service(&world, "sshd", PAM_UNIX);
    let sshd = Sshd::start(&world, SshdOptions::default());
    let login = Ssh::new(&world, &sshd, "alice").attempts(3);
    let login = login.answer("Password", "wrong").answer("Password", ODD_PASSWORD).run("true");
    assert!(login.logged_in(), "{login:?}");
    assert_eq!(login.prompts.len(), 2);

    let login = Ssh::new(&world, &sshd, "alice").answer("Code", "123456").run("true");
    assert!(!login.logged_in());
    assert_eq!(login.prompts.len(), 1);
}

#[test]
fn ssh_logs_in_with_the_password_method_and_with_a_key() {
    let world = world_with_alice();
    pam_service(&world, "sshd", PAM_UNIX);
    let options =
        SshdOptions { keyboard_interactive: false, password: true, ..SshdOptions::default() };
    let sshd = Sshd::start(&world, options);
    let login = Ssh::new(&world, &sshd, "alice").answer("password", ODD_PASSWORD).run("true");
    assert!(login.logged_in(), "{login:?}");
    assert_eq!(login.prompts, ["alice@127.0.0.1's password: "]);

    world
        .command("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f", "/root/key"])
        .run()
        .expect_success();
    world.write("/home/alice/.ssh/authorized_keys", world.read("/root/key.pub"), 0o644);
    let login = Ssh::new(&world, &sshd, "alice").key("/root/key").run("true");
    assert!(login.logged_in(), "{login:?}\n{}", sshd.log());
    assert!(login.prompts.is_empty());
}
