//! The users and groups of two files.

use std::fs;
use std::io;

use monk_wire::names::{Ageing, Answer, Entry, Group, Query, User, of_texts};

use crate::encoded;

/// When everybody has changed the password: a day since 1970.
const LAST_CHANGE: i64 = 20_000;

/// After how many days it has to be changed.
const MAXIMUM: i64 = 90;

struct Person {
    name: String,
    uid: u32,
    gid: u32,
    texts: Vec<u8>,
}

struct Team {
    name: String,
    gid: u32,
    members: Vec<String>,
    texts: Vec<u8>,
}

/// All of them.
pub(crate) struct People {
    users: Vec<Person>,
    groups: Vec<Team>,
}

impl People {
    /// Those of files like passwd(5) and group(5).
    pub(crate) fn read(passwd: &str, group: &str) -> io::Result<Self> {
        let (passwd, group) = (fs::read_to_string(passwd)?, fs::read_to_string(group)?);
        let users = passwd.lines().map(person).collect::<Option<_>>();
        let groups = group.lines().map(team).collect::<Option<_>>();
        let wrong =
            || io::Error::new(io::ErrorKind::InvalidData, "no line of passwd(5) or group(5)");
        Ok(Self { users: users.ok_or_else(wrong)?, groups: groups.ok_or_else(wrong)? })
    }

    /// All questions with which somebody would be found.
    pub(crate) fn questions(&self) -> impl Iterator<Item = Query<'_>> {
        let users = self.users.iter().flat_map(|user| {
            let name = user.name.as_str();
            [Query::UserByName(name), Query::UserByUid(user.uid), Query::GroupsOf(name)]
        });
        let groups = self.groups.iter();
        users.chain(
            groups
                .flat_map(|group| [Query::GroupByName(&group.name), Query::GroupByGid(group.gid)]),
        )
    }

    /// The encoded answer to a question. Of those who share a uid, the first is meant.
    pub(crate) fn answer(&self, query: Query<'_>) -> Vec<u8> {
        let named = |name: &str| self.users.iter().find(|user| user.name == name);
        let not_found = || encoded(&Answer::NotFound);
        let user = |user: Option<&Person>| {
            user.map_or_else(not_found, |user| encoded(&Answer::User(user.entry())))
        };
        let group = |group: Option<&Team>| {
            group.map_or_else(not_found, |group| encoded(&Answer::Group(group.entry())))
        };
        match query {
            Query::UserByName(name) => user(named(name)),
            Query::UserByUid(uid) => user(self.users.iter().find(|user| user.uid == uid)),
            Query::GroupByName(name) => group(self.groups.iter().find(|group| group.name == name)),
            Query::GroupByGid(gid) => group(self.groups.iter().find(|group| group.gid == gid)),
            Query::GroupsOf(name) if named(name).is_some() => {
                let is_in = |group: &&Team| group.members.iter().any(|member| member == name);
                let mut gids: Vec<_> =
                    self.groups.iter().filter(is_in).map(|group| group.gid).collect();
                gids.sort_unstable();
                let gids: Vec<_> = gids.into_iter().flat_map(u32::to_le_bytes).collect();
                encoded(&Answer::GroupsOf(&gids))
            }
            Query::Ageing(name) if named(name).is_some() => encoded(&Answer::Ageing(Ageing {
                last_change: Some(LAST_CHANGE),
                maximum: Some(MAXIMUM),
                ..Ageing::default()
            })),
            Query::GroupsOf(_) | Query::Ageing(_) => not_found(),
            Query::Users(place) => {
                self.listed(&self.users, place, |user| Entry::User(user.entry()))
            }
            Query::Groups(place) => {
                self.listed(&self.groups, place, |group| Entry::Group(group.entry()))
            }
        }
    }

    fn listed<'a, T>(&self, all: &'a [T], place: u64, entry: fn(&'a T) -> Entry<'a>) -> Vec<u8> {
        let found = usize::try_from(place).ok().and_then(|place| all.get(place)).map(entry);
        let listed = found.map(|entry| Answer::Listed { next: place + 1, entry });
        encoded(&listed.unwrap_or(Answer::NotFound))
    }
}

impl Person {
    fn entry(&self) -> User<'_> {
        User { uid: self.uid, gid: self.gid, texts: &self.texts }
    }
}

impl Team {
    fn entry(&self) -> Group<'_> {
        Group { gid: self.gid, texts: &self.texts }
    }
}

fn person(line: &str) -> Option<Person> {
    let fields: Vec<_> = line.split(':').collect();
    let [name, _, uid, gid, gecos, home, shell] = fields.as_slice() else { return None };
    let texts = of_texts([*name, gecos, home, shell])?;
    Some(Person { name: (*name).to_owned(), uid: uid.parse().ok()?, gid: gid.parse().ok()?, texts })
}

fn team(line: &str) -> Option<Team> {
    let fields: Vec<_> = line.split(':').collect();
    let [name, _, gid, members] = fields.as_slice() else { return None };
    let members: Vec<_> = members.split(',').filter(|name| !name.is_empty()).collect();
    let texts = of_texts(std::iter::once(*name).chain(members.iter().copied()))?;
    let members = members.into_iter().map(str::to_owned).collect();
    Some(Team { name: (*name).to_owned(), gid: gid.parse().ok()?, members, texts })
}
