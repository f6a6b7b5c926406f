"use strict";
// A nicety: dots of the map say what they are, and show their partner. All else works without.
for (const map of document.querySelectorAll("svg.map")) {
  const told = map.parentElement.querySelector(".told");
  const tell = (event) => {
    const dot = event.target.closest("circle");
    if (!dot) return;
    map.querySelectorAll(".on").forEach((other) => other.classList.remove("on"));
    const pair = dot.dataset.pair;
    const found = pair === undefined ? [dot] : [...map.querySelectorAll(`[data-pair="${pair}"]`), dot];
    found.forEach((part) => part.classList.add("on"));
    const words = [...new Set(found)].filter((part) => part.tagName === "circle");
    told.textContent = words.map((part) => part.querySelector("title").textContent).join("  ↔  ");
  };
  map.addEventListener("pointerover", tell);
  map.addEventListener("click", tell);
}
