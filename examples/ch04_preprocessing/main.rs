//! Section 4.3: data preprocessing and feature engineering. Expect scaled features to beat unscaled ones, training with missing
//! values to prepare for them, and the time to be read from a clock's hands better than from its pixels.

mod clock;
mod missing_values;
mod scaling;

use kindling::{
    data::SplitOptions, losses::MeanSquaredError, metrics::Mae, networks, optimizers::RmsProp, prelude::*,
};
use kindling_programs::{
    cli::{CommonArgs, Run},
    program::Program,
};

fn main() -> anyhow::Result<()> {
    let about = "Prepares data in ways that decide what is learned, as in section 4.3 of \"Deep Learning with Python\"";
    let (mut run, ()) = Program::new("ch04_preprocessing", about).start()?;
    let boston = run.load("boston_housing", |options| boston_housing::load(&SplitOptions::new(), options))?;
    let (train, test) = boston.into_parts();
    let [unscaled, scaled] = scaling::show(&mut run, &train, &test)?;
    let [all, with_missing] = missing_values::show(&mut run, &train, &test)?;
    let [pixels, tips, angles] = clock::show(&mut run)?;

    run.takeaway(format_args!(
        "Scaling alone took the error from {unscaled:.2} to {scaled:.2}: features with large values no longer dominate the \
         others. With 40 % of the values missing, the network that had seen missing values has an error of {with_missing:.2}, \
         the other {all:.2}: it learned not to rely on one feature. Better features make the clocks easier to read: an error of \
         {pixels:.1} minutes from pixels, {tips:.1} from the hands' tips, {angles:.1} from their angles, without any training. \
         Next: --seed 1 draws other missing values, clocks and weights; the order of each comparison stays.",
    ));
    run.conclude(format_args!(
        "Clocks are read with an error of {pixels:.1} minutes from pixels, {tips:.1} from the tips of the hands, \
         {angles:.1} from their angles"
    ))
}

/// The network of section 3.6, before it is trained.
fn house_model(run: &Run<CommonArgs>, seed: u64) -> anyhow::Result<Model> {
    let network = networks::boston(boston_housing::FEATURES);
    Ok(network.compile(RmsProp::default(), MeanSquaredError, [Mae]).seed(seed).on(run.device())?)
}
