// The screen of the capture subject: shows what the server says, sends what is touched. Keeps nothing.
import { watchPreview } from "./preview.js";

const scene = document.getElementById("scene");
const tone = document.getElementById("tone");
const voice = document.getElementById("voice");
const SAME_AGAIN_MS = 4000, LOST_MS = 5000;
let lastVoices = "", lastVoiceAt = 0, lastTone = "", hearing = 0;
let lostWords = "", lost = 0;

function build(html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  return made.content;
}

function show(now) {
  document.documentElement.lang = now.lang;
  document.documentElement.dir = now.dir;
  const fresh = build(now.html), turned = scene.dataset.key !== now.key;
  if (turned) {
    scene.replaceChildren(fresh);
    scene.dataset.key = now.key;
    hearing += 1;
    voice.onended = null;
    document.getElementById("cue")?.focus({ preventScroll: true });
    watchPreview(document.getElementById("preview"));
  } else {
    for (const part of fresh.querySelectorAll("[data-live]")) {
      const old = document.getElementById(part.id);
      if (old && old.innerHTML !== part.innerHTML) old.replaceChildren(...part.childNodes);
    }
  }
  sound(now, turned);
}

// Advice that changes does not cut off what is being said; another page does.
function sound(now, turned) {
  const moment = performance.now();
  const voices = now.voices.join();
  const signal = now.warn ? `warn${Math.ceil(now.warn / 5)}` : `${now.tone}:${now.key}:${voices}`;
  if (now.tone && signal !== lastTone) play(tone, `/tone/${now.tone}.wav`);
  lastTone = signal;
  if (!voices || now.warn) return;
  if (voices === lastVoices && moment - lastVoiceAt < SAME_AGAIN_MS) return;
  if (voices !== lastVoices || scene.querySelector("canvas")) {
    if (!turned && !voice.paused && moment - lastVoiceAt < SAME_AGAIN_MS) return;
    say(now.voices);
    lastVoices = voices;
    lastVoiceAt = moment;
  }
}

function say([first, ...rest]) {
  voice.onended = rest.length ? () => say(rest) : null;
  play(voice, first);
}

function play(player, source) {
  player.src = source;
  return player.play().catch(() => undefined);
}

async function hear(button) {
  button.classList.add("heard");
  const known = button.dataset.voice !== "missing";
  await play(voice, known ? `/sound/${button.dataset.hear}/choose-language` : "/tone/go.wav");
  await new Promise((done) => {
    voice.onended = done;
    setTimeout(done, known ? 5000 : 700);
  });
  button.classList.remove("heard");
}

async function hearAll() {
  const turn = ++hearing;
  for (const button of document.querySelectorAll("[data-hear]")) {
    if (turn !== hearing || !button.isConnected) return;
    button.closest("li").scrollIntoView({ block: "nearest" });
    await hear(button);
  }
}

document.addEventListener("click", (event) => {
  const one = event.target.closest("[data-hear]");
  if (one) { hearing += 1; hear(one); }
  if (event.target.closest("[data-hear-all]")) hearAll();
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target, event.submitter));
  fetch(event.target.action, { method: "POST", body, headers: { "x-quiet": "1" } })
    .then((answer) => { if (answer.status === 403) wipe(); }, () => undefined);
  event.target.closest("details")?.removeAttribute("open"); // it was heard, and what is asked for is in sight again
});
document.addEventListener("contextmenu", (event) => event.preventDefault());

function wipe() {
  scene.replaceChildren();
  hush();
  location.replace("/");
}

// Nobody answers any more: what stands here is of a person who may have left.
function forget() {
  scene.replaceChildren(build(lostWords));
  scene.dataset.key = "";
  watchPreview(null);
  hush();
}

function hush() {
  voice.onended = null;
  for (const player of [tone, voice]) player.removeAttribute("src");
}

const state = new EventSource("/state");
state.onmessage = (event) => {
  clearTimeout(lost);
  lost = 0;
  const now = JSON.parse(event.data);
  lostWords = now.lost;
  show(now);
};
state.addEventListener("over", wipe);
state.onerror = () => {
  if (state.readyState === EventSource.CLOSED) setTimeout(wipe, 1000);
  else lost ||= setTimeout(forget, LOST_MS);
};
watchPreview(document.getElementById("preview"));
