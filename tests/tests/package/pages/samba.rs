//! monk's account in Active Directory, made on a Samba domain controller with the commands of the page.

use super::Blocks;

const PAGE: &str = "docs/directories/active-directory.md";

/// What the test here carries out, in its order.
pub const BLOCKS: Blocks = &[(PAGE, ACCOUNT), (PAGE, POLICY), (PAGE, RIGHTS)];

const ACCOUNT: &str = "samba-tool user create monk";
const POLICY: &str = "samba-tool domain passwordsettings pso create";
const RIGHTS: &str = "samba-tool dsacl set";

mod heavy {
    use monk_tests::World;
    use monk_tests::directories::{RealDirectory, Samba};

    use super::*;
    use crate::pages::Reader;

    const PASSWORD: &str = "A-long-password-of-monk-itself-0";

    #[test]
    fn monks_account_of_a_hardened_domain_reads_states_after_the_commands_of_the_page() {
        let world = World::new();
        let samba = Samba::start(&world);
        samba.tool(&["user", "delete", Samba::SERVICE_ACCOUNT]);
        samba.harden();
        samba.add_person("alice", "Corr3ct-horse");
        samba.configure_tools();

        let reader = Reader::new(&world, BLOCKS);
        let typed = format!("samba-tool user create monk '{PASSWORD}'");
        reader.follows_with(ACCOUNT, &[(ACCOUNT, &typed)]);
        reader.follows(POLICY);
        let sees = || samba.reads("monk", PASSWORD, "alice", "userAccountControl");
        assert!(!sees(), "nobody else may, in a hardened domain");
        reader.follows(RIGHTS);
        assert!(sees());
        reader.has_read_all();
    }
}
