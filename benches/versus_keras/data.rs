//! Locates the data sets for both sides.

use std::{fmt, path::PathBuf};

use anyhow::Context;
use kindling::{
    data::{Release, Source, TextOptions, Texts, locate as locate_release},
    prelude::*,
};

use crate::jobs::{Job, WORDS};

/// A data set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DataSet {
    Mnist,
    Imdb,
    Reuters,
    BostonHousing,
}

impl DataSet {
    fn release(self) -> &'static Release {
        match self {
            Self::Mnist => &mnist::RELEASE,
            Self::Imdb => &imdb::RELEASE,
            Self::Reuters => &reuters::RELEASE,
            Self::BostonHousing => &boston_housing::RELEASE,
        }
    }
}

/// The location of a data set.
pub struct Place {
    pub data: DataSet,
    pub source: Source,
    /// The directory of the files; None for bundled or synthetic data.
    pub dir: Option<PathBuf>,
    /// The directory for Keras, which needs files of bundled and synthetic data, too.
    pub keras_dir: PathBuf,
    /// A note if the full data set is not available.
    notice: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.data.release().dataset;
        match (&self.dir, &self.notice) {
            (Some(dir), _) => write!(formatter, "Data: {name} from {}", dir.display()),
            (None, Some(notice)) => write!(formatter, "Data: {name} is {}: {notice}", self.source),
            (None, None) => write!(formatter, "Data: {name} is {}", self.source),
        }
    }
}

/// Locates the data of the jobs. Downloads it if necessary, so that downloads are not measured.
pub fn locate(jobs: &[Job]) -> anyhow::Result<Vec<Place>> {
    let all = [DataSet::Mnist, DataSet::Imdb, DataSet::Reuters, DataSet::BostonHousing];
    let needed = all.into_iter().filter(|data| jobs.iter().any(|job| job.data() == *data));
    needed.map(place).collect()
}

fn place(data: DataSet) -> anyhow::Result<Place> {
    let release = data.release();
    let located = locate_release(release, &DataOptions::from_env().quiet())?;
    let dir = located.files.first().and_then(|file| file.parent()).map(PathBuf::from);
    let keras_dir = match (&dir, located.source) {
        (Some(dir), _) => dir.clone(),
        (None, Source::Synthetic) => write_reviews()?,
        (None, _) => {
            PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/crates/data/bundled")).join(release.dataset)
        }
    };
    Ok(Place { data, source: located.source, dir, keras_dir, notice: located.notice })
}

/// Writes the synthetic reviews for Keras as raw numbers in native byte order, for NumPy's `fromfile`.
fn write_reviews() -> anyhow::Result<PathBuf> {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("synthetic_imdb");
    let options = DataOptions::default().choice(DataChoice::Bundled).quiet();
    let (train, test) = imdb::load(&TextOptions::new().num_words(WORDS), &options)?.into_parts();
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(&dir)?;
        for (part, Texts { sequences, labels }) in [("train", &train), ("test", &test)] {
            let ids: Vec<u8> = sequences.tokens().iter().flat_map(|id| id.to_ne_bytes()).collect();
            let ends: Vec<u8> =
                sequences.offsets().iter().flat_map(|offset| (*offset as u64).to_ne_bytes()).collect();
            let labels: Vec<u8> = labels.iter().flat_map(|label| label.to_ne_bytes()).collect();
            for (name, bytes) in [("ids", ids), ("offsets", ends), ("labels", labels)] {
                std::fs::write(dir.join(format!("{part}.{name}")), bytes)?;
            }
        }
        Ok(())
    };
    write().with_context(|| format!("cannot write the synthetic reviews to {}", dir.display()))?;
    Ok(dir)
}
