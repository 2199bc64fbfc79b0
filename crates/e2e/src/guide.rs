//! The guide's snippets, as documentation tests: this crate is not published, so that no package needs `docs`.

macro_rules! pages {
    ($($name:ident: $file:literal),* $(,)?) => {
        $(
            #[doc = include_str!($file)]
            mod $name {}
        )*
    };
}

pages! {
    backends: "../../../docs/src/backends.md",
    first_run: "../../../docs/src/first-run.md",
    interrupted_runs: "../../../docs/src/interrupted-runs.md",
    own_data: "../../../docs/src/own-data.md",
    own_parts: "../../../docs/src/own-parts.md",
    reading_a_result: "../../../docs/src/reading-a-result.md",
    saving: "../../../docs/src/saving.md",
    tuning: "../../../docs/src/tuning.md",
}
