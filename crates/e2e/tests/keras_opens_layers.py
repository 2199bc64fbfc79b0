"""The Keras side of keras_opens.rs for single layers. Usage: keras_opens_layers.py DIRECTORY

Loads each NAME.keras, predicts x of NAME.safetensors, writes NAME.predicted.safetensors, and saves the model to NAME.again.keras.
"""
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
from safetensors.numpy import load_file, save_file

for data in sorted(pathlib.Path(sys.argv[1]).glob("*.safetensors")):
    model = keras.models.load_model(data.with_suffix(".keras"))
    predicted = model.predict(load_file(data)["x"], verbose=0)
    save_file({"predicted": predicted}, data.with_suffix(".predicted.safetensors"))
    model.save(data.with_suffix(".again.keras"))
