"""Whether the program can be trusted: what it finds, what it says of faces over time, and whether it
is right as often as it claims to be, as tables.

Usage: trust.py found --portraits FOLDER --without FOLDER [--model FILE]
       trust.py live --portraits FOLDER --without FOLDER [--model FILE] [--cuts N]
       trust.py confidence --portraits FOLDER [--model FILE]
       trust.py labels | rest [--data fer2013.csv] [--ferplus fer2013new.csv] [--model FILE]
                              [--library FILE] [--sequences N] [--seed N]

found: portraits, one face each, as they are and turned in the plane by 15, 30 and 40 degrees, to
either side in turn: in how many exactly one face is found; and pictures without faces: how many
boxes are found in a hundred. By OpenCV's detectMultiScale alone, by this program without its
verifier, and with it: all boxes, then only those whose "face" is so much or more.

live: a film at 30 frames a second: shots of one second, with a cut between any two; of each three one shows
one of the pictures without faces, and two such a picture with a portrait pasted in, 160 to 640 of 720 pixels
large. The camera trembles a little, and is noisy. How long after a cut until the face is shown that is
there, and until the last box is gone where none is; and how many boxes come up later.

confidence: the same portraits through the whole program, as they are, through JPEG at quality 25,
at 120 pixels with noise, and dark: how often answers of some confidence are right, and the expected
calibration error (15 bins of equal width).

FOLDER: of portraits, with labels.csv (file,emotion); without faces, any pictures, such as those of
Debian's plasma-workspace-wallpapers (dpkg -x unpacks packages without installing them).

labels: sequences whose truth is known, made up of FER2013's Training faces on whose label the FER+
voters agree. A face holds for two to five seconds and turns into a face of another class within
0.1, 0.4 or 1 second; every frame is cut a little differently, as a detector cuts it, with noise and
changing light. Some faces speak (the lower half goes to an open mouth and back, three to six times a
second), blink, or are blurred or covered for a moment; some sequences lose frames. The network
answers each frame once; then the library's smoother and the exponential filter that it replaced
(with its margins of 5 points) go over the same answers at several time constants.

  delay     seconds from the middle of the turn until the new class is shown, median and mean; a
            class that is never shown counts as late as its hold is long
  false     changes a minute from one name to another beyond the first to each new class
  words     changes a minute of what stands on the label beyond one a turn, "uncertain" being a word
  short     share of the labels that lasted less than 0.4 s
  right     share of the time that the right name is shown; unsure: that none is
  talk      share of the time that a face which speaks, and shows no surprise, is called surprise

rest: made-up persons, a minute each. Their resting face is one that people call neutral and the
network, at a glance, sad or angry (leaning), or any neutral one (any); between rests they show a sad, an
angry or a happy face for three seconds. After the first twenty seconds it is counted, with --adapt
on and off: how much of the rest is called sad or angry, how much of the true sadness, anger and
happiness is called so, and how much of the happiness neutral; with --smooth 0.2.

Needs the built programs, and of Debian python3-numpy and, except for labels and rest, python3-opencv.
"""
import argparse
import csv
import ctypes
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
SIDE = 48
RATE = 30
UNCERTAIN = -1


# ---- The library --------------------------------------------------------------------------------


class Face(ctypes.Structure):
    _fields_ = [("box", ctypes.c_int * 4), ("id", ctypes.c_int), ("held", ctypes.c_int),
                ("label", ctypes.c_int), ("second", ctypes.c_int), ("uncertain", ctypes.c_int),
                ("smoothed", ctypes.c_int), ("calibration", ctypes.c_int),
                ("score", ctypes.c_float), ("probabilities", ctypes.c_float * 7),
                ("raw", ctypes.c_float * 7), ("reserved", ctypes.c_uint32 * 4)]


class SmootherSettings(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("seconds", ctypes.c_double), ("adapt", ctypes.c_int),
                ("reserved", ctypes.c_uint32 * 11)]


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("text", ctypes.c_char * 1024)]


