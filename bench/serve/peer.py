#!/usr/bin/env python3
"""A service that works as Immich's machine-learning service does: FastAPI on ONNX Runtime, a pool with as many threads as
there are cores, two threads within a model, one photo at a time: ./peer.py MODELS PORT

The models and the processing around them are those of tools/parity/immich/reference.py, which shares no code with Calotype.
"""

from __future__ import annotations

import asyncio
import importlib.util
import io
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import uvicorn
from fastapi import FastAPI, Form, UploadFile
from fastapi.responses import PlainTextResponse, Response
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("reference", ROOT / "tools/parity/immich/reference.py")
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)

MODELS = Path(sys.argv[1])
pool = ThreadPoolExecutor(os.cpu_count())
loaded: dict[str, object] = {}
loading = threading.Lock()
app = FastAPI()


def model(key: str, load) -> object:
    with loading:
        if key not in loaded:
            loaded[key] = load()
        return loaded[key]


def text_of(values) -> str:
    return orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def answer(entries: dict, image: bytes | None, text: str | None) -> dict:
    result: dict = {}
    photo = None
    if image is not None:
        photo = Image.open(io.BytesIO(image)).convert("RGB")
        result |= {"imageWidth": photo.width, "imageHeight": photo.height}
    for task, types in entries.items():
        if task == "clip":
            kind, what = next(iter(types.items()))
            folder = MODELS / "clip" / what["modelName"] / kind
            make = reference.ImageEncoder if kind == "visual" else reference.TextEncoder
            result["clip"] = text_of(model(str(folder), lambda: make(folder))(photo if kind == "visual" else text))
        elif task == "facial-recognition":
            name = types["detection"]["modelName"]
            find = model(name, lambda: reference.Faces(MODELS / "facial-recognition" / name))
            result[task] = [
                {"boundingBox": dict(zip(("x1", "y1", "x2", "y2"), face["box"])), "score": face["score"],
                 "embedding": text_of(face["embedding"])}
                for face in find(photo, types["detection"]["options"]["minScore"])
            ]
        else:
            name, options = types["detection"]["modelName"], types["detection"]["options"]
            files = [MODELS / "ocr" / name / kind / "model.onnx" for kind in ("detection", "recognition")]
            read = model(name, lambda: reference.Text(*files))
            least = types["recognition"]["options"]["minScore"]
            lines = read(photo, options["maxResolution"], options["minScore"], least)
            size = [photo.width, photo.height] * 4
            result[task] = {
                "text": [line["text"] for line in lines],
                "box": [value / side for line in lines for value, side in zip(sum(line["quad"], []), size)],
                "boxScore": [line["boxScore"] for line in lines],
                "textScore": [line["textScore"] for line in lines],
            }
    return result


@app.get("/ping")
def ping() -> PlainTextResponse:
    return PlainTextResponse("pong")


@app.post("/predict")
async def predict(entries: str = Form(), image: UploadFile | None = None, text: str | None = Form(default=None)) -> Response:
    content = await image.read() if image is not None else None
    found = await asyncio.get_running_loop().run_in_executor(pool, answer, json.loads(entries), content, text)
    return Response(orjson.dumps(found), media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
