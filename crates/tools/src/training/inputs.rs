//! Encodes rows as network inputs.

use kindling::{
    activations::Relu,
    layers::Dense,
    models::Regularizer,
    prelude::{Column, Sequential},
    tables::Table,
};
use serde::{Deserialize, Serialize};

use super::config::Candidate;
use crate::{images::Images, tables::Columns, texts::Words};

/// The preprocessing from rows to network inputs. It is fitted to the training rows and saved with the model.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inputs {
    /// The columns of a table.
    Columns(Columns),
    /// The words of a text.
    Words(Words),
    /// The pixels of an image.
    Images(Images),
}

impl Inputs {
    /// Fits the preprocessing to the training rows and returns these as inputs.
    ///
    /// # Errors
    /// Returns an error if a column is missing.
    pub fn fit(&mut self, train: &Table) -> anyhow::Result<Column> {
        match self {
            Self::Columns(columns) => columns.fit(train),
            Self::Words(words) => words.fit(train),
            Self::Images(images) => images.select(train),
        }
    }

    /// Encodes rows as inputs.
    ///
    /// # Errors
    /// Returns an error if a row cannot be encoded.
    pub fn transform(&self, rows: &Table) -> anyhow::Result<Column> {
        match self {
            Self::Columns(columns) => Ok(columns.features.transform(rows)?),
            Self::Words(words) => words.transform(rows),
            Self::Images(images) => images.select(rows),
        }
    }

    /// Returns the shape of one encoded row.
    ///
    /// # Errors
    /// Returns an error if the background of a table does not have one value per feature.
    pub fn shape(&self) -> anyhow::Result<Vec<usize>> {
        Ok(match self {
            Self::Columns(columns) => vec![columns.width()?],
            Self::Words(words) => vec![words.width()],
            Self::Images(images) => images.shape().to_vec(),
        })
    }

    /// Returns the layers of a candidate without the output layer.
    pub fn network(&self, candidate: &Candidate) -> Sequential {
        let first = match self {
            Self::Columns(columns) => Sequential::new(columns.background.len()),
            Self::Words(words) => words.network(),
            Self::Images(images) => images.network(candidate),
        };
        candidate.units.iter().fold(first, |network, units| {
            let dense = Dense::new(*units).activation(Relu);
            let network = network.layer(match candidate.l2 {
                0.0 => dense,
                l2 => dense.kernel_regularizer(Regularizer::l2(l2)),
            });
            match candidate.dropout {
                0.0 => network,
                rate => network.dropout(rate),
            }
        })
    }

    /// Returns whether the inputs are vectors, so that an ensemble can be merged into one dense network.
    pub fn are_vectors(&self) -> bool {
        match self {
            Self::Columns(_) => true,
            Self::Words(words) => words.is_multi_hot(),
            Self::Images(_) => false,
        }
    }
}
