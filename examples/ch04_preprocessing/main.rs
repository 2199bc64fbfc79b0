//! Section 4.3: data preprocessing and feature engineering. Expect lower errors with scaled than with unscaled features, with
//! missing values in training than without, and with the hands of a clock than with its pixels.

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
    let about = "Show the effect of preprocessing and feature engineering, as in section 4.3 of \"Deep Learning with Python\"";
    let (mut run, ()) = Program::new("ch04_preprocessing", about).start()?;
    let boston = run.load("boston_housing", |options| boston_housing::load(&SplitOptions::new(), options))?;
    let (train, test) = boston.into_parts();
    let [unscaled, scaled] = scaling::show(&mut run, &train, &test)?;
    let [all, with_missing] = missing_values::show(&mut run, &train, &test)?;
    let [pixels, tips, angles] = clock::show(&mut run)?;

    run.takeaway(format_args!(
        "Scaling alone reduced the error from {unscaled:.2} to {scaled:.2}: features with large values no longer dominate the \
         others. With 40% of the values missing, the network trained with missing values has an error of {with_missing:.2}, \
         the other one {all:.2}: the former learned not to rely on a single feature. Better features make the time easier to \
         learn: the error is {pixels:.1} minutes from pixels, {tips:.1} from the hands' tips, and {angles:.1} from their \
         angles, without any training. Next: --seed 1 draws other missing values, clocks and weights; the order of each \
         comparison stays.",
    ));
    run.conclude(format_args!(
        "Clocks are read with an error of {pixels:.1} minutes from pixels, {tips:.1} from the tips of the hands, \
         {angles:.1} from their angles"
    ))
}

/// Returns the untrained network of section 3.6.
fn house_model(run: &Run<CommonArgs>, seed: u64) -> anyhow::Result<Model> {
    let network = networks::boston(boston_housing::FEATURES);
    Ok(network.compile(RmsProp::default(), MeanSquaredError, [Mae]).seed(seed).on(run.device())?)
}
