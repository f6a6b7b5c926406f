"use strict";
const $ = (id) => document.getElementById(id);
const token = new URLSearchParams(location.search).get("token") || "";
const withToken = (path) => token ? `${path}${path.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}` : path;
let number = 0;

async function asked(path, options = {}) {
  const answer = await fetch(withToken(path), options);
  const body = await answer.json().catch(() => ({ detail: `The server answered ${answer.status}.` }));
  if (!answer.ok) {
    const why = Array.isArray(body.detail) ? body.detail.map((one) => one.msg).join("; ") : body.detail;
    throw new Error(why);
  }
  return body;
}

function say(text, wrong = false) {
  $("said").textContent = text;
  $("said").classList.toggle("wrong", wrong);
}

function node(kind, attributes = {}, text = "") {
  const made = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

const playable = { audio: /\.(wav|mp3|ogg|oga|flac|m4a|aac|opus)$/i, video: /\.(mp4|webm|m4v|ogv|mov)$/i };

function shown(item) {
  const media = withToken(`media/${item.id}`), small = withToken(`thumbnail/${item.id}`);
  const parts = [];
  if (playable.video.test(item.file)) {
    parts.push(node("video", { src: media, controls: "", preload: "metadata", "aria-label": item.file }));
    return parts;
  }
  if (/\.txt$/i.test(item.file)) {
    const text = node("pre");
    fetch(small).then((answer) => answer.text()).then((words) => { text.textContent = words; });
    parts.push(text);
    return parts;
  }
  const seen = node("div", { class: "seen" });
  seen.append(node("img", { src: small, alt: `${item.modality}: ${item.file}`, loading: "lazy" }));
  parts.push(seen);
  if (playable.audio.test(item.file)) parts.push(node("audio", { src: media, controls: "", preload: "none", "aria-label": item.file }));
  return parts;
}

function frame(picture, [left, top, right, bottom]) {
  const svg = (kind, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", kind);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const [width, height] = [picture.naturalWidth, picture.naturalHeight];
  const over = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  over.append(svg("rect", { x: left * width, y: top * height, width: (right - left) * width, height: (bottom - top) * height }));
  picture.parentElement.append(over);
}

function play(made, [start]) {
  const player = made.querySelector("audio, video");
  if (!player) return;
  const go = () => { player.currentTime = start; player.play().catch(() => {}); };
  if (player.readyState > 0) go();
  else { player.addEventListener("loadedmetadata", go, { once: true }); player.load(); }
}

function located(made, item, search, place) {
  const picture = made.querySelector(".seen img");
  let words = "";
  if (place.seconds) {
    words = `${place.seconds.map((one) => one.toFixed(1)).join(" to ")} s`;
    const button = node("button", { type: "button", class: "place", title: "Play from there" }, `at ${words}`);
    button.addEventListener("click", () => play(made, place.seconds));
    made.append(button);
    return;
  }
  if (place.faces && picture) {
    words = `${place.faces.length.toLocaleString("en")} faces, in colour`;
    picture.src = withToken(`faces/${search}/${item.id}`);
  } else if (place.box && picture) {
    words = "in the frame";
    if (picture.complete && picture.naturalWidth) frame(picture, place.box);
    else picture.addEventListener("load", () => frame(picture, place.box), { once: true });
    picture.loading = "eager";
  }
  if (words) made.append(node("div", { class: "place" }, words));
}

async function locate(mine, cards, found) {
  for (const [row, item] of found.items.entries()) {
    if (mine !== number) return;
    try {
      const { place } = await asked(`api/place/${found.search}/${item.id}`);
      if (mine === number && place) located(cards[row], item, found.search, place);
    } catch { /* it has gone, or too much waits: the list stands without the place */ }
  }
}

function card(item) {
  const made = node("li", { "data-modality": item.modality });
  made.append(...shown(item));
  const name = node("a", { href: withToken(`media/${item.id}`), class: "name", target: "_blank", rel: "noopener" }, item.file);
  const numbers = node("div", { class: "numbers" });
  const how = item.probability === null ? `score ${item.score.toFixed(2)}` : `${Math.round(100 * item.probability)} %`;
  numbers.append(node("span", { class: "kind" }, item.modality), node("span", { title: `cosine ${item.similarity.toFixed(3)}` }, how));
  made.append(name, numbers);
  return made;
}

function chosen() {
  const boxes = [...$("kinds").querySelectorAll("input")];
  const on = boxes.filter((one) => one.checked).map((one) => one.value);
  return on.length === boxes.length ? [] : on;
}

async function show(what, ask) {
  const mine = ++number;
  say(`Looking for ${what} …`);
  try {
    const found = await ask();
    if (mine !== number) return;
    const cards = found.items.map(card);
    $("found").replaceChildren(...cards);
    say(`${found.items.length} of ${found.searched.toLocaleString("en")} items, nearest to ${what} first.`);
    locate(mine, cards, found);
  } catch (error) {
    if (mine === number) say(error.message, true);
  }
}

function words() {
  const query = $("query").value.trim();
  if (!query) { say("Write what you look for, or drop a file."); return; }
  const list = (id) => $(id).value.trim() ? [$(id).value.trim()] : [];
  const body = JSON.stringify({ query, plus: list("plus"), minus: list("minus"), only: chosen(), top: 24 });
  show(`“${query}”`, () => asked("api/search", { method: "POST", headers: { "content-type": "application/json" }, body }));
}

function file(one) {
  if (!one) return;
  const only = chosen().map((name) => `&only=${encodeURIComponent(name)}`).join("");
  show(one.name, () => asked(`api/search/file?top=24&name=${encodeURIComponent(one.name)}${only}`, { method: "POST", body: one }));
}

$("ask").addEventListener("submit", (event) => { event.preventDefault(); words(); });
$("drop").addEventListener("click", () => $("file").click());
$("drop").addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); $("file").click(); } });
$("file").addEventListener("change", () => { file($("file").files[0]); $("file").value = ""; });
for (const name of ["dragover", "dragleave", "drop"]) {
  $("drop").addEventListener(name, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", name === "dragover");
    if (name === "drop") file(event.dataTransfer.files[0]);
  });
}
if (token) $("api").href = withToken("openapi.json");

asked("api/index").then((index) => {
  const counts = Object.entries(index.items).map(([name, count]) => `${count.toLocaleString("en")} ${name}`).join(", ");
  $("about").textContent = `${counts} in ${index.space}`;
  $("takes").textContent = `of these kinds: ${index.takes.join(", ")}`;
  $("file").accept = index.suffixes.join(",");
  for (const name of Object.keys(index.items)) {
    const label = node("label");
    const box = node("input", { type: "checkbox", value: name });
    box.checked = true;
    label.append(box, name);
    $("kinds").append(label);
  }
}).catch((error) => { $("about").textContent = error.message; });
