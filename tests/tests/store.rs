//! The credential store on another LDAP server, as administrators and users meet it.

use std::time::Duration;

use monk_tests::site::{Backend, Device, PamHost, Running, SETTINGS, STORE_BASE, Site};
use monk_tests::{Fault, FaultProxy, Held, LdapOperation, in_both_ways};

in_both_ways!(
    without_its_store_nobody_gets_in_with_the_password_alone,
    records_move_to_another_store_and_back,
    a_move_whose_engine_is_killed_goes_on_where_it_was,
);

/// Users who have enrolled need a code, the others do not.
const WHEN_ENROLLED: &str = "[service.imap]\nmfa = \"when-enrolled\"\nprompt = \"never\"\n";

/// Longest time of a command whose engine dies.
const END: Duration = Duration::from_secs(60);

/// The account of monk, and its password, as the site has made them.
fn section(site: &Site, uri: &str) -> String {
    let ca = site.world.certificates().authority.display();
    format!(
        "[credential_store]\nuris = [\"{uri}\"]\nca_file = \"{ca}\"\nbase = \"{STORE_BASE}\"\n\
         bind_dn = \"cn=monk-store,dc=example,dc=org\"\npassword_file = \"/etc/monk/ldap.password\"\n\
         directory_label = \"main\"\n"
    )
}

/// Adds lines at the end of the settings.
fn append(site: &Site, lines: &str) {
    let settings = site.world.read(SETTINGS);
    site.world.write(SETTINGS, format!("{settings}{lines}"), 0o644);
}

/// What PAM says to each of the strings.
#[track_caller]
fn says(imap: &mut PamHost, user: &str, typed: &str, wanted: &str) {
    assert_eq!(imap.login(user, &[typed]).name, wanted, "{user} {typed}");
}

const GRANTED: &str = "PAM_SUCCESS";
const REFUSED: &str = "PAM_AUTH_ERR";
const UNAVAILABLE: &str = "PAM_AUTHINFO_UNAVAIL";

/// The store is away, hangs, or hides an entry; the directory goes on.
fn without_its_store_nobody_gets_in_with_the_password_alone(running: Running) {
    let site = Site::with_settings(Backend::LdapStore, Running::OneShot, WHEN_ENROLLED);
    let phone = site.user_with_device("alice", "secret");
    site.add_user("bob", "secret");
    let port = 636;
    let proxy = FaultProxy::start(&site.world, port);
    let direct = site.slapd().ldaps_uri();
    let settings = site.world.read(SETTINGS);
    let (directory, store) = settings.split_once("[credential_store]").expect("a section");
    let through = format!("ldaps://ldap.example.org:{}", proxy.port());
    let store = store.replace(&direct, &through);
    site.world.write(SETTINGS, format!("{directory}[credential_store]{store}"), 0o644);
    if running == Running::Resident {
        site.start_engine();
    }
    let mut imap = site.pam_host("imap");
    let all_is_well = |imap: &mut PamHost| {
        says(imap, "alice", "secret", REFUSED);
        says(imap, "alice", &format!("secret;{}", phone.code()), GRANTED);
        says(imap, "bob", "secret", GRANTED);
    };
    all_is_well(&mut imap);
    for fault in [Fault::Down, Fault::HalfOpen] {
        proxy.set(fault);
        for user in ["alice", "bob"] {
            says(&mut imap, user, "secret", UNAVAILABLE);
        }
        says(&mut imap, "nobody", "secret", "PAM_USER_UNKNOWN");
        proxy.set(Fault::None);
    }
    all_is_well(&mut imap);

    // The access rules hide the entries, one by one or by their class.
    let rules = |first: &str| {
        let root = "to * by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth manage by * break";
        site.slapd().modify(&format!(
            "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\n\
             olcAccess: {root}\n{first}\
             olcAccess: to attrs=userPassword by anonymous auth by * none\n\
             olcAccess: to dn.subtree=\"{STORE_BASE}\" by dn.exact=\"cn=monk-store,dc=example,dc=org\" write by * none\n\
             olcAccess: to * by dn.exact=\"cn=monk,dc=example,dc=org\" read by * none\n"
        ));
    };
    for hidden in [
        format!("olcAccess: to dn.children=\"{STORE_BASE}\" by * none\n"),
        "olcAccess: to filter=(objectClass=monkUser) by * none\n".to_owned(),
        "olcAccess: to attrs=monkCredential,monkUse by * none\n".to_owned(),
    ] {
        rules(&hidden);
        let outcome = imap.login("alice", &["secret"]).name;
        assert!([REFUSED, UNAVAILABLE].contains(&&*outcome), "{hidden}: {outcome}");
        says(&mut imap, "bob", "secret", UNAVAILABLE);
    }
    rules("");
    all_is_well(&mut imap);
}

/// A site whose credentials are in the file of its host, with two users who have enrolled, and a third who has not.
struct Scene {
    site: Site,
    alice: Device,
    bob: Device,
}

