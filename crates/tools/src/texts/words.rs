//! Words as network inputs.

use kindling::{
    data::TextVectorization,
    layers::{Embedding, GlobalAveragePooling1d},
    prelude::{Column, Sequential},
    tables::Table,
};
use serde::{Deserialize, Serialize};

/// Encoding of the words of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// A multi-hot vector over the vocabulary.
    MultiHot,
    /// The ids of the first words, followed by a trained embedding and global average pooling.
    Embedding {
        /// Maximum number of words per text.
        length: usize,
        /// Number of dimensions of the embedding.
        dimensions: usize,
    },
}

/// The vocabulary of the training texts and the encoding.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Words {
    column: String,
    encoding: Encoding,
    vectorization: TextVectorization,
}

impl Words {
    /// Creates inputs for the texts in a column. `max_tokens` is the maximum vocabulary size, including the tokens for padding
    /// and unknown words.
    pub fn new(column: impl Into<String>, encoding: Encoding, max_tokens: usize) -> Self {
        let vectorization = TextVectorization::new().max_tokens(max_tokens);
        Self { column: column.into(), encoding, vectorization }
    }

    /// Builds the vocabulary from the training rows and returns these as inputs.
    ///
    /// # Errors
    /// Returns an error if the table has no such text column.
    pub fn fit(&mut self, train: &Table) -> anyhow::Result<Column> {
        self.vectorization.adapt(texts(train, &self.column)?);
        self.transform(train)
    }

    /// Encodes rows as inputs: multi-hot vectors `[rows, words]` or ids `[rows, length]`.
    ///
    /// # Errors
    /// Returns an error if the table has no such text column.
    pub fn transform(&self, rows: &Table) -> anyhow::Result<Column> {
        self.encode(texts(rows, &self.column)?)
    }

    /// Encodes texts as inputs.
    ///
    /// # Errors
    /// Returns an error if the encoded texts are too large.
    pub fn encode<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> anyhow::Result<Column> {
        Ok(match self.encoding {
            Encoding::MultiHot => self.vectorization.multi_hot(texts)?,
            Encoding::Embedding { length, .. } => self.vectorization.padded(texts, length)?,
        })
    }

    /// Returns the number of values of an encoded text.
    pub fn width(&self) -> usize {
        match self.encoding {
            Encoding::MultiHot => self.vectorization.ids() - 1,
            Encoding::Embedding { length, .. } => length,
        }
    }

    /// Returns the layers from the inputs to a vector.
    pub fn network(&self) -> Sequential {
        match self.encoding {
            Encoding::MultiHot => Sequential::new(self.width()),
            Encoding::Embedding { length, dimensions } => Sequential::new(length)
                .layer(Embedding::new(self.vectorization.ids(), dimensions))
                .layer(GlobalAveragePooling1d::default()),
        }
    }

    /// Returns the name of the text column.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// Returns the text vectorization with its vocabulary.
    pub fn vectorization(&self) -> &TextVectorization {
        &self.vectorization
    }

    /// Returns whether texts are multi-hot vectors.
    pub fn is_multi_hot(&self) -> bool {
        self.encoding == Encoding::MultiHot
    }
}

fn texts<'a>(rows: &'a Table, column: &str) -> anyhow::Result<impl Iterator<Item = &'a str>> {
    let words = rows.column(column)?.words();
    let words = words
        .ok_or_else(|| anyhow::anyhow!("column {column} contains no text: choose another with --text"))?;
    Ok(words.map(Option::unwrap_or_default))
}
