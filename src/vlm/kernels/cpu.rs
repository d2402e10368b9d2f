//! The kernels on the CPU, on burn-flex's tensors.
//!
//! A matrix is read as bytes: a decision reads all weights once a token, so a quarter of the bytes
//! is a quarter of the time. Activations are rounded to integers too, a row at a time, with as many bits
//! as the 32-bit sums allow (13 or more; fewer in rows of over 4,128), so that the rounding of the weights is all that is lost.
//! Vectors of 128 bits by the crate `wide`: SSE2 natively and SIMD128 in the browser; and of 256 bits, with the
//! same sums, where a native program is built for AVX2.

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use burn_flex::FlexTensor;
use wide::{f32x4, f32x8, i8x16, i16x8, i16x16};

use super::{Heads, Sight};
use crate::vlm::layers::Lora;
use crate::vlm::weights::Quantised;

/// A tensor's numbers, row by row.
struct Rows(FlexTensor);

impl Rows {
    fn of(x: Tensor<2>) -> Self {
        let x = x.try_into_primitive::<Flex>().expect("the CPU kernels were chosen for a CPU tensor");
        Self(if x.as_slice::<f32>().is_some() { x } else { x.to_contiguous() })
    }

    fn values(&self) -> &[f32] {
        self.0.as_slice().expect("made contiguous")
    }
}

fn tensor(values: Vec<f32>, rows: usize) -> Tensor<2> {
    let columns = values.len() / rows;
    let data = TensorData::new(values, [rows, columns]);
    Tensor::from_primitive::<Flex>(FlexTensor::from_data(data))
}

/// `x [rows, in]` times a matrix `[out, in]`.
pub fn linear(x: Tensor<2>, matrix: &Quantised) -> Tensor<2> {
    let [rows, columns] = x.dims();
    let x = Rows::of(x);
    let rounded = Rounded::new(x.values(), columns);
    let outs = matrix.scales.len();
    let mut out = vec![0.0; rows * outs];
    let mut from = 0;
    while from < rows {
        // A tile's rows share each load of a weight; sums, numbers and weights of three rows fit the 16 registers.
        let left = rows - from;
        let tile = if left == 4 { 2 } else { left.min(3) };
        let out = &mut out[from * outs..(from + tile) * outs];
        match tile {
            1 => rounded.multiply::<1, 4>(from, matrix, out),
            2 => rounded.multiply::<2, 4>(from, matrix, out),
            _ => rounded.multiply::<3, 2>(from, matrix, out),
        }
        from += tile;
    }
    tensor(out, rows)
}

/// How many weights one step of the inner loop takes; rows are padded to it.
const STEP: usize = 16;

/// Rows as integers, each with a scale.
struct Rounded {
    codes: Vec<i16>,
    scales: Vec<f32>,
    columns: usize,
    padded: usize,
}

impl Rounded {
    fn new(values: &[f32], columns: usize) -> Self {
        let padded = columns.next_multiple_of(STEP);
        // A sum of `columns` products with bytes must fit 32 bits.
        let limit = (i32::MAX / (127 * padded as i32)).min(32_767) as f32;
        let rows = values.len() / columns;
        let mut codes = vec![0i16; rows * padded];
        let mut scales = Vec::with_capacity(rows);
        for (row, codes) in values.chunks_exact(columns).zip(codes.chunks_exact_mut(padded)) {
            let largest = largest(row);
            let scale = if largest > 0.0 { largest / limit } else { 1.0 };
            round(row, 1.0 / scale, codes);
            scales.push(scale);
        }
        Self { codes, scales, columns, padded }
    }

    /// Rows `from..from + R` times the matrix, `O` outputs at a time.
    fn multiply<const R: usize, const O: usize>(&self, from: usize, matrix: &Quantised, out: &mut [f32]) {
        let outs = matrix.scales.len();
        let whole = outs - outs % O;
        for o in (0..whole).step_by(O) {
            self.tile::<R, O>(from, o, matrix, out);
        }
        for o in whole..outs {
            self.tile::<R, 1>(from, o, matrix, out);
        }
    }

