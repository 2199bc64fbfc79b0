"""The Keras side of keras_opens.rs. Usage: keras_opens.py MODEL.keras DATA.safetensors STEPS BATCH_SIZE AGAIN.keras

Evaluates the model on x and y, predicts the first batch, trains for STEPS batches, saves the model to AGAIN.keras, and prints
the results as JSON.
"""
import json
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
from safetensors.numpy import load_file

path, data, steps, batch_size, again = sys.argv[1:]
steps, batch_size = int(steps), int(batch_size)
model = keras.models.load_model(path)
data = load_file(data)
x, y = data["x"], data["y"]
evaluated = model.evaluate(x, y, batch_size=512, verbose=0, return_dict=True)
predicted = model.predict(x[:batch_size].astype("float32"), verbose=0).flatten().tolist()
losses = []
for step in range(steps):
    batch = slice(step * batch_size, (step + 1) * batch_size)
    model.reset_metrics()
    losses.append(float(model.train_on_batch(x[batch].astype("float32"), y[batch], return_dict=True)["loss"]))
model.save(again)
print(json.dumps({"keras": keras.__version__, "evaluate": evaluated, "predict": predicted, "losses": losses}))
