// Runs a TensorFlow.js graph model with TensorFlow.js itself, so that the converted one can be compared with it.
//
//   node tfjs_reference.mjs TFJS MODEL SHAPE INPUT OUTPUT NAME...
//
// TFJS: tfjs.esm.js; MODEL: path without .json and .bin; SHAPE: as in 1,512,512,3; INPUT: raw float32; the tensors of
// each NAME are written, one after another, to OUTPUT as raw float32.
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';

const [tfjs, model, shape, input, output, ...names] = process.argv.slice(2);

// This build is for browsers. If it detects Node.js, it tries to load parts that it does not contain.
Object.defineProperty(process, 'versions', { value: {} });
const tf = await import(pathToFileURL(tfjs));
tf.env().setPlatform('plain', {
  isTypedArray: (value) => ArrayBuffer.isView(value) && !(value instanceof DataView),
  encode: (text) => new TextEncoder().encode(text),
  decode: (bytes) => new TextDecoder().decode(bytes),
  now: () => performance.now(),
  fetch: () => Promise.reject(new Error('no network here')),
});
await tf.setBackend('cpu');
await tf.ready();

const bytes = (path) => Uint8Array.from(fs.readFileSync(path)).buffer;
const description = JSON.parse(fs.readFileSync(`${model}.json`, 'utf8'));
const graph = await tf.loadGraphModel({
  load: async () => ({
    modelTopology: description.modelTopology,
    format: description.format,
    signature: description.signature,
    weightSpecs: description.weightsManifest.flatMap((group) => group.weights),
    weightData: bytes(`${model}.bin`),
  }),
});
const image = tf.tensor(new Float32Array(bytes(input)), shape.split(',').map(Number));
const results = [graph.execute(image, names)].flat();
fs.writeFileSync(output, Buffer.concat(results.map((tensor) => Buffer.from(Float32Array.from(tensor.dataSync()).buffer))));
