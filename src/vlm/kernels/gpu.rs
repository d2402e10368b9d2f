//! The kernels on a graphics card, through CubeCL on burn-cubecl's tensors.
//!
//! At these sizes a card is not waited for by the arithmetic but by the count of its dispatches: in a
//! browser each costs the host about as much as the work itself. So what burn composes of many
//! dispatches is one or two here.

#![allow(clippy::needless_range_loop, reason = "a loop of a kernel counts; there are no iterators there")]

use burn::tensor::Tensor;
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cubecl::calculate_cube_count_elemwise;
use cubecl::prelude::*;

use super::{Heads, Sight};

/// Units that work on one row together.
const UNITS: u32 = 64;
/// Seen slots that fit the shared memory that every WebGPU device has (16 KiB).
pub const MOST_SEEN: usize = 3072;

fn rows_of<const D: usize>(x: Tensor<D>) -> CubeTensor {
    let x = x.try_into_primitive::<CubeBackend>().expect("the GPU kernels were chosen for a GPU tensor");
    into_contiguous(x)
}

fn tensor(x: CubeTensor) -> Tensor<2> {
    Tensor::from_primitive::<CubeBackend>(x)
}

/// Room for `[rows, columns]` beside another tensor.
fn room(like: &CubeTensor, rows: usize, columns: usize) -> CubeTensor {
    let shape = [rows, columns].into();
    empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), shape, like.dtype)
}

/// The sum of one number a unit; every unit gets it.
#[cube]
fn sum_of_units(value: f32, shared: &mut [f32], #[comptime] units: usize) -> f32 {
    let unit = UNIT_POS as usize;
    sync_cube();
    shared[unit] = value;
    sync_cube();
    let mut sum = 0.0f32;
    for i in 0..units {
        sum += shared[i];
    }
    sum
}

#[cube(launch)]
fn rms_norm_rows(
    x: &[f32],
    weight: &[f32],
    out: &mut [f32],
    eps: f32,
    #[comptime] width: usize,
    #[comptime] units: usize,
) {
    let mut shared = Shared::<[f32]>::new_slice(units);
    let from = CUBE_POS * width;
    let mut squares = 0.0f32;
    let mut i = UNIT_POS as usize;
    while i < width {
        squares += x[from + i] * x[from + i];
        i += units;
    }
    let mean = sum_of_units(squares, &mut shared, units) / f32::cast_from(width as u32);
    let scale = 1.0f32 / (mean + eps).sqrt();
    let mut i = UNIT_POS as usize;
    while i < width {
        out[from + i] = x[from + i] * scale * weight[i];
        i += units;
    }
}

/// `x / rms(x) * weight`: one dispatch.
pub fn rms_norm(x: Tensor<2>, weight: &Tensor<2>, eps: f32) -> Tensor<2> {
    let [rows, width] = x.dims();
    let (x, weight) = (rows_of(x), rows_of(weight.clone()));
    let out = room(&x, rows, width);
    let client = out.client.clone();
    rms_norm_rows::launch(
        &client,
        CubeCount::new_1d(rows as u32),
        CubeDim::new_1d(UNITS),
        x.into_buffer_arg(),
        weight.into_buffer_arg(),
        out.clone().into_buffer_arg(),
        eps,
        width,
        UNITS as usize,
    );
    tensor(out)
}

#[cube(launch)]
fn swiglu_each(gate: &[f32], up: &[f32], out: &mut [f32]) {
    if ABSOLUTE_POS < out.len() {
        let x = gate[ABSOLUTE_POS];
        out[ABSOLUTE_POS] = x / (1.0f32 + (-x).exp()) * up[ABSOLUTE_POS];
    }
}

/// `silu(gate) * up`: one dispatch.
pub fn swiglu(gate: Tensor<2>, up: Tensor<2>) -> Tensor<2> {
    let [rows, width] = gate.dims();
    let (gate, up) = (rows_of(gate), rows_of(up));
    let out = room(&gate, rows, width);
    let client = out.client.clone();
    let cube = CubeDim::new_1d(UNITS);
    swiglu_each::launch(
        &client,
        // A long prompt of a large model needs more cubes than a card counts in one direction.
        calculate_cube_count_elemwise(&client, rows * width, cube),
        cube,
        gate.into_buffer_arg(),
        up.into_buffer_arg(),
        out.clone().into_buffer_arg(),
    );
    tensor(out)
}

/// Turns queries and keys, and puts keys and values into their slots: a cube a row.
#[cube(launch)]
fn place_rows(
    q: &[f32],
    k: &[f32],
    v: &[f32],
    cos: &[f32],
    sin: &[f32],
    sights: &[i32],
    turned: &mut [f32],
    keys: &mut [f32],
    values: &mut [f32],
    scale: f32,
    #[comptime] query_heads: usize,
    #[comptime] key_heads: usize,
    #[comptime] width: usize,
    #[comptime] units: usize,
) {
    let row = CUBE_POS;
    let half = comptime!(width / 2);
    let stored = comptime!(key_heads * width);
    let slot = sights[row * 6] as usize;
    let mut i = UNIT_POS as usize;
    while i < query_heads * half {
        let (head, at) = (i / half, i % half);
        let from = (row * query_heads + head) * width + at;
        let (a, b) = (q[from] * scale, q[from + half] * scale);
        let (c, s) = (cos[row * half + at], sin[row * half + at]);
        turned[from] = a * c - b * s;
        turned[from + half] = b * c + a * s;
        i += units;
    }
    let mut i = UNIT_POS as usize;
    while i < key_heads * half {
        let (head, at) = (i / half, i % half);
        let from = row * stored + head * width + at;
        let to = slot * stored + head * width + at;
        let (c, s) = (cos[row * half + at], sin[row * half + at]);
        keys[to] = k[from] * c - k[from + half] * s;
        keys[to + half] = k[from + half] * c + k[from] * s;
        i += units;
    }
    let mut i = UNIT_POS as usize;
    while i < stored {
        values[slot * stored + i] = v[row * stored + i];
        i += units;
    }
}

