//! The arithmetic that the model's layers are made of, once for each kind of device.
//!
//! Every kernel has a plain form, composed of burn's operations: it can be differentiated and runs
//! anywhere. Where that is too slow to play with, a device has a form of its own.

use std::cell::OnceCell;
use std::ops::Range;

use burn::tensor::activation::{gelu_approximate, silu, softmax};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::layers::Lora;
use super::weights::Quantised;

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;

/// Which form of the kernels a device takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernels {
    /// burn's operations: wherever gradients are wanted.
    Plain,
    /// Our own on burn-flex's tensors.
    #[cfg(feature = "cpu")]
    Cpu,
    /// Our own on burn-cubecl's tensors.
    #[cfg(feature = "gpu")]
    Gpu,
}

/// A matrix `[out, in]` that rows are multiplied with.
#[allow(clippy::large_enum_variant, reason = "a model has a few dozen")]
pub enum Matrix {
    /// As f32 on the device.
    Full(Tensor<2>),
    /// As bytes, for the CPU.
    Quantised(Quantised),
}

impl Matrix {
    /// The first rows of the matrix.
    pub fn first_rows(&self, rows: usize) -> Self {
        match self {
            Self::Full(weight) => Self::Full(weight.clone().narrow(0, 0, rows)),
            Self::Quantised(Quantised { codes, scales }) => {
                let columns = codes.len() / scales.len();
                Self::Quantised(Quantised {
                    codes: codes[..rows * columns].into(),
                    scales: scales[..rows].into(),
                })
            }
        }
    }
}

/// The heads of an attention layer.
#[derive(Debug, Clone, Copy)]
pub struct Heads {
    /// Query heads.
    pub queries: usize,
    /// Key and value heads; each serves `queries / keys` query heads.
    pub keys: usize,
    /// Width of a head.
    pub width: usize,
}

/// Rotary position encoding (Su et al., arXiv 2104.09864) for some rows: angle `position * theta^(-2i/width)`
/// turns number `i` of a head against number `i + width/2`, as Llama has it.
pub struct Rotation {
    /// `[rows, width / 2]`
    cos: Vec<f32>,
    /// `[rows, width / 2]`
    sin: Vec<f32>,
    half: usize,
    /// Both as `[rows, 1, width]` on the device, made once for all layers.
    tables: OnceCell<[Tensor<3>; 2]>,
    /// Both as they are on the device, likewise.
    #[cfg(feature = "gpu")]
    halves: OnceCell<[Tensor<2>; 2]>,
}

impl Rotation {
    /// For rows at these positions.
    pub fn new(positions: impl IntoIterator<Item = usize>, width: usize, theta: f64) -> Self {
        let half = width / 2;
        let frequency = |i: usize| 1.0 / (theta as f32).powf(2.0 * i as f32 / width as f32);
        let frequencies: Vec<f32> = (0..half).map(frequency).collect();
        let angles: Vec<f32> =
            positions.into_iter().flat_map(|at| frequencies.iter().map(move |f| at as f32 * f)).collect();
        Self {
            cos: angles.iter().map(|angle| angle.cos()).collect(),
            sin: angles.iter().map(|angle| angle.sin()).collect(),
            half,
            tables: OnceCell::new(),
            #[cfg(feature = "gpu")]
            halves: OnceCell::new(),
        }
    }

    #[cfg(feature = "gpu")]
    fn halves(&self, device: &Device) -> [Tensor<2>; 2] {
        let table = |values: &Vec<f32>| {
            let rows = values.len() / self.half;
            Tensor::from_data(TensorData::new(values.clone(), [rows, self.half]), device)
        };
        self.halves.get_or_init(|| [&self.cos, &self.sin].map(table)).clone()
    }

    /// Turns `[rows, heads, width]`: the last of the rows, where there are fewer.
    fn turn(&self, x: Tensor<3>) -> Tensor<3> {
        let tables = self.tables.get_or_init(|| {
            let rows = self.cos.len() / self.half;
            [&self.cos, &self.sin].map(|values| {
                let half = TensorData::new(values.clone(), [rows, 1, self.half]);
                let half = Tensor::<3>::from_data(half, &x.device());
                Tensor::cat(vec![half.clone(), half], 2)
            })
        });
        let [cos, sin] = tables.clone().map(|table| last_rows(table, x.dims()[0]));
        let first = x.clone().narrow(2, 0, self.half);
        let second = x.clone().narrow(2, self.half, self.half);
        x * cos + Tensor::cat(vec![-second, first], 2) * sin
    }
}

