"""The Keras side of the comparison: runs one job and prints the measurements as one line of JSON.

usage: KERAS_BACKEND={jax,tensorflow,torch} python keras_side.py JOB --data DIR [--predict]
       KERAS_BACKEND={jax,tensorflow,torch} python keras_side.py versions

DIR contains the data set as published by Keras, as bundled with kindling, or the synthetic reviews that the benchmark writes.
With --predict, the network is trained for one epoch and predictions are measured.
"""
import argparse
import gzip
import importlib
import json
import os
import resource
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

import keras
from keras import layers

WORDS, STEPS, HELD_OUT, DIGITS, FOLDS = 10000, 200, 10000, 6000, 4
# Batch size for evaluation and prediction, as in kindling; Keras' default of 32 is slower.
BATCH = 512


class Job:
    def __init__(self, network, loss, metric, epochs, batch_size, train, test, validation=None, optimizer="rmsprop"):
        self.network, self.loss, self.metric, self.optimizer = network, loss, metric, optimizer
        self.epochs, self.batch_size = epochs, batch_size
        self.train, self.test, self.validation = train, test, validation

    def model(self):
        model = keras.Sequential([keras.Input(self.train[0].shape[1:]), *self.network()])
        model.compile(self.optimizer, self.loss, metrics=[self.metric])
        return model

    def fit(self, model, train, validation, epochs):
        clock = Clock()
        options = {"validation_data": validation, "validation_batch_size": BATCH} if validation else {}
        model.fit(*train, epochs=epochs, batch_size=self.batch_size, verbose=0, callbacks=[clock], **options)
        return clock.seconds


class Clock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.begin)


# Files


def idx(path):
    content = gzip.open(path).read() if path.endswith(".gz") else open(path, "rb").read()
    rank = content[3]
    shape = [int.from_bytes(content[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(rank)]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def digits(folder):
    archive = os.path.join(folder, "mnist.npz")
    if os.path.exists(archive):
        file = np.load(archive)
        return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])

    def read(name):
        path = os.path.join(folder, name)
        return idx(path if os.path.exists(path) else path + ".gz")

    return tuple(
        (read(f"{part}-images-idx3-ubyte"), read(f"{part}-labels-idx1-ubyte")) for part in ("train", "t10k")
    )


def ids(texts):
    """Converts word ranks to ids, like Keras' load_data."""
    return [[1] + [rank + 3 if rank + 3 < WORDS else 2 for rank in text] for text in texts]


def reviews(folder):
    archive = os.path.join(folder, "imdb.npz")
    if not os.path.exists(archive):
        return tuple(synthetic(folder, part) for part in ("train", "test"))
    file, random = np.load(archive, allow_pickle=True), np.random.RandomState(113)
    parts = []
    for part in ("train", "test"):
        texts, labels = file[f"x_{part}"], file[f"y_{part}"]
        order = np.arange(len(texts))
        random.shuffle(order)
        parts.append((ids(texts[order]), labels[order]))
    return parts


def synthetic(folder, part):
    read = lambda name, dtype: np.fromfile(os.path.join(folder, f"{part}.{name}"), dtype)
    words, offsets = read("ids", "uint32"), read("offsets", "uint64").astype("int64")
    return np.split(words, offsets[1:-1]), read("labels", "int32")


def newswires(folder):
    file = np.load(os.path.join(folder, "reuters.npz"), allow_pickle=True)
    if "ranks" in file:
        texts = np.empty(len(file["labels"]), object)
        texts[:] = [part.tolist() for part in np.split(file["ranks"], np.cumsum(file["lengths"].astype("int64"))[:-1])]
        labels = file["labels"]
    else:
        texts, labels = file["x"], file["y"]
    order = np.arange(len(texts))
    np.random.RandomState(113).shuffle(order)
    texts, labels = ids(texts[order]), labels[order].astype("int32")
    trained = int(len(texts) * 0.8)
    return (texts[:trained], labels[:trained]), (texts[trained:], labels[trained:])


def houses(folder):
    file, order = np.load(os.path.join(folder, "boston_housing.npz")), np.arange(506)
    np.random.RandomState(113).shuffle(order)
    x, y = file["x"][order], file["y"][order]
    trained = int(len(x) * 0.8)
    return (x[:trained], y[:trained]), (x[trained:], y[trained:])


def multi_hot(texts):
    x = np.zeros((len(texts), WORDS), "float32")
    for row, text in enumerate(texts):
        x[row, text] = 1
    return x


def standardized(train, *others):
    mean, deviation = train[0].mean(0), train[0].std(0)
    return [((x - mean) / deviation, y) for x, y in (train, *others)]


# Jobs


def stack(hidden, units, activation):
    return lambda: [*(layers.Dense(width, "relu") for width in hidden), layers.Dense(units, activation)]


def digits_job(folder, network, shape, most=None, **options):
    parts = digits(folder)
    (x, y), test = parts
    train, test = [(x.reshape(-1, *shape).astype("float32") / 255, y) for x, y in ((x[:most], y[:most]), test)]
    return Job(network, "sparse_categorical_crossentropy", "accuracy", train=train, test=test, **options)


def reviews_job(folder, network, encode):
    parts = [(encode(texts), labels.astype("float32")) for texts, labels in reviews(folder)]
    (x, y), test = parts
    train, validation = (x[HELD_OUT:], y[HELD_OUT:]), (x[:HELD_OUT], y[:HELD_OUT])
    return Job(network, "binary_crossentropy", "accuracy", 20, 512, train, test, validation)


