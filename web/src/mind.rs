//! The mind in the page: workers with a model each, one at first and then a pool of them.

mod device;
mod ledger;
mod pool;
mod trial;
mod worker;

pub use device::Backend;
pub use ledger::News;
pub use pool::{Pool, Told, Work};
pub use trial::{Choice, Step, load};

use device::has_real_gpu;
use worker::Worker;
