//! Data sets that are compiled in.

/// Returns the bytes of the file `$name` of the bundled copy of `$dataset`, or
/// [`DataError::MissingFeature`](crate::DataError::MissingFeature) if `$feature` is not enabled.
///
/// `$unavailable` is the reason why the full data set is not available, if it was searched for.
macro_rules! bundled_file {
    ($feature:literal, $dataset:literal, $name:literal, $unavailable:expr) => {{
        let unavailable: Option<&str> = $unavailable;
        #[cfg(feature = $feature)]
        let file: Result<&'static [u8], $crate::error::DataError> = {
            let _ = unavailable;
            Ok(&include_bytes!(concat!("../../bundled/", $dataset, "/", $name))[..])
        };
        #[cfg(not(feature = $feature))]
        let file: Result<&'static [u8], $crate::error::DataError> =
            Err($crate::datasets::bundled::missing($feature, $dataset, unavailable));
        file
    }};
}

pub(super) use bundled_file;

/// Returns the error for a data set whose bundled copy is not compiled in.
#[cfg(not(all(feature = "bundled-mnist", feature = "bundled-boston-housing", feature = "bundled-reuters")))]
pub(super) fn missing(
    feature: &'static str,
    dataset: &str,
    unavailable: Option<&str>,
) -> crate::error::DataError {
    let remedy = "; or set the directory of the published files with DataOptions::dir or KINDLING_DATA_DIR";
    let reason = unavailable.map(|reason| format!("; the full data set is not available: {reason}"));
    crate::error::DataError::MissingFeature {
        what: format!("the bundled copy of {dataset}"),
        feature,
        otherwise: format!("{remedy}{}", reason.unwrap_or_default()),
    }
}
