//! How sure a mean is: the percentile bootstrap (Efron, 1979), and Student's t where values are few.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};

/// How many times the values are drawn anew.
const DRAWS: usize = 4000;
/// The 97.5th percentile of Student's t for 2, 3, ... values. So few, drawn anew, are too much alike: an interval
/// of percentiles over three is from the least to the most, and holds the truth in 76 of 100 cases.
const STUDENT: [f64; 6] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447];

/// A mean with its 95% interval.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// The 2.5th percentile of the means of as many values, drawn from them with replacement; of 2 to 7 values,
    /// the mean less so many standard errors as Student's t says; of one, the mean.
    pub low: f64,
    /// The 97.5th, or as many standard errors more.
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
        let mean = values.iter().sum::<f64>() / of as f64;
        let deviations = values.iter().map(|value| value - mean);
        let (low, high) = student(mean, deviations).unwrap_or_else(|| {
            spread(of, |places| Some(places.iter().map(|&at| values[at]).sum::<f64>() / of as f64))
        });
        Self { mean, low, high, of }
    }

    /// The sum of the first of each pair over the sum of the second, with its interval over the pairs. None if
    /// the second ones' own interval is not above nothing: then the ratio may be anything.
    pub fn ratio(pairs: &[(f64, f64)]) -> Option<Self> {
        let share = |places: &mut dyn Iterator<Item = (f64, f64)>| {
            let (over, under) = places.fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
            (under > 0.0).then_some(over / under)
        };
        let under = Self::new(&pairs.iter().map(|(_, under)| *under).collect::<Vec<f64>>());
        let mean = share(&mut pairs.iter().copied()).filter(|_| under.low > 0.0)?;
        let deviations = pairs.iter().map(|(first, second)| (first - mean * second) / under.mean);
        let (low, high) = student(mean, deviations)
            .unwrap_or_else(|| spread(pairs.len(), |places| share(&mut places.iter().map(|&at| pairs[at]))));
        Some(Self { mean, low, high, of: pairs.len() })
    }
}

/// The interval around a mean of few values, by how far each is from it; none if they are many.
fn student(mean: f64, deviations: impl ExactSizeIterator<Item = f64>) -> Option<(f64, f64)> {
    let of = deviations.len();
    let times = if of < 2 { 0.0 } else { *STUDENT.get(of - 2)? };
    let squares: f64 = deviations.map(|deviation| deviation * deviation).sum();
    let error = (squares / (of.max(2) - 1) as f64 / of as f64).sqrt();
    Some((mean - times * error, mean + times * error))
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
        let Self { mean, low, high, of } = self;
        // How sure a single value is, nobody knows.
        f.pad(&if *of < 2 { format!("{mean:.2}") } else { format!("{mean:.2} [{low:.2}, {high:.2}]") })
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
        assert_eq!(Interval::new(&[3.0]).to_string(), "3.00");
        // A textbook's: 2 of mean, 0.577 of standard error, 4.303 of those.
        let three = Interval::new(&[1.0, 2.0, 3.0]);
        assert_eq!(three.to_string(), "2.00 [-0.48, 4.48]");
        assert_eq!(Interval::new(&[0.5, 0.5, 0.5]).to_string(), "0.50 [0.50, 0.50]");
    }

    #[test]
    fn a_ratio_is_of_sums_and_none_of_nothing() {
        let ratio = Interval::ratio(&[(2.0, 1.0), (4.0, 3.0)].repeat(5)).unwrap();
        assert_eq!((ratio.mean, ratio.of), (1.5, 10));
        assert!(ratio.low >= 4.0 / 3.0 && ratio.high <= 2.0, "{ratio:?}");
        let few = Interval::ratio(&[(2.0, 1.0), (2.3, 1.1), (1.7, 0.9)]).unwrap();
        assert!((few.mean - 2.0).abs() < 1e-9 && few.low > 1.7 && few.high < 2.3, "{few:?}");
        assert_eq!(Interval::ratio(&[(1.0, 0.0), (1.0, -1.0)]), None);
        // What the second ones come to may as well be nothing.
        assert_eq!(Interval::ratio(&[(2.0, 1.0), (4.0, -0.5), (3.0, 0.2)]), None);
        assert_eq!(Interval::ratio(&[]), None);
    }

    #[test]
    fn the_interval_holds_the_truth_about_as_often_as_it_says() {
        let mut rng = Pcg32::seed_from_u64(1);
        for of in [3, 7, 20] {
            let holds = |_| {
                let values: Vec<f64> = (0..of).map(|_| rng.random::<f64>()).collect();
                let Interval { low, high, .. } = Interval::new(&values);
                usize::from(low <= 0.5 && 0.5 <= high)
            };
            let held: usize = (0..300).map(holds).sum();
            assert!((270..300).contains(&held), "{held} of 300, {of} values each");
        }
    }
}
