// The storefront's one script: tells the shop what the visitor does, with the page that led to it, and shows how far
// the index of meanings is. Everything else works without it.
"use strict";

const said = document.body.dataset;

function send(act) {
  const body = Object.fromEntries(Object.entries(act).filter(([, value]) => value !== "" && value !== undefined));
  if (body.position !== undefined) body.position = Number(body.position);
  return fetch("/shop/act", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    keepalive: true,
  });
}

function tell(text) {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  toast.classList.add("on");
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => toast.classList.remove("on"), 2600);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".card-link");
  const card = link && link.closest(".card");
  if (!card) return;
  const { item, ranking, position, surface } = card.dataset;
  send({ type: "click", item_id: item, ranking_id: ranking, position, surface }).catch(() => {});
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches(".acts") || !event.submitter) return;
  event.preventDefault();
  const button = event.submitter;
  const { next, ...fields } = Object.fromEntries(new FormData(form));
  button.disabled = true;
  const answer = await send({ ...fields, type: button.value }).catch(() => ({ ok: false }));
  button.disabled = false;
  const word = { cart: "saidCart", like: "saidLike", dislike: "saidDislike" }[button.value];
  tell(answer.ok ? said[word] : said.saidFailed);
  if (!answer.ok) return;
  button.setAttribute("aria-pressed", "true");
  if (button.value === "dislike") form.closest(".card")?.classList.add("gone");
});

if (said.item) {
  send({ type: "view", item_id: said.item, ranking_id: said.ranking, position: said.position }).catch(() => {});
}

// A picture that cannot be loaded uncovers the drawing beneath it.
document.addEventListener("error", (event) => {
  if (event.target.matches?.(".tile img")) event.target.remove();
}, true);
for (const image of document.querySelectorAll(".tile img")) {
  if (image.complete && image.naturalWidth === 0) image.remove();
}

// On a phone the filters begin folded.
if (window.matchMedia("(max-width: 820px)").matches) document.querySelector(".fold")?.removeAttribute("open");

async function follow() {
  const answer = await fetch("/v1/health").then((reply) => reply.json()).catch(() => null);
  const { done, total } = answer?.meaning ?? { done: 0, total: 0 };
  const banner = document.getElementById("meaning");
  banner.hidden = !answer || done >= total;
  if (answer && done >= total) {
    sessionStorage.setItem("meaning", "complete");
    return;
  }
  const percent = total ? Math.floor((100 * done) / total) : 0;
  banner.querySelector(".meaning-text").textContent = said.meaning.replace("{}", percent);
  banner.querySelector("progress").value = percent;
  setTimeout(follow, 3000);
}
if (document.getElementById("meaning") && sessionStorage.getItem("meaning") !== "complete") follow();