/// Which keys and values a new row may see, and where its own go in the [`Cache`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// The slot that the row's own key and value go to.
    pub slot: usize,
    /// The row sees, from this slot on,
    pub start: usize,
    /// so many slots,
    pub shared: usize,
    /// and, from this slot on,
    pub first: usize,
    /// every `stride`th,
    pub stride: usize,
    /// so many times.
    pub count: usize,
}

impl Sight {
    /// The slots that the row sees.
    pub fn slots(&self) -> impl Iterator<Item = usize> + use<> {
        let Self { start, shared, first, stride, count, .. } = *self;
        (start..start + shared).chain((0..count).map(move |i| first + i * stride))
    }
}

impl Sight {
    /// The same, so many slots further on.
    pub fn moved(self, by: usize) -> Self {
        Self { slot: self.slot + by, start: self.start + by, first: self.first + by, ..self }
    }
}

/// The sights of some rows.
pub struct Sights {
    /// One a row.
    pub rows: Vec<Sight>,
    /// The same as a mask over all slots, made once for all layers.
    mask: OnceCell<Tensor<2>>,
    /// The same as numbers, likewise.
    #[cfg(feature = "gpu")]
    table: OnceCell<Tensor<1, Int>>,
}

impl Sights {
    /// Of these rows.
    pub fn new(rows: Vec<Sight>) -> Self {
        Self {
            rows,
            mask: OnceCell::new(),
            #[cfg(feature = "gpu")]
            table: OnceCell::new(),
        }
    }

    /// The most slots that a row sees.
    #[cfg(feature = "gpu")]
    fn most_seen(&self) -> usize {
        self.rows.iter().map(|sight| sight.shared + sight.count).max().unwrap_or_default()
    }

    #[cfg(feature = "gpu")]
    fn table(&self, device: &Device) -> Tensor<1, Int> {
        let table = || {
            let numbers = gpu::table(&self.rows);
            let count = numbers.len();
            Tensor::from_data(TensorData::new(numbers, [count]), device)
        };
        self.table.get_or_init(table).clone()
    }

    /// Of rows that go to these slots, one after another, and see everything up to themselves.
    pub fn onward(slots: Range<usize>) -> Self {
        Self::new(
            slots
                .map(|slot| Sight { slot, start: 0, shared: slot + 1, first: 0, stride: 1, count: 0 })
                .collect(),
        )
    }

    /// Of so many rows that see each other.
    pub fn mutual(rows: usize) -> Self {
        Self::new(
            (0..rows)
                .map(|slot| Sight { slot, start: 0, shared: rows, first: 0, stride: 1, count: 0 })
                .collect(),
        )
    }

    /// Zero where a row sees a slot, minus a lot where not; `[rows, slots]`.
    pub fn mask(&self, slots: usize, device: &Device) -> &Tensor<2> {
        self.mask.get_or_init(|| {
            let mut mask = vec![HIDDEN; self.rows.len() * slots];
            for (row, sight) in self.rows.iter().enumerate() {
                for slot in sight.slots() {
                    mask[row * slots + slot] = 0.0;
                }
            }
            Tensor::from_data(TensorData::new(mask, [self.rows.len(), slots]), device)
        })
    }
}

/// The keys and values of one layer, in buffers that were allocated before they are needed.
#[allow(clippy::large_enum_variant, reason = "a model has one a layer")]
pub enum Cache {
    /// `[slots, keys * width]` each, on the device.
    Device {
        /// Keys.
        keys: Tensor<2>,
        /// Values.
        values: Tensor<2>,
    },
    /// The same in memory, for the CPU.
    #[cfg(feature = "cpu")]
    Memory {
        /// Numbers a slot.
        width: usize,
        /// Keys.
        keys: Vec<f32>,
        /// Values.
        values: Vec<f32>,
    },
}

impl Cache {
    /// Copies the key and value of a slot to another.
    pub fn copy(&mut self, from: usize, to: usize) {
        match self {
            Self::Device { keys, values } => {
                for buffer in [keys, values] {
                    *buffer = put(buffer.clone(), [to].into_iter(), buffer.clone().narrow(0, from, 1));
                }
            }
            #[cfg(feature = "cpu")]
            Self::Memory { width, keys, values } => {
                for buffer in [keys, values] {
                    buffer.copy_within(from * *width..(from + 1) * *width, to * *width);
                }
            }
        }
    }

