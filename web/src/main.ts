import { mount } from "svelte";
import App from "./App.svelte";
import { signIn } from "./api/connection.svelte";
import { go, here, link } from "./lib/router.svelte";
import "./styles/tokens.css";
import { findView } from "./views/registry";
import "./styles/base.css";

// Its files arrive while the frame is drawn. An error is shown where the view would be.
void findView(here.place.view)?.load().catch(() => undefined);

// A login link: "#code=...".
const code = new URLSearchParams(location.hash.slice(1)).get("code");
if (code) {
  go(link(""), { replace: true });
  await signIn(code).catch(() => false); // the first request of the page says what is wrong
}
mount(App, { target: document.body });
