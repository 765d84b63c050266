"use strict";
const search = document.getElementById("search");
const parts = [...document.querySelectorAll(".call")].map((part) => [part, part.textContent.toLowerCase()]);

function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const [part, text] of parts) {
    part.classList.toggle("hidden", !words.every((word) => text.includes(word)));
  }
  for (const section of document.querySelectorAll("section")) {
    section.classList.toggle("hidden", !section.querySelector(".call:not(.hidden)"));
  }
}

function open() {
  const part = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (part instanceof HTMLDetailsElement) {
    part.open = true;
    part.scrollIntoView();
  }
}

search.addEventListener("input", show);
addEventListener("hashchange", open);
open();
