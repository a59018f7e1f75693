// Officers' pages: keeps what is shown alive, takes the PIN by touch, speaks with security keys. Decides nothing.
const page = document.body.dataset.page;
const says = document.getElementById("keysays");

function token() {
  return document.querySelector('input[name="form"]').value;
}

async function post(path, body) {
  const heads = { "content-type": "application/json", "x-form": token() };
  const answer = await fetch(path, { method: "POST", headers: heads, body: JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.problem);
  return told;
}

async function withKey(make) {
  const officer = document.getElementById("officer").value;
  says.textContent = says.dataset.wait;
  try {
    const asked = await post("/officer/key/ask", { officer, make });
    const credential = make
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked.options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked.options) });
    const told = await post("/officer/key/answer", { make, response: credential.toJSON() });
    says.textContent = "";
    if (make) document.getElementById("made").value = told.key;
    else location.replace("/officer/desk");
  } catch (error) {
    says.textContent = error.name === "NotAllowedError" ? "" : error.message;
  }
}

function typed(digit) {
  const pin = document.getElementById("pin");
  if (digit === "back") pin.value = pin.value.slice(0, -1);
  else if (pin.value.length < pin.maxLength) pin.value += digit;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.digit) typed(button.dataset.digit);
  if ("key" in button.dataset) withKey(false);
  if ("make" in button.dataset) withKey(true);
});

// Parts that are the same stay as they are, so that nobody's typing and no open list is lost.
function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = document.getElementById(part.id);
    if (!old || old.innerHTML === part.innerHTML) continue;
    if (part.dataset.keep && part.dataset.keep === old.dataset.keep) continue;
    const open = old.querySelector("details[open]") !== null;
    const focused = old.contains(document.activeElement) ? document.activeElement.closest("form")?.innerText : null;
    old.className = part.className;
    if (part.dataset.keep !== undefined) old.dataset.keep = part.dataset.keep;
    old.replaceChildren(...part.childNodes);
    if (open) old.querySelector("details")?.setAttribute("open", "");
    if (focused) for (const form of old.querySelectorAll("form")) if (form.innerText === focused) form.querySelector("button")?.focus();
    if (part.id === "hits" && part.dataset.newest !== old.dataset.newest) {
      old.dataset.newest = part.dataset.newest;
      if (part.dataset.newest) new Audio("/officer/tone/warn.wav").play().catch(() => undefined);
    }
  }
}

// Whoever came here by mistake, or walked away from the sign-in, leaves the screen to the next person.
let left = 0;
const back = document.querySelector("[data-screen]");
for (const sign of ["pointerdown", "keydown"]) document.addEventListener(sign, () => { left = 0; });
if (back) setInterval(() => { if (++left >= Number(back.dataset.screen)) location.replace("/"); }, 1000);

if (document.body.dataset.signed) {
  const state = new EventSource(`/officer/state?page=${encodeURIComponent(page)}`);
  state.onmessage = (event) => show(JSON.parse(event.data));
  state.addEventListener("over", () => location.replace("/officer?ended=1"));
}
