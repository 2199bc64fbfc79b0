//! Shared by all sections: the data sets, the book's figures, and helpers to repeat trainings and claims over seeds.

use kindling::{
    callbacks::BackupAndRestore,
    data::{DataError, DataOptions, Loaded, SplitOptions, TextOptions, Texts},
    experiments::{Devices, Experiment, VariantResult},
    plots::Chart,
    prelude::*,
    report::{Claim, Report, Section},
};
use kindling_programs::cli::{CommonArgs, Counted, Run, described};

use crate::{
    Flags,
    book::{Book, BookRun},
    spread::{ALONE, COMPARED, Row},
};

/// Size of the vocabulary of reviews and newswires.
pub const WORDS: usize = 10_000;

/// A data set, ready for a network.
pub struct DataSet {
    pub train: Samples,
    pub test: Samples,
    /// Name and source.
    pub source: String,
}

pub struct Context {
    pub run: Run<CommonArgs>,
    pub devices: Devices,
    pub book: Book,
    pub digits: DataSet,
    pub reviews: DataSet,
    pub newswires: DataSet,
    /// Unscaled: each section fits a scaler on its training samples.
    pub houses: DataSet,
    flags: Flags,
}

/// Whether a claim holds for one seed, and the figures as evidence.
pub type Finding = (bool, String);

impl Context {
    /// Loads the data sets.
    pub fn load(mut run: Run<CommonArgs>, flags: Flags) -> anyhow::Result<Self> {
        let words = TextOptions::new().num_words(WORDS);
        let vectorize = |texts: Texts| texts.multi_hot(WORDS);
        let digits = data_set(&mut run, "mnist", mnist::load, |images| images.reshape(28 * 28))?;
        let newswires = data_set(&mut run, "reuters", |options| reuters::load(&words, options), vectorize)?;
        let houses = data_set(
            &mut run,
            "boston_housing",
            |options| boston_housing::load(&SplitOptions::new(), options),
            Ok,
        )?;
        let reviews = data_set(&mut run, "imdb", |options| imdb::load(&words, options), vectorize)?;
        let devices = flags.devices.open(&run.args.run.backend)?;
        Ok(Self { run, devices, book: Book::read()?, digits, reviews, newswires, houses, flags })
    }

    pub fn subtitle(&self) -> String {
        let (settings, seeds) = (self.run.settings(), self.seeds().len());
        match self.flags.quick {
            true => format!(
                "Quick run on bundled data with fewer epochs: its figures are not comparable with the book's, and no claim is \
                 checked. {settings}."
            ),
            false => format!(
                "\"Deep Learning with Python\", first edition, chapters 2 to 4. Backend and first seed: {settings}; {seeds} \
                 seeds in total. A claim holds if it holds for every seed. Source of the book's figures: {}.",
                self.book.source
            ),
        }
    }

    /// Writes the page and completes the run.
    pub fn conclude(self, report: &Report) -> anyhow::Result<()> {
        let Self { mut run, flags, .. } = self;
        report.save(run.files().join("report.html"))?;
        let path = run.out().join("report.html");
        let (held, claims) = report.claims();
        if flags.quick {
            run.takeaway(
                "Every experiment was run, and no claim was checked. To compare with the book, run without --quick. Add --data full to \
                 require the full data sets.",
            );
            return run.conclude(format_args!(
                "Quick run without a comparison to the book: see {}",
                path.display()
            ));
        }
        run.record("claims", claims);
        run.record("claims_that_hold", held);
        run.takeaway(format_args!(
            "A claim holds only if it holds for every seed. The page states for each claim what would refute it. Try more \
             --seeds: the ranges become wider, and more of the book's figures lie within them."
        ));
        run.conclude(format_args!("{held} of {claims} claims hold: see {}", path.display()))
    }

    pub fn seeds(&self) -> Vec<u64> {
        let seeds = self.flags.seeds.unwrap_or(if self.flags.quick { 1 } else { 3 });
        (0..u64::from(seeds)).map(|seed| self.run.seed().wrapping_add(seed)).collect()
    }

    /// Returns `epochs`, or `quick` in a quick run.
    pub fn epochs(&self, epochs: usize, quick: usize) -> usize {
        if self.flags.quick { quick } else { epochs }
    }

    /// Starts a section about a data set.
    pub fn section(&self, title: &str, data: &DataSet) -> Section {
        self.run.say(format_args!("\n{title}"));
        let DataSet { train, test, source } = data;
        let (train, test) = (train.len(), test.len());
        Section::new(title).text(&format!("Data: {source}, {train} training and {test} test samples."))
    }

