//! Image pixels as network inputs.

use std::{collections::HashMap, path::Path, sync::Arc};

use anyhow::{Context, ensure};
use kindling::{
    activations::Relu,
    layers::{Conv2d, FlipMode, MaxPooling2d, Padding, RandomFlip, RandomTranslation},
    prelude::{Column, Sequential, TensorData},
    tables::Table,
};
use kindling_images::ReadOptions;
use serde::{Deserialize, Serialize};

use crate::training::config::Candidate;

/// Data augmentation of the training images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Augmentation {
    /// Random shifts by up to a tenth of the height and width.
    Shift,
    /// Random horizontal flips.
    Flip,
}

/// Maximum shift, as a fraction of the height and width.
const SHIFT: f64 = 0.1;

/// The image shape and the images that were read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Images {
    /// Height, width and channels.
    shape: [usize; 3],
    augmentation: Vec<Augmentation>,
    #[serde(skip)]
    read: Arc<ReadImages>,
}

/// Images of one shape.
#[derive(Debug, Default)]
struct ReadImages {
    pixels: Option<Column>,
    /// The index of each file's image.
    places: HashMap<String, usize>,
}

impl Images {
    /// Reads the images in a table's column `file`, resized to `shape` (height, width and channels). Also returns the files that
    /// cannot be read, with the reasons.
    ///
    /// # Errors
    /// Returns an error if the table has no column `file`, or no image can be read.
    pub fn read(
        files: &Table,
        shape: [usize; 3],
        augmentation: Vec<Augmentation>,
    ) -> anyhow::Result<(Self, Vec<(String, String)>)> {
        let options = options(shape);
        let mut read = ReadImages::default();
        let mut pixels: Vec<u8> = Vec::new();
        let mut unreadable = Vec::new();
        for file in files.column("file")?.words().into_iter().flatten().flatten() {
            // A table may list an image more than once.
            if read.places.contains_key(file) {
                continue;
            }
            match kindling_images::read(file, &options) {
                Ok(image) => {
                    pixels.extend(image.iter::<u8>());
                    read.places.insert(file.into(), read.places.len());
                }
                Err(error) => unreadable.push((file.to_owned(), error.to_string())),
            }
        }
        ensure!(
            !read.places.is_empty(),
            "no image can be read ({}): give PNG or JPEG files",
            unreadable.first().map_or("there are no files", |(_, reason)| reason)
        );
        let [height, width, channels] = shape;
        let count = read.places.len();
        read.pixels = Some(Column::pixels(TensorData::new(pixels, [count, height, width, channels]))?);
        Ok((Self { shape, augmentation, read: Arc::new(read) }, unreadable))
    }

    /// Returns the height, width and number of channels.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Returns whether a file was read.
    pub fn has_read(&self, file: &str) -> bool {
        self.read.places.contains_key(file)
    }

    /// Returns the images of the rows: pixels `[rows, height, width, channels]`.
    ///
    /// # Errors
    /// Returns an error if an image was not read.
    pub fn select(&self, rows: &Table) -> anyhow::Result<Column> {
        let pixels = self.read.pixels.as_ref().context("no images were read")?;
        let files = rows.column("file")?;
        let place = |file: Option<&str>| {
            let place = file.and_then(|file| self.read.places.get(file));
            place.copied().with_context(|| format!("{} was not read", file.unwrap_or_default()))
        };
        let places: Vec<usize> =
            files.words().into_iter().flatten().map(place).collect::<anyhow::Result<_>>()?;
        Ok(pixels.select(&places)?)
    }

    /// Reads image files as model inputs: pixels `[images, height, width, channels]`.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub fn open(&self, files: &[impl AsRef<Path>]) -> anyhow::Result<Column> {
        let mut pixels: Vec<u8> = Vec::new();
        for file in files {
            pixels.extend(kindling_images::read(file, &options(self.shape))?.iter::<u8>());
        }
        let [height, width, channels] = self.shape;
        Ok(Column::pixels(TensorData::new(pixels, [files.len(), height, width, channels]))?)
    }

    /// Returns the candidate's layers from the image to a vector: augmentation, 3x3 convolutions with max pooling, and
    /// flattening.
    pub fn network(&self, candidate: &Candidate) -> Sequential {
        let mut network = Sequential::new(self.shape);
        let augmented = if candidate.filters.is_empty() { &[][..] } else { &self.augmentation };
        for augmentation in augmented {
            network = match augmentation {
                Augmentation::Shift => network.layer(RandomTranslation::new(SHIFT, SHIFT)),
                Augmentation::Flip => network.layer(RandomFlip::new(FlipMode::Horizontal)),
            };
        }
        for filters in &candidate.filters {
            network = network
                .layer(Conv2d::new(*filters, [3, 3]).padding(Padding::Same).activation(Relu))
                .layer(MaxPooling2d::new([2, 2]).padding(Padding::Same));
        }
        network.flatten()
    }
}

fn options([height, width, channels]: [usize; 3]) -> ReadOptions {
    ReadOptions::new().size([height as u32, width as u32]).channels(channels)
}