def open_job(name, folder):
    if name == "mnist":
        return digits_job(folder, stack([512], 10, "softmax"), [784], epochs=5, batch_size=128)
    if name == "lstm":
        network = lambda: [layers.LSTM(64), layers.Dense(10, "softmax")]
        return digits_job(folder, network, [28, 28], DIGITS, epochs=3, batch_size=64, optimizer="adam")
    if name == "cnn":
        network = lambda: [
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, "softmax"),
        ]
        return digits_job(folder, network, [28, 28, 1], DIGITS, epochs=3, batch_size=64)
    if name == "imdb":
        return reviews_job(folder, stack([16, 16], 1, "sigmoid"), multi_hot)
    if name == "embedding":
        network = lambda: [layers.Embedding(WORDS, 8), layers.Flatten(), layers.Dense(1, "sigmoid")]
        return reviews_job(folder, network, lambda texts: keras.utils.pad_sequences(texts, maxlen=STEPS))
    if name == "reuters":
        train, test = [(multi_hot(texts), labels) for texts, labels in newswires(folder)]
        network = stack([64, 64], 46, "softmax")
        return Job(network, "sparse_categorical_crossentropy", "accuracy", 9, 512, train, test)
    train, test = houses(folder)
    return Job(stack([64, 64], 1, None), "mse", "mae", 100, 1, train, test)


# Measurements


def train(job, name):
    if name == "boston":
        return folds(job)
    begin = time.perf_counter()
    model = job.model()
    seconds = job.fit(model, job.train, job.validation, job.epochs)
    fit_s = time.perf_counter() - begin
    begin = time.perf_counter()
    figures = model.evaluate(*job.test, batch_size=BATCH, verbose=0)
    out = epochs([seconds], len(job.train[0]), job.batch_size)
    return out | {"fit_s": fit_s, "evaluate_s": time.perf_counter() - begin, "evaluate": figures}


def folds(job):
    x, y = job.train
    begin, seconds, figures = time.perf_counter(), [], []
    for fold in range(FOLDS):
        held_out = np.arange(len(x)) // (len(x) // FOLDS) == fold
        training, validation = standardized((x[~held_out], y[~held_out]), (x[held_out], y[held_out]))
        model = job.model()
        seconds.append(job.fit(model, training, validation, job.epochs))
        figures.append(model.evaluate(*validation, batch_size=BATCH, verbose=0))
    out = epochs(seconds, len(training[0]), job.batch_size)
    return out | {"fit_s": time.perf_counter() - begin, "evaluate": np.mean(figures, 0).tolist()}


def epochs(seconds, samples, batch_size):
    epoch_s = float(np.median([second for fit in seconds for second in fit[1:]]))
    steps = -(-samples // batch_size)
    return {"first_epoch_s": seconds[0][0], "epoch_s": epoch_s, "step_us": epoch_s / steps * 1e6}


def predict(job, name):
    if name == "boston":
        job.train, job.test = standardized(job.train, job.test)
    model = job.model()
    job.fit(model, job.train, None, 1)
    x = job.test[0]

    def eagerly(sample):
        if keras.backend.backend() != "torch":
            return keras.ops.convert_to_numpy(model(sample, training=False))
        import torch

        with torch.no_grad():
            return keras.ops.convert_to_numpy(model(sample, training=False))

    # The fastest way depends on the backend.
    ways = {"predict_on_batch": model.predict_on_batch, "model(x)": eagerly}
    times = {way: single(function, x) for way, function in ways.items()}
    way = min(times, key=times.get)
    many = x[np.arange(10000) % len(x)]
    model.predict(many, batch_size=BATCH, verbose=0)
    together = []
    for _ in range(3):
        begin = time.perf_counter()
        model.predict(many, batch_size=BATCH, verbose=0)
        together.append(time.perf_counter() - begin)
    return {
        "predict_one_us": times[way],
        "predict_one_with": way,
        "predict_us": single(lambda sample: model.predict(sample, verbose=0), x),
        "predict_10000_s": float(np.median(together)),
    }


def single(function, x):
    """Returns the median time to predict one sample, in microseconds, with as many repetitions as on the kindling side."""
    def once(index):
        place = index % len(x)
        begin = time.perf_counter()
        function(x[place : place + 1])
        return (time.perf_counter() - begin) * 1e6

    for index in range(20):
        once(index)
    times, start = [], time.perf_counter()
    while len(times) < 5000 and (len(times) < 200 or time.perf_counter() - start < 0.5):
        times.append(once(len(times)))
    return float(np.median(times))


def peak_mb():
    try:
        # ru_maxrss may include the parent process.
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def versions():
    backend = keras.backend.backend()
    version = importlib.import_module(backend).__version__
    return {"keras": keras.__version__, "backend": backend, "backend_version": version}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "job", choices=["versions", "mnist", "imdb", "reuters", "boston", "lstm", "cnn", "embedding"]
    )
    parser.add_argument("--data")
    parser.add_argument("--predict", action="store_true")
    args = parser.parse_args()
    keras.utils.set_random_seed(0)
    if args.job == "versions":
        return versions()
    begin = time.perf_counter()
    job = open_job(args.job, args.data)
    np.ascontiguousarray(job.train[0][: job.batch_size])
    load_s = time.perf_counter() - begin
    if args.predict:
        return predict(job, args.job)
    return {"load_s": load_s} | train(job, args.job) | {"peak_mb": peak_mb()}


print(json.dumps(main()))
