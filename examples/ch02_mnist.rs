//! Section 2.1: a first look at a neural network. Expect a test accuracy of about 0.98 after 5 epochs.

use kindling::{
    activations::*, losses::SparseCategoricalCrossentropy, metrics::Accuracy, optimizers::RmsProp, prelude::*,
};
use kindling_programs::{pictures, program::*};

fn main() -> anyhow::Result<()> {
    let about = "Learns to read handwritten digits, as in section 2.1 of \"Deep Learning with Python\"";
    let defaults = Defaults { epochs: 5, batch_size: 128, ..Defaults::default() };
    let (mut run, ()) = Program::new("ch02_mnist", about).start_training(defaults)?;

    let mnist = run.load("mnist", mnist::load)?;
    // Each image of 28 x 28 bytes becomes a row of 784 bytes; batches hold them divided by 255.
    let (train, test) = (mnist.train.reshape(28 * 28)?, mnist.test.reshape(28 * 28)?);
    run.say(format_args!("Pixels: {} in memory, {} in batches", range(&train.inputs()[0].data()), range(&test.input())));

    let mut model = Sequential::new(28 * 28)
        .dense(512, Relu)
        .dense(10, Softmax)
        .compile(RmsProp::new(run.args.learning_rate), SparseCategoricalCrossentropy, [Accuracy])
        .seed(run.seed())
        .on(run.device())?;
    run.say(model.summary());

    let history = run.fit(&mut model, &train, &run.fit_options().validation_data(&test))?;
    let result = model.evaluate(&test)?;

    pictures::history(&run, &history)?;
    pictures::confusion(&run, &model, &test)?;
    pictures::misread(&run, &model, &test)?;
    pictures::first_layer(&run, &model)?;
    run.takeaway(format_args!("The network reads {:.1} % of digits that it never saw: .. Try --epochs 1 ..", 100.0 * result.accuracy()?));
    run.finish(&model, &history, &result)
}
