//! Pictures in another size, as the Python imaging library's Lanczos filter makes them: along the
//! rows, then along the columns, rounded to whole levels after each. General crates go the other way
//! round or don't round between, and differ by tens of levels beside sharp edges.

use std::f64::consts::PI;

/// How far the filter reaches, in pixels of the coarser of the two pictures.
const REACH: f64 = 3.0;

/// The one as a weight. The weights are whole numbers as in that library: on even slopes many levels
/// fall between two whole ones, and the weights' own rounding decides.
const ONE: i32 = 1 << 22;

/// A square picture, `[from, from, 3]`, as `[to, to, 3]`.
pub(super) fn resized(rgb: &[u8], from: usize, to: usize) -> Vec<u8> {
    if from == to {
        return rgb.to_vec();
    }
    let taps: Vec<_> = (0..to).map(|at| taps(at, from, to)).collect();
    along(&along(rgb, from, &taps), from, &taps)
}

/// `[rows, from, 3]`, resized along the rows and turned over: `[to, rows, 3]`.
fn along(rgb: &[u8], from: usize, taps: &[(usize, Vec<i32>)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rgb.len() / from * taps.len());
    for (first, weights) in taps {
        for row in rgb.chunks_exact(from * 3) {
            let near = row[first * 3..].chunks_exact(3).zip(weights);
            let sum = near.fold([ONE / 2; 3], |sum, (pixel, weight)| {
                std::array::from_fn(|channel| sum[channel] + i32::from(pixel[channel]) * weight)
            });
            out.extend(sum.map(|level| level.div_euclid(ONE).clamp(0, 255) as u8));
        }
    }
    out
}

/// The first pixel that a pixel is made from, and the weights of that and the next ones.
fn taps(at: usize, from: usize, to: usize) -> (usize, Vec<i32>) {
    let step = from as f64 / to as f64;
    let coarse = step.max(1.0);
    let centre = (at as f64 + 0.5) * step;
    let first = (centre - REACH * coarse).round().max(0.0) as usize;
    let after = ((centre + REACH * coarse).round() as usize).min(from);
    let weights: Vec<f64> = (first..after).map(|x| lanczos((x as f64 + 0.5 - centre) / coarse)).collect();
    let sum: f64 = weights.iter().sum();
    (first, weights.into_iter().map(|weight| (weight / sum * f64::from(ONE)).round() as i32).collect())
}

fn lanczos(x: f64) -> f64 {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
    if x.abs() < REACH { sinc(x) * sinc(x / REACH) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_picture_stays_flat() {
        let flat = [10, 128, 255].repeat(12 * 12);
        for to in [5, 12, 31] {
            assert_eq!(resized(&flat, 12, to), [10, 128, 255].repeat(to * to), "{to}");
        }
    }

    #[test]
    fn rows_and_columns_keep_their_places() {
        // Bright in the second quarter: right half of the upper half.
        let bright = |row: usize, column: usize| if row < 8 && column >= 8 { [200; 3] } else { [0; 3] };
        let picture: Vec<u8> = (0..16 * 16).flat_map(|at| bright(at / 16, at % 16)).collect();
        let small = resized(&picture, 16, 4);
        let corner = |row: usize, column: usize| small[(row * 4 + column) * 3];
        assert!(corner(0, 3) > 190 && corner(0, 0) < 10 && corner(3, 3) < 10 && corner(3, 0) < 10);
    }
}