    // Plain loops over arrays whose length the compiler knows: closures here would stay calls.
    #[inline(always)]
    fn tile<const R: usize, const O: usize>(
        &self,
        from: usize,
        o: usize,
        matrix: &Quantised,
        out: &mut [f32],
    ) {
        let (columns, outs) = (self.columns, matrix.scales.len());
        let steps = columns / STEP;
        let mut rows: [&[[i16; STEP]]; R] = [&[]; R];
        for (r, row) in rows.iter_mut().enumerate() {
            let at = (from + r) * self.padded;
            *row = &self.codes[at..at + self.padded].as_chunks().0[..steps];
        }
        let mut weights: [&[[i8; STEP]]; O] = [&[]; O];
        for (i, weights) in weights.iter_mut().enumerate() {
            *weights = &matrix.codes[(o + i) * columns..(o + i + 1) * columns].as_chunks().0[..steps];
        }
        let mut sums = [[Sums::ZERO; O]; R];
        for step in 0..steps {
            let mut x = [lanes(&[0; STEP]); R];
            for r in 0..R {
                x[r] = lanes(&rows[r][step]);
            }
            for i in 0..O {
                let weights = lanes(&i16x16::from_i8x16(i8x16::new(weights[i][step])).to_array());
                for r in 0..R {
                    add_products(&mut sums[r][i], x[r], weights);
                }
            }
        }
        for r in 0..R {
            for i in 0..O {
                let mut sum = sums[r][i].reduce_add();
                for column in steps * STEP..columns {
                    let weight = i32::from(matrix.codes[(o + i) * columns + column]);
                    sum += i32::from(self.codes[(from + r) * self.padded + column]) * weight;
                }
                out[r * outs + o + i] = sum as f32 * (self.scales[from + r] * matrix.scales[o + i]);
            }
        }
    }
}

/// One step's numbers in the target's vectors.
#[cfg(target_feature = "avx2")]
type Lanes = i16x16;
#[cfg(not(target_feature = "avx2"))]
type Lanes = [i16x8; 2];

/// Sums of their products.
#[cfg(target_feature = "avx2")]
type Sums = wide::i32x8;
#[cfg(not(target_feature = "avx2"))]
type Sums = wide::i32x4;

#[cfg(target_feature = "avx2")]
#[inline(always)]
fn lanes(x: &[i16; STEP]) -> Lanes {
    i16x16::new(*x)
}

#[cfg(not(target_feature = "avx2"))]
#[inline(always)]
fn lanes(x: &[i16; STEP]) -> Lanes {
    [i16x8::from_slice_unaligned(&x[..8]), i16x8::from_slice_unaligned(&x[8..])]
}

#[cfg(target_feature = "avx2")]
#[inline(always)]
fn add_products(sums: &mut Sums, x: Lanes, weights: Lanes) {
    *sums += x.dot(weights);
}

#[cfg(not(target_feature = "avx2"))]
#[inline(always)]
fn add_products(sums: &mut Sums, x: Lanes, weights: Lanes) {
    *sums += x[0].dot(weights[0]);
    *sums += x[1].dot(weights[1]);
}

/// The largest magnitude of some numbers.
fn largest(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<4>();
    let mut most = f32x4::ZERO;
    for x in chunks {
        most = most.fast_max(f32x4::new(*x).abs());
    }
    // Comparisons by hand: `f32::max` is a call in WebAssembly.
    let mut largest = 0.0;
    for x in most.to_array().iter().chain(rest) {
        if x.abs() > largest {
            largest = x.abs();
        }
    }
    largest
}

/// Multiplies numbers by a factor and rounds them to the nearest integers.
fn round(row: &[f32], factor: f32, codes: &mut [i16]) {
    // Adding and taking away 1.5 * 2^23 leaves no place for a fraction.
    const SHIFT: f32 = 12_582_912.0;
    let ((chunks, rest), (codes, last)) = (row.as_chunks::<8>(), codes.as_chunks_mut::<8>());
    let (factors, shift) = (f32x8::splat(factor), f32x8::splat(SHIFT));
    for (x, codes) in chunks.iter().zip(codes.iter_mut()) {
        let whole = (f32x8::new(*x) * factors + shift) - shift;
        *codes = i16x8::from_i32x8_truncate(whole.fast_trunc_int()).to_array();
    }
    let last = codes[chunks.len()..].as_flattened_mut().iter_mut().chain(last);
    for (x, code) in rest.iter().zip(last) {
        *code = ((x * factor + SHIFT) - SHIFT) as i16;
    }
}

/// The sum of products of two rows.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    dots(a, [b])[0]
}