    /// Adds empty slots at the end.
    pub fn extend(&mut self, slots: usize) {
        match self {
            Self::Device { keys, values } => {
                for buffer in [keys, values] {
                    let more = Tensor::zeros([slots, buffer.dims()[1]], &buffer.device());
                    *buffer = Tensor::cat(vec![buffer.clone(), more], 0);
                }
            }
            #[cfg(feature = "cpu")]
            Self::Memory { width, keys, values } => {
                for buffer in [keys, values] {
                    buffer.resize(buffer.len() + slots * *width, 0.0);
                }
            }
        }
    }
}

impl Kernels {
    /// The form that fits a device.
    pub fn of(device: &Device) -> Self {
        if device.is_autodiff() {
            return Self::Plain;
        }
        #[cfg(feature = "cpu")]
        if *device == Device::flex() {
            return Self::Cpu;
        }
        #[cfg(feature = "gpu")]
        return Self::Gpu;
        #[cfg(not(feature = "gpu"))]
        Self::Plain
    }

    /// Whether what it computes with lies in the memory of the CPU.
    pub fn in_memory(self) -> bool {
        match self {
            #[cfg(feature = "cpu")]
            Self::Cpu => true,
            _ => false,
        }
    }

    /// Whether attention takes queries of the last rows alone. A graphics card's work at once on all rows
    /// costs no more than on one.
    pub fn takes_fewer_queries(self) -> bool {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu => false,
            _ => true,
        }
    }

    /// An empty cache for one layer.
    pub fn cache(self, slots: usize, heads: Heads, device: &Device) -> Cache {
        let width = heads.keys * heads.width;
        match self {
            #[cfg(feature = "cpu")]
            Self::Cpu => {
                Cache::Memory { width, keys: vec![0.0; slots * width], values: vec![0.0; slots * width] }
            }
            _ => {
                let empty = || Tensor::zeros([slots, width], device);
                Cache::Device { keys: empty(), values: empty() }
            }
        }
    }

    /// `x [rows, in]` times a matrix `[out, in]`: `[rows, out]`.
    pub fn linear(self, x: Tensor<2>, matrix: &Matrix) -> Tensor<2> {
        match matrix {
            Matrix::Full(weight) => x.matmul(weight.clone().transpose()),
            #[cfg(feature = "cpu")]
            Matrix::Quantised(matrix) => cpu::linear(x, matrix),
            #[cfg(not(feature = "cpu"))]
            Matrix::Quantised(_) => unreachable!("only the CPU multiplies with bytes"),
        }
    }

    /// Adds low-rank corrections to what a linear layer made of `x`: so many rows one after another take
    /// each. `out [rows, out]`, `x [rows, in]`.
    pub fn correct(self, out: Tensor<2>, x: Tensor<2>, runs: &[(usize, Option<&Lora>)]) -> Tensor<2> {
        #[cfg(feature = "cpu")]
        if self == Self::Cpu {
            return cpu::correct(out, x, runs);
        }
        let mut from = 0;
        let corrected = runs.iter().map(|(rows, lora)| {
            let part = |x: &Tensor<2>| x.clone().narrow(0, from, *rows);
            let (out, x) = (part(&out), part(&x));
            from += rows;
            match lora {
                Some(Lora { a, b }) => out + x.matmul(a.clone().transpose()).matmul(b.clone().transpose()),
                None => out,
            }
        });
        let mut corrected: Vec<Tensor<2>> = corrected.collect();
        if corrected.len() == 1 { corrected.remove(0) } else { Tensor::cat(corrected, 0) }
    }

    /// `x / rms(x) * weight` (Zhang and Sennrich, arXiv 1910.07467); `[rows, width]`, weight `[1, width]`.
    pub fn rms_norm(self, x: Tensor<2>, weight: &Tensor<2>, eps: f64) -> Tensor<2> {
        match self {
            Self::Plain => {
                let scale = (x.clone().square().mean_dim(1) + eps).sqrt();
                x / scale * weight.clone()
            }
            #[cfg(feature = "cpu")]
            Self::Cpu => cpu::rms_norm(x, weight, eps as f32),
            #[cfg(feature = "gpu")]
            Self::Gpu => gpu::rms_norm(x, weight, eps as f32),
        }
    }

    /// `(x - mean) / deviation * weight + bias`; `[rows, width]`, weight and bias `[1, width]`.
    pub fn layer_norm(self, x: Tensor<2>, weight: &Tensor<2>, bias: &Tensor<2>, eps: f64) -> Tensor<2> {
        let centred = x.clone() - x.mean_dim(1);
        let deviation = (centred.clone().square().mean_dim(1) + eps).sqrt();
        centred / deviation * weight.clone() + bias.clone()
    }

    /// `silu(gate) * up` (Shazeer, arXiv 2002.05202).
    pub fn swiglu(self, gate: Tensor<2>, up: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Plain => silu(gate) * up,
            #[cfg(feature = "cpu")]
            Self::Cpu => cpu::swiglu(gate, up),
            #[cfg(feature = "gpu")]
            Self::Gpu => gpu::swiglu(gate, up),
        }
    }

    /// GELU with tanh (Hendrycks and Gimpel, arXiv 1606.08415).
    pub fn gelu(self, x: Tensor<2>) -> Tensor<2> {
        match self {
            #[cfg(feature = "cpu")]
            Self::Cpu => cpu::gelu(x),
            _ => gelu_approximate(x),
        }
    }

    /// Attention among the rows themselves: `q [asking, queries * width]` of the last rows, `k` and `v`
    /// `[rows, keys * width]`, `mask [rows, rows]` added to the scores; `[asking, queries * width]`.
    pub fn attend(
        self,
        [q, k, v]: [Tensor<2>; 3],
        heads: Heads,
        rotation: Option<&Rotation>,
        mask: Option<&Tensor<2>>,
    ) -> Tensor<2> {
        let q = turned(q, heads.queries, heads, rotation);
        let k = turned(k, heads.keys, heads, rotation);
        attention(q, k, split(v, heads.keys, heads), heads, mask)
    }

    /// The same, and the attention itself: the share that each row gives each, the mean over the heads;
    /// `[rows, rows]`.
    pub fn attend_watched(
        self,
        [q, k, v]: [Tensor<2>; 3],
        heads: Heads,
        rotation: Option<&Rotation>,
        mask: Option<&Tensor<2>>,
    ) -> [Tensor<2>; 2] {
        let q = turned(q, heads.queries, heads, rotation);
        let k = turned(k, heads.keys, heads, rotation);
        let weights = shares(q, k, heads, mask);
        let rows = weights.dims()[1];
        let mean = weights.clone().mean_dim(0).reshape([rows, rows]);
        [mixed(weights, split(v, heads.keys, heads), heads), mean]
    }

    /// Attention of new rows over what a cache holds and themselves, each within its [`Sight`].
    /// The rows' keys and values go into the cache. The queries may be of the last rows alone, see
    /// [`Kernels::takes_fewer_queries`].
    pub fn attend_cached(
        self,
        [q, k, v]: [Tensor<2>; 3],
        heads: Heads,
        rotation: Option<&Rotation>,
        cache: &mut Cache,
        sights: &Sights,
    ) -> Tensor<2> {
        match cache {
            #[cfg(feature = "cpu")]
            Cache::Memory { keys, values, .. } => cpu::attend(
                [q, k, v],
                heads,
                rotation.map(|r| (&r.cos[..], &r.sin[..])),
                [keys, values],
                &sights.rows,
            ),
            #[cfg(feature = "gpu")]
            Cache::Device { keys, values } if self == Self::Gpu && sights.most_seen() <= gpu::MOST_SEEN => {
                let device = q.device();
                let still = Rotation::new(std::iter::repeat_n(0, sights.rows.len()), heads.width, 1.0);
                let tables = rotation.unwrap_or(&still).halves(&device);
                let (table, most) = (sights.table(&device), sights.most_seen());
                gpu::attend([q, k, v], heads, tables, [keys, values], table, most)
            }
            Cache::Device { keys, values } => {
                let q = turned(q, heads.queries, heads, rotation);
                let k = turned(k, heads.keys, heads, rotation)
                    .reshape([sights.rows.len(), heads.keys * heads.width]);
                let slots = sights.rows.iter().map(|sight| sight.slot);
                *keys = put(keys.clone(), slots.clone(), k);
                *values = put(values.clone(), slots, v);
                let mask = sights.mask(keys.dims()[0], &q.device());
                let (k, v) =
                    (split(keys.clone(), heads.keys, heads), split(values.clone(), heads.keys, heads));
                attention(q, k, v, heads, Some(mask))
            }
        }
    }

    /// Rows of a table `[tokens, width]`.
    pub fn embed(self, ids: &[u32], table: &Matrix, device: &Device) -> Tensor<2> {
        match table {
            Matrix::Full(table) => {
                let ids: Vec<i32> = ids.iter().map(|id| *id as i32).collect();
                let count = ids.len();
                table.clone().select(0, Tensor::<1, Int>::from_data(TensorData::new(ids, [count]), device))
            }
            Matrix::Quantised(Quantised { codes, scales }) => {
                let width = codes.len() / scales.len();
                let row = |id: &u32| {
                    let (id, scale) = (*id as usize, scales[*id as usize]);
                    codes[id * width..(id + 1) * width].iter().map(move |code| f32::from(*code) * scale)
                };
                let values: Vec<f32> = ids.iter().flat_map(row).collect();
                Tensor::from_data(TensorData::new(values, [ids.len(), width]), device)
            }
        }
    }
}

