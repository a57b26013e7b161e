// Asks an npm package about faces: node peer.cjs face-api|human, called where the packages are.
// Each line of stdin is a JSON object: path, and, where the face is known, box [x, y, width, height]
// in pixels: then the package's expression network alone is asked. Each line of stdout: path, found
// (faces), emotion (of the largest; null for none). WebAssembly, one thread.
"use strict";
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const { fileURLToPath } = require("url");

const get = (name) => require(require.resolve(name, { paths: [process.cwd()] }));
const folder = (name) => path.join(process.cwd(), "node_modules", name) + path.sep;
const tf = get("@tensorflow/tfjs");
const wasm = get("@tensorflow/tfjs-backend-wasm");
const sharp = get("sharp");
const wasmFolder = path.join(folder("@tensorflow/tfjs-backend-wasm"), "dist") + path.sep;

// What each package calls our labels.
const labels = { angry: "angry", disgust: "disgust", disgusted: "disgust", fear: "fear",
  fearful: "fear", happy: "happy", sad: "sad", surprise: "surprise", surprised: "surprise",
  neutral: "neutral" };

// Node's fetch reads no files, where human keeps its models.
const fetchAddress = globalThis.fetch;
globalThis.fetch = async (address, ...rest) => String(address).startsWith("file:")
  ? new Response(fs.readFileSync(fileURLToPath(String(address))))
  : fetchAddress(address, ...rest);

async function read({ path: file, box }) {
  let picture = sharp(file).rotate().toColourspace("srgb").removeAlpha();
  if (box) {
    const [left, top, width, height] = box;
    picture = picture.extract({ left, top, width, height });
  }
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return tf.tensor3d(new Int32Array(data), [info.height, info.width, 3], "int32");
}

const likeliest = (scores) => Object.entries(scores).sort((a, b) => b[1] - a[1])[0][0];

async function faceApi() {
  const faceapi = get("@vladmandic/face-api/dist/face-api.node-wasm.js");
  const models = path.join(folder("@vladmandic/face-api"), "model");
  for (const net of ["ssdMobilenetv1", "faceLandmark68Net", "faceExpressionNet"])
    await faceapi.nets[net].loadFromDisk(models);
  return {
    async faces(tensor) {
      const found = await faceapi.detectAllFaces(tensor, new faceapi.SsdMobilenetv1Options())
        .withFaceLandmarks().withFaceExpressions();
      return found.map((face) => ({ area: face.detection.box.area,
        emotion: likeliest(face.expressions) }));
    },
    crop: async (tensor) =>
      likeliest(await faceapi.nets.faceExpressionNet.predictExpressions(tensor)),
  };
}

async function human() {
  const { Human } = require(path.join(folder("@vladmandic/human"), "dist/human.node-wasm.js"));
  const off = { enabled: false };
  const program = new Human({
    modelBasePath: `file://${folder("@vladmandic/human")}models/`, wasmPath: wasmFolder,
    backend: "wasm", cacheSensitivity: 0, skipAllowed: false, gesture: off, body: off, hand: off,
    object: off, segmentation: off, filter: off,
    face: { iris: off, description: off, antispoof: off, liveness: off,
      detector: { maxDetected: 20 }, emotion: { enabled: true, minConfidence: 0 } },
  });
  await program.load();
  const network = program.models.models.emotion;
  const side = network.inputs[0].shape[2];
  return {
    async faces(tensor) {
      const { face } = await program.detect(tensor);
      return face.map(({ box, emotion }) => ({ area: box[2] * box[3],
        emotion: emotion.length ? emotion[0].emotion : null }));
    },
    // As the package does with a face that it has found: grey, from -1 to 1.
    async crop(tensor) {
      const answer = tf.tidy(() => {
        const small = tf.image.resizeBilinear(tensor.toFloat().div(255).expandDims(0), [side, side]);
        return network.execute(small.mul([0.2989, 0.587, 0.114]).sum(3, true).sub(0.5).mul(2));
      });
      const scores = Array.from(await answer.data());
      answer.dispose();
      const order = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];
      return order[scores.indexOf(Math.max(...scores))];
    },
  };
}

async function main() {
  wasm.setWasmPaths(wasmFolder);
  wasm.setThreadsCount(1);
  await tf.setBackend("wasm");
  await tf.ready();
  const peer = process.argv[2] === "human" ? await human() : await faceApi();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const tensor = await read(request);
    const faces = request.box ? [{ area: 1, emotion: await peer.crop(tensor) }]
      : await peer.faces(tensor);
    tensor.dispose();
    const largest = faces.sort((a, b) => b.area - a.area)[0];
    console.log(JSON.stringify({ path: request.path, found: faces.length,
      emotion: largest ? labels[largest.emotion] ?? null : null }));
  }
}

main().catch((error) => {
  console.error(`peer.cjs: ${error.message}; run npm install in a copy of this folder`);
  process.exit(1);
});