/// The sums of products of a row with each of some others: what is read of it once serves them all.
#[inline(always)]
fn dots<const N: usize>(a: &[f32], others: [&[f32]; N]) -> [f32; N] {
    let (a4, a1) = a.as_chunks::<4>();
    let mut fours: [&[[f32; 4]]; N] = [&[]; N];
    for n in 0..N {
        fours[n] = &others[n].as_chunks().0[..a4.len()];
    }
    let mut lanes = [f32x4::ZERO; N];
    for (i, a) in a4.iter().enumerate() {
        let a = f32x4::new(*a);
        for n in 0..N {
            lanes[n] += a * f32x4::new(fours[n][i]);
        }
    }
    let mut sums = [0.0; N];
    for n in 0..N {
        sums[n] = lanes[n].reduce_add();
        for (a, b) in a1.iter().zip(&others[n][a.len() - a1.len()..]) {
            sums[n] += a * b;
        }
    }
    sums
}

/// Adds low-rank corrections, see [`super::Kernels::correct`]. Row by row: a row's numbers are the same
/// whoever stands beside it.
pub fn correct(out: Tensor<2>, x: Tensor<2>, runs: &[(usize, Option<&Lora>)]) -> Tensor<2> {
    let ([rows, outs], columns) = (out.dims(), x.dims()[1]);
    let (mut out, x) = (Rows::of(out).values().to_vec(), Rows::of(x));
    let mut pairs = out.chunks_exact_mut(outs).zip(x.values().chunks_exact(columns));
    for (count, lora) in runs {
        let pairs = pairs.by_ref().take(*count);
        let Some(Lora { a, b }) = lora else {
            pairs.for_each(drop);
            continue;
        };
        let rank = a.dims()[0];
        let (a, b) = (Rows::of(a.clone()), Rows::of(b.clone()));
        let mut low = vec![0.0; rank];
        for (out, x) in pairs {
            low.iter_mut().zip(a.values().chunks_exact(columns)).for_each(|(low, a)| *low = dot(x, a));
            out.iter_mut().zip(b.values().chunks_exact(rank)).for_each(|(out, b)| *out += dot(&low, b));
        }
    }
    tensor(out, rows)
}

/// `x / rms(x) * weight`.
pub fn rms_norm(x: Tensor<2>, weight: &Tensor<2>, eps: f32) -> Tensor<2> {
    let [rows, columns] = x.dims();
    let (x, weight) = (Rows::of(x), Rows::of(weight.clone()));
    let mut out = Vec::with_capacity(rows * columns);
    for row in x.values().chunks_exact(columns) {
        let scale = 1.0 / (dot(row, row) / columns as f32 + eps).sqrt();
        out.extend(row.iter().zip(weight.values()).map(|(x, weight)| x * scale * weight));
    }
    tensor(out, rows)
}

/// A function of every number of a tensor, four at a time.
#[inline(always)]
fn map(x: &[f32], f: impl Fn(f32x4) -> f32x4) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    let ((chunks, rest), (outs, last)) = (x.as_chunks::<4>(), out.as_chunks_mut::<4>());
    for (out, x) in outs.iter_mut().zip(chunks) {
        *out = f(f32x4::new(*x)).to_array();
    }
    for (out, x) in last.iter_mut().zip(rest) {
        *out = f(f32x4::splat(*x)).to_array()[0];
    }
    out
}

/// `silu(gate) * up`.
pub fn swiglu(gate: Tensor<2>, up: Tensor<2>) -> Tensor<2> {
    let rows = gate.dims()[0];
    let (gate, up) = (Rows::of(gate), Rows::of(up));
    let mut out = map(gate.values(), |x| x / (f32x4::ONE + (-x).exp()));
    out.iter_mut().zip(up.values()).for_each(|(x, up)| *x *= up);
    tensor(out, rows)
}

/// GELU with tanh.
pub fn gelu(x: Tensor<2>) -> Tensor<2> {
    let rows = x.dims()[0];
    let twice_root = f32x4::splat(2.0 * (2.0 / std::f32::consts::PI).sqrt());
    let cubic = f32x4::splat(0.044_715);
    // x * (1 + tanh(y)) / 2 is x / (1 + exp(-2y)).
    let out = map(Rows::of(x).values(), |x| {
        let inner = (x + cubic * x * x * x) * twice_root;
        x / (f32x4::ONE + (-inner).exp())
    });
    tensor(out, rows)
}

/// Turns the heads of a row: `cos` and `sin` are `[width / 2]`.
fn turn(row: &mut [f32], width: usize, cos: &[f32], sin: &[f32]) {
    for head in row.chunks_exact_mut(width) {
        let (first, second) = head.split_at_mut(width / 2);
        for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
            (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
        }
    }
}

