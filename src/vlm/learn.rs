//! Learning while playing: the gradient, for the adapter alone, of a weighted log-likelihood over
//! what the model wrote, held near the frozen model.

use std::collections::BTreeMap;

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};

use super::adapter::tensor;
use super::decoder::View;
use super::generate::numbers;
use super::kernels::HIDDEN;
use super::layers::{Builder, Precision};
use super::model::Model;
use super::{Vlm, VlmError};
use crate::mind::{Gradient, Lesson, Objective};

/// A prompt and its traces as the rows of one sequence, in the form of a tree: what several traces begin with
/// is there once. The last row of the prompt and all rows after it foretell tokens.
struct Tree {
    /// Tokens after the prompt's.
    ids: Vec<u32>,
    /// Each row's place in its own text.
    positions: Vec<usize>,
    /// The row before each row; the first has itself.
    before: Vec<usize>,
    /// How many traces go through each row that foretells.
    visits: Vec<f32>,
    /// For each of those rows and a token that was written after it: the weight of the traces that go on so.
    weights: BTreeMap<(usize, u32), f32>,
}

impl Tree {
    fn new(prompt: usize, traces: &[(Vec<u32>, Vec<f32>)]) -> Self {
        let mut tree = Self {
            ids: Vec::new(),
            positions: (0..prompt).collect(),
            before: (0..prompt).map(|row| row.saturating_sub(1)).collect(),
            visits: vec![0.0],
            weights: BTreeMap::new(),
        };
        let root = prompt - 1;
        let mut rows: BTreeMap<(usize, u32), usize> = BTreeMap::new();
        for (tokens, weights) in traces {
            let mut row = root;
            for (i, (&token, weight)) in tokens.iter().zip(weights).enumerate() {
                tree.visits[row - root] += 1.0;
                *tree.weights.entry((row - root, token)).or_default() += weight;
                // Nothing is foretold from the last token.
                if i + 1 < tokens.len() {
                    row = *rows.entry((row, token)).or_insert_with(|| tree.add(row, token));
                }
            }
        }
        tree
    }

    /// Adds a row after another.
    fn add(&mut self, before: usize, token: u32) -> usize {
        self.ids.push(token);
        self.positions.push(self.positions[before] + 1);
        self.before.push(before);
        self.visits.push(0.0);
        self.before.len() - 1
    }

    /// What every row may see: itself and what the row before it sees; `[rows, rows]`.
    fn mask(&self, device: &Device) -> Tensor<2> {
        let rows = self.before.len();
        let mut mask = vec![HIDDEN; rows * rows];
        for (row, before) in self.before.iter().enumerate() {
            mask.copy_within(before * rows..(before + 1) * rows, row * rows);
            mask[row * rows + row] = 0.0;
        }
        Tensor::from_data(TensorData::new(mask, [rows, rows]), device)
    }

    /// The weights of the tokens after each row that foretells, `[rows, answers]`.
    fn weights(&self, answers: usize, device: &Device) -> Tensor<2> {
        let mut weights = vec![0.0; self.visits.len() * answers];
        self.weights
            .iter()
            .for_each(|(&(row, token), weight)| weights[row * answers + token as usize] = *weight);
        Tensor::from_data(TensorData::new(weights, [self.visits.len(), answers]), device)
    }

    /// How many traces go through each row that foretells, `[rows, 1]`.
    fn visits(&self, device: &Device) -> Tensor<2> {
        Tensor::from_data(TensorData::new(self.visits.clone(), [self.visits.len(), 1]), device)
    }
}

impl Vlm {
    /// The gradient of the objective for the installed adapter, over lessons that count alike a token; its
    /// values are in the order of [`Adapter::values`](super::adapter::Adapter::values).
    ///
    /// # Errors
    /// If no adapter is installed, nothing was written, or the device fails.
    pub async fn learn(&mut self, lessons: &[Lesson], objective: Objective) -> Result<Gradient, VlmError> {
        self.learn_at(0, lessons, objective).await
    }

