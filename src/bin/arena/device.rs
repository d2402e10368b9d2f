//! What the contest's models run on.

use burn::tensor::Device;
use clap::ValueEnum;
use rulewright::vlm::layers::Precision;

/// What the models run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Runs {
    /// The processor, a byte a weight as in the page
    Cpu,
    /// A graphics card, with all numbers at full length: needs `cargo run --features gpu`
    Gpu,
}

impl Runs {
    /// The device, and how it holds the weights.
    pub fn open(self) -> Result<(Device, Precision), String> {
        match self {
            Self::Cpu => Ok((Device::flex(), Precision::Quantised)),
            Self::Gpu => Ok((card()?, Precision::Full)),
        }
    }

    /// How many models there are at once, each in a thread of its own: a card does more by larger batches.
    pub fn threads(self) -> usize {
        match self {
            Self::Cpu => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            Self::Gpu => 1,
        }
    }

    /// How many runs go on at once in the batch of one model.
    pub fn lockstep(self) -> u16 {
        match self {
            Self::Cpu => 16,
            Self::Gpu => 256,
        }
    }
}

#[cfg(feature = "gpu")]
fn card() -> Result<Device, String> {
    let opened = Device::wgpu_options().init();
    opened.map_err(|error| format!("There is no graphics card that the model can compute on: {error}."))
}

#[cfg(not(feature = "gpu"))]
fn card() -> Result<Device, String> {
    Err("This program was built for the processor alone: `cargo run --release --features gpu --bin arena -- run \
         --device gpu` builds it for a graphics card."
        .into())
}
