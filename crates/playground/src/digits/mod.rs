//! Handwritten digits: converts strokes to an MNIST-like image, and classifies it with the network of section 2.1.

mod raster;

use kindling::{
    losses::SparseCategoricalCrossentropy, metrics::Accuracy, networks, optimizers::RmsProp, prelude::*,
};
use serde::{Deserialize, Serialize};

pub use raster::{CANVAS, Image, PEN, SIDE, rasterize};

use crate::{
    models::{Context, Origin, Recipe, Trained},
    server::Refusal,
};

/// Number of test digits that the page offers as examples.
pub const EXAMPLES: usize = 100;

/// Maximum number of points in a drawing.
pub const MOST_POINTS: usize = 4_000;

/// The network of section 2.1 and some test digits.
#[derive(Debug)]
pub struct Digits {
    trained: Trained,
    examples: Samples,
}

/// A request of the page.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Question {
    /// A drawing: the points of each stroke on a canvas of [`CANVAS`] times [`CANVAS`], with the origin at the top left.
    Strokes(Vec<Vec<[f32; 2]>>),
    /// A test digit, by index.
    Example(usize),
}

/// The classification of an image.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The input of the network, `[784]`: 0 for background, 255 for ink.
    pub image: Vec<u8>,
    /// The probability of each digit.
    pub probabilities: Vec<f32>,
    /// The outputs of the first layer's units.
    pub activity: Vec<f32>,
    /// The label, for a test digit.
    pub label: Option<i32>,
}

impl Digits {
    /// Loads the data, and loads or trains the model.
    ///
    /// # Errors
    /// Returns an error if the data cannot be loaded or the training fails.
    pub fn prepare(context: &Context, report: &dyn Fn(String)) -> anyhow::Result<Self> {
        report("loading MNIST".into());
        let mnist = context.load(mnist::load)?;
        let source = mnist.source;
        let (train, test) = (mnist.train.reshape(SIDE * SIDE)?, mnist.test.reshape(SIDE * SIDE)?);
        let model = networks::mnist(512)
            .compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy])
            .seed(context.seed)
            .on(&context.device)?;
        let options = FitOptions::new().epochs(5).batch_size(128);
        let recipe = Recipe {
            example: "ch02_mnist",
            figure: "accuracy",
            model,
            train: &train,
            test: &test,
            options,
            source,
        };
        let trained = recipe.make(context, report)?;
        // Copy the examples, so that the memory of the other test images is freed.
        let examples = test.slice(0..EXAMPLES);
        let pixels: Vec<u8> = examples.input().iter::<f32>().map(to_byte).collect();
        let shape = [examples.len(), SIDE * SIDE];
        let labels = Column::classes(examples.classes().unwrap_or_default())?;
        let examples = Samples::new(Column::pixels(TensorData::new(pixels, shape))?, labels)?;
        Ok(Self { trained, examples })
    }

    /// Returns the origin of the model.
    pub fn origin(&self) -> &Origin {
        &self.trained.origin
    }

    /// Returns the model.
    pub fn predictor(&self) -> &Predictor {
        &self.trained.predictor
    }

    /// Classifies the image of a request. Returns `None` if the drawing is empty.
    ///
    /// # Errors
    /// Returns an error if a point is outside the canvas, there are too many points, the example does not exist, or the model
    /// fails.
    pub fn answer(&self, question: &Question) -> Result<Option<Answer>, Refusal> {
        let (image, label) = match question {
            Question::Strokes(strokes) => (rasterize(strokes)?, None),
            Question::Example(index) => {
                let example = self.examples.slice(*index..index.saturating_add(1));
                let label = example.classes().and_then(|classes| classes.first().copied());
                if label.is_none() {
                    let last = self.examples.len() - 1;
                    return Err(Refusal::bad(format!("there is no example {index}: give 0 to {last}")));
                }
                (Some(example.input().iter::<f32>().map(to_byte).collect()), label)
            }
        };
        let Some(image) = image else { return Ok(None) };
        let pixels = Column::pixels(TensorData::new(image.clone(), [1, SIDE * SIDE]))?;
        let layers = self.predictor().layer_outputs(&Samples::inputs_only(pixels))?;
        let values = |layer: Option<&TensorData>| layer.map_or_else(Vec::new, |layer| layer.iter().collect());
        let (probabilities, activity) = (values(layers.last()), values(layers.first()));
        Ok(Some(Answer { image, probabilities, activity, label }))
    }
}

fn to_byte(brightness: f32) -> u8 {
    (brightness * 255.0).round() as u8
}