    /// Creates an experiment whose variants are trained with every seed. A resumed run continues its trainings.
    pub fn experiment<'a>(
        &'a self,
        name: &'a str,
        (train, validation): (&Samples, &Samples),
        options: &FitOptions,
    ) -> Experiment<'a> {
        Experiment::new(train, validation, options)
            .seeds(self.seeds())
            .callbacks(move |variant, seed| vec![Box::new(self.backup(&format!("{name}-{variant}-{seed}")))])
            .on_finished(move |done| {
                let seconds: f64 = done.history.epoch_seconds().iter().sum();
                self.run.say(format_args!("  {}, seed {}: {seconds:.1} s", done.variant, done.seed));
            })
    }

    /// Trains one network with every seed.
    pub fn train<N: Network + 'static>(
        &self,
        name: &str,
        samples: (&Samples, &Samples),
        options: &FitOptions,
        compile: impl Fn(u64, &Device) -> Result<Model<N>, TrainError> + Sync,
    ) -> anyhow::Result<VariantResult> {
        let comparison = self.experiment(name, samples, options).variant(name, compile).run(&self.devices)?;
        Ok(comparison.variants()[0].clone())
    }

    /// Returns the callback that makes a training resumable.
    pub fn backup(&self, training: &str) -> BackupAndRestore {
        self.run.backup(&self.flags.checkpoints, training)
    }

    /// Adds a table of figures, with the book's figures unless this is a quick run.
    pub fn table(&self, section: Section, rows: &[Row]) -> Section {
        let has_book = rows.iter().any(|row| row.book.is_some());
        match self.flags.quick || !has_book {
            true => section.table(&ALONE, &rows.iter().map(Row::alone).collect::<Vec<_>>()),
            false => section.table(&COMPARED, &rows.iter().map(Row::compared).collect::<Vec<_>>()),
        }
    }

    /// Returns charts of the losses and accuracies by epoch: ours as lines, and the book's as points unless this is a quick run.
    pub fn curves(&self, data: &DataSet, ours: &VariantResult, book: &BookRun) -> [Chart; 2] {
        let chart = |metric: &str, training: &[f64], validation: &[f64]| {
            let mut chart = Chart::new(format!("{}: {metric}", data.source)).axes("Epoch", metric);
            for (part, key, book) in
                [("Training", metric.into(), training), ("Validation", format!("val_{metric}"), validation)]
            {
                chart = chart.line(format!("{part}, ours"), &ours.mean_curve(&key));
                chart = self.book_points(chart, part, book);
            }
            chart
        };
        [chart("loss", &book.loss, &book.val_loss), chart("accuracy", &book.acc, &book.val_acc)]
    }

    /// Adds the book's curve to a chart, if there is one and this is not a quick run.
    pub fn book_points(&self, chart: Chart, name: &str, curve: &[f64]) -> Chart {
        match self.flags.quick || curve.is_empty() {
            true => chart,
            false => chart.points(format!("{name}, the book"), curve),
        }
    }

    /// Returns a claim with the findings for all seeds.
    pub fn claim(
        &self,
        statement: &str,
        refuted_if: &str,
        found: impl IntoIterator<Item = Finding>,
    ) -> Claim {
        let found: Vec<Finding> = found.into_iter().collect();
        let held = found.iter().filter(|(holds, _)| *holds).count();
        let figures: Vec<&str> = found.iter().map(|(_, figures)| figures.as_str()).collect();
        let mut evidence = figures.join("; ");
        if found.len() > 1 && !self.flags.quick {
            evidence = format!("{evidence} (holds for {held} of {} seeds)", found.len());
        }
        let holds = (!self.flags.quick).then_some(held == found.len());
        Claim { statement: statement.into(), refuted_if: refuted_if.into(), evidence, holds }
    }
}

fn data_set<T: Counted>(
    run: &mut Run<CommonArgs>,
    name: &'static str,
    load: impl FnOnce(&DataOptions) -> Result<Loaded<T>, DataError>,
    prepare: impl Fn(T) -> Result<Samples, DataError>,
) -> anyhow::Result<DataSet> {
    let loaded = run.load(name, load)?;
    let source = described(name, loaded.source);
    Ok(DataSet { train: prepare(loaded.train)?, test: prepare(loaded.test)?, source })
}
