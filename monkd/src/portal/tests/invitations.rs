//! Invitations of many by an administrator.

use monk_terms::account_state::AccountState;
use monk_wire::portal::invitations::{LeftOut, Preview, Round, RoundState, Standing, Whom, Wish};

use super::super::invitations::is_still_one;
use super::*;

/// A mail server of nobody: what is sent fails at once.
const MAIL: &str = "[mail]\nhost = \"127.0.0.1\"\nport = 1\nfrom = \"monk@example.org\"\n";

impl House {
    async fn adds(&self, user: &str, mail: Option<&str>, group: &str) {
        let mut new = NewUser::with(Secret::new(b"long enough"));
        new.mail = mail.map(str::to_owned);
        self.root(user, Command::UserAdd(Box::new(new))).await;
        self.root(user, Command::Group(GroupCommand::Join { group: group.to_owned() })).await;
    }

    /// Bob's session, who looks after others, as it is after a sign-in.
    async fn helper(&self) -> Secret {
        self.root("bob", Command::Group(GroupCommand::Join { group: "helpers".to_owned() })).await;
        let code = self.invited("bob").await;
        let session = self.signed_in("bob", &format!("bob-secret;{code}")).await;
        self.enrol_device(&session).await;
        session
    }

    async fn preview(&self, session: &Secret, whom: Whom) -> Preview {
        match self.says(Some(session), PortalAsk::PreviewInvitations(whom)).await {
            Reply::Portal(PortalReply::Preview(preview)) => preview,
            other => panic!("{other:?}"),
        }
    }

