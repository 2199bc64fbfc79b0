//! A page of a recorded training, with a slider over its steps.
//!
//! The training is repeated once, from its first key frame to its end. At up to 60 steps, spread evenly, the page keeps only what
//! it shows: the counts of histograms and the pixels of images, but no weights.

mod axis;
mod counts;
mod first_layer;
mod frame;
mod html;
mod picture;
mod watch;

use std::{io::Write, path::Path};

use kindling_data::{Samples, files::write_whole};
use kindling_models::Network;

use self::{
    first_layer::FirstLayer,
    frame::{Frame, View},
    picture::Picture,
    watch::Watch,
};
use crate::{Callback, FitOptions, Model, Recording, TrainError};

/// Maximum number of steps on a page.
const MOST_FRAMES: u64 = 60;

/// Maximum number of weight histograms on a page. Networks with many layers are shown at fewer steps.
const MOST_HISTOGRAMS: u64 = 2400;

/// A page of a recorded training: loss, weights, gradients and first-layer weights, at steps that a slider selects.
///
/// The page is a self-contained file of up to a few MB. It loads nothing from the network; a content security policy blocks all
/// requests.
///
/// ```
/// # use burn::tensor::Device;
/// # use kindling_data::{Column, Samples};
/// # use kindling_models::{Sequential, activations::Linear};
/// # use kindling_train::{Compile, FitOptions, Recording, callbacks::Recorder, losses::MeanSquaredError, optimizers::Sgd};
/// use kindling_train::report::RecordingPage;
///
/// # let folder = tempfile::tempdir()?;
/// # let samples = Samples::new(Column::floats(vec![[1.0], [2.0]])?, Column::floats(vec![2.0, 4.0])?)?;
/// # let network = Sequential::new(1).dense(1, Linear);
/// # let compile = || network.clone().compile(Sgd::default(), MeanSquaredError, ()).on(&Device::flex());
/// # let options = FitOptions::new().epochs(3).batch_size(1);
/// # compile()?.fit_with(&samples, &options, &mut [&mut Recorder::new(folder.path())])?;
/// let recording = Recording::open(folder.path())?;
/// let page = RecordingPage::of(&recording, &mut compile()?, &samples, &options, &mut [])?;
/// page.title("A line").subtitle("two points, seed 0").save(folder.path().join("replay.html"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RecordingPage {
    title: String,
    subtitle: String,
    feature_names: Vec<String>,
    network: String,
    /// Name and number of weights of each layer.
    layers: Vec<(String, usize)>,
    first_layer: Option<FirstLayer>,
    /// The size of the samples, if they are images.
    picture: Option<Picture>,
    steps_per_epoch: u64,
    total_steps: u64,
    frames: Vec<Frame>,
    /// Number of completed steps, and the validation loss after them.
    validation: Vec<(u64, f64)>,
    failure: Option<String>,
}

impl RecordingPage {
    /// Repeats a recorded training and creates its page. A training that fails because its loss is not finite is shown up to the
    /// failure. The arguments are those of [`Recording::at`].
    ///
    /// # Errors
    /// Returns the errors of [`Recording::visit`].
    pub fn of<N: Network>(
        recording: &Recording,
        model: &mut Model<N>,
        samples: &Samples,
        options: &FitOptions,
        callbacks: &mut [&mut dyn Callback],
    ) -> Result<Self, TrainError> {
        let steps_per_epoch = options.steps_per_epoch(samples)? as u64;
        let training = options.steps(samples)?;
        let key_frames: Vec<u64> =
            recording.key_frames().map(|epochs| epochs as u64 * steps_per_epoch).collect();
        let (first, last) = (key_frames[0].max(training.start), key_frames[key_frames.len() - 1]);
        if first >= training.end {
            let problem = format!(
                "the recording begins at step {first}, and the training ends there: record it from its beginning"
            );
            return Err(TrainError::Mismatch(problem));
        }

        // Units and features are chosen by their weights at the end.
        recording.at(last, model, samples, options, callbacks)?;
        let changed = model.weights()?;
        recording.at(first, model, samples, options, callbacks)?;
        let weights = model.weights()?;
        let input = model.network().inputs().into_iter().next().map_or(Vec::new(), |input| input.shape);
        let kind = samples.inputs()[0].kind();
        let in_keras_order = model.network().sequential().is_some();
        let first_layer = FirstLayer::of(&input, kind, in_keras_order, &weights, &changed);
        let picture = Picture::of_samples(samples.inputs()[0].sample_shape(), kind);
        let arrays: Vec<usize> = weights.iter().map(|(_, data)| data.num_elements()).collect();
        let layers: Vec<(String, usize)> = frame::layers(&weights)
            .into_iter()
            .map(|(layer, places)| (layer, places.into_iter().map(|place| arrays[place]).sum()))
            .collect();

        let most = (MOST_HISTOGRAMS / layers.len().max(1) as u64).clamp(2, MOST_FRAMES);
        let steps = spread(first, training.end, most);
        let network = html::describe(model.network());
        let view = View { first_layer: first_layer.as_ref(), picture };
        let mut watch = Watch::new((samples, options), training.start, &steps, view);
        let ended = watch.run(recording, model, callbacks)?;
        let (frames, validation) = watch.finish();
        Ok(Self {
            title: "A recorded training".into(),
            subtitle: String::new(),
            feature_names: Vec::new(),
            network,
            layers,
            first_layer,
            picture,
            steps_per_epoch,
            total_steps: match ended {
                Ok(epochs) => training.start + epochs as u64 * steps_per_epoch,
                Err(_) => training.end,
            },
            frames,
            validation,
            failure: ended.err(),
        })
    }

    /// Sets the page's title. Default: "A recorded training".
    pub fn title(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }
    }

    /// Sets the subtitle, such as the data, backend and seed. Default: empty.
    pub fn subtitle(self, subtitle: impl Into<String>) -> Self {
        Self { subtitle: subtitle.into(), ..self }
    }

    /// Sets the feature names of the first input, in order. Default: their indices.
    pub fn feature_names(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { feature_names: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// Writes the page, atomically.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), TrainError> {
        let path = path.as_ref();
        let page = self.to_html()?;
        write_whole(path, |file| file.write_all(page.as_bytes())).map_err(TrainError::io(path))
    }
}

/// Returns at most `most` evenly spaced steps from `first` to before `end`, including the first and the last one.
fn spread(first: u64, end: u64, most: u64) -> Vec<u64> {
    let last = end.saturating_sub(1).max(first);
    let between = (last - first).min(most.max(2) - 1);
    let step = |index| first + (last - first) * index / between.max(1);
    (0..=between).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_spread_from_the_first_to_the_last() {
        assert_eq!(spread(0, 5, 60), [0, 1, 2, 3, 4]);
        assert_eq!(spread(0, 1, 60), [0]);
        assert_eq!(spread(94, 94 + 11, 3), [94, 99, 104]);
        let many = spread(0, 1_000_000, 60);
        assert_eq!((many.len(), many[0], many[59]), (60, 0, 999_999));
        assert!(many.is_sorted_by(|a, b| a < b));
    }
}
