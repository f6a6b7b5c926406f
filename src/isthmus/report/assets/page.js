"use strict";
// Commands name the folder that this page lies in, which the page itself does not know.
if (location.protocol === "file:") {
  const folder = decodeURIComponent(location.pathname).replace(/\/[^/]*$/, "");
  const quoted = (text) => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
  document.querySelectorAll(".command code").forEach((code) => {
    code.textContent = code.textContent.replace(/\S*\bFOLDER\b/g, (word) =>
      quoted(word.replace("FOLDER", () => folder)));
  });
}
// A nicety: dots of the map say what they are, show their picture and partner, and take the colour
// of a factor; the map moves and grows. All else works without.
for (const map of document.querySelectorAll("svg.map")) {
  const figure = map.parentElement;
  const [told, telling, tools] = [".told", ".telling", ".tools"].map((name) => figure.querySelector(name));
  const dots = [...map.querySelectorAll("circle")];
  const whole = map.viewBox.baseVal, [width, height] = [whole.width, whole.height];
  let view = { x: 0, y: 0, scale: 1 }, start = null;

  const tell = (event) => {
    const dot = event.target.closest("circle");
    if (!dot) return;
    map.querySelectorAll(".on").forEach((other) => other.classList.remove("on"));
    const pair = dot.dataset.pair;
    const found = pair === undefined ? [dot] : [...map.querySelectorAll(`[data-pair="${pair}"]`), dot];
    found.forEach((part) => part.classList.add("on"));
    const words = [...new Set(found)].filter((part) => part.tagName === "circle");
    told.textContent = words.map((part) => part.querySelector("title").textContent).join("  ↔  ");
    telling.querySelector("img")?.remove();
    const shown = [dot, ...words].find((part) => part.dataset.picture);
    if (!shown) return;
    const picture = document.createElement("img");
    picture.src = shown.dataset.picture;
    picture.alt = shown.querySelector("title").textContent;
    telling.prepend(picture);
  };
  map.addEventListener("pointerover", tell);
  map.addEventListener("click", tell);

  const show = () => {
    view.scale = Math.min(40, Math.max(1, view.scale));
    const [w, h] = [width / view.scale, height / view.scale];
    view.x = Math.min(width - w, Math.max(0, view.x));
    view.y = Math.min(height - h, Math.max(0, view.y));
    map.setAttribute("viewBox", `${view.x} ${view.y} ${w} ${h}`);
    map.classList.toggle("zoomed", view.scale > 1);
    dots.forEach((dot) => dot.setAttribute("r", 3.6 / view.scale ** 0.8));
  };
  const zoom = (factor, x = view.x + width / view.scale / 2, y = view.y + height / view.scale / 2) => {
    const before = view.scale;
    view.scale = factor ? Math.min(40, Math.max(1, before * factor)) : 1;
    view.x = x - (x - view.x) * before / view.scale;
    view.y = y - (y - view.y) * before / view.scale;
    show();
  };
  const at = (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    return [place.x, place.y];
  };
  map.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.25 : 0.8, ...at(event));
  }, { passive: false });
  map.addEventListener("pointerdown", (event) => { if (view.scale > 1) start = at(event); });
  map.addEventListener("pointermove", (event) => {
    if (!start) return;
    const [x, y] = at(event);
    view.x += start[0] - x;
    view.y += start[1] - y;
    show();
  });
  addEventListener("pointerup", () => { start = null; });

  tools.hidden = false;
  tools.querySelectorAll("button").forEach((button) =>
    button.addEventListener("click", () => zoom(Number(button.dataset.zoom))));
  const own = dots.map((dot) => dot.getAttribute("class"));
  tools.querySelector("select")?.addEventListener("change", (event) => {
    const factor = event.target.value;
    dots.forEach((dot, number) => {
      const colour = factor === "" ? null : dot.dataset.colours?.split(",")[factor];
      dot.setAttribute("class", colour == null ? own[number] : `dot m${colour}`);
    });
    figure.querySelectorAll(".keys").forEach((keys) => { keys.hidden = (keys.dataset.factor ?? "") !== factor; });
  });
}
