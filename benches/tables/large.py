"""Reads, encodes and trains for one epoch on a million rows by 50 columns: the library beside pandas and Keras on JAX.

    pip install keras jax pandas scikit-learn
    cargo build --release --example train_csv
    KERAS_BACKEND=jax python benches/tables/large.py target/release/examples/train_csv

Both sides read the same file, scale 40 columns of numbers, one-hot 10 of words, and train a layer of 64 units for one epoch of
batches of 512. Prints the seconds and the peak memory of each process.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd

ROWS, NUMBERS, WORDS = 1_000_000, 40, 10

SETTINGS = """
target = "y"
task = "regression"
time_limit = 3600.0
max_epochs = 1
members = 1
batch_size = 512
[[candidates]]
units = [64]
"""


def write(path):
    random = np.random.default_rng(0)
    numbers = random.normal(size=(ROWS, NUMBERS)).astype(np.float32).round(3)
    words = random.integers(0, 8, size=(ROWS, WORDS))
    frame = pd.DataFrame({f"n{index}": numbers[:, index] for index in range(NUMBERS - 1)})
    for index in range(WORDS):
        frame[f"w{index}"] = np.array([f"word{word}" for word in range(8)])[words[:, index]]
    frame["y"] = (numbers[:, 0] * 2 + numbers[:, 1] * numbers[:, 2] + words[:, 0]).round(3)
    frame.to_csv(path, index=False)


def keras_side(path):
    import keras
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame = pd.read_csv(path)
    y = frame.pop("y").to_numpy(np.float32)
    numbers = frame.select_dtypes("number").columns
    words = [name for name in frame.columns if name not in numbers]
    encoder = ColumnTransformer(
        [("number", StandardScaler(), numbers), ("word", OneHotEncoder(sparse_output=False), words)]
    )
    x = encoder.fit_transform(frame).astype(np.float32)
    model = keras.Sequential([keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1)])
    model.compile("adam", "mean_squared_error")
    model.fit(x, (y - y.mean()) / y.std(), batch_size=512, epochs=1, verbose=0)


def timed(command):
    """Runs a command, and returns its seconds and its peak memory in MiB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        table, settings = folder / "large.csv", folder / "settings.toml"
        write(table)
        settings.write_text(SETTINGS)
        for _ in range(2):
            for name, command in [
                ("train_csv", [program, table, "--config", settings, "--out", folder / "out"]),
                ("pandas and Keras", [sys.executable, __file__, "--keras", table]),
            ]:
                seconds, memory = timed(command)
                print(f"{name}: {seconds:.1f} s, {memory:.0f} MiB", flush=True)


if __name__ == "__main__":
    keras_side(sys.argv[2]) if sys.argv[1] == "--keras" else main(sys.argv[1])
