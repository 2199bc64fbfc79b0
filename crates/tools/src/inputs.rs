//! Reads files as model inputs.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use burn::tensor::DType;
use kindling::{
    data::{npy, npz},
    models::SequentialNetwork,
    prelude::{Column, InputSpec, Network, Samples, TensorData},
    tables::{CsvOptions, Table},
};
use kindling_images::{ImageError, ReadOptions};
use kindling_programs::cli;

/// The command-line flags for reading input files, to be flattened into a program's flags.
#[derive(clap::Args, Clone, Debug)]
pub struct InputArgs {
    /// Array to read from an .npz file [default: the only array]
    #[arg(long, value_name = "NAME")]
    array: Option<String>,
    /// Resize images to this height and width in pixels
    #[arg(long, value_name = "HEIGHTxWIDTH", value_parser = image_size)]
    resize: Option<[usize; 2]>,
    /// Convert images to grayscale (1) or RGB (3)
    #[arg(long, value_name = "1|3", value_parser = ["1", "3"])]
    channels: Option<String>,
    /// Invert images: dark on light becomes light on dark, as in MNIST
    #[arg(long)]
    invert: bool,
    /// Divide all values by this number [default: 255 for images, unless the model's first layer rescales its inputs; otherwise 1]
    #[arg(long, value_name = "NUMBER", value_parser = divisor)]
    divide_by: Option<f32>,
}

/// Samples read from files, with the source of each sample.
#[derive(Debug)]
pub struct Inputs {
    /// The samples, without targets.
    pub samples: Samples,
    /// The file of each sample, and its index in the file.
    pub places: Vec<(PathBuf, usize)>,
}

impl InputArgs {
    /// Checks that none of these flags is given, for a model that contains its preprocessing pipeline.
    ///
    /// # Errors
    /// Returns an error if a flag is given.
    pub fn check_unused(&self) -> anyhow::Result<()> {
        let Self { array, resize, channels, invert, divide_by } = self;
        let given = [
            ("--array", array.is_some()),
            ("--resize", resize.is_some()),
            ("--channels", channels.is_some()),
            ("--invert", *invert),
            ("--divide-by", divide_by.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((flag, _)) => {
                bail!("{flag} does not apply to this model, which contains its preprocessing: leave it out")
            }
            None => Ok(()),
        }
    }

    /// Reads files as inputs of `network`.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, or its values do not fit the network.
    pub fn read(&self, files: &[PathBuf], network: &SequentialNetwork) -> anyhow::Result<Inputs> {
        let spec = network.inputs().swap_remove(0);
        let mut values = Vec::new();
        let mut places = Vec::new();
        for file in files {
            let read = self.read_file(file, network, &spec);
            let (samples, of_file) =
                read.with_context(|| format!("cannot predict from {}", file.display()))?;
            places.extend((0..samples).map(|index| (file.clone(), index)));
            values.extend(of_file);
        }
        let data = TensorData::new(values, [&[places.len()], spec.shape.as_slice()].concat());
        let column = match spec.ids_below {
            Some(_) => Column::ids(data.convert::<i32>())?,
            None => Column::floats(data)?,
        };
        Ok(Inputs { samples: Samples::inputs_only(column), places })
    }

    /// Returns the number of samples in a file and their values.
    fn read_file(
        &self,
        file: &Path,
        network: &SequentialNetwork,
        spec: &InputSpec,
    ) -> anyhow::Result<(usize, Vec<f32>)> {
        let extension =
            file.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
        let image = matches!(extension.as_deref(), Some("png" | "jpg" | "jpeg"));
        let data = match extension.as_deref() {
            Some("npy") => npy::open(file)?,
            Some("npz") => self.array_of(file)?,
            Some("csv") => Table::read_csv(file, &CsvOptions::new())?.numbers()?,
            Some("png" | "jpg" | "jpeg") => {
                kindling_images::read(file, &self.image_options()).map_err(|error| match error {
                    ImageError::Unsupported { .. } => anyhow!("{error} with --channels 1 or --channels 3"),
                    other => other.into(),
                })?
            }
            _ => bail!("give an .npy, .npz, .csv, .png or .jpg file"),
        };
        let samples = number_of_samples(&data, spec, image)?;
        ensure!(samples > 0, "the file has no samples: give at least one");
        let scaled = self.divide_by.is_some() || scales(network);
        if !image && !scaled && data.dtype() == DType::U8 {
            cli::print_error(format_args!(
                "note: the values of {} are bytes and are not scaled: use --divide-by 255 to scale them to 0..1",
                file.display()
            ));
        }
        let divisor = self.divide_by.unwrap_or(if image && !scaled { 255.0 } else { 1.0 });
        let values: Vec<f32> = data.iter::<f32>().map(|value| value / divisor).collect();
        let each = values.len() / samples;
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            bail!(
                "sample {}, value {} is {}: give finite numbers",
                place / each,
                place % each,
                values[place]
            );
        }
        if let Some(below) = spec.ids_below {
            let is_id = |value: f32| value.fract() == 0.0 && (0.0..below as f32).contains(&value);
            if let Some(place) = values.iter().position(|value| !is_id(*value)) {
                let (sample, place, value) = (place / each, place % each, values[place]);
                bail!(
                    "sample {sample}, value {place} is {value}: the model takes integer ids from 0 to {}",
                    below - 1
                );
            }
        }
        Ok((samples, values))
    }

