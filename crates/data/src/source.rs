//! Where data may come from, as a choice before loading and as a fact after it.

use std::{ffi::OsString, fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::DataError;

/// How much of a data set is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataChoice {
    /// All of it if it can be had, else what is compiled in or, for IMDB, made up.
    #[default]
    Auto,
    /// All of it, or an error.
    Full,
    /// What is compiled in or, for IMDB, made up; without a look at files or the network.
    Bundled,
}

impl fmt::Display for DataChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Auto => "auto",
            Self::Full => "full",
            Self::Bundled => "bundled",
        })
    }
}

impl FromStr for DataChoice {
    type Err = DataError;

    /// # Errors
    /// [`DataError::Argument`] if `text` is not `auto`, `full` or `bundled`.
    fn from_str(text: &str) -> Result<Self, DataError> {
        match text {
            "auto" => Ok(Self::Auto),
            "full" => Ok(Self::Full),
            "bundled" => Ok(Self::Bundled),
            _ => Err(DataError::Argument {
                name: "data",
                value: format!("{text:?}"),
                remedy: "choose auto, full or bundled".into(),
            }),
        }
    }
}

/// Where a loaded data set came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Files in the folder that was named for it.
    Dir,
    /// Files that an earlier run downloaded.
    Cache,
    /// Files that this run downloaded.
    Download,
    /// What is compiled in.
    Bundled,
    /// Made up, in the form of a data set that may not be compiled in.
    Synthetic,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Dir => "dir",
            Self::Cache => "cache",
            Self::Download => "download",
            Self::Bundled => "bundled",
            Self::Synthetic => "synthetic",
        })
    }
}

/// What to load and where to look for it. The default is [`DataChoice::Auto`] without a folder of one's own.
///
/// ```
/// use kindling_data::{DataChoice, DataOptions};
///
/// let options = DataOptions::default().choice(DataChoice::Bundled).quiet();
/// ```
#[derive(Clone, Debug, Default)]
pub struct DataOptions {
    pub(crate) choice: DataChoice,
    pub(crate) dir: Option<PathBuf>,
    pub(crate) cache_dir: Option<PathBuf>,
    pub(crate) mirror: Option<String>,
    pub(crate) mirrors: Option<Vec<String>>,
    pub(crate) quiet: bool,
}

impl DataOptions {
    /// The defaults, with what these environment variables say:
    ///
    /// - `KINDLING_DATA_DIR`: see [`DataOptions::dir`];
    /// - `KINDLING_CACHE_DIR`: see [`DataOptions::cache_dir`];
    /// - `KINDLING_MIRROR`: see [`DataOptions::mirror`].
    ///
    /// An empty variable is as good as none.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        Self {
            dir: variable("KINDLING_DATA_DIR").map(PathBuf::from),
            cache_dir: variable("KINDLING_CACHE_DIR").map(PathBuf::from),
            mirror: variable("KINDLING_MIRROR").map(|url| url.to_string_lossy().into_owned()),
            ..Self::default()
        }
    }

    /// How much of the data set is asked for.
    pub fn choice(mut self, choice: DataChoice) -> Self {
        self.choice = choice;
        self
    }

    /// The folder to read files from, instead of the cache and the network.
    ///
    /// Whoever names a folder means it: without the files in it, or in a folder of the data set's name inside of
    /// it, loading fails. The files may hold other data than the published ones, in the same format.
    pub fn dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.dir = Some(folder.into());
        self
    }

    /// The folder that downloads are kept in; `kindling` in the platform's cache folder if it is not set.
    pub fn cache_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(folder.into());
        self
    }

    /// A base URL that is asked before the published mirrors, for those whom a firewall keeps from these.
    ///
    /// The file's name is added to it. Its files count only with the published SHA-256, as from any mirror.
    pub fn mirror(mut self, base_url: impl Into<String>) -> Self {
        self.mirror = Some(base_url.into());
        self
    }

    /// Base URLs that are asked instead of the published mirrors; with none of them, nothing is downloaded.
    pub fn mirrors(mut self, base_urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.mirrors = Some(base_urls.into_iter().map(Into::into).collect());
        self
    }

    /// Neither warnings nor a progress bar on standard error.
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// The folder that downloads are kept in; `None` if the platform has none.
    pub(crate) fn cache_folder(&self) -> Option<PathBuf> {
        self.cache_dir.clone().or_else(|| Some(dirs::cache_dir()?.join("kindling")))
    }

    pub(crate) fn warn(&self, warning: &str) {
        if !self.quiet {
            eprintln!("warning: {warning}");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::{IntoDeserializer, value::StrDeserializer};

    use super::*;

    #[test]
    fn a_choice_reads_what_it_writes() {
        for choice in [DataChoice::Auto, DataChoice::Full, DataChoice::Bundled] {
            assert_eq!(choice.to_string().parse::<DataChoice>().unwrap(), choice);
        }
        let error = "everything".parse::<DataChoice>().unwrap_err().to_string();
        assert_eq!(error, "data is \"everything\": choose auto, full or bundled");
    }

    #[test]
    fn a_source_is_recorded_as_it_is_printed() {
        for source in [Source::Dir, Source::Cache, Source::Download, Source::Bundled, Source::Synthetic] {
            let text = source.to_string();
            let name: StrDeserializer<serde::de::value::Error> = text.as_str().into_deserializer();
            assert_eq!(Source::deserialize(name).unwrap(), source);
        }
    }

    #[test]
    fn the_environment_sets_folders_and_mirror() {
        let options = DataOptions::from_variables(|name| Some(format!("value of {name}").into()));
        assert_eq!(options.choice, DataChoice::Auto);
        assert_eq!(options.dir.as_deref().unwrap(), "value of KINDLING_DATA_DIR");
        assert_eq!(options.cache_folder().unwrap(), PathBuf::from("value of KINDLING_CACHE_DIR"));
        assert_eq!(options.mirror.as_deref().unwrap(), "value of KINDLING_MIRROR");
    }

    #[test]
    fn what_is_said_in_the_program_wins_over_the_environment() {
        let options = DataOptions::from_variables(|_| Some("environment".into())).dir("program");
        assert_eq!(options.dir.as_deref().unwrap(), "program");
    }

    #[test]
    fn empty_variables_are_as_good_as_none() {
        let options = DataOptions::from_variables(|_| Some("".into()));
        assert!(options.dir.is_none() && options.cache_dir.is_none() && options.mirror.is_none());
    }
}