class Library:
    def __init__(self, path, model):
        self.library, self.error = ctypes.CDLL(path), Error()
        self.model, self.recognizer = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("model_open", ctypes.byref(self.model), model.encode(), None)
        self.call("recognizer_open", ctypes.byref(self.recognizer), self.model)

    def call(self, name, *arguments):
        if getattr(self.library, "expressions_" + name)(*arguments, ctypes.byref(self.error)):
            sys.exit("trust.py: " + self.error.text.decode())

    def recognize(self, crops):
        """crops[n, 48, 48], bytes -> probabilities[n, 7]."""
        crops = np.ascontiguousarray(crops, np.uint8)
        answers = np.empty((len(crops), 7), np.float32)
        self.call("recognize_crops", self.recognizer, crops.ctypes.data_as(ctypes.c_void_p),
                  len(crops), answers.ctypes.data_as(ctypes.c_void_p))
        return answers

    def smooth(self, times, answers, seconds, adapt=0):
        """The label of each frame (UNCERTAIN: none), and the probabilities shown."""
        smoother = ctypes.c_void_p()
        settings = SmootherSettings(ctypes.sizeof(SmootherSettings), seconds, adapt)
        self.call("smoother_open", ctypes.byref(smoother), ctypes.byref(settings))
        labels, shown = np.empty(len(times), int), np.empty((len(times), 7))
        for n, time in enumerate(times):
            face = Face(box=(0, 0, 200, 200), id=1)
            face.raw[:] = answers[n]
            self.call("smooth", smoother, ctypes.c_double(time), ctypes.byref(face), 1)
            labels[n] = UNCERTAIN if face.uncertain else face.label
            shown[n] = face.probabilities[:]
        self.library.expressions_smoother_close(ctypes.byref(smoother))
        return labels, shown


def exponential(times, answers, seconds):
    """What the smoother was: an exponential mean, whose best label is shown once it is 5 points
    ahead, and above one half."""
    labels, mean, label, unsure, last = np.empty(len(times), int), None, 0, True, 0
    for n, time in enumerate(times):
        if mean is None:
            mean = answers[n].astype(float)
            label = mean.argmax()
            unsure = mean[label] < 0.5
        elif seconds > 0:
            mean = mean - np.expm1(-(time - last) / seconds) * (answers[n] - mean)
        else:
            mean = answers[n].astype(float)
        last, best = time, mean.argmax()
        if mean[best] - mean[label] > 0.05:
            label = best
        unsure = mean[best] < 0.55 if unsure else mean[best] < 0.5
        labels[n] = UNCERTAIN if unsure else label
    return labels


# ---- Sequences whose truth is known -------------------------------------------------------------


def read_faces(data, ferplus):
    """Training faces of each class on whose label more than half of the ten voters agree."""
    votes_order = [4, 5, 6, 1, 3, 2, 0]  # of FER+'s columns, in the order of LABELS
    faces = [[] for _ in LABELS]
    with open(data, newline="") as pictures, open(ferplus, newline="") as votes:
        rows, vote_rows = csv.reader(pictures), csv.reader(votes)
        next(rows), next(vote_rows)
        for (label, pixels, usage), row in zip(rows, vote_rows):
            label = int(label)
            if usage == "Training" and int(row[2 + votes_order[label]]) > 5:
                faces[label].append(pixels)
    return faces


def warp(pictures, turn, scale, x, y):
    """pictures[n, 48, 48], each turned, scaled and shifted; bilinear, the edge is repeated."""
    n = len(pictures)
    middle = (SIDE - 1) / 2
    grid = np.arange(SIDE) - middle
    cos, sin = (np.cos(turn) / scale)[:, None, None], (np.sin(turn) / scale)[:, None, None]
    u = np.clip(cos * grid - sin * grid[:, None] + middle + x[:, None, None], 0, SIDE - 1.001)
    v = np.clip(sin * grid + cos * grid[:, None] + middle + y[:, None, None], 0, SIDE - 1.001)
    left, top = u.astype(int), v.astype(int)
    u, v = u - left, v - top
    k = np.arange(n)[:, None, None]
    return ((1 - v) * ((1 - u) * pictures[k, top, left] + u * pictures[k, top, left + 1])
            + v * ((1 - u) * pictures[k, top + 1, left] + u * pictures[k, top + 1, left + 1]))


def wander(rng, n, step, deviation):
    """A value that wanders around 0 with this deviation, over `step` frames."""
    keep = np.exp(-1 / step)
    values, value = np.empty(n), rng.normal()
    for i in range(n):
        value = keep * value + np.sqrt(1 - keep * keep) * rng.normal()
        values[i] = deviation * value
    return values