impl Scene {
    #[track_caller]
    fn set(running: Running) -> Self {
        let site = Site::with_settings(Backend::ReadOnlyLdap, Running::OneShot, WHEN_ENROLLED);
        let (alice, bob) =
            (site.user_with_device("alice", "secret"), site.user_with_device("bob", "secret"));
        site.add_user("carol", "secret");
        let uri = site.slapd().ldaps_uri();
        append(&site, &section(&site, &uri));
        if running == Running::Resident {
            site.start_engine();
        }
        Self { site, alice, bob }
    }

    /// Lets the settings name another store.
    #[track_caller]
    fn switch(&self, from: &str, to: &str) {
        let line = |store: &str| format!("credentials = \"{store}\"");
        self.site.change_settings(&line(from), &line(to));
        self.site.reload_if_resident();
    }

    #[track_caller]
    fn move_to(&self, store: &str, from: &str) -> u64 {
        let arguments = ["credentials", "move", "--to", store, "--from", from];
        let moved = self.site.enroll(&arguments);
        assert_eq!(
            (&moved["from"], &moved["to"], &moved["left"]),
            (&from.into(), &store.into(), &0.into())
        );
        moved["moved"].as_u64().expect("a number")
    }
}

fn records_move_to_another_store_and_back(running: Running) {
    let scene = Scene::set(running);
    let site = &scene.site;
    let mut imap = site.pam_host("imap");
    let used = format!("secret;{}", scene.alice.code());
    says(&mut imap, "alice", &used, GRANTED);

    assert_eq!(scene.move_to("ldap", "embedded"), 2);
    // Nobody whose records have left looks as if nothing were enrolled.
    says(&mut imap, "alice", "secret", UNAVAILABLE);
    says(&mut imap, "bob", &format!("secret;{}", scene.bob.code()), UNAVAILABLE);
    says(&mut imap, "carol", "secret", GRANTED);

    scene.switch("embedded", "ldap");
    says(&mut imap, "alice", "secret", REFUSED);
    says(&mut imap, "alice", &used, REFUSED);
    assert_eq!(site.last_login().reason, "replayed-code");
    let later = format!("secret;{}", scene.alice.code());
    says(&mut imap, "alice", &later, GRANTED);
    says(&mut imap, "bob", &format!("secret;{}", scene.bob.code()), GRANTED);
    // Nothing is left to move, and nobody's records come twice.
    assert_eq!(scene.move_to("ldap", "embedded"), 0);

    assert_eq!(scene.move_to("embedded", "ldap"), 2);
    says(&mut imap, "alice", "secret", UNAVAILABLE);
    scene.switch("ldap", "embedded");
    says(&mut imap, "alice", &later, REFUSED);
    assert_eq!(site.last_login().reason, "replayed-code");
    says(&mut imap, "bob", &format!("secret;{}", scene.bob.code()), GRANTED);
}

/// Where a move is when its engine dies.
const MOMENTS: [(Held, LdapOperation); 4] = [
    (Held::Request, LdapOperation::Add),
    (Held::Response, LdapOperation::Add),
    (Held::Request, LdapOperation::Modify),
    (Held::Response, LdapOperation::Modify),
];

fn a_move_whose_engine_is_killed_goes_on_where_it_was(running: Running) {
    for (held, operation) in MOMENTS {
        let scene = Scene::set(Running::OneShot);
        let site = &scene.site;
        let proxy = site.through_proxy();
        if running == Running::Resident {
            site.start_engine();
        }
        proxy.hold(held, operation, "ou=monk");
        let command = site.world.command("monk-enroll");
        let mut started = command.args(["--yes", "credentials", "move", "--to", "ldap"]).spawn();
        proxy.wait_until_held();
        match running {
            Running::Resident => site.kill_engine(),
            Running::OneShot => {
                assert_eq!(site.signal_one_shots(monk_tests::Signal::SIGKILL), 1);
            }
        }
        proxy.release();
        let ended = started.wait(END).expect("the command ends");
        assert!(!ended.success(), "{held:?} {operation:?}");
        if running == Running::Resident {
            site.start_engine();
        }
        let mut imap = site.pam_host("imap");
        says(
            &mut imap,
            "alice",
            "secret",
            if operation == LdapOperation::Add { REFUSED } else { UNAVAILABLE },
        );
        if operation == LdapOperation::Add {
            // Nothing has left: the first store is in force.
            says(&mut imap, "bob", &format!("secret;{}", scene.bob.code()), GRANTED);
        }
        scene.move_to("ldap", "embedded");
        scene.switch("embedded", "ldap");
        says(&mut imap, "alice", &format!("secret;{}", scene.alice.code()), GRANTED);
        says(&mut imap, "bob", &format!("secret;{}", scene.bob.code()), GRANTED);
        says(&mut imap, "bob", "secret", REFUSED);
    }
}