    fn array_of(&self, file: &Path) -> anyhow::Result<TensorData> {
        let mut archive = npz::Archive::open(file)?;
        let names = archive.names();
        let name = match (&self.array, names.as_slice()) {
            (Some(name), _) => name,
            (None, [name]) => name,
            (None, _) => bail!("the file has several arrays ({}): choose one with --array", names.join(", ")),
        };
        Ok(archive.array(name)?)
    }

    fn image_options(&self) -> ReadOptions {
        let mut options = ReadOptions::new().inverted(self.invert);
        if let Some(size) = self.resize {
            options = options.size(size.map(|side| side as u32));
        }
        match self.channels.as_deref() {
            Some("1") => options.channels(1),
            Some(_) => options.channels(3),
            None => options,
        }
    }
}

/// Returns the number of samples in `data`. Samples of another shape with the same number of values are accepted, so that a
/// dense network can read images.
fn number_of_samples(data: &TensorData, spec: &InputSpec, image: bool) -> anyhow::Result<usize> {
    let (shape, wanted) = (data.shape().as_slice(), spec.shape.as_slice());
    let count = |shape: &[usize]| shape.iter().product::<usize>();
    match shape {
        _ if image || shape == wanted => {
            ensure!(
                count(shape) == count(wanted),
                "its shape is {shape:?}, but the model takes {wanted:?}{}",
                if image { ": convert it with --resize HEIGHTxWIDTH and --channels 1 or 3" } else { "" }
            );
            Ok(1)
        }
        [samples, sample @ ..] if count(sample) == count(wanted) => Ok(*samples),
        _ => bail!("its shape is {shape:?}, but the model takes [samples, {}]", join(wanted)),
    }
}

fn join(lengths: &[usize]) -> String {
    lengths.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

/// Returns whether the network's first layer scales its inputs.
fn scales(network: &SequentialNetwork) -> bool {
    let config = serde_json::to_value(network.description()).unwrap_or_default();
    let first = config["config"]["layers"][1]["class_name"].as_str();
    matches!(first, Some("Rescaling" | "Normalization" | "BatchNormalization"))
}

/// Parses a height and a width in pixels, such as `28x28`.
///
/// # Errors
/// Returns an error if the text is not two sizes from 1 to 16,384.
pub fn image_size(text: &str) -> Result<[usize; 2], String> {
    let side = |text: &str| text.parse().ok().filter(|side| (1..=1 << 14).contains(side));
    let sides = text.split_once('x').and_then(|(height, width)| Some([side(height)?, side(width)?]));
    sides.ok_or_else(|| "expected height and width in pixels, such as 28x28, up to 16384x16384".into())
}

fn divisor(text: &str) -> Result<f32, String> {
    let number = text.parse().ok().filter(|number: &f32| number.is_normal());
    number.ok_or_else(|| "expected a number other than 0".into())
}