    /// What has become of a round once it is over.
    async fn ended(&self, session: &Secret) -> Round {
        loop {
            let reply = self.says(Some(session), PortalAsk::Invitations).await;
            let Reply::Portal(PortalReply::Round(Some(round))) = reply else { panic!("{reply:?}") };
            if !round.goes_on() {
                return round;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn to_staff() -> PortalAsk {
    let whom = Whom::Group("staff".to_owned());
    PortalAsk::Invite(Wish { whom, seconds: 3600, again: false })
}

#[tokio::test]
async fn a_preview_says_of_each_member_of_a_group_what_will_happen_and_sends_nothing() {
    let house = House::new(MAIL).await;
    let session = house.helper().await;
    for user in ["ready", "invited", "reset", "closed", "helper"] {
        house.adds(user, Some(&format!("{user}@example.org")), "staff").await;
    }
    house.adds("nomail", None, "staff").await;
    house.adds("other", Some("other@example.org"), "others").await;
    house.root("bob", Command::Group(GroupCommand::Join { group: "staff".to_owned() })).await;
    house.root("helper", Command::Group(GroupCommand::Join { group: "helpers".to_owned() })).await;
    let invitation =
        Invitation { seconds: 3600, send: false, reset: false, ..Invitation::default() };
    house.root("invited", Command::Invite(invitation)).await;
    house.root("reset", Command::Reset { seconds: 3600 }).await;
    house.root("closed", Command::User(UserCommand::Enable { enabled: false })).await;

    let staff = house.preview(&session, Whom::Group("staff".to_owned())).await;
    let found: Vec<_> = staff.some.iter().map(|one| (&*one.name, one.standing)).collect();
    let right = [
        ("closed", Standing::Closed(AccountState::Disabled)),
        ("nomail", Standing::NoAddress),
        ("helper", Standing::Administrator),
        ("ready", Standing::Ready),
        ("invited", Standing::Invited),
        ("reset", Standing::Invited),
        ("bob", Standing::SetUp),
    ];
    assert_eq!(found.len(), right.len(), "{found:?}");
    assert!(right.iter().all(|one| found.contains(one)), "{found:?}");
    assert!(found.is_sorted_by_key(|(_, standing)| *standing), "problems first: {found:?}");
    let counts = (staff.ready, staff.invited, staff.set_up, staff.left_out, staff.is_whole);
    assert_eq!(counts, (1, 2, 1, 3, true));

    let names = ["ready", "READY", "mallory", "mallory", "root", "", "ready"];
    let names = Whom::Names(names.map(str::to_owned).into());
    let list = house.preview(&session, names).await;
    assert_eq!((list.ready, list.left_out), (1, 3), "each once: {:?}", list.some);
    let missing = house.preview(&session, Whom::Missing).await;
    let names: Vec<_> = missing.some.iter().map(|one| &*one.name).collect();
    assert!(names.contains(&"alice") && names.contains(&"other") && !names.contains(&"bob"));
    assert_eq!(house.preview(&session, Whom::Group("nobody".to_owned())).await.some, []);
    let reply = house.says(Some(&session), PortalAsk::Invitations).await;
    assert_eq!(reply, Reply::Portal(PortalReply::Round(None)), "nothing was sent");
}

#[tokio::test]
async fn a_round_gives_up_when_the_mail_server_takes_none() {
    let house = House::new(MAIL).await;
    let session = house.helper().await;
    for n in 0..8 {
        let (user, mail) = (format!("user{n}"), format!("user{n}@example.org"));
        house.adds(&user, Some(&mail), "staff").await;
    }
    let reply = house.says(Some(&session), to_staff()).await;
    assert!(matches!(reply, Reply::Portal(PortalReply::Round(Some(_)))), "{reply:?}");
    let round = house.ended(&session).await;
    assert_eq!((round.state, round.total, round.sent), (RoundState::Broken, Some(8), 0));
    assert_eq!(round.left_out.len(), 5, "and leaves no codes behind that nobody has");
    assert!(round.left_out.iter().all(|(_, why)| *why == LeftOut::NotSent));
    // Nobody else sees it.
    let other = house.signed_in("alice", "alice-secret").await;
    let reply = house.says(Some(&other), PortalAsk::Invitations).await;
    assert!(matches!(reply, Reply::Failed(Failure::OnlyRoot { .. })), "{reply:?}");
}

#[tokio::test]
async fn a_round_is_stopped_by_its_administrator_and_one_goes_on_at_a_time() {
    // It takes connections, and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let mail = MAIL.replace("port = 1\n", &format!("port = {port}\ntimeout_s = 1\n"));
    let house = House::new(&mail).await;
    let session = house.helper().await;
    for n in 0..8 {
        let (user, mail) = (format!("user{n}"), format!("user{n}@example.org"));
        house.adds(&user, Some(&mail), "staff").await;
    }
    house.says(Some(&session), to_staff()).await;
    let (digest, _) = {
        let lives = Lives { idle: Duration::from_secs(600), most: Duration::from_secs(600) };
        house.engine.portal.sessions.of(&session, lives, Instant::now()).expect("a session")
    };
    house.engine.portal.sessions.change(&digest, |one| one.is_spent = false);
    let second = house.says(Some(&session), to_staff()).await;
    assert_eq!(second, Reply::Portal(PortalReply::Busy));
    let reply = house.says(Some(&session), PortalAsk::StopInvitations).await;
    assert!(matches!(reply, Reply::Portal(PortalReply::Round(Some(_)))), "{reply:?}");
    let round = house.ended(&session).await;
    assert_eq!((round.state, round.sent), (RoundState::Stopped, 0));
    assert!(round.left_out.len() <= 1, "no mail but the one that was on its way: {round:?}");
}

#[tokio::test]
async fn a_round_needs_a_mail_server_and_an_administrator_as_long_as_it_goes_on() {
    let house = House::new("").await;
    let session = house.helper().await;
    let reply = house.says(Some(&session), to_staff()).await;
    assert_eq!(reply, Reply::Failed(Failure::NoMailServer));

    let found = house.engine.find("bob", Deadline::after(Duration::from_secs(5))).await;
    let Ok(Found::One(account, set)) = found else { panic!("bob is there") };
    let generation = generation_of(&set);
    let is_one =
        async || is_still_one(&house.engine, ("bob", &account.id), generation.as_deref()).await;
    assert!(is_one().await);
    let group = || "helpers".to_owned();
    house.root("bob", Command::Group(GroupCommand::Leave { group: group() })).await;
    assert!(!is_one().await, "not in the group");
    house.root("bob", Command::Group(GroupCommand::Join { group: group() })).await;
    house.root("bob", Command::User(UserCommand::Enable { enabled: false })).await;
    assert!(!is_one().await, "disabled");
    house.root("bob", Command::User(UserCommand::Enable { enabled: true })).await;
    assert!(is_one().await);
    house.root("bob", Command::Reset { seconds: 60 }).await;
    assert!(!is_one().await, "reset");
}
