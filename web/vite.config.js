import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { world } from "./world.js";

// While you work on the page: `npm run dev` passes what is not the page on to a server that runs.
const server = process.env.CALOTYPE_SERVER ?? "http://127.0.0.1:4280";

export default defineConfig({
  base: "./", // also below a path of a proxy (server.base_path)
  plugins: [svelte(), world()],
  build: {
    target: "es2022",
    // light-dark() stays as it is, so that it follows color-scheme where that changes.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0, // the content security policy allows no data: URLs
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": { target: server } } },
  test: { include: ["src/**/*.test.ts", "world.test.js"] },
});
