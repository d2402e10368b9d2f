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
        let mean = |places: &[usize]| places.iter().map(|&at| values[at]).sum::<f64>() / of as f64;
        let (low, high) = spread(of, |places| Some(mean(places)));
        Self { mean: values.iter().sum::<f64>() / of as f64, low, high, of }
    }

    /// The sum of the first of each pair over the sum of the second, with its interval over the pairs. None if
    /// the second ones come to nothing, as draws that do are left out.
    pub fn ratio(pairs: &[(f64, f64)]) -> Option<Self> {
        let share = |places: &mut dyn Iterator<Item = (f64, f64)>| {
            let (over, under) = places.fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
            (under > 0.0).then_some(over / under)
        };
        let mean = share(&mut pairs.iter().copied())?;
        let (low, high) = spread(pairs.len(), |places| share(&mut places.iter().map(|&at| pairs[at])));
        Some(Self { mean, low, high, of: pairs.len() })
    }
}

/// The 2.5th and the 97.5th percentile of what a statistic of so many values is when they are drawn anew, by
/// their places.
fn spread(of: usize, statistic: impl Fn(&[usize]) -> Option<f64>) -> (f64, f64) {
    let mut rng = Pcg32::seed_from_u64(95);
    let mut draw = || {
        let places: Vec<usize> = (0..of).map(|_| rng.random_range(0..of as u32) as usize).collect();
        statistic(&places)
    };
    let mut drawn: Vec<f64> = (0..DRAWS).filter_map(|_| draw()).collect();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| drawn.get((share * (drawn.len().max(1) - 1) as f64).round() as usize).copied();
    (at(0.025).unwrap_or_default(), at(0.975).unwrap_or_default())
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
    fn a_ratio_is_of_sums_and_none_of_nothing() {
        let ratio = Interval::ratio(&[(2.0, 1.0), (4.0, 3.0)]).unwrap();
        assert_eq!((ratio.mean, ratio.of), (1.5, 2));
        assert!(ratio.low >= 4.0 / 3.0 && ratio.high <= 2.0, "{ratio:?}");
        assert_eq!(Interval::ratio(&[(1.0, 0.0), (1.0, -1.0)]), None);
        assert_eq!(Interval::ratio(&[]), None);
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