/// Attention of new rows over a cache, see [`super::Kernels::attend_cached`].
pub fn attend(
    [q, k, v]: [Tensor<2>; 3],
    heads: Heads,
    rotation: Option<(&[f32], &[f32])>,
    [keys, values]: [&mut [f32]; 2],
    sights: &[Sight],
) -> Tensor<2> {
    let Heads { width, .. } = heads;
    let (group, half, stored) = (heads.queries / heads.keys, width / 2, heads.keys * width);
    let mut q = Rows::of(q).values().to_vec();
    let (k, v) = (Rows::of(k), Rows::of(v));
    let scale = 1.0 / (width as f32).sqrt();
    q.iter_mut().for_each(|x| *x *= scale);
    let stretch = heads.queries * width;
    // Rows that ask nothing, before those that do.
    let silent = sights.len() - q.len() / stretch;
    for (row, Sight { slot, .. }) in sights.iter().enumerate() {
        let key = &mut keys[slot * stored..(slot + 1) * stored];
        key.copy_from_slice(&k.values()[row * stored..(row + 1) * stored]);
        values[slot * stored..(slot + 1) * stored]
            .copy_from_slice(&v.values()[row * stored..(row + 1) * stored]);
        if let Some((cos, sin)) = rotation {
            let (cos, sin) = (&cos[row * half..(row + 1) * half], &sin[row * half..(row + 1) * half]);
            turn(key, width, cos, sin);
            if let Some(row) = row.checked_sub(silent) {
                turn(&mut q[row * stretch..(row + 1) * stretch], width, cos, sin);
            }
        }
    }
    let mut out = vec![0.0; q.len()];
    let mut scores: Vec<f32> = Vec::new();
    let mut slots: Vec<usize> = Vec::new();
    let asking = sights[silent..].iter().zip(q.chunks_exact(stretch));
    for ((sight, q), out) in asking.zip(out.chunks_exact_mut(stretch)) {
        slots.clear();
        slots.extend(sight.slots());
        for (head, (q, out)) in q.chunks_exact(width).zip(out.chunks_exact_mut(width)).enumerate() {
            let place = head / group * width;
            let at = |slot: &usize| slot * stored + place..slot * stored + place + width;
            // Four slots at once, and those that are left one by one.
            let (fours, rest) = slots.as_chunks::<4>();
            scores.clear();
            for [a, b, c, d] in fours {
                scores.extend(dots(q, [&keys[at(a)], &keys[at(b)], &keys[at(c)], &keys[at(d)]]));
            }
            scores.extend(rest.iter().map(|slot| dot(q, &keys[at(slot)])));
            let most = scores.iter().copied().fold(f32::MIN, |a, b| if b > a { b } else { a });
            let mut weights = map(&scores, |x| (x - f32x4::splat(most)).exp());
            let whole = 1.0 / weights.iter().sum::<f32>();
            weights.iter_mut().for_each(|weight| *weight *= whole);
            let (four_weights, rest_weights) = weights.as_chunks::<4>();
            for ([a, b, c, d], weights) in fours.iter().zip(four_weights) {
                add_scaled(out, [&values[at(a)], &values[at(b)], &values[at(c)], &values[at(d)]], *weights);
            }
            for (slot, weight) in rest.iter().zip(rest_weights) {
                add_scaled(out, [&values[at(slot)]], [*weight]);
            }
        }
    }
    tensor(out, sights.len() - silent)
}

/// `out += row * weight`, for one row after another.
#[inline(always)]
fn add_scaled<const N: usize>(out: &mut [f32], rows: [&[f32]; N], weights: [f32; N]) {
    let (out4, out1) = out.as_chunks_mut::<4>();
    let mut fours: [&[[f32; 4]]; N] = [&[]; N];
    let mut rests: [&[f32]; N] = [&[]; N];
    for n in 0..N {
        let (four, rest) = rows[n].as_chunks();
        (fours[n], rests[n]) = (&four[..out4.len()], &rest[..out1.len()]);
    }
    for (i, out) in out4.iter_mut().enumerate() {
        let mut sum = f32x4::new(*out);
        for n in 0..N {
            sum += f32x4::new(fours[n][i]) * f32x4::splat(weights[n]);
        }
        *out = sum.to_array();
    }
    for (i, out) in out1.iter_mut().enumerate() {
        for n in 0..N {
            *out += rests[n][i] * weights[n];
        }
    }
}
