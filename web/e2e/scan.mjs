// Scans some of the samples into $CALOTYPE_E2E: what each test file copies. See run.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { environment, root, shared } from "./environment.mjs";
import { hostile } from "./hostile.mjs";

const samples = [
  "rocket.jpg", "obama.jpg", "obama_speaking.jpg", "biden.jpg", "cat.png", "robin.jpg", "flower.jpg", "sign_no_parking.jpg", "page.png",
  "plant.jpg", "aloe.jpg", "coffee.png", "coffee_copy.jpg", "old_town.jpg", "apple.jpg",
];

const photos = `${shared}/photos`;
mkdirSync(photos, { recursive: true });
for (const name of samples) cpSync(`${root}/samples/${name}`, `${photos}/${name}`);
// A photo all of whose texts are hostile: its name, and what its sidecar says.
cpSync(`${root}/samples/fruits.jpg`, `${photos}/${hostile("name").replaceAll("/", "")}.jpg`);
const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
writeFileSync(`${photos}/${hostile("name").replaceAll("/", "")}.jpg.xmp`, `<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">${escape(hostile("title"))}</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${escape(hostile("caption"))}</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag><rdf:li>${escape(hostile("keyword"))}</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>
`);
execFileSync(process.env.CALOTYPE_BINARY, ["scan", photos], { env: environment(shared), stdio: ["ignore", "inherit", "pipe"] });
