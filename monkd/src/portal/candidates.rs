//! Who of a list or a group would get an invitation.

use std::collections::HashSet;
use std::time::Duration;

use monk_core::closed::{Way, why_closed};
use monk_core::credential::CredentialSet;
use monk_core::invitation::{Repeat, shortened};
use monk_wire::manage::{Failure, Unfit};
use monk_wire::portal::invitations::{Candidate, MOST_TOLD, Preview, Standing, Whom};

use crate::clock;
use crate::deadline::Deadline;
use crate::directory::{Account, Rest};
use crate::engine::{Engine, Found};
use crate::login::check_name;
use crate::manage::has_own_factor;
use crate::outage::Outage;

/// Most people in one round. With a second for each mail they take more than an hour.
pub(super) const MOST: usize = 5_000;

/// How long somebody may be looked at: a directory that takes longer is not one to log in with.
const ONE_TIME: Duration = Duration::from_secs(10);

/// What was found.
pub(super) struct Gathered {
    pub all: Vec<Candidate>,
    /// Whether everybody was looked at, and fits into one round.
    pub is_whole: bool,
}

/// Looks at everybody who is meant, until `end` if there is one.
///
/// # Errors
/// [`Failure`] where the group cannot be found, or the directory does not answer.
pub(super) async fn gather(
    engine: &Engine,
    whom: &Whom,
    end: Option<Deadline>,
) -> Result<Gathered, Failure> {
    let chosen = engine.settings.chosen();
    if let Whom::Group(group) = whom
        && chosen.directory.why_unfindable(group).is_some()
    {
        return Err(Unfit::GroupUnfindable { group: group.clone() }.into());
    }
    Ok(match whom {
        Whom::Names(names) => of_list(engine, names, end).await?,
        Whom::Group(group) => of_directory(engine, Some(group), end).await?,
        Whom::Missing => of_directory(engine, None, end).await?,
    })
}

/// The time for the next look; `None` where there is none left.
fn time(end: Option<Deadline>) -> Option<Deadline> {
    match end {
        None => Some(Deadline::after(ONE_TIME)),
        Some(end) if end.remaining().is_zero() => None,
        Some(end) => Some(end),
    }
}

async fn of_list(
    engine: &Engine,
    names: &[String],
    end: Option<Deadline>,
) -> Result<Gathered, Outage> {
    let (mut all, mut seen) = (Vec::new(), HashSet::new());
    for name in names {
        let Some(deadline) = time(end) else { return Ok(Gathered { all, is_whole: false }) };
        let found = match check_name(name) {
            Ok(()) => engine.find(name, deadline).await?,
            Err(_) => Found::None,
        };
        let one = match found {
            // Two spellings of one name are one person.
            Found::One(account, _) if !seen.insert(account.id.clone()) => continue,
            Found::One(account, set) => candidate(engine, *account, &set, deadline).await?,
            Found::None | Found::Several | Found::Local if !seen.insert(name.clone()) => continue,
            Found::None | Found::Several | Found::Local => {
                Candidate { name: name.clone(), mail: None, standing: Standing::Unknown }
            }
        };
        all.push(one);
    }
    Ok(Gathered { all, is_whole: true })
}

/// The members of a group, or everybody without a second factor.
async fn of_directory(
    engine: &Engine,
    group: Option<&str>,
    end: Option<Deadline>,
) -> Result<Gathered, Outage> {
    let mut all = Vec::new();
    let cut = |all| Ok(Gathered { all, is_whole: false });
    let mut pages = engine.directory.everybody();
    loop {
        let Some(deadline) = time(end) else { return cut(all) };
        let page = match pages.next(deadline).await {
            Ok(page) => page,
            // For a preview, what was found until then is better than nothing.
            Err(_) if end.is_some() && !all.is_empty() => return cut(all),
            Err(outage) => return Err(outage),
        };
        for mut account in page.items {
            let Some(deadline) = time(end) else { return cut(all) };
            if check_name(&account.name).is_err() {
                continue;
            }
            let groups: Vec<String> = group.map(str::to_owned).into_iter().collect();
            let is_meant = groups.is_empty()
                || engine.directory.is_in_group(&account, &groups, deadline).await?;
            if !is_meant {
                continue;
            }
            let set = match account.credentials.take() {
                Some(set) => set,
                None => engine.store.load(&account, deadline).await?,
            };
            let one = candidate(engine, account, &set, deadline).await?;
            if group.is_none() && one.standing == Standing::SetUp {
                continue;
            }
            if all.len() == MOST {
                return cut(all);
            }
            all.push(one);
        }
        match page.rest {
            Rest::More => {}
            Rest::Nothing => return Ok(Gathered { all, is_whole: true }),
            Rest::Withheld => return cut(all),
        }
    }
}

async fn candidate(
    engine: &Engine,
    account: Account,
    set: &CredentialSet,
    deadline: Deadline,
) -> Result<Candidate, Outage> {
    let now = clock::now();
    let groups = &engine.settings.portal.administrators;
    let mail = account.mail.clone();
    let to = mail.as_deref().map(shortened);
    let has_invitation = !Repeat::Missing.is_due(set, to.as_deref(), now);
    let standing = if has_own_factor(set) {
        Standing::SetUp
    } else if why_closed(account.state, Way::OwnFactors, &[]).is_some() {
        Standing::Closed(account.state)
    } else if engine.directory.is_in_group(&account, groups, deadline).await? {
        Standing::Administrator
    } else if mail.as_deref().is_none_or(|mail| mail.parse::<lettre::Address>().is_err()) {
        Standing::NoAddress
    } else if has_invitation {
        Standing::Invited
    } else {
        Standing::Ready
    };
    Ok(Candidate { name: account.name, mail, standing })
}

/// What an administrator sees of it before anything is sent.
pub(super) fn preview(gathered: Gathered) -> Preview {
    let Gathered { mut all, is_whole } = gathered;
    let mut preview = Preview { is_whole, ..Preview::default() };
    for one in &all {
        let count = match one.standing {
            Standing::Ready => &mut preview.ready,
            Standing::Invited => &mut preview.invited,
            Standing::SetUp => &mut preview.set_up,
            _ => &mut preview.left_out,
        };
        *count += 1;
    }
    // In the order of the kinds, those with a problem come first.
    all.sort_by_key(|one| one.standing);
    all.truncate(MOST_TOLD);
    preview.some = all;
    preview
}
