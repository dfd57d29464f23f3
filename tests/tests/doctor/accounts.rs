//! Names that the machine and the directory both have, and those of the machine alone.

use super::*;

#[test]
fn a_name_that_is_in_both_is_found_where_the_settings_keep_them_apart() {
    let site = site(Backend::Ldap, Running::OneShot, "[accounts]\npasswd_is_local = true\n");
    Visit::to(&site, &[]).is_clean();
    site.world.add_system_user("alice");
    let visit = Visit::to(&site, &[]);
    let found = visit.finds("account-in-both", "error");
    assert!(text(found, "evidence").contains("the directory has alice, too"), "{found:#}");
}

#[test]
fn accounts_that_wait_for_the_directory_are_a_note() {
    let site = site(Backend::Ldap, Running::OneShot, "");
    site.world.add_system_user("carol");
    site.world.add_system_user("alice");
    let visit = Visit::to(&site, &[]);
    visit.is_clean();
    let found = visit.of("account-needs-directory").expect("a note");
    assert_eq!(text(found, "severity"), "note");
    let evidence = text(found, "evidence");
    assert!(evidence.contains("carol") && !evidence.contains("alice"), "{evidence}");
}
