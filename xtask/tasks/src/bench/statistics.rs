//! What is made of many times of the same thing.

/// The values of one row, such as times: one list for each round.
#[derive(Clone, Debug, Default)]
pub struct Rounds(Vec<Vec<u64>>);

impl Rounds {
    /// Adds a round.
    pub fn add(&mut self, mut round: Vec<u64>) {
        round.sort_unstable();
        self.0.push(round);
    }

    /// The median over the rounds of each round's share, such as 50 or 95 of a hundred.
    pub fn percentile(&self, percent: usize) -> Option<u64> {
        let mut each: Vec<u64> =
            self.0.iter().filter_map(|round| percentile(round, percent)).collect();
        each.sort_unstable();
        percentile(&each, 50)
    }
}

/// The smallest of sorted values that at least `percent` of a hundred do not exceed (nearest rank).
fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!([50, 95].map(|percent| percentile(&hundred, percent)), [Some(50), Some(95)]);
        assert_eq!((percentile(&[7], 95), percentile(&[], 50)), (Some(7), None));
    }

    #[test]
    fn a_row_is_the_median_of_its_rounds() {
        let mut row = Rounds::default();
        for round in [[2, 1, 3], [10, 30, 20], [4, 5, 6]] {
            row.add(round.to_vec());
        }
        assert_eq!((row.percentile(50), row.percentile(95)), (Some(5), Some(6)));
    }
}
