//! Data that is compiled in.

/// The bytes of a file in `bundled/`, or [`DataError::MissingFeature`](crate::DataError::MissingFeature) without the
/// feature `bundled`. The last argument says why the full data set is not available, if it was searched for.
macro_rules! bundled_file {
    ($dataset:literal, $name:literal, $unavailable:expr) => {{
        let unavailable: Option<&str> = $unavailable;
        #[cfg(feature = "bundled")]
        let file: Result<&'static [u8], $crate::error::DataError> = {
            let _ = unavailable;
            Ok(&include_bytes!(concat!("../../bundled/", $dataset, "/", $name))[..])
        };
        #[cfg(not(feature = "bundled"))]
        let file: Result<&'static [u8], $crate::error::DataError> =
            Err($crate::datasets::bundled::missing($dataset, unavailable));
        file
    }};
}

pub(super) use bundled_file;

/// The error for a data set whose bundled copy is not compiled in.
#[cfg(not(feature = "bundled"))]
pub(super) fn missing(dataset: &str, unavailable: Option<&str>) -> crate::error::DataError {
    let remedy = "; or give the directory of the published files by DataOptions::dir or KINDLING_DATA_DIR";
    let reason = unavailable.map(|reason| format!("; the full data set is not available: {reason}"));
    crate::error::DataError::MissingFeature {
        what: format!("the bundled copy of {dataset}"),
        feature: "bundled",
        otherwise: format!("{remedy}{}", reason.unwrap_or_default()),
    }
}
