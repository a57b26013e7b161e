"""Several cameras in one process: a thread for each, with a stream of its own on one shared model.

Usage: cameras.py [--frames N] [--own-models] COUNT FILM       FILM stands for what each camera shows

Prints the faces that each camera's last frame showed. Needs the package `expressions`, from a wheel or as
    LD_LIBRARY_PATH=build/src/lib PYTHONPATH=src/python
"""
import argparse
import concurrent.futures
import pathlib

import cv2
import expressions

MODEL = pathlib.Path(__file__).resolve().parents[2] / "models" / "expressions.safetensors"


def watch(film, frames, model):
    """As a program would that shows the cameras; of the film every frame."""
    camera, faces = cv2.VideoCapture(film), []
    with expressions.Stream(model) as stream:
        for _ in range(frames):
            more, picture = camera.read()
            if not more:
                break
            faces = stream.recognize(picture, camera.get(cv2.CAP_PROP_POS_MSEC) / 1000)
    return faces


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=1 << 30)
    parser.add_argument("--own-models", action="store_true", help="one for each camera, to compare")
    parser.add_argument("count", type=int)
    parser.add_argument("film")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)  # the cameras keep the processors busy
    models = [expressions.Model(MODEL)
              for _ in range(arguments.count if arguments.own_models else 1)]
    with concurrent.futures.ThreadPoolExecutor(arguments.count) as threads:
        for faces in threads.map(lambda i: watch(arguments.film, arguments.frames, models[i % len(models)]),
                                 range(arguments.count)):
            print([(face.label, face.box) for face in faces])


main()
