//! Why a user or group cannot have a name or a number.

use monk_wire::manage::Clash;

/// A sentence about it, without a capital and a full stop.
pub fn sentence(clash: &Clash) -> String {
    match clash {
        Clash::User => "a user has this name or mail address already".into(),
        Clash::Gone => "the user was removed meanwhile".into(),
        Clash::Uid { uid, user } => format!("uid {uid} is {user}'s"),
        Clash::Gid { gid, group } => format!("gid {gid} is that of the group {group}"),
        Clash::GroupOfThatName { group } => format!(
            "there is a group {group}, so that the user cannot have a private one: --group {group} makes it the \
             primary group"
        ),
        Clash::GroupExists { group, gid } => {
            format!("there is a group {group} already, with gid {gid}")
        }
        Clash::PrimaryGid { gid, user } => format!(
            "gid {gid} is the primary group of {user}, who would share the private group: --uid or --group gives \
             another one"
        ),
        Clash::Private { group } => {
            format!(
                "{group} is the private group of the user of that name: nobody else can be in it"
            )
        }
        Clash::NoSuchGroup { group } => {
            format!("there is no group {group}: monk-enroll group add {group} makes it")
        }
        Clash::Primary { group, user } => format!(
            "{group} is the primary group of {user}: monk-enroll user set {user} --group NAME gives another one"
        ),
        Clash::NoneLeft { first, last } => format!(
            "all numbers from {first} to {last} were given: set first_id and last_id in [embedded]"
        ),
        Clash::LocalUid { uid, account } => format!(
            "uid {uid} is that of the account {account} in /etc/passwd: its files would be this user's, too; \
             --force takes it all the same"
        ),
        Clash::LocalGid { gid, group } => format!(
            "gid {gid} is that of the group {group} in /etc/group, so this host would not serve it: choose another \
             number"
        ),
    }
}
