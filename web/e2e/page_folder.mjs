import { readFileSync } from "node:fs";
import { root } from "./environment.mjs";

// The page of a folder (build/web) instead of the program's own, so that a change needs no new program. Everything else,
// also the policy about content, is the server's.
export const servePageOf = (context, folder) =>
  context.route(/:\d+\/(?:(?:assets|page)\/[^?]*)?(?:#.*)?$/, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/") {
      const response = await route.fetch();
      return route.fulfill({ response, body: readFileSync(`${root}/${folder}/index.html`, "utf8") });
    }
    return route.fulfill({ path: `${root}/${folder}${pathname}` });
  });
