//! How sure a mean is: the percentile bootstrap (Efron, 1979).

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};

/// How many times the values are drawn anew.
const DRAWS: usize = 4000;

/// A mean with its 95% interval.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// The 2.5th percentile of the means of as many values, drawn from them with replacement.
    pub low: f64,
    /// The 97.5th.
    pub high: f64,
    /// How many values there are.
    pub of: usize,
}

impl Interval {
    /// The mean of some values with its interval. The same values give the same interval.
    pub fn new(values: &[f64]) -> Self {
        let of = values.len();
        if of == 0 {
            return Self::default();
        }
        let mean = |sum: f64| sum / of as f64;
        let mut rng = Pcg32::seed_from_u64(95);
        let mut draw = || mean((0..of).map(|_| values[rng.random_range(0..of as u32) as usize]).sum());
        let mut means: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
        means.sort_by(f64::total_cmp);
        let at = |share: f64| means[(share * (DRAWS - 1) as f64).round() as usize];
        Self { mean: mean(values.iter().sum()), low: at(0.025), high: at(0.975), of }
    }
}

impl Display for Interval {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { mean, low, high, .. } = self;
        f.pad(&format!("{mean:.2} [{low:.2}, {high:.2}]"))
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_known_data_is_the_textbooks() {
        // 0 to 99: mean 49.5, standard error 2.887, so 43.8 to 55.2.
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let interval = Interval::new(&values);
        assert_eq!((interval.mean, interval.of), (49.5, 100));
        assert!((interval.low - 43.84).abs() < 0.4 && (interval.high - 55.16).abs() < 0.4, "{interval:?}");
        assert_eq!(Interval::new(&values), interval);
    }

    #[test]
    fn few_values_give_what_they_can() {
        assert_eq!(Interval::new(&[]), Interval::default());
        assert_eq!(Interval::new(&[3.0]), Interval { mean: 3.0, low: 3.0, high: 3.0, of: 1 });
        let two = Interval::new(&[0.0, 1.0]);
        assert_eq!((two.mean, two.low, two.high), (0.5, 0.0, 1.0));
        assert_eq!(two.to_string(), "0.50 [0.00, 1.00]");
    }

    #[test]
    fn the_interval_holds_the_truth_about_as_often_as_it_says() {
        let mut rng = Pcg32::seed_from_u64(1);
        let holds = |_| {
            let values: Vec<f64> = (0..20).map(|_| rng.random::<f64>()).collect();
            let Interval { low, high, .. } = Interval::new(&values);
            usize::from(low <= 0.5 && 0.5 <= high)
        };
        let held: usize = (0..300).map(holds).sum();
        assert!((270..300).contains(&held), "{held} of 300");
    }
}
