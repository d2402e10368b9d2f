//! Measures: what a game is worth, who plays it how well, and what a rule is worth.

pub mod bootstrap;
pub mod contest;
pub mod eval;
#[cfg(feature = "cli")]
pub mod figure;
#[cfg(feature = "cli")]
pub mod games;
#[cfg(feature = "cli")]
pub mod ledger;
pub mod scorecard;
pub mod worth;
