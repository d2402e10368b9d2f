//! What both towers are made of, and how weights become tensors of a device.

use std::cell::RefCell;

use burn::tensor::{Device, Tensor, TensorData};

use super::kernels::{Kernels, Matrix};
use super::weights::Weights;

/// How a model's matrices are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// As f32.
    Full,
    /// As bytes; only on the CPU.
    Quantised,
}

/// Makes the tensors of a model from its weights.
pub struct Builder<'a> {
    /// The numbers.
    pub weights: &'a Weights,
    /// Where the tensors go.
    pub device: &'a Device,
    /// How matrices are held.
    pub precision: Precision,
    /// Where gradients of the weights themselves are wanted: every tensor made so far, by name.
    pub leaves: Option<RefCell<Vec<(String, Tensor<2>)>>>,
}

impl Builder<'_> {
    /// A parameter as `[rows, columns]`; a vector is one row.
    pub fn tensor(&self, name: &str) -> Tensor<2> {
        let parameter = self.weights.get(name);
        let data = TensorData::new(parameter.full(), parameter.matrix_shape());
        let tensor = Tensor::from_data(data, self.device);
        let Some(leaves) = &self.leaves else { return tensor };
        let tensor = tensor.require_grad();
        leaves.borrow_mut().push((name.to_string(), tensor.clone()));
        tensor
    }

    /// A parameter that rows are multiplied with.
    pub fn matrix(&self, name: &str) -> Matrix {
        match self.precision {
            Precision::Full => Matrix::Full(self.tensor(name)),
            Precision::Quantised => Matrix::Quantised(self.weights.get(name).quantised()),
        }
    }

    /// A linear layer, with a bias where `bias` says so.
    pub fn linear(&self, name: &str, bias: bool) -> Linear {
        Linear {
            weight: self.matrix(&format!("{name}.weight")),
            bias: bias.then(|| self.tensor(&format!("{name}.bias"))),
            loras: Vec::new(),
        }
    }
}

/// A linear layer `[rows, in]` to `[rows, out]`.
pub struct Linear {
    weight: Matrix,
    bias: Option<Tensor<2>>,
    /// Low-rank corrections, each at its place.
    loras: Vec<Option<Lora>>,
}

/// Which correction the rows of a sequence take: so many rows one after another, and a place.
pub type Worn<'a> = &'a [(usize, Option<usize>)];

/// What the last rows take.
pub fn worn_last(worn: Worn, rows: usize) -> Vec<(usize, Option<usize>)> {
    let mut left = rows;
    let mut last: Vec<_> = worn
        .iter()
        .rev()
        .map(|&(count, place)| {
            let taken = count.min(left);
            left -= taken;
            (taken, place)
        })
        .collect();
    last.retain(|(count, _)| *count > 0);
    last.reverse();
    last
}

/// A low-rank correction of a linear layer (Hu et al., arXiv 2106.09685): `x a' b'`.
#[derive(Clone)]
pub struct Lora {
    /// `[rank, in]`
    pub a: Tensor<2>,
    /// `[out, rank]`, already scaled.
    pub b: Tensor<2>,
}

impl Linear {
    /// Applies the layer, without corrections.
    pub fn forward(&self, kernels: Kernels, x: Tensor<2>) -> Tensor<2> {
        let out = kernels.linear(x, &self.weight);
        match &self.bias {
            Some(bias) => out + bias.clone(),
            None => out,
        }
    }

    /// Applies the layer with the corrections that the rows take.
    pub fn forward_worn(&self, kernels: Kernels, x: Tensor<2>, worn: Worn) -> Tensor<2> {
        let lora = |place: Option<usize>| self.loras.get(place?)?.as_ref();
        let runs: Vec<(usize, Option<&Lora>)> =
            worn.iter().map(|&(rows, place)| (rows, lora(place))).collect();
        let out = self.forward(kernels, x.clone());
        if runs.iter().all(|(_, lora)| lora.is_none()) { out } else { kernels.correct(out, x, &runs) }
    }

    /// Puts a correction at a place, or takes it away.
    pub fn adopt(&mut self, place: usize, lora: Option<Lora>) {
        if self.loras.len() <= place {
            self.loras.resize(place + 1, None);
        }
        self.loras[place] = lora;
    }
}