def speak(rng, pictures, mouth):
    """The lower half goes to an open mouth and back, in syllables."""
    n = len(pictures)
    rate = rng.uniform(3, 6)
    phase = np.cumsum(np.abs(1 + wander(rng, n, 8, 0.4))) * rate / RATE
    opened = (0.5 - 0.5 * np.cos(2 * np.pi * phase)) * rng.uniform(0.4, 1.0)
    rows = 1 / (1 + np.exp(-(np.arange(SIDE) - 30) / 1.5))
    mask = opened[:, None, None] * rows[None, :, None]
    return pictures + mask * (mouth - pictures)


def disturb(rng, pictures):
    """Blinks, moments of blur, and hands."""
    n = len(pictures)
    for start in range(int(rng.uniform(0, 3 * RATE)), n, int(rng.uniform(2, 5) * RATE)):
        kind, end = rng.integers(3), start + int(rng.uniform(0.1, 0.3) * RATE)
        part = pictures[start:end]
        if kind == 0:  # the eyes closed: what is above and below meets
            part[:, 16:24] = np.linspace(1, 0, 8)[:, None] * part[:, 15:16] + \
                np.linspace(0, 1, 8)[:, None] * part[:, 24:25]
        elif kind == 1:
            for _ in range(6):
                part[:, :, 1:-1] = (part[:, :, :-2] + part[:, :, 1:-1] + part[:, :, 2:]) / 3
        else:
            left = rng.integers(0, 24)
            part[:, 28:, left:left + 24] = rng.uniform(80, 180)
    return pictures


