// Asks a machine-learning service as Immich's server does, with Node's fetch and FormData:
//
//   node immich_client.mjs URL PREVIEWS REQUESTS [SEED [AT_ONCE]]
//
// AT_ONCE (5) requests at a time about photos and searches, and /ping twice a second. One third of the requests use
// another CLIP model, as after a change of Immich's settings. Checks the shape of each answer. Prints one JSON object:
// requests and answers by task, failures, the worst /ping, requests per second, and one answer for each question.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const [url, folder, requestsText, seedText = '1', atOnceText = '5'] = process.argv.slice(2);
const requests = Number(requestsText);
const CLIP_MODELS = ['ViT-B-32__openai', 'ViT-B-32__laion400m_e31'];
const TEXTS = ['a dog on the beach', 'birthday party', 'sunset over mountains', 'a red car', 'people at a table'];

// A small generator of random numbers (mulberry32), so that a seed gives the same requests everywhere.
let state = Number(seedText) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const choose = (list) => list[Math.floor(random() * list.length)];

const TASKS = {
  visual: (clip) => ({ clip: { visual: { modelName: clip } } }),
  textual: (clip) => ({ clip: { textual: { modelName: clip, options: { language: 'en' } } } }),
  faces: () => ({
    'facial-recognition': {
      detection: { modelName: 'buffalo_l', options: { minScore: 0.7 } },
      recognition: { modelName: 'buffalo_l' },
    },
  }),
  ocr: () => ({
    ocr: {
      detection: { modelName: 'PP-OCRv6_small', options: { minScore: 0.5, maxResolution: 736 } },
      recognition: { modelName: 'PP-OCRv6_small', options: { minScore: 0.8 } },
    },
  }),
};

function assert(holds, what) {
  if (!holds) {
    throw new Error(what);
  }
}
const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);
function checkEmbedding(text) {
  assert(typeof text === 'string', 'an embedding is no text');
  const numbers = JSON.parse(text);
  assert(Array.isArray(numbers) && numbers.length > 0 && numbers.every(isNumber), 'an embedding is no list of numbers');
}
const CHECKS = {
  visual: (answer) => checkEmbedding(answer.clip),
  textual: (answer) => checkEmbedding(answer.clip),
  faces: (answer) => {
    for (const face of answer['facial-recognition']) {
      checkEmbedding(face.embedding);
      assert(isNumber(face.score), 'a score is no number');
      assert(['x1', 'y1', 'x2', 'y2'].every((key) => Number.isInteger(face.boundingBox[key])), 'a box is not rounded');
    }
  },
  ocr: (answer) => {
    const { text, box, boxScore, textScore } = answer.ocr;
    assert(box.length === 8 * text.length && boxScore.length === text.length, 'lists of text differ in length');
    assert(textScore.length === text.length && textScore.every((score) => score > 0.8), 'a score is too low');
    assert(box.every((value) => value >= 0 && value <= 1), 'a corner is outside of the photo');
  },
};

const failures = [];
const counts = {};
const samples = {};
const took = [];

async function ask(task, clip, photo, text) {
  const form = new FormData();
  form.append('entries', JSON.stringify(TASKS[task](clip)));
  if (task === 'textual') {
    form.append('text', text);
  } else {
    form.append('image', new Blob([photo.bytes]));
  }
  const start = performance.now();
  const question = `${task} ${task === 'textual' ? text : photo.name}`;
  try {
    const response = await fetch(new URL('/predict', url), { method: 'POST', body: form });
    const body = await response.text();
    assert(response.status >= 200 && response.status < 300, `status ${response.status}: ${body.slice(0, 200)}`);
    const answer = JSON.parse(body);
    CHECKS[task](answer);
    if (task !== 'textual') {
      assert(answer.imageWidth > 0 && answer.imageHeight > 0, 'the size of the photo is missing');
    }
    const seen = JSON.stringify(answer);
    // Rows of a batch may differ in the last bits, so only the first answer is kept.
    samples[question] ??= seen;
    counts[task] = (counts[task] ?? 0) + 1;
  } catch (error) {
    failures.push(`${question}: ${error.message} ${error.cause?.message ?? ''}`);
  }
  took.push(performance.now() - start);
}

const pings = [];
let done = false;
async function watch() {
  while (!done) {
    const start = performance.now();
    try {
      const response = await fetch(new URL('/ping', url), { signal: AbortSignal.timeout(2000) });
      assert(response.ok && (await response.text()) === 'pong', `status ${response.status}`);
    } catch (error) {
      failures.push(`ping: ${error.message}`);
    }
    pings.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const photos = [];
for (const name of (await readdir(folder)).sort()) {
  photos.push({ name, bytes: await readFile(join(folder, name)) });
}
// All requests are chosen first, so that they do not depend on the order of answers.
const plan = [];
for (let i = 0; i < requests; ++i) {
  const third = Math.floor((3 * i) / requests);
  plan.push([choose(['visual', 'visual', 'faces', 'faces', 'ocr', 'textual']), CLIP_MODELS[third % 2], choose(photos), choose(TEXTS)]);
}
const watcher = watch();
const start = performance.now();
let next = 0;
async function work() {
  while (next < plan.length) {
    await ask(...plan[next++]);
  }
}
await Promise.all(Array.from({ length: Number(atOnceText) }, work));
const seconds = (performance.now() - start) / 1000;
done = true;
await watcher;
took.sort((a, b) => a - b);
const at = (list, share) => list[Math.min(list.length - 1, Math.floor(share * list.length))];
console.log(
  JSON.stringify({
    requests,
    answers: counts,
    failures,
    pings: pings.length,
    worst_ping_ms: Math.max(...pings),
    requests_per_second: requests / seconds,
    p50_ms: at(took, 0.5),
    p99_ms: at(took, 0.99),
    samples,
  }),
);
