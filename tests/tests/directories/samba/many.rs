//! More people than a search brings along at once.

mod heavy {
    use monk_tests::directories::Samba;

    use crate::scene::Scene;

    /// A Windows domain controller ends a search after 1,000 entries. Samba would bring all of them, but page by
    /// page where it is asked to.
    const PEOPLE: usize = 1200;

    /// Of the domain itself: Administrator, Guest, krbtgt, the account of DNS, and monk's own.
    const OTHERS: usize = 5;

    #[test]
    fn doctor_counts_all_of_many_people() {
        let scene = Scene::<Samba>::start();
        let person = |number| {
            let suffix = Samba::SUFFIX;
            format!(
                "dn: CN=u{number},OU=Staff,{suffix}\nobjectClass: user\nsAMAccountName: u{number}\n\n"
            )
        };
        scene.directory.add(&(0..PEOPLE).map(person).collect::<String>());
        let (report, _) = scene.site.try_enroll(&["doctor"]);
        let findings = report["findings"].as_array().expect("a list of findings");
        let finding = findings.iter().find(|finding| finding["id"] == "user-without-factor");
        let evidence = finding.and_then(|finding| finding["evidence"].as_str()).unwrap_or_default();
        let wanted = format!("of {} users", PEOPLE + OTHERS);
        assert!(evidence.starts_with(&wanted), "{wanted}: {report:#}");
    }
}