/// The slot of the `i`th thing that a row sees.
#[cube]
fn seen_slot(i: usize, sights: &[i32], row: usize) -> usize {
    let shared = sights[row * 6 + 2] as usize;
    let mut slot = sights[row * 6 + 1] as usize + i;
    if i >= shared {
        slot = sights[row * 6 + 3] as usize + (i - shared) * (sights[row * 6 + 4] as usize);
    }
    slot
}

/// Softmax attention of one row's head over what the row sees: a cube each.
#[cube(launch)]
fn attend_rows(
    q: &[f32],
    keys: &[f32],
    values: &[f32],
    sights: &[i32],
    out: &mut [f32],
    #[comptime] query_heads: usize,
    #[comptime] key_heads: usize,
    #[comptime] width: usize,
    #[comptime] most: usize,
    #[comptime] units: usize,
) {
    let row = CUBE_POS_X as usize;
    let head = CUBE_POS_Y as usize;
    let stored = comptime!(key_heads * width);
    let place = head / comptime!(query_heads / key_heads) * width;
    let seen = (sights[row * 6 + 2] + sights[row * 6 + 5]) as usize;
    let from = (row * query_heads + head) * width;
    let mut scores = Shared::<[f32]>::new_slice(most);
    let mut shared = Shared::<[f32]>::new_slice(units);

    let mut largest = f32::new(-1e30);
    let mut i = UNIT_POS as usize;
    while i < seen {
        let at = seen_slot(i, sights, row) * stored + place;
        let mut score = 0.0f32;
        for d in 0..width {
            score += q[from + d] * keys[at + d];
        }
        scores[i] = score;
        if score > largest {
            largest = score;
        }
        i += units;
    }
    shared[UNIT_POS as usize] = largest;
    sync_cube();
    for unit in 0..units {
        if shared[unit] > largest {
            largest = shared[unit];
        }
    }
    let mut part = 0.0f32;
    let mut i = UNIT_POS as usize;
    while i < seen {
        let weight = (scores[i] - largest).exp();
        scores[i] = weight;
        part += weight;
        i += units;
    }
    let whole = sum_of_units(part, &mut shared, units);
    let mut d = UNIT_POS as usize;
    while d < width {
        let mut mixed = 0.0f32;
        for i in 0..seen {
            mixed += scores[i] * values[seen_slot(i, sights, row) * stored + place + d];
        }
        out[from + d] = mixed / whole;
        d += units;
    }
}

/// Sights as the kernels read them, six numbers a row.
pub fn table(sights: &[Sight]) -> Vec<i32> {
    let row = |s: &Sight| [s.slot, s.start, s.shared, s.first, s.stride, s.count].map(|number| number as i32);
    sights.iter().flat_map(row).collect()
}

/// Attention of new rows over a cache, see [`super::Kernels::attend_cached`]: two dispatches. `cos` and `sin`
/// are `[rows, width / 2]`, `sights` is a [`table`], `most` at least as many slots as any row sees.
pub fn attend(
    [q, k, v]: [Tensor<2>; 3],
    heads: Heads,
    [cos, sin]: [Tensor<2>; 2],
    [keys, values]: [&Tensor<2>; 2],
    sights: Tensor<1, burn::tensor::Int>,
    most: usize,
) -> Tensor<2> {
    let rows = q.dims()[0];
    let [q, k, v, cos, sin] = [q, k, v, cos, sin].map(rows_of);
    // The caches are ours alone, and written in place.
    let [keys, values] = [keys.clone(), values.clone()].map(rows_of);
    let sights = sights.try_into_primitive::<CubeBackend>().expect("on the same device");
    let (turned, out) =
        (room(&q, rows, heads.queries * heads.width), room(&q, rows, heads.queries * heads.width));
    let client = out.client.clone();
    place_rows::launch(
        &client,
        CubeCount::new_1d(rows as u32),
        CubeDim::new_1d(UNITS),
        q.into_buffer_arg(),
        k.into_buffer_arg(),
        v.into_buffer_arg(),
        cos.into_buffer_arg(),
        sin.into_buffer_arg(),
        sights.clone().into_buffer_arg(),
        turned.clone().into_buffer_arg(),
        keys.clone().into_buffer_arg(),
        values.clone().into_buffer_arg(),
        1.0 / (heads.width as f32).sqrt(),
        heads.queries,
        heads.keys,
        heads.width,
        UNITS as usize,
    );
    attend_rows::launch(
        &client,
        CubeCount::new_2d(rows as u32, heads.queries as u32),
        CubeDim::new_1d(UNITS),
        turned.into_buffer_arg(),
        keys.into_buffer_arg(),
        values.into_buffer_arg(),
        sights.into_buffer_arg(),
        out.clone().into_buffer_arg(),
        heads.queries,
        heads.keys,
        heads.width,
        most.next_power_of_two().clamp(64, MOST_SEEN),
        UNITS as usize,
    );
    tensor(out)
}