/// The last rows of a tensor.
pub fn last_rows<const D: usize>(x: Tensor<D>, rows: usize) -> Tensor<D> {
    let all = x.dims()[0];
    if rows == all { x } else { x.narrow(0, all - rows, rows) }
}

/// `[rows, heads * width]` as `[rows, heads, width]`.
fn split(x: Tensor<2>, count: usize, heads: Heads) -> Tensor<3> {
    let rows = x.dims()[0];
    x.reshape([rows, count, heads.width])
}

fn turned(x: Tensor<2>, count: usize, heads: Heads, rotation: Option<&Rotation>) -> Tensor<3> {
    let x = split(x, count, heads);
    match rotation {
        Some(rotation) => rotation.turn(x),
        None => x,
    }
}

/// `softmax(q k' / sqrt(width) + mask) v`; `q [rows, queries, width]`, `k` and `v` `[seen, keys, width]`,
/// `mask [rows, seen]`, of which the last rows count where there are more; `[rows, queries * width]`.
fn attention(q: Tensor<3>, k: Tensor<3>, v: Tensor<3>, heads: Heads, mask: Option<&Tensor<2>>) -> Tensor<2> {
    mixed(shares(q, k, heads, mask), v, heads)
}

/// The softmax of it, `[queries, rows, seen]`.
fn shares(q: Tensor<3>, k: Tensor<3>, heads: Heads, mask: Option<&Tensor<2>>) -> Tensor<3> {
    let (rows, seen, group) = (q.dims()[0], k.dims()[0], heads.queries / heads.keys);
    // [keys, group * rows, width], so that a group of query heads shares its keys.
    let grouped = q.reshape([rows, heads.keys, group, heads.width]).permute([1, 2, 0, 3]);
    let q = grouped.reshape([heads.keys, group * rows, heads.width]) / (heads.width as f64).sqrt();
    let mut scores = q.matmul(k.permute([1, 2, 0])).reshape([heads.keys * group, rows, seen]);
    if let Some(mask) = mask {
        scores = scores + last_rows(mask.clone(), rows).unsqueeze::<3>();
    }
    softmax(scores, 2)
}

/// What these shares make of the values.
fn mixed(shares: Tensor<3>, v: Tensor<3>, heads: Heads) -> Tensor<2> {
    let ([_, rows, seen], group) = (shares.dims(), heads.queries / heads.keys);
    let shares = shares.reshape([heads.keys, group * rows, seen]);
    let mixed = shares.matmul(v.permute([1, 0, 2])).reshape([heads.keys, group, rows, heads.width]);
    mixed.permute([2, 0, 1, 3]).reshape([rows, heads.queries * heads.width])
}

/// Writes rows to slots of a buffer, neighbours in one go.
fn put(mut buffer: Tensor<2>, slots: impl Iterator<Item = usize>, rows: Tensor<2>) -> Tensor<2> {
    let slots: Vec<usize> = slots.collect();
    let mut from = 0;
    for run in slots.chunk_by(|a, b| a + 1 == *b) {
        let values = rows.clone().narrow(0, from, run.len());
        let width = values.dims()[1];
        buffer = buffer.slice_assign([run[0]..run[0] + run.len(), 0..width], values);
        from += run.len();
    }
    buffer
}

/// What hides a key: finite, so that a row that sees nothing has no NaN.
pub const HIDDEN: f32 = -1e30;
