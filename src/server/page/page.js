// Searches, lists and shows photos. The address holds the state, so going back and sharing a link work.
const content = document.getElementById("content");
const query = document.getElementById("query");
const status = document.getElementById("status");

class ApiError extends Error {}

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch("api/v1/" + path, options);
  } catch {
    throw new ApiError("The server does not answer. Is calotype serve running?");
  }
  if (response.ok) return response.status === 204 ? null : response.json();
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(problem.detail ?? `The server answered ${response.status}.`);
}

// Texts from photos are only ever set as text, so markup in them does nothing.
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const fileName = (path) => path.slice(path.lastIndexOf("/") + 1);
const thumbnail = (photo, size) => `api/v1/photos/${photo}/thumbnail?size=${size}`;

function grid(photos) {
  return element("ul", { className: "grid" }, ...photos.map((photo) => {
    const picture = element("img", { src: thumbnail(photo.photo, "small"), alt: fileName(photo.path), loading: "lazy" });
    if (photo.width && photo.height) {
      picture.width = Math.round((176 * photo.width) / photo.height);
      picture.height = 176;
    }
    const item = element("li", {}, element("a", { href: `?photo=${photo.photo}` }, picture));
    if (photo.why?.length) item.append(element("div", { className: "why", textContent: photo.why.join(", ") }));
    return item;
  }));
}

async function showSearch(text) {
  const answer = await call("search?limit=60&q=" + encodeURIComponent(text));
  const confident = answer.hits.filter((hit) => hit.confident);
  const others = answer.hits.filter((hit) => !hit.confident);
  const title = confident.length === 0 ? "No confident match" : confident.length === 1 ? "1 photo" : `${confident.length} photos`;
  content.replaceChildren(element("h2", { textContent: title }), grid(confident));
  for (const note of answer.notes) content.append(element("p", { textContent: note }));
  if (others.length) content.append(element("h2", { textContent: "Less certain" }), grid(others));
}

function facts(photo) {
  const list = element("dl");
  const add = (name, value) => {
    if (value) list.append(element("dt", { textContent: name }), element("dd", { textContent: value }));
  };
  add("File", photo.path);
  add("Taken", photo.taken_at);
  add("Size", photo.width ? `${photo.width} × ${photo.height}, ${photo.format}` : photo.format);
  add("Camera", photo.camera);
  add("Place", [photo.city, photo.region, photo.country].filter(Boolean).join(", "));
  add("Objects", photo.objects?.map((object) => `${object.label} ${object.score.toFixed(2)}`).join(", "));
  add("People", photo.faces?.map((face) => face.name ?? (face.person ? `person ${face.person}` : "a face")).join(", "));
  add("Text", photo.text?.map((line) => line.text).join(" / "));
  add("Devices", Object.entries(photo.devices).map(([name, device]) => `${name}: ${device}, ${photo.timings_ms[name]} ms`).join("; "));
  add("Errors", Object.entries(photo.errors).map(([name, reason]) => `${name}: ${reason}`).join("; "));
  return list;
}

async function showPhoto(id) {
  const photo = await call("photos/" + id);
  const picture = element("img", { src: thumbnail(id, "large"), alt: fileName(photo.path) });
  content.replaceChildren(
    element("h2", { textContent: fileName(photo.path) }),
    element("p", { className: "photo" }, element("a", { href: `api/v1/photos/${id}/original` }, picture)),
    facts(photo));
  const similar = await call(`photos/${id}/similar?limit=12`).catch(() => ({ photos: [] }));
  if (similar.photos.length) content.append(element("h2", { textContent: "Similar photos" }), grid(similar.photos));
}

async function showLibrary() {
  content.replaceChildren(element("h2", { textContent: "Photos" }));
  let cursor = "";
  const more = element("button", { textContent: "More photos" });
  const load = async () => {
    const page = await call(`photos?limit=60${cursor}`);
    if (page.photos.length) more.before(grid(page.photos));
    else if (!cursor) more.before(element("p", { textContent: "There are no photos yet. Scan a folder: calotype scan FOLDER" }));
    cursor = page.next ? "&cursor=" + encodeURIComponent(page.next) : "";
    more.hidden = !page.next;
  };
  more.addEventListener("click", () => run(load));
  content.append(more);
  await load();
}

async function run(action) {
  try {
    await action();
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    content.replaceChildren(element("p", { role: "alert", textContent: problem.message }));
  }
}

function show() {
  const state = new URLSearchParams(location.search);
  query.value = state.get("q") ?? "";
  run(() => state.has("photo") ? showPhoto(Number(state.get("photo"))) : query.value ? showSearch(query.value) : showLibrary());
}

async function showStatus() {
  const seen = await call("status").catch(() => null);
  if (!seen) return;
  const scan = seen.scan;
  status.textContent = scan
    ? `Scanning: ${scan.analysed} of ${scan.to_do} photos`
    : `${seen.photos.total} photos`;
}

// A login link carries a code behind "#", which no server log sees.
async function login() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (!code) return;
  history.replaceState(null, "", location.pathname + location.search);
  await call("session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code }) });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='?'], a[href='./']");
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  show();
});
document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault();
  history.pushState(null, "", query.value ? "?q=" + encodeURIComponent(query.value) : "./");
  show();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== query) {
    event.preventDefault();
    query.focus();
  }
});
addEventListener("popstate", show);
await run(login);
show();
showStatus();
setInterval(showStatus, 5000);
