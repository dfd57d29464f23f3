//! Users and their devices move to monk, with the commands of docs/import.md.

use monk_tests::fresh::{Debian, Machine, package};
use monk_tests::page;
use monk_tests::site::Site;

use super::{Blocks, Reader};
use crate::guarded::install;

monk_tests::on_each_debian!(devices_of_old_systems_are_imported_with_the_commands_of_the_page);

const PAGE: &str = "docs/import.md";

/// What the test here carries out.
pub const BLOCKS: Blocks =
    &[(PAGE, OATH), (PAGE, HOMES), (PAGE, PSKC), (PAGE, ENCRYPTED), (PAGE, USERS)];

/// What the test with the QR code carries out.
pub const PICTURES: Blocks = &[(PAGE, PICTURE)];

const OATH: &str = "monk-enroll import --dry-run /etc/users.oath";
const HOMES: &str = "for home in /home/*; do";
const PSKC: &str = "monk-enroll import --owners who-gets-which.csv tokens.xml";
const ENCRYPTED: &str = "monk-enroll import --key-file - tokens.xml";
const USERS: &str = "monk-enroll user import users.csv";
const PICTURE: &str = "zbarimg --quiet --raw export.png";

/// Secrets of devices, in base 32 and in hex.
const BASE_32: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const HEX: &str = "00112233445566778899aabbccddeeff00112233";

/// A token as vendors deliver it.
fn token(serial: &str) -> String {
    format!(
        "<KeyPackage><DeviceInfo><Manufacturer>oath.Acme</Manufacturer><SerialNo>{serial}</SerialNo></DeviceInfo>\n\
         <Key Id=\"{serial}\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"><AlgorithmParameters>\
         <ResponseFormat Length=\"6\" Encoding=\"DECIMAL\"/></AlgorithmParameters>\n<Data><Secret>\
         <PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret>\
         <TimeInterval><PlainValue>30</PlainValue></TimeInterval></Data></Key></KeyPackage>\n"
    )
}

/// A delivery of tokens.
fn delivery(serials: &[&str]) -> String {
    let tokens: String = serials.iter().map(|serial| token(serial)).collect();
    format!(
        "<?xml version=\"1.0\"?>\n<KeyContainer Version=\"1.0\" Id=\"c\" \
         xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">\n{tokens}</KeyContainer>\n"
    )
}

/// How many devices alice and bob have.
fn devices(site: &Site) -> [usize; 2] {
    ["alice", "bob"].map(|user| {
        let status = site.enroll(&["status", user]);
        let credentials = status["credentials"].as_array().expect("credentials");
        credentials.iter().filter(|credential| credential["kind"] == "totp").count()
    })
}

fn devices_of_old_systems_are_imported_with_the_commands_of_the_page(debian: Debian) {
    let machine = Machine::new(debian);
    install(&machine, &package().current);
    let reader = Reader::new(&machine, BLOCKS);

    let users = page::blocks_of(PAGE).into_iter();
    let mut lists = users.filter(|block| block.language == "csv").map(|block| block.text);
    let (owners, users) = (lists.next().expect("owners"), lists.next().expect("users"));
    // The page leaves out the end of a hash.
    let users = users.replace("$argon2id$v=19$m=19456$…", "");
    machine.write("/root/users.csv", users, 0o600);
    let done = reader.follows(USERS);
    assert!(done.stdout.contains("alice") && done.stdout.contains("carol"), "{done}");
    let site = Site::of_package(&machine);

    let oath = format!("HOTP/T30/6\talice\t-\t{HEX}\n");
    machine.write("/etc/users.oath", oath, 0o600);
    reader.follows(OATH);
    assert_eq!(devices(&site), [1, 0]);

    for user in ["alice", "bob"] {
        machine.add_system_user(user);
        let file =
            format!("{BASE_32}\n\" RATE_LIMIT 3 30\n\" DISALLOW_REUSE\n\" TOTP_AUTH\n12345678\n");
        machine.write(format!("/home/{user}/.google_authenticator"), file, 0o400);
        let owner = format!("{user}:{user}");
        let file = format!("/home/{user}/.google_authenticator");
        machine.command("chown").args([owner, file]).run().expect_success();
    }
    let dry = reader.follows(HOMES).stdout;
    assert!(dry.contains("bob"), "{dry}");
    assert_eq!(devices(&site), [2, 0]);

    machine.write("/root/who-gets-which.csv", owners, 0o600);
    machine.write("/root/tokens.xml", delivery(&["2600100000001", "2600100000002"]), 0o600);
    machine.write("/root/token.xml", delivery(&["2600100000001"]), 0o600);
    reader.follows_with(PSKC, &[("=alice tokens.xml", "=alice token.xml")]);
    assert_eq!(devices(&site), [3, 1]);

    // RFC 6030 figure 6, whose key counts; here for TOTP.
    let figure = include_str!("../../../../monk-import/src/fixtures/rfc6030-figure6.xml");
    let encrypted = figure.replace("pskc:hotp", "pskc:totp").replace("Counter>", "TimeInterval>");
    let encrypted = encrypted.replace("<PlainValue>0<", "<PlainValue>30<");
    machine.write("/root/encrypted.xml", encrypted, 0o600);
    machine.write("/root/key", "12345678901234567890123456789012\n", 0o600);
    let mine = ("tokens.xml ", "--user bob encrypted.xml < key ");
    reader.follows_with(ENCRYPTED, &[mine]);
    assert_eq!(devices(&site), [3, 2]);
    reader.has_read_all();
}

mod heavy {
    use super::*;

    monk_tests::on_each_debian!(a_picture_of_a_code_is_imported);

    fn a_picture_of_a_code_is_imported(debian: Debian) {
        let machine = Machine::with(debian, &["zbar-tools", "qrencode"]);
        install(&machine, &package().current);
        let site = Site::of_package(&machine);
        site.add_user("alice", "secret");
        let address = format!("otpauth://totp/Mail:alice?secret={BASE_32}&issuer=Mail");
        let draw = machine.command("qrencode").args(["--output", "/root/export.png", &address]);
        draw.run().expect_success();
        let reader = Reader::new(&machine, PICTURES);
        reader.follows(PICTURE);
        let status = site.enroll(&["status", "alice"]);
        assert_eq!(status["credentials"].as_array().expect("credentials").len(), 1, "{status}");
        reader.has_read_all();
    }
}
