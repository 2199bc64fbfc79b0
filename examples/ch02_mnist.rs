//! Section 2.1: a first look at a neural network. Expect a test accuracy of about 0.98 after 5 epochs.

use kindling::{
    activations::*, losses::SparseCategoricalCrossentropy, metrics::Accuracy, optimizers::RmsProp, prelude::*,
};
use kindling_programs::{pictures, program::*};

fn main() -> anyhow::Result<()> {
    let about = "Classify handwritten digits, as in section 2.1 of \"Deep Learning with Python\"";
    let defaults = Defaults { epochs: 5, batch_size: 128, ..Defaults::default() };
    let (mut run, ()) = Program::new("ch02_mnist", about).start_training(defaults)?;

    let mnist = run.load("mnist", mnist::load)?;
    // Each image of 28 x 28 bytes becomes a row of 784, and batches hold each byte divided by 255.
    let (train, test) = (mnist.train.reshape(28 * 28)?, mnist.test.reshape(28 * 28)?);
    run.say(pictures::pixels(&train));

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
    pictures::mistakes(&run, &model, &test)?;
    pictures::first_layer(&run, &model)?;
    run.takeaway(format_args!(
        "The network classified {:.1}% of the training digits correctly in the last epoch, and {:.1}% of test digits. The \
         difference is overfitting (accuracy.png, loss.png). Try --epochs 20: the training accuracy approaches 100%, the test \
         accuracy does not.",
        100.0 * history.get("accuracy").last().unwrap_or(&f64::NAN),
        100.0 * result.accuracy().unwrap_or(f64::NAN),
    ));
    run.finish(&model, &history, &result)
}
