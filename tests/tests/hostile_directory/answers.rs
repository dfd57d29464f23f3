//! Answers of a real slapd that are no answer.

use monk_tests::certificates::{Certificates, Identity};
use monk_tests::site::{Running, person};
use monk_tests::{Slapd, figures};

use super::{CANARY, RETURN_LIMIT, Scene, Seen};

/// The configuration of the database with the people.
const DATABASE: &str = "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\n";

/// Who is on this server logs in; whoever is not could be on the other one, and is not called unknown.
#[test]
fn a_reference_keeps_nobody_out_who_is_here_and_makes_nobody_unknown() {
    let mut scene = Scene::set(Running::Resident, "ldaps", "");
    scene.all_is_well();
    let suffix = Slapd::SUFFIX;
    let place = format!("ou=elsewhere,{suffix}");
    scene.site.slapd().add(&format!(
        "dn: {place}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\n\
         ref: ldap://other.example.org/{place}\n"
    ));
    let code = scene.code();
    let names = scene.log_in(&code).map(|outcome| outcome.name);
    assert_eq!(names, ["PAM_SUCCESS", "PAM_SUCCESS", "PAM_AUTHINFO_UNAVAIL"]);
    scene.site.world.wait_for_log(|line| line.text.contains("ldap://other.example.org/"));
    figures::row(
        "hostile",
        &[
            "directory refers to another server",
            "users who are here get in, other names unavailable",
            "never an unknown user",
        ],
    );
    scene.no_password_was_readable();
}

/// One entry and "there may be more" is not one entry.
#[test]
fn a_name_whose_entries_are_cut_off_by_a_limit_is_unavailable_and_others_are_not() {
    let mut scene = Scene::set(Running::Resident, "ldaps", "");
    scene.all_is_well();
    let suffix = Slapd::SUFFIX;
    let another = person("carol", CANARY).replace("uid: carol\n", "uid: carol\nuid: alice\n");
    scene.site.slapd().add(&another);
    let limit = format!("olcLimits: dn.exact=\"cn=monk,{suffix}\" size=1\n");
    scene.site.slapd().modify(&format!("{DATABASE}add: olcLimits\n{limit}"));
    let code = scene.code();
    let names = scene.log_in(&code).map(|outcome| outcome.name);
    assert_eq!(names, ["PAM_AUTHINFO_UNAVAIL", "PAM_SUCCESS", "PAM_USER_UNKNOWN"]);
    scene.site.world.wait_for_log(|line| line.text.contains("result code 4"));
    let seen = "that name unavailable, everybody else as ever";
    figures::row(
        "hostile",
        &["directory cuts an answer off (size limit)", seen, "never the first of two"],
    );
    // The rest of the answer shows what it is: nobody's name.
    scene.site.slapd().modify(&format!("{DATABASE}delete: olcLimits\n{limit}"));
    let names = scene.log_in(&code).map(|outcome| outcome.name);
    assert_eq!(names, ["PAM_AUTH_ERR", "PAM_SUCCESS", "PAM_USER_UNKNOWN"]);
}

#[test]
fn who_shows_a_wrong_certificate_hears_no_password() {
    let mut scene = Scene::set(Running::Resident, "ldaps", "");
    let good = Shown::by(&scene, |all| &all.good);
    let bad: [(&str, Pick); 3] = [
        ("shows an expired certificate", |all| &all.expired),
        ("shows another name's certificate", |all| &all.wrong_name),
        ("shows an unknown CA's certificate", |all| &all.untrusted),
    ];
    for (what, identity) in bad {
        let shown = Shown::by(&scene, identity);
        scene.goes_wrong(what, |scene| shown.put_on(scene), |scene| good.put_on(scene), "TLS: ");
    }
    scene.no_password_was_readable();
}

impl Scene {
    /// Lets everybody log in between `begin` and `end`; the audit says what the matter is.
    #[track_caller]
    fn goes_wrong(&mut self, what: &str, begin: impl Fn(&Self), end: impl Fn(&Self), reason: &str) {
        self.all_is_well();
        let code = self.code();
        begin(self);
        let unavailable = self.nobody_hears_more_than_unavailable(&code);
        let line = self.site.last_login();
        assert!(line.text.contains(reason), "{}", line.text);
        end(self);
        let back = self.first_login(&code);
        assert!(back < RETURN_LIMIT, "{back:?}");
        Seen { unavailable, back }.note(what, self.running);
    }
}

/// One of a world's certificates.
type Pick = fn(&Certificates) -> &Identity;

/// What a server shows.
struct Shown {
    certificate: String,
    key: String,
}

impl Shown {
    fn by(scene: &Scene, identity: Pick) -> Self {
        let world = &scene.site.world;
        let identity = identity(world.certificates());
        Self { certificate: world.read(&identity.certificate), key: world.read(&identity.key) }
    }

    /// Lets the server show it, in place of what it has shown so far.
    fn put_on(&self, scene: &Scene) {
        let world = &scene.site.world;
        let place = &world.certificates().good;
        world.write(&place.certificate, &self.certificate, 0o644);
        world.write(&place.key, &self.key, 0o600);
        scene.site.with_slapd(|slapd| slapd.restart());
    }
}