    /// The same for a player's adapter.
    pub(super) async fn learn_at(
        &mut self,
        player: usize,
        lessons: &[Lesson],
        objective: Objective,
    ) -> Result<Gradient, VlmError> {
        let adapter = self.adapters.get(&player).cloned().ok_or(VlmError::NothingToLearn)?;
        let answers = self.model.decoder.answers() as u32;
        let tokens: Vec<u32> =
            lessons.iter().flat_map(|lesson| &lesson.traces).flat_map(|(tokens, _)| tokens.clone()).collect();
        let is_whole = |(tokens, weights): &(Vec<u32>, Vec<f32>)| tokens.len() == weights.len();
        let is_whole = lessons.iter().flat_map(|lesson| &lesson.traces).all(is_whole);
        if !is_whole || tokens.is_empty() || tokens.iter().any(|token| *token >= answers) {
            return Err(VlmError::NothingToLearn);
        }
        let device = self.device.clone().autodiff();
        let mut student = match self.student.take() {
            Some(student) => student,
            None => Model::new(
                &Builder {
                    weights: &self.weights,
                    device: &device,
                    precision: Precision::Full,
                    leaves: None,
                },
                &self.config,
            ),
        };
        // Matrix by matrix in the order of their names.
        let zeros = adapter.parts.iter().map(|(name, part)| (name.clone(), vec![0f32; part.values.len()]));
        let mut slopes: BTreeMap<String, Vec<f32>> = zeros.collect();
        let mut sums = [0f32; 3];
        for lesson in
            lessons.iter().filter(|lesson| lesson.traces.iter().any(|(tokens, _)| !tokens.is_empty()))
        {
            let prompt = self.processor.prompt(&lesson.messages)?;
            let tree = Tree::new(prompt.ids.len(), &lesson.traces);
            let rows = Tensor::from_inner(self.rows(player, &prompt, 0));
            let frozen = foretell(&student, rows.clone(), &tree, &device, None).detach();
            let mut leaves = Vec::new();
            student.decoder.adopt_tensors(0, |layer, target| {
                adapter.lora_with(layer, target, |name, part| {
                    let leaf = tensor(part, &device).require_grad();
                    leaves.push((name.to_string(), leaf.clone()));
                    leaf
                })
            });
            let adapted = foretell(&student, rows, &tree, &device, Some(0));
            let count = tokens.len() as f32;
            let visits = tree.visits(&device);
            let likelihood = (adapted.clone() * tree.weights(answers as usize, &device)).sum() / count;
            let chances = adapted.clone().exp() * visits;
            let kl = (chances.clone() * (adapted.clone() - frozen)).sum() / count;
            let entropy = -(chances * adapted).sum() / count;
            let loss = -likelihood + kl.clone() * objective.kl + entropy.clone() * objective.entropy;
            let mut gradients = loss.backward();
            for (sum, part) in sums.iter_mut().zip([loss, kl, entropy]) {
                *sum += numbers(part.inner()).await?[0];
            }
            for (name, leaf) in leaves {
                let Some(found) = leaf.grad_remove(&mut gradients) else { continue };
                let into = slopes.entry(name).or_default();
                into.iter_mut().zip(numbers(found).await?).for_each(|(into, found)| *into += found);
            }
        }
        student.decoder.adopt(0, None);
        self.student = Some(student);
        let [loss, kl, entropy] = sums;
        let values = slopes.into_values().flatten().collect();
        Ok(Gradient { values, tokens: tokens.len(), loss, kl, entropy })
    }
}

/// The log-probabilities of every answer token after each row that foretells; `rows` are the prompt's.
fn foretell(
    model: &Model,
    rows: Tensor<2>,
    tree: &Tree,
    device: &Device,
    adapter: Option<usize>,
) -> Tensor<2> {
    let rows =
        if tree.ids.is_empty() { rows } else { Tensor::cat(vec![rows, model.decoder.embed(&tree.ids)], 0) };
    let mask = tree.mask(device);
    let (positions, worn) = (tree.positions.iter().copied(), [(tree.positions.len(), adapter)]);
    let hidden = model.decoder.forward(rows, positions, View::Mask(&mask), &worn, tree.visits.len());
    log_softmax(model.decoder.logits(hidden), 1)
}