class Sequence:
    """times[n], crops[n, 48, 48], truth[n], and its turns: (time, class before, class after)."""

    def __init__(self, rng, faces, seconds, turn):
        def pick(label):
            text = faces[label][rng.integers(len(faces[label]))]
            return np.array(text.split(), float).reshape(SIDE, SIDE)

        n = int(seconds * RATE)
        self.speech = rng.random() < 0.5
        self.times = np.arange(n) / RATE
        self.truth, self.turns = np.empty(n, int), []
        pictures = np.empty((n, SIDE, SIDE))
        label, start = int(rng.integers(7)), 0
        old = pick(label)
        pictures[:], self.truth[:] = old, label
        while True:
            if self.speech:
                pictures[start:] = speak(rng, pictures[start:], pick(5))
            start += int(rng.uniform(2, 5) * RATE)
            if start >= n - 2 * RATE:
                break
            label = int((label + rng.integers(1, 7)) % 7)
            new = pick(label)
            share = np.clip((np.arange(n - start) / RATE) / turn, 0, 1)[:, None, None]
            pictures[start:] = old + share * (new - old)
            middle = start + int(turn * RATE / 2)
            self.truth[middle:] = label
            self.turns.append((middle / RATE, self.truth[middle - 1], label))
            old = new
        self.cut(rng, disturb(rng, pictures))
        if rng.random() < 0.3:
            self.drop(rng)

    def cut(self, rng, pictures):
        """As a detector cuts them and a webcam sees them."""
        n = len(pictures)
        cut = warp(pictures, wander(rng, n, 15, 0.05), 1 + wander(rng, n, 2, 0.03),
                   wander(rng, n, 2, 0.8), wander(rng, n, 2, 0.8))
        light = 1 + wander(rng, n, 60, 0.1)[:, None, None]
        noise = rng.normal(0, rng.uniform(1, 6), cut.shape)
        self.crops = np.clip(cut * light + noise, 0, 255).astype(np.uint8)

    def drop(self, rng):
        """Single frames, and gaps of up to half a second."""
        kept = rng.random(len(self.times)) > 0.2
        for start in rng.integers(0, len(kept), 4):
            kept[start:start + rng.integers(3, RATE // 2)] = False
        kept[0] = True
        self.times, self.crops, self.truth = self.times[kept], self.crops[kept], self.truth[kept]


# ---- Judging ------------------------------------------------------------------------------------


class Judgement:
    """Sums over sequences; see the text at the top."""

    def __init__(self):
        self.delays, self.lasted = [], []
        self.names = self.words = 0
        self.right = self.unsure = self.minutes = self.talk = self.mistaken = 0.0

    def add(self, times, labels, sequence):
        ends = [turn[0] for turn in sequence.turns[1:]] + [times[-1]]
        due = 0
        for (start, _, label), end in zip(sequence.turns, ends):
            hits = np.flatnonzero((labels == label) & (times >= start) & (times <= end))
            self.delays.append(times[hits[0]] - start if len(hits) else end - start)
            due += len(hits) > 0
        named = labels[labels != UNCERTAIN]
        self.names += max(0, np.count_nonzero(np.diff(named)) - due)
        changes = np.flatnonzero(np.diff(labels)) + 1
        self.words += max(0, len(changes) - due)
        self.lasted += list(np.diff(times[changes]))
        span = np.diff(times, append=times[-1] + 1 / RATE)
        self.right += np.sum(span[labels == sequence.truth]) / 60
        self.unsure += np.sum(span[labels == UNCERTAIN]) / 60
        self.minutes += np.sum(span) / 60
        talk = sequence.truth != LABELS.index("surprise")
        if sequence.speech:
            self.talk += np.sum(span[talk])
            self.mistaken += np.sum(span[talk & (labels == LABELS.index("surprise"))])

    def row(self):
        return (np.median(self.delays), np.mean(self.delays), self.names / self.minutes,
                self.words / self.minutes,
                100 * np.mean(np.array(self.lasted or [9]) < 0.4), 100 * self.right / self.minutes,
                100 * self.unsure / self.minutes, 100 * self.mistaken / self.talk)


def judge(filtered, sequences, answers):
    judgement = Judgement()
    for sequence, answer in zip(sequences, answers):
        judgement.add(sequence.times, filtered(sequence.times, answer), sequence)
    return judgement.row()


def make_sequences(faces, count, seed):
    rng = np.random.default_rng(seed)
    return [Sequence(rng, faces, 20, (0.1, 0.4, 1)[i % 3]) for i in range(count)]


def labels_section(options):
    library = Library(options.library, options.model)
    sequences = make_sequences(read_faces(options.data, options.ferplus), options.sequences,
                               options.seed)
    answers = [library.recognize(sequence.crops) for sequence in sequences]
    print("%-12s %5s   %6s %6s %7s %7s %7s %7s %7s %7s" % (
        "filter", "tau", "delay", "mean", "false", "words", "short", "right", "unsure", "talk"))
    for name, filtered in (("exponential", exponential),
                           ("smoother", lambda *given: library.smooth(*given)[0])):
        for seconds in (0, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5):
            row = judge(lambda t, a: filtered(t, a, seconds), sequences, answers)
            print("%-12s %5.1f   %5.2fs %5.2fs %7.1f %7.1f %6.1f%% %6.1f%% %6.1f%% %6.1f%%" % (
                name, seconds, *row))


# ---- Pictures through the whole program ---------------------------------------------------------


def picture_paths(folder, endings=(".jpg", ".jpeg", ".png", ".webp")):
    return [os.path.join(place, name) for place, _, names in sorted(os.walk(folder))
            for name in sorted(names) if name.lower().endswith(endings)]


def recognize_pictures(folder, model):
    """File name -> faces, of all pictures in the folder and below it."""
    command = [os.path.join(ROOT, "expressions"), "--headless", "--json", "--quiet", "--model", model,
               "--image", *picture_paths(folder)]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode not in (0, 1, 3):
        sys.exit("trust.py: " + result.stderr)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    return {os.path.relpath(answer["source"], folder): answer["faces"] for answer in answers}


def read_labels(folder):
    with open(os.path.join(folder, "labels.csv"), newline="") as file:
        return {row["file"]: row["emotion"] for row in csv.DictReader(file)}


def turned(picture, degrees):
    """The whole picture turned, in a larger one that is black elsewhere."""
    import cv2
    height, width = picture.shape[:2]
    map = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    cosine, sine = abs(map[0, 0]), abs(map[0, 1])
    size = int(height * sine + width * cosine), int(height * cosine + width * sine)
    map[:, 2] += size[0] / 2 - width / 2, size[1] / 2 - height / 2
    return cv2.warpAffine(picture, map, size)


def write_changed(folder, names, target, change):
    """Each portrait, changed, as a PNG of the same name."""
    import cv2
    os.makedirs(target)
    for number, name in enumerate(sorted(names)):
        picture = cv2.imread(os.path.join(folder, name))
        cv2.imwrite(os.path.join(target, name + ".png"), change(picture, number))


def without_verifier(model, path):
    """A copy of a model file that lacks the verifier."""
    with open(model, "rb") as file:
        data = file.read()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    about = header.pop("__metadata__")
    kept, values = {}, b""
    for name, tensor in header.items():
        begin, stop = (end + offset for offset in tensor["data_offsets"])
        if not name.startswith("verifier."):
            kept[name] = dict(tensor, data_offsets=[len(values), len(values) + stop - begin])
            values += data[begin:stop]
    kept["__metadata__"] = {key: value for key, value in about.items()
                            if not key.startswith("verifier.") and key != "crc32"}
    text = json.dumps(kept).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + values)


def plain_counts(folders, step, neighbours):
    """How many boxes OpenCV's cascade finds by itself in each picture of each folder."""
    import cv2
    cascade = cv2.CascadeClassifier()
    for place in ("/usr/share/opencv4/haarcascades", "/usr/local/share/opencv4/haarcascades"):
        path = os.path.join(place, "haarcascade_frontalface_default.xml")
        if os.path.exists(path):
            cascade.load(path)
    counts = []
    for folder in folders:
        counts.append([])
        for place, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                grey = cv2.imread(os.path.join(place, name), cv2.IMREAD_GRAYSCALE)
                if grey is not None:
                    counts[-1].append(len(cascade.detectMultiScale(grey, step, neighbours)))
    return counts


def found_section(options):
    angles, names = (0, 15, 30, 40), read_labels(options.portraits)
    with tempfile.TemporaryDirectory() as work:
        folders = []
        for angle in angles:
            folders.append(os.path.join(work, str(angle)))
            write_changed(options.portraits, names, folders[-1],
                          lambda picture, n: turned(picture, angle if n % 2 else -angle))
        bare = os.path.join(work, "bare.safetensors")
        without_verifier(options.model, bare)
        folders.append(options.without)
        rows = [("detectMultiScale(%g, %d)" % how, plain_counts(folders, *how))
                for how in ((1.1, 3), (1.3, 5))]
        for name, model, least in (("without verifier", bare, (0,)),
                                   ("with verifier", options.model, (0, 0.5, 0.8, 0.9, 0.95))):
            answers = [recognize_pictures(folder, model).values() for folder in folders]
            for score in least:
                counts = [[sum(face["face"] >= score for face in faces) for faces in answer]
                          for answer in answers]
                rows.append((name + (", %g or more" % score if score else ""), counts))
    print("%-28s" % "one face in ... %, turned by" + "".join("%8d" % a for a in angles)
          + "   false in 100 (of %d)" % len(rows[-1][1][-1]))
    for name, counts in rows:
        print("%-28s" % name + "".join("%8.1f" % (100 * found.count(1) / len(found))
                                       for found in counts[:-1])
              + "%10.1f" % (100 * sum(counts[-1]) / max(1, len(counts[-1]))))


LIVE_SIZE = 1280, 720


def fill(path):
    """The picture, cut to the film's shape."""
    import cv2
    width, height = LIVE_SIZE
    picture = cv2.imread(path)
    scale = max(width / picture.shape[1], height / picture.shape[0])
    picture = cv2.resize(picture, None, fx=scale * 1.01, fy=scale * 1.01, interpolation=cv2.INTER_AREA
                         if scale < 1 else cv2.INTER_LINEAR)
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return picture[top:top + height, left:left + width]


def with_portrait(rng, picture, path, side):
    """Where the portrait was pasted: its middle, and the film's frame."""
    import cv2
    portrait = cv2.imread(path)
    scale = side / max(portrait.shape[:2])
    portrait = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = portrait.shape[:2]
    left, top = (int((most - size) * rng.random(2).mean())
                 for most, size in zip(LIVE_SIZE, (width, height)))
    picture = picture.copy()
    picture[top:top + height, left:left + width] = portrait
    return picture, (left + width / 2, top + height / 2)


def write_shots(rng, options, path):
    """The film, and of each shot the middle of its face, None without one, and the face's side."""
    portraits = [os.path.join(options.portraits, name) for name in read_labels(options.portraits)]
    without, shots = picture_paths(options.without), []
    command = ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s",
               "%dx%d" % LIVE_SIZE, "-r", str(RATE), "-i", "-", "-c:v", "mjpeg", "-q:v", "4", path]
    noises = [rng.normal(0, 3, LIVE_SIZE[::-1])[..., None].astype(np.float32) for _ in range(7)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as film:
        for shot in range(options.cuts):
            picture, place, side = fill(without[rng.integers(len(without))]), None, 0
            if shot % 3:
                side = int(160 * 4 ** rng.random())
                picture, place = with_portrait(rng, picture, portraits[rng.integers(len(portraits))],
                                               side)
            shots.append((place, side))
            for frame in range(RATE):
                x, y = (int(value) for value in rng.integers(-1, 2, 2))
                noisy = np.roll(picture, (y, x), (0, 1)) + noises[frame % len(noises)]
                film.stdin.write(np.clip(noisy, 0, 255).astype(np.uint8).tobytes())
    if film.returncode:
        sys.exit("trust.py: ffmpeg could not write the film")
    return shots


def live_section(options):
    rng = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, "cuts.avi")
        shots = write_shots(rng, options, path)
        command = [os.path.join(ROOT, "expressions"), "--headless", "--json", "--quiet", "--model",
                   options.model, "--video", path]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    boxes = [[face["box"] for face in json.loads(line)["faces"]]
             for line in result.stdout.splitlines()]
    shown, gone, later = [], [], 0
    for number, (place, side) in enumerate(shots):
        hits, others = [], []
        for frame, found in enumerate(boxes[number * RATE:(number + 1) * RATE]):
            for x, y, width, height in found:
                apart = place and max(abs(x + width / 2 - place[0]), abs(y + height / 2 - place[1]))
                (hits if place and apart < side / 3 else others).append(frame)
        if place:
            shown.append(hits[0] / RATE if hits else np.inf)
        if number > 0:
            gone.append(max((frame + 1 for frame in others if frame < RATE // 2), default=0) / RATE)
        later += sum(frame >= RATE // 2 for frame in others)
    print("%-34s %6s %7s %7s %7s %7s" % ("seconds after a cut", "cuts", "median", "90 %", "95 %", "in time"))
    for name, times, limit in (("a face is shown", shown, 0.15), ("boxes on none are gone", gone, 0.2)):
        times = np.array(times)
        print("%-34s %6d %7.2f %7.2f %7.2f %6.1f%%" % (
            "%s (at most %.2f)" % (name, limit), len(times),
            *np.quantile(times, (0.5, 0.9, 0.95), method="higher"), 100 * np.mean(times <= limit + 1e-9)))
    print("faces never shown: %d; boxes on none from half a second after a cut on: %d in %d frames" % (
        np.isinf(shown).sum(), later, len(shots) * (RATE - RATE // 2)))


def spoilt(kind):
    """A change of a portrait, as a webcam would make it."""
    import cv2

    def change(picture, number):
        rng = np.random.default_rng(number)
        if kind == "JPEG 25":
            _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 25])
            return cv2.imdecode(data, cv2.IMREAD_COLOR)
        if kind == "120 px, noise":
            scale = 120 / max(picture.shape[:2])
            small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            return np.clip(small + rng.normal(0, 12, small.shape), 0, 255).astype(np.uint8)
        if kind == "dark":
            dark = 255 * 0.5 * (picture / 255) ** 1.3
            return np.clip(dark + rng.normal(0, 4, dark.shape), 0, 255).astype(np.uint8)
        return picture
    return change


def confidence_section(options):
    names, bins = read_labels(options.portraits), 15
    print("%-16s %6s %7s %6s   right (answers) of those with a confidence of ..." % (
        "portraits", "faces", "right", "ECE"))
    print(" " * 42 + "".join("%13s" % ("%.1f to %.1f" % (low / 10, low / 10 + 0.1))
                             for low in range(2, 10)))
    for kind in ("as they are", "JPEG 25", "120 px, noise", "dark"):
        with tempfile.TemporaryDirectory() as work:
            folder = os.path.join(work, "portraits")
            write_changed(options.portraits, names, folder, spoilt(kind))
            answers = recognize_pictures(folder, options.model)
        largest = [(max(faces, key=lambda face: face["box"][2] * face["box"][3]),
                    names[name[:-len(".png")]]) for name, faces in answers.items() if faces]
        sure = np.array([face["confidence"] for face, _ in largest])
        right = np.array([face["emotion"] == truth for face, truth in largest])
        slot = np.minimum((sure * bins).astype(int), bins - 1)
        error = sum(abs(sure[slot == b].sum() - right[slot == b].sum()) for b in range(bins))
        row = "%-16s %6d %6.1f%% %6.3f  " % (kind, len(largest), 100 * right.mean(),
                                             error / len(largest))
        for low in range(2, 10):
            inside = (np.minimum(sure, 0.9999) * 10).astype(int) == low
            row += "%13s" % ("%.0f%% (%d)" % (100 * right[inside].mean(), inside.sum())
                             if inside.any() else "-")
        print(row, flush=True)


# ---- Resting faces ------------------------------------------------------------------------------


def find_leaning(library, rng, faces, count):
    """Neutral faces that the network takes for sad or angry."""
    faces, found = rng.permutation(faces), []
    for start in range(0, len(faces), 500):
        texts = faces[start:start + 500]
        crops = np.array([text.split() for text in texts]).astype(np.uint8).reshape(-1, SIDE, SIDE)
        answers = library.recognize(crops)
        found += [text for text, p in zip(texts, answers) if max(p[0], p[4]) > p[6]]
        if len(found) >= count:
            break
    return found[:count]


class Person(Sequence):
    """A minute at ten frames a second, which is enough where no delays count."""

    def __init__(self, rng, faces, rest):
        def picture(text):
            return np.array(text.split(), float).reshape(SIDE, SIDE)

        rate, n = 10, 600
        self.times, self.truth = np.arange(n) / rate, np.full(n, 6)
        rest = picture(rest)
        pictures = np.repeat(rest[None], n, axis=0)
        for i, start in enumerate(range(40, n - 40, 70)):
            label = (4, 0, 3)[i % 3]
            other = picture(faces[label][rng.integers(len(faces[label]))])
            share = np.clip(np.minimum(np.arange(30), 29 - np.arange(30)) / 4, 0, 1)[:, None, None]
            pictures[start:start + 30] = rest + share * (other - rest)
            self.truth[start - 2:start + 32] = UNCERTAIN  # the turns, which are not counted
            self.truth[start + 7:start + 26] = label
        self.cut(rng, pictures)


def rest_section(options):
    library = Library(options.library, options.model)
    faces, rng = read_faces(options.data, options.ferplus), np.random.default_rng(options.seed)
    leaning = find_leaning(library, rng, faces[6], options.sequences)
    plain = [faces[6][i] for i in rng.integers(0, len(faces[6]), options.sequences)]
    print("%-8s %-8s   %18s %10s %10s %10s %16s" % (
        "persons", "--adapt", "rest: sad or angry", "sad: sad", "angry", "happy", "happy: neutral"))
    for name, rests in (("leaning", leaning), ("any", plain)):
        persons = [Person(rng, faces, rest) for rest in rests]
        answers = [library.recognize(person.crops) for person in persons]
        for adapt in (0, 1):
            said = np.concatenate([library.smooth(p.times, a, 0.2, adapt)[0][200:]
                                   for p, a in zip(persons, answers)])
            truth = np.concatenate([p.truth[200:] for p in persons])

            def share(label, *named):
                return 100 * np.mean(np.isin(said[truth == label], named))
            print("%-8s %-8s   %17.1f%% %9.1f%% %9.1f%% %9.1f%% %15.1f%%" % (
                name, ("off", "on")[adapt], share(6, 0, 4), share(4, 4), share(0, 0), share(3, 3),
                share(3, 6)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0],
                                     formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    sections = parser.add_subparsers(dest="section", required=True)
    model = os.path.join(ROOT, "models", "expressions.safetensors")
    found = sections.add_parser("found", help="faces, and what is none")
    confidence = sections.add_parser("confidence", help="how often it is right")
    live = sections.add_parser("live", help="faces and cuts in a film",
                               formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    for section in (found, live, confidence):
        section.add_argument("--portraits", required=True)
        section.add_argument("--model", default=model)
    for section in (found, live):
        section.add_argument("--without", required=True)
    found.set_defaults(run=found_section)
    live.add_argument("--cuts", type=int, default=150)
    live.add_argument("--seed", type=int, default=1)
    live.set_defaults(run=live_section)
    confidence.set_defaults(run=confidence_section)
    for name, run, text in (("labels", labels_section, "what is said over time"),
                            ("rest", rest_section, "resting faces, with --adapt on and off")):
        section = sections.add_parser(name, help=text,
                                      formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        section.add_argument("--data", default=os.path.join(ROOT, "datasets", "fer2013.csv"))
        section.add_argument("--ferplus", default=os.path.join(ROOT, "datasets", "fer2013new.csv"))
        section.add_argument("--model", default=model)
        section.add_argument("--library", default=os.path.join(ROOT, "build", "src", "lib",
                                                               "libexpressions.so.0"))
        section.add_argument("--sequences", type=int, default=60)
        section.add_argument("--seed", type=int, default=1)
        section.set_defaults(run=run)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
