//! The host's own list of gids, which grows as groups are found.

use libc::{c_long, c_void, gid_t};

use crate::failure::Failure;

/// The list of `initgroups_dyn`: memory of malloc(3), which belongs to the C library.
pub(crate) struct HostGroups<'a> {
    /// How many there are.
    count: &'a mut c_long,
    /// How many there is room for.
    size: &'a mut c_long,
    gids: &'a mut *mut gid_t,
    /// How many there may be; 0 or less for any number.
    limit: c_long,
    /// A group that the C library has already.
    primary: gid_t,
    /// Those that were there before.
    before: c_long,
}

/// What the C library hands over.
#[derive(Clone, Copy)]
pub(crate) struct Pointers {
    pub(crate) primary: gid_t,
    pub(crate) count: *mut c_long,
    pub(crate) size: *mut c_long,
    pub(crate) gids: *mut *mut gid_t,
    pub(crate) limit: c_long,
}

impl HostGroups<'_> {
    /// The list that the C library hands over.
    ///
    /// # Safety
    /// The pointers can be read and written as long as the list is used. `gids` leads to memory of malloc(3)
    /// for `size` gids, of which `count` are there, or is null while `size` is 0.
    pub(crate) unsafe fn new(pointers: Pointers) -> Self {
        // SAFETY: the caller says so, for all three.
        let count = unsafe { &mut *pointers.count };
        // SAFETY: as above.
        let size = unsafe { &mut *pointers.size };
        // SAFETY: as above.
        let gids = unsafe { &mut *pointers.gids };
        let before = *count;
        Self { count, size, gids, limit: pointers.limit, primary: pointers.primary, before }
    }

    /// Adds a group unless it is there, or the list may not get longer.
    ///
    /// # Errors
    /// [`Failure::NoMemory`].
    pub(crate) fn add(&mut self, gid: gid_t) -> Result<(), Failure> {
        let is_full = self.limit > 0 && *self.count >= self.limit;
        if is_full || gid == self.primary || self.has(gid) {
            return Ok(());
        }
        if *self.count >= *self.size {
            self.grow()?;
        }
        let place = usize::try_from(*self.count).map_err(|_| Failure::NoMemory)?;
        // SAFETY: `count` is less than `size`, for which there is memory.
        let place = unsafe { (*self.gids).add(place) };
        // SAFETY: as above; it is aligned, as malloc(3) aligns.
        unsafe { place.write(gid) };
        *self.count += 1;
        Ok(())
    }

    /// Takes back what was added: a part of somebody's groups is none.
    pub(crate) fn take_back(&mut self) {
        *self.count = self.before;
    }

    /// Whether it was there before, or was the last one to be added: those of an answer are in order.
    fn has(&self, gid: gid_t) -> bool {
        let all = self.all();
        let before = usize::try_from(self.before).unwrap_or(0);
        all.get(..before).is_some_and(|before| before.contains(&gid)) || all.last() == Some(&gid)
    }

    fn all(&self) -> &[gid_t] {
        match usize::try_from(*self.count) {
            Ok(count) if count > 0 && !self.gids.is_null() => {
                // SAFETY: so many gids are there.
                unsafe { std::slice::from_raw_parts(*self.gids, count) }
            }
            _ => &[],
        }
    }

    /// Makes room for twice as many, as the modules of the C library do.
    fn grow(&mut self) -> Result<(), Failure> {
        let mut size = (*self.size).saturating_mul(2).max(1);
        if self.limit > 0 {
            size = size.min(self.limit);
        }
        let bytes =
            usize::try_from(size).ok().and_then(|size| size.checked_mul(size_of::<gid_t>()));
        let bytes = bytes.ok_or(Failure::NoMemory)?;
        // SAFETY: the memory is malloc(3)'s, and nobody else has a pointer into it that is still used.
        let grown = unsafe { libc::realloc((*self.gids).cast::<c_void>(), bytes) };
        if grown.is_null() {
            return Err(Failure::NoMemory);
        }
        *self.gids = grown.cast();
        *self.size = size;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use crate::fixtures::GroupList;

    #[test]
    fn groups_are_added_behind_those_that_are_there_and_none_twice() {
        let mut list = GroupList::with(&[100, 5000], 2);
        list.fill(100, 0, &[100, 1000, 1000, 5000, 6000]);
        assert_eq!(list.gids(), [100, 5000, 1000, 6000]);
    }

    #[test]
    fn a_limit_is_kept_and_is_no_failure() {
        let mut list = GroupList::with(&[100], 1);
        list.fill(100, 3, &[1000, 1001, 1002, 1003]);
        assert_eq!(list.gids(), [100, 1000, 1001]);
        assert_eq!(list.size, 3);
    }

    #[test]
    fn a_list_begins_without_memory() {
        let mut list = GroupList { count: 0, size: 0, gids: ptr::null_mut() };
        list.fill(1, 0, &(1000..3000).collect::<Vec<_>>());
        assert_eq!(list.gids(), (1000..3000).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_added_can_be_taken_back() {
        let mut list = GroupList::with(&[100, 5000], 2);
        let mut groups = list.groups(100, 0);
        (1000..1100).for_each(|gid| groups.add(gid).unwrap());
        groups.take_back();
        assert_eq!(list.gids(), [100, 5000]);
    }
}
