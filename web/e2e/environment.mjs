// Where things are, and what the program is started with.
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
export const shared = process.env.CALOTYPE_E2E; // the scanned library: see scan.mjs

// Of the program, for a library in `home`; models and runtimes are the user's.
export function environment(home) {
  const cache = `${process.env.XDG_CACHE_HOME || `${process.env.HOME}/.cache`}/calotype`;
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^CALOTYPE_(BINARY|E2E|BROWSER|TEST|BENCH|GPU)/.test(name)));
  return {
    CALOTYPE_MODELS_FOLDER: `${cache}/models`,
    CALOTYPE_INFERENCE_ONNXRUNTIME: `${cache}/onnxruntime/lib`,
    CALOTYPE_INFERENCE_OPENVINO: `${cache}/openvino/libs`,
    ...own,
    CALOTYPE_HOME: `${home}/home`,
    XDG_CACHE_HOME: `${home}/cache`,
    CALOTYPE_DEVICES_DEFAULT: "onnxruntime:cpu",
  };
}
