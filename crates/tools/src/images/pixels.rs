//! The pixels of images as inputs of a network.

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

/// How images are changed at random in training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Augmentation {
    /// Shifted by up to a tenth of the height and width.
    Shift,
    /// Left and right are exchanged in half of the images.
    Flip,
}

/// The largest shift, as a share of the height and width.
const SHIFT: f64 = 0.1;

/// The size of images, and those that were read.
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
    /// The place of each file.
    places: HashMap<String, usize>,
}

impl Images {
    /// Reads the images of a table's column `file`, resized to a height, width and number of channels. Returns the files that
    /// cannot be read, too, with the reason.
    ///
    /// # Errors
    /// If there is no such column, or no image can be read.
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
            "no image can be read: {}",
            unreadable.first().map_or("there are no files", |(_, reason)| reason)
        );
        let [height, width, channels] = shape;
        let count = read.places.len();
        read.pixels = Some(Column::pixels(TensorData::new(pixels, [count, height, width, channels]))?);
        Ok((Self { shape, augmentation, read: Arc::new(read) }, unreadable))
    }

    /// Returns whether a file was read.
    pub fn has_read(&self, file: &str) -> bool {
        self.read.places.contains_key(file)
    }

    /// Returns the images of rows: pixels `[rows, height, width, channels]`.
    ///
    /// # Errors
    /// If an image was not read.
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

    /// Reads images as the model's inputs: pixels `[images, height, width, channels]`.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn open(&self, files: &[impl AsRef<Path>]) -> anyhow::Result<Column> {
        let mut pixels: Vec<u8> = Vec::new();
        for file in files {
            pixels.extend(kindling_images::read(file, &options(self.shape))?.iter::<u8>());
        }
        let [height, width, channels] = self.shape;
        Ok(Column::pixels(TensorData::new(pixels, [files.len(), height, width, channels]))?)
    }

    /// Returns the layers of a candidate that turn an image into a vector: convolutions of 3 by 3 pixels, each followed by
    /// pooling.
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
