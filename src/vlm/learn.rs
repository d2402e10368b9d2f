//! Learning while playing: the gradient, for the adapter alone, of a weighted log-likelihood over
//! what the model wrote, held near the frozen model.

use std::collections::BTreeMap;

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::adapter::tensor;
use super::decoder::View;
use super::generate::numbers;
use super::kernels::{Sight, Sights};
use super::layers::{Builder, Precision};
use super::model::Model;
use super::processor::Prompt;
use super::{Vlm, VlmError};
use crate::mind::{Gradient, Lesson, Objective};

/// A prompt and its traces as the rows of one sequence: the traces see the prompt and themselves.
struct Tree {
    /// Tokens after the prompt's.
    ids: Vec<u32>,
    positions: Vec<usize>,
    sights: Sights,
    /// For each token that was written: the row that foretells it, the token, and its trace's weight.
    targets: Vec<(usize, u32, f32)>,
}

impl Tree {
    fn new(prompt: &Prompt, traces: &[(Vec<u32>, f32)]) -> Self {
        let prompt = prompt.ids.len();
        let (mut ids, mut positions, mut targets) = (Vec::new(), (0..prompt).collect::<Vec<_>>(), Vec::new());
        let mut sights = Sights::onward(0..prompt).rows;
        for (tokens, weight) in traces {
            let first = prompt + ids.len();
            for (i, token) in tokens.iter().enumerate() {
                let row = if i == 0 { prompt - 1 } else { first + i - 1 };
                targets.push((row, *token, *weight));
                // Nothing is foretold from the last token.
                if i + 1 < tokens.len() {
                    ids.push(*token);
                    positions.push(prompt + i);
                    let slot = first + i;
                    sights.push(Sight { slot, start: 0, shared: prompt, first, stride: 1, count: i + 1 });
                }
            }
        }
        Self { ids, positions, sights: Sights::new(sights), targets }
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
        if tokens.is_empty() || tokens.iter().any(|token| *token >= answers) {
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
            let tree = Tree::new(&prompt, &lesson.traces);
            let rows = Tensor::from_inner(self.model.rows(&prompt, 0));
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
            let chosen = adapted.clone().gather(1, targets(&tree, &device));
            let weights: Vec<f32> = tree.targets.iter().map(|(_, _, weight)| *weight).collect();
            let weights = TensorData::new(weights, [tree.targets.len(), 1]);
            let likelihood = (chosen * Tensor::from_data(weights, &device)).sum() / count;
            let chances = adapted.clone().exp();
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

/// The log-probabilities of every answer token, a row for each target; `rows` are the prompt's.
fn foretell(
    model: &Model,
    rows: Tensor<2>,
    tree: &Tree,
    device: &Device,
    adapter: Option<usize>,
) -> Tensor<2> {
    let rows =
        if tree.ids.is_empty() { rows } else { Tensor::cat(vec![rows, model.decoder.embed(&tree.ids)], 0) };
    let view = View::Mask(tree.sights.mask(tree.positions.len(), device));
    let hidden =
        model.decoder.forward(rows, tree.positions.iter().copied(), view, &[(tree.positions.len(), adapter)]);
    let foretelling: Vec<i32> = tree.targets.iter().map(|(row, _, _)| *row as i32).collect();
    let count = foretelling.len();
    let foretelling = Tensor::<1, Int>::from_data(TensorData::new(foretelling, [count]), device);
    log_softmax(model.decoder.logits(hidden.select(0, foretelling)), 1)
}

/// The target tokens, `[targets, 1]`.
fn targets(tree: &Tree, device: &Device) -> Tensor<2, Int> {
    let tokens: Vec<i32> = tree.targets.iter().map(|(_, token, _)| *token as i32).collect();
    let count = tokens.len();
    Tensor::from_data(TensorData::new(tokens, [count, 1]), device)
}
