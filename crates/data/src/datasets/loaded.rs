//! The result of loading a data set.

use std::path::PathBuf;

use crate::sources::{DataOptions, Located, Source, notice};

/// A loaded data set: its training and test sets, and their source.
///
/// `T` is [`Samples`](crate::Samples), ready for `fit`, or [`Texts`](crate::Texts), sequences of word ids.
///
/// ```
/// use kindling_data::{DataChoice, DataOptions, Source, mnist};
///
/// let options = DataOptions::default().choice(DataChoice::Bundled);
/// let mnist = mnist::load(&options)?;
/// assert_eq!((mnist.train.len(), mnist.source), (12_000, Source::Bundled));
/// let (train, test) = mnist.into_parts();
/// # assert_eq!((train.len(), test.len()), (12_000, 2_000));
/// # Ok::<(), kindling_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The training set.
    pub train: T,
    /// The test set.
    pub test: T,
    /// The source of the data.
    pub source: Source,
    /// The files that were read; empty if the data is compiled in or generated.
    pub files: Vec<PathBuf>,
    /// If a replacement or a reduced copy was loaded, one line that explains why and what it means for results. It has
    /// also been reported as a warning, unless the options are quiet.
    pub notice: Option<String>,
}

impl<T> Loaded<T> {
    /// Combines the training and test sets with their source, and reports the notice.
    pub(super) fn new((train, test): (T, T), located: Located, options: &DataOptions) -> Self {
        let Located { source, files, notice, .. } = located;
        if let Some(notice) = &notice {
            notice::warn(notice, options);
        }
        Self { train, test, source, files, notice }
    }

    /// Returns the training and the test set.
    pub fn into_parts(self) -> (T, T) {
        (self.train, self.test)
    }
}
