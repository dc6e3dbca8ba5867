import { describe, expect, it } from "vitest";
import { deSentences } from "./de_sentences";
import { translator } from "./sentences";

const counted = { face: (count: number) => `${count} Gesichter`, person: (count: number) => `${count} Personen`, photo: (count: number) => `${count} Fotos` };
const german = translator(deSentences, counted);

describe("sentences of the server", () => {
  it("are translated with what they say", () => {
    expect(german("Merged 3 people into Ada")).toBe("3 Personen mit Ada zusammengelegt");
    expect(german("Named person 7 Ada Lovelace")).toBe("Person 7 benannt: Ada Lovelace");
    expect(german("Marked 2 photos for deletion")).toBe("2 Fotos zum Löschen vorgemerkt");
    expect(german("Moved 2 faces to a new person, person 12")).toBe("2 Gesichter einer neuen Person zugeordnet, Person 12");
    expect(german("4000x3000 against 400x300")).toBe("4000 × 3000 statt 400 × 300");
    expect(german("PNG against JPEG")).toBe("PNG statt JPEG");
  });

  it("are translated within others", () => {
    expect(german("decision 9 changed the same later (Hid person 3): undo that one first")).toContain("(Person 3 ausgeblendet)");
    expect(german("decoder stopped: out of memory (limits.decoder_memory_mb)")).toBe("Der Decoder wurde angehalten: zu wenig Speicher (limits.decoder_memory_mb)");
  });

  it("stay as they are if they are not known", () => {
    for (const text of ["", "the moon is full", "a\nb", "$& {1}"]) expect(german(text)).toBe(text);
    expect(german("Hid $& {1}")).toBe("$& {1} ausgeblendet");
  });

  it("are translated where the doctor joins several", () => {
    expect(german("ONNX Runtime 1.31.1 in /opt/lib has no CUDA provider (libonnxruntime_providers_cuda.so); calotype models pull runtime-cuda fetches one that has, or set inference.onnxruntime to the folder of an onnxruntime-gpu"))
      .toBe("ONNX Runtime 1.31.1 in /opt/lib hat keinen CUDA-Provider (libonnxruntime_providers_cuda.so); calotype models pull runtime-cuda holt eine, die ihn hat, oder inference.onnxruntime nennt den Ordner einer onnxruntime-gpu");
    expect(german("CUDA failure 2: out of memory (the GPU is out of memory; use another device; calotype doctor lists them) (next attempt after 12:30:00 UTC)"))
      .toBe("CUDA failure 2: zu wenig Speicher (der Speicher der GPU reicht nicht; ein anderes Gerät verwenden; calotype doctor nennt sie) (nächster Versuch nach 12:30:00 UTC)");
    expect(german("slower: 31.0 ms, against 12.5 ms on the device in use (cosine 0.9999)")).toBe("langsamer: 31.0 ms, das verwendete Gerät braucht 12.5 ms (Kosinus 0.9999)");
    expect(german("disagrees with fp32: 27 of 33 boxes the same, 4 others: 10 changes, 7 by saving as JPEG (200.7 ms)"))
      .toBe("stimmt nicht mit fp32 überein: 27 von 33 Kästen gleich, 4 andere: 10 Änderungen, 7 durch Speichern als JPEG (200.7 ms)");
    expect(german("21 of 24 lines the same: 7 changes, 38 by saving as JPEG")).toBe("21 von 24 Zeilen gleich: 7 Änderungen, 38 durch Speichern als JPEG");
    expect(german("photos are read in processes of their own: Landlock ABI 3, seccomp; not: Landlock for the network (ABI 4, Linux 6.7); LibRaw 0.20.2 (known holes, unless the distribution corrected them; corrected in 0.21.4), exiv2 0.27.6"))
      .toBe("Fotos werden in eigenen Prozessen gelesen: Landlock ABI 3, seccomp; nicht: Landlock für das Netz (ABI 4, Linux 6.7); LibRaw 0.20.2 (bekannte Lücken, wenn die Distribution sie nicht geschlossen hat; geschlossen in 0.21.4), exiv2 0.27.6");
    expect(german("/home/a/config.toml does not exist, so the defaults apply; its folders are writable, 1.5 GB free"))
      .toBe("/home/a/config.toml gibt es nicht, daher gelten die Voreinstellungen; in die Ordner lässt sich schreiben, 1.5 GB sind frei");
    expect(german("/home/a/catalog.db, schema 14, 3 photos; no names of places (tools/setup/fetch_places)")).toBe("/home/a/catalog.db, Schema 14, 3 Fotos; keine Ortsnamen (tools/setup/fetch_places)");
    expect(german("with an NVIDIA GPU: install driver 525.60.13 or later (in a container: run it with --gpus all); without one: nothing"))
      .toBe("mit einer NVIDIA-GPU: Treiber 525.60.13 oder neuer installieren (in einem Container: mit --gpus all starten); ohne eine: nichts");
  });

  const files: Record<string, string> = import.meta.glob(["../../../src/**/*.{cc,h}", "../../../packs/*.toml", "!**/*_test.cc"], { query: "?raw", import: "default", eager: true });
  const plain = (text: string): string => text.replace(/"\s*\n\s*"/g, "").replaceAll('\\"', '"').replace(/\{:[^}]*\}/g, "{}");

  // So that a new remedy of the doctor is not shown in English.
  it("have all remedies of the doctor, and all errors of devices that it explains", () => {
    const sourceOf = (name: string): string => plain(Object.entries(files).find(([path]) => path.endsWith(`/${name}`))?.[1] ?? "");
    const tables = ["device_error_table.cc", "driver_error.cc"].flatMap((name) => [...sourceOf(name).matchAll(/[\d}],\s*"([^"]+)",\s*"([^"]+)"\}/g)].flatMap(([, meaning = "", remedy = ""]) => [meaning, remedy]));
    const remedies = ["doctor.cc", "doctor_checks.cc", "doctor_models.cc", "doctor_sandbox.cc", "doctor_decoders.cc", "doctor_storage.cc"].flatMap((name) =>
      [...sourceOf(name).matchAll(/(?:remedy|kFixFirst) =\s*(?:fmt::format\(\s*)?"([^"]+)"/g)].map(([, remedy = ""]) => remedy)).filter((text) => /[a-z]/.test(text));
    expect(tables.length).toBeGreaterThan(60);
    expect(remedies.length).toBeGreaterThan(20);
    const example = (text: string): string => text.replace("{library}{origin}", "libcudnn.so.9").replaceAll("{}", "7");
    expect([...tables, ...remedies].filter((text) => german(example(text)) === example(text))).toEqual([]);
  });

  // Or a changed sentence would be shown in English, and nobody would notice.
  it("are sentences that the server has", () => {
    const source = plain(Object.values(files).join("\n"));
    expect(source.length).toBeGreaterThan(1_000_000);
    const missing = Object.keys(deSentences).filter((sentence) => !sentence.split(/\{n?\}/).every((part) => source.includes(part.trim())));
    expect(missing).toEqual([]);
  });
});
