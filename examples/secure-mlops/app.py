"""Serve model.pkl over HTTP: POST /predict {"features": [5.1, 3.5, 1.4, 0.2]} gives {"prediction": [0]}."""

from typing import List

import joblib
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(title="Iris classifier")
model = joblib.load("model.pkl")


class Flower(BaseModel):
    features: List[float]


@app.post("/predict")
def predict(flower: Flower):
    return {"prediction": model.predict([flower.features]).tolist()}
