//! What is made of many times of the same thing.
//!
//! The rows of a table are measured in turns, a round of each, so that what else the machine does
//! hits all of them. A row's figures are the medians of those of its rounds.

/// The values of one row, such as times: one list for each round.
#[derive(Clone, Debug, Default)]
pub struct Rounds {
    rounds: Vec<Vec<u64>>,
}

impl Rounds {
    /// Begins the next round.
    pub fn begin(&mut self) {
        self.rounds.push(Vec::new());
    }

    /// Adds a value to the round that was begun last.
    pub fn add(&mut self, value: u64) {
        match self.rounds.last_mut() {
            Some(round) => round.push(value),
            None => self.rounds.push(vec![value]),
        }
    }

    /// The median over the rounds of each round's share, such as 50 or 95 of a hundred.
    pub fn percentile(&self, percent: usize) -> Option<u64> {
        let each = self.rounds.iter().filter_map(|round| percentile(round, percent));
        percentile(&each.collect::<Vec<_>>(), 50)
    }
}

/// The smallest value that at least `percent` of a hundred do not exceed (nearest rank).
fn percentile(values: &[u64], percent: usize) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let hundred: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(percentile(&hundred, 50), Some(50));
        assert_eq!(percentile(&hundred, 95), Some(95));
        assert_eq!(percentile(&[7], 95), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn a_row_is_the_median_of_its_rounds() {
        let mut row = Rounds::default();
        for round in [[1, 2, 3], [10, 20, 30], [4, 5, 6]] {
            row.begin();
            round.into_iter().for_each(|value| row.add(value));
        }
        assert_eq!((row.percentile(50), row.percentile(95)), (Some(5), Some(6)));
    }
}
