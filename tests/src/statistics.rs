//! Many measurements of one thing.

use std::time::Duration;

/// How long something took, many times over.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// In milliseconds, smallest first.
    sorted: Vec<f64>,
}

impl Sample {
    /// How many measurements there are.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// What `percent` of all measurements do not exceed, in milliseconds.
    ///
    /// # Panics
    /// When nothing was measured.
    #[track_caller]
    pub fn percentile(&self, percent: usize) -> f64 {
        assert!(!self.sorted.is_empty(), "nothing was measured");
        self.sorted[(self.count() * percent / 100).min(self.count() - 1)]
    }

    /// The mean, in milliseconds.
    pub fn mean(&self) -> f64 {
        self.sorted.iter().sum::<f64>() / as_float(self.count())
    }

    /// Welch's t of the difference between two means: beyond 4.5 hardly ever by chance.
    pub fn welch_t(&self, other: &Self) -> f64 {
        let of_means =
            self.variance() / as_float(self.count()) + other.variance() / as_float(other.count());
        (self.mean() - other.mean()) / of_means.sqrt()
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        let squares: f64 = self.sorted.iter().map(|value| (value - mean).powi(2)).sum();
        squares / as_float(self.count() - 1)
    }
}

impl FromIterator<Duration> for Sample {
    fn from_iter<I: IntoIterator<Item = Duration>>(measured: I) -> Self {
        let mut sorted: Vec<_> =
            measured.into_iter().map(|time| time.as_secs_f64() * 1e3).collect();
        sorted.sort_by(f64::total_cmp);
        Self { sorted }
    }
}

#[expect(clippy::cast_precision_loss, reason = "nothing is measured 2^53 times")]
fn as_float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(millis: &[u64]) -> Sample {
        millis.iter().map(|&millis| Duration::from_millis(millis)).collect()
    }

    #[test]
    fn percentiles_are_measurements_in_their_order() {
        let one_to_hundred: Vec<_> = (1..=100).rev().collect();
        let sample = sample(&one_to_hundred);
        assert_eq!([0, 50, 99, 100].map(|p| sample.percentile(p)), [1.0, 51.0, 100.0, 100.0]);
        assert!((sample.mean() - 50.5).abs() < 1e-9);
    }

    /// Computed by hand: means 3 and 5, both variances 2.5, so −2 / √(2.5/5 + 2.5/5).
    #[test]
    fn welchs_t_is_the_difference_of_means_in_its_own_uncertainty() {
        let (a, b) = (sample(&[1, 2, 3, 4, 5]), sample(&[3, 4, 5, 6, 7]));
        assert!((a.welch_t(&b) + 2.0).abs() < 1e-9);
        assert!(a.welch_t(&a).abs() < 1e-9);
    }
}
