"""Keras' side of benches/mnist.rs: seconds of each epoch as JSON. Usage: mnist_keras.py SAMPLES EPOCHS"""
import json
import os
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy

samples, epochs = int(sys.argv[1]), int(sys.argv[2])
random = numpy.random.default_rng(0)
images = random.integers(0, 256, (samples, 784)).astype("float32") / 255
labels = random.integers(0, 10, samples)


class Clock(keras.callbacks.Callback):
    seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.begin)


model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(512, "relu"), keras.layers.Dense(10, "softmax")])
model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
clock = Clock()
model.fit(images, labels, epochs=epochs, batch_size=128, verbose=0, callbacks=[clock])
print(json.dumps(clock.seconds))
