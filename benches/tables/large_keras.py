"""The Keras side of `large.rs`: reads and encodes the table given as argument and trains on it.

    pip install keras jax pandas scikit-learn
"""

import resource
import sys
import time

import keras
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

start = time.perf_counter()
frame = pd.read_csv(sys.argv[1])
y = frame.pop("y").to_numpy(np.float32)
numbers = frame.select_dtypes("number").columns
words = [name for name in frame.columns if name not in numbers]
encoder = ColumnTransformer(
    [("number", StandardScaler(), numbers), ("word", OneHotEncoder(sparse_output=False, dtype=np.float32), words)]
)
x = encoder.fit_transform(frame).astype(np.float32)
model = keras.Sequential([keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1)])
model.compile("adam", "mean_squared_error")
history = model.fit(x, (y - y.mean()) / y.std(), batch_size=512, epochs=1, verbose=0)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(f"{seconds:.1f} s, {peak} MiB, {x.shape[1]} features, loss {history.history['loss'][0]:.4f}")
